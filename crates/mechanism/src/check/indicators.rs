//! Indicators by period and unit: their rows must have the date and the unit by which they are laid out, and add up.

use bihuan_domain::expr::{Expr, Over};
use bihuan_domain::indicator::pieces;
use bihuan_domain::mechanism::{Indicator, Period};
use bihuan_domain::value::Type;

use super::Subject;
use crate::expr::{Items, Names, Ty, compile, each_part};
use crate::read::{Sink, Sp};
use crate::syntax::mechanism::IndicatorAst;

/// `M0182`: a row lacks the date that says into which period it falls; or none is named that has one.
pub(super) fn rows_without_that_date(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    rows_without(subject, sink, |indicator| indicator.dated.as_ref(), Type::Date);
}

/// `M0182` for the unit to which a row is charged.
pub(super) fn rows_without_that_unit(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    rows_without(subject, sink, |indicator| indicator.whose.as_ref(), Type::Unit);
}

fn rows_without(
    subject: &Subject<'_>,
    sink: &mut Sink<'_>,
    named: impl Fn(&IndicatorAst) -> Option<&Sp<String>>,
    wanted: Type,
) {
    let names = subject.names(true);
    for indicator in &subject.ast.indicators {
        let Some(field) = named(indicator) else { continue };
        for expr in expressions(subject, indicator, &names) {
            each_part(&expr, &mut |part, _| {
                let Expr::Aggregate { over, .. } = part else {
                    return;
                };
                let items = rows_of(&names, over);
                // Cases have an owner in any case; only rows of registers must say whose they are.
                let given = wanted == Type::Unit && matches!(over, Over::Cases);
                if !given && items.is_none_or(|items| items.get(field.as_str()) != Some(&wanted)) {
                    sink.error("M0182", field.span, |m| {
                        m.with("indicator", indicator.id.as_str())
                            .with("field", field.as_str())
                    });
                }
            });
        }
    }
}

/// `M0183`: an indicator that is laid out by period, but does not add up: a smallest or a number of different values, a
/// condition that asks for today; or one whose period is always.
pub(super) fn cannot_be_kept_by_period(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let names = subject.names(true);
    for ast in &subject.ast.indicators {
        let Some(dated) = &ast.dated else { continue };
        let mut both = expressions(subject, ast, &names).into_iter();
        let Some(value) = both.next() else { continue };
        let indicator = Indicator {
            id: ast.id.as_str().into(),
            label: ast.label.clone(),
            says: ast.says.clone(),
            value,
            base: both.next(),
            value_text: String::new(),
            base_text: None,
            unit: ast.unit.clone(),
            target: ast.target,
            direction: ast.direction,
            period: ast.period,
            dated: None,
            whose: None,
            common: None,
        };
        if ast.period == Period::Always || pieces(&indicator.value, indicator.base.as_ref()).is_none() {
            sink.error("M0183", dated.span, |m| m.with("indicator", ast.id.as_str()));
        }
    }
}

/// `M0184`: a reported figure beside an indicator that is not there, or with no day that tells the period.
pub(super) fn figure_beside_no_indicator(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for figure in &subject.ast.figures {
        let Some(named) = &figure.indicator else { continue };
        let beside = subject.ast.indicators.iter().find(|i| i.id.value == named.value);
        match beside {
            Some(indicator) if indicator.unit == figure.unit && figure.as_of.is_some() => {}
            Some(_) => sink.error("M0185", named.span, |m| {
                m.with("figure", figure.id.as_str()).with("found", named.as_str())
            }),
            None => super::unknown(
                sink,
                "M0184",
                named,
                subject.ast.indicators.iter().map(|i| i.id.as_str()),
            ),
        }
    }
}

/// The value and the base as far as they compile; that they do not is found elsewhere.
fn expressions(subject: &Subject<'_>, indicator: &IndicatorAst, names: &Names<'_>) -> Vec<Expr> {
    let wanted = [Ty::Number, Ty::Money, Ty::Duration];
    let both = indicator.value.iter().chain(&indicator.base);
    both.filter_map(|source| compile(source, subject.raw, names, &wanted, &mut Sink::new("")))
        .collect()
}

fn rows_of(names: &Names<'_>, over: &Over) -> Option<Items> {
    match over {
        Over::Register(register) => names.items(register.as_str()),
        Over::Cases => names.items("cases"),
        Over::Own(_) | Over::Children => None,
    }
}
