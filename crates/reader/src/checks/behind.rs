//! Parts that stand in the sentences behind their total.

use rust_decimal::Decimal;

use crate::chars::{at, before, cut, is_comma, is_semicolon};
use crate::checks::reckon::{Num, Says, check, plus_and_total, sum};
use crate::checks::sums::{adds_up_to, faulty, holding, one_list};
use crate::model::Check;
use crate::tables::total_words;

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
        let (opens, repeats) = (starts_parts(next), opens_alike(next, &parts, whole, total));
        if (opens && (only || repeats) || again)
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

/// `完成63亿元。其中产业项目71个、完成投资39.8亿元，…项目32个、完成投资14.7亿元，…`: the words before every part say of which of
/// the totals it is one.
fn opens_alike(next: &Says, parts: &[Num], whole: &Says, total: &Num) -> bool {
    let Some(words) = parts.first().map(|f| next.lead(f)) else {
        return false;
    };
    let shares = |lead: &[char]| lead.windows(2).any(|w| words.windows(2).any(|v| v == w));
    parts.len() >= 3 && parts.iter().all(|f| next.lead(f) == words) && shares(whole.lead(total))
}

/// `签约项目53个。分产业看，新能源16个、…；分区域看，高新区24个、…`: each list is the whole total once more. The total
/// stands before the first of them.
pub(super) fn by_view(says: &Says, earlier: &[Says], out: &mut Vec<Check>) {
    const BACK: usize = 3;
    let s = says.s();
    let opens: Vec<usize> = (says.a..says.b)
        .filter(|k| {
            *k == says.a || is_comma(before(s, *k)) || is_semicolon(before(s, *k)) || before(s, *k) == '：'
        })
        .filter(|k| view_at(cut(s, *k, says.b)))
        .collect();
    let Some(first) = opens.first().copied() else {
        return;
    };
    let own = says.all.iter().rev().filter(|f| f.end() <= first);
    let back = earlier
        .iter()
        .rev()
        .take(BACK)
        .flat_map(|said| said.all.iter().rev());
    let totals: Vec<&Num> = own.chain(back).collect();
    for (k, open) in opens.iter().enumerate() {
        let end = opens.get(k + 1).copied().unwrap_or(says.b);
        let end = (*open..end).find(|k| is_semicolon(at(s, *k))).unwrap_or(end);
        let within = says
            .all
            .iter()
            .filter(|f| f.start() >= *open && f.end() <= end && f.depth == 0);
        let Some(unit) = within
            .clone()
            .map(Num::unit)
            .find(|unit| !matches!(*unit, "%" | "百分点"))
        else {
            continue;
        };
        let parts: Vec<Num> = within.filter(|f| f.unit() == unit).copied().collect();
        let added = sum(&parts);
        let larger = |total: &&&Num| total.unit() == unit && parts.iter().all(|f| f.n < total.n);
        let exact = totals.iter().filter(larger).find(|total| total.n == added);
        let found = match exact {
            Some(total) if parts.len() >= 2 => Some(holding(says, &parts, total)),
            _ => {
                let nearest = totals.iter().find(larger);
                nearest.and_then(|total| faulty(says, &parts, total, Decimal::new(125, 3)))
            }
        };
        out.extend(found);
    }
}

/// `分年度看，`, `从责任单位看，`
fn views(says: &Says) -> bool {
    view_at(cut(says.s(), says.a, says.b))
}

fn view_at(s: &[char]) -> bool {
    const LONGEST: usize = 12;
    let lead = cut(s, 0, LONGEST);
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
            let (added_said, said) = plus_and_total(whole.stream, &parts, total);
            let statement = format!("{added_said}={said}");
            let end = parts.last().map_or(last.b, |f| f.end());
            return Some(check(whole.stream, total.found.span().0, end, statement, true));
        }
        if added > total.n {
            return None;
        }
    }
    None
}
