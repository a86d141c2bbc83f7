//! Growth, differences and multiples held against the two values that they come from.

use rust_decimal::Decimal;

use crate::chars::{before, contains, cut};
use crate::checks::reckon::{
    Num, Says, check, comes_to, multiplier, percent_of, printed, printed_like, round, side_by_side,
};
use crate::model::Check;
use crate::tables::{base_words, became_words, fall_words, growth_words, now_words, step_words};

/// An old and a new value.
struct Change<'a> {
    old: Num<'a>,
    new: Num<'a>,
    /// `从…到…`: the text itself says that one became the other.
    sure: bool,
}

/// Everything that grows or falls in a sentence.
pub(crate) fn growth(says: &Says, out: &mut Vec<Check>) {
    for (i, rate) in says.all.iter().enumerate().skip(1) {
        let found = if rate.percent() {
            percentage(says, i).or_else(|| gain(says, i))
        } else if rate.unit() == "倍" {
            multiple(says, i)
        } else {
            None
        };
        out.extend(found);
        if !rate.percent() || rate.unit() == "百分点" {
            out.extend(step(says, i));
        }
    }
    out.extend(doubled(says));
}

/// Whether the words say that it grew, or that it fell; `None` where they say neither or both.
fn direction(words: &[char]) -> Option<bool> {
    let up = growth_words().any_in(words);
    let down = fall_words().any_in(words);
    (up != down).then_some(up)
}

/// The two values in front of number `i`, as the text names them.
fn change<'a>(says: &Says<'a>, i: usize) -> Option<Change<'a>> {
    const REACH: usize = 5;
    let rate = says.all.get(i)?;
    let near = says.all.get(i.saturating_sub(REACH)..i)?;
    // The nearest two of one unit, with nothing of another unit between them that matters.
    let values: Vec<&Num> = near
        .iter()
        .filter(|f| f.unit() != "百分点" && f.unit() != "倍")
        .collect();
    for pair in values.windows(2).rev() {
        let [first, second] = pair else { continue };
        if first.unit() != second.unit() || (rate.percent() && first.percent()) {
            continue;
        }
        let (one, two) = (says.lead(first), says.lead(second));
        let gap = says.between(first, second);
        let from = matches!(one.last(), Some('从' | '由'))
            || (one.last() == Some(&'的') && one.iter().any(|c| matches!(c, '从' | '由')));
        let from = from || names_base(one) && one.iter().any(|c| matches!(c, '从' | '由'));
        let to = matches!(before(says.s(), second.start()), '到' | '至' | '为');
        if from && to {
            return Some(Change {
                old: **first,
                new: **second,
                sure: true,
            });
        }
        // `2200元降到1320元`
        if gap.len() <= 10 && became_words().before(gap, gap.len()).is_some() {
            return Some(Change {
                old: **first,
                new: **second,
                sure: true,
            });
        }
        // `8640元，由上年的8000元增长8%`
        let grown_from = names_base(two) && two.iter().any(|c| matches!(c, '从' | '由')) && gap.len() <= 14;
        if grown_from && !from {
            return Some(Change {
                old: **second,
                new: **first,
                sure: two.last() == Some(&'的'),
            });
        }
        // `比上年的200户增长30%`
        let against =
            gap.iter().any(|c| matches!(c, '比' | '较')) && names_base(two) && two.last() != Some(&'多');
        if against {
            return Some(Change {
                old: **second,
                new: **first,
                sure: two.last() == Some(&'的'),
            });
        }
        // `去年200户，今年260户`
        if names_base(one) && now_words().any_in(two) && !names_base(two) {
            return Some(Change {
                old: **first,
                new: **second,
                sure: gap.len() <= 14,
            });
        }
    }
    None
}

fn names_base(lead: &[char]) -> bool {
    let year = lead
        .windows(5)
        .any(|w| w.iter().take(4).all(char::is_ascii_digit) && w.get(4) == Some(&'年'));
    year || base_words().any_in(lead)
}

/// `从200户增加到260户，增长30%`, `12.6亿元，比上年的11.2亿元增长12.5%`
fn percentage(says: &Says, i: usize) -> Option<Check> {
    const CLOSE: usize = 10;
    let rate = says.all.get(i)?;
    let behind = base_behind(says, i);
    let Change { old, new, sure } = match &behind {
        Some(change) => Change { ..*change },
        None => change(says, i)?,
    };
    let last = if old.start() > new.start() && behind.is_none() {
        &old
    } else {
        &new
    };
    let gap = says.between(last, rate);
    // `由7.5天缩短到4.2天，提速44%`
    let faster = ["提速", "提效", "缩短", "压缩"].iter().any(|w| contains(gap, w)) && new.n < old.n;
    let up = if faster {
        false
    } else {
        direction(gap).or_else(|| same_deed(says, &old, &new, gap))?
    };
    if gap.len() > CLOSE || old.n <= Decimal::ZERO {
        return None;
    }
    // `年均增长` goes by the years.
    if contains(gap, "年均") || contains(gap, "年平均") {
        return yearly(says, &old, &new, rate);
    }
    let step = if up { new.n - old.n } else { old.n - new.n };
    let exact = percent_of(step, old.n)?;
    let s = says.s();
    // Both values are rounded, so that the change may be off by what both leave open.
    let slack = percent_of(old.slack(s) + new.slack(s), old.n)? * Decimal::new(12, 1);
    let off = (exact - rate.n).abs();
    let holds = off <= Decimal::new(6, rate.n.scale() + 1).max(slack.min(Decimal::ONE));
    let hedged = [&old, &new, rate].iter().any(|f| f.hedged());
    if !holds && (hedged || !sure || off <= slack || grows_in_prices(says, &old)) {
        return None;
    }
    let (first, second) = if up { (&new, &old) } else { (&old, &new) };
    let old_said = printed(says.stream, old.found);
    let of_old = |f: &Num| printed_like(says.stream, f, multiplier(&old_said));
    let statement = format!(
        "({}-{})/{}{}",
        of_old(first),
        of_old(second),
        of_old(&old),
        comes_to(exact, rate, holds)
    );
    let a = old.found.span().0.min(new.found.span().0);
    let end = if behind.is_some() { old.end() } else { rate.end() };
    Some(check(says.stream, a, end, statement, holds))
}

/// `由412个精简到275个，精简33.3%`: the same word between both values and before the rate, whatever it is.
fn same_deed(says: &Says, old: &Num, new: &Num, gap: &[char]) -> Option<bool> {
    let became = says.between(old, new);
    let k = became.iter().rposition(|c| matches!(c, '到' | '至'))?;
    let deed = cut(became, k.checked_sub(2)?, k);
    let said = gap.strip_suffix(&['了']).unwrap_or(gap);
    (deed.len() == 2 && said.ends_with(deed) && old.n != new.n).then_some(new.n > old.n)
}

/// `260起，同比上升30%（去年同期200起）`: the old value is told after the rate.
fn base_behind<'a>(says: &Says<'a>, i: usize) -> Option<Change<'a>> {
    let (rate, new) = (says.all.get(i)?, says.all.get(i.checked_sub(1)?)?);
    let old = says.all.get(i + 1)?;
    let lead: String = says.between(rate, old).iter().collect();
    let told = lead.trim_start_matches(['，', ',', '；', ';', '（', '(']);
    let told = told.trim_end_matches(['为', '是']);
    let base = told != lead && matches!(told, "去年同期" | "上年同期" | "而去年同期" | "而上年同期");
    let on_year = ["同比", "比上年", "比去年", "较上年", "较去年"]
        .iter()
        .any(|w| contains(says.between(new, rate), w));
    (base && on_year && rate.unit() != "百分点" && new.unit() == old.unit() && !new.percent()).then_some(
        Change {
            old: *old,
            new: *new,
            sure: true,
        },
    )
}

/// Growth a year over some years: stated where it agrees, for the number of years is often told elsewhere.
fn yearly(says: &Says, old: &Num, new: &Num, rate: &Num) -> Option<Check> {
    let factor = Decimal::ONE + rate.n.checked_div(Decimal::ONE_HUNDRED)?;
    let room = Decimal::new(8, rate.n.scale() + 3);
    if factor <= Decimal::ONE || factor > Decimal::TEN {
        return None;
    }
    let (mut low, mut high) = (old.n, old.n);
    for years in 1..=15u32 {
        low = low.checked_mul(factor - room)?;
        high = high.checked_mul(factor + room)?;
        if years >= 2 && low <= new.n && new.n <= high {
            let (a, b) = (printed(says.stream, old.found), printed(says.stream, new.found));
            let statement = format!("{a}×(1+{}%)^{years}≈{b}", rate.n.normalize());
            return Some(check(
                says.stream,
                old.found.span().0,
                rate.end(),
                statement,
                true,
            ));
        }
    }
    None
}

/// Output is often compared at constant prices, so that its growth need not follow from the amounts.
fn grows_in_prices(says: &Says, figure: &Num) -> bool {
    figure.unit().contains('元')
        && ["生产总值", "增加值", "GDP", "产值"]
            .iter()
            .any(|w| contains(cut(says.s(), says.a, says.b), w))
}

/// `达到120家，比上年增加20家，增长20%`: the growth that a gain makes.
fn gain(says: &Says, i: usize) -> Option<Check> {
    let s = says.s();
    let rate = says.all.get(i)?;
    let more = says.all.get(i.checked_sub(1)?)?;
    let now = says.all.get(i.checked_sub(2)?)?;
    let (step, end) = (says.between(now, more), says.between(more, rate));
    let up = ["增加", "净增", "增长", "多", "新增"]
        .iter()
        .any(|w| contains(step, w))
        && ["增长", "增幅", "提高"].iter().any(|w| contains(end, w));
    let down = ["减少", "少", "下降", "压减"].iter().any(|w| contains(step, w))
        && ["下降", "降幅", "减少"].iter().any(|w| contains(end, w));
    if up == down || now.unit() != more.unit() || now.percent() || step.len() > 12 || end.len() > 6 {
        return None;
    }
    let base = if up { now.n - more.n } else { now.n + more.n };
    if base <= Decimal::ZERO {
        return None;
    }
    let exact = percent_of(more.n, base)?;
    let off = (exact - rate.n).abs();
    let slack = percent_of(now.slack(s) + more.slack(s), base)? * Decimal::new(12, 1);
    let holds = off <= Decimal::new(6, rate.n.scale() + 1).max(slack.min(Decimal::ONE));
    let hedged = [now, more, rate].iter().any(|f| f.hedged());
    let year = ["比", "较", "同比"].iter().any(|w| contains(step, w));
    if !holds
        && (hedged
            || !year
            || off < Decimal::new(1, rate.n.scale())
            || off <= slack
            || grows_in_prices(says, now))
    {
        return None;
    }
    let (first, mark) = (printed(says.stream, now.found), if up { "-" } else { "+" });
    let by = printed(says.stream, more.found);
    let statement = format!("{by}/({first}{mark}{by}){}", comes_to(exact, rate, holds));
    Some(check(
        says.stream,
        now.found.span().0,
        rate.end(),
        statement,
        holds,
    ))
}

/// `由586户增加到912户，净增326户`, `由85.4%提高到88.6%，提高3.2个百分点`: the difference of two values.
fn step(says: &Says, i: usize) -> Option<Check> {
    const CLOSE: usize = 12;
    let s = says.s();
    let by = says.all.get(i)?;
    let points = by.unit() == "百分点";
    let lead = says.lead(by);
    if !(step_words().any_in(lead) || points && direction(lead).is_some()) {
        return None;
    }
    let Change { old, new, sure } =
        change(says, i).or_else(|| points.then(|| two_rates(says, i)).flatten())?;
    if !(points && old.percent() || !points && old.unit() == by.unit()) {
        return None;
    }
    let last = if old.start() > new.start() { &old } else { &new };
    if says.between(last, by).len() > CLOSE {
        return None;
    }
    let exact = (new.n - old.n).abs();
    let off = (exact - by.n).abs();
    let slack = if points {
        Decimal::ZERO
    } else {
        old.slack(s) + new.slack(s) + by.slack(s)
    };
    let hedged = [&old, &new, by].iter().any(|f| f.hedged());
    let holds = off <= slack;
    if !holds && (hedged || !sure) {
        return None;
    }
    let (high, low) = if new.n >= old.n {
        (&new, &old)
    } else {
        (&old, &new)
    };
    let mark = if points { "%" } else { "" };
    let (high, low) = side_by_side(says.stream, high, low);
    let said = printed(says.stream, by.found);
    let said = if points {
        format!("{said}个百分点")
    } else {
        said
    };
    let statement = if holds {
        format!("{high}{mark}-{low}{mark}={said}")
    } else {
        format!(
            "{high}{mark}-{low}{mark}={}{}≠{said}",
            exact_in(exact, &high, new.n.max(old.n)),
            if points { "个百分点" } else { "" }
        )
    };
    let a = old.found.span().0.min(new.found.span().0);
    Some(check(says.stream, a, by.end(), statement, holds))
}

/// A number written with the 万 or 亿 of another.
fn exact_in(exact: Decimal, like: &str, value: Decimal) -> String {
    let tail: String = like
        .chars()
        .filter(|c| matches!(c, '百' | '千' | '万' | '亿'))
        .collect();
    let plain: String = like.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let factor = plain.parse::<Decimal>().ok().and_then(|m| value.checked_div(m));
    match factor
        .filter(|_| !tail.is_empty())
        .and_then(|f| exact.checked_div(f))
    {
        Some(scaled) => format!("{}{tail}", scaled.normalize()),
        None => exact.normalize().to_string(),
    }
}

/// `增长8.3%，高于目标7%1.3个百分点`: two percentages right before their difference.
fn two_rates<'a>(says: &Says<'a>, i: usize) -> Option<Change<'a>> {
    let by = says.all.get(i)?;
    let rates: Vec<&Num> = says.all.iter().take(i).filter(|f| f.percent()).collect();
    let [.., first, second] = rates.as_slice() else {
        return None;
    };
    let gap = says.between(first, second);
    let compared = ["高于", "低于", "快于", "慢于", "高出", "比", "较"]
        .iter()
        .any(|w| contains(gap, w));
    let close = says.between(second, by).len() <= 10;
    (compared && close && gap.len() <= 20).then_some(Change {
        old: **second,
        new: **first,
        sure: false,
    })
}

/// `260户，是去年200户的1.3倍`
fn multiple(says: &Says, i: usize) -> Option<Check> {
    let s = says.s();
    let times = says.all.get(i)?;
    let old = says.all.get(i.checked_sub(1)?)?;
    let new = says.all.get(i.checked_sub(2)?)?;
    let (gap, end) = (says.between(new, old), says.between(old, times));
    let is = ["是", "为", "相当于", "达到"].iter().any(|w| contains(gap, w));
    if !is || gap.len() > 18 || end != ['的'] || new.unit() != old.unit() || old.n.is_zero() {
        return None;
    }
    let exact = new.n.checked_div(old.n)?;
    let off = (exact - times.n).abs();
    let share = |f: &Num| f.slack(s).checked_div(f.n.abs()).unwrap_or_default();
    let bound = Decimal::new(6, times.n.scale() + 1) + (share(new) + share(old)) * times.n.abs();
    let holds = off <= bound;
    if !holds && [new, old, times].iter().any(|f| f.hedged()) {
        return None;
    }
    let fine = round(exact, times.n.scale() + 1);
    let said = times.n.normalize();
    let sign = match (holds, fine == said) {
        (true, true) => String::new(),
        (true, false) => format!("≈{said}"),
        (false, _) => format!("≠{said}"),
    };
    let (new_said, old_said) = side_by_side(says.stream, new, old);
    let statement = format!("{new_said}/{old_said}={fine}{sign}倍");
    Some(check(
        says.stream,
        new.found.span().0,
        times.end(),
        statement,
        holds,
    ))
}

/// `由50家增加到100家，翻了一番`
fn doubled(says: &Says) -> Option<Check> {
    let s = says.s();
    let at = crate::chars::find(cut(s, says.a, says.b), "翻")? + says.a;
    let times = ["翻了一番", "翻一番", "翻番", "翻了两番", "翻两番"]
        .iter()
        .position(|w| crate::chars::has_at(s, at, w))?;
    let i = says.all.iter().take_while(|f| f.end() <= at).count();
    let last = i.checked_sub(1).and_then(|k| says.all.get(k))?;
    let before_it = i.checked_sub(2).and_then(|k| says.all.get(k))?;
    let from = says.lead(before_it).iter().any(|c| matches!(c, '从' | '由'));
    let to = matches!(before(s, last.start()), '到' | '至');
    if !from || !to || at - last.end() > 8 || last.unit() != before_it.unit() || before_it.n <= Decimal::ZERO
    {
        return None;
    }
    let wanted = if times >= 3 {
        Decimal::from(4)
    } else {
        Decimal::TWO
    };
    let exact = last.n.checked_div(before_it.n)?;
    let more = s
        .get(at + 1..at + 8)
        .is_some_and(|t| t.contains(&'多') || t.contains(&'近'));
    let holds = exact >= wanted * Decimal::new(97, 2);
    if !holds && (exact > wanted * Decimal::new(9, 1) || more || last.hedged()) {
        return None;
    }
    let sign = if holds { "≥" } else { "<" };
    let statement = format!(
        "{}/{}={}倍{sign}{wanted}倍",
        printed(says.stream, last.found),
        printed(says.stream, before_it.found),
        round(exact, 2)
    );
    let sound = if holds && exact < wanted {
        statement.replace('≥', "≈")
    } else {
        statement
    };
    Some(check(says.stream, before_it.found.span().0, at + 3, sound, holds))
}
