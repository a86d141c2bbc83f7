//! Reads ledgers kept in spreadsheets (XLSX, XLS, ODS, CSV): bytes in, tables of typed cells out. Pure.
//!
//! Finds the header under its title lines, joins headers of two rows, fills merged cells, leaves out empty, total and
//! repeated rows and says so. Not for deciding what a column means to a mechanism: that is the import's.

mod amount;
mod csv;
mod day;
mod grid;
mod hidden;
mod layout;
mod ods;
mod sniff;
mod words;
mod xls;
mod xlsx;

use bihuan_messages::Message;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::decode;

pub use amount::{Number, factor, number, unit_in};
pub use day::{Day, Month, Year, day};
pub(crate) use grid::Grid;
pub use words::{Likely, likely, plain};

/// Largest file that is read, in bytes.
pub const BYTES_MAX: usize = 20 * 1024 * 1024;

/// Largest size to which a packed workbook may unfold, in bytes.
pub const UNPACKED_MAX: u64 = 200 * 1024 * 1024;

/// Most rows with content in one sheet.
pub const ROWS_MAX: usize = 100_000;

/// Most columns of a table. A ledger has some twenty.
pub const COLUMNS_MAX: usize = 512;

/// Most cells with content in one file.
pub const CELLS_MAX: usize = 4_000_000;

/// One table of a sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name of its sheet; empty for a CSV file.
    pub sheet: String,
    /// Whether the sheet is hidden.
    pub hidden: bool,
    /// What stands above the header, such as `2026年重点任务台账`.
    pub title: Option<String>,
    /// Row of the header (the last one where it has several), as the spreadsheet counts.
    pub header_row: u32,
    /// Columns from left to right.
    pub columns: Vec<Column>,
    /// Rows of data; each has as many cells as there are columns.
    pub rows: Vec<Row>,
    /// Numbers of the rows of data that are hidden in the sheet, or filtered away.
    pub hidden_rows: std::collections::BTreeSet<u32>,
    /// Rows that are no data, in order.
    pub skipped: Vec<Skipped>,
    /// The unit that a line above the header states for all amounts (`单位：万元`).
    pub unit: Option<String>,
    /// A year that stands in the title or the sheet's name.
    pub year: Option<i16>,
    /// Whether days are counted from 1904, as old Macintosh workbooks do.
    pub epoch_1904: bool,
    /// What a person should know about the file: guessed encoding, delimiter.
    pub notes: Vec<Message>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its letter in the spreadsheet.
    pub letter: String,
    /// Its header; the parts of a header of several rows are joined by `/`. Unique within the table.
    pub header: String,
}

/// A row of data.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its number, as the spreadsheet counts.
    pub number: u32,
    /// One cell a column.
    pub cells: Vec<Cell>,
}

/// A typed cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text, trimmed.
    Text(String),
    /// A number, exact.
    Number(Decimal),
    /// A percentage: 35 where the sheet shows `35%`.
    Percent(Decimal),
    /// A calendar day.
    Date(Date),
    /// Yes or no.
    Bool(bool),
    /// A formula that failed, such as `#REF!`.
    Fault(String),
}

/// A row that is no data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its number.
    pub row: u32,
    /// Why.
    pub why: Skip,
    /// What it begins with.
    pub text: String,
}

/// Why a row is no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// A sum: 合计, 小计, 总计.
    Total,
    /// The heading of a section inside the table.
    Section,
    /// The header once more.
    Header,
    /// A remark under the table: 注, 填表人.
    Foot,
    /// Nothing but a running number.
    Blank,
}

/// Why a file holds no table that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Not the bytes of a text.
    Text(decode::Unreadable),
    /// Larger than [`BYTES_MAX`].
    TooLarge {
        /// Size found, in bytes.
        bytes: usize,
    },
    /// Unfolds to more than [`UNPACKED_MAX`].
    Bomb,
    /// Protected with a password.
    Locked,
    /// Known, but no spreadsheet; or one of a kind that is not read.
    Other {
        /// What it is.
        what: String,
    },
    /// A spreadsheet whose inside is broken.
    Damaged {
        /// What could not be read.
        why: String,
    },
    /// A quotation mark that is never closed.
    OpenQuote {
        /// In which row it was opened.
        row: u32,
    },
    /// More than [`ROWS_MAX`].
    TooManyRows {
        /// The sheet.
        sheet: String,
    },
    /// More than [`COLUMNS_MAX`].
    TooManyColumns {
        /// The sheet.
        sheet: String,
    },
    /// More than [`CELLS_MAX`].
    TooManyCells,
    /// No row that could be a header with data under it.
    NoTable,
}

impl Unreadable {
    /// What to tell the person who gave the file.
    pub fn message(&self) -> Message {
        match self {
            Unreadable::Text(decode::Unreadable::Binary { looks_like }) if looks_like.is_empty() => {
                Message::new("import.no_spreadsheet")
            }
            Unreadable::Text(decode::Unreadable::Binary { looks_like }) => {
                Message::new("import.other_kind").with("what", looks_like.as_str())
            }
            Unreadable::Text(unreadable) => unreadable.message(),
            Unreadable::TooLarge { bytes } => Message::new("import.too_large")
                .show("mib", bytes.div_ceil(1024 * 1024))
                .show("limit", BYTES_MAX / (1024 * 1024)),
            Unreadable::Bomb => Message::new("import.bomb").show("limit", UNPACKED_MAX / (1024 * 1024)),
            Unreadable::Locked => Message::new("import.locked"),
            Unreadable::Other { what } => Message::new("import.other_kind").with("what", what.as_str()),
            Unreadable::Damaged { why } => Message::new("import.damaged").with("why", why.as_str()),
            Unreadable::OpenQuote { row } => Message::new("import.open_quote").show("row", row),
            Unreadable::TooManyRows { sheet } => Message::new("import.too_many_rows")
                .with("sheet", sheet.as_str())
                .show("limit", ROWS_MAX),
            Unreadable::TooManyColumns { sheet } => Message::new("import.too_many_columns")
                .with("sheet", sheet.as_str())
                .show("limit", COLUMNS_MAX),
            Unreadable::TooManyCells => Message::new("import.too_many_cells").show("limit", CELLS_MAX),
            Unreadable::NoTable => Message::new("import.no_table"),
        }
    }
}

/// Reads every table of a file, in the order of its sheets. The kind of file is seen from its bytes, never its name.
///
/// # Errors
///
/// [`Unreadable`] says in one sentence what was found and what to do. Never panics.
///
/// # Example
///
/// ```
/// let file = "序号,任务,责任单位\n1,改造老旧小区,住建局\n".as_bytes();
/// let tables = bihuan_reader::table::read(file).unwrap();
/// assert_eq!(tables[0].rows.len(), 1);
/// assert_eq!(tables[0].columns[2].header, "责任单位");
/// ```
pub fn read(bytes: &[u8]) -> Result<Vec<Table>, Unreadable> {
    if bytes.len() > BYTES_MAX {
        return Err(Unreadable::TooLarge { bytes: bytes.len() });
    }
    let mut tables = Vec::new();
    for sheet in &sheets(bytes)? {
        tables.extend(tables_of(sheet)?);
    }
    // What people see first comes first.
    tables.sort_by_key(|table| table.hidden);
    if tables.is_empty() {
        Err(Unreadable::NoTable)
    } else {
        Ok(tables)
    }
}

/// The sheets of a spreadsheet as they stand, before their tables are found.
pub(crate) fn sheets(bytes: &[u8]) -> Result<Vec<Grid>, Unreadable> {
    match sniff::kind(bytes)? {
        sniff::Kind::Xlsx => xlsx::sheets(bytes),
        sniff::Kind::Xls => xls::sheets(bytes),
        sniff::Kind::Ods => ods::sheets(bytes),
        sniff::Kind::Text => csv::sheets(bytes),
    }
}

/// The tables of a sheet, also of one that stood in a document.
pub(crate) fn tables_of(sheet: &Grid) -> Result<Vec<Table>, Unreadable> {
    layout::tables(sheet)
}

impl Cell {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        matches!(self, Cell::Empty)
    }

    /// As a person reads it in the sheet.
    pub fn text(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) | Cell::Fault(text) => text.clone(),
            Cell::Number(number) => number.normalize().to_string(),
            Cell::Percent(number) => format!("{}%", number.normalize()),
            Cell::Date(date) => date.to_string(),
            Cell::Bool(true) => "是".to_owned(),
            Cell::Bool(false) => "否".to_owned(),
        }
    }
}

/// Why a cell could not be read as what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was expected.
    pub expected: Message,
    /// How to mend it.
    pub mend: Message,
}

impl Problem {
    pub(crate) fn new(expected: &str, mend: Message) -> Self {
        Problem {
            expected: Message::new(format!("import.expected_{expected}")),
            mend,
        }
    }
}

/// Full-width forms made half-width, for reading and comparing; never for storing.
pub fn narrow(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c).wrapping_sub(0xFEE0)).unwrap_or(c),
            '\u{3000}' | '\u{00A0}' => ' ',
            other => other,
        })
        .collect()
}

/// The letters of a column, counted from 0: A, B … Z, AA.
pub(crate) fn letters(column: usize) -> String {
    let mut rest = column;
    let mut out = Vec::new();
    loop {
        let digit = u8::try_from(rest % 26).unwrap_or(0);
        out.push(char::from(b'A'.saturating_add(digit)));
        match (rest / 26).checked_sub(1) {
            Some(next) => rest = next,
            None => break,
        }
    }
    out.iter().rev().collect()
}
