//! The engine's front: submissions in, answers and views out, timers in between.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bihuan_domain::event::{PackAdopted, RowPut, WorldEvent};
use bihuan_domain::id::{CaseId, Digest, PackId, Sealed};
use bihuan_domain::org::Actor;
use bihuan_domain::value::Value;
use bihuan_domain::verification::Beacon;
use bihuan_domain::world::World;
use bihuan_ledger::{Ledger, SealDraft, StagedBlob};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{oneshot, watch};

use crate::access::Sight;
use crate::answer::Answer;
use crate::assessment::Computed;
use crate::custody;
use crate::error::{Error, Failure};
use crate::indicators::Tallies;
use crate::mechanisms::Mechanisms;
use crate::queue::queue;
use crate::time::TimeSource;
use crate::upload::{Upload, Uploads, sniff};
use crate::views::{self, Views};
use crate::wire::{Order, Submission};
use crate::writer::{Desk, FILLED_MAX, Job, Shared, WorldChange};

mod told;

use told::load_world;

/// Up to so many cases the roll is read before the engine is there: some ten milliseconds.
const LISTED_AT_ONCE: u64 = 5_000;

/// Up to so many it is read beside the engine's first steps; beyond, when somebody asks for a list. Timers, commands, desks
/// and pages of cases never need it.
const LISTED_BESIDE: u64 = 2_000_000;

/// Cases woken in one commit group.
const WAKE_MAX: u32 = 200;

/// One jurisdiction that runs: the writer's thread, the shared state, the ledger.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

/// A handle that does not keep the engine running.
pub(crate) struct WeakEngine(std::sync::Weak<Inner>);

impl WeakEngine {
    /// The engine, while anybody else holds it.
    pub(crate) fn upgrade(&self) -> Option<Engine> {
        self.0.upgrade().map(Engine)
    }
}

struct Inner {
    ledger: Ledger,
    shared: Arc<Shared>,
    jobs: Sender<Job>,
    time: Arc<dyn TimeSource>,
    /// The threads of the writer and, after the start, of the roll.
    running: Mutex<Vec<std::thread::JoinHandle<()>>>,
    /// One sweep of the timers at a time.
    sweeping: Mutex<()>,
    tallies: Arc<Tallies>,
    threads: crate::documents::threads::Kept,
    processes: crate::process::Kept,
    compared: crate::assessment::Compared,
}

/// How the read models were when the engine started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Entries in the log.
    pub entries: u64,
    /// Whether the read models had to be made anew because they lagged behind the log.
    pub rebuilt: bool,
}

/// What a sweep of the timers did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CatchUp {
    /// Cases looked at.
    pub cases: u64,
    /// Events recorded.
    pub events: u64,
}

impl Engine {
    /// Makes a new data directory for a log named `origin`.
    ///
    /// # Errors
    ///
    /// If the directory is not empty or cannot be written.
    pub fn create(dir: &Path, origin: &str, time: Arc<dyn TimeSource>) -> Result<Engine, Error> {
        let ledger = Ledger::create(dir, origin)?;
        Engine::start(ledger, time, false).map(|(engine, _)| engine)
    }

    /// As [`Engine::create`], for a sample that is made anew if anything happens while it is made: commits do not wait
    /// for the disk, all is brought there when the last handle is gone.
    ///
    /// # Errors
    ///
    /// As for [`Engine::create`].
    pub fn create_hastily(dir: &Path, origin: &str, time: Arc<dyn TimeSource>) -> Result<Engine, Error> {
        let ledger = Ledger::create(dir, origin)?;
        Engine::start(ledger, time, true).map(|(engine, _)| engine)
    }

    /// Opens a data directory, takes its lease and starts the writer. Read models that lag are made anew.
    ///
    /// # Errors
    ///
    /// If the directory is damaged, foreign, newer than this program or held by another process; each says which.
    pub fn open(dir: &Path, time: Arc<dyn TimeSource>) -> Result<(Engine, Opening), Error> {
        Engine::start(Ledger::open(dir)?, time, false)
    }

    fn start(ledger: Ledger, time: Arc<dyn TimeSource>, hasty: bool) -> Result<(Engine, Opening), Error> {
        let mut writer = ledger.writer()?;
        if hasty {
            writer.wait_for_disk(false)?;
        }
        let now = time.now();
        let (world, mechanisms) = load_world(&ledger)?;
        let (entries, rebuilt, cases) = {
            let batch = writer.begin(now)?;
            views::create(batch.connection())?;
            let (applied, mut cases) = views::applied(batch.connection())?;
            let entries = batch.next_seq();
            let rebuilt = applied != entries;
            if rebuilt {
                tracing::warn!(
                    applied,
                    entries,
                    "the read models lag behind the log and are made anew"
                );
                views::rebuild(batch.connection(), &ledger.reader()?, &mut |_| {})?;
                cases = views::applied(batch.connection())?.1;
            }
            mechanisms.measures().enter(batch.connection())?;
            mechanisms.measures().fill(batch.connection(), FILLED_MAX)?;
            batch.commit()?;
            (entries, rebuilt, cases)
        };
        let head = writer.head();
        let beacon = Beacon {
            size: head.size,
            root: head.root.hex(),
        };
        let (world, mechanisms) = (Arc::new(world), Arc::new(mechanisms));
        let shared = Arc::new(Shared {
            world: RwLock::new(world.clone()),
            mechanisms: RwLock::new(mechanisms.clone()),
            uploads: Mutex::new(Uploads::default()),
            beacon: RwLock::new(beacon),
            seq: watch::channel(entries).0,
            roll: Arc::new(views::Awaited::new(&ledger)),
        });
        let desk = Desk {
            writer,
            shared: shared.clone(),
            time: time.clone(),
            world,
            mechanisms,
            memory: Default::default(),
            listed: Vec::new(),
            cases,
            scheduled: None,
            // Nothing is left to be filled more often than not; the writer finds that out.
            filling: true,
            hasty,
        };
        let (jobs, receiver) = queue();
        let thread = std::thread::Builder::new()
            .name("bihuan-writer".to_owned())
            .spawn(move || desk.run(receiver))
            .map_err(|e| Error::Other(e.to_string()))?;
        let mut running = vec![thread];
        if cases <= LISTED_AT_ONCE {
            shared.roll.roll()?;
        } else if cases <= LISTED_BESIDE {
            let roll = shared.roll.clone();
            let listing = std::thread::Builder::new().name("bihuan-roll".to_owned());
            let listing = listing.spawn(move || match roll.roll() {
                Ok(_) | Err(Error::Stopped) => {}
                // Who asks for a list tries again and is told.
                Err(error) => tracing::error!(%error, "the roll of cases cannot be read"),
            });
            running.push(listing.map_err(|e| Error::Other(e.to_string()))?);
        }
        let inner = Inner {
            ledger,
            shared,
            jobs,
            time,
            running: Mutex::new(running),
            sweeping: Mutex::new(()),
            tallies: Arc::default(),
            threads: Default::default(),
            processes: Default::default(),
            compared: Default::default(),
        };
        Ok((Engine(Arc::new(inner)), Opening { entries, rebuilt }))
    }

    /// A handle that does not keep the engine running.
    pub(crate) fn downgrade(&self) -> WeakEngine {
        WeakEngine(Arc::downgrade(&self.0))
    }

    /// The present instant of this engine.
    pub fn now(&self) -> Timestamp {
        self.0.time.now()
    }

    /// The ledger under it.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// Org, registers, calendars, packs, documents, bulletins as of the last commit.
    pub fn world(&self) -> Arc<World> {
        self.0
            .shared
            .world
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The compiled mechanisms.
    pub fn mechanisms(&self) -> Arc<Mechanisms> {
        self.0
            .shared
            .mechanisms
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The newest signed checkpoint.
    pub fn beacon(&self) -> Beacon {
        self.0
            .shared
            .beacon
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Wakes whoever waits for news: carries the number of log entries after each commit.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.shared.seq.subscribe()
    }

    /// A reader of the views and the log.
    ///
    /// # Errors
    ///
    /// If the database cannot be opened.
    pub fn views(&self) -> Result<Views, Error> {
        Ok(Views::new(
            self.0.ledger.reader()?,
            self.0.shared.roll.clone(),
            self.0.tallies.clone(),
        ))
    }

    /// Puts lists in order beside everything else, so that whoever asks first does not wait for it.
    pub fn put_lists_in_order(&self) {
        let engine = self.clone();
        std::thread::spawn(move || {
            if let Err(error) = engine.views().and_then(|views| views.put_in_order()) {
                tracing::error!(%error, "lists could not be put in order; they will be when somebody asks for one");
            }
        });
    }

    /// Whether a case may be seen, from memory; `None` where there is no such case or lists were not read yet.
    pub fn shows(&self, case: CaseId, sight: &Sight) -> Option<bool> {
        self.0.shared.roll.ready()?.shows(case, sight)
    }

    /// Results of assessments that were compared.
    pub(crate) fn compared(&self) -> &crate::assessment::Compared {
        &self.0.compared
    }

    /// The processes that were computed at the newest head.
    pub(crate) fn processes(&self) -> &crate::process::Kept {
        &self.0.processes
    }

    /// What is kept of documents for their threads.
    pub(crate) fn threads_kept(&self) -> &crate::documents::threads::Kept {
        &self.0.threads
    }

    /// Submits a command; the answer comes when it is on the disk. For asynchronous callers.
    pub async fn submit(&self, actor: &Actor, submission: Submission) -> Result<Answer, Failure> {
        self.send(actor, submission)
            .await
            .map_err(|_| Failure::Fault(Error::Stopped))?
    }

    /// As [`Engine::submit`], for callers that may block.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] with the rule and what would be allowed, or a fault; in both cases nothing has changed.
    pub fn submit_blocking(&self, actor: &Actor, submission: Submission) -> Result<Answer, Failure> {
        self.send(actor, submission)
            .blocking_recv()
            .map_err(|_| Failure::Fault(Error::Stopped))?
    }

    /// Sends a command and gives back where the answer will arrive, so that many can be under way at once.
    pub fn send(&self, actor: &Actor, submission: Submission) -> oneshot::Receiver<Result<Answer, Failure>> {
        let (reply, answer) = oneshot::channel();
        let (actor, submission) = (actor.clone(), Box::new(submission));
        let Order::Compute { register, period } = &submission.order else {
            self.queue(actor, submission, None, reply);
            return answer;
        };
        // A result is computed beside the writer, on one state of the read models, and the writer only puts it down.
        let (engine, register, period) = (self.clone(), register.clone(), period.clone());
        let computing = std::thread::Builder::new().name("bihuan-assess".to_owned());
        let started = computing.spawn(move || {
            let computed = crate::assessment::computed(&engine, &actor, &register, &period);
            engine.queue(actor, submission, Some(Box::new(computed)), reply);
        });
        if let Err(error) = started {
            tracing::error!(%error, "no thread to compute an assessment in");
        }
        answer
    }

    fn queue(
        &self,
        actor: Actor,
        submission: Box<Submission>,
        computed: Option<Box<Result<Computed, Failure>>>,
        reply: oneshot::Sender<Result<Answer, Failure>>,
    ) {
        // A stopped writer drops the job and with it `reply`, which the receiver sees.
        let _ = self.0.jobs.send(Job::Submit {
            actor,
            submission,
            computed,
            reply,
        });
    }

    /// How many entries the shared state has taken in: the world is as of them.
    pub(crate) fn published(&self) -> u64 {
        *self.0.shared.seq.borrow()
    }

    /// Changes the jurisdiction: org, registers, calendars, packs, settings, documents, bulletins. All or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Unsound`] for a pack that does not pass the checker; faults of the log.
    pub fn change(&self, actor: &Actor, key: &str, changes: Vec<WorldChange>) -> Result<Answer, Failure> {
        self.send_change(actor, key, changes)
            .blocking_recv()
            .map_err(|_| Failure::Fault(Error::Stopped))?
    }

    /// As [`Engine::change`], for asynchronous callers.
    pub async fn change_async(
        &self,
        actor: &Actor,
        key: &str,
        changes: Vec<WorldChange>,
    ) -> Result<Answer, Failure> {
        self.send_change(actor, key, changes)
            .await
            .map_err(|_| Failure::Fault(Error::Stopped))?
    }

    fn send_change(
        &self,
        actor: &Actor,
        key: &str,
        changes: Vec<WorldChange>,
    ) -> oneshot::Receiver<Result<Answer, Failure>> {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.jobs.send(Job::World {
            actor: actor.clone(),
            key: key.to_owned(),
            changes,
            reply,
        });
        answer
    }

    /// Fires everything that is due by now, in the order in which it was due. Blocks until done.
    ///
    /// # Errors
    ///
    /// Faults of the log; what had fired before stays fired.
    pub fn catch_up(&self) -> Result<CatchUp, Failure> {
        let mut done = self.sweep()?;
        // Bulletins come last: what was due by now stands in them.
        done.events = done.events.saturating_add(crate::bulletin::on_time(self)?);
        Ok(done)
    }

    fn sweep(&self) -> Result<CatchUp, Failure> {
        let _one = self.0.sweeping.lock().unwrap_or_else(PoisonError::into_inner);
        let mut done = CatchUp::default();
        let opened = self.open_scheduled()?;
        done.events = done
            .events
            .saturating_add(u64::try_from(opened.events.len()).unwrap_or(u64::MAX));
        loop {
            let reader = self.0.ledger.reader()?;
            let cases = views::due_cases(reader.connection(), self.now(), WAKE_MAX)?;
            drop(reader);
            if cases.is_empty() {
                return Ok(done);
            }
            let woken = u64::try_from(cases.len()).unwrap_or(u64::MAX);
            let answer = self.wake(cases)?;
            let events = u64::try_from(answer.events.len()).unwrap_or(u64::MAX);
            done.cases = done.cases.saturating_add(woken);
            done.events = done.events.saturating_add(events);
            if events == 0 {
                // Nothing fired although something was due: leave it to the next sweep rather than spin.
                return Ok(done);
            }
        }
    }

    /// Gives the writer a job; a stopped writer drops it and with it the sender of its answer.
    pub(crate) fn send_job(&self, job: Job) {
        let _ = self.0.jobs.send(job);
    }

    fn open_scheduled(&self) -> Result<Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.jobs.send(Job::Schedules { reply });
        answer
            .blocking_recv()
            .map_err(|_| Failure::Fault(Error::Stopped))?
    }

    fn wake(&self, cases: Vec<CaseId>) -> Result<Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.jobs.send(Job::Tick { cases, reply });
        answer
            .blocking_recv()
            .map_err(|_| Failure::Fault(Error::Stopped))?
    }

    /// Moves a movable clock forward and fires what became due. `false` where the clock cannot be moved.
    ///
    /// # Errors
    ///
    /// As for [`Engine::catch_up`].
    pub fn advance(&self, by: SignedDuration) -> Result<bool, Failure> {
        if !self.0.time.advance(by) {
            return Ok(false);
        }
        self.catch_up()?;
        Ok(true)
    }

    /// Fires timers in a thread of its own, every `period`, until the last handle on the engine is gone.
    pub fn run_timers(&self, period: std::time::Duration) {
        let weak = Arc::downgrade(&self.0);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(period);
                let Some(inner) = weak.upgrade() else { return };
                if let Err(failure) = Engine(inner).catch_up() {
                    tracing::error!(%failure, "timers could not fire; they will with their original due times");
                }
            }
        });
    }

    /// Takes a file in: sniffs it, encrypts it, brings it to the disk. The token goes into the command that names it.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] for an empty file or a kind that is not taken; faults of the disk, or a file over 50 MB.
    pub fn upload(&self, name: &str, bytes: &[u8]) -> Result<String, Failure> {
        let media = sniff(bytes)?;
        let blob = Arc::new(self.0.ledger.stage_blob(bytes)?);
        let token = crate::chance::token()?;
        let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let upload = Upload {
            blob,
            name,
            media,
            bytes: size,
            at: self.now(),
        };
        self.0
            .shared
            .uploads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .put(token.clone(), upload);
        Ok(token)
    }

    /// Stages a file that a change of the jurisdiction will name.
    ///
    /// # Errors
    ///
    /// Faults of the disk, or a file over 50 MB.
    pub fn stage(&self, bytes: &[u8]) -> Result<Arc<StagedBlob>, Error> {
        Ok(Arc::new(self.0.ledger.stage_blob(bytes)?))
    }

    /// A sealed text for a change of the jurisdiction: the reference that goes into the event, and the draft.
    ///
    /// # Errors
    ///
    /// If the text is too long.
    pub fn seal(text: &str) -> Result<(Sealed, SealDraft), Error> {
        let draft = SealDraft::new(text)?;
        Ok((Sealed::new(draft.commitment().to_string()), draft))
    }

    /// A pack's change, from its files.
    pub fn adopt_pack(pack: &PackId, files: BTreeMap<String, String>) -> WorldChange {
        let mut text = String::new();
        for (path, content) in &files {
            text.push_str(&format!("{path}\n{}\n{content}", content.len()));
        }
        let digest = Digest::new(bihuan_ledger::Digest::of(text.as_bytes()).to_string());
        WorldEvent::PackAdopted(PackAdopted {
            pack: pack.clone(),
            digest,
            files,
        })
        .into()
    }

    /// The changes that put a pack's sample rows into their registers.
    ///
    /// # Errors
    ///
    /// If a text is too long to be sealed.
    pub fn sample_rows(pack: &bihuan_mechanism::Pack) -> Result<Vec<WorldChange>, Error> {
        let mut changes = Vec::with_capacity(pack.rows.len());
        for row in &pack.rows {
            let mut texts = Vec::new();
            let mut values = BTreeMap::new();
            for (field, input) in &row.values {
                let value = match input {
                    bihuan_mechanism::Input::Value(value) => value.clone(),
                    bihuan_mechanism::Input::Text(plain) => {
                        let (sealed, draft) = Engine::seal(plain)?;
                        let spec = pack.registers.iter().find(|spec| spec.id == row.register);
                        texts.push((custody::row_subject(spec, &row.register, &row.row), draft));
                        Value::Sealed(sealed)
                    }
                };
                values.insert(field.clone(), value);
            }
            let event = WorldEvent::RowPut(RowPut {
                register: row.register.clone(),
                row: row.row.clone(),
                values,
            });
            changes.push(WorldChange {
                event,
                texts,
                files: Vec::new(),
            });
        }
        Ok(changes)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let (closed, _) = queue();
        drop(std::mem::replace(&mut self.jobs, closed));
        self.shared.roll.stop();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in running.drain(..) {
            if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
                tracing::error!(
                    "a thread of the engine ended in a defect; the log is whole up to its last commit"
                );
            }
        }
    }
}
