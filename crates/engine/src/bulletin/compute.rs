//! Counting: one pass over the briefs of all cases, then rates, lines and corrections. Only cases that are named in the
//! bulletin (late ones, items, typical ones, closings undone) are looked at whole.

use std::collections::BTreeMap;

use bihuan_domain::calendar::midnight;
use bihuan_domain::case::{DutyKind, State};
use bihuan_domain::id::{CaseId, Code, UnitId};
use bihuan_domain::mechanism::{RequestKind, Section, StageKind};
use bihuan_domain::verification::Beacon;
use bihuan_domain::world::World;
use jiff::Timestamp;
use jiff::civil::Date;

use super::correct::{Earlier, corrections, repeated};
use super::figures::{
    Count, FIGURES, FalseClosing, Figures, LadderItem, LateItem, LateWith, NamedRate, RATES, Scope,
    UNIT_FIGURES, UnitLine, UnitOrder,
};
use super::rate::{CaseSet, Rate, ranks};
use super::typical::Search;
use crate::error::Error;
use crate::views::{Brief, Course, Views};

/// Where cases can be looked at whole.
pub(crate) trait Look {
    /// What `tell` makes of each of these cases that is there, in their order.
    fn told_of<I: Sync, T: Send>(
        &self,
        items: &[I],
        id: impl Fn(&I) -> CaseId + Sync,
        tell: impl Fn(&I, &State) -> T + Sync,
    ) -> Result<Vec<T>, Error>;
}

impl Look for Views {
    fn told_of<I: Sync, T: Send>(
        &self,
        items: &[I],
        id: impl Fn(&I) -> CaseId + Sync,
        tell: impl Fn(&I, &State) -> T + Sync,
    ) -> Result<Vec<T>, Error> {
        self.each_of(items, id, tell)
    }
}

impl Look for BTreeMap<CaseId, State> {
    fn told_of<I: Sync, T: Send>(
        &self,
        items: &[I],
        id: impl Fn(&I) -> CaseId + Sync,
        tell: impl Fn(&I, &State) -> T + Sync,
    ) -> Result<Vec<T>, Error> {
        let told = items
            .iter()
            .filter_map(|item| Some(tell(item, self.get(&id(item))?)));
        Ok(told.collect())
    }
}

/// Counts cases into the figures of one bulletin. Feed it every case in order of id, or join several that were fed one run
/// of ids each, in order; then [`Collector::finish`].
pub(crate) struct Collector<'w> {
    scope: Scope,
    as_of: Timestamp,
    start: Timestamp,
    end: Timestamp,
    world: &'w World,
    totals: Tally,
    /// By unit that answers.
    units: Vec<(UnitId, Tally)>,
    /// By owner as cases name it: where among `units` the one stands that answers for it.
    owners: BTreeMap<String, usize>,
    late: Vec<(CaseId, LateWith, Timestamp)>,
    items: Vec<CaseId>,
    undone: Vec<CaseId>,
    typical: Option<Search>,
}

/// Counts in the order of [`FIGURES`]: which cases, and how many times.
#[derive(Default)]
struct Tally([(CaseSet, u64); FIGURES.len()]);

impl Tally {
    fn add(&mut self, figure: usize, case: CaseId, times: u64) {
        if let Some((cases, n)) = self.0.get_mut(figure) {
            cases.add(case);
            *n = n.saturating_add(times);
        }
    }

    /// Takes in what was counted over cases with higher ids.
    fn join(&mut self, more: Tally) {
        for ((cases, n), (others, times)) in self.0.iter_mut().zip(more.0) {
            cases.append(others);
            *n = n.saturating_add(times);
        }
    }

    fn of(&self, id: &str) -> Option<&(CaseSet, u64)> {
        self.0.get(FIGURES.iter().position(|known| *known == id)?)
    }

    fn n(&self, id: &str) -> u64 {
        self.of(id).map_or(0, |(cases, _)| cases.len())
    }

    fn counts(&self, ids: &[&str], query: impl Fn(&str) -> Option<String>) -> Vec<Count> {
        ids.iter()
            .map(|id| {
                let (cases, times) = self.of(id).cloned().unwrap_or_default();
                let n = cases.len();
                let times = matches!(*id, "reworked" | "verified" | "looked_back" | "look_back_failed")
                    .then_some(times);
                Count {
                    id: Code::new(id),
                    n,
                    times,
                    cases,
                    query: query(id),
                }
            })
            .collect()
    }
}

/// A round of a case: its limit, and its closing unless that proved false.
struct Round {
    limit: Option<Timestamp>,
    closed: Option<(Timestamp, Option<bool>)>,
    current: bool,
}

impl<'w> Collector<'w> {
    pub(crate) fn new(scope: &Scope, as_of: Timestamp, world: &'w World) -> Self {
        let end = scope.to.tomorrow().map_or(as_of, midnight);
        Collector {
            scope: scope.clone(),
            as_of,
            start: midnight(scope.from),
            end,
            world,
            totals: Tally::default(),
            units: Vec::new(),
            owners: BTreeMap::new(),
            late: Vec::new(),
            items: Vec::new(),
            undone: Vec::new(),
            typical: scope.sections.contains(&Section::Typical).then(Search::default),
        }
    }

    /// Takes a case in from its state.
    pub(crate) fn take(&mut self, state: &State) {
        let brief = Brief::of(state);
        self.add(
            brief.id,
            brief.mechanism.as_str(),
            brief.owner.as_str(),
            &brief.course,
        );
    }

    /// Takes a case in.
    pub(crate) fn add(&mut self, id: CaseId, mechanism: &str, owner: &str, course: &Course) {
        let scope = &self.scope.mechanisms;
        if !scope.is_empty() && !scope.iter().any(|one| one.as_str() == mechanism) {
            return;
        }
        let unit = self.unit(owner);
        let counted = self.counted(course);
        for (figure, times) in counted.into_iter().enumerate().filter(|(_, times)| *times > 0) {
            self.totals.add(figure, id, times);
            if let Some((_, tally)) = self.units.get_mut(unit) {
                tally.add(figure, id, times);
            }
        }
        let (start, end) = (self.start, self.end);
        if let Some(search) = &mut self.typical {
            search.look(id, course, &|at| start <= at && at < end, self.as_of);
        }
        if let Some((late, due)) = course.late(self.as_of) {
            self.late.push((id, late, due));
        }
        if course.item {
            self.items.push(id);
        }
        if !course.more.undone.is_empty() {
            self.undone.push(id);
        }
    }

    /// Takes in what another counted over cases with higher ids.
    pub(crate) fn join(&mut self, more: Self) {
        self.totals.join(more.totals);
        for (unit, tally) in more.units {
            let place = self.place(unit);
            if let Some((_, known)) = self.units.get_mut(place) {
                known.join(tally);
            }
        }
        self.late.extend(more.late);
        self.items.extend(more.items);
        self.undone.extend(more.undone);
        if let (Some(search), Some(more)) = (&mut self.typical, more.typical) {
            search.join(more);
        }
    }

    /// Where a unit stands, in the last place from now on if it was not there.
    fn place(&mut self, unit: UnitId) -> usize {
        let place = self.units.iter().position(|(known, _)| *known == unit);
        place.unwrap_or_else(|| {
            self.units.push((unit, Tally::default()));
            self.units.len().saturating_sub(1)
        })
    }

    /// Where the unit stands that answers for an owner: the owner itself, or on the last day its successor.
    fn unit(&mut self, owner: &str) -> usize {
        if let Some(place) = self.owners.get(owner) {
            return *place;
        }
        let place = self.place(owner_on(self.world, &owner.into(), self.scope.to));
        self.owners.insert(owner.to_owned(), place);
        place
    }

    /// How many times a case counts in each of [`FIGURES`].
    fn counted(&self, course: &Course) -> [u64; FIGURES.len()] {
        // What stands in the log has happened; only limits may still lie ahead.
        let inside = |at: Timestamp| self.start <= at && at < self.end;
        let times = |instants: &mut dyn Iterator<Item = Timestamp>| {
            u64::try_from(instants.filter(|at| inside(*at)).count()).unwrap_or(u64::MAX)
        };
        let more = &course.more;
        let closed = course.ended.filter(|_| !course.void);
        let closed_inside = u64::from(closed.is_some_and(inside));
        let (mut should_close, mut postponed, mut closed_due, mut on_time) = (false, false, false, false);
        if let Some(round) = self.due_round(course) {
            should_close = true;
            postponed = round.current && course.put_off;
            if let Some((_, in_time)) = round.closed.filter(|(at, _)| *at < self.end && !postponed) {
                closed_due = true;
                on_time = in_time == Some(true);
            }
        }
        let late = course.late(self.as_of).map(|(late, _)| late);
        let reworked = times(&mut more.sent_back.iter().copied());
        let undone = times(&mut more.undone.iter().map(|undone| undone.at));
        let failed = times(&mut more.undone.iter().map(|undone| undone.failed));
        let stood = times(&mut more.stood.iter().copied());
        [
            u64::from(inside(course.opened_at)),
            closed_inside,
            u64::from(should_close),
            u64::from(postponed),
            u64::from(should_close && !postponed),
            u64::from(closed_due),
            u64::from(on_time),
            u64::from(course.open),
            u64::from(late == Some(LateWith::Matter)),
            u64::from(late == Some(LateWith::Step)),
            reworked.saturating_add(undone).saturating_add(closed_inside),
            reworked,
            failed.saturating_add(stood),
            failed,
            u64::from(course.void && course.ended.is_some_and(inside)),
        ]
    }

    /// The last round whose limit fell inside the period and has been reached.
    fn due_round(&self, course: &Course) -> Option<Round> {
        let undone = course.more.undone.iter().map(|undone| Round {
            limit: undone.limit,
            closed: None,
            current: false,
        });
        let last = (course.open || !course.void).then_some(Round {
            limit: course.limit,
            closed: course.ended.map(|at| (at, course.on_time)),
            current: course.open,
        });
        let reached = |limit: Timestamp| self.start <= limit && limit < self.end && limit <= self.as_of;
        let due = |round: &Round| round.limit.is_some_and(reached);
        undone.chain(last).rfind(due)
    }

    /// The figures. `earlier` are the bulletins issued in the log before, oldest first; `look` looks at a case whole.
    ///
    /// # Errors
    ///
    /// If a case cannot be looked at.
    pub(crate) fn finish(
        mut self,
        log: Beacon,
        earlier: &[Earlier],
        look: &impl Look,
    ) -> Result<Figures, Error> {
        let mut late = look.told_of(
            &self.late,
            |(id, ..)| *id,
            |(_, with, due), state| late_item(self.as_of, state, *with, *due),
        )?;
        late.sort_by_key(|item| (item.late as u8, item.due, item.case));
        repeated(&mut late, earlier);
        let items = look.told_of(&self.items, |id| *id, |_, state| ladder_items(state))?;
        let mut items: Vec<LadderItem> = items.into_iter().flatten().collect();
        items.sort_by_key(|item| (item.since, item.case));
        let false_closings = look.told_of(&self.undone, |id| *id, |_, state| false_closings(state))?;
        let false_closings: Vec<FalseClosing> = false_closings.into_iter().flatten().collect();
        let typical = self.typical.take().map(|search| search.found(look)).transpose()?;
        let counts = self.totals.counts(&FIGURES, |id| self.query(id));
        let rates = RATES
            .iter()
            .map(|(id, num, base)| NamedRate {
                id: Code::new(id),
                num: Code::new(num),
                base: Code::new(base),
                rate: Rate::of(self.totals.n(num), self.totals.n(base)),
            })
            .collect();
        let corrections = corrections(&self.scope, log.size, &false_closings, earlier);
        Ok(Figures {
            as_of: self.as_of,
            cut: self.end.min(self.as_of),
            counts,
            rates,
            units: self.lines(),
            late,
            items,
            typical: typical.unwrap_or_default(),
            burden: None,
            corrections,
            log,
            scope: self.scope,
        })
    }

    fn lines(&self) -> Vec<UnitLine> {
        let mut lines: Vec<UnitLine> = self
            .units
            .iter()
            .map(|(unit, tally)| UnitLine {
                unit: unit.clone(),
                counts: tally.counts(&UNIT_FIGURES, |_| None),
                closing: Rate::of(tally.n("closed_due"), tally.n("base")),
                on_time: Rate::of(tally.n("on_time"), tally.n("base")),
                place: None,
            })
            .filter(|line| line.counts.iter().any(|count| count.n > 0))
            .collect();
        let places = ranks(&lines.iter().map(|line| &line.on_time).collect::<Vec<_>>());
        for (line, place) in lines.iter_mut().zip(places) {
            line.place = place;
        }
        let name = |line: &UnitLine| {
            let name = self
                .world
                .org
                .units
                .get(&line.unit)
                .map(|unit| unit.name.zh.clone())
                .unwrap_or_default();
            (name, line.unit.clone())
        };
        match self.scope.order {
            UnitOrder::Name => lines.sort_by_key(name),
            UnitOrder::Overdue => {
                lines.sort_by_key(|line| (std::cmp::Reverse(line.n("overdue")), name(line)))
            }
        }
        lines
    }

    /// The live list of a count, in the words of the ledger's filters, where a list can say exactly that.
    fn query(&self, id: &str) -> Option<String> {
        let Scope {
            from, to, mechanisms, ..
        } = &self.scope;
        let ledger = match mechanisms.as_slice() {
            [] => "all",
            [one] => one.as_str(),
            _ => return None,
        };
        match id {
            "opened" => Some(format!("/ledgers/{ledger}?opened_from={from}&opened_to={to}")),
            "closed" => Some(format!("/ledgers/{ledger}?closed_from={from}&closed_to={to}")),
            "open" => Some(format!("/ledgers/{ledger}?open=yes")),
            _ => None,
        }
    }
}

fn late_item(as_of: Timestamp, state: &State, late: LateWith, due: Timestamp) -> LateItem {
    let seconds = u64::try_from(as_of.as_second().saturating_sub(due.as_second())).unwrap_or(0);
    LateItem {
        case: state.id,
        mechanism: state.mechanism.id.clone(),
        number: state.number.as_ref().map(|number| number.text.clone()),
        title: state.title.clone(),
        owner: state.owner.clone(),
        holder: state.holder.clone(),
        late,
        due,
        days: seconds.div_ceil(86_400).max(1),
        extensions: state.granted.get(&RequestKind::Extension).copied().unwrap_or(0),
        claimed: state.kind == StageKind::Verify,
        colour: state.colour(),
        cause: state.cause.clone(),
        stage: Some(state.stage.clone()),
        since: Some(state.stage_since),
        repeated: false,
    }
}

fn false_closings(state: &State) -> Vec<FalseClosing> {
    let closings = state.undone.iter().map(|undone| FalseClosing {
        case: state.id,
        mechanism: state.mechanism.id.clone(),
        number: state.number.as_ref().map(|number| number.text.clone()),
        title: state.title.clone(),
        owner: state.owner.clone(),
        closed: undone.at,
        failed: undone.failed,
        seq: undone.seq,
    });
    closings.collect()
}

fn ladder_items(state: &State) -> Vec<LadderItem> {
    let item = |duty: bihuan_domain::case::Duty| {
        let DutyKind::Answer {
            clock,
            rung,
            bulletin: true,
        } = duty.kind
        else {
            return None;
        };
        Some(LadderItem {
            case: state.id,
            mechanism: state.mechanism.id.clone(),
            number: state.number.as_ref().map(|number| number.text.clone()),
            title: state.title.clone(),
            owner: state.owner.clone(),
            charged: charged(state, clock.as_str()),
            due: state.clock(clock.as_str())?.due,
            clock,
            rung,
            since: duty.since,
            post: duty.holder.post,
        })
    };
    state.duties().into_iter().filter_map(item).collect()
}

/// Whose clock this is: law 1 charges time to holders, and the owner answers for the whole.
fn charged(state: &State, clock: &str) -> UnitId {
    let holder = match clock {
        "case" => None,
        "stage" => Some(&state.holder),
        "progress" => state.progress_by.as_ref(),
        "lookback" => state
            .look_back
            .as_ref()
            .and_then(|look_back| look_back.by.as_ref()),
        request => {
            let number = request
                .strip_prefix("request/")
                .and_then(|n| n.parse::<u32>().ok());
            number
                .and_then(|n| state.requests.get(&n))
                .map(|request| &request.approver)
        }
    };
    holder.map_or_else(|| state.owner.clone(), |holder| holder.unit.clone())
}

impl Course {
    /// What is late by `as_of`, and when it was due: the matter, or only its present step. What the owner said to be done
    /// in time is not overdue while that is verified; what stands still is not late.
    pub(crate) fn late(&self, as_of: Timestamp) -> Option<(LateWith, Timestamp)> {
        if !self.open || self.put_off {
            return None;
        }
        let over = |limit: &Timestamp| *limit <= as_of && self.claimed.is_none_or(|done| done >= *limit);
        if let Some(limit) = self.limit.filter(over) {
            return Some((LateWith::Matter, limit));
        }
        let step = self.step.filter(|due| *due <= as_of)?;
        Some((LateWith::Step, step))
    }
}

/// The unit that answers for an owner on `day`: itself, or its successor.
fn owner_on(world: &World, owner: &UnitId, day: Date) -> UnitId {
    world
        .org
        .unit_on(owner, day)
        .map_or_else(|| owner.clone(), |unit| unit.id.clone())
}
