//! From a checked file to the model that the engine runs.
//!
//! Whatever is missing has been reported by then; a part that cannot be made is left out and the mechanism with it.

mod borrowed;
mod opening;
pub(crate) mod scheme;

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::expr::Expr;
use bihuan_domain::id::{Code, FieldId, LadderId, MechanismId, PackId, RegisterId, RoleId, StageId, StepId};
use bihuan_domain::mechanism::{
    ClockSpec, Closing, Emergency, Exit, Indicator, Ladder, LimitSpec, LookBack, Mechanism, Numbering,
    Progress, Renamed, ReportedFigure, RequestKind, RequestSpec, Resolve, Role, Rung, Stage, Step, Warning,
    Way,
};
use bihuan_messages::Label;

use crate::check::Subject;
use crate::digest::digest_of_parts;
use crate::expr::{Ty, compile};
use crate::read::{Sink, Sp};
use crate::surroundings::Surroundings;
use crate::syntax::ast::Scene;
use crate::syntax::limit::Said;
use crate::syntax::mechanism::{
    ClosingAst, FigureAst, IndicatorAst, LookBackAst, Reasons, RenamedAst, RequestAst, StageAst, StepAst,
    WayAst,
};
use crate::syntax::parts::{ClockAst, Finder, LadderAst, RoleAst};

/// Compiles a file. Expressions are compiled in any case, so that all their faults are reported.
pub(crate) fn mechanism(subject: &Subject<'_>, pack: &str, sink: &mut Sink<'_>) -> Option<Mechanism> {
    let ast = subject.ast;
    let stages: Vec<Option<Stage>> = ast
        .stages
        .iter()
        .map(|stage| self::stage(subject, stage, sink))
        .collect();
    let closing = ast
        .closing
        .as_ref()
        .and_then(|closing| self::closing(subject, closing, sink));
    let open = ast
        .open
        .as_ref()
        .and_then(|open| opening::open(subject, open, ast.risk, sink));
    let children = ast
        .children
        .as_ref()
        .map(|children| opening::children(subject, children, sink));
    let indicators: Vec<Option<Indicator>> = ast
        .indicators
        .iter()
        .map(|i| indicator(subject, i, sink))
        .collect();
    let figures: Vec<Option<ReportedFigure>> = ast.figures.iter().map(|f| figure(subject, f, sink)).collect();
    if sink.has_errors() {
        return None;
    }
    let stages = stages.into_iter().collect::<Option<Vec<_>>>()?;
    let mut ladders = BTreeMap::new();
    for id in ladders_used(subject) {
        ladders.insert(LadderId::new(id), ladder(subject, id)?);
    }
    let mut mechanism = Mechanism {
        id: MechanismId::new(ast.id.as_str()),
        number: ast.number.clone(),
        pack: PackId::new(pack),
        digest: "".into(),
        label: ast.label.clone(),
        purpose: ast.purpose.clone(),
        source: ast.source.clone(),
        emergency: match &ast.emergencies {
            _ if ast.scene == Scene::Emergency => Emergency::Always,
            Some(some) => Emergency::Of(
                FieldId::new(some.by.as_str()),
                some.codes.iter().map(|code| Code::new(code.as_str())).collect(),
            ),
            None => Emergency::Never,
        },
        fields: subject.fields.clone(),
        title: FieldId::new(ast.title.as_ref()?.as_str()),
        columns: ast
            .columns
            .iter()
            .map(|column| FieldId::new(column.as_str()))
            .collect(),
        roles: BTreeMap::new(),
        open: open?,
        stages,
        clock: match &ast.clock {
            Some(clock) => Some(self::clock(subject, clock)?),
            None => None,
        },
        progress: match &ast.progress {
            Some(progress) => Some(Progress {
                cadence: progress.every.as_ref()?.value.clone(),
                by: RoleId::new(progress.by.as_ref()?.as_str()),
                ladder: ladder_of(subject, progress.ladder.as_ref())?,
                label: progress.label.clone(),
            }),
            None => None,
        },
        ladders,
        closing: closing?,
        requests: ast
            .requests
            .iter()
            .map(|request| Some((request.kind, self::request(subject, request)?)))
            .collect::<Option<BTreeMap<RequestKind, RequestSpec>>>()?,
        renamed: renamed(&ast.renamed),
        children: match children {
            Some(children) => Some(children?),
            None => None,
        },
        numbering: ast.numbering.as_ref().map(|(series, template)| Numbering {
            template: template.value.clone(),
            series: Code::new(series.as_str()),
        }),
        figures: figures.into_iter().collect::<Option<Vec<_>>>()?,
        indicators: indicators.into_iter().collect::<Option<Vec<_>>>()?,
        registers: borrowed::registers(subject),
    };
    let used = roles_used(&mechanism);
    for (id, role) in &subject.roles {
        if used.contains(&RoleId::new(id)) {
            mechanism.roles.insert(RoleId::new(id), self::role(role));
        }
    }
    mechanism.digest = digest_of_parts(&borrowed::words(subject, &mechanism));
    Some(mechanism)
}

fn roles_used(mechanism: &Mechanism) -> BTreeSet<RoleId> {
    let mut used: BTreeSet<RoleId> = mechanism.open.by.iter().cloned().collect();
    for stage in &mechanism.stages {
        used.extend(stage.holder.clone());
        used.extend(stage.steps.iter().flat_map(|step| step.by.iter().cloned()));
    }
    for request in mechanism.requests.values() {
        used.extend(request.by.iter().cloned());
        used.insert(request.approver.clone());
    }
    used.extend(
        mechanism
            .ladders
            .values()
            .flat_map(|ladder| ladder.rungs.iter().map(|rung| rung.to.clone())),
    );
    used.extend(mechanism.progress.iter().map(|progress| progress.by.clone()));
    used.extend(
        mechanism
            .closing
            .look_back
            .iter()
            .map(|look_back| look_back.by.clone()),
    );
    used.extend(mechanism.closing.verify.values().filter_map(|way| match way {
        Way::Office(role) => Some(role.clone()),
        _ => None,
    }));
    used
}

fn renamed(ast: &RenamedAst) -> Renamed {
    let stages = ast.stages.iter();
    let fields = ast.fields.iter();
    Renamed {
        stages: stages
            .map(|(was, is)| (StageId::new(was), StageId::new(is.as_str())))
            .collect(),
        fields: fields
            .map(|(was, is)| (FieldId::new(was), FieldId::new(is.as_str())))
            .collect(),
    }
}

fn role(ast: &RoleAst) -> Role {
    let resolve = match &ast.unit.value {
        Finder::Owner => Resolve::Owner,
        Finder::Superior => Resolve::Superior,
        Finder::SuperiorOf(kind) => Resolve::SuperiorOf(Code::new(kind)),
        Finder::ParentOwner => Resolve::ParentOwner,
        Finder::Requester => Resolve::Requester,
        Finder::Function(name) => Resolve::Function(Code::new(name)),
        Finder::Field(name) => Resolve::Field(FieldId::new(name)),
        Finder::RowField(field, inner) => Resolve::RowField(FieldId::new(field), FieldId::new(inner)),
    };
    Role {
        id: RoleId::new(ast.id.as_str()),
        label: ast.label.clone(),
        resolve,
        post: Code::new(ast.post.as_str()),
    }
}

fn clock(subject: &Subject<'_>, ast: &ClockAst) -> Option<ClockSpec> {
    let limit = match (&ast.limit.as_ref()?.value, &ast.by) {
        (Said::Rule(rule), None) => LimitSpec::Rule(rule.clone()),
        (Said::Rule(rule), Some(by)) => LimitSpec::Choice {
            field: FieldId::new(by.as_str()),
            limits: ast
                .limits
                .iter()
                .map(|(code, rule)| (Code::new(code.as_str()), rule.value.clone()))
                .collect(),
            or: rule.clone(),
        },
        (Said::Field { field, or }, _) => LimitSpec::Field {
            field: FieldId::new(field),
            or: or.clone(),
        },
    };
    let warnings = ast
        .warn
        .iter()
        .map(|w| Warning {
            num: w.value.0,
            den: w.value.1,
            colour: w.value.2,
        })
        .collect();
    Some(ClockSpec {
        limit,
        ladder: ladder_of(subject, ast.ladder.as_ref())?,
        warnings,
    })
}

/// The ladder that is named, else the mechanism's.
fn ladder_of(subject: &Subject<'_>, named: Option<&Sp<String>>) -> Option<LadderId> {
    named
        .or(subject.ast.ladder.as_ref())
        .map(|ladder| LadderId::new(ladder.as_str()))
}

fn ladders_used<'a>(subject: &Subject<'a>) -> BTreeSet<&'a str> {
    let ast = subject.ast;
    let mut used: BTreeSet<&'a str> = BTreeSet::new();
    let common = ast.ladder.as_ref();
    let mut add = |named: Option<&'a Sp<String>>| used.extend(named.or(common).map(Sp::as_str));
    ast.clock.iter().for_each(|clock| add(clock.ladder.as_ref()));
    ast.stages
        .iter()
        .flat_map(|stage| &stage.clock)
        .for_each(|clock| add(clock.ladder.as_ref()));
    ast.requests
        .iter()
        .for_each(|request| add(request.ladder.as_ref()));
    ast.progress
        .iter()
        .for_each(|progress| add(progress.ladder.as_ref()));
    ast.closing
        .iter()
        .flat_map(|c| &c.look_back)
        .for_each(|look_back| add(look_back.ladder.as_ref()));
    used
}

/// A ladder with the rungs of those that it joins.
fn ladder(subject: &Subject<'_>, id: &str) -> Option<Ladder> {
    let first: &LadderAst = subject.ladders.get(id)?;
    let mut rungs = Vec::new();
    let mut current = Some(first);
    let mut seen = BTreeSet::new();
    while let Some(ladder) = current.filter(|ladder| seen.insert(ladder.id.as_str())) {
        for rung in &ladder.rungs {
            rungs.push(Rung {
                to: RoleId::new(rung.to.as_str()),
                label: rung.label.clone(),
                limit: rung.limit.as_ref()?.value.clone(),
                bulletin: rung.bulletin,
            });
        }
        current = ladder
            .then
            .as_ref()
            .and_then(|then| subject.ladders.get(then.as_str()).copied());
    }
    Some(Ladder {
        id: LadderId::new(id),
        label: first.label.clone(),
        rungs,
    })
}

fn stage(subject: &Subject<'_>, ast: &StageAst, sink: &mut Sink<'_>) -> Option<Stage> {
    let steps: Vec<Option<Step>> = ast
        .steps
        .iter()
        .map(|step| self::step(subject, step, sink))
        .collect();
    let clock = match &ast.clock {
        Some(clock) => Some(self::clock(subject, clock)?),
        None => None,
    };
    Some(Stage {
        id: StageId::new(ast.id.as_str()),
        label: ast.label.clone(),
        kind: ast.kind.value,
        holder: ast.holder.as_ref().map(|role| RoleId::new(role.as_str())),
        clock,
        steps: steps.into_iter().collect::<Option<Vec<_>>>()?,
        exit: subject.exit(ast).map(|exit| Exit {
            to: StageId::new(exit.as_str()),
        }),
        rework: ast.rework.as_ref().map(|stage| StageId::new(stage.as_str())),
    })
}

fn step(subject: &Subject<'_>, ast: &StepAst, sink: &mut Sink<'_>) -> Option<Step> {
    let when = match &ast.when {
        Some(when) => Some(guard(subject, when, sink)?),
        None => None,
    };
    let fields = |list: &[Sp<String>]| list.iter().map(|field| FieldId::new(field.as_str())).collect();
    Some(Step {
        id: StepId::new(ast.id.as_str()),
        label: ast.label.clone(),
        by: ast.by.iter().map(|role| RoleId::new(role.as_str())).collect(),
        needs: fields(&ast.needs),
        takes: fields(&ast.takes),
        evidence: ast.evidence,
        when,
        when_text: ast.when.as_ref().map(|when| when.value.clone()),
        says: ast.says.clone(),
        help: ast.help.clone(),
        adds: ast
            .adds
            .as_ref()
            .map(|register| RegisterId::new(register.as_str())),
        to: StageId::new(ast.to.as_ref()?.as_str()),
    })
}

fn guard(subject: &Subject<'_>, source: &Sp<String>, sink: &mut Sink<'_>) -> Option<Expr> {
    compile(source, subject.raw, &subject.names(false), &[Ty::Bool], sink)
}

fn closing(subject: &Subject<'_>, ast: &ClosingAst, sink: &mut Sink<'_>) -> Option<Closing> {
    let when = ast.when.as_ref().and_then(|when| guard(subject, when, sink));
    let look_back = match &ast.look_back {
        Some(look_back) => Some(self::look_back(subject, look_back)?),
        None => None,
    };
    Some(Closing {
        when: when?,
        when_text: ast.when.as_ref()?.value.clone(),
        says: ast.says.clone(),
        verify: ast
            .verify
            .iter()
            .map(|(risk, way)| (*risk, self::way(&way.value)))
            .collect(),
        look_back,
    })
}

fn way(ast: &WayAst) -> Way {
    match ast {
        WayAst::Drawn { function, post } => Way::Drawn {
            function: Code::new(function.as_str()),
            post: Code::new(post.as_str()),
        },
        WayAst::Office(role) => Way::Office(RoleId::new(role.as_str())),
        WayAst::Requester => Way::Requester,
        WayAst::Record => Way::Record,
        WayAst::Own => Way::Own,
    }
}

fn look_back(subject: &Subject<'_>, ast: &LookBackAst) -> Option<LookBack> {
    let share = ast.share.as_ref()?.value;
    Some(LookBack {
        num: share.0,
        den: share.1,
        after: ast.after.as_ref()?.value.clone(),
        by: RoleId::new(ast.by.as_ref()?.as_str()),
        limit: ast.limit.as_ref()?.value.clone(),
        ladder: ladder_of(subject, ast.ladder.as_ref())?,
        redo: StageId::new(ast.redo.as_ref()?.as_str()),
    })
}

fn request(subject: &Subject<'_>, ast: &RequestAst) -> Option<RequestSpec> {
    Some(RequestSpec {
        by: ast.by.iter().map(|role| RoleId::new(role.as_str())).collect(),
        approver: RoleId::new(ast.approver.as_ref()?.as_str()),
        limit: ast.limit.as_ref()?.value.clone(),
        ladder: ladder_of(subject, ast.ladder.as_ref())?,
        cap: u8::try_from(ast.cap.as_ref()?.value).ok()?,
        reasons: reasons(&ast.reasons, subject.around),
        at_most: ast.at_most.as_ref().map(|rule| rule.value.clone()),
        to: ast.to.as_ref().map(|stage| StageId::new(stage.as_str())),
    })
}

fn reasons(ast: &Reasons, around: &Surroundings) -> Vec<(Code, Label)> {
    let list = match ast {
        Reasons::Named(name) => around
            .reasons
            .get(name.as_str())
            .map(|reasons| reasons.list.as_slice()),
        Reasons::Listed(list) => Some(list.as_slice()),
    };
    list.unwrap_or_default()
        .iter()
        .map(|(code, label)| (Code::new(code.as_str()), label.clone()))
        .collect()
}

fn figure(subject: &Subject<'_>, ast: &FigureAst, sink: &mut Sink<'_>) -> Option<ReportedFigure> {
    let names = subject.names(true);
    let mut number = |source: &Option<Sp<String>>| match source {
        Some(source) => compile(
            source,
            subject.raw,
            &names,
            &[Ty::Number, Ty::Money, Ty::Duration],
            sink,
        )
        .map(Some),
        None => Some(None),
    };
    let (value, base) = (number(&ast.value), number(&ast.base));
    Some(ReportedFigure {
        id: Code::new(ast.id.as_str()),
        label: ast.label.clone(),
        value: value?,
        base: base?,
        value_text: ast.value.as_ref().map(|text| text.value.clone()),
        base_text: ast.base.as_ref().map(|text| text.value.clone()),
        printed: ast.printed.as_ref()?.value,
        unit: ast.unit.clone(),
        qualifier: ast.qualifier.as_ref().map(|word| Code::new(word.value)),
        document: ast.document.clone(),
        as_of: ast.as_of,
        anomaly: ast.anomaly.clone(),
        quote: ast.quote.clone(),
        indicator: ast.indicator.as_ref().map(|id| Code::new(id.as_str())),
    })
}

fn indicator(subject: &Subject<'_>, ast: &IndicatorAst, sink: &mut Sink<'_>) -> Option<Indicator> {
    let names = subject.names(true);
    let mut number = |source: &Sp<String>| {
        let wanted = [Ty::Number, Ty::Money, Ty::Duration];
        compile(source, subject.raw, &names, &wanted, sink)
    };
    let value = ast.value.as_ref().and_then(&mut number);
    let base = ast.base.as_ref().map(number);
    Some(Indicator {
        id: Code::new(ast.id.as_str()),
        label: ast.label.clone(),
        says: ast.says.clone(),
        value: value?,
        base: match base {
            Some(base) => Some(base?),
            None => None,
        },
        value_text: ast.value.as_ref()?.value.clone(),
        base_text: ast.base.as_ref().map(|base| base.value.clone()),
        unit: ast.unit.clone(),
        target: ast.target,
        direction: ast.direction,
        period: ast.period,
        dated: ast.dated.as_ref().map(|field| FieldId::new(field.as_str())),
        whose: ast.whose.as_ref().map(|field| FieldId::new(field.as_str())),
        common: ast.common.as_ref().map(|name| Code::new(name.as_str())),
    })
}
