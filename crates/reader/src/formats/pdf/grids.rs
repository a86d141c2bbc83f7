//! Ruled tables: the lines of a page are put together to grids, and their cells to rows.

use super::content::{Glyph, Rule};
use crate::formats::page::CellText;

/// Lines that are put together; a page with more is a drawing.
const RULES_MAX: usize = 1_500;

/// How far lines may miss each other, in points.
const MISS: f64 = 3.0;

/// Rows and columns of a table on one page.
const SIDE_MAX: usize = 200;

/// A text longer than this in one cell: the lines frame a page's articles, not a table.
const CELL_CHARS_MAX: usize = 500;

/// A ruled table.
pub(super) struct Grid {
    /// Left, upper, right, lower edge.
    pub(super) frame: [f64; 4],
    xs: Vec<f64>,
    ys: Vec<f64>,
    /// For each base cell (row by row) the first base cell of the merged area that it belongs to.
    root: Vec<usize>,
    /// Characters by the first base cell of their area.
    glyphs: std::collections::BTreeMap<usize, Vec<Glyph>>,
}

/// The table's texts and merged areas, rows counted from 0.
pub(super) struct Cells {
    pub(super) columns: usize,
    pub(super) texts: Vec<CellText>,
    pub(super) merges: Vec<[u32; 4]>,
}

impl Cells {
    /// Takes the rows of the next page. A row that the end of the page cut in two becomes one again: of its halves only
    /// one has its number, and no merged cell stands there instead.
    pub(super) fn go_on(&mut self, next: Cells) {
        let last = self.texts.iter().map(|cell| cell.row).max().unwrap_or(0);
        let first = next.texts.iter().map(|cell| cell.row).min().unwrap_or(0);
        let numbered = |texts: &[CellText], row: u32| texts.iter().any(|c| c.row == row && c.column == 0);
        let merged = |merges: &[[u32; 4]], row: u32| {
            let beside = |m: &&[u32; 4]| m[1] == 0 && m[0] <= row && row <= m[2];
            merges.iter().any(|m| beside(&m))
        };
        let whole = numbered(&self.texts, last) == numbered(&next.texts, first);
        let most = (0..last).filter(|row| numbered(&self.texts, *row)).count();
        let usual = most.saturating_mul(2) > usize::try_from(last).unwrap_or(usize::MAX);
        let cut = !whole && usual && last > 0 && !merged(&self.merges, last) && !merged(&next.merges, first);
        let below = if cut { last } else { last.saturating_add(1) };
        let moved = |row: u32| row.saturating_sub(first).saturating_add(below);
        for mut cell in next.texts {
            cell.row = moved(cell.row);
            let known = |known: &&mut CellText| known.row == cell.row && known.column == cell.column;
            match self.texts.iter_mut().rev().take(self.columns).find(known) {
                Some(known) => known.text.push_str(&cell.text),
                None => self.texts.push(cell),
            }
        }
        self.texts.sort_by_key(|cell| (cell.row, cell.column));
        let merges = next.merges.into_iter();
        self.merges
            .extend(merges.map(|[top, left, bottom, right]| [moved(top), left, moved(bottom), right]));
    }
}

/// Finds the tables of a page and takes their characters out of `glyphs`.
///
/// A single row is a table only as the rest of one of `open` columns on the page before.
pub(super) fn take(glyphs: &mut Vec<Glyph>, rules: &[Rule], open: Option<usize>) -> Vec<Grid> {
    let across = joined(rules, true);
    let down = joined(rules, false);
    if across.len().saturating_add(down.len()) > RULES_MAX {
        return Vec::new();
    }
    let mut grids: Vec<Grid> = components(&across, &down)
        .into_iter()
        .filter_map(|(across, down)| Grid::of(&across, &down))
        .filter(|grid| grid.ys.len() > 2 || open == Some(grid.columns()))
        .collect();
    for grid in &mut grids {
        let (inside, outside) = std::mem::take(glyphs)
            .into_iter()
            .partition(|glyph| grid.cell_at(glyph).is_some());
        *glyphs = outside;
        let inside: Vec<Glyph> = inside;
        for glyph in inside {
            if let Some(cell) = grid.cell_at(&glyph) {
                grid.glyphs.entry(cell).or_default().push(glyph);
            }
        }
    }
    // Frames around articles give their characters back.
    let (tables, frames): (Vec<Grid>, Vec<Grid>) = grids.into_iter().partition(Grid::is_table);
    for frame in frames {
        glyphs.extend(frame.glyphs.into_values().flatten());
    }
    tables
}

/// Lines of one direction, those that continue each other as one: place, from, to.
fn joined(rules: &[Rule], across: bool) -> Vec<[f64; 3]> {
    let mut lines: Vec<[f64; 3]> = rules
        .iter()
        .filter(|rule| (rule.x1 - rule.x0 > rule.y1 - rule.y0) == across)
        .map(|rule| {
            if across {
                [f64::midpoint(rule.y0, rule.y1), rule.x0, rule.x1]
            } else {
                [f64::midpoint(rule.x0, rule.x1), rule.y0, rule.y1]
            }
        })
        .collect();
    lines.sort_by(|a, b| a[0].total_cmp(&b[0]));
    // One place for lines that lie almost on each other.
    let mut place = f64::MIN;
    for line in &mut lines {
        if line[0] - place > MISS {
            place = line[0];
        }
        line[0] = place;
    }
    lines.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let mut out: Vec<[f64; 3]> = Vec::new();
    for line in lines {
        match out.last_mut() {
            Some(last) if last[0] == line[0] && line[1] <= last[2] + MISS => last[2] = last[2].max(line[2]),
            _ => out.push(line),
        }
    }
    out
}

type Lines = Vec<[f64; 3]>;

/// Lines that cross or touch each other belong to one grid.
fn components(across: &[[f64; 3]], down: &[[f64; 3]]) -> Vec<(Lines, Lines)> {
    let all = across.len().saturating_add(down.len());
    let mut parent: Vec<usize> = (0..all).collect();
    fn root(parent: &[usize], mut n: usize) -> usize {
        while let Some(up) = parent.get(n).filter(|up| **up != n) {
            n = *up;
        }
        n
    }
    for (i, h) in across.iter().enumerate() {
        for (j, v) in down.iter().enumerate() {
            let touch =
                v[0] >= h[1] - MISS && v[0] <= h[2] + MISS && h[0] >= v[1] - MISS && h[0] <= v[2] + MISS;
            if touch {
                let (a, b) = (root(&parent, i), root(&parent, across.len().saturating_add(j)));
                if let Some(slot) = parent.get_mut(a.max(b)) {
                    *slot = a.min(b);
                }
            }
        }
    }
    let mut groups: std::collections::BTreeMap<usize, (Lines, Lines)> = std::collections::BTreeMap::new();
    for (n, line) in across.iter().chain(down).enumerate() {
        let group = groups.entry(root(&parent, n)).or_default();
        if n < across.len() {
            group.0.push(*line);
        } else {
            group.1.push(*line);
        }
    }
    groups.into_values().collect()
}

impl Grid {
    fn of(across: &[[f64; 3]], down: &[[f64; 3]]) -> Option<Grid> {
        let places = |lines: &[[f64; 3]]| {
            let mut places: Vec<f64> = lines.iter().map(|line| line[0]).collect();
            places.sort_by(f64::total_cmp);
            places.dedup();
            places
        };
        let (xs, ys) = (places(down), places(across));
        if xs.len() < 3 || ys.len() < 2 || xs.len() > SIDE_MAX || ys.len() > SIDE_MAX {
            return None;
        }
        let (columns, rows) = (xs.len().saturating_sub(1), ys.len().saturating_sub(1));
        let covers = |lines: &[[f64; 3]], place: f64, at: f64| {
            lines
                .iter()
                .any(|line| line[0] == place && line[1] <= at && at <= line[2])
        };
        let mut root: Vec<usize> = (0..rows.saturating_mul(columns)).collect();
        for row in 0..rows {
            for column in 0..columns {
                let here = row.saturating_mul(columns).saturating_add(column);
                let (Some(x0), Some(x1), Some(y0), Some(y1)) = (
                    xs.get(column),
                    xs.get(column.saturating_add(1)),
                    ys.get(row),
                    ys.get(row.saturating_add(1)),
                ) else {
                    continue;
                };
                let (middle_x, middle_y) = (f64::midpoint(*x0, *x1), f64::midpoint(*y0, *y1));
                let left = (column > 0 && !covers(down, *x0, middle_y)).then(|| here.saturating_sub(1));
                let above = (row > 0 && !covers(across, *y0, middle_x)).then(|| here.saturating_sub(columns));
                let joined = left.or(above).and_then(|cell| root.get(cell).copied());
                if let (Some(joined), Some(slot)) = (joined, root.get_mut(here)) {
                    *slot = joined;
                }
            }
        }
        Some(Grid {
            frame: [*xs.first()?, *ys.first()?, *xs.last()?, *ys.last()?],
            xs,
            ys,
            root,
            glyphs: Default::default(),
        })
    }

    fn columns(&self) -> usize {
        self.xs.len().saturating_sub(1)
    }

    /// The area in which the middle of a character lies.
    fn cell_at(&self, glyph: &Glyph) -> Option<usize> {
        let (x, y) = (glyph.x + glyph.width / 2.0, glyph.y - glyph.size * 0.35);
        let [left, upper, right, lower] = self.frame;
        if !(x >= left && x <= right && y >= upper && y <= lower) {
            return None;
        }
        let column = self
            .xs
            .partition_point(|place| *place <= x)
            .saturating_sub(1)
            .min(self.columns().saturating_sub(1));
        let row = self
            .ys
            .partition_point(|place| *place <= y)
            .saturating_sub(1)
            .min(self.ys.len().saturating_sub(2));
        self.root
            .get(row.saturating_mul(self.columns()).saturating_add(column))
            .copied()
    }

    fn is_table(&self) -> bool {
        let longest = self.glyphs.values().map(Vec::len).max().unwrap_or(0);
        longest <= CELL_CHARS_MAX && self.glyphs.len() >= 2
    }

    /// The texts of the table, cell by cell.
    pub(super) fn cells(self) -> Cells {
        let columns = self.columns();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut areas: std::collections::BTreeMap<usize, [usize; 4]> = std::collections::BTreeMap::new();
        for (here, root) in self.root.iter().enumerate() {
            let (row, column) = (
                here.checked_div(columns).unwrap_or(0),
                here.checked_rem(columns).unwrap_or(0),
            );
            let area = areas.entry(*root).or_insert([row, column, row, column]);
            area[2] = area[2].max(row);
            area[3] = area[3].max(column);
        }
        let mut texts = Vec::new();
        for (root, glyphs) in self.glyphs {
            let Some([row, column, ..]) = areas.get(&root) else {
                continue;
            };
            let text = super::blocks::cell_text(glyphs);
            if !text.is_empty() {
                texts.push(CellText {
                    row: number(*row),
                    column: *column,
                    text,
                });
            }
        }
        Cells {
            columns,
            texts,
            merges: areas
                .into_values()
                .filter(|[top, left, bottom, right]| top != bottom || left != right)
                .map(|area| area.map(number))
                .collect(),
        }
    }
}
