//! Links from what a document says to what earlier ones promised, and figures that differ between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bihuan_domain::id::DocumentId;
use bihuan_reader::threads::{Index, Likeness, PROPOSED_FROM, Stage};
use bihuan_reader::{Runs, Stated, differences_stated};

use super::told::{Said, Told};
use crate::documents::rows::key_of;

/// Documents held against one another.
#[derive(Debug)]
pub(super) struct Linked {
    /// The documents, the oldest first.
    pub(super) told: Vec<Arc<Told>>,
    /// Everything that was said, in the order of the documents: document, place among its sayings.
    said: Vec<(usize, usize)>,
    /// From a saying to an earlier row.
    pub(super) links: BTreeMap<usize, Link>,
    /// The same words with different numbers.
    pub(super) differing: Vec<Differing>,
}

/// A link from a saying to an earlier row.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) to: usize,
    pub(super) likeness: Likeness,
    pub(super) confirmed: bool,
    pub(super) stage: Option<Stage>,
}

/// Two rows with the same words and different numbers: the statement, and the sayings.
#[derive(Debug)]
pub(super) struct Differing {
    pub(super) statement: String,
    pub(super) first: usize,
    pub(super) second: usize,
}

impl Linked {
    pub(super) fn of(told: Vec<Arc<Told>>) -> Linked {
        let said = told.iter().enumerate().flat_map(|(source, told)| {
            let places = 0..told.said.len();
            places.map(move |place| (source, place))
        });
        let mut linked = Linked {
            said: said.collect(),
            told,
            links: BTreeMap::new(),
            differing: Vec::new(),
        };
        linked.links = linked.link();
        linked.differing = linked.differences();
        linked
    }

    /// Whether these same readings are held against one another here.
    pub(super) fn is_of(&self, told: &[Arc<Told>]) -> bool {
        self.told.len() == told.len() && self.told.iter().zip(told).all(|(a, b)| Arc::ptr_eq(a, b))
    }

    /// How many sayings there are.
    pub(super) fn len(&self) -> usize {
        self.said.len()
    }

    /// A saying with the place of its document.
    pub(super) fn get(&self, n: usize) -> Option<(usize, &Told, &Said)> {
        let (source, place) = self.said.get(n)?;
        let told = self.told.get(*source)?;
        Some((*source, told, told.said.get(*place)?))
    }

    /// For every saying the earlier row that it is most probably about.
    fn link(&self) -> BTreeMap<usize, Link> {
        let all = (0..self.len()).filter_map(|n| self.get(n));
        let index = Index::of(all.map(|(source, _, said)| (source, said.row.is_some(), said.saying.clone())));
        let decided = self.decided();
        let mut links = BTreeMap::new();
        for (from, decisions) in (0..self.len()).map(|from| (from, decided.get(&from))) {
            let refused =
                |to: &usize| decisions.is_some_and(|all| all.get(to).is_some_and(|(same, _)| !same));
            // What a person confirmed goes before any likeness.
            let confirmed = decisions.into_iter().flatten().filter(|(_, (same, _))| *same);
            let confirmed = confirmed.map(|(to, (_, stage))| Link {
                to: *to,
                likeness: index.likeness(*to, from).unwrap_or(Likeness {
                    points: 0,
                    why: Vec::new(),
                }),
                confirmed: true,
                stage: *stage,
            });
            let best = confirmed
                .reduce(|best, link| self.better(best, link))
                .or_else(|| {
                    let rows = index.candidates(from).into_iter().filter(|to| !refused(to));
                    let alike = rows.filter_map(|to| {
                        let likeness = index.likeness(to, from)?;
                        (likeness.points >= PROPOSED_FROM).then_some(Link {
                            to,
                            likeness,
                            confirmed: false,
                            stage: None,
                        })
                    });
                    alike.reduce(|best, link| self.better(best, link))
                });
            if let Some(link) = best {
                links.insert(from, link);
            }
        }
        links
    }

    /// The one with more points; of equals the nearer document, and in one document the earlier row.
    fn better(&self, a: Link, b: Link) -> Link {
        let rank = |link: &Link| {
            let source = self.said.get(link.to).map_or(0, |(source, _)| *source);
            (link.likeness.points, source, std::cmp::Reverse(link.to))
        };
        if rank(&b) > rank(&a) { b } else { a }
    }

    /// What people decided, by saying and row; their newest word counts.
    fn decided(&self) -> BTreeMap<usize, BTreeMap<usize, (bool, Option<Stage>)>> {
        let wanted: BTreeSet<&DocumentId> = self
            .told
            .iter()
            .filter(|told| !told.decided.is_empty())
            .flat_map(|told| {
                let to = told.decided.iter().map(|decided| &decided.to);
                to.chain(std::iter::once(&told.document))
            })
            .collect();
        let places: BTreeMap<(&DocumentId, &str), (usize, usize)> = (0..self.len())
            .filter_map(|n| self.get(n).map(|found| (n, found)))
            .filter(|(_, (_, told, _))| wanted.contains(&told.document))
            .map(|(n, (source, told, said))| ((&told.document, said.key.as_str()), (n, source)))
            .collect();
        let mut all: BTreeMap<usize, BTreeMap<usize, (bool, Option<Stage>)>> = BTreeMap::new();
        for told in &self.told {
            for decided in &told.decided {
                let from = places.get(&(&told.document, decided.saying.as_str()));
                let to = places.get(&(&decided.to, decided.row.as_str()));
                if let (Some((from, later)), Some((to, earlier))) = (from, to)
                    && earlier < later
                    && self.get(*to).is_some_and(|(.., said)| said.row.is_some())
                {
                    let of = all.entry(*from).or_default();
                    of.insert(*to, (decided.same, decided.stage));
                }
            }
        }
        all
    }

    /// Rows of two documents that the reader finds to state different numbers with the same words; both still stand.
    fn differences(&self) -> Vec<Differing> {
        let stated: Vec<&[Stated]> = self.told.iter().map(|told| told.stated.as_slice()).collect();
        let found = differences_stated(&stated);
        if found.is_empty() {
            return Vec::new();
        }
        let rows: BTreeMap<(usize, &str), usize> = (0..self.len())
            .filter_map(|n| self.get(n).map(|found| (n, found)))
            .filter(|(_, (.., said))| said.row.is_some())
            .map(|(n, (source, _, said))| ((source, said.key.as_str()), n))
            .collect();
        let place = |(source, at): &(usize, Runs)| rows.get(&(*source, key_of(at).as_str())).copied();
        found
            .iter()
            .filter(|difference| difference.first.0 != difference.second.0)
            .filter_map(|difference| {
                Some(Differing {
                    statement: difference.statement.clone(),
                    first: place(&difference.first)?,
                    second: place(&difference.second)?,
                })
            })
            .collect()
    }
}
