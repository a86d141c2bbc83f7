//! What is wrong with a file and how to mend it: one [`Diagnostic`] value and its renderers, for people and programs.
//!
//! Not for refusals of commands (those are `domain::refusal`) and not for our own defects. Pure: files come in as text.
//!
//! # Example
//!
//! ```
//! use std::collections::BTreeMap;
//! use bihuan_diagnostics::{Diagnostic, Span, terminal};
//! use bihuan_messages::{Lang, Message};
//!
//! let files = BTreeMap::from([("a.toml".to_owned(), "to = \"督办\"\n".to_owned())]);
//! let found = Diagnostic::error("M0111", "a.toml", Span::new(5, 13), Message::new("x.unknown"));
//! let text = terminal::render(&[found], &files, Lang::Zh, false);
//! assert!(text.contains("1 | to = \"督办\"\n  |      ^^^^^^"));
//! ```

pub mod html;
pub mod json;
mod place;
pub mod terminal;

use std::collections::BTreeMap;

use bihuan_messages::Message;
use serde::{Deserialize, Serialize};

pub use place::{Lines, Place, width};

/// The files that findings point into, by path.
pub type Files = BTreeMap<String, String>;

/// A stretch of a file in bytes of its UTF-8 text, from `start` up to but not including `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// From `start` up to `end`; an end before the start is an empty span.
    pub fn new(start: usize, end: usize) -> Self {
        Span {
            start,
            end: end.max(start),
        }
    }

    /// The smallest span around both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Span::new(range.start, range.end)
    }
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; the file may be used.
    Warning,
    /// Must be mended before the file may be used.
    Error,
}

/// A second place that belongs to a finding, such as where a name was first defined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// The file.
    pub file: String,
    /// Where in it.
    pub span: Span,
    /// What is there.
    pub message: Message,
}

/// A finding: what, where, why it matters and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code, such as `M0107`; each has a page in `docs/checks/`.
    pub code: String,
    /// How grave.
    pub severity: Severity,
    /// The file's path as given.
    pub file: String,
    /// Where in the file.
    pub span: Span,
    /// What was found and what was expected; one sentence.
    pub message: Message,
    /// A few words beside the carets.
    pub label: Option<Message>,
    /// Why it matters.
    pub why: Option<Message>,
    /// How to mend it.
    pub mend: Option<Message>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &str, file: &str, span: Span, message: Message) -> Self {
        Diagnostic {
            code: code.to_owned(),
            severity: Severity::Error,
            file: file.to_owned(),
            span,
            message,
            label: None,
            why: None,
            mend: None,
            related: Vec::new(),
        }
    }

    /// A warning.
    pub fn warning(code: &str, file: &str, span: Span, message: Message) -> Self {
        Diagnostic {
            severity: Severity::Warning,
            ..Diagnostic::error(code, file, span, message)
        }
    }

    /// Adds the words beside the carets.
    #[must_use]
    pub fn label(mut self, label: Message) -> Self {
        self.label = Some(label);
        self
    }

    /// Adds why it matters.
    #[must_use]
    pub fn why(mut self, why: Message) -> Self {
        self.why = Some(why);
        self
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn mend(mut self, mend: Message) -> Self {
        self.mend = Some(mend);
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn relate(mut self, file: &str, span: Span, message: Message) -> Self {
        self.related.push(Related {
            file: file.to_owned(),
            span,
            message,
        });
        self
    }
}

/// Sorts findings by file, place and code, and drops repetitions: the order in which one mends them.
pub fn sort(findings: &mut Vec<Diagnostic>) {
    findings.sort_by(|a, b| (&a.file, a.span, &a.code).cmp(&(&b.file, b.span, &b.code)));
    findings.dedup();
}

/// Whether any finding must be mended before the files may be used.
pub fn any_error(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}
