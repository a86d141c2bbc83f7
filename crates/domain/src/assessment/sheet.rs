//! What an assessment comes to: one sheet a unit, and where the units of a class stand.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use super::scheme::Empty;
use crate::id::{CaseId, Code, RegisterId, RowId, UnitId};

/// What is counted: a case, or a row of a register.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Thing {
    /// A case.
    Case {
        /// Which.
        case: CaseId,
    },
    /// A row.
    Row {
        /// Of which register.
        register: RegisterId,
        /// Which.
        row: RowId,
    },
}

/// One thing that counted, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// What.
    #[serde(flatten)]
    pub thing: Thing,
    /// 1 for a hit of a rate and 0 for none; else what it is worth or costs.
    pub value: Decimal,
    /// Whether it is part of the base.
    pub base: bool,
}

/// How an item came to its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// From what counted.
    Computed,
    /// Nothing counted; what the scheme says of that.
    Nothing(Empty),
    /// Something counted that has no value; the item cannot be computed.
    Faulty,
}

/// An item of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The item.
    pub item: Code,
    /// Its weight in the unit's class.
    pub weight: Decimal,
    /// How it came about.
    pub outcome: Outcome,
    /// The sum of values: hits, points given, points lost.
    pub value: Decimal,
    /// How many make the base.
    pub base: u64,
    /// The points, rounded once; `None` where there are none to give: left out, or not to be computed.
    pub points: Option<Decimal>,
    /// What counted, in order.
    pub counted: Vec<Counted>,
}

/// An addition or deduction of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdjustmentLine {
    /// Which.
    pub item: Code,
    /// What it came to before its cap.
    pub value: Decimal,
    /// The points after its cap, as a number that is not negative; `None` where one that counted has no value.
    pub points: Option<Decimal>,
    /// What counted, in order.
    pub counted: Vec<Counted>,
}

/// A veto that struck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VetoLine {
    /// Which.
    pub item: Code,
    /// The best grade that is left.
    pub down_to: Code,
    /// What struck, in order.
    pub counted: Vec<Counted>,
}

/// One unit's score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// The unit.
    pub unit: UnitId,
    /// Its class.
    pub class: Code,
    /// Units whose cases it answers for because they were merged into it.
    pub absorbed: Vec<UnitId>,
    /// Items with a measure, in the order of the scheme.
    pub lines: Vec<Line>,
    /// Additions.
    pub additions: Vec<AdjustmentLine>,
    /// Deductions.
    pub deductions: Vec<AdjustmentLine>,
    /// Additions together, after the cap of the class.
    pub plus: Decimal,
    /// Deductions together, after the cap of the class.
    pub minus: Decimal,
    /// Vetoes that struck.
    pub vetoes: Vec<VetoLine>,
    /// The total, not below nought; `None` where an item keeps it open.
    pub total: Option<Decimal>,
}

/// Where a unit stands in its class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The unit.
    pub unit: UnitId,
    /// The total.
    pub total: Option<Decimal>,
    /// The place, from 1; equal units share it and the next is skipped (1, 2, 2, 4).
    pub place: Option<u64>,
    /// The grade.
    pub grade: Option<Code>,
}

/// A unit that belongs to a class and is not scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Apart {
    /// The unit.
    pub unit: UnitId,
    /// Its class.
    pub class: Code,
    /// Why.
    pub why: WhyApart,
}

/// Why a unit is not scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyApart {
    /// It was merged; its successor answers for the whole period.
    Merged {
        /// Into which unit.
        into: UnitId,
        /// Its last day.
        last: Date,
    },
    /// It ended and nobody took over.
    Ended {
        /// Its last day.
        last: Date,
    },
    /// It stands in an earlier class already.
    Twice {
        /// Which.
        class: Code,
    },
    /// No such unit is known.
    Unknown,
}

/// Everything that a scheme comes to in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Assessment {
    /// A sheet for every scored unit, by class and unit.
    pub sheets: Vec<Sheet>,
    /// The standings of each class, best first, in the order of the scheme.
    pub classes: Vec<(Code, Vec<Standing>)>,
    /// Units that are not scored.
    pub apart: Vec<Apart>,
    /// Items of which nothing counted for any unit: the period has no such data, or nobody entered them.
    pub silent: Vec<Code>,
    /// Cases and rows that fell into the period and belong to no scored unit.
    pub unattributed: u64,
}

impl Assessment {
    /// A unit's sheet.
    pub fn sheet(&self, unit: &UnitId) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.unit == *unit)
    }

    /// Where a unit stands.
    pub fn standing(&self, unit: &UnitId) -> Option<&Standing> {
        let mut all = self.classes.iter().flat_map(|(_, standings)| standings);
        all.find(|standing| standing.unit == *unit)
    }
}

impl Sheet {
    /// The points of an item.
    pub fn points(&self, item: &Code) -> Option<Decimal> {
        self.lines.iter().find(|line| line.item == *item)?.points
    }
}
