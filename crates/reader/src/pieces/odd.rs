//! Lines that are odd among their neighbours: too narrow or too wide for the column that they stand in.

use crate::chars::{at, balanced, before, cut, is_comma, is_han};
use crate::pieces::headlines::head_shaped;
use crate::pieces::{Piece, Shape};

/// Whether a line behind a full stop, where paragraphs are indented and it is not, leaves unfilled the column that the lines
/// above it and the one below it fill: no paragraph begins so, and none goes on so.
pub(super) fn torn_behind_a_stop(chars: &[char], pieces: &[Piece], i: usize) -> bool {
    const SHORTEST: usize = 6;
    const REACH: usize = 8;
    const LEAST: usize = 3;
    const CELLS: usize = 2;
    let text = |p: &&Piece| matches!(p.shape, Shape::Text | Shape::Dateline);
    let (Some(own), Some(next)) = (pieces.get(i), pieces.get(i + 1).filter(text)) else {
        return false;
    };
    let line = cut(chars, own.start, own.end);
    let plain = !line.iter().any(|c| is_comma(*c)) && balanced(line) && line.len() >= SHORTEST;
    if !plain || own.indented || next.indented {
        return false;
    }
    let above = pieces
        .get(i.saturating_sub(REACH)..i)
        .unwrap_or_default()
        .iter()
        .rev();
    let above = above.take_while(text).filter(|p| !p.closed && !p.indented);
    let widths: Vec<usize> = above.map(|p| p.width).collect();
    let Some(column) = widths.iter().max().copied() else {
        return false;
    };
    let fills = |width: usize| width.abs_diff(column) <= CELLS + 1;
    let below = fills(next.width) || next.closed && next.width < column;
    widths.len() >= LEAST
        && widths.iter().all(|w| fills(*w))
        && below
        && own.width + CELLS < column
        && !runs_on(chars, pieces, i)
}

/// Whether the lines around `i` fill their column evenly, and `i`, perhaps with the line behind it, does not: so it was
/// torn into them.
pub(super) fn odd_in_even_column(chars: &[char], pieces: &[Piece], i: usize, column: usize) -> bool {
    const REACH: usize = 7;
    const CELLS: usize = 2;
    let fills = |p: &Piece| p.width.abs_diff(column) <= CELLS;
    let text = |k: usize| pieces.get(k).filter(|p| matches!(p.shape, Shape::Text));
    // Blanks within a line spread it to its column's width.
    let spread = |p: &Piece| cut(chars, p.start, p.end).iter().any(|c| c.is_whitespace());
    let odd = |p: &Piece| !p.closed && p.width.abs_diff(column) > CELLS + 1 && !spread(p);
    let Some(own) = text(i).filter(|p| odd(p)) else {
        return false;
    };
    let behind = match (text(i + 1), text(i + 2)) {
        (Some(next), _) if fills(next) => i + 1,
        (Some(next), Some(last)) if odd(next) && fills(last) && next.width.abs_diff(own.width) > 1 => i + 2,
        _ => return false,
    };
    let before = i.checked_sub(1).and_then(text);
    if !before.is_some_and(|p| fills(p) && !p.closed) {
        return false;
    }
    // First and last lines of paragraphs tell nothing.
    let inside = |k: &usize| {
        let previous = k.checked_sub(1).and_then(text);
        (*k < i || *k > behind) && previous.is_some_and(|p| !p.closed) && text(*k).is_some_and(|p| !p.closed)
    };
    let lines: Vec<usize> = (i.saturating_sub(REACH)..i + REACH).filter(inside).collect();
    let uneven = lines.iter().filter(|k| !text(**k).is_some_and(fills)).count();
    lines.len() >= 6 && uneven == 0
}

/// Whether the line goes on from the one before it or into the one behind it: the two characters at the break stand
/// together elsewhere nearby.
pub(super) fn runs_on(chars: &[char], pieces: &[Piece], i: usize) -> bool {
    const NEARBY: usize = 3000;
    let text = |k: usize| {
        pieces
            .get(k)
            .filter(|p| matches!(p.shape, Shape::Text | Shape::Dateline))
    };
    let Some(own) = text(i) else { return false };
    let around = cut(chars, own.start.saturating_sub(NEARBY), own.end + NEARBY);
    let stand = |one: char, two: char| {
        is_han(one) && is_han(two) && around.windows(2).any(|w| at(w, 0) == one && at(w, 1) == two)
    };
    let above = i.checked_sub(1).and_then(text);
    above.is_some_and(|p| stand(before(chars, p.end), at(chars, own.start)))
        || text(i + 1).is_some_and(|p| stand(before(chars, own.end), at(chars, p.start)))
}

/// Whether the line above breaks off in the middle of its column and of a sentence, and `i` is wider than that column: a
/// column that is left in mid-sentence goes on elsewhere, and what stands there in one line of its own is no part of it.
pub(super) fn interrupts(chars: &[char], pieces: &[Piece], i: usize) -> bool {
    const ABOVE: usize = 5;
    const SHORTEST: usize = 8;
    const CELLS: usize = 6;
    let text = |p: &&Piece| matches!(p.shape, Shape::Text | Shape::Dateline);
    let (Some(own), Some(last)) = (
        pieces.get(i),
        i.checked_sub(1).and_then(|k| pieces.get(k)).filter(text),
    ) else {
        return false;
    };
    let above = pieces.get(i.saturating_sub(ABOVE + 1)..i - 1).unwrap_or_default();
    let widths: Vec<usize> = above
        .iter()
        .filter(text)
        .filter(|p| !p.closed)
        .map(|p| p.width)
        .collect();
    let Some(column) = widths.iter().max().copied().filter(|_| widths.len() >= 3) else {
        return false;
    };
    let line = cut(chars, own.start, own.end);
    let even = widths.iter().all(|w| w + 4 >= column);
    let broke_off = !last.closed && last.width + CELLS <= column;
    let foreign = own.width > column + 2 && line.len() >= SHORTEST && balanced(line);
    // The text below fills no column of this line's width.
    let below = pieces
        .get(i + 1)
        .is_some_and(|next| text(&next) && next.width != own.width);
    even && broke_off && foreign && below && !runs_on(chars, pieces, i)
}

/// Two or three lines that end nothing, all much narrower than the column, before a full one: a paragraph fills its lines.
pub(super) fn narrow_run(chars: &[char], pieces: &[Piece], i: usize, column: usize) -> bool {
    const CELLS: usize = 10;
    let text = |k: usize| pieces.get(i + k).filter(|p| matches!(p.shape, Shape::Text));
    let narrow = |p: &Piece| !p.closed && p.width + CELLS <= column && head_shaped(chars, p);
    let lines = (0..4).take_while(|k| text(*k).is_some_and(narrow)).count();
    (2..=3).contains(&lines) && text(lines).is_some_and(|p| p.width + 3 >= column)
}
