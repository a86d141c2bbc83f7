//! Administration (管理): what is neither work on a case nor reading one, and who may do it. The hub lists only what the
//! visitor's post may do; each page asks the access policy again.

mod accounts;
mod adopt;
mod audit;
mod custodians;
mod erasures;
mod leaders;
mod proposals;
mod robots;

use axum::Router;
use axum::routing::get;
use bihuan_engine::access::Task;
use bihuan_messages::t;
use maud::{Markup, html};

use crate::Web;
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(crate) use adopt::adopt_proposal;
pub(crate) use erasures::{erasure_json, sees_erasure};
pub(crate) use proposals::Proposals;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin", get(hub))
        .merge(adopt::routes())
        .merge(custodians::routes())
        .merge(erasures::routes())
        .merge(leaders::routes())
        .merge(robots::routes())
        .merge(accounts::routes())
        .merge(audit::routes())
}

/// Whether the visitor finds anything to do under administration.
pub(crate) fn offers_anything(visitor: &Visitor) -> bool {
    offered(visitor).next().is_some()
}

/// The pages that the visitor's post may use: address, title, what it is for.
fn offered(visitor: &Visitor) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let adopts = visitor.may(Task::AdoptPacks);
    let keys = adopts || custodians::own(visitor).next().is_some();
    let erases = erasures::may_look(visitor);
    [
        (
            visitor.may(Task::ManageAccounts),
            "/admin/accounts",
            "admin.accounts",
            "admin.accounts_lead",
        ),
        (adopts, "/admin/packs", "admin.adopt", "admin.adopt_lead"),
        (keys, "/admin/custodians", "admin.keys", "admin.keys_lead"),
        (
            visitor.may(Task::Run),
            "/admin/leaders",
            "admin.leaders",
            "admin.leaders_lead",
        ),
        (
            visitor.may(Task::ManageAccounts),
            "/admin/robots",
            "notify.robots",
            "notify.robots_lead",
        ),
        (erases, "/admin/erasures", "admin.erasures", "admin.erasures_lead"),
        (
            visitor.may(Task::SeeErasures),
            "/admin/audit",
            "admin.audit",
            "admin.audit_lead",
        ),
    ]
    .into_iter()
    .filter_map(|(may, to, title, lead)| may.then_some((to, title, lead)))
}

async fn hub(visitor: Visitor) -> Result<Markup, Trouble> {
    let pages: Vec<_> = offered(&visitor).collect();
    if pages.is_empty() {
        return Err(Trouble::forbidden());
    }
    let lang = visitor.lang;
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "admin.title")) }, &html! {}))
        p .lead { (t(lang, "admin.lead")) }
        ul .index .admin { @for (to, title, lead) in pages {
            li { div { a .row-title href=(to) { (t(lang, title)) } span .row-note { (t(lang, lead)) } } }
        } }
    };
    Ok(layout::page(&visitor, t(lang, "admin.title"), Nav::Admin, &body))
}
