//! What the log says of itself, in entries of its stream `log`: what was erased, and from where it was restored.

use jiff::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Error;
use crate::checkpoint::Checkpoint;
use crate::digest::{Digest, prefixed};
use crate::entry::{Actor, Entry, NewEntry};

/// The stream of these entries.
pub(crate) const STREAM: &str = "log";

const ERASED: &str = "log.erased";
const RESTORED: &str = "log.restored";

/// Whether entries of this kind say something of the log itself.
pub(crate) fn is_record(kind: &str) -> bool {
    [ERASED, RESTORED].contains(&kind)
}

/// An erasure (擦除). Whose, how much, and a digest of what: so that nothing else can be passed off as erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErasedRecord {
    pub(crate) subject: String,
    /// Number of sealed values.
    pub(crate) values: u64,
    /// Number of attachments.
    pub(crate) files: u64,
    /// SHA-256(0x05 ‖ commitments, sorted ‖ hashes of attachments, sorted).
    pub(crate) digest: Digest,
}

/// A restoration from a backup: the first entry of its epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestoredRecord {
    /// The epoch that begins.
    pub(crate) epoch: u64,
    /// The head of the backup: everything up to it is kept.
    pub(crate) from: Head,
    /// The latest head that is known to be lost, if any is.
    pub(crate) lost: Option<Head>,
}

/// A checkpoint by what distinguishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) epoch: u64,
    pub(crate) size: u64,
    pub(crate) root: Digest,
}

impl From<&Checkpoint> for Head {
    fn from(checkpoint: &Checkpoint) -> Head {
        Head {
            epoch: checkpoint.epoch,
            size: checkpoint.size,
            root: checkpoint.root,
        }
    }
}

impl ErasedRecord {
    /// What is stored in a slot, or nothing if the subject never had one.
    pub(crate) fn of_slot(
        connection: &Connection,
        subject: &str,
        slot: Option<i64>,
    ) -> Result<ErasedRecord, Error> {
        let list = |sql: &str| -> Result<Vec<Vec<u8>>, Error> {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([slot], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        let values = list("SELECT commitment FROM sealed WHERE slot = ?1 ORDER BY commitment")?;
        let files = list("SELECT hash FROM blobs WHERE slot = ?1 ORDER BY hash")?;
        Ok(ErasedRecord {
            subject: subject.to_owned(),
            values: values.len() as u64,
            files: files.len() as u64,
            digest: prefixed(5, &[&values.concat(), &files.concat()]),
        })
    }

    pub(crate) fn entry(&self, at: Timestamp, actor: &Actor) -> Result<NewEntry, Error> {
        entry(ERASED, at, actor, serde_json::to_value(self))
    }

    /// What `entry` says; `None` if it is of another kind or not of this form.
    pub(crate) fn read(entry: &Entry) -> Option<ErasedRecord> {
        read(ERASED, entry)
    }
}

impl RestoredRecord {
    pub(crate) fn entry(&self, at: Timestamp) -> Result<NewEntry, Error> {
        entry(RESTORED, at, &Actor::default(), serde_json::to_value(self))
    }

    /// What `entry` says; `None` if it is of another kind or not of this form.
    pub(crate) fn read(entry: &Entry) -> Option<RestoredRecord> {
        read(RESTORED, entry)
    }
}

fn entry(
    kind: &str,
    at: Timestamp,
    actor: &Actor,
    body: Result<Value, serde_json::Error>,
) -> Result<NewEntry, Error> {
    let body = body.map_err(|error| Error::NotCanonical {
        found: error.to_string(),
    })?;
    Ok(NewEntry {
        at,
        stream: STREAM.to_owned(),
        kind: kind.to_owned(),
        version: 1,
        actor: actor.clone(),
        definition: None,
        cause: None,
        body,
    })
}

fn read<T: serde::de::DeserializeOwned>(kind: &str, entry: &Entry) -> Option<T> {
    let ours = entry.stream == STREAM && entry.kind == kind && entry.version == 1;
    ours.then(|| serde_json::from_value(entry.body.clone()).ok())?
}
