//! The gaming audit (数据异常核对): signs that a unit works for the figures and not for the matter. A sign is something to
//! look at and no verdict; it stands beside what the same mechanism shows in all other units. Units only, never persons.
//!
//! Eight questions are asked of every unit and mechanism, each a share of cases: what was done just before its limit; what
//! was found false only after the period; what hit its target exactly; what was opened and closed in batches at the end;
//! what a unit opened for itself several at a time and closed together (split); what ended void or merged into another matter when its
//! time had all but run out (merged); evidence that also lies in another case; what was closed without evidence. Whether a share is more than chance is
//! reckoned exactly ([`judge`]); a unit is compared with the others in the same mechanism, half as much again is allowed
//! for honest differences, and what is asked often is asked more of.

mod judge;
mod observe;
mod same;

use bihuan_domain::calendar::{date_of, midnight};
use bihuan_domain::id::{CaseId, Code, MechanismId, UnitId};
use bihuan_domain::verification::Beacon;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::bulletin::CaseSet;
use crate::engine::Engine;
use crate::error::{Error, Failure};

pub use judge::{Cell, Judged, Sign, judge};

/// What is asked of every unit and mechanism, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Detector {
    /// Of what was closed within its limit: done in the last tenth of the time.
    JustBefore,
    /// Of closings that were looked back at: found false only after the period had ended.
    AfterPeriod,
    /// Of closings that compare two numbers: exactly at the target.
    ExactTarget,
    /// Of what was closed: opened in the last fifth of the period, four or more from one source, and closed within it.
    Batches,
    /// Of closings of matters that the owner opened itself: three or more opened on one day and done on one day (split).
    Split,
    /// Of matters with a limit that ended: void or merged into another, when nine tenths of the time had gone or all of it.
    Merged,
    /// Of files in closed cases: also in another case, byte for byte.
    SameEvidence,
    /// Of what was closed: without a single file, and by nobody's record.
    Unchecked,
}

impl Detector {
    /// All.
    pub const ALL: [Detector; 8] = [
        Detector::JustBefore,
        Detector::AfterPeriod,
        Detector::ExactTarget,
        Detector::Batches,
        Detector::Split,
        Detector::Merged,
        Detector::SameEvidence,
        Detector::Unchecked,
    ];

    /// The stable name; its texts stand in the catalogue under `audit.d_<name>`.
    pub fn name(self) -> &'static str {
        match self {
            Detector::JustBefore => "just_before",
            Detector::AfterPeriod => "after_period",
            Detector::ExactTarget => "exact_target",
            Detector::Batches => "batches",
            Detector::Split => "split",
            Detector::Merged => "merged",
            Detector::SameEvidence => "same_evidence",
            Detector::Unchecked => "unchecked",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// The instant at which it holds.
    pub as_of: Timestamp,
    /// The log it was computed from.
    pub log: Beacon,
    /// What was asked, and the signs.
    pub judged: Judged,
}

/// A share by detector, unit and mechanism: how the page names what it opens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// What was asked.
    pub detector: Detector,
    /// In which mechanism.
    pub mechanism: MechanismId,
    /// Of which unit; of one that ended, its successor.
    pub unit: UnitId,
}

/// Longest period, in days: what lies further back has been told of.
const DAYS_MAX: i32 = 366;

/// Looks for signs in a period. Blocks.
///
/// # Errors
///
/// [`Failure::Refused`] where the period is none, lies ahead or is longer than a year; faults of the log.
pub fn audit(engine: &Engine, from: Date, to: Date) -> Result<Audit, Failure> {
    let as_of = engine.now();
    let days = (to - from).get_days();
    if from > to || from > date_of(as_of) || days > DAYS_MAX {
        let rule = bihuan_messages::Message::new("audit.refuse_period");
        return Err(Failure::Refused(bihuan_domain::refusal::Refusal {
            code: "bad_period".to_owned(),
            rule: rule.show("from", from).show("to", to).show("max", DAYS_MAX),
            allowed: Vec::new(),
        }));
    }
    let views = engine.views()?;
    let world = engine.world();
    let mechanisms = engine.mechanisms();
    let end = to.tomorrow().map_or(as_of, midnight);
    let period = observe::Period {
        start: midnight(from),
        end,
        as_of,
        last_day: to,
    };
    let found = views.log().at_one_moment(|log| -> Result<Audit, Error> {
        let head = log.head()?;
        let cells = observe::cells(&views, &world, &mechanisms, &period)?;
        Ok(Audit {
            from,
            to,
            as_of,
            log: Beacon {
                size: head.size,
                root: head.root.hex(),
            },
            judged: judge(cells),
        })
    })?;
    Ok(found)
}

/// A group of observations with the cases in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How many of them.
    pub k: u64,
    /// Out of how many.
    pub n: u64,
    /// The cases of which the former are made.
    pub cases: CaseSet,
}

impl Share {
    /// Takes an observation in.
    pub fn see(&mut self, case: CaseId, counts: bool) {
        self.n = self.n.saturating_add(1);
        if counts {
            self.k = self.k.saturating_add(1);
            self.cases.add(case);
        }
    }
}

/// The way of verification that a register or reading proves.
pub(crate) fn by_record(way: &Code) -> bool {
    way.as_str() == "record"
}
