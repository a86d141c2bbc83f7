//! States as they lie in the read models: their JSON, packed. A state has 2 to 4 KB of JSON, most of it names that every
//! state has; packed it has a quarter, so that six states share a page where one did not fill two.
//!
//! A digest is written as its 32 bytes instead of 64 digits, then LZ4 shortens the rest by what it has seen before, of
//! which [`WORDS`] is given to it at the start. Another form of either needs another [`super::FORM`].

use memchr::memmem;
use rusqlite::types::ValueRef;

use crate::error::Error;

/// What states are made of, the most frequent last.
const WORDS: &[u8] = include_bytes!("state_words.txt");

/// How a digest begins, and the byte that stands for it: JSON has no such byte.
const DIGEST: &[u8] = b"sha256:";
const MARK: u8 = 1;
const DIGITS: usize = 64;

/// The longest state that is believed; a longer one can only be damage.
const BYTES_MAX: usize = 64 << 20;

/// Packs the JSON of a state.
pub(super) fn pack(json: &[u8]) -> Vec<u8> {
    let short = shortened(json);
    lz4_flex::block::compress_prepend_size_with_dict(&short, WORDS)
}

/// The JSON of a state as it lies in the column. A text is taken as it stands.
pub(crate) fn unpack(stored: ValueRef<'_>) -> Result<Vec<u8>, Error> {
    let bytes = match stored {
        ValueRef::Text(json) => return Ok(json.to_vec()),
        ValueRef::Blob(bytes) => bytes,
        _ => return Err(damaged()),
    };
    let (length, block) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > BYTES_MAX {
        return Err(damaged());
    }
    let short = lz4_flex::block::decompress_with_dict(block, length, WORDS).map_err(|_| damaged())?;
    Ok(lengthened(&short))
}

/// A state, or what `T` wants of it.
pub(crate) fn read<T: serde::de::DeserializeOwned>(stored: ValueRef<'_>) -> Result<T, Error> {
    Ok(serde_json::from_slice(&unpack(stored)?)?)
}

fn damaged() -> Error {
    Error::Other(
        "a state in the read models is damaged; `bihuan rebuild` makes them anew from the log".to_owned(),
    )
}

fn shortened(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = memmem::find(rest, DIGEST) {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before);
        let digits = from.get(DIGEST.len()..DIGEST.len().saturating_add(DIGITS));
        match digits.and_then(bytes_of) {
            Some(bytes) => {
                out.push(MARK);
                out.extend_from_slice(&bytes);
                rest = from
                    .get(DIGEST.len().saturating_add(DIGITS)..)
                    .unwrap_or_default();
            }
            None => {
                out.extend_from_slice(DIGEST);
                rest = from.get(DIGEST.len()..).unwrap_or_default();
            }
        }
    }
    out.extend_from_slice(rest);
    out
}

fn lengthened(short: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(short.len().saturating_mul(2));
    let mut rest = short;
    while let Some(at) = memchr::memchr(MARK, rest) {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before);
        out.extend_from_slice(DIGEST);
        let end = DIGITS / 2 + 1;
        for byte in from.get(1..end).unwrap_or_default() {
            out.extend([byte >> 4, byte & 15].map(|digit| {
                if digit < 10 {
                    b'0' + digit
                } else {
                    b'a' - 10 + digit
                }
            }));
        }
        rest = from.get(end..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

/// The bytes that so many small hexadecimal digits say.
fn bytes_of(digits: &[u8]) -> Option<[u8; DIGITS / 2]> {
    let mut bytes = [0; DIGITS / 2];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            *byte = *byte << 4 | value;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(text: &str) -> usize {
        let packed = pack(text.as_bytes());
        assert_eq!(
            unpack(ValueRef::Blob(&packed)).unwrap(),
            text.as_bytes(),
            "{text}"
        );
        packed.len()
    }

    #[test]
    fn a_state_comes_back_as_it_was_and_takes_a_fraction_of_its_room() {
        let digest = "9424de54bfb276ea6f6fcfa61a4a5971aed1b97c84331e38bbf405c72b39cf89";
        let tenure = r#"{"holder":{"role":"handler","unit":"unit-7","post":"unit-7.clerk"},"stage":"planning","from":"2026-11-22T18:19:00.27732Z","to":null}"#;
        let state = format!(
            r#"{{"id":500,"mechanism":{{"id":"key-task","digest":"sha256:{digest}"}},"title":"sealed:sha256:{digest}","tenures":[{tenure},{tenure}]}}"#
        );
        assert!(there_and_back(&state) * 3 < state.len());
    }

    #[test]
    fn what_only_looks_like_a_digest_comes_back_too() {
        for text in [
            "",
            "sha256:",
            "sha256:sha256:",
            "sha256:00",
            "{\"a\":\"交〔2026〕1号 sha256:\"}",
        ] {
            there_and_back(text);
        }
        there_and_back(&format!("sha256:{}", "G".repeat(64)));
        there_and_back(&format!("sha256:{}", "A".repeat(64)));
        there_and_back(&format!("sha256:{}sha256:{}x", "a".repeat(64), "0".repeat(63)));
    }

    #[test]
    fn damage_is_refused_and_a_text_is_taken_as_it_stands() {
        assert_eq!(unpack(ValueRef::Text(b"{}")).unwrap(), b"{}");
        let packed = pack(br#"{"id":500,"mechanism":{"id":"key-task"}}"#);
        for cut in 0..packed.len() {
            let _ = unpack(ValueRef::Blob(packed.get(..cut).unwrap()));
        }
        assert!(unpack(ValueRef::Null).is_err());
        assert!(unpack(ValueRef::Blob(&[255; 40])).is_err());
    }
}
