//! The process view (过程视图): event logs in memory, from CSV, XES or the house's own cases, what they tell of the real course of
//! work, and how they are given to others. Knows neither cases nor the log; does not rank anybody.
//!
//! A log is columns of numbers ([`EventLog`]), its figures are whole seconds and counts ([`Figures`]): the same bytes give the
//! same answer, whatever the number of threads.

mod columns;
mod csv;
mod fault;
mod figures;
pub mod flat;
mod lasting;
mod log;
mod names;
pub mod ocel;
mod spread;
mod stamp;
mod told;
mod xes;

pub use columns::{Columns, Sort};
pub use fault::{Fault, Faults, Unreadable};
pub use figures::{Activity, Charged, Figures, Follow, HolderWait, Loop, Variant, holder_waits};
pub use lasting::{lasting, share};
pub use log::{Case, EventLog, Rows};
pub use names::{NONE, Names};
pub use spread::Spread;
pub use stamp::{DateOrder, instant, written};
pub use told::Told;

/// The largest file that is read, in bytes.
pub const LIMIT_BYTES: usize = 3 * 1024 * 1024 * 1024;

/// How a file is read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Columns that somebody named; of XES the keys of attributes.
    pub columns: Columns,
    /// In which order dates are written that do not begin with the year.
    pub dates: DateOrder,
    /// Threads that may be used; 0 is one.
    pub threads: usize,
}

/// A log that was read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The log.
    pub log: EventLog,
    /// Rows that were left out.
    pub faults: Faults,
    /// The encoding found.
    pub encoding: &'static str,
    /// Which column was taken for what.
    pub columns: Vec<(Sort, String)>,
}

/// Reads an event log: CSV in UTF-8, GB18030 (GBK) or UTF-16 with a heading, or XES.
///
/// # Errors
///
/// [`Unreadable`] where it is none; single rows that cannot be read are left out and stand in [`Read::faults`].
///
/// # Example
///
/// ```
/// let table = "编号,环节,时间\n1,受理,2026-03-01 08:00\n1,办结,2026-03-02 08:00\n";
/// let read = bihuan_process::read(table.as_bytes(), &bihuan_process::Options::default()).unwrap();
/// assert_eq!((read.log.events(), read.log.case_count()), (2, 1));
/// ```
pub fn read(bytes: &[u8], options: &Options) -> Result<Read, Unreadable> {
    if bytes.len() > LIMIT_BYTES {
        return Err(Unreadable::TooLarge { bytes: bytes.len() });
    }
    let known = SIGNATURES.iter().find(|(magic, _)| bytes.starts_with(magic));
    if let Some((_, name)) = known {
        return Err(Unreadable::Binary {
            looks_like: (*name).to_owned(),
        });
    }
    let head = bytes
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(bytes)
        .trim_ascii_start();
    let utf16 = [b"\xFF\xFE<".as_slice(), b"\xFE\xFF\0<"];
    if head.starts_with(b"<") || utf16.iter().any(|mark| bytes.starts_with(mark)) {
        xes::read(bytes, options)
    } else {
        csv::read(bytes, options)
    }
}

const SIGNATURES: [(&[u8], &str); 6] = [
    (b"PK\x03\x04", "ZIP, XLSX"),
    (b"\x1F\x8B", "gzip"),
    (b"\xD0\xCF\x11\xE0", "XLS"),
    (b"SQLite format 3", "SQLite"),
    (b"%PDF", "PDF"),
    (b"PAR1", "Parquet"),
];
