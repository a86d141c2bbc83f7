//! The bundle: the log as lines of text, for somebody who has neither our program nor our database.
//!
//! The first line names the log and its key, then come the canonical entries as they were hashed, one a line, each
//! checkpoint after the last entry that it covers. `docs/verify_log.py` checks it and shares no code with us.

use std::io::{BufRead, Write};
use std::path::Path;

use bihuan_messages::Message;
use serde::{Deserialize, Serialize};

use crate::check::{Checker, Found, Known, Progress};
use crate::checkpoint::{Checkpoint, PublicKey};
use crate::reader::{Reader, checkpoint_columns, checkpoint_query};
use crate::report::{FaultKind, Report};
use crate::schema::number;
use crate::{ENTRY_BYTES_MAX, Error};

/// The version of the bundle's form.
const BUNDLE_VERSION: u32 = 1;

/// Stands for the stream in errors, which has no path of its own.
const NAME: &str = "bundle";

/// Entries between two calls of the progress.
const PROGRESS_STEP: u64 = 1024;

#[derive(Serialize, Deserialize)]
struct Header {
    bihuan_log: u32,
    origin: String,
    public_key: PublicKey,
    hash: String,
    signature: String,
}

#[derive(Serialize, Deserialize)]
struct CheckpointLine {
    checkpoint: String,
}

/// Writes the whole log as a bundle. What is sealed stays out.
///
/// # Errors
///
/// If the ledger cannot be read or `out` not be written.
pub fn export_bundle(
    reader: &Reader,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Error> {
    reader.at_one_moment(|reader| write_bundle(reader, out, progress))
}

fn write_bundle(
    reader: &Reader,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Error> {
    let key = reader.ledger().public_key();
    let header = Header {
        bihuan_log: BUNDLE_VERSION,
        origin: key.name().to_owned(),
        public_key: key.clone(),
        hash: "sha256".into(),
        signature: "ed25519".into(),
    };
    let total = Some(reader.head()?.size);
    put(out, &serde_json::json!(header).to_string())?;
    let connection = reader.connection();
    let mut signed = connection.prepare(&checkpoint_query("WHERE size > 0 ORDER BY size"))?;
    let mut entries = connection.prepare("SELECT entry FROM entries ORDER BY seq")?;
    let mut entries = entries.query([])?;
    let mut done = 0;
    for columns in signed.query_map([], checkpoint_columns)? {
        let columns = columns?;
        let size = number(columns.size);
        while done < size {
            let Some(row) = entries.next()? else { break };
            put(out, &row.get::<_, String>(0)?)?;
            done += 1;
            if done.is_multiple_of(PROGRESS_STEP) {
                progress(Progress { done, total });
            }
        }
        let checkpoint = columns.with(key).ok_or_else(|| Error::NotACheckpoint {
            found: size.to_string(),
        })?;
        put(
            out,
            &serde_json::json!({ "checkpoint": checkpoint.to_string() }).to_string(),
        )?;
    }
    progress(Progress { done, total });
    out.flush().map_err(Error::io(Path::new(NAME)))
}

fn put(out: &mut dyn Write, line: &str) -> Result<(), Error> {
    writeln!(out, "{line}").map_err(Error::io(Path::new(NAME)))
}

/// Verifies a bundle: everything of [`crate::verify()`] that does not need sealed values and blobs.
///
/// # Errors
///
/// If `source` cannot be read or does not begin as a bundle of this version.
pub fn verify_bundle(
    source: &mut dyn BufRead,
    known: &Known,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Error> {
    let mut lines = Lines {
        source,
        line: Vec::new(),
    };
    let first = lines.next()?.unwrap_or_default();
    let header: Header = serde_json::from_str(&first).map_err(|_| Error::NotABundle {
        found: first.chars().take(60).collect(),
    })?;
    if header.bihuan_log > BUNDLE_VERSION {
        return Err(Error::Newer {
            found: header.bihuan_log,
            supported: BUNDLE_VERSION,
        });
    }
    let same = header.origin == header.public_key.name();
    if !same || header.hash != "sha256" || header.signature != "ed25519" {
        return Err(Error::NotABundle {
            found: first.chars().take(60).collect(),
        });
    }
    let mut checker = Checker::new(header.public_key, known);
    while let Some(line) = lines.next()? {
        if line.starts_with("{\"checkpoint\":") {
            let read = serde_json::from_str::<CheckpointLine>(&line).ok();
            match read.and_then(|line| line.checkpoint.parse::<Checkpoint>().ok()) {
                Some(checkpoint) if checkpoint.size < checker.size() => {
                    let message = Message::new("verify.fault_checkpoint_late").show("size", checkpoint.size);
                    checker.fault(FaultKind::Signature, checkpoint.size, checkpoint.size, message);
                }
                Some(checkpoint) => checker.checkpoint(checkpoint.size, Some(checkpoint)),
                None => checker.checkpoint(checker.size(), None),
            }
        } else {
            checker.entry(
                &Found {
                    text: &line,
                    row: None,
                },
                |_, _, _| {},
            );
            if checker.size().is_multiple_of(PROGRESS_STEP) {
                progress(Progress {
                    done: checker.size(),
                    total: None,
                });
            }
        }
    }
    progress(Progress {
        done: checker.size(),
        total: Some(checker.size()),
    });
    Ok(checker.finish())
}

/// Reads lines of bounded length, so that a file without line ends does not fill the memory.
struct Lines<'s> {
    source: &'s mut dyn BufRead,
    line: Vec<u8>,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<String>, Error> {
        let limit = ENTRY_BYTES_MAX as u64 * 2;
        self.line.clear();
        let mut limited = std::io::Read::take(&mut *self.source, limit);
        let read = limited
            .read_until(b'\n', &mut self.line)
            .map_err(Error::io(Path::new(NAME)))?;
        if read == 0 {
            return Ok(None);
        }
        if self.line.pop_if(|last| *last == b'\n').is_none() && read as u64 == limit {
            return Err(Error::TooLarge {
                found: limit,
                allowed: ENTRY_BYTES_MAX as u64,
            });
        }
        Ok(Some(String::from_utf8_lossy(&self.line).into_owned()))
    }
}
