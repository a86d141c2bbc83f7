//! Signing in by way of another system (统一认证登录): the way there, the way back, and the way out. What is believed of it the
//! engine decides (`bihuan_engine::sso`).

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use bihuan_engine::sso::{Answered, BACK};
use bihuan_engine::{SignInError, SsoError};
use bihuan_messages::{Lang, t, tf};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Carried, HALF, HALF_SECONDS, agent_of, code_view, enter, view};
use crate::apart::apart;
use crate::components::summary::Problem;
use crate::frame::lang_of;
use crate::held::HELD;
use crate::limits::address;
use crate::pages::back_to;
use crate::place::Query;
use crate::session::{cookie, set_cookie};
use crate::trouble::Trouble;
use crate::{Web, layout, show};

/// The cookie of the browser that began: `slug.state`.
const BEGUN: &str = "common";

/// How long it is kept.
const BEGUN_SECONDS: u32 = 10 * 60;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/sign-in/common", get(begin))
        .route(BACK, get(back))
}

#[derive(Deserialize)]
struct Begins {
    #[serde(default)]
    jurisdiction: String,
    #[serde(default)]
    next: String,
}

/// Whether some jurisdiction is set up so.
pub(super) fn is_offered(web: &Web) -> bool {
    let mut places = web.jurisdictions().iter();
    places.any(|place| place.notices.settings().sso.is_some())
}

/// What goes along over the other system: where to go afterwards, and the form that waits for this browser.
fn carried(web: &Web, headers: &HeaderMap, next: &str) -> Carried {
    Carried {
        next: next.to_owned(),
        held: cookie(headers, HELD).and_then(|name| web.waiting().get(name)),
    }
}

/// The buttons of the sign-in page, one for each jurisdiction that is set up so.
pub(super) fn offered(web: &Web, lang: Lang, next: &str) -> Markup {
    let places = web.jurisdictions().iter();
    let places: Vec<_> = places
        .filter(|place| place.notices.settings().sso.is_some())
        .collect();
    let several = web.jurisdictions().len() > 1;
    html! {
        @if !places.is_empty() {
            div .stack {
                @for place in places {
                    a .button .primary href={ "/sign-in/common?jurisdiction=" (place.slug) "&next=" (show::percent(back_to(next))) } {
                        (t(lang, "web.sso_button"))
                        @if several { " · " (place.engine.world().name.get(lang)) }
                    }
                }
                p .quiet { (t(lang, "web.sso_or")) }
            }
        }
    }
}

/// Where one signs out of the other system as well.
pub(super) fn way_out(web: &Web, slug: &str) -> Option<String> {
    let place = web.jurisdiction(slug)?;
    web.common(slug)?.way_out(&place.notices.settings())
}

/// Who has signed out here is told that the other system still knows him.
pub(super) fn left(lang: Lang, way_out: &str) -> Markup {
    layout::plain(
        lang,
        t(lang, "web.sign_in"),
        &html! {
            div .sign-in { div .sign-in-form {
                h1 { (t(lang, "web.sso_out")) }
                p .lead { (t(lang, "web.sso_out_why")) }
                p .actions { a .button .primary href=(way_out) { (t(lang, "web.sso_out_too")) } a href="/sign-in" { (t(lang, "web.sign_in")) } }
            } }
        },
    )
}

async fn begin(
    State(web): State<Web>,
    headers: HeaderMap,
    Query(asked): Query<Begins>,
) -> Result<Response, Trouble> {
    let place = web
        .jurisdiction(&asked.jurisdiction)
        .ok_or_else(Trouble::not_found)?;
    let common = web.common(&place.slug).ok_or_else(Trouble::not_found)?;
    let (settings, next) = (place.notices.settings(), back_to(&asked.next).to_owned());
    match apart(move || common.begin(&settings, &next, Timestamp::now())).await? {
        Ok(begun) => {
            let mut response = Redirect::to(&begun.address).into_response();
            let kept = format!("{}.{}", place.slug, begun.state);
            set_cookie(&headers, response.headers_mut(), BEGUN, &kept, BEGUN_SECONDS);
            Ok(response)
        }
        Err(why) => refused(&web, &headers, &place.slug, &asked.next, why),
    }
}

async fn back(
    State(web): State<Web>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Query(answer): Query<Answered>,
) -> Result<Response, Trouble> {
    let (now, from) = (Timestamp::now(), address(&headers, peer.as_deref()));
    let kept = cookie(&headers, BEGUN).and_then(|kept| kept.split_once('.'));
    let Some((slug, state, place)) =
        kept.and_then(|(slug, state)| Some((slug, state, web.jurisdiction(slug)?)))
    else {
        return refused(&web, &headers, "", "", SsoError::Over);
    };
    let common = web.common(slug).ok_or_else(Trouble::not_found)?;
    let (settings, state) = (place.notices.settings(), state.to_owned());
    let there = settings.sso.as_ref().is_some_and(|sso| sso.second_step_there);
    let finished = apart(move || common.finish(&settings, Some(&state), &answer, now)).await?;
    let (login, next) = match finished {
        Ok(found) => found,
        Err(why) => {
            if matches!(why, SsoError::Untrue(_)) {
                web.limits().count_wrong(from, now);
            }
            return refused(&web, &headers, slug, "", why);
        }
    };
    let mut response = match place
        .accounts
        .sign_in_common(&login, there, &agent_of(&headers), now)
    {
        Ok(secret) => {
            let along = carried(&web, &headers, &next);
            let mut response = along.onward(place, lang_of(&headers), &secret)?;
            enter(&headers, &mut response, slug, &secret, "");
            if let Some(name) = cookie(&headers, HELD) {
                web.waiting().forget(name);
            }
            response
        }
        Err(SignInError::NeedsCode(half)) => {
            let along = carried(&web, &headers, &next);
            let to = format!("/sign-in/code?next={}", show::percent(back_to(&next)));
            let mut response = match &along.held {
                Some(_) => code_view(lang_of(&headers), &along, &[]).into_response(),
                None => Redirect::to(&to).into_response(),
            };
            let value = format!("{slug}.{half}");
            set_cookie(&headers, response.headers_mut(), HALF, &value, HALF_SECONDS);
            response
        }
        Err(SignInError::Fault(error)) => return Err(error.into()),
        Err(_) => {
            let lang = lang_of(&headers);
            let text = tf(lang, "web.sso_nobody", &[("who", &login)]);
            page(&web, lang, slug, &carried(&web, &headers, &next), text)
        }
    };
    set_cookie(&headers, response.headers_mut(), BEGUN, "", 0);
    Ok(response)
}

/// The sign-in page again, with why it came to nothing.
fn refused(
    web: &Web,
    headers: &HeaderMap,
    slug: &str,
    next: &str,
    why: SsoError,
) -> Result<Response, Trouble> {
    let lang = lang_of(headers);
    let text = match why {
        SsoError::Off => return Err(Trouble::not_found()),
        SsoError::Over => t(lang, "web.sso_over").to_owned(),
        SsoError::Refused => t(lang, "web.sso_refused").to_owned(),
        SsoError::Unreached(said) => {
            tracing::warn!(said, "the system of common sign-in could not be asked");
            tf(lang, "web.sso_unreached", &[("why", &format!("({said})"))])
        }
        SsoError::Untrue(why) => {
            tracing::warn!(why = why.name(), "an identity token was not believed");
            let why = t(lang, &format!("web.sso_why_{}", why.name()));
            tf(lang, "web.sso_untrue", &[("why", &why)])
        }
        SsoError::Fault(error) => return Err(error.into()),
    };
    let mut response = page(web, lang, slug, &carried(web, headers, next), text);
    set_cookie(headers, response.headers_mut(), BEGUN, "", 0);
    Ok(response)
}

fn page(web: &Web, lang: Lang, slug: &str, carried: &Carried, text: String) -> Response {
    let problem = Problem::at("login", text);
    let page = view(web, lang, carried, slug, "", &[problem]);
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}
