//! Speed of reading an event log and of its figures. The comparison with others stands in `compare.py` beside this.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what is measured is made here"
)]

use std::fmt::Write as _;

use bihuan_process::{Charged, Figures, Options, read};
use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

/// Cases that go a way of five to nine activities, at random from a fixed beginning.
fn table(events: usize) -> String {
    const WAY: [&str; 6] = ["受理", "交办", "办理", "核查", "办理", "销号"];
    let mut text = String::from("编号,环节,时间,承办单位\n");
    let (mut seed, mut case, mut left) = (7u64, 0, 0);
    for _ in 0..events {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let some = seed >> 33;
        if left == 0 {
            (case, left) = (case + 1, 5 + some % 5);
        }
        left -= 1;
        let (day, hour, unit) = (1 + some % 28, some % 24, some % 40);
        let activity = WAY[usize::try_from(left).unwrap_or(0) % WAY.len()];
        let _ = writeln!(
            text,
            "{case:07},{activity},2026-03-{day:02} {hour:02}:15:00,单位{unit}"
        );
    }
    text
}

#[divan::bench(args = [1, 2])]
fn read_csv(bencher: Bencher, threads: usize) {
    let text = table(200_000);
    let options = Options {
        threads,
        ..Options::default()
    };
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| read(text.as_bytes(), &options));
}

#[divan::bench(args = [1, 2])]
fn figures(bencher: Bencher, threads: usize) {
    let read = read(table(200_000).as_bytes(), &Options::default()).expect("the table is made here");
    bencher.bench(|| Figures::of(&read.log, Charged::Doer, threads));
}
