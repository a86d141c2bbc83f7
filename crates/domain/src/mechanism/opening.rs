//! How a case comes to be: by whom, from what, by itself.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_messages::Label;
use serde::{Deserialize, Serialize};

use crate::clock::Cadence;
use crate::expr::Expr;
use crate::id::{Code, FieldId, RegisterId, RoleId, StageId};

/// How a case comes to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Roles that may open a case.
    pub by: Vec<RoleId>,
    /// What it may come from, in the order of its file: a case that people open comes from the first, if nothing else is said.
    pub from: Vec<SourceKind>,
    /// The first stage.
    pub stage: StageId,
    /// Later stages in which a case may be opened instead, because the matter has come that far.
    pub stages: BTreeSet<StageId>,
    /// Kinds of units that may own one; any where empty.
    pub owners: BTreeSet<Code>,
    /// Whether the risk may be given at opening; `Ordinary` otherwise.
    pub risk: Risk,
    /// Fields whose values no two open cases may share; empty where there is no such rule.
    pub unique: Vec<FieldId>,
    /// Opens a case by itself at each recurrence.
    pub schedule: Option<Schedule>,
    /// Opens a case by itself when a row is written.
    pub on: Option<OnRow>,
}

/// Opens cases by itself at each recurrence, one for each unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// When.
    pub cadence: Cadence,
    /// For which units.
    pub units: Units,
    /// The title, with `{date}` and `{unit}`.
    pub title: Label,
}

/// Some units of the org tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Units {
    /// Those with this function.
    Function(Code),
    /// Those of this kind.
    Kind(Code),
}

/// Opens a case by itself when a row that meets a condition is written into a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnRow {
    /// The register.
    pub register: RegisterId,
    /// Which rows (`row.…` only); every row where absent.
    pub when: Option<Expr>,
    /// Who owns the case.
    pub owner: RowOwner,
    /// Fields of the case and where their values come from.
    pub sets: BTreeMap<FieldId, FromRow>,
}

/// Who owns a case that a row brings about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowOwner {
    /// The unit in this field of the row.
    Field(FieldId),
    /// The first unit with this function.
    Function(Code),
    /// The parent's owner (children only).
    Parent,
}

/// Where the value of a field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromRow {
    /// The row itself, as a reference.
    Row,
    /// A field of the row.
    Field(FieldId),
}

/// What a case came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A person typed it.
    Person,
    /// A sentence of a document that was read.
    Document,
    /// A leader's written instruction (批示).
    Instruction,
    /// A decision of a meeting (会议议定事项).
    Meeting,
    /// A superior's assignment (上级交办).
    Superior,
    /// A row of an imported ledger.
    Import,
    /// A schedule.
    Schedule,
    /// A finding of another case.
    Finding,
    /// A warning.
    Warning,
    /// A parent case that was broken down.
    Parent,
}

/// Risk: how grave it is if a closing is false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Ordinary.
    #[default]
    Ordinary,
    /// Major (重大).
    Major,
}
