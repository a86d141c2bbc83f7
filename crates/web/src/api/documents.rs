//! Documents over the API: hand a text in, read what it commits to, accept sentences as cases.

use axum::Router;
use axum::body::Bytes;
use axum::extract::multipart::Multipart;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bihuan_domain::id::{DocumentId, MechanismId, UnitId};
use bihuan_domain::refusal::Refusal;
use bihuan_engine::documents::review::Change;
use bihuan_engine::documents::{self, Accepted, Proposal, Standing, threads as follow};
use bihuan_messages::{Lang, Message};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{Asked, Caller};
use crate::Web;
use crate::body::parts;
use crate::place::Path;
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v1/documents", get(list).post(receive))
        .route("/api/v1/documents/{id}", get(read))
        .route("/api/v1/documents/{id}/accept", post(accept))
        .route("/api/v1/documents/{id}/rows", post(revise))
        .route("/api/v1/documents/{id}/breakdown.xlsx", get(workbook))
        .route("/api/v1/documents/{id}/breakdown.docx", get(word))
        .route("/api/v1/threads", get(threads))
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
) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let reading = reading(visitor, &id)?;
            let mechanism = MechanismId::from(asked.mechanism);
            let rows = documents::proposals(&visitor.engine, &views, &reading, &mechanism)?;
            let tag = [(header::ETAG, format!("\"{}\"", reading.revision))];
            let body = json!({
                "id": id, "name": reading.name, "kind": reading.opened.kind, "text": reading.opened.text,
                "text_sha256": reading.received.text_sha256, "revision": reading.revision,
                "warnings": reading.opened.warnings.iter().map(both).collect::<Vec<_>>(),
                "coverage": reading.document.coverage,
                "proposals": rows.iter().map(proposal).collect::<Vec<_>>(),
            });
            Ok((tag, axum::Json(body)).into_response())
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

fn both(message: &Message) -> Json {
    json!({ "zh": message.text(Lang::Zh), "en": message.text(Lang::En) })
}

fn proposal(row: &Proposal) -> Json {
    json!({
        "index": row.index, "key": row.key, "article": row.article, "quote": row.quote, "at": row.at, "title": row.title,
        "value": row.value, "unit": row.unit, "due": row.due, "kind": row.kind,
        "owner": row.owner.as_ref().map(|(unit, _)| unit),
        "owner_why": row.owner.as_ref().map(|(_, why)| both(why)),
        "goal": row.goal, "supporting": row.supporting, "supporting_unknown": row.supporting_unknown, "person": row.person,
        "rejected": match &row.standing {
            Standing::Open => None,
            Standing::Rejected(reason) => Some(reason),
        },
        "changed": row.changed, "why": row.why, "case": row.case,
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
    /// Which, by its place among the rows,
    index: Option<usize>,
    /// or by its key, which stays what it is when other rows are split or merged.
    key: Option<String>,
    owner: Option<UnitId>,
    title: Option<String>,
    due: Option<Date>,
    value: Option<String>,
    unit: Option<String>,
    supporting: Option<Vec<UnitId>>,
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
            let place = |key: &str| proposed.iter().find(|row| row.key == key).map(|row| row.index);
            let lines: Vec<Json> = rows
                .iter()
                .zip(answers)
                .map(|(row, answer)| match answer {
                    Ok(answer) => {
                        json!({ "key": row.row, "index": place(&row.row), "ok": true, "answer": answer })
                    }
                    Err(failure) => {
                        let problem = Trouble::from(failure).problem(visitor.lang);
                        json!({ "key": row.row, "index": place(&row.row), "ok": false, "problem": problem })
                    }
                })
                .collect();
            Ok(axum::Json(json!({ "rows": lines })).into_response())
        })
        .await
}

/// A row as sent over what was proposed. An owner has to be named by somebody: the sentence or the caller.
fn accepted(sent: RowSent, proposed: &[Proposal]) -> Result<Accepted, Trouble> {
    let found = match (&sent.key, sent.index) {
        (Some(key), _) => proposed.iter().find(|row| row.key == *key),
        (None, Some(index)) => proposed.get(index),
        (None, None) => None,
    };
    let Some(row) = found else {
        let n = sent
            .key
            .or(sent.index.map(|index| index.to_string()))
            .unwrap_or_default();
        return Err(Refusal::new("no_such_proposal").with("n", n).into());
    };
    let suggested = row.owner.as_ref().map(|(unit, _)| unit.clone());
    let Some(owner) = sent.owner.or(suggested) else {
        let mut trouble = Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, "owner_needed");
        trouble.rule =
            bihuan_messages::Message::new("web.reading_owner_needed").with("title", row.title.as_str());
        return Err(trouble);
    };
    Ok(Accepted {
        row: row.key.clone(),
        supporting: sent.supporting.unwrap_or_else(|| row.supporting.clone()),
        title: sent.title.unwrap_or_else(|| row.title.clone()),
        owner,
        due: sent.due.or(row.due),
        value: sent.value.or_else(|| row.value.clone()),
        unit: sent.unit.or_else(|| row.unit.clone()),
    })
}

/// Changes of the rows; `If-Match` says which revision they are for.
#[derive(Deserialize)]
struct ReviseSent {
    changes: Vec<Change>,
    /// The revision that was last seen, for callers without headers.
    revision: Option<u64>,
}

async fn revise(
    Caller(visitor): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let sent: ReviseSent = serde_json::from_slice(&body).map_err(|error| Trouble::bad(error.to_string()))?;
    let tag = headers
        .get(header::IF_MATCH)
        .and_then(|tag| tag.to_str().ok())
        .map(str::to_owned);
    visitor
        .work(move |visitor| {
            let reading = reading(visitor, &id)?;
            // Without a word on what was seen, the changes are for the rows as they are.
            let seen = match tag.as_deref().map(str::trim) {
                Some("*") | None => sent.revision.unwrap_or(reading.revision),
                Some(tag) => tag.trim_matches('"').parse().unwrap_or(u64::MAX),
            };
            let revision =
                documents::review::revise(&visitor.engine, &visitor.actor(), &reading, seen, &sent.changes)?;
            let tag = [(header::ETAG, format!("\"{revision}\""))];
            Ok((tag, axum::Json(json!({ "revision": revision }))).into_response())
        })
        .await
}

async fn workbook(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Trouble> {
    breakdown(visitor, id, true).await
}

async fn word(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Trouble> {
    breakdown(visitor, id, false).await
}

async fn breakdown(visitor: Visitor, id: String, workbook: bool) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    visitor
        .work(move |visitor| crate::pages::reading::breakdown_file(visitor, &id.into(), workbook))
        .await
}

async fn threads(visitor: Visitor) -> Result<axum::Json<Json>, Trouble> {
    visitor.must_administer()?;
    visitor
        .work(|visitor| {
            let views = visitor.views()?;
            let found = follow::threads(&visitor.engine, &views)?;
            let thread = |thread: &follow::Thread| {
                let mut json = serde_json::to_value(thread).unwrap_or_default();
                if let Some(places) = json.get_mut("places").and_then(Json::as_array_mut) {
                    for (shown, place) in places.iter_mut().zip(&thread.places) {
                        if let Some(fields) = shown.as_object_mut() {
                            fields.insert("why".to_owned(), place.why.iter().map(both).collect());
                        }
                    }
                }
                json
            };
            Ok(axum::Json(json!({
                "documents": found.documents,
                "threads": found.threads.iter().map(thread).collect::<Vec<_>>(),
                "silent": found.silent.iter().map(thread).collect::<Vec<_>>(),
                "differing": found.differing,
            })))
        })
        .await
}
