//! Charts, pipeline board, Gantt chart and the screen on the wall: every number opens as many cases as it says.

use axum::http::StatusCode;
use serde_json::json;

use crate::browser::{Browser, Page};
use crate::county::{County, apart};

/// A county with projects in several stages, some late, one closed.
fn busy() -> County {
    let county = County::new();
    let project = |n: usize, owner: &str, stage: Option<&str>| {
        let mut order = json!({ "type": "open", "mechanism": "pipeline", "owner": owner, "title": format!("样本项目{n}"),
            "values": { "due": "2026-12-31" } });
        if let Some(stage) = stage {
            order["stage"] = stage.into();
        }
        county.order("office.dispatcher", &format!("project-{n}"), order)
    };
    project(1, "housing", None);
    project(2, "housing", Some("signed"));
    project(3, "water", Some("landed"));
    project(4, "water", Some("building"));
    county.time.set("2026-05-05T03:00:00Z".parse().unwrap());
    apart(|| county.engine.catch_up().unwrap());
    project(5, "housing", Some("signed"));
    county.matter("厂区道路被占");
    county
}

/// Links into a ledger that count something, with the number that stands in the link or in its words.
fn counted(page: &Page) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for part in page.text.split("<a ").skip(1) {
        let Some((tag, rest)) = part.split_once('>') else {
            continue;
        };
        let Some(href) = tag
            .split("href=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
        else {
            continue;
        };
        if !href.starts_with("/ledgers/") || href.contains(".csv") {
            continue;
        }
        let label = tag
            .split("aria-label=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let words = label.unwrap_or_else(|| rest.split("</a>").next().unwrap());
        let last = |text: &str| {
            let parts: Vec<String> = text
                .split(|c: char| !c.is_ascii_digit() && c != ',')
                .filter(|part| !part.is_empty())
                .map(|part| part.replace(',', ""))
                .collect();
            parts.last().and_then(|part| part.parse().ok())
        };
        if let (false, Some(n)) = (words.contains('<'), last(words)) {
            found.push((href.replace("&amp;", "&"), n));
        }
    }
    found
}

/// How many cases a ledger lists.
fn total(page: &Page) -> u64 {
    let said = page
        .text
        .split("，共 ")
        .nth(1)
        .map(|rest| rest.split(' ').next().unwrap());
    said.map_or(0, |n| n.replace(',', "").parse().unwrap())
}

#[tokio::test]
async fn every_number_of_the_charts_opens_as_many_cases_as_it_says() {
    let county = busy();
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let mut opened = 0;
    for address in [
        "/ledgers/pipeline/charts",
        "/ledgers/pipeline/charts?owner=housing",
        "/ledgers/all/charts",
        "/ledgers/pipeline/pipeline",
        "/ledgers/pipeline/pipeline?owner=water",
    ] {
        let page = browser.get(address).await;
        assert_eq!(page.status, StatusCode::OK, "{address}: {}", page.text);
        assert!(!page.has("⟦"), "{address} lacks a text");
        for (href, n) in counted(&page) {
            let list = browser.get(&href).await;
            assert_eq!(list.status, StatusCode::OK, "{href}");
            assert_eq!(total(&list), n, "{address} says {n} of {href}");
            opened += 1;
        }
    }
    assert!(opened > 60, "{opened}");
}

#[tokio::test]
async fn a_ledger_of_one_day_says_so_and_counts_what_was_open_then() {
    let county = busy();
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    for (day, n) in [
        ("2026-03-01", 0),
        ("2026-03-02", 4),
        ("2026-05-04", 4),
        ("2026-05-05", 5),
    ] {
        let page = browser.get(&format!("/ledgers/pipeline?open_on={day}")).await;
        assert_eq!(total(&page), n, "{day}: {}", page.text);
        assert!(page.has("日终在办"), "what is left out is said");
    }
    assert_eq!(total(&browser.get("/ledgers/pipeline?open_on=soon").await), 5);
}

#[tokio::test]
async fn figures_of_a_chart_go_into_a_spreadsheet() {
    let county = busy();
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    for chart in ["funnel", "burn-down", "holders", "due", "owners"] {
        let file = browser
            .get(&format!("/ledgers/pipeline/charts/{chart}.csv"))
            .await;
        assert_eq!(file.status, StatusCode::OK, "{chart}");
        assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    }
    let funnel = browser.get("/ledgers/pipeline/charts/funnel.csv").await;
    assert!(funnel.has("签约,4,80.0%"), "{}", funnel.text);
    for nothing in ["pie.csv", "funnel", "funnel.xlsx"] {
        let page = browser.get(&format!("/ledgers/pipeline/charts/{nothing}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_board_has_a_column_a_stage_and_the_gantt_chart_a_row_a_matter() {
    let county = busy();
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let board = browser.get("/ledgers/pipeline/pipeline").await;
    for words in ["招商", "签约", "落地", "时限 90天", "已停留64天", "其中超期 1 件"] {
        assert!(board.has(words), "{words}: {}", board.text);
    }
    let gantt = browser.get("/ledgers/pipeline/gantt").await;
    assert_eq!(gantt.text.matches("role=\"group\"").count(), 5);
    assert!(
        gantt.has("天\"><title>落地：2026年3月2日至2026年5月5日，超过环节时限 4 天"),
        "{}",
        gantt.text
    );
    assert!(gantt.has("class=\"planned\"") && gantt.has("class=\"now\""));
    for page in ["pipeline", "gantt"] {
        let none = browser.get(&format!("/ledgers/all/{page}")).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{page} of all ledgers");
        let empty = browser.get(&format!("/ledgers/pipeline/{page}?q=x")).await;
        assert!(empty.has("画不出图"), "{}", empty.text);
    }
}

#[tokio::test]
async fn nobody_sees_in_a_chart_what_he_may_not_see() {
    let county = busy();
    let mut stranger = Browser::signed_in(&county, "audit.clerk").await;
    for page in ["charts", "pipeline", "gantt"] {
        let page = stranger.get(&format!("/ledgers/pipeline/{page}")).await;
        assert!(page.has("画不出图") && !page.has("样本项目"), "{}", page.text);
    }
}

#[tokio::test]
async fn numbers_on_the_wall_open_what_they_count() {
    let county = busy();
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let board = browser.get("/board?part=true").await;
    let late = browser.get("/ledgers/pipeline?open=yes&colour=red").await;
    assert!(
        board.has("href=\"/ledgers/pipeline?open=yes&amp;colour=red\""),
        "{}",
        board.text
    );
    assert!(board.has(&format!("{}/5", total(&late))), "{}", board.text);
}
