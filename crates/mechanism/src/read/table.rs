//! A table of a file, read key by key. What was never asked for is reported as unknown.

use std::collections::BTreeSet;

use bihuan_diagnostics::Span;
use bihuan_messages::Label;

use super::node::{Kind, Node, what};
use super::sink::Sink;
use super::words::{is_code, nearest};
use crate::limits::ITEMS_MAX;

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sp<T> {
    pub(crate) span: Span,
    pub(crate) value: T,
}

impl<T> Sp<T> {
    pub(crate) fn new(span: Span, value: T) -> Self {
        Sp { span, value }
    }
}

impl Sp<String> {
    pub(crate) fn as_str(&self) -> &str {
        &self.value
    }
}

/// A table being read.
#[derive(Debug)]
pub(crate) struct Table<'n> {
    /// The header or the braces.
    pub(crate) span: Span,
    /// What it is called in messages, such as `[[stage]]`.
    pub(crate) name: &'static str,
    entries: &'n [(String, Span, Node)],
    asked: BTreeSet<&'static str>,
}

impl<'n> Table<'n> {
    /// Reads `node` as a table.
    pub(crate) fn of(node: &'n Node, name: &'static str, sink: &mut Sink<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Table(entries) => Some(Table {
                span: node.span,
                name,
                entries,
                asked: BTreeSet::new(),
            }),
            other => {
                wrong_kind(sink, node.span, name, "check.kind_table", other);
                None
            }
        }
    }

    /// The value under `key`, where there is one.
    pub(crate) fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        self.asked.insert(key);
        self.entries
            .iter()
            .find(|(name, _, _)| name == key)
            .map(|(_, _, node)| node)
    }

    /// All entries, for tables whose keys are data (values of fields).
    pub(crate) fn entries(&self) -> &'n [(String, Span, Node)] {
        self.entries
    }

    /// Says that a key must be there.
    pub(crate) fn missing(&self, key: &str, sink: &mut Sink<'_>) {
        sink.error("M0004", self.span, |m| {
            m.with("key", key).with("table", self.name)
        });
    }

    /// A text; missing is no fault.
    pub(crate) fn text(&mut self, key: &'static str, sink: &mut Sink<'_>) -> Option<Sp<String>> {
        text(self.get(key)?, key, sink)
    }

    /// A text that must be there.
    pub(crate) fn need_text(&mut self, key: &'static str, sink: &mut Sink<'_>) -> Option<Sp<String>> {
        if self.get(key).is_none() {
            self.missing(key, sink);
        }
        self.text(key, sink)
    }

    /// A code; missing is no fault.
    pub(crate) fn code(&mut self, key: &'static str, sink: &mut Sink<'_>) -> Option<Sp<String>> {
        let found = self.text(key, sink)?;
        code(found, sink)
    }

    /// A code that must be there.
    pub(crate) fn need_code(&mut self, key: &'static str, sink: &mut Sink<'_>) -> Option<Sp<String>> {
        if self.get(key).is_none() {
            self.missing(key, sink);
        }
        self.code(key, sink)
    }

    /// A list of codes; a single code may stand without brackets. Missing is an empty list.
    pub(crate) fn codes(&mut self, key: &'static str, sink: &mut Sink<'_>) -> Vec<Sp<String>> {
        let Some(node) = self.get(key) else {
            return Vec::new();
        };
        let items = items_or_one(node, key, sink);
        items
            .into_iter()
            .filter_map(|item| text(item, key, sink).and_then(|found| code(found, sink)))
            .collect()
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, key: &'static str, sink: &mut Sink<'_>) -> Vec<Sp<String>> {
        let Some(node) = self.get(key) else {
            return Vec::new();
        };
        items_or_one(node, key, sink)
            .into_iter()
            .filter_map(|item| text(item, key, sink))
            .collect()
    }

    /// A label in both languages that must be there.
    pub(crate) fn need_label(&mut self, key: &'static str, sink: &mut Sink<'_>) -> Label {
        if self.get(key).is_none() {
            self.missing(key, sink);
        }
        self.label(key, sink).unwrap_or_default()
    }

    /// A label in both languages.
    pub(crate) fn label(&mut self, key: &'static str, sink: &mut Sink<'_>) -> Option<Label> {
        let node = self.get(key)?;
        Some(label(node, sink))
    }

    /// Yes or no; `default` where it is missing.
    pub(crate) fn flag(&mut self, key: &'static str, default: bool, sink: &mut Sink<'_>) -> bool {
        match self.get(key).map(|node| (node, &node.kind)) {
            None => default,
            Some((_, Kind::Bool(value))) => *value,
            Some((node, other)) => {
                wrong_kind(sink, node.span, key, "check.kind_bool", other);
                default
            }
        }
    }

    /// A whole number from `min` to `max`.
    pub(crate) fn number(
        &mut self,
        key: &'static str,
        (min, max): (u32, u32),
        sink: &mut Sink<'_>,
    ) -> Option<Sp<u32>> {
        let node = self.get(key)?;
        let Kind::Int(digits) = &node.kind else {
            wrong_kind(sink, node.span, key, "check.kind_int", &node.kind);
            return None;
        };
        match digits.parse::<u32>().ok().filter(|n| (min..=max).contains(n)) {
            Some(n) => Some(Sp::new(node.span, n)),
            None => {
                sink.error("M0012", node.span, |m| {
                    m.with("key", key)
                        .with("found", digits.as_str())
                        .show("min", min)
                        .show("max", max)
                });
                None
            }
        }
    }

    /// A whole number from `min` to `max` that must be there.
    pub(crate) fn need_number(
        &mut self,
        key: &'static str,
        bounds: (u32, u32),
        sink: &mut Sink<'_>,
    ) -> Option<Sp<u32>> {
        if self.get(key).is_none() {
            self.missing(key, sink);
        }
        self.number(key, bounds, sink)
    }

    /// A table under `key`.
    pub(crate) fn table(&mut self, key: &'static str, sink: &mut Sink<'_>) -> Option<Table<'n>> {
        let node = self.get(key)?;
        Table::of(node, key, sink)
    }

    /// A table that must be there.
    pub(crate) fn need_table(&mut self, key: &'static str, sink: &mut Sink<'_>) -> Option<Table<'n>> {
        if self.get(key).is_none() {
            self.missing(key, sink);
        }
        self.table(key, sink)
    }

    /// The tables of a `[[list]]`, named `name` in messages.
    pub(crate) fn tables(
        &mut self,
        key: &'static str,
        name: &'static str,
        sink: &mut Sink<'_>,
    ) -> Vec<Table<'n>> {
        let Some(node) = self.get(key) else {
            return Vec::new();
        };
        match &node.kind {
            Kind::List(items) => {
                many(node, items, sink);
                items
                    .iter()
                    .take(ITEMS_MAX)
                    .filter_map(|item| Table::of(item, name, sink))
                    .collect()
            }
            // `[stage]` instead of `[[stage]]`: a common slip that TOML itself cannot see.
            Kind::Table(_) => {
                sink.error("M0005", node.span, |m| {
                    m.with("key", name)
                        .with("expected", what("check.kind_tables"))
                        .with("found", what("check.kind_table"))
                });
                Vec::new()
            }
            other => {
                wrong_kind(sink, node.span, name, "check.kind_tables", other);
                Vec::new()
            }
        }
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn finish(self, sink: &mut Sink<'_>) {
        for (key, span, _) in self.entries {
            if self.asked.contains(key.as_str()) {
                continue;
            }
            let near = nearest(key, self.asked.iter().copied());
            let known: Vec<&str> = self.asked.iter().copied().collect();
            let allowed = near.map_or_else(|| known.join("、"), str::to_owned);
            let allowed_en = near.map_or_else(|| known.join(", "), str::to_owned);
            let code = if near.is_some() {
                "m0003_near"
            } else {
                "m0003_mend"
            };
            let mut finding = super::sink::described("M0003", sink.file(), *span, |m| {
                m.with("key", key.as_str()).with("table", self.name)
            });
            finding.mend = Some(
                bihuan_messages::Message::new(format!("check.{code}"))
                    .with("known", Label::new(allowed, allowed_en)),
            );
            sink.push(finding);
        }
    }
}

/// The items of a list, or the node itself where it is none.
fn items_or_one<'n>(node: &'n Node, _key: &str, sink: &mut Sink<'_>) -> Vec<&'n Node> {
    match &node.kind {
        Kind::List(items) => {
            many(node, items, sink);
            items.iter().take(ITEMS_MAX).collect()
        }
        _ => vec![node],
    }
}

fn many(node: &Node, items: &[Node], sink: &mut Sink<'_>) {
    if items.len() > ITEMS_MAX {
        sink.error("M0002", node.span, |m| {
            m.show("found", items.len())
                .show("max", ITEMS_MAX)
                .with("what", what("check.limit_items"))
        });
    }
}

/// Reads a node as text.
pub(crate) fn text(node: &Node, key: &str, sink: &mut Sink<'_>) -> Option<Sp<String>> {
    match &node.kind {
        Kind::Text(text) => Some(Sp::new(node.span, text.clone())),
        other => {
            wrong_kind(sink, node.span, key, "check.kind_text", other);
            None
        }
    }
}

fn code(found: Sp<String>, sink: &mut Sink<'_>) -> Option<Sp<String>> {
    if is_code(&found.value) {
        return Some(found);
    }
    sink.error("M0008", found.span, |m| m.with("found", found.value.as_str()));
    None
}

/// Reads a label; a language that is missing is reported and stays empty.
pub(crate) fn label(node: &Node, sink: &mut Sink<'_>) -> Label {
    let Kind::Table(_) = &node.kind else {
        wrong_kind(sink, node.span, "label", "check.kind_label", &node.kind);
        return Label::default();
    };
    let Some(mut table) = Table::of(node, "{ zh, en }", sink) else {
        return Label::default();
    };
    let one = |table: &mut Table<'_>, key: &'static str, sink: &mut Sink<'_>| {
        let found = table.text(key, sink);
        if found.as_ref().is_none_or(|text| text.value.trim().is_empty()) {
            sink.error("M0007", node.span, |m| m.with("language", key));
        }
        found.map(|text| text.value).unwrap_or_default()
    };
    let found = Label::new(one(&mut table, "zh", sink), one(&mut table, "en", sink));
    table.finish(sink);
    found
}

pub(crate) fn wrong_kind(sink: &mut Sink<'_>, span: Span, key: &str, expected: &str, found: &Kind) {
    sink.error("M0005", span, |m| {
        m.with("key", key)
            .with("expected", what(expected))
            .with("found", what(found.word()))
    });
}
