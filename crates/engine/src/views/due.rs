//! Which cases must be looked at, and those that were and could not be woken: they are left alone for an hour, so that they
//! keep no other from firing. That stands in a table of its own, which no rebuild makes and none clears.

use bihuan_domain::id::CaseId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use crate::error::Error;

/// The table of this part.
pub(crate) const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS put_off(case_id INTEGER PRIMARY KEY, until INTEGER NOT NULL);";

/// How long a case that could not be woken is left alone.
const LEFT_ALONE: SignedDuration = SignedDuration::from_hours(1);

/// Cases that must be looked at by `now`, in the order in which they were due.
pub(crate) fn due_cases(connection: &Connection, now: Timestamp, limit: u32) -> Result<Vec<CaseId>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM case_views WHERE wake_at IS NOT NULL AND wake_at <= ?1
           AND id NOT IN (SELECT case_id FROM put_off WHERE until > ?1)
         ORDER BY wake_at, id LIMIT ?2",
    )?;
    let rows = statement.query_map((now.as_microsecond(), limit), |row| row.get::<_, i64>(0))?;
    let mut cases = Vec::new();
    for id in rows {
        cases.push(CaseId(u64::try_from(id?).unwrap_or(0)));
    }
    Ok(cases)
}

/// Leaves a case alone for a while; what was left alone long enough is forgotten.
pub(crate) fn put_off(connection: &Connection, case: CaseId, now: Timestamp) -> Result<(), Error> {
    let until = now.saturating_add(LEFT_ALONE).unwrap_or(Timestamp::MAX);
    connection
        .prepare_cached("DELETE FROM put_off WHERE until <= ?1")?
        .execute([now.as_microsecond()])?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO put_off(case_id, until) VALUES (?1, ?2)")?
        .execute((i64::try_from(case.0).unwrap_or(i64::MAX), until.as_microsecond()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_cannot_be_woken_is_left_alone_for_an_hour_and_keeps_no_other_waiting() {
        let connection = Connection::open_in_memory().unwrap();
        super::super::create(&connection).unwrap();
        for (id, wake) in [(1, 10), (2, 20), (3, 30_000_000_000_i64)] {
            connection
                .execute(
                    "INSERT INTO case_views(id, mechanism, stage, kind, open, owner, holder_unit, holder_post, colour,
                       opened_at, late, round, reworks, source_kind, parties, wake_at)
                     VALUES (?1, 'key-task', 'work', 'work', 1, 'a', 'a', '', 0, 0, 0, 1, 0, 'typed', '{}', ?2)",
                    (id, wake),
                )
                .unwrap();
        }
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        let due = |seconds: i64| due_cases(&connection, at(seconds), 1).unwrap();
        assert_eq!(due(1), [CaseId(1)]);
        put_off(&connection, CaseId(1), at(1)).unwrap();
        assert_eq!(due(1), [CaseId(2)]);
        put_off(&connection, CaseId(2), at(2)).unwrap();
        assert_eq!(due(3_600), []);
        assert_eq!(due(3_601), [CaseId(1)]);
        put_off(&connection, CaseId(1), at(3_602)).unwrap();
        let left: i64 = connection
            .query_row("SELECT count(*) FROM put_off", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 1, "what was left alone long enough is forgotten");
        let wake: i64 = connection
            .query_row("SELECT wake_at FROM case_views WHERE id = 1", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(wake, 10, "its row is what a rebuild makes of it");
    }
}
