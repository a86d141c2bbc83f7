//! Where findings about one file are gathered, with the texts of the catalogue.

use bihuan_diagnostics::{Diagnostic, Span};
use bihuan_messages::{Message, has};

use crate::limits::FINDINGS_MAX;

/// Gathers the findings about one file.
#[derive(Debug)]
pub(crate) struct Sink<'a> {
    file: &'a str,
    found: Vec<Diagnostic>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(file: &'a str) -> Self {
        Sink {
            file,
            found: Vec::new(),
        }
    }

    pub(crate) fn file(&self) -> &'a str {
        self.file
    }

    /// Adds an error `code` at `span`. `fill` adds the values that its texts name.
    pub(crate) fn error(&mut self, code: &str, span: Span, fill: impl Fn(Message) -> Message) {
        let finding = described(code, self.file, span, fill);
        self.push(finding);
    }

    /// Adds a finding made elsewhere.
    pub(crate) fn push(&mut self, finding: Diagnostic) {
        if self.found.len() < FINDINGS_MAX {
            self.found.push(finding);
        }
    }

    pub(crate) fn has_errors(&self) -> bool {
        bihuan_diagnostics::any_error(&self.found)
    }

    pub(crate) fn into_findings(self) -> Vec<Diagnostic> {
        self.found
    }
}

/// An error with all the texts that the catalogue has for its code: message, why, mend, label.
pub(crate) fn described(code: &str, file: &str, span: Span, fill: impl Fn(Message) -> Message) -> Diagnostic {
    let lower = code.to_ascii_lowercase();
    let text = |suffix: &str| fill(Message::new(format!("check.{lower}{suffix}")));
    let optional = |suffix: &str| {
        let message = text(suffix);
        has(&message.key).then_some(message)
    };
    let mut finding = Diagnostic::error(code, file, span, text(""));
    finding.label = optional("_label");
    finding.why = optional("_why");
    finding.mend = optional("_mend");
    finding
}
