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

use crate::erase::Subject;

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
        /// Units of leaders whose clocks are not shown ([`crate::leaders`]).
        kept_back: BTreeSet<UnitId>,
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
    Sight::Units {
        units,
        posts,
        kept_back: crate::leaders::kept_back(world),
    }
}

impl Sight {
    /// Whether the clocks of somebody in this unit are not shown.
    pub fn keeps_back(&self, unit: &UnitId) -> bool {
        match self {
            Sight::All => false,
            Sight::Units { units, kept_back, .. } => kept_back.contains(unit) && !units.contains(unit),
        }
    }

    /// Whether any clock is kept back at all.
    pub(crate) fn keeps_any_back(&self) -> bool {
        matches!(self, Sight::Units { kept_back, .. } if !kept_back.is_empty())
    }

    /// Whether this case may be seen.
    pub fn covers(&self, state: &State) -> bool {
        *self == Sight::All || self.meets(&Parties::of(state))
    }

    /// Whether a case that concerns these may be seen.
    pub(crate) fn meets(&self, parties: &Parties) -> bool {
        match self {
            Sight::All => true,
            Sight::Units { units, posts, .. } => {
                posts.contains(&parties.opener) || parties.units.iter().any(|unit| units.contains(unit))
            }
        }
    }
}

/// Functions whose units run the system for the whole place.
const RUNS: [&str; 2] = ["supervision", "dispatch"];

/// What is neither work on a case nor reading one: administration. Every page and call asks [`may`] about one of these.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task<'a> {
    /// Read documents into ledgers, import, draft bulletins.
    Run,
    /// See the signs of the gaming audit: the supervision office alone.
    Audit,
    /// Adopt packs and take open cases over to them.
    AdoptPacks,
    /// Register the public key of the custodian with this function: his own unit alone, which has the private key.
    RegisterKey(&'a Code),
    /// Make, reset and take away accounts.
    ManageAccounts,
    /// See which erasures were asked for and carried out.
    SeeErasures,
    /// Ask that this be erased; with the register that a row stands in.
    Erase(&'a Subject, Option<&'a RegisterSpec>),
    /// Confirm or refuse what somebody else asked to have erased.
    ConfirmErasure,
    /// See the sensitive values of a register's rows, for a stated purpose.
    Unmask(&'a RegisterSpec),
}

/// Whether a person on this post may do this.
pub fn may(world: &World, post: &PostId, task: Task<'_>) -> bool {
    match task {
        Task::Run | Task::AdoptPacks | Task::ManageAccounts => serves(world, post, &RUNS),
        Task::Audit => serves(world, post, &["supervision"]),
        Task::RegisterKey(function) => crate::custody::keeps(world, post, function),
        Task::SeeErasures | Task::ConfirmErasure => serves(world, post, &SEES_ALL),
        // The unit that has a household on its list answers for what is kept of it.
        Task::Erase(subject, register) => {
            let row = matches!(subject, Subject::Row(..));
            let keeps = register.is_some_and(|register| keeps_register(world, post, register));
            serves(world, post, &RUNS) || row && keeps
        }
        Task::Unmask(register) => keeps_register(world, post, register),
    }
}

/// Whether a second person must confirm that this is erased: it cannot be undone, and with a case or a name goes what
/// others may still have to answer for.
pub fn needs_second_person(subject: &Subject) -> bool {
    !matches!(subject, Subject::Row(..))
}

fn serves(world: &World, post: &PostId, functions: &[&str]) -> bool {
    let unit = world.org.unit_of(post);
    unit.is_some_and(|unit| functions.iter().any(|f| unit.functions.contains(&Code::new(f))))
}

/// Whether a person on this post may administer: read documents into ledgers, import, draft bulletins.
pub fn may_administer(world: &World, post: &PostId) -> bool {
    may(world, post, Task::Run)
}

/// Whether a post writes rows of a register: its keeper, where no scheme computes them.
pub fn writes_register(world: &World, post: &PostId, register: &RegisterSpec) -> bool {
    register.computed.is_none() && keeps_register(world, post, register)
}

/// Whether a post belongs to who keeps a register: who writes it and may see its sensitive fields. Of a register that
/// nobody keeps, because steps of cases write it, these are seen in the cases.
pub fn keeps_register(world: &World, post: &PostId, register: &RegisterSpec) -> bool {
    let unit = world.org.unit_of(post);
    let keeper = register.keeper.as_ref();
    keeper.is_some_and(|function| unit.is_some_and(|unit| unit.functions.contains(function)))
}
