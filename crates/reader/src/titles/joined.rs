//! The lines of one headline: kicker, headline, subtitle, in one or several lines, perhaps cut short.

use crate::bodies::Body;
use crate::chars::{at, balanced, cut, has_at, is_han, is_open, string};
use crate::titles::heads::{Head, bare_year};
use crate::titles::left::told;
use crate::titles::{REACH, Title, more_lines_than_bodies};

/// The headline with the lines before and after it that belong to the same body.
pub(crate) fn joined(
    heads: &[Head],
    h: usize,
    (b, body): (usize, Option<&Body>),
    best_of: &[Option<(usize, u64)>],
    taken: &mut [bool],
    text: &[char],
    titled: &[bool],
) -> Title {
    let (mut first, mut last) = (h, h);
    let fits = |head: usize, neighbour: usize, taken: &[bool]| -> bool {
        let (Some(one), Some(two)) = (heads.get(head), heads.get(neighbour)) else {
            return false;
        };
        let close = near(one, two);
        // A subtitle goes with the line before it, and a line that ends in a dash with the one behind.
        let dash = |head: &Head| matches!(head.text.last(), Some('—' | '－' | '─' | '―'));
        if close
            && !taken.get(neighbour).copied().unwrap_or(true)
            && (neighbour > head && (two.subtitle || dash(one))
                || neighbour < head && (one.subtitle || dash(two)))
            && one.text.len() + two.text.len() <= 60
        {
            return true;
        }
        // A year alone belongs to the name below it.
        if close && neighbour < head && bare_year(&two.text) && !taken.get(neighbour).copied().unwrap_or(true)
        {
            return true;
        }
        if one.doubled != two.doubled && one.piece != two.piece {
            return false;
        }
        let foreign =
            matches!(best_of.get(neighbour), Some(Some((best, lexical))) if *best != b && *lexical >= 250);
        let broken = if neighbour > head {
            broken_over(&one.text, &two.text, text)
        } else {
            broken_over(&two.text, &one.text, text)
        };
        if close
            && broken
            && !foreign
            && !two.minor
            && !taken.get(neighbour).copied().unwrap_or(true)
            && one.text.len() + two.text.len() <= 60
        {
            return true;
        }
        let free = !taken.get(neighbour).copied().unwrap_or(true);
        // The two texts of one line that is printed twice are the halves of one headline, unless another body knows one.
        let best = best_of.get(neighbour).copied().flatten();
        let halves = one.piece == two.piece && one.doubled && two.doubled && !two.minor;
        let short = one.text.len() + two.text.len() <= 40;
        let own = best.is_none_or(|(best, lexical)| best == b || lexical < 250);
        if halves && free && short && own && !told(one) && !told(two) {
            return true;
        }
        // A line right before the body that no other body claims belongs to its headline, whatever its words.
        let in_front =
            body.is_some_and(|body| body.front.contains(&one.piece) && body.front.contains(&two.piece));
        let same = match best_of.get(neighbour).copied().flatten() {
            Some((best, lexical)) if best == b => lexical >= 120 || in_front,
            Some((other, lexical)) => {
                in_front && (lexical < 250 || titled.get(other).copied().unwrap_or(false))
            }
            None => in_front,
        };
        // `点亮乡村新夜景` ends as captions do; printed once, right behind its headline, it is a second line.
        let known =
            matches!(best_of.get(neighbour), Some(Some((best, lexical))) if *best == b && *lexical >= 120);
        let second = neighbour > head && known && !two.doubled && two.text.len() >= 6;
        let plain = !two.minor && (!two.caption_like || second);
        close && free && same && plain && one.text.len() + two.text.len() <= 60
    };
    while last - first < 2 && fits(last, last + 1, taken) {
        last += 1;
        if let Some(used) = taken.get_mut(last) {
            *used = true;
        }
    }
    while last - first < 2 && first > 0 && fits(first, first - 1, taken) {
        first -= 1;
        if let Some(used) = taken.get_mut(first) {
            *used = true;
        }
    }
    let lines: Vec<String> = heads
        .iter()
        .skip(first)
        .take(last - first + 1)
        .map(|head| string(&head.text))
        .collect();
    let truncated = heads.get(last).is_some_and(|head| cut_short(&head.text, text));
    Title {
        text: lines.join(" "),
        truncated,
        confidence: 0,
        beside: false,
        lines: (first, last),
    }
}

/// Whether nothing stands between two headings.
fn near(one: &Head, two: &Head) -> bool {
    let (one, two) = if one.piece <= two.piece {
        (one, two)
    } else {
        (two, one)
    };
    one.end + 1 >= two.piece
}

/// Lines that no body took go with the headline right before or behind them, as second lines do that speak in figures of
/// speech (`织牢防护网`); unless a body without a headline knows them better.
pub(crate) fn adopt(
    heads: &[Head],
    bodies: &[Body],
    front: &[Option<usize>],
    best_of: &[Option<(usize, u64)>],
    of_body: &mut [Option<Title>],
    taken: &mut [bool],
    texts: &[Vec<char>],
) {
    const SHORTEST: usize = 4;
    const LONGEST: usize = 30;
    const PAIRED: usize = 10;
    // By how much, in thousandths, the headline's body must know the characters better than another without headline.
    let usual = if more_lines_than_bodies(heads, bodies) {
        150
    } else {
        300
    };
    let mut owner: Vec<Option<usize>> = vec![None; heads.len()];
    for (b, title) in of_body.iter().enumerate() {
        let (first, last) = title.as_ref().map_or((1, 0), |title| title.lines);
        for slot in owner.iter_mut().take(last + 1).skip(first) {
            *slot = Some(b);
        }
    }
    for h in 0..heads.len() {
        let Some(head) = heads.get(h).filter(|_| !taken.get(h).copied().unwrap_or(true)) else {
            continue;
        };
        let plain = !head.minor && !head.caption_like && !super::heads::numbered(&head.text);
        let before = front.get(head.piece).copied().flatten();
        if !plain || !(SHORTEST..=LONGEST).contains(&head.text.len()) {
            continue;
        }
        let fit = |b: usize| texts.get(b).map_or(0, |text| known_characters(&head.text, text));
        let mut best: Option<(usize, usize, bool)> = None;
        for (neighbour, behind) in [(h.checked_sub(1), true), (Some(h + 1), false)] {
            let Some((at, b)) = neighbour.and_then(|at| Some((at, owner.get(at).copied().flatten()?))) else {
                continue;
            };
            let (Some(other), Some(Some(title))) = (heads.get(at), of_body.get(b)) else {
                continue;
            };
            let (first, last) = title.lines;
            let close = near(other, head) && other.doubled == head.doubled;
            let short = title.text.chars().count() + head.text.len() <= 60 && last - first < 2;
            // A line that speaks of another body, or stands over it, is that one's caption or a second headline.
            let own = best_of.get(h).copied().flatten();
            let foreign = own.is_some_and(|(best, lexical)| best != b && lexical >= 150)
                || before.is_some_and(|before| before != b);
            if !close || !short || foreign {
                continue;
            }
            let rivals = b.saturating_sub(REACH)..bodies.len().min(b + REACH);
            let untitled = rivals.filter(|b| of_body.get(*b).is_some_and(Option::is_none));
            let longer = untitled.filter(|b| {
                bodies.get(*b).is_some_and(|body| !body.caption)
                    && texts.get(*b).is_some_and(|text| text.len() >= 80)
            });
            let rival = longer.map(fit).max();
            // Two short lines of nearly one length are a pair.
            let alike =
                other.text.len().abs_diff(head.text.len()) <= 2 && behind && head.text.len() <= PAIRED;
            let margin = if alike { 0 } else { usual };
            if rival.is_some_and(|rival| fit(b) < rival + margin) {
                continue;
            }
            // What follows a headline is more often its second line than the kicker of the next.
            if best.is_none_or(|(_, known, _)| fit(b) > known) {
                best = Some((b, fit(b), behind));
            }
        }
        if let Some((b, _, behind)) = best
            && let (Some(Some(title)), Some(used)) = (of_body.get_mut(b), taken.get_mut(h))
        {
            *used = true;
            if let Some(slot) = owner.get_mut(h) {
                *slot = Some(b);
            }
            let line = string(&head.text);
            title.text = if behind {
                format!("{} {line}", title.text)
            } else {
                format!("{line} {}", title.text)
            };
            title.lines = if behind {
                (title.lines.0, h)
            } else {
                (h, title.lines.1)
            };
        }
    }
}

/// Whether a line goes on in the next one in the middle of a word that the body knows: `…服务现场` / `推进会在…召开`.
pub(super) fn broken_over(one: &[char], two: &[char], text: &[char]) -> bool {
    let (Some(last), Some(first)) = (one.last(), two.first()) else {
        return false;
    };
    // A colon begins no line of its own.
    if matches!(first, '：' | ':') {
        return true;
    }
    // `柿子红了 客` / `人来了满村`: one character behind a blank is the beginning of a word.
    let torn = at(one, one.len().wrapping_sub(2)) == ' ' && one.len() >= 5;
    is_han(*last)
        && is_han(*first)
        && one.len() + two.len() >= 8
        && (torn || text.windows(2).any(|w| at(w, 0) == *last && at(w, 1) == *first))
}

/// How many of the headline's characters the text knows, in thousandths.
pub(crate) fn known_characters(heading: &[char], text: &[char]) -> usize {
    let own: Vec<&char> = heading.iter().filter(|c| is_han(**c)).collect();
    own.iter().filter(|c| text.contains(c)).count() * 1000 / own.len().max(1)
}

/// Whether the headline breaks off: a bracket stays open, or the body goes on where the headline ends in the middle
/// of a word (its last character binds more strongly to the next one in the body).
fn cut_short(title: &[char], body: &[char]) -> bool {
    let last = title.last().copied().unwrap_or('\0');
    if is_open(last) || matches!(last, '、' | '，') || (!balanced(title) && title.iter().any(|c| is_open(*c)))
    {
        return true;
    }
    let n = title.len();
    let tail = string(cut(title, n.saturating_sub(6), n));
    if n < 10 || !is_han(last) {
        return false;
    }
    let mut followers: Vec<char> = Vec::new();
    for i in 0..body.len() {
        if has_at(body, i, &tail) {
            followers.push(at(body, i + tail.chars().count()));
        }
    }
    let Some(next) = followers.first().copied() else {
        return false;
    };
    if !is_han(next) || followers.iter().any(|c| *c != next) {
        return false;
    }
    let pair_count = |a: char, b: char| body.windows(2).filter(|w| at(w, 0) == a && at(w, 1) == b).count();
    let inner = pair_count(at(title, n - 2), last);
    pair_count(last, next) > inner
}
