//! The pages of mechanisms and packs, and what is measured on them.

use axum::http::StatusCode;
use serde_json::Value as Json;

use crate::browser::Browser;
use crate::county::County;

#[tokio::test]
async fn every_mechanism_and_every_pack_has_a_whole_page_in_both_languages() {
    let county = County::of_every_pack();
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let mechanisms = county.engine.mechanisms();
    for lang in ["en", "zh"] {
        browser.get(&format!("/?lang={lang}")).await;
        let addresses = mechanisms
            .all()
            .map(|mechanism| format!("/mechanisms/{}", mechanism.id))
            .chain(
                mechanisms
                    .packs()
                    .iter()
                    .map(|pack| format!("/packs/{}", pack.id)),
            );
        for address in addresses {
            let page = browser.get(&address).await;
            assert_eq!(page.status, StatusCode::OK, "{address}: {}", page.text);
            assert!(!page.has("⟦"), "{lang} {address} lacks a text");
            assert!(
                page.bytes.len() < 200_000,
                "{address} has {} bytes",
                page.bytes.len()
            );
        }
    }
    let measured = mechanisms
        .all()
        .find(|m| !m.indicators.is_empty() && !m.figures.is_empty());
    let page = browser
        .get(&format!("/mechanisms/{}", measured.unwrap().id))
        .await;
    for part in [
        "流程图",
        "<svg",
        "谁在多长时间内做什么",
        "怎样开始",
        "由谁核查",
        "指标",
        "文件报过的数",
        "规则原文",
        "填报要花多少时间",
    ] {
        assert!(page.has(part), "{part}");
    }
}

#[tokio::test]
async fn a_mechanism_says_which_of_its_cases_may_wake_somebody() {
    let county = County::of_every_pack();
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let page = browser.get("/mechanisms/tourism-call").await;
    assert!(page.has("紧急事项") && page.has("夜里也发"), "{}", page.text);
    let rescue = county
        .engine
        .mechanisms()
        .current(&"tourism-call".into())
        .unwrap();
    let field = rescue.field(&"kind".into()).unwrap();
    let (_, label) = field
        .choices
        .iter()
        .find(|(code, _)| code.as_str() == "rescue")
        .unwrap();
    assert!(
        page.has(&format!("“{}”为“{}”的。", field.label.zh, label.zh)),
        "{}",
        page.text
    );
    let page = browser.get("/mechanisms/call-answer").await;
    assert!(page.has("紧急事项") && page.has("全部。"), "{}", page.text);
    let page = browser.get("/mechanisms/key-task").await;
    assert!(!page.has("紧急事项"), "{}", page.text);
}

#[tokio::test]
async fn the_index_finds_by_plain_text_and_counts_what_is_open() {
    let county = County::new();
    county.matter("厂区道路被占");
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let page = browser.get("/mechanisms").await;
    assert!(
        page.has("href=\"/packs/a-projects\"") && page.has("在办 1 件"),
        "{}",
        page.text
    );
    let found = browser.get("/mechanisms?q=M03").await;
    assert!(found.has("/mechanisms/three-plus-24") && !found.has("/mechanisms/key-task"));
    let none = browser.get("/mechanisms?q=xyzzy").await;
    assert!(none.has("没有符合的机制"));
}

#[tokio::test]
async fn the_file_by_which_the_system_runs_can_be_kept() {
    let county = County::new();
    let mut browser = Browser::signed_in(&county, "housing.clerk").await;
    let page = browser.get("/mechanisms/three-plus-24/source").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("id = \"three-plus-24\""));
    let named = page.headers["content-disposition"].to_str().unwrap();
    assert!(named.contains("three-plus-24.toml"), "{named}");
}

#[tokio::test]
async fn an_indicator_shows_its_value_or_why_there_is_none_and_opens_what_it_counts() {
    let county = County::new();
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let mechanisms = county.engine.mechanisms();
    // A rate of closed cases has no value as long as none is closed.
    let rated = mechanisms
        .all()
        .find(|m| {
            m.indicators
                .iter()
                .any(|i| i.base_text.as_deref() == Some("count(cases, row.closed)"))
        })
        .unwrap();
    let page = browser.get(&format!("/mechanisms/{}", rated.id)).await;
    assert!(page.has("无基数"), "{}", page.text);
    let indicator = rated.indicators.iter().find(|i| i.base.is_some()).unwrap();
    let address = format!("/ledgers/{}?counted={}.base", rated.id, indicator.id);
    assert!(page.has(&address), "{address}");
    let counted = browser.get(&address).await;
    assert!(
        counted.has(&format!("只列出指标“{}”", indicator.label.zh)),
        "{}",
        counted.text
    );
    let api = browser
        .get(&format!("/api/v1/indicators?mechanism={}", rated.id))
        .await;
    let json: Json = serde_json::from_str(&api.text).unwrap();
    let first = &json["indicators"][0]["indicators"][0];
    assert_eq!(first["fault"], "divided_by_zero", "{json}");
    assert_eq!(first["numerator"], "0");
}

#[tokio::test]
async fn what_an_indicator_counts_is_the_cases_of_its_condition_and_no_others() {
    let county = County::of_own_pack("measured", &[("pack.toml", PACK), ("visit.toml", VISIT)]);
    for (n, risky) in [("甲", true), ("乙", false), ("丙", true)] {
        let order = serde_json::json!({ "type": "open", "mechanism": "visit", "owner": "housing",
            "title": format!("走访{n}厂"), "values": { "risky": risky } });
        county.order(
            "housing.clerk",
            &format!("k-{risky}-{}", n.len() + usize::from(n == "丙")),
            order,
        );
    }
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let api = browser.get("/api/v1/mechanisms/visit").await;
    let json: Json = serde_json::from_str(&api.text).unwrap();
    let indicator = &json["indicators"][0];
    assert_eq!(indicator["numerator"], "2", "{json}");
    assert_eq!(indicator["base"], "3");
    assert!(
        indicator["value"].as_str().unwrap().starts_with("66.666666"),
        "exact, not rounded"
    );
    assert_eq!(json["versions"][0]["open"], 3);
    let page = browser.get("/mechanisms/visit").await;
    assert!(page.has("66.67%") && page.has("未达到"), "{}", page.text);
    let counted = browser.get("/ledgers/visit?counted=risky-share.value").await;
    assert!(counted.has("走访甲厂") && counted.has("走访丙厂") && !counted.has("走访乙厂"));
}

pub(crate) const PACK: &str = r#"language = 1

[pack]
id = "measured"
label = { zh = "测试", en = "Test" }
requires = ["base"]

[[datum]]
id = "risky"
label = { zh = "有隐患", en = "Risky" }
type = "bool"
owner = "handler"
of = "case"
valid = "case"
"#;

const VISIT: &str = r#"language = 1

[mechanism]
id = "visit"
number = "T01"
label = { zh = "走访", en = "Visit" }
purpose = { zh = "走访企业。", en = "Visits to enterprises." }
source = { zh = "测试", en = "Test" }
title = "matter"
columns = ["matter", "risky"]
ladder = "county"
exit = "parked"

[open]
by = ["handler", "dispatcher"]
from = ["person"]
stage = "doing"

[[field]]
id = "matter"
datum = "matter"
required = true

[[field]]
id = "risky"
datum = "risky"

[[field]]
id = "measure"
datum = "measure"

[[stage]]
id = "doing"
label = { zh = "走访", en = "Visiting" }
kind = "work"
holder = "handler"
clock = { limit = "15 working days" }

[[stage.step]]
id = "report"
label = { zh = "报告", en = "Report" }
needs = ["measure"]
takes = ["risky"]
to = "verification"

[[stage]]
id = "verification"
label = { zh = "督查核查", en = "Verified by supervision" }
kind = "verify"
clock = { limit = "5 working days", ladder = "leadership" }
rework = "doing"

[[indicator]]
id = "risky-share"
label = { zh = "有隐患的占比", en = "Share with risks" }
says = { zh = "有隐患的走访，占全部走访", en = "visits with risks of all visits" }
value = "count(cases, row.risky)"
base = "count(cases)"
unit = "%"
target = "50"
direction = "down"
period = "month"

[closing]
when = "has(measure)"
says = { zh = "措施已写明", en = "the measure is stated" }

[closing.verify]
ordinary = { way = "office", office = "supervision" }
"#;
