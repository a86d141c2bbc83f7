//! The parts of a mechanism file as it says them, each with its place.

use bihuan_diagnostics::Span;
use bihuan_domain::clock::{Cadence, Rule};
use bihuan_domain::mechanism::{Direction, Period, RequestKind, Risk, SourceKind, StageKind};
use bihuan_messages::Label;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::opening::{EachAst, OnRowAst, OwnerAst, ScheduleAst, SetAst};
use super::parts::{ClockAst, FieldAst, LadderAst, RoleAst};
use crate::read::{Sink, Sp, Table};

/// A mechanism file.
#[derive(Clone, Debug)]
pub(crate) struct MechanismAst {
    pub(crate) span: Span,
    pub(crate) id: Sp<String>,
    pub(crate) number: String,
    pub(crate) label: Label,
    pub(crate) purpose: Label,
    pub(crate) source: Label,
    pub(crate) risk: Risk,
    pub(crate) scene: Scene,
    pub(crate) emergencies: Option<EmergenciesAst>,
    pub(crate) cites: Option<Label>,
    pub(crate) title: Option<Sp<String>>,
    pub(crate) columns: Vec<Sp<String>>,
    pub(crate) ladder: Option<Sp<String>>,
    pub(crate) exit: Option<Sp<String>>,
    pub(crate) numbering: Option<(Sp<String>, Sp<String>)>,
    pub(crate) open: Option<OpenAst>,
    pub(crate) roles: Vec<RoleAst>,
    pub(crate) fields: Vec<FieldAst>,
    pub(crate) clock: Option<ClockAst>,
    pub(crate) stages: Vec<StageAst>,
    pub(crate) ladders: Vec<LadderAst>,
    pub(crate) closing: Option<ClosingAst>,
    pub(crate) requests: Vec<RequestAst>,
    /// Side moves that are taken by the name of a shared one.
    pub(crate) requests_named: Vec<(RequestKind, Sp<String>)>,
    pub(crate) progress: Option<ProgressAst>,
    pub(crate) children: Option<ChildrenAst>,
    pub(crate) figures: Vec<FigureAst>,
    pub(crate) indicators: Vec<IndicatorAst>,
    /// Former and present codes of stages and of fields.
    pub(crate) renamed: RenamedAst,
}

/// `[renamed]`: former and present codes.
#[derive(Clone, Debug, Default)]
pub(crate) struct RenamedAst {
    pub(crate) stages: Vec<(String, Sp<String>)>,
    pub(crate) fields: Vec<(String, Sp<String>)>,
}

/// In which scene a mechanism works: some rules that protect the grass roots know exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scene {
    Ordinary,
    Emergency,
    Security,
}

/// Which cases are emergencies where the mechanism as a whole is for none.
#[derive(Clone, Debug)]
pub(crate) struct EmergenciesAst {
    pub(crate) by: Sp<String>,
    pub(crate) codes: Vec<Sp<String>>,
}

impl EmergenciesAst {
    /// Reads the two keys; one without the other is a fault.
    pub(crate) fn read(head: &mut Table<'_>, sink: &mut Sink<'_>) -> Option<EmergenciesAst> {
        let by = head.code("emergency_by", sink);
        let codes = head.codes("emergencies", sink);
        match (by, codes.is_empty()) {
            (None, true) => None,
            (None, false) => {
                head.missing("emergency_by", sink);
                None
            }
            (Some(_), true) => {
                head.missing("emergencies", sink);
                None
            }
            (Some(by), false) => Some(EmergenciesAst { by, codes }),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct OpenAst {
    pub(crate) span: Span,
    pub(crate) by: Vec<Sp<String>>,
    pub(crate) from: Vec<Sp<SourceKind>>,
    pub(crate) stage: Option<Sp<String>>,
    pub(crate) stages: Vec<Sp<String>>,
    pub(crate) owners: Vec<Sp<String>>,
    pub(crate) unique: Vec<Sp<String>>,
    pub(crate) schedule: Option<ScheduleAst>,
    pub(crate) on: Option<OnRowAst>,
}

#[derive(Clone, Debug)]
pub(crate) struct StageAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) kind: Sp<StageKind>,
    pub(crate) holder: Option<Sp<String>>,
    pub(crate) clock: Option<ClockAst>,
    pub(crate) exit: Option<Sp<String>>,
    pub(crate) rework: Option<Sp<String>>,
    pub(crate) steps: Vec<StepAst>,
}

#[derive(Clone, Debug)]
pub(crate) struct StepAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) by: Vec<Sp<String>>,
    pub(crate) needs: Vec<Sp<String>>,
    pub(crate) takes: Vec<Sp<String>>,
    pub(crate) evidence: u8,
    pub(crate) when: Option<Sp<String>>,
    pub(crate) says: Option<Label>,
    pub(crate) help: Option<Label>,
    pub(crate) adds: Option<Sp<String>>,
    pub(crate) to: Option<Sp<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct ClosingAst {
    pub(crate) span: Span,
    pub(crate) when: Option<Sp<String>>,
    pub(crate) says: Label,
    pub(crate) verify: Vec<(Risk, Sp<WayAst>)>,
    pub(crate) look_back: Option<LookBackAst>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WayAst {
    Drawn { function: Sp<String>, post: Sp<String> },
    Office(Sp<String>),
    Requester,
    Record,
    Own,
}

#[derive(Clone, Debug)]
pub(crate) struct LookBackAst {
    pub(crate) span: Span,
    pub(crate) share: Option<Sp<(u32, u32)>>,
    pub(crate) after: Option<Sp<Rule>>,
    pub(crate) by: Option<Sp<String>>,
    pub(crate) limit: Option<Sp<Rule>>,
    pub(crate) ladder: Option<Sp<String>>,
    pub(crate) redo: Option<Sp<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct RequestAst {
    pub(crate) span: Span,
    pub(crate) kind: RequestKind,
    pub(crate) by: Vec<Sp<String>>,
    pub(crate) approver: Option<Sp<String>>,
    pub(crate) limit: Option<Sp<Rule>>,
    pub(crate) ladder: Option<Sp<String>>,
    pub(crate) cap: Option<Sp<u32>>,
    pub(crate) at_most: Option<Sp<Rule>>,
    pub(crate) reasons: Reasons,
    pub(crate) to: Option<Sp<String>>,
}

/// Reasons by the name of a pack's list, or written out.
#[derive(Clone, Debug)]
pub(crate) enum Reasons {
    Named(Sp<String>),
    Listed(Vec<(Sp<String>, Label)>),
}

#[derive(Clone, Debug)]
pub(crate) struct ProgressAst {
    pub(crate) span: Span,
    pub(crate) label: Label,
    pub(crate) every: Option<Sp<Cadence>>,
    pub(crate) by: Option<Sp<String>>,
    pub(crate) ladder: Option<Sp<String>>,
    pub(crate) datum: Option<Sp<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct ChildrenAst {
    pub(crate) span: Span,
    pub(crate) mechanism: Option<Sp<String>>,
    pub(crate) each: Option<Sp<EachAst>>,
    pub(crate) filter: Option<Sp<String>>,
    pub(crate) owner: Option<Sp<OwnerAst>>,
    pub(crate) sets: Vec<SetAst>,
    pub(crate) join: Option<Sp<JoinAst>>,
    pub(crate) stage: Option<Sp<String>>,
    pub(crate) then: Option<Sp<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinAst {
    All,
    Any,
    Quorum(u32),
}

#[derive(Clone, Debug)]
pub(crate) struct FigureAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) value: Option<Sp<String>>,
    pub(crate) base: Option<Sp<String>>,
    pub(crate) printed: Option<Sp<Decimal>>,
    pub(crate) unit: String,
    pub(crate) qualifier: Option<Sp<&'static str>>,
    pub(crate) document: String,
    pub(crate) as_of: Option<Date>,
    pub(crate) anomaly: Option<Label>,
    pub(crate) quote: Option<String>,
    pub(crate) indicator: Option<Sp<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct IndicatorAst {
    pub(crate) span: Span,
    pub(crate) id: Sp<String>,
    /// The shared indicator from which all that is not said here is taken.
    pub(crate) common: Option<Sp<String>>,
    pub(crate) dated: Option<Sp<String>>,
    pub(crate) whose: Option<Sp<String>>,
    pub(crate) label: Label,
    pub(crate) says: Label,
    pub(crate) value: Option<Sp<String>>,
    pub(crate) base: Option<Sp<String>>,
    pub(crate) unit: String,
    pub(crate) target: Option<Decimal>,
    pub(crate) direction: Direction,
    pub(crate) period: Period,
}
