//! The access policy: what may be seen or administered, over the org tree, in one place.
//!
//! What may be *done* to a case is never decided here: that is the mechanism's, inside `decide`.

use std::collections::BTreeSet;

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::id::{Code, PersonId, PostId, UnitId};
use bihuan_domain::mechanism::RegisterSpec;
use bihuan_domain::world::World;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Functions whose units see everything in the jurisdiction.
const SEES_ALL: [&str; 3] = ["supervision", "dispatch", "leadership"];

/// What somebody may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// Everything of the jurisdiction.
    #[default]
    All,
    /// Cases that concern one of these units.
    Units {
        /// The units.
        units: BTreeSet<UnitId>,
        /// Their posts: who opened a case from one of them sees it.
        posts: BTreeSet<PostId>,
    },
}

/// Whom a case concerns (涉及单位): everybody from whom it is not hidden. Lists and case pages both ask this and
/// nothing else, so that they cannot disagree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Parties {
    /// The owner, supporting units, the holder and former holders, and whoever has a duty.
    units: BTreeSet<UnitId>,
    /// The post that opened it.
    opener: PostId,
}

impl Parties {
    /// Those of a case.
    pub(crate) fn of(state: &State) -> Parties {
        let held = state.tenures.iter().map(|tenure| &tenure.holder.unit);
        let mut units: BTreeSet<UnitId> = [&state.owner, &state.holder.unit]
            .into_iter()
            .chain(&state.supporting)
            .chain(held)
            .cloned()
            .collect();
        units.extend(state.duties().into_iter().map(|duty| duty.holder.unit));
        Parties {
            units,
            opener: state.opened_by.post.clone(),
        }
    }
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
    let posts = world.org.posts.values().filter(|post| units.contains(&post.unit));
    let posts = posts.map(|post| post.id.clone()).collect();
    Sight::Units { units, posts }
}

impl Sight {
    /// Whether this case may be seen.
    pub fn covers(&self, state: &State) -> bool {
        *self == Sight::All || self.meets(&Parties::of(state))
    }

    /// Whether a case that concerns these may be seen.
    pub(crate) fn meets(&self, parties: &Parties) -> bool {
        match self {
            Sight::All => true,
            Sight::Units { units, posts } => {
                posts.contains(&parties.opener) || parties.units.iter().any(|unit| units.contains(unit))
            }
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

/// Whether a post belongs to who keeps a register: who writes it and sees its sensitive fields. Of a register that
/// nobody keeps, because steps of cases write it, these are seen in the cases.
pub fn keeps_register(world: &World, post: &PostId, register: &RegisterSpec) -> bool {
    let unit = world.org.unit_of(post);
    let keeper = register.keeper.as_ref();
    keeper.is_some_and(|function| unit.is_some_and(|unit| unit.functions.contains(function)))
}
