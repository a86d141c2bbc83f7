//! The days of a recurrence before any calendar is asked: weekdays, days of months and years, intervals of weeks and
//! months, the first Monday, the last Friday.

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::calendar::day_number;
use crate::clock::out_of_range::{OutOfRange, YEAR_MAX, YEAR_MIN};

/// The days of a recurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Every day.
    Daily,
    /// These weekdays, as in RFC 5545: `MO`, `TU`, `WE`, `TH`, `FR`, `SA`, `SU`.
    Weekly(Vec<DayOfWeek>),
    /// These weekdays of every second, third … week. Weeks begin on Monday; they are counted in both directions from the
    /// one that holds `from`.
    Weeks {
        /// 2 to 52.
        every: u8,
        /// The weekdays.
        days: Vec<DayOfWeek>,
        /// A day of one of the weeks.
        from: Date,
    },
    /// These days of each month; −1 is the last day, −2 the one before it. A month without such a day is left out.
    MonthlyDays(Vec<i8>),
    /// These days of each month, or of one month in every two, three, four or six, counted from January. A month without
    /// such a day is left out.
    Months {
        /// 1, 2, 3, 4 or 6: always the same months of the year.
        every: i8,
        /// Which of them, from 1; 1 where it is each month.
        month: i8,
        /// The days.
        on: Vec<DayOfMonth>,
    },
    /// A day in the first, second or third month of each quarter.
    Quarterly {
        /// 1, 2 or 3.
        month: i8,
        /// The day of the month; −1 is the last.
        day: i8,
    },
    /// A day of each year.
    Yearly {
        /// 1 to 12.
        month: i8,
        /// The day of the month; −1 is the last.
        day: i8,
    },
    /// These days of each year, by their months (1 to 12). A year without such a day is left out.
    Dates(Vec<(i8, DayOfMonth)>),
}

/// A day of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayOfMonth {
    /// From 1; −1 is the last day, −2 the one before it.
    Day(i8),
    /// The first to fifth such weekday; −1 is the last, −2 the one before it.
    Nth(i8, DayOfWeek),
}

/// A weekday under its name in RFC 5545.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names say it")]
pub enum DayOfWeek {
    Mo,
    Tu,
    We,
    Th,
    Fr,
    Sa,
    Su,
}

impl Every {
    /// Whether the recurrence comes on `date`, holidays aside.
    pub fn holds(&self, date: Date) -> bool {
        let day_of_month = |day: i8| DayOfMonth::Day(day).holds(date);
        match self {
            Every::Daily => true,
            Every::Weekly(days) => days.contains(&DayOfWeek::of(date)),
            Every::Weeks { every, days, from } => {
                let apart = week_number(date) - week_number(*from);
                days.contains(&DayOfWeek::of(date)) && apart.rem_euclid(i64::from(*every).max(1)) == 0
            }
            Every::MonthlyDays(days) => days.iter().any(|day| day_of_month(*day)),
            Every::Months { every, month, on } => {
                (date.month() - 1) % (*every).max(1) + 1 == *month && on.iter().any(|day| day.holds(date))
            }
            Every::Quarterly { month, day } => (date.month() - 1) % 3 + 1 == *month && day_of_month(*day),
            Every::Yearly { month, day } => date.month() == *month && day_of_month(*day),
            Every::Dates(dates) => dates
                .iter()
                .any(|(month, day)| date.month() == *month && day.holds(date)),
        }
    }

    /// The recurrence as RFC 5545 rules, one a line, for calendars that know no Chinese holidays. One rule says it, but for
    /// days of several kinds. Intervals of weeks need a `DTSTART` in one of the weeks.
    pub fn rrule(&self) -> String {
        match self {
            Every::Daily => "FREQ=DAILY".to_owned(),
            Every::Weekly(days) => format!("FREQ=WEEKLY;BYDAY={}", join(days.iter().map(|day| day.code()))),
            Every::Weeks { every, days, .. } => {
                let days = join(days.iter().map(|day| day.code()));
                format!("FREQ=WEEKLY;INTERVAL={every};BYDAY={days}")
            }
            Every::MonthlyDays(days) => format!("FREQ=MONTHLY;BYMONTHDAY={}", join(days)),
            Every::Months { every: 1, on, .. } => rules("FREQ=MONTHLY", on),
            Every::Months { every, month, on } => {
                let months = join(months(*every, *month));
                rules(&format!("FREQ=YEARLY;BYMONTH={months}"), on)
            }
            Every::Quarterly { month, day } => {
                let months = join(months(3, *month));
                format!("FREQ=YEARLY;BYMONTH={months};BYMONTHDAY={day}")
            }
            Every::Yearly { month, day } => format!("FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}"),
            Every::Dates(dates) => {
                let one = |(month, day): &(i8, DayOfMonth)| {
                    rules(&format!("FREQ=YEARLY;BYMONTH={month}"), std::slice::from_ref(day))
                };
                dates.iter().map(one).collect::<Vec<_>>().join("\n")
            }
        }
    }

    /// Whether each of its days comes in some year, holidays aside.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] where it names no day, or one that no calendar has.
    pub(super) fn check(&self) -> Result<(), OutOfRange> {
        let day = |day: i8, longest: i8| DayOfMonth::Day(day).exists(longest);
        let (sound, key) = match self {
            Every::Daily => (true, ""),
            Every::Weekly(days) => (!days.is_empty(), EMPTY),
            Every::Weeks { days, .. } if days.is_empty() => (false, EMPTY),
            Every::Weeks { every, from, .. } => (
                (2..=WEEKS_MAX).contains(every) && (YEAR_MIN..=YEAR_MAX).contains(&from.year()),
                "clock.cadence_weeks",
            ),
            Every::MonthlyDays(days) if days.is_empty() => (false, EMPTY),
            Every::MonthlyDays(days) => (days.iter().all(|one| day(*one, 31)), NO_SUCH_DAY),
            Every::Months { on, .. } if on.is_empty() => (false, EMPTY),
            Every::Months { every, month, on } => {
                if !matches!(every, 1 | 2 | 3 | 4 | 6) || !(1..=*every).contains(month) {
                    (false, "clock.cadence_months")
                } else {
                    let longest = months(*every, *month).map(longest).max().unwrap_or(0);
                    (on.iter().all(|one| one.exists(longest)), NO_SUCH_DAY)
                }
            }
            Every::Quarterly { month, day: one } => ((1..=3).contains(month) && day(*one, 31), NO_SUCH_DAY),
            Every::Yearly { month, day: one } => (day(*one, longest(*month)), NO_SUCH_DAY),
            Every::Dates(dates) if dates.is_empty() => (false, EMPTY),
            Every::Dates(dates) => {
                let exists = |(month, day): &(i8, DayOfMonth)| day.exists(longest(*month));
                (dates.iter().all(exists), NO_SUCH_DAY)
            }
        };
        if sound {
            Ok(())
        } else {
            Err(OutOfRange::Cadence {
                key,
                found: self.rrule(),
            })
        }
    }
}

impl DayOfMonth {
    /// Whether `date` is that day of its month.
    pub fn holds(self, date: Date) -> bool {
        let from_end = date.days_in_month() - date.day();
        match self {
            DayOfMonth::Day(day) if day > 0 => date.day() == day,
            DayOfMonth::Day(day) => from_end == -(day.saturating_add(1)),
            DayOfMonth::Nth(nth, weekday) => {
                let found = if nth > 0 {
                    (date.day() - 1) / 7 + 1
                } else {
                    -(from_end / 7 + 1)
                };
                DayOfWeek::of(date) == weekday && found == nth
            }
        }
    }

    /// Whether a month of so many days at most can have it.
    fn exists(self, longest: i8) -> bool {
        let most = match self {
            DayOfMonth::Day(_) => longest,
            DayOfMonth::Nth(..) => (longest + 6) / 7,
        };
        let (DayOfMonth::Day(n) | DayOfMonth::Nth(n, _)) = self;
        n != 0 && (-most..=most).contains(&n)
    }
}

impl DayOfWeek {
    /// The weekday of `date`.
    pub fn of(date: Date) -> DayOfWeek {
        match date.weekday() {
            Weekday::Monday => DayOfWeek::Mo,
            Weekday::Tuesday => DayOfWeek::Tu,
            Weekday::Wednesday => DayOfWeek::We,
            Weekday::Thursday => DayOfWeek::Th,
            Weekday::Friday => DayOfWeek::Fr,
            Weekday::Saturday => DayOfWeek::Sa,
            Weekday::Sunday => DayOfWeek::Su,
        }
    }

    /// Its name in RFC 5545.
    pub fn code(self) -> &'static str {
        match self {
            DayOfWeek::Mo => "MO",
            DayOfWeek::Tu => "TU",
            DayOfWeek::We => "WE",
            DayOfWeek::Th => "TH",
            DayOfWeek::Fr => "FR",
            DayOfWeek::Sa => "SA",
            DayOfWeek::Su => "SU",
        }
    }
}

const EMPTY: &str = "clock.cadence_empty";
const NO_SUCH_DAY: &str = "clock.cadence_no_such_day";
const WEEKS_MAX: u8 = 52;
const LEAP_YEAR: i16 = 2024;

/// The days of a month in a leap year; 0 where there is no such month.
fn longest(month: i8) -> i8 {
    Date::new(LEAP_YEAR, month, 1).map_or(0, Date::days_in_month)
}

/// The months of a year, of every `every` the one at `month`.
fn months(every: i8, month: i8) -> impl Iterator<Item = i8> {
    (1..=12).filter(move |of_year| (of_year - 1) % every.max(1) + 1 == month)
}

/// Weeks from Monday to Sunday, counted from the one before 1970.
fn week_number(date: Date) -> i64 {
    // 1 January 1970 was a Thursday.
    (day_number(date) + 3).div_euclid(7)
}

/// A rule for the days by number and one for those by weekday: in one rule they would narrow each other.
fn rules(head: &str, on: &[DayOfMonth]) -> String {
    let (mut numbers, mut weekdays) = (Vec::new(), Vec::new());
    for day in on {
        match day {
            DayOfMonth::Day(day) => numbers.push(day.to_string()),
            DayOfMonth::Nth(nth, weekday) => weekdays.push(format!("{nth}{}", weekday.code())),
        }
    }
    let said = [("BYMONTHDAY", numbers), ("BYDAY", weekdays)];
    let said = said.iter().filter(|(_, days)| !days.is_empty());
    said.map(|(key, days)| format!("{head};{key}={}", days.join(",")))
        .collect::<Vec<_>>()
        .join("\n")
}

fn join<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items
        .into_iter()
        .map(|item| item.to_string())
        .collect::<Vec<_>>()
        .join(",")
}
