//! What a person would find on opening the files, and what an attacker would not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may be as blunt as the tests themselves"
)]

mod documents;
mod hostile;
#[cfg(feature = "pdf")]
mod pdf;
mod sheets;
#[cfg(feature = "pdf")]
mod typefaces;
