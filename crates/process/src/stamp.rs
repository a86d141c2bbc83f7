//! Instants as systems write them, as microseconds since 1970 in UTC. What names no zone is Beijing time.

/// Microseconds in a second.
pub(crate) const SECOND: i64 = 1_000_000;

/// Beijing time is ahead of UTC by this many seconds, all year, since 1991.
const BEIJING: i64 = 8 * 3600;

/// In which order a date like `03/04/2026` names its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOrder {
    /// Year first; a date that begins with anything else is refused, because it can be read in two ways.
    #[default]
    YearFirst,
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

/// The instant of a text, in microseconds since 1970 in UTC; `None` where it is none.
///
/// `2026-03-01`, `2026/3/1 8:05`, `2026-03-01T08:05:09.123+08:00`, `20260301080509`, Chinese year, month and day
/// signs, and seconds or milliseconds since 1970 (10 or 13 digits). Years 1900 to 2200.
pub fn instant(text: &str, order: DateOrder) -> Option<i64> {
    let bytes = text.as_bytes();
    if let Some(at) = plain(bytes) {
        return Some(at);
    }
    let bytes = bytes.trim_ascii();
    if bytes.iter().all(u8::is_ascii_digit) {
        return digits(bytes);
    }
    if !bytes.is_ascii() {
        return plain_any(in_signs(text)?.as_bytes(), order);
    }
    plain_any(bytes, order)
}

/// The usual form, without a detour: `2026-03-01?08:05:09` and what may follow.
fn plain(bytes: &[u8]) -> Option<i64> {
    let (head, rest) = bytes.split_first_chunk::<19>()?;
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T' | b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
    ] = *head
    else {
        return None;
    };
    let two = |a: u8, b: u8| Some(digit(a)? * 10 + digit(b)?);
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let day = day_number(year, two(m1, m2)?, two(d1, d2)?)?;
    let second = clock(two(h1, h2)?, two(n1, n2)?, two(s1, s2)?)?;
    let (micros, rest) = fraction(rest)?;
    Some((day * 86_400 + second - zone(rest)?) * SECOND + micros)
}

/// A date in parts of any width, perhaps with a time behind it.
fn plain_any(bytes: &[u8], order: DateOrder) -> Option<i64> {
    let (first, rest) = number(bytes)?;
    let (mark, rest) = rest.split_first()?;
    if !matches!(mark, b'-' | b'/' | b'.') {
        return None;
    }
    let (second, rest) = number(rest)?;
    let rest = rest.strip_prefix(&[*mark])?;
    let (third, rest) = number(rest)?;
    let year_first = first >= 1000;
    let (year, month, day) = match order {
        _ if year_first => (first, second, third),
        DateOrder::YearFirst => return None,
        DateOrder::DayFirst => (third, second, first),
        DateOrder::MonthFirst => (third, first, second),
    };
    let day = day_number(year, month, day)?;
    let rest = match rest.split_first() {
        None => return Some((day * 86_400 - BEIJING) * SECOND),
        Some((b'T' | b't', rest)) => rest,
        Some((b' ', rest)) => rest.trim_ascii_start(),
        Some(_) => return None,
    };
    let (hour, rest) = number(rest)?;
    let (minute, rest) = number(rest.strip_prefix(b":")?)?;
    let (second, rest) = match rest.strip_prefix(b":") {
        Some(rest) => number(rest)?,
        None => (0, rest),
    };
    let (micros, rest) = fraction(rest)?;
    let rest = rest.trim_ascii_start();
    let (hour, rest) = match rest {
        [b'A' | b'a', b'M' | b'm', rest @ ..] if (1..=12).contains(&hour) => (hour % 12, rest),
        [b'P' | b'p', b'M' | b'm', rest @ ..] if (1..=12).contains(&hour) => (hour % 12 + 12, rest),
        _ => (hour, rest),
    };
    Some((day * 86_400 + clock(hour, minute, second)? - zone(rest.trim_ascii())?) * SECOND + micros)
}

/// A text with the signs for year, month, day, hour, minute and second, as the plain form.
fn in_signs(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\u{5E74}' | '\u{6708}' => out.push('-'),
            '\u{65E5}' => out.push(' '),
            // Hour and minute; the second at the end needs no mark.
            '\u{65F6}' | '\u{70B9}' | '\u{5206}' | '\u{FF1A}' => out.push(':'),
            '\u{79D2}' => {}
            '\u{3000}' | '\u{A0}' => out.push(' '),
            '\u{FF10}'..='\u{FF19}' => out.push(char::from_digit(u32::from(c) - 0xFF10, 10)?),
            c if c.is_ascii() => out.push(c),
            _ => return None,
        }
    }
    let mut out = out.trim().trim_end_matches(':').to_owned();
    // `8:` is eight o'clock.
    if let Some((_, time)) = out.split_once(' ')
        && !time.trim().is_empty()
        && !time.contains(':')
    {
        out.push_str(":00");
    }
    Some(out)
}

/// Digits alone: `20260301`, `202603010805`, `20260301080509`, seconds or milliseconds since 1970.
fn digits(bytes: &[u8]) -> Option<i64> {
    let at = |from: usize, to: usize| {
        let part = bytes.get(from..to)?;
        number(part).filter(|(_, rest)| rest.is_empty()).map(|(n, _)| n)
    };
    let day = || day_number(at(0, 4)?, at(4, 6)?, at(6, 8)?);
    match bytes.len() {
        8 => Some((day()? * 86_400 - BEIJING) * SECOND),
        12 => Some((day()? * 86_400 + clock(at(8, 10)?, at(10, 12)?, 0)? - BEIJING) * SECOND),
        14 => Some((day()? * 86_400 + clock(at(8, 10)?, at(10, 12)?, at(12, 14)?)? - BEIJING) * SECOND),
        10 => within(at(0, 10)?.checked_mul(SECOND)?),
        13 => within((at(0, 9)? * 10_000 + at(9, 13)?).checked_mul(1000)?),
        _ => None,
    }
}

/// Only instants of the years that are read.
fn within(at: i64) -> Option<i64> {
    let (from, to) = (day_number(1900, 1, 1)?, day_number(2200, 12, 31)?);
    (from..=to)
        .contains(&at.div_euclid(86_400 * SECOND))
        .then_some(at)
}

fn digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

/// The whole number at the beginning, of at most ten digits, and what follows it.
fn number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let len = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at_checked(len)?;
    if !(1..=10).contains(&len) {
        return None;
    }
    let n = digits.iter().fold(0, |n, byte| n * 10 + i64::from(byte - b'0'));
    Some((n, rest))
}

/// A fraction of a second in microseconds; finer digits are cut off.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.' | b',', rest @ ..] = bytes else {
        return Some((0, bytes));
    };
    let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at_checked(len)?;
    if len == 0 {
        return None;
    }
    let six = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    Some((six.fold(0, |n, byte| n * 10 + i64::from(byte - b'0')), rest))
}

/// Seconds ahead of UTC: `Z`, `+08:00`, `+0800`, `+08`; nothing is Beijing time.
fn zone(bytes: &[u8]) -> Option<i64> {
    let (sign, rest) = match bytes {
        [] => return Some(BEIJING),
        [b'Z' | b'z'] | b" UTC" | b"UTC" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match *rest {
        [a, b, b':', c, d] | [a, b, c, d] => (digit(a)? * 10 + digit(b)?, digit(c)? * 10 + digit(d)?),
        [a, b] => (digit(a)? * 10 + digit(b)?, 0),
        _ => return None,
    };
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn clock(hour: i64, minute: i64, second: i64) -> Option<i64> {
    // A leap second counts as the last of its minute; 24:00 is the end of the day.
    let whole = hour == 24 && minute == 0 && second == 0;
    let good = hour < 24 && minute < 60 && second <= 60 || whole;
    good.then(|| hour * 3600 + minute * 60 + second.min(59))
}

/// Days since 1970-01-01 of a day of the years 1900 to 2200.
fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let (before, length) = match month {
        1 => (0, 31),
        2 => (31, if leap { 29 } else { 28 }),
        3 => (59, 31),
        4 => (90, 30),
        5 => (120, 31),
        6 => (151, 30),
        7 => (181, 31),
        8 => (212, 31),
        9 => (243, 30),
        10 => (273, 31),
        11 => (304, 30),
        12 => (334, 31),
        _ => return None,
    };
    if !(1900..=2200).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let past = year - 1;
    let leaps = past / 4 - past / 100 + past / 400;
    let before = before + i64::from(leap && month > 2);
    // 719,162 days lie before 1970.
    Some(past * 365 + leaps + before + day - 1 - 719_162)
}

/// An instant as `2026-03-01T08:05:09+08:00`, with as many digits of a second as it has.
pub fn written(at: i64) -> String {
    let local = at.saturating_add(BEIJING * SECOND);
    let (second, micros) = (local.div_euclid(SECOND), local.rem_euclid(SECOND));
    let (day, second) = (second.div_euclid(86_400), second.rem_euclid(86_400));
    let (year, month, day) = date(day);
    let fraction = match micros {
        0 => String::new(),
        micros => format!(".{micros:06}"),
    };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}+08:00")
}

/// The date of a day since 1970-01-01 (the civil-from-days of proleptic Gregorian years that begin in March).
fn date(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<i64> {
        instant(text, DateOrder::YearFirst)
    }

    #[test]
    fn every_day_of_the_years_that_are_read_agrees_with_jiff() {
        let mut day = jiff::civil::date(1900, 1, 1);
        while day.year() <= 2200 {
            let wanted = day
                .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)))
                .unwrap();
            let micros = wanted.timestamp().as_microsecond();
            assert_eq!(at(&day.to_string()), Some(micros), "{day}");
            assert_eq!(written(micros), format!("{day}T00:00:00+08:00"));
            day = day.tomorrow().unwrap();
        }
    }

    #[test]
    fn the_forms_that_systems_write_are_the_same_instant() {
        let wanted = at("2026-03-01T08:05:09+08:00");
        assert!(wanted.is_some());
        for text in [
            "2026-03-01 08:05:09",
            "2026-03-01T00:05:09Z",
            "2026-03-01 00:05:09 UTC",
            "2026-03-01T00:05:09.000+00:00",
            "2026-03-01T08:05:09,0+0800",
            "2026/3/1 8:05:09",
            "2026.03.01 8:05:09 AM",
            "20260301080509",
            "2026年3月1日 8时05分09秒",
            "２０２６年3月1日8点05分9秒",
            "1772323509",
            "1772323509000",
            " 2026-03-01 08:05:09 ",
        ] {
            assert_eq!(at(text), wanted, "{text}");
        }
        assert_eq!(at("2026年3月1日"), at("2026-03-01"));
        assert_eq!(at("2026年3月1日8时"), at("2026-03-01 08:00"));
        assert_eq!(at("2026-03-01 12:05 PM"), at("2026-03-01 12:05"));
        assert_eq!(
            at("2026-03-01T08:05:09.1234567").map(|at| at % SECOND),
            Some(123_456)
        );
        let (day, month) = (DateOrder::DayFirst, DateOrder::MonthFirst);
        assert_eq!(instant("03/04/2026 10:00", day), at("2026-04-03 10:00"));
        assert_eq!(instant("03/04/2026 10:00", month), at("2026-03-04 10:00"));
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for text in [
            "",
            " ",
            "昨天",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-03-01T25:00:00",
            "2026-03-01T08:60",
            "03/04/2026",
            "2026-03-01T08:05:09+99:00",
            "99999999999999999999",
            "2026-03-01x",
            "1899-12-31",
            "2026-03-01 08:05:09 CST",
            "年月日",
            "2026-03/01",
            "20261301",
            "2026-03-01T08:05:09.",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
