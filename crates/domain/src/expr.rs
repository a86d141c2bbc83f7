//! Checked expressions: a subset of CEL over fields, registers and children, evaluated exactly and within a stated cost.
//!
//! The text form is parsed and type-checked by the mechanism crate; what stands here is already sound in types.
//! Free text is sealed, so an expression can ask whether it is present and nothing more.

mod no_case;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::id::{Code, FieldId, RegisterId, StageId, UnitId};
use crate::value::{RowRef, Value};

pub use no_case::NoCase;

/// An expression whose types were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A constant.
    Constant(Value),
    /// A field of the case.
    Field(FieldId),
    /// A field of the register row to which a field of the case points: `device.next_due`.
    Through(FieldId, FieldId),
    /// Whether a field has a value: `has(reply)`.
    Has(FieldId),
    /// Whether a field of the row to which a field points has a value: `has(device.next_due)`.
    ThroughHas(FieldId, FieldId),
    /// A field of the row or child that an aggregate is looking at: `row.sector`.
    Item(FieldId),
    /// Whether the row or child has a value in a field.
    ItemHas(FieldId),
    /// A fact about the case itself: `case.stage`, `case.round`, `today` …
    Fact(Fact),
    /// Logical negation.
    Not(Box<Expr>),
    /// Both; the right side is not looked at when the left is false.
    And(Box<Expr>, Box<Expr>),
    /// Either; the right side is not looked at when the left is true.
    Or(Box<Expr>, Box<Expr>),
    /// Comparison.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// Arithmetic.
    Arith(Arithmetic, Box<Expr>, Box<Expr>),
    /// Membership in a list: `sector in ["industry", "social"]`.
    In(Box<Expr>, Vec<Expr>),
    /// `condition ? a : b`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Number of elements of a list field.
    Size(Box<Expr>),
    /// An aggregate over rows of a register or over children.
    Aggregate {
        /// What is added up.
        kind: Aggregate,
        /// Over what.
        over: Over,
        /// Which rows count; all where absent.
        filter: Option<Box<Expr>>,
        /// What is summed, or must hold (`sum`, `all`, `any`, `min`, `max`).
        of: Option<Box<Expr>>,
    },
}

impl Expr {
    /// Calls `visit` for the parts that stand directly in this one.
    pub fn each_child<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        match self {
            Expr::Constant(_)
            | Expr::Field(_)
            | Expr::Through(..)
            | Expr::ThroughHas(..)
            | Expr::Has(_)
            | Expr::Item(_)
            | Expr::ItemHas(_)
            | Expr::Fact(_) => {}
            Expr::Not(inner) | Expr::Size(inner) => visit(inner),
            Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) | Expr::Arith(_, a, b) => {
                visit(a);
                visit(b);
            }
            Expr::In(needle, list) => {
                visit(needle);
                list.iter().for_each(visit);
            }
            Expr::If(condition, yes, no) => {
                visit(condition);
                visit(yes);
                visit(no);
            }
            Expr::Aggregate { filter, of, .. } => {
                filter.iter().chain(of).for_each(|part| visit(part));
            }
        }
    }

    /// The same expression over other parts.
    #[must_use]
    pub fn map_children(&self, map: &mut dyn FnMut(&Expr) -> Expr) -> Expr {
        let mut boxed = |part: &Expr| Box::new(map(part));
        match self {
            Expr::Not(inner) => Expr::Not(boxed(inner)),
            Expr::Size(inner) => Expr::Size(boxed(inner)),
            Expr::And(a, b) => Expr::And(boxed(a), boxed(b)),
            Expr::Or(a, b) => Expr::Or(boxed(a), boxed(b)),
            Expr::Compare(op, a, b) => Expr::Compare(*op, boxed(a), boxed(b)),
            Expr::Arith(op, a, b) => Expr::Arith(*op, boxed(a), boxed(b)),
            Expr::In(needle, list) => {
                let needle = boxed(needle);
                Expr::In(needle, list.iter().map(map).collect())
            }
            Expr::If(condition, yes, no) => Expr::If(boxed(condition), boxed(yes), boxed(no)),
            Expr::Aggregate {
                kind,
                over,
                filter,
                of,
            } => Expr::Aggregate {
                kind: *kind,
                over: over.clone(),
                filter: filter.as_deref().map(&mut boxed),
                of: of.as_deref().map(&mut boxed),
            },
            plain => plain.clone(),
        }
    }
}

/// A fact about the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// The stage's code.
    Stage,
    /// How often the case was redone (回炉).
    Round,
    /// The day of the decision in China.
    Today,
    /// The day the case was opened.
    OpenedOn,
    /// `ordinary` or `major`.
    Risk,
    /// The owning unit.
    Owner,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Exact arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// Aggregates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Aggregate {
    Count,
    Sum,
    All,
    Any,
    /// How many different values.
    Distinct,
    Min,
    Max,
    /// The value in the newest row that has one.
    Last,
}

/// What an aggregate runs over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// Rows of a register.
    Register(RegisterId),
    /// Rows of a register that steps of this case wrote, oldest first.
    Own(RegisterId),
    /// Children of the case. Their items are the child's fields and the pseudo-fields `stage`, `closed`, `on_time`.
    Children,
    /// All cases of this mechanism (indicators and scenarios only); items as for children.
    Cases,
}

/// A row as an expression sees it.
pub type Row = BTreeMap<FieldId, Value>;

/// What an expression may look at.
pub trait Scope {
    /// The value of a field of the case.
    fn field(&self, field: &FieldId) -> Option<Value>;
    /// The case's stage.
    fn stage(&self) -> Option<StageId>;
    /// How often the case was redone.
    fn round(&self) -> i64;
    /// `ordinary` or `major`.
    fn risk(&self) -> Code;
    /// The instant of the decision.
    fn now(&self) -> Timestamp;
    /// When the case was opened.
    fn opened(&self) -> Option<Timestamp>;
    /// The owning unit.
    fn owner(&self) -> Option<UnitId>;
    /// A field of a register row.
    fn through(&self, row: &RowRef, field: &FieldId) -> Option<Value>;
    /// Calls `visit` for each row until it says stop (`false`).
    fn rows(&self, over: &Over, visit: &mut dyn FnMut(&Row) -> bool);
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A field that it needs is empty.
    Missing(FieldId),
    /// Division by zero.
    DividedByZero,
    /// A number left the range of 28 digits.
    OutOfRange,
    /// The cost bound was reached.
    TooCostly,
    /// The expression was not checked before it was run; a defect of ours.
    IllTyped,
}

/// Steps an evaluation may take: 2 million, some tens of milliseconds.
pub const COST_MAX: u64 = 2_000_000;

/// Evaluates a checked expression.
///
/// # Errors
///
/// A [`Fault`]; the caller treats a guard without a value as not met and says which field is missing.
pub fn evaluate(expr: &Expr, scope: &dyn Scope) -> Result<Value, Fault> {
    Evaluation {
        scope,
        left: COST_MAX,
    }
    .run(expr, None)
}

/// Evaluates a guard: `true` only where the expression is `true`.
///
/// # Errors
///
/// As for [`evaluate`].
pub fn holds(expr: &Expr, scope: &dyn Scope) -> Result<bool, Fault> {
    match evaluate(expr, scope)? {
        Value::Bool(answer) => Ok(answer),
        _ => Err(Fault::IllTyped),
    }
}

/// Evaluates a condition over one row, such as the filter of a register.
///
/// # Errors
///
/// As for [`evaluate`].
pub fn holds_for(expr: &Expr, scope: &dyn Scope, row: &Row) -> Result<bool, Fault> {
    let mut evaluation = Evaluation {
        scope,
        left: COST_MAX,
    };
    match evaluation.run(expr, Some(row))? {
        Value::Bool(answer) => Ok(answer),
        _ => Err(Fault::IllTyped),
    }
}

/// Evaluates an expression over one row, such as what a row of a register is worth in a score.
///
/// # Errors
///
/// As for [`evaluate`].
pub fn evaluate_for(expr: &Expr, scope: &dyn Scope, row: &Row) -> Result<Value, Fault> {
    Evaluation {
        scope,
        left: COST_MAX,
    }
    .run(expr, Some(row))
}

struct Evaluation<'a> {
    scope: &'a dyn Scope,
    left: u64,
}

impl Evaluation<'_> {
    fn run(&mut self, expr: &Expr, item: Option<&Row>) -> Result<Value, Fault> {
        self.left = self.left.checked_sub(1).ok_or(Fault::TooCostly)?;
        match expr {
            Expr::Constant(value) => Ok(value.clone()),
            Expr::Field(field) => self
                .scope
                .field(field)
                .ok_or_else(|| Fault::Missing(field.clone())),
            Expr::Through(field, inner) => match self.scope.field(field) {
                Some(Value::Row(row)) => self
                    .scope
                    .through(&row, inner)
                    .ok_or_else(|| Fault::Missing(inner.clone())),
                Some(_) => Err(Fault::IllTyped),
                None => Err(Fault::Missing(field.clone())),
            },
            Expr::ThroughHas(field, inner) => Ok(Value::Bool(match self.scope.field(field) {
                Some(Value::Row(row)) => self.scope.through(&row, inner).is_some(),
                _ => false,
            })),
            Expr::Has(field) => Ok(Value::Bool(self.scope.field(field).is_some())),
            Expr::Item(field) => item
                .and_then(|row| row.get(field))
                .cloned()
                .ok_or_else(|| Fault::Missing(field.clone())),
            Expr::ItemHas(field) => Ok(Value::Bool(item.is_some_and(|row| row.contains_key(field)))),
            Expr::Fact(fact) => self.fact(*fact),
            Expr::Not(inner) => Ok(Value::Bool(!self.truth(inner, item)?)),
            Expr::And(a, b) => Ok(Value::Bool(self.truth(a, item)? && self.truth(b, item)?)),
            Expr::Or(a, b) => Ok(Value::Bool(self.truth(a, item)? || self.truth(b, item)?)),
            Expr::Compare(op, a, b) => {
                let (a, b) = (self.run(a, item)?, self.run(b, item)?);
                compare(*op, &a, &b).map(Value::Bool)
            }
            Expr::Arith(op, a, b) => {
                let (a, b) = (self.run(a, item)?, self.run(b, item)?);
                arithmetic(*op, &a, &b)
            }
            Expr::In(needle, list) => {
                let needle = self.run(needle, item)?;
                for candidate in list {
                    let candidate = self.run(candidate, item)?;
                    if compare(Comparison::Equal, &needle, &candidate)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            Expr::If(condition, yes, no) => {
                if self.truth(condition, item)? {
                    self.run(yes, item)
                } else {
                    self.run(no, item)
                }
            }
            Expr::Size(list) => match self.run(list, item)? {
                Value::List(items) => Ok(Value::Int(i64::try_from(items.len()).unwrap_or(i64::MAX))),
                _ => Err(Fault::IllTyped),
            },
            Expr::Aggregate {
                kind,
                over,
                filter,
                of,
            } => self.aggregate(*kind, over, filter.as_deref(), of.as_deref()),
        }
    }

    fn truth(&mut self, expr: &Expr, item: Option<&Row>) -> Result<bool, Fault> {
        match self.run(expr, item)? {
            Value::Bool(answer) => Ok(answer),
            _ => Err(Fault::IllTyped),
        }
    }

    fn fact(&self, fact: Fact) -> Result<Value, Fault> {
        let day = |at| crate::calendar::date_of(at);
        match fact {
            Fact::Stage => self
                .scope
                .stage()
                .map(|s| Value::Code(Code::new(s.as_str())))
                .ok_or(Fault::IllTyped),
            Fact::Round => Ok(Value::Int(self.scope.round())),
            Fact::Today => Ok(Value::Date(day(self.scope.now()))),
            Fact::OpenedOn => self
                .scope
                .opened()
                .map(|at| Value::Date(day(at)))
                .ok_or(Fault::IllTyped),
            Fact::Risk => Ok(Value::Code(self.scope.risk())),
            Fact::Owner => self.scope.owner().map(Value::Unit).ok_or(Fault::IllTyped),
        }
    }

    fn aggregate(
        &mut self,
        kind: Aggregate,
        over: &Over,
        filter: Option<&Expr>,
        of: Option<&Expr>,
    ) -> Result<Value, Fault> {
        let scope = self.scope;
        let mut count = 0i64;
        let mut sum: Option<Value> = None;
        let mut different: Vec<Value> = Vec::new();
        let mut answer = matches!(kind, Aggregate::All);
        let mut fault = None;
        scope.rows(over, &mut |row| {
            let mut one = || -> Result<bool, Fault> {
                if let Some(filter) = filter {
                    // A row that lacks what the filter asks for does not count; it is not a fault of the others.
                    match self.truth(filter, Some(row)) {
                        Ok(true) => {}
                        Ok(false) | Err(Fault::Missing(_)) => return Ok(true),
                        Err(fault) => return Err(fault),
                    }
                }
                count += 1;
                match (kind, of) {
                    (Aggregate::Sum, Some(of)) => {
                        let value = match self.run(of, Some(row)) {
                            Err(Fault::Missing(_)) => return Ok(true),
                            other => other?,
                        };
                        sum = Some(match sum.take() {
                            None => value,
                            Some(before) => arithmetic(Arithmetic::Add, &before, &value)?,
                        });
                        Ok(true)
                    }
                    (Aggregate::Distinct | Aggregate::Min | Aggregate::Max | Aggregate::Last, Some(of)) => {
                        let value = match self.run(of, Some(row)) {
                            Err(Fault::Missing(_)) => return Ok(true),
                            other => other?,
                        };
                        match kind {
                            Aggregate::Distinct => {
                                // Comparing with those already met costs as much as reading them.
                                let met = u64::try_from(different.len()).unwrap_or(u64::MAX);
                                self.left = self.left.checked_sub(met / 8).ok_or(Fault::TooCostly)?;
                                if !different.contains(&value) {
                                    different.push(value);
                                }
                            }
                            Aggregate::Last => sum = Some(value),
                            _ => {
                                let op = if kind == Aggregate::Min {
                                    Comparison::Less
                                } else {
                                    Comparison::Greater
                                };
                                let better = match &sum {
                                    None => true,
                                    Some(best) => compare(op, &value, best)?,
                                };
                                if better {
                                    sum = Some(value);
                                }
                            }
                        }
                        Ok(true)
                    }
                    (Aggregate::All, Some(of)) => {
                        answer = matches!(self.truth(of, Some(row)), Ok(true));
                        Ok(answer)
                    }
                    (Aggregate::Any, Some(of)) => {
                        answer = matches!(self.truth(of, Some(row)), Ok(true));
                        Ok(!answer)
                    }
                    _ => Ok(true),
                }
            };
            match one() {
                Ok(go_on) => go_on,
                Err(found) => {
                    fault = Some(found);
                    false
                }
            }
        });
        if let Some(fault) = fault {
            return Err(fault);
        }
        Ok(match kind {
            Aggregate::Count => Value::Int(count),
            Aggregate::Sum => sum.unwrap_or(Value::Int(0)),
            Aggregate::Distinct => Value::Int(i64::try_from(different.len()).unwrap_or(i64::MAX)),
            // Of no rows there is no smallest, largest or newest: a guard that asks is not met, and says which field.
            Aggregate::Min | Aggregate::Max | Aggregate::Last => {
                return sum.ok_or_else(|| Fault::Missing(named(of)));
            }
            Aggregate::All | Aggregate::Any => Value::Bool(answer),
        })
    }
}

/// The field that an aggregate looks for.
fn named(of: Option<&Expr>) -> FieldId {
    match of {
        Some(Expr::Item(field)) => field.clone(),
        _ => "row".into(),
    }
}

fn compare(op: Comparison, a: &Value, b: &Value) -> Result<bool, Fault> {
    use std::cmp::Ordering;
    let order = match (a, b) {
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::At(a), Value::At(b)) => Some(a.cmp(b)),
        _ => match (a.number(), b.number()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => None,
        },
    };
    match (op, order) {
        (Comparison::Equal, Some(order)) => Ok(order == Ordering::Equal),
        (Comparison::NotEqual, Some(order)) => Ok(order != Ordering::Equal),
        (Comparison::Equal, None) => Ok(a == b),
        (Comparison::NotEqual, None) => Ok(a != b),
        (Comparison::Less, Some(order)) => Ok(order == Ordering::Less),
        (Comparison::LessOrEqual, Some(order)) => Ok(order != Ordering::Greater),
        (Comparison::Greater, Some(order)) => Ok(order == Ordering::Greater),
        (Comparison::GreaterOrEqual, Some(order)) => Ok(order != Ordering::Less),
        _ => Err(Fault::IllTyped),
    }
}

/// Computes with two values, exactly: numbers, money, durations, dates and days.
///
/// # Errors
///
/// [`Fault::DividedByZero`], [`Fault::OutOfRange`], or [`Fault::IllTyped`] for kinds that do not go together.
pub fn arithmetic(op: Arithmetic, a: &Value, b: &Value) -> Result<Value, Fault> {
    // Days and dates first: a date plus a number of days, and the days between two dates.
    match (op, a, b) {
        (Arithmetic::Add, Value::Date(date), Value::Int(days)) => {
            return shift(*date, *days).map(Value::Date);
        }
        (Arithmetic::Subtract, Value::Date(date), Value::Int(days)) => {
            return shift(*date, days.checked_neg().ok_or(Fault::OutOfRange)?).map(Value::Date);
        }
        (Arithmetic::Subtract, Value::Date(a), Value::Date(b)) => {
            return Ok(Value::Int(days_between(*b, *a)));
        }
        (Arithmetic::Subtract, Value::At(a), Value::At(b)) => {
            return Ok(Value::Minutes(a.duration_since(*b).as_mins()));
        }
        _ => {}
    }
    let (x, y) = (
        a.number().ok_or(Fault::IllTyped)?,
        b.number().ok_or(Fault::IllTyped)?,
    );
    let result = match op {
        Arithmetic::Add => x.checked_add(y),
        Arithmetic::Subtract => x.checked_sub(y),
        Arithmetic::Multiply => x.checked_mul(y),
        Arithmetic::Divide if y.is_zero() => return Err(Fault::DividedByZero),
        Arithmetic::Divide => x.checked_div(y),
    }
    .ok_or(Fault::OutOfRange)?;
    // Like kinds stay what they are under + and -; a ratio is a plain decimal.
    let whole = || i64::try_from(result).map_err(|_| Fault::OutOfRange);
    match (op, a, b) {
        (Arithmetic::Divide, _, _) => Ok(Value::Dec(result.normalize())),
        (_, Value::Int(_), Value::Int(_)) => whole().map(Value::Int),
        (_, Value::Fen(_), _) | (_, _, Value::Fen(_)) if result.fract().is_zero() => whole().map(Value::Fen),
        (_, Value::Minutes(_), Value::Minutes(_)) => whole().map(Value::Minutes),
        _ => Ok(Value::Dec(result)),
    }
}

fn shift(date: Date, days: i64) -> Result<Date, Fault> {
    let span = jiff::Span::new().try_days(days).map_err(|_| Fault::OutOfRange)?;
    date.checked_add(span).map_err(|_| Fault::OutOfRange)
}

fn days_between(from: Date, to: Date) -> i64 {
    // Both are civil dates of one calendar, so the difference in days is exact.
    i64::from((to - from).get_days())
}
