//! What a bulletin must know of one case: its state, its closings and what became of them, its failed verifications.
//!
//! Two ways lead here and must agree: from the events of a case (replay, recomputation), and from its state in the read
//! models where the state alone still tells everything (a case that was never reworked or re-opened).

use bihuan_domain::case::{Meta, State};
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{Code, Sealed};
use bihuan_domain::mechanism::{RequestKind, StageKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A case as figures see it.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// What it is now.
    pub(crate) state: State,
    /// Its closings, oldest first, including those that proved false.
    pub(crate) closings: Vec<Closing>,
    /// When its verification failed.
    pub(crate) failures: Vec<Timestamp>,
    /// When a look-back found that it had stayed fixed.
    pub(crate) passes: Vec<Timestamp>,
    /// The latest reason that somebody gave for being late.
    pub(crate) cause: Option<Cause>,
}

/// A closing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    /// When it was recorded.
    pub(crate) at: Timestamp,
    /// The limit that it is judged by.
    pub(crate) limit: Option<Timestamp>,
    /// Whether in time.
    pub(crate) on_time: Option<bool>,
    /// When a look-back found it false, and the log entry that says so.
    pub(crate) false_since: Option<(Timestamp, u64)>,
}

/// A reason that was given: the owner's answer to an escalation, a side move asked for, or feedback after the limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The log entry.
    pub seq: u64,
    /// When it was given.
    pub at: Timestamp,
    /// In words, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
    /// By code, where the mechanism lists reasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<(RequestKind, Code)>,
}

impl Facts {
    /// The facts after the opening of a case; `None` for any other event.
    pub(crate) fn open(event: &CaseEvent, meta: &Meta) -> Option<Facts> {
        let CaseEvent::Opened(opened) = event else {
            return None;
        };
        let state = State::open(opened, meta);
        Some(Facts {
            state,
            closings: Vec::new(),
            failures: Vec::new(),
            passes: Vec::new(),
            cause: None,
        })
    }

    /// Applies a later event.
    pub(crate) fn evolve(&mut self, event: &CaseEvent, meta: &Meta) {
        let late = self.state.limit().is_some_and(|limit| limit <= meta.at);
        let asked_owner = match event {
            CaseEvent::Answered(e) => self.rung_of_owner(e.clock.as_str()),
            _ => false,
        };
        self.state.evolve(event, meta);
        let cause = |note: &Option<Sealed>, reason: Option<(RequestKind, Code)>| Cause {
            seq: meta.seq,
            at: meta.at,
            note: note.clone(),
            reason,
        };
        match event {
            CaseEvent::Closed(_) => self.closings.extend(closing(&self.state)),
            CaseEvent::Reopened(_) => {
                self.cause = None;
                if let Some(last) = self.closings.last_mut() {
                    last.false_since = Some((meta.at, meta.seq));
                }
            }
            CaseEvent::Failed(_) => self.failures.push(meta.at),
            CaseEvent::LookBackPassed(_) => self.passes.push(meta.at),
            CaseEvent::Answered(e) if asked_owner && e.note.is_some() => {
                self.cause = Some(cause(&e.note, None))
            }
            CaseEvent::Requested(e)
                if e.kind != RequestKind::Void && (e.note.is_some() || e.reason.is_some()) =>
            {
                let reason = e.reason.clone().map(|reason| (e.kind, reason));
                self.cause = Some(cause(&e.note, reason));
            }
            CaseEvent::Noted(e) if late && e.note.is_some() => self.cause = Some(cause(&e.note, None)),
            _ => {}
        }
    }

    /// Whether the rung on which this clock's breach stands asks the owner. What supervisors and leaders answer on
    /// theirs is no reason for being late.
    fn rung_of_owner(&self, clock: &str) -> bool {
        let rung = self.state.clock(clock).and_then(|clock| clock.rung.as_ref());
        rung.is_some_and(|rung| rung.to.unit == self.state.owner)
    }

    /// The facts from the state alone; `None` where only the events tell them (reworked, re-opened, late by `as_of`).
    pub(crate) fn of(state: State, as_of: Timestamp) -> Result<Facts, Box<State>> {
        let late = state.is_open()
            && (state.limit().is_some_and(|limit| limit <= as_of) || step_late(&state, as_of));
        if state.reworks > 0 || state.round > 1 || late {
            return Err(Box::new(state));
        }
        let closings = closing(&state).into_iter().collect();
        let look_backs = state.past.iter().filter(|past| past.clock.as_str() == "lookback");
        let passes = look_backs.map(|past| past.stopped).collect();
        Ok(Facts {
            closings,
            failures: Vec::new(),
            passes,
            cause: None,
            state,
        })
    }

    /// Whether the clocks of the present round stand still by an approved suspension that began before the limit.
    /// A suspension asked for after the limit had passed excuses nothing.
    pub(crate) fn postponed(&self) -> bool {
        self.state.put_off()
    }

    /// Whether the limit has passed without the owner having said that it was done.
    pub(crate) fn overdue(&self, as_of: Timestamp) -> bool {
        let state = &self.state;
        let claimed = state.done_at.filter(|_| state.kind == StageKind::Verify);
        state.is_open()
            && !self.postponed()
            && state
                .limit()
                .is_some_and(|limit| limit <= as_of && claimed.is_none_or(|done| done >= limit))
    }

    /// Whether the holder is late with the present step although the limit of the case has not passed.
    pub(crate) fn step_overdue(&self, as_of: Timestamp) -> bool {
        self.state.is_open() && !self.overdue(as_of) && !self.postponed() && step_late(&self.state, as_of)
    }
}

fn step_late(state: &State, as_of: Timestamp) -> bool {
    state.clock("stage").is_some_and(|clock| {
        clock.due <= as_of && clock.held.is_none() && clock.pauses.iter().all(|p| p.to.is_some())
    })
}

fn closing(state: &State) -> Option<Closing> {
    let closed = state.closed.as_ref()?;
    Some(Closing {
        at: closed.at,
        limit: state.limit(),
        on_time: closed.on_time,
        false_since: None,
    })
}
