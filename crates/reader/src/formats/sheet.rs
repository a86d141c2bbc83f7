//! Spreadsheets as documents: each sheet a part of the text, a line for each row.

use bihuan_messages::Message;

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
        let before = sheet.rows.len();
        let hidden = std::mem::take(&mut sheet.hidden_rows);
        sheet.rows.retain(|row, _| !hidden.contains(row));
        if sheet.hidden || before == 0 {
            continue;
        }
        let left_out = before.saturating_sub(sheet.rows.len());
        if left_out > 0 {
            let told = Message::new("reader.sheet_hidden_rows").show("n", left_out);
            warnings.push(told.with("sheet", sheet.name.as_str()));
        }
        if sheet.rows.is_empty() {
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
