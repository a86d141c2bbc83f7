//! Text that is set in columns from above to below (竖排): by a font that writes downwards, or character under character.
//! It is read from above to below and from right to left, and put at the end of its page, since nothing says where it
//! belongs in the text across.

use super::blocks::Stretch;
use super::content::Glyph;
use crate::chars::is_han;

/// Characters under one another that make a column of their own.
const STACK_MIN: usize = 4;

/// A column of text.
struct Column {
    x: f64,
    y0: f64,
    y1: f64,
    size: f64,
    text: String,
}

/// The texts that run downwards, taken out of `glyphs` (written by such a font) and of `stretches` (stacked).
pub(super) fn take(glyphs: &mut Vec<Glyph>) -> Vec<String> {
    let (mut down, across): (Vec<Glyph>, Vec<Glyph>) =
        std::mem::take(glyphs).into_iter().partition(|glyph| glyph.down);
    *glyphs = across;
    // One column after the other, the rightmost first.
    down.sort_by(|a, b| b.x.total_cmp(&a.x));
    let mut place = f64::MAX;
    for glyph in &mut down {
        if (glyph.x - place).abs() > glyph.size * 0.4 {
            place = glyph.x;
        }
        glyph.x = place;
    }
    down.sort_by(|a, b| b.x.total_cmp(&a.x).then(a.y.total_cmp(&b.y)));
    let mut columns: Vec<Column> = Vec::new();
    for glyph in down {
        match columns
            .last_mut()
            .filter(|column| column.x == glyph.x && glyph.y - column.y1 < glyph.size * 2.5)
        {
            Some(column) => column.add(&glyph.text, glyph.y),
            None => columns.push(Column::of(glyph.x, glyph.y, glyph.size, glyph.text)),
        }
    }
    texts(columns)
}

/// As [`take`], of single characters that stand under one another with nothing beside them.
pub(super) fn take_stacked(stretches: &mut Vec<Stretch>) -> Vec<String> {
    let single = |stretch: &Stretch| {
        let mut chars = stretch.text.chars();
        chars.next().is_some_and(is_han) && chars.next().is_none()
    };
    let (mut alone, rest): (Vec<Stretch>, Vec<Stretch>) =
        std::mem::take(stretches).into_iter().partition(single);
    *stretches = rest;
    alone.sort_by(|a, b| b.x0.total_cmp(&a.x0));
    let mut groups: Vec<Vec<Stretch>> = Vec::new();
    for stretch in alone {
        let same = |group: &&mut Vec<Stretch>| {
            let first = group.first();
            first.is_some_and(|first| (first.x0 - stretch.x0).abs() < stretch.size * 0.25)
        };
        match groups.last_mut().filter(same) {
            Some(group) => group.push(stretch),
            None => groups.push(vec![stretch]),
        }
    }
    let mut columns = Vec::new();
    for mut group in groups {
        group.sort_by(|a, b| a.y.total_cmp(&b.y));
        let mut run: Vec<Stretch> = Vec::new();
        let mut end = |run: Vec<Stretch>| {
            if run.len() < STACK_MIN {
                stretches.extend(run);
                return;
            }
            let mut all = run.into_iter();
            if let Some(first) = all.next() {
                let mut column = Column::of(first.x0, first.y, first.size, first.text);
                for stretch in all {
                    column.add(&stretch.text, stretch.y);
                }
                columns.push(column);
            }
        };
        for stretch in group {
            let follows = run.last().is_none_or(|last: &Stretch| {
                let step = stretch.y - last.y;
                step > last.size * 0.8 && step < last.size * 1.45 && (last.size - stretch.size).abs() < 0.5
            });
            if !follows {
                end(std::mem::take(&mut run));
            }
            run.push(stretch);
        }
        end(run);
    }
    texts(columns)
}

impl Column {
    fn of(x: f64, y: f64, size: f64, text: String) -> Column {
        Column {
            x,
            y0: y,
            y1: y,
            size,
            text,
        }
    }

    fn add(&mut self, text: &str, y: f64) {
        self.text.push_str(text);
        self.y1 = y;
    }
}

/// Columns beside each other are one text.
fn texts(columns: Vec<Column>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut last: Option<Column> = None;
    for column in columns {
        let goes_on = last.as_ref().is_some_and(|last| {
            let near = last.x - column.x < last.size * 3.0;
            let beside = column.y0 < last.y1 && column.y1 > last.y0;
            near && beside && (last.size - column.size).abs() < last.size * 0.1
        });
        match out.last_mut().filter(|_| goes_on) {
            Some(text) => text.push_str(&column.text),
            None => out.push(column.text.clone()),
        }
        last = Some(column);
    }
    out
}
