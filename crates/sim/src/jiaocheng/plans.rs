//! The year's targets of the outlook (M09), and a conference's instructions broken down into tasks (M10).

use bihuan_domain::id::PostId;
use bihuan_domain::mechanism::{RequestKind, SourceKind};
use bihuan_engine::{OpenOrder, SourceOrder};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::json;

use super::org::SUPERVISION;
use super::{Scenery, at};
use crate::history::{Act, Script};

/// Who answers for each row of the outlook, by its number; the bureau whose work it is.
const OWNERS: [&str; 45] = [
    "industry",
    "industry",
    "industry",
    "industry",
    "industry",
    "industry",
    "zone",
    "industry",
    "agriculture",
    "agriculture",
    "industry",
    "statistics",
    "industry",
    "education",
    "finance",
    "ecology",
    "energy",
    "ecology",
    "housing",
    "141122103",
    "housing",
    "market",
    "water",
    "culture",
    "housing",
    "energy",
    "housing",
    "transport",
    "transport",
    "agriculture",
    "water",
    "agriculture",
    "civil-affairs",
    "agriculture",
    "agriculture",
    "agriculture",
    "agriculture",
    "education",
    "education",
    "education",
    "health",
    "health",
    "health",
    "culture",
    "culture",
];

/// Targets that were reached by September in this history, with the month; a sample, not a report.
const REACHED: [(usize, i8); 11] = [
    (33, 3),
    (12, 5),
    (22, 5),
    (25, 6),
    (40, 6),
    (43, 6),
    (44, 7),
    (10, 7),
    (37, 7),
    (42, 8),
    (31, 8),
];

/// The targets.
pub(super) fn targets(scenery: &Scenery<'_>) -> Vec<Script> {
    let opener = supervisor();
    let mut scripts = Vec::new();
    for (n, row) in scenery.rows("outlook").enumerate() {
        let no = n.saturating_add(1);
        let owner = OWNERS.get(n).copied().unwrap_or("development");
        let due = row.day("due").map(|due| scenery.shift.day(due).to_string());
        let mut values: std::collections::BTreeMap<_, _> = [
            ("outlook".into(), json!(row.id.as_str())),
            ("class".into(), json!(row.code("class"))),
            ("kind".into(), json!("target")),
        ]
        .into();
        values.extend(due.map(|due| ("due".into(), json!(due))));
        values.extend(row.number("value").map(|value| ("value".into(), json!(value))));
        values.insert("unit".into(), json!(row.text("unit")));
        let open = OpenOrder {
            stage: None,
            papers: Vec::new(),
            mechanism: "annual-target".into(),
            owner: owner.into(),
            supporting: Default::default(),
            title: row.text("target"),
            risk: None,
            values,
            source: source(SourceKind::Document, row.id.as_str()),
            parent: None,
        };
        let mut script = Script::new(
            format!("target-{no:02}"),
            &opener,
            open,
            at(scenery, date(2020, 1, 10), 9, 30),
        )
        .with("outcome", "achieved")
        .with(
            "done",
            json!(row.number("value").unwrap_or_else(|| "1".to_owned())),
        )
        .with(
            "milestones",
            "一季度开工，二季度过半，三季度基本完成，四季度收尾（样例）",
        );
        // Three were late with their milestones, and one of these still is.
        match no {
            5 => {}
            19 | 35 => script = script.then(at(scenery, date(2020, 2, 26), 15, 0), reach("carrying-out")),
            _ => script = script.then(at(scenery, date(2020, 1, 17), 15, 0), reach("carrying-out")),
        }
        script.reports = !matches!(no, 5 | 34);
        if no == 27 {
            // Said to be done and found not to be.
            script.verdicts = vec![false];
            script = script.then(at(scenery, date(2020, 6, 15), 10, 0), Act::Close);
        }
        if let Some((_, month)) = REACHED.iter().find(|(which, _)| *which == no) {
            script = script.then(at(scenery, Date::constant(2020, *month, 20), 10, 0), Act::Close);
        }
        script = asks(scenery, no, script);
        scripts.push(script);
    }
    scripts
}

/// Side moves: an extension granted, one refused, a suspension that still waits, a dispute that was decided.
fn asks(scenery: &Scenery<'_>, no: usize, script: Script) -> Script {
    let (what, days, unit, grant, day) = match no {
        7 => (RequestKind::Extension, 60, None, Some(true), date(2020, 6, 22)),
        20 => (RequestKind::Extension, 30, None, Some(false), date(2020, 7, 6)),
        // Asked yesterday; the county head has not decided.
        24 => {
            let act = Act::Ask {
                what: RequestKind::Suspension,
                days: 60,
                reason: None,
                unit: None,
                grant: None,
            };
            let mut script = script.then(scenery.back(1).at(10, 0, 0, 0), act);
            script.by_hour = true;
            return script;
        }
        16 => (
            RequestKind::Return,
            0,
            Some("energy".into()),
            Some(true),
            date(2020, 2, 3),
        ),
        _ => return script,
    };
    let disputed = what == RequestKind::Return;
    let act = Act::Ask {
        what,
        days,
        reason: None,
        unit,
        grant,
    };
    let script = script.then(at(scenery, day, 10, 0), act);
    if disputed {
        // Whoever got it sets the milestones anew.
        script.then(
            at(scenery, day.saturating_add(9.days()), 10, 0),
            reach("carrying-out"),
        )
    } else {
        script
    }
}

/// A task in a heading, and its owner.
type Task = (&'static str, &'static str);

/// The conference of the middle of the year and its instructions in headings, each with its tasks and their owners.
const INSTRUCTIONS: [(&str, &str, &[Task]); 6] = [
    (
        "推进项目建设",
        "development",
        &[
            ("在建项目倒排工期", "development"),
            ("要素保障专题调度", "natural"),
        ],
    ),
    (
        "推进产业转型",
        "industry",
        &[("企业技改项目入库", "industry"), ("化工园区认定逐条对标", "zone")],
    ),
    (
        "推进乡村振兴",
        "agriculture",
        &[("巩固成果问题清零", "rural"), ("产业园区投运", "agriculture")],
    ),
    (
        "推进生态治理",
        "ecology",
        &[("汾河流域断面达标", "water"), ("扬尘六个百分之百", "housing")],
    ),
    (
        "推进民生保障",
        "education",
        &[("学校改扩建收尾", "education"), ("医疗机构搬迁", "health")],
    ),
    (
        "防范安全风险",
        "emergency",
        &[("重点行业隐患清零", "emergency"), ("防汛薄弱点整治", "water")],
    ),
];

/// The instructions of the conference and their tasks.
pub(super) fn conference(scenery: &Scenery<'_>) -> Vec<Script> {
    let held = date(2020, 7, 31);
    let dispatcher = PostId::from("office.dispatcher");
    let mut scripts = Vec::new();
    for (n, (title, owner, tasks)) in INSTRUCTIONS.iter().enumerate() {
        let no = n.saturating_add(1);
        let name = format!("conference-{no}");
        let open = order("conference-instruction", owner, title, SourceKind::Meeting, &name);
        let mut script = Script::new(name.clone(), &dispatcher, open, at(scenery, held, 15, 0));
        script.open.values.insert("ordinal".into(), json!(no.to_string()));
        // The last instruction has not been broken down yet: it shows as not covered, and late.
        let covered = no < INSTRUCTIONS.len();
        if covered {
            script = script.then(at(scenery, held.saturating_add(6.days()), 16, 0), reach("tasks"));
        }
        script = script.then(at(scenery, held.saturating_add(40.days()), 10, 0), Act::Close);
        if !covered {
            script.acts.clear();
        }
        scripts.push(script);
        for (m, (task, unit)) in tasks.iter().enumerate().filter(|_| covered) {
            let task_name = format!("task-{no}-{}", m.saturating_add(1));
            let mut open = order("key-task", unit, task, SourceKind::Parent, &task_name);
            open.values.insert("ordinal".into(), json!(no.to_string()));
            let due = scenery
                .shift
                .day(held.saturating_add(if no == 4 { 38.days() } else { 75.days() }));
            open.values.insert("due".into(), json!(due.to_string()));
            let mut script = Script::new(
                task_name,
                &dispatcher,
                open,
                at(scenery, held.saturating_add(4.days()), 10, 0),
            );
            script.parent = Some(name.clone());
            script = script.then(
                at(scenery, held.saturating_add(9.days()), 10, 0),
                reach("carrying-out"),
            );
            // The tasks of the first instruction are done; one of the fourth is late.
            if no == 1 || no == 4 && m == 0 {
                script = script.then(at(scenery, held.saturating_add(27.days()), 10, 0), Act::Close);
            }
            scripts.push(script);
        }
    }
    scripts
}

fn supervisor() -> PostId {
    PostId::from(format!("{SUPERVISION}.supervisor"))
}

fn reach(stage: &str) -> Act {
    Act::Reach(stage.into())
}

pub(super) fn source(kind: SourceKind, key: &str) -> Option<SourceOrder> {
    Some(SourceOrder {
        kind,
        document: None,
        at: Vec::new(),
        quote: None,
        key: Some(key.into()),
    })
}

pub(super) fn order(mechanism: &str, owner: &str, title: &str, kind: SourceKind, key: &str) -> OpenOrder {
    OpenOrder {
        stage: None,
        papers: Vec::new(),
        mechanism: mechanism.into(),
        owner: owner.into(),
        supporting: Default::default(),
        title: title.to_owned(),
        risk: None,
        values: Default::default(),
        source: source(kind, key),
        parent: None,
    }
}
