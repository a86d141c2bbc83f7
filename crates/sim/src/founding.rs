//! Founding a jurisdiction: the list of changes that makes its units, posts, people, registers and packs.

use std::collections::BTreeSet;

use bihuan_domain::event::{Created, RowPut, SettingSet, WorldEvent};
use bihuan_domain::expr::Row;
use bihuan_domain::id::{Code, PersonId, PostId, RegisterId, RowId, UnitId};
use bihuan_domain::mechanism::RegisterSpec;
use bihuan_domain::org::{Appointment, Person, Post, Unit, Validity};
use bihuan_engine::{Engine, Error, WorldChange, custody};
use bihuan_messages::Label;
use jiff::civil::Date;

/// Changes that are gathered, to be carried out as one.
pub struct Founding {
    changes: Vec<WorldChange>,
    valid: Validity,
    people: u32,
    posts: BTreeSet<PostId>,
}

impl Founding {
    /// A jurisdiction that begins on `from`. `last_resort` is the post that holds what no role can be found for.
    pub fn new(root: &str, division: &str, name: Label, last_resort: &str, from: Date) -> Self {
        let created = Created {
            root: root.into(),
            division: Code::new(division),
            name,
            last_resort: last_resort.into(),
        };
        Founding {
            changes: vec![WorldEvent::Created(created).into()],
            valid: Validity::since(from),
            people: 0,
            posts: BTreeSet::new(),
        }
    }

    /// A unit with the functions it serves.
    pub fn unit(&mut self, id: &str, kind: &str, name: Label, parent: Option<&str>, functions: &[&str]) {
        let unit = Unit {
            id: id.into(),
            kind: Code::new(kind),
            name,
            parent: parent.map(UnitId::from),
            functions: functions.iter().map(Code::new).collect(),
            valid: self.valid,
            successor: None,
            has_accounts: true,
        };
        self.changes.push(WorldEvent::UnitPut(unit).into());
    }

    /// A post in a unit; its code is returned.
    pub fn post(&mut self, unit: &str, code: &str, kind: &str, name: Label) -> PostId {
        let id = PostId::from(format!("{unit}.{code}"));
        self.posts.insert(id.clone());
        let post = Post {
            id: id.clone(),
            unit: unit.into(),
            kind: Code::new(kind),
            name,
            valid: self.valid,
        };
        self.changes.push(WorldEvent::PostPut(post).into());
        id
    }

    /// Gives a unit that is there further functions; `false` where there is no such unit.
    pub fn serves_also(&mut self, unit: &UnitId, functions: &[&Code]) -> bool {
        let found = self
            .changes
            .iter_mut()
            .find_map(|change| match &mut change.event {
                WorldEvent::UnitPut(put) if put.id == *unit => Some(put),
                _ => None,
            });
        let Some(put) = found else { return false };
        put.functions
            .extend(functions.iter().map(|function| (*function).clone()));
        true
    }

    /// Whether there is such a post.
    pub fn has_post(&self, post: &PostId) -> bool {
        self.posts.contains(post)
    }

    /// A person, whose name is sealed.
    ///
    /// # Errors
    ///
    /// If the name is too long to be sealed.
    pub fn person(&mut self, name: &str) -> Result<PersonId, Error> {
        self.people = self.people.saturating_add(1);
        let id = PersonId::from(format!("p{:03}", self.people));
        let (sealed, draft) = Engine::seal(name)?;
        self.changes.push(WorldChange {
            event: WorldEvent::PersonPut(Person {
                id: id.clone(),
                name: sealed,
            }),
            texts: vec![(format!("person/{id}"), draft)],
            files: Vec::new(),
        });
        Ok(id)
    }

    /// Puts a person on a post.
    pub fn appoint(&mut self, person: &PersonId, post: &PostId) {
        let appointment = Appointment {
            person: person.clone(),
            post: post.clone(),
            valid: self.valid,
            acting_for: None,
        };
        self.changes.push(WorldEvent::Appointed(appointment).into());
    }

    /// A row of a register, with the drafts of its texts. `spec` is what its pack declares.
    pub fn row(
        &mut self,
        spec: Option<&RegisterSpec>,
        register: &RegisterId,
        row: &RowId,
        values: Row,
        texts: Vec<bihuan_ledger::SealDraft>,
    ) {
        let subject = custody::row_subject(spec, register, row);
        self.changes.push(WorldChange {
            event: WorldEvent::RowPut(RowPut {
                register: register.clone(),
                row: row.clone(),
                values,
            }),
            texts: texts.into_iter().map(|draft| (subject.clone(), draft)).collect(),
            files: Vec::new(),
        });
    }

    /// A setting.
    pub fn setting(&mut self, key: &str, value: serde_json::Value) {
        self.changes.push(
            WorldEvent::SettingSet(SettingSet {
                key: Code::new(key),
                value,
            })
            .into(),
        );
    }

    /// Other changes.
    pub fn also(&mut self, changes: impl IntoIterator<Item = WorldChange>) {
        self.changes.extend(changes);
    }

    /// The list.
    pub fn finish(self) -> Vec<WorldChange> {
        self.changes
    }
}
