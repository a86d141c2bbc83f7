//! What a log tells, against what counting slowly gives.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_process::{Charged, Figures, Rows};
use proptest::prelude::*;

use super::{figures, way, words};

#[test]
fn a_course_is_counted_with_its_cases_the_most_frequent_first() {
    let log = words(&["abc", "abd", "abc", "b"]);
    let figures = figures(&log);
    let told: Vec<(String, Vec<u32>)> = figures
        .variants
        .iter()
        .map(|one| (way(&log, &one.activities), one.cases.clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("a b c".into(), vec![0, 2]),
            ("a b d".into(), vec![1]),
            ("b".to_owned(), vec![3])
        ]
    );
    assert_eq!((figures.events, figures.cases), (10, 4));
    let first: Vec<u64> = figures.starts.iter().map(|(_, n)| *n).collect();
    let last: Vec<u64> = figures.ends.iter().map(|(_, n)| *n).collect();
    assert_eq!((first, last), (vec![3, 1], vec![2, 1, 1]));
}

#[test]
fn a_loop_is_the_piece_of_the_way_that_came_back_and_no_row_is_in_two() {
    let log = words(&["abab", "aab", "abcbcb", "abc"]);
    let figures = figures(&log);
    let told: Vec<(String, u64, usize, i64)> = figures
        .loops
        .iter()
        .map(|one| {
            (
                way(&log, &one.activities),
                one.times,
                one.cases.len(),
                one.seconds,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("b c".to_owned(), 2, 1, 240),
            ("a".to_owned(), 1, 1, 60),
            ("a b".to_owned(), 1, 1, 120),
        ]
    );
    let repeated: BTreeMap<String, u64> = figures
        .activities
        .iter()
        .map(|one| (way(&log, &[one.activity]), one.repeated))
        .collect();
    assert_eq!(
        repeated,
        BTreeMap::from([("a".into(), 2), ("b".into(), 2), ("c".to_owned(), 1)])
    );
}

#[test]
fn a_wait_is_charged_to_who_did_it_or_to_who_had_it() {
    let mut rows = Rows::default();
    let hour = 3_600_000_000;
    for (activity, at, holder) in [
        ("receive", 0, Some("desk")),
        ("assign", hour, Some("office")),
        ("close", 4 * hour, None),
    ] {
        rows.add("1", activity, at, holder);
    }
    let log = rows.into_log();
    let charged = |charged| -> Vec<(String, i64)> {
        let figures = Figures::of(&log, charged, 2);
        let name = |holder: Option<u32>| {
            holder.map_or("nobody".to_owned(), |h| log.holder_names().text(h).to_owned())
        };
        figures
            .holders
            .iter()
            .map(|one| (name(one.holder), one.wait.sum))
            .collect()
    };
    assert_eq!(
        charged(Charged::Doer),
        [("office".to_owned(), 3600), ("nobody".to_owned(), 3 * 3600)]
    );
    assert_eq!(
        charged(Charged::Keeper),
        [("desk".to_owned(), 3600), ("office".to_owned(), 3 * 3600)]
    );
}

#[test]
fn a_case_that_goes_on_has_no_end_and_no_throughput_time() {
    let mut log = words(&["abc", "ab"]);
    log.goes_on("1");
    let figures = figures(&log);
    assert_eq!(
        (figures.open, figures.throughput.n, figures.ends.len()),
        (1, 1, 1)
    );
    assert_eq!(
        figures.variants.iter().map(|one| one.open).collect::<Vec<_>>(),
        [1, 0],
        "`a b` stands before `a b c`"
    );
}

/// Instant, row of the file, activity, holder.
type Told = (i64, usize, u8, Option<u8>);

proptest! {
    #[test]
    fn figures_equal_a_slow_and_plain_count(
        given in prop::collection::vec((0u8..6, 0u8..4, 0i64..200, prop::option::of(0u8..3)), 0..80),
        threads in 1usize..3,
    ) {
        let mut rows = Rows::default();
        let mut cases: BTreeMap<u8, Vec<Told>> = BTreeMap::new();
        for (n, (case, activity, at, holder)) in given.iter().enumerate() {
            rows.add(&case.to_string(), &activity.to_string(), at * 1_000_000, holder.map(|h| h.to_string()).as_deref());
            cases.entry(*case).or_default().push((*at, n, *activity, *holder));
        }
        let (mut variants, mut follows, mut holders) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut loops: BTreeMap<String, (u64, BTreeSet<u8>, i64)> = BTreeMap::new();
        for (case, rows) in &mut cases {
            rows.sort_unstable();
            let word: Vec<String> = rows.iter().map(|row| row.2.to_string()).collect();
            *variants.entry(word.join(" ")).or_insert(0usize) += 1;
            for pair in rows.windows(2) {
                let wait = pair[1].0 - pair[0].0;
                follows.entry((pair[0].2.to_string(), pair[1].2.to_string())).or_insert(Vec::new()).push(wait);
                holders.entry(pair[1].3.map(|h| h.to_string())).or_insert(Vec::new()).push(wait);
            }
            // Take out the first loop that closes, until there is none.
            let mut left: Vec<(String, i64)> = rows.iter().map(|row| (row.2.to_string(), row.0)).collect();
            while let Some((from, to)) = (0..left.len()).find_map(|to| {
                (0..to).rev().find(|from| left[*from].0 == left[to].0).map(|from| (from, to))
            }) {
                let name: Vec<&str> = left[from..to].iter().map(|(name, _)| name.as_str()).collect();
                let one = loops.entry(name.join(" ")).or_default();
                one.0 += 1;
                one.1.insert(*case);
                one.2 += left[to].1 - left[from].1;
                left.drain(from..to);
            }
        }
        let log = rows.into_log();
        let found = Figures::of(&log, Charged::Doer, threads);
        let found_variants: BTreeMap<String, usize> =
            found.variants.iter().map(|one| (way(&log, &one.activities), one.cases.len())).collect();
        prop_assert_eq!(found_variants, variants);
        let name = |a: u32| log.activity_names().text(a).to_owned();
        prop_assert_eq!(found.follows.len(), follows.len());
        for follow in &found.follows {
            let mut waits = follows[&(name(follow.from), name(follow.to))].clone();
            waits.sort_unstable();
            prop_assert_eq!(follow.wait.n, waits.len() as u64);
            prop_assert_eq!(follow.wait.sum, waits.iter().sum::<i64>());
            prop_assert_eq!(follow.wait.p90, waits[(waits.len() * 9).div_ceil(10) - 1]);
        }
        let found_holders: BTreeMap<Option<String>, i64> = found
            .holders
            .iter()
            .map(|one| (one.holder.map(|h| log.holder_names().text(h).to_owned()), one.wait.sum))
            .collect();
        let holders: BTreeMap<Option<String>, i64> =
            holders.into_iter().map(|(holder, waits)| (holder, waits.iter().sum())).collect();
        prop_assert_eq!(found_holders, holders);
        let found_loops: BTreeMap<String, (u64, usize, i64)> = found
            .loops
            .iter()
            .map(|one| (way(&log, &one.activities), (one.times, one.cases.len(), one.seconds)))
            .collect();
        let loops: BTreeMap<String, (u64, usize, i64)> =
            loops.into_iter().map(|(way, (times, cases, seconds))| (way, (times, cases.len(), seconds))).collect();
        prop_assert_eq!(found_loops, loops);
    }
}
