//! At which register rows a case stands (所在对象), so that what is open at a device, a site or a grid is found without
//! reading every case.

use std::collections::BTreeSet;

use bihuan_domain::case::State;
use bihuan_domain::id::{CaseId, MechanismId};
use bihuan_domain::value::{RowRef, Value};
use rusqlite::Connection;

use super::query::Views;
use crate::error::Error;

/// The table of this part.
pub(crate) const TABLE: &str = "
CREATE TABLE IF NOT EXISTS places(register TEXT NOT NULL, row TEXT NOT NULL, case_id INTEGER NOT NULL, PRIMARY KEY (register, row, case_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS places_by_case ON places(case_id);
";

/// The rows to which the values of a case point.
pub(crate) fn places(state: &State) -> BTreeSet<RowRef> {
    let mut found = BTreeSet::new();
    for value in state.values.values() {
        match value {
            Value::Row(row) => {
                found.insert(row.clone());
            }
            Value::List(items) => found.extend(items.iter().filter_map(|item| match item {
                Value::Row(row) => Some(row.clone()),
                _ => None,
            })),
            _ => {}
        }
    }
    found
}

/// Writes where a case stands; `again` where it stood somewhere before.
pub(crate) fn write(
    connection: &Connection,
    case: CaseId,
    places: &BTreeSet<RowRef>,
    again: bool,
) -> Result<(), Error> {
    let id = i64::try_from(case.0).unwrap_or(i64::MAX);
    if again {
        connection
            .prepare_cached("DELETE FROM places WHERE case_id = ?1")?
            .execute([id])?;
    }
    for place in places {
        connection
            .prepare_cached("INSERT OR IGNORE INTO places(register, row, case_id) VALUES (?1, ?2, ?3)")?
            .execute((place.register.as_str(), place.row.as_str(), id))?;
    }
    Ok(())
}

impl Views {
    /// The cases of a mechanism that are parts of others, each with the case of which it is a part.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn parents(&self, mechanism: &MechanismId) -> Result<Vec<(CaseId, CaseId)>, Error> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id, parent FROM case_views WHERE mechanism = ?1 AND parent IS NOT NULL",
        )?;
        let found = statement.query_map([mechanism.as_str()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?;
        let case = |id: i64| u64::try_from(id).ok().map(CaseId);
        let mut parents = Vec::new();
        for pair in found {
            let (id, parent) = pair?;
            parents.extend(case(id).zip(case(parent)));
        }
        Ok(parents)
    }

    /// The cases whose fields point at a register row, in order of id: for [`Filter::among`](super::Filter::among).
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn cases_at(&self, row: &RowRef) -> Result<BTreeSet<CaseId>, Error> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT case_id FROM places WHERE register = ?1 AND row = ?2")?;
        let found = statement.query_map((row.register.as_str(), row.row.as_str()), |row| {
            row.get::<_, i64>(0)
        })?;
        let mut cases = BTreeSet::new();
        for id in found {
            cases.extend(u64::try_from(id?).ok().map(CaseId));
        }
        Ok(cases)
    }
}
