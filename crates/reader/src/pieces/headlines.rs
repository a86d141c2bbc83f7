//! Which lines are headlines: by their form, the width of the column around them, and what stands before and behind.

use crate::chars::{
    at, balanced, before, cut, dense, digit, is_colon, is_comma, is_han, is_open, is_semicolon, is_stop,
};
use crate::pieces::{Piece, Shape, is_spaced_out};
use crate::tables::{document_tails, paragraph_openers};

/// More lines of its own than this no page has at one place.
const FOLIOS: usize = 6;

/// Finds the lines that are headlines, from their shape and their surroundings.
pub(super) fn mark_heads(chars: &[char], pieces: &mut [Piece]) {
    let deficit = first_line_deficit(pieces);
    let indents = indents(pieces);
    let mut i = document_title(chars, pieces);
    while i < pieces.len() {
        // The page's own line ends nothing: what stands before it decides.
        let before = pieces.get(..i).unwrap_or_default().iter().rev();
        let closed_before = before
            .take(FOLIOS)
            .find(|p| !matches!(p.shape, Shape::Folio))
            .is_none_or(ends_its_text);
        if closed_before {
            let run = run_without_stop(chars, pieces, i);
            if run > 0 {
                for piece in pieces.iter_mut().skip(i).take(run) {
                    set_head(chars, piece);
                }
                i += run;
                continue;
            }
            let run = if indents {
                run_before_indent(chars, pieces, i)
            } else {
                0
            };
            if run > 0 {
                for piece in pieces.iter_mut().skip(i).take(run) {
                    set_head(chars, piece);
                }
                i += run;
                continue;
            }
        }
        if looks_like_head(chars, pieces, i, closed_before, deficit)
            && let Some(piece) = pieces.get_mut(i)
        {
            set_head(chars, piece);
        }
        i += 1;
    }
}

/// The title of an official document over the first text, though it be as wide as the column: up to three lines, the last of
/// which ends as such titles do. Returns where to read on.
fn document_title(chars: &[char], pieces: &mut [Piece]) -> usize {
    const LINES: usize = 3;
    const LONGEST: usize = 60;
    let above = |p: &Piece| matches!(p.shape, Shape::Folio | Shape::Head { .. });
    let first = pieces.iter().take_while(|p| above(p)).count();
    let mut title: Vec<char> = Vec::new();
    for n in 1..=LINES {
        let Some(piece) = pieces.get(first + n - 1) else {
            return 0;
        };
        if !matches!(piece.shape, Shape::Text) || piece.closed || n > 1 && piece.indented {
            return 0;
        }
        title.extend(cut(chars, piece.start, piece.end));
        let dense = dense(&title);
        let marks = dense
            .iter()
            .any(|c| is_comma(*c) || is_stop(*c) || is_colon(*c) || is_semicolon(*c));
        if marks || dense.len() > LONGEST {
            return 0;
        }
        let next = pieces.get(first + n);
        let text = next.is_some_and(|p| matches!(p.shape, Shape::Text | Shape::Dateline));
        if document_tails().before(&dense, dense.len()).is_some()
            && balanced(&dense)
            && dense.len() >= 5
            && text
        {
            for piece in pieces.iter_mut().skip(first).take(n) {
                set_head(chars, piece);
            }
            return first + n;
        }
    }
    0
}

fn ends_its_text(piece: &Piece) -> bool {
    piece.closed || matches!(piece.shape, Shape::Head { .. } | Shape::Byline(_) | Shape::Rule)
}

fn set_head(chars: &[char], piece: &mut Piece) {
    if matches!(piece.shape, Shape::Text) {
        let text = headline_text(cut(chars, piece.start, piece.end));
        piece.shape = Shape::Head {
            texts: vec![text],
            doubled: false,
        };
    }
}

/// The headline with each run of blanks as one space, and spaced-out letters drawn together.
fn headline_text(line: &[char]) -> Vec<char> {
    if is_spaced_out(line) {
        return dense(line);
    }
    let mut text: Vec<char> = Vec::new();
    for c in line {
        if c.is_whitespace() {
            if text.last().is_some_and(|last| *last != ' ') {
                text.push(' ');
            }
        } else {
            text.push(*c);
        }
    }
    text
}

/// How many lines from `i` on run up to a boundary (end, dateline, byline, doubled heading) without any end of a
/// sentence: a paragraph would have one, so these are headlines.
fn run_without_stop(chars: &[char], pieces: &[Piece], i: usize) -> usize {
    const LONGEST_RUN: usize = 10;
    let mut n = 0usize;
    while let Some(piece) = pieces.get(i + n) {
        match piece.shape {
            Shape::Text if n < LONGEST_RUN && head_shaped(chars, piece) => n += 1,
            Shape::Text => return 0,
            _ => return n,
        }
    }
    n
}

/// Whether paragraphs are indented on this page, so that an indent means one.
fn indents(pieces: &[Piece]) -> bool {
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

/// How many lines from `i` on, none of them ending a sentence, stand before an indented line: a paragraph would have
/// ended, so these are a heading.
fn run_before_indent(chars: &[char], pieces: &[Piece], i: usize) -> usize {
    const LONGEST_RUN: usize = 3;
    for n in 1..=LONGEST_RUN {
        let Some(piece) = pieces.get(i + n - 1) else {
            return 0;
        };
        let plain = matches!(piece.shape, Shape::Text) && !piece.closed && head_shaped(chars, piece);
        if !plain || (n > 1 && piece.indented) {
            return 0;
        }
        let next = pieces.get(i + n);
        if next.is_some_and(|p| p.indented && matches!(p.shape, Shape::Text | Shape::Dateline)) {
            return n;
        }
    }
    0
}

/// The form of a headline: short, no end of a sentence inside, not broken off after a comma.
fn head_shaped(chars: &[char], piece: &Piece) -> bool {
    let text = cut(chars, piece.start, piece.end);
    let n = text.len();
    if !(2..=60).contains(&n) || !text.iter().any(|c| is_han(*c)) {
        return false;
    }
    // `3.设立…窗口` is an item of a list, `一、提升效能` may be a heading.
    if crate::chars::digit(at(text, 0)).is_some() && crate::bodies::list_item(text) {
        return false;
    }
    let last = text.last().copied().unwrap_or('\0');
    if is_comma(last) || is_semicolon(last) || is_colon(last) || is_open(last) || matches!(last, '、' | '。')
    {
        return false;
    }
    let inner = cut(text, 0, n - 1);
    let commas = text.iter().filter(|c| is_comma(**c)).count();
    commas <= 2
        && !inner.iter().any(|c| is_semicolon(*c) || matches!(c, '。' | '…'))
        && !is_closing(at(text, 0))
}

fn is_closing(c: char) -> bool {
    is_comma(c) || is_stop(c) || is_semicolon(c) || matches!(c, '、' | '）' | ')' | '”' | '》')
}

fn looks_like_head(chars: &[char], pieces: &[Piece], i: usize, closed_before: bool, deficit: usize) -> bool {
    let Some(piece) = pieces.get(i) else { return false };
    if !matches!(piece.shape, Shape::Text) || piece.closed || !head_shaped(chars, piece) {
        return false;
    }
    let text = cut(chars, piece.start, piece.end);
    // `今年以来，…` opens a paragraph, whatever its width; `一、提升政务服务效能` is a heading, whatever its width.
    // So does `4月9日，…`.
    let day = crate::times::time_len(text, 0);
    if paragraph_openers().at(text, 0).is_some() || day > 0 && is_comma(at(text, day)) {
        return false;
    }
    let numbered = "一二三四五六七八九十".contains(at(text, 0)) && text.iter().take(4).any(|c| *c == '、');
    if closed_before && numbered && text.len() <= 30 && !text.iter().any(|c| is_comma(*c)) {
        return true;
    }
    let next = pieces.get(i + 1);
    let like_next =
        next.is_some_and(|n| matches!(n.shape, Shape::Text) && n.width.abs_diff(piece.width) <= 6);
    let same_next =
        next.is_some_and(|n| matches!(n.shape, Shape::Text) && n.width.abs_diff(piece.width) <= 3);
    let column = column_width(pieces, i);
    if closed_before {
        return match column {
            Some(column) => {
                // A first line with a comma in it is narrow by its indent and by squeezed punctuation.
                let comma = text.iter().any(|c| is_comma(*c));
                let indent = if comma { deficit.max(2) } else { deficit };
                // On a page with indents, an indented line behind this one begins a paragraph of its own.
                let alone = deficit >= 3
                    && piece.width < column
                    && next
                        .is_some_and(|n| !n.closed && matches!(n.shape, Shape::Text) && n.width + 3 < column);
                // A narrow line is the last of its kind; a wide one may be the first of a wider column.
                piece.width > column + 6 && !like_next
                    || (piece.width + indent + 4 < column && !same_next)
                    || narrow_run(chars, pieces, i, column)
                    || (alone && !comma)
            }
            // A line with a comma, as long as the one behind it, is the first of a text.
            None => {
                let runs_on = same_next && piece.width >= 40 && text.iter().any(|c| is_comma(*c));
                text.len() <= 45 && !runs_on
            }
        };
    }
    // In the middle of a sentence: only a line that is odd among its neighbours and complete in itself.
    let commas = text.iter().any(|c| is_comma(*c));
    let previous = i.checked_sub(1).and_then(|j| pieces.get(j));
    let like_previous = previous.is_some_and(|p| p.width.abs_diff(piece.width) <= 6);
    // `…中心，186` / `个行政村`: the end of what is torn, not a headline.
    let number = previous.is_some_and(|p| digit(before(chars, p.end)).is_some());
    let rest = number && crate::tables::units().at(text, 0).is_some();
    if commas || rest || text.len() < 5 || !balanced(text) || next.is_none() {
        return false;
    }
    match column {
        Some(column) => {
            // Inside a sentence every line is as wide as its column: a narrower one between two full ones is foreign.
            let full = |p: Option<&Piece>| p.is_some_and(|p| p.width + 2 >= column);
            let narrow = piece.width + 5 < column && full(previous) && full(next);
            let wide = piece.width > column + 6 || piece.width > widest(pieces, i) + 2;
            narrow || (wide || piece.width + 8 < column) && !like_next && !like_previous
        }
        None => text.len() <= 40 && piece.gap && !like_next && !like_previous,
    }
}

/// Two or three lines that end nothing, all much narrower than the column, before a full one: a paragraph fills its lines.
fn narrow_run(chars: &[char], pieces: &[Piece], i: usize, column: usize) -> bool {
    const CELLS: usize = 10;
    let text = |k: usize| pieces.get(i + k).filter(|p| matches!(p.shape, Shape::Text));
    let narrow = |p: &Piece| !p.closed && p.width + CELLS <= column && head_shaped(chars, p);
    let lines = (0..4).take_while(|k| text(*k).is_some_and(narrow)).count();
    (2..=3).contains(&lines) && text(lines).is_some_and(|p| p.width + 3 >= column)
}

/// How much narrower than the column the first line of a paragraph usually is on this page: the indent.
fn first_line_deficit(pieces: &[Piece]) -> usize {
    const WITHOUT_EVIDENCE: usize = 6;
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
    if deficits.len() < 3 {
        return WITHOUT_EVIDENCE;
    }
    deficits.sort_unstable();
    // The lower quarter: the rest may be headlines.
    deficits
        .get(deficits.len() / 4)
        .copied()
        .unwrap_or(WITHOUT_EVIDENCE)
        .min(WITHOUT_EVIDENCE + 4)
}

/// The widest line of text around `i`.
fn widest(pieces: &[Piece], i: usize) -> usize {
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
