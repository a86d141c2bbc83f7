//! From a page's characters to its pieces: lines, cut where a dateline or a byline begins inside a line, each with
//! what its shape says (headline, byline, dateline, end of a sentence).

use crate::byline::{self, Byline};
use crate::chars::{
    at, balanced, before, cut, dense, digit, ends_closed, has_at, is_colon, is_comma, is_han, is_open,
    is_semicolon, is_stop, width,
};
use crate::tables::{folio_words, paragraph_openers};
use crate::undouble::undouble;

/// A line or a part of a line.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// First character of the piece in the text.
    pub(crate) start: usize,
    /// One past its last character.
    pub(crate) end: usize,
    /// Blank lines before it; 0 inside a line.
    pub(crate) blanks: usize,
    /// Whether the gap before it is wider than usual on this page.
    pub(crate) gap: bool,
    /// Whether the line was indented by two cells or more.
    pub(crate) indented: bool,
    /// Width in half-width cells.
    pub(crate) width: usize,
    /// The width of the column around it, if the lines are broken at one.
    pub(crate) column: Option<usize>,
    /// Whether it ends a sentence.
    pub(crate) closed: bool,
    /// What it is.
    pub(crate) shape: Shape,
}

/// What a piece is.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// Running text.
    Text,
    /// Running text that begins an article: `本报讯`.
    Dateline,
    /// A headline, a heading or a label.
    Head {
        /// Its texts: more than one where several headings stand on a line.
        texts: Vec<Vec<char>>,
        /// Whether the text layer held it twice.
        doubled: bool,
    },
    /// Who wrote it.
    Byline(Byline),
    /// The page's own line: paper, date, section, editors, page number.
    Folio,
}

impl Piece {
    fn of(start: usize, end: usize, blanks: usize, shape: Shape) -> Piece {
        Piece {
            start,
            end,
            blanks,
            gap: false,
            indented: false,
            width: 0,
            column: None,
            closed: true,
            shape,
        }
    }
}

/// Cuts a text into its pieces.
pub(crate) fn pieces(chars: &[char]) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut all = lines(chars);
    for k in 0..all.len() {
        let torn = byline::torn(chars, all.get(k).map(Line::span), all.get(k + 1).map(Line::span));
        if let Some((open, close, byline)) = torn {
            if let Some(line) = all.get_mut(k) {
                line.end = open;
            }
            if let Some(next) = all.get_mut(k + 1) {
                next.start = next.end.min(close);
                next.indent = 0;
            }
            if let Some(line) = all.get(k).filter(|line| line.start < line.end) {
                cut_line(chars, line, &mut found);
            }
            let blanks = all
                .get(k)
                .map_or(0, |line| if line.start < line.end { 0 } else { line.blanks });
            found.push(Piece::of(open, close, blanks, Shape::Byline(byline)));
        } else if let Some(line) = all.get(k).filter(|line| line.start < line.end) {
            cut_line(chars, line, &mut found);
        }
    }
    mark_gaps(&mut found);
    mark_heads(chars, &mut found);
    for i in 0..found.len() {
        let column = column_width(&found, i);
        if let Some(piece) = found.get_mut(i) {
            piece.column = column;
        }
    }
    found
}

/// The length of the dateline at `i`: 本报讯, 本报某地讯, 新华社某地电.
pub(crate) fn dateline(chars: &[char], i: usize) -> Option<usize> {
    if !matches!(at(chars, i), '本' | '新' | '中') {
        return None;
    }
    for agency in ["本报", "本台", "本网", "本刊", "新华社", "中新社", "中新网"] {
        if !has_at(chars, i, agency) {
            continue;
        }
        let from = i + agency.chars().count();
        let rest = cut(chars, from, from + 16);
        for (k, c) in rest.iter().enumerate() {
            if matches!(c, '讯' | '电') && at(rest, k + 1) != '员' {
                return Some(from + k + 1 - i);
            }
            // Only a place, a date and blanks may stand between the agency and 讯.
            if !(is_han(*c) || c.is_ascii_digit() || c.is_whitespace())
                || (*c == '记' && at(rest, k + 1) == '者')
            {
                break;
            }
        }
    }
    None
}

struct Line {
    start: usize,
    end: usize,
    blanks: usize,
    indent: usize,
}

impl Line {
    fn span(&self) -> (usize, usize) {
        (self.start, self.end)
    }
}

fn lines(chars: &[char]) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut start, mut blanks) = (0usize, 0usize);
    let mut i = 0usize;
    while i <= chars.len() {
        if i == chars.len()
            || matches!(
                at(chars, i),
                '\n' | '\r' | '\u{c}' | '\u{2028}' | '\u{2029}' | '\u{b}'
            )
        {
            let raw = cut(chars, start, i);
            let lead = raw.iter().take_while(|c| c.is_whitespace()).count();
            if lead == raw.len() {
                blanks += 1;
            } else {
                let tail = raw.iter().rev().take_while(|c| c.is_whitespace()).count();
                let indent = width(cut(chars, start, start + lead));
                lines.push(Line {
                    start: start + lead,
                    end: i - tail,
                    blanks,
                    indent,
                });
                blanks = 0;
            }
            if at(chars, i) == '\r' && at(chars, i + 1) == '\n' {
                i += 1;
            }
            start = i + 1;
        }
        i += 1;
    }
    lines
}

/// One article may run into the next with no break but 本报讯, and a byline may stand at a line's end.
fn cut_line(chars: &[char], line: &Line, out: &mut Vec<Piece>) {
    let mut starts = vec![line.start];
    for i in line.start + 1..line.end {
        if matches!(at(chars, i), '本' | '新' | '中')
            && dateline(chars, i).is_some()
            && last_visible(chars, line.start, i).is_some_and(|c| is_stop(c) || matches!(c, '）' | ')' | '”'))
        {
            starts.push(i);
        }
    }
    for (k, start) in starts.iter().enumerate() {
        let mut end = starts.get(k + 1).copied().unwrap_or(line.end);
        while end > *start && before(chars, end).is_whitespace() {
            end -= 1;
        }
        let blanks = if k == 0 { line.blanks } else { 0 };
        let text = cut(chars, *start, end);
        let tail = byline::trailing(text);
        let text_end = tail.map_or(end, |n| start + n);
        push(chars, *start, text_end, blanks, line.indent, out);
        if tail.is_some() {
            push(chars, text_end, end, 0, 0, out);
        }
    }
}

fn push(chars: &[char], start: usize, mut end: usize, blanks: usize, indent: usize, out: &mut Vec<Piece>) {
    while end > start && before(chars, end).is_whitespace() {
        end -= 1;
    }
    let text = cut(chars, start, end);
    let spaced = matches!(at(text, 0), '本' | '新' | '中') && is_spaced_out(text);
    let shape = if dateline(chars, start).is_some() || (spaced && dateline(&dense(text), 0).is_some()) {
        Shape::Dateline
    } else if let Some(byline) = byline::byline(text) {
        Shape::Byline(byline)
    } else if is_folio(chars, start, end) {
        Shape::Folio
    } else if let Some(texts) = undouble(text) {
        Shape::Head { texts, doubled: true }
    } else {
        Shape::Text
    };
    let closed = ends_closed(text);
    out.push(Piece {
        start,
        end,
        blanks,
        gap: false,
        indented: indent >= 4,
        width: line_width(text),
        column: None,
        closed,
        shape,
    });
}

/// Whether the line is the page's own: `2023年11月15日 星期三 责任编辑 吕青 要闻 2版`, `— 3 —`, `第3页`.
fn is_folio(chars: &[char], start: usize, end: usize) -> bool {
    const LONGEST: usize = 70;
    let text = cut(chars, start, end);
    if text.len() > LONGEST || text.iter().any(|c| is_stop(*c) || is_semicolon(*c)) {
        return false;
    }
    let line = dense(text);
    let digits = line.iter().filter(|c| digit(**c).is_some()).count();
    let dashes = line
        .iter()
        .filter(|c| matches!(c, '—' | '-' | '－' | '–' | '·'))
        .count();
    // A page number between dashes, or alone at the end of a page.
    let at_break =
        matches!(before(chars, start), '\u{c}') || at(chars, end) == '\u{c}' || at(chars, end + 1) == '\u{c}';
    if digits > 0 && digits <= 4 && digits + dashes == line.len() && (dashes >= 2 || at_break) {
        return true;
    }
    if line.first() == Some(&'第') && digits > 0 && line.ends_with(&['页']) && line.len() <= 12 {
        return true;
    }
    if line.iter().any(|c| is_comma(*c)) {
        return false;
    }
    let marks = folio_words().count_in(&line);
    let dated = (0..line.len()).any(|i| {
        digit(at(&line, i)).is_some() && {
            let n = crate::times::time_len(&line, i);
            n > 0 && before(&line, i + n) == '日'
        }
    });
    let page = (1..line.len()).any(|i| {
        at(&line, i) == '版'
            && (digit(before(&line, i)).is_some() || "一二三四五六七八".contains(before(&line, i)))
    });
    marks + usize::from(dated) + usize::from(page) >= 2 && !line.iter().any(|c| is_comma(*c) || *c == '。')
}

/// The width on the page; spaced-out letters count as if they stood together.
fn line_width(text: &[char]) -> usize {
    if is_spaced_out(text) {
        width(&dense(text))
    } else {
        width(text)
    }
}

/// Whether the line's letters are spaced out (`健 身 需 求`), so that its blanks mean nothing.
pub(crate) fn is_spaced_out(line: &[char]) -> bool {
    let han = line.iter().filter(|c| is_han(**c)).count();
    let blanks = line
        .windows(2)
        .filter(|w| at(w, 0).is_whitespace() && !at(w, 1).is_whitespace())
        .count();
    han >= 3 && blanks * 10 >= han * 5
}

fn last_visible(chars: &[char], start: usize, i: usize) -> Option<char> {
    cut(chars, start, i)
        .iter()
        .rev()
        .find(|c| !c.is_whitespace())
        .copied()
}

/// A gap is a run of blank lines longer than the page's usual one by two or more.
fn mark_gaps(pieces: &mut [Piece]) {
    let mut counts: Vec<usize> = pieces.iter().skip(1).map(|p| p.blanks).collect();
    counts.sort_unstable();
    let usual = counts.get(counts.len() / 2).copied().unwrap_or(0);
    for piece in pieces.iter_mut().skip(1) {
        piece.gap = piece.blanks >= usual + 2;
    }
}

/// Finds the lines that are headlines, from their shape and their surroundings.
fn mark_heads(chars: &[char], pieces: &mut [Piece]) {
    let deficit = first_line_deficit(pieces);
    let indents = indents(pieces);
    let mut i = 0usize;
    while i < pieces.len() {
        let closed_before = i
            .checked_sub(1)
            .and_then(|j| pieces.get(j))
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

fn ends_its_text(piece: &Piece) -> bool {
    piece.closed || matches!(piece.shape, Shape::Head { .. } | Shape::Byline(_))
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
    if paragraph_openers().at(text, 0).is_some() {
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
                    || (alone && !comma)
            }
            None => text.len() <= 45,
        };
    }
    // In the middle of a sentence: only a line that is odd among its neighbours and complete in itself.
    let commas = text.iter().any(|c| is_comma(*c));
    let previous = i.checked_sub(1).and_then(|j| pieces.get(j));
    let like_previous = previous.is_some_and(|p| p.width.abs_diff(piece.width) <= 6);
    if commas || !balanced(text) || next.is_none() {
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
fn column_width(pieces: &[Piece], i: usize) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(text: &str) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        pieces(&chars)
            .into_iter()
            .filter_map(|p| {
                if let Shape::Head { texts, .. } = p.shape {
                    Some(texts)
                } else {
                    None
                }
            })
            .flatten()
            .map(|t| t.into_iter().collect())
            .collect()
    }

    #[test]
    fn a_dateline_inside_a_line_begins_a_new_piece() {
        let chars: Vec<char> = "会议圆满结束。（王晨）本报讯 昨日，全县开工。".chars().collect();
        let found = pieces(&chars);
        assert_eq!(found.len(), 3);
        assert!(matches!(found[1].shape, Shape::Byline(_)));
        assert!(matches!(found[2].shape, Shape::Dateline));
    }

    #[test]
    fn lines_that_never_end_a_sentence_are_headlines() {
        let text = "会上进行了交流。\n（王晨）\n清河县召开防汛会议\n青山镇春耕忙\n";
        assert_eq!(heads(text), ["清河县召开防汛会议", "青山镇春耕忙"]);
    }
}
