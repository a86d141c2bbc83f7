//! A commit group: entries, sealed values, blobs, answers and erasures of one durable transaction.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use crate::checkpoint::Checkpoint;
use crate::copier::Copier;
use crate::digest::{Digest, leaf_hash};
use crate::entry::{Actor, Body, Entry, NewEntry, is_name};
use crate::keys::{Key, Slot};
use crate::ledger::Ledger;
use crate::reader::{NODE_STEP, command_answer, entry_of, stream_entries, unseal};
use crate::record::ErasedRecord;
use crate::schema::{column, number};
use crate::sealed::{self, BlobId, Commitment, PlacedDraft, SealDraft, SealedRow};
use crate::tree::Edge;
use crate::writer::{Core, Undo, carry_out, slot_blobs, store_checkpoint};
use crate::{Error, Receipt, StagedBlob, time};

/// One transaction of the log: a commit group. Dropping it without [`Batch::commit`] leaves no trace.
pub struct Batch<'w> {
    ledger: &'w Ledger,
    pub(crate) connection: &'w Connection,
    copier: &'w Copier,
    pub(crate) core: &'w mut Core,
    now: Timestamp,
    start: Edge,
    /// What this transaction stored, so that references to it need no look-up.
    stored: Vec<Digest>,
    /// What of it is still to be encrypted and brought back.
    owed: HashSet<Digest>,
    erased: Vec<Erased>,
    /// An entry was written but not its node: this transaction must not be committed.
    broken: bool,
    done: bool,
}

/// The place that an entry got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Place in the log.
    pub seq: u64,
    /// Place in the stream.
    pub stream_seq: u64,
    /// Hash of the leaf.
    pub leaf: Digest,
}

/// A group that is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The checkpoint that covers the group; the last one if it had no entries.
    pub checkpoint: Checkpoint,
    /// Number of entries in the group.
    pub entries: u64,
    /// Why keys or files of an erasure in this group could not be destroyed yet; [`crate::Writer::finish_erasures`] tries again.
    pub erasure_pending: Option<bihuan_messages::Message>,
}

impl Committed {
    /// The receipt of an entry of this group, without its path; [`crate::Reader::receipt`] gives one with it.
    pub fn receipt(&self, appended: &Appended) -> Receipt {
        Receipt {
            seq: appended.seq,
            leaf: appended.leaf,
            path: None,
            checkpoint: self.checkpoint.clone(),
        }
    }
}

/// What an erasure takes away when its transaction is committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// The row of the list of erasures.
    pub(crate) id: i64,
    pub(crate) slot: Option<u64>,
    /// Number of sealed values.
    pub values: u64,
    /// The blobs whose files go.
    pub blobs: Vec<BlobId>,
    /// The entry that records it.
    pub entry: Option<Appended>,
}

impl<'w> Batch<'w> {
    pub(crate) fn new(
        (ledger, connection, copier): (&'w Ledger, &'w Connection, &'w Copier),
        core: &'w mut Core,
        now: Timestamp,
    ) -> Self {
        let start = core.edge.clone();
        let (stored, owed, erased) = (Vec::new(), HashSet::new(), Vec::new());
        Batch {
            ledger,
            connection,
            copier,
            core,
            now,
            start,
            stored,
            owed,
            erased,
            broken: false,
            done: false,
        }
    }

    /// The connection inside this transaction, for read models in the same file. An error there must end the command
    /// ([`Batch::attempt`]) or the group: after some, SQLite has rolled back everything.
    pub fn connection(&self) -> &Connection {
        self.connection
    }

    /// The place that the next entry will get.
    pub fn next_seq(&self) -> u64 {
        self.core.edge.size()
    }

    /// The time of this group.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Appends an entry.
    ///
    /// # Errors
    ///
    /// [`Error::Dangling`] if the body names a sealed value or blob that is not stored; [`Error::BadName`],
    /// [`Error::BodyNotObject`], [`Error::NotCanonical`], [`Error::TooLarge`]; what the database says.
    pub fn append<B: Body>(&mut self, entry: &NewEntry<B>) -> Result<Appended, Error> {
        self.alive()?;
        let seq = self.core.edge.size();
        let stream_seq = self.next_in_stream(&entry.stream)?;
        let mut text = std::mem::take(&mut self.core.text);
        let written = entry.write(&mut text, seq, stream_seq).and_then(|()| self.check_references(&entry.body)).and_then(|()| {
            let leaf = leaf_hash(text.as_bytes());
            self.connection
                .prepare_cached("INSERT INTO entries(seq, stream, stream_seq, leaf, entry) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute((column(seq), &entry.stream, column(stream_seq), leaf.0, &text))?;
            Ok(leaf)
        });
        self.core.text = text;
        let leaf = written?;
        self.broken = true;
        self.push(leaf)?;
        self.broken = false;
        let before = match self.core.streams.get_mut(&entry.stream) {
            Some(next) => Some(std::mem::replace(next, stream_seq + 1)),
            None => self.core.streams.insert(entry.stream.clone(), stream_seq + 1),
        };
        self.core.undo.push(Undo::Stream(entry.stream.clone(), before));
        Ok(Appended {
            seq,
            stream_seq,
            leaf,
        })
    }

    /// The next place in `stream`: 0 if it has no entry.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn next_in_stream(&self, stream: &str) -> Result<u64, Error> {
        if let Some(next) = self.core.streams.get(stream) {
            return Ok(*next);
        }
        // Not max(): SQLite would plan that anew for every stream.
        let sql = "SELECT stream_seq FROM entries WHERE stream = ?1 ORDER BY stream_seq DESC LIMIT 1";
        let last: Option<i64> = self
            .connection
            .prepare_cached(sql)?
            .query_row([stream], |row| row.get(0))
            .optional()?;
        Ok(last.map_or(0, |last| number(last).saturating_add(1)))
    }

    /// The entries of a stream from its place `from` on, those of this transaction included.
    ///
    /// # Errors
    ///
    /// If the database cannot be read, or an entry is damaged.
    pub fn stream(&self, stream: &str, from: u64) -> Result<Vec<Entry>, Error> {
        let rows = stream_entries(self.connection, stream, from)?;
        rows.into_iter()
            .map(|(seq, text)| entry_of(self.ledger, seq, &text))
            .collect()
    }

    /// Commits to `text` and stores it encrypted under the key of `subject` (such as `case/17` or `person/p3`).
    ///
    /// # Errors
    ///
    /// As [`SealDraft::new`] and [`Batch::put_sealed`].
    pub fn seal(&mut self, subject: &str, text: &str) -> Result<Commitment, Error> {
        let draft = SealDraft::new(text)?;
        self.put_sealed(subject, &draft)?;
        Ok(draft.commitment())
    }

    /// Stores a drafted text encrypted under the key of `subject`.
    ///
    /// # Errors
    ///
    /// [`Error::BadName`] for the subject; what the key file or the database says.
    pub fn put_sealed(&mut self, subject: &str, draft: &SealDraft) -> Result<(), Error> {
        let placed = self.place_draft(subject, draft.clone())?;
        self.store_sealed(&placed.seal()?)
    }

    /// Gives a drafted text its place under the key of `subject`, where entries may name it from now on. It is still to be
    /// encrypted, on whatever thread, and brought back with [`Batch::store_sealed`]; before, the group cannot be committed.
    ///
    /// # Errors
    ///
    /// As [`Batch::put_sealed`].
    pub fn place_draft(&mut self, subject: &str, draft: SealDraft) -> Result<PlacedDraft, Error> {
        self.alive()?;
        let place = self.subject_key(subject)?;
        let placed = PlacedDraft::new(draft, place)?;
        self.stored.push(placed.commitment.0);
        self.owed.insert(placed.commitment.0);
        Ok(placed)
    }

    /// Stores what [`Batch::place_draft`] gave, encrypted.
    ///
    /// # Errors
    ///
    /// [`Error::Dangling`] if this batch did not give it, or has it already; what the database says.
    pub fn store_sealed(&mut self, row: &SealedRow) -> Result<(), Error> {
        self.alive()?;
        if !self.owed.remove(&row.commitment.0) {
            return Err(Error::Dangling {
                reference: row.commitment.to_string(),
            });
        }
        self.connection
            .prepare_cached("INSERT INTO sealed(commitment, slot, box) VALUES (?1, ?2, ?3)")?
            .execute((row.commitment.0.0, column(row.slot), &row.ciphertext))?;
        Ok(())
    }

    /// Stores a staged file under the key of `subject`.
    ///
    /// # Errors
    ///
    /// As [`Batch::put_sealed`].
    pub fn put_blob(&mut self, subject: &str, blob: &StagedBlob) -> Result<(), Error> {
        self.alive()?;
        let (slot, key) = self.subject_key(subject)?;
        let wrapped = sealed::encrypt(&key, &blob.key, &blob.id.0.0)?;
        self.connection
            .prepare_cached("INSERT INTO blobs(hash, slot, bytes, box) VALUES (?1, ?2, ?3, ?4)")?
            .execute((blob.id.0.0, column(slot), column(blob.bytes), wrapped))?;
        self.stored.push(blob.id.0);
        Ok(())
    }

    /// The text of a sealed value, also of one stored in this transaction; `None` if it was erased or is still to be brought
    /// back ([`Batch::place_draft`]).
    ///
    /// # Errors
    ///
    /// As [`crate::Reader::unseal`].
    pub fn unseal(&self, commitment: &Commitment) -> Result<Option<String>, Error> {
        unseal(self.connection, self.ledger, commitment)
    }

    /// What was answered to the command with this idempotency key.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn command_answer(&self, key: &str) -> Result<Option<String>, Error> {
        command_answer(self.connection, key)
    }

    /// Remembers the answer (JSON) to the command with this idempotency key.
    ///
    /// # Errors
    ///
    /// If it has an answer already, or the database cannot be written.
    pub fn remember(&mut self, key: &str, answer: &str) -> Result<(), Error> {
        self.alive()?;
        self.connection
            .prepare_cached("INSERT INTO commands(key, answer) VALUES (?1, ?2)")?
            .execute((key, answer))?;
        Ok(())
    }

    /// The commitments of everything that is sealed for `subject`, in the order of their hashes.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn sealed_under(&self, subject: &str) -> Result<Vec<Commitment>, Error> {
        let sql = "SELECT commitment FROM sealed WHERE box IS NOT NULL
                   AND slot = (SELECT slot FROM subject_keys WHERE subject = ?1) ORDER BY commitment";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([subject], |row| row.get::<_, [u8; 32]>(0))?;
        rows.map(|row| Ok(Commitment(Digest(row?)))).collect()
    }

    /// Erases everything sealed for `subject`, and records it as an entry of the stream `log`. Ciphertexts go with this transaction; keys and files right after its commit,
    /// and if the process dies between, at the next start. The entries and all proofs stay. What read models hold of the
    /// subject in the clear, they must remove in this transaction themselves.
    ///
    /// # Errors
    ///
    /// [`Error::Dangling`] while something begun with [`Batch::place_draft`] was not brought back; what the database says.
    pub fn erase(&mut self, subject: &str, actor: &Actor) -> Result<Erased, Error> {
        self.alive()?;
        self.nothing_owed()?;
        let slot: Option<i64> = self
            .connection
            .prepare_cached("SELECT slot FROM subject_keys WHERE subject = ?1")?
            .query_row([subject], |row| row.get(0))
            .optional()?;
        let record = ErasedRecord::of_slot(self.connection, subject, slot)?;
        // The size is also the place of the entry that follows.
        let sql = "INSERT INTO erasures(subject, at, size, slot, done) VALUES (?1, ?2, ?3, ?4, 0)";
        self.connection.prepare_cached(sql)?.execute((
            subject,
            time::micros(self.now),
            column(self.next_seq()),
            slot,
        ))?;
        let mut erased = Erased {
            id: self.connection.last_insert_rowid(),
            slot: slot.map(number),
            ..Erased::default()
        };
        if let Some(slot) = slot {
            let values = self.connection.execute(
                "UPDATE sealed SET box = NULL WHERE slot = ?1 AND box IS NOT NULL",
                [slot],
            )?;
            erased.values = values as u64;
            erased.blobs = slot_blobs(self.connection, slot)?;
            self.connection
                .execute("UPDATE blobs SET box = NULL WHERE slot = ?1", [slot])?;
            self.connection
                .execute("UPDATE subject_keys SET subject = NULL WHERE slot = ?1", [slot])?;
            let before = self.core.subjects.remove(subject);
            self.core.undo.push(Undo::Subject(subject.to_owned(), before));
        }
        erased.entry = Some(self.append(&record.entry(self.now, actor)?)?);
        self.erased.push(erased.clone());
        Ok(erased)
    }

    /// Runs one command of the group: if `work` fails, what it did is taken back and the group goes on without it.
    ///
    /// # Errors
    ///
    /// Those of `work`, and of the database.
    pub fn attempt<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let run = |sql: &str, batch: &Self| batch.connection.execute_batch(sql).map_err(Error::from);
        self.alive()?;
        run("SAVEPOINT attempt", self)?;
        let (edge, undo) = (self.core.edge.clone(), self.core.undo.len());
        let (stored, erased, broken) = (self.stored.len(), self.erased.len(), self.broken);
        let owed = self.owed.clone();
        let result = work(self);
        match &result {
            Ok(_) => {
                self.alive()?;
                run("RELEASE attempt", self)?;
            }
            // Without a transaction there is nothing to go back to, and the group is lost as a whole.
            Err(_) if self.connection.is_autocommit() => self.broken = true,
            Err(_) => {
                self.core.edge = edge;
                self.broken = broken;
                self.core.take_back(undo);
                self.stored.truncate(stored);
                self.owed = owed;
                self.erased.truncate(erased);
                run("ROLLBACK TO attempt; RELEASE attempt", self)?;
            }
        }
        result
    }

    /// Signs the checkpoint of the group and brings everything to the disk. When this returns, the group is acknowledged.
    ///
    /// # Errors
    ///
    /// [`Error::Dangling`] while something begun with [`Batch::place_draft`] was not brought back; whatever keeps the group
    /// from the disk. Then nothing of it was written.
    pub fn commit(mut self) -> Result<Committed, Error> {
        self.alive()?;
        self.nothing_owed()?;
        let size = self.core.edge.size();
        let entries = size - self.core.head.size;
        let checkpoint = if entries > 0 {
            let root = self.core.edge.root();
            let Core { key, epoch, .. } = &*self.core;
            let checkpoint = Checkpoint::sign(key, self.ledger.origin(), *epoch, size, root, self.now);
            store_checkpoint(self.connection, &checkpoint)?;
            checkpoint
        } else {
            self.core.head.clone()
        };
        if let Err(error) = self.connection.execute_batch("COMMIT") {
            self.core.stale = true;
            return Err(error.into());
        }
        self.done = true;
        self.core.head = checkpoint.clone();
        self.core.undo.clear();
        self.core.trim();
        let carried_out = if self.erased.is_empty() {
            Ok(())
        } else {
            carry_out(self.ledger, (self.connection, self.copier), &self.erased)
        };
        // The group is on the disk whatever happened to the keys, so this is no failure of the commit.
        if carried_out.is_err() {
            self.core.unfinished = Some(self.now);
        }
        let erasure_pending = carried_out.err().map(|error| error.message());
        Ok(Committed {
            checkpoint,
            entries,
            erasure_pending,
        })
    }

    /// Refuses to go on once SQLite has ended the transaction by itself (as it may on a full disk), because every further
    /// statement would then be a transaction of its own, without checkpoint.
    fn alive(&self) -> Result<(), Error> {
        if self.broken || self.connection.is_autocommit() {
            Err(Error::Unfinished)
        } else {
            Ok(())
        }
    }

    fn nothing_owed(&self) -> Result<(), Error> {
        match self.owed.iter().next() {
            None => Ok(()),
            Some(owed) => Err(Error::Dangling {
                reference: Commitment(*owed).to_string(),
            }),
        }
    }

    fn push(&mut self, leaf: Digest) -> Result<(), Error> {
        let mut complete = Vec::new();
        self.core.edge.push(leaf, |level, place, hash| {
            if level % NODE_STEP == 0 {
                complete.push((level, place, hash));
            }
        });
        for (level, place, hash) in complete {
            self.connection
                .prepare_cached("INSERT INTO nodes(level, place, hash) VALUES (?1, ?2, ?3)")?
                .execute((level, column(place), hash.0))?;
        }
        Ok(())
    }

    fn subject_key(&mut self, subject: &str) -> Result<(u64, Key), Error> {
        if let Some(known) = self.core.subjects.get(subject) {
            return Ok(*known);
        }
        if !is_name(subject) {
            return Err(Error::BadName {
                found: subject.chars().take(100).collect(),
            });
        }
        let sql = "SELECT slot FROM subject_keys WHERE subject = ?1";
        let slot: Option<i64> = self
            .connection
            .prepare_cached(sql)?
            .query_row([subject], |row| row.get(0))
            .optional()?;
        let known = match slot.map(number) {
            Some(slot) => match self.ledger.0.keys.get(slot)? {
                Slot::Key(key) => (slot, key),
                _ => {
                    return Err(Error::KeyLost {
                        subject: subject.to_owned(),
                    });
                }
            },
            None => {
                let (slot, key) = self.ledger.0.keys.take(self.core.next_slot)?;
                self.connection
                    .prepare_cached("INSERT INTO subject_keys(slot, subject) VALUES (?1, ?2)")?
                    .execute((column(slot), subject))?;
                self.core.next_slot = slot + 1;
                (slot, key)
            }
        };
        self.core.subjects.insert(subject.to_owned(), known);
        self.core.undo.push(Undo::Subject(subject.to_owned(), None));
        Ok(known)
    }

    fn check_references(&self, body: &impl Body) -> Result<(), Error> {
        let mut result = Ok(());
        body.references(&mut |reference| {
            if result.is_ok() {
                result = self.check_reference(reference);
            }
        });
        result
    }

    fn check_reference(&self, reference: &str) -> Result<(), Error> {
        let dangling = || Error::Dangling {
            reference: reference.to_owned(),
        };
        let found = if reference.starts_with("sealed:") {
            let sql = "SELECT 1 FROM sealed WHERE commitment = ?1";
            reference.parse().map(|Commitment(digest)| (digest, sql))
        } else {
            let sql = "SELECT 1 FROM blobs WHERE hash = ?1";
            reference.parse().map(|BlobId(digest)| (digest, sql))
        };
        let (digest, sql) = found.map_err(|_| dangling())?;
        // Mostly the last few; a look-up finds the rest, so that a long group does not search a long list.
        if self.stored.iter().rev().take(64).any(|stored| *stored == digest)
            || self.owed.contains(&digest)
            || self.connection.prepare_cached(sql)?.exists([digest.0])?
        {
            Ok(())
        } else {
            Err(dangling())
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        self.core.edge = self.start.clone();
        self.core.take_back(0);
        if !self.connection.is_autocommit() && self.connection.execute_batch("ROLLBACK").is_err() {
            self.core.stale = true;
        }
    }
}
