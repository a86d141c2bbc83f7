//! What one document says of undertakings: its rows and the sentences that may tell how one stands. Enough to hold it
//! against others without reading it again.

use bihuan_domain::id::DocumentId;
use bihuan_domain::world::World;
use bihuan_reader::threads::{Saying, Stage, stage_of};
use bihuan_reader::{CoverageClass, Figure, Stated, Value, stated};
use jiff::civil::Date;

use crate::documents::review::Change;
use crate::documents::rows::{self, Standing};
use crate::documents::{Reading, tidy};

/// The shortest sentence that can say how an undertaking stands, in characters.
const SENTENCE_MIN: usize = 8;

/// What a document says.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) document: DocumentId,
    /// Its day, as far as its text says it.
    pub(super) date: Option<Date>,
    /// Rows and sentences in the order of the text.
    pub(super) said: Vec<Said>,
    /// What its rows state, as the reader compares it.
    pub(super) stated: Vec<Stated>,
    /// What people decided of its sayings: saying, earlier document, row → whether they are the same, and how far.
    pub(super) decided: Vec<Decided>,
    /// The revision of its rows, and of the register that owners were suggested from.
    pub(super) made_of: (u64, u64),
}

/// Something said in a document.
#[derive(Debug)]
pub(super) struct Said {
    /// Where its words begin and end; the key of the row, where it is one.
    pub(super) key: String,
    pub(super) saying: Saying,
    pub(super) row: Option<Promise>,
    pub(super) stage: Stage,
    from: usize,
}

/// A row: something promised.
#[derive(Debug)]
pub(super) struct Promise {
    pub(super) title: String,
    pub(super) due: Option<Date>,
}

/// A person's word on a link.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) saying: String,
    pub(super) to: DocumentId,
    pub(super) row: String,
    pub(super) same: bool,
    pub(super) stage: Option<Stage>,
}

impl Told {
    pub(super) fn of(world: &World, reading: &Reading, register: u64) -> Told {
        let rows = rows::of(world, reading);
        let taken = rows.iter().flat_map(|row| &row.at);
        let mut said = sentences(reading, taken);
        for row in rows.into_iter().filter(|row| row.standing == Standing::Open) {
            said.push(Said {
                from: row.at.first().map_or(0, |run| run[0]),
                key: row.key,
                saying: Saying {
                    text: row.quote,
                    owner: row.owner.map(|(unit, _)| unit.to_string()),
                    figures: row.value.zip(row.unit).into_iter().collect(),
                },
                row: Some(Promise {
                    title: row.title,
                    due: row.due,
                }),
                stage: Stage::Promised,
            });
        }
        said.sort_by_key(|said| said.from);
        Told {
            document: reading.received.document.clone(),
            date: day_of(reading),
            said,
            stated: stated(&reading.document),
            decided: reading.changes.iter().filter_map(decided).collect(),
            made_of: (reading.revision, register),
        }
    }
}

fn decided(change: &Change) -> Option<Decided> {
    let Change::Link {
        saying,
        document,
        row,
        same,
        stage,
    } = change
    else {
        return None;
    };
    Some(Decided {
        saying: saying.clone(),
        to: document.clone(),
        row: row.clone(),
        same: *same,
        stage: *stage,
    })
}

/// The day of a document: of its first article that has one, else the first day of the first year that its rows name.
fn day_of(reading: &Reading) -> Option<Date> {
    let articles = &reading.document.articles;
    articles.iter().find_map(|article| article.date).or_else(|| {
        let rows = articles.iter().flat_map(|article| &article.commitments);
        let due = rows.filter_map(|row| row.due).min();
        due.and_then(|due| Date::new(due.year(), 1, 1).ok())
    })
}

/// The sentences of a document that are no rows: they may say that something was done.
fn sentences<'a>(reading: &Reading, taken: impl Iterator<Item = &'a [usize; 2]>) -> Vec<Said> {
    let chars: Vec<char> = reading.opened.text.chars().collect();
    let marked = |runs: &mut dyn Iterator<Item = &[usize; 2]>| {
        let mut marks = vec![false; chars.len()];
        for [from, to] in runs {
            if let Some(run) = marks.get_mut(*from..*to) {
                run.fill(true);
            }
        }
        marks
    };
    let taken = marked(&mut taken.into_iter());
    let coverage = &reading.document.coverage;
    let told = coverage
        .iter()
        .filter(|stretch| matches!(stretch.class, CoverageClass::Figure | CoverageClass::Context));
    let told = marked(&mut told.flat_map(|stretch| &stretch.at));
    let any = |marks: &[bool], from: usize, to: usize| {
        let run = marks.get(from..to).unwrap_or_default();
        run.contains(&true)
    };
    let figures = Figures::of(reading);
    let mut out = Vec::new();
    for [from, to] in reading.document.articles.iter().flat_map(|article| &article.runs) {
        let mut start = *from;
        for at in *from..*to {
            let ends =
                chars.get(at).is_some_and(|c| "。！？；\n".contains(*c)) || at.saturating_add(1) == *to;
            if !ends {
                continue;
            }
            let (begin, end) = (start, at.saturating_add(1));
            start = end;
            if any(&taken, begin, end) || !any(&told, begin, end) {
                continue;
            }
            let words: String = chars.get(begin..end).unwrap_or_default().iter().collect();
            let quote = tidy(&words);
            if quote.chars().count() < SENTENCE_MIN {
                continue;
            }
            out.push(Said {
                from: begin,
                key: format!("{begin}-{end}"),
                stage: stage_of(&quote),
                saying: Saying {
                    text: quote,
                    owner: None,
                    figures: figures.within(begin, end),
                },
                row: None,
            });
        }
    }
    out
}

/// The figures of a document by where they begin.
struct Figures<'a>(Vec<(usize, &'a Figure)>);

impl Figures<'_> {
    fn of(reading: &Reading) -> Figures<'_> {
        let articles = &reading.document.articles;
        let mut all: Vec<(usize, &Figure)> = articles
            .iter()
            .flat_map(|article| &article.figures)
            .filter_map(|figure| figure.at.first().map(|run| (run[0], figure)))
            .collect();
        all.sort_by_key(|(from, _)| *from);
        Figures(all)
    }

    /// Numbers with their units that stand wholly between two places.
    fn within(&self, from: usize, to: usize) -> Vec<(String, String)> {
        let first = self.0.partition_point(|(at, _)| *at < from);
        let last = self.0.partition_point(|(at, _)| *at < to);
        let there = self.0.get(first..last).unwrap_or_default();
        there
            .iter()
            .filter(|(_, figure)| figure.at.iter().all(|[a, b]| from <= *a && *b <= to))
            .filter_map(|(_, figure)| match figure.value {
                Value::One(value) => Some((value.normalize().to_string(), figure.unit.clone())),
                Value::Range(..) => None,
            })
            .collect()
    }
}
