//! PDF of official documents, with the typefaces that this machine has.
//!
//! Always compiled; whether it can write one is [`BUILT_IN`], decided by the cargo feature `pdf`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bihuan_messages::Lang;
use bihuan_report::official::Document;
use bihuan_report::pdf::{Typefaces, Use};

use crate::error::Failure;
use crate::export::unrendered;

pub use bihuan_report::pdf::BUILT_IN;

/// Where systems keep typefaces.
const DIRECTORIES: [&str; 5] = [
    "/usr/local/share/fonts",
    "/usr/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "C:\\Windows\\Fonts",
];
/// Directories below directories that are looked into.
const DEPTH_MAX: usize = 6;

/// The document as PDF in the form of GB/T 9704.
///
/// # Errors
///
/// [`Failure::Refused`] where this program was built without PDF, or the machine has no typeface for it; says what to do.
pub fn render(document: &Document, lang: Lang) -> Result<Vec<u8>, Failure> {
    let found = if BUILT_IN {
        typefaces()
    } else {
        Typefaces::default()
    };
    bihuan_report::pdf::render(document, &found, lang).map_err(unrendered)
}

/// What the machine has for each use, the standard's own typefaces before free ones. Read anew for every document: whoever
/// installs one need not start the server again.
fn typefaces() -> Typefaces {
    let mut files = BTreeMap::new();
    for directory in DIRECTORIES {
        below(Path::new(directory), DEPTH_MAX, &mut files);
    }
    let mut read: BTreeMap<&PathBuf, Arc<Vec<u8>>> = BTreeMap::new();
    let mut found = Vec::new();
    for what in Use::ALL {
        let paths = what.files().iter().filter_map(|name| files.get(*name));
        for path in paths {
            let bytes = match read.get(path) {
                Some(bytes) => Arc::clone(bytes),
                None => match std::fs::read(path) {
                    Ok(bytes) => Arc::new(bytes),
                    Err(why) => {
                        tracing::warn!(path = %path.display(), %why, "a typeface cannot be read");
                        continue;
                    }
                },
            };
            read.insert(path, Arc::clone(&bytes));
            found.push((what, bytes));
            break;
        }
    }
    Typefaces::of(found)
}

/// The files below a directory by their names in lower case; the first of a name counts.
fn below(directory: &Path, depth: usize, files: &mut BTreeMap<String, PathBuf>) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            if let Some(depth) = depth.checked_sub(1) {
                below(&path, depth, files);
            }
        } else if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            files.entry(name.to_lowercase()).or_insert(path);
        }
    }
}
