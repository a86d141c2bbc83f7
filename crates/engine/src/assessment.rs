//! Assessment (考核) on a ledger: computed from the read models or the log, traced to entries, handed out as slices.
//!
//! [`score`](bihuan_domain::assessment::score) does the sums; this finds the facts. Three ways lead to the same sheet:
//! the read models (pages), the log alone (`bihuan report assess`), and a slice of the log that concerns one unit and
//! proves to belong to a signed head (the unit itself, offline). Tests hold them to the same bytes.
//!
//! These functions block; asynchronous callers put them on a blocking thread.

mod announce;
mod change;
mod compared;
mod course;
mod facts;
mod fold;
mod issued;
mod notice;
mod run;
mod slice;
mod told;

pub(crate) use announce::{Computed, computed};
pub(crate) use compared::Compared;

pub use announce::sheet_hash;
pub use change::{Change, Move, moves};
pub use compared::compared;
pub use course::{Announced, Course, ITEM, Said, about_items};
pub use issued::{Issued, PaperRecheck, issue, issues, paper_of_file, recheck};
pub use notice::{Paper, Papers, paper_docx, paper_html};
pub use run::{Head, Run, Traced, live, of_log, period_of, scheme_named, sheet_json};
pub use slice::{Slice, export, read_slice};
pub use told::EventRef;
