//! The key file: the keys of sealed values, in a file of its own so that it is backed up apart and can forget.
//!
//! Keys are made in stock and synced before they are used, so that a new subject costs no sync of its own.
//! Which subject has which slot stands in the database. A destroyed key is overwritten in place with zeros.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Error;
use crate::digest::prefixed;
use crate::files::write_secret;
use crate::randomness::random;

/// A key of XChaCha20-Poly1305.
pub(crate) type Key = [u8; 32];

const MAGIC: &[u8; 16] = b"bihuan keys 1\n\0\0";
const SLOT_LEN: usize = 64;
const SLOT_BYTES: u64 = SLOT_LEN as u64;
/// Keys made at a time.
const STOCK: u64 = 256;
/// Keys kept in memory; beyond it the memory is emptied rather than managed.
const CACHE_MAX: usize = 4096;

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// A key.
    Key(Key),
    /// Zeros: it was destroyed.
    Destroyed,
    /// Beyond the end of the file, or bytes that are not a key.
    Lost,
}

/// The open key file.
#[derive(Debug)]
pub(crate) struct KeyFile {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    cache: HashMap<u64, Key>,
}

impl KeyFile {
    pub(crate) fn create(path: &Path, log_id: &[u8; 16]) -> Result<(), Error> {
        let mut header = [0; SLOT_LEN];
        header
            .iter_mut()
            .zip(MAGIC.iter().chain(log_id))
            .for_each(|(to, from)| *to = *from);
        write_secret(path, &header)
    }

    pub(crate) fn open(path: &Path, log_id: &[u8; 16], write: bool) -> Result<KeyFile, Error> {
        let mut file =
            OpenOptions::new()
                .read(true)
                .write(write)
                .open(path)
                .map_err(|source| match source.kind() {
                    std::io::ErrorKind::NotFound => Error::KeyFileMissing {
                        file: path.to_owned(),
                    },
                    _ => Error::io(path)(source),
                })?;
        let mut header = [0; 32];
        let read = file.read_exact(&mut header);
        if read.is_err() || !header.iter().eq(MAGIC.iter().chain(log_id)) {
            return Err(Error::KeyFileWrong {
                file: path.to_owned(),
            });
        }
        Ok(KeyFile {
            path: path.to_owned(),
            state: Mutex::new(State {
                file,
                cache: HashMap::new(),
            }),
        })
    }

    pub(crate) fn get(&self, slot: u64) -> Result<Slot, Error> {
        let mut state = self.lock();
        if let Some(key) = state.cache.get(&slot) {
            return Ok(Slot::Key(*key));
        }
        let mut bytes = [0; SLOT_LEN];
        let read = state
            .file
            .seek(SeekFrom::Start(offset(slot)))
            .and_then(|_| state.file.read_exact(&mut bytes));
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(Slot::Lost),
            other => other.map_err(Error::io(&self.path))?,
        }
        let found = slot_in(slot, &bytes);
        if let Slot::Key(key) = found {
            if state.cache.len() >= CACHE_MAX {
                state.cache.clear();
            }
            state.cache.insert(slot, key);
        }
        Ok(found)
    }

    /// Every slot as it is now, for whoever goes through all of them in any order.
    pub(crate) fn all(&self) -> Result<Slots, Error> {
        let mut state = self.lock();
        let mut bytes = Vec::new();
        let read = state
            .file
            .seek(SeekFrom::Start(offset(0)))
            .and_then(|_| state.file.read_to_end(&mut bytes));
        read.map_err(Error::io(&self.path))?;
        Ok(Slots(bytes))
    }

    /// The first slot from `slot` on that holds a key, making stock where there is none.
    pub(crate) fn take(&self, mut slot: u64) -> Result<(u64, Key), Error> {
        loop {
            match self.get(slot)? {
                Slot::Key(key) => return Ok((slot, key)),
                Slot::Destroyed => slot += 1,
                Slot::Lost if offset(slot + 1) <= self.len()? => slot += 1,
                Slot::Lost => self.stock()?,
            }
        }
    }

    /// Overwrites keys with zeros and syncs. Repeating it does no harm.
    pub(crate) fn destroy(&self, slots: &[u64]) -> Result<(), Error> {
        let mut state = self.lock();
        for slot in slots {
            state.cache.remove(slot);
            if offset(slot + 1) > state.file.metadata().map_err(Error::io(&self.path))?.len() {
                continue;
            }
            let written = state
                .file
                .seek(SeekFrom::Start(offset(*slot)))
                .and_then(|_| state.file.write_all(&[0; SLOT_LEN]));
            written.map_err(Error::io(&self.path))?;
        }
        state.file.sync_all().map_err(Error::io(&self.path))
    }

    fn stock(&self) -> Result<(), Error> {
        // A partial slot left by a crash is written over.
        let first = self.len()?.saturating_sub(SLOT_BYTES) / SLOT_BYTES;
        let mut bytes = Vec::new();
        for slot in first..first + STOCK {
            let key: Key = random()?;
            bytes.extend_from_slice(&key);
            bytes.extend_from_slice(&check_of(slot, &key));
        }
        let mut state = self.lock();
        let written = state
            .file
            .seek(SeekFrom::Start(offset(first)))
            .and_then(|_| state.file.write_all(&bytes))
            .and_then(|()| state.file.sync_all());
        written.map_err(Error::io(&self.path))
    }

    fn len(&self) -> Result<u64, Error> {
        Ok(self.lock().file.metadata().map_err(Error::io(&self.path))?.len())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state holds a file and a cache; neither can be left half-changed by a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All slots of a key file, in memory.
pub(crate) struct Slots(Vec<u8>);

impl Slots {
    pub(crate) fn get(&self, slot: u64) -> Slot {
        let from = usize::try_from(slot)
            .ok()
            .and_then(|slot| slot.checked_mul(SLOT_LEN));
        let bytes = from.and_then(|from| self.0.get(from..)?.first_chunk::<SLOT_LEN>());
        bytes.map_or(Slot::Lost, |bytes| slot_in(slot, bytes))
    }
}

/// What the bytes of a slot say.
fn slot_in(slot: u64, bytes: &[u8; SLOT_LEN]) -> Slot {
    if bytes.iter().all(|byte| *byte == 0) {
        return Slot::Destroyed;
    }
    match bytes.split_first_chunk::<32>() {
        Some((key, check)) if *check == check_of(slot, key) => Slot::Key(*key),
        _ => Slot::Lost,
    }
}

fn offset(slot: u64) -> u64 {
    (slot + 1).saturating_mul(SLOT_BYTES)
}

/// Tells a key from torn or foreign bytes.
fn check_of(slot: u64, key: &Key) -> [u8; 32] {
    prefixed(3, &[&slot.to_be_bytes(), key]).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_reopening_and_a_destroyed_one_is_gone_from_the_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.bin");
        KeyFile::create(&path, &[1; 16]).unwrap();
        let keys = KeyFile::open(&path, &[1; 16], true).unwrap();
        let (first, key) = keys.take(0).unwrap();
        let (second, _) = keys.take(first + 1).unwrap();
        assert_eq!((first, second), (0, 1));
        drop(keys);
        let keys = KeyFile::open(&path, &[1; 16], true).unwrap();
        assert_eq!(keys.get(0).unwrap(), Slot::Key(key));
        keys.destroy(&[0, 9999]).unwrap();
        assert_eq!(keys.get(0).unwrap(), Slot::Destroyed);
        assert_eq!(keys.take(0).unwrap().0, 1);
        assert!(
            !std::fs::read(&path)
                .unwrap()
                .windows(32)
                .any(|bytes| bytes == key)
        );
    }

    #[test]
    fn a_key_file_of_another_ledger_or_a_torn_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.bin");
        assert!(matches!(
            KeyFile::open(&path, &[1; 16], true),
            Err(Error::KeyFileMissing { .. })
        ));
        KeyFile::create(&path, &[1; 16]).unwrap();
        assert!(matches!(
            KeyFile::open(&path, &[2; 16], true),
            Err(Error::KeyFileWrong { .. })
        ));
        std::fs::write(&path, b"bihuan").unwrap();
        assert!(matches!(
            KeyFile::open(&path, &[1; 16], true),
            Err(Error::KeyFileWrong { .. })
        ));
    }

    #[test]
    fn a_stock_torn_by_a_crash_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.bin");
        KeyFile::create(&path, &[1; 16]).unwrap();
        KeyFile::open(&path, &[1; 16], true).unwrap().take(0).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..64 + 64 + 30]).unwrap();
        let keys = KeyFile::open(&path, &[1; 16], true).unwrap();
        assert!(matches!(keys.get(0).unwrap(), Slot::Key(_)));
        assert_eq!(keys.get(1).unwrap(), Slot::Lost);
        assert_eq!(keys.take(1).unwrap().0, 1);
    }
}
