//! What a file says, as it says it: the parts of the language with the place of each, before any rule is applied.
//!
//! Reading never stops at the first fault: what is missing is left out, and the rules judge what is there.

pub(crate) mod ast;
pub(crate) mod bulletin;
pub(crate) mod calendar;
pub(crate) mod limit;
pub(crate) mod mechanism;
pub(crate) mod opening;
pub(crate) mod org;
pub(crate) mod pack;
pub(crate) mod parts;
pub(crate) mod recurrence;
pub(crate) mod scenario;
pub(crate) mod scheme;
pub(crate) mod types;

use bihuan_diagnostics::Span;

use crate::read::{Kind, Node, Sink, Table};

/// The version of the language that this program reads.
pub(crate) const LANGUAGE: u32 = 1;

/// Checks `language = 1` at the head of a file.
pub(crate) fn language(table: &mut Table<'_>, sink: &mut Sink<'_>) {
    match table.get("language") {
        None => sink.error("M0006", Span::new(table.span.start, table.span.start), |m| {
            m.with("found", "—")
        }),
        Some(Node {
            kind: Kind::Int(n), ..
        }) if n == "1" => {}
        Some(node) => {
            let found = match &node.kind {
                Kind::Int(n) | Kind::Text(n) | Kind::Dec(n) => n.clone(),
                _ => "?".to_owned(),
            };
            sink.error("M0006", node.span, |m| {
                m.with("found", found.as_str()).show("language", LANGUAGE)
            });
        }
    }
}
