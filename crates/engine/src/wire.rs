//! Commands as they come in over the API, the pages and imports: plain JSON with plain text, before anything is sealed.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::command::{self, Command};
use bihuan_domain::event::{Source, Values};
use bihuan_domain::id::{
    CaseId, Code, DocumentId, FieldId, MechanismId, RegisterId, RowId, Sealed, StageId, StepId, UnitId,
};
use bihuan_domain::mechanism::{Field, Mechanism, RequestKind, Risk, SourceKind};
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::{Attachment, Type, Value};
use bihuan_domain::world::World;
use bihuan_ledger::{Error, SealDraft};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::custody::Custodians;

mod value;

pub use value::decimal;
pub(crate) use value::{value, values};

/// A command with its idempotency key, as sent by a client. `{"key":"…","type":"step","case":17,"step":"report",…}`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// Made by the client; the same key again gets the same answer and changes nothing. 1 to 200 characters without spaces.
    pub key: String,
    /// The `seq` of the case as last seen: the writer refuses where the case has moved on. Unset, the rules alone decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// What to do.
    #[serde(flatten)]
    pub order: Order,
}

impl Submission {
    /// A command that expects no particular state.
    pub fn new(key: impl Into<String>, order: Order) -> Submission {
        Submission {
            key: key.into(),
            expected: None,
            order,
        }
    }
}

/// What to do, with plain text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Order {
    /// Open a case.
    Open(OpenOrder),
    /// Take a step.
    Step {
        /// The case.
        case: CaseId,
        /// The step.
        step: StepId,
        /// Values by field.
        #[serde(default)]
        values: BTreeMap<FieldId, Json>,
        /// The row that the step adds, by field of its register.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        row: BTreeMap<FieldId, Json>,
        /// In words.
        #[serde(default)]
        note: Option<String>,
        /// Upload tokens.
        #[serde(default)]
        evidence: Vec<String>,
    },
    /// Give feedback.
    Note {
        /// The case.
        case: CaseId,
        /// Values by field.
        #[serde(default)]
        values: BTreeMap<FieldId, Json>,
        /// In words.
        #[serde(default)]
        note: Option<String>,
        /// Upload tokens.
        #[serde(default)]
        evidence: Vec<String>,
    },
    /// Bring fields up to date.
    Amend {
        /// The case.
        case: CaseId,
        /// Values by field.
        #[serde(default)]
        values: BTreeMap<FieldId, Json>,
        /// A new title.
        #[serde(default)]
        title: Option<String>,
        /// `import` or `correction`.
        reason: Code,
    },
    /// Remind the holder.
    Remind {
        /// The case.
        case: CaseId,
        /// In words.
        #[serde(default)]
        note: Option<String>,
    },
    /// Change the owner.
    Reassign {
        /// The case.
        case: CaseId,
        /// The new owner.
        owner: UnitId,
        /// Why.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Ask for a side move.
    Request {
        /// The case.
        case: CaseId,
        /// `return`, `extension`, `suspension`, `hand_up`, `void`.
        request: RequestKind,
        /// Reason by code.
        #[serde(default)]
        reason: Option<Code>,
        /// Reason in words.
        #[serde(default)]
        note: Option<String>,
        /// Until when.
        #[serde(default)]
        until: Option<jiff::civil::Date>,
        /// Which unit should have it.
        #[serde(default)]
        unit: Option<UnitId>,
    },
    /// Decide a side move.
    Decide {
        /// The case.
        case: CaseId,
        /// Its number.
        number: u32,
        /// Grant it?
        grant: bool,
        /// In words.
        #[serde(default)]
        note: Option<String>,
        /// Which unit gets it (return).
        #[serde(default)]
        unit: Option<UnitId>,
    },
    /// End a suspension.
    Resume {
        /// The case.
        case: CaseId,
    },
    /// Give the verdict of the verification.
    Verify {
        /// The case.
        case: CaseId,
        /// Passed?
        pass: bool,
        /// Values by field.
        #[serde(default)]
        values: BTreeMap<FieldId, Json>,
        /// In words.
        #[serde(default)]
        note: Option<String>,
        /// Upload tokens.
        #[serde(default)]
        evidence: Vec<String>,
    },
    /// Give the verdict of a look-back.
    LookBack {
        /// The case.
        case: CaseId,
        /// Passed?
        pass: bool,
        /// In words.
        #[serde(default)]
        note: Option<String>,
        /// Upload tokens.
        #[serde(default)]
        evidence: Vec<String>,
    },
    /// Answer on a rung of the ladder.
    Answer {
        /// The case.
        case: CaseId,
        /// Which clock.
        clock: Code,
        /// In words.
        #[serde(default)]
        note: Option<String>,
    },
    /// Write a row of a register, or correct one; its keeper may.
    Row {
        /// The register.
        register: RegisterId,
        /// The row's code; a new one where absent.
        #[serde(default)]
        row: Option<RowId>,
        /// Values by field; what is not said stays as it was.
        values: BTreeMap<FieldId, Json>,
    },
    /// Compute the assessment of a period and put it into the register that its scheme computes; its keeper may.
    Compute {
        /// The register.
        register: RegisterId,
        /// The period by its name, such as `2026` or `2026-H1`.
        period: String,
    },
    /// Name a mistake in an earlier entry.
    Correct {
        /// The case.
        case: CaseId,
        /// The entry.
        entry: u64,
        /// What was wrong.
        note: String,
        /// Values by field.
        #[serde(default)]
        values: BTreeMap<FieldId, Json>,
    },
}

/// Opens a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenOrder {
    /// The mechanism.
    pub mechanism: MechanismId,
    /// The owner.
    pub owner: UnitId,
    /// Supporting units.
    #[serde(default)]
    pub supporting: BTreeSet<UnitId>,
    /// Title.
    pub title: String,
    /// Risk.
    #[serde(default)]
    pub risk: Option<Risk>,
    /// Values by field.
    #[serde(default)]
    pub values: BTreeMap<FieldId, Json>,
    /// What it came from; a person where absent.
    #[serde(default)]
    pub source: Option<SourceOrder>,
    /// The parent case.
    #[serde(default)]
    pub parent: Option<CaseId>,
    /// A later stage, where the mechanism lets a case be opened in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageId>,
    /// Upload tokens: scans of the papers it came from (PDF, JPEG or PNG).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<String>,
}

/// What a case came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceOrder {
    /// Kind.
    pub kind: SourceKind,
    /// The document.
    #[serde(default)]
    pub document: Option<DocumentId>,
    /// Where in its text, in Unicode scalar positions.
    #[serde(default)]
    pub at: Vec<(u64, u64)>,
    /// The sentence.
    #[serde(default)]
    pub quote: Option<String>,
    /// An outside key; with the mechanism it names the case once and for all.
    #[serde(default)]
    pub key: Option<Code>,
}

impl Order {
    /// The case that is meant; `None` for an opening.
    pub fn case(&self) -> Option<CaseId> {
        match self {
            Order::Open(_) | Order::Row { .. } | Order::Compute { .. } => None,
            Order::Step { case, .. }
            | Order::Note { case, .. }
            | Order::Amend { case, .. }
            | Order::Remind { case, .. }
            | Order::Reassign { case, .. }
            | Order::Request { case, .. }
            | Order::Decide { case, .. }
            | Order::Resume { case }
            | Order::Verify { case, .. }
            | Order::LookBack { case, .. }
            | Order::Answer { case, .. }
            | Order::Correct { case, .. } => Some(*case),
        }
    }
}

/// Seals what is free text, before the decision; the drafts are stored only if events name them.
#[derive(Debug, Default)]
pub(crate) struct Sealing {
    pub(crate) drafts: Vec<SealDraft>,
    /// To whom fields are encrypted that the server must not read. Without them such a field is refused.
    custodians: Custodians,
}

impl Sealing {
    /// For the fields of a mechanism and of the rows that its steps write.
    pub(crate) fn of_mechanism(mechanism: &Mechanism, world: &World, now: Timestamp) -> Sealing {
        let rows = mechanism.registers.values().flat_map(|register| &register.fields);
        Sealing::of_fields(mechanism.fields.iter().chain(rows), world, now)
    }

    /// For some fields.
    pub(crate) fn of_fields<'a>(
        fields: impl IntoIterator<Item = &'a Field>,
        world: &World,
        now: Timestamp,
    ) -> Sealing {
        Sealing {
            drafts: Vec::new(),
            custodians: Custodians::of(world, now, fields),
        }
    }
}

/// Why an order could not become a command.
#[derive(Debug)]
pub(crate) enum Unfit {
    Refused(Refusal),
    Fault(Error),
}

impl From<Refusal> for Unfit {
    fn from(refusal: Refusal) -> Self {
        Unfit::Refused(refusal)
    }
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Self {
        Unfit::Fault(error)
    }
}

/// Longest free text, in characters. A work report has 20,000; longer ones are documents and go in as files.
pub const TEXT_CHARS_MAX: usize = 20_000;

/// Turns an order into a command of the domain, sealing its free texts.
pub(crate) fn command(
    mechanism: &Mechanism,
    order: &Order,
    sealing: &mut Sealing,
    upload: &mut dyn FnMut(&str) -> Option<Attachment>,
) -> Result<Command, Unfit> {
    let mut files = |tokens: &[String]| -> Result<Vec<Attachment>, Unfit> {
        tokens
            .iter()
            .map(|token| upload(token).ok_or_else(|| Refusal::new("no_such_upload").into()))
            .collect()
    };
    Ok(match order {
        Order::Open(open) => {
            let source = open.source.clone().unwrap_or(SourceOrder {
                kind: SourceKind::Person,
                document: None,
                at: Vec::new(),
                quote: None,
                key: None,
            });
            Command::Open(Box::new(command::Open {
                mechanism: open.mechanism.clone(),
                owner: open.owner.clone(),
                supporting: open.supporting.clone(),
                title: title(&open.title, sealing)?,
                risk: open.risk,
                source: Source {
                    kind: source.kind,
                    document: source.document,
                    at: source.at,
                    quote: text(source.quote.as_deref(), sealing)?,
                    key: source.key,
                },
                parent: open.parent,
                values: values(&mechanism.fields, &open.values, sealing)?,
                stage: open.stage.clone(),
                since: None,
                papers: files(&open.papers)?,
            }))
        }
        Order::Step {
            step,
            values: v,
            row,
            note,
            evidence,
            ..
        } => Command::Step(command::Step {
            step: step.clone(),
            values: {
                // The value of a field for a file is the token of an upload.
                let (brought, told) = files_apart(mechanism, v);
                let mut values = values(&mechanism.fields, &told, sealing)?;
                for (field, token) in brought {
                    let mut file = files(&[token])?;
                    values.extend(file.pop().map(|file| (field, Value::File(file))));
                }
                values
            },
            row: values(row_fields(mechanism, step), row, sealing)?,
            note: text(note.as_deref(), sealing)?,
            evidence: files(evidence)?,
        }),
        Order::Note {
            values: v,
            note,
            evidence,
            ..
        } => Command::Note(command::Note {
            values: values(&mechanism.fields, v, sealing)?,
            note: text(note.as_deref(), sealing)?,
            evidence: files(evidence)?,
        }),
        Order::Amend {
            values: v,
            title: t,
            reason,
            ..
        } => Command::Amend {
            values: values(&mechanism.fields, v, sealing)?,
            title: match t {
                Some(t) => Some(title(t, sealing)?),
                None => None,
            },
            reason: reason.clone(),
        },
        Order::Remind { note, .. } => Command::Remind {
            note: text(note.as_deref(), sealing)?,
        },
        Order::Reassign { owner, reason, .. } => Command::Reassign {
            owner: owner.clone(),
            reason: text(reason.as_deref(), sealing)?,
        },
        Order::Request {
            request,
            reason,
            note,
            until,
            unit,
            ..
        } => Command::Request(command::Request {
            kind: *request,
            reason: reason.clone(),
            note: text(note.as_deref(), sealing)?,
            until: *until,
            unit: unit.clone(),
        }),
        Order::Decide {
            number,
            grant,
            note,
            unit,
            ..
        } => Command::Decide {
            request: *number,
            grant: *grant,
            note: text(note.as_deref(), sealing)?,
            unit: unit.clone(),
        },
        Order::Resume { .. } => Command::Resume,
        // A row is nobody's case: the writer takes it before it comes to commands.
        Order::Row { .. } | Order::Compute { .. } => return Err(Refusal::new("no_such_case").into()),
        Order::Verify {
            pass,
            values: v,
            note,
            evidence,
            ..
        } => Command::Verify(command::Verdict {
            pass: *pass,
            values: values(&mechanism.fields, v, sealing)?,
            note: text(note.as_deref(), sealing)?,
            evidence: files(evidence)?,
        }),
        Order::LookBack {
            pass, note, evidence, ..
        } => Command::LookBack(command::Verdict {
            pass: *pass,
            values: Values::new(),
            note: text(note.as_deref(), sealing)?,
            evidence: files(evidence)?,
        }),
        Order::Answer { clock, note, .. } => Command::Answer {
            clock: clock.clone(),
            note: text(note.as_deref(), sealing)?,
        },
        Order::Correct {
            entry,
            note,
            values: v,
            ..
        } => Command::Correct {
            entry: *entry,
            note: text(Some(note), sealing)?.ok_or_else(|| Refusal::new("reason_in_words"))?,
            values: values(&mechanism.fields, v, sealing)?,
        },
    })
}

pub(crate) fn title(plain: &str, sealing: &mut Sealing) -> Result<Sealed, Unfit> {
    text(Some(plain), sealing)?.ok_or_else(|| Refusal::new("title_missing").into())
}

/// Seals a text; blank text is no text.
fn text(plain: Option<&str>, sealing: &mut Sealing) -> Result<Option<Sealed>, Unfit> {
    match within_limit(plain.unwrap_or_default())? {
        Some(plain) => draft(plain, sealing).map(Some),
        None => Ok(None),
    }
}

/// The text without blanks around it; `None` where nothing is left.
fn within_limit(plain: &str) -> Result<Option<&str>, Unfit> {
    let plain = plain.trim();
    let characters = plain.chars().count();
    if characters > TEXT_CHARS_MAX {
        return Err(Refusal::new("text_too_long")
            .with("found", characters.to_string())
            .with("allowed", TEXT_CHARS_MAX.to_string())
            .into());
    }
    Ok(Some(plain).filter(|plain| !plain.is_empty()))
}

fn draft(text: &str, sealing: &mut Sealing) -> Result<Sealed, Unfit> {
    let draft = SealDraft::new(text)?;
    let sealed = Sealed::new(draft.commitment().to_string());
    sealing.drafts.push(draft);
    Ok(sealed)
}

/// Seals the text of a field; where it is a custodian's, what is sealed is already encrypted to him.
fn field_text(field: &Field, plain: &str, sealing: &mut Sealing) -> Result<Option<Sealed>, Unfit> {
    let Some(function) = &field.sealed_to else {
        return text(Some(plain), sealing);
    };
    let Some(plain) = within_limit(plain)? else {
        return Ok(None);
    };
    let locked = sealing.custodians.lock(field, function, plain)?;
    draft(&locked, sealing).map(Some)
}

/// Values of fields for files, each with its token, apart from the others.
fn files_apart(
    mechanism: &Mechanism,
    plain: &BTreeMap<FieldId, Json>,
) -> (Vec<(FieldId, String)>, BTreeMap<FieldId, Json>) {
    let (mut brought, mut told) = (Vec::new(), BTreeMap::new());
    for (id, json) in plain {
        match (mechanism.field(id).map(|field| &field.ty), json) {
            (Some(Type::File), Json::String(token)) => brought.push((id.clone(), token.clone())),
            _ => {
                told.insert(id.clone(), json.clone());
            }
        }
    }
    (brought, told)
}

/// The fields of the row that a step adds; none where it adds none.
fn row_fields<'a>(mechanism: &'a Mechanism, step: &StepId) -> &'a [Field] {
    mechanism
        .stages
        .iter()
        .flat_map(|stage| &stage.steps)
        .filter(|found| found.id == *step)
        .find_map(|found| mechanism.registers.get(found.adds.as_ref()?))
        .map_or(&[], |register| &register.fields)
}
