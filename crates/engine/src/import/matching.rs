//! Which row of a sheet is which case: by key and title together, then by title, then by key with a title that is alike.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bihuan_domain::case::State;
use bihuan_domain::id::MechanismId;

use crate::error::Error;
use crate::views::Views;

/// A case that an earlier import of this ledger opened.
pub(super) struct Known {
    pub(super) state: State,
    pub(super) title: Option<String>,
    /// The row's key within the ledger.
    pub(super) key: String,
}

/// A row as it will be sought.
pub(super) struct Sought {
    pub(super) key: String,
    pub(super) title: String,
}

/// Whether a row and a case that share a key or title may be the same.
type Fits<'a> = dyn Fn(&Sought, &Known) -> bool + 'a;

/// The cases of a ledger, in order of opening.
pub(super) fn known(views: &Views, mechanism: &MechanismId, ledger: &str) -> Result<Vec<Known>, Error> {
    let prefix = format!("{ledger}#");
    let after = format!("{ledger}$");
    let connection = views.log().connection();
    let mut statement = connection.prepare_cached(
        "SELECT s.state, c.title, c.source_key FROM case_views c JOIN states s ON s.id = c.id
         WHERE c.mechanism = ?1 AND c.source_key >= ?2 AND c.source_key < ?3 AND c.source_kind = 'import' ORDER BY c.id",
    )?;
    let mut rows = statement.query((mechanism.as_str(), &prefix, &after))?;
    let mut known = Vec::new();
    while let Some(row) = rows.next()? {
        let key: String = row.get(2)?;
        known.push(Known {
            state: crate::views::read_state(row.get_ref(0)?)?,
            title: row.get(1)?,
            key: key.strip_prefix(&prefix).unwrap_or(&key).to_owned(),
        });
    }
    Ok(known)
}

/// For each row the place of its case among `known`. `lasting` says that keys are codes given for good, not running
/// numbers that shift when a row is put in.
pub(super) fn matched(rows: &[Option<Sought>], known: &[Known], lasting: bool) -> Vec<Option<usize>> {
    let mut passes = Passes {
        rows,
        known,
        found: rows.iter().map(|_| None).collect(),
        taken: BTreeSet::new(),
    };
    let key = |row: &Sought| row.key.clone();
    // A key that had to be told apart from another of the same number carries `~2`.
    let known_key = |known: &Known| known.key.split('~').next().unwrap_or_default().to_owned();
    let title = |row: &Sought| squeeze(&row.title);
    let known_title = |known: &Known| squeeze(known.title.as_deref().unwrap_or_default());
    passes.pass(&key, &known_key, &|row, known| title(row) == known_title(known));
    if !lasting {
        passes.pass(&title, &known_title, &|_, _| true);
        // By a running number alone only where the sheet is still the same ledger: in an extract of a few rows the
        // numbers mean other matters.
        if passes.taken.len() * 2 < known.len() {
            return passes.found;
        }
    }
    passes.pass(&key, &known_key, &|row, known| {
        let before = known_title(known);
        lasting || before.is_empty() || likeness(&before, &title(row)) >= 40
    });
    passes.found
}

struct Passes<'a> {
    rows: &'a [Option<Sought>],
    known: &'a [Known],
    found: Vec<Option<usize>>,
    taken: BTreeSet<usize>,
}

impl Passes<'_> {
    /// Matches the rows and cases that are still open, indexed, so that a hundred thousand rows are one walk.
    fn pass(&mut self, of_row: &dyn Fn(&Sought) -> String, of_known: &dyn Fn(&Known) -> String, fits: &Fits) {
        let mut open: BTreeMap<String, VecDeque<usize>> = BTreeMap::new();
        for (place, known) in self
            .known
            .iter()
            .enumerate()
            .filter(|(place, _)| !self.taken.contains(place))
        {
            open.entry(of_known(known)).or_default().push_back(place);
        }
        for (row, place) in self.rows.iter().zip(&mut self.found) {
            let Some(row) = row.as_ref().filter(|_| place.is_none()) else {
                continue;
            };
            let Some(waiting) = open.get_mut(&of_row(row)) else {
                continue;
            };
            let hit = waiting
                .iter()
                .position(|n| self.known.get(*n).is_some_and(|known| fits(row, known)));
            if let Some(hit) = hit.and_then(|hit| waiting.remove(hit)) {
                self.taken.insert(hit);
                *place = Some(hit);
            }
        }
    }
}

/// A title for comparing: without white space and punctuation of width.
pub(super) fn squeeze(text: &str) -> String {
    bihuan_reader::table::narrow(text)
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect()
}

/// How alike two texts are, in percent: shared pairs of neighbouring characters (Dice).
pub(super) fn likeness(a: &str, b: &str) -> u32 {
    let pairs = |text: &str| -> Vec<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (left, mut right) = (pairs(a), pairs(b));
    let all = left.len().saturating_add(right.len());
    if all == 0 {
        return if a == b && !a.is_empty() { 100 } else { 0 };
    }
    let mut shared = 0usize;
    for pair in left {
        if let Some(place) = right.iter().position(|other| *other == pair) {
            right.swap_remove(place);
            shared = shared.saturating_add(1);
        }
    }
    u32::try_from(shared.saturating_mul(200) / all).unwrap_or(0)
}
