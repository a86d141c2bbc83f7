//! Rebuilding the read models from the log, and comparing the live ones with a rebuild.

use std::collections::BTreeMap;

use bihuan_domain::event::WorldEvent;
use bihuan_domain::id::{PersonId, UnitId};
use bihuan_domain::world::World;
use bihuan_ledger::PooledReader;
use rusqlite::Connection;
use rusqlite::types::{Value as Sql, ValueRef};
use serde::Serialize;

use super::project::{Title, note_number, note_verifier, project_lists, write_state};
use super::query::actor_of;
use super::{FORM, NAMES};
use super::{piece, places, refold};
use crate::error::Error;
use crate::mechanisms::Mechanisms;
use crate::writer::WORLD;

/// How many log entries the views have applied (none, if they are of another form), and how many cases there are.
pub(crate) fn applied(connection: &Connection) -> Result<(u64, u64), Error> {
    Ok(
        connection.query_row("SELECT applied, cases, form FROM views_meta", [], |row| {
            let (applied, cases, form): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let applied = if u64::try_from(form) == Ok(FORM) {
                applied
            } else {
                0
            };
            Ok((
                u64::try_from(applied).unwrap_or(0),
                u64::try_from(cases).unwrap_or(0),
            ))
        })?,
    )
}

/// Notes how far the views are.
pub(crate) fn set_applied(connection: &Connection, applied: u64, cases: u64) -> Result<(), Error> {
    connection
        .prepare_cached("UPDATE views_meta SET applied = ?1, cases = ?2, form = ?3")?
        .execute((
            i64::try_from(applied).unwrap_or(i64::MAX),
            i64::try_from(cases).unwrap_or(i64::MAX),
            i64::try_from(FORM).unwrap_or(i64::MAX),
        ))?;
    Ok(())
}

/// The entries that say what is counted of cases.
const ADOPTIONS: [&str; 2] = ["pack.adopted", "calendar.adopted"];

/// Drops the views in `connection` and makes them anew from the log, in the form of this program. Calls `progress` with entries done.
///
/// # Errors
///
/// If the log cannot be read, or holds an event that this program does not know.
pub fn rebuild(
    connection: &Connection,
    log: &PooledReader,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    for name in NAMES {
        connection.execute(&format!("DROP TABLE IF EXISTS {name}"), [])?;
    }
    super::create(connection)?;
    // Rows are put in one after the other; that is cheaper without indexes, which are made from them afterwards.
    for index in indexes(connection)? {
        connection.execute(&format!("DROP INDEX {index}"), [])?;
    }
    let size = log.head()?.size;
    let mut cases = 0u64;
    let mut verified: BTreeMap<UnitId, (u64, PersonId)> = BTreeMap::new();
    refold::each_case(log, size, progress, &mut |case| {
        let refold::Case {
            state,
            packed,
            title,
            closings,
        } = case;
        cases = cases.max(state.id.0);
        let plain = title
            .map(|title| log.unseal(&title.as_str().parse()?))
            .transpose()?;
        let title = plain
            .as_ref()
            .map_or(Title::Keep, |plain| Title::Set(plain.as_deref()));
        write_state(connection, state.id, &packed)?;
        super::project_brought(connection, &state, true)?;
        note_number(connection, &state)?;
        places::write(connection, state.id, &places::places(&state), false)?;
        project_lists(connection, &state, &title)?;
        for (seq, owner, person) in closings {
            match verified.get(&owner) {
                Some((later, _)) if *later > seq => {}
                _ => drop(verified.insert(owner, (seq, person))),
            }
        }
        Ok(())
    })?;
    for (owner, (_, person)) in &verified {
        note_verifier(connection, owner, person)?;
    }
    super::create(connection)?;
    let mut world = World::new();
    for entry in log.stream(WORLD, 0)? {
        if entry.seq < size && ADOPTIONS.contains(&entry.kind.as_str()) {
            let (actor, at) = (actor_of(&entry.actor), entry.at);
            let event = WorldEvent::read(&entry.kind, entry.version, entry.body)?;
            world.evolve(event, &actor, at);
        }
    }
    if !world.packs.is_empty() {
        let mechanisms = Mechanisms::default().adopt(&world.packs, &world.calendars)?;
        mechanisms.measures().keep(connection)?;
    }
    set_applied(connection, size, cases)?;
    progress(size);
    Ok(())
}

/// The indexes of the read models that can be dropped.
fn indexes(connection: &Connection) -> Result<Vec<String>, Error> {
    let sql = "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(String, String)> = found.collect::<Result<_, _>>()?;
    let ours = found
        .into_iter()
        .filter(|(_, table)| NAMES.contains(&table.as_str()));
    Ok(ours.map(|(index, _)| index).collect())
}

/// A difference between the live views and a rebuild.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The table.
    pub table: String,
    /// The first row that differs, live and rebuilt.
    pub live: Option<String>,
    /// As rebuilt.
    pub rebuilt: Option<String>,
}

/// Rebuilds into memory and compares with the live views as of one moment. Empty means equal; what is still being filled
/// ([`super::filling`]) is compared as far as it is.
///
/// # Errors
///
/// As for [`rebuild`].
pub fn compare(log: &PooledReader, progress: &mut dyn FnMut(u64)) -> Result<Vec<Difference>, Error> {
    log.at_one_moment(|_| differences(log, progress))
}

fn differences(log: &PooledReader, progress: &mut dyn FnMut(u64)) -> Result<Vec<Difference>, Error> {
    let fresh = Connection::open_in_memory()?;
    rebuild(&fresh, log, progress)?;
    piece::as_far_as(log.connection(), &fresh)?;
    let mut differences = Vec::new();
    for table in NAMES {
        let (live, rebuilt) = (rows(log.connection(), table)?, rows(&fresh, table)?);
        if live != rebuilt {
            let at = live
                .iter()
                .zip(&rebuilt)
                .position(|(a, b)| a != b)
                .unwrap_or(live.len().min(rebuilt.len()));
            let (live, rebuilt) = around(live.get(at), rebuilt.get(at));
            differences.push(Difference {
                table: table.to_owned(),
                live,
                rebuilt,
            });
        }
    }
    Ok(differences)
}

/// The two rows around the first place where they differ; whole states would bury it.
fn around(live: Option<&String>, rebuilt: Option<&String>) -> (Option<String>, Option<String>) {
    let first = match (live, rebuilt) {
        (Some(a), Some(b)) => a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count(),
        _ => 0,
    };
    let cut = |row: &String| {
        let head: String = row.chars().take(40).collect();
        let part: String = row.chars().skip(first.saturating_sub(60)).take(240).collect();
        format!("{head} … {part}")
    };
    (live.map(cut), rebuilt.map(cut))
}

fn rows(connection: &Connection, table: &str) -> Result<Vec<String>, Error> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let mut line = String::new();
        for column in 0..width {
            let value = match (table, row.get_ref(column)?) {
                // Words, so that a difference can be read.
                ("states", stored @ ValueRef::Blob(_)) => {
                    Sql::Text(String::from_utf8_lossy(&super::packed::unpack(stored)?).into_owned())
                }
                (_, stored) => stored.try_into().map_err(rusqlite::Error::from)?,
            };
            line.push_str(&format!("{value:?}|"));
        }
        out.push(line);
    }
    Ok(out)
}
