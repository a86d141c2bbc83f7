//! Counts with the cases they count, and rates with numerator, base and interval, in exact whole numbers.

use bihuan_domain::id::CaseId;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// A base below this is named as small wherever a rate stands on it.
pub const SMALL_BASE: u64 = 10;

/// Fixed point of the interval's arithmetic: six places.
const UNIT: u128 = 1_000_000;
/// z² for 95 %, z = 1.96 (3.8416), at [`UNIT`].
const Z2: u128 = 3_841_600;

/// Cases by id, kept as runs `[first, last]`, so that a list of all cases of a year stays short. Stored as `1-3, 5, 8-9`;
/// bulletins of before stored the runs as pairs, which is read, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseSet(Vec<(u64, u64)>);

impl Serialize for CaseSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Stored {
            Text(String),
            Pairs(Vec<(u64, u64)>),
        }
        let wrong = |part: &str| serde::de::Error::custom(format!("`{part}` is no run of cases"));
        match Stored::deserialize(deserializer)? {
            Stored::Pairs(runs) => Ok(CaseSet(runs)),
            Stored::Text(text) if text.is_empty() => Ok(CaseSet::default()),
            Stored::Text(text) => {
                let run = |part: &str| {
                    let (first, last) = part.split_once('-').unwrap_or((part, part));
                    let run = first.parse().ok().zip(last.parse().ok());
                    run.ok_or_else(|| wrong(part))
                };
                Ok(CaseSet(text.split(", ").map(run).collect::<Result<_, _>>()?))
            }
        }
    }
}

impl CaseSet {
    /// Adds a case. Cheap where ids come in ascending order.
    pub fn add(&mut self, case: CaseId) {
        let id = case.0;
        match self.0.last_mut() {
            Some((_, last)) if last.saturating_add(1) == id => return *last = id,
            Some((_, last)) if *last < id => return self.0.push((id, id)),
            None => return self.0.push((id, id)),
            Some(_) => {}
        }
        let at = self.0.partition_point(|(_, last)| last.saturating_add(1) < id);
        match self.0.get_mut(at) {
            Some((first, last)) if *first <= id && id <= *last => {}
            Some((_, last)) if last.saturating_add(1) == id => {
                *last = id;
                let next = self
                    .0
                    .get(at + 1)
                    .filter(|(first, _)| *first == id.saturating_add(1))
                    .copied();
                if let Some((_, end)) = next {
                    self.0.remove(at + 1);
                    if let Some((_, last)) = self.0.get_mut(at) {
                        *last = end;
                    }
                }
            }
            Some((first, _)) if *first == id.saturating_add(1) => *first = id,
            _ => self.0.insert(at, (id, id)),
        }
    }

    /// Takes in cases that all have higher ids; others are added one by one.
    pub(super) fn append(&mut self, more: CaseSet) {
        for (first, last) in more.0 {
            match self.0.last_mut() {
                Some((_, end)) if end.saturating_add(1) == first => *end = last,
                Some((_, end)) if *end >= first => (first..=last).for_each(|id| self.add(CaseId(id))),
                _ => self.0.push((first, last)),
            }
        }
    }

    /// Whether `case` is among them.
    pub fn has(&self, case: CaseId) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < case.0);
        self.0.get(at).is_some_and(|(first, _)| *first <= case.0)
    }

    /// How many.
    pub fn len(&self) -> u64 {
        self.0.iter().fold(0, |n, (first, last)| {
            n.saturating_add(last.saturating_sub(*first).saturating_add(1))
        })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The cases in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = CaseId> {
        self.0
            .iter()
            .flat_map(|(first, last)| (*first..=*last).map(CaseId))
    }

    /// Those of `other` that are in here too.
    #[must_use]
    pub fn common(&self, other: &CaseSet) -> CaseSet {
        let mut common = CaseSet::default();
        other
            .iter()
            .filter(|case| self.has(*case))
            .for_each(|case| common.add(case));
        common
    }
}

impl std::fmt::Display for CaseSet {
    /// `1-3, 5, 8-9`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (first, last)) in self.0.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

impl FromIterator<CaseId> for CaseSet {
    fn from_iter<T: IntoIterator<Item = CaseId>>(cases: T) -> Self {
        let mut set = CaseSet::default();
        cases.into_iter().for_each(|case| set.add(case));
        set
    }
}

/// A rate that never stands without its numerator and base.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Numerator.
    pub num: u64,
    /// Base.
    pub base: u64,
    /// In percent with two places, rounded by GB/T 8170 (half to even); `None` where the base is zero.
    pub percent: Option<String>,
    /// 95 % Wilson interval in percent with two places, rounded outwards; `None` where the base is zero.
    pub interval: Option<(String, String)>,
    /// Whether the base is smaller than [`SMALL_BASE`].
    pub small: bool,
}

impl Rate {
    /// `num` out of `base`.
    pub fn of(num: u64, base: u64) -> Rate {
        Rate {
            num,
            base,
            percent: percent(num, base),
            interval: wilson(num, base).map(|(low, high)| (hundredths(low), hundredths(high))),
            small: base < SMALL_BASE,
        }
    }
}

/// A percentage with two places, half to even (GB/T 8170); `None` for an empty base.
pub fn percent(num: u64, base: u64) -> Option<String> {
    let share = Decimal::from(num)
        .checked_mul(Decimal::ONE_HUNDRED)?
        .checked_div(Decimal::from(base))?;
    Some(format!(
        "{:.2}",
        share.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven)
    ))
}

/// The 95 % Wilson interval in hundredths of a percent, lower end rounded down and upper end up; `None` for an empty
/// base, a numerator above it, or numbers beyond what a county could count (2³²).
pub fn wilson(num: u64, base: u64) -> Option<(u64, u64)> {
    if base == 0 || num > base || base > u64::from(u32::MAX) {
        return None;
    }
    let (k, n) = (u128::from(num), u128::from(base));
    // √(k(n−k)/n + z²/4) at UNIT; its square at UNIT².
    let spread = k.checked_mul(n - k)?.checked_mul(UNIT * UNIT)?;
    let root = |square: u128| square.isqrt();
    let low_root = root(spread.div_ceil(n) + Z2 * UNIT / 4) + 1;
    let high_root = low_root;
    let centre = k * UNIT + Z2 / 2;
    let whole = n * UNIT + Z2;
    // z·root at UNIT, rounded up so that the interval is never narrower than it should be.
    let low = centre.saturating_sub((low_root * 196).div_ceil(100));
    let high = centre + (high_root * 196).div_ceil(100);
    let low = if num == 0 { 0 } else { low * 10_000 / whole };
    let high = if num == base {
        10_000
    } else {
        (high * 10_000).div_ceil(whole).min(10_000)
    };
    Some((u64::try_from(low).ok()?, u64::try_from(high).ok()?))
}

fn hundredths(n: u64) -> String {
    format!("{}.{:02}", n / 100, n % 100)
}

/// Ranks by rate, best first: a place is given to each group of rates whose intervals overlap (`place`, `several`),
/// nothing to small or empty bases, and nothing at all where all of them overlap.
///
/// Two units whose intervals overlap are not told apart by their figures; printing them one above the other would be
/// a guess.
pub(super) fn ranks(rates: &[&Rate]) -> Vec<Option<Place>> {
    let mut places = vec![None; rates.len()];
    let mut known: Vec<(usize, (u64, u64))> = rates
        .iter()
        .enumerate()
        .filter(|(_, rate)| !rate.small)
        .filter_map(|(at, rate)| Some((at, wilson(rate.num, rate.base)?)))
        .collect();
    known.sort_by_key(|(at, (low, high))| (std::cmp::Reverse(*high), std::cmp::Reverse(*low), *at));
    let mut groups: Vec<(u64, Vec<usize>)> = Vec::new();
    for (at, (low, high)) in known {
        match groups.last_mut() {
            Some((lowest, members)) if high >= *lowest => {
                *lowest = low.min(*lowest);
                members.push(at);
            }
            _ => groups.push((low, vec![at])),
        }
    }
    if groups.len() < 2 {
        return places;
    }
    let mut place = 1;
    for (_, members) in groups {
        let several = members.len() > 1;
        for at in &members {
            if let Some(slot) = places.get_mut(*at) {
                *slot = Some(Place { place, several });
            }
        }
        place += u64::try_from(members.len()).unwrap_or(0);
    }
    places
}

/// A place in a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// From 1.
    pub place: u64,
    /// Whether others share it because the figures do not tell them apart.
    pub several: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_rates_of_a_real_bulletin_come_out() {
        // Tianmen, December 2016: 972 should close, 911 closed, 737 of them on time.
        let (closed, on_time) = (Rate::of(911, 972), Rate::of(737, 972));
        assert_eq!(closed.percent.as_deref(), Some("93.72"));
        assert_eq!(on_time.percent.as_deref(), Some("75.82"));
        assert_eq!(on_time.interval, Some(("73.03".to_owned(), "78.41".to_owned())));
        assert!(!on_time.small);
    }

    #[test]
    fn an_empty_base_has_no_rate_and_a_small_one_is_named() {
        let none = Rate::of(0, 0);
        assert_eq!((none.percent, none.interval, none.small), (None, None, true));
        assert!(Rate::of(4, 9).small && !Rate::of(4, 10).small);
        assert_eq!(percent(1, 8).as_deref(), Some("12.50"));
        assert_eq!(percent(1, 16).as_deref(), Some("6.25"));
        assert_eq!(
            percent(1, 32).as_deref(),
            Some("3.12"),
            "3.125 goes to the even digit"
        );
        assert_eq!(
            percent(3, 32).as_deref(),
            Some("9.38"),
            "9.375 goes to the even digit"
        );
    }

    #[test]
    fn the_interval_agrees_with_the_textbook() {
        // Checked against a double-precision computation of Wilson's formula with z = 1.96.
        for (num, base, low, high) in [
            (0, 10, 0, 2_776),
            (10, 10, 7_224, 10_000),
            (5, 10, 2_365, 7_635),
            (81, 263, 2_553, 3_662),
            (1, 1, 2_065, 10_000),
        ] {
            let (l, h) = wilson(num, base).unwrap();
            assert!(
                l.abs_diff(low) <= 1 && h.abs_diff(high) <= 1,
                "{num}/{base}: {l}–{h}, expected {low}–{high}"
            );
        }
        assert_eq!(wilson(3, 2), None);
    }

    #[test]
    fn the_interval_holds_its_rate_for_every_small_base() {
        for base in 1..=60u64 {
            for num in 0..=base {
                let (low, high) = wilson(num, base).unwrap();
                assert!(
                    low * base <= num * 10_000 && num * 10_000 <= high * base,
                    "{num}/{base}"
                );
            }
        }
    }

    #[test]
    fn units_whose_intervals_overlap_share_a_place_and_small_bases_have_none() {
        let rates = [
            Rate::of(95, 100),
            Rate::of(93, 100),
            Rate::of(20, 100),
            Rate::of(3, 3),
            Rate::of(0, 0),
        ];
        let places = ranks(&rates.iter().collect::<Vec<_>>());
        let first = Some(Place {
            place: 1,
            several: true,
        });
        assert_eq!(
            places,
            [
                first,
                first,
                Some(Place {
                    place: 3,
                    several: false
                }),
                None,
                None
            ]
        );
        let close = [Rate::of(15, 20), Rate::of(14, 20)];
        assert_eq!(ranks(&close.iter().collect::<Vec<_>>()), [None, None]);
    }

    #[test]
    fn a_set_of_cases_keeps_runs_whatever_the_order() {
        let orders: [&[u64]; 4] = [
            &[1, 2, 3, 5, 6, 9],
            &[9, 6, 5, 3, 2, 1],
            &[2, 9, 1, 6, 3, 5],
            &[5, 6, 1, 3, 9, 2, 2],
        ];
        for ids in orders {
            let set: CaseSet = ids.iter().copied().map(CaseId).collect();
            assert_eq!(serde_json::to_string(&set).unwrap(), "\"1-3, 5-6, 9\"", "{ids:?}");
            for stored in ["\"1-3, 5-6, 9\"", "[[1,3],[5,6],[9,9]]"] {
                assert_eq!(serde_json::from_str::<CaseSet>(stored).unwrap(), set);
            }
            assert_eq!(set.len(), 6);
            assert!(set.has(CaseId(2)) && !set.has(CaseId(4)) && !set.has(CaseId(10)) && !set.has(CaseId(0)));
        }
    }
}
