//! Why a time limit cannot be worked out.

use std::fmt;

use bihuan_messages::{Lang, Message};
use jiff::civil::Date;

use super::Limit;
use crate::calendar::CalendarId;

/// A limit, a start or a calendar that no clock can run on. Found when a mechanism is checked, not when a case is late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutOfRange {
    /// A limit of nothing.
    Zero {
        /// The limit.
        limit: Limit,
    },
    /// A limit of more than 100 years.
    TooLong {
        /// The limit.
        limit: Limit,
        /// The longest one of that unit (in its own unit).
        max: u32,
    },
    /// A day or moment outside the years for which clocks run.
    Start {
        /// The day.
        date: Date,
    },
    /// No calendar of that name.
    UnknownCalendar {
        /// The name.
        id: CalendarId,
    },
    /// A calendar on which nobody works for ten years.
    NoWorkingTime {
        /// The name.
        id: CalendarId,
    },
    /// The due time would lie past the years for which clocks run.
    Beyond,
    /// A share that is not between nothing and the whole.
    Fraction {
        /// Above the line.
        num: u32,
        /// Below the line.
        den: u32,
    },
    /// Asked of a clock that stands still.
    StandingStill,
    /// A recurrence that never comes or names days that do not exist.
    Cadence {
        /// The fault, as a key of the area `clock`.
        key: &'static str,
        /// What was found.
        found: String,
    },
}

/// The first year in which clocks run: Chinese local time has been UTC+8 without summer time since then.
pub(super) const YEAR_MIN: i16 = 1992;
/// The last year in which clocks start.
pub(super) const YEAR_START_MAX: i16 = 2999;
/// The last year in which clocks are due.
pub(super) const YEAR_MAX: i16 = 3199;

impl OutOfRange {
    /// What was found, what was expected, how to mend it.
    pub fn message(&self) -> Message {
        match self {
            OutOfRange::Zero { limit } => Message::new("clock.limit_zero").with("limit", limit.label()),
            OutOfRange::TooLong { limit, max } => Message::new("clock.limit_too_long")
                .with("limit", limit.label())
                .show("max", max),
            OutOfRange::Start { date } => Message::new("clock.date_outside")
                .show("date", date)
                .show("min", YEAR_MIN)
                .show("max", YEAR_START_MAX),
            OutOfRange::UnknownCalendar { id } => Message::new("clock.calendar_unknown").show("calendar", id),
            OutOfRange::NoWorkingTime { id } => {
                Message::new("clock.calendar_without_work").show("calendar", id)
            }
            OutOfRange::Beyond => Message::new("clock.due_beyond").show("max", YEAR_MAX),
            OutOfRange::Fraction { num, den } => Message::new("clock.fraction_outside")
                .show("num", num)
                .show("den", den),
            OutOfRange::StandingStill => Message::new("clock.stands_still"),
            OutOfRange::Cadence { key, found } => Message::new(*key).with("found", found.as_str()),
        }
    }
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message().text(Lang::default()))
    }
}

impl std::error::Error for OutOfRange {}
