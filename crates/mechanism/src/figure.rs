//! Reported figures beside what the ledger gives: computing them, and whether print and ledger agree.

use bihuan_domain::case::State;
use bihuan_domain::expr::{Expr, Fault, Row, Scope, evaluate};
use bihuan_domain::mechanism::ReportedFigure;
use bihuan_domain::value::Value;
use rust_decimal::Decimal;

/// A case as a row that figures look at: its fields and `stage`, `closed`, `open`, `void`, `late`, `on_time`, `round`,
/// `reworks` and `owner`.
pub fn case_row(state: &State) -> Row {
    state.as_row()
}

/// What a value and its base come to; each for itself, so that a page can show what there is beside what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The value or the numerator: yuan, minutes, pieces.
    pub value: Result<Decimal, Fault>,
    /// The base of a rate.
    pub base: Option<Result<Decimal, Fault>>,
    /// The value where there is no base, else value by base; in percent where the unit is `%`.
    pub result: Result<Decimal, Fault>,
}

/// Computes a value and its base, exactly.
pub fn read(value: &Expr, base: Option<&Expr>, unit: &str, scope: &dyn Scope) -> Reading {
    let number = |expr: &Expr| evaluate(expr, scope).and_then(|value| plain(&value));
    joined(number(value), base.map(number), unit)
}

/// Value and base as a reading.
pub fn joined(value: Result<Decimal, Fault>, base: Option<Result<Decimal, Fault>>, unit: &str) -> Reading {
    let result = match (&value, &base) {
        (value, None) => value.clone(),
        (Err(fault), _) | (_, Some(Err(fault))) => Err(fault.clone()),
        (Ok(value), Some(Ok(base))) => rate(*value, *base, unit),
    };
    Reading { value, base, result }
}

fn rate(value: Decimal, base: Decimal, unit: &str) -> Result<Decimal, Fault> {
    let factor = if unit == "%" {
        Decimal::ONE_HUNDRED
    } else {
        Decimal::ONE
    };
    let value = value.checked_mul(factor).ok_or(Fault::OutOfRange)?;
    if base.is_zero() {
        return Err(Fault::DividedByZero);
    }
    let rate = value.checked_div(base).ok_or(Fault::OutOfRange)?;
    Ok(rate.normalize())
}

/// What the ledger gives for a figure, in its printed unit (yuan, percent, pieces); `None` where it does not compute.
///
/// # Errors
///
/// The [`Fault`] of its expressions, such as an empty base.
pub fn compute(figure: &ReportedFigure, scope: &dyn Scope) -> Result<Option<Decimal>, Fault> {
    let Some(value) = &figure.value else {
        return Ok(None);
    };
    read(value, figure.base.as_ref(), &figure.unit, scope)
        .result
        .map(Some)
}

/// Whether what was printed is what the ledger gives, as far as the print goes: to its last printed place, and
/// `over`, `under` and `about` (within a tenth) as they say.
pub fn agrees(figure: &ReportedFigure, computed: Decimal) -> bool {
    let printed = figure.printed;
    match figure.qualifier.as_ref().map(bihuan_domain::id::Code::as_str) {
        Some("over") => computed >= printed,
        Some("under") => computed <= printed,
        Some("about") => (computed - printed).abs() * Decimal::TEN <= printed.abs(),
        _ => (computed - printed).abs() * Decimal::TWO <= last_place(figure),
    }
}

/// What would have to be counted for a printed rate to come out, where it does not: whole numbers from and to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Numerators that print so over the base that there is; none where no whole number does.
    pub values: Option<(Decimal, Decimal)>,
    /// Bases that print so under the numerator that there is.
    pub bases: Option<(Decimal, Decimal)>,
}

/// Explains a printed percentage that value and base do not give; `None` where they do, or where it is no rate.
pub fn explain(figure: &ReportedFigure, value: Decimal, base: Decimal) -> Option<Wanted> {
    let result = rate(value, base, &figure.unit).ok()?;
    if figure.unit != "%" || figure.qualifier.is_some() || agrees(figure, result) {
        return None;
    }
    let half = last_place(figure).checked_div(Decimal::TWO)?;
    let (low, high) = (
        figure.printed.checked_sub(half)?,
        figure.printed.checked_add(half)?,
    );
    let whole = |from: Option<Decimal>, to: Option<Decimal>| {
        let (from, to) = (from?.ceil(), to?.floor());
        (from <= to && from >= Decimal::ZERO).then_some((from, to))
    };
    let of_base = |percent: Decimal| percent.checked_mul(base)?.checked_div(Decimal::ONE_HUNDRED);
    let under = |percent: Decimal| value.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(percent);
    Some(Wanted {
        values: whole(of_base(low), of_base(high)),
        bases: whole(under(high), under(low)),
    })
}

/// The unit of the last printed place: 0.1 for 61.3; for money also whole hundred millions, as in 248亿.
fn last_place(figure: &ReportedFigure) -> Decimal {
    let printed = figure.printed.normalize();
    if printed.scale() > 0 {
        return Decimal::new(1, printed.scale());
    }
    if figure.unit != "元" || printed.is_zero() {
        return Decimal::ONE;
    }
    let mut unit = Decimal::ONE;
    while (printed % (unit * Decimal::TEN)).is_zero() && unit < Decimal::new(1_000_000_000_000, 0) {
        unit *= Decimal::TEN;
    }
    unit
}

/// A computed number as it is printed: money in yuan, durations in minutes, all else as it is.
///
/// # Errors
///
/// [`Fault::IllTyped`] for what is no number.
pub fn plain(value: &Value) -> Result<Decimal, Fault> {
    let number = value.number().ok_or(Fault::IllTyped)?;
    match value {
        Value::Fen(_) => Ok((number / Decimal::ONE_HUNDRED).normalize()),
        _ => Ok(number.normalize()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bihuan_messages::Label;

    fn printed(number: &str, unit: &str, qualifier: Option<&str>) -> ReportedFigure {
        ReportedFigure {
            id: "x".into(),
            label: Label::default(),
            value: None,
            base: None,
            value_text: None,
            base_text: None,
            printed: number.parse().unwrap(),
            unit: unit.to_owned(),
            qualifier: qualifier.map(Into::into),
            document: String::new(),
            as_of: None,
            anomaly: None,
            quote: None,
            indicator: None,
        }
    }

    #[test]
    fn a_printed_rate_that_does_not_come_out_is_explained() {
        let d = |n: i64| Decimal::from(n);
        let eighty = printed("80", "%", None);
        // 34 of 64 is 53.125 %: over 64 it takes 51, and no whole base makes 34 into 80 %.
        let wanted = explain(&eighty, d(34), d(64)).unwrap();
        assert_eq!(wanted.values, Some((d(51), d(51))));
        assert_eq!(wanted.bases, None);
        assert_eq!(explain(&eighty, d(4), d(5)), None, "it does come out");
        assert_eq!(explain(&eighty, d(4), d(0)), None, "of nothing there is no rate");
        let wanted = explain(&eighty, d(40), d(60)).unwrap();
        assert_eq!(wanted.bases, Some((d(50), d(50))));
    }

    #[test]
    fn print_and_ledger_agree_to_the_last_printed_place() {
        let d = |text: &str| text.parse::<Decimal>().unwrap();
        assert!(agrees(&printed("61", "%", None), d("61.008")));
        assert!(
            !agrees(&printed("80", "%", None), d("53.125")),
            "34 of 64 is no 80 %"
        );
        assert!(agrees(&printed("24800000000", "元", None), d("24812000000")));
        assert!(!agrees(&printed("24800000000", "元", None), d("24870000000")));
        assert!(!agrees(&printed("87", "个", None), d("86")));
        assert!(agrees(&printed("600", "台", Some("over")), d("612")));
    }
}
