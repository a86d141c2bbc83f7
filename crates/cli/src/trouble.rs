//! Why a command could not run, in words of the catalogue.

use std::io::ErrorKind;
use std::path::Path;

use bihuan_messages::{Label, Lang, Message};

/// A reason; the command ends with exit code 2.
#[derive(Debug)]
pub(crate) struct Trouble(pub(crate) Message);

impl Trouble {
    /// A reason of the catalogue.
    pub(crate) fn new(key: &str) -> Self {
        Trouble(Message::new(key))
    }

    /// Adds a value.
    pub(crate) fn with(self, name: &str, value: impl std::fmt::Display) -> Self {
        Trouble(self.0.show(name, value))
    }

    /// The trouble that a file could not be read or written.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Trouble {
        move |error| Trouble(file_message(path, &error))
    }

    /// A trouble about one file, in the words of `message`.
    pub(crate) fn about(path: &Path, message: &Message) -> Trouble {
        Trouble(
            Message::new("cli.about_file")
                .show("path", path.display())
                .with("what", Label::new(message.text(Lang::Zh), message.text(Lang::En))),
        )
    }
}

/// Why a file could not be read or written, in plain words.
pub(crate) fn file_message(path: &Path, error: &std::io::Error) -> Message {
    let key = match error.kind() {
        ErrorKind::NotFound => "cli.file_not_found",
        ErrorKind::PermissionDenied => "cli.file_forbidden",
        ErrorKind::IsADirectory => "cli.file_is_directory",
        ErrorKind::AlreadyExists => "cli.file_exists",
        ErrorKind::StorageFull => "cli.disk_full",
        _ => {
            return Message::new("cli.file_io")
                .show("path", path.display())
                .show("said", error);
        }
    };
    Message::new(key).show("path", path.display())
}

impl From<bihuan_ledger::Error> for Trouble {
    fn from(error: bihuan_ledger::Error) -> Self {
        Trouble(error.message())
    }
}

impl From<bihuan_engine::Error> for Trouble {
    fn from(error: bihuan_engine::Error) -> Self {
        Trouble(error.message())
    }
}

impl From<bihuan_engine::Failure> for Trouble {
    fn from(failure: bihuan_engine::Failure) -> Self {
        let both = Label::new(failure.text(Lang::Zh), failure.text(Lang::En));
        Trouble(Message::new("cli.plain").with("what", both))
    }
}

impl From<Message> for Trouble {
    fn from(message: Message) -> Self {
        Trouble(message)
    }
}
