//! A year of a county from one seed, through the real engine on a real ledger: people on leave, refusals, disputes, new
//! rules, holidays announced late, restarts, crashes, failing disks, clocks that jump, commands that come twice or too
//! late. After every turn the laws of the kernel are checked on every case that it touched, and that nothing due is left;
//! at the end, and in eight years looked at closely also at every restart and every forty turns, on the whole log and its
//! read models. A year that breaks a law is told by its seed and shrunk to the turns that it takes.
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
use std::ops::Range;
use std::process::{Command, Stdio};
use std::time::Instant;

use play::{Broken, Pace, play, shrink};
use turns::{Turn, What, year};

/// The years of the normal run that are looked at closely.
const CLOSELY: Range<u64> = 0..8;
/// Those that are played in stride beside them, on every processor: few faults come twice in a few hundred years.
const IN_STRIDE: Range<u64> = 8..208;
/// Which years a person wants to see, closely; and which of the others a process of the normal run is to play.
const ASKED: &str = "BIHUAN_SEEDS";
const SHARE: &str = "BIHUAN_SEEDS_IN_STRIDE";

fn asked(variable: &str) -> Option<Range<u64>> {
    let text = std::env::var(variable).ok()?;
    let (from, to) = text.split_once("..").unwrap_or((&text, ""));
    let from: u64 = from
        .parse()
        .unwrap_or_else(|_| panic!("{variable} is FROM..TO, not `{text}`"));
    Some(from..to.parse().unwrap_or(u64::MAX))
}

/// Plays the years of these seeds; how often each event came about in them.
fn play_all(seeds: Range<u64>, pace: Pace) -> BTreeMap<String, u64> {
    let (started, mut kinds) = (Instant::now(), BTreeMap::new());
    for seed in seeds {
        let turns = year(seed);
        match play(seed, &turns, pace) {
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
    kinds
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
    let seeds = asked(ASKED);
    let kinds = play_all(seeds.clone().unwrap_or(CLOSELY), Pace::Closely);
    println!("{kinds:?}");
    if seeds.is_none() {
        let never: Vec<_> = MUST_HAPPEN
            .iter()
            .filter(|kind| !kinds.contains_key(**kind))
            .collect();
        assert!(never.is_empty(), "in none of these years: {never:?}");
    }
}

#[test]
fn two_hundred_years_in_stride_keep_the_ten_laws() {
    if let Some(share) = asked(SHARE) {
        play_all(share, Pace::InStride);
        return;
    }
    if asked(ASKED).is_some() {
        return;
    }
    // Salts follow from a seed for a whole process: each processor gets one of its own.
    let processes = std::thread::available_parallelism().map_or(1, |many| many.get() as u64);
    let each = (IN_STRIDE.end - IN_STRIDE.start).div_ceil(processes);
    let mut at_work = Vec::new();
    for from in IN_STRIDE.step_by(usize::try_from(each).unwrap()) {
        let share = format!("{from}..{}", (from + each).min(IN_STRIDE.end));
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["two_hundred_years_in_stride", "--nocapture"])
            .env(SHARE, &share)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        at_work.push((share, process));
    }
    for (share, process) in at_work {
        let ended = process.wait_with_output().unwrap();
        let (said, broke) = (
            String::from_utf8_lossy(&ended.stdout),
            String::from_utf8_lossy(&ended.stderr),
        );
        assert!(
            ended.status.success() && said.contains("1 passed"),
            "seeds {share}:\n{said}\n{broke}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_log() {
    let turns: Vec<Turn> = year(7).into_iter().take(60).collect();
    let (one, two) = (
        play(7, &turns, Pace::Closely).unwrap(),
        play(7, &turns, Pace::InStride).unwrap(),
    );
    assert_eq!(one, two, "the same acts at the same times give the same root");
    assert_ne!(
        one.head,
        play(8, &turns, Pace::InStride).unwrap().head,
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
    let broken = play(3, &turns, Pace::InStride).unwrap_err();
    let (fewest, last): (Vec<Turn>, Broken) = shrink(3, turns, broken);
    assert!(fewest.len() <= 3, "{fewest:#?}");
    assert!(fewest.iter().any(|turn| turn.what == What::Sabotage), "{last}");
}
