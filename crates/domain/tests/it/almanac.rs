//! The slow reference for clocks: looks at every minute by itself, reads the notices by itself, knows nothing of the
//! arithmetic that it judges.

use std::sync::LazyLock;

use bihuan_domain::clock::{Limit, Roll};
use jiff::Timestamp;
use jiff::civil::Date;

/// Minutes of a day.
pub(crate) const DAY: i64 = 1440;
const MINUTES: usize = 1440;
/// 1 January 2019, 0:00 in China, in seconds since 1970.
const ZERO: i64 = 1_546_272_000;
/// The reference knows the days from 2019 to 2029.
const DAYS: usize = 11 * 365 + 3;

/// Year, month and day of every day, counted up by hand.
static DATES: LazyLock<Vec<(i16, i8, i8)>> = LazyLock::new(|| {
    let (mut year, mut month, mut day) = (2019, 1, 1);
    (0..DAYS)
        .map(|_| {
            let now = (year, month, day);
            day += 1;
            if day > length(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
            now
        })
        .collect()
});

fn length(year: i16, month: i8) -> i8 {
    match month {
        2 if year % 4 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether each day is worked by the statutory calendar: the week, then every notice in its order.
static STATUTORY: LazyLock<Vec<bool>> = LazyLock::new(|| {
    // 1 January 2019 was a Tuesday.
    let mut worked: Vec<bool> = (0..DAYS).map(|day| (day + 1) % 7 < 5).collect();
    let source: serde_json::Value = serde_json::from_str(include_str!("../../data/cn.json")).unwrap();
    for notice in source["notices"].as_array().unwrap() {
        for day in notice["days"].as_array().unwrap() {
            let date: Date = day["date"].as_str().unwrap().parse().unwrap();
            let works = matches!(day["kind"].as_str().unwrap(), "workday" | "make_up_workday");
            if let Some(place) = DATES
                .iter()
                .position(|d| *d == (date.year(), date.month(), date.day()))
            {
                worked[place] = works;
            }
        }
    }
    worked
});

/// Office hours of one season, minute by minute.
type Hours = [bool; MINUTES];

/// The hours of the statutory calendar in winter and summer, then those of the sample county in three seasons.
static HOURS: LazyLock<[Hours; 5]> = LazyLock::new(|| {
    let table = |stretches: [(usize, usize); 2]| {
        let mut open = [false; MINUTES];
        for (from, to) in stretches {
            open[from..to].fill(true);
        }
        open
    };
    [
        table([(480, 720), (870, 1080)]),
        table([(480, 720), (900, 1110)]),
        table([(510, 720), (840, 1050)]),
        table([(480, 720), (840, 1080)]),
        table([(450, 690), (900, 1110)]),
    ]
});

/// Which hours hold on each day, by the statutory calendar and by the county's.
static SEASONS: LazyLock<[Vec<usize>; 2]> = LazyLock::new(|| {
    let season = |county: bool| {
        let of = move |(_, month, day): &(i16, i8, i8)| match (county, *month, *day) {
            (false, 5..=9, _) => 1,
            (false, ..) => 0,
            (true, 11, 15..) | (true, 12 | 1 | 2, _) | (true, 3, ..15) => 2,
            (true, 3..=6, _) => 3,
            (true, ..) => 4,
        };
        DATES.iter().map(of).collect()
    };
    [season(false), season(true)]
});

/// A calendar as the reference sees it.
#[derive(Clone)]
pub(crate) struct Almanac {
    /// Whether each day is worked.
    pub(crate) worked: Vec<bool>,
    /// Whether the last day ends when the office closes; else at 24:00.
    pub(crate) ends_at_close: bool,
    /// Whether the hours are the sample county's.
    pub(crate) county: bool,
}

impl Almanac {
    pub(crate) fn statutory(ends_at_close: bool, county: bool) -> Almanac {
        Almanac {
            worked: STATUTORY.clone(),
            ends_at_close,
            county,
        }
    }

    fn hours(&self, day: i64) -> &'static Hours {
        &HOURS[SEASONS[usize::from(self.county)][at(day)]]
    }

    fn is_open(&self, minute: i64) -> bool {
        self.worked[at(minute / DAY)] && self.hours(minute / DAY)[at(minute % DAY)]
    }

    /// The minute with which a day ends as the last one of a limit.
    fn day_end(&self, day: i64) -> i64 {
        let midnight = (day + 1) * DAY;
        if !self.ends_at_close || !self.worked[at(day)] {
            return midnight;
        }
        (day * DAY..midnight)
            .rev()
            .find(|minute| self.is_open(*minute))
            .unwrap()
            + 1
    }

    /// The working day to which `day` moves.
    fn moved(&self, mut day: i64, roll: Roll) -> i64 {
        while roll != Roll::None && !self.worked[at(day)] {
            day += if roll == Roll::NextWorkingDay { 1 } else { -1 };
        }
        day
    }

    /// The minute at which a limit that began at `start` is used up; pauses are minutes that do not count.
    pub(crate) fn due(&self, limit: Limit, roll: Roll, start: i64, pauses: &[(i64, i64)]) -> i64 {
        let natural = |_| true;
        match limit {
            Limit::Minutes(n) => self.roll_moment(walk(start, i64::from(n), natural, pauses), start, roll),
            Limit::Hours(n) => self.roll_moment(walk(start, i64::from(n) * 60, natural, pauses), start, roll),
            Limit::Days(n) => {
                let raw = walk(start, i64::from(n) * DAY, natural, pauses);
                match roll {
                    Roll::None => raw,
                    Roll::NextWorkingDay => self.day_end(self.moved(raw / DAY, roll)).max(raw),
                    Roll::WorkdayBefore => {
                        let before = self.day_end(self.moved(raw / DAY, roll));
                        if before > start { before } else { raw }
                    }
                }
            }
            Limit::WorkingHours(n) => walk(start, i64::from(n) * 60, |m| self.is_open(m), pauses),
            Limit::WorkingDays(n) => {
                let first = (start / DAY + 1) * DAY;
                let counts = |minute: i64| {
                    if self.ends_at_close {
                        self.is_open(minute)
                    } else {
                        self.worked[at(minute / DAY)]
                    }
                };
                let (mut days, mut wanted, mut day) = (0, 0, first / DAY);
                while days < n {
                    let minutes = (day * DAY..(day + 1) * DAY)
                        .filter(|minute| counts(*minute))
                        .count();
                    days += u32::from(minutes > 0);
                    wanted += i64::try_from(minutes).unwrap();
                    day += 1;
                }
                walk(first, wanted, counts, pauses)
            }
            Limit::Until(date) => {
                let day = day_of(date);
                let mut end = self.day_end(self.moved(day, roll));
                if roll == Roll::WorkdayBefore && end <= start {
                    end = self.day_end(day);
                }
                self.carried(start, end, roll, pauses)
            }
            Limit::EndOfMonth | Limit::EndOfQuarter | Limit::EndOfYear | Limit::HalfMonth => {
                let ends = |day: &i64| {
                    let (year, month, of_month) = DATES[at(*day)];
                    let last = of_month == length(year, month);
                    match limit {
                        Limit::EndOfMonth => last,
                        Limit::EndOfQuarter => last && month % 3 == 0,
                        Limit::EndOfYear => last && month == 12,
                        _ => last || of_month == 15,
                    }
                };
                let end = (start / DAY..)
                    .filter(ends)
                    .map(|day| self.day_end(self.moved(day, roll)))
                    .find(|end| *end > start)
                    .unwrap();
                self.carried(start, end, roll, pauses)
            }
        }
    }

    /// A fixed end, later by what stood still before it, and then off a day off again.
    fn carried(&self, start: i64, end: i64, roll: Roll, pauses: &[(i64, i64)]) -> i64 {
        if end <= start {
            return end;
        }
        let at = walk(start, end - start, |_| true, pauses);
        if at == end || roll == Roll::None {
            return at;
        }
        let again = self.day_end(self.moved((at - 1) / DAY, roll));
        match roll {
            Roll::NextWorkingDay => again.max(at),
            _ if again >= end => again,
            _ => at,
        }
    }

    fn roll_moment(&self, raw: i64, start: i64, roll: Roll) -> i64 {
        let day = self.moved(raw / DAY, roll);
        match roll {
            Roll::None => raw,
            Roll::NextWorkingDay => {
                let opening = (day * DAY..(day + 1) * DAY)
                    .find(|minute| self.is_open(*minute))
                    .unwrap();
                opening.max(raw)
            }
            Roll::WorkdayBefore => {
                let close = self.day_end(day);
                if close > start { close.min(raw) } else { raw }
            }
        }
    }
}

/// Goes on minute by minute until so many have counted.
fn walk(from: i64, mut wanted: i64, counts: impl Fn(i64) -> bool, pauses: &[(i64, i64)]) -> i64 {
    let mut minute = from;
    while wanted > 0 {
        if counts(minute) && !pauses.iter().any(|(from, to)| *from <= minute && minute < *to) {
            wanted -= 1;
        }
        minute += 1;
    }
    minute
}

fn at(place: i64) -> usize {
    usize::try_from(place).unwrap()
}

/// The number of a day from 1 January 2019.
pub(crate) fn day_of(date: Date) -> i64 {
    let place = DATES
        .iter()
        .position(|d| *d == (date.year(), date.month(), date.day()));
    i64::try_from(place.unwrap()).unwrap()
}

/// The date of a day by its number.
pub(crate) fn date_of(day: i64) -> Date {
    let (year, month, day) = DATES[at(day)];
    Date::new(year, month, day).unwrap()
}

/// The instant of a minute from 1 January 2019, 0:00 in China.
pub(crate) fn instant(minute: i64) -> Timestamp {
    Timestamp::from_second(ZERO + minute * 60).unwrap()
}

/// The minute of an instant.
pub(crate) fn minute(instant: Timestamp) -> i64 {
    let seconds = instant.as_second() - ZERO;
    assert_eq!(seconds % 60, 0, "whole minutes in, whole minutes out: {instant}");
    seconds / 60
}
