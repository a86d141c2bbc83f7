//! Ledgers as people use them: in groups, with columns of their choice, under a name, several cases at once.

use axum::http::StatusCode;
use serde_json::json;

use crate::browser::{Browser, Page};
use crate::county::County;

/// Four projects of two bureaus.
fn county() -> County {
    let county = County::new();
    for (n, owner, stage) in [
        (1, "housing", "invited"),
        (2, "water", "signed"),
        (3, "housing", "signed"),
        (4, "water", "signed"),
    ] {
        county.order(
            "office.dispatcher",
            &format!("project-{n}"),
            json!({ "type": "open", "mechanism": "pipeline", "owner": owner, "stage": stage,
                "title": format!("样本项目{n}"), "values": { "due": "2026-12-31" } }),
        );
    }
    county
}

fn at(page: &Page, words: &str) -> usize {
    page.text
        .find(words)
        .unwrap_or_else(|| panic!("no {words} in {}", page.text))
}

fn ids(page: &Page) -> Vec<String> {
    let boxes = page.text.split("name=\"among\" value=\"").skip(1);
    boxes
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn rows_stand_in_groups_and_each_heading_opens_its_own() {
    let county = county();
    let mut browser = Browser::signed_in(&county, "office.dispatcher").await;
    let page = browser.get("/ledgers/pipeline?group=stage").await;
    let (first, second) = (
        at(&page, "stage=invited\">招商</a>"),
        at(&page, "stage=signed\">签约</a>"),
    );
    assert!(
        first < at(&page, "样本项目1") && at(&page, "样本项目1") < second,
        "in the order of the mechanism"
    );
    assert!(page.has("<span class=\"quiet num\">3 件</span>"), "{}", page.text);
    let own = browser.get("/ledgers/pipeline?stage=signed").await;
    assert_eq!(ids(&own).len(), 3);
    for (by, heading) in [
        ("owner", "水利局</a>"),
        ("holder", "水利局</a>"),
        ("colour", "colour=green"),
    ] {
        let page = browser.get(&format!("/ledgers/pipeline?group={by}")).await;
        assert!(
            page.has("class=\"group\"") && page.has(heading),
            "{by}: {}",
            page.text
        );
        assert_eq!(ids(&page).len(), 4);
    }
    let all = browser.get("/ledgers/all?group=mechanism").await;
    assert!(all.has("href=\"/ledgers/pipeline\">项目六步推进"), "{}", all.text);
}

#[tokio::test]
async fn columns_are_chosen_and_the_export_is_what_the_page_shows() {
    let county = county();
    let mut browser = Browser::signed_in(&county, "office.dispatcher").await;
    let address = "cols=owner&cols=f.due&cols=opened&cols=nothing&group=owner";
    let page = browser.get(&format!("/ledgers/pipeline?{address}")).await;
    assert!(at(&page, ">责任单位</th>") < at(&page, ">计划投产日期</th>"));
    assert!(!page.has(">当前由谁办</th>"), "{}", page.text);
    let file = browser
        .get(&format!("/ledgers/pipeline/export.csv?{address}"))
        .await;
    let lines: Vec<&str> = file.text.lines().collect();
    let heads = lines.iter().position(|line| line.contains("责任单位")).unwrap();
    assert!(
        lines[heads].ends_with("责任单位,计划投产日期,立项时间")
            || lines[heads].contains("责任单位,计划投产日期,"),
        "{}",
        lines[heads]
    );
    assert_eq!(lines.len() - heads - 1, 4);
    let owners: Vec<bool> = lines[heads + 1..]
        .iter()
        .map(|line| line.contains("水利局"))
        .collect();
    assert!(
        owners == [true, true, false, false] || owners == [false, false, true, true],
        "grouped: {owners:?}"
    );
}

#[tokio::test]
async fn a_view_is_kept_shared_with_the_unit_and_forgotten_by_who_made_it() {
    let county = county();
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let csrf = clerk.get("/").await.hidden("csrf");
    let save = |name: &'static str, shared: &'static str| {
        [
            ("csrf", csrf.clone()),
            ("query", "?stage=signed&group=owner&evil=1".to_owned()),
            ("name", name.to_owned()),
            ("shared", shared.to_owned()),
        ]
    };
    let plain = |fields: &[(&'static str, String)]| -> Vec<(&'static str, String)> { fields.to_vec() };
    for (name, shared) in [("签约项目", "unit"), ("只给自己", "me"), ("给全县", "all")] {
        let fields = plain(&save(name, shared));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let page = clerk.post("/ledgers/pipeline/views", &fields).await;
        assert_eq!(
            page.path, "/ledgers/pipeline?stage=signed&group=owner",
            "what no ledger understands is not kept"
        );
        assert!(page.has(name), "{}", page.text);
    }
    let mut head = Browser::signed_in(&county, "housing.head").await;
    let page = head.get("/ledgers/pipeline").await;
    assert!(
        page.has("签约项目") && page.has("给全县") && !page.has("只给自己"),
        "{}",
        page.text
    );
    assert!(!page.has("name=\"forget\""), "what others made is theirs");
    let mut water = Browser::signed_in(&county, "water.clerk").await;
    let page = water.get("/ledgers/pipeline").await;
    assert!(
        !page.has("签约项目") && !page.has("给全县"),
        "only the dispatch shares with everybody"
    );
    let mine = clerk.get("/ledgers/pipeline").await.hidden("forget");
    clerk
        .post("/ledgers/pipeline/views", &[("csrf", &csrf), ("forget", &mine)])
        .await;
    assert_eq!(
        clerk
            .get("/ledgers/pipeline")
            .await
            .text
            .matches("name=\"forget\"")
            .count(),
        2
    );
    let long = "长".repeat(41);
    let refused = clerk
        .post(
            "/ledgers/pipeline/views",
            &[("csrf", &csrf), ("query", "?q=x"), ("name", &long)],
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.has("不超过 40 个字") && refused.has(&long),
        "what was typed is still there"
    );
}

#[tokio::test]
async fn several_cases_are_reminded_at_once_and_each_refusal_says_why() {
    let county = county();
    let mut browser = Browser::signed_in(&county, "office.dispatcher").await;
    let page = browser.get("/ledgers/pipeline").await;
    let (csrf, key) = (page.form("bulk").hidden("csrf"), page.form("bulk").hidden("key"));
    let picked = ids(&page);
    let mut fields = vec![
        ("csrf", csrf.as_str()),
        ("key", key.as_str()),
        ("act", "remind"),
        ("note", "请抓紧"),
        ("query", "?group=owner"),
    ];
    fields.extend(picked.iter().take(3).map(|id| ("among", id.as_str())));
    fields.push(("among", "9999"));
    let done = browser.post("/ledgers/pipeline/bulk", &fields).await;
    assert_eq!(done.status, StatusCode::OK);
    assert!(done.has("已办 3 件") && !done.has("未办"), "{}", done.text);
    assert!(
        done.has("/ledgers/pipeline?group=owner"),
        "the way back keeps the view"
    );
    let events = |browser: &Page| browser.text.matches("催办").count();
    let before = events(&browser.get(&format!("/cases/{}", picked[0])).await);
    browser.post("/ledgers/pipeline/bulk", &fields).await;
    assert_eq!(
        events(&browser.get(&format!("/cases/{}", picked[0])).await),
        before,
        "sent twice, done once"
    );

    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get("/ledgers/pipeline").await;
    assert!(
        !page.form("bulk").has("value=\"reassign\""),
        "who may not give away is not offered it"
    );
    let csrf = page.form("bulk").hidden("csrf");
    let own = ids(&page);
    let mut fields = vec![
        ("csrf", csrf.as_str()),
        ("key", "k"),
        ("act", "reassign"),
        ("to", "water"),
    ];
    fields.extend(own.iter().map(|id| ("among", id.as_str())));
    let refused = clerk.post("/ledgers/pipeline/bulk", &fields).await;
    assert!(
        refused.has("未办 2 件") && !refused.has("已办"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn the_ticked_are_exported_alone_and_nothing_ticked_is_said() {
    let county = county();
    let mut browser = Browser::signed_in(&county, "office.dispatcher").await;
    let page = browser.get("/ledgers/pipeline").await;
    let csrf = page.form("bulk").hidden("csrf");
    let picked = ids(&page);
    let fields = [
        ("csrf", csrf.as_str()),
        ("act", "export"),
        ("among", &picked[0]),
        ("among", &picked[2]),
        ("query", "?cols=owner"),
    ];
    let file = browser.post("/ledgers/pipeline/bulk", &fields).await;
    assert_eq!(
        file.path,
        format!(
            "/ledgers/pipeline/export.xlsx?among={}%2C{}&cols=owner",
            picked[0], picked[2]
        )
    );
    assert!(
        file.headers["content-type"]
            .to_str()
            .unwrap()
            .contains("spreadsheetml")
    );
    let none = browser
        .post("/ledgers/pipeline/bulk", &[("csrf", &csrf), ("act", "remind")])
        .await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.has("没有勾选任何事项"), "{}", none.text);
    let unit = browser
        .post(
            "/ledgers/pipeline/bulk",
            &[("csrf", &csrf), ("act", "reassign"), ("among", &picked[0])],
        )
        .await;
    assert!(unit.has("改派要选一个单位"), "{}", unit.text);
}
