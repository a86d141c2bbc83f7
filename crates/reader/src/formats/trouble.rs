//! Why a file cannot be opened as a document, in one sentence that says what to do.

use bihuan_messages::Message;

use crate::{decode, table};

/// Why a file cannot be opened as a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Not the bytes of a text.
    Text(decode::Unreadable),
    /// A spreadsheet that cannot be read.
    Table(table::Unreadable),
    /// Larger than what is opened.
    TooLarge {
        /// Size found, in bytes.
        bytes: usize,
        /// Largest size accepted, in bytes.
        limit: usize,
    },
    /// Unfolds to more than [`super::UNPACKED_MAX`].
    Bomb,
    /// Its parts stand deeper in one another than any document's do.
    Deep {
        /// How deep they may stand.
        limit: usize,
    },
    /// Protected with a password.
    Locked,
    /// Its inside is broken: cut off while copying, or not made by an office program.
    Damaged {
        /// What kind of file it calls itself.
        kind: &'static str,
    },
    /// A PDF of pictures: it was scanned and holds no text.
    NoTextLayer {
        /// Pages of the file.
        pages: usize,
    },
    /// A PDF whose characters cannot be told: its fonts do not say which character each glyph is.
    NoCharacters {
        /// Characters found.
        found: usize,
        /// Of them without a meaning.
        unknown: usize,
    },
    /// A picture.
    Picture,
    /// An older or other kind of document: `doc`, `ppt`, `rtf`, `odt`, `ofd`, `zip`, `mht`.
    Other {
        /// Which, as the end of its catalogue key.
        kind: &'static str,
    },
}

impl Unreadable {
    /// What to tell the person who gave the file.
    pub fn message(&self) -> Message {
        let mib = |bytes: usize| bytes.div_ceil(1024 * 1024);
        match self {
            Unreadable::Text(unreadable) => unreadable.message(),
            Unreadable::Table(unreadable) => unreadable.message(),
            Unreadable::TooLarge { bytes, limit } => Message::new("reader.too_large")
                .show("mib", mib(*bytes))
                .show("limit", mib(*limit)),
            Unreadable::Bomb => {
                Message::new("reader.file_bomb").show("limit", super::UNPACKED_MAX / (1024 * 1024))
            }
            Unreadable::Deep { limit } => Message::new("reader.file_deep").show("limit", limit),
            Unreadable::Locked => Message::new("reader.file_locked"),
            Unreadable::Damaged { kind } => Message::new("reader.file_damaged").with("kind", *kind),
            Unreadable::NoTextLayer { pages } => Message::new("reader.pdf_scanned").show("pages", pages),
            Unreadable::NoCharacters { found, unknown } => Message::new("reader.pdf_no_characters")
                .show("found", found)
                .show("unknown", unknown),
            Unreadable::Picture => Message::new("reader.file_picture"),
            Unreadable::Other { kind } => Message::new(format!("reader.file_{kind}")),
        }
    }
}

impl From<decode::Unreadable> for Unreadable {
    fn from(unreadable: decode::Unreadable) -> Self {
        Unreadable::Text(unreadable)
    }
}

impl From<table::Unreadable> for Unreadable {
    fn from(unreadable: table::Unreadable) -> Self {
        match unreadable {
            table::Unreadable::Text(unreadable) => Unreadable::Text(unreadable),
            table::Unreadable::Bomb => Unreadable::Bomb,
            table::Unreadable::Locked => Unreadable::Locked,
            other => Unreadable::Table(other),
        }
    }
}
