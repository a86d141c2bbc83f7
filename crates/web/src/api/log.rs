//! Proofs of the log over the API, and the witness desk, which other logs ask without an account: their signature says who they are.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use bihuan_ledger::{NotCosigned, WITNESS_REQUEST_BYTES_MAX, Witness, WitnessRequest};
use bihuan_messages::Lang;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::Asked;
use crate::Web;
use crate::apart::apart;
use crate::frame::AsItIs;
use crate::place::Path;
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v1/log/checkpoint", get(checkpoint))
        .route("/api/v1/log/proofs/inclusion", get(inclusion))
        .route("/api/v1/log/proofs/consistency", get(consistency))
        .route(
            "/api/v1/witness/{slug}/add-checkpoint",
            post(add_checkpoint).layer(DefaultBodyLimit::max(WITNESS_REQUEST_BYTES_MAX)),
        )
}

/// The newest checkpoint as a signed note; where a witness has cosigned one, the newest of those under `?cosigned=true`.
async fn checkpoint(visitor: Visitor, Asked(asked): Asked<NoteAsked>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let note = if asked.cosigned {
                let note = Witness::open(visitor.engine.ledger())?.note()?;
                note.ok_or_else(Trouble::not_found)?
            } else {
                visitor.views()?.log().head()?.to_string()
            };
            Ok(plain(StatusCode::OK, note))
        })
        .await
}

#[derive(Deserialize)]
struct NoteAsked {
    #[serde(default)]
    cosigned: bool,
}

#[derive(Deserialize)]
struct InclusionAsked {
    #[serde(default)]
    seq: u64,
    size: Option<u64>,
}

async fn inclusion(visitor: Visitor, Asked(asked): Asked<InclusionAsked>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let answer = views.log().at_one_moment(|log| {
                let head = log.head()?.size;
                let size = asked.size.unwrap_or(head);
                if size > head || asked.seq >= size {
                    return Err(Trouble::not_found());
                }
                let entry = log.entry(asked.seq)?.ok_or_else(Trouble::not_found)?;
                Ok(
                    json!({ "seq": asked.seq, "leaf": entry.leaf()?, "size": size, "root": log.root_at(size)?,
                    "path": log.inclusion_proof(asked.seq, size)? }),
                )
            })?;
            Ok(axum::Json(answer).into_response())
        })
        .await
}

#[derive(Deserialize)]
struct ConsistencyAsked {
    #[serde(default)]
    from: u64,
    to: Option<u64>,
}

async fn consistency(visitor: Visitor, Asked(asked): Asked<ConsistencyAsked>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let answer = views.log().at_one_moment(|log| {
                let head = log.head()?.size;
                let to = asked.to.unwrap_or(head);
                if to > head || asked.from > to {
                    return Err(Trouble::not_found());
                }
                let at = |size: u64| Ok::<_, Trouble>(json!({ "size": size, "root": log.root_at(size)? }));
                Ok(json!({ "from": at(asked.from)?, "to": at(to)?, "path": log.consistency_proof(asked.from, to)? }))
            })?;
            Ok(axum::Json(answer).into_response())
        })
        .await
}

/// Cosigns another log's checkpoint (C2SP tlog-witness): 409 with the size that was seen, 422 for what does not continue it.
async fn add_checkpoint(
    State(web): State<Web>,
    Path(slug): Path<String>,
    body: Bytes,
) -> Result<Response, Trouble> {
    let request: WitnessRequest = std::str::from_utf8(&body)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Trouble::bad("old …"))?;
    let jurisdiction = web.jurisdiction(&slug).ok_or_else(Trouble::not_found)?;
    let ledger = jurisdiction.engine.ledger().clone();
    let refused = match apart(move || Witness::open(&ledger)?.cosign(&request, Timestamp::now())).await? {
        Ok(cosignature) => return Ok(plain(StatusCode::OK, format!("{cosignature}\n"))),
        Err(refused) => refused,
    };
    let status = match &refused {
        NotCosigned::Unknown { .. } => StatusCode::NOT_FOUND,
        NotCosigned::NotSigned { .. } => StatusCode::FORBIDDEN,
        NotCosigned::Forked { .. } | NotCosigned::NotShown { .. } => {
            tracing::error!("{}", refused.message().text(Lang::En));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        NotCosigned::Conflict { seen } => {
            let size = [(header::CONTENT_TYPE, "text/x.tlog.size")];
            return Ok((StatusCode::CONFLICT, Extension(AsItIs), size, format!("{seen}\n")).into_response());
        }
        NotCosigned::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let said = plain(status, format!("{}\n", refused.message().text(Lang::En)));
    Ok((Extension(AsItIs), said).into_response())
}

fn plain(status: StatusCode, text: String) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        text,
    )
        .into_response()
}
