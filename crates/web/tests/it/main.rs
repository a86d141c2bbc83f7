//! The real router on a real ledger with the shipped packs, driven as a browser and as a program would.

mod api;
mod browser;
mod bulletins;
mod county;
mod look;
mod pages;
