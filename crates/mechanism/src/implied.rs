//! What a mechanism file need not write: shared side moves under their names, and the stages in which every case ends.
//!
//! What is put in here points at the words that call for it, so that a finding about it has a place in the file.

use bihuan_diagnostics::Span;
use bihuan_domain::clock::{Limit, Rule};
use bihuan_domain::mechanism::{Period, RequestKind, StageKind};

use crate::read::{Sink, Sp};
use crate::surroundings::Surroundings;
use crate::syntax::limit::Said;
use crate::syntax::mechanism::{IndicatorAst, MechanismAst, Reasons, RequestAst, StageAst, StepAst};
use crate::syntax::parts::ClockAst;
use crate::text::label;

/// Days after which a parked case is looked at again.
const REVIEW_DAYS: u32 = 30;

/// Completes a file by what its packs share and by what stands in every mechanism.
pub(crate) fn complete(ast: &mut MechanismAst, around: &Surroundings, sink: &mut Sink<'_>) {
    for (kind, name) in &ast.requests_named {
        let shared = around.requests.get(name.as_str()).map(|shared| &shared.ast);
        match shared.filter(|shared| shared.kind == *kind) {
            Some(shared) => ast.requests.push(at(shared, name.span)),
            None => {
                let same = around
                    .requests
                    .iter()
                    .filter(|(_, shared)| shared.ast.kind == *kind);
                crate::check::unknown(sink, "M0167", name, same.map(|(id, _)| id.as_str()));
            }
        }
    }
    for indicator in &mut ast.indicators {
        take_common(indicator, around, sink);
    }
    let has = |kind: StageKind, id: &str| {
        let mut stages = ast.stages.iter();
        stages.any(|stage| stage.kind.value == kind || stage.id.value == id)
    };
    let mut implied = Vec::new();
    // A stage called `parked` may be of any kind; then the file has its own way.
    let parked = ast
        .exit
        .iter()
        .chain(ast.stages.iter().flat_map(|stage| &stage.exit))
        .find(|exit| exit.value == "parked" && !ast.stages.iter().any(|stage| stage.id.value == "parked"));
    if let Some(exit) = parked {
        let first = ast.open.as_ref().and_then(|open| open.stage.as_ref());
        implied.push(self::parked(exit.span, first.map(Sp::as_str)));
    }
    if !has(StageKind::Closed, "closed") {
        implied.push(ended("closed", StageKind::Closed, ast.span));
    }
    let voids = ast
        .requests
        .iter()
        .find(|request| request.kind == RequestKind::Void);
    if let Some(request) = voids.filter(|_| !has(StageKind::Void, "void")) {
        implied.push(ended("void", StageKind::Void, request.span));
    }
    ast.stages.extend(implied);
}

/// Fills in what a shared indicator says. Its formula is judged at the name by which it is taken: there it must fit.
fn take_common(indicator: &mut IndicatorAst, around: &Surroundings, sink: &mut Sink<'_>) {
    let Some(name) = &indicator.common else { return };
    let Some(shared) = around.indicators.get(name.as_str()).map(|shared| &shared.ast) else {
        crate::check::unknown(sink, "M0181", name, around.indicators.keys().map(String::as_str));
        return;
    };
    let here = |said: &Option<Sp<String>>| said.as_ref().map(|said| Sp::new(name.span, said.value.clone()));
    *indicator = IndicatorAst {
        span: indicator.span,
        id: indicator.id.clone(),
        common: Some(name.clone()),
        label: shared.label.clone(),
        says: shared.says.clone(),
        value: here(&shared.value),
        base: here(&shared.base),
        unit: shared.unit.clone(),
        target: indicator.target.or(shared.target),
        direction: shared.direction,
        period: if indicator.period == Period::Always {
            shared.period
        } else {
            indicator.period
        },
        dated: here(&shared.dated),
        whose: here(&shared.whose),
    };
}

fn parked(span: Span, first: Option<&str>) -> StageAst {
    let code = |text: &str| Sp::new(span, text.to_owned());
    StageAst {
        id: code("parked"),
        label: label("check.stage_parked"),
        kind: Sp::new(span, StageKind::Parked),
        holder: Some(code("supervision")),
        clock: Some(ClockAst {
            span,
            limit: Some(Sp::new(span, Said::Rule(Rule::new(Limit::Days(REVIEW_DAYS))))),
            by: None,
            limits: Vec::new(),
            ladder: Some(code("leadership")),
            warn: Vec::new(),
        }),
        exit: None,
        rework: None,
        steps: vec![StepAst {
            id: code("resume"),
            label: label("check.step_resume"),
            by: Vec::new(),
            needs: Vec::new(),
            takes: Vec::new(),
            evidence: 0,
            when: None,
            says: None,
            help: None,
            adds: None,
            to: first.map(code),
        }],
    }
}

fn ended(id: &str, kind: StageKind, span: Span) -> StageAst {
    StageAst {
        id: Sp::new(span, id.to_owned()),
        label: label(match kind {
            StageKind::Void => "check.stage_void",
            _ => "check.stage_closed",
        }),
        kind: Sp::new(span, kind),
        holder: None,
        clock: None,
        exit: None,
        rework: None,
        steps: Vec::new(),
    }
}

/// A shared side move as it stands where it is named.
fn at(shared: &RequestAst, span: Span) -> RequestAst {
    let code = |code: &Sp<String>| Sp::new(span, code.value.clone());
    let rule = |rule: &Sp<Rule>| Sp::new(span, rule.value.clone());
    RequestAst {
        span,
        kind: shared.kind,
        by: shared.by.iter().map(code).collect(),
        approver: shared.approver.as_ref().map(code),
        limit: shared.limit.as_ref().map(rule),
        ladder: shared.ladder.as_ref().map(code),
        cap: shared.cap.as_ref().map(|cap| Sp::new(span, cap.value)),
        at_most: shared.at_most.as_ref().map(rule),
        reasons: match &shared.reasons {
            Reasons::Named(name) => Reasons::Named(code(name)),
            Reasons::Listed(list) => Reasons::Listed(
                list.iter()
                    .map(|(one, label)| (code(one), label.clone()))
                    .collect(),
            ),
        },
        to: shared.to.as_ref().map(code),
    }
}
