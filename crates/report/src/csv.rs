//! CSV for other programs: UTF-8 with a byte order mark (so that spreadsheets read Chinese), RFC 4180, lines end in CR LF.
//!
//! The first line is the header; the sheet's title and notes are left out. A *text* that a spreadsheet would take for a
//! formula is given an apostrophe in front ([`guard`]); whoever reads the file back takes it away again ([`unguard`]).

use crate::table::{Cell, Sheet, check_rows};
use crate::{Error, text};

/// The sheet as CSV bytes.
///
/// Numbers are exact and without separators of thousands; money is in yuan with two places; days are `2026-11-22`, times
/// `2026-11-22 14:30:00`.
///
/// # Errors
///
/// [`Error::RowWidth`] if a row does not have one cell per column.
pub fn render(sheet: &Sheet) -> Result<Vec<u8>, Error> {
    check_rows(sheet)?;
    let mut writer = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::CRLF)
        .from_writer("\u{FEFF}".as_bytes().to_vec());
    let container = |error: ::csv::Error| Error::Container(error.to_string());
    if !sheet.columns.is_empty() {
        writer
            .write_record(sheet.columns.iter().map(|c| guard(&text::clean(&c.label))))
            .map_err(container)?;
    }
    for row in &sheet.rows {
        if row.is_empty() {
            continue;
        }
        writer
            .write_record(row.iter().zip(&sheet.columns).map(|(cell, column)| match cell {
                Cell::Text(words) => guard(&text::clean(words)),
                exact => exact.plain(column.kind),
            }))
            .map_err(container)?;
    }
    writer
        .into_inner()
        .map_err(|error| Error::Container(error.to_string()))
}

/// Puts an apostrophe before a text that a spreadsheet would take for a formula.
///
/// Such a text begins, after blanks and apostrophes, with `=`, `+`, `-`, `@` or their full-width forms, or it begins with
/// a tab or a line end; a `-` alone is no formula. Nothing else is changed, and [`unguard`] gives the text back exactly.
///
/// ```
/// use bihuan_report::csv::{guard, unguard};
/// assert_eq!(guard("=1+1"), "'=1+1");
/// assert_eq!(unguard(&guard("=1+1")), "=1+1");
/// assert_eq!(guard("交城县"), "交城县");
/// ```
pub fn guard(text: &str) -> String {
    if looks_like_formula(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Takes back what [`guard`] did.
pub fn unguard(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if looks_like_formula(rest) => rest,
        _ => text,
    }
}

/// Whether a spreadsheet might compute this text.
pub(crate) fn looks_like_formula(text: &str) -> bool {
    if text.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    // The usual sign for “nothing” in a column of figures.
    if text == "-" || text == "'-" {
        return false;
    }
    let start = text.trim_start_matches(|c: char| c == '\'' || c.is_whitespace());
    start.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '−'])
        || (text.starts_with('\'') && text.trim_start_matches('\'').starts_with(['\t', '\r', '\n']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::{Column, Kind};

    #[test]
    fn a_formula_in_a_name_is_neutralised_and_quoted() {
        let sheet = Sheet {
            columns: vec![
                Column::new("单位", Kind::Text),
                Column::new("差额（元）", Kind::Money),
            ],
            rows: vec![
                vec!["=HYPERLINK(\"http://x\",\"点\")".into(), Cell::Money(-150)],
                vec!["甲,乙\r\n丙".into(), Cell::Empty],
            ],
            ..Sheet::default()
        };
        let text = String::from_utf8(render(&sheet).unwrap()).unwrap();
        assert_eq!(
            text,
            "\u{FEFF}单位,差额（元）\r\n\"'=HYPERLINK(\"\"http://x\"\",\"\"点\"\")\",-1.50\r\n\"甲,乙\n丙\",\r\n"
        );
    }

    #[test]
    fn a_row_that_is_too_short_is_named() {
        let sheet = Sheet {
            title: "项目台账".into(),
            columns: vec![Column::new("甲", Kind::Text), Column::new("乙", Kind::Text)],
            rows: vec![vec!["1".into(), "2".into()], vec!["3".into()]],
            ..Sheet::default()
        };
        assert_eq!(
            render(&sheet).unwrap_err().to_string(),
            "表“项目台账”第 2 行有 1 格，应有 2 格（每列一格）"
        );
    }

    proptest! {
        #[test]
        fn guarding_is_undone_exactly(text in "['=+\\-@ \\t\\n＝a交]{0,6}") {
            let guarded = guard(&text);
            prop_assert_eq!(unguard(&guarded), text.as_str());
        }

        #[test]
        fn a_csv_reader_finds_every_cell_again(cells in proptest::collection::vec("\\PC{0,12}", 3)) {
            let sheet = Sheet {
                columns: (0..3).map(|n| Column::new(format!("列{n}"), Kind::Text)).collect(),
                rows: vec![cells.iter().map(|c| Cell::from(c.as_str())).collect()],
                ..Sheet::default()
            };
            let bytes = render(&sheet).unwrap();
            let mut reader = ::csv::Reader::from_reader(bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap());
            let row = reader.records().next().unwrap().unwrap();
            let found: Vec<&str> = row.iter().map(unguard).collect();
            let wanted: Vec<String> = cells.iter().map(|c| text::clean(c).into_owned()).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
