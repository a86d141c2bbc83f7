//! Notices: each sees his own, read once and then quiet, with nothing of a case that he may not see.

use axum::http::StatusCode;
use bihuan_domain::calendar::instant;
use jiff::civil::date;
use serde_json::json;

use crate::browser::Browser;
use crate::county::{County, apart};

fn told(county: &County) {
    apart(|| county.notices.follow(&county.engine).unwrap());
}

/// A matter of the housing bureau that its clerk handed to the leader.
fn handed_up() -> (County, bihuan_domain::id::CaseId) {
    let county = County::new();
    told(&county);
    let case = county.matter("供水管线迁改受阻");
    let report =
        json!({ "type": "step", "case": case, "step": "report", "values": { "report": "需要协调" } });
    county.order("housing.clerk", "told", report);
    told(&county);
    (county, case)
}

#[tokio::test]
async fn what_came_to_me_is_said_once_and_the_case_that_i_opened_is_read() {
    let (county, case) = handed_up();
    let mut leader = Browser::signed_in(&county, "county.leader").await;
    let desk = leader.get("/").await;
    assert!(desk.has("1 条未读"), "{}", desk.text);
    let page = leader.get("/notifications").await;
    assert!(
        page.has("新到您处") && page.has("供水管线迁改受阻") && page.has(&format!("/cases/{case}#now")),
        "{}",
        page.text
    );
    leader.get(&format!("/cases/{case}")).await;
    let after = leader.get("/notifications").await;
    assert!(
        after.has("供水管线迁改受阻") && !after.has("条未读") && !after.has("标为已读"),
        "{}",
        after.text
    );
}

#[tokio::test]
async fn nobody_sees_or_reads_what_another_was_told() {
    let (county, _) = handed_up();
    for other in ["housing.clerk", "water.clerk", "office.supervisor"] {
        let mut browser = Browser::signed_in(&county, other).await;
        let page = browser.get("/notifications").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            page.has("还没有消息") && !page.has("供水"),
            "{other}: {}",
            page.text
        );
        let csrf = page.hidden("csrf");
        let sent = [("csrf", csrf.as_str()), ("through", "999999")];
        assert_eq!(browser.post("/notifications", &sent).await.status, StatusCode::OK);
    }
    assert_eq!(county.notices.unread(&"p.county.leader".into()).unwrap(), 1);
}

#[tokio::test]
async fn all_are_read_at_once_but_not_what_came_after_the_page_was_shown() {
    let (county, case) = handed_up();
    let mut leader = Browser::signed_in(&county, "county.leader").await;
    let page = leader.get("/notifications").await;
    county.time.set(instant(date(2026, 3, 5).at(15, 0, 0, 0)));
    apart(|| county.engine.catch_up().unwrap());
    told(&county);
    let csrf = page.hidden("csrf");
    let shown = page.text.split("name=\"through\" value=\"").nth(1).unwrap();
    let through = shown.split('"').next().unwrap();
    let fields = [("csrf", csrf.as_str()), ("through", through)];
    let after = leader.post("/notifications", &fields).await;
    assert!(after.has("已超时限") && after.has("标为已读"), "{}", after.text);
    let rows = county.notices.of(&"p.county.leader".into(), 0, 50).unwrap().rows;
    let first = rows.last().unwrap();
    assert!(
        first.read.is_some() && first.about.case() == Some(case),
        "{rows:#?}"
    );
    assert!(rows.first().unwrap().read.is_none());
}

#[tokio::test]
async fn a_mark_that_names_nothing_is_refused() {
    let (county, _) = handed_up();
    let mut leader = Browser::signed_in(&county, "county.leader").await;
    let csrf = leader.get("/notifications").await.hidden("csrf");
    for wrong in [("one", "x"), ("through", "-1"), ("other", "1")] {
        let page = leader.post("/notifications", &[("csrf", &csrf), wrong]).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong:?}");
    }
    assert_eq!(county.notices.unread(&"p.county.leader".into()).unwrap(), 1);
}

#[tokio::test]
async fn without_settings_nothing_goes_out_and_the_page_says_how_to_begin() {
    let (county, _) = handed_up();
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let page = office.get("/admin/robots").await;
    assert!(
        page.has("没有设置群机器人") && page.has("还没有发出过消息"),
        "{}",
        page.text
    );
    let csrf = page.hidden("csrf");
    let sent = office
        .post("/admin/robots", &[("csrf", &csrf), ("robot", "0")])
        .await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_page_shows_where_a_robot_writes_and_never_its_key() {
    let (mut county, _) = handed_up();
    let dir = tempfile::tempdir().unwrap();
    // Nobody listens there: the port was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let text = format!(
        "[[robot]]\nname = \"住建群\"\nkind = \"dingtalk\"\nunit = \"housing\"\nurl = \"http://127.0.0.1:{port}/?access_token=K3Y\"\nsecret = \"S3CRET\"\n"
    );
    std::fs::write(dir.path().join("bihuan.toml"), text).unwrap();
    county.notices = std::sync::Arc::new(bihuan_engine::Notices::open(dir.path()).unwrap());
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let page = office.get("/admin/robots").await;
    assert!(
        page.has("住建群") && page.has("钉钉") && page.has("127.0.0.1") && page.has("住房和城乡建设局"),
        "{}",
        page.text
    );
    let csrf = page.hidden("csrf");
    let tested = office
        .post("/admin/robots", &[("csrf", &csrf), ("robot", "0")])
        .await;
    assert!(tested.has("没有送达") && tested.has("连不上"), "{}", tested.text);
    for shown in [page, tested] {
        assert!(!shown.has("K3Y") && !shown.has("S3CRET"));
    }
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    assert_eq!(clerk.get("/admin/robots").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_person_chooses_how_he_is_told_and_nothing_is_sent_where_no_server_is_set_up() {
    let (county, _) = handed_up();
    let mut leader = Browser::signed_in(&county, "county.leader").await;
    let page = leader.get("/account/notices").await;
    assert!(
        page.has("还没有设置发信服务器") && !page.has("发验证码"),
        "{}",
        page.text
    );
    let csrf = page.hidden("csrf");
    let address = [
        ("csrf", csrf.as_str()),
        ("act", "address"),
        ("address", "li@example.gov.cn"),
    ];
    let refused = leader.post("/account/notices", &address).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let choose = |from: &'static str| {
        [
            ("csrf", csrf.as_str()),
            ("act", "choose"),
            ("by_mail", "1"),
            ("often", "hourly"),
            ("kind_breach", "1"),
            ("from", from),
            ("to", "06:30"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    for (from, status) in [
        ("25:00", StatusCode::UNPROCESSABLE_ENTITY),
        ("21:15", StatusCode::OK),
    ] {
        let sent = choose(from);
        let sent: Vec<(&str, &str)> = sent.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let page = leader.post("/account/notices", &sent).await;
        assert_eq!(page.status, status, "{}", page.text);
    }
    let page = leader.get("/account/notices").await;
    assert!(
        page.has("value=\"21:15\"") && page.has("value=\"06:30\""),
        "{}",
        page.text
    );
    assert!(leader.get("/account").await.has("只在页面上"));
    let other = Browser::signed_in(&county, "housing.clerk")
        .await
        .get("/account/notices")
        .await;
    assert!(other.has("value=\"22:00\""), "{}", other.text);
}

#[tokio::test]
async fn settings_are_read_again_by_a_button_and_faults_are_said_where_they_are() {
    let (mut county, _) = handed_up();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bihuan.toml");
    let mail = "[mail]\nserver = \"127.0.0.1\"\nsecurity = \"none\"\nport = 9\nfrom = \"bihuan@example.gov.cn\"\ndomains = [\"example.gov.cn\"]\n";
    std::fs::write(&file, mail).unwrap();
    county.notices = std::sync::Arc::new(bihuan_engine::Notices::open(dir.path()).unwrap());
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let page = office.get("/admin/robots").await;
    assert!(page.has("邮件经 127.0.0.1:9 发出"), "{}", page.text);
    let csrf = page.hidden("csrf");
    let reread = [("csrf", csrf.as_str()), ("act", "reread")];
    std::fs::write(&file, mail.replace("port = 9", "port = \"S3CRET\"")).unwrap();
    let faulty = office.post("/admin/robots", &reread).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        faulty.has("第 4 行") && faulty.has("端口号") && faulty.has("127.0.0.1:9") && !faulty.has("S3CRET"),
        "{}",
        faulty.text
    );
    std::fs::write(&file, mail.replace("port = 9", "port = 10")).unwrap();
    assert!(office.post("/admin/robots", &reread).await.has("127.0.0.1:10"));

    // Nobody listens there: the code cannot be sent, and the page says why.
    let mut leader = Browser::signed_in(&county, "county.leader").await;
    let csrf = leader.get("/account/notices").await.hidden("csrf");
    let name = |address: &'static str| [("act", "address"), ("address", address)];
    for (address, says) in [
        ("li@example.com", "这个邮箱不能用"),
        ("li@example.gov.cn", "连不上"),
        ("li@example.gov.cn", "请等两分钟"),
    ] {
        let mut sent = vec![("csrf", csrf.as_str())];
        sent.extend(name(address));
        let page = leader.post("/account/notices", &sent).await;
        assert!(page.has(says), "{says}: {}", page.text);
    }
    let wrong = [("csrf", csrf.as_str()), ("act", "confirm"), ("code", "12345")];
    assert!(leader.post("/account/notices", &wrong).await.has("验证码不对"));
}

#[tokio::test]
async fn whoever_is_to_sign_a_bulletin_is_told_and_opening_it_is_reading_it() {
    let (county, _) = handed_up();
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let csrf = office.get("/").await.hidden("csrf");
    office.headers.push(("x-csrf-token", csrf));
    let draft = json!({ "key": "told", "from": "2026-02-01", "to": "2026-02-28" }).to_string();
    let sent = office
        .send(
            "POST",
            "/api/v1/bulletins",
            Some("application/json"),
            draft.into_bytes(),
        )
        .await;
    let bulletin: serde_json::Value = serde_json::from_str(&sent.text).unwrap();
    let id = bulletin["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{bulletin}"))
        .to_owned();
    told(&county);
    let world = county.engine.world();
    let signer = world.bulletins[id.as_str()].draft.signer.to_string();
    let mut signer = Browser::signed_in(&county, &signer).await;
    let page = signer.get("/notifications").await;
    assert!(
        page.has("通报待您签发") && page.has(&format!("/bulletins/{id}")),
        "{}",
        page.text
    );
    let before: serde_json::Value = serde_json::from_str(&signer.get("/api/v1/notices").await.text).unwrap();
    let of = |json: &serde_json::Value| {
        let all = json["notices"].as_array().unwrap().clone();
        all.into_iter().find(|told| told["reason"] == "bulletin").unwrap()
    };
    assert!(
        of(&before)["read"].is_null() && of(&before)["case"].is_null(),
        "{before}"
    );
    assert_eq!(of(&before)["path"], format!("/bulletins/{id}"));
    signer.get(&format!("/bulletins/{id}")).await;
    let after: serde_json::Value = serde_json::from_str(&signer.get("/api/v1/notices").await.text).unwrap();
    assert!(of(&after)["read"].is_string(), "{after}");
    assert_eq!(
        before["unread"].as_u64().unwrap(),
        after["unread"].as_u64().unwrap() + 1
    );
}

#[tokio::test]
async fn an_erasure_is_told_to_who_may_confirm_it_and_not_to_who_asked() {
    let (county, case) = handed_up();
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let csrf = office.get("/").await.hidden("csrf");
    office.headers.push(("x-csrf-token", csrf));
    let ask = json!({ "subject": format!("case/{case}"), "reason": "mistaken" }).to_string();
    office
        .send(
            "POST",
            "/api/v1/erasures",
            Some("application/json"),
            ask.into_bytes(),
        )
        .await;
    told(&county);
    let asked = |person: &str| {
        let rows = county.notices.of(&person.into(), 0, 50).unwrap().rows;
        rows.iter().filter(|told| told.reason.name() == "erasure").count()
    };
    assert_eq!(asked("p.office.dispatcher"), 0);
    let everybody = county
        .engine
        .world()
        .org
        .persons
        .keys()
        .cloned()
        .collect::<Vec<_>>();
    let told: Vec<_> = everybody
        .iter()
        .filter(|person| asked(person.as_str()) > 0)
        .collect();
    assert!(!told.is_empty(), "somebody must confirm it");
    assert!(
        told.iter().all(|person| !person.as_str().contains("housing")),
        "{told:?}"
    );
}
