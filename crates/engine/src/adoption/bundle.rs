//! Packs as people hand them in: a folder as a zip archive, or its files one by one. Nothing is written to any disk, and
//! every limit is looked at before the bytes are unpacked.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use bihuan_domain::refusal::Refusal;
use bihuan_mechanism::limits::{FILE_BYTES_MAX, FILES_MAX};
use zip::ZipArchive;

/// Bytes of what is sent, packed or not. All packs that are shipped have under 1 MB together.
pub const BYTES_MAX: usize = 8 << 20;

/// Bytes of all files after unpacking.
pub const UNPACKED_BYTES_MAX: usize = 16 << 20;

/// Entries of an archive that are looked at, wanted or not.
const ENTRIES_MAX: usize = 10_000;

/// Characters of a path.
const PATH_CHARS_MAX: usize = 200;

/// The texts of what was sent, by path. `given` has the name and the bytes of each file; a zip archive is unpacked. Files
/// that belong to no pack (`README.md`, what an operating system adds) are left out.
///
/// # Errors
///
/// A refusal that names the file and the limit: too large, too many, a path that leads out of the archive, not UTF-8,
/// damaged or locked, twice the same path, no pack at all.
pub fn read(given: &[(String, impl AsRef<[u8]>)]) -> Result<BTreeMap<String, String>, Refusal> {
    let bytes = given
        .iter()
        .fold(0usize, |sum, (_, bytes)| sum.saturating_add(bytes.as_ref().len()));
    if bytes > BYTES_MAX {
        return Err(too_large(bytes, BYTES_MAX));
    }
    let mut files = Gathered::default();
    for (name, bytes) in given {
        let bytes = bytes.as_ref();
        if bytes.is_empty() {
            return Err(Refusal::new("pack_file_empty").with("file", short(name)));
        }
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
            unpack(name, bytes, &mut files)?;
        } else if is_wanted(name) {
            files.put(name, bytes.to_vec())?;
        } else {
            return Err(Refusal::new("pack_file_kind").with("file", short(name)));
        }
    }
    let is_head = |path: &String| path == "pack.toml" || path.ends_with("/pack.toml");
    if !files.texts.keys().any(is_head) {
        return Err(Refusal::new("pack_none"));
    }
    Ok(files.texts)
}

#[derive(Default)]
struct Gathered {
    texts: BTreeMap<String, String>,
    bytes: usize,
}

impl Gathered {
    fn put(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), Refusal> {
        let path = clean(path)?;
        self.bytes = self.bytes.saturating_add(bytes.len());
        if bytes.len() > FILE_BYTES_MAX {
            return Err(too_large(bytes.len(), FILE_BYTES_MAX).with("file", short(&path)));
        }
        if self.bytes > UNPACKED_BYTES_MAX {
            return Err(too_large(self.bytes, UNPACKED_BYTES_MAX));
        }
        if self.texts.len() >= FILES_MAX {
            return Err(Refusal::new("pack_too_many").with("max", FILES_MAX.to_string()));
        }
        let text =
            String::from_utf8(bytes).map_err(|_| Refusal::new("pack_not_utf8").with("file", short(&path)))?;
        // Editors of another house put a mark before the first character.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        if self.texts.insert(path.clone(), text).is_some() {
            return Err(Refusal::new("pack_file_twice").with("file", short(&path)));
        }
        Ok(())
    }
}

fn unpack(name: &str, bytes: &[u8], into: &mut Gathered) -> Result<(), Refusal> {
    let damaged = |error: &dyn std::fmt::Display| {
        Refusal::new("pack_damaged")
            .with("file", short(name))
            .with("why", error.to_string())
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    if archive.len() > ENTRIES_MAX {
        return Err(Refusal::new("pack_too_many").with("max", ENTRIES_MAX.to_string()));
    }
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|error| damaged(&error))?;
        let path = entry.name().map_err(|error| damaged(&error))?.into_owned();
        // Also of files that are not wanted: whoever sends such a path means no good.
        let path = clean(&path)?;
        if entry.is_dir() || !is_wanted(&path) {
            continue;
        }
        // What the archive says of its sizes may be a lie: read at most one byte more than is allowed.
        let mut content = Vec::new();
        let most = u64::try_from(FILE_BYTES_MAX)
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        entry
            .take(most)
            .read_to_end(&mut content)
            .map_err(|error| damaged(&error))?;
        into.put(&path, content)?;
    }
    Ok(())
}

/// A path inside a folder, with strokes of one kind; refused where it leads out of it.
fn clean(path: &str) -> Result<String, Refusal> {
    let bad = || Refusal::new("pack_bad_path").with("file", short(path));
    let slashed = path.replace('\\', "/");
    let leads_out = slashed.starts_with('/')
        || slashed.contains(':')
        || slashed.split('/').any(|part| part == "..")
        || slashed.chars().any(char::is_control)
        || slashed.chars().count() > PATH_CHARS_MAX;
    if leads_out {
        return Err(bad());
    }
    let parts: Vec<&str> = slashed
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    Ok(parts.join("/"))
}

fn is_wanted(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or_default();
    let hidden = file.starts_with('.') || path.split('/').any(|part| part == "__MACOSX");
    !hidden && (file.ends_with(".toml") || file.ends_with(".csv"))
}

fn too_large(bytes: usize, limit: usize) -> Refusal {
    Refusal::new("pack_too_large")
        .with("found", kilobytes(bytes))
        .with("max", kilobytes(limit))
        .with("file", "")
}

fn kilobytes(bytes: usize) -> String {
    format!("{} KB", bytes.div_ceil(1_000))
}

/// A name as it may stand in a message.
fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}
