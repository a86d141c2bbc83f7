//! What openings must know of other cases: which matters are open already, and how far schedules have run.

use bihuan_domain::case::State;
use bihuan_domain::id::{CaseId, Code, MechanismId};
use bihuan_domain::mechanism::SourceKind;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension};

use crate::error::Error;

/// The tables of this part.
pub(crate) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS open_matters(mechanism TEXT NOT NULL, matter TEXT NOT NULL, case_id INTEGER NOT NULL, PRIMARY KEY (mechanism, matter, case_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS schedules(mechanism TEXT PRIMARY KEY, through TEXT NOT NULL) WITHOUT ROWID;
";

/// Takes over what events brought; `state` is the case after them, `opened` whether its opening was among them.
pub(crate) fn project_brought(connection: &Connection, state: &State, opened: bool) -> Result<(), Error> {
    if opened
        && state.source.kind == SourceKind::Schedule
        && let Some(day) = state.source.key.as_ref().and_then(scheduled_day)
    {
        connection
            .prepare_cached(
                "INSERT INTO schedules(mechanism, through) VALUES (?1, ?2)
                 ON CONFLICT(mechanism) DO UPDATE SET through = max(through, excluded.through)",
            )?
            .execute((state.mechanism.id.as_str(), day.to_string()))?;
    }
    let Some(matter) = &state.unique else {
        return Ok(());
    };
    let row = (
        state.mechanism.id.as_str(),
        matter.as_str(),
        i64::try_from(state.id.0).unwrap_or(i64::MAX),
    );
    let sql = if state.is_open() {
        "INSERT OR IGNORE INTO open_matters(mechanism, matter, case_id) VALUES (?1, ?2, ?3)"
    } else {
        "DELETE FROM open_matters WHERE mechanism = ?1 AND matter = ?2 AND case_id = ?3"
    };
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// The day that a scheduled opening was for: `schedule/2024-07-17/<unit>`.
fn scheduled_day(key: &Code) -> Option<Date> {
    key.as_str()
        .strip_prefix("schedule/")?
        .split('/')
        .next()?
        .parse()
        .ok()
}

/// The open case about the same matter.
pub(crate) fn open_about(
    connection: &Connection,
    mechanism: &MechanismId,
    matter: &Code,
) -> Result<Option<CaseId>, Error> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT case_id FROM open_matters WHERE mechanism = ?1 AND matter = ?2 LIMIT 1")?
        .query_row((mechanism.as_str(), matter.as_str()), |row| row.get(0))
        .optional()?;
    Ok(found.and_then(|id| u64::try_from(id).ok()).map(CaseId))
}

/// The open cases of a mechanism.
pub(crate) fn open_cases(connection: &Connection, mechanism: &MechanismId) -> Result<Vec<CaseId>, Error> {
    let mut statement = connection
        .prepare_cached("SELECT id FROM case_views WHERE mechanism = ?1 AND open = 1 ORDER BY id")?;
    let rows = statement.query_map([mechanism.as_str()], |row| row.get::<_, i64>(0))?;
    let mut found = Vec::new();
    for row in rows {
        found.extend(u64::try_from(row?).ok().map(CaseId));
    }
    Ok(found)
}

/// The last day for which the schedule of a mechanism opened anything.
pub(crate) fn scheduled_through(
    connection: &Connection,
    mechanism: &MechanismId,
) -> Result<Option<Date>, Error> {
    let found: Option<String> = connection
        .prepare_cached("SELECT through FROM schedules WHERE mechanism = ?1")?
        .query_row([mechanism.as_str()], |row| row.get(0))
        .optional()?;
    Ok(found.and_then(|day| day.parse().ok()))
}
