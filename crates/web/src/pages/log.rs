//! The log (日志): its signed head, its entries, and the receipt of each with its proof.

use axum::Router;
use axum::routing::get;
use bihuan_ledger::{Entry, Receipt, ReceiptVerdict, verify_receipt};
use bihuan_messages::{Lang, has, t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::layout::{self, Nav};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

const PAGE: u64 = 50;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/log", get(log))
        .route("/log/{seq}", get(entry))
}

#[derive(Deserialize)]
struct Asked {
    before: Option<u64>,
}

async fn log(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let head = views.log().head()?;
            let before = asked.before.unwrap_or(head.size).min(head.size);
            let from = before.saturating_sub(PAGE);
            let count = usize::try_from(before - from).unwrap_or(0);
            let entries = views.log().entries(from, count)?;
            let show = Show { visitor, views: &views };
            let lang = visitor.lang;
            let body = html! {
                (layout::heading(None, &html! { (t(lang, "web.log_title")) }, &html! {}))
                p .lead { (t(lang, "web.log_lead")) }
                dl .facts .wide-facts {
                    dt { (t(lang, "web.log_origin")) } dd { code { (head.origin) } }
                    dt { (t(lang, "web.log_size")) } dd .num { (show::count(head.size)) }
                    dt { (t(lang, "web.log_root")) } dd { code { (head.root) } }
                    dt { (t(lang, "web.log_at")) } dd { (show::moment(head.at, lang)) }
                    dt { (t(lang, "web.log_key")) } dd { code { (visitor.engine.ledger().public_key()) } }
                }
                section {
                    h2 { (t(lang, "web.log_entries")) }
                    (table(&show, &entries))
                    nav .pager aria-label=(t(lang, "web.pages")) {
                        span { (tf(lang, "web.pager_range", &[("first", &from), ("last", &before.saturating_sub(1)), ("total", &show::count(head.size))])) }
                        span .pager-links {
                            @if before < head.size { a rel="prev" href={ "/log?before=" ((before + PAGE).min(head.size)) } { (t(lang, "web.pager_newer")) } }
                            @if from > 0 { a rel="next" href={ "/log?before=" (from) } { (t(lang, "web.pager_older")) } }
                        }
                    }
                }
            };
            Ok(layout::page(visitor, t(lang, "web.log_title"), Nav::Log, &body))
        })
        .await
}

fn table(show: &Show<'_>, entries: &[Entry]) -> Markup {
    let lang = show.visitor.lang;
    html! {
        table .ledger .log {
            thead { tr {
                th .amount scope="col" { "#" }
                th scope="col" { (t(lang, "web.log_when")) }
                th scope="col" { (t(lang, "web.log_event")) }
                th scope="col" { (t(lang, "web.log_stream")) }
                th scope="col" { (t(lang, "web.log_who")) }
            } }
            tbody {
                @for entry in entries.iter().rev() {
                    tr {
                        td .amount data-label="#" { a href={ "/log/" (entry.seq) } { (entry.seq) } }
                        td data-label=(t(lang, "web.log_when")) { (show::moment(entry.at, lang)) }
                        td data-label=(t(lang, "web.log_event")) { (kind(&entry.kind, lang)) }
                        td data-label=(t(lang, "web.log_stream")) { (stream(&entry.stream)) }
                        td data-label=(t(lang, "web.log_who")) { (who(show, entry)) }
                    }
                }
            }
        }
    }
}

/// What an entry is, in words and by its stable name.
fn kind(kind: &str, lang: Lang) -> Markup {
    let name = kind.replace('.', "_");
    let keys = [format!("web.entry_{name}"), format!("admin.act_{name}")];
    html! {
        // An entry that a later program wrote has its stable name alone.
        @if let Some(key) = keys.iter().find(|key| has(key)) { (t(lang, key)) " " }
        code .quiet { (kind) }
    }
}

fn stream(stream: &str) -> Markup {
    html! {
        @match stream.strip_prefix("case/") {
            Some(id) => { a href={ "/cases/" (id) } { (stream) } },
            None => { (stream) },
        }
    }
}

/// The log itself names posts; persons are pseudonyms there, and stay so here.
fn who(show: &Show<'_>, entry: &Entry) -> Markup {
    let lang = show.visitor.lang;
    html! {
        @match &entry.actor.post {
            Some(post) if post != "system" => { (show.post(&post.as_str().into())) },
            _ => { (t(lang, "web.actor_system")) },
        }
    }
}

async fn entry(visitor: Visitor, Path(seq): Path<u64>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let entry = views.log().entry(seq)?.ok_or_else(Trouble::not_found)?;
            let receipt = views.log().receipt(seq)?;
            let leaf = entry.canonical()?;
            Ok(view(visitor, &entry, &receipt, &leaf))
        })
        .await
}

fn view(visitor: &Visitor, entry: &Entry, receipt: &Receipt, leaf: &str) -> Markup {
    let lang = visitor.lang;
    let key = visitor.engine.ledger().public_key();
    let verdict = match verify_receipt(receipt, key) {
        ReceiptVerdict::Holds => "web.receipt_holds",
        ReceiptVerdict::NoPath => "web.receipt_no_path",
        ReceiptVerdict::NotIncluded => "web.receipt_not_included",
        ReceiptVerdict::NotSigned => "web.receipt_not_signed",
    };
    let title = tf(lang, "web.receipt_title", &[("seq", &entry.seq)]);
    let json = serde_json::to_string_pretty(receipt).unwrap_or_default();
    let body = html! {
        (layout::heading(Some(t(lang, "web.log_title")), &html! { (title) }, &html! {}))
        p .notice { strong { (t(lang, verdict)) } }
        p .lead { (t(lang, "web.receipt_lead")) }
        dl .facts .wide-facts {
            dt { (t(lang, "web.log_event")) } dd { (kind(&entry.kind, lang)) }
            dt { (t(lang, "web.log_when")) } dd { (show::moment(entry.at, lang)) }
            dt { (t(lang, "web.log_stream")) } dd { (stream(&entry.stream)) }
            dt { (t(lang, "web.receipt_leaf")) } dd { code { (receipt.leaf) } }
            dt { (t(lang, "web.receipt_checkpoint")) } dd { (tf(lang, "web.receipt_covers", &[("size", &show::count(receipt.checkpoint.size))])) " " (show::moment(receipt.checkpoint.at, lang)) }
        }
        section { h2 { (t(lang, "web.receipt")) }
            p { a .button href={ "/api/v1/log/receipts/" (entry.seq) } download={ "receipt-" (entry.seq) ".json" } { (t(lang, "web.receipt_save")) } }
            details open { summary { "JSON" } pre { (json) } } }
        section { h2 { (t(lang, "web.receipt_entry")) } p .quiet { (t(lang, "web.receipt_entry_note")) } pre { (leaf) } }
    };
    layout::page(visitor, &title, Nav::Log, &body)
}
