//! The tables of the log in `ledger.sqlite`, how connections are set, and the upgrade of older formats.

use std::path::Path;
use std::time::Duration;

use bihuan_messages::Message;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use crate::Error;

/// The format that this program writes. A directory with a higher number is refused, one with a lower is upgraded.
pub const FORMAT_VERSION: u32 = 1;

/// Marks the file as ours in the header of SQLite: “BHLG”.
const APPLICATION_ID: i32 = 0x4248_4c47;

/// One step up from each format to the next, from 1 on.
const UPGRADES: &[&str] = &[];

/// Pages that the write-ahead log may hold before it is copied back: 16 MB, because fewer copies mean fewer syncs.
pub(crate) const WAL_PAGES: u32 = 4096;

const TABLES: &str = "
CREATE TABLE format(
  id INTEGER PRIMARY KEY CHECK (id = 0),
  version INTEGER NOT NULL,
  origin TEXT NOT NULL,
  log_id BLOB NOT NULL,
  public_key BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  fence INTEGER NOT NULL
);
CREATE TABLE entries(
  seq INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  stream_seq INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  entry TEXT NOT NULL
);
CREATE UNIQUE INDEX entries_by_stream ON entries(stream, stream_seq);
CREATE TABLE nodes(
  level INTEGER NOT NULL,
  place INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, place)
) WITHOUT ROWID;
CREATE TABLE checkpoints(
  size INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  at INTEGER NOT NULL,
  root BLOB NOT NULL,
  signature BLOB NOT NULL
);
CREATE TABLE commands(key TEXT PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE subject_keys(slot INTEGER PRIMARY KEY, subject TEXT UNIQUE);
CREATE TABLE sealed(commitment BLOB PRIMARY KEY, slot INTEGER NOT NULL, box BLOB) WITHOUT ROWID;
CREATE INDEX sealed_by_slot ON sealed(slot);
CREATE TABLE blobs(hash BLOB PRIMARY KEY, slot INTEGER NOT NULL, bytes INTEGER NOT NULL, box BLOB) WITHOUT ROWID;
CREATE INDEX blobs_by_slot ON blobs(slot);
CREATE TABLE erasures(
  id INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  slot INTEGER,
  done INTEGER NOT NULL
);
";

/// What a ledger says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) origin: String,
    pub(crate) log_id: [u8; 16],
    pub(crate) public_key: Vec<u8>,
    pub(crate) epoch: u64,
}

/// Makes the tables in a new file.
pub(crate) fn create(connection: &Connection, format: &Format) -> Result<(), Error> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(TABLES)?;
    connection.execute(
        "INSERT INTO format(id, version, origin, log_id, public_key, epoch, fence) VALUES (0, ?1, ?2, ?3, ?4, ?5, 0)",
        (FORMAT_VERSION, &format.origin, format.log_id, &format.public_key, column(format.epoch)),
    )?;
    Ok(())
}

/// Opens a connection that writes.
pub(crate) fn open_writer(file: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    common(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    Ok(connection)
}

/// Opens the connection that copies the write-ahead log back beside the writer.
pub(crate) fn open_copier(file: &Path) -> Result<Connection, Error> {
    let connection = open_reader(file)?;
    // Copying asks for no rows, so that it needs no pages in memory, but it must not lose what it copied.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "query_only", "OFF")?;
    connection.pragma_update(None, "cache_size", -64)?;
    Ok(connection)
}

/// Opens a connection that reads beside a writer.
pub(crate) fn open_reader(file: &Path) -> Result<Connection, Error> {
    // Not the read-only flag: a reader of a write-ahead log must be able to make its index file.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.pragma_update(None, "query_only", "ON")?;
    common(&connection)?;
    Ok(connection)
}

/// Opens a connection for `verify`, also on a disk that cannot be written.
pub(crate) fn open_untouched(file: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    common(&connection)?;
    let readable = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    match readable.map_err(|error| error.sqlite_error_code()) {
        // The index of the write-ahead log cannot be made here. On a disk that nobody can write, nothing changes
        // under us, so that we may read without it.
        Err(Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)) => {
            let connection = Connection::open_with_flags(frozen(file), flags | OpenFlags::SQLITE_OPEN_URI)?;
            common(&connection)?;
            Ok(connection)
        }
        // What else is wrong will be told by the first question asked.
        _ => Ok(connection),
    }
}

/// The address under which SQLite takes a file as unchanging.
fn frozen(file: &Path) -> String {
    let path: String = file
        .to_string_lossy()
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("file:{path}?immutable=1")
}

/// Reads the format row, refusing what is foreign, damaged or newer; the number is the version found.
pub(crate) fn read_format(connection: &Connection, file: &Path) -> Result<(u32, Format), Error> {
    let read = || -> Result<_, Error> {
        let id: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        if id != APPLICATION_ID {
            return Err(Error::Foreign {
                file: file.to_owned(),
            });
        }
        // The version is read alone first: a newer format may have other columns.
        let version: Option<u32> = connection
            .query_row("SELECT version FROM format WHERE id = 0", [], |row| row.get(0))
            .optional()?;
        let Some(version) = version else {
            return Err(Error::damaged(file, Message::new("verify.format_row_missing")));
        };
        if version > FORMAT_VERSION {
            return Err(Error::Newer {
                found: version,
                supported: FORMAT_VERSION,
            });
        }
        let format = connection.query_row(
            "SELECT origin, log_id, public_key, epoch FROM format WHERE id = 0",
            [],
            |row| {
                Ok(Format {
                    origin: row.get(0)?,
                    log_id: row.get(1)?,
                    public_key: row.get(2)?,
                    epoch: number(row.get(3)?),
                })
            },
        )?;
        Ok((version, format))
    };
    read().map_err(|error| match error {
        Error::Sqlite(source) => {
            Error::damaged(file, Message::new("verify.page_damaged").show("said", source))
        }
        other => other.in_file(file),
    })
}

/// Brings an older file to [`FORMAT_VERSION`], after a copy beside it.
pub(crate) fn upgrade(connection: &mut Connection, file: &Path, found: u32) -> Result<(), Error> {
    upgrade_by(connection, file, found, UPGRADES)
}

fn upgrade_by(connection: &mut Connection, file: &Path, found: u32, steps: &[&str]) -> Result<(), Error> {
    let pending = steps
        .get((found as usize).saturating_sub(1)..)
        .unwrap_or_default();
    if pending.is_empty() {
        return Ok(());
    }
    let backup = file.with_extension(format!("format{found}.backup"));
    if !backup.exists() {
        connection.execute("VACUUM INTO ?1", [backup.to_string_lossy()])?;
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for step in pending {
        transaction.execute_batch(step)?;
    }
    transaction.execute("UPDATE format SET version = ?1", [column(steps.len() as u64 + 1)])?;
    transaction.commit()?;
    Ok(())
}

/// A count as SQLite keeps it. Counts of entries never come near 2^63.
pub(crate) fn column(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A count read from SQLite; a negative one can only come from tampering and is then refused where it is compared.
pub(crate) fn number(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn common(connection: &Connection) -> Result<(), Error> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.pragma_update(None, "cache_size", -32768)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    keep_plans(connection)?;
    Ok(())
}

/// Lets a prepared statement stay as it is prepared. SQLite otherwise prepares one with a bound `LIMIT` anew whenever it is bound,
/// to see whether another plan would be better.
///
/// # Errors
///
/// What SQLite says.
pub fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_frozen_whatever_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("台账 1?%#.sqlite");
        Connection::open(&file)
            .unwrap()
            .execute_batch("CREATE TABLE t(x)")
            .unwrap();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(frozen(&file), flags).unwrap();
        connection.prepare("SELECT x FROM t").unwrap();
    }

    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2), (3)")
            .unwrap();
        common(&connection).unwrap();
        let mut statement = connection
            .prepare("SELECT x FROM t WHERE x > ?1 ORDER BY x LIMIT ?2")
            .unwrap();
        for limit in 1..4 {
            assert!(statement.exists((0, limit)).unwrap());
        }
        assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }

    #[test]
    fn an_upgrade_keeps_a_copy_of_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ledger.sqlite");
        let mut connection = Connection::open(&file).unwrap();
        let format = Format {
            origin: "x".into(),
            log_id: [0; 16],
            public_key: vec![0; 32],
            epoch: 0,
        };
        create(&connection, &format).unwrap();
        upgrade_by(
            &mut connection,
            &file,
            1,
            &["ALTER TABLE commands ADD COLUMN at INTEGER"],
        )
        .unwrap();
        connection.prepare("SELECT at FROM commands").unwrap();
        assert!(matches!(
            read_format(&connection, &file),
            Err(Error::Newer {
                found: 2,
                supported: 1
            })
        ));
        let copy = Connection::open(dir.path().join("ledger.format1.backup")).unwrap();
        assert!(copy.prepare("SELECT at FROM commands").is_err());
        assert_eq!(read_format(&copy, &file).unwrap(), (1, format));
    }
}
