//! Parts and their totals: behind the total, before it, with what is left over, and over several sentences.

use rust_decimal::Decimal;

use crate::chars::{at, contains, cut, is_comma, is_semicolon, is_stop};
use crate::checks::reckon::{Num, Says, check, factor, multiplier, plus_and_total, printed, sum};
use crate::model::Check;
use crate::tables::{
    base_words, checks_complements, deliver_verbs, kin_units, list_cues, loose_cues, measure_verbs,
    no_sum_between, open_lists, overlapping, remainder_words, sure_totals, total_words,
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
    // `28.6万件，日均1580件，其中…`: what comes to each day is no part.
    let mean = |f: &Num| says.lead(f).ends_with(&['均']);
    let Some(first) = behind.iter().find(|f| f.unit() == total.unit() && !mean(f)) else {
        return total_of_kin(says, i);
    };
    if total.n < Decimal::from(3) || first.depth < total.depth {
        return None;
    }
    // Numbers in deeper brackets are parts of parts; a list in brackets ends with them.
    let own = behind.iter().take_while(|f| f.depth >= first.depth);
    let alike: Vec<Num> = own
        .filter(|f| f.unit() == total.unit() && f.depth == first.depth && !mean(f))
        .take(24)
        .copied()
        .collect();
    let between = says.between(total, first);
    let listed = list_cues().any_in(between) || first.depth > total.depth;
    let cued = listed || loose_cues().any_in(between);
    // `崩塌46处、泥石流27处，…`: itself one of a list.
    if !cued && at(between, 0) == '、' {
        return None;
    }
    let n = adds_up_to(&alike, total.n);
    if let Some(parts) = n.and_then(|n| alike.get(..n))
        && (cued || parts.len() >= 3 || total.n >= Decimal::from(20))
    {
        return Some(holding(says, parts, total));
    }
    if !listed {
        // `投诉22起，涉及收费11起、排队6起、价格3起`: a list without a break behind a looser word.
        let tight = one_list(says, &alike);
        let in_row = |pair: &[Num]| matches!(pair, [one, two] if at(says.between(one, two), 0) == '、');
        let led = contains(between, "涉及") || contains(between, "中，") || contains(between, "中,");
        let row = tight.len() >= 3 && tight.windows(2).all(in_row);
        // `24项指标，进位11项、持平8项、退位6项`: right behind the whole more than there are.
        let commas = between.iter().filter(|c| is_comma(**c)).count();
        let deed = no_sum_between().any_in(between) || deliver_verbs().any_in(between);
        let beside = commas == 1 && between.len() <= 10 && !deed && sum(tight) > total.n;
        let whole = row && (led && between.len() <= 16 || beside);
        return total_of_kin(says, i).or_else(|| {
            whole
                .then(|| faulty(says, tight, total, Decimal::new(8, 2)))
                .flatten()
        });
    }
    let parts = row_of(says, one_list(says, &alike), total);
    let direct = contains(between, "其中") && between.len() <= 16;
    // `去年同期为250万吨；其中进口…`: no part of last year's.
    let former = base_words().any_in(says.lead(total));
    if let [part] = parts
        && direct
        && !former
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
pub(super) fn adds_up_to(alike: &[Num], total: Decimal) -> Option<usize> {
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
pub(super) fn one_list<'n, 'a>(says: &Says, alike: &'n [Num<'a>]) -> &'n [Num<'a>] {
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

/// `62个、54个、31个，年底前已完工128个`: a row of items without a break, where the number behind the break is none of them: it
/// tells what was done, or the row is more than the whole already.
fn row_of<'n, 'a>(says: &Says, parts: &'n [Num<'a>], total: &Num) -> &'n [Num<'a>] {
    let joined = parts
        .windows(2)
        .take_while(|pair| matches!(pair, [one, two] if at(says.between(one, two), 0) == '、' || says.between(one, two).contains(&'、')))
        .count();
    let row = parts.get(..joined + 1).unwrap_or(parts);
    let Some(next) = parts.get(joined + 1).filter(|_| row.len() >= 3) else {
        return parts;
    };
    let done = crate::tables::done_words().any_in(says.lead(next)) && is_comma(before_lead(says, next));
    if done || sum(row) > total.n { row } else { parts }
}

/// The mark before a number's own words.
fn before_lead(says: &Says, num: &Num) -> char {
    crate::chars::before(says.s(), num.from)
}

/// A list that claims to be whole and does not add up. Stated only where the difference is small (`near`, a share of the
/// total) or one, and where nothing is rounded, hedged or left open.
pub(super) fn faulty(says: &Says, parts: &[Num], total: &Num, near: Decimal) -> Option<Check> {
    let (first, last) = (parts.first()?, parts.last()?);
    let too_much = parts.len() == 2 && sum(parts) > total.n && named_alike(says, parts);
    let whole_list = parts.len() >= 3 || parts.len() == 2 && (complementary(says, parts) || too_much);
    let hedged = total.hedged() || parts.iter().any(Num::hedged);
    let smaller = parts.iter().all(|f| f.n < total.n);
    if !whole_list || hedged || !smaller || !parallel(says, parts) || overlap(says, parts) {
        return None;
    }
    let s = says.s();
    let (from, to) = if total.start() < first.start() {
        (total.end(), first.start())
    } else {
        (last.end(), total.start())
    };
    // What the total counts may be 重点项目: only the words that lead in the list say whether it is whole.
    let before_list = cut(s, from, to);
    let lead_in = (0..before_list.len())
        .rev()
        .find(|k| list_cues().at(before_list, *k).is_some());
    if let Some(cue) = lead_in
        && total.start() < first.start()
        && counts_others_first(says, from + cue, first)
    {
        return None;
    }
    let lead_in = cut(before_list, lead_in.unwrap_or(0), before_list.len());
    let behind = cut(s, last.end(), last.end() + 8);
    let behind = cut(
        behind,
        0,
        behind
            .iter()
            .take_while(|c| !is_stop(**c) && !is_comma(**c))
            .count(),
    );
    if open_lists().any_in(lead_in) || open_lists().any_in(behind) {
        return None;
    }
    let added = sum(parts);
    let off = (added - total.n).abs();
    if off <= rounding(s, parts, total) {
        return Some(wrong(says, parts, total, added));
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
    let rest = says.lead(last);
    let closed = kinds || ["其他", "其它", "其余"].iter().any(|w| contains(rest, w));
    let near = if kinds {
        near * Decimal::TWO
    } else if added < total.n && !closed {
        // What is missing may be what the list leaves out.
        near.min(Decimal::new(8, 2))
    } else {
        near
    };
    let by_one = off == Decimal::ONE && parts.len() >= 3;
    if share > near && !by_one {
        return None;
    }
    Some(wrong(says, parts, total, added))
}

/// `惠及群众3000人，其中贫困户20户，选派干部40名`: the list that is led in counts something else first.
fn counts_others_first(says: &Says, led: usize, first: &Num) -> bool {
    // `分成两队，东片…`: into how many.
    let s = says.s();
    let into = ["分成", "编成", "分作"]
        .iter()
        .any(|w| crate::chars::has_at(s, led, w));
    let first_behind = if into { led + 3 } else { led };
    let counted = says.all.iter().find(|f| f.start() >= first_behind);
    let ends_item = |c: &char| is_comma(*c) || is_semicolon(*c) || is_stop(*c);
    counted.is_some_and(|f| cut(says.s(), f.end(), first.start()).iter().any(ends_item))
}

/// `女党员…、35岁以下党员…`: who is counted under one of these may be counted under the next.
fn overlap(says: &Says, parts: &[Num]) -> bool {
    let named = parts
        .iter()
        .filter(|f| overlapping().any_in(says.lead(f)))
        .count();
    if parts.len() == 2 {
        return named == 1 && !complementary(says, parts);
    }
    named > 0 && named < parts.len() || parts.iter().any(|f| contains(says.lead(f), "女"))
}

/// How far rounded parts may miss their rounded total: one in the last place, where all are printed to that place, and half
/// of the last place of a total that is printed more coarsely.
fn rounding(s: &[char], parts: &[Num], total: &Num) -> Decimal {
    let last = total.slack(s);
    let finest = parts.iter().map(|f| f.slack(s)).max().unwrap_or_default();
    if parts.iter().all(|f| f.slack(s) == last) {
        last * Decimal::TWO
    } else if !finest.is_zero() && total.loose_slack(s) > finest {
        total.loose_slack(s)
    } else {
        Decimal::ZERO
    }
}

pub(super) fn holding(says: &Says, parts: &[Num], total: &Num) -> Check {
    let (added, said) = plus_and_total(says.stream, parts, total);
    let (a, b) = stretch(parts, total);
    check(says.stream, a, b, format!("{added}={said}"), true)
}

/// From the first of the numbers to the last; a total far before its parts is not quoted with everything in between.
fn stretch(parts: &[Num], total: &Num) -> (usize, usize) {
    let a = parts.first().map_or(total.start(), |f| f.found.span().0);
    let b = parts.last().map_or(total.end(), |f| f.end());
    let from = if a.saturating_sub(total.start()) > 160 {
        a
    } else {
        a.min(total.found.span().0)
    };
    (from, b.max(total.end()))
}

/// Parts that miss their total. By the last printed place they may do so because all of them are rounded; a person is told,
/// unless they are so many that this is no surprise.
fn wrong(says: &Says, parts: &[Num], total: &Num, added: Decimal) -> Check {
    const MANY: usize = 5;
    let (sum_said, said) = plus_and_total(says.stream, parts, total);
    let (a, b) = stretch(parts, total);
    let added_said = in_unit_of(added, says, total);
    let off = (added - total.n).abs();
    if off > rounding(says.s(), parts, total) {
        return check(
            says.stream,
            a,
            b,
            format!("{sum_said}={added_said}≠{said}"),
            false,
        );
    }
    let holds = parts.len() >= MANY;
    let statement = if holds {
        format!("{sum_said}={added_said}≈{said}")
    } else {
        let off = in_unit_of(off, says, total);
        format!("{sum_said}={added_said}≠{said}（差{off}，或因四舍五入）")
    };
    check(says.stream, a, b, statement, holds)
}

/// An added number written as its total is: `35.7亿`, not `3570000000`.
fn in_unit_of(added: Decimal, says: &Says, total: &Num) -> String {
    let said = printed(says.stream, total.found);
    let tail = multiplier(&said);
    let scaled = added.checked_div(factor(tail)).unwrap_or(added).normalize();
    format!("{scaled}{tail}")
}

/// Whether the numbers follow one another as items of a list do.
fn parallel(says: &Says, parts: &[Num]) -> bool {
    parts.windows(2).all(|pair| {
        let [one, two] = pair else { return false };
        let gap = says.between(one, two);
        let lead = says.lead(two);
        let firm: Vec<char> = gap.iter().copied().filter(|c| !c.is_ascii()).collect();
        // `涉及收费11起、排队6起`: the word that leads in the list is said of all.
        let led_in = usize::from(crate::chars::has_at(says.lead(one), 0, "涉及")) * 2;
        let own = cut(says.lead(one), led_in, usize::MAX);
        let same_deed = no_sum_between().any_in(own) == no_sum_between().any_in(lead);
        // The first deed may be that of all: `代办社保类2件、户籍类1件`.
        let first = parts.first().is_some_and(|f| f.start() == one.start());
        let same_deed = same_deed && (deed(says.lead(one)) == deed(lead) || first && !deed(lead));
        // `种植收入3.1万元、养殖收入2.6万元` are named alike, whatever the names begin with.
        let tail = cut(lead, lead.len().saturating_sub(2), lead.len());
        let same_deed = same_deed || tail.len() == 2 && says.lead(one).ends_with(tail);
        // `税收7.3亿元，占70%；非税收入3.2亿元`: what is said of the first alone is no other thing.
        let of_one = |clause: &[char]| clause.iter().any(|c| matches!(c, '%' | '％'));
        let clauses: Vec<&[char]> = gap.split(|c| is_comma(*c) || is_semicolon(*c)).collect();
        let aside: usize = clauses.iter().filter(|c| of_one(c)).map(|c| c.len()).sum();
        let other = clauses
            .iter()
            .filter(|c| !of_one(c))
            .any(|c| no_sum_between().any_in(c));
        firm.len() <= 28 + aside
            && !gap.iter().any(|c| is_stop(*c))
            && !contains(gap, "其中")
            && same_deed
            && (counts_beside(says, one) || !counts_beside(says, two))
            && (!other || lead_repeats(says, one, two))
    })
}

/// Whether other things are counted before this number in its clause: `由3名干部包联125户` is no item of a list of
/// households. What tells the item itself apart is no count: `35岁以下12名`.
fn counts_beside(says: &Says, number: &Num) -> bool {
    let (s, to) = (says.s(), number.start());
    let parts_items =
        |c: char| is_comma(c) || is_semicolon(c) || is_stop(c) || matches!(c, '、' | '（' | '(' | '：');
    let from = (says.a..to)
        .rev()
        .find(|k| parts_items(at(s, *k)))
        .unwrap_or(says.a);
    says.all.iter().any(|f| {
        (from..to).contains(&f.start())
            && !f.percent()
            && !matches!(f.unit(), "岁" | "年" | "月" | "日" | "级")
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

/// `中方180台、外方150台`, `东片41台、西片35台`: names of one length that end alike, so that neither is a part of the other.
fn named_alike(says: &Says, parts: &[Num]) -> bool {
    let [one, two] = parts else { return false };
    let name = |f: &Num| -> Vec<char> {
        let lead = says.lead(f);
        let from = if crate::chars::has_at(lead, 0, "其中") {
            2
        } else {
            0
        };
        cut(lead, from, lead.len()).to_vec()
    };
    let (one, two) = (name(one), name(two));
    (2..=4).contains(&one.len()) && one.len() == two.len() && one != two && one.last() == two.last()
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
    let named = |a: &str, b: &str| contains(&one, a) && contains(&two, b);
    let pair = |words: &Vec<String>| match words.as_slice() {
        [a, b] => named(a, b) || named(b, a),
        _ => false,
    };
    // 税收收入, 非税收入: what is such and what is not.
    let not = |one: &[char], two: &[char]| {
        let named = two.windows(2).find(|w| matches!(w, ['非' | '未', _]));
        named
            .and_then(|w| w.last())
            .is_some_and(|c| one.contains(c) && !one.contains(&'非'))
    };
    checks_complements().iter().any(pair) || not(&one, &two) || not(&two, &one)
}

/// `32个、34个、21个，合计87个`
fn backward(says: &Says, i: usize) -> Option<Check> {
    let total = says.all.get(i)?;
    if !ends_in_total(says, total) {
        return None;
    }
    let lead = says.lead(total);
    let cue = cut(lead, lead.len().saturating_sub(8), lead.len());
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
    // `共办理3件，好评2件，共办理5件`: a total before this one closed the list before this one's.
    if alike.iter().skip(1).any(|f| ends_in_total(says, f)) {
        return None;
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

/// Whether the words right before a number call it a total.
fn ends_in_total(says: &Says, number: &Num) -> bool {
    let lead = says.lead(number);
    total_words().any_in(cut(lead, lead.len().saturating_sub(8), lead.len()))
}

/// `公园3个、广场5个，合计9个`: two parts right before a number that is called their total.
fn two_and_total(says: &Says, parts: &[Num], total: &Num, near: Decimal) -> Option<Check> {
    let hedged = total.hedged() || parts.iter().any(Num::hedged);
    let added = sum(parts);
    let off = (added - total.n).abs();
    if hedged || !parallel(says, parts) || off.checked_div(total.n)? > near {
        return None;
    }
    Some(wrong(says, parts, total, added))
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
    Some(wrong(says, &parts, whole, added))
}
