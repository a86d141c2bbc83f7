//! Stories about a case, and the laws of the kernel over generated histories.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may be blunt, their helpers too"
)]

mod algebra;
mod almanac;
mod county;
mod courses;
mod faults;
mod indicators;
mod laws;
mod stories;
