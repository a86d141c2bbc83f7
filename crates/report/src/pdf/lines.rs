//! A run of glyphs into lines: no stop at the head of a line, no opening bracket at its end, no number or word torn.

use super::glyphs::{Glyph, Mils};

/// May not begin a line.
const NOT_FIRST: &str = "，。、；：！？）》〉】〕」』”’％%…—·～,.;:!?)]}";
/// May not end one.
const NOT_LAST: &str = "（《〈【〔「『“‘([{";

/// One line.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) glyphs: Vec<Glyph>,
    /// Whether the text goes on in the next line without a wished break: then it is justified.
    pub(super) goes_on: bool,
}

/// The size of letters and what is put between them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// Size of the letters.
    pub(super) size: Mils,
    /// Added after every letter; may be negative.
    pub(super) spacing: Mils,
}

impl Measure {
    /// How far a glyph moves on.
    pub(super) fn advance(self, glyph: &Glyph) -> Mils {
        let scaled = i64::from(glyph.advance) * i64::from(self.size) / 1_000;
        Mils::try_from(scaled)
            .unwrap_or(Mils::MAX)
            .saturating_add(self.spacing)
    }

    /// How long a line is.
    pub(super) fn length(self, glyphs: &[Glyph]) -> Mils {
        glyphs
            .iter()
            .fold(0, |sum: Mils, glyph| sum.saturating_add(self.advance(glyph)))
    }
}

/// Breaks glyphs into lines: the first `first` wide, the others `rest`.
pub(super) fn lines(glyphs: &[Glyph], measure: Measure, first: Mils, rest: Mils) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for wished in glyphs.split(|glyph| glyph.ch == '\n') {
        let mut left = wished;
        loop {
            let room = if lines.is_empty() { first } else { rest };
            let at = fitting(left, measure, room.max(1));
            let (line, after) = left.split_at(at.min(left.len()));
            let goes_on = !after.is_empty();
            lines.push(Line {
                glyphs: trimmed(line).to_vec(),
                goes_on,
            });
            // The space at which a line was broken is not carried over.
            let spaces = after.iter().take_while(|glyph| glyph.ch == ' ').count();
            left = after.get(spaces..).unwrap_or_default();
            if left.is_empty() {
                if let Some(last) = lines.last_mut() {
                    last.goes_on = false;
                }
                break;
            }
        }
    }
    lines
}

/// How many of the glyphs stand on a line: at least one.
fn fitting(glyphs: &[Glyph], measure: Measure, room: Mils) -> usize {
    let mut used: Mils = 0;
    let mut over = glyphs.len();
    for (at, glyph) in glyphs.iter().enumerate() {
        used = used.saturating_add(measure.advance(glyph));
        if used > room {
            over = at;
            break;
        }
    }
    if over >= glyphs.len() {
        return glyphs.len();
    }
    let good = (1..=over).rev().take(80).find(|at| {
        let before = glyphs.get(at.wrapping_sub(1)).map(|glyph| glyph.ch);
        let after = glyphs.get(*at).map(|glyph| glyph.ch);
        before.zip(after).is_none_or(|(a, b)| may_break(a, b))
    });
    good.unwrap_or(over).max(1)
}

fn may_break(before: char, after: char) -> bool {
    let word = |c: char| c.is_ascii_graphic();
    let inside = word(before) && word(after) && before != '-' && before != '/';
    after != ' ' && !inside && !NOT_FIRST.contains(after) && !NOT_LAST.contains(before)
}

fn trimmed(line: &[Glyph]) -> &[Glyph] {
    let end = line
        .iter()
        .rposition(|glyph| glyph.ch != ' ')
        .map_or(0, |at| at.saturating_add(1));
    line.get(..end).unwrap_or(line)
}
