//! Counting: one pass over the facts of all cases, then rates, lines and corrections.

use std::collections::BTreeMap;

use bihuan_domain::calendar::midnight;
use bihuan_domain::case::{DutyKind, State};
use bihuan_domain::id::{Code, UnitId};
use bihuan_domain::mechanism::{RequestKind, Section, StageKind};
use bihuan_domain::verification::Beacon;
use bihuan_domain::world::World;
use jiff::Timestamp;
use jiff::civil::Date;

use super::correct::{Earlier, corrections, repeated};
use super::facts::Facts;
use super::figures::{
    Count, FIGURES, FalseClosing, Figures, LadderItem, LateItem, LateWith, NamedRate, RATES, Scope,
    UNIT_FIGURES, UnitLine, UnitOrder,
};
use super::rate::{CaseSet, Rate, ranks};
use super::typical::Search;

/// Counts cases into the figures of one bulletin. Feed it every case in any order, then [`Collector::finish`].
pub(crate) struct Collector<'w> {
    scope: Scope,
    as_of: Timestamp,
    start: Timestamp,
    end: Timestamp,
    world: &'w World,
    totals: Tally,
    units: BTreeMap<UnitId, Tally>,
    late: Vec<LateItem>,
    items: Vec<LadderItem>,
    false_closings: Vec<FalseClosing>,
    typical: Option<Search>,
}

#[derive(Default)]
struct Tally(BTreeMap<&'static str, (CaseSet, u64)>);

impl Tally {
    fn add(&mut self, id: &'static str, facts: &Facts, times: u64) {
        let (cases, n) = self.0.entry(id).or_default();
        cases.add(facts.state.id);
        *n = n.saturating_add(times);
    }

    fn n(&self, id: &str) -> u64 {
        self.0.get(id).map_or(0, |(cases, _)| cases.len())
    }

    fn counts(&self, ids: &[&str], query: impl Fn(&str) -> Option<String>) -> Vec<Count> {
        ids.iter()
            .map(|id| {
                let (cases, times) = self.0.get(id).cloned().unwrap_or_default();
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
            units: BTreeMap::new(),
            late: Vec::new(),
            items: Vec::new(),
            false_closings: Vec::new(),
            typical: scope.sections.contains(&Section::Typical).then(Search::default),
        }
    }

    /// Takes a case in.
    pub(crate) fn add(&mut self, facts: &Facts) {
        let scope = &self.scope.mechanisms;
        if !scope.is_empty() && !scope.contains(&facts.state.mechanism.id) {
            return;
        }
        for (id, times) in self.counted(facts) {
            self.totals.add(id, facts, times);
            let unit = owner_on(self.world, &facts.state.owner, self.scope.to);
            self.units.entry(unit).or_default().add(id, facts, times);
        }
        let (start, end) = (self.start, self.end);
        if let Some(search) = &mut self.typical {
            search.look(facts, &|at| start <= at && at < end, self.as_of);
        }
        self.late.extend(self.late_item(facts));
        self.items.extend(ladder_items(facts));
        for closing in &facts.closings {
            let Some((failed, seq)) = closing.false_since else {
                continue;
            };
            self.false_closings.push(FalseClosing {
                case: facts.state.id,
                mechanism: facts.state.mechanism.id.clone(),
                number: facts.state.number.as_ref().map(|number| number.text.clone()),
                title: facts.state.title.clone(),
                owner: facts.state.owner.clone(),
                closed: closing.at,
                failed,
                seq,
            });
        }
    }

    /// The counts in which a case counts, and how many times.
    fn counted(&self, facts: &Facts) -> Vec<(&'static str, u64)> {
        // What stands in the log has happened; only limits may still lie ahead.
        let inside = |at: Timestamp| self.start <= at && at < self.end;
        let times = |instants: &mut dyn Iterator<Item = Timestamp>| {
            u64::try_from(instants.filter(|at| inside(*at)).count()).unwrap_or(u64::MAX)
        };
        let state = &facts.state;
        let mut counted = Vec::new();
        let mut count = |id: &'static str, n: u64| {
            if n > 0 {
                counted.push((id, n));
            }
        };
        let true_closings = || {
            facts
                .closings
                .iter()
                .filter(|closing| closing.false_since.is_none())
        };
        count("opened", u64::from(inside(state.opened_at)));
        count("closed", times(&mut true_closings().map(|closing| closing.at)));
        if let Some(round) = self.due_round(facts) {
            let postponed = round.current && facts.postponed();
            count("should_close", 1);
            count("postponed", u64::from(postponed));
            count("base", u64::from(!postponed));
            if let Some((_, on_time)) = round.closed.filter(|(at, _)| *at < self.end && !postponed) {
                count("closed_due", 1);
                count("on_time", u64::from(on_time == Some(true)));
            }
        }
        count("open", u64::from(state.is_open()));
        count("overdue", u64::from(facts.overdue(self.as_of)));
        count("step_overdue", u64::from(facts.step_overdue(self.as_of)));
        let reworked = times(&mut facts.failures.iter().copied());
        count(
            "verified",
            reworked + times(&mut facts.closings.iter().map(|closing| closing.at)),
        );
        count("reworked", reworked);
        let failed = times(
            &mut facts
                .closings
                .iter()
                .filter_map(|closing| Some(closing.false_since?.0)),
        );
        count("looked_back", failed + times(&mut facts.passes.iter().copied()));
        count("look_back_failed", failed);
        count(
            "voided",
            u64::from(state.kind == StageKind::Void && inside(state.stage_since)),
        );
        counted
    }

    /// The last round whose limit fell inside the period and has been reached.
    fn due_round(&self, facts: &Facts) -> Option<Round> {
        let state = &facts.state;
        let closed = facts.closings.iter().map(|closing| Round {
            limit: closing.limit,
            closed: closing
                .false_since
                .is_none()
                .then_some((closing.at, closing.on_time)),
            current: false,
        });
        let current = state
            .is_open()
            .then(|| Round {
                limit: state.limit(),
                closed: None,
                current: true,
            })
            .into_iter();
        let reached = |limit: Timestamp| self.start <= limit && limit < self.end && limit <= self.as_of;
        let due = |round: &Round| round.limit.is_some_and(reached);
        closed.chain(current).rfind(due)
    }

    fn late_item(&self, facts: &Facts) -> Option<LateItem> {
        let state = &facts.state;
        let (late, due) = if facts.overdue(self.as_of) {
            (LateWith::Matter, state.limit()?)
        } else if facts.step_overdue(self.as_of) {
            (LateWith::Step, state.clock("stage")?.due)
        } else {
            return None;
        };
        let seconds = u64::try_from(self.as_of.as_second().saturating_sub(due.as_second())).unwrap_or(0);
        Some(LateItem {
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
            cause: facts.cause.clone(),
            repeated: false,
        })
    }

    /// The figures. `earlier` are the bulletins issued in the log before, oldest first.
    pub(crate) fn finish(mut self, log: Beacon, earlier: &[Earlier]) -> Figures {
        self.late
            .sort_by_key(|item| (item.late as u8, item.due, item.case));
        self.items.sort_by_key(|item| (item.since, item.case));
        repeated(&mut self.late, earlier);
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
        let corrections = corrections(&self.scope, log.size, &self.false_closings, earlier);
        Figures {
            as_of: self.as_of,
            cut: self.end.min(self.as_of),
            counts,
            rates,
            units: self.lines(),
            late: self.late,
            items: self.items,
            typical: self.typical.take().map(Search::found).unwrap_or_default(),
            corrections,
            log,
            scope: self.scope,
        }
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

fn ladder_items(facts: &Facts) -> Vec<LadderItem> {
    let state = &facts.state;
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

/// The unit that answers for an owner on `day`: itself, or its successor.
fn owner_on(world: &World, owner: &UnitId, day: Date) -> UnitId {
    world
        .org
        .unit_on(owner, day)
        .map_or_else(|| owner.clone(), |unit| unit.id.clone())
}
