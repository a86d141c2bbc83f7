//! Time limits: when a step is due, how much of its time has passed, and why (时限推算).
//!
//! A limit counts *natural* time (hours, days: 紧急工作时、自然日), *office* time (working hours: 工作时) or *working days*
//! (工作日), or names a last day (a date, the end of the month, quarter or year, the half-month). Pauses take their own
//! counted time out of the clock: a clock paused for two working days is due two working days later, no more and no
//! less. All instants are read to the whole second; fractions of a second are dropped.
//!
//! The rules of counting are those of articles 201 and 203 of the Civil Code: hours run from the moment itself, days
//! from the day after; the last day ends when the office closes, or at 24:00, as the calendar says
//! ([`crate::calendar::LastDayEnds`]).

mod cadence;
mod derivation;
mod end;
mod measure;
mod out_of_range;
mod recurrence;
mod wording;

use bihuan_messages::{Label, Lang, Message};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{CalendarId, Calendars};

pub use cadence::{Cadence, DayOfMonth, DayOfWeek, DaysOff, Every, Occurrence, OnDayOff};
pub use derivation::{Derivation, Step};
pub use out_of_range::OutOfRange;
pub use wording::{date_label, duration_label, moment_label, month_label};

use end::Clock;
use measure::Stops;

/// How long a step may take (时限).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Natural minutes from the start.
    Minutes(u32),
    /// Natural hours from the start (紧急工作时), day and night, workday or not.
    Hours(u32),
    /// Natural days (自然日): due at the same time of day. With a [`Roll`] the limit ends with its last day instead.
    Days(u32),
    /// Hours of office time (工作时).
    WorkingHours(u32),
    /// Working days (工作日). The day of the start does not count (次日起算); due when the last one ends.
    WorkingDays(u32),
    /// Until that day ends.
    Until(Date),
    /// Until the month ends (月底): the first month end that lies after the start.
    EndOfMonth,
    /// Until the quarter ends (季末): the first end of March, June, September or December that lies after the start.
    EndOfQuarter,
    /// Until the year ends (年底): the first 31 December that lies after the start.
    EndOfYear,
    /// Until the half-month ends: the 15th or the last day, whichever comes first after the start.
    HalfMonth,
}

impl Limit {
    /// The limit as people say it, such as `7个工作日`, `7 working days`.
    pub fn label(&self) -> Label {
        let amount =
            |n: u32, one: &str, many: &str| Message::new(if n == 1 { one } else { many }).show("n", n);
        let message = match self {
            Limit::Minutes(n) => amount(*n, "clock.limit_minutes_1", "clock.limit_minutes"),
            Limit::Hours(n) => amount(*n, "clock.limit_hours_1", "clock.limit_hours"),
            Limit::Days(n) => amount(*n, "clock.limit_days_1", "clock.limit_days"),
            Limit::WorkingHours(n) => amount(*n, "clock.limit_working_hours_1", "clock.limit_working_hours"),
            Limit::WorkingDays(n) => amount(*n, "clock.limit_working_days_1", "clock.limit_working_days"),
            Limit::Until(day) => Message::new("clock.limit_until").with("day", date_label(*day)),
            Limit::EndOfMonth => Message::new("clock.limit_end_of_month"),
            Limit::EndOfQuarter => Message::new("clock.limit_end_of_quarter"),
            Limit::EndOfYear => Message::new("clock.limit_end_of_year"),
            Limit::HalfMonth => Message::new("clock.limit_half_month"),
        };
        Label::new(message.text(Lang::Zh), message.text(Lang::En))
    }

    /// Whether the limit ends with a day rather than at a moment counted from the start.
    pub fn ends_with_a_day(&self) -> bool {
        matches!(
            self,
            Limit::WorkingDays(_)
                | Limit::Until(_)
                | Limit::EndOfMonth
                | Limit::EndOfQuarter
                | Limit::EndOfYear
                | Limit::HalfMonth
        )
    }
}

/// What happens when the last day is not a working day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roll {
    /// Nothing: due on that day.
    #[default]
    None,
    /// It moves to the next working day (节假日顺延).
    NextWorkingDay,
    /// It moves to the working day before (提前到前一工作日), but never to before the start.
    WorkdayBefore,
}

/// A limit on a calendar: the rule of one clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// How long.
    pub limit: Limit,
    /// On which calendar.
    #[serde(default)]
    pub calendar: CalendarId,
    /// What happens on a day off.
    #[serde(default)]
    pub roll: Roll,
}

impl Rule {
    /// A limit on the statutory calendar that does not move on days off.
    pub fn new(limit: Limit) -> Rule {
        Rule {
            limit,
            calendar: CalendarId::statutory(),
            roll: Roll::None,
        }
    }

    /// The same rule with another treatment of days off.
    #[must_use]
    pub fn rolled(mut self, roll: Roll) -> Rule {
        self.roll = roll;
        self
    }

    /// The same rule on another calendar.
    #[must_use]
    pub fn on(mut self, calendar: CalendarId) -> Rule {
        self.calendar = calendar;
        self
    }

    /// The rule as people say it: the limit, what happens on a day off, and a calendar other than the statutory one.
    pub fn label(&self) -> Label {
        let key = match self.roll {
            Roll::None => None,
            Roll::NextWorkingDay => Some("clock.rule_next"),
            Roll::WorkdayBefore => Some("clock.rule_before"),
        };
        let both = |message: Message| Label::new(message.text(Lang::Zh), message.text(Lang::En));
        let mut label = self.limit.label();
        if let Some(key) = key {
            label = both(Message::new(key).with("limit", label));
        }
        if self.calendar != CalendarId::statutory() {
            let on = Message::new("clock.rule_on").with("limit", label);
            label = both(on.show("calendar", &self.calendar));
        }
        label
    }

    /// Whether the rule can be run at all: its limit within bounds, its calendar known.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`], for the checker of mechanism files to report.
    pub fn check(&self, calendars: &Calendars) -> Result<(), OutOfRange> {
        Clock::of(self, calendars).map(|_| ())
    }
}

/// A time in which the clock stood still (暂停). Pauses may overlap; a moment is taken out once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// When it began.
    pub from: Timestamp,
    /// When it ended; `None` while it lasts. A pause that ends before it began is no pause.
    pub to: Option<Timestamp>,
    /// The reason's code in the mechanism.
    pub reason: String,
}

/// When a step is due, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The instant at which the time is up: at it and after it the step is late. `None` while the clock stands still.
    pub at: Option<Timestamp>,
    /// The day on which `at` lies, as people say it: 24:00 belongs to the day that ends.
    pub day: Option<Date>,
    /// How it was worked out.
    pub derivation: Derivation,
}

/// When a clock under `rule`, started at `start`, is due.
///
/// Office time and working days count by the rule's calendar; outside the published years they follow from the
/// weekday alone and the derivation says so. While a pause without end lasts that the clock runs into, it has no due time.
///
/// # Errors
///
/// [`OutOfRange`] for a limit of zero or of more than 100 years, an unknown calendar, or a start outside 1992–2999.
///
/// # Example: a make-up Saturday in between
///
/// ```
/// use bihuan_domain::calendar::{Calendars, instant};
/// use bihuan_domain::clock::{Limit, Rule, due};
/// use jiff::civil::date;
///
/// let start = instant(date(2024, 5, 6).at(9, 0, 0, 0)); // Monday
/// let due = due(&Rule::new(Limit::WorkingDays(5)), start, &[], &Calendars::statutory()).unwrap();
/// assert_eq!(due.at, Some(instant(date(2024, 5, 11).at(18, 30, 0, 0)))); // Saturday, worked for Labour Day
/// ```
pub fn due(
    rule: &Rule,
    start: Timestamp,
    pauses: &[Pause],
    calendars: &Calendars,
) -> Result<Due, OutOfRange> {
    let clock = Clock::of(rule, calendars)?;
    let from = clock.start(start)?;
    let stops = Stops::of(pauses);
    let end = clock.end(from, &stops)?;
    let at = end.at.map(measure::timestamp);
    let steps = derivation::steps(&clock, from, &end, pauses)?;
    let derivation = Derivation {
        start,
        rule: rule.clone(),
        steps,
        due: at,
    };
    Ok(Due {
        at,
        day: end.day,
        derivation,
    })
}

/// Only the instant of [`due`], without its derivation: for recomputing many clocks, as after a new calendar year.
///
/// # Errors
///
/// [`OutOfRange`] as for [`due`].
pub fn due_at(
    rule: &Rule,
    start: Timestamp,
    pauses: &[Pause],
    calendars: &Calendars,
) -> Result<Option<Timestamp>, OutOfRange> {
    let clock = Clock::of(rule, calendars)?;
    let end = clock.end(clock.start(start)?, &Stops::of(pauses))?;
    Ok(end.at.map(measure::timestamp))
}

/// The instant at which `num/den` of the counted time between `start` and `due` has passed, for warnings; exact, and
/// rounded up to the whole second. For a clock that was paused use [`fraction_with_pauses`].
///
/// # Errors
///
/// [`OutOfRange`] as for [`due`], or if `num/den` is not a fraction from 0 to 1.
pub fn fraction(
    start: Timestamp,
    due: Timestamp,
    rule: &Rule,
    calendars: &Calendars,
    num: u32,
    den: u32,
) -> Result<Timestamp, OutOfRange> {
    fraction_with_pauses(start, due, rule, &[], calendars, num, den)
}

/// As [`fraction`], for a clock with pauses: paused time is not counted time.
///
/// # Errors
///
/// As for [`fraction`], and [`OutOfRange::StandingStill`] if a pause without end lies before that instant.
pub fn fraction_with_pauses(
    start: Timestamp,
    due: Timestamp,
    rule: &Rule,
    pauses: &[Pause],
    calendars: &Calendars,
    num: u32,
    den: u32,
) -> Result<Timestamp, OutOfRange> {
    if den == 0 || num > den {
        return Err(OutOfRange::Fraction { num, den });
    }
    let clock = Clock::of(rule, calendars)?;
    let from = clock.start(start)?;
    let to = clock.moment(due)?;
    if num == den || to <= from {
        return Ok(measure::timestamp(to));
    }
    let stops = Stops::of(pauses);
    let origin = clock.origin(from)?;
    let whole = i128::from(clock.measure.counted(origin, to, &stops)?);
    let part = (whole * i128::from(num) + i128::from(den) - 1) / i128::from(den);
    let part = i64::try_from(part).map_err(|_| OutOfRange::Beyond)?;
    if part == 0 {
        return Ok(measure::timestamp(from));
    }
    match clock.measure.advance(origin, part, &stops)? {
        Some(at) => Ok(measure::timestamp(at)),
        None => Err(OutOfRange::StandingStill),
    }
}

/// The whole minutes of the rule's own time (natural, office or working-day time) between `from` and `to`, without
/// pauses. Splitting the stretch splits the time: what one holder used and what the next used add up in
/// [`elapsed_seconds`], with no gap and no overlap.
///
/// # Errors
///
/// [`OutOfRange`] as for [`due`].
pub fn elapsed(
    rule: &Rule,
    from: Timestamp,
    to: Timestamp,
    pauses: &[Pause],
    calendars: &Calendars,
) -> Result<u64, OutOfRange> {
    elapsed_seconds(rule, from, to, pauses, calendars).map(|seconds| seconds / 60)
}

/// As [`elapsed`], in seconds: exactly additive.
///
/// # Errors
///
/// [`OutOfRange`] as for [`due`].
pub fn elapsed_seconds(
    rule: &Rule,
    from: Timestamp,
    to: Timestamp,
    pauses: &[Pause],
    calendars: &Calendars,
) -> Result<u64, OutOfRange> {
    let clock = Clock::of(rule, calendars)?;
    let seconds = clock
        .measure
        .counted(clock.moment(from)?, clock.moment(to)?, &Stops::of(pauses))?;
    Ok(u64::try_from(seconds).unwrap_or(0))
}

/// The seconds that a clock started at `start` has counted by `at`: as [`elapsed_seconds`], except that under working
/// days the day of the start does not count.
///
/// # Errors
///
/// [`OutOfRange`] as for [`due`].
pub fn counted_seconds(
    rule: &Rule,
    start: Timestamp,
    at: Timestamp,
    pauses: &[Pause],
    calendars: &Calendars,
) -> Result<u64, OutOfRange> {
    let clock = Clock::of(rule, calendars)?;
    let origin = clock.origin(clock.start(start)?)?;
    let seconds = clock
        .measure
        .counted(origin, clock.moment(at)?, &Stops::of(pauses))?;
    Ok(u64::try_from(seconds).unwrap_or(0))
}

#[cfg(test)]
mod faults;
#[cfg(test)]
mod laws;
