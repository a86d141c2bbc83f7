//! The command line as a person meets it, and rules of the whole house.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    reason = "tests may be blunt"
)]

mod assess;
mod backup;
mod bad_input;
mod bench;
mod change;
mod custody;
mod data;
mod help;
mod hostile;
mod house;
mod messages_used;
mod mine;
mod packs;
mod report;
mod run;
mod source;
