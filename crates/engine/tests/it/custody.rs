//! What is encrypted to a custodian, and what is erased: never in the clear on the disk, opened by one key alone, gone
//! when it is erased.

use std::path::Path;

use bihuan_domain::event::WorldEvent;
use bihuan_domain::id::{CaseId, Code};
use bihuan_domain::org::{Actor, Unit, Validity};
use bihuan_engine::custody::{self, Parcel};
use bihuan_engine::views::{Filter, Sort};
use bihuan_engine::{Failure, WorldChange, export};
use bihuan_ledger::custody::{Error, Locked, Private};
use bihuan_messages::{Label, Lang};
use jiff::civil::date;
use serde_json::json;

use crate::by_themselves::{works, works_with};
use crate::county::County;

const INFORMANT: &str = "一车间夜班的样某，电话13800000000";

fn discipline() -> Code {
    Code::new("discipline")
}

/// The county of the works with a discipline body.
fn watched(dir: &Path) -> County {
    let mut county = works(dir);
    let unit = Unit {
        id: "discipline".into(),
        kind: "office".into(),
        name: Label::new("样县纪检机构", "Discipline Office"),
        parent: Some("county".into()),
        functions: [discipline()].into(),
        valid: Validity::since(date(2020, 1, 1)),
        successor: None,
        has_accounts: true,
    };
    let change = WorldChange::from(WorldEvent::UnitPut(unit));
    county
        .engine
        .change(&Actor::system(), "discipline", vec![change])
        .unwrap();
    let device = json!({"name": "样例设备", "kind": "boiler", "user": "housing", "next_due": "2026-12-31"});
    let row = json!({"type": "row", "register": "devices", "row": "d1", "values": device});
    county.order("water.clerk", row).unwrap();
    county
}

fn report(county: &mut County) -> Result<bihuan_engine::Answer, Failure> {
    let values = json!({"matter": "样例受限空间作业", "device": "d1", "work_class": "special", "informant": INFORMANT});
    county.order(
        "housing.clerk",
        json!({"type": "open", "mechanism": "permit", "owner": "housing", "title": "样例受限空间作业", "values": values}),
    )
}

fn register(county: &County, key: &Private) {
    custody::register(&county.engine, &Actor::system(), &discipline(), &key.public()).unwrap();
}

fn parcel(county: &County, case: CaseId) -> Parcel {
    let views = county.engine.views().unwrap();
    let state = views.state(case).unwrap().unwrap();
    Parcel::of(&views, &state, Some(&discipline())).unwrap()
}

fn opened(parcel: &Parcel, key: &Private) -> Result<String, Error> {
    let locked: Locked = parcel.values.values().next().unwrap().parse()?;
    key.open(&locked)
}

/// Every byte of every file of a directory: database, write-ahead log, keys, blobs.
fn all_bytes(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for item in std::fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        bytes.extend(match path.is_dir() {
            true => all_bytes(&path),
            false => std::fs::read(&path).unwrap(),
        });
    }
    bytes
}

fn holds(dir: &Path, text: &str) -> bool {
    let bytes = all_bytes(dir);
    memchr::memmem::find(&bytes, text.as_bytes()).is_some()
}

#[test]
fn an_informant_is_nowhere_on_the_disk_and_the_custodian_alone_reads_who_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = watched(dir.path());
    let key = Private::generate().unwrap();
    register(&county, &key);
    let case = report(&mut county).unwrap().case.unwrap();
    for part in [INFORMANT, "样某", "13800000000"] {
        assert!(!holds(dir.path(), part), "{part} is on the disk");
    }
    assert!(holds(dir.path(), "sealed:sha256:"), "the scan sees what is there");
    // The server itself, with all its keys, has only the locked text.
    let parcel = parcel(&county, case);
    assert_eq!(parcel.values.len(), 1);
    assert!(parcel.values.values().all(|text| !text.contains("样某")));
    assert_eq!(opened(&parcel, &key).as_deref(), Ok(INFORMANT));
    let other = Private::generate().unwrap();
    let refused = opened(&parcel, &other).unwrap_err();
    let said = refused.message().text(Lang::En);
    assert!(
        said.contains(&key.public().fingerprint()) && said.contains(&other.public().fingerprint()),
        "{said}"
    );
    county.verify();
}

#[test]
fn without_a_registered_key_an_identity_is_refused_and_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = watched(dir.path());
    let before = county.engine.beacon().size;
    let Err(Failure::Refused(refusal)) = report(&mut county) else {
        panic!("it was taken without a key");
    };
    assert_eq!(refusal.code, "no_custodian_key");
    assert!(refusal.text(Lang::Zh).contains("样县纪检机构"));
    assert_eq!(county.engine.beacon().size, before);
    assert!(!holds(dir.path(), "样某"));
    county.verify();
}

#[test]
fn a_key_for_nobody_and_a_key_of_no_use_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let county = watched(dir.path());
    let code = |function: &str, key: &bihuan_ledger::custody::Public| match custody::register(
        &county.engine,
        &Actor::system(),
        &Code::new(function),
        key,
    ) {
        Err(Failure::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    };
    let key = Private::generate().unwrap().public();
    assert_eq!(code("nobody", &key), "no_custodian_unit");
    let zeros = "0".repeat(64).parse().unwrap();
    assert_eq!(code("discipline", &zeros), "unfit_key");
}

#[test]
fn after_a_change_of_keys_each_value_opens_with_the_key_of_its_day() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = watched(dir.path());
    let (first, second) = (Private::generate().unwrap(), Private::generate().unwrap());
    register(&county, &first);
    let case = report(&mut county).unwrap().case.unwrap();
    let old = parcel(&county, case);
    register(&county, &second);
    register(&county, &second);
    let amend =
        json!({"type": "amend", "case": case, "reason": "correction", "values": {"informant": INFORMANT}});
    county.order("supervision.dispatcher", amend).unwrap();
    let new = parcel(&county, case);
    assert_eq!(opened(&old, &first).as_deref(), Ok(INFORMANT));
    assert_eq!(opened(&new, &second).as_deref(), Ok(INFORMANT));
    assert!(matches!(opened(&new, &first), Err(Error::OtherKey { .. })));
    let custodian = custody::custodian(&county.engine.world(), &discipline(), county.engine.now());
    assert_eq!(custodian.key, Some(second.public()));
    assert_eq!(custodian.former, [first.public()]);
    // Back to the first: that is a change of its own and not a repetition.
    register(&county, &first);
    let custodian = custody::custodian(&county.engine.world(), &discipline(), county.engine.now());
    assert_eq!(custodian.key, Some(first.public()));
    county.verify();
}

#[test]
fn what_a_client_has_locked_itself_is_taken_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = watched(dir.path());
    let key = Private::generate().unwrap();
    register(&county, &key);
    let locked = key.public().lock("discipline", INFORMANT).unwrap().to_string();
    let values = json!({"matter": "样例作业", "device": "d1", "work_class": "special", "informant": locked});
    let open = json!({"type": "open", "mechanism": "permit", "owner": "housing", "title": "样例作业", "values": values});
    let case = county.order("housing.clerk", open).unwrap().case.unwrap();
    let parcel = parcel(&county, case);
    assert_eq!(parcel.values.values().next(), Some(&locked));
    assert_eq!(opened(&parcel, &key).as_deref(), Ok(INFORMANT));
}

#[test]
fn erasing_the_case_erases_the_identity_from_every_byte() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = watched(dir.path());
    let key = Private::generate().unwrap();
    register(&county, &key);
    let case = report(&mut county).unwrap().case.unwrap();
    assert_eq!(parcel(&county, case).values.len(), 1);
    county
        .engine
        .erase(&Actor::system(), &format!("case/{case}"), "period_over")
        .unwrap();
    assert!(parcel(&county, case).values.is_empty());
    let views = county.engine.views().unwrap();
    let view = views.case(case).unwrap().unwrap();
    assert_eq!(view.title, None);
    assert!(
        view.state.values.contains_key("informant"),
        "that there was one stays"
    );
    drop(views);
    county.verify();
}

#[test]
fn no_export_carries_what_is_the_custodians() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = watched(dir.path());
    register(&county, &Private::generate().unwrap());
    report(&mut county).unwrap();
    let asked = export::Asked {
        mechanism: Some("permit".into()),
        ..Default::default()
    };
    let sheet = export::ledger(
        &county.engine,
        &bihuan_engine::access::Sight::All,
        &asked,
        Lang::Zh,
    )
    .unwrap();
    let csv = String::from_utf8(export::csv(&sheet).unwrap()).unwrap();
    assert!(!csv.contains("样某") && !csv.contains("custody:1:"), "{csv}");
}

/// Names of devices as if they were of people.
fn sensitive(file: &str, text: String) -> String {
    match file {
        "pack.toml" => {
            let named = "id = \"device-name\"\nlabel = { zh = \"设备名称\", en = \"Name of the device\" }\ntype = \"text\"\n";
            assert!(text.contains(named));
            text.replace(named, &format!("{named}sensitive = true\n"))
        }
        _ => text,
    }
}

#[test]
fn one_row_of_a_sensitive_register_is_erased_alone_and_nothing_that_counts_rows_changes() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = works_with(dir.path(), sensitive);
    for row in ["d1", "d2"] {
        let values = json!({"name": format!("样户{row}"), "kind": "boiler", "user": "housing", "next_due": "2026-12-31"});
        let order = json!({"type": "row", "register": "devices", "row": row, "values": values});
        county.order("water.clerk", order).unwrap();
    }
    let name = |county: &County, row: &str| {
        let world = county.engine.world();
        let values = world
            .registers
            .row(&"devices".into(), &row.into())
            .unwrap()
            .clone();
        match values.get("name") {
            Some(bihuan_domain::value::Value::Sealed(sealed)) => {
                county.engine.views().unwrap().unseal(sealed).unwrap()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(name(&county, "d1").as_deref(), Some("样户d1"));
    county
        .engine
        .erase(&Actor::system(), "register/devices/d1", "period_over")
        .unwrap();
    assert_eq!(name(&county, "d1"), None);
    assert_eq!(name(&county, "d2").as_deref(), Some("样户d2"));
    let world = county.engine.world();
    assert_eq!(world.registers.count(&"devices".into()), 2);
    let row = world.registers.row(&"devices".into(), &"d1".into()).unwrap();
    assert!(row.contains_key("kind"), "what figures count stays");
    county.verify();
    // Opened again, the world is the same.
    let before = world.registers.clone();
    drop(world);
    let (time, path) = (county.time.clone(), dir.path().to_owned());
    drop(county);
    let (engine, _) = bihuan_engine::Engine::open(&path, time).unwrap();
    assert_eq!(engine.world().registers, before);
}

#[test]
fn a_title_that_a_case_has_from_a_row_goes_with_the_row() {
    let dir = tempfile::tempdir().unwrap();
    let change = |file: &str, text: String| match file {
        "pack.toml" => {
            let named = "id = \"alert-place\"";
            assert!(text.contains(named));
            text.replace(
                "id = \"alert-colour\"\n",
                "id = \"alert-colour\"\nsensitive = true\n",
            )
        }
        _ => text,
    };
    let mut county = works_with(dir.path(), change);
    let alert = json!({"type": "row", "register": "alerts", "row": "r1",
                       "values": {"matter": "暴雨红色预警", "colour": "red", "place": "housing"}});
    let case = county.order("water.clerk", alert).unwrap().case.unwrap();
    let title = |county: &County| county.engine.views().unwrap().case(case).unwrap().unwrap().title;
    assert_eq!(title(&county).as_deref(), Some("暴雨红色预警"));
    county
        .engine
        .erase(&Actor::system(), "register/alerts/r1", "period_over")
        .unwrap();
    assert_eq!(title(&county), None);
    let filter = Filter {
        text: Some("暴雨".to_owned()),
        ..Filter::default()
    };
    let page = county
        .engine
        .views()
        .unwrap()
        .cases(&filter, Sort::Oldest, 0, 10)
        .unwrap();
    assert_eq!(page.total, 0, "nor is it found by searching");
    let world = county.engine.world();
    let row = world.registers.row(&"alerts".into(), &"r1".into()).unwrap();
    assert!(!row.contains_key("colour"), "a sensitive choice goes too");
    assert!(row.contains_key("place"));
    county.verify();
}
