//! Every sentence accounted for: each stretch of the text is a row, part of a row, a figure of the past, context or
//! exhortation, with the reason. Nothing visible stays uncovered and nothing is covered twice.

use crate::chars::{before, cut, is_close, is_han, is_stop};
use crate::model::{Coverage, CoverageClass};
use crate::pieces::{Piece, Shape};
use crate::stream::Stream;

/// Why a stretch is classed as it is. The names are keys of the catalogue (`reader.cover_…`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The words of a row.
    Row,
    /// Words of a row's sentence that lead up to it or hang on it.
    Beside,
    /// Names who is to do the row's work.
    Owner,
    /// Names when the row is due.
    Due,
    /// Names the field or object of the row.
    Field,
    /// A number of what was done.
    DoneFigure,
    /// A number that asks for nothing.
    StatedFigure,
    /// Tells what was done or how things stand.
    Told,
    /// The ground on which something is done.
    Ground,
    /// Who speaks, before what he demands.
    Speaker,
    /// A heading inside the article, or a sentence that stands for one.
    Heading,
    /// The headline of an article.
    Headline,
    /// Who wrote it.
    Byline,
    /// The words of a picture.
    Caption,
    /// A line that belongs to no article.
    Stray,
    /// An attitude, with nothing that could be checked.
    Attitude,
    /// An effort whose object cannot be checked.
    NoObject,
}

impl Why {
    fn key(self) -> &'static str {
        match self {
            Why::Row => "reader.cover_row",
            Why::Beside => "reader.cover_beside",
            Why::Owner => "reader.cover_owner",
            Why::Due => "reader.cover_due",
            Why::Field => "reader.cover_field",
            Why::DoneFigure => "reader.cover_done_figure",
            Why::StatedFigure => "reader.cover_stated_figure",
            Why::Told => "reader.cover_told",
            Why::Ground => "reader.cover_ground",
            Why::Speaker => "reader.cover_speaker",
            Why::Heading => "reader.cover_heading",
            Why::Headline => "reader.cover_headline",
            Why::Byline => "reader.cover_byline",
            Why::Caption => "reader.cover_caption",
            Why::Stray => "reader.cover_stray",
            Why::Attitude => "reader.cover_attitude",
            Why::NoObject => "reader.cover_no_object",
        }
    }

    fn class(self) -> CoverageClass {
        match self {
            Why::Row => CoverageClass::Row,
            Why::Beside | Why::Owner | Why::Due | Why::Field => CoverageClass::Part,
            Why::DoneFigure | Why::StatedFigure => CoverageClass::Figure,
            Why::Attitude | Why::NoObject => CoverageClass::Exhortation,
            _ => CoverageClass::Context,
        }
    }
}

/// What a clause was found to be; it holds up to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// First character of the clause in the stream.
    pub(crate) start: usize,
    pub(crate) why: Why,
    /// The row that it is part of, counted within the article.
    pub(crate) row: Option<usize>,
}

/// The coverage of one body: `rows` are its rows' places in the stream, `told` its clauses, both in order.
///
/// `base`: how many rows the articles before have.
pub(crate) fn of_body(
    stream: &Stream,
    rows: &[(usize, usize)],
    told: &[Told],
    base: usize,
    out: &mut Vec<Coverage>,
) {
    let mut cover = Cover {
        stream,
        base,
        stretch: None,
        out,
    };
    let (mut next_row, mut next_told) = (0usize, 0usize);
    for paragraph in &stream.paragraphs {
        let mut now = Told {
            start: paragraph.start,
            why: if paragraph.heading {
                Why::Heading
            } else {
                Why::Told
            },
            row: None,
        };
        let mut i = paragraph.start;
        while i < paragraph.end {
            while let Some(clause) = told.get(next_told).filter(|t| t.start <= i) {
                now = *clause;
                next_told += 1;
            }
            let row = rows.get(next_row).copied();
            if let Some((a, b)) = row.filter(|(a, _)| *a <= i) {
                // INVARIANT: rows do not overlap; should one begin inside another, its rest is covered.
                let end = b.min(paragraph.end).max(i);
                if end > i && a <= i {
                    cover.add(i, end, Why::Row, Some(next_row));
                }
                next_row += 1;
                i = end;
                continue;
            }
            let clause = told.get(next_told).map_or(paragraph.end, |t| t.start);
            let end = row.map_or(clause, |(a, _)| a.min(clause)).min(paragraph.end);
            cover.add(i, end.max(i + 1), now.why, now.row);
            i = end.max(i + 1);
        }
        cover.flush();
    }
}

struct Cover<'a> {
    stream: &'a Stream,
    base: usize,
    /// The stretch that grows: from, to, why, row.
    stretch: Option<(usize, usize, Why, Option<usize>)>,
    out: &'a mut Vec<Coverage>,
}

impl Cover<'_> {
    fn add(&mut self, a: usize, b: usize, why: Why, row: Option<usize>) {
        let chars = cut(&self.stream.chars, a, b);
        if let Some((_, end, last, of)) = &mut self.stretch {
            let marks = !chars.iter().any(|c| is_han(*c) || c.is_alphanumeric());
            // 、 and 和 between two rows, and the mark behind one, go with what stands before them.
            let joint = *last == Why::Row && matches!(chars, ['和' | '与' | '及']);
            // A sentence of its own is a stretch of its own.
            let goes_on =
                !is_stop(before(&self.stream.chars, *end)) || chars.first().is_some_and(|c| is_close(*c));
            if marks || joint || (*last == why && *of == row && why != Why::Row && goes_on) {
                *end = b;
                return;
            }
        }
        self.flush();
        self.stretch = Some((a, b, why, row));
    }

    fn flush(&mut self) {
        if let Some((a, b, why, row)) = self.stretch.take()
            && b > a
        {
            self.out.push(Coverage {
                at: self.stream.runs(a, b),
                class: why.class(),
                why: why.key(),
                row: row.map(|row| row + self.base),
            });
        }
    }
}

/// A whole body of one kind: a caption, or lines that belong to no article.
pub(crate) fn whole(stream: &Stream, why: Why, out: &mut Vec<Coverage>) {
    let end = stream.chars.len();
    if end > 0 {
        out.push(Coverage {
            at: stream.runs(0, end),
            class: why.class(),
            why: why.key(),
            row: None,
        });
    }
}

/// The pieces outside every body: headlines, bylines, captions and stray lines. `stray`: the headings that no body
/// took, by piece, sorted.
pub(crate) fn outside(pieces: &[Piece], within: &[bool], stray: &[usize], out: &mut Vec<Coverage>) {
    for (i, piece) in pieces.iter().enumerate() {
        if within.get(i).copied().unwrap_or(false) || piece.end <= piece.start {
            continue;
        }
        let free = stray.binary_search(&i).is_ok();
        let why = match &piece.shape {
            Shape::Head { doubled: true, .. } if free => Why::Caption,
            Shape::Head { .. } if !free => Why::Headline,
            Shape::Byline(_) => Why::Byline,
            _ => Why::Stray,
        };
        out.push(Coverage {
            at: [piece.start, piece.end].into(),
            class: why.class(),
            why: why.key(),
            row: None,
        });
    }
    out.sort_by_key(|covered| covered.at.first().copied());
    out.shrink_to_fit();
}
