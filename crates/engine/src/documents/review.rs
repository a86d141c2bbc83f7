//! What people change in the rows of a document before they accept them: each revision is an event, so that it survives
//! whoever made it, and of two who changed the same revision the second looks again first.

use bihuan_domain::event::{DocumentReviewed, WorldEvent};
use bihuan_domain::id::{DocumentId, UnitId};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::world::World;
use serde::{Deserialize, Serialize};

use super::{Reading, rows};
use crate::access::may_administer;
use crate::engine::Engine;
use crate::error::{Error, Failure};
use crate::writer::WorldChange;

/// Most changes of one revision.
const CHANGES_MAX: usize = 2_000;

/// The longest text that a person writes into a row, in characters.
const TEXT_MAX: usize = 500;

/// One change of the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Change {
    /// Sets what is given; an empty text takes it away.
    Edit {
        /// The row, by its key.
        row: String,
        /// What is set.
        set: Set,
    },
    /// Gives several rows one owner.
    Assign {
        /// The rows.
        rows: Vec<String>,
        /// The owner.
        owner: UnitId,
    },
    /// Says that rows are no tasks.
    Reject {
        /// The rows.
        rows: Vec<String>,
        /// Why.
        reason: String,
    },
    /// Takes a rejection back.
    Restore {
        /// The rows.
        rows: Vec<String>,
    },
    /// Cuts a row at places of the text.
    Split {
        /// The row.
        row: String,
        /// Where its parts begin, in Unicode scalar positions of the document.
        at: Vec<usize>,
    },
    /// Joins rows to one.
    Merge {
        /// The rows.
        rows: Vec<String>,
    },
    /// Makes a row of a stretch of the text.
    Add {
        /// Its first character.
        from: usize,
        /// One past its last.
        to: usize,
    },
    /// Confirms or refuses that a saying of this document is about the same undertaking as a row of an earlier one.
    Link {
        /// The saying: where its words begin and end.
        saying: String,
        /// The earlier document.
        document: DocumentId,
        /// Its row.
        row: String,
        /// Whether it is the same.
        same: bool,
        /// How far the undertaking is by this saying, where a person knows better than its words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stage: Option<super::threads::Stage>,
    },
}

/// What an edit sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Set {
    /// The task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The goal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    /// The number to be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The due day, `2026-12-31`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// The owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<UnitId>,
    /// Supporting units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supporting: Option<Vec<UnitId>>,
    /// The person in charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

impl Set {
    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Set::default()
    }

    fn check(&self, world: &World) -> Result<(), Refusal> {
        let texts = [&self.title, &self.goal, &self.value, &self.unit, &self.person];
        if let Some(long) = texts
            .into_iter()
            .flatten()
            .find(|text| text.chars().count() > TEXT_MAX)
        {
            let n = long.chars().count();
            return Err(Refusal::new("review_text_long")
                .with("n", n.to_string())
                .with("limit", TEXT_MAX.to_string()));
        }
        let day_is_one = |due: &String| due.is_empty() || due.parse::<jiff::civil::Date>().is_ok();
        if let Some(due) = self.due.as_ref().filter(|due| !day_is_one(due)) {
            return Err(Refusal::new("review_due").with("found", due.as_str()));
        }
        let named = self.owner.iter().filter(|owner| !owner.as_str().is_empty());
        named
            .chain(self.supporting.iter().flatten())
            .try_for_each(|unit| known(world, unit))
    }
}

fn known(world: &World, unit: &UnitId) -> Result<(), Refusal> {
    if world.org.units.contains_key(unit) {
        Ok(())
    } else {
        Err(Refusal::new("review_unit").with("unit", unit.as_str()))
    }
}

/// Changes the rows of a document that was last seen at `revision`; all or nothing. Returns the new revision.
///
/// # Errors
///
/// A refusal for who may not, for changes that do not fit the rows, and where somebody changed them in between.
pub fn revise(
    engine: &Engine,
    actor: &Actor,
    reading: &Reading,
    revision: u64,
    changes: &[Change],
) -> Result<u64, Failure> {
    let world = engine.world();
    if !may_administer(&world, &actor.post) {
        return Err(Refusal::new("dispatcher_only").into());
    }
    if changes.is_empty() {
        return Ok(revision);
    }
    if changes.len() > CHANGES_MAX {
        return Err(Refusal::new("review_many")
            .with("limit", CHANGES_MAX.to_string())
            .into());
    }
    let id = &reading.received.document;
    let json = serde_json::to_string(changes).map_err(Error::from)?;
    let digest = bihuan_ledger::Digest::of(json.as_bytes()).hex();
    let key = format!("review/{id}/{revision}/{digest}");
    // What was sent twice finds its answer under its key; anything else has to fit the newest rows.
    if reading.revision == revision {
        let mut rows = rows::of(&world, reading);
        for change in changes {
            check(change, &world)?;
            rows::apply(&mut rows, change, reading, &world)?;
        }
    }
    let subject = format!("document/{id}");
    let (sealed, draft) = Engine::seal(&json)?;
    let next = revision.saturating_add(1);
    let change = WorldChange {
        event: WorldEvent::DocumentReviewed(DocumentReviewed {
            document: id.clone(),
            revision: next,
            changes: sealed,
        }),
        texts: vec![(subject, draft)],
        files: Vec::new(),
    };
    engine.change(actor, &key, vec![change])?;
    Ok(next)
}

fn check(change: &Change, world: &World) -> Result<(), Refusal> {
    match change {
        Change::Edit { set, .. } => set.check(world),
        Change::Assign { owner, .. } => known(world, owner),
        Change::Reject { reason, .. } => {
            let n = reason.trim().chars().count();
            if n == 0 {
                return Err(Refusal::new("review_reason"));
            }
            if n > TEXT_MAX {
                return Err(Refusal::new("review_text_long")
                    .with("n", n.to_string())
                    .with("limit", TEXT_MAX.to_string()));
            }
            Ok(())
        }
        Change::Link { document, .. } if !world.documents.contains_key(document) => {
            Err(Refusal::new("no_such_document").with("document", document.as_str()))
        }
        _ => Ok(()),
    }
}
