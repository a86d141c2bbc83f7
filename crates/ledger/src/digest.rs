//! Hashes of the log: one type, its text forms, and the domain-separated hash functions of the format.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

use crate::Error;

/// A SHA-256 value. As text it always carries its algorithm: `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The hash of plain bytes, without a domain prefix: for definitions, packs, command keys and blob files.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// The 64 hexadecimal digits without the algorithm.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }

    /// Reads 64 hexadecimal digits without the algorithm.
    pub fn from_hex(text: &str) -> Option<Digest> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return None;
        };
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            *byte = pair_value(*pair)?;
        }
        Some(Digest(bytes))
    }

    /// Reads the 32 bytes as a database column holds them.
    pub fn from_slice(bytes: &[u8]) -> Option<Digest> {
        Some(Digest(bytes.try_into().ok()?))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        let mut digits = [[0; 2]; 32];
        for (pair, byte) in digits.iter_mut().zip(self.0) {
            *pair = digits_of(byte);
        }
        // They are digits.
        f.write_str(std::str::from_utf8(digits.as_flattened()).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Digest, Error> {
        text.strip_prefix("sha256:")
            .and_then(Digest::from_hex)
            .ok_or_else(|| Error::NotADigest {
                found: text.chars().take(100).collect(),
            })
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// Hash of a leaf: SHA-256(0x00 ‖ canonical bytes), RFC 6962.
pub fn leaf_hash(canonical: &[u8]) -> Digest {
    prefixed(0, &[canonical])
}

/// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    prefixed(1, &[&left.0, &right.0])
}

/// Hash with a one-byte prefix that keeps the uses of SHA-256 in the format apart.
pub(crate) fn prefixed(prefix: u8, parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([prefix]);
    for part in parts {
        hasher.update(part);
    }
    Digest(hasher.finalize().into())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| digits_of(*byte));
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    text.extend(digits.map(char::from));
    text
}

fn digits_of(byte: u8) -> [u8; 2] {
    let digit = |n: u8| if n < 10 { b'0' + n } else { b'a' + n - 10 };
    [digit(byte >> 4), digit(byte & 15)]
}

/// Reads lower-case hexadecimal digits only: one value has one text form.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs.iter().map(|pair| pair_value(*pair)).collect()
}

pub(crate) fn pair_value([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    Some(digit(high)? << 4 | digit(low)?)
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Standard base64 with padding, as signed notes use it.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let value = (bits >> (18 - 6 * i)) & 63;
            let digit = BASE64.get(value as usize).copied().unwrap_or(b'=');
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

/// Reads standard base64 with padding; anything not in its one canonical form is `None`.
pub(crate) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (quads, []) = text.as_bytes().as_chunks::<4>() else {
        return None;
    };
    for quad in quads {
        let padding = quad.iter().rev().take_while(|c| **c == b'=').count();
        let mut bits = 0u32;
        for c in quad.iter().take(4 - padding) {
            bits = bits << 6 | u32::try_from(BASE64.iter().position(|d| d == c)?).ok()?;
        }
        bits <<= 6 * padding;
        let [_, a, b, c] = bits.to_be_bytes();
        out.extend([a, b, c].iter().take(3usize.saturating_sub(padding)));
    }
    (base64(&out) == text).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_agrees_with_the_vectors_of_rfc_4648() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
            assert_eq!(unbase64(coded).unwrap(), plain.as_bytes());
        }
        for bad in ["Zg", "Zh==", "Z===", "====", "Zm9v\n", "Zm9*"] {
            assert_eq!(unbase64(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_digest_carries_its_algorithm_and_has_one_text_form() {
        let digest = Digest::of(b"");
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse::<Digest>().unwrap(), digest);
        assert!(text.to_uppercase().parse::<Digest>().is_err());
        assert!("e3b0c4".parse::<Digest>().is_err());
    }
}
