//! How wide the columns of a table are: figures get what they need, words share the rest. Measures in twips.

use crate::form::{SIZE_5, SIZE_SMALL_4};
use crate::official::{Align, Span, Table};
use crate::text::width;

/// Room at the left and right of a cell's text.
pub(crate) const PADDING: u32 = 85;

/// The columns of a table: as many as its widest row has, their widths, and the size of its letters in half-points.
pub(crate) struct Columns {
    pub(crate) widths: Vec<u32>,
    pub(crate) size: u32,
}

impl Columns {
    /// The columns of `table` in a text block of this width.
    pub(crate) fn of(table: &Table, block: u32) -> Columns {
        let cells = table.rows.iter().map(Vec::len).max().unwrap_or(0);
        let count = cells.max(table.columns.len());
        let natural: Vec<u32> = (0..count).map(|at| natural_half_widths(table, at)).collect();
        let size = size_for(&natural, table, block);
        let widths = widths(table, &natural, size, block);
        Columns { widths, size }
    }
}

/// The widest line of a column in half-width letters, its head included.
fn natural_half_widths(table: &Table, at: usize) -> u32 {
    let head = table.columns.get(at).map_or(0, |c| spaced_width(&c.label));
    cells_half_widths(table, at).max(head.min(400))
}

fn cells_half_widths(table: &Table, at: usize) -> u32 {
    let cells = table
        .rows
        .iter()
        .filter_map(|row| row.get(at))
        .map(|cell| spaced_width(&text_of(cell)));
    cells.max().unwrap_or(0).clamp(2, 400)
}

/// Word processors put a quarter of a character between a figure and a Chinese character, whether told to or not.
fn spaced_width(text: &str) -> u32 {
    u32::try_from(width(text) + seams(text).div_ceil(2)).unwrap_or(u32::MAX)
}

/// Where a figure or Latin letter meets a Chinese character.
fn seams(text: &str) -> usize {
    let seam = |(a, b): (char, char)| {
        a.is_ascii_alphanumeric() != b.is_ascii_alphanumeric() && !(a.is_ascii() && b.is_ascii())
    };
    text.chars()
        .zip(text.chars().skip(1))
        .filter(|pair| seam(*pair))
        .count()
}

fn text_of(cell: &[Span]) -> String {
    cell.iter().map(|span| span.text.as_str()).collect()
}

/// A half-width letter of `size` half-points is a quarter of that wide in points, five times as many twips.
fn twips(halves: u32, size: u32) -> u32 {
    halves * size * 5
}

/// The normal size if the columns that must not wrap leave room for the others, else the smaller one.
fn size_for(natural: &[u32], table: &Table, block: u32) -> u32 {
    let fixed: u32 = natural
        .iter()
        .enumerate()
        .map(|(at, halves)| {
            let wraps = table.columns.get(at).is_none_or(|c| c.align == Align::Left);
            twips(if wraps { (*halves).min(16) } else { *halves }, SIZE_SMALL_4) + 2 * PADDING
        })
        .sum();
    if fixed > block { SIZE_5 } else { SIZE_SMALL_4 }
}

/// The widths of the columns: wished shares if there are any; else figures get what they need and words the rest.
fn widths(table: &Table, natural: &[u32], size: u32, block: u32) -> Vec<u32> {
    let wished: Vec<u32> = (0..natural.len())
        .map(|at| table.columns.get(at).map_or(0, |c| c.width))
        .collect();
    if wished.iter().any(|w| *w > 0) {
        let given: Vec<u32> = wished.iter().filter(|w| **w > 0).copied().collect();
        let count = u32::try_from(given.len()).unwrap_or(1).max(1);
        let mean = given.iter().map(|w| (*w).min(10_000)).sum::<u32>() / count;
        return share(
            &wished
                .iter()
                .map(|w| if *w > 0 { (*w).min(10_000) } else { mean })
                .collect::<Vec<_>>(),
            block,
        );
    }
    let needs: Vec<u32> = natural
        .iter()
        .map(|halves| twips(*halves, size) + 2 * PADDING + 20)
        .collect();
    let total: u32 = needs.iter().sum();
    if total <= block {
        return share(&needs, block);
    }
    let words = |at: usize| table.columns.get(at).is_none_or(|c| c.align == Align::Left);
    // A head over figures may take two lines.
    let needs: Vec<u32> = needs
        .iter()
        .enumerate()
        .map(|(at, need)| {
            let head = u32::try_from(table.columns.get(at).map_or(0, |c| width(&c.label)))
                .unwrap_or(u32::MAX)
                .min(400);
            let halved = cells_half_widths(table, at)
                .max(head.div_ceil(4) * 2)
                .max(head.min(4));
            if words(at) {
                *need
            } else {
                twips(halved, size) + 2 * PADDING + 20
            }
        })
        .collect();
    let fixed: u32 = needs
        .iter()
        .enumerate()
        .filter(|(at, _)| !words(*at))
        .map(|(_, w)| *w)
        .sum();
    if fixed * 10 > block * 7 || (0..needs.len()).all(|at| !words(at)) {
        return share(
            &needs.iter().map(|w| (*w).min(block / 3)).collect::<Vec<_>>(),
            block,
        );
    }
    // Long sentences get more than short names, but no column of words is starved.
    let weights: Vec<u32> = natural.iter().map(|halves| (*halves).clamp(6, 52)).collect();
    let sum: u32 = weights
        .iter()
        .enumerate()
        .filter(|(at, _)| words(*at))
        .map(|(_, w)| *w)
        .sum();
    let room = block - fixed;
    let width_of = |(at, (need, weight)): (usize, (&u32, &u32))| {
        if words(at) {
            room * weight / sum.max(1)
        } else {
            *need
        }
    };
    needs.iter().zip(&weights).enumerate().map(width_of).collect()
}

/// Divides `total` by weight; the last share takes what rounding leaves.
fn share(weights: &[u32], total: u32) -> Vec<u32> {
    let sum: u64 = weights.iter().copied().map(u64::from).sum::<u64>().max(1);
    let mut out: Vec<u32> = weights
        .iter()
        .map(|w| u32::try_from(u64::from(*w) * u64::from(total) / sum).unwrap_or(total))
        .collect();
    let rest = total.saturating_sub(out.iter().sum());
    if let Some(last) = out.last_mut() {
        *last += rest;
    }
    out
}

/// How many lines a cell takes, as far as widths of characters tell.
pub(crate) fn lines_of(cell: &[Span], width_twips: u32, size: u32) -> u32 {
    let room = width_twips.saturating_sub(2 * PADDING).max(1);
    let text = text_of(cell);
    text.lines()
        .map(|line| {
            let halves = u32::try_from(width(line)).unwrap_or(u32::MAX).min(1_000_000);
            twips(halves, size).div_ceil(room).max(1)
        })
        .sum()
}
