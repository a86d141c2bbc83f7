//! What kind of file this is, seen from its bytes, and whether it may be unpacked at all.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{UNPACKED_MAX, Unreadable};

/// Kinds that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Xlsx,
    Xls,
    Ods,
    Text,
}

/// More parts than any workbook has.
const PARTS_MAX: usize = 5_000;

pub(super) fn kind(bytes: &[u8]) -> Result<Kind, Unreadable> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return packed(bytes);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Ok(Kind::Xls);
    }
    let head: String =
        String::from_utf8_lossy(bytes.get(..bytes.len().min(1024)).unwrap_or(bytes)).to_lowercase();
    let head = head.trim_start_matches('\u{FEFF}').trim_start();
    // Many office systems “export to Excel” by naming a web page `.xls`.
    if head.starts_with("<!doctype html") || head.starts_with("<html") || head.starts_with("<table") {
        return Err(other("网页 (HTML)"));
    }
    if head.starts_with("<?xml") || head.starts_with("mime-version:") {
        return Err(other("XML"));
    }
    Ok(Kind::Text)
}

fn other(what: &str) -> Unreadable {
    Unreadable::Other {
        what: what.to_owned(),
    }
}

fn packed(bytes: &[u8]) -> Result<Kind, Unreadable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(Unreadable::Bomb);
    }
    let names: Vec<String> = archive
        .file_names()
        .filter_map(Result::ok)
        .map(|name| name.to_lowercase())
        .collect();
    let has = |name: &str| names.iter().any(|known| known.trim_start_matches('/') == name);
    let kind = if has("xl/workbook.xml") {
        Kind::Xlsx
    } else if has("content.xml") && has("mimetype") {
        Kind::Ods
    } else if has("xl/workbook.bin") {
        return Err(other("XLSB"));
    } else if has("word/document.xml") {
        return Err(other("Word (DOCX)"));
    } else if has("ppt/presentation.xml") {
        return Err(other("PowerPoint (PPTX)"));
    } else if has("[content_types].xml") {
        return Err(Unreadable::Damaged {
            why: "xl/workbook.xml".to_owned(),
        });
    } else {
        return Err(other("ZIP"));
    };
    measure(&mut archive)?;
    Ok(kind)
}

/// Unfolds every part once and counts: the sizes that an archive states about itself may be a lie.
fn measure(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<(), Unreadable> {
    let mut left = UNPACKED_MAX;
    let mut buffer = vec![0u8; 64 * 1024];
    for index in 0..archive.len() {
        let mut part = match archive.by_index(index) {
            Ok(part) => part,
            Err(ZipError::UnsupportedArchive(why)) if why.contains("assword") => {
                return Err(Unreadable::Locked);
            }
            Err(error) => return Err(damaged(&error)),
        };
        loop {
            let n = part.read(&mut buffer).map_err(|error| Unreadable::Damaged {
                why: error.to_string(),
            })?;
            if n == 0 {
                break;
            }
            left = left
                .checked_sub(u64::try_from(n).unwrap_or(u64::MAX))
                .ok_or(Unreadable::Bomb)?;
        }
    }
    Ok(())
}

fn damaged(error: &ZipError) -> Unreadable {
    Unreadable::Damaged {
        why: error.to_string(),
    }
}
