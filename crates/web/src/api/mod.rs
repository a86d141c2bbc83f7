//! The JSON API, on the same services as the pages: commands in, reads out, problem details for every error.

mod admin;
mod bulletins;
mod commands;
mod documents;
mod files;
mod log;
mod mechanisms;
mod openapi;
mod reads;
mod session;
mod stream;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::Web;
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .merge(session::routes())
        .merge(commands::routes())
        .merge(reads::routes())
        .merge(log::routes())
        .merge(mechanisms::routes())
        .merge(documents::routes())
        .merge(files::routes())
        .merge(bulletins::routes())
        .merge(stream::routes())
        .merge(admin::routes())
        .merge(openapi::routes())
}

/// A caller that may change something: with a token, or with a cookie and the session's token in `X-CSRF-Token`.
pub(crate) struct Caller(pub(crate) Visitor);

impl FromRequestParts<Web> for Caller {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Trouble> {
        let visitor = Visitor::from_request_parts(parts, web).await?;
        let sent = parts
            .headers
            .get("x-csrf-token")
            .and_then(|token| token.to_str().ok());
        if visitor.by_token || sent == Some(&visitor.session.csrf) {
            Ok(Caller(visitor))
        } else {
            Err(Trouble::forged())
        }
    }
}

/// The query of a read.
pub(crate) use crate::place::Query as Asked;
