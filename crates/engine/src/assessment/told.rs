//! What entries tell: the jurisdiction, the cases, and which entry told what.

use std::collections::BTreeMap;

use bihuan_domain::assessment::Thing;
use bihuan_domain::calendar::CalendarId;
use bihuan_domain::case::{Meta, State};
use bihuan_domain::event::{CaseEvent, WorldEvent};
use bihuan_domain::id::{CaseId, RegisterId, RowId, UnitId};
use bihuan_domain::world::World;
use bihuan_ledger::{Entry, Ledger, Reader};
use jiff::Timestamp;
use serde::Serialize;

use super::change::{Change, refusal};
use crate::error::{Error, Failure};
use crate::views::actor_of;
use crate::writer::WORLD;

/// An entry that stands behind a point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct EventRef {
    /// Its place in the log.
    pub seq: u64,
    /// Its stable name.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A fold over entries that remembers where everything came from.
pub(crate) struct Told {
    pub(crate) world: World,
    pub(crate) cases: BTreeMap<CaseId, State>,
    pub(crate) case_events: BTreeMap<CaseId, Vec<EventRef>>,
    pub(crate) row_events: BTreeMap<(RegisterId, RowId), Vec<EventRef>>,
    pub(crate) unit_events: BTreeMap<UnitId, Vec<EventRef>>,
    /// The last adoption of each pack.
    pub(crate) pack_events: BTreeMap<bihuan_domain::id::PackId, u64>,
    /// The last adoption of each calendar.
    pub(crate) calendar_events: BTreeMap<CalendarId, u64>,
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    change: Option<Change>,
    changed: bool,
    /// Where the entries of a case are looked up, where they were not taken one by one.
    log: Option<(Ledger, u64)>,
}

impl Told {
    /// Before the first entry; `change` is applied to the entry that it names.
    pub(crate) fn new(change: Option<Change>) -> Told {
        Told {
            world: World::new(),
            cases: BTreeMap::new(),
            case_events: BTreeMap::new(),
            row_events: BTreeMap::new(),
            unit_events: BTreeMap::new(),
            pack_events: BTreeMap::new(),
            calendar_events: BTreeMap::new(),
            first: None,
            last: None,
            change,
            changed: false,
            log: None,
        }
    }

    /// What the first `size` entries of a log tell of the jurisdiction, without its cases.
    ///
    /// # Errors
    ///
    /// If the log cannot be read, or the change fits no entry.
    pub(crate) fn of_world(log: &Reader, size: u64, change: Option<Change>) -> Result<Told, Failure> {
        let mut told = Told::new(change);
        told.log = Some((log.ledger().clone(), size));
        for entry in log.stream(WORLD, 0)? {
            if entry.seq < size {
                told.take(entry)?;
            }
        }
        if let Some(change) = told.change.clone().filter(|_| !told.changed)
            && let Some(entry) = log.entry(change.seq)?.filter(|entry| entry.seq < size)
        {
            // Of a case: seen to fit here, made where the cases are folded.
            change.apply(entry)?;
            told.changed = true;
        }
        let at = |seq| Ok::<_, Error>(log.entry(seq)?.map(|entry| entry.at));
        (told.first, told.last) = match size.checked_sub(1) {
            Some(last) => (at(0)?, at(last)?),
            None => (None, None),
        };
        told.finish()?;
        Ok(told)
    }

    /// The change that is tried.
    pub(crate) fn change(&self) -> Option<&Change> {
        self.change.as_ref()
    }

    /// The entries behind a case or row.
    ///
    /// # Errors
    ///
    /// If the log cannot be read.
    pub(crate) fn events_behind(&self, thing: &Thing) -> Result<Vec<EventRef>, Error> {
        match thing {
            Thing::Case { case } => self.events_of(*case),
            Thing::Row { register, row } => {
                let found = self.row_events.get(&(register.clone(), row.clone()));
                Ok(found.cloned().unwrap_or_default())
            }
        }
    }

    /// The entries behind a case.
    ///
    /// # Errors
    ///
    /// If the log cannot be read.
    fn events_of(&self, case: CaseId) -> Result<Vec<EventRef>, Error> {
        let Some((ledger, size)) = &self.log else {
            return Ok(self.case_events.get(&case).cloned().unwrap_or_default());
        };
        let gone = self.change.as_ref().filter(|change| change.set.is_none());
        let gone = gone.map(|change| change.seq);
        let entries = ledger.reader()?.stream(&format!("case/{case}"), 0)?;
        // Where a change took the opening away, nothing of the case was.
        if entries.first().is_some_and(|opening| Some(opening.seq) == gone) {
            return Ok(Vec::new());
        }
        let there = entries.into_iter();
        let there = there.filter(|entry| entry.seq < *size && Some(entry.seq) != gone);
        Ok(there
            .map(|entry| EventRef {
                seq: entry.seq,
                kind: entry.kind,
                at: entry.at,
            })
            .collect())
    }

    /// Takes the next entry.
    ///
    /// # Errors
    ///
    /// If it holds an event that this program does not know, or the change does not fit it.
    pub(crate) fn take(&mut self, entry: Entry) -> Result<(), Failure> {
        self.first = self.first.or(Some(entry.at));
        self.last = Some(entry.at);
        let entry = match &self.change {
            Some(change) if change.seq == entry.seq => {
                self.changed = true;
                match change.apply(entry)? {
                    Some(entry) => entry,
                    None => return Ok(()),
                }
            }
            _ => entry,
        };
        let event = EventRef {
            seq: entry.seq,
            kind: entry.kind.clone(),
            at: entry.at,
        };
        if entry.stream == WORLD {
            self.world_event(entry, event)
        } else if let Some(id) = entry.stream.strip_prefix("case/").and_then(|id| id.parse().ok()) {
            self.case_event(CaseId(id), entry, event)
        } else {
            Ok(())
        }
    }

    /// Whether the change was made.
    ///
    /// # Errors
    ///
    /// A refusal if no entry bears its number.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        match &self.change {
            Some(change) if !self.changed => {
                let seq = change.seq.to_string();
                Err(refusal("assess.no_entry", &[("seq", &seq)]).into())
            }
            _ => Ok(()),
        }
    }

    fn world_event(&mut self, entry: Entry, told: EventRef) -> Result<(), Failure> {
        let (at, actor) = (entry.at, actor_of(&entry.actor));
        let event = WorldEvent::read(&entry.kind, entry.version, entry.body).map_err(Error::from)?;
        match &event {
            WorldEvent::RowPut(e) => self
                .row_events
                .entry((e.register.clone(), e.row.clone()))
                .or_default()
                .push(told),
            WorldEvent::RowRemoved(e) => self
                .row_events
                .entry((e.register.clone(), e.row.clone()))
                .or_default()
                .push(told),
            WorldEvent::UnitPut(e) => self.unit_events.entry(e.id.clone()).or_default().push(told),
            WorldEvent::PackAdopted(e) => {
                self.pack_events.insert(e.pack.clone(), told.seq);
            }
            WorldEvent::CalendarAdopted(calendar) => {
                self.calendar_events.insert(calendar.id().clone(), told.seq);
            }
            _ => {}
        }
        self.world.evolve(event, &actor, at);
        Ok(())
    }

    fn case_event(&mut self, id: CaseId, entry: Entry, told: EventRef) -> Result<(), Failure> {
        let meta = Meta {
            seq: entry.seq,
            at: entry.at,
            actor: actor_of(&entry.actor),
        };
        let event = CaseEvent::read(&entry.kind, entry.version, entry.body).map_err(Error::from)?;
        match (&event, self.cases.get_mut(&id)) {
            (CaseEvent::Opened(opened), None) => {
                self.cases.insert(id, State::open(opened, &meta));
            }
            (event, Some(state)) => state.evolve(event, &meta),
            // Only where a change took the opening away: what followed then never was.
            (_, None) => return Ok(()),
        }
        self.case_events.entry(id).or_default().push(told);
        Ok(())
    }
}
