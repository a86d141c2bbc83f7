//! The course of a case: stages, steps, clocks, ladders, regular reports.

use std::collections::BTreeMap;

use bihuan_messages::Label;
use serde::{Deserialize, Serialize};

use crate::clock::{Cadence, Rule};
use crate::expr::Expr;
use crate::id::{Code, FieldId, LadderId, RegisterId, RoleId, StageId, StepId};

/// The closed set of stage kinds that the kernel knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    /// Somebody works.
    Work,
    /// Somebody decides (approval, opinion).
    Decide,
    /// The case waits for its children while the lead unit holds it.
    Wait,
    /// Somebody independent verifies; passing closes the case.
    Verify,
    /// Set aside with a review date.
    Parked,
    /// Closed (销号).
    Closed,
    /// Void (作废).
    Void,
}

impl StageKind {
    /// Whether a case in such a stage is open.
    pub fn is_open(self) -> bool {
        !matches!(self, StageKind::Closed | StageKind::Void)
    }
}

/// A stage (环节).
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Code.
    pub id: StageId,
    /// Label.
    pub label: Label,
    /// Kind.
    pub kind: StageKind,
    /// Who holds the case here. `None` only for closed and void stages and for `Verify`, whose holder the way of
    /// verification names.
    pub holder: Option<RoleId>,
    /// The clock of the wait.
    pub clock: Option<ClockSpec>,
    /// Steps out of it.
    pub steps: Vec<Step>,
    /// Where the kernel puts the case when the ladder has ended without an answer.
    pub exit: Option<Exit>,
    /// `Verify`: where a failed verification sends the case (返工).
    pub rework: Option<StageId>,
}

/// The exit that needs no guard and nobody's goodwill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The stage, which is parked or another open stage held by somebody else.
    pub to: StageId,
}

/// A step (动作).
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Code.
    pub id: StepId,
    /// Label, an imperative.
    pub label: Label,
    /// Roles that may take it; the holder's role where the file says nothing.
    pub by: Vec<RoleId>,
    /// Fields that must have a value after it.
    pub needs: Vec<FieldId>,
    /// Fields that may be given with it.
    pub takes: Vec<FieldId>,
    /// Files that must be attached: at least this many.
    pub evidence: u8,
    /// Guard.
    pub when: Option<Expr>,
    /// The guard as the file writes it, for who knows the language.
    pub when_text: Option<String>,
    /// The guard in words, shown in a refusal and beside the button.
    pub says: Option<Label>,
    /// Help for who takes it.
    pub help: Option<Label>,
    /// The register into which the step also writes one row, tied to the case.
    pub adds: Option<RegisterId>,
    /// Where it leads; its own stage where only the clock starts anew.
    pub to: StageId,
}

/// A clock: how long, by which ladder, warned when.
#[derive(Clone, Debug, PartialEq)]
pub struct ClockSpec {
    /// The limit.
    pub limit: LimitSpec,
    /// The ladder that a breach climbs.
    pub ladder: LadderId,
    /// Warnings as fractions of the counted time, ascending, each with the colour it gives.
    pub warnings: Vec<Warning>,
}

/// A limit that is stated, or stands in a date field of the case.
#[derive(Clone, Debug, PartialEq)]
pub enum LimitSpec {
    /// Stated.
    Rule(Rule),
    /// The end of the day in this field; `or` where it is empty.
    Field {
        /// A date field.
        field: FieldId,
        /// The limit where the field is empty.
        or: Rule,
    },
    /// By what a choice field of the case says.
    Choice {
        /// A choice field.
        field: FieldId,
        /// Limits by code.
        limits: BTreeMap<Code, Rule>,
        /// The limit where the field is empty or names another choice.
        or: Rule,
    },
}

/// A warning before a due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Numerator of the fraction of counted time.
    pub num: u32,
    /// Denominator.
    pub den: u32,
    /// The colour.
    pub colour: Colour,
}

/// Signal colours, from calm to grave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// In time.
    #[default]
    Green,
    /// Attention.
    Blue,
    /// Near the limit, or late before in this period (a cured red stays yellow).
    Yellow,
    /// Very near the limit.
    Orange,
    /// Late.
    Red,
}

/// Regular reports while a case is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// When.
    pub cadence: Cadence,
    /// By whom.
    pub by: RoleId,
    /// The ladder of a missed one.
    pub ladder: LadderId,
    /// What it is called.
    pub label: Label,
}

/// An escalation ladder (升级链): finite, each rung on its own clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    /// Code.
    pub id: LadderId,
    /// Label.
    pub label: Label,
    /// Rungs from the first to the top.
    pub rungs: Vec<Rung>,
}

/// A rung of a ladder.
#[derive(Clone, Debug, PartialEq)]
pub struct Rung {
    /// Who is told.
    pub to: RoleId,
    /// What this rung is called (催办, 督办, 通报).
    pub label: Label,
    /// How long the matter may stay on this rung before it climbs on (or leaves by the exit).
    pub limit: Rule,
    /// Whether this rung drafts an item of the bulletin, which waits for the rung's post to sign (签发).
    pub bulletin: bool,
}
