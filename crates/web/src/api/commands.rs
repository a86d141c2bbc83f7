//! `POST /api/v1/commands`: one command as JSON, or many as NDJSON, each with its idempotency key.
//!
//! A line of a batch is carried out by itself, in order; the answer has a line for each, so that one refusal does not
//! undo the others.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bihuan_domain::id::{CaseId, UnitId};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_engine::{Failure, Submission};
use bihuan_messages::Lang;
use serde_json::{Value as Json, json};

use super::Caller;
use crate::Web;
use crate::session::Visitor;
use crate::trouble::Trouble;

/// Commands of one batch.
const BATCH_MAX: usize = 10_000;

/// Header that names the unit for which a command is recorded (代录).
const ON_BEHALF: &str = "x-bihuan-on-behalf-of";

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/api/v1/commands", post(commands))
}

async fn commands(
    State(_): State<Web>,
    Caller(visitor): Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Trouble> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let actor = visitor.actor_for(text(ON_BEHALF).map(UnitId::from));
    if text("content-type").is_some_and(|kind| kind.starts_with("application/x-ndjson")) {
        return batch(&visitor, &actor, &body).await;
    }
    let mut submission: Submission =
        serde_json::from_slice(&body).map_err(|error| Trouble::bad(error.to_string()))?;
    if let Some(case) = submission.order.case() {
        match (text("if-match"), visitor.engine.shows(case, &visitor.sight)) {
            // Who names no state needs none read: who a case concerns is in memory.
            (None, Some(true)) => {}
            (wanted, _) => {
                let seen = visitor.work(move |visitor| seen(visitor, case)).await?;
                submission.expected = wanted.map_or(submission.expected, |wanted| expected(wanted, seen));
            }
        }
    }
    let case_before = submission.order.case();
    let answer = visitor.engine.submit(&actor, submission).await?;
    let status = if case_before.is_none() && !answer.duplicate {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let mut response = (status, axum::Json(&answer)).into_response();
    if let Some(seq) = answer.events.last().map(|event| event.seq)
        && let Ok(tag) = format!("\"{seq}\"").parse()
    {
        response.headers_mut().insert(header::ETAG, tag);
    }
    if let Some(case) = answer.case
        && let Ok(place) = format!("/api/v1/cases/{case}").parse()
    {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// Refuses a case that may not be seen; gives the `seq` of its state.
fn seen(visitor: &Visitor, case: CaseId) -> Result<u64, Trouble> {
    let state = visitor
        .views()?
        .state(case)?
        .ok_or_else(|| Trouble::from(Refusal::new("no_such_case")))?;
    if visitor.sight.covers(&state) {
        Ok(state.seq)
    } else {
        Err(Trouble::forbidden())
    }
}

/// What `If-Match` expects of a case that is now at `now`. The writer compares again, so that of two who saw the same
/// state only one is carried out; tags that fit nothing expect a state that no case is in.
fn expected(wanted: &str, now: u64) -> Option<u64> {
    if wanted.trim() == "*" {
        return None;
    }
    let tag = format!("\"{now}\"");
    let fits = wanted.split(',').any(|one| one.trim() == tag);
    Some(if fits { now } else { u64::MAX })
}

/// Lines are sent to the writer one after the other without waiting, so that they share commits.
async fn batch(visitor: &Visitor, actor: &Actor, body: &[u8]) -> Result<Response, Trouble> {
    let text = std::str::from_utf8(body).map_err(|error| Trouble::bad(error.to_string()))?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() > BATCH_MAX {
        return Err(Trouble::bad(format!("{} > {BATCH_MAX}", lines.len())));
    }
    let mut under_way = Vec::with_capacity(lines.len());
    for line in lines {
        let sent = match serde_json::from_str::<Submission>(line) {
            Ok(submission) => {
                let hidden = match submission.order.case() {
                    Some(case) => visitor.work(move |visitor| seen(visitor, case)).await.err(),
                    None => None,
                };
                match hidden {
                    // A case that an earlier line opens is not there yet: the writer decides.
                    Some(trouble) if trouble.code != "no_such_case" => Err(trouble),
                    _ => Ok(visitor.engine.send(actor, submission)),
                }
            }
            Err(error) => Err(Trouble::bad(error.to_string())),
        };
        under_way.push(sent);
    }
    let mut out = String::new();
    for sent in under_way {
        let line = match sent {
            Ok(answer) => match answer.await {
                Ok(Ok(answer)) => json!({ "ok": true, "answer": answer }),
                Ok(Err(failure)) => problem(failure.into(), visitor.lang),
                Err(_) => problem(Failure::Fault(bihuan_engine::Error::Stopped).into(), visitor.lang),
            },
            Err(trouble) => problem(trouble, visitor.lang),
        };
        out.push_str(&line.to_string());
        out.push('\n');
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], out).into_response())
}

#[allow(clippy::needless_pass_by_value, reason = "it is made for this one line")]
fn problem(trouble: Trouble, lang: Lang) -> Json {
    json!({ "ok": false, "problem": trouble.problem(lang) })
}
