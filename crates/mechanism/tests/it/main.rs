//! Stories of the mechanism language, its checker and its scenarios.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests may"
)]

mod burdens;
mod county;
mod coverage;
mod diagrams;
mod histories;
mod history;
mod language;
mod limits;
mod mutations;
mod rendering;
mod schemas;
mod shipped;
mod suites;
mod support;
mod turns;
mod versions;
