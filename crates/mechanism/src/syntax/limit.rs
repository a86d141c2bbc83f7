//! Limits in words: `7 working days`, `24小时`, `until field due or 90 working days`.
//!
//! A small fixed grammar, so that a file can be read aloud and there is one way to say each thing per language.

use bihuan_domain::calendar::CalendarId;
use bihuan_domain::clock::{Limit, Roll, Rule};
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
}
