//! Waiting: between one activity and the next, and with whom.

use super::{Charged, Follow, HolderWait, waits_of};
use crate::log::EventLog;
use crate::names::{NONE, Names, narrow, pairs, wide};
use crate::spread::spreads;

/// Up to this many pairs of activities have a place each; beyond it pairs are looked up as names.
const PLACES: usize = 1 << 22;

pub(super) fn follows(log: &EventLog) -> Vec<Follow> {
    let names = log.activity_names();
    let kinds = names.len();
    let mut known = if kinds.saturating_mul(kinds) <= PLACES {
        Known::Places(vec![NONE; kinds * kinds])
    } else {
        Known::Looked(Names::default())
    };
    let mut known_pairs: Vec<(u32, u32)> = Vec::new();
    let (mut groups, mut durations) = (Vec::with_capacity(log.events()), Vec::with_capacity(log.events()));
    for case in log.cases() {
        for (wait, (from, to)) in waits_of(&case).zip(pairs(case.activities)) {
            let next = narrow(known_pairs.len());
            let number = match &mut known {
                Known::Places(places) => match places.get_mut(wide(from) * kinds + wide(to)) {
                    Some(place) if *place == NONE => {
                        *place = next;
                        next
                    }
                    Some(place) => *place,
                    None => next,
                },
                Known::Looked(names) => names.number(&(u64::from(from) << 32 | u64::from(to)).to_le_bytes()),
            };
            if number == next {
                known_pairs.push((from, to));
            }
            groups.push(number);
            durations.push(wait);
        }
    }
    let waits = spreads(&groups, &durations, known_pairs.len());
    let mut follows: Vec<Follow> = known_pairs
        .into_iter()
        .zip(waits)
        .map(|((from, to), wait)| Follow { from, to, wait })
        .collect();
    let name = |follow: &Follow| (names.name(follow.from), names.name(follow.to));
    follows.sort_by(|a, b| b.wait.n.cmp(&a.wait.n).then_with(|| name(a).cmp(&name(b))));
    follows
}

/// How the number of a pair is found.
enum Known {
    Places(Vec<u32>),
    Looked(Names),
}

/// The wait by holder alone, in the order of their names.
pub fn holder_waits(log: &EventLog, charged: Charged) -> Vec<HolderWait> {
    let names = log.holder_names();
    // The last group is nobody's.
    let nobody = names.len();
    let (mut groups, mut durations) = (Vec::with_capacity(log.events()), Vec::with_capacity(log.events()));
    let mut cases = vec![(NONE, 0u64); nobody + 1];
    for case in log.cases() {
        let holders = match charged {
            Charged::Doer => case.holders.get(1..),
            Charged::Keeper => Some(case.holders),
        };
        for (wait, holder) in waits_of(&case).zip(holders.unwrap_or_default()) {
            let group = wide(*holder).min(nobody);
            if let Some((last, n)) = cases.get_mut(group).filter(|(last, _)| *last != case.number) {
                *last = case.number;
                *n += 1;
            }
            groups.push(narrow(group));
            durations.push(wait);
        }
    }
    let waits = spreads(&groups, &durations, nobody + 1);
    let mut list: Vec<HolderWait> = waits
        .into_iter()
        .zip(cases)
        .enumerate()
        .map(|(group, (wait, (_, cases)))| HolderWait {
            holder: (group < nobody).then(|| narrow(group)),
            cases,
            wait,
        })
        .filter(|holder| holder.wait.n > 0)
        .collect();
    list.sort_by_key(|one| (one.holder.is_none(), one.holder.map(|holder| names.name(holder))));
    list
}
