//! Counting an indicator piece by piece: what each row adds, on which day and for which unit, so that a changed row
//! changes its own part only and any period or branch of the org tree is a sum of parts.
//!
//! A piece is computed by evaluating the aggregate over that row alone, so the sum of all pieces is the aggregate.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::expr::{Aggregate, Arithmetic, Expr, Fact, Fault, Over, Row, Scope, arithmetic, evaluate};
use crate::id::{Code, FieldId, StageId, UnitId};
use crate::value::{RowRef, Value};

/// The aggregates of a value and its base, in the order in which they stand; `None` where one of them is no count or sum (a
/// smallest or a number of different values does not add up), or where one over cases asks for the day of the question.
pub fn pieces<'e>(value: &'e Expr, base: Option<&'e Expr>) -> Option<Vec<&'e Expr>> {
    let mut found = Vec::new();
    for expr in std::iter::once(value).chain(base) {
        gather(expr, &mut found)?;
    }
    Some(found)
}

fn gather<'e>(expr: &'e Expr, into: &mut Vec<&'e Expr>) -> Option<()> {
    if let Expr::Aggregate {
        kind,
        over,
        filter,
        of,
    } = expr
    {
        let parts = || filter.iter().chain(of).map(|part| &**part);
        let fixed = !matches!(over, Over::Cases) || !parts().any(asks_for_today);
        let adds_up = matches!(kind, Aggregate::Count | Aggregate::Sum);
        let reachable = matches!(over, Over::Cases | Over::Register(_));
        return (adds_up && fixed && reachable).then(|| into.push(expr));
    }
    let mut whole = Some(());
    expr.each_child(&mut |part| {
        if whole.is_some() {
            whole = gather(part, into);
        }
    });
    whole
}

/// Puts the fields of a row that an expression looks at among `fields`.
pub fn fields_of(expr: &Expr, fields: &mut BTreeSet<FieldId>) {
    if let Expr::Item(field) | Expr::ItemHas(field) = expr {
        fields.insert(field.clone());
    }
    expr.each_child(&mut |part| fields_of(part, fields));
}

fn asks_for_today(expr: &Expr) -> bool {
    let mut asks = matches!(expr, Expr::Fact(Fact::Today));
    expr.each_child(&mut |part| asks |= asks_for_today(part));
    asks
}

/// What one row adds to an aggregate: a number, an amount; `None` where it does not count.
///
/// # Errors
///
/// The [`Fault`] of its filter or amount.
pub fn added(
    aggregate: &Expr,
    row: &Row,
    now: Timestamp,
    look: &dyn Fn(&RowRef, &FieldId) -> Option<Value>,
) -> Result<Option<Value>, Fault> {
    let value = evaluate(aggregate, &One { row, now, look })?;
    Ok((value != Value::Int(0)).then_some(value))
}

/// The expression with its aggregates replaced by what they came to, in the order of [`pieces`].
pub fn put_together(expr: &Expr, answers: &mut dyn Iterator<Item = Value>) -> Expr {
    if matches!(expr, Expr::Aggregate { .. }) {
        return Expr::Constant(answers.next().unwrap_or(Value::Int(0)));
    }
    expr.map_children(&mut |part| put_together(part, answers))
}

/// Sums of one aggregate by unit and day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<UnitId, BTreeMap<Option<Date>, Cell>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cell {
    rows: u64,
    sum: Value,
}

impl Sums {
    /// Takes in what a row adds.
    ///
    /// # Errors
    ///
    /// [`Fault::OutOfRange`] where the sum leaves the range of numbers.
    pub fn add(&mut self, unit: &UnitId, day: Option<Date>, value: &Value) -> Result<(), Fault> {
        let days = self.0.entry(unit.clone()).or_default();
        match days.get_mut(&day) {
            Some(cell) => {
                cell.sum = arithmetic(Arithmetic::Add, &cell.sum, value)?;
                cell.rows = cell.rows.saturating_add(1);
            }
            None => {
                let cell = Cell {
                    rows: 1,
                    sum: value.clone(),
                };
                days.insert(day, cell);
            }
        }
        Ok(())
    }

    /// Takes in what was summed over other rows.
    ///
    /// # Errors
    ///
    /// As for [`Sums::add`].
    pub fn join(&mut self, more: Sums) -> Result<(), Fault> {
        for (unit, days) in more.0 {
            let known = self.0.entry(unit).or_default();
            for (day, more) in days {
                match known.get_mut(&day) {
                    Some(cell) => {
                        cell.sum = arithmetic(Arithmetic::Add, &cell.sum, &more.sum)?;
                        cell.rows = cell.rows.saturating_add(more.rows);
                    }
                    None => {
                        known.insert(day, more);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes out what [`Sums::add`] took in.
    ///
    /// # Errors
    ///
    /// As for [`Sums::add`].
    pub fn take_out(&mut self, unit: &UnitId, day: Option<Date>, value: &Value) -> Result<(), Fault> {
        let Some(days) = self.0.get_mut(unit) else {
            return Ok(());
        };
        if let Some(cell) = days.get_mut(&day) {
            if cell.rows <= 1 {
                days.remove(&day);
            } else {
                cell.sum = arithmetic(Arithmetic::Subtract, &cell.sum, value)?;
                cell.rows = cell.rows.saturating_sub(1);
            }
        }
        if days.is_empty() {
            self.0.remove(unit);
        }
        Ok(())
    }

    /// The sum over the units that `wanted` takes, in a window of days (both included), or over all there is.
    ///
    /// # Errors
    ///
    /// [`Fault::OutOfRange`] where it leaves the range of numbers.
    pub fn sum(
        &self,
        wanted: &dyn Fn(&UnitId) -> bool,
        window: Option<(Date, Date)>,
    ) -> Result<Value, Fault> {
        let mut sum = Value::Int(0);
        for days in self
            .0
            .iter()
            .filter(|(unit, _)| wanted(unit))
            .map(|(_, days)| days)
        {
            let cells: &mut dyn Iterator<Item = &Cell> = match window {
                Some((from, to)) if from <= to => {
                    &mut days.range(Some(from)..=Some(to)).map(|(_, cell)| cell)
                }
                Some(_) => &mut std::iter::empty(),
                None => &mut days.values(),
            };
            for cell in cells {
                sum = match sum {
                    Value::Int(0) => cell.sum.clone(),
                    sum => arithmetic(Arithmetic::Add, &sum, &cell.sum)?,
                };
            }
        }
        Ok(sum)
    }

    /// The units that have anything.
    pub fn units(&self) -> impl Iterator<Item = &UnitId> {
        self.0.keys()
    }

    /// The first day on which anything stands.
    pub fn first_day(&self) -> Option<Date> {
        self.0
            .values()
            .flat_map(|days| days.keys().flatten())
            .min()
            .copied()
    }
}

/// A scope in which there is one row and nothing else.
struct One<'a> {
    row: &'a Row,
    now: Timestamp,
    look: &'a dyn Fn(&RowRef, &FieldId) -> Option<Value>,
}

impl Scope for One<'_> {
    fn field(&self, _: &FieldId) -> Option<Value> {
        None
    }

    fn stage(&self) -> Option<StageId> {
        None
    }

    fn round(&self) -> i64 {
        1
    }

    fn risk(&self) -> Code {
        Code::new("ordinary")
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn opened(&self) -> Option<Timestamp> {
        None
    }

    fn owner(&self) -> Option<UnitId> {
        None
    }

    fn through(&self, row: &RowRef, field: &FieldId) -> Option<Value> {
        (self.look)(row, field)
    }

    fn rows(&self, _: &Over, visit: &mut dyn FnMut(&Row) -> bool) {
        visit(self.row);
    }
}
