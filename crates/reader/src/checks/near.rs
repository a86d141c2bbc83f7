//! What near numbers come to exactly, whoever claims it: parts that stand together and their whole, also sentences back;
//! what one number is more than another; a rate told beside the difference; so much for each of so many. Only what holds
//! is stated here.

use rust_decimal::Decimal;

use crate::chars::{contains, cut};
use crate::checks::claims::{any, close, digits, nearest, own, stated, stretch};
use crate::checks::reckon::{
    Num, Says, check, comes_to, multiplier, percent_of, plus_and_total, printed, printed_like, round,
    side_by_side,
};
use crate::model::Check;
use crate::tables::{fall_words, growth_words, kin_units};

/// More parts than these make no list.
const PARTS: usize = 8;

/// How many sentences before may name the whole.
const BACK: usize = 3;

/// Parts that add up to another number by accident have fewer digits than these between them.
const TELLING: usize = 5;

/// The checks of a sentence that its near numbers allow.
///
/// `from`: where the checks of this sentence begin in `out`.
pub(super) fn near(says: &Says, earlier: &[Says], from: usize, out: &mut Vec<Check>) {
    for (i, num) in says.all.iter().enumerate() {
        let near = nearest(says, earlier, i, 2, 10);
        let found = if num.percent() {
            by_difference(says, num, &near).or_else(|| saved(says, num, &near))
        } else if num.unit() == "倍" {
            times(says, num, &near)
        } else {
            more(says, num, &near)
                .or_else(|| there_and_back(says, num, i))
                .or_else(|| for_each(says, num, &near))
                .or_else(|| weighed(says, num, &near))
                .or_else(|| yearly(says, num, i))
        };
        // What follows from another pair of numbers is no fault.
        if found.is_some() && num.percent() {
            let fault = format!("≠{}%", num.n.normalize());
            let mut k = from;
            while k < out.len() {
                if out
                    .get(k)
                    .is_some_and(|known| !known.holds && known.statement.ends_with(&fault))
                {
                    out.remove(k);
                } else {
                    k += 1;
                }
            }
        }
        out.extend(found.filter(|one| !stated(says, out, num, one)));
    }
    parts(says, earlier, out);
}

/// Whether two numbers count things of one kind: 处 and 个, 人 and 人次.
fn kin(one: &str, two: &str) -> bool {
    let person = |unit: &str| matches!(unit, "人" | "人次");
    let counts = |unit: &str| kin_units().is(&unit.chars().collect::<Vec<_>>());
    one == two || person(one) && person(two) || counts(one) && counts(two)
}

/// `128个摊位…。夜市分三个区，其中美食区76个、手工区32个、文创区20个`: numbers of one kind, one after the other, that
/// make a number of their kind beside them or a few sentences back.
fn parts(says: &Says, earlier: &[Says], out: &mut Vec<Check>) {
    let usable = |f: &&Num| !f.percent() && f.n > Decimal::ZERO && !f.hedged() && f.unit() != "百分点";
    let all: Vec<&Num> = says.all.iter().filter(usable).collect();
    let told_by: Vec<usize> = all.iter().map(|f| digits(says, f)).collect();
    let mut from = 0usize;
    while from < all.len() {
        let found = (from + 2..=all.len().min(from + PARTS)).rev().find_map(|to| {
            let list = all.get(from..to)?;
            let first = list.first()?;
            if !list.iter().all(|f| kin(f.unit(), first.unit())) {
                return None;
            }
            let sum: Decimal = list.iter().map(|f| f.n).sum();
            let told: usize = told_by.get(from..to).unwrap_or_default().iter().sum();
            // `全产业链产值12亿元` says itself that it takes all in.
            let all_in = all.get(to).is_some_and(|f| {
                let lead = says.lead(f);
                lead.first() == Some(&'全') || lead.first() == Some(&'总')
            });
            if told + usize::from(all_in) < TELLING {
                return None;
            }
            let beside = [from.checked_sub(1), Some(to)].into_iter().flatten();
            let beside = beside.filter_map(|k| all.get(k).copied());
            let far = list.len() > 2 || told > TELLING;
            let back = earlier.iter().rev().take(BACK).flat_map(|one| one.all.iter());
            let back = back.filter(|_| far);
            // `滑坡46处、泥石流27处`: the items of one list are no totals of one another.
            let list_of = |f: &&Num| {
                let (a, b) = if f.start() < first.start() {
                    (f.end(), first.start())
                } else {
                    (list.last().map_or(0, |l| l.end()), f.start())
                };
                !cut(says.s(), a, b).contains(&'、')
            };
            let whole = beside
                .filter(list_of)
                .chain(back)
                .find(|f| f.n == sum && kin(f.unit(), first.unit()))?;
            Some((to, list.to_vec(), whole))
        });
        let Some((to, list, whole)) = found else {
            from += 1;
            continue;
        };
        let parts: Vec<Num> = list.iter().map(|f| **f).collect();
        let (said, sum) = plus_and_total(says.stream, &parts, whole);
        let mut all_of_it: Vec<&Num> = list.clone();
        all_of_it.push(whole);
        let (a, b) = stretch(says, &all_of_it);
        let one = check(says.stream, a, b, format!("{said}={sum}"), true);
        if let Some(last) = list.last()
            && !stated(says, out, last, &one)
        {
            out.push(one);
        }
        from = to;
    }
}

/// The last words before a number, where they say that it is a difference: `少走8公里`, `加高了1.6米`, `增发1240万`.
fn difference<'a>(says: &Says<'a>, num: &Num) -> Option<&'a [char]> {
    const WORDS: usize = 5;
    let lead = says.lead(num);
    let tail = cut(lead, lead.len().saturating_sub(WORDS), lead.len());
    any(
        tail,
        &[
            "多", "少", "增", "减", "加高", "提高", "高出", "升高", "降", "省", "缩短", "扩大", "涨", "低了",
            "快了", "长了", "宽了",
        ],
    )
    .then_some(tail)
}

/// `由5.2米加高到6.8米，加高了1.6米`: by how much one of two numbers is more than the other.
fn more(says: &Says, by: &Num, near: &[Num]) -> Option<Check> {
    difference(says, by)?;
    let alike = |f: &&Num| f.unit() == by.unit() && f.start() < by.start() && f.n != by.n;
    let alike: Vec<&Num> = near.iter().filter(alike).take(4).collect();
    for (k, one) in alike.iter().enumerate() {
        for two in alike.iter().skip(k + 1) {
            let (high, low) = if one.n > two.n { (one, two) } else { (two, one) };
            let told = digits(says, high) + digits(says, low) + digits(says, by);
            if low.n + by.n == high.n && own(says, one) && told >= 4 {
                let (said, sum) = plus_and_total(says.stream, &[**low, *by], high);
                let (a, b) = stretch(says, &[low, high, by]);
                return Some(check(says.stream, a, b, format!("{said}={sum}"), true));
            }
        }
    }
    None
}

/// `走一遍6.4公里，来回12.8公里`.
fn there_and_back(says: &Says, both: &Num, i: usize) -> Option<Check> {
    let one = says.all.get(i.checked_sub(1)?)?;
    let lead = says.lead(both);
    let way = any(lead, &["来回", "往返", "一来一回"]);
    if !way || one.unit() != both.unit() || one.n + one.n != both.n {
        return None;
    }
    let said = printed(says.stream, one.found);
    let (a, b) = stretch(says, &[one, both]);
    let text = format!("{said}×2={}", printed(says.stream, both.found));
    Some(check(says.stream, a, b, text, true))
}

/// `发电8640万千瓦时，同比增发1240万千瓦时，增长16.8%`: a rate beside the difference that it comes from.
fn by_difference(says: &Says, rate: &Num, near: &[Num]) -> Option<Check> {
    let lead = says.lead(rate);
    let down = fall_words().any_in(lead);
    if !down && !growth_words().any_in(lead) || any(lead, &["年均", "占"]) {
        return None;
    }
    let by = near.iter().find(|f| own(says, f) && f.start() < rate.start())?;
    difference(says, by)?;
    let now = near
        .iter()
        .filter(|f| f.unit() == by.unit() && f.start() < by.start() && f.n > by.n)
        .take(2);
    now.into_iter().find_map(|now| {
        let old = if down { now.n + by.n } else { now.n - by.n };
        let exact = percent_of(by.n, old)?;
        let (first, second) = side_by_side(says.stream, now, by);
        let sign = if down { '+' } else { '-' };
        let text = format!("{second}/({first}{sign}{second}){}", comes_to(exact, rate, true));
        let (a, b) = stretch(says, &[now, by, rate]);
        (close(exact, rate) && digits(says, rate) >= 2).then(|| check(says.stream, a, b, text, true))
    })
}

/// `用水40立方米，比漫灌省水60立方米，省水率60%`: what was saved, of what would have been used.
fn saved(says: &Says, rate: &Num, near: &[Num]) -> Option<Check> {
    let lead = says.lead(rate);
    let cue = any(lead, &["率"]) && any(lead, &["省", "节", "减", "降"]);
    let mut before = near.iter().filter(|f| own(says, f) && f.start() < rate.start());
    let (by, used) = (before.next()?, before.next()?);
    if !cue || by.unit() != used.unit() || !any(says.lead(by), &["省", "节", "减", "少"]) {
        return None;
    }
    let exact = percent_of(by.n, by.n + used.n)?;
    let (first, second) = side_by_side(says.stream, used, by);
    let text = format!("{second}/({first}+{second}){}", comes_to(exact, rate, true));
    let (a, b) = stretch(says, &[used, by, rate]);
    close(exact, rate).then(|| check(says.stream, a, b, text, true))
}

/// `由120只增长到300只，增长1.5倍`, `是2015年1.96万元的1.5倍`.
fn times(says: &Says, rate: &Num, near: &[Num]) -> Option<Check> {
    let mut before = near.iter().filter(|f| own(says, f) && f.start() < rate.start());
    let (one, two) = (before.next()?, before.next()?);
    if one.unit() != two.unit() || one.n == two.n {
        return None;
    }
    let (high, low) = if one.n > two.n { (one, two) } else { (two, one) };
    let grew = growth_words().any_in(says.lead(rate));
    let above = if grew { high.n - low.n } else { high.n };
    let exact = above.checked_div(low.n)?;
    if !close(exact, rate) {
        return None;
    }
    let (first, second) = side_by_side(says.stream, high, low);
    let place = round(exact, rate.n.scale().max(2));
    let said = printed(says.stream, rate.found);
    let sign = if place == rate.n.normalize() {
        format!("={said}")
    } else {
        format!("={place}≈{said}")
    };
    let text = if grew {
        format!("({first}-{second})/{second}{sign}倍")
    } else {
        format!("{first}/{second}{sign}倍")
    };
    let (a, b) = stretch(says, &[one, two, rate]);
    Some(check(says.stream, a, b, text, true))
}

/// `每部补贴15万元；39部共发放补贴585万元`, `鲜叶每公斤34元。…一天采6公斤，进账204元`: so much for each, exactly.
fn for_each(says: &Says, total: &Num, near: &[Num]) -> Option<Check> {
    const EACH: usize = 24;
    let s = says.s();
    for price in near
        .iter()
        .filter(|f| kin(f.unit(), total.unit()) && f.n < total.n && f.start() < total.start())
    {
        let words = cut(s, price.start().saturating_sub(EACH), price.start());
        let stop = words.iter().rposition(|c| crate::chars::is_stop(*c));
        let words = cut(words, stop.map_or(0, |k| k + 1), words.len());
        // A number of one digit is so much for each only where 每 stands right before it.
        let close_by = cut(words, words.len().saturating_sub(10), words.len());
        let words = if digits(says, price) > 1 { words } else { close_by };
        if !any(words, &["每", "均", "单价", "一只", "一亩", "一台"]) {
            continue;
        }
        for count in near
            .iter()
            .filter(|f| !kin(f.unit(), total.unit()) && f.n > Decimal::ONE && f.start() < total.start())
        {
            let Some(exact) = count.n.checked_mul(price.n) else {
                continue;
            };
            let told = digits(says, count) + digits(says, price);
            let fine = told >= 3 && digits(says, total) >= 2 && (own(says, count) || own(says, price));
            if exact != total.n || !fine {
                continue;
            }
            let (number, one) = (
                printed(says.stream, count.found),
                printed(says.stream, price.found),
            );
            let sum = printed_like(says.stream, total, multiplier(&one));
            let (a, b) = stretch(says, &[count, price, total]);
            return Some(check(says.stream, a, b, format!("{number}×{one}={sum}"), true));
        }
    }
    None
}

/// `3200亩`, `96吨化肥，平均每亩30公斤`: a whole in tonnes and its share in kilograms.
fn weighed(says: &Says, mean: &Num, near: &[Num]) -> Option<Check> {
    let kilos = match mean.unit() {
        "公斤" | "千克" => Decimal::ONE_THOUSAND,
        "斤" => Decimal::from(2000),
        _ => return None,
    };
    let lead = cut(says.s(), mean.start().saturating_sub(8), mean.start());
    if !any(lead, &["均", "每", "亩产", "单产", "一亩"]) {
        return None;
    }
    for whole in near
        .iter()
        .filter(|f| f.unit() == "吨" && f.start() < mean.start())
    {
        for count in near.iter().filter(|f| f.unit() != "吨" && f.n > Decimal::ONE) {
            let Some(all) = whole.n.checked_mul(kilos) else {
                continue;
            };
            let Some(exact) = all.checked_div(count.n) else {
                continue;
            };
            let fine = digits(says, mean) >= 2 || exact == mean.n;
            if count.start() != mean.start() && close(exact, mean) && fine {
                let (said, number) = (
                    printed(says.stream, whole.found),
                    printed(says.stream, count.found),
                );
                let sign = if exact == mean.n { '=' } else { '≈' };
                let (a, b) = stretch(says, &[whole, count, mean]);
                let text = format!(
                    "{said}吨({}{})/{number}{sign}{}",
                    all.normalize(),
                    mean.unit(),
                    printed(says.stream, mean.found)
                );
                return Some(check(says.stream, a, b, text, true));
            }
        }
    }
    None
}

/// `五年累计完成投资518亿元，年均103.6亿元`: over the years that the sentence counts.
fn yearly(says: &Says, mean: &Num, i: usize) -> Option<Check> {
    const LEAD: usize = 5;
    let s = says.s();
    let lead = cut(s, mean.start().saturating_sub(LEAD), mean.start());
    let whole = says.all.get(i.checked_sub(1)?)?;
    if !any(lead, &["年均", "每年", "平均每年"]) || whole.unit() != mean.unit() || digits(says, mean) < 2
    {
        return None;
    }
    (says.a..whole.start()).find_map(|k| {
        let number = crate::numeral::number_at(s, k)?;
        let fresh = crate::chars::digit(crate::chars::before(s, k)).is_none();
        if crate::chars::at(s, number.end) != '年' || !fresh || crate::dates::year_at(s, k).is_some() {
            return None;
        }
        let years = number.value;
        if years < Decimal::TWO || years > Decimal::from(10) {
            return None;
        }
        let said = printed(says.stream, whole.found);
        let exact = whole.n.checked_div(years)?;
        let room = mean
            .slack(s)
            .max(whole.slack(s).checked_div(years).unwrap_or_default());
        let (a, b) = stretch(says, &[whole, mean]);
        let sign = if exact == mean.n { '=' } else { '≈' };
        let text = format!(
            "{said}/{years}{sign}{}",
            printed_like(says.stream, mean, multiplier(&said))
        );
        ((exact - mean.n).abs() <= room && !contains(lead, "增"))
            .then(|| check(says.stream, a, b, text, true))
    })
}
