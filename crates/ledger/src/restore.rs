//! A restoration (恢复) from a backup, into an empty directory, as a new epoch of the log.
//!
//! Everything is made in a folder of the directory and moved up at the end, the database last: until then nothing there can be
//! taken for a ledger. Between, whoever knows what events mean applies the erasures that came after the backup.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

use crate::backup::{apart, copy_file, copy_national, empty, read_manifest};
use crate::check::{Known, Progress};
use crate::checkpoint::Checkpoint;
use crate::files::{Dir, sync_dir};
use crate::ledger::Ledger;
use crate::record::{Head, RestoredRecord};
use crate::schema::{self, column};
use crate::{Error, Report, blobs, time, verify, witness};

/// The folder in which a restoration is made.
const FOLDER: &str = "restoring";

/// From where to where.
#[derive(Clone, Debug)]
pub struct RestorePlan<'a> {
    /// A finished backup.
    pub backup: &'a Path,
    /// Where its keys are: `keys.bin` and `log.key`.
    pub keys: &'a Path,
    /// The new data directory, absent or empty.
    pub to: &'a Path,
    /// Checkpoints of the old log that somebody kept, also those of receipts: the new epoch goes beyond theirs, and the latest
    /// is named as lost.
    pub kept: Vec<Checkpoint>,
    /// Whether a backup with faults is restored all the same.
    pub faults: bool,
}

/// A restored ledger that is not in its place yet. Dropping it without [`Restored::finish`] removes what was made.
#[derive(Debug)]
pub struct Restored {
    target: PathBuf,
    folder: PathBuf,
    /// The head of the backup: everything up to it is kept.
    pub from: Checkpoint,
    /// The head of the new epoch.
    pub head: Checkpoint,
    /// The latest head that is known to be lost.
    pub lost: Option<Checkpoint>,
    /// What the verification of the backup found.
    pub report: Report,
    finished: bool,
}

/// Verifies a backup and makes a ledger of it that begins a new epoch.
///
/// # Errors
///
/// [`Error::Occupied`] if something is at the target; [`Error::NotABackup`]; [`Error::BackupFaulty`] if it does not verify;
/// [`Error::KeyFileMissing`], [`Error::KeyFileWrong`]; [`Error::NotKept`] for a kept checkpoint of another log; what the
/// disks say.
pub fn restore(
    plan: &RestorePlan<'_>,
    now: Timestamp,
    progress: &mut dyn FnMut(Progress),
) -> Result<Restored, Error> {
    empty(plan.to)?;
    apart(plan.backup, plan.to)?;
    let manifest = read_manifest(plan.backup)?;
    let (backup, keys) = (Dir::new(plan.backup), Dir::new(plan.keys));
    for kept in &plan.kept {
        if !kept.signed_by(&manifest.public_key) {
            return Err(Error::NotKept { size: kept.size });
        }
    }
    if !keys.keys().is_file() {
        return Err(Error::KeyFileMissing { file: keys.keys() });
    }
    crate::ledger::read_log_key(&keys, &manifest.public_key)?;
    let known = Known {
        public_key: Some(manifest.public_key.clone()),
        checkpoints: vec![manifest.checkpoint.clone()],
        ..Known::default()
    };
    let report = verify::verify_with(&backup, Some(&keys.keys()), &known, progress)?;
    if let (false, Some(first)) = (plan.faults, report.first()) {
        return Err(Error::BackupFaulty {
            dir: plan.backup.to_owned(),
            faults: report.fault_count,
            first: first.line(),
        });
    }
    let from = manifest.checkpoint;
    let newest = plan
        .kept
        .iter()
        .max_by_key(|kept| (kept.epoch, kept.size))
        .cloned();
    let lost = newest.filter(|kept| (kept.epoch, kept.size) > (from.epoch, from.size));
    let epoch = lost
        .as_ref()
        .map_or(from.epoch, |lost| lost.epoch.max(from.epoch))
        + 1;
    let folder = plan.to.join(FOLDER);
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    // From here on what was made is removed again if anything fails.
    let mut restored = Restored {
        target: plan.to.to_owned(),
        folder: folder.clone(),
        head: from.clone(),
        from,
        lost,
        report,
        finished: false,
    };
    let target = Dir::new(&folder);
    copy_file(&keys.keys(), &target.keys())?;
    copy_file(&keys.log_key(), &target.log_key())?;
    copy_national(&keys, &target)?;
    copy_blobs(&backup, &target)?;
    witness::copy(backup.path(), target.path())?;
    copy_file(&backup.database(), &target.database())?;
    begin(&target, epoch)?;
    let ledger = Ledger::open(&folder)?;
    let record = RestoredRecord {
        epoch,
        from: Head::from(&restored.from),
        lost: restored.lost.as_ref().map(Head::from),
    };
    let mut writer = ledger.writer()?;
    let mut batch = writer.begin(now)?;
    batch.append(&record.entry(time::whole(now))?)?;
    restored.head = batch.commit()?.checkpoint;
    Ok(restored)
}

impl Restored {
    /// The restored ledger's directory as long as it is not in its place.
    pub fn dir(&self) -> &Path {
        &self.folder
    }

    /// Moves the ledger to its place. Everything that has it open must be closed before.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] if something writes it still; what the disk says.
    pub fn finish(mut self) -> Result<(), Error> {
        let folder = Dir::new(&self.folder);
        let lease = crate::lease::Lease::acquire(&folder)?;
        // Nothing may be left in a write-ahead log, which would have to move at the same moment.
        let connection = schema::open_writer(&folder.database())?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        connection.close().map_err(|(_, error)| error)?;
        drop(lease);
        self.finished = true;
        let mut names = Vec::new();
        for item in fs::read_dir(&self.folder).map_err(Error::io(&self.folder))? {
            names.push(item.map_err(Error::io(&self.folder))?.file_name());
        }
        let database = folder.database();
        names.sort_by_key(|name| self.folder.join(name) == database);
        for name in names {
            let (from, to) = (self.folder.join(&name), self.target.join(&name));
            if from == database {
                sync_dir(&self.target)?;
            }
            fs::rename(&from, &to).map_err(Error::io(&to))?;
        }
        fs::remove_dir(&self.folder).map_err(Error::io(&self.folder))?;
        sync_dir(&self.target)
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed has no database in its place, so that it is taken for nothing.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Sets the copied database up for a writer of the new epoch.
fn begin(target: &Dir, epoch: u64) -> Result<(), Error> {
    let connection = Connection::open(target.database())?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute("UPDATE format SET epoch = ?1", [column(epoch)])?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn copy_blobs(from: &Dir, to: &Dir) -> Result<(), Error> {
    fs::create_dir(to.blobs()).map_err(Error::io(&to.blobs()))?;
    let connection = schema::open_untouched(&from.database())?;
    let mut statement = connection.prepare("SELECT hash FROM blobs WHERE box IS NOT NULL")?;
    for hash in statement.query_map([], |row| row.get(0))? {
        blobs::copy(from, to, None, &crate::BlobId(crate::Digest(hash?)))?;
    }
    Ok(())
}
