//! What was written down is sent; what is not taken is tried again later or given up, and the outbox says why.

use std::sync::PoisonError;

use bihuan_domain::calendar::CalendarId;
use bihuan_messages::{Lang, t};
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use serde_json::Value as Json;

use super::super::kept::Notices;
use super::super::mail::Mail;
use super::super::post::{self, Unsent, unsent};
use super::super::rounds::{Lane, Rhythm, quiet};
use super::super::smtp;
use super::Receiver;
use crate::engine::Engine;
use crate::error::Error;
use crate::settings::Settings;

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

/// How long ended messages are shown.
const SHOWN: SignedDuration = SignedDuration::from_hours(24 * 30);

impl Notices {
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
    pub(super) fn send_waiting(&self, engine: &Engine) -> Result<u64, Error> {
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

pub(super) fn send_letter(
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
