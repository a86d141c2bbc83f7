//! The ledger from outside: what it keeps, what it proves, what it refuses, and what a kill or a forger cannot do to it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::print_stderr,
    reason = "tests may be blunt, their helpers too"
)]

mod backup;
mod bundle;
mod crash;
mod disk;
mod erasure;
mod forgery;
mod lease;
mod log;
mod national;
mod powercut;
mod proofs;
mod refusals;
mod sealing;
mod support;
mod tamper;
mod witness;
