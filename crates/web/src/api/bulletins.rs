//! Bulletins over the API: list, read as stored, draft, sign, issue, and recompute from the log.

use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bihuan_domain::id::{BulletinId, PostId};
use bihuan_domain::world::Bulletin;
use bihuan_engine::bulletin::{self, Drafting, Scope};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::Caller;
use crate::Web;
use crate::pages::{bulletin_file, readable_bulletin};
use crate::place::Path;
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v1/bulletins", get(list).post(draft))
        .route("/api/v1/bulletins/{id}", get(read))
        .route("/api/v1/bulletins/{id}/sign", post(sign))
        .route("/api/v1/bulletins/{id}/issue", post(issue))
        .route("/api/v1/bulletins/{id}/verify", get(verify))
        .route("/api/v1/bulletins/{id}/{file}", get(bulletin_file))
}

/// What is drafted, with the caller's key.
#[derive(Deserialize)]
struct DraftSent {
    key: String,
    #[serde(flatten)]
    scope: Scope,
    signer: Option<PostId>,
    #[serde(default)]
    remarks: Vec<String>,
}

/// The caller's key.
#[derive(Deserialize)]
struct KeySent {
    key: String,
}

async fn list(visitor: Visitor) -> axum::Json<Json> {
    let readable = visitor
        .world
        .bulletins
        .values()
        .filter(|bulletin| bulletin::may_read(&visitor.world, bulletin, &visitor.post, &visitor.sight));
    axum::Json(json!({ "bulletins": readable.map(head).collect::<Vec<_>>() }))
}

/// Where a bulletin is: what its list shows.
fn head(bulletin: &Bulletin) -> Json {
    let draft = &bulletin.draft;
    json!({
        "id": draft.bulletin, "number": draft.number.as_ref().map(|number| &number.text), "kind": draft.kind,
        "from": draft.from, "to": draft.to, "as_of": draft.as_of, "log": draft.log, "content": draft.content,
        "signer": draft.signer, "due": draft.due, "drafted_at": bulletin.drafted_at,
        "signed_at": bulletin.signed.as_ref().map(|(_, at)| at), "issued_at": bulletin.issued,
    })
}

async fn read(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let id = BulletinId::from(id);
            readable_bulletin(visitor, &id)?;
            // The stored bytes: their SHA-256 is the digest in the log.
            let bytes = bulletin::file(&visitor.engine, &id)?;
            Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
        })
        .await
}

async fn draft(Caller(visitor): Caller, body: Bytes) -> Result<Response, Trouble> {
    let sent: DraftSent = parse(&body)?;
    let drafting = Drafting {
        scope: sent.scope,
        signer: sent.signer,
        remarks: sent.remarks,
    };
    visitor
        .work(move |visitor| {
            let id = bulletin::draft(&visitor.engine, &visitor.actor(), &sent.key, drafting)?;
            let place = [(header::LOCATION, format!("/api/v1/bulletins/{id}"))];
            let world = visitor.engine.world();
            let made = world.bulletins.get(&id).map(head);
            Ok((StatusCode::CREATED, place, axum::Json(made)).into_response())
        })
        .await
}

async fn sign(Caller(visitor): Caller, Path(id): Path<String>, body: Bytes) -> Result<Response, Trouble> {
    let sent: KeySent = parse(&body)?;
    visitor
        .work(move |visitor| {
            let id = BulletinId::from(id);
            readable_bulletin(visitor, &id)?;
            let signed = bulletin::sign(&visitor.engine, &visitor.actor(), &sent.key, &id)?;
            Ok(
                axum::Json(json!({ "answered": signed.answered, "moved_on": signed.moved_on }))
                    .into_response(),
            )
        })
        .await
}

async fn issue(Caller(visitor): Caller, Path(id): Path<String>, body: Bytes) -> Result<Response, Trouble> {
    let sent: KeySent = parse(&body)?;
    visitor
        .work(move |visitor| {
            let id = BulletinId::from(id);
            readable_bulletin(visitor, &id)?;
            bulletin::issue(&visitor.engine, &visitor.actor(), &sent.key, &id)?;
            let world = visitor.engine.world();
            Ok(axum::Json(world.bulletins.get(&id).map(head)).into_response())
        })
        .await
}

async fn verify(visitor: Visitor, Path(id): Path<String>) -> Result<axum::Json<Json>, Trouble> {
    visitor
        .work(move |visitor| {
            let id = BulletinId::from(id);
            readable_bulletin(visitor, &id)?;
            let recheck = bulletin::verify(&visitor.engine, &id)?;
            Ok(axum::Json(
                json!({ "holds": recheck.holds(), "recheck": recheck }),
            ))
        })
        .await
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Trouble> {
    serde_json::from_slice(body).map_err(|error| Trouble::bad(error.to_string()))
}
