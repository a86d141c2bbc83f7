//! What a command says and where: results to standard output, remarks and progress to standard error.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use bihuan_messages::{Lang, Message, t, tf};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::trouble::Trouble;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, nothing wrong.
    Fine,
    /// Done, and faults were found.
    Faults,
    /// Could not run.
    CouldNot,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Faults => 1,
            Exit::CouldNot => 2,
        })
    }
}

/// The terminal, in the language of whoever sits there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term {
    /// The language.
    pub(crate) lang: Lang,
}

impl Term {
    /// A terminal that speaks `lang`.
    pub(crate) fn new(lang: Lang) -> Self {
        Term { lang }
    }

    /// Writes a line to standard output. A reader that went away (`| head`) is not a fault.
    pub(crate) fn line(&self, text: impl Display) {
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }

    /// Writes text as it is to standard output.
    pub(crate) fn raw(&self, bytes: &[u8]) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }

    /// Writes a line of the catalogue to standard output.
    pub(crate) fn say(&self, key: &str, args: &[(&str, &dyn Display)]) {
        self.line(tf(self.lang, key, args));
    }

    /// Writes a JSON value to standard output, on one line.
    pub(crate) fn json(&self, value: &impl serde::Serialize) {
        // Our own plain data always serialises; were it not to, an empty line says so less badly than a panic.
        self.line(serde_json::to_string(value).unwrap_or_default());
    }

    /// Writes a remark of the catalogue to standard error.
    pub(crate) fn remark(&self, key: &str, args: &[(&str, &dyn Display)]) {
        self.aside(tf(self.lang, key, args));
    }

    /// Writes a line to standard error.
    pub(crate) fn aside(&self, text: impl Display) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// A message in this terminal's language.
    pub(crate) fn text(&self, message: &Message) -> String {
        message.text(self.lang)
    }

    /// Says why a command could not run.
    pub(crate) fn trouble(&self, trouble: &Trouble) {
        self.remark("cli.error", &[("what", &trouble.0.text(self.lang))]);
    }

    /// Whether colours and progress make sense on standard error.
    pub(crate) fn is_interactive(&self) -> bool {
        std::io::stderr().is_terminal()
    }

    /// Whether standard output is looked at by a person.
    pub(crate) fn out_is_terminal(&self) -> bool {
        std::io::stdout().is_terminal()
    }

    /// A progress bar over `len` steps, on standard error, only on a terminal. Without a length, a spinner.
    pub(crate) fn progress(&self, key: &str, len: Option<u64>) -> ProgressBar {
        let bar = match len {
            Some(len) => ProgressBar::new(len),
            None => ProgressBar::new_spinner(),
        };
        if !self.is_interactive() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            return bar;
        }
        let template = if len.is_some() {
            "{msg} {bar:30} {human_pos}/{human_len} {eta}"
        } else {
            "{spinner} {msg} {human_pos}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(t(self.lang, key));
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }
}
