//! Parts that mechanism files and pack files share: fields, roles, ladders, clocks.

use bihuan_diagnostics::Span;
use bihuan_domain::clock::{Cadence, Rule};
use bihuan_domain::mechanism::Colour;
use bihuan_messages::Label;

use super::limit::{self, Said};
use super::types::{PLAIN, TypeName, type_name};
use crate::read::{Sink, Sp, Table, nearest};

/// A field or datum as a file says it.
#[derive(Clone, Debug)]
pub(crate) struct FieldAst {
    pub(crate) span: Span,
    pub(crate) id: Sp<String>,
    pub(crate) label: Option<Label>,
    pub(crate) ty: Option<Sp<TypeName>>,
    pub(crate) choices: Vec<(Sp<String>, Label)>,
    /// The datum that is named, else the one under the field's own code with `-` for `_`.
    pub(crate) datum: Sp<String>,
    /// Whether it is named.
    pub(crate) datum_said: bool,
    pub(crate) unit: Option<Label>,
    pub(crate) help: Option<Label>,
    pub(crate) required: bool,
    pub(crate) sensitive: Option<bool>,
}

/// A role.
#[derive(Clone, Debug)]
pub(crate) struct RoleAst {
    pub(crate) span: Span,
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) unit: Sp<Finder>,
    pub(crate) post: Sp<String>,
}

/// How a role finds its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finder {
    Owner,
    Superior,
    /// The nearest unit of this kind above the owner.
    SuperiorOf(String),
    ParentOwner,
    Requester,
    Function(String),
    Field(String),
    /// A field of the register row to which a field of the case points.
    RowField(String, String),
}

/// An escalation ladder.
#[derive(Clone, Debug)]
pub(crate) struct LadderAst {
    pub(crate) span: Span,
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) rungs: Vec<RungAst>,
    pub(crate) then: Option<Sp<String>>,
}

/// A rung.
#[derive(Clone, Debug)]
pub(crate) struct RungAst {
    pub(crate) span: Span,
    pub(crate) to: Sp<String>,
    pub(crate) label: Label,
    pub(crate) limit: Option<Sp<Rule>>,
    pub(crate) bulletin: bool,
}

/// A clock.
#[derive(Clone, Debug)]
pub(crate) struct ClockAst {
    pub(crate) span: Span,
    pub(crate) limit: Option<Sp<Said>>,
    /// The choice field that says which of `limits` it is; `limit` holds where it says none of them.
    pub(crate) by: Option<Sp<String>>,
    pub(crate) limits: Vec<(Sp<String>, Sp<Rule>)>,
    pub(crate) ladder: Option<Sp<String>>,
    pub(crate) warn: Vec<Sp<(u32, u32, Colour)>>,
}

/// Reads `[[field]]` and `[[datum]]` alike.
pub(crate) fn field(table: &mut Table<'_>, sink: &mut Sink<'_>) -> Option<FieldAst> {
    let id = table.need_code("id", sink);
    let datum = table.code("datum", sink);
    let id = id?;
    let ast = FieldAst {
        span: table.span,
        label: table.label("label", sink),
        ty: table.text("type", sink).and_then(|found| known_type(found, sink)),
        choices: choices(table, "choices", sink),
        datum_said: datum.is_some() || table.get("datum").is_some(),
        datum: datum.unwrap_or_else(|| Sp::new(id.span, id.value.replace('_', "-"))),
        unit: table.label("unit", sink),
        help: table.label("help", sink),
        required: table.flag("required", false, sink),
        sensitive: table
            .get("sensitive")
            .is_some()
            .then(|| table.flag("sensitive", false, sink)),
        id,
    };
    Some(ast)
}

fn known_type(found: Sp<String>, sink: &mut Sink<'_>) -> Option<Sp<TypeName>> {
    let known = type_name(&found.value);
    if known.is_none() {
        unknown_word(sink, &found, "type", PLAIN);
    }
    known.map(|ty| Sp::new(found.span, ty))
}

/// Reads `[{ code = "a", label = { … } }, …]`.
pub(crate) fn choices(
    table: &mut Table<'_>,
    key: &'static str,
    sink: &mut Sink<'_>,
) -> Vec<(Sp<String>, Label)> {
    let mut found = Vec::new();
    for mut item in table.tables(key, key, sink) {
        let code = item.need_code("code", sink);
        let label = item.need_label("label", sink);
        item.finish(sink);
        found.extend(code.map(|code| (code, label)));
    }
    found
}

/// Reads `[[role]]`.
pub(crate) fn role(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<RoleAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let unit = table
        .need_text("unit", sink)
        .and_then(|found| finder(found, sink));
    let post = table.need_code("post", sink);
    let span = table.span;
    table.finish(sink);
    Some(RoleAst {
        span,
        id: id?,
        label,
        unit: unit?,
        post: post?,
    })
}

fn finder(found: Sp<String>, sink: &mut Sink<'_>) -> Option<Sp<Finder>> {
    let value = match found.value.split_once(':') {
        None if found.value == "owner" => Finder::Owner,
        None if found.value == "superior" => Finder::Superior,
        None if found.value == "parent-owner" => Finder::ParentOwner,
        None if found.value == "requester" => Finder::Requester,
        Some(("superior", kind)) => Finder::SuperiorOf(kind.trim().to_owned()),
        Some(("function", name)) => Finder::Function(name.trim().to_owned()),
        Some(("field", name)) => match name.trim().split_once('.') {
            Some((field, inner)) => Finder::RowField(field.to_owned(), inner.to_owned()),
            None => Finder::Field(name.trim().to_owned()),
        },
        _ => {
            unknown_word(
                sink,
                &found,
                "unit",
                &[
                    "owner",
                    "superior",
                    "superior:…",
                    "parent-owner",
                    "requester",
                    "function:…",
                    "field:…",
                ],
            );
            return None;
        }
    };
    Some(Sp::new(found.span, value))
}

/// Reads `[[ladder]]` with its `[[ladder.rung]]`.
pub(crate) fn ladder(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<LadderAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let mut rungs = Vec::new();
    for mut rung in table.tables("rung", "[[ladder.rung]]", sink) {
        let to = rung.need_code("to", sink);
        let label = rung.need_label("label", sink);
        let limit = need_rule(&mut rung, "limit", sink);
        let bulletin = rung.flag("bulletin", false, sink);
        let span = rung.span;
        rung.finish(sink);
        rungs.extend(to.map(|to| RungAst {
            span,
            to,
            label,
            limit,
            bulletin,
        }));
    }
    let then = table.code("then", sink);
    let span = table.span;
    table.finish(sink);
    Some(LadderAst {
        span,
        id: id?,
        label,
        rungs,
        then,
    })
}

/// Reads `{ limit = "24 hours", ladder = "county", warn = ["1/2 yellow"] }`, with `by` and `limits` for a choice.
pub(crate) fn clock(mut table: Table<'_>, sink: &mut Sink<'_>) -> ClockAst {
    let by = table.code("by", sink);
    let limits = by_choice(&mut table, by.is_some(), sink);
    let limit = if by.is_some() {
        // Beside a choice the limit is a plain one: which of two fields speaks is a riddle.
        need_rule(&mut table, "limit", sink).map(|rule| Sp::new(rule.span, Said::Rule(rule.value)))
    } else {
        let found = table.need_text("limit", sink);
        found.and_then(|found| match limit::limit(&found.value) {
            Some(said) => Some(Sp::new(found.span, said)),
            None => {
                not_a_limit(&found, sink);
                None
            }
        })
    };
    let ladder = table.code("ladder", sink);
    let warn = table
        .texts("warn", sink)
        .into_iter()
        .filter_map(|found| warning(found, sink))
        .collect();
    let span = table.span;
    table.finish(sink);
    ClockAst {
        span,
        limit,
        by,
        limits,
        ladder,
        warn,
    }
}

/// Reads `limits = { urgent = "8 hours" }`; `by` and `limits` need each other.
fn by_choice(table: &mut Table<'_>, by: bool, sink: &mut Sink<'_>) -> Vec<(Sp<String>, Sp<Rule>)> {
    let there = table.get("limits").is_some();
    let limits = table.table("limits", sink);
    if by != there {
        let key = if by { "limits" } else { "by" };
        sink.error("M0004", table.span, |m| {
            m.with("key", key).with("table", table.name)
        });
    }
    let mut found = Vec::new();
    for (name, span, node) in limits.iter().flat_map(|limits| limits.entries()) {
        let Some(said) = crate::read::text(node, "limits", sink) else {
            continue;
        };
        match limit::rule(&said.value) {
            Some(rule) => found.push((Sp::new(*span, name.clone()), Sp::new(said.span, rule))),
            None => not_a_limit(&said, sink),
        }
    }
    found
}

fn warning(found: Sp<String>, sink: &mut Sink<'_>) -> Option<Sp<(u32, u32, Colour)>> {
    let parts = || {
        let (share, colour) = found.value.split_once(' ')?;
        let (num, den) = share_of(share)?;
        let colour = match colour.trim() {
            "blue" => Colour::Blue,
            "yellow" => Colour::Yellow,
            "orange" => Colour::Orange,
            "red" => Colour::Red,
            _ => return None,
        };
        Some((num, den, colour))
    };
    let read = parts();
    if read.is_none() {
        sink.error("M0013", found.span, |m| m.with("found", found.as_str()));
    }
    read.map(|read| Sp::new(found.span, read))
}

/// Reads `1/10`.
pub(crate) fn share_of(text: &str) -> Option<(u32, u32)> {
    let (num, den) = text.trim().split_once('/')?;
    Some((num.trim().parse().ok()?, den.trim().parse().ok()?))
}

/// `M0017` for a day that no calendar has (30 February); `M0011` for words that are no limit.
fn not_a_limit(found: &Sp<String>, sink: &mut Sink<'_>) {
    match limit::day_that_is_none(&found.value) {
        Some(day) => sink.error("M0017", found.span, |m| m.with("found", day)),
        None => sink.error("M0011", found.span, |m| m.with("found", found.as_str())),
    }
}

/// A stated limit; missing is no fault.
pub(crate) fn rule(table: &mut Table<'_>, key: &'static str, sink: &mut Sink<'_>) -> Option<Sp<Rule>> {
    let found = table.text(key, sink)?;
    let rule = limit::rule(&found.value);
    if rule.is_none() {
        not_a_limit(&found, sink);
    }
    rule.map(|rule| Sp::new(found.span, rule))
}

/// A stated limit that must be there.
pub(crate) fn need_rule(table: &mut Table<'_>, key: &'static str, sink: &mut Sink<'_>) -> Option<Sp<Rule>> {
    table.need_text(key, sink)?;
    rule(table, key, sink)
}

/// A recurrence that must be there.
pub(crate) fn need_cadence(
    table: &mut Table<'_>,
    key: &'static str,
    sink: &mut Sink<'_>,
) -> Option<Sp<Cadence>> {
    let found = table.need_text(key, sink)?;
    let cadence = super::recurrence::cadence(&found.value);
    if cadence.is_none() {
        sink.error("M0014", found.span, |m| m.with("found", found.as_str()));
    }
    cadence.map(|cadence| Sp::new(found.span, cadence))
}

/// A word of a closed list.
pub(crate) fn word<T: Copy>(
    found: Sp<String>,
    key: &'static str,
    known: &[(&'static str, T)],
    sink: &mut Sink<'_>,
) -> Option<Sp<T>> {
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == found.value) {
        return Some(Sp::new(found.span, *value));
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    unknown_word(sink, &found, key, &names);
    None
}

/// Reports a word that is not in a closed list, with the nearest one.
pub(crate) fn unknown_word(sink: &mut Sink<'_>, found: &Sp<String>, key: &str, known: &[&str]) {
    let near = nearest(&found.value, known.iter().copied());
    let (zh, en) = match near {
        Some(near) => (near.to_owned(), near.to_owned()),
        None => (known.join("、"), known.join(", ")),
    };
    let known = Label::new(zh, en);
    sink.error("M0010", found.span, |m| {
        m.with("key", key)
            .with("found", found.as_str())
            .with("known", &known)
    });
}
