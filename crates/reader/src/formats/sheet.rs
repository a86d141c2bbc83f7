//! Spreadsheets as documents: each sheet a part of the text, a line for each row.

use super::page::Page;
use super::{Kind, Opened, Unreadable, finish};
use crate::table;

pub(super) fn open(kind: Kind, bytes: &[u8]) -> Result<Opened, Unreadable> {
    if bytes.len() > table::BYTES_MAX {
        return Err(Unreadable::TooLarge {
            bytes: bytes.len(),
            limit: table::BYTES_MAX,
        });
    }
    let mut page = Page::default();
    let mut warnings = Vec::new();
    let sheets = table::sheets(bytes)?;
    let several = sheets.iter().filter(|sheet| !sheet.rows.is_empty()).count() > 1;
    for mut sheet in sheets {
        // What people hid, they did not mean to hand in.
        if sheet.hidden || sheet.rows.is_empty() {
            continue;
        }
        warnings.append(&mut sheet.notes);
        page.blank()?;
        if several {
            page.line(&sheet.name)?;
        }
        page.sheet(sheet)?;
    }
    finish(kind, page, warnings)
}
