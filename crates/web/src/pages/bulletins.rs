//! Bulletins (督查通报): the list and the form that drafts one, the bulletin with its signature, issue and downloads, the
//! cases behind a figure, and the recomputation from the log.

mod behind;
mod list;
mod one;
mod reasons;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bihuan_domain::id::BulletinId;
use bihuan_domain::world::Bulletin;
use bihuan_engine::bulletin::{self, Content};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use crate::Web;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

pub(crate) use one::file;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/bulletins", get(list::index).post(list::draft))
        .route("/bulletins/style.css", get(style))
        .route("/bulletins/reasons", get(reasons::page).post(reasons::send))
        .route("/bulletins/{id}", get(one::page))
        .route("/bulletins/{id}/sign", post(one::sign))
        .route("/bulletins/{id}/issue", post(one::issue))
        .route("/bulletins/{id}/verify", get(one::verify))
        .route("/bulletins/{id}/cases", get(behind::cases))
        .route("/bulletins/{id}/{file}", get(file))
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, bulletin::STYLE).into_response()
}

/// A bulletin that this visitor may read, with its content.
pub(crate) fn readable(visitor: &Visitor, id: &BulletinId) -> Result<(Bulletin, Option<Content>), Trouble> {
    let known = visitor.engine.world();
    let bulletin = known.bulletins.get(id).ok_or_else(Trouble::not_found)?;
    if !bulletin::may_read(&known, bulletin, &visitor.post, &visitor.sight) {
        return Err(Trouble::not_found());
    }
    Ok(bulletin::load(&visitor.engine, id)?)
}

/// How far a bulletin is, and since when or until when.
fn state(visitor: &Visitor, bulletin: &Bulletin) -> Markup {
    let lang = visitor.lang;
    html! {
        @match (&bulletin.signed, bulletin.issued) {
            (_, Some(at)) => { strong { (t(lang, "report.p_issued")) } " " span .quiet { (show::moment(at, lang)) } },
            (Some((_, at)), None) => { strong { (t(lang, "report.p_signed")) } " " span .quiet { (show::moment(*at, lang)) } },
            (None, None) => {
                strong { (t(lang, "report.p_draft")) } " "
                span .quiet { (t(lang, "report.p_sign_by")) " " (show::moment(bulletin.draft.due, lang)) } " "
                (show::remaining(bulletin.draft.due, visitor.now, lang))
            },
        }
        @for rung in &bulletin.overdue {
            p .quiet { (tf(lang, "report.p_rung", &[("label", &rung.label.get(lang)), ("post", &show::post_name(&visitor.world, &rung.to, lang)), ("due", &show::moment_text(rung.due, lang))])) }
        }
        @if let Some(at) = bulletin.draft.scheduled {
            p .quiet { (tf(lang, "report.p_by_itself", &[("at", &show::moment_text(at, lang))]))
                @if bulletin.drafted_at > at.saturating_add(jiff::SignedDuration::from_mins(10)).unwrap_or(at) { " " (tf(lang, "report.p_drafted_late", &[("at", &show::moment_text(bulletin.drafted_at, lang))])) } }
        }
    }
}

fn number(bulletin: &Bulletin) -> &str {
    bulletin
        .draft
        .number
        .as_ref()
        .map_or(bulletin.draft.bulletin.as_str(), |number| number.text.as_str())
}
