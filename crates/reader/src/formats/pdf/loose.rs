//! Tables without ruled lines: a line of headers says where the columns are, and what stands below falls into them by its
//! place. Only headers that say what is to be done begin one, so that no column of running text is taken for a table.

use super::blocks::Stretch;
use super::grids::Cells;
use crate::formats::page::CellText;
use crate::table::{Likely, likely};

/// A gap between lines this wide, in sizes of the letters, ends a table.
const GAP: f64 = 4.0;

/// How sure it must be that a word is a header.
const SURE: u8 = 60;

/// Columns of a table.
const COLUMNS_MAX: usize = 40;

/// Lines of a page within which tables are sought.
const LINES_MAX: usize = 600;

/// A table as it stands on the page.
pub(super) struct Loose {
    /// Left, upper, right, lower edge.
    pub(super) frame: [f64; 4],
    pub(super) cells: Cells,
}

/// Finds the tables of a page and takes their words out of `stretches`.
pub(super) fn take(stretches: &mut Vec<Stretch>) -> Vec<Loose> {
    let mut tables = Vec::new();
    let lines = lines(std::mem::take(stretches));
    if lines.len() > LINES_MAX {
        stretches.extend(lines.into_iter().flatten());
        return tables;
    }
    let mut rest = lines.into_iter().peekable();
    while let Some(line) = rest.next() {
        let Some(mut columns) = Columns::of(&line) else {
            stretches.extend(line);
            continue;
        };
        let mut body: Vec<Vec<(usize, Stretch)>> = Vec::new();
        let mut above = line.first().map_or(0.0, |stretch| stretch.y);
        while let Some(next) = rest.peek() {
            let near = next
                .first()
                .is_some_and(|stretch| stretch.y - above <= stretch.size * GAP);
            let Some(places) = columns.places(next).filter(|_| near) else {
                break;
            };
            let Some(next) = rest.next() else { break };
            above = next.first().map_or(above, |stretch| stretch.y);
            columns.widen(&places, &next);
            body.push(places.into_iter().zip(next).collect());
        }
        // A header without rows is a line of words.
        if body.iter().filter(|line| line.len() > 1).count() < 2 {
            stretches.extend(line);
            stretches.extend(body.into_iter().flatten().map(|(_, stretch)| stretch));
            continue;
        }
        tables.push(columns.table(line, body));
    }
    tables
}

/// Stretches by the line on which they stand, each line from left to right.
fn lines(mut stretches: Vec<Stretch>) -> Vec<Vec<Stretch>> {
    stretches.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut lines: Vec<Vec<Stretch>> = Vec::new();
    for stretch in stretches {
        let same = |line: &&mut Vec<Stretch>| {
            let first = line.first();
            first.is_some_and(|first| (stretch.y - first.y).abs() <= first.size.min(stretch.size) * 0.4)
        };
        match lines.last_mut().filter(same) {
            Some(line) => line.push(stretch),
            None => lines.push(vec![stretch]),
        }
    }
    for line in &mut lines {
        line.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    }
    lines
}

/// Where the columns are.
struct Columns {
    /// From and to of each header.
    heads: Vec<(f64, f64)>,
    /// From and to of everything that stands in each.
    reach: Vec<(f64, f64)>,
    /// Whether the first column counts the rows.
    counted: bool,
}

impl Columns {
    fn of(line: &[Stretch]) -> Option<Columns> {
        if !(3..=COLUMNS_MAX).contains(&line.len()) {
            return None;
        }
        let meant: Vec<Option<Likely>> = line
            .iter()
            .map(|stretch| likely(&stretch.text).filter(|(_, sure)| *sure >= SURE))
            .map(|found| found.map(|(what, _)| what))
            .collect();
        let any = |wanted: &[Likely]| meant.iter().flatten().any(|what| wanted.contains(what));
        let task = any(&[Likely::Title, Likely::Content]);
        let who_or_when = any(&[Likely::Owner, Likely::Person, Likely::Leader, Likely::Due]);
        let known = meant.iter().flatten().count();
        if !task || !who_or_when || known.saturating_mul(2) < line.len() {
            return None;
        }
        let heads: Vec<(f64, f64)> = line.iter().map(|stretch| (stretch.x0, stretch.x1)).collect();
        Some(Columns {
            reach: heads.clone(),
            heads,
            counted: meant.first() == Some(&Some(Likely::Number)),
        })
    }

    /// The column of each stretch of a line; `None` where one runs over several columns: the table has ended.
    fn places(&self, line: &[Stretch]) -> Option<Vec<usize>> {
        let over = |(from, to): &(f64, f64), stretch: &Stretch| to.min(stretch.x1) - from.max(stretch.x0);
        line.iter()
            .map(|stretch| {
                let under = self.heads.iter().filter(|head| over(head, stretch) > 0.0).count();
                if under > 1 {
                    return None;
                }
                let nearest = self
                    .reach
                    .iter()
                    .enumerate()
                    .max_by(|(_, a), (_, b)| over(a, stretch).total_cmp(&over(b, stretch)));
                nearest.map(|(column, _)| column)
            })
            .collect()
    }

    fn widen(&mut self, places: &[usize], line: &[Stretch]) {
        for (column, stretch) in places.iter().zip(line) {
            if let Some((from, to)) = self.reach.get_mut(*column) {
                *from = from.min(stretch.x0);
                *to = to.max(stretch.x1);
            }
        }
    }

    fn table(&self, header: Vec<Stretch>, body: Vec<Vec<(usize, Stretch)>>) -> Loose {
        let edge = |pick: fn(&(f64, f64)) -> f64, fold: fn(f64, f64) -> f64, start: f64| {
            self.reach.iter().map(pick).fold(start, fold)
        };
        let top = header.first().map_or(0.0, |stretch| stretch.y - stretch.size);
        let end = body.last().and_then(|line| line.first());
        let bottom = end.map_or(top, |(_, stretch)| stretch.y);
        let starts = self.starts(&body);
        let mut texts: Vec<CellText> = header
            .into_iter()
            .enumerate()
            .map(|(column, stretch)| CellText {
                row: 0,
                column,
                text: stretch.text,
            })
            .collect();
        let mut row = 0u32;
        let mut cells: std::collections::BTreeMap<(u32, usize), String> = Default::default();
        for (n, line) in body.into_iter().enumerate() {
            if n == 0 || starts.contains(&n) {
                row = row.saturating_add(1);
            }
            for (column, stretch) in line {
                cells.entry((row, column)).or_default().push_str(&stretch.text);
            }
        }
        texts.extend(
            cells
                .into_iter()
                .map(|((row, column), text)| CellText { row, column, text }),
        );
        Loose {
            frame: [
                edge(|reach| reach.0, f64::min, f64::MAX),
                top,
                edge(|reach| reach.1, f64::max, f64::MIN),
                bottom,
            ],
            cells: Cells {
                columns: self.heads.len(),
                texts,
                merges: Vec::new(),
            },
        }
    }

    /// The lines of the body that begin a row.
    fn starts(&self, body: &[Vec<(usize, Stretch)>]) -> Vec<usize> {
        let y = |n: usize| {
            body.get(n)
                .and_then(|line| line.first())
                .map_or(0.0, |(_, s)| s.y)
        };
        let step = |n: usize| y(n) - y(n.saturating_sub(1));
        let counted = |line: &Vec<(usize, Stretch)>| line.iter().any(|(column, _)| *column == 0);
        let least = (1..body.len()).map(step).fold(f64::MAX, f64::min);
        let wide = |n: &usize| step(*n) > least * 1.25;
        if !self.counted {
            // Rows stand further apart than the lines of one; where all stand alike, each line is one.
            let some: Vec<usize> = (1..body.len()).filter(wide).collect();
            return if some.is_empty() {
                (1..body.len()).collect()
            } else {
                some
            };
        }
        let numbers: Vec<usize> = (0..body.len())
            .filter(|n| body.get(*n).is_some_and(counted))
            .collect();
        let above = numbers.first() == Some(&0);
        let between = numbers.windows(2).filter_map(|pair| {
            let [a, b] = *pair else { return None };
            // The widest step between two numbers parts their rows; else the number stands at its row's head or middle.
            let widest = (a.saturating_add(1)..=b).max_by(|m, n| step(*m).total_cmp(&step(*n)))?;
            Some(if wide(&widest) {
                widest
            } else if above {
                b
            } else {
                let middle = f64::midpoint(y(a), y(b));
                (a.saturating_add(1)..=b).find(|n| y(*n) > middle).unwrap_or(b)
            })
        });
        between.collect()
    }
}
