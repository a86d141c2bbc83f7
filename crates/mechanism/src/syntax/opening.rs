//! What opens by itself: schedules, rows that open a case, and one child for each row or unit.

use bihuan_diagnostics::Span;
use bihuan_domain::clock::Cadence;
use bihuan_messages::Label;

use super::parts::{need_cadence, unknown_word};
use crate::read::{Sink, Sp, Table, is_code, text};

/// `[open.schedule]`.
#[derive(Clone, Debug)]
pub(crate) struct ScheduleAst {
    pub(crate) span: Span,
    pub(crate) every: Option<Sp<Cadence>>,
    pub(crate) units: Option<Sp<UnitsAst>>,
    pub(crate) title: Label,
}

/// `function:charity`, `kind:township`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UnitsAst {
    Function(String),
    Kind(String),
}

/// `[open.on]`.
#[derive(Clone, Debug)]
pub(crate) struct OnRowAst {
    pub(crate) span: Span,
    pub(crate) register: Option<Sp<String>>,
    pub(crate) when: Option<Sp<String>>,
    pub(crate) owner: Option<Sp<OwnerAst>>,
    pub(crate) sets: Vec<SetAst>,
}

/// `row.user`, `function:flood`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnerAst {
    Row(String),
    Function(String),
}

/// `device = "row"`, `kind = "row.kind"`: a field, and the field of the row that gives it its value (the row itself
/// where there is none).
#[derive(Clone, Debug)]
pub(crate) struct SetAst {
    pub(crate) field: Sp<String>,
    pub(crate) from: Sp<Option<String>>,
}

/// `register:devices`, `field:approvers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EachAst {
    Register(String),
    Field(String),
}

/// Reads `[open.schedule]`.
pub(crate) fn schedule(mut table: Table<'_>, sink: &mut Sink<'_>) -> ScheduleAst {
    let every = need_cadence(&mut table, "every", sink);
    let units = table.need_text("for", sink).and_then(|found| {
        let units = match found.value.split_once(':') {
            Some(("function", name)) => Some(UnitsAst::Function(name.trim().to_owned())),
            Some(("kind", name)) => Some(UnitsAst::Kind(name.trim().to_owned())),
            _ => None,
        };
        if units.is_none() {
            unknown_word(sink, &found, "for", &["function:…", "kind:…"]);
        }
        units.map(|units| Sp::new(found.span, units))
    });
    let title = table.need_label("title", sink);
    let span = table.span;
    table.finish(sink);
    ScheduleAst {
        span,
        every,
        units,
        title,
    }
}

/// Reads `[open.on]`.
pub(crate) fn on_row(mut table: Table<'_>, sink: &mut Sink<'_>) -> OnRowAst {
    let register = table.need_code("register", sink);
    let when = table.text("when", sink);
    let owner = table
        .need_text("owner", sink)
        .and_then(|found| owner(found, sink));
    let sets = sets(&mut table, sink);
    let span = table.span;
    table.finish(sink);
    OnRowAst {
        span,
        register,
        when,
        owner,
        sets,
    }
}

/// Reads who owns what opens.
pub(crate) fn owner(found: Sp<String>, sink: &mut Sink<'_>) -> Option<Sp<OwnerAst>> {
    let owner = match (
        found.value.strip_prefix("row."),
        found.value.strip_prefix("function:"),
    ) {
        (Some(field), _) => OwnerAst::Row(field.trim().to_owned()),
        (_, Some(function)) => OwnerAst::Function(function.trim().to_owned()),
        _ => {
            unknown_word(sink, &found, "owner", &["row.…", "function:…"]);
            return None;
        }
    };
    Some(Sp::new(found.span, owner))
}

/// Reads `sets = { device = "row", kind = "row.kind" }`.
pub(crate) fn sets(table: &mut Table<'_>, sink: &mut Sink<'_>) -> Vec<SetAst> {
    let Some(sets) = table.table("sets", sink) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, span, node) in sets.entries() {
        let Some(said) = text(node, "sets", sink) else {
            continue;
        };
        let from = match said.value.strip_prefix("row") {
            Some("") => None,
            Some(rest) if rest.strip_prefix('.').is_some_and(is_code) => {
                rest.strip_prefix('.').map(str::to_owned)
            }
            _ => {
                unknown_word(sink, &said, "sets", &["row", "row.…"]);
                continue;
            }
        };
        found.push(SetAst {
            field: Sp::new(*span, name.clone()),
            from: Sp::new(said.span, from),
        });
    }
    found
}

/// Reads `each`.
pub(crate) fn each(found: Sp<String>, sink: &mut Sink<'_>) -> Option<Sp<EachAst>> {
    let each = match found.value.split_once(':') {
        Some(("register", name)) => EachAst::Register(name.trim().to_owned()),
        Some(("field", name)) => EachAst::Field(name.trim().to_owned()),
        _ => {
            unknown_word(sink, &found, "each", &["register:…", "field:…"]);
            return None;
        }
    };
    Some(Sp::new(found.span, each))
}
