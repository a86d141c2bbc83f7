//! Documents: received, kept by hash, read into proposals, accepted into a ledger with the sentence each row came from.
//!
//! Reading is deterministic, so nothing of it is stored: the file and its hash are, and the reading is made again. What
//! people change in its rows is an event each ([`review`]).

pub mod breakdown;
pub mod review;
mod rows;
pub mod seek;
pub mod threads;

use std::collections::BTreeMap;

use bihuan_domain::event::{DocumentReceived, WorldEvent};
use bihuan_domain::id::{CaseId, Code, Digest, DocumentId, FieldId, MechanismId, UnitId};
use bihuan_domain::mechanism::{Mechanism, SourceKind};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::{Attachment, Type};
use bihuan_messages::Label;
use bihuan_reader::formats::{self, Opened};
use bihuan_reader::{Document, Options};
use jiff::civil::Date;
use serde_json::Value as Json;

use crate::access::may_administer;
use crate::answer::Answer;
use crate::engine::Engine;
use crate::error::{Error, Failure};
use crate::views::{Filter, Sort, Views};
use crate::wire::{OpenOrder, Order, SourceOrder, Submission};
use crate::writer::WorldChange;

/// The data of the dictionary that a proposal can fill; a mechanism's fields take them by naming the datum.
pub mod datum {
    /// When the matter is due.
    pub const DUE: &str = "due";
    /// The number to be reached, in base units.
    pub const VALUE: &str = "target-value";
    /// Its unit as printed.
    pub const UNIT: &str = "target-unit";
    /// The sentence that asks for it.
    pub const REQUIREMENT: &str = "requirement";
    /// Its kind: target, project, rule, instruction.
    pub const KIND: &str = "commitment-kind";
}

/// A document that was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// As received.
    pub received: DocumentReceived,
    /// Its name; `None` where it was erased.
    pub name: Option<String>,
    /// The opened file: its decoded text, its tables of tasks, what a person should know of it.
    pub opened: Opened,
    /// What stands in it.
    pub document: Document,
    /// What people changed in its rows, in order.
    pub changes: Vec<review::Change>,
    /// How often they did.
    pub revision: u64,
    /// How many of the changes there were at each revision.
    pub(crate) steps: Vec<(u64, usize)>,
    /// Whether this program reads the file's text otherwise than when it was received: places of cases may have moved.
    pub moved: bool,
}

pub use bihuan_reader::CoverageClass;
pub use rows::{Proposal, Standing};

/// A proposal that a person accepts, as adjusted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Which row, by its key.
    pub row: String,
    /// Title.
    pub title: String,
    /// Owner.
    pub owner: UnitId,
    /// Supporting units.
    pub supporting: Vec<UnitId>,
    /// Due day.
    pub due: Option<Date>,
    /// Value.
    pub value: Option<String>,
    /// Unit.
    pub unit: Option<String>,
}

/// Takes a document in: decodes it, keeps the file by hash, records it. The same text again is the same document.
///
/// # Errors
///
/// A refusal for a file that cannot be read as text, saying what was found; a refusal for who may not; faults.
pub fn receive(engine: &Engine, actor: &Actor, name: &str, bytes: &[u8]) -> Result<DocumentId, Failure> {
    if !may_administer(&engine.world(), &actor.post) {
        return Err(Refusal::new("dispatcher_only").into());
    }
    let opened = formats::open(bytes).map_err(|unreadable| {
        let why = unreadable.message();
        let label = Label::new(
            why.text(bihuan_messages::Lang::Zh),
            why.text(bihuan_messages::Lang::En),
        );
        Refusal::new("document_unreadable").with("why", label)
    })?;
    let (id, sha) = named(&opened.text);
    if engine.world().documents.contains_key(&id) {
        return Ok(id);
    }
    let blob = engine.stage(bytes)?;
    let subject = format!("document/{id}");
    let shown: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let (sealed, draft) = Engine::seal(&shown)?;
    let (file_name, file_draft) = Engine::seal(&shown)?;
    let received = DocumentReceived {
        document: id.clone(),
        name: sealed,
        text_sha256: Digest::new(format!("sha256:{sha}")),
        file: Attachment {
            blob: Digest::new(blob.id().to_string()),
            name: file_name,
            media: Code::new(opened.kind.media()),
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        },
        characters: u64::try_from(opened.text.chars().count()).unwrap_or(u64::MAX),
    };
    let change = WorldChange {
        event: WorldEvent::DocumentReceived(received),
        texts: vec![(subject.clone(), draft), (subject.clone(), file_draft)],
        files: vec![(subject, blob)],
    };
    engine.change(actor, &format!("document/{id}"), vec![change])?;
    Ok(id)
}

/// The id under which a decoded text is kept: the same text is the same document.
pub fn id_of(text: &str) -> DocumentId {
    named(text).0
}

/// The id of a text and its whole hash.
fn named(text: &str) -> (DocumentId, String) {
    let sha = bihuan_ledger::Digest::of(text.as_bytes()).hex();
    let id = DocumentId::new(format!("d-{}", sha.get(..12).unwrap_or(&sha)));
    (id, sha)
}

/// Reads a document that was received.
///
/// # Errors
///
/// A refusal where there is no such document or its file was erased or is missing.
pub fn reading(
    engine: &Engine,
    views: &Views,
    id: &DocumentId,
    options: &Options,
) -> Result<Reading, Failure> {
    let world = engine.world();
    let gone = || Failure::Refused(Refusal::new("no_such_document").with("document", id.as_str()));
    let received = world.documents.get(id).cloned().ok_or_else(gone)?;
    let blob = received.file.blob.as_str().parse()?;
    let bytes = views.log().blob(&blob)?.ok_or_else(gone)?;
    let opened = formats::open(&bytes).map_err(|_| gone())?;
    let name = views.unseal(&received.name)?;
    let document = formats::read(id.as_str(), &opened, options);
    let sha = format!("sha256:{}", document.text_sha256);
    let (mut changes, mut steps) = (Vec::new(), Vec::new());
    for revised in world.reviews.get(id).into_iter().flatten() {
        // What was erased with its document is no change any more.
        if let Some(text) = views.unseal(&revised.changes)? {
            changes.extend(serde_json::from_str::<Vec<review::Change>>(&text).unwrap_or_default());
        }
        steps.push((revised.revision, changes.len()));
    }
    Ok(Reading {
        moved: received.text_sha256.as_str() != sha,
        received,
        name,
        document,
        opened,
        changes,
        revision: world.revision(id),
        steps,
    })
}

/// The rows of a reading as they stand for a mechanism: proposed, changed by people, and those that became cases.
///
/// # Errors
///
/// If the read models cannot be read.
pub fn proposals(
    engine: &Engine,
    views: &Views,
    reading: &Reading,
    mechanism: &MechanismId,
) -> Result<Vec<Proposal>, Error> {
    let document = reading.received.document.as_str();
    let mut opened: BTreeMap<String, CaseId> = BTreeMap::new();
    views.for_each_state(std::slice::from_ref(mechanism), Some(document), |state, _| {
        if let Some(key) = &state.source.key {
            opened.insert(key.as_str().to_owned(), state.id);
        }
    })?;
    let mut rows = rows::of(&engine.world(), reading);
    for row in &mut rows {
        if let Some(case) = opened.get(&format!("{document}#{}", row.key)) {
            row.case = Some(*case);
        }
    }
    Ok(rows)
}

/// The rows of a reading as they stood at an earlier revision, for seeing what somebody changed since.
pub fn rows_at(engine: &Engine, reading: &Reading, revision: u64) -> Vec<Proposal> {
    let known = reading.steps.iter().rev().find(|(n, _)| *n <= revision);
    let mut then = reading.clone();
    then.changes.truncate(known.map_or(0, |(_, changes)| *changes));
    rows::of(&engine.world(), &then)
}

/// Accepts proposals into the ledger of a mechanism, one command each; what was accepted before is not opened twice.
/// Answers stand in the order of `accepted`.
///
/// # Errors
///
/// A refusal for who may not, or faults; refusals of single rows stand in their own answers.
pub fn accept(
    engine: &Engine,
    actor: &Actor,
    reading: &Reading,
    mechanism: &MechanismId,
    accepted: &[Accepted],
) -> Result<Vec<Result<Answer, Failure>>, Failure> {
    if !may_administer(&engine.world(), &actor.post) {
        return Err(Refusal::new("dispatcher_only").into());
    }
    let definition = engine
        .mechanisms()
        .current(mechanism)
        .ok_or_else(|| Refusal::new("no_such_mechanism").with("mechanism", mechanism.as_str()))?;
    let proposed = rows::of(&engine.world(), reading);
    let mut waiting = Vec::with_capacity(accepted.len());
    for row in accepted {
        let Some(proposal) = proposed.iter().find(|proposal| proposal.key == row.row) else {
            waiting.push(Err(Refusal::new("no_such_proposal")
                .with("n", row.row.as_str())
                .into()));
            continue;
        };
        let key = format!("{}#{}", reading.received.document, proposal.key);
        let order = Order::Open(OpenOrder {
            stage: None,
            papers: Vec::new(),
            mechanism: mechanism.clone(),
            owner: row.owner.clone(),
            supporting: row
                .supporting
                .iter()
                .filter(|unit| **unit != row.owner)
                .cloned()
                .collect(),
            title: row.title.clone(),
            risk: None,
            values: values_for(&definition, row, proposal),
            source: Some(SourceOrder {
                kind: SourceKind::Document,
                document: Some(reading.received.document.clone()),
                at: proposal
                    .at
                    .iter()
                    .map(|[from, to]| (u64::try_from(*from).unwrap_or(0), u64::try_from(*to).unwrap_or(0)))
                    .collect(),
                quote: Some(proposal.quote.clone()),
                key: Some(Code::new(&key)),
            }),
            parent: None,
        });
        let submission = Submission::new(format!("accept/{mechanism}/{key}"), order);
        waiting.push(Ok(engine.send(actor, submission)));
    }
    Ok(waiting
        .into_iter()
        .map(|answer| match answer {
            Ok(answer) => answer
                .blocking_recv()
                .map_err(|_| Failure::Fault(Error::Stopped))?,
            Err(refused) => Err(refused),
        })
        .collect())
}

/// What the accepted row gives to the fields of the mechanism, by the datum that each field names.
fn values_for(mechanism: &Mechanism, row: &Accepted, proposal: &Proposal) -> BTreeMap<FieldId, Json> {
    let mut values = BTreeMap::new();
    for field in &mechanism.fields {
        let value = match field.datum.as_str() {
            datum::DUE => row.due.map(|due| due.to_string()),
            datum::VALUE => row
                .value
                .clone()
                .filter(|_| matches!(field.ty, Type::Decimal | Type::Int | Type::Money)),
            datum::UNIT => row.unit.clone(),
            datum::REQUIREMENT => Some(proposal.quote.clone()),
            datum::KIND => serde_json::to_value(proposal.kind)
                .ok()
                .and_then(|k| k.as_str().map(str::to_owned)),
            _ => None,
        };
        if let Some(value) = value.filter(|value| !value.is_empty() && field.id != mechanism.title) {
            values.insert(field.id.clone(), Json::String(value));
        }
    }
    values
}

/// A run of the text as people read it: without the line breaks of its column.
pub(crate) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        // A space matters only between two words of letters or digits.
        if gap && c.is_ascii_alphanumeric() && out.chars().last().is_some_and(|l| l.is_ascii_alphanumeric()) {
            out.push(' ');
        }
        gap = false;
        out.push(c);
    }
    out
}

/// The cases that a document became.
///
/// # Errors
///
/// If the read models cannot be read.
pub fn cases_of(views: &Views, id: &DocumentId) -> Result<Vec<crate::views::CaseRow>, Error> {
    let filter = Filter {
        document: Some(id.as_str().to_owned()),
        ..Filter::default()
    };
    Ok(views.cases(&filter, Sort::Oldest, 0, 1_000)?.rows)
}
