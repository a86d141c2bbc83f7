//! The description of the API: OpenAPI 3.1 at `/api/openapi.json`.

mod reads;

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Map, Value as Json, json};

use self::reads::READS;
use crate::Web;
use crate::assets;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route(
        "/api/openapi.json",
        get(async |headers: HeaderMap| -> Response {
            let (text, small) = &*WRITTEN;
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (kind, assets::squeezed(&headers, text, small.as_deref())).into_response()
        }),
    )
}

const PROBLEM: &str = "application/problem+json";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The document as text, and the same as gzip.
static WRITTEN: LazyLock<(String, Option<Vec<u8>>)> = LazyLock::new(|| {
    let text = document().to_string();
    let small = assets::gzip(&text);
    (text, small)
});

fn document() -> Json {
    let mut paths = Map::new();
    for (path, summary, query) in READS {
        paths.insert(path.to_owned(), json!({ "get": read(path, summary, query) }));
    }
    let mut put = |path: &str, method: &str, operation: Json| {
        let entry = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        if let Some(methods) = entry.as_object_mut() {
            methods.insert(method.to_owned(), operation);
        }
    };
    put("/api/v1/session", "post", sign_in());
    put(
        "/api/v1/session",
        "delete",
        with_problems(
            json!({ "operationId": "sign_out", "summary": "End the session", "responses": { "204": { "description": "Ended" } } }),
        ),
    );
    put("/api/v1/commands", "post", commands());
    put("/api/v1/log/checkpoint", "get", checkpoint());
    put("/api/v1/witness/{slug}/add-checkpoint", "post", witness());
    put(
        "/api/v1/files",
        "post",
        files(
            "upload",
            "Bring files in; their tokens go into the evidence of a command",
            &[("201", "The tokens")],
        ),
    );
    put(
        "/api/v1/documents",
        "post",
        files(
            "receive_document",
            "Hand in a text to be read; the same text again is the same document",
            &[("201", "The new document"), ("200", "The document was known")],
        ),
    );
    put("/api/v1/documents/{id}/accept", "post", accept());
    put("/api/v1/documents/{id}/rows", "post", revise());
    for (end, summary, kind) in [
        (
            "breakdown.xlsx",
            "The breakdown of a document as a workbook",
            XLSX,
        ),
        (
            "breakdown.docx",
            "The breakdown of a document as a Word document",
            DOCX,
        ),
    ] {
        let id = format!("get_{}", end.replace('.', "_"));
        let operation = download(&id, summary, json!([text_in_path("id")]), &[kind]);
        put(&format!("/api/v1/documents/{{id}}/{end}"), "get", operation);
    }
    for (which, summary) in [
        ("evidence", "A file of a case, by its place from 0"),
        (
            "papers",
            "A scan of a paper that a case came from, by its place from 0",
        ),
    ] {
        let at = json!([number_in_path("id", 1), number_in_path("n", 0)]);
        let mut file = download(&format!("get_{which}"), summary, at, &["*/*"]);
        answers(&mut file, &[("410", "Erased")], &[PROBLEM], problem());
        put(&format!("/api/v1/cases/{{id}}/{which}/{{n}}"), "get", file);
    }
    put(
        "/api/v1/bulletins/{id}/{file}",
        "get",
        download(
            "get_bulletin_file",
            "A bulletin as bulletin.docx, annex.xlsx, bulletin.pdf (of a server built with PDF) or content.json (as kept by hash)",
            json!([text_in_path("id"),
                { "name": "file", "in": "path", "required": true,
                  "schema": { "enum": ["bulletin.docx", "annex.xlsx", "bulletin.pdf", "content.json"] } }]),
            &[DOCX, XLSX, "application/pdf", "application/json"],
        ),
    );
    put("/api/v1/stream", "get", stream());
    put(
        "/api/v1/bulletins",
        "post",
        bulletin("draft_bulletin", "Draft a bulletin as of now", true),
    );
    put(
        "/api/v1/bulletins/{id}/sign",
        "post",
        bulletin("sign_bulletin", "Sign a bulletin as drafted", false),
    );
    put(
        "/api/v1/bulletins/{id}/issue",
        "post",
        bulletin("issue_bulletin", "Issue a signed bulletin", false),
    );
    administration(&mut put);
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Bihuan", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "Commands in, reads out. Every error is application/problem+json (RFC 9457) with the rule in both languages and what would be allowed." },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "description": "From POST /api/v1/session." } },
            "schemas": schemas(),
        },
    })
}

fn read(path: &str, summary: &str, query: &[(&str, &str)]) -> Json {
    let mut parameters: Vec<Json> = query
        .iter()
        .map(|(name, kind)| json!({ "name": name, "in": "query", "required": false, "schema": { "type": kind } }))
        .collect();
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    for name in names {
        parameters.push(match name {
            "seq" => number_in_path(name, 0),
            _ if path.contains("/cases/") => number_in_path(name, 1),
            _ => text_in_path(name),
        });
        // What the demo has, too.
        let example = match path {
            "/api/v1/cases/{id}" => json!(1),
            "/api/v1/log/receipts/{seq}" => json!(0),
            "/api/v1/mechanisms/{id}" => json!("key-task"),
            "/api/v1/registers/{id}" => json!("projects"),
            _ => continue,
        };
        if let Some(parameter) = parameters.last_mut().and_then(Json::as_object_mut) {
            parameter.insert("example".to_owned(), example);
        }
    }
    let id = path.trim_start_matches("/api/v1/").replace(['/', '{', '}'], "_");
    with_problems(json!({
        "operationId": format!("get_{}", id.trim_end_matches('_')), "summary": summary, "parameters": parameters,
        "responses": { "200": { "description": summary, "content": { "application/json": { "schema": { "type": "object" } } } },
            "304": { "description": "Not modified" } },
    }))
}

fn sign_in() -> Json {
    let credentials = json!({ "type": "object", "required": ["login", "password"], "properties": {
        "jurisdiction": { "type": "string" }, "login": { "type": "string" }, "password": { "type": "string" },
        "code": { "type": "string", "description": "Code of the second step, where the account has one" } } });
    with_problems(json!({
        "operationId": "sign_in", "summary": "Name and password for a token", "security": [],
        "requestBody": { "required": true, "content": { "application/json": { "schema": credentials } } },
        "responses": { "201": { "description": "The token", "content": { "application/json": { "schema": {
            "type": "object", "properties": { "token": { "type": "string" }, "type": { "const": "Bearer" } } } } } } },
    }))
}

fn commands() -> Json {
    let answer = json!({ "$ref": "#/components/schemas/Answer" });
    with_problems(json!({
        "operationId": "submit", "summary": "Submit one command, or many as NDJSON",
        "parameters": [
            { "name": "If-Match", "in": "header", "required": false, "schema": { "type": "string" }, "description": "The ETag of the case as last seen; another state answers 412." },
            { "name": "X-Bihuan-Post", "in": "header", "required": false, "schema": { "type": "string" }, "description": "The post in which the caller acts, if not the first." },
            { "name": "X-Bihuan-On-Behalf-Of", "in": "header", "required": false, "schema": { "type": "string" }, "description": "The unit without accounts for which the dispatcher records." },
        ],
        "requestBody": { "required": true, "content": {
            "application/json": { "schema": { "$ref": "#/components/schemas/Command" }, "examples": {
                "open": { "value": { "key": "example-1", "type": "open", "mechanism": "key-task", "owner": "housing", "title": "Renew 12 old quarters",
                    "values": { "task": "Renew 12 old quarters", "due": "2027-12-31" } } },
                "note": { "value": { "key": "example-2", "type": "note", "case": 1, "note": "Three quarters surveyed." } } } },
            "application/x-ndjson": { "schema": { "type": "string", "description": "One command a line; the answer has a line for each, {\"ok\":true,\"answer\":…} or {\"ok\":false,\"problem\":…}." } } } },
        "responses": {
            "200": { "description": "Carried out, or the former answer under this key", "content": {
                "application/json": { "schema": answer }, "application/x-ndjson": { "schema": { "type": "string" } } } },
            "201": { "description": "A case was opened", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Answer" } } } } },
    }))
}

fn files(id: &str, summary: &str, made: &[(&str, &str)]) -> Json {
    let file = json!({ "type": "string", "contentMediaType": "application/octet-stream" });
    let mut operation = with_problems(json!({
        "operationId": id, "summary": summary, "responses": {},
        "requestBody": { "required": true, "content": { "multipart/form-data": { "schema": {
            "type": "object", "required": ["file"], "properties": { "file": file } } } } },
    }));
    answers(
        &mut operation,
        made,
        &["application/json"],
        json!({ "type": "object" }),
    );
    operation
}

fn checkpoint() -> Json {
    let mut operation = with_problems(json!({
        "operationId": "get_log_checkpoint", "responses": {},
        "summary": "The newest checkpoint as a signed note, or the newest that a witness cosigned",
        "parameters": [{ "name": "cosigned", "in": "query", "required": false, "schema": { "type": "boolean" } }],
    }));
    answers(
        &mut operation,
        &[("200", "A signed note")],
        &["text/plain"],
        json!({ "type": "string" }),
    );
    operation
}

/// What other logs ask for follows C2SP tlog-witness: refusals are lines of text there.
fn witness() -> Json {
    let text = json!({ "type": "string" });
    let mut operation = json!({
        "operationId": "witness", "summary": "Cosign another log's checkpoint (C2SP tlog-witness); needs no account", "security": [],
        "parameters": [{ "name": "slug", "in": "path", "required": true, "description": "The jurisdiction", "schema": { "type": "string", "minLength": 1 } }],
        "requestBody": { "required": true, "content": { "text/plain": { "schema": text } } }, "responses": {},
    });
    answers(
        &mut operation,
        &[("200", "The line of the cosignature")],
        &["text/plain"],
        text.clone(),
    );
    answers(
        &mut operation,
        &[("409", "The size that was seen, in a line")],
        &["text/x.tlog.size"],
        text,
    );
    answers(
        &mut operation,
        &[
            ("403", "Not signed by the log"),
            ("404", "Unknown log"),
            ("422", "Not shown to continue what was seen"),
            ("500", "A fault"),
        ],
        &["text/plain", PROBLEM],
        json!({}),
    );
    answers(
        &mut operation,
        &[
            ("400", "The request cannot be read"),
            ("405", "Not this method"),
            ("413", "Too large"),
        ],
        &[PROBLEM],
        problem(),
    );
    operation
}

fn revise() -> Json {
    let change = json!({ "type": "object", "required": ["do"], "properties": {
        "do": { "enum": ["edit", "assign", "reject", "restore", "split", "merge", "add", "link"] } } });
    with_problems(json!({
        "operationId": "revise_rows", "summary": "Change the rows of a document, all or nothing",
        "parameters": [
            { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
            { "name": "If-Match", "in": "header", "required": false, "schema": { "type": "string" }, "description": "The ETag of the document as last seen; another revision answers 412." },
        ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": {
            "type": "object", "required": ["changes"],
            "properties": { "revision": { "type": "integer" }, "changes": { "type": "array", "items": change } } } } } },
        "responses": { "200": { "description": "The new revision", "content": { "application/json": { "schema": { "type": "object" } } } } },
    }))
}

fn accept() -> Json {
    let row = json!({ "type": "object", "properties": {
        "key": { "type": "string" }, "index": { "type": "integer" }, "supporting": { "type": "array", "items": { "type": "string" } }, "owner": { "type": "string" }, "title": { "type": "string" },
        "due": { "type": "string", "format": "date" }, "value": { "type": "string" }, "unit": { "type": "string" } } });
    with_problems(json!({
        "operationId": "accept_rows", "summary": "Open cases from sentences; what a row does not say stays as proposed",
        "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": {
            "type": "object", "required": ["mechanism", "rows"],
            "properties": { "mechanism": { "type": "string" }, "rows": { "type": "array", "items": row } } } } } },
        "responses": { "200": { "description": "An answer or a problem for each row", "content": { "application/json": { "schema": { "type": "object" } } } } },
    }))
}

fn download(id: &str, summary: &str, parameters: Json, kinds: &[&str]) -> Json {
    let mut operation = with_problems(
        json!({ "operationId": id, "summary": summary, "parameters": parameters, "responses": {} }),
    );
    // A file of any kind, or of one of these: its bytes are not described further.
    answers(&mut operation, &[("200", summary)], kinds, json!({}));
    operation
}

fn text_in_path(name: &str) -> Json {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } })
}

fn number_in_path(name: &str, least: u64) -> Json {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "integer", "minimum": least } })
}

fn stream() -> Json {
    with_problems(json!({
        "operationId": "stream", "summary": "Server-sent events: the number of log entries after each commit",
        "responses": { "200": { "description": "An event stream", "content": { "text/event-stream": { "schema": { "type": "string" } } } } },
    }))
}

/// What changes a bulletin: every call carries its key.
fn bulletin(id: &str, summary: &str, drafts: bool) -> Json {
    let key = json!({ "type": "string", "minLength": 1, "maxLength": 200, "description": "Made by the caller; the same key again changes nothing." });
    let text = json!({ "type": "string" });
    let day = json!({ "type": "string", "format": "date" });
    let many = json!({ "type": "array", "items": text });
    let (sent, parameters, status) = if drafts {
        let sent = json!({ "type": "object", "required": ["key", "from", "to"], "properties": {
            "key": key, "from": day, "to": day, "mechanisms": many, "order": { "enum": ["overdue", "name"] },
            "signer": text, "remarks": many } });
        (sent, json!([]), "201")
    } else {
        let id = json!([{ "name": "id", "in": "path", "required": true, "schema": text }]);
        (
            json!({ "type": "object", "required": ["key"], "properties": { "key": key } }),
            id,
            "200",
        )
    };
    with_problems(json!({
        "operationId": id, "summary": summary, "parameters": parameters,
        "requestBody": { "required": true, "content": { "application/json": { "schema": sent } } },
        "responses": { status: { "description": summary, "content": { "application/json": { "schema": { "type": "object" } } } } },
    }))
}

/// What administers: packs, keys of custodians, erasures.
fn administration(put: &mut impl FnMut(&str, &str, Json)) {
    let text = json!({ "type": "string" });
    let named = |name: &str| json!([{ "name": name, "in": "path", "required": true, "schema": text }]);
    let one = |id: &str, summary: &str, parameters: Json, kind: &str, sent: Json, statuses: &[&str]| {
        let answer = json!({ "description": summary, "content": { "application/json": { "schema": { "type": "object" } } } });
        let answers: Map<String, Json> = statuses
            .iter()
            .map(|status| ((*status).to_owned(), answer.clone()))
            .collect();
        let mut operation =
            json!({ "operationId": id, "summary": summary, "parameters": parameters, "responses": answers });
        if let (Some(operation), false) = (operation.as_object_mut(), sent.is_null()) {
            let body = json!({ "required": true, "content": { kind: { "schema": sent } } });
            operation.insert("requestBody".to_owned(), body);
        }
        with_problems(operation)
    };
    let files = json!({ "type": "array", "items": { "type": "string", "contentMediaType": "application/octet-stream" }, "description": "A zip archive of a pack's folder, or its .toml and .csv files; 8 MB at most." });
    let form = "multipart/form-data";
    put(
        "/api/v1/packs/check",
        "post",
        one(
            "check_packs",
            "Check packs, compare them with those in force and replay them on the cases; nothing is written",
            json!([]),
            form,
            json!({ "type": "object", "required": ["files"], "properties": { "files": files } }),
            &["200"],
        ),
    );
    let adopt = json!({ "type": "object", "required": ["key", "open", "files"], "properties": {
        "key": { "type": "string", "minLength": 1, "maxLength": 200, "description": "Made by the caller; the same key again adopts nothing twice." },
        "open": { "enum": ["own", "keep", "recount"], "description": "Open cases: end under their own rules, are taken over, or are taken over with clocks counted anew." },
        "ground": { "type": "string", "description": "From the check: refused where other packs are in force now." }, "files": files } });
    put(
        "/api/v1/packs",
        "post",
        one(
            "adopt_packs",
            "Adopt packs, all or none; an unsound one is refused and the old one stays in force",
            json!([]),
            form,
            adopt,
            &["201"],
        ),
    );
    let json_kind = "application/json";
    let key = json!({ "type": "object", "required": ["public", "fingerprint"], "properties": {
        "public": text, "fingerprint": { "type": "string", "description": "As printed where the key was made: another one is refused." } } });
    put(
        "/api/v1/custodians/{function}",
        "post",
        one(
            "register_key",
            "Register the public key of one's own unit as custodian",
            named("function"),
            json_kind,
            key,
            &["201"],
        ),
    );
    let ask = json!({ "type": "object", "required": ["subject", "reason"], "properties": {
        "subject": { "type": "string", "description": "case/17, person/p3 or register/households/h12" },
        "reason": { "enum": bihuan_engine::erase::REASONS } } });
    put(
        "/api/v1/erasures",
        "post",
        one(
            "ask_erasure",
            "Ask that something be erased; where nobody else must confirm it is done at once (201)",
            json!([]),
            json_kind,
            ask,
            &["201", "202"],
        ),
    );
    for (act, summary) in [
        (
            "confirm",
            "Confirm what another person asked to have erased, and erase it",
        ),
        ("withdraw", "Take a request for erasure back, or refuse it"),
    ] {
        let id = json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "integer", "minimum": 1 } }]);
        let operation = one(
            &format!("{act}_erasure"),
            summary,
            id,
            json_kind,
            Json::Null,
            &["200"],
        );
        put(&format!("/api/v1/erasures/{{id}}/{act}"), "post", operation);
    }
}

/// Adds the errors that every operation may answer with.
fn with_problems(mut operation: Json) -> Json {
    let errors = [
        ("400", "The request cannot be read"),
        ("401", "Not signed in"),
        ("403", "Not to be seen or administered"),
        ("404", "No such thing"),
        ("405", "Not this method"),
        ("412", "Somebody was faster"),
        ("413", "Too large"),
        ("415", "Not this kind of content"),
        ("422", "A rule refuses; says which and what would be allowed"),
        ("429", "Too many wrong passwords"),
        ("500", "A fault, with its operation number"),
    ];
    answers(&mut operation, &errors, &[PROBLEM], problem());
    operation
}

fn problem() -> Json {
    json!({ "$ref": "#/components/schemas/Problem" })
}

/// Adds answers of one shape to an operation.
#[allow(
    clippy::needless_pass_by_value,
    reason = "schemas are made where they are named"
)]
fn answers(operation: &mut Json, statuses: &[(&str, &str)], kinds: &[&str], schema: Json) {
    let content: Map<String, Json> = kinds
        .iter()
        .map(|kind| ((*kind).to_owned(), json!({ "schema": schema })))
        .collect();
    if let Some(responses) = operation.get_mut("responses").and_then(Json::as_object_mut) {
        for (status, description) in statuses {
            responses.insert(
                (*status).to_owned(),
                json!({ "description": description, "content": content }),
            );
        }
    }
}

fn schemas() -> Json {
    let text =
        json!({ "type": "object", "properties": { "zh": { "type": "string" }, "en": { "type": "string" } } });
    json!({
        "Problem": { "type": "object", "required": ["type", "title", "status", "code"], "properties": {
            "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" }, "detail": { "type": "string" },
            "code": { "type": "string" }, "rule": text, "allowed": { "type": "array", "items": text }, "operation": { "type": "string" } } },
        "Command": { "type": "object", "required": ["key", "type"], "properties": {
            "key": { "type": "string", "minLength": 1, "maxLength": 200, "description": "Made by the caller; the same key again gets the same answer." },
            "type": { "enum": ["open", "step", "note", "amend", "remind", "reassign", "request", "decide", "resume", "verify", "look_back", "answer", "row", "compute", "correct"] },
            "expected": { "type": "integer", "description": "The `seq` of the case's state as last seen; another state is refused (as with If-Match)." },
            "case": { "type": "integer" }, "mechanism": { "type": "string" }, "owner": { "type": "string" }, "title": { "type": "string" },
            "step": { "type": "string" }, "values": { "type": "object", "description": "By field; money in yuan, dates as 2026-12-31." },
            "note": { "type": "string" }, "evidence": { "type": "array", "items": { "type": "string" }, "description": "Tokens of POST /api/v1/files." },
            "papers": { "type": "array", "items": { "type": "string" }, "description": "Of an opening: tokens of POST /api/v1/files, scans (PDF, JPEG, PNG) of the papers it came from." } } },
        "Answer": { "type": "object", "properties": {
            "case": { "type": "integer" }, "number": { "type": "string" }, "duplicate": { "type": "boolean" },
            "events": { "type": "array", "items": { "type": "object", "properties": { "seq": { "type": "integer" }, "type": { "type": "string" } } } },
            "receipt": { "type": "object" } } },
    })
}
