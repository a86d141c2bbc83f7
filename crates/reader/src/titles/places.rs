//! Headlines that the layout put into the wrong place, and bodies that two headlines speak of.

use crate::bodies::{Body, Part};
use crate::pieces::{Piece, Shape};
use crate::titles::heads::numbered;
use crate::titles::terms::{Gram, Wanted, grams_among, grams_of};
use crate::titles::{REACH, Titles, body_text};

/// A body that has a headline before it and another after it holds two articles: returns the part at which the
/// second begins, from where the paragraphs speak of the second headline's things.
pub(crate) fn split_point(chars: &[char], pieces: &[Piece], body: &Body) -> Option<usize> {
    let gather = |list: &[usize]| -> Vec<Gram> {
        let texts = list
            .iter()
            .filter_map(|i| pieces.get(*i))
            .filter_map(|p| match &p.shape {
                Shape::Head { texts, .. } => Some(texts),
                _ => None,
            });
        grams_of(
            &texts
                .flatten()
                .flat_map(|t| t.iter().chain(&[' ']))
                .copied()
                .collect::<Vec<char>>(),
        )
    };
    let (front, back) = (gather(&body.front), gather(&body.back));
    if front.is_empty() || back.is_empty() {
        return None;
    }
    let mut best: Option<(i64, usize)> = None;
    let mut sum = 0i64;
    let mut block: Vec<Part> = Vec::new();
    for (k, part) in body.parts.iter().enumerate().rev() {
        block.push(*part);
        if !part.paragraph {
            continue;
        }
        let text = grams_of(&body_text(chars, pieces, &block));
        block.clear();
        let hits = |title: &[Gram], other: &[Gram]| -> i64 {
            let own = title
                .iter()
                .filter(|g| !other.contains(g) && text.binary_search(g).is_ok())
                .count();
            i64::try_from(own * 1000 / title.len().max(1)).unwrap_or(0)
        };
        sum += hits(&back, &front) - hits(&front, &back);
        if k > 0 && sum > 0 && best.is_none_or(|(most, _)| sum > most) {
            best = Some((sum, k));
        }
    }
    best.map(|(_, k)| k)
}

/// Headings that stand inside one body but speak of another that has no headline of its own: torn there by the
/// layout. Returns body and part, last first, so that they can be taken out in order.
pub(crate) fn misplaced(
    chars: &[char],
    pieces: &[Piece],
    bodies: &[Body],
    titles: &Titles,
) -> Vec<(usize, usize)> {
    if bodies.len() < 2 || bodies.iter().all(|b| b.parts.iter().all(|p| !p.heading)) {
        return Vec::new();
    }
    let headings = bodies.iter().flat_map(|b| b.parts.iter().filter(|p| p.heading));
    let headings: Vec<Vec<Gram>> = headings
        .map(|part| grams_of(&body_text(chars, pieces, std::slice::from_ref(part))))
        .collect();
    let wanted = Wanted::of(headings.iter().map(Vec::as_slice));
    let texts = bodies.iter().map(|b| {
        let running: Vec<Part> = b.parts.iter().filter(|p| !p.heading).copied().collect();
        grams_among(&body_text(chars, pieces, &running), &wanted)
    });
    let texts: Vec<Vec<Gram>> = texts.collect();
    let share = |heading: &[Gram], b: usize| -> usize {
        let known = texts.get(b).map_or(&[][..], Vec::as_slice);
        heading.iter().filter(|g| known.binary_search(g).is_ok()).count() * 1000 / heading.len().max(1)
    };
    let untitled = |b: &usize| titles.of_body.get(*b).is_some_and(Option::is_none);
    let mut found = Vec::new();
    for (own, body) in bodies.iter().enumerate() {
        for (k, part) in body.parts.iter().enumerate().filter(|(_, p)| p.heading) {
            let heading = grams_of(&body_text(chars, pieces, std::slice::from_ref(part)));
            let near = own.saturating_sub(REACH)..bodies.len().min(own + REACH);
            let best = near
                .filter(|b| *b != own && untitled(b))
                .map(|b| share(&heading, b))
                .max()
                .unwrap_or(0);
            let here = share(&heading, own);
            let doubled = matches!(
                pieces.get(part.piece).map(|p| &p.shape),
                Some(Shape::Head { doubled: true, .. })
            );
            // A news item hardly has a section, and hardly one printed twice.
            let foreign = (body.dateline || doubled) && best >= 280 && best >= here + 200;
            if heading.len() >= 4 && (best >= 500 && best >= here + 250 || foreign) {
                found.push((own, k));
            }
        }
    }
    found.reverse();
    found
}

/// A headline that tears a body in two: the only headings inside a body, in one place, whose terms stand on both sides
/// of it, while the body has no headline that stands at it or knows it better. Returns body and part, last first.
pub(crate) fn torn_in(
    chars: &[char],
    pieces: &[Piece],
    bodies: &[Body],
    titles: &Titles,
) -> Vec<(usize, usize)> {
    const MOST_LINES: usize = 3;
    let mut found = Vec::new();
    for (b, body) in bodies.iter().enumerate() {
        let mut headings = body.parts.iter().enumerate().filter(|(_, p)| p.heading);
        let Some((k, _)) = headings.next() else { continue };
        let lines = 1 + headings
            .clone()
            .enumerate()
            .take_while(|(n, (at, _))| *at == k + n + 1)
            .count();
        let run = body.parts.get(k..k + lines).unwrap_or_default();
        let title = titles.of_body.get(b).and_then(Option::as_ref);
        let heading = body_text(chars, pieces, run);
        if body.caption || lines > MOST_LINES || heading.len() < 6 || numbered(&heading) {
            continue;
        }
        if headings.count() + 1 != lines || title.is_some_and(|t| t.beside) {
            continue;
        }
        let (above, below) = body.parts.split_at(k);
        let terms = grams_of(&heading);
        let wanted = Wanted::of(std::iter::once(terms.as_slice()));
        let above = grams_among(&body_text(chars, pieces, above), &wanted);
        let below = grams_among(
            &body_text(chars, pieces, below.get(lines..).unwrap_or_default()),
            &wanted,
        );
        let share = |knows: &dyn Fn(&Gram) -> bool| {
            terms.iter().filter(|g| knows(g)).count() * 1000 / terms.len().max(1)
        };
        let first = share(&|g| above.binary_search(g).is_ok());
        let second = share(&|g| below.binary_search(g).is_ok());
        let either = share(&|g| above.binary_search(g).is_ok() || below.binary_search(g).is_ok());
        // A news item hardly has a section of its own.
        let news = title.is_none() && body.dateline && body.front.is_empty() && either >= 250;
        let dash = |c: &char| matches!(c, '—' | '－' | '─');
        let subtitled = lines > 1 && heading.iter().skip(2).any(dash);
        let torn = subtitled && either >= 250
            || news
            || first >= 100 && second >= 100 && either >= if title.is_none() { 400 } else { 300 }
            || title.is_none() && first >= 250 && first + second >= 500;
        if torn {
            found.extend((k..k + lines).map(|part| (b, part)));
        }
    }
    found.reverse();
    found
}
