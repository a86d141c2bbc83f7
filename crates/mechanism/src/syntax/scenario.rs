//! A scenario file as it says it.

use std::collections::BTreeMap;

use bihuan_domain::id::CaseId;

use crate::input::moment;
use crate::limits::SCENARIO_STEPS_MAX;
use crate::read::{Kind, Node, Sink, Sp, Table};
use crate::scenario::{Scenario, Then, When};

/// Keys of a step beside those that every step has.
const KEYS: &[&str] = &[
    "title",
    "owner",
    "supporting",
    "risk",
    "from",
    "mechanism",
    "parent",
    "values",
    "step",
    "evidence",
    "note",
    "kind",
    "reason",
    "until",
    "unit",
    "request",
    "grant",
    "pass",
    "clock",
    "register",
    "row",
    "stage",
    "children",
    "period",
];

/// Reads a scenario file.
pub(crate) fn read(root: &Node, path: &str, text: &str, sink: &mut Sink<'_>) -> Option<Scenario> {
    let mut file = Table::of(root, "file", sink)?;
    super::language(&mut file, sink);
    let mut head = file.need_table("scenario", sink)?;
    let id = head.need_code("id", sink);
    let label = head.need_label("label", sink);
    let mechanism = head.need_code("mechanism", sink);
    let rows = head.flag("rows", true, sink);
    let adopted = head.text("adopted", sink).and_then(|found| {
        let date = crate::syntax::limit::date(&found.value);
        if date.is_none() {
            sink.error("M0017", found.span, |m| m.with("found", found.as_str()));
        }
        date
    });
    let reproduces = head.codes("reproduces", sink);
    head.finish(sink);
    let tables = file.tables("when", "[[when]]", sink);
    if tables.len() > SCENARIO_STEPS_MAX {
        let found = tables.len();
        sink.error("M0002", file.span, |m| {
            m.show("found", found)
                .show("max", SCENARIO_STEPS_MAX)
                .with("what", crate::text::label("check.limit_steps"))
        });
    }
    let steps: Vec<When> = tables
        .into_iter()
        .take(SCENARIO_STEPS_MAX)
        .filter_map(|t| when(t, sink))
        .collect();
    let mut last = None;
    for step in &steps {
        if last.is_some_and(|last| step.at.value < last) {
            sink.error("M0309", step.at.span, |m| m.with("found", "…"));
        }
        last = Some(step.at.value);
    }
    file.finish(sink);
    let mechanism = mechanism?;
    Some(Scenario {
        id: id?.value,
        label,
        file: path.to_owned(),
        text: text.to_owned(),
        mechanism_span: mechanism.span,
        mechanism: mechanism.value,
        reproduces_spans: reproduces.iter().map(|figure| figure.span).collect(),
        reproduces: reproduces.into_iter().map(|figure| figure.value).collect(),
        rows,
        adopted,
        steps,
    })
}

fn when(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<When> {
    let at = table.need_text("at", sink).and_then(|found| {
        let at = moment(&found.value);
        if at.is_none() {
            sink.error("M0309", found.span, |m| m.with("found", found.as_str()));
        }
        at.map(|at| Sp::new(found.span, at))
    });
    let by = table.code("by", sink);
    let person = table.code("person", sink);
    let on_behalf_of = table.code("for", sink);
    let named = table.code("case", sink);
    let case_said = named.is_some();
    let case = named.unwrap_or_else(|| Sp::new(table.span, "a".to_owned()));
    let action = table.need_code("do", sink);
    let mut keys = BTreeMap::new();
    for key in KEYS {
        if let Some(node) = table.get(key) {
            keys.insert((*key).to_owned(), node.clone());
        }
    }
    let then = table.table("then", sink).map(|table| then(table, sink));
    let span = table.span;
    table.finish(sink);
    Some(When {
        span,
        at: at?,
        by,
        person,
        on_behalf_of,
        case,
        case_said,
        action: action?,
        keys,
        then,
    })
}

fn then(mut table: Table<'_>, sink: &mut Sink<'_>) -> Then {
    let mut flags = Vec::new();
    for key in ["closed", "late", "on_time", "void"] {
        if let Some(node) = table.get(key) {
            flags.push((key, Sp::new(node.span, table.flag(key, false, sink))));
        }
    }
    let figures = table
        .table("figures", sink)
        .map(|figures| {
            figures
                .entries()
                .iter()
                .filter_map(|(name, span, node)| {
                    let value = match &node.kind {
                        Kind::Text(text) | Kind::Int(text) | Kind::Dec(text) => text.clone(),
                        _ => return None,
                    };
                    Some((Sp::new(*span, name.clone()), Sp::new(node.span, value)))
                })
                .collect()
        })
        .unwrap_or_default();
    let events = table.get("events").map(|node| node.span);
    let ast = Then {
        span: table.span,
        stage: table.code("stage", sink),
        holder: table.code("holder", sink),
        owner: table.code("owner", sink),
        colour: table.code("colour", sink),
        due: table.text("due", sink),
        refused: table.code("refused", sink),
        round: table.number("round", (1, 1000), sink),
        events: events.map(|span| (span, table.texts("events", sink))),
        expect: table.texts("expect", sink),
        flags,
        figures,
    };
    table.finish(sink);
    ast
}

/// The first case of a scenario; further ones count on.
pub(crate) const FIRST_CASE: CaseId = CaseId(1);
