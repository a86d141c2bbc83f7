//! The states that the writer has at hand, and the faces that lists show of them; and the states and sealed values of the
//! group under way, which are written at its end and packed and encrypted meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bihuan_domain::case::State;
use bihuan_domain::id::CaseId;
use bihuan_ledger::{Batch, PlacedDraft};

use super::packer::{Made, Packer, Piece};
use crate::error::Error;
use crate::views;

/// Cases that are kept; beyond it all are forgotten rather than managed.
const CASES_MAX: usize = 20_000;

/// The writer's memory of cases.
#[derive(Default)]
pub(crate) struct Memory {
    states: HashMap<CaseId, Arc<State>>,
    /// Each fits the state that was written last.
    faces: HashMap<CaseId, views::Face>,
    /// What the read models have not got yet.
    unwritten: BTreeMap<CaseId, Arc<State>>,
    packer: Packer,
}

impl Memory {
    /// The state of a case, out of the memory. What is written puts the next one there.
    pub(super) fn take(&mut self, id: CaseId) -> Option<State> {
        let state = self.states.remove(&id);
        let state = state.or_else(|| self.unwritten.get(&id).cloned())?;
        Some(Arc::unwrap_or_clone(state))
    }

    /// The state of a case, where it is at hand.
    pub(super) fn see(&self, id: CaseId) -> Option<&State> {
        let state = self.states.get(&id).or_else(|| self.unwritten.get(&id))?;
        Some(state)
    }

    /// What lists show of a case that was taken and not changed since, where it is at hand.
    pub(super) fn take_face(&mut self, id: CaseId) -> Option<views::Face> {
        self.faces.remove(&id)
    }

    /// Keeps a new state and what lists show of it; it is written with the group.
    pub(super) fn put(&mut self, state: State, face: views::Face) {
        let (id, state) = (state.id, Arc::new(state));
        self.packer.put(Piece::State(id, state.clone()));
        self.unwritten.insert(id, state.clone());
        self.states.insert(id, state);
        self.faces.insert(id, face);
    }

    /// Gives back what was taken and is as it was.
    pub(crate) fn give_back(&mut self, state: State) {
        self.states.insert(state.id, Arc::new(state));
    }

    /// Takes a sealed value of the group in; it is encrypted meanwhile.
    pub(super) fn put_draft(&mut self, draft: PlacedDraft) {
        self.packer.put(Piece::Text(draft));
    }

    /// Brings states and sealed values of the group into the database: whoever reads them there must have this done before.
    pub(super) fn write(&mut self, batch: &mut Batch<'_>) -> Result<(), Error> {
        if self.packer.is_empty() {
            return Ok(());
        }
        self.packer.finish(|made| match made {
            Made::State(id, packed) => views::write_state(batch.connection(), id, &packed),
            Made::Sealed(row) => Ok(batch.store_sealed(&row)?),
        })?;
        self.unwritten.clear();
        Ok(())
    }

    /// Forgets everything, also what was not written: the group was lost.
    pub(super) fn forget(&mut self) {
        self.packer.discard();
        self.states.clear();
        self.faces.clear();
        self.unwritten.clear();
    }

    /// Forgets what lists show: it is made otherwise from now on.
    pub(super) fn forget_faces(&mut self) {
        self.faces.clear();
    }

    /// Keeps the memory from growing without end; between two groups.
    pub(super) fn trim(&mut self) {
        if self.states.len() > CASES_MAX || self.faces.len() > CASES_MAX {
            self.forget();
        }
    }
}
