//! Cases over time (走势): how many were opened, closed and open from day to day, in one pass over the roll. Each number is
//! that of the filter which asks for the same days, so that it opens as many cases as it says.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::calendar::midnight;
use bihuan_domain::id::{CaseId, UnitId};
use jiff::civil::Date;

use super::project::micros;
use super::query::{Filter, Views};
use super::roll::Line;
use crate::error::Error;

/// A stretch of days, the last one included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Opened in it.
    pub opened: u64,
    /// Closed in it.
    pub closed: u64,
    /// Open at its end.
    pub open: u64,
    /// Open now with a limit after it: what would be left if everything were closed in time.
    pub due_after: u64,
}

/// Ends of the days of these dates, in microseconds.
fn ends(lasts: &[Date]) -> Vec<i64> {
    let end = |day: &Date| day.tomorrow().map_or(i64::MAX, |next| micros(midnight(next)));
    lasts.iter().map(end).collect()
}

/// In which of the stretches between these ends a moment lies; `None` before the first and after the last.
fn within(ends: &[i64], at: i64) -> Option<usize> {
    let place = ends.partition_point(|end| *end <= at);
    (0 < place && place < ends.len()).then(|| place - 1)
}

fn count(spans: &mut [Span], ends: &[i64], line: &Line) {
    if let Some(span) = within(ends, line.opened_at).and_then(|n| spans.get_mut(n)) {
        span.opened += 1;
    }
    let closed = line.closed_at.and_then(|at| within(ends, at));
    if let Some(span) = closed.and_then(|n| spans.get_mut(n)) {
        span.closed += 1;
    }
    for (span, end) in spans.iter_mut().zip(ends.iter().skip(1)) {
        span.open += u64::from(line.was_open_at(*end));
        span.due_after += u64::from(line.open && line.due_at.is_some_and(|due| *end <= due));
    }
}

impl Views {
    /// The cases that a filter leaves.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn ids(&self, filter: &Filter) -> Result<BTreeSet<CaseId>, Error> {
        let mut ids = BTreeSet::new();
        self.roll()?.each(filter, |line| {
            ids.insert(line.id);
        });
        Ok(ids)
    }

    /// What happened between these days: the first stretch begins after the first day and ends with the second, and so on.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn spans(&self, filter: &Filter, lasts: &[Date]) -> Result<Vec<Span>, Error> {
        let ends = ends(lasts);
        let mut spans = vec![Span::default(); ends.len().saturating_sub(1)];
        self.roll()?.each(filter, |line| count(&mut spans, &ends, line));
        Ok(spans)
    }

    /// The same for each owner.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn spans_by_owner(
        &self,
        filter: &Filter,
        lasts: &[Date],
    ) -> Result<BTreeMap<UnitId, Vec<Span>>, Error> {
        let roll = self.roll()?;
        let ends = ends(lasts);
        let mut owners: BTreeMap<u32, Vec<Span>> = BTreeMap::new();
        let empty = vec![Span::default(); ends.len().saturating_sub(1)];
        self.roll()?.each(filter, |line| {
            let spans = owners.entry(line.owner).or_insert_with(|| empty.clone());
            count(spans, &ends, line);
        });
        let named = owners
            .into_iter()
            .map(|(code, spans)| (roll.names.name(code).into(), spans));
        Ok(named.collect())
    }

    /// How many are due on each of these days, which follow each other; the first one only begins.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn due_on(&self, filter: &Filter, days: &[Date]) -> Result<Vec<u64>, Error> {
        let ends = ends(days);
        let mut due = vec![0; ends.len().saturating_sub(1)];
        self.roll()?.each(filter, |line| {
            let day = line.due_at.and_then(|at| within(&ends, at));
            if let Some(n) = day.and_then(|day| due.get_mut(day)) {
                *n += 1;
            }
        });
        Ok(due)
    }
}
