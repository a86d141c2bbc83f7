//! The roll while it is not read yet: an engine over millions of cases starts, takes commands and fires timers without it.
//! Only who asks for a list waits, and what is committed while it is read is put in afterwards.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use bihuan_ledger::Ledger;

use super::roll::{Listing, Roll};
use crate::error::Error;

/// The roll, sooner or later.
pub(crate) struct Awaited {
    ledger: Ledger,
    stage: Mutex<Stage>,
    read: Condvar,
    stopped: AtomicBool,
}

#[derive(Default)]
enum Stage {
    /// Nobody has asked for it; it will be read from the tables as they are then.
    #[default]
    Unread,
    /// Being read, with what was committed since that began.
    Reading(Vec<Listing>),
    Ready(Roll),
}

impl Awaited {
    /// The roll of the cases in this ledger's read models, not read yet.
    pub(crate) fn new(ledger: &Ledger) -> Self {
        Awaited {
            ledger: ledger.clone(),
            stage: Mutex::default(),
            read: Condvar::new(),
            stopped: AtomicBool::new(false),
        }
    }

    /// The roll as of now, if it was read.
    pub(crate) fn ready(&self) -> Option<Roll> {
        match &*self.stage() {
            Stage::Ready(roll) => Some(roll.clone()),
            Stage::Unread | Stage::Reading(_) => None,
        }
    }

    /// The roll as of now. Who asks first reads it, the others wait for him.
    pub(crate) fn roll(&self) -> Result<Roll, Error> {
        let mut stage = self.stage();
        loop {
            stage = match &*stage {
                Stage::Ready(roll) => return Ok(roll.clone()),
                Stage::Reading(_) => self.read.wait(stage).unwrap_or_else(PoisonError::into_inner),
                Stage::Unread => break,
            };
        }
        // From here on no commit is missed; one that is met twice does no harm. The connection is a fresh one: that of who
        // asks may stand at an earlier moment.
        *stage = Stage::Reading(Vec::new());
        drop(stage);
        let read = self.ledger.reader().map_err(Error::from);
        let read = read.and_then(|reader| Roll::load(reader.connection(), &self.stopped));
        let mut stage = self.stage();
        let meanwhile = match std::mem::take(&mut *stage) {
            Stage::Reading(meanwhile) => meanwhile,
            Stage::Unread | Stage::Ready(_) => Vec::new(),
        };
        let roll = read.map(|mut roll| {
            meanwhile.into_iter().for_each(|listing| roll.put(listing));
            *stage = Stage::Ready(roll.clone());
            roll
        });
        // After a fault it is unread again: whoever waits tries for himself and hears of it.
        drop(stage);
        self.read.notify_all();
        roll
    }

    /// Puts in what was committed.
    pub(crate) fn put(&self, listings: impl Iterator<Item = Listing>) {
        match &mut *self.stage() {
            Stage::Unread => listings.for_each(drop),
            Stage::Reading(meanwhile) => meanwhile.extend(listings),
            Stage::Ready(roll) => listings.for_each(|listing| roll.put(listing)),
        }
    }

    /// Stops reading: the engine ends.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bihuan_domain::id::CaseId;
    use rusqlite::Connection;

    use super::*;

    const PARTIES: &str = r#"{"units":["roads"],"opener":"roads.clerk"}"#;

    fn open(connection: &Connection, id: i64) {
        connection
            .execute(
                "INSERT INTO case_views(id, mechanism, number, title, stage, kind, open, owner, holder_unit, holder_post,
                   colour, opened_at, late, round, reworks, source_kind, parties)
                 VALUES (?1, 'key-task', NULL, 'road', 'work', 'work', 1, 'roads', 'roads', '', 0, ?1, 0, 1, 0, 'typed', ?2)",
                (id, PARTIES),
            )
            .unwrap();
    }

    /// A ledger with the tables of the read models and so many cases in them.
    fn ledger(dir: &std::path::Path, cases: i64) -> (Ledger, Connection) {
        let ledger = Ledger::create(dir, "test.bihuan").unwrap();
        let connection = Connection::open(dir.join("ledger.sqlite")).unwrap();
        super::super::create(&connection).unwrap();
        (1..=cases).for_each(|id| open(&connection, id));
        (ledger, connection)
    }

    fn ids(roll: &Roll) -> Vec<CaseId> {
        roll.whole().lines().map(|(line, _)| line.id).collect()
    }

    #[test]
    fn what_is_committed_before_it_is_read_stands_in_the_tables_and_afterwards_it_is_put_in() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, connection) = ledger(&dir.path().join("one"), 2);
        let awaited = Awaited::new(&ledger);
        assert!(awaited.ready().is_none(), "nobody asked");
        open(&connection, 3);
        awaited.put(listings(&connection).into_iter().skip(2));
        assert_eq!(ids(&awaited.roll().unwrap()), [CaseId(1), CaseId(2), CaseId(3)]);
        open(&connection, 4);
        assert_eq!(ids(&awaited.ready().unwrap()).len(), 3);
        awaited.put(listings(&connection).into_iter().skip(3));
        assert_eq!(ids(&awaited.roll().unwrap()).len(), 4);
    }

    #[test]
    fn many_who_ask_at_once_wait_for_one_reading() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, _) = ledger(&dir.path().join("one"), 30);
        let awaited = Arc::new(Awaited::new(&ledger));
        let asked: Vec<_> = (0..8)
            .map(|_| {
                let awaited = awaited.clone();
                std::thread::spawn(move || ids(&awaited.roll().unwrap()).len())
            })
            .collect();
        for one in asked {
            assert_eq!(one.join().unwrap(), 30);
        }
    }

    #[test]
    fn who_asks_is_told_when_it_cannot_be_read_or_the_engine_ends() {
        let dir = tempfile::tempdir().unwrap();
        let bare = Ledger::create(&dir.path().join("bare"), "test.bihuan").unwrap();
        let awaited = Awaited::new(&bare);
        assert!(awaited.roll().is_err());
        assert!(awaited.roll().is_err(), "and is told again");
        let (ledger, _) = ledger(&dir.path().join("one"), 1);
        let ended = Awaited::new(&ledger);
        ended.stop();
        assert!(ended.roll().is_err());
    }

    fn listings(connection: &Connection) -> Vec<Listing> {
        let mut all = Vec::new();
        Roll::each_listing(connection, 0, &mut |listing| all.push(listing)).unwrap();
        all
    }
}
