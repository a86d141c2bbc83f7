//! Rebuilding the read models from the log, and comparing the live ones with a rebuild.

use std::collections::BTreeMap;

use bihuan_domain::case::{Meta, State};
use bihuan_domain::event::{CaseEvent, WorldEvent};
use bihuan_domain::id::CaseId;
use bihuan_domain::world::World;
use bihuan_ledger::{Entry, PooledReader};
use rusqlite::Connection;
use rusqlite::types::{Value as Sql, ValueRef};
use serde::Serialize;

use super::project::{Title, project_case};
use super::query::actor_of;
use super::{FORM, NAMES};
use super::{piece, places};
use crate::error::Error;
use crate::mechanisms::Mechanisms;

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
    // One case's events are applied as they come; its row is written at every event, like the live views do, so
    // that nothing depends on how events were grouped.
    let mut states: BTreeMap<CaseId, State> = BTreeMap::new();
    let mut done = 0u64;
    let mut cases = 0u64;
    let mut world = World::new();
    log.for_each_entry(0, |entry: Entry| -> Result<(), Error> {
        done += 1;
        if done.is_multiple_of(1024) {
            progress(done);
        }
        if !entry.stream.starts_with("case/") {
            if ADOPTIONS.contains(&entry.kind.as_str()) {
                let (actor, at) = (actor_of(&entry.actor), entry.at);
                world.evolve(
                    WorldEvent::read(&entry.kind, entry.version, entry.body)?,
                    &actor,
                    at,
                );
            }
            return Ok(());
        }
        let meta = Meta {
            seq: entry.seq,
            at: entry.at,
            actor: actor_of(&entry.actor),
        };
        let event = CaseEvent::read(&entry.kind, entry.version, entry.body)?;
        let id = entry
            .stream
            .trim_start_matches("case/")
            .parse::<u64>()
            .map(CaseId)
            .unwrap_or(CaseId(0));
        let title = match &event {
            CaseEvent::Opened(e) => Some(e.title.clone()),
            CaseEvent::Amended(e) => e.title.clone(),
            _ => None,
        };
        let state = match (&event, states.get_mut(&id)) {
            (CaseEvent::Opened(e), _) => {
                cases = cases.max(id.0);
                states.insert(id, State::open(e, &meta));
                states.get(&id)
            }
            (event, Some(state)) => {
                state.evolve(event, &meta);
                Some(&*state)
            }
            (_, None) => None,
        };
        let Some(state) = state else {
            return Err(Error::Event {
                name: entry.kind.clone(),
                version: entry.version,
                why: format!("case {id} was never opened (entry {})", entry.seq),
            });
        };
        let plain = match &title {
            Some(title) => Some(log.unseal(&title.as_str().parse()?)?),
            None => None,
        };
        let title = match &plain {
            Some(plain) => Title::Set(plain.as_deref()),
            None => Title::Keep,
        };
        super::project_brought(connection, state, std::slice::from_ref(&event))?;
        places::write(connection, id, &places::places(state), true)?;
        project_case(connection, state, std::slice::from_ref(&event), &title)
    })?;
    if !world.packs.is_empty() {
        let mechanisms = Mechanisms::default().adopt(&world.packs, &world.calendars)?;
        mechanisms.measures().keep(connection)?;
    }
    set_applied(connection, done, cases)?;
    progress(done);
    Ok(())
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
