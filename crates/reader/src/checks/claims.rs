//! What holds to the printed place and is claimed by a word: every pair of numbers that a rate, a growth, an average, a
//! total or a rest may follow from is tried. Only what holds is stated here; that something fails is for the rules that
//! know who claims it.

use rust_decimal::Decimal;

use crate::chars::{at, contains, cut, digit, has_at};
use crate::checks::reckon::{
    Num, Says, check, comes_to, factor, multiplier, percent_of, plus_and_total, printed, printed_like, round,
    side_by_side,
};
use crate::model::Check;
use crate::tables::{fall_words, growth_words, remainder_words};

/// How many sentences before may name one of the numbers.
const EARLIER: usize = 2;

/// No more numbers than these, the nearest, are tried with one claim.
const NEAREST: usize = 12;

/// Days of a year, for averages and shares of its days.
const YEARS: [i64; 2] = [365, 366];

/// The claims of a sentence that hold and that no other rule has stated.
pub(super) fn claims(says: &Says, earlier: &[Says], out: &mut Vec<Check>) {
    for (i, num) in says.all.iter().enumerate() {
        let near = nearest(says, earlier, i, EARLIER, NEAREST);
        let found = if num.percent() {
            share(says, num, &near)
                .or_else(|| grown(says, num, &near))
                .or_else(|| of_both(says, num, i))
        } else {
            each(says, num, &near)
                .or_else(|| daily(says, num, i))
                .or_else(|| rest(says, num, &near))
                .or_else(|| {
                    // What is left of a thing may stand far behind it.
                    let far = || nearest(says, earlier, i, 2 * EARLIER + 1, 3 * NEAREST);
                    names_rest(says, num).then(|| rest(says, num, &far())).flatten()
                })
                .or_else(|| total(says, num, &near))
                .or_else(|| added(says, num, &near))
                .or_else(|| twice(says, i))
        };
        out.extend(found.filter(|one| !stated(says, out, num, one)));
    }
    out.extend(net(says).filter(|one| out.iter().all(|known| known.statement != one.statement)));
    out.extend(ratio(says));
}

/// Whether another rule has said the same of this number.
pub(super) fn stated(says: &Says, out: &[Check], num: &Num, one: &Check) -> bool {
    let own = printed(says.stream, num.found);
    let numbers = |text: &str| -> Vec<String> {
        text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let mine = numbers(&one.statement);
    out.iter().rev().take(24).any(|known| {
        let theirs = numbers(&known.statement);
        known.statement == one.statement
            || known.statement.contains(&own) && mine.iter().all(|n| theirs.contains(n))
    })
}

/// The numbers around one, the nearest before it first: of its sentence and of those right before.
pub(super) fn nearest<'a>(
    says: &Says<'a>,
    earlier: &[Says<'a>],
    i: usize,
    reach: usize,
    most: usize,
) -> Vec<Num<'a>> {
    let before = says.all.iter().take(i).rev();
    let behind = says.all.iter().skip(i + 1).take(2);
    let old = earlier
        .iter()
        .rev()
        .take(reach)
        .flat_map(|one| one.all.iter().rev());
    let usable = |f: &&Num| !f.percent() && f.unit() != "百分点" && f.n > Decimal::ZERO;
    let all = before.chain(behind).chain(old);
    all.filter(usable).take(most).copied().collect()
}

/// The words before a number, up to the mark before it.
fn said<'a>(says: &Says<'a>, num: &Num) -> &'a [char] {
    says.lead(num)
}

pub(super) fn any(text: &[char], words: &[&str]) -> bool {
    words.iter().any(|w| contains(text, w))
}

/// How many digits a number is printed with, leading zeros and closing zeros of whole numbers aside.
pub(super) fn digits(says: &Says, num: &Num) -> usize {
    let said = printed(says.stream, num.found);
    let plain: String = said.chars().filter(char::is_ascii_digit).collect();
    let all = plain.trim_start_matches('0');
    if said.contains('.') {
        all.len()
    } else {
        all.trim_end_matches('0').len()
    }
}

/// Whether a number lies in the sentence.
pub(super) fn own(says: &Says, num: &Num) -> bool {
    (says.a..says.b).contains(&num.start())
}

/// Half of the last printed place of a rate.
pub(super) fn close(exact: Decimal, num: &Num) -> bool {
    let step = Decimal::new(5, num.n.scale() + 1);
    (exact - num.n).abs() <= step
}

pub(super) fn stretch(says: &Says, all: &[&Num]) -> (usize, usize) {
    let from = all.iter().map(|f| f.found.span().0).min().unwrap_or(says.a);
    let to = all.iter().map(|f| f.end()).max().unwrap_or(says.b);
    (from, to)
}

/// `312件，其中讨薪138件` … `占44.2%`; `亏损面22%`; `存贷比70%`; `完成目标的103.7%`.
fn share(says: &Says, rate: &Num, near: &[Num]) -> Option<Check> {
    let lead = said(says, rate);
    let of_target = any(lead, &["目标", "任务", "计划", "预算"]);
    let cued = any(lead, &["占", "率", "面", "比重", "比例", "完成"]) || lead.ends_with(&['比']) || of_target;
    // `增长面81.8%` is a share of those that grew.
    let of_those = lead.ends_with(&['面']);
    if !cued || growth_words().any_in(lead) && !of_target && !of_those || any(lead, &["增长率", "增速"])
    {
        return None;
    }
    let fine = digits(says, rate) >= 3;
    for (k, one) in near.iter().enumerate() {
        for two in near.iter().skip(k + 1) {
            if one.unit() != two.unit() || !own(says, one) && !own(says, two) {
                continue;
            }
            let earlier = !own(says, one) || !own(says, two);
            let (part, whole) = if (one.n < two.n) != (rate.n > Decimal::ONE_HUNDRED) {
                (one, two)
            } else {
                (two, one)
            };
            let exact = percent_of(part.n, whole.n)?;
            let whole_number = |f: &Num| f.n.normalize().scale() == 0;
            let rounded = whole_number(part) && whole_number(whole) || fine;
            if close(exact, rate)
                && part.n != whole.n
                && (fine || !earlier && rounded || digits(says, part) + digits(says, whole) >= 6)
            {
                let (first, second) = side_by_side(says.stream, part, whole);
                let (a, b) = stretch(says, &[part, whole, rate]);
                let text = format!("{first}/{second}{}", comes_to(exact, rate, true));
                return Some(check(says.stream, a, b, text, true));
            }
        }
    }
    // `优良天数291天，优良率79.7%`: of the days of a year.
    let days: Vec<&Num> = near
        .iter()
        .filter(|f| f.unit() == "天" && own(says, f) && fine)
        .collect();
    let tried = days
        .iter()
        .flat_map(|days| YEARS.iter().map(move |year| (*days, year)));
    tried.into_iter().find_map(|(days, year)| {
        let exact = percent_of(days.n, Decimal::from(*year))?;
        let (a, b) = stretch(says, &[days, rate]);
        let said = printed(says.stream, days.found);
        let text = format!("{said}/{year}{}", comes_to(exact, rate, true));
        close(exact, rate).then(|| check(says.stream, a, b, text, true))
    })
}

/// `286万人次`, `340万人次`, `增长18.9%`: whatever stands between them.
fn grown(says: &Says, rate: &Num, near: &[Num]) -> Option<Check> {
    let lead = said(says, rate);
    let last = lead.strip_suffix(&['了']).unwrap_or(lead);
    let up = growth_words().any_in(lead) || last.ends_with(&['增']) || last.ends_with(&['多']);
    let up = up || last.ends_with(&['涨']);
    let down = fall_words().any_in(lead) || any(lead, &["缩短", "提速", "节约", "节省"]);
    let down = down || last.ends_with(&['降']) || last.ends_with(&['少']);
    if !up && !down || any(lead, &["年均", "占"]) {
        return None;
    }
    let fine = digits(says, rate) >= 3;
    for (k, one) in near.iter().enumerate() {
        for two in near.iter().skip(k + 1) {
            if one.unit() != two.unit() || one.n == two.n || !own(says, one) && !own(says, two) {
                continue;
            }
            // The old value is the smaller one where something grew.
            let grew = up && !down;
            let (old, new) = if (one.n < two.n) == grew {
                (one, two)
            } else {
                (two, one)
            };
            let exact = percent_of((new.n - old.n).abs(), old.n)?;
            let near_by = own(says, one) && own(says, two) && k == 0;
            if close(exact, rate) && (fine || near_by) {
                let (first, second) = if grew { (new, old) } else { (old, new) };
                let old_said = printed(says.stream, old.found);
                let like = |f: &Num| printed_like(says.stream, f, multiplier(&old_said));
                let text = format!(
                    "({}-{})/{old_said}{}",
                    like(first),
                    like(second),
                    comes_to(exact, rate, true)
                );
                let (a, b) = stretch(says, &[old, new, rate]);
                return Some(check(says.stream, a, b, text, true));
            }
        }
    }
    None
}

/// `线上42万公斤，线下98万公斤，线上占总销量的30%`: of two that make the whole between them.
fn of_both(says: &Says, rate: &Num, i: usize) -> Option<Check> {
    if !contains(said(says, rate), "占") {
        return None;
    }
    let two = says.all.get(i.checked_sub(1)?)?;
    let one = says.all.get(i.checked_sub(2)?)?;
    if one.unit() != two.unit() || one.percent() {
        return None;
    }
    [one, two].into_iter().find_map(|part| {
        let exact = percent_of(part.n, one.n + two.n)?;
        let (first, second) = side_by_side(says.stream, one, two);
        let own = if part.start() == one.start() {
            &first
        } else {
            &second
        };
        let text = format!("{own}/({first}+{second}){}", comes_to(exact, rate, true));
        let (a, b) = stretch(says, &[one, two, rate]);
        close(exact, rate).then(|| check(says.stream, a, b, text, true))
    })
}

/// `47辆车按均价2600元计，价值12.22万元`, `48场，每场40分钟，累计32小时`: so many times so much.
fn each(says: &Says, total: &Num, near: &[Num]) -> Option<Check> {
    let hour = total.unit() == "小时";
    for price in near.iter().filter(|f| own(says, f)) {
        let lead = said(says, price);
        let tail = cut(lead, lead.len().saturating_sub(8), lead.len());
        let same = price.unit() == total.unit() || hour && price.unit() == "分钟";
        if !same || !any(tail, &["均", "每", "单价", "价", "各"]) || price.n == total.n {
            continue;
        }
        for count in near
            .iter()
            .filter(|f| f.unit() != price.unit() && f.n > Decimal::ONE)
        {
            let scale = if hour && price.unit() == "分钟" {
                Decimal::from(60)
            } else {
                Decimal::ONE
            };
            let Some(exact) = count.n.checked_mul(price.n).and_then(|n| n.checked_div(scale)) else {
                continue;
            };
            let off = (exact - total.n).abs();
            let room = total.slack(says.s()) + price.slack(says.s()).checked_mul(count.n).unwrap_or_default();
            let fine = exact == total.n && (own(says, count) || digits(says, total) >= 3)
                || digits(says, total) >= 3 && digits(says, price) >= 3 && off <= room;
            if !fine || exact == count.n {
                continue;
            }
            let (number, one) = (
                printed(says.stream, count.found),
                printed(says.stream, price.found),
            );
            let sum = printed_like(says.stream, total, multiplier(&one));
            let by = if scale > Decimal::ONE { "/60" } else { "" };
            let sign = if exact == total.n { "=" } else { "≈" };
            let (a, b) = stretch(says, &[count, price, total]);
            return Some(check(
                says.stream,
                a,
                b,
                format!("{number}×{one}{by}{sign}{sum}"),
                true,
            ));
        }
    }
    None
}

/// `业务量1640万件，日均4.5万件`: over the days or months of a year.
fn daily(says: &Says, mean: &Num, i: usize) -> Option<Check> {
    let lead = said(says, mean);
    let tail = cut(lead, lead.len().saturating_sub(6), lead.len());
    let parts: &[i64] = if any(tail, &["日均", "每天", "平均每天"]) {
        &YEARS
    } else if any(tail, &["月均", "每月"]) {
        &[12]
    } else {
        return None;
    };
    let whole = says.all.get(i.checked_sub(1)?)?;
    let exact = |n: &i64| Decimal::from(*n).checked_mul(mean.n) == Some(whole.n);
    if whole.unit() != mean.unit() || digits(says, mean) < 2 && !parts.iter().any(exact) {
        return None;
    }
    parts.iter().find_map(|n| {
        let said = printed(says.stream, whole.found);
        let tail = multiplier(&said);
        let exact = whole.n.checked_div(Decimal::from(*n))?;
        let scale = factor(multiplier(&printed(says.stream, mean.found)));
        let own = mean.n.checked_div(scale)?.normalize();
        let reckoned = round(exact.checked_div(scale)?, own.scale());
        let (a, b) = stretch(says, &[whole, mean]);
        let text = format!("{said}/{n}≈{}", printed_like(says.stream, mean, tail));
        (reckoned == own).then(|| check(says.stream, a, b, text, true))
    })
}

/// Whether the words before a number call it what is left.
fn names_rest(says: &Says, left: &Num) -> bool {
    let lead = said(says, left);
    remainder_words().any_in(lead) || any(lead, &["剩", "余", "另外", "另有"])
}

/// `已筛查30120人`, `任务4万人`, `剩下的9880人`: what was done and what is left make the whole.
fn rest(says: &Says, left: &Num, near: &[Num]) -> Option<Check> {
    if !names_rest(says, left) {
        return None;
    }
    for whole in near.iter().filter(|f| f.unit() == left.unit() && f.n > left.n) {
        for done in near.iter().filter(|f| f.unit() == left.unit() && f.n < whole.n) {
            let both = own(says, whole) && own(says, done) || whole.found.start.abs_diff(done.start()) < 30;
            let fine = digits(says, left) + digits(says, done) >= 5;
            if done.start() != left.start() && done.n + left.n == whole.n && (both || fine) {
                let (said, sum) = plus_and_total(says.stream, &[*done, *left], whole);
                let (a, b) = stretch(says, &[done, left, whole]);
                return Some(check(says.stream, a, b, format!("{said}={sum}"), true));
            }
        }
    }
    None
}

/// `补贴10万元，再给15万元贷款；又借了20万元，凑够45万元`: what a word says is the sum of what was just named.
fn total(says: &Says, all: &Num, near: &[Num]) -> Option<Check> {
    let lead = said(says, all);
    let tail = cut(lead, lead.len().saturating_sub(10), lead.len());
    let sure = any(
        tail,
        &[
            "合计",
            "总计",
            "共计",
            "总共",
            "一共",
            "加起来",
            "凑够",
            "凑足",
            "凑齐",
            "总数",
        ],
    );
    if !sure && !any(tail, &["共", "总", "累计", "达到"]) {
        return None;
    }
    let alike: Vec<Num> = near
        .iter()
        .filter(|f| f.unit() == all.unit() && f.start() < all.start() && f.n < all.n)
        .take(6)
        .copied()
        .collect();
    let mut sum = Decimal::ZERO;
    for (k, part) in alike.iter().enumerate() {
        sum += part.n;
        if sum > all.n {
            return None;
        }
        if sum == all.n && k > 0 && (sure || digits(says, all) >= 3) {
            let mut parts: Vec<Num> = alike.get(..=k)?.to_vec();
            parts.reverse();
            let (said, whole) = plus_and_total(says.stream, &parts, all);
            let (a, b) = stretch(says, &[parts.first()?, all]);
            return Some(check(says.stream, a, b, format!("{said}={whole}"), true));
        }
    }
    None
}

/// `扣押31辆；又追回16辆。47辆车…`: the sentence behind begins with what both make.
fn added(says: &Says, all: &Num, near: &[Num]) -> Option<Check> {
    let first_here = says.all.first().is_some_and(|f| f.start() == all.start());
    let mut old = near
        .iter()
        .filter(|f| f.start() < all.start() && f.unit() == all.unit());
    let (more, one) = (old.next()?, old.next()?);
    let lead = cut(says.s(), more.from, more.start());
    if !first_here || !any(lead, &["又", "再", "另"]) || one.n + more.n != all.n {
        return None;
    }
    let (said, whole) = plus_and_total(says.stream, &[*one, *more], all);
    let (a, b) = stretch(says, &[one, all]);
    Some(check(says.stream, a, b, format!("{said}={whole}"), true))
}

/// `扣押31辆；又追回16辆，47辆车…`: the same in one sentence.
fn twice(says: &Says, i: usize) -> Option<Check> {
    const CLOSE: usize = 40;
    let more = says.all.get(i)?;
    let first = says.all.iter().take(i).rev().find(|f| f.unit() == more.unit())?;
    if !any(said(says, more), &["又", "再", "另"]) {
        return None;
    }
    let both = first.n + more.n;
    let all = says.all.iter().skip(i + 1).find(|f| f.unit() == more.unit())?;
    if all.n != both || all.start() > more.end() + CLOSE {
        return None;
    }
    let (said, whole) = plus_and_total(says.stream, &[*first, *more], all);
    let (a, b) = stretch(says, &[first, all]);
    Some(check(says.stream, a, b, format!("{said}={whole}"), true))
}

/// `新增6处、撤销2处，由37处变为41处`: what came, what went, before and after.
fn net(says: &Says) -> Option<Check> {
    let came = says
        .all
        .iter()
        .find(|f| any(said(says, f), &["新增", "新开", "新建", "增加", "迁入", "调入"]))?;
    let alike = |f: &&Num| f.unit() == came.unit() && f.start() != came.start();
    let went = says.all.iter().filter(alike).find(|f| {
        any(
            said(says, f),
            &["撤销", "减少", "取消", "关闭", "淘汰", "迁出", "调出", "退出"],
        )
    })?;
    let others: Vec<&Num> = says
        .all
        .iter()
        .filter(alike)
        .filter(|f| f.start() != went.start())
        .take(4)
        .collect();
    for old in &others {
        for new in &others {
            if old.start() != new.start() && old.n + came.n - went.n == new.n && old.n > came.n.max(went.n) {
                let said = |f: &Num| printed(says.stream, f.found);
                let (a, b) = stretch(says, &[came, went, old, new]);
                let text = format!("{}+{}-{}={}", said(old), said(came), said(went), said(new));
                return Some(check(says.stream, a, b, text, true));
            }
        }
    }
    None
}

/// `18420元`, `9210元`, `城乡收入比2∶1`: the ratio of the two numbers before it.
fn ratio(says: &Says) -> Option<Check> {
    let s = says.s();
    let colon = (says.a..says.b).find(|i| {
        matches!(at(s, *i), '∶' | ':' | '：' | '比')
            && at(s, i + 1) == '1'
            && !matches!(at(s, i + 2), '.' | '．')
            && digit(at(s, i + 2)).is_none()
            && i.checked_sub(1).is_some_and(|k| digit(at(s, k)).is_some())
    })?;
    let mut from = colon;
    while from > says.a
        && from
            .checked_sub(1)
            .is_some_and(|k| digit(at(s, k)).is_some() || at(s, k) == '.')
    {
        from -= 1;
    }
    let lead = cut(s, from.saturating_sub(4), from);
    if !lead.contains(&'比') || has_at(s, colon + 2, "0") {
        return None;
    }
    let text: String = cut(s, from, colon).iter().collect();
    let said = text.parse::<Decimal>().ok()?;
    let before: Vec<&Num> = says
        .all
        .iter()
        .filter(|f| f.end() <= from && !f.percent())
        .collect();
    let [.., one, two] = before.as_slice() else {
        return None;
    };
    if one.unit() != two.unit() {
        return None;
    }
    let (high, low) = if one.n >= two.n { (one, two) } else { (two, one) };
    let exact = high.n.checked_div(low.n)?;
    if round(exact, said.scale()) != said.normalize() {
        return None;
    }
    let (first, second) = side_by_side(says.stream, high, low);
    let (a, _) = stretch(says, &[one, two]);
    let sign = if exact == said { "=" } else { "≈" };
    Some(check(
        says.stream,
        a,
        colon + 2,
        format!("{first}/{second}{sign}{text}"),
        true,
    ))
}
