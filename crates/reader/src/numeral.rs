//! Numbers as they are written: 1.762亿, １５００, 1,500, 三十二, 二十余, 十二万, 百分之三十, 千亿.

use rust_decimal::Decimal;

use crate::chars::{at, cut, digit, has_at};

/// A number in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number {
    /// 万 and 亿 multiplied out.
    pub(crate) value: Decimal,
    /// First character.
    pub(crate) start: usize,
    /// One past the last.
    pub(crate) end: usize,
    /// Written in Arabic digits.
    pub(crate) arabic: bool,
    /// 余, 多 or 几 stands inside or right after: more than that.
    pub(crate) over: bool,
    /// Begins with 百, 千, 万 or 亿 without a digit: only a round number (近百人).
    pub(crate) bare: bool,
    /// Arabic digits before any multiplier, fraction digits included.
    pub(crate) digits: usize,
    /// What 万, 亿 and the like multiplied in; 1 if nothing.
    pub(crate) factor: Decimal,
}

/// The number that begins at `i`, the longest possible.
pub(crate) fn number_at(s: &[char], i: usize) -> Option<Number> {
    if digit(at(s, i)).is_some() {
        return arabic(s, i);
    }
    chinese(s, i)
}

fn arabic(s: &[char], start: usize) -> Option<Number> {
    let mut text = String::new();
    let mut i = start;
    let mut digits = 0usize;
    let mut fraction = false;
    loop {
        let c = at(s, i);
        if let Some(d) = digit(c) {
            text.push(char::from_digit(d, 10)?);
            digits += 1;
            i += 1;
        } else if matches!(c, '.' | '．') && !fraction && digit(at(s, i + 1)).is_some() {
            text.push('.');
            fraction = true;
            i += 1;
        } else if matches!(c, ',' | '，') && !fraction && digits <= 12 && thousands(s, start, i) {
            i += 1;
        } else {
            break;
        }
        if digits > 24 {
            return None;
        }
    }
    let mut value: Decimal = text.parse().ok()?;
    let mut over = false;
    if matches!(at(s, i), '余' | '多') && multiplier(at(s, i + 1)).is_some() {
        over = true;
        i += 1;
    }
    let mut factor_all = Decimal::ONE;
    while let Some(factor) = multiplier(at(s, i)) {
        // 千 of 千瓦, 千米, 千克 … and 百 of 百分点 belong to the unit.
        if unit_prefix(s, i) {
            break;
        }
        value = value.checked_mul(factor)?;
        factor_all = factor_all.checked_mul(factor)?;
        i += 1;
    }
    if matches!(at(s, i), '余' | '多') {
        over = true;
        i += 1;
        // `20多亿元`, `3000余万元` were taken above; `2余万` likewise.
    }
    Some(Number {
        value,
        start,
        end: i,
        arabic: true,
        over,
        bare: false,
        digits,
        factor: factor_all,
    })
}

/// Whether the comma at `i` parts thousands: one to three digits before the first, exactly three after it.
fn thousands(s: &[char], start: usize, i: usize) -> bool {
    let after = (1..=3).all(|k| digit(at(s, i + k)).is_some()) && digit(at(s, i + 4)).is_none();
    let head = cut(s, start, i);
    let first = head
        .iter()
        .position(|c| matches!(c, ',' | '，'))
        .unwrap_or(head.len());
    after && at(s, i) == ',' && first <= 3
}

/// 千 before 瓦, 米, 克, 伏, 卡 is part of the unit unless a 万 or 亿 is meant; 百分 is a rate.
fn unit_prefix(s: &[char], i: usize) -> bool {
    match at(s, i) {
        '千' => matches!(at(s, i + 1), '瓦' | '米' | '克' | '伏' | '卡'),
        '百' => at(s, i + 1) == '分',
        _ => false,
    }
}

fn multiplier(c: char) -> Option<Decimal> {
    Some(Decimal::from(match c {
        '十' => 10u64,
        '百' => 100,
        '千' => 1_000,
        '万' => 10_000,
        '亿' => 100_000_000,
        _ => return None,
    }))
}

fn han_digit(c: char) -> Option<u64> {
    Some(match c {
        '零' | '〇' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

fn chinese(s: &[char], start: usize) -> Option<Number> {
    let mut i = start;
    // 百分之三十, 百分之四点五
    if has_at(s, i, "百分之") {
        return None;
    }
    let (mut total, mut section, mut pending) = (0u64, 0u64, None::<u64>);
    let (mut any, mut over, mut bare) = (false, false, false);
    let mut factor_all = Decimal::ONE;
    loop {
        let c = at(s, i);
        if let Some(d) = han_digit(c) {
            // 三四百, 五六个: a loose range, not a number.
            if pending.is_some_and(|p| p > 0) {
                return loose(s, start, i);
            }
            pending = Some(d);
            any = true;
            i += 1;
        } else if let Some(m) = match c {
            '十' => Some(10u64),
            '百' => Some(100),
            '千' => Some(1000),
            _ => None,
        } {
            if unit_prefix(s, i) && any {
                break;
            }
            if !any && c != '十' {
                bare = true;
            }
            section = section.checked_add(pending.take().unwrap_or(1).checked_mul(m)?)?;
            any = true;
            i += 1;
        } else if matches!(c, '万' | '亿') {
            if !any {
                bare = true;
            }
            let factor: u64 = if c == '万' { 10_000 } else { 100_000_000 };
            let head = section + pending.take().unwrap_or(0);
            let head = if head == 0 && !any { 1 } else { head };
            let grown = if c == '亿' {
                total.checked_add(head)?.checked_mul(factor)?
            } else {
                head.checked_mul(factor)?
            };
            total = if c == '亿' {
                grown
            } else {
                total.checked_add(grown)?
            };
            section = 0;
            any = true;
            factor_all = factor_all.checked_mul(factor.into())?;
            i += 1;
        } else if matches!(c, '余' | '多') && any && i > start {
            over = true;
            i += 1;
            if multiplier(at(s, i)).is_none() {
                break;
            }
        } else {
            break;
        }
        if i - start > 20 {
            return None;
        }
    }
    if !any {
        return None;
    }
    let value = total.checked_add(section)?.checked_add(pending.unwrap_or(0))?;
    Some(Number {
        value: Decimal::from(value),
        start,
        end: i,
        arabic: false,
        over,
        bare,
        digits: 0,
        factor: factor_all,
    })
}

/// 二〇二三, 三四百, 十四五: digits in a row without a place value are years, names or loose talk. Marked as bare and
/// zero, so that nobody counts with them.
fn loose(s: &[char], start: usize, from: usize) -> Option<Number> {
    let mut i = from;
    while han_digit(at(s, i)).is_some() || multiplier(at(s, i)).is_some() {
        i += 1;
        if i - start > 12 {
            return None;
        }
    }
    Some(Number {
        value: Decimal::ZERO,
        start,
        end: i,
        arabic: false,
        over: false,
        bare: true,
        digits: i - start,
        factor: Decimal::ONE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<(String, usize)> {
        let chars: Vec<char> = text.chars().collect();
        number_at(&chars, 0).map(|n| (n.value.normalize().to_string(), n.end))
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let cases: &[(&str, &str, usize)] = &[
            ("1.762亿元", "176200000", 6),
            ("１５００余人", "1500", 5),
            ("1,500人", "1500", 5),
            ("20多亿元", "2000000000", 4),
            ("三十二个", "32", 3),
            ("二十余场", "20", 3),
            ("十多厘米", "10", 2),
            ("十二万亩", "120000", 3),
            ("一百零五户", "105", 4),
            ("一千二百人", "1200", 4),
            ("千亿元", "100000000000", 2),
            ("5千瓦", "5", 1),
            ("10万千瓦", "100000", 3),
            ("三亿五千万", "350000000", 5),
        ];
        for (text, expected, end) in cases {
            assert_eq!(value(text), Some(((*expected).to_owned(), *end)), "{text}");
        }
    }

    #[test]
    fn loose_pairs_of_digits_are_no_count() {
        let chars: Vec<char> = "三四个".chars().collect();
        assert!(number_at(&chars, 0).unwrap().bare);
    }
}
