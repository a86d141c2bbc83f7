//! The end of a clock: where its limit leads, day by day and past its stops.

use jiff::Timestamp;
use jiff::civil::Date;

use super::measure::{DAY, LAST_DAY, Measure, Stops, Walk, closing, date_at, opening};
use super::out_of_range::{OutOfRange, YEAR_MIN, YEAR_START_MAX};
use super::{Limit, Roll, Rule};
use crate::calendar::{Calendar, Calendars, LastDayEnds, date_of};

/// A rule whose limit is sane and whose calendar is at hand.
pub(super) struct Clock<'a> {
    pub(super) limit: Limit,
    pub(super) roll: Roll,
    pub(super) calendar: &'a Calendar,
    pub(super) measure: Measure<'a>,
}

/// Where a clock ends.
pub(super) struct End {
    /// The second; `None` while the clock stands still.
    pub(super) at: Option<i64>,
    /// The day to which it belongs.
    pub(super) day: Option<Date>,
    /// The second at which it would have ended, had it not been moved off a day off.
    pub(super) moved_from: Option<i64>,
    /// The second up to which time was counted: the end itself, before any move.
    pub(super) counted_to: Option<i64>,
}

/// 100 years in each unit: natural time to the day, working time at 250 days of 7.5 hours a year.
const MINUTES_MAX: u32 = 52_596_000;
const HOURS_MAX: u32 = 876_600;
const DAYS_MAX: u32 = 36_525;
const WORKING_HOURS_MAX: u32 = 187_500;
const WORKING_DAYS_MAX: u32 = 25_000;

impl<'a> Clock<'a> {
    pub(super) fn of(rule: &Rule, calendars: &'a Calendars) -> Result<Clock<'a>, OutOfRange> {
        let limit = rule.limit;
        let (amount, max) = match limit {
            Limit::Minutes(n) => (n, MINUTES_MAX),
            Limit::Hours(n) => (n, HOURS_MAX),
            Limit::Days(n) => (n, DAYS_MAX),
            Limit::WorkingHours(n) => (n, WORKING_HOURS_MAX),
            Limit::WorkingDays(n) => (n, WORKING_DAYS_MAX),
            Limit::Until(day) => {
                in_range(day, YEAR_START_MAX)?;
                (1, 1)
            }
            Limit::EndOfMonth | Limit::EndOfQuarter | Limit::EndOfYear | Limit::HalfMonth => (1, 1),
        };
        if amount == 0 {
            return Err(OutOfRange::Zero { limit });
        }
        if amount > max {
            return Err(OutOfRange::TooLong { limit, max });
        }
        let calendar = calendars
            .get(&rule.calendar)
            .ok_or_else(|| OutOfRange::UnknownCalendar {
                id: rule.calendar.clone(),
            })?;
        Ok(Clock {
            limit,
            roll: rule.roll,
            calendar,
            measure: Measure::of(&limit, calendar),
        })
    }

    /// The second of a start.
    pub(super) fn start(&self, start: Timestamp) -> Result<i64, OutOfRange> {
        in_range(date_of(start), YEAR_START_MAX)?;
        Ok(start.as_second())
    }

    /// The second of any moment of a clock's life.
    pub(super) fn moment(&self, at: Timestamp) -> Result<i64, OutOfRange> {
        in_range(date_of(at), super::out_of_range::YEAR_MAX)?;
        Ok(at.as_second())
    }

    /// The second from which time counts: under working days the beginning of the day after the start.
    pub(super) fn origin(&self, start: i64) -> Result<i64, OutOfRange> {
        match self.limit {
            Limit::WorkingDays(_) => {
                let mut walk = Walk::at(start);
                walk.step()?;
                Ok(walk.midnight)
            }
            _ => Ok(start),
        }
    }

    /// Where a clock started at `start` ends.
    pub(super) fn end(&self, start: i64, stops: &Stops) -> Result<End, OutOfRange> {
        match self.limit {
            Limit::Minutes(n) => self.counted_end(start, i64::from(n) * 60, stops),
            Limit::Hours(n) | Limit::WorkingHours(n) => self.counted_end(start, i64::from(n) * 3600, stops),
            Limit::Days(n) => self.counted_end(start, i64::from(n) * DAY, stops),
            Limit::WorkingDays(n) => self.working_days_end(start, n, stops),
            Limit::Until(day) => self.last_day_end(start, day, stops),
            Limit::EndOfMonth => self.period_end(start, stops, |day| Ok(day.last_of_month())),
            Limit::EndOfQuarter => self.period_end(start, stops, |day| {
                // The last day of the third month of the quarter.
                last_of(day, (day.month() + 2) / 3 * 3)
            }),
            Limit::EndOfYear => self.period_end(start, stops, |day| last_of(day, 12)),
            Limit::HalfMonth => self.period_end(start, stops, |day| {
                if day.day() <= 15 {
                    middle(day)
                } else {
                    Ok(day.last_of_month())
                }
            }),
        }
    }

    /// The second at which `date` ends as the last day of a limit.
    pub(super) fn day_end(&self, date: Date) -> i64 {
        let walk = Walk::on(date);
        let close = match self.calendar.last_day_ends() {
            LastDayEnds::OfficeClose => self.calendar.office_hours(date).last(),
            LastDayEnds::Midnight => None,
        };
        close.map_or(walk.midnight + DAY, |hours| closing(walk.midnight, hours))
    }

    /// Minutes, hours, days and working hours: a moment counted from the start.
    fn counted_end(&self, start: i64, amount: i64, stops: &Stops) -> Result<End, OutOfRange> {
        let Some(raw) = self.measure.advance(start, amount, stops)? else {
            return Ok(End {
                at: None,
                day: None,
                moved_from: None,
                counted_to: None,
            });
        };
        let at = match (self.limit, self.roll) {
            (Limit::WorkingHours(_), _) | (_, Roll::None) => raw,
            (Limit::Days(_), roll) => self.roll_day(raw, date_at(raw), roll, start)?,
            (_, roll) => self.roll_moment(raw, roll, start)?,
        };
        // Counted in days and moved, the limit ends with a day; 24:00 belongs to the day that ends.
        let day = if at == raw { date_at(at) } else { date_at(at - 1) };
        Ok(End {
            at: Some(at),
            day: Some(day),
            moved_from: (at != raw).then_some(raw),
            counted_to: Some(raw),
        })
    }

    fn working_days_end(&self, start: i64, days: u32, stops: &Stops) -> Result<End, OutOfRange> {
        let mut walk = Walk::at(start);
        walk.step()?;
        let origin = walk.midnight;
        let (mut left, mut number) = (days, walk.number());
        loop {
            if self.calendar.kind_of(number).is_working() {
                left -= 1;
                if left == 0 {
                    break;
                }
            }
            number += 1;
            if number > LAST_DAY {
                return Err(OutOfRange::Beyond);
            }
        }
        let last = date_at(origin + (number - walk.number()) * DAY);
        self.shift(origin, self.day_end(last), stops)
    }

    /// The last day is known: it moves off a day off, and then by what was paused.
    fn last_day_end(&self, start: i64, day: Date, stops: &Stops) -> Result<End, OutOfRange> {
        let unmoved = self.day_end(day);
        let moved = self.day_end(self.rolled(day, self.roll)?);
        let moved = if self.roll == Roll::WorkdayBefore && moved <= start {
            unmoved
        } else {
            moved
        };
        let mut end = self.shift(start, moved, stops)?;
        end.moved_from = (moved != unmoved).then_some(unmoved);
        let (Some(at), false) = (end.at.filter(|at| *at != moved), self.roll == Roll::None) else {
            return Ok(end);
        };
        // The pause has carried it on, perhaps onto a day off.
        let again = self.roll_day(at, date_at(at - 1), self.roll, moved - 1)?;
        end.moved_from = if again != at { Some(at) } else { end.moved_from };
        end.at = Some(again);
        end.day = Some(date_at(again - 1));
        Ok(end)
    }

    /// The first end of a period, moved off days off, that lies after the start.
    fn period_end(
        &self,
        start: i64,
        stops: &Stops,
        last_day: impl Fn(Date) -> Result<Date, OutOfRange>,
    ) -> Result<End, OutOfRange> {
        let mut day = last_day(date_at(start))?;
        // A long break can swallow a half-month, hardly ever two.
        for _ in 0..PERIODS_MAX {
            if self.day_end(self.rolled(day, self.roll)?) > start {
                return self.last_day_end(start, day, stops);
            }
            day = last_day(day.tomorrow().map_err(|_| OutOfRange::Beyond)?)?;
        }
        Err(OutOfRange::NoWorkingTime {
            id: self.calendar.id().clone(),
        })
    }

    /// Carries `end` on by the counted time for which the clock stood still between `origin` and `end`.
    fn shift(&self, origin: i64, end: i64, stops: &Stops) -> Result<End, OutOfRange> {
        let none = Stops::default();
        let paused = if stops.is_empty() {
            0
        } else {
            self.measure.counted(origin, end, &none)? - self.measure.counted(origin, end, stops)?
        };
        let at = self.measure.advance(end, paused, stops)?;
        Ok(End {
            at,
            day: at.map(|at| date_at(at - 1)),
            moved_from: None,
            counted_to: at,
        })
    }

    fn rolled(&self, day: Date, roll: Roll) -> Result<Date, OutOfRange> {
        let found = match roll {
            Roll::None => Some(day),
            Roll::NextWorkingDay => self.calendar.working_day_from(day),
            Roll::WorkdayBefore => self.calendar.working_day_until(day),
        };
        found.ok_or_else(|| OutOfRange::NoWorkingTime {
            id: self.calendar.id().clone(),
        })
    }

    /// To the end of a working day, never before `raw` when moved on, never to before `floor` when moved back.
    fn roll_day(&self, raw: i64, day: Date, roll: Roll, floor: i64) -> Result<i64, OutOfRange> {
        let moved = self.day_end(self.rolled(day, roll)?);
        Ok(match roll {
            Roll::None => raw,
            Roll::NextWorkingDay => moved.max(raw),
            Roll::WorkdayBefore if moved > floor => moved,
            Roll::WorkdayBefore => raw,
        })
    }

    /// To the opening of the next working day, or back to the end of the one before; what lies between stays.
    fn roll_moment(&self, raw: i64, roll: Roll, floor: i64) -> Result<i64, OutOfRange> {
        let day = self.rolled(date_at(raw), roll)?;
        Ok(match roll {
            Roll::None => raw,
            Roll::NextWorkingDay => {
                let midnight = Walk::on(day).midnight;
                let open = self
                    .calendar
                    .office_hours(day)
                    .first()
                    .map_or(midnight, |hours| opening(midnight, hours));
                open.max(raw)
            }
            Roll::WorkdayBefore => {
                let close = self.day_end(day);
                if close > floor { close.min(raw) } else { raw }
            }
        })
    }
}

const PERIODS_MAX: usize = 12;

/// The last day of a month of the same year.
fn last_of(day: Date, month: i8) -> Result<Date, OutOfRange> {
    Date::new(day.year(), month, 1)
        .map(Date::last_of_month)
        .map_err(|_| OutOfRange::Start { date: day })
}

fn middle(day: Date) -> Result<Date, OutOfRange> {
    Date::new(day.year(), day.month(), 15).map_err(|_| OutOfRange::Start { date: day })
}

fn in_range(date: Date, year_max: i16) -> Result<(), OutOfRange> {
    if (YEAR_MIN..=year_max).contains(&date.year()) {
        Ok(())
    } else {
        Err(OutOfRange::Start { date })
    }
}
