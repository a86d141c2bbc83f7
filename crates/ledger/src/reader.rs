//! Reading the log: entries, streams, checkpoints, proofs, receipts, sealed values and blobs.

use std::ops::Deref;

use bihuan_messages::Message;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::entry::Entry;
use crate::keys::{Key, Slot};
use crate::ledger::Ledger;
use crate::receipt::Receipt;
use crate::schema::{column, number};
use crate::sealed::{self, BlobId, Commitment};
use crate::tree::{self, Edge, Nodes};
use crate::{Error, blobs, time};

/// Inner nodes are stored at every eighth level only; what lies between is computed from at most 255 neighbours.
pub(crate) const NODE_STEP: u32 = 8;

/// A connection that reads. Each call sees the newest committed state; [`Reader::at_one_moment`] holds one state for several.
#[derive(Debug)]
pub struct Reader {
    ledger: Ledger,
    connection: Connection,
}

/// A fulfilled request for erasure (擦除): the list that `restore` applies again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// Whose sealed values were erased.
    pub subject: String,
    /// When.
    pub at: Timestamp,
    /// Size of the log at that moment: what was sealed in earlier entries is gone.
    pub size: u64,
}

impl Reader {
    pub(crate) fn new(ledger: Ledger, connection: Connection) -> Reader {
        Reader { ledger, connection }
    }

    /// The connection, for read models in the same file.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The ledger that this reads.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Runs `work` on one state of the ledger, whatever is committed meanwhile.
    ///
    /// # Errors
    ///
    /// Those of `work`, and of the database.
    pub fn at_one_moment<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, E>,
    ) -> Result<T, E> {
        if !self.connection.is_autocommit() {
            return work(self);
        }
        self.connection.execute_batch("BEGIN").map_err(Error::from)?;
        let result = work(self);
        let end = self.connection.execute_batch("COMMIT").map_err(Error::from);
        let value = result?;
        end?;
        Ok(value)
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn head(&self) -> Result<Checkpoint, Error> {
        let mut statement = self
            .connection
            .prepare_cached(&checkpoint_query("ORDER BY size DESC LIMIT 1"))?;
        let found = statement.query_row([], checkpoint_columns).optional()?;
        self.checkpoint(found.ok_or_else(|| self.damaged("verify.no_checkpoint"))?)
    }

    /// The first checkpoint of at least `size` entries.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn checkpoint_from(&self, size: u64) -> Result<Option<Checkpoint>, Error> {
        let mut statement = self
            .connection
            .prepare_cached(&checkpoint_query("WHERE size >= ?1 ORDER BY size LIMIT 1"))?;
        let found = statement
            .query_row([column(size)], checkpoint_columns)
            .optional()?;
        found.map(|columns| self.checkpoint(columns)).transpose()
    }

    /// Up to `limit` entries from `from` on, in order.
    ///
    /// # Errors
    ///
    /// If the database cannot be read, or an entry is damaged.
    pub fn entries(&self, from: u64, limit: usize) -> Result<Vec<Entry>, Error> {
        let sql = "SELECT seq, entry FROM entries WHERE seq >= ?1 ORDER BY seq LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map((column(from), column(limit as u64)), raw_entry)?;
        rows.map(|row| self.entry_of(row?)).collect()
    }

    /// Calls `each` with every entry from `from` on, in order, without holding them all in memory.
    ///
    /// # Errors
    ///
    /// The first error of `each`; if the database cannot be read, or an entry is damaged.
    pub fn for_each_entry<E: From<Error>>(
        &self,
        from: u64,
        mut each: impl FnMut(Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT seq, entry FROM entries WHERE seq >= ?1 ORDER BY seq";
        let mut statement = self.connection.prepare_cached(sql).map_err(Error::from)?;
        let rows = statement
            .query_map([column(from)], raw_entry)
            .map_err(Error::from)?;
        for row in rows {
            each(self.entry_of(row.map_err(Error::from)?)?)?;
        }
        Ok(())
    }

    /// Calls `each` with place, stream and canonical text of every entry from `from` on, up to `until`, in order. Nothing is
    /// parsed: see [`crate::EntryText`].
    ///
    /// # Errors
    ///
    /// The first error of `each`; if the database cannot be read.
    pub fn for_each_text<E: From<Error>>(
        &self,
        from: u64,
        until: u64,
        mut each: impl FnMut(u64, &str, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT seq, stream, entry FROM entries WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";
        let mut statement = self.connection.prepare_cached(sql).map_err(Error::from)?;
        let mut rows = statement
            .query([column(from), column(until)])
            .map_err(Error::from)?;
        while let Some(row) = rows.next().map_err(Error::from)? {
            let text = |place: usize| -> Result<&str, Error> {
                let found = row.get_ref(place)?.as_str();
                Ok(found.map_err(rusqlite::Error::from)?)
            };
            each(number(row.get(0).map_err(Error::from)?), text(1)?, text(2)?)?;
        }
        Ok(())
    }

    /// The entries of a stream from its place `from` on, in order.
    ///
    /// # Errors
    ///
    /// If the database cannot be read, or an entry is damaged.
    pub fn stream(&self, stream: &str, from: u64) -> Result<Vec<Entry>, Error> {
        stream_entries(&self.connection, stream, from)?
            .into_iter()
            .map(|row| self.entry_of(row))
            .collect()
    }

    /// Calls `each` with place and canonical text of the entries of a stream that stand before entry `until` of the log, in
    /// order. Nothing is parsed: see [`crate::EntryText`].
    ///
    /// # Errors
    ///
    /// The first error of `each`; if the database cannot be read.
    pub fn for_each_text_of<E: From<Error>>(
        &self,
        stream: &str,
        until: u64,
        mut each: impl FnMut(u64, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT seq, entry FROM entries WHERE stream = ?1 ORDER BY stream_seq";
        let mut statement = self.connection.prepare_cached(sql).map_err(Error::from)?;
        let mut rows = statement.query([stream]).map_err(Error::from)?;
        while let Some(row) = rows.next().map_err(Error::from)? {
            let seq = number(row.get(0).map_err(Error::from)?);
            if seq >= until {
                break;
            }
            let text = row.get_ref(1).map_err(Error::from)?.as_str();
            each(
                seq,
                text.map_err(|error| Error::from(rusqlite::Error::from(error)))?,
            )?;
        }
        Ok(())
    }

    /// One entry.
    ///
    /// # Errors
    ///
    /// If the database cannot be read, or the entry is damaged.
    pub fn entry(&self, seq: u64) -> Result<Option<Entry>, Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT seq, entry FROM entries WHERE seq = ?1")?;
        let row = statement.query_row([column(seq)], raw_entry).optional()?;
        row.map(|row| self.entry_of(row)).transpose()
    }

    /// The path that shows entry `seq` to be in the log of `size` entries.
    ///
    /// # Errors
    ///
    /// [`Error::NoEntry`] if either lies beyond the log.
    pub fn inclusion_proof(&self, seq: u64, size: u64) -> Result<Vec<Digest>, Error> {
        self.within(size)?;
        if seq >= size {
            return Err(Error::NoEntry { seq, size });
        }
        tree::inclusion_path(&self.nodes(), seq, size)
    }

    /// The path that shows the log of `old` entries to be the beginning of the log of `new` entries.
    ///
    /// # Errors
    ///
    /// [`Error::NoEntry`] if `new` lies beyond the log, or `old` beyond `new`.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Digest>, Error> {
        self.within(new)?;
        if old > new {
            return Err(Error::NoEntry { seq: old, size: new });
        }
        tree::consistency_path(&self.nodes(), old, new)
    }

    /// The root over the first `size` entries.
    ///
    /// # Errors
    ///
    /// [`Error::NoEntry`] if `size` lies beyond the log.
    pub fn root_at(&self, size: u64) -> Result<Digest, Error> {
        self.within(size)?;
        tree::root_at(&self.nodes(), size)
    }

    /// The receipt of entry `seq`, with the path to the first checkpoint that covers it.
    ///
    /// # Errors
    ///
    /// [`Error::NoEntry`] if there is none.
    pub fn receipt(&self, seq: u64) -> Result<Receipt, Error> {
        let checkpoint = self.checkpoint_from(seq.saturating_add(1))?;
        let Some(checkpoint) = checkpoint else {
            return Err(Error::NoEntry {
                seq,
                size: self.head()?.size,
            });
        };
        let leaf = self.nodes().subtree(0, seq)?;
        let path = Some(self.inclusion_proof(seq, checkpoint.size)?);
        Ok(Receipt {
            seq,
            leaf,
            path,
            checkpoint,
        })
    }

    /// What was answered to the command with this idempotency key.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn command_answer(&self, key: &str) -> Result<Option<String>, Error> {
        command_answer(&self.connection, key)
    }

    /// The text of a sealed value; `None` if it was erased.
    ///
    /// # Errors
    ///
    /// [`Error::Dangling`] if it was never stored, [`Error::KeyLost`] if its key is gone without an erasure,
    /// [`Error::Damaged`] if it does not open.
    pub fn unseal(&self, commitment: &Commitment) -> Result<Option<String>, Error> {
        unseal(&self.connection, &self.ledger, commitment)
    }

    /// The bytes of a blob; `None` if it was erased.
    ///
    /// # Errors
    ///
    /// [`Error::BlobMissing`], [`Error::BlobChanged`], otherwise as [`Reader::unseal`].
    pub fn blob(&self, id: &BlobId) -> Result<Option<Vec<u8>>, Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT slot, box FROM blobs WHERE hash = ?1")?;
        let row = statement.query_row([id.0.0], boxed).optional()?;
        let Some(wrapped) = open_box(&self.connection, &self.ledger, row, &id.to_string())? else {
            return Ok(None);
        };
        let (key, sealed) = wrapped;
        let key = sealed::decrypt(&key, &sealed, &id.0.0).and_then(|key| key.try_into().ok());
        let Some(key) = key else {
            return Err(Error::BlobChanged { blob: id.to_string() });
        };
        blobs::read(&self.ledger.0.dir, id, &key).map(Some)
    }

    /// The list of erasures, oldest first.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn erasures(&self) -> Result<Vec<Erasure>, Error> {
        erasures(&self.connection)
    }

    pub(crate) fn has_blob(&self, id: &BlobId) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM blobs WHERE hash = ?1 AND box IS NOT NULL";
        Ok(self.connection.prepare_cached(sql)?.exists([id.0.0])?)
    }

    pub(crate) fn nodes(&self) -> StoredNodes<'_> {
        StoredNodes {
            connection: &self.connection,
        }
    }

    fn within(&self, size: u64) -> Result<(), Error> {
        let head = self.head()?.size;
        if size > head {
            Err(Error::NoEntry {
                seq: size,
                size: head,
            })
        } else {
            Ok(())
        }
    }

    fn checkpoint(&self, columns: CheckpointColumns) -> Result<Checkpoint, Error> {
        columns
            .with(&self.ledger.0.public_key)
            .ok_or_else(|| self.damaged("verify.checkpoint_unreadable"))
    }

    fn entry_of(&self, (seq, text): (u64, String)) -> Result<Entry, Error> {
        entry_of(&self.ledger, seq, &text)
    }

    fn damaged(&self, key: &str) -> Error {
        Error::damaged(&self.ledger.0.dir.database(), Message::new(key))
    }
}

/// A [`Reader`] that goes back to the pool when dropped.
#[derive(Debug)]
pub struct PooledReader(Option<Reader>);

impl PooledReader {
    pub(crate) fn new(reader: Reader) -> PooledReader {
        PooledReader(Some(reader))
    }
}

impl Deref for PooledReader {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        match &self.0 {
            Some(reader) => reader,
            // INVARIANT: the reader is taken out in `drop` alone, after which nobody can dereference.
            None => unreachable!("a pooled reader is whole until dropped"),
        }
    }
}

impl Drop for PooledReader {
    fn drop(&mut self) {
        if let Some(Reader { ledger, connection }) = self.0.take() {
            ledger.give_back(connection);
        }
    }
}

/// Sees that the newest checkpoint is signed and that the stored entries lead to its root; returns both.
pub(crate) fn check_head(reader: &Reader) -> Result<(Checkpoint, Edge), Error> {
    let head = reader.head()?;
    if !head.signed_by(reader.ledger.public_key()) {
        return Err(reader.damaged("verify.head_not_signed"));
    }
    let last: Option<i64> = reader
        .connection
        .query_row("SELECT max(seq) FROM entries", [], |row| row.get(0))?;
    let entries = last.map_or(0, |last| number(last).saturating_add(1));
    if entries != head.size {
        let found = Message::new("verify.head_size")
            .show("found", entries)
            .show("expected", head.size);
        return Err(Error::damaged(&reader.ledger.0.dir.database(), found));
    }
    let edge = Edge::load(&reader.nodes(), head.size)?;
    if edge.root() != head.root {
        return Err(reader.damaged("verify.head_root"));
    }
    Ok((head, edge))
}

/// The stored hashes of the tree.
pub(crate) struct StoredNodes<'c> {
    pub(crate) connection: &'c Connection,
}

impl Nodes for StoredNodes<'_> {
    type Error = Error;

    fn subtree(&self, level: u32, index: u64) -> Result<Digest, Error> {
        let base = level / NODE_STEP * NODE_STEP;
        let first = index << (level - base);
        let count = 1u64 << (level - base);
        let range = (column(first), column(first + count - 1));
        let hashes: Vec<[u8; 32]> = if base == 0 {
            let sql = "SELECT leaf FROM entries WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq";
            let mut statement = self.connection.prepare_cached(sql)?;
            statement
                .query_map(range, |row| row.get(0))?
                .collect::<Result<_, _>>()?
        } else {
            let sql = "SELECT hash FROM nodes WHERE level = ?3 AND place BETWEEN ?1 AND ?2 ORDER BY place";
            let mut statement = self.connection.prepare_cached(sql)?;
            statement
                .query_map((range.0, range.1, base), |row| row.get(0))?
                .collect::<Result<_, _>>()?
        };
        let whole = hashes.len() as u64 == count;
        tree::fold_equal(hashes.into_iter().map(Digest).collect())
            .filter(|_| whole)
            .ok_or_else(|| {
                let found = Message::new("verify.node_missing")
                    .show("level", level)
                    .show("place", index);
                Error::Damaged {
                    file: std::path::PathBuf::new(),
                    found,
                }
            })
    }
}

/// A checkpoint as its row holds it.
pub(crate) struct CheckpointColumns {
    pub(crate) size: i64,
    pub(crate) epoch: i64,
    pub(crate) at: i64,
    pub(crate) root: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl CheckpointColumns {
    pub(crate) fn with(self, key: &crate::PublicKey) -> Option<Checkpoint> {
        Some(Checkpoint {
            origin: key.name().to_owned(),
            epoch: u64::try_from(self.epoch).ok()?,
            size: u64::try_from(self.size).ok()?,
            root: Digest::from_slice(&self.root)?,
            at: Timestamp::from_microsecond(self.at).ok()?,
            key_id: key.id(),
            signature: self.signature.try_into().ok()?,
        })
    }
}

pub(crate) fn checkpoint_query(rest: &str) -> String {
    format!("SELECT size, epoch, at, root, signature FROM checkpoints {rest}")
}

pub(crate) fn checkpoint_columns(row: &Row<'_>) -> rusqlite::Result<CheckpointColumns> {
    Ok(CheckpointColumns {
        size: row.get(0)?,
        epoch: row.get(1)?,
        at: row.get(2)?,
        root: row.get(3)?,
        signature: row.get(4)?,
    })
}

pub(crate) fn stream_entries(
    connection: &Connection,
    stream: &str,
    from: u64,
) -> Result<Vec<(u64, String)>, Error> {
    let sql = "SELECT seq, entry FROM entries WHERE stream = ?1 AND stream_seq >= ?2 ORDER BY stream_seq";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((stream, column(from)), raw_entry)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn entry_of(ledger: &Ledger, seq: u64, text: &str) -> Result<Entry, Error> {
    Entry::from_canonical(text).map_err(|said| {
        let found = Message::new("verify.entry_unreadable")
            .show("seq", seq)
            .show("said", said);
        Error::damaged(&ledger.0.dir.database(), found)
    })
}

/// The list of erasures, oldest first.
pub(crate) fn erasures(connection: &Connection) -> Result<Vec<Erasure>, Error> {
    let mut statement = connection.prepare_cached("SELECT subject, at, size FROM erasures ORDER BY id")?;
    let rows = statement.query_map([], |row| {
        Ok(Erasure {
            subject: row.get(0)?,
            at: time::from_micros(row.get(1)?),
            size: number(row.get(2)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn command_answer(connection: &Connection, key: &str) -> Result<Option<String>, Error> {
    let mut statement = connection.prepare_cached("SELECT answer FROM commands WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

pub(crate) fn unseal(
    connection: &Connection,
    ledger: &Ledger,
    commitment: &Commitment,
) -> Result<Option<String>, Error> {
    let mut statement = connection.prepare_cached("SELECT slot, box FROM sealed WHERE commitment = ?1")?;
    let row = statement.query_row([commitment.0.0], boxed).optional()?;
    let Some((key, sealed)) = open_box(connection, ledger, row, &commitment.to_string())? else {
        return Ok(None);
    };
    match sealed::open(commitment, &key, &sealed) {
        Some(text) => Ok(Some(text)),
        None => {
            let found = Message::new("verify.sealed_changed").show("reference", commitment);
            Err(Error::damaged(&ledger.0.dir.database(), found))
        }
    }
}

/// The slot of a key and what is encrypted under it; `None` once erased.
type Boxed = (i64, Option<Vec<u8>>);

pub(crate) fn boxed(row: &Row<'_>) -> rusqlite::Result<Boxed> {
    Ok((row.get(0)?, row.get(1)?))
}

/// The key and ciphertext of a row, `None` if it was erased.
fn open_box(
    connection: &Connection,
    ledger: &Ledger,
    row: Option<Boxed>,
    reference: &str,
) -> Result<Option<(Key, Vec<u8>)>, Error> {
    let Some((slot, sealed)) = row else {
        return Err(Error::Dangling {
            reference: reference.to_owned(),
        });
    };
    let Some(sealed) = sealed else { return Ok(None) };
    match ledger.0.keys.get(number(slot))? {
        Slot::Key(key) => Ok(Some((key, sealed))),
        Slot::Destroyed => Ok(None),
        Slot::Lost => {
            let sql = "SELECT subject FROM subject_keys WHERE slot = ?1";
            let subject: Option<Option<String>> = connection
                .prepare_cached(sql)?
                .query_row([slot], |row| row.get(0))
                .optional()?;
            Err(Error::KeyLost {
                subject: subject.flatten().unwrap_or_else(|| reference.to_owned()),
            })
        }
    }
}

fn raw_entry(row: &Row<'_>) -> rusqlite::Result<(u64, String)> {
    Ok((number(row.get(0)?), row.get(1)?))
}
