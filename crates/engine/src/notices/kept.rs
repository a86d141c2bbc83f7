//! Where notices are kept: a file of their own beside the log, with the place up to which the log was gone through.
//!
//! No name and no text of a case stands here: who reads a notice is shown what he may see of the case at that moment. The
//! file is left out of backups; what is not in it any more still lies on the desks.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bihuan_domain::id::{BulletinId, CaseId, PersonId, PostId};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::told::Reason;
use crate::accounts::Accounts;
use crate::error::Error;
use crate::settings::Settings;
use crate::views::Page;

/// The file in a data directory.
const FILE: &str = "notices.sqlite";

/// How long notices are kept, read or not.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// More unread ones than these are not counted.
pub const UNREAD_MAX: u64 = 99;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS place(id INTEGER PRIMARY KEY CHECK (id = 0), next INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS notices(
  person TEXT NOT NULL,
  seq INTEGER NOT NULL,
  case_id INTEGER NOT NULL,
  about TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL,
  post TEXT NOT NULL,
  due INTEGER,
  urgent INTEGER NOT NULL,
  at INTEGER NOT NULL,
  read_at INTEGER,
  PRIMARY KEY (person, seq)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS notices_unread ON notices(person, case_id) WHERE read_at IS NULL;
CREATE INDEX IF NOT EXISTS notices_by_time ON notices(at);
";

// What is unread is few among all that somebody was ever told. Left to itself SQLite goes through all of a person's notices.
const UNREAD: &str = "SELECT count(*) FROM
     (SELECT 1 FROM notices INDEXED BY notices_unread WHERE person = ?1 AND read_at IS NULL LIMIT ?2)";
const WAITS: &str = "SELECT 1 FROM notices INDEXED BY notices_unread
     WHERE person = ?1 AND case_id = ?2 AND read_at IS NULL";
const SEEN: &str = "UPDATE notices INDEXED BY notices_unread SET read_at = ?3
     WHERE person = ?1 AND case_id = ?2 AND read_at IS NULL";
const SEEN_ABOUT: &str = "UPDATE notices INDEXED BY notices_unread SET read_at = ?3
     WHERE person = ?1 AND case_id = -1 AND about = ?2 AND read_at IS NULL";

/// Something that somebody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The entry of the log that it tells of; with the person it is the notice's key.
    pub seq: u64,
    /// Who is told.
    pub person: PersonId,
    /// On which post.
    pub post: PostId,
    /// What it tells of.
    pub about: About,
    /// Why.
    pub reason: Reason,
    /// Until when something is to be done.
    pub due: Option<Timestamp>,
    /// Whether it is an emergency's, by the mark of its mechanism.
    pub urgent: bool,
    /// When it happened.
    pub at: Timestamp,
    /// When it was read.
    pub read: Option<Timestamp>,
}

/// What a notice tells of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A case.
    Case(CaseId),
    /// A bulletin.
    Bulletin(BulletinId),
    /// A request for erasure, by its number.
    Erasure(u64),
    /// The post on which one is told: one acts on it for somebody.
    Post,
}

impl About {
    /// The case, if it is one.
    pub fn case(&self) -> Option<CaseId> {
        match self {
            About::Case(case) => Some(*case),
            _ => None,
        }
    }

    /// Where it stands on this server.
    pub fn path(&self) -> String {
        match self {
            About::Case(case) => format!("/cases/{case}"),
            About::Bulletin(id) => format!("/bulletins/{id}"),
            About::Erasure(n) => format!("/admin/erasures#erasure-{n}"),
            About::Post => "/".to_owned(),
        }
    }

    /// As it is stored beside the number of a case; empty for a case.
    fn stored(&self) -> String {
        match self {
            About::Case(_) => String::new(),
            About::Bulletin(id) => format!("bulletin/{id}"),
            About::Erasure(n) => format!("erasure/{n}"),
            About::Post => "post".to_owned(),
        }
    }

    fn read(case: i64, stored: &str) -> About {
        match stored.split_once('/') {
            Some(("bulletin", id)) => About::Bulletin(id.into()),
            Some(("erasure", n)) => About::Erasure(n.parse().unwrap_or(0)),
            _ if stored == "post" => About::Post,
            _ => About::Case(CaseId(u64::try_from(case).unwrap_or(0))),
        }
    }
}

/// The notices of one data directory.
pub struct Notices {
    /// Whoever follows the log writes here, in long transactions.
    pub(super) writing: Mutex<Connection>,
    /// Pages ask here and wait for nobody.
    reading: Mutex<Connection>,
    dir: PathBuf,
    /// What goes out, as `bihuan.toml` says.
    settings: RwLock<Arc<Settings>>,
    /// What people choose.
    pub(super) accounts: Accounts,
}

impl Notices {
    /// Opens or makes `notices.sqlite` in a data directory, and reads from `bihuan.toml` there what goes out.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, or the settings are not understood.
    pub fn open(dir: &Path) -> Result<Notices, Error> {
        let open = || -> Result<Connection, Error> {
            let connection = Connection::open(dir.join(FILE))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.busy_timeout(std::time::Duration::from_secs(10))?;
            bihuan_ledger::keep_plans(&connection)?;
            Ok(connection)
        };
        let writing = open()?;
        writing.execute_batch(TABLES)?;
        // A file of an earlier version knows only cases.
        if writing.prepare("SELECT about FROM notices").is_err() {
            writing.execute_batch("ALTER TABLE notices ADD COLUMN about TEXT NOT NULL DEFAULT ''")?;
        }
        super::outbox::tables(&writing)?;
        // Pages mark what was seen. A failure of power may take the last marks with it: then it is unread again.
        let reading = open()?;
        reading.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(Notices {
            writing: Mutex::new(writing),
            reading: Mutex::new(reading),
            dir: dir.to_owned(),
            settings: RwLock::new(Arc::new(Settings::read(dir)?)),
            accounts: Accounts::open(dir)?,
        })
    }

    /// What `bihuan.toml` said when it was last read.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads `bihuan.toml` again. What is in force stays in force if there is a fault in it.
    ///
    /// # Errors
    ///
    /// [`Error::Settings`].
    pub fn read_settings_again(&self) -> Result<Arc<Settings>, Error> {
        let read = Arc::new(Settings::read(&self.dir)?);
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = read.clone();
        Ok(read)
    }

    pub(super) fn reading(&self) -> MutexGuard<'_, Connection> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many notices a person has not read, at most one more than [`UNREAD_MAX`].
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn unread(&self, person: &PersonId) -> Result<u64, Error> {
        let connection = self.reading();
        let mut statement = connection.prepare_cached(UNREAD)?;
        let most = i64::try_from(UNREAD_MAX).unwrap_or(i64::MAX).saturating_add(1);
        let n: i64 = statement.query_row((person.as_str(), most), |row| row.get(0))?;
        Ok(u64::try_from(n).unwrap_or(0))
    }

    /// A page of a person's notices, newest first.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn of(&self, person: &PersonId, offset: u64, limit: u64) -> Result<Page<Notice>, Error> {
        let connection = self.reading();
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let total: i64 = connection
            .prepare_cached("SELECT count(*) FROM notices WHERE person = ?1")?
            .query_row([person.as_str()], |row| row.get(0))?;
        let mut statement = connection.prepare_cached(
            "SELECT seq, person, post, case_id, reason, due, urgent, at, read_at, about FROM notices WHERE person = ?1
             ORDER BY seq DESC LIMIT ?2 OFFSET ?3",
        )?;
        let rows = statement.query_map((person.as_str(), number(limit), number(offset)), notice)?;
        Ok(Page {
            rows: rows.collect::<Result<_, _>>()?,
            total: u64::try_from(total).unwrap_or(0),
        })
    }

    /// Marks one notice of a person as read. `false` if he has no such unread one.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn read(&self, person: &PersonId, seq: u64, now: Timestamp) -> Result<bool, Error> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        let done = self.reading().execute(
            "UPDATE notices SET read_at = ?3 WHERE person = ?1 AND seq = ?2 AND read_at IS NULL",
            (person.as_str(), seq, now.as_microsecond()),
        )?;
        Ok(done > 0)
    }

    /// Marks a person's notices up to an entry as read: what came after the page was shown stays unread.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn read_through(&self, person: &PersonId, seq: u64, now: Timestamp) -> Result<u64, Error> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        let done = self.reading().execute(
            "UPDATE notices SET read_at = ?3 WHERE person = ?1 AND seq <= ?2 AND read_at IS NULL",
            (person.as_str(), seq, now.as_microsecond()),
        )?;
        Ok(u64::try_from(done).unwrap_or(0))
    }

    /// Marks what a person was told of a case as read: whoever has seen the case knows.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn seen(&self, person: &PersonId, case: CaseId, now: Timestamp) -> Result<(), Error> {
        let connection = self.reading();
        let case = i64::try_from(case.0).unwrap_or(i64::MAX);
        let waits = connection
            .prepare_cached(WAITS)?
            .exists((person.as_str(), case))?;
        // Most cases that are looked at have nothing unread: those cost no write.
        if waits {
            connection
                .prepare_cached(SEEN)?
                .execute((person.as_str(), case, now.as_microsecond()))?;
        }
        Ok(())
    }

    /// Marks what a person was told of something else than a case as read: whoever has seen its page knows.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn seen_about(&self, person: &PersonId, about: &About, now: Timestamp) -> Result<(), Error> {
        self.reading().execute(
            SEEN_ABOUT,
            (person.as_str(), about.stored(), now.as_microsecond()),
        )?;
        Ok(())
    }

    /// The entry of the log from which it is gone on; `None` before the first time.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn place(&self) -> Result<Option<u64>, Error> {
        let connection = self.reading();
        let next: Option<i64> = connection
            .query_row("SELECT next FROM place", [], |row| row.get(0))
            .optional()?;
        Ok(next.map(|next| u64::try_from(next).unwrap_or(0)))
    }
}

/// Puts a notice down; the same one twice is one.
pub(super) fn put(connection: &Connection, notice: &Notice) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "INSERT OR IGNORE INTO notices(person, seq, case_id, reason, post, due, urgent, at, about)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    statement.execute(params![
        notice.person.as_str(),
        i64::try_from(notice.seq).unwrap_or(i64::MAX),
        // No case has the number -1.
        notice
            .about
            .case()
            .map_or(-1, |case| i64::try_from(case.0).unwrap_or(i64::MAX)),
        notice.reason.name(),
        notice.post.as_str(),
        notice.due.map(Timestamp::as_microsecond),
        notice.urgent,
        notice.at.as_microsecond(),
        notice.about.stored(),
    ])?;
    Ok(())
}

/// Moves the place on.
pub(super) fn set_place(connection: &Connection, next: u64) -> Result<(), Error> {
    connection.execute(
        "INSERT INTO place(id, next) VALUES (0, ?1) ON CONFLICT(id) DO UPDATE SET next = excluded.next",
        [i64::try_from(next).unwrap_or(i64::MAX)],
    )?;
    Ok(())
}

/// Forgets what a log that was restored from a backup does not hold any more.
pub(super) fn forget_from(connection: &Connection, size: u64) -> Result<(), Error> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    connection.execute("DELETE FROM notices WHERE seq >= ?1", [size])?;
    Ok(())
}

/// Forgets what is old.
pub(super) fn forget_old(connection: &Connection, now: Timestamp) -> Result<(), Error> {
    let oldest = now.checked_sub(KEPT).unwrap_or(now).as_microsecond();
    connection.execute("DELETE FROM notices WHERE at < ?1", [oldest])?;
    Ok(())
}

pub(super) fn notice(row: &Row<'_>) -> rusqlite::Result<Notice> {
    let moment = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
    let reason: String = row.get(4)?;
    Ok(Notice {
        seq: u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0),
        person: row.get::<_, String>(1)?.into(),
        post: row.get::<_, String>(2)?.into(),
        about: About::read(row.get(3)?, &row.get::<_, String>(9)?),
        reason: Reason::parse(&reason).unwrap_or(Reason::Arrived),
        due: row.get::<_, Option<i64>>(5)?.map(moment),
        urgent: row.get(6)?,
        at: moment(row.get(7)?),
        read: row.get::<_, Option<i64>>(8)?.map(moment),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unread_is_found_without_going_through_what_was_read() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLES).unwrap();
        for sql in [UNREAD, WAITS, SEEN, SEEN_ABOUT] {
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let unbound = vec![None::<i64>; plan.parameter_count()];
            let steps = plan.query_map(rusqlite::params_from_iter(unbound), |row| row.get(3));
            let steps: Vec<String> = steps.unwrap().map(Result::unwrap).collect();
            assert!(
                steps.iter().any(|step| step.contains("notices_unread (person=?")),
                "{steps:?}"
            );
        }
    }
}
