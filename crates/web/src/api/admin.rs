//! Administration over the API: packs checked and adopted, keys of custodians, erasures. The same policy as the pages.

use axum::Router;
use axum::body::Bytes;
use axum::extract::multipart::Multipart;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bihuan_diagnostics::json as findings;
use bihuan_domain::id::Code;
use bihuan_domain::refusal::Refusal;
use bihuan_engine::access::Task;
use bihuan_engine::adoption::{self, Proposal, bundle};
use bihuan_engine::custody;
use bihuan_engine::erase::Outcome;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::Caller;
use crate::Web;
use crate::body::{Sent, parts};
use crate::pages::{adopt_proposal, erasure_json, sees_erasure};
use crate::place::Path;
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v1/packs", get(packs).post(adopt))
        .route("/api/v1/packs/check", post(check))
        .route("/api/v1/custodians", get(custodians))
        .route("/api/v1/custodians/{function}", post(register))
        .route("/api/v1/erasures", get(erasures).post(ask))
        .route("/api/v1/erasures/{id}/confirm", post(confirm))
        .route("/api/v1/erasures/{id}/withdraw", post(withdraw))
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Trouble> {
    serde_json::from_slice(body).map_err(|error| Trouble::bad(error.to_string()))
}

async fn packs(visitor: Visitor) -> axum::Json<Json> {
    let one = |pack: &std::sync::Arc<bihuan_engine::Pack>| {
        let mechanisms: Vec<_> = pack.mechanisms.iter().map(|mechanism| &mechanism.id).collect();
        json!({ "id": pack.id, "label": pack.label, "digest": pack.digest, "requires": pack.requires, "mechanisms": mechanisms })
    };
    let list: Vec<Json> = visitor.mechanisms.packs().iter().map(one).collect();
    let ground = adoption::ground(&visitor.mechanisms);
    axum::Json(json!({ "packs": list, "ground": ground }))
}

/// The packs in the files of a request.
fn proposal(visitor: &Visitor, sent: Sent) -> Result<Proposal, Trouble> {
    let given: Vec<_> = sent
        .files
        .into_iter()
        .map(|(_, name, bytes)| (name, bytes))
        .collect();
    let files = bundle::read(&given)?;
    Ok(Proposal::of(
        &visitor.engine.mechanisms(),
        &visitor.world.calendars,
        files,
    ))
}

async fn check(Caller(visitor): Caller, multipart: Multipart) -> Result<Response, Trouble> {
    visitor.must(Task::AdoptPacks)?;
    let sent = parts(multipart).await?;
    visitor
        .work(move |visitor| {
            let proposal = proposal(visitor, sent)?;
            let mechanisms = visitor.engine.mechanisms();
            let mut answer = json!({
                "sound": proposal.is_sound(), "ground": adoption::ground(&mechanisms),
                "packs": proposal.packs.keys().collect::<Vec<_>>(),
                "findings": findings::render(&proposal.findings, &proposal.files),
            });
            if proposal.is_sound() {
                let previews = visitor.engine.preview(&proposal.packs)?;
                let told = adoption::as_json(&proposal.differences(&mechanisms), &previews);
                if let (Some(answer), Json::Object(told)) = (answer.as_object_mut(), told) {
                    answer.extend(told);
                }
            }
            Ok(axum::Json(answer).into_response())
        })
        .await
}

async fn adopt(Caller(visitor): Caller, multipart: Multipart) -> Result<Response, Trouble> {
    visitor.must(Task::AdoptPacks)?;
    let sent = parts(multipart).await?;
    visitor
        .work(move |visitor| {
            let (key, open) = (sent.get("key").to_owned(), sent.get("open").to_owned());
            let ground = sent.filled("ground").map(str::to_owned);
            if !bihuan_ledger::is_name(&key) {
                return Err(Refusal::new("bad_key").into());
            }
            if !["own", "keep", "recount"].contains(&open.as_str()) {
                return Err(Trouble::bad("open: own, keep or recount"));
            }
            let proposal = proposal(visitor, sent)?;
            // Adopting again under the same key answers as before: then the ground is what that adoption made it.
            if let Some(ground) = ground
                && !in_force(visitor, &proposal)
            {
                adoption::same_ground(&visitor.engine.mechanisms(), &ground)?;
            }
            let (packs, migrated) = adopt_proposal(visitor, &proposal, &key, &open)?;
            let answer = json!({ "adopted": true, "packs": packs, "migrated": migrated });
            Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
        })
        .await
}

/// Whether every pack of a proposal is in force exactly so.
fn in_force(visitor: &Visitor, proposal: &Proposal) -> bool {
    let mechanisms = visitor.engine.mechanisms();
    let mut packs = proposal.packs.iter();
    packs.all(|(id, files)| mechanisms.pack(id).is_some_and(|pack| pack.files == *files))
}

async fn custodians(visitor: Visitor) -> axum::Json<Json> {
    let list: Vec<Json> = custody::functions(&visitor.mechanisms)
        .keys()
        .map(|function| {
            let custodian = custody::custodian(&visitor.world, function, visitor.now);
            let registered = custodian
                .registered
                .map(|(actor, at)| json!({ "post": actor.post, "at": at }));
            json!({
                "function": function, "name": custodian.name, "registered": registered,
                "public": custodian.key.map(|key| key.to_string()),
                "fingerprint": custodian.key.map(|key| key.fingerprint()),
                "former": custodian.former.iter().map(|key| key.fingerprint()).collect::<Vec<_>>(),
            })
        })
        .collect();
    axum::Json(json!({ "custodians": list }))
}

/// A key with its fingerprint, which the caller has from where the key was made.
#[derive(Deserialize)]
struct KeySent {
    public: String,
    fingerprint: String,
}

async fn register(
    Caller(visitor): Caller,
    Path(function): Path<String>,
    body: Bytes,
) -> Result<Response, Trouble> {
    let function = Code::new(function);
    visitor.must(Task::RegisterKey(&function))?;
    let sent: KeySent = parse(&body)?;
    visitor
        .work(move |visitor| {
            let key: bihuan_ledger::custody::Public =
                sent.public
                    .parse()
                    .map_err(|error: bihuan_ledger::custody::Error| {
                        Trouble::from(Refusal {
                            code: "unfit_key".to_owned(),
                            rule: error.message(),
                            allowed: Vec::new(),
                        })
                    })?;
            let digits = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
            if digits(&sent.fingerprint) != digits(&key.fingerprint()) {
                return Err(Refusal::new("other_fingerprint")
                    .with("found", sent.fingerprint.chars().take(60).collect::<String>())
                    .with("own", key.fingerprint())
                    .into());
            }
            let answer = custody::register(&visitor.engine, &visitor.actor(), &function, &key)?;
            Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
        })
        .await
}

async fn erasures(visitor: Visitor) -> axum::Json<Json> {
    let seen = visitor
        .world
        .erasures
        .iter()
        .filter(|(_, erasure)| sees_erasure(&visitor, erasure));
    let list: Vec<Json> = seen.map(|(n, erasure)| erasure_json(*n, erasure)).collect();
    axum::Json(json!({ "erasures": list }))
}

/// What is to be erased, and why.
#[derive(Deserialize)]
struct ErasureSent {
    subject: String,
    reason: String,
}

async fn ask(Caller(visitor): Caller, body: Bytes) -> Result<Response, Trouble> {
    let sent: ErasureSent = parse(&body)?;
    visitor
        .work(move |visitor| {
            let (n, state, status) =
                match visitor
                    .engine
                    .ask_erasure(&visitor.actor(), &sent.subject, &sent.reason)?
                {
                    Outcome::Waits(n) => (n, "waits", StatusCode::ACCEPTED),
                    Outcome::Done(n) => (n, "done", StatusCode::CREATED),
                };
            Ok((status, axum::Json(json!({ "id": n, "state": state }))).into_response())
        })
        .await
}

async fn confirm(Caller(visitor): Caller, Path(id): Path<u64>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let answer = visitor.engine.confirm_erasure(&visitor.actor(), id)?;
            Ok(axum::Json(answer).into_response())
        })
        .await
}

async fn withdraw(Caller(visitor): Caller, Path(id): Path<u64>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let answer = visitor.engine.withdraw_erasure(&visitor.actor(), id)?;
            Ok(axum::Json(answer).into_response())
        })
        .await
}
