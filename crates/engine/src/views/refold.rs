//! Every case of a log as its events left it, folded by all processors and told in the order of the cases of each.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::scope;
use std::time::Duration;

use bihuan_domain::case::State;
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{CaseId, PersonId, Sealed, UnitId};
use bihuan_ledger::{EntryText, Ledger, Reader};

use super::project::pack_state;
use crate::error::{Error, Failure};
use crate::heard::{Heard, Seat, damaged};

/// Cases that a thread has made ready before they are taken.
const READY: usize = 256;
/// How often it is looked how far the threads are.
const LOOK: Duration = Duration::from_millis(100);

/// A case at the end of the log.
pub(super) struct Case {
    pub(super) state: State,
    /// The state as its table has it.
    pub(super) packed: Vec<u8>,
    /// The title that it was last given, where it was given one.
    pub(super) title: Option<Sealed>,
    /// Its closings: at which entry, for which owner, verified by whom.
    pub(super) closings: Vec<(u64, UnitId, PersonId)>,
}

/// Tells every case of the first `size` entries once. `progress` hears how many entries were read.
///
/// # Errors
///
/// Those of `tell`; if the log cannot be read, or holds an event that this program does not know.
pub(super) fn each_case(
    log: &Reader,
    size: u64,
    progress: &mut dyn FnMut(u64),
    tell: &mut dyn FnMut(Case) -> Result<(), Error>,
) -> Result<(), Error> {
    let (ledger, done) = (log.ledger(), AtomicU64::new(0));
    let done = &done;
    scope(|scope| {
        let hands = Seat::all().into_iter().map(|seat| {
            let (sender, receiver) = sync_channel(READY);
            let hand = scope.spawn(move || Hand { seat, done, size }.fold(ledger, &sender));
            (receiver, hand)
        });
        let (from, hands): (Vec<_>, Vec<_>) = hands.unzip();
        let told = in_turn(from, &mut || progress(done.load(Ordering::Relaxed)), tell);
        // All are waited for, whatever failed: one that ended in a defect would otherwise end this thread, too.
        let mut failed = None;
        for hand in hands {
            let defect = |_| Err(Error::Other("a thread ended in a defect".to_owned()).into());
            if let Err(error) = hand.join().unwrap_or_else(defect) {
                failed.get_or_insert(error);
            }
        }
        match failed {
            Some(Failure::Fault(error)) => Err(error),
            Some(other) => Err(Error::Other(other.to_string())),
            None => told,
        }
    })
}

/// Takes what the threads made ready, the lowest case first, until none makes more.
fn in_turn(
    from: Vec<Receiver<Case>>,
    look: &mut dyn FnMut(),
    tell: &mut dyn FnMut(Case) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut next: Vec<Option<Case>> = Vec::new();
    for from in &from {
        next.push(loop {
            match from.recv_timeout(LOOK) {
                Ok(case) => break Some(case),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => look(),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break None,
            }
        });
    }
    loop {
        let id = |case: &Option<Case>| case.as_ref().map(|case| case.state.id);
        let waiting = next
            .iter()
            .enumerate()
            .filter_map(|(place, case)| Some((id(case)?, place)));
        let Some((_, place)) = waiting.min() else {
            return Ok(());
        };
        let more = from.get(place).and_then(|from| from.recv().ok());
        if let Some(case) = next.get_mut(place).and_then(|case| std::mem::replace(case, more)) {
            tell(case)?;
        }
    }
}

/// A case under way.
struct Kept {
    state: State,
    title: Option<Sealed>,
    closings: Vec<(u64, UnitId, PersonId)>,
}

/// One thread's part.
struct Hand<'a> {
    seat: Seat,
    /// Entries read by all threads.
    done: &'a AtomicU64,
    size: u64,
}

impl Hand<'_> {
    fn fold(self, ledger: &Ledger, to: &SyncSender<Case>) -> Result<(), Failure> {
        let log = ledger.reader()?;
        let mut kept: BTreeMap<CaseId, Kept> = BTreeMap::new();
        let whole = self.seat.go(
            self.size,
            |from, until, heard| self.read(&log, from, until, heard),
            |heard| evolve(&heard, &mut kept),
        )?;
        if !whole {
            return Ok(());
        }
        while let Some((_, kept)) = kept.pop_first() {
            let case = Case {
                packed: pack_state(&kept.state)?,
                state: kept.state,
                title: kept.title,
                closings: kept.closings,
            };
            if to.send(case).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn read(&self, log: &Reader, from: u64, until: u64, heard: &mut [Heard]) -> Result<(), Failure> {
        log.for_each_text(from, until, |seq, stream, text| {
            let Some(case) = stream.strip_prefix("case/").and_then(|id| id.parse().ok()) else {
                return Ok::<(), Failure>(());
            };
            let entry = EntryText::of(text).ok_or_else(|| damaged(seq))?;
            match heard.get_mut(self.seat.keeper(CaseId(case))) {
                Some(heard) => heard.hear(CaseId(case), seq, &entry, entry.body),
                None => Ok(()),
            }
        })?;
        self.done.fetch_add(until.saturating_sub(from), Ordering::Relaxed);
        Ok(())
    }
}

/// Lets events happen to the cases that are kept.
fn evolve(heard: &Heard, kept: &mut BTreeMap<CaseId, Kept>) -> Result<(), Failure> {
    let mut actors = HashMap::new();
    for event in &heard.events {
        let (id, seq) = (event.case, event.seq);
        let (meta, event) = heard.read(event, &mut actors)?;
        if let CaseEvent::Opened(opened) = &event {
            let opened = Kept {
                state: State::open(opened, &meta),
                title: Some(opened.title.clone()),
                closings: Vec::new(),
            };
            kept.insert(id, opened);
            continue;
        }
        let Some(case) = kept.get_mut(&id) else {
            return Err(Error::Event {
                name: event.stored().0,
                version: bihuan_domain::event::VERSION,
                why: format!("case {id} was never opened (entry {seq})"),
            }
            .into());
        };
        case.state.evolve(&event, &meta);
        match event {
            CaseEvent::Amended(amended) => case.title = amended.title.or_else(|| case.title.take()),
            CaseEvent::Closed(_) => {
                let by = case.state.closed.as_ref().map(|closed| closed.by.person.clone());
                let closing = by.map(|person| (seq, case.state.owner.clone(), person));
                case.closings.extend(closing);
            }
            _ => {}
        }
    }
    Ok(())
}
