//! The events of cases, read by all processors and handed to the one that keeps the case.
//!
//! Threads take turns over the log: each reads its stretch, hands the text of every event that may matter to the thread that
//! keeps its case, and puts away what the others hand over, stretch by stretch in the order of the log. So no event is parsed
//! in one thread and freed in another, and every case sees its events in order.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{Receiver, Sender, channel};

use bihuan_domain::case::Meta;
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::CaseId;
use bihuan_domain::org::Actor;
use bihuan_ledger::EntryText;
use jiff::Timestamp;

use crate::error::{Error, Failure};
use crate::views::actor_of;

/// Entries that a thread reads at a time.
const STRETCH: u64 = 2_048;
/// Stretches that a thread may be ahead of what it has put away: none waits for another over a single slow page.
const AHEAD: usize = 4;
/// Threads at most: beyond it the disk is what is waited for.
const THREADS_MAX: usize = 8;
/// Different actors (by person, post, session) that a thread remembers.
const ACTORS_MAX: usize = 10_000;

/// One thread's place among those that read a log together.
pub(crate) struct Seat {
    /// Which of how many.
    pub(crate) place: usize,
    /// To each thread, this one included.
    to: Vec<Sender<Heard>>,
    /// From each thread.
    from: Vec<Receiver<Heard>>,
}

impl Seat {
    /// A place for every processor.
    pub(crate) fn all() -> Vec<Seat> {
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(THREADS_MAX));
        let mut senders: Vec<Vec<Sender<Heard>>> = (0..threads).map(|_| Vec::new()).collect();
        let mut receivers: Vec<Vec<Receiver<Heard>>> = (0..threads).map(|_| Vec::new()).collect();
        for from in &mut senders {
            for to in &mut receivers {
                let (sender, receiver) = channel();
                from.push(sender);
                to.push(receiver);
            }
        }
        let ends = senders.into_iter().zip(receivers).enumerate();
        ends.map(|(place, (to, from))| Seat { place, to, from }).collect()
    }

    /// How many threads there are.
    pub(crate) fn threads(&self) -> usize {
        self.to.len()
    }

    /// Which thread keeps a case.
    pub(crate) fn keeper(&self, case: CaseId) -> usize {
        let threads = u64::try_from(self.threads()).unwrap_or(1).max(1);
        usize::try_from(case.0 % threads).unwrap_or(0)
    }

    /// Goes over the first `size` entries: `read` hears a stretch into what each thread will keep, `put_away` takes what this
    /// one keeps, in the order of the log. `false` where another thread failed: its own error is what is told.
    ///
    /// # Errors
    ///
    /// Those of `read` and `put_away`.
    pub(crate) fn go(
        &self,
        size: u64,
        mut read: impl FnMut(u64, u64, &mut [Heard]) -> Result<(), Failure>,
        mut put_away: impl FnMut(Heard) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let threads = u64::try_from(self.threads()).unwrap_or(1);
        let place = u64::try_from(self.place).unwrap_or(0);
        let round = STRETCH.saturating_mul(threads);
        let (mut ahead, mut room) = (0usize, 0usize);
        for start in (0..size.div_ceil(round)).map(|n| n.saturating_mul(round)) {
            let from = start.saturating_add(STRETCH.saturating_mul(place));
            let until = from.saturating_add(STRETCH).min(size);
            let mut heard: Vec<Heard> = self.to.iter().map(|_| Heard::with_room(room)).collect();
            if from < until {
                read(from, until, &mut heard)?;
                room = heard.iter().map(|heard| heard.text.len()).max().unwrap_or(0);
            }
            for (heard, to) in heard.into_iter().zip(&self.to) {
                if to.send(heard).is_err() {
                    return Ok(false);
                }
            }
            if ahead < AHEAD {
                ahead = ahead.saturating_add(1);
            } else if !self.take_round(&mut put_away)? {
                return Ok(false);
            }
        }
        for _ in 0..ahead {
            if !self.take_round(&mut put_away)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Puts away what the threads read in one round.
    fn take_round(&self, put_away: &mut impl FnMut(Heard) -> Result<(), Failure>) -> Result<bool, Failure> {
        for from in &self.from {
            let Ok(heard) = from.recv() else { return Ok(false) };
            put_away(heard)?;
        }
        Ok(true)
    }
}

/// Events as texts, in the order in which they were put down.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) events: Vec<Event>,
    text: String,
}

/// One event: where its texts (actor, name and body, one after the other) lie, and what is no text.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    pub(crate) case: CaseId,
    pub(crate) seq: u64,
    at: Timestamp,
    version: u32,
    pub(crate) opens: bool,
    /// Where in the text the actor begins and ends, the name ends, the body ends.
    marks: [usize; 4],
}

impl Heard {
    /// Nothing yet, with room for so much text.
    fn with_room(room: usize) -> Heard {
        Heard {
            events: Vec::new(),
            text: String::with_capacity(room),
        }
    }

    /// Puts an event down: its entry taken apart, with the body as it is to be read.
    pub(crate) fn hear(
        &mut self,
        case: CaseId,
        seq: u64,
        entry: &EntryText<'_>,
        body: &str,
    ) -> Result<(), Failure> {
        let event = Event {
            case,
            seq,
            at: entry.at().ok_or_else(|| damaged(seq))?,
            version: entry.version,
            opens: entry.kind == "case.opened",
            marks: [0; 4],
        };
        self.put(event, [entry.actor_text(), entry.kind, body]);
        Ok(())
    }

    fn put(&mut self, mut event: Event, parts: [&str; 3]) {
        let [from, rest @ ..] = &mut event.marks;
        *from = self.text.len();
        for (part, end) in parts.into_iter().zip(rest) {
            self.text.push_str(part);
            *end = self.text.len();
        }
        self.events.push(event);
    }

    /// The actor, the name and the body of an event.
    pub(crate) fn parts(&self, event: &Event) -> Option<[&str; 3]> {
        let [from, actor, kind, body] = event.marks;
        Some([
            self.text.get(from..actor)?,
            self.text.get(actor..kind)?,
            self.text.get(kind..body)?,
        ])
    }

    /// Without the events of cases that are not `known`, and without their texts where those were much of it.
    pub(crate) fn only(mut self, known: &HashSet<CaseId>) -> Heard {
        self.events.retain(|event| known.contains(&event.case));
        let length = |event: &Event| {
            let [from, .., until] = event.marks;
            until.saturating_sub(from)
        };
        let kept: usize = self.events.iter().map(length).sum();
        if kept >= self.text.len() / 2 {
            return self;
        }
        let mut few = Heard {
            events: Vec::with_capacity(self.events.len()),
            text: String::with_capacity(kept),
        };
        for event in &self.events {
            if let Some(parts) = self.parts(event) {
                few.put(*event, parts);
            }
        }
        few
    }

    /// The event itself. The same few people act again and again: `actors` knows those that were read.
    pub(crate) fn read<'t>(
        &'t self,
        event: &Event,
        actors: &mut HashMap<&'t str, Actor>,
    ) -> Result<(Meta, CaseEvent), Failure> {
        let [text, kind, body] = self.parts(event).ok_or_else(|| damaged(event.seq))?;
        let actor = match actors.get(text) {
            Some(actor) => actor.clone(),
            None => {
                let actor = EntryText::read_actor(text).ok_or_else(|| damaged(event.seq))?;
                let actor = actor_of(&actor);
                if actors.len() < ACTORS_MAX {
                    actors.insert(text, actor.clone());
                }
                actor
            }
        };
        let meta = Meta {
            seq: event.seq,
            at: event.at,
            actor,
        };
        let event = CaseEvent::read_text(kind, event.version, body).map_err(Error::from)?;
        Ok((meta, event))
    }
}

pub(crate) fn damaged(seq: u64) -> Error {
    Error::Other(format!("entry {seq} is not in its canonical form"))
}
