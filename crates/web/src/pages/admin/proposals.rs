//! Packs between their upload and their adoption: kept in memory for some hours and for whoever sent them. Nothing is
//! recorded before the adoption itself; after a restart the files are simply sent again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bihuan_diagnostics::Files;
use bihuan_domain::id::PersonId;

use crate::session::Visitor;

/// Proposals kept at once; each has at most 16 MB of text. The oldest go first.
const KEPT_MAX: usize = 10;

/// How long one is kept after it was last looked at.
const KEPT: Duration = Duration::from_secs(4 * 3600);

/// What was sent, and what became of it.
#[derive(Clone)]
pub(super) struct Sent {
    person: PersonId,
    jurisdiction: String,
    used: Instant,
    /// The files by path.
    pub(super) files: Arc<Files>,
    /// What the adoption did: the packs, and how many open cases were taken over.
    pub(super) adopted: Option<Adopted>,
}

/// What an adoption did.
#[derive(Clone, Debug)]
pub(super) struct Adopted {
    /// The packs' codes.
    pub(super) packs: Vec<String>,
    /// Open cases that were taken over; `None` where they stay under their own rules.
    pub(super) migrated: Option<u64>,
}

/// The proposals of a server.
#[derive(Default)]
pub(crate) struct Proposals(Mutex<BTreeMap<String, Sent>>);

impl Proposals {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, token: &str, visitor: &Visitor, files: Files) {
        let mut kept = self.lock();
        kept.retain(|_, old| old.used.elapsed() < KEPT);
        while kept.len() >= KEPT_MAX {
            let oldest = kept.iter().min_by_key(|(_, sent)| sent.used);
            let Some(token) = oldest.map(|(token, _)| token.clone()) else {
                break;
            };
            kept.remove(&token);
        }
        let sent = Sent {
            person: visitor.person.clone(),
            jurisdiction: visitor.place().to_owned(),
            used: Instant::now(),
            files: Arc::new(files),
            adopted: None,
        };
        kept.insert(token.to_owned(), sent);
    }

    /// What this visitor sent under this token.
    pub(super) fn get(&self, token: &str, visitor: &Visitor) -> Option<Sent> {
        let mut kept = self.lock();
        let sent = kept.get_mut(token)?;
        let own = sent.person == visitor.person && sent.jurisdiction == visitor.place();
        if !own || sent.used.elapsed() >= KEPT {
            return None;
        }
        sent.used = Instant::now();
        Some(sent.clone())
    }

    pub(super) fn adopted(&self, token: &str, adopted: Adopted) {
        if let Some(sent) = self.lock().get_mut(token) {
            sent.adopted = Some(adopted);
        }
    }
}
