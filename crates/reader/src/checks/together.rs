//! Numbers that are held against each other only because they stand together: the shares of all parts of a whole, a ratio of
//! the two numbers before it, and so much for each of a total told before.

use rust_decimal::Decimal;

use crate::chars::{at, contains, cut, digit, has_at};
use crate::checks::claims::{digits, stretch};
use crate::checks::rates::rate_check;
use crate::checks::reckon::{
    Num, Says, check, multiplier, percent_of, printed, printed_like, round, side_by_side, tolerance,
};
use crate::model::Check;

/// `信用贷款7800万元，占65%；抵押贷款4200万元，占45%`: parts that make a whole told before them, each with its share. Whether each
/// share follows is then beyond doubt.
pub(super) fn shares_of_one_whole(says: &Says, earlier: &[Says], out: &mut Vec<Check>) {
    const FEWEST: usize = 2;
    const CLOSE: usize = 8;
    let pairs: Vec<(&Num, &Num)> = says
        .all
        .windows(2)
        .filter_map(|pair| {
            let [part, rate] = pair else { return None };
            let between = says.between(part, rate);
            let said = between.len() <= CLOSE && between.ends_with(&['占']);
            (said && rate.percent() && !part.percent() && !part.hedged() && !rate.hedged())
                .then_some((part, rate))
        })
        .collect();
    let Some((first, _)) = pairs.first() else { return };
    if pairs.len() < FEWEST || pairs.iter().any(|(part, _)| part.unit() != first.unit()) {
        return;
    }
    let sum: Decimal = pairs.iter().map(|(part, _)| part.n).sum();
    let own = says.all.iter().take_while(|f| f.start() < first.start());
    let before = earlier.iter().rev().flat_map(|one| one.all.iter().rev());
    let mut wholes = own.chain(before).filter(|f| f.unit() == first.unit());
    let Some(whole) = wholes.find(|f| f.n == sum && !f.hedged()) else {
        return;
    };
    for (part, rate) in pairs {
        let Some(exact) = percent_of(part.n, whole.n) else {
            continue;
        };
        let holds = (exact - rate.n).abs() <= tolerance(says.s(), rate, part, whole);
        let from = part.found.span().0;
        let one = rate_check(says.stream, from, rate, part, whole, exact, holds);
        if out.iter().all(|known| known.statement != one.statement) {
            out.push(one);
        }
    }
}

/// `城乡收入比为1.9`, `新增与注销之比为2:1`: the ratio of two numbers told before it. Stated where it agrees.
pub(super) fn ratio_before(says: &Says, next: Option<&Says>, text_end: usize, out: &mut Vec<Check>) {
    const REACH: usize = 90;
    const MOST: usize = 6;
    let s = says.s();
    let to = next.map_or(text_end, |next| next.b).min(says.b + REACH);
    for i in says.a..to {
        if at(s, i) != '比' {
            continue;
        }
        let mut from = i + 1;
        from += [
            "缩小至",
            "缩小到",
            "缩小为",
            "降至",
            "降到",
            "降为",
            "下降到",
            "下降至",
            "扩大到",
            "达到",
            "约为",
            "为",
            "是",
            "达",
            "约",
        ]
        .iter()
        .find(|w| has_at(s, from, w))
        .map_or(0, |w| w.chars().count());
        let end = from
            + cut(s, from, from + 6)
                .iter()
                .take_while(|c| c.is_ascii_digit() || **c == '.')
                .count();
        let text: String = cut(s, from, end).iter().collect();
        let one = matches!(at(s, end), ':' | '：' | '∶' | '比')
            && at(s, end + 1) == '1'
            && digit(at(s, end + 2)).is_none();
        let bare = matches!(at(s, end), '，' | '。' | '；' | '、' | ',' | ';' | '（' | '\0');
        let Some(said) = text
            .parse::<Decimal>()
            .ok()
            .filter(|n| *n > Decimal::ONE && text.len() <= 5)
        else {
            continue;
        };
        if !(one || bare && said.scale() > 0 && from > i + 1) {
            continue;
        }
        let before = says
            .all
            .iter()
            .rev()
            .filter(|f| f.end() <= i && !f.percent() && f.n > Decimal::ZERO);
        let near: Vec<&Num> = before.take(MOST).collect();
        let pairs = near
            .iter()
            .enumerate()
            .flat_map(|(k, two)| near.iter().skip(k + 1).map(move |one| (*one, *two)));
        let found = pairs
            .filter(|(one, two)| one.unit() == two.unit())
            .find_map(|(one, two)| {
                let (high, low) = if one.n >= two.n { (one, two) } else { (two, one) };
                let exact = high.n.checked_div(low.n)?;
                let fine = digits(says, high) + digits(says, low) >= 4;
                (fine && round(exact, said.scale()) == said.normalize()).then_some((high, low, exact))
            });
        if let Some((high, low, exact)) = found {
            let (first, second) = side_by_side(says.stream, high, low);
            let sign = if exact == said { "=" } else { "≈" };
            let statement = format!("{first}/{second}{sign}{text}");
            if out.iter().all(|known| known.statement != statement) {
                let (a, _) = stretch(says, &[high, low]);
                out.push(check(says.stream, a, end, statement, true));
            }
        }
    }
}

/// `清出水草810吨。…运草270车次，每车3吨`: so many of them and so much for each make a total told before. Stated where it is exact.
pub(super) fn each_of_told(says: &Says, earlier: &[Says], out: &mut Vec<Check>) {
    const BEFORE: usize = 2;
    for pair in says.all.windows(2) {
        let [count, price] = pair else { continue };
        let between = says.between(count, price);
        let Some(k) = between.iter().rposition(|c| *c == '每') else {
            continue;
        };
        let word = cut(between, k + 1, between.len());
        let counted = word.len() <= 4 && word.first().is_some_and(|c| count.found.unit.starts_with(*c));
        if !counted
            || count.hedged()
            || price.hedged()
            || count.unit() == price.unit()
            || contains(between, "比")
        {
            continue;
        }
        let Some(product) = count.n.checked_mul(price.n) else {
            continue;
        };
        let own = says.all.iter().filter(|f| f.start() < count.start());
        let told = earlier.iter().rev().take(BEFORE).flat_map(|one| one.all.iter());
        let total = own
            .chain(told)
            .find(|f| f.unit() == price.unit() && f.n == product && digits(says, f) >= 2);
        let Some(total) = total else { continue };
        let (number, one) = (
            printed(says.stream, count.found),
            printed(says.stream, price.found),
        );
        let sum = printed_like(says.stream, total, multiplier(&one));
        let statement = format!("{number}×{one}={sum}");
        if out.iter().all(|known| known.statement != statement) {
            let (a, b) = stretch(says, &[count, price, total]);
            out.push(check(says.stream, a, b, statement, true));
        }
    }
}
