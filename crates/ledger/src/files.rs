//! The data directory: the names of its files, and writing a file so that it survives a power cut.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Error;

/// A data directory.
#[derive(Clone, Debug)]
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new(path: &Path) -> Dir {
        Dir(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Log and read models.
    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("ledger.sqlite")
    }

    /// The signing key.
    pub(crate) fn log_key(&self) -> PathBuf {
        self.0.join("log.key")
    }

    /// The signing key of the national suite; there only once it was asked for.
    pub(crate) fn national_key(&self) -> PathBuf {
        self.0.join("log.sm2.key")
    }

    /// The keys of sealed values.
    pub(crate) fn keys(&self) -> PathBuf {
        self.0.join("keys.bin")
    }

    /// The lock of the writer.
    pub(crate) fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// The folder of blobs.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.0.join("blobs")
    }
}

/// Makes a file that must not exist yet, readable by its owner alone, and syncs it.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    owner_only(&mut options);
    let mut file = options.open(path).map_err(Error::io(path))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(Error::io(path))
}

/// Syncs a directory, so that a new or renamed file in it is found after a power cut.
pub(crate) fn sync_dir(path: &Path) -> Result<(), Error> {
    if cfg!(unix) {
        File::open(path)
            .and_then(|dir| dir.sync_all())
            .map_err(Error::io(path))?;
    }
    Ok(())
}

#[cfg(unix)]
pub(crate) fn owner_only(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

#[cfg(not(unix))]
pub(crate) fn owner_only(_options: &mut OpenOptions) {}
