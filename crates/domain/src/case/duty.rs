//! Duties: what waits for which post, the lines of somebody's desk (我的待办).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::State;
use crate::event::{ClockKey, Holder};
use crate::id::PersonId;
use crate::mechanism::{Colour, RequestKind, StageKind};

/// Something that waits for a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// What.
    pub kind: DutyKind,
    /// For whom.
    pub holder: Holder,
    /// For one person only, where a lot named one.
    pub person: Option<PersonId>,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub due: Option<Timestamp>,
    /// The colour of its clock.
    pub colour: Colour,
}

/// What waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DutyKind {
    /// The holder's move in a stage.
    Move {
        /// Kind of the stage.
        stage: StageKind,
    },
    /// A decision on a side move.
    Decide {
        /// Which.
        request: u32,
        /// What for.
        what: RequestKind,
    },
    /// A regular report.
    Progress,
    /// An answer on a rung of the ladder.
    Answer {
        /// The clock that was breached.
        clock: ClockKey,
        /// The rung.
        rung: u32,
        /// Whether a bulletin item waits for the signature.
        bulletin: bool,
    },
    /// A look-back.
    LookBack,
}

impl DutyKind {
    /// The stable name, for lists.
    pub fn name(&self) -> &'static str {
        match self {
            DutyKind::Move {
                stage: StageKind::Verify,
            } => "verify",
            DutyKind::Move {
                stage: StageKind::Decide,
            } => "opinion",
            DutyKind::Move {
                stage: StageKind::Wait,
            } => "wait",
            DutyKind::Move {
                stage: StageKind::Parked,
            } => "review",
            DutyKind::Move { .. } => "handle",
            DutyKind::Decide { .. } => "decide",
            DutyKind::Progress => "progress",
            DutyKind::Answer { bulletin: true, .. } => "sign",
            DutyKind::Answer { .. } => "answer",
            DutyKind::LookBack => "look_back",
        }
    }
}

impl State {
    /// Everything that waits for somebody in this case.
    pub fn duties(&self) -> Vec<Duty> {
        let mut duties = Vec::new();
        let colour_of = |key: &str| {
            self.clock(key).map_or(Colour::Green, |clock| {
                if clock.breached { Colour::Red } else { clock.colour }
            })
        };
        let holding = self.requests.values().any(|request| request.holds);
        if self.is_open() && !holding {
            duties.push(Duty {
                kind: DutyKind::Move { stage: self.kind },
                holder: self.holder.clone(),
                person: self
                    .verification
                    .as_ref()
                    .and_then(|v| v.drawn.as_ref())
                    .map(|seat| seat.person.clone()),
                since: self.stage_since,
                due: self.due(),
                colour: self.colour(),
            });
        }
        for (number, request) in &self.requests {
            let key = super::evolve::request_key(*number);
            duties.push(Duty {
                kind: DutyKind::Decide {
                    request: *number,
                    what: request.kind,
                },
                holder: request.approver.clone(),
                person: None,
                since: self.clock(&key).map_or(self.at, |clock| clock.start),
                due: self.clock(&key).map(|clock| clock.due),
                colour: colour_of(&key),
            });
        }
        let owed = self.clock("progress").filter(|clock| clock.held.is_none());
        if let (Some(by), Some(clock)) = (&self.progress_by, owed) {
            duties.push(Duty {
                kind: DutyKind::Progress,
                holder: by.clone(),
                person: None,
                since: clock.start,
                due: Some(clock.due),
                colour: colour_of("progress"),
            });
        }
        for (key, clock) in &self.clocks {
            if let Some(rung) = clock.rung.as_ref().filter(|rung| !rung.answered) {
                duties.push(Duty {
                    kind: DutyKind::Answer {
                        clock: key.clone(),
                        rung: rung.index,
                        bulletin: rung.bulletin,
                    },
                    holder: rung.to.clone(),
                    person: None,
                    since: rung.since,
                    due: Some(rung.until),
                    colour: Colour::Red,
                });
            }
        }
        if let Some(by) = self
            .look_back
            .as_ref()
            .and_then(|look_back| look_back.by.as_ref())
        {
            duties.push(Duty {
                kind: DutyKind::LookBack,
                holder: by.clone(),
                person: None,
                since: self.clock("lookback").map_or(self.at, |clock| clock.start),
                due: self.clock("lookback").map(|clock| clock.due),
                colour: colour_of("lookback"),
            });
        }
        duties
    }
}
