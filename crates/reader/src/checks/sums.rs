//! Parts and their totals: behind the total, before it, with what is left over, and over several sentences.

use rust_decimal::Decimal;

use crate::chars::{at, contains, cut, is_semicolon, is_stop};
use crate::checks::reckon::{Num, Says, check, plus, printed, sum};
use crate::model::Check;
use crate::tables::{
    checks_complements, deliver_verbs, kin_units, list_cues, loose_cues, measure_verbs, no_sum_between,
    open_lists, remainder_words, sure_totals, total_words,
};

/// Everything that adds up, or should, within one sentence.
pub(crate) fn sums(says: &Says, out: &mut Vec<Check>) {
    for (i, total) in says.all.iter().enumerate() {
        if total.percent() || total.unit() == "百分点" {
            continue;
        }
        let found = forward(says, i)
            .or_else(|| backward(says, i))
            .or_else(|| left_over(says, i));
        // A remainder is found from its total as well.
        out.extend(found.filter(|c| out.iter().all(|known| known.statement != c.statement)));
    }
}

/// `共87个…，其中32个、34个、21个`
fn forward(says: &Says, i: usize) -> Option<Check> {
    let total = says.all.get(i)?;
    let behind = says.all.get(i + 1..)?;
    let Some(first) = behind.iter().find(|f| f.unit() == total.unit()) else {
        return total_of_kin(says, i);
    };
    if total.n < Decimal::from(3) || first.depth < total.depth {
        return None;
    }
    // Numbers in deeper brackets are parts of parts; a list in brackets ends with them.
    let own = behind.iter().take_while(|f| f.depth >= first.depth);
    let alike: Vec<Num> = own
        .filter(|f| f.unit() == total.unit() && f.depth == first.depth)
        .take(24)
        .copied()
        .collect();
    let between = says.between(total, first);
    let listed = list_cues().any_in(between) || first.depth > total.depth;
    let cued = listed || loose_cues().any_in(between);
    let n = adds_up_to(&alike, total.n);
    if let Some(parts) = n.and_then(|n| alike.get(..n))
        && (cued || parts.len() >= 3 || total.n >= Decimal::from(20))
    {
        return Some(holding(says, parts, total));
    }
    if !listed {
        return total_of_kin(says, i);
    }
    let parts = one_list(says, &alike);
    let direct = contains(between, "其中") && between.len() <= 16;
    if let [part] = parts
        && direct
        && part.n > total.n
        && !part.hedged()
        && !total.hedged()
        && part.depth == total.depth
    {
        let (part_said, whole) = (
            printed(says.stream, part.found),
            printed(says.stream, total.found),
        );
        let statement = format!("其中{part_said}>{whole}");
        return Some(check(
            says.stream,
            total.found.span().0,
            part.end(),
            statement,
            false,
        ));
    }
    faulty(says, parts, total, Decimal::new(125, 3))
}

/// `发现隐患47处，现场整改39处，下达通知书8份`: things of one kind are counted in several words. Stated where it adds up.
fn total_of_kin(says: &Says, i: usize) -> Option<Check> {
    const FEWEST: u64 = 20;
    let total = says.all.get(i)?;
    if total.n < Decimal::from(FEWEST) || !kin_units().is(&total.unit().chars().collect::<Vec<char>>()) {
        return None;
    }
    let kin = |f: &&Num| kin_units().is(&f.unit().chars().collect::<Vec<char>>());
    let behind: Vec<Num> = says
        .all
        .iter()
        .skip(i + 1)
        .take_while(kin)
        .take(6)
        .copied()
        .collect();
    let n = adds_up_to(&behind, total.n)?;
    let parts = behind.get(..n)?;
    let far = parts.last().is_some_and(|last| last.end() - total.end() > 60);
    (!far && parallel(says, parts)).then(|| holding(says, parts, total))
}

/// How many of the numbers, from the first, add up to the total: two at least.
fn adds_up_to(alike: &[Num], total: Decimal) -> Option<usize> {
    let mut running = Decimal::ZERO;
    for (k, part) in alike.iter().enumerate() {
        running += part.n;
        if running == total && k > 0 {
            return Some(k + 1);
        }
        if running > total {
            return None;
        }
    }
    None
}

/// The numbers from the first on that make one list: up to its semicolon, unless semicolons part its items.
fn one_list<'n, 'a>(says: &Says, alike: &'n [Num<'a>]) -> &'n [Num<'a>] {
    let Some(first) = alike.first() else { return alike };
    let s = says.s();
    let stop = (first.end()..says.b).find(|k| is_semicolon(at(s, *k)));
    let within = alike
        .iter()
        .take_while(|f| stop.is_none_or(|stop| f.end() <= stop))
        .count();
    if within >= 2 {
        alike.get(..within).unwrap_or(alike)
    } else {
        alike
    }
}

/// A list that claims to be whole and does not add up. Stated only where the difference is small (`near`, a share of the
/// total) or one, and where nothing is rounded, hedged or left open.
fn faulty(says: &Says, parts: &[Num], total: &Num, near: Decimal) -> Option<Check> {
    let (first, last) = (parts.first()?, parts.last()?);
    let whole_list = parts.len() >= 3 || (parts.len() == 2 && complementary(says, parts));
    let hedged = total.hedged() || parts.iter().any(Num::hedged);
    let smaller = parts.iter().all(|f| f.n < total.n);
    if !whole_list || hedged || !smaller || !parallel(says, parts) {
        return None;
    }
    let s = says.s();
    let (from, to) = if total.start() < first.start() {
        (total.end(), first.start())
    } else {
        (last.end(), total.start())
    };
    if open_lists().any_in(cut(s, from, to)) || open_lists().any_in(cut(s, last.end(), last.end() + 8)) {
        return None;
    }
    let added = sum(parts);
    let off = (added - total.n).abs();
    if off <= rounding(s, parts, total) {
        // Rounded numbers add up as well as rounded numbers can.
        return Some(rounded(says, parts, total, added));
    }
    let share = off.checked_div(total.n)?;
    // `…类2件、…类3件`: kinds that claim to be all there are.
    let kind = |f: &Num| {
        says.lead(f)
            .last()
            .copied()
            .filter(|c| matches!(c, '类' | '型' | '级'))
    };
    let kinds = parts.iter().all(|f| kind(f).is_some() && kind(f) == kind(first));
    let near = if kinds { near * Decimal::TWO } else { near };
    let by_one = off == Decimal::ONE && parts.len() >= 3;
    if share > near && !by_one {
        return None;
    }
    let statement = format!(
        "{}={}≠{}",
        plus(says.stream, parts),
        in_unit_of(added, says, total),
        printed(says.stream, total.found)
    );
    let a = total.found.span().0.min(first.found.span().0);
    Some(check(
        says.stream,
        a,
        last.end().max(total.end()),
        statement,
        false,
    ))
}

/// How far rounded parts may miss their rounded total: one in the last place, where all are printed to that place.
fn rounding(s: &[char], parts: &[Num], total: &Num) -> Decimal {
    let last = total.slack(s);
    if parts.iter().all(|f| f.slack(s) == last) {
        last * Decimal::TWO
    } else {
        Decimal::ZERO
    }
}

fn holding(says: &Says, parts: &[Num], total: &Num) -> Check {
    let statement = format!(
        "{}={}",
        plus(says.stream, parts),
        printed(says.stream, total.found)
    );
    let a = parts.first().map_or(total.start(), |f| f.found.span().0);
    let b = parts.last().map_or(total.end(), |f| f.end());
    // A total far before its parts is not quoted with everything in between.
    let from = if a.saturating_sub(total.start()) > 160 {
        a
    } else {
        a.min(total.found.span().0)
    };
    check(says.stream, from, b.max(total.end()), statement, true)
}

fn rounded(says: &Says, parts: &[Num], total: &Num, added: Decimal) -> Check {
    let mut one = holding(says, parts, total);
    one.statement = format!(
        "{}={}≈{}",
        plus(says.stream, parts),
        in_unit_of(added, says, total),
        printed(says.stream, total.found)
    );
    one
}

/// An added number written as its total is: `35.7亿`, not `3570000000`.
fn in_unit_of(added: Decimal, says: &Says, total: &Num) -> String {
    let said = printed(says.stream, total.found);
    let tail: String = said
        .chars()
        .filter(|c| matches!(c, '百' | '千' | '万' | '亿'))
        .collect();
    let plain: String = said.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let factor = plain
        .parse::<Decimal>()
        .ok()
        .and_then(|mantissa| total.n.checked_div(mantissa))
        .filter(|_| !tail.is_empty())
        .unwrap_or(Decimal::ONE);
    let scaled = added.checked_div(factor).unwrap_or(added).normalize();
    if factor == Decimal::ONE {
        scaled.to_string()
    } else {
        format!("{scaled}{tail}")
    }
}

/// Whether the numbers follow one another as items of a list do.
fn parallel(says: &Says, parts: &[Num]) -> bool {
    parts.windows(2).all(|pair| {
        let [one, two] = pair else { return false };
        let gap = says.between(one, two);
        let lead = says.lead(two);
        let firm: Vec<char> = gap.iter().copied().filter(|c| !c.is_ascii()).collect();
        let same_deed = no_sum_between().any_in(says.lead(one)) == no_sum_between().any_in(lead);
        // The first deed may be that of all: `代办社保类2件、户籍类1件`.
        let first = parts.first().is_some_and(|f| f.start() == one.start());
        let same_deed = same_deed && (deed(says.lead(one)) == deed(lead) || first && !deed(lead));
        firm.len() <= 28
            && !gap.iter().any(|c| is_stop(*c))
            && !contains(gap, "其中")
            && same_deed
            && (!no_sum_between().any_in(gap) || lead_repeats(says, one, two))
    })
}

/// Whether the words before a number begin with a deed: `走访农户…` is no part of what was listed by name.
fn deed(lead: &[char]) -> bool {
    let from = if crate::chars::has_at(lead, 0, "其中") {
        2
    } else {
        0
    };
    deliver_verbs()
        .at(lead, from)
        .or_else(|| measure_verbs().at(lead, from))
        .is_some()
}

/// `发放甲12万元、发放乙8万元`, `2024年投资2亿元、2025年投资3亿元`: the same words before both.
fn lead_repeats(says: &Says, one: &Num, two: &Num) -> bool {
    let (a, b) = (says.lead(one), says.lead(two));
    let words =
        |lead: &[char]| -> Vec<char> { lead.iter().copied().filter(|c| !c.is_ascii_digit()).collect() };
    if words(a) == words(b) {
        return true;
    }
    a.windows(2)
        .any(|w| no_sum_between().at(w, 0) == Some(2) && b.windows(2).any(|v| v == w))
}

/// `男…、女…`: two parts that make a whole between them.
fn complementary(says: &Says, parts: &[Num]) -> bool {
    let [one, two] = parts else { return false };
    let s = says.s();
    let words = |f: &Num| -> Vec<char> {
        let mut all = says.lead(f).to_vec();
        all.extend(
            cut(s, f.end(), f.end() + 6)
                .iter()
                .take_while(|c| !matches!(c, '，' | ',' | '、' | '；')),
        );
        all
    };
    let (one, two) = (words(one), words(two));
    checks_complements()
        .iter()
        .any(|(a, b)| contains(&one, a) && contains(&two, b) || contains(&one, b) && contains(&two, a))
}

/// `32个、34个、21个，合计87个`
fn backward(says: &Says, i: usize) -> Option<Check> {
    let total = says.all.get(i)?;
    let lead = says.lead(total);
    let cue = cut(lead, lead.len().saturating_sub(8), lead.len());
    if !total_words().any_in(cue) {
        return None;
    }
    let alike = says.alike_before(i);
    let mut running = Decimal::ZERO;
    for k in (0..alike.len()).rev() {
        running += alike.get(k)?.n;
        let parts = alike.get(k..)?;
        if running == total.n && parts.len() >= 2 {
            return Some(holding(says, parts, total));
        }
        if running > total.n {
            break;
        }
    }
    let last = alike.last()?;
    let gap = says.between(last, total);
    // Right behind the list, and the total names nothing else.
    let close = gap.len() <= 10 && sure_totals().any_in(cue) && !no_sum_between().any_in(gap);
    let named = ["合计", "总计", "共计", "总共"].iter().any(|w| contains(gap, w));
    let near = if named {
        Decimal::new(3, 1)
    } else {
        Decimal::new(15, 2)
    };
    if !close || (alike.len() == 2 && !named) {
        return None;
    }
    if alike.len() == 2 {
        return two_and_total(says, &alike, total, near);
    }
    faulty(says, &alike, total, near)
}

/// `公园3个、广场5个，合计9个`: two parts right before a number that is called their total.
fn two_and_total(says: &Says, parts: &[Num], total: &Num, near: Decimal) -> Option<Check> {
    let s = says.s();
    let hedged = total.hedged() || parts.iter().any(Num::hedged);
    let added = sum(parts);
    let off = (added - total.n).abs();
    if hedged || !parallel(says, parts) || off.checked_div(total.n)? > near {
        return None;
    }
    if off <= rounding(s, parts, total) {
        return Some(rounded(says, parts, total, added));
    }
    let statement = format!(
        "{}={}≠{}",
        plus(says.stream, parts),
        in_unit_of(added, says, total),
        printed(says.stream, total.found)
    );
    let a = parts.first()?.found.span().0;
    Some(check(says.stream, a, total.end(), statement, false))
}

/// `应办120件，已办96件，剩余24件`: what is done and what is left make the whole.
fn left_over(says: &Says, i: usize) -> Option<Check> {
    let rest = says.all.get(i)?;
    let s = says.s();
    let tail = cut(s, rest.end(), rest.end() + 8);
    let tail = tail
        .iter()
        .position(|c| matches!(c, '，' | ',' | '。' | '；' | ';' | '、'))
        .map_or(tail, |k| cut(tail, 0, k));
    if !remainder_words().any_in(says.lead(rest)) && !remainder_words().any_in(tail) {
        return None;
    }
    let alike = says.alike_before(i);
    let (whole, done) = alike.split_first()?;
    let all_alike = says.all.iter().filter(|f| f.unit() == rest.unit()).count();
    if done.is_empty()
        || all_alike != alike.len() + 1
        || done.iter().any(|f| f.n > whole.n)
        || rest.n > whole.n
    {
        return None;
    }
    let mut parts = done.to_vec();
    parts.push(*rest);
    let added = sum(&parts);
    if added == whole.n {
        return Some(holding(says, &parts, whole));
    }
    let hedged = whole.hedged() || parts.iter().any(Num::hedged);
    let off = (added - whole.n).abs();
    let slack: Decimal = parts.iter().chain([whole]).map(|f| f.slack(s)).sum();
    if hedged || parts.len() != 2 || off <= slack || off.checked_div(whole.n)? > Decimal::new(15, 2) {
        return None;
    }
    let statement = format!(
        "{}={}≠{}",
        plus(says.stream, &parts),
        in_unit_of(added, says, whole),
        printed(says.stream, whole.found)
    );
    Some(check(
        says.stream,
        whole.found.span().0,
        rest.end(),
        statement,
        false,
    ))
}

/// `发生事故5起。其中，道路3起，施工1起，工矿1起`: the parts in the sentences behind the total.
pub(crate) fn parts_behind(said: &[Says], out: &mut Vec<Check>) {
    let Some((whole, behind)) = said.split_first() else {
        return;
    };
    let Some(next) = behind.first() else { return };
    for total in whole
        .all
        .iter()
        .filter(|f| !f.percent() && f.n >= Decimal::from(3))
    {
        let within = |f: &&Num| f.unit() == total.unit() && f.depth == 0;
        // A total that has its parts in its own sentence is wrong about no others.
        let last_of_unit = whole
            .all
            .iter()
            .rev()
            .find(within)
            .is_some_and(|f| f.start() == total.start());
        let mut found_one = false;
        for (k, later) in behind.iter().enumerate() {
            if later.all.len() < 2 || later.all.iter().filter(within).take(2).count() < 2 {
                continue;
            }
            let parts: Vec<Num> = later.all.iter().filter(within).copied().collect();
            let named = k == 0 && starts_parts(later);
            // The further away, the larger must be what adds up by itself.
            let large = parts.len() >= 3 || total.n >= Decimal::from(if k == 0 { 20 } else { 100 });
            let own = later
                .all
                .iter()
                .any(|f| f.unit() == total.unit() && f.n == total.n);
            if parts.len() < 2 || own || !(named || large) {
                continue;
            }
            if sum(&parts) == total.n || named && adds_up_to(&parts, total.n).is_some() {
                let n = adds_up_to(&parts, total.n).unwrap_or(parts.len());
                out.push(holding(later, parts.get(..n).unwrap_or(&parts), total));
                found_one = true;
            }
        }
        if found_one || (!last_of_unit && !views(next) && whole.all.iter().filter(within).count() > 2) {
            continue;
        }
        let parts: Vec<Num> = next.all.iter().filter(within).copied().collect();
        let only = whole.all.iter().filter(within).count() == 1;
        // `总投资7亿元，其中…。分年度看，…`: the total that was parted before is parted again.
        let again = views(next) && total_words().any_in(whole.lead(total));
        if (starts_parts(next) && only || again)
            && let Some(fault) = faulty(next, one_list(next, &parts), total, Decimal::new(125, 3))
        {
            out.push(fault);
            return;
        }
        if let Some(found) = point_by_point(total, whole, behind) {
            out.push(found);
            return;
        }
    }
}

/// `分年度看，`, `从责任单位看，`
fn views(says: &Says) -> bool {
    const LONGEST: usize = 12;
    let lead = cut(says.s(), says.a, says.a + LONGEST);
    let end = lead.iter().position(|c| matches!(c, '，' | ','));
    matches!(at(lead, 0), '分' | '从' | '按')
        && end.is_some_and(|k| matches!(crate::chars::before(lead, k), '看' | '分'))
}

fn starts_parts(says: &Says) -> bool {
    let lead = cut(says.s(), says.a, says.a + 4);
    ["其中", "分别是", "分别为", "包括"]
        .iter()
        .any(|w| crate::chars::has_at(lead, 0, w))
}

/// `安排项目64个。一是产业类31个，…。二是…18个，…。三是…15个`: the first number of each point.
fn point_by_point(total: &Num, whole: &Says, behind: &[Says]) -> Option<Check> {
    let s = whole.s();
    let mut parts: Vec<Num> = Vec::new();
    let mut last = whole;
    let mut pointed = 0usize;
    for says in behind {
        let point = crate::times::enumerator(s, says.a) > 0;
        let first = says.all.iter().find(|f| f.unit() == total.unit() && f.depth == 0);
        match first {
            Some(first) if point || parts.is_empty() || pointed == 0 => {
                // The number opens its sentence: what it counts is the point's own.
                if first.start() - says.a > 24 {
                    return None;
                }
                parts.push(*first);
                pointed += usize::from(point);
                last = says;
            }
            _ if point => return None,
            _ => {}
        }
        let added = sum(&parts);
        if parts.len() >= 3 && added == total.n {
            let statement = format!(
                "{}={}",
                plus(whole.stream, &parts),
                printed(whole.stream, total.found)
            );
            let end = parts.last().map_or(last.b, |f| f.end());
            return Some(check(whole.stream, total.found.span().0, end, statement, true));
        }
        if added > total.n {
            return None;
        }
    }
    None
}
