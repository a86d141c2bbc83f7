//! Stories of the mechanism language, its checker and its scenarios.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may"
)]

mod burdens;
mod diagrams;
mod language;
mod limits;
mod mutations;
mod rendering;
mod shipped;
mod suites;
mod support;
mod versions;
