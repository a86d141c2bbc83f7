//! Stories of reading: pages in the shapes in which they come, written for these tests, about invented counties.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

mod aids;
mod bytes;
mod checks;
mod columns;
mod deadlines;
mod described;
mod formats;
mod gold;
mod heads;
mod insisted;
mod laws;
mod office;
mod pages;
mod paper;
mod perturb;
mod plans;
mod reckoned;
mod sums;
mod tables;
mod together;
mod told;
mod torn;
mod years;
