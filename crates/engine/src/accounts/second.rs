//! The second step of signing in (两步登录): one-time codes of an authenticator (RFC 6238: SHA-1, six digits, 30 seconds, which
//! every authenticator knows), and recovery codes on paper for the day the telephone is gone.

use bihuan_domain::id::PersonId;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};
use sha1::Sha1;

use super::{Accounts, SignInError, Way, fingerprint};
use crate::chance::{bytes, token};
use crate::error::Error;

/// Length of a step of the clock, in seconds.
const STEP: i64 = 30;

/// How long the second step may take after the first.
const HALF: SignedDuration = SignedDuration::from_mins(5);

/// Wrong codes before the first step must be taken anew.
const CODES_MAX: u32 = 5;

/// Recovery codes that are handed out.
const RECOVERY: usize = 8;

/// Base32 (RFC 4648), as authenticators have it.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What an authenticator is to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The secret in Base32, to be typed.
    pub secret: String,
    /// The same as an address, to be scanned.
    pub address: String,
}

impl Accounts {
    /// Whether an account signs in with a second step.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn has_second(&self, login: &str) -> Result<bool, Error> {
        has_second(&self.lock(), login)
    }

    /// How many recovery codes are left.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn recovery_left(&self, login: &str) -> Result<u64, Error> {
        let left: i64 =
            self.lock()
                .query_row("SELECT count(*) FROM recovery WHERE login = ?1", [login], |row| {
                    row.get(0)
                })?;
        Ok(left.unsigned_abs())
    }

    /// A new secret for an authenticator; it counts from [`Accounts::confirm_second`] on. `place` is what the authenticator
    /// calls the account beside its name.
    ///
    /// # Errors
    ///
    /// If the file cannot be written or there is no randomness.
    pub fn begin_second(&self, login: &str, place: &str) -> Result<Enrolment, Error> {
        let connection = self.lock();
        let kept: Option<Vec<u8>> = connection
            .query_row(
                "SELECT secret FROM seconds WHERE login = ?1 AND confirmed = 0",
                [login],
                |row| row.get(0),
            )
            .optional()?;
        // Whoever comes back to the page finds the secret that he may have scanned already.
        let secret = match kept {
            Some(secret) => secret,
            None if has_second(&connection, login)? => {
                return Err(Error::Other("the second step is already on".to_owned()));
            }
            None => {
                let secret = bytes::<20>()?.to_vec();
                connection.execute(
                    "INSERT INTO seconds(login, secret, confirmed, last_step) VALUES (?1, ?2, 0, 0)",
                    (login, &secret),
                )?;
                secret
            }
        };
        let secret = base32(&secret);
        let label = format!("{}:{}", percent(place), percent(login));
        let address = format!("otpauth://totp/{label}?secret={secret}&issuer={}", percent(place));
        Ok(Enrolment { secret, address })
    }

    /// Switches the second step on with a first code of the authenticator; returns the recovery codes, which are shown once.
    /// `None` for a wrong code.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn confirm_second(
        &self,
        login: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<Vec<String>>, Error> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        if !takes_code(&transaction, login, code, now)? {
            return Ok(None);
        }
        transaction.execute("UPDATE seconds SET confirmed = 1 WHERE login = ?1", [login])?;
        transaction.execute("DELETE FROM recovery WHERE login = ?1", [login])?;
        let mut codes = Vec::with_capacity(RECOVERY);
        for _ in 0..RECOVERY {
            let mut code = base32(&bytes::<10>()?).to_lowercase();
            code.insert(8, '-');
            transaction.execute(
                "INSERT INTO recovery(login, code) VALUES (?1, ?2)",
                (login, fingerprint(&plain(&code))),
            )?;
            codes.push(code);
        }
        transaction.commit()?;
        Ok(Some(codes))
    }

    /// Switches the second step off, with its recovery codes.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn stop_second(&self, login: &str) -> Result<(), Error> {
        let connection = self.lock();
        for table in ["seconds", "recovery", "halves"] {
            connection.execute(&format!("DELETE FROM {table} WHERE login = ?1"), [login])?;
        }
        Ok(())
    }

    /// The second step: the secret that the first one gave, with a code of the authenticator or a recovery code. Returns the
    /// session's secret.
    ///
    /// # Errors
    ///
    /// [`SignInError::WrongCode`]; [`SignInError::Wrong`] when the first step must be taken anew, after five wrong codes or five
    /// minutes.
    pub fn sign_in_code(
        &self,
        half: &str,
        code: &str,
        agent: &str,
        now: Timestamp,
    ) -> Result<String, SignInError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let print = fingerprint(half);
        let found: Option<(String, String, i64, u32, bool)> = transaction
            .query_row(
                "SELECT h.login, a.person, h.began_at, h.tries, h.common FROM halves h JOIN accounts a USING (login) WHERE h.secret = ?1",
                [&print],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
            )
            .optional()?;
        let Some((login, person, began, tries, common)) = found else {
            return Err(SignInError::Wrong);
        };
        let over = now.as_microsecond().saturating_sub(began) > micros(HALF);
        let right = !over
            && (takes_code(&transaction, &login, code, now)? || takes_recovery(&transaction, &login, code)?);
        if right {
            transaction.execute("DELETE FROM halves WHERE login = ?1", [&login])?;
            let way = if common { Way::Common } else { Way::Password };
            let person = PersonId::from(person);
            let secret = super::sessions::begin_session(&transaction, &login, &person, way, agent, now)?;
            transaction.commit()?;
            return Ok(secret);
        }
        let tries = tries.saturating_add(1);
        if over || tries >= CODES_MAX {
            transaction.execute("DELETE FROM halves WHERE secret = ?1", [&print])?;
            // Who knows the password and guesses codes is locked out as one who guesses passwords.
            super::count_wrong(&transaction, &login, CODES_MAX, now)?;
            transaction.commit()?;
            return Err(SignInError::Wrong);
        }
        transaction.execute("UPDATE halves SET tries = ?2 WHERE secret = ?1", (&print, tries))?;
        transaction.commit()?;
        Err(SignInError::WrongCode)
    }
}

/// Begins the second step for somebody whose password was right.
pub(super) fn begin_half(
    connection: &Connection,
    login: &str,
    way: Way,
    now: Timestamp,
) -> Result<String, Error> {
    let old = now.as_microsecond().saturating_sub(micros(HALF));
    connection.execute("DELETE FROM halves WHERE began_at < ?1", [old])?;
    let secret = token()?;
    connection.execute(
        "INSERT INTO halves(secret, login, began_at, tries, common) VALUES (?1, ?2, ?3, 0, ?4)",
        (
            fingerprint(&secret),
            login,
            now.as_microsecond(),
            way == Way::Common,
        ),
    )?;
    Ok(secret)
}

pub(super) fn has_second(connection: &Connection, login: &str) -> Result<bool, Error> {
    let found = connection
        .prepare_cached("SELECT 1 FROM seconds WHERE login = ?1 AND confirmed = 1")?
        .exists([login])?;
    Ok(found)
}

/// Whether a code is that of now, or of a step before or after; each is taken once.
fn takes_code(connection: &Connection, login: &str, code: &str, now: Timestamp) -> Result<bool, Error> {
    let found: Option<(Vec<u8>, i64)> = connection
        .query_row(
            "SELECT secret, last_step FROM seconds WHERE login = ?1",
            [login],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((secret, last)) = found else {
        return Ok(false);
    };
    let step = now.as_second().div_euclid(STEP);
    let sent = plain(code);
    let steps = [step.saturating_sub(1), step, step.saturating_add(1)];
    let Some(taken) = steps
        .into_iter()
        .find(|step| *step > last && code_of(&secret, *step).as_deref() == Some(sent.as_str()))
    else {
        return Ok(false);
    };
    connection.execute(
        "UPDATE seconds SET last_step = ?2 WHERE login = ?1",
        (login, taken),
    )?;
    Ok(true)
}

fn takes_recovery(connection: &Connection, login: &str, code: &str) -> Result<bool, Error> {
    let gone = connection.execute(
        "DELETE FROM recovery WHERE login = ?1 AND code = ?2",
        (login, fingerprint(&plain(code))),
    )?;
    Ok(gone > 0)
}

/// The six digits of a step (RFC 4226, dynamic truncation).
fn code_of(secret: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&u64::try_from(step).ok()?.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last()? & 0x0f);
    let four: [u8; 4] = digest.get(offset..offset.checked_add(4)?)?.try_into().ok()?;
    let number = (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000;
    Some(format!("{number:06}"))
}

/// A code as people type it: without spaces and dashes, in small letters.
fn plain(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    let (mut held, mut bits) = (0u32, 0u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push_letter(&mut text, held >> bits);
        }
    }
    if bits > 0 {
        push_letter(&mut text, held << (5 - bits));
    }
    text
}

fn push_letter(text: &mut String, five: u32) {
    let at = usize::try_from(five & 31).unwrap_or(0);
    text.extend(LETTERS.get(at).map(|letter| char::from(*letter)));
}

/// Percent-encoded for an address.
fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B: the last six of its eight digits.
        let secret = b"12345678901234567890";
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_of(secret, second / STEP).as_deref(), Some(code));
        }
    }

    #[test]
    fn secrets_are_written_as_authenticators_read_them() {
        // RFC 4648, section 10, without padding.
        for (bytes, text) in [
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }
}
