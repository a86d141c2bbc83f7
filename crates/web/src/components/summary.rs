//! The error summary (错误汇总): at the head of a form that was refused, with a link to each field that it is about.
//!
//! Accessibility: it is announced (`role=alert`), takes the focus where scripts run, and every entry says how to mend.

use bihuan_messages::{Lang, t};
use maud::{Markup, html};

use crate::show;

/// One thing to mend: what, and the id of the field that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The id of the field, without `#`.
    pub field: Option<String>,
    /// What is wrong and how to mend it.
    pub text: String,
    /// What would be allowed instead, where a rule refused.
    pub allowed: Vec<String>,
}

impl Problem {
    /// Something about one field.
    pub fn at(field: impl Into<String>, text: impl Into<String>) -> Problem {
        Problem {
            field: Some(field.into()),
            text: text.into(),
            allowed: Vec::new(),
        }
    }

    /// A trouble in the visitor's language: the rule, and what would be allowed.
    pub fn from_trouble(trouble: &crate::trouble::Trouble, lang: Lang) -> Problem {
        let mut text = trouble.rule.text(lang);
        if let Some(operation) = &trouble.operation {
            text.push_str(&format!(" ({operation})"));
        }
        let allowed = trouble.allowed.iter().map(|message| message.text(lang)).collect();
        Problem {
            field: None,
            text,
            allowed,
        }
    }
}

/// The summary; nothing where there is no problem.
pub fn summary(lang: Lang, problems: &[Problem]) -> Markup {
    html! {
        @if !problems.is_empty() {
            div .summary role="alert" tabindex="-1" data-focus {
                p .summary-title { (t(lang, "web.refused_title")) }
                ul {
                    @for problem in problems {
                        li {
                            @match &problem.field {
                                Some(field) => { a href={ "#" (field) } { (show::text(&problem.text)) } },
                                None => { (show::text(&problem.text)) },
                            }
                            @for allowed in &problem.allowed { p .allowed { (allowed) } }
                        }
                    }
                }
            }
        }
    }
}

/// The message at a field; nothing where the field is in order.
pub fn at_field(problems: &[Problem], field: &str) -> Markup {
    html! {
        @for problem in problems.iter().filter(|problem| problem.field.as_deref() == Some(field)) {
            p .field-error id={ (field) "-error" } { (show::text(&problem.text)) }
        }
    }
}
