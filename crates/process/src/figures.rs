//! What a log tells: how cases really went, how long they waited and with whom, and where they came back.

mod loops;
mod variants;
mod waits;

use serde::Serialize;

use crate::log::{Case, EventLog};
use crate::names::{NONE, Names, narrow, pairs, wide};
use crate::spread::Spread;

pub use loops::Loop;
pub use variants::Variant;
pub use waits::holder_waits;

/// Whose time the wait between two rows of a case is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Charged {
    /// Of the holder of the second row: the column says who did it, and it lay with him until then.
    #[default]
    Doer,
    /// Of the holder of the first row: the column says who has the case from then on.
    Keeper,
}

/// The figures of a log. Activities, holders and cases by their numbers in it; lists stand in a fixed order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Rows.
    pub events: u64,
    /// Cases.
    pub cases: u64,
    /// Cases that go on.
    pub open: u64,
    /// Courses, the most frequent first, then by their names.
    pub variants: Vec<Variant>,
    /// What cases begin with, the most frequent first.
    pub starts: Vec<(u32, u64)>,
    /// What cases that have ended end with, the most frequent first.
    pub ends: Vec<(u32, u64)>,
    /// Each activity, the most frequent first.
    pub activities: Vec<Activity>,
    /// What follows directly upon what, the most frequent first, with the wait between.
    pub follows: Vec<Follow>,
    /// The wait by holder, in the order of their names: this is no ranking.
    pub holders: Vec<HolderWait>,
    /// From the first row to the last, of cases that have ended.
    pub throughput: Spread,
    /// Ways on which cases came back to an activity, the most frequent first.
    pub loops: Vec<Loop>,
}

/// An activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Which.
    pub activity: u32,
    /// Rows.
    pub events: u64,
    /// Cases in which it happened.
    pub cases: u64,
    /// Cases in which it happened more than once (返工).
    pub repeated: u64,
}

/// One activity directly upon another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follow {
    /// The first.
    pub from: u32,
    /// The second.
    pub to: u32,
    /// The wait between.
    pub wait: Spread,
}

/// What is charged to a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderWait {
    /// Who; `None` where none was written down.
    pub holder: Option<u32>,
    /// Cases that lay with him.
    pub cases: u64,
    /// How long, each time.
    pub wait: Spread,
}

impl Figures {
    /// Counts. With two threads or more, courses and waits are counted side by side.
    ///
    /// # Example
    ///
    /// ```
    /// use bihuan_process::{Charged, Figures, Rows};
    ///
    /// let mut rows = Rows::default();
    /// rows.add("1", "accept", 0, None);
    /// rows.add("1", "close", 60_000_000, None);
    /// let figures = Figures::of(&rows.into_log(), Charged::Doer, 1);
    /// assert_eq!((figures.variants.len(), figures.throughput.median), (1, 60));
    /// ```
    pub fn of(log: &EventLog, charged: Charged, threads: usize) -> Figures {
        let courses = || (variants::variants(log), loops::loops(log), activities(log));
        let waits = || {
            (
                waits::follows(log),
                holder_waits(log, charged),
                throughput(log),
                edges(log),
            )
        };
        let (courses, waits) = if threads > 1 {
            std::thread::scope(|scope| {
                let beside = scope.spawn(courses);
                let waits = waits();
                // A thread that could not finish is done again here, where its fault shows.
                (beside.join().unwrap_or_else(|_| courses()), waits)
            })
        } else {
            (courses(), waits())
        };
        let ((variants, loops, activities), (follows, holders, throughput, (starts, ends))) =
            (courses, waits);
        Figures {
            events: count(log.events()),
            cases: count(log.case_count()),
            open: count(log.cases().filter(|case| case.open).count()),
            variants,
            starts,
            ends,
            activities,
            follows,
            holders,
            throughput,
            loops,
        }
    }
}

fn throughput(log: &EventLog) -> Spread {
    let ended = log.cases().filter(|case| !case.open);
    let mut durations: Vec<i64> = ended
        .filter_map(|case| Some(case.times.last()?.saturating_sub(*case.times.first()?)))
        .collect();
    Spread::of(&mut durations)
}

/// Activities with which cases begin and end, each with how often.
type Edges = (Vec<(u32, u64)>, Vec<(u32, u64)>);

fn edges(log: &EventLog) -> Edges {
    let names = log.activity_names();
    let mut starts = vec![0u64; names.len()];
    let mut ends = starts.clone();
    let add = |counts: &mut Vec<u64>, activity: Option<&u32>| {
        if let Some(n) = activity.and_then(|activity| counts.get_mut(wide(*activity))) {
            *n += 1;
        }
    };
    for case in log.cases() {
        add(&mut starts, case.activities.first());
        if !case.open {
            add(&mut ends, case.activities.last());
        }
    }
    let listed = |counts: Vec<u64>| {
        let all = counts.into_iter().enumerate().filter(|(_, n)| *n > 0);
        let mut list: Vec<(u32, u64)> = all.map(|(activity, n)| (narrow(activity), n)).collect();
        list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| names.name(a.0).cmp(names.name(b.0))));
        list
    };
    (listed(starts), listed(ends))
}

fn activities(log: &EventLog) -> Vec<Activity> {
    let names = log.activity_names();
    let mut all: Vec<Activity> = (0..names.len())
        .map(|activity| Activity {
            activity: narrow(activity),
            events: 0,
            cases: 0,
            repeated: 0,
        })
        .collect();
    // The case in which an activity was last met, and how often in it.
    let mut seen = vec![(NONE, 0u32); names.len()];
    for case in log.cases() {
        for activity in case.activities {
            let (Some(one), Some(seen)) = (all.get_mut(wide(*activity)), seen.get_mut(wide(*activity)))
            else {
                continue;
            };
            if seen.0 != case.number {
                *seen = (case.number, 0);
            }
            seen.1 = seen.1.saturating_add(1);
            one.events += 1;
            one.cases += u64::from(seen.1 == 1);
            one.repeated += u64::from(seen.1 == 2);
        }
    }
    all.sort_by(|a, b| {
        let by_name = || names.name(a.activity).cmp(names.name(b.activity));
        b.events.cmp(&a.events).then_with(by_name)
    });
    all
}

/// The wait before each row of a case but the first, in microseconds.
fn waits_of<'a>(case: &Case<'a>) -> impl Iterator<Item = i64> + 'a {
    pairs(case.times).map(|(from, to)| to.saturating_sub(from))
}

/// The names of activities on a way.
pub(crate) fn way<'a>(names: &'a Names, activities: &[u32]) -> Vec<&'a str> {
    activities.iter().map(|activity| names.text(*activity)).collect()
}

pub(crate) fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl Variant {
    /// How many cases went this way.
    pub fn count(&self) -> u64 {
        count(self.cases.len())
    }
}

impl Loop {
    /// In how many cases it was walked.
    pub fn count(&self) -> u64 {
        count(self.cases.len())
    }
}
