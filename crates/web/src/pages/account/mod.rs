//! My account (我的账户): password, second step of signing in, where one is signed in, tokens of the API. Whatever makes an
//! account stronger or weaker asks for the password again and stands in the log, without its secrets.

mod acting;
mod channels;
mod second;
mod tokens;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bihuan_engine::{PASSWORD_MIN, people};
use bihuan_messages::{Lang, t, tf};
use jiff::Timestamp;
use maud::{Markup, html};

pub(crate) use second::code_field;

use crate::Web;
use crate::body::Posted;
use crate::components::summary::{Problem, at_field, summary};
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/account", get(index))
        .route("/account/password", post(password))
        .route("/account/sessions", post(sessions))
        .merge(acting::routes())
        .merge(channels::routes())
        .merge(second::routes())
        .merge(tokens::routes())
}

/// What the page shows beside what is so: what was refused, or a secret that is shown once.
#[derive(Default)]
struct Outcome {
    problems: Vec<Problem>,
    /// A token that was just made.
    token: Option<String>,
    /// Recovery codes that were just made.
    codes: Vec<String>,
}

impl Outcome {
    fn refused(field: &str, text: impl Into<String>) -> Outcome {
        Outcome {
            problems: vec![Problem::at(field, text)],
            ..Outcome::default()
        }
    }
}

async fn index(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor.work(|visitor| page(visitor, &Outcome::default())).await
}

async fn password(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let lang = visitor.lang;
            let new = sent.get("new");
            let refused = if new.chars().count() < PASSWORD_MIN {
                Some(("new", tf(lang, "account.password_short", &[("n", &PASSWORD_MIN)])))
            } else if new == sent.get("old") {
                Some(("new", t(lang, "account.password_same").to_owned()))
            } else if new != sent.get("again") {
                Some(("again", t(lang, "account.password_differs").to_owned()))
            } else {
                None
            };
            if let Some((field, text)) = refused {
                return again(visitor, Outcome::refused(field, text));
            }
            let changed = visitor.accounts()?.change_password(
                &visitor.session,
                sent.get("old"),
                new,
                Timestamp::now(),
            )?;
            if !changed {
                return again(visitor, wrong_password(lang, "old"));
            }
            people::account_changed(&visitor.engine, &visitor.actor(), &visitor.person, "password_set")?;
            let to = if visitor.session.must_change {
                "/"
            } else {
                "/account?done=password"
            };
            Ok(Redirect::to(to).into_response())
        })
        .await
}

async fn sessions(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let accounts = visitor.accounts()?;
            let login = &visitor.session.login;
            let ended = match sent.get("id") {
                "others" => accounts.end_sessions(login, Some(&visitor.session.id))? > 0,
                id => accounts.end_session(login, id)?,
            };
            if ended {
                people::account_changed(
                    &visitor.engine,
                    &visitor.actor(),
                    &visitor.person,
                    "sessions_ended",
                )?;
            }
            Ok(Redirect::to("/account#sessions").into_response())
        })
        .await
}

/// Whether the password that came with a form is right.
fn knows(visitor: &Visitor, password: &str) -> Result<bool, Trouble> {
    Ok(visitor
        .accounts()?
        .knows_password(&visitor.session.login, password, Timestamp::now())?)
}

fn wrong_password(lang: Lang, field: &str) -> Outcome {
    Outcome::refused(field, t(lang, "account.password_wrong"))
}

/// The page again, with what was refused.
fn again(visitor: &Visitor, outcome: Outcome) -> Result<Response, Trouble> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(visitor, &outcome)?).into_response())
}

fn page(visitor: &Visitor, outcome: &Outcome) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let accounts = visitor.accounts()?;
    let done = visitor.here.ends_with("done=password");
    let must = visitor.session.must_change;
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "account.title")) }, &html! {}))
        (summary(lang, &outcome.problems))
        @if must { p .notice role="status" { (t(lang, "account.must_change")) } }
        @if done { p .notice role="status" { (t(lang, "account.password_done")) } }
        @if let Some(token) = &outcome.token { (tokens::made(lang, token)) }
        @if !outcome.codes.is_empty() { (second::codes(lang, &outcome.codes)) }
        dl .facts {
            dt { (t(lang, "web.login")) } dd { (visitor.session.login) }
            dt { (t(lang, "account.name")) } dd { (show::text(&show.person(&visitor.person))) }
            dt { (t(lang, "account.posts")) } dd { @for post in visitor.posts.iter() { div { (show.post(post)) } } }
        }
        (password_form(visitor, &outcome.problems))
        @if !must {
            (acting::section(&show))
            (channels::section(visitor, &accounts)?)
            (second::section(visitor, &accounts, &outcome.problems)?)
            (session_list(visitor, &accounts)?)
            (tokens::section(visitor, &accounts, &outcome.problems)?)
        }
    };
    Ok(layout::page(visitor, t(lang, "account.title"), Nav::Other, &body))
}

fn password_form(visitor: &Visitor, problems: &[Problem]) -> Markup {
    let lang = visitor.lang;
    html! {
        section #password {
            h2 { (t(lang, "web.password")) }
            form .stack method="post" action="/account/password" {
                (layout::csrf(visitor))
                // Keepers of passwords want to know whose it is.
                input type="text" name="login" value=(visitor.session.login) autocomplete="username" hidden;
                (secret_field(lang, problems, "old", "account.password_old", "current-password"))
                (secret_field(lang, problems, "new", "account.password_new", "new-password"))
                (secret_field(lang, problems, "again", "account.password_again", "new-password"))
                div .actions { button type="submit" { (t(lang, "account.password_change")) } }
            }
        }
    }
}

/// A field for a password, with its label and what is wrong with it.
fn secret_field(lang: Lang, problems: &[Problem], id: &str, label: &str, autocomplete: &str) -> Markup {
    let wrong = problems
        .iter()
        .any(|problem| problem.field.as_deref() == Some(id));
    html! {
        div .field .has-error[wrong] {
            label for=(id) { (t(lang, label)) }
            (at_field(problems, id))
            input id=(id) name=(id) type="password" autocomplete=(autocomplete) required;
        }
    }
}

fn session_list(visitor: &Visitor, accounts: &bihuan_engine::Accounts) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let open = accounts.sessions(&visitor.session.login, Timestamp::now())?;
    let own = |id: &str| id == visitor.session.id;
    Ok(html! {
        section #sessions {
            h2 { (t(lang, "account.sessions")) }
            p .quiet { (t(lang, "account.sessions_lead")) }
            table .ledger {
                thead { tr {
                    th scope="col" { (t(lang, "account.session_where")) }
                    th scope="col" { (t(lang, "account.session_began")) }
                    th scope="col" { (t(lang, "account.session_used")) }
                    th scope="col" { span .sr { (t(lang, "account.session_end")) } }
                } }
                tbody { @for session in &open { tr {
                    td data-label=(t(lang, "account.session_where")) { (agent(&session.agent, lang))
                        @if session.common { " " span .tag { (t(lang, "account.session_common")) } } }
                    td data-label=(t(lang, "account.session_began")) { (show::moment(session.began, lang)) }
                    td data-label=(t(lang, "account.session_used")) { (show::moment(session.used, lang)) }
                    td {
                        @if own(&session.id) { span .tag { (t(lang, "account.session_own")) } }
                        @else { (end_button(visitor, "/account/sessions", &session.id, "account.session_end")) }
                    }
                } } }
            }
            @if open.iter().any(|session| !own(&session.id)) {
                (end_button(visitor, "/account/sessions", "others", "account.session_end_others"))
            }
        }
    })
}

/// A button that ends one thing of a list.
fn end_button(visitor: &Visitor, action: &str, id: &str, label: &str) -> Markup {
    html! {
        form .inline method="post" action=(action) {
            (layout::csrf(visitor))
            input type="hidden" name="act" value="end";
            button .link type="submit" name="id" value=(id) { (t(visitor.lang, label)) }
        }
    }
}

/// A browser and its system, from what it says of itself.
fn agent(agent: &str, lang: Lang) -> String {
    let named = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(sign, _)| agent.contains(sign));
        found.map(|(_, name)| *name)
    };
    // Each says that it is also those below it.
    let browser = named(&[
        ("MicroMessenger", "WeChat"),
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = named(&[
        ("HarmonyOS", "HarmonyOS"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => t(lang, "account.session_program").to_owned(),
    }
}
