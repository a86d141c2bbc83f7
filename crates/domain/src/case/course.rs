//! What figures and bulletins must know of a case's course, kept in its state so that nobody reads its events again:
//! closings that proved false, when it was sent back, when it stood a look-back, and why it is late.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::{Meta, State};
use crate::event::CaseEvent;
use crate::id::{Code, Sealed};
use crate::mechanism::RequestKind;

/// A closing that a look-back found false.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// When it had been recorded.
    pub at: Timestamp,
    /// The limit that it was judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Timestamp>,
    /// Whether it was in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_time: Option<bool>,
    /// When the look-back failed.
    pub failed: Timestamp,
    /// The log entry that says so.
    pub seq: u64,
}

/// Why a case is late, as far as the log knows: what was last said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The log entry.
    pub seq: u64,
    /// When it was said.
    pub at: Timestamp,
    /// In words, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
    /// By code, where the mechanism lists reasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<(RequestKind, Code)>,
    /// On what occasion.
    #[serde(default, skip_serializing_if = "Origin::is_given")]
    pub origin: Origin,
}

/// On what occasion something was said that may explain why a case is late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// As a reason: asked by the ladder, or of his own accord once the case was late.
    #[default]
    Given,
    /// For an extension that was asked for while there was still time.
    Extension,
    /// For a suspension, likewise.
    Suspension,
    /// For a return, hand-up or another side move, likewise.
    SideMove,
    /// In a report while there was still time.
    Report,
    /// By who sent it back.
    SentBack,
}

impl Origin {
    /// Whether it was said as a reason for being late. Everything else is only what the log knows.
    pub fn is_given(&self) -> bool {
        *self == Origin::Given
    }

    /// The stable name, for texts.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Given => "given",
            Origin::Extension => "extension",
            Origin::Suspension => "suspension",
            Origin::SideMove => "side_move",
            Origin::Report => "report",
            Origin::SentBack => "sent_back",
        }
    }

    fn of_request(kind: RequestKind, late: bool) -> Origin {
        match kind {
            _ if late => Origin::Given,
            RequestKind::Extension => Origin::Extension,
            RequestKind::Suspension => Origin::Suspension,
            _ => Origin::SideMove,
        }
    }
}

impl State {
    /// Takes note of an event before it is applied.
    pub(super) fn follow_course(&mut self, event: &CaseEvent, meta: &Meta) {
        let late = self.has_run_out(meta.at);
        let cause = |note: &Option<Sealed>, reason: Option<(RequestKind, Code)>, origin| {
            (note.is_some() || reason.is_some()).then(|| Cause {
                seq: meta.seq,
                at: meta.at,
                note: note.clone(),
                reason,
                origin,
            })
        };
        let said = match event {
            CaseEvent::Reopened(_) => {
                let undone = self.closed.as_ref().map(|closed| Undone {
                    at: closed.at,
                    limit: self.limit(),
                    on_time: closed.on_time,
                    failed: meta.at,
                    seq: meta.seq,
                });
                self.undone.extend(undone);
                self.cause = None;
                None
            }
            CaseEvent::LookBackPassed(_) => {
                self.stood.push(meta.at);
                None
            }
            CaseEvent::Failed(e) => {
                self.sent_back.push(meta.at);
                cause(&e.note, None, Origin::SentBack)
            }
            // What supervisors and leaders answer on their rungs is no reason for being late.
            CaseEvent::Answered(e) if self.owner_stands_on(e.clock.as_str()) => {
                cause(&e.note, None, Origin::Given)
            }
            CaseEvent::Requested(e) if e.kind != RequestKind::Void => {
                let reason = e.reason.clone().map(|reason| (e.kind, reason));
                cause(&e.note, reason, Origin::of_request(e.kind, late))
            }
            CaseEvent::Noted(e) => {
                let origin = if late { Origin::Given } else { Origin::Report };
                cause(&e.note, None, origin)
            }
            _ => None,
        };
        // What the log merely knows does not push aside a reason that somebody gave.
        if let Some(said) = said
            && (said.origin.is_given() || self.reason_given().is_none())
        {
            self.cause = Some(said);
        }
    }

    /// The reason that somebody gave since the case is late.
    pub fn reason_given(&self) -> Option<&Cause> {
        self.cause.as_ref().filter(|cause| cause.origin.is_given())
    }

    /// Whether the limit or the time of the present step has run out by `at`, and does not stand still.
    fn has_run_out(&self, at: Timestamp) -> bool {
        let step = self.clock("stage").filter(|clock| clock.held.is_none());
        self.limit().is_some_and(|limit| limit <= at)
            || step.is_some_and(|clock| clock.due <= at && !clock.is_paused())
    }

    /// Whether the rung on which this clock's breach stands asks the owner.
    fn owner_stands_on(&self, clock: &str) -> bool {
        let rung = self.clock(clock).and_then(|clock| clock.rung.as_ref());
        rung.is_some_and(|rung| rung.to.unit == self.owner)
    }
}
