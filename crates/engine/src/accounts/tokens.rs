//! Tokens of the API (接口令牌): for programs that act under somebody's account, named, with an end, and read-only unless said
//! otherwise.

use jiff::{SignedDuration, Timestamp};
use rusqlite::OptionalExtension as _;

use super::{Accounts, Session, fingerprint, moment};
use crate::chance::token;
use crate::error::Error;

/// What every token begins with, so that one that leaked can be found by looking for it.
pub(super) const PREFIX: &str = "bht_";

/// Tokens that one account may have.
pub const TOKENS_MAX: usize = 20;

/// For how many days a token may be made.
pub const TOKEN_DAYS: [i64; 3] = [30, 90, 365];

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Its public id, which events carry as `token:<id>`.
    pub id: String,
    /// What for, in its owner's words.
    pub name: String,
    /// Whether it can only read.
    pub read_only: bool,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// When it was last used, to the minute.
    pub used: Option<Timestamp>,
}

impl Accounts {
    /// Makes a token that lasts so many days; returns the secret, which is shown once. `None` if the account has as many as
    /// it may.
    ///
    /// # Errors
    ///
    /// If the file cannot be written or there is no randomness.
    pub fn make_token(
        &self,
        login: &str,
        name: &str,
        read_only: bool,
        days: i64,
        now: Timestamp,
    ) -> Result<Option<String>, Error> {
        let connection = self.lock();
        connection.execute("DELETE FROM tokens WHERE ends_at <= ?1", [now.as_microsecond()])?;
        let held: i64 =
            connection.query_row("SELECT count(*) FROM tokens WHERE login = ?1", [login], |row| {
                row.get(0)
            })?;
        if usize::try_from(held).unwrap_or(usize::MAX) >= TOKENS_MAX {
            return Ok(None);
        }
        let secret = format!("{PREFIX}{}", token()?);
        let ends = now
            .checked_add(SignedDuration::from_hours(days.saturating_mul(24)))
            .unwrap_or(now);
        let id = token()?;
        connection.execute(
            "INSERT INTO tokens(secret, id, login, name, read_only, made_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                fingerprint(&secret),
                id.get(..12).unwrap_or(&id),
                login,
                name,
                read_only,
                now.as_microsecond(),
                ends.as_microsecond(),
            ),
        )?;
        Ok(Some(secret))
    }

    /// The tokens of an account that have not ended, newest first.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn tokens(&self, login: &str, now: Timestamp) -> Result<Vec<ApiToken>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT id, name, read_only, made_at, ends_at, used_at FROM tokens WHERE login = ?1 AND ends_at > ?2
             ORDER BY made_at DESC",
        )?;
        let rows = statement.query_map((login, now.as_microsecond()), |row| {
            Ok(ApiToken {
                id: row.get(0)?,
                name: row.get(1)?,
                read_only: row.get(2)?,
                made: moment(row.get(3)?),
                ends: moment(row.get(4)?),
                used: row.get::<_, Option<i64>>(5)?.map(moment),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ends a token of an account; `false` if it has none with this id.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn end_token(&self, login: &str, id: &str) -> Result<bool, Error> {
        let gone = self
            .lock()
            .execute("DELETE FROM tokens WHERE login = ?1 AND id = ?2", (login, id))?;
        Ok(gone > 0)
    }

    /// Who a token speaks for, while it lasts.
    pub(super) fn session_of_token(&self, secret: &str, now: Timestamp) -> Result<Option<Session>, Error> {
        let connection = self.lock();
        let print = fingerprint(secret);
        let at = now.as_microsecond();
        let found: Option<(Session, Option<i64>)> = connection
            .prepare_cached(
                "SELECT t.id, a.person, t.login, t.read_only, t.used_at FROM tokens t JOIN accounts a USING (login)
                 WHERE t.secret = ?1 AND t.ends_at > ?2",
            )?
            .query_row((&print, at), |row| {
                let id: String = row.get(0)?;
                let session = Session {
                    id: format!("token:{id}"),
                    person: row.get::<_, String>(1)?.into(),
                    login: row.get(2)?,
                    csrf: String::new(),
                    read_only: row.get(3)?,
                    must_change: false,
                    common: false,
                };
                Ok((session, row.get(4)?))
            })
            .optional()?;
        let Some((session, used)) = found else {
            return Ok(None);
        };
        if used.is_none_or(|used| at.saturating_sub(used) > 60_000_000) {
            connection.execute("UPDATE tokens SET used_at = ?2 WHERE secret = ?1", (&print, at))?;
        }
        Ok(Some(session))
    }
}
