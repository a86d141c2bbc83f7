//! Cells of a CSV text one after the other (RFC 4180): quotation marks around a cell, doubled within it.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// What ended a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A delimiter: another cell follows.
    Field,
    /// The end of the row, or of the text.
    Row,
}

/// Reads cells.
pub(super) struct Scanner<'a> {
    rest: &'a [u8],
    delimiter: u8,
    /// Whether there is any quotation mark at all.
    quotes: bool,
    doubtful: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8], delimiter: u8) -> Self {
        Scanner {
            rest: text,
            delimiter,
            quotes: memchr(b'"', text).is_some(),
            doubtful: false,
        }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// Whether a quotation mark stood where none belongs, or had no partner.
    pub(super) fn doubtful(&self) -> bool {
        self.doubtful
    }

    /// The next cell, and what ended it.
    pub(super) fn field(&mut self) -> (Cow<'a, [u8]>, End) {
        match self.rest.split_first() {
            Some((b'"', rest)) => self.quoted(rest),
            _ => {
                let (cell, end) = self.plain();
                self.doubtful |= self.quotes && memchr(b'"', cell).is_some();
                (Cow::Borrowed(cell), end)
            }
        }
    }

    /// Passes over the rest of the row.
    pub(super) fn skip_row(&mut self) {
        if self.quotes {
            while self.field().1 == End::Field {}
        } else {
            let end = memchr(b'\n', self.rest).map_or(self.rest.len(), |end| end + 1);
            self.rest = self.rest.get(end..).unwrap_or_default();
        }
    }

    fn plain(&mut self) -> (&'a [u8], End) {
        let Some((at, end)) =
            memchr2(self.delimiter, b'\n', self.rest).and_then(|at| Some((at, *self.rest.get(at)?)))
        else {
            let cell = std::mem::take(&mut self.rest);
            return (cell.strip_suffix(b"\r").unwrap_or(cell), End::Row);
        };
        let (cell, rest) = self.rest.split_at_checked(at).unwrap_or_default();
        self.rest = rest.get(1..).unwrap_or_default();
        if end == b'\n' {
            return (cell.strip_suffix(b"\r").unwrap_or(cell), End::Row);
        }
        // A delimiter at the very end of the text: one empty cell more, which nobody misses.
        let end = if self.rest.is_empty() {
            End::Row
        } else {
            End::Field
        };
        (cell, end)
    }

    fn quoted(&mut self, mut rest: &'a [u8]) -> (Cow<'a, [u8]>, End) {
        let mut cell: Cow<'a, [u8]> = Cow::Borrowed(b"");
        let add = |cell: &mut Cow<'a, [u8]>, piece: &'a [u8]| {
            if cell.is_empty() {
                *cell = Cow::Borrowed(piece);
            } else {
                cell.to_mut().extend_from_slice(piece);
            }
        };
        loop {
            let Some((piece, after)) = memchr(b'"', rest).and_then(|at| rest.split_at_checked(at)) else {
                // The mark has no partner.
                self.doubtful = true;
                add(&mut cell, rest);
                self.rest = &[];
                return (cell, End::Row);
            };
            add(&mut cell, piece);
            match after {
                [b'"', b'"', beyond @ ..] => {
                    add(&mut cell, b"\"");
                    rest = beyond;
                }
                [_, beyond @ ..] => {
                    self.rest = beyond;
                    break;
                }
                [] => break,
            }
        }
        let (tail, end) = self.plain();
        if !tail.is_empty() {
            self.doubtful = true;
            add(&mut cell, tail);
        }
        (cell, end)
    }
}
