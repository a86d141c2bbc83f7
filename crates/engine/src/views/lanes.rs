//! Several readers of one moment: a count over a million cases takes every processor, each on a connection of its own that
//! sees the same log.

use std::thread::{Builder, ScopedJoinHandle};

use bihuan_domain::case::State;
use bihuan_domain::id::{CaseId, MechanismId};
use bihuan_ledger::Reader;

use super::query::{Views, state};
use crate::error::Error;

/// More than this many read no faster: the pages come from one file.
const LANES_MAX: usize = 4;

/// Fewer pieces of work than this are not worth another connection.
const WORTH: usize = 200;

/// As many ids of a narrow table.
const WORTH_OF_IDS: usize = 200;

impl Views {
    /// Lets `work` have each of `runs` on a connection that sees the same size of the log as this one, all at once; the
    /// answers are in the order of the runs. Where the log had grown before another connection could look, its run is
    /// worked on this one afterwards.
    ///
    /// # Errors
    ///
    /// Those of `work`, and of the database.
    pub(crate) fn in_lanes<R: Sync, T: Send>(
        &self,
        runs: &[R],
        work: impl Fn(&Reader, &R) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let Some((first, others)) = runs.split_first() else {
            return Ok(Vec::new());
        };
        if others.is_empty() {
            return Ok(vec![work(self.log(), first)?]);
        }
        self.log().at_one_moment(|log| {
            let (size, ledger) = (log.head()?.size, log.ledger());
            let beside = |run| -> Result<Option<T>, Error> {
                ledger.reader()?.at_one_moment(|reader| {
                    let same = reader.head()?.size == size;
                    same.then(|| work(reader, run)).transpose()
                })
            };
            std::thread::scope(|scope| {
                let beside = &beside;
                let start = |run| Builder::new().spawn_scoped(scope, move || beside(run)).ok();
                let hands: Vec<_> = others.iter().map(|run| (run, start(run))).collect();
                let first = work(log, first);
                // All are waited for, whatever failed: one that ends in a defect unheard would take this thread with it.
                let ended = hands
                    .into_iter()
                    .map(|(run, hand)| (run, hand.map(ScopedJoinHandle::join)));
                let ended: Vec<_> = ended.collect();
                let mut done = vec![first?];
                for (run, ended) in ended {
                    let found = match ended {
                        Some(Ok(found)) => found?,
                        Some(Err(_)) => return Err(Error::Other("a thread ended in a defect".to_owned())),
                        // A thread that could not be had leaves its run to us.
                        None => None,
                    };
                    done.push(match found {
                        Some(found) => found,
                        None => work(log, run)?,
                    });
                }
                Ok(done)
            })
        })
    }

    /// As [`Views::in_lanes`], with `items` cut into as many runs as there are processors; few are one run.
    ///
    /// # Errors
    ///
    /// Those of `work`, and of the database.
    pub(crate) fn side_by_side<I: Sync, T: Send>(
        &self,
        items: &[I],
        work: impl Fn(&Reader, &[I]) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let parts = if items.len() < WORTH { 1 } else { lanes() };
        let runs: Vec<&[I]> = items.chunks(items.len().div_ceil(parts).max(1)).collect();
        self.in_lanes(&runs, |log, run| work(log, run))
    }

    /// What `tell` makes of the whole state of each of these cases that is there, in their order.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub(crate) fn each_of<I: Sync, T: Send>(
        &self,
        items: &[I],
        id: impl Fn(&I) -> CaseId + Sync,
        tell: impl Fn(&I, &State) -> T + Sync,
    ) -> Result<Vec<T>, Error> {
        let runs = self.side_by_side(items, |log, run| {
            let mut told = Vec::with_capacity(run.len());
            for item in run {
                told.extend(state(log.connection(), id(item))?.map(|state| tell(item, &state)));
            }
            Ok(told)
        })?;
        Ok(runs.into_iter().flatten().collect())
    }

    /// The cases of a mechanism, in order of id.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub(crate) fn ids_of(&self, mechanism: &MechanismId) -> Result<Vec<CaseId>, Error> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT id FROM case_views WHERE mechanism = ?1 ORDER BY id")?;
        let ids = statement.query_map([mechanism.as_str()], |row| row.get::<_, i64>(0))?;
        ids.map(|id| Ok(CaseId(u64::try_from(id?).unwrap_or(0))))
            .collect()
    }

    /// Runs of ids, first and last, that hold every case there is: a pass over a table can be cut into them.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub(crate) fn runs_of_ids(&self) -> Result<Vec<(i64, i64)>, Error> {
        let last = "SELECT coalesce(max(id), 0) FROM briefs";
        let last: i64 = self.connection().query_row(last, [], |row| row.get(0))?;
        let worth = usize::try_from(last).unwrap_or(usize::MAX) >= WORTH_OF_IDS;
        let parts = i64::try_from(if worth { lanes() } else { 1 }).unwrap_or(1);
        let cut = |part: i64| last.saturating_mul(part).checked_div(parts).unwrap_or(last);
        let runs = (0..parts).map(|part| (cut(part).saturating_add(1), cut(part.saturating_add(1))));
        Ok(runs.collect())
    }
}

/// How many read at once.
fn lanes() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().min(LANES_MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::Engine;
    use crate::time::SetTime;

    #[test]
    fn a_run_that_ends_in_a_defect_is_told_as_a_fault_also_where_the_first_run_failed_before() {
        let place = tempfile::tempdir().unwrap();
        let time = Arc::new(SetTime::at(jiff::Timestamp::UNIX_EPOCH));
        let engine = Engine::create(&place.path().join("data"), "test.example", time).unwrap();
        let views = engine.views().unwrap();
        for fails in [false, true] {
            let told = views.in_lanes(&[0, 1, 2], |_, run| match run {
                0 if fails => Err(Error::Stopped),
                1 => std::panic::resume_unwind(Box::new("a defect")),
                run => Ok(*run),
            });
            let told = told.unwrap_err();
            assert_eq!(matches!(told, Error::Stopped), fails, "{told}");
        }
        assert_eq!(views.in_lanes(&[0, 1, 2], |_, run| Ok(*run)).unwrap(), [0, 1, 2]);
    }
}
