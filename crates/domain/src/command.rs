//! What somebody wants done to a case. Free text has already been sealed; ids come from the log's writer.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::calendar::CalendarId;
use crate::event::{ClockKey, Source, Values};
use crate::id::{CaseId, Code, MechanismId, Sealed, StageId, StepId, UnitId};
use crate::mechanism::{RequestKind, Risk};
use crate::value::Attachment;
use crate::verification::Beacon;

/// A command on a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open a case (立项、交办).
    Open(Box<Open>),
    /// Take a step of the mechanism.
    Step(Step),
    /// Give feedback (反馈) without a step.
    Note(Note),
    /// Bring fields up to date (dispatcher, import).
    Amend {
        /// Values.
        values: Values,
        /// Title.
        title: Option<Sealed>,
        /// Why: `import` or `correction`.
        reason: Code,
    },
    /// Remind the holder (催办).
    Remind {
        /// What is said.
        note: Option<Sealed>,
    },
    /// Give the case another owner (改派).
    Reassign {
        /// The new owner.
        owner: UnitId,
        /// Why.
        reason: Option<Sealed>,
    },
    /// Ask for a side move.
    Request(Request),
    /// Decide a side move.
    Decide {
        /// Which request.
        request: u32,
        /// Grant it?
        grant: bool,
        /// In words.
        note: Option<Sealed>,
        /// Return: the unit that gets the case.
        unit: Option<UnitId>,
    },
    /// End a suspension before its review date.
    Resume,
    /// Give the verdict of the verification.
    Verify(Verdict),
    /// Give the verdict of a look-back.
    LookBack(Verdict),
    /// Answer on a rung of the ladder.
    Answer {
        /// Which clock.
        clock: ClockKey,
        /// What is said.
        note: Option<Sealed>,
    },
    /// Name a mistake in an earlier entry.
    Correct {
        /// Its sequence number.
        entry: u64,
        /// What was wrong.
        note: Sealed,
        /// Values set right.
        values: Values,
    },
    /// Run under the newest definition of the mechanism (from the engine, once it is adopted).
    Migrate {
        /// Whether running clocks are counted anew by the new limits, from their own start.
        recount: bool,
    },
    /// Count the running clocks anew, because this calendar changed (from the engine, once it is adopted).
    Recount {
        /// The calendar.
        calendar: CalendarId,
    },
    /// A child was opened (from the engine).
    AddChild {
        /// The child.
        child: CaseId,
    },
    /// A child ended (from the engine).
    EndChild {
        /// The child.
        child: CaseId,
        /// What it is now.
        kind: crate::mechanism::StageKind,
    },
    /// Time has passed (from the engine): fire what is due, draw what waits for a beacon.
    Tick {
        /// The newest signed checkpoint.
        beacon: Option<Beacon>,
    },
}

/// Opens a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Under which mechanism.
    pub mechanism: MechanismId,
    /// The owner.
    pub owner: UnitId,
    /// Supporting units.
    pub supporting: BTreeSet<UnitId>,
    /// Title.
    pub title: Sealed,
    /// Risk, where it is not the mechanism's own.
    pub risk: Option<Risk>,
    /// Source.
    pub source: Source,
    /// Parent.
    pub parent: Option<CaseId>,
    /// Values.
    pub values: Values,
    /// A later stage, because the matter has come that far; the mechanism's first where absent.
    pub stage: Option<StageId>,
    /// From when the clocks count, where the opening was due before now (a schedule that fires late).
    pub since: Option<jiff::Timestamp>,
    /// Scans of the papers it came from.
    pub papers: Vec<Attachment>,
}

/// Takes a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub step: StepId,
    /// Values.
    pub values: Values,
    /// The row that the step adds, where it adds one.
    pub row: Values,
    /// In words.
    pub note: Option<Sealed>,
    /// Files.
    pub evidence: Vec<Attachment>,
}

/// Gives feedback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Values.
    pub values: Values,
    /// In words.
    pub note: Option<Sealed>,
    /// Files.
    pub evidence: Vec<Attachment>,
}

/// Asks for a side move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What for.
    pub kind: RequestKind,
    /// Reason by code.
    pub reason: Option<Code>,
    /// Reason in words.
    pub note: Option<Sealed>,
    /// Until when (extension, suspension).
    pub until: Option<Date>,
    /// Which unit should have it (return).
    pub unit: Option<UnitId>,
}

/// A verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Passed?
    pub pass: bool,
    /// Values that the verifier sets.
    pub values: Values,
    /// In words.
    pub note: Option<Sealed>,
    /// Files.
    pub evidence: Vec<Attachment>,
}

impl Command {
    /// The stable name, as in the API and in refusals.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Open(_) => "open",
            Command::Step(_) => "step",
            Command::Note(_) => "note",
            Command::Amend { .. } => "amend",
            Command::Remind { .. } => "remind",
            Command::Reassign { .. } => "reassign",
            Command::Request(_) => "request",
            Command::Decide { .. } => "decide",
            Command::Resume => "resume",
            Command::Verify(_) => "verify",
            Command::LookBack(_) => "look_back",
            Command::Answer { .. } => "answer",
            Command::Correct { .. } => "correct",
            Command::Migrate { .. } => "migrate",
            Command::Recount { .. } => "recount",
            Command::AddChild { .. } => "add_child",
            Command::EndChild { .. } => "end_child",
            Command::Tick { .. } => "tick",
        }
    }
}
