//! ODS (OpenDocument), read by ourselves: the library's reader loses merged cells, asks for memory by repeat counts that
//! a file only claims, and never ends on a table that is cut off.

use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use rust_decimal::Decimal;
use zip::ZipArchive;

use super::grid::Grid;
use super::{COLUMNS_MAX, Cell, Unreadable};

/// A row that repeats itself with content is written out at most so often.
const REPEAT_MAX: u32 = 100_000;

pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<Grid>, Unreadable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let manifest = part(&mut archive, "META-INF/manifest.xml").unwrap_or_default();
    if manifest.contains("encryption-data") {
        return Err(Unreadable::Locked);
    }
    let content = part(&mut archive, "content.xml")?;
    if !content.contains("office:spreadsheet") {
        return Err(Unreadable::Other {
            what: "OpenDocument".to_owned(),
        });
    }
    let mut reader = Reader::from_str(&content);
    reader.config_mut().expand_empty_elements = true;
    let mut grids = Vec::new();
    loop {
        match reader.read_event().map_err(|error| damaged(&error))? {
            Event::Start(start) if start.name().as_ref() == "table:table" => {
                let name = attribute(&start, "table:name").unwrap_or_default();
                grids.push(sheet(&mut reader, &name)?);
            }
            Event::Eof => return Ok(grids),
            _ => {}
        }
    }
}

fn part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<String, Unreadable> {
    let mut bytes = Vec::new();
    // Its size was measured before; see `sniff`.
    archive
        .by_name(name)
        .map_err(|error| damaged(&error))?
        .read_to_end(&mut bytes)
        .map_err(|error| damaged(&error))?;
    String::from_utf8(bytes).map_err(|error| damaged(&error))
}

fn damaged(error: &dyn std::fmt::Display) -> Unreadable {
    Unreadable::Damaged {
        why: error.to_string(),
    }
}

fn sheet(reader: &mut Reader<&[u8]>, name: &str) -> Result<Grid, Unreadable> {
    let mut grid = Grid::new(name, false);
    let (mut row, mut column) = (0u32, 0usize);
    loop {
        match reader.read_event().map_err(|error| damaged(&error))? {
            Event::Start(start) | Event::Empty(start) if start.name().as_ref() == "table:table-column" => {
                let repeat = usize::try_from(count(&start, "table:number-columns-repeated"));
                let end = column.saturating_add(repeat.unwrap_or(usize::MAX));
                if !is_shown(&start) {
                    grid.hidden_columns.extend(column..end.min(COLUMNS_MAX));
                }
                column = end;
            }
            Event::Start(start) if start.name().as_ref() == "table:table-row" => {
                let repeat = count(&start, "table:number-rows-repeated");
                if !is_shown(&start) {
                    let end = row.saturating_add(repeat.min(REPEAT_MAX));
                    grid.hidden_rows.extend(row..end);
                }
                let cells = cells(reader, &mut grid, row)?;
                if !cells.is_empty() {
                    if repeat > REPEAT_MAX {
                        return Err(Unreadable::TooManyRows {
                            sheet: name.to_owned(),
                        });
                    }
                    for n in 0..repeat {
                        for (column, cell) in &cells {
                            grid.put(row.saturating_add(n), *column, cell.clone())?;
                        }
                    }
                }
                row = row.saturating_add(repeat);
            }
            Event::End(end) if end.name().as_ref() == "table:table" => return Ok(grid),
            Event::Eof => return Err(damaged(&"content.xml")),
            _ => {}
        }
    }
}

fn is_shown(start: &BytesStart<'_>) -> bool {
    attribute(start, "table:visibility").is_none_or(|how| how == "visible")
}

fn cells(reader: &mut Reader<&[u8]>, grid: &mut Grid, row: u32) -> Result<Vec<(usize, Cell)>, Unreadable> {
    let mut found = Vec::new();
    let mut column = 0usize;
    loop {
        match reader.read_event().map_err(|error| damaged(&error))? {
            Event::Start(start)
                if matches!(
                    start.name().as_ref(),
                    "table:table-cell" | "table:covered-table-cell"
                ) =>
            {
                let covered = start.name().as_ref() == "table:covered-table-cell";
                let repeat = count(&start, "table:number-columns-repeated");
                let wide = count(&start, "table:number-columns-spanned");
                let tall = count(&start, "table:number-rows-spanned");
                let value = value(reader, &start)?;
                let repeat = usize::try_from(repeat).unwrap_or(usize::MAX);
                if !covered && !matches!(&value, Cell::Empty) {
                    if repeat > COLUMNS_MAX {
                        return Err(Unreadable::TooManyColumns {
                            sheet: grid.name.clone(),
                        });
                    }
                    found.extend((0..repeat).map(|n| (column.saturating_add(n), value.clone())));
                }
                if wide > 1 || tall > 1 {
                    let right = column
                        .saturating_add(usize::try_from(wide).unwrap_or(usize::MAX))
                        .saturating_sub(1);
                    grid.merge(row, column, row.saturating_add(tall).saturating_sub(1), right);
                }
                column = column.saturating_add(repeat);
            }
            Event::End(end) if end.name().as_ref() == "table:table-row" => return Ok(found),
            Event::Eof => return Err(damaged(&"content.xml")),
            _ => {}
        }
    }
}

fn value(reader: &mut Reader<&[u8]>, start: &BytesStart<'_>) -> Result<Cell, Unreadable> {
    let text = words(reader, start)?;
    let stated = attribute(start, "office:value");
    let number = stated.as_deref().and_then(|value| {
        Decimal::from_str_exact(value)
            .or_else(|_| Decimal::from_scientific(value))
            .ok()
    });
    let kind = attribute(start, "office:value-type").unwrap_or_default();
    Ok(match (kind.as_str(), number) {
        ("percentage", Some(number)) => Cell::Percent(
            number
                .checked_mul(Decimal::ONE_HUNDRED)
                .unwrap_or(number)
                .round_sf(15)
                .unwrap_or(number),
        ),
        // A unit that the format prints belongs to the number, as in XLSX.
        ("float" | "currency", Some(number)) if !text.contains("万元") && !text.contains("亿元") => {
            Cell::Number(number.round_sf(15).unwrap_or(number))
        }
        ("date", _) => {
            let stated = attribute(start, "office:date-value").unwrap_or_default();
            super::xlsx::iso(&stated)
        }
        ("boolean", _) => Cell::Bool(attribute(start, "office:boolean-value").as_deref() == Some("true")),
        _ if text.trim().is_empty() => Cell::Empty,
        _ => Cell::Text(text),
    })
}

/// The text of a cell, up to its end; comments on it are left out.
fn words(reader: &mut Reader<&[u8]>, start: &BytesStart<'_>) -> Result<String, Unreadable> {
    let (mut text, mut paragraphs, mut comment) = (String::new(), 0u32, 0u32);
    loop {
        match reader.read_event().map_err(|error| damaged(&error))? {
            Event::Start(inner) => match inner.name().as_ref() {
                "office:annotation" => comment += 1,
                "text:p" if comment == 0 => {
                    if paragraphs > 0 {
                        text.push('\n');
                    }
                    paragraphs += 1;
                }
                "text:s" if comment == 0 => text.push(' '),
                "text:line-break" if comment == 0 => text.push('\n'),
                _ => {}
            },
            Event::End(end) if end.name().as_ref() == "office:annotation" => {
                comment = comment.saturating_sub(1)
            }
            Event::End(end) if end.name() == start.name() => return Ok(text),
            Event::Text(part) if comment == 0 => text.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) if comment == 0 => match &*entity {
                "amp" => text.push('&'),
                "lt" => text.push('<'),
                "gt" => text.push('>'),
                "quot" => text.push('"'),
                "apos" => text.push('\''),
                _ => text.extend(entity.resolve_char_ref().ok().flatten()),
            },
            Event::Eof => return Err(damaged(&"content.xml")),
            _ => {}
        }
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok()??;
    Some(
        attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .ok()?
            .into_owned(),
    )
}

fn count(start: &BytesStart<'_>, name: &str) -> u32 {
    attribute(start, name)
        .and_then(|n| n.parse().ok())
        .unwrap_or(1)
        .max(1)
}
