//! What goes out: messages are written down with the place up to which a robot has told, in one transaction, and sent
//! afterwards. A crash loses nothing; a message that was under way when it came is sent again under the same key.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use bihuan_domain::calendar::{Calendar, CalendarId};
use bihuan_domain::id::{PersonId, PostId};
use bihuan_domain::world::World;
use bihuan_messages::{Lang, t};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value as Json;

use super::channels::{Addressee, is_the_units};
use super::kept::{Notice, Notices, notice};
use super::mail::Mail;
use super::post::{self, Unsent, unsent};
use super::robots::{MAIL, Robot};
use super::rounds::{Lane, Rhythm, quiet};
use super::smtp;
use super::wording::{self, Length};
use crate::engine::Engine;
use crate::error::Error;
use crate::settings::Settings;

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

/// How long it is waited after each failure; after the last the message is given up.
const WAITS: [SignedDuration; 6] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
];

/// Messages to robots sent in one round: one that does not answer must not hold the others up for long.
const ROUND_MAX: u32 = 20;

/// Letters sent in one round. They go to one server: where it cannot be reached, the rest of the round waits.
const LETTERS_MAX: u32 = 200;

/// Entries that a lane with nothing to tell may lie behind before its place is moved on.
const BEHIND_MAX: u64 = 1_000;

/// How long ended messages are shown.
const SHOWN: SignedDuration = SignedDuration::from_hours(24 * 30);

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

    /// Writes a message down for each lane that speaks now.
    #[doc(hidden)]
    pub fn write_down(&self, engine: &Engine) -> Result<(), Error> {
        let Some(through) = self.place()? else {
            return Ok(());
        };
        let (settings, choosers) = (self.settings(), self.accounts.choosers()?);
        let world = engine.world();
        let round = Round {
            engine,
            settings: &settings,
            calendar: world.calendars.get(&CalendarId::statutory()),
            through,
            now: engine.now(),
        };
        // Whoever chose so is not spoken of in groups.
        let apart: BTreeSet<&PersonId> = choosers
            .iter()
            .filter(|one| !one.channels.by_robot)
            .map(|one| &one.person)
            .collect();
        for robot in &settings.robots {
            let place = robot.unit.as_ref().and_then(|unit| world.org.units.get(unit));
            let place = place.map_or(world.name.get(robot.lang), |unit| unit.name.get(robot.lang));
            let voice = (robot.lang, place, Length::OF_CHATS);
            let mut connection = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction()?;
            round.speak(&transaction, &robot.name, &robot.rhythm, voice, |from, lane| {
                told_to(&transaction, robot, &world, &apart, lane, (from, through))
            })?;
            transaction.commit()?;
        }
        if settings.mail.is_some() {
            let mut connection = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction()?;
            for one in &choosers {
                let (key, lang) = (Receiver::Person(one.person.clone()).key(), one.channels.lang);
                if !one.channels.by_mail || one.address.is_none() {
                    // Who chooses mail again later is not told all that came meanwhile.
                    transaction.execute("DELETE FROM lanes WHERE robot = ?1", [&key])?;
                    continue;
                }
                let voice = (lang, world.name.get(lang), Length::OF_MAIL);
                round.speak(&transaction, &key, &one.channels.rhythm, voice, |from, lane| {
                    mailed_to(&transaction, one, lane, (from, through))
                })?;
            }
            transaction.commit()?;
        }
        Ok(())
    }

    /// What waits and is due, emergencies first.
    fn waiting(&self, now: Timestamp) -> Result<Vec<Waiting>, Error> {
        let connection = self.reading();
        let mut all = Vec::new();
        for (letters, most) in [(false, ROUND_MAX), (true, LETTERS_MAX)] {
            let mut statement = connection.prepare_cached(
                "SELECT id, robot, lane, text, details, tries, made_at FROM outbox
                 WHERE ended_at IS NULL AND next_at <= ?1 AND (substr(robot, 1, 5) = 'mail:') = ?3
                 ORDER BY lane <> 'emergency', id LIMIT ?2",
            )?;
            let rows = statement.query_map((now.as_microsecond(), most, letters), |row| {
                Ok(Waiting {
                    id: row.get(0)?,
                    to: Receiver::of(&row.get::<_, String>(1)?),
                    lane: row.get(2)?,
                    text: row.get(3)?,
                    details: row.get(4)?,
                    tries: row.get(5)?,
                    made: row.get(6)?,
                })
            })?;
            for row in rows {
                all.push(row?);
            }
        }
        Ok(all)
    }

    /// Sends what waits and is due.
    fn send_waiting(&self, engine: &Engine) -> Result<u64, Error> {
        let now = engine.now();
        let oldest = now.checked_sub(SHOWN).unwrap_or(now).as_microsecond();
        let world = engine.world();
        let calendar = world.calendars.get(&CalendarId::statutory());
        let (settings, choosers) = (self.settings(), self.accounts.choosers()?);
        let mut arrived = 0u64;
        let mut server_is_away = false;
        for message in self.waiting(now)? {
            let Waiting { id, tries, .. } = message;
            let emergency = message.lane == Lane::Emergency.name();
            // What could not be sent by day waits for the morning, too.
            let waits = |rhythm: &Rhythm| !emergency && quiet(rhythm, calendar, now);
            let gone = || Err(unsent("gone", ""));
            let sent = match &message.to {
                Receiver::Robot(name) => match settings.robot(name) {
                    Some(robot) if waits(&robot.rhythm) => continue,
                    Some(robot) => {
                        let details: Json = serde_json::from_str(&message.details)?;
                        let extra = settings.certificates.as_deref();
                        post::send(robot, extra, &id.to_string(), &message.text, &details)
                    }
                    None => gone(),
                },
                Receiver::Person(_) if server_is_away => continue,
                Receiver::Person(person) => {
                    let found = choosers
                        .iter()
                        .find(|one| one.person == *person && one.channels.by_mail);
                    let found = found.and_then(|one| Some((one, one.address.as_ref()?)));
                    match (found, &settings.mail) {
                        (Some((one, _)), Some(_)) if waits(&one.channels.rhythm) => continue,
                        (Some((one, address)), Some(mail)) => {
                            let (subject, text) = letter_of(&settings, one.channels.lang, &message.text);
                            let key = format!("{id}.{}", message.made);
                            send_letter(&settings, mail, address, &key, &subject, &text)
                        }
                        _ => gone(),
                    }
                }
            };
            if let (Receiver::Person(_), Err(why)) = (&message.to, &sent) {
                server_is_away = !why.is_of_the_letter();
            }
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
                        to = message.to.key(),
                        code = why.code,
                        said = why.said,
                        "a message was not taken"
                    );
                    let wait = usize::try_from(tries).ok().and_then(|tries| WAITS.get(tries));
                    let wait = wait.filter(|_| !why.is_final());
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
    to: Receiver,
    lane: String,
    text: String,
    details: String,
    tries: u32,
    made: i64,
}

/// From which entry a lane goes on, and when it last spoke. Who is new is not told the past.
fn standing(
    connection: &Connection,
    key: &str,
    lane: Lane,
    through: u64,
) -> Result<(u64, Option<Timestamp>), Error> {
    let found: Option<(i64, Option<i64>)> = connection
        .query_row(
            "SELECT next, last_at FROM lanes WHERE robot = ?1 AND lane = ?2",
            (key, lane.name()),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    if let Some((next, last)) = found {
        return Ok((u64::try_from(next).unwrap_or(0), last.map(moment)));
    }
    connection.execute(
        "INSERT INTO lanes(robot, lane, next) VALUES (?1, ?2, ?3)",
        (key, lane.name(), i64::try_from(through).unwrap_or(i64::MAX)),
    )?;
    Ok((through, None))
}

/// What is the same for everybody in one round.
struct Round<'a> {
    engine: &'a Engine,
    settings: &'a Settings,
    calendar: Option<&'a Calendar>,
    through: u64,
    now: Timestamp,
}

impl Round<'_> {
    /// Writes down what each lane of a receiver says now. `told` gives what there is to tell in a lane from an entry on.
    fn speak(
        &self,
        transaction: &Connection,
        key: &str,
        rhythm: &Rhythm,
        voice: (Lang, &str, Length),
        told: impl Fn(u64, Lane) -> Result<Vec<Notice>, Error>,
    ) -> Result<(), Error> {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        for lane in Lane::ALL {
            let (next, last) = standing(transaction, key, lane, self.through)?;
            if next >= self.through || !lane.speaks(rhythm, self.calendar, last, self.now) {
                continue;
            }
            let told = told(next, lane)?;
            if !told.is_empty() {
                let written = wording::digest(self.engine, self.settings, voice, lane, &told)?;
                transaction.execute(
                    "INSERT INTO outbox(robot, lane, text, details, n, made_at, next_at) VALUES (?1, ?6, ?2, ?3, ?4, ?5, ?5)",
                    params![
                        key,
                        written.text,
                        written.details.to_string(),
                        i64::try_from(written.n).unwrap_or(i64::MAX),
                        self.now.as_microsecond(),
                        lane.name(),
                    ],
                )?;
            } else if self.through.saturating_sub(next) < BEHIND_MAX {
                continue;
            }
            // A lane that had nothing to say has not spoken: what comes next need not wait.
            let last = if told.is_empty() { last } else { Some(self.now) };
            transaction.execute(
                "UPDATE lanes SET next = ?3, last_at = ?4 WHERE robot = ?1 AND lane = ?2",
                params![
                    key,
                    lane.name(),
                    number(self.through),
                    last.map(Timestamp::as_microsecond)
                ],
            )?;
        }
        Ok(())
    }
}

/// What a robot tells in a lane of these entries: each thing once however many serve on the post, and nothing that concerns
/// only people who keep what is theirs to themselves.
fn told_to(
    connection: &Connection,
    robot: &Robot,
    world: &World,
    apart: &BTreeSet<&PersonId>,
    lane: Lane,
    (from, until): (u64, u64),
) -> Result<Vec<Notice>, Error> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT seq, person, post, case_id, reason, due, urgent, at, NULL, about FROM notices WHERE seq >= ?1 AND seq < ?2
         ORDER BY seq, post, reason, person",
    )?;
    let rows = statement.query_map((number(from), number(until)), notice)?;
    let mut heard: BTreeSet<(u64, PostId, &str)> = BTreeSet::new();
    let mut all = Vec::new();
    for row in rows {
        let told = row?;
        let (reason, urgent) = (told.reason, told.urgent);
        let fits = !reason.is_personal()
            && Lane::of(&robot.rhythm, reason, urgent) == lane
            && (is_the_units(reason, urgent) || !apart.contains(&told.person))
            && robot.tells(world, &told.post);
        if fits && heard.insert((told.seq, told.post.clone(), reason.name())) {
            all.push(told);
        }
    }
    Ok(all)
}

/// What a person's mail tells in a lane of these entries: what he has not seen in the page meanwhile.
fn mailed_to(
    connection: &Connection,
    one: &Addressee,
    lane: Lane,
    (from, until): (u64, u64),
) -> Result<Vec<Notice>, Error> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT seq, person, post, case_id, reason, due, urgent, at, read_at, about FROM notices
         WHERE person = ?1 AND seq >= ?2 AND seq < ?3 AND read_at IS NULL ORDER BY seq",
    )?;
    let rows = statement.query_map((one.person.as_str(), number(from), number(until)), notice)?;
    let all = rows.collect::<Result<Vec<Notice>, _>>()?;
    let channels = &one.channels;
    let fits = |told: &Notice| {
        channels.mails(told.reason, told.urgent)
            && Lane::of(&channels.rhythm, told.reason, told.urgent) == lane
    };
    Ok(all.into_iter().filter(fits).collect())
}

/// Subject and text of the letter that a message becomes.
fn letter_of(settings: &Settings, lang: Lang, message: &str) -> (String, String) {
    let (head, rest) = message.split_once('\n').unwrap_or((message, ""));
    let counted = rest.lines().next().unwrap_or_default();
    let mut text = message.replace('\n', "\n\n");
    for (key, path) in [
        ("notify.mail_desk", "/"),
        ("notify.mail_stop", "/account/notices"),
    ] {
        text.push_str("\n\n");
        text.push_str(t(lang, key));
        if let Some(link) = settings.link(path) {
            text.push(' ');
            text.push_str(&link);
        }
    }
    text.push('\n');
    (format!("{head} {counted}"), text)
}

fn send_letter(
    settings: &Settings,
    mail: &Mail,
    to: &str,
    id: &str,
    subject: &str,
    text: &str,
) -> Result<(), Unsent> {
    let letter = mail.letter(to, id, subject, text, Timestamp::now());
    smtp::send(mail, settings.certificates.as_deref(), to, &letter)
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}
