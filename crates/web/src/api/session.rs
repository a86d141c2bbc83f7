//! `POST /api/v1/session`: name and password for a token. `DELETE` ends it.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use bihuan_engine::SignInError;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::Caller;
use crate::Web;
use crate::apart::apart;
use crate::limits::address;
use crate::pages::agent_of;
use crate::session::{SESSION, cookie};
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/api/v1/session", post(sign_in).get(who).delete(sign_out))
}

#[derive(Deserialize)]
struct Credentials {
    #[serde(default)]
    jurisdiction: Option<String>,
    login: String,
    password: String,
    /// A code of the authenticator or a recovery code, where the account has a second step.
    #[serde(default)]
    code: Option<String>,
}

async fn sign_in(
    State(web): State<Web>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Trouble> {
    let (from, now) = (address(&headers, peer.as_deref()), Timestamp::now());
    let asked: Credentials =
        serde_json::from_slice(&body).map_err(|error| Trouble::bad(error.to_string()))?;
    let slug = asked
        .jurisdiction
        .or_else(|| web.jurisdictions().first().map(|first| first.slug.clone()));
    let slug = slug.unwrap_or_default();
    let jurisdiction = web
        .jurisdiction(&slug)
        .ok_or_else(|| Trouble::bad(format!("jurisdiction `{slug}`")))?;
    if let Some(until) = web.limits().waits(from, now) {
        return Err(locked(until));
    }
    let (accounts, agent) = (jurisdiction.accounts.clone(), agent_of(&headers));
    let done = apart(move || {
        match (
            accounts.sign_in(&asked.login, &asked.password, &agent, now),
            asked.code,
        ) {
            (Err(SignInError::NeedsCode(half)), Some(code)) => {
                accounts.sign_in_code(&half, &code, &agent, now)
            }
            (done, _) => done,
        }
    });
    match done.await? {
        Ok(secret) => {
            let token = format!("{slug}.{secret}");
            Ok((
                StatusCode::CREATED,
                axum::Json(json!({ "token": token, "type": "Bearer" })),
            )
                .into_response())
        }
        Err(SignInError::Wrong) => {
            web.limits().count_wrong(from, now);
            Err(refused("sign_in_wrong"))
        }
        Err(SignInError::NeedsCode(_)) => Err(refused("sign_in_needs_code")),
        Err(SignInError::WrongCode) => {
            web.limits().count_wrong(from, now);
            Err(refused("sign_in_wrong_code"))
        }
        Err(SignInError::Locked(until)) => Err(locked(until)),
        Err(SignInError::Fault(error)) => Err(error.into()),
    }
}

fn locked(until: Timestamp) -> Trouble {
    let mut trouble = refused("sign_in_locked");
    trouble.status = StatusCode::TOO_MANY_REQUESTS;
    let until = crate::show::both(|lang| crate::show::moment_text(until, lang));
    trouble.rule = trouble.rule.clone().with("until", until);
    trouble
}

fn refused(code: &str) -> Trouble {
    let mut trouble = Trouble::new(StatusCode::UNAUTHORIZED, code);
    trouble.rule = bihuan_messages::Message::new(format!("web.{code}"));
    trouble
}

async fn who(visitor: crate::session::Visitor) -> Response {
    axum::Json(json!({
        "login": visitor.session.login,
        "person": visitor.person,
        "post": visitor.post,
        "posts": *visitor.posts,
        "jurisdiction": visitor.jurisdiction().map(|jurisdiction| &jurisdiction.slug),
        "csrf": visitor.session.csrf,
    }))
    .into_response()
}

async fn sign_out(Caller(visitor): Caller, headers: HeaderMap) -> Result<StatusCode, Trouble> {
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
    let secret = bearer
        .and_then(|value| value.strip_prefix("Bearer "))
        .or_else(|| cookie(&headers, SESSION));
    if let (Some((_, secret)), Some(jurisdiction)) = (
        secret.and_then(|secret| secret.split_once('.')),
        visitor.jurisdiction(),
    ) {
        jurisdiction.accounts.sign_out(secret)?;
    }
    Ok(StatusCode::NO_CONTENT)
}
