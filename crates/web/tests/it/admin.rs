//! Administration in the browser: a pack is checked, compared, replayed and adopted; a custodian registers his key; two
//! people erase a case.

use std::collections::BTreeMap;
use std::path::Path;

use axum::http::StatusCode;
use bihuan_domain::id::{MechanismId, PackId};
use bihuan_ledger::custody::Private;

use crate::browser::{Browser, Page};
use crate::county::County;
use crate::custody::{on_post, watched};

/// The files of a shipped pack, changed.
fn pack(name: &str, change: impl Fn(&str, String) -> String) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../packs")
        .join(name);
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = change(&name, std::fs::read_to_string(&path).unwrap());
            files.insert(name, text);
        }
    }
    files
}

/// The pack of leaders' contracts with another limit for the three-plus-24 hours' report.
fn shorter() -> BTreeMap<String, String> {
    let changed = std::cell::Cell::new(false);
    let files = pack("a-projects", |_, text| {
        if !text.contains("id = \"three-plus-24\"") {
            return text;
        }
        assert!(
            text.contains("limit = \"24 h\"") || text.contains("limit = \"24 hours\""),
            "{text}"
        );
        changed.set(true);
        text.replace("limit = \"24 h\"", "limit = \"1 h\"")
            .replace("limit = \"24 hours\"", "limit = \"1 hour\"")
    });
    assert!(changed.get());
    files
}

async fn send(browser: &mut Browser, files: &BTreeMap<String, String>) -> Page {
    let page = browser.get("/admin/packs").await;
    let csrf = page.hidden("csrf");
    let files: Vec<(&str, &str, &[u8])> = files
        .iter()
        .map(|(name, text)| ("files", name.as_str(), text.as_bytes()))
        .collect();
    browser.upload("/admin/packs", &[("csrf", &csrf)], &files).await
}

fn limit_of(county: &County) -> String {
    let mechanism = county
        .engine
        .mechanisms()
        .current(&MechanismId::from("three-plus-24"))
        .unwrap();
    mechanism.digest.to_string()
}

#[tokio::test]
async fn a_pack_is_checked_compared_replayed_and_adopted_with_its_open_cases() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let two_hours = jiff::SignedDuration::from_hours(2);
    let engine = county.engine.clone();
    crate::county::apart(move || engine.advance(two_hours).unwrap());
    let before = limit_of(&county);
    let mut browser = Browser::signed_in(&county, "office.dispatcher").await;
    assert!(browser.get("/").await.has("href=\"/admin\""));
    let page = send(&mut browser, &shorter()).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(
        page.has("按新规，1件在办将超期") && page.has(&format!("href=\"/cases/{case}\"")),
        "{}",
        page.text
    );
    assert!(page.has("检查通过，尚未采用"));
    assert_eq!(limit_of(&county), before, "looking adopts nothing");
    let path = page.path.clone();
    let (csrf, key, ground) = (page.hidden("csrf"), page.hidden("key"), page.hidden("ground"));
    let fields = |open: &'static str| {
        [
            ("csrf", csrf.clone()),
            ("key", key.clone()),
            ("ground", ground.clone()),
            ("open", open.to_owned()),
        ]
    };
    let press = async |browser: &mut Browser, open: &'static str| {
        let fields = fields(open);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        browser.post(&path, &fields).await
    };
    let unchosen = press(&mut browser, "").await;
    assert!(unchosen.status == StatusCode::UNPROCESSABLE_ENTITY && unchosen.has("请选择在办件怎么办"));
    // Somebody else's proposal is nobody's business.
    let mut other = Browser::signed_in(&county, "office.supervisor").await;
    assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND);
    let done = press(&mut browser, "recount").await;
    assert!(
        done.status == StatusCode::OK && done.has("1 件在办已转到新规定"),
        "{}",
        done.text
    );
    assert_ne!(limit_of(&county), before);
    let again = press(&mut browser, "recount").await;
    assert!(
        again.has("1 件在办已转到新规定"),
        "a second click shows what the first did"
    );
    let head = county.engine.views().unwrap().log().head().unwrap().size;
    let entries = county
        .engine
        .views()
        .unwrap()
        .log()
        .entries(head.saturating_sub(20), 20)
        .unwrap();
    let adopted = entries
        .iter()
        .rfind(|entry| entry.kind == "pack.adopted")
        .unwrap();
    assert_eq!(adopted.actor.post.as_deref(), Some("office.dispatcher"));
    assert_eq!(
        entries
            .iter()
            .filter(|entry| entry.kind == "case.migrated")
            .count(),
        1
    );
}

#[tokio::test]
async fn an_unsound_pack_shows_every_fault_and_cannot_be_adopted() {
    let county = County::new();
    let mut browser = Browser::signed_in(&county, "office.dispatcher").await;
    let files = pack("a-projects", |_, text| {
        text.replace("kind = \"work\"", "kind = \"worc\"")
    });
    let faults: usize = files.values().map(|text| text.matches("\"worc\"").count()).sum();
    let before = limit_of(&county);
    let page = send(&mut browser, &files).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let shown = page.text.matches("class=\"finding error\"").count();
    assert!(shown >= faults && faults > 3, "{shown} of {faults}");
    assert!(page.has("机制包有错误") && page.has("worc") && !page.has("name=\"ground\""));
    // Pressing a button that is not there.
    let csrf = page.hidden("csrf");
    let pressed = browser
        .post(&page.path, &[("csrf", &csrf), ("open", "own"), ("ground", "x")])
        .await;
    assert_eq!(pressed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(limit_of(&county), before, "the old one stays in force");
}

#[tokio::test]
async fn what_was_looked_at_is_what_is_adopted() {
    let county = County::new();
    let mut browser = Browser::signed_in(&county, "office.dispatcher").await;
    let page = send(&mut browser, &shorter()).await;
    let (csrf, key, ground) = (page.hidden("csrf"), page.hidden("key"), page.hidden("ground"));
    // Meanwhile somebody adopts another pack.
    let c_safety = pack("c-safety", |_, text| text);
    let engine = county.engine.clone();
    crate::county::apart(move || {
        let files = [(PackId::new("c-safety"), c_safety)].into();
        engine
            .adopt(&bihuan_domain::org::Actor::system(), "meanwhile", &files)
            .unwrap();
    });
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("ground", &ground),
        ("open", "own"),
    ];
    let pressed = browser.post(&page.path, &fields).await;
    assert!(
        pressed.status == StatusCode::UNPROCESSABLE_ENTITY && pressed.has("现行的机制包已经变了"),
        "{}",
        pressed.text
    );
    let ground = pressed.hidden("ground");
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("ground", &ground),
        ("open", "own"),
    ];
    assert!(browser.post(&page.path, &fields).await.has("已采用"));
}

#[tokio::test]
async fn uploads_that_are_no_packs_are_answered_with_what_is_wrong() {
    let county = County::new();
    let mut browser = Browser::signed_in(&county, "office.dispatcher").await;
    let csrf = browser.get("/admin/packs").await.hidden("csrf");
    for (name, bytes, said) in [
        ("own.zip", b"PK\x03\x04 torn".to_vec(), "打不开"),
        ("pack.toml", b"\xff\xfe".to_vec(), "不是 UTF-8"),
        ("pack.toml", Vec::new(), "是空文件"),
        ("pack.toml", vec![b'#'; 9 << 20], "文件太大"),
        ("rows.csv", b"id\n".to_vec(), "没有找到机制包"),
        ("photo.png", b"\x89PNG".to_vec(), "不是机制包的文件"),
    ] {
        let page = browser
            .upload("/admin/packs", &[("csrf", &csrf)], &[("files", name, &bytes)])
            .await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(page.has(said), "{name}: {}", page.text);
    }
    let nothing = browser.upload("/admin/packs", &[("csrf", &csrf)], &[]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fifty = vec![b'#'; 65 << 20];
    let page = browser
        .upload("/admin/packs", &[("csrf", &csrf)], &[("files", "a.toml", &fifty)])
        .await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_custodian_registers_his_key_once_its_fingerprint_is_compared() {
    let (first, second) = (Private::generate().unwrap(), Private::generate().unwrap());
    let county = watched(None);
    let mut browser = on_post(&county, "paper.clerk", "discipline.clerk").await;
    let page = browser.get("/admin/custodians").await;
    assert!(
        page.has("尚未登记") && page.has("服务器若已被人控制"),
        "{}",
        page.text
    );
    let csrf = page.hidden("csrf");
    let to = "/admin/custodians/discipline";
    let wrong = browser
        .post(to, &[("csrf", &csrf), ("public", "abc"), ("act", "show")])
        .await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("不是可用的公钥"),
        "{}",
        wrong.text
    );
    for (key, former) in [(&first, None), (&second, Some(&first))] {
        let public = key.public().to_string();
        let shown = browser
            .post(to, &[("csrf", &csrf), ("public", &public), ("act", "show")])
            .await;
        assert!(
            shown.has(&key.public().fingerprint()) && shown.has("逐组核对"),
            "{}",
            shown.text
        );
        let hasty = browser
            .post(to, &[("csrf", &csrf), ("public", &public), ("act", "register")])
            .await;
        assert!(hasty.status == StatusCode::UNPROCESSABLE_ENTITY && hasty.has("请先核对指纹"));
        let fields = [
            ("csrf", csrf.as_str()),
            ("public", &public),
            ("act", "register"),
            ("same", "yes"),
        ];
        let done = browser.post(to, &fields).await;
        assert!(
            done.status == StatusCode::OK && done.has(&key.public().fingerprint()),
            "{}",
            done.text
        );
        assert!(done.has("专管岗"), "who registered it is shown");
        if let Some(former) = former {
            assert!(done.has("以前的公钥") && done.has(&former.public().fingerprint()));
        }
    }
    let head = county.engine.views().unwrap().log().head().unwrap().size;
    let entry = county
        .engine
        .views()
        .unwrap()
        .log()
        .entry(head - 1)
        .unwrap()
        .unwrap();
    assert_eq!(
        (entry.kind.as_str(), entry.actor.post.as_deref()),
        ("setting.set", Some("discipline.clerk"))
    );
    // Others see that there is one, and whose; they register none.
    let mut other = Browser::signed_in(&county, "office.dispatcher").await;
    let page = other.get("/admin/custodians").await;
    assert!(page.has(&second.public().fingerprint()) && !page.has("name=\"public\""));
    let csrf = page.hidden("csrf");
    let public = first.public().to_string();
    let fields = [
        ("csrf", csrf.as_str()),
        ("public", &public),
        ("act", "register"),
        ("same", "yes"),
    ];
    assert_eq!(other.post(to, &fields).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_case_is_erased_by_two_people_who_see_first_what_goes_and_what_stays() {
    let county = County::new();
    let case = county.matter("张三家的事");
    let mut asks = Browser::signed_in(&county, "office.dispatcher").await;
    let page = asks.get(&format!("/admin/erasures?subject={case}")).await;
    assert!(
        page.has("将销毁") && page.has("会留下") && page.has("仍在办"),
        "{}",
        page.text
    );
    let csrf = page.hidden("csrf");
    let subject = format!("case/{case}");
    let hasty = asks
        .post("/admin/erasures", &[("csrf", &csrf), ("subject", &subject)])
        .await;
    assert!(
        hasty.status == StatusCode::UNPROCESSABLE_ENTITY
            && hasty.has("请选择理由")
            && hasty.has("请核对以后勾选")
    );
    let fields = [
        ("csrf", csrf.as_str()),
        ("subject", &subject),
        ("reason", "mistaken"),
        ("sure", "yes"),
    ];
    let asked = asks.post("/admin/erasures", &fields).await;
    assert!(
        asked.has("等另一人确认") && !asked.has("value=\"confirm\""),
        "{}",
        asked.text
    );
    let own = asks
        .post("/admin/erasures/1", &[("csrf", &csrf), ("act", "confirm")])
        .await;
    assert!(own.status == StatusCode::UNPROCESSABLE_ENTITY && own.has("请另一人确认"));
    let mut leader = Browser::signed_in(&county, "county.leader").await;
    let page = leader.get("/admin/erasures").await;
    assert!(page.has("value=\"confirm\""), "{}", page.text);
    let csrf = page.hidden("csrf");
    for _ in 0..2 {
        let done = leader
            .post("/admin/erasures/1", &[("csrf", &csrf), ("act", "confirm")])
            .await;
        assert!(
            done.status == StatusCode::OK && done.has("已擦除"),
            "{}",
            done.text
        );
    }
    let gone = leader.get(&format!("/cases/{case}")).await;
    assert!(!gone.has("张三家的事"));
    let nothing = asks.get("/admin/erasures?subject=case/99").await;
    assert!(nothing.status == StatusCode::UNPROCESSABLE_ENTITY && nothing.has("没有可擦除的"));
}
