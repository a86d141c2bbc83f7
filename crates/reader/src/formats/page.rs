//! The decoded text of a document while it is written, with the places of its table cells.

use std::collections::BTreeMap;

use crate::model::Run;
use crate::table::{Cell, Grid, Unreadable as TableTrouble};

use super::Unreadable;

/// The longest text of a document, in bytes.
const TEXT_BYTES_MAX: usize = crate::LIMIT_BYTES;

/// A text that is being written.
#[derive(Default)]
pub(super) struct Page {
    text: String,
    /// Characters written.
    at: usize,
    sheets: Vec<Placed>,
}

/// A table or sheet with the places where its cells stand in the text.
pub(super) struct Placed {
    pub(super) grid: Grid,
    pub(super) cells: BTreeMap<(u32, usize), Run>,
    /// The line of each row.
    pub(super) rows: BTreeMap<u32, Run>,
    /// All of it.
    pub(super) span: Run,
}

/// One cell of a table in running text.
pub(super) struct CellText {
    pub(super) row: u32,
    pub(super) column: usize,
    pub(super) text: String,
}

impl Page {
    pub(super) fn done(self) -> (String, Vec<Placed>) {
        (self.text, self.sheets)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Writes `text` as it is, except for signs that no reader can see.
    pub(super) fn push(&mut self, text: &str) -> Result<(), Unreadable> {
        if self.text.len().saturating_add(text.len()) > TEXT_BYTES_MAX {
            return Err(Unreadable::TooLarge {
                bytes: self.text.len().saturating_add(text.len()),
                limit: TEXT_BYTES_MAX,
            });
        }
        for c in text.chars() {
            let unseen = c != '\n' && c != '\t' && c.is_control()
                || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
            if !unseen {
                self.text.push(c);
                self.at = self.at.saturating_add(1);
            }
        }
        Ok(())
    }

    /// Writes a line, if there is anything in it.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Unreadable> {
        let text = text.trim_end();
        if text.trim().is_empty() {
            return Ok(());
        }
        self.push(text)?;
        self.push("\n")
    }

    /// Writes an empty line, unless the text just begins or has one.
    pub(super) fn blank(&mut self) -> Result<(), Unreadable> {
        if self.is_empty() || self.text.ends_with("\n\n") {
            return Ok(());
        }
        self.push("\n")
    }

    /// Writes a sheet: a line for each row, a tab between its cells; merged cells stand once.
    pub(super) fn sheet(&mut self, grid: Grid) -> Result<(), Unreadable> {
        let texts: Vec<CellText> = grid
            .rows
            .iter()
            .flat_map(|(row, cells)| {
                cells.iter().enumerate().map(move |(column, cell)| CellText {
                    row: *row,
                    column,
                    text: cell.text(),
                })
            })
            .filter(|cell| !cell.text.is_empty())
            .collect();
        self.table(grid, &texts)
    }

    /// Writes the cells of a table that stand in the order of rows and columns.
    pub(super) fn table(&mut self, grid: Grid, texts: &[CellText]) -> Result<(), Unreadable> {
        let from = self.at;
        let (cells, rows) = self.cells(texts)?;
        self.sheets.push(Placed {
            grid,
            cells,
            rows,
            span: [from, self.at],
        });
        Ok(())
    }

    fn cells(&mut self, texts: &[CellText]) -> Result<CellPlaces, Unreadable> {
        let mut cells = BTreeMap::new();
        let mut rows = BTreeMap::new();
        let mut line: Option<(u32, usize)> = None;
        for cell in texts {
            match line {
                Some((row, start)) if row != cell.row => {
                    rows.insert(row, [start, self.at]);
                    self.push("\n")?;
                    line = Some((cell.row, self.at));
                }
                Some(_) => self.push("\t")?,
                None => line = Some((cell.row, self.at)),
            }
            let start = self.at;
            let flat: Vec<&str> = cell.text.split_whitespace().collect();
            self.push(&flat.join(" "))?;
            cells.insert((cell.row, cell.column), [start, self.at]);
        }
        if let Some((row, start)) = line {
            rows.insert(row, [start, self.at]);
            self.push("\n")?;
        }
        Ok((cells, rows))
    }
}

/// Where cells and lines stand.
type CellPlaces = (BTreeMap<(u32, usize), Run>, BTreeMap<u32, Run>);

/// A grid of the texts of a table, with its merged areas.
pub(super) fn grid_of(name: &str, texts: &[CellText], merges: &[[u32; 4]]) -> Result<Grid, TableTrouble> {
    let mut grid = Grid::new(name, false);
    for cell in texts {
        let flat: Vec<&str> = cell.text.split_whitespace().collect();
        grid.put(cell.row, cell.column, Cell::Text(flat.join(" ")))?;
    }
    let column = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    for [top, left, bottom, right] in merges {
        grid.merge(*top, column(*left), *bottom, column(*right));
    }
    Ok(grid)
}
