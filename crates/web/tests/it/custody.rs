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
fn watched(key: Option<&Private>) -> County {
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

fn reported(county: &County) -> CaseId {
    let values =
        json!({"matter": "样例作业", "device": "d1", "work_class": "special", "informant": INFORMANT});
    let open = json!({"type": "open", "mechanism": "permit", "owner": "housing", "title": "样例作业", "values": values});
    county.order("housing.clerk", "report", open)
}

async fn on_post(county: &County, login: &str, post: &str) -> Browser {
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

#[tokio::test]
async fn sensitive_columns_are_shown_to_who_keeps_the_register_only() {
    let county = watched(None);
    let mut keeper = on_post(&county, "water.clerk", "safety.clerk").await;
    assert!(keeper.get("/registers/devices").await.has("样户甲"));
    for login in ["housing.clerk", "office.supervisor"] {
        let mut browser = Browser::signed_in(&county, login).await;
        let page = browser.get("/registers/devices").await;
        assert!(!page.has("样户甲") && page.has("（不公开）"), "{}", page.text);
        let page = browser.get("/api/v1/registers/devices").await;
        let answer: Json = serde_json::from_str(&page.text).unwrap();
        let row = &answer["rows"][0];
        assert!(!page.has("样户甲"), "{}", page.text);
        assert_eq!(row["masked"], json!(["name"]));
        assert_eq!(row["values"]["kind"]["code"], json!("boiler"), "{row}");
    }
}
