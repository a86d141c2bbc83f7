//! The second step of signing in (两步登录), on one's own account: scanned, confirmed by a first code, switched off again.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bihuan_engine::{Accounts, people};
use bihuan_messages::{Lang, t, tf};
use jiff::Timestamp;
use maud::{Markup, html};

use super::{Outcome, again, knows, page, secret_field, wrong_password};
use crate::Web;
use crate::body::Posted;
use crate::components::qr::qr;
use crate::components::summary::{Problem, at_field, summary};
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/account/second", get(enrol).post(change))
}

/// The part of the account's page.
pub(super) fn section(
    visitor: &Visitor,
    accounts: &Accounts,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let on = accounts.has_second(&visitor.session.login)?;
    let left = accounts.recovery_left(&visitor.session.login)?;
    Ok(html! {
        section #second {
            h2 { (t(lang, "account.second")) }
            @if on {
                p { (t(lang, "account.second_on")) " " (tf(lang, "account.recovery_left", &[("n", &left)])) }
                form .stack method="post" action="/account/second" {
                    (layout::csrf(visitor))
                    (secret_field(lang, problems, "second-password", "account.password_now", "current-password"))
                    div .actions { button type="submit" name="act" value="stop" { (t(lang, "account.second_stop")) } }
                }
            } @else {
                p .quiet { (t(lang, "account.second_lead")) }
                p .actions { a .button href="/account/second" { (t(lang, "account.second_start")) } }
            }
        }
    })
}

/// Recovery codes, shown once.
pub(super) fn codes(lang: Lang, codes: &[String]) -> Markup {
    html! {
        div .notice role="status" {
            p { strong { (t(lang, "account.recovery")) } }
            p { (t(lang, "account.recovery_lead")) }
            ul .spare-codes { @for code in codes { li { code { (code) } } } }
        }
    }
}

async fn enrol(visitor: Visitor) -> Result<Response, Trouble> {
    visitor
        .work(|visitor| {
            if visitor.accounts()?.has_second(&visitor.session.login)? {
                return Ok(Redirect::to("/account#second").into_response());
            }
            Ok(enrolment(visitor, &[])?.into_response())
        })
        .await
}

async fn change(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let accounts = visitor.accounts()?;
            let login = &visitor.session.login;
            let record =
                |act: &str| people::account_changed(&visitor.engine, &visitor.actor(), &visitor.person, act);
            if sent.get("act") == "stop" {
                if !knows(visitor, sent.get("second-password"))? {
                    return again(visitor, wrong_password(visitor.lang, "second-password"));
                }
                accounts.stop_second(login)?;
                record("second_off")?;
                return Ok(Redirect::to("/account#second").into_response());
            }
            // A second click finds it on.
            if accounts.has_second(login)? {
                return Ok(Redirect::to("/account#second").into_response());
            }
            match accounts.confirm_second(login, sent.get("code"), Timestamp::now())? {
                Some(codes) => {
                    record("second_on")?;
                    let outcome = Outcome {
                        codes,
                        ..Outcome::default()
                    };
                    Ok(page(visitor, &outcome)?.into_response())
                }
                None => {
                    let problem = Problem::at("code", t(visitor.lang, "account.code_wrong"));
                    Ok((StatusCode::UNPROCESSABLE_ENTITY, enrolment(visitor, &[problem])?).into_response())
                }
            }
        })
        .await
}

/// What to scan, and the field for the first code.
fn enrolment(visitor: &Visitor, problems: &[Problem]) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let place = visitor.world.name.get(lang);
    let called = format!("{} {place}", t(lang, "web.brand"));
    let enrolment = visitor
        .accounts()?
        .begin_second(&visitor.session.login, &called)?;
    let body = html! {
        (layout::heading(Some(t(lang, "account.title")), &html! { (t(lang, "account.second_start")) }, &html! {}))
        (summary(lang, problems))
        ol .how {
            li { (t(lang, "account.second_how_1")) }
            li { (t(lang, "account.second_how_2")) }
            li { (t(lang, "account.second_how_3")) }
        }
        (qr(&enrolment.address, t(lang, "account.second_qr")))
        p { (t(lang, "account.second_secret")) " " code .secret { (spaced(&enrolment.secret)) } }
        form .stack method="post" action="/account/second" {
            (layout::csrf(visitor))
            (code_field(lang, problems))
            div .actions {
                button .primary type="submit" name="act" value="confirm" { (t(lang, "account.second_confirm")) }
                a href="/account" { (t(lang, "account.second_leave")) }
            }
        }
    };
    Ok(layout::page(
        visitor,
        t(lang, "account.second"),
        Nav::Other,
        &body,
    ))
}

/// The field for a code of the authenticator.
pub(crate) fn code_field(lang: Lang, problems: &[Problem]) -> Markup {
    html! {
        div .field .has-error[!problems.is_empty()] {
            label for="code" { (t(lang, "account.code")) }
            (at_field(problems, "code"))
            input #code .short name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" required;
        }
    }
}

/// In groups of four, as one types it.
fn spaced(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}
