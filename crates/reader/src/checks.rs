//! Arithmetic that the text itself allows: lists that say how many they list, parts and totals, shares, and deadlines
//! before the document. A fault is stated only where the text leaves no second reading.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::chars::{at, cut, digit, has_at};
use crate::clauses::{Sentence, sentences};
use crate::counted::{Items, listed, numbered};
use crate::figures::Found;
use crate::model::{Check, Commitment, Value};
use crate::named_sums::named_sums;
use crate::rates::{gains, growth, rates, shares};
use crate::rows::figures_within;
use crate::stream::Stream;

/// The checks of a body.
pub(crate) fn checks(
    stream: &Stream,
    figures: &[Found],
    rows: &[Commitment],
    written: Option<Date>,
) -> Vec<Check> {
    let mut found = Vec::new();
    let items = Items::of(stream);
    for figure in figures {
        found.extend(listed(stream, figure, figures));
        found.extend(numbered(stream, figure, &items));
    }
    for paragraph in &stream.paragraphs {
        let mut previous: Option<Sentence> = None;
        for sentence in sentences(stream, paragraph) {
            sums(stream, figures, &sentence, &mut found);
            if let Some(previous) = &previous {
                parts_behind(stream, figures, previous, &sentence, &mut found);
            }
            shares(stream, figures, &sentence, &mut found);
            rates(stream, figures, &sentence, &mut found);
            growth(stream, figures, &sentence, &mut found);
            gains(stream, figures, &sentence, &mut found);
            previous = Some(sentence);
        }
    }
    found.extend(named_sums(stream));
    if let Some(written) = written {
        found.extend(rows.iter().filter_map(|row| too_late(row, written)));
    }
    found
}

/// A check whose quote is the stream from `a` to `b`.
pub(crate) fn check(stream: &Stream, a: usize, b: usize, statement: String, holds: bool) -> Check {
    Check {
        statement,
        holds,
        quote: stream.quote(a, b),
        at: stream.runs(a, b),
    }
}

/// The figures of a sentence that can be added and multiplied without overflow: nobody counts beyond a quadrillion.
pub(crate) fn reckonable<'a>(figures: &'a [Found], sentence: &Sentence) -> Vec<&'a Found> {
    let most = Decimal::from(1_000_000_000_000_000u64);
    let within = figures_within(figures, sentence.start(), sentence.end());
    within
        .filter(|f| matches!(f.value, Value::One(n) if n.abs() <= most))
        .collect()
}

/// A small whole count.
pub(crate) fn count_of(figure: &Found) -> Option<usize> {
    match figure.value {
        Value::One(n) if n.is_integer() => usize::try_from(i64::try_from(n).ok()?).ok(),
        _ => None,
    }
}

/// `共87个…，其中32个、34个、21个`: parts and their total.
fn sums(stream: &Stream, figures: &[Found], sentence: &Sentence, out: &mut Vec<Check>) {
    let s = &stream.chars;
    let all: Vec<&Found> = reckonable(figures, sentence);
    for (i, total) in all.iter().enumerate().take(40) {
        let Value::One(sum) = total.value else { continue };
        let same: Vec<&Found> = all
            .iter()
            .skip(i + 1)
            .take(12)
            .copied()
            .filter(|f| f.unit == total.unit && total.unit != "%")
            .collect();
        if sum < Decimal::from(3) || same.len() < 2 {
            continue;
        }
        let Some(first) = same.first() else { continue };
        let between = cut(s, total.end, first.start);
        let cued = ["其中", "包括", "分别", "分为", "有"]
            .iter()
            .any(|w| crate::chars::contains(between, w));
        let mut running = Decimal::ZERO;
        let mut parts: Vec<&Found> = Vec::new();
        let mut exact = false;
        for part in &same {
            let Value::One(n) = part.value else { break };
            running += n;
            parts.push(part);
            if running == sum && parts.len() >= 2 {
                exact = true;
                break;
            }
            if running > sum {
                break;
            }
        }
        let large = sum >= Decimal::from(20) || parts.len() >= 3;
        let (a, b) = (total.span().0, parts.last().map_or(total.end, |p| p.end));
        if exact && (cued || large) {
            out.push(check(
                stream,
                a,
                b,
                format!("{}={}", plus(stream, &parts), printed(stream, total)),
                true,
            ));
            continue;
        }
        // A fault is looked for in the list behind 其中 only, up to its semicolon.
        let stop = (first.end..s.len())
            .find(|k| matches!(at(s, *k), '；' | ';' | '。'))
            .unwrap_or(s.len());
        let same: Vec<&Found> = same.into_iter().filter(|f| f.end <= stop).collect();
        if cued && crate::chars::contains(between, "其中") && sums_wrongly(sum, &same, total) {
            let sum_of = total_of(&same);
            let b = same.last().map_or(total.end, |p| p.end);
            let sum_of = sum_of.normalize();
            out.push(check(
                stream,
                a,
                b,
                format!("{}={sum_of}≠{}", plus(stream, &same), printed(stream, total)),
                false,
            ));
        }
    }
    totals_last(stream, &all, out);
}

/// `发生事故5起。其中，道路3起，施工1起，工矿1起`: the parts in the sentence behind the total.
fn parts_behind(
    stream: &Stream,
    figures: &[Found],
    whole: &Sentence,
    sentence: &Sentence,
    out: &mut Vec<Check>,
) {
    let s = &stream.chars;
    if !has_at(s, sentence.start(), "其中") {
        return;
    }
    let parts = reckonable(figures, sentence);
    let Some(first) = parts.first() else { return };
    let parts: Vec<&Found> = parts.iter().copied().filter(|f| f.unit == first.unit).collect();
    let totals: Vec<&Found> = reckonable(figures, whole)
        .into_iter()
        .filter(|f| f.unit == first.unit && f.unit != "%")
        .collect();
    let added = total_of(&parts);
    let (a, b) = (whole.start(), sentence.end());
    if parts.len() < 2 {
        return;
    }
    if let Some(total) = totals.iter().find(|f| f.value == Value::One(added)) {
        let statement = format!("{}={}", plus(stream, &parts), printed(stream, total));
        out.push(check(stream, a.max(total.span().0), b, statement, true));
    } else if let [total] = totals.as_slice()
        && let Value::One(sum) = total.value
        && sums_wrongly(sum, &parts, total)
    {
        let statement = format!(
            "{}={}≠{}",
            plus(stream, &parts),
            added.normalize(),
            printed(stream, total)
        );
        out.push(check(stream, a.max(total.span().0), b, statement, false));
    }
}

fn total_of(parts: &[&Found]) -> Decimal {
    let numbers = parts.iter().filter_map(|f| {
        if let Value::One(n) = f.value {
            Some(n)
        } else {
            None
        }
    });
    numbers.sum()
}

/// `32个、34个、21个，合计87个`
fn totals_last(stream: &Stream, all: &[&Found], out: &mut Vec<Check>) {
    let s = &stream.chars;
    for (i, total) in all.iter().enumerate().take(40) {
        let lead = cut(s, total.start.saturating_sub(4), total.start);
        let called = ["合计", "总计", "共计", "累计"]
            .iter()
            .any(|w| crate::chars::contains(lead, w));
        let Value::One(sum) = total.value else { continue };
        if !called || i < 2 {
            continue;
        }
        let parts: Vec<&Found> = all
            .iter()
            .take(i)
            .copied()
            .filter(|f| f.unit == total.unit)
            .collect();
        let added = total_of(&parts);
        let (Some(first), true) = (parts.first(), parts.len() >= 2) else {
            continue;
        };
        if added == sum {
            let statement = format!("{}={}", plus(stream, &parts), printed(stream, total));
            out.push(check(stream, first.span().0, total.end, statement, true));
        }
    }
}

/// Three parts or more after 其中 that miss the total by a little, or exceed it: a fault.
fn sums_wrongly(sum: Decimal, parts: &[&Found], total: &Found) -> bool {
    let hedged = total.qualifier.is_some() || parts.iter().any(|f| f.qualifier.is_some());
    let numbers: Vec<Decimal> = parts
        .iter()
        .filter_map(|f| {
            if let Value::One(n) = f.value {
                Some(n)
            } else {
                None
            }
        })
        .collect();
    let added: Decimal = numbers.iter().copied().sum();
    let Some(share) = (added - sum).abs().checked_div(sum) else {
        return false;
    };
    !hedged
        && numbers.len() == parts.len()
        && parts.len() >= 3
        && added != sum
        && numbers.iter().all(|n| *n < sum)
        && share <= Decimal::new(1, 1)
}

/// A deadline before the day of the document.
fn too_late(row: &Commitment, written: Date) -> Option<Check> {
    let due = row.due.filter(|due| *due < written)?;
    let statement = format!("时限{due}早于文中日期{written}");
    Some(Check {
        statement,
        holds: false,
        quote: row.quote.clone(),
        at: row.at.clone(),
    })
}

fn plus(stream: &Stream, parts: &[&Found]) -> String {
    let numbers: Vec<String> = parts.iter().map(|f| printed(stream, f)).collect();
    numbers.join("+")
}

/// The number as printed, with 万 and 亿 but without its unit where it is plain.
pub(crate) fn printed(stream: &Stream, figure: &Found) -> String {
    let s = &stream.chars;
    let mut end = figure.start;
    while digit(at(s, end)).is_some()
        || matches!(at(s, end), '.' | '．' | ',')
        || matches!(at(s, end), '万' | '亿' | '千' | '百')
    {
        end += 1;
    }
    if end == figure.start {
        return match figure.value {
            Value::One(n) => n.normalize().to_string(),
            Value::Range(a, b) => format!("{}—{}", a.normalize(), b.normalize()),
        };
    }
    stream.quote(figure.start, end)
}
