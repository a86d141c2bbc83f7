//! What the cases of a period show, unit by unit and mechanism by mechanism.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::expr::{Comparison, Expr};
use bihuan_domain::id::CaseId;
use bihuan_domain::mechanism::{Mechanism, StageKind};
use bihuan_domain::value::Value;
use bihuan_domain::world::World;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::same::Files;
use super::{Cell, Detector, Place, Share, by_record};
use crate::error::Error;
use crate::mechanisms::Mechanisms;
use crate::views::{Views, each_brief};

/// A matter with less time than this from opening to limit has no time to wait.
const WHOLE_MIN: SignedDuration = SignedDuration::from_hours(48);
/// The last part of the time from opening to limit in which what is done counts as just before: one in so many.
const LAST_PART: i32 = 10;
/// The last part of a period in which batches are looked for: one in so many.
const LAST_OF_PERIOD: i32 = 5;
/// A batch is so many from one source.
const BATCH_MIN: usize = 4;
/// So many opened together and done together are one matter in parts.
const SPLIT_MIN: usize = 3;
/// Files of cases that ended so many days before the period are compared, too.
const FILES_BEFORE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Over what is looked.
pub(super) struct Period {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) as_of: Timestamp,
    pub(super) last_day: Date,
}

impl Period {
    fn holds(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    fn last_part(&self) -> Timestamp {
        let whole = self.end.duration_since(self.start);
        self.end.checked_sub(whole / LAST_OF_PERIOD).unwrap_or(self.start)
    }
}

/// What all units show.
pub(super) fn cells(
    views: &Views,
    world: &World,
    mechanisms: &Mechanisms,
    period: &Period,
) -> Result<Vec<Cell>, Error> {
    let mut looked_at: Vec<CaseId> = Vec::new();
    let before = period.start.checked_sub(FILES_BEFORE).unwrap_or(period.start);
    each_brief(views.connection(), (0, i64::MAX), |id, _, _, course| {
        let recent = course.ended.is_some_and(|at| before <= at && at < period.end);
        let undone = course.more.undone.iter().any(|undone| period.holds(undone.at));
        if recent || undone {
            looked_at.push(id);
        }
    })?;
    let mut seen = Seen {
        world,
        period,
        shares: BTreeMap::new(),
        batches: BTreeMap::new(),
        own: BTreeMap::new(),
        closed: Vec::new(),
        files: Files::default(),
        owned: Vec::new(),
    };
    for id in looked_at {
        if let Some(state) = views.state(id)? {
            let mechanism = mechanisms.by_digest(&state.mechanism.digest);
            seen.look(&state, mechanism.as_deref());
        }
    }
    seen.finish(views)
}

struct Seen<'a> {
    world: &'a World,
    period: &'a Period,
    shares: BTreeMap<Place, Share>,
    /// By place and source: which cases were opened late in the period and closed within it.
    batches: BTreeMap<(Place, String), Vec<CaseId>>,
    /// By place, day of opening and day of the end of work: what an owner opened itself and closed in the period.
    own: BTreeMap<(Place, Date, Date), Vec<CaseId>>,
    /// What was closed in the period.
    closed: Vec<(Place, CaseId)>,
    files: Files,
    /// The files of what was closed in the period.
    owned: Vec<(Place, CaseId, String)>,
}

impl Seen<'_> {
    fn place(&self, state: &State, detector: Detector) -> Place {
        let unit = self.world.org.unit_on(&state.owner, self.period.last_day);
        Place {
            detector,
            mechanism: state.mechanism.id.clone(),
            unit: unit.map_or_else(|| state.owner.clone(), |unit| unit.id.clone()),
        }
    }

    fn see(&mut self, state: &State, detector: Detector, counts: bool) {
        let place = self.place(state, detector);
        self.shares.entry(place).or_default().see(state.id, counts);
    }

    fn look(&mut self, state: &State, mechanism: Option<&Mechanism>) {
        let period = self.period;
        for undone in state.undone.iter().filter(|undone| period.holds(undone.at)) {
            self.see(state, Detector::AfterPeriod, undone.failed >= period.end);
        }
        if let Some((ended, late)) = given_up(state).filter(|(ended, _)| period.holds(*ended)) {
            if ended <= period.as_of {
                self.see(state, Detector::Merged, late);
            }
            return;
        }
        let Some(closed) = state.closed.as_ref().filter(|_| !state.is_open()) else {
            return;
        };
        for (_, file) in &state.evidence {
            self.files.add(state.id, file);
        }
        if !period.holds(closed.at) || closed.at > period.as_of {
            return;
        }
        if state.stood.iter().any(|stood| *stood >= closed.at) {
            self.see(state, Detector::AfterPeriod, false);
        }
        if let Some(just) = just_before(state, closed.done) {
            self.see(state, Detector::JustBefore, just);
        }
        if state.round == 1 && state.limit().is_some() {
            self.see(state, Detector::Merged, false);
        }
        let opener = self.world.org.unit_of(&state.opened_by.post);
        if state.round == 1 && opener.is_some_and(|unit| unit.id == state.owner) {
            let place = self.place(state, Detector::Split);
            let days = (date_of(state.opened_at), date_of(closed.done));
            let together = self.own.entry((place, days.0, days.1)).or_default();
            together.push(state.id);
        }
        if let Some(exact) = mechanism.and_then(|mechanism| exactly(&mechanism.closing.when, state)) {
            self.see(state, Detector::ExactTarget, exact);
        }
        self.see(
            state,
            Detector::Unchecked,
            state.evidence.is_empty() && !by_record(&closed.way),
        );
        let files: Vec<String> = state
            .evidence
            .iter()
            .map(|(_, file)| file.blob.to_string())
            .collect();
        let place = self.place(state, Detector::SameEvidence);
        self.owned
            .extend(files.into_iter().map(|blob| (place.clone(), state.id, blob)));
        let place = self.place(state, Detector::Batches);
        if state.opened_at >= period.last_part() && state.round == 1 {
            let source = source(state);
            let batch = self.batches.entry((place.clone(), source)).or_default();
            batch.push(state.id);
        }
        self.closed.push((place, state.id));
    }

    fn finish(mut self, views: &Views) -> Result<Vec<Cell>, Error> {
        let batches = self.batches.values().filter(|batch| batch.len() >= BATCH_MIN);
        let batched: BTreeSet<CaseId> = batches.flatten().copied().collect();
        for (place, case) in self.closed {
            self.shares
                .entry(place)
                .or_default()
                .see(case, batched.contains(&case));
        }
        for ((place, _, _), together) in self.own {
            let parts = together.len() >= SPLIT_MIN;
            for case in together {
                self.shares.entry(place.clone()).or_default().see(case, parts);
            }
        }
        let twice = self.files.twice(views.log())?;
        for (place, case, blob) in self.owned {
            let counts = twice.contains(&(case, blob));
            self.shares.entry(place).or_default().see(case, counts);
        }
        let cells = self.shares.into_iter();
        Ok(cells.map(|(place, share)| Cell { place, share }).collect())
    }
}

/// Where a case came from, as far as a batch goes: the document, the parent, else the post and the day.
fn source(state: &State) -> String {
    match (&state.source.document, state.parent) {
        (Some(document), _) => format!("document/{document}"),
        (None, Some(parent)) => format!("case/{parent}"),
        (None, None) => format!("{}/{}", state.opened_by.post, date_of(state.opened_at)),
    }
}

/// When a case ended without a result (void, merged into another), and whether its time had all but run out by then; `None`
/// for any other case, and where it had no limit or hardly any time.
fn given_up(state: &State) -> Option<(Timestamp, bool)> {
    if state.kind != StageKind::Void {
        return None;
    }
    let past = |key: &str| {
        let mut clocks = state.past.iter().rev();
        clocks.find(|past| past.clock.as_str() == key)
    };
    let clock = past("case").or_else(|| past("stage"))?;
    let (ended, whole) = (state.stage_since, clock.due.duration_since(clock.start));
    let near = clock.due.duration_since(ended) <= whole / LAST_PART;
    (whole >= WHOLE_MIN).then_some((ended, near))
}

/// Whether it was done in the last tenth of its time; `None` where it was late, had no limit or hardly any time.
fn just_before(state: &State, done: Timestamp) -> Option<bool> {
    let limit = state.limit().filter(|limit| done < *limit && state.round == 1)?;
    let whole = limit.duration_since(state.opened_at);
    (whole >= WHOLE_MIN).then(|| limit.duration_since(done) <= whole / LAST_PART)
}

/// Whether the first number that the closing condition compares is exactly at what it is compared with; `None` where it
/// compares none, or only asks for equality.
fn exactly(when: &Expr, state: &State) -> Option<bool> {
    if let Expr::Compare(comparison, a, b) = when
        && !matches!(comparison, Comparison::Equal | Comparison::NotEqual)
        && let (Some(a), Some(b)) = (number(a, state), number(b, state))
    {
        return Some(a == b);
    }
    let mut found = None;
    when.each_child(&mut |part| {
        if found.is_none() {
            found = exactly(part, state);
        }
    });
    found
}

fn number(expr: &Expr, state: &State) -> Option<Decimal> {
    let value = match expr {
        Expr::Constant(value) => value,
        Expr::Field(field) => state.values.get(field)?,
        _ => return None,
    };
    match value {
        Value::Int(n) | Value::Fen(n) => Some(Decimal::from(*n)),
        Value::Dec(n) => Some(*n),
        _ => None,
    }
}
