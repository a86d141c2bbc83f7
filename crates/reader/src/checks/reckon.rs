//! The numbers of a sentence as checks reckon with them: one value each, their printed precision, the words before them.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::chars::{at, before, cut, digit, is_comma, is_semicolon, is_stop};
use crate::clauses::Sentence;
use crate::figures::Found;
use crate::model::{Check, Value};
use crate::rows::figures_within;
use crate::stream::Stream;

/// More figures than this in one sentence are a table, not a claim.
const MOST: usize = 60;

/// A figure with one value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Num<'a> {
    pub(crate) found: &'a Found,
    pub(crate) n: Decimal,
    /// How many brackets are open around it.
    pub(crate) depth: usize,
    /// Where the words right before it begin.
    pub(crate) from: usize,
}

impl<'a> Num<'a> {
    /// The unit, with those that mean the same taken as one: 名 and 位 are 人.
    pub(crate) fn unit(&self) -> &'a str {
        match self.found.unit.as_str() {
            "名" | "位" => "人",
            "％" => "%",
            "个百分点" => "百分点",
            unit => unit,
        }
    }

    pub(crate) fn percent(&self) -> bool {
        self.unit() == "%"
    }

    pub(crate) fn hedged(&self) -> bool {
        self.found.qualifier.is_some()
    }

    pub(crate) fn start(&self) -> usize {
        self.found.start
    }

    pub(crate) fn end(&self) -> usize {
        self.found.end
    }

    /// Half of the last printed decimal: how far the true value may lie from the printed one. A whole number is exact.
    pub(crate) fn slack(&self, s: &[char]) -> Decimal {
        self.room(s, false)
    }

    /// The same, where whole 万 and 亿 are taken to be rounded too.
    pub(crate) fn loose_slack(&self, s: &[char]) -> Decimal {
        self.room(s, true)
    }

    fn room(&self, s: &[char], loose: bool) -> Decimal {
        let digits = cut(s, self.start(), self.start() + 30)
            .iter()
            .take_while(|c| digit(**c).is_some() || matches!(c, '.' | '．' | ','));
        let text: String = digits.filter(|c| **c != ',').collect();
        let Ok(mantissa) = text.trim_end_matches('.').replace('．', ".").parse::<Decimal>() else {
            return Decimal::ZERO;
        };
        let factor = self.n.checked_div(mantissa).unwrap_or(Decimal::ONE).abs();
        let measured = self.percent() || mantissa.scale() > 0 || (loose && factor > Decimal::ONE);
        if measured {
            factor * Decimal::new(5, mantissa.scale() + 1)
        } else {
            Decimal::ZERO
        }
    }
}

/// A sentence and its numbers.
pub(crate) struct Says<'a> {
    pub(crate) stream: &'a Stream,
    pub(crate) all: Vec<Num<'a>>,
    pub(crate) a: usize,
    pub(crate) b: usize,
}

impl<'a> Says<'a> {
    /// The numbers that can be added and multiplied without overflow: nobody counts beyond a quadrillion.
    pub(crate) fn of(stream: &'a Stream, figures: &'a [Found], sentence: &Sentence) -> Says<'a> {
        let most = Decimal::from(1_000_000_000_000_000u64);
        let (a, b) = (sentence.start(), sentence.end());
        let (mut depth, mut seen) = (0usize, a);
        let mut all = Vec::new();
        for found in figures_within(figures, a, b).take(MOST) {
            for c in cut(&stream.chars, seen, found.start) {
                match c {
                    '（' | '(' => depth += 1,
                    '）' | ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            seen = seen.max(found.start);
            if let Value::One(n) = found.value
                && n.abs() <= most
            {
                let from = lead_start(&stream.chars, a, found.start);
                all.push(Num {
                    found,
                    n,
                    depth,
                    from,
                });
            }
        }
        Says { stream, all, a, b }
    }

    pub(crate) fn s(&self) -> &'a [char] {
        &self.stream.chars
    }

    /// What stands between two numbers.
    pub(crate) fn between(&self, one: &Num, two: &Num) -> &'a [char] {
        cut(self.s(), one.end(), two.start())
    }

    /// The words right before a number: back to the mark or the number before them.
    pub(crate) fn lead(&self, num: &Num) -> &'a [char] {
        cut(self.s(), num.from, num.start())
    }

    /// Whether any of the characters stands in the sentence.
    pub(crate) fn has(&self, chars: &[char]) -> bool {
        cut(self.s(), self.a, self.b).iter().any(|c| chars.contains(c))
    }

    /// The numbers before number `i` that have its unit.
    pub(crate) fn alike_before(&self, i: usize) -> Vec<Num<'a>> {
        let Some(own) = self.all.get(i) else {
            return Vec::new();
        };
        let head = self.all.iter().take(i);
        head.copied().filter(|f| f.unit() == own.unit()).collect()
    }
}

/// Back from a number to the mark or the number before it.
fn lead_start(s: &[char], from: usize, end: usize) -> usize {
    const LONGEST: usize = 24;
    let mut a = end;
    while a > from && end - a < LONGEST {
        let c = before(s, a);
        if is_comma(c)
            || is_semicolon(c)
            || is_stop(c)
            || matches!(c, '、' | '：' | ':' | '（' | '(')
            || (digit(c).is_some() && !time_follows(s, a))
        {
            break;
        }
        a -= 1;
    }
    a
}

/// Whether the digit before `a` belongs to a year or a month, which is no boundary.
fn time_follows(s: &[char], a: usize) -> bool {
    matches!(at(s, a), '年' | '月' | '日') || digit(at(s, a)).is_some()
}

/// A check whose quote is the stream from `a` to `b`.
pub(crate) fn check(stream: &Stream, a: usize, b: usize, statement: String, holds: bool) -> Check {
    Check {
        statement,
        holds,
        quote: stream.quote(a, b),
        at: stream.runs(a, b),
    }
}

/// A small whole count.
pub(crate) fn count_of(figure: &Found) -> Option<usize> {
    match figure.value {
        Value::One(n) if n.is_integer() => usize::try_from(i64::try_from(n).ok()?).ok(),
        _ => None,
    }
}

pub(crate) fn sum(parts: &[Num]) -> Decimal {
    parts.iter().map(|f| f.n).sum()
}

/// `32+34+21`
pub(crate) fn plus(stream: &Stream, parts: &[Num]) -> String {
    let numbers: Vec<String> = parts.iter().map(|f| printed(stream, f.found)).collect();
    numbers.join("+")
}

/// The parts and their total, `12+9` and `21`: where some are printed in 万 and others in 亿, what they are in one of them.
pub(crate) fn plus_and_total(stream: &Stream, parts: &[Num], total: &Num) -> (String, String) {
    let said: Vec<String> = parts.iter().map(|f| printed(stream, f.found)).collect();
    let first = said.first().map_or("", |one| multiplier(one));
    if said.iter().all(|one| multiplier(one) == first) {
        return (said.join("+"), printed_like(stream, total, first));
    }
    // In the smaller of them: `1.12亿(11200万)+2340万` is easier to follow than `1.12亿+2340万(0.234亿)`.
    let own = printed(stream, total.found);
    let tails = said
        .iter()
        .chain(std::iter::once(&own))
        .map(|one| multiplier(one));
    let tail = tails.min_by_key(|tail| factor(tail)).unwrap_or("").to_owned();
    let said: Vec<String> = parts.iter().map(|f| printed_like(stream, f, &tail)).collect();
    (said.join("+"), printed_like(stream, total, &tail))
}

/// The number as printed, with 万 and 亿 but without its unit where it is plain.
pub(crate) fn printed(stream: &Stream, figure: &Found) -> String {
    let s = &stream.chars;
    let mut end = figure.start;
    // 千瓦时 begins as a number does.
    let unit: Vec<char> = figure.unit.chars().collect();
    let last = figure.end.saturating_sub(unit.len());
    let last = if cut(s, last, figure.end) == unit.as_slice() {
        last
    } else {
        figure.end
    };
    while end < last
        && (digit(at(s, end)).is_some()
            || matches!(at(s, end), '.' | '．' | ',')
            || matches!(at(s, end), '万' | '亿' | '千' | '百'))
    {
        end += 1;
    }
    if end == figure.start {
        return match figure.value {
            Value::One(n) => n.normalize().to_string(),
            Value::Range(a, b) => format!("{}—{}", a.normalize(), b.normalize()),
        };
    }
    stream.quote(figure.start, end)
}

/// The 万 or 亿 behind a printed number.
pub(crate) fn multiplier(said: &str) -> &str {
    let digits = said.trim_end_matches(['百', '千', '万', '亿']);
    said.strip_prefix(digits).unwrap_or("")
}

/// What 万 or 亿 multiply by; one where there is none.
pub(crate) fn factor(tail: &str) -> Decimal {
    let each = tail.chars().map(|c| match c {
        '百' => Decimal::ONE_HUNDRED,
        '千' => Decimal::ONE_THOUSAND,
        '万' => Decimal::from(10_000),
        '亿' => Decimal::from(100_000_000),
        _ => Decimal::ONE,
    });
    each.fold(Decimal::ONE, |all, one| all.checked_mul(one).unwrap_or(all))
}

/// The number as printed, and in brackets as it is reckoned with beside numbers that have the 万 or 亿 of `tail`:
/// `1.29万(12900)`, `1.2亿(12000万)`.
pub(crate) fn printed_like(stream: &Stream, f: &Num, tail: &str) -> String {
    const FINEST: u32 = 6;
    let said = printed(stream, f.found);
    if multiplier(&said) == tail {
        return said;
    }
    match f.n.checked_div(factor(tail)).map(|n| n.normalize()) {
        Some(n) if n.scale() <= FINEST => format!("{said}({n}{tail})"),
        _ => said,
    }
}

/// Two numbers that are held against each other, the second in the 万 or 亿 of the first.
pub(crate) fn side_by_side(stream: &Stream, one: &Num, two: &Num) -> (String, String) {
    let said = printed(stream, one.found);
    let other = printed_like(stream, two, multiplier(&said));
    (said, other)
}

/// Hundred times the first by the second.
pub(crate) fn percent_of(part: Decimal, whole: Decimal) -> Option<Decimal> {
    (part * Decimal::ONE_HUNDRED).checked_div(whole)
}

/// How far the printed percentage may lie from the true one, where numerator and denominator are rounded as well.
pub(crate) fn tolerance(s: &[char], rate: &Num, part: &Num, whole: &Num) -> Decimal {
    let own = Decimal::new(6, rate.n.scale() + 1);
    let share = |f: &Num| f.loose_slack(s).checked_div(f.n.abs()).unwrap_or_default();
    own + ((share(part) + share(whole)) * rate.n.abs()).min(Decimal::ONE)
}

/// Rounded as people round: five goes up.
pub(crate) fn round(n: Decimal, places: u32) -> Decimal {
    n.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
        .normalize()
}

/// `=93.99%≈94%`, `=30%`, `=88.57%≈88.6%≠85%`
pub(crate) fn comes_to(exact: Decimal, rate: &Num, holds: bool) -> String {
    let places = rate.n.scale();
    let fine = round(exact, (places + 1).max(2));
    let said = rate.n.normalize();
    let mut text = format!("={fine}%");
    if holds {
        if fine != said {
            text.push_str(&format!("≈{said}%"));
        }
    } else {
        let coarse = round(exact, places.max(1));
        if coarse != fine && coarse != said {
            text.push_str(&format!("≈{coarse}%"));
        }
        text.push_str(&format!("≠{said}%"));
    }
    text
}
