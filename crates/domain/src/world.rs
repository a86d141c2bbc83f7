//! The jurisdiction beside its cases: org, registers, calendars, packs, settings, documents, bulletins.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_messages::Label;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::calendar::{Calendar, Calendars};
use crate::event::{
    BulletinDrafted, BulletinOverdue, DocumentReceived, DocumentReviewed, PaperIssued, WorldEvent,
};
use crate::id::{BulletinId, Code, Digest, DocumentId, PackId, PostId, UnitId};
use crate::org::{Actor, Org};
use crate::register::Registers;

/// Everything that a decision may read beside the case itself. A copy is cheap: its large parts are shared until written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// The root unit.
    pub root: Option<UnitId>,
    /// Division code.
    pub division: Option<Code>,
    /// Public name.
    pub name: Label,
    /// The post of last resort.
    pub last_resort: Option<PostId>,
    /// Units, posts, persons.
    pub org: Arc<Org>,
    /// Registers.
    pub registers: Registers,
    /// Calendars in force.
    pub calendars: Calendars,
    /// Packs in force: digest and files.
    pub packs: BTreeMap<PackId, (Digest, Arc<BTreeMap<String, String>>)>,
    /// When each pack was first adopted; its schedules run from then on.
    pub adopted: BTreeMap<PackId, Timestamp>,
    /// Settings of the jurisdiction.
    pub settings: BTreeMap<Code, Json>,
    /// Who set each setting last, and when.
    pub set: BTreeMap<Code, (Actor, Timestamp)>,
    /// Requests for erasure and what became of them, in the order of their numbers.
    pub erasures: BTreeMap<u64, Erasure>,
    /// Documents that were read.
    pub documents: BTreeMap<DocumentId, DocumentReceived>,
    /// How the rows of documents were revised, in order.
    pub reviews: Arc<BTreeMap<DocumentId, Vec<DocumentReviewed>>>,
    /// Bulletins.
    pub bulletins: BTreeMap<BulletinId, Bulletin>,
    /// Papers of assessments as they went out, in order, with who issued them and when.
    pub papers: Arc<Vec<(PaperIssued, Actor, Timestamp)>>,
}

/// A bulletin and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulletin {
    /// As drafted.
    pub draft: BulletinDrafted,
    /// When it was drafted.
    pub drafted_at: Timestamp,
    /// Who signed, and when.
    pub signed: Option<(Actor, Timestamp)>,
    /// When it was issued.
    pub issued: Option<Timestamp>,
    /// The rungs to which its overdue signature has climbed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overdue: Vec<BulletinOverdue>,
}

/// A request for erasure and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// What: `case/17`, `person/p3`, `register/households/h12`.
    pub subject: Code,
    /// Why, from a list.
    pub reason: Code,
    /// Who asked, and when.
    pub asked: (Actor, Timestamp),
    /// Who ended it, and when; `None` while it waits for a second person.
    pub ended: Option<(Actor, Timestamp)>,
    /// Whether it was carried out.
    pub done: bool,
}

impl World {
    /// A world before its first event, with the statutory calendar.
    pub fn new() -> Self {
        World {
            calendars: Calendars::statutory(),
            ..World::default()
        }
    }

    /// What the world is after `event`. It has happened, so nothing is refused.
    pub fn evolve(&mut self, event: WorldEvent, actor: &Actor, at: Timestamp) {
        match event {
            WorldEvent::Created(e) => {
                self.root = Some(e.root);
                self.division = Some(e.division);
                self.name = e.name;
                self.last_resort = Some(e.last_resort);
            }
            WorldEvent::UnitPut(unit) => {
                Arc::make_mut(&mut self.org).units.insert(unit.id.clone(), unit);
            }
            WorldEvent::PostPut(post) => {
                Arc::make_mut(&mut self.org).posts.insert(post.id.clone(), post);
            }
            WorldEvent::PersonPut(person) => {
                Arc::make_mut(&mut self.org)
                    .persons
                    .insert(person.id.clone(), person);
            }
            WorldEvent::Appointed(appointment) => Arc::make_mut(&mut self.org).appointments.push(appointment),
            WorldEvent::Relieved(e) => {
                for appointment in &mut Arc::make_mut(&mut self.org).appointments {
                    let his = appointment.person == e.person && appointment.post == e.post;
                    // What had ended by then stays as it was.
                    if his && appointment.valid.to.is_none_or(|to| e.last < to) {
                        appointment.valid.to = Some(e.last);
                    }
                }
            }
            WorldEvent::CalendarAdopted(calendar) => self.adopt(*calendar),
            WorldEvent::PackAdopted(e) => {
                self.adopted.entry(e.pack.clone()).or_insert(at);
                self.packs.insert(e.pack, (e.digest, Arc::new(e.files)));
            }
            WorldEvent::RowPut(e) => self.registers.put(e.register, e.row, e.values),
            WorldEvent::RowRemoved(e) => self.registers.remove(&e.register, &e.row),
            WorldEvent::SettingSet(e) => {
                self.set.insert(e.key.clone(), (actor.clone(), at));
                self.settings.insert(e.key, e.value);
            }
            WorldEvent::ErasureAsked(e) => {
                let asked = Erasure {
                    subject: e.subject,
                    reason: e.reason,
                    asked: (actor.clone(), at),
                    ended: None,
                    done: false,
                };
                self.erasures.insert(e.erasure, asked);
            }
            WorldEvent::ErasureWithdrawn(e) => {
                if let Some(erasure) = self.erasures.get_mut(&e.erasure) {
                    erasure.ended = Some((actor.clone(), at));
                }
            }
            WorldEvent::ErasureDone(e) => {
                let erasure = self.erasures.entry(e.erasure).or_insert_with(|| Erasure {
                    subject: e.subject,
                    reason: e.reason,
                    asked: (actor.clone(), at),
                    ended: None,
                    done: false,
                });
                erasure.ended = Some((actor.clone(), at));
                erasure.done = true;
            }
            // What was looked at, and accounts, change nothing here; the log keeps it.
            WorldEvent::Unmasked(_) | WorldEvent::AccountChanged(_) => {}
            WorldEvent::DocumentReceived(e) => {
                self.documents.insert(e.document.clone(), e);
            }
            WorldEvent::DocumentReviewed(e) => {
                let reviews = Arc::make_mut(&mut self.reviews);
                reviews.entry(e.document.clone()).or_default().push(e);
            }
            WorldEvent::BulletinDrafted(e) => {
                let bulletin = Bulletin {
                    draft: e,
                    drafted_at: at,
                    signed: None,
                    issued: None,
                    overdue: Vec::new(),
                };
                self.bulletins.insert(bulletin.draft.bulletin.clone(), bulletin);
            }
            WorldEvent::BulletinSigned(e) => {
                if let Some(bulletin) = self.bulletins.get_mut(&e.bulletin) {
                    bulletin.signed = Some((actor.clone(), at));
                }
            }
            WorldEvent::BulletinIssued(e) => {
                if let Some(bulletin) = self.bulletins.get_mut(&e.bulletin) {
                    bulletin.issued = Some(at);
                }
            }
            WorldEvent::PaperIssued(e) => {
                Arc::make_mut(&mut self.papers).push((e, actor.clone(), at));
            }
            WorldEvent::BulletinOverdue(e) => {
                if let Some(bulletin) = self.bulletins.get_mut(&e.bulletin) {
                    bulletin.overdue.push(e);
                }
            }
        }
    }

    /// The newest revision of a document's rows; 0 where nobody has changed any.
    pub fn revision(&self, document: &DocumentId) -> u64 {
        self.reviews
            .get(document)
            .and_then(|all| all.last())
            .map_or(0, |last| last.revision)
    }

    fn adopt(&mut self, calendar: Calendar) {
        self.calendars.insert(calendar);
    }
}
