//! Tables of the text, their heads repeated on every page, and the row of key figures.

use bihuan_messages::{Lang, t};

use super::Use;
use super::flow::{Flow, Ink, Look, Mark, Stand, height, mils};
use super::glyphs::Mils;
use super::lines::Line;
use crate::columns::{Columns, PADDING};
use crate::form::{LEFT, SIZE_4, SIZE_5, SIZE_SMALL_4, TOP, WIDTH};
use crate::official::{Align, Figure, Span, Table};

/// Key figures side by side.
const FIGURES_IN_A_ROW: usize = 4;
/// Above and below the text of a cell.
const CELL_EDGE: Mils = 1_400;
/// A row of more lines may be broken over pages.
const WHOLE_MAX: usize = 12;

/// A row with its lines broken, cell by cell.
struct Row {
    cells: Vec<(Vec<Line>, Look)>,
}

impl Row {
    fn lines(&self) -> usize {
        self.cells
            .iter()
            .map(|(lines, _)| lines.len())
            .max()
            .unwrap_or(0)
            .max(1)
    }
}

/// A table with its caption above and its note below.
pub(super) fn write(table: &Table, flow: &mut Flow<'_, '_>, lang: Lang) {
    let Columns { widths, size } = Columns::of(table, WIDTH);
    if widths.is_empty() {
        return;
    }
    // A line of a table is one and two thirds of its letters high.
    let cell = Look::sized(size, size * 50 / 3);
    let grid = Grid {
        widths: widths.iter().map(|width| mils(*width)).collect(),
        pitch: cell.pitch,
        padding: mils(PADDING),
    };
    let head = (!table.columns.is_empty()).then(|| {
        let look = cell.in_face(Use::Heading).standing(Stand::Center);
        let labels =
            (0..widths.len()).map(|at| table.columns.get(at).map_or("", |column| column.label.as_str()));
        let labels: Vec<Vec<Span>> = labels.map(|label| vec![Span::plain(label)]).collect();
        grid.row(&labels, |_| look, flow)
    });
    let aligned = |at: usize| {
        cell.standing(
            match table
                .columns
                .get(at)
                .map(|column| column.align)
                .unwrap_or_default()
            {
                Align::Left => Stand::Left,
                Align::Center => Stand::Center,
                Align::Right => Stand::Right,
            },
        )
    };
    let rows: Vec<Row> = table
        .rows
        .iter()
        .map(|row| grid.row(row, aligned, flow))
        .collect();
    let head_height = head.as_ref().map_or(0, |head| grid.height(head.lines()));
    let first = rows
        .first()
        .map_or(0, |row| grid.height(row.lines().min(WHOLE_MAX)));
    if !table.caption.is_empty() {
        let look = Look::sized(SIZE_4, 579)
            .in_face(Use::Heading)
            .standing(Stand::Center);
        let caption = flow.broken(&table.caption, look, mils(WIDTH));
        let own = look
            .pitch
            .saturating_mul(Mils::try_from(caption.len()).unwrap_or(Mils::MAX));
        flow.room(own.saturating_add(head_height).saturating_add(first));
        flow.set(&caption, look);
    } else {
        flow.room(head_height.saturating_add(first));
    }
    grid.edge(flow, 1_000);
    if let Some(head) = &head {
        grid.set(head, 0, head.lines(), flow);
    }
    for row in &rows {
        let mut from = 0;
        while from < row.lines() {
            let left = height().saturating_sub(flow.used);
            let fit = grid.fitting(left);
            let rest = row.lines() - from;
            if fit >= rest {
                grid.set(row, from, rest, flow);
                break;
            }
            let fresh = grid.fitting(height().saturating_sub(head_height));
            let broken = row.lines() > WHOLE_MAX.min(fresh) && fit > 1;
            if broken {
                grid.set(row, from, fit, flow);
                from = from.saturating_add(fit);
            }
            flow.turn();
            grid.edge(flow, 1_000);
            if let Some(head) = head
                .as_ref()
                .filter(|head| grid.height(head.lines()) * 2 < height())
            {
                grid.set(head, 0, head.lines(), flow);
            }
            // Whatever stands, a page takes one line at least.
            if !broken && grid.fitting(height().saturating_sub(flow.used)) <= 1 {
                grid.set(row, from, 1, flow);
                from = from.saturating_add(1);
            }
        }
    }
    if !table.note.is_empty() {
        let look = Look::sized(SIZE_5, 340);
        let note = flow.broken(
            &format!("{}{}", t(lang, "report.note"), table.note),
            look,
            mils(WIDTH),
        );
        flow.set(&note, look);
    }
    flow.skip(mils(170));
}

/// The columns of a table on the page.
struct Grid {
    widths: Vec<Mils>,
    pitch: Mils,
    padding: Mils,
}

impl Grid {
    fn row(&self, cells: &[Vec<Span>], look: impl Fn(usize) -> Look, flow: &mut Flow<'_, '_>) -> Row {
        let widths = self.widths.iter().enumerate();
        let cells = widths.map(|(at, width)| {
            let look = look(at);
            let spans = cells.get(at).map_or(&[][..], Vec::as_slice);
            (flow.broken_spans("", spans, look, width - 2 * self.padding), look)
        });
        Row {
            cells: cells.collect(),
        }
    }

    fn height(&self, lines: usize) -> Mils {
        let lines = Mils::try_from(lines).unwrap_or(Mils::MAX);
        self.pitch.saturating_mul(lines).saturating_add(2 * CELL_EDGE)
    }

    /// How many lines of a row fit into so much height.
    fn fitting(&self, left: Mils) -> usize {
        usize::try_from((left - 2 * CELL_EDGE) / self.pitch.max(1)).unwrap_or(0)
    }

    /// A level line at the place that is reached.
    fn edge(&self, flow: &mut Flow<'_, '_>, thick: Mils) {
        let y = mils(TOP).saturating_add(flow.used) - thick / 2;
        let width = self.widths.iter().sum();
        flow.mark(Mark::Rule {
            x: mils(LEFT),
            y,
            width,
            height: thick,
            ink: Ink::Black,
        });
    }

    /// `count` lines of a row from `from` on, each cell in the middle of its height, with the lines around them.
    fn set(&self, row: &Row, from: usize, count: usize, flow: &mut Flow<'_, '_>) {
        let high = self.height(count);
        let upper = mils(TOP).saturating_add(flow.used);
        let mut x = mils(LEFT);
        for (width, (lines, look)) in self.widths.iter().zip(&row.cells) {
            let part = lines.iter().skip(from).take(count);
            let empty = Mils::try_from(count.saturating_sub(part.len())).unwrap_or(0);
            let mut top = upper
                .saturating_add(CELL_EDGE)
                .saturating_add(empty * self.pitch / 2);
            for line in part {
                flow.line(line, true, *look, x + self.padding, top, width - 2 * self.padding);
                top = top.saturating_add(self.pitch);
            }
            self.upright(x, upper, high, flow);
            x = x.saturating_add(*width);
        }
        self.upright(x, upper, high, flow);
        flow.used = flow.used.saturating_add(high);
        self.edge(flow, 500);
    }

    fn upright(&self, x: Mils, y: Mils, height: Mils, flow: &mut Flow<'_, '_>) {
        flow.mark(Mark::Rule {
            x: x - 250,
            y,
            width: 500,
            height,
            ink: Ink::Black,
        });
    }
}

/// Key figures side by side between two lines, the number large, its name and base below.
pub(super) fn figures(figures: &[Figure], flow: &mut Flow<'_, '_>) {
    let in_a_row = figures.len().clamp(1, FIGURES_IN_A_ROW);
    let Ok(columns) = Mils::try_from(in_a_row) else {
        return;
    };
    let width = mils(WIDTH) / columns;
    let value = Look::sized(36, 560).in_face(Use::Heading).standing(Stand::Center);
    let name = Look::sized(SIZE_SMALL_4, 380).standing(Stand::Center);
    let note = Look::sized(SIZE_5, 320)
        .in_face(Use::Second)
        .standing(Stand::Center);
    let inner = width - 2 * mils(57);
    for (at, row) in figures.chunks(in_a_row).enumerate() {
        let cells: Vec<Vec<(Line, Look)>> = row
            .iter()
            .map(|figure| {
                let mut lines: Vec<(Line, Look)> = Vec::new();
                let large = flow.broken_spans("", &figure.value, value, inner);
                lines.extend(large.into_iter().map(|line| (line, value)));
                let label = flow.broken(&figure.label, name, inner);
                lines.extend(label.into_iter().map(|line| (line, name)));
                if !figure.note.is_empty() {
                    let small = flow.broken(&figure.note, note, inner);
                    lines.extend(small.into_iter().map(|line| (line, note)));
                }
                lines
            })
            .collect();
        let high = |cell: &Vec<(Line, Look)>| {
            cell.iter().fold(2 * mils(57), |sum: Mils, (_, look)| {
                sum.saturating_add(look.pitch)
            })
        };
        let needed = cells.iter().map(high).max().unwrap_or(0).min(height());
        flow.room(needed);
        let upper = mils(TOP).saturating_add(flow.used);
        rule(flow, upper, if at == 0 { 1_000 } else { 500 });
        let mut x = mils(LEFT);
        for (nth, cell) in cells.iter().enumerate() {
            let mut top = upper.saturating_add(mils(57));
            for (line, look) in cell {
                flow.line(line, true, *look, x + mils(57), top, inner);
                top = top.saturating_add(look.pitch);
            }
            if nth > 0 {
                flow.mark(Mark::Rule {
                    x: x - 250,
                    y: upper,
                    width: 500,
                    height: needed,
                    ink: Ink::Grey,
                });
            }
            x = x.saturating_add(width);
        }
        flow.used = flow.used.saturating_add(needed);
    }
    let lower = mils(TOP).saturating_add(flow.used);
    rule(flow, lower, 1_000);
    flow.skip(mils(170));
}

fn rule(flow: &mut Flow<'_, '_>, y: Mils, thick: Mils) {
    flow.mark(Mark::Rule {
        x: mils(LEFT),
        y: y - thick / 2,
        width: mils(WIDTH),
        height: thick,
        ink: Ink::Black,
    });
}
