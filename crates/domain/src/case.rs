//! A case (案件) as an event-sourced state machine: [`decide`] may refuse, [`State::evolve`] may not.
//!
//! INVARIANT (law 1): an open case has exactly one owner and one holder; tenures of holders have no gap and no overlap.
//! INVARIANT (law 2): whoever's move it is has a running clock, unless a named pause stands.

mod bring;
mod context;
mod course;
mod decide;
mod duty;
mod evolve;
mod judged;
mod place;
mod state;
mod tick;

pub use bring::{Brought, by_row, by_schedule, keeps, scheduled_title, unique_key, writes};
pub use context::{Alone, Context, Family, Opener};
pub use course::{Cause, Origin, Undone};
pub use decide::{Decision, Effect, decide, due_under};
pub use duty::{Duty, DutyKind};
pub use state::{
    ClockState, ClosedState, LookBackState, Meta, PastClock, RequestState, Rung, State, Tenure,
    VerificationState,
};
