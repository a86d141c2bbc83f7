//! A ledger in its data directory: made, opened, and the source of readers and of the one writer.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::Connection;

use crate::checkpoint::{Checkpoint, LogKey, PublicKey, is_origin};
use crate::digest::{hex, unhex};
use crate::files::{Dir, sync_dir, write_secret};
use crate::keys::KeyFile;
use crate::randomness::random;
use crate::reader::{PooledReader, Reader, check_head};
use crate::schema::{self, Format};
use crate::sealed::BlobId;
use crate::writer::Writer;
use crate::{Error, StagedBlob, blobs, tree};

/// Reader connections kept open for the next reader.
const POOL_MAX: usize = 8;

/// One log with its sealed values, blobs and read models, in one data directory.
///
/// Cheap to clone and to share between threads: every reader has a connection of its own.
#[derive(Clone, Debug)]
pub struct Ledger(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) dir: Dir,
    pub(crate) public_key: PublicKey,
    pub(crate) keys: KeyFile,
    pub(crate) pool: Mutex<Vec<Connection>>,
}

impl Ledger {
    /// Makes a new ledger named `origin` in `dir`, which must be absent or empty, with a fresh signing key.
    ///
    /// # Errors
    ///
    /// [`Error::Occupied`] if something is there, [`Error::BadName`] for an origin that [`is_origin`] refuses, and what the
    /// disk says.
    pub fn create(dir: &Path, origin: &str) -> Result<Ledger, Error> {
        Ledger::create_with(dir, origin, random()?, Timestamp::now())
    }

    /// As [`Ledger::create`], with a given signing key and time: for tests and samples that must come out the same.
    ///
    /// # Errors
    ///
    /// As [`Ledger::create`].
    pub fn create_with(
        dir: &Path,
        origin: &str,
        signing_key: [u8; 32],
        now: Timestamp,
    ) -> Result<Ledger, Error> {
        if !is_origin(origin) {
            return Err(Error::BadName {
                found: origin.chars().take(100).collect(),
            });
        }
        fs::create_dir_all(dir).map_err(Error::io(dir))?;
        if fs::read_dir(dir).map_err(Error::io(dir))?.next().is_some() {
            return Err(Error::Occupied { dir: dir.to_owned() });
        }
        let place = Dir::new(dir);
        let key = LogKey::from_bytes(&signing_key);
        let format = Format {
            origin: origin.to_owned(),
            log_id: random()?,
            public_key: key.public(origin).bytes().to_vec(),
            epoch: 0,
        };
        fs::create_dir(place.blobs()).map_err(Error::io(&place.blobs()))?;
        write_secret(&place.log_key(), format!("{}\n", hex(&signing_key)).as_bytes())?;
        KeyFile::create(&place.keys(), &format.log_id)?;

        // The database appears under its name only when it is whole.
        let unfinished = dir.join("ledger.new");
        let connection = Connection::open(&unfinished)?;
        schema::create(&connection, &format)?;
        let first = Checkpoint::sign(&key, origin, 0, 0, tree::empty_root(), now);
        crate::writer::store_checkpoint(&connection, &first)?;
        connection.close().map_err(|(_, error)| error)?;
        fs::rename(&unfinished, place.database()).map_err(Error::io(&unfinished))?;
        sync_dir(dir)?;
        Ledger::open(dir)
    }

    /// Opens the ledger in `dir` for reading; [`Ledger::writer`] makes it writable.
    ///
    /// Checks at once what can be checked at once: the format, the last checkpoint's signature, and that the last entries
    /// lead to its root. `verify` checks the whole.
    ///
    /// # Errors
    ///
    /// [`Error::NoLedger`], [`Error::Foreign`], [`Error::Newer`], [`Error::Damaged`], a key file that is missing or not of this
    /// ledger: never a silent start on something else than was left.
    pub fn open(dir: &Path) -> Result<Ledger, Error> {
        let place = Dir::new(dir);
        let database = place.database();
        if !database.is_file() {
            return Err(Error::NoLedger { dir: dir.to_owned() });
        }
        writable(&database)?;
        let connection = schema::open_reader(&database).map_err(|error| error.in_file(&database))?;
        let (found, format) = schema::read_format(&connection, &database)?;
        let public_key = PublicKey::new(&format.origin, &format.public_key).ok_or_else(|| {
            Error::damaged(
                &database,
                bihuan_messages::Message::new("verify.public_key_unreadable"),
            )
        })?;
        let connection = if found < schema::FORMAT_VERSION {
            drop(connection);
            // Only the holder of the lease may upgrade.
            let _lease = crate::lease::Lease::acquire(&place)?;
            schema::upgrade(&mut schema::open_writer(&database)?, &database, found)?;
            schema::open_reader(&database)?
        } else {
            connection
        };
        let keys = KeyFile::open(&place.keys(), &format.log_id, true)?;
        let inner = Inner {
            dir: place,
            public_key,
            keys,
            pool: Mutex::new(vec![connection]),
        };
        let ledger = Ledger(Arc::new(inner));
        let checked = ledger
            .reader()?
            .at_one_moment(|reader| check_head(reader).map(drop));
        checked.map_err(|error| match error {
            // Here the only statements are our own, so that a complaint about them means a wrong file.
            Error::Sqlite(said) => {
                let found = bihuan_messages::Message::new("verify.page_damaged").show("said", said);
                Error::damaged(&database, found)
            }
            other => other.in_file(&database),
        })?;
        Ok(ledger)
    }

    /// The data directory.
    pub fn dir(&self) -> &Path {
        self.0.dir.path()
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        self.0.public_key.name()
    }

    /// The key that its checkpoints are signed with.
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }

    /// A reader with a connection of its own, taken from a small pool and given back when dropped.
    ///
    /// # Errors
    ///
    /// If the database cannot be opened.
    pub fn reader(&self) -> Result<PooledReader, Error> {
        let pooled = self.0.pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => {
                let database = self.0.dir.database();
                schema::open_reader(&database).map_err(|error| error.in_file(&database))?
            }
        };
        Ok(PooledReader::new(Reader::new(self.clone(), connection)))
    }

    /// Takes the lease and returns the one writer.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] if another writer holds the directory, naming it; [`Error::KeyFileMissing`] or [`Error::KeyFileWrong`]
    /// if `log.key` is not there or not the key of this log.
    pub fn writer(&self) -> Result<Writer, Error> {
        Writer::open(self.clone())
    }

    /// Encrypts an evidence file and brings it to the disk, from any thread. Store it with [`crate::Batch::put_blob`]
    /// in the transaction whose event names it; a file that no event ever names is removed after [`crate::ORPHAN_AGE`].
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] beyond [`crate::BLOB_BYTES_MAX`]; what the disk says.
    pub fn stage_blob(&self, plain: &[u8]) -> Result<StagedBlob, Error> {
        blobs::stage(&self.0.dir, plain)
    }

    /// Removes files of blobs that nothing names and that are older than [`crate::ORPHAN_AGE`]; returns how many.
    ///
    /// # Errors
    ///
    /// If files or the database cannot be read, or a file cannot be removed.
    pub fn sweep_blobs(&self) -> Result<u64, Error> {
        let reader = self.reader()?;
        blobs::sweep(&self.0.dir, std::time::SystemTime::now(), |id: &BlobId| {
            reader.has_blob(id)
        })
    }

    pub(crate) fn give_back(&self, connection: Connection) {
        let mut pool = self.0.pool.lock().unwrap_or_else(PoisonError::into_inner);
        // A connection that was left inside a transaction would read an old state for ever.
        if pool.len() < POOL_MAX && connection.is_autocommit() {
            pool.push(connection);
        }
    }
}

/// Refuses a disk that cannot be written, of which SQLite says only that it cannot open the file.
fn writable(database: &Path) -> Result<(), Error> {
    let opened = fs::OpenOptions::new().append(true).open(database);
    opened.map(drop).map_err(|error| match error.kind() {
        std::io::ErrorKind::PermissionDenied => Error::ReadOnly,
        _ => Error::io(database)(error),
    })
}

/// Reads `log.key` and sees that it is the key of this log.
pub(crate) fn read_log_key(dir: &Dir, public_key: &PublicKey) -> Result<LogKey, Error> {
    let path = dir.log_key();
    let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Error::KeyFileMissing { file: path.clone() },
        std::io::ErrorKind::InvalidData => Error::KeyFileWrong { file: path.clone() },
        _ => Error::io(&path)(source),
    })?;
    let bytes = unhex(text.trim()).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes
        .map(|bytes| LogKey::from_bytes(&bytes))
        .filter(|key| key.public(public_key.name()) == *public_key)
        .ok_or(Error::KeyFileWrong { file: path })
}
