//! An assessment from the read models: pieces of cases from their narrow table, rows of registers from memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bihuan_domain::assessment::{
    Assessment, Counting, Named, Of, Piece, Place, Scheme, Span, Tally, Thing, case_row, case_row_of,
    row_of_case,
};
use bihuan_domain::calendar::midnight;
use bihuan_domain::id::{CaseId, UnitId};
use bihuan_domain::world::World;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;

use super::fold::Folded;
use crate::error::Error;
use crate::views::{self, Kept};

/// What a scheme comes to in a period, as the read models on this connection have it.
pub(crate) fn of_views(
    scheme: &Scheme,
    world: &World,
    connection: &Connection,
    span: &Span,
    named: Named<'_>,
) -> Result<Assessment, Error> {
    let today = midnight(span.last);
    let mut about = |case| views::about(connection, case);
    let mut lists: BTreeMap<usize, BTreeSet<UnitId>> = BTreeMap::new();
    for (class, list) in scheme.lists() {
        let units = lists.entry(class).or_default();
        match &list.of {
            Of::Register(_) => each_row(world, &list, today, &mut about, |_, piece| {
                units.insert(piece.unit.clone());
            })?,
            Of::Cases(_) => {
                each_case(connection, &list, span, |kept| {
                    units.insert(UnitId::new(kept.unit));
                })?;
            }
        }
    }
    let mut tally = Tally::new(scheme, &world.org, span, named, &lists);
    for (measure, counting) in scheme.countings().iter().enumerate() {
        match &counting.of {
            Of::Register(_) => each_row(world, counting, today, &mut about, |thing, piece| {
                tally.add(measure, thing, piece);
            })?,
            Of::Cases(_) => {
                // Few units, many cases: each unit's place is looked up once.
                let mut places: HashMap<String, Option<Place>> = HashMap::new();
                each_case(connection, counting, span, |kept| {
                    let place = match places.get(kept.unit) {
                        Some(place) => *place,
                        None => {
                            let place = tally.place(measure, &UnitId::new(kept.unit));
                            places.insert(kept.unit.to_owned(), place);
                            place
                        }
                    };
                    if let Some(place) = place {
                        tally.add_case(place, kept.case, kept.amount, kept.base);
                    }
                })?;
            }
        }
    }
    Ok(tally.finish())
}

/// What a scheme comes to in a period, from the folded cases of a log.
pub(super) fn of_fold(
    scheme: &Scheme,
    world: &World,
    span: &Span,
    folded: &Folded,
) -> Result<Assessment, Error> {
    let today = midnight(span.last);
    let mut about = |case| Ok(folded.about.get(&case).cloned());
    let mut lists: BTreeMap<usize, BTreeSet<UnitId>> = BTreeMap::new();
    for (class, list) in scheme.lists() {
        let units = lists.entry(class).or_default();
        match &list.of {
            Of::Register(_) => each_row(world, &list, today, &mut about, |_, piece| {
                units.insert(piece.unit.clone());
            })?,
            Of::Cases(mechanism) => {
                let states = folded.states.values();
                let of_list = states.filter(|state| state.mechanism.id == *mechanism);
                let pieces = of_list.filter_map(|state| list.piece(&case_row(state), today));
                units.extend(pieces.map(|piece| piece.unit));
            }
        }
    }
    let mut tally = Tally::new(scheme, &world.org, span, Named::Everybody, &lists);
    for (measure, counting) in scheme.countings().iter().enumerate() {
        each_row(world, counting, today, &mut about, |thing, piece| {
            tally.add(measure, thing, piece);
        })?;
    }
    for (measure, case, piece) in &folded.pieces {
        tally.add(*measure, &Thing::Case { case: *case }, piece);
    }
    Ok(tally.finish())
}

/// The cases of whose owner or opening a measure over rows asks.
pub(super) fn cases_of_rows<'c>(
    world: &World,
    countings: impl Iterator<Item = &'c Counting>,
) -> BTreeSet<CaseId> {
    let mut cases = BTreeSet::new();
    for counting in countings {
        let Of::Register(register) = &counting.of else {
            continue;
        };
        let fields = counting.fields();
        for (_, values) in world.registers.rows(register) {
            let found: Result<_, std::convert::Infallible> = row_of_case(values, &fields, |case| {
                cases.insert(case);
                Ok(None)
            });
            let _ = found;
        }
    }
    cases
}

/// Every row of a register that a measure counts.
fn each_row(
    world: &World,
    counting: &Counting,
    today: Timestamp,
    about: &mut dyn FnMut(CaseId) -> Result<Option<(UnitId, Date)>, Error>,
    mut visit: impl FnMut(&Thing, &Piece),
) -> Result<(), Error> {
    let Of::Register(register) = &counting.of else {
        return Ok(());
    };
    let fields = counting.fields();
    for (id, values) in world.registers.rows(register) {
        let row = row_of_case(values, &fields, &mut *about)?;
        if let Some(piece) = counting.piece(&row, today) {
            let thing = Thing::Row {
                register: register.clone(),
                row: id.clone(),
            };
            visit(&thing, &piece);
        }
    }
    Ok(())
}

/// Every case that a measure counts in the period. One that is not kept, of a scheme that is not in force, is counted from
/// the states.
fn each_case(
    connection: &Connection,
    counting: &Counting,
    span: &Span,
    mut visit: impl FnMut(Kept<'_>),
) -> Result<(), Error> {
    let Of::Cases(mechanism) = &counting.of else {
        return Ok(());
    };
    if views::each_piece(connection, counting, span, &mut visit)? {
        return Ok(());
    }
    let fields = counting.fields();
    views::each_state(connection, std::slice::from_ref(mechanism), None, |state, _| {
        let piece = counting.piece(&case_row_of(&state, &fields), midnight(span.last));
        if let Some(piece) = piece.filter(|piece| piece.falls.into_span(span)) {
            visit(Kept {
                case: state.id,
                unit: piece.unit.as_str(),
                amount: piece.amount,
                base: piece.base,
            });
        }
    })
}
