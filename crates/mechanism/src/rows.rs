//! Sample rows of registers, from CSV: the first line names fields, `id` is the row's own code.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_diagnostics::{Diagnostic, Span};
use bihuan_domain::id::RowId;
use bihuan_domain::mechanism::RegisterSpec;
use bihuan_messages::Label;

use crate::input::from_text;
use crate::limits::{FILE_BYTES_MAX, ROWS_MAX};
use crate::pack::SampleRow;
use crate::read::{Sp, described, nearest};
use crate::text::{filled, label};

/// Reads the rows of `spec` from the text of the file at `path`.
pub(crate) fn read(
    spec: &RegisterSpec,
    path: &str,
    text: &str,
    found: &mut Vec<Diagnostic>,
) -> Vec<SampleRow> {
    if text.len() > FILE_BYTES_MAX {
        found.push(limit(path, text.len(), FILE_BYTES_MAX, "check.limit_file_bytes"));
        return Vec::new();
    }
    let mut lines = records(text).into_iter();
    let head = lines.next().unwrap_or_default();
    let mut fault = |span: Span, line: usize, what: Label| {
        found.push(described("M0022", path, span, |m| {
            m.show("line", line).with("what", &what)
        }));
    };
    let mut columns = Vec::new();
    for cell in &head {
        let field = spec.fields.iter().find(|field| field.id.as_str() == cell.value);
        if field.is_none() && cell.value != "id" {
            let known = spec.fields.iter().map(|field| field.id.as_str());
            let near = nearest(&cell.value, known).unwrap_or("id");
            fault(
                cell.span,
                1,
                filled("check.rows_column", &[("found", &cell.value), ("known", &near)]),
            );
        }
        columns.push((cell.value.clone(), field));
    }
    let mut rows = Vec::new();
    let mut seen = BTreeSet::new();
    for (n, line) in lines.enumerate() {
        let number = n + 2;
        if n >= ROWS_MAX {
            found.push(limit(path, number, ROWS_MAX, "check.limit_rows"));
            break;
        }
        if line.iter().all(|cell| cell.value.is_empty()) {
            continue;
        }
        let span = line.first().map_or(Span::default(), |cell| cell.span);
        if line.len() != columns.len() {
            let what = filled(
                "check.rows_cells",
                &[("found", &line.len()), ("wanted", &columns.len())],
            );
            fault(span, number, what);
            continue;
        }
        let mut id = None;
        let mut values = BTreeMap::new();
        for (cell, (name, field)) in line.iter().zip(&columns) {
            if name == "id" {
                id = Some(cell);
            }
            let Some(field) = field.filter(|_| !cell.value.is_empty()) else {
                continue;
            };
            match from_text(&cell.value, &field.ty) {
                Ok(input) => {
                    values.insert(field.id.clone(), input);
                }
                Err(what) => fault(cell.span, number, filled2(&field.label, &what)),
            }
        }
        match id.filter(|id| !id.value.is_empty()) {
            None => fault(span, number, label("check.rows_no_id")),
            Some(id) if !seen.insert(id.value.clone()) => {
                fault(
                    id.span,
                    number,
                    filled("check.rows_doubled", &[("found", &id.value)]),
                );
            }
            Some(id) => {
                rows.push(SampleRow {
                    register: spec.id.clone(),
                    row: RowId::new(id.as_str()),
                    values,
                });
            }
        }
    }
    rows
}

fn limit(path: &str, found: usize, max: usize, what: &str) -> Diagnostic {
    described("M0002", path, Span::default(), |m| {
        m.show("found", found).show("max", max).with("what", label(what))
    })
}

fn filled2(field: &Label, what: &Label) -> Label {
    Label::new(
        format!("“{}”：{}", field.zh, what.zh),
        format!("“{}”: {}", field.en, what.en),
    )
}

/// The records of a CSV text (RFC 4180), each cell with its place.
fn records(text: &str) -> Vec<Vec<Sp<String>>> {
    let mut records = Vec::new();
    let mut record: Vec<Sp<String>> = Vec::new();
    let mut cell = String::new();
    let mut start = 0;
    let mut quoted = false;
    let mut chars = text.char_indices().peekable();
    // A byte-order mark, as spreadsheets write it, is no part of the first name.
    if let Some((_, '\u{feff}')) = chars.peek() {
        chars.next();
        start = 3;
    }
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if quoted && matches!(chars.peek(), Some((_, '"'))) => {
                cell.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => {
                record.push(Sp::new(
                    Span::new(start, at),
                    std::mem::take(&mut cell).trim().to_owned(),
                ));
                start = at + 1;
            }
            '\n' if !quoted => {
                record.push(Sp::new(
                    Span::new(start, at),
                    std::mem::take(&mut cell).trim().to_owned(),
                ));
                records.push(std::mem::take(&mut record));
                start = at + 1;
            }
            '\r' if !quoted => {}
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(Sp::new(Span::new(start, text.len()), cell.trim().to_owned()));
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_cells_keep_commas_quotes_and_line_breaks() {
        let read = records("\u{feff}id,name\r\n1,\"甲,\"\"乙\"\"\n丙\"\n2,丁");
        let texts: Vec<Vec<&str>> = read
            .iter()
            .map(|r| r.iter().map(|c| c.as_str()).collect())
            .collect();
        assert_eq!(
            texts,
            [vec!["id", "name"], vec!["1", "甲,\"乙\"\n丙"], vec!["2", "丁"]]
        );
    }
}
