//! Orders on paper (交办单、催办通知、督办通知) of a case: the list beside the case, and each as a file.

use axum::http::StatusCode;
use axum::response::Response;
use bihuan_domain::case::State;
use bihuan_domain::id::CaseId;
use bihuan_engine::orders::{self, Kind, Matter};
use bihuan_messages::t;
use maud::{Markup, html};

use super::find;
use crate::pages::export::{DOCX, download};
use crate::place::Path;
use crate::session::Visitor;
use crate::show::Show;
use crate::trouble::Trouble;

/// The papers that the case as it stands may be printed on; for who runs the system.
pub(super) fn list(show: &Show<'_>, state: &State) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    html! {
        @if visitor.administers() {
            section .card .no-print {
                h2 { (t(lang, "web.orders")) }
                p .quiet { (t(lang, "web.orders_lead")) }
                ul { @for kind in Kind::ALL.into_iter().filter(|kind| kind.fits(state)) {
                    li { a href={ "/cases/" (state.id) "/orders/" (kind.code()) } { (kind.label(lang)) } }
                } }
            }
        }
    }
}

pub(super) async fn download_order(
    visitor: Visitor,
    Path((id, kind)): Path<(u64, String)>,
) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let kind = Kind::named(&kind).ok_or_else(Trouble::not_found)?;
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let (case, mechanism) = find(visitor, &views, CaseId(id))?;
            if !kind.fits(&case.state) {
                return Err(Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, "no_order"));
            }
            let matter = Matter {
                views: &views,
                world: &visitor.world,
                case: &case,
                mechanism: &mechanism,
                now: visitor.now,
                lang: visitor.lang,
            };
            let document = orders::compose(&matter, kind)?;
            let bytes = orders::docx(&document, visitor.lang)?;
            Ok(download(DOCX, &format!("{}.docx", document.title), bytes))
        })
        .await
}
