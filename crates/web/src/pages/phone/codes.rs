//! A sheet of QR codes to print and stick on (二维码张贴页): one for each row of a register, or for a unit and those below it.

use axum::http::{HeaderMap, header};
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::{RegisterId, UnitId};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use super::object::address;
use crate::components::pager::pager;
use crate::components::qr::qr;
use crate::layout::{self, Nav};
use crate::pages::registers::spec;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Codes on a page: four sheets of paper.
const PAGE: usize = 48;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    page: usize,
}

/// What is printed: the name, a small line, and the address that the code says.
struct Label {
    name: String,
    small: String,
    address: String,
}

pub(super) async fn rows(
    visitor: Visitor,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    let base = base(&headers);
    visitor
        .work(move |visitor| {
            let register = RegisterId::from(id);
            let spec = spec(visitor, &register)?;
            let views = visitor.views()?;
            let show = Show {
                visitor,
                views: &views,
            };
            let number = asked.page.max(1);
            let before = (number - 1).saturating_mul(PAGE);
            let rows = visitor.world.registers.rows(&register).skip(before).take(PAGE);
            let labels: Vec<Label> = rows
                .map(|(row, values)| Label {
                    name: show.row_name(Some(spec), row, values),
                    small: row.to_string(),
                    address: format!("{base}{}", address(visitor, &register, row)),
                })
                .collect();
            let total = u64::try_from(visitor.world.registers.count(&register)).unwrap_or(0);
            let (page, size) = (
                u64::try_from(number).unwrap_or(1),
                u64::try_from(PAGE).unwrap_or(1),
            );
            let pages = pager(visitor.lang, page, size, total, |n| {
                format!("/codes/{}?page={n}", spec.id)
            });
            Ok(sheet(visitor, spec.label.get(visitor.lang), &labels, &pages))
        })
        .await
}

pub(super) async fn units(
    visitor: Visitor,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Markup, Trouble> {
    let base = base(&headers);
    let (lang, org, today) = (visitor.lang, &visitor.world.org, date_of(visitor.now));
    let id = UnitId::from(id);
    let top = org.units.get(&id).ok_or_else(Trouble::not_found)?;
    let below = org
        .units
        .values()
        .filter(|unit| unit.valid.covers(today) && org.ancestry(&unit.id).contains(&&id));
    let labels: Vec<Label> = below
        .map(|unit| Label {
            name: unit.name.get(lang).to_owned(),
            small: unit.id.to_string(),
            address: format!("{base}/q/{}/u/{}", visitor.place(), unit.id),
        })
        .collect();
    Ok(sheet(&visitor, top.name.get(lang), &labels, &html! {}))
}

/// The address of this server as who prints has it: phones must reach the same.
fn base(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text("x-forwarded-proto")
        .filter(|scheme| *scheme == "https")
        .unwrap_or("http");
    let host = text(header::HOST.as_str()).unwrap_or("localhost");
    format!("{scheme}://{host}")
}

fn sheet(visitor: &Visitor, title: &str, labels: &[Label], pages: &Markup) -> Markup {
    let lang = visitor.lang;
    let first = labels
        .first()
        .map(|label| label.address.clone())
        .unwrap_or_default();
    let body = html! {
        (layout::heading(Some(t(lang, "phone.codes")), &html! { (title) }, &html! {}))
        p .lead .no-print { (t(lang, "phone.codes_lead")) }
        @if !first.is_empty() { p .notice .no-print { (tf(lang, "phone.codes_host", &[("address", &first)])) } }
        ul .codes {
            @for label in labels {
                li .code-label {
                    (qr(&label.address, &tf(lang, "phone.code_of", &[("name", &label.name)])))
                    span .code-name { (show::text(&label.name)) }
                    span .code-small { (label.small) }
                }
            }
        }
        (pages)
    };
    layout::page(visitor, title, Nav::Mechanisms, &body)
}
