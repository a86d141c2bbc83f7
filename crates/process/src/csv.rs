//! Event logs as CSV: encoding and delimiter are found, columns recognised, and the rows read by several threads at once.

mod scan;

use std::borrow::Cow;

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};
use memchr::{memchr, memchr_iter};

use crate::columns::{SORTS, Sort, places};
use crate::fault::{Faults, Unreadable};
use crate::log::Rows;
use crate::names::NONE;
use crate::stamp::instant;
use crate::{Options, Read};
use scan::{End, Scanner};

/// Delimiters, the usual one first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Smaller pieces are not worth a thread.
const PIECE_BYTES: usize = 1 << 18;

/// Reads a table.
///
/// # Errors
///
/// [`Unreadable`] where there is no text, a column is missing, or no row can be read.
pub(crate) fn read(bytes: &[u8], options: &Options) -> Result<Read, Unreadable> {
    let (text, encoding) = text(bytes, options.threads)?;
    let text = text.as_ref();
    let first = memchr(b'\n', text)
        .and_then(|end| text.get(..end))
        .unwrap_or(text);
    let delimiter = delimiter(first);
    let mut scanner = Scanner::new(text, delimiter);
    let mut heading = Vec::new();
    loop {
        let (cell, end) = scanner.field();
        heading.push(String::from_utf8_lossy(cell.trim_ascii()).into_owned());
        if end != End::Field {
            break;
        }
    }
    let places = places(&heading, &options.columns)?;
    let body = scanner.rest();
    let form = Form {
        delimiter,
        places,
        options,
    };
    let mut parts = form.parts(pieces(body, options.threads));
    // A quotation mark out of place may have cut the text where no row ends; then it is read in one piece.
    if parts.len() > 1 && parts.iter().any(|part| part.doubtful) {
        parts = form.parts(vec![body]);
    }
    let (mut rows, mut faults, mut count) = (Rows::default(), Faults::default(), 1u64);
    for (n, part) in parts.into_iter().enumerate() {
        faults.append(part.faults, count);
        count = count.saturating_add(part.count);
        if n == 0 {
            rows = part.rows;
        } else {
            rows.append(part.rows);
        }
    }
    if rows.is_empty() {
        return Err(match faults.total {
            0 => Unreadable::NoRows,
            total => Unreadable::NoneRead {
                rows: total,
                first: faults.first.into_iter().next(),
            },
        });
    }
    let used = SORTS.into_iter().zip(places);
    let used = used
        .filter_map(|(sort, place)| Some((sort, heading.get(place?)?.clone())))
        .collect();
    Ok(Read {
        log: rows.into_log(),
        faults,
        encoding,
        columns: used,
    })
}

/// The bytes as UTF-8, and the name of the encoding in which they came.
pub(crate) fn text(bytes: &[u8], threads: usize) -> Result<(Cow<'_, [u8]>, &'static str), Unreadable> {
    let utf16 = |codec: &'static encoding_rs::Encoding, rest| {
        let (text, _) = codec.decode_without_bom_handling(rest);
        (Cow::Owned(text.into_owned().into_bytes()), codec.name())
    };
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return Ok(utf16(UTF_16LE, rest));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return Ok(utf16(UTF_16BE, rest));
    }
    let rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if rest.trim_ascii().is_empty() {
        return Err(Unreadable::Empty);
    }
    let head = rest.get(..rest.len().min(4096)).unwrap_or(rest);
    if memchr(0, head).is_some() {
        return Err(Unreadable::Binary {
            looks_like: String::new(),
        });
    }
    let pieces = halves(rest, threads);
    let good = std::thread::scope(|scope| {
        let checks: Vec<_> = pieces
            .into_iter()
            .map(|piece| scope.spawn(|| std::str::from_utf8(piece).is_ok()))
            .collect();
        checks.into_iter().all(|check| check.join().unwrap_or(false))
    });
    if good {
        return Ok((Cow::Borrowed(rest), "UTF-8"));
    }
    // A line feed, a comma and a quotation mark are never half of a character, neither here nor in UTF-8.
    let (text, _) = GB18030.decode_without_bom_handling(rest);
    let lost = text.chars().filter(|c| *c == '\u{FFFD}').count();
    if lost.saturating_mul(100) > rest.len() {
        return Err(Unreadable::Binary {
            looks_like: String::new(),
        });
    }
    Ok((Cow::Owned(text.into_owned().into_bytes()), GB18030.name()))
}

/// Pieces that end with a line.
fn halves(bytes: &[u8], threads: usize) -> Vec<&[u8]> {
    let size = (bytes.len() / threads.max(1)).max(PIECE_BYTES);
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    while rest.len() > size {
        let after = rest.get(size..).and_then(|tail| memchr(b'\n', tail));
        let Some((piece, tail)) = after.and_then(|after| rest.split_at_checked(size + after + 1)) else {
            break;
        };
        pieces.push(piece);
        rest = tail;
    }
    pieces.push(rest);
    pieces
}

/// Pieces that end with a row: with a line before which every quotation mark has its partner.
fn pieces(bytes: &[u8], threads: usize) -> Vec<&[u8]> {
    let (mut pieces, mut from, mut at) = (Vec::new(), 0, 0);
    let mut open = false;
    for piece in halves(bytes, threads) {
        at += piece.len();
        open ^= memchr_iter(b'"', piece).count() % 2 == 1;
        // Where the line lies within a quoted cell, the next piece goes with this one.
        if !open && let Some(whole) = bytes.get(from..at) {
            pieces.push(whole);
            from = at;
        }
    }
    if let Some(rest) = bytes.get(from..).filter(|rest| !rest.is_empty()) {
        pieces.push(rest);
    }
    pieces
}

/// The delimiter that stands most often in the heading, outside quotation marks.
fn delimiter(heading: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [0usize; DELIMITERS.len()];
    for byte in heading {
        quoted ^= *byte == b'"';
        for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
            *count += usize::from(!quoted && *byte == delimiter);
        }
    }
    let best = DELIMITERS.into_iter().zip(counts).rev().max_by_key(|(_, n)| *n);
    best.map_or(b',', |(delimiter, _)| delimiter)
}

/// How rows are read.
struct Form<'a> {
    delimiter: u8,
    places: [Option<usize>; 4],
    options: &'a Options,
}

/// What one piece gave; rows are numbered from 1 in it.
#[derive(Default)]
struct Part {
    rows: Rows,
    faults: Faults,
    count: u64,
    doubtful: bool,
}

impl Form<'_> {
    fn parts(&self, pieces: Vec<&[u8]>) -> Vec<Part> {
        if let [only] = pieces.as_slice() {
            return vec![self.part(only)];
        }
        std::thread::scope(|scope| {
            let reading: Vec<_> = pieces
                .iter()
                .map(|piece| (piece, scope.spawn(|| self.part(piece))))
                .collect();
            reading
                .into_iter()
                .map(|(piece, part)| part.join().unwrap_or_else(|_| self.part(piece)))
                .collect()
        })
    }

    fn part(&self, piece: &[u8]) -> Part {
        let mut part = Part::default();
        let mut scanner = Scanner::new(piece, self.delimiter);
        let width = self.places.iter().flatten().max().map_or(0, |last| last + 1);
        // By column of the table: which cell of ours it is.
        let slots: Vec<Option<usize>> = (0..width)
            .map(|at| self.places.iter().position(|place| *place == Some(at)))
            .collect();
        let mut last: (Cow<'_, [u8]>, u32) = (Cow::Borrowed(b""), NONE);
        while !scanner.is_done() {
            part.count += 1;
            let mut cells: [Cow<'_, [u8]>; 4] = Default::default();
            let mut column = 0;
            loop {
                let (cell, end) = scanner.field();
                if let Some(slot) = slots
                    .get(column)
                    .copied()
                    .flatten()
                    .and_then(|slot| cells.get_mut(slot))
                {
                    *slot = cell;
                } else if column == 0 && end != End::Field && cell.trim_ascii().is_empty() {
                    // A blank line is nothing.
                    column = usize::MAX;
                    break;
                }
                column += 1;
                if end != End::Field {
                    break;
                }
                if column >= width {
                    scanner.skip_row();
                    break;
                }
            }
            let blank =
                column == usize::MAX || column == 1 && cells.iter().all(|cell| cell.trim_ascii().is_empty());
            if !blank {
                self.row(&mut part, cells, &mut last);
            }
        }
        part.doubtful = scanner.doubtful();
        part
    }

    fn row<'a>(&self, part: &mut Part, cells: [Cow<'a, [u8]>; 4], last: &mut (Cow<'a, [u8]>, u32)) {
        let [case, activity, time, holder] = cells;
        let (name, doing, at, who) = (
            case.trim_ascii(),
            activity.trim_ascii(),
            time.trim_ascii(),
            holder.trim_ascii(),
        );
        for (sort, cell) in [(Sort::Case, name), (Sort::Activity, doing), (Sort::Time, at)] {
            if cell.is_empty() {
                return part.faults.add(part.count, sort, "");
            }
        }
        let text = std::str::from_utf8(at).unwrap_or_default();
        let Some(instant) = instant(text, self.options.dates) else {
            return part
                .faults
                .add(part.count, Sort::Time, &String::from_utf8_lossy(at));
        };
        let [cases, activities, holders] = &mut part.rows.names;
        // Rows of a case mostly stand together.
        let number = if last.1 != NONE && last.0.trim_ascii() == name {
            last.1
        } else {
            cases.number(name)
        };
        let activity = activities.number(doing);
        let holder = if who.is_empty() { NONE } else { holders.number(who) };
        part.rows.push(number, activity, instant, holder);
        *last = (case, number);
    }
}
