//! The look at the database before a writer starts: bounded in time, so that it finds all of a small database's damage and the most
//! telling of a large one's. `verify` looks at everything.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use bihuan_messages::Message;
use rusqlite::{Connection, ErrorCode};

use crate::Error;
use crate::backup::TABLES;
use crate::digest::{Digest, leaf_hash};
use crate::schema::{self, number};

/// How long a start may take longer for it.
const LIMIT: Duration = Duration::from_millis(400);

/// The newest entries, whose texts are held against their hashes: what was written last is what a fault strikes first.
const NEWEST: u32 = 500;

/// Refuses a database with a damaged page, or whose newest entries are not what their hashes say; small tables are looked at
/// first, and what the time does not suffice for is left to `verify`.
pub(crate) fn look(file: &Path) -> Result<(), Error> {
    let connection = schema::open_reader(file)?;
    let looked = newest(&connection, file).and_then(|()| {
        let handle = connection.get_interrupt_handle();
        let (done, ended) = channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
                    handle.interrupt();
                }
            });
            let looked = pages(&connection, file);
            drop(done);
            looked
        })
    });
    looked.map_err(|error| error.in_file(file))
}

fn newest(connection: &Connection, file: &Path) -> Result<(), Error> {
    let mut statement =
        connection.prepare("SELECT seq, leaf, entry FROM entries ORDER BY seq DESC LIMIT ?1")?;
    let mut rows = statement.query([NEWEST])?;
    while let Some(row) = rows.next()? {
        let leaf = row.get_ref(1)?.as_bytes().ok().and_then(Digest::from_slice);
        let text = row.get_ref(2)?.as_bytes().unwrap_or_default();
        if leaf != Some(leaf_hash(text)) {
            let found = Message::new("verify.entry_changed").show("seq", number(row.get(0)?));
            return Err(Error::damaged(file, found));
        }
    }
    Ok(())
}

/// Looks at the pages of one table after the other, then at what belongs to none.
fn pages(connection: &Connection, file: &Path) -> Result<(), Error> {
    let tables: Vec<String> = {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
                   ORDER BY name = 'entries', name";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    for table in tables.iter().map(Some).chain([None]) {
        let sql = match table {
            Some(table) => format!("PRAGMA quick_check(\"{}\")", table.replace('"', "\"\"")),
            None => "PRAGMA quick_check(1)".to_owned(),
        };
        let said = match connection.query_row(&sql, [], |row| row.get::<_, String>(0)) {
            Ok(said) if said == "ok" => continue,
            Ok(said) => said,
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => return Ok(()),
            Err(error) => error.to_string(),
        };
        return Err(match table {
            Some(table) if !TABLES.contains(&table.as_str()) => Error::ViewsDamaged {
                file: file.to_owned(),
                table: table.clone(),
            },
            _ => Error::damaged(file, Message::new("verify.page_damaged").show("said", said)),
        });
    }
    Ok(())
}
