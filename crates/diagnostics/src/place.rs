//! From byte positions to lines, columns and screen columns; Chinese characters are two columns wide.

use crate::Span;

/// Where a byte stands: line and column from 1, the column counted in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// The lines of a text.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of `text`.
    pub fn of(text: &'a str) -> Self {
        let mut starts = vec![0];
        starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, b)| *b == b'\n')
                .map(|(i, _)| i + 1),
        );
        Lines { text, starts }
    }

    /// Where the byte at `offset` stands; an offset inside a character or past the end is moved back.
    pub fn place(&self, offset: usize) -> Place {
        let offset = self.floor(offset);
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self
            .text
            .get(start..offset)
            .map_or(0, |before| before.chars().count());
        Place {
            line,
            column: column + 1,
        }
    }

    /// The text of line `line` (from 1) without its line break.
    pub fn line(&self, line: usize) -> &'a str {
        let start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(self.text.len());
        let end = self.starts.get(line).copied().unwrap_or(self.text.len());
        self.text
            .get(start..end)
            .unwrap_or("")
            .trim_end_matches(['\n', '\r'])
    }

    /// The part of the span that lies on its first line: the text before it, and the text under it.
    pub fn first_line_of(&self, span: Span) -> (usize, &'a str, &'a str) {
        let place = self.place(span.start);
        let start = self
            .starts
            .get(place.line.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let line = self.line(place.line);
        let from = self.floor(span.start).saturating_sub(start).min(line.len());
        let to = self.floor(span.end).saturating_sub(start).clamp(from, line.len());
        (
            place.line,
            line.get(..from).unwrap_or(""),
            line.get(from..to).unwrap_or(""),
        )
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// How many screen columns `text` takes: two for a Han character or full-width sign, none for a combining mark.
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Makes a line fit for a screen: tabs become four blanks, control and direction-changing characters are shown by
/// number, so that a file cannot paint over the report.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("    "),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {
                out.push_str(&format!("<{:04X}>", u32::from(c)));
            }
            c if c.is_control() => out.push_str(&format!("<{:02X}>", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_han_character_is_two_columns_wide() {
        assert_eq!(width("to = \"督办\"，"), 5 + 6 + 2);
    }

    #[test]
    fn columns_count_characters_and_not_bytes() {
        let lines = Lines::of("一\n二三四\n");
        assert_eq!(lines.place("一\n二三".len()), Place { line: 2, column: 3 });
        assert_eq!(
            lines.place(5),
            Place { line: 2, column: 1 },
            "inside a character: moved back to its start"
        );
        assert_eq!(lines.place(10_000), Place { line: 3, column: 1 });
    }

    #[test]
    fn a_span_over_several_lines_is_shown_on_its_first() {
        let lines = Lines::of("ab\ncdef\ngh");
        assert_eq!(lines.first_line_of(Span::new(4, 9)), (2, "c", "def"));
    }

    #[test]
    fn what_changes_the_direction_of_text_is_shown_by_number() {
        assert_eq!(visible("a\u{202e}b\u{7}\t"), "a<202E>b<07>    ");
    }
}
