//! Undertakings over documents: what one report promises and later ones repeat, report as done, or drop. Links are
//! proposed with what they rest on; a person confirms or refuses them, which is an event of the later document's review.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::{CaseId, DocumentId};
use bihuan_messages::Message;
use bihuan_reader::CoverageClass;
use bihuan_reader::threads::{Commonness, Likeness, PROPOSED_FROM, Saying, likeness, stage_of};
use jiff::civil::Date;
use serde::Serialize;

use super::review::Change;
use super::rows::{self, Proposal, Standing};
use super::{Reading, tidy};
use crate::engine::Engine;
use crate::error::Failure;
use crate::views::Views;

/// Documents that are held against each other, the newest.
const DOCUMENTS_MAX: usize = 60;

/// The shortest sentence that can say how an undertaking stands, in characters.
const SENTENCE_MIN: usize = 8;

pub use bihuan_reader::threads::Stage;

/// One place of a thread.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    /// The document.
    pub document: DocumentId,
    /// Where its words begin and end; the key of the row, where it is one.
    pub key: String,
    /// The words.
    pub quote: String,
    /// Whether it is a row of its document.
    pub is_row: bool,
    /// How far the undertaking is.
    pub stage: Stage,
    /// Why it is thought to be the same; nothing for the first place.
    #[serde(skip)]
    pub why: Vec<Message>,
    /// How alike it is to the place that it was linked to, from 0 to 100.
    pub points: Option<u32>,
    /// The place that it was linked to: document and row.
    pub to: Option<(DocumentId, String)>,
    /// Whether a person confirmed it.
    pub confirmed: bool,
    /// The case that the row became.
    pub case: Option<CaseId>,
}

/// One undertaking over documents.
#[derive(Clone, Debug, Serialize)]
pub struct Thread {
    /// What was promised: the first place's words.
    pub title: String,
    /// Its places, in the order of the documents.
    pub places: Vec<Place>,
    /// When the first place says that it is due.
    pub due: Option<Date>,
    /// How far it is by its last place.
    pub stage: Stage,
    /// Later documents that say nothing of it.
    pub silent: Vec<DocumentId>,
}

/// A document with its day and name.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// The document.
    pub id: DocumentId,
    /// Its name; `None` where it was erased.
    pub name: Option<String>,
    /// Its day, as far as its text says it.
    pub date: Option<Date>,
    /// The revision of its rows.
    pub revision: u64,
}

/// All undertakings that more than one document speaks of, and the documents in their order.
#[derive(Clone, Debug, Serialize)]
pub struct Threads {
    /// The documents, the oldest first.
    pub documents: Vec<Source>,
    /// The undertakings, those with a place in the newest document first.
    pub threads: Vec<Thread>,
    /// Promises of earlier documents that no later one speaks of, with where they stand.
    pub silent: Vec<Thread>,
}

/// Something said in a document.
struct Said {
    /// Which document, by its place among the sources.
    source: usize,
    key: String,
    quote: String,
    saying: Saying,
    row: Option<Proposal>,
    stage: Stage,
}

/// Follows every undertaking over the documents that were received.
///
/// # Errors
///
/// Faults of the log. A document that cannot be read any more is left out.
pub fn threads(engine: &Engine, views: &Views) -> Result<Threads, Failure> {
    let world = engine.world();
    let mut readings: Vec<(Option<Date>, Reading)> = Vec::new();
    for id in world.documents.keys() {
        match super::reading(engine, views, id, &Default::default()) {
            Ok(reading) => readings.push((day_of(&reading), reading)),
            Err(Failure::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    // A document without a day says nothing of what came before it: it stands first.
    readings.sort_by(|a, b| (a.0, &a.1.received.document).cmp(&(b.0, &b.1.received.document)));
    let surplus = readings.len().saturating_sub(DOCUMENTS_MAX);
    readings.drain(..surplus);
    let mut cases: BTreeMap<String, CaseId> = BTreeMap::new();
    for (_, reading) in &readings {
        views.for_each_state(&[], Some(reading.received.document.as_str()), |state, _| {
            if let Some(key) = &state.source.key {
                cases.entry(key.as_str().to_owned()).or_insert(state.id);
            }
        })?;
    }
    let mut said: Vec<Said> = Vec::new();
    for (source, (_, reading)) in readings.iter().enumerate() {
        let rows = rows::of(&world, reading);
        said.extend(sentences(source, reading, &rows));
        for row in rows.into_iter().filter(|row| row.standing == Standing::Open) {
            said.push(Said {
                source,
                key: row.key.clone(),
                quote: row.quote.clone(),
                saying: Saying {
                    text: row.quote.clone(),
                    owner: row.owner.as_ref().map(|(unit, _)| unit.to_string()),
                    figures: row.value.clone().zip(row.unit.clone()).into_iter().collect(),
                },
                row: Some(row),
                stage: Stage::Promised,
            });
        }
    }
    said.sort_by_key(|said| {
        (
            said.source,
            said.key.split('-').next().and_then(|n| n.parse::<usize>().ok()),
        )
    });
    let decided = decisions(&readings);
    let links = link(&said, &readings, &decided);
    Ok(assemble(&said, &links, &readings, &cases))
}

/// The day of a document: of its first article that has one, else the last day of no year.
fn day_of(reading: &Reading) -> Option<Date> {
    reading
        .document
        .articles
        .iter()
        .find_map(|article| article.date)
        .or_else(|| {
            // A plan without a day is as old as the first year that it names for its rows.
            let due = reading
                .document
                .articles
                .iter()
                .flat_map(|article| &article.commitments)
                .filter_map(|row| row.due)
                .min();
            due.and_then(|due| Date::new(due.year(), 1, 1).ok())
        })
}

/// The sentences of a document that are no rows: they may say that something was done.
fn sentences(source: usize, reading: &Reading, rows: &[Proposal]) -> Vec<Said> {
    let chars: Vec<char> = reading.opened.text.chars().collect();
    let taken: BTreeSet<usize> = rows
        .iter()
        .flat_map(|row| &row.at)
        .flat_map(|[from, to]| *from..*to)
        .collect();
    let told: BTreeSet<usize> = reading
        .document
        .coverage
        .iter()
        .filter(|stretch| matches!(stretch.class, CoverageClass::Figure | CoverageClass::Context))
        .flat_map(|stretch| &stretch.at)
        .flat_map(|[from, to]| *from..*to)
        .collect();
    let mut out = Vec::new();
    for [from, to] in reading.document.articles.iter().flat_map(|article| &article.runs) {
        let mut start = *from;
        for at in *from..*to {
            let ends =
                chars.get(at).is_some_and(|c| "。！？；\n".contains(*c)) || at.saturating_add(1) == *to;
            if !ends {
                continue;
            }
            let run = start..at.saturating_add(1);
            start = run.end;
            if run.clone().any(|n| taken.contains(&n)) || !run.clone().any(|n| told.contains(&n)) {
                continue;
            }
            let quote = tidy(
                &chars
                    .get(run.clone())
                    .unwrap_or_default()
                    .iter()
                    .collect::<String>(),
            );
            if quote.chars().count() < SENTENCE_MIN {
                continue;
            }
            let within = |runs: &[[usize; 2]]| runs.iter().all(|[a, b]| run.start <= *a && *b <= run.end);
            let all = reading
                .document
                .articles
                .iter()
                .flat_map(|article| &article.figures);
            out.push(Said {
                source,
                key: format!("{}-{}", run.start, run.end),
                saying: Saying {
                    text: quote.clone(),
                    owner: None,
                    figures: all
                        .filter(|figure| within(&figure.at))
                        .filter_map(|figure| match figure.value {
                            bihuan_reader::Value::One(value) => {
                                Some((value.normalize().to_string(), figure.unit.clone()))
                            }
                            bihuan_reader::Value::Range(..) => None,
                        })
                        .collect(),
                },
                stage: stage_of(&quote),
                quote,
                row: None,
            });
        }
    }
    out
}

/// What people decided: saying (document, key) and row (document, key) → whether they are the same, and how far.
type Decisions = BTreeMap<(DocumentId, String, DocumentId, String), (bool, Option<Stage>)>;

fn decisions(readings: &[(Option<Date>, Reading)]) -> Decisions {
    let mut all = Decisions::new();
    for (_, reading) in readings {
        for change in &reading.changes {
            if let Change::Link {
                saying,
                document,
                row,
                same,
                stage,
            } = change
            {
                let key = (
                    reading.received.document.clone(),
                    saying.clone(),
                    document.clone(),
                    row.clone(),
                );
                all.insert(key, (*same, *stage));
            }
        }
    }
    all
}

/// A link from a saying to an earlier row.
struct Link {
    to: usize,
    likeness: Likeness,
    confirmed: bool,
    stage: Option<Stage>,
}

/// For every saying the earlier row that it is most probably about.
fn link(said: &[Said], readings: &[(Option<Date>, Reading)], decided: &Decisions) -> BTreeMap<usize, Link> {
    let common = Commonness::of(said.iter().map(|said| &said.saying));
    let id = |n: usize| readings.get(n).map(|(_, reading)| &reading.received.document);
    // Which rows have a pair of characters: only those that share one are looked at.
    let mut links = BTreeMap::new();
    for (from, later) in said.iter().enumerate() {
        let mut best: Option<(usize, Link)> = None;
        for (to, earlier) in said.iter().enumerate() {
            if earlier.source >= later.source || earlier.row.is_none() {
                continue;
            }
            let (Some(of_later), Some(of_earlier)) = (id(later.source), id(earlier.source)) else {
                continue;
            };
            let key = (
                of_later.clone(),
                later.key.clone(),
                of_earlier.clone(),
                earlier.key.clone(),
            );
            let verdict = decided.get(&key);
            if verdict.is_some_and(|(same, _)| !same) {
                continue;
            }
            let confirmed = verdict.is_some();
            let found = likeness(&earlier.saying, &later.saying, &common);
            let likeness = match found {
                Some(likeness) if confirmed || likeness.points >= PROPOSED_FROM => likeness,
                None if confirmed => Likeness {
                    points: 0,
                    why: Vec::new(),
                },
                _ => continue,
            };
            // What a person confirmed goes before any likeness; of equals the newer document is nearer.
            let rank = (confirmed, likeness.points, earlier.source);
            if best.as_ref().is_none_or(|(at, known)| {
                rank > (
                    known.confirmed,
                    known.likeness.points,
                    said.get(*at).map_or(0, |said| said.source),
                )
            }) {
                best = Some((
                    to,
                    Link {
                        to,
                        likeness,
                        confirmed,
                        stage: verdict.and_then(|(_, stage)| *stage),
                    },
                ));
            }
        }
        if let Some((_, link)) = best {
            links.insert(from, link);
        }
    }
    links
}

fn assemble(
    said: &[Said],
    links: &BTreeMap<usize, Link>,
    readings: &[(Option<Date>, Reading)],
    cases: &BTreeMap<String, CaseId>,
) -> Threads {
    let root = |mut n: usize| {
        while let Some(link) = links.get(&n) {
            n = link.to;
        }
        n
    };
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (n, one) in said.iter().enumerate() {
        if one.row.is_some() || links.contains_key(&n) {
            groups.entry(root(n)).or_default().push(n);
        }
    }
    let documents: Vec<Source> = readings
        .iter()
        .map(|(date, reading)| Source {
            id: reading.received.document.clone(),
            name: reading.name.clone(),
            date: *date,
            revision: reading.revision,
        })
        .collect();
    let id = |n: usize| {
        documents
            .get(n)
            .map_or_else(|| DocumentId::from(String::new()), |source| source.id.clone())
    };
    let (mut threads, mut silent) = (Vec::new(), Vec::new());
    for members in groups.into_values() {
        let places: Vec<Place> = members
            .iter()
            .filter_map(|n| said.get(*n).map(|one| (*n, one)))
            .map(|(n, one)| {
                let link = links.get(&n);
                let stage = match (link, &one.row) {
                    (Some(link), Some(_)) => link.stage.unwrap_or(Stage::Repeated),
                    (Some(link), None) => link.stage.unwrap_or(one.stage),
                    (None, _) => Stage::Promised,
                };
                let document = id(one.source);
                Place {
                    case: cases.get(&format!("{document}#{}", one.key)).copied(),
                    key: one.key.clone(),
                    quote: one.quote.clone(),
                    is_row: one.row.is_some(),
                    stage,
                    why: link.map(|link| link.likeness.why.clone()).unwrap_or_default(),
                    points: link.map(|link| link.likeness.points),
                    to: link
                        .and_then(|link| said.get(link.to))
                        .map(|to| (id(to.source), to.key.clone())),
                    confirmed: link.is_some_and(|link| link.confirmed),
                    document,
                }
            })
            .collect();
        let Some(first) = members.first().and_then(|n| said.get(*n)) else {
            continue;
        };
        let heard: BTreeSet<usize> = members
            .iter()
            .filter_map(|n| said.get(*n))
            .map(|one| one.source)
            .collect();
        let thread = Thread {
            title: first
                .row
                .as_ref()
                .map_or_else(|| first.quote.clone(), |row| row.title.clone()),
            due: first.row.as_ref().and_then(|row| row.due),
            stage: places.last().map_or(Stage::Promised, |place| place.stage),
            silent: (first.source.saturating_add(1)..documents.len())
                .filter(|n| !heard.contains(n))
                .map(id)
                .collect(),
            places,
        };
        if thread.places.len() > 1 {
            threads.push((members.last().copied(), thread));
        } else if !thread.silent.is_empty() {
            silent.push(thread);
        }
    }
    threads.sort_by_key(|(last, _)| std::cmp::Reverse(*last));
    Threads {
        documents,
        threads: threads.into_iter().map(|(_, thread)| thread).collect(),
        silent,
    }
}
