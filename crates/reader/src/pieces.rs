//! From a page's characters to its pieces: lines, cut where a dateline or a byline begins inside a line, each with
//! what its shape says (headline, byline, dateline, end of a sentence).

use crate::byline::{self, Byline};
use crate::chars::{
    at, before, cut, dense, digit, ends_closed, has_at, is_comma, is_han, is_semicolon, is_stop, width,
};
use crate::tables::{folio_words, page_labels};
use crate::undouble::undouble;

mod columns;
mod headlines;
mod marks;
mod odd;

use columns::column_width;
use headlines::mark_heads;
pub(crate) use headlines::names_document;

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
    Byline(Box<Byline>),
    /// The page's own line: paper, date, section, editors, page number.
    Folio,
    /// A line of dashes or stars between two articles.
    Rule,
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
            found.push(Piece::of(open, close, blanks, Shape::Byline(Box::new(byline))));
        } else if let Some(line) = all.get(k).filter(|line| line.start < line.end) {
            let text = cut(chars, line.start, line.end);
            let last = all
                .get(k + 1)
                .is_none_or(|next| dateline(chars, next.start).is_some());
            match byline::sender(text).filter(|_| last && byline::trailing(text).is_none()) {
                Some(n) => {
                    let name = dense(cut(text, n + 1, text.len() - 1));
                    let sent = Byline {
                        authors: vec![crate::chars::string(&name)],
                        ..Byline::default()
                    };
                    let (start, end, blanks, indent) = (line.start, line.end, line.blanks, line.indent);
                    push(chars, start, start + n, blanks, indent, &mut found);
                    found.push(Piece::of(start + n, end, 0, Shape::Byline(Box::new(sent))));
                }
                None => cut_line(chars, line, &mut found),
            }
        }
    }
    drop(all);
    found.shrink_to_fit();
    lone_names(chars, &mut found);
    marks::page_numbers(chars, &mut found);
    marks::lone_senders(chars, &mut found);
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

/// A name alone below an article, before a headline, a dateline or the end.
fn lone_names(chars: &[char], found: &mut [Piece]) {
    for i in 1..found.len() {
        let foreign = found
            .get(i + 1)
            .is_none_or(|next| !matches!(next.shape, Shape::Text));
        let below = i
            .checked_sub(1)
            .and_then(|k| found.get(k))
            .is_some_and(|p| p.closed && matches!(p.shape, Shape::Text | Shape::Dateline));
        let Some(piece) = found
            .get_mut(i)
            .filter(|p| foreign && below && matches!(p.shape, Shape::Text))
        else {
            continue;
        };
        if let Some(byline) = byline::lone_name(cut(chars, piece.start, piece.end)) {
            piece.shape = Shape::Byline(Box::new(byline));
        }
    }
}

/// The length of the dateline at `i`: 本报讯, 本报某地讯, 新华社某地电.
pub(crate) fn dateline(chars: &[char], i: usize) -> Option<usize> {
    if !matches!(at(chars, i), '本' | '新' | '中') {
        return if i == 0 {
            marks::paper_dateline(chars)
        } else {
            None
        };
    }
    if let Some((n, _)) = byline::reports(cut(chars, i, i + 32)) {
        return Some(n);
    }
    for agency in ["本报", "本台", "本网", "本刊", "新华社", "中新社", "中新网"] {
        if !has_at(chars, i, agency) {
            continue;
        }
        let from = i + agency.chars().count();
        let rest = cut(chars, from, from + 16);
        for (k, c) in rest.iter().enumerate() {
            // `本报通讯员 甲`
            if *c == '\n' || *c == '讯' && at(rest, k + 1) == '员' {
                return None;
            }
            if matches!(c, '讯' | '电') {
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
            // What stands behind the end of a text as a byline does is one, whoever it names.
            if let Some(last) = out.last_mut().filter(|p| matches!(p.shape, Shape::Text))
                && let Some(byline) = byline::taken_by(cut(chars, last.start, last.end))
            {
                last.shape = Shape::Byline(Box::new(byline));
            }
        }
    }
}

fn push(chars: &[char], start: usize, mut end: usize, blanks: usize, indent: usize, out: &mut Vec<Piece>) {
    while end > start && before(chars, end).is_whitespace() {
        end -= 1;
    }
    if let Some((from, to)) = doubled_part(chars, start, end) {
        if from > start {
            push(chars, start, from, blanks, indent, out);
        }
        push(chars, from, to, if from > start { 0 } else { blanks }, 0, out);
        let rest = (to..end).find(|k| !at(chars, *k).is_whitespace());
        if let Some(rest) = rest {
            push(chars, rest, end, 0, 0, out);
        }
        return;
    }
    let text = cut(chars, start, end);
    let spaced = matches!(at(text, 0), '本' | '新' | '中') && is_spaced_out(text);
    let shape = if dateline(chars, start).is_some()
        || spaced && dateline(&dense(text), 0).is_some()
        || marks::paper_dateline(text).is_some()
    {
        Shape::Dateline
    } else if let Some(byline) = byline::byline(text)
        .or_else(|| photographer(text))
        .or_else(|| marks::lent(text))
    {
        Shape::Byline(Box::new(byline))
    } else if is_rule(text) {
        Shape::Rule
    } else if marks::is_web_frame(text) || is_folio(chars, start, end) {
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

/// `格日勒 摄` on a line by itself, whatever the family name.
fn photographer(text: &[char]) -> Option<Byline> {
    let alone = before(text, text.len()) == '摄' && before(text, text.len() - 1).is_whitespace();
    let words = text
        .split(|c| c.is_whitespace())
        .filter(|w| !w.is_empty())
        .count();
    byline::taken_by(text).filter(|_| alone && words == 2)
}

/// `光伏板下羊儿肥 县上部署春防县上部署春防`: where one of the headings on a line is printed twice and the others are not.
fn doubled_part(chars: &[char], start: usize, end: usize) -> Option<(usize, usize)> {
    const LONGEST: usize = 120;
    const SHORTEST: usize = 8;
    let text = cut(chars, start, end);
    let blank = text.iter().any(|c| c.is_whitespace());
    let stopped = || {
        text.iter()
            .any(|c| is_stop(*c) || is_semicolon(*c) || is_comma(*c))
    };
    if !blank || text.len() > LONGEST || text.len() <= SHORTEST || stopped() {
        return None;
    }
    let mut from = start;
    while from < end {
        let to = (from..end).find(|k| at(chars, *k).is_whitespace()).unwrap_or(end);
        let word = cut(chars, from, to);
        let (one, two) = word.split_at(word.len() / 2);
        if word.len() >= SHORTEST && one == two && undouble(text).is_none() {
            return Some((from, to));
        }
        from = to + 1;
    }
    None
}

/// `————————`, `＊＊＊＊＊`: nothing but one mark.
fn is_rule(text: &[char]) -> bool {
    const SHORTEST: usize = 4;
    let marks = [
        '—', '－', '-', '─', '━', '＊', '*', '※', '=', '＝', '_', '＿', '…', '~', '～', '·',
    ];
    let first = at(text, 0);
    let line = dense(text);
    line.len() >= SHORTEST && marks.contains(&first) && line.iter().all(|c| *c == first)
}

/// Whether the line is the page's own: `2023年11月15日 星期三 责任编辑 吕青 要闻 2版`, `— 3 —`, `第3页`.
fn is_folio(chars: &[char], start: usize, end: usize) -> bool {
    const LONGEST: usize = 70;
    const HEADLINE: usize = 7;
    let whole = cut(chars, start, end);
    // `秋茶季 茶商挤破门 今日四版`
    let text = Some(headlines::without_page(whole))
        .filter(|text| text.len() >= HEADLINE && !text.iter().any(|c| digit(*c).is_some()));
    let text = text.unwrap_or(whole);
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
    // `天气：今天多云，27—33℃`, `新闻热线：96123`
    let hotline = ["热线：", "热线:", "邮箱：", "邮箱:"]
        .iter()
        .any(|w| crate::chars::find(&line, w).is_some_and(|k| k <= 6));
    if (hotline
        || ["天气：", "天气:", "今日天气"]
            .iter()
            .any(|w| has_at(&line, 0, w)))
        && line.len() <= 40
    {
        return true;
    }
    if line.iter().any(|c| is_comma(*c)) {
        return false;
    }
    // `A06 民生`, `02 综合新闻`, `简讯`
    let number = line
        .iter()
        .take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        .count();
    let number = number + usize::from(number > 0 && at(&line, number) == '版');
    if number <= 4 && page_labels().is(cut(&line, number, line.len())) {
        return true;
    }
    if wordy(text) {
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

/// `热线电话通了 老人心里暖了`, `新闻发布会今日召开`: words of the page's own line in a line that says more than they and names do,
/// with neither a number nor a colon.
fn wordy(text: &[char]) -> bool {
    const MORE: usize = 5;
    if text
        .iter()
        .any(|c| c.is_ascii_digit() || crate::chars::is_colon(*c))
        || is_spaced_out(text)
    {
        return false;
    }
    let (mut i, mut run) = (0usize, 0usize);
    while i < text.len() && run < MORE {
        match folio_words().at(text, i) {
            Some(n) => (i, run) = (i + n.max(1), 0),
            None => {
                run = if is_han(at(text, i)) { run + 1 } else { 0 };
                i += 1;
            }
        }
    }
    run >= MORE
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
