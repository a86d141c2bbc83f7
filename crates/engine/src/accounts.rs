//! Sign-in: accounts, passwords, sessions. Secrets stand in a file of their own, never in the log.

mod channels;
mod saved;
mod second;
mod sessions;
mod tokens;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use bihuan_domain::id::PersonId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};
use sha2::{Digest as _, Sha256};

use crate::chance;
use crate::error::Error;

pub use channels::MailAddress;
pub use saved::{SAVED_MAX, SavedView, Shared};
pub use second::Enrolment;
pub use sessions::{OpenSession, Session};
pub use tokens::{ApiToken, TOKEN_DAYS, TOKENS_MAX};

/// The form of the tables.
const FORM: i64 = 5;

/// Shortest password, in characters.
pub const PASSWORD_MIN: usize = 8;

/// The file of accounts in a data directory.
const FILE: &str = "accounts.sqlite";

/// Wrong passwords before an account is locked for a while.
const TRIES_MAX: u32 = 10;

/// How long a locked account waits.
const LOCK: SignedDuration = SignedDuration::from_mins(15);

/// Accounts and sessions of one data directory.
pub struct Accounts(Mutex<Connection>);

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Sign-in name.
    pub login: String,
    /// Whose.
    pub person: PersonId,
    /// Until when it is locked after wrong passwords.
    pub locked_until: Option<Timestamp>,
    /// When somebody last signed in.
    pub signed_in: Option<Timestamp>,
    /// Whether it signs in with a second step.
    pub second: bool,
    /// Whether its password was given by somebody else and waits to be changed.
    pub must_change: bool,
}

/// By what somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Password,
    /// Another system's word ([`crate::sso`]).
    Common,
}

/// Why nobody was signed in.
#[derive(Debug)]
pub enum SignInError {
    /// No such account, or a wrong password: the same answer for both.
    Wrong,
    /// Too many wrong passwords; until when it waits.
    Locked(Timestamp),
    /// The password is right and a code is still to come: the secret for [`Accounts::sign_in_code`].
    NeedsCode(String),
    /// A wrong code; another may be tried.
    WrongCode,
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
        bihuan_ledger::keep_plans(&connection)?;
        upgrade(&connection)?;
        Ok(Accounts(Mutex::new(connection)))
    }

    /// Copies the accounts of a data directory into `to`, with their second steps, without sessions and tokens: who was signed
    /// out or lost a token after the backup must not come back with it. `false` where there are none. A running server may use
    /// them meanwhile.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or written.
    pub fn back_up(data: &Path, to: &Path) -> Result<bool, Error> {
        let file = data.join(FILE);
        if !file.is_file() {
            return Ok(false);
        }
        // Brings the file up to the present form, so that both have the same columns.
        drop(Accounts::open(data)?);
        let copy = Accounts::open(to)?;
        let connection = copy.lock();
        connection.execute("ATTACH ?1 AS source", [file.to_string_lossy()])?;
        for table in ["accounts", "seconds", "recovery", "saved_views", "channels"] {
            connection.execute(
                &format!("INSERT INTO main.{table} SELECT * FROM source.{table}"),
                [],
            )?;
        }
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
        if password.chars().count() < PASSWORD_MIN {
            return Err(Error::Other("a password has at least 8 characters".to_owned()));
        }
        let hash = hash_password(password)?;
        self.put_hashed(login, person, &hash)
    }

    /// As [`Accounts::put`] with a password that somebody else hands over: its owner must change it at the first sign-in, and
    /// every place where the account is signed in is signed out.
    ///
    /// # Errors
    ///
    /// As [`Accounts::put`].
    pub fn put_handed(&self, login: &str, person: &PersonId, password: &str) -> Result<(), Error> {
        self.put(login, person, password)?;
        let connection = self.lock();
        connection.execute("UPDATE accounts SET must_change = 1 WHERE login = ?1", [login])?;
        connection.execute("DELETE FROM sessions WHERE login = ?1", [login])?;
        Ok(())
    }

    /// Changes one's own password; every other place where one is signed in is signed out. `false` if `old` is wrong, which
    /// counts as a wrong try.
    ///
    /// # Errors
    ///
    /// As [`Accounts::put`].
    pub fn change_password(
        &self,
        session: &Session,
        old: &str,
        new: &str,
        now: Timestamp,
    ) -> Result<bool, Error> {
        if !self.knows_password(&session.login, old, now)? {
            return Ok(false);
        }
        self.put(&session.login, &session.person, new)?;
        self.end_sessions(&session.login, Some(&session.id))?;
        Ok(true)
    }

    /// Whether this is the account's password; asked again before what a stolen session should not be able to do. A wrong one
    /// counts as a wrong try, and a locked account knows none.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or written.
    pub fn knows_password(&self, login: &str, password: &str, now: Timestamp) -> Result<bool, Error> {
        let found: Option<(String, Option<i64>)> = self
            .lock()
            .query_row(
                "SELECT hash, locked_until FROM accounts WHERE login = ?1",
                [login],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((hash, locked)) = found else {
            return Ok(false);
        };
        if locked.is_some_and(|until| until > now.as_microsecond()) {
            return Ok(false);
        }
        let right = matches(password, &hash);
        if !right {
            count_wrong(&self.lock(), login, 1, now)?;
        }
        Ok(right)
    }

    /// Ends the wait after wrong passwords.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn unlock(&self, login: &str) -> Result<(), Error> {
        self.lock().execute(
            "UPDATE accounts SET tries = 0, locked_until = NULL WHERE login = ?1",
            [login],
        )?;
        Ok(())
    }

    /// Takes an account away, with its sessions, tokens and second step. What was done under it stays in the log.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn remove(&self, login: &str) -> Result<(), Error> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        for table in [
            "sessions",
            "tokens",
            "seconds",
            "recovery",
            "halves",
            "saved_views",
            "channels",
            "accounts",
        ] {
            transaction.execute(&format!("DELETE FROM {table} WHERE login = ?1"), [login])?;
        }
        Ok(transaction.commit()?)
    }

    /// As [`Accounts::put`], with a hash made before: the demo gives all its accounts one password.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn put_hashed(&self, login: &str, person: &PersonId, hash: &str) -> Result<(), Error> {
        self.lock().execute(
            "INSERT INTO accounts(login, person, hash) VALUES (?1, ?2, ?3)
             ON CONFLICT(login) DO UPDATE SET person = excluded.person, hash = excluded.hash, tries = 0, locked_until = NULL,
               must_change = 0",
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
        let mut statement = connection.prepare_cached(
            "SELECT a.login, a.person, a.locked_until, a.signed_in_at, a.must_change,
               EXISTS (SELECT 1 FROM seconds s WHERE s.login = a.login AND s.confirmed = 1)
             FROM accounts a ORDER BY a.login",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(Account {
                login: row.get(0)?,
                person: row.get::<_, String>(1)?.into(),
                locked_until: row.get::<_, Option<i64>>(2)?.map(moment),
                signed_in: row.get::<_, Option<i64>>(3)?.map(moment),
                must_change: row.get(4)?,
                second: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Signs in; `agent` is what the browser says of itself. Returns the secret for the cookie; only its hash is kept.
    ///
    /// # Errors
    ///
    /// [`SignInError`].
    pub fn sign_in(
        &self,
        login: &str,
        password: &str,
        agent: &str,
        now: Timestamp,
    ) -> Result<String, SignInError> {
        let found: Option<(String, String, Option<i64>)> = self
            .lock()
            .query_row(
                "SELECT person, hash, locked_until FROM accounts WHERE login = ?1",
                [login],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        let Some((person, hash, locked)) = found else {
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
            count_wrong(&self.lock(), login, 1, now)?;
            return Err(SignInError::Wrong);
        }
        let connection = self.lock();
        if second::has_second(&connection, login)? {
            let half = second::begin_half(&connection, login, Way::Password, now)?;
            return Err(SignInError::NeedsCode(half));
        }
        Ok(sessions::begin_session(
            &connection,
            login,
            &person.into(),
            Way::Password,
            agent,
            now,
        )?)
    }

    /// Signs in somebody of whom another system has said that this is his account. No account is made by it. The account's own
    /// second step is asked for, unless `second_step_there`. That an account waits after wrong passwords does not keep him out:
    /// he has typed none.
    ///
    /// # Errors
    ///
    /// [`SignInError::Wrong`] where there is no such account; [`SignInError::NeedsCode`].
    pub fn sign_in_common(
        &self,
        login: &str,
        second_step_there: bool,
        agent: &str,
        now: Timestamp,
    ) -> Result<String, SignInError> {
        let connection = self.lock();
        let person: Option<String> = connection
            .query_row("SELECT person FROM accounts WHERE login = ?1", [login], |row| {
                row.get(0)
            })
            .optional()?;
        let person = person.ok_or(SignInError::Wrong)?;
        if !second_step_there && second::has_second(&connection, login)? {
            let half = second::begin_half(&connection, login, Way::Common, now)?;
            return Err(SignInError::NeedsCode(half));
        }
        let person = person.into();
        Ok(sessions::begin_session(
            &connection,
            login,
            &person,
            Way::Common,
            agent,
            now,
        )?)
    }
}

/// The tables, brought up to their present form. Sessions and what else does not last is made anew.
fn upgrade(connection: &Connection) -> Result<(), Error> {
    let form =
        |connection: &Connection| connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    if form(connection)? >= FORM {
        return Ok(());
    }
    // A second process may be at it: who comes second finds it done.
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    if form(&transaction)? >= FORM {
        return Ok(());
    }
    if form(&transaction)? < 2 {
        transaction.execute_batch(
            "CREATE TABLE IF NOT EXISTS accounts(login TEXT PRIMARY KEY, person TEXT NOT NULL, hash TEXT NOT NULL,
               tries INTEGER NOT NULL DEFAULT 0, locked_until INTEGER) WITHOUT ROWID;
             ALTER TABLE accounts ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;
             ALTER TABLE accounts ADD COLUMN signed_in_at INTEGER;
             DROP TABLE IF EXISTS sessions;
             CREATE TABLE sessions(secret BLOB PRIMARY KEY, id TEXT NOT NULL, login TEXT NOT NULL, csrf TEXT NOT NULL,
               agent TEXT NOT NULL, began_at INTEGER NOT NULL, used_at INTEGER NOT NULL) WITHOUT ROWID;
             CREATE INDEX sessions_by_login ON sessions(login);
             CREATE TABLE seconds(login TEXT PRIMARY KEY, secret BLOB NOT NULL, confirmed INTEGER NOT NULL,
               last_step INTEGER NOT NULL) WITHOUT ROWID;
             CREATE TABLE recovery(login TEXT NOT NULL, code BLOB NOT NULL, PRIMARY KEY(login, code)) WITHOUT ROWID;
             CREATE TABLE halves(secret BLOB PRIMARY KEY, login TEXT NOT NULL, began_at INTEGER NOT NULL,
               tries INTEGER NOT NULL) WITHOUT ROWID;
             CREATE TABLE tokens(secret BLOB PRIMARY KEY, id TEXT NOT NULL, login TEXT NOT NULL, name TEXT NOT NULL,
               read_only INTEGER NOT NULL, made_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, used_at INTEGER) WITHOUT ROWID;
             CREATE INDEX tokens_by_login ON tokens(login);",
        )?;
    }
    if form(&transaction)? < 5 {
        transaction.execute_batch(
            "ALTER TABLE sessions ADD COLUMN common INTEGER NOT NULL DEFAULT 0;
             ALTER TABLE halves ADD COLUMN common INTEGER NOT NULL DEFAULT 0;",
        )?;
    }
    transaction.execute_batch(saved::TABLE)?;
    transaction.execute_batch(channels::TABLE)?;
    transaction.pragma_update(None, "user_version", FORM)?;
    Ok(transaction.commit()?)
}

/// Counts so many wrong tries, and locks the account for a while after too many.
fn count_wrong(connection: &Connection, login: &str, wrong: u32, now: Timestamp) -> Result<(), Error> {
    let until = now.checked_add(LOCK).unwrap_or(now).as_microsecond();
    connection.execute(
        "UPDATE accounts SET locked_until = CASE WHEN tries + ?2 >= ?3 THEN ?4 ELSE locked_until END,
           tries = CASE WHEN tries + ?2 >= ?3 THEN 0 ELSE tries + ?2 END WHERE login = ?1",
        (login, wrong, TRIES_MAX, until),
    )?;
    Ok(())
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
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
    let salt: [u8; 16] = chance::bytes()?;
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
