//! Accounts: passwords that somebody handed over, the second step, tokens, sessions elsewhere, and who administers them.

use axum::http::StatusCode;
use bihuan_engine::Accounts;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use sha1::Sha1;

use crate::browser::{Browser, Page};
use crate::county::{County, PASSWORD};
use crate::custody::{on_post, watched};

/// What the authenticator on a phone shows at an instant, from the secret that it was given.
pub(crate) fn code_of(secret: &str, at: Timestamp) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = secret
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| format!("{:05b}", letters.find(c).unwrap()))
        .collect();
    let bytes: Vec<u8> = (0..bits.len() / 8)
        .map(|n| u8::from_str_radix(bits.get(n * 8..n * 8 + 8).unwrap(), 2).unwrap())
        .collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(&bytes).unwrap();
    mac.update(&u64::try_from(at.as_second() / 30).unwrap().to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// What stands between two marks of a page.
fn between<'a>(page: &'a Page, before: &str, after: &str) -> &'a str {
    let rest = page
        .text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {}", page.text))
        .1;
    rest.split_once(after).unwrap().0
}

async fn sent(browser: &mut Browser, path: &str, from: &str, fields: &[(&str, &str)]) -> Page {
    let csrf = browser.get(from).await.hidden("csrf");
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.post(path, &all).await
}

async fn enter(county: &County, login: &str, password: &str) -> (Browser, Page) {
    let mut browser = Browser::new(county);
    let fields = [
        ("jurisdiction", "sample"),
        ("login", login),
        ("password", password),
        ("next", "/"),
    ];
    let page = browser.post("/sign-in", &fields).await;
    (browser, page)
}

fn acts(county: &County) -> Vec<String> {
    let entries = county.engine.views().unwrap().log().entries(0, 10_000).unwrap();
    let changed = entries
        .into_iter()
        .filter(|entry| entry.kind == "account.changed");
    changed
        .map(|entry| entry.body["act"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_new_person_gets_an_account_and_changes_the_handed_password_before_anything_else() {
    let county = County::new();
    let mut office = Browser::signed_in(&county, "office.supervisor").await;
    let fields = [
        ("name", "周样"),
        ("post", "housing.clerk"),
        ("login", "housing.zhou"),
    ];
    let page = sent(&mut office, "/admin/accounts", "/admin/accounts", &fields).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let password = between(&page, "<code class=\"secret\">", "</code>").to_owned();
    let (mut person, page) = enter(&county, "housing.zhou", &password).await;
    assert_eq!(page.path, "/account");
    assert!(page.has("这个密码是别人给您的"), "{}", page.text);
    assert_eq!(person.get("/ledgers").await.path, "/account");
    let api = person.get("/api/v1/cases").await;
    assert_eq!(api.status, StatusCode::FORBIDDEN, "{}", api.text);
    // Too short, not the same twice, and at last right.
    for (new, again, said) in [
        ("short", "short", "至少 8 个字符"),
        ("纸船 星期三 铁皮", "纸船 星期四 铁皮", "不一样"),
        (password.as_str(), password.as_str(), "与现在的一样"),
    ] {
        let fields = [("old", password.as_str()), ("new", new), ("again", again)];
        let page = sent(&mut person, "/account/password", "/account", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.has(said), "{said}: {}", page.text);
    }
    let new = "纸船 星期三 铁皮";
    let fields = [("old", password.as_str()), ("new", new), ("again", new)];
    let page = sent(&mut person, "/account/password", "/account", &fields).await;
    assert_eq!((page.status, page.path.as_str()), (StatusCode::OK, "/"));
    assert_eq!(person.get("/ledgers").await.path, "/ledgers");
    let (_, page) = enter(&county, "housing.zhou", &password).await;
    assert!(page.has("账号或密码不对"));
    assert_eq!(acts(&county), ["made", "password_set"]);
    // The name is on the page for who administers, and not in the log.
    assert!(office.get("/admin/accounts?q=zhou").await.has("周样"));
    let entries = county.engine.views().unwrap().log().entries(0, 10_000).unwrap();
    assert!(
        !entries
            .iter()
            .any(|entry| entry.body.to_string().contains("周样"))
    );
}

#[tokio::test]
async fn a_bad_new_account_is_told_what_is_wrong_at_its_field() {
    let county = County::new();
    let mut office = Browser::signed_in(&county, "office.supervisor").await;
    let before = county.engine.views().unwrap().log().head().unwrap().size;
    for (name, post, login, said) in [
        ("", "housing.clerk", "housing.new", "请填写姓名"),
        ("周样", "nobody.nowhere", "housing.new", "请选择一个现有的岗位"),
        ("周样", "housing.clerk", "Housing New", "小写字母开头"),
        ("周样", "housing.clerk", "housing.clerk", "已经有了"),
    ] {
        let fields = [("name", name), ("post", post), ("login", login)];
        let page = sent(&mut office, "/admin/accounts", "/admin/accounts", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
        assert!(page.has(said), "{said}: {}", page.text);
    }
    assert_eq!(county.engine.views().unwrap().log().head().unwrap().size, before);
}

#[tokio::test]
async fn the_second_step_is_scanned_confirmed_asked_for_and_taken_off_by_another() {
    let county = County::new();
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get("/account/second").await;
    let secret = between(&page, "<code class=\"secret\">", "</code>").to_owned();
    assert!(page.has("class=\"qr\""));
    assert_eq!(
        between(
            &clerk.get("/account/second").await,
            "<code class=\"secret\">",
            "</code>"
        ),
        secret,
        "who comes back finds the secret that he has scanned"
    );
    let confirm = |code: String| [("act", "confirm".to_owned()), ("code", code)];
    let wrong = confirm("000000".to_owned()).map(|(k, v)| (k, v));
    let wrong: Vec<(&str, &str)> = wrong.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let page = sent(&mut clerk, "/account/second", "/account/second", &wrong).await;
    assert!(page.has("验证码不对"), "{}", page.text);
    let now = Timestamp::now();
    let earlier = code_of(&secret, now - SignedDuration::from_secs(30));
    let page = sent(
        &mut clerk,
        "/account/second",
        "/account/second",
        &[("act", "confirm"), ("code", &earlier)],
    )
    .await;
    assert!(page.has("恢复码"), "{}", page.text);
    let recovery = between(&page, "<ul class=\"spare-codes\"><li><code>", "</code>").to_owned();

    // The password alone opens nothing.
    let (mut phone, page) = enter(&county, "housing.clerk", PASSWORD).await;
    assert_eq!(page.path.split('?').next(), Some("/sign-in/code"));
    assert_eq!(phone.get("/").await.path.split('?').next(), Some("/sign-in"));
    // A code that was used is no code.
    let page = phone
        .post("/sign-in/code", &[("code", &earlier), ("next", "/")])
        .await;
    assert!(page.has("验证码不对"), "{}", page.text);
    let code = code_of(&secret, Timestamp::now());
    let page = phone
        .post("/sign-in/code", &[("code", &code), ("next", "/")])
        .await;
    assert_eq!(
        (page.status, page.path.as_str()),
        (StatusCode::OK, "/"),
        "{}",
        page.text
    );
    // A recovery code works once.
    let (mut other, _) = enter(&county, "housing.clerk", PASSWORD).await;
    let page = other
        .post("/sign-in/code", &[("code", &recovery), ("next", "/")])
        .await;
    assert_eq!(page.path, "/", "{}", page.text);
    let (mut again, _) = enter(&county, "housing.clerk", PASSWORD).await;
    let page = again
        .post("/sign-in/code", &[("code", &recovery), ("next", "/")])
        .await;
    assert!(page.has("验证码不对"));
    assert!(other.get("/account").await.has("还剩 7 个恢复码"));
    // Five wrong ones and it begins with the password again.
    for _ in 0..4 {
        again
            .post("/sign-in/code", &[("code", "123"), ("next", "/")])
            .await;
    }
    let page = again
        .post("/sign-in/code", &[("code", "123"), ("next", "/")])
        .await;
    assert_eq!(page.path, "/sign-in", "{}", page.text);

    // The phone is lost: somebody who administers takes the second step off.
    let mut office = Browser::signed_in(&county, "office.supervisor").await;
    sent(
        &mut office,
        "/admin/accounts/housing.clerk",
        "/admin/accounts",
        &[("act", "second_off")],
    )
    .await;
    let (_, page) = enter(&county, "housing.clerk", PASSWORD).await;
    assert_eq!(page.path, "/");
    assert_eq!(acts(&county), ["second_on", "second_off"]);
}

#[tokio::test]
async fn a_token_reads_for_its_purpose_and_ends_when_it_is_ended() {
    let county = County::new();
    let mut clerk = Browser::signed_in(&county, "office.supervisor").await;
    let make = |scope: &'static str, password: &'static str| {
        [
            ("act", "make"),
            ("token-name", "统计局取数"),
            ("scope", scope),
            ("days", "30"),
            ("token-password", password),
        ]
    };
    let page = sent(
        &mut clerk,
        "/account/tokens",
        "/account",
        &make("read", "not-it-at-all"),
    )
    .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = sent(&mut clerk, "/account/tokens", "/account", &make("read", PASSWORD)).await;
    let token = between(&page, "<code class=\"secret\">", "</code>").to_owned();
    assert!(token.starts_with("sample.bht_"), "{token}");
    assert!(!clerk.get("/account").await.has(&token), "shown once");
    let mut program = Browser::new(&county);
    program.headers.push(("authorization", format!("Bearer {token}")));
    assert_eq!(program.get("/api/v1/cases").await.status, StatusCode::OK);
    let command = br#"{"key":"k1","type":"remind","case":1,"note":"x"}"#.to_vec();
    let refused = program
        .send(
            "POST",
            "/api/v1/commands",
            Some("application/json"),
            command.clone(),
        )
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.has("read_only"), "{}", refused.text);
    // One that may submit gets as far as the rules.
    let page = sent(&mut clerk, "/account/tokens", "/account", &make("all", PASSWORD)).await;
    let writing = between(&page, "<code class=\"secret\">", "</code>").to_owned();
    let mut writer = Browser::new(&county);
    writer
        .headers
        .push(("authorization", format!("Bearer {writing}")));
    let answer = writer
        .send("POST", "/api/v1/commands", Some("application/json"), command)
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text);

    let accounts = Accounts::open(county.database().parent().unwrap()).unwrap();
    let tokens = accounts.tokens("office.supervisor", Timestamp::now()).unwrap();
    let read_only = tokens.iter().find(|token| token.read_only).unwrap();
    assert!(read_only.used.is_some());
    let later = Timestamp::now() + SignedDuration::from_hours(31 * 24);
    assert!(accounts.tokens("office.supervisor", later).unwrap().is_empty());
    let id = read_only.id.clone();
    sent(
        &mut clerk,
        "/account/tokens",
        "/account",
        &[("act", "end"), ("id", &id)],
    )
    .await;
    assert_eq!(
        program.get("/api/v1/cases").await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(acts(&county), ["token_made", "token_made", "token_ended"]);
}

#[tokio::test]
async fn a_changed_password_signs_out_everywhere_else() {
    let county = County::new();
    let mut here = Browser::signed_in(&county, "housing.clerk").await;
    let mut there = Browser::new(&county);
    there.headers.push((
        "user-agent",
        "Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 Chrome/86.0 Safari/537.36".to_owned(),
    ));
    there.sign_in("housing.clerk").await;
    assert!(here.get("/account").await.has("Chrome · Android"));
    let new = "纸船 星期三 铁皮";
    let fields = [("old", PASSWORD), ("new", new), ("again", new)];
    let page = sent(&mut here, "/account/password", "/account", &fields).await;
    assert!(page.has("密码已改"), "{}", page.text);
    assert_eq!(there.get("/").await.path.split('?').next(), Some("/sign-in"));
    assert_eq!(here.get("/").await.path, "/");
    // Signed in there again, and signed out from here.
    let (mut there, _) = enter(&county, "housing.clerk", new).await;
    sent(&mut here, "/account/sessions", "/account", &[("id", "others")]).await;
    assert_eq!(there.get("/").await.path.split('?').next(), Some("/sign-in"));
}

#[tokio::test]
async fn after_ten_wrong_passwords_the_right_one_waits_too_until_the_office_unlocks_the_account() {
    let county = County::new();
    for n in 0..10 {
        let (_, page) = enter(&county, "housing.clerk", &format!("guess-{n}")).await;
        assert!(page.has("id=\"login\""), "{}", page.text);
    }
    let (_, page) = enter(&county, "housing.clerk", PASSWORD).await;
    assert!(page.has("id=\"login\"") && !page.has("我的待办"), "{}", page.text);
    // Others are not kept out by it.
    let (_, page) = enter(&county, "housing.head", PASSWORD).await;
    assert!(page.has("我的待办"), "{}", page.text);
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    assert!(office.get("/admin/accounts").await.has("密码输错太多，锁定到"));
    sent(
        &mut office,
        "/admin/accounts/housing.clerk",
        "/admin/accounts",
        &[("act", "unlock")],
    )
    .await;
    let (_, page) = enter(&county, "housing.clerk", PASSWORD).await;
    assert!(page.has("我的待办"), "{}", page.text);
}

#[tokio::test]
async fn a_colleague_acts_during_leave_under_his_own_name_and_it_ends_by_itself() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let arrange = async |browser: &mut Browser, fields: &[(&str, &str)]| {
        let page = browser.get("/account/acting").await;
        let (csrf, key) = (page.hidden("csrf"), page.hidden("key"));
        let mut all = vec![
            ("csrf", csrf.as_str()),
            ("key", key.as_str()),
            ("of", "p.housing.clerk"),
        ];
        all.extend(fields);
        browser.post("/account/acting", &all).await
    };
    let leave = |deputy, from, to| {
        [
            ("post", "housing.clerk"),
            ("deputy", deputy),
            ("from", from),
            ("to", to),
        ]
    };
    // What is wrong is said at its field, and what was typed stays.
    for (fields, says) in [
        (
            leave("p.water.clerk", "2026-03-02", "2026-03-04"),
            "代岗人必须是本单位在岗的人",
        ),
        (
            leave("p.housing.head", "2026-03-04", "2026-03-02"),
            "止日不早于起日",
        ),
        (
            leave("p.housing.head", "2026-03-01", "2026-03-02"),
            "代岗要从今天或以后起",
        ),
        (leave("p.housing.head", "", "2026-03-02"), "请填写日期"),
    ] {
        let page = arrange(&mut clerk, &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
        assert!(
            page.has(says) && page.has("value=\"2026-03-0"),
            "{says}: {}",
            page.text
        );
    }
    let page = arrange(
        &mut clerk,
        &[
            ("post", "water.clerk"),
            ("deputy", "p.water.head"),
            ("from", "2026-03-02"),
            ("to", "2026-03-02"),
        ],
    )
    .await;
    assert!(page.has("不由本人担任"), "{}", page.text);

    let page = arrange(&mut clerk, &leave("p.housing.head", "2026-03-02", "2026-03-04")).await;
    assert!(
        page.status.is_success() && page.has("结束代岗") && page.has("2026年3月4日"),
        "{}",
        page.text
    );
    // He finds the work of the post on his desk, is told so, and what he does stands under his name in that post.
    let mut head = Browser::signed_in(&county, "housing.head").await;
    assert!(head.get("/").await.has("厂区道路被占"));
    assert!(
        head.get("/account").await.has("代"),
        "it stands on his account too"
    );
    let mut head = on_post(&county, "housing.head", "housing.clerk").await;
    let page = head.get(&format!("/cases/{case}")).await;
    let form = page.form("act-step-report");
    let (csrf, key, seq) = (page.hidden("csrf"), form.hidden("key"), form.hidden("seq"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("seq", &seq),
        ("act", "step:report"),
        ("f.report", "占道三十米"),
    ];
    let done = head.post(&format!("/cases/{case}/act"), &fields).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    // After the last day the post is no longer his; the other posts are.
    county.time.set("2026-03-05T01:00:00Z".parse().unwrap());
    let page = Browser::signed_in(&county, "housing.head")
        .await
        .get("/account")
        .await;
    assert!(!page.has("住房和城乡建设局承办岗"), "{}", page.text);

    // A later leave that is ended early leaves the earlier one as it was.
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    arrange(&mut clerk, &leave("p.housing.head", "2026-03-05", "2026-03-20")).await;
    county.time.set("2026-03-08T01:00:00Z".parse().unwrap());
    arrange(
        &mut clerk,
        &[("end", "p.housing.head"), ("post", "housing.clerk")],
    )
    .await;
    let world = county.engine.world();
    let acted = world
        .org
        .appointments
        .iter()
        .filter(|one| one.acting_for.is_some());
    let days: Vec<String> = acted
        .map(|one| format!("{}..{}", one.valid.from, one.valid.to.unwrap()))
        .collect();
    assert_eq!(days, ["2026-03-02..2026-03-04", "2026-03-05..2026-03-07"]);
}

#[tokio::test]
async fn acting_is_ended_early_or_arranged_by_who_administers_accounts_and_by_nobody_else() {
    let county = County::new();
    let send = async |browser: &mut Browser, fields: &[(&str, &str)]| {
        let page = browser.get("/account").await;
        let csrf = page.hidden("csrf");
        let key = format!("acting-{}", fields.len());
        let mut all = vec![("csrf", csrf.as_str()), ("key", key.as_str())];
        all.extend(fields);
        browser.post("/account/acting", &all).await
    };
    let leave = [
        ("of", "p.housing.clerk"),
        ("post", "housing.clerk"),
        ("deputy", "p.housing.head"),
        ("from", "2026-03-02"),
        ("to", "2026-03-20"),
    ];
    let mut stranger = Browser::signed_in(&county, "water.clerk").await;
    assert_eq!(send(&mut stranger, &leave).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        stranger.get("/account/acting?of=p.housing.clerk").await.status,
        StatusCode::FORBIDDEN
    );
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    assert!(
        office
            .get("/admin/accounts")
            .await
            .has("/account/acting?of=p.housing.clerk")
    );
    let page = send(&mut office, &leave).await;
    assert!(page.status.is_success() && page.has("结束代岗"), "{}", page.text);
    let mut head = Browser::signed_in(&county, "housing.head").await;
    assert!(head.get("/account").await.has("住房和城乡建设局承办岗"));
    // The absent one is back early.
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = send(
        &mut clerk,
        &[("end", "p.housing.head"), ("post", "housing.clerk")],
    )
    .await;
    assert!(page.status.is_success() && !page.has("结束代岗"), "{}", page.text);
    assert!(!head.get("/account").await.has("住房和城乡建设局承办岗"));
    let again = send(
        &mut clerk,
        &[("end", "p.housing.head"), ("post", "housing.clerk"), ("x", "")],
    )
    .await;
    assert!(again.has("可能已经结束"), "{}", again.text);
}

#[tokio::test]
async fn accounts_are_administered_by_the_office_and_never_ones_own() {
    let county = County::new();
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    assert_eq!(clerk.get("/admin/accounts").await.status, StatusCode::FORBIDDEN);
    let mut office = Browser::signed_in(&county, "office.supervisor").await;
    let own = "/admin/accounts/office.supervisor";
    let page = sent(&mut office, own, "/admin/accounts", &[("act", "reset")]).await;
    assert!(page.has("另一位管理人员"), "{}", page.text);
    let other = "/admin/accounts/housing.clerk";
    let page = sent(&mut office, other, "/admin/accounts", &[("act", "remove")]).await;
    assert!(page.has("请勾选确认"), "{}", page.text);
    assert_eq!(clerk.get("/").await.path, "/");
    let fields = [("act", "remove"), ("sure", "yes")];
    sent(&mut office, other, "/admin/accounts", &fields).await;
    assert_eq!(clerk.get("/").await.path.split('?').next(), Some("/sign-in"));
    assert_eq!(acts(&county), ["removed"]);
}

#[tokio::test]
async fn the_audit_lists_who_administered_what_and_who_looked_at_what_is_masked() {
    let county = watched(None);
    let mut keeper = on_post(&county, "water.clerk", "safety.clerk").await;
    let csrf = keeper.get("/registers/devices").await.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("page", "1"), ("purpose", "check")];
    keeper.post("/registers/devices/unmask", &fields).await;
    let machine = bihuan_domain::org::Actor::at_the_machine("root");
    let engine = county.engine.clone();
    crate::county::apart(move || {
        engine
            .erase(&machine, "register/devices/d1", "consent_withdrawn")
            .unwrap()
    });
    let mut leader = Browser::signed_in(&county, "county.leader").await;
    let page = leader.get("/admin/audit").await;
    for said in [
        "查看敏感内容",
        "核对名册",
        "本人撤回同意",
        "账号 root，自报",
        "采用机制包",
    ] {
        assert!(page.has(said), "{said}: {}", page.text);
    }
    let looks = leader.get("/admin/audit?kind=values.unmasked").await;
    assert!(looks.has("核对名册") && !looks.has("账号 root"), "{}", looks.text);
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    assert_eq!(clerk.get("/admin/audit").await.status, StatusCode::FORBIDDEN);
}
