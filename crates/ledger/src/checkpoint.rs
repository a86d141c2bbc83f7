//! Signed checkpoints: what the log says of itself at one size, as a signed note (C2SP signed-note and tlog-checkpoint).

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::digest::{Digest, base64, unbase64};
use crate::{Error, time};

/// Longest origin, in bytes.
pub const ORIGIN_MAX: usize = 200;

/// The state of a log at one size, signed by the log.
///
/// Its text form is a signed note: origin, size, root in base64, then the lines `time …`, `epoch …` and `alg …`, an empty
/// line, and the signature line. Signing is deterministic, so the text is made again from these fields whenever it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log; also the name of its key.
    pub origin: String,
    /// Counts the restorations from a backup: 0 until the first.
    pub epoch: u64,
    /// Number of entries.
    pub size: u64,
    /// Root of the Merkle tree over them.
    pub root: Digest,
    /// When it was signed, by the clock of the writer.
    pub at: Timestamp,
    /// First 4 bytes of the hash of key name and public key, as the signature line carries them.
    pub key_id: [u8; 4],
    /// Ed25519 signature over [`Checkpoint::body`].
    pub signature: [u8; 64],
}

impl Checkpoint {
    pub(crate) fn sign(
        key: &LogKey,
        origin: &str,
        epoch: u64,
        size: u64,
        root: Digest,
        at: Timestamp,
    ) -> Checkpoint {
        let body = body(origin, epoch, size, &root, at);
        Checkpoint {
            origin: origin.to_owned(),
            epoch,
            size,
            root,
            at,
            key_id: key.public(origin).id(),
            signature: key.sign_bytes(body.as_bytes()),
        }
    }

    /// The signed text, up to and including its last newline.
    pub fn body(&self) -> String {
        body(&self.origin, self.epoch, self.size, &self.root, self.at)
    }

    /// Whether the signature is that of `key`.
    pub fn signed_by(&self, key: &PublicKey) -> bool {
        self.key_id == key.id()
            && self.origin == key.name
            && key.signed_bytes(self.body().as_bytes(), &self.signature)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signature = base64(&[&self.key_id[..], &self.signature[..]].concat());
        write!(f, "{}\n— {} {signature}\n", self.body(), self.origin)
    }
}

impl FromStr for Checkpoint {
    type Err = Error;

    /// Reads a signed note. Signature lines of other keys (witnesses) are passed over.
    fn from_str(text: &str) -> Result<Checkpoint, Error> {
        parse(text).ok_or_else(|| Error::NotACheckpoint {
            found: text
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(100)
                .collect(),
        })
    }
}

impl Serialize for Checkpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Checkpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Checkpoint, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// The public key of a log under its name; its text form is that of C2SP signed-note (`name+id+base64`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    key: VerifyingKey,
}

impl PublicKey {
    pub(crate) fn new(name: &str, bytes: &[u8]) -> Option<PublicKey> {
        let key = VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
        Some(PublicKey {
            name: name.to_owned(),
            key,
        })
    }

    /// The name of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of the key.
    pub fn bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    pub(crate) fn signed_bytes(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        self.key.verify_strict(message, &signature).is_ok()
    }

    pub(crate) fn id(&self) -> [u8; 4] {
        let hash = Digest::of(&[self.name.as_bytes(), b"\n\x01", self.key.as_bytes()].concat());
        let [a, b, c, d, ..] = hash.0;
        [a, b, c, d]
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = base64(&[&[1], self.key.as_bytes().as_slice()].concat());
        write!(f, "{}+{}+{key}", self.name, crate::digest::hex(&self.id()))
    }
}

impl FromStr for PublicKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<PublicKey, Error> {
        let read = || {
            let (name, rest) = text.trim().split_once('+')?;
            let (_, key) = rest.split_once('+')?;
            match unbase64(key)?.as_slice() {
                [1, key @ ..] => PublicKey::new(name, key),
                _ => None,
            }
            .filter(|read| read.to_string() == text.trim())
        };
        read().ok_or_else(|| Error::NotACheckpoint {
            found: text.chars().take(100).collect(),
        })
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PublicKey, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// The secret key with which the log signs.
pub(crate) struct LogKey(SigningKey);

impl LogKey {
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> LogKey {
        LogKey(SigningKey::from_bytes(bytes))
    }

    pub(crate) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    pub(crate) fn public(&self, name: &str) -> PublicKey {
        PublicKey {
            name: name.to_owned(),
            key: self.0.verifying_key(),
        }
    }
}

/// Whether `origin` can be the name of a log: 1 to [`ORIGIN_MAX`] bytes, no spaces, control characters or `+`.
pub fn is_origin(origin: &str) -> bool {
    (1..=ORIGIN_MAX).contains(&origin.len())
        && !origin
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

fn body(origin: &str, epoch: u64, size: u64, root: &Digest, at: Timestamp) -> String {
    let (root, at) = (base64(&root.0), time::text(at));
    format!("{origin}\n{size}\n{root}\ntime {at}\nepoch {epoch}\nalg sha256 ed25519\n")
}

fn parse(text: &str) -> Option<Checkpoint> {
    let (body, signatures) = text.split_once("\n\n")?;
    let mut lines = body.lines();
    let origin = lines.next()?.to_owned();
    let size = lines.next()?.parse().ok()?;
    let root = Digest::from_slice(&unbase64(lines.next()?)?)?;
    let at = time::parse(lines.next()?.strip_prefix("time ")?)?;
    let epoch = lines.next()?.strip_prefix("epoch ")?.parse().ok()?;
    let signature = signatures
        .lines()
        .find_map(|line| line.strip_prefix("— ")?.strip_prefix(&origin)?.strip_prefix(' '))?;
    let (key_id, signature) = unbase64(signature)?
        .split_first_chunk()
        .map(|(id, rest)| (*id, rest.to_vec()))?;
    let read = Checkpoint {
        origin,
        epoch,
        size,
        root,
        at,
        key_id,
        signature: signature.try_into().ok()?,
    };
    // One checkpoint has one text: whatever else stands in the body was not understood.
    (read.body().trim_end() == body).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (LogKey, Checkpoint) {
        let key = LogKey::from_bytes(&[7; 32]);
        let at = Timestamp::from_microsecond(1_600_000_000_000_001).unwrap();
        let checkpoint = Checkpoint::sign(&key, "jiaocheng.example/督查", 0, 3, Digest::of(b"x"), at);
        (key, checkpoint)
    }

    #[test]
    fn a_checkpoint_reads_as_a_signed_note() {
        let (key, checkpoint) = sample();
        insta::assert_snapshot!(checkpoint.to_string(), @r"
        jiaocheng.example/督查
        3
        LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=
        time 2020-09-13T12:26:40.000001Z
        epoch 0
        alg sha256 ed25519

        — jiaocheng.example/督查 Jm6U4wTINdD9wBzkj8VrUGLElk2udSTVUy91GudukOjJ27qvObUjWEA2YCnRZ8WXX56SHS3hIaKWvwPrUOXTcIvMSwo=
        ");
        assert_eq!(checkpoint.to_string().parse::<Checkpoint>().unwrap(), checkpoint);
        assert!(checkpoint.signed_by(&key.public("jiaocheng.example/督查")));
        assert!(!checkpoint.signed_by(&key.public("other")));
    }

    #[test]
    fn no_field_of_a_checkpoint_can_be_changed() {
        let (key, checkpoint) = sample();
        let public = key.public(&checkpoint.origin);
        let changed = [
            Checkpoint {
                size: 4,
                ..checkpoint.clone()
            },
            Checkpoint {
                epoch: 1,
                ..checkpoint.clone()
            },
            Checkpoint {
                root: Digest::of(b"y"),
                ..checkpoint.clone()
            },
            Checkpoint {
                at: Timestamp::UNIX_EPOCH,
                ..checkpoint.clone()
            },
            Checkpoint {
                origin: "jiaocheng".into(),
                ..checkpoint.clone()
            },
        ];
        assert!(changed.iter().all(|c| !c.signed_by(&public)));
        let other = LogKey::from_bytes(&[8; 32]).public(&checkpoint.origin);
        assert!(!checkpoint.signed_by(&other));
    }

    #[test]
    fn a_public_key_reads_back_and_its_id_is_checked() {
        let public = LogKey::from_bytes(&[7; 32]).public("jiaocheng");
        assert_eq!(public.to_string().parse::<PublicKey>().unwrap(), public);
        assert!(
            public
                .to_string()
                .replace("jiaocheng", "yuncheng")
                .parse::<PublicKey>()
                .is_err()
        );
    }

    #[test]
    fn no_text_makes_the_reader_of_checkpoints_stumble() {
        for text in [
            "",
            "\n\n",
            "a\n1\n\n",
            "a\nx\nAA==\ntime \nepoch\n\n— a AA==",
            "— ",
            "a\n1\nAA==\n\n— a",
        ] {
            assert!(text.parse::<Checkpoint>().is_err(), "{text:?}");
        }
    }
}
