//! What can go wrong, in three classes: refused (a rule says no), conflict (somebody was faster), fault (ours).

use bihuan_domain::refusal::Refusal;
use bihuan_messages::{Lang, Message};

/// A fault: ours or the machine's. It is logged whole; people see an operation number.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log or its file.
    #[error("{}", .0.message().text(Lang::En))]
    Ledger(#[from] bihuan_ledger::Error),
    /// The read models.
    #[error("read models: {0}")]
    Views(#[from] rusqlite::Error),
    /// Stored data of another shape than this program knows.
    #[error("stored data: {0}")]
    Stored(#[from] serde_json::Error),
    /// An event that this program cannot read.
    #[error("event `{name}` version {version}: {why}")]
    Event {
        /// Its stored name.
        name: String,
        /// Its stored version.
        version: u32,
        /// What is wrong.
        why: String,
    },
    /// A pack that does not compile; it is never adopted.
    #[error("the pack has {faults} fault(s), the first {first}")]
    Unsound {
        /// How many.
        faults: usize,
        /// The first: its code, its file, and what it says.
        first: String,
    },
    /// Settings that do not fit, all that is wrong with them.
    #[error("{}", .0.text(Lang::En))]
    Settings(Box<Message>),
    /// The writer has stopped.
    #[error("the writer has stopped")]
    Stopped,
    /// Randomness, hashing of passwords and the like.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// What a person is told.
    pub fn message(&self) -> Message {
        match self {
            Error::Ledger(error) => error.message(),
            Error::Settings(message) => message.as_ref().clone(),
            Error::Unsound { faults, first } => Message::new("refusal.unsound_pack")
                .show("n", faults)
                .with("first", first.as_str()),
            other => Message::new("refusal.fault").with("what", other.to_string()),
        }
    }
}

impl From<bihuan_domain::event::Unreadable> for Error {
    fn from(e: bihuan_domain::event::Unreadable) -> Self {
        Error::Event {
            name: e.name,
            version: e.version,
            why: e.why,
        }
    }
}

/// Why a submission was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A rule says no; nothing has changed.
    #[error("{}", .0.text(Lang::En))]
    Refused(Refusal),
    /// A fault; nothing has changed.
    #[error(transparent)]
    Fault(#[from] Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal)
    }
}

impl From<bihuan_ledger::Error> for Failure {
    fn from(error: bihuan_ledger::Error) -> Self {
        Failure::Fault(Error::Ledger(error))
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Failure::Fault(Error::Views(error))
    }
}

impl From<crate::wire::Unfit> for Failure {
    fn from(unfit: crate::wire::Unfit) -> Self {
        match unfit {
            crate::wire::Unfit::Refused(refusal) => Failure::Refused(refusal),
            crate::wire::Unfit::Fault(error) => Failure::Fault(Error::Ledger(error)),
        }
    }
}

impl Failure {
    /// What a person is told.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Failure::Refused(refusal) => refusal.text(lang),
            Failure::Fault(error) => error.message().text(lang),
        }
    }
}
