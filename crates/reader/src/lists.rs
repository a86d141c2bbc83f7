//! One row a deliverable: a list under one verb is split, a counted list (`…三项重点工作`) stays one row.

use crate::chars::{at, cut};
use crate::clauses::closes_soon;
use crate::figures::Found;
use crate::rows::{Row, Verb, figures_within};
use crate::tables::{collective_nouns, facility_nouns, joining_left, splitting_tails};

/// The rows of a clause: ranges of the stream, the first with the verb.
pub(crate) fn split(s: &[char], row: &Row, end: usize, figures: &[Found]) -> Vec<(usize, usize)> {
    let whole = vec![(row.start, end)];
    let from = if row.action > row.start && row.verb_end <= row.action {
        row.start
    } else {
        row.verb_end
    };
    let items = cut_at(s, from.min(end), end, &['、']);
    if items.len() < 2 {
        return joined(s, row, from, end).unwrap_or(whole);
    }
    if row.verb <= Verb::Effect && items.iter().filter(|(a, b)| has_figure(figures, *a, *b)).count() < 2 {
        return whole;
    }
    if !several(s, &items, figures, row.verb) {
        return whole;
    }
    // `组建队伍23支、1860人`: a number without a noun says more of the item before it.
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for (a, b) in items {
        let bare = figures_within(figures, a, b)
            .next()
            .is_some_and(|f| f.start <= a + 1 && f.end + 1 >= b);
        match parts.last_mut() {
            Some(last) if bare => last.1 = b,
            _ => parts.push((a, b)),
        }
    }
    if let Some((a, b)) = parts.pop() {
        match joint(s, a, b) {
            Some(k) => parts.extend([(a, k), (k + 1, b)]),
            None => parts.push((a, b)),
        }
    }
    if let Some(first) = parts.first_mut() {
        first.0 = row.start;
    }
    parts
}

/// Whether the items are works of their own.
fn several(s: &[char], items: &[(usize, usize)], figures: &[Found], verb: Verb) -> bool {
    let Some((a, b)) = items.last().copied() else {
        return false;
    };
    let with_figure = items.iter().filter(|(a, b)| has_figure(figures, *a, *b)).count();
    // `公园3个、广场5个`: every item has its own number.
    let own_number = |a: usize, b: usize| {
        figures_within(figures, a, b)
            .last()
            .is_some_and(|f| f.end + 2 >= b && f.start > a)
    };
    if with_figure == items.len()
        && items.iter().all(|(a, b)| {
            own_number(*a, *b)
                || figures_within(figures, *a, *b)
                    .next()
                    .is_some_and(|f| f.start == *a)
        })
    {
        return true;
    }
    let last = cut(s, a, b);
    if let Some(k) = last.iter().rposition(|c| *c == '等') {
        let tail = cut(last, k + 1, last.len());
        let plain = tail.len() <= 4 && collective_nouns().before(tail, tail.len()).is_some();
        return plain && items.iter().all(|(a, b)| b - a >= 4);
    }
    // `基础设施提升三项重点工作`: a number inside the last item counts the list.
    if figures_within(figures, a, b).any(|f| f.start > a && f.end < b && !f.unit.contains('/')) {
        return false;
    }
    if last.contains(&'的') && items.len() > 1 && !cut(s, items.first().map_or(a, |i| i.0), a).contains(&'的')
    {
        return false;
    }
    let built = |a: usize, b: usize| (0..b - a).any(|k| facility_nouns().at(cut(s, a, b), k).is_some());
    let ends_built = |a: usize, b: usize| facility_nouns().before(cut(s, a, b), b - a).is_some();
    let others = items.get(..items.len() - 1).unwrap_or(&[]);
    let tail = splitting_tails().before(last, last.len()).is_some();
    let long = items.iter().all(|(a, b)| b - a >= 3);
    if !long {
        return false;
    }
    if tail {
        return others.iter().all(|(a, b)| built(*a, *b))
            && (verb == Verb::Deliver
                || others.iter().filter(|(a, b)| ends_built(*a, *b)).count() * 2 >= others.len());
    }
    let last_built = ends_built(a, b) || crate::chars::contains(last, "建设");
    others.iter().all(|(a, b)| ends_built(*a, *b)) && last_built
}

fn has_figure(figures: &[Found], a: usize, b: usize) -> bool {
    figures_within(figures, a, b).next().is_some()
}

/// `企业股份制改造和资本市场直接融资`: two works joined by 和.
fn joined(s: &[char], row: &Row, from: usize, end: usize) -> Option<Vec<(usize, usize)>> {
    if row.verb <= Verb::Effect {
        return None;
    }
    let k = joint(s, from, end)?;
    (k >= from + 5 && end >= k + 7).then(|| vec![(row.start, k), (k + 1, end)])
}

/// Where 和 or 及 joins two works in `a..b`.
fn joint(s: &[char], a: usize, b: usize) -> Option<usize> {
    let mut i = a;
    while i < b {
        if let Some(close) = closes_soon(s, i, b) {
            i = close + 1;
            continue;
        }
        let left = cut(s, a, i);
        if matches!(at(s, i), '和' | '及')
            && left.len() >= 5
            && b - i > 3
            && joining_left().before(left, left.len()).is_some()
        {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// Cuts `a..b` at the marks, quotations and brackets aside.
pub(crate) fn cut_at(s: &[char], a: usize, b: usize, marks: &[char]) -> Vec<(usize, usize)> {
    let mut items = Vec::new();
    let (mut from, mut i) = (a, a);
    while i < b {
        if let Some(close) = closes_soon(s, i, b) {
            i = close + 1;
            continue;
        }
        if marks.contains(&at(s, i)) {
            if i > from {
                items.push((from, i));
            }
            from = i + 1;
        }
        i += 1;
    }
    if b > from {
        items.push((from, b));
    }
    items
}
