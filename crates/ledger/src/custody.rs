//! Values for one reader: encrypted to a custodian's public key, whose private key lies nowhere near this machine.
//!
//! HPKE (RFC 9180, base mode) with X25519, HKDF-SHA256 and ChaCha20-Poly1305, so that any library of that standard can
//! open what is kept here. The locked text is then sealed like any other: erasing the subject erases it too.

use std::fmt;
use std::str::FromStr;

use bihuan_messages::Message;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};

use crate::digest::{Digest, hex};
use crate::randomness::random;

mod key_file;

/// The algorithm, as it stands in every locked text, setting and key file.
pub const ALGORITHM: &str = "hpke-x25519-sha256-chacha20poly1305";

/// How a locked text begins.
const PREFIX: &str = "custody:1:";
/// Bound into the encryption, so that nothing made for another purpose opens as a locked text.
const INFO: &[u8] = b"bihuan custody 1";
/// Texts are filled up to a multiple of this many bytes: the length of a name says nothing.
const PAD: usize = 256;
/// The length that stands before the text.
const LENGTH: usize = 4;
/// Bytes of an X25519 key.
const KEY: usize = 32;

type Kem = X25519HkdfSha256;

/// Why a locked text or a key could not be made, read or opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A text that should be a public key is not one.
    NotAKey {
        /// How it begins.
        found: String,
    },
    /// A file that should hold a private key does not.
    NotAKeyFile,
    /// A text that should be locked is not.
    NotLocked,
    /// It was locked for another key.
    OtherKey {
        /// For which key, as its fingerprint.
        locked: String,
        /// The fingerprint of the key that was tried.
        tried: String,
    },
    /// It was locked for this key, but a byte of it has changed since.
    Changed,
    /// The private key is kept under a passphrase and none was given.
    PassphraseNeeded,
    /// The passphrase is not the one.
    PassphraseWrong,
    /// The operating system gives no random numbers.
    NoRandomness,
}

impl Error {
    /// The text for a person: what was found, what was expected, how to mend it.
    pub fn message(&self) -> Message {
        match self {
            Error::NotAKey { found } => Message::new("custody.not_a_key").show("found", found),
            Error::NotAKeyFile => Message::new("custody.not_a_key_file"),
            Error::NotLocked => Message::new("custody.not_locked"),
            Error::OtherKey { locked, tried } => Message::new("custody.other_key")
                .show("locked", locked)
                .show("tried", tried),
            Error::Changed => Message::new("custody.changed"),
            Error::PassphraseNeeded => Message::new("custody.passphrase_needed"),
            Error::PassphraseWrong => Message::new("custody.passphrase_wrong"),
            Error::NoRandomness => Message::new("verify.no_randomness"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message().text(bihuan_messages::Lang::En))
    }
}

impl std::error::Error for Error {}

/// A custodian's public key. As text: 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Public([u8; KEY]);

impl Public {
    /// A short form to compare by eye or by telephone: five groups of four digits of its SHA-256.
    pub fn fingerprint(&self) -> String {
        let digits: Vec<char> = Digest::of(&self.0).hex().chars().take(20).collect();
        let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
        groups.join(" ")
    }

    /// Locks a text for this key alone, in the name of a function of the org, which is bound to it.
    ///
    /// # Errors
    ///
    /// [`Error::NotAKey`] for a key of no use, such as one of zeros; [`Error::NoRandomness`].
    pub fn lock(&self, function: &str, plain: &str) -> Result<Locked, Error> {
        // The library ends the program where there is no randomness; this says so instead.
        random::<1>().map_err(|_| Error::NoRandomness)?;
        let unfit = || not_a_key(&self.to_string());
        let key = <Kem as hpke::Kem>::PublicKey::from_bytes(&self.0).map_err(|_| unfit())?;
        let length = u32::try_from(plain.len()).map_err(|_| Error::NotLocked)?;
        let mut padded = [&length.to_be_bytes(), plain.as_bytes()].concat();
        padded.resize(padded.len().next_multiple_of(PAD), 0);
        let (encapsulated, sealed) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeS::Base,
            &key,
            INFO,
            &padded,
            function.as_bytes(),
        )
        .map_err(|_| unfit())?;
        Ok(Locked {
            function: function.to_owned(),
            key: *self,
            bytes: [encapsulated.to_bytes().as_slice(), &sealed].concat(),
        })
    }
}

impl fmt::Display for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Public {
    type Err = Error;

    fn from_str(text: &str) -> Result<Public, Error> {
        let digest = Digest::from_hex(text.trim()).ok_or_else(|| not_a_key(text))?;
        Ok(Public(digest.0))
    }
}

fn not_a_key(text: &str) -> Error {
    Error::NotAKey {
        found: text.chars().take(80).collect(),
    }
}

/// A custodian's private key. It is made, kept and used away from the server.
#[derive(Clone)]
pub struct Private {
    secret: [u8; KEY],
    public: Public,
}

impl Private {
    /// A new key.
    ///
    /// # Errors
    ///
    /// [`Error::NoRandomness`].
    pub fn generate() -> Result<Private, Error> {
        let seed = random::<KEY>().map_err(|_| Error::NoRandomness)?;
        let (secret, public) = Kem::derive_keypair(&seed);
        Ok(Private {
            secret: secret.to_bytes().into(),
            public: Public(public.to_bytes().into()),
        })
    }

    /// Its public half.
    pub fn public(&self) -> Public {
        self.public
    }

    /// The text that was locked for this key.
    ///
    /// # Errors
    ///
    /// [`Error::OtherKey`], which names both; [`Error::Changed`].
    pub fn open(&self, locked: &Locked) -> Result<String, Error> {
        if locked.key != self.public {
            return Err(Error::OtherKey {
                locked: locked.key.fingerprint(),
                tried: self.public.fingerprint(),
            });
        }
        let secret =
            <Kem as hpke::Kem>::PrivateKey::from_bytes(&self.secret).map_err(|_| Error::NotAKeyFile)?;
        let (encapsulated, sealed) = locked.bytes.split_at_checked(KEY).ok_or(Error::Changed)?;
        let encapsulated =
            <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| Error::Changed)?;
        let padded = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &secret,
            &encapsulated,
            INFO,
            sealed,
            locked.function.as_bytes(),
        )
        .map_err(|_| Error::Changed)?;
        let (length, text) = padded.split_first_chunk::<LENGTH>().ok_or(Error::Changed)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Error::Changed)?;
        let text = text.get(..length).ok_or(Error::Changed)?;
        String::from_utf8(text.to_vec()).map_err(|_| Error::Changed)
    }

    fn of(secret: [u8; KEY]) -> Option<Private> {
        let key = <Kem as hpke::Kem>::PrivateKey::from_bytes(&secret).ok()?;
        let public = Public(Kem::sk_to_pk(&key).to_bytes().into());
        Some(Private { secret, public })
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key itself must not reach a log line.
        write!(f, "Private({})", self.public.fingerprint())
    }
}

/// A text locked for one key. As text: `custody:1:`, the algorithm, the function, the public key and the ciphertext,
/// with colons between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// The function of the org in whose name it was locked.
    pub function: String,
    /// The key for which it was locked.
    pub key: Public,
    /// The encapsulated key and the ciphertext.
    bytes: Vec<u8>,
}

impl Locked {
    /// Whether a text says of itself that it is locked, readable or not.
    pub fn claims(text: &str) -> bool {
        text.starts_with(PREFIX)
    }
}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Locked { function, key, bytes } = self;
        write!(f, "{PREFIX}{ALGORITHM}:{function}:{key}:{}", hex(bytes))
    }
}

impl FromStr for Locked {
    type Err = Error;

    fn from_str(text: &str) -> Result<Locked, Error> {
        let parts = text.trim().strip_prefix(PREFIX).ok_or(Error::NotLocked)?;
        let mut parts = parts.splitn(4, ':');
        let mut part = || parts.next().ok_or(Error::NotLocked);
        let (algorithm, function, key, bytes) = (part()?, part()?, part()?, part()?);
        if algorithm != ALGORITHM {
            return Err(Error::NotLocked);
        }
        Ok(Locked {
            function: function.to_owned(),
            key: key.parse()?,
            bytes: from_hex(bytes).ok_or(Error::Changed)?,
        })
    }
}

/// The bytes of hexadecimal digits.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|pair| crate::digest::pair_value(*pair))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_is_locked_opens_with_its_own_key_and_no_other(plain in "\\PC{0,400}", function in "[a-z-]{1,20}") {
            let (own, other) = (Private::generate().unwrap(), Private::generate().unwrap());
            let locked = own.public().lock(&function, &plain).unwrap();
            let text = locked.to_string();
            prop_assert!(plain.len() < 3 || !text.contains(&plain));
            let read: Locked = text.parse().unwrap();
            prop_assert_eq!(&read, &locked);
            prop_assert_eq!(own.open(&read).unwrap(), plain);
            let refused = matches!(other.open(&read), Err(Error::OtherKey { .. }));
            prop_assert!(refused);
        }

        #[test]
        fn a_changed_byte_is_noticed(at in 0usize..300, by in 1u8..) {
            let own = Private::generate().unwrap();
            let mut locked = own.public().lock("custody", "张某，电话13800000000").unwrap();
            let at = at % locked.bytes.len();
            locked.bytes[at] ^= by;
            // The last bit of an X25519 point is not part of it.
            prop_assume!(!(at == KEY - 1 && by == 0x80));
            prop_assert_eq!(own.open(&locked), Err(Error::Changed));
        }
    }

    #[test]
    fn the_length_of_a_name_cannot_be_seen() {
        let public = Private::generate().unwrap().public();
        let lengths = ["", "王某", "欧阳某某，一车间夜班，电话13800000000"]
            .map(|plain| public.lock("custody", plain).unwrap().to_string().len());
        assert_eq!(lengths[0], lengths[1]);
        assert_eq!(lengths[1], lengths[2]);
    }

    #[test]
    fn a_text_for_one_function_does_not_open_as_another() {
        let own = Private::generate().unwrap();
        let mut locked = own.public().lock("discipline", "王某").unwrap();
        locked.function = "union".to_owned();
        assert_eq!(own.open(&locked), Err(Error::Changed));
    }

    #[test]
    fn keys_of_no_use_are_refused() {
        assert!(matches!("王某".parse::<Public>(), Err(Error::NotAKey { .. })));
        let zeros: Public = "0".repeat(64).parse().unwrap();
        assert!(matches!(
            zeros.lock("custody", "王某"),
            Err(Error::NotAKey { .. })
        ));
        for text in [
            "",
            "王某",
            "custody:1:",
            "custody:1:x:y:z:00",
            "custody:2:a:b:c:d",
        ] {
            assert!(text.parse::<Locked>().is_err(), "{text}");
        }
    }
}
