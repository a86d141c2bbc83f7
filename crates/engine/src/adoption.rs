//! Adopting new versions of packs: what they would mean for the cases there are, then the adoption as an event, then
//! the cases taken over one by one, each by an event of its own.

pub mod bundle;
mod proposal;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bihuan_domain::case::{Alone, Context, State, decide, due_under};
use bihuan_domain::command::Command;
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{CaseId, MechanismId, PackId};
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::org::Actor;
use bihuan_domain::world::World;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::answer::Answer;
use crate::engine::Engine;
use crate::error::{Error, Failure};
use crate::writer::Job;

pub use proposal::{Difference, Proposal, as_json, differences, ground, meaning, same_ground};

/// The files of packs that are to be adopted, by pack and path.
pub type Files = BTreeMap<PackId, BTreeMap<String, String>>;

/// What a new version of a mechanism would mean for the cases there are, replayed on them.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// The mechanism.
    pub mechanism: MechanismId,
    /// As it is in force; `None` for a new one.
    #[serde(skip)]
    pub old: Option<Arc<Mechanism>>,
    /// As it would be.
    #[serde(skip)]
    pub new: Arc<Mechanism>,
    /// Open cases that run under an older definition.
    pub open: u64,
    /// Open cases that would be overdue if their clocks were counted anew, and are not now.
    pub overdue: Vec<CaseId>,
    /// Open cases whose due time would move to an earlier instant.
    pub earlier: u64,
    /// Open cases whose due time would move to a later instant.
    pub later: u64,
    /// Open cases that somebody else would hold.
    pub other_holder: u64,
    /// Open cases whose stage the new version does not have: they end under their own rules.
    pub stuck: Vec<CaseId>,
    /// Clocks that ended, of all cases, open and closed.
    pub past: u64,
    /// Those of them that ended late.
    pub past_late: u64,
    /// Those of them that would have ended late under the new limits.
    pub past_late_new: u64,
}

impl Engine {
    /// What adopting these packs would mean, mechanism by mechanism; only those that change. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`Error::Unsound`] for packs that do not pass the checker; faults of the read models.
    pub fn preview(&self, files: &Files) -> Result<Vec<Preview>, Error> {
        let (mut world, mechanisms) = (World::clone(&self.world()), self.mechanisms());
        let mut packs = world.packs.clone();
        for (pack, files) in files {
            packs.insert(pack.clone(), ("".into(), Arc::new(files.clone())));
        }
        let adopted = mechanisms.adopt(&packs, &world.calendars)?;
        for calendar in adopted.calendars_beside(&world.calendars) {
            world.calendars.insert(calendar);
        }
        let mut previews = Vec::new();
        for new in adopted.all() {
            let old = mechanisms.current(&new.id);
            if old.as_ref().is_some_and(|old| old.digest == new.digest) {
                continue;
            }
            let mut preview = Preview::of(old, new.clone());
            let mut visit = |state: State, _| preview.replay(&state, &world, self.now());
            self.views()?
                .for_each_state(std::slice::from_ref(&new.id), None, &mut visit)?;
            previews.push(preview);
        }
        Ok(previews)
    }

    /// Adopts packs, all or none, with the calendars that they declare and that are not in force yet. Open cases go on
    /// under the definitions that they began with, until [`Engine::migrate`] takes them over.
    ///
    /// # Errors
    ///
    /// [`Error::Unsound`] for packs that do not pass the checker: the old ones stay in force.
    pub fn adopt(&self, actor: &Actor, key: &str, files: &Files) -> Result<Answer, Failure> {
        let changes = files
            .iter()
            .map(|(pack, files)| Engine::adopt_pack(pack, files.clone()))
            .collect();
        self.change(actor, key, changes)
    }

    /// Takes the open cases of these mechanisms over to the definitions in force; with `recount` their running clocks
    /// are counted anew from their own starts. Returns how many were taken over.
    ///
    /// # Errors
    ///
    /// Faults of the log; what was taken over before stays so.
    pub fn migrate(
        &self,
        actor: &Actor,
        mechanisms: &BTreeSet<MechanismId>,
        recount: bool,
    ) -> Result<u64, Failure> {
        let mut taken = 0u64;
        for mechanism in mechanisms {
            loop {
                let (reply, answer) = oneshot::channel();
                self.send_job(Job::Migrate {
                    actor: actor.clone(),
                    mechanism: mechanism.clone(),
                    recount,
                    reply,
                });
                let answer = answer
                    .blocking_recv()
                    .map_err(|_| Failure::Fault(Error::Stopped))??;
                let events = u64::try_from(answer.events.len()).unwrap_or(u64::MAX);
                if events == 0 {
                    break;
                }
                taken = taken.saturating_add(events);
            }
        }
        Ok(taken)
    }
}

impl Preview {
    fn of(old: Option<Arc<Mechanism>>, new: Arc<Mechanism>) -> Self {
        Preview {
            mechanism: new.id.clone(),
            old,
            new,
            open: 0,
            overdue: Vec::new(),
            earlier: 0,
            later: 0,
            other_holder: 0,
            stuck: Vec::new(),
            past: 0,
            past_late: 0,
            past_late_new: 0,
        }
    }

    /// Takes one case as it would be under the new version.
    fn replay(&mut self, state: &State, world: &World, now: Timestamp) {
        let (new, system, recent) = (self.new.clone(), Actor::system(), BTreeSet::new());
        let ctx = Context {
            now,
            actor: &system,
            mechanism: &new,
            world,
            recent: &recent,
            opener: None,
            family: &Alone,
        };
        for past in &state.past {
            let Some(due) = due_under(&ctx, state, past.clock.as_str(), &past.stage, past.start) else {
                continue;
            };
            self.past = self.past.saturating_add(1);
            self.past_late = self.past_late.saturating_add(u64::from(past.late));
            self.past_late_new = self.past_late_new.saturating_add(u64::from(past.stopped > due));
        }
        if !state.is_open() || state.mechanism == new.reference() {
            return;
        }
        self.open = self.open.saturating_add(1);
        let Ok(decision) = decide(&ctx, Some(state), &Command::Migrate { recount: true }) else {
            self.stuck.push(state.id);
            return;
        };
        for event in &decision.events {
            let CaseEvent::Migrated(event) = event else {
                continue;
            };
            let holder = event.placement.as_ref().map(|placement| &placement.holder);
            if holder
                .or(event.holder.as_ref())
                .is_some_and(|h| h.post != state.holder.post)
            {
                self.other_holder = self.other_holder.saturating_add(1);
            }
            let clock = event
                .placement
                .as_ref()
                .and_then(|placement| placement.clock.as_ref());
            let clocks = [
                ("stage", clock.or(event.stage_clock.as_ref())),
                ("case", event.case_clock.as_ref()),
            ];
            let mut late = false;
            let (mut earlier, mut later) = (false, false);
            for (key, start) in clocks {
                let (Some(start), Some(running)) = (start, state.clock(key)) else {
                    continue;
                };
                earlier |= start.due < running.due;
                later |= start.due > running.due;
                late |= start.due <= now && running.due > now;
            }
            self.earlier = self.earlier.saturating_add(u64::from(earlier));
            self.later = self.later.saturating_add(u64::from(later && !earlier));
            if late {
                self.overdue.push(state.id);
            }
        }
    }
}
