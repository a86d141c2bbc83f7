//! A mechanism (机制) as the engine runs it: compiled, checked, without text to parse.
//!
//! The mechanism crate makes these values from files; nothing here knows TOML. Labels are free, kinds are few:
//! a file may name any stage, the kernel knows the closed set [`StageKind`].

use std::collections::{BTreeMap, BTreeSet};

use bihuan_messages::{Label, Lang, Message};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::clock::{Cadence, Rule};
use crate::expr::Expr;
use crate::id::{
    Code, DatumId, Digest, FieldId, LadderId, MechanismId, PackId, RegisterId, RoleId, StageId, StepId,
};
use crate::value::Type;

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

/// How a case comes to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Roles that may open a case.
    pub by: Vec<RoleId>,
    /// What it may come from.
    pub from: BTreeSet<SourceKind>,
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

/// Numbers given to cases: `交督〔{year}〕{n}号`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// Template with `{year}` and `{n}`; the counter starts anew each year.
    pub template: String,
    /// The series: mechanisms with the same series share a counter.
    pub series: Code,
}

/// A figure that a document reports, beside what the log computes; numerator, base and printed rate apart.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedFigure {
    /// Code.
    pub id: Code,
    /// What it is.
    pub label: Label,
    /// Computed numerator (or the value itself).
    pub value: Option<Expr>,
    /// Computed base of a rate.
    pub base: Option<Expr>,
    /// The register or source text of the computed value, as the file writes it.
    pub value_text: Option<String>,
    /// As the file writes the base.
    pub base_text: Option<String>,
    /// The printed number, in base units (yuan, not fen); a rate in percent.
    pub printed: Decimal,
    /// Its unit as printed.
    pub unit: String,
    /// `over`, `about`, `under`.
    pub qualifier: Option<Code>,
    /// The document.
    pub document: String,
    /// As-of date.
    pub as_of: Option<Date>,
    /// Why printed and computed differ, where they do.
    pub anomaly: Option<Label>,
}

/// An indicator (指标): computed from cases and registers; its subject is never a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    /// Code.
    pub id: Code,
    /// What it is called.
    pub label: Label,
    /// What it counts, in words.
    pub says: Label,
    /// The numerator of a rate, or the value itself.
    pub value: Expr,
    /// The base of a rate.
    pub base: Option<Expr>,
    /// As the file writes the value.
    pub value_text: String,
    /// As the file writes the base.
    pub base_text: Option<String>,
    /// Unit; `%` for a rate.
    pub unit: String,
    /// What is aimed at, as printed.
    pub target: Option<Decimal>,
    /// Which way is better.
    pub direction: Direction,
    /// Over which period it is reported.
    pub period: Period,
}

/// Which way of an indicator is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    Up,
    /// Less is better.
    Down,
    /// It only tells.
    #[default]
    None,
}

/// Over which period an indicator is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Period {
    Month,
    Quarter,
    HalfYear,
    Year,
    #[default]
    Always,
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
            LimitSpec::Rule(rule) => rule.limit.label(),
            LimitSpec::Field { field: id, or } => both(
                Message::new("clock.limit_by_field")
                    .with("field", field(id).0)
                    .with("or", or.limit.label()),
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
                    let limit = rule.limit.label();
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
                        .with("or", or.limit.label()),
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
