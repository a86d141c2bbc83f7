//! What the pages and the API show of an identity that is a custodian's, and of sensitive columns of a register.

use std::collections::BTreeMap;
use std::path::Path;

use axum::http::StatusCode;
use bihuan_domain::event::WorldEvent;
use bihuan_domain::id::{CaseId, Code, PackId};
use bihuan_domain::org::{Actor, Appointment, Post, Unit, Validity};
use bihuan_engine::{Engine, WorldChange, custody};
use bihuan_ledger::custody::{Locked, Private};
use bihuan_messages::Label;
use jiff::civil::date;
use serde_json::{Value as Json, json};

use crate::browser::Browser;
use crate::county::{County, apart};

const INFORMANT: &str = "夜班样某";

/// The county with the works, whose devices have names as sensitive as people's, and a discipline office.
pub(crate) fn watched(key: Option<&Private>) -> County {
    let county = County::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mechanism/tests/works");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        files.insert(
            name,
            text.replace(
                "id = \"device-name\"\n",
                "id = \"device-name\"\nsensitive = true\n",
            ),
        );
    }
    let since = Validity::since(date(2020, 1, 1));
    let mut changes: Vec<WorldChange> = Vec::new();
    for (id, kind, zh, function) in [
        ("safety", "department", "应急局", "safety"),
        ("discipline", "office", "县纪委监委", "discipline"),
    ] {
        let post = format!("{id}.clerk");
        let unit = Unit {
            id: id.into(),
            kind: kind.into(),
            name: Label::new(zh, id),
            parent: Some("county".into()),
            functions: [Code::new(function)].into(),
            valid: since,
            successor: None,
            has_accounts: true,
        };
        changes.push(WorldEvent::UnitPut(unit).into());
        let made = Post {
            id: post.as_str().into(),
            unit: id.into(),
            kind: "clerk".into(),
            name: Label::new("专管岗", "clerk"),
            valid: since,
        };
        changes.push(WorldEvent::PostPut(made).into());
        // A second post for people who are there already.
        let person = if id == "safety" {
            "p.water.clerk"
        } else {
            "p.paper.clerk"
        };
        changes.push(
            WorldEvent::Appointed(Appointment {
                person: person.into(),
                post: post.as_str().into(),
                valid: since,
                acting_for: None,
            })
            .into(),
        );
    }
    changes.push(Engine::adopt_pack(&PackId::new("works"), files));
    let engine = county.engine.clone();
    let public = key.map(Private::public);
    apart(move || {
        engine.change(&Actor::system(), "watched", changes).unwrap();
        if let Some(public) = public {
            custody::register(&engine, &Actor::system(), &Code::new("discipline"), &public).unwrap();
        }
        let device = json!({"type": "row", "register": "devices", "row": "d1",
            "values": {"name": "样户甲", "kind": "boiler", "user": "housing", "next_due": "2026-12-31"}});
        let order = serde_json::from_value(device).unwrap();
        let actor = Actor {
            person: "p.water.clerk".into(),
            post: "safety.clerk".into(),
            on_behalf_of: None,
            session: None,
        };
        engine
            .submit_blocking(&actor, bihuan_engine::Submission::new("d1", order))
            .unwrap();
    });
    county
}

pub(crate) fn reported(county: &County) -> CaseId {
    let values =
        json!({"matter": "样例作业", "device": "d1", "work_class": "special", "informant": INFORMANT});
    let open = json!({"type": "open", "mechanism": "permit", "owner": "housing", "title": "样例作业", "values": values});
    county.order("housing.clerk", "report", open)
}

pub(crate) async fn on_post(county: &County, login: &str, post: &str) -> Browser {
    let mut browser = Browser::signed_in(county, login).await;
    browser.headers.push(("x-bihuan-post", post.to_owned()));
    browser
}

#[tokio::test]
async fn the_form_says_what_is_promised_and_what_is_not_before_it_asks() {
    let key = Private::generate().unwrap();
    let county = watched(Some(&key));
    let mut browser = Browser::signed_in(&county, "housing.clerk").await;
    let page = browser.get("/ledgers/permit/new").await;
    assert!(
        page.has("县纪委监委") && page.has(&key.public().fingerprint()),
        "{}",
        page.text
    );
    assert!(page.has("服务器若已被人控制") && page.has("name=\"f.informant\""));
    let without = watched(None);
    let mut browser = Browser::signed_in(&without, "housing.clerk").await;
    let page = browser.get("/ledgers/permit/new").await;
    assert!(page.has("还没有登记公钥") && !page.has("name=\"f.informant\""));
}

#[tokio::test]
async fn everybody_sees_that_there_is_an_identity_and_the_custodian_alone_fetches_it() {
    let key = Private::generate().unwrap();
    let county = watched(Some(&key));
    let case = reported(&county);
    let (page_path, locked_path) = (format!("/cases/{case}"), format!("/cases/{case}/locked"));
    for login in ["housing.clerk", "office.supervisor"] {
        let mut browser = Browser::signed_in(&county, login).await;
        let page = browser.get(&page_path).await;
        assert!(page.has("已加密给县纪委监委"), "{}", page.text);
        assert!(!page.has("样某") && !page.has("custody:1:") && !page.has(&locked_path));
        assert_eq!(browser.get(&locked_path).await.status, StatusCode::FORBIDDEN);
        let answer: Json =
            serde_json::from_str(&browser.get(&format!("/api/v1/cases/{case}")).await.text).unwrap();
        assert_eq!(
            answer["texts"]["informant"],
            json!({"encrypted_to": "discipline"})
        );
        assert_eq!(answer["locked"], json!({}));
    }
    let mut custodian = on_post(&county, "paper.clerk", "discipline.clerk").await;
    let page = custodian.get(&locked_path).await;
    assert_eq!(page.status, StatusCode::OK);
    let parcel: Json = serde_json::from_str(&page.text).unwrap();
    let locked: Locked = parcel["values"]["informant"].as_str().unwrap().parse().unwrap();
    assert_eq!(key.open(&locked).as_deref(), Ok(INFORMANT));
    // The same person on another post is not the custodian.
    let mut other = on_post(&county, "paper.clerk", "paper.clerk").await;
    assert_eq!(other.get(&locked_path).await.status, StatusCode::FORBIDDEN);
}

/// The unmaskings in the log: post, rows, case, purpose.
fn unmasked(county: &County) -> Vec<(String, Json)> {
    let views = county.engine.views().unwrap();
    let head = views.log().head().unwrap().size;
    let entries = views.log().entries(0, usize::try_from(head).unwrap()).unwrap();
    let looks = entries
        .into_iter()
        .filter(|entry| entry.kind == "values.unmasked");
    looks
        .map(|entry| (entry.actor.post.unwrap(), entry.body))
        .collect()
}

#[tokio::test]
async fn sensitive_columns_are_shown_to_who_keeps_the_register_for_a_purpose_and_each_look_is_recorded() {
    let county = watched(None);
    let mut keeper = on_post(&county, "water.clerk", "safety.clerk").await;
    let page = keeper.get("/registers/devices").await;
    assert!(!page.has("样户甲") && page.has("显示敏感栏目"), "{}", page.text);
    let csrf = page.hidden("csrf");
    let to = "/registers/devices/unmask";
    let aimless = keeper.post(to, &[("csrf", &csrf), ("page", "1")]).await;
    assert_eq!(aimless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(unmasked(&county), []);
    let shown = keeper
        .post(to, &[("csrf", &csrf), ("page", "1"), ("purpose", "check")])
        .await;
    assert!(
        shown.status == StatusCode::OK && shown.has("样户甲") && shown.has("已记入日志"),
        "{}",
        shown.text
    );
    let looks = unmasked(&county);
    let body = json!({"register": "devices", "rows": ["d1"], "purpose": "check"});
    assert_eq!(looks, [("safety.clerk".to_owned(), body)]);
    // The form of a correction has the values in it.
    assert!(keeper.get("/registers/devices?edit=d1").await.has("样户甲"));
    assert_eq!(unmasked(&county)[1].1["purpose"], "correct");
    let page = keeper.get("/api/v1/registers/devices").await;
    assert!(!page.has("样户甲"), "{}", page.text);
    assert!(
        keeper
            .get("/api/v1/registers/devices?purpose=lawful")
            .await
            .has("样户甲")
    );
    assert_eq!(unmasked(&county).len(), 3);
    for login in ["housing.clerk", "office.supervisor"] {
        let mut browser = Browser::signed_in(&county, login).await;
        let page = browser.get("/registers/devices").await;
        assert!(!page.has("样户甲") && page.has("（不公开）"), "{}", page.text);
        let csrf = page.hidden("csrf");
        let refused = browser
            .post(to, &[("csrf", &csrf), ("page", "1"), ("purpose", "check")])
            .await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && !refused.has("样户甲"));
        assert!(!browser.get("/registers/devices?edit=d1").await.has("样户甲"));
        let asked = browser.get("/api/v1/registers/devices?purpose=lawful").await;
        assert!(asked.status == StatusCode::UNPROCESSABLE_ENTITY && !asked.has("样户甲"));
        let page = browser.get("/api/v1/registers/devices").await;
        let answer: Json = serde_json::from_str(&page.text).unwrap();
        let row = &answer["rows"][0];
        assert!(!page.has("样户甲"), "{}", page.text);
        assert_eq!(row["masked"], json!(["name"]));
        assert_eq!(row["values"]["kind"]["code"], json!("boiler"), "{row}");
    }
    assert_eq!(unmasked(&county).len(), 3, "what was refused was not seen");
}

#[tokio::test]
async fn a_sensitive_name_is_masked_wherever_a_row_is_called_and_shown_in_the_case_that_needs_it() {
    let county = watched(Some(&Private::generate().unwrap()));
    let mut browser = Browser::signed_in(&county, "housing.clerk").await;
    // Offered for choosing, sought while one types, typed as a guess: its code, never its name.
    let form = browser.get("/ledgers/permit/new").await;
    assert!(form.has("（遮蔽）d1") && !form.has("样户甲"), "{}", form.text);
    let found = browser.get("/registers/devices/find?q=%E6%A0%B7%E6%88%B7").await;
    assert_eq!(found.text, "[]", "nor does seeking betray it");
    assert!(
        browser
            .get("/registers/devices/find?q=d1")
            .await
            .has("（遮蔽）d1")
    );
    let case = reported(&county);
    let page = browser.get(&format!("/cases/{case}")).await;
    assert!(page.has("（遮蔽）d1") && !page.has("样户甲"), "{}", page.text);
    let case_text = case.to_string();
    let csrf = page.hidden("csrf");
    let asked = [
        ("csrf", csrf.as_str()),
        ("row", "d1"),
        ("case", &case_text),
        ("purpose", "handle"),
    ];
    let shown = browser.post("/registers/devices/unmask", &asked).await;
    assert!(
        shown.status == StatusCode::OK && shown.has("样户甲"),
        "{}",
        shown.text
    );
    let (post, body) = unmasked(&county).pop().unwrap();
    assert_eq!(
        (post.as_str(), &body["case"], &body["rows"]),
        ("housing.clerk", &json!(case), &json!(["d1"]))
    );
    // Whom the case does not concern asks in vain, and so does one who names a case that does not point there.
    let mut other = Browser::signed_in(&county, "audit.clerk").await;
    let csrf = other.get("/").await.hidden("csrf");
    let asked = [
        ("csrf", csrf.as_str()),
        ("row", "d1"),
        ("case", &case_text),
        ("purpose", "handle"),
    ];
    let refused = other.post("/registers/devices/unmask", &asked).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && !refused.has("样户甲"));
    let elsewhere = county.matter("厂区道路被占").to_string();
    let csrf = browser.get("/").await.hidden("csrf");
    let asked = [
        ("csrf", csrf.as_str()),
        ("row", "d1"),
        ("case", &elsewhere),
        ("purpose", "handle"),
    ];
    let refused = browser.post("/registers/devices/unmask", &asked).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && !refused.has("样户甲"));
    assert_eq!(unmasked(&county).len(), 1);
    // Who keeps the register works with its names.
    let mut keeper = on_post(&county, "water.clerk", "safety.clerk").await;
    assert!(keeper.get("/registers/devices/find?q=d1").await.has("样户甲"));
}
