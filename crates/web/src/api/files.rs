//! `POST /api/v1/files`: files in, tokens out, to be named in the `evidence` of a command.

use axum::Router;
use axum::extract::multipart::Multipart;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;

use super::Caller;
use crate::Web;
use crate::body::parts;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/api/v1/files", post(files))
}

async fn files(Caller(visitor): Caller, multipart: Multipart) -> Result<Response, Trouble> {
    let mut sent = parts(multipart).await?;
    if sent.files.is_empty() {
        return Err(Trouble::bad("no file"));
    }
    let tokens = sent.upload(&visitor).await?;
    let files: Vec<_> = tokens
        .iter()
        .map(|(token, name)| json!({ "token": token, "name": name }))
        .collect();
    Ok((StatusCode::CREATED, axum::Json(json!({ "files": files }))).into_response())
}
