//! Which headline belongs to which body: shared terms first, position second, never position alone.

use crate::bodies::{Body, Part};
use crate::chars::{cut, is_han, string};
use crate::pieces::Piece;

mod heads;
mod joined;
mod places;
mod terms;

pub(crate) use places::{misplaced, split_point, torn_in};
pub(crate) use terms::shared_terms;

use heads::{Head, heads, numbered, sections, signs};
use joined::joined;
use terms::{Index, grams_of};

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
}

struct Claim {
    score: u64,
    lexical: u64,
    head: usize,
    body: usize,
}

/// How sure a headline is that goes to a body only because both were left over.
const BY_ELIMINATION: u8 = 30;

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
    let plain = heads.iter().filter(|h| !h.doubled && !h.minor).count();
    let enough_plain = plain >= bodies.iter().filter(|b| !b.caption).count();
    for head in &mut heads {
        head.caption_like |= enough_plain && head.doubled && head.several;
    }
    let texts: Vec<Vec<char>> = bodies
        .iter()
        .map(|b| body_text(chars, pieces, &b.parts))
        .collect();
    let grams: Vec<Vec<u64>> = texts.iter().map(|t| grams_of(t)).collect();
    let leads: Vec<Vec<u64>> = texts.iter().map(|t| grams_of(cut(t, 0, 160))).collect();
    let index = Index::of(&grams);
    let mut claims = Vec::new();
    let mut near = 0usize;
    for (h, head) in heads.iter().enumerate() {
        while bodies
            .get(near + 1)
            .and_then(first_piece)
            .is_some_and(|p| p <= head.piece)
        {
            near += 1;
        }
        let from = near.saturating_sub(REACH);
        let mut near_by = index.lexical(head, from, from + 2 * REACH);
        // Over the only body of a page a headline needs no shared term.
        if near_by.is_empty() && bodies.len() == 1 {
            near_by.push((0, 0));
        }
        for (b, lexical) in near_by {
            let Some(body) = bodies.get(b) else { continue };
            let in_lead = lexical_plain(head, leads.get(b).map_or(&[][..], Vec::as_slice));
            let adjacent = if body.front.contains(&head.piece) {
                350
            } else if body.back.contains(&head.piece) {
                300
            } else {
                0
            };
            let after = last_piece(body).is_some_and(|p| p < head.piece && p + 3 > head.piece);
            let mut score = lexical + in_lead / 3 + adjacent + if after { 60 } else { 0 };
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
    assign(&heads, claims, bodies, &texts)
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

fn lexical_plain(head: &Head, body: &[u64]) -> u64 {
    let hit = head
        .grams
        .iter()
        .filter(|g| body.binary_search(g).is_ok())
        .count();
    u64::try_from(hit * 1000 / head.grams.len().max(1)).unwrap_or(0)
}

fn assign(heads: &[Head], mut claims: Vec<Claim>, bodies: &[Body], texts: &[Vec<char>]) -> Titles {
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
    for claim in &claims {
        let (Some(head), Some(body)) = (heads.get(claim.head), bodies.get(claim.body)) else {
            continue;
        };
        let adjacent = body.front.contains(&head.piece) || body.back.contains(&head.piece);
        let enough = if adjacent {
            claim.score >= 250
        } else {
            claim.lexical >= 90
        };
        let section = sections.binary_search(&head.piece).is_ok() && numbered(&head.text);
        if section || head.minor || !enough || (head.caption_like && !adjacent && !body.caption) {
            continue;
        }
        let (Some(slot), Some(used)) = (given.get_mut(claim.body), taken.get_mut(claim.head)) else {
            continue;
        };
        if slot.is_none() && !*used {
            *slot = Some(claim.head);
            *used = true;
            if let Some(sure) = sure.get_mut(claim.body) {
                // The share of its terms that the body knows, and more where it stands right at the body.
                let share = claim.lexical / 10 + if adjacent { 30 } else { 0 };
                *sure = u8::try_from(share.clamp(1, 99)).unwrap_or(99);
            }
        }
    }
    let mut of_body = Vec::new();
    for (b, slot) in given.iter().enumerate() {
        let title = slot.map(|h| {
            let text = texts.get(b).map_or(&[][..], Vec::as_slice);
            let mut title = joined(heads, h, bodies.get(b), b, &best_of, &mut taken, text);
            title.confidence = sure.get(b).copied().unwrap_or(0);
            title
        });
        of_body.push(title);
    }
    if let Some((h, b)) = left_over(heads, bodies, &of_body, &taken, texts)
        && let (Some(slot), Some(head), Some(used)) = (of_body.get_mut(b), heads.get(h), taken.get_mut(h))
    {
        *used = true;
        *slot = Some(Title {
            text: string(&head.text),
            truncated: false,
            confidence: BY_ELIMINATION,
        });
    }
    let unused = heads
        .iter()
        .enumerate()
        .filter(|(h, _)| !taken.get(*h).copied().unwrap_or(false));
    let unused = unused.map(|(_, head)| (head.piece, head.part)).collect();
    Titles { of_body, unused }
}

/// The one headline that no body took and the one body that has none, where they could belong together: a headline in
/// figures of speech (`拾金不昧暖人心`) shares characters with its body, but hardly a term.
fn left_over(
    heads: &[Head],
    bodies: &[Body],
    of_body: &[Option<Title>],
    taken: &[bool],
    texts: &[Vec<char>],
) -> Option<(usize, usize)> {
    const SHORTEST_BODY: usize = 80;
    let mut free = heads.iter().enumerate().filter(|(h, head)| {
        let used = taken.get(*h).copied().unwrap_or(true);
        !used && !head.minor && !head.caption_like && !head.doubled
    });
    let mut without = of_body
        .iter()
        .enumerate()
        .filter(|(b, title)| title.is_none() && bodies.get(*b).is_some_and(|body| !body.caption));
    let ((h, head), None) = (free.next()?, free.next()) else {
        return None;
    };
    let ((b, _), None) = (without.next()?, without.next()) else {
        return None;
    };
    let text = texts.get(b).filter(|text| text.len() >= SHORTEST_BODY)?;
    let han: Vec<&char> = head.text.iter().filter(|c| is_han(**c)).collect();
    let known = han.iter().filter(|c| text.contains(c)).count();
    let titled = of_body.iter().filter(|title| title.is_some()).count();
    (titled >= 2 && (5..=24).contains(&han.len()) && known * 5 >= han.len()).then_some((h, b))
}
