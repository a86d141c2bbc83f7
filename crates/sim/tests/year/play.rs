//! Playing the turns of a year on a county, and finding the fewest turns that still break a law.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Mutex;

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::id::{CaseId, PersonId};
use bihuan_domain::org::Actor;
use bihuan_engine::{Failure, Order, Submission};
use bihuan_ledger::Checkpoint;
use bihuan_sim::rng::Rng;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::county::County;
use crate::turns::{Turn, What};

/// A law that broke, and at which turn.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) turn: usize,
    pub(crate) what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after turn {}: {}", self.turn, self.what)
    }
}

/// What was acknowledged: the key under which, by whom, what, and the entries that the answer names.
#[derive(Clone)]
pub(crate) struct Acknowledged {
    pub(crate) actor: Actor,
    pub(crate) submission: Submission,
    pub(crate) entries: Vec<(u64, String)>,
}

/// How often the whole log and its read models are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// After every fault, every forty turns and at the end: it takes three times as long.
    Closely,
    /// At the end; what was acknowledged after every fault, the cases touched after every turn.
    InStride,
}

/// A year under way: the county, and beside it what whoever watches it knows by himself.
pub(crate) struct Year {
    /// `None` only while it is stopped.
    pub(crate) county: Option<County>,
    pub(crate) rng: Rng,
    /// Every case as the events make it, applied one by one here.
    pub(crate) cases: BTreeMap<CaseId, State>,
    /// Entries seen.
    pub(crate) seen: u64,
    /// How often each event came about; faults of the disk that struck under `disk.failed`.
    pub(crate) kinds: BTreeMap<String, u64>,
    /// Cases touched since the last look.
    pub(crate) touched: BTreeSet<CaseId>,
    pub(crate) acknowledged: Vec<Acknowledged>,
    pub(crate) checkpoints: Vec<Checkpoint>,
    /// Who is on leave until when.
    pub(crate) leave: BTreeMap<PersonId, Date>,
    /// When a calendar last changed: what was over then stays as it was.
    pub(crate) calendar_changed: Timestamp,
    pub(crate) notices: u32,
    pub(crate) pace: Pace,
    keys: u32,
}

pub(crate) type Check = Result<(), String>;

/// One county at a time: salts follow from a seed for the whole process.
static ONE: Mutex<()> = Mutex::new(());
/// The whole log is checked every so many turns, and at the end.
const WHOLE_EVERY: usize = 40;

/// How a year ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Played {
    /// Size and root of its log.
    pub(crate) head: String,
    /// How often each event came about.
    pub(crate) kinds: BTreeMap<String, u64>,
}

/// Plays a year; how it ended, or the law that broke.
pub(crate) fn play(seed: u64, turns: &[Turn], pace: Pace) -> Result<Played, Broken> {
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    bihuan_ledger::simulation::seed(Some(seed));
    let mut year = Year {
        county: Some(County::found()),
        rng: Rng::new(seed),
        cases: BTreeMap::new(),
        seen: 0,
        kinds: BTreeMap::new(),
        touched: BTreeSet::new(),
        acknowledged: Vec::new(),
        checkpoints: Vec::new(),
        leave: BTreeMap::new(),
        calendar_changed: Timestamp::UNIX_EPOCH,
        notices: 0,
        pace,
        keys: 0,
    };
    let broken = |turn| move |what| Broken { turn, what };
    for (at, turn) in turns.iter().enumerate() {
        year.rng = Rng::new(turn.seed);
        year.turn(turn).map_err(broken(at))?;
        if pace == Pace::Closely && at % WHOLE_EVERY == WHOLE_EVERY - 1 {
            year.whole().map_err(broken(at))?;
        }
    }
    year.whole().map_err(broken(turns.len()))?;
    let head = year.county().engine.ledger().reader().unwrap().head().unwrap();
    bihuan_ledger::simulation::seed(None);
    Ok(Played {
        head: format!("{} {}", head.size, head.root.hex()),
        kinds: year.kinds,
    })
}

/// Leaves out what can be left out: halves, quarters, and so on down to single turns.
pub(crate) fn shrink(seed: u64, turns: Vec<Turn>, broken: Broken) -> (Vec<Turn>, Broken) {
    let (mut fewest, mut last) = (turns, broken);
    fewest.truncate(last.turn + 1);
    let mut size = fewest.len().div_ceil(2);
    loop {
        let mut from = 0;
        while from < fewest.len() {
            let mut without = fewest.clone();
            let cut: Vec<Turn> = without.drain(from..(from + size).min(fewest.len())).collect();
            // Time goes on all the same.
            if let Some(next) = without.get_mut(from) {
                next.minutes += cut.iter().map(|turn| turn.minutes).sum::<i64>();
            }
            match play(seed, &without, Pace::Closely) {
                Err(broken) => (fewest, last) = (without, broken),
                Ok(_) => from += size,
            }
        }
        if size == 1 {
            return (fewest, last);
        }
        size = size.div_ceil(2);
    }
}

impl Year {
    pub(crate) fn county(&self) -> &County {
        self.county.as_ref().unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.county().engine.now()
    }

    pub(crate) fn today(&self) -> Date {
        date_of(self.now())
    }

    fn turn(&mut self, turn: &Turn) -> Check {
        self.county()
            .time
            .set(self.now() + SignedDuration::from_mins(turn.minutes));
        self.fire()?;
        match turn.what {
            What::Work => self.work()?,
            What::Open => self.open()?,
            What::Ask => self.ask()?,
            What::Dispatch => self.dispatch()?,
            What::Stranger => self.stranger()?,
            What::Twice => self.twice()?,
            What::TooLate => self.too_late()?,
            What::Rules => self.rules()?,
            What::Calendar => self.calendar()?,
            What::Personnel => self.personnel()?,
            What::Restart => self.restart(false)?,
            What::Crash => self.restart(true)?,
            What::DiskFails => self.disk_fails()?,
            What::ClockBack => self.clock_back()?,
            What::Asleep => self.asleep()?,
            What::Sabotage => self.sabotage(),
        }
        self.look()
    }

    /// Fires what is due, and sees that nothing due is left and nothing fires twice.
    pub(crate) fn fire(&mut self) -> Check {
        let engine = self.county().engine.clone();
        engine
            .catch_up()
            .map_err(|failure| format!("timers: {failure}"))?;
        self.look()?;
        let again = engine
            .catch_up()
            .map_err(|failure| format!("timers: {failure}"))?;
        self.look()?;
        // A lot may have become possible with the checkpoint of the first sweep; clocks may not.
        if again.events > 0 {
            let more = engine
                .catch_up()
                .map_err(|failure| format!("timers: {failure}"))?;
            self.look()?;
            if more.events > 0 {
                return Err(format!(
                    "law 4: a third sweep at one instant fired {} events",
                    more.events
                ));
            }
        }
        self.nothing_due_is_left()
    }

    /// Submits a command. What is refused or fails has changed nothing; what is acknowledged is in the log.
    pub(crate) fn submit(&mut self, actor: &Actor, order: Order) -> Result<Result<(), Failure>, String> {
        self.keys += 1;
        let submission = Submission::new(format!("k{}", self.keys), order);
        self.submit_as(actor, submission)
    }

    pub(crate) fn submit_as(
        &mut self,
        actor: &Actor,
        submission: Submission,
    ) -> Result<Result<(), Failure>, String> {
        let before = self.size();
        let answer = self.county().engine.submit_blocking(actor, submission.clone());
        let grown = self.size() - before;
        match answer {
            Ok(answer) => {
                let entries: Vec<(u64, String)> = answer
                    .events
                    .into_iter()
                    .map(|event| (event.seq, event.name))
                    .collect();
                if !answer.duplicate && u64::try_from(entries.len()).unwrap() != grown {
                    return Err(format!(
                        "law 8: {} events were acknowledged, {grown} are there",
                        entries.len()
                    ));
                }
                self.acknowledged.push(Acknowledged {
                    actor: actor.clone(),
                    submission,
                    entries,
                });
                Ok(Ok(()))
            }
            Err(_) if grown > 0 => Err(format!(
                "law 8: refused, and {grown} entries are there all the same"
            )),
            Err(failure) => Ok(Err(failure)),
        }
    }

    /// As [`Year::submit`], where no fault is on the way.
    pub(crate) fn order(&mut self, actor: &Actor, order: Order) -> Check {
        match self.submit(actor, order)? {
            Ok(()) | Err(Failure::Refused(_)) => Ok(()),
            Err(Failure::Fault(error)) => Err(format!("a fault out of nothing: {error}")),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.county()
            .engine
            .ledger()
            .reader()
            .unwrap()
            .head()
            .unwrap()
            .size
    }
}
