//! Headlines and bodies that a first look left over: given to one another where nothing else is left for either.

use crate::bodies::Body;
use crate::chars::{is_comma, is_han, string};
use crate::titles::Title;
use crate::titles::heads::{Head, numbered};
use crate::titles::joined::known_characters;

/// How sure a headline is that goes to a body only because both were left over.
const BY_ELIMINATION: u8 = 30;

/// The few headlines that no body took and the few bodies that have none, where they could belong together: a headline in
/// figures of speech (`拾金不昧暖人心`) shares characters with its body, but hardly a term.
pub(super) fn eliminate(
    heads: &[Head],
    bodies: &[Body],
    of_body: &mut [Option<Title>],
    taken: &mut [bool],
    texts: &[Vec<char>],
    between: &[Option<usize>],
) {
    const SHORTEST_BODY: usize = 80;
    const MOST: usize = 4;
    let titled = of_body.iter().filter(|title| title.is_some()).count();
    let free: Vec<(usize, &Head)> = heads
        .iter()
        .enumerate()
        .filter(|(h, head)| {
            let used = taken.get(*h).copied().unwrap_or(true);
            let plain = !head.minor && !head.caption_like && !head.doubled && !numbered(&head.text);
            // The first words of an item of news, or whom a picture shows.
            let told = head.text.iter().any(|c| is_comma(*c)) || head.doubtful;
            !used && plain && !told
        })
        .take(MOST + 1)
        .collect();
    let without: Vec<usize> = of_body
        .iter()
        .enumerate()
        .filter(|(b, title)| title.is_none() && bodies.get(*b).is_some_and(|body| !body.caption))
        .filter(|(b, _)| texts.get(*b).is_some_and(|text| text.len() >= SHORTEST_BODY))
        .map(|(b, _)| b)
        .take(MOST + 1)
        .collect();
    if titled < 2 || free.is_empty() || free.len() > MOST || without.len() > MOST {
        return;
    }
    // It stands where it tore the body in two.
    let tears = |head: &Head, b: usize| between.get(head.piece) == Some(&Some(b));
    let han = |head: &Head| head.text.iter().filter(|c| is_han(**c)).count();
    // Characters that few of these bodies have tell more.
    let fit = |head: &Head, b: usize| -> u64 {
        let mut hit = 0u64;
        let mut all = 0u64;
        for c in head.text.iter().filter(|c| is_han(**c)) {
            let knows = |b: &&usize| texts.get(**b).is_some_and(|text| text.contains(c));
            let many = u64::try_from(without.iter().filter(knows).count()).unwrap_or(1);
            let weight = 12 / many.max(1);
            all += weight;
            if texts.get(b).is_some_and(|text| text.contains(c)) {
                hit += weight;
            }
        }
        let before = bodies.get(b).is_some_and(|body| body.front.contains(&head.end)) || tears(head, b);
        (hit * 1000).checked_div(all).unwrap_or(0) + if before { 300 } else { 0 }
    };
    // Of more lines than bodies some are no headlines: then more characters have to tell.
    let least = if free.len() > without.len() { 450 } else { 200 };
    let least = |head: &Head, b: usize| if tears(head, b) { 150 } else { least };
    let may = |h: usize, head: &Head, b: usize| -> bool {
        let Some(text) = texts.get(b) else { return false };
        let known = known_characters(&head.text, text);
        let front = bodies.get(b).is_some_and(|body| body.front.contains(&head.end));
        // It may as well be the second line of the headline before it: then its characters must tell.
        let before = of_body
            .iter()
            .position(|title| title.as_ref().is_some_and(|t| t.lines.1 + 1 == h));
        let other = before.filter(|_| !front);
        let other = other
            .and_then(|b| texts.get(b))
            .map_or(0, |text| known_characters(&head.text, text));
        // Two short lines of nearly one length are a pair, unless the body knows the second clearly better.
        let above = h.checked_sub(1).and_then(|h| heads.get(h));
        let paired = before.is_some()
            && above.is_some_and(|one| {
                one.end + 1 >= head.piece
                    && one.text.len() <= 10
                    && one.text.len().abs_diff(head.text.len()) <= 2
            });
        let margin = if paired { 150 } else { 0 };
        (5..=30).contains(&han(head)) && known >= least(head, b) && known >= other + margin
    };
    let table: Vec<Vec<Option<u64>>> = free
        .iter()
        .map(|(h, head)| {
            without
                .iter()
                .map(|b| may(*h, head, *b).then(|| fit(head, *b)))
                .collect()
        })
        .collect();
    let mut best: (u64, Vec<Option<usize>>) = (0, Vec::new());
    try_all(&table, &mut vec![None; 0], 0, &mut best);
    for (k, slot) in best.1.iter().enumerate() {
        let pair = slot.and_then(|s| Some((*without.get(s)?, *free.get(k)?)));
        if let Some((b, (h, head))) = pair
            && let (Some(slot), Some(used)) = (of_body.get_mut(b), taken.get_mut(h))
        {
            *used = true;
            *slot = Some(Title {
                text: string(&head.text),
                truncated: false,
                confidence: BY_ELIMINATION,
                beside: false,
                lines: (h, h),
            });
        }
    }
}

/// A headline printed twice whose body has found no other: all the texts of its line know this body best, and none is
/// the line of a picture.
pub(super) fn doubled(
    heads: &[Head],
    bodies: &[Body],
    best_of: &[Option<(usize, u64)>],
    of_body: &mut [Option<Title>],
    taken: &mut [bool],
) {
    const SPEAKS: u64 = 200;
    const MOST: usize = 40;
    let mut h = 0usize;
    while let Some(head) = heads.get(h) {
        let line = heads.iter().skip(h).take_while(|two| two.piece == head.piece);
        let end = h + line.count().max(1);
        let parts = heads.get(h..end).unwrap_or_default();
        let best = |k: usize| best_of.get(k).copied().flatten();
        let body = (h..end).filter_map(best).max_by_key(|(_, lexical)| *lexical);
        let free = (h..end).all(|k| !taken.get(k).copied().unwrap_or(true));
        let plain =
            |part: &Head| part.doubled && !part.minor && part.credited == 0 && !part.doubtful && !told(part);
        if let Some((b, lexical)) = body
            && lexical >= SPEAKS
            && free
            && parts.iter().all(plain)
            && (h..end).all(|k| best(k).is_none_or(|(own, _)| own == b))
            && bodies.get(b).is_some_and(|body| !body.caption)
            && let Some(slot) = of_body.get_mut(b).filter(|slot| slot.is_none())
        {
            let texts: Vec<String> = parts.iter().map(|part| string(&part.text)).collect();
            let text = texts.join(" ");
            if text.chars().count() <= MOST {
                *slot = Some(Title {
                    text,
                    truncated: false,
                    confidence: BY_ELIMINATION,
                    beside: false,
                    lines: (h, end - 1),
                });
                for used in taken.iter_mut().take(end).skip(h) {
                    *used = true;
                }
            }
        }
        h = end;
    }
}

/// Whether the words are a picture's own: `图为…`, `…现场`.
pub(super) fn told(head: &Head) -> bool {
    use crate::tables::{caption_subjects, caption_tails, caption_words};
    let text = &head.text;
    caption_words().any_in(text)
        || caption_tails().before(text, text.len()).is_some()
        || caption_subjects().any_in(text)
}

/// The assignment with the greatest sum, of the few that there are.
fn try_all(
    table: &[Vec<Option<u64>>],
    chosen: &mut Vec<Option<usize>>,
    sum: u64,
    best: &mut (u64, Vec<Option<usize>>),
) {
    let Some(row) = table.get(chosen.len()) else {
        if sum > best.0 {
            *best = (sum, chosen.clone());
        }
        return;
    };
    for (b, worth) in row.iter().enumerate() {
        if let Some(worth) = worth.filter(|_| !chosen.contains(&Some(b))) {
            chosen.push(Some(b));
            try_all(table, chosen, sum + worth, best);
            chosen.pop();
        }
    }
    chosen.push(None);
    try_all(table, chosen, sum, best);
    chosen.pop();
}
