//! On which kinds of posts a role may fall.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::{Code, RoleId};
use bihuan_domain::mechanism::{Mechanism, Resolve, Way};

use super::any_kind;
use crate::pack::Pack;

/// A kind of post in a kind of unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who {
    /// The kind of unit; `any` where the mechanism does not say.
    pub unit: Code,
    /// The kind of post.
    pub post: Code,
}

/// The kinds of units with their posts, and the functions with the kinds that serve them.
pub(crate) struct Kinds {
    posts: BTreeMap<Code, Vec<Code>>,
    grass_roots: BTreeSet<Code>,
    functions: BTreeMap<Code, Vec<Code>>,
}

impl Kinds {
    pub(crate) fn of(packs: &[&Pack]) -> Self {
        let kinds = || packs.iter().flat_map(|pack| &pack.unit_kinds);
        let functions = packs.iter().flat_map(|pack| &pack.functions);
        Kinds {
            posts: kinds()
                .map(|kind| (kind.id.clone(), kind.posts.clone()))
                .collect(),
            grass_roots: kinds()
                .filter(|kind| kind.grass_roots)
                .map(|kind| kind.id.clone())
                .collect(),
            functions: functions.map(|f| (f.id.clone(), f.kinds.clone())).collect(),
        }
    }

    pub(crate) fn is_grass_roots(&self, who: &Who) -> bool {
        self.grass_roots.contains(&who.unit)
    }

    /// The posts of this kind in these kinds of units; in any where none is stated.
    fn posts_in(&self, units: &[Code], post: &Code) -> Vec<Who> {
        let has = |unit: &&Code| self.posts.get(*unit).is_none_or(|posts| posts.contains(post));
        let found: Vec<Who> = units
            .iter()
            .filter(has)
            .map(|unit| Who {
                unit: unit.clone(),
                post: post.clone(),
            })
            .collect();
        if !found.is_empty() {
            return found;
        }
        // Where only one kind of unit has such a post, it is that one.
        let only: Vec<&Code> = self
            .posts
            .iter()
            .filter(|(_, posts)| posts.contains(post))
            .map(|(unit, _)| unit)
            .collect();
        let unit = match only.as_slice() {
            [one] => (*one).clone(),
            _ => any_kind(),
        };
        vec![Who {
            unit,
            post: post.clone(),
        }]
    }

    pub(crate) fn role(&self, mechanism: &Mechanism, id: &RoleId) -> Vec<Who> {
        let Some(role) = mechanism.roles.get(id) else {
            return Vec::new();
        };
        let owners: Vec<Code> = mechanism.open.owners.iter().cloned().collect();
        let units = match &role.resolve {
            Resolve::Owner => owners,
            Resolve::SuperiorOf(kind) => vec![kind.clone()],
            Resolve::Function(function) => self.functions.get(function).cloned().unwrap_or_default(),
            Resolve::Superior
            | Resolve::ParentOwner
            | Resolve::RowField(..)
            | Resolve::Field(_)
            | Resolve::Requester => Vec::new(),
        };
        self.posts_in(&units, &role.post)
    }

    pub(crate) fn roles(&self, mechanism: &Mechanism, ids: &[RoleId]) -> Vec<Who> {
        let all: BTreeSet<Who> = ids.iter().flat_map(|id| self.role(mechanism, id)).collect();
        all.into_iter().collect()
    }

    /// Who verifies in this way; `None` where nobody is asked.
    pub(crate) fn way(&self, mechanism: &Mechanism, way: &Way) -> Option<Vec<Who>> {
        match way {
            Way::Drawn { function, post } => {
                let units = self.functions.get(function).cloned().unwrap_or_default();
                Some(self.posts_in(&units, post))
            }
            Way::Office(role) => Some(self.role(mechanism, role)),
            Way::Requester => Some(self.roles(mechanism, &mechanism.open.by)),
            Way::Record => None,
            Way::Own => {
                let verify = mechanism.stage_of_kind(bihuan_domain::mechanism::StageKind::Verify);
                let holder = verify.and_then(|stage| stage.holder.as_ref());
                holder.map(|role| self.role(mechanism, role))
            }
        }
    }
}
