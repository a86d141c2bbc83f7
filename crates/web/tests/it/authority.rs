//! Every address × who asks × what the case in question is to him. The answers stand in `docs/authority.md`, which this
//! test makes (`BIHUAN_WRITE_DOCS=1`) and compares; an address that is missing from the table is found in the sources.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use axum::http::StatusCode;
use bihuan_ledger::custody::Private;
use serde_json::json;

use crate::browser::{Browser, Page};
use crate::county::County;
use crate::custody::{on_post, reported, watched};

/// Column, sign-in name and post; `None` for who is not signed in.
const WHO: [(&str, Option<(&str, &str)>); 8] = [
    ("未登录 nobody", None),
    ("责任单位 owner", Some(("housing.clerk", "housing.clerk"))),
    ("无关单位 other unit", Some(("audit.clerk", "audit.clerk"))),
    (
        "核查岗 verifier, not drawn",
        Some(("statistics.verifier", "statistics.verifier")),
    ),
    (
        "名册保管 register's keeper",
        Some(("water.clerk", "safety.clerk")),
    ),
    ("保管单位 custodian", Some(("paper.clerk", "discipline.clerk"))),
    (
        "督查调度 supervision, dispatch",
        Some(("office.dispatcher", "office.dispatcher")),
    ),
    ("县领导 leadership", Some(("county.leader", "county.leader"))),
];

/// Method and address as the router has it. Forms are sent with nothing but the session's token in them: what is allowed
/// is then refused for its content, not for who asks.
const ROUTES: &[&str] = &[
    "GET /",
    "GET /notifications",
    "POST /notifications",
    "GET /ledgers",
    "GET /ledgers/{mechanism}",
    "GET /ledgers/{mechanism}/charts",
    "GET /ledgers/{mechanism}/charts/{file}",
    "GET /ledgers/{mechanism}/gantt",
    "GET /ledgers/{mechanism}/pipeline",
    "POST /ledgers/{mechanism}/bulk",
    "POST /ledgers/{mechanism}/views",
    "GET /ledgers/{mechanism}/export.csv",
    "GET /ledgers/{mechanism}/export.xlsx",
    "GET /ledgers/{mechanism}/new",
    "POST /ledgers/{mechanism}/new",
    "GET /cases/{id}",
    "GET /cases/{id}/act",
    "POST /cases/{id}/act",
    "GET /cases/{id}/evidence/{n}",
    "GET /cases/{id}/papers/{n}",
    "GET /cases/{id}/locked",
    "GET /cases/{id}/orders/{kind}",
    "GET /mechanisms",
    "GET /mechanisms/{id}",
    "GET /mechanisms/{id}/indicators/{indicator}",
    "GET /mechanisms/{id}/process",
    "GET /mechanisms/{id}/process/before",
    "POST /mechanisms/{id}/process/before",
    "GET /mechanisms/{id}/source",
    "GET /packs/{id}",
    "GET /search",
    "GET /calendar",
    "GET /calendar.ics",
    "GET /org",
    "GET /board",
    "GET /burden",
    "GET /audit",
    "GET /assessments",
    "GET /assessments/{scheme}",
    "GET /assessments/{scheme}/{unit}",
    "GET /assessments/{scheme}/{unit}/before",
    "GET /assessments/{scheme}/papers/{file}",
    "POST /assessments/{scheme}/papers/{file}",
    "POST /assessments/{scheme}/compute",
    "GET /registers",
    "GET /registers/{id}",
    "POST /registers/{id}",
    "GET /registers/{id}/find",
    "POST /registers/{id}/unmask",
    "GET /q",
    "GET /q/{place}/r/{register}/{row}",
    "GET /q/{place}/u/{unit}",
    "GET /q/cases/{id}",
    "GET /q/cases/{id}/act/{act}",
    "GET /q/open/{mechanism}",
    "GET /q/row/{register}",
    "POST /q/send",
    "GET /q/sent/{seq}",
    "GET /codes/{register}",
    "GET /codes/units/{unit}",
    "GET /campaigns",
    "GET /campaigns/{case}",
    "GET /grid",
    "GET /log",
    "GET /log/{seq}",
    "GET /bulletins",
    "POST /bulletins",
    "GET /bulletins/{id}",
    "GET /bulletins/{id}/cases",
    "GET /bulletins/{id}/verify",
    "GET /bulletins/{id}/{file}",
    "POST /bulletins/{id}/sign",
    "POST /bulletins/{id}/issue",
    "GET /bulletins/reasons",
    "POST /bulletins/reasons",
    "GET /meetings",
    "GET /meetings/{case}",
    "POST /meetings/{case}/decide",
    "GET /meetings/{case}/minutes.docx",
    "GET /reading",
    "POST /reading",
    "GET /reading/{document}",
    "POST /reading/{document}",
    "GET /reading/threads",
    "POST /reading/threads/{document}",
    "GET /reading/{document}/breakdown.docx",
    "GET /reading/{document}/breakdown.xlsx",
    "GET /imports",
    "POST /imports",
    "GET /imports/{draft}",
    "POST /imports/{draft}",
    "GET /imports/{draft}/preview",
    "POST /imports/{draft}/import",
    "GET /imports/{draft}/result",
    "GET /imports/{draft}/errors.csv",
    "GET /admin",
    "GET /admin/packs",
    "POST /admin/packs",
    "GET /admin/packs/{token}",
    "POST /admin/packs/{token}",
    "GET /admin/custodians",
    "POST /admin/custodians/{function}",
    "GET /admin/erasures",
    "POST /admin/erasures",
    "POST /admin/erasures/{n}",
    "GET /admin/audit",
    "GET /admin/leaders",
    "POST /admin/leaders",
    "GET /admin/robots",
    "POST /admin/robots",
    "GET /admin/accounts",
    "POST /admin/accounts",
    "POST /admin/accounts/{login}",
    "GET /account",
    "POST /account/password",
    "GET /account/acting",
    "POST /account/acting",
    "GET /account/notices",
    "POST /account/notices",
    "GET /account/second",
    "POST /account/second",
    "POST /account/sessions",
    "POST /account/tokens",
    "GET /demo/tour/{n}",
    "GET /demo/walks",
    "POST /demo/walks",
    "POST /demo/clock",
    "POST /post",
    "GET /api/v1/session",
    "GET /api/v1/cases",
    "GET /api/v1/cases/{id}",
    "GET /api/v1/cases/{id}/evidence/{n}",
    "GET /api/v1/cases/{id}/papers/{n}",
    "POST /api/v1/commands",
    "POST /api/v1/files",
    "GET /api/v1/documents",
    "POST /api/v1/documents",
    "GET /api/v1/documents/{id}",
    "POST /api/v1/documents/{id}/accept",
    "POST /api/v1/documents/{id}/rows",
    "GET /api/v1/documents/{id}/breakdown.docx",
    "GET /api/v1/documents/{id}/breakdown.xlsx",
    "GET /api/v1/threads",
    "GET /api/v1/registers",
    "GET /api/v1/registers/{id}",
    "GET /api/v1/mechanisms",
    "GET /api/v1/mechanisms/{id}",
    "GET /api/v1/indicators",
    "GET /api/v1/bulletins",
    "POST /api/v1/bulletins",
    "GET /api/v1/bulletins/{id}",
    "GET /api/v1/bulletins/{id}/verify",
    "GET /api/v1/bulletins/{id}/{file}",
    "POST /api/v1/bulletins/{id}/sign",
    "POST /api/v1/bulletins/{id}/issue",
    "GET /api/v1/packs",
    "POST /api/v1/packs",
    "POST /api/v1/packs/check",
    "GET /api/v1/custodians",
    "POST /api/v1/custodians/{function}",
    "GET /api/v1/erasures",
    "POST /api/v1/erasures",
    "POST /api/v1/erasures/{id}/confirm",
    "POST /api/v1/erasures/{id}/withdraw",
    "GET /api/v1/notices",
    "GET /api/v1/log/head",
    "GET /api/v1/log/entries",
    "GET /api/v1/log/receipts/{seq}",
    "GET /api/v1/log/checkpoint",
    "GET /api/v1/log/proofs/inclusion",
    "GET /api/v1/log/proofs/consistency",
];

/// Addresses that are everybody's (a witness is asked by logs, whose signature it checks), or that a test cannot read to the end.
const OUTSIDE: &[&str] = &[
    "/api/v1/witness/{slug}/add-checkpoint",
    "/sign-in",
    "/sign-in/code",
    "/sign-in/common",
    "/sign-in/common/back",
    "/api/v1/session",
    "/sign-out",
    "/assets/{name}",
    "/q/sw.js",
    "/bulletins/style.css",
    "/api/openapi.json",
    "/api/v1/stream",
];

/// What there is to ask for.
struct Things {
    case: String,
    bulletin: String,
    document: String,
}

impl Things {
    fn address(&self, path: &str) -> String {
        let id = match path {
            p if p.contains("/cases/") => &self.case,
            p if p.contains("/bulletins/") => &self.bulletin,
            p if p.contains("/documents/") => &self.document,
            p if p.contains("/registers/") => "devices",
            p if p.contains("/mechanisms/") => "permit",
            p if p.contains("/packs/") => "works",
            _ => "1",
        };
        path.replace("{id}", id)
            .replace("{mechanism}", "permit")
            .replace("{place}", "sample")
            .replace("{register}", "devices")
            .replace("{row}", "d1")
            .replace("{act}", "note")
            .replace("{scheme}", "none")
            .replace("{unit}", "housing")
            .replace("{case}", &self.case)
            .replace("{indicator}", "on-time")
            .replace("{document}", &self.document)
            .replace("{function}", "discipline")
            .replace("{seq}", "1")
            .replace("{n}", "0")
            .replace("charts/{file}", "charts/burn-down.csv")
            .replace("{file}", "content.json")
            .replace("{kind}", "handing")
            .replace("{token}", "none")
            .replace("{draft}", "none")
    }
}

async fn things(county: &County) -> Things {
    let case = reported(county).to_string();
    let mut office = Browser::signed_in(county, "office.dispatcher").await;
    let csrf = office.get("/").await.hidden("csrf");
    office.headers.push(("x-csrf-token", csrf));
    let sent = office
        .upload(
            "/api/v1/documents",
            &[],
            &[(
                "file",
                "展望.txt",
                "清河县要点\n\n今年新建公厕1200座，6月底前完成。".as_bytes(),
            )],
        )
        .await;
    let document: serde_json::Value = serde_json::from_str(&sent.text).unwrap();
    let draft = json!({ "key": "matrix", "from": "2026-02-01", "to": "2026-02-28" }).to_string();
    let sent = office
        .send(
            "POST",
            "/api/v1/bulletins",
            Some("application/json"),
            draft.into_bytes(),
        )
        .await;
    let bulletin: serde_json::Value = serde_json::from_str(&sent.text).unwrap();
    let named = |json: &serde_json::Value| json["id"].as_str().unwrap_or_else(|| panic!("{json}")).to_owned();
    Things {
        case,
        bulletin: named(&bulletin),
        document: named(&document),
    }
}

async fn asked(browser: &mut Browser, route: &str, things: &Things, csrf: Option<&str>) -> Page {
    let (method, path) = route.split_once(' ').unwrap();
    let path = things.address(path);
    if method == "GET" {
        return browser.once("GET", &path, None, Vec::new()).await;
    }
    let takes_files = ["/files", "/documents", "/packs", "/packs/check"]
        .iter()
        .any(|end| path.ends_with(end));
    if path.starts_with("/api/") {
        return if takes_files {
            browser.upload(&path, &[], &[("file", "a.exe", b"MZ")]).await
        } else {
            let body = match route.rsplit("/api/v1/").next().unwrap() {
                "erasures" => json!({ "subject": "person/p.paper.head", "reason": "mistaken" }),
                "bulletins" => json!({ "key": "matrix", "from": "2026-02-01", "to": "2026-02-28" }),
                "commands" => json!({ "key": "matrix", "type": "remind", "case": 1, "note": "请尽快" }),
                _ => json!({ "key": "matrix" }),
            };
            browser
                .once(
                    "POST",
                    &path,
                    Some("application/json"),
                    body.to_string().into_bytes(),
                )
                .await
        };
    }
    let form = format!("csrf={}", csrf.unwrap_or_default());
    browser
        .once(
            "POST",
            &path,
            Some("application/x-www-form-urlencoded"),
            form.into_bytes(),
        )
        .await
}

/// What an answer says of who asked.
fn sign(page: &Page, path: &str) -> &'static str {
    let to = page
        .headers
        .get("location")
        .and_then(|to| to.to_str().ok())
        .unwrap_or_default();
    match page.status {
        StatusCode::UNAUTHORIZED => "登录",
        status if status.is_redirection() && to.starts_with("/sign-in") => "登录",
        StatusCode::FORBIDDEN => "–",
        StatusCode::NOT_FOUND => "∅",
        // Rules that refuse the person, by name.
        StatusCode::UNPROCESSABLE_ENTITY
            if ["may_not_erase", "not_the_office", "not_signer"]
                .iter()
                .any(|code| page.has(&format!("\"{code}\""))) =>
        {
            "–"
        }
        status if status.is_server_error() => panic!("{path}: {}", page.text),
        _ => "●",
    }
}

#[tokio::test]
async fn every_address_answers_everybody_as_the_table_of_authority_says() {
    let county = watched(Some(&Private::generate().unwrap()));
    let things = things(&county).await;
    let mut columns = Vec::new();
    for (_, who) in WHO {
        let mut browser = match who {
            Some((login, post)) => on_post(&county, login, post).await,
            None => Browser::new(&county),
        };
        let csrf = match who {
            Some(_) => Some(browser.get("/").await.hidden("csrf")),
            None => None,
        };
        if let Some(csrf) = &csrf {
            browser.headers.push(("x-csrf-token", csrf.clone()));
        }
        let mut column = Vec::new();
        for route in ROUTES {
            let page = asked(&mut browser, route, &things, csrf.as_deref()).await;
            column.push(sign(&page, route));
        }
        columns.push(column);
    }
    let mut text = String::from(HEAD);
    let names: Vec<&str> = WHO.iter().map(|(name, _)| *name).collect();
    writeln!(text, "| | {} |", names.join(" | ")).unwrap();
    writeln!(text, "|---|{}", ":-:|".repeat(WHO.len())).unwrap();
    for (n, route) in ROUTES.iter().enumerate() {
        let cells: Vec<&str> = columns.iter().map(|column| column[n]).collect();
        writeln!(text, "| `{route}` | {} |", cells.join(" | ")).unwrap();
    }
    // Whoever is not signed in gets nothing, and whom a case does not concern does not see it.
    let only_leads_on = ["GET /cases/{id}/act", "GET /demo/walks"];
    for (n, route) in ROUTES.iter().enumerate() {
        let leads_on = only_leads_on.contains(route);
        assert!(
            leads_on || columns[0][n] == "登录",
            "{route} answers whoever asks"
        );
        let shows = route.contains("/cases/{id}") && route.starts_with("GET") && !leads_on;
        let hidden = ["∅", "–"].contains(&columns[2][n]);
        assert!(
            !shows || hidden,
            "{route} shows a case to a unit that it does not concern"
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/authority.md");
    if std::env::var_os("BIHUAN_WRITE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == text,
        "docs/authority.md says otherwise; look at the difference and write it with BIHUAN_WRITE_DOCS=1:\n{text}"
    );
}

const HEAD: &str = "# Who may ask for what

Made by a test (`crates/web/tests/it/authority.rs`) that asks every address as each of these people; do not edit. What may be
*done* to a case is not here: that is its mechanism's, inside `decide`. What may be *seen and administered* is said in one
place, `crates/engine/src/access.rs`.

- ● is answered (forms are sent nearly empty here, so that they are refused for what they lack and not for who asks);
- – is refused (403); ∅ is not there for this person (404): a case that does not concern him, a file that nobody sent;
- 登录: must sign in first.

The case is the housing bureau's; the register is kept by the works' safety unit; its informant is encrypted to the discipline
office. Lists (`/ledgers`, `/api/v1/cases`, indicators' cases, exports) hold only what their reader may see.

";

#[test]
fn no_address_is_missing_from_the_table_of_authority() {
    let mut waiting = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut found = BTreeSet::new();
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                for part in text.split(".route(").skip(1) {
                    let part = part.trim_start();
                    let Some((address, rest)) = part.strip_prefix('"').and_then(|part| part.split_once('"'))
                    else {
                        continue;
                    };
                    let line = rest.lines().next().unwrap_or_default();
                    for (method, word) in [("GET", "get("), ("POST", "post(")] {
                        if line.contains(word) || line.trim() == "," && rest.contains(word) {
                            found.insert(format!("{method} {address}"));
                        }
                    }
                }
            }
        }
    }
    assert!(found.len() > 60, "{found:?}");
    let outside = |route: &String| OUTSIDE.iter().any(|path| route.ends_with(&format!(" {path}")));
    let missing: Vec<_> = found
        .iter()
        .filter(|route| !outside(route) && !ROUTES.contains(&route.as_str()))
        .collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
    let gone: Vec<_> = ROUTES.iter().filter(|route| !found.contains(**route)).collect();
    assert!(gone.is_empty(), "in the table and nowhere else: {gone:?}");
}
