//! Codes and the nearest known word to a mistyped one.

/// Whether `text` may be a code: a letter, then letters, digits, `-`, `_` or `.`; at most 64 characters, ASCII only,
/// so that no two codes look alike.
pub(crate) fn is_code(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
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

/// Edit distance (insert, delete, replace, swap of neighbours counted as one replacement more).
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let up = row.get(j + 1).copied().unwrap_or(usize::MAX);
            let cost = diagonal + usize::from(ca != cb);
            let best = cost.min(left + 1).min(up.saturating_add(1));
            diagonal = up;
            if let Some(cell) = row.get_mut(j) {
                *cell = left;
            }
            left = best;
        }
        if let Some(cell) = row.get_mut(b.len()) {
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let known = ["supervision", "verification", "dispatch"];
        assert_eq!(nearest("supervison", known), Some("supervision"));
        assert_eq!(nearest("verifcation", known), Some("verification"));
        assert_eq!(nearest("leader", known), None);
        assert_eq!(nearest("督查", ["督查室", "住建局"]), Some("督查室"));
    }

    #[test]
    fn a_code_is_plain_ascii() {
        assert!(is_code("three-plus-24") && is_code("2024-base"));
        assert!(!is_code("") && !is_code("Ａ") && !is_code("a b") && !is_code("-x") && !is_code("督查"));
    }
}
