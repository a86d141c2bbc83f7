//! The plain model of an exported table: typed columns and exact cells, rendered by [`crate::xlsx`] and [`crate::csv`].

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

use crate::Error;

/// One table: a ledger (台账), a list of events, an annex to a bulletin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its title; in a workbook also the name on the sheet's tab.
    pub title: String,
    /// Lines that say what one is looking at: as-of time, filters, query, log head. XLSX shows them above the
    /// table; CSV leaves them out, because its first line must be the header.
    pub notes: Vec<String>,
    /// The instant the rows were read at, in the time of the office. It becomes the workbook's date of creation.
    pub as_of: Option<DateTime>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with one cell per column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column: its head and what its cells hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The head of the column, with its unit where it has one: 总投资（元）.
    pub label: String,
    /// What its cells hold.
    pub kind: Kind,
}

impl Column {
    /// A column of `kind` under `label`.
    pub fn new(label: impl Into<String>, kind: Kind) -> Self {
        Column {
            label: label.into(),
            kind,
        }
    }
}

/// What the cells of a column hold; it decides alignment, width and number format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words, codes, numbers with leading zeros.
    Text,
    /// Whole numbers.
    Integer,
    /// Exact decimals, shown with this many places.
    Decimal(u32),
    /// Days.
    Date,
    /// Days with the time of day, to the minute.
    DateTime,
    /// Money, stored in fen and shown in yuan with two places.
    Money,
}

/// One cell. A cell need not be of its column's kind (a “—” in a column of figures): it keeps its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Words.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An exact decimal.
    Decimal(Decimal),
    /// A day.
    Date(Date),
    /// A day with the time of day, in the time of the office.
    DateTime(DateTime),
    /// Money in fen.
    Money(i64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl From<Date> for Cell {
    fn from(day: Date) -> Self {
        Cell::Date(day)
    }
}

impl From<DateTime> for Cell {
    fn from(time: DateTime) -> Self {
        Cell::DateTime(time)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Cell::Empty, Into::into)
    }
}

impl Cell {
    /// The cell as plain text, exact and without separators of thousands: what CSV holds.
    ///
    /// `kind` is the kind of its column: it gives a decimal its places. A decimal is never rounded; one with
    /// more places than the column shows them all.
    pub fn plain(&self, kind: Kind) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Integer(n) => n.to_string(),
            Cell::Decimal(value) => decimal_text(*value, kind),
            Cell::Date(day) => day.to_string(),
            Cell::DateTime(time) => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            Cell::Money(fen) => yuan_text(*fen),
        }
    }
}

/// Money in yuan with two places, from fen: 2480000000000 fen is `24800000000.00`.
pub fn yuan_text(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// Checks that every row has one cell per column.
///
/// # Errors
///
/// [`Error::RowWidth`] names the first row that has not.
pub(crate) fn check_rows(sheet: &Sheet) -> Result<(), Error> {
    let expected = sheet.columns.len();
    match sheet.rows.iter().position(|row| row.len() != expected) {
        None => Ok(()),
        Some(at) => Err(Error::RowWidth {
            sheet: sheet.title.clone(),
            row: at + 1,
            found: sheet.rows.get(at).map_or(0, Vec::len),
            expected,
        }),
    }
}

fn decimal_text(value: Decimal, kind: Kind) -> String {
    let Kind::Decimal(places) = kind else {
        return value.to_string();
    };
    let mut shown = value.normalize();
    if shown.scale() < places {
        shown.rescale(places);
    }
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_to_the_fen() {
        assert_eq!(yuan_text(2_480_000_000_000), "24800000000.00");
        assert_eq!(yuan_text(-5), "-0.05");
        assert_eq!(yuan_text(i64::MIN), "-92233720368547758.08");
    }

    #[test]
    fn a_decimal_is_padded_but_never_rounded() {
        let value = Decimal::new(53_125, 3);
        assert_eq!(Cell::Decimal(value).plain(Kind::Decimal(1)), "53.125");
        assert_eq!(
            Cell::Decimal(Decimal::new(53, 0)).plain(Kind::Decimal(2)),
            "53.00"
        );
        assert_eq!(Cell::Decimal(Decimal::new(5300, 2)).plain(Kind::Integer), "53.00");
    }
}
