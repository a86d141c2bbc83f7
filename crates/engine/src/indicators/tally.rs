//! The sums of a mechanism's indicators, kept from question to question: what the log brought since is taken in case by
//! case, so an answer costs what has changed and not what there is. A count from nothing gives the same sums.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::expr::{Expr, Fault, Over, Row};
use bihuan_domain::id::{CaseId, Code, Digest, FieldId, MechanismId, UnitId};
use bihuan_domain::indicator::{Sums, added, fields_of, pieces};
use bihuan_domain::mechanism::{Indicator, Mechanism};
use bihuan_domain::value::{RowRef, Value};
use bihuan_domain::world::World;
use jiff::Timestamp;
use jiff::civil::Date;

use super::VersionCount;
use crate::error::Error;
use crate::views::{Views, state};

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
    faults: BTreeMap<CaseId, Fault>,
    /// How many cases run or ran under each version.
    versions: Vec<(Digest, VersionCount)>,
    /// The units that parts name by their place here.
    units: Vec<UnitId>,
    unit_places: BTreeMap<UnitId, u32>,
}

/// What is known of a case, as small as can be: there may be millions.
struct Part {
    /// The place of its version among `versions`.
    version: u32,
    open: bool,
    adds: Box<[Added]>,
}

/// What a case adds to one aggregate.
struct Added {
    aggregate: usize,
    /// The place of the unit among `units`.
    unit: u32,
    day: Option<Date>,
    amount: Amount,
}

/// Most pieces are a count of one.
enum Amount {
    One,
    Other(Box<Value>),
}

impl Amount {
    fn value(&self) -> Value {
        match self {
            Amount::One => Value::Int(1),
            Amount::Other(value) => (**value).clone(),
        }
    }
}

/// An indicator, or a reported figure that the file computes, with its aggregates.
pub(super) struct Laid<'m> {
    pub(super) id: &'m Code,
    pub(super) value: &'m Expr,
    pub(super) base: Option<&'m Expr>,
    pub(super) unit: &'m str,
    /// `None` for a figure: it has neither days nor units.
    pub(super) indicator: Option<&'m Indicator>,
    pub(super) pieces: Vec<Piece<'m>>,
}

/// An aggregate, and where among those over cases it stands.
pub(super) struct Piece<'m> {
    pub(super) expr: &'m Expr,
    pub(super) over: &'m Over,
    nth: Option<usize>,
}

impl Laid<'_> {
    pub(super) fn dated(&self) -> Option<&FieldId> {
        self.indicator?.dated.as_ref()
    }

    fn whose(&self) -> Option<&FieldId> {
        self.indicator?.whose.as_ref()
    }
}

/// What of a mechanism adds up piece by piece: first its indicators, then its reported figures.
pub(super) fn laid_out(mechanism: &Mechanism) -> Vec<Laid<'_>> {
    let indicators = mechanism.indicators.iter().map(|indicator| Laid {
        id: &indicator.id,
        value: &indicator.value,
        base: indicator.base.as_ref(),
        unit: &indicator.unit,
        indicator: Some(indicator),
        pieces: Vec::new(),
    });
    let figures = mechanism.figures.iter().filter_map(|figure| {
        Some(Laid {
            id: &figure.id,
            value: figure.value.as_ref()?,
            base: figure.base.as_ref(),
            unit: &figure.unit,
            indicator: None,
            pieces: Vec::new(),
        })
    });
    let mut next = 0usize;
    let mut all = Vec::new();
    for mut laid in indicators.chain(figures) {
        let Some(found) = pieces(laid.value, laid.base) else {
            continue;
        };
        laid.pieces.extend(found.into_iter().filter_map(|expr| {
            let Expr::Aggregate { over, .. } = expr else {
                return None;
            };
            let nth = matches!(over, Over::Cases).then(|| {
                next = next.saturating_add(1);
                next.saturating_sub(1)
            });
            Some(Piece { expr, over, nth })
        }));
        all.push(laid);
    }
    all
}

/// What is asked of each case.
struct Asked<'a> {
    laid: &'a [Laid<'a>],
    /// The fields of a case that anything looks at; no others are looked up.
    fields: BTreeSet<FieldId>,
    world: &'a World,
    now: Timestamp,
}

impl<'a> Asked<'a> {
    fn of(laid: &'a [Laid<'a>], world: &'a World, now: Timestamp) -> Asked<'a> {
        let mut fields = BTreeSet::new();
        for laid in laid {
            fields.extend(laid.dated().into_iter().chain(laid.whose()).cloned());
            laid.pieces
                .iter()
                .for_each(|piece| fields_of(piece.expr, &mut fields));
        }
        Asked {
            laid,
            fields,
            world,
            now,
        }
    }
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
        let asked = Asked::of(&laid, world, now);
        views.log().at_one_moment(|log| {
            let head = log.head()?.size;
            let behind = head.saturating_sub(self.size);
            if self.digest.as_ref() != Some(&mechanism.digest) || self.size == 0 || behind > BEHIND_MAX {
                *self = Tally::counted(views, &asked, &mechanism.id)?;
                self.digest = Some(mechanism.digest.clone());
                self.size = head;
                return Ok(());
            }
            let mut changed = BTreeSet::new();
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
                    self.put(&asked, &state);
                }
            }
            self.size = self.size.max(head);
            Ok(())
        })
    }

    /// Counts every case of a mechanism, on all processors.
    fn counted(views: &Views, asked: &Asked<'_>, mechanism: &MechanismId) -> Result<Tally, Error> {
        let ids = views.ids_of(mechanism)?;
        let runs = views.side_by_side(&ids, |log, run| {
            let mut tally = Tally::default();
            for id in run {
                if let Some(state) = state(log.connection(), *id)? {
                    tally.put(asked, &state);
                }
            }
            Ok(tally)
        })?;
        let mut runs = runs.into_iter();
        let mut whole = runs.next().unwrap_or_default();
        runs.for_each(|run| whole.join(run));
        Ok(whole)
    }

    /// Takes in a tally of other cases.
    fn join(&mut self, more: Tally) {
        let units: Vec<u32> = more.units.into_iter().map(|unit| self.unit(unit)).collect();
        let versions = more.versions.into_iter().map(|(digest, count)| {
            let place = self.version(&digest);
            self.count(place, |known| {
                known.total = known.total.saturating_add(count.total);
                known.open = known.open.saturating_add(count.open);
            });
            place
        });
        let versions: Vec<u32> = versions.collect();
        let there = |places: &[u32], place: u32| at(place).and_then(|n| places.get(n)).copied();
        for (case, mut part) in more.cases {
            part.version = there(&versions, part.version).unwrap_or(part.version);
            for one in &mut part.adds {
                one.unit = there(&units, one.unit).unwrap_or(one.unit);
            }
            self.cases.insert(case, part);
        }
        self.faults.extend(more.faults);
        for (aggregate, sums) in more.sums.into_iter().enumerate() {
            if let Err(fault) = self.summed(aggregate, |known| known.join(sums)) {
                // It is the fault of the whole sum: under no case, so that no change of one takes it away.
                self.faults.insert(CaseId(0), fault);
            }
        }
    }

    /// Takes a case in, in the place of what was known of it.
    fn put(&mut self, asked: &Asked<'_>, state: &State) {
        self.faults.remove(&state.id);
        if let Some(before) = self.cases.remove(&state.id) {
            self.count(before.version, |count| {
                count.total = count.total.saturating_sub(1);
                count.open = count.open.saturating_sub(u64::from(before.open));
            });
            for one in &before.adds {
                let unit = at(one.unit).and_then(|place| self.units.get(place));
                let sums = self.sums.get_mut(one.aggregate);
                let taken = sums
                    .zip(unit)
                    .map(|(sums, unit)| sums.take_out(unit, one.day, &one.amount.value()));
                if let Some(Err(fault)) = taken {
                    self.faults.insert(state.id, fault);
                }
            }
        }
        let row = state.as_row_of(&asked.fields);
        let look = look(asked.world);
        let mut adds: Vec<Added> = Vec::new();
        for laid in asked.laid {
            let day = day_of(laid, &row);
            if laid.dated().is_some() && day.is_none() {
                continue;
            }
            for piece in &laid.pieces {
                let Some(aggregate) = piece.nth else { continue };
                let value = match added(piece.expr, &row, asked.now, &look) {
                    Ok(None) => continue,
                    Ok(Some(value)) => value,
                    Err(fault) => {
                        self.faults.insert(state.id, fault);
                        continue;
                    }
                };
                let unit = unit_of(laid, &row).unwrap_or_else(|| state.owner.clone());
                let summed = self.summed(aggregate, |sums| sums.add(&unit, day, &value));
                if let Err(fault) = summed {
                    self.faults.insert(state.id, fault);
                }
                adds.push(Added {
                    aggregate,
                    unit: self.unit(unit),
                    day,
                    amount: match value {
                        Value::Int(1) => Amount::One,
                        value => Amount::Other(Box::new(value)),
                    },
                });
            }
        }
        let (version, open) = (self.version(&state.mechanism.digest), state.is_open());
        self.count(version, |count| {
            count.total = count.total.saturating_add(1);
            count.open = count.open.saturating_add(u64::from(open));
        });
        let part = Part {
            version,
            open,
            adds: adds.into_boxed_slice(),
        };
        self.cases.insert(state.id, part);
    }

    /// Changes the sums of an aggregate over cases.
    fn summed(
        &mut self,
        aggregate: usize,
        change: impl FnOnce(&mut Sums) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.sums.len() <= aggregate {
            self.sums.resize_with(aggregate.saturating_add(1), Sums::default);
        }
        self.sums.get_mut(aggregate).map_or(Ok(()), change)
    }

    /// The place of a unit, a new one where it has none yet.
    fn unit(&mut self, unit: UnitId) -> u32 {
        if let Some(place) = self.unit_places.get(&unit) {
            return *place;
        }
        let place = u32::try_from(self.units.len()).unwrap_or(u32::MAX);
        self.units.push(unit.clone());
        self.unit_places.insert(unit, place);
        place
    }

    /// The place of a version, a new one where it has none yet.
    fn version(&mut self, digest: &Digest) -> u32 {
        let place = self.versions.iter().position(|(known, _)| known == digest);
        let place = place.unwrap_or_else(|| {
            self.versions.push((digest.clone(), VersionCount::default()));
            self.versions.len().saturating_sub(1)
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn count(&mut self, version: u32, change: impl FnOnce(&mut VersionCount)) {
        let known = at(version).and_then(|place| self.versions.get_mut(place));
        if let Some((_, count)) = known {
            change(count);
        }
    }

    /// How many cases run or ran under each version of the file.
    pub(super) fn versions(&self) -> BTreeMap<Digest, VersionCount> {
        let counted = self.versions.iter().filter(|(_, count)| count.total > 0);
        counted.cloned().collect()
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
            let day = day_of(laid, row);
            if laid.dated().is_some() && day.is_none() {
                continue;
            }
            if let Some(value) = added(piece.expr, row, now, &look)? {
                let unit = unit_of(laid, row).unwrap_or_else(|| nobody.clone());
                sums.add(&unit, day, &value)?;
            }
        }
        Ok(sums)
    }
}

fn at(place: u32) -> Option<usize> {
    usize::try_from(place).ok()
}

fn look(world: &World) -> impl Fn(&RowRef, &FieldId) -> Option<Value> + '_ {
    |row, field| world.registers.value(&row.register, &row.row, field).cloned()
}

/// The day by which a row falls into a period.
fn day_of(laid: &Laid<'_>, row: &Row) -> Option<Date> {
    match row.get(laid.dated()?)? {
        Value::Date(day) => Some(*day),
        Value::At(at) => Some(date_of(*at)),
        _ => None,
    }
}

fn unit_of(laid: &Laid<'_>, row: &Row) -> Option<UnitId> {
    match row.get(laid.whose()?)? {
        Value::Unit(unit) => Some(unit.clone()),
        _ => None,
    }
}
