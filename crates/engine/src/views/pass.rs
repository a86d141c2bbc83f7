//! A pass over the roll, shared by two threads where it is long, and what a page keeps of one: only the first so many.

use super::roll::{Part, Roll};

/// Lines from which on a second thread helps: below, starting it costs more than it saves.
const SHARED_FROM: usize = 60_000;

impl Roll {
    /// Runs `pass` over all lines, in two halves where there are many; what came of it, oldest cases first.
    pub(super) fn pass<'r, T: Send>(&'r self, pass: impl Fn(Part<'r>) -> T + Sync) -> Vec<T> {
        if self.length() < SHARED_FROM {
            return vec![pass(self.whole())];
        }
        let (older, newer) = self.halves();
        std::thread::scope(|scope| {
            let beside = std::thread::Builder::new().spawn_scoped(scope, || pass(newer));
            let first = pass(older);
            let second = match beside.map(|thread| thread.join()) {
                Ok(Ok(second)) => second,
                // A thread that could not be had leaves its half to us.
                _ => pass(newer),
            };
            vec![first, second]
        })
    }
}

/// The first so many of what is shown to it, in no order.
pub(super) struct First<T> {
    wanted: usize,
    found: Vec<T>,
    /// How many were shown.
    seen: u64,
    /// Nothing above it is among the first.
    bound: Option<T>,
}

impl<T: Ord + Copy> First<T> {
    pub(super) fn new(wanted: u64) -> First<T> {
        First {
            wanted: usize::try_from(wanted).unwrap_or(usize::MAX),
            found: Vec::new(),
            seen: 0,
            bound: None,
        }
    }

    pub(super) fn show(&mut self, one: T) {
        self.seen = self.seen.saturating_add(1);
        if self.bound.is_some_and(|bound| bound <= one) {
            return;
        }
        self.found.push(one);
        // Rarely enough that choosing anew costs little for each.
        if self.found.len() > self.wanted.saturating_add(1).max(512).saturating_mul(4) {
            self.found.select_nth_unstable(self.wanted);
            self.found.truncate(self.wanted.saturating_add(1));
            self.bound = self.found.pop();
        }
    }

    /// How many were shown to all of these, and what may be among the first of them.
    pub(super) fn all(parts: Vec<First<T>>) -> (Vec<T>, u64) {
        let seen = parts.iter().map(|part| part.seen).fold(0, u64::saturating_add);
        let mut parts = parts.into_iter().map(|part| part.found);
        let mut found = parts.next().unwrap_or_default();
        parts.for_each(|more| found.extend(more));
        (found, seen)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_of_all_are_found_whoever_was_shown_what(
            all in prop::collection::vec(0u32..5_000, 0..9_000),
            wanted in prop_oneof![0u64..60, 0u64..10_000],
            cut in 0usize..9_000,
        ) {
            let (older, newer) = all.split_at(cut.min(all.len()));
            let parts = [older, newer].map(|part| {
                let mut first = First::new(wanted);
                part.iter().for_each(|one| first.show(*one));
                first
            });
            let (mut found, seen) = First::all(parts.into());
            prop_assert_eq!(seen, all.len() as u64);
            found.sort_unstable();
            let mut sorted = all.clone();
            sorted.sort_unstable();
            let wanted = usize::try_from(wanted).unwrap().min(all.len());
            prop_assert_eq!(&found[..wanted], &sorted[..wanted]);
        }
    }
}
