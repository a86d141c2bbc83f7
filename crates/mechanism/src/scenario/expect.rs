//! Comparing how a case stands with what a scenario expects.

use std::collections::BTreeMap;

use bihuan_diagnostics::Span;
use bihuan_domain::case::State;
use bihuan_domain::expr::{Over, Row, Scope, holds};
use bihuan_domain::id::{CaseId, Code, FieldId, StageId, UnitId};
use bihuan_domain::mechanism::{Mechanism, Risk, StageKind};
use bihuan_domain::value::{RowRef, Value};
use bihuan_messages::Label;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::run::Run;
use super::{Happened, Then};
use crate::expr::{Items, Names, Ty, case_items, compile};
use crate::figure::{agrees, case_row, compute};
use crate::input::moment;
use crate::pack::Loaded;
use crate::read::{Sink, Sp};
use crate::text::filled;

impl Run<'_> {
    /// Reports everything that is not as `then` says.
    pub(super) fn expect(
        &mut self,
        then: &Then,
        case: &Sp<String>,
        happened: &[Happened],
        sink: &mut Sink<'_>,
    ) {
        if let Some((span, events)) = &then.events {
            self.events(*span, events, happened, sink);
        }
        let about_case = then.stage.is_some()
            || then.holder.is_some()
            || then.owner.is_some()
            || then.colour.is_some()
            || then.due.is_some()
            || then.round.is_some()
            || !then.flags.is_empty();
        if about_case {
            let Ok(id) = self.case(&Sp::new(then.span, case.value.clone()), sink) else {
                return;
            };
            if let Some(live) = self.cases.get(&id) {
                about(then, &live.state, sink);
            }
        }
        let id = self
            .cases
            .iter()
            .find(|(_, live)| live.name == case.value)
            .map(|(id, _)| *id);
        for source in &then.expect {
            self.expression(source, id, sink);
        }
        for (name, wanted) in &then.figures {
            self.figure(name, wanted, sink);
        }
    }

    /// The events must have happened in this order; others may lie between.
    fn events(&self, span: Span, wanted: &[Sp<String>], happened: &[Happened], sink: &mut Sink<'_>) {
        if wanted.is_empty() {
            if let Some(first) = happened.first() {
                differs(sink, span, "events", "[]", &first.event);
            }
            return;
        }
        let mut rest = happened.iter();
        for event in wanted {
            if !rest.any(|h| h.event == event.value) {
                let found: Vec<&str> = happened.iter().map(|h| h.event.as_str()).collect();
                differs(sink, event.span, "events", event.as_str(), &found.join(", "));
                return;
            }
        }
    }

    fn expression(&self, source: &Sp<String>, id: Option<CaseId>, sink: &mut Sink<'_>) {
        // What is expected of a case is said in the words of its own mechanism.
        let own = id.and_then(|id| self.cases.get(&id)).map(|live| &live.mechanism);
        let played = self.loaded.mechanism(&self.scenario.mechanism.as_str().into());
        let Some(mechanism) = own.or(played) else {
            return;
        };
        let items = self.items();
        let names = names(mechanism, self.loaded, &items);
        let Some(expr) = compile(source, self.raw, &names, &[Ty::Bool], sink) else {
            return;
        };
        let scope = AllCases {
            run: self,
            case: id.and_then(|id| self.cases.get(&id)).map(|live| &live.state),
            mechanism,
        };
        match holds(&expr, &scope) {
            Ok(true) => {}
            Ok(false) => differs(sink, source.span, "expect", "true", "false"),
            Err(fault) => differs(sink, source.span, "expect", "true", &format!("{fault:?}")),
        }
    }

    fn figure(&mut self, name: &Sp<String>, wanted: &Sp<String>, sink: &mut Sink<'_>) {
        let Some(mechanism) = self.loaded.mechanism(&self.scenario.mechanism.as_str().into()) else {
            return;
        };
        let Some(figure) = mechanism
            .figures
            .iter()
            .find(|figure| figure.id.as_str() == name.value)
        else {
            crate::check::unknown(
                sink,
                "M0307",
                name,
                mechanism.figures.iter().map(|figure| figure.id.as_str()),
            );
            return;
        };
        let computed = compute(
            figure,
            &AllCases {
                run: self,
                case: None,
                mechanism,
            },
        );
        let shown = shown(&computed);
        let expected: Option<Decimal> = crate::syntax::mechanism::printed_number(wanted.as_str());
        let equal = match (&computed, expected) {
            (Ok(Some(found)), Some(expected)) => found.round_dp(expected.scale()) == expected,
            _ => false,
        };
        if !equal {
            differs(sink, wanted.span, name.as_str(), wanted.as_str(), &shown);
        }
        let agreed = matches!(computed, Ok(Some(found)) if agrees(figure, found));
        self.keep(name.as_str(), shown, agreed);
    }

    /// Figures that the scenario claims to reproduce: print and ledger agree, or the file states why not.
    pub(super) fn reproduced(&mut self, sink: &mut Sink<'_>) {
        let Some(mechanism) = self.loaded.mechanism(&self.scenario.mechanism.as_str().into()) else {
            return;
        };
        for (name, span) in self
            .scenario
            .reproduces
            .iter()
            .zip(&self.scenario.reproduces_spans)
        {
            let Some(figure) = mechanism.figures.iter().find(|figure| figure.id.as_str() == name) else {
                let found = Sp::new(*span, name.clone());
                crate::check::unknown(
                    sink,
                    "M0307",
                    &found,
                    mechanism.figures.iter().map(|f| f.id.as_str()),
                );
                continue;
            };
            let computed = compute(
                figure,
                &AllCases {
                    run: self,
                    case: None,
                    mechanism,
                },
            );
            let agreed = matches!(computed, Ok(Some(found)) if agrees(figure, found));
            let shown = shown(&computed);
            if !agreed && figure.anomaly.is_none() {
                sink.error("M0305", *span, |m| {
                    m.with("figure", name.as_str())
                        .show("printed", figure.printed)
                        .with("computed", shown.as_str())
                });
            }
            self.keep(name, shown, agreed);
        }
    }

    /// A figure is told once, as it came out last.
    fn keep(&mut self, name: &str, shown: String, agreed: bool) {
        self.figures.retain(|(known, _, _)| known != name);
        self.figures.push((name.to_owned(), shown, agreed));
    }

    fn items(&self) -> BTreeMap<String, Items> {
        self.loaded
            .packs
            .iter()
            .flat_map(|pack| &pack.registers)
            .map(|register| {
                let fields = register
                    .fields
                    .iter()
                    .map(|f| (f.id.as_str().to_owned(), f.ty.clone()))
                    .collect();
                (register.id.as_str().to_owned(), fields)
            })
            .collect()
    }
}

fn names<'a>(mechanism: &Mechanism, loaded: &Loaded, items: &'a BTreeMap<String, Items>) -> Names<'a> {
    let fields = |mechanism: &Mechanism| -> Items {
        mechanism
            .fields
            .iter()
            .map(|f| (f.id.as_str().to_owned(), f.ty.clone()))
            .collect()
    };
    let child = mechanism.children.as_ref().map(|children| {
        let child = loaded.mechanism(&children.mechanism);
        let stages = child.iter().flat_map(|child| &child.stages);
        let own = child.map(|child| fields(child)).unwrap_or_default();
        case_items(&own, stages.map(|stage| stage.id.as_str()))
    });
    let steps = mechanism.stages.iter().flat_map(|stage| &stage.steps);
    Names {
        fields: fields(mechanism),
        registers: Some(items),
        own: steps
            .filter_map(|step| step.adds.as_ref())
            .map(|register| register.as_str().to_owned())
            .collect(),
        stages: mechanism
            .stages
            .iter()
            .map(|stage| stage.id.as_str().to_owned())
            .collect(),
        broken: Vec::new(),
        children: child,
        cases: true,
        no_case: false,
    }
}

/// How one case stands.
fn about(then: &Then, state: &State, sink: &mut Sink<'_>) {
    let same = |wanted: &Option<Sp<String>>, key: &str, found: &str, sink: &mut Sink<'_>| {
        if let Some(wanted) = wanted
            && wanted.value != found
        {
            differs(sink, wanted.span, key, wanted.as_str(), found);
        }
    };
    same(&then.stage, "stage", state.stage.as_str(), sink);
    same(&then.holder, "holder", state.holder.post.as_str(), sink);
    same(&then.owner, "owner", state.owner.as_str(), sink);
    let colour = format!("{:?}", state.colour()).to_lowercase();
    same(&then.colour, "colour", &colour, sink);
    if let Some(wanted) = &then.due {
        let found = state.due();
        if moment(wanted.as_str()) != found || found.is_none() {
            let shown = found.map_or_else(|| "—".to_owned(), china);
            differs(sink, wanted.span, "due", wanted.as_str(), &shown);
        }
    }
    if let Some(wanted) = &then.round
        && wanted.value != state.round
    {
        differs(
            sink,
            wanted.span,
            "round",
            &wanted.value.to_string(),
            &state.round.to_string(),
        );
    }
    for (key, wanted) in &then.flags {
        let found = match *key {
            "closed" => state.kind == StageKind::Closed,
            "void" => state.kind == StageKind::Void,
            "late" => state.was_late,
            _ => state
                .closed
                .as_ref()
                .and_then(|closed| closed.on_time)
                .unwrap_or(false),
        };
        if found != wanted.value {
            differs(
                sink,
                wanted.span,
                key,
                &wanted.value.to_string(),
                &found.to_string(),
            );
        }
    }
}

/// An instant as scenarios write it.
fn china(at: Timestamp) -> String {
    bihuan_domain::calendar::local(at)
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

fn shown(computed: &Result<Option<Decimal>, bihuan_domain::expr::Fault>) -> String {
    match computed {
        Ok(Some(number)) => number.round_dp(4).normalize().to_string(),
        Ok(None) => "—".to_owned(),
        Err(fault) => format!("{fault:?}"),
    }
}

fn differs(sink: &mut Sink<'_>, span: Span, key: &str, wanted: &str, found: &str) {
    let what: Label = filled(
        "check.differs",
        &[("key", &key), ("wanted", &wanted), ("found", &found)],
    );
    sink.error("M0301", span, |m| m.with("what", &what));
}

/// What figures and expectations look at: registers, all cases of the mechanism, and one case.
struct AllCases<'r, 'a> {
    run: &'r Run<'a>,
    case: Option<&'r State>,
    mechanism: &'r Mechanism,
}

impl Scope for AllCases<'_, '_> {
    fn field(&self, field: &FieldId) -> Option<Value> {
        self.case?.values.get(field).cloned()
    }

    fn stage(&self) -> Option<StageId> {
        self.case.map(|state| state.stage.clone())
    }

    fn round(&self) -> i64 {
        self.case.map_or(1, |state| i64::from(state.round))
    }

    fn risk(&self) -> Code {
        Code::new(if self.case.is_some_and(|state| state.risk == Risk::Major) {
            "major"
        } else {
            "ordinary"
        })
    }

    fn now(&self) -> Timestamp {
        self.run.now
    }

    fn opened(&self) -> Option<Timestamp> {
        self.case.map(|state| state.opened_at)
    }

    fn owner(&self) -> Option<UnitId> {
        self.case.map(|state| state.owner.clone())
    }

    fn through(&self, row: &RowRef, field: &FieldId) -> Option<Value> {
        let registers = &self.run.world.registers;
        registers.value(&row.register, &row.row, field).cloned()
    }

    fn rows(&self, over: &Over, visit: &mut dyn FnMut(&Row) -> bool) {
        match over {
            Over::Own(register) => {
                let Some(state) = self.case else { return };
                for (_, row) in self.run.world.registers.rows_of_case(register, state.id) {
                    if !visit(row) {
                        return;
                    }
                }
            }
            Over::Register(register) => {
                for (_, row) in self.run.world.registers.rows(register) {
                    if !visit(row) {
                        return;
                    }
                }
            }
            Over::Cases => {
                for live in self
                    .run
                    .cases
                    .values()
                    .filter(|live| live.mechanism.id == self.mechanism.id)
                {
                    if !visit(&case_row(&live.state)) {
                        return;
                    }
                }
            }
            Over::Children => {
                for child in self.case.iter().flat_map(|state| state.children.keys()) {
                    if let Some(live) = self.run.cases.get(child)
                        && !visit(&case_row(&live.state))
                    {
                        return;
                    }
                }
            }
        }
    }
}
