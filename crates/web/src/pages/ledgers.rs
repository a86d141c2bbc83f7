//! The ledgers (台账): one line each with how many are open, late and closed.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::get;
use bihuan_domain::id::MechanismId;
use bihuan_domain::mechanism::Mechanism;
use bihuan_engine::views::{Counts, Filter};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use crate::Web;
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/ledgers", get(index))
}

async fn index(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor
        .work(|visitor| {
            let views = visitor.views()?;
            let seen = Filter {
                visible_to: visitor.sight.as_ref().clone(),
                ..Filter::default()
            };
            let all = views.counts(&seen)?;
            let mut counts: BTreeMap<MechanismId, Counts> =
                views.counts_by_mechanism(&seen)?.into_iter().collect();
            let mut rows = Vec::new();
            for mechanism in visitor.mechanisms.all() {
                rows.push((
                    mechanism.clone(),
                    counts.remove(&mechanism.id).unwrap_or_default(),
                ));
            }
            // What is in use first, in the order of the county's list of mechanisms.
            rows.sort_by(|(a, _), (b, _)| (&a.number, &a.id).cmp(&(&b.number, &b.id)));
            let rows: Vec<(&Mechanism, &Counts)> = rows.iter().map(|(m, c)| (m.as_ref(), c)).collect();
            Ok(view(visitor, &all, &rows))
        })
        .await
}

fn view(visitor: &Visitor, all: &Counts, rows: &[(&Mechanism, &Counts)]) -> Markup {
    let lang = visitor.lang;
    let cell = |n: u64, key: &str, href: String, late: bool| {
        html! {
            td .amount data-label=(t(lang, key)) {
                @if n == 0 { span .quiet { "0" } }
                @else { a .late[late] href=(href) { (show::count(n)) } }
            }
        }
    };
    let line = |id: &str, counts: &Counts| {
        let to = |query: &str| format!("/ledgers/{id}{query}");
        html! {
            (cell(counts.open, "web.figure_open", to("?open=yes"), false))
            (cell(counts.late, "web.figure_late", to("?open=yes&colour=red"), true))
            (cell(counts.closed, "web.figure_closed", to("?open=no"), false))
            (cell(counts.total, "web.figure_total", to(""), false))
        }
    };
    let (used, unused): (Vec<_>, Vec<_>) = rows.iter().partition(|(_, counts)| counts.total > 0);
    let mechanism_cell = |mechanism: &Mechanism| {
        html! {
            th scope="row" {
                span .code { (mechanism.number) } " "
                a .row-title href={ "/ledgers/" (mechanism.id) } { (mechanism.label.get(lang)) }
                span .row-note { (mechanism.purpose.get(lang)) }
            }
        }
    };
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "web.ledgers_title")) }, &html! { a href="/campaigns" { (t(lang, "phone.campaigns")) } a href="/grid" { (t(lang, "phone.grid")) } a href="/board" { (t(lang, "find.board_title")) } }))
        @if rows.is_empty() {
            div .empty { p { (t(lang, "web.ledgers_empty")) } }
        } @else {
            table .ledger .counts {
                thead { tr {
                    th scope="col" { (t(lang, "web.mechanism")) }
                    th .amount scope="col" { (t(lang, "web.figure_open")) }
                    th .amount scope="col" { (t(lang, "web.figure_late")) }
                    th .amount scope="col" { (t(lang, "web.figure_closed")) }
                    th .amount scope="col" { (t(lang, "web.figure_total")) }
                } }
                tbody {
                    @for (mechanism, counts) in &used { tr { (mechanism_cell(mechanism)) (line(mechanism.id.as_str(), counts)) } }
                }
                tfoot { tr { th scope="row" { a href="/ledgers/all" { (t(lang, "web.ledgers_all")) } } (line("all", all)) } }
            }
            // Whoever works with three ledgers should not look for them among a hundred.
            @if !unused.is_empty() {
                section {
                    details open[used.is_empty()] {
                        summary { (tf(lang, "web.ledgers_unused", &[("n", &unused.len())])) }
                        table .ledger { tbody { @for (mechanism, _) in &unused { tr { (mechanism_cell(mechanism)) } } } }
                    }
                }
            }
        }
    };
    layout::page(visitor, t(lang, "web.ledgers_title"), Nav::Ledgers, &body)
}
