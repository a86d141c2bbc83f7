//! The lease of the writer: a lock on a file of the directory, so that two processes never both write.
//!
//! The lock dies with its process. The fence number in the database guards besides where locks lie (network disks).

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};

use crate::files::{Dir, owner_only};
use crate::{Error, time};

/// Held by the one writer of a directory.
#[derive(Debug)]
pub(crate) struct Lease {
    file: File,
}

impl Lease {
    pub(crate) fn acquire(dir: &Dir) -> Result<Lease, Error> {
        let path = dir.lock();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        owner_only(&mut options);
        let mut file = options.open(&path).map_err(Error::io(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Some systems do not let a locked file be read; then the holder stays unnamed.
                let _ = file.read_to_string(&mut holder);
                let holder = if holder.trim().is_empty() {
                    "?".to_owned()
                } else {
                    holder.trim().to_owned()
                };
                return Err(Error::InUse {
                    dir: dir.path().to_owned(),
                    holder,
                });
            }
            Err(TryLockError::Error(source)) => return Err(Error::Io { path, source }),
        }
        let holder = format!(
            "pid {}, {}\n",
            std::process::id(),
            time::text(jiff::Timestamp::now())
        );
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(holder.as_bytes()))
            .map_err(Error::io(&path))?;
        Ok(Lease { file })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // A name left behind misleads nobody: only the lock counts.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}
