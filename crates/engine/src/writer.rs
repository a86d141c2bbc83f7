//! The one writer: takes submissions one by one against the newest state of all streams, in commit groups.
//!
//! Everything is decided before anything of a submission is written, so a refusal leaves no trace and what is written
//! is whole: events of all streams it touches, sealed values, read models and the answer under its key.

mod memory;
mod packer;
mod plan;
mod record;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bihuan_domain::calendar::CalendarId;
use bihuan_domain::case::State;
use bihuan_domain::event::{CaseEvent, RowPut, WorldEvent};
use bihuan_domain::id::{CaseId, Digest, MechanismId};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::verification::Beacon;
use bihuan_domain::world::World;
use bihuan_ledger::{Appended, Batch, Cause, Committed, SealDraft, Writer};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};

use crate::answer::{Answer, Recorded};
use crate::assessment::Computed;
use crate::error::{Error, Failure};
use crate::mechanisms::Mechanisms;
use crate::queue::Queue;
use crate::time::TimeSource;
use crate::upload::Uploads;
use crate::views;
use crate::wire::{Order, Submission};

pub(crate) use memory::Memory;

/// The stream of everything that is not a case.
pub(crate) const WORLD: &str = "jurisdiction";

/// Cases of which new measures are filled in one transaction: some ten milliseconds for who comes behind.
pub(crate) const FILLED_MAX: usize = 500;

/// A change of the jurisdiction with what must be stored beside it.
pub struct WorldChange {
    /// The event.
    pub event: WorldEvent,
    /// Texts that it names, each with the subject under whose key it is sealed.
    pub texts: Vec<(String, SealDraft)>,
    /// Files that it names.
    pub files: Vec<(String, Arc<bihuan_ledger::StagedBlob>)>,
}

impl From<WorldEvent> for WorldChange {
    fn from(event: WorldEvent) -> Self {
        WorldChange {
            event,
            texts: Vec::new(),
            files: Vec::new(),
        }
    }
}

pub(crate) enum Job {
    Submit {
        actor: Actor,
        submission: Box<Submission>,
        /// What an order to compute came to, found on a reader.
        computed: Option<Box<Result<Computed, Failure>>>,
        reply: oneshot::Sender<Result<Answer, Failure>>,
    },
    World {
        actor: Actor,
        key: String,
        changes: Vec<WorldChange>,
        reply: oneshot::Sender<Result<Answer, Failure>>,
    },
    /// Takes open cases of a mechanism over to its newest definition, some hundred at a time.
    Migrate {
        actor: Actor,
        mechanism: MechanismId,
        recount: bool,
        reply: oneshot::Sender<Result<Answer, Failure>>,
    },
    /// Counts the clocks of these cases anew by a calendar that changed; `cause` is the entry that says so.
    Recount {
        cases: Vec<CaseId>,
        calendar: CalendarId,
        cause: Option<u64>,
        reply: oneshot::Sender<Result<Answer, Failure>>,
    },
    /// Opens what schedules have made due.
    Schedules {
        reply: oneshot::Sender<Result<Answer, Failure>>,
    },
    Erase {
        actor: Actor,
        erasing: crate::erase::Erasing,
        reply: oneshot::Sender<Result<Answer, Failure>>,
    },
    Tick {
        cases: Vec<CaseId>,
        reply: oneshot::Sender<Result<Answer, Failure>>,
    },
}

/// What the writer and its readers share.
pub(crate) struct Shared {
    pub(crate) world: RwLock<Arc<World>>,
    pub(crate) mechanisms: RwLock<Arc<Mechanisms>>,
    pub(crate) uploads: Mutex<Uploads>,
    pub(crate) beacon: RwLock<Beacon>,
    pub(crate) seq: watch::Sender<u64>,
    pub(crate) roll: Arc<views::Awaited>,
}

pub(crate) struct Desk {
    pub(crate) writer: Writer,
    pub(crate) shared: Arc<Shared>,
    pub(crate) time: Arc<dyn TimeSource>,
    pub(crate) world: Arc<World>,
    pub(crate) mechanisms: Arc<Mechanisms>,
    pub(crate) memory: Memory,
    /// What the roll must learn once the group is on the disk.
    pub(crate) listed: Vec<views::Listing>,
    pub(crate) cases: u64,
    /// The day up to which schedules were looked at since the start, and under how many definitions.
    pub(crate) scheduled: Option<(jiff::civil::Date, usize)>,
    /// Whether measures may be left that are to be filled.
    pub(crate) filling: bool,
    /// Whether commits wait for the disk only once, at the end: for a sample that is being made.
    pub(crate) hasty: bool,
}

/// One case's part of a submission, decided and not yet written.
pub(crate) struct Planned {
    id: CaseId,
    actor: Actor,
    definition: Digest,
    events: Vec<CaseEvent>,
    /// What the views show of the case before; `None` for a new one.
    face: Option<views::Face>,
    pub(crate) after: State,
    drafts: Vec<SealDraft>,
    files: Vec<Arc<bihuan_ledger::StagedBlob>>,
    /// Rows that its steps wrote; the world has them already.
    pub(crate) rows: Vec<RowPut>,
}

/// What is kept under a submission's key.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) case: Option<CaseId>,
    pub(crate) number: Option<String>,
    pub(crate) seqs: Vec<(u64, String)>,
}

impl Kept {
    /// An answer of nothing.
    pub(crate) fn nothing() -> Self {
        Kept {
            case: None,
            number: None,
            seqs: Vec::new(),
        }
    }
}

type Reply = oneshot::Sender<Result<Answer, Failure>>;
type Done = (Reply, Result<(Kept, Option<Appended>, bool), Failure>);

impl Desk {
    /// Runs until every sender is gone.
    pub(crate) fn run(mut self, mut jobs: Queue<Job>) {
        loop {
            // What is left to be filled goes on while nobody asks for anything, and a little after every group.
            while self.filling && jobs.is_idle() {
                self.fill();
            }
            let Some(first) = jobs.first() else { break };
            self.carry_out(first, &mut jobs);
            self.fill();
        }
        if self.hasty
            && let Err(error) = self.writer.wait_for_disk(true)
        {
            tracing::error!(%error, "a sample is not wholly on the disk");
        }
    }

    /// Carries out a group: the first submission, and those that come while it is worked on.
    fn carry_out(&mut self, first: Job, jobs: &mut Queue<Job>) {
        let started = std::time::Instant::now();
        let now = self.now();
        let (world, mechanisms, cases) = (self.world.clone(), self.mechanisms.clone(), self.cases);
        let mut replies = Vec::new();
        match self.write(now, first, jobs, &mut replies) {
            Ok(committed) => {
                self.publish(&committed);
                jobs.answering(replies.len(), started.elapsed());
                for (reply, result) in replies {
                    let answer = result.map(|(kept, last, duplicate)| Answer {
                        case: kept.case,
                        number: kept.number,
                        events: kept
                            .seqs
                            .into_iter()
                            .map(|(seq, name)| Recorded { seq, name })
                            .collect(),
                        receipt: last.map(|appended| committed.receipt(&appended)),
                        duplicate,
                    });
                    // Whoever asked may have gone away; the answer is kept under the key.
                    let _ = reply.send(answer);
                }
            }
            Err(error) => {
                // Nothing of the group was written: forget what it would have changed.
                (self.world, self.mechanisms, self.cases) = (world, mechanisms, cases);
                self.memory.forget();
                self.listed.clear();
                tracing::error!(%error, "a commit group was not written");
                let text = error.message();
                for (reply, result) in replies {
                    let failure = match result {
                        Err(failure) => failure,
                        Ok(_) => Failure::Fault(Error::Other(text.text(bihuan_messages::Lang::En))),
                    };
                    let _ = reply.send(Err(failure));
                }
            }
        }
    }

    /// Fills some cases' pieces of measures that are new, in a transaction of its own. What cannot be filled waits for the
    /// next start or adoption.
    fn fill(&mut self) {
        if !self.filling {
            return;
        }
        let now = self.now();
        let mut some = || -> Result<bool, Error> {
            let batch = self.writer.begin(now)?;
            let left = self.mechanisms.measures().fill(batch.connection(), FILLED_MAX)?;
            batch.commit()?;
            Ok(left)
        };
        self.filling = some().unwrap_or_else(|error| {
            tracing::error!(%error, "measures could not be filled");
            false
        });
    }

    /// Microseconds are all that the log keeps; deciding with more would make replay differ.
    fn now(&self) -> Timestamp {
        let now = self.time.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    fn publish(&mut self, committed: &Committed) {
        let set = |lock: &RwLock<Arc<World>>, value: &Arc<World>| {
            *lock.write().unwrap_or_else(PoisonError::into_inner) = value.clone();
        };
        set(&self.shared.world, &self.world);
        *self
            .shared
            .mechanisms
            .write()
            .unwrap_or_else(PoisonError::into_inner) = self.mechanisms.clone();
        let beacon = Beacon {
            size: committed.checkpoint.size,
            root: committed.checkpoint.root.hex(),
        };
        *self.shared.beacon.write().unwrap_or_else(PoisonError::into_inner) = beacon;
        if !self.listed.is_empty() {
            self.shared.roll.put(self.listed.drain(..));
        }
        self.shared.seq.send_replace(committed.checkpoint.size);
        self.memory.trim();
    }

    fn write(
        &mut self,
        now: Timestamp,
        first: Job,
        jobs: &mut Queue<Job>,
        replies: &mut Vec<Done>,
    ) -> Result<Committed, Error> {
        let Desk {
            writer,
            shared,
            world,
            mechanisms,
            memory,
            listed,
            cases,
            scheduled,
            filling,
            ..
        } = self;
        let head = writer.head();
        let beacon = Beacon {
            size: head.size,
            root: head.root.hex(),
        };
        let mut batch = match writer.begin(now) {
            Ok(batch) => batch,
            Err(error) => {
                let error = Error::from(error);
                let mut group = Some(first);
                while let Some(job) = group {
                    let fault = Failure::Fault(Error::Other(error.to_string()));
                    replies.push((reply_of(job), Err(fault)));
                    group = jobs.next(joins);
                }
                return Err(error);
            }
        };
        let mut group_state = Group {
            now,
            beacon,
            shared,
            world,
            mechanisms,
            memory,
            listed,
            cases,
            scheduled,
            filling,
            ahead: 0,
        };
        let mut job = first;
        loop {
            let (reply, result) = group_state.one(&mut batch, job);
            if let Err(Failure::Fault(error)) = result {
                // A fault may have left half a submission in the transaction: the whole group goes back.
                replies.push((reply, Err(Failure::Fault(Error::Other(error.to_string())))));
                return Err(error);
            }
            replies.push((reply, result));
            match jobs.next(joins) {
                Some(next) => job = next,
                None => break,
            }
        }
        group_state.memory.write(&mut batch)?;
        views::set_applied(batch.connection(), batch.next_seq(), *group_state.cases)?;
        Ok(batch.commit()?)
    }
}

/// Whether a job may join a group whose moment is set already. Whoever wakes cases saw that they were due, and a moment before
/// that they would not be.
fn joins(job: &Job) -> bool {
    !matches!(job, Job::Tick { .. })
}

/// The parts of the desk that a group works with, apart from the writer that its batch borrows.
pub(crate) struct Group<'a> {
    pub(crate) now: Timestamp,
    beacon: Beacon,
    shared: &'a Arc<Shared>,
    pub(crate) world: &'a mut Arc<World>,
    pub(crate) mechanisms: &'a mut Arc<Mechanisms>,
    pub(crate) memory: &'a mut Memory,
    pub(crate) listed: &'a mut Vec<views::Listing>,
    cases: &'a mut u64,
    pub(crate) scheduled: &'a mut Option<(jiff::civil::Date, usize)>,
    filling: &'a mut bool,
    /// Entries that will be written before the plan that is being made.
    pub(crate) ahead: u64,
}

impl Group<'_> {
    fn one(&mut self, batch: &mut Batch<'_>, job: Job) -> Done {
        // Whatever is more than a step of a case may read states where they lie.
        let of_cases = match &job {
            Job::Submit { submission, .. } => {
                !matches!(submission.order, Order::Row { .. } | Order::Compute { .. })
            }
            Job::Tick { .. } => true,
            _ => false,
        };
        if !of_cases && let Err(error) = self.memory.write(batch) {
            return (reply_of(job), Err(Failure::Fault(error)));
        }
        match job {
            Job::Submit {
                actor,
                submission,
                computed,
                reply,
            } => {
                let result = self.submit(batch, &actor, &submission, computed);
                (reply, result)
            }
            Job::World {
                actor,
                key,
                changes,
                reply,
            } => {
                let result = self.change_world(batch, &actor, &key, changes);
                (reply, result)
            }
            Job::Erase {
                actor,
                erasing,
                reply,
            } => {
                let result = self.erasing(batch, &actor, erasing);
                (reply, result)
            }
            Job::Tick { cases, reply } => {
                let result = self.tick(batch, &cases);
                (reply, result)
            }
            Job::Migrate {
                actor,
                mechanism,
                recount,
                reply,
            } => {
                let result = self.migrate(batch, &actor, &mechanism, recount);
                (reply, result)
            }
            Job::Recount {
                cases,
                calendar,
                cause,
                reply,
            } => {
                let result = self.recount(batch, &cases, &calendar, cause);
                (reply, result)
            }
            Job::Schedules { reply } => {
                let result = self.open_scheduled(batch);
                (reply, result)
            }
        }
    }

    fn submit(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        submission: &Submission,
        computed: Option<Box<Result<Computed, Failure>>>,
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        if submission.key.is_empty() || !bihuan_ledger::is_name(&submission.key) {
            return Err(Refusal::new("bad_key").into());
        }
        let key = format!("{}/{}", actor.person, submission.key);
        if let Some(kept) = batch.command_answer(&key)? {
            let kept: Kept = serde_json::from_str(&kept).map_err(Error::from)?;
            return Ok((kept, None, true));
        }
        let cause = Cause::Command(bihuan_ledger::Digest::of(key.as_bytes()));
        let (before, opened) = (self.world.clone(), *self.cases);
        let planned = self.plan(batch, actor, submission);
        let written = planned.and_then(|plan| match &submission.order {
            Order::Row {
                register,
                row,
                values,
            } => self.put_row(batch, actor, (register, row.as_ref(), values), cause),
            Order::Compute { register, .. } => self.announce(batch, actor, (register, computed), cause),
            _ => self.write(batch, plan, Some(cause)),
        });
        if matches!(written, Err(Failure::Refused(_))) {
            // Rows that a plan would have written are forgotten with it.
            (*self.world, *self.cases) = (before, opened);
        }
        let (kept, last) = written?;
        let json = serde_json::to_string(&kept).map_err(Error::from)?;
        batch.remember(&key, &json)?;
        Ok((kept, last, false))
    }
}

fn reply_of(job: Job) -> Reply {
    match job {
        Job::Submit { reply, .. }
        | Job::World { reply, .. }
        | Job::Erase { reply, .. }
        | Job::Migrate { reply, .. }
        | Job::Recount { reply, .. }
        | Job::Schedules { reply }
        | Job::Tick { reply, .. } => reply,
    }
}

pub(crate) fn log_actor(actor: &Actor) -> bihuan_ledger::Actor {
    if actor.is_system() {
        return bihuan_ledger::Actor {
            session: actor.session.as_ref().map(ToString::to_string),
            ..bihuan_ledger::Actor::default()
        };
    }
    bihuan_ledger::Actor {
        person: Some(actor.person.to_string()),
        post: Some(actor.post.to_string()),
        on_behalf_of: actor.on_behalf_of.as_ref().map(ToString::to_string),
        session: actor.session.as_ref().map(ToString::to_string),
    }
}
