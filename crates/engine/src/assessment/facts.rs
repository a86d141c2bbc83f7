//! The facts that a scheme looks at, from the read models.

use bihuan_domain::assessment::{Facts, Of, Scheme, about_case, add_case, facts_of};
use bihuan_domain::world::World;
use rusqlite::Connection;

use crate::error::Error;
use crate::views;

/// The cases and rows as they stand on this connection; the writer's sees what its batch has done.
pub(crate) fn of_views(scheme: &Scheme, world: &World, connection: &Connection) -> Result<Facts, Error> {
    let mechanisms: Vec<_> = scheme
        .looks_at()
        .into_iter()
        .filter_map(|of| match of {
            Of::Cases(mechanism) => Some(mechanism),
            Of::Register(_) => None,
        })
        .collect();
    let about = |id| Ok::<_, Error>(views::state(connection, id)?.map(|state| about_case(&state)));
    let mut facts = facts_of(scheme, world, std::iter::empty(), about)?;
    if mechanisms.is_empty() {
        return Ok(facts);
    }
    views::each_state(connection, &mechanisms, None, |state, _| {
        add_case(&mut facts, &state)
    })?;
    Ok(facts)
}
