//! Signing in by way of another system: believed only where signature, issuer, audience, time and this very sign-in agree; an
//! account that is there, and never one that is made by it.

use axum::http::{StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::browser::{Browser, Page};
use crate::county::County;
use crate::provider::{Provider, Signs};

struct Place {
    county: County,
    provider: Provider,
    _dir: tempfile::TempDir,
}

fn place(more: &str) -> Place {
    let (mut county, provider, dir) = (County::new(), Provider::new(), tempfile::tempdir().unwrap());
    let text = format!(
        "address = \"https://bihuan.example\"\n[sso]\nissuer = \"{}\"\nclient_id = \"bihuan\"\nclient_secret = \"S3CRET\"\n{more}\n",
        provider.issuer
    );
    std::fs::write(dir.path().join("bihuan.toml"), text).unwrap();
    county.notices = std::sync::Arc::new(bihuan_engine::Notices::open(dir.path()).unwrap());
    Place {
        county,
        provider,
        _dir: dir,
    }
}

/// A field of an address's query.
fn field(address: &str, name: &str) -> String {
    let query = address.split_once('?').unwrap().1;
    let found = query
        .split('&')
        .find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    found
        .unwrap_or_else(|| panic!("no {name} in {address}"))
        .to_owned()
}

fn location(page: &Page) -> String {
    page.headers[header::LOCATION].to_str().unwrap().to_owned()
}

/// The browser goes there: what the provider was asked.
async fn goes(place: &Place, browser: &mut Browser) -> String {
    let page = browser
        .once(
            "GET",
            "/sign-in/common?jurisdiction=sample&next=/ledgers",
            None,
            Vec::new(),
        )
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let asked = location(&page);
    place.provider.visited(&field(&asked, "code_challenge"));
    asked
}

fn claims(place: &Place, asked: &str) -> Json {
    let now = Timestamp::now().as_second();
    json!({ "iss": place.provider.issuer, "aud": "bihuan", "sub": "1", "exp": now + 300, "iat": now,
        "nonce": field(asked, "nonce"), "preferred_username": "housing.clerk" })
}

async fn comes_back(browser: &mut Browser, asked: &str) -> Page {
    let back = format!("/sign-in/common/back?code=C0DE&state={}", field(asked, "state"));
    browser.once("GET", &back, None, Vec::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_the_other_system_knows_is_signed_in_to_his_account_and_led_on() {
    for signs in [Signs::Rs256, Signs::Es256] {
        let place = place("");
        let mut browser = Browser::new(&place.county);
        let page = browser.get("/sign-in").await;
        assert!(page.has("统一认证登录"), "{}", page.text);
        let asked = goes(&place, &mut browser).await;
        assert!(
            asked.starts_with(&format!("{}/go?", place.provider.issuer)),
            "{asked}"
        );
        assert_eq!(field(&asked, "response_type"), "code");
        assert_eq!(field(&asked, "code_challenge_method"), "S256");
        assert_eq!(
            field(&asked, "redirect_uri"),
            "https%3A%2F%2Fbihuan.example%2Fsign-in%2Fcommon%2Fback"
        );
        place.provider.says(&claims(&place, &asked), signs);
        let page = comes_back(&mut browser, &asked).await;
        assert_eq!(
            (page.status, location(&page).as_str()),
            (StatusCode::SEE_OTHER, "/ledgers"),
            "{}",
            page.text
        );
        assert!(browser.get("/account").await.has("housing.clerk"));
        assert!(
            !place.provider.redeemed()[0].contains("S3CRET"),
            "the secret goes in the header"
        );

        // Signing out here leads to the way out there.
        let csrf = browser.get("/").await.hidden("csrf");
        let left = browser.post("/sign-out", &[("csrf", &csrf)]).await;
        assert!(
            left.has("同时退出统一认证")
                && left.has(&format!("{}/leave?client_id=bihuan", place.provider.issuer)),
            "{}",
            left.text
        );
        assert!(browser.get("/account").await.path.starts_with("/sign-in"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_true_in_any_one_respect_signs_nobody_in() {
    let place = place("");
    let now = Timestamp::now().as_second();
    let wrongs: [(&str, &str, Json, Signs); 13] = [
        ("签名不对", "", Json::Null, Signs::Strange),
        ("签名算法不是", "", Json::Null, Signs::Not),
        ("签名算法不是", "", Json::Null, Signs::Hmac),
        ("不是发给本系统的", "aud", json!("other"), Signs::Rs256),
        (
            "不是发给本系统的",
            "aud",
            json!(["bihuan", "other"]),
            Signs::Rs256,
        ),
        ("不是发给本系统的", "azp", json!("other"), Signs::Es256),
        ("签发方不符", "iss", json!("https://evil.example"), Signs::Rs256),
        ("已过期", "exp", json!(now - 120), Signs::Rs256),
        ("已过期", "exp", Json::Null, Signs::Rs256),
        ("已过期", "iat", json!(now + 900), Signs::Es256),
        ("与这次登录对不上", "nonce", json!("0"), Signs::Rs256),
        ("没有约定的身份字段", "preferred_username", json!(7), Signs::Rs256),
        (
            "没有对应的账户",
            "preferred_username",
            json!("nobody"),
            Signs::Rs256,
        ),
    ];
    let before = place.county.accounts.all().unwrap().len();
    for (why, name, value, signs) in wrongs {
        let mut browser = Browser::new(&place.county);
        let asked = goes(&place, &mut browser).await;
        let mut said = claims(&place, &asked);
        if value.is_null() {
            said.as_object_mut().unwrap().remove(name);
        } else {
            said[name] = value;
        }
        place.provider.says(&said, signs);
        let page = comes_back(&mut browser, &asked).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        assert!(page.has(why), "{why}: {}", page.text);
        assert!(
            browser.get("/account").await.path.starts_with("/sign-in"),
            "{why}"
        );
    }
    assert_eq!(
        place.county.accounts.all().unwrap().len(),
        before,
        "no account is made"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_good_once_and_only_in_the_browser_that_asked() {
    let place = place("");
    let mut browser = Browser::new(&place.county);
    let asked = goes(&place, &mut browser).await;
    place.provider.says(&claims(&place, &asked), Signs::Rs256);

    // Somebody else's browser is given the address.
    let mut other = Browser::new(&place.county);
    let page = comes_back(&mut other, &asked).await;
    assert!(page.has("已过期或已用过"), "{}", page.text);
    let their = goes(&place, &mut other).await;
    let page = comes_back(&mut other, &asked).await;
    assert!(page.has("已过期或已用过"), "{}", page.text);
    drop(their);

    place.provider.visited(&field(&asked, "code_challenge"));
    let cookies = browser.cookies.clone();
    assert_eq!(
        comes_back(&mut browser, &asked).await.status,
        StatusCode::SEE_OTHER
    );
    // The same answer again, with the cookie that the browser had then.
    let mut again = Browser::new(&place.county);
    again.cookies = cookies;
    let page = comes_back(&mut again, &asked).await;
    assert!(page.has("已过期或已用过"), "{}", page.text);
    assert_eq!(place.provider.redeemed().len(), 1, "the code was redeemed once");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_there_or_finds_nobody_there_is_told_so() {
    let place = place("");
    let mut browser = Browser::new(&place.county);
    let asked = goes(&place, &mut browser).await;
    let back = format!(
        "/sign-in/common/back?error=access_denied&state={}",
        field(&asked, "state")
    );
    assert!(browser.get(&back).await.has("对方拒绝了"));
    // The provider does not know the code: nothing of its answer is shown.
    let asked = goes(&place, &mut browser).await;
    let back = format!("/sign-in/common/back?code=wrong&state={}", field(&asked, "state"));
    let page = browser.get(&back).await;
    assert!(
        page.has("现在连不上") && !page.has("invalid_grant"),
        "{}",
        page.text
    );
    let nowhere = Browser::new(&County::new())
        .get("/sign-in/common?jurisdiction=sample")
        .await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_step_of_an_account_is_asked_for_unless_the_other_system_asks_for_one() {
    for (more, asks) in [("", true), ("second_step = \"there\"", false)] {
        let place = place(more);
        let accounts = &place.county.accounts;
        let enrolment = accounts.begin_second("housing.clerk", "x").unwrap();
        let now = Timestamp::now();
        let code = crate::accounts::code_of(&enrolment.secret, now);
        accounts
            .confirm_second("housing.clerk", &code, now)
            .unwrap()
            .unwrap();
        let mut browser = Browser::new(&place.county);
        let asked = goes(&place, &mut browser).await;
        place.provider.says(&claims(&place, &asked), Signs::Rs256);
        let page = comes_back(&mut browser, &asked).await;
        assert_eq!(location(&page).starts_with("/sign-in/code"), asks, "{more}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_outlives_its_session_comes_back_over_the_other_system_too() {
    let place = place("");
    let case = place.county.matter("厂区道路被占");
    let mut browser = Browser::new(&place.county);
    let typed = [
        ("act", "note"),
        ("key", "held-1"),
        ("note", "写了半个小时的情况 <b>"),
    ];
    let held = browser.post(&format!("/cases/{case}/act"), &typed).await;
    assert_eq!(held.status, StatusCode::UNAUTHORIZED);
    assert!(
        held.has("您刚才写的内容还在") && held.has("统一认证登录"),
        "{}",
        held.text
    );
    // Refused there at first: the form is still held, for either way.
    let asked = goes(&place, &mut browser).await;
    let back = format!(
        "/sign-in/common/back?error=access_denied&state={}",
        field(&asked, "state")
    );
    assert!(browser.get(&back).await.has("写了半个小时的情况"));
    let asked = goes(&place, &mut browser).await;
    place.provider.says(&claims(&place, &asked), Signs::Rs256);
    let page = comes_back(&mut browser, &asked).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(
        page.has("写了半个小时的情况 &lt;b&gt;") && page.has(&format!("action=\"/cases/{case}/act\"")),
        "{}",
        page.text
    );
    assert!(
        !browser
            .get(&format!("/cases/{case}"))
            .await
            .has("<blockquote>写了半个小时"),
        "nothing is sent without a press"
    );
    let csrf = page.hidden("csrf");
    let mut again = vec![("csrf", csrf.as_str()), ("look", "1")];
    again.extend(typed);
    let shown = browser.post(&format!("/cases/{case}/act"), &again).await;
    assert!(
        shown.form("act-note").has("写了半个小时的情况 &lt;b&gt;"),
        "{}",
        shown.text
    );
    // It came back once; who signs in afterwards from this browser is led on as ever.
    let asked = goes(&place, &mut browser).await;
    place.provider.says(&claims(&place, &asked), Signs::Rs256);
    assert_eq!(
        comes_back(&mut browser, &asked).await.status,
        StatusCode::SEE_OTHER
    );
    let sessions = browser.get("/account").await;
    assert!(sessions.has("经统一认证"), "{}", sessions.text);
}

#[test]
fn without_the_address_of_this_server_there_is_no_way_back_and_the_settings_say_so() {
    let sso = "[sso]\nissuer = \"http://sso.example\"\nclient_id = \"bihuan\"\nclient_secret = \"S3CRET\"";
    let faults = bihuan_engine::Settings::parse(sso).unwrap_err();
    let said: String = faults
        .iter()
        .map(|fault| fault.text(bihuan_messages::Lang::Zh))
        .collect();
    assert!(
        said.contains("/sign-in/common/back") && said.contains("以 https:// 开头"),
        "{said}"
    );
    assert!(!said.contains("S3CRET"), "{said}");
}
