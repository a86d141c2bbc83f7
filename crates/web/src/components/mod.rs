//! Parts of pages, each with one job.

pub mod pager;
pub mod summary;
