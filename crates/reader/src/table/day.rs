//! Days in cells: dates of the spreadsheet, serial numbers, and the many ways in which clerks type a deadline.

use bihuan_messages::Message;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Cell, Problem, narrow};

/// What a month without a day means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Month {
    /// Its last day: a deadline.
    End,
    /// Nothing: the day is missing.
    Refuse,
}

/// The year of dates without one.
pub type Year = Option<i16>;

/// A day that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// Whether it was worked out (`3月底`) rather than stated.
    pub derived: bool,
}

/// Reads a cell as a calendar day.
///
/// Understands dates of the spreadsheet and their serial numbers, `2026.3.1`, `2026-3-1`, `2026/3/1`, `20260301`,
/// `2026年3月1日（前）`, and without a year, if `year` is given, `3月1日`. With [`Month::End`] also `3月底`, `3月`, `上半年`,
/// `第一季度`, `年底`.
///
/// # Errors
///
/// [`Problem`] for words (`长期坚持`), days that do not exist, and what could mean two days: the number 2026.1 may have
/// been `2026.10` before the spreadsheet dropped its zero.
pub fn day(cell: &Cell, month: Month, year: Year, epoch_1904: bool) -> Result<Day, Problem> {
    match cell {
        Cell::Date(date) => Ok(stated(*date)),
        Cell::Number(number) => serial(*number, epoch_1904),
        Cell::Text(text) => typed(text, month, year),
        _ => Err(wrong("date")),
    }
}

fn stated(date: Date) -> Day {
    Day { date, derived: false }
}

fn wrong(mend: &str) -> Problem {
    Problem::new("date", Message::new(format!("import.mend_{mend}")))
}

fn serial(number: Decimal, epoch_1904: bool) -> Result<Day, Problem> {
    let whole = number.trunc().to_i64().ok_or_else(|| wrong("date"))?;
    // 1954 to 2119; no ledger of promises reaches further.
    if (20_000..80_000).contains(&whole) {
        let first = if epoch_1904 {
            Date::new(1904, 1, 1)
        } else {
            Date::new(1899, 12, 30)
        };
        let day = first
            .ok()
            .and_then(|first| first.checked_add(jiff::Span::new().days(whole)).ok());
        return day.map(stated).ok_or_else(|| wrong("date"));
    }
    if number.fract().is_zero() && (19_000_101..=21_991_231).contains(&whole) {
        return compact(whole);
    }
    Err(wrong(if (1900..2200).contains(&whole) {
        "month_number"
    } else {
        "date"
    }))
}

fn compact(whole: i64) -> Result<Day, Problem> {
    civil(whole / 10_000, whole / 100 % 100, whole % 100)
}

fn civil(year: i64, month: i64, day: i64) -> Result<Day, Problem> {
    let date = i16::try_from(year)
        .ok()
        .and_then(|year| Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok());
    date.map(stated).ok_or_else(|| wrong("no_such_day"))
}

fn typed(text: &str, month: Month, year: Year) -> Result<Day, Problem> {
    let text: String = narrow(text)
        .chars()
        .filter(|c| !c.is_whitespace() || *c == ' ')
        .collect();
    let text = text.trim();
    // A time of day behind a date says nothing about the day.
    let text = match text.split_once(' ') {
        Some((day, time)) if time.contains(':') => day,
        _ => text,
    };
    let text: String = text.chars().filter(|c| *c != ' ').collect();
    // `3月前` may mean by the end of March or of February; `3月底前` and `3月1日前` mean what they say.
    let before = text.ends_with('前');
    let text = text.trim_end_matches('前').trim_end_matches(['之', '以']);
    let tokens = tokens(text);
    let digits = |token: &Token| {
        if let Token::Number(n, _) = token {
            Some(*n)
        } else {
            None
        }
    };
    match tokens.as_slice() {
        // 20260301
        [Token::Number(n, 8)] => compact(*n),
        // 2026.3.1 and its kin; 2026年3月1日, 2026年3月1号
        [
            y @ Token::Number(_, 4),
            Token::Sign('.' | '-' | '/' | '年' | '。'),
            m,
            Token::Sign('.' | '-' | '/' | '月' | '。'),
            d,
        ]
        | [
            y @ Token::Number(_, 4),
            Token::Sign('年'),
            m,
            Token::Sign('月'),
            d,
            Token::Sign('日' | '号'),
        ]
        | [
            y @ Token::Number(_, 4),
            Token::Sign('.' | '-' | '/'),
            m,
            Token::Sign('.' | '-' | '/'),
            d,
            Token::Sign('日' | '号'),
        ] => match (digits(y), digits(m), digits(d)) {
            (Some(y), Some(m), Some(d)) => civil(y, m, d),
            _ => part_of_month(digits(y), digits(m), d, month),
        },
        // 3月1日
        [
            Token::Number(m, _),
            Token::Sign('月'),
            Token::Number(d, _),
            Token::Sign('日' | '号'),
        ]
        | [Token::Number(m, _), Token::Sign('月'), Token::Number(d, _)] => {
            civil(i64::from(year.ok_or_else(|| wrong("year"))?), *m, *d)
        }
        // 2026年3月, 2026.3
        [
            Token::Number(y, 4),
            Token::Sign('年' | '.' | '-' | '/'),
            Token::Number(m, _),
        ]
        | [
            Token::Number(y, 4),
            Token::Sign('年'),
            Token::Number(m, _),
            Token::Sign('月'),
        ] => whole_month(*y, *m, month, before),
        // 3月
        [Token::Number(m, _), Token::Sign('月')] => {
            whole_month(i64::from(year.ok_or_else(|| wrong("year"))?), *m, month, before)
        }
        // 3月底, 2026年3月中旬
        [Token::Number(m, _), Token::Sign('月'), part] => part_of_month(
            Some(i64::from(year.ok_or_else(|| wrong("year"))?)),
            Some(*m),
            part,
            month,
        ),
        // 年底, 2026年底, 2026年上半年, 第一季度
        [Token::Number(y, 4), Token::Sign('年'), Token::Words(words)] => part_of_year(*y, words, month),
        [Token::Number(y, 4), Token::Sign('年')] => part_of_year(*y, "年内", month),
        [Token::Words(words)] => match year {
            Some(year) => part_of_year(
                i64::from(year),
                words.trim_start_matches(['本', '今', '年']),
                month,
            ),
            None if part_of_year(2000, words.trim_start_matches(['本', '今', '年']), Month::End).is_ok() => {
                Err(wrong("year"))
            }
            None => Err(wrong("date")),
        },
        [Token::Sign('年'), Token::Words(words)] => match year {
            Some(year) => part_of_year(i64::from(year), words, month),
            None => Err(wrong("year")),
        },
        _ => Err(wrong("date")),
    }
}

fn whole_month(year: i64, m: i64, month: Month, before: bool) -> Result<Day, Problem> {
    if before {
        return Err(wrong("before_month"));
    }
    part_of_month(Some(year), Some(m), &Token::Words("底".to_owned()), month)
}

fn part_of_month(year: Option<i64>, m: Option<i64>, part: &Token, month: Month) -> Result<Day, Problem> {
    let (Some(year), Some(m), Token::Words(part)) = (year, m, part) else {
        return Err(wrong("date"));
    };
    if month == Month::Refuse {
        return Err(wrong("day_missing"));
    }
    let date = match part.as_str() {
        "底" | "末" | "月底" | "月末" | "下旬" | "内" => civil(year, m, 1)?.date.last_of_month(),
        "上旬" => civil(year, m, 10)?.date,
        "中旬" => civil(year, m, 20)?.date,
        "中" => civil(year, m, 15)?.date,
        _ => return Err(wrong("date")),
    };
    Ok(Day { date, derived: true })
}

fn part_of_year(year: i64, words: &str, month: Month) -> Result<Day, Problem> {
    let m = match words {
        "底" | "末" | "年底" | "年末" | "年内" | "内" | "全年" | "下半年" | "四季度" | "第四季度"
        | "4季度" | "第4季度" => 12,
        "上半年" | "二季度" | "第二季度" | "2季度" | "第2季度" => 6,
        "一季度" | "第一季度" | "1季度" | "第1季度" => 3,
        "三季度" | "第三季度" | "3季度" | "第3季度" => 9,
        _ => return Err(wrong("date")),
    };
    if month == Month::Refuse {
        return Err(wrong("day_missing"));
    }
    Ok(Day {
        date: civil(year, m, 1)?.date.last_of_month(),
        derived: true,
    })
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A number and how many digits it was written with.
    Number(i64, usize),
    Sign(char),
    Words(String),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for c in text.chars() {
        // A quarter is written with a digit as often as not: `2季度` is a word.
        match (c, tokens.last_mut()) {
            ('0'..='9', Some(Token::Number(n, digits))) if *digits < 9 => {
                *n = n
                    .saturating_mul(10)
                    .saturating_add(i64::from(c.to_digit(10).unwrap_or(0)));
                *digits += 1;
            }
            ('0'..='9', Some(Token::Words(words))) if words == "第" => words.push(c),
            ('0'..='9', _) => tokens.push(Token::Number(i64::from(c.to_digit(10).unwrap_or(0)), 1)),
            ('.' | '-' | '/' | '年' | '月' | '日' | '号' | '。', Some(Token::Words(words))) => {
                words.push(c)
            }
            ('.' | '-' | '/' | '年' | '月' | '日' | '号' | '。', _) => tokens.push(Token::Sign(c)),
            (_, Some(Token::Words(words))) => words.push(c),
            ('季', Some(Token::Number(..))) => {
                if let Some(Token::Number(n, _)) = tokens.pop() {
                    tokens.push(Token::Words(format!("{n}季")));
                }
            }
            _ => tokens.push(Token::Words(c.to_string())),
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadline(text: &str) -> Option<String> {
        day(&Cell::Text(text.to_owned()), Month::End, Some(2026), false)
            .ok()
            .map(|day| day.date.to_string())
    }

    #[test]
    fn deadlines_are_read_as_clerks_type_them() {
        for (text, date) in [
            ("2026.3.1", "2026-03-01"),
            ("2026-03-01 00:00:00", "2026-03-01"),
            ("2026/3/1", "2026-03-01"),
            ("２０２６年３月１日", "2026-03-01"),
            ("2026年3月1日前", "2026-03-01"),
            ("20260301", "2026-03-01"),
            ("3月1日", "2026-03-01"),
            ("3月底", "2026-03-31"),
            ("2026年2月底前", "2026-02-28"),
            ("2024年2月", "2024-02-29"),
            ("2026.10", "2026-10-31"),
            ("6月中旬", "2026-06-20"),
            ("2026年6月上旬", "2026-06-10"),
            ("年底前", "2026-12-31"),
            ("2027年底", "2027-12-31"),
            ("上半年", "2026-06-30"),
            ("2026年第一季度", "2026-03-31"),
            ("3季度", "2026-09-30"),
            ("2026年", "2026-12-31"),
            ("2026年底前", "2026-12-31"),
        ] {
            assert_eq!(deadline(text).as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn what_names_no_day_is_refused() {
        for text in [
            "长期坚持",
            "2026.2.30",
            "3月前",
            "立即",
            "",
            "2026.13.1",
            "-",
            "持续推进",
            "1-12月",
            "99999999999999999999",
        ] {
            assert_eq!(deadline(text), None, "{text}");
        }
        assert!(day(&Cell::Text("3月底".into()), Month::End, None, false).is_err());
        assert!(day(&Cell::Text("2026年3月".into()), Month::Refuse, None, false).is_err());
    }

    #[test]
    fn serial_numbers_follow_the_epoch_of_the_workbook() {
        let read = |number: &str, epoch| {
            day(&Cell::Number(number.parse().unwrap()), Month::End, None, epoch)
                .ok()
                .map(|day| day.date.to_string())
        };
        assert_eq!(read("46082", false).as_deref(), Some("2026-03-01"));
        assert_eq!(read("44620", true).as_deref(), Some("2026-03-01"));
        assert_eq!(read("20260301", false).as_deref(), Some("2026-03-01"));
        assert_eq!(read("2026.1", false), None);
    }
}
