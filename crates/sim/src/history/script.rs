//! Scripts: what becomes of a case, and when.

use std::collections::BTreeMap;

use bihuan_domain::id::{Code, FieldId, PostId, StageId, UnitId};
use bihuan_domain::mechanism::RequestKind;
use bihuan_engine::OpenOrder;
use jiff::civil::DateTime;
use serde_json::Value as Json;

/// What is to be reached or done next.
#[derive(Clone, Debug)]
pub enum Act {
    /// Work on until the case stands in this stage.
    Reach(StageId),
    /// Work on until it is said to be done, then through verification until it is closed.
    Close,
    /// Give feedback.
    Note(String),
    /// Ask for a side move; it is granted (or not) two working days later.
    Ask {
        /// What for.
        what: RequestKind,
        /// By this many days (extension, suspension).
        days: i64,
        /// Reason by code.
        reason: Option<Code>,
        /// Which unit should have it (return).
        unit: Option<UnitId>,
        /// Whether it is granted; `None` leaves it undecided.
        grant: Option<bool>,
    },
    /// Remind the holder.
    Remind(String),
}

/// One case from its opening on.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its name: unique, letters, digits and `-`; part of every key.
    pub name: String,
    /// The post that opens it.
    pub opener: PostId,
    /// What is opened.
    pub open: OpenOrder,
    /// When.
    pub at: DateTime,
    /// What follows, in order of time.
    pub acts: Vec<(DateTime, Act)>,
    /// Values for fields that steps ask for; what is not here is made up and marked as a sample.
    pub later: BTreeMap<FieldId, Json>,
    /// The first verdicts of the verifier; passing where the list ends.
    pub verdicts: Vec<bool>,
    /// The script whose case this one is a part of; opened before it.
    pub parent: Option<String>,
    /// Whether regular reports are given.
    pub reports: bool,
    /// Days that the verifier takes.
    pub verify_days: i64,
    /// Whether hours count at night and on holidays, too.
    pub by_hour: bool,
}

impl Script {
    /// A case that is opened and left alone.
    pub fn new(name: impl Into<String>, opener: &PostId, open: OpenOrder, at: DateTime) -> Self {
        Script {
            name: name.into(),
            opener: opener.clone(),
            open,
            at,
            acts: Vec::new(),
            later: BTreeMap::new(),
            verdicts: Vec::new(),
            parent: None,
            reports: true,
            verify_days: 2,
            by_hour: false,
        }
    }

    /// Adds what happens at a time.
    #[must_use]
    pub fn then(mut self, at: DateTime, act: Act) -> Self {
        self.acts.push((at, act));
        self
    }

    /// Sets a value that a later step asks for.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Json>) -> Self {
        self.later.insert(field.into(), value.into());
        self
    }
}
