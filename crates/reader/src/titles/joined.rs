//! The lines of one headline: kicker, headline, subtitle, in one or several lines, perhaps cut short.

use crate::bodies::Body;
use crate::chars::{at, balanced, cut, has_at, is_han, is_open, string};
use crate::titles::Title;
use crate::titles::heads::Head;

/// The headline with the lines before and after it that belong to the same body.
pub(crate) fn joined(
    heads: &[Head],
    h: usize,
    body: Option<&Body>,
    b: usize,
    best_of: &[Option<(usize, u64)>],
    taken: &mut [bool],
    text: &[char],
) -> Title {
    let (mut first, mut last) = (h, h);
    let fits = |head: usize, neighbour: usize, taken: &[bool]| -> bool {
        let (Some(one), Some(two)) = (heads.get(head), heads.get(neighbour)) else {
            return false;
        };
        let close = one.piece.abs_diff(two.piece) <= 1;
        let free = !taken.get(neighbour).copied().unwrap_or(true);
        // A line right before the body that no other body claims belongs to its headline, whatever its words.
        let in_front =
            body.is_some_and(|body| body.front.contains(&one.piece) && body.front.contains(&two.piece));
        let same = match best_of.get(neighbour).copied().flatten() {
            Some((best, lexical)) if best == b => lexical >= 120 || in_front,
            Some((_, lexical)) => in_front && lexical < 250,
            None => in_front,
        };
        close && free && same && !two.minor && !two.caption_like && one.text.len() + two.text.len() <= 60
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
    }
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
