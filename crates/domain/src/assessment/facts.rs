//! Cases and rows as the expressions of a scheme see them.

use std::borrow::Cow;
use std::collections::BTreeSet;

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
pub fn case_row(state: &State) -> Row {
    let mut row = state.as_row();
    if let Some(due) = due_on(state) {
        row.insert(FieldId::new("due_on"), Value::Date(due));
    }
    row
}

/// What [`case_row`] has of these fields.
pub fn case_row_of(state: &State, fields: &BTreeSet<FieldId>) -> Row {
    let mut row = state.as_row_of(fields);
    if let Some(field) = fields.get("due_on")
        && let Some(due) = due_on(state)
    {
        row.insert(field.clone(), Value::Date(due));
    }
    row
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

/// Whether an event, by its stored name and body, changes nothing that a measure can see of a case ([`case_row`]), then or
/// later. Whoever only scores may leave it out unread.
pub fn tells_nothing(kind: &str, body: &str) -> bool {
    match kind {
        "case.reminded" | "case.child_added" | "case.child_ended" | "clock.warned" | "clock.escalated"
        | "clock.exhausted" | "clock.answered" => true,
        // A report that sets no field. The name may stand elsewhere in it; then it is read for nothing.
        "case.noted" => !body.contains("\"values\""),
        _ => false,
    }
}

/// The fields that a row of a case has beside its own: the owner of the case, and the day on which it was opened.
const OF_CASE: [&str; 2] = ["case_owner", "case_opened_on"];

/// A row as a measure sees it: where it belongs to a case and the measure asks about that, with what `about` says of it.
/// Nothing is copied that need not be.
///
/// # Errors
///
/// Only those of `about`.
pub fn row_of_case<'r, E>(
    row: &'r Row,
    fields: &BTreeSet<FieldId>,
    about: impl FnOnce(CaseId) -> Result<Option<(UnitId, Date)>, E>,
) -> Result<Cow<'r, Row>, E> {
    let [owner_of, opened_of] = OF_CASE.map(FieldId::new);
    let asks = fields.contains(&owner_of) || fields.contains(&opened_of);
    let Some(Value::Case(case)) = row.get(&FieldId::new(CASE)).filter(|_| asks) else {
        return Ok(Cow::Borrowed(row));
    };
    let Some((owner, opened)) = about(*case)? else {
        return Ok(Cow::Borrowed(row));
    };
    let mut row = row.clone();
    row.insert(owner_of, Value::Unit(owner));
    row.insert(opened_of, Value::Date(opened));
    Ok(Cow::Owned(row))
}

/// The facts that a scheme looks at: the cases of `states` under their mechanisms, and the rows of the registers of the
/// world. `about` says of a case what its rows know of it.
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
        if let Some(list) = facts.get_mut(&Of::Cases(state.mechanism.id.clone())) {
            list.push(Fact {
                thing: Thing::Case { case: state.id },
                row: case_row(state),
            });
        }
    }
    let all = BTreeSet::from(OF_CASE.map(FieldId::new));
    for (of, list) in &mut facts {
        let Of::Register(register) = of else { continue };
        for (id, values) in world.registers.rows(register) {
            list.push(Fact {
                thing: Thing::Row {
                    register: register.clone(),
                    row: id.clone(),
                },
                row: row_of_case(values, &all, &mut about)?.into_owned(),
            });
        }
    }
    Ok(facts)
}
