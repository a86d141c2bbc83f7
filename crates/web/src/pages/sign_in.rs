//! Sign-in (登录): which jurisdiction, name and password; in the demo the sample accounts at one click. Sign-out, and
//! the choice of the post.

mod common;

use std::net::SocketAddr;

use axum::Extension;
use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bihuan_domain::calendar::date_of;
use bihuan_engine::SignInError;
use bihuan_messages::{Lang, t, tf};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::account::code_field;
use super::back_to;
use crate::apart::apart;
use crate::body::{Posted, Sent};
use crate::components::summary::{Problem, summary};
use crate::frame::lang_of;
use crate::held::{HELD, HELD_SECONDS, Held};
use crate::limits::address;
use crate::place::Query;
use crate::session::{POST, SESSION, cookie, set_cookie};
use crate::trouble::Trouble;
use crate::{Jurisdiction, Web, layout, show};

/// How long the browser keeps the cookie; the session itself ends earlier when it is not used.
const COOKIE_SECONDS: u32 = 7 * 24 * 3600;

/// The cookie between the two steps: `slug.secret`.
const HALF: &str = "half";

/// How long the second step may take.
const HALF_SECONDS: u32 = 5 * 60;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/sign-in", get(form).post(sign_in))
        .route("/sign-in/code", get(code_form).post(sign_in_code))
        .merge(common::routes())
        .route("/sign-out", post(sign_out))
        .route("/post", post(choose_post))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    next: String,
    /// The jurisdiction that one has just left, having come by another system's word.
    #[serde(default)]
    out: String,
}

async fn form(State(web): State<Web>, headers: HeaderMap, Query(asked): Query<Asked>) -> Markup {
    // Whoever scanned a code signs in where it belongs.
    let place = asked
        .next
        .strip_prefix("/q/")
        .and_then(|rest| rest.split('/').next());
    let place = place
        .filter(|slug| web.jurisdiction(slug).is_some())
        .unwrap_or_default();
    let lang = lang_of(&headers);
    if let Some(way_out) = common::way_out(&web, &asked.out) {
        return common::left(lang, &way_out);
    }
    view(&web, lang, &Carried::to(&asked.next), place, "", &[])
}

/// The sign-in for who sent a form after his session had ended: what was typed goes along.
pub(crate) fn sign_in_with(web: &Web, lang: Lang, held: &Held) -> Markup {
    let carried = Carried {
        next: "/".to_owned(),
        held: Some(held.clone()),
    };
    view(web, lang, &carried, "", "", &[])
}

/// Where one may go to another system to sign in, the form waits here for who comes back from there.
pub(crate) fn hold(web: &Web, asked: &HeaderMap, answer: &mut Response, held: &Held) {
    if common::is_offered(web)
        && let Some(name) = web.waiting().keep(held, Timestamp::now())
    {
        set_cookie(asked, answer.headers_mut(), HELD, &name, HELD_SECONDS);
    }
}

/// What the sign-in carries along: where to go afterwards, and a form that is to come back.
#[derive(Default)]
struct Carried {
    next: String,
    held: Option<Held>,
}

impl Carried {
    fn to(next: &str) -> Carried {
        Carried {
            next: next.to_owned(),
            held: None,
        }
    }

    fn of(sent: &Sent) -> Carried {
        Carried {
            next: sent.get("next").to_owned(),
            held: sent.filled("held").and_then(Held::read),
        }
    }

    fn inputs(&self) -> Markup {
        html! {
            input type="hidden" name="next" value=(self.next);
            @if let Some(held) = &self.held { input type="hidden" name="held" value=(held.text()); }
        }
    }

    /// The answer to who has signed in: the way on, or the form that was held.
    fn onward(&self, place: &Jurisdiction, lang: Lang, secret: &str) -> Result<Response, Trouble> {
        let Some(held) = &self.held else {
            return Ok(Redirect::to(back_to(&self.next)).into_response());
        };
        let session = place.accounts.session(secret, Timestamp::now())?;
        let session = session.ok_or_else(|| Trouble::sign_in("/"))?;
        let name = show::person_name(
            &place.engine.world(),
            &place.engine.views()?,
            &session.person,
            lang,
        );
        Ok(held.page(lang, &session.csrf, &name).into_response())
    }
}

async fn sign_in(
    State(web): State<Web>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Trouble> {
    let lang = lang_of(&headers);
    let from = address(&headers, peer.as_deref());
    let now = Timestamp::now();
    let (slug, login) = (
        sent.get("jurisdiction").to_owned(),
        sent.get("login").trim().to_owned(),
    );
    let carried = Carried::of(&sent);
    let again = |text: String, field: &str| {
        let body = view(&web, lang, &carried, &slug, &login, &[Problem::at(field, text)]);
        Ok((StatusCode::UNPROCESSABLE_ENTITY, body).into_response())
    };
    let Some(jurisdiction) = web.jurisdiction(&slug) else {
        return again(t(lang, "web.sign_in_where").to_owned(), "jurisdiction");
    };
    if let Some(until) = web.limits().waits(from, now) {
        let until = show::moment_text(until, lang);
        return again(tf(lang, "web.sign_in_locked", &[("until", &until)]), "login");
    }
    let (accounts, name) = (jurisdiction.accounts.clone(), login.clone());
    let (password, agent) = (sent.get("password").to_owned(), agent_of(&headers));
    // Hashing a password takes its time on purpose.
    let result = apart(move || accounts.sign_in(&name, &password, &agent, now)).await?;
    match result {
        Ok(secret) => {
            let mut response = carried.onward(jurisdiction, lang, &secret)?;
            enter(&headers, &mut response, &slug, &secret, "");
            Ok(response)
        }
        Err(SignInError::NeedsCode(half)) => {
            let to = format!("/sign-in/code?next={}", show::percent(back_to(sent.get("next"))));
            // A form cannot be carried by an address.
            let mut response = match &carried.held {
                Some(_) => code_view(lang, &carried, &[]).into_response(),
                None => Redirect::to(&to).into_response(),
            };
            let value = format!("{slug}.{half}");
            set_cookie(&headers, response.headers_mut(), HALF, &value, HALF_SECONDS);
            Ok(response)
        }
        Err(SignInError::Wrong | SignInError::WrongCode) => {
            web.limits().count_wrong(from, now);
            again(t(lang, "web.sign_in_wrong").to_owned(), "login")
        }
        Err(SignInError::Locked(until)) => {
            let until = show::moment_text(until, lang);
            again(tf(lang, "web.sign_in_locked", &[("until", &until)]), "login")
        }
        Err(SignInError::Fault(error)) => Err(error.into()),
    }
}

/// What the browser says of itself.
pub(crate) fn agent_of(headers: &HeaderMap) -> String {
    let said = headers.get(header::USER_AGENT);
    said.and_then(|said| said.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

async fn code_form(headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    if cookie(&headers, HALF).is_none() {
        return Redirect::to("/sign-in").into_response();
    }
    code_view(lang_of(&headers), &Carried::to(&asked.next), &[]).into_response()
}

async fn sign_in_code(
    State(web): State<Web>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Trouble> {
    let lang = lang_of(&headers);
    let from = address(&headers, peer.as_deref());
    let now = Timestamp::now();
    let carried = Carried::of(&sent);
    let half = cookie(&headers, HALF).and_then(|value| value.split_once('.'));
    let Some((slug, half, place)) = half.and_then(|(slug, half)| Some((slug, half, web.jurisdiction(slug)?)))
    else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    match place
        .accounts
        .sign_in_code(half, sent.get("code"), &agent_of(&headers), now)
    {
        Ok(secret) => {
            let mut response = carried.onward(place, lang, &secret)?;
            enter(&headers, &mut response, slug, &secret, "");
            set_cookie(&headers, response.headers_mut(), HALF, "", 0);
            Ok(response)
        }
        Err(SignInError::WrongCode) => {
            web.limits().count_wrong(from, now);
            let problem = Problem::at("code", t(lang, "account.code_wrong"));
            let body = code_view(lang, &carried, &[problem]);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, body).into_response())
        }
        Err(SignInError::Fault(error)) => Err(error.into()),
        Err(SignInError::Wrong | SignInError::Locked(_) | SignInError::NeedsCode(_)) => {
            let problem = Problem::at("login", t(lang, "account.code_over"));
            let body = view(&web, lang, &carried, slug, "", &[problem]);
            let mut response = (StatusCode::UNPROCESSABLE_ENTITY, body).into_response();
            set_cookie(&headers, response.headers_mut(), HALF, "", 0);
            Ok(response)
        }
    }
}

fn code_view(lang: Lang, carried: &Carried, problems: &[Problem]) -> Markup {
    layout::plain(
        lang,
        t(lang, "web.sign_in"),
        &html! {
            div .sign-in { div .sign-in-form {
                h1 { (t(lang, "account.second")) }
                p .lead { (t(lang, "account.code_lead")) }
                (summary(lang, problems))
                form method="post" action="/sign-in/code" .stack {
                    (carried.inputs())
                    (code_field(lang, problems))
                    button .primary type="submit" { (t(lang, "web.sign_in")) }
                    a href="/sign-in" { (t(lang, "account.code_back")) }
                }
            } }
        },
    )
}

/// Gives the browser its session, acting on `post` where one is named.
pub(super) fn enter(headers: &HeaderMap, response: &mut Response, slug: &str, secret: &str, post: &str) {
    let value = format!("{slug}.{secret}");
    set_cookie(headers, response.headers_mut(), SESSION, &value, COOKIE_SECONDS);
    let keep = if post.is_empty() { 0 } else { COOKIE_SECONDS };
    set_cookie(headers, response.headers_mut(), POST, post, keep);
    // What was held has come along by now.
    if cookie(headers, HELD).is_some() {
        set_cookie(headers, response.headers_mut(), HELD, "", 0);
    }
}

async fn sign_out(State(web): State<Web>, headers: HeaderMap, posted: Posted) -> Result<Response, Trouble> {
    let mut to = "/sign-in".to_owned();
    if let Some((slug, secret)) = cookie(&headers, SESSION).and_then(|value| value.split_once('.'))
        && let Some(jurisdiction) = web.jurisdiction(slug)
    {
        jurisdiction.accounts.sign_out(secret)?;
        // A form may not lead to another server (the pages' own policy): the way out there is a link of the next page.
        if posted.visitor.session.common && common::way_out(&web, slug).is_some() {
            to = format!("/sign-in?out={slug}");
        }
    }
    let mut response = Redirect::to(&to).into_response();
    set_cookie(&headers, response.headers_mut(), SESSION, "", 0);
    Ok(response)
}

async fn choose_post(headers: HeaderMap, Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    let chosen = visitor
        .posts
        .iter()
        .find(|post| post.as_str() == sent.get("post"));
    let chosen = chosen.ok_or_else(Trouble::forbidden)?;
    let mut response = Redirect::to(back_to(sent.get("next"))).into_response();
    set_cookie(
        &headers,
        response.headers_mut(),
        POST,
        chosen.as_str(),
        COOKIE_SECONDS,
    );
    Ok(response)
}

fn view(web: &Web, lang: Lang, carried: &Carried, slug: &str, login: &str, problems: &[Problem]) -> Markup {
    let several = web.jurisdictions().len() > 1;
    let first = web
        .jurisdictions()
        .first()
        .map_or("", |jurisdiction| jurisdiction.slug.as_str());
    let chosen = if slug.is_empty() { first } else { slug };
    layout::plain(
        lang,
        t(lang, "web.sign_in"),
        &html! {
            div .sign-in {
                div .sign-in-form {
                    h1 { (t(lang, "web.sign_in_title")) }
                    p .lead { (t(lang, "web.sign_in_lead")) }
                    @if carried.held.is_some() { p .notice { (t(lang, "phone.h_kept")) } }
                    (summary(lang, problems))
                    (common::offered(web, lang, &carried.next))
                    form method="post" action="/sign-in" .stack {
                        (carried.inputs())
                        @if several {
                            fieldset #jurisdiction .choices {
                                legend { (t(lang, "web.jurisdiction")) }
                                @for place in web.jurisdictions() {
                                    label .choice {
                                        input type="radio" name="jurisdiction" value=(place.slug) checked[place.slug == chosen];
                                        span { (place.engine.world().name.get(lang)) }
                                    }
                                }
                            }
                        } @else {
                            input type="hidden" name="jurisdiction" value=(chosen);
                        }
                        div .field {
                            label for="login" { (t(lang, "web.login")) }
                            input #login name="login" autocomplete="username" required value=(login) autocapitalize="none" spellcheck="false";
                        }
                        div .field {
                            label for="password" { (t(lang, "web.password")) }
                            input #password name="password" type="password" autocomplete="current-password" required;
                        }
                        button .primary type="submit" { (t(lang, "web.sign_in")) }
                    }
                }
                @for place in web.jurisdictions() { (samples(place, lang, carried)) }
            }
        },
    )
}

/// The sample accounts of a demo, each with what that person does.
fn samples(place: &Jurisdiction, lang: Lang, carried: &Carried) -> Markup {
    let world = place.engine.world();
    html! {
        @if let Some(demo) = &place.demo {
            section .samples {
                h2 { (world.name.get(lang)) " " span .tag { (t(lang, "web.demo")) } }
                p { (demo.notes.get(lang)) }
                p .quiet {
                    (tf(lang, "web.demo_now", &[("day", &show::date(date_of(place.engine.now()), lang))])) " "
                    (t(lang, "web.demo_password")) " " code { (demo.password) }
                    @if demo.guide.is_some() { " " a href="/demo/walks" { (t(lang, "demo.walks")) } }
                }
                @if let Some(first) = demo.accounts.first() {
                    form .actions method="post" action="/sign-in" {
                        input type="hidden" name="next" value="/demo/tour/1";
                        input type="hidden" name="jurisdiction" value=(place.slug);
                        input type="hidden" name="login" value=(first.login);
                        input type="hidden" name="password" value=(demo.password);
                        button .primary .tour-start type="submit" { (t(lang, "demo.tour_start")) }
                    }
                }
                ul .sample-list {
                    @for account in &demo.accounts {
                        li {
                            form method="post" action="/sign-in" {
                                (carried.inputs())
                                input type="hidden" name="jurisdiction" value=(place.slug);
                                input type="hidden" name="login" value=(account.login);
                                input type="hidden" name="password" value=(demo.password);
                                button .sample type="submit" {
                                    span .sample-what { (account.what.get(lang)) }
                                    span .sample-login { (account.login) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
