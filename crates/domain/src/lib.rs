//! The pure core of Bihuan: what a case is, who owns and holds it, which clocks run, how it is verified and closed.
//!
//! No I/O, no async, no system clock, no randomness: time, ids and beacons are arguments, so that the same log gives
//! the same answer. [`case::decide`] is the only maker of case events; [`case::State::evolve`] the only maker of case state.

pub mod assessment;
pub mod calendar;
pub mod case;
pub mod clock;
pub mod command;
pub mod event;
pub mod expr;
pub mod id;
pub mod indicator;
pub mod mechanism;
pub mod org;
pub mod refusal;
pub mod register;
pub mod value;
pub mod verification;
pub mod world;

pub use bihuan_messages::{Arg, Label, Lang, Message};
