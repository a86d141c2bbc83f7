//! The cases of a log, folded as fast as the machine reads: what concerns a scheme is taken in on all cores, the rest is not
//! even parsed.
//!
//! Threads take turns over the log: each reads its stretch, hands every event to the thread that keeps its case, and folds
//! what the others hand over, stretch by stretch in the order of the log. So every case sees its events in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, channel};

use bihuan_domain::assessment::{Counting, Piece, about_case, case_row, tells_nothing};
use bihuan_domain::case::{Meta, State};
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{CaseId, MechanismId, UnitId};
use bihuan_ledger::{Entry, EntryText, Reader};
use jiff::Timestamp;
use jiff::civil::Date;

use super::change::Change;
use crate::error::{Error, Failure};
use crate::views::actor_of;

/// Entries that a thread reads at a time.
const STRETCH: u64 = 2_048;
/// Threads at most: beyond it the disk is what is waited for.
const THREADS_MAX: usize = 8;

/// What is wanted of the cases.
pub(super) struct Wanted<'a> {
    /// Size of the log.
    pub(super) size: u64,
    /// What is counted of cases, by its place in the scheme.
    pub(super) countings: Vec<(usize, &'a Counting, MechanismId)>,
    /// Cases to which rows belong that are counted.
    pub(super) about: BTreeSet<CaseId>,
    /// Mechanisms whose states are needed themselves.
    pub(super) whole: BTreeSet<MechanismId>,
    /// What expressions call `today`.
    pub(super) today: Timestamp,
    /// The change to one entry, where one is tried.
    pub(super) change: Option<&'a Change>,
}

/// What came of the cases.
#[derive(Default)]
pub(super) struct Folded {
    /// What cases add, by the place of the measure.
    pub(super) pieces: Vec<(usize, CaseId, Piece)>,
    /// Of whom the wanted cases are, and since when.
    pub(super) about: BTreeMap<CaseId, (UnitId, Date)>,
    /// The wanted states.
    pub(super) states: BTreeMap<CaseId, State>,
}

/// An event on its way to the thread that keeps its case.
type Step = (CaseId, Meta, CaseEvent);

/// Folds the cases of a log.
///
/// # Errors
///
/// If the log cannot be read or holds an event that this program does not know.
pub(super) fn fold(log: &Reader, wanted: &Wanted<'_>) -> Result<Folded, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(THREADS_MAX));
    let mut senders: Vec<Vec<Sender<Vec<Step>>>> = (0..threads).map(|_| Vec::new()).collect();
    let mut receivers: Vec<Vec<Receiver<Vec<Step>>>> = (0..threads).map(|_| Vec::new()).collect();
    for from in &mut senders {
        for to in &mut receivers {
            let (sender, receiver) = channel();
            from.push(sender);
            to.push(receiver);
        }
    }
    let ends = senders.into_iter().zip(receivers).enumerate();
    let ledger = log.ledger();
    let parts: Vec<Result<Folded, Failure>> = std::thread::scope(|scope| {
        let hands = ends.map(|(place, (to, from))| {
            scope.spawn(move || {
                let log = ledger.reader()?;
                Hand {
                    log: &log,
                    wanted,
                    place,
                    to,
                    from,
                }
                .fold()
            })
        });
        let hands: Vec<_> = hands.collect();
        let joined = hands.into_iter().map(|hand| {
            let ended = hand.join();
            ended.unwrap_or_else(|_| Err(Error::Other("a thread ended in a defect".to_owned()).into()))
        });
        joined.collect()
    });
    let mut all = Folded::default();
    for part in parts {
        let part = part?;
        all.pieces.extend(part.pieces);
        all.about.extend(part.about);
        all.states.extend(part.states);
    }
    Ok(all)
}

/// One thread's part.
struct Hand<'a> {
    log: &'a Reader,
    wanted: &'a Wanted<'a>,
    place: usize,
    /// To each thread, this one included.
    to: Vec<Sender<Vec<Step>>>,
    /// From each thread.
    from: Vec<Receiver<Vec<Step>>>,
}

impl Hand<'_> {
    fn fold(self) -> Result<Folded, Failure> {
        let threads = u64::try_from(self.to.len()).unwrap_or(1);
        let place = u64::try_from(self.place).unwrap_or(0);
        let mut states: BTreeMap<CaseId, State> = BTreeMap::new();
        let round = STRETCH.saturating_mul(threads);
        let mut start = 0;
        while start < self.wanted.size {
            let from = start.saturating_add(STRETCH.saturating_mul(place));
            let until = from.saturating_add(STRETCH).min(self.wanted.size);
            // A thread that fails drops its ends; the others see it and stop, and its own error is what is told.
            let read = self.read(from, until)?;
            for (steps, to) in read.into_iter().zip(&self.to) {
                if to.send(steps).is_err() {
                    return Ok(Folded::default());
                }
            }
            for from in &self.from {
                let Ok(steps) = from.recv() else {
                    return Ok(Folded::default());
                };
                for (case, meta, event) in steps {
                    self.step(&mut states, case, &meta, &event);
                }
            }
            start = start.saturating_add(round);
        }
        Ok(self.told(states))
    }

    /// The events of a stretch, by the thread that keeps their case.
    fn read(&self, from: u64, until: u64) -> Result<Vec<Vec<Step>>, Failure> {
        let mut read: Vec<Vec<Step>> = self.to.iter().map(|_| Vec::new()).collect();
        let threads = u64::try_from(read.len()).unwrap_or(1).max(1);
        if from >= until {
            return Ok(read);
        }
        self.log.for_each_text(from, until, |seq, stream, text| {
            let Some(case) = stream.strip_prefix("case/").and_then(|id| id.parse().ok()) else {
                return Ok::<(), Failure>(());
            };
            let found = match self.wanted.change.filter(|change| change.seq == seq) {
                Some(change) => changed(change, text)?,
                None => self.parsed(CaseId(case), seq, text)?,
            };
            let keeper = usize::try_from(case % threads).unwrap_or(0);
            if let (Some((meta, event)), Some(steps)) = (found, read.get_mut(keeper)) {
                steps.push((CaseId(case), meta, event));
            }
            Ok(())
        })?;
        Ok(read)
    }

    /// The event of an entry, where it can matter.
    fn parsed(&self, case: CaseId, seq: u64, text: &str) -> Result<Option<(Meta, CaseEvent)>, Failure> {
        let damaged = || Error::Other(format!("entry {seq} is not in its canonical form"));
        let entry = EntryText::of(text).ok_or_else(damaged)?;
        if tells_nothing(entry.kind, entry.body) {
            return Ok(None);
        }
        if entry.kind == "case.opened" && !self.wanted.about.contains(&case) && !self.may_want(entry.body) {
            return Ok(None);
        }
        let meta = Meta {
            seq,
            at: entry.at().ok_or_else(damaged)?,
            actor: actor_of(&entry.actor().ok_or_else(damaged)?),
        };
        let event = CaseEvent::read_text(entry.kind, entry.version, entry.body).map_err(Error::from)?;
        Ok(Some((meta, event)))
    }

    /// Whether an opening names a mechanism that is looked at; whoever merely mentions one is found out later.
    fn may_want(&self, body: &str) -> bool {
        self.wanted_mechanisms()
            .any(|mechanism| body.contains(mechanism.as_str()))
    }

    fn wanted_mechanisms(&self) -> impl Iterator<Item = &MechanismId> {
        let counted = self.wanted.countings.iter().map(|(_, _, mechanism)| mechanism);
        counted.chain(&self.wanted.whole)
    }

    fn step(&self, states: &mut BTreeMap<CaseId, State>, case: CaseId, meta: &Meta, event: &CaseEvent) {
        match (event, states.get_mut(&case)) {
            (CaseEvent::Opened(opened), None) => {
                let mechanism = &opened.mechanism.id;
                if self.wanted.about.contains(&case)
                    || self.wanted_mechanisms().any(|wanted| wanted == mechanism)
                {
                    states.insert(case, State::open(opened, meta));
                }
            }
            (event, Some(state)) => state.evolve(event, meta),
            // Of a case that is not looked at; or a change took the opening away, and what followed never was.
            (_, None) => {}
        }
    }

    fn told(&self, states: BTreeMap<CaseId, State>) -> Folded {
        let mut told = Folded::default();
        for (id, state) in states {
            let mechanism = &state.mechanism.id;
            let mut counted = self.wanted.countings.iter();
            let mut row = None;
            while let Some((place, counting, _)) = counted.find(|(_, _, of)| of == mechanism) {
                let row = row.get_or_insert_with(|| case_row(&state));
                if let Some(piece) = counting.piece(row, self.wanted.today) {
                    told.pieces.push((*place, id, piece));
                }
            }
            if self.wanted.about.contains(&id) {
                told.about.insert(id, about_case(&state));
            }
            if self.wanted.whole.contains(mechanism) {
                told.states.insert(id, state);
            }
        }
        told
    }
}

/// The event of the entry that a change is about.
fn changed(change: &Change, text: &str) -> Result<Option<(Meta, CaseEvent)>, Failure> {
    let entry = Entry::from_canonical(text).map_err(Error::Other)?;
    let Some(entry) = change.apply(entry)? else {
        return Ok(None);
    };
    let meta = Meta {
        seq: entry.seq,
        at: entry.at,
        actor: actor_of(&entry.actor),
    };
    let event = CaseEvent::read(&entry.kind, entry.version, entry.body).map_err(Error::from)?;
    Ok(Some((meta, event)))
}
