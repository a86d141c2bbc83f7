//! What moved between two results of the same period: both follow from the log, which never changes, so each pair is computed
//! once and remembered.

use std::sync::{Arc, Mutex, PoisonError};

use bihuan_domain::assessment::{Scheme, Span};
use bihuan_domain::id::Code;

use super::change::{Move, moves};
use super::run::of_log;
use crate::engine::Engine;
use crate::error::Failure;

/// Pairs that are remembered; who asked least lately goes first.
const KEPT_MAX: usize = 16;

/// Which two results: scheme, period, and the entries from which each follows.
type Pair = (Code, String, u64, u64);

/// A pair that is asked for, and what moved once somebody has computed it.
type One = (Pair, Arc<Mutex<Option<Arc<[Move]>>>>);

/// The pairs that an engine remembers, the one asked for last at the end.
#[derive(Default)]
pub(crate) struct Compared(Mutex<Vec<One>>);

impl Compared {
    /// Each pair has a lock of its own: who asks for the same waits, who asks for another does not.
    fn of(&self, pair: Pair) -> Arc<Mutex<Option<Arc<[Move]>>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = match kept.iter().position(|(known, _)| *known == pair) {
            Some(at) => kept.remove(at),
            None => (pair, Arc::default()),
        };
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        let found = Arc::clone(&one.1);
        kept.push(one);
        found
    }
}

/// What differs between the results of a period that follow from the first `sizes.0` and `sizes.1` entries of the log, for
/// all units, places and grades included.
///
/// # Errors
///
/// If the log cannot be read; a refusal where the scheme or the period had nothing to score then.
pub fn compared(
    engine: &Engine,
    scheme: &Scheme,
    span: &Span,
    sizes: (u64, u64),
) -> Result<Arc<[Move]>, Failure> {
    let pair = (scheme.id.clone(), span.name.clone(), sizes.0, sizes.1);
    let found = engine.compared().of(pair);
    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = &*found {
        return Ok(Arc::clone(known));
    }
    let views = engine.views()?;
    let computed = |size| {
        of_log(
            views.log(),
            Some(size),
            Some(scheme.id.as_str()),
            Some(&span.name),
            None,
        )
    };
    let old = computed(sizes.0)?.assessment;
    let new = computed(sizes.1)?.assessment;
    let known: Arc<[Move]> = moves(&old, &new, true).into();
    *found = Some(Arc::clone(&known));
    Ok(known)
}
