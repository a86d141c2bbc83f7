//! Whoever edits the database is found out, and the first bad entry is named.

use bihuan_ledger::{FaultKind, Known, Report, leaf_hash, verify};
use bihuan_messages::Lang;

use crate::support::{Place, at, event, group};

fn first(report: &Report) -> (FaultKind, u64, u64) {
    let fault = report.first().expect("a fault");
    (fault.kind, fault.seq, fault.until)
}

/// Groups of 1, so that every entry has a checkpoint of its own.
fn singles() -> Place {
    let place = Place::new();
    drop(place.with_groups(&[1; 12]));
    place
}

#[test]
fn a_changed_entry_is_named_with_stream_and_type() {
    let place = singles();
    place.sql("UPDATE entries SET entry = replace(entry, '\"n\":0', '\"n\":1') WHERE seq = 4");
    let report = place.verify();
    assert_eq!(first(&report), (FaultKind::Changed, 4, 4));
    assert_eq!(report.fault_count, 1);
    let lines: Vec<String> = report.lines().iter().map(|line| line.text(Lang::En)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    The log is not whole: `jiaocheng.example`, 12 entries; faults: 1, the first one first.
    Checked: 12 entries, 1 streams, 13 checkpoints; sealed values: 0 opened, 0 erased, 0 not opened for want of keys; attachments: 0 whole, 0 erased.
    Entry 4 (stream `case/0`, type `case.noted`): its content was changed: it hashes to sha256:f02209b9eaaff0e2811f0a1b05f5f6a3593c274511547b6affb7cc50c427ef0b, recorded was sha256:dee1cdc21237579af7b6a5c0fb6c8553b1ceaaecfb4bc19cb90e339f3bc821cc.
    "#);
}

#[test]
fn a_change_with_a_fitting_leaf_hash_breaks_the_signed_root() {
    let place = Place::new();
    drop(place.with_groups(&[3, 4, 2]));
    let connection = rusqlite::Connection::open(place.data().join("ledger.sqlite")).unwrap();
    let entry: String = connection
        .query_row("SELECT entry FROM entries WHERE seq = 5", [], |row| row.get(0))
        .unwrap();
    let forged = entry.replace("\"n\":2", "\"n\":3");
    assert_ne!(entry, forged);
    connection
        .execute(
            "UPDATE entries SET entry = ?1, leaf = ?2 WHERE seq = 5",
            (&forged, leaf_hash(forged.as_bytes()).0),
        )
        .unwrap();
    assert_eq!(
        first(&place.verify()),
        (FaultKind::Root, 3, 6),
        "the group that holds the forged entry"
    );
}

#[test]
fn a_removed_entry_is_missed_where_it_stood() {
    let place = singles();
    place.sql("DELETE FROM entries WHERE seq = 4");
    assert_eq!(first(&place.verify()), (FaultKind::Missing, 4, 4));
}

#[test]
fn a_removed_entry_whose_gap_was_closed_is_found() {
    let place = singles();
    place.sql("DELETE FROM entries WHERE seq = 4; UPDATE entries SET seq = seq - 1 WHERE seq > 4");
    assert_eq!(first(&place.verify()), (FaultKind::Misplaced, 4, 4));
}

#[test]
fn exchanged_entries_are_found() {
    let place = singles();
    place.sql(
        "UPDATE entries SET seq = -1 WHERE seq = 4; UPDATE entries SET seq = 4 WHERE seq = 7;
         UPDATE entries SET seq = 7 WHERE seq = -1",
    );
    assert_eq!(first(&place.verify()), (FaultKind::Misplaced, 4, 4));
}

#[test]
fn an_inserted_entry_is_found() {
    let place = singles();
    place.sql(
        "UPDATE entries SET seq = seq + 1000 WHERE seq >= 6; UPDATE entries SET seq = seq - 999 WHERE seq >= 1000;
         INSERT INTO entries SELECT 6, 'case/x', 0, leaf, entry FROM entries WHERE seq = 5",
    );
    assert_eq!(first(&place.verify()), (FaultKind::Misplaced, 6, 6));
}

#[test]
fn an_appended_entry_is_found_because_nothing_signs_it() {
    let place = singles();
    let forged = r#"{"actor":{"for":null,"person":null,"post":null,"session":null},"at":"2020-09-13T12:26:40.000001Z","body":{},"cause":null,"definition":null,"seq":12,"stream":"case/9","stream_seq":0,"type":"case.closed","version":1}"#;
    let connection = rusqlite::Connection::open(place.data().join("ledger.sqlite")).unwrap();
    connection
        .execute(
            "INSERT INTO entries VALUES (12, 'case/9', 0, ?1, ?2)",
            (leaf_hash(forged.as_bytes()).0, forged),
        )
        .unwrap();
    assert_eq!(first(&place.verify()), (FaultKind::Uncovered, 12, 12));
}

#[test]
fn a_truncated_log_is_found_by_its_own_checkpoints() {
    let place = singles();
    place.sql("DELETE FROM entries WHERE seq >= 9");
    assert_eq!(first(&place.verify()), (FaultKind::Truncated, 9, 11));
}

#[test]
fn a_log_truncated_with_its_checkpoints_is_found_by_a_checkpoint_kept_outside() {
    let place = Place::new();
    let ledger = place.with_groups(&[1; 12]);
    let reader = ledger.reader().unwrap();
    let known = Known {
        checkpoints: vec![reader.head().unwrap()],
        ..Known::default()
    };
    drop(reader);
    drop(ledger);
    assert!(verify(&place.data(), &known, &mut |_| {}).unwrap().sound());
    place.sql("DELETE FROM entries WHERE seq >= 9; DELETE FROM checkpoints WHERE size > 9");
    assert!(place.verify().sound(), "in itself the shorter log is whole");
    assert_eq!(
        first(&verify(&place.data(), &known, &mut |_| {}).unwrap()),
        (FaultKind::Forked, 9, 11)
    );
}

#[test]
fn a_log_rewritten_by_the_holder_of_the_key_is_found_by_a_receipt() {
    let honest = Place::new();
    let ledger = honest.with_groups(&[1; 5]);
    let known = Known {
        receipts: vec![ledger.reader().unwrap().receipt(3).unwrap()],
        ..Known::default()
    };
    let forged = Place::new();
    let rewritten = forged.ledger();
    let mut writer = rewritten.writer().unwrap();
    group(&mut writer, 0, 1);
    group(&mut writer, 1, 1);
    for minute in 2..5 {
        let mut batch = writer.begin(at(minute)).unwrap();
        batch
            .append(&event("case/0", "case.noted", serde_json::json!({ "n": 99 })))
            .unwrap();
        batch.commit().unwrap();
    }
    assert!(forged.verify().sound());
    let report = verify(&forged.data(), &known, &mut |_| {}).unwrap();
    assert_eq!(report.first().unwrap().kind, FaultKind::Forked);
}

#[test]
fn a_forged_signature_and_a_forged_key_are_found() {
    let place = singles();
    let key = place.ledger_key();
    place.sql("UPDATE checkpoints SET signature = zeroblob(64) WHERE size = 6");
    assert_eq!(first(&place.verify()), (FaultKind::Signature, 5, 5));
    let other = Place::new();
    let stranger = bihuan_ledger::Ledger::create(&other.data(), "jiaocheng.example").unwrap();
    drop(stranger);
    let known = Known {
        public_key: Some(key),
        ..Known::default()
    };
    assert_eq!(
        first(&verify(&other.data(), &known, &mut |_| {}).unwrap()),
        (FaultKind::Signature, 0, 0)
    );
}

#[test]
fn broken_texts_columns_and_nodes_are_found_and_never_make_it_stumble() {
    for (damage, kind) in [
        (
            "UPDATE entries SET entry = 'null' WHERE seq = 4",
            FaultKind::Unreadable,
        ),
        (
            "UPDATE entries SET entry = x'ff00fe' WHERE seq = 4",
            FaultKind::Unreadable,
        ),
        (
            "UPDATE entries SET entry = 17 WHERE seq = 4",
            FaultKind::Unreadable,
        ),
        (
            "UPDATE entries SET leaf = x'00' WHERE seq = 4",
            FaultKind::Changed,
        ),
        (
            "UPDATE entries SET leaf = zeroblob(32) WHERE seq = 4",
            FaultKind::Changed,
        ),
        (
            "UPDATE entries SET stream = 'case/9' WHERE seq = 4",
            FaultKind::Misplaced,
        ),
        (
            "UPDATE entries SET stream_seq = 'x' WHERE seq = 4",
            FaultKind::Misplaced,
        ),
        (
            "UPDATE entries SET entry = replace(entry, '\"body\":', '\"body\": ') WHERE seq = 4",
            FaultKind::Changed,
        ),
        (
            "UPDATE checkpoints SET root = x'' WHERE size = 5",
            FaultKind::Signature,
        ),
        (
            "UPDATE checkpoints SET at = 9223372036854775807 WHERE size = 5",
            FaultKind::Signature,
        ),
        (
            "DELETE FROM entries WHERE seq < 4; DELETE FROM entries WHERE seq > 4",
            FaultKind::Missing,
        ),
    ] {
        let place = singles();
        place.sql(damage);
        let report = place.verify();
        assert_eq!(report.first().unwrap().kind, kind, "{damage}: {report:?}");
    }
    for damage in [
        "UPDATE entries SET seq = -5 WHERE seq = 4",
        "UPDATE entries SET seq = 9223372036854775807 WHERE seq = 4",
    ] {
        let place = singles();
        place.sql(damage);
        assert!(!place.verify().sound(), "{damage}");
    }
    let place = Place::new();
    drop(place.with_groups(&[600]));
    place.sql("UPDATE nodes SET hash = zeroblob(32) WHERE place = 1");
    assert_eq!(first(&place.verify()), (FaultKind::Node, 256, 511));
}

#[test]
fn a_sealed_value_or_blob_that_was_exchanged_or_lost_is_named() {
    let damages = [
        (
            "UPDATE sealed SET box = (SELECT box FROM sealed AS other WHERE other.commitment <> sealed.commitment)",
            FaultKind::SealedChanged,
        ),
        ("DELETE FROM sealed", FaultKind::SealedMissing),
        ("UPDATE sealed SET box = NULL", FaultKind::SealedMissing),
        ("DELETE FROM blobs", FaultKind::BlobMissing),
    ];
    for (damage, kind) in damages {
        let place = with_evidence();
        assert!(place.verify().sound());
        place.sql(damage);
        let report = place.verify();
        let fault = report.first().unwrap();
        assert_eq!(
            (fault.kind, fault.seq, fault.stream.as_deref()),
            (kind, 0, Some("case/1")),
            "{damage}"
        );
    }
    for (damage, kind) in [
        (None, FaultKind::BlobMissing),
        (Some(b"x"), FaultKind::BlobChanged),
    ] {
        let place = with_evidence();
        let file = place.blob_files().pop().unwrap();
        match damage {
            None => std::fs::remove_file(file).unwrap(),
            Some(bytes) => std::fs::write(file, bytes).unwrap(),
        }
        assert_eq!(place.verify().first().unwrap().kind, kind);
    }
}

fn with_evidence() -> Place {
    let place = Place::new();
    let ledger = place.ledger();
    let staged = ledger.stage_blob(b"photo").unwrap();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let (a, b) = (
        batch.seal("case/1", "甲").unwrap(),
        batch.seal("case/1", "乙").unwrap(),
    );
    batch.put_blob("case/1", &staged).unwrap();
    batch
        .append(&event(
            "case/1",
            "case.opened",
            serde_json::json!({ "a": a, "b": [b], "file": staged.id() }),
        ))
        .unwrap();
    batch.commit().unwrap();
    drop(writer);
    place
}

impl Place {
    fn ledger_key(&self) -> bihuan_ledger::PublicKey {
        bihuan_ledger::Ledger::open(&self.data())
            .unwrap()
            .public_key()
            .clone()
    }

    fn blob_files(&self) -> Vec<std::path::PathBuf> {
        let folders = std::fs::read_dir(self.data().join("blobs")).unwrap();
        folders
            .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
            .map(|f| f.unwrap().path())
            .collect()
    }
}
