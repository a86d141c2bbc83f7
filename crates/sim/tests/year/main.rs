//! A year of a county from one seed, through the real engine on a real ledger: people on leave, refusals, disputes, new
//! rules, holidays announced late, restarts, crashes, failing disks, clocks that jump, commands that come twice or too
//! late. After every turn the laws of the kernel are checked on every case that it touched, and that nothing due is left;
//! at every restart, every forty turns and at the end on the whole log and its read models. A year that breaks a law is
//! told by its seed and shrunk to the turns that it takes.
//!
//! A process of its own, because the lots follow from the log's root, its root from salts, and salts from the seed for a
//! whole process. `cargo xtask simulate --forever [--from SEED]` goes on until a law breaks; `BIHUAN_SEEDS=17..18` plays
//! one year again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may be blunt, their helpers too"
)]

mod acts;
mod county;
mod faults;
mod laws;
mod play;
mod turns;

use std::collections::BTreeMap;
use std::time::Instant;

use play::{Broken, play, shrink};
use turns::{Turn, What, year};

/// The years of the normal run.
const YEARS: std::ops::Range<u64> = 0..8;

fn seeds() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("BIHUAN_SEEDS") else {
        return YEARS;
    };
    let (from, to) = text.split_once("..").unwrap_or((&text, ""));
    let from: u64 = from.parse().expect("BIHUAN_SEEDS is FROM..TO");
    from..to.parse().unwrap_or(u64::MAX)
}

/// What must come about in the years of the normal run, so that keeping the laws says something.
const MUST_HAPPEN: [&str; 17] = [
    "case.opened",
    "case.moved",
    "case.closed",
    "verification.failed",
    "lookback.drawn",
    "case.requested",
    "case.decided",
    "case.resumed",
    "case.reassigned",
    "case.migrated",
    "clock.warned",
    "clock.breached",
    "clock.escalated",
    "clock.exhausted",
    "clock.recounted",
    "verification.drawn",
    "disk.failed",
];

#[test]
fn years_of_a_county_keep_the_ten_laws() {
    let (started, seeds) = (Instant::now(), seeds());
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for seed in seeds.clone() {
        let turns = year(seed);
        match play(seed, &turns) {
            Ok(played) => {
                for (kind, times) in played.kinds {
                    *kinds.entry(kind).or_default() += times;
                }
            }
            Err(broken) => {
                let (fewest, last) = shrink(seed, turns, broken);
                panic!("seed {seed} breaks the laws: {last}\nwith these turns:\n{fewest:#?}");
            }
        }
        if seed % 10 == 9 {
            println!(
                "seed {seed} kept the laws; {} s so far",
                started.elapsed().as_secs()
            );
        }
    }
    println!("{kinds:?}");
    if seeds == YEARS {
        let never: Vec<_> = MUST_HAPPEN
            .iter()
            .filter(|kind| !kinds.contains_key(**kind))
            .collect();
        assert!(never.is_empty(), "in none of these years: {never:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_log() {
    let turns: Vec<Turn> = year(7).into_iter().take(60).collect();
    let (one, two) = (play(7, &turns).unwrap(), play(7, &turns).unwrap());
    assert_eq!(one, two, "the same acts at the same times give the same root");
    assert_ne!(
        one.head,
        play(8, &turns).unwrap().head,
        "and other salts another one"
    );
}

#[test]
fn a_broken_law_is_found_and_shrunk_to_the_turn_that_breaks_it() {
    let mut turns: Vec<Turn> = year(3).into_iter().take(30).collect();
    // Somebody reaches past the engine into the read models.
    turns.insert(
        20,
        Turn {
            minutes: 5,
            what: What::Sabotage,
            seed: 1,
        },
    );
    let broken = play(3, &turns).unwrap_err();
    let (fewest, last): (Vec<Turn>, Broken) = shrink(3, turns, broken);
    assert!(fewest.len() <= 3, "{fewest:#?}");
    assert!(fewest.iter().any(|turn| turn.what == What::Sabotage), "{last}");
}
