//! A backup (备份) of a data directory, also beside a running server: the log, ciphertexts and attachments; the keys apart.
//!
//! Rows are copied, not pages: read models, which hold titles in the clear, and what free pages still hold stay behind. So a
//! backup without the keys gives nothing away, and what was erased is not in it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use bihuan_messages::Message;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

use crate::check::{Known, Progress};
use crate::checkpoint::{Checkpoint, PublicKey};
use crate::digest::Digest;
use crate::files::{Dir, sync_dir, write_secret};
use crate::reader::{Erasure, checkpoint_columns, checkpoint_query};
use crate::report::Report;
use crate::schema::{self, number};
use crate::sealed::BlobId;
use crate::{Error, blobs, time, verify, witness};

/// The file that makes a directory a backup; written last.
const MANIFEST: &str = "backup.json";
/// The list of erasures, for a restoration from an older backup.
const ERASURES: &str = "erasures.json";

const MANIFEST_VERSION: u32 = 1;

/// How often a backup begins again because something was erased while it was made.
const ROUNDS: usize = 5;

/// The tables of the log, all that a backup has.
pub(crate) const TABLES: [&str; 9] = [
    "format",
    "entries",
    "nodes",
    "checkpoints",
    "commands",
    "subject_keys",
    "sealed",
    "blobs",
    "erasures",
];

/// Where a backup goes.
#[derive(Clone, Copy, Debug)]
pub struct BackupPlan<'a> {
    /// The data directory.
    pub from: &'a Path,
    /// A directory that is absent or empty.
    pub to: &'a Path,
    /// Where the keys go, absent or empty; without it they are not copied, and what is sealed cannot be read after a loss.
    pub keys: Option<&'a Path>,
    /// An earlier backup on the same disk: attachments that it has already are linked, not copied.
    pub previous: Option<&'a Path>,
}

/// What a backup says of itself (`backup.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this form.
    pub bihuan_backup: u32,
    /// The key of the log.
    pub public_key: PublicKey,
    /// The head of the log as it was copied.
    pub checkpoint: Checkpoint,
    /// When it was begun, by the clock of this machine.
    pub made_at: Timestamp,
    /// Number of attachments.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// A backup that was made and verified.
#[derive(Debug)]
pub struct BackupMade {
    /// What it says of itself.
    pub manifest: Manifest,
    /// What the verification of the copy found: a faulty ledger is copied as it is, and its faults are told.
    pub report: Report,
    /// Number of keys copied; `None` if they were not.
    pub keys: Option<u64>,
}

/// The list of erasures as a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErasureList {
    bihuan_erasures: u32,
    origin: String,
    erasures: Vec<Erasure>,
}

/// Makes a backup and verifies what was written. The server may run; what it commits meanwhile is not in it.
///
/// # Errors
///
/// [`Error::Occupied`] if something is at the target, [`Error::Inside`] if one directory lies in another; [`Error::NoLedger`],
/// [`Error::Damaged`] and what the disks say. A target left unfinished has no `backup.json` and is refused by a restoration.
pub fn backup(
    plan: &BackupPlan<'_>,
    now: Timestamp,
    progress: &mut dyn FnMut(Progress),
) -> Result<BackupMade, Error> {
    let from = Dir::new(plan.from);
    let database = from.database();
    if !database.is_file() {
        return Err(Error::NoLedger {
            dir: plan.from.to_owned(),
        });
    }
    for target in [Some(plan.to), plan.keys].into_iter().flatten() {
        empty(target)?;
    }
    apart(plan.from, plan.to)?;
    if let Some(keys) = plan.keys {
        apart(plan.from, keys)?;
        apart(plan.to, keys)?;
    }
    let mut rounds = 0..ROUNDS;
    let manifest = loop {
        let copied = rounds.next().map(|_| copy(plan, &from, time::whole(now)));
        if let Some(Ok(Some(manifest))) = copied {
            break manifest;
        }
        // Something was erased meanwhile, or went wrong. What was copied must not stay.
        let cleared = clear(plan.to).and(plan.keys.map_or(Ok(()), clear));
        match copied {
            Some(Ok(_)) => cleared?,
            Some(Err(error)) => return Err(error),
            None => return Err(Error::Busy),
        }
    };
    let known = Known {
        public_key: Some(manifest.public_key.clone()),
        checkpoints: vec![manifest.checkpoint.clone()],
        ..Known::default()
    };
    let keys = plan.keys.map(|keys| Dir::new(keys).keys());
    let report = verify::verify_with(&Dir::new(plan.to), keys.as_deref(), &known, progress)?;
    let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    write_secret(&plan.to.join(MANIFEST), text.as_bytes())?;
    sync_dir(plan.to)?;
    let keys = match &keys {
        Some(file) => Some(fs::metadata(file).map_err(Error::io(file))?.len() / 64 - 1),
        None => None,
    };
    Ok(BackupMade {
        manifest,
        report,
        keys,
    })
}

/// Reads what a backup says of itself.
///
/// # Errors
///
/// [`Error::NotABackup`] if there is none, or it was not finished.
pub fn read_manifest(dir: &Path) -> Result<Manifest, Error> {
    let file = dir.join(MANIFEST);
    let read = fs::read_to_string(&file).ok();
    read.and_then(|text| serde_json::from_str::<Manifest>(&text).ok())
        .filter(|manifest| manifest.bihuan_backup == MANIFEST_VERSION)
        .ok_or_else(|| Error::NotABackup { dir: dir.to_owned() })
}

/// The list of erasures as text, for a file that is kept beside older backups.
///
/// # Errors
///
/// If the ledger cannot be read.
pub fn erasure_list(reader: &crate::Reader) -> Result<String, Error> {
    let list = ErasureList {
        bihuan_erasures: 1,
        origin: reader.ledger().origin().to_owned(),
        erasures: reader.erasures()?,
    };
    Ok(serde_json::to_string_pretty(&list).unwrap_or_default())
}

/// Reads a list of erasures of the log `origin`: a file of such, or a data directory or later backup, also a damaged one as
/// long as its list can be read.
///
/// # Errors
///
/// [`Error::NotAList`] if it is neither or of another log.
pub fn read_erasures(place: &Path, origin: &str) -> Result<Vec<Erasure>, Error> {
    let not_a_list = || Error::NotAList {
        file: place.to_owned(),
    };
    if place.is_dir() {
        let connection = schema::open_untouched(&Dir::new(place).database()).map_err(|_| not_a_list())?;
        let found: String = connection
            .query_row("SELECT origin FROM format", [], |row| row.get(0))
            .map_err(|_| not_a_list())?;
        if found != origin {
            return Err(not_a_list());
        }
        return crate::reader::erasures(&connection).map_err(|_| not_a_list());
    }
    let text = fs::read_to_string(place).map_err(Error::io(place))?;
    let list: ErasureList = serde_json::from_str(&text).map_err(|_| not_a_list())?;
    if list.bihuan_erasures != 1 || list.origin != origin {
        return Err(not_a_list());
    }
    Ok(list.erasures)
}

/// Copies everything once; `None` if something was erased meanwhile.
fn copy(plan: &BackupPlan<'_>, from: &Dir, now: Timestamp) -> Result<Option<Manifest>, Error> {
    let to = Dir::new(plan.to);
    for dir in [to.path().to_owned(), to.blobs()] {
        fs::create_dir_all(&dir).map_err(Error::io(&dir))?;
    }
    // Before the rows: what was cosigned after them would later look lost.
    witness::copy(from.path(), to.path())?;
    let (public_key, origin) = copy_rows(&from.database(), &to.database())?;
    let copied = Connection::open_with_flags(to.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let columns = copied.query_row(
        &checkpoint_query("ORDER BY size DESC LIMIT 1"),
        [],
        checkpoint_columns,
    )?;
    let damaged = |key: &str| Error::damaged(&from.database(), Message::new(key));
    let key = PublicKey::new(&origin, &public_key).ok_or_else(|| damaged("verify.public_key_unreadable"))?;
    let checkpoint = columns
        .with(&key)
        .ok_or_else(|| damaged("verify.checkpoint_unreadable"))?;
    let mut manifest = Manifest {
        bihuan_backup: MANIFEST_VERSION,
        public_key: key,
        checkpoint,
        made_at: now,
        files: 0,
        bytes: 0,
    };
    let mut statement = copied.prepare("SELECT hash FROM blobs WHERE box IS NOT NULL")?;
    for hash in statement.query_map([], |row| row.get(0))? {
        let id = BlobId(Digest(hash?));
        if let Some(bytes) = blobs::copy(from, &to, plan.previous.map(Dir::new).as_ref(), &id)? {
            manifest.files += 1;
            manifest.bytes = manifest.bytes.saturating_add(bytes);
        }
    }
    drop(statement);
    if let Some(keys) = plan.keys {
        // After the rows, so that every key that they need is there.
        fs::create_dir_all(keys).map_err(Error::io(keys))?;
        let keys = Dir::new(keys);
        for (source, target) in [(from.keys(), keys.keys()), (from.log_key(), keys.log_key())] {
            let bytes = fs::read(&source).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => Error::KeyFileMissing { file: source.clone() },
                _ => Error::io(&source)(error),
            })?;
            write_secret(&target, &bytes)?;
        }
        copy_national(from, &keys)?;
        sync_dir(keys.path())?;
    }
    let list = crate::reader::erasures(&copied)?;
    let now_erased =
        schema::open_reader(&from.database())?
            .query_row("SELECT count(*) FROM erasures", [], |row| row.get(0).map(number))?;
    if now_erased != list.len() as u64 {
        return Ok(None);
    }
    let list = ErasureList {
        bihuan_erasures: 1,
        origin,
        erasures: list,
    };
    let text = serde_json::to_string_pretty(&list).unwrap_or_default();
    write_secret(&to.path().join(ERASURES), text.as_bytes())?;
    sync_dir(to.path())?;
    Ok(Some(manifest))
}

/// Copies the log's tables as they stand at one moment into a new file, and syncs it. Returns public key and origin.
fn copy_rows(from: &Path, to: &Path) -> Result<(Vec<u8>, String), Error> {
    // Checked first, in words of its own: foreign, damaged, newer.
    let (found, format) = schema::read_format(&schema::open_reader(from)?, from)?;
    if found < schema::FORMAT_VERSION {
        return Err(Error::Older {
            found,
            supported: schema::FORMAT_VERSION,
        });
    }
    // Made by us first, readable by its owner alone.
    write_secret(to, b"")?;
    let connection = Connection::open(to)?;
    schema::create(&connection, &format)?;
    connection.execute("DELETE FROM format", [])?;
    // The file counts only once the manifest stands beside it, so that it needs no journal of its own.
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.execute("ATTACH ?1 AS source", [from.to_string_lossy()])?;
    let rows = || -> Result<(), Error> {
        connection.execute_batch("BEGIN")?;
        for table in TABLES {
            connection.execute(
                &format!("INSERT INTO main.{table} SELECT * FROM source.{table}"),
                [],
            )?;
        }
        connection.execute_batch("COMMIT")?;
        Ok(())
    };
    rows().map_err(|error| error.in_file(from))?;
    connection.execute_batch("DETACH source")?;
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.close().map_err(|(_, error)| error)?;
    fs::File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(Error::io(to))?;
    Ok((format.public_key, format.origin))
}

/// Sees that `dir` is absent or empty.
pub(crate) fn empty(dir: &Path) -> Result<(), Error> {
    match fs::read_dir(dir) {
        Ok(mut listing) => match listing.next() {
            Some(_) => Err(Error::Occupied { dir: dir.to_owned() }),
            None => Ok(()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io(dir)(error)),
    }
}

/// Sees that neither directory lies in the other: a backup in the data directory goes down with it.
pub(crate) fn apart(one: &Path, other: &Path) -> Result<(), Error> {
    let (a, b) = (whole_path(one), whole_path(other));
    if a.starts_with(&b) || b.starts_with(&a) {
        return Err(Error::Inside {
            dir: other.to_owned(),
            of: one.to_owned(),
        });
    }
    Ok(())
}

/// The path from the root, also of what is not there yet.
fn whole_path(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = absolute.ancestors().find_map(|up| {
        let real = up.canonicalize().ok()?;
        Some(real.join(absolute.strip_prefix(up).ok()?))
    });
    there.unwrap_or(absolute)
}

/// Removes what was left in a directory that was empty before.
fn clear(dir: &Path) -> Result<(), Error> {
    for item in fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = item.map_err(Error::io(dir))?.path();
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.map_err(Error::io(&path))?;
    }
    Ok(())
}

/// Copies the key of the national suite, if there is one.
pub(crate) fn copy_national(from: &Dir, to: &Dir) -> Result<(), Error> {
    let source = from.national_key();
    if source.is_file() {
        copy_file(&source, &to.national_key())?;
    }
    Ok(())
}

/// Copies a file and syncs the copy, which is readable by its owner alone.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<u64, Error> {
    let mut source = fs::File::open(from).map_err(Error::io(from))?;
    write_secret(to, b"")?;
    let mut target = fs::OpenOptions::new()
        .append(true)
        .open(to)
        .map_err(Error::io(to))?;
    let bytes = std::io::copy(&mut source, &mut target)
        .and_then(|bytes| target.flush().and_then(|()| target.sync_all()).map(|()| bytes));
    bytes.map_err(Error::io(to))
}
