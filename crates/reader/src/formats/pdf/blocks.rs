//! From characters to lines: characters that stand beside each other become stretches, stretches on one line become its
//! text, lines of one column become paragraphs.

use super::content::Glyph;

/// A gap this wide, in sizes of the letters, ends a stretch.
const STRETCH_GAP: f64 = 0.75;

/// A line that ends this near to the column's right edge, in sizes of the letters, is full.
const FULL: f64 = 1.9;

/// Characters without a gap between them.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) x0: f64,
    pub(super) x1: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) text: String,
}

/// The stretches of a page, from above to below and from left to right.
pub(super) fn stretches(mut glyphs: Vec<Glyph>) -> Vec<Stretch> {
    glyphs.retain(|glyph| !glyph.text.trim().is_empty());
    glyphs.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut out: Vec<Stretch> = Vec::new();
    let mut line: Vec<Glyph> = Vec::new();
    for glyph in glyphs {
        let same = line
            .last()
            .is_none_or(|last| (glyph.y - last.y).abs() <= last.size.min(glyph.size) * 0.3);
        if !same {
            end_line(std::mem::take(&mut line), &mut out);
        }
        line.push(glyph);
    }
    end_line(line, &mut out);
    out
}

fn end_line(mut glyphs: Vec<Glyph>, out: &mut Vec<Stretch>) {
    glyphs.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut now: Option<Stretch> = None;
    let mut printed: Option<Glyph> = None;
    for glyph in glyphs {
        // Bold made by printing twice.
        let twice = printed
            .as_ref()
            .is_some_and(|last| last.text == glyph.text && (last.x - glyph.x).abs() < glyph.size * 0.2);
        if twice {
            continue;
        }
        let end = glyph.x + glyph.width;
        match &mut now {
            Some(stretch) if glyph.x - stretch.x1 <= glyph.size.max(stretch.size) * STRETCH_GAP => {
                if glyph.x - stretch.x1 > glyph.size * 0.18 && words(&stretch.text, &glyph.text) {
                    stretch.text.push(' ');
                }
                stretch.text.push_str(&glyph.text);
                stretch.x1 = stretch.x1.max(end);
                stretch.size = stretch.size.max(glyph.size);
            }
            other => {
                out.extend(other.take());
                *other = Some(Stretch {
                    x0: glyph.x,
                    x1: end,
                    y: glyph.y,
                    size: glyph.size,
                    text: glyph.text.clone(),
                });
            }
        }
        printed = Some(glyph);
    }
    out.extend(now);
}

/// Whether two texts that stand apart are words of letters or figures.
fn words(left: &str, right: &str) -> bool {
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_graphic());
    latin(left.chars().next_back()) && latin(right.chars().next())
}

/// A line of a column.
pub(super) struct Line {
    pub(super) x0: f64,
    pub(super) x1: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) text: String,
}

/// Puts stretches that stand on one line together.
pub(super) fn lines(mut stretches: Vec<Stretch>) -> Vec<Line> {
    stretches.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut groups: Vec<Vec<Stretch>> = Vec::new();
    for stretch in stretches {
        let fits = |group: &Vec<Stretch>| {
            group
                .last()
                .is_some_and(|last| (stretch.y - last.y).abs() <= last.size.min(stretch.size) * 0.4)
        };
        match groups.last_mut().filter(|group| fits(group)) {
            Some(group) => group.push(stretch),
            None => groups.push(vec![stretch]),
        }
    }
    groups.into_iter().filter_map(line).collect()
}

fn line(mut stretches: Vec<Stretch>) -> Option<Line> {
    stretches.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    let mut all = stretches.into_iter();
    let first = all.next()?;
    let mut line = Line {
        x0: first.x0,
        x1: first.x1,
        y: first.y,
        size: first.size,
        text: first.text,
    };
    for stretch in all {
        // Letters that are spaced out for looks are one word; a wide gap is a gap.
        let gap = stretch.x0 - line.x1;
        if gap > line.size * 0.9 {
            line.text.push('\u{3000}');
        } else if words(&line.text, &stretch.text) {
            line.text.push(' ');
        }
        line.text.push_str(&stretch.text);
        line.x1 = line.x1.max(stretch.x1);
        line.size = line.size.max(stretch.size);
    }
    Some(line)
}

/// The text of a cell: its lines are one.
pub(super) fn cell_text(glyphs: Vec<Glyph>) -> String {
    let mut out = String::new();
    for line in lines(stretches(glyphs)) {
        if words(&out, &line.text) && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&line.text);
    }
    out
}

/// A line of text with what stands before it.
pub(super) struct Paragraph {
    pub(super) text: String,
    /// Whether more than the usual space stands before it.
    pub(super) gap: bool,
}

/// The paragraphs of one column, which reaches at least to `edge`: lines that were broken only because the column ended are joined again.
pub(super) fn paragraphs(lines: Vec<Line>, edge: f64) -> Vec<Paragraph> {
    let left = lines.iter().map(|line| line.x0).fold(f64::MAX, f64::min);
    let right = right_edge(&lines).max(edge);
    let usual = usual_step(&lines);
    let mut out: Vec<Paragraph> = Vec::new();
    let mut last: Option<Line> = None;
    for line in lines {
        let indent = (line.x0 - left) / line.size;
        let step = last.as_ref().map(|last| line.y - last.y);
        let goes_on = last.as_ref().zip(step).is_some_and(|(last, step)| {
            let alike = (last.size - line.size).abs() < line.size * 0.08;
            let full = right - last.x1 < line.size * FULL;
            alike && full && indent < 0.7 && step < usual.max(line.size) * 1.35
        });
        match out.last_mut().filter(|_| goes_on) {
            Some(paragraph) => {
                if words(&paragraph.text, &line.text) {
                    paragraph.text.push(' ');
                }
                paragraph.text.push_str(&line.text);
            }
            None => {
                // Two cells of indent are kept: they begin a paragraph for every reader of Chinese.
                let lead = if (1.2..3.2).contains(&indent) {
                    "\u{3000}\u{3000}"
                } else {
                    ""
                };
                out.push(Paragraph {
                    text: format!("{lead}{}", line.text),
                    gap: step.is_some_and(|step| step > usual * 1.6),
                });
            }
        }
        last = Some(line);
    }
    out
}

/// Where lines that are full end: the rightmost place that several of them reach.
fn right_edge(lines: &[Line]) -> f64 {
    let mut ends: Vec<(f64, f64)> = lines.iter().map(|line| (line.x1, line.size)).collect();
    ends.sort_by(|a, b| b.0.total_cmp(&a.0));
    let wanted = (ends.len() / 10).max(2);
    let shared = ends.iter().enumerate().find(|(n, (end, size))| {
        let near = ends
            .iter()
            .skip(*n)
            .take_while(|(other, _)| end - other < size * FULL)
            .count();
        near >= wanted
    });
    shared.map_or_else(|| ends.first().map_or(0.0, |(end, _)| *end), |(_, (end, _))| *end)
}

/// The usual distance from one line to the next.
fn usual_step(lines: &[Line]) -> f64 {
    let mut steps: Vec<f64> = lines
        .windows(2)
        .filter_map(|pair| match pair {
            [a, b] => Some(b.y - a.y),
            _ => None,
        })
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied().unwrap_or(f64::MAX)
}
