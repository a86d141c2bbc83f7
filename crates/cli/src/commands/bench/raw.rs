//! Raw SQLite: the rows that the engine wrote, written again into a copy of the database as it was before, with the
//! same pragmas and the same number of transitions in a transaction. Nothing is decided, hashed, sealed or signed, and
//! nothing is written that the engine does not write: of a case that did not change what lists show, only the state.
//!
//! The rows come in the order in which the engine wrote them. Sorted by their keys, 64 random commitments would share a
//! page of the tree; whoever must write them as they come dirties a page for each.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::trouble::Trouble;

/// As the ledger's writer has it.
const WAL_PAGES: u32 = 4_096;

/// How sealed values are named in an entry.
const COMMITMENT: &str = "sealed:sha256:";

/// The rows of a table that are new or changed.
struct Table {
    name: String,
    rows: Vec<Vec<Value>>,
}

/// What a run of the engine wrote.
pub(super) struct Written {
    /// Tables to which rows are only added.
    added: Vec<Table>,
    /// Read models: a case whole when it is met first, afterwards its state alone; and its duties.
    cases: Vec<Vec<Value>>,
    duties: Vec<Vec<Vec<Value>>>,
    states: Vec<Vec<Vec<Value>>>,
}

impl Written {
    /// The rows that `after` has and `before` has not.
    pub(super) fn between(before: &Path, after: &Path) -> Result<Written, Trouble> {
        let connection = Connection::open(after).map_err(trouble)?;
        connection
            .execute("ATTACH ?1 AS old", [before.display().to_string()])
            .map_err(trouble)?;
        let names: Vec<String> = texts(
            &connection,
            "SELECT name FROM main.sqlite_schema WHERE type = 'table'",
        )?;
        let mut written = Written {
            added: Vec::new(),
            cases: Vec::new(),
            duties: Vec::new(),
            states: Vec::new(),
        };
        for name in names.iter().filter(|name| !name.starts_with("sqlite_")) {
            let rows = rows(
                &connection,
                &format!("SELECT * FROM main.{name} EXCEPT SELECT * FROM old.{name}"),
            )?;
            match name.as_str() {
                "case_views" => written.cases = rows,
                "duties" | "states" | "views_meta" => {}
                _ if rows.is_empty() => {}
                _ => written.added.push(Table {
                    name: name.clone(),
                    rows,
                }),
            }
        }
        written.order();
        for case in &written.cases {
            let id = case.first().cloned().unwrap_or(Value::Null);
            let of_case = |sql: &str| {
                let mut statement = connection.prepare_cached(sql).map_err(trouble)?;
                collect(&mut statement, [&id])
            };
            written
                .duties
                .push(of_case("SELECT * FROM main.duties WHERE case_id = ?1")?);
            written
                .states
                .push(of_case("SELECT * FROM main.states WHERE id = ?1")?);
        }
        Ok(written)
    }

    /// Brings sealed values and answers into the order of the entries that they belong to.
    fn order(&mut self) {
        let mut places = BTreeMap::new();
        for (place, row) in self.rows_of("entries").iter().enumerate() {
            for text in row.iter().filter_map(text_of) {
                let named = text.split(COMMITMENT).skip(1);
                places.extend(named.filter_map(|rest| Some((rest.get(..64)?.to_owned(), place))));
            }
        }
        for table in &mut self.added {
            match table.name.as_str() {
                "sealed" => table.rows.sort_by_cached_key(|row| {
                    row.iter().find_map(|value| match value {
                        Value::Blob(hash) => places.get(&hex(hash)).copied(),
                        _ => None,
                    })
                }),
                "commands" => table
                    .rows
                    .sort_by_cached_key(|row| row.iter().filter_map(text_of).find_map(first_seq)),
                _ => {}
            }
        }
    }

    fn rows_of(&self, name: &str) -> &[Vec<Value>] {
        self.added
            .iter()
            .find(|table| table.name == name)
            .map_or(&[], |table| &table.rows)
    }

    /// In how many commit groups the engine wrote it.
    pub(super) fn groups(&self) -> usize {
        self.rows_of("checkpoints").len()
    }

    /// How many rows are added or written anew.
    pub(super) fn rows(&self) -> usize {
        self.added
            .iter()
            .map(|table| table.rows.len())
            .sum::<usize>()
            .saturating_add(self.cases.len())
    }

    /// Writes them again, `in_flight` transitions to a transaction, and times it.
    pub(super) fn write_again(
        &self,
        before: &Path,
        n: usize,
        in_flight: usize,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Duration, Trouble> {
        let mut connection = Connection::open(before).map_err(trouble)?;
        pragmas(&connection).map_err(trouble)?;
        let started = Instant::now();
        let mut done = 0usize;
        while done < n {
            let until = done.saturating_add(in_flight).min(n);
            self.transaction(&mut connection, done, until, n)
                .map_err(trouble)?;
            done = until;
            if done % 256 < in_flight {
                progress(u64::try_from(done).unwrap_or(0));
            }
        }
        Ok(started.elapsed())
    }

    /// The share of the transitions from `from` up to `until` of `n`.
    fn transaction(
        &self,
        connection: &mut Connection,
        from: usize,
        until: usize,
        n: usize,
    ) -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for table in &self.added {
            let share = |at: usize| table.rows.len().saturating_mul(at).checked_div(n).unwrap_or(0);
            let rows = table.rows.get(share(from)..share(until)).unwrap_or_default();
            let marks = vec!["?"; rows.first().map_or(0, Vec::len)].join(", ");
            for row in rows {
                let sql = format!("INSERT OR REPLACE INTO {} VALUES ({marks})", table.name);
                transaction.prepare_cached(&sql)?.execute(params_from_iter(row))?;
            }
        }
        for at in from..until {
            let place = at.checked_rem(self.cases.len()).unwrap_or(0);
            let Some(case) = self.cases.get(place) else {
                continue;
            };
            for state in self.states.get(place).into_iter().flatten() {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO states VALUES (?1, ?2)")?
                    .execute(params_from_iter(state))?;
            }
            if at >= self.cases.len() {
                continue;
            }
            let marks = vec!["?"; case.len()].join(", ");
            let sql = format!("INSERT OR REPLACE INTO case_views VALUES ({marks})");
            transaction
                .prepare_cached(&sql)?
                .execute(params_from_iter(case))?;
            transaction
                .prepare_cached("DELETE FROM duties WHERE case_id = ?1")?
                .execute([case.first()])?;
            for duty in self.duties.get(place).into_iter().flatten() {
                let marks = vec!["?"; duty.len()].join(", ");
                let sql = format!("INSERT OR REPLACE INTO duties VALUES ({marks})");
                transaction
                    .prepare_cached(&sql)?
                    .execute(params_from_iter(duty))?;
            }
        }
        transaction
            .prepare_cached("UPDATE views_meta SET applied = applied + 1")?
            .execute([])?;
        transaction.commit()
    }
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The first entry that an answer names.
fn first_seq(answer: &str) -> Option<u64> {
    let answer: serde_json::Value = serde_json::from_str(answer).ok()?;
    answer.get("seqs")?.get(0)?.get(0)?.as_u64()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The pragmas of the ledger's writer.
fn pragmas(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

fn texts(connection: &Connection, sql: &str) -> Result<Vec<String>, Trouble> {
    let mut statement = connection.prepare(sql).map_err(trouble)?;
    let rows = statement.query_map([], |row| row.get(0)).map_err(trouble)?;
    rows.collect::<Result<_, _>>().map_err(trouble)
}

fn rows(connection: &Connection, sql: &str) -> Result<Vec<Vec<Value>>, Trouble> {
    let mut statement = connection.prepare(sql).map_err(trouble)?;
    collect(&mut statement, [])
}

fn collect(
    statement: &mut rusqlite::Statement<'_>,
    params: impl rusqlite::Params,
) -> Result<Vec<Vec<Value>>, Trouble> {
    let width = statement.column_count();
    let rows = statement
        .query_map(params, |row| {
            (0..width)
                .map(|column| row.get(column))
                .collect::<Result<Vec<Value>, _>>()
        })
        .map_err(trouble)?;
    rows.collect::<Result<_, _>>().map_err(trouble)
}

/// What SQLite says, as a reason.
pub(super) fn trouble(error: rusqlite::Error) -> Trouble {
    bihuan_ledger::Error::from(error).into()
}
