//! A directory that is not what it should be is refused with what was found and how to mend it, never opened silently.

use std::fs;

use bihuan_ledger::{Batch, Error, Known, Ledger, NewEntry, PooledReader, Writer, verify};
use bihuan_messages::Lang;
use serde_json::{Value, json};

use crate::support::{Place, at, event, group};

fn refusal(place: &Place) -> String {
    let error = match Ledger::open(&place.data()) {
        Err(error) => error,
        Ok(ledger) => ledger.writer().map(drop).expect_err("refused"),
    };
    let shown = place.data().display().to_string();
    error.message().text(Lang::En).replace(&shown, "DATA")
}

fn small() -> Place {
    let place = Place::new();
    drop(place.with_groups(&[3, 2]));
    place
}

#[test]
fn a_second_writer_is_refused_and_told_who_holds_the_directory() {
    let place = Place::new();
    let ledger = place.ledger();
    let writer = ledger.writer().unwrap();
    let again = Ledger::open(&place.data()).unwrap();
    let Err(Error::InUse { holder, .. }) = again.writer() else {
        panic!("two writers")
    };
    assert!(
        holder.contains(&format!("pid {}", std::process::id())),
        "{holder}"
    );
    drop(writer);
    again.writer().unwrap();
}

#[test]
fn a_writer_that_was_overtaken_writes_no_more() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    group(&mut writer, 1, 1);
    // As when the lock lies on a network disk that let two in.
    place.sql("UPDATE format SET fence = fence + 1");
    assert!(matches!(
        writer.begin(at(2)),
        Err(Error::Fenced { ours: 1, found: 2 })
    ));
}

#[test]
fn nothing_is_created_over_something() {
    let place = small();
    assert!(matches!(
        Ledger::create(&place.data(), "x"),
        Err(Error::Occupied { .. })
    ));
    assert!(matches!(
        Ledger::create(&Place::new().data(), "two words"),
        Err(Error::BadName { .. })
    ));
}

#[test]
fn each_damage_has_its_own_words() {
    let mut told = Vec::new();
    let mut tell = |name: &str, damage: &dyn Fn(&Place)| {
        let place = small();
        damage(&place);
        told.push(format!("{name}: {}", refusal(&place)));
    };
    let data = |place: &Place, name: &str| place.data().join(name);
    tell("no directory", &|place| fs::remove_dir_all(place.data()).unwrap());
    tell("empty database", &|place| {
        fs::write(data(place, "ledger.sqlite"), b"").unwrap()
    });
    tell("text as database", &|place| {
        fs::write(data(place, "ledger.sqlite"), "交城".repeat(4000)).unwrap()
    });
    tell("foreign database", &|place| {
        fs::remove_file(data(place, "ledger.sqlite")).unwrap();
        place.sql("CREATE TABLE entries(x)");
    });
    tell("newer", &|place| place.sql("UPDATE format SET version = 9"));
    tell("format row", &|place| place.sql("DELETE FROM format"));
    tell("format table", &|place| place.sql("DROP TABLE format"));
    tell("head removed", &|place| {
        place.sql("DELETE FROM entries WHERE seq = 4")
    });
    tell("head changed", &|place| {
        place.sql("UPDATE entries SET leaf = zeroblob(32) WHERE seq = 4")
    });
    tell("head forged", &|place| {
        place.sql("UPDATE checkpoints SET signature = zeroblob(64) WHERE size = 5")
    });
    tell("no checkpoints", &|place| place.sql("DELETE FROM checkpoints"));
    tell("no entries table", &|place| place.sql("DROP TABLE entries"));
    tell("no log key", &|place| {
        fs::remove_file(data(place, "log.key")).unwrap()
    });
    tell("other log key", &|place| {
        fs::write(data(place, "log.key"), "00".repeat(32)).unwrap()
    });
    tell("no keys", &|place| {
        fs::remove_file(data(place, "keys.bin")).unwrap()
    });
    tell("other keys", &|place| {
        fs::write(data(place, "keys.bin"), b"").unwrap()
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    no directory: There is no ledger in `DATA`. Make one with `bihuan init --data DATA`, or check the directory.
    empty database: `DATA/ledger.sqlite` is not a ledger of Bihuan (its header lacks our mark). Check the data directory.
    text as database: `DATA/ledger.sqlite` is damaged: the database says “file is not a database”. Nothing was written. See how far with `bihuan verify`, then bring back a backup with `bihuan restore`.
    foreign database: `DATA/ledger.sqlite` is not a ledger of Bihuan (its header lacks our mark). Check the data directory.
    newer: The ledger has format 9; this program reads up to format 1. Open it with a newer program.
    format row: `DATA/ledger.sqlite` is damaged: the format row is missing. Nothing was written. See how far with `bihuan verify`, then bring back a backup with `bihuan restore`.
    format table: `DATA/ledger.sqlite` is damaged: the database says “no such table: format”. Nothing was written. See how far with `bihuan verify`, then bring back a backup with `bihuan restore`.
    head removed: `DATA/ledger.sqlite` is damaged: the last checkpoint was signed over 5 entries, but there are 4. Nothing was written. See how far with `bihuan verify`, then bring back a backup with `bihuan restore`.
    head changed: `DATA/ledger.sqlite` is damaged: the hashes of the entries do not lead to the root of the last checkpoint. Nothing was written. See how far with `bihuan verify`, then bring back a backup with `bihuan restore`.
    head forged: `DATA/ledger.sqlite` is damaged: the last checkpoint is not signed by the key of this log. Nothing was written. See how far with `bihuan verify`, then bring back a backup with `bihuan restore`.
    no checkpoints: `DATA/ledger.sqlite` is damaged: there is no checkpoint at all. Nothing was written. See how far with `bihuan verify`, then bring back a backup with `bihuan restore`.
    no entries table: `DATA/ledger.sqlite` is damaged: the database says “no such table: entries”. Nothing was written. See how far with `bihuan verify`, then bring back a backup with `bihuan restore`.
    no log key: The key file `DATA/log.key` is missing. Put it back from the backup of keys, which is kept apart.
    other log key: The key file `DATA/log.key` does not belong to this ledger or is damaged. Put back the key file of this ledger.
    no keys: The key file `DATA/keys.bin` is missing. Put it back from the backup of keys, which is kept apart.
    other keys: The key file `DATA/keys.bin` does not belong to this ledger or is damaged. Put back the key file of this ledger.
    "#);
}

#[test]
fn a_torn_page_is_refused_or_reported_and_never_read_as_good() {
    let place = Place::new();
    drop(place.with_groups(&[400]));
    let file = place.data().join("ledger.sqlite");
    let whole = fs::read(&file).unwrap();
    let pages = whole.len() / 4096;
    let mut noticed = 0;
    for page in 0..pages {
        let mut torn = whole.clone();
        torn[page * 4096..][..4096]
            .iter_mut()
            .for_each(|byte| *byte ^= 0x5a);
        fs::write(&file, &torn).unwrap();
        let opened = Ledger::open(&place.data()).is_ok();
        match verify(&place.data(), &Known::default(), &mut |_| {}) {
            // Pages of empty tables and of indexes that verification does not walk hold nothing of the log.
            Ok(report) if report.sound() => assert_eq!(report.size, 400, "page {page}, opened {opened}"),
            _ => noticed += 1,
        }
    }
    assert!(noticed > pages / 2, "{noticed} of {pages}");
}

/// What a failing disk does: one page of nonsense, wherever it strikes.
#[test]
fn a_damaged_page_anywhere_keeps_a_writer_from_starting_and_the_refusal_says_what_helps() {
    let place = Place::new();
    let ledger = place.with_groups(&[150]);
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(9)).unwrap();
    batch.seal("case/1", &"文".repeat(3_000)).unwrap();
    batch
        .connection()
        .execute_batch(
            "CREATE TABLE case_views(title TEXT); INSERT INTO case_views VALUES (hex(zeroblob(5000)))",
        )
        .unwrap();
    batch.append(&event("case/1", "case.noted", json!({}))).unwrap();
    batch.commit().unwrap();
    drop((writer, ledger));
    let file = place.data().join("ledger.sqlite");
    let whole = fs::read(&file).unwrap();
    let mut helps = std::collections::BTreeMap::new();
    for page in 0..whole.len() / 4096 {
        let mut torn = whole.clone();
        torn[page * 4096..][..4096]
            .iter_mut()
            .for_each(|byte| *byte ^= 0x5a);
        fs::write(&file, &torn).unwrap();
        let started = Ledger::open(&place.data()).and_then(|ledger| ledger.writer().map(drop));
        let help = match started {
            Err(Error::ViewsDamaged { table, .. }) => table,
            Err(Error::Damaged { .. }) => "restore".to_owned(),
            Err(Error::Foreign { .. }) => "foreign".to_owned(),
            other => panic!("page {page}: {other:?}"),
        };
        *helps.entry(help).or_insert(0) += 1;
        for name in ["ledger.sqlite-wal", "ledger.sqlite-shm"] {
            let _ = fs::remove_file(place.data().join(name));
        }
    }
    assert!(helps["case_views"] >= 3 && helps["restore"] > 20, "{helps:?}");
    // What is said of a damaged read model is so: the log is copied whole.
    fs::write(&file, &whole).unwrap();
    group(&mut Ledger::open(&place.data()).unwrap().writer().unwrap(), 10, 1);
    assert!(place.verify().sound());
}

#[test]
fn a_newest_entry_that_is_not_what_its_hash_says_keeps_a_writer_from_starting() {
    let place = small();
    place.sql("UPDATE entries SET entry = replace(entry, '\"n\":0', '\"n\":7') WHERE seq = 0");
    let refused = refusal(&place);
    assert!(
        refused.contains("entry 0 is not what its hash says") && refused.contains("bihuan restore"),
        "{refused}"
    );
}

#[test]
fn a_full_disk_ends_the_group_whole_and_the_writer_goes_on_when_there_is_room() {
    let place = Place::new();
    let ledger = place.with_groups(&[3]);
    let mut writer = ledger.writer().unwrap();
    let pages = |batch: &Batch<'_>, max: i64| {
        batch
            .connection()
            .pragma_update_and_check(None, "max_page_count", max, |_| Ok(()))
            .unwrap();
    };
    let mut batch = writer.begin(at(1)).unwrap();
    pages(&batch, 30);
    let long = event("case/1", "case.noted", json!({ "x": "y".repeat(10_000) }));
    let mut full = None;
    for _ in 0..100 {
        if let Err(error) = batch.attempt(|batch| batch.append(&long)) {
            full = Some(error);
            break;
        }
    }
    assert!(matches!(full, Some(Error::DiskFull)), "{full:?}");
    let small = event("case/1", "case.noted", json!({}));
    let next = batch.attempt(|batch| batch.append(&small));
    pages(&batch, 1_000_000);
    match batch.commit() {
        // SQLite took the whole group back: then nothing more may be written in its name.
        Err(error) => assert!(matches!(
            (error, next),
            (Error::Unfinished, Err(Error::Unfinished))
        )),
        Ok(committed) => assert!(committed.checkpoint.size > 3),
    }
    let size = ledger.reader().unwrap().head().unwrap().size;
    assert_eq!(group(&mut writer, 2, 2).checkpoint.size, size + 2);
    let report = place.verify();
    assert!(report.sound(), "{report:?}");
}

#[test]
fn a_group_that_sqlite_ended_by_itself_writes_nothing_more() {
    let place = Place::new();
    let ledger = place.with_groups(&[3]);
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let entry = event("case/1", "case.noted", json!({}));
    batch.append(&entry).unwrap();
    batch.connection().execute_batch("ROLLBACK").unwrap();
    assert!(matches!(batch.append(&entry), Err(Error::Unfinished)));
    assert!(matches!(
        batch.attempt(|batch| batch.append(&entry)),
        Err(Error::Unfinished)
    ));
    assert!(matches!(batch.remember("key", "{}"), Err(Error::Unfinished)));
    assert!(matches!(batch.seal("case/1", "x"), Err(Error::Unfinished)));
    assert!(matches!(batch.commit(), Err(Error::Unfinished)));
    assert_eq!(group(&mut writer, 2, 1).checkpoint.size, 4);
    assert!(place.verify().sound());
}

#[test]
fn a_ledger_is_shared_between_threads_and_a_writer_moves_into_one() {
    fn shared<T: Send + Sync>() {}
    fn moved<T: Send>() {}
    shared::<Ledger>();
    moved::<Writer>();
    moved::<PooledReader>();
}

#[test]
fn bad_entries_are_refused_and_the_group_goes_on() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let good = event("case/1", "case.opened", json!({}));
    let long = "x".repeat(300);
    let bad = |change: &dyn Fn(&mut NewEntry)| {
        let mut entry = good.clone();
        change(&mut entry);
        entry
    };
    for entry in [
        bad(&|entry| entry.body = json!([])),
        bad(&|entry| entry.body = Value::Null),
        bad(&|entry| entry.body = json!({ "x": 1.0 })),
        bad(&|entry| entry.body = json!({ "x": u64::MAX })),
        bad(&|entry| entry.body = json!({ "x": "y".repeat(2 << 20) })),
        bad(&|entry| entry.body = json!({ "x": "sealed:sha256:00" })),
        bad(&|entry| entry.body = json!({ "x": format!("sealed:sha256:{}", "0".repeat(64)) })),
        bad(&|entry| entry.body = json!({ "x": format!("blob:sha256:{}", "0".repeat(64)) })),
        bad(&|entry| entry.stream = String::new()),
        bad(&|entry| entry.stream = long.clone()),
        bad(&|entry| entry.kind = "a b".into()),
        bad(&|entry| entry.kind = "a\n".into()),
    ] {
        assert!(batch.append(&entry).is_err(), "{entry:?}");
    }
    assert!(matches!(batch.seal("two words", "x"), Err(Error::BadName { .. })));
    assert!(matches!(
        batch.seal("case/1", &"x".repeat(2 << 20)),
        Err(Error::TooLarge { .. })
    ));
    assert!(matches!(
        ledger.stage_blob(&vec![0; (50 << 20) + 1]),
        Err(Error::TooLarge { .. })
    ));
    assert_eq!(batch.append(&good).unwrap().seq, 0);
    batch.commit().unwrap();
    assert!(place.verify().sound());
}
