//! Random bytes from the operating system, and what is made of them. Nothing that decides anything is made here.

use crate::error::Error;

/// Letters of a password that is handed over: none that are mistaken for one another.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::Other(e.to_string()))?;
    Ok(bytes)
}

/// A secret that nobody guesses: 192 bits in hexadecimal digits.
pub(crate) fn token() -> Result<String, Error> {
    Ok(bytes::<24>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A password that nobody has to think up, to be shown once and handed over: 16 letters.
///
/// # Errors
///
/// If there is no randomness.
pub fn password() -> Result<String, Error> {
    let letters = bytes::<16>()?;
    let letters = letters
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()));
    Ok(letters.map(|letter| char::from(*letter)).collect())
}
