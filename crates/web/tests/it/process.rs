//! The page of a mechanism's process: what it counts, and that every number opens its cases.

use axum::http::StatusCode;

use crate::browser::Browser;
use crate::county::County;

#[tokio::test]
async fn every_number_of_the_process_opens_as_many_cases_as_it_says() {
    let county = County::new();
    for title in ["厂区道路被占", "桥面破损", "路灯不亮"] {
        county.matter(title);
    }
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let list = browser.get("/mechanisms").await;
    assert_eq!(list.status, StatusCode::OK);
    let mut opened = 0;
    for mechanism in county.engine.mechanisms().all() {
        let page = browser
            .get(&format!("/mechanisms/{}/process", mechanism.id))
            .await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(!page.has("⟦"), "{} lacks a text", mechanism.id);
        for (address, n) in links(&page.text) {
            let cases = browser.get(&address).await;
            assert_eq!(cases.status, StatusCode::OK);
            let shown = cases.text.matches("href=\"/cases/").count();
            // A step counts how often it was taken, and a case may take it twice.
            assert!(
                shown == n || address.contains("step") && 0 < shown && shown < n,
                "{address}: {shown}, not {n}"
            );
            assert!(cases.has("只列"), "the list says what it leaves out");
            opened += 1;
        }
    }
    // The course that all three take, those of it that are open, and the unit where they lie.
    assert!(opened >= 3, "{opened}");
}

/// The addresses into the ledger that count something, with the number that stands in the link.
fn links(page: &str) -> Vec<(String, usize)> {
    let parts = page.split("<a href=\"").skip(1);
    let link = |part: &str| {
        let (address, rest) = part.split_once('"')?;
        let number = rest.strip_prefix('>')?.split('<').next()?.parse().ok()?;
        address
            .contains("?course=")
            .then(|| (address.replace("&amp;", "&"), number))
    };
    parts.filter_map(link).collect()
}

#[tokio::test]
async fn a_mechanism_without_cases_says_so_and_an_unknown_one_is_not_found() {
    let county = County::new();
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let page = browser.get("/mechanisms/three-plus-24/process").await;
    assert!(page.has("还没有事项"), "{}", page.text);
    assert_eq!(
        browser.get("/mechanisms/nothing/process").await.status,
        StatusCode::NOT_FOUND
    );
    // A mistyped address still shows the ledger.
    assert_eq!(
        browser.get("/ledgers/three-plus-24?course=way").await.status,
        StatusCode::OK
    );
}

/// The page of the comparison after a file was sent.
async fn compared(browser: &mut Browser, file: &str, fields: &[(&str, &str)]) -> crate::browser::Page {
    let address = "/mechanisms/three-plus-24/process/before";
    let csrf = browser.get(address).await.hidden("csrf");
    let mut sent = vec![("csrf", csrf.as_str())];
    sent.extend(fields);
    browser
        .upload(address, &sent, &[("file", "old.csv", file.as_bytes())])
        .await
}

#[tokio::test]
async fn another_systems_log_is_shown_beside_ours_and_kept_nowhere() {
    let county = County::new();
    county.matter("厂区道路被占");
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let size = county.engine.beacon().size;
    let log = "工单号,环节,处理时间,承办单位\n1,受理,2025-03-01 08:00:00,市民热线\n1,办理,2025-03-02 08:00:00,城管局\n\
               1,受理,2025-03-03 08:00:00,市民热线\n1,办结,2025-03-05 08:00:00,城管局\n2,受理,2025-03-01 08:00:00,市民热线\n\
               2,办结,2025-03-02 08:00:00,城管局\n2,,2025-03-02 09:00:00,城管局\n";
    let page = compared(&mut browser, log, &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    for said in ["从前和现在", "4天", "50.0%", "城管局", "不保存", "第 8 行"] {
        assert!(page.has(said), "{said}: {}", page.text);
    }
    assert!(!page.has("⟦"), "{}", page.text);
    assert_eq!(county.engine.beacon().size, size, "nothing is written to the log");
    let other = compared(&mut browser, "甲,乙,丙\n1,受理,2025-03-01\n", &[]).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        other.has("认不出哪一列") && !other.has("--case"),
        "{}",
        other.text
    );
    let named = [("case", "甲"), ("activity", "乙"), ("time", "丙")];
    let page = compared(&mut browser, "甲,乙,丙\n1,受理,2025-03-01\n", &named).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let wrong = compared(&mut browser, "PK\u{3}\u{4}", &[]).await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("XLSX"),
        "{}",
        wrong.text
    );
    let mut unit = Browser::signed_in(&county, "housing.clerk").await;
    let refused = unit.get("/mechanisms/three-plus-24/process/before").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
