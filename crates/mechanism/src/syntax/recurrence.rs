//! Recurrences in words: `monthly on the 15th and the last day`, `每月第一个周一，遇休息日顺延到下一工作日`.
//!
//! What is read here in Chinese and in English is what [`Cadence::label`] says, so that whoever sees a rule on a page can
//! write it down in a file.

use bihuan_domain::calendar::CalendarId;
use bihuan_domain::clock::{Cadence, DayOfMonth, DayOfWeek, DaysOff, Every, OnDayOff};
use jiff::civil::Date;

/// Reads a recurrence; `None` where the words are not understood.
pub(crate) fn cadence(text: &str) -> Option<Cadence> {
    let mut parts = text.split([',', '，']).map(str::trim);
    let first = parts.next()?;
    let mut cadence = Cadence {
        every: Every::Daily,
        on_day_off: OnDayOff::Keep,
        days_off: DaysOff::NonWorking,
        calendar: CalendarId::statutory(),
    };
    let mut from = None;
    for part in parts {
        match part {
            "except holidays" | "节假日除外" => {
                (cadence.on_day_off, cadence.days_off) = (OnDayOff::Skip, DaysOff::Break);
            }
            "except statutory holidays" | "法定节假日当日除外" => {
                (cadence.on_day_off, cadence.days_off) = (OnDayOff::Skip, DaysOff::Statutory);
            }
            "except days off" | "休息日除外" => {
                (cadence.on_day_off, cadence.days_off) = (OnDayOff::Skip, DaysOff::NonWorking);
            }
            "moved to the working day before" | "遇休息日提前到前一工作日" => {
                cadence.on_day_off = OnDayOff::WorkdayBefore;
            }
            "moved to the next working day" | "遇休息日顺延到下一工作日" => {
                cadence.on_day_off = OnDayOff::NextWorkingDay;
            }
            other => match counted_from(other) {
                Some(day) => from = Some(day),
                None => cadence.calendar = CalendarId::new(calendar(other)?),
            },
        }
    }
    cadence.every = match (weeks(first), from) {
        (Some((every, days)), Some(from)) => Every::Weeks { every, days, from },
        (None, None) => every(first)?,
        // An interval that is counted from no day, or a day from which nothing is counted.
        _ => return None,
    };
    Some(cadence)
}

fn calendar(text: &str) -> Option<&str> {
    let zh = || text.strip_prefix('按')?.strip_suffix("日历");
    text.strip_prefix("on calendar ").or_else(zh).map(str::trim)
}

/// `counted from 2026-01-05`, `自2026年1月5日起算`.
fn counted_from(text: &str) -> Option<Date> {
    let zh = || text.strip_prefix('自')?.strip_suffix("起算");
    let text = text.strip_prefix("counted from ").or_else(zh)?.trim();
    if let Some(day) = super::limit::date(text) {
        return Some(day);
    }
    let numbers = |year: &str, month: i8, day: &str| {
        let (year, day) = (year.trim().parse().ok()?, day.trim().parse().ok()?);
        Date::new(year, month, day).ok()
    };
    if let Some((year, rest)) = text.split_once('年') {
        let (month, day) = rest.strip_suffix('日')?.split_once('月')?;
        return numbers(year, month.parse().ok()?, day);
    }
    let (day, rest) = text.split_once(' ')?;
    let (month, year) = rest.split_once(' ')?;
    numbers(year, month_named(month)?, day)
}

/// `every second week on Monday`, `每两周的周一、周四`.
fn weeks(text: &str) -> Option<(u8, Vec<DayOfWeek>)> {
    if let Some((number, days)) = text.strip_prefix("every ").and_then(|rest| {
        rest.split_once(" week on ")
            .or_else(|| rest.split_once(" weeks on "))
    }) {
        let every = ordinal(number).or_else(|| number_of(number))?;
        let days = en_list(days).map(weekday).collect::<Option<_>>()?;
        return Some((u8::try_from(every).ok()?, days));
    }
    let (number, days) = text.strip_prefix('每')?.split_once("周的")?;
    let days = zh_list(days).map(zh_weekday).collect::<Option<_>>()?;
    Some((u8::try_from(number_of(number)?).ok()?, days))
}

fn every(text: &str) -> Option<Every> {
    match text {
        "daily" | "每天" => return Some(Every::Daily),
        _ if text.starts_with('每') => return zh_every(text),
        _ => {}
    }
    if let Some(days) = text.strip_prefix("yearly on ") {
        return en_list(days)
            .map(en_day_of_year)
            .collect::<Option<Vec<_>>>()
            .map(yearly);
    }
    if let Some(days) = text.strip_prefix("monthly on ") {
        return days_of(en_list(days).map(en_day)).map(monthly);
    }
    if let Some((every, rest)) = en_interval(text) {
        let (days, month) = rest.rsplit_once(" of month ")?;
        return months(
            every,
            month.trim().parse().ok()?,
            days_of(en_list(days).map(en_day))?,
        );
    }
    let days = text
        .strip_prefix("weekly on ")
        .or_else(|| text.strip_prefix("every "))?;
    en_list(days)
        .map(weekday)
        .collect::<Option<_>>()
        .map(Every::Weekly)
}

fn zh_every(text: &str) -> Option<Every> {
    if let Some(days) = text.strip_prefix("每周") {
        return zh_list(days)
            .map(zh_weekday)
            .collect::<Option<_>>()
            .map(Every::Weekly);
    }
    if let Some(days) = text.strip_prefix("每月") {
        return days_of(zh_list(days).map(zh_day)).map(monthly);
    }
    if let Some(days) = text.strip_prefix("每年") {
        return zh_list(days)
            .map(zh_day_of_year)
            .collect::<Option<Vec<_>>>()
            .map(yearly);
    }
    let (every, rest) = zh_interval(text)?;
    let (month, days) = rest.strip_prefix('第')?.split_once("个月")?;
    months(every, month.parse().ok()?, days_of(zh_list(days).map(zh_day))?)
}

/// Months from one to the next, and the words that follow.
fn en_interval(text: &str) -> Option<(i8, &str)> {
    for (words, every) in [("quarterly on ", 3), ("half-yearly on ", 6)] {
        if let Some(rest) = text.strip_prefix(words) {
            return Some((every, rest));
        }
    }
    let (number, rest) = text.strip_prefix("every ")?.split_once(" months on ")?;
    Some((number_of(number)?, rest))
}

fn zh_interval(text: &str) -> Option<(i8, &str)> {
    for (words, every) in [("每季", 3), ("每半年", 6)] {
        if let Some(rest) = text.strip_prefix(words) {
            return Some((every, rest));
        }
    }
    let (number, rest) = text.strip_prefix('每')?.split_once("个月")?;
    Some((number_of(number)?, rest))
}

/// Days of each month. Those by number alone have a form of their own.
fn monthly(on: Vec<DayOfMonth>) -> Every {
    match by_number(&on) {
        Some(days) => Every::MonthlyDays(days),
        None => Every::Months {
            every: 1,
            month: 1,
            on,
        },
    }
}

fn months(every: i8, month: i8, on: Vec<DayOfMonth>) -> Option<Every> {
    Some(match (every, on.as_slice()) {
        (3, [DayOfMonth::Day(day)]) => Every::Quarterly { month, day: *day },
        (1, _) => return None,
        _ => Every::Months { every, month, on },
    })
}

fn yearly(dates: Vec<(i8, DayOfMonth)>) -> Every {
    match dates.as_slice() {
        [(month, DayOfMonth::Day(day))] => Every::Yearly {
            month: *month,
            day: *day,
        },
        _ => Every::Dates(dates),
    }
}

fn by_number(on: &[DayOfMonth]) -> Option<Vec<i8>> {
    on.iter()
        .map(|day| match day {
            DayOfMonth::Day(day) => Some(*day),
            DayOfMonth::Nth(..) => None,
        })
        .collect()
}

fn days_of(days: impl Iterator<Item = Option<DayOfMonth>>) -> Option<Vec<DayOfMonth>> {
    days.collect()
}

/// `31 December`, `the last day of February`, `the first Monday of June`.
fn en_day_of_year(text: &str) -> Option<(i8, DayOfMonth)> {
    let (day, month) = text.rsplit_once(" of ").or_else(|| text.rsplit_once(' '))?;
    Some((month_named(month.trim())?, en_day(day)?))
}

/// `12月31日`, `6月第一个周一`.
fn zh_day_of_year(text: &str) -> Option<(i8, DayOfMonth)> {
    let (month, day) = text.split_once('月')?;
    Some((month.parse().ok()?, zh_day(day)?))
}

/// `15th`, `last day`, `second last day`, `first Monday`, `last Friday`.
fn en_day(text: &str) -> Option<DayOfMonth> {
    let text = text.trim();
    let text = text.trim_start_matches("the ");
    if text == "last day" {
        return Some(DayOfMonth::Day(-1));
    }
    if let Some(number) = text.strip_suffix(" last day") {
        return Some(DayOfMonth::Day(-ordinal(number)?));
    }
    if let Some((before, day)) = text.rsplit_once(' ') {
        let day = weekday(day)?;
        let nth = match (before, before.strip_suffix(" last")) {
            ("last", _) => -1,
            (_, Some(number)) => -ordinal(number)?,
            (number, None) => ordinal(number)?,
        };
        return Some(DayOfMonth::Nth(nth, day));
    }
    let digits = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|ending| text.strip_suffix(ending))
        .unwrap_or(text);
    digits.parse().ok().map(DayOfMonth::Day)
}

/// `15日`, `最后一天`, `倒数第2天`, `第一个周一`, `最后一个周五`, `倒数第二个周五`.
fn zh_day(text: &str) -> Option<DayOfMonth> {
    if text == "最后一天" {
        return Some(DayOfMonth::Day(-1));
    }
    if let Some(number) = text
        .strip_prefix("倒数第")
        .and_then(|rest| rest.strip_suffix('天'))
    {
        return Some(DayOfMonth::Day(-number_of(number)?));
    }
    if let Some((number, day)) = text.split_once("个周") {
        let day = zh_weekday(day)?;
        let nth = match (number, number.strip_prefix("倒数第")) {
            ("最后一", _) => -1,
            (_, Some(number)) => -number_of(number)?,
            (number, None) => number_of(number.strip_prefix('第')?)?,
        };
        return Some(DayOfMonth::Nth(nth, day));
    }
    text.strip_suffix('日')?.parse().ok().map(DayOfMonth::Day)
}

fn en_list(text: &str) -> impl Iterator<Item = &str> {
    text.split(" and ")
        .map(|item| item.trim().trim_start_matches("the "))
}

fn zh_list(text: &str) -> impl Iterator<Item = &str> {
    text.split('、').map(str::trim)
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

/// With or without its `周`: a list says it once or each time.
fn zh_weekday(text: &str) -> Option<DayOfWeek> {
    Some(match text.strip_prefix('周').unwrap_or(text) {
        "一" => DayOfWeek::Mo,
        "二" => DayOfWeek::Tu,
        "三" => DayOfWeek::We,
        "四" => DayOfWeek::Th,
        "五" => DayOfWeek::Fr,
        "六" => DayOfWeek::Sa,
        "日" => DayOfWeek::Su,
        _ => return None,
    })
}

/// `second`, `7th`.
fn ordinal(text: &str) -> Option<i8> {
    const WORDS: &[&str] = &["first", "second", "third", "fourth", "fifth"];
    let word = WORDS.iter().position(|word| *word == text);
    if let Some(at) = word {
        return i8::try_from(at).ok()?.checked_add(1);
    }
    let digits = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|ending| text.strip_suffix(ending))?;
    positive(digits)
}

/// `two`, `两`, `6`.
fn number_of(text: &str) -> Option<i8> {
    Some(match text {
        "one" | "一" => 1,
        "two" | "两" | "二" => 2,
        "three" | "三" => 3,
        "four" | "四" => 4,
        "five" | "五" => 5,
        "six" | "六" => 6,
        digits => return positive(digits),
    })
}

fn positive(digits: &str) -> Option<i8> {
    digits.parse().ok().filter(|n| *n > 0)
}

fn month_named(text: &str) -> Option<i8> {
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
    let month = MONTHS.iter().position(|name| *name == text)?;
    i8::try_from(month).ok()?.checked_add(1)
}

/// How many times in four weeks a recurrence comes, about; for the rules that protect the grass roots.
pub(crate) fn times_in_four_weeks(every: &Every) -> usize {
    match every {
        Every::Daily => 28,
        Every::Weekly(days) => days.len().saturating_mul(4),
        Every::Weeks { every, days, .. } => days
            .len()
            .saturating_mul(4)
            .div_ceil(usize::from((*every).max(1))),
        Every::MonthlyDays(days) => days.len(),
        Every::Months { every: 1, on, .. } => on.len(),
        Every::Months { .. } | Every::Quarterly { .. } | Every::Yearly { .. } | Every::Dates(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        let fortnight = Every::Weeks {
            every: 2,
            days: vec![DayOfWeek::Mo],
            from: jiff::civil::date(2026, 1, 5),
        };
        for text in [
            "every second week on Monday, counted from 2026-01-05, except holidays",
            "every 2 weeks on Monday, counted from 5 January 2026, except holidays",
            "每两周的周一，自2026年1月5日起算，节假日除外",
        ] {
            assert_eq!(every(text), Some((fortnight.clone(), OnDayOff::Skip)), "{text}");
        }
        let first_monday = Every::Months {
            every: 1,
            month: 1,
            on: vec![
                DayOfMonth::Nth(1, DayOfWeek::Mo),
                DayOfMonth::Nth(-1, DayOfWeek::Fr),
            ],
        };
        for text in [
            "monthly on the first Monday and the last Friday",
            "每月第一个周一、最后一个周五",
        ] {
            assert_eq!(
                every(text),
                Some((first_monday.clone(), OnDayOff::Keep)),
                "{text}"
            );
        }
        let half = Every::Months {
            every: 6,
            month: 6,
            on: vec![DayOfMonth::Day(-1)],
        };
        for text in [
            "half-yearly on the last day of month 6",
            "every six months on the last day of month 6",
            "每半年第6个月最后一天",
        ] {
            assert_eq!(every(text), Some((half.clone(), OnDayOff::Keep)), "{text}");
        }
        let dates = Every::Dates(vec![
            (6, DayOfMonth::Day(30)),
            (12, DayOfMonth::Nth(1, DayOfWeek::We)),
        ]);
        for text in [
            "yearly on 30 June and the first Wednesday of December",
            "每年6月30日、12月第一个周三",
        ] {
            assert_eq!(every(text), Some((dates.clone(), OnDayOff::Keep)), "{text}");
        }
        for wrong in [
            "",
            "weekly",
            "weekly on Fryday",
            "monthly on the moon",
            "monthly on the first Mo",
            "yearly on 31 Brumaire",
            "daily, sometimes",
            "daily, counted from 2026-01-05",
            "every second week on Monday",
            "every second week on Monday, counted from 2026-02-30",
            "every month on the 3rd of month 1",
            "每两周的周一",
            "每月第〇个周一",
            "每年13",
        ] {
            assert_eq!(every(wrong), None, "{wrong}");
        }
    }

    fn any_weekdays() -> impl Strategy<Value = Vec<DayOfWeek>> {
        prop::collection::vec(any_weekday(), 1..3)
    }

    fn any_weekday() -> impl Strategy<Value = DayOfWeek> {
        prop::sample::select(vec![
            DayOfWeek::Mo,
            DayOfWeek::Tu,
            DayOfWeek::We,
            DayOfWeek::Th,
            DayOfWeek::Fr,
            DayOfWeek::Sa,
            DayOfWeek::Su,
        ])
    }

    fn any_day() -> impl Strategy<Value = DayOfMonth> {
        let nth = prop::sample::select(vec![-5_i8, -4, -3, -2, -1, 1, 2, 3, 4, 5]);
        prop_oneof![
            prop_oneof![1_i8..=31, -31_i8..=-1].prop_map(DayOfMonth::Day),
            (nth, any_weekday()).prop_map(|(nth, day)| DayOfMonth::Nth(nth, day)),
        ]
    }

    fn any_every() -> impl Strategy<Value = Every> {
        let days = || prop::collection::vec(any_day(), 1..4);
        prop_oneof![
            Just(Every::Daily),
            any_weekdays().prop_map(Every::Weekly),
            (2_u8..=52, any_weekdays(), 0_i32..20_000).prop_map(|(every, days, after)| Every::Weeks {
                every,
                days,
                from: jiff::civil::date(1992, 1, 1).saturating_add(jiff::Span::new().days(after)),
            }),
            days().prop_map(monthly),
            (prop::sample::select(vec![2_i8, 3, 4, 6]), 0_i8..6, days()).prop_filter_map(
                "always",
                |(every, month, on)| months(every, month % every + 1, on)
            ),
            prop::collection::vec((1_i8..=12, any_day()), 1..4).prop_map(yearly),
        ]
    }

    proptest! {
        #[test]
        fn what_a_page_says_of_a_recurrence_can_be_written_into_a_file(
            every in any_every(), on_day_off in 0_u8..5, county in any::<bool>(),
        ) {
            let (on_day_off, days_off) = match on_day_off {
                0 => (OnDayOff::Keep, DaysOff::NonWorking),
                1 => (OnDayOff::Skip, DaysOff::Break),
                2 => (OnDayOff::Skip, DaysOff::NonWorking),
                3 => (OnDayOff::Skip, DaysOff::Statutory),
                _ => (OnDayOff::WorkdayBefore, DaysOff::NonWorking),
            };
            let calendar = CalendarId::new(if county { "flood" } else { "cn" });
            let said = Cadence { every, on_day_off, days_off, calendar };
            let label = said.label();
            prop_assert_eq!(cadence(&label.en), Some(said.clone()), "{}", label.en);
            prop_assert_eq!(cadence(&label.zh), Some(said), "{}", label.zh);
        }
    }
}
