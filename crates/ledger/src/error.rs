//! What can go wrong with a ledger, each in plain words of both languages.

use std::fmt;
use std::path::{Path, PathBuf};

use bihuan_messages::{Lang, Message};
use rusqlite::ErrorCode;

/// Why the ledger did not do what was asked. Nothing was written in any of these cases.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no ledger in the directory.
    NoLedger {
        /// The data directory.
        dir: PathBuf,
    },
    /// A ledger should be created where something already is.
    Occupied {
        /// The data directory.
        dir: PathBuf,
    },
    /// A file is there but is not ours.
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// The directory was written by a newer Bihuan.
    Newer {
        /// Format of the directory.
        found: u32,
        /// Newest format that this program reads.
        supported: u32,
    },
    /// The directory was written by an older Bihuan and must be upgraded by a writer first.
    Older {
        /// Format of the directory.
        found: u32,
        /// The format of this program.
        supported: u32,
    },
    /// What is stored contradicts itself.
    Damaged {
        /// The file.
        file: PathBuf,
        /// What was found there.
        found: Message,
    },
    /// A read model is damaged; the log beside it is not.
    ViewsDamaged {
        /// The database.
        file: PathBuf,
        /// The table.
        table: String,
    },
    /// A key file is missing.
    KeyFileMissing {
        /// The file.
        file: PathBuf,
    },
    /// A key file belongs to another ledger or is damaged.
    KeyFileWrong {
        /// The file.
        file: PathBuf,
    },
    /// The key of a subject is gone although nothing says that it was erased.
    KeyLost {
        /// The subject whose key it was.
        subject: String,
    },
    /// Another process writes this ledger.
    InUse {
        /// The data directory.
        dir: PathBuf,
        /// What is known of the holder, in its own words.
        holder: String,
    },
    /// Another writer took over; this one must stop.
    Fenced {
        /// Our fence number.
        ours: u64,
        /// The number now in the ledger.
        found: u64,
    },
    /// A number that canonical JSON does not carry, or nesting without end.
    NotCanonical {
        /// What was found.
        found: String,
    },
    /// A text that should be a digest is not one.
    NotADigest {
        /// The text.
        found: String,
    },
    /// A text that should be a signed checkpoint is not one.
    NotACheckpoint {
        /// What was found.
        found: String,
    },
    /// A text that should be the cosignature of a witness for what it was asked is not one.
    NotACosignature {
        /// How it begins.
        found: String,
    },
    /// A file that should be a bundle does not begin as one.
    NotABundle {
        /// How it begins.
        found: String,
    },
    /// A name (origin, stream, event type, subject) is not formed as names are.
    BadName {
        /// The name.
        found: String,
    },
    /// The body of an entry is not an object.
    BodyNotObject,
    /// Larger than allowed.
    TooLarge {
        /// What was found, in bytes.
        found: u64,
        /// What is allowed, in bytes.
        allowed: u64,
    },
    /// An entry names a blob or sealed value that is not stored.
    Dangling {
        /// The reference.
        reference: String,
    },
    /// An entry was asked for that the log does not have.
    NoEntry {
        /// The sequence number.
        seq: u64,
        /// Size of the log.
        size: u64,
    },
    /// The bytes of a blob are not there.
    BlobMissing {
        /// The blob.
        blob: String,
    },
    /// The bytes of a blob are not those that were stored.
    BlobChanged {
        /// The blob.
        blob: String,
    },
    /// One of two directories that must be apart lies in the other.
    Inside {
        /// The directory.
        dir: PathBuf,
        /// The one in which it lies, or that lies in it.
        of: PathBuf,
    },
    /// A directory that should be a backup is none, or an unfinished one.
    NotABackup {
        /// The directory.
        dir: PathBuf,
    },
    /// A backup does not verify.
    BackupFaulty {
        /// The directory.
        dir: PathBuf,
        /// How many faults.
        faults: u64,
        /// The first of them.
        first: Message,
    },
    /// A file that should be a list of erasures is none, or of another log.
    NotAList {
        /// The file or directory.
        file: PathBuf,
    },
    /// A checkpoint that was kept is not one of this log.
    NotKept {
        /// Its size.
        size: u64,
    },
    /// A transaction in which an append failed half-way should be committed.
    Unfinished,
    /// No room on the disk.
    DiskFull,
    /// The disk or directory cannot be written.
    ReadOnly,
    /// Another connection holds the database for too long.
    Busy,
    /// The operating system refused.
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The operating system gives no random numbers.
    NoRandomness,
    /// Anything else that SQLite says.
    Sqlite(rusqlite::Error),
}

impl Error {
    /// The text for a person, in both languages: what was found, what was expected, how to mend it.
    pub fn message(&self) -> Message {
        let path = |key: &str, file: &Path| Message::new(key).show("path", file.display());
        match self {
            Error::NoLedger { dir } => path("verify.no_ledger", dir),
            Error::Occupied { dir } => path("verify.occupied", dir),
            Error::Foreign { file } => path("verify.foreign", file),
            Error::Newer { found, supported } => Message::new("verify.newer")
                .show("found", found)
                .show("supported", supported),
            Error::Older { found, supported } => Message::new("verify.older")
                .show("found", found)
                .show("supported", supported),
            Error::Damaged { file, found } => path("verify.damaged", file).with(
                "found",
                bihuan_messages::Label::new(found.text(Lang::Zh), found.text(Lang::En)),
            ),
            Error::ViewsDamaged { file, table } => path("verify.views_damaged", file).show("table", table),
            Error::KeyFileMissing { file } => path("verify.key_file_missing", file),
            Error::KeyFileWrong { file } => path("verify.key_file_wrong", file),
            Error::KeyLost { subject } => Message::new("verify.key_lost").show("subject", subject),
            Error::InUse { dir, holder } => path("verify.in_use", dir).show("holder", holder),
            Error::Fenced { ours, found } => Message::new("verify.fenced")
                .show("ours", ours)
                .show("found", found),
            Error::NotCanonical { found } => Message::new("verify.not_canonical").show("found", found),
            Error::NotADigest { found } => Message::new("verify.not_a_digest").show("found", found),
            Error::NotACheckpoint { found } => Message::new("verify.not_a_checkpoint").show("found", found),
            Error::NotACosignature { found } => Message::new("verify.not_a_cosignature").show("found", found),
            Error::NotABundle { found } => Message::new("verify.not_a_bundle").show("found", found),
            Error::BadName { found } => Message::new("verify.bad_name").show("found", found),
            Error::BodyNotObject => Message::new("verify.body_not_object"),
            Error::TooLarge { found, allowed } => Message::new("verify.too_large")
                .show("found", found)
                .show("allowed", allowed),
            Error::Dangling { reference } => Message::new("verify.dangling").show("reference", reference),
            Error::NoEntry { seq, size } => Message::new("verify.no_entry")
                .show("seq", seq)
                .show("size", size),
            Error::BlobMissing { blob } => Message::new("verify.blob_missing").show("blob", blob),
            Error::BlobChanged { blob } => Message::new("verify.blob_changed").show("blob", blob),
            Error::Inside { dir, of } => path("verify.inside", dir).show("of", of.display()),
            Error::NotABackup { dir } => path("verify.not_a_backup", dir),
            Error::BackupFaulty { dir, faults, first } => {
                path("verify.backup_faulty", dir).show("faults", faults).with(
                    "first",
                    bihuan_messages::Label::new(first.text(Lang::Zh), first.text(Lang::En)),
                )
            }
            Error::NotAList { file } => path("verify.not_a_list", file),
            Error::NotKept { size } => Message::new("verify.not_kept").show("size", size),
            Error::Unfinished => Message::new("verify.unfinished"),
            Error::DiskFull => Message::new("verify.disk_full"),
            Error::ReadOnly => Message::new("verify.read_only"),
            Error::Busy => Message::new("verify.busy"),
            Error::Io { path: file, source } => path("verify.io", file).show("said", source),
            Error::NoRandomness => Message::new("verify.no_randomness"),
            Error::Sqlite(source) => Message::new("verify.sqlite").show("said", source),
        }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull => Error::DiskFull,
            std::io::ErrorKind::ReadOnlyFilesystem => Error::ReadOnly,
            _ => Error::Io {
                path: path.to_owned(),
                source,
            },
        }
    }

    pub(crate) fn damaged(file: &Path, found: Message) -> Error {
        Error::Damaged {
            file: file.to_owned(),
            found,
        }
    }

    /// Names `file` where SQLite only says that a database is malformed.
    pub(crate) fn in_file(self, file: &Path) -> Error {
        match self {
            Error::Damaged { file: unknown, found } if unknown.as_os_str().is_empty() => {
                Error::damaged(file, found)
            }
            other => other,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message().text(Lang::En))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            Error::Sqlite(source) => Some(source),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(source: rusqlite::Error) -> Error {
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Damaged {
                file: PathBuf::new(),
                found: Message::new("verify.page_damaged").show("said", source),
            },
            Some(ErrorCode::DiskFull) => Error::DiskFull,
            Some(ErrorCode::ReadOnly) => Error::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Busy,
            _ => Error::Sqlite(source),
        }
    }
}
