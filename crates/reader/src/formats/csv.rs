//! Whether a text is a ledger in columns rather than running text.

use crate::table::likely;

/// Lines that are looked at.
const SAMPLE: usize = 60;

/// A text is a ledger if nearly all its lines have the same number of commas, tabs or semicolons, and one of the first
/// names columns. Chinese prose has full-width commas; a list of names has no header.
pub(super) fn is_ledger(text: &str) -> bool {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take(SAMPLE)
        .collect();
    [',', '\t', ';', '|'].iter().any(|delimiter| {
        let head = lines.iter().take(6).position(|line| {
            let known = line
                .split(*delimiter)
                .filter(|cell| cell.chars().count() <= 24)
                .filter(|cell| likely(cell.trim().trim_matches('"')).is_some_and(|(_, sure)| sure >= 85))
                .count();
            known >= 2 && known * 2 >= line.split(*delimiter).count()
        });
        let Some(head) = head else { return false };
        let rows = lines.get(head.saturating_add(1)..).unwrap_or_default();
        let cut = rows.iter().filter(|line| line.contains(*delimiter)).count();
        !rows.is_empty() && cut * 10 >= rows.len() * 6
    })
}
