//! Tokens of the API (接口令牌) of one's own account: made for a purpose and a time, shown once, ended.

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use bihuan_engine::{Accounts, ApiToken, TOKEN_DAYS, TOKENS_MAX, people};
use bihuan_messages::{Lang, t, tf};
use jiff::Timestamp;
use maud::{Markup, html};

use super::{Outcome, again, end_button, knows, page, secret_field, wrong_password};
use crate::Web;
use crate::body::Posted;
use crate::components::summary::{Problem, at_field};
use crate::layout;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// Longest name of a token, in characters.
const NAME_MAX: usize = 60;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/account/tokens", post(change))
}

/// The part of the account's page.
pub(super) fn section(
    visitor: &Visitor,
    accounts: &Accounts,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let tokens = accounts.tokens(&visitor.session.login, Timestamp::now())?;
    Ok(html! {
        section #tokens {
            h2 { (t(lang, "account.tokens")) }
            p .quiet { (t(lang, "account.tokens_lead")) }
            @if !tokens.is_empty() { (list(visitor, &tokens)) }
            details open[problems.iter().any(|problem| problem.field.as_deref() == Some("token-name"))] {
                summary { (t(lang, "account.token_new")) }
                (form(visitor, problems))
            }
        }
    })
}

/// A token that was just made.
pub(super) fn made(lang: Lang, token: &str) -> Markup {
    html! {
        div .notice role="status" {
            p { strong { (t(lang, "account.token_made")) } }
            p { (t(lang, "account.token_made_lead")) }
            p { code .secret { (token) } }
        }
    }
}

async fn change(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let lang = visitor.lang;
            let accounts = visitor.accounts()?;
            let login = &visitor.session.login;
            let record =
                |act: &str| people::account_changed(&visitor.engine, &visitor.actor(), &visitor.person, act);
            if sent.get("act") == "end" {
                if accounts.end_token(login, sent.get("id"))? {
                    record("token_ended")?;
                }
                return Ok(Redirect::to("/account#tokens").into_response());
            }
            let name = sent.get("token-name").trim();
            if name.is_empty() || name.chars().count() > NAME_MAX {
                let text = tf(lang, "account.token_name_missing", &[("n", &NAME_MAX)]);
                return again(visitor, Outcome::refused("token-name", text));
            }
            let days = sent.get("days").parse().ok();
            let Some(days) = days.filter(|days| TOKEN_DAYS.contains(days)) else {
                return Err(Trouble::bad("days"));
            };
            if !knows(visitor, sent.get("token-password"))? {
                return again(visitor, wrong_password(lang, "token-password"));
            }
            let read_only = sent.get("scope") != "all";
            let secret = accounts.make_token(login, name, read_only, days, Timestamp::now())?;
            let Some(secret) = secret else {
                let text = tf(lang, "account.token_too_many", &[("n", &TOKENS_MAX)]);
                return again(visitor, Outcome::refused("token-name", text));
            };
            record("token_made")?;
            let outcome = Outcome {
                token: Some(format!("{}.{secret}", visitor.place())),
                ..Outcome::default()
            };
            Ok(page(visitor, &outcome)?.into_response())
        })
        .await
}

fn list(visitor: &Visitor, tokens: &[ApiToken]) -> Markup {
    let lang = visitor.lang;
    let heads = [
        "account.token_name",
        "account.token_scope",
        "account.token_ends",
        "account.token_used",
    ]
    .map(|key| t(lang, key));
    html! {
        table .ledger {
            thead { tr { @for head in heads { th scope="col" { (head) } } th scope="col" { span .sr { (t(lang, "account.token_end")) } } } }
            tbody { @for token in tokens { tr {
                td data-label=(heads[0]) { (show::text(&token.name)) }
                td data-label=(heads[1]) { (t(lang, if token.read_only { "account.scope_read" } else { "account.scope_all" })) }
                td data-label=(heads[2]) { (show::moment(token.ends, lang)) }
                td data-label=(heads[3]) {
                    @match token.used { Some(used) => { (show::moment(used, lang)) }, None => { (t(lang, "account.token_unused")) } }
                }
                td { (end_button(visitor, "/account/tokens", &token.id, "account.token_end")) }
            } } }
        }
    }
}

fn form(visitor: &Visitor, problems: &[Problem]) -> Markup {
    let lang = visitor.lang;
    let wrong = problems
        .iter()
        .any(|problem| problem.field.as_deref() == Some("token-name"));
    html! {
        form .stack method="post" action="/account/tokens" {
            (layout::csrf(visitor))
            div .field .has-error[wrong] {
                label for="token-name" { (t(lang, "account.token_name")) }
                p .help #token-name-help { (t(lang, "account.token_name_help")) }
                (at_field(problems, "token-name"))
                input #token-name name="token-name" maxlength=(NAME_MAX) required autocomplete="off" aria-describedby="token-name-help";
            }
            fieldset .choices {
                legend { (t(lang, "account.token_scope")) }
                label .choice { input type="radio" name="scope" value="read" checked; span { (t(lang, "account.scope_read")) } }
                label .choice { input type="radio" name="scope" value="all"; span { (t(lang, "account.scope_all")) } }
            }
            div .field {
                label for="days" { (t(lang, "account.token_days")) }
                select #days name="days" { @for days in TOKEN_DAYS { option value=(days) { (tf(lang, "account.days", &[("n", &days)])) } } }
            }
            (secret_field(lang, problems, "token-password", "account.password_now", "current-password"))
            div .actions { button type="submit" name="act" value="make" { (t(lang, "account.token_make")) } }
        }
    }
}
