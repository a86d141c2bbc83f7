//! Headlines that the layout put into the wrong place, and bodies that two headlines speak of.

use crate::bodies::{Body, Part};
use crate::chars::is_comma;
use crate::pieces::{Piece, Shape};
use crate::titles::heads::numbered;
use crate::titles::rare::Characters;
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
    let headings: Vec<Vec<Gram>> = bodies
        .iter()
        .flat_map(|body| {
            let runs = heading_runs(pieces, body);
            runs.into_iter()
                .map(|(from, to)| grams_of(&headline_of(chars, pieces, cut_parts(body, from, to))))
        })
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
    let characters = Characters::of(chars, pieces, bodies);
    let mut found = Vec::new();
    for (own, body) in bodies.iter().enumerate() {
        for (from, to) in heading_runs(pieces, body) {
            let run = cut_parts(body, from, to);
            let heading = grams_of(&headline_of(chars, pieces, run));
            let near = own.saturating_sub(REACH)..bodies.len().min(own + REACH);
            let others =
                near.filter(|b| *b != own && untitled(b) && bodies.get(*b).is_some_and(|b| !b.caption));
            let others: Vec<usize> = others.collect();
            let best = others.iter().map(|b| share(&heading, *b)).max().unwrap_or(0);
            let here = share(&heading, own);
            let line = headline_of(chars, pieces, run);
            let rare = others
                .iter()
                .map(|b| characters.known(&line, *b))
                .max()
                .unwrap_or(0);
            let rare_here = characters.known(&line, own);
            let twice = |part: &Part| {
                let shape = pieces.get(part.piece).map(|p| &p.shape);
                matches!(shape, Some(Shape::Head { doubled: true, .. }))
            };
            let doubled = run.iter().any(twice);
            // A news item hardly has a section, and hardly one printed twice.
            let foreign = (body.dateline || doubled) && best >= 280 && best >= here + 200;
            // Nor has one that has found its headline: then the rarer characters tell whose this one is.
            let headed = body.dateline && titles.of_body.get(own).is_some_and(Option::is_some);
            let plain = line.len() >= 6 && !numbered(&line) && !line.iter().any(|c| is_comma(*c));
            let foreign =
                foreign || headed && plain && best >= here && rare >= 300 && rare >= rare_here + 150;
            if heading.len() >= 4 && (best >= 500 && best >= here + 250 || foreign) {
                found.extend((from..to).map(|k| (own, k)));
            }
        }
    }
    found.reverse();
    found
}

fn cut_parts(body: &Body, from: usize, to: usize) -> &[Part] {
    body.parts.get(from..to).unwrap_or_default()
}

/// The headings inside a body, from part to part: a line with its subtitle (`——某某侧记`) is one.
fn heading_runs(pieces: &[Piece], body: &Body) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let line = |k: usize| match body.parts.get(k).filter(|p| p.heading) {
        Some(part) => pieces.get(part.piece).map(|p| &p.shape),
        None => None,
    };
    for k in 0..body.parts.len() {
        let Some(Shape::Head { texts, .. }) = line(k) else {
            continue;
        };
        let dashed = texts
            .first()
            .is_some_and(|t| matches!(t.first(), Some('—' | '─' | '―' | '－')));
        match runs.last_mut() {
            Some((_, to)) if *to == k && dashed => *to = k + 1,
            _ => runs.push((k, k + 1)),
        }
    }
    runs
}

/// What the headings say, printed once.
fn headline_of(chars: &[char], pieces: &[Piece], parts: &[Part]) -> Vec<char> {
    let mut all = Vec::new();
    for part in parts {
        match pieces.get(part.piece).map(|p| &p.shape) {
            Some(Shape::Head { texts, .. }) => {
                let own = texts.iter().flatten().filter(|c| !c.is_whitespace());
                all.extend(own.copied());
            }
            _ => all.extend(body_text(chars, pieces, std::slice::from_ref(part))),
        }
    }
    all
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
    if bodies.iter().all(|b| b.parts.iter().all(|p| !p.heading)) {
        return found;
    }
    let characters = Characters::of(chars, pieces, bodies);
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
        let heading = headline_of(chars, pieces, run);
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
        // An article without a headline, with one heading in it and no other: where another body shares the page with it.
        let near = b.saturating_sub(REACH)..bodies.len().min(b + REACH);
        let others = near.filter(|k| *k != b && bodies.get(*k).is_some_and(|body| !body.caption));
        let others = others.map(|k| characters.known(&heading, k)).max();
        let rare = characters.known(&heading, b);
        let alone =
            title.is_none() && lines == 1 && rare >= 350 && others.is_some_and(|others| rare >= others + 150);
        let torn = subtitled && either >= 250
            || news
            || first >= 100 && second >= 100 && either >= if title.is_none() { 400 } else { 300 }
            || title.is_none() && first >= 250 && first + second >= 500
            || alone;
        if torn {
            found.extend((k..k + lines).map(|part| (b, part)));
        }
    }
    found.reverse();
    found
}
