//! Shares, rates and growth held against the numbers that the sentence gives for them.

use rust_decimal::Decimal;

use crate::chars::{at, before, cut, find, has_at, is_han};
use crate::checks::{check, printed, reckonable};
use crate::clauses::Sentence;
use crate::figures::Found;
use crate::model::{Check, Value};
use crate::stream::Stream;

/// `总投资248亿元…151.3亿元，占61%`: a share of two stated amounts.
pub(crate) fn shares(stream: &Stream, figures: &[Found], sentence: &Sentence, out: &mut Vec<Check>) {
    let s = &stream.chars;
    let all: Vec<&Found> = reckonable(figures, sentence);
    for (i, rate) in all.iter().enumerate().take(60) {
        let (Value::One(percent), true) = (rate.value, matches!(rate.unit.as_str(), "%" | "％")) else {
            continue;
        };
        let Some(part) = i.checked_sub(1).and_then(|j| all.get(j)) else {
            continue;
        };
        let between = cut(s, part.end, rate.start);
        let Some(share) = find(between, "占") else {
            continue;
        };
        let Value::One(of) = part.value else { continue };
        if between.len() > 24
            || part.unit == rate.unit
            || rate.qualifier.is_some()
            || part.qualifier.is_some()
        {
            continue;
        }
        let wholes: Vec<&Found> = all
            .iter()
            .take(i.saturating_sub(1))
            .copied()
            .filter(|f| f.unit == part.unit && matches!(f.value, Value::One(n) if n >= of && !n.is_zero()))
            .collect();
        let places = percent.scale();
        let fits = |whole: &&&Found| -> bool {
            let Value::One(n) = whole.value else { return false };
            let exact = (of * Decimal::ONE_HUNDRED).checked_div(n).unwrap_or_default();
            (exact - percent).abs() <= Decimal::new(6, places + 1)
        };
        let of_all = ["占总", "占全", "占比"].iter().any(|w| has_at(between, share, w));
        let holding = wholes.iter().rev().find(fits);
        let (whole, holds) = match (holding, wholes.as_slice()) {
            (Some(whole), _) => (*whole, true),
            (None, [only]) if of_all => (*only, false),
            _ => continue,
        };
        let Value::One(n) = whole.value else { continue };
        let exact = (of * Decimal::ONE_HUNDRED)
            .checked_div(n)
            .unwrap_or_default()
            .round_dp(places + 1)
            .normalize();
        let sign = if holds { "≈" } else { "≠" };
        let statement = format!(
            "{}/{}={exact}%{sign}{}%",
            printed(stream, part),
            printed(stream, whole),
            percent.normalize()
        );
        out.push(check(stream, whole.span().0, rate.end, statement, holds));
    }
}

/// `从200户增加到260户，增长30%`
pub(crate) fn growth(stream: &Stream, figures: &[Found], sentence: &Sentence, out: &mut Vec<Check>) {
    let s = &stream.chars;
    let all: Vec<&Found> = reckonable(figures, sentence);
    for triple in all.windows(3).take(60) {
        let [old, new, rate] = triple else { continue };
        let (Value::One(a), Value::One(b), Value::One(percent)) = (old.value, new.value, rate.value) else {
            continue;
        };
        let from = matches!(before(s, old.start), '从' | '由') || has_before_noun(s, old.start);
        let to = matches!(before(s, new.start), '到' | '至');
        let between = cut(s, new.end, rate.start);
        let up = ["增长", "提高", "增加", "上升"]
            .iter()
            .any(|w| crate::chars::contains(between, w));
        let down = ["下降", "减少", "降低", "压减"]
            .iter()
            .any(|w| crate::chars::contains(between, w));
        let alike = old.unit == new.unit && rate.unit == "%" && old.unit != "%";
        if !from || !to || !alike || up == down || between.len() > 8 || a.is_zero() {
            continue;
        }
        let hedged = [old, new, rate].iter().any(|f| f.qualifier.is_some());
        let change = if up { b - a } else { a - b };
        let exact = (change * Decimal::ONE_HUNDRED).checked_div(a).unwrap_or_default();
        let holds = (exact - percent).abs() <= Decimal::new(6, percent.scale() + 1);
        if !holds && (hedged || grows_in_prices(s, sentence, old)) {
            continue;
        }
        let exact = exact.round_dp(percent.scale() + 1).normalize();
        let sign = if holds { "≈" } else { "≠" };
        let (first, second) = if up { (new, old) } else { (old, new) };
        let statement = format!(
            "({}-{})/{}={exact}%{sign}{}%",
            printed(stream, first),
            printed(stream, second),
            printed(stream, old),
            percent.normalize()
        );
        out.push(check(stream, old.span().0, rate.end, statement, holds));
    }
}

/// `由上年的200户`: a short noun between 由 and the number.
fn has_before_noun(s: &[char], start: usize) -> bool {
    let lead = cut(s, start.saturating_sub(8), start);
    lead.iter().any(|c| matches!(c, '从' | '由')) && before(s, start) == '的'
}

/// Output is often compared at constant prices, so that its growth need not follow from the amounts.
fn grows_in_prices(s: &[char], sentence: &Sentence, figure: &Found) -> bool {
    let text = cut(s, sentence.start(), sentence.end());
    figure.unit.contains('元')
        && ["生产总值", "增加值", "GDP", "产值"]
            .iter()
            .any(|w| find(text, w).is_some())
}

/// `排查隐患3276条，已整改3079条，整改率94%`: a rate named after the deed that its part counts.
pub(crate) fn rates(stream: &Stream, figures: &[Found], sentence: &Sentence, out: &mut Vec<Check>) {
    let s = &stream.chars;
    let all: Vec<&Found> = reckonable(figures, sentence);
    for (i, rate) in all.iter().enumerate().take(60) {
        let (Value::One(percent), true) = (rate.value, matches!(rate.unit.as_str(), "%" | "％")) else {
            continue;
        };
        let Some(deed) = rate_name(s, sentence.start(), rate.start).filter(|_| rate.qualifier.is_none())
        else {
            continue;
        };
        let counts: Vec<&Found> = all
            .iter()
            .take(i)
            .copied()
            .filter(|f| !matches!(f.unit.as_str(), "%" | "％"))
            .collect();
        let named = |part: &Found| counted_deed(s, sentence.start(), part, deed);
        let places = percent.scale();
        let mut holding = None;
        let mut failing = Vec::new();
        for (k, part) in counts.iter().enumerate().filter(|(_, f)| named(f)) {
            for whole in counts.iter().take(k).rev().filter(|f| f.unit == part.unit) {
                let (Value::One(of), Value::One(n)) = (part.value, whole.value) else {
                    continue;
                };
                if n.is_zero() || of > n {
                    continue;
                }
                let exact = (of * Decimal::ONE_HUNDRED).checked_div(n).unwrap_or_default();
                let off = (exact - percent).abs();
                if off <= Decimal::new(6, places + 1) {
                    holding = holding.or(Some((*part, *whole, exact)));
                } else if off >= Decimal::new(1, places) {
                    failing.push((*part, *whole, exact));
                }
            }
        }
        // A fault leaves no second reading: one part, one whole, nothing else of the unit, nothing hedged.
        let alone = |part: &Found| counts.iter().filter(|f| f.unit == part.unit).count() == 2;
        let sure = |(part, whole, _): &(&Found, &Found, Decimal)| {
            alone(part)
                && part.qualifier.is_none()
                && whole.qualifier.is_none()
                && rate.start - part.end <= 12
        };
        let (found, holds) = match (holding, failing.as_slice()) {
            (Some(found), _) => (found, true),
            (None, [only]) if sure(only) => (*only, false),
            _ => continue,
        };
        let (part, whole, exact) = found;
        let sign = if holds { "≈" } else { "≠" };
        let statement = format!(
            "{}/{}={}%{sign}{}%",
            printed(stream, part),
            printed(stream, whole),
            exact.round_dp(places + 2).normalize(),
            percent.normalize()
        );
        out.push(check(
            stream,
            whole.span().0.min(part.span().0),
            rate.end,
            statement,
            holds,
        ));
    }
}

/// The deed in `整改率94%`, `开工率达到88.6%`: the words before 率, right before the number.
fn rate_name(s: &[char], from: usize, number: usize) -> Option<&[char]> {
    let end = ["达到", "达", "为", "约", ""].iter().find_map(|w| {
        let k = number.checked_sub(w.chars().count())?;
        (has_at(s, k, w) && before(s, k) == '率' && k > from).then(|| k - 1)
    })?;
    let mut start = end;
    while start > from && is_han(before(s, start)) && end - start < 6 {
        start -= 1;
    }
    (end >= start + 2).then(|| cut(s, start, end))
}

/// Whether the clause of a number tells of the deed that a rate is named after: two characters of it in a row.
fn counted_deed(s: &[char], from: usize, part: &Found, deed: &[char]) -> bool {
    let mut start = part.start;
    while start > from && is_han(before(s, start)) && part.start - start < 10 {
        start -= 1;
    }
    let mut end = part.end;
    while is_han(at(s, end)) && end - part.end < 6 {
        end += 1;
    }
    let text = cut(s, start, end);
    deed.windows(2).any(|pair| text.windows(2).any(|w| w == pair))
}

/// `达到120家，比上年增加20家，增长20%`
pub(crate) fn gains(stream: &Stream, figures: &[Found], sentence: &Sentence, out: &mut Vec<Check>) {
    let s = &stream.chars;
    let all: Vec<&Found> = reckonable(figures, sentence);
    for triple in all.windows(3).take(60) {
        let [now, more, rate] = triple else { continue };
        let (Value::One(a), Value::One(d), Value::One(percent)) = (now.value, more.value, rate.value) else {
            continue;
        };
        let step = cut(s, now.end, more.start);
        let end = cut(s, more.end, rate.start);
        let says = |text: &[char], words: &[&str]| words.iter().any(|w| find(text, w).is_some());
        let up = says(step, &["增加", "净增", "多"]) && says(end, &["增长", "增幅"]);
        let down = says(step, &["减少", "少"]) && says(end, &["下降", "降幅", "减少"]);
        let alike =
            now.unit == more.unit && matches!(rate.unit.as_str(), "%" | "％") && now.unit != rate.unit;
        if up == down || !alike || step.len() > 12 || end.len() > 6 {
            continue;
        }
        let base = if up { a - d } else { a + d };
        if base <= Decimal::ZERO {
            continue;
        }
        let exact = (d * Decimal::ONE_HUNDRED).checked_div(base).unwrap_or_default();
        let off = (exact - percent).abs();
        let holds = off <= Decimal::new(6, percent.scale() + 1);
        let hedged = [now, more, rate].iter().any(|f| f.qualifier.is_some());
        if !holds && (hedged || off < Decimal::new(1, percent.scale()) || grows_in_prices(s, sentence, now)) {
            continue;
        }
        let sign = if holds { "≈" } else { "≠" };
        let (first, mark) = (printed(stream, now), if up { "-" } else { "+" });
        let change = printed(stream, more);
        let exact = exact.round_dp(percent.scale() + 1).normalize();
        let statement = format!(
            "{change}/({first}{mark}{change})={exact}%{sign}{}%",
            percent.normalize()
        );
        out.push(check(stream, now.span().0, rate.end, statement, holds));
    }
}
