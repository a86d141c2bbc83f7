//! What goes in comes out, once, in order, and only when acknowledged.

use bihuan_ledger::{Cause, Digest, Error, Ledger, NewEntry};
use serde_json::json;

use crate::support::{Place, at, event, group, note};

#[test]
fn entries_come_back_in_order_by_log_and_by_stream() {
    let place = Place::new();
    let ledger = place.with_groups(&[4, 3]);
    let reader = ledger.reader().unwrap();
    let all = reader.entries(0, 100).unwrap();
    assert_eq!(
        all.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, 5, 6]
    );
    assert_eq!(reader.entries(5, 1).unwrap(), all[5..6]);
    let stream = reader.stream("case/0", 0).unwrap();
    assert_eq!(
        stream
            .iter()
            .map(|entry| (entry.stream_seq, entry.seq))
            .collect::<Vec<_>>(),
        [(0, 0), (1, 3), (2, 4)]
    );
    assert_eq!(reader.stream("case/0", 2).unwrap(), stream[2..]);
    assert_eq!(reader.entry(6).unwrap().unwrap().stream, "case/2");
    assert_eq!(reader.entry(7).unwrap(), None);
    assert_eq!(reader.head().unwrap().size, 7);
    assert!(place.verify().sound());
}

#[test]
fn an_entry_keeps_everything_that_was_said_of_it() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(5)).unwrap();
    let given = NewEntry {
        definition: Some(Digest::of(b"M01")),
        cause: Some(Cause::Command(Digest::of(b"key-1"))),
        ..event(
            "case/17",
            "case.opened",
            json!({ "县": "交城", "n": -3, "x": [null, true, "\u{1}"] }),
        )
    };
    let appended = batch.append(&given).unwrap();
    batch.commit().unwrap();
    let kept = ledger.reader().unwrap().entry(appended.seq).unwrap().unwrap();
    assert_eq!(
        (
            kept.at,
            kept.actor.clone(),
            kept.definition,
            kept.cause.clone(),
            kept.body.clone()
        ),
        (given.at, given.actor, given.definition, given.cause, given.body)
    );
    assert_eq!(kept.leaf().unwrap(), appended.leaf);
}

#[test]
fn a_dropped_group_leaves_no_trace_and_the_next_one_goes_on() {
    let place = Place::new();
    let ledger = place.with_groups(&[3]);
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(9)).unwrap();
    note(&mut batch, "case/0", 9).unwrap();
    batch.seal("case/9", "临时").unwrap();
    batch.remember("key-9", "{}").unwrap();
    drop(batch);
    assert_eq!(group(&mut writer, 10, 2).checkpoint.size, 5);
    assert_eq!(ledger.reader().unwrap().command_answer("key-9").unwrap(), None);
    assert!(place.verify().sound());
}

#[test]
fn a_failed_command_is_taken_out_of_its_group() {
    let place = Place::new();
    let ledger = place.with_groups(&[2]);
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(9)).unwrap();
    note(&mut batch, "case/0", 1).unwrap();
    let failed: Result<(), Error> = batch.attempt(|batch| {
        note(batch, "case/0", 2)?;
        batch.seal("case/77", "甲")?;
        note(batch, "case/new", 3)?;
        batch.append(&event("case/0", "case.noted", json!({ "share": 0.5 })))?;
        Ok(())
    });
    assert!(matches!(failed, Err(Error::NotCanonical { .. })));
    let (seq, title) = batch
        .attempt(|batch| -> Result<_, Error> {
            let title = batch.seal("case/77", "乙")?;
            Ok((
                batch
                    .append(&event("case/new", "case.opened", json!({ "title": title })))?
                    .seq,
                title,
            ))
        })
        .unwrap();
    batch.commit().unwrap();
    assert_eq!(seq, 3);
    let reader = ledger.reader().unwrap();
    assert_eq!(reader.entry(3).unwrap().unwrap().stream_seq, 0);
    assert_eq!(reader.unseal(&title).unwrap().as_deref(), Some("乙"));
    let report = place.verify();
    assert!(report.sound(), "{report:?}");
}

#[test]
fn a_command_that_comes_twice_is_answered_from_memory() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut answers = Vec::new();
    for _ in 0..2 {
        let mut batch = writer.begin(at(1)).unwrap();
        let answer = match batch.command_answer("key-1").unwrap() {
            Some(answer) => answer,
            None => {
                let answer = format!("{{\"seq\":{}}}", note(&mut batch, "case/1", 1).unwrap().seq);
                batch.remember("key-1", &answer).unwrap();
                answer
            }
        };
        batch.commit().unwrap();
        answers.push(answer);
    }
    assert_eq!(answers, ["{\"seq\":0}", "{\"seq\":0}"]);
    assert_eq!(ledger.reader().unwrap().head().unwrap().size, 1);
}

#[test]
fn read_models_live_and_die_with_the_group() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    for (n, commit) in [(1, true), (2, false), (3, true)] {
        let batch = writer.begin(at(n)).unwrap();
        batch
            .connection()
            .execute_batch("CREATE TABLE IF NOT EXISTS seen(n)")
            .unwrap();
        batch
            .connection()
            .execute("INSERT INTO seen VALUES (?1)", [n])
            .unwrap();
        if commit {
            assert_eq!(batch.commit().unwrap().entries, 0);
        }
    }
    let reader = ledger.reader().unwrap();
    let sum: i64 = reader
        .connection()
        .query_row("SELECT sum(n) FROM seen", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sum, 4);
    assert_eq!(
        reader.head().unwrap().size,
        0,
        "a group without entries signs nothing"
    );
}

#[test]
fn a_reader_at_one_moment_does_not_see_what_is_committed_meanwhile() {
    let place = Place::new();
    let ledger = place.with_groups(&[2]);
    let mut writer = ledger.writer().unwrap();
    let sizes = ledger
        .reader()
        .unwrap()
        .at_one_moment(|reader| -> Result<_, Error> {
            let before = reader.head()?.size;
            group(&mut writer, 3, 2);
            Ok((before, reader.head()?.size))
        });
    assert_eq!(sizes.unwrap(), (2, 2));
    assert_eq!(ledger.reader().unwrap().head().unwrap().size, 4);
}

#[test]
fn a_blob_comes_back_and_is_not_readable_in_its_file() {
    let place = Place::new();
    let ledger = place.ledger();
    let photo = "整改照片".repeat(1000).into_bytes();
    let staged = ledger.stage_blob(&photo).unwrap();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let unstored = event("case/1", "evidence.added", json!({ "file": staged.id() }));
    assert!(matches!(batch.append(&unstored), Err(Error::Dangling { .. })));
    batch.put_blob("case/1", &staged).unwrap();
    batch.append(&unstored).unwrap();
    batch.commit().unwrap();
    assert_eq!(
        ledger.reader().unwrap().blob(&staged.id()).unwrap().unwrap(),
        photo
    );
    let name = staged.id().0.hex();
    let file = place.data().join("blobs").join(&name[..2]).join(&name);
    let stored = std::fs::read(&file).unwrap();
    assert_eq!(Digest::of(&stored).hex(), name);
    assert!(!stored.windows(12).any(|bytes| bytes == "整改照片".as_bytes()));
    assert_eq!(place.verify().counts.blobs_whole, 1);
    assert_eq!(ledger.sweep_blobs().unwrap(), 0);
}

#[test]
fn the_log_goes_on_after_a_restart() {
    let place = Place::new();
    drop(place.with_groups(&[300, 7]));
    let ledger = Ledger::open(&place.data()).unwrap();
    let mut writer = ledger.writer().unwrap();
    assert_eq!(group(&mut writer, 60, 3).checkpoint.size, 310);
    assert_eq!(
        ledger
            .reader()
            .unwrap()
            .stream("case/1", 0)
            .unwrap()
            .last()
            .unwrap()
            .stream_seq,
        102
    );
    assert!(place.verify().sound());
}
