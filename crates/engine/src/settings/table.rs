//! One table of a settings file: its values asked for by name, what does not fit noted with its line, what nobody asked for
//! named at the end.

use std::ops::Range;

use bihuan_messages::{Label, Lang, Message, t};
use jiff::civil::Time;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table, and where the faults go.
pub(crate) struct Table<'t> {
    text: &'t str,
    /// What people call it: `[mail]`.
    name: String,
    table: &'t DeTable<'t>,
    line: usize,
    known: Vec<&'static str>,
    faults: &'t mut Vec<Message>,
}

/// The line of a place in a text, from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    before.filter(|byte| **byte == b'\n').count().saturating_add(1)
}

impl<'t> Table<'t> {
    /// The whole file.
    pub(super) fn top(text: &'t str, table: &'t DeTable<'t>, faults: &'t mut Vec<Message>) -> Table<'t> {
        Table {
            text,
            name: String::new(),
            table,
            line: 1,
            known: Vec::new(),
            faults,
        }
    }

    fn find(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.known.push(key);
        let found = self.table.iter().find(|(name, _)| name.get_ref() == key);
        found.map(|(_, value)| value)
    }

    fn at(&self, span: &Range<usize>) -> usize {
        line_of(self.text, span.start)
    }

    /// What people call the table, in a fault.
    fn place(&self) -> Label {
        if self.name.is_empty() {
            Label::new(t(Lang::Zh, "settings.top"), t(Lang::En, "settings.top"))
        } else {
            Label::new(&self.name, &self.name)
        }
    }

    fn note(&mut self, line: usize, message: Message) {
        let place = self.place();
        self.faults.push(message.show("line", line).with("where", place));
    }

    /// Notes that the value under `key`, or its absence, does not fit; `how` is a text of the catalogue that says what does.
    pub(crate) fn fault(&mut self, key: &'static str, how: &str) {
        let line = self.find(key).map_or(self.line, |value| self.at(&value.span()));
        let how = Label::new(t(Lang::Zh, how), t(Lang::En, how));
        self.note(
            line,
            Message::new("settings.wrong").with("key", key).with("how", how),
        );
    }

    fn mistyped(&mut self, key: &'static str, value: &Spanned<DeValue<'_>>, kind: &str) {
        let line = self.at(&value.span());
        let kind = format!("settings.kind_{kind}");
        let kind = Label::new(t(Lang::Zh, &kind), t(Lang::En, &kind));
        self.note(
            line,
            Message::new("settings.mistyped")
                .with("key", key)
                .with("kind", kind),
        );
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<String> {
        let value = self.find(key)?;
        if let Some(text) = value.get_ref().as_str() {
            return Some(text.to_owned());
        }
        self.mistyped(key, value, "text");
        None
    }

    /// A text that must be there and not empty; `how` says what it is.
    pub(crate) fn need(&mut self, key: &'static str, how: &str) -> Option<String> {
        let there = self.find(key).is_some();
        let text = self.text(key);
        if !there || text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            self.fault(key, how);
            return None;
        }
        text
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, key: &'static str, otherwise: bool) -> bool {
        let Some(value) = self.find(key) else {
            return otherwise;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.mistyped(key, value, "flag");
            otherwise
        })
    }

    /// A port of a machine.
    pub(crate) fn port(&mut self, key: &'static str, otherwise: u16) -> u16 {
        let Some(value) = self.find(key) else {
            return otherwise;
        };
        let number = value
            .get_ref()
            .as_integer()
            .map(|number| number.as_str().parse::<u16>());
        match number {
            Some(Ok(port)) if port > 0 => port,
            _ => {
                self.mistyped(key, value, "port");
                otherwise
            }
        }
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let value = self.find(key)?;
        let said = value.get_ref().as_str();
        let found = said.and_then(|said| words.iter().find(|(word, _)| *word == said));
        if found.is_none() {
            let line = self.at(&value.span());
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let message = Message::new("settings.word").with("key", key);
            self.note(line, message.with("words", names.join(" / ")));
        }
        found.map(|(_, value)| *value)
    }

    /// Some texts.
    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.find(key) else {
            return Vec::new();
        };
        let texts = value.get_ref().as_array().map(|all| {
            let texts = all.iter().map(|one| one.get_ref().as_str().map(str::to_owned));
            texts.collect::<Option<Vec<String>>>()
        });
        texts.flatten().unwrap_or_else(|| {
            self.mistyped(key, value, "texts");
            Vec::new()
        })
    }

    /// From when to when.
    pub(crate) fn times(&mut self, key: &'static str, otherwise: (Time, Time)) -> (Time, Time) {
        let Some(value) = self.find(key) else {
            return otherwise;
        };
        let time =
            |one: &Spanned<DeValue<'_>>| one.get_ref().as_str().and_then(|text| text.parse::<Time>().ok());
        let times = value.get_ref().as_array().map(|all| {
            let times: Option<Vec<Time>> = all.iter().map(time).collect();
            times
        });
        match times.flatten().as_deref() {
            Some(&[from, to]) => (from, to),
            _ => {
                self.mistyped(key, value, "times");
                otherwise
            }
        }
    }

    /// A table within, if it is there.
    pub(crate) fn one(&mut self, key: &'static str, take: impl FnOnce(&mut Table<'_>)) {
        let Some(value) = self.find(key) else { return };
        let line = self.at(&value.span());
        match value.get_ref().as_table() {
            Some(table) => take(&mut Table {
                text: self.text,
                name: format!("[{key}]"),
                table,
                line,
                known: Vec::new(),
                faults: self.faults,
            }),
            None => self.mistyped(key, value, "table"),
        }
    }

    /// Each of several tables within.
    pub(crate) fn each(&mut self, key: &'static str, mut take: impl FnMut(&mut Table<'_>)) {
        let Some(value) = self.find(key) else { return };
        let Some(all) = value.get_ref().as_array() else {
            self.mistyped(key, value, "tables");
            return;
        };
        for (n, one) in all.iter().enumerate() {
            let line = self.at(&one.span());
            match one.get_ref().as_table() {
                Some(table) => take(&mut Table {
                    text: self.text,
                    name: format!("[[{key}]] {}", n.saturating_add(1)),
                    table,
                    line,
                    known: Vec::new(),
                    faults: self.faults,
                }),
                None => self.mistyped(key, one, "tables"),
            }
        }
    }

    /// Names what stands there and nobody asked for.
    pub(crate) fn end(&mut self) {
        let table = self.table;
        for (name, _) in table {
            let key = name.get_ref().as_ref();
            if !self.known.contains(&key) {
                let mut known = self.known.clone();
                known.sort_unstable();
                known.dedup();
                let line = self.at(&name.span());
                let message = Message::new("settings.unknown").with("key", key);
                self.note(line, message.with("known", known.join(", ")));
            }
        }
    }
}
