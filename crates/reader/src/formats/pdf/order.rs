//! The order in which a page is read: columns one after the other, what stands above and below them before and after,
//! tables where they stand.

use super::Found;
use super::blocks::{self, Stretch};
use super::grids::{self, Cells};
use super::{down, loose};
use crate::formats::Unreadable;
use crate::formats::page::{Page as Text, grid_of};

/// How deep columns may stand in columns.
const DEPTH_MAX: usize = 24;

/// Lines of a page within which columns are sought; more are read as they stand.
const LINES_MAX: usize = 600;

/// The narrowest gutter between columns, in sizes of the letters.
const GUTTER: f64 = 0.8;

/// Lines that a column has at least.
const COLUMN_LINES: usize = 3;

/// The narrowest column, in sizes of the letters.
const COLUMN_WIDTH: f64 = 6.0;

/// Something that stands on a page.
struct Item {
    x0: f64,
    x1: f64,
    y0: f64,
    y1: f64,
    what: What,
}

enum What {
    Text(Stretch),
    Table(Cells),
}

/// Writes the pages of a document; a table is held back until it is known whether it goes on over the page.
#[derive(Default)]
pub(super) struct Writer {
    text: Text,
    open: Option<Cells>,
    /// Texts that ran downwards.
    pub(super) downwards: usize,
}

impl Writer {
    /// Writes a page in the order in which it is read.
    pub(super) fn page(&mut self, page: Found) -> Result<(), Unreadable> {
        let mut glyphs = page.glyphs;
        let columns = self.open.as_ref().map(|cells| cells.columns);
        let tables = grids::take(&mut glyphs, &page.rules, columns);
        let mut downwards = down::take(&mut glyphs);
        let mut stretches = blocks::stretches(glyphs);
        downwards.extend(down::take_stacked(&mut stretches));
        let ruled = tables.into_iter().map(|grid| (grid.frame, grid.cells()));
        let loose = loose::take(&mut stretches).into_iter();
        let tables = ruled.chain(loose.map(|table| (table.frame, table.cells)));
        let mut items: Vec<Item> = tables
            .map(|([x0, y0, x1, y1], cells)| Item {
                x0,
                x1,
                y0,
                y1,
                what: What::Table(cells),
            })
            .collect();
        items.extend(stretches.into_iter().map(|stretch| Item {
            x0: stretch.x0,
            x1: stretch.x1,
            y0: stretch.y - stretch.size * 0.9,
            y1: stretch.y + stretch.size * 0.15,
            what: What::Text(stretch),
        }));
        items.sort_by(|a, b| a.y0.total_cmp(&b.y0));
        self.blank()?;
        block(items, 0, self)?;
        self.downwards = self.downwards.saturating_add(downwards.len());
        for text in downwards {
            self.blank()?;
            self.line(&text)?;
        }
        Ok(())
    }

    /// The whole text.
    pub(super) fn done(mut self) -> Result<Text, Unreadable> {
        self.end_table()?;
        Ok(self.text)
    }

    fn line(&mut self, line: &str) -> Result<(), Unreadable> {
        if line.trim().is_empty() {
            return Ok(());
        }
        self.end_table()?;
        self.text.line(line)
    }

    fn blank(&mut self) -> Result<(), Unreadable> {
        // An empty line does not end a table.
        if self.open.is_none() {
            self.text.blank()
        } else {
            Ok(())
        }
    }

    /// Writes a table; one that goes on from the page before becomes part of it.
    fn table(&mut self, cells: Cells) -> Result<(), Unreadable> {
        match &mut self.open {
            Some(open) if open.columns == cells.columns => open.go_on(cells),
            _ => {
                self.end_table()?;
                self.open = Some(cells);
            }
        }
        Ok(())
    }

    fn end_table(&mut self) -> Result<(), Unreadable> {
        let Some(cells) = self.open.take() else {
            return Ok(());
        };
        let grid = grid_of("", &cells.texts, &cells.merges).map_err(Unreadable::Table)?;
        self.text.table(grid, &cells.texts)?;
        self.text.blank()
    }
}

fn block(items: Vec<Item>, depth: usize, text: &mut Writer) -> Result<(), Unreadable> {
    let Some(columns) = (depth < DEPTH_MAX).then(|| columns(&items)).flatten() else {
        return column(items, text);
    };
    let (mut above, mut left, mut right, mut below) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for item in items {
        let middle = f64::midpoint(item.y0, item.y1);
        if middle < columns.top {
            above.push(item);
        } else if middle > columns.bottom {
            below.push(item);
        } else if f64::midpoint(item.x0, item.x1) < columns.gutter {
            left.push(item);
        } else {
            right.push(item);
        }
    }
    let depth = depth.saturating_add(1);
    for part in [above, left, right, below] {
        if !part.is_empty() {
            block(part, depth, text)?;
        }
    }
    Ok(())
}

/// Where two columns stand beside each other.
struct Columns {
    gutter: f64,
    top: f64,
    bottom: f64,
}

/// A line of a block: its height on the page and what stands on it, from left to right.
struct Row {
    y0: f64,
    y1: f64,
    parts: Vec<(f64, f64)>,
}

/// The largest part of a block in which nothing crosses a gutter and both sides are running text.
fn columns(items: &[Item]) -> Option<Columns> {
    let size = usual_size(items)?;
    let rows = rows(items);
    if rows.len() > LINES_MAX {
        return None;
    }
    let mut best: Option<(usize, Columns)> = None;
    for (start, row) in rows.iter().enumerate() {
        for pair in row.parts.windows(2) {
            let [(_, left), (right, _)] = pair else { continue };
            if right - left < size * GUTTER {
                continue;
            }
            // The gutter grows down as long as nothing crosses it; it may become narrower on the way.
            let (mut from, mut to) = (*left, *right);
            let mut end = start;
            for (n, row) in rows.iter().enumerate().skip(start) {
                let (mut a, mut b) = (from, to);
                for (x0, x1) in &row.parts {
                    if *x1 > a && *x0 < b {
                        if *x0 <= a {
                            a = a.max(*x1);
                        } else {
                            b = b.min(*x0);
                        }
                    }
                }
                if b - a < size * GUTTER {
                    break;
                }
                (from, to) = (a, b);
                end = n;
            }
            let gutter = f64::midpoint(from, to);
            let Some(span) = rows.get(start..=end).map(|span| together(span, gutter)) else {
                continue;
            };
            if best.as_ref().is_some_and(|(most, _)| *most >= span.len()) {
                continue;
            }
            if is_running(span, gutter, size, true) && is_running(span, gutter, size, false) {
                let (Some(first), Some(last)) = (span.first(), span.last()) else {
                    continue;
                };
                best = Some((
                    span.len(),
                    Columns {
                        gutter,
                        top: first.y0,
                        bottom: last.y1,
                    },
                ));
            }
        }
    }
    best.map(|(_, columns)| columns)
}

/// The part of a span that belongs together: a line on one side only, far below the others, is no part of a column.
fn together(rows: &[Row], gutter: f64) -> &[Row] {
    let both = |row: &Row| {
        let left = |part: &(f64, f64)| f64::midpoint(part.0, part.1) < gutter;
        row.parts.iter().any(left) && !row.parts.iter().all(left)
    };
    let Some(last) = rows.iter().rposition(both) else {
        return rows;
    };
    let mut end = last;
    for pair in rows.get(last..).unwrap_or_default().windows(2) {
        let [a, b] = pair else { break };
        if b.y0 - a.y1 > (a.y1 - a.y0) * 1.2 {
            break;
        }
        end = end.saturating_add(1);
    }
    rows.get(..=end).unwrap_or(rows)
}

/// Whether one side of a gutter is running text: several lines, most of which fill its width. The cells of a table that
/// is not ruled do not.
fn is_running(rows: &[Row], gutter: f64, size: f64, left: bool) -> bool {
    let lines: Vec<(f64, f64)> = rows
        .iter()
        .filter_map(|row| {
            let mut own = row
                .parts
                .iter()
                .filter(|(x0, x1)| (f64::midpoint(*x0, *x1) < gutter) == left);
            let first = own.next()?;
            Some(own.fold(*first, |(a, b), (x0, x1)| (a.min(*x0), b.max(*x1))))
        })
        .collect();
    let from = lines.iter().map(|line| line.0).fold(f64::MAX, f64::min);
    let to = lines.iter().map(|line| line.1).fold(f64::MIN, f64::max);
    let filled = lines.iter().filter(|(a, b)| b - a >= (to - from) * 0.7).count();
    lines.len() >= COLUMN_LINES && to - from >= size * COLUMN_WIDTH && filled * 2 >= lines.len()
}

fn rows(items: &[Item]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for item in items {
        let (y0, y1) = (item.y0, item.y1);
        match rows
            .last_mut()
            .filter(|row| y0 < f64::midpoint(row.y0, row.y1) && matches!(item.what, What::Text(_)))
        {
            Some(row) => {
                row.y1 = row.y1.max(y1);
                row.parts.push((item.x0, item.x1));
            }
            None => rows.push(Row {
                y0,
                y1,
                parts: vec![(item.x0, item.x1)],
            }),
        }
    }
    for row in &mut rows {
        row.parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    rows
}

fn usual_size(items: &[Item]) -> Option<f64> {
    let mut sizes: Vec<f64> = items
        .iter()
        .filter_map(|item| match &item.what {
            What::Text(stretch) => Some(stretch.size),
            What::Table(_) => None,
        })
        .collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get(sizes.len() / 2).copied()
}

/// Writes what stands in one column.
fn column(items: Vec<Item>, text: &mut Writer) -> Result<(), Unreadable> {
    // A table reaches to the edge of the column, even where no line of text does.
    let table_edge = |item: &Item| matches!(item.what, What::Table(_)).then_some(item.x1);
    let edge = items.iter().filter_map(table_edge).fold(f64::MIN, f64::max);
    let mut run: Vec<Stretch> = Vec::new();
    for item in items {
        match item.what {
            What::Text(stretch) => run.push(stretch),
            What::Table(cells) => {
                paragraphs(std::mem::take(&mut run), edge, text)?;
                text.table(cells)?;
            }
        }
    }
    paragraphs(run, edge, text)
}

fn paragraphs(stretches: Vec<Stretch>, edge: f64, text: &mut Writer) -> Result<(), Unreadable> {
    for paragraph in blocks::paragraphs(blocks::lines(stretches), edge) {
        if paragraph.gap {
            text.blank()?;
        }
        text.line(&paragraph.text)?;
    }
    Ok(())
}
