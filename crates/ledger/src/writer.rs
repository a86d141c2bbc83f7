//! The one writer of a ledger: its lease, what it keeps in memory, and what it finishes after a crash.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::batch::{Batch, Erased};
use crate::checkpoint::{Checkpoint, LogKey};
use crate::copier::Copier;
use crate::digest::Digest;
use crate::keys::Key;
use crate::lease::Lease;
use crate::ledger::{Ledger, read_log_key};
use crate::reader::check_head;
use crate::schema::{self, column, number};
use crate::sealed::BlobId;
use crate::tree::Edge;
use crate::{Error, blobs, start, time};

/// Places of streams and keys of subjects kept in memory; beyond it the memory is emptied rather than managed.
const CACHE_MAX: usize = 100_000;

/// How long to wait before finishing an erasure is tried again.
const RETRY: std::time::Duration = std::time::Duration::from_secs(60);

/// The one writer of a ledger; dropping it gives the lease back.
pub struct Writer {
    ledger: Ledger,
    connection: Connection,
    core: Core,
    copier: Copier,
    _lease: Lease,
}

/// What the writer knows without asking the database.
pub(crate) struct Core {
    pub(crate) key: LogKey,
    pub(crate) fence: u64,
    pub(crate) epoch: u64,
    pub(crate) head: Checkpoint,
    pub(crate) edge: Edge,
    /// Next place in a stream.
    pub(crate) streams: HashMap<String, u64>,
    pub(crate) subjects: HashMap<String, (u64, Key)>,
    pub(crate) next_slot: u64,
    pub(crate) undo: Vec<Undo>,
    pub(crate) text: String,
    /// Since when an erasure waits for its keys, files or old pages to be destroyed.
    pub(crate) unfinished: Option<Timestamp>,
    /// The database may be in another state than this memory: read it again before the next group.
    pub(crate) stale: bool,
}

/// How to take back what a rolled-back transaction left in memory.
pub(crate) enum Undo {
    Stream(String, Option<u64>),
    Subject(String, Option<(u64, Key)>),
}

impl Writer {
    pub(crate) fn open(ledger: Ledger) -> Result<Writer, Error> {
        let lease = Lease::acquire(&ledger.0.dir)?;
        let key = read_log_key(&ledger.0.dir, ledger.public_key())?;
        let database = ledger.0.dir.database();
        let mut connection = schema::open_writer(&database).map_err(|error| error.in_file(&database))?;
        start::look(&database)?;
        connection.execute("UPDATE format SET fence = fence + 1", [])?;
        let fence = connection
            .query_row("SELECT fence FROM format", [], |row| row.get(0))
            .map(number)?;
        let core = Core::load(&ledger, &connection, key, fence)?;
        let copier = Copier::start(&database, &mut connection, schema::WAL_PAGES)
            .map_err(|error| error.in_file(&database))?;
        let mut writer = Writer {
            ledger,
            connection,
            core,
            copier,
            _lease: lease,
        };
        match writer.finish_erasures() {
            // A long reader (a backup) shall not keep the writer from starting; the first group tries again.
            Err(Error::Busy) => writer.core.unfinished = Some(Timestamp::UNIX_EPOCH),
            other => other?,
        }
        Ok(writer)
    }

    /// Waits for the disk at each commit (as it does from the start), or not until this is called again.
    ///
    /// Without waiting, what was written survives the end of the process but not a power cut: only for a sample that is
    /// made anew if anything happens while it is made.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn wait_for_disk(&mut self, wait: bool) -> Result<(), Error> {
        self.connection
            .pragma_update(None, "synchronous", if wait { "FULL" } else { "OFF" })?;
        self.copier.rest(!wait);
        if wait {
            // Brings everything that was written meanwhile to the disk.
            self.copier.clear(&self.connection)?;
        }
        Ok(())
    }

    /// The ledger that this writes.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The newest checkpoint.
    pub fn head(&self) -> &Checkpoint {
        &self.core.head
    }

    /// Begins a commit group. `now` becomes the time of its checkpoint.
    ///
    /// # Errors
    ///
    /// [`Error::Fenced`] if another writer took over; what the database says.
    pub fn begin(&mut self, now: Timestamp) -> Result<Batch<'_>, Error> {
        if self.core.stale {
            self.core.reload(&self.ledger, &self.connection)?;
        }
        if let Some(since) = self.core.unfinished
            && now.duration_since(since).unsigned_abs() >= RETRY
        {
            self.core.unfinished = Some(now);
            // What still stands in the way shall not stop the group; it is tried again.
            let _ = self.finish_erasures();
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let batch = Batch::new(
            (&self.ledger, &self.connection, &self.copier),
            &mut self.core,
            time::whole(now),
        );
        // From here on the batch rolls back when it is dropped.
        let found = batch
            .connection
            .prepare_cached("SELECT fence FROM format")?
            .query_row([], |row| row.get(0));
        let found = number(found?);
        if found != batch.core.fence {
            return Err(Error::Fenced {
                ours: batch.core.fence,
                found,
            });
        }
        Ok(batch)
    }

    /// Carries out what a crash, a failing disk or a long reader left of earlier erasures. Done at every start, and once a
    /// minute while something is left.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub fn finish_erasures(&mut self) -> Result<(), Error> {
        let pending: Vec<(i64, Option<i64>)> = {
            let mut statement = self
                .connection
                .prepare("SELECT id, slot FROM erasures WHERE done = 0 ORDER BY id")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let mut erased = Vec::new();
        for (id, slot) in pending {
            let blobs = slot.map_or(Ok(Vec::new()), |slot| slot_blobs(&self.connection, slot))?;
            erased.push(Erased {
                id,
                slot: slot.map(number),
                blobs,
                ..Erased::default()
            });
        }
        if !erased.is_empty() {
            carry_out(&self.ledger, (&self.connection, &self.copier), &erased)?;
        }
        self.core.unfinished = None;
        Ok(())
    }
}

impl Core {
    fn load(ledger: &Ledger, connection: &Connection, key: LogKey, fence: u64) -> Result<Core, Error> {
        let epoch = connection
            .query_row("SELECT epoch FROM format", [], |row| row.get(0))
            .map(number)?;
        let (head, edge) = ledger.reader()?.at_one_moment(check_head)?;
        let mut core = Core {
            key,
            fence,
            epoch,
            head,
            edge,
            streams: HashMap::new(),
            subjects: HashMap::new(),
            next_slot: 0,
            undo: Vec::new(),
            text: String::new(),
            unfinished: None,
            stale: true,
        };
        core.reload(ledger, connection)?;
        Ok(core)
    }

    /// Takes the state from the database again.
    fn reload(&mut self, ledger: &Ledger, connection: &Connection) -> Result<(), Error> {
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        (self.head, self.edge) = ledger.reader()?.at_one_moment(check_head)?;
        let last: Option<i64> =
            connection.query_row("SELECT max(slot) FROM subject_keys", [], |row| row.get(0))?;
        self.next_slot = last.map_or(0, |slot| number(slot).saturating_add(1));
        self.streams.clear();
        self.subjects.clear();
        self.undo.clear();
        self.stale = false;
        Ok(())
    }

    /// Keeps the caches from growing without end.
    pub(crate) fn trim(&mut self) {
        if self.streams.len() > CACHE_MAX {
            self.streams.clear();
        }
        if self.subjects.len() > CACHE_MAX {
            self.subjects.clear();
        }
    }

    /// Undoes what was done in memory beyond the first `keep` steps.
    pub(crate) fn take_back(&mut self, keep: usize) {
        for undo in self.undo.drain(keep..).rev() {
            match undo {
                Undo::Stream(stream, Some(next)) => self.streams.insert(stream, next).map(drop),
                Undo::Stream(stream, None) => self.streams.remove(&stream).map(drop),
                Undo::Subject(subject, Some(key)) => self.subjects.insert(subject, key).map(drop),
                Undo::Subject(subject, None) => self.subjects.remove(&subject).map(drop),
            };
        }
    }
}

/// Writes the row of a checkpoint.
pub(crate) fn store_checkpoint(connection: &Connection, checkpoint: &Checkpoint) -> Result<(), Error> {
    let Checkpoint {
        epoch,
        size,
        root,
        at,
        signature,
        ..
    } = checkpoint;
    connection
        .prepare_cached(
            "INSERT INTO checkpoints(size, epoch, at, root, signature) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            column(*size),
            column(*epoch),
            time::micros(*at),
            root.0,
            signature.as_slice(),
        ))?;
    Ok(())
}

/// Destroys keys and files of committed erasures and clears the write-ahead log of what they were.
pub(crate) fn carry_out(
    ledger: &Ledger,
    (connection, copier): (&Connection, &Copier),
    erased: &[Erased],
) -> Result<(), Error> {
    let slots: Vec<u64> = erased.iter().filter_map(|one| one.slot).collect();
    ledger.0.keys.destroy(&slots)?;
    for blob in erased.iter().flat_map(|one| &one.blobs) {
        blobs::remove(&ledger.0.dir, blob)?;
    }
    // The write-ahead log has the pages as they were. A reader on an old state keeps it from being emptied; the keys are
    // gone all the same, and it is tried again.
    if !copier.clear(connection)? {
        return Err(Error::Busy);
    }
    for one in erased {
        connection.execute("UPDATE erasures SET done = 1 WHERE id = ?1", [one.id])?;
    }
    Ok(())
}

pub(crate) fn slot_blobs(connection: &Connection, slot: i64) -> Result<Vec<BlobId>, Error> {
    let mut statement = connection.prepare_cached("SELECT hash FROM blobs WHERE slot = ?1")?;
    let rows = statement.query_map([slot], |row| row.get(0))?;
    Ok(rows
        .map(|hash| hash.map(|hash| BlobId(Digest(hash))))
        .collect::<Result<_, _>>()?)
}
