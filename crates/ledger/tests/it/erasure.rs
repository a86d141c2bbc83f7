//! What is erased is gone from every byte of the directory, and every proof still holds.

use std::path::Path;

use bihuan_ledger::{Error, Ledger, ReceiptVerdict, verify_receipt};
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
    let erased = batch.erase("person/p3").unwrap();
    assert_eq!(
        (erased.values, erased.blobs.as_slice()),
        (1, [photo.id()].as_slice())
    );
    batch
        .append(&event(
            "erasures",
            "subject.erased",
            json!({ "subject": "person/p3" }),
        ))
        .unwrap();
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
    batch.erase("person/p3").unwrap();
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
    batch.erase("person/p3").unwrap();
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
    drop(writer);
    drop(ledger);
    // As if the process had died after the commit of the erasure and before the key was destroyed.
    place.sql(
        "INSERT INTO erasures(subject, at, size, slot, done) VALUES ('person/p3', 0, 0, 0, 0);
         UPDATE sealed SET box = NULL; UPDATE subject_keys SET subject = NULL",
    );
    let key = std::fs::read(place.data().join("keys.bin")).unwrap()[64..96].to_vec();
    let ledger = Ledger::open(&place.data()).unwrap();
    let _writer = ledger.writer().unwrap();
    assert_eq!(ledger.reader().unwrap().unseal(&name).unwrap(), None);
    assert!(!holds(
        &std::fs::read(place.data().join("keys.bin")).unwrap(),
        &key
    ));
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
