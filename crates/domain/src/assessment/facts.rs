//! Cases and rows as the expressions of a scheme see them.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::scheme::{Of, Scheme};
use super::score::{Fact, Facts};
use super::sheet::Thing;
use crate::calendar::date_of;
use crate::case::State;
use crate::expr::Row;
use crate::id::{CaseId, FieldId, UnitId};
use crate::register::CASE;
use crate::value::Value;
use crate::world::World;

/// A case: its fields, the facts that all expressions know, and the day by which it is due as a whole.
pub fn case_fact(state: &State) -> Fact {
    let mut row = state.as_row();
    if let Some(due) = due_on(state) {
        row.insert(FieldId::new("due_on"), Value::Date(due));
    }
    Fact {
        thing: Thing::Case { case: state.id },
        row,
    }
}

/// The day on which the clock of the whole case runs out, or ran out in its last round.
fn due_on(state: &State) -> Option<Date> {
    let running = state.clock("case").map(|clock| clock.due);
    let past = || {
        let past = state.past.iter().rev().find(|past| past.clock.as_str() == "case");
        past.map(|past| past.due)
    };
    running.or_else(past).map(date_of)
}

/// What rows of a case know of it: its owner and the day on which it was opened.
pub fn about_case(state: &State) -> (UnitId, Date) {
    (state.owner.clone(), date_of(state.opened_at))
}

/// The facts that a scheme looks at: the cases of `states` under their mechanisms, and the rows of the registers of the
/// world. `about` says of a case what its rows know of it; each case is asked for once.
///
/// # Errors
///
/// Only those of `about`.
pub fn facts_of<'s, E>(
    scheme: &Scheme,
    world: &World,
    states: impl Iterator<Item = &'s State>,
    mut about: impl FnMut(CaseId) -> Result<Option<(UnitId, Date)>, E>,
) -> Result<Facts, E> {
    let mut facts: Facts = scheme.looks_at().into_iter().map(|of| (of, Vec::new())).collect();
    for state in states {
        add_case(&mut facts, state);
    }
    let mut known: BTreeMap<CaseId, Option<(UnitId, Date)>> = BTreeMap::new();
    for (of, list) in &mut facts {
        let Of::Register(register) = of else { continue };
        for (id, values) in world.registers.rows(register) {
            let mut row: Row = values.clone();
            if let Some(Value::Case(id)) = values.get(&FieldId::new(CASE)) {
                let told = match known.get(id) {
                    Some(told) => told.clone(),
                    None => {
                        let told = about(*id)?;
                        known.insert(*id, told.clone());
                        told
                    }
                };
                if let Some((owner, opened)) = told {
                    row.insert(FieldId::new("case_owner"), Value::Unit(owner));
                    row.insert(FieldId::new("case_opened_on"), Value::Date(opened));
                }
            }
            list.push(Fact {
                thing: Thing::Row {
                    register: register.clone(),
                    row: id.clone(),
                },
                row,
            });
        }
    }
    Ok(facts)
}

/// Adds a case where the scheme looks at its mechanism.
pub fn add_case(facts: &mut Facts, state: &State) {
    if let Some(list) = facts.get_mut(&Of::Cases(state.mechanism.id.clone())) {
        list.push(case_fact(state));
    }
}
