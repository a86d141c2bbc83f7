//! Limits and recurrences in words: `7 working days`, `24小时`, `monthly on the 15th and the last day`.
//!
//! A small fixed grammar, so that a file can be read aloud and there is one way to say each thing per language.

use bihuan_domain::calendar::CalendarId;
use bihuan_domain::clock::{Cadence, DayOfWeek, DaysOff, Every, Limit, OnDayOff, Roll, Rule};
use jiff::civil::Date;

/// A limit that is stated, or that stands in a date field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// `7 working days`.
    Rule(Rule),
    /// `until field due or 90 working days`.
    Field {
        /// The field.
        field: String,
        /// The limit where it is empty.
        or: Rule,
    },
}

/// Reads a limit; `None` where the words are not understood.
pub(crate) fn limit(text: &str) -> Option<Said> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("until field ") {
        let (field, or) = rest.split_once(" or ")?;
        return Some(Said::Field {
            field: field.trim().to_owned(),
            or: rule(or)?,
        });
    }
    rule(text).map(Said::Rule)
}

/// Reads a stated limit with its calendar and what happens on a day off.
pub(crate) fn rule(text: &str) -> Option<Rule> {
    let mut text = text.trim();
    let mut calendar = CalendarId::statutory();
    if let Some((before, name)) = on_calendar(text) {
        calendar = CalendarId::new(name);
        text = before;
    }
    let mut roll = Roll::None;
    for (words, found) in ROLLS {
        if let Some(before) = text.strip_suffix(words) {
            roll = *found;
            text = before.trim_end_matches([',', '，', ' ']);
        }
    }
    Some(Rule {
        limit: plain(text)?,
        calendar,
        roll,
    })
}

/// `2 working days on calendar flood`, `2个工作日，按flood日历`: what stands before, and the calendar's name.
fn on_calendar(text: &str) -> Option<(&str, &str)> {
    let (before, name) = text
        .split_once("on calendar ")
        .or_else(|| text.strip_suffix("日历")?.rsplit_once('按'))?;
    Some((before.trim_end_matches([',', '，', ' ']), name.trim()))
}

const ROLLS: &[(&str, Roll)] = &[
    ("moved to the next working day", Roll::NextWorkingDay),
    ("moved to the working day before", Roll::WorkdayBefore),
    ("节假日顺延", Roll::NextWorkingDay),
    ("节假日提前", Roll::WorkdayBefore),
];

fn plain(text: &str) -> Option<Limit> {
    match text {
        "end of month" | "月底" | "月底前" => return Some(Limit::EndOfMonth),
        "end of quarter" | "季末" | "季末前" => return Some(Limit::EndOfQuarter),
        "end of year" | "年底" | "年底前" => return Some(Limit::EndOfYear),
        "half month" | "半月" => return Some(Limit::HalfMonth),
        _ => {}
    }
    if let Some(day) = text.strip_prefix("until ") {
        return Some(Limit::Until(date(day.trim())?));
    }
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let n: u32 = number.parse().ok()?;
    match unit.trim() {
        "minute" | "minutes" | "分钟" => Some(Limit::Minutes(n)),
        "hour" | "hours" | "小时" => Some(Limit::Hours(n)),
        "day" | "days" | "天" | "日" | "个自然日" => Some(Limit::Days(n)),
        "working hour" | "working hours" | "个工作小时" | "个工作时" => Some(Limit::WorkingHours(n)),
        "working day" | "working days" | "个工作日" => Some(Limit::WorkingDays(n)),
        _ => None,
    }
}

/// Reads `2020-12-31`.
pub(crate) fn date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// The day in a limit that is written like one and is none: `until 2020-02-30`.
pub(crate) fn day_that_is_none(text: &str) -> Option<&str> {
    let day = text
        .trim()
        .strip_prefix("until ")?
        .split([',', '，', ' '])
        .next()?;
    let like_a_day = day.len() == 10
        && day.chars().enumerate().all(|(at, c)| match at {
            4 | 7 => c == '-',
            _ => c.is_ascii_digit(),
        });
    (like_a_day && date(day).is_none()).then_some(day)
}

/// Reads a recurrence; `None` where the words are not understood.
pub(crate) fn cadence(text: &str) -> Option<Cadence> {
    let mut parts = text.split(',').map(str::trim);
    let every = every(parts.next()?)?;
    let mut cadence = Cadence {
        every,
        on_day_off: OnDayOff::Keep,
        days_off: DaysOff::NonWorking,
        calendar: CalendarId::statutory(),
    };
    for part in parts {
        match part {
            "except holidays" => (cadence.on_day_off, cadence.days_off) = (OnDayOff::Skip, DaysOff::Break),
            "except statutory holidays" => {
                (cadence.on_day_off, cadence.days_off) = (OnDayOff::Skip, DaysOff::Statutory);
            }
            "except days off" => {
                (cadence.on_day_off, cadence.days_off) = (OnDayOff::Skip, DaysOff::NonWorking)
            }
            "moved to the working day before" => cadence.on_day_off = OnDayOff::WorkdayBefore,
            "moved to the next working day" => cadence.on_day_off = OnDayOff::NextWorkingDay,
            other => cadence.calendar = CalendarId::new(other.strip_prefix("on calendar ")?.trim()),
        }
    }
    Some(cadence)
}

fn every(text: &str) -> Option<Every> {
    if text == "daily" {
        return Some(Every::Daily);
    }
    if let Some(days) = text
        .strip_prefix("weekly on ")
        .or_else(|| text.strip_prefix("every "))
    {
        return list(days)
            .map(weekday)
            .collect::<Option<Vec<_>>>()
            .map(Every::Weekly);
    }
    if let Some(days) = text.strip_prefix("monthly on ") {
        return list(days)
            .map(month_day)
            .collect::<Option<Vec<_>>>()
            .map(Every::MonthlyDays);
    }
    if let Some(rest) = text.strip_prefix("quarterly on ") {
        let (day, month) = rest.split_once(" of month ")?;
        return Some(Every::Quarterly {
            month: month.trim().parse().ok()?,
            day: month_day(day)?,
        });
    }
    let (day, month) = text.strip_prefix("yearly on ")?.split_once(' ')?;
    let month = MONTHS.iter().position(|name| *name == month.trim())?;
    Some(Every::Yearly {
        month: i8::try_from(month).ok()?.checked_add(1)?,
        day: month_day(day)?,
    })
}

const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(" and ")
        .map(|item| item.trim().trim_start_matches("the "))
}

fn weekday(text: &str) -> Option<DayOfWeek> {
    Some(match text {
        "Monday" => DayOfWeek::Mo,
        "Tuesday" => DayOfWeek::Tu,
        "Wednesday" => DayOfWeek::We,
        "Thursday" => DayOfWeek::Th,
        "Friday" => DayOfWeek::Fr,
        "Saturday" => DayOfWeek::Sa,
        "Sunday" => DayOfWeek::Su,
        _ => return None,
    })
}

fn month_day(text: &str) -> Option<i8> {
    let text = text.trim().trim_start_matches("the ");
    if text == "last day" {
        return Some(-1);
    }
    text.trim_end_matches(|c: char| c.is_ascii_alphabetic())
        .parse()
        .ok()
}

/// How many times in four weeks a recurrence comes, about; for the rules that protect the grass roots.
pub(crate) fn times_in_four_weeks(every: &Every) -> usize {
    match every {
        Every::Daily => 28,
        Every::Weekly(days) => days.len().saturating_mul(4),
        Every::MonthlyDays(days) => days.len(),
        Every::Quarterly { .. } | Every::Yearly { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_in_both_languages() {
        let said = |text: &str| {
            limit(text).map(|said| match said {
                Said::Rule(rule) => (rule.limit, rule.roll),
                Said::Field { or, .. } => (or.limit, or.roll),
            })
        };
        assert_eq!(said("24 hours"), Some((Limit::Hours(24), Roll::None)));
        assert_eq!(said("24小时"), Some((Limit::Hours(24), Roll::None)));
        assert_eq!(said("7个工作日"), Some((Limit::WorkingDays(7), Roll::None)));
        assert_eq!(
            said("15 days, moved to the next working day"),
            Some((Limit::Days(15), Roll::NextWorkingDay))
        );
        for text in [
            "2 working days, moved to the next working day on calendar flood",
            "2 working days, moved to the next working day, on calendar flood",
            "2个工作日，节假日顺延，按flood日历",
        ] {
            let read = rule(text).unwrap();
            assert_eq!(
                (read.limit, read.roll),
                (Limit::WorkingDays(2), Roll::NextWorkingDay)
            );
            assert_eq!(read.calendar.as_str(), "flood");
        }
        assert_eq!(
            said("until field due or 90 working days"),
            Some((Limit::WorkingDays(90), Roll::None))
        );
        assert_eq!(
            said("until 2020-12-31"),
            Some((Limit::Until(jiff::civil::date(2020, 12, 31)), Roll::None))
        );
        for wrong in [
            "",
            "soon",
            "7 workign days",
            "until 2020-02-31",
            "99999999999 days",
            "-1 days",
            "until field x",
        ] {
            assert_eq!(said(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn recurrences_are_read_aloud() {
        let every = |text: &str| cadence(text).map(|c| (c.every, c.on_day_off));
        assert_eq!(
            every("monthly on the 15th and the last day, moved to the working day before"),
            Some((Every::MonthlyDays(vec![15, -1]), OnDayOff::WorkdayBefore))
        );
        assert_eq!(
            every("every Wednesday, except holidays"),
            Some((Every::Weekly(vec![DayOfWeek::We]), OnDayOff::Skip))
        );
        assert_eq!(
            every("quarterly on the last day of month 3"),
            Some((Every::Quarterly { month: 3, day: -1 }, OnDayOff::Keep))
        );
        assert_eq!(
            every("yearly on 31 December"),
            Some((Every::Yearly { month: 12, day: 31 }, OnDayOff::Keep))
        );
        for wrong in [
            "",
            "weekly",
            "weekly on Fryday",
            "monthly on the moon",
            "yearly on 31 Brumaire",
            "daily, sometimes",
        ] {
            assert_eq!(every(wrong), None, "{wrong}");
        }
    }
}
