//! Undertakings over documents: what one report promises and later ones repeat, report as done, or drop. Links are
//! proposed with what they rest on; a person confirms or refuses them, which is an event of the later document's review.

mod kept;
mod link;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::{CaseId, DocumentId};
use bihuan_messages::Message;
use jiff::civil::Date;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::Failure;
use crate::views::Views;
pub(crate) use kept::Kept;
use link::Linked;
use told::Said;

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
    /// The other number, where the row that it was linked to promises the same by the same year with another number.
    pub other_number: Option<String>,
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
    /// Its name.
    pub name: String,
    /// Its day, as far as its text says it.
    pub date: Option<Date>,
    /// The revision of its rows.
    pub revision: u64,
}

/// The same undertaking with different numbers in two documents.
#[derive(Clone, Debug, Serialize)]
pub struct Differing {
    /// The statement, e.g. `改造老旧小区：18个≠20个`.
    pub statement: String,
    /// The place in the earlier document.
    pub first: Spot,
    /// The place in the later one.
    pub second: Spot,
}

/// A row of a document.
#[derive(Clone, Debug, Serialize)]
pub struct Spot {
    /// The document.
    pub document: DocumentId,
    /// The row, by its key.
    pub key: String,
    /// Its words.
    pub quote: String,
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
    /// Rows of two documents with the same words and different numbers.
    pub differing: Vec<Differing>,
}

/// Follows every undertaking over the documents that were received, the newest 300.
///
/// Each document is read once for each revision of its rows; what is kept of it is held against the others by the runs of
/// characters that they share.
///
/// # Errors
///
/// Faults of the log. A document that was erased or whose file is missing is left out.
pub fn threads(engine: &Engine, views: &Views) -> Result<Threads, Failure> {
    let (linked, names) = kept::linked(engine, views)?;
    let mut cases: BTreeMap<String, CaseId> = BTreeMap::new();
    for told in &linked.told {
        for (key, case) in views.keys_of_document(told.document.as_str())? {
            cases.entry(key).or_insert(case);
        }
    }
    let documents = linked.told.iter().map(|told| Source {
        id: told.document.clone(),
        name: names.get(&told.document).cloned().unwrap_or_default(),
        date: told.date,
        revision: told.made_of.0,
    });
    Ok(assemble(&linked, documents.collect(), &cases))
}

fn assemble(linked: &Linked, documents: Vec<Source>, cases: &BTreeMap<String, CaseId>) -> Threads {
    let root = |mut n: usize| {
        while let Some(link) = linked.links.get(&n) {
            n = link.to;
        }
        n
    };
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for n in 0..linked.len() {
        let is_row = linked.get(n).is_some_and(|(.., said)| said.row.is_some());
        if is_row || linked.links.contains_key(&n) {
            groups.entry(root(n)).or_default().push(n);
        }
    }
    let (mut threads, mut silent) = (Vec::new(), Vec::new());
    for members in groups.into_values() {
        let Some((first_source, _, first)) = members.first().and_then(|n| linked.get(*n)) else {
            continue;
        };
        let places: Vec<Place> = members.iter().filter_map(|n| place(linked, *n, cases)).collect();
        let sources = members.iter().filter_map(|n| linked.get(*n));
        let heard: BTreeSet<usize> = sources.map(|(source, ..)| source).collect();
        let later = documents.iter().enumerate().skip(first_source.saturating_add(1));
        let thread = Thread {
            title: first
                .row
                .as_ref()
                .map_or_else(|| first.saying.text.clone(), |row| row.title.clone()),
            due: first.row.as_ref().and_then(|row| row.due),
            stage: places.last().map_or(Stage::Promised, |place| place.stage),
            silent: later
                .filter(|(n, _)| !heard.contains(n))
                .map(|(_, source)| source.id.clone())
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
    let spot = |n: usize| {
        let (_, told, said) = linked.get(n)?;
        Some(Spot {
            document: told.document.clone(),
            key: said.key.clone(),
            quote: said.saying.text.clone(),
        })
    };
    let differing = linked.differing.iter().filter_map(|differing| {
        Some(Differing {
            statement: differing.statement.clone(),
            first: spot(differing.first)?,
            second: spot(differing.second)?,
        })
    });
    Threads {
        differing: differing.collect(),
        documents,
        threads: threads.into_iter().map(|(_, thread)| thread).collect(),
        silent,
    }
}

fn place(linked: &Linked, n: usize, cases: &BTreeMap<String, CaseId>) -> Option<Place> {
    let (_, told, said) = linked.get(n)?;
    let link = linked.links.get(&n);
    let to = link.and_then(|link| linked.get(link.to));
    let stage = match (link, &said.row) {
        (Some(link), Some(_)) => link.stage.unwrap_or(Stage::Repeated),
        (Some(link), None) => link.stage.unwrap_or(said.stage),
        (None, _) => Stage::Promised,
    };
    let document = &told.document;
    Some(Place {
        case: cases.get(&format!("{document}#{}", said.key)).copied(),
        key: said.key.clone(),
        quote: said.saying.text.clone(),
        is_row: said.row.is_some(),
        stage,
        why: link.map(|link| link.likeness.why.clone()).unwrap_or_default(),
        points: link.map(|link| link.likeness.points),
        to: to.map(|(_, told, said)| (told.document.clone(), said.key.clone())),
        confirmed: link.is_some_and(|link| link.confirmed),
        other_number: to.and_then(|(.., earlier)| other_number(earlier, said)),
        document: document.clone(),
    })
}

/// The number of an earlier promise, where a later one promises another by the same year. A report of what was done
/// (no row) may well have another number, and so may the plan of another year.
fn other_number(earlier: &Said, later: &Said) -> Option<String> {
    let (before, after) = (earlier.row.as_ref()?, later.row.as_ref()?);
    let year = |due: Option<Date>| due.map(Date::year);
    let ([(number, unit)], [(other, same)]) =
        (earlier.saying.figures.as_slice(), later.saying.figures.as_slice())
    else {
        return None;
    };
    let differs = unit == same && number != other && year(before.due) == year(after.due);
    differs.then(|| format!("{number}{unit}"))
}
