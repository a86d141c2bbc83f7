//! Which rows and columns of an Excel workbook are hidden: people hide them, or filter rows away, and hand in what is left.
//! The table reader does not tell, so the sheets are looked at for it alone.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::{COLUMNS_MAX, ROWS_MAX, UNPACKED_MAX};

/// The largest part that says where the sheets are, in bytes.
const INDEX_MAX: u64 = 4 * 1024 * 1024;

/// What is hidden in a sheet, counted from 0.
#[derive(Default)]
pub(super) struct Hidden {
    pub(super) rows: BTreeSet<u32>,
    pub(super) columns: BTreeSet<usize>,
}

/// What is hidden in each sheet; what cannot be read hides nothing.
pub(super) fn of_book(bytes: &[u8]) -> BTreeMap<String, Hidden> {
    let mut hidden = BTreeMap::new();
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
        return hidden;
    };
    let targets: BTreeMap<String, String> = pairs(
        &index(&mut archive, "xl/_rels/workbook.xml.rels"),
        "Relationship",
        "Id",
        "Target",
    )
    .into_iter()
    .collect();
    for (name, id) in pairs(&index(&mut archive, "xl/workbook.xml"), "sheet", "name", "r:id") {
        let Some(target) = targets.get(&id) else { continue };
        let path = match target.strip_prefix('/') {
            Some(whole) => whole.to_owned(),
            None => format!("xl/{target}"),
        };
        let Ok(part) = archive.by_name(&path) else {
            continue;
        };
        hidden.insert(name, of_sheet(part.take(UNPACKED_MAX)));
    }
    hidden
}

fn index(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> String {
    let mut text = String::new();
    if let Ok(part) = archive.by_name(name) {
        // What is no text has no sheets.
        let _ = part.take(INDEX_MAX).read_to_string(&mut text);
    }
    text
}

/// Two attributes of every element of a name.
fn pairs(xml: &str, element: &str, first: &str, second: &str) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    let mut found = Vec::new();
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == element => {
                found.extend(attribute(&start, first).zip(attribute(&start, second)));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    found
}

fn of_sheet(part: impl Read) -> Hidden {
    let mut reader = Reader::from_reader(BufReader::new(part));
    reader.config_mut().check_end_names = false;
    let mut found = Hidden::default();
    let mut buffer = Vec::new();
    let mut next = 0u32;
    while let Ok(event) = reader.read_event_into(&mut buffer) {
        match event {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "row" => {
                let number = attribute(&start, "r").and_then(|number| number.parse::<u32>().ok());
                let row = number.and_then(|number| number.checked_sub(1)).unwrap_or(next);
                next = row.saturating_add(1);
                if is_hidden(&start) && found.rows.len() <= ROWS_MAX {
                    found.rows.insert(row);
                }
            }
            // The columns from one to another; the last may be the last that there can be.
            Event::Start(start) | Event::Empty(start)
                if start.local_name().as_ref() == "col" && is_hidden(&start) =>
            {
                let end = |name| attribute(&start, name).and_then(|number| number.parse::<usize>().ok());
                if let (Some(from), Some(to)) = (end("min"), end("max")) {
                    found.columns.extend(from.saturating_sub(1)..to.min(COLUMNS_MAX));
                }
            }
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    found
}

fn is_hidden(start: &BytesStart<'_>) -> bool {
    matches!(attribute(start, "hidden").as_deref(), Some("1" | "true"))
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok().flatten()?;
    let value = attribute
        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
        .ok()?;
    Some(value.into_owned())
}
