//! Sealed values: texts, names and documents that lie encrypted beside the log, while the leaf holds only what commits to them.

use std::fmt;
use std::str::FromStr;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key as CipherKey, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Error;
use crate::digest::{Digest, prefixed};
use crate::error::random;
use crate::keys::Key;

/// Largest sealed text, in bytes. Longer ones are blobs.
pub const SEALED_BYTES_MAX: usize = 1 << 20;

const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;

/// What a leaf says of a sealed value: SHA-256(0x02 ‖ salt ‖ text). As text: `sealed:sha256:` and 64 hexadecimal digits.
///
/// The salt lies with the ciphertext, so that nobody can find an erased value by trying.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment(pub Digest);

/// What a leaf says of a blob: the SHA-256 of its encrypted file. As text: `blob:sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub Digest);

macro_rules! reference {
    ($name:ident, $prefix:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<$name, Error> {
                match text.strip_prefix($prefix) {
                    Some(digest) => Ok($name(digest.parse()?)),
                    None => Err(Error::NotADigest {
                        found: text.chars().take(100).collect(),
                    }),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(de::Error::custom)
            }
        }
    };
}

reference!(Commitment, "sealed:");
reference!(BlobId, "blob:");

/// A text that has its commitment but is not stored yet: made before a decision, stored with the events that name it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealDraft {
    commitment: Commitment,
    salted: Vec<u8>,
}

impl SealDraft {
    /// Commits to `text` under a fresh salt; the same text twice gives two commitments.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] beyond [`SEALED_BYTES_MAX`]; [`Error::NoRandomness`].
    pub fn new(text: &str) -> Result<SealDraft, Error> {
        if text.len() > SEALED_BYTES_MAX {
            return Err(Error::TooLarge {
                found: text.len() as u64,
                allowed: SEALED_BYTES_MAX as u64,
            });
        }
        let salt: [u8; SALT_BYTES] = random()?;
        let salted = [&salt, text.as_bytes()].concat();
        Ok(SealDraft {
            commitment: commit(&salted),
            salted,
        })
    }

    /// What goes into the leaf.
    pub fn commitment(&self) -> Commitment {
        self.commitment
    }

    /// The ciphertext to store.
    pub(crate) fn seal(&self, key: &Key) -> Result<Vec<u8>, Error> {
        encrypt(key, &self.salted, &self.commitment.0.0)
    }
}

impl fmt::Debug for SealDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text must not reach a log line.
        write!(f, "SealDraft({})", self.commitment)
    }
}

/// The text inside a stored ciphertext, if key and commitment fit.
pub(crate) fn open(commitment: &Commitment, key: &Key, ciphertext: &[u8]) -> Option<String> {
    let salted = decrypt(key, ciphertext, &commitment.0.0)?;
    if commit(&salted) != *commitment {
        return None;
    }
    String::from_utf8(salted.get(SALT_BYTES..)?.to_vec()).ok()
}

/// Nonce and ciphertext of `plain`, bound to `context`.
pub(crate) fn encrypt(key: &Key, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, Error> {
    let nonce: [u8; NONCE_BYTES] = random()?;
    let cipher = XChaCha20Poly1305::new(&CipherKey::from(*key));
    let sealed = cipher.encrypt(
        &XNonce::from(nonce),
        Payload {
            msg: plain,
            aad: context,
        },
    );
    // The only failure is a text longer than the cipher's 256 GB.
    let sealed = sealed.map_err(|_| Error::TooLarge {
        found: plain.len() as u64,
        allowed: 1 << 38,
    })?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Undoes [`encrypt`]; `None` if the key, the context or a byte is wrong.
pub(crate) fn decrypt(key: &Key, sealed: &[u8], context: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let cipher = XChaCha20Poly1305::new(&CipherKey::from(*key));
    cipher
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: sealed,
                aad: context,
            },
        )
        .ok()
}

fn commit(salted: &[u8]) -> Commitment {
    Commitment(prefixed(2, &[salted]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_with_its_key_and_commitment_only() {
        let draft = SealDraft::new("水泉滩村王某反映").unwrap();
        let stored = draft.seal(&[1; 32]).unwrap();
        assert_eq!(
            open(&draft.commitment(), &[1; 32], &stored).as_deref(),
            Some("水泉滩村王某反映")
        );
        assert_eq!(open(&draft.commitment(), &[2; 32], &stored), None);
        let other = SealDraft::new("水泉滩村王某反映").unwrap();
        assert_ne!(other.commitment(), draft.commitment());
        assert_eq!(open(&other.commitment(), &[1; 32], &stored), None);
        assert!(!format!("{draft:?}").contains('王'));
    }

    #[test]
    fn a_reference_reads_back_from_its_text() {
        let commitment = SealDraft::new("").unwrap().commitment();
        assert_eq!(commitment.to_string().parse::<Commitment>().unwrap(), commitment);
        assert!(commitment.to_string().parse::<BlobId>().is_err());
    }
}
