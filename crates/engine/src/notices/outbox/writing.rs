//! What is to be told is written down, message and place in one transaction: each lane of each robot and of everybody's mail.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use bihuan_domain::calendar::{Calendar, CalendarId};
use bihuan_domain::id::{PersonId, PostId};
use bihuan_domain::world::World;
use bihuan_messages::Lang;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::channels::{Addressee, is_the_units};
use super::super::kept::{Notice, Notices, notice};
use super::super::robots::Robot;
use super::super::rounds::{Lane, Rhythm};
use super::super::wording::{self, Length};
use super::{Receiver, moment};
use crate::engine::Engine;
use crate::error::Error;
use crate::settings::Settings;

/// Entries that a lane with nothing to tell may lie behind before its place is moved on.
const BEHIND_MAX: u64 = 1_000;

impl Notices {
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
