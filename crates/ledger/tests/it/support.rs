//! A ledger with a few cases in it, told in a line or two.

use std::path::{Path, PathBuf};

use bihuan_ledger::{
    Actor, Appended, Batch, Committed, Error, Known, Ledger, NewEntry, Report, Writer, verify,
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A directory that goes away with the test.
pub(crate) struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::create_with(&self.data(), "jiaocheng.example", [7; 32], at(0)).unwrap()
    }

    /// A ledger with groups of the given sizes.
    pub(crate) fn with_groups(&self, groups: &[usize]) -> Ledger {
        let ledger = self.ledger();
        let mut writer = ledger.writer().unwrap();
        for (minute, size) in groups.iter().enumerate() {
            group(&mut writer, i64::try_from(minute).unwrap(), *size);
        }
        ledger
    }

    pub(crate) fn sql(&self, statement: &str) {
        let connection = rusqlite::Connection::open(self.data().join("ledger.sqlite")).unwrap();
        connection.execute_batch(statement).unwrap();
    }

    pub(crate) fn verify(&self) -> Report {
        report(&self.data())
    }
}

pub(crate) fn report(dir: &Path) -> Report {
    verify(dir, &Known::default(), &mut |_| {}).unwrap()
}

pub(crate) fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_600_000_000 + 60 * minute).unwrap()
}

pub(crate) fn event(stream: &str, kind: &str, body: Value) -> NewEntry {
    NewEntry {
        at: at(1),
        stream: stream.into(),
        kind: kind.into(),
        version: 1,
        actor: Actor {
            person: Some("p3".into()),
            post: Some("督查室".into()),
            ..Actor::default()
        },
        definition: None,
        cause: None,
        body,
    }
}

/// Commits `size` entries over three streams.
pub(crate) fn group(writer: &mut Writer, minute: i64, size: usize) -> Committed {
    let mut batch = writer.begin(at(minute)).unwrap();
    for i in 0..size {
        note(&mut batch, &format!("case/{}", i % 3), i).unwrap();
    }
    batch.commit().unwrap()
}

pub(crate) fn note(batch: &mut Batch<'_>, stream: &str, n: usize) -> Result<Appended, Error> {
    batch.append(&event(stream, "case.noted", json!({ "n": n })))
}
