//! Randomness from the operating system: keys one by one, salts and nonces from a small store, because asking costs more than
//! what most of them are used for.

use std::cell::RefCell;

use crate::Error;

/// Salts and nonces that are fetched together.
const TOGETHER: usize = 1_024;

thread_local! {
    static STORE: RefCell<Store> = const { RefCell::new(Store { bytes: [0; TOGETHER], used: TOGETHER }) };
}

/// Bytes that were fetched, of which the first `used` were handed out and wiped.
struct Store {
    bytes: [u8; TOGETHER],
    used: usize,
}

/// Random bytes from the operating system, for keys.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    #[cfg(feature = "simulation")]
    if crate::simulation::fill(&mut bytes) {
        return Ok(bytes);
    }
    getrandom::fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

/// Random bytes that were fetched in advance, for salts and nonces. None is given out twice.
pub(crate) fn fetched<const N: usize>() -> Result<[u8; N], Error> {
    const { assert!(N <= TOGETHER, "more than is fetched together") };
    #[cfg(feature = "simulation")]
    if crate::simulation::is_on() {
        return random();
    }
    STORE.with_borrow_mut(|store| {
        if TOGETHER - store.used < N {
            // A failure leaves nothing that could be given out a second time.
            store.used = TOGETHER;
            getrandom::fill(&mut store.bytes).map_err(|_| Error::NoRandomness)?;
            store.used = 0;
        }
        let mut given = [0; N];
        let place = store
            .bytes
            .get_mut(store.used..)
            .and_then(|left| left.first_chunk_mut::<N>());
        let place = place.ok_or(Error::NoRandomness)?;
        given.swap_with_slice(place);
        store.used += N;
        Ok(given)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_given_out_twice_and_nothing_is_left_of_what_was() {
        let mut given: Vec<[u8; 24]> = (0..500).map(|_| fetched().unwrap()).collect();
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 500);
        STORE.with_borrow(|store| {
            let (used, left) = store.bytes.split_at(store.used);
            assert!(used.iter().all(|byte| *byte == 0), "what was given out is wiped");
            assert!(left.iter().any(|byte| *byte != 0), "what is left is random");
        });
    }

    #[test]
    fn sizes_that_do_not_divide_the_store_fit() {
        let first: [u8; 1_000] = fetched().unwrap();
        let second: [u8; 1_000] = fetched().unwrap();
        assert_ne!(first, second);
        assert!(second.iter().any(|byte| *byte != 0));
    }
}
