//! Filling the pieces of measures that are new, some cases at a time, so that whoever orders something meanwhile waits
//! for some cases and not for all of them.
//!
//! `measures.filled` is the last case whose pieces are there, nothing once all are. It moves in the transaction that
//! writes them, so a filling that was cut off goes on where it stood. Cases behind it that change meanwhile have their
//! pieces written as ever; the filling comes to them later and writes the same.

use std::collections::BTreeSet;

use bihuan_domain::assessment::{Counting, Of, Scheme};
use bihuan_domain::case::State;
use bihuan_domain::id::MechanismId;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::super::packed;
use super::{Measured, Measures, OfMechanism, fill, key_of};
use crate::error::Error;

/// How far the pieces of a mechanism's cases are that are being filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filling {
    /// The mechanism whose cases are gone through.
    pub mechanism: MechanismId,
    /// How many of its cases are done.
    pub done: u64,
    /// How many it has.
    pub of: u64,
}

/// Measures of one mechanism that are filled up to the same case.
struct Next {
    mechanism: String,
    filled: i64,
}

impl Measures {
    /// Brings the table to these measures and fills all that are new.
    pub(crate) fn keep(&self, connection: &Connection) -> Result<(), Error> {
        self.enter(connection)?;
        while self.fill(connection, usize::MAX)? {}
        Ok(())
    }

    /// Takes in measures that are new, to be filled, and drops those that nobody asks for any more.
    pub(crate) fn enter(&self, connection: &Connection) -> Result<(), Error> {
        let mut statement = connection.prepare_cached("SELECT measure FROM measures")?;
        let kept: BTreeSet<i64> = statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let wanted: BTreeSet<i64> = self
            .0
            .values()
            .flat_map(|of| &of.measured)
            .map(|one| one.key)
            .collect();
        for gone in kept.difference(&wanted) {
            connection.execute("DELETE FROM pieces WHERE measure = ?1", [gone])?;
            connection.execute("DELETE FROM measures WHERE measure = ?1", [gone])?;
        }
        for (mechanism, of) in &self.0 {
            for one in of.measured.iter().filter(|one| !kept.contains(&one.key)) {
                connection
                    .prepare_cached("INSERT INTO measures(measure, mechanism, filled) VALUES (?1, ?2, 0)")?
                    .execute((one.key, mechanism.as_str()))?;
            }
        }
        Ok(())
    }

    /// Fills the pieces of the next `cases` cases. Gives whether something is left to be filled.
    pub(crate) fn fill(&self, connection: &Connection, cases: usize) -> Result<bool, Error> {
        let mut left = cases;
        while let Some(next) = next(connection)? {
            if left == 0 {
                return Ok(true);
            }
            left = left.saturating_sub(self.fill_some(connection, &next, left)?);
        }
        Ok(false)
    }

    /// Fills measures that stand at the same case, for up to `cases` cases more, and gives how many those were.
    fn fill_some(&self, connection: &Connection, next: &Next, cases: usize) -> Result<usize, Error> {
        let keys = keys_at(connection, next)?;
        let nothing = OfMechanism::default();
        let known = self.0.get(&MechanismId::new(&next.mechanism)).unwrap_or(&nothing);
        let measured = known.measured.iter().filter(|one| keys.contains(&one.key));
        let measured: Vec<&Measured> = measured.collect();
        let mut statement = connection.prepare_cached(
            "SELECT s.id, s.state FROM case_views c JOIN states s ON s.id = c.id
             WHERE c.mechanism = ?1 AND c.id > ?2 ORDER BY c.id LIMIT ?3",
        )?;
        let limit = i64::try_from(cases).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![next.mechanism, next.filled, limit])?;
        let (mut done, mut last) = (0usize, next.filled);
        while let Some(row) = rows.next()? {
            last = row.get(0)?;
            let state: State = packed::read(row.get_ref(1)?)?;
            fill(connection, &measured, known, &state)?;
            done = done.saturating_add(1);
        }
        let filled = (done == cases).then_some(last);
        for key in keys {
            connection
                .prepare_cached("UPDATE measures SET filled = ?2 WHERE measure = ?1")?
                .execute((key, filled))?;
        }
        Ok(done)
    }
}

/// Which measures are to be filled next: those that are least far.
fn next(connection: &Connection) -> Result<Option<Next>, Error> {
    let found = connection
        .prepare_cached(
            "SELECT mechanism, filled FROM measures WHERE filled IS NOT NULL ORDER BY filled, mechanism LIMIT 1",
        )?
        .query_row([], |row| {
            Ok(Next {
                mechanism: row.get(0)?,
                filled: row.get(1)?,
            })
        })
        .optional()?;
    Ok(found)
}

fn keys_at(connection: &Connection, next: &Next) -> Result<BTreeSet<i64>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT measure FROM measures WHERE mechanism = ?1 AND filled = ?2")?;
    let keys = statement.query_map((next.mechanism.as_str(), next.filled), |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// What is being filled, mechanism by mechanism.
///
/// # Errors
///
/// If the read models cannot be read.
pub fn filling(connection: &Connection) -> Result<Vec<Filling>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT mechanism, min(filled) FROM measures WHERE filled IS NOT NULL GROUP BY mechanism ORDER BY mechanism",
    )?;
    let found: Vec<(String, i64)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let found = found.into_iter();
    found
        .map(|(mechanism, filled)| far(connection, mechanism, filled))
        .collect()
}

/// What of a scheme's measures is being filled; the mechanism that is least far.
pub(crate) fn filling_of(connection: &Connection, scheme: &Scheme) -> Result<Option<Filling>, Error> {
    let lists = scheme.lists().into_iter().map(|(_, list)| list);
    let mut least: Option<(i64, MechanismId)> = None;
    for counting in scheme.countings().into_iter().chain(lists) {
        let Of::Cases(mechanism) = &counting.of else {
            continue;
        };
        if let Some(filled) = filled_to(connection, &counting)?.flatten()
            && least.as_ref().is_none_or(|(before, _)| filled < *before)
        {
            least = Some((filled, mechanism.clone()));
        }
    }
    least
        .map(|(filled, mechanism)| far(connection, mechanism.to_string(), filled))
        .transpose()
}

/// The case up to which a measure is filled; `Some(None)` once it is wholly, `None` where it is not kept.
pub(super) fn filled_to(connection: &Connection, counting: &Counting) -> Result<Option<Option<i64>>, Error> {
    Ok(connection
        .prepare_cached("SELECT filled FROM measures WHERE measure = ?1")?
        .query_row([key_of(counting)], |row| row.get(0))
        .optional()?)
}

fn far(connection: &Connection, mechanism: String, filled: i64) -> Result<Filling, Error> {
    let (done, of): (i64, i64) = connection
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE id <= ?2), count(*) FROM case_views WHERE mechanism = ?1",
        )?
        .query_row((mechanism.as_str(), filled), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Filling {
        mechanism: MechanismId::new(&mechanism),
        done: u64::try_from(done).unwrap_or(0),
        of: u64::try_from(of).unwrap_or(0),
    })
}

/// Takes back, in a rebuild whose measures are all filled, what the live read models have not come to yet, so that the two can
/// be compared. What has been written behind the mark already must be as rebuilt.
pub(crate) fn as_far_as(live: &Connection, rebuilt: &Connection) -> Result<(), Error> {
    let mut statement = live.prepare("SELECT measure, filled FROM measures WHERE filled IS NOT NULL")?;
    let marks: Vec<(i64, i64)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let behind = |connection: &Connection, measure: i64, filled: i64| -> Result<BTreeSet<i64>, Error> {
        let mut statement =
            connection.prepare_cached("SELECT id FROM pieces WHERE measure = ?1 AND id > ?2")?;
        let ids = statement.query_map((measure, filled), |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    };
    for (measure, filled) in marks {
        rebuilt.execute(
            "UPDATE measures SET filled = ?2 WHERE measure = ?1",
            (measure, filled),
        )?;
        let written = behind(live, measure, filled)?;
        for id in behind(rebuilt, measure, filled)?.difference(&written) {
            rebuilt
                .prepare_cached("DELETE FROM pieces WHERE measure = ?1 AND id = ?2")?
                .execute((measure, id))?;
        }
    }
    Ok(())
}
