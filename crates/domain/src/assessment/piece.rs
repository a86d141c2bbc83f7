//! What one case or row adds to one measure of a scheme, whatever the period: its unit, its day, its amount.
//!
//! A piece follows from the case or row and the measure alone. So it can be kept where the case changed, and scoring a
//! period only adds up pieces. A measure that asks for `today` has no such pieces: its answer depends on the period.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::period::Span;
use super::scheme::{Members, Of, Rule, Scheme, Source};
use crate::expr::{Expr, Fact, NoCase, Row, evaluate_for};
use crate::id::{FieldId, UnitId};
use crate::indicator::fields_of;
use crate::value::Value;

/// Decimal places of [`Amount::Millionths`].
pub(super) const MILLIONTHS: u32 = 6;

/// When a case or row falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Falls {
    /// In every period.
    Always,
    /// On a day.
    On(Date),
    /// In a year.
    In(i16),
}

impl Falls {
    /// Whether it falls into a period.
    pub fn into_span(self, span: &Span) -> bool {
        match self {
            Falls::Always => true,
            Falls::On(day) => span.covers(day),
            Falls::In(year) => year == span.year(),
        }
    }
}

/// What a case or row is worth to a measure, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// In millionths: nearly all there are.
    Millionths(i64),
    /// Any other number.
    Exactly(Decimal),
    /// It counts and has no value.
    Missing,
}

impl Amount {
    /// One hit.
    pub const ONE: Amount = Amount::Millionths(1_000_000);

    /// No hit.
    pub const NOUGHT: Amount = Amount::Millionths(0);

    /// The number; `None` where there is none.
    pub fn number(self) -> Option<Decimal> {
        match self {
            Amount::Millionths(amount) => {
                let exact = Decimal::try_from_i128_with_scale(i128::from(amount), MILLIONTHS);
                exact.ok().map(|number| number.normalize())
            }
            Amount::Exactly(number) => Some(number),
            Amount::Missing => None,
        }
    }
}

impl From<Option<Decimal>> for Amount {
    fn from(number: Option<Decimal>) -> Amount {
        let Some(number) = number.map(|number| number.normalize()) else {
            return Amount::Missing;
        };
        let millionths = MILLIONTHS
            .checked_sub(number.scale())
            .and_then(|places| 10i128.checked_pow(places))
            .and_then(|factor| number.mantissa().checked_mul(factor))
            .and_then(|amount| i64::try_from(amount).ok());
        millionths.map_or(Amount::Exactly(number), Amount::Millionths)
    }
}

/// What one case or row adds to one measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The unit for which it counts, as the case or row names it.
    pub unit: UnitId,
    /// When.
    pub falls: Falls,
    /// What it is worth.
    pub amount: Amount,
    /// Whether it is part of the base.
    pub base: bool,
}

/// One thing that a scheme counts: an item, an addition, a deduction, a veto, or the list of a class.
#[derive(Clone, Debug, PartialEq)]
pub struct Counting {
    /// Which cases or rows are looked at.
    pub of: Of,
    unit: Expr,
    when: Option<Expr>,
    counts: Option<Expr>,
    worth: Worth,
}

#[derive(Clone, Debug, PartialEq)]
enum Worth {
    /// One or nought.
    Hit(Expr),
    /// A number, and which of them make the base.
    Number(Expr, Option<Expr>),
    /// One each.
    One,
}

impl Counting {
    fn new(source: &Source, worth: Worth) -> Counting {
        Counting {
            of: source.of.clone(),
            unit: source.unit.clone(),
            when: source.when.clone(),
            counts: source.counts.clone(),
            worth,
        }
    }

    /// The list of a class has no period: who stands in it belongs to it.
    fn of_members(source: &Source) -> Counting {
        Counting {
            when: None,
            ..Counting::new(source, Worth::One)
        }
    }

    /// What a case or row adds; `None` where it does not count. `today` is what its expressions call so.
    ///
    /// A row that lacks what a condition asks does not meet it; one that names no unit or day counts for nobody.
    pub fn piece(&self, row: &Row, today: Timestamp) -> Option<Piece> {
        let scope = NoCase::new(today);
        let holds = |expr: &Expr| matches!(evaluate_for(expr, &scope, row), Ok(Value::Bool(true)));
        let falls = match &self.when {
            None => Falls::Always,
            Some(when) => match evaluate_for(when, &scope, row).ok()? {
                Value::Date(day) => Falls::On(day),
                Value::Int(year) => Falls::In(i16::try_from(year).ok()?),
                _ => return None,
            },
        };
        if !self.counts.as_ref().is_none_or(holds) {
            return None;
        }
        let Ok(Value::Unit(unit)) = evaluate_for(&self.unit, &scope, row) else {
            return None;
        };
        let (amount, base) = match &self.worth {
            Worth::One => (Amount::ONE, true),
            Worth::Hit(hit) => (if holds(hit) { Amount::ONE } else { Amount::NOUGHT }, true),
            Worth::Number(value, base) => {
                let number = evaluate_for(value, &scope, row)
                    .ok()
                    .and_then(|value| value.number());
                (Amount::from(number), base.as_ref().is_none_or(holds))
            }
        };
        Some(Piece {
            unit,
            falls,
            amount,
            base,
        })
    }

    /// Whether its pieces depend on the last day of the period, so that none can be kept.
    pub fn asks_for_today(&self) -> bool {
        let mut asks = false;
        for expr in self.exprs() {
            each_part(expr, &mut |part| asks |= matches!(part, Expr::Fact(Fact::Today)));
        }
        asks
    }

    /// The fields of a case or row that it looks at.
    pub fn fields(&self) -> BTreeSet<FieldId> {
        let mut fields = BTreeSet::new();
        self.exprs().for_each(|expr| fields_of(expr, &mut fields));
        fields
    }

    fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let (first, second) = match &self.worth {
            Worth::One => (None, None),
            Worth::Hit(hit) => (Some(hit), None),
            Worth::Number(value, base) => (Some(value), base.as_ref()),
        };
        std::iter::once(&self.unit)
            .chain(&self.when)
            .chain(&self.counts)
            .chain(first)
            .chain(second)
    }
}

/// An expression and all its parts.
fn each_part<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    visit(expr);
    expr.each_child(&mut |part| each_part(part, visit));
}

impl Scheme {
    /// Everything that is counted in a period: the measures of items in their order, then additions, deductions, vetoes.
    pub fn countings(&self) -> Vec<Counting> {
        let items = self.items.iter().filter_map(|item| item.measure.as_ref());
        let items = items.map(|measure| {
            let worth = match &measure.rule {
                Rule::Rate { hit, .. } => Worth::Hit(hit.clone()),
                Rule::Mean { value, base, .. } => Worth::Number(value.clone(), base.clone()),
                Rule::Sum { value: of } | Rule::Loss { points: of } => Worth::Number(of.clone(), None),
            };
            Counting::new(&measure.source, worth)
        });
        let adjusted = self.additions.iter().chain(&self.deductions);
        let adjusted =
            adjusted.map(|one| Counting::new(&one.source, Worth::Number(one.points.clone(), None)));
        let vetoes = self.vetoes.iter();
        let vetoes = vetoes.map(|veto| Counting::new(&veto.source, Worth::One));
        items.chain(adjusted).chain(vetoes).collect()
    }

    /// The lists that say who belongs to a class, by the place of the class.
    pub fn lists(&self) -> Vec<(usize, Counting)> {
        let classes = self.classes.iter().enumerate();
        let lists = classes.filter_map(|(place, class)| match &class.members {
            Members::Rows(source) => Some((place, Counting::of_members(source))),
            Members::Kinds(_) => None,
        });
        lists.collect()
    }
}
