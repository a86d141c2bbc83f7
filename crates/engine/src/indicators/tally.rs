//! The sums of a mechanism's indicators, kept from question to question: what the log brought since is taken in case by
//! case, so an answer costs what has changed and not what there is. A count from nothing gives the same sums.

use std::collections::BTreeMap;

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::expr::{Expr, Fault, Over, Row};
use bihuan_domain::id::{CaseId, Digest, FieldId, UnitId};
use bihuan_domain::indicator::{Sums, added, pieces};
use bihuan_domain::mechanism::{Indicator, Mechanism};
use bihuan_domain::value::{RowRef, Value};
use bihuan_domain::world::World;
use jiff::Timestamp;
use jiff::civil::Date;

use super::VersionCount;
use crate::error::Error;
use crate::views::Views;

/// Log entries behind which a tally is made anew rather than brought up to date.
const BEHIND_MAX: u64 = 20_000;
/// Log entries read at a time.
const PAGE: usize = 2_048;

/// What the cases of one mechanism add to its indicators, as of a size of the log.
#[derive(Default)]
pub(crate) struct Tally {
    digest: Option<Digest>,
    size: u64,
    /// By the place of the aggregate among all that run over cases.
    sums: Vec<Sums>,
    cases: BTreeMap<CaseId, Part>,
    /// How many cases run or ran under each version.
    versions: BTreeMap<Digest, VersionCount>,
    faults: BTreeMap<CaseId, Fault>,
}

/// What is known of a case.
struct Part {
    definition: Digest,
    open: bool,
    adds: Vec<Added>,
}

/// What a case adds to one aggregate.
struct Added {
    aggregate: usize,
    unit: UnitId,
    day: Option<Date>,
    value: Value,
}

/// An indicator with its aggregates.
pub(super) struct Laid<'m> {
    pub(super) indicator: &'m Indicator,
    pub(super) pieces: Vec<Piece<'m>>,
}

/// An aggregate, and where among those over cases it stands.
pub(super) struct Piece<'m> {
    pub(super) expr: &'m Expr,
    pub(super) over: &'m Over,
    nth: Option<usize>,
}

/// The indicators of a mechanism that add up piece by piece.
pub(super) fn laid_out(mechanism: &Mechanism) -> Vec<Laid<'_>> {
    let mut next = 0usize;
    let mut all = Vec::new();
    for indicator in &mechanism.indicators {
        let Some(found) = pieces(indicator) else { continue };
        let pieces = found.into_iter().filter_map(|expr| {
            let Expr::Aggregate { over, .. } = expr else {
                return None;
            };
            let nth = matches!(over, Over::Cases).then(|| {
                next = next.saturating_add(1);
                next.saturating_sub(1)
            });
            Some(Piece { expr, over, nth })
        });
        all.push(Laid {
            indicator,
            pieces: pieces.collect(),
        });
    }
    all
}

impl Tally {
    /// Brings the tally to the head of the log.
    pub(crate) fn follow(
        &mut self,
        views: &Views,
        world: &World,
        mechanism: &Mechanism,
        now: Timestamp,
    ) -> Result<(), Error> {
        let laid = laid_out(mechanism);
        views.log().at_one_moment(|log| {
            let head = log.head()?.size;
            let behind = head.saturating_sub(self.size);
            if self.digest.as_ref() != Some(&mechanism.digest) || self.size == 0 || behind > BEHIND_MAX {
                *self = Tally {
                    digest: Some(mechanism.digest.clone()),
                    size: head,
                    ..Tally::default()
                };
                return views.for_each_state(std::slice::from_ref(&mechanism.id), None, |state, _| {
                    self.put(&laid, world, &state, now);
                });
            }
            let mut changed = std::collections::BTreeSet::new();
            let mut next = self.size;
            while next < head {
                let page = log.entries(next, PAGE)?;
                if page.is_empty() {
                    break;
                }
                for entry in page {
                    next = entry.seq.saturating_add(1);
                    let case = entry.stream.strip_prefix("case/").and_then(|id| id.parse().ok());
                    changed.extend(case.map(CaseId));
                }
            }
            for case in changed {
                if let Some(state) = views
                    .state(case)?
                    .filter(|state| state.mechanism.id == mechanism.id)
                {
                    self.put(&laid, world, &state, now);
                }
            }
            self.size = self.size.max(head);
            Ok(())
        })
    }

    /// Takes a case in, in the place of what was known of it.
    fn put(&mut self, laid: &[Laid<'_>], world: &World, state: &State, now: Timestamp) {
        self.faults.remove(&state.id);
        if let Some(before) = self.cases.remove(&state.id) {
            if let Some(count) = self.versions.get_mut(&before.definition) {
                count.total = count.total.saturating_sub(1);
                count.open = count.open.saturating_sub(u64::from(before.open));
            }
            for one in before.adds {
                let sums = self.sums.get_mut(one.aggregate);
                let taken = sums.map(|sums| sums.take_out(&one.unit, one.day, &one.value));
                if let Some(Err(fault)) = taken {
                    self.faults.insert(state.id, fault);
                }
            }
        }
        let row = bihuan_mechanism::figure::case_row(state);
        let look = look(world);
        let mut adds: Vec<Added> = Vec::new();
        for laid in laid {
            for piece in &laid.pieces {
                let Some(aggregate) = piece.nth else { continue };
                if self.sums.len() <= aggregate {
                    self.sums.resize_with(aggregate.saturating_add(1), Sums::default);
                }
                let day = day_of(laid.indicator, &row);
                if laid.indicator.dated.is_some() && day.is_none() {
                    continue;
                }
                match added(piece.expr, &row, now, &look) {
                    Ok(None) => {}
                    Ok(Some(value)) => adds.push(Added {
                        aggregate,
                        unit: unit_of(laid.indicator, &row).unwrap_or_else(|| state.owner.clone()),
                        day,
                        value,
                    }),
                    Err(fault) => {
                        self.faults.insert(state.id, fault);
                    }
                }
            }
        }
        for one in &adds {
            let sums = self.sums.get_mut(one.aggregate);
            if let Some(Err(fault)) = sums.map(|sums| sums.add(&one.unit, one.day, &one.value)) {
                self.faults.insert(state.id, fault);
            }
        }
        let (definition, open) = (state.mechanism.digest.clone(), state.is_open());
        let count = self.versions.entry(definition.clone()).or_default();
        count.total = count.total.saturating_add(1);
        count.open = count.open.saturating_add(u64::from(open));
        let part = Part {
            definition,
            open,
            adds,
        };
        self.cases.insert(state.id, part);
    }

    /// How many cases run or ran under each version of the file.
    pub(super) fn versions(&self) -> BTreeMap<Digest, VersionCount> {
        let mut versions = self.versions.clone();
        versions.retain(|_, count| count.total > 0);
        versions
    }

    /// The sums of an aggregate: kept ones for cases, made now for a register.
    pub(super) fn sums(
        &self,
        laid: &Laid<'_>,
        piece: &Piece<'_>,
        world: &World,
        now: Timestamp,
    ) -> Result<Sums, Fault> {
        if let Some(fault) = piece.nth.and_then(|_| self.faults.values().next()) {
            return Err(fault.clone());
        }
        if let Some(nth) = piece.nth {
            return Ok(self.sums.get(nth).cloned().unwrap_or_default());
        }
        let mut sums = Sums::default();
        let Over::Register(register) = piece.over else {
            return Ok(sums);
        };
        let look = look(world);
        let nobody = UnitId::new("");
        for (_, row) in world.registers.rows(register) {
            let day = day_of(laid.indicator, row);
            if laid.indicator.dated.is_some() && day.is_none() {
                continue;
            }
            if let Some(value) = added(piece.expr, row, now, &look)? {
                let unit = unit_of(laid.indicator, row).unwrap_or_else(|| nobody.clone());
                sums.add(&unit, day, &value)?;
            }
        }
        Ok(sums)
    }
}

fn look(world: &World) -> impl Fn(&RowRef, &FieldId) -> Option<Value> + '_ {
    |row, field| world.registers.value(&row.register, &row.row, field).cloned()
}

/// The day by which a row falls into a period.
fn day_of(indicator: &Indicator, row: &Row) -> Option<Date> {
    match row.get(indicator.dated.as_ref()?)? {
        Value::Date(day) => Some(*day),
        Value::At(at) => Some(date_of(*at)),
        _ => None,
    }
}

fn unit_of(indicator: &Indicator, row: &Row) -> Option<UnitId> {
    match row.get(indicator.whose.as_ref()?)? {
        Value::Unit(unit) => Some(unit.clone()),
        _ => None,
    }
}
