//! The parts of a packed office document: told apart by name, unfolded within bounds.

use std::io::{Cursor, Read};

use quick_xml::events::BytesStart;
use zip::ZipArchive;
use zip::result::ZipError;

use super::super::{Kind, UNPACKED_MAX, Unreadable};

/// More parts than any office document has.
const PARTS_MAX: usize = 20_000;

/// What kind of packed document it is.
pub(in crate::formats) fn package(bytes: &[u8]) -> Result<Kind, Unreadable> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unreadable::Damaged { kind: "ZIP" })?;
    if archive.len() > PARTS_MAX {
        return Err(Unreadable::Bomb);
    }
    let names: Vec<String> = archive
        .file_names()
        .filter_map(Result::ok)
        .map(|name| name.trim_start_matches('/').to_lowercase())
        .collect();
    let has = |name: &str| names.iter().any(|known| known == name);
    if has("word/document.xml") {
        Ok(Kind::Docx)
    } else if has("xl/workbook.xml") {
        Ok(Kind::Xlsx)
    } else if has("ppt/presentation.xml") {
        Err(Unreadable::Other { kind: "ppt" })
    } else if has("ofd.xml") {
        Err(Unreadable::Other { kind: "ofd" })
    } else if has("content.xml") && has("mimetype") {
        // A spreadsheet or a text: the table reader tells them apart.
        match crate::table::sheets(bytes) {
            Err(crate::table::Unreadable::Other { .. }) => Err(Unreadable::Other { kind: "odt" }),
            Err(other) => Err(other.into()),
            Ok(_) => Ok(Kind::Ods),
        }
    } else if has("xl/workbook.bin") {
        Err(Unreadable::Other { kind: "xlsb" })
    } else if has("[content_types].xml") {
        Err(Unreadable::Damaged { kind: "DOCX/XLSX" })
    } else {
        Err(Unreadable::Other { kind: "zip" })
    }
}

/// A packed document whose parts are unfolded one by one.
pub(super) struct Parts<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

impl<'a> Parts<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Result<Parts<'a>, Unreadable> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| super::damaged())?;
        Ok(Parts {
            archive,
            left: UNPACKED_MAX,
        })
    }

    /// The text of a part; `None` where there is no such part.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Unreadable> {
        let mut part = match self.archive.by_name(name) {
            Ok(part) => part,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(ZipError::UnsupportedArchive(why)) if why.contains("assword") => {
                return Err(Unreadable::Locked);
            }
            Err(_) => return Err(super::damaged()),
        };
        // Counted while it unfolds: the size that an archive states about itself may be a lie.
        let mut bytes = Vec::new();
        let limit = self.left;
        let read = part
            .by_ref()
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|_| super::damaged())?;
        self.left = limit
            .checked_sub(u64::try_from(read).unwrap_or(u64::MAX))
            .ok_or(Unreadable::Bomb)?;
        let text = match (bytes.first(), bytes.get(1)) {
            (Some(0xFF), Some(0xFE)) => encoding_rs::UTF_16LE.decode(&bytes).0.into_owned(),
            (Some(0xFE), Some(0xFF)) => encoding_rs::UTF_16BE.decode(&bytes).0.into_owned(),
            _ => String::from_utf8(bytes).map_err(|_| super::damaged())?,
        };
        Ok(Some(text))
    }
}

/// The value of an attribute.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok().flatten()?;
    Some(
        attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .ok()?
            .into_owned(),
    )
}
