//! Erasing with everything that a server keeps: list, search, files, write-ahead log, later backups; and no way back.

use std::path::Path;

use bihuan_engine::Engine;
use bihuan_ledger::{BackupPlan, RestorePlan, backup, read_erasures, restore};
use jiff::Timestamp;
use serde_json::json;

use crate::county::County;

const TITLE: &str = "张三家停电三日";
const NOTE: &str = "当事人张三，住东街七号";
const PHOTO: &str = "张三家的电表";

fn bytes_of(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for item in std::fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        bytes.extend(if path.is_dir() {
            bytes_of(&path)
        } else {
            std::fs::read(&path).unwrap()
        });
    }
    bytes
}

fn holds(dir: &Path, part: &[u8]) -> bool {
    memchr::memmem::find(&bytes_of(dir), part).is_some()
}

fn found(engine: &Engine, text: &str) -> u64 {
    let filter = bihuan_engine::views::Filter {
        text: Some(text.to_owned()),
        ..Default::default()
    };
    let sort = bihuan_engine::views::Sort::Newest;
    engine.views().unwrap().cases(&filter, sort, 0, 10).unwrap().total
}

/// Every ciphertext and file that lies under a case's key, and the key.
fn secrets(data: &Path, case: &str) -> Vec<Vec<u8>> {
    let connection = rusqlite::Connection::open(data.join("ledger.sqlite")).unwrap();
    let slot: u32 = connection
        .query_row(
            "SELECT slot FROM subject_keys WHERE subject = ?1",
            [case],
            |row| row.get(0),
        )
        .unwrap();
    let mut statement = connection
        .prepare("SELECT box FROM sealed WHERE slot = ?1 UNION ALL SELECT box FROM blobs WHERE slot = ?1")
        .unwrap();
    let rows = statement
        .query_map([slot], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    let mut all: Vec<Vec<u8>> = rows.map(Result::unwrap).collect();
    let keys = std::fs::read(data.join("keys.bin")).unwrap();
    let start = usize::try_from(slot + 1).unwrap() * 64;
    all.push(keys[start..start + 32].to_vec());
    for folder in std::fs::read_dir(data.join("blobs")).unwrap() {
        all.push(bytes_of(&folder.unwrap().path()));
    }
    all
}

#[test]
fn what_is_erased_is_gone_from_a_running_server_from_later_backups_and_from_what_is_restored() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let mut county = County::new(&at("data"));
    let open = json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": TITLE,
        "values": { "leader": "county.leader" } });
    let case = county.order("housing.clerk", open).unwrap().case.unwrap();
    let photo = county.engine.upload("电表.txt", PHOTO.as_bytes()).unwrap();
    let note = json!({ "type": "note", "case": case, "note": NOTE, "evidence": [photo] });
    county.order("housing.clerk", note).unwrap();
    let subject = format!("case/{case}");
    let secrets = secrets(&at("data"), &subject);
    assert!(
        secrets.len() >= 5,
        "texts, the file, its wrapped key, the subject's key: {}",
        secrets.len()
    );
    assert_eq!(found(&county.engine, "张三"), 1);
    assert!(
        holds(&at("data"), TITLE.as_bytes()),
        "lists have titles in the clear"
    );
    let make = |name: &str| {
        let (from, to, keys) = (at("data"), at(name), at(&format!("{name}.keys")));
        let plan = BackupPlan {
            from: &from,
            to: &to,
            keys: Some(&keys),
            previous: None,
        };
        let made = backup(&plan, Timestamp::now(), &mut |_| {}).unwrap();
        assert!(made.report.sound(), "{:?}", made.report);
        assert!(!holds(&to, TITLE.as_bytes()), "a backup has no lists");
    };
    make("before");
    let receipt = county.engine.ledger().reader().unwrap().receipt(0).unwrap();

    county
        .engine
        .erase(&bihuan_domain::org::Actor::system(), &subject, "period_over")
        .unwrap();
    let gone = |dir: &Path| {
        assert!(
            secrets.iter().all(|secret| !holds(dir, secret)),
            "{}",
            dir.display()
        );
        for part in [TITLE, NOTE, PHOTO, "张三"] {
            assert!(!holds(dir, part.as_bytes()), "{part} in {}", dir.display());
        }
    };
    assert_eq!(found(&county.engine, "张三"), 0);
    gone(&at("data"));
    county.verify();
    make("after");
    gone(&at("after"));
    gone(&at("after.keys"));

    let (from, keys, to) = (at("before"), at("before.keys"), at("again"));
    let plan = RestorePlan {
        backup: &from,
        keys: &keys,
        to: &to,
        kept: Vec::new(),
        faults: false,
    };
    let restored = restore(&plan, Timestamp::now(), &mut |_| {}).unwrap();
    let (engine, opening) = Engine::open(restored.dir(), county.time.clone()).unwrap();
    assert!(opening.rebuilt, "a backup has no read models");
    assert_eq!(found(&engine, "张三"), 1, "as it was");
    for erasure in read_erasures(&at("after"), "test.example").unwrap() {
        engine
            .erase(
                &bihuan_domain::org::Actor::system(),
                &erasure.subject,
                "reapplied",
            )
            .unwrap();
    }
    drop(engine);
    restored.finish().unwrap();
    gone(&to);
    let (engine, opening) = Engine::open(&to, county.time.clone()).unwrap();
    assert!(!opening.rebuilt);
    assert_eq!(
        (found(&engine, "张三"), found(&engine, "")),
        (0, 1),
        "the case itself stays"
    );
    let known = bihuan_ledger::Known {
        receipts: vec![receipt],
        ..Default::default()
    };
    let report = bihuan_ledger::verify(&to, &known, &mut |_| {}).unwrap();
    assert!(report.sound(), "{report:?}");
}
