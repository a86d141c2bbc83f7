//! Which lines are headlines: by their form, the width of the column around them, and what stands before and behind.

use crate::chars::{
    at, balanced, before, cut, dense, digit, is_colon, is_comma, is_han, is_open, is_semicolon, is_stop,
};
use crate::pieces::columns::{
    column_width, first_line_deficits, indents, indents_lost, usual_deficit, widest,
};
use crate::pieces::odd::{interrupts, narrow_run, odd_in_even_column, runs_on, torn_behind_a_stop};
use crate::pieces::{Piece, Shape, is_spaced_out};
use crate::tables::{document_tails, paragraph_openers};

/// More lines of its own than this no page has at one place.
const FOLIOS: usize = 6;

/// Finds the lines that are headlines, from their shape and their surroundings.
pub(super) fn mark_heads(chars: &[char], pieces: &mut [Piece]) {
    let deficits = first_line_deficits(pieces);
    let deficit = usual_deficit(&deficits);
    let lost = indents_lost(&deficits);
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
            } else if lost {
                run_before_first_line(chars, pieces, i)
            } else {
                0
            };
            let run = if run == 0 && opens_an_article(chars, pieces, i) {
                1
            } else {
                run
            };
            if run > 0 {
                for piece in pieces.iter_mut().skip(i).take(run) {
                    set_head(chars, piece);
                }
                i += run;
                continue;
            }
        }
        if looks_like_head(chars, pieces, i, closed_before, deficit, indents)
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
        if names_document(&dense) && balanced(&dense) && dense.len() >= 5 && text {
            for piece in pieces.iter_mut().skip(first).take(n) {
                set_head(chars, piece);
            }
            return first + n;
        }
    }
    0
}

/// `…政府工作报告（摘要）`: whether a line without blanks ends as the titles of official documents do.
pub(crate) fn names_document(line: &[char]) -> bool {
    const EDITIONS: [&str; 7] = [
        "（摘要）",
        "(摘要)",
        "（节选）",
        "（全文）",
        "（草案）",
        "（讨论稿）",
        "（审议稿）",
    ];
    let edition = EDITIONS
        .iter()
        .find(|w| crate::chars::has_before(line, line.len(), w));
    let bare = line.len() - edition.map_or(0, |w| w.chars().count());
    bare >= 4 && document_tails().before(line, bare).is_some()
}

pub(super) fn ends_its_text(piece: &Piece) -> bool {
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
    for c in without_page(line) {
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

/// `秋茶季 茶商挤破门 今日四版` without where it goes on.
pub(super) fn without_page(line: &[char]) -> &[char] {
    let blank = line.iter().rposition(|c| c.is_whitespace());
    let Some(k) = blank.filter(|k| *k >= 4) else {
        return line;
    };
    let word = cut(line, k + 1, line.len());
    let front = ["今日", "详见", "见", "转", "下转", "第"]
        .iter()
        .any(|w| crate::chars::has_at(word, 0, w));
    if front && word.last() == Some(&'版') && word.len() <= 7 {
        cut(line, 0, k)
    } else {
        line
    }
}

/// How many lines from `i` on run up to a boundary (end, dateline, byline, doubled heading) without any end of a
/// sentence: a paragraph would have one, so these are headlines.
fn run_without_stop(chars: &[char], pieces: &[Piece], i: usize) -> usize {
    const LONGEST_RUN: usize = 10;
    let mut n = 0usize;
    while let Some(piece) = pieces.get(i + n) {
        match piece.shape {
            Shape::Text
                if n < LONGEST_RUN && (head_shaped(chars, piece) || quote_opens(chars, pieces, i + n)) =>
            {
                n += 1;
            }
            Shape::Text => return 0,
            _ => return n,
        }
    }
    n
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

/// How many lines from `i` on, none of them ending a sentence, stand before a line that is narrower than the two below it
/// by an indent that the page has lost: it is the first of a paragraph, so these are a heading.
fn run_before_first_line(chars: &[char], pieces: &[Piece], i: usize) -> usize {
    const LONGEST_RUN: usize = 3;
    let text = |k: usize| {
        pieces
            .get(k)
            .filter(|p| matches!(p.shape, Shape::Text | Shape::Dateline))
    };
    // The line itself begins no paragraph: `4月9日，…` does, and so does a line that is narrower by an indent.
    let Some(own) = text(i) else { return 0 };
    let line = cut(chars, own.start, own.end);
    let day = crate::times::time_len(line, 0);
    if paragraph_openers().at(line, 0).is_some() || day > 0 && is_comma(at(line, day)) {
        return 0;
    }
    for n in 1..=LONGEST_RUN {
        let last = pieces.get(i + n - 1);
        let plain = |p: &Piece| {
            let line = cut(chars, p.start, p.end);
            matches!(p.shape, Shape::Text)
                && !p.closed
                && head_shaped(chars, p)
                && balanced(line)
                && !line.iter().any(|c| is_comma(*c))
        };
        if !last.is_some_and(plain) {
            return 0;
        }
        let (Some(first), Some(second), Some(third)) = (text(i + n), text(i + n + 1), text(i + n + 2)) else {
            continue;
        };
        let full = second.width.abs_diff(third.width) <= 2;
        let narrower = second.width.saturating_sub(first.width);
        let begins = second.width.saturating_sub(own.width);
        if full && !first.closed && (3..=6).contains(&narrower) && !(n == 1 && (3..=5).contains(&begins)) {
            return n;
        }
    }
    0
}

/// Whether the line right behind a byline is a headline: what ended there is followed by another article, whose first line
/// either does not go on from this one, or is of another width.
fn opens_an_article(chars: &[char], pieces: &[Piece], i: usize) -> bool {
    const SHORTEST: usize = 5;
    const LINES: usize = 8;
    let above = pieces.get(..i).unwrap_or_default().iter().rev();
    let behind_byline = above
        .take(FOLIOS)
        .find(|p| !matches!(p.shape, Shape::Folio))
        .is_some_and(|p| matches!(p.shape, Shape::Byline(_) | Shape::Rule));
    let Some(own) = pieces
        .get(i)
        .filter(|p| behind_byline && matches!(p.shape, Shape::Text))
    else {
        return false;
    };
    let line = cut(chars, own.start, own.end);
    let day = crate::times::time_len(line, 0);
    if own.closed
        || !head_shaped(chars, own)
        || !balanced(line)
        || line.len() < SHORTEST
        || line.iter().any(|c| is_comma(*c))
        || paragraph_openers().at(line, 0).is_some()
        || day > 0
    {
        return false;
    }
    let Some(next) = pieces.get(i + 1).filter(|p| matches!(p.shape, Shape::Text)) else {
        return false;
    };
    let lead = cut(chars, next.start, next.end);
    // `——某某侧记`, `“同学们，…`, `3月15日，…`
    let dashed = matches!(at(lead, 0), '—' | '─' | '―') && head_shaped(chars, next);
    let day = crate::times::time_len(lead, 0);
    let opens = matches!(at(lead, 0), '“' | '"') && !matches!(before(line, line.len()), '“')
        || day > 2 && (is_comma(at(lead, day)) || before(lead, day) == '日')
        || crate::tables::news_leads().at(lead, 0).is_some();
    if dashed || opens || two_halves(line) {
        return true;
    }
    // As the first line of a text it would be as wide as the column, or narrower by an indent.
    let mut widths: Vec<usize> = pieces
        .iter()
        .skip(i + 2)
        .take(LINES)
        .take_while(|p| matches!(p.shape, Shape::Text))
        .filter(|p| !p.closed)
        .map(|p| p.width)
        .collect();
    widths.sort_unstable();
    let Some(column) = widths
        .get(widths.len() / 2)
        .copied()
        .filter(|_| widths.len() >= 3)
    else {
        return false;
    };
    let even = widths.iter().filter(|w| w.abs_diff(column) <= 3).count() * 4 >= widths.len() * 3;
    let deficit = column.saturating_sub(own.width);
    even && column <= 100 && (own.width > column + 3 || deficit > 8)
}

/// `春灌开闸 万亩麦田返青`: one blank parts two halves, as in headlines.
fn two_halves(line: &[char]) -> bool {
    const HALF: usize = 4;
    let mut blanks = (0..line.len()).filter(|k| at(line, *k).is_whitespace());
    let (Some(k), None) = (blanks.next(), blanks.next()) else {
        return false;
    };
    let word = |c: char| is_han(c) || matches!(c, '“' | '”' | '《' | '》');
    // `“奋进正当时 聚力谱新篇”` is a slogan.
    let quoted = !balanced(cut(line, 0, k));
    !quoted && k >= HALF && line.len() > k + HALF && word(before(line, k)) && word(at(line, k + 1))
}

/// `6 月12日，天还没亮透`: a day and a comma, whatever blanks its numbers have got.
fn opens_with_day(line: &[char]) -> bool {
    const REACH: usize = 20;
    if crate::chars::digit(at(line, 0)).is_none() {
        return false;
    }
    let line = dense(cut(line, 0, REACH));
    let day = crate::times::time_len(&line, 0);
    day > 2 && before(&line, day) == '日' && is_comma(at(&line, day))
}

/// `某县出台“` / `八条硬杠杠”`: broken right behind the mark that opens a quotation, which the line behind it closes.
fn quote_opens(chars: &[char], pieces: &[Piece], i: usize) -> bool {
    let (Some(one), Some(two)) = (pieces.get(i), pieces.get(i + 1)) else {
        return false;
    };
    let mut text = cut(chars, one.start, one.end).to_vec();
    let opened = matches!(text.last(), Some('“' | '《')) && !balanced(&text);
    text.extend(cut(chars, two.start, two.end));
    opened
        && matches!(two.shape, Shape::Text)
        && head_shaped(chars, two)
        && balanced(&text)
        && one.end - one.start <= 40
}

/// The form of a headline: short, no end of a sentence inside, not broken off after a comma.
pub(super) fn head_shaped(chars: &[char], piece: &Piece) -> bool {
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
    // `红头船归港 12月5日，渔民将…`: a picture's heading and its text.
    let told = (1..n).any(|k| before(text, k).is_whitespace() && opens_with_day(cut(text, k, n)));
    // `因110千伏线路检修，现将停电安排公告` is broken off before 如下.
    let grounds = crate::tables::notice_leads().at(text, 0).is_some()
        && text.iter().any(|c| is_comma(*c))
        && !text.iter().any(|c| matches!(c, '“' | '！'));
    if told
        || opens_with_day(text)
        || grounds
            && matches!(
                at(text, 0),
                '因' | '为' | '受' | '根' | '兹' | '按' | '依' | '鉴' | '由'
            )
    {
        return false;
    }
    let inner = cut(text, 0, n - 1);
    let commas = text.iter().filter(|c| is_comma(**c)).count();
    commas <= 2
        && !inner.iter().any(|c| is_semicolon(*c) || matches!(c, '。' | '…'))
        && !is_closing(at(text, 0))
}

/// `馆长赵新说，今年还要为12个村补充农家`: somebody begins to speak, and no headline says so with a comma.
fn speaks(text: &[char]) -> bool {
    (2..text.len()).any(|k| {
        is_comma(at(text, k))
            && ["说", "表示", "介绍", "告诉记者"]
                .iter()
                .any(|w| crate::chars::has_before(text, k, w))
    })
}

fn is_closing(c: char) -> bool {
    is_comma(c) || is_stop(c) || is_semicolon(c) || matches!(c, '、' | '）' | ')' | '”' | '》')
}

fn looks_like_head(
    chars: &[char],
    pieces: &[Piece],
    i: usize,
    closed_before: bool,
    deficit: usize,
    indented_page: bool,
) -> bool {
    let Some(piece) = pieces.get(i) else { return false };
    if !matches!(piece.shape, Shape::Text) || piece.closed || !head_shaped(chars, piece) {
        return false;
    }
    let text = cut(chars, piece.start, piece.end);
    // `今年以来，…` opens a paragraph, whatever its width; `一、提升政务服务效能` is a heading, whatever its width.
    // So does `4月9日，…`.
    let day = crate::times::time_len(text, 0);
    if paragraph_openers().at(text, 0).is_some() || day > 0 && is_comma(at(text, day)) || speaks(text) {
        return false;
    }
    // `——某某侧记` under a headline.
    let above = i.checked_sub(1).and_then(|k| pieces.get(k));
    let headed = above.is_some_and(|p| matches!(p.shape, Shape::Head { doubled: false, .. }));
    let dashes = text.iter().take_while(|c| matches!(c, '—' | '─' | '―')).count();
    if headed && dashes >= 2 && text.len() >= 6 && !text.iter().any(|c| is_comma(*c)) {
        return true;
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
    if closed_before && indented_page && torn_behind_a_stop(chars, pieces, i) {
        return true;
    }
    // `秋果进了城 老井通了网`: no line of a text has a blank in its middle and stops short of its column.
    let short = column.is_some_and(|column| piece.width + 4 <= column);
    if closed_before && short && !piece.indented && two_halves(text) && !runs_on(chars, pieces, i) {
        return true;
    }
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
    if !commas && interrupts(chars, pieces, i) {
        return true;
    }
    // The line above such a one is where its column broke off.
    if interrupts(chars, pieces, i + 1) {
        return false;
    }
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
            let torn = two_halves(text) && full(previous) || odd_in_even_column(chars, pieces, i, column);
            if !narrow && torn && !runs_on(chars, pieces, i) {
                return true;
            }
            let wide = piece.width > column + 6 || piece.width > widest(pieces, i) + 2;
            narrow || (wide || piece.width + 8 < column) && !like_next && !like_previous
        }
        None => text.len() <= 40 && piece.gap && !like_next && !like_previous,
    }
}
