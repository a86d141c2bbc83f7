//! Sealed values: texts, names and documents that lie encrypted beside the log, while the leaf holds only what commits to them.

use std::fmt;
use std::str::FromStr;

use chacha20poly1305::aead::{Aead, AeadInOut, KeyInit, Payload};
use chacha20poly1305::{Key as CipherKey, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Error;
use crate::digest::{Digest, prefixed};
use crate::keys::Key;
use crate::randomness::fetched;

/// Largest sealed text, in bytes. Longer ones are blobs.
pub const SEALED_BYTES_MAX: usize = 1 << 20;

const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

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
        let salt: [u8; SALT_BYTES] = fetched()?;
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

    /// The text, as long as it is not stored.
    pub fn text(&self) -> &str {
        let text = self.salted.get(SALT_BYTES..).unwrap_or(&[]);
        // It was a text when it came.
        std::str::from_utf8(text).unwrap_or("")
    }
}

/// A draft that has its place, its key and its nonce: what is left is to encrypt it, which any thread can do. It is owed to the
/// batch that gave it ([`crate::Batch::store_sealed`]).
pub struct PlacedDraft {
    pub(crate) commitment: Commitment,
    pub(crate) slot: u64,
    key: Key,
    nonce: [u8; NONCE_BYTES],
    salted: Vec<u8>,
}

/// A sealed value as it is stored.
pub struct SealedRow {
    pub(crate) commitment: Commitment,
    pub(crate) slot: u64,
    pub(crate) ciphertext: Vec<u8>,
}

impl PlacedDraft {
    pub(crate) fn new(draft: SealDraft, (slot, key): (u64, Key)) -> Result<PlacedDraft, Error> {
        Ok(PlacedDraft {
            commitment: draft.commitment,
            slot,
            key,
            nonce: fetched()?,
            salted: draft.salted,
        })
    }

    /// Encrypts it.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] for what the cipher does not take, which is more than a draft can hold.
    pub fn seal(&self) -> Result<SealedRow, Error> {
        Ok(SealedRow {
            commitment: self.commitment,
            slot: self.slot,
            ciphertext: encrypt_with(&self.key, &self.nonce, &self.salted, &self.commitment.0.0)?,
        })
    }
}

impl SealedRow {
    /// What leaves say of it.
    pub fn commitment(&self) -> Commitment {
        self.commitment
    }
}

impl fmt::Debug for PlacedDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither text nor key must reach a log line.
        write!(f, "PlacedDraft({})", self.commitment)
    }
}

impl fmt::Debug for SealedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedRow({})", self.commitment)
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
    encrypt_with(key, &fetched()?, plain, context)
}

fn encrypt_with(
    key: &Key,
    nonce: &[u8; NONCE_BYTES],
    plain: &[u8],
    context: &[u8],
) -> Result<Vec<u8>, Error> {
    let cipher = XChaCha20Poly1305::new(&CipherKey::from(*key));
    let mut sealed = Vec::with_capacity(NONCE_BYTES + plain.len() + TAG_BYTES);
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(plain);
    let body = sealed.get_mut(NONCE_BYTES..).unwrap_or(&mut []);
    let tag = cipher.encrypt_inout_detached(&XNonce::from(*nonce), context, body.into());
    // The only failure is a text longer than the cipher's 256 GB.
    let tag = tag.map_err(|_| Error::TooLarge {
        found: plain.len() as u64,
        allowed: 1 << 38,
    })?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
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
        assert_eq!(draft.text(), "水泉滩村王某反映");
        let placed = PlacedDraft::new(draft.clone(), (7, [1; 32])).unwrap();
        let stored = placed.seal().unwrap().ciphertext;
        assert_eq!(
            open(&draft.commitment(), &[1; 32], &stored).as_deref(),
            Some("水泉滩村王某反映")
        );
        assert_eq!(open(&draft.commitment(), &[2; 32], &stored), None);
        let other = SealDraft::new("水泉滩村王某反映").unwrap();
        assert_ne!(other.commitment(), draft.commitment());
        assert_eq!(open(&other.commitment(), &[1; 32], &stored), None);
        assert!(!format!("{draft:?}{placed:?}").contains('王'));
    }

    #[test]
    fn a_reference_reads_back_from_its_text() {
        let commitment = SealDraft::new("").unwrap().commitment();
        assert_eq!(commitment.to_string().parse::<Commitment>().unwrap(), commitment);
        assert!(commitment.to_string().parse::<BlobId>().is_err());
    }
}
