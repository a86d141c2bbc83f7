//! What a story reckons in passing: how far a work has come, a share of two kinds together, a saving by the difference of two
//! prices, a limit raised once more, a month's part of a year. Only what holds is stated here.

use rust_decimal::Decimal;

use crate::chars::{contains, cut, is_han};
use crate::checks::claims::{any, digits, stated, stretch};
use crate::checks::rates::{rate_check, rate_name};
use crate::checks::reckon::{
    Num, Says, check, comes_to, multiplier, percent_of, plus, printed, printed_like, tolerance,
};
use crate::model::Check;

/// The checks of a sentence that is told as a story.
pub(super) fn told(says: &Says, earlier: &[Says], out: &mut Vec<Check>) {
    for (i, num) in says.all.iter().enumerate() {
        let found = if num.percent() {
            progress(says, i).or_else(|| of_two(says, earlier, i))
        } else {
            raised(says, i)
                .or_else(|| monthly(says, i))
                .or_else(|| saved_on_each(says, earlier, i))
                .or_else(|| handed_on(says, earlier, i))
                .or_else(|| about_each(says, i))
        };
        out.extend(found.filter(|one| !stated(says, out, num, one)));
    }
}

/// The words right before a number, however many numbers stand among them.
fn words<'a>(says: &Says<'a>, num: &Num, most: usize) -> &'a [char] {
    cut(
        says.s(),
        num.start().saturating_sub(most).max(says.a),
        num.start(),
    )
}

/// `32.6万亩小麦已收获31.9万亩，收获进度达97.9%`: how far a work has come.
fn progress(says: &Says, i: usize) -> Option<Check> {
    const CLOSE: usize = 14;
    let rate = says.all.get(i)?;
    let lead = words(says, rate, 6);
    let tells = ["进度", "进度达", "进度达到", "进度为", "进度已达"]
        .iter()
        .any(|w| crate::chars::has_before(lead, lead.len(), w));
    let part = says.all.get(i.checked_sub(1)?)?;
    if !tells || part.percent() || part.hedged() || rate.hedged() || says.between(part, rate).len() > CLOSE {
        return None;
    }
    let before = says.all.iter().take(i.checked_sub(1)?).rev();
    let mut wholes = before.filter(|f| f.unit() == part.unit() && f.n > part.n);
    let whole = wholes.next()?;
    let exact = percent_of(part.n, whole.n)?;
    let from = whole.found.span().0;
    ((exact - rate.n).abs() <= tolerance(says.s(), rate, part, whole))
        .then(|| rate_check(says.stream, from, rate, part, whole, exact, true))
}

/// `续建41个、新建38个、前期17个。…已开工63个，开复工率79.7%`: of two kinds together, printed so finely that it is no accident.
fn of_two(says: &Says, earlier: &[Says], i: usize) -> Option<Check> {
    const CLOSE: usize = 14;
    const BACK: usize = 2;
    let rate = says.all.get(i)?;
    let part = says.all.get(i.checked_sub(1)?)?;
    let deed = rate_name(says.s(), says.a, rate.start())?;
    let named = says.lead(part).iter().any(|c| is_han(*c) && deed.contains(c));
    let close = says.between(part, rate).len() <= CLOSE;
    if rate.n.scale() == 0 || part.percent() || part.hedged() || !named || !close {
        return None;
    }
    let lists = earlier.iter().rev().take(BACK).chain([says]);
    lists.into_iter().find_map(|said| {
        said.all.windows(2).find_map(|pair| {
            let [one, two] = pair else { return None };
            let listed = said.between(one, two).first() == Some(&'、');
            let alike = one.unit() == part.unit() && two.unit() == part.unit();
            if !listed || !alike || one.hedged() || two.hedged() || two.end() > part.start() {
                return None;
            }
            let exact = percent_of(part.n, one.n.checked_add(two.n)?)?;
            let fine = (exact - rate.n).abs() <= Decimal::new(5, rate.n.scale() + 1);
            let text = format!(
                "{}/({}){}",
                printed(says.stream, part.found),
                plus(says.stream, &[*one, *two]),
                comes_to(exact, rate, true)
            );
            (fine && part.n < one.n + two.n)
                .then(|| check(says.stream, part.found.span().0, rate.end(), text, true))
        })
    })
}

/// `提高到80万元；…再上浮25%，达到100万元`: a limit raised or lowered once more.
fn raised(says: &Says, i: usize) -> Option<Check> {
    const BACK: usize = 4;
    let new = says.all.get(i)?;
    let rate = says.all.get(i.checked_sub(1)?).filter(|f| f.percent())?;
    let lead = says.lead(rate);
    let up = any(lead, &["上浮", "上调", "再提高", "再增加", "加收"]);
    let down = any(lead, &["下浮", "下调", "再降低", "打折", "减收"]);
    let reached = any(says.between(rate, new), &["到", "至", "达", "为"]);
    if up == down || !reached || new.hedged() || says.between(rate, new).len() > 8 {
        return None;
    }
    let by = rate.n.checked_div(Decimal::ONE_HUNDRED)?;
    let factor = if up { Decimal::ONE + by } else { Decimal::ONE - by };
    let bases = says.all.iter().take(i.checked_sub(1)?).rev().take(BACK);
    let mut bases = bases.filter(|f| f.unit() == new.unit() && !f.hedged());
    let base = bases.find(|f| f.n.checked_mul(factor) == Some(new.n))?;
    let said = printed(says.stream, base.found);
    let sign = if up { '+' } else { '-' };
    let text = format!(
        "{said}×(1{sign}{}%)={}",
        rate.n.normalize(),
        printed_like(says.stream, new, multiplier(&said))
    );
    let (a, b) = stretch(says, &[base, rate, new]);
    Some(check(says.stream, a, b, text, true))
}

/// `每年补贴房租2400元，一个月200元`.
fn monthly(says: &Says, i: usize) -> Option<Check> {
    const BACK: usize = 3;
    let month = says.all.get(i)?;
    if !any(words(says, month, 5), &["每月", "每个月", "一个月", "月均"]) || month.hedged() {
        return None;
    }
    let years = says.all.iter().take(i).rev().take(BACK);
    let mut years =
        years.filter(|f| f.unit() == month.unit() && any(words(says, f, 10), &["每年", "一年", "全年"]));
    let year = years.find(|f| month.n.checked_mul(Decimal::from(12)) == Some(f.n))?;
    let said = printed(says.stream, year.found);
    let text = format!(
        "{said}/12={}",
        printed_like(says.stream, month, multiplier(&said))
    );
    let (a, b) = stretch(says, &[year, month]);
    Some(check(says.stream, a, b, text, true))
}

/// `一亩要260元，如今每亩只要80元，150亩地省下2.7万元`: the difference of two prices, for so many.
fn saved_on_each(says: &Says, earlier: &[Says], i: usize) -> Option<Check> {
    const BACK: usize = 1;
    let all = says.all.get(i)?;
    if all.hedged()
        || !any(
            words(says, all, 6),
            &["省下", "省了", "节省", "节约", "省", "多赚", "多挣", "多收"],
        )
    {
        return None;
    }
    let before = earlier
        .iter()
        .rev()
        .take(BACK)
        .rev()
        .flat_map(|one| one.all.iter());
    let own = says.all.iter().take(i);
    let numbers: Vec<&Num> = before
        .chain(own)
        .filter(|f| !f.percent() && !f.hedged())
        .collect();
    let counts = numbers
        .iter()
        .filter(|f| f.unit() != all.unit() && f.n > Decimal::ONE);
    counts.into_iter().find_map(|count| {
        let each = |f: &&&Num| {
            let lead = cut(says.s(), f.start().saturating_sub(8), f.start());
            let unit = count.found.unit.as_str();
            f.unit() == all.unit()
                && (contains(lead, &format!("每{unit}")) || contains(lead, &format!("一{unit}")))
        };
        let prices: Vec<&Num> = numbers.iter().filter(each).copied().collect();
        let [one, two] = prices.as_slice() else {
            return None;
        };
        let (high, low) = if one.n > two.n { (one, two) } else { (two, one) };
        let exact = count.n.checked_mul(high.n - low.n)?;
        let text = format!(
            "{}×({}-{})={}",
            printed(says.stream, count.found),
            printed(says.stream, high.found),
            printed(says.stream, low.found),
            printed(says.stream, all.found)
        );
        let (a, b) = stretch(says, &[one, two, count, all]);
        (exact == all.n).then(|| check(says.stream, a, b, text, true))
    })
}

/// `盈利的60%分给社员，去年98万元盈利中58.8万元分到了户`: a told share of a number, beside it.
fn handed_on(says: &Says, earlier: &[Says], i: usize) -> Option<Check> {
    const BACK: usize = 1;
    const CLOSE: usize = 12;
    const TELLING: usize = 4;
    let part = says.all.get(i)?;
    let whole = says.all.get(i.checked_sub(1)?)?;
    let between = says.between(whole, part);
    if part.unit() != whole.unit()
        || part.n >= whole.n
        || part.hedged()
        || whole.hedged()
        || between.len() > CLOSE
    {
        return None;
    }
    let told = earlier.iter().rev().take(BACK).chain([says]);
    let rates = told.flat_map(|said| said.all.iter().map(move |f| (said, f)));
    let mut rates = rates.filter(|(_, f)| f.percent() && !f.hedged() && f.start() < whole.start());
    let (_, rate) = rates.find(|(said, rate)| {
        let lead = said.lead(rate);
        let alike = between.windows(2).any(|pair| lead.windows(2).any(|w| w == pair));
        let exact = whole
            .n
            .checked_mul(rate.n)
            .and_then(|n| n.checked_div(Decimal::ONE_HUNDRED));
        alike && exact == Some(part.n)
    })?;
    let fine = digits(says, whole) + digits(says, part) >= TELLING;
    let said = printed(says.stream, whole.found);
    let text = format!(
        "{said}×{}%={}",
        rate.n.normalize(),
        printed_like(says.stream, part, multiplier(&said))
    );
    let (a, b) = stretch(says, &[whole, part]);
    fine.then(|| check(says.stream, a, b, text, true))
}

/// `贷款1.2亿元，惠及牧户860户，户均约14万元`: an average that says itself that it is rounded.
fn about_each(says: &Says, i: usize) -> Option<Check> {
    const CLOSE: usize = 40;
    let mean = says.all.get(i)?;
    let lead = words(says, mean, 4);
    let k = lead.iter().position(|c| *c == '均')?;
    let by = lead.get(k.checked_sub(1)?)?;
    let hedged = mean.found.qualifier == Some(crate::model::Qualifier::About);
    let count = says
        .all
        .get(i.checked_sub(1)?)
        .filter(|f| f.found.unit.starts_with(*by) && !f.hedged())?;
    let whole = says
        .all
        .get(i.checked_sub(2)?)
        .filter(|f| f.unit() == mean.unit() && !f.hedged())?;
    if !hedged || says.between(whole, mean).len() > CLOSE {
        return None;
    }
    let exact = whole.n.checked_div(count.n)?;
    let (said, total) = (
        printed(says.stream, mean.found),
        printed(says.stream, whole.found),
    );
    let scaled = exact.checked_div(crate::checks::reckon::factor(multiplier(&said)))?;
    let text = format!(
        "{total}/{}={}{}≈{said}",
        printed(says.stream, count.found),
        scaled.round_dp(2).normalize(),
        multiplier(&said)
    );
    let (a, b) = stretch(says, &[whole, count, mean]);
    ((exact - mean.n).abs() <= mean.loose_slack(says.s()) && digits(says, mean) >= 2)
        .then(|| check(says.stream, a, b, text, true))
}
