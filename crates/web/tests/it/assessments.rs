//! The pages of the assessment: the scheme is for everybody, a sheet for its own unit and for those who assess.

use axum::http::StatusCode;

use crate::browser::Browser;
use crate::county::County;

#[tokio::test]
async fn a_scheme_states_its_weights_and_definitions_to_everybody() {
    let county = County::new();
    let mut clerk = Browser::signed_in(&county, "water.clerk").await;
    assert!(clerk.get("/assessments").await.has("annual-assessment"));
    let page = clerk.get("/assessments/annual-assessment").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.has("row.closed &amp;&amp; row.on_time"), "{}", page.text);
    assert!(page.has("GB/T 8170"));
    assert_eq!(
        clerk.get("/assessments/nowhere").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_period_without_data_or_that_cannot_be_read_is_said_on_the_page() {
    let county = County::new();
    let mut office = Browser::signed_in(&county, "office.supervisor").await;
    let empty = office.get("/assessments/annual-assessment?period=2019").await;
    assert!(
        empty.has("没有任何可计事项") && !empty.has("NaN"),
        "{}",
        empty.text
    );
    let odd = office.get("/assessments/annual-assessment?period=H7").await;
    assert!(odd.status == StatusCode::OK && odd.has("读不懂"), "{}", odd.text);
}

#[tokio::test]
async fn a_unit_does_not_see_the_sheet_of_another() {
    let county = County::new();
    let mut clerk = Browser::signed_in(&county, "water.clerk").await;
    let other = clerk
        .get("/assessments/annual-assessment/housing?period=2026")
        .await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    let own = clerk
        .get("/assessments/annual-assessment/water?period=2026")
        .await;
    assert_ne!(own.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn only_who_keeps_the_result_has_it_computed_and_a_draft_is_not_for_everybody() {
    let county = County::new();
    let mut clerk = Browser::signed_in(&county, "water.clerk").await;
    let page = clerk.get("/assessments/annual-assessment?period=2026").await;
    assert!(
        page.has("id=\"course\"") && !page.has("/compute\""),
        "{}",
        page.text
    );
    let csrf = page.hidden("csrf");
    let sent = clerk
        .post(
            "/assessments/annual-assessment/compute",
            &[("csrf", &csrf), ("key", "k1"), ("period", "2026")],
        )
        .await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(sent.has("您所在的单位不能改"), "{}", sent.text);
    let draft = clerk
        .get("/assessments/annual-assessment/papers/grades?period=2026")
        .await;
    assert_eq!(draft.status, StatusCode::FORBIDDEN);
    let other = clerk
        .get("/assessments/annual-assessment/housing/before?period=2026")
        .await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
}
