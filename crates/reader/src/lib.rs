//! Reads page texts: articles with their headlines, figures in base units, commitments with owner and due date, and
//! arithmetic that the text itself allows. Not for storing, showing or deciding anything; pure, deterministic, with no
//! network and no model: every proposal can say why.
//!
//! [`decode`] turns bytes into text, [`read`] turns text into a [`Document`]. `read` never fails: a page of nonsense
//! gives leftovers.

mod across;
mod bodies;
mod byline;
mod calls;
mod chars;
mod checks;
mod clauses;
mod commitments;
mod counted;
mod coverage;
mod dates;
mod deadlines;
mod decode;
mod evidence;
mod figures;
pub mod formats;
mod insisted;
mod labels;
mod lists;
mod model;
mod named_sums;
mod numeral;
mod owners;
mod pieces;
mod principal;
mod rows;
mod stance;
mod stream;
pub mod table;
mod tables;
pub mod threads;
mod times;
mod titles;
mod undouble;
mod years;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

pub use across::{Difference, Stated, differences, differences_stated, stated};
pub use decode::{Decoded, Encoding, LIMIT_BYTES, Unreadable, decode};
pub use model::{
    Article, ArticleKind, Check, Commitment, CommitmentKind, Coverage, CoverageClass, Document, Figure,
    Leftover, Qualifier, Run, Runs, Value,
};
pub use owners::{OwnerReason, named_unit, unit_in_charge};

use crate::bodies::Body;
use crate::chars::{cut, string};
use crate::coverage::Why;
use crate::pieces::{Piece, Shape};
use crate::stream::Stream;
use crate::titles::Titles;

/// What the caller knows about a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The year that a plan is for, if the text should not be asked.
    pub plan_year: Option<i16>,
    /// The day of the document, if known: the year of dates without one, and what a deadline may not precede.
    pub document_date: Option<Date>,
}

/// Reads a decoded text.
///
/// Never fails and never panics; the time grows with the length of the text.
///
/// # Example
///
/// ```
/// let page = "清河县2021年工作要点\n\n今年，全县将新建农村公厕1200座，6月底前完成东大街改造工程。";
/// let document = bihuan_reader::read("page.txt", page, &bihuan_reader::Options::default());
/// assert_eq!(document.articles.len(), 1);
/// ```
pub fn read(source: &str, text: &str, options: &Options) -> Document {
    let chars: Vec<char> = text.chars().collect();
    let pieces = pieces::pieces(&chars);
    let mut found = bodies::bodies(&chars, &pieces);
    split_doubly_headed(&chars, &pieces, &mut found);
    titles::taken_apart(&chars, &pieces, &mut found);
    let mut titles = titles::titles(&chars, &pieces, &found);
    if merge_weak(&mut found, &titles) {
        titles = titles::titles(&chars, &pieces, &found);
    }
    let mut misplaced = titles::misplaced(&chars, &pieces, &found, &titles);
    if misplaced.is_empty() {
        misplaced = titles::torn_in(&chars, &pieces, &found, &titles);
    }
    for (body, part) in &misplaced {
        if let Some(body) = found.get_mut(*body) {
            body.parts.remove(*part);
        }
    }
    if !misplaced.is_empty() {
        titles = titles::titles(&chars, &pieces, &found);
    }
    let mut document = Document {
        source: source.to_owned(),
        text_sha256: sha256_hex(text),
        articles: Vec::new(),
        leftover: Vec::new(),
        coverage: Vec::new(),
    };
    assemble(&chars, &pieces, &found, titles, options, &mut document);
    // What the document needs no more makes room for the comparison of its rows.
    drop((chars, pieces, found));
    contradictions(&mut document);
    document
}

/// The same undertaking with two numbers is a fault of the later place.
fn contradictions(document: &mut Document) {
    let found = across::differences(&[&*document]);
    if found.is_empty() {
        return;
    }
    // A row is found again by where it begins.
    let mut places: Vec<(Option<Run>, usize, usize)> = Vec::new();
    for (a, article) in document.articles.iter().enumerate() {
        let rows = article.commitments.iter().enumerate();
        places.extend(rows.map(|(r, row)| (row.at.first().copied(), a, r)));
    }
    places.sort_unstable();
    for difference in found {
        let at = difference.second.1;
        let from = places.partition_point(|(place, ..)| *place < at.first().copied());
        let Some((_, a, r)) = places.get(from).copied() else {
            continue;
        };
        let Some(article) = document.articles.get_mut(a) else {
            continue;
        };
        if let Some(row) = article.commitments.get(r).filter(|row| row.at == at) {
            article.checks.push(Check {
                statement: difference.statement.clone(),
                holds: false,
                quote: row.quote.clone(),
                at,
            });
        }
    }
}

/// A headline before and another after one body: two articles.
fn split_doubly_headed(chars: &[char], pieces: &[Piece], found: &mut Vec<Body>) {
    let mut all = Vec::with_capacity(found.len());
    for mut body in std::mem::take(found) {
        if let Some(k) = titles::split_point(chars, pieces, &body) {
            let tail = Body {
                parts: body.parts.split_off(k),
                back: std::mem::take(&mut body.back),
                byline: body.byline.clone(),
                ended: true,
                ..Body::default()
            };
            body.byline = None;
            all.push(body);
            all.push(tail);
        } else {
            all.push(body);
        }
    }
    *found = all;
}

/// A body that only a wide gap began, with no headline and no byline, goes on with the one before it.
fn merge_weak(found: &mut Vec<Body>, titles: &Titles) -> bool {
    let mut all: Vec<Body> = Vec::with_capacity(found.len());
    let mut merged = false;
    for (i, body) in std::mem::take(found).into_iter().enumerate() {
        let untitled = titles.of_body.get(i).is_none_or(Option::is_none);
        let goes_on = body.weak && untitled && body.byline.is_none() && !body.caption;
        match all.last_mut() {
            Some(previous) if goes_on && !previous.ended && !previous.caption => {
                for head in &body.front {
                    previous.parts.push(bodies::Part {
                        piece: *head,
                        heading: true,
                        paragraph: true,
                    });
                }
                previous.parts.extend(body.parts);
                merged = true;
            }
            _ => all.push(body),
        }
    }
    *found = all;
    merged
}

/// A notice in one line (遗失声明) is not longer than this, in characters.
const NOTICE: usize = 80;

fn assemble(
    chars: &[char],
    pieces: &[Piece],
    found: &[Body],
    titles: Titles,
    options: &Options,
    out: &mut Document,
) {
    let page_year = options
        .document_date
        .map(Date::year)
        .or_else(|| {
            let own = pieces.iter().filter(|p| matches!(p.shape, Shape::Folio));
            own.map(|p| chars::dense(cut(chars, p.start, p.end)))
                .find_map(|line| dates::printed_year(&line))
        })
        .or_else(|| years::usual_year(&undoubled(chars, pieces)));
    let Document {
        articles,
        leftover,
        coverage,
        ..
    } = out;
    let mut rows_before = 0usize;
    for (body, title) in found.iter().zip(titles.of_body) {
        let stream = Stream::of(chars, pieces, &body.parts);
        let end = stream.chars.len();
        let speaks = stream
            .chars
            .iter()
            .any(|c| chars::is_han(*c) && !chars::is_stop(*c))
            && (stream.chars.iter().any(|c| chars::is_stop(*c)) || title.is_some());
        let notice =
            title.is_none() && end <= NOTICE && tables::lost_notices().at(&stream.chars, 0).is_some();
        if notice || !speaks && body.byline.is_none() && !body.dateline {
            leftover.push(Leftover {
                text: stream.quote(0, end),
                at: stream.runs(0, end).to_vec(),
            });
            coverage::whole(&stream, Why::Stray, coverage);
            continue;
        }
        let figures = figures::figures(&stream);
        let known = title.as_ref().map(|t| t.text.as_str());
        let date = day_of(chars, pieces, body, &stream, page_year).or(options.document_date);
        let stances = stance::stances(
            &stream,
            known,
            options.plan_year,
            page_year,
            options.document_date.or(date),
        );
        let mut commitments = if body.caption {
            coverage::whole(&stream, Why::Caption, coverage);
            Vec::new()
        } else {
            let found = commitments::commitments(&stream, &figures, &stances, page_year, date);
            coverage::of_body(&stream, &found.places, &found.told, rows_before, coverage);
            rows_before += found.rows.len();
            found.rows
        };
        commitments.shrink_to_fit();
        let byline = body
            .byline
            .clone()
            .or_else(|| in_lead(&stream))
            .unwrap_or_default();
        let kind = if body.caption {
            ArticleKind::Caption
        } else if body.dateline {
            ArticleKind::News
        } else {
            ArticleKind::Feature
        };
        let written = options
            .document_date
            .or_else(|| signed(chars, pieces, body))
            .or(date);
        let known = options.document_date.is_some();
        let mut checks = checks::checks(&stream, &figures, &commitments, written, known);
        checks.shrink_to_fit();
        articles.push(Article {
            title_truncated: title.as_ref().is_some_and(|t| t.truncated),
            title_confidence: title.as_ref().map(|t| t.confidence),
            title: title.map(|t| t.text),
            kind,
            text: stream.text(),
            runs: stream.runs(0, end).to_vec(),
            authors: byline.authors,
            photographers: byline.photographers,
            date,
            figures: figures.iter().map(|f| f.figure(&stream)).collect(),
            checks,
            commitments,
        });
    }
    let mut within = vec![false; pieces.len()];
    for part in found.iter().flat_map(|body| &body.parts) {
        if let Some(flag) = within.get_mut(part.piece) {
            *flag = true;
        }
    }
    let stray: Vec<usize> = titles.unused.iter().map(|(piece, _)| *piece).collect();
    for (piece, part) in titles.unused {
        let Some(found) = pieces.get(piece) else { continue };
        let Shape::Head { texts, doubled } = &found.shape else {
            continue;
        };
        let Some(text) = texts.get(part) else { continue };
        let at = vec![[found.start, found.end]];
        if *doubled {
            articles.push(Article {
                title: Some(string(text)),
                title_truncated: false,
                title_confidence: None,
                kind: ArticleKind::Caption,
                text: string(text),
                runs: at,
                authors: Vec::new(),
                photographers: Vec::new(),
                date: None,
                figures: Vec::new(),
                commitments: Vec::new(),
                checks: Vec::new(),
            });
        } else {
            leftover.push(Leftover {
                text: string(cut(chars, found.start, found.end)),
                at,
            });
        }
    }
    coverage::outside(pieces, &within, &stray, coverage);
}

/// The day that an article reports, or that stands under its headline.
fn day_of(chars: &[char], pieces: &[Piece], body: &Body, stream: &Stream, year: Option<i16>) -> Option<Date> {
    const LEAD: usize = 400;
    let front = body.front.iter().filter_map(|i| pieces.get(*i));
    let under = front
        .map(|p| chars::dense(cut(chars, p.start, p.end)))
        .find_map(|line| dates::first_day(&line, year));
    let reach = if body.dateline { stream.chars.len() } else { LEAD };
    under.or_else(|| dates::first_day(cut(&stream.chars, 0, reach), year))
}

/// The day right under a document, with its year: `2023年1月12日`.
fn signed(chars: &[char], pieces: &[Piece], body: &Body) -> Option<Date> {
    const LINES: usize = 4;
    let last = body.parts.last()?.piece;
    let under = pieces.iter().skip(last).take(LINES);
    under
        .map(|p| chars::dense(cut(chars, p.start, p.end)))
        .filter(|line| line.len() <= 40)
        .find_map(|line| {
            let from = (0..line.len()).find(|i| dates::year_at(&line, *i).is_some())?;
            let day = cut(&line, from, line.len());
            (day.ends_with(&['日']) && day.len() <= 11).then(|| dates::first_day(day, None))?
        })
}

/// The names that stand right after a dateline.
fn in_lead(stream: &Stream) -> Option<byline::Byline> {
    // `本报记者 甲 报道` names them itself.
    if let Some((_, found)) = byline::reports(&stream.chars) {
        return Some(found);
    }
    let n = pieces::dateline(&stream.chars, 0)?;
    let lead: Vec<char> = stream.quote(n, n + 60).chars().collect();
    byline::after_dateline(&lead)
}

/// The page with its doubled headings printed once, without white space.
fn undoubled(chars: &[char], pieces: &[Piece]) -> Vec<char> {
    let mut all = Vec::with_capacity(chars.len());
    for piece in pieces {
        match &piece.shape {
            Shape::Head { texts, .. } => all.extend(texts.iter().flatten()),
            _ => all.extend(cut(chars, piece.start, piece.end)),
        }
    }
    chars::dense(&all)
}

pub(crate) fn sha256_hex(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
