//! The access policy: what may be seen or administered, over the org tree, in one place.
//!
//! What may be *done* to a case is never decided here: that is the mechanism's, inside `decide`.

use std::collections::BTreeSet;

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::id::{Code, PersonId, PostId, UnitId};
use bihuan_domain::world::World;
use jiff::Timestamp;

/// Functions whose units see everything in the jurisdiction.
const SEES_ALL: [&str; 3] = ["supervision", "dispatch", "leadership"];

/// What somebody may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everything of the jurisdiction.
    All,
    /// Cases that one of these units owns, holds, supports or opened.
    Units(BTreeSet<UnitId>),
}

/// What a person on these posts may see: one's own units and those below; supervision, dispatch and leaders see all.
pub fn sight(world: &World, person: &PersonId, now: Timestamp) -> Sight {
    let day = date_of(now);
    let mut units = BTreeSet::new();
    for post in world.org.posts_held(person, day) {
        let Some(unit) = world.org.unit_of(post) else {
            continue;
        };
        if SEES_ALL
            .iter()
            .any(|function| unit.functions.contains(&Code::new(function)))
        {
            return Sight::All;
        }
        units.insert(unit.id.clone());
    }
    let below: Vec<UnitId> = world
        .org
        .units
        .keys()
        .filter(|unit| world.org.ancestry(unit).iter().any(|up| units.contains(*up)))
        .cloned()
        .collect();
    units.extend(below);
    Sight::Units(units)
}

impl Sight {
    /// Whether this case may be seen.
    pub fn covers(&self, world: &World, state: &State) -> bool {
        let Sight::Units(units) = self else { return true };
        let opener = world.org.unit_of(&state.opened_by.post).map(|unit| &unit.id);
        let involved = [Some(&state.owner), Some(&state.holder.unit), opener];
        involved.into_iter().flatten().any(|unit| units.contains(unit))
            || state.supporting.iter().any(|unit| units.contains(unit))
            || state
                .duties()
                .iter()
                .any(|duty| units.contains(&duty.holder.unit))
            || state
                .tenures
                .iter()
                .any(|tenure| units.contains(&tenure.holder.unit))
    }

    /// The units for a list's filter; `None` means all.
    pub fn units(&self) -> Option<Vec<UnitId>> {
        match self {
            Sight::All => None,
            Sight::Units(units) => Some(units.iter().cloned().collect()),
        }
    }
}

/// Whether a person on this post may administer: read documents into ledgers, import, draft bulletins, adopt packs.
pub fn may_administer(world: &World, post: &PostId) -> bool {
    world.org.unit_of(post).is_some_and(|unit| {
        ["supervision", "dispatch"]
            .iter()
            .any(|function| unit.functions.contains(&Code::new(function)))
    })
}
