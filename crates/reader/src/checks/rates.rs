//! Rates named after a deed, held against the numbers that the sentence gives for them.

use rust_decimal::Decimal;

use crate::chars::{at, before, contains, cut, has_at, is_han};
use crate::checks::reckon::{Num, Says, check, comes_to, percent_of, side_by_side, tolerance};
use crate::checks::shares::{named_part, of_target, share, shares_in_turn, shares_of_a_whole};
use crate::model::Check;
use crate::stream::Stream;
use crate::tables::{
    at_most_a_hundred, deed_tails, negations, not_of_a_part, occupancy, place_nouns, same_deeds,
};

/// Every percentage of a sentence that follows from its other numbers, or those of the sentence before.
pub(crate) fn rates(says: &Says, earlier: &[Says], out: &mut Vec<Check>) {
    for (i, rate) in says.all.iter().enumerate() {
        if !rate.percent() {
            continue;
        }
        let found = of_target(says, i)
            .or_else(|| share(says, earlier, i))
            .or_else(|| named_rate(says, earlier, i))
            .or_else(|| named_part(says, earlier, i))
            .or_else(|| too_much(says, i));
        out.extend(found);
    }
    shares_in_turn(says, out);
    shares_of_a_whole(says, out);
}

pub(super) fn rate_check(
    stream: &Stream,
    a: usize,
    rate: &Num,
    part: &Num,
    whole: &Num,
    exact: Decimal,
    holds: bool,
) -> Check {
    let (part_said, whole_said) = side_by_side(stream, part, whole);
    let statement = format!("{part_said}/{whole_said}{}", comes_to(exact, rate, holds));
    let a = a.min(part.found.span().0).min(whole.start());
    check(
        stream,
        a,
        rate.end().max(part.end()).max(whole.end()),
        statement,
        holds,
    )
}

/// `排查隐患3276条，已整改3079条，整改率94%`: a rate named after the deed that its part counts.
fn named_rate(says: &Says, earlier: &[Says], i: usize) -> Option<Check> {
    const CLOSE: usize = 14;
    const NEARLY: Decimal = Decimal::from_parts(5, 0, 0, false, 0);
    let rate = says.all.get(i)?;
    let deed = deed_of(says, i).filter(|deed| !rate.hedged() && !not_of_a_part().any_in(deed))?;
    let counts: Vec<Num> = says
        .all
        .iter()
        .take(i)
        .copied()
        .filter(|f| !f.percent() && !f.hedged())
        .collect();
    let pairs = pairs(&counts);
    let holding = pairs.iter().find_map(|(part, whole)| {
        let named = counted_deed(says, part, deed);
        let reading = fits(says, rate, part, whole, named).map(|e| (e, false));
        // `合格率98%` of what was checked, where the failures are counted.
        let failed = || {
            (named && negated(says, part, deed))
                .then(|| {
                    fits(
                        says,
                        rate,
                        &Num {
                            n: whole.n - part.n,
                            ..*whole
                        },
                        whole,
                        true,
                    )
                })
                .flatten()
                .map(|e| (e, true))
        };
        reading
            .or_else(failed)
            .map(|(exact, left)| (*part, *whole, exact, left))
    });
    if let Some((part, whole, exact, left)) = holding {
        return Some(if left {
            left_check(says, rate, &part, &whole, exact, true)
        } else {
            rate_check(
                says.stream,
                whole.found.span().0,
                rate,
                &part,
                &whole,
                exact,
                true,
            )
        });
    }
    let before = earlier.last().filter(|before| before.b + 2 >= says.a);
    let found = from_elsewhere(says, before, i, deed)
        .or_else(|| of_earlier_whole(says, earlier, i, deed))
        .or_else(|| of_places(says, earlier, i, deed));
    if found.is_some() {
        return found;
    }
    // A fault leaves no second reading: one part, one whole, nothing else of the unit, nothing hedged.
    let (part, whole) = pairs.iter().find(|(part, _)| counted_deed(says, part, deed))?;
    let only = counts.iter().filter(|f| f.unit() == part.unit()).count() == 2;
    let exact = percent_of(part.n, whole.n)?;
    let hedged = part.hedged() || whole.hedged();
    let off = (exact - rate.n).abs();
    // Among other numbers: the whole, its part and the rate one right behind the other, the rate nearly right.
    let (before_rate, before_part) = (counts.last(), counts.iter().rev().nth(1));
    let in_row = before_rate.is_some_and(|f| f.start() == part.start())
        && before_part.is_some_and(|f| f.start() == whole.start())
        && says.between(whole, part).len() <= CLOSE
        && off <= NEARLY;
    let alone = only || in_row;
    let close = rate.start().saturating_sub(part.end()) <= CLOSE && part.end() < rate.start();
    // `已注册41个，注册率77.4%；已开工29个，开工率54.7%`: both are parts of a third number.
    if has_own_rate(says, whole)
        || !alone
        || hedged
        || !close
        || !right_before(says, part, deed)
        || off < Decimal::new(1, rate.n.scale())
    {
        return None;
    }
    if negated(says, part, deed) {
        let exact = Decimal::ONE_HUNDRED - exact;
        let off = (exact - rate.n).abs() >= Decimal::new(1, rate.n.scale());
        return off.then(|| left_check(says, rate, part, whole, exact, false));
    }
    Some(rate_check(
        says.stream,
        whole.found.span().0,
        rate,
        part,
        whole,
        exact,
        false,
    ))
}

/// `(320-4)/320=98.75%`
fn left_check(says: &Says, rate: &Num, part: &Num, whole: &Num, exact: Decimal, holds: bool) -> Check {
    let (part_said, whole_said) = side_by_side(says.stream, part, whole);
    let statement = format!(
        "({whole_said}-{part_said})/{whole_said}{}",
        comes_to(exact, rate, holds)
    );
    let a = whole.found.span().0.min(part.found.span().0);
    check(says.stream, a, rate.end(), statement, holds)
}

/// Every two numbers of one unit, the smaller first; those near the rate first.
fn pairs<'a>(counts: &[Num<'a>]) -> Vec<(Num<'a>, Num<'a>)> {
    const NEAR: usize = 12;
    let near = counts.get(counts.len().saturating_sub(NEAR)..).unwrap_or(counts);
    let mut found = Vec::new();
    for (k, two) in near.iter().enumerate().rev() {
        for one in near.iter().take(k).rev().filter(|f| f.unit() == two.unit()) {
            let (part, whole) = if two.n <= one.n {
                (*two, *one)
            } else {
                (*one, *two)
            };
            if !whole.n.is_zero() && !part.n.is_zero() {
                found.push((part, whole));
            }
        }
    }
    found
}

/// The exact rate, where the printed one agrees with it: to its last place where the deed is named, else only where it is
/// printed so finely that agreement is no accident.
fn fits(says: &Says, rate: &Num, part: &Num, whole: &Num, named: bool) -> Option<Decimal> {
    let exact = percent_of(part.n, whole.n)?;
    let off = (exact - rate.n).abs();
    let fine = rate.n.scale() >= 1;
    let bound = if named {
        tolerance(says.s(), rate, part, whole)
    } else {
        Decimal::new(6, rate.n.scale() + 1)
    };
    (off <= bound && (named || fine)).then_some(exact)
}

/// The parts stand in the sentence before, or behind a rate that is named first.
fn from_elsewhere(says: &Says, earlier: Option<&Says>, i: usize, deed: &[char]) -> Option<Check> {
    const REACH: usize = 40;
    let rate = says.all.get(i)?;
    let behind = says
        .all
        .iter()
        .skip(i + 1)
        .take_while(|f| f.end() <= rate.end() + REACH);
    let behind: Vec<Num> = behind.copied().filter(|f| !f.percent()).collect();
    for (part, whole) in pairs(&behind) {
        if counted_deed(says, &part, deed)
            && let Some(exact) = fits(says, rate, &part, &whole, true)
        {
            return Some(rate_check(
                says.stream,
                rate.start(),
                rate,
                &part,
                &whole,
                exact,
                true,
            ));
        }
    }
    let earlier = earlier?;
    let mut counts: Vec<Num> = earlier.all.iter().copied().filter(|f| !f.percent()).collect();
    counts.extend(says.all.iter().take(i).copied().filter(|f| !f.percent()));
    for (part, whole) in pairs(&counts) {
        let named = counted_deed(says, &part, deed);
        if let Some(exact) = fits(says, rate, &part, &whole, named) {
            return Some(rate_check(
                says.stream,
                whole.start(),
                rate,
                &part,
                &whole,
                exact,
                true,
            ));
        }
    }
    None
}

/// The deed of a rate, also where several rates stand under one name: `完成率分别为63.6%和69.2%`.
fn deed_of<'a>(says: &Says<'a>, i: usize) -> Option<&'a [char]> {
    let mut k = i;
    while let (Some(one), Some(two)) = (k.checked_sub(1).and_then(|k| says.all.get(k)), says.all.get(k))
        && one.percent()
        && matches!(says.between(one, two), ['、' | '和' | '，' | ','])
    {
        k -= 1;
    }
    let first = says.all.get(k)?;
    let several = k == i || contains(says.lead(first), "分别");
    rate_name(says.s(), says.a, first.start()).filter(|_| several)
}

/// Whether the number right behind is the rate of this one: then it is a part itself.
fn has_own_rate(says: &Says, whole: &Num) -> bool {
    const CLOSE: usize = 14;
    let next = says.all.iter().find(|f| f.start() > whole.start());
    next.is_some_and(|f| {
        let named = rate_name(says.s(), says.a, f.start());
        f.percent()
            && f.start() <= whole.end() + CLOSE
            && named.is_some_and(|deed| counted_deed(says, whole, deed))
    })
}

/// `签约项目53个…。已注册41个，注册率77.4%`: the whole stands some sentences before. Stated where a finely printed rate agrees.
fn of_earlier_whole(says: &Says, earlier: &[Says], i: usize, deed: &[char]) -> Option<Check> {
    let rate = says.all.get(i)?;
    let part = says.all.get(i.checked_sub(1)?)?;
    if rate.n.scale() == 0 || part.percent() || !counted_deed(says, part, deed) {
        return None;
    }
    let wholes = earlier.iter().rev().flat_map(|said| said.all.iter());
    let mut larger = wholes.filter(|f| f.unit() == part.unit() && f.n > part.n);
    larger.find_map(|whole| {
        let exact = fits(says, rate, part, whole, false)?;
        Some(rate_check(
            says.stream,
            part.found.span().0,
            rate,
            part,
            whole,
            exact,
            true,
        ))
    })
}

/// `托位1.2万个，收托6960人，入托率58%`: people against the places that there are for them.
fn of_places(says: &Says, earlier: &[Says], i: usize, deed: &[char]) -> Option<Check> {
    const NEAR: u64 = 20;
    let rate = says.all.get(i)?;
    let part = says.all.get(i.checked_sub(1)?)?;
    let close = says.between(part, rate).len() <= 10;
    if part.percent() || !close || part.hedged() || !occupancy().any_in(deed) {
        return None;
    }
    let all = earlier.last().into_iter().chain([says]);
    let numbers = all.flat_map(|said| said.all.iter().map(move |f| (said, f)));
    let places: Vec<&Num> = numbers
        .filter(|(said, f)| {
            let behind = cut(said.s(), f.end(), f.end() + 6);
            let behind = cut(behind, 0, behind.iter().take_while(|c| is_han(**c)).count());
            let lead = said.lead(f);
            f.start() < part.start()
                && !f.percent()
                && f.n >= part.n
                && !contains(lead, "其中")
                && (place_nouns().any_in(behind) || place_nouns().before(lead, lead.len()).is_some())
        })
        .map(|(_, f)| f)
        .collect();
    let exact = |whole: &Num| percent_of(part.n, whole.n);
    let fits = |whole: &&&Num| {
        exact(whole).is_some_and(|e| (e - rate.n).abs() <= tolerance(says.s(), rate, part, whole))
    };
    let (whole, holds) = match (places.iter().rev().find(fits), places.as_slice()) {
        (Some(whole), _) => (*whole, true),
        (None, [whole]) if !whole.hedged() && part.unit() != whole.unit() => (*whole, false),
        _ => return None,
    };
    let exact = exact(whole)?;
    if !holds && (exact - rate.n).abs() > Decimal::from(NEAR) {
        return None;
    }
    let a = whole.found.span().0.max(says.a);
    Some(rate_check(says.stream, a, rate, part, whole, exact, holds))
}

/// The deed in `整改率94%`, `开工率达到88.6%`: the words before 率, right before the number.
pub(super) fn rate_name(s: &[char], from: usize, number: usize) -> Option<&[char]> {
    let end = [
        "达到了",
        "达到",
        "达",
        "为",
        "约",
        "仅为",
        "仅",
        "分别为",
        "由",
        "",
    ]
    .iter()
    .find_map(|w| {
        let k = number.checked_sub(w.chars().count())?;
        (has_at(s, k, w) && before(s, k) == '率' && k > from).then(|| k - 1)
    })?;
    let mut start = end;
    while start > from && is_han(before(s, start)) && end - start < 6 {
        start -= 1;
    }
    (end >= start + 2).then(|| cut(s, start, end))
}

/// The words around a number: its clause, ten characters before it and six behind.
fn around<'a>(says: &Says<'a>, part: &Num) -> (&'a [char], usize) {
    let s = says.s();
    let mut start = part.start();
    while start > 0 && is_han(before(s, start)) && part.start() - start < 10 {
        start -= 1;
    }
    let mut end = part.end();
    while is_han(at(s, end)) && end - part.end() < 6 {
        end += 1;
    }
    (cut(s, start, end), part.start() - start)
}

/// The length of the word at `k` that tells of the deed: two characters of it in a row or turned round (收回 for 回收), a word
/// that means the same (`data/checks.txt`), or 已检 for 检验.
fn deed_at(text: &[char], k: usize, deed: &[char]) -> Option<usize> {
    let (one, two) = (at(text, k), at(text, k + 1));
    let same = deed.windows(2).any(|w| {
        let (a, b) = (at(w, 0), at(w, 1));
        (a == one && b == two) || (a == two && b == one)
    });
    let begun = matches!(one, '已' | '实') && deed.contains(&two);
    if same || begun {
        return Some(2);
    }
    let mut kin = same_deeds()
        .iter()
        .filter(|words| words.iter().any(|w| contains(deed, w)));
    kin.find_map(|words| words.iter().find(|w| has_at(text, k, w)))
        .map(|w| w.chars().count())
}

/// Whether the clause of a number tells of the deed that a rate is named after.
fn counted_deed(says: &Says, part: &Num, deed: &[char]) -> bool {
    let (text, _) = around(says, part);
    (0..text.len()).any(|k| deed_at(text, k, deed).is_some())
}

/// Whether the deed stands right before the number: `已整改3079条`, `到位资金28亿元`; not `处理站10座`.
fn right_before(says: &Says, part: &Num, deed: &[char]) -> bool {
    let (text, at_number) = around(says, part);
    let lead = cut(text, 0, at_number);
    let last = (0..lead.len())
        .rev()
        .find_map(|k| deed_at(lead, k, deed).map(|n| k + n));
    let Some(mut k) = last else {
        // `有31个开工`
        let tail = cut(text, at_number, text.len());
        return (0..tail.len()).any(|k| deed_at(tail, k, deed).is_some());
    };
    while k < lead.len() {
        match deed_tails().at(lead, k) {
            Some(n) => k += n,
            None if deed.contains(&at(lead, k)) => k += 1,
            None => return false,
        }
    }
    true
}

/// `不合格4批次`
fn negated(says: &Says, part: &Num, deed: &[char]) -> bool {
    let (text, _) = around(says, part);
    (1..text.len()).any(|k| {
        deed.first() == Some(&at(text, k))
            && negations().before(text, k).is_some()
            && deed.get(1).is_none_or(|c| at(text, k + 1) == *c)
    })
}

/// `合格率102%`, `占总数的130%`: more than a hundred in a hundred of a whole.
fn too_much(says: &Says, i: usize) -> Option<Check> {
    let s = says.s();
    let rate = says.all.get(i)?;
    if rate.n <= Decimal::ONE_HUNDRED {
        return None;
    }
    let deed = rate_name(s, says.a, rate.start());
    let bounded = deed.is_some_and(|deed| at_most_a_hundred().before(deed, deed.len()).is_some());
    let lead = says.lead(rate);
    let share = ["占总数的", "占全部", "占比", "占比为", "占比达"]
        .iter()
        .any(|w| contains(cut(lead, lead.len().saturating_sub(8), lead.len()), w));
    if !(bounded || share) {
        return None;
    }
    let statement = format!("{}%>100%", rate.n.normalize());
    Some(check(
        says.stream,
        rate.found.span().0,
        rate.end(),
        statement,
        false,
    ))
}
