//! Running text with tables in it, as DOCX and HTML give it piece by piece: paragraphs become lines, tables become rows
//! of cells, tables inside cells and tables that only lay out a page become paragraphs.

use super::Unreadable;
use super::page::{CellText, Page, grid_of};

/// Tables inside tables that are kept apart; deeper ones are read as text of their cell.
const DEPTH_MAX: usize = 8;

/// A text longer than this, in several paragraphs, is no cell of a table but a page laid out with one.
const CELL_CHARS_MAX: usize = 600;

/// Most columns of a table and rows over which one cell may reach.
const SPAN_MAX: u32 = 500;

/// What is being written.
#[derive(Default)]
pub(super) struct Flow {
    page: Page,
    line: String,
    tables: Vec<Draft>,
    /// Tables opened beyond [`DEPTH_MAX`].
    beyond: usize,
}

/// A table that is being written.
#[derive(Default)]
struct Draft {
    rows: u32,
    column: u32,
    cells: Vec<DraftCell>,
    /// Columns that a cell from above still covers, and for how many rows: column → rows.
    covered: std::collections::BTreeMap<u32, u32>,
    open: Option<DraftCell>,
}

struct DraftCell {
    row: u32,
    column: u32,
    wide: u32,
    tall: u32,
    /// Goes on with the cell above it.
    continued: bool,
    paragraphs: Vec<String>,
    line: String,
}

impl Flow {
    /// Adds running text.
    pub(super) fn text(&mut self, text: &str) {
        self.sink().push_str(text);
    }

    /// The last character of the paragraph that is being written.
    pub(super) fn last(&mut self) -> Option<char> {
        self.sink().chars().next_back()
    }

    fn sink(&mut self) -> &mut String {
        match self.tables.last_mut().and_then(|table| table.open.as_mut()) {
            Some(cell) => &mut cell.line,
            None => &mut self.line,
        }
    }

    /// Ends a paragraph or a line.
    pub(super) fn end_line(&mut self) -> Result<(), Unreadable> {
        let line = std::mem::take(self.sink());
        match self.tables.last_mut().and_then(|table| table.open.as_mut()) {
            Some(cell) if line.trim().is_empty() => {
                let _ = cell;
                Ok(())
            }
            Some(cell) => {
                cell.paragraphs.push(line.trim().to_owned());
                Ok(())
            }
            None => self.page.line(&line),
        }
    }

    /// Leaves an empty line where a new part begins.
    pub(super) fn gap(&mut self) -> Result<(), Unreadable> {
        self.end_line()?;
        if self.tables.is_empty() {
            self.page.blank()
        } else {
            Ok(())
        }
    }

    pub(super) fn open_table(&mut self) -> Result<(), Unreadable> {
        self.end_line()?;
        if self.tables.len() >= DEPTH_MAX {
            self.beyond = self.beyond.saturating_add(1);
        } else {
            self.tables.push(Draft::default());
        }
        Ok(())
    }

    pub(super) fn open_row(&mut self) -> Result<(), Unreadable> {
        self.close_cell()?;
        if let Some(table) = self.current() {
            table.rows = table.rows.saturating_add(1);
            table.column = 0;
            for rows in table.covered.values_mut() {
                *rows = rows.saturating_sub(1);
            }
            table.covered.retain(|_, rows| *rows > 0);
        }
        Ok(())
    }

    /// Opens a cell; `continued` goes on with the one above it.
    pub(super) fn open_cell(&mut self, wide: u32, tall: u32, continued: bool) -> Result<(), Unreadable> {
        self.close_cell()?;
        if let Some(table) = self.current() {
            // A cell without a row begins one.
            if table.rows == 0 {
                table.rows = 1;
            }
            while table.covered.contains_key(&table.column) {
                table.column = table.column.saturating_add(1);
            }
            let (wide, tall) = (wide.clamp(1, SPAN_MAX), tall.clamp(1, SPAN_MAX));
            let column = table.column;
            if tall > 1 {
                for column in column..column.saturating_add(wide) {
                    table.covered.insert(column, tall);
                }
            }
            table.open = Some(DraftCell {
                row: table.rows.saturating_sub(1),
                column,
                wide,
                tall,
                continued,
                paragraphs: Vec::new(),
                line: String::new(),
            });
            table.column = column.saturating_add(wide);
        }
        Ok(())
    }

    /// How wide and tall the open cell is, once that is known.
    pub(super) fn shape_cell(&mut self, wide: Option<u32>, continued: Option<bool>) {
        if let Some(table) = self.current()
            && let Some(cell) = &mut table.open
        {
            if let Some(wide) = wide {
                cell.wide = wide.clamp(1, SPAN_MAX);
                table.column = cell.column.saturating_add(cell.wide);
            }
            if let Some(continued) = continued {
                cell.continued = continued;
            }
        }
    }

    pub(super) fn close_cell(&mut self) -> Result<(), Unreadable> {
        if self.current().is_some_and(|table| table.open.is_some()) {
            self.end_line()?;
            if let Some(table) = self.current()
                && let Some(cell) = table.open.take()
            {
                table.cells.push(cell);
            }
        }
        Ok(())
    }

    pub(super) fn close_table(&mut self) -> Result<(), Unreadable> {
        if self.beyond > 0 {
            self.beyond = self.beyond.saturating_sub(1);
            return self.end_line();
        }
        self.close_cell()?;
        let Some(table) = self.tables.pop() else {
            return self.end_line();
        };
        if let Some(cell) = self.tables.last_mut().and_then(|table| table.open.as_mut()) {
            cell.paragraphs
                .extend(table.cells.into_iter().flat_map(|cell| cell.paragraphs));
            return Ok(());
        }
        if self.tables.is_empty() && table.is_data() {
            return self.write(table);
        }
        for paragraph in table.cells.iter().flat_map(|cell| &cell.paragraphs) {
            self.page.line(paragraph)?;
        }
        Ok(())
    }

    fn current(&mut self) -> Option<&mut Draft> {
        if self.beyond > 0 {
            None
        } else {
            self.tables.last_mut()
        }
    }

    fn write(&mut self, table: Draft) -> Result<(), Unreadable> {
        let merges = table.merges();
        let texts: Vec<CellText> = table
            .cells
            .into_iter()
            .filter(|cell| !cell.continued && !cell.paragraphs.is_empty())
            .map(|cell| CellText {
                row: cell.row,
                column: usize::try_from(cell.column).unwrap_or(usize::MAX),
                text: cell.paragraphs.join(" "),
            })
            .collect();
        let grid = grid_of("", &texts, &merges).map_err(Unreadable::Table)?;
        self.page.table(grid, &texts)?;
        self.page.blank()
    }

    /// Everything that is still open is closed.
    pub(super) fn done(mut self) -> Result<Page, Unreadable> {
        while !self.tables.is_empty() || self.beyond > 0 {
            self.close_table()?;
        }
        self.end_line()?;
        Ok(self.page)
    }
}

impl Draft {
    /// Whether it shows data rather than laying out a page.
    fn is_data(&self) -> bool {
        let columns = self.cells.iter().map(|cell| cell.column).max().unwrap_or(0);
        let page = |cell: &DraftCell| {
            cell.paragraphs.len() > 3
                && cell.paragraphs.iter().map(|p| p.chars().count()).sum::<usize>() > CELL_CHARS_MAX
        };
        self.rows >= 2 && columns >= 1 && !self.cells.iter().any(page)
    }

    /// Merged areas: top, left, bottom, right.
    fn merges(&self) -> Vec<[u32; 4]> {
        let mut areas: Vec<[u32; 4]> = Vec::new();
        // The area that each column was last part of.
        let mut above: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
        for cell in &self.cells {
            if cell.continued
                && let Some(area) = above.get(&cell.column).and_then(|n| areas.get_mut(*n))
            {
                area[2] = area[2].max(cell.row);
                continue;
            }
            above.insert(cell.column, areas.len());
            areas.push([
                cell.row,
                cell.column,
                cell.row.saturating_add(cell.tall).saturating_sub(1),
                cell.column.saturating_add(cell.wide).saturating_sub(1),
            ]);
        }
        areas.retain(|[top, left, bottom, right]| top != bottom || left != right);
        areas
    }
}
