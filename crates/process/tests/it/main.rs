//! Event logs as they come from other systems, and what they tell.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "tests may be blunt"
)]

mod figures;
mod hostile;
mod reading;
mod writing;

use bihuan_process::{Charged, EventLog, Figures, Options, Read, Rows, read};

/// The log of a table.
fn told(table: &str) -> Read {
    read(table.as_bytes(), &Options::default()).unwrap()
}

/// A log of cases, each a word of activities, one letter and one minute each.
fn words(cases: &[&str]) -> EventLog {
    let mut rows = Rows::default();
    for (n, case) in cases.iter().enumerate() {
        for (at, letter) in case.chars().enumerate() {
            rows.add(
                &n.to_string(),
                &letter.to_string(),
                at as i64 * 60_000_000,
                Some("u"),
            );
        }
    }
    rows.into_log()
}

fn figures(log: &EventLog) -> Figures {
    Figures::of(log, Charged::Doer, 1)
}

/// A way as text.
fn way(log: &EventLog, activities: &[u32]) -> String {
    activities
        .iter()
        .map(|activity| log.activity_names().text(*activity))
        .collect::<Vec<_>>()
        .join(" ")
}
