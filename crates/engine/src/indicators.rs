//! What is measured of a mechanism: its indicators over periods and units, and the figures that documents reported, from
//! its cases and registers, exactly; where an expression has no value, why.
//!
//! Counts and sums are kept piece by piece (`tally`) and follow the log; what does not add up is counted anew.
//!
//! Indicators are those of the whole jurisdiction, whoever asks: a share that is another one on every desk would be no
//! indicator. Which cases stand behind it is shown within what the reader may see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use bihuan_domain::expr::{Expr, NoCase, Over, holds_for};
use bihuan_domain::id::{CaseId, Code, Digest, FieldId, MechanismId, RegisterId};
use bihuan_domain::indicator::fields_of;
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::value::Value;
use bihuan_domain::world::World;
use bihuan_mechanism::figure;
use jiff::Timestamp;

use crate::error::Error;
use crate::views::Views;

mod course;
mod tally;

pub use bihuan_mechanism::figure::{Reading, Wanted};
use course::Known;
pub use course::{Course, Reported, UnitPart, Window};
use tally::{Tally, laid_out};

/// What is kept from question to question, by mechanism.
#[derive(Default)]
pub(crate) struct Tallies(Mutex<BTreeMap<MechanismId, Arc<Mutex<Tally>>>>);

impl Tallies {
    /// The tally of a mechanism: each has a lock of its own, so that a long first count keeps nobody else waiting.
    fn of(&self, mechanism: &MechanismId) -> Arc<Mutex<Tally>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(mechanism.clone()).or_default().clone()
    }
}

/// What is measured of one mechanism.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// Its indicators, in the order of the file.
    pub indicators: Vec<Measured>,
    /// Its reported figures, in the order of the file.
    pub figures: Vec<Measured>,
    /// How many cases run or ran under each version, by the digest of the file.
    pub versions: BTreeMap<Digest, VersionCount>,
}

/// An indicator or figure with what it came to.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Its code.
    pub id: Code,
    /// What it came to; `None` for a figure that the file does not compute.
    pub reading: Option<Reading>,
    /// What the value counts.
    pub value: Counted,
    /// What the base counts.
    pub base: Counted,
    /// Figures: whether print and ledger agree as far as the print goes.
    pub agrees: bool,
    /// Indicators whose rows have a date: in time.
    pub course: Option<Course>,
    /// Indicators: what documents printed beside it.
    pub reported: Vec<Reported>,
    /// Indicators that add up: whether units have parts of it.
    pub by_unit: bool,
}

/// What an expression runs over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Whether it looks at the cases of the mechanism.
    pub cases: bool,
    /// The registers that it looks at.
    pub registers: BTreeSet<RegisterId>,
}

/// Cases under one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VersionCount {
    /// Open ones.
    pub open: u64,
    /// All.
    pub total: u64,
}

/// Which half of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The value or numerator.
    Value,
    /// The base.
    Base,
}

/// Measures a mechanism as of `now`.
///
/// # Errors
///
/// If the read models cannot be read. An expression without a value is no error: its reading says why.
pub fn measure(
    views: &Views,
    world: &World,
    mechanism: &Mechanism,
    now: Timestamp,
) -> Result<Measures, Error> {
    let tally = views.tallies().of(&mechanism.id);
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.follow(views, world, mechanism, now)?;
    let laid = laid_out(mechanism);
    let known_of = |indicators: bool| -> BTreeMap<&Code, Known<'_>> {
        let laid = laid.iter().filter(|laid| laid.indicator.is_some() == indicators);
        laid.map(|laid| (laid.id, Known::of(laid, &tally, world, now)))
            .collect()
    };
    let (known, known_figures) = (known_of(true), known_of(false));
    let mut measures = Measures {
        versions: tally.versions(),
        ..Measures::default()
    };
    drop(tally);
    let rest = mechanism
        .indicators
        .iter()
        .filter(|indicator| !known.contains_key(&indicator.id));
    let expressions: Vec<&Expr> = rest
        .flat_map(|indicator| std::iter::once(&indicator.value).chain(&indicator.base))
        .chain(
            mechanism
                .figures
                .iter()
                .filter(|figure| !known_figures.contains_key(&figure.id))
                .flat_map(|figure| figure.value.iter().chain(&figure.base)),
        )
        .collect();
    // Rows of cases are kept only where something looks at them, and only what it looks at: a ledger may be long.
    let mut cases = Vec::new();
    if expressions.iter().any(|expr| counted(expr).cases) {
        let fields = fields_in(expressions.iter().copied());
        let rows = views.each_of(
            &views.ids_of(&mechanism.id)?,
            |id| *id,
            |_, state| state.as_row_of(&fields),
        );
        cases = rows?;
    }
    let scope = NoCase::new(now)
        .with_registers(&world.registers)
        .with_cases(&cases);
    for indicator in &mechanism.indicators {
        let known = known.get(&indicator.id);
        let reading = match known {
            Some(known) => known.now(),
            None => figure::read(&indicator.value, indicator.base.as_ref(), &indicator.unit, &scope),
        };
        measures.indicators.push(Measured {
            id: indicator.id.clone(),
            reading: Some(reading),
            value: counted(&indicator.value),
            base: indicator.base.as_ref().map(counted).unwrap_or_default(),
            agrees: true,
            course: known.and_then(Known::course),
            reported: known
                .map(|known| known.reported(&mechanism.figures))
                .unwrap_or_default(),
            by_unit: known.is_some_and(Known::has_units),
        });
    }
    for reported in &mechanism.figures {
        let base = reported.base.as_ref();
        let value = reported.value.as_ref();
        let reading = match known_figures.get(&reported.id) {
            Some(known) => Some(known.now()),
            None => value.map(|value| figure::read(value, base, &reported.unit, &scope)),
        };
        let result = reading.as_ref().and_then(|reading| reading.result.as_ref().ok());
        measures.figures.push(Measured {
            id: reported.id.clone(),
            agrees: result.is_some_and(|result| figure::agrees(reported, *result)),
            reading,
            value: value.map(counted).unwrap_or_default(),
            base: base.map(counted).unwrap_or_default(),
            course: None,
            reported: Vec::new(),
            by_unit: false,
        });
    }
    Ok(measures)
}

/// An indicator unit by unit, in the order of the org tree; `None` where it does not add up or the mechanism has none
/// of this code.
///
/// # Errors
///
/// If the read models cannot be read.
pub fn by_unit(
    views: &Views,
    world: &World,
    mechanism: &Mechanism,
    indicator: &Code,
    now: Timestamp,
) -> Result<Option<Vec<UnitPart>>, Error> {
    let tally = views.tallies().of(&mechanism.id);
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.follow(views, world, mechanism, now)?;
    let laid = laid_out(mechanism);
    let wanted = laid
        .iter()
        .find(|laid| laid.indicator.is_some_and(|known| known.id == *indicator));
    Ok(wanted.map(|laid| Known::of(laid, &tally, world, now).units()))
}

/// The cases that one half of an indicator counts: those that meet the condition of any of its aggregates over cases.
/// `None` where the mechanism has no such indicator, or it looks at no cases.
///
/// # Errors
///
/// If the read models cannot be read.
pub fn counted_cases(
    views: &Views,
    world: &World,
    mechanism: &Mechanism,
    indicator: &Code,
    half: Half,
    now: Timestamp,
) -> Result<Option<BTreeSet<CaseId>>, Error> {
    let found = mechanism.indicators.iter().find(|known| known.id == *indicator);
    let expr = found.and_then(|found| match half {
        Half::Value => Some(&found.value),
        Half::Base => found.base.as_ref(),
    });
    let Some(expr) = expr else { return Ok(None) };
    let mut filters = Vec::new();
    conditions(expr, &mut filters);
    if filters.is_empty() {
        return Ok(None);
    }
    let scope = NoCase::new(now).with_registers(&world.registers);
    let window = indicator_window(found, now);
    let mut fields = fields_in(filters.iter().copied().flatten());
    fields.extend(window.iter().map(|(dated, ..)| dated.clone()));
    let chosen = views.each_of(
        &views.ids_of(&mechanism.id)?,
        |id| *id,
        |id, state| {
            let row = state.as_row_of(&fields);
            let meets = |filter: &Option<&Expr>| match filter {
                Some(filter) => holds_for(filter, &scope, &row).unwrap_or(false),
                None => true,
            };
            let inside = window
                .as_ref()
                .is_none_or(|(dated, from, to)| match row.get(dated) {
                    Some(Value::Date(day)) => from <= day && day <= to,
                    _ => false,
                });
            (inside && filters.iter().any(meets)).then_some(*id)
        },
    )?;
    Ok(Some(chosen.into_iter().flatten().collect()))
}

/// The fields of a case that expressions look at.
fn fields_in<'e>(expressions: impl Iterator<Item = &'e Expr>) -> BTreeSet<FieldId> {
    let mut fields = BTreeSet::new();
    expressions.for_each(|expr| fields_of(expr, &mut fields));
    fields
}

/// The days on which a row must fall to count now: those of the period so far.
fn indicator_window(
    indicator: Option<&bihuan_domain::mechanism::Indicator>,
    now: Timestamp,
) -> Option<(FieldId, jiff::civil::Date, jiff::civil::Date)> {
    let indicator = indicator?;
    let today = bihuan_domain::calendar::date_of(now);
    let (first, _) = indicator.period.around(today)?;
    Some((indicator.dated.clone()?, first, today))
}

/// The conditions of the aggregates over cases in an expression; `None` for one without.
fn conditions<'e>(expr: &'e Expr, into: &mut Vec<Option<&'e Expr>>) {
    if let Expr::Aggregate {
        over: Over::Cases,
        filter,
        ..
    } = expr
    {
        into.push(filter.as_deref());
    }
    expr.each_child(&mut |part| conditions(part, into));
}

/// What an expression runs over.
fn counted(expr: &Expr) -> Counted {
    let mut found = Counted::default();
    gather(expr, &mut found);
    found
}

fn gather(expr: &Expr, found: &mut Counted) {
    if let Expr::Aggregate { over, .. } = expr {
        match over {
            Over::Cases | Over::Children => found.cases = true,
            Over::Register(register) | Over::Own(register) => {
                found.registers.insert(register.clone());
            }
        }
    }
    expr.each_child(&mut |part| gather(part, found));
}
