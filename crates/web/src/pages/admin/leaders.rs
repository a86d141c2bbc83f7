//! Who sees the clocks of leaders: the setting, in force as soon as it is saved.

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bihuan_engine::access::Task;
use bihuan_engine::leaders::{self, Seen};
use bihuan_messages::t;
use maud::{Markup, html};

use crate::Web;
use crate::body::Posted;
use crate::form::fresh_key;
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/admin/leaders", get(page).post(set))
}

async fn page(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor.must(Task::Run)?;
    let lang = visitor.lang;
    let title = t(lang, "admin.leaders");
    let now = Seen::of(&visitor.world);
    let body = html! {
        (layout::heading(Some(t(lang, "admin.title")), &html! { (title) }, &html! {}))
        p .lead { (t(lang, "admin.leaders_lead")) }
        form .stack method="post" action="/admin/leaders" {
            (layout::csrf(&visitor))
            input type="hidden" name="key" value=(fresh_key());
            fieldset {
                legend { (title) }
                @for seen in [Seen::Everybody, Seen::Office] {
                    p { label {
                        input type="radio" name="seen" value=(seen.name()) checked[seen == now] required;
                        " " (t(lang, &format!("admin.leaders_{}", seen.name())))
                    } }
                }
            }
            p .quiet { (t(lang, "admin.leaders_limits")) }
            div .actions { button type="submit" .primary { (t(lang, "admin.leaders_set")) } }
        }
    };
    Ok(layout::page(&visitor, title, Nav::Admin, &body))
}

async fn set(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor.must(Task::Run)?;
    let seen = Seen::parse(sent.get("seen")).ok_or_else(|| Trouble::bad("seen"))?;
    let key = sent.get("key").to_owned();
    visitor
        .work(move |visitor| {
            leaders::set(&visitor.engine, &visitor.actor(), &key, seen)?;
            Ok(Redirect::to("/admin/leaders").into_response())
        })
        .await
}
