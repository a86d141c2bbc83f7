//! The eighty-seven projects: each in the pipeline (M02) as far as the report says, and contracted by a leader (M01).

use bihuan_domain::id::{PostId, RowId};
use bihuan_domain::mechanism::SourceKind;
use bihuan_engine::{OpenOrder, SourceOrder};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::json;

use super::org::{self, COUNTY, SUPERVISION, UNITS, ZONE};
use super::{Scenery, at};
use crate::demo::SampleRow;
use crate::history::{Act, Script};
use crate::rng::Rng;

/// Days on which works were started together; the reports count four and give no dates.
const GROUNDBREAKINGS: [Date; 4] = [
    date(2020, 3, 31),
    date(2020, 5, 15),
    date(2020, 7, 24),
    date(2020, 8, 28),
];

/// The names that the registers of leaders and departments have in this county.
pub(super) fn rename(register: &str, row: &RowId) -> Option<String> {
    let n = ordinal(row.as_str())?;
    match register {
        "leaders" => org::leader_name(n),
        "departments" => UNITS.get(n).map(|unit| unit.2.to_owned()),
        _ => None,
    }
}

/// `l07`, `d07` → 6.
fn ordinal(row: &str) -> Option<usize> {
    let digits: String = row.chars().filter(char::is_ascii_digit).collect();
    digits.parse::<usize>().ok()?.checked_sub(1)
}

/// The pipeline.
pub(super) fn pipeline(scenery: &Scenery<'_>) -> Vec<Script> {
    let mut rng = Rng::new(2);
    let opener = PostId::from("development.clerk");
    let mut scripts = Vec::new();
    for row in scenery.rows("projects") {
        let (state, carried) = (row.code("state"), row.code("origin") == "carried-over");
        let open = open(
            row,
            "pipeline",
            if row.flag("zone") { ZONE } else { department(row) },
        );
        let opened = if carried {
            date(2020, 1, 8)
        } else {
            since(&state, &mut rng)
        };
        let mut script = Script::new(
            format!("pipeline-{}", row.id),
            &opener,
            open,
            at(scenery, opened, 9, 30),
        );
        script.reports = false;
        let mut reach = |day: Date, stage: &str| {
            script
                .acts
                .push((at(scenery, day, 10, 0), Act::Reach(stage.into())));
        };
        match state.as_str() {
            _ if carried => reach(date(2020, 1, 9), "building"),
            "signed" => reach(date(2020, 7, 2), "signed"),
            // Some have lain in the reserve too long by a few days: later they would be parked.
            "reserved" => {
                let day = if rng.chance(1, 4) {
                    date(2020, 6, 15)
                } else {
                    date(2020, 7, 9)
                };
                reach(day, "reserved");
            }
            "landed" => {
                reach(date(2020, 6, 12), "reserved");
                let day = if rng.chance(1, 3) {
                    date(2020, 7, 16)
                } else {
                    date(2020, 8, 11)
                };
                reach(day, "landed");
            }
            "started" | "building" => {
                let built = state == "building";
                let which = if built { rng.below(2) } else { 2 + rng.below(2) };
                let which = usize::try_from(which).unwrap_or(0);
                let day = GROUNDBREAKINGS.get(which).copied().unwrap_or(date(2020, 8, 28));
                reach(day.saturating_sub(28.days()), "landed");
                reach(day, "started");
                if built {
                    reach(day.saturating_add(35.days()), "building");
                }
            }
            _ => {}
        }
        if state == "producing" {
            script = script
                .with("production_on", scenery.shift.day(date(2020, 8, 20)).to_string())
                .then(at(scenery, date(2020, 8, 24), 10, 0), Act::Close);
        }
        scripts.push(script);
    }
    scripts
}

/// The contracting: twenty-four leaders, twenty-one departments, every project exactly one of each.
pub(super) fn contracting(scenery: &Scenery<'_>) -> Vec<Script> {
    let mut rng = Rng::new(1);
    let opener = PostId::from(format!("{SUPERVISION}.supervisor"));
    let mut scripts = Vec::new();
    for (n, row) in scenery.rows("projects").enumerate() {
        let mut open = open(row, "contracting", department(row));
        let leader = ordinal(&row.code("leader")).unwrap_or(0);
        open.values.insert("leader".into(), json!(org::leader(leader)));
        let mut script = Script::new(
            format!("contracting-{}", row.id),
            &opener,
            open,
            at(scenery, date(2020, 2, 10), 9, 30),
        )
        .with("fund", rng.between(5, 60).saturating_mul(10_000).to_string());
        // A few set their five ones up too late; one department neglects its monthly record.
        let day = if rng.chance(1, 12) {
            date(2020, 3, 3)
        } else {
            date(2020, 2, 18)
        };
        script = script.then(at(scenery, day, 15, 30), Act::Reach("promoting".into()));
        script.reports = n % 29 != 13;
        if row.code("state") == "producing" {
            script = script.then(at(scenery, date(2020, 9, 1), 10, 0), Act::Close);
        }
        scripts.push(script);
    }
    scripts
}

/// When a new project came in, so that those still waiting are within their limits.
fn since(state: &str, rng: &mut Rng) -> Date {
    match state {
        "invited" => date(2020, 4, 20),
        "signed" => date(2020, 3, 2),
        "reserved" | "landed" => date(2020, 2, 24),
        "started" => date(2020, 3, 5),
        _ => {
            if rng.chance(1, 2) {
                date(2020, 1, 15)
            } else {
                date(2020, 2, 12)
            }
        }
    }
}

fn department(row: &SampleRow) -> &'static str {
    ordinal(&row.code("department"))
        .filter(|n| *n < org::DEPARTMENT_COUNT)
        .and_then(|n| UNITS.get(n))
        .map_or(COUNTY, |unit| unit.0)
}

fn open(row: &SampleRow, mechanism: &str, owner: &str) -> OpenOrder {
    OpenOrder {
        stage: None,
        papers: Vec::new(),
        mechanism: mechanism.into(),
        owner: owner.into(),
        supporting: Default::default(),
        title: row.text("name"),
        risk: None,
        values: [("project".into(), json!(row.id.as_str()))].into(),
        source: Some(SourceOrder {
            kind: SourceKind::Meeting,
            document: None,
            at: Vec::new(),
            quote: None,
            key: Some(row.id.as_str().into()),
        }),
        parent: None,
    }
}
