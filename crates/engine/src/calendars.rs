//! Adopting a calendar: a new year's notice or a county's own days and hours, as an event; and every open deadline that it
//! moves, each by an event of its case.

use std::collections::BTreeSet;

use bihuan_domain::calendar::{Calendar, CalendarId, Unfit, YearNotice};
use bihuan_domain::case::{Alone, Context, State, decide};
use bihuan_domain::command::Command;
use bihuan_domain::event::{CaseEvent, ClockKey, WorldEvent};
use bihuan_domain::id::{CaseId, MechanismId, StageId, UnitId};
use bihuan_domain::org::Actor;
use bihuan_domain::world::World;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::answer::Answer;
use crate::engine::Engine;
use crate::error::{Error, Failure};
use crate::writer::{Job, WorldChange};

/// Cases counted anew in one commit group.
const RECOUNTED_MAX: usize = 200;

/// An open deadline that a calendar moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MovedDeadline {
    /// The case.
    pub case: CaseId,
    /// Its printed number.
    pub number: Option<String>,
    /// Its title; `None` where it was erased.
    pub title: Option<String>,
    /// Its mechanism.
    pub mechanism: MechanismId,
    /// Where it stands.
    pub stage: StageId,
    /// Its owner.
    pub owner: UnitId,
    /// Which clock.
    pub clock: ClockKey,
    /// What of the clock.
    pub of: Deadline,
    /// When it was due.
    pub was: Timestamp,
    /// When it is due now.
    pub is: Timestamp,
}

/// What a deadline is the end of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deadline {
    /// The time of the clock itself.
    Due,
    /// The rung on which its breach stands.
    Rung,
    /// The wait for the lot of a look-back.
    LookBack,
}

impl Engine {
    /// The calendar of that name as it would be with these notices, and the days that would be other ones.
    ///
    /// # Errors
    ///
    /// [`Unfit`] for a notice that contradicts the week or itself, or a calendar that is not in force.
    pub fn calendar_with(
        &self,
        id: &CalendarId,
        notices: &[YearNotice],
    ) -> Result<(Calendar, Vec<Date>), Unfit> {
        let world = self.world();
        let known = world.calendars.get(id).ok_or_else(|| {
            Unfit(bihuan_messages::Message::new("calendar.no_such_calendar").with("id", id.as_str()))
        })?;
        let (mut calendar, mut changed) = (known.clone(), BTreeSet::new());
        for notice in notices {
            changed.extend(calendar.adopt_year(notice.clone())?);
        }
        // A day that one notice changed and the next changed back is the day it was.
        changed.retain(|day| calendar.kind(*day) != known.kind(*day));
        Ok((calendar, changed.into_iter().collect()))
    }

    /// Every open deadline that this calendar would move, in the order of cases. Nothing is written.
    ///
    /// # Errors
    ///
    /// Faults of the read models.
    pub fn moved_by(&self, calendar: &Calendar) -> Result<Vec<MovedDeadline>, Error> {
        let mut world = World::clone(&self.world());
        world.calendars.insert(calendar.clone());
        let (now, mechanisms) = (self.now(), self.mechanisms());
        let (system, recent) = (Actor::system(), BTreeSet::new());
        let mut moved = Vec::new();
        self.views()?.for_each_state(&[], None, |state, title| {
            let Some(mechanism) = mechanisms.by_digest(&state.mechanism.digest) else {
                return;
            };
            let ctx = Context {
                now,
                actor: &system,
                mechanism: &mechanism,
                world: &world,
                recent: &recent,
                opener: None,
                family: &Alone,
            };
            let recount = Command::Recount {
                calendar: calendar.id().clone(),
            };
            let decision = decide(&ctx, Some(&state), &recount).unwrap_or_default();
            for event in &decision.events {
                if let CaseEvent::Recounted(event) = event {
                    moved.extend(deadlines(&state, title.as_deref(), event));
                }
            }
        })?;
        Ok(moved)
    }

    /// Puts a calendar in force and counts the clocks of the cases anew by it; returns every deadline that moved. Asked
    /// again after it was cut short, it does what is left.
    ///
    /// # Errors
    ///
    /// Faults of the log; what was counted anew before stays so.
    pub fn adopt_calendar(
        &self,
        actor: &Actor,
        key: &str,
        calendar: Calendar,
    ) -> Result<Vec<MovedDeadline>, Failure> {
        let mut cause = None;
        if self.world().calendars.get(calendar.id()) != Some(&calendar) {
            let event = WorldEvent::CalendarAdopted(Box::new(calendar.clone()));
            let answer = self.change(actor, key, vec![WorldChange::from(event)])?;
            cause = answer.events.first().map(|recorded| recorded.seq);
        }
        let moved = self.moved_by(&calendar).map_err(Failure::Fault)?;
        let cases: BTreeSet<CaseId> = moved.iter().map(|deadline| deadline.case).collect();
        let cases: Vec<CaseId> = cases.into_iter().collect();
        for some in cases.chunks(RECOUNTED_MAX) {
            self.recount(some, calendar.id(), cause)?;
        }
        Ok(moved)
    }

    fn recount(
        &self,
        cases: &[CaseId],
        calendar: &CalendarId,
        cause: Option<u64>,
    ) -> Result<Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        self.send_job(Job::Recount {
            cases: cases.to_vec(),
            calendar: calendar.clone(),
            cause,
            reply,
        });
        answer
            .blocking_recv()
            .map_err(|_| Failure::Fault(Error::Stopped))?
    }
}

fn deadlines(
    state: &State,
    title: Option<&str>,
    event: &bihuan_domain::event::Recounted,
) -> Vec<MovedDeadline> {
    let one = |clock: &ClockKey, of, was, is| MovedDeadline {
        case: state.id,
        number: state.number.as_ref().map(|number| number.text.clone()),
        title: title.map(str::to_owned),
        mechanism: state.mechanism.id.clone(),
        stage: state.stage.clone(),
        owner: state.owner.clone(),
        clock: clock.clone(),
        of,
        was,
        is,
    };
    let clocks = event.clocks.iter().filter_map(|(key, start)| {
        let was = state.clock(key.as_str())?.due;
        Some(one(key, Deadline::Due, was, start.due))
    });
    let rungs = event.rungs.iter().filter_map(|(key, until)| {
        let was = state.clock(key.as_str())?.rung.as_ref()?.until;
        Some(one(key, Deadline::Rung, was, *until))
    });
    let look_back = event.look_back.and_then(|is| {
        let was = state.look_back.as_ref()?.due;
        Some(one(&ClockKey::new("lookback"), Deadline::LookBack, was, is))
    });
    clocks.chain(rungs).chain(look_back).collect()
}
