//! Fake-bold headings, whose text layer holds every stroke twice: `会议现场会议现场`, `20222022年度`.

use crate::chars::{dense, is_punct};

/// Longest heading looked at; longer lines are body text.
const LONGEST: usize = 160;

/// The parts of a doubled line as a reader would print them, or `None` if the line is not doubled.
///
/// A line is doubled if it is made of nothing but repeated pieces (and single punctuation marks). A blank in the
/// line between two pieces parts two headings.
pub(crate) fn undouble(line: &[char]) -> Option<Vec<Vec<char>>> {
    let s = dense(line);
    let n = s.len();
    if !(6..=LONGEST).contains(&n) {
        return None;
    }
    // In a doubled line every character but single marks stands an even number of times: most lines end here.
    let odd = s.iter().fold(0u128, |odd, c| odd ^ (1 << (u32::from(*c) % 128)));
    if usize::try_from(odd.count_ones()).unwrap_or(n) * 4 > n {
        return None;
    }
    // Where in `s` the line had a blank.
    let mut blank_before = vec![false; n + 1];
    let mut k = 0usize;
    for c in line {
        if c.is_whitespace() {
            if let Some(flag) = blank_before.get_mut(k) {
                *flag = true;
            }
        } else {
            k += 1;
        }
    }
    let pieces = squares(&s)?;
    let doubled: usize = pieces.iter().filter(|p| p.twice).map(|p| p.len * 2).sum();
    if doubled * 10 < n * 8 || doubled < 6 {
        return None;
    }
    let mut parts: Vec<Vec<char>> = vec![Vec::new()];
    let mut at = 0usize;
    for piece in pieces {
        if at > 0 && blank_before.get(at).copied().unwrap_or(false) {
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            part.extend(s.get(at..at + piece.len).unwrap_or(&[]));
        }
        at += if piece.twice { piece.len * 2 } else { piece.len };
    }
    parts.retain(|part| !part.is_empty());
    // Some layers hold every stroke four times.
    for part in &mut parts {
        if let Some([again]) = undouble(part).as_deref() {
            part.clone_from(again);
        }
    }
    Some(parts)
}

#[derive(Clone, Copy)]
struct Piece {
    len: usize,
    twice: bool,
}

/// Every character twice: then `22002200` is 2020, not 2200.
fn pairs(s: &[char]) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut i = 0usize;
    while let Some(c) = s.get(i) {
        let twice = s.get(i + 1) == Some(c);
        if !twice && !is_punct(*c) {
            return None;
        }
        pieces.push(Piece { len: 1, twice });
        i += if twice { 2 } else { 1 };
    }
    Some(pieces)
}

/// The cheapest cover of `s` by repeated pieces and single punctuation marks, from left to right.
fn squares(s: &[char]) -> Option<Vec<Piece>> {
    if let Some(pairs) = pairs(s) {
        return Some(pairs);
    }
    let n = s.len();
    // best[i]: fewest pieces that cover s[i..], with the first of them.
    let mut best: Vec<Option<(usize, Piece)>> = vec![None; n + 1];
    let nothing = Piece { len: 0, twice: false };
    if let Some(end) = best.get_mut(n) {
        *end = Some((0, nothing));
    }
    for i in (0..n).rev() {
        let mut found: Option<(usize, Piece)> = None;
        let mut consider = |next: usize, piece: Piece, cost: usize| {
            if let Some(Some((rest, _))) = best.get(next)
                && found.is_none_or(|(least, _)| rest + cost < least)
            {
                found = Some((rest + cost, piece));
            }
        };
        for len in (1..=(n - i) / 2).rev() {
            if s.get(i..i + len) == s.get(i + len..i + 2 * len) {
                consider(i + 2 * len, Piece { len, twice: true }, 1);
            }
        }
        if s.get(i).is_some_and(|c| is_punct(*c)) {
            consider(i + 1, Piece { len: 1, twice: false }, 1);
        }
        if let Some(slot) = best.get_mut(i) {
            *slot = found;
        }
    }
    let mut pieces = Vec::new();
    let mut i = 0usize;
    while i < n {
        let (_, piece) = best.get(i).copied().flatten()?;
        pieces.push(piece);
        i += if piece.twice { piece.len * 2 } else { piece.len };
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> Option<Vec<String>> {
        let line: Vec<char> = line.chars().collect();
        undouble(&line).map(|parts| parts.into_iter().map(|p| p.into_iter().collect()).collect())
    }

    #[test]
    fn a_whole_line_printed_twice_is_one_heading() {
        assert_eq!(parts("防汛演练现场防汛演练现场").unwrap(), ["防汛演练现场"]);
    }

    #[test]
    fn phrases_and_numbers_printed_twice_are_mended_piece_by_piece() {
        assert_eq!(
            parts("大会对大会对20212021年度先进表彰年度先进表彰").unwrap(),
            ["大会对2021年度先进表彰"]
        );
    }

    #[test]
    fn characters_printed_twice_and_two_headings_on_a_line() {
        assert_eq!(
            parts("河河堤堤加加固固 春耕备播春耕备播").unwrap(),
            ["河堤加固", "春耕备播"]
        );
    }

    #[test]
    fn a_year_in_a_line_with_every_character_twice_keeps_its_digits_in_order() {
        assert_eq!(parts("22002200年年清清河河展展望望").unwrap(), ["2020年清河展望"]);
    }

    #[test]
    fn punctuation_may_stand_once() {
        assert_eq!(parts("清河清河：春耕春耕正忙正忙").unwrap(), ["清河：春耕正忙"]);
    }

    #[test]
    fn ordinary_words_are_left_alone() {
        assert_eq!(parts("天天向上的孩子们"), None);
        assert_eq!(parts("家家户户"), None);
    }
}
