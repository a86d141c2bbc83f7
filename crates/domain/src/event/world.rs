//! Events of the jurisdiction: its org, registers, calendars, packs, settings, documents and bulletins.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Number;
use crate::calendar::Calendar;
use crate::expr::Row;
use crate::id::{
    BulletinId, CaseId, Code, Digest, DocumentId, PackId, PostId, RegisterId, RowId, Sealed, UnitId,
};
use crate::org::{Appointment, Person, Post, Unit};
use crate::value::Attachment;
use crate::verification::Beacon;

/// An event of the jurisdiction: org, registers, calendars, packs, settings, documents, bulletins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "body")]
#[allow(missing_docs, reason = "each variant is documented at its body")]
pub enum WorldEvent {
    #[serde(rename = "jurisdiction.created")]
    Created(Created),
    #[serde(rename = "unit.put")]
    UnitPut(Unit),
    #[serde(rename = "post.put")]
    PostPut(Post),
    #[serde(rename = "person.put")]
    PersonPut(Person),
    #[serde(rename = "person.appointed")]
    Appointed(Appointment),
    #[serde(rename = "person.relieved")]
    Relieved(Relieved),
    #[serde(rename = "calendar.adopted")]
    CalendarAdopted(Box<Calendar>),
    #[serde(rename = "pack.adopted")]
    PackAdopted(PackAdopted),
    #[serde(rename = "register.put")]
    RowPut(RowPut),
    #[serde(rename = "register.removed")]
    RowRemoved(RowRemoved),
    #[serde(rename = "setting.set")]
    SettingSet(SettingSet),
    #[serde(rename = "document.received")]
    DocumentReceived(DocumentReceived),
    #[serde(rename = "document.reviewed")]
    DocumentReviewed(DocumentReviewed),
    #[serde(rename = "bulletin.drafted")]
    BulletinDrafted(BulletinDrafted),
    #[serde(rename = "bulletin.signed")]
    BulletinSigned(BulletinSigned),
    #[serde(rename = "bulletin.issued")]
    BulletinIssued(BulletinIssued),
    #[serde(rename = "bulletin.overdue")]
    BulletinOverdue(BulletinOverdue),
    #[serde(rename = "paper.issued")]
    PaperIssued(PaperIssued),
    #[serde(rename = "erasure.asked")]
    ErasureAsked(ErasureAsked),
    #[serde(rename = "erasure.withdrawn")]
    ErasureWithdrawn(ErasureWithdrawn),
    #[serde(rename = "erasure.done")]
    ErasureDone(ErasureDone),
    #[serde(rename = "values.unmasked")]
    Unmasked(Unmasked),
    #[serde(rename = "account.changed")]
    AccountChanged(AccountChanged),
}

/// A log begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// The root unit of the org tree.
    pub root: UnitId,
    /// Division code (GB/T 2260).
    pub division: Code,
    /// Public name.
    pub name: bihuan_messages::Label,
    /// Post of last resort: holds what no role can be found for, so that no case is ever unowned.
    pub last_resort: PostId,
}

/// Somebody left a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relieved {
    /// Who.
    pub person: crate::id::PersonId,
    /// From which post.
    pub post: PostId,
    /// Last day.
    pub last: Date,
}

/// A pack came into force. Its files stand in the log: every later decision was made under them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackAdopted {
    /// The pack.
    pub pack: PackId,
    /// Digest over all files.
    pub digest: Digest,
    /// Path inside the pack → text.
    pub files: BTreeMap<String, String>,
}

/// A register row was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowPut {
    /// The register.
    pub register: RegisterId,
    /// The row.
    pub row: RowId,
    /// All its values.
    pub values: Row,
}

/// A register row was taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRemoved {
    /// The register.
    pub register: RegisterId,
    /// The row.
    pub row: RowId,
}

/// A setting was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingSet {
    /// Which.
    pub key: Code,
    /// To what; no floats.
    pub value: Json,
}

/// A document was received for reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentReceived {
    /// The document.
    pub document: DocumentId,
    /// Its name.
    pub name: Sealed,
    /// SHA-256 of the decoded text.
    pub text_sha256: Digest,
    /// The file itself.
    pub file: Attachment,
    /// Number of characters.
    pub characters: u64,
}

/// The rows that a document proposes were revised (edited, split, merged, rejected, assigned) by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentReviewed {
    /// The document.
    pub document: DocumentId,
    /// Which revision this is, from 1: of two who revised the same one, the second is refused.
    pub revision: u64,
    /// What was changed, in words of the engine: titles and reasons are free text.
    pub changes: Sealed,
}

/// A bulletin was drafted from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulletinDrafted {
    /// The bulletin.
    pub bulletin: BulletinId,
    /// Kind: `supervision` (督查通报).
    pub kind: Code,
    /// Number.
    pub number: Option<Number>,
    /// First day of the period.
    pub from: Date,
    /// Last day of the period.
    pub to: Date,
    /// The figures are as of this instant.
    pub as_of: Timestamp,
    /// Number of log entries from which they were computed, and their root: anyone can recompute it.
    pub log: Beacon,
    /// Digest of the draft's content.
    pub content: Digest,
    /// The draft itself, kept as a file.
    pub file: Attachment,
    /// Who signs.
    pub signer: PostId,
    /// When the signature is due.
    pub due: Timestamp,
    /// The template by which it was drafted by itself; absent where the office drafted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Code>,
    /// When it was to be drafted; the entry's own time says when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Timestamp>,
}

/// A bulletin's signature is overdue and has climbed to a rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulletinOverdue {
    /// The bulletin.
    pub bulletin: BulletinId,
    /// The rung, from 1.
    pub rung: u32,
    /// What happens there.
    pub label: bihuan_messages::Label,
    /// Who is told, and may sign in the signer's place.
    pub to: PostId,
    /// When what ran out was due: the signature, or the rung below.
    pub due: Timestamp,
    /// How long it stands on this rung; the last one has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A bulletin was signed (签发) as drafted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulletinSigned {
    /// The bulletin.
    pub bulletin: BulletinId,
    /// Digest of what was signed.
    pub content: Digest,
}

/// A bulletin was issued and is kept by hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulletinIssued {
    /// The bulletin.
    pub bulletin: BulletinId,
    /// Digest of what was issued.
    pub content: Digest,
}

/// A paper of an announced assessment went out, and is kept by hash as it went out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperIssued {
    /// Which: `grades` (等次通知), `commendation` (表彰决定).
    pub paper: Code,
    /// Of which scheme.
    pub scheme: Code,
    /// Of which period, by its name.
    pub period: Code,
    /// Number of log entries from whose rows it was written, and their root.
    pub log: Beacon,
    /// Digest of what was issued, in both languages.
    pub content: Digest,
    /// The same, kept as a file.
    pub file: Attachment,
}

/// Somebody asked that a subject be erased; another person must confirm it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureAsked {
    /// The request's number, from 1.
    pub erasure: u64,
    /// What is to be erased, as keys name it: `case/17`, `person/p3`, `register/households/h12`.
    pub subject: Code,
    /// Why, from a list.
    pub reason: Code,
}

/// A request for erasure was taken back or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureWithdrawn {
    /// The request's number, from 1.
    pub erasure: u64,
}

/// A subject was erased: its keys, ciphertexts and files are gone from here on. Entries and proofs stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureDone {
    /// The request's number, or a new one where nobody else had to confirm.
    pub erasure: u64,
    /// What was erased.
    pub subject: Code,
    /// Why, from a list.
    pub reason: Code,
}

/// Somebody had sensitive values shown that are masked otherwise. The values are not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmasked {
    /// The register whose rows were shown.
    pub register: RegisterId,
    /// The rows.
    pub rows: Vec<RowId>,
    /// The case in which that was needed, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// What for, from a list.
    pub purpose: Code,
}

/// Something about a person's account was changed: what anybody does under it from here on is judged in this light. Sign-in
/// names and secrets are not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChanged {
    /// Whose account.
    pub person: crate::id::PersonId,
    /// What was done: `made`, `password_set`, `password_reset`, `second_on`, `second_off`, `unlocked`, `removed`, `token_made`,
    /// `token_ended`, `sessions_ended`.
    pub act: Code,
}
