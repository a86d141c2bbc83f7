//! The JSON API: commands with receipts, batches, conflicts, problem details.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use crate::browser::{Browser, Page};
use crate::county::{County, PASSWORD};

async fn client(county: &County, login: &str) -> Browser {
    let mut browser = Browser::new(county);
    let page = send(
        &mut browser,
        "/api/v1/session",
        json!({ "jurisdiction": "sample", "login": login, "password": PASSWORD }),
    )
    .await;
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
    let token = body(&page)["token"].as_str().unwrap().to_owned();
    browser.headers.push(("authorization", format!("Bearer {token}")));
    browser
}

async fn send(browser: &mut Browser, path: &str, json: Json) -> Page {
    browser
        .once(
            "POST",
            path,
            Some("application/json"),
            json.to_string().into_bytes(),
        )
        .await
}

fn body(page: &Page) -> Json {
    serde_json::from_str(&page.text).unwrap_or_else(|error| panic!("{error}: {}", page.text))
}

fn opening(key: &str) -> Json {
    json!({ "key": key, "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": "接口立项",
        "values": { "leader": "county.leader" } })
}

#[tokio::test]
async fn a_command_is_answered_with_a_receipt_that_holds() {
    let county = County::new();
    let mut client = client(&county, "housing.clerk").await;
    let page = send(&mut client, "/api/v1/commands", opening("a1")).await;
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
    let answer = body(&page);
    let seq = answer["receipt"]["seq"].as_u64().unwrap();
    let receipt = client.get(&format!("/api/v1/log/receipts/{seq}")).await;
    let receipt: bihuan_ledger::Receipt = serde_json::from_str(&receipt.text).unwrap();
    let verdict = bihuan_ledger::verify_receipt(&receipt, county.engine.ledger().public_key());
    assert_eq!(verdict, bihuan_ledger::ReceiptVerdict::Holds);
    let root = |page: &Json| {
        page["root"]
            .as_str()
            .unwrap()
            .parse::<bihuan_ledger::Digest>()
            .unwrap()
    };
    let path =
        |page: &Json| serde_json::from_value::<Vec<bihuan_ledger::Digest>>(page["path"].clone()).unwrap();
    let proof = body(
        &client
            .get(&format!("/api/v1/log/proofs/inclusion?seq={seq}"))
            .await,
    );
    let size = proof["size"].as_u64().unwrap();
    use bihuan_ledger::tree::{consistency_holds, inclusion_holds};
    assert!(inclusion_holds(
        &receipt.leaf,
        seq,
        size,
        &path(&proof),
        &root(&proof)
    ));
    let proof = body(&client.get("/api/v1/log/proofs/consistency?from=5").await);
    let (from, to) = (&proof["from"], &proof["to"]);
    assert!(consistency_holds(5, &root(from), size, &root(to), &path(&proof)));
    for beyond in [
        "inclusion?seq=99999",
        "inclusion?seq=1&size=99999",
        "consistency?from=9&to=3",
        "consistency?from=99999",
    ] {
        let page = client.get(&format!("/api/v1/log/proofs/{beyond}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{beyond}");
    }
    let again = send(&mut client, "/api/v1/commands", opening("a1")).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(
        (&body(&again)["case"], &body(&again)["duplicate"]),
        (&answer["case"], &json!(true))
    );
    let case = client.get(page.headers["location"].to_str().unwrap()).await;
    assert_eq!(body(&case)["title"], "接口立项");
}

#[tokio::test]
async fn a_batch_has_an_answer_for_each_line() {
    let county = County::new();
    let mut client = client(&county, "housing.clerk").await;
    let lines = [
        opening("b1").to_string(),
        "{ not json".to_owned(),
        json!({ "key": "b2", "type": "step", "case": 1, "step": "report", "values": { "report": "已报告" } })
            .to_string(),
        json!({ "key": "b3", "type": "step", "case": 1, "step": "opine", "values": { "opinion": "越权" } })
            .to_string(),
    ];
    let page = client
        .once(
            "POST",
            "/api/v1/commands",
            Some("application/x-ndjson"),
            lines.join("\n").into_bytes(),
        )
        .await;
    let answers: Vec<Json> = page
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ok: Vec<bool> = answers
        .iter()
        .map(|answer| answer["ok"].as_bool().unwrap())
        .collect();
    assert_eq!(ok, [true, false, true, false], "{}", page.text);
    assert_eq!(answers[3]["problem"]["code"], "not_yours");
}

#[tokio::test]
async fn a_refusal_names_the_rule_and_what_is_allowed_and_changes_nothing() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let before = county.engine.beacon();
    let mut client = client(&county, "housing.clerk").await;
    let page = send(
        &mut client,
        "/api/v1/commands",
        json!({ "key": "r1", "type": "step", "case": case, "step": "reply" }),
    )
    .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.headers["content-type"], "application/problem+json");
    let problem = body(&page);
    assert_eq!(
        (&problem["status"], &problem["code"]),
        (&json!(422), &json!("unknown_step"))
    );
    assert!(
        problem["allowed"][0]["zh"]
            .as_str()
            .unwrap()
            .contains("报告县领导"),
        "{problem}"
    );
    assert_eq!(county.engine.beacon(), before);
}

#[tokio::test]
async fn a_state_that_moved_on_is_a_conflict() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let mut client = client(&county, "housing.clerk").await;
    let seen = client.get(&format!("/api/v1/cases/{case}")).await;
    let tag = seen.headers["etag"].to_str().unwrap().to_owned();
    client.headers.push(("if-none-match", tag.clone()));
    assert_eq!(
        client.get(&format!("/api/v1/cases/{case}")).await.status,
        StatusCode::NOT_MODIFIED
    );
    client.headers.pop();
    county.order(
        "housing.head",
        "n1",
        json!({ "type": "note", "case": case, "note": "抢先一步" }),
    );
    let command = json!({ "key": "e1", "type": "step", "case": case, "step": "report", "values": { "report": "已报告" } });
    client.headers.push(("if-match", tag));
    let page = send(&mut client, "/api/v1/commands", command.clone()).await;
    assert_eq!(
        (page.status, body(&page)["code"].as_str()),
        (StatusCode::PRECONDITION_FAILED, Some("conflict"))
    );
    client.headers.pop();
    let fresh = client.get(&format!("/api/v1/cases/{case}")).await.headers["etag"]
        .to_str()
        .unwrap()
        .to_owned();
    client.headers.push(("if-match", fresh));
    assert_eq!(
        send(&mut client, "/api/v1/commands", command.clone())
            .await
            .status,
        StatusCode::OK
    );
    let again = send(&mut client, "/api/v1/commands", command).await;
    assert_eq!(
        again.status,
        StatusCode::OK,
        "its own effect is no conflict: {}",
        again.text
    );
}

#[tokio::test]
async fn of_two_who_saw_the_same_state_one_is_carried_out() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let (mut clerk, mut head) = (
        client(&county, "housing.clerk").await,
        client(&county, "housing.head").await,
    );
    for round in 0..20 {
        let seen = clerk.get(&format!("/api/v1/cases/{case}")).await;
        let tag = seen.headers["etag"].to_str().unwrap().to_owned();
        let note = |who: &str| json!({ "key": format!("{who}{round}"), "type": "note", "case": case, "note": format!("{who}在办") });
        for browser in [&mut clerk, &mut head] {
            browser.headers.retain(|(name, _)| *name != "if-match");
            browser.headers.push(("if-match", tag.clone()));
        }
        let (a, b) = tokio::join!(
            send(&mut clerk, "/api/v1/commands", note("clerk")),
            send(&mut head, "/api/v1/commands", note("head"))
        );
        let mut both = [a.status.as_u16(), b.status.as_u16()];
        both.sort_unstable();
        assert_eq!(both, [200, 412], "{} {}", a.text, b.text);
    }
    // Lines of a batch name the state themselves.
    let now = body(&clerk.get(&format!("/api/v1/cases/{case}")).await)["state"]["seq"]
        .as_u64()
        .unwrap();
    let line = |key: &str| {
        json!({ "key": key, "expected": now, "type": "note", "case": case, "note": "一行" }).to_string()
    };
    let lines = [line("l1"), line("l2")].join("\n");
    let page = clerk
        .once(
            "POST",
            "/api/v1/commands",
            Some("application/x-ndjson"),
            lines.into_bytes(),
        )
        .await;
    let codes: Vec<Json> = page
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&codes[0]["ok"], &codes[1]["problem"]["code"]),
        (&json!(true), &json!("conflict"))
    );
}

#[tokio::test]
async fn every_error_is_a_problem_in_the_same_form() {
    let county = County::new();
    let mut nobody = Browser::new(&county);
    let mut clerk = client(&county, "housing.clerk").await;
    let cases = [
        (nobody.get("/api/v1/cases").await, 401),
        (clerk.get("/api/v1/nowhere").await, 404),
        (clerk.get("/api/v1/cases/999").await, 404),
        (clerk.get("/api/v1/cases/abc").await, 400),
        (clerk.get("/api/v1/cases?colour=pink").await, 400),
        (clerk.get("/api/v1/cases?limit=many").await, 400),
        (clerk.get("/api/v1/commands").await, 405),
        (clerk.get("/api/v1/log/receipts/999999").await, 404),
        (
            clerk
                .once(
                    "POST",
                    "/api/v1/commands",
                    Some("application/json"),
                    b"{".to_vec(),
                )
                .await,
            400,
        ),
        (
            clerk
                .once("POST", "/api/v1/files", Some("text/plain"), b"x".to_vec())
                .await,
            400,
        ),
    ];
    for (page, status) in cases {
        assert_eq!(page.status.as_u16(), status, "{} {}", page.path, page.text);
        assert_eq!(
            page.headers["content-type"], "application/problem+json",
            "{}",
            page.path
        );
        assert_eq!(body(&page)["status"], status);
    }
}

#[tokio::test]
async fn a_cookie_alone_commands_nothing_over_the_api() {
    let county = County::new();
    let mut browser = Browser::signed_in(&county, "housing.clerk").await;
    assert_eq!(
        send(&mut browser, "/api/v1/commands", opening("c1")).await.status,
        StatusCode::FORBIDDEN
    );
    let csrf = body(&browser.get("/api/v1/session").await)["csrf"]
        .as_str()
        .unwrap()
        .to_owned();
    browser.headers.push(("x-csrf-token", csrf));
    assert_eq!(
        send(&mut browser, "/api/v1/commands", opening("c1")).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn files_come_in_by_what_they_are_and_are_named_by_a_command() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let mut client = client(&county, "housing.clerk").await;
    let page = client
        .upload("/api/v1/files", &[], &[("file", "photo.png", b"\x7FELF program")])
        .await;
    assert_eq!(
        (page.status.as_u16(), body(&page)["code"].as_str()),
        (422, Some("file_kind"))
    );
    let page = client
        .upload("/api/v1/files", &[], &[("file", "a.pdf", b"%PDF-1.7 paper")])
        .await;
    let token = body(&page)["files"][0]["token"].as_str().unwrap().to_owned();
    let note = json!({ "key": "f1", "type": "note", "case": case, "evidence": [token] });
    assert_eq!(
        send(&mut client, "/api/v1/commands", note).await.status,
        StatusCode::OK
    );
    assert_eq!(
        client
            .get(&format!("/api/v1/cases/{case}/evidence/0"))
            .await
            .bytes,
        b"%PDF-1.7 paper"
    );
}

const OUTLOOK: &str =
    "2026年样县重点工作展望\n\n年内完成老旧小区改造12个，新建农村公厕300座，新建小学3所。\n";

#[tokio::test]
async fn a_document_is_read_and_its_sentences_become_cases_once() {
    let county = County::new();
    let mut stranger = client(&county, "housing.clerk").await;
    let file = [("file", "展望.txt", OUTLOOK.as_bytes())];
    let refused = stranger.upload("/api/v1/documents", &[], &file).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let mut client = client(&county, "office.dispatcher").await;
    let first = client.upload("/api/v1/documents", &[], &file).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let id = body(&first)["id"].as_str().unwrap().to_owned();
    let again = client.upload("/api/v1/documents", &[], &file).await;
    assert_eq!(
        (again.status, body(&again)["id"].as_str()),
        (StatusCode::OK, Some(id.as_str()))
    );
    let address = format!("/api/v1/documents/{id}?mechanism=key-task");
    let read = body(&client.get(&address).await);
    let rows = read["proposals"].as_array().unwrap();
    let wanted = rows
        .iter()
        .find(|row| row["title"].as_str().unwrap().contains("老旧小区"))
        .unwrap();
    assert_eq!((&wanted["value"], &wanted["case"]), (&json!("12"), &Json::Null));
    let accept = format!("/api/v1/documents/{id}/accept");
    let row = |owner: Option<&str>| json!({ "mechanism": "key-task", "rows": [{ "index": wanted["index"], "owner": owner }] });
    // The county has nobody for schools, and nobody is made up.
    let schools = rows
        .iter()
        .find(|row| row["title"].as_str().unwrap().contains("小学"))
        .unwrap();
    let unowned = json!({ "mechanism": "key-task", "rows": [{ "index": schools["index"] }] });
    let nobody = send(&mut client, &accept, unowned).await;
    assert_eq!(
        (nobody.status.as_u16(), body(&nobody)["code"].as_str()),
        (422, Some("owner_needed"))
    );
    let missing = send(
        &mut client,
        &accept,
        json!({ "mechanism": "key-task", "rows": [{ "index": 999 }] }),
    )
    .await;
    assert_eq!(
        (missing.status.as_u16(), body(&missing)["code"].as_str()),
        (422, Some("no_such_proposal"))
    );
    let opened = body(&send(&mut client, &accept, row(Some("housing"))).await);
    let case = opened["rows"][0]["answer"]["case"].as_u64().unwrap();
    // The same row again is the same case.
    let twice = body(&send(&mut client, &accept, row(Some("housing"))).await);
    assert_eq!(
        (
            &twice["rows"][0]["answer"]["case"],
            &twice["rows"][0]["answer"]["duplicate"]
        ),
        (&json!(case), &json!(true))
    );
    let read = body(&client.get(&address).await);
    assert_eq!(
        read["proposals"][usize::try_from(wanted["index"].as_u64().unwrap()).unwrap()]["case"],
        json!(case)
    );
    let gone = client.get("/api/v1/documents/d-nothing").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_description_names_every_address_of_the_api() {
    let county = County::new();
    let mut browser = Browser::new(&county);
    let document = body(&browser.get("/api/openapi.json").await);
    assert_eq!(document["openapi"], "3.1.0");
    let mut clerk = client(&county, "office.dispatcher").await;
    county.matter("厂区道路被占");
    let sent = clerk
        .upload(
            "/api/v1/documents",
            &[],
            &[("file", "展望.txt", OUTLOOK.as_bytes())],
        )
        .await;
    let read = body(&sent)["id"].as_str().unwrap().to_owned();
    for (path, methods) in document["paths"].as_object().unwrap() {
        // The stories of bulletins have one to read, those of files a file.
        let elsewhere = ["/bulletins/{id}", "/evidence/", "/papers/"]
            .iter()
            .any(|part| path.contains(part));
        if methods.get("get").is_none() || path.ends_with("/stream") || elsewhere {
            continue;
        }
        let (id, seq) = match path.as_str() {
            p if p.contains("/registers/") => ("projects", "0"),
            p if p.contains("/documents/") => (read.as_str(), "0"),
            p if p.contains("/mechanisms/") => ("three-plus-24", "0"),
            _ => ("1", "0"),
        };
        let page = clerk.get(&path.replace("{id}", id).replace("{seq}", seq)).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn another_log_is_cosigned_without_an_account_and_its_fork_is_not() {
    use bihuan_ledger::{Ledger, Witness};
    let county = County::new();
    let mut browser = Browser::new(&county);
    let dir = tempfile::tempdir().unwrap();
    let log = |name: &str, notes: u64| {
        let at = jiff::Timestamp::from_second(1_600_000_000).unwrap();
        let ledger = Ledger::create_with(&dir.path().join(name), "other.example", [3; 32], at).unwrap();
        let mut writer = ledger.writer().unwrap();
        let mut batch = writer.begin(at).unwrap();
        let entry = bihuan_ledger::NewEntry {
            at,
            stream: "case/1".into(),
            kind: "case.noted".into(),
            version: 1,
            actor: Default::default(),
            definition: None,
            cause: None,
            body: json!({ "notes": notes }),
        };
        batch.append(&entry).unwrap();
        batch.commit().unwrap();
        drop(writer);
        ledger
    };
    let (honest, fork) = (log("honest", 1), log("fork", 2));
    let witness = county.engine.ledger().public_key().clone();
    let request = |ledger: &Ledger| {
        let desk = Witness::open(ledger).unwrap();
        desk.request(&ledger.reader().unwrap(), &witness, None)
            .unwrap()
            .to_string()
            .into_bytes()
    };
    let path = "/api/v1/witness/sample/add-checkpoint";
    let unknown = browser.once("POST", path, None, request(&honest)).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    Witness::open(county.engine.ledger())
        .unwrap()
        .trust(honest.public_key())
        .unwrap();
    let answer = browser.once("POST", path, None, request(&honest)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(
        Witness::open(&honest)
            .unwrap()
            .keep(&answer.text)
            .unwrap()
            .checkpoint
            .size,
        1
    );
    assert_eq!(
        bihuan_ledger::verify(honest.dir(), &Default::default(), &mut |_| {})
            .unwrap()
            .cosigned
            .len(),
        1
    );
    // Who asks from another size than was seen is told the seen one, as the protocol has it.
    let desk = Witness::open(&honest).unwrap();
    let old = desk
        .request(&honest.reader().unwrap(), &witness, Some(0))
        .unwrap();
    let old = old.to_string().into_bytes();
    let behind = browser.once("POST", path, None, old).await;
    assert_eq!(
        (behind.status, behind.text.as_str()),
        (StatusCode::CONFLICT, "1\n")
    );
    let again = browser.once("POST", path, None, request(&fork)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", again.text);
    assert!(!again.text.starts_with('{'), "{}", again.text);
    let page = browser.once("POST", path, None, b"old 1".to_vec()).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}
