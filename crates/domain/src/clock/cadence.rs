//! Recurring days (周期): every Wednesday except holidays, the 15th and the last day of the month, each quarter's end.
//!
//! The rules of RFC 5545 that an office has, without a start date (an interval of weeks names one of its weeks instead), plus
//! the working calendar, which RFC 5545 does not know.

mod every;

use bihuan_messages::Message;
use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::out_of_range::{OutOfRange, YEAR_MAX, YEAR_MIN};
use super::wording::{date_label, festival_label};
use crate::calendar::{Calendar, CalendarId, Calendars, DayKind};

pub use every::{DayOfMonth, DayOfWeek, Every};

/// A recurrence on a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cadence {
    /// On which days it would come if there were no holidays.
    pub every: Every,
    /// What happens when such a day is off.
    #[serde(default)]
    pub on_day_off: OnDayOff,
    /// Which days count as off.
    #[serde(default)]
    pub days_off: DaysOff,
    /// On which calendar.
    #[serde(default)]
    pub calendar: CalendarId,
}

/// What happens when a day of a recurrence is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDayOff {
    /// It stays.
    #[default]
    Keep,
    /// It is left out.
    Skip,
    /// It moves to the next working day.
    NextWorkingDay,
    /// It moves to the working day before.
    WorkdayBefore,
}

/// Which days count as off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DaysOff {
    /// Every day that is not worked, weekends too.
    #[default]
    NonWorking,
    /// The whole break around a holiday (整个假期), but not plain weekends.
    Break,
    /// Only the statutory holidays in the strict sense (法定节假日当日): 11 a year, 13 from 2025.
    Statutory,
}

/// One coming of a recurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The day.
    pub date: Date,
    /// The day on which it would have come without holidays.
    pub nominal: Date,
    /// Why it is not the first day of the recurrence that one would expect, oldest first.
    pub derivation: Vec<Message>,
}

impl Cadence {
    /// Whether it ever comes, and on a known calendar: a day that is left out in every year whose holidays are known
    /// (1 October, except holidays) never does.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`], for the checker of mechanism files to report.
    pub fn check(&self, calendars: &Calendars) -> Result<(), OutOfRange> {
        self.every.check()?;
        let calendar = self.calendar(calendars)?;
        let last = calendar.last_published_year();
        let known = (YEAR_MIN..=last).filter(|year| calendar.is_published(*year));
        let mut days = known
            .filter_map(|year| Date::new(year, 1, 1).ok())
            .flat_map(|first| {
                first
                    .series(Span::new().days(1))
                    .take_while(move |day| day.year() == first.year())
            })
            .filter(|day| self.every.holds(*day))
            .peekable();
        let left_out = |day: Date| matches!(self.coming(day, calendar), Ok(None));
        // What is rarer than the years that are known (a fifth Monday of February) is not judged by them.
        if last > 0 && self.on_day_off == OnDayOff::Skip && days.peek().is_some() && days.all(left_out) {
            return Err(OutOfRange::Cadence {
                key: "clock.cadence_always_off",
                found: self.every.rrule(),
            });
        }
        Ok(())
    }

    /// The first coming after `after`.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] if the recurrence never comes, the calendar is unknown, or `after` lies outside 1992–3199.
    ///
    /// # Example: the 15th and the last day, moved to the working day before
    ///
    /// ```
    /// use bihuan_domain::calendar::{CalendarId, Calendars};
    /// use bihuan_domain::clock::{Cadence, DaysOff, Every, OnDayOff};
    /// use jiff::civil::date;
    ///
    /// let half_month = Cadence {
    ///     every: Every::MonthlyDays(vec![15, -1]),
    ///     on_day_off: OnDayOff::WorkdayBefore,
    ///     days_off: DaysOff::NonWorking,
    ///     calendar: CalendarId::statutory(),
    /// };
    /// let next = half_month.next_after(date(2024, 9, 1), &Calendars::statutory()).unwrap();
    /// assert_eq!(next.date, date(2024, 9, 14)); // the 15th is a holiday, Saturday the 14th is worked
    /// ```
    pub fn next_after(&self, after: Date, calendars: &Calendars) -> Result<Occurrence, OutOfRange> {
        self.every.check()?;
        let calendar = self.calendar(calendars)?;
        if !(YEAR_MIN..=YEAR_MAX).contains(&after.year()) {
            return Err(OutOfRange::Start { date: after });
        }
        // A day before `after` may have moved past it, and a later day may have moved before an earlier one.
        let first = after.saturating_sub(Span::new().days(MOVE_DAYS_MAX));
        let mut best: Option<Occurrence> = None;
        let mut skipped = Vec::new();
        for nominal in first.series(Span::new().days(1)).take(SEARCH_DAYS_MAX) {
            if best
                .as_ref()
                .is_some_and(|best| nominal > best.date.saturating_add(Span::new().days(MOVE_DAYS_MAX)))
            {
                break;
            }
            if !self.every.holds(nominal) {
                continue;
            }
            match self.coming(nominal, calendar)? {
                Some(found)
                    if found.date > after && best.as_ref().is_none_or(|best| found.date < best.date) =>
                {
                    best = Some(found);
                }
                None if nominal > after && best.is_none() => skipped.push(left_out(nominal, calendar)),
                _ => {}
            }
        }
        let mut best = best.ok_or_else(|| OutOfRange::Cadence {
            key: "clock.cadence_never",
            found: self.every.rrule(),
        })?;
        skipped.append(&mut best.derivation);
        if !calendar.is_published(best.date.year()) && self.on_day_off != OnDayOff::Keep {
            skipped.push(Message::new("clock.step_beyond").show("year", best.date.year()));
        }
        best.derivation = skipped;
        Ok(best)
    }

    /// Where the coming that fell on `date` falls on the calendars as they are now: for one that was reckoned before a
    /// holiday was announced.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] as for [`Cadence::next_after`].
    pub fn again(&self, date: Date, calendars: &Calendars) -> Result<Occurrence, OutOfRange> {
        self.every.check()?;
        let calendar = self.calendar(calendars)?;
        let step = match self.on_day_off {
            OnDayOff::NextWorkingDay => -1,
            OnDayOff::WorkdayBefore => 1,
            // Not moved: it fell on its own day.
            OnDayOff::Keep | OnDayOff::Skip => 0,
        };
        // Moved or not, it belongs to the first day of the recurrence in the direction from which it may have come.
        let nominal = (0..=MOVE_DAYS_MAX)
            .map(|days| date.saturating_add(Span::new().days(days * step)))
            .find(|day| self.every.holds(*day))
            .unwrap_or(date);
        match self.coming(nominal, calendar)? {
            Some(found) => Ok(found),
            None => self.next_after(nominal, calendars),
        }
    }

    /// Where the coming on `nominal` falls; `None` if it is left out.
    fn coming(&self, nominal: Date, calendar: &Calendar) -> Result<Option<Occurrence>, OutOfRange> {
        let kept = Occurrence {
            date: nominal,
            nominal,
            derivation: Vec::new(),
        };
        if !self.is_off(nominal, calendar) {
            return Ok(Some(kept));
        }
        let moved = match self.on_day_off {
            OnDayOff::Keep => return Ok(Some(kept)),
            OnDayOff::Skip => return Ok(None),
            OnDayOff::NextWorkingDay => calendar.working_day_from(nominal),
            OnDayOff::WorkdayBefore => calendar.working_day_until(nominal),
        };
        let date = moved.ok_or_else(|| OutOfRange::NoWorkingTime {
            id: self.calendar.clone(),
        })?;
        let why = Message::new("clock.cadence_moved")
            .with("from", date_label(nominal))
            .with(
                "name",
                festival_label(calendar.day(nominal).name.map(|name| &**name)),
            )
            .with("to", date_label(date));
        Ok(Some(Occurrence {
            date,
            nominal,
            derivation: vec![why],
        }))
    }

    fn is_off(&self, date: Date, calendar: &Calendar) -> bool {
        match self.days_off {
            DaysOff::NonWorking => !calendar.is_working(date),
            DaysOff::Break => calendar.kind(date) == DayKind::Holiday,
            DaysOff::Statutory => calendar.day(date).statutory,
        }
    }

    fn calendar<'a>(&self, calendars: &'a Calendars) -> Result<&'a Calendar, OutOfRange> {
        calendars
            .get(&self.calendar)
            .ok_or_else(|| OutOfRange::UnknownCalendar {
                id: self.calendar.clone(),
            })
    }
}

/// No break is longer; a move off it is shorter still.
const MOVE_DAYS_MAX: i64 = 31;
/// A fifth Monday of February comes once in 28 years, and once in 40 across a century that is no leap year.
const SEARCH_DAYS_MAX: usize = 41 * 366;

fn left_out(date: Date, calendar: &Calendar) -> Message {
    let day = calendar.day(date);
    let notice = day.notice.map_or(String::new(), |notice| notice.to_string());
    let key = if notice.is_empty() {
        "clock.cadence_left_out_plain"
    } else {
        "clock.cadence_left_out"
    };
    let message = Message::new(key)
        .with("date", date_label(date))
        .with("name", festival_label(day.name.map(|name| &**name)));
    if notice.is_empty() {
        message
    } else {
        message.with("notice", notice)
    }
}

#[cfg(test)]
mod tests;
