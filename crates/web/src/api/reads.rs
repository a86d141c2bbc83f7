//! The reads: cases, registers, mechanisms, the log, indicators. What a caller may see is what its pages would show.

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bihuan_domain::expr::Row;
use bihuan_domain::id::{CaseId, FieldId, MechanismId, RegisterId, RowId};
use bihuan_domain::value::Value;
use bihuan_engine::views::{Filter, Sort, Views};
use bihuan_engine::{custody, unmask};
use bihuan_ledger::{Entry, Receipt};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Asked;
use crate::Web;
use crate::pages::{evidence_file, paper_file};
use crate::place::Path;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// Rows of one answer.
const LIMIT_MAX: u64 = 500;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v1/cases", get(cases))
        .route("/api/v1/cases/{id}", get(case))
        .route("/api/v1/cases/{id}/evidence/{n}", get(evidence_file))
        .route("/api/v1/cases/{id}/papers/{n}", get(paper_file))
        .route("/api/v1/registers", get(registers))
        .route("/api/v1/registers/{id}", get(register))
        .route("/api/v1/notices", get(notices))
        .route("/api/v1/log/head", get(head))
        .route("/api/v1/log/entries", get(entries))
        .route("/api/v1/log/receipts/{seq}", get(receipt))
}

#[derive(Deserialize)]
struct CasesAsked {
    mechanism: Option<String>,
    stage: Option<String>,
    open: Option<bool>,
    colour: Option<String>,
    owner: Option<String>,
    holder: Option<String>,
    q: Option<String>,
    sort: Option<String>,
    #[serde(default)]
    offset: u64,
    limit: Option<u64>,
}

impl CasesAsked {
    fn filter(&self, visitor: &Visitor) -> Result<Filter, Trouble> {
        let colour = match self.colour.as_deref() {
            Some(code) => Some(show::colour_of(code).ok_or_else(|| Trouble::bad(format!("colour={code}")))?),
            None => None,
        };
        Ok(Filter {
            mechanisms: self
                .mechanism
                .as_deref()
                .map(MechanismId::from)
                .into_iter()
                .collect(),
            stage: self.stage.as_deref().map(Into::into),
            open: self.open,
            colour,
            owners: self.owner.as_deref().map(Into::into).into_iter().collect(),
            holder: self.holder.as_deref().map(Into::into),
            text: self.q.clone(),
            visible_to: visitor.sight.as_ref().clone(),
            ..Filter::default()
        })
    }

    fn sort(&self) -> Result<Sort, Trouble> {
        Ok(match self.sort.as_deref() {
            None | Some("urgency") => Sort::Urgency,
            Some("newest") => Sort::Newest,
            Some("oldest") => Sort::Oldest,
            Some("owner") => Sort::Owner,
            Some("number") => Sort::Number,
            Some("title") => Sort::Title,
            Some("stage") => Sort::Stage,
            Some(other) => return Err(Trouble::bad(format!("sort={other}"))),
        })
    }
}

#[derive(Deserialize)]
struct NoticesAsked {
    #[serde(default)]
    offset: u64,
    limit: Option<u64>,
}

/// What the caller was told, newest first. Reading here marks nothing as read: a program is nobody who has seen it.
async fn notices(visitor: Visitor, Asked(asked): Asked<NoticesAsked>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let limit = asked.limit.unwrap_or(50).clamp(1, LIMIT_MAX);
            let notices = visitor.notices()?;
            let page = notices.of(&visitor.person, asked.offset, limit)?;
            let list: Vec<Json> = page
                .rows
                .iter()
                .map(|told| {
                    json!({
                        "seq": told.seq,
                        "at": told.at,
                        "reason": told.reason.name(),
                        "kind": told.reason.kind().name(),
                        "case": told.about.case(),
                        "path": told.about.path(),
                        "post": told.post,
                        "due": told.due,
                        "emergency": told.urgent,
                        "read": told.read,
                    })
                })
                .collect();
            let unread = notices.unread(&visitor.person)?;
            let answer = json!({ "total": page.total, "unread": unread, "offset": asked.offset, "limit": limit, "notices": list });
            Ok(axum::Json(answer).into_response())
        })
        .await
}

async fn cases(visitor: Visitor, Asked(asked): Asked<CasesAsked>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let limit = asked.limit.unwrap_or(50).clamp(1, LIMIT_MAX);
            let page = visitor
                .views()?
                .cases(&asked.filter(visitor)?, asked.sort()?, asked.offset, limit)?;
            let answer =
                json!({ "total": page.total, "offset": asked.offset, "limit": limit, "cases": page.rows });
            Ok(axum::Json(answer).into_response())
        })
        .await
}

async fn case(visitor: Visitor, Path(id): Path<u64>, headers: HeaderMap) -> Result<Response, Trouble> {
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tag| tag.to_str().ok())
        .map(str::to_owned);
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let mut case = views.case(CaseId(id))?.ok_or_else(Trouble::not_found)?;
            if !visitor.sight.covers(&case.state) {
                return Err(Trouble::forbidden());
            }
            bihuan_engine::leaders::keep_back(&visitor.sight, &mut case);
            let tag = crate::pages::case_etag(&case.state);
            if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
                return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
            }
            let timeline: Vec<Json> = case
                .timeline
                .iter()
                .map(|entry| {
                    let (kind, body) = entry.event.stored();
                    json!({ "seq": entry.seq, "at": entry.at, "actor": entry.actor, "type": kind, "body": body, "leaf": entry.leaf })
                })
                .collect();
            let texts = texts(&views, &case.state.values)?;
            let locked = crate::pages::locked_for(visitor, &views, &case.state)?.values;
            let answer = json!({ "locked": locked,
                "id": case.state.id, "title": case.title, "colour": case.state.colour(), "due": case.state.due(),
                "state": case.state, "texts": texts, "timeline": timeline, "children": case.children,
                "duties": case.state.duties(),
            });
            Ok(([(header::ETAG, tag)], axum::Json(answer)).into_response())
        })
        .await
}

/// The plain texts of sealed values, by field; of what is a custodian's, only whose it is.
fn texts(views: &Views, values: &Row) -> Result<Json, Trouble> {
    let mut texts = serde_json::Map::new();
    for (field, value) in values {
        if let Value::Sealed(sealed) = value {
            let text = match views.unseal(sealed)? {
                Some(text) => match custody::locked_to(None, &text) {
                    Some(function) => json!({ "encrypted_to": function }),
                    None => json!(text),
                },
                None => Json::Null,
            };
            texts.insert(field.to_string(), text);
        }
    }
    Ok(Json::Object(texts))
}

async fn registers(visitor: Visitor) -> Response {
    let of = |spec: &bihuan_domain::mechanism::RegisterSpec| json!({ "id": spec.id, "label": spec.label, "rows": visitor.world.registers.count(&spec.id) });
    let list: Vec<Json> = visitor
        .mechanisms
        .packs()
        .iter()
        .flat_map(|pack| &pack.registers)
        .map(of)
        .collect();
    axum::Json(json!({ "registers": list })).into_response()
}

#[derive(Deserialize)]
struct RowsAsked {
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
    /// What sensitive fields are asked for; without one they are masked for everybody.
    purpose: Option<String>,
}

async fn register(
    visitor: Visitor,
    Path(id): Path<String>,
    Asked(asked): Asked<RowsAsked>,
) -> Result<Response, Trouble> {
    let id = RegisterId::from(id);
    visitor
        .work(move |visitor| {
            let spec = visitor.mechanisms.register(&id);
            if spec.is_none() && visitor.world.registers.count(&id) == 0 {
                return Err(Trouble::not_found());
            }
            let views = visitor.views()?;
            let rows: Vec<(&RowId, &Row)> = visitor
                .world
                .registers
                .rows(&id)
                .skip(asked.offset)
                .take(asked.limit.unwrap_or(100).clamp(1, 1_000))
                .collect();
            let mut list = Vec::with_capacity(rows.len());
            if let Some(purpose) = &asked.purpose {
                let rows = rows.iter().map(|(row, _)| (*row).clone()).collect();
                unmask::unmask(&visitor.engine, &visitor.actor(), &id, rows, None, purpose)?;
            }
            // Of a register that no pack in force declares nobody knows any more what was sensitive.
            let masked = |field: &FieldId| {
                spec.is_none_or(|spec| {
                    let field = spec.fields.iter().find(|known| known.id == *field);
                    field.is_none_or(|field| field.sensitive) && asked.purpose.is_none()
                })
            };
            for (row, values) in rows {
                let (hidden, shown): (Row, Row) = values.clone().into_iter().partition(|(id, _)| masked(id));
                let hidden: Vec<&FieldId> = hidden.keys().collect();
                list.push(
                    json!({ "id": row, "values": shown, "texts": texts(&views, &shown)?, "masked": hidden }),
                );
            }
            let total = visitor.world.registers.count(&id);
            Ok(axum::Json(json!({ "id": id, "total": total, "rows": list })).into_response())
        })
        .await
}

async fn head(visitor: Visitor) -> Result<Response, Trouble> {
    visitor
        .work(|visitor| {
            let head = visitor.views()?.log().head()?;
            let key = visitor.engine.ledger().public_key().to_string();
            Ok(axum::Json(json!({ "checkpoint": head, "public_key": key })).into_response())
        })
        .await
}

#[derive(Deserialize)]
struct EntriesAsked {
    #[serde(default)]
    from: u64,
    limit: Option<usize>,
}

async fn entries(visitor: Visitor, Asked(asked): Asked<EntriesAsked>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let limit = asked.limit.unwrap_or(100).clamp(1, 1_000);
            let entries = visitor.views()?.log().entries(asked.from, limit)?;
            let list: Result<Vec<Json>, Trouble> = entries.iter().map(entry).collect();
            Ok(axum::Json(json!({ "from": asked.from, "entries": list? })).into_response())
        })
        .await
}

/// An entry as its canonical text, which is what its leaf hash is over.
fn entry(entry: &Entry) -> Result<Json, Trouble> {
    Ok(json!({ "seq": entry.seq, "leaf": entry.leaf()?, "canonical": entry.canonical()? }))
}

async fn receipt(visitor: Visitor, Path(seq): Path<u64>) -> Result<axum::Json<Receipt>, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            views.log().entry(seq)?.ok_or_else(Trouble::not_found)?;
            Ok(axum::Json(views.log().receipt(seq)?))
        })
        .await
}
