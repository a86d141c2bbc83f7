//! Files between their upload and their import. They are kept in memory for some hours and for whoever sent them; nothing
//! is recorded before the import itself, and after a restart the file is simply uploaded again.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bihuan_domain::id::PersonId;
use bihuan_domain::mechanism::Mechanism;
use bihuan_engine::import::{Mapping, Report, Table};

use crate::session::Visitor;

/// Drafts kept at once; the oldest go first.
const KEPT_MAX: usize = 40;

/// Cells kept at once: some 300 MB of the largest workbooks.
const CELLS_MAX: usize = 6_000_000;

/// How long a draft is kept after it was last used.
const KEPT: Duration = Duration::from_secs(4 * 3600);

/// A file that was read, and how far its import is. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Draft {
    person: PersonId,
    jurisdiction: Arc<str>,
    used: Instant,
    /// Name of the file.
    pub(super) name: String,
    /// Its tables.
    pub(super) tables: Arc<Vec<Table>>,
    /// How it was last said to be read.
    pub(super) choice: Option<Arc<Choice>>,
    /// What the import did.
    pub(super) report: Option<Arc<Report>>,
}

/// How a table of a file is to be read.
#[derive(Clone)]
pub(crate) struct Choice {
    /// Which table.
    pub(super) table: usize,
    /// Into which ledger.
    pub(super) mechanism: Arc<Mechanism>,
    /// By which columns.
    pub(super) mapping: Mapping,
    /// Whether rows that are hidden in the sheet stay out.
    pub(super) only_shown: bool,
}

/// The drafts of a server.
#[derive(Default)]
pub(crate) struct Drafts(Mutex<BTreeMap<String, Draft>>);

impl Draft {
    pub(super) fn new(visitor: &Visitor, name: String, tables: Vec<Table>) -> Draft {
        Draft {
            person: visitor.person.clone(),
            jurisdiction: jurisdiction(visitor),
            used: Instant::now(),
            name,
            tables: Arc::new(tables),
            choice: None,
            report: None,
        }
    }

    /// What was chosen, with its table.
    pub(super) fn chosen(&self) -> Option<(&Choice, Cow<'_, Table>)> {
        let choice = self.choice.as_deref()?;
        Some((choice, self.table(choice)?))
    }

    /// The table of a choice, without the rows that it leaves out.
    pub(super) fn table(&self, choice: &Choice) -> Option<Cow<'_, Table>> {
        let table = self.tables.get(choice.table)?;
        if !choice.only_shown || table.hidden_rows.is_empty() {
            return Some(Cow::Borrowed(table));
        }
        let mut shown = table.clone();
        shown.rows.retain(|row| !table.hidden_rows.contains(&row.number));
        Some(Cow::Owned(shown))
    }

    fn cells(&self) -> usize {
        self.tables
            .iter()
            .map(|table| table.rows.len().saturating_mul(table.columns.len()))
            .sum()
    }
}

impl Drafts {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Draft>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, token: &str, draft: Draft) {
        let mut drafts = self.lock();
        drafts.retain(|_, old| old.used.elapsed() < KEPT);
        while drafts.len() >= KEPT_MAX
            || drafts
                .values()
                .map(Draft::cells)
                .sum::<usize>()
                .saturating_add(draft.cells())
                > CELLS_MAX
        {
            let oldest = drafts
                .iter()
                .min_by_key(|(_, draft)| draft.used)
                .map(|(token, _)| token.clone());
            match oldest {
                Some(token) => drafts.remove(&token),
                None => break,
            };
        }
        drafts.insert(token.to_owned(), draft);
    }

    /// A draft of this visitor.
    pub(super) fn get(&self, token: &str, visitor: &Visitor) -> Option<Draft> {
        let mut drafts = self.lock();
        let draft = drafts.get_mut(token)?;
        if draft.person != visitor.person
            || draft.jurisdiction != jurisdiction(visitor)
            || draft.used.elapsed() >= KEPT
        {
            return None;
        }
        draft.used = Instant::now();
        Some(draft.clone())
    }

    pub(super) fn choose(&self, token: &str, choice: Choice) {
        if let Some(draft) = self.lock().get_mut(token) {
            draft.choice = Some(Arc::new(choice));
            draft.report = None;
        }
    }

    pub(super) fn report(&self, token: &str, report: Report) {
        if let Some(draft) = self.lock().get_mut(token) {
            draft.report = Some(Arc::new(report));
        }
    }
}

fn jurisdiction(visitor: &Visitor) -> Arc<str> {
    visitor
        .jurisdiction()
        .map(|jurisdiction| jurisdiction.slug.as_str().into())
        .unwrap_or_default()
}
