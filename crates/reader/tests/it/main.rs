//! Stories of reading: pages in the shapes in which they come, written for these tests, about invented counties.
#![allow(clippy::indexing_slicing, clippy::panic, reason = "helpers of tests")]

mod bytes;
mod laws;
mod pages;
mod plans;
mod tables;
