//! Notices (消息): what is new for the visitor by his posts, with the reason and the way to its case. What is to be done
//! stays on the desk; whoever opens a case has read what was said of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bihuan_domain::id::CaseId;
use bihuan_engine::notices::{About, Notice, named};
use bihuan_engine::views::{CaseRow, Filter, Page, Sort};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::body::Posted;
use crate::components::pager::pager;
use crate::layout::{self, Nav};
use crate::place::Query;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Notices on one page.
const PAGE: u64 = 50;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/notifications", get(index).post(mark))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    page: Option<u64>,
}

async fn index(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let page = asked.page.unwrap_or(1).clamp(1, 100_000);
            let told = visitor
                .notices()?
                .of(&visitor.person, (page - 1).saturating_mul(PAGE), PAGE)?;
            view(visitor, &told, page)
        })
        .await
}

/// Marks one notice as read, or all up to the newest that the page showed.
async fn mark(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let notices = visitor.notices()?;
            let number = |name: &str| sent.filled(name).map(str::parse::<u64>);
            match (number("one"), number("through")) {
                (Some(Ok(seq)), _) => {
                    notices.read(&visitor.person, seq, visitor.now)?;
                }
                (None, Some(Ok(seq))) => {
                    notices.read_through(&visitor.person, seq, visitor.now)?;
                }
                _ => return Err(Trouble::bad("one")),
            }
            let page = sent.filled("page").and_then(|page| page.parse::<u64>().ok());
            let to = match page {
                Some(page) if page > 1 => format!("/notifications?page={page}"),
                _ => "/notifications".to_owned(),
            };
            Ok(Redirect::to(&to).into_response())
        })
        .await
}

/// Whoever looks at a case has read what he was told of it. A page is not refused because this could not be noted.
pub(crate) fn seen(visitor: &Visitor, case: CaseId) {
    // A program that reads a case is nobody who has seen it.
    if visitor.by_token {
        return;
    }
    let noted = visitor
        .notices()
        .and_then(|notices| Ok(notices.seen(&visitor.person, case, visitor.now)?));
    if noted.is_err() {
        tracing::warn!(%case, "notices of a case that was seen could not be marked as read");
    }
}

/// As [`seen`] for what is no case.
pub(crate) fn seen_about(visitor: &Visitor, about: &About) {
    if visitor.by_token {
        return;
    }
    let noted = visitor
        .notices()
        .and_then(|notices| Ok(notices.seen_about(&visitor.person, about, visitor.now)?));
    if noted.is_err() {
        tracing::warn!("a notice of what was seen could not be marked as read");
    }
}

/// The cases of these notices that the visitor may see now.
fn cases(visitor: &Visitor, told: &[Notice]) -> Result<BTreeMap<CaseId, CaseRow>, Trouble> {
    let among: BTreeSet<CaseId> = told.iter().filter_map(|notice| notice.about.case()).collect();
    let filter = Filter {
        among: Some(Arc::new(among)),
        visible_to: visitor.sight.as_ref().clone(),
        ..Filter::default()
    };
    let rows = visitor.views()?.cases(&filter, Sort::Oldest, 0, PAGE)?.rows;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

fn view(visitor: &Visitor, told: &Page<Notice>, page: u64) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let cases = cases(visitor, &told.rows)?;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let title = t(lang, "notify.title");
    let unread = told.rows.iter().any(|notice| notice.read.is_none());
    let newest = told.rows.first().map(|notice| notice.seq);
    let aside = html! { a href="/" { (t(lang, "notify.to_desk")) } };
    let body = html! {
        (layout::heading(None, &html! { (title) }, &aside))
        p .lead { (t(lang, "notify.lead")) }
        @if told.rows.is_empty() {
            div .empty { p { (t(lang, "notify.empty")) } p .quiet { (t(lang, "notify.empty_how")) } }
        } @else {
            @if let (true, Some(newest)) = (unread, newest) {
                form .notices-all method="post" action="/notifications" {
                    (layout::csrf(visitor))
                    button type="submit" name="through" value=(newest) { (t(lang, "notify.read_all")) }
                }
            }
            ul .notices aria-label=(t(lang, "notify.list")) {
                @for notice in &told.rows { (line(&show, notice, notice.about.case().and_then(|case| cases.get(&case)), page)) }
            }
            (pager(lang, page, PAGE, told.total, |n| format!("/notifications?page={n}")))
        }
    };
    Ok(layout::page(visitor, title, Nav::Other, &body))
}

fn line(show: &Show<'_>, notice: &Notice, case: Option<&CaseRow>, page: u64) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let reason = t(lang, &format!("notify.reason_{}", notice.reason.name()));
    let mechanism = case.and_then(|case| visitor.mechanisms.current(&case.mechanism));
    let hidden = named(&visitor.world, &notice.about, &notice.post, lang);
    let other = notice.about.case().is_none().then_some(hidden.as_str());
    let named = case
        .map(|case| case.title.as_deref().unwrap_or(t(lang, "web.erased")))
        .or(other);
    let there = match notice.about {
        About::Case(case) => format!("/cases/{case}#now"),
        _ => notice.about.path(),
    };
    html! {
        li .told .is-unread[notice.read.is_none()] {
            div .told-what {
                span .told-why {
                    @if notice.read.is_none() { span .tag { (t(lang, "notify.new")) } " " }
                    (reason)
                }
                // A case that is no longer his to see is only a number.
                @match named {
                    Some(title) => { a .row-title href=(there) { (show::text(title)) } },
                    None => { span .row-title { (hidden) } },
                }
                span .row-note {
                    (show::moment(notice.at, lang))
                    @if let Some(mechanism) = &mechanism { " · " (mechanism.label.get(lang)) }
                    @if let Some(number) = case.and_then(|case| case.number.as_ref()) { " · " (number) }
                    @if let Some(due) = notice.due { " · " (tf(lang, "notify.due", &[("due", &show::moment_text(due, lang))])) }
                    @if visitor.posts.len() > 1 { " · " (show.post(&notice.post)) }
                }
            }
            @if notice.read.is_none() {
                form .inline method="post" action="/notifications" {
                    (layout::csrf(visitor))
                    input type="hidden" name="page" value=(page);
                    button .link type="submit" name="one" value=(notice.seq)
                        aria-label=(tf(lang, "notify.read_one", &[("what", &named.unwrap_or(&hidden))])) { (t(lang, "notify.read")) }
                }
            }
        }
    }
}
