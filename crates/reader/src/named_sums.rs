//! Names that count: “1+2+4+76”, “3456工作法”, “六个一”（…）, “一室一站三部”（…）, held against what the text then lists.

use rust_decimal::Decimal;

use crate::chars::{at, before, cut, digit, is_han, string};
use crate::checks::check;
use crate::clauses::closes_soon;
use crate::lists::cut_at;
use crate::model::Check;
use crate::numeral::number_at;
use crate::stream::Stream;

/// How far behind a name its explanation may stand, in characters.
const REACH: usize = 700;

/// Every name in quotation marks that counts what follows.
pub(crate) fn named_sums(stream: &Stream) -> Vec<Check> {
    let s = &stream.chars;
    let mut found = Vec::new();
    let mut i = 0usize;
    while i < s.len() {
        if at(s, i) != '“' {
            i += 1;
            continue;
        }
        let close = (i..(i + 24).min(s.len())).find(|k| at(s, *k) == '”');
        let Some(close) = close else {
            i += 1;
            continue;
        };
        let name = cut(s, i + 1, close);
        let one = plus_name(stream, i, close, name)
            .or_else(|| digits_name(stream, i, close, name))
            .or_else(|| bracketed(stream, i, close, name));
        found.extend(one);
        i = close + 1;
    }
    found
}

/// “1+2+4+76”: each number is taken up again in the text behind.
fn plus_name(stream: &Stream, open: usize, close: usize, name: &[char]) -> Option<Check> {
    let parts: Vec<String> = string(name).split(['+', '＋']).map(str::to_owned).collect();
    if parts.len() < 3 {
        return None;
    }
    let numbers: Option<Vec<Decimal>> = parts.iter().map(|p| p.parse().ok()).collect();
    let numbers = numbers?;
    taken_up(&stream.chars, close, &numbers)?;
    let statement = format!("“{}”：{}各项在下文逐一列出", string(name), parts.join("、"));
    Some(check(stream, open, close + 1, statement, true))
}

/// “3456工作法”: three works, four policies, five ways, six mechanisms.
fn digits_name(stream: &Stream, open: usize, close: usize, name: &[char]) -> Option<Check> {
    let digits: Vec<Decimal> = name.iter().map_while(|c| digit(*c)).map(Decimal::from).collect();
    let rest = cut(name, digits.len(), name.len());
    if digits.len() < 3 || digits.len() > 6 || rest.iter().any(|c| !is_han(*c)) {
        return None;
    }
    taken_up(&stream.chars, close, &digits)?;
    let list: Vec<String> = digits.iter().map(ToString::to_string).collect();
    let statement = format!("“{}”={}，各项在下文逐一列出", string(name), list.join("、"));
    Some(check(stream, open, close + 1, statement, true))
}

/// Whether every number stands again behind `from`, in order, before a classifier or in quotation marks.
fn taken_up(s: &[char], from: usize, numbers: &[Decimal]) -> Option<usize> {
    let mut i = from + 1;
    let end = (from + REACH).min(s.len());
    for wanted in numbers {
        loop {
            if i >= end {
                return None;
            }
            let fresh = digit(before(s, i)).is_none();
            if fresh && let Some(number) = number_at(s, i) {
                i = number.end.max(i + 1);
                let counts = is_han(at(s, number.end)) || at(s, number.end) == '”';
                if number.value == *wanted && counts && !number.bare {
                    break;
                }
            } else {
                i += 1;
            }
        }
    }
    Some(i)
}

/// “六个一”…（…、…）: the list in the brackets right behind.
fn bracketed(stream: &Stream, open: usize, close: usize, name: &[char]) -> Option<Check> {
    let s = &stream.chars;
    let bracket = (close + 1..(close + 10).min(s.len())).find(|k| matches!(at(s, *k), '（' | '('))?;
    if cut(s, close, bracket)
        .iter()
        .any(|c| matches!(c, '，' | ',' | '。' | '；' | '“'))
    {
        return None;
    }
    let end = closes_far(s, bracket)?;
    let items = cut_at(s, bracket + 1, end, &['、', '；', ';', '，', ',']);
    if items.len() < 2 {
        return None;
    }
    if let Some(one) = kinds(stream, open, end, name, &items) {
        return Some(one);
    }
    let number = number_at(name, 0).filter(|n| !n.arabic && !n.bare)?;
    if at(name, number.end) != '个' {
        return None;
    }
    let count = Decimal::from(items.len());
    let holds = count == number.value;
    let sign = if holds { "=" } else { "≠" };
    let statement = format!("“{}”：列出{}项{sign}{}", string(name), items.len(), number.value);
    Some(check(stream, open, end + 1, statement, holds))
}

/// “一室一站三部”（甲室、乙站、丙站…）: how many of each kind are listed.
fn kinds(stream: &Stream, open: usize, end: usize, name: &[char], items: &[(usize, usize)]) -> Option<Check> {
    let s = &stream.chars;
    let mut wanted: Vec<(char, usize)> = Vec::new();
    let mut i = 0usize;
    while i < name.len() {
        let number = number_at(name, i).filter(|n| !n.bare)?;
        let count = usize::try_from(i64::try_from(number.value).ok()?).ok()?;
        let kind = at(name, number.end);
        if !is_han(kind) || kind == '个' {
            return None;
        }
        wanted.push((kind, count));
        i = number.end + 1;
    }
    if wanted.len() < 2 {
        return None;
    }
    let listed = |kind: char| items.iter().filter(|(_, b)| before(s, *b) == kind).count();
    let found: Vec<(char, usize)> = wanted.iter().map(|(kind, _)| (*kind, listed(*kind))).collect();
    // Items of other kinds mean that the list explains something else.
    let known: usize = found.iter().map(|(_, n)| n).sum();
    if known != items.len() {
        return None;
    }
    let holds = found == wanted;
    let write = |list: &[(char, usize)]| -> String {
        let parts: Vec<String> = list.iter().map(|(kind, n)| format!("{n}{kind}")).collect();
        parts.join("+")
    };
    let statement = format!(
        "“{}”={}，列名为{}（共{}项）",
        string(name),
        write(&wanted),
        write(&found),
        items.len()
    );
    Some(check(stream, open, end + 1, statement, holds))
}

fn closes_far(s: &[char], open: usize) -> Option<usize> {
    closes_soon(s, open, s.len())
        .or_else(|| (open..(open + 160).min(s.len())).find(|k| matches!(at(s, *k), '）' | ')')))
}
