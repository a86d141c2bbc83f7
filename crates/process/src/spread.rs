//! How long something took: sums and order statistics of many durations, in whole seconds, without floats.

use serde::Serialize;

use crate::names::{pairs, wide};
use crate::stamp::SECOND;

/// Durations of one kind. All in seconds, fractions cut off; all zero where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// How many there are.
    pub n: u64,
    /// Their sum.
    #[serde(rename = "sum_seconds")]
    pub sum: i64,
    /// The mean: sum over number.
    #[serde(rename = "mean_seconds")]
    pub mean: i64,
    /// The median: the middle one, or the mean of the two in the middle.
    #[serde(rename = "median_seconds")]
    pub median: i64,
    /// Nine of ten take at most this long (nearest rank).
    #[serde(rename = "p90_seconds")]
    pub p90: i64,
    /// The longest.
    #[serde(rename = "max_seconds")]
    pub max: i64,
}

impl Spread {
    /// Of durations in microseconds; puts them in another order.
    pub fn of(durations: &mut [i64]) -> Spread {
        let n = durations.len();
        let Some(last) = n.checked_sub(1) else {
            return Spread::default();
        };
        let sum: i128 = durations.iter().map(|one| i128::from(*one)).sum();
        // The nearest rank of 90 %: the ninth of ten, the tenth of eleven.
        let rank = n.saturating_mul(9).div_ceil(10).saturating_sub(1);
        let (below, p90, above) = durations.select_nth_unstable(rank);
        let p90 = *p90;
        let max = above.iter().max().copied().unwrap_or(p90);
        // The middle lies at or below the ninetieth percentile.
        let (low, high) = (last / 2, n / 2);
        let median = if high < below.len() {
            let (lower, high_value, _) = below.select_nth_unstable(high);
            let high_value = *high_value;
            let low_value = if low == high {
                high_value
            } else {
                lower.iter().max().copied().unwrap_or(high_value)
            };
            (low_value, high_value)
        } else {
            let low_value = if low == high {
                p90
            } else {
                below.iter().max().copied().unwrap_or(p90)
            };
            (low_value, p90)
        };
        let second = i128::from(SECOND);
        let count = i128::try_from(n).unwrap_or(1);
        let seconds = |micros: i128| i64::try_from(micros.div_euclid(second)).unwrap_or(i64::MAX);
        Spread {
            n: u64::try_from(n).unwrap_or(u64::MAX),
            sum: seconds(sum),
            mean: seconds(sum.div_euclid(count)),
            median: seconds((i128::from(median.0) + i128::from(median.1)).div_euclid(2)),
            p90: seconds(i128::from(p90)),
            max: seconds(i128::from(max)),
        }
    }
}

/// The spread of each group: `groups` says for each duration to which of `count` groups it belongs.
pub(crate) fn spreads(groups: &[u32], durations: &[i64], count: usize) -> Vec<Spread> {
    let mut starts = vec![0usize; count + 1];
    for group in groups {
        if let Some(n) = starts.get_mut(wide(*group) + 1) {
            *n += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut sorted = vec![0i64; sum];
    for (group, duration) in groups.iter().zip(durations) {
        if let Some(at) = next.get_mut(wide(*group)) {
            if let Some(place) = sorted.get_mut(*at) {
                *place = *duration;
            }
            *at += 1;
        }
    }
    pairs(&starts)
        .map(|(from, to)| sorted.get_mut(from..to).map_or_else(Spread::default, Spread::of))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_spread_is_what_sorting_and_adding_give(mut given in prop::collection::vec(0..5_000_000_000_000i64, 1..60)) {
            let spread = Spread::of(&mut given.clone());
            given.sort_unstable();
            let n = given.len();
            let sum: i64 = given.iter().sum();
            prop_assert_eq!(spread.n, n as u64);
            prop_assert_eq!(spread.sum, sum / SECOND);
            prop_assert_eq!(spread.mean, sum / n as i64 / SECOND);
            prop_assert_eq!(spread.median, (given[(n - 1) / 2] + given[n / 2]) / 2 / SECOND);
            prop_assert_eq!(spread.p90, given[(n * 9).div_ceil(10) - 1] / SECOND);
            prop_assert_eq!(spread.max, given[n - 1] / SECOND);
        }
    }

    #[test]
    fn groups_are_told_apart_and_an_empty_one_is_nothing() {
        let spreads = spreads(&[1, 0, 1], &[4 * SECOND, 7 * SECOND, 2 * SECOND], 3);
        assert_eq!(spreads[0].sum, 7);
        assert_eq!((spreads[1].n, spreads[1].median, spreads[1].max), (2, 3, 4));
        assert_eq!(spreads[2], Spread::default());
    }
}
