//! How a case ends or leaves its course: closing, look-back, side moves, parts, former names.

use std::collections::BTreeMap;

use bihuan_messages::Label;
use serde::{Deserialize, Serialize};

use super::{FromRow, Risk, RowOwner};
use crate::clock::Rule;
use crate::expr::Expr;
use crate::id::{Code, FieldId, LadderId, MechanismId, RegisterId, RoleId, StageId, StepId};

/// When and how a case closes.
#[derive(Clone, Debug, PartialEq)]
pub struct Closing {
    /// The condition: a checked fact.
    pub when: Expr,
    /// As the file writes it.
    pub when_text: String,
    /// In words, for the person who is refused.
    pub says: Label,
    /// The way of verification by risk.
    pub verify: BTreeMap<Risk, Way>,
    /// Look-back by sample.
    pub look_back: Option<LookBack>,
}

/// A way of verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By lottery among the posts of this kind in units with this function.
    Drawn {
        /// Function of the units.
        function: Code,
        /// Kind of the posts.
        post: Code,
    },
    /// By a named independent office, found as this role.
    Office(RoleId),
    /// By who asked.
    Requester,
    /// By a register or reading: the closing condition proves it, nobody's word is needed.
    Record,
    /// By the handler's own unit; ordinary risk only, with sampled look-back.
    Own,
}

impl Way {
    /// The stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Way::Drawn { .. } => "drawn",
            Way::Office(_) => "office",
            Way::Requester => "requester",
            Way::Record => "record",
            Way::Own => "self",
        }
    }
}

/// Look-back (回头看) by sample.
#[derive(Clone, Debug, PartialEq)]
pub struct LookBack {
    /// Numerator of the share looked at.
    pub num: u32,
    /// Denominator.
    pub den: u32,
    /// How long after closing the draw is made.
    pub after: Rule,
    /// Who looks.
    pub by: RoleId,
    /// Their clock.
    pub limit: Rule,
    /// Its ladder.
    pub ladder: LadderId,
    /// Where a failed one sends the case (回炉).
    pub redo: StageId,
}

/// Side moves that somebody asks for and another post decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// Not competent: give it back (退回). The adjudicator becomes the holder; time never stops.
    Return,
    /// A longer limit (延期).
    Extension,
    /// The clocks stand still until a review date (缓办).
    Suspension,
    /// Not solvable at this level (上交).
    HandUp,
    /// No matter at all (作废).
    Void,
}

impl RequestKind {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            RequestKind::Return => "return",
            RequestKind::Extension => "extension",
            RequestKind::Suspension => "suspension",
            RequestKind::HandUp => "hand_up",
            RequestKind::Void => "void",
        }
    }
}

/// How a side move is allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestSpec {
    /// Who may ask.
    pub by: Vec<RoleId>,
    /// Who decides; another post than who asked.
    pub approver: RoleId,
    /// The approver's clock.
    pub limit: Rule,
    /// Its ladder.
    pub ladder: LadderId,
    /// How often it may be granted for one case.
    pub cap: u8,
    /// Reasons, where the mechanism lists them.
    pub reasons: Vec<(Code, Label)>,
    /// Extension and suspension: at most this long from the decision.
    pub at_most: Option<Rule>,
    /// Void: the void stage; hand-up and return: the stage in which the new owner starts.
    pub to: Option<StageId>,
}

/// What an earlier version of the file named otherwise: a case that runs under it finds its place by this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renamed {
    /// Stages, by their former code.
    pub stages: BTreeMap<StageId, StageId>,
    /// Fields, by their former code.
    pub fields: BTreeMap<FieldId, FieldId>,
}

/// How a case is broken down (分解).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Children {
    /// The mechanism of the children.
    pub mechanism: MechanismId,
    /// What opens them by itself when the waiting stage is entered; `None` where people open them.
    pub each: Option<Each>,
    /// When the waiting parent may go on.
    pub join: Join,
    /// The stage that waits.
    pub stage: StageId,
    /// The step that is taken by itself when the join is met.
    pub then: StepId,
}

/// One child for each of these, opened when the waiting stage is entered and not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Each {
    /// Rows of a register.
    Register {
        /// The register.
        register: RegisterId,
        /// Which rows; all where absent.
        filter: Option<Expr>,
        /// Who owns the child.
        owner: RowOwner,
        /// Fields of the child and where their values come from.
        sets: BTreeMap<FieldId, FromRow>,
    },
    /// Units in a field of the parent, each of which owns its child.
    Units(FieldId),
}

/// Joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Every child closed.
    All,
    /// One child closed.
    Any,
    /// This many closed.
    Quorum(u32),
}
