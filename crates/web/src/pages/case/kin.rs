//! What else there is about the same things (相关事项): other cases whose fields point at the same rows of registers, a device,
//! a site, a household, as far as the visitor may see them.

use std::sync::Arc;

use bihuan_domain::case::State;
use bihuan_domain::value::{RowRef, Value};
use bihuan_engine::views::{CaseRow, Filter, Sort};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use crate::show::{self, Show};

/// Cases that are named, the newest first.
const NAMED: u64 = 8;

pub(super) fn related(show: &Show<'_>, state: &State) -> Markup {
    match found(show, state) {
        Ok((rows, total)) if total > 0 => card(show, &rows, total),
        Ok(_) => html! {},
        Err(error) => {
            tracing::error!(%error, case = %state.id, "related cases could not be read");
            html! {}
        }
    }
}

fn found(show: &Show<'_>, state: &State) -> Result<(Vec<CaseRow>, u64), bihuan_engine::Error> {
    let mut among = std::collections::BTreeSet::new();
    for row in state.values.values().filter_map(row_of) {
        among.extend(show.views.cases_at(row)?);
    }
    // Itself, and what stands on the page already.
    among.remove(&state.id);
    for known in state.children.keys().chain(state.parent.as_ref()) {
        among.remove(known);
    }
    if among.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let filter = Filter {
        among: Some(Arc::new(among)),
        visible_to: show.visitor.sight.as_ref().clone(),
        ..Filter::default()
    };
    let page = show.views.cases(&filter, Sort::Newest, 0, NAMED)?;
    Ok((page.rows, page.total))
}

fn row_of(value: &Value) -> Option<&RowRef> {
    match value {
        Value::Row(row) => Some(row),
        _ => None,
    }
}

fn card(show: &Show<'_>, rows: &[CaseRow], total: u64) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    html! {
        section .card #related {
            h2 { (t(lang, "web.related")) " " span .num .quiet { (total) } }
            ul .children { @for case in rows {
                @let mechanism = visitor.mechanisms.current(&case.mechanism);
                li {
                    (show::colour_mark(case.colour, lang)) " "
                    a href={ "/cases/" (case.id) } { (show::text(case.title.as_deref().unwrap_or(t(lang, "web.erased")))) }
                    span .quiet { @if let Some(mechanism) = &mechanism { " " (mechanism.label.get(lang)) } " · " (show::stage_name(mechanism.as_deref(), &case.stage, lang)) }
                }
            } }
            @if total > NAMED { p .quiet { (tf(lang, "web.related_more", &[("n", &(total - NAMED))])) } }
        }
    }
}
