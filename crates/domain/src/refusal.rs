//! A refusal: a rule says no. It names the rule and what would be allowed, and nothing was changed.

use bihuan_messages::{Lang, Message};
use serde::{Deserialize, Serialize};

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable code, such as `R104`.
    pub code: String,
    /// What the rule is, in words.
    pub rule: Message,
    /// What would be allowed instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Message>,
}

impl Refusal {
    /// A refusal under `code`, whose text is `refusal.<code>` of the catalogue.
    pub fn new(code: &str) -> Self {
        Refusal {
            code: code.to_owned(),
            rule: Message::new(format!("refusal.{code}")),
            allowed: Vec::new(),
        }
    }

    /// Adds a value to the rule's text.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<bihuan_messages::Arg>) -> Self {
        self.rule = self.rule.with(name, value);
        self
    }

    /// Adds something that would be allowed.
    #[must_use]
    pub fn allow(mut self, message: Message) -> Self {
        self.allowed.push(message);
        self
    }

    /// The whole text in `lang`: the rule, then what would be allowed.
    pub fn text(&self, lang: Lang) -> String {
        let mut text = self.rule.text(lang);
        for allowed in &self.allowed {
            if lang == Lang::En {
                text.push(' ');
            }
            text.push_str(&allowed.text(lang));
        }
        text
    }
}
