//! The message catalogue: every text a person reads, in Chinese and English, and nothing else.
//!
//! Not for texts that belong to a mechanism (its labels travel in its own file) and not for log lines.
//! A catalogue file under `catalogue/` serves one area; each entry is `key = { zh = "…", en = "…" }`,
//! with `{name}` where a value goes. The key as used in code is `area.key`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The language a person reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Chinese (中文), the default.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The tag for `<html lang>` and HTTP.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// Reads `zh`, `zh-CN`, `en` and the like; anything else is `None`.
    pub fn parse(text: &str) -> Option<Lang> {
        let text = text.trim().to_ascii_lowercase();
        if text.starts_with("zh") {
            Some(Lang::Zh)
        } else if text.starts_with("en") {
            Some(Lang::En)
        } else {
            None
        }
    }
}

/// One text in both languages: the shape of a label in a mechanism file and of a catalogue entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Label {
    /// A label from its two texts.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Label {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The text in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// A message that still waits for its language: a key of the catalogue and the values that fill it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `area.key`.
    pub key: String,
    /// Values for the `{names}` of the text. A value is shown as it is, unless it is a label.
    #[serde(default)]
    pub args: BTreeMap<String, Arg>,
}

/// A value inside a [`Message`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// Shown in the reader's language.
    Label(Label),
    /// Shown as it is.
    Text(String),
}

impl From<Label> for Arg {
    fn from(label: Label) -> Self {
        Arg::Label(label)
    }
}

impl From<&Label> for Arg {
    fn from(label: &Label) -> Self {
        Arg::Label(label.clone())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Arg::Text(text)
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Arg::Text(text.to_owned())
    }
}

impl Message {
    /// A message without values.
    pub fn new(key: impl Into<String>) -> Self {
        Message {
            key: key.into(),
            args: BTreeMap::new(),
        }
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Arg>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a value that is printed as it displays itself (a number, a date).
    #[must_use]
    pub fn show(self, name: &str, value: impl Display) -> Self {
        self.with(name, value.to_string())
    }

    /// The text in `lang`.
    pub fn text(&self, lang: Lang) -> String {
        fill(t(lang, &self.key), |name| {
            self.args.get(name).map(|arg| match arg {
                Arg::Label(label) => label.get(lang).to_owned(),
                Arg::Text(text) => text.clone(),
            })
        })
    }
}

/// The text under `key` in `lang`. An unknown key is shown as itself between ⟦ ⟧, so that it is seen and mended;
/// the test `every_key_used_in_the_house_is_in_the_catalogue` keeps that from reaching a person.
pub fn t(lang: Lang, key: &str) -> &'static str {
    match CATALOGUE.get(key) {
        Some(label) => label.get(lang),
        None => missing(key),
    }
}

/// The text under `key` in `lang` with its `{names}` filled.
pub fn tf(lang: Lang, key: &str, args: &[(&str, &dyn Display)]) -> String {
    fill(t(lang, key), |name| {
        args.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string())
    })
}

/// Whether the catalogue has `key`.
pub fn has(key: &str) -> bool {
    CATALOGUE.contains_key(key)
}

/// Every key with its two texts, sorted by key.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Label)> {
    CATALOGUE.iter().map(|(key, label)| (key.as_str(), label))
}

fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) => {
                match value(name) {
                    Some(text) => out.push_str(&text),
                    None => {
                        out.push('{');
                        out.push_str(name);
                        out.push('}');
                    }
                }
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn missing(key: &str) -> &'static str {
    // A missing key is a defect of ours and the set of keys is finite, so the leak is bounded.
    Box::leak(format!("⟦{key}⟧").into_boxed_str())
}

macro_rules! areas {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../catalogue/", $name, ".toml")))),*] };
}

const AREAS: &[(&str, &str)] = areas![
    "about",
    "account",
    "admin",
    "assess",
    "audit",
    "breakdown",
    "burden",
    "calendar",
    "chart",
    "check",
    "cli",
    "clock",
    "custody",
    "demo",
    "find",
    "import",
    "notify",
    "phone",
    "process",
    "reader",
    "refusal",
    "report",
    "settings",
    "verify",
    "web"
];

/// The areas of the catalogue: the first part of every key.
pub fn areas() -> impl Iterator<Item = &'static str> {
    AREAS.iter().map(|(area, _)| *area)
}

static CATALOGUE: LazyLock<BTreeMap<String, Label>> = LazyLock::new(|| {
    let mut all = BTreeMap::new();
    for (area, text) in AREAS {
        // The files are compiled in and `the_catalogue_parses` reads them in every test run.
        let entries: BTreeMap<String, Label> = toml::from_str(text).unwrap_or_default();
        for (key, label) in entries {
            all.insert(format!("{area}.{key}"), label);
        }
    }
    all
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_parses() {
        for (area, text) in AREAS {
            let entries: Result<BTreeMap<String, Label>, _> = toml::from_str(text);
            assert!(entries.is_ok(), "catalogue/{area}.toml: {}", entries.unwrap_err());
        }
    }

    #[test]
    fn both_languages_take_the_same_values() {
        let names = |text: &str| -> Vec<String> {
            let mut found: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|s| s.split_once('}').map(|(n, _)| n.to_owned()))
                .collect();
            found.sort();
            found.dedup();
            found
        };
        for (key, label) in all() {
            assert!(
                !label.zh.trim().is_empty() && !label.en.trim().is_empty(),
                "{key} lacks a language"
            );
            assert_eq!(
                names(&label.zh),
                names(&label.en),
                "{key} names different values in zh and en"
            );
        }
    }

    #[test]
    fn a_message_waits_for_its_language() {
        let label = Label::new("住建局", "Housing Bureau");
        let message = Message {
            key: "x.unknown".into(),
            args: BTreeMap::new(),
        }
        .with("unit", &label);
        assert_eq!(message.text(Lang::Zh), "⟦x.unknown⟧");
        assert_eq!(
            fill("{unit}：{n}", |n| (n == "n").then(|| "3".to_owned())),
            "{unit}：3"
        );
    }
}
