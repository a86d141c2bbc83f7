//! Which seconds a clock counts, and how to add them up and walk along them.
//!
//! Everything is in whole seconds since 1970 (UTC). Days are walked, never minutes.

use jiff::Timestamp;
use jiff::civil::Date;

use super::out_of_range::{OutOfRange, YEAR_MAX};
use super::{Limit, Pause};
use crate::calendar::{CHINA, Calendar, LastDayEnds, OfficeHours, date_of, day_number};

pub(super) const DAY: i64 = 86_400;
/// How far Chinese local time is ahead of UTC.
const CHINA_SECONDS: i64 = CHINA.seconds() as i64;

/// The time that a rule counts.
#[derive(Clone, Copy)]
pub(super) enum Measure<'a> {
    /// Every second.
    Natural,
    /// Office hours of working days.
    Office(&'a Calendar),
    /// Working days from 0:00 to 24:00, where the last day of a limit ends at 24:00.
    WorkingDay(&'a Calendar),
}

impl<'a> Measure<'a> {
    pub(super) fn of(limit: &Limit, calendar: &'a Calendar) -> Measure<'a> {
        match limit {
            Limit::WorkingHours(_) => Measure::Office(calendar),
            Limit::WorkingDays(_) => match calendar.last_day_ends() {
                LastDayEnds::OfficeClose => Measure::Office(calendar),
                LastDayEnds::Midnight => Measure::WorkingDay(calendar),
            },
            _ => Measure::Natural,
        }
    }

    /// The counted seconds in `[from, to)`, stops taken out; 0 if `to` is not after `from`.
    pub(super) fn counted(&self, from: i64, to: i64, stops: &Stops) -> Result<i64, OutOfRange> {
        if to <= from {
            return Ok(0);
        }
        if let Measure::Natural = self {
            return Ok(stops.open_within(from, to));
        }
        let mut sum = 0;
        let mut walk = Walk::at(from);
        while walk.midnight < to {
            self.windows(&walk, |open, close| {
                let (open, close) = (open.max(from), close.min(to));
                if open < close {
                    sum += stops.open_within(open, close);
                }
                None::<()>
            });
            walk.step()?;
        }
        Ok(sum)
    }

    /// The first instant by which `amount` counted seconds have passed since `from`; `None` if a stop without end
    /// comes before it.
    pub(super) fn advance(&self, from: i64, amount: i64, stops: &Stops) -> Result<Option<i64>, OutOfRange> {
        if amount <= 0 {
            return Ok(Some(from));
        }
        if let Measure::Natural = self {
            return match stops.advance(from, i64::MAX, amount) {
                Ok(at) if at < LAST_SECOND => Ok(Some(at)),
                Ok(_) => Err(OutOfRange::Beyond),
                Err(_) => Ok(None),
            };
        }
        let mut left = amount;
        let mut walk = Walk::at(from);
        loop {
            if stops.open_end.is_some_and(|stop| stop <= walk.midnight.max(from)) {
                return Ok(None);
            }
            let found = self.windows(&walk, |open, close| {
                let open = open.max(from);
                if open >= close {
                    return None;
                }
                match stops.advance(open, close, left) {
                    Ok(at) => Some(at),
                    Err(used) => {
                        left -= used;
                        None
                    }
                }
            });
            if found.is_some() {
                return Ok(found);
            }
            walk.step()?;
        }
    }

    /// Whether any second of the day at `walk` that lies in `[from, to)` is counted.
    pub(super) fn counts(&self, walk: &Walk, from: i64, to: i64) -> bool {
        self.windows(walk, |open, close| (open.max(from) < close.min(to)).then_some(()))
            .is_some()
    }

    /// Visits the counted stretches of a day in order until one answers.
    fn windows<T>(&self, walk: &Walk, mut visit: impl FnMut(i64, i64) -> Option<T>) -> Option<T> {
        match self {
            Measure::Natural => visit(walk.midnight, walk.midnight + DAY),
            Measure::Office(calendar) | Measure::WorkingDay(calendar)
                if !calendar.kind_of(walk.number()).is_working() =>
            {
                None
            }
            Measure::Office(calendar) => calendar
                .hours_in_season(walk.date)
                .iter()
                .find_map(|hours| visit(opening(walk.midnight, hours), closing(walk.midnight, hours))),
            Measure::WorkingDay(_) => visit(walk.midnight, walk.midnight + DAY),
        }
    }
}

/// A day on the way, with the second at which it begins.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    pub(super) date: Date,
    pub(super) midnight: i64,
}

impl Walk {
    /// The day at the second `at`.
    pub(super) fn at(at: i64) -> Walk {
        Walk::on(date_at(at))
    }

    /// The day `date`.
    pub(super) fn on(date: Date) -> Walk {
        Walk {
            date,
            midnight: day_number(date) * DAY - CHINA_SECONDS,
        }
    }

    /// The number of the day, counted from 1 January 1970.
    pub(super) fn number(&self) -> i64 {
        (self.midnight + CHINA_SECONDS) / DAY
    }

    /// Goes on to the next day.
    pub(super) fn step(&mut self) -> Result<(), OutOfRange> {
        self.date = self.date.tomorrow().map_err(|_| OutOfRange::Beyond)?;
        self.midnight += DAY;
        if self.date.year() > YEAR_MAX {
            Err(OutOfRange::Beyond)
        } else {
            Ok(())
        }
    }
}

/// The stretches in which a clock stood still: in order, apart from each other.
#[derive(Default)]
pub(super) struct Stops {
    closed: Vec<(i64, i64)>,
    /// The beginning of the stretch that has no end.
    pub(super) open_end: Option<i64>,
}

impl Stops {
    pub(super) fn of(pauses: &[Pause]) -> Stops {
        if pauses.is_empty() {
            return Stops::default();
        }
        let mut all: Vec<(i64, i64)> = pauses
            .iter()
            .map(seconds)
            .filter(|(from, to)| from < to)
            .collect();
        all.sort_unstable();
        let mut closed: Vec<(i64, i64)> = Vec::with_capacity(all.len());
        for (from, to) in all {
            match closed.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => closed.push((from, to)),
            }
        }
        let open_end = closed.last().filter(|last| last.1 == i64::MAX).map(|last| last.0);
        Stops { closed, open_end }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.closed.is_empty()
    }

    /// The seconds of `[from, to)` outside every stop.
    fn open_within(&self, from: i64, to: i64) -> i64 {
        let stopped: i64 = self
            .closed
            .iter()
            .map(|(stop, go)| (to.min(*go) - from.max(*stop)).max(0))
            .sum();
        to - from - stopped
    }

    /// Walks `amount` seconds outside every stop along `[from, to)`: where it ends, or how much was used up.
    fn advance(&self, from: i64, to: i64, amount: i64) -> Result<i64, i64> {
        let mut at = from;
        let mut left = amount;
        for (stop, go) in &self.closed {
            if *go <= at {
                continue;
            }
            let free = ((*stop).min(to) - at).max(0);
            if left <= free {
                return Ok(at + left);
            }
            left -= free;
            at = *go;
            if at >= to {
                return Err(amount - left);
            }
        }
        if left <= to.saturating_sub(at) {
            Ok(at + left)
        } else {
            Err(amount - left + (to - at))
        }
    }
}

/// A pause in seconds; one that lasts ends at `i64::MAX`.
pub(super) fn seconds(pause: &Pause) -> (i64, i64) {
    (
        pause.from.as_second(),
        pause.to.map_or(i64::MAX, Timestamp::as_second),
    )
}

/// The date in China at the second `at`.
pub(super) fn date_at(at: i64) -> Date {
    date_of(timestamp(at))
}

/// The instant of a second; the ends of the range of [`Timestamp`] for what lies outside it.
pub(super) fn timestamp(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap_or(if at < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

pub(super) fn opening(midnight: i64, hours: &OfficeHours) -> i64 {
    midnight + second_of_day(hours.from)
}

pub(super) fn closing(midnight: i64, hours: &OfficeHours) -> i64 {
    midnight + second_of_day(hours.to)
}

/// The first second of the year 3200 in China.
const LAST_SECOND: i64 = (LAST_DAY + 1) * DAY - CHINA_SECONDS;
/// The number of the last day of the year 3199.
pub(super) const LAST_DAY: i64 = 449_247;

fn second_of_day(time: jiff::civil::Time) -> i64 {
    i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}
