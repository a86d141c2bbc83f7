//! Which rows of an Excel workbook are hidden: people hide rows, or filter them away, and hand in what is left. The table
//! reader does not tell, so the sheets are looked at for it alone.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::{ROWS_MAX, UNPACKED_MAX};

/// The largest part that says where the sheets are, in bytes.
const INDEX_MAX: u64 = 4 * 1024 * 1024;

/// The hidden rows of each sheet, counted from 0; what cannot be read hides nothing.
pub(super) fn rows(bytes: &[u8]) -> BTreeMap<String, BTreeSet<u32>> {
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
        let rows = of_sheet(part.take(UNPACKED_MAX));
        if !rows.is_empty() {
            hidden.insert(name, rows);
        }
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

fn of_sheet(part: impl Read) -> BTreeSet<u32> {
    let mut reader = Reader::from_reader(BufReader::new(part));
    reader.config_mut().check_end_names = false;
    let mut rows = BTreeSet::new();
    let mut buffer = Vec::new();
    let mut next = 0u32;
    while let Ok(event) = reader.read_event_into(&mut buffer) {
        match event {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "row" => {
                let number = attribute(&start, "r").and_then(|number| number.parse::<u32>().ok());
                let row = number.and_then(|number| number.checked_sub(1)).unwrap_or(next);
                next = row.saturating_add(1);
                let hidden = attribute(&start, "hidden");
                if matches!(hidden.as_deref(), Some("1" | "true")) && rows.len() <= ROWS_MAX {
                    rows.insert(row);
                }
            }
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    rows
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok().flatten()?;
    let value = attribute
        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
        .ok()?;
    Some(value.into_owned())
}
