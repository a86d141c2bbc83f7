//! Several readers of one moment: what needs no order is checked on every processor, stretch by stretch, and taken in by one
//! thread in the order of the log.
//!
//! A lane only ever says that something is right. What it cannot call right it hands over as it was found, to be looked at the
//! long way; a lane that is missing (another moment, no thread, a defect) is done without.

use std::borrow::Cow;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, scope};

use rusqlite::Connection;

use crate::Error;
use crate::checkpoint::{Checkpoint, PublicKey};
use crate::digest::{Digest, leaf_hash};
use crate::entry::recognise;
use crate::reader::{checkpoint_columns, checkpoint_query};
use crate::record::is_record;
use crate::schema::{self, number};

use super::bytes;
use super::seals::{Seal, Seals};

/// Entries of a stretch.
pub(super) const STRETCH: i64 = 2_048;
/// Beyond this many the disk is what is waited for.
const LANES_MAX: usize = 8;
/// Stretches that a lane may be ahead of the thread that takes them in.
const AHEAD: usize = 2;
/// How often all are brought to the same moment while somebody writes.
const TRIES: usize = 20;

/// Connections beside the first, all at its moment.
pub(super) struct Lanes {
    beside: Vec<Connection>,
}

impl Lanes {
    /// Begins a moment on `first` and on one more than there are processors; on `first` alone where they cannot be brought to
    /// one moment.
    pub(super) fn begin(database: &Path, first: &Connection) -> Result<Lanes, Error> {
        // One more than processors: one of them mostly waits for the disk.
        let wanted =
            std::thread::available_parallelism().map_or(1, |n| n.get().saturating_add(1).min(LANES_MAX));
        let others = (0..wanted).map(|_| schema::open_untouched(database));
        let beside: Vec<Connection> = others.filter_map(Result::ok).collect();
        for _ in 0..TRIES {
            first.execute_batch("BEGIN")?;
            // A table that cannot be read is told of by the walk.
            let now = moment(first).ok();
            let same = |other: &Connection| {
                let begun = other.execute_batch("BEGIN");
                begun.is_ok() && now.is_some() && moment(other).ok() == now
            };
            if beside.iter().map(same).filter(|same| *same).count() == beside.len() {
                return Ok(Lanes { beside });
            }
            for one in beside.iter().chain([first]) {
                // One that had not begun has nothing to end.
                let _ = one.execute_batch("ROLLBACK");
            }
        }
        first.execute_batch("BEGIN")?;
        Ok(Lanes { beside: Vec::new() })
    }

    /// Does `work` for the tasks `0..tasks`, each on one of the connections, and gives what comes of them to `take` in their order.
    pub(super) fn in_turn<T: Send>(
        &mut self,
        first: &Connection,
        tasks: usize,
        work: impl Fn(&Connection, usize) -> T + Sync,
        mut take: impl FnMut(usize, T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let lanes = self.beside.len();
        if lanes < 2 || tasks < 2 {
            return (0..tasks).try_for_each(|task| take(task, work(first, task)));
        }
        scope(|scope| {
            let work = &work;
            let mut from: Vec<Receiver<T>> = Vec::new();
            for (lane, connection) in self.beside.iter_mut().enumerate() {
                let (sender, receiver) = sync_channel(AHEAD);
                from.push(receiver);
                // Where no thread can be had the sender is gone, and the tasks are done below.
                let _ = Builder::new().spawn_scoped(scope, move || {
                    for task in (lane..tasks).step_by(lanes) {
                        if sender.send(work(connection, task)).is_err() {
                            return;
                        }
                    }
                });
            }
            for task in 0..tasks {
                let came = task
                    .checked_rem(lanes)
                    .and_then(|lane| from.get(lane)?.recv().ok());
                take(task, came.unwrap_or_else(|| work(first, task)))?;
            }
            Ok(())
        })
    }
}

/// What tells one moment of a log from another.
fn moment(connection: &Connection) -> rusqlite::Result<[Option<i64>; 3]> {
    let last = |sql| connection.query_row(sql, [], |row| row.get(0));
    Ok([
        last("SELECT max(seq) FROM entries")?,
        last("SELECT max(size) FROM checkpoints")?,
        last("SELECT max(id) FROM erasures")?,
    ])
}

/// What stands from one place of the log to another, as a lane found it.
#[derive(Default)]
pub(super) struct Stretch {
    pub(super) checkpoints: Vec<Signed>,
    pub(super) rows: Vec<Row>,
    /// Why nothing more could be read.
    pub(super) broken: Option<Error>,
}

/// A checkpoint, and whether its signature holds.
pub(super) struct Signed {
    pub(super) size: i64,
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) holds: bool,
}

/// An entry.
pub(super) struct Row {
    pub(super) seq: i64,
    pub(super) stream: String,
    pub(super) stream_seq: u64,
    pub(super) leaf: Option<Digest>,
    pub(super) what: What,
}

/// What a lane made of an entry.
pub(super) enum What {
    /// Canonical, at the place that its row says, with its hash, no record of the log about itself; and every sealed value
    /// that it names is right: so many open, can be opened by nobody here, are erased.
    Whole([u64; 3]),
    /// Its text, to be looked at.
    Text(String),
}

/// What lanes know.
pub(super) struct Looking<'a> {
    /// The key that the log names, and the one that it must be signed with.
    pub(super) keys: [&'a PublicKey; 2],
    pub(super) seals: &'a Seals,
}

impl Looking<'_> {
    /// Reads the entries whose place is one of `places`, and the checkpoints that stand after them.
    pub(super) fn stretch(&self, connection: &Connection, places: std::ops::RangeInclusive<i64>) -> Stretch {
        let mut stretch = Stretch::default();
        if let Err(error) = self.fill(connection, &places, &mut stretch) {
            stretch.broken = Some(error);
        }
        stretch
    }

    fn fill(
        &self,
        connection: &Connection,
        places: &std::ops::RangeInclusive<i64>,
        stretch: &mut Stretch,
    ) -> Result<(), Error> {
        let [named, wanted] = self.keys;
        let (first, last) = (*places.start(), *places.end());
        // The checkpoint of size n stands after the entry n − 1.
        let sql = checkpoint_query("WHERE size > ?1 AND size - 1 <= ?2 ORDER BY size");
        let mut statement = connection.prepare_cached(&sql)?;
        let after = if first == i64::MIN { i64::MIN } else { first };
        for columns in statement.query_map([after, last], checkpoint_columns)? {
            let columns = columns?;
            let size = columns.size;
            let checkpoint = columns.with(named);
            let holds = checkpoint
                .as_ref()
                .is_some_and(|checkpoint| checkpoint.signed_by(wanted));
            stretch.checkpoints.push(Signed {
                size,
                checkpoint,
                holds,
            });
        }
        let sql = "SELECT seq, stream, stream_seq, leaf, entry FROM entries WHERE seq >= ?1 AND seq <= ?2 ORDER BY seq";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([first, last])?;
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            // Altered columns may hold anything; what is not text is read as text that fits nothing.
            let stream = readable(bytes(row.get_ref(1)?)).into_owned();
            let stream_seq = row.get_ref(2)?.as_i64().map_or(u64::MAX, number);
            let leaf = Digest::from_slice(bytes(row.get_ref(3)?));
            let text = readable(bytes(row.get_ref(4)?));
            let mut row = Row {
                seq,
                stream,
                stream_seq,
                leaf,
                what: What::Whole([0; 3]),
            };
            row.what = match self.named_by(&row, &text) {
                Some(named) => What::Whole(named),
                None => What::Text(text.into_owned()),
            };
            stretch.rows.push(row);
        }
        Ok(())
    }

    /// How many sealed values an entry names that open, that nobody here can open, and that are erased; `None` unless all
    /// of it is right.
    fn named_by(&self, row: &Row, text: &str) -> Option<[u64; 3]> {
        let (mut named, mut right) = ([0u64; 3], true);
        let found = recognise(text, &mut |reference| match self.seals.of(reference) {
            Some(seal) => {
                let place = match seal {
                    Seal::Opened => 0,
                    Seal::Closed => 1,
                    Seal::Erased => 2,
                };
                if let Some(n) = named.get_mut(place) {
                    *n = n.saturating_add(1);
                }
            }
            None => right = false,
        })?;
        let placed = row.seq >= 0
            && found.seq == number(row.seq)
            && found.stream == row.stream
            && found.stream_seq == row.stream_seq;
        let hashed = || row.leaf == Some(leaf_hash(text.as_bytes()));
        (right && placed && !is_record(found.kind) && hashed()).then_some(named)
    }
}

/// Bytes as text. Nearly always they are, which is seen at several times the speed at which it is looked for what is not.
fn readable(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}
