//! The values of a TOML file, each with its place.

use bihuan_diagnostics::Span;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::sink::Sink;
use crate::limits::{FILE_BYTES_MAX, TEXT_CHARS_MAX};

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Text(String),
    /// Whole number, as written.
    Int(String),
    /// A number with a point: exact, as written. Never read as a binary float.
    Dec(String),
    Bool(bool),
    /// Date or date and time, as written.
    Time(String),
    List(Vec<Node>),
    Table(Vec<(String, Span, Node)>),
}

impl Kind {
    /// The catalogue key of what it is called.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Kind::Text(_) => "check.kind_text",
            Kind::Int(_) => "check.kind_int",
            Kind::Dec(_) => "check.kind_dec",
            Kind::Bool(_) => "check.kind_bool",
            Kind::Time(_) => "check.kind_time",
            Kind::List(_) => "check.kind_list",
            Kind::Table(_) => "check.kind_table",
        }
    }
}

/// Parses a file. What could be read is returned even where something is wrong; the faults are in `sink`.
pub(crate) fn parse(text: &str, sink: &mut Sink<'_>) -> Node {
    if text.len() > FILE_BYTES_MAX {
        sink.error("M0002", Span::new(0, 0), |m| {
            m.show("found", text.len())
                .show("max", FILE_BYTES_MAX)
                .with("what", what("check.limit_file_bytes"))
        });
        return Node {
            span: Span::default(),
            kind: Kind::Table(Vec::new()),
        };
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().map_or(Span::default(), Span::from);
        if error.message().contains("recurs") {
            sink.error("M0002", span, |m| {
                m.show("found", "> 80")
                    .show("max", 80)
                    .with("what", what("check.limit_depth"))
            });
        } else {
            sink.error("M0001", span, |m| m.with("what", error.message()));
        }
    }
    let span = table.span();
    let node = Node {
        span: span.into(),
        kind: of_table(table.into_inner(), text),
    };
    too_long(&node, sink);
    node
}

/// A text of the catalogue as a value inside another one.
pub(crate) fn what(key: &str) -> bihuan_messages::Label {
    use bihuan_messages::{Label, Lang, t};
    Label::new(t(Lang::Zh, key), t(Lang::En, key))
}

fn of_table(table: DeTable<'_>, text: &str) -> Kind {
    let mut entries: Vec<(String, Span, Node)> = table
        .into_iter()
        .map(|(key, value)| {
            let span = Span::from(key.span());
            (key.into_inner().into_owned(), span, of_value(value, text))
        })
        .collect();
    entries.sort_by_key(|(_, span, _)| *span);
    Kind::Table(entries)
}

fn of_value(value: Spanned<DeValue<'_>>, text: &str) -> Node {
    let span = Span::from(value.span());
    let raw = || text.get(span.start..span.end).unwrap_or("").to_owned();
    let kind = match value.into_inner() {
        DeValue::String(text) => Kind::Text(text.into_owned()),
        DeValue::Integer(n) if n.radix() == 10 => Kind::Int(n.as_str().to_owned()),
        // Hexadecimal and the like are no numbers of an office; they are refused where a number is expected.
        DeValue::Integer(_) => Kind::Time(raw()),
        DeValue::Float(n) => Kind::Dec(n.as_str().to_owned()),
        DeValue::Boolean(b) => Kind::Bool(b),
        DeValue::Datetime(_) => Kind::Time(raw()),
        DeValue::Array(items) => Kind::List(items.into_iter().map(|item| of_value(item, text)).collect()),
        DeValue::Table(table) => of_table(table, text),
    };
    Node { span, kind }
}

fn too_long(node: &Node, sink: &mut Sink<'_>) {
    match &node.kind {
        Kind::Text(text) if text.chars().count() > TEXT_CHARS_MAX => {
            let found = text.chars().count();
            sink.error("M0002", node.span, |m| {
                m.show("found", found)
                    .show("max", TEXT_CHARS_MAX)
                    .with("what", what("check.limit_text"))
            });
        }
        Kind::List(items) => items.iter().for_each(|item| too_long(item, sink)),
        Kind::Table(entries) => entries.iter().for_each(|(_, _, node)| too_long(node, sink)),
        _ => {}
    }
}
