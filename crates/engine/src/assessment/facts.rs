//! Cases and rows as the expressions of a scheme see them.

use std::collections::BTreeMap;

use bihuan_domain::assessment::{Fact, Facts, Of, Scheme, Thing};
use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::expr::Row;
use bihuan_domain::id::{CaseId, FieldId};
use bihuan_domain::register::CASE;
use bihuan_domain::value::Value;
use bihuan_domain::world::World;
use jiff::civil::Date;

use crate::error::Error;
use crate::views::Views;

/// A case: its fields, the facts that all expressions know, and the day by which it is due as a whole.
pub(crate) fn case_fact(state: &State) -> Fact {
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

/// The facts that a scheme looks at, from states by mechanism and the registers of the world.
pub(crate) fn of_states<'s>(
    scheme: &Scheme,
    world: &World,
    states: impl Iterator<Item = &'s State>,
    mut case: impl FnMut(CaseId) -> Result<Option<(bihuan_domain::id::UnitId, Date)>, Error>,
) -> Result<Facts, Error> {
    let mut facts: Facts = scheme.looks_at().into_iter().map(|of| (of, Vec::new())).collect();
    for state in states {
        if let Some(list) = facts.get_mut(&Of::Cases(state.mechanism.id.clone())) {
            list.push(case_fact(state));
        }
    }
    let mut known: BTreeMap<CaseId, Option<(bihuan_domain::id::UnitId, Date)>> = BTreeMap::new();
    for (of, list) in &mut facts {
        let Of::Register(register) = of else { continue };
        for (id, values) in world.registers.rows(register) {
            let mut row: Row = values.clone();
            if let Some(Value::Case(id)) = values.get(&FieldId::new(CASE)) {
                let about = match known.get(id) {
                    Some(about) => about.clone(),
                    None => {
                        let about = case(*id)?;
                        known.insert(*id, about.clone());
                        about
                    }
                };
                if let Some((owner, opened)) = about {
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

/// What rows of a case know of it.
pub(crate) fn about(state: &State) -> (bihuan_domain::id::UnitId, Date) {
    (state.owner.clone(), date_of(state.opened_at))
}

/// The same from the read models.
pub(crate) fn of_views(scheme: &Scheme, world: &World, views: &Views) -> Result<Facts, Error> {
    let mechanisms: Vec<_> = scheme
        .looks_at()
        .into_iter()
        .filter_map(|of| match of {
            Of::Cases(mechanism) => Some(mechanism),
            Of::Register(_) => None,
        })
        .collect();
    let mut facts = of_states(scheme, world, std::iter::empty(), |id| {
        Ok(views.state(id)?.map(|state| about(&state)))
    })?;
    if mechanisms.is_empty() {
        return Ok(facts);
    }
    views.for_each_state(&mechanisms, None, |state, _| {
        if let Some(list) = facts.get_mut(&Of::Cases(state.mechanism.id.clone())) {
            list.push(case_fact(&state));
        }
    })?;
    Ok(facts)
}
