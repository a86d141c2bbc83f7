//! Unmasking (解除遮蔽): sensitive values of register rows are masked until somebody who may asks for them with a purpose;
//! each time that is an event with the actor, the rows and the purpose. The values are not in it.

use bihuan_domain::case::State;
use bihuan_domain::event::{Unmasked, WorldEvent};
use bihuan_domain::id::{CaseId, Code, RegisterId, RowId};
use bihuan_domain::mechanism::{Field, RegisterSpec};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::{RowRef, Value};

use crate::access::{Sight, Task, may};
use crate::chance::token;
use crate::engine::Engine;
use crate::error::Failure;

/// What sensitive values are looked at for; each has its text in the catalogue as `admin.purpose_<code>`.
pub const PURPOSES: [&str; 5] = ["handle", "notify", "check", "correct", "lawful"];

/// Rows that are unmasked at once.
pub const ROWS_MAX: usize = 1_000;

/// Whether a field of a register is masked until it is asked for.
pub fn is_masked(field: &Field) -> bool {
    field.sensitive || field.sealed_to.is_some()
}

/// Whether rows of a register are called by what is masked.
pub fn has_masked_name(spec: &RegisterSpec) -> bool {
    let named = spec.fields.iter().find(|field| field.id == spec.title);
    named.is_some_and(is_masked)
}

/// Records that somebody has these rows shown. Without a case this is for who keeps the register; in a case that points to
/// them, for whoever may see the case.
///
/// # Errors
///
/// A refusal for an unknown purpose and for who may not; faults of the log: then nothing may be shown.
pub fn unmask(
    engine: &Engine,
    actor: &Actor,
    register: &RegisterId,
    rows: Vec<RowId>,
    case: Option<(CaseId, &Sight)>,
    purpose: &str,
) -> Result<(), Failure> {
    if !PURPOSES.contains(&purpose) {
        return Err(Refusal::new("no_such_purpose").into());
    }
    let (world, mechanisms) = (engine.world(), engine.mechanisms());
    let spec = mechanisms.register(register);
    let keeps = spec.is_some_and(|spec| may(&world, &actor.post, Task::Unmask(spec)));
    let allowed = match case {
        _ if keeps => true,
        Some((case, sight)) => engine
            .views()?
            .state(case)?
            .is_some_and(|state| sight.covers(&state) && points_to(&state, register, &rows)),
        None => false,
    };
    if !allowed || rows.len() > ROWS_MAX {
        return Err(Refusal::new("may_not_unmask").into());
    }
    let event = WorldEvent::Unmasked(Unmasked {
        register: register.clone(),
        rows,
        case: case.map(|(case, _)| case),
        purpose: Code::new(purpose),
    });
    let key = format!("unmask/{}", token()?);
    engine.change(actor, &key, vec![event.into()])?;
    Ok(())
}

/// Whether a case points to all of these rows.
fn points_to(state: &State, register: &RegisterId, rows: &[RowId]) -> bool {
    fn holds(value: &Value, sought: &RowRef) -> bool {
        match value {
            Value::Row(row) => row == sought,
            Value::List(items) => items.iter().any(|item| holds(item, sought)),
            _ => false,
        }
    }
    rows.iter().all(|row| {
        let sought = RowRef {
            register: register.clone(),
            row: row.clone(),
        };
        state.values.values().any(|value| holds(value, &sought))
    })
}
