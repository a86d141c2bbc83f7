//! Documents: received, kept by hash, read into proposals, accepted into a ledger with the sentence each row came from.
//!
//! Reading is deterministic, so nothing of it is stored: the file and its hash are, and the reading is made again.

use std::collections::BTreeMap;

use bihuan_domain::event::{DocumentReceived, WorldEvent};
use bihuan_domain::id::{CaseId, Code, Digest, DocumentId, FieldId, MechanismId, UnitId};
use bihuan_domain::mechanism::{Mechanism, SourceKind};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::{Attachment, Type};
use bihuan_domain::world::World;
use bihuan_messages::{Label, Message};
use bihuan_reader::formats::{self, Opened};
use bihuan_reader::{Commitment, CommitmentKind, Document, Options, Value};
use jiff::civil::Date;
use serde::Serialize;
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
}

/// A row that the reader proposes.
#[derive(Clone, Debug, Serialize)]
pub struct Proposal {
    /// Its place among the proposals of the document, from 0.
    pub index: usize,
    /// Headline of its article.
    pub article: Option<String>,
    /// The sentence, an exact run of the text.
    pub quote: String,
    /// Where it stands, in Unicode scalar positions.
    pub at: Vec<[usize; 2]>,
    /// A title for the case.
    pub title: String,
    /// The number to be reached.
    pub value: Option<String>,
    /// Its unit.
    pub unit: Option<String>,
    /// When it is due.
    pub due: Option<Date>,
    /// Kind: target, project, rule, instruction.
    pub kind: CommitmentKind,
    /// Who should own it, and why.
    pub owner: Option<(UnitId, Message)>,
    /// Why this sentence is a row.
    pub why: Vec<String>,
    /// The case that it became.
    pub case: Option<CaseId>,
}

/// A proposal that a person accepts, as adjusted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Which proposal.
    pub index: usize,
    /// Title.
    pub title: String,
    /// Owner.
    pub owner: UnitId,
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
    let sha = bihuan_ledger::Digest::of(opened.text.as_bytes()).hex();
    let id = DocumentId::new(format!("d-{}", sha.get(..12).unwrap_or(&sha)));
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
    Ok(Reading {
        received,
        name,
        document,
        opened,
    })
}

/// The rows that a reading proposes for a mechanism, with those that already became cases.
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
    let world = engine.world();
    let document = reading.received.document.as_str();
    let mut opened: BTreeMap<String, CaseId> = BTreeMap::new();
    views.for_each_state(std::slice::from_ref(mechanism), Some(document), |state, _| {
        if let Some(key) = &state.source.key {
            opened.insert(key.as_str().to_owned(), state.id);
        }
    })?;
    let mut rows = Vec::new();
    for article in &reading.document.articles {
        for commitment in &article.commitments {
            let key = key_of(&reading.received.document, commitment);
            rows.push(Proposal {
                index: rows.len(),
                article: article.title.clone(),
                quote: tidy(&commitment.quote),
                at: commitment.at.clone(),
                title: title_of(commitment),
                value: commitment.value.as_ref().map(value_text),
                unit: commitment.unit.clone(),
                due: commitment.due,
                kind: commitment.kind,
                owner: commitment.owner.as_deref().and_then(|name| suggest(&world, name)),
                why: commitment.why.clone(),
                case: opened.get(&key).copied(),
            });
        }
    }
    Ok(rows)
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
    let commitments: Vec<&Commitment> = reading
        .document
        .articles
        .iter()
        .flat_map(|article| &article.commitments)
        .collect();
    let mut waiting = Vec::with_capacity(accepted.len());
    for row in accepted {
        let Some(commitment) = commitments.get(row.index) else {
            waiting.push(Err(Refusal::new("no_such_proposal")
                .with("n", row.index.to_string())
                .into()));
            continue;
        };
        let key = key_of(&reading.received.document, commitment);
        let order = Order::Open(OpenOrder {
            stage: None,
            mechanism: mechanism.clone(),
            owner: row.owner.clone(),
            supporting: Default::default(),
            title: row.title.clone(),
            risk: None,
            values: values_for(&definition, row, commitment),
            source: Some(SourceOrder {
                kind: SourceKind::Document,
                document: Some(reading.received.document.clone()),
                at: commitment
                    .at
                    .iter()
                    .map(|[from, to]| (u64::try_from(*from).unwrap_or(0), u64::try_from(*to).unwrap_or(0)))
                    .collect(),
                quote: Some(tidy(&commitment.quote)),
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

/// The outside key of a row: the document and where its sentence begins and ends.
fn key_of(document: &DocumentId, commitment: &Commitment) -> String {
    let start = commitment.at.first().map_or(0, |[start, _]| *start);
    let end = commitment.at.last().map_or(0, |[_, end]| *end);
    format!("{document}#{start}-{end}")
}

/// What the accepted row gives to the fields of the mechanism, by the datum that each field names.
fn values_for(mechanism: &Mechanism, row: &Accepted, commitment: &Commitment) -> BTreeMap<FieldId, Json> {
    let mut values = BTreeMap::new();
    for field in &mechanism.fields {
        let value = match field.datum.as_str() {
            datum::DUE => row.due.map(|due| due.to_string()),
            datum::VALUE => row
                .value
                .clone()
                .filter(|_| matches!(field.ty, Type::Decimal | Type::Int | Type::Money)),
            datum::UNIT => row.unit.clone(),
            datum::REQUIREMENT => Some(tidy(&commitment.quote)),
            datum::KIND => serde_json::to_value(commitment.kind)
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

/// The unit whose name a text gives, wholly or in part, and why.
fn suggest(world: &World, name: &str) -> Option<(UnitId, Message)> {
    let name = tidy(name);
    let exact = world.org.units.values().find(|unit| unit.name.zh == name);
    if let Some(unit) = exact {
        return Some((
            unit.id.clone(),
            Message::new("reader.owner_named").with("unit", &unit.name),
        ));
    }
    let mut part = world.org.units.values().filter(|unit| {
        name.contains(&unit.name.zh) || unit.name.zh.contains(&name) && name.chars().count() >= 2
    });
    let first = part.next()?;
    // Two units that fit equally well are a question for a person, not a guess.
    part.next().is_none().then(|| {
        (
            first.id.clone(),
            Message::new("reader.owner_part").with("unit", &first.name),
        )
    })
}

/// A title: the action and its object where the reader found both, else the sentence, cut at 60 characters.
fn title_of(commitment: &Commitment) -> String {
    let text = match (&commitment.action, &commitment.object) {
        (Some(action), Some(object)) if !object.contains(action.as_str()) => {
            tidy(&format!("{action}{object}"))
        }
        _ => tidy(&commitment.quote),
    };
    if text.chars().count() <= 60 {
        return text;
    }
    let cut: String = text.chars().take(59).collect();
    format!("{cut}…")
}

fn value_text(value: &Value) -> String {
    match value {
        Value::One(number) => number.normalize().to_string(),
        // The lower end is what must at least be reached; the sentence keeps the range.
        Value::Range(low, _) => low.normalize().to_string(),
    }
}

/// A run of the text as people read it: without the line breaks of its column.
fn tidy(text: &str) -> String {
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
