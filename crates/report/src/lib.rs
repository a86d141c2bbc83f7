//! Renders official documents and tables to bytes: DOCX in the form of GB/T 9704, HTML, XLSX, CSV; PDF with the feature `pdf`.
//!
//! Not for computing anything: the caller brings every figure, date and name in a plain model
//! ([`official::Document`], [`table::Sheet`]) and takes bytes away. No files, no clock, no randomness:
//! the same model gives the same bytes, so that an issued bulletin can be kept by its hash.

use std::fmt;

use bihuan_messages::{Lang, Message};

mod columns;
pub mod csv;
pub mod docx;
mod form;
pub mod html;
pub mod ical;
pub mod numbering;
pub mod official;
pub mod pdf;
pub mod table;
pub mod text;
pub mod xlsx;

/// Why a document or table could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A row of a sheet has more or fewer cells than the sheet has columns.
    RowWidth {
        /// The sheet's title.
        sheet: String,
        /// The row, counted from 1.
        row: usize,
        /// Cells in that row.
        found: usize,
        /// Columns of the sheet.
        expected: usize,
    },
    /// A sheet has more rows than a spreadsheet program can open.
    TooManyRows {
        /// The sheet's title.
        sheet: String,
        /// Rows of the sheet.
        found: usize,
        /// Rows that fit.
        limit: usize,
    },
    /// A sheet has more columns than a spreadsheet program can open.
    TooManyColumns {
        /// The sheet's title.
        sheet: String,
        /// Columns of the sheet.
        found: usize,
        /// Columns that fit.
        limit: usize,
    },
    /// A workbook needs at least one sheet.
    NoSheet,
    /// This program was built without the feature `pdf`.
    NoPdf,
    /// No typeface with Chinese characters that may be embedded in a PDF.
    NoTypeface,
    /// The file container could not be written; the library's own words.
    Container(String),
}

impl Error {
    /// What to tell a person: what was found, what was expected, how to mend it.
    pub fn message(&self) -> Message {
        match self {
            Error::RowWidth {
                sheet,
                row,
                found,
                expected,
            } => Message::new("report.error_row_width")
                .with("sheet", sheet.as_str())
                .show("row", row)
                .show("found", found)
                .show("expected", expected),
            Error::TooManyRows { sheet, found, limit } => Message::new("report.error_too_many_rows")
                .with("sheet", sheet.as_str())
                .show("found", found)
                .show("limit", limit),
            Error::TooManyColumns { sheet, found, limit } => Message::new("report.error_too_many_columns")
                .with("sheet", sheet.as_str())
                .show("found", found)
                .show("limit", limit),
            Error::NoSheet => Message::new("report.error_no_sheet"),
            Error::NoPdf => Message::new("report.error_no_pdf"),
            Error::NoTypeface => Message::new("report.error_no_typeface"),
            Error::Container(why) => Message::new("report.error_container").with("why", why.as_str()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message().text(Lang::default()))
    }
}

impl std::error::Error for Error {}
