//! Places that stand in registers: rows that point up from register to register (unit, building, grid, station) as a tree.

use std::collections::BTreeMap;

use bihuan_domain::id::{RegisterId, RowId};
use bihuan_domain::mechanism::RegisterSpec;
use bihuan_domain::value::{Type, Value};
use bihuan_messages::t;
use maud::{Markup, html};

use crate::show::{self, Show};

/// Levels from which registers make a tree of places; a device and its user make none.
const LEVELS_MIN: usize = 3;

/// Every such tree, with how many there are on each level.
pub(super) fn trees(show: &Show<'_>) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let registers: Vec<&RegisterSpec> = visitor
        .mechanisms
        .packs()
        .iter()
        .flat_map(|pack| &pack.registers)
        .collect();
    let chains = chains(&registers);
    html! {
        @for chain in &chains {
            @if let (Some(top), Some(leaf)) = (chain.first(), chain.last()) {
                section {
                    h2 { (top.label.get(lang)) " – " (leaf.label.get(lang)) }
                    div .figures { @for spec in chain {
                        a .figure href={ "/registers/" (spec.id) } {
                            span .figure-n { (show::count(u64::try_from(visitor.world.registers.count(&spec.id)).unwrap_or(0))) }
                            span { (spec.label.get(lang)) }
                        }
                    } }
                    ul .org { @for (id, _) in visitor.world.registers.rows(&top.id) { li { (branch(show, chain, 0, id)) } } }
                }
            }
        }
    }
}

/// The longest ways up, from the top register down.
fn chains<'a>(registers: &[&'a RegisterSpec]) -> Vec<Vec<&'a RegisterSpec>> {
    let up: BTreeMap<&RegisterId, &RegisterId> = registers
        .iter()
        .filter_map(|spec| Some((&spec.id, parent(spec)?)))
        .collect();
    let leaves = registers
        .iter()
        .filter(|spec| !up.values().any(|above| **above == spec.id));
    let mut chains = Vec::new();
    for leaf in leaves {
        let mut chain = vec![*leaf];
        while let Some(above) = chain.last().and_then(|spec| up.get(&spec.id)) {
            let Some(spec) = registers.iter().find(|spec| spec.id == **above) else {
                break;
            };
            if chain.iter().any(|known| known.id == spec.id) {
                break;
            }
            chain.push(spec);
        }
        if chain.len() >= LEVELS_MIN {
            chain.reverse();
            chains.push(chain);
        }
    }
    chains
}

/// The register to which the rows of another belong: that of its only row field that every row has.
fn parent(spec: &RegisterSpec) -> Option<&RegisterId> {
    let mut needed = spec.fields.iter().filter_map(|field| match &field.ty {
        Type::Row(register) if field.required && *register != spec.id => Some(register),
        _ => None,
    });
    needed.next().filter(|_| needed.next().is_none())
}

fn branch(show: &Show<'_>, chain: &[&RegisterSpec], level: usize, id: &RowId) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let Some(spec) = chain.get(level) else {
        return html! {};
    };
    let Some(row) = visitor.world.registers.row(&spec.id, id) else {
        return html! {};
    };
    let name = show.row_name(Some(spec), id, row);
    let next = chain.get(level.saturating_add(1));
    let points = |value: &Value| matches!(value, Value::Row(at) if at.register == spec.id && at.row == *id);
    let below: Vec<&RowId> = next
        .map(|next| visitor.world.registers.rows(&next.id))
        .into_iter()
        .flatten()
        .filter(|(_, row)| row.values().any(points))
        .map(|(id, _)| id)
        .collect();
    let address = format!(
        "/q/{}/r/{}/{}",
        visitor.place(),
        spec.id,
        show::percent(id.as_str())
    );
    html! {
        @if below.is_empty() { a href=(address) { (show::text(&name)) } }
        @else {
            details {
                summary { (show::text(&name)) " " span .quiet { (below.len()) } }
                p .help { a href=(address) { (t(lang, "phone.on_phone")) } }
                ul .org { @for id in below { li { (branch(show, chain, level.saturating_add(1), id)) } } }
            }
        }
    }
}
