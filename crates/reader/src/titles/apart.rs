//! One body that holds two articles, because nothing but a headline, torn off, ever stood between them: where the second
//! begins. The evidence is who wrote them, which headline each part speaks of, and the width of their columns.

use crate::bodies::{Body, Part};
use crate::chars::{at, cut, dense};
use crate::pieces::{Piece, Shape, dateline};
use crate::tables::news_leads;
use crate::titles::body_text;
use crate::titles::heads::{minor, numbered};
use crate::titles::terms::{Gram, grams_of};

/// A longer body is a report; a page with more headlines is several pages.
const LONGEST_BODY: usize = 400;
const MOST_HEADS: usize = 60;
/// In half-width cells.
const WIDEST_COLUMN: usize = 64;

/// Parts every body that holds two articles.
pub(crate) fn taken_apart(chars: &[char], pieces: &[Piece], found: &mut Vec<Body>) {
    // Asked for only where a body may hold two.
    let heads = std::cell::OnceCell::new();
    let mut all = Vec::with_capacity(found.len());
    for body in std::mem::take(found) {
        let mut rest = Some(body);
        // A body may hold more than two.
        for _ in 0..3 {
            let Some(body) = rest.take() else { break };
            match second(chars, pieces, &body, &|| {
                heads.get_or_init(|| headlines(pieces)).as_slice()
            }) {
                Some(k) => {
                    let (first, tail) = parted(body, k);
                    all.push(first);
                    rest = Some(tail);
                }
                None => all.push(body),
            }
        }
        all.extend(rest);
    }
    *found = all;
}

/// The terms of every headline of the page.
fn headlines(pieces: &[Piece]) -> Vec<Vec<Gram>> {
    let texts = pieces.iter().filter_map(|p| match &p.shape {
        Shape::Head { texts, .. } => Some(texts),
        _ => None,
    });
    let lines = texts
        .flatten()
        .filter(|t| t.len() >= 5 && !minor(t) && !numbered(t));
    lines
        .take(MOST_HEADS)
        .map(|t| grams_of(t))
        .filter(|g| g.len() >= 3)
        .collect()
}

/// The body up to part `k`, and the rest; headings right before it head the rest.
fn parted(mut body: Body, k: usize) -> (Body, Body) {
    let mut tail = Body {
        parts: body.parts.split_off(k),
        back: std::mem::take(&mut body.back),
        byline: body.byline.take(),
        ended: body.ended,
        ..Body::default()
    };
    while body.parts.len() > 1 && body.parts.last().is_some_and(|p| p.heading) {
        if let Some(part) = body.parts.pop() {
            tail.front.insert(0, part.piece);
        }
    }
    while tail.parts.len() > 1 && tail.parts.first().is_some_and(|p| p.heading) {
        tail.front.push(tail.parts.remove(0).piece);
    }
    if let Some(first) = tail.parts.first_mut() {
        first.paragraph = true;
    }
    body.ended = true;
    (body, tail)
}

/// The part at which a second article begins.
fn second<'h>(
    chars: &[char],
    pieces: &[Piece],
    body: &Body,
    heads: &dyn Fn() -> &'h [Vec<Gram>],
) -> Option<usize> {
    if body.caption || body.parts.len() < 6 || body.parts.len() > LONGEST_BODY {
        return None;
    }
    let forced = two_bylines(chars, pieces, body);
    // Without two bylines only a page in columns is looked at, and no report with sections.
    let sections = body.parts.iter().filter(|p| p.heading).count() >= 3;
    let columned = body
        .parts
        .iter()
        .all(|p| pieces.get(p.piece).is_none_or(|p| p.width <= WIDEST_COLUMN));
    let parted = |k: usize| column_changes(pieces, body, k) || pictured(pieces, body, k);
    if !forced && (sections || !columned || !(1..body.parts.len()).any(parted)) {
        return None;
    }
    let blocks = blocks(chars, pieces, body);
    let heads = heads();
    let mut best: Option<(i64, usize)> = None;
    for (b, block) in blocks.iter().enumerate().skip(1) {
        let pictured = pictured(pieces, body, block.from);
        let apart = pictured || column_changes(pieces, body, block.from);
        let tail: usize = blocks.iter().skip(b).map(|block| block.len).sum();
        let head: usize = blocks.iter().take(b).map(|block| block.len).sum();
        if tail < 80 || head < 100 || !(forced || apart) {
            continue;
        }
        // Without two bylines only a headline of each part, and a column of another width, make two articles.
        let spoken = spoken_of(&blocks, heads, b);
        if !(forced || spoken.sure()) {
            continue;
        }
        let opens = opens(chars, pieces, body, block.from);
        let headed = body
            .parts
            .get(block.from.saturating_sub(1))
            .is_some_and(|p| p.heading);
        let score = spoken.score()
            + if apart { 300 } else { 0 }
            + if pictured { 200 } else { 0 }
            + if opens { 150 } else { 0 }
            + if headed { 300 } else { 0 }
            - cohesion(&blocks, b);
        if best.is_none_or(|(most, _)| score > most) {
            best = Some((score, block.from));
        }
    }
    let least = if forced { 250 } else { 700 };
    let (_, k) = best.filter(|(score, _)| *score >= least)?;
    // A short line of its own before it, in the new column, is its first.
    let found = blocks.iter().position(|block| block.from == k)?;
    let first = found
        .checked_sub(1)
        .and_then(|b| blocks.get(b))
        .filter(|block| block.len < 40 && block.from > 0 && column_changes(pieces, body, block.from));
    Some(first.map_or(k, |block| block.from))
}

/// Whether the lead names who wrote the first article and the closing byline names others.
fn two_bylines(chars: &[char], pieces: &[Piece], body: &Body) -> bool {
    let Some(closing) = &body.byline else { return false };
    let lead: Vec<Part> = body.parts.iter().take(4).copied().collect();
    let lead = body_text(chars, pieces, &lead);
    let Some(n) = dateline(&lead, 0) else { return false };
    let spaced: Vec<char> = body
        .parts
        .iter()
        .take(4)
        .filter_map(|p| pieces.get(p.piece))
        .flat_map(|p| cut(chars, p.start, p.end).iter().copied().chain([' ']))
        .collect();
    let after = spaced
        .iter()
        .position(|c| matches!(c, '（' | '('))
        .filter(|k| *k <= n * 2 + 4);
    let named = after.and_then(|k| crate::byline::after_dateline(cut(&spaced, k, spaced.len())));
    let named = named.or_else(|| crate::byline::after_dateline(cut(&lead, n, lead.len())));
    named.is_some_and(|lead| {
        let own = lead.authors.iter().chain(&lead.photographers);
        !closing.authors.is_empty()
            && !own
                .clone()
                .any(|name| closing.authors.contains(name) || closing.photographers.contains(name))
    })
}

/// A paragraph of a body.
struct Block {
    from: usize,
    len: usize,
    grams: Vec<Gram>,
}

fn blocks(chars: &[char], pieces: &[Piece], body: &Body) -> Vec<Block> {
    let mut starts: Vec<usize> = Vec::new();
    for (k, part) in body.parts.iter().enumerate() {
        let closed = k
            .checked_sub(1)
            .and_then(|j| body.parts.get(j))
            .is_none_or(|p| p.heading || pieces.get(p.piece).is_some_and(|p| p.closed));
        // Behind a full stop at a line's end a paragraph may begin, whether or not it looks like one.
        let wider = column_changes(pieces, body, k);
        if !part.heading && closed && (part.paragraph || wider || k == 0) {
            starts.push(k);
        }
    }
    let mut blocks = Vec::new();
    for (i, from) in starts.iter().enumerate() {
        let to = starts.get(i + 1).copied().unwrap_or(body.parts.len());
        let parts: Vec<Part> = body
            .parts
            .get(*from..to)
            .unwrap_or_default()
            .iter()
            .filter(|p| !p.heading)
            .copied()
            .collect();
        let text = body_text(chars, pieces, &parts);
        blocks.push(Block {
            from: *from,
            len: text.len(),
            grams: grams_of(&text),
        });
    }
    blocks
}

/// Whether a picture with its own words (`…整装待发 甲 摄`) stands between part `k` and the one before it.
fn pictured(pieces: &[Piece], body: &Body, k: usize) -> bool {
    let (Some(one), Some(two)) = (
        k.checked_sub(1).and_then(|j| body.parts.get(j)),
        body.parts.get(k),
    ) else {
        return false;
    };
    let between = pieces.get(one.piece + 1..two.piece).unwrap_or_default();
    between
        .iter()
        .any(|p| matches!(&p.shape, Shape::Byline(byline) if byline.style == crate::byline::Style::Photo))
}

/// Whether the columns before and behind part `k` have different widths.
fn column_changes(pieces: &[Piece], body: &Body, k: usize) -> bool {
    const LINES: usize = 4;
    const CELLS: usize = 5;
    let widest = |from: usize, to: usize| -> Option<usize> {
        let lines = body
            .parts
            .get(from..to.min(body.parts.len()))?
            .iter()
            .filter(|p| !p.heading);
        lines.filter_map(|p| pieces.get(p.piece)).map(|p| p.width).max()
    };
    match (widest(k.saturating_sub(LINES), k), widest(k, k + LINES)) {
        (Some(one), Some(two)) => one.abs_diff(two) >= CELLS,
        _ => false,
    }
}

/// How much a headline speaks of the part behind a place and another of the part before it, in thousandths.
struct Spoken {
    behind: i64,
    before: i64,
}

impl Spoken {
    fn score(&self) -> i64 {
        self.behind + self.before
    }

    fn sure(&self) -> bool {
        self.behind >= 400 && self.before >= 250
    }
}

fn spoken_of(blocks: &[Block], heads: &[Vec<Gram>], b: usize) -> Spoken {
    let known =
        |gram: &Gram, blocks: &[Block]| blocks.iter().any(|block| block.grams.binary_search(gram).is_ok());
    let (first, second) = blocks.split_at(b.min(blocks.len()));
    let mut behind: Option<(i64, usize)> = None;
    let mut shares = Vec::new();
    for (h, head) in heads.iter().enumerate() {
        let count =
            |blocks: &[Block]| head.iter().filter(|g| known(g, blocks)).count() * 1000 / head.len().max(1);
        let (one, two) = (
            i64::try_from(count(first)).unwrap_or(0),
            i64::try_from(count(second)).unwrap_or(0),
        );
        shares.push((one, two));
        if two - one > behind.map_or(0, |(most, _)| most) {
            behind = Some((two - one, h));
        }
    }
    let own = behind.map(|(_, h)| h);
    let before = shares
        .iter()
        .enumerate()
        .filter(|(h, _)| Some(*h) != own)
        .map(|(_, (one, two))| one - two)
        .max();
    Spoken {
        behind: behind.map_or(0, |(most, _)| most),
        before: before.unwrap_or(0).max(0),
    }
}

/// How many of a paragraph's terms the text before it knows, in thousandths: few where another article begins.
fn cohesion(blocks: &[Block], b: usize) -> i64 {
    let Some(own) = blocks.get(b).filter(|block| !block.grams.is_empty()) else {
        return 0;
    };
    let earlier = blocks.get(..b).unwrap_or_default();
    let known = |gram: &&Gram| {
        earlier
            .iter()
            .any(|block| block.grams.binary_search(gram).is_ok())
    };
    i64::try_from(own.grams.iter().filter(known).count() * 1000 / own.grams.len()).unwrap_or(0)
}

/// Whether a paragraph begins as articles do: with a quotation, a day, a season's words.
fn opens(chars: &[char], pieces: &[Piece], body: &Body, k: usize) -> bool {
    let Some(piece) = body.parts.get(k).and_then(|p| pieces.get(p.piece)) else {
        return false;
    };
    let lead = dense(cut(chars, piece.start, piece.end));
    let time = crate::times::time_len(&lead, 0);
    matches!(at(&lead, 0), '“' | '"') || time > 0 || news_leads().at(&lead, 0).is_some()
}
