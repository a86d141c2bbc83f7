//! Stopping and starting: what was acknowledged is there, what lagged is made anew, two never write.

use bihuan_engine::{Engine, views};
use bihuan_messages::Lang;
use serde_json::json;

use crate::county::County;

fn open(county: &mut County) {
    county
        .order(
            "housing.clerk",
            json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": "停电三日",
                "values": { "leader": "county.leader" } }),
        )
        .unwrap();
}

#[test]
fn a_restart_continues_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut county = County::new(&data);
    open(&mut county);
    let (world, time) = (county.engine.world(), county.time.clone());
    drop(county);
    let (engine, opening) = Engine::open(&data, time).unwrap();
    assert!(!opening.rebuilt);
    assert_eq!(
        *engine.world(),
        *world,
        "the jurisdiction is replayed to the same"
    );
    assert_eq!(
        engine.views().unwrap().counts(&Default::default()).unwrap().total,
        1
    );
    assert!(engine.mechanisms().current(&"three-plus-24".into()).is_some());
}

#[test]
fn a_second_engine_on_the_same_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let county = County::new(&data);
    let Err(error) = Engine::open(&data, county.time.clone()) else {
        panic!("two writers")
    };
    let text = error.message().text(Lang::En);
    assert!(
        text.contains(&std::process::id().to_string()),
        "names who holds it: {text}"
    );
}

#[test]
fn read_models_that_were_damaged_are_found_and_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut county = County::new(&data);
    open(&mut county);
    let time = county.time.clone();
    drop(county);
    let raw = rusqlite::Connection::open(data.join("ledger.sqlite")).unwrap();
    raw.execute("UPDATE case_views SET owner = 'water'", []).unwrap();
    raw.execute("DELETE FROM duties", []).unwrap();
    let ledger = bihuan_ledger::Ledger::open(&data).unwrap();
    let found = views::compare(&ledger.reader().unwrap(), &mut |_| {}).unwrap();
    let tables: Vec<&str> = found.iter().map(|d| d.table.as_str()).collect();
    assert_eq!(tables, ["case_views", "duties"]);
    drop(ledger);
    raw.execute("UPDATE views_meta SET applied = 0", []).unwrap();
    drop(raw);
    let (engine, opening) = Engine::open(&data, time).unwrap();
    assert!(opening.rebuilt);
    assert!(
        views::compare(&engine.ledger().reader().unwrap(), &mut |_| {})
            .unwrap()
            .is_empty()
    );
}

#[cfg(unix)]
#[test]
fn what_is_secret_is_readable_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _county = County::new(&data);
    let accounts = bihuan_engine::Accounts::open(&data).unwrap();
    accounts.put("office", &"p1".into(), "long enough").unwrap();
    for name in ["accounts.sqlite", "accounts.sqlite-wal", "keys.bin", "log.key"] {
        let mode = std::fs::metadata(data.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is {mode:o}");
    }
}
