//! What goes out: messages are written down with the place up to which a robot has told, in one transaction, and sent
//! afterwards. A crash loses nothing; a message that was under way when it came is sent again under the same key.

mod sending;
mod writing;

use bihuan_domain::id::PersonId;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value as Json;

use self::sending::send_letter;
use super::kept::Notices;
use super::post::{self, Unsent, unsent};
use super::robots::{MAIL, Robot};
use super::wording;
use crate::engine::Engine;
use crate::error::Error;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS lanes(robot TEXT NOT NULL, lane TEXT NOT NULL, next INTEGER NOT NULL, last_at INTEGER,
  PRIMARY KEY (robot, lane)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, robot TEXT NOT NULL, lane TEXT NOT NULL, text TEXT NOT NULL, details TEXT NOT NULL,
  n INTEGER NOT NULL, made_at INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, ended_at INTEGER,
  code TEXT, said TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox(next_at) WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS notices_by_seq ON notices(seq);
";

/// Makes the tables of this part.
pub(super) fn tables(connection: &Connection) -> Result<(), Error> {
    Ok(connection.execute_batch(TABLES)?)
}

/// A message in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its key.
    pub id: u64,
    /// The robot, or the person whose mail it is.
    pub to: Receiver,
    /// How many notices it tells of.
    pub notices: u64,
    /// When it was written.
    pub made: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next; `None` where it was sent or given up.
    pub next: Option<Timestamp>,
    /// What went wrong last; `None` where nothing did.
    pub fault: Option<(String, String)>,
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// A robot, by its name.
    Robot(String),
    /// A person, by mail.
    Person(PersonId),
}

impl Receiver {
    /// The name under which lanes and messages are kept.
    fn key(&self) -> String {
        match self {
            Receiver::Robot(name) => name.clone(),
            Receiver::Person(person) => format!("{MAIL}{person}"),
        }
    }

    fn of(key: &str) -> Receiver {
        match key.strip_prefix(MAIL) {
            Some(person) => Receiver::Person(person.into()),
            None => Receiver::Robot(key.to_owned()),
        }
    }
}

impl Notices {
    /// One round for every robot and everybody's mail: writes down what is to be told, then sends what waits. Returns how many messages arrived.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or written; that a robot cannot be reached is no error but stands in the outbox.
    pub fn go_round(&self, engine: &Engine) -> Result<u64, Error> {
        self.write_down(engine)?;
        self.send_waiting(engine)
    }

    /// Sends one message that says only that it is a test, now and outside the outbox.
    ///
    /// # Errors
    ///
    /// What went wrong, in words of the catalogue.
    pub fn test(&self, robot: &Robot, place: &str) -> Result<(), Unsent> {
        let text = wording::test(robot.lang, place);
        let settings = self.settings();
        post::send(
            robot,
            settings.certificates.as_deref(),
            "test",
            &text,
            &Json::Array(Vec::new()),
        )
    }

    /// Sends one letter now and outside the outbox: a test, or the code by which somebody shows that an address is his.
    ///
    /// # Errors
    ///
    /// What went wrong; `gone` where no mail server is set up.
    pub fn write_letter(&self, to: &str, subject: &str, text: &str) -> Result<(), Unsent> {
        let settings = self.settings();
        let mail = settings.mail.as_ref().ok_or_else(|| unsent("gone", ""))?;
        let now = Timestamp::now();
        send_letter(
            &settings,
            mail,
            to,
            &format!("now.{}", now.as_microsecond()),
            subject,
            text,
        )
    }

    /// The newest messages of the outbox.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn outbox(&self, limit: u32) -> Result<Vec<Message>, Error> {
        let connection = self.reading();
        let mut statement = connection.prepare_cached(
            "SELECT id, robot, n, made_at, tries, next_at, ended_at, code, said FROM outbox ORDER BY id DESC LIMIT ?1",
        )?;
        let rows = statement.query_map([limit], |row| {
            let ended: Option<i64> = row.get(6)?;
            let code: Option<String> = row.get(7)?;
            let said: String = row.get(8)?;
            Ok(Message {
                id: u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0),
                to: Receiver::of(&row.get::<_, String>(1)?),
                notices: u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
                made: moment(row.get(3)?),
                tries: row.get(4)?,
                next: ended.is_none().then_some(moment(row.get(5)?)),
                fault: code.map(|code| (code, said)),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}
