//! Where an assessment stands: the announced result, each unit's matter on its way to it, and what the unit said.
//!
//! The result is a register that the scheme computes; a unit's matter is a case of the mechanism that closes by that
//! register; the matter of the period is its parent. So pages need no setting to find them, and packs state them once.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_domain::assessment::{ENTRIES, ENTRIES_BEFORE, SHEET, Scheme, Span, is_of_period, result_row};
use bihuan_domain::case::State;
use bihuan_domain::expr::{Expr, Over, Row};
use bihuan_domain::id::{CaseId, Code, FieldId, RegisterId, StepId, UnitId};
use bihuan_domain::mechanism::{Mechanism, RegisterSpec};
use bihuan_domain::value::Value;
use bihuan_domain::world::World;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::error::Error;
use crate::happened;
use crate::mechanisms::Mechanisms;
use crate::views::Views;

/// The field of a remark's or objection's row that says which item it is about.
pub const ITEM: &str = "item";

/// One unit's announced result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The unit.
    pub unit: UnitId,
    /// Its class.
    pub class: Code,
    /// The total.
    pub total: Option<Decimal>,
    /// The place in its class.
    pub place: Option<i64>,
    /// The grade.
    pub grade: Option<Code>,
    /// When it was computed.
    pub on: Option<Date>,
    /// The hash of its sheet.
    pub sheet: Option<Code>,
    /// From how many entries of the log.
    pub entries: Option<u64>,
    /// From how many entries the sheet before it, where it was another one.
    pub before: Option<u64>,
}

/// What a unit said of an item: a row that a step of its matter wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The register.
    pub register: RegisterId,
    /// The item.
    pub item: Code,
    /// The case that it disputes, where it names one.
    pub disputed: Option<CaseId>,
    /// Its row.
    pub row: Row,
}

/// The course of an assessment in one period.
pub struct Course {
    /// The register with the result; `None` where no register is computed by the scheme.
    pub register: Option<RegisterSpec>,
    /// The announced results.
    pub announced: BTreeMap<UnitId, Announced>,
    /// The mechanism of a unit's matter.
    pub mechanism: Option<Arc<Mechanism>>,
    /// The matter of each unit.
    pub matters: BTreeMap<UnitId, State>,
    /// The matter of the period as a whole.
    pub whole: Option<State>,
}

impl Course {
    /// How the assessment of a period stands.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn of(
        views: &Views,
        world: &World,
        mechanisms: &Mechanisms,
        scheme: &Scheme,
        span: &Span,
    ) -> Result<Course, Error> {
        let mut registers = mechanisms.packs().iter().flat_map(|pack| &pack.registers);
        let register = registers
            .find(|spec| spec.computed.as_ref() == Some(&scheme.id))
            .cloned();
        let mechanism = register.as_ref().and_then(|register| {
            let mut all = mechanisms.all();
            all.find(|mechanism| looks_at(&mechanism.closing.when, &register.id))
                .cloned()
        });
        let announced = register
            .as_ref()
            .map(|register| announced(world, &register.id, span));
        let mut course = Course {
            register,
            announced: announced.unwrap_or_default(),
            mechanism,
            matters: BTreeMap::new(),
            whole: None,
        };
        let Some(mechanism) = course.mechanism.clone() else {
            return Ok(course);
        };
        views.for_each_state(std::slice::from_ref(&mechanism.id), None, |state, _| {
            if is_of_year(&state, world, span) {
                course.matters.insert(state.owner.clone(), state);
            }
        })?;
        let parent = course.matters.values().find_map(|state| state.parent);
        course.whole = parent.map(|parent| views.state(parent)).transpose()?.flatten();
        Ok(course)
    }

    /// The result, and the matter of the period, as they stood after so many entries of the log; without the matters of
    /// units. `world` and `mechanisms` are of those entries.
    ///
    /// # Errors
    ///
    /// If the log cannot be read.
    pub(super) fn at(
        views: &Views,
        world: &World,
        mechanisms: &Mechanisms,
        scheme: &Scheme,
        span: &Span,
        size: u64,
    ) -> Result<Course, Error> {
        let mut course = Course::of(views, world, mechanisms, scheme, span)?;
        course.matters.clear();
        if let Some(whole) = course.whole.take() {
            happened::to_case(views.log(), whole.id, size, |event, meta| {
                happened::evolve(&mut course.whole, &event, &meta);
                Ok(())
            })?;
        }
        Ok(course)
    }

    /// The day of announcement, once the matter of the period states it.
    pub fn announced_on(&self) -> Option<Date> {
        match self.whole.as_ref()?.values.get(&FieldId::new("announced_on"))? {
            Value::Date(on) => Some(*on),
            _ => None,
        }
    }

    /// What a unit said of an item, in order.
    pub fn said(&self, world: &World, unit: &UnitId, item: &Code) -> Vec<Said> {
        let (Some(mechanism), Some(state)) = (&self.mechanism, self.matters.get(unit)) else {
            return Vec::new();
        };
        let mut said = Vec::new();
        for (_, register) in about_items(mechanism) {
            for (_, row) in world.registers.rows_of_case(&register, state.id) {
                let about = row.get(&FieldId::new(ITEM));
                if matches!(about, Some(Value::Code(about)) if about == item) {
                    said.push(Said {
                        register: register.clone(),
                        item: item.clone(),
                        disputed: row.values().find_map(|value| match value {
                            Value::Case(case) if *case != state.id => Some(*case),
                            _ => None,
                        }),
                        row: row.clone(),
                    });
                }
            }
        }
        said
    }
}

/// The steps of a mechanism that write a row about an item, with their registers: remarks, objections.
pub fn about_items(mechanism: &Mechanism) -> Vec<(StepId, RegisterId)> {
    let steps = mechanism.stages.iter().flat_map(|stage| &stage.steps);
    let about = |register: &RegisterId| {
        let spec = mechanism.registers.get(register);
        spec.is_some_and(|spec| spec.fields.iter().any(|field| field.id.as_str() == ITEM))
    };
    let mut found: Vec<(StepId, RegisterId)> = Vec::new();
    for step in steps {
        if let Some(register) = step.adds.as_ref().filter(|register| about(register))
            && is_of_choice(mechanism, register)
        {
            found.push((step.id.clone(), register.clone()));
        }
    }
    found
}

/// An item is named by its code; other fields of this name point at rows of a list.
fn is_of_choice(mechanism: &Mechanism, register: &RegisterId) -> bool {
    let spec = mechanism.registers.get(register);
    let mut fields = spec.iter().flat_map(|spec| &spec.fields);
    fields.any(|field| field.id.as_str() == ITEM && matches!(field.ty, bihuan_domain::value::Type::Choice(_)))
}

/// The rows that a scheme computed for a period, by unit.
fn announced(world: &World, register: &RegisterId, span: &Span) -> BTreeMap<UnitId, Announced> {
    let rows = world.registers.rows(register);
    let of_period = rows.filter(|(id, _)| is_of_period(id, span));
    of_period
        .filter_map(|(id, row)| {
            let value = |field: &str| row.get(&FieldId::new(field));
            let code = |field: &str| match value(field) {
                Some(Value::Code(code)) => Some(code.clone()),
                _ => None,
            };
            let int = |field: &str| match value(field) {
                Some(Value::Int(n)) => Some(*n),
                _ => None,
            };
            let Some(Value::Unit(unit)) = value("unit") else {
                return None;
            };
            // `2026-…` is no row of `2026-H1`, and the other way round.
            (*id == result_row(span, unit)).then(|| {
                let one = Announced {
                    unit: unit.clone(),
                    class: code("class").unwrap_or_else(|| Code::new("")),
                    total: value("total").and_then(Value::number),
                    place: int("place"),
                    grade: code("grade"),
                    on: match value("computed_on") {
                        Some(Value::Date(on)) => Some(*on),
                        _ => None,
                    },
                    sheet: code(SHEET),
                    entries: int(ENTRIES).and_then(|n| u64::try_from(n).ok()),
                    before: int(ENTRIES_BEFORE).and_then(|n| u64::try_from(n).ok()),
                };
                (unit.clone(), one)
            })
        })
        .collect()
}

/// Whether a matter is about the year: it says so itself, or the row to which one of its fields points does.
fn is_of_year(state: &State, world: &World, span: &Span) -> bool {
    let year = Value::Int(i64::from(span.year()));
    let field = FieldId::new("year");
    state.values.get(&field) == Some(&year)
        || state.values.values().any(|value| match value {
            Value::Row(row) => world.registers.value(&row.register, &row.row, &field) == Some(&year),
            _ => false,
        })
}

fn looks_at(expr: &Expr, register: &RegisterId) -> bool {
    if let Expr::Aggregate {
        over: Over::Register(over),
        ..
    } = expr
        && over == register
    {
        return true;
    }
    let mut found = false;
    expr.each_child(&mut |part| found = found || looks_at(part, register));
    found
}
