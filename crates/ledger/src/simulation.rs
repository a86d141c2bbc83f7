//! Randomness from a seed, so that a simulated county comes out the same every time: its salts and keys decide the root of
//! the log, and the root decides the lots.
//!
//! Only under the feature `simulation`, which no binary has. It holds for the whole process: whoever simulates does so in a
//! process of its own.

use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// The seed and how many values were drawn; `None` while the operating system is asked.
static SEEDED: Mutex<Option<(u64, u64)>> = Mutex::new(None);

/// From now on everything random in this process follows from `seed`; `None` asks the operating system again.
pub fn seed(seed: Option<u64>) {
    *SEEDED.lock().unwrap_or_else(PoisonError::into_inner) = seed.map(|seed| (seed, 0));
}

/// Whether randomness follows from a seed.
pub(crate) fn is_on() -> bool {
    SEEDED.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// Fills `bytes` from the seed; `false` where there is none.
pub(crate) fn fill(bytes: &mut [u8]) -> bool {
    let mut seeded = SEEDED.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((seed, drawn)) = seeded.as_mut() else {
        return false;
    };
    for chunk in bytes.chunks_mut(32) {
        let hash = Sha256::digest(format!("bihuan/simulation\n{seed}\n{drawn}\n").as_bytes());
        chunk.copy_from_slice(hash.get(..chunk.len()).unwrap_or(&[]));
        *drawn = drawn.saturating_add(1);
    }
    true
}
