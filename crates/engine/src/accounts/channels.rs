//! How an account's owner wants to be told (消息方式): his choices, and the address that he has shown to be his with a code.

use bihuan_domain::id::PersonId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::OptionalExtension as _;

use super::{Accounts, fingerprint};
use crate::chance::bytes;
use crate::error::Error;
use crate::notices::{Addressee, Channels};

/// The table of this part.
pub(super) const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS channels(login TEXT PRIMARY KEY, choices TEXT NOT NULL, address TEXT,
       confirmed INTEGER NOT NULL DEFAULT 0, code BLOB, code_at INTEGER, tries INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;";

/// How long a code may be typed in.
const CODE: SignedDuration = SignedDuration::from_mins(30);

/// Between two codes lies at least this: nobody's mailbox is filled through this form.
const CODE_GAP: SignedDuration = SignedDuration::from_mins(2);

/// Wrong codes before another one must be asked for.
const TRIES_MAX: u32 = 5;

/// The address of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAddress {
    /// The address.
    pub address: String,
    /// Whether its owner has shown that he reads it.
    pub confirmed: bool,
}

impl Accounts {
    /// The choices of an account, and its address.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn channels(&self, login: &str) -> Result<(Channels, Option<MailAddress>), Error> {
        let found: Option<(String, Option<String>, bool)> = self
            .lock()
            .query_row(
                "SELECT choices, address, confirmed FROM channels WHERE login = ?1",
                [login],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        let Some((choices, address, confirmed)) = found else {
            return Ok((Channels::default(), None));
        };
        let address = address.map(|address| MailAddress { address, confirmed });
        Ok((serde_json::from_str(&choices)?, address))
    }

    /// Keeps the choices of an account.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn choose_channels(&self, login: &str, choices: &Channels) -> Result<(), Error> {
        self.lock().execute(
            "INSERT INTO channels(login, choices) VALUES (?1, ?2) ON CONFLICT(login) DO UPDATE SET choices = excluded.choices",
            (login, serde_json::to_string(choices)?),
        )?;
        Ok(())
    }

    /// Notes an address that is still to be shown to be one's own; returns the code that is sent there. `None` where the last
    /// code is too recent.
    ///
    /// # Errors
    ///
    /// If the file cannot be written or there is no randomness.
    pub fn name_address(&self, login: &str, address: &str, now: Timestamp) -> Result<Option<String>, Error> {
        let connection = self.lock();
        let last: Option<Option<i64>> = connection
            .query_row("SELECT code_at FROM channels WHERE login = ?1", [login], |row| {
                row.get(0)
            })
            .optional()?;
        let gap = i64::try_from(CODE_GAP.as_micros()).unwrap_or(i64::MAX);
        if last
            .flatten()
            .is_some_and(|last| now.as_microsecond().saturating_sub(last) < gap)
        {
            return Ok(None);
        }
        let code = format!("{:06}", u32::from_be_bytes(bytes::<4>()?) % 1_000_000);
        let choices = serde_json::to_string(&Channels::default())?;
        connection.execute(
            "INSERT INTO channels(login, choices, address, confirmed, code, code_at, tries) VALUES (?1, ?2, ?3, 0, ?4, ?5, 0)
             ON CONFLICT(login) DO UPDATE SET address = excluded.address, confirmed = 0, code = excluded.code,
               code_at = excluded.code_at, tries = 0",
            (login, choices, address, fingerprint(&code), now.as_microsecond()),
        )?;
        Ok(Some(code))
    }

    /// Takes the code that was sent to the address. `false` for a wrong or an old one, and after five wrong ones.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn confirm_address(&self, login: &str, code: &str, now: Timestamp) -> Result<bool, Error> {
        let connection = self.lock();
        let since = now
            .as_microsecond()
            .saturating_sub(i64::try_from(CODE.as_micros()).unwrap_or(i64::MAX));
        let code: String = code.chars().filter(char::is_ascii_digit).collect();
        let done = connection.execute(
            "UPDATE channels SET confirmed = 1, code = NULL WHERE login = ?1 AND code = ?2 AND code_at >= ?3 AND tries < ?4",
            (login, fingerprint(&code), since, TRIES_MAX),
        )?;
        if done == 0 {
            connection.execute("UPDATE channels SET tries = tries + 1 WHERE login = ?1", [login])?;
        }
        Ok(done > 0)
    }

    /// Forgets an account's address.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn forget_address(&self, login: &str) -> Result<(), Error> {
        self.lock().execute(
            "UPDATE channels SET address = NULL, confirmed = 0, code = NULL WHERE login = ?1",
            [login],
        )?;
        Ok(())
    }

    /// Everybody who has chosen something, with the address where it was confirmed.
    pub(crate) fn choosers(&self) -> Result<Vec<Addressee>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT a.person, c.choices, CASE WHEN c.confirmed = 1 THEN c.address END
             FROM channels c JOIN accounts a USING (login) ORDER BY c.login",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Option<String>>(2)?,
            ))
        })?;
        let mut all = Vec::new();
        for row in rows {
            let (person, choices, address) = row?;
            all.push(Addressee {
                person: PersonId::from(person),
                address,
                channels: serde_json::from_str(&choices)?,
            });
        }
        Ok(all)
    }
}
