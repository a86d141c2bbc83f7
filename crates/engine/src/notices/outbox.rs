//! What goes out: messages are written down with the place up to which a robot has told, in one transaction, and sent
//! afterwards. A crash loses nothing; a message that was under way when it came is sent again under the same key.

use std::sync::PoisonError;

use bihuan_domain::calendar::CalendarId;
use bihuan_domain::id::PostId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value as Json;

use super::kept::{Notice, Notices, notice};
use super::post::{self, Unsent};
use super::robots::{Robot, Robots};
use super::rounds::{Lane, quiet};
use super::wording;
use crate::engine::Engine;
use crate::error::Error;

pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS lanes(robot TEXT NOT NULL, lane TEXT NOT NULL, next INTEGER NOT NULL, last_at INTEGER,
  PRIMARY KEY (robot, lane)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, robot TEXT NOT NULL, lane TEXT NOT NULL, text TEXT NOT NULL, details TEXT NOT NULL,
  n INTEGER NOT NULL, made_at INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, ended_at INTEGER,
  code TEXT, said TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox(next_at) WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS notices_by_seq ON notices(seq);
";

/// How long it is waited after each failure; after the last the message is given up.
const WAITS: [SignedDuration; 6] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
];

/// Messages sent in one round: a robot that does not answer must not hold the others up for long.
const ROUND_MAX: u32 = 20;

/// How long ended messages are shown.
const SHOWN: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A message in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its key.
    pub id: u64,
    /// The robot.
    pub robot: String,
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

impl Notices {
    /// One round for every robot: writes down what is to be told, then sends what waits. Returns how many messages arrived.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or written; that a robot cannot be reached is no error but stands in the outbox.
    pub fn go_round(&self, engine: &Engine) -> Result<u64, Error> {
        self.write_down(engine)?;
        self.send_waiting(engine)
    }

    /// The robots that are set up.
    pub fn robots(&self) -> &Robots {
        &self.robots
    }

    /// Sends one message that says only that it is a test, now and outside the outbox.
    ///
    /// # Errors
    ///
    /// What went wrong, in words of the catalogue.
    pub fn test(&self, robot: &Robot, place: &str) -> Result<(), Unsent> {
        let text = wording::test(robot.lang, place);
        post::send(robot, "test", &text, &Json::Array(Vec::new()))
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
                robot: row.get(1)?,
                notices: u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
                made: moment(row.get(3)?),
                tries: row.get(4)?,
                next: ended.is_none().then_some(moment(row.get(5)?)),
                fault: code.map(|code| (code, said)),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes a message down for each lane that speaks now.
    #[doc(hidden)]
    pub fn write_down(&self, engine: &Engine) -> Result<(), Error> {
        let Some(through) = self.place()? else {
            return Ok(());
        };
        let (world, now) = (engine.world(), engine.now());
        let calendar = world.calendars.get(&CalendarId::statutory());
        for robot in &self.robots.all {
            for lane in Lane::ALL {
                let mut connection = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
                let transaction = connection.transaction()?;
                let (next, last) = standing(&transaction, robot, lane, through)?;
                if next < through && lane.speaks(robot, calendar, last, now) {
                    let tells = |post: &PostId| robot.tells(&world, post);
                    let told = told(&transaction, next, through)?;
                    let told: Vec<Notice> = told
                        .into_iter()
                        .filter(|told| {
                            Lane::of(robot, told.reason, told.urgent) == Some(lane) && tells(&told.post)
                        })
                        .collect();
                    if !told.is_empty() {
                        let written = wording::digest(engine, &self.robots, robot, lane, &told)?;
                        transaction.execute(
                            "INSERT INTO outbox(robot, lane, text, details, n, made_at, next_at) VALUES (?1, ?6, ?2, ?3, ?4, ?5, ?5)",
                            params![
                                robot.name,
                                written.text,
                                written.details.to_string(),
                                i64::try_from(written.n).unwrap_or(i64::MAX),
                                now.as_microsecond(),
                                lane.name(),
                            ],
                        )?;
                    }
                    // A lane that had nothing to say has not spoken: what comes next need not wait.
                    let last = if told.is_empty() { last } else { Some(now) };
                    transaction.execute(
                        "UPDATE lanes SET next = ?3, last_at = ?4 WHERE robot = ?1 AND lane = ?2",
                        params![
                            robot.name,
                            lane.name(),
                            i64::try_from(through).unwrap_or(i64::MAX),
                            last.map(Timestamp::as_microsecond)
                        ],
                    )?;
                }
                transaction.commit()?;
            }
        }
        Ok(())
    }

    /// What waits and is due, emergencies first.
    fn waiting(&self, now: Timestamp) -> Result<Vec<Waiting>, Error> {
        let connection = self.reading();
        let mut statement = connection.prepare_cached(
            "SELECT id, robot, lane, text, details, tries FROM outbox WHERE ended_at IS NULL AND next_at <= ?1
             ORDER BY lane <> 'emergency', id LIMIT ?2",
        )?;
        let rows = statement.query_map((now.as_microsecond(), ROUND_MAX), |row| {
            Ok(Waiting {
                id: row.get(0)?,
                robot: row.get(1)?,
                lane: row.get(2)?,
                text: row.get(3)?,
                details: row.get(4)?,
                tries: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Sends what waits and is due.
    fn send_waiting(&self, engine: &Engine) -> Result<u64, Error> {
        let now = engine.now();
        let oldest = now.checked_sub(SHOWN).unwrap_or(now).as_microsecond();
        let world = engine.world();
        let calendar = world.calendars.get(&CalendarId::statutory());
        let mut arrived = 0u64;
        for message in self.waiting(now)? {
            let Waiting { id, tries, .. } = message;
            let details: Json = serde_json::from_str(&message.details)?;
            let sent = match self.robots.find(&message.robot) {
                // What could not be sent by day waits for the morning, too.
                Some(robot) if message.lane != Lane::Emergency.name() && quiet(robot, calendar, now) => {
                    continue;
                }
                Some(robot) => post::send(robot, &id.to_string(), &message.text, &details),
                None => Err(Unsent {
                    code: "gone",
                    said: String::new(),
                }),
            };
            let connection = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            match sent {
                Ok(()) => {
                    arrived = arrived.saturating_add(1);
                    connection.execute(
                        "UPDATE outbox SET tries = tries + 1, ended_at = ?2, code = NULL, said = '' WHERE id = ?1",
                        (id, now.as_microsecond()),
                    )?;
                }
                Err(why) => {
                    tracing::warn!(
                        robot = message.robot,
                        code = why.code,
                        said = why.said,
                        "a robot did not take a message"
                    );
                    let wait = usize::try_from(tries).ok().and_then(|tries| WAITS.get(tries));
                    let next = wait.and_then(|wait| now.checked_add(*wait).ok());
                    connection.execute(
                        "UPDATE outbox SET tries = tries + 1, next_at = COALESCE(?2, next_at),
                           ended_at = CASE WHEN ?2 IS NULL THEN ?3 END, code = ?4, said = ?5 WHERE id = ?1",
                        params![
                            id,
                            next.map(Timestamp::as_microsecond),
                            now.as_microsecond(),
                            why.code,
                            why.said
                        ],
                    )?;
                }
            }
        }
        let connection = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        connection.execute("DELETE FROM outbox WHERE ended_at < ?1", [oldest])?;
        Ok(arrived)
    }
}

/// A message that waits to be sent.
struct Waiting {
    id: i64,
    robot: String,
    lane: String,
    text: String,
    details: String,
    tries: u32,
}

/// From which entry a lane goes on, and when it last spoke. A new robot is not told the past.
fn standing(
    connection: &Connection,
    robot: &Robot,
    lane: Lane,
    through: u64,
) -> Result<(u64, Option<Timestamp>), Error> {
    let found: Option<(i64, Option<i64>)> = connection
        .query_row(
            "SELECT next, last_at FROM lanes WHERE robot = ?1 AND lane = ?2",
            (&robot.name, lane.name()),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    if let Some((next, last)) = found {
        return Ok((u64::try_from(next).unwrap_or(0), last.map(moment)));
    }
    connection.execute(
        "INSERT INTO lanes(robot, lane, next) VALUES (?1, ?2, ?3)",
        (
            &robot.name,
            lane.name(),
            i64::try_from(through).unwrap_or(i64::MAX),
        ),
    )?;
    Ok((through, None))
}

/// The notices of these entries, each thing once however many serve on the post.
fn told(connection: &Connection, from: u64, until: u64) -> Result<Vec<Notice>, Error> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT seq, min(person), post, case_id, reason, due, urgent, at, NULL FROM notices WHERE seq >= ?1 AND seq < ?2
         GROUP BY seq, post, reason ORDER BY seq",
    )?;
    let rows = statement.query_map((number(from), number(until)), notice)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}
