//! Texts of the catalogue as values inside other texts.

use std::fmt::Display;

use bihuan_messages::{Label, Lang, t, tf};

/// The text under `key` in both languages.
pub(crate) fn label(key: &str) -> Label {
    Label::new(t(Lang::Zh, key), t(Lang::En, key))
}

/// The text under `key` in both languages with its `{names}` filled.
pub(crate) fn filled(key: &str, values: &[(&str, &dyn Display)]) -> Label {
    Label::new(tf(Lang::Zh, key, values), tf(Lang::En, key, values))
}

/// Names joined as each language joins them.
pub(crate) fn joined<'a>(names: impl IntoIterator<Item = &'a str>) -> Label {
    let names: Vec<&str> = names.into_iter().collect();
    Label::new(names.join("、"), names.join(", "))
}
