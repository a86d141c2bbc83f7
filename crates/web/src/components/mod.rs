//! Parts of pages, each with one job.

pub mod chart;
pub mod found;
pub mod pager;
pub mod qr;
pub mod summary;
pub mod trend;
