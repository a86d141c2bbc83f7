//! The real router on a real ledger with the shipped packs, driven as a browser and as a program would.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may be blunt, their helpers too"
)]

mod accounts;
mod admin;
mod api;
mod assessments;
mod authority;
mod browser;
mod bulletins;
mod charts;
mod common;
mod county;
mod custody;
mod find;
mod forms;
mod imports;
mod known;
mod leaders;
mod ledgers;
mod look;
mod mechanisms;
mod meetings;
mod nothing;
mod notifications;
mod orders;
mod pages;
mod papers;
mod phone;
mod process;
mod provider;
mod standing;
mod threads;
