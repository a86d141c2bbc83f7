//! A sheet before its tables are found: cells by row, merged areas, and the limits that keep a hostile file small.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{CELLS_MAX, COLUMNS_MAX, Cell, ROWS_MAX, Unreadable};

/// A sheet.
pub(crate) struct Grid {
    pub(crate) name: String,
    pub(crate) hidden: bool,
    /// Rows that are hidden, counted from 0.
    pub(crate) hidden_rows: std::collections::BTreeSet<u32>,
    /// Columns that are hidden, counted from 0.
    pub(crate) hidden_columns: std::collections::BTreeSet<usize>,
    /// Rows with content, counted from 0.
    pub(crate) rows: BTreeMap<u32, Vec<Cell>>,
    pub(crate) merges: Vec<Merge>,
    pub(crate) epoch_1904: bool,
    pub(crate) notes: Vec<bihuan_messages::Message>,
    cells: usize,
}

/// A merged area; both corners belong to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Merge {
    pub(crate) top: u32,
    pub(crate) left: usize,
    pub(crate) bottom: u32,
    pub(crate) right: usize,
}

impl Grid {
    pub(crate) fn new(name: &str, hidden: bool) -> Self {
        Grid {
            name: name.to_owned(),
            hidden,
            hidden_rows: Default::default(),
            hidden_columns: Default::default(),
            rows: BTreeMap::new(),
            merges: Vec::new(),
            epoch_1904: false,
            notes: Vec::new(),
            cells: 0,
        }
    }

    /// Puts a cell in its place; empty ones take none.
    pub(crate) fn put(&mut self, row: u32, column: usize, cell: Cell) -> Result<(), Unreadable> {
        let cell = match cell {
            Cell::Text(text) => {
                let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\0');
                if trimmed.is_empty() {
                    return Ok(());
                }
                if trimmed.len() == text.len() {
                    Cell::Text(text)
                } else {
                    Cell::Text(trimmed.to_owned())
                }
            }
            Cell::Empty => return Ok(()),
            other => other,
        };
        if column >= COLUMNS_MAX {
            return Err(Unreadable::TooManyColumns {
                sheet: self.name.clone(),
            });
        }
        self.cells = self.cells.saturating_add(1);
        if self.cells > CELLS_MAX {
            return Err(Unreadable::TooManyCells);
        }
        let cells = self.rows.entry(row).or_default();
        if cells.len() <= column {
            cells.resize(column.saturating_add(1), Cell::Empty);
        }
        if let Some(place) = cells.get_mut(column) {
            *place = cell;
        }
        // Titles, headers and sums come on top of the data rows.
        if self.rows.len() > ROWS_MAX.saturating_add(1_000) {
            return Err(Unreadable::TooManyRows {
                sheet: self.name.clone(),
            });
        }
        Ok(())
    }

    pub(crate) fn merge(&mut self, top: u32, left: usize, bottom: u32, right: usize) {
        if left < COLUMNS_MAX && bottom >= top && right >= left && (bottom, right) != (top, left) {
            self.merges.push(Merge {
                top,
                left,
                bottom,
                right: right.min(COLUMNS_MAX - 1),
            });
        }
    }

    pub(crate) fn at(&self, row: u32, column: usize) -> &Cell {
        self.rows
            .get(&row)
            .and_then(|cells| cells.get(column))
            .unwrap_or(&Cell::Empty)
    }

    /// Copies the value of each merged area into all its cells. Areas taller than the content end with it.
    pub(crate) fn filled(&self) -> Result<BTreeMap<u32, Vec<Cell>>, Unreadable> {
        let mut rows = self.rows.clone();
        let mut budget = CELLS_MAX;
        for merge in &self.merges {
            let value = self.at(merge.top, merge.left).clone();
            if value.is_empty() {
                continue;
            }
            for (_, cells) in rows.range_mut(merge.top..=merge.bottom) {
                let width = merge.right.saturating_sub(merge.left).saturating_add(1);
                budget = budget.checked_sub(width).ok_or(Unreadable::TooManyCells)?;
                if cells.len() <= merge.right {
                    cells.resize(merge.right.saturating_add(1), Cell::Empty);
                }
                for place in cells.iter_mut().skip(merge.left).take(width) {
                    if place.is_empty() {
                        *place = value.clone();
                    }
                }
            }
        }
        Ok(rows)
    }
}

/// A binary number as the decimal that a person typed: the shortest that gives the same binary number, and not beyond
/// the 15 digits that spreadsheets themselves keep and show (`=0.1+0.2` is 0.3 to whoever looks at the sheet).
pub(crate) fn decimal(number: f64) -> Option<Decimal> {
    let exact = Decimal::from_str_exact(&number.to_string()).or_else(|_| {
        // More digits than a decimal holds: 0.0000…, or far too large; the latter is no number of a ledger.
        number.to_string().parse::<Decimal>()
    });
    exact.ok()?.round_sf(15)
}

/// A number in the format in which the sheet shows it: percentages as printed, units that the format adds kept.
pub(crate) fn shown(number: Decimal, format: &str) -> Cell {
    // The first part is for positive numbers; quoted literals in it are printed as they stand.
    let positive = format.split(';').next().unwrap_or_default();
    if positive.contains('%') {
        return number
            .checked_mul(Decimal::ONE_HUNDRED)
            .map_or(Cell::Number(number), Cell::Percent);
    }
    // A format that both scales (a comma or dot trick) and names a unit cannot be undone safely; the bare number then
    // meets the unit of its header.
    if ["万元", "亿元"].iter().any(|unit| positive.contains(unit))
        && !positive.contains("!.")
        && !scales(positive)
    {
        let unit = if positive.contains("亿元") {
            "亿元"
        } else {
            "万元"
        };
        return Cell::Text(format!("{}{unit}", number.normalize()));
    }
    Cell::Number(number)
}

/// Whether a format divides by thousands: a comma after the last digit place.
fn scales(format: &str) -> bool {
    format
        .rfind(['0', '#', '?'])
        .and_then(|at| format.get(at.saturating_add(1)..))
        .is_some_and(|rest| rest.starts_with(','))
}
