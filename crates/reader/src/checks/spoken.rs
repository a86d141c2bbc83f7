//! Sums and products that a text tells in words: groups of so many each, different things counted together, and shares
//! said as 过半 or 三分之二. Stated only where they hold: what words leave open gives no fault.

use rust_decimal::Decimal;

use crate::chars::{at, cut, has_at};
use crate::checks::reckon::{Num, Says, check, plus, printed, round, sum};
use crate::model::Check;
use crate::tables::total_words;

/// How many numbers before a total may be its parts.
const PARTS: usize = 5;

/// What the sentence tells in words.
pub(super) fn spoken(says: &Says, out: &mut Vec<Check>) {
    shares(says, out);
    if says.all.len() < 3 {
        return;
    }
    for (i, total) in says.all.iter().enumerate().skip(2) {
        let lead = says.lead(total);
        let totals = total_words().before(lead, lead.len()).is_some() || lead.ends_with(&['一', '共']);
        if total.percent() || total.hedged() || !totals {
            continue;
        }
        let before = says.all.get(i.saturating_sub(PARTS)..i).unwrap_or_default();
        if before.iter().any(|f| f.percent() || f.hedged()) {
            continue;
        }
        let found = groups(says, before, total).or_else(|| together(says, before, total));
        out.extend(found);
    }
}

/// `4个小组每组6队，共24队`, `每天两班，每班12人，三天共出动72人次`: two or three numbers, one of them for each.
fn groups(says: &Says, before: &[Num], total: &Num) -> Option<Check> {
    let each = |f: &Num| says.lead(f).iter().any(|c| matches!(c, '每' | '各'));
    let tail = |n: usize| before.get(before.len().saturating_sub(n)..).unwrap_or_default();
    let factors = [tail(2), tail(3)].into_iter().find(|parts| {
        let product = parts.iter().try_fold(Decimal::ONE, |all, f| all.checked_mul(f.n));
        let telling = parts.len() >= 2 && parts.iter().all(|f| f.n > Decimal::ONE);
        telling && parts.iter().any(each) && product == Some(total.n)
    })?;
    let numbers: Vec<String> = factors.iter().map(|f| printed(says.stream, f.found)).collect();
    let statement = format!("{}={}", numbers.join("×"), printed(says.stream, total.found));
    let from = factors.first().map_or(says.a, Num::start);
    Some(check(says.stream, from, total.end(), statement, true))
}

/// `10个乡镇、30个村和20名个人受到表彰，对象共60个`: things of several kinds, counted together.
fn together(says: &Says, before: &[Num], total: &Num) -> Option<Check> {
    const COUNTED: &[&str] = &["个", "人", "家", "户", "件", "项", "处", "支", "所"];
    let counted = |f: &Num| COUNTED.contains(&f.unit());
    if !counted(total) {
        return None;
    }
    let parts = (2..=before.len())
        .filter_map(|n| before.get(before.len() - n..))
        .find(|parts| parts.iter().all(counted) && sum(parts) == total.n)?;
    // Of one unit they are an ordinary sum.
    let first = parts.first()?;
    if parts.iter().all(|f| f.unit() == first.unit()) {
        return None;
    }
    let statement = format!(
        "{}={}",
        plus(says.stream, parts),
        printed(says.stream, total.found)
    );
    Some(check(says.stream, first.start(), total.end(), statement, true))
}

/// `320个村，已有180个通了公交，过半`, `90人中60人取得证书，占三分之二`, `去年60座，今年120座，翻了一番`.
fn shares(says: &Says, out: &mut Vec<Check>) {
    const REACH: usize = 24;
    let s = says.s();
    for pair in says.all.windows(2) {
        let [one, two] = pair else { continue };
        if one.unit() != two.unit() || one.percent() || one.hedged() || two.hedged() {
            continue;
        }
        let Some(ratio) = two.n.checked_div(one.n) else {
            continue;
        };
        let end = says.b.min(two.end() + REACH);
        let near = |share: Decimal| (ratio - share).abs() <= Decimal::new(1, 2);
        let words: [(&str, bool); 7] = [
            ("过半", ratio > Decimal::new(5, 1) && ratio < Decimal::ONE),
            ("超过一半", ratio > Decimal::new(5, 1) && ratio < Decimal::ONE),
            ("三分之二", near(Decimal::new(6667, 4))),
            ("三分之一", near(Decimal::new(3333, 4))),
            ("四分之三", near(Decimal::new(75, 2))),
            ("翻了一番", near(Decimal::TWO)),
            ("翻一番", near(Decimal::TWO)),
        ];
        let said = (two.end()..end)
            .take_while(|k| !crate::chars::is_stop(at(s, *k)))
            .find_map(|k| words.iter().find(|(word, holds)| *holds && has_at(s, k, word)));
        // Another number between would be what the word speaks of.
        let own = |from: usize| {
            !says
                .all
                .iter()
                .any(|f| f.start() > two.start() && f.start() < from)
        };
        if let Some((word, _)) = said
            && own(two.end() + 1)
            && cut(s, one.end(), two.start()).len() <= 3 * REACH
        {
            let (first, second) = (printed(says.stream, one.found), printed(says.stream, two.found));
            let exact = if ratio < Decimal::ONE {
                format!("{}%", round(ratio * Decimal::ONE_HUNDRED, 2))
            } else {
                round(ratio, 2).to_string()
            };
            let statement = format!("{second}/{first}={exact}，{word}");
            out.push(check(says.stream, one.start(), two.end(), statement, true));
        }
    }
}
