//! What is measured of a mechanism now: its indicators and the figures that documents reported, from its cases and
//! registers in one pass, exactly; where an expression has no value, why.
//!
//! Indicators are those of the whole jurisdiction, whoever asks: a share that is another one on every desk would be no
//! indicator. Which cases stand behind it is shown within what the reader may see.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::case::State;
use bihuan_domain::expr::{Expr, Over, Row, Scope, holds_for};
use bihuan_domain::id::{CaseId, Code, Digest, FieldId, RegisterId, StageId, UnitId};
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::value::{RowRef, Value};
use bihuan_domain::world::World;
use bihuan_mechanism::figure;
use jiff::Timestamp;

use crate::error::Error;
use crate::views::Views;

pub use bihuan_mechanism::figure::Reading;

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
    let mut measures = Measures::default();
    let expressions = mechanism
        .indicators
        .iter()
        .flat_map(|indicator| std::iter::once(&indicator.value).chain(&indicator.base))
        .chain(
            mechanism
                .figures
                .iter()
                .flat_map(|figure| figure.value.iter().chain(&figure.base)),
        );
    // Rows of cases are kept only where something looks at them: a ledger may be long.
    let wanted = expressions.into_iter().any(|expr| counted(expr).cases);
    let mut cases = Vec::new();
    views.for_each_state(std::slice::from_ref(&mechanism.id), None, |state, _| {
        let version = measures
            .versions
            .entry(state.mechanism.digest.clone())
            .or_default();
        version.total += 1;
        version.open += u64::from(state.is_open());
        if wanted {
            cases.push(row(&state));
        }
    })?;
    let scope = Everything { world, now, cases };
    for indicator in &mechanism.indicators {
        let reading = figure::read(&indicator.value, indicator.base.as_ref(), &indicator.unit, &scope);
        measures.indicators.push(Measured {
            id: indicator.id.clone(),
            reading: Some(reading),
            value: counted(&indicator.value),
            base: indicator.base.as_ref().map(counted).unwrap_or_default(),
            agrees: true,
        });
    }
    for reported in &mechanism.figures {
        let base = reported.base.as_ref();
        let value = reported.value.as_ref();
        let reading = value.map(|value| figure::read(value, base, &reported.unit, &scope));
        let result = reading.as_ref().and_then(|reading| reading.result.as_ref().ok());
        measures.figures.push(Measured {
            id: reported.id.clone(),
            agrees: result.is_some_and(|result| figure::agrees(reported, *result)),
            reading,
            value: value.map(counted).unwrap_or_default(),
            base: base.map(counted).unwrap_or_default(),
        });
    }
    Ok(measures)
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
    let scope = Everything {
        world,
        now,
        cases: Vec::new(),
    };
    let mut chosen = BTreeSet::new();
    views.for_each_state(std::slice::from_ref(&mechanism.id), None, |state, _| {
        let row = row(&state);
        let meets = |filter: &Option<&Expr>| match filter {
            Some(filter) => holds_for(filter, &scope, &row).unwrap_or(false),
            None => true,
        };
        if filters.iter().any(meets) {
            chosen.insert(state.id);
        }
    })?;
    Ok(Some(chosen))
}

fn row(state: &State) -> Row {
    figure::case_row(state)
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
    each_part(expr, &mut |part| conditions(part, into));
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
    each_part(expr, &mut |part| gather(part, found));
}

fn each_part<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match expr {
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

/// What indicators look at: the registers and all cases of the mechanism; no case is the one in question.
struct Everything<'a> {
    world: &'a World,
    now: Timestamp,
    cases: Vec<Row>,
}

impl Scope for Everything<'_> {
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
        self.world
            .registers
            .value(&row.register, &row.row, field)
            .cloned()
    }

    fn rows(&self, over: &Over, visit: &mut dyn FnMut(&Row) -> bool) {
        match over {
            Over::Register(register) => {
                for (_, row) in self.world.registers.rows(register) {
                    if !visit(row) {
                        return;
                    }
                }
            }
            Over::Cases => {
                for row in &self.cases {
                    if !visit(row) {
                        return;
                    }
                }
            }
            // Belongs to one case, and there is none here.
            Over::Own(_) | Over::Children => {}
        }
    }
}
