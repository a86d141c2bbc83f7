//! Codes and the nearest known word to a mistyped one.

/// Whether `text` may be a code: a letter, then letters, digits, `-`, `_` or `.`; at most 64 characters, ASCII only,
/// so that no two codes look alike.
pub(crate) fn is_code(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.len() <= 64
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.'))
}

/// The word of `known` that is nearest to `word`, where one is near: at most a third of its letters differ.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let chars: Vec<char> = word.chars().take(64).collect();
    let allowed = (chars.len() / 3).max(1);
    known
        .into_iter()
        .filter(|candidate| *candidate != word)
        .map(|candidate| (distance(&chars, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance: insert, delete, replace, or swap two neighbours, each for one.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let at = |row: &[usize], n: usize| row.get(n).copied().unwrap_or(usize::MAX / 2);
    for (i, ca) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let mut best = (at(&row, j) + usize::from(ca != cb))
                .min(at(&row, j + 1) + 1)
                .min(at(&next, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    at(&row, b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let known = ["supervision", "verification", "dispatch"];
        assert_eq!(nearest("supervison", known), Some("supervision"));
        assert_eq!(nearest("verifcation", known), Some("verification"));
        assert_eq!(
            nearest("repyl", ["report", "reply"]),
            Some("reply"),
            "two letters swapped"
        );
        assert_eq!(nearest("leader", known), None);
        assert_eq!(nearest("督查", ["督查室", "住建局"]), Some("督查室"));
    }

    #[test]
    fn a_code_is_plain_ascii() {
        assert!(is_code("three-plus-24") && is_code("2024-base"));
        assert!(!is_code("") && !is_code("Ａ") && !is_code("a b") && !is_code("-x") && !is_code("督查"));
    }
}
