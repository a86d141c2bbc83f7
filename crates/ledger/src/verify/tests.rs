//! What several lanes find is what one reader finds who looks at every entry the long way.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Actor, Ledger, NewEntry};

/// More than two stretches, in groups of different sizes; every third entry names a sealed value, one subject is erased.
fn log(dir: &Path) {
    let ledger = Ledger::create(dir, "lanes.example").unwrap();
    let mut writer = ledger.writer().unwrap();
    let mut n = 0;
    for group in 0..100 {
        let mut batch = writer.begin(Timestamp::UNIX_EPOCH).unwrap();
        for _ in 0..=group {
            let case = n % 7;
            let mut body = json!({ "n": n, "note": if n % 50 == 0 { "a \"quote\"" } else { "plain" } });
            if n % 3 == 0 {
                let sealed = batch.seal(&format!("case/{case}"), &format!("text {n}")).unwrap();
                body["text"] = json!(sealed.to_string());
            }
            let entry = NewEntry {
                at: Timestamp::UNIX_EPOCH,
                stream: format!("case/{case}"),
                kind: "case.noted".to_owned(),
                version: 1,
                actor: Actor::default(),
                definition: None,
                cause: None,
                body,
            };
            batch.append(&entry).unwrap();
            n += 1;
        }
        if group == 60 {
            batch.erase("case/5", &Actor::default()).unwrap();
        }
        batch.commit().unwrap();
    }
}

/// Looks at everything on one connection, at each entry as at one that no lane could call right.
fn the_long_way(dir: &Path) -> Report {
    let place = Dir::new(dir);
    let connection = schema::open_untouched(&place.database()).unwrap();
    let (_, format) = schema::read_format(&connection, &place.database()).unwrap();
    let key = PublicKey::new(&format.origin, &format.public_key).unwrap();
    let seals = Seals::new(true).ready();
    let looking = Looking {
        keys: [&key, &key],
        seals: &seals,
    };
    let mut stretch = looking.stretch(&connection, i64::MIN..=i64::MAX);
    let mut texts = connection
        .prepare("SELECT entry FROM entries WHERE seq = ?1")
        .unwrap();
    for row in &mut stretch.rows {
        let text = |row: &rusqlite::Row<'_>| Ok(String::from_utf8_lossy(bytes(row.get_ref(0)?)).into_owned());
        row.what = What::Text(texts.query_row([row.seq], text).unwrap());
    }
    let mut verifier = Verifier {
        place: place.clone(),
        connection: &connection,
        keys: Some(KeyFile::open(&place.keys(), &format.log_id, false).unwrap()),
        erased: Erasures::default(),
        checker: Checker::new(key.clone(), &Known::default()),
    };
    verifier.erasures().unwrap();
    let mut waiting = VecDeque::new();
    verifier.take(stretch, &mut waiting).unwrap();
    for signed in waiting {
        verifier.signed(signed);
    }
    verifier.checker.finish()
}

/// What somebody might do to the database at place `n`.
fn tampering(way: usize, n: u64) -> String {
    let many = [
        format!("UPDATE entries SET entry = replace(entry, '\"n\":', '\"n\":1') WHERE seq = {n}"),
        format!("UPDATE entries SET entry = replace(entry, '\"plain\"', ' \"plain\"') WHERE seq = {n}"),
        format!("UPDATE entries SET entry = substr(entry, 2) WHERE seq = {n}"),
        format!("UPDATE entries SET entry = CAST(x'ff00' AS TEXT) WHERE seq = {n}"),
        format!("UPDATE entries SET leaf = (SELECT leaf FROM entries WHERE seq = {n} - 1) WHERE seq = {n}"),
        format!("UPDATE entries SET leaf = x'00' WHERE seq = {n}"),
        format!("UPDATE entries SET stream_seq = stream_seq + 100000 WHERE seq = {n}"),
        format!("UPDATE entries SET stream = 'case/x' WHERE seq = {n}"),
        format!("DELETE FROM entries WHERE seq = {n}"),
        format!("DELETE FROM entries WHERE seq >= {n}"),
        format!("DELETE FROM entries WHERE seq < {n}"),
        format!("DELETE FROM entries WHERE seq = {n}; UPDATE entries SET seq = seq - 1 WHERE seq > {n}"),
        format!("UPDATE entries SET seq = -1 WHERE seq = {n}"),
        format!("UPDATE entries SET seq = 4611686018427387904 WHERE seq = {n}"),
        format!(
            "DELETE FROM sealed WHERE commitment = (SELECT commitment FROM sealed LIMIT 1 OFFSET {n} / 4)"
        ),
        format!(
            "UPDATE sealed SET box = NULL WHERE commitment = (SELECT commitment FROM sealed LIMIT 1 OFFSET {n} / 4)"
        ),
        format!(
            "UPDATE sealed SET box = (SELECT box FROM sealed LIMIT 1) WHERE commitment = (SELECT commitment FROM sealed LIMIT 1 OFFSET 1 + {n} / 4)"
        ),
        format!(
            "UPDATE sealed SET slot = slot + 1 WHERE commitment = (SELECT commitment FROM sealed LIMIT 1 OFFSET {n} / 4)"
        ),
        format!(
            "UPDATE sealed SET commitment = substr(commitment, 1, 31) WHERE commitment = (SELECT commitment FROM sealed LIMIT 1 OFFSET {n} / 4)"
        ),
        "DELETE FROM sealed".to_owned(),
        "DELETE FROM erasures".to_owned(),
        "UPDATE erasures SET slot = slot + 1".to_owned(),
        format!("DELETE FROM checkpoints WHERE size > {n}"),
        format!(
            "UPDATE checkpoints SET signature = (SELECT signature FROM checkpoints LIMIT 1) WHERE size = (SELECT min(size) FROM checkpoints WHERE size > {n})"
        ),
        format!(
            "UPDATE checkpoints SET root = zeroblob(32) WHERE size = (SELECT min(size) FROM checkpoints WHERE size > {n})"
        ),
        format!(
            "UPDATE checkpoints SET size = size + 1 WHERE size = (SELECT min(size) FROM checkpoints WHERE size > {n})"
        ),
        "DELETE FROM nodes WHERE level = 8".to_owned(),
        "UPDATE nodes SET hash = zeroblob(32) WHERE level = 8 AND place = 3".to_owned(),
    ];
    many[way % many.len()].clone()
}

#[test]
fn lanes_find_what_one_reader_finds() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    log(&data);
    let told = |report: &Report| serde_json::to_value(report).unwrap();
    let lanes = |dir: &Path| verify(dir, &Known::default(), &mut |_| {}).unwrap();
    let whole = lanes(&data);
    assert!(whole.sound(), "{whole:?}");
    assert_eq!(told(&whole), told(&the_long_way(&data)));
    assert!(
        whole.counts.entries > 2 * STRETCH.unsigned_abs()
            && whole.counts.sealed_erased > 0
            && whole.counts.sealed_opened > 0
    );

    let database = Dir::new(&data).database();
    let untouched = std::fs::read(&database).unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(60));
    let once = (any::<usize>(), 0u64..5051);
    let twice = (once.clone(), prop::option::of(once));
    runner
        .run(&twice, |((way, n), more)| {
            std::fs::write(&database, &untouched).unwrap();
            let connection = Connection::open(&database).unwrap();
            // Some ways cannot follow others; then the first stands alone.
            connection.execute_batch(&tampering(way, n)).unwrap();
            if let Some((way, n)) = more {
                let _ = connection.execute_batch(&tampering(way, n));
            }
            drop(connection);
            prop_assert_eq!(
                told(&lanes(&data)),
                told(&the_long_way(&data)),
                "{} {:?}",
                tampering(way, n),
                more
            );
            Ok(())
        })
        .unwrap();
}
