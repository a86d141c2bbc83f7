//! Every sealed value of a log, looked at once in the order in which it lies on the disk, so that each entry that names one
//! only needs to ask what came of it.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::Error;
use crate::digest::Digest;
use crate::keys::{Slot, Slots};
use crate::reader::boxed;
use crate::schema::number;
use crate::sealed::{self, Commitment};

/// What is right with a sealed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seal {
    /// It opens with its key, and is what was committed to.
    Opened,
    /// The keys are elsewhere.
    Closed,
    /// The log records its erasure.
    Erased,
}

/// Values that are right, by the first half of their commitment: nobody finds another value with the same half.
#[derive(Default)]
pub(super) struct Seals {
    whole: Halves,
    erased: Halves,
    /// Whether there were keys to open them with.
    keys: bool,
}

/// Halves in ascending order, and where those begin that have the same first bits: of so many bits that few share them, because
/// each look further is a look elsewhere in memory.
#[derive(Default)]
struct Halves {
    all: Vec<u128>,
    begin: Vec<usize>,
    /// How far a half is shifted to leave those bits.
    shift: u32,
}

/// Into how many parts the values are cut: by the first byte of the commitment.
pub(super) const PARTS: usize = 256;

/// What was right in one part.
#[derive(Default)]
pub(super) struct Part {
    whole: Vec<u128>,
    erased: Vec<u128>,
}

impl Seals {
    pub(super) fn new(keys: bool) -> Seals {
        Seals {
            keys,
            ..Seals::default()
        }
    }

    /// Looks at the values of a part. `erased` are the slots that the log records as erased.
    pub(super) fn part(
        connection: &Connection,
        keys: Option<&Slots>,
        erased: &BTreeSet<u64>,
        part: usize,
    ) -> Result<Part, Error> {
        let mut found = Part::default();
        // The last part has no end. A bound that may be absent would be no bound to SQLite: it would read on to the end.
        let sql = "SELECT slot, box, commitment FROM sealed WHERE commitment >= ?1";
        let begin = u8::try_from(part).ok().map(|byte| [byte]);
        let end = u8::try_from(part.saturating_add(1)).ok().map(|byte| [byte]);
        let mut statement = connection.prepare_cached(&match end {
            Some(_) => format!("{sql} AND commitment < ?2 ORDER BY commitment"),
            None => format!("{sql} ORDER BY commitment"),
        })?;
        let mut rows = match end {
            Some(end) => statement.query((begin, end))?,
            None => statement.query([begin])?,
        };
        while let Some(row) = rows.next()? {
            let commitment = row.get_ref(2)?.as_bytes().unwrap_or_default();
            let Some(digest) = Digest::from_slice(commitment) else {
                continue;
            };
            let (slot, sealed) = boxed(row)?;
            if erased.contains(&number(slot)) {
                found.erased.push(half(&digest));
                continue;
            }
            let Some(sealed) = sealed else { continue };
            let right = match keys.map(|keys| keys.get(number(slot))) {
                None => true,
                Some(Slot::Key(key)) => sealed::open(&Commitment(digest), &key, &sealed).is_some(),
                Some(Slot::Destroyed | Slot::Lost) => false,
            };
            if right {
                found.whole.push(half(&digest));
            }
        }
        Ok(found)
    }

    /// Takes in the next part.
    pub(super) fn add(&mut self, part: Part) {
        self.whole.all.extend(part.whole);
        self.erased.all.extend(part.erased);
    }

    /// Makes ready for questions.
    pub(super) fn ready(mut self) -> Seals {
        self.whole.index();
        self.erased.index();
        self
    }

    /// What is right with the value that a reference names; `None` where something is wrong, it is not there, or the
    /// reference names something else.
    pub(super) fn of(&self, reference: &str) -> Option<Seal> {
        let half = half(&reference.parse::<Commitment>().ok()?.0);
        if self.whole.has(half) {
            return Some(if self.keys { Seal::Opened } else { Seal::Closed });
        }
        self.erased.has(half).then_some(Seal::Erased)
    }
}

impl Halves {
    fn index(&mut self) {
        // About eight to a beginning.
        let bits = self
            .all
            .len()
            .checked_ilog2()
            .unwrap_or(0)
            .saturating_sub(3)
            .clamp(1, 30);
        self.shift = u128::BITS - bits;
        let beginnings = (1usize << bits).saturating_add(1);
        self.begin = Vec::with_capacity(beginnings);
        for (place, half) in self.all.iter().enumerate() {
            let first = self.first(*half);
            while self.begin.len() <= first {
                self.begin.push(place);
            }
        }
        self.begin.resize(beginnings, self.all.len());
    }

    fn first(&self, half: u128) -> usize {
        usize::try_from(half >> self.shift).unwrap_or(usize::MAX)
    }

    fn has(&self, half: u128) -> bool {
        if self.all.is_empty() {
            return false;
        }
        let first = self.first(half);
        let run = match (self.begin.get(first), self.begin.get(first.saturating_add(1))) {
            (Some(from), Some(until)) => self.all.get(*from..*until),
            _ => None,
        };
        run.is_some_and(|run| run.binary_search(&half).is_ok())
    }
}

fn half(digest: &Digest) -> u128 {
    let first = digest.0.first_chunk::<16>().copied().unwrap_or_default();
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_half_is_found_if_it_was_put_in(
            mut all in prop::collection::vec(prop_oneof![any::<u128>(), Just(0), Just(u128::MAX), (0..4u128).prop_map(|n| (7 << 112) + n)], 0..200),
            other in any::<u128>(),
        ) {
            all.sort_unstable();
            let mut halves = Halves { all: all.clone(), ..Halves::default() };
            halves.index();
            for half in &all {
                prop_assert!(halves.has(*half));
                for near in [half.wrapping_add(1), half.wrapping_sub(1)] {
                    prop_assert_eq!(halves.has(near), all.contains(&near));
                }
            }
            prop_assert_eq!(halves.has(other), all.contains(&other));
        }
    }
}
