//! Sample jurisdictions: nothing is refused, totals are the reported ones, the log is whole.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    reason = "tests may be blunt"
)]

mod county;
mod lists;
mod posts;
mod samples;
