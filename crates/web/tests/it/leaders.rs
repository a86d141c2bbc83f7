//! Who sees the clocks of leaders: units do, until the place sets it otherwise; supervision and the log always do.

use axum::http::StatusCode;
use bihuan_domain::calendar::instant;
use jiff::civil::date;
use serde_json::{Value as Json, json};

use crate::browser::Browser;
use crate::county::{County, apart};

/// A matter that has lain with the leader for longer than he has.
fn with_a_late_leader() -> (County, bihuan_domain::id::CaseId) {
    let county = County::new();
    let case = county.matter("供水管线迁改受阻");
    let report =
        json!({ "type": "step", "case": case, "step": "report", "values": { "report": "需要协调" } });
    county.order("housing.clerk", "told", report);
    county.time.set(instant(date(2026, 3, 3).at(15, 0, 0, 0)));
    apart(|| county.engine.catch_up().unwrap());
    (county, case)
}

async fn set(office: &mut Browser, seen: &str) {
    let page = office.get("/admin/leaders").await;
    let (csrf, key) = (page.hidden("csrf"), page.hidden("key"));
    let fields = [("csrf", csrf.as_str()), ("key", key.as_str()), ("seen", seen)];
    let after = office.post("/admin/leaders", &fields).await;
    assert_eq!(after.status, StatusCode::OK, "{}", after.text);
}

#[tokio::test]
async fn units_see_a_leaders_clock_until_the_place_sets_it_otherwise() {
    let (county, case) = with_a_late_leader();
    let mut housing = Browser::signed_in(&county, "housing.clerk").await;
    let mut office = Browser::signed_in(&county, "office.supervisor").await;
    let (page, row, api) = (
        format!("/cases/{case}"),
        "/ledgers/three-plus-24",
        format!("/api/v1/cases/{case}"),
    );
    let json = |page: &crate::browser::Page| serde_json::from_str::<Json>(&page.text).unwrap();
    assert!(
        housing.get(&page).await.has("2026年3月3日 9:00"),
        "the leader's limit"
    );
    assert_eq!(json(&housing.get(&api).await)["colour"], "red");

    let size = county.engine.beacon().size;
    set(&mut office, "office").await;
    assert_eq!(county.engine.beacon().size, size + 1, "the setting is an event");
    set(&mut office, "office").await;
    assert_eq!(county.engine.beacon().size, size + 1, "and not said twice");

    let hidden = housing.get(&page).await;
    assert!(hidden.has("现在在领导环节"), "{}", hidden.text);
    assert!(!hidden.has("2026年3月3日 9:00"), "{}", hidden.text);
    let told = json(&housing.get(&api).await);
    assert_eq!((&told["colour"], &told["due"]), (&json!("green"), &Json::Null));
    let listed = housing.get(row).await;
    assert!(
        listed.has("供水管线迁改受阻") && !listed.has("3月3日 9:00"),
        "{}",
        listed.text
    );
    let red = housing.get(&format!("{row}?colour=red")).await;
    assert!(
        !red.has(&format!("\"/cases/{case}\"")),
        "no filter tells it either: {}",
        red.text
    );

    let mut leader = Browser::signed_in(&county, "county.leader").await;
    for browser in [&mut office, &mut leader] {
        let seen = browser.get(&page).await;
        assert!(
            seen.has("2026年3月3日 9:00") && !seen.has("现在在领导环节"),
            "{}",
            seen.text
        );
    }
    set(&mut office, "everybody").await;
    assert!(housing.get(&page).await.has("2026年3月3日 9:00"));
}

#[tokio::test]
async fn only_the_office_sets_who_sees_them() {
    let (county, _) = with_a_late_leader();
    let mut housing = Browser::signed_in(&county, "housing.clerk").await;
    assert_eq!(housing.get("/admin/leaders").await.status, StatusCode::FORBIDDEN);
}
