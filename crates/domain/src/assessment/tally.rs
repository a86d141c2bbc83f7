//! Adding up: pieces go to the unit that answers for them, and what has come together becomes sheets and places.
//!
//! Each unit is computed for itself from its own pieces, so a sheet depends on nothing but the unit's own cases and rows,
//! its entry in the org and the scheme; and the order in which pieces come changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::exact::Exact;
use super::period::Span;
use super::piece::{Amount, Counting, Piece};
use super::scheme::{Members, Merged, Scheme};
use super::sheet::{Apart, Assessment, Counted, Thing, WhyApart};
use crate::calendar::midnight;
use crate::id::{CaseId, Code, UnitId};
use crate::org::Org;

/// Whose sheets name the cases and rows that counted. The points are the same for all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// Nobody's: for a table of totals.
    Nobody,
    /// One unit's.
    Unit(&'a UnitId),
    /// Everybody's.
    Everybody,
}

/// Where a unit is counted: itself, or where the scheme says so the unit that has its duties on the last day.
pub fn owner_in(merged: Merged, org: &Org, unit: &UnitId, span: &Span) -> UnitId {
    match merged {
        Merged::Apart => unit.clone(),
        Merged::Successor => org
            .unit_on(unit, span.last)
            .map_or_else(|| unit.clone(), |unit| unit.id.clone()),
    }
}

/// What one measure has found for one unit.
#[derive(Clone, Debug, Default)]
pub(super) struct Heap {
    millionths: i128,
    /// What millionths cannot say; `None` where it left the range.
    rest: Option<Exact>,
    missing: bool,
    pub(super) found: u64,
    pub(super) base: u64,
    counted: Vec<Counted>,
}

impl Heap {
    fn new() -> Heap {
        Heap {
            rest: Some(Exact::ZERO),
            ..Heap::default()
        }
    }

    fn add(&mut self, amount: Amount, base: bool) {
        self.found = self.found.saturating_add(1);
        self.base = self.base.saturating_add(u64::from(base));
        match amount {
            // Not to be reached: 2^63 of the largest amounts.
            Amount::Millionths(n) => self.millionths = self.millionths.saturating_add(i128::from(n)),
            Amount::Exactly(n) => {
                self.rest = self.rest.and_then(|rest| rest.plus(Exact::of(n)?));
            }
            Amount::Missing => self.missing = true,
        }
    }

    /// The sum, exactly; `None` where one has no value.
    pub(super) fn sum(&self) -> Option<Exact> {
        let rest = self.rest.filter(|_| !self.missing)?;
        Exact::millionths(self.millionths)?.plus(rest)
    }

    /// What counted, in order.
    pub(super) fn counted(&self) -> Vec<Counted> {
        self.counted.clone()
    }
}

/// A place where pieces of one measure for one unit come together; valid for the tally that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(usize);

struct Spot {
    counting: usize,
    unit: UnitId,
    scored: bool,
    named: bool,
    heap: Heap,
}

/// A scheme and a period, and what has been added up of it.
pub struct Tally<'a> {
    pub(super) scheme: &'a Scheme,
    pub(super) org: &'a Org,
    pub(super) span: &'a Span,
    named: Named<'a>,
    countings: Vec<Counting>,
    pub(super) members: BTreeMap<UnitId, Code>,
    pub(super) apart: Vec<Apart>,
    places: Vec<BTreeMap<UnitId, Place>>,
    spots: Vec<Spot>,
    outside_cases: Vec<CaseId>,
    outside_rows: BTreeSet<Thing>,
}

impl<'a> Tally<'a> {
    /// Before the first piece. `lists` are the units of those classes that are lists ([`Scheme::lists`]), by their place.
    pub fn new(
        scheme: &'a Scheme,
        org: &'a Org,
        span: &'a Span,
        named: Named<'a>,
        lists: &BTreeMap<usize, BTreeSet<UnitId>>,
    ) -> Tally<'a> {
        let countings = scheme.countings();
        let mut tally = Tally {
            scheme,
            org,
            span,
            named,
            places: vec![BTreeMap::new(); countings.len()],
            countings,
            members: BTreeMap::new(),
            apart: Vec::new(),
            spots: Vec::new(),
            outside_cases: Vec::new(),
            outside_rows: BTreeSet::new(),
        };
        tally.enrol(lists);
        tally
    }

    /// Everything that is counted, as [`Scheme::countings`] has it.
    pub fn countings(&self) -> &[Counting] {
        &self.countings
    }

    /// What expressions call `today`: the last day of the period.
    pub fn today(&self) -> Timestamp {
        midnight(self.span.last)
    }

    /// Where the pieces of a measure come together that name this unit.
    pub fn place(&mut self, counting: usize, unit: &UnitId) -> Option<Place> {
        if let Some(place) = self.places.get(counting)?.get(unit) {
            return Some(*place);
        }
        let owner = owner_in(self.scheme.merged, self.org, unit, self.span);
        // The unit that answers has a place of its own, to which those that it absorbed lead.
        let known = self.places.get(counting)?.get(&owner).copied();
        let known = known.filter(|place| self.spots.get(place.0).is_some_and(|spot| spot.unit == owner));
        let place = known.unwrap_or(Place(self.spots.len()));
        if known.is_none() {
            self.places.get_mut(counting)?.insert(owner.clone(), place);
            self.spots.push(Spot {
                counting,
                scored: self.members.contains_key(&owner),
                named: match self.named {
                    Named::Nobody => false,
                    Named::Unit(unit) => *unit == owner,
                    Named::Everybody => true,
                },
                unit: owner,
                heap: Heap::new(),
            });
        }
        self.places.get_mut(counting)?.insert(unit.clone(), place);
        Some(place)
    }

    /// Adds what a case is worth, where it falls into the period.
    pub fn add_case(&mut self, place: Place, case: CaseId, amount: Amount, base: bool) {
        let Some(spot) = self.spots.get_mut(place.0) else {
            return;
        };
        spot.heap.add(amount, base);
        if !spot.scored {
            self.outside_cases.push(case);
        }
        if spot.named {
            spot.heap
                .counted
                .push(counted(Thing::Case { case }, amount, base));
        }
    }

    /// Adds what a piece is worth, where it falls into the period.
    pub fn add(&mut self, counting: usize, thing: &Thing, piece: &Piece) {
        if !piece.falls.into_span(self.span) {
            return;
        }
        let Some(place) = self.place(counting, &piece.unit) else {
            return;
        };
        if let Thing::Case { case } = thing {
            return self.add_case(place, *case, piece.amount, piece.base);
        }
        let Some(spot) = self.spots.get_mut(place.0) else {
            return;
        };
        spot.heap.add(piece.amount, piece.base);
        if !spot.scored {
            self.outside_rows.insert(thing.clone());
        }
        if spot.named {
            let one = counted(thing.clone(), piece.amount, piece.base);
            spot.heap.counted.push(one);
        }
    }

    /// Sheets, places and grades from what was added.
    pub fn finish(mut self) -> Assessment {
        self.outside_cases.sort_unstable();
        self.outside_cases.dedup();
        let outside = self.outside_cases.len().saturating_add(self.outside_rows.len());
        for spot in &mut self.spots {
            spot.heap.counted.sort_by(|a, b| a.thing.cmp(&b.thing));
        }
        let mut heaps: Vec<BTreeMap<UnitId, Heap>> = vec![BTreeMap::new(); self.countings.len()];
        for spot in std::mem::take(&mut self.spots) {
            if let Some(heaps) = heaps.get_mut(spot.counting).filter(|_| spot.heap.found > 0) {
                heaps.insert(spot.unit, spot.heap);
            }
        }
        let mut assessment = super::score::sheets(&self, &heaps);
        assessment.unattributed = u64::try_from(outside).unwrap_or(u64::MAX);
        assessment.apart = self.apart;
        assessment
    }

    /// The scored units with their classes; those that are not scored stand apart.
    fn enrol(&mut self, lists: &BTreeMap<usize, BTreeSet<UnitId>>) {
        let span = self.span;
        for (place, class) in self.scheme.classes.iter().enumerate() {
            let listed: BTreeSet<UnitId> = match &class.members {
                Members::Kinds(kinds) => self
                    .org
                    .units
                    .values()
                    .filter(|unit| kinds.contains(&unit.kind))
                    // Units that did not yet or no longer exist in the period are no matter of this assessment.
                    .filter(|unit| unit.valid.from <= span.last)
                    .filter(|unit| unit.valid.to.is_none_or(|last| last >= span.first))
                    .map(|unit| unit.id.clone())
                    .collect(),
                Members::Rows(_) => lists.get(&place).cloned().unwrap_or_default(),
            };
            for unit in listed {
                let why = match (self.members.get(&unit), self.why_apart(&unit)) {
                    (Some(before), _) => Some(WhyApart::Twice {
                        class: before.clone(),
                    }),
                    (None, why) => why,
                };
                match why {
                    Some(why) => self.apart.push(Apart {
                        unit,
                        class: class.id.clone(),
                        why,
                    }),
                    None => {
                        self.members.insert(unit, class.id.clone());
                    }
                }
            }
        }
    }

    fn why_apart(&self, unit: &UnitId) -> Option<WhyApart> {
        let Some(known) = self.org.units.get(unit) else {
            return Some(WhyApart::Unknown);
        };
        let last = known.valid.to.filter(|last| *last < self.span.last)?;
        if self.scheme.merged == Merged::Apart && last >= self.span.first {
            return None;
        }
        Some(match self.org.unit_on(unit, self.span.last) {
            Some(into) => WhyApart::Merged {
                into: into.id.clone(),
                last,
            },
            None => WhyApart::Ended { last },
        })
    }

    /// Units that were merged into this one and for which it answers.
    pub(super) fn absorbed(&self, unit: &UnitId) -> Vec<UnitId> {
        let others = self.org.units.keys().filter(|other| *other != unit);
        others
            .filter(|other| owner_in(self.scheme.merged, self.org, other, self.span) == *unit)
            .cloned()
            .collect()
    }
}

fn counted(thing: Thing, amount: Amount, base: bool) -> Counted {
    Counted {
        thing,
        value: amount.number().unwrap_or_default(),
        base,
    }
}
