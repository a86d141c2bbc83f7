//! A mechanism (机制) as the engine runs it: compiled, checked, without text to parse.
//!
//! The mechanism crate makes these values from files; nothing here knows TOML. Labels are free, kinds are few:
//! a file may name any stage, the kernel knows the closed set [`StageKind`].

mod bulletin;
mod course;
mod ending;
mod figures;
mod opening;

use std::collections::{BTreeMap, BTreeSet};

use bihuan_messages::{Label, Lang, Message};
use serde::{Deserialize, Serialize};

use crate::event::Values;
use crate::id::{Code, DatumId, Digest, FieldId, LadderId, MechanismId, PackId, RegisterId, RoleId, StageId};
use crate::value::{Type, Value};

pub use bulletin::{BulletinSpan, BulletinTemplate, Chair, Section, SignatureRung};
pub use course::{
    ClockSpec, Colour, Exit, Ladder, LimitSpec, Progress, Rung, Stage, StageKind, Step, Warning,
};
pub use ending::{Children, Closing, Each, Join, LookBack, Renamed, RequestKind, RequestSpec, Way};
pub use figures::{Direction, Indicator, Period, ReportedFigure};
pub use opening::{FromRow, OnRow, Open, Risk, RowOwner, Schedule, SourceKind, Units};

/// Which cases of a mechanism are emergencies. Only its file says so; a short clock alone makes none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Emergency {
    /// None.
    #[default]
    Never,
    /// Every one (`scene = "emergency"`).
    Always,
    /// Those whose choice is one of these (`emergency_by`, `emergencies`): a cry for help among questions.
    Of(FieldId, BTreeSet<Code>),
}

impl Emergency {
    /// Whether a case with these values is one.
    pub fn is_one(&self, values: &Values) -> bool {
        match self {
            Emergency::Never => false,
            Emergency::Always => true,
            Emergency::Of(field, codes) => match values.get(field) {
                Some(Value::Code(code)) => codes.contains(code),
                _ => false,
            },
        }
    }
}

/// Which definition decided something: a mechanism in one exact version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MechanismRef {
    /// The mechanism.
    pub id: MechanismId,
    /// Digest of its file.
    pub digest: Digest,
}

/// A compiled mechanism.
#[derive(Clone, Debug, PartialEq)]
pub struct Mechanism {
    /// Code such as `three-plus-24`.
    pub id: MechanismId,
    /// The number in the county's list of mechanisms, such as `M03`; several files may share one.
    pub number: String,
    /// The pack it belongs to.
    pub pack: PackId,
    /// Digest of the file's bytes.
    pub digest: Digest,
    /// Its name.
    pub label: Label,
    /// What it is for, one sentence.
    pub purpose: Label,
    /// The document that states the rule.
    pub source: Label,
    /// Which of its cases are emergencies: what their clocks that run day and night say may come at night.
    pub emergency: Emergency,
    /// Fields of a case.
    pub fields: Vec<Field>,
    /// The text field that heads a case.
    pub title: FieldId,
    /// Fields shown as columns of the ledger, in order.
    pub columns: Vec<FieldId>,
    /// Roles.
    pub roles: BTreeMap<RoleId, Role>,
    /// How a case comes to be.
    pub open: Open,
    /// Stages in the order of the file.
    pub stages: Vec<Stage>,
    /// The clock of the whole case.
    pub clock: Option<ClockSpec>,
    /// Regular reports while the case is open (e.g. monthly record).
    pub progress: Option<Progress>,
    /// Escalation ladders.
    pub ladders: BTreeMap<LadderId, Ladder>,
    /// When and how a case closes.
    pub closing: Closing,
    /// Side moves that this mechanism allows.
    pub requests: BTreeMap<RequestKind, RequestSpec>,
    /// Stages and fields that an earlier version named otherwise.
    pub renamed: Renamed,
    /// Children, where a case is broken down.
    pub children: Option<Children>,
    /// Numbers given to cases.
    pub numbering: Option<Numbering>,
    /// Figures that documents report about this mechanism, beside what the log computes.
    pub figures: Vec<ReportedFigure>,
    /// Indicators that are computed from its cases and registers.
    pub indicators: Vec<Indicator>,
    /// The registers into which its steps write, over which it spawns children, or whose rows open its cases.
    pub registers: BTreeMap<RegisterId, RegisterSpec>,
}

/// A field of a case or register.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Code.
    pub id: FieldId,
    /// Label.
    pub label: Label,
    /// Type.
    pub ty: Type,
    /// Labels of the choices, where the type is a choice.
    pub choices: Vec<(Code, Label)>,
    /// The datum of the data dictionary that it is.
    pub datum: DatumId,
    /// Unit of measure as printed (`个`, `亩`); money is in yuan on the page and fen in the log.
    pub unit: Option<Label>,
    /// Help for who fills it in.
    pub help: Option<Label>,
    /// Whether opening a case needs it.
    pub required: bool,
    /// Whether it is sensitive: masked, sealed under the person's key, out of the search.
    pub sensitive: bool,
    /// The function of the body to whose public key a text is encrypted on arrival, so that the server cannot read it.
    pub sealed_to: Option<Code>,
}

/// A role: how a mechanism names who acts, and how the org answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Code.
    pub id: RoleId,
    /// Label.
    pub label: Label,
    /// How it is found.
    pub resolve: Resolve,
    /// The kind of post in that unit.
    pub post: Code,
}

/// How a role finds its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolve {
    /// The case's owner (责任单位).
    Owner,
    /// The unit above the owner in the line of command.
    Superior,
    /// The nearest unit of this kind above the owner.
    SuperiorOf(Code),
    /// The owner of the parent case.
    ParentOwner,
    /// The unit or post in a field of the register row to which a field of the case points.
    RowField(FieldId, FieldId),
    /// The unit with this function; the nearest one above the owner where there are several.
    Function(Code),
    /// The unit or post that stands in this field.
    Field(FieldId),
    /// Who opened the case.
    Requester,
}

/// Numbers given to cases: `交督〔{year}〕{n}号`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// Template with `{year}` and `{n}`; the counter starts anew each year.
    pub template: String,
    /// The series: mechanisms with the same series share a counter.
    pub series: Code,
}

/// A register that a pack declares.
#[derive(Clone, Debug, PartialEq)]
pub struct RegisterSpec {
    /// Code.
    pub id: RegisterId,
    /// Label.
    pub label: Label,
    /// Fields of a row.
    pub fields: Vec<Field>,
    /// The field that names a row.
    pub title: FieldId,
    /// The function of the units whose clerks keep it; `None` where only steps and imports write rows.
    pub keeper: Option<Code>,
    /// The assessment scheme whose results are its rows: computed on the keeper's word, written by nobody.
    pub computed: Option<Code>,
}

impl Mechanism {
    /// A stage by code.
    pub fn stage(&self, id: &StageId) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.id == *id)
    }

    /// A field by code.
    pub fn field(&self, id: &FieldId) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == *id)
    }

    /// The first stage of a kind.
    pub fn stage_of_kind(&self, kind: StageKind) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.kind == kind)
    }

    /// A clock's limit in words, with the names of the fields that it depends on.
    pub fn limit_label(&self, clock: &ClockSpec) -> Label {
        let field = |id: &FieldId| match self.field(id) {
            Some(field) => (field.label.clone(), field.choices.as_slice()),
            None => (Label::new(id.as_str(), id.as_str()), &[][..]),
        };
        let both = |message: Message| Label::new(message.text(Lang::Zh), message.text(Lang::En));
        match &clock.limit {
            LimitSpec::Rule(rule) => rule.label(),
            LimitSpec::Field { field: id, or } => both(
                Message::new("clock.limit_by_field")
                    .with("field", field(id).0)
                    .with("or", or.label()),
            ),
            LimitSpec::Choice {
                field: id,
                limits,
                or,
            } => {
                let (label, choices) = field(id);
                let (mut zh, mut en) = (Vec::new(), Vec::new());
                for (code, rule) in limits {
                    let choice = choices.iter().find(|(known, _)| known == code);
                    let limit = rule.label();
                    zh.push(format!(
                        "{}{}",
                        choice.map_or(code.as_str(), |c| c.1.zh.as_str()),
                        limit.zh
                    ));
                    en.push(format!(
                        "{} {}",
                        choice.map_or(code.as_str(), |c| c.1.en.as_str()),
                        limit.en
                    ));
                }
                both(
                    Message::new("clock.limit_by_choice")
                        .with("field", label)
                        .with("limits", Label::new(zh.join("、"), en.join(", ")))
                        .with("or", or.label()),
                )
            }
        }
    }

    /// Which version this is.
    pub fn reference(&self) -> MechanismRef {
        MechanismRef {
            id: self.id.clone(),
            digest: self.digest.clone(),
        }
    }

    /// The way of verification for a risk; that of ordinary risk where the file names no other.
    pub fn way(&self, risk: Risk) -> Option<&Way> {
        self.closing
            .verify
            .get(&risk)
            .or_else(|| self.closing.verify.get(&Risk::Ordinary))
    }
}
