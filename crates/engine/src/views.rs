//! Read models: what lists, desks and timers look at. Made from the log, in its file and in its transactions, and
//! equal to what a rebuild from the log makes of them. What lists filter and sort by is also held in memory (`Roll`).
//!
//! They live in the engine and not in the ledger, so that the ledger stays verifiable without knowing what a case is
//! (`docs/adr/`). Titles and names stand here in the clear; an erasure removes them in its own transaction.

mod alike;
mod awaited;
mod brief;
mod brought;
mod desk;
mod due;
mod fold;
mod group;
mod lanes;
mod ordered;
mod packed;
mod pass;
mod piece;
mod places;
mod project;
mod query;
mod rebuild;
mod refold;
mod roll;
mod select;
mod spans;

pub use desk::{DESK_COUNTED, DeskCounts};
pub use fold::{fold, words};
pub use group::Group;
pub use query::{CaseRow, CaseView, Counts, DutyRow, Filter, Page, Sort, TimelineEntry, Views};
pub use rebuild::{Difference, compare, rebuild};
pub use spans::Span;

pub(crate) use awaited::Awaited;
pub(crate) use brief::{Brief, Course, each_brief};
pub(crate) use brought::{open_about, open_cases, project_brought, scheduled_through};
pub(crate) use due::{due_cases, put_off};
pub(crate) use packed::read as read_state;
pub use piece::{Filling, filling};
pub(crate) use piece::{Kept, Measures, about, each_piece, filling_of};
pub(crate) use project::{
    Face, Title, clear_title, number_after, pack_state, project_change, recent_verifiers, titled, write_state,
};
pub(crate) use query::{actor_of, by_key, each_state, is_there, state};
pub(crate) use rebuild::{applied, set_applied};
pub(crate) use roll::Listing;

/// The tables. `case_views` is what lists show, filter and sort by; `states` the whole state of each case, packed. They lie
/// apart so that lists and the start read no states.
pub(crate) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS views_meta(id INTEGER PRIMARY KEY CHECK (id = 0), applied INTEGER NOT NULL, cases INTEGER NOT NULL, form INTEGER NOT NULL);
INSERT OR IGNORE INTO views_meta(id, applied, cases, form) VALUES (0, 0, 0, 0);
CREATE TABLE IF NOT EXISTS case_views(
  id INTEGER PRIMARY KEY,
  mechanism TEXT NOT NULL,
  number TEXT,
  title TEXT,
  stage TEXT NOT NULL,
  kind TEXT NOT NULL,
  open INTEGER NOT NULL,
  owner TEXT NOT NULL,
  holder_unit TEXT NOT NULL,
  holder_post TEXT NOT NULL,
  colour INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  due_at INTEGER,
  done_at INTEGER,
  closed_at INTEGER,
  on_time INTEGER,
  late INTEGER NOT NULL,
  round INTEGER NOT NULL,
  reworks INTEGER NOT NULL,
  parent INTEGER,
  source_kind TEXT NOT NULL,
  document TEXT,
  source_key TEXT,
  wake_at INTEGER,
  parties TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS states(id INTEGER PRIMARY KEY, state BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS case_views_by_mechanism ON case_views(mechanism);
CREATE INDEX IF NOT EXISTS case_views_by_wake ON case_views(wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS case_views_by_key ON case_views(mechanism, source_key) WHERE source_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS case_views_by_parent ON case_views(parent) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS case_views_by_document ON case_views(document) WHERE document IS NOT NULL;
CREATE TABLE IF NOT EXISTS duties(
  case_id INTEGER NOT NULL,
  place INTEGER NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL,
  unit TEXT NOT NULL,
  post TEXT NOT NULL,
  person TEXT,
  since INTEGER NOT NULL,
  due INTEGER,
  colour INTEGER NOT NULL,
  PRIMARY KEY (case_id, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS numbers(series TEXT NOT NULL, year INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (series, year)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recent_verifiers(owner TEXT PRIMARY KEY, person TEXT NOT NULL) WITHOUT ROWID;
";

/// Makes the tables where they are not there.
pub(crate) fn create(connection: &rusqlite::Connection) -> Result<(), crate::error::Error> {
    connection.execute_batch(TABLES)?;
    connection.execute_batch(desk::INDEX)?;
    connection.execute_batch(brought::TABLES)?;
    connection.execute_batch(brief::TABLE)?;
    connection.execute_batch(due::TABLE)?;
    connection.execute_batch(places::TABLE)?;
    connection.execute_batch(piece::TABLES)?;
    Ok(())
}

/// The form of the read models and of the state in them. Raise it whenever `evolve`, [`TABLES`] or the projection changes:
/// a data directory of another form is made anew from its log when it is opened.
pub(crate) const FORM: u64 = 8;

/// The tables of [`TABLES`], for clearing and comparing.
pub(crate) const NAMES: [&str; 11] = [
    "case_views",
    "states",
    "briefs",
    "measures",
    "pieces",
    "duties",
    "places",
    "numbers",
    "recent_verifiers",
    "open_matters",
    "schedules",
];
