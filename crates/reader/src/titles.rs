//! Which headline belongs to which body: shared terms first, position second, never position alone.

use crate::bodies::{Body, Part};
use crate::chars::cut;
use crate::pieces::Piece;

mod apart;
mod heads;
mod joined;
mod left;
mod places;
mod rare;
mod split;
mod terms;

pub(crate) use apart::taken_apart;
pub(crate) use places::{misplaced, split_point, torn_in};
pub(crate) use terms::shared_terms;

use heads::{Head, heads, numbered, sections, signs};
pub(crate) use heads::{is_day, minor};
use joined::{adopt, joined, known_characters};
use terms::{Gram, Index, Wanted, grams_among, grams_of};

/// What was found out about the headlines.
#[derive(Debug, Default)]
pub(crate) struct Titles {
    /// For each body its headline, if one fits.
    pub(crate) of_body: Vec<Option<Title>>,
    /// Headings left over: piece and number of the text within it.
    pub(crate) unused: Vec<(usize, usize)>,
}

/// A headline given to a body.
#[derive(Clone, Debug)]
pub(crate) struct Title {
    pub(crate) text: String,
    pub(crate) truncated: bool,
    /// From 1 to 99: how sure it is that the headline is the body's.
    pub(crate) confidence: u8,
    /// It stands right before or behind the body.
    pub(crate) beside: bool,
    /// Its first and last line among the headings.
    pub(crate) lines: (usize, usize),
}

struct Claim {
    score: u64,
    lexical: u64,
    head: usize,
    body: usize,
}

/// Headlines are compared with at most this many bodies on either side, so that the work stays linear.
const REACH: usize = 24;

/// Gives the bodies their headlines.
pub(crate) fn titles(chars: &[char], pieces: &[Piece], bodies: &[Body]) -> Titles {
    let mut heads = heads(pieces, bodies);
    for h in 0..heads.len() {
        if signs(&heads, h)
            && let Some(head) = heads.get_mut(h)
        {
            head.minor = true;
        }
    }
    let texts: Vec<Vec<char>> = bodies
        .iter()
        .map(|b| body_text(chars, pieces, &b.parts))
        .collect();
    let wanted = Wanted::of(heads.iter().map(|head| head.grams.as_slice()));
    let grams: Vec<Vec<Gram>> = texts.iter().map(|t| grams_among(t, &wanted)).collect();
    let leads: Vec<Vec<Gram>> = texts.iter().map(|t| grams_of(cut(t, 0, 160))).collect();
    let index = Index::of(&grams);
    // Of a headline in two short lines the half that a body knows better tells whose it is.
    for h in 1..heads.len() {
        let best = |head: Option<&Head>| {
            let near_by = head.map(|head| index.lexical(head, 0, bodies.len()));
            near_by.into_iter().flatten().map(|(_, lexical)| lexical).max()
        };
        if heads.get(h).is_some_and(|two| two.paired)
            && best(heads.get(h)) > best(heads.get(h - 1))
            && let Ok([one, two]) = heads.get_disjoint_mut([h - 1, h])
        {
            std::mem::swap(&mut one.grams, &mut two.grams);
        }
    }
    for h in 0..heads.len() {
        if let Some(head) = heads.get_mut(h)
            && head.doubled
            && let Some(known) = credited(chars, pieces, head)
        {
            head.caption_like = true;
            head.credited = known;
        }
    }
    let mut known = known_near(&heads, bodies, &index);
    if split::mend(&mut heads, &known, &texts) {
        known = known_near(&heads, bodies, &index);
    }
    columns(&mut heads, &known);
    let front = fronts(pieces, bodies);
    let enough_plain = enough_plain(&heads, bodies, &known, &front);
    for head in &mut heads {
        head.caption_like |= enough_plain && head.doubled && head.several;
    }
    let between = between(pieces, bodies);
    let mut claims = Vec::new();
    for (h, (head, near_by)) in heads.iter().zip(known).enumerate() {
        for (b, lexical) in near_by {
            let Some(body) = bodies.get(b) else { continue };
            let in_lead = lexical_plain(head, leads.get(b).map_or(&[][..], Vec::as_slice));
            let adjacent = if body.front.contains(&head.end) {
                350
            } else if body.back.contains(&head.piece) {
                300
            } else if between.get(head.piece) == Some(&Some(b)) && lexical >= 120 {
                500
            } else {
                0
            };
            let after = last_piece(body).is_some_and(|p| p < head.piece && p + 3 > head.piece);
            let mut score = lexical + in_lead / 3 + adjacent + if after { 60 } else { 0 };
            // Of bodies that know it alike, the one whose first words share more characters with it.
            let lead = cut(texts.get(b).map_or(&[][..], Vec::as_slice), 0, 160);
            score += u64::try_from(known_characters(&head.text, lead) / 20).unwrap_or(0);
            // Where there are plain headlines enough, the doubled lines are captions of pictures.
            if head.doubled && enough_plain {
                score /= 4;
            }
            claims.push(Claim {
                score,
                lexical,
                head: h,
                body: b,
            });
        }
    }
    assign(&heads, claims, bodies, &texts, &between, &front)
}

/// For each headline the bodies around it that share a term with it, and how much they know of it.
fn known_near(heads: &[Head], bodies: &[Body], index: &Index) -> Vec<Vec<(usize, u64)>> {
    let mut near = 0usize;
    let found = heads.iter().map(|head| {
        while bodies
            .get(near + 1)
            .and_then(first_piece)
            .is_some_and(|p| p <= head.piece)
        {
            near += 1;
        }
        let from = near.saturating_sub(REACH);
        let near_by = index.lexical(head, from, from + 2 * REACH);
        // Over the only body of a page a headline needs no shared term.
        if near_by.is_empty() && bodies.len() == 1 {
            vec![(0, 0)]
        } else {
            near_by
        }
    });
    found.collect()
}

/// Whether the name of a photographer (`孟青 摄`) stands right below a line, or behind the few lines that tell what the
/// picture shows and know its terms: then the line is the picture's.
/// Returns how much they know of it, in thousandths.
fn credited(chars: &[char], pieces: &[Piece], head: &Head) -> Option<u64> {
    const LINES: usize = 6;
    const LONGEST: usize = 12;
    const KNOWN: u64 = 150;
    let below = pieces.iter().skip(head.piece + 1).take(LINES);
    let mut told: Vec<char> = Vec::new();
    for line in below {
        if matches!(line.shape, crate::pieces::Shape::Head { .. }) {
            return None;
        }
        let text = crate::chars::dense(cut(chars, line.start, line.end));
        let end = text
            .iter()
            .rposition(|c| !crate::chars::is_punct(*c))
            .unwrap_or(0);
        told.extend(&text);
        if crate::chars::at(&text, end) == '摄' {
            if told.len() <= LONGEST {
                return Some(1000);
            }
            let known = lexical_plain(head, &grams_of(&told));
            return Some(known).filter(|known| told.len() <= 120 && *known >= KNOWN);
        }
    }
    None
}

/// `健康临漪`: a line of four characters at most names a column where a longer line speaks of the body it stands over.
fn columns(heads: &mut [Head], known: &[Vec<(usize, u64)>]) {
    const LABEL: usize = 4;
    const SPEAKS: u64 = 250;
    let longer: std::collections::BTreeSet<usize> = heads
        .iter()
        .zip(known)
        .filter(|(head, _)| head.text.len() > LABEL + 1 && !head.minor && !head.caption_like)
        .filter_map(|(_, near)| near.iter().max_by_key(|(_, lexical)| *lexical))
        .filter(|(_, lexical)| *lexical >= SPEAKS)
        .map(|(b, _)| *b)
        .collect();
    for (head, near) in heads.iter_mut().zip(known) {
        let best = near.iter().max_by_key(|(_, lexical)| *lexical);
        let spoken_of = near.iter().any(|(b, _)| longer.contains(b));
        let sure = best.is_some_and(|(_, lexical)| *lexical >= 600);
        if head.text.len() <= LABEL && !head.doubled && !head.paired && spoken_of && !sure {
            head.minor = true;
        }
    }
}

/// For each piece the body right before which it stands.
fn fronts(pieces: &[Piece], bodies: &[Body]) -> Vec<Option<usize>> {
    let mut front = vec![None; pieces.len()];
    for (b, body) in bodies.iter().enumerate() {
        for piece in &body.front {
            if let Some(slot) = front.get_mut(*piece) {
                *slot = Some(b);
            }
        }
    }
    front
}

/// Whether the plain headlines suffice for the bodies: then the doubled lines are captions of pictures. Two lines that
/// speak of one body are one headline.
fn enough_plain(
    heads: &[Head],
    bodies: &[Body],
    known: &[Vec<(usize, u64)>],
    front: &[Option<usize>],
) -> bool {
    let wanted = bodies.iter().filter(|b| !b.caption).count();
    let mut spoken_of: Vec<usize> = Vec::new();
    let mut silent = 0usize;
    let lines = heads.iter().zip(known);
    for (head, near_by) in lines.filter(|(h, _)| !h.doubled && !h.minor && !h.caption_like) {
        let best = near_by.iter().max_by_key(|(_, lexical)| *lexical);
        let best = best.filter(|(_, lexical)| *lexical >= 90).map(|(b, _)| *b);
        match best.or(front.get(head.piece).copied().flatten()) {
            Some(b) => spoken_of.push(b),
            None => silent += 1,
        }
    }
    spoken_of.sort_unstable();
    spoken_of.dedup();
    spoken_of.len() + silent.div_ceil(2) >= wanted
}

/// For each piece the body on both sides of it, where it is the same one: a headline there tore the body in two.
fn between(pieces: &[Piece], bodies: &[Body]) -> Vec<Option<usize>> {
    let mut owner: Vec<Option<usize>> = vec![None; pieces.len()];
    for (b, body) in bodies.iter().enumerate().filter(|(_, b)| !b.caption) {
        for part in body.parts.iter().filter(|p| !p.heading) {
            if let Some(slot) = owner.get_mut(part.piece) {
                *slot = Some(b);
            }
        }
    }
    let mut behind: Vec<Option<usize>> = vec![None; pieces.len()];
    let mut next = None;
    for (slot, own) in behind.iter_mut().zip(&owner).rev() {
        next = own.or(next);
        *slot = next;
    }
    let mut last = None;
    let found = owner.iter().zip(&behind).map(|(own, behind)| {
        last = own.or(last);
        if own.is_none() && last.is_some() && last == *behind {
            last
        } else {
            None
        }
    });
    found.collect()
}

/// The pieces' text in one, white space removed.
pub(crate) fn body_text(chars: &[char], pieces: &[Piece], parts: &[Part]) -> Vec<char> {
    let found = parts.iter().filter_map(|p| pieces.get(p.piece));
    found
        .flat_map(|p| cut(chars, p.start, p.end))
        .copied()
        .filter(|c| !c.is_whitespace())
        .collect()
}

fn first_piece(body: &Body) -> Option<usize> {
    body.parts.first().map(|p| p.piece)
}

fn last_piece(body: &Body) -> Option<usize> {
    body.parts.last().map(|p| p.piece)
}

fn lexical_plain(head: &Head, body: &[Gram]) -> u64 {
    let hit = head
        .grams
        .iter()
        .filter(|g| body.binary_search(g).is_ok())
        .count();
    u64::try_from(hit * 1000 / head.grams.len().max(1)).unwrap_or(0)
}

/// Whether the page has more plain lines of headlines than bodies: then some are second lines.
fn more_lines_than_bodies(heads: &[Head], bodies: &[Body]) -> bool {
    let plain = |head: &&Head| !head.minor && !head.caption_like && !head.doubled && !numbered(&head.text);
    heads.iter().filter(plain).count() > bodies.iter().filter(|body| !body.caption).count()
}

/// Whether another plain line stands right before or behind a line.
fn beside_another(heads: &[Head], h: usize) -> bool {
    let near = |k: Option<usize>| {
        let (Some(one), Some(two)) = (heads.get(h), k.and_then(|k| heads.get(k))) else {
            return false;
        };
        !two.minor && !two.caption_like && (one.end + 1 == two.piece || two.end + 1 == one.piece)
    };
    near(h.checked_sub(1)) || near(Some(h + 1))
}

/// Whether a headline stands right before, right behind or in the middle of a body.
fn adjacent(head: &Head, b: usize, bodies: &[Body], between: &[Option<usize>]) -> bool {
    let Some(body) = bodies.get(b) else { return false };
    between.get(head.piece) == Some(&Some(b))
        || body.front.contains(&head.end)
        || body.back.contains(&head.piece)
}

fn assign(
    heads: &[Head],
    mut claims: Vec<Claim>,
    bodies: &[Body],
    texts: &[Vec<char>],
    between: &[Option<usize>],
    front: &[Option<usize>],
) -> Titles {
    claims.sort_by_key(|c| (std::cmp::Reverse(c.score), c.head, c.body));
    let mut given: Vec<Option<usize>> = vec![None; bodies.len()];
    let mut sure: Vec<u8> = vec![0; bodies.len()];
    let mut taken: Vec<bool> = vec![false; heads.len()];
    let mut best_of: Vec<Option<(usize, u64)>> = vec![None; heads.len()];
    for claim in &claims {
        if let Some(best) = best_of.get_mut(claim.head)
            && best.is_none()
        {
            *best = Some((claim.body, claim.lexical));
        }
    }
    let sections = sections(heads, bodies);
    let plain = plainly_spoken_of(heads, bodies, &best_of);
    let surplus = more_lines_than_bodies(heads, bodies);
    let admits = |claim: &Claim, first: bool| -> bool {
        let (Some(head), Some(body)) = (heads.get(claim.head), bodies.get(claim.body)) else {
            return false;
        };
        let rivalled = (head.doubled || head.doubtful) && plain.get(claim.body).copied().unwrap_or(false);
        if first && !body.caption && (head.caption_like || rivalled) {
            return false;
        }
        let adjacent = adjacent(head, claim.body, bodies, between);
        // Where there are more lines than bodies, a line beside another may be its second one.
        let least = if surplus && beside_another(heads, claim.head) {
            150
        } else {
            90
        };
        let enough = adjacent && claim.score >= 250 || claim.lexical >= least;
        // The picture's own words know it better than the body does.
        let pictures = !body.caption && head.credited >= claim.lexical.max(1) && claim.lexical < 400;
        let section = sections.binary_search(&head.piece).is_ok() && numbered(&head.text);
        // `会议现场`, `图片新闻`: too short to know its body from afar.
        let short = head.text.len() < 5 && !adjacent;
        let picture = head.caption_like && !adjacent && !body.caption;
        !section && !short && !pictures && !head.minor && enough && !picture
    };
    // First the headlines that are surely none of a picture, then those that may be.
    for first in [true, false] {
        for claim in claims.iter().filter(|claim| admits(claim, first)) {
            if let (Some(slot), Some(used)) = (given.get_mut(claim.body), taken.get_mut(claim.head))
                && slot.is_none()
                && !*used
            {
                *slot = Some(claim.head);
                *used = true;
            }
        }
    }
    for claim in &claims {
        if given.get(claim.body) == Some(&Some(claim.head))
            && let (Some(sure), Some(head)) = (sure.get_mut(claim.body), heads.get(claim.head))
        {
            // The share of its terms that the body knows, and more where it stands right at the body.
            let share = claim.lexical / 10
                + if adjacent(head, claim.body, bodies, between) {
                    30
                } else {
                    0
                };
            *sure = u8::try_from(share.clamp(1, 99)).unwrap_or(99);
        }
    }
    let titled: Vec<bool> = given.iter().map(Option::is_some).collect();
    let mut of_body = Vec::new();
    for (b, slot) in given.iter().enumerate() {
        let title = slot.map(|h| {
            let text = texts.get(b).map_or(&[][..], Vec::as_slice);
            let mut title = joined(heads, h, (b, bodies.get(b)), &best_of, &mut taken, text, &titled);
            title.confidence = sure.get(b).copied().unwrap_or(0);
            let at = heads.get(h).map_or(usize::MAX, |head| head.piece);
            title.beside = bodies
                .get(b)
                .is_some_and(|body| body.front.contains(&at) || body.back.contains(&at));
            title
        });
        of_body.push(title);
    }
    adopt(heads, bodies, front, &best_of, &mut of_body, &mut taken, texts);
    left::doubled(heads, bodies, &best_of, &mut of_body, &mut taken);
    left::eliminate(heads, bodies, &mut of_body, &mut taken, texts, between);
    let unused = heads
        .iter()
        .enumerate()
        .filter(|(h, _)| !taken.get(*h).copied().unwrap_or(false));
    let lines = |head: &Head| std::iter::once((head.piece, head.part)).chain(head.more.clone());
    let unused = unused.flat_map(|(_, head)| lines(head)).collect();
    Titles { of_body, unused }
}

/// For each body whether a plain line speaks of it before all others: then a doubled line that does so is more likely the
/// caption of its picture.
fn plainly_spoken_of(heads: &[Head], bodies: &[Body], best_of: &[Option<(usize, u64)>]) -> Vec<bool> {
    const ENOUGH: u64 = 120;
    let mut plain = vec![false; bodies.len()];
    for (head, best) in heads.iter().zip(best_of) {
        let line =
            !head.doubled && !head.doubtful && !head.minor && !head.caption_like && !numbered(&head.text);
        if let Some((b, lexical)) = best
            && line
            && head.text.len() >= 6
            && *lexical >= ENOUGH
            && let Some(slot) = plain.get_mut(*b)
        {
            *slot = true;
        }
    }
    plain
}
