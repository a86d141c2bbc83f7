//! Days that cannot be: a 31 June, a weekday that the calendar contradicts, a span that ends before it begins or lasts
//! another number of days than the text says.

use jiff::civil::Date;

use crate::chars::{at, before, cut, digit, has_at};
use crate::checks::reckon::check;
use crate::dates::year_at;
use crate::model::Check;
use crate::numeral::number_at;
use crate::stream::Stream;

/// A day as printed: `2024年6月31日`.
#[derive(Clone, Copy)]
struct Day {
    start: usize,
    end: usize,
    year: Option<i16>,
    month: i8,
    day: i8,
}

/// Every day of a body that cannot be.
pub(crate) fn days(stream: &Stream, written: Option<Date>, out: &mut Vec<Check>) {
    let s = &stream.chars;
    let mut i = 0usize;
    while i < s.len() {
        let Some(day) = (at(s, i) == '月').then(|| day_around(s, i)).flatten() else {
            i += 1;
            continue;
        };
        i = day.end;
        out.extend(no_such_day(stream, &day));
        out.extend(weekday(stream, &day));
        out.extend(span(stream, &day, written));
    }
    years(stream, out);
}

/// The day whose 月 stands at `i`.
fn day_around(s: &[char], i: usize) -> Option<Day> {
    let mut start = i;
    while start > 0 && i - start < 2 && digit(before(s, start)).is_some() {
        start -= 1;
    }
    let month = small(s, start, i)?;
    let mut k = i + 1;
    while digit(at(s, k)).is_some() && k - i <= 2 {
        k += 1;
    }
    let day = small(s, i + 1, k)?;
    if !matches!(at(s, k), '日' | '号') || digit(before(s, start)).is_some() {
        return None;
    }
    let (year, start) = match start
        .checked_sub(5)
        .and_then(|y| year_at(s, y).map(|(year, _)| (year, y)))
    {
        Some((year, from)) => (Some(year), from),
        None => (None, start),
    };
    Some(Day {
        start,
        end: k + 1,
        year,
        month,
        day,
    })
}

fn small(s: &[char], a: usize, b: usize) -> Option<i8> {
    let text: String = cut(s, a, b)
        .iter()
        .filter_map(|c| digit(*c))
        .filter_map(|d| char::from_digit(d, 10))
        .collect();
    text.parse().ok()
}

fn no_such_day(stream: &Stream, day: &Day) -> Option<Check> {
    // Without a year a leap year is allowed.
    let found = Date::new(day.year.unwrap_or(2024), day.month, day.day);
    let plausible = (1..=19).contains(&day.month) && (1..=39).contains(&day.day);
    (found.is_err() && plausible).then(|| {
        let statement = format!("{}：没有这一天", stream.quote(day.start, day.end));
        check(stream, day.start, day.end, statement, false)
    })
}

const WEEKDAYS: [char; 7] = ['一', '二', '三', '四', '五', '六', '日'];

/// `2024年5月6日（星期一）`: only where the year stands there too.
fn weekday(stream: &Stream, day: &Day) -> Option<Check> {
    let s = &stream.chars;
    let date = Date::new(day.year?, day.month, day.day).ok()?;
    let open = usize::from(matches!(at(s, day.end), '（' | '(' | '，' | ','));
    let k = day.end + open;
    let n = ["星期", "周"]
        .iter()
        .find(|w| has_at(s, k, w))
        .map(|w| w.chars().count())?;
    let said = match at(s, k + n) {
        '天' => '日',
        c => c,
    };
    let said = WEEKDAYS.iter().position(|c| *c == said)?;
    let real = usize::try_from(date.weekday().to_monday_zero_offset()).ok()?;
    let holds = said == real;
    let sign = if holds { "=" } else { "≠" };
    let statement = format!(
        "{date}：星期{}{sign}星期{}",
        WEEKDAYS.get(real)?,
        WEEKDAYS.get(said)?
    );
    Some(check(stream, day.start, k + n + 1, statement, holds))
}

/// `8月2日至8日，为期7天`, `自9月15日起至9月10日止`
fn span(stream: &Stream, day: &Day, written: Option<Date>) -> Option<Check> {
    let s = &stream.chars;
    let mut k = day.end;
    k += usize::from(at(s, k) == '起');
    if !matches!(at(s, k), '至' | '到' | '—' | '-' | '～' | '–') {
        return None;
    }
    k += 1;
    k += usize::from(at(s, k) == '—');
    let own_year = year_at(s, k);
    let from = own_year.map_or(k, |(_, end)| end);
    let first = number_at(s, from).filter(|n| n.arabic && n.value.is_integer())?;
    let first_value = i8::try_from(i64::try_from(first.value).ok()?).ok()?;
    let (month, last, end) = match at(s, first.end) {
        '日' | '号' => (day.month, first_value, first.end + 1),
        '月' => {
            let second = number_at(s, first.end + 1).filter(|n| n.arabic && n.value.is_integer())?;
            let last = i8::try_from(i64::try_from(second.value).ok()?).ok()?;
            if !matches!(at(s, second.end), '日' | '号') {
                return None;
            }
            (first_value, last, second.end + 1)
        }
        _ => return None,
    };
    let year = day
        .year
        .or(own_year.map(|(year, _)| year))
        .or(written.map(Date::year))
        .unwrap_or(2023);
    let began = Date::new(year, day.month, day.day).ok()?;
    let ended = Date::new(own_year.map_or(year, |(year, _)| year), month, last).ok()?;
    if ended < began {
        // Over the turn of the year a span may go on into the next one.
        let turned = own_year.is_none() && day.month >= 7 && month <= 6;
        return (!turned).then(|| {
            let statement = format!("{}月{}日至{month}月{last}日：止于起始之前", day.month, day.day);
            check(stream, day.start, end, statement, false)
        });
    }
    let behind = cut(s, end, end + 16);
    let at_count = ["为期", "历时", "共", "连续"].iter().find_map(|w| {
        crate::chars::find(behind, w)
            .filter(|at| *at <= 4)
            .map(|at| at + w.chars().count())
    })?;
    let count = number_at(behind, at_count)?;
    let unit = at(behind, count.end);
    let days = i64::try_from(count.value).ok()?;
    let (said, week) = match unit {
        '天' => (days, false),
        '周' => (days.saturating_mul(7), true),
        _ => return None,
    };
    let lasted = i64::from(began.until(ended).ok()?.get_days()) + 1;
    // From day to day, both counted or only one; a week may be five days or six.
    let holds = said == lasted || said == lasted - 1 || (week && said >= lasted && said <= lasted + 2);
    let sign = if said == lasted {
        "="
    } else if holds {
        "≈"
    } else {
        "≠"
    };
    let shown = if week {
        format!("{days}周")
    } else {
        format!("{days}天")
    };
    let statement = format!(
        "{}月{}日至{month}月{last}日={lasted}天{}",
        day.month,
        day.day,
        if sign == "=" && !week {
            String::new()
        } else {
            format!("{sign}{shown}")
        }
    );
    (!holds || said == lasted).then(|| check(stream, day.start, end + count.end + 1, statement, holds))
}

/// `2025—2021年`: years that run backwards.
fn years(stream: &Stream, out: &mut Vec<Check>) {
    let s = &stream.chars;
    let mut i = 0usize;
    while i < s.len() {
        if !matches!(at(s, i), '至' | '—' | '-' | '–') || digit(at(s, i + 1)).is_none() {
            i += 1;
            continue;
        }
        let ended = year_at(s, i + 1);
        let back = i - usize::from(i > 0 && before(s, i) == '年');
        let year = back
            .checked_sub(4)
            .filter(|k| (0..4).all(|d| digit(at(s, k + d)).is_some()) && digit(before(s, *k)).is_none());
        if let (Some((ended, end)), Some(from)) = (ended, year) {
            let began: i16 = cut(s, from, from + 4)
                .iter()
                .filter_map(|c| digit(*c))
                .fold(0, |n, d| n * 10 + i16::try_from(d).unwrap_or(0));
            if (1900..2100).contains(&began) && began > ended {
                let statement = format!("{began}年至{ended}年：止于起始之前");
                out.push(check(stream, from, end, statement, false));
            }
        }
        i += 1;
    }
}
