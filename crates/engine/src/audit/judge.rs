//! Whether a share is more than chance. Whole numbers only; where something is rounded, it is rounded towards no sign.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::MechanismId;
use serde::Serialize;

use super::{Detector, Place, Share};

/// Fewer than this are no sign, however unlikely.
const LEAST: u64 = 3;
/// Others are a base from so many observations on …
const BASE_MIN: u64 = 20;
/// … in so many other units.
const OTHERS_MIN: usize = 3;
/// One audit in so many may show a sign by chance alone, all its questions together.
const CHANCE: u128 = 20;
/// A unit may honestly show half as much again as the others.
const ALLOWED: (u128, u128) = (3, 2);

/// The fixed point of the reckoning.
const UNIT: u128 = 1_000_000_000_000_000_000;

/// What a unit shows in a mechanism.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// What was asked, where, of whom.
    pub place: Place,
    /// What it shows.
    pub share: Share,
}

/// A sign to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sign {
    /// What was asked, where, of whom.
    pub place: Place,
    /// What the unit shows.
    pub share: Share,
    /// What the others show in the same mechanism: of how many, out of how many, in how many units.
    pub base: (u64, u64, u64),
    /// With the others' share and what is allowed on it, this or more would come about by chance once in at least so many
    /// cases.
    pub once_in: u64,
}

/// What was asked and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The signs, the least likely first.
    pub signs: Vec<Sign>,
    /// How many units and mechanisms were asked about.
    pub asked: u64,
    /// How many could not be, because there is too little to compare with.
    pub without_base: u64,
    /// The whole jurisdiction by detector: how many, out of how many.
    pub whole: BTreeMap<Detector, (u64, u64)>,
}

/// Judges what all units show.
pub fn judge(cells: Vec<Cell>) -> Judged {
    let mut judged = Judged::default();
    let mut sums: BTreeMap<(Detector, MechanismId), (u64, u64, BTreeSet<String>)> = BTreeMap::new();
    for detector in Detector::ALL {
        judged.whole.insert(detector, (0, 0));
    }
    for cell in &cells {
        let (k, n) = (cell.share.k, cell.share.n);
        let whole = judged.whole.entry(cell.place.detector).or_default();
        *whole = (whole.0.saturating_add(k), whole.1.saturating_add(n));
        let sum = sums
            .entry((cell.place.detector, cell.place.mechanism.clone()))
            .or_default();
        (sum.0, sum.1) = (sum.0.saturating_add(k), sum.1.saturating_add(n));
        sum.2.insert(cell.place.unit.to_string());
    }
    let mut compared = Vec::new();
    for cell in cells {
        let sum = sums.get(&(cell.place.detector, cell.place.mechanism.clone()));
        let (k, n, units) = sum.map_or((0, 0, 0), |sum| (sum.0, sum.1, sum.2.len()));
        let base = (
            k.saturating_sub(cell.share.k),
            n.saturating_sub(cell.share.n),
            u64::try_from(units.saturating_sub(1)).unwrap_or(0),
        );
        if base.1 < BASE_MIN || units.saturating_sub(1) < OTHERS_MIN {
            judged.without_base = judged.without_base.saturating_add(1);
        } else {
            compared.push((cell, base));
        }
    }
    judged.asked = u64::try_from(compared.len()).unwrap_or(u64::MAX);
    for (cell, base) in compared {
        if cell.share.k < LEAST {
            continue;
        }
        let Some((tail, total)) = tail(cell.share.k, cell.share.n, base.0, base.1) else {
            continue;
        };
        // Asked often, an answer by chance comes often: each question gets its part of the whole chance.
        let parts = u128::from(judged.asked).saturating_mul(CHANCE);
        if tail.saturating_mul(parts) <= total {
            judged.signs.push(Sign {
                place: cell.place,
                share: cell.share,
                base,
                once_in: u64::try_from(total / tail.max(1)).unwrap_or(u64::MAX),
            });
        }
    }
    judged
        .signs
        .sort_by(|a, b| b.once_in.cmp(&a.once_in).then_with(|| a.place.cmp(&b.place)));
    judged
}

/// How likely `k` or more of `n` are where `base_k` of `base_n` others show it, with what is [`ALLOWED`] on that: the tail
/// of the binomial distribution as a quotient, never too small. `None` where that many are nothing out of the ordinary.
///
/// Weights are reckoned from the most likely number outwards, each from its neighbour, in fixed point: those of the tail
/// rounded up, those of the whole down.
pub(super) fn tail(k: u64, n: u64, base_k: u64, base_n: u64) -> Option<(u128, u128)> {
    // One more on each side: what was never seen in a few is not impossible (Laplace).
    let p = u128::from(base_k).saturating_add(1).saturating_mul(ALLOWED.0);
    let q = u128::from(base_n).saturating_add(2).saturating_mul(ALLOWED.1);
    let q = q.checked_sub(p).filter(|q| *q > 0)?;
    let (k, n) = (u128::from(k), u128::from(n));
    if k > n || n > u128::from(u32::MAX) || p > u128::from(u32::MAX) || q > u128::from(u32::MAX) {
        return None;
    }
    let mode = (n + 1) * p / (p + q);
    if k <= mode {
        return None;
    }
    let (mut total, mut tail) = (UNIT, 0u128);
    let (mut exact, mut above) = (UNIT, UNIT);
    for i in mode..n {
        exact = exact.checked_mul(n - i)?.checked_mul(p)? / ((i + 1) * q);
        above = above.checked_mul(n - i)?.checked_mul(p)?.div_ceil((i + 1) * q);
        total = total.saturating_add(exact);
        if i + 1 >= k {
            tail = tail.saturating_add(above);
        }
        // What follows is smaller than the last of all that were rounded up.
        if exact == 0 && i + 1 >= k {
            tail = tail.saturating_add(above.saturating_mul(n - i));
            break;
        }
    }
    let mut below = UNIT;
    for i in (1..=mode).rev() {
        below = below.checked_mul(i)?.checked_mul(q)? / ((n - i + 1) * p);
        if below == 0 {
            break;
        }
        total = total.saturating_add(below);
    }
    Some((tail, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tail as an exact quotient for small numbers: Σ C(n,i) p^i q^(n−i) / (p+q)^n.
    fn exact(k: u32, n: u32, p: u128, q: u128) -> (u128, u128) {
        let choose = |i: u32| (0..i).fold(1u128, |c, j| c * u128::from(n - j) / u128::from(j + 1));
        let term = |i: u32| choose(i) * p.pow(i) * q.pow(n - i);
        ((k..=n).map(term).sum(), (p + q).pow(n))
    }

    #[test]
    fn the_tail_is_never_smaller_than_the_exact_one_and_hardly_larger() {
        for (base_k, base_n) in [(0u64, 2u64), (1, 4), (1, 9), (3, 10)] {
            let (p, whole) = (u128::from((base_k + 1) * 3), u128::from((base_n + 2) * 2));
            for n in 1..=14u32 {
                for k in 1..=n {
                    let Some((tail, total)) = tail(k.into(), n.into(), base_k, base_n) else {
                        continue;
                    };
                    let (num, den) = exact(k, n, p, whole - p);
                    // In millionths of the exact value.
                    let (ours, theirs) = (tail * 1_000_000_000_000 / total, num * 1_000_000_000_000 / den);
                    assert!(
                        ours + 1 >= theirs && ours <= theirs + theirs / 1_000_000 + 2,
                        "{k}/{n}: {ours} {theirs}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_most_show_is_no_sign_and_what_nobody_else_shows_is_one() {
        assert_eq!(tail(3, 10, 30, 100), None);
        assert_eq!(
            tail(10, 10, 90, 100),
            None,
            "nine of ten and half as much again is all"
        );
        let (tail, total) = tail(40, 50, 20, 400).unwrap();
        assert!(tail * 1_000_000_000 < total);
    }

    #[test]
    fn large_numbers_neither_overflow_nor_take_long() {
        let (tail, total) = tail(500_000, 1_000_000, 100_000, 1_000_000).unwrap();
        assert!(tail * 1_000 < total);
    }
}
