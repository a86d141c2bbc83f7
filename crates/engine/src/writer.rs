//! The one writer: takes submissions one by one against the newest state of all streams, in commit groups.
//!
//! Everything is decided before anything of a submission is written, so a refusal leaves no trace and what is written
//! is whole: events of all streams it touches, sealed values, read models and the answer under its key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bihuan_domain::case::{Context, Decision, Effect, Family, Meta, Opener, State, decide, unique_key};
use bihuan_domain::command::Command;
use bihuan_domain::event::{CaseEvent, Number, RowPut, VERSION, Values, WorldEvent};
use bihuan_domain::id::{CaseId, Digest, MechanismId, Sealed};
use bihuan_domain::mechanism::{Mechanism, Numbering};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Attachment;
use bihuan_domain::verification::Beacon;
use bihuan_domain::world::World;
use bihuan_ledger::{Appended, Batch, Cause, Committed, NewEntry, SealDraft, Writer};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};

use crate::answer::{Answer, Recorded};
use crate::error::{Error, Failure};
use crate::mechanisms::Mechanisms;
use crate::queue::Queue;
use crate::time::TimeSource;
use crate::upload::Uploads;
use crate::views;
use crate::wire::{self, Order, Sealing, Submission};

/// The stream of everything that is not a case.
pub(crate) const WORLD: &str = "jurisdiction";

/// Case states kept in memory; beyond it the memory is emptied rather than managed.
const CACHE_MAX: usize = 20_000;

/// Cases taken over to a new definition in one commit group.
const MIGRATED_MAX: usize = 500;

/// A chain of effects longer than any tree of cases is a defect, not work.
const EFFECTS_MAX: usize = 10_000;

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
    /// Opens what schedules have made due.
    Schedules {
        reply: oneshot::Sender<Result<Answer, Failure>>,
    },
    Erase {
        subject: String,
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
    pub(crate) roll: RwLock<views::Roll>,
}

pub(crate) struct Desk {
    pub(crate) writer: Writer,
    pub(crate) shared: Arc<Shared>,
    pub(crate) time: Arc<dyn TimeSource>,
    pub(crate) world: Arc<World>,
    pub(crate) mechanisms: Arc<Mechanisms>,
    pub(crate) cache: HashMap<CaseId, State>,
    /// What the roll must learn once the group is on the disk.
    pub(crate) listed: Vec<views::Listing>,
    pub(crate) cases: u64,
    /// The day up to which schedules were looked at since the start, and under how many definitions.
    pub(crate) scheduled: Option<(jiff::civil::Date, usize)>,
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
        while let Some(group) = jobs.group() {
            self.carry_out(group, &mut jobs);
        }
    }

    fn carry_out(&mut self, group: Vec<Job>, jobs: &mut Queue<Job>) {
        let started = std::time::Instant::now();
        let now = self.now();
        let (world, mechanisms, cases) = (self.world.clone(), self.mechanisms.clone(), self.cases);
        let mut replies = Vec::with_capacity(group.len());
        match self.write(now, group, &mut replies) {
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
                self.cache.clear();
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
            let mut roll = self.shared.roll.write().unwrap_or_else(PoisonError::into_inner);
            for listing in self.listed.drain(..) {
                roll.put(listing);
            }
        }
        self.shared.seq.send_replace(committed.checkpoint.size);
        if self.cache.len() > CACHE_MAX {
            self.cache.clear();
        }
    }

    fn write(
        &mut self,
        now: Timestamp,
        group: Vec<Job>,
        replies: &mut Vec<Done>,
    ) -> Result<Committed, Error> {
        let Desk {
            writer,
            shared,
            world,
            mechanisms,
            cache,
            listed,
            cases,
            scheduled,
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
                for job in group {
                    replies.push((
                        reply_of(job),
                        Err(Failure::Fault(Error::Other(error.to_string()))),
                    ));
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
            cache,
            listed,
            cases,
            scheduled,
            ahead: 0,
        };
        let mut broken = None;
        for job in group {
            if let Some(error) = &broken {
                let error: &Error = error;
                replies.push((
                    reply_of(job),
                    Err(Failure::Fault(Error::Other(error.to_string()))),
                ));
                continue;
            }
            let (reply, result) = group_state.one(&mut batch, job);
            match result {
                Err(Failure::Fault(error)) => {
                    // A fault may have left half a submission in the transaction: the whole group goes back.
                    replies.push((reply, Err(Failure::Fault(Error::Other(error.to_string())))));
                    broken = Some(error);
                }
                result => replies.push((reply, result)),
            }
        }
        if let Some(error) = broken {
            return Err(error);
        }
        views::set_applied(batch.connection(), batch.next_seq(), *group_state.cases)?;
        Ok(batch.commit()?)
    }
}

/// The parts of the desk that a group works with, apart from the writer that its batch borrows.
pub(crate) struct Group<'a> {
    pub(crate) now: Timestamp,
    beacon: Beacon,
    shared: &'a Arc<Shared>,
    pub(crate) world: &'a mut Arc<World>,
    pub(crate) mechanisms: &'a mut Arc<Mechanisms>,
    pub(crate) cache: &'a mut HashMap<CaseId, State>,
    pub(crate) listed: &'a mut Vec<views::Listing>,
    cases: &'a mut u64,
    pub(crate) scheduled: &'a mut Option<(jiff::civil::Date, usize)>,
    /// Entries that will be written before the plan that is being made.
    pub(crate) ahead: u64,
}

impl Group<'_> {
    fn one(&mut self, batch: &mut Batch<'_>, job: Job) -> Done {
        match job {
            Job::Submit {
                actor,
                submission,
                reply,
            } => {
                let result = self.submit(batch, &actor, &submission);
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
            Job::Erase { subject, reply } => {
                let result = self.erase(batch, &subject);
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

    fn plan(
        &mut self,
        batch: &Batch<'_>,
        actor: &Actor,
        submission: &Submission,
    ) -> Result<Vec<Planned>, Failure> {
        let mut plan = Vec::new();
        match &submission.order {
            Order::Row { .. } => {}
            Order::Open(open) => self.plan_open(batch, &mut plan, actor, open, &submission.order)?,
            _ => self.plan_order(batch, &mut plan, actor, submission)?,
        }
        Ok(plan)
    }

    fn plan_open(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        actor: &Actor,
        open: &wire::OpenOrder,
        order: &Order,
    ) -> Result<(), Failure> {
        let mechanism = self
            .mechanisms
            .current(&open.mechanism)
            .ok_or_else(|| Refusal::new("no_such_mechanism").with("mechanism", open.mechanism.as_str()))?;
        if let Some(key) = open.source.as_ref().and_then(|source| source.key.as_ref())
            && let Some(known) = views::by_key(batch.connection(), &open.mechanism, key)?
        {
            return Err(Refusal::new("already_opened")
                .with("key", key.as_str())
                .with("case", known.to_string())
                .into());
        }
        if let Some(parent) = open.parent
            && !self.knows(batch, plan, parent)?
        {
            return Err(Refusal::new("no_such_case").into());
        }
        let (mut sealing, mut files) = (
            Sealing::of_mechanism(&mechanism, self.world, self.now),
            Vec::new(),
        );
        let command = self.command(&mechanism, order, &mut sealing, &mut files)?;
        self.open(batch, plan, actor, &mechanism, command, (sealing, files))
    }

    /// The open case about the same matter, where the mechanism allows one only.
    pub(crate) fn open_already(
        &self,
        batch: &Batch<'_>,
        plan: &[Planned],
        mechanism: &Mechanism,
        values: &Values,
    ) -> Result<Option<CaseId>, Failure> {
        let Some(matter) = unique_key(mechanism, values) else {
            return Ok(None);
        };
        let same = |planned: &&Planned| {
            planned.after.mechanism.id == mechanism.id && planned.after.unique.as_ref() == Some(&matter)
        };
        match plan.iter().find(same) {
            Some(planned) => Ok(Some(planned.id)),
            None => Ok(views::open_about(batch.connection(), &mechanism.id, &matter)?),
        }
    }

    /// Opens a case by a command that stands, for a person or for what opens by itself.
    pub(crate) fn open(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        actor: &Actor,
        mechanism: &Arc<Mechanism>,
        command: Command,
        (sealing, files): (Sealing, Vec<Arc<bihuan_ledger::StagedBlob>>),
    ) -> Result<(), Failure> {
        if let Command::Open(open) = &command
            && let Some(known) = self.open_already(batch, plan, mechanism, &open.values)?
        {
            return Err(Refusal::new("already_open_for")
                .with("case", known.to_string())
                .into());
        }
        let id = CaseId(self.cases.saturating_add(1));
        let number = match &mechanism.numbering {
            Some(numbering) => Some(self.number(batch, plan, numbering)?),
            None => None,
        };
        let opener = Opener { id, number };
        let decision = self.decide(batch, plan, actor, mechanism, None, &command, Some(&opener))?;
        *self.cases = id.0;
        self.accept(
            batch,
            plan,
            Accepted {
                id,
                actor,
                mechanism,
                before: None,
                decision,
                sealing,
                files,
            },
        )
    }

    fn number(&self, batch: &Batch<'_>, plan: &[Planned], numbering: &Numbering) -> Result<Number, Failure> {
        let year = bihuan_domain::calendar::date_of(self.now).year();
        let written = views::number_after(batch.connection(), numbering.series.as_str(), year)?;
        // Several openings of one plan are numbered before any of them is written.
        let planned = plan
            .iter()
            .filter_map(|planned| planned.after.number.as_ref())
            .filter(|number| number.series == numbering.series && number.year == year)
            .map(|number| number.n.saturating_add(1))
            .max();
        let n = written.max(planned.unwrap_or(0));
        let text = numbering
            .template
            .replace("{year}", &year.to_string())
            .replace("{n}", &n.to_string());
        Ok(Number {
            series: numbering.series.clone(),
            year,
            n,
            text,
        })
    }

    fn plan_order(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        actor: &Actor,
        Submission { expected, order, .. }: &Submission,
    ) -> Result<(), Failure> {
        let id = order.case().unwrap_or(CaseId(0));
        let before = self
            .take(batch, plan, id)?
            .ok_or_else(|| Refusal::new("no_such_case"))?;
        if expected.is_some_and(|expected| expected != before.seq) {
            return Err(Refusal::new("conflict").into());
        }
        let mechanism = self.definition(&before)?;
        let (mut sealing, mut files) = (
            Sealing::of_mechanism(&mechanism, self.world, self.now),
            Vec::new(),
        );
        let command = self.command(&mechanism, order, &mut sealing, &mut files)?;
        let decision = self.decide(batch, plan, actor, &mechanism, Some(&before), &command, None)?;
        let accepted = Accepted {
            id,
            actor,
            mechanism: &mechanism,
            before: Some(before),
            decision,
            sealing,
            files,
        };
        self.accept(batch, plan, accepted)
    }

    fn command(
        &self,
        mechanism: &Mechanism,
        order: &Order,
        sealing: &mut Sealing,
        files: &mut Vec<Arc<bihuan_ledger::StagedBlob>>,
    ) -> Result<Command, Failure> {
        let mut names = Vec::new();
        let command = {
            let mut upload = |token: &str| -> Option<Attachment> {
                let uploads = self.shared.uploads.lock().unwrap_or_else(PoisonError::into_inner);
                let upload = uploads.get(token)?;
                let draft = SealDraft::new(&upload.name).ok()?;
                let attachment = Attachment {
                    blob: Digest::new(upload.blob.id().to_string()),
                    name: Sealed::new(draft.commitment().to_string()),
                    media: upload.media.clone(),
                    bytes: upload.bytes,
                };
                names.push(draft);
                files.push(upload.blob.clone());
                Some(attachment)
            };
            wire::command(mechanism, order, sealing, &mut upload)?
        };
        sealing.drafts.append(&mut names);
        Ok(command)
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "everything that a decision reads, and the decision"
    )]
    fn decide(
        &self,
        batch: &Batch<'_>,
        plan: &[Planned],
        actor: &Actor,
        mechanism: &Mechanism,
        state: Option<&State>,
        command: &Command,
        opener: Option<&Opener>,
    ) -> Result<Decision, Failure> {
        let recent = match state {
            Some(state) => views::recent_verifiers(batch.connection(), &state.owner)?,
            None => Default::default(),
        };
        let ctx = Context {
            now: self.now,
            actor,
            mechanism,
            world: self.world,
            recent: &recent,
            opener,
            family: &Kin {
                group: self,
                batch,
                plan,
            },
        };
        Ok(decide(&ctx, state, command)?)
    }

    /// Takes a decision into the plan, with everything it makes other streams do.
    fn accept(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        accepted: Accepted<'_>,
    ) -> Result<(), Failure> {
        let Accepted {
            id,
            actor,
            mechanism,
            before,
            decision,
            sealing,
            files,
        } = accepted;
        let planned: u64 = plan
            .iter()
            .map(|p| u64::try_from(p.events.len().saturating_add(p.rows.len())).unwrap_or(u64::MAX))
            .fold(self.ahead, u64::saturating_add);
        let mut seq = batch.next_seq().saturating_add(planned);
        let face = before.as_ref().map(views::Face::of);
        let mut state = before;
        for event in &decision.events {
            let meta = Meta {
                seq,
                at: self.now,
                actor: actor.clone(),
            };
            match (&mut state, event) {
                (None, CaseEvent::Opened(opened)) => state = Some(State::open(opened, &meta)),
                (Some(state), event) => state.evolve(event, &meta),
                (None, _) => return Err(Refusal::new("no_such_case").into()),
            }
            seq = seq.saturating_add(1);
        }
        let Some(after) = state else { return Ok(()) };
        plan.push(Planned {
            id,
            actor: actor.clone(),
            definition: mechanism.digest.clone(),
            events: decision.events,
            face,
            after,
            drafts: sealing.drafts,
            files,
            rows: Vec::new(),
        });
        let here = plan.len().saturating_sub(1);
        if plan.len() > EFFECTS_MAX {
            return Err(Failure::Fault(Error::Other(
                "a chain of effects does not end".to_owned(),
            )));
        }
        for effect in decision.effects {
            match effect {
                Effect::ChildAdded { parent, child } => {
                    self.follow(batch, plan, parent, &Command::AddChild { child })?;
                }
                Effect::ChildEnded { parent, child, kind } => {
                    self.follow(batch, plan, parent, &Command::EndChild { child, kind })?;
                }
                Effect::RowAdded(put) => self.row_added(batch, plan, here, actor, put)?,
                Effect::Opens(brought) => self.bring(batch, plan, *brought, None)?,
            }
        }
        Ok(())
    }

    /// Carries an effect out on another case, as the system.
    fn follow(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        id: CaseId,
        command: &Command,
    ) -> Result<(), Failure> {
        let before = self
            .take(batch, plan, id)?
            .ok_or_else(|| Refusal::new("no_such_case"))?;
        let mechanism = self.definition(&before)?;
        let actor = Actor::system();
        let decision = self.decide(batch, plan, &actor, &mechanism, Some(&before), command, None)?;
        let accepted = Accepted {
            id,
            actor: &actor,
            mechanism: &mechanism,
            before: Some(before),
            decision,
            sealing: Sealing::default(),
            files: Vec::new(),
        };
        self.accept(batch, plan, accepted)
    }

    /// Takes open cases over to the definition in force. Those whose stage is gone stay under their own.
    fn migrate(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        mechanism: &MechanismId,
        recount: bool,
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        let current = self
            .mechanisms
            .current(mechanism)
            .ok_or_else(|| Refusal::new("no_such_mechanism").with("mechanism", mechanism.as_str()))?;
        let (mut kept, mut last) = (Kept::nothing(), None);
        for id in views::open_cases(batch.connection(), mechanism)? {
            if kept.seqs.len() >= MIGRATED_MAX {
                break;
            }
            let Some(before) = self.take(batch, &[], id)? else {
                continue;
            };
            if before.mechanism.digest == current.digest {
                continue;
            }
            let command = Command::Migrate { recount };
            let decision = match self.decide(batch, &[], actor, &current, Some(&before), &command, None) {
                Ok(decision) => decision,
                Err(Failure::Refused(_)) => continue,
                Err(fault) => return Err(fault),
            };
            let mut plan = Vec::new();
            let accepted = Accepted {
                id,
                actor,
                mechanism: &current,
                before: Some(before),
                decision,
                sealing: Sealing::default(),
                files: Vec::new(),
            };
            self.accept(batch, &mut plan, accepted)?;
            let (mut some, appended) = self.write(batch, plan, None)?;
            kept.seqs.append(&mut some.seqs);
            last = appended.or(last);
        }
        Ok((kept, last, false))
    }

    fn tick(
        &mut self,
        batch: &mut Batch<'_>,
        cases: &[CaseId],
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        let mut kept = Kept {
            case: None,
            number: None,
            seqs: Vec::new(),
        };
        let mut last = None;
        for id in cases {
            let mut plan = Vec::new();
            let command = Command::Tick {
                beacon: Some(self.beacon.clone()),
            };
            match self.follow(batch, &mut plan, *id, &command) {
                Ok(()) => {}
                Err(Failure::Refused(refusal)) => {
                    // A clock that cannot be computed must not keep the others from firing.
                    tracing::error!(case = id.0, code = refusal.code, "a case could not be woken");
                    batch.connection().execute(
                        "UPDATE case_views SET wake_at = ?1 WHERE id = ?2",
                        (
                            self.now.as_microsecond().saturating_add(3_600_000_000),
                            i64::try_from(id.0).unwrap_or(i64::MAX),
                        ),
                    )?;
                    continue;
                }
                Err(fault) => return Err(fault),
            }
            let (mut some, appended) = self.write(batch, plan, None)?;
            kept.seqs.append(&mut some.seqs);
            last = appended.or(last);
        }
        Ok((kept, last, false))
    }

    /// Writes what was planned: sealed values and files first, then the events that name them, then the views.
    pub(crate) fn write(
        &mut self,
        batch: &mut Batch<'_>,
        plan: Vec<Planned>,
        mut cause: Option<Cause>,
    ) -> Result<(Kept, Option<Appended>), Failure> {
        let mut kept = Kept {
            case: plan.first().map(|p| p.id),
            number: None,
            seqs: Vec::new(),
        };
        kept.number = plan
            .first()
            .and_then(|p| p.after.number.as_ref())
            .map(|number| number.text.clone());
        let mut last = None;
        for planned in plan {
            let subject = format!("case/{}", planned.id);
            for draft in &planned.drafts {
                batch.put_sealed(&subject, draft)?;
            }
            for file in &planned.files {
                batch.put_blob(&subject, file)?;
            }
            let definition = planned.definition.as_str().parse().ok();
            let actor = log_actor(&planned.actor);
            for event in &planned.events {
                let (name, body) = event.stored();
                let appended = batch.append(&NewEntry {
                    at: self.now,
                    stream: subject.clone(),
                    kind: name.clone(),
                    version: VERSION,
                    actor: actor.clone(),
                    definition,
                    cause: cause.clone(),
                    body,
                })?;
                kept.seqs.push((appended.seq, name));
                last = Some(appended);
            }
            // What follows in other streams was caused by the last entry of the first.
            cause = last.map(|appended| Cause::Entry(appended.seq)).or(cause);
            for put in planned.rows {
                let (name, body) = WorldEvent::RowPut(put).stored();
                let appended = batch.append(&NewEntry {
                    at: self.now,
                    stream: WORLD.to_owned(),
                    kind: name.clone(),
                    version: VERSION,
                    actor: log_actor(&planned.actor),
                    definition: planned.definition.as_str().parse().ok(),
                    cause: cause.clone(),
                    body,
                })?;
                kept.seqs.push((appended.seq, name));
                last = Some(appended);
            }
            let title = planned.events.iter().rev().find_map(|event| match event {
                CaseEvent::Opened(opened) => Some(&opened.title),
                CaseEvent::Amended(amended) => amended.title.as_ref(),
                _ => None,
            });
            let plain = match title {
                Some(title) => Some(batch.unseal(&title.as_str().parse()?)?),
                None => None,
            };
            let title = match &plain {
                Some(plain) => views::Title::Set(plain.as_deref()),
                None => views::Title::Keep,
            };
            let listing = views::project_change(
                batch.connection(),
                planned.face.as_ref(),
                &planned.after,
                &planned.events,
                &title,
            )?;
            views::project_brought(batch.connection(), &planned.after, &planned.events)?;
            self.listed.extend(listing);
            self.cache.insert(planned.id, planned.after);
        }
        Ok((kept, last))
    }

    /// The state of a case, out of the memory. What is written puts the next one there; after a refusal it is read
    /// again from the read models, where this transaction's own changes stand too.
    pub(crate) fn take(
        &mut self,
        batch: &Batch<'_>,
        plan: &[Planned],
        id: CaseId,
    ) -> Result<Option<State>, Failure> {
        if let Some(planned) = plan.iter().rev().find(|planned| planned.id == id) {
            return Ok(Some(planned.after.clone()));
        }
        if let Some(state) = self.cache.remove(&id) {
            return Ok(Some(state));
        }
        Ok(views::state(batch.connection(), id)?)
    }

    fn knows(&self, batch: &Batch<'_>, plan: &[Planned], id: CaseId) -> Result<bool, Failure> {
        Ok(plan.iter().any(|planned| planned.id == id)
            || self.cache.contains_key(&id)
            || views::state(batch.connection(), id)?.is_some())
    }

    fn definition(&self, state: &State) -> Result<Arc<Mechanism>, Failure> {
        self.mechanisms.by_digest(&state.mechanism.digest).ok_or_else(|| {
            Failure::Fault(Error::Other(format!(
                "the definition of case {} ({}) is not in the log",
                state.id, state.mechanism.digest
            )))
        })
    }

    fn change_world(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        key: &str,
        changes: Vec<WorldChange>,
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        let key = format!("{}/{key}", actor.person);
        if let Some(kept) = batch.command_answer(&key)? {
            let kept: Kept = serde_json::from_str(&kept).map_err(Error::from)?;
            return Ok((kept, None, true));
        }
        // Packs are compiled before anything is written: an unsound one is never adopted.
        let adopts = changes
            .iter()
            .any(|change| matches!(change.event, WorldEvent::PackAdopted(_)));
        let compiled = if adopts {
            let mut packs = self.world.packs.clone();
            for change in &changes {
                if let WorldEvent::PackAdopted(e) = &change.event {
                    packs.insert(e.pack.clone(), (e.digest.clone(), Arc::new(e.files.clone())));
                }
            }
            Some(self.mechanisms.adopt(&packs)?)
        } else {
            None
        };
        let mut kept = Kept {
            case: None,
            number: None,
            seqs: Vec::new(),
        };
        let mut last = None;
        for change in changes {
            for (subject, draft) in &change.texts {
                batch.put_sealed(subject, draft)?;
            }
            for (subject, file) in &change.files {
                batch.put_blob(subject, file)?;
            }
            let (name, body) = change.event.stored();
            let appended = batch.append(&NewEntry {
                at: self.now,
                stream: WORLD.to_owned(),
                kind: name.clone(),
                version: VERSION,
                actor: log_actor(actor),
                definition: None,
                cause: Some(Cause::Command(bihuan_ledger::Digest::of(key.as_bytes()))),
                body,
            })?;
            kept.seqs.push((appended.seq, name));
            last = Some(appended);
            Arc::make_mut(self.world).evolve(change.event, actor, self.now);
        }
        if let Some(compiled) = compiled {
            *self.mechanisms = Arc::new(compiled);
        }
        let json = serde_json::to_string(&kept).map_err(Error::from)?;
        batch.remember(&key, &json)?;
        Ok((kept, last, false))
    }
}

/// The cases around the one that is decided, as the plan would leave them.
struct Kin<'g, 'a, 'b, 'c> {
    group: &'g Group<'a>,
    batch: &'g Batch<'b>,
    plan: &'c [Planned],
}

impl Family for Kin<'_, '_, '_, '_> {
    fn show(&self, case: CaseId, see: &mut dyn FnMut(&State)) {
        if let Some(planned) = self.plan.iter().rev().find(|planned| planned.id == case) {
            see(&planned.after);
        } else if let Some(state) = self.group.cache.get(&case) {
            see(state);
        } else if let Ok(Some(state)) = views::state(self.batch.connection(), case) {
            see(&state);
        }
    }
}

struct Accepted<'a> {
    id: CaseId,
    actor: &'a Actor,
    mechanism: &'a Mechanism,
    before: Option<State>,
    decision: Decision,
    sealing: Sealing,
    files: Vec<Arc<bihuan_ledger::StagedBlob>>,
}

fn reply_of(job: Job) -> Reply {
    match job {
        Job::Submit { reply, .. }
        | Job::World { reply, .. }
        | Job::Erase { reply, .. }
        | Job::Migrate { reply, .. }
        | Job::Schedules { reply }
        | Job::Tick { reply, .. } => reply,
    }
}

pub(crate) fn log_actor(actor: &Actor) -> bihuan_ledger::Actor {
    if actor.is_system() {
        return bihuan_ledger::Actor::default();
    }
    bihuan_ledger::Actor {
        person: Some(actor.person.to_string()),
        post: Some(actor.post.to_string()),
        on_behalf_of: actor.on_behalf_of.as_ref().map(ToString::to_string),
        session: actor.session.as_ref().map(ToString::to_string),
    }
}
