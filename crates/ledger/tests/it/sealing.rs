//! A sealed value may be encrypted on another thread: it is named at once, owed to its group, and never forgotten.

use bihuan_ledger::{Actor, Error, SealDraft};
use serde_json::json;

use crate::support::{Place, at, event, group, note};

#[test]
fn what_other_threads_encrypted_comes_back_in_any_order_and_opens() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let texts: Vec<String> = (0..100).map(|n| format!("第{n}户的意见")).collect();
    let sealings: Vec<_> = texts
        .iter()
        .map(|text| {
            batch
                .place_draft("case/1", SealDraft::new(text).unwrap())
                .unwrap()
        })
        .collect();
    let (front, back) = sealings.split_at(50);
    let rows = std::thread::scope(|scope| {
        let seal = |part: &[bihuan_ledger::PlacedDraft]| {
            part.iter().map(|one| one.seal().unwrap()).collect::<Vec<_>>()
        };
        let back = scope.spawn(move || seal(back));
        let mut rows = seal(front);
        rows.extend(back.join().unwrap());
        rows
    });
    // An entry may name all of them before one is stored.
    let names: Vec<String> = rows.iter().map(|row| row.commitment().to_string()).collect();
    batch
        .append(&event("case/1", "case.opened", json!({ "texts": names })))
        .unwrap();
    for row in rows.iter().rev() {
        batch.store_sealed(row).unwrap();
    }
    batch.commit().unwrap();
    let reader = ledger.reader().unwrap();
    for (row, text) in rows.iter().zip(&texts) {
        assert_eq!(
            reader.unseal(&row.commitment()).unwrap().as_deref(),
            Some(text.as_str())
        );
    }
    assert!(place.verify().sound());
}

#[test]
fn a_group_that_is_owed_something_is_not_committed_and_leaves_no_trace() {
    let place = Place::new();
    let ledger = place.with_groups(&[2]);
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(9)).unwrap();
    let owed = batch
        .place_draft("case/9", SealDraft::new("还没有加密").unwrap())
        .unwrap();
    note(&mut batch, "case/9", 1).unwrap();
    let refused = batch.commit().unwrap_err();
    assert!(matches!(refused, Error::Dangling { .. }), "{refused:?}");
    // What came too late belongs to no group.
    let mut batch = writer.begin(at(10)).unwrap();
    let late = batch.store_sealed(&owed.seal().unwrap()).unwrap_err();
    assert!(matches!(late, Error::Dangling { .. }), "{late:?}");
    drop(batch);
    assert_eq!(group(&mut writer, 11, 2).checkpoint.size, 4);
    assert!(place.verify().sound());
}

#[test]
fn nothing_is_brought_back_twice() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let row = batch
        .place_draft("case/1", SealDraft::new("一次").unwrap())
        .unwrap()
        .seal()
        .unwrap();
    batch.store_sealed(&row).unwrap();
    assert!(matches!(batch.store_sealed(&row), Err(Error::Dangling { .. })));
    batch.commit().unwrap();
}

#[test]
fn a_command_that_is_taken_back_owes_nothing_and_leaves_owed_what_was_before() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let before = batch
        .place_draft("case/1", SealDraft::new("先").unwrap())
        .unwrap()
        .seal()
        .unwrap();
    let mut within = None;
    let result: Result<(), Error> = batch.attempt(|batch| {
        // Stored within the command and taken back with it: owed again.
        batch.store_sealed(&before)?;
        within = Some(batch.place_draft("case/2", SealDraft::new("后")?)?.seal()?);
        Err(Error::ReadOnly)
    });
    assert!(result.is_err());
    assert!(matches!(
        batch.store_sealed(&within.unwrap()),
        Err(Error::Dangling { .. })
    ));
    batch.store_sealed(&before).unwrap();
    batch.commit().unwrap();
    let reader = ledger.reader().unwrap();
    assert_eq!(
        reader.unseal(&before.commitment()).unwrap().as_deref(),
        Some("先")
    );
    assert!(place.verify().sound());
}

#[test]
fn nobody_is_erased_while_something_is_still_to_be_brought_back() {
    let place = Place::new();
    let ledger = place.ledger();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(at(1)).unwrap();
    let name = batch
        .place_draft("person/p3", SealDraft::new("王某某").unwrap())
        .unwrap();
    assert!(matches!(
        batch.erase("person/p3", &Actor::default()),
        Err(Error::Dangling { .. })
    ));
    batch.store_sealed(&name.seal().unwrap()).unwrap();
    assert_eq!(batch.erase("person/p3", &Actor::default()).unwrap().values, 1);
    batch.commit().unwrap();
    assert!(place.verify().sound());
}
