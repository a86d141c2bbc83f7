//! The mechanism's file as its author wrote it: shown with light marks, and as a download.

use maud::{Markup, html};

/// A TOML text, line by line: comments, heads and keys are marked and nothing is hidden.
pub(super) fn shown(text: &str) -> Markup {
    html! { pre .source tabindex="0" { code { @for line in text.lines() { (marked(line)) "\n" } } } }
}

fn marked(line: &str) -> Markup {
    let start = line.trim_start();
    if start.starts_with('#') {
        return html! { i { (line) } };
    }
    if start.starts_with('[') && !line.contains('=') {
        return html! { b { (line) } };
    }
    match line.split_once('=') {
        // A key is plain; what stands before a sign of equality inside a text is not one.
        Some((key, value)) if is_key(key) => html! { span { (key) } "=" (value) },
        _ => html! { (line) },
    }
}

fn is_key(key: &str) -> bool {
    let key = key.trim();
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
