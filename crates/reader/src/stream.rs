//! The body of an article as one stream of characters without white space, which knows where each stood.

use crate::bodies::Part;
use crate::chars::{at, cut, is_han};
use crate::model::{Run, Runs};
use crate::pieces::{Piece, is_spaced_out};

/// A body ready for analysis.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The characters, white space removed.
    pub(crate) chars: Vec<char>,
    /// The position of each in the decoded text.
    positions: Vec<u32>,
    /// Whether blanks stood before a character in the same line, and whether a foreign piece stands before it.
    marks: Vec<u8>,
    /// The paragraphs: ranges of the stream.
    pub(crate) paragraphs: Vec<Paragraph>,
}

const SPACED: u8 = 1;
const TORN: u8 = 2;

/// A paragraph of a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paragraph {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// A heading inside the article.
    pub(crate) heading: bool,
}

impl Stream {
    pub(crate) fn of(text: &[char], pieces: &[Piece], parts: &[Part]) -> Stream {
        let mut stream = Stream::default();
        let mut previous: Option<usize> = None;
        for part in parts {
            let Some(piece) = pieces.get(part.piece) else {
                continue;
            };
            if part.paragraph || stream.paragraphs.is_empty() {
                let start = stream.chars.len();
                stream.paragraphs.push(Paragraph {
                    start,
                    end: start,
                    heading: part.heading,
                });
            }
            let foreign = previous.is_some_and(|p| {
                let from = pieces.get(p).map_or(0, |p| p.end);
                p > part.piece || cut(text, from, piece.start).iter().any(|c| !c.is_whitespace())
            });
            let mut first = true;
            let mut blank = false;
            let spaced_out = is_spaced_out(cut(text, piece.start, piece.end));
            for (k, c) in cut(text, piece.start, piece.end).iter().enumerate() {
                if c.is_whitespace() {
                    blank = true;
                    continue;
                }
                stream.chars.push(*c);
                // A text of more than four thousand million characters is refused long before.
                stream
                    .positions
                    .push(u32::try_from(piece.start + k).unwrap_or(u32::MAX));
                let spaced = if blank && !first && !spaced_out { SPACED } else { 0 };
                stream
                    .marks
                    .push(spaced | if first && foreign { TORN } else { 0 });
                (first, blank) = (false, false);
            }
            if let Some(last) = stream.paragraphs.last_mut() {
                last.end = stream.chars.len();
            }
            previous = Some(part.piece);
        }
        stream
    }

    /// The character of the stream that stands at or behind a position of the decoded text.
    pub(crate) fn place_of(&self, position: usize) -> usize {
        // A torn body goes on before it began; then the place is looked for one by one.
        self.positions
            .iter()
            .position(|p| usize::try_from(*p).is_ok_and(|p| p >= position))
            .unwrap_or(self.chars.len())
    }

    /// Whether blanks stood right before the character `i` in its line.
    pub(crate) fn spaced(&self, i: usize) -> bool {
        self.marked(i, SPACED)
    }

    fn marked(&self, i: usize, mark: u8) -> bool {
        self.marks.get(i).is_some_and(|marks| marks & mark != 0)
    }

    /// Where the characters from `a` to `b` stand in the decoded text.
    pub(crate) fn runs(&self, a: usize, b: usize) -> Runs {
        let mut whole: Option<Run> = None;
        let mut more: Vec<Run> = Vec::new();
        for i in a..b.min(self.chars.len()) {
            let Some(position) = self.positions.get(i).and_then(|p| usize::try_from(*p).ok()) else {
                break;
            };
            match &mut whole {
                Some(run) if !self.marked(i, TORN) => run[1] = position + 1,
                _ => {
                    more.extend(whole);
                    whole = Some([position, position + 1]);
                }
            }
        }
        match whole {
            Some(run) if more.is_empty() => Runs::from(run),
            _ => {
                more.extend(whole);
                Runs::from(more)
            }
        }
    }

    /// The characters from `a` to `b`, with a space where a reader needs one.
    pub(crate) fn quote(&self, a: usize, b: usize) -> String {
        // Quotes are kept for long: they take no more room than they need.
        let bytes: usize = cut(&self.chars, a, b).iter().map(|c| c.len_utf8()).sum();
        let mut quote = String::with_capacity(bytes);
        for i in a..b.min(self.chars.len()) {
            let c = at(&self.chars, i);
            if i > a && self.spaced(i) && self.space_matters(i) {
                quote.push(' ');
            }
            quote.push(c);
        }
        quote
    }

    /// A blank between two Han characters may be a lost character and stays; one beside a digit is mere layout.
    fn space_matters(&self, i: usize) -> bool {
        let (left, right) = (crate::chars::before(&self.chars, i), at(&self.chars, i));
        let latin = |c: char| c.is_ascii_alphanumeric();
        (is_han(left) && is_han(right)) || (latin(left) && latin(right))
    }

    /// The whole text, one line feed between paragraphs.
    pub(crate) fn text(&self) -> String {
        let bytes: usize = self.chars.iter().map(|c| c.len_utf8()).sum();
        let mut text = String::with_capacity(bytes + self.paragraphs.len());
        for (n, paragraph) in self.paragraphs.iter().enumerate() {
            if n > 0 {
                text.push('\n');
            }
            text.push_str(&self.quote(paragraph.start, paragraph.end));
        }
        text
    }
}
