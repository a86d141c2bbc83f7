//! Audit (审计): every act of administration in the log, newest first: packs, keys and settings, erasures, and each look at
//! sensitive values; by whom, in which post. What may be seen of a case is not repeated here.

use axum::Router;
use axum::routing::get;
use bihuan_engine::access::Task;
use bihuan_ledger::Entry;
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::layout::{self, Nav};
use crate::place::Query;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Acts on a page.
const PAGE: usize = 50;

/// Entries that are looked through at a time, and for one page at most: a county's busy month.
const STEP: u64 = 1_000;
const LOOKED_MAX: u64 = 50_000;

/// What counts as administration, by the stable names of events, each with its text as `admin.act_<name>`.
const KINDS: [&str; 13] = [
    "pack.adopted",
    "setting.set",
    "calendar.adopted",
    "unit.put",
    "post.put",
    "person.appointed",
    "person.relieved",
    "erasure.asked",
    "erasure.withdrawn",
    "erasure.done",
    "values.unmasked",
    "log.restored",
    "account.changed",
];

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/admin/audit", get(audit))
}

#[derive(Deserialize)]
struct Asked {
    /// Only entries before this one.
    before: Option<u64>,
    /// Only acts of this kind.
    #[serde(default)]
    kind: String,
}

async fn audit(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor.must(Task::SeeErasures)?;
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let size = views.log().head()?.size;
            let from = asked.before.unwrap_or(size).min(size);
            let wanted = |entry: &Entry| {
                let kind = entry.kind.as_str();
                KINDS.contains(&kind) && (asked.kind.is_empty() || asked.kind == kind)
            };
            let mut found: Vec<Entry> = Vec::new();
            let mut at = from;
            while at > 0 && found.len() < PAGE && from - at < LOOKED_MAX {
                let start = at.saturating_sub(STEP);
                let count = usize::try_from(at - start).unwrap_or(0);
                let mut entries = views.log().entries(start, count)?;
                entries.retain(wanted);
                found.extend(entries.into_iter().rev());
                at = start;
            }
            if found.len() > PAGE {
                found.truncate(PAGE);
                at = found.last().map_or(at, |entry| entry.seq);
            }
            let show = Show {
                visitor,
                views: &views,
            };
            Ok(page(&show, &asked, &found, at))
        })
        .await
}

fn page(show: &Show<'_>, asked: &Asked, found: &[Entry], rest: u64) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let name = |kind: &str| t(lang, &format!("admin.act_{}", kind.replace('.', "_")));
    let heads = [
        "web.log_when",
        "admin.audit_act",
        "admin.audit_what",
        "web.log_who",
    ];
    let body = html! {
        (layout::heading(Some(t(lang, "admin.title")), &html! { (t(lang, "admin.audit")) }, &html! {}))
        p .lead { (t(lang, "admin.audit_lead")) }
        form .search method="get" action="/admin/audit" {
            label for="kind" { (t(lang, "admin.audit_act")) }
            select #kind name="kind" {
                option value="" { (t(lang, "admin.audit_all")) }
                @for kind in KINDS { option value=(kind) selected[asked.kind == kind] { (name(kind)) } }
            }
            button type="submit" { (t(lang, "admin.audit_show")) }
        }
        @if found.is_empty() { div .empty { p { (t(lang, "admin.audit_none")) } } }
        @else {
            div .scroll tabindex="0" role="region" aria-label=(t(lang, "admin.audit")) { table .ledger .log {
                thead { tr { th .amount scope="col" { "#" } @for head in heads { th scope="col" { (t(lang, head)) } } } }
                tbody { @for entry in found { tr {
                    td .amount data-label="#" { a href={ "/log/" (entry.seq) } { (entry.seq) } }
                    td data-label=(t(lang, "web.log_when")) { (show::moment(entry.at, lang)) }
                    td data-label=(t(lang, "admin.audit_act")) { (name(&entry.kind)) }
                    td data-label=(t(lang, "admin.audit_what")) { (what(show, entry)) }
                    td data-label=(t(lang, "web.log_who")) { (who(show, entry)) }
                } } }
            } }
        }
        @if rest > 0 {
            p .actions { a .button href={ "/admin/audit?before=" (rest) "&kind=" (asked.kind) } { (t(lang, "web.pager_older")) } }
        }
    };
    layout::page(visitor, t(lang, "admin.audit"), Nav::Admin, &body)
}

/// What an act was about, in codes: no text of anybody stands in the log.
fn what(show: &Show<'_>, entry: &Entry) -> Markup {
    let lang = show.visitor.lang;
    let text = |key: &str| entry.body.get(key).and_then(|value| value.as_str());
    // Units and posts are called as on the door, the rest by the codes that the log has.
    let plate = match entry.kind.as_str() {
        "unit.put" => text("id").map(|id| show.unit(&id.into())),
        "post.put" => text("id").map(|id| show.post(&id.into())),
        "person.appointed" | "person.relieved" => text("post").map(|id| show.post(&id.into())),
        _ => None,
    };
    let pack = text("pack").and_then(|id| {
        show.visitor
            .mechanisms
            .packs()
            .iter()
            .find(|pack| pack.id.as_str() == id)
    });
    let code = ["pack", "key", "subject", "register", "id", "name"]
        .iter()
        .find_map(|key| text(key));
    let rows = entry.body.get("rows").and_then(|rows| rows.as_array());
    html! {
        @if let Some(plate) = plate { (plate) }
        @else if let Some(code) = code { @if let Some(pack) = pack { (pack.label.get(lang)) " " } code { (code) } }
        @if let Some(rows) = rows { " " (tf(lang, "admin.audit_rows", &[("n", &rows.len())])) }
        @if let Some(case) = entry.body.get("case").and_then(serde_json::Value::as_u64) { " " a href={ "/cases/" (case) } { (tf(lang, "admin.subject_case", &[("n", &case)])) } }
        @if let Some(act) = text("act") { " " (t(lang, &format!("admin.account_{act}"))) }
        @if let Some(person) = text("person") { " " code { (person) } }
        @if let Some(reason) = text("reason") { " " (t(lang, &format!("admin.reason_{reason}"))) }
        @if let Some(purpose) = text("purpose") { " " (t(lang, &format!("admin.purpose_{purpose}"))) }
    }
}

/// The post; of who has the machine, the account that he states.
fn who(show: &Show<'_>, entry: &Entry) -> Markup {
    let lang = show.visitor.lang;
    let stated = entry
        .actor
        .session
        .as_deref()
        .and_then(|session| session.strip_prefix("os:"));
    html! {
        @match (&entry.actor.post, stated) {
            (Some(post), _) => { (show.post(&post.as_str().into())) },
            (None, Some(account)) => { (tf(lang, "admin.audit_machine", &[("account", &account)])) },
            (None, None) => { (t(lang, "web.actor_system")) },
        }
    }
}
