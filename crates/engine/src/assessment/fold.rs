//! The cases of a log, folded as fast as the machine reads: what concerns a scheme is taken in on all cores, the rest is not
//! even parsed.
//!
//! Events come as [`crate::heard`] hands them over; in the end each thread folds its cases one after the other, so only one
//! state of a case is in memory at a time. A large log is gone over several times, for a part of the cases each time: texts of
//! a few million events are the most that is held.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bihuan_domain::assessment::{Counting, Piece, about_case, case_row_of, tells_nothing};
use bihuan_domain::case::State;
use bihuan_domain::event::CaseEvent;
use bihuan_domain::expr::Row;
use bihuan_domain::id::{CaseId, FieldId, MechanismId, UnitId};
use bihuan_domain::org::Actor;
use bihuan_ledger::{Entry, EntryText, Reader};
use jiff::Timestamp;
use jiff::civil::Date;

use super::change::Change;
use crate::error::{Error, Failure};
use crate::heard::{Event, Heard, Seat, damaged};

/// Entries of a log that is gone over once: nearly half of them may be held as texts of half a kilobyte to two.
pub(super) const AT_ONCE: u64 = 4_000_000;

/// What is wanted of the cases.
pub(super) struct Wanted<'a> {
    /// Size of the log.
    pub(super) size: u64,
    /// How many of its entries may be held at once.
    pub(super) at_once: u64,
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
#[derive(Debug, Default, PartialEq)]
pub(super) struct Folded {
    /// What cases add, by the place of the measure.
    pub(super) pieces: Vec<(usize, CaseId, Piece)>,
    /// Of whom the wanted cases are, and since when.
    pub(super) about: BTreeMap<CaseId, (UnitId, Date)>,
    /// The wanted states.
    pub(super) states: BTreeMap<CaseId, State>,
}

/// Folds the cases of a log.
///
/// # Errors
///
/// If the log cannot be read or holds an event that this program does not know.
pub(super) fn fold(log: &Reader, wanted: &Wanted<'_>) -> Result<Folded, Failure> {
    let turns = wanted.size.div_ceil(wanted.at_once.max(1)).max(1);
    let mut all = Folded::default();
    for turn in 0..turns {
        turn_over(log, wanted, (turn, turns), &mut all)?;
    }
    Ok(all)
}

/// Goes over the log once, for the cases of one turn.
fn turn_over(log: &Reader, wanted: &Wanted<'_>, turn: (u64, u64), all: &mut Folded) -> Result<(), Failure> {
    let mut fields: BTreeMap<MechanismId, BTreeSet<FieldId>> = BTreeMap::new();
    for (_, counting, mechanism) in &wanted.countings {
        fields
            .entry(mechanism.clone())
            .or_default()
            .extend(counting.fields());
    }
    let fields = &fields;
    let ledger = log.ledger();
    let parts: Vec<Result<Folded, Failure>> = std::thread::scope(|scope| {
        let hands = Seat::all().into_iter().map(|seat| {
            scope.spawn(move || {
                let log = ledger.reader()?;
                Hand {
                    log: &log,
                    wanted,
                    seat,
                    turn,
                    fields,
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
    for part in parts {
        let part = part?;
        all.pieces.extend(part.pieces);
        all.about.extend(part.about);
        all.states.extend(part.states);
    }
    Ok(())
}

/// One thread's part.
struct Hand<'a> {
    log: &'a Reader,
    wanted: &'a Wanted<'a>,
    seat: Seat,
    /// Which turn of how many.
    turn: (u64, u64),
    /// The fields that measures look at, by mechanism: of a case no others are looked up.
    fields: &'a BTreeMap<MechanismId, BTreeSet<FieldId>>,
}

impl Hand<'_> {
    fn fold(self) -> Result<Folded, Failure> {
        let (mut kept, mut known) = (Vec::new(), HashSet::new());
        let whole = self.seat.go(
            self.wanted.size,
            |from, until, heard| self.read(from, until, heard),
            |heard| {
                // What follows on an opening that is not looked at, or that a change took away, never was.
                let opened = heard.events.iter().filter(|event| event.opens);
                known.extend(opened.map(|event| event.case));
                kept.push(heard.only(&known));
                Ok(())
            },
        )?;
        if whole {
            self.told(&kept)
        } else {
            Ok(Folded::default())
        }
    }

    /// The events of a stretch that may matter, by the thread that keeps their case.
    fn read(&self, from: u64, until: u64, heard: &mut [Heard]) -> Result<(), Failure> {
        let threads = u64::try_from(self.seat.threads()).unwrap_or(1).max(1);
        let (turn, turns) = self.turn;
        self.log.for_each_text(from, until, |seq, stream, text| {
            let Some(case) = stream.strip_prefix("case/").and_then(|id| id.parse::<u64>().ok()) else {
                return Ok::<(), Failure>(());
            };
            if turns > 1 && (case / threads) % turns != turn {
                return Ok(());
            }
            let entry = EntryText::of(text).ok_or_else(|| damaged(seq))?;
            let changed = match self.wanted.change.filter(|change| change.seq == seq) {
                Some(change) => match changed_body(change, text)? {
                    Some(body) => Some(body),
                    None => return Ok(()),
                },
                None => None,
            };
            let body = changed.as_deref().unwrap_or(entry.body);
            if tells_nothing(entry.kind, body) {
                return Ok(());
            }
            let case = CaseId(case);
            if entry.kind == "case.opened" && !self.wanted.about.contains(&case) && !self.may_want(body) {
                return Ok(());
            }
            match heard.get_mut(self.seat.keeper(case)) {
                Some(heard) => heard.hear(case, seq, &entry, body),
                None => Ok(()),
            }
        })
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

    /// What the cases tell, one after the other.
    fn told(&self, kept: &[Heard]) -> Result<Folded, Failure> {
        let mut told = Folded::default();
        // Entries came in the order of the log, and so do they of each case: the sort is stable.
        let each = |heard: &'_ Heard| heard.events.len();
        let mut events = Vec::with_capacity(kept.iter().map(each).sum());
        for heard in kept {
            events.extend(heard.events.iter().map(|event| (heard, event)));
        }
        events.sort_by_key(|(_, event)| event.case);
        let mut actors = HashMap::new();
        for events in events.chunk_by(|(_, a), (_, b)| a.case == b.case) {
            if let Some(state) = self.state(events, &mut actors)? {
                self.tell(state, &mut told);
            }
        }
        Ok(told)
    }

    /// A case from its events; `None` where it only mentions a mechanism that is looked at.
    fn state<'t>(
        &self,
        events: &[(&'t Heard, &Event)],
        actors: &mut HashMap<&'t str, Actor>,
    ) -> Result<Option<State>, Failure> {
        let Some(((heard, opening), later)) = events.split_first() else {
            return Ok(None);
        };
        let (meta, event) = heard.read(opening, actors)?;
        let CaseEvent::Opened(opened) = &event else {
            return Ok(None);
        };
        let mechanism = &opened.mechanism.id;
        if !self.wanted.about.contains(&opening.case) && !self.wanted_mechanisms().any(|id| id == mechanism) {
            return Ok(None);
        }
        let mut state = State::open(opened, &meta);
        for (heard, event) in later {
            let (meta, event) = heard.read(event, actors)?;
            state.evolve(&event, &meta);
        }
        Ok(Some(state))
    }

    fn tell(&self, state: State, told: &mut Folded) {
        let (id, mechanism) = (state.id, &state.mechanism.id);
        let mut counted = self.wanted.countings.iter();
        let mut row = None;
        while let Some((place, counting, _)) = counted.find(|(_, _, of)| of == mechanism) {
            let row = row.get_or_insert_with(|| match self.fields.get(mechanism) {
                Some(fields) => case_row_of(&state, fields),
                None => Row::new(),
            });
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
}

/// The body of the entry that a change is about; `None` where the entry is taken away.
fn changed_body(change: &Change, text: &str) -> Result<Option<String>, Failure> {
    let entry = Entry::from_canonical(text).map_err(Error::Other)?;
    Ok(change.apply(entry)?.map(|entry| entry.body.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bihuan_ledger::{Ledger, NewEntry};
    use serde_json::{Value, json};

    /// Cases of two mechanisms whose events stand in the log one between the other.
    fn log(dir: &std::path::Path) -> Ledger {
        let ledger = Ledger::create(dir, "test").unwrap();
        let mut writer = ledger.writer().unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let mut batch = writer.begin(at).unwrap();
        let mut append = |case: u64, kind: &str, body: Value| {
            let entry = NewEntry {
                at,
                stream: format!("case/{case}"),
                kind: kind.to_owned(),
                version: 1,
                actor: bihuan_ledger::Actor::default(),
                definition: None,
                cause: None,
                body,
            };
            batch.append(&entry).unwrap();
        };
        let holder = json!({ "post": "works.clerk", "role": "handler", "unit": "works" });
        let placement = json!({ "holder": holder, "kind": "work", "stage": "planning" });
        for case in 0..40u64 {
            let mechanism = if case % 5 == 0 { "other" } else { "task" };
            append(
                case,
                "case.opened",
                json!({ "case": case, "mechanism": { "digest": "d", "id": mechanism }, "owner": "works",
                    "placement": placement, "risk": "ordinary", "source": { "kind": "meeting" }, "title": "t", "values": {} }),
            );
        }
        for round in 0..5 {
            for case in 0..40u64 {
                let amount = i64::try_from(case).unwrap() * 10 + round;
                append(
                    case,
                    "case.noted",
                    json!({ "note": "n", "values": { "amount": { "int": amount } } }),
                );
            }
        }
        batch.commit().unwrap();
        ledger
    }

    fn folded(log: &Reader, at_once: u64, change: Option<&Change>) -> Folded {
        let wanted = Wanted {
            size: log.head().unwrap().size,
            at_once,
            countings: Vec::new(),
            about: BTreeSet::from([CaseId(5)]),
            whole: BTreeSet::from([MechanismId::new("task")]),
            today: Timestamp::UNIX_EPOCH,
            change,
        };
        fold(log, &wanted).unwrap()
    }

    #[test]
    fn a_log_that_is_gone_over_several_times_tells_what_it_tells_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path()).reader().unwrap();
        let once = folded(&log, u64::MAX, None);
        assert_eq!(once.states.len(), 32);
        let amount = |folded: &Folded, case| folded.states[&CaseId(case)].values.get("amount").cloned();
        assert_eq!(amount(&once, 39), Some(bihuan_domain::value::Value::Int(394)));
        assert_eq!(once.about.keys().collect::<Vec<_>>(), [&CaseId(5)]);
        for at_once in [1, 7, 100, 239] {
            assert_eq!(folded(&log, at_once, None), once);
        }
        // The last report of case 39 says something else; the opening of case 38 never was.
        let other = Change::parse("239:/values/amount/int=7").unwrap();
        for at_once in [20, u64::MAX] {
            let changed = folded(&log, at_once, Some(&other));
            assert_eq!(amount(&changed, 39), Some(bihuan_domain::value::Value::Int(7)));
            let gone = folded(&log, at_once, Some(&Change::parse("38").unwrap()));
            assert!(!gone.states.contains_key(&CaseId(38)));
            assert_eq!(gone.states.len(), 31);
        }
    }
}
