//! A notice on the holidays of a year (部分节假日安排的通知): what it is, and when it can be taken in.

use bihuan_messages::Message;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::{DayKind, Unfit};

/// One notice: the yearly one of the State Council, a change to it, or a local addition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearNotice {
    /// The year it arranges.
    pub year: i16,
    /// Its number (文号), such as `国办发明电〔2023〕7号`.
    pub number: String,
    /// The day it was issued.
    pub issued: Date,
    /// The days it names.
    pub days: Vec<NoticeDay>,
}

/// One day named by a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeDay {
    /// The day.
    pub date: Date,
    /// What the notice makes of it. `workday` and `weekend` take back an earlier notice.
    pub kind: DayKind,
    /// The festival.
    pub name: String,
    /// Whether it is a statutory holiday in the strict sense.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub statutory: bool,
}

impl YearNotice {
    /// Whether the notice fits the week, its year and itself.
    pub(super) fn check(&self) -> Result<(), Unfit> {
        check_text(&self.number)?;
        if !(YEAR_MIN..=YEAR_MAX).contains(&self.year) {
            let message = Message::new("calendar.notice_year").show("year", self.year);
            return Err(Unfit(message.show("min", YEAR_MIN).show("max", YEAR_MAX)));
        }
        let mut seen = std::collections::BTreeSet::new();
        for day in &self.days {
            check_text(&day.name)?;
            let fault = if !seen.insert(day.date) {
                Some("calendar.notice_day_twice")
            } else if !self.may_name(day.date) {
                Some("calendar.notice_day_far")
            } else if !fits_the_week(day) {
                Some("calendar.notice_day_weekday")
            } else if day.statutory && day.kind != DayKind::Holiday {
                Some("calendar.notice_day_statutory")
            } else {
                None
            };
            if let Some(key) = fault {
                let message = Message::new(key)
                    .with("number", self.number.as_str())
                    .show("date", day.date);
                return Err(Unfit(message.show("year", self.year)));
            }
        }
        Ok(())
    }

    pub(super) fn canonical(&self, out: &mut String) {
        out.push_str(&format!(
            "notice\t{}\t{}\t{}\n",
            self.year, self.number, self.issued
        ));
        for day in &self.days {
            let kind = match day.kind {
                DayKind::Workday => "workday",
                DayKind::Weekend => "weekend",
                DayKind::Holiday => "holiday",
                DayKind::MakeUpWorkday => "make_up_workday",
            };
            let statutory = if day.statutory { "statutory" } else { "-" };
            out.push_str(&format!("day\t{}\t{kind}\t{statutory}\t{}\n", day.date, day.name));
        }
    }

    /// New Year's break reaches into the December before; nothing reaches further.
    fn may_name(&self, date: Date) -> bool {
        date.year() == self.year || (date.year() == self.year - 1 && date.month() == 12)
    }
}

/// Names and numbers are single lines, so that the canonical form can be read back in one way only.
pub(super) fn check_text(text: &str) -> Result<(), Unfit> {
    if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX || text.chars().any(char::is_control) {
        let found: String = text.chars().filter(|c| !c.is_control()).take(20).collect();
        return Err(Unfit(
            Message::new("calendar.text")
                .with("found", found)
                .show("max", TEXT_CHARS_MAX),
        ));
    }
    Ok(())
}

const YEAR_MIN: i16 = 1992;
const YEAR_MAX: i16 = 2999;
const TEXT_CHARS_MAX: usize = 100;

fn fits_the_week(day: &NoticeDay) -> bool {
    let weekend = matches!(day.date.weekday(), Weekday::Saturday | Weekday::Sunday);
    match day.kind {
        DayKind::Holiday => true,
        DayKind::MakeUpWorkday | DayKind::Weekend => weekend,
        DayKind::Workday => !weekend,
    }
}
