//! Orders on paper: what they say, when they may be printed, and by whom.

use std::io::{Cursor, Read as _};

use axum::http::StatusCode;

use crate::browser::{Browser, Page};
use crate::county::County;

/// The text of a DOCX, without its marks.
pub(crate) fn words(page: &Page) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(page.bytes.clone())).unwrap();
    let mut xml = String::new();
    archive
        .by_name("word/document.xml")
        .unwrap()
        .read_to_string(&mut xml)
        .unwrap();
    let mut text = String::new();
    for part in xml.split('<').skip(1) {
        text.push_str(part.split_once('>').unwrap().1);
    }
    text
}

#[tokio::test]
async fn an_order_tells_a_unit_without_accounts_what_is_to_be_done_until_when_and_why() {
    let county = County::new();
    let case = county.matter("磁窑河清淤");
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let page = office.get(&format!("/cases/{case}")).await;
    assert!(
        page.has("交办单") && page.has("催办通知") && !page.has("督办通知"),
        "{}",
        page.text
    );
    let order = office.get(&format!("/cases/{case}/orders/handing")).await;
    assert_eq!(order.status, StatusCode::OK, "{}", order.text);
    let text = words(&order);
    for said in ["磁窑河清淤", "交办单", "办理要求", "回执", "核查后方可销号"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let urging = office.get(&format!("/cases/{case}/orders/urging")).await;
    assert!(words(&urging).contains("请抓紧推进"));
    // Nothing was recorded: printing changes nothing.
    let again = office.get(&format!("/cases/{case}")).await;
    assert_eq!(again.headers["etag"], page.headers["etag"]);
}

#[tokio::test]
async fn nothing_is_called_late_that_is_not_and_papers_are_the_offices() {
    let county = County::new();
    let case = county.matter("磁窑河清淤");
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let path = format!("/cases/{case}/orders/supervising");
    let refused = office.get(&path).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("未超期的不能督办"), "{}", refused.text);
    assert_eq!(
        office.get(&format!("/cases/{case}/orders/anything")).await.status,
        StatusCode::NOT_FOUND
    );
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    assert_eq!(
        clerk.get(&format!("/cases/{case}/orders/handing")).await.status,
        StatusCode::FORBIDDEN
    );
    // Two days later it is late, the ladder was climbed, and now it is supervised and not urged.
    county.time.set("2026-03-04T08:00:00Z".parse().unwrap());
    let engine = county.engine.clone();
    crate::county::apart(move || engine.catch_up().unwrap());
    let order = office.get(&path).await;
    assert_eq!(order.status, StatusCode::OK, "{}", order.text);
    let text = words(&order);
    for said in ["现已超期", "已逐级提醒", "加急"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let urging = office.get(&format!("/cases/{case}/orders/urging")).await;
    assert_eq!(urging.status, StatusCode::UNPROCESSABLE_ENTITY);
}
