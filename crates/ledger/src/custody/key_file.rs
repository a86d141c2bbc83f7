//! The custodian's key file: JSON with the private key, plain or under a passphrase (argon2id, XChaCha20-Poly1305).

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};

use super::{ALGORITHM, Error, KEY, Private, Public, from_hex};
use crate::digest::hex;
use crate::files::write_secret;
use crate::randomness::random;
use crate::sealed;

const WHAT: &str = "bihuan custodian private key";
/// 64 MiB, three passes, one lane: about a quarter of a second for whoever knows the passphrase.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// A file may not ask for more memory than this, nor for more passes.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
const PASSES_MAX: u32 = 20;

#[derive(Serialize, Deserialize)]
struct KeyFile {
    what: String,
    algorithm: String,
    public: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locked: Option<UnderPassphrase>,
}

#[derive(Serialize, Deserialize)]
struct UnderPassphrase {
    kdf: String,
    memory_kib: u32,
    passes: u32,
    salt: String,
    #[serde(rename = "box")]
    sealed: String,
}

impl Private {
    /// The text of a key file: under a passphrase where one is given, else plain.
    ///
    /// # Errors
    ///
    /// [`Error::NoRandomness`].
    pub fn to_file(&self, passphrase: Option<&str>) -> Result<String, Error> {
        let mut file = KeyFile {
            what: WHAT.to_owned(),
            algorithm: ALGORITHM.to_owned(),
            public: self.public.to_string(),
            private: None,
            locked: None,
        };
        match passphrase {
            None => file.private = Some(hex(&self.secret)),
            Some(passphrase) => {
                let salt: [u8; 16] = random().map_err(|_| Error::NoRandomness)?;
                let key = stretched(passphrase, &salt, MEMORY_KIB, PASSES)?;
                let sealed = sealed::encrypt(&key, &self.secret, file.public.as_bytes())
                    .map_err(|_| Error::NoRandomness)?;
                file.locked = Some(UnderPassphrase {
                    kdf: "argon2id".to_owned(),
                    memory_kib: MEMORY_KIB,
                    passes: PASSES,
                    salt: hex(&salt),
                    sealed: hex(&sealed),
                });
            }
        }
        // Our own plain data always serialises.
        serde_json::to_string_pretty(&file).map_err(|_| Error::NotAKeyFile)
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    ///
    /// [`Error::NotAKeyFile`], [`Error::PassphraseNeeded`], [`Error::PassphraseWrong`].
    pub fn from_file(text: &str, passphrase: Option<&str>) -> Result<Private, Error> {
        let file: KeyFile = serde_json::from_str(text).map_err(|_| Error::NotAKeyFile)?;
        if file.what != WHAT || file.algorithm != ALGORITHM {
            return Err(Error::NotAKeyFile);
        }
        let public: Public = file.public.parse().map_err(|_| Error::NotAKeyFile)?;
        let secret = match (file.private, file.locked, passphrase) {
            (Some(plain), _, _) => from_hex(&plain).ok_or(Error::NotAKeyFile)?,
            (None, Some(_), None) => return Err(Error::PassphraseNeeded),
            (None, Some(locked), Some(passphrase)) => {
                let affordable = locked.memory_kib <= MEMORY_KIB_MAX && locked.passes <= PASSES_MAX;
                if locked.kdf != "argon2id" || !affordable {
                    return Err(Error::NotAKeyFile);
                }
                let salt = from_hex(&locked.salt).ok_or(Error::NotAKeyFile)?;
                let sealed = from_hex(&locked.sealed).ok_or(Error::NotAKeyFile)?;
                let key = stretched(passphrase, &salt, locked.memory_kib, locked.passes)?;
                sealed::decrypt(&key, &sealed, file.public.as_bytes()).ok_or(Error::PassphraseWrong)?
            }
            (None, None, _) => return Err(Error::NotAKeyFile),
        };
        let secret: [u8; KEY] = secret.try_into().map_err(|_| Error::NotAKeyFile)?;
        let private = Private::of(secret).ok_or(Error::NotAKeyFile)?;
        if private.public != public {
            return Err(Error::NotAKeyFile);
        }
        Ok(private)
    }

    /// Writes a new key file that its owner alone may read.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Io`] where the file exists already or cannot be written.
    pub fn write_file(&self, path: &Path, passphrase: Option<&str>) -> Result<(), crate::Error> {
        let text = self.to_file(passphrase).map_err(|_| crate::Error::NoRandomness)?;
        write_secret(path, text.as_bytes())
    }
}

fn stretched(passphrase: &str, salt: &[u8], memory_kib: u32, passes: u32) -> Result<[u8; 32], Error> {
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| Error::NotAKeyFile)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut key)
        .map_err(|_| Error::NotAKeyFile)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_gives_the_key_back_and_a_passphrase_guards_it() {
        let key = Private::generate().unwrap();
        let plain = key.to_file(None).unwrap();
        assert_eq!(Private::from_file(&plain, None).unwrap().public(), key.public());
        let guarded = key.to_file(Some("一句只有专管人知道的话")).unwrap();
        assert!(!guarded.contains(&hex(&key.secret)));
        let read = |passphrase| Private::from_file(&guarded, passphrase).map(|key| key.public());
        assert_eq!(read(Some("一句只有专管人知道的话")), Ok(key.public()));
        assert_eq!(read(Some("猜的")), Err(Error::PassphraseWrong));
        assert_eq!(read(None), Err(Error::PassphraseNeeded));
    }

    #[test]
    fn what_is_no_key_file_is_refused() {
        let key = Private::generate().unwrap().to_file(None).unwrap();
        let other = Private::generate().unwrap().public().to_string();
        let swapped = serde_json::from_str::<serde_json::Value>(&key)
            .map(|mut json| {
                json["public"] = other.into();
                json.to_string()
            })
            .unwrap();
        for text in ["", "{}", "[1]", "王某", swapped.as_str()] {
            assert_eq!(
                Private::from_file(text, None).unwrap_err(),
                Error::NotAKeyFile,
                "{text}"
            );
        }
    }
}
