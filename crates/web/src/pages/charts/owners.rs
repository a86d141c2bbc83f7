//! Owners side by side (各乡镇在办走势): one small line each, on one scale. Townships where matters are theirs, all owners otherwise.

use bihuan_domain::id::UnitId;
use bihuan_engine::views::{Counts, Filter, Group, Span};
use bihuan_messages::{t, tf};
use maud::html;

use super::{Chart, Source};
use crate::components::chart::{Cell, Head, Table};
use crate::components::trend::spark;
use crate::show;
use crate::trouble::Trouble;

/// Frames that are drawn.
const FRAMES: usize = 24;

/// An owner with the course of its matters.
struct Owner {
    id: UnitId,
    name: String,
    now: Counts,
    weeks: Vec<Span>,
}

/// The chart.
pub(super) fn side_by_side(source: &Source<'_>) -> Result<Chart, Trouble> {
    let (lang, show) = (source.lang(), source.show);
    let weeks = source.weeks();
    let mut spans = source.views().spans_by_owner(&source.filter, &weeks)?;
    let open = Filter {
        open: Some(true),
        ..source.filter.clone()
    };
    let mut now: std::collections::BTreeMap<String, Counts> = source
        .views()
        .counts_by(&open, Group::Owner)?
        .into_iter()
        .collect();
    let org = &show.visitor.world.org;
    let is_town = |id: &UnitId| {
        let unit = org.units.get(id);
        unit.is_some_and(|unit| unit.kind.as_str() == "township")
    };
    let towns = spans.keys().any(is_town);
    if towns {
        spans.retain(|id, _| is_town(id));
    }
    let mut owners: Vec<Owner> = spans
        .into_iter()
        .map(|(id, weeks)| Owner {
            name: show.unit(&id),
            now: now.remove(id.as_str()).unwrap_or_default(),
            id,
            weeks,
        })
        .collect();
    // Those with most open matters are drawn, then all stand in the order of their names.
    owners.sort_by(|a, b| b.now.open.cmp(&a.now.open).then_with(|| a.name.cmp(&b.name)));
    let mut drawn: Vec<&Owner> = owners.iter().take(FRAMES).collect();
    drawn.sort_by(|a, b| a.name.cmp(&b.name));
    let numbers = |owner: &Owner| owner.weeks.iter().map(|span| span.open).collect::<Vec<u64>>();
    let most = drawn.iter().flat_map(|owner| numbers(owner)).max().unwrap_or(0);
    let of = |owner: &Owner, pairs: &[(&str, &str)]| {
        let mut all = vec![("owner", owner.id.as_str())];
        all.extend(pairs);
        source.list(&all)
    };
    let frame = |owner: &Owner| {
        let numbers = numbers(owner);
        let highest = numbers.iter().max().copied().unwrap_or(0);
        let words = tf(
            lang,
            "chart.spark",
            &[
                ("unit", &owner.name),
                ("weeks", &numbers.len()),
                ("max", &show::count(highest)),
                ("now", &show::count(owner.now.open)),
            ],
        );
        html! { li {
            h3 { (owner.name) }
            (spark(&words, &numbers, most))
            p {
                a href=(of(owner, &[("open", "yes")])) { (tf(lang, "chart.n_open", &[("n", &show::count(owner.now.open))])) }
                @if owner.now.late > 0 { " " a .late href=(of(owner, &[("open", "yes"), ("colour", "red")])) { (tf(lang, "chart.n_late", &[("n", &show::count(owner.now.late))])) } }
            }
        } }
    };
    let rest = owners.len().saturating_sub(drawn.len());
    let drawing = html! {
        ol .multiples { @for owner in &drawn { (frame(owner)) } }
        @if rest > 0 { p .quiet { (tf(lang, "chart.owners_rest", &[("shown", &drawn.len()), ("n", &rest)])) } }
    };
    let (first, last) = (weeks.first(), weeks.last());
    let from = first
        .and_then(|day| day.tomorrow().ok())
        .map(|day| day.to_string())
        .unwrap_or_default();
    let to = last.map(ToString::to_string).unwrap_or_default();
    let mut named: Vec<&Owner> = owners.iter().collect();
    named.sort_by(|a, b| a.name.cmp(&b.name));
    let rows = named.iter().map(|owner| {
        let sum = |part: fn(&Span) -> u64| owner.weeks.iter().map(part).sum();
        vec![
            Cell::text(owner.name.clone()),
            Cell::count(owner.now.open, of(owner, &[("open", "yes")])),
            Cell::late(owner.now.late, of(owner, &[("open", "yes"), ("colour", "red")])),
            Cell::count(
                sum(|span| span.opened),
                of(owner, &[("opened_from", &from), ("opened_to", &to)]),
            ),
            Cell::count(
                sum(|span| span.closed),
                of(owner, &[("closed_from", &from), ("closed_to", &to)]),
            ),
        ]
    });
    let heads = vec![
        Head::words(t(lang, "chart.unit")),
        Head::number(t(lang, "chart.open")),
        Head::number(t(lang, "chart.late")),
        Head::number(t(lang, "chart.opened")),
        Head::number(t(lang, "chart.closed")),
    ];
    Ok(Chart {
        id: "owners",
        title: t(lang, if towns { "chart.towns" } else { "chart.owners" }),
        how: t(lang, "chart.towns_how"),
        drawing,
        table: Table {
            heads,
            rows: rows.collect(),
        },
    })
}
