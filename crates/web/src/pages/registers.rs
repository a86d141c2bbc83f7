//! A register (名册、清单): its rows, as packs declare them.

use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::get;
use bihuan_domain::expr::Row;
use bihuan_domain::id::{RegisterId, RowId};
use bihuan_domain::mechanism::RegisterSpec;
use bihuan_messages::t;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::components::pager::pager;
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

const PAGE: usize = 100;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/registers/{id}", get(register))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    page: usize,
}

async fn register(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    let id = RegisterId::from(id);
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let show = Show {
                visitor,
                views: &views,
            };
            let spec = visitor
                .mechanisms
                .packs()
                .iter()
                .flat_map(|pack| &pack.registers)
                .find(|spec| spec.id == id);
            let spec = spec.ok_or_else(Trouble::not_found)?;
            let page = asked.page.max(1);
            let rows: Vec<_> = visitor
                .world
                .registers
                .rows(&id)
                .skip((page - 1).saturating_mul(PAGE))
                .take(PAGE)
                .collect();
            Ok(view(&show, spec, page, &rows))
        })
        .await
}

fn view(show: &Show<'_>, spec: &RegisterSpec, page: usize, rows: &[(&RowId, &Row)]) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let total = u64::try_from(visitor.world.registers.count(&spec.id)).unwrap_or(0);
    let number = |n: usize| u64::try_from(n).unwrap_or(1);
    let body = html! {
        (layout::heading(Some(t(lang, "web.registers")), &html! { (spec.label.get(lang)) }, &html! { span .quiet .num { (show::count(total)) } }))
        @if rows.is_empty() { div .empty { p { (t(lang, "web.register_empty")) } } }
        @else {
            div .scroll tabindex="0" role="region" aria-label=(spec.label.get(lang)) {
                table .ledger .register {
                    thead { tr { th scope="col" { (t(lang, "web.row")) } @for field in &spec.fields { th scope="col" { (field.label.get(lang)) } } } }
                    tbody { @for (id, row) in rows {
                        tr id={ "row-" (id) } {
                            td data-label=(t(lang, "web.row")) { code { (id) } }
                            @for field in &spec.fields {
                                td .is-title[field.id == spec.title] .is-empty[!row.contains_key(&field.id)] data-label=(field.label.get(lang)) {
                                    @match row.get(&field.id) { Some(value) => { (show.value(field, value)) }, None => { span .quiet { "–" } } }
                                }
                            }
                        }
                    } }
                }
            }
        }
        (pager(lang, number(page), number(PAGE), total, |n| format!("/registers/{}?page={n}", spec.id)))
    };
    layout::page(visitor, spec.label.get(lang), Nav::Mechanisms, &body)
}
