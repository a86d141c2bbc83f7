//! What happened. Events are the only thing that changes state; they are never edited.
//!
//! The stored form is a stable name, a version and a JSON body; no Rust name is ever stored. An event carries the
//! outcome of its decision (stage, holder, due times), so that replay needs no mechanism, org or calendar.

mod world;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::calendar::CalendarId;
use crate::clock::Rule;
use crate::id::{
    CaseId, Code, DocumentId, FieldId, LadderId, PostId, RoleId, Sealed, StageId, StepId, UnitId,
};
use crate::mechanism::{Colour, MechanismRef, RequestKind, Risk, SourceKind, StageKind};
use crate::value::Attachment;
use crate::verification::{Beacon, Relaxation, Seat};

pub use world::{
    AccountChanged, BulletinDrafted, BulletinIssued, BulletinOverdue, BulletinSigned, Created,
    DocumentReceived, DocumentReviewed, ErasureAsked, ErasureDone, ErasureWithdrawn, PackAdopted,
    PaperIssued, Relieved, RowPut, RowRemoved, SettingSet, Unmasked, WorldEvent,
};

/// The events of a case with the names under which they are stored.
macro_rules! case_events {
    ($($name:literal $variant:ident($body:ty),)*) => {
        /// An event of a case's stream.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "type", content = "body")]
        #[allow(missing_docs, reason = "each variant is documented at its body")]
        pub enum CaseEvent {
            $(#[serde(rename = $name)] $variant($body),)*
        }

        /// The event of that name from its body's text; `None` for a name that this program does not know.
        fn read_body(name: &str, body: &str) -> Option<serde_json::Result<CaseEvent>> {
            match name {
                $($name => Some(serde_json::from_str(body).map(CaseEvent::$variant)),)*
                _ => None,
            }
        }

        /// As [`read_body`], from the body's tree.
        fn read_tree(name: &str, body: Json) -> Option<serde_json::Result<CaseEvent>> {
            match name {
                $($name => Some(serde_json::from_value(body).map(CaseEvent::$variant)),)*
                _ => None,
            }
        }
    };
}

case_events! {
    "case.opened" Opened(Box<Opened>),
    "case.moved" Moved(Box<Moved>),
    "case.noted" Noted(Noted),
    "case.amended" Amended(Amended),
    "case.reminded" Reminded(Reminded),
    "case.reassigned" Reassigned(Reassigned),
    "case.requested" Requested(Requested),
    "case.decided" Decided(Box<Decided>),
    "case.resumed" Resumed(Resumed),
    "case.child_added" ChildAdded(ChildAdded),
    "case.child_ended" ChildEnded(ChildEnded),
    "clock.warned" Warned(Warned),
    "clock.breached" Breached(Breached),
    "clock.escalated" Escalated(Escalated),
    "clock.exhausted" Exhausted(Exhausted),
    "clock.answered" Answered(Answered),
    "verification.drawn" Drawn(Drawn),
    "verification.failed" Failed(Box<Failed>),
    "case.closed" Closed(Box<Closed>),
    "lookback.drawn" LookBackDrawn(LookBackDrawn),
    "lookback.passed" LookBackPassed(LookBackPassed),
    "case.reopened" Reopened(Box<Reopened>),
    "case.corrected" Corrected(Corrected),
    "case.migrated" Migrated(Box<Migrated>),
    "clock.recounted" Recounted(Box<Recounted>),
}

/// Values that an event sets, by field.
pub type Values = BTreeMap<FieldId, crate::value::Value>;

/// Where a case stands after an event: stage, holder and the stage's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The stage.
    pub stage: StageId,
    /// Its kind.
    pub kind: StageKind,
    /// Who holds the case.
    pub holder: Holder,
    /// The clock that starts with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockStart>,
    /// Verification that begins with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<VerificationAsked>,
}

/// Whose move it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// In which role of the mechanism.
    pub role: RoleId,
    /// The unit.
    pub unit: UnitId,
    /// The post.
    pub post: PostId,
}

/// A clock that starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockStart {
    /// The rule by which it counts.
    pub rule: Rule,
    /// Where its breach climbs.
    pub ladder: LadderId,
    /// From when it counts.
    pub start: Timestamp,
    /// When it is due.
    pub due: Timestamp,
    /// Warnings, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningAt>,
    /// When a last day was named anew (an extension, an amended day): who named it knew of the pauses before, so only
    /// later ones move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_named: Option<Timestamp>,
}

/// A regular report that falls due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressStart {
    /// Who reports.
    pub by: Holder,
    /// The clock.
    pub clock: ClockStart,
}

/// A warning to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarningAt {
    /// When.
    pub at: Timestamp,
    /// The colour it gives.
    pub colour: Colour,
}

/// Verification that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationAsked {
    /// `drawn`, `office`, `requester`, `record` or `self`.
    pub way: Code,
    /// `drawn`: the seats that may be drawn, in order; the draw takes one by the beacon.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pool: Vec<Seat>,
    /// Rules that were relaxed because fewer than three were eligible.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relaxed: Vec<Relaxation>,
}

/// Where a case came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// What it came from.
    pub kind: SourceKind,
    /// The document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    /// Where in the document, in Unicode scalar positions of its text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<(u64, u64)>,
    /// The sentence itself, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Sealed>,
    /// An outside key, such as the number in an imported ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Code>,
}

/// A case was opened (立项).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The case.
    pub case: CaseId,
    /// Under which definition.
    pub mechanism: MechanismRef,
    /// Its number, where the mechanism numbers cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// Its title.
    pub title: Sealed,
    /// The owner (责任单位).
    pub owner: UnitId,
    /// Supporting units (配合单位).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub supporting: BTreeSet<UnitId>,
    /// Risk.
    pub risk: Risk,
    /// Source.
    pub source: Source,
    /// The parent case, where it is a part of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<CaseId>,
    /// Field values.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
    /// First stage.
    pub placement: Placement,
    /// The clock of the whole case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockStart>,
    /// The first regular report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressStart>,
    /// What no other open case of the mechanism may share, as it was at the opening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<Code>,
    /// The papers it came from, scanned: a signed instruction, a letter. What is done about it is evidence; these are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Attachment>,
}

/// A number in a series: the year, the serial and the printed form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// The series.
    pub series: Code,
    /// The year.
    pub year: i16,
    /// The serial in the year.
    pub n: u32,
    /// As printed: `交督〔2026〕17号`.
    pub text: String,
}

/// A step was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The step; `@exit` where the kernel used a stage's exit, `@join` where children let the parent go on.
    pub step: StepId,
    /// From which stage.
    pub from: StageId,
    /// Where the case stands now.
    pub placement: Placement,
    /// Values set.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Attachment>,
    /// The due time at which the exit fired, where the kernel moved the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// Feedback (反馈) without a change of stage; answers a regular report that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Values set.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Attachment>,
    /// The next regular report, where this one answered the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressStart>,
}

/// Fields were brought up to date by the dispatcher or an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amended {
    /// Values set.
    pub values: Values,
    /// A new title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Sealed>,
    /// Why, as a code: `import`, `correction`.
    pub reason: Code,
    /// The stage's clock, where its last day stands in a field that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_clock: Option<ClockStart>,
    /// The case's clock, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_clock: Option<ClockStart>,
}

/// A reminder (催办).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminded {
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
}

/// The owner changed (改派).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reassigned {
    /// The new owner.
    pub owner: UnitId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Sealed>,
    /// Who holds the case now.
    pub holder: Holder,
    /// Who owes the regular report now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress_by: Option<Holder>,
}

/// A side move was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// Its number within the case, from 1.
    pub request: u32,
    /// What for.
    pub kind: RequestKind,
    /// The reason by code, where the mechanism lists reasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Code>,
    /// The reason in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
    /// Extension, suspension: until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Return: the unit that should have it in the asker's view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Who decides.
    pub approver: Holder,
    /// The approver's clock.
    pub clock: ClockStart,
    /// Whether the approver becomes the holder of the case (a return).
    pub holds: bool,
}

/// A side move was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Which request.
    pub request: u32,
    /// What for.
    pub kind: RequestKind,
    /// Granted or refused.
    pub granted: bool,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
    /// The new owner (return, hand-up).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UnitId>,
    /// Who owes the regular report now, where the owner changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress_by: Option<Holder>,
    /// Where the case stands now, where that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
    /// The holder now, where only that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// The stage's clock, extended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_clock: Option<ClockStart>,
    /// The case's clock, extended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_clock: Option<ClockStart>,
    /// Suspension: when it is reviewed; the clocks stand still until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Timestamp>,
}

/// The clocks run again after a suspension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// From when they count again.
    pub at: Timestamp,
    /// The stage's clock with its new due time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_clock: Option<ClockStart>,
    /// The case's clock with its new due time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_clock: Option<ClockStart>,
    /// The next regular report; none was owed meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressStart>,
    /// Until when a clock that had been breached before stays on its rung now: what stood still does not count there,
    /// either.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rungs: BTreeMap<ClockKey, Timestamp>,
}

/// A child was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildAdded {
    /// The child.
    pub child: CaseId,
}

/// A child was closed, voided or re-opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildEnded {
    /// The child.
    pub child: CaseId,
    /// What it is now.
    pub kind: StageKind,
}

/// Which clock of a case: `case`, `stage`, `progress`, `lookback`, or `request/N`.
pub type ClockKey = Code;

/// A warning fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warned {
    /// Which clock.
    pub clock: ClockKey,
    /// The colour.
    pub colour: Colour,
    /// When it was due; the entry's own time says when it fired.
    pub due: Timestamp,
}

/// A clock ran out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breached {
    /// Which clock.
    pub clock: ClockKey,
    /// When it was due.
    pub due: Timestamp,
    /// Who was the holder then, and is charged.
    pub charged: Holder,
}

/// A breach climbed a rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// Which clock.
    pub clock: ClockKey,
    /// The rung, from 0.
    pub rung: u32,
    /// When it was due.
    pub due: Timestamp,
    /// Who is told.
    pub to: Holder,
    /// When this rung's own clock ends.
    pub until: Timestamp,
    /// Whether an item of the bulletin was drafted, which waits for a signature.
    pub bulletin: bool,
}

/// The top of the ladder was reached and its clock ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exhausted {
    /// Which clock.
    pub clock: ClockKey,
    /// When.
    pub due: Timestamp,
}

/// The post on a rung answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Which clock.
    pub clock: ClockKey,
    /// The rung.
    pub rung: u32,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
}

/// A verifier was drawn by lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// The checkpoint that decided the draw; signed after the request.
    pub beacon: Beacon,
    /// The index into the pool of the request.
    pub index: u32,
    /// Who holds the case now.
    pub holder: Holder,
    /// The verifier's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockStart>,
}

/// Verification failed: rework (返工).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Where the case goes.
    pub placement: Placement,
    /// What was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Attachment>,
    /// Values that the verifier set.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
    /// The next regular report; none was owed while the claim was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressStart>,
}

/// The case was closed (销号).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The closed stage.
    pub stage: StageId,
    /// The way of verification.
    pub way: Code,
    /// The closing condition in words of the file, and that it held.
    pub condition: String,
    /// When the handler said it was done (办结).
    pub done: Timestamp,
    /// Whether that was in time; absent where the case has no clock of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_time: Option<bool>,
    /// Values that the verifier set.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
    /// What the verifier said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Attachment>,
    /// When the draw for a look-back is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_back: Option<Timestamp>,
}

/// The lot for a look-back was drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookBackDrawn {
    /// When the draw was due.
    pub due: Timestamp,
    /// The checkpoint that decided it.
    pub beacon: Beacon,
    /// Whether this case is looked at again.
    pub selected: bool,
    /// Who looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Holder>,
    /// Their clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockStart>,
}

/// It stayed fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookBackPassed {
    /// What was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Attachment>,
}

/// A look-back failed: redo (回炉). Corrects the period in which the closing was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopened {
    /// The round that begins.
    pub round: u32,
    /// When the closing that proved false was recorded.
    pub closed_at: Timestamp,
    /// Where the case stands.
    pub placement: Placement,
    /// The clock of the whole case, anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockStart>,
    /// The next regular report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressStart>,
    /// What was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Sealed>,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Attachment>,
}

/// A mistake in an earlier entry was named. Nothing is edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// The sequence number of the entry.
    pub entry: u64,
    /// What was wrong and what is right.
    pub note: Sealed,
    /// Values set right.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
}

/// The case runs under a newer definition of its mechanism from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migrated {
    /// The definition that it ran under.
    pub from: MechanismRef,
    /// The definition that it runs under now.
    pub mechanism: MechanismRef,
    /// Fields that have another code now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<FieldId, FieldId>,
    /// Where it stands now, where its stage has another code or kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
    /// Who holds it now, where the same stage names somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// The stage's clock, where it was counted anew from its own start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_clock: Option<ClockStart>,
    /// The case's clock, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_clock: Option<ClockStart>,
}

/// A calendar came to say something else about days to come: clocks that count by it are due at another instant now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recounted {
    /// The calendar.
    pub calendar: CalendarId,
    /// Its digest, as it was counted by.
    pub digest: String,
    /// The clocks that moved.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clocks: BTreeMap<ClockKey, ClockStart>,
    /// Until when a breached clock stays on its rung, where that moved.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rungs: BTreeMap<ClockKey, Timestamp>,
    /// When the lot of the look-back is drawn, where that moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_back: Option<Timestamp>,
}

/// An event could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its stored name.
    pub name: String,
    /// Its stored version.
    pub version: u32,
    /// What is wrong.
    pub why: String,
}

/// The version that this program writes of every event. Older ones are raised by `upcast`.
pub const VERSION: u32 = 1;

fn split<T: Serialize>(event: &T) -> (String, Json) {
    // Serialising our own plain data to JSON cannot fail; were it to, the empty body would be refused on reading.
    match serde_json::to_value(event) {
        Ok(Json::Object(mut parts)) => {
            let name = parts
                .remove("type")
                .and_then(|name| name.as_str().map(str::to_owned))
                .unwrap_or_default();
            (name, parts.remove("body").unwrap_or(Json::Null))
        }
        _ => (String::new(), Json::Null),
    }
}

fn unreadable(name: &str, version: u32, why: String) -> Unreadable {
    Unreadable {
        name: name.to_owned(),
        version,
        why,
    }
}

/// Raises the body of an older version to [`VERSION`].
fn upcast(_name: &str, version: u32, body: Json) -> Result<Json, String> {
    match version {
        VERSION => Ok(body),
        newer if newer > VERSION => Err(format!("version {newer} is newer than this program ({VERSION})")),
        older => Err(format!("no upcaster from version {older}")),
    }
}

impl CaseEvent {
    /// The stable name and the body, as stored.
    pub fn stored(&self) -> (String, Json) {
        split(self)
    }

    /// Reads a stored event.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] where the name is unknown, the version newer than this program or the body of another shape.
    pub fn read(name: &str, version: u32, body: Json) -> Result<Self, Unreadable> {
        let body = upcast(name, version, body).map_err(|why| unreadable(name, version, why))?;
        match read_tree(name, body) {
            Some(read) => read.map_err(|error| unreadable(name, version, error.to_string())),
            None => Err(unreadable(
                name,
                version,
                "this program knows no event of this name".to_owned(),
            )),
        }
    }

    /// As [`CaseEvent::read`], from the body's text: nothing stands between the text and the event.
    ///
    /// # Errors
    ///
    /// As for [`CaseEvent::read`].
    pub fn read_text(name: &str, version: u32, body: &str) -> Result<Self, Unreadable> {
        let fault = |error: serde_json::Error| unreadable(name, version, error.to_string());
        match read_body(name, body).filter(|_| version == VERSION) {
            Some(read) => read.map_err(fault),
            // An older form, or a name that is not known: the tree says which.
            None => CaseEvent::read(name, version, serde_json::from_str(body).map_err(fault)?),
        }
    }
}

impl WorldEvent {
    /// The stable name and the body, as stored.
    pub fn stored(&self) -> (String, Json) {
        split(self)
    }

    /// Reads a stored event.
    ///
    /// # Errors
    ///
    /// As for [`CaseEvent::read`].
    pub fn read(name: &str, version: u32, body: Json) -> Result<Self, Unreadable> {
        let fault = |why: String| unreadable(name, version, why);
        let body = upcast(name, version, body).map_err(fault)?;
        serde_json::from_value(serde_json::json!({ "type": name, "body": body }))
            .map_err(|error| fault(error.to_string()))
    }
}
