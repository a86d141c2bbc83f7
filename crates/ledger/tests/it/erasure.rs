//! What is erased is gone from every byte of the directory, and every proof still holds.

use std::path::Path;

use bihuan_ledger::{Actor, Error, FaultKind, Ledger, ReceiptVerdict, verify_receipt};
use serde_json::json;

use crate::support::{Place, at, event};

fn all_bytes(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for item in std::fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        bytes.extend(if path.is_dir() {
            all_bytes(&path)
        } else {
            std::fs::read(&path).unwrap()
        });
    }
    bytes
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn an_erased_person_is_gone_from_every_byte_and_the_proofs_hold() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let photo = ledger.stage_blob(b"photo of the complainant").unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let name = batch.seal("person/p3", "王某某，水泉滩村人").unwrap();
    let title = batch.seal("case/1", "道路坑洼").unwrap();
    batch.put_blob("person/p3", &photo).unwrap();
    let body = json!({ "name": name, "title": title, "photo": photo.id() });
    let seq = batch.append(&event("case/1", "case.opened", body)).unwrap().seq;
    batch.commit().unwrap();
    let receipt = ledger.reader().unwrap().receipt(seq).unwrap();
    let ciphertext: Vec<u8> = {
        let connection = rusqlite::Connection::open(place.data().join("ledger.sqlite")).unwrap();
        connection
            .query_row(
                "SELECT box FROM sealed WHERE commitment = ?1",
                [name.0.0],
                |row| row.get(0),
            )
            .unwrap()
    };
    let slot = 0;
    let key = std::fs::read(place.data().join("keys.bin")).unwrap()[64 + slot * 64..][..32].to_vec();
    assert!(holds(&all_bytes(&place.data()), &ciphertext) && holds(&all_bytes(&place.data()), &key));
    assert!(
        !holds(&all_bytes(&place.data()), "王某某".as_bytes()),
        "never in the clear"
    );

    let mut batch = writer.begin(at(2)).unwrap();
    let erased = batch.erase("person/p3", &Actor::default()).unwrap();
    assert_eq!(
        (erased.values, erased.blobs.as_slice()),
        (1, [photo.id()].as_slice())
    );
    let committed = batch.commit().unwrap();
    assert_eq!(committed.erasure_pending, None);

    let reader = ledger.reader().unwrap();
    assert_eq!(reader.unseal(&name).unwrap(), None);
    assert_eq!(reader.blob(&photo.id()).unwrap(), None);
    assert_eq!(reader.unseal(&title).unwrap().as_deref(), Some("道路坑洼"));
    let bytes = all_bytes(&place.data());
    assert!(!holds(&bytes, &ciphertext), "the ciphertext is still there");
    assert!(!holds(&bytes, &key), "the key is still there");
    let list = reader.erasures().unwrap();
    assert_eq!(
        (list[0].subject.as_str(), list[0].at, list[0].size),
        ("person/p3", at(2), 1)
    );
    assert_eq!(
        verify_receipt(&receipt, ledger.public_key()),
        ReceiptVerdict::Holds
    );
    let report = place.verify();
    assert!(report.sound(), "{report:?}");
    assert_eq!(
        (
            report.counts.sealed_erased,
            report.counts.blobs_erased,
            report.counts.sealed_opened
        ),
        (1, 1, 1)
    );
}

#[test]
fn what_is_said_of_a_person_after_an_erasure_has_a_new_key() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let before = batch.seal("person/p3", "旧").unwrap();
    batch.erase("person/p3", &Actor::default()).unwrap();
    let after = batch.seal("person/p3", "新").unwrap();
    batch
        .append(&event(
            "org",
            "person.named",
            json!([before, after])
                .as_array()
                .map(|v| json!({ "v": v }))
                .unwrap(),
        ))
        .unwrap();
    batch.commit().unwrap();
    let reader = ledger.reader().unwrap();
    assert_eq!(reader.unseal(&before).unwrap(), None);
    assert_eq!(reader.unseal(&after).unwrap().as_deref(), Some("新"));
    assert!(place.verify().sound());
}

#[test]
fn an_erasure_that_was_not_committed_erases_nothing() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let name = batch.seal("person/p3", "王").unwrap();
    batch.commit().unwrap();
    let mut batch = writer.begin(at(2)).unwrap();
    batch.erase("person/p3", &Actor::default()).unwrap();
    drop(batch);
    let mut batch = writer.begin(at(3)).unwrap();
    let second = batch.seal("person/p3", "李").unwrap();
    batch.commit().unwrap();
    let reader = ledger.reader().unwrap();
    assert_eq!(reader.unseal(&name).unwrap().as_deref(), Some("王"));
    assert_eq!(reader.unseal(&second).unwrap().as_deref(), Some("李"));
    assert_eq!(reader.erasures().unwrap(), []);
}

#[test]
fn an_erasure_cut_short_by_a_crash_is_finished_at_the_next_start() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let name = batch.seal("person/p3", "王").unwrap();
    batch.commit().unwrap();
    let key = std::fs::read(place.data().join("keys.bin")).unwrap()[64..96].to_vec();
    let mut batch = writer.begin(at(2)).unwrap();
    batch.erase("person/p3", &Actor::default()).unwrap();
    batch.commit().unwrap();
    drop(writer);
    drop(ledger);
    // As if the process had died after the commit of the erasure and before the key was destroyed.
    place.sql("UPDATE erasures SET done = 0");
    let file = place.data().join("keys.bin");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[64..96].copy_from_slice(&key);
    std::fs::write(&file, bytes).unwrap();
    let ledger = Ledger::open(&place.data()).unwrap();
    let _writer = ledger.writer().unwrap();
    assert_eq!(ledger.reader().unwrap().unseal(&name).unwrap(), None);
    assert!(!holds(&std::fs::read(&file).unwrap(), &key));
    assert!(place.verify().sound());
}

#[test]
fn an_old_reader_delays_the_end_of_an_erasure_and_does_not_prevent_it() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let name = batch.seal("person/p3", "王").unwrap();
    batch
        .append(&event("org", "person.named", json!({ "name": name })))
        .unwrap();
    batch.commit().unwrap();
    let reader = rusqlite::Connection::open(place.data().join("ledger.sqlite")).unwrap();
    let box_of = |reader: &rusqlite::Connection| {
        reader.query_row("SELECT box FROM sealed", [], |row| {
            row.get::<_, Option<Vec<u8>>>(0)
        })
    };
    reader.execute_batch("BEGIN").unwrap();
    let ciphertext = box_of(&reader).unwrap().unwrap();
    let mut batch = writer.begin(at(2)).unwrap();
    batch
        .connection()
        .busy_timeout(std::time::Duration::ZERO)
        .unwrap();
    batch.erase("person/p3", &Actor::default()).unwrap();
    assert!(batch.commit().unwrap().erasure_pending.is_some());
    assert!(
        holds(&all_bytes(&place.data()), &ciphertext),
        "the old page is still read"
    );
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    drop(writer.begin(at(4)).unwrap());
    assert!(
        !holds(&all_bytes(&place.data()), &ciphertext),
        "the ciphertext is still there"
    );
}

#[test]
fn what_is_gone_cannot_be_passed_off_as_erased() {
    for forgery in [
        // A row in the list without an entry; an entry that is in the log, and more gone than it says; a list cut short.
        "UPDATE sealed SET box = NULL; INSERT INTO erasures(subject, at, size, slot, done) VALUES ('case/2', 0, 9, 1, 1)",
        "UPDATE sealed SET box = NULL, slot = 0",
        "UPDATE erasures SET subject = 'case/2'",
        "DELETE FROM erasures",
    ] {
        let place = Place::new();
        let ledger = place.ledger();
        let mut writer = ledger.writer().unwrap();
        let mut batch = writer.begin(at(1)).unwrap();
        let (a, b) = (
            batch.seal("case/1", "甲").unwrap(),
            batch.seal("case/2", "乙").unwrap(),
        );
        batch
            .append(&event("case/1", "case.opened", json!({ "a": a, "b": b })))
            .unwrap();
        batch.commit().unwrap();
        let mut batch = writer.begin(at(2)).unwrap();
        batch.erase("case/1", &Actor::default()).unwrap();
        batch.commit().unwrap();
        drop((writer, ledger));
        assert!(place.verify().sound());
        place.sql(forgery);
        let report = place.verify();
        let found = report.faults.iter().any(|fault| fault.kind == FaultKind::Erasure);
        assert!(found, "{forgery}: {report:?}");
    }
}

#[test]
fn a_lost_key_is_reported_and_not_taken_for_an_erasure() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let name = batch.seal("case/5", "王").unwrap();
    batch
        .append(&event("case/5", "case.opened", json!({ "name": name })))
        .unwrap();
    batch.commit().unwrap();
    drop(writer);
    drop(ledger);
    let file = place.data().join("keys.bin");
    std::fs::OpenOptions::new()
        .write(true)
        .open(&file)
        .unwrap()
        .set_len(64)
        .unwrap();
    let ledger = Ledger::open(&place.data()).unwrap();
    let lost = ledger.reader().unwrap().unseal(&name);
    assert!(matches!(lost, Err(Error::KeyLost { subject }) if subject == "case/5"));
    assert!(!place.verify().sound());
    std::fs::remove_file(&file).unwrap();
    let without_keys = place.verify();
    assert!(
        without_keys.sound(),
        "a copy without keys is whole as far as it goes"
    );
    assert_eq!(without_keys.counts.sealed_closed, 1);
}
