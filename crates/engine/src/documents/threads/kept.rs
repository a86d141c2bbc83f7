//! What documents say, kept in memory: a document is read once for each revision of its rows, and all are held against one
//! another once for each change of any. Nothing of it is stored: readings follow from the files and from this program, and
//! a stored one would outlive the rules that made it.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use bihuan_domain::id::DocumentId;
use bihuan_domain::world::World;
use jiff::civil::Date;

use super::link::Linked;
use super::told::Told;
use crate::engine::Engine;
use crate::error::Failure;
use crate::views::Views;

/// Documents that are held against each other, the newest.
const DOCUMENTS_MAX: usize = 300;

/// The memory of an engine for the threads over its documents.
#[derive(Default)]
pub(crate) struct Kept {
    told: Mutex<BTreeMap<DocumentId, Arc<Told>>>,
    linked: Mutex<Option<Arc<Linked>>>,
}

/// The documents that can be read, the oldest first, held against one another, and the name of each.
pub(super) fn linked(
    engine: &Engine,
    views: &Views,
) -> Result<(Arc<Linked>, BTreeMap<DocumentId, String>), Failure> {
    let world = engine.world();
    let kept = engine.threads_kept();
    let register = register(&world);
    let mut names: BTreeMap<DocumentId, String> = BTreeMap::new();
    let mut all: Vec<Arc<Told>> = Vec::new();
    for (id, received) in &world.documents {
        // A name that is gone was erased, and the document with it.
        let Some(name) = views.unseal(&received.name)? else {
            continue;
        };
        let made_of = (world.revision(id), register);
        let known = lock(&kept.told).get(id).cloned();
        let told = match known.filter(|told| told.made_of == made_of) {
            Some(told) => told,
            None => match crate::documents::reading(engine, views, id, &Default::default()) {
                Ok(reading) => Arc::new(Told::of(&world, &reading, register)),
                // Its file is missing.
                Err(Failure::Refused(_)) => continue,
                Err(fault) => return Err(fault),
            },
        };
        lock(&kept.told).insert(id.clone(), told.clone());
        names.insert(id.clone(), name);
        all.push(told);
    }
    lock(&kept.told).retain(|id, _| names.contains_key(id));
    // A document without a day says nothing of what came before it: it stands first.
    let order = |told: &Arc<Told>| -> (Option<Date>, DocumentId) { (told.date, told.document.clone()) };
    all.sort_by_cached_key(order);
    all.drain(..all.len().saturating_sub(DOCUMENTS_MAX));
    let known = lock(&kept.linked).clone();
    if let Some(linked) = known.filter(|linked| linked.is_of(&all)) {
        return Ok((linked, names));
    }
    let linked = Arc::new(Linked::of(all));
    *lock(&kept.linked) = Some(linked.clone());
    Ok((linked, names))
}

/// A sign of the units by which owners are suggested; another register, another sign.
fn register(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    let units: BTreeSet<_> = world
        .org
        .units
        .values()
        .map(|unit| (unit.id.as_str(), unit.name.zh.as_str(), unit.has_accounts))
        .collect();
    units.hash(&mut hasher);
    hasher.finish()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What a panic left behind is whole: entries are put in one by one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
