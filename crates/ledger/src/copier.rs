//! Copies the write-ahead log back into the database beside the writer, so that no commit waits for the whole of it.
//!
//! SQLite copies inside whichever commit makes the log long enough: a quarter of the writer's time. Here a thread with a
//! connection of its own copies nearly all, and the writer only what was added meanwhile, which lets the log begin anew.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use crate::Error;
use crate::schema;

/// How often the thread copies before the writer copies the rest: each time less was added meanwhile.
const PASSES: usize = 2;

/// Beyond this many times the usual length the writer copies whatever the thread does: the log must not grow for ever.
const LENGTH_MAX: u32 = 8;

/// The thread that copies; it ends when this is dropped.
pub(crate) struct Copier {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

struct Desk {
    /// Pages in the log from which on it is copied.
    pages: u32,
    orders: Mutex<Orders>,
    ordered: Condvar,
    /// Held while copying: of two who copy at once, SQLite refuses the second.
    copying: Mutex<()>,
    /// The thread has copied nearly all; what is left is the writer's.
    nearly: AtomicBool,
    /// The thread rests: the writer does not wait for the disk anyway.
    rests: AtomicBool,
}

#[derive(Default)]
struct Orders {
    copy: bool,
    end: bool,
}

impl Copier {
    /// Starts copying for `writer`, a connection to `file`, whenever the log has so many pages.
    pub(crate) fn start(file: &Path, writer: &mut Connection, pages: u32) -> Result<Copier, Error> {
        let connection = schema::open_copier(file)?;
        let desk = Arc::new(Desk {
            pages,
            orders: Mutex::default(),
            ordered: Condvar::new(),
            copying: Mutex::new(()),
            nearly: AtomicBool::new(false),
            rests: AtomicBool::new(false),
        });
        let (hers, hooks) = (Arc::clone(&desk), Arc::clone(&desk));
        writer.wal_hook(Some(move |log: &mut Wal, pages| {
            hooks.committed(log, u32::try_from(pages).unwrap_or(u32::MAX));
            Ok(())
        }))?;
        let thread = std::thread::Builder::new()
            .name("bihuan-copier".to_owned())
            .spawn(move || hers.serve(&connection))
            .map_err(Error::io(file))?;
        Ok(Copier {
            desk,
            thread: Some(thread),
        })
    }

    /// Lets the thread rest, or work again.
    pub(crate) fn rest(&self, rests: bool) {
        self.desk.rests.store(rests, Ordering::Relaxed);
    }

    /// Copies everything and empties the log; `false` if a reader on an old state keeps it from being emptied.
    pub(crate) fn clear(&self, writer: &Connection) -> Result<bool, Error> {
        let _alone = held(&self.desk.copying);
        let busy: i64 = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        held(&self.desk.orders).end = true;
        self.desk.ordered.notify_one();
        if let Some(thread) = self.thread.take() {
            // A thread that broke has copied nothing wrong: the log still holds what it did not copy.
            let _ = thread.join();
        }
    }
}

impl Desk {
    /// What the writer does after each commit, with so many pages in the log.
    fn committed(&self, log: &mut Wal, pages: u32) {
        if pages < self.pages {
            return;
        }
        let ours = self.rests.load(Ordering::Relaxed)
            || self.nearly.swap(false, Ordering::Relaxed)
            || pages / LENGTH_MAX >= self.pages;
        if ours {
            if let Ok(_alone) = self.copying.try_lock() {
                // What cannot be copied now stays in the log, which is as safe, and is tried again.
                let _ = log.checkpoint();
            }
            return;
        }
        let mut orders = held(&self.orders);
        if !orders.copy {
            orders.copy = true;
            self.ordered.notify_one();
        }
    }

    fn serve(&self, connection: &Connection) {
        loop {
            let mut orders = held(&self.orders);
            while !orders.copy && !orders.end {
                orders = self.ordered.wait(orders).unwrap_or_else(PoisonError::into_inner);
            }
            if orders.end {
                return;
            }
            drop(orders);
            for _ in 0..PASSES {
                let _alone = held(&self.copying);
                let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
                if copied.is_err() {
                    break;
                }
            }
            self.nearly.store(true, Ordering::Relaxed);
            held(&self.orders).copy = false;
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that stand alone in a page each, so many to a transaction.
    fn write(connection: &Connection, transactions: i64, rows: i64) {
        for t in 0..transactions {
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            for n in 0..rows {
                connection
                    .execute("INSERT INTO t VALUES (?1, zeroblob(3000))", [t * rows + n])
                    .unwrap();
            }
            connection.execute_batch("COMMIT").unwrap();
        }
    }

    fn place() -> (tempfile::TempDir, std::path::PathBuf, Connection) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ledger.sqlite");
        let connection = Connection::open(&file).unwrap();
        connection
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t(n INTEGER PRIMARY KEY, x BLOB)")
            .unwrap();
        connection.close().unwrap();
        let writer = schema::open_writer(&file).unwrap();
        (dir, file, writer)
    }

    fn log_pages(file: &Path) -> u64 {
        std::fs::metadata(file.with_extension("sqlite-wal"))
            .unwrap()
            .len()
            / 4120
    }

    #[test]
    fn a_writer_that_never_rests_has_a_log_of_bounded_length_and_loses_nothing() {
        let (_dir, file, mut writer) = place();
        let copier = Copier::start(&file, &mut writer, 32).unwrap();
        write(&writer, 250, 20);
        // 5,000 pages were written; the bound is 8 times 32 and what was added while somebody else copied.
        assert!(log_pages(&file) < 1_000, "{} pages", log_pages(&file));
        drop(writer);
        drop(copier);
        let count: i64 = schema::open_reader(&file)
            .unwrap()
            .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 5_000);
    }

    #[test]
    fn clearing_empties_the_log_whatever_the_thread_does() {
        let (_dir, file, mut writer) = place();
        let copier = Copier::start(&file, &mut writer, 8).unwrap();
        for _ in 0..20 {
            writer.execute("DELETE FROM t", []).unwrap();
            write(&writer, 1, 40);
            assert!(copier.clear(&writer).unwrap());
            assert_eq!(log_pages(&file), 0);
        }
    }

    #[test]
    fn a_reader_on_an_old_state_keeps_it_and_stops_nobody() {
        let (_dir, file, mut writer) = place();
        let _copier = Copier::start(&file, &mut writer, 8).unwrap();
        write(&writer, 1, 3);
        let reader = schema::open_reader(&file).unwrap();
        let count = || -> i64 {
            reader
                .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
                .unwrap()
        };
        reader.execute_batch("BEGIN").unwrap();
        assert_eq!(count(), 3);
        writer.execute("DELETE FROM t", []).unwrap();
        write(&writer, 50, 4);
        assert_eq!(count(), 3, "the old state");
        reader.execute_batch("COMMIT").unwrap();
        assert_eq!(count(), 200, "the new one");
    }
}
