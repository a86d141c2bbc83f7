//! Cases that open by themselves, rows that steps and keepers write, and parts that a stage spawns.

use std::collections::BTreeMap;
use std::path::Path;

use bihuan_domain::event::WorldEvent;
use bihuan_domain::id::{CaseId, Code, PackId};
use bihuan_domain::org::{Actor, Post, Unit, Validity};
use bihuan_engine::views::{Filter, Sort};
use bihuan_engine::{Engine, Failure, WorldChange};
use bihuan_messages::Label;
use jiff::civil::date;
use serde_json::json;

use crate::county::County;

fn works_files() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mechanism/tests/works");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        files.insert(name, std::fs::read_to_string(path).unwrap());
    }
    files
}

/// The county with the pack that uses every construct of the language, a village and a unit for work safety.
pub(crate) fn works(dir: &Path) -> County {
    works_with(dir, |_, text| text)
}

/// As [`works`], with the text of each file as `change` leaves it.
pub(crate) fn works_with(dir: &Path, change: fn(&str, String) -> String) -> County {
    let county = County::new(dir);
    let files = works_files().into_iter();
    let files = files
        .map(|(name, text)| (name.clone(), change(&name, text)))
        .collect();
    let since = Validity::since(date(2020, 1, 1));
    let unit = |id: &str, kind: &str, functions: &[&str]| {
        WorldChange::from(WorldEvent::UnitPut(Unit {
            id: id.into(),
            kind: kind.into(),
            name: Label::new(id, id),
            parent: Some("county".into()),
            functions: functions.iter().map(Code::new).collect(),
            valid: since,
            successor: None,
            has_accounts: true,
        }))
    };
    let post = |unit: &str, kind: &str| {
        WorldChange::from(WorldEvent::PostPut(Post {
            id: format!("{unit}.{kind}").as_str().into(),
            unit: unit.into(),
            kind: kind.into(),
            name: Label::new(kind, kind),
            valid: since,
        }))
    };
    let changes = vec![
        unit("water", "department", &["safety"]),
        unit("east-village", "village", &[]),
        unit("west-village", "village", &[]),
        post("east-village", "clerk"),
        post("west-village", "clerk"),
        Engine::adopt_pack(&PackId::new("works"), files),
    ];
    county.engine.change(&Actor::system(), "works", changes).unwrap();
    county
}

fn refusal(result: Result<bihuan_engine::Answer, Failure>) -> String {
    match result {
        Err(Failure::Refused(refusal)) => refusal.code.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

fn device(county: &mut County, row: &str, kind: &str) {
    let values =
        json!({"name": format!("样例设备{row}"), "kind": kind, "user": "housing", "next_due": "2026-12-31"});
    county
        .order(
            "water.clerk",
            json!({"type": "row", "register": "devices", "row": row, "values": values}),
        )
        .unwrap();
}

fn cases(county: &County, mechanism: &str) -> Vec<CaseId> {
    let views = county.engine.views().unwrap();
    let filter = Filter {
        mechanisms: vec![mechanism.into()],
        ..Filter::default()
    };
    let page = views.cases(&filter, Sort::Oldest, 0, 100).unwrap();
    page.rows.iter().map(|row| row.id).collect()
}

#[test]
fn only_its_keeper_writes_a_register_and_a_wrong_row_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = works(dir.path());
    let row = json!({"type": "row", "register": "devices", "row": "d1", "values": {"name": "样例吊车", "kind": "crane"}});
    assert_eq!(refusal(county.order("housing.clerk", row.clone())), "not_keeper");
    county.order("water.clerk", row).unwrap();
    let wrong = json!({"type": "row", "register": "devices", "row": "d2", "values": {"name": "样例锅炉", "kind": "rocket"}});
    assert_eq!(refusal(county.order("water.clerk", wrong)), "wrong_type");
    let nameless = json!({"type": "row", "register": "devices", "row": "d3", "values": {"kind": "crane"}});
    assert_eq!(refusal(county.order("water.clerk", nameless)), "missing_field");
    assert_eq!(county.engine.world().registers.count(&"devices".into()), 1);
    // What a correction does not say stays.
    let again = json!({"type": "row", "register": "devices", "row": "d1", "values": {"kind": "boiler"}});
    county.order("water.clerk", again).unwrap();
    let world = county.engine.world();
    let row = world.registers.row(&"devices".into(), &"d1".into()).unwrap();
    assert!(row.contains_key("name"));
    county.verify();
}

#[test]
fn a_warning_opens_its_response_once_and_a_calm_one_opens_none() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = works(dir.path());
    let alert = |row: &str, colour: &str| {
        json!({"type": "row", "register": "alerts", "row": row,
               "values": {"matter": format!("暴雨{colour}预警"), "colour": colour, "place": "housing"}})
    };
    county.order("water.clerk", alert("y1", "yellow")).unwrap();
    assert!(cases(&county, "response").is_empty());
    let answer = county.order("water.clerk", alert("r1", "red")).unwrap();
    let opened = cases(&county, "response");
    assert_eq!(opened.len(), 1);
    assert_eq!(answer.case, opened.first().copied());
    // The alert is corrected: still one response.
    county.order("water.clerk", alert("r1", "orange")).unwrap();
    assert_eq!(cases(&county, "response").len(), 1);
    let views = county.engine.views().unwrap();
    let case = views.case(opened[0]).unwrap().unwrap();
    assert_eq!(case.title.as_deref(), Some("暴雨red预警"));
    assert_eq!(case.state.owner.as_str(), "housing");
    assert!(case.state.values.contains_key("alert"));
    county.verify();
}

#[test]
fn a_step_writes_a_row_of_its_case_and_the_guard_judges_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = works(dir.path());
    device(&mut county, "d1", "boiler");
    let open = json!({"type": "open", "mechanism": "permit", "owner": "housing", "title": "样例受限空间作业",
                      "values": {"matter": "样例受限空间作业", "device": "d1", "work_class": "special"}});
    let case = county.order("housing.clerk", open.clone()).unwrap().case.unwrap();
    assert_eq!(
        refusal(county.order("housing.clerk", open.clone())),
        "already_open_for"
    );
    let measure =
        |oxygen: &str| json!({"type": "step", "case": case.0, "step": "measure", "row": {"oxygen": oxygen}});
    // Too little oxygen: refused, and the reading is not there either.
    assert_eq!(refusal(county.order("housing.clerk", measure("18.2"))), "guard");
    assert_eq!(county.engine.world().registers.count(&"gas_readings".into()), 0);
    county.order("housing.clerk", measure("20.9")).unwrap();
    assert_eq!(county.stage(case), "inside");
    let again = json!({"type": "step", "case": case.0, "step": "again", "row": {"oxygen": "20.7"}});
    county.order("housing.clerk", again).unwrap();
    let world = county.engine.world();
    let rows: Vec<_> = world
        .registers
        .rows_of_case(&"gas_readings".into(), case)
        .collect();
    assert_eq!(rows.len(), 2);
    let stray = json!({"type": "step", "case": case.0, "step": "leave", "row": {"oxygen": "20"}, "values": {"result": "清点完毕"}});
    assert_ne!(refusal(county.order("housing.clerk", stray)), "guard");
    let leave = json!({"type": "step", "case": case.0, "step": "leave", "values": {"result": "清点完毕"}});
    county.order("housing.clerk", leave).unwrap();
    county
        .order(
            "supervision.supervisor",
            json!({"type": "verify", "case": case.0, "pass": true}),
        )
        .unwrap();
    // The matter is closed: another permit for the same device may be opened.
    county.order("housing.clerk", open).unwrap();
    county.verify();
}

#[test]
fn a_campaign_opens_a_check_for_each_device_and_goes_on_when_the_last_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = works(dir.path());
    for (row, kind) in [("c1", "crane"), ("c2", "crane"), ("b1", "boiler")] {
        device(&mut county, row, kind);
    }
    let open = json!({"type": "open", "mechanism": "campaign", "owner": "water", "title": "样例专项检查", "values": {"matter": "样例专项检查"}});
    let campaign = county
        .order("supervision.dispatcher", open)
        .unwrap()
        .case
        .unwrap();
    let start = json!({"type": "step", "case": campaign.0, "step": "start"});
    county.order("water.clerk", start).unwrap();
    let checks = cases(&county, "device-check");
    assert_eq!(checks.len(), 2, "two cranes, the boiler is not meant");
    for check in &checks {
        let report = json!({"type": "step", "case": check.0, "step": "report", "values": {"passed": true}});
        county.order("housing.clerk", report).unwrap();
        // The parent's owner takes note.
        let note = json!({"type": "step", "case": check.0, "step": "take-note"});
        county.order("water.head", note).unwrap();
        county
            .order(
                "supervision.supervisor",
                json!({"type": "verify", "case": check.0, "pass": true}),
            )
            .unwrap();
    }
    assert_eq!(county.stage(campaign), "summing-up");
    let report =
        json!({"type": "step", "case": campaign.0, "step": "report", "values": {"result": "全部合格"}});
    county.order("water.clerk", report).unwrap();
    assert_eq!(county.stage(campaign), "verification");
    county.verify();
}

#[test]
fn a_schedule_opens_for_every_village_and_a_stop_loses_no_month() {
    let dir = tempfile::tempdir().unwrap();
    let county = works(dir.path());
    county.engine.catch_up().unwrap();
    assert!(cases(&county, "visit").is_empty(), "the month's day has not come");
    county.at(date(2026, 3, 10).at(8, 0, 0, 0));
    county.engine.catch_up().unwrap();
    assert_eq!(cases(&county, "visit").len(), 2);
    county.engine.catch_up().unwrap();
    assert_eq!(
        cases(&county, "visit").len(),
        2,
        "once for each village and month"
    );
    // The engine stood still for two months: both are opened, and their clocks count from the days they were due.
    county.at(date(2026, 5, 12).at(9, 0, 0, 0));
    county.engine.catch_up().unwrap();
    let all = cases(&county, "visit");
    assert_eq!(all.len(), 6);
    let views = county.engine.views().unwrap();
    let april = views.state(all[2]).unwrap().unwrap();
    let start = april.past.first().unwrap().start;
    assert_eq!(bihuan_domain::calendar::date_of(start), date(2026, 4, 10));
    let titles = views.case(all[0]).unwrap().unwrap().title.unwrap();
    assert_eq!(titles, "2026年3月10日走访（east-village）");
    county.verify();
}

/// The works pack with the first limit of the permit shortened, and its stage `inside` under another name.
fn newer_works() -> bihuan_engine::adoption::Files {
    let mut files = works_files();
    let permit = files.get_mut("permit.toml").unwrap();
    *permit = permit
        .replace("limit = \"2 hours\"", "limit = \"1 hour\"")
        .replace("\"inside\"", "\"in-the-space\"")
        .replace(
            "[[role]]\nid = \"user\"",
            "[renamed]\nstages = { inside = \"in-the-space\" }\n\n[[role]]\nid = \"user\"",
        );
    BTreeMap::from([(PackId::new("works"), files)])
}

#[test]
fn a_new_version_is_replayed_before_it_is_adopted_and_takes_open_cases_over_by_events() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = works(dir.path());
    device(&mut county, "d1", "boiler");
    let open = json!({"type": "open", "mechanism": "permit", "owner": "housing", "title": "样例作业",
                      "values": {"matter": "样例作业", "device": "d1", "work_class": "special"}});
    let case = county.order("housing.clerk", open).unwrap().case.unwrap();
    let measure = json!({"type": "step", "case": case.0, "step": "measure", "row": {"oxygen": "20.9"}});
    county.order("housing.clerk", measure).unwrap();
    county.at(date(2026, 3, 2).at(10, 30, 0, 0));
    let newer = newer_works();
    let previews = county.engine.preview(&newer).unwrap();
    assert_eq!(previews.len(), 1, "only the permit changes");
    let preview = &previews[0];
    assert_eq!((preview.open, preview.overdue.as_slice()), (1, &[case][..]));
    assert!(preview.stuck.is_empty());
    // An unsound version is never adopted, and the old one stays in force.
    let mut broken = newer.clone();
    let text = broken
        .get_mut(&PackId::new("works"))
        .unwrap()
        .get_mut("permit.toml")
        .unwrap();
    *text = text.replace("to = \"checking\"", "to = \"nowhere\"");
    assert!(county.engine.adopt(&Actor::system(), "broken", &broken).is_err());
    county.engine.adopt(&Actor::system(), "newer", &newer).unwrap();
    assert_eq!(
        county.stage(case),
        "inside",
        "until it is taken over, the case goes on under its own rules"
    );
    let permit = std::collections::BTreeSet::from(["permit".into()]);
    assert_eq!(county.engine.migrate(&Actor::system(), &permit, true).unwrap(), 1);
    assert_eq!(county.stage(case), "in-the-space");
    assert_eq!(
        county.engine.migrate(&Actor::system(), &permit, true).unwrap(),
        0,
        "once only"
    );
    county.engine.catch_up().unwrap();
    let state = county.engine.views().unwrap().state(case).unwrap().unwrap();
    assert!(
        state.was_late,
        "by the new limit it has been due since ten o'clock"
    );
    county.verify();
}
