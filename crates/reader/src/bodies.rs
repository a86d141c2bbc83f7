//! From pieces to bodies: which lines belong together to one article, across headlines and captions that stand in
//! between.

use crate::byline::{Byline, Style};
use crate::chars::{contains, cut};
use crate::pieces::{Piece, Shape};
use crate::tables::caption_words;

mod begins;

/// The body of one article, before its headline is found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    /// Its pieces, in reading order.
    pub(crate) parts: Vec<Part>,
    /// Headlines right before its first line (indices into the pieces).
    pub(crate) front: Vec<usize>,
    /// Headlines that stand after it with a byline of their own.
    pub(crate) back: Vec<usize>,
    pub(crate) byline: Option<Byline>,
    /// Closed by a byline: nothing more is added unless it was torn.
    pub(crate) ended: bool,
    /// Begun by 本报讯.
    pub(crate) dateline: bool,
    /// Begun only because of a wide gap.
    pub(crate) weak: bool,
    pub(crate) caption: bool,
}

/// A piece inside a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) piece: usize,
    /// A heading inside the article.
    pub(crate) heading: bool,
    /// Begins a paragraph.
    pub(crate) paragraph: bool,
}

/// A caption is not longer than this, in characters.
const CAPTION_MAX: usize = 220;

impl Body {
    /// Whether its last line breaks off in the middle of a sentence.
    fn torn(&self, pieces: &[Piece]) -> bool {
        self.parts
            .last()
            .and_then(|p| pieces.get(p.piece))
            .is_some_and(|p| !p.closed)
            && !self.parts.last().is_some_and(|p| p.heading)
    }

    /// Its length in characters.
    pub(crate) fn len(&self, pieces: &[Piece]) -> usize {
        self.parts
            .iter()
            .filter_map(|p| pieces.get(p.piece))
            .map(|p| p.end - p.start)
            .sum()
    }
}

/// Gathers the bodies of a page.
pub(crate) fn bodies(chars: &[char], pieces: &[Piece]) -> Vec<Body> {
    let mut sorter = Sorter {
        chars,
        pieces,
        done: Vec::new(),
        torn: Vec::new(),
        now: None,
        pending: Vec::new(),
    };
    for i in 0..pieces.len() {
        sorter.take(i);
    }
    sorter.finish()
}

struct Sorter<'a> {
    chars: &'a [char],
    pieces: &'a [Piece],
    done: Vec<Body>,
    /// Bodies that broke off in the middle of a sentence and wait for the rest.
    torn: Vec<Body>,
    now: Option<Body>,
    /// Headlines since the last piece of text.
    pending: Vec<usize>,
}

impl Sorter<'_> {
    fn take(&mut self, i: usize) {
        let Some(piece) = self.pieces.get(i) else { return };
        match &piece.shape {
            Shape::Head { .. } => self.pending.push(i),
            Shape::Dateline => {
                let front = std::mem::take(&mut self.pending);
                self.begin(i, front);
                if let Some(now) = &mut self.now {
                    now.dateline = true;
                }
            }
            Shape::Text => self.text(i, piece),
            Shape::Folio => {}
            // What a line parts from the next is ended, unless it breaks off in the middle of a sentence.
            Shape::Rule => {
                let pieces = self.pieces;
                if let Some(now) = self
                    .now
                    .as_mut()
                    .filter(|now| !now.parts.is_empty() && !now.torn(pieces))
                {
                    now.ended = true;
                }
            }
            Shape::Byline(byline) => self.byline(i, (**byline).clone()),
        }
    }

    fn text(&mut self, i: usize, piece: &Piece) {
        let torn_now = self
            .now
            .as_ref()
            .is_some_and(|now| !now.ended && now.torn(self.pieces));
        if torn_now {
            self.pending.clear();
            let item = list_item(cut(self.chars, piece.start, piece.end));
            self.add(i, false, item);
            return;
        }
        let running = self.now.as_ref().is_some_and(|now| !now.ended);
        if !running {
            // What broke off before a headline or another article goes on here.
            if let Some(body) = self.torn.pop() {
                self.pending.clear();
                self.close();
                self.now = Some(body);
                self.add(i, false, false);
            } else {
                let front = std::mem::take(&mut self.pending);
                let shown = self.shows(i, &front);
                self.begin(i, front);
                if let Some(now) = &mut self.now {
                    now.caption |= shown;
                }
            }
            return;
        }
        if self.pending.is_empty() && self.another_column_behind_folio(i) {
            self.begin(i, Vec::new());
            return;
        }
        let first = self.pending.first().copied().unwrap_or(i);
        let gap = piece.gap || self.pieces.get(first).is_some_and(|p| p.gap);
        if gap {
            let front = std::mem::take(&mut self.pending);
            self.begin(i, front);
            if let Some(now) = &mut self.now {
                now.weak = true;
            }
            return;
        }
        if let Some(signature) = self.signed() {
            let front = self.pending.split_off(signature);
            self.pending.clear();
            self.begin(i, front);
            return;
        }
        if self.begins_notice(i) || self.begins_other(i) {
            // The headlines above the last one are other articles'.
            let front = self.pending.pop().into_iter().collect();
            self.pending.clear();
            self.begin(i, front);
            return;
        }
        if self.begins_news(i) {
            let front = std::mem::take(&mut self.pending);
            self.begin(i, front);
            return;
        }
        for head in std::mem::take(&mut self.pending) {
            self.add(head, true, true);
        }
        let new_paragraph = self.paragraph_starts(i);
        self.add(i, false, new_paragraph);
    }

    /// The page's own line (`天气：…`, `新闻热线：…`) between a text that ended and a column of another width: another article.
    fn another_column_behind_folio(&self, i: usize) -> bool {
        const CELLS: usize = 4;
        let piece = |k: usize| self.pieces.get(k);
        let text = |p: &&Piece| matches!(p.shape, Shape::Text | Shape::Dateline);
        let folios = self
            .pieces
            .get(..i)
            .unwrap_or_default()
            .iter()
            .rev()
            .take_while(|p| matches!(p.shape, Shape::Folio))
            .count();
        let above = i.checked_sub(folios + 1);
        let ended = above.and_then(piece).filter(text).is_some_and(|p| p.closed);
        let width = |from: Option<usize>, to: usize| {
            let lines = (from?..to).filter_map(piece).filter(text);
            lines.map(|p| p.width).max()
        };
        let before = above.and_then(|k| width(Some(k.saturating_sub(3)), k + 1));
        let behind = width(Some(i), i + 4);
        let full = self
            .pieces
            .get(i..i + 4)
            .is_some_and(|p| p.iter().all(|p| text(&p)));
        folios > 0
            && ended
            && full
            && before
                .zip(behind)
                .is_some_and(|(a, b)| a.abs_diff(b) > CELLS && a <= 64 && b <= 64)
    }

    /// `沙海日出` / `沙海日出 5月2日，摄影爱好者…`: the heading of a picture, said again before what it shows.
    fn shows(&self, i: usize, front: &[usize]) -> bool {
        let (Some(piece), Some(head)) = (self.pieces.get(i), front.last().and_then(|h| self.pieces.get(*h)))
        else {
            return false;
        };
        let Shape::Head { texts, .. } = &head.shape else {
            return false;
        };
        let line = crate::chars::dense(cut(self.chars, piece.start, piece.end));
        texts.last().is_some_and(|title| {
            let title = crate::chars::dense(title);
            title.len() >= 3 && line.starts_with(&title) && crate::times::time_len(&line, title.len()) > 2
        })
    }

    /// Whether a closed line before `i` also ended its paragraph: it was short, or the new line is indented.
    fn paragraph_starts(&self, i: usize) -> bool {
        let (Some(piece), Some(previous)) = (
            self.pieces.get(i),
            i.checked_sub(1).and_then(|j| self.pieces.get(j)),
        ) else {
            return true;
        };
        let text = cut(self.chars, piece.start, piece.end);
        if caption_start(text) || list_item(text) {
            return true;
        }
        // Lines that no column breaks are paragraphs each.
        let short = previous.column.is_none_or(|column| previous.width + 5 < column);
        piece.indented
            || short
            || previous.width + 3 < piece.width
            || !matches!(previous.shape, Shape::Text | Shape::Dateline)
    }

    fn byline(&mut self, i: usize, byline: Byline) {
        let next_is_text = self
            .pieces
            .get(i + 1)
            .is_some_and(|p| !p.gap && matches!(p.shape, Shape::Text | Shape::Dateline));
        let running = self.now.as_ref().is_some_and(|now| !now.ended);
        match byline.style {
            // Whoever has a byline already did not write this one.
            Style::Open
                if next_is_text
                    && (!self.pending.is_empty()
                        || !running
                        || self.now.as_ref().is_some_and(|now| now.byline.is_some())) =>
            {
                let front = std::mem::take(&mut self.pending);
                self.close();
                self.now = Some(Body {
                    front,
                    byline: Some(byline),
                    ..Body::default()
                });
            }
            Style::Open | Style::Bracketed => {
                let back = std::mem::take(&mut self.pending);
                if let Some(now) = &mut self.now
                    && !now.ended
                    && !now.parts.is_empty()
                {
                    now.back = back;
                    now.byline = Some(byline);
                    now.ended = true;
                }
            }
            Style::Photo => {
                // `会议现场会议现场 甲 摄`: the picture has words of its own, so none of the article's are about it.
                let own = self.pending.last().is_some_and(|h| {
                    let head = self.pieces.get(*h).map(|p| &p.shape);
                    h + 1 == i && matches!(head, Some(Shape::Head { doubled: true, .. }))
                });
                if own {
                    self.pending.clear();
                } else {
                    self.photo(byline);
                }
            }
        }
    }

    /// `甲 摄` closes a caption: the short body before it, or the last paragraph of a longer one.
    fn photo(&mut self, byline: Byline) {
        self.pending.clear();
        let Some(mut now) = self.now.take() else { return };
        if now.ended || now.parts.is_empty() {
            self.now = Some(now);
            return;
        }
        // A heading in the middle of a short body that somebody wrote is the picture's.
        let own_heading = |from: usize| {
            let heading = |k: usize| now.parts.get(k).is_some_and(|p| p.heading);
            now.byline.is_some() && from.checked_sub(1).is_some_and(heading) && from > 3
        };
        let apart = self
            .caption_from(&now)
            .filter(|(from, apart)| *apart || own_heading(*from));
        if now.len(self.pieces) <= CAPTION_MAX && !now.dateline && apart.is_none() {
            now.caption = true;
            now.ended = true;
            now.byline = Some(byline);
            self.now = Some(now);
            return;
        }
        let from = self.caption_from(&now).map_or(0, |(from, _)| from);
        let headed = from
            .checked_sub(1)
            .and_then(|j| now.parts.get(j))
            .is_some_and(|p| p.heading);
        let mut tail = Body {
            parts: now.parts.split_off(from),
            ..Body::default()
        };
        let text_of = |body: &Body| -> Vec<char> {
            let pieces = body.parts.iter().filter_map(|p| self.pieces.get(p.piece));
            pieces
                .flat_map(|p| cut(self.chars, p.start, p.end).to_vec())
                .collect()
        };
        let speaks = caption_words().any_in(&text_of(&tail));
        // A short paragraph in a column of its own width, or one that begins with a day, tells of a picture.
        let lead = |body: &Body| -> Vec<char> {
            let first = body.parts.first().and_then(|p| self.pieces.get(p.piece));
            first.map_or_else(Vec::new, |p| crate::chars::dense(cut(self.chars, p.start, p.end)))
        };
        let dated = crate::times::time_len(&lead(&tail), 0) > 0;
        let widths = |parts: &[Part]| -> usize {
            let lines = parts.iter().filter_map(|p| self.pieces.get(p.piece));
            lines.map(|p| p.width).max().unwrap_or(0)
        };
        let above = now.parts.len().saturating_sub(4);
        let narrow = widths(&tail.parts).abs_diff(widths(now.parts.get(above..).unwrap_or_default())) >= 4;
        let brief = tail.len(self.pieces) <= CAPTION_MAX / 2 && (now.dateline || dated || narrow);
        if from > 0 && (headed || speaks || brief) && tail.len(self.pieces) <= CAPTION_MAX {
            if headed && let Some(head) = now.parts.pop() {
                tail.front.push(head.piece);
            }
            tail.caption = true;
            tail.ended = true;
            tail.byline = Some(byline);
            self.now = Some(now);
            self.done.push(tail);
        } else {
            now.parts.append(&mut tail.parts);
            let known = now.byline.get_or_insert_with(Byline::default);
            known.photographers.extend(byline.photographers);
            self.now = Some(now);
        }
    }

    /// The part of a longer body at which the caption at its end begins: its last paragraph, or the last line behind a full
    /// stop where a column of another width begins, or one that begins with a day (then the second is true).
    fn caption_from(&self, body: &Body) -> Option<(usize, bool)> {
        const CELLS: usize = 4;
        const ABOVE: usize = 4;
        let paragraph = body.parts.iter().rposition(|p| p.paragraph && !p.heading);
        let piece = |k: usize| body.parts.get(k).and_then(|p| self.pieces.get(p.piece));
        let mut widest = 0usize;
        let mut chars = 0usize;
        for k in (1..body.parts.len()).rev() {
            let (Some(own), Some(above)) = (piece(k), piece(k - 1)) else {
                break;
            };
            widest = widest.max(own.width);
            chars += own.end - own.start;
            if body.parts.get(k).is_some_and(|p| p.heading) || chars > CAPTION_MAX {
                break;
            }
            let lead = crate::chars::dense(cut(self.chars, own.start, own.start + 16));
            let dated = crate::times::time_len(&lead, 0) > 0;
            let other_column = widest + CELLS <= above.width || widest >= above.width + CELLS;
            if above.closed && (other_column || dated) && paragraph.is_none_or(|from| k >= from) {
                return Some((k, k >= ABOVE));
            }
        }
        paragraph.map(|from| (from, false))
    }

    /// The headings of `front` that head a section below a headline: `一、经济发展`.
    fn below_headline(&self, front: &mut Vec<usize>) -> Vec<usize> {
        let numbered = |h: &usize| match self.pieces.get(*h).map(|p| &p.shape) {
            Some(Shape::Head { texts, .. }) => texts.first().is_some_and(|t| list_item(t)),
            _ => false,
        };
        // `…政府工作报告` / `区长 甲` / `过去五年的工作`: behind the lines that say who spoke and where, a section begins.
        let text = |h: &usize| match self.pieces.get(*h).map(|p| &p.shape) {
            Some(Shape::Head { texts, .. }) => texts.first().map_or(&[][..], Vec::as_slice),
            _ => &[],
        };
        let document = front
            .first()
            .is_some_and(|h| crate::pieces::names_document(&crate::chars::dense(text(h))));
        let spoken = front.iter().rposition(|h| crate::titles::minor(text(h)));
        if let Some(k) = spoken.filter(|k| document && *k > 0 && k + 2 == front.len()) {
            return front.split_off(k + 1);
        }
        let plain = front.iter().take_while(|h| !numbered(h)).count();
        if plain == 0 || front.iter().skip(plain).any(|h| !numbered(h)) {
            return Vec::new();
        }
        front.split_off(plain)
    }

    fn begin(&mut self, i: usize, mut front: Vec<usize>) {
        let sections = self.below_headline(&mut front);
        let empty_with_byline = self
            .now
            .as_ref()
            .is_some_and(|now| now.parts.is_empty() && now.byline.is_some());
        if !empty_with_byline {
            self.close();
            self.now = Some(Body {
                front,
                ..Body::default()
            });
        } else if let Some(now) = &mut self.now {
            now.front.extend(front);
        }
        for head in sections {
            self.add(head, true, true);
        }
        self.add(i, false, true);
    }

    fn add(&mut self, i: usize, heading: bool, paragraph: bool) {
        let now = self.now.get_or_insert_with(Body::default);
        let first = now.parts.is_empty();
        now.parts.push(Part {
            piece: i,
            heading,
            paragraph: paragraph || first,
        });
    }

    fn close(&mut self) {
        if let Some(body) = self.now.take()
            && !body.parts.is_empty()
        {
            if !body.ended && body.torn(self.pieces) && body.len(self.pieces) > 30 {
                self.torn.push(body);
            } else {
                self.done.push(body);
            }
        }
    }

    fn finish(mut self) -> Vec<Body> {
        self.close();
        let mut all = self.done;
        all.append(&mut self.torn);
        for body in &mut all {
            mark_caption(self.chars, self.pieces, body);
        }
        all.sort_by_key(|body| body.parts.first().map_or(0, |p| p.piece));
        all
    }
}

/// `3.设立…窗口`: a line of a list begins a paragraph.
pub(crate) fn list_item(text: &[char]) -> bool {
    let n = crate::times::enumerator(text, 0);
    n > 0 && !matches!(crate::chars::before(text, n), '是' | '要')
}

fn caption_start(text: &[char]) -> bool {
    ["图为", "上图", "下图", "左图", "右图"]
        .iter()
        .any(|word| crate::chars::has_at(text, 0, word))
}

/// `图为…` in a short text without dateline makes it a caption.
fn mark_caption(chars: &[char], pieces: &[Piece], body: &mut Body) {
    if body.caption || body.dateline || body.len(pieces) > CAPTION_MAX {
        return;
    }
    let says = body.parts.iter().filter_map(|p| pieces.get(p.piece)).any(|p| {
        let text = cut(chars, p.start, p.end);
        ["图为", "上图", "下图", "左图", "右图"]
            .iter()
            .any(|word| contains(text, word))
    });
    body.caption = says;
}
