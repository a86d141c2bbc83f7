//! Office hours by season (冬季、夏季作息时间) and the end of the last day of a limit.

use std::fmt;

use bihuan_messages::Message;
use jiff::civil::{Date, Time, date};
use serde::{Deserialize, Serialize};

use super::Unfit;

/// One stretch of office hours within a day; `to` is excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeHours {
    /// Opening.
    pub from: Time,
    /// Closing.
    pub to: Time,
}

/// Office hours that hold for a part of the year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// First day, included.
    pub from: MonthDay,
    /// Last day, included; before `from` when the season crosses New Year.
    pub to: MonthDay,
    /// Morning and afternoon, in order, without overlap.
    pub hours: Vec<OfficeHours>,
}

impl Season {
    /// Whether `date` lies in the season.
    pub fn holds(&self, date: Date) -> bool {
        let day = MonthDay {
            month: date.month(),
            day: date.day(),
        };
        if self.from <= self.to {
            self.from <= day && day <= self.to
        } else {
            self.from <= day || day <= self.to
        }
    }
}

/// A day of any year, written `05-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MonthDay {
    month: i8,
    day: i8,
}

impl MonthDay {
    /// A day of the year; 29 February is one.
    ///
    /// # Errors
    ///
    /// [`Unfit`] if no year has that day.
    pub fn new(month: i8, day: i8) -> Result<MonthDay, Unfit> {
        match Date::new(LEAP_YEAR, month, day) {
            Ok(_) => Ok(MonthDay { month, day }),
            Err(_) => Err(Unfit(
                Message::new("calendar.no_such_day").with("found", format!("{month}-{day}")),
            )),
        }
    }

    /// The month, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(self) -> i8 {
        self.day
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl From<MonthDay> for String {
    fn from(day: MonthDay) -> String {
        day.to_string()
    }
}

impl TryFrom<String> for MonthDay {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        let parsed = text
            .split_once('-')
            .and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
        match parsed {
            Some((month, day)) => MonthDay::new(month, day),
            None => Err(Unfit(Message::new("calendar.no_such_day").with("found", text))),
        }
    }
}

/// When the last day of a limit ends.
///
/// Article 203 of the Civil Code: at 24:00, or where there are business hours, when business stops. The second is the
/// default, so that nothing falls due while nobody is in the office. A last day that is not worked ends at 24:00.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastDayEnds {
    /// When the office closes (下班时).
    #[default]
    OfficeClose,
    /// At 24:00.
    Midnight,
}

impl LastDayEnds {
    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            LastDayEnds::OfficeClose => "office_close",
            LastDayEnds::Midnight => "midnight",
        }
    }
}

const LEAP_YEAR: i16 = 2024;

/// Every day of the year has a season, and every season has hours that run forwards without overlap.
pub(super) fn check(seasons: &[Season]) -> Result<(), Unfit> {
    for season in seasons {
        let ordered = season
            .hours
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.to <= b.from));
        if season.hours.is_empty() || !ordered || season.hours.iter().any(|hours| hours.from >= hours.to) {
            let message = Message::new("calendar.hours_disordered")
                .show("from", season.from)
                .show("to", season.to);
            return Err(Unfit(message));
        }
    }
    let days = date(LEAP_YEAR, 1, 1).series(jiff::Span::new().days(1)).take(366);
    match days
        .into_iter()
        .find(|day| !seasons.iter().any(|season| season.holds(*day)))
    {
        None => Ok(()),
        Some(day) => Err(Unfit(Message::new("calendar.no_season").show(
            "day",
            MonthDay {
                month: day.month(),
                day: day.day(),
            },
        ))),
    }
}
