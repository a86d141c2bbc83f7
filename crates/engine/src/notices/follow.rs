//! Going through the log: from where it stopped, a bounded number of entries at a time, beside the writer.
//!
//! The notices of a batch and the place after it are one transaction: after a crash the batch is gone through again and
//! gives the same notices, each under its entry and person, so that none is lost and none is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{CaseId, PersonId, PostId};
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::org::Actor;
use bihuan_domain::world::World;
use bihuan_ledger::{Entry, Reader};
use jiff::{SignedDuration, Timestamp};

use super::kept::{About, Notice, Notices, forget_from, forget_old, put, set_place};
use super::told::{Reason, To, is_nobodys_news, told};
use super::world;
use crate::assessment::about_items;
use crate::engine::Engine;
use crate::error::Error;
use crate::happened;
use crate::heard::damaged;
use crate::mechanisms::Mechanisms;
use crate::writer::WORLD;

/// Entries of one batch.
pub const BATCH_MAX: usize = 500;

/// How often it is looked whether there is something to send.
const ROUNDS: Duration = Duration::from_secs(20);

/// How far back is told when a data directory is followed for the first time.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(72);

/// Where a test lets going through the log break off.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Nowhere.
    No,
    /// After so many notices of the first batch.
    After(u32),
}

impl Notices {
    /// Goes through what the log has got since the last time. Returns how many notices came of it.
    ///
    /// # Errors
    ///
    /// If the log or the file cannot be read or written; what was gone through before stays so.
    pub fn follow(&self, engine: &Engine) -> Result<u64, Error> {
        let mut made = 0u64;
        loop {
            match self.batch(engine, BATCH_MAX, Broken::No)? {
                Some(n) => made = made.saturating_add(n),
                None => return Ok(made),
            }
        }
    }

    /// One batch: how many notices came of it, `None` at the end of the log.
    #[doc(hidden)]
    pub fn batch(&self, engine: &Engine, most: usize, broken: Broken) -> Result<Option<u64>, Error> {
        let size = engine.published();
        let reader = engine.ledger().reader()?;
        let mut connection = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match self.place()? {
            Some(next) if next <= size => next,
            Some(_) => {
                forget_from(&connection, size)?;
                set_place(&connection, size)?;
                size
            }
            None => {
                let next = first_since(&reader, size, engine.now())?;
                set_place(&connection, next)?;
                next
            }
        };
        let room = usize::try_from(size.saturating_sub(place)).unwrap_or(usize::MAX);
        let next = place.saturating_add(u64::try_from(most.min(room)).unwrap_or(0));
        if next == place {
            return Ok(None);
        }
        // All of it first: whoever marks something as read should not wait for the log.
        let (world, mechanisms) = (engine.world(), engine.mechanisms());
        let (mut states, mut notices) = (BTreeMap::new(), Vec::new());
        reader.for_each_text(place, next, |seq, stream, text| {
            let entry = (seq, stream, text);
            notices.append(&mut notices_of(
                &reader,
                (&world, &mechanisms),
                &mut states,
                entry,
            )?);
            Ok::<(), Error>(())
        })?;
        let transaction = connection.transaction()?;
        let mut made = 0u64;
        for notice in &notices {
            put(&transaction, notice)?;
            made = made.saturating_add(1);
            if broken == Broken::After(u32::try_from(made).unwrap_or(u32::MAX)) {
                return Err(Error::Other("broken off".to_owned()));
            }
        }
        forget_old(&transaction, engine.now())?;
        set_place(&transaction, next)?;
        transaction.commit()?;
        Ok(Some(made))
    }

    /// Goes through the log in a thread of its own, every `period`, until the last handle on the engine is gone.
    pub fn run(self: &Arc<Self>, engine: &Engine, period: Duration) {
        let (weak, notices) = (engine.downgrade(), self.clone());
        // A thread of its own: a robot or server that does not answer must not keep people from their notices.
        let (robots, beside) = (engine.downgrade(), self.clone());
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(ROUNDS);
                let Some(engine) = robots.upgrade() else { return };
                if let Err(error) = beside.go_round(&engine) {
                    tracing::error!(%error, "messages could not be written down or sent; they will be");
                }
            }
        });
        std::thread::spawn(move || {
            loop {
                let Some(engine) = weak.upgrade() else { return };
                if let Err(error) = notices.follow(&engine) {
                    tracing::error!(%error, "notices lag behind the log; they will be made from where they stopped");
                }
                drop(engine);
                std::thread::sleep(period);
            }
        });
    }
}

/// The first entry of the last days, found by halving: a log's times ascend.
fn first_since(reader: &Reader, size: u64, now: Timestamp) -> Result<u64, Error> {
    let since = now.checked_sub(FIRST_LOOK).unwrap_or(now);
    let (mut low, mut high) = (0u64, size);
    while low < high {
        let middle = low.midpoint(high);
        if reader.entry(middle)?.is_some_and(|entry| entry.at < since) {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// What an entry tells people. `states` holds the cases of this batch as they were after their last entry.
fn notices_of(
    reader: &Reader,
    (world, mechanisms): (&World, &Mechanisms),
    states: &mut BTreeMap<CaseId, State>,
    (seq, stream, text): (u64, &str, &str),
) -> Result<Vec<Notice>, Error> {
    if stream == WORLD {
        let entry = Entry::from_canonical(text).map_err(|_| damaged(seq))?;
        return world::notices_of(world, &entry);
    }
    let Some(case) = happened::case_of(stream) else {
        return Ok(Vec::new());
    };
    let (event, meta) = happened::read(seq, &happened::parts(seq, text)?)?;
    if is_nobodys_news(&event) {
        if let Some(state) = states.get_mut(&case) {
            state.evolve(&event, &meta);
        }
        return Ok(Vec::new());
    }
    let before = match states.remove(&case) {
        Some(state) => Some(state),
        None if matches!(event, CaseEvent::Opened(_)) => None,
        None => replayed(reader, case, seq)?,
    };
    let mut after = before.clone();
    happened::evolve(&mut after, &event, &meta);
    let Some(after) = after else {
        return Ok(Vec::new());
    };
    let (at, actor) = (meta.at, meta.actor);
    // Only the mechanism's file says what is an emergency; a short clock alone is none.
    let rules = mechanisms.by_digest(&after.mechanism.digest);
    let emergency = rules
        .as_ref()
        .is_some_and(|rules| rules.emergency.is_one(&after.values));
    let objection = rules.and_then(|rules| objects(world, &rules, &after, &event, &actor));
    let mut heard = BTreeSet::new();
    let mut notices = Vec::new();
    for told in told(before.as_ref(), &event, &after) {
        for (person, post) in people(world, &told.to, at) {
            // Nobody is told what he just did himself, or the same thing for two reasons.
            if own(&actor, &person) || !heard.insert(person.clone()) {
                continue;
            }
            notices.push(Notice {
                seq,
                person,
                post,
                about: About::Case(case),
                reason: objection
                    .filter(|_| told.reason == Reason::Arrived)
                    .unwrap_or(told.reason),
                due: told.due,
                urgent: told.urgent && emergency,
                at,
                read: None,
            });
        }
    }
    states.insert(case, after);
    Ok(notices)
}

/// Whether the unit that is assessed has said something about an item and the matter went on to somebody else with it.
fn objects(
    world: &World,
    rules: &Mechanism,
    state: &State,
    event: &CaseEvent,
    actor: &Actor,
) -> Option<Reason> {
    let CaseEvent::Moved(moved) = event else {
        return None;
    };
    let unit = world.org.unit_of(&actor.post)?;
    let said = about_items(rules).iter().any(|(step, _)| *step == moved.step);
    (said && unit.id == state.owner && moved.placement.stage != moved.from).then_some(Reason::Objection)
}

pub(super) fn own(actor: &Actor, person: &PersonId) -> bool {
    !actor.is_system() && actor.person == *person
}

/// Who serves on a post on that day; a person whom something concerns in person, wherever he serves.
fn people(world: &World, to: &To, at: Timestamp) -> Vec<(PersonId, PostId)> {
    match to {
        To::Post(post) => {
            let on = world.org.persons_on(post, date_of(at));
            on.map(|person| (person.clone(), post.clone())).collect()
        }
        To::Person(person, post) => vec![(person.clone(), post.clone())],
    }
}

/// The case as it was before an entry.
fn replayed(reader: &Reader, case: CaseId, until: u64) -> Result<Option<State>, Error> {
    let mut state = None;
    happened::to_case(reader, case, until, |event, meta| {
        happened::evolve(&mut state, &event, &meta);
        Ok(())
    })?;
    Ok(state)
}
