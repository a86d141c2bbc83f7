//! What a case is now.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::course::{Cause, Undone};
use crate::clock::{Pause, Rule};
use crate::event::{ClockKey, ClockStart, Holder, Number, Source, Values, WarningAt};
use crate::id::{CaseId, Code, LadderId, PersonId, Sealed, StageId, UnitId};
use crate::mechanism::{Colour, MechanismRef, RequestKind, Risk, StageKind};
use crate::org::Actor;
use crate::value::Attachment;
use crate::verification::{Relaxation, Seat};

/// When and by whom an event was made, and its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Sequence number in the log.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Id.
    pub id: CaseId,
    /// The definition under which it runs.
    pub mechanism: MechanismRef,
    /// Printed number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// Title.
    pub title: Sealed,
    /// Risk.
    pub risk: Risk,
    /// Source.
    pub source: Source,
    /// Parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<CaseId>,
    /// What no other open case of the mechanism may share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<Code>,
    /// Children and what they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub children: BTreeMap<CaseId, StageKind>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Who opened it.
    pub opened_by: Actor,
    /// The owner (责任单位).
    pub owner: UnitId,
    /// Supporting units.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub supporting: BTreeSet<UnitId>,
    /// The stage.
    pub stage: StageId,
    /// Its kind.
    pub kind: StageKind,
    /// Since when.
    pub stage_since: Timestamp,
    /// The holder (当前环节责任岗位).
    pub holder: Holder,
    /// Who held it from when to when; without gap or overlap while open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenures: Vec<Tenure>,
    /// Round, from 1; each redo (回炉) begins a new one.
    pub round: u32,
    /// Field values.
    pub values: Values,
    /// Files, with the sequence number of the entry that brought them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<(u64, Attachment)>,
    /// Scans of the papers that the case came from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Attachment>,
    /// Persons who worked on it; none of them verifies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub handlers: BTreeSet<PersonId>,
    /// Running clocks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clocks: BTreeMap<ClockKey, ClockState>,
    /// Clocks that ended, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<PastClock>,
    /// Who owes the regular report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress_by: Option<Holder>,
    /// Side moves asked for and not decided.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<u32, RequestState>,
    /// How many side moves were ever asked for.
    pub asked: u32,
    /// Side moves granted, by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub granted: BTreeMap<RequestKind, u8>,
    /// Whether the clocks stand still, and until which review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_until: Option<Timestamp>,
    /// Verification that goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<VerificationState>,
    /// When the handler last said it was done (办结).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    /// How often verification failed.
    pub reworks: u32,
    /// When.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent_back: Vec<Timestamp>,
    /// Closings that look-backs found false, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<Undone>,
    /// When look-backs found that it had stayed fixed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stood: Vec<Timestamp>,
    /// What was last said that may explain why it is late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The closing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<ClosedState>,
    /// Look-back that waits or goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_back: Option<LookBackState>,
    /// Whether any clock was ever breached.
    pub was_late: bool,
    /// Sequence number of the last event.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A holder's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenure {
    /// Who.
    pub holder: Holder,
    /// In which stage.
    pub stage: StageId,
    /// From when.
    pub from: Timestamp,
    /// Until when; open while it lasts.
    pub to: Option<Timestamp>,
}

/// A running clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockState {
    /// The rule.
    pub rule: Rule,
    /// The ladder.
    pub ladder: LadderId,
    /// From when it counts.
    pub start: Timestamp,
    /// When it is due.
    pub due: Timestamp,
    /// Warnings that have not fired, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningAt>,
    /// The colour that warnings gave.
    pub colour: Colour,
    /// Whether it was breached; the due time is the original one.
    pub breached: bool,
    /// The rung that the breach stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rung: Option<Rung>,
    /// Whether the ladder has ended.
    pub exhausted: bool,
    /// Since when it is held, because somebody else's clock runs (verification of a claim).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Timestamp>,
    /// Pauses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// When its last day was named anew; pauses that ended before do not move that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_named: Option<Timestamp>,
}

/// A rung that a breach stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// From 0.
    pub index: u32,
    /// Who is told.
    pub to: Holder,
    /// When its own clock ends.
    pub until: Timestamp,
    /// Whether it waits for a signature under a bulletin item.
    pub bulletin: bool,
    /// Whether the post answered.
    pub answered: bool,
    /// Since when.
    pub since: Timestamp,
}

/// A clock that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastClock {
    /// Which.
    pub clock: ClockKey,
    /// In which stage.
    pub stage: StageId,
    /// Who held the case.
    pub holder: Holder,
    /// From when it counted.
    pub start: Timestamp,
    /// When it was due.
    pub due: Timestamp,
    /// When it stopped.
    pub stopped: Timestamp,
    /// Whether it stopped after its due time.
    pub late: bool,
}

/// A side move that waits for its decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestState {
    /// What for.
    pub kind: RequestKind,
    /// Who asked.
    pub by: Actor,
    /// Until when (extension, suspension).
    pub until: Option<jiff::civil::Date>,
    /// Which unit (return).
    pub unit: Option<UnitId>,
    /// Reason by code.
    pub reason: Option<Code>,
    /// Reason in words.
    pub note: Option<Sealed>,
    /// Who decides.
    pub approver: Holder,
    /// Whether the approver holds the case meanwhile.
    pub holds: bool,
}

/// Verification that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationState {
    /// The way.
    pub way: Code,
    /// Sequence number of the request; only a checkpoint beyond it may decide the draw.
    pub asked_seq: u64,
    /// When.
    pub asked_at: Timestamp,
    /// Seats that may be drawn.
    pub pool: Vec<Seat>,
    /// Relaxed rules.
    pub relaxed: Vec<Relaxation>,
    /// The seat that was drawn.
    pub drawn: Option<Seat>,
}

/// A closing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedState {
    /// When it was recorded.
    pub at: Timestamp,
    /// When the handler was done.
    pub done: Timestamp,
    /// Whether in time.
    pub on_time: Option<bool>,
    /// The way of verification.
    pub way: Code,
    /// Who verified.
    pub by: Actor,
}

/// A look-back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookBackState {
    /// When the draw is due.
    pub due: Timestamp,
    /// Who looks, once selected.
    pub by: Option<Holder>,
}

impl State {
    /// Whether the case is open.
    pub fn is_open(&self) -> bool {
        self.kind.is_open()
    }

    /// A clock by its key.
    pub fn clock(&self, key: &str) -> Option<&ClockState> {
        self.clocks.get(key)
    }

    /// The due time that matters most to whoever looks at a list: that of the stage, else of the case.
    pub fn due(&self) -> Option<Timestamp> {
        let stage = self.clock("stage").map(|clock| clock.due);
        let case = self
            .clock("case")
            .filter(|clock| clock.held.is_none())
            .map(|clock| clock.due);
        match (stage, case) {
            (Some(stage), Some(case)) => Some(stage.min(case)),
            (stage, case) => stage.or(case),
        }
    }

    /// The colour: the gravest of the running clocks; a case that was late before stays yellow.
    pub fn colour(&self) -> Colour {
        let running = self
            .clocks
            .values()
            .filter(|clock| clock.held.is_none() || clock.breached)
            .map(|clock| if clock.breached { Colour::Red } else { clock.colour })
            .max()
            .unwrap_or_default();
        if self.was_late {
            running.max(Colour::Yellow)
        } else {
            running
        }
    }

    /// When the engine must next look at this case; `None` where nothing will fire by itself.
    pub fn wake(&self) -> Option<Timestamp> {
        let clocks = self
            .clocks
            .values()
            .filter_map(|clock| clock.next(self.suspended_until.is_some()));
        let draw = self
            .verification
            .as_ref()
            .filter(|v| v.drawn.is_none() && !v.pool.is_empty() && self.suspended_until.is_none())
            .map(|v| v.asked_at);
        let look_back = self.look_back.as_ref().filter(|l| l.by.is_none()).map(|l| l.due);
        clocks
            .chain(draw)
            .chain(look_back)
            .chain(self.suspended_until)
            .min()
    }
}

impl ClockState {
    /// A clock that starts.
    pub fn start(start: &ClockStart) -> Self {
        ClockState {
            rule: start.rule.clone(),
            ladder: start.ladder.clone(),
            start: start.start,
            due: start.due,
            warnings: start.warnings.clone(),
            colour: Colour::Green,
            breached: false,
            rung: None,
            exhausted: false,
            held: None,
            pauses: Vec::new(),
            day_named: start.day_named,
        }
    }

    /// The pauses by which the due time moves: all of them, or where its day was named anew those since then.
    pub fn counted_pauses(&self) -> Vec<Pause> {
        let counts = |pause: &&Pause| match (pause.to, self.day_named) {
            (Some(to), Some(named)) => to > named,
            _ => true,
        };
        self.pauses.iter().filter(counts).cloned().collect()
    }

    /// Whether it stands still.
    pub fn is_paused(&self) -> bool {
        self.pauses.iter().any(|pause| pause.to.is_none())
    }

    /// The next instant at which this clock fires something.
    pub(super) fn next(&self, standing: bool) -> Option<Timestamp> {
        if self.exhausted || self.held.is_some() || standing && self.is_paused() {
            return None;
        }
        if let Some(rung) = &self.rung {
            return Some(rung.until);
        }
        if self.breached {
            return Some(self.due);
        }
        let warning = self.warnings.first().map(|warning| warning.at);
        Some(warning.map_or(self.due, |warning| warning.min(self.due)))
    }
}
