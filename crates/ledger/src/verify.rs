//! Verification of a data directory, offline: every entry, root, signature, sealed value and blob.

mod lanes;
mod seals;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;

use bihuan_messages::Message;
use rusqlite::{Connection, OptionalExtension};

use crate::check::{Checker, Found, FoundRow, Known, Progress};
use crate::checkpoint::PublicKey;
use crate::digest::Digest;
use crate::entry::{Entry, references};
use crate::files::Dir;
use crate::keys::{KeyFile, Slot};
use crate::reader::{NODE_STEP, boxed};
use crate::record::ErasedRecord;
use crate::report::{FaultKind, Report};
use crate::schema::{self, column, number};
use crate::sealed::{self, BlobId, Commitment};
use crate::{Error, blobs, witness};

use lanes::{Lanes, Looking, Row, STRETCH, Signed, Stretch, What};
use seals::Seals;

/// Verifies the ledger in `dir`. Nothing is written, no server need run, and a running one is not disturbed.
///
/// # Errors
///
/// When there is nothing to verify: [`Error::NoLedger`], [`Error::Foreign`], [`Error::Newer`], or a file whose very beginning
/// cannot be read. Everything else is a fault in the report.
pub fn verify(dir: &Path, known: &Known, progress: &mut dyn FnMut(Progress)) -> Result<Report, Error> {
    let place = Dir::new(dir);
    verify_with(&place, Some(&place.keys()), known, progress)
}

/// As [`verify`], with the keys elsewhere or nowhere, as a backup has them.
pub(crate) fn verify_with(
    place: &Dir,
    keys: Option<&Path>,
    known: &Known,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Error> {
    let database = place.database();
    if !database.is_file() {
        return Err(Error::NoLedger {
            dir: place.path().to_owned(),
        });
    }
    let connection = schema::open_untouched(&database).map_err(|error| error.in_file(&database))?;
    let (found, format) = schema::read_format(&connection, &database)?;
    if found < schema::FORMAT_VERSION {
        return Err(Error::Older {
            found,
            supported: schema::FORMAT_VERSION,
        });
    }
    let key = PublicKey::new(&format.origin, &format.public_key)
        .ok_or_else(|| Error::damaged(&database, Message::new("verify.public_key_unreadable")))?;
    let keys = match keys.map(|keys| KeyFile::open(keys, &format.log_id, false)) {
        Some(Ok(keys)) => Some(keys),
        // The keys are kept apart, so a copy without them is verified without opening what is sealed.
        None | Some(Err(Error::KeyFileMissing { .. })) => None,
        Some(Err(error)) => return Err(error),
    };
    let mut lanes = Lanes::begin(&database, &connection).map_err(|error| error.in_file(&database))?;
    let cosigned = witness::cosigned(place.path())?;
    let mut known = known.clone();
    let (holding, wrong): (Vec<_>, Vec<_>) = cosigned.into_iter().partition(|one| one.holds);
    known
        .checkpoints
        .extend(holding.iter().map(|one| one.checkpoint.clone()));
    let mut verifier = Verifier {
        place: place.clone(),
        connection: &connection,
        keys,
        erased: Erasures::default(),
        checker: Checker::new(key.clone(), &known),
    };
    if let Err(error) = verifier.walk(&key, &mut lanes, progress) {
        match error {
            Error::Damaged { .. } | Error::Sqlite(_) => {
                let from = verifier.checker.size();
                verifier
                    .checker
                    .fault(FaultKind::File, from, from, error.in_file(&database).message());
            }
            other => return Err(other),
        }
    }
    for one in wrong {
        let message = Message::new("verify.fault_cosignature").show("witness", &one.witness);
        let last = one.checkpoint.size.saturating_sub(1);
        verifier
            .checker
            .fault(FaultKind::Cosignature, last, last, message);
    }
    let mut report = verifier.checker.finish();
    for one in holding {
        // In order of size: the last of each witness stays.
        report.cosigned.insert(one.witness, one.checkpoint.size);
    }
    Ok(report)
}

/// More entries than fit into a page of the database.
const ENTRIES_A_PAGE: i64 = 64;

struct Verifier<'c> {
    place: Dir,
    connection: &'c Connection,
    keys: Option<KeyFile>,
    erased: Erasures,
    checker: Checker,
}

/// The erasures that the log records: their entries, and the slots of the keys that are gone.
#[derive(Default)]
struct Erasures {
    entries: BTreeSet<u64>,
    slots: BTreeSet<u64>,
}

impl Verifier<'_> {
    /// Looks at sealed values, then goes through entries and checkpoints side by side.
    fn walk(
        &mut self,
        key: &PublicKey,
        lanes: &mut Lanes,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Error> {
        let connection = self.connection;
        let ask = |sql| connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
        let (first, last) = (
            ask("SELECT min(seq) FROM entries")?,
            ask("SELECT max(seq) FROM entries")?,
        );
        // How many sealed values there are is not counted, which would read an index to its end: their parts are told of as if
        // each entry named one.
        let values = last.map_or(0, |last| number(last).saturating_add(1));
        let total = values.saturating_mul(2);
        let mut tell = |done: u64| {
            progress(Progress {
                done,
                total: Some(total),
            });
        };
        self.erasures()?;
        let seals = self.seals(lanes, values, &mut tell)?;

        // The log is cut into stretches by place, unless places are so high that most stretches would be empty: then one is all
        // of it.
        let pages = ask("PRAGMA page_count")?.unwrap_or(0);
        let dense =
            first.is_some_and(|first| first >= 0) && last.is_some_and(|last| last / ENTRIES_A_PAGE <= pages);
        let stretches = match last {
            Some(last) if dense => usize::try_from(last / STRETCH).unwrap_or(0).saturating_add(1),
            _ => 1,
        };
        let places = |stretch: usize| {
            let from = |stretch: usize| i64::try_from(stretch).unwrap_or(i64::MAX).saturating_mul(STRETCH);
            let first = if stretch == 0 { i64::MIN } else { from(stretch) };
            let end = stretch.saturating_add(1);
            first..=if end >= stretches {
                i64::MAX
            } else {
                from(end).saturating_sub(1)
            }
        };
        let wanted = self.checker.key().clone();
        let looking = Looking {
            keys: [key, &wanted],
            seals: &seals,
        };
        let mut waiting = VecDeque::new();
        lanes.in_turn(
            connection,
            stretches,
            |connection, stretch| looking.stretch(connection, places(stretch)),
            |_, stretch| {
                self.take(stretch, &mut waiting)?;
                tell(values.saturating_add(self.checker.size()));
                Ok(())
            },
        )?;
        for signed in waiting {
            self.signed(signed);
        }
        tell(total);
        Ok(())
    }

    /// What came of every sealed value. Where they cannot be read, of none: then each is asked for by the entry that names
    /// it, which says where it is missed.
    fn seals(&mut self, lanes: &mut Lanes, values: u64, tell: &mut dyn FnMut(u64)) -> Result<Seals, Error> {
        let keys = self.keys.as_ref().map(KeyFile::all).transpose()?;
        let (keys, erased) = (keys.as_ref(), &self.erased.slots);
        let mut seals = Some(Seals::new(keys.is_some()));
        lanes.in_turn(
            self.connection,
            seals::PARTS,
            |connection, part| Seals::part(connection, keys, erased, part),
            |done, part| {
                match (part, &mut seals) {
                    (Ok(part), Some(seals)) => seals.add(part),
                    _ => seals = None,
                }
                let done = u64::try_from(done).unwrap_or(0).saturating_add(1);
                tell(values.saturating_mul(done) / seals::PARTS as u64);
                Ok(())
            },
        )?;
        Ok(seals.unwrap_or_default().ready())
    }

    /// Takes in a stretch of the log, with the checkpoints that stand between its entries.
    fn take(&mut self, stretch: Stretch, waiting: &mut VecDeque<Signed>) -> Result<(), Error> {
        waiting.extend(stretch.checkpoints);
        for row in stretch.rows {
            // First what stands before a gap, then the gap, then what stands after it.
            let before = number(row.seq).min(self.checker.size());
            self.signed_up_to(before, waiting);
            self.checker.reach(number(row.seq));
            self.signed_up_to(number(row.seq), waiting);
            self.row(row)?;
        }
        stretch.broken.map_or(Ok(()), Err)
    }

    /// Takes in an entry: what was found whole by its hash alone, all else the long way.
    fn row(&mut self, row: Row) -> Result<(), Error> {
        let mut nodes = Vec::new();
        let mut node = |level, place, hash| {
            if level % NODE_STEP == 0 {
                nodes.push((level, place, hash));
            }
        };
        let (place, leaf) = ((row.stream.as_str(), row.stream_seq), row.leaf);
        let mut entry = None;
        let whole = match (&row.what, leaf) {
            (What::Whole(named), Some(leaf)) => {
                let whole = self.checker.whole(number(row.seq), place, leaf, &mut node);
                let [opened, closed, erased] = if whole { *named } else { [0; 3] };
                let counts = self.checker.counts();
                counts.sealed_opened += opened;
                counts.sealed_closed += closed;
                counts.sealed_erased += erased;
                whole
            }
            _ => false,
        };
        if !whole {
            let text = match row.what {
                What::Text(text) => text,
                What::Whole(_) => self.text(row.seq)?,
            };
            let found = Found {
                text: &text,
                row: Some(FoundRow {
                    stream: &row.stream,
                    stream_seq: row.stream_seq,
                    leaf,
                }),
            };
            entry = self.checker.entry(&found, &mut node);
        }
        for (level, place, hash) in nodes {
            self.node(level, place, hash)?;
        }
        if let Some(entry) = entry {
            self.references(&entry)?;
            self.recorded(&entry);
        }
        Ok(())
    }

    /// The text of an entry that a lane found whole.
    fn text(&self, seq: i64) -> Result<String, Error> {
        let sql = "SELECT entry FROM entries WHERE seq = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([seq], |row| row.get(0))?)
    }

    /// Takes in the checkpoints that stand up to this size.
    fn signed_up_to(&mut self, size: u64, waiting: &mut VecDeque<Signed>) {
        while waiting.front().is_some_and(|signed| number(signed.size) <= size)
            && let Some(signed) = waiting.pop_front()
        {
            self.signed(signed);
        }
    }

    fn signed(&mut self, signed: Signed) {
        let size = number(signed.size);
        self.checker.signed(size, signed.checkpoint, signed.holds);
    }

    fn node(&mut self, level: u32, place: u64, expected: Digest) -> Result<(), Error> {
        let sql = "SELECT hash FROM nodes WHERE level = ?1 AND place = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found: Option<Vec<u8>> = statement
            .query_row((level, column(place)), |row| row.get(0))
            .optional()?;
        if found.as_deref() != Some(&expected.0) {
            let last = (place + 1) << level;
            let message = Message::new("verify.fault_node")
                .show("level", level)
                .show("place", place);
            self.checker
                .fault(FaultKind::Node, place << level, last - 1, message);
        }
        Ok(())
    }

    fn references(&mut self, entry: &Entry) -> Result<(), Error> {
        let mut found = Vec::new();
        references(&entry.body, &mut |reference| found.push(reference.to_owned()));
        for reference in found {
            if let Ok(commitment) = reference.parse::<Commitment>() {
                self.sealed(entry, &commitment)?;
            } else if let Ok(id) = reference.parse::<BlobId>() {
                self.blob(entry, &id)?;
            } else {
                let message = Message::new("verify.fault_sealed_missing").show("reference", reference);
                self.checker.fault_in(FaultKind::SealedMissing, entry, message);
            }
        }
        Ok(())
    }

    fn sealed(&mut self, entry: &Entry, commitment: &Commitment) -> Result<(), Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT slot, box FROM sealed WHERE commitment = ?1")?;
        let row = statement.query_row([commitment.0.0], boxed).optional()?;
        let missing = || Message::new("verify.fault_sealed_missing").show("reference", commitment);
        let changed = || Message::new("verify.fault_sealed_changed").show("reference", commitment);
        match row {
            None => self.checker.fault_in(FaultKind::SealedMissing, entry, missing()),
            Some((slot, _)) if self.erased.slots.contains(&number(slot)) => {
                self.checker.counts().sealed_erased += 1;
            }
            Some((_, None)) => self.checker.fault_in(FaultKind::SealedMissing, entry, missing()),
            Some((slot, Some(sealed))) => match self.key(slot)? {
                None => self.checker.counts().sealed_closed += 1,
                Some(Slot::Key(key)) if sealed::open(commitment, &key, &sealed).is_some() => {
                    self.checker.counts().sealed_opened += 1;
                }
                Some(Slot::Key(_)) => self.checker.fault_in(FaultKind::SealedChanged, entry, changed()),
                Some(Slot::Destroyed | Slot::Lost) => {
                    self.checker.fault_in(FaultKind::SealedMissing, entry, missing());
                }
            },
        }
        Ok(())
    }

    fn blob(&mut self, entry: &Entry, id: &BlobId) -> Result<(), Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT slot FROM blobs WHERE hash = ?1")?;
        let slot: Option<i64> = statement.query_row([id.0.0], |row| row.get(0)).optional()?;
        if slot.is_some_and(|slot| self.erased.slots.contains(&number(slot))) {
            self.checker.counts().blobs_erased += 1;
            return Ok(());
        }
        match blobs::stored(&self.place, id) {
            Ok(_) if slot.is_some() => self.checker.counts().blobs_whole += 1,
            Ok(_) => {
                let message = Message::new("verify.fault_sealed_missing").show("reference", id);
                self.checker.fault_in(FaultKind::BlobMissing, entry, message);
            }
            Err(error @ Error::BlobMissing { .. }) => {
                self.checker
                    .fault_in(FaultKind::BlobMissing, entry, error.message());
            }
            Err(error) => self
                .checker
                .fault_in(FaultKind::BlobChanged, entry, error.message()),
        }
        Ok(())
    }

    /// Reads the list of erasures. Each must be recorded in the log, as much as it says: else anything that is gone could be
    /// passed off as erased.
    fn erasures(&mut self) -> Result<(), Error> {
        let mut statement = self
            .connection
            .prepare("SELECT subject, size, slot FROM erasures ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let rows: Vec<(String, i64, Option<i64>)> = rows.collect::<Result<_, _>>()?;
        let mut entry = self
            .connection
            .prepare("SELECT entry FROM entries WHERE seq = ?1")?;
        for (subject, size, slot) in rows {
            let text = entry.query_row([size], |row| {
                Ok(String::from_utf8_lossy(bytes(row.get_ref(0)?)).into_owned())
            });
            let recorded = text
                .optional()?
                .and_then(|text| ErasedRecord::read(&Entry::from_canonical(&text).ok()?));
            if recorded == Some(ErasedRecord::of_slot(self.connection, &subject, slot)?) {
                self.erased.entries.insert(number(size));
                self.erased.slots.extend(slot.map(number));
            } else {
                let message = Message::new("verify.fault_erasure").show("subject", subject);
                self.checker
                    .fault(FaultKind::Erasure, number(size), number(size), message);
            }
        }
        Ok(())
    }

    /// Sees that an erasure that the log records stands in the list, which a restoration follows.
    fn recorded(&mut self, entry: &Entry) {
        if let Some(record) = ErasedRecord::read(entry)
            && !self.erased.entries.contains(&entry.seq)
        {
            let message = Message::new("verify.fault_erasure").show("subject", record.subject);
            self.checker.fault_in(FaultKind::Erasure, entry, message);
        }
    }

    fn key(&self, slot: i64) -> Result<Option<Slot>, Error> {
        self.keys.as_ref().map(|keys| keys.get(number(slot))).transpose()
    }
}

fn bytes(value: rusqlite::types::ValueRef<'_>) -> &[u8] {
    value.as_bytes().unwrap_or_default()
}
