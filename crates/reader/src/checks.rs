//! Arithmetic that the text itself allows: lists that say how many they list, parts and totals, shares, and deadlines
//! before the document. A fault is stated only where the text leaves no second reading.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::chars::{at, before, cut, digit, find, has_at, is_han, is_stop};
use crate::clauses::{Sentence, sentences};
use crate::figures::Found;
use crate::lists::cut_at;
use crate::model::{Check, Commitment, Value};
use crate::named_sums::named_sums;
use crate::rows::figures_within;
use crate::stream::Stream;
use crate::tables::{adverbs, deliver_verbs, measure_verbs};

/// The checks of a body.
pub(crate) fn checks(
    stream: &Stream,
    figures: &[Found],
    rows: &[Commitment],
    written: Option<Date>,
) -> Vec<Check> {
    let mut found = Vec::new();
    for figure in figures {
        found.extend(listed(stream, figure, figures));
        found.extend(numbered(stream, figure));
    }
    for paragraph in &stream.paragraphs {
        for sentence in sentences(stream, paragraph) {
            sums(stream, figures, &sentence, &mut found);
            shares(stream, figures, &sentence, &mut found);
            growth(stream, figures, &sentence, &mut found);
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
fn reckonable<'a>(figures: &'a [Found], sentence: &Sentence) -> Vec<&'a Found> {
    let most = Decimal::from(1_000_000_000_000_000u64);
    let within = figures_within(figures, sentence.start(), sentence.end());
    within
        .filter(|f| matches!(f.value, Value::One(n) if n.abs() <= most))
        .collect()
}

/// A small whole count.
fn count_of(figure: &Found) -> Option<usize> {
    match figure.value {
        Value::One(n) if n.is_integer() => usize::try_from(i64::try_from(n).ok()?).ok(),
        _ => None,
    }
}

/// `教育、医疗、民政、住房四类政策`: the list in front of its own number.
fn listed(stream: &Stream, figure: &Found, figures: &[Found]) -> Option<Check> {
    let s = &stream.chars;
    let n = count_of(figure).filter(|n| (2..=20).contains(n))?;
    let mut end = figure.start;
    let open = before(s, end) == '等';
    if open || matches!(before(s, end), '共' | '这') {
        end -= 1;
    }
    let from = list_start(s, end);
    let from = from + crate::pieces::dateline(s, from).unwrap_or(0);
    let from = from + opening_verb(cut(s, from, end));
    let mut items = cut_at(s, from, end, &['、']);
    // `项目、民生和环境三件`: the last mark of a list may be a word. It may also stand inside a name, so it divides only
    // where the number says so.
    if items.len() + 1 == n
        && let Some((a, b)) = items.last().copied()
        && let Some(word) = (a + 1..b.saturating_sub(1)).find(|k| matches!(at(s, *k), '和' | '与' | '及'))
    {
        items.pop();
        items.extend([(a, word), (word + 1, b)]);
    }
    if items.len() < 2 || figures_within(figures, from, end).next().is_some() {
        return None;
    }
    let own_noun = is_han(at(s, figure.end)) || matches!(at(s, figure.end), '“' | '”');
    let holds = items.len() == n;
    if !holds {
        let verbs = items.iter().any(|(a, b)| {
            (*a..*b).any(|k| {
                deliver_verbs()
                    .at(s, k)
                    .is_some_and(|v| k + v <= *b && (v == b - a || k > *a))
                    || (k > *a && measure_verbs().at(s, k).is_some_and(|v| v >= 2))
            })
        });
        let long = items.iter().any(|(a, b)| b - a > 14);
        if open && items.len() < n || verbs || long || !own_noun || items.len().abs_diff(n) > 2 {
            return None;
        }
    }
    let names: Vec<String> = items.iter().map(|(a, b)| stream.quote(*a, *b)).collect();
    let sign = if holds { "=" } else { "≠" };
    let statement = format!(
        "列名{}（{}）{sign}{n}{}",
        items.len(),
        names.join("、"),
        figure.unit
    );
    Some(check(
        stream,
        from,
        figure.span().1.max(figure.end),
        statement,
        holds,
    ))
}

/// `落实` of `落实教育、医疗…`: the verb before a list is no part of its first item.
fn opening_verb(list: &[char]) -> usize {
    let mut n = 0usize;
    while let Some(more) = measure_verbs()
        .at(list, n)
        .or_else(|| deliver_verbs().at(list, n))
        .or_else(|| adverbs().at(list, n))
    {
        n += more;
    }
    let rest = cut(list, n, list.len())
        .iter()
        .take_while(|c| **c != '、')
        .count();
    if rest >= 2 { n } else { 0 }
}

/// Where the list that ends at `end` begins: after the mark before it, quotations and brackets aside.
fn list_start(s: &[char], end: usize) -> usize {
    const LONGEST: usize = 120;
    let mut depth = 0i32;
    let mut i = end;
    while i > 0 && end - i < LONGEST {
        let c = before(s, i);
        if matches!(c, '”' | '）' | ')' | '》') {
            depth += 1;
        } else if matches!(c, '“' | '（' | '(' | '《') {
            depth -= 1;
            if depth < 0 {
                return i;
            }
        } else if depth == 0 && (is_stop(c) || matches!(c, '，' | ',' | '；' | ';' | '：' | ':')) {
            return i;
        }
        i -= 1;
    }
    i
}

/// `六点意见：一要…二要…`: the numbered points after the number.
fn numbered(stream: &Stream, figure: &Found) -> Option<Check> {
    const REACH: usize = 60;
    let s = &stream.chars;
    let n = count_of(figure).filter(|n| (2..=12).contains(n))?;
    if !["方面", "点", "个", "项", "条", "大项"].contains(&figure.unit.as_str()) {
        return None;
    }
    let first = (figure.end..(figure.end + REACH).min(s.len()))
        .find(|i| at(s, *i) == '一' && matches!(at(s, i + 1), '是' | '要') && !is_han(before(s, *i)))?;
    let mark = at(s, first + 1);
    let stops = cut(s, figure.end, first).iter().filter(|c| is_stop(**c)).count();
    if stops > 1 {
        return None;
    }
    let mut count = 1usize;
    let mut place = first;
    while let Some(numeral) = ORDER.get(count) {
        let next = (place + 2..s.len().min(place + 3000)).find(|i| {
            let ten = *numeral == '十' || before(s, *i) != '十';
            at(s, *i) == *numeral && at(s, i + 1) == mark && !is_han(before(s, *i)) && ten
        });
        match next {
            Some(i) => {
                count += 1;
                place = i;
            }
            None => break,
        }
    }
    if count < 2 || count.abs_diff(n) > 2 {
        return None;
    }
    let holds = count == n;
    let last = ORDER.get(count - 1).copied().unwrap_or('?');
    let sign = if holds { "=" } else { "≠" };
    let statement = format!("一{mark}至{last}{mark}，列出{count}{sign}{n}{}", figure.unit);
    let (a, b) = figure.span();
    Some(check(stream, a, b, statement, holds))
}

const ORDER: [char; 10] = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];

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
        } else if cued && crate::chars::contains(between, "其中") && sums_wrongly(sum, &same, total) {
            let sum_of: Decimal = same
                .iter()
                .filter_map(|f| {
                    if let Value::One(n) = f.value {
                        Some(n)
                    } else {
                        None
                    }
                })
                .sum();
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
        let added: Decimal = parts
            .iter()
            .filter_map(|f| {
                if let Value::One(n) = f.value {
                    Some(n)
                } else {
                    None
                }
            })
            .sum();
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

/// `总投资248亿元…151.3亿元，占61%`: a share of two stated amounts.
fn shares(stream: &Stream, figures: &[Found], sentence: &Sentence, out: &mut Vec<Check>) {
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
fn growth(stream: &Stream, figures: &[Found], sentence: &Sentence, out: &mut Vec<Check>) {
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
        if hedged && !holds {
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
fn printed(stream: &Stream, figure: &Found) -> String {
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
