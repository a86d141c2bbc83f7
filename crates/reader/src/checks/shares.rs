//! Shares of a stated whole, done parts of a target, and shares that make a whole.

use rust_decimal::Decimal;

use crate::chars::{at, before, contains, cut, digit, find, has_at, is_han};
use crate::checks::rates::{rate_check, rate_name};
use crate::checks::reckon::{
    Num, Says, check, comes_to, percent_of, plus, printed, side_by_side, sum, tolerance,
};
use crate::model::Check;
use crate::stream::Stream;
use crate::tables::{done_words, planned_words, sum_to_a_hundred, target_words, whole_words};

/// `总投资248亿元…151.3亿元，占61%`: a share of two stated amounts, the part being the number before it or, where that
/// agrees, one a little further back.
pub(super) fn share(says: &Says, earlier: &[Says], i: usize) -> Option<Check> {
    const BACK: usize = 3;
    if let Some(found) = of_named_whole(says, i) {
        return Some(found);
    }
    // The sentence right before, if it has numbers.
    let before = earlier.last().filter(|before| before.b + 2 >= says.a);
    let nearest = share_of(says, before, i, i.checked_sub(1)?);
    let further = || {
        let further = (2..=BACK).filter_map(|back| i.checked_sub(back));
        further
            .filter_map(|k| share_of(says, before, i, k))
            .find(|c| c.holds)
    };
    nearest.or_else(further).or_else(|| of_earlier(says, earlier, i))
}

/// `达到612项，占全部事项765项的78%`, `1.52万人外出，完成去年1.6万人的95%`: the whole stands between the part and its share.
fn of_named_whole(says: &Says, i: usize) -> Option<Check> {
    const REACH: usize = 40;
    let s = says.s();
    let rate = says.all.get(i)?;
    let whole = says.all.get(i.checked_sub(1)?)?;
    let lead = says.lead(whole);
    let done = contains(lead, "完成");
    let named = says.between(whole, rate);
    // `占全县244个行政村的25%`: what the whole counts may be named.
    let of_whole = named.len() <= 8 && named.ends_with(&['的']) && named.iter().all(|c| is_han(*c));
    if !of_whole || !(done || contains(lead, "占")) {
        return None;
    }
    let before = says.all.iter().take(i.checked_sub(1)?).rev();
    let part = before.into_iter().find(|f| f.unit() == whole.unit())?;
    let from = says.between(part, whole);
    if part.percent() || whole.n.is_zero() || from.len() > REACH || (!done && whole.n < part.n) {
        return None;
    }
    let exact = percent_of(part.n, whole.n)?;
    let holds = (exact - rate.n).abs() <= tolerance(s, rate, part, whole);
    let hedged = [part, whole, rate].iter().any(|f| f.hedged());
    let close = from.len() <= 16;
    (holds || close && !hedged)
        .then(|| rate_check(says.stream, part.found.span().0, rate, part, whole, exact, holds))
}

/// `协议引资147.6亿元。分产业看，…。大项目4个，协议引资62亿元，占全市总额的42%`: the whole stands some sentences before, under the
/// same words. Stated where it agrees.
fn of_earlier(says: &Says, earlier: &[Says], i: usize) -> Option<Check> {
    let s = says.s();
    let rate = says.all.get(i)?;
    let part = says.all.get(i.checked_sub(1)?)?;
    let between = says.between(part, rate);
    let share = find(between, "占")?;
    if between.len() > 24 || part.percent() || part.n.is_zero() || rate.hedged() || part.hedged() {
        return None;
    }
    let of_all = of_everything(cut(between, share + 1, between.len()));
    let words = says.lead(part);
    let kindred = |lead: &[char]| lead.windows(2).any(|w| words.windows(2).any(|v| v == w));
    let numbers = earlier
        .iter()
        .rev()
        .flat_map(|said| said.all.iter().map(move |f| (said, f)));
    let mut wholes = numbers.filter(|(said, f)| {
        f.unit() == part.unit() && f.n > part.n && (kindred(said.lead(f)) || of_all && rate.n.scale() > 0)
    });
    wholes.find_map(|(_, whole)| {
        let exact = percent_of(part.n, whole.n)?;
        let holds = (exact - rate.n).abs() <= tolerance(s, rate, part, whole);
        holds.then(|| rate_check(says.stream, part.found.span().0, rate, part, whole, exact, true))
    })
}

fn share_of(says: &Says, earlier: Option<&Says>, i: usize, of: usize) -> Option<Check> {
    let longest = if of + 1 == i { 24 } else { 44 };
    let s = says.s();
    let rate = says.all.get(i)?;
    let part = says.all.get(of)?;
    let between = says.between(part, rate);
    let share = find(between, "占")?;
    if between.len() > longest
        || part.unit() == rate.unit()
        || rate.hedged()
        || part.hedged()
        || part.n.is_zero()
    {
        return None;
    }
    let larger = |f: &&Num| f.unit() == part.unit() && f.n >= part.n && !f.n.is_zero();
    let own: Vec<&Num> = says.all.iter().take(of).filter(larger).collect();
    let exact = |whole: &Num| percent_of(part.n, whole.n);
    let fits = |whole: &&&Num| {
        let off = exact(whole).map(|e| (e - rate.n).abs());
        off.is_some_and(|off| off <= tolerance(s, rate, part, whole).max(Decimal::new(6, rate.n.scale() + 1)))
    };
    let from_before: Vec<&Num> = earlier
        .map(|e| e.all.iter().filter(larger).collect())
        .unwrap_or_default();
    let named = cut(between, share + 1, between.len());
    let of_all = of_everything(named);
    let held = own
        .iter()
        .rev()
        .find(fits)
        .or_else(|| from_before.iter().rev().find(fits));
    let (whole, holds) = match (held, own.as_slice(), from_before.as_slice()) {
        (Some(whole), _, _) => (*whole, true),
        (None, [only], _) if of_all || names_whole(says, only, named) => (*only, false),
        (None, [only], _) if of + 1 == i && stands_over(says, only, part, rate) => (*only, false),
        (None, [], [only]) if of_all && has_at(s, says.a, "其中") => (*only, false),
        _ => return None,
    };
    if !holds && whole.hedged() {
        return None;
    }
    let a = whole.found.span().0;
    let a = if a < says.a { whole.start() } else { a };
    Some(rate_check(
        says.stream,
        a,
        rate,
        part,
        whole,
        exact(whole)?,
        holds,
    ))
}

/// `全市有护林员1150名，脱贫户805名，占75%`: right behind the whole its part and, of nothing else that is named, the share. Not the
/// second of two things beside each other, whose share is of both.
fn stands_over(says: &Says, whole: &Num, part: &Num, rate: &Num) -> bool {
    const NEAR: usize = 14;
    let gap = says.between(whole, part);
    let bare = says.between(part, rate).ends_with(&['占']) && says.between(part, rate).len() <= 3;
    let beside =
        percent_of(part.n, whole.n + part.n).is_none_or(|exact| (exact - rate.n).abs() <= Decimal::ONE);
    let half = part
        .n
        .checked_mul(Decimal::TWO)
        .is_some_and(|twice| twice > whole.n);
    let led = contains(gap, "其中");
    let tells = ["增", "减", "比", "达", "已", "计划", "目标", "去年", "上年"]
        .iter()
        .any(|w| contains(gap, w));
    // Another number in between has a whole of its own.
    let next = !gap.iter().any(|c| digit(*c).is_some() || matches!(c, '；' | ';'));
    bare && next
        && !beside
        && (led || half && !tells && !gap.contains(&'、'))
        && gap.len() <= NEAR
        && !part.hedged()
        && part.n < whole.n
}

/// `民生类189件…。民生类占全部事项的38.9%`: a share whose part is named in a sentence before. Stated where it agrees.
pub(super) fn named_part(says: &Says, earlier: &[Says], i: usize) -> Option<Check> {
    let s = says.s();
    let rate = says.all.get(i)?;
    let lead = says.lead(rate);
    let share = find(lead, "占")?;
    let name = cut(lead, 0, share);
    if !(3..=14).contains(&name.len()) || rate.hedged() {
        return None;
    }
    let whole_named = cut(lead, share + 1, lead.len());
    let of_name = |f: &Num, said: &Says| {
        let words = said.lead(f);
        !f.percent() && words.len() >= name.len() && words.ends_with(name)
    };
    let parts = earlier
        .iter()
        .rev()
        .flat_map(|said| said.all.iter().filter(|f| of_name(f, said)));
    for part in parts {
        let wholes = earlier
            .iter()
            .rev()
            .flat_map(|said| said.all.iter().map(move |f| (said, f)));
        for (said, whole) in wholes.filter(|(_, f)| f.unit() == part.unit() && f.n > part.n) {
            let exact = percent_of(part.n, whole.n)?;
            let fine = rate.n.scale() >= 1 || names_whole(said, whole, whole_named);
            if fine && (exact - rate.n).abs() <= tolerance(s, rate, part, whole) {
                let (part_said, whole_said) = side_by_side(says.stream, part, whole);
                let statement = format!("{part_said}/{whole_said}{}", comes_to(exact, rate, true));
                return Some(check(
                    says.stream,
                    says.a.max(rate.start() - lead.len()),
                    rate.end(),
                    statement,
                    true,
                ));
            }
        }
    }
    None
}

/// `占总数的…`, `占全县的…`: the share is of the whole, whatever it counts.
fn of_everything(named: &[char]) -> bool {
    let end = named.iter().position(|c| *c == '的').unwrap_or(named.len());
    whole_words().is(cut(named, 0, end))
}

/// `占贷款余额的…`: what the share is of is what the larger number counts.
fn names_whole(says: &Says, whole: &Num, named: &[char]) -> bool {
    let end = named.iter().position(|c| *c == '的').unwrap_or(0);
    let mut named = cut(named, 0, end);
    while let Some(n) = whole_words().at(named, 0) {
        named = cut(named, n, named.len());
    }
    // `占年度计划的55%` is a part of the plan, whatever was done.
    if target_words().any_in(named) {
        return false;
    }
    let mut words = says.lead(whole).to_vec();
    let behind = cut(says.s(), whole.end(), whole.end() + 8);
    words.extend(behind.iter().take_while(|c| is_han(**c)));
    named.windows(2).any(|pair| words.windows(2).any(|w| w == pair))
}

/// `完成投资66亿元，占年度目标120亿元的55%`, `目标120亿元，已完成66亿元，完成目标的55%`: what is done of a target.
pub(super) fn of_target(says: &Says, i: usize) -> Option<Check> {
    let s = says.s();
    let rate = says.all.get(i)?;
    let previous = i.checked_sub(1).and_then(|k| says.all.get(k));
    let from = previous
        .map_or(says.a, Num::end)
        .max(rate.start().saturating_sub(20));
    let lead = cut(s, from, rate.start());
    let measured = before(s, rate.start()) == '的' || contains(lead, "率") || contains(lead, "占");
    // `计划开工500套，实际开工380套，完成率76%`
    let executed = rate_name(s, says.a, rate.start())
        .is_some_and(|deed| ["完成", "执行", "兑现", "达成"].iter().any(|w| contains(deed, w)));
    let own_target = executed || target_words().any_in(lead);
    let amounts: Vec<Num> = says
        .all
        .iter()
        .take(i)
        .copied()
        .filter(|f| !f.percent())
        .collect();
    let aimed = |f: &Num| {
        let words = says.lead(f);
        let last =
            |table: &crate::tables::Words| (0..words.len()).rev().find(|k| table.at(words, *k).is_some());
        let planned = last(if executed { planned_words() } else { target_words() });
        // `完成全年80亿元目标的48%`
        let behind = cut(s, f.end(), f.end() + 5);
        let named = behind
            .iter()
            .take_while(|c| **c != '的' && !crate::chars::is_comma(**c))
            .count();
        if target_words().before(behind, named).is_some() {
            return true;
        }
        // `完成年度计划105亿元的…` names the plan, `计划内完成42亿元` what was done.
        planned.is_some_and(|k| last(done_words()).is_none_or(|done| done < k))
    };
    let target = *amounts.iter().rev().find(|f| aimed(f))?;
    if !measured || (!own_target && target.end() + 2 < rate.start()) {
        return None;
    }
    let others: Vec<Num> = amounts
        .iter()
        .copied()
        .filter(|f| f.unit() == target.unit() && f.start() != target.start())
        .collect();
    let fits = |part: &&Num| {
        percent_of(part.n, target.n).is_some_and(|e| (e - rate.n).abs() <= tolerance(s, rate, part, &target))
    };
    if let Some(part) = others.iter().rev().find(fits) {
        let exact = percent_of(part.n, target.n)?;
        return Some(rate_check(
            says.stream,
            target.start(),
            rate,
            part,
            &target,
            exact,
            true,
        ));
    }
    let done: Vec<&Num> = others
        .iter()
        .filter(|f| f.start() > target.end() && done_words().any_in(says.lead(f)))
        .collect();
    let part = match (others.as_slice(), done.as_slice()) {
        ([part], _) => *part,
        (_, [part]) => **part,
        _ => return None,
    };
    let part = &part;
    let several_targets = amounts.iter().filter(|f| aimed(f)).count() > 1;
    let hedged = rate.hedged() || part.hedged() || target.hedged();
    if several_targets || hedged {
        return None;
    }
    let exact = percent_of(part.n, target.n)?;
    Some(rate_check(
        says.stream,
        target.start(),
        rate,
        part,
        &target,
        exact,
        false,
    ))
}

/// `甲32个、乙34个、丙21个，分别占36.8%、39.1%、24.1%`: each share against its own part.
pub(super) fn shares_in_turn(says: &Says, out: &mut Vec<Check>) {
    let s = says.s();
    let Some(first) = says
        .all
        .iter()
        .position(|f| f.percent() && contains(says.lead(f), "分别占"))
    else {
        return;
    };
    let chain: Vec<Num> = says
        .all
        .iter()
        .skip(first)
        .take_while(|f| f.percent())
        .copied()
        .collect();
    let Some(unit) = first.checked_sub(1).and_then(|k| says.all.get(k)).map(Num::unit) else {
        return;
    };
    let alike: Vec<Num> = says
        .all
        .iter()
        .take(first)
        .copied()
        .filter(|f| f.unit() == unit)
        .collect();
    let Some(from) = alike.len().checked_sub(chain.len()).filter(|_| chain.len() >= 2) else {
        return;
    };
    let parts = alike.get(from..).unwrap_or_default();
    let stated = from.checked_sub(1).and_then(|k| alike.get(k));
    let whole = stated.map_or_else(|| sum(parts), |f| f.n);
    let whole_said = stated.map_or_else(
        || format!("({})", plus(says.stream, parts)),
        |f| printed(says.stream, f.found),
    );
    for (part, rate) in parts.iter().zip(&chain) {
        let Some(exact) = percent_of(part.n, whole) else {
            continue;
        };
        let against = stated.unwrap_or(part);
        let holds = (exact - rate.n).abs() <= tolerance(s, rate, part, against);
        let hedged = part.hedged() || rate.hedged() || against.hedged();
        let near = (exact - rate.n).abs() <= Decimal::from(20);
        if !holds && (hedged || !near || stated.is_none()) {
            continue;
        }
        let statement = format!(
            "{}/{whole_said}{}",
            printed(says.stream, part.found),
            comes_to(exact, rate, holds)
        );
        let a = stated.map_or(part.start(), |f| f.found.span().0);
        out.push(check(says.stream, a, rate.end(), statement, holds));
    }
}

/// `三次产业占比分别为9.4%、42.3%、48.3%`: shares that make a whole.
pub(super) fn shares_of_a_whole(says: &Says, out: &mut Vec<Check>) {
    let s = says.s();
    let Some(first) = says.all.iter().position(|f| {
        let lead = says.lead(f);
        f.percent() && ["占", "比重", "比例"].iter().any(|w| contains(lead, w))
    }) else {
        return;
    };
    let listed = |one: &Num, two: &Num| {
        let gap = says.between(one, two);
        two.percent()
            && gap.len() <= 12
            && gap
                .iter()
                .filter(|c| matches!(c, '、' | '，' | ',' | '和'))
                .count()
                == 1
            && !contains(gap, "比上")
    };
    let mut chain: Vec<Num> = says.all.get(first).copied().into_iter().collect();
    for next in says.all.iter().skip(first + 1) {
        match chain.last() {
            Some(last) if listed(last, next) => chain.push(*next),
            _ => break,
        }
    }
    let added = sum(&chain);
    let off = (added - Decimal::ONE_HUNDRED).abs();
    let slack: Decimal = chain.iter().map(|f| f.slack(s)).sum();
    let holds = off <= slack;
    let whole = sum_to_a_hundred().any_in(cut(s, says.a, chain.first().map_or(says.a, Num::start)));
    let fault = whole && off <= Decimal::from(8) && !chain.iter().any(Num::hedged);
    let three = chain.len() >= 3 || (chain.len() == 2 && off.is_zero());
    if !three || !(holds || fault) {
        return;
    }
    let numbers: Vec<String> = chain.iter().map(|f| format!("{}%", f.n.normalize())).collect();
    let sign = if off.is_zero() {
        String::new()
    } else if holds {
        "≈100%".to_owned()
    } else {
        "≠100%".to_owned()
    };
    let statement = format!("{}={}%{sign}", numbers.join("+"), added.normalize());
    let a = chain.first().map_or(says.a, |f| f.found.span().0);
    out.push(check(
        says.stream,
        a,
        chain.last().map_or(says.b, Num::end),
        statement,
        holds,
    ));
}

/// `三次产业结构比由12.3:45.6:42.1调整为…`: three shares that make a hundred.
pub(super) fn ratios(stream: &Stream, out: &mut Vec<Check>) {
    let s = &stream.chars;
    let mut i = 0usize;
    while i < s.len() {
        let colon = matches!(at(s, i), ':' | '：' | '∶');
        if !colon || digit(before(s, i)).is_none() || digit(at(s, i + 1)).is_none() {
            i += 1;
            continue;
        }
        let mut start = i;
        while start > 0 && i - start < 8 && (digit(before(s, start)).is_some() || before(s, start) == '.') {
            start -= 1;
        }
        let mut end = i;
        while digit(at(s, end)).is_some() || matches!(at(s, end), '.' | ':' | '：' | '∶') {
            end += 1;
        }
        let text: String = cut(s, start, end.min(start + 40)).iter().collect();
        let numbers: Vec<Option<Decimal>> = text
            .split([':', '：', '∶'])
            .map(|n| {
                n.trim_end_matches('.')
                    .parse()
                    .ok()
                    .filter(|n: &Decimal| n.scale() <= 4)
            })
            .collect();
        let named = sum_to_a_hundred().any_in(cut(s, start.saturating_sub(40), start));
        if let [Some(a), Some(b), Some(c)] = numbers.as_slice()
            && named
            && [a, b, c].iter().all(|n| **n < Decimal::ONE_HUNDRED)
        {
            let added = *a + *b + *c;
            let off = (added - Decimal::ONE_HUNDRED).abs();
            let holds = off <= Decimal::new(16, 2);
            if holds || off <= Decimal::from(12) {
                let sign = if off.is_zero() {
                    ""
                } else if holds {
                    "≈100"
                } else {
                    "≠100"
                };
                let statement = format!("{a}+{b}+{c}={}{sign}", added.normalize());
                out.push(check(stream, start, end, statement, holds));
            }
        }
        i = end.max(i + 1);
    }
}
