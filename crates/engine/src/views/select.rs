//! Choosing, counting and ordering cases on the roll: one pass over all lines, or over one of each kind where that is enough.

use std::collections::BTreeSet;
use std::sync::Arc;

use bihuan_domain::id::{CaseId, MechanismId, StageId};
use bihuan_domain::mechanism::Colour;
use jiff::Timestamp;
use memchr::memmem::Finder;

use super::fold::words;
use super::pass::First;
use super::project::micros;
use super::query::{Counts, Filter, Sort};
use super::roll::{Line, NameCode, Part, Roll};

impl Roll {
    /// The cases that a filter leaves, from `offset` on in this order, at most `limit`; and how many there are in all.
    pub(super) fn page(&self, filter: &Filter, sort: Sort, offset: u64, limit: u64) -> (Vec<CaseId>, u64) {
        let Some(test) = Test::of(self, filter) else {
            return (Vec::new(), 0);
        };
        if test.coarse() {
            let total = self.gather(filter, |n: &mut u64, _, many| *n += many, |n, more| *n += more);
            let choice = Choice {
                sort,
                offset,
                limit,
                total,
            };
            return (self.first(&test, |_| true, &choice), total);
        }
        let ranks = self.ranks_for(sort);
        let (mut found, total) = First::all(self.pass(|part| {
            let mut first = First::new(offset.saturating_add(limit));
            test.chosen(part)
                .for_each(|(line, text)| first.show(key(line, text, test.due(line), sort, &ranks)));
            first
        }));
        let part = part(&mut found, offset, limit, Ord::cmp);
        (part.iter().map(Key::case).collect(), total)
    }

    /// The cases that a coarse test and `among`, which leaves all of a kind or none, leave of a page.
    pub(super) fn first(
        &self,
        test: &Test,
        among: impl Fn(&Line) -> bool + Sync,
        choice: &Choice,
    ) -> Vec<CaseId> {
        let Choice {
            sort,
            offset,
            limit,
            total,
        } = *choice;
        let wanted = offset.saturating_add(limit).min(total);
        let ranks = self.ranks_for(sort);
        let holds = |line: &Line| test.holds(line, &[]) && among(line);
        // Deep pages and rare cases are found sooner by looking at all; and whose clocks are kept back from who asks, has an
        // order of his own.
        let length = u64::try_from(self.length()).unwrap_or(u64::MAX);
        let kept = test.kept_back.is_empty() && wanted <= PAGES_MAX && total.saturating_mul(RARE) >= length;
        let mut found: Vec<Key<'_>> = self
            .pass(|part| {
                if kept {
                    return part.first_in_order(sort, wanted, (holds, test.seen.as_deref()), |line, text| {
                        key(line, text, line.due_at, sort, &ranks)
                    });
                }
                let mut first = First::new(wanted);
                part.lines()
                    .filter(|(line, _)| holds(line))
                    .for_each(|(line, text)| first.show(key(line, text, test.due(line), sort, &ranks)));
                First::all(vec![first]).0
            })
            .into_iter()
            .flatten()
            .collect();
        let part = part(&mut found, offset, limit, Ord::cmp);
        part.iter().map(Key::case).collect()
    }

    /// The places of names in their order, where an order asks for them.
    pub(super) fn ranks_for(&self, sort: Sort) -> Vec<u32> {
        match sort {
            Sort::Owner | Sort::Number | Sort::Stage => self.names.ranks(),
            _ => Vec::new(),
        }
    }

    /// Calls `visit` with every line that a filter leaves, oldest case first, as who asks is shown it.
    pub(super) fn each(&self, filter: &Filter, mut visit: impl FnMut(&Line)) {
        if let Some(test) = Test::of(self, filter) {
            test.each(self.whole(), &mut visit);
        }
    }

    /// As [`Roll::each`] into a fresh `T` for each half of the roll; the two are then joined. Lines that are alike in all that
    /// is counted come as one, with their number, where the filter asks for nothing else.
    pub(super) fn gather<T: Default + Send>(
        &self,
        filter: &Filter,
        visit: impl Fn(&mut T, &Line, u64) + Sync,
        join: impl Fn(&mut T, T),
    ) -> T {
        let Some(test) = Test::of(self, filter) else {
            return T::default();
        };
        let mut halves = self
            .pass(|part| {
                let mut gathered = T::default();
                if test.coarse() {
                    let alike = part.alike().filter(|(line, _)| test.holds(line, &[]));
                    alike.for_each(|(line, n)| test.shown(line, |line| visit(&mut gathered, line, n)));
                } else {
                    test.each(part, &mut |line| visit(&mut gathered, line, 1));
                }
                gathered
            })
            .into_iter();
        let mut all = halves.next().unwrap_or_default();
        halves.for_each(|half| join(&mut all, half));
        all
    }

    /// Counts over the cases that a filter leaves.
    pub(super) fn counts(&self, filter: &Filter) -> Counts {
        let add = |tally: &mut Tally, line: &Line, n| tally.add(line, n);
        self.counted(&self.gather(filter, add, Tally::join))
    }

    /// As [`Roll::counts`], for each mechanism by itself.
    pub(super) fn counts_by_mechanism(&self, filter: &Filter) -> Vec<(MechanismId, Counts)> {
        let tallies: Tallies = self.gather(
            filter,
            |tallies: &mut Tallies, line, n| tallies.add(line.mechanism, line, n),
            Tallies::join,
        );
        tallies
            .each()
            .map(|(code, tally)| (self.names.name(code).into(), self.counted(tally)))
            .collect()
    }

    pub(super) fn counted(&self, tally: &Tally) -> Counts {
        let mut stages: Vec<(StageId, u64)> = (0..)
            .zip(&tally.stages)
            .filter(|(_, n)| **n > 0)
            .map(|(code, n)| (self.names.name(code).into(), *n))
            .collect();
        stages.sort();
        let colours = COLOURS.iter().zip(tally.colours).rev();
        Counts {
            total: tally.total(),
            open: tally.open,
            closed: tally.closed,
            late: tally.late,
            on_time: tally.on_time,
            judged: tally.judged,
            stages,
            colours: colours
                .filter(|(_, n)| *n > 0)
                .map(|(colour, n)| (*colour, n))
                .collect(),
        }
    }
}

const COLOURS: [Colour; 5] = [
    Colour::Green,
    Colour::Blue,
    Colour::Yellow,
    Colour::Orange,
    Colour::Red,
];

/// What is counted of several cases.
#[derive(Default)]
pub(super) struct Tally {
    open: u64,
    closed: u64,
    late: u64,
    on_time: u64,
    judged: u64,
    colours: [u64; 5],
    /// By code of the stage.
    stages: Vec<u64>,
}

impl Tally {
    /// Counts so many lines that are like this one.
    fn add(&mut self, line: &Line, many: u64) {
        if line.open {
            self.open += many;
            self.late += many * u64::from(line.colour == Colour::Red);
            if let Some(n) = self.colours.get_mut(line.colour as usize) {
                *n += many;
            }
        } else {
            self.closed += many;
        }
        if let Some(on_time) = line.on_time {
            self.judged += many;
            self.on_time += many * u64::from(on_time);
        }
        let stage = place(line.stage);
        if self.stages.len() <= stage {
            self.stages.resize(stage.saturating_add(1), 0);
        }
        if let Some(n) = self.stages.get_mut(stage) {
            *n += many;
        }
    }
}

impl Tally {
    /// How many were counted.
    pub(super) fn total(&self) -> u64 {
        self.open + self.closed
    }

    /// Adds what another counted.
    fn join(&mut self, other: Tally) {
        self.open += other.open;
        self.closed += other.closed;
        self.late += other.late;
        self.on_time += other.on_time;
        self.judged += other.judged;
        for (n, more) in self.colours.iter_mut().zip(other.colours) {
            *n += more;
        }
        if self.stages.len() < other.stages.len() {
            self.stages.resize(other.stages.len(), 0);
        }
        for (n, more) in self.stages.iter_mut().zip(other.stages) {
            *n += more;
        }
    }
}

/// What is counted by a code: of few names, each with a small number.
#[derive(Default)]
pub(super) struct Tallies(Vec<Tally>);

impl Tallies {
    /// Counts so many lines that are like this one for this code.
    pub(super) fn add(&mut self, code: u32, line: &Line, many: u64) {
        let nth = place(code);
        if self.0.len() <= nth {
            self.0.resize_with(nth.saturating_add(1), Tally::default);
        }
        if let Some(tally) = self.0.get_mut(nth) {
            tally.add(line, many);
        }
    }

    /// Adds what another counted.
    pub(super) fn join(&mut self, other: Tallies) {
        if self.0.len() < other.0.len() {
            self.0.resize_with(other.0.len(), Tally::default);
        }
        for (tally, more) in self.0.iter_mut().zip(other.0) {
            tally.join(more);
        }
    }

    /// What was counted, by code.
    pub(super) fn each(&self) -> impl Iterator<Item = (u32, &Tally)> {
        (0..)
            .zip(&self.0)
            .filter(|(_, tally)| tally.open > 0 || tally.closed > 0)
    }
}

/// A filter in the codes of the roll.
pub(super) struct Test {
    mechanisms: Vec<NameCode>,
    owners: Vec<NameCode>,
    stage: Option<NameCode>,
    holder: Option<NameCode>,
    document: Option<NameCode>,
    open: Option<bool>,
    colour: Option<Colour>,
    parent: Option<CaseId>,
    only: Option<Arc<BTreeSet<CaseId>>>,
    late: Option<bool>,
    on_time: Option<bool>,
    opened: (i64, i64),
    closed: Option<(i64, i64)>,
    due: Option<(i64, i64)>,
    open_on: Option<i64>,
    words: Vec<Finder<'static>>,
    /// By code of the set of parties: whether it may be seen. `None` where everything may.
    seen: Option<Vec<bool>>,
    /// Units whose clocks are kept back from who asks.
    kept_back: Vec<NameCode>,
}

impl Test {
    /// `None` where a name is asked for that no case bears.
    pub(super) fn of(roll: &Roll, filter: &Filter) -> Option<Test> {
        let name = |name: &str| roll.names.find(name);
        // Of several names those that no case bears leave nothing out.
        let several = |names: Vec<&str>| -> Option<Vec<NameCode>> {
            let known: Vec<NameCode> = names.iter().filter_map(|one| name(one)).collect();
            (names.is_empty() || !known.is_empty()).then_some(known)
        };
        let single = |wanted: Option<&str>| -> Option<Option<NameCode>> {
            match wanted {
                Some(wanted) => name(wanted).map(Some),
                None => Some(None),
            }
        };
        let document = match filter.document.as_deref() {
            Some(document) => Some(roll.documents.find(document)?),
            None => None,
        };
        let seen = match &filter.visible_to {
            crate::access::Sight::All => None,
            sight => Some(roll.parties.sets.iter().map(|set| sight.meets(set)).collect()),
        };
        let kept_back = match &filter.visible_to {
            crate::access::Sight::Units { kept_back, .. } => {
                let units = kept_back.iter().filter(|unit| filter.visible_to.keeps_back(unit));
                units.filter_map(|unit| name(unit.as_str())).collect()
            }
            crate::access::Sight::All => Vec::new(),
        };
        Some(Test {
            kept_back,
            mechanisms: several(filter.mechanisms.iter().map(|id| id.as_str()).collect())?,
            owners: several(filter.owners.iter().map(|id| id.as_str()).collect())?,
            stage: single(filter.stage.as_ref().map(|id| id.as_str()))?,
            holder: single(filter.holder.as_ref().map(|id| id.as_str()))?,
            document,
            open: filter.open,
            colour: filter.colour,
            parent: filter.parent,
            only: filter.among.clone(),
            late: filter.late,
            on_time: filter.on_time,
            opened: range(filter.opened).unwrap_or((i64::MIN, i64::MAX)),
            closed: range(filter.closed),
            due: range(filter.due),
            open_on: filter.open_on.map(micros),
            words: words(filter.text.as_deref().unwrap_or_default())
                .iter()
                .map(|word| Finder::new(word).into_owned())
                .collect(),
            seen,
        })
    }

    /// The lines of a part that it leaves.
    pub(super) fn chosen<'r>(&self, part: Part<'r>) -> impl Iterator<Item = (&'r Line, &'r [u8])> {
        let may_hold = |texts: &[u8]| self.words.iter().all(|word| word.find(texts).is_some());
        part.lines_where(may_hold)
            .filter(|(line, text)| self.holds(line, text))
    }

    /// Calls `visit` with every line of a part that it leaves, as who asks is shown it.
    fn each(&self, part: Part<'_>, visit: &mut impl FnMut(&Line)) {
        for (line, _) in self.chosen(part) {
            self.shown(line, &mut *visit);
        }
    }

    /// Calls `visit` with a line as who asks is shown it.
    pub(super) fn shown(&self, line: &Line, visit: impl FnOnce(&Line)) {
        if self.veiled(line) {
            let mut shown = line.clone();
            (shown.colour, shown.due_at) = (self.colour(line), self.due(line));
            visit(&shown);
        } else {
            visit(line);
        }
    }

    /// Whether lines that are alike in what is counted (`alike`) are all left or none of them.
    pub(super) fn coarse(&self) -> bool {
        self.words.is_empty()
            && self.document.is_none()
            && self.parent.is_none()
            && self.only.is_none()
            && self.opened == (i64::MIN, i64::MAX)
            && self.closed.is_none()
            && self.due.is_none()
            && self.open_on.is_none()
    }

    /// Whether everything is shown to who asks as it is.
    pub(super) fn unveiled(&self) -> bool {
        self.kept_back.is_empty()
    }

    /// Whether the clock that runs is one that is kept back.
    fn veiled(&self, line: &Line) -> bool {
        !self.kept_back.is_empty() && line.open && self.kept_back.contains(&line.holder)
    }

    /// The colour as it is shown to who asks.
    fn colour(&self, line: &Line) -> Colour {
        if self.veiled(line) {
            Colour::Green
        } else {
            line.colour
        }
    }

    /// The due time as it is shown to who asks.
    fn due(&self, line: &Line) -> Option<i64> {
        line.due_at.filter(|_| !self.veiled(line))
    }

    fn holds(&self, line: &Line, text: &[u8]) -> bool {
        let among = |codes: &[NameCode], code: NameCode| codes.is_empty() || codes.contains(&code);
        let is = |wanted: Option<NameCode>, code: NameCode| wanted.is_none_or(|wanted| wanted == code);
        let flag = |wanted: Option<bool>, flag: bool| wanted.is_none_or(|wanted| wanted == flag);
        // A case without the time is in no range of it.
        let within = |range: Option<(i64, i64)>, at: Option<i64>| {
            range.is_none_or(|(from, to)| at.is_some_and(|at| from <= at && at < to))
        };
        among(&self.mechanisms, line.mechanism)
            && among(&self.owners, line.owner)
            && is(self.stage, line.stage)
            && is(self.holder, line.holder)
            && flag(self.open, line.open)
            && self.colour.is_none_or(|colour| colour == self.colour(line))
            && flag(self.late, line.late)
            && (self.on_time.is_none() || self.on_time == line.on_time)
            && (self.document.is_none() || self.document == line.document)
            && (self.parent.is_none() || self.parent == line.parent)
            && self.only.as_ref().is_none_or(|only| only.contains(&line.id))
            && (self.opened.0 <= line.opened_at && line.opened_at < self.opened.1)
            && within(self.closed, line.closed_at)
            && within(self.due, self.due(line))
            && self.open_on.is_none_or(|at| line.was_open_at(at))
            && self
                .seen
                .as_ref()
                .is_none_or(|seen| seen.get(place(line.parties)).copied().unwrap_or(false))
            && self.words.iter().all(|word| word.find(text).is_some())
    }
}

fn range((from, to): (Option<Timestamp>, Option<Timestamp>)) -> Option<(i64, i64)> {
    (from.is_some() || to.is_some()).then(|| (from.map_or(i64::MIN, micros), to.map_or(i64::MAX, micros)))
}

/// Which part of a list is asked for.
pub(super) struct Choice {
    pub(super) sort: Sort,
    pub(super) offset: u64,
    pub(super) limit: u64,
    /// How many there are in all.
    pub(super) total: u64,
}

/// Lines up to which a page is looked for along kept orders.
const PAGES_MAX: u64 = 10_000;

/// Of so many lines one must be meant for that.
const RARE: u64 = 256;

/// Where a case stands in an order: the smaller, the earlier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'r> {
    first: u128,
    /// Only where the order is that of titles, and their beginnings are alike.
    text: &'r [u8],
    /// The last resort.
    id: u64,
}

impl Key<'_> {
    pub(super) fn case(&self) -> CaseId {
        CaseId(self.id)
    }
}

/// The first sixteen bytes of a text as a number that orders like them.
fn beginning(text: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    for (byte, place) in text.iter().zip(&mut bytes) {
        *place = *byte;
    }
    u128::from_be_bytes(bytes)
}

/// Where a case stands in an order.
pub(super) fn key<'r>(
    line: &Line,
    text: &'r [u8],
    due_at: Option<i64>,
    sort: Sort,
    ranks: &[u32],
) -> Key<'r> {
    let rank = |code: NameCode| u128::from(ranks.get(place(code)).copied().unwrap_or(u32::MAX));
    let due = due_at.map_or(u128::from(u64::MAX), |due| {
        u128::from(due.cast_unsigned() ^ (1 << 63))
    });
    let urgency = u128::from(!line.open) << 64 | due;
    let first = match sort {
        Sort::Urgency => urgency,
        Sort::Newest => u128::from(u64::MAX - line.id.0),
        Sort::Oldest => u128::from(line.id.0),
        Sort::Title => beginning(text),
        Sort::Owner => rank(line.owner) << 65 | urgency,
        Sort::Stage => rank(line.stage) << 64 | due,
        Sort::Number => match line.number {
            Some((series, first, last)) => rank(series) << 64 | u128::from(first) << 32 | u128::from(last),
            None => u128::MAX,
        },
    };
    Key {
        first,
        text: if sort == Sort::Title { text } else { &[] },
        id: line.id.0,
    }
}

/// The sorted part of `all` from `offset` on, without sorting the rest.
pub(super) fn part<T>(
    all: &mut [T],
    offset: u64,
    limit: u64,
    order: impl Fn(&T, &T) -> std::cmp::Ordering,
) -> &[T] {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if offset >= all.len() || limit == 0 {
        return &[];
    }
    if offset > 0 {
        all.select_nth_unstable_by(offset, &order);
    }
    let (_, rest) = all.split_at_mut(offset);
    if limit < rest.len() {
        rest.select_nth_unstable_by(limit, &order);
    }
    let end = limit.min(rest.len());
    let (part, _) = rest.split_at_mut(end);
    part.sort_unstable_by(&order);
    part
}

pub(super) fn place(code: u32) -> usize {
    usize::try_from(code).unwrap_or(usize::MAX)
}
