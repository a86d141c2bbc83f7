//! What was really asked of people (填报负担): fields and estimated minutes by unit, kind of post, mechanism and week,
//! counted from the events of the log with the published constants of `docs/burden.md`. Nobody is timed.
//!
//! No line is a person: kinds of posts are counted over all units, units over all their posts, and units in which fewer
//! than three persons serve are shown together. The same log gives the same figures, so a bulletin can carry them.

mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::calendar::{date_of, midnight};
use bihuan_domain::case::{Meta, State};
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{CaseId, Code, DatumId, MechanismId, PostId, UnitId};
use bihuan_domain::world::World;
use bihuan_ledger::Reader;
use bihuan_messages::{Lang, tf};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::bulletin::CaseSet;
use crate::error::Error;
use crate::happened;
use crate::mechanisms::Mechanisms;
use crate::views::actor_of;

/// Longest period that is counted, in days: a quarter.
pub const DAYS_MAX: i32 = 92;
/// A unit in which fewer persons serve is not shown by itself.
pub const PERSONS_MIN: usize = 3;
/// Log entries read at a time.
const PAGE: usize = 4_096;
/// How far the log is searched beyond a period for entries whose clock had been set back, in seconds.
const ASTRAY: i64 = 86_400;

/// Tenths of a minute.
pub type Tenths = u64;

/// What was asked of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Occasions: times that somebody had to sit down for it.
    pub occasions: u64,
    /// Fields that were typed.
    pub typed: u64,
    /// Fields whose value was known and was confirmed as it stood.
    pub confirmed: u64,
    /// Fields that were filled in beforehand, from a document that was read or a list that was imported.
    pub filled: u64,
    /// Files that were attached.
    pub files: u64,
    /// Estimated tenths of a minute.
    pub tenths: Tenths,
    /// The cases that it was asked about.
    pub cases: CaseSet,
}

impl Asked {
    fn take(&mut self, one: &Asked, case: CaseId) {
        self.occasions = self.occasions.saturating_add(one.occasions);
        self.typed = self.typed.saturating_add(one.typed);
        self.confirmed = self.confirmed.saturating_add(one.confirmed);
        self.filled = self.filled.saturating_add(one.filled);
        self.files = self.files.saturating_add(one.files);
        self.tenths = self.tenths.saturating_add(one.tenths);
        self.cases.add(case);
    }

    /// Whole minutes, the begun one counted.
    pub fn minutes(&self) -> u64 {
        self.tenths.div_ceil(10)
    }
}

/// Which part is counted; everything where empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Of this unit.
    pub unit: Option<UnitId>,
    /// Of this kind of post.
    pub kind: Option<Code>,
    /// By one of these mechanisms.
    pub mechanisms: Vec<MechanismId>,
    /// In the week that begins on this Monday.
    pub week: Option<Date>,
}

/// What was asked in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burden {
    /// All of it.
    pub whole: Asked,
    /// By week, named by its Monday.
    pub weeks: BTreeMap<Date, Asked>,
    /// By unit in which enough persons serve.
    pub units: BTreeMap<UnitId, Asked>,
    /// All other units together, and how many they are.
    pub small: (u64, Asked),
    /// By kind of post, over all units, where enough persons serve on such posts.
    pub kinds: BTreeMap<Code, Asked>,
    /// All other kinds of posts together.
    pub rare: Asked,
    /// By who asks.
    pub mechanisms: BTreeMap<MechanismId, Asked>,
    /// Data that more than one mechanism asked the same unit for, and which.
    pub shared: BTreeMap<DatumId, BTreeSet<MechanismId>>,
}

/// Counts what was asked from `from` to `to` by the first `size` entries of the log.
///
/// # Errors
///
/// If the log cannot be read, or holds an event that this program does not know.
pub fn count(
    log: &Reader,
    world: &World,
    mechanisms: &Mechanisms,
    (from, to): (Date, Date),
    size: u64,
    part: &Part,
) -> Result<Burden, Error> {
    let start = midnight(from);
    let end = to.tomorrow().map_or(Timestamp::MAX, midnight);
    let mut counting = Counting {
        world,
        mechanisms,
        part,
        day: to,
        burden: Burden::default(),
        data: BTreeMap::new(),
        small: BTreeSet::new(),
        few: BTreeMap::new(),
    };
    for case in touched(log, start, end, size)? {
        let mut state: Option<State> = None;
        happened::to_case(log, case, size, |event, meta| {
            let inside = start <= meta.at && meta.at < end;
            if inside && !meta.actor.is_system() {
                counting.take(case, state.as_ref(), &event, &meta);
            }
            happened::evolve(&mut state, &event, &meta);
            Ok(())
        })?;
    }
    Ok(counting.finish())
}

/// The cases in whose streams a person did something in the period, in order of id.
fn touched(log: &Reader, start: Timestamp, end: Timestamp, size: u64) -> Result<BTreeSet<CaseId>, Error> {
    let shift = |at: Timestamp, by: i64| at.as_second().saturating_add(by);
    let (first, last) = (shift(start, -ASTRAY), shift(end, ASTRAY));
    // Entries come in the order of time, but for a clock that was set back a little.
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low.midpoint(high);
        match log.entry(middle)? {
            Some(entry) if entry.at.as_second() < first => low = middle.saturating_add(1),
            _ => high = middle,
        }
    }
    let mut cases = BTreeSet::new();
    let mut next = low;
    while next < size {
        let page = log.entries(next, PAGE)?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            next = entry.seq.saturating_add(1);
            if entry.seq >= size || entry.at.as_second() > last {
                return Ok(cases);
            }
            let id = entry.stream.strip_prefix("case/").and_then(|id| id.parse().ok());
            if let Some(id) = id
                && start <= entry.at
                && entry.at < end
                && !actor_of(&entry.actor).is_system()
            {
                cases.insert(CaseId(id));
            }
        }
    }
    Ok(cases)
}

struct Counting<'a> {
    world: &'a World,
    mechanisms: &'a Mechanisms,
    part: &'a Part,
    day: Date,
    burden: Burden,
    /// Who asked which unit for a datum.
    data: BTreeMap<(DatumId, UnitId), BTreeSet<MechanismId>>,
    small: BTreeSet<UnitId>,
    /// Whether few serve in a unit or on a kind of post, as far as asked.
    few: BTreeMap<(Option<UnitId>, Option<Code>), bool>,
}

impl Counting<'_> {
    fn take(&mut self, case: CaseId, before: Option<&State>, event: &CaseEvent, meta: &Meta) {
        let reference = match (before, event) {
            (Some(state), _) => &state.mechanism,
            (None, CaseEvent::Opened(opened)) => &opened.mechanism,
            (None, _) => return,
        };
        let Some(mechanism) = self.mechanisms.by_digest(&reference.digest) else {
            return;
        };
        let Some((asked, data)) = weigh::event(&mechanism, before, event) else {
            return;
        };
        let post = self.world.org.posts.get(&meta.actor.post);
        let kind = post.map_or_else(|| Code::new(""), |post| post.kind.clone());
        // What somebody records for a unit without an account is still his own work.
        let unit = post.map_or_else(|| UnitId::new(""), |post| post.unit.clone());
        let unit = self
            .world
            .org
            .unit_on(&unit, self.day)
            .map_or(unit, |unit| unit.id.clone());
        let week = monday(date_of(meta.at));
        let Part {
            unit: of,
            kind: as_kind,
            mechanisms: by,
            week: within,
        } = self.part;
        let meets = of.as_ref().is_none_or(|of| *of == unit)
            && as_kind.as_ref().is_none_or(|wanted| *wanted == kind)
            && (by.is_empty() || by.contains(&reference.id))
            && within.is_none_or(|within| within == week);
        if !meets {
            return;
        }
        let rare = self.is_few(None, Some(kind.clone()));
        let small = self.is_few(Some(unit.clone()), None);
        let burden = &mut self.burden;
        burden.whole.take(&asked, case);
        burden.weeks.entry(week).or_default().take(&asked, case);
        if rare {
            burden.rare.take(&asked, case);
        } else {
            burden.kinds.entry(kind).or_default().take(&asked, case);
        }
        let by = burden.mechanisms.entry(reference.id.clone()).or_default();
        by.take(&asked, case);
        if small {
            burden.small.1.take(&asked, case);
            self.small.insert(unit.clone());
        } else {
            burden.units.entry(unit.clone()).or_default().take(&asked, case);
        }
        for datum in data {
            let askers = self.data.entry((datum, unit.clone())).or_default();
            askers.insert(reference.id.clone());
        }
    }

    fn is_few(&mut self, unit: Option<UnitId>, kind: Option<Code>) -> bool {
        let (world, day) = (self.world, self.day);
        *self
            .few
            .entry((unit.clone(), kind.clone()))
            .or_insert_with(|| is_few(world, unit.as_ref(), kind.as_ref(), day))
    }

    fn finish(mut self) -> Burden {
        for ((datum, _), askers) in self.data {
            if askers.len() > 1 {
                self.burden.shared.entry(datum).or_default().extend(askers);
            }
        }
        self.burden.small.0 = u64::try_from(self.small.len()).unwrap_or(u64::MAX);
        self.burden
    }
}

/// Whether so few persons serve in a unit, on a kind of post, or on such posts in it, that the line would be theirs.
pub fn is_few(world: &World, unit: Option<&UnitId>, kind: Option<&Code>, day: Date) -> bool {
    let meant = |post: &PostId| {
        world.org.posts.get(post).is_some_and(|post| {
            unit.is_none_or(|unit| post.unit == *unit) && kind.is_none_or(|kind| post.kind == *kind)
        })
    };
    let serving = world.org.appointments.iter();
    let persons: BTreeSet<_> = serving
        .filter(|one| one.valid.covers(day) && meant(&one.post))
        .map(|one| &one.person)
        .collect();
    persons.len() < PERSONS_MIN
}

/// The estimated time as people say it: hours and minutes.
pub fn spoken(asked: &Asked, lang: Lang) -> String {
    let (hours, minutes) = (asked.minutes() / 60, asked.minutes() % 60);
    match hours {
        0 => tf(lang, "burden.minutes", &[("m", &minutes)]),
        _ => tf(lang, "burden.hours", &[("h", &hours), ("m", &minutes)]),
    }
}

/// The Monday of a day's week.
pub fn monday(day: Date) -> Date {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(jiff::Span::new().days(back)).unwrap_or(day)
}
