//! How wide the lines around a place are: the column they are broken at, the indent of its paragraphs, kept or lost.

use super::headlines::ends_its_text;
use super::{Piece, Shape};

/// Whether paragraphs are indented on this page, so that an indent means one.
pub(super) fn indents(pieces: &[Piece]) -> bool {
    let mut widths: Vec<usize> = pieces
        .iter()
        .filter(|p| matches!(p.shape, Shape::Text))
        .map(|p| p.width)
        .collect();
    widths.sort_unstable();
    let usual = widths.get(widths.len() / 2).copied().unwrap_or(0);
    let (mut first, mut indented, mut inside) = (0usize, 0usize, 0usize);
    for pair in pieces.windows(2) {
        let [previous, piece] = pair else { continue };
        if !matches!(piece.shape, Shape::Text | Shape::Dateline) {
            continue;
        }
        if ends_its_text(previous) {
            first += 1;
            indented += usize::from(piece.indented);
        } else if previous.width + 2 >= usual {
            // Behind a short line a paragraph may begin as well.
            inside += usize::from(piece.indented);
        }
    }
    indented >= 3 && indented * 2 >= first && inside <= indented
}

/// How much narrower than the column the first line of a paragraph usually is on this page: the indent.
pub(super) fn first_line_deficits(pieces: &[Piece]) -> Vec<usize> {
    let mut deficits: Vec<usize> = Vec::new();
    for (i, pair) in pieces.windows(2).enumerate() {
        let [previous, piece] = pair else { continue };
        if ends_its_text(previous)
            && !piece.closed
            && matches!(piece.shape, Shape::Text | Shape::Dateline)
            && let Some(column) = column_width(pieces, i + 1)
            && column + 3 >= piece.width
        {
            deficits.push(column.saturating_sub(piece.width));
        }
    }
    deficits.sort_unstable();
    deficits
}

/// Whether most first lines are narrower by about two characters, as where the blanks of an indent are lost.
pub(super) fn indents_lost(deficits: &[usize]) -> bool {
    let alike = deficits.iter().filter(|d| (3..=6).contains(*d)).count();
    alike >= 3 && alike * 2 >= deficits.len()
}

pub(super) fn usual_deficit(deficits: &[usize]) -> usize {
    const WITHOUT_EVIDENCE: usize = 6;
    if deficits.len() < 3 {
        return WITHOUT_EVIDENCE;
    }
    // The lower quarter: the rest may be headlines.
    deficits
        .get(deficits.len() / 4)
        .copied()
        .unwrap_or(WITHOUT_EVIDENCE)
        .min(WITHOUT_EVIDENCE + 4)
}

/// The widest line of text around `i`.
pub(super) fn widest(pieces: &[Piece], i: usize) -> usize {
    let from = i.saturating_sub(6);
    let around = pieces.iter().enumerate().skip(from).take(13);
    let texts = around.filter(|(j, p)| *j != i && matches!(p.shape, Shape::Text | Shape::Dateline));
    texts.map(|(_, p)| p.width).max().unwrap_or(usize::MAX - 8)
}

/// The width that most lines around `i` have, if they are broken at a column's width.
pub(super) fn column_width(pieces: &[Piece], i: usize) -> Option<usize> {
    let from = i.saturating_sub(7);
    let mut widths: Vec<usize> = pieces
        .iter()
        .enumerate()
        .skip(from)
        .take(15)
        .filter(|(j, p)| *j != i && !p.closed && matches!(p.shape, Shape::Text | Shape::Dateline))
        .map(|(_, p)| p.width)
        .collect();
    if widths.len() < 4 {
        return None;
    }
    widths.sort_unstable();
    let middle = *widths.get(widths.len() / 2)?;
    let alike = widths.iter().filter(|w| w.abs_diff(middle) <= 5).count();
    // Where whole paragraphs stand on a line, the short lines between them are headings, not a column.
    let around = pieces.iter().skip(from).take(15);
    let beyond = around
        .filter(|p| matches!(p.shape, Shape::Text | Shape::Dateline) && p.width > middle + 24)
        .count();
    (middle <= 100 && alike * 2 >= widths.len() && beyond * 2 <= widths.len()).then_some(middle)
}
