//! Sessions (登录状态): where somebody is signed in, and for how long.

use bihuan_domain::id::PersonId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};

use super::{Accounts, Way, fingerprint, moment, tokens};
use crate::chance::token;
use crate::error::Error;

/// What is kept of what a browser says of itself, in characters.
const AGENT_MAX: usize = 300;

/// How long a session lasts without use.
const IDLE: SignedDuration = SignedDuration::from_hours(12);

/// A place where somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Its public id.
    pub id: String,
    /// What the browser said of itself.
    pub agent: String,
    /// Since when.
    pub began: Timestamp,
    /// Last use, to the minute.
    pub used: Timestamp,
    /// Whether another system said who this is ([`crate::sso`]).
    pub common: bool,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its public id, which events carry; not the secret.
    pub id: String,
    /// Whose.
    pub person: PersonId,
    /// The sign-in name.
    pub login: String,
    /// Against forged requests: goes into every form.
    pub csrf: String,
    /// Whether it can only read: some tokens of the API.
    pub read_only: bool,
    /// Whether the password was given by somebody else and must be changed before anything else.
    pub must_change: bool,
    /// Whether another system said who this is ([`crate::sso`]).
    pub common: bool,
}

impl Accounts {
    /// The session of a secret, if it still lasts; using it keeps it alive.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn session(&self, secret: &str, now: Timestamp) -> Result<Option<Session>, Error> {
        if secret.starts_with(tokens::PREFIX) {
            return self.session_of_token(secret, now);
        }
        let connection = self.lock();
        let print = fingerprint(secret);
        let found: Option<(Session, i64)> = connection
            .prepare_cached(
                "SELECT s.id, a.person, s.login, s.csrf, s.used_at, a.must_change, s.common FROM sessions s JOIN accounts a USING (login)
                 WHERE s.secret = ?1",
            )?
            .query_row([&print], |row| {
                let session = Session {
                    id: row.get(0)?,
                    person: row.get::<_, String>(1)?.into(),
                    login: row.get(2)?,
                    csrf: row.get(3)?,
                    read_only: false,
                    // Who came by another system's word has typed no password that he would have to change.
                    must_change: row.get::<_, bool>(5)? && !row.get::<_, bool>(6)?,
                    common: row.get(6)?,
                };
                Ok((session, row.get(4)?))
            })
            .optional()?;
        let Some((session, used)) = found else {
            return Ok(None);
        };
        let idle = now.as_microsecond().saturating_sub(used);
        if i128::from(idle) > IDLE.as_micros() {
            connection.execute("DELETE FROM sessions WHERE secret = ?1", [&print])?;
            return Ok(None);
        }
        // Written at most once a minute: reading pages should not write.
        if idle > 60_000_000 {
            connection.execute(
                "UPDATE sessions SET used_at = ?2 WHERE secret = ?1",
                (&print, now.as_microsecond()),
            )?;
        }
        Ok(Some(session))
    }

    /// Ends a session.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn sign_out(&self, secret: &str) -> Result<(), Error> {
        self.lock()
            .execute("DELETE FROM sessions WHERE secret = ?1", [fingerprint(secret)])?;
        Ok(())
    }

    /// Where an account is signed in, the last used first.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn sessions(&self, login: &str, now: Timestamp) -> Result<Vec<OpenSession>, Error> {
        let connection = self.lock();
        let oldest = now.checked_sub(IDLE).unwrap_or(now).as_microsecond();
        let mut statement = connection.prepare_cached(
            "SELECT id, agent, began_at, used_at, common FROM sessions WHERE login = ?1 AND used_at >= ?2 ORDER BY used_at DESC, id",
        )?;
        let rows = statement.query_map((login, oldest), |row| {
            Ok(OpenSession {
                id: row.get(0)?,
                agent: row.get(1)?,
                began: moment(row.get(2)?),
                used: moment(row.get(3)?),
                common: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Signs an account out everywhere but in one session; returns in how many places.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn end_sessions(&self, login: &str, but: Option<&str>) -> Result<usize, Error> {
        Ok(self.lock().execute(
            "DELETE FROM sessions WHERE login = ?1 AND id IS NOT ?2",
            (login, but),
        )?)
    }

    /// Signs an account out in one place; `false` if it is not signed in there.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn end_session(&self, login: &str, id: &str) -> Result<bool, Error> {
        let gone = self
            .lock()
            .execute("DELETE FROM sessions WHERE login = ?1 AND id = ?2", (login, id))?;
        Ok(gone > 0)
    }
}

/// Begins a session; returns its secret.
pub(super) fn begin_session(
    connection: &Connection,
    login: &str,
    person: &PersonId,
    way: Way,
    agent: &str,
    now: Timestamp,
) -> Result<String, Error> {
    let (secret, id, csrf) = (token()?, token()?, token()?);
    let at = now.as_microsecond();
    connection.execute(
        "UPDATE accounts SET tries = 0, locked_until = NULL, signed_in_at = ?3 WHERE login = ?1 AND person = ?2",
        (login, person.as_str(), at),
    )?;
    let agent: String = agent.chars().take(AGENT_MAX).collect();
    connection.execute(
        "INSERT INTO sessions(secret, id, login, csrf, agent, began_at, used_at, common) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)",
        (
            fingerprint(&secret),
            id.get(..12).unwrap_or(&id),
            login,
            csrf,
            agent,
            at,
            way == Way::Common,
        ),
    )?;
    Ok(secret)
}
