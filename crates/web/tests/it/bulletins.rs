//! A bulletin in the browser and over the API: drafted, opened figure by figure, signed by somebody else, issued, taken
//! away as files, recomputed; and the export of a ledger.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may be blunt, too"
)]

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use crate::browser::{Browser, Page};
use crate::county::{County, PASSWORD};

fn field<'a>(page: &'a Page, name: &str) -> &'a str {
    let from = page
        .text
        .split(&format!("name=\"{name}\" value=\""))
        .nth(1)
        .unwrap_or_else(|| panic!("no {name}: {}", page.text));
    from.split('"').next().unwrap()
}

async fn drafted(county: &County) -> (Browser, Page) {
    county.matter("厂区道路被占");
    let mut office = Browser::signed_in(county, "office.dispatcher").await;
    let form = office.get("/bulletins?period=month").await;
    assert!(
        form.has("value=\"2026-03-01\"") && form.has("value=\"2026-03-31\""),
        "{}",
        form.text
    );
    let (csrf, key) = (field(&form, "csrf").to_owned(), field(&form, "key").to_owned());
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", key.as_str()),
        ("from", "2026-03-01"),
        ("to", "2026-03-31"),
        ("order", "name"),
        ("signer", "office.head"),
        ("remarks", "三月底前办结。\n\n逾期的到会说明。"),
    ];
    let first = office.post("/bulletins", &fields).await;
    let again = office.post("/bulletins", &fields).await;
    assert_eq!(first.path, again.path, "a double click drafts once");
    assert_eq!(county.engine.world().bulletins.len(), 1);
    (office, first)
}

#[tokio::test]
async fn a_bulletin_goes_from_draft_to_signature_to_issue_in_the_browser() {
    let county = County::new();
    let (mut office, page) = drafted(&county).await;
    assert_eq!(page.path, "/bulletins/supervision-2026-1");
    assert!(
        page.has("样督通〔2026〕1号") && page.has("草稿") && page.has("逾期的到会说明。"),
        "{}",
        page.text
    );
    assert!(
        !page.has("⟦") && !page.has("/sign\""),
        "the drafter has no button to sign: {}",
        page.text
    );
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    assert_eq!(
        clerk.get(&page.path).await.status,
        StatusCode::NOT_FOUND,
        "a draft names nobody yet"
    );

    let behind = office
        .get("/bulletins/supervision-2026-1/cases?figure=opened")
        .await;
    assert!(
        behind.has("厂区道路被占") && behind.has("/ledgers/all?opened_from=2026-03-01"),
        "{}",
        behind.text
    );
    let live = office
        .get("/ledgers/all?opened_from=2026-03-01&opened_to=2026-03-31")
        .await;
    assert!(live.has("厂区道路被占"));
    assert!(
        !office
            .get("/ledgers/all?opened_to=2026-02-28")
            .await
            .has("厂区道路被占")
    );
    assert_eq!(
        office
            .get("/bulletins/supervision-2026-1/cases?figure=none")
            .await
            .status,
        StatusCode::NOT_FOUND
    );

    let mut head = Browser::signed_in(&county, "office.head").await;
    let before = head.get(&page.path).await;
    let fields = [
        ("csrf", field(&before, "csrf").to_owned()),
        ("key", field(&before, "key").to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let refused = head.post(&format!("{}/issue", page.path), &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("尚未签发"), "{}", refused.text);
    let signed = head.post(&format!("{}/sign", page.path), &fields).await;
    assert!(
        signed.has("已签发，待印发") && !signed.has("doc-is-draft"),
        "{}",
        signed.text
    );
    let key = field(&signed, "key").to_owned();
    let issued = head
        .post(&format!("{}/issue", page.path), &[fields[0], ("key", &key)])
        .await;
    assert!(issued.has("已印发"), "{}", issued.text);
    assert_eq!(
        clerk.get(&page.path).await.status,
        StatusCode::OK,
        "issued, it is for all"
    );

    let checked = clerk.get(&format!("{}/verify", page.path)).await;
    assert!(checked.has("复算一致"), "{}", checked.text);
    for (file, magic) in [
        ("bulletin.docx", &b"PK"[..]),
        ("annex.xlsx", b"PK"),
        ("content.json", b"{\""),
    ] {
        let saved = clerk.get(&format!("{}/{file}", page.path)).await;
        assert!(saved.bytes.starts_with(magic), "{file}");
        assert!(
            saved.headers["content-disposition"]
                .to_str()
                .unwrap()
                .starts_with("attachment")
        );
    }
    // Whether there is PDF is decided when the program is built; what there is not is neither offered nor a fault.
    let pdf = clerk.get(&format!("{}/bulletin.pdf", page.path)).await;
    if bihuan_engine::pdf::BUILT_IN {
        assert!(issued.has("bulletin.pdf") && pdf.bytes.starts_with(b"%PDF"));
    } else {
        assert!(!issued.has("bulletin.pdf"));
        assert_eq!(pdf.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(pdf.has("--features pdf"), "{}", pdf.text);
    }
    for path in [
        "/bulletins",
        &page.path,
        "/bulletins/supervision-2026-1/cases?figure=on_time_rate",
    ] {
        office
            .get(&format!(
                "{}{}lang=en",
                path,
                if path.contains('?') { '&' } else { '?' }
            ))
            .await;
        let english = office.get(path).await;
        assert!(
            english.status.is_success() && !english.has("⟦"),
            "{path}: {}",
            english.text
        );
        assert!(!english.has(" style=\"") && !english.has("<style"), "{path}");
    }
}

#[tokio::test]
async fn a_refused_draft_keeps_what_was_typed() {
    let county = County::new();
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let form = office.get("/bulletins").await;
    let csrf = field(&form, "csrf").to_owned();
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", "k"),
        ("from", "2026-03-31"),
        ("to", "2026-03-01"),
        ("remarks", "留住我"),
    ];
    let refused = office.post("/bulletins", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.has("不成立") && refused.has("留住我"), "{}", refused.text);
    let nonsense = [
        ("csrf", csrf.as_str()),
        ("key", "k"),
        ("from", "昨天"),
        ("to", "2026-03-01"),
    ];
    assert!(office.post("/bulletins", &nonsense).await.has("请填写日期"));
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let list = clerk.get("/bulletins").await;
    assert!(!list.has("id=\"draft\""));
    let csrf = field(&list, "csrf").to_owned();
    assert_eq!(
        clerk.post("/bulletins", &[("csrf", &csrf)]).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn the_same_over_the_api() {
    let county = County::new();
    county.matter("厂区道路被占");
    let (mut office, mut head) = (
        client(&county, "office.dispatcher").await,
        client(&county, "office.head").await,
    );
    let order = json!({ "key": "b1", "from": "2026-03-01", "to": "2026-03-31", "signer": "office.head", "mechanisms": ["three-plus-24"] });
    let made = send(&mut office, "/api/v1/bulletins", &order).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let path = made.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(
        send(&mut office, "/api/v1/bulletins", &order).await.headers["location"],
        path.as_str()
    );
    let early = send(&mut office, &format!("{path}/issue"), &json!({ "key": "i" })).await;
    assert_eq!(
        (early.status.as_u16(), body(&early)["code"].as_str()),
        (422, Some("unsigned"))
    );
    assert_eq!(
        send(&mut head, &format!("{path}/sign"), &json!({ "key": "s" }))
            .await
            .status,
        StatusCode::OK
    );
    let issued = send(&mut office, &format!("{path}/issue"), &json!({ "key": "i" })).await;
    assert!(body(&issued)["issued_at"].is_string(), "{}", issued.text);
    let stored = office.get(&path).await;
    let digest = bihuan_ledger::Digest::of(&stored.bytes).to_string();
    assert_eq!(
        body(&issued)["content"],
        digest,
        "what is read is what the log names"
    );
    assert_eq!(body(&stored)["figures"]["counts"][0]["cases"], json!("1"));
    assert_eq!(body(&office.get(&format!("{path}/verify")).await)["holds"], true);
    assert_eq!(
        body(&office.get("/api/v1/bulletins").await)["bulletins"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        office.get("/api/v1/bulletins/none").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_ledger_is_exported_as_its_page_shows_it() {
    let county = County::new();
    county.matter("厂区道路被占");
    let mut office = Browser::signed_in(&county, "office.supervisor").await;
    let csv = office.get("/ledgers/three-plus-24/export.csv?open=yes").await;
    assert!(
        csv.has("厂区道路被占") && csv.has("住房和城乡建设局"),
        "{}",
        csv.text
    );
    assert!(
        !office
            .get("/ledgers/three-plus-24/export.csv?open=no")
            .await
            .has("厂区道路被占")
    );
    assert!(
        office
            .get("/ledgers/all/export.xlsx")
            .await
            .bytes
            .starts_with(b"PK")
    );
    let mut water = Browser::signed_in(&county, "water.clerk").await;
    assert!(
        !water
            .get("/ledgers/three-plus-24/export.csv")
            .await
            .has("厂区道路被占"),
        "not theirs to see"
    );
    assert_eq!(
        water.get("/ledgers/none/export.csv").await.status,
        StatusCode::NOT_FOUND
    );
}

async fn client(county: &County, login: &str) -> Browser {
    let mut browser = Browser::new(county);
    let order = json!({ "jurisdiction": "sample", "login": login, "password": PASSWORD });
    let page = send(&mut browser, "/api/v1/session", &order).await;
    let token = body(&page)["token"].as_str().unwrap().to_owned();
    browser.headers.push(("authorization", format!("Bearer {token}")));
    browser
}

async fn send(browser: &mut Browser, path: &str, json: &Json) -> Page {
    browser
        .once(
            "POST",
            path,
            Some("application/json"),
            json.to_string().into_bytes(),
        )
        .await
}

fn body(page: &Page) -> Json {
    serde_json::from_str(&page.text).unwrap_or_else(|error| panic!("{error}: {}", page.text))
}
