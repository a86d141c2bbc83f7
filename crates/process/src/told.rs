//! The figures of a log with names instead of numbers, for programs.

use serde::Serialize;

use crate::figures::{Figures, HolderWait};
use crate::log::EventLog;
use crate::names::Names;
use crate::spread::Spread;
use crate::stamp::written;

/// The figures of a log by name. Durations are whole seconds, shares are a count over a base.
#[derive(Debug, Serialize)]
pub struct Told<'a> {
    events: u64,
    cases: u64,
    open: u64,
    from: Option<String>,
    to: Option<String>,
    variants: Vec<Way<'a>>,
    start_activities: Vec<Count<'a>>,
    end_activities: Vec<Count<'a>>,
    activities: Vec<Activity<'a>>,
    directly_follows: Vec<Follow<'a>>,
    waiting_by_holder: Vec<Holder<'a>>,
    throughput: Spread,
    loops: Vec<Loop<'a>>,
}

#[derive(Debug, Serialize)]
struct Way<'a> {
    activities: Vec<&'a str>,
    cases: u64,
    of: u64,
    open: u64,
}

#[derive(Debug, Serialize)]
struct Count<'a> {
    activity: &'a str,
    cases: u64,
}

#[derive(Debug, Serialize)]
struct Activity<'a> {
    activity: &'a str,
    events: u64,
    cases: u64,
    repeated_in: u64,
}

#[derive(Debug, Serialize)]
struct Follow<'a> {
    from: &'a str,
    to: &'a str,
    wait: Spread,
}

#[derive(Debug, Serialize)]
struct Holder<'a> {
    holder: Option<&'a str>,
    cases: u64,
    wait: Spread,
}

#[derive(Debug, Serialize)]
struct Loop<'a> {
    activities: Vec<&'a str>,
    times: u64,
    cases: u64,
    seconds: i64,
}

impl<'a> Told<'a> {
    /// The figures of `log` by name.
    pub fn new(log: &'a EventLog, figures: &'a Figures) -> Told<'a> {
        let names = log.activity_names();
        let instant = |pick: fn((i64, i64)) -> i64| log.span().map(pick).map(written);
        Told {
            events: figures.events,
            cases: figures.cases,
            open: figures.open,
            from: instant(|(from, _)| from),
            to: instant(|(_, to)| to),
            variants: figures
                .variants
                .iter()
                .map(|one| Way {
                    activities: way(names, &one.activities),
                    cases: one.count(),
                    of: figures.cases,
                    open: one.open,
                })
                .collect(),
            start_activities: counts(names, &figures.starts),
            end_activities: counts(names, &figures.ends),
            activities: figures
                .activities
                .iter()
                .map(|one| Activity {
                    activity: names.text(one.activity),
                    events: one.events,
                    cases: one.cases,
                    repeated_in: one.repeated,
                })
                .collect(),
            directly_follows: figures
                .follows
                .iter()
                .map(|one| Follow {
                    from: names.text(one.from),
                    to: names.text(one.to),
                    wait: one.wait,
                })
                .collect(),
            waiting_by_holder: figures
                .holders
                .iter()
                .map(|one| holder(log.holder_names(), one))
                .collect(),
            throughput: figures.throughput,
            loops: figures
                .loops
                .iter()
                .map(|one| Loop {
                    activities: way(names, &one.activities),
                    times: one.times,
                    cases: one.count(),
                    seconds: one.seconds,
                })
                .collect(),
        }
    }

    /// Leaves the wait by holder out, where it is told elsewhere.
    pub fn without_holders(mut self) -> Self {
        self.waiting_by_holder.clear();
        self
    }
}

fn way<'a>(names: &'a Names, activities: &[u32]) -> Vec<&'a str> {
    crate::figures::way(names, activities)
}

fn counts<'a>(names: &'a Names, counts: &[(u32, u64)]) -> Vec<Count<'a>> {
    let count = |(activity, cases): &(u32, u64)| Count {
        activity: names.text(*activity),
        cases: *cases,
    };
    counts.iter().map(count).collect()
}

fn holder<'a>(names: &'a Names, one: &HolderWait) -> Holder<'a> {
    Holder {
        holder: one.holder.map(|holder| names.text(holder)),
        cases: one.cases,
        wait: one.wait,
    }
}
