//! The demo: its clock, which moves forward and fires what became due, and the guided walks (导览).

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::{get, post};
use bihuan_messages::{Lang, t, tf};
use jiff::SignedDuration;
use maud::{Markup, html};

use super::back_to;
use crate::body::Posted;
use crate::frame::lang_of;
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::trouble::Trouble;
use crate::{DemoInfo, DemoStep, DemoWalk, Jurisdiction, Web, show};

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/demo/clock", post(move_clock))
        .route("/demo/walks", get(walks))
}

/// The walks of every sample jurisdiction, for anybody: each row signs its reader in as who acts.
async fn walks(
    State(web): State<Web>,
    headers: HeaderMap,
    visitor: Result<Visitor, Trouble>,
) -> Result<Markup, Trouble> {
    let lang = lang_of(&headers);
    let places: Vec<(&Jurisdiction, &DemoInfo)> = web
        .jurisdictions()
        .iter()
        .filter_map(|place| Some((place, place.demo.as_ref()?)))
        .collect();
    if places.is_empty() {
        return Err(Trouble::not_found());
    }
    let title = t(lang, "demo.walks_title");
    let body = html! {
        (layout::heading(None, &html! { (title) }, &html! {}))
        p .lead { (t(lang, "demo.walks_lead")) }
        p .quiet { (t(lang, "demo.walks_clock")) }
        @for (place, demo) in places {
            h2 { (tf(lang, "demo.walks_here", &[
                ("place", &place.engine.world().name.get(lang)),
                ("n", &demo.walks.len()),
            ])) }
            @if demo.walks.is_empty() { p { (t(lang, "demo.walk_none")) } }
            @for walk in &demo.walks { (one(place, demo, walk, lang)) }
        }
    };
    Ok(match &visitor {
        Ok(visitor) => layout::page(visitor, title, Nav::Other, &body),
        Err(_) => layout::plain(lang, title, &body),
    })
}

fn one(place: &Jurisdiction, demo: &DemoInfo, walk: &DemoWalk, lang: Lang) -> Markup {
    let first = walk.steps.iter().find_map(|step| step.who.as_ref());
    html! {
        details id=(walk.number) {
            summary { strong { (walk.number) " " (walk.mechanism.get(lang)) } " · " (walk.course.get(lang)) }
            @if let Some((login, _)) = first {
                (enter(place, demo, login, &format!("/cases/{}", walk.case), t(lang, "demo.walk_start")))
            }
            div .table-wrap {
                table {
                    thead { tr {
                        @for key in ["demo.walk_when", "demo.walk_who", "demo.walk_do", "demo.walk_fill", "demo.walk_see"] {
                            th scope="col" { (t(lang, key)) }
                        }
                    } }
                    tbody { @for step in &walk.steps { (row(place, demo, walk, step, lang)) } }
                }
            }
            p .quiet { (t(lang, "demo.walk_last")) }
        }
    }
}

fn row(place: &Jurisdiction, demo: &DemoInfo, walk: &DemoWalk, step: &DemoStep, lang: Lang) -> Markup {
    let page = format!("/cases/{}", step.case.unwrap_or(walk.case));
    html! {
        tr {
            td { (show::moment_text(step.at, lang)) }
            td {
                @match &step.who {
                    Some((login, post)) => (enter(place, demo, login, &page, post.get(lang))),
                    None => (t(lang, "demo.walk_system")),
                }
            }
            td { strong { (step.act.get(lang)) } }
            td {
                @for (field, value) in &step.values { div { (field.get(lang)) "：" (value) } }
                @if step.files > 0 { div .quiet { (tf(lang, "demo.walk_files", &[("n", &step.files)])) } }
            }
            td { @if let Some(stage) = &step.lands { (stage.get(lang)) } }
        }
    }
}

/// Signs in as a sample account and opens a page, at one click.
fn enter(place: &Jurisdiction, demo: &DemoInfo, login: &str, next: &str, label: &str) -> Markup {
    html! {
        form .inline method="post" action="/sign-in" {
            input type="hidden" name="next" value=(next);
            input type="hidden" name="jurisdiction" value=(place.slug);
            input type="hidden" name="login" value=(login);
            input type="hidden" name="password" value=(demo.password);
            button .link type="submit" { (label) }
        }
    }
}

async fn move_clock(Posted { visitor, sent }: Posted) -> Result<Redirect, Trouble> {
    if visitor
        .jurisdiction()
        .is_none_or(|jurisdiction| jurisdiction.demo.is_none())
    {
        return Err(Trouble::not_found());
    }
    let by = match sent.get("by") {
        "hour" => SignedDuration::from_hours(1),
        "day" => SignedDuration::from_hours(24),
        "week" => SignedDuration::from_hours(7 * 24),
        other => return Err(Trouble::bad(other)),
    };
    visitor
        .work(move |visitor| Ok(visitor.engine.advance(by)?))
        .await?;
    Ok(Redirect::to(back_to(sent.get("next"))))
}
