//! Digests of definitions: `sha256:` and hex digits over the bytes of the file.

use bihuan_domain::id::Digest;
use sha2::{Digest as _, Sha256};

/// The digest of one file's bytes.
pub fn digest(text: &str) -> Digest {
    digest_of_parts(&[text])
}

/// The digest of several parts; of one part it is the digest of its bytes.
pub(crate) fn digest_of_parts(parts: &[&str]) -> Digest {
    let mut hash = Sha256::new();
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            // A length before each further part, so that no two lists of parts run together.
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        }
        hash.update(part.as_bytes());
    }
    Digest::new(format!("sha256:{}", hex(&hash.finalize())))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
