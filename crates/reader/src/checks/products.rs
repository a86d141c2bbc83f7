//! So much for each, so many of them, so much in all: `每户补助5000元，120户共60万元`, and the averages of a total.

use rust_decimal::Decimal;

use crate::chars::{contains, cut, has_at};
use crate::checks::reckon::{Num, Says, check, printed, round};
use crate::model::Check;
use crate::tables::{list_cues, total_words};

/// What one number is for: 每户, 人均, 元/亩.
struct Each<'a> {
    per: Num<'a>,
    /// The classifiers of what it is for.
    of: &'static [&'static str],
    /// The measure without its `/户`.
    unit: &'a str,
    /// 人均 and the like are reckoned from the total, so that they are rounded.
    mean: bool,
}

/// The words that make a number one for each, and what they count.
const EACH: &[(&str, &[&str], bool)] = &[
    ("人均", &["人"], true),
    ("户均", &["户", "家"], true),
    ("亩均", &["亩"], true),
    ("亩产", &["亩"], true),
    ("平均亩产", &["亩"], true),
    ("村均", &["个", "村"], true),
    ("日均", &["天", "日"], true),
    ("月均", &["个月"], true),
    ("平均每人", &["人"], true),
    ("平均每户", &["户", "家"], true),
    ("平均每天", &["天", "日"], true),
    ("平均每亩", &["亩"], true),
    ("平均每家", &["家"], true),
    ("每人", &["人"], false),
    ("每名", &["人"], false),
    ("每户", &["户"], false),
    ("每亩", &["亩"], false),
    ("每村", &["个", "村"], false),
    ("每个", &["个"], false),
    ("每家", &["家"], false),
    ("每头", &["头"], false),
    ("每只", &["只"], false),
    ("每台", &["台", "台套"], false),
    ("每套", &["套"], false),
    ("每吨", &["吨"], false),
    ("每平方米", &["平方米"], false),
    ("每公里", &["公里"], false),
    ("每座", &["座"], false),
    ("每棵", &["棵"], false),
    ("每株", &["株"], false),
    ("每场", &["场"], false),
    ("每期", &["期"], false),
    ("每天", &["天"], false),
    ("每日", &["天"], false),
    ("每月", &["个月"], false),
];

/// Every product that a sentence states in full.
pub(crate) fn products(says: &Says, out: &mut Vec<Check>) {
    let each_word = || says.has(&['每', '均', '产']) || says.all.iter().any(|f| f.unit().contains('/'));
    if says.all.len() < 3 || !each_word() {
        return;
    }
    for per in &says.all {
        if let Some(each) = each(says, per) {
            out.extend(product(says, &each));
        }
    }
}

fn each<'a>(says: &Says<'a>, per: &Num<'a>) -> Option<Each<'a>> {
    const REACH: usize = 12;
    if per.percent() || per.hedged() {
        return None;
    }
    if let Some((unit, of)) = per.unit().split_once('/') {
        let of = EACH
            .iter()
            .find(|(word, _, _)| word.strip_prefix('每') == Some(of));
        return of.map(|(_, of, _)| Each {
            per: *per,
            of,
            unit,
            mean: false,
        });
    }
    let lead = says.lead(per);
    let from = lead.len().saturating_sub(REACH);
    let found = EACH
        .iter()
        .find(|(word, _, _)| (from..lead.len()).any(|k| has_at(lead, k, word)));
    found.map(|(_, of, mean)| Each {
        per: *per,
        of,
        unit: per.unit(),
        mean: *mean,
    })
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
    let counts: Vec<&Num> = others.clone().filter(|f| each.of.contains(&f.unit())).collect();
    let totals: Vec<&Num> = others.filter(|f| measure(f.unit()).0 == kind).collect();
    let reckoned = |count: &Num| -> Option<Decimal> { count.n.checked_mul(each.per.n)?.checked_mul(weight) };
    let room = |count: &Num, total: &Num, of_total: Decimal| -> Decimal {
        let own = if each.mean {
            each.per.slack(s).max(Decimal::new(6, each.per.n.scale() + 1))
        } else {
            Decimal::ZERO
        };
        let more = count
            .n
            .checked_mul(own)
            .and_then(|r| r.checked_mul(weight))
            .unwrap_or_default();
        let counted = count
            .slack(s)
            .checked_mul(each.per.n)
            .and_then(|r| r.checked_mul(weight))
            .unwrap_or_default();
        more + counted + total.slack(s).checked_mul(of_total).unwrap_or_default()
    };
    for count in &counts {
        for total in totals.iter().filter(|total| total.start() != count.start()) {
            let of_total = measure(total.unit()).1;
            let (Some(exact), Some(said)) = (reckoned(count), total.n.checked_mul(of_total)) else {
                continue;
            };
            if (exact - said).abs() <= room(count, total, of_total) && !said.is_zero() {
                return Some(statement(says, each, count, total, exact, true));
            }
        }
    }
    // A fault: one count, one total, of the same thing, and nothing that speaks of only some of them.
    let ([count], [total]) = (counts.as_slice(), totals.as_slice()) else {
        return None;
    };
    if count.start() == total.start() {
        return None;
    }
    let of_total = measure(total.unit()).1;
    let (exact, said) = (reckoned(count)?, total.n.checked_mul(of_total)?);
    let (lead, own) = (says.lead(total), says.lead(&each.per));
    let in_all = total_words().any_in(cut(lead, lead.len().saturating_sub(8), lead.len()));
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
    Some(statement(says, each, count, total, exact, false))
}

fn statement(says: &Says, each: &Each, count: &Num, total: &Num, exact: Decimal, holds: bool) -> Check {
    let say = |f: &Num| printed(says.stream, f.found);
    let (per, of_total) = (say(&each.per), measure(total.unit()).1);
    let scaled = exact.checked_div(of_total).unwrap_or(exact);
    let said = say(total);
    let tail = said
        .chars()
        .rev()
        .take_while(|c| matches!(c, '百' | '千' | '万' | '亿'))
        .count();
    let plain: String = said.chars().take(said.chars().count() - tail).collect();
    let factor = plain
        .parse::<Decimal>()
        .ok()
        .and_then(|m| total.n.checked_div(m))
        .unwrap_or(Decimal::ONE);
    let ending: String = said.chars().skip(said.chars().count() - tail).collect();
    let shown = scaled
        .checked_div(factor)
        .unwrap_or(scaled)
        .round_dp(4)
        .normalize();
    let text = if each.mean && !holds {
        let mean = total
            .n
            .checked_mul(of_total)
            .and_then(|t| t.checked_div(count.n))
            .unwrap_or_default();
        let mean = mean.checked_div(measure(each.unit).1).unwrap_or(mean);
        format!(
            "{said}/{}={}≠{per}{}",
            say(count),
            round(mean, each.per.n.scale() + 2),
            each.per.found.unit
        )
    } else {
        let sign = if holds && shown.to_string() == plain {
            format!("={said}")
        } else if holds {
            format!("={shown}{ending}≈{said}")
        } else {
            format!("={shown}{ending}≠{said}")
        };
        format!("{}×{per}{sign}{}", say(count), total.found.unit)
    };
    let a = [count, total, &each.per]
        .iter()
        .map(|f| f.found.span().0.max(says.a))
        .min()
        .unwrap_or(says.a);
    let b = [count, total, &each.per]
        .iter()
        .map(|f| f.end())
        .max()
        .unwrap_or(says.b);
    check(says.stream, a, b, text, holds)
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
