//! Sign-in: accounts, passwords, sessions. Secrets stand in a file of their own, never in the log.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use bihuan_domain::id::PersonId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// The file of accounts in a data directory.
const FILE: &str = "accounts.sqlite";

/// Wrong passwords before an account is locked for a while.
const TRIES_MAX: u32 = 10;

/// How long a locked account waits.
const LOCK: SignedDuration = SignedDuration::from_mins(15);

/// How long a session lasts without use.
const IDLE: SignedDuration = SignedDuration::from_hours(12);

/// Accounts and sessions of one data directory.
pub struct Accounts(Mutex<Connection>);

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Sign-in name.
    pub login: String,
    /// Whose.
    pub person: PersonId,
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
}

/// Why nobody was signed in.
#[derive(Debug)]
pub enum SignInError {
    /// No such account, or a wrong password: the same answer for both.
    Wrong,
    /// Too many wrong passwords; until when it waits.
    Locked(Timestamp),
    /// A fault.
    Fault(Error),
}

impl<E: Into<Error>> From<E> for SignInError {
    fn from(error: E) -> Self {
        SignInError::Fault(error.into())
    }
}

impl Accounts {
    /// Opens or makes `accounts.sqlite` in a data directory.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened.
    pub fn open(dir: &Path) -> Result<Accounts, Error> {
        let file = dir.join(FILE);
        make_private(&file)?;
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS accounts(login TEXT PRIMARY KEY, person TEXT NOT NULL, hash TEXT NOT NULL,
               tries INTEGER NOT NULL DEFAULT 0, locked_until INTEGER) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS sessions(secret BLOB PRIMARY KEY, id TEXT NOT NULL, login TEXT NOT NULL,
               person TEXT NOT NULL, csrf TEXT NOT NULL, used_at INTEGER NOT NULL) WITHOUT ROWID;",
        )?;
        Ok(Accounts(Mutex::new(connection)))
    }

    /// Copies the accounts of a data directory into `to`, without sessions; `false` where there are none. A running server may
    /// use them meanwhile.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written.
    pub fn back_up(data: &Path, to: &Path) -> Result<bool, Error> {
        let file = data.join(FILE);
        if !file.is_file() {
            return Ok(false);
        }
        let copy = Accounts::open(to)?;
        let connection = copy.lock();
        connection.execute("ATTACH ?1 AS source", [file.to_string_lossy()])?;
        connection.execute("INSERT INTO main.accounts SELECT * FROM source.accounts", [])?;
        connection.execute_batch("DETACH source; PRAGMA journal_mode = DELETE")?;
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an account or gives it a new password.
    ///
    /// # Errors
    ///
    /// If the password is shorter than 8 characters or the file cannot be written.
    pub fn put(&self, login: &str, person: &PersonId, password: &str) -> Result<(), Error> {
        if password.chars().count() < 8 {
            return Err(Error::Other("a password has at least 8 characters".to_owned()));
        }
        let hash = hash_password(password)?;
        self.put_hashed(login, person, &hash)
    }

    /// As [`Accounts::put`], with a hash made before: the demo gives all its accounts one password.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn put_hashed(&self, login: &str, person: &PersonId, hash: &str) -> Result<(), Error> {
        self.lock().execute(
            "INSERT INTO accounts(login, person, hash) VALUES (?1, ?2, ?3)
             ON CONFLICT(login) DO UPDATE SET person = excluded.person, hash = excluded.hash, tries = 0, locked_until = NULL",
            (login, person.as_str(), hash),
        )?;
        Ok(())
    }

    /// The accounts, by name.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn all(&self) -> Result<Vec<Account>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("SELECT login, person FROM accounts ORDER BY login")?;
        let rows = statement.query_map([], |row| {
            Ok(Account {
                login: row.get(0)?,
                person: row.get::<_, String>(1)?.into(),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Signs in. Returns the secret for the cookie; only its hash is kept.
    ///
    /// # Errors
    ///
    /// [`SignInError`].
    pub fn sign_in(&self, login: &str, password: &str, now: Timestamp) -> Result<String, SignInError> {
        let found: Option<(String, String, u32, Option<i64>)> = self
            .lock()
            .query_row(
                "SELECT person, hash, tries, locked_until FROM accounts WHERE login = ?1",
                [login],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .optional()?;
        let Some((person, hash, tries, locked)) = found else {
            // As long as for a real account, so that names cannot be found by the clock.
            let _ = hash_password(password);
            return Err(SignInError::Wrong);
        };
        if let Some(until) = locked.and_then(|micros| Timestamp::from_microsecond(micros).ok())
            && until > now
        {
            return Err(SignInError::Locked(until));
        }
        if !matches(password, &hash) {
            let tries = tries.saturating_add(1);
            let until = (tries >= TRIES_MAX).then(|| now.checked_add(LOCK).unwrap_or(now).as_microsecond());
            let tries = if until.is_some() { 0 } else { tries };
            self.lock().execute(
                "UPDATE accounts SET tries = ?2, locked_until = ?3 WHERE login = ?1",
                (login, tries, until),
            )?;
            return Err(SignInError::Wrong);
        }
        let (secret, id, csrf) = (token()?, token()?, token()?);
        let connection = self.lock();
        connection.execute(
            "UPDATE accounts SET tries = 0, locked_until = NULL WHERE login = ?1",
            [login],
        )?;
        connection.execute(
            "INSERT INTO sessions(secret, id, login, person, csrf, used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                fingerprint(&secret),
                id.get(..12).unwrap_or(&id),
                login,
                person,
                csrf,
                now.as_microsecond(),
            ),
        )?;
        Ok(secret)
    }

    /// The session of a secret, if it still lasts; using it keeps it alive.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn session(&self, secret: &str, now: Timestamp) -> Result<Option<Session>, Error> {
        let connection = self.lock();
        let print = fingerprint(secret);
        let found: Option<(Session, i64)> = connection
            .prepare_cached("SELECT id, person, login, csrf, used_at FROM sessions WHERE secret = ?1")?
            .query_row([&print], |row| {
                let session = Session {
                    id: row.get(0)?,
                    person: row.get::<_, String>(1)?.into(),
                    login: row.get(2)?,
                    csrf: row.get(3)?,
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
}

/// Makes the file, if it is not there, readable for its owner alone; SQLite gives its side files the same rights.
fn make_private(file: &Path) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(file)
        .map(drop)
        .map_err(|e| Error::Other(format!("{}: {e}", file.display())))
}

/// The salted argon2id hash of a password.
///
/// # Errors
///
/// If there is no randomness.
pub fn hash_password(password: &str) -> Result<String, Error> {
    let mut salt = [0u8; 16];
    getrandom::fill(&mut salt).map_err(|e| Error::Other(e.to_string()))?;
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|e| Error::Other(e.to_string()))
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

fn fingerprint(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

fn token() -> Result<String, Error> {
    let mut bytes = [0u8; 24];
    getrandom::fill(&mut bytes).map_err(|e| Error::Other(e.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
