//! The national suite (国密): on demand, the whole log hashed anew with SM3, and a checkpoint over it signed with SM2.
//!
//! The log itself is hashed with SHA-256 as it is written. Who must or wants to rely on the national algorithms alone keeps a
//! checkpoint of this kind, which is of the same form and names them, and has it held against the log: every entry is then
//! hashed by SM3, and nothing of SHA-256 or Ed25519 is believed.

use std::fmt;
use std::fs;
use std::str::FromStr;

use jiff::Timestamp;
use sm2::dsa::signature::{Signer, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm3::{Digest as _, Sm3};

use crate::checkpoint::is_origin;
use crate::digest::{base64, hex, unbase64, unhex};
use crate::files::{Dir, write_secret};
use crate::ledger::Ledger;
use crate::randomness::random;
use crate::{Error, Reader, time};

/// The identity that GM/T 0009 prescribes where none is agreed.
const IDENTITY: &str = "1234567812345678";

/// What stands before a public key: no kind of C2SP, so that its name follows.
const KIND: &[u8] = b"\xffbihuan-sm2";

/// A checkpoint in the national suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NationalCheckpoint {
    /// The name of the log.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// SM3 root of the Merkle tree over them, of the same form as that of SHA-256.
    pub root: [u8; 32],
    /// When it was signed.
    pub at: Timestamp,
    /// The epoch of the log.
    pub epoch: u64,
    key_id: [u8; 4],
    signature: [u8; 64],
}

/// An SM2 public key under a name.
#[derive(Clone, Debug)]
pub struct NationalKey {
    name: String,
    key: VerifyingKey,
}

impl PartialEq for NationalKey {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.key.to_sec1_bytes() == other.key.to_sec1_bytes()
    }
}

impl Eq for NationalKey {}

/// What a checkpoint of the national suite shows of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NationalVerdict {
    /// The log's first entries are those that were signed.
    Holds,
    /// It is not signed by this key.
    NotSigned,
    /// The log is shorter than what was signed.
    Shorter,
    /// The log's entries are others.
    Other,
}

/// Hashes the whole log with SM3 and signs what comes out with the log's SM2 key, which is made when it is first asked for.
///
/// # Errors
///
/// What the disk and the database say; [`Error::KeyFileWrong`] for a key file that is none.
pub fn national_checkpoint(
    ledger: &Ledger,
    now: Timestamp,
) -> Result<(NationalCheckpoint, NationalKey), Error> {
    let key = secret(&Dir::new(ledger.dir()))?;
    let public = NationalKey {
        name: ledger.origin().to_owned(),
        key: key.verifying_key().clone(),
    };
    let (head, root) = ledger.reader()?.at_one_moment(|reader| {
        let head = reader.head()?;
        let root = root(reader, head.size)?;
        Ok::<_, Error>((head, root))
    })?;
    let mut checkpoint = NationalCheckpoint {
        origin: head.origin,
        size: head.size,
        root,
        at: time::whole(now),
        epoch: head.epoch,
        key_id: public.id(),
        signature: [0; 64],
    };
    let signature: Signature = key
        .try_sign(checkpoint.body().as_bytes())
        .map_err(|_| Error::NoRandomness)?;
    checkpoint.signature = signature.to_bytes().into();
    Ok((checkpoint, public))
}

/// Holds a log against a checkpoint of the national suite, hashing its entries anew.
///
/// # Errors
///
/// If the log cannot be read.
pub fn verify_national(
    reader: &Reader,
    checkpoint: &NationalCheckpoint,
    key: &NationalKey,
) -> Result<NationalVerdict, Error> {
    if !checkpoint.signed_by(key) {
        return Ok(NationalVerdict::NotSigned);
    }
    reader.at_one_moment(|reader| {
        if checkpoint.origin != reader.ledger().origin() {
            return Ok(NationalVerdict::Other);
        }
        if reader.head()?.size < checkpoint.size {
            return Ok(NationalVerdict::Shorter);
        }
        let same = root(reader, checkpoint.size)? == checkpoint.root;
        Ok(if same {
            NationalVerdict::Holds
        } else {
            NationalVerdict::Other
        })
    })
}

/// The SM3 root over the first `size` entries.
fn root(reader: &Reader, size: u64) -> Result<[u8; 32], Error> {
    let mut statement = reader
        .connection()
        .prepare("SELECT entry FROM entries WHERE seq < ?1 ORDER BY seq")?;
    let mut rows = statement.query([crate::schema::column(size)])?;
    // The roots of complete subtrees, each with its level.
    let mut peaks: Vec<(u32, [u8; 32])> = Vec::new();
    while let Some(row) = rows.next()? {
        let text = row.get_ref(0)?.as_bytes().unwrap_or_default().to_vec();
        let mut peak = (0, hash(0, &[&text]));
        while let Some((level, left)) = peaks.pop_if(|(level, _)| *level == peak.0) {
            peak = (level + 1, hash(1, &[&left, &peak.1]));
        }
        peaks.push(peak);
    }
    let hashes = peaks.into_iter().rev().map(|(_, hash)| hash);
    let root = hashes.reduce(|right, left| hash(1, &[&left, &right]));
    Ok(root.unwrap_or_else(|| Sm3::digest(b"").into()))
}

fn hash(prefix: u8, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sm3::new();
    hasher.update([prefix]);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The log's SM2 key, made if there is none.
fn secret(dir: &Dir) -> Result<SigningKey, Error> {
    let file = dir.national_key();
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // Nearly every number of this length is a key.
            let key = loop {
                let bytes: [u8; 32] = random()?;
                if SigningKey::from_slice(IDENTITY, &bytes).is_ok() {
                    break bytes;
                }
            };
            let text = format!("{}\n", hex(&key));
            write_secret(&file, text.as_bytes())?;
            text
        }
        Err(error) => return Err(Error::io(&file)(error)),
    };
    unhex(text.trim())
        .and_then(|bytes| SigningKey::from_slice(IDENTITY, &bytes).ok())
        .ok_or(Error::KeyFileWrong { file })
}

impl NationalCheckpoint {
    /// The signed text, up to and including its last newline.
    pub fn body(&self) -> String {
        let (root, at) = (base64(&self.root), time::text(self.at));
        let NationalCheckpoint {
            origin, size, epoch, ..
        } = self;
        format!("{origin}\n{size}\n{root}\ntime {at}\nepoch {epoch}\nalg sm3 sm2\n")
    }

    /// Whether the signature is that of `key`.
    pub fn signed_by(&self, key: &NationalKey) -> bool {
        self.origin == key.name
            && self.key_id == key.id()
            && Signature::from_slice(&self.signature)
                .is_ok_and(|signature| key.key.verify(self.body().as_bytes(), &signature).is_ok())
    }
}

impl fmt::Display for NationalCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signature = base64(&[&self.key_id[..], &self.signature[..]].concat());
        write!(f, "{}\n— {} {signature}\n", self.body(), self.origin)
    }
}

impl FromStr for NationalCheckpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<NationalCheckpoint, Error> {
        let read = || {
            let (body, signatures) = text.split_once("\n\n")?;
            let mut lines = body.lines();
            let origin = lines.next()?.to_owned();
            let size = lines.next()?.parse().ok()?;
            let root = unbase64(lines.next()?)?.try_into().ok()?;
            let at = time::parse(lines.next()?.strip_prefix("time ")?)?;
            let epoch = lines.next()?.strip_prefix("epoch ")?.parse().ok()?;
            let own = |line: &'_ str| {
                Some(
                    line.strip_prefix("— ")?
                        .strip_prefix(&origin)?
                        .strip_prefix(' ')?
                        .to_owned(),
                )
            };
            let signature = unbase64(&signatures.lines().find_map(own)?)?;
            let (key_id, signature) = signature.split_first_chunk::<4>()?;
            let read = NationalCheckpoint {
                size,
                root,
                at,
                epoch,
                key_id: *key_id,
                signature: signature.try_into().ok()?,
                origin,
            };
            (read.body().trim_end() == body).then_some(read)
        };
        read().ok_or_else(|| Error::NotACheckpoint {
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

impl NationalKey {
    fn id(&self) -> [u8; 4] {
        let mut hasher = Sm3::new();
        hasher.update(self.name.as_bytes());
        hasher.update(b"\n");
        hasher.update(KIND);
        hasher.update(self.key.to_sec1_bytes());
        let hash: [u8; 32] = hasher.finalize().into();
        let [a, b, c, d, ..] = hash;
        [a, b, c, d]
    }
}

impl fmt::Display for NationalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = base64(&[KIND, &self.key.to_sec1_bytes()].concat());
        write!(f, "{}+{}+{key}", self.name, hex(&self.id()))
    }
}

impl FromStr for NationalKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<NationalKey, Error> {
        let read = || {
            let (name, rest) = text.trim().split_once('+')?;
            let (_, key) = rest.split_once('+')?;
            let bytes = unbase64(key)?;
            let key = VerifyingKey::from_sec1_bytes(IDENTITY, bytes.strip_prefix(KIND)?).ok()?;
            let key = NationalKey {
                name: name.to_owned(),
                key,
            };
            (is_origin(name) && key.to_string() == text.trim()).then_some(key)
        };
        read().ok_or_else(|| Error::NotACheckpoint {
            found: text.chars().take(100).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sm3_and_sm2_agree_with_the_examples_of_the_standards() {
        let hash = |text: &[u8]| hex(&<[u8; 32]>::from(Sm3::digest(text)));
        // GM/T 0004, appendix A.
        assert_eq!(
            hash(b"abc"),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
        assert_eq!(
            hash(&b"abcd".repeat(16)),
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
        );
        // GM/T 0003.5, appendix A: the recommended curve.
        let bytes = |text: &str| unhex(&text.to_lowercase()).unwrap();
        let secret = bytes("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8");
        let public = bytes(
            "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13",
        );
        let signature = bytes(
            "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA",
        );
        let key = VerifyingKey::from_sec1_bytes(IDENTITY, &public).unwrap();
        let own = SigningKey::from_slice(IDENTITY, &secret).unwrap();
        assert_eq!(*own.verifying_key().to_sec1_bytes(), public);
        let signature = Signature::from_slice(&signature).unwrap();
        key.verify(b"message digest", &signature).unwrap();
        assert!(key.verify(b"message digesT", &signature).is_err());
    }
}
