//! The figures of a bulletin (通报) as they are stored, signed and recomputed: no text, no float, every count with its cases.

use bihuan_domain::case::Cause;
use bihuan_domain::event::Holder;
use bihuan_domain::id::{BulletinId, CaseId, Code, MechanismId, PostId, Sealed, StageId, UnitId};
use bihuan_domain::mechanism::{Colour, Section};
use bihuan_domain::verification::Beacon;
use bihuan_messages::{Label, Lang, t};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::rate::{CaseSet, Place, Rate};
use super::typical::Typical;
use crate::burden::Burden;

/// What a bulletin is asked to count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Of these mechanisms; all where empty.
    #[serde(default)]
    pub mechanisms: Vec<MechanismId>,
    /// In which order units stand.
    #[serde(default)]
    pub order: UnitOrder,
    /// What it says, in this order; what bulletins said before there were templates where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

/// In which order units stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitOrder {
    /// Most overdue matters first, then by name.
    #[default]
    Overdue,
    /// By name.
    Name,
}

/// The figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// What was asked.
    pub scope: Scope,
    /// The instant at which they hold.
    pub as_of: Timestamp,
    /// The end of what was counted: the end of the period, or `as_of` where that comes first.
    pub cut: Timestamp,
    /// The log they were computed from: number of entries and root.
    pub log: Beacon,
    /// Counts, in the order of [`FIGURES`].
    pub counts: Vec<Count>,
    /// Rates.
    pub rates: Vec<NamedRate>,
    /// By owner.
    pub units: Vec<UnitLine>,
    /// Matters that are late.
    pub late: Vec<LateItem>,
    /// Items that the top rung of a ladder drafted and that wait for a signature.
    pub items: Vec<LadderItem>,
    /// What earlier bulletins counted and a look-back found false.
    pub corrections: Vec<Correction>,
    /// Cases to be told of, good and bad, where the bulletin has a section for them.
    #[serde(default, skip_serializing_if = "Typical::is_empty")]
    pub typical: Typical,
    /// What filling in took, where the bulletin has a section for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burden: Option<Burden>,
}

/// A count with its cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Which, of [`FIGURES`].
    pub id: Code,
    /// How many cases.
    pub n: u64,
    /// How many times, where a case can count more than once (failed verifications, look-backs).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// The cases.
    pub cases: CaseSet,
    /// The live list that shows the same cases while nothing has moved since, where a list can say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// A rate with the counts that it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedRate {
    /// Which, of [`RATES`].
    pub id: Code,
    /// The count that is its numerator.
    pub num: Code,
    /// The count that is its base.
    pub base: Code,
    /// The rate.
    pub rate: Rate,
}

/// The line of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitLine {
    /// The owner; of a unit that ended, its successor on the last day of the period.
    pub unit: UnitId,
    /// Its counts, in the order of [`UNIT_FIGURES`].
    pub counts: Vec<Count>,
    /// Closed out of what should have been.
    pub closing: Rate,
    /// Closed in time out of what should have been closed.
    pub on_time: Rate,
    /// Its place by the on-time rate, where the figures tell units apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// What somebody is late with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateWith {
    /// The limit of the matter has passed.
    Matter,
    /// Only the present step is late.
    Step,
}

/// A late matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateItem {
    /// The case.
    pub case: CaseId,
    /// Its mechanism.
    pub mechanism: MechanismId,
    /// Its printed number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its title, sealed.
    pub title: Sealed,
    /// The owner.
    pub owner: UnitId,
    /// Whose move it is.
    pub holder: Holder,
    /// What is late.
    pub late: LateWith,
    /// When it was due.
    pub due: Timestamp,
    /// Days late, begun days counted.
    pub days: u64,
    /// How often the limit was extended.
    pub extensions: u8,
    /// Whether the owner has said it is done and verification goes on.
    pub claimed: bool,
    /// Its colour.
    pub colour: Colour,
    /// The reason given; where nobody gave one, what the log knows (its `origin` says which); absent where it knows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The stage in which it stands; absent in bulletins from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageId>,
    /// Since when it stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Whether the last issued bulletin printed the same reason (or the same absence of one) for it.
    pub repeated: bool,
}

/// An item that the top rung of a ladder drafted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderItem {
    /// The case.
    pub case: CaseId,
    /// Its mechanism.
    pub mechanism: MechanismId,
    /// Its printed number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its title, sealed.
    pub title: Sealed,
    /// The owner.
    pub owner: UnitId,
    /// Who let the clock run out: the owner for the whole case, else whose clock it was.
    pub charged: UnitId,
    /// Which clock was breached.
    pub clock: Code,
    /// The rung.
    pub rung: u32,
    /// When the clock was due.
    pub due: Timestamp,
    /// Since when the item waits.
    pub since: Timestamp,
    /// Who signs it.
    pub post: PostId,
}

/// An earlier bulletin's figure set right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The bulletin that counted too much.
    pub bulletin: BulletinId,
    /// Its number as printed.
    pub number: String,
    /// Closings that it counted and that look-backs found false since the last correction of it.
    pub cases: Vec<FalseClosing>,
    /// The counts that change, as printed and as they are now.
    pub counts: Vec<Corrected>,
    /// The rates that change, as printed and as they are now.
    pub rates: Vec<CorrectedRate>,
}

/// A closing that proved false.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FalseClosing {
    /// The case.
    pub case: CaseId,
    /// Its mechanism.
    pub mechanism: MechanismId,
    /// Its printed number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its title, sealed.
    pub title: Sealed,
    /// The owner.
    pub owner: UnitId,
    /// When it had been closed.
    pub closed: Timestamp,
    /// When the look-back failed.
    pub failed: Timestamp,
    /// The log entry of the failed look-back.
    pub seq: u64,
}

/// A count set right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// Which.
    pub id: Code,
    /// As printed.
    pub printed: u64,
    /// As it is now.
    pub now: u64,
}

/// A rate set right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectedRate {
    /// Which.
    pub id: Code,
    /// As printed.
    pub printed: Rate,
    /// As it is now.
    pub now: Rate,
}

/// The counts of a bulletin, in order. The definition of each stands in the catalogue under `report.def_<id>`.
pub const FIGURES: [&str; 15] = [
    "opened",
    "closed",
    "should_close",
    "postponed",
    "base",
    "closed_due",
    "on_time",
    "open",
    "overdue",
    "step_overdue",
    "verified",
    "reworked",
    "looked_back",
    "look_back_failed",
    "voided",
];

/// The counts of a unit's line, in order.
pub const UNIT_FIGURES: [&str; 6] = ["opened", "base", "closed_due", "on_time", "open", "overdue"];

/// The rates of a bulletin: id, numerator, base.
pub const RATES: [(&str, &str, &str); 4] = [
    ("closing_rate", "closed_due", "base"),
    ("on_time_rate", "on_time", "base"),
    ("rework_rate", "reworked", "verified"),
    ("false_closing_rate", "look_back_failed", "looked_back"),
];

impl Figures {
    /// A count by its id.
    pub fn count(&self, id: &str) -> Option<&Count> {
        self.counts.iter().find(|count| count.id.as_str() == id)
    }

    /// How many cases a count counts; 0 for an unknown one.
    pub fn n(&self, id: &str) -> u64 {
        self.count(id).map_or(0, |count| count.n)
    }

    /// A rate by its id; an empty one for an unknown id.
    pub fn rate(&self, id: &str) -> Rate {
        self.rates
            .iter()
            .find(|rate| rate.id.as_str() == id)
            .map(|rate| rate.rate.clone())
            .unwrap_or_default()
    }

    /// The cases behind a figure: a count, the numerator of a rate, or `unit/<unit>/<count>`.
    pub fn cases(&self, figure: &str) -> Option<&CaseSet> {
        if let Some((unit, count)) = figure
            .strip_prefix("unit/")
            .and_then(|rest| rest.rsplit_once('/'))
        {
            let line = self.units.iter().find(|line| line.unit.as_str() == unit)?;
            return line.count(count).map(|count| &count.cases);
        }
        let id = self
            .rates
            .iter()
            .find(|rate| rate.id.as_str() == figure)
            .map_or(figure, |rate| rate.num.as_str());
        self.count(id).map(|count| &count.cases)
    }
}

impl LateItem {
    /// The reason that somebody gave for being late.
    pub fn given(&self) -> Option<&Cause> {
        self.cause.as_ref().filter(|cause| cause.origin.is_given())
    }
}

impl UnitLine {
    /// A count by its id.
    pub fn count(&self, id: &str) -> Option<&Count> {
        self.counts.iter().find(|count| count.id.as_str() == id)
    }

    /// How many cases a count counts.
    pub fn n(&self, id: &str) -> u64 {
        self.count(id).map_or(0, |count| count.n)
    }
}

/// What a figure is called.
pub fn name(id: &str) -> Label {
    both(&format!("report.fig_{id}"))
}

/// What a figure counts, in one sentence.
pub fn definition(id: &str) -> Label {
    both(&format!("report.def_{id}"))
}

pub(super) fn both(key: &str) -> Label {
    Label::new(t(Lang::Zh, key), t(Lang::En, key))
}
