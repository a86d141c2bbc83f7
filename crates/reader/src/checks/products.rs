//! So much for each, so many of them, so much in all: `每户补助5000元，120户共60万元`, and the averages of a total.

use rust_decimal::Decimal;

use crate::chars::{at, contains, cut, has_at, is_han};
use crate::checks::reckon::{Num, Says, check, factor, multiplier, printed, printed_like, round};
use crate::model::Check;
use crate::tables::{list_cues, total_words};

/// What one number is for: 每户, 人均, 元/亩.
struct Each<'a> {
    per: Num<'a>,
    /// How many there are, as far as the sentence tells, and in how many measures of `per` each is counted.
    counts: Vec<(Num<'a>, Decimal)>,
    /// The measure without its `/户`.
    unit: &'a str,
    /// 人均 and the like are reckoned from the total, so that they are rounded.
    mean: bool,
    /// No number is counted by the word itself: 每张 of so many visitors.
    loose: bool,
}

/// What the word behind 每 or before 均 counts, where the classifier is another one.
const COUNTED_BY: &[(&str, &[&str])] = &[
    ("人", &["人", "人次"]),
    ("名", &["人"]),
    ("户", &["户", "家"]),
    ("家", &["家", "户"]),
    ("天", &["天"]),
    ("日", &["天"]),
    ("月", &["个月"]),
    ("套", &["套", "台套"]),
    ("台", &["台", "台套"]),
];

/// Every product that a sentence states in full; what there is so many of may stand in a sentence before.
pub(crate) fn products(says: &Says, earlier: &[Says], out: &mut Vec<Check>) {
    let each_word = || says.has(&['每', '均', '产']) || says.all.iter().any(|f| f.unit().contains('/'));
    if says.all.len() < 2 || !each_word() {
        return;
    }
    for per in &says.all {
        let found = each(says, per).and_then(|each| product(says, &each));
        out.extend(found.or_else(|| staffed(says, earlier, per)));
    }
}

fn each<'a>(says: &Says<'a>, per: &Num<'a>) -> Option<Each<'a>> {
    const REACH: usize = 12;
    if per.percent() || per.hedged() || says.all.len() < 3 {
        return None;
    }
    if let Some((unit, of)) = per.unit().split_once('/') {
        let of: Vec<char> = of.chars().collect();
        return Some(Each {
            per: *per,
            counts: counted_by(says, per, &of),
            unit,
            mean: false,
            loose: false,
        });
    }
    let lead = says.lead(per);
    let lead = cut(lead, lead.len().saturating_sub(REACH), lead.len());
    let mut each = Each {
        per: *per,
        counts: Vec::new(),
        unit: per.unit(),
        mean: false,
        loose: false,
    };
    for k in 0..lead.len() {
        let word = match at(lead, k) {
            '每' => {
                each.mean = contains(cut(lead, 0, k), "平均") || contains(cut(lead, k, lead.len()), "均");
                cut(lead, k + 1, lead.len())
            }
            '均' if k > 0 && at(lead, k + 1) != '价' => {
                each.mean = true;
                cut(lead, k - 1, k)
            }
            '产' if k > 0 && at(lead, k - 1) == '亩' => cut(lead, k - 1, k),
            _ => continue,
        };
        each.counts = counted_by(says, per, word);
        if !each.counts.is_empty() {
            return Some(each);
        }
    }
    // `每张30元`, where the tickets are not counted but those who bought them.
    let priced = per.unit() == "元" && lead.contains(&'每');
    let others = says.all.iter().filter(|f| f.unit() != per.unit() && !f.percent());
    each.counts = others.map(|f| (*f, Decimal::ONE)).collect();
    each.loose = true;
    priced.then_some(each)
}

/// The numbers that count what `word` begins with: by their classifier (每户: 120户), by their noun (每村: 134个村), or by
/// another measure (每公斤: 5.2万吨).
fn counted_by<'a>(says: &Says<'a>, per: &Num, word: &[char]) -> Vec<(Num<'a>, Decimal)> {
    let others = says.all.iter().filter(|f| f.start() != per.start());
    others
        .filter_map(|f| counts(says, f, word).map(|scale| (*f, scale)))
        .collect()
}

/// How many of `word` one of the number is.
fn counts(says: &Says, f: &Num, word: &[char]) -> Option<Decimal> {
    if f.percent() || f.unit() == "元" {
        return None;
    }
    let begins = |w: &str| has_at(word, 0, w);
    if begins(f.unit()) && f.unit() != "个" {
        return Some(Decimal::ONE);
    }
    let known = COUNTED_BY.iter().find(|(w, _)| begins(w));
    if known.is_some_and(|(_, units)| units.contains(&f.unit())) {
        return Some(Decimal::ONE);
    }
    let (kind, own) = measure(f.unit());
    if kind == "公斤"
        && let Some(w) = ["公斤", "千克", "斤", "吨"].iter().find(|w| begins(w))
    {
        return own.checked_div(measure(w).1);
    }
    // 每个网格, 每村: the noun behind the number or before it.
    let noun = if at(word, 0) == '个' {
        cut(word, 1, 3)
    } else {
        cut(word, 0, 1)
    };
    let behind = cut(says.s(), f.end(), f.end() + 8);
    let behind = behind.iter().take_while(|c| is_han(**c)).count();
    let behind = cut(says.s(), f.end(), f.end() + behind);
    let named = behind.starts_with(noun)
        || noun.len() == 1 && behind.len() <= 4 && behind.ends_with(noun)
        || says.lead(f).ends_with(noun);
    (named && !noun.is_empty() && matches!(f.unit(), "个" | "所" | "家" | "座")).then_some(Decimal::ONE)
}

/// `118个网格…。每个网格配备2名专职网格员，专职网格员达到236名`: so many for each of a number told before. Stated where it
/// agrees.
fn staffed(says: &Says, earlier: &[Says], per: &Num) -> Option<Check> {
    const REACH: usize = 60;
    let s = says.s();
    let from = per.start().saturating_sub(REACH).max(says.a);
    let each = (from..per.start()).rev().find(|k| at(s, *k) == '每')?;
    let word = cut(s, each + 1, each + 6);
    let noun = cut(s, per.end(), per.end() + 8);
    let noun = cut(
        noun,
        0,
        noun.iter().take_while(|c| is_han(**c) && **c != '的').count(),
    );
    if noun.len() < 2 || per.n < Decimal::ONE {
        return None;
    }
    let total = says.all.iter().find(|f| {
        f.start() > per.end()
            && f.unit() == per.unit()
            && f.n > per.n
            && contains_run(says.lead(f), cut(noun, 0, 4))
    })?;
    let all = earlier.iter().chain([says]).rev();
    let numbers = all.flat_map(|said| said.all.iter().map(move |f| (said, f)));
    let (_, count) = numbers
        .filter(|(_, f)| f.start() != per.start() && f.start() != total.start())
        .filter(|(said, f)| counts(said, f, word) == Some(Decimal::ONE))
        .find(|(_, f)| f.n.checked_mul(per.n) == Some(total.n))?;
    let say = |f: &Num| printed_like(says.stream, f, "");
    let statement = format!("{}×{}={}{}", say(count), say(per), say(total), total.found.unit);
    Some(check(says.stream, each, total.end(), statement, true))
}

fn contains_run(s: &[char], run: &[char]) -> bool {
    !run.is_empty() && s.windows(run.len()).any(|w| w == run)
}

/// A weight in kilograms; other measures only equal themselves.
fn measure(unit: &str) -> (&str, Decimal) {
    match unit {
        "吨" => ("公斤", Decimal::from(1000)),
        "公斤" | "千克" => ("公斤", Decimal::ONE),
        "斤" => ("公斤", Decimal::new(5, 1)),
        other => (other, Decimal::ONE),
    }
}

fn product(says: &Says, each: &Each) -> Option<Check> {
    let s = says.s();
    let (kind, weight) = measure(each.unit);
    let others = says.all.iter().filter(|f| f.start() != each.per.start());
    let totals: Vec<&Num> = others.filter(|f| measure(f.unit()).0 == kind).collect();
    let reckoned = |count: &Num, scale: Decimal| -> Option<Decimal> {
        let counted = count.n.checked_mul(scale)?;
        counted.checked_mul(each.per.n)?.checked_mul(weight)
    };
    let room = |count: &Num, scale: Decimal, total: &Num, of_total: Decimal| -> Decimal {
        let own = if each.mean {
            each.per.slack(s).max(Decimal::new(6, each.per.n.scale() + 1))
        } else {
            Decimal::ZERO
        };
        let times = |a: Decimal, b: Decimal| a.checked_mul(b).unwrap_or_default();
        let more = times(times(count.n, scale), times(own, weight));
        let counted = times(times(count.slack(s), scale), times(each.per.n, weight));
        more + counted + times(total.slack(s), of_total)
    };
    for (count, scale) in &each.counts {
        for total in totals.iter().filter(|total| total.start() != count.start()) {
            let of_total = measure(total.unit()).1;
            let (Some(exact), Some(said)) = (reckoned(count, *scale), total.n.checked_mul(of_total)) else {
                continue;
            };
            let off = (exact - said).abs();
            let room = if each.loose {
                Decimal::ZERO
            } else {
                room(count, *scale, total, of_total)
            };
            if off <= room && !said.is_zero() {
                return Some(statement(says, each, (count, *scale), total, exact, true));
            }
        }
    }
    // A fault: one count, one total, of the same thing, and nothing that speaks of only some of them.
    let ([(count, scale)], [total]) = (each.counts.as_slice(), totals.as_slice()) else {
        return None;
    };
    if count.start() == total.start() || each.loose || *scale != Decimal::ONE {
        return None;
    }
    let of_total = measure(total.unit()).1;
    let (exact, said) = (reckoned(count, *scale)?, total.n.checked_mul(of_total)?);
    let (lead, own) = (says.lead(total), says.lead(&each.per));
    let named = cut(lead, lead.len().saturating_sub(8), lead.len());
    // 生产总值 is the output of everybody, no total of what was given for each.
    let in_all = total_words().any_in(named) && !contains(named, "总值");
    let same_thing = lead
        .windows(2)
        .any(|pair| !contains(pair, "人均") && own.windows(2).any(|w| w == pair));
    let first = count.start().min(total.start()).min(each.per.start());
    let last = count.end().max(total.end()).max(each.per.end());
    let whole = cut(s, first, last);
    let some =
        list_cues().any_in(whole) || whole.iter().any(|c| matches!(c, '；' | ';')) || contains(whole, "最高");
    let hedged = count.hedged() || total.hedged();
    let plain = if each.mean {
        same_thing
    } else {
        same_thing || in_all
    };
    let off = exact.checked_div(said)?;
    let near = off > Decimal::new(5, 2) && off < Decimal::from(20);
    if !plain || some || hedged || !near || last - first > 60 {
        return None;
    }
    Some(statement(says, each, (count, *scale), total, exact, false))
}

fn statement(
    says: &Says,
    each: &Each,
    (count, scale): (&Num, Decimal),
    total: &Num,
    exact: Decimal,
    holds: bool,
) -> Check {
    let say = |f: &Num| printed_like(says.stream, f, "");
    let said = printed(says.stream, total.found);
    // `84个×150万=1.26亿(12600万)`: where both have 万 or 亿, they are reckoned in that of one.
    let per_said = printed(says.stream, each.per.found);
    let (one, all) = (multiplier(&per_said), multiplier(&said));
    let both = !one.is_empty() && !all.is_empty() && one != all;
    let of_total = measure(total.unit()).1;
    let (per, in_full) = if both {
        let of_one = printed_like(says.stream, total, multiplier(&per_said));
        (per_said, of_one)
    } else {
        (say(&each.per), say(total))
    };
    let counted = if scale == Decimal::ONE {
        say(count)
    } else {
        let small = count.n.checked_mul(scale).unwrap_or(count.n).normalize();
        format!(
            "{}{}({small})",
            printed(says.stream, count.found),
            count.found.unit
        )
    };
    let text = if each.mean && !holds {
        let mean = total
            .n
            .checked_mul(of_total)
            .and_then(|t| t.checked_div(count.n))
            .unwrap_or_default();
        let mean = mean.checked_div(measure(each.unit).1).unwrap_or(mean);
        format!(
            "{in_full}/{counted}={}≠{per}{}",
            round(mean, each.per.n.scale() + 2),
            each.per.found.unit
        )
    } else {
        let tail = multiplier(&said);
        let scaled = exact.checked_div(of_total).unwrap_or(exact);
        let shown = scaled
            .checked_div(factor(tail))
            .unwrap_or(scaled)
            .round_dp(4)
            .normalize();
        let plain = said.trim_end_matches(tail);
        let sign = if holds && shown.to_string() == plain {
            format!("={in_full}")
        } else if holds {
            format!("={shown}{tail}≈{in_full}")
        } else {
            format!("={shown}{tail}≠{in_full}")
        };
        format!("{counted}×{per}{sign}{}", total.found.unit)
    };
    let numbers = [count, total, &each.per];
    let a = numbers.iter().map(|f| f.found.span().0.max(says.a)).min();
    let b = numbers.iter().map(|f| f.end()).max();
    check(says.stream, a.unwrap_or(says.a), b.unwrap_or(says.b), text, holds)
}

/// `今年新建30座，累计建成25座`: what was accumulated is less than what one period brought.
pub(crate) fn accumulated(says: &Says, out: &mut Vec<Check>) {
    if !contains(cut(says.s(), says.a, says.b), "累计") {
        return;
    }
    for (i, one) in says.all.iter().enumerate() {
        for two in says.all.iter().skip(i + 1).take(3) {
            if one.unit() != two.unit() || one.percent() {
                continue;
            }
            let (a, b) = (says.lead(one), says.lead(two));
            let period =
                |lead: &[char]| crate::tables::period_words().any_in(lead) && !contains(lead, "累计");
            let all =
                |lead: &[char]| contains(lead, "累计") && !crate::tables::of_another_time().any_in(lead);
            let (part, whole) = if period(a) && all(b) {
                (one, two)
            } else if all(a) && period(b) {
                (two, one)
            } else {
                continue;
            };
            let same = |f: &Num| -> Vec<char> {
                let mut words = says.lead(f).to_vec();
                words.extend(
                    cut(says.s(), f.end(), f.end() + 6)
                        .iter()
                        .take_while(|c| !crate::chars::is_punct(**c)),
                );
                words.retain(|c| !matches!(c, '累' | '计' | '今' | '年' | '月' | '本'));
                words
            };
            let (words, others) = (same(part), same(whole));
            let alike = words.windows(2).any(|pair| others.windows(2).any(|w| w == pair));
            if alike && whole.n < part.n && !whole.hedged() && !part.hedged() {
                let statement = format!(
                    "累计{}<{}",
                    printed(says.stream, whole.found),
                    printed(says.stream, part.found)
                );
                let from = one.found.span().0.min(two.found.span().0);
                out.push(check(
                    says.stream,
                    from,
                    one.end().max(two.end()),
                    statement,
                    false,
                ));
            }
        }
    }
}
