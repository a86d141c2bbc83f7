//! CSV: the encoding is found, the delimiter is found, and rows keep the numbers that a spreadsheet gives them.

use bihuan_messages::Message;

use super::grid::Grid;
use super::{Cell, Unreadable};
use crate::decode;

/// Delimiters, the usual one first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Rows that decide on the delimiter.
const SAMPLE: usize = 60;

/// Line breaks inside one cell; beyond it a quotation mark was forgotten.
const BREAKS_MAX: usize = 200;

pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<Grid>, Unreadable> {
    let decoded = decode(bytes).map_err(Unreadable::Text)?;
    // One sign for the end of a line, so that lines can be counted whatever system wrote them.
    let text = decoded.text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.as_str();
    // Excel's own way of naming the delimiter.
    let (text, stated, first) = match text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n')) {
        Some((sign, rest)) if sign.trim_end().len() == 1 => (rest, sign.bytes().next(), 1u32),
        _ => (text, None, 0),
    };
    let delimiter = match stated {
        Some(delimiter) => delimiter,
        None => delimiter(text).ok_or(Unreadable::NoTable)?,
    };
    let mut grid = Grid::new("", false);
    grid.notes = decoded.warnings;
    if delimiter != b',' {
        let name = if delimiter == b'\t' {
            "TAB".to_owned()
        } else {
            char::from(delimiter).to_string()
        };
        grid.notes
            .push(Message::new("import.delimiter").with("delimiter", name));
    }
    let mut inner_breaks = 0u64;
    for record in reader(text, delimiter).records() {
        let record = record.map_err(|error| Unreadable::Damaged {
            why: error.to_string(),
        })?;
        // Lines are counted by the parser, rows by the spreadsheet: a cell may hold several lines.
        let line = record
            .position()
            .map_or(1, |position| position.line())
            .saturating_sub(inner_breaks);
        let row = u32::try_from(line)
            .unwrap_or(u32::MAX)
            .saturating_sub(1)
            .saturating_add(first);
        for (column, field) in record.iter().enumerate() {
            let breaks = field.matches('\n').count();
            if breaks > BREAKS_MAX {
                return Err(Unreadable::OpenQuote {
                    row: row.saturating_add(1),
                });
            }
            inner_breaks = inner_breaks.saturating_add(u64::try_from(breaks).unwrap_or(0));
            grid.put(row, column, Cell::Text(unguarded(field)))?;
        }
    }
    Ok(vec![grid])
}

fn reader(text: &str, delimiter: u8) -> ::csv::Reader<&[u8]> {
    ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes())
}

/// What our own export put before a text that looks like a formula is taken away again; `="001"` is a text.
fn unguarded(field: &str) -> String {
    if let Some(inner) = field.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return inner.to_owned();
    }
    match field.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) => rest.to_owned(),
        _ => field.to_owned(),
    }
}

/// The delimiter that gives the most rows the same number of columns.
fn delimiter(text: &str) -> Option<u8> {
    let score = |delimiter: u8| -> usize {
        let widths: Vec<usize> = reader(text, delimiter)
            .records()
            .take(SAMPLE)
            .filter_map(Result::ok)
            .map(|record| record.len())
            .filter(|width| *width > 1)
            .collect();
        let usual = widths
            .iter()
            .map(|width| (widths.iter().filter(|w| *w == width).count(), *width))
            .max();
        usual.map_or(0, |(rows, width)| {
            rows.saturating_mul(1_000).saturating_add(width.min(999))
        })
    };
    let mut best = None;
    for delimiter in DELIMITERS {
        let score = score(delimiter);
        if score > best.map_or(0, |(score, _)| score) {
            best = Some((score, delimiter));
        }
    }
    best.map(|(_, delimiter)| delimiter)
}
