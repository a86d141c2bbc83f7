//! What belongs to the pages and not to the document: page numbers, and headers and footers that return on every page.

use std::collections::BTreeMap;

use super::Found;

/// The part of a page's height, from its edge, in which page numbers, headers and footers stand.
const EDGE: f64 = 0.12;

/// Lines at the upper and at the lower edge that are looked at.
const LINES: usize = 2;

struct Line {
    y: f64,
    size: f64,
    text: String,
}

/// Takes page furniture out; returns how many lines were taken.
pub(super) fn remove(pages: &mut [Found]) -> usize {
    let edges: Vec<Vec<Line>> = pages.iter().map(edge_lines).collect();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for line in edges.iter().flatten() {
        let known = times.entry(pattern(&line.text)).or_default();
        *known = known.saturating_add(1);
    }
    let mut taken = 0usize;
    for (page, lines) in pages.iter_mut().zip(&edges) {
        for line in lines {
            let often = times.get(&pattern(&line.text)).copied().unwrap_or(0);
            let returns = often >= 3 && often * 2 >= edges.len();
            let at_edge = line.y < page.height * EDGE || line.y > page.height * (1.0 - EDGE);
            if at_edge && (returns || is_page_number(&line.text)) {
                let before = page.glyphs.len();
                page.glyphs
                    .retain(|glyph| (glyph.y - line.y).abs() > line.size * 0.35);
                taken = taken.saturating_add(usize::from(before > page.glyphs.len()));
            }
        }
    }
    taken
}

fn edge_lines(page: &Found) -> Vec<Line> {
    let mut glyphs: Vec<_> = page
        .glyphs
        .iter()
        .filter(|glyph| !glyph.text.trim().is_empty())
        .collect();
    glyphs.sort_by(|a, b| a.y.total_cmp(&b.y));
    type Parts<'a> = Vec<(f64, &'a str)>;
    let mut lines: Vec<(f64, f64, Parts<'_>)> = Vec::new();
    for glyph in glyphs {
        match lines
            .last_mut()
            .filter(|(y, size, _)| (glyph.y - y).abs() <= size * 0.35)
        {
            Some((_, _, parts)) => parts.push((glyph.x, &glyph.text)),
            None => lines.push((glyph.y, glyph.size, vec![(glyph.x, &glyph.text)])),
        }
    }
    let all = lines.len();
    lines
        .into_iter()
        .enumerate()
        .filter(|(n, _)| *n < LINES || n.saturating_add(LINES) >= all)
        .map(|(_, (y, size, mut parts))| {
            parts.sort_by(|a, b| a.0.total_cmp(&b.0));
            Line {
                y,
                size,
                text: parts.into_iter().map(|(_, text)| text).collect(),
            }
        })
        .collect()
}

/// The line with its numbers made alike, so that `第3页` and `第4页` are the same.
fn pattern(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        if c.is_ascii_digit() {
            if !out.ends_with('#') {
                out.push('#');
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// `— 3 —`, `3`, `第3页`, `3/12`.
fn is_page_number(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = plain.chars().filter(char::is_ascii_digit).count();
    (1..=6).contains(&digits)
        && plain.chars().count() <= 12
        && plain
            .chars()
            .all(|c| c.is_ascii_digit() || "-—–－─·/第共页版".contains(c))
}
