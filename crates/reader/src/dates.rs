//! Days in a text: the day of an article, and the last day of a commitment.

use jiff::civil::Date;

use crate::chars::{at, cut, digit, has_at};
use crate::numeral::number_at;

/// The day in the page's own line: `清河日报 2025年3月19日 星期三`, `发布时间：2025-03-19`.
pub(crate) fn printed_year(line: &[char]) -> Option<i16> {
    if let Some(year) = (0..line.len()).find_map(|i| year_in_digits(line, i)) {
        return Some(year);
    }
    let (i, (year, end)) = (0..line.len()).find_map(|i| Some((i, year_at(line, i)?)))?;
    let (_, after) = count_at(line, end, '月')?;
    (i < line.len() && count_at(line, after, '日').is_some()).then_some(year)
}

/// The year of `2025-03-19`, `2025/3/19`, `2025.3.19` at `i`.
fn year_in_digits(line: &[char], i: usize) -> Option<i16> {
    let number = |from: usize, most: usize| -> (i16, usize) {
        let digits = cut(line, from, from + most);
        let digits = digits.iter().map_while(|c| c.to_digit(10));
        digits.fold((0i16, from), |(n, end), d| {
            (n * 10 + i16::try_from(d).unwrap_or(0), end + 1)
        })
    };
    if crate::chars::before(line, i).is_ascii_digit() {
        return None;
    }
    let (year, end) = number(i, 4);
    let mark = at(line, end);
    let (month, second) = number(end + 1, 2);
    let (day, _) = number(second + 1, 2);
    let whole = matches!(mark, '-' | '/' | '.') && at(line, second) == mark && end == i + 4;
    (whole && (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day))
        .then_some(year)
}

/// The first year of `2023—2024年度` at `i`.
pub(crate) fn season(s: &[char], i: usize) -> Option<i16> {
    if !matches!(at(s, i + 4), '—' | '-' | '–' | '－' | '至') {
        return None;
    }
    let dashes = cut(s, i + 4, i + 6)
        .iter()
        .take_while(|c| digit(**c).is_none())
        .count();
    let (second, end) = year_at(s, i + 4 + dashes)?;
    let first = cut(s, i, i + 4).iter().try_fold(0i16, |year, c| {
        year.checked_mul(10)?.checked_add(i16::try_from(digit(*c)?).ok()?)
    })?;
    let fresh = digit(crate::chars::before(s, i)).is_none();
    let season = at(s, end) == '度'
        || ["采暖季", "供暖季", "榨季", "学年", "雪季"]
            .iter()
            .any(|w| has_at(s, end, w));
    (fresh && season && second == first.checked_add(1)?).then_some(first)
}

/// `2024年` at `i`, with where it ends.
pub(crate) fn year_at(s: &[char], i: usize) -> Option<(i16, usize)> {
    if digit(crate::chars::before(s, i)).is_some() {
        return None;
    }
    let year = (0..4).try_fold(0i16, |year, k| {
        let d = i16::try_from(digit(at(s, i + k))?).ok()?;
        year.checked_mul(10)?.checked_add(d)
    })?;
    ((1900..2100).contains(&year) && at(s, i + 4) == '年').then_some((year, i + 5))
}

/// The first day named in `s`: `2023年8月4日`, or `8月4日` in `year`.
pub(crate) fn first_day(s: &[char], year: Option<i16>) -> Option<Date> {
    let mut i = 0usize;
    let mut own = None;
    while i < s.len() {
        if let Some((found, end)) = year_at(s, i) {
            own = Some(found);
            i = end;
        } else if let Some((month, end)) = count_at(s, i, '月') {
            if let Some((day, after)) = count_at(s, end, '日')
                && !matches!(at(s, after), '前' | '之')
                && !counted_up_to(s, i, own.is_some())
                && let Some(year) = own.or(year)
                && let Ok(date) = Date::new(year, month, day)
            {
                return Some(date);
            }
            own = None;
            i = end;
        } else {
            if !at(s, i).is_whitespace() && digit(at(s, i)).is_none() {
                own = None;
            }
            i += 1;
        }
    }
    None
}

/// `截至12月31日`: until when the numbers count, not when anything happened.
fn counted_up_to(s: &[char], i: usize, year: bool) -> bool {
    let start = if year { i.saturating_sub(5) } else { i };
    ["截至", "截止", "截止到", "截至到"]
        .iter()
        .any(|w| crate::chars::has_before(s, start, w))
}

/// A number from 1 to 31 followed by `mark`.
pub(crate) fn count_at(s: &[char], i: usize, mark: char) -> Option<(i8, usize)> {
    if digit(crate::chars::before(s, i)).is_some() {
        return None;
    }
    let number = number_at(s, i)?;
    if number.end - i > 3 || at(s, number.end) != mark || number.bare || !number.value.is_integer() {
        return None;
    }
    let count = i8::try_from(i64::try_from(number.value).ok()?).ok()?;
    (1..=31).contains(&count).then_some((count, number.end + 1))
}

/// The last day that a clause names, read in the plan's year; and whether it names it expressly.
pub(crate) fn due(s: &[char], year: Option<i16>) -> Option<Date> {
    // `1.4月底前`: a list number and a month.
    let s = cut(s, crate::times::enumerator(s, 0), s.len());
    let mut i = 0usize;
    let mut own: Option<i16> = None;
    let mut best: Option<Date> = None;
    // `明年上半年`: what stands behind 明年 says more.
    let mut next_year: Option<Date> = None;
    while i < s.len() {
        // Most characters begin no words of time.
        let first = at(s, i);
        let begins = matches!(
            first,
            '零' | '〇'
                | '一'
                | '二'
                | '两'
                | '三'
                | '四'
                | '五'
                | '六'
                | '七'
                | '八'
                | '九'
                | '十'
                | '百'
                | '千'
                | '万'
                | '亿'
                | '几'
                | '数'
                | '半'
                | '明'
                | '来'
                | '次'
                | '上'
                | '下'
                | '年'
                | '全'
                | '今'
                | '本'
                | '第'
                | '春'
                | '秋'
                | '国'
                | '元'
                | '汛'
                | '主'
        );
        if !begins && digit(first).is_none() {
            i += 1;
            continue;
        }
        if let Some((found, end)) = year_at(s, i) {
            own = Some(found);
            i = end;
            if ends_year(s, i) && best.is_none() {
                best = Date::new(found, 12, 31).ok();
            }
            continue;
        }
        // `明年6月底`: the month is read in the next year.
        if let Some(year) = year
            && ["明年", "来年", "次年"].iter().any(|w| has_at(s, i, w))
        {
            own = year.checked_add(1);
            next_year = last_of(year.checked_add(1)?, 12);
            i += 2;
            continue;
        }
        if let Some((month, end)) = count_at(s, i, '月') {
            let year = own.or(year);
            if let Some(year) = year {
                let (day, after) = match count_at(s, end, '日') {
                    Some((day, after)) => (Date::new(year, month, day).ok(), after),
                    None => (last_of(year, month), end),
                };
                let begins = ["起", "以来", "开始"].iter().any(|w| has_at(s, after, w));
                if !begins && day.is_some() {
                    return day;
                }
                i = after;
                continue;
            }
            i = end;
            continue;
        }
        if best.is_none()
            && let Some(year) = own.or(year)
        {
            best = word_due(s, i, year);
        }
        i += 1;
    }
    best.or(next_year)
}

/// Whether the words name a last day: `6月底前`, `10日前`, `年底前`, `一周内`.
pub(crate) fn is_deadline(s: &[char]) -> bool {
    (1..s.len()).any(|i| {
        let edge = has_at(s, i, "底前") || has_at(s, i, "末前") || has_at(s, i, "之前") || at(s, i) == '前';
        let dated = |k: usize| matches!(crate::chars::before(s, k), '月' | '日' | '年' | '时') && k >= 2;
        let numbered = |k: usize| {
            let left = k.checked_sub(2).map_or('\0', |j| at(s, j));
            digit(left).is_some() || "一二三四五六七八九十".contains(left)
        };
        // `3年前` and `日前` look back.
        edge && dated(i)
            && (crate::chars::before(s, i) != '年'
                || at(s, i) != '前'
                || year_at(s, i.saturating_sub(5)).is_some())
            && (numbered(i) || at(s, i) == '底' || at(s, i) == '末')
            && !has_at(s, i, "前后")
    })
}

fn ends_year(s: &[char], i: usize) -> bool {
    ["底", "末", "内", "年底", "前", "，", ","]
        .iter()
        .any(|w| has_at(s, i, w))
        || cut(s, 0, i).contains(&'到')
}

/// 年底, 上半年, 三季度 and the like.
fn word_due(s: &[char], i: usize, year: i16) -> Option<Date> {
    const WORDS: &[(&str, i8, i16)] = &[
        ("上半年", 6, 0),
        ("下半年", 12, 0),
        ("年中", 6, 0),
        ("年底", 12, 0),
        ("年末", 12, 0),
        ("年内", 12, 0),
        ("全年", 12, 0),
        ("今年", 12, 0),
        ("本年度", 12, 0),
        ("第一季度", 3, 0),
        ("第二季度", 6, 0),
        ("第三季度", 9, 0),
        ("第四季度", 12, 0),
        ("一季度", 3, 0),
        ("二季度", 6, 0),
        ("三季度", 9, 0),
        ("四季度", 12, 0),
        ("春节前", 1, 1),
        ("秋季开学前", 8, 0),
        ("秋季开学", 8, 0),
        ("春季开学前", 2, 0),
        ("国庆节前", 9, 0),
        ("国庆前", 9, 0),
        ("五一前", 4, 0),
        ("元旦前", 12, 0),
        ("汛前", 5, 0),
        ("主汛期前", 5, 0),
    ];
    let (word, month, more) = WORDS.iter().find(|(word, _, _)| has_at(s, i, word))?;
    if *word == "今年"
        && ["以来", "上半年", "年底", "年内", "下半年"]
            .iter()
            .any(|w| has_at(s, i + 2, w))
    {
        return None;
    }
    last_of(year.checked_add(*more)?, *month)
}

fn last_of(year: i16, month: i8) -> Option<Date> {
    Date::new(year, month, 1).ok().map(|first| first.last_of_month())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last_day(text: &str) -> Option<String> {
        let chars: Vec<char> = text.chars().collect();
        due(&chars, Some(2021)).map(|d| d.to_string())
    }

    #[test]
    fn last_days_are_read_in_the_plans_year() {
        let cases = [
            ("6月底前建成投用", "2021-06-30"),
            ("2022年2月底前完工", "2022-02-28"),
            ("年内新建3座", "2021-12-31"),
            ("力争9月15日前通车", "2021-09-15"),
            ("三季度完成主体", "2021-09-30"),
            ("明年5月底投入使用", "2022-05-31"),
            ("明年再建一座", "2022-12-31"),
            ("明年上半年再建一座", "2022-06-30"),
            ("到2025年达到30户", "2025-12-31"),
            ("2021年底基本实现", "2021-12-31"),
        ];
        for (text, day) in cases {
            assert_eq!(last_day(text).as_deref(), Some(day), "{text}");
        }
        assert_eq!(last_day("完成东大街改造"), None);
    }

    #[test]
    fn the_day_of_an_article_takes_the_year_of_its_page() {
        let chars: Vec<char> = "8月4日上午，会议召开".chars().collect();
        assert_eq!(first_day(&chars, Some(2023)).unwrap().to_string(), "2023-08-04");
        assert_eq!(first_day(&chars, None), None);
    }
}
