//! Saved views of a ledger (常用视图): kept under a name, offered to oneself, one's unit or everybody.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_domain::id::UnitId;
use bihuan_engine::{SAVED_MAX, SavedView, Shared};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use super::{Asked, mechanism_of, pairs_of};
use crate::body::Posted;
use crate::components::summary::{Problem, summary};
use crate::layout::{self, Nav};
use crate::place::Path;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// Characters of a name.
const NAME_MAX: usize = 40;

/// The views that the visitor is offered, and the form that keeps the present one.
pub(super) fn line(visitor: &Visitor, id: &str, asked: &Asked) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor
        .accounts()?
        .saved_views(&visitor.session.login, &unit_of(visitor), id)?;
    let query = asked.with("page", "");
    let query = query.trim_start_matches('?');
    let mine = |view: &SavedView| view.login == visitor.session.login;
    let shared = |view: &SavedView| match view.shared {
        Shared::Me => "find.saved_by_me",
        Shared::Unit => "find.saved_by_unit",
        Shared::All => "find.saved_by_all",
    };
    Ok(html! {
        div .saved {
            @if !views.is_empty() {
                ul .saved-list aria-label=(t(lang, "find.saved")) { @for view in &views {
                    li {
                        a href={ "/ledgers/" (id) "?" (view.query) } aria-current=[(view.query == query).then_some("true")] title=(t(lang, shared(view))) { (show::text(&view.name)) }
                        @if mine(view) {
                            form .inline method="post" action={ "/ledgers/" (id) "/views" } {
                                (layout::csrf(visitor))
                                input type="hidden" name="forget" value=(view.id);
                                input type="hidden" name="query" value=(query);
                                button .link aria-label=(tf(lang, "find.saved_forget", &[("name", &view.name)])) { "×" }
                            }
                        }
                    }
                } }
            }
            @if !query.is_empty() {
                details .fold { summary { (t(lang, "find.saved_save")) } div { (form(visitor, id, query, "")) } }
            }
        }
    })
}

fn form(visitor: &Visitor, id: &str, query: &str, name: &str) -> Markup {
    let lang = visitor.lang;
    html! {
        form .saved-form method="post" action={ "/ledgers/" (id) "/views" } {
            (layout::csrf(visitor))
            input type="hidden" name="query" value=(query);
            label { span { (t(lang, "find.saved_name")) } input #view-name name="name" value=(name) maxlength="200" required; }
            label { span { (t(lang, "find.saved_shared")) } select name="shared" {
                option value="me" { (t(lang, "find.saved_me")) }
                option value="unit" { (t(lang, "find.saved_unit")) }
                @if visitor.administers() { option value="all" { (t(lang, "find.saved_all")) } }
            } }
            button type="submit" { (t(lang, "find.saved_button")) }
            p .help { (t(lang, "find.saved_help")) }
        }
    }
}

fn unit_of(visitor: &Visitor) -> UnitId {
    let post = visitor.world.org.posts.get(&visitor.post);
    post.map_or_else(|| UnitId::from(""), |post| post.unit.clone())
}

pub(super) async fn keep(
    Path(id): Path<String>,
    Posted { visitor, sent }: Posted,
) -> Result<Response, Trouble> {
    mechanism_of(&visitor, &id)?;
    let lang = visitor.lang;
    // What no ledger understands is not kept.
    let query = Asked::of(pairs_of(sent.get("query"))).with("page", "");
    let back = Redirect::to(&format!("/ledgers/{id}{query}"));
    let query = query.trim_start_matches('?').to_owned();
    let accounts = visitor.accounts()?;
    if let Some(view) = sent.filled("forget") {
        accounts.forget_view(&visitor.session.login, view)?;
        return Ok(back.into_response());
    }
    let name: String = sent
        .get("name")
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    let again = |text: String| {
        let problem = Problem::at("view-name", text);
        let body = html! {
            (layout::heading(None, &html! { (t(lang, "find.saved_save")) }, &html! {}))
            (summary(lang, &[problem]))
            (form(&visitor, &id, &query, &name))
        };
        let page = layout::page(&visitor, t(lang, "find.saved_save"), Nav::Ledgers, &body);
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return again(t(lang, "find.saved_needs_name").to_owned());
    }
    let shared = match Shared::of(sent.get("shared")) {
        Shared::All if !visitor.administers() => Shared::Unit,
        shared => shared,
    };
    let view = SavedView {
        id: String::new(),
        login: visitor.session.login.clone(),
        unit: unit_of(&visitor),
        shared,
        ledger: id.clone(),
        name: name.clone(),
        query: query.clone(),
    };
    if !accounts.save_view(&view, visitor.now)? {
        return again(tf(lang, "find.saved_full", &[("n", &SAVED_MAX)]));
    }
    Ok(back.into_response())
}
