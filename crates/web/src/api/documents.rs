//! Documents over the API: hand a text in, read what it commits to, accept sentences as cases.

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::multipart::Multipart;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bihuan_domain::id::{DocumentId, MechanismId, UnitId};
use bihuan_domain::refusal::Refusal;
use bihuan_engine::documents::{self, Accepted, Proposal};
use bihuan_messages::Lang;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{Asked, Caller};
use crate::Web;
use crate::body::parts;
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v1/documents", get(list).post(receive))
        .route("/api/v1/documents/{id}", get(read))
        .route("/api/v1/documents/{id}/accept", post(accept))
}

async fn list(visitor: Visitor) -> Result<axum::Json<Json>, Trouble> {
    visitor.must_administer()?;
    visitor
        .work(|visitor| {
            let views = visitor.views()?;
            let mut list = Vec::new();
            for received in visitor.world.documents.values() {
                list.push(json!({
                    "id": received.document, "name": views.unseal(&received.name)?,
                    "characters": received.characters, "text_sha256": received.text_sha256,
                    "cases": documents::cases_of(&views, &received.document)?.len(),
                }));
            }
            Ok(axum::Json(json!({ "documents": list })))
        })
        .await
}

async fn receive(Caller(visitor): Caller, multipart: Multipart) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let sent = parts(multipart).await?;
    let Some((_, name, bytes)) = sent.files.into_iter().next() else {
        return Err(Trouble::bad("no file"));
    };
    visitor
        .work(move |visitor| {
            let id = documents::receive(&visitor.engine, &visitor.actor(), &name, &bytes)?;
            let known = visitor.world.documents.contains_key(&id);
            let status = if known {
                StatusCode::OK
            } else {
                StatusCode::CREATED
            };
            let place = [(header::LOCATION, format!("/api/v1/documents/{id}"))];
            Ok((status, place, axum::Json(json!({ "id": id, "known": known }))).into_response())
        })
        .await
}

#[derive(Deserialize)]
struct ReadAsked {
    /// The ledger for which rows are proposed: its cases are named beside the sentences that they came from.
    #[serde(default)]
    mechanism: String,
}

async fn read(
    visitor: Visitor,
    Path(id): Path<String>,
    Asked(asked): Asked<ReadAsked>,
) -> Result<axum::Json<Json>, Trouble> {
    visitor.must_administer()?;
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let reading = reading(visitor, &id)?;
            let mechanism = MechanismId::from(asked.mechanism);
            let rows = documents::proposals(&visitor.engine, &views, &reading, &mechanism)?;
            Ok(axum::Json(json!({
                "id": id, "name": reading.name, "text": reading.opened.text, "text_sha256": reading.received.text_sha256,
                "proposals": rows.iter().map(proposal).collect::<Vec<_>>(),
            })))
        })
        .await
}

fn reading(visitor: &Visitor, id: &str) -> Result<documents::Reading, Trouble> {
    let id = DocumentId::from(id);
    if !visitor.world.documents.contains_key(&id) {
        return Err(Trouble::not_found());
    }
    Ok(documents::reading(
        &visitor.engine,
        &visitor.views()?,
        &id,
        &Default::default(),
    )?)
}

fn proposal(row: &Proposal) -> Json {
    json!({
        "index": row.index, "article": row.article, "quote": row.quote, "at": row.at, "title": row.title,
        "value": row.value, "unit": row.unit, "due": row.due, "kind": row.kind,
        "owner": row.owner.as_ref().map(|(unit, _)| unit),
        "owner_why": row.owner.as_ref().map(|(_, why)| json!({ "zh": why.text(Lang::Zh), "en": why.text(Lang::En) })),
        "why": row.why, "case": row.case,
    })
}

/// Which sentences become cases of which ledger.
#[derive(Deserialize)]
struct AcceptSent {
    mechanism: MechanismId,
    rows: Vec<RowSent>,
}

/// A sentence that is accepted; what is not said stays as proposed.
#[derive(Deserialize)]
struct RowSent {
    index: usize,
    owner: Option<UnitId>,
    title: Option<String>,
    due: Option<Date>,
    value: Option<String>,
    unit: Option<String>,
}

async fn accept(Caller(visitor): Caller, Path(id): Path<String>, body: Bytes) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let sent: AcceptSent = serde_json::from_slice(&body).map_err(|error| Trouble::bad(error.to_string()))?;
    visitor
        .work(move |visitor| {
            let reading = reading(visitor, &id)?;
            let views = visitor.views()?;
            let proposed = documents::proposals(&visitor.engine, &views, &reading, &sent.mechanism)?;
            let mut rows = Vec::with_capacity(sent.rows.len());
            for row in sent.rows {
                rows.push(accepted(row, &proposed)?);
            }
            let answers = documents::accept(
                &visitor.engine,
                &visitor.actor(),
                &reading,
                &sent.mechanism,
                &rows,
            )?;
            let lines: Vec<Json> = rows
                .iter()
                .zip(answers)
                .map(|(row, answer)| match answer {
                    Ok(answer) => json!({ "index": row.index, "ok": true, "answer": answer }),
                    Err(failure) => {
                        let problem = Trouble::from(failure).problem(visitor.lang);
                        json!({ "index": row.index, "ok": false, "problem": problem })
                    }
                })
                .collect();
            Ok(axum::Json(json!({ "rows": lines })).into_response())
        })
        .await
}

/// A row as sent over what was proposed. An owner has to be named by somebody: the sentence or the caller.
fn accepted(sent: RowSent, proposed: &[Proposal]) -> Result<Accepted, Trouble> {
    let Some(row) = proposed.get(sent.index) else {
        return Err(Refusal::new("no_such_proposal")
            .with("n", sent.index.to_string())
            .into());
    };
    let suggested = row.owner.as_ref().map(|(unit, _)| unit.clone());
    let Some(owner) = sent.owner.or(suggested) else {
        let mut trouble = Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, "owner_needed");
        trouble.rule =
            bihuan_messages::Message::new("web.reading_owner_needed").with("title", row.title.as_str());
        return Err(trouble);
    };
    Ok(Accepted {
        index: sent.index,
        title: sent.title.unwrap_or_else(|| row.title.clone()),
        owner,
        due: sent.due.or(row.due),
        value: sent.value.or_else(|| row.value.clone()),
        unit: sent.unit.or_else(|| row.unit.clone()),
    })
}
