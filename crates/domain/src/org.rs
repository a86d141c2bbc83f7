//! Org units, posts and persons, each with validity in time and successors.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_messages::Label;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{Code, PersonId, PostId, Sealed, UnitId};

/// From the first day to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// First day.
    pub from: Date,
    /// Last day; open where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

impl Validity {
    /// Valid from `from` on.
    pub fn since(from: Date) -> Self {
        Validity { from, to: None }
    }

    /// Whether `day` lies inside.
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// An org unit (单位): a body that can own cases or hold posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Code.
    pub id: UnitId,
    /// Kind: `county`, `department`, `township`, `village`, `enterprise` …
    pub kind: Code,
    /// Public name.
    pub name: Label,
    /// The unit above it in the line of command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitId>,
    /// Functions it serves in mechanisms: `supervision` (督查), `dispatch` (交办) …
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub functions: BTreeSet<Code>,
    /// Validity.
    pub valid: Validity,
    /// Who took over its duties when it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<UnitId>,
    /// Whether its people sign in themselves; where not, the dispatcher may record for it (代录).
    #[serde(default = "yes")]
    pub has_accounts: bool,
}

fn yes() -> bool {
    true
}

/// A post (岗位) in a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Code.
    pub id: PostId,
    /// Its unit.
    pub unit: UnitId,
    /// Kind: `clerk` (承办岗), `head` (负责人), `leader` (县领导), `verifier` (核查岗) …
    pub kind: Code,
    /// Public name of the post.
    pub name: Label,
    /// Validity.
    pub valid: Validity,
}

/// A person; the name is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Pseudonym.
    pub id: PersonId,
    /// The sealed name.
    pub name: Sealed,
}

/// A person on a post for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// Who.
    pub person: PersonId,
    /// On which post.
    pub post: PostId,
    /// When.
    pub valid: Validity,
    /// For whom, where somebody acts during leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting_for: Option<PersonId>,
}

/// Who does something: person, post, on whose behalf, in which session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The person; `system` for the engine's own timers.
    pub person: PersonId,
    /// The post in which the person acts.
    pub post: PostId,
    /// The unit on whose behalf a reply is recorded (代录).
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<UnitId>,
    /// The session or token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Code>,
}

impl Actor {
    /// The engine acting by itself: timers, draws.
    pub fn system() -> Self {
        Actor {
            person: "system".into(),
            post: "system".into(),
            on_behalf_of: None,
            session: None,
        }
    }

    /// Whoever has the machine itself, outside any session: the account of the operating system as it states itself.
    pub fn at_the_machine(account: &str) -> Self {
        Actor {
            session: Some(Code::new(format!("os:{account}"))),
            ..Actor::system()
        }
    }

    /// The account of the operating system that [`Actor::at_the_machine`] was given.
    pub fn stated(&self) -> Option<&str> {
        let session = self.session.as_ref().filter(|_| self.is_system());
        session.and_then(|session| session.as_str().strip_prefix("os:"))
    }

    /// Whether this is the engine acting by itself.
    pub fn is_system(&self) -> bool {
        self.post.as_str() == "system"
    }
}

/// All units, posts, persons and appointments of a jurisdiction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    /// Units by code.
    pub units: BTreeMap<UnitId, Unit>,
    /// Posts by code.
    pub posts: BTreeMap<PostId, Post>,
    /// Persons by pseudonym.
    pub persons: BTreeMap<PersonId, Person>,
    /// Appointments in the order in which they were made.
    pub appointments: Vec<Appointment>,
}

impl Org {
    /// The unit, or the successor that has its duties on `day`.
    pub fn unit_on(&self, unit: &UnitId, day: Date) -> Option<&Unit> {
        let mut current = self.units.get(unit)?;
        // A chain of successors longer than the number of units would be a circle.
        for _ in 0..=self.units.len() {
            if current.valid.covers(day) {
                return Some(current);
            }
            current = self.units.get(current.successor.as_ref()?)?;
        }
        None
    }

    /// Units that serve `function` on `day`, by code.
    pub fn with_function<'a>(&'a self, function: &'a Code, day: Date) -> impl Iterator<Item = &'a Unit> {
        self.units
            .values()
            .filter(move |unit| unit.functions.contains(function) && unit.valid.covers(day))
    }

    /// Posts of kind `kind` in `unit` on `day`, by code.
    pub fn posts_of<'a>(
        &'a self,
        unit: &'a UnitId,
        kind: &'a Code,
        day: Date,
    ) -> impl Iterator<Item = &'a Post> {
        self.posts
            .values()
            .filter(move |post| post.unit == *unit && post.kind == *kind && post.valid.covers(day))
    }

    /// The unit of a post.
    pub fn unit_of(&self, post: &PostId) -> Option<&Unit> {
        self.posts.get(post).and_then(|post| self.units.get(&post.unit))
    }

    /// Whether `person` may act in `post` on `day`.
    pub fn serves(&self, person: &PersonId, post: &PostId, day: Date) -> bool {
        self.appointments
            .iter()
            .any(|a| a.person == *person && a.post == *post && a.valid.covers(day))
    }

    /// Persons on `post` on `day`.
    pub fn persons_on<'a>(&'a self, post: &'a PostId, day: Date) -> impl Iterator<Item = &'a PersonId> {
        self.appointments
            .iter()
            .filter(move |a| a.post == *post && a.valid.covers(day))
            .map(|a| &a.person)
    }

    /// Posts on which `person` serves on `day`.
    pub fn posts_held<'a>(&'a self, person: &'a PersonId, day: Date) -> impl Iterator<Item = &'a PostId> {
        self.appointments
            .iter()
            .filter(move |a| a.person == *person && a.valid.covers(day))
            .map(|a| &a.post)
    }

    /// The unit and those above it, nearest first.
    pub fn ancestry<'a>(&'a self, unit: &UnitId) -> Vec<&'a UnitId> {
        let mut line = Vec::new();
        let mut next = self.units.get(unit).map(|unit| &unit.id);
        while let Some(id) = next {
            if line.contains(&id) {
                break;
            }
            line.push(id);
            next = self.units.get(id).and_then(|unit| unit.parent.as_ref());
        }
        line
    }

    /// Whether `a` and `b` stand in one line of command: both below their lowest common superior through the same
    /// unit, or one above the other. The top of the jurisdiction itself does not make everybody one line.
    pub fn same_line(&self, a: &UnitId, b: &UnitId) -> bool {
        let (up_a, up_b) = (self.ancestry(a), self.ancestry(b));
        if up_a.contains(&b) && up_b.len() > 1 || up_b.contains(&a) && up_a.len() > 1 {
            return true;
        }
        // The last entry is the root. Sharing anything below the root means the same line.
        let below_root = |line: &[&UnitId]| -> Vec<UnitId> {
            line.iter()
                .take(line.len().saturating_sub(1))
                .map(|id| (*id).clone())
                .collect()
        };
        let low_b = below_root(&up_b);
        below_root(&up_a).iter().any(|unit| low_b.contains(unit)) || a == b
    }
}
