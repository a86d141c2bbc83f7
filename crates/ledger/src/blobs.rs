//! Evidence files: encrypted, named by the hash of what is stored, and on the disk before any event names them.
//!
//! A file has a key of its own, which lies wrapped under the key of its subject: so it can be written before the
//! subject is known, and is unreadable once the subject is erased.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::Error;
use crate::digest::{Digest, hex, prefixed};
use crate::files::{Dir, owner_only, sync_dir};
use crate::keys::Key;
use crate::randomness::random;
use crate::sealed::{BlobId, decrypt, encrypt};

/// Largest evidence file, in bytes.
pub const BLOB_BYTES_MAX: usize = 50 << 20;

/// How long a file that no event names is kept, for a command that is still under way.
pub const ORPHAN_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

const MAGIC: &[u8; 8] = b"bihuanB1";
const HEADER_BYTES: usize = MAGIC.len() + 32;

/// A file that is safely on the disk but that nothing names yet.
#[derive(Clone)]
pub struct StagedBlob {
    pub(crate) id: BlobId,
    pub(crate) bytes: u64,
    pub(crate) key: Key,
}

impl StagedBlob {
    /// What goes into the leaf.
    pub fn id(&self) -> BlobId {
        self.id
    }

    /// Size of the plain file in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl std::fmt::Debug for StagedBlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StagedBlob({}, {} bytes)", self.id, self.bytes)
    }
}

/// Encrypts `plain` under a fresh key and brings it to the disk.
pub(crate) fn stage(dir: &Dir, plain: &[u8]) -> Result<StagedBlob, Error> {
    if plain.len() > BLOB_BYTES_MAX {
        return Err(Error::TooLarge {
            found: plain.len() as u64,
            allowed: BLOB_BYTES_MAX as u64,
        });
    }
    let key: Key = random()?;
    // The cipher alone would let a forger make one file that opens differently under two keys; the header binds the key.
    let binding = bind(&key);
    let mut stored = [MAGIC.as_slice(), &binding.0].concat();
    let sealed = encrypt(&key, plain, &binding.0)?;
    stored.extend_from_slice(&sealed);
    let id = BlobId(Digest::of(&stored));

    let target = path(dir, &id);
    let folder = target.parent().unwrap_or(dir.path());
    if !folder.exists() {
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        sync_dir(&dir.blobs())?;
    }
    let temporary = dir.blobs().join(format!("{}.tmp", hex(&random::<16>()?)));
    let written =
        write(&temporary, &stored).and_then(|()| fs::rename(&temporary, &target).map_err(Error::io(&target)));
    if written.is_err() {
        // What could not be written whole must not lie about; if it cannot be removed either, the orphan sweep will.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_dir(folder)?;
    Ok(StagedBlob {
        id,
        bytes: plain.len() as u64,
        key,
    })
}

/// The plain bytes of a stored blob.
pub(crate) fn read(dir: &Dir, id: &BlobId, key: &Key) -> Result<Vec<u8>, Error> {
    let stored = stored(dir, id)?;
    let open = || {
        let (header, sealed) = stored.split_at_checked(HEADER_BYTES)?;
        let binding = bind(key);
        (header == [MAGIC.as_slice(), &binding.0].concat()).then(|| decrypt(key, sealed, &binding.0))?
    };
    open().ok_or_else(|| Error::BlobChanged { blob: id.to_string() })
}

/// The stored bytes, checked against their name.
pub(crate) fn stored(dir: &Dir, id: &BlobId) -> Result<Vec<u8>, Error> {
    let path = path(dir, id);
    let mut file = match fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::BlobMissing { blob: id.to_string() });
        }
        Err(error) => return Err(Error::io(&path)(error)),
    };
    let mut stored = Vec::new();
    file.read_to_end(&mut stored).map_err(Error::io(&path))?;
    if Digest::of(&stored) != id.0 {
        return Err(Error::BlobChanged { blob: id.to_string() });
    }
    Ok(stored)
}

/// Brings a blob's file from one directory to another, as a link where `previous` has it on the same disk. Its size in
/// bytes; `None` if it is not there, which the verification of the copy tells.
pub(crate) fn copy(from: &Dir, to: &Dir, previous: Option<&Dir>, id: &BlobId) -> Result<Option<u64>, Error> {
    let target = path(to, id);
    let folder = target.parent().unwrap_or(to.path());
    if !folder.exists() {
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        sync_dir(&to.blobs())?;
    }
    if let Some(earlier) = previous.map(|previous| path(previous, id))
        && fs::hard_link(&earlier, &target).is_ok()
    {
        let meta = fs::metadata(&target).map_err(Error::io(&target))?;
        return Ok(Some(meta.len()));
    }
    let source = path(from, id);
    let bytes = match fs::read(&source) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(&source)(error)),
    };
    write(&target, &bytes)?;
    sync_dir(folder)?;
    Ok(Some(bytes.len() as u64))
}

/// Removes a blob's file; one that is gone already is fine.
pub(crate) fn remove(dir: &Dir, id: &BlobId) -> Result<(), Error> {
    let path = path(dir, id);
    match fs::remove_file(&path) {
        Ok(()) => sync_dir(path.parent().unwrap_or(dir.path())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io(&path)(error)),
    }
}

/// Removes files older than [`ORPHAN_AGE`] at `now` that `known` does not know; returns how many.
pub(crate) fn sweep(
    dir: &Dir,
    now: SystemTime,
    mut known: impl FnMut(&BlobId) -> Result<bool, Error>,
) -> Result<u64, Error> {
    let mut removed = 0;
    let mut folders = vec![dir.blobs()];
    while let Some(folder) = folders.pop() {
        let listing = match fs::read_dir(&folder) {
            Ok(listing) => listing,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io(&folder)(error)),
        };
        for item in listing {
            let item = item.map_err(Error::io(&folder))?;
            let meta = item.metadata().map_err(Error::io(&item.path()))?;
            if meta.is_dir() {
                folders.push(item.path());
                continue;
            }
            let age = meta
                .modified()
                .ok()
                .and_then(|made| now.duration_since(made).ok())
                .unwrap_or_default();
            let name = item.file_name().to_string_lossy().into_owned();
            let named = match Digest::from_hex(&name) {
                Some(digest) => known(&BlobId(digest))?,
                // A name that is neither ours nor temporary is left alone.
                None => !name.ends_with(".tmp"),
            };
            if age >= ORPHAN_AGE && !named {
                fs::remove_file(item.path()).map_err(Error::io(&item.path()))?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

fn path(dir: &Dir, id: &BlobId) -> PathBuf {
    let name = id.0.hex();
    dir.blobs().join(name.get(..2).unwrap_or_default()).join(name)
}

fn bind(key: &Key) -> Digest {
    prefixed(4, &[key])
}

fn write(path: &std::path::Path, bytes: &[u8]) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    owner_only(&mut options);
    let mut file = options.open(path).map_err(Error::io(path))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(Error::io(path))
}
