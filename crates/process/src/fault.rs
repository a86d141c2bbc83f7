//! What is wrong with a file: rows that could not be read, each with its number, or no log at all.

use bihuan_messages::{Label, Lang, Message, t};

use crate::columns::Sort;

/// Faults kept; beyond it they are only counted.
pub(crate) const KEPT: usize = 1_000;

/// A row that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The row as a spreadsheet numbers it, the heading being 1; of XES the event, from 1.
    pub row: u64,
    /// The column in question.
    pub column: Sort,
    /// What was found there, shortened; empty where nothing was.
    pub found: String,
}

impl Fault {
    /// What to tell whoever brought the file.
    pub fn message(&self) -> Message {
        let key = match self.found.is_empty() {
            true => "process.fault_empty",
            false => "process.fault_time",
        };
        Message::new(key)
            .show("row", self.row)
            .with("column", self.column.label())
            .with("found", self.found.as_str())
    }
}

/// The rows that were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// The first of them, by row.
    pub first: Vec<Fault>,
    /// How many there are in all.
    pub total: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, row: u64, column: Sort, found: &str) {
        self.total += 1;
        if self.first.len() < KEPT {
            self.first.push(Fault {
                row,
                column,
                found: found.chars().take(40).collect(),
            });
        }
    }

    /// Takes in the faults of later rows, whose numbers begin after `offset`.
    pub(crate) fn append(&mut self, later: Faults, offset: u64) {
        self.total += later.total;
        let room = KEPT.saturating_sub(self.first.len());
        self.first
            .extend(later.first.into_iter().take(room).map(|fault| Fault {
                row: fault.row.saturating_add(offset),
                ..fault
            }));
    }
}

/// Why a file is no event log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// There is nothing in it.
    Empty,
    /// Not the bytes of a text.
    Binary {
        /// What they look like, e.g. `gzip`; empty if unknown.
        looks_like: String,
    },
    /// Larger than can be read.
    TooLarge {
        /// Size found, in bytes.
        bytes: usize,
    },
    /// A column that is needed was not recognised, or the one that was named is not there.
    NoColumn {
        /// Which sort.
        sort: Sort,
        /// The name that was asked for.
        asked: Option<String>,
        /// The columns that there are.
        columns: Vec<String>,
    },
    /// One column was named for two things.
    Twice {
        /// The column.
        column: String,
    },
    /// A heading without rows.
    NoRows,
    /// Not one row could be read.
    NoneRead {
        /// Rows found.
        rows: u64,
        /// The first that is wrong.
        first: Option<Fault>,
    },
    /// XML that breaks off or is not well formed.
    BrokenXml {
        /// Byte at which it was noticed.
        at: u64,
        /// What the parser said.
        why: String,
    },
    /// XML of another kind.
    NotXes {
        /// The outermost element found.
        root: String,
    },
}

impl Unreadable {
    /// What to tell whoever brought the file.
    pub fn message(&self) -> Message {
        match self {
            Unreadable::Empty => Message::new("process.empty"),
            Unreadable::Binary { looks_like } if looks_like.is_empty() => Message::new("process.binary"),
            Unreadable::Binary { looks_like } => {
                Message::new("process.binary_known").with("format", looks_like.as_str())
            }
            Unreadable::TooLarge { bytes } => Message::new("process.too_large")
                .show("mib", bytes / (1024 * 1024))
                .show("limit", crate::LIMIT_BYTES / (1024 * 1024)),
            Unreadable::NoColumn { sort, asked, columns } => {
                let message = match asked {
                    Some(asked) => Message::new("process.no_such_column").with("asked", asked.as_str()),
                    None => Message::new("process.no_column"),
                };
                message
                    .with("column", sort.label())
                    .with("option", sort.option())
                    .with("columns", columns.join(" | "))
            }
            Unreadable::Twice { column } => Message::new("process.twice").with("column", column.as_str()),
            Unreadable::NoRows => Message::new("process.no_rows"),
            Unreadable::NoneRead { rows, first } => {
                let first = first.as_ref().map(Fault::message);
                let text = |lang| first.as_ref().map(|first| first.text(lang)).unwrap_or_default();
                Message::new("process.none_read")
                    .show("rows", rows)
                    .with("first", Label::new(text(Lang::Zh), text(Lang::En)))
            }
            Unreadable::BrokenXml { at, why } => Message::new("process.broken_xml")
                .show("at", at)
                .with("why", why.as_str()),
            Unreadable::NotXes { root } => Message::new("process.not_xes").with("root", root.as_str()),
        }
    }
}

impl Sort {
    /// Its name for people.
    pub fn label(self) -> Label {
        let key = match self {
            Sort::Case => "process.column_case",
            Sort::Activity => "process.column_activity",
            Sort::Time => "process.column_time",
            Sort::Holder => "process.column_holder",
        };
        Label::new(t(Lang::Zh, key), t(Lang::En, key))
    }
}
