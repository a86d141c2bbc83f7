//! Processes that were computed at the newest head of the log: a page that is opened again, and every number on it that is
//! opened, ask for the same one.

use std::sync::{Arc, Mutex, PoisonError};

use bihuan_domain::id::MechanismId;

use super::Process;
use crate::access::Sight;
use crate::engine::Engine;
use crate::error::Error;

/// Processes kept at once; who asked least lately goes first. That of a large mechanism takes some tens of megabytes.
const KEPT_MAX: usize = 6;

/// What was computed, at which size of the log, of which mechanism, for which sight.
struct One {
    size: u64,
    mechanism: MechanismId,
    sight: Sight,
    process: Arc<Process>,
}

/// The processes that an engine keeps, the one asked for last at the end.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Vec<One>>);

impl Kept {
    fn find(&self, size: u64, mechanism: &MechanismId, sight: &Sight) -> Option<Arc<Process>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What holds no more is let go at once.
        kept.retain(|one| one.size == size);
        let at = kept
            .iter()
            .position(|one| one.mechanism == *mechanism && one.sight == *sight)?;
        let one = kept.remove(at);
        let process = Arc::clone(&one.process);
        kept.push(one);
        Some(process)
    }

    fn keep(&self, one: One) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        kept.push(one);
    }
}

/// The process of `mechanism` over what `sight` may see, as the log has it now; computed once for each head of the log.
///
/// # Errors
///
/// If the read models or the log cannot be read.
pub fn process(engine: &Engine, mechanism: &MechanismId, sight: &Sight) -> Result<Arc<Process>, Error> {
    let views = engine.views()?;
    // Asked before the cases are read: what is written meanwhile makes a newer head, for which this is not served.
    let size = views.log().head()?.size;
    if let Some(process) = engine.processes().find(size, mechanism, sight) {
        return Ok(process);
    }
    let process = Arc::new(Process::of(&views, mechanism, sight)?);
    engine.processes().keep(One {
        size,
        mechanism: mechanism.clone(),
        sight: sight.clone(),
        process: Arc::clone(&process),
    });
    Ok(process)
}
