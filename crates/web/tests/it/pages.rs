//! The daily work through the pages.

use axum::http::StatusCode;
use bihuan_domain::calendar::instant;
use jiff::civil::date;

use crate::browser::{Browser, Page};
use crate::county::{County, apart};

#[tokio::test]
async fn whoever_is_not_signed_in_is_led_to_the_sign_in_and_back() {
    let county = County::new();
    let case = county.matter("道路被占");
    let mut browser = Browser::new(&county);
    let page = browser
        .once("GET", &format!("/cases/{case}"), None, Vec::new())
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(
        page.headers["location"],
        format!("/sign-in?next=%2Fcases%2F{case}")
    );
    let page = browser.get("/sign-in").await;
    assert!(
        page.has("住建局承办") && page.has("bihuan-2026"),
        "the demo shows its accounts"
    );
    let page = browser
        .post(
            "/sign-in",
            &[
                ("jurisdiction", "sample"),
                ("login", "housing.clerk"),
                ("password", "wrong"),
            ],
        )
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.has("账号或密码不对") && page.has("value=\"housing.clerk\""),
        "the name is kept"
    );
    let to = format!("/cases/{case}");
    let fields = [
        ("jurisdiction", "sample"),
        ("login", "housing.clerk"),
        ("password", crate::county::PASSWORD),
        ("next", &to),
    ];
    let page = browser.post("/sign-in", &fields).await;
    assert_eq!((page.status, page.path.as_str()), (StatusCode::OK, to.as_str()));
    let csrf = page.hidden("csrf");
    browser.post("/sign-out", &[("csrf", &csrf)]).await;
    assert!(browser.get("/").await.path.starts_with("/sign-in"));
}

#[tokio::test]
async fn an_address_mistyped_or_a_query_that_cannot_be_read_is_told_on_a_page_with_the_way_back() {
    let county = County::new();
    let mut browser = Browser::signed_in(&county, "housing.clerk").await;
    for address in [
        "/cases/new",
        "/cases/1x",
        "/cases/-1",
        "/cases/99999999999999999999999",
        "/bulletins/a/b/c",
    ] {
        let page = browser.get(address).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{address}");
        assert!(
            page.has("这个地址没有内容") && page.has("href=\"/\""),
            "{address}: {}",
            page.text
        );
    }
    let page = browser.get("/search?page=many").await;
    assert!(page.has("<html") && page.has("href=\"/\""), "{}", page.text);
}

#[tokio::test]
async fn a_link_back_never_leads_to_another_server() {
    let county = County::new();
    let mut browser = Browser::new(&county);
    for next in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let fields = [
            ("jurisdiction", "sample"),
            ("login", "housing.clerk"),
            ("password", crate::county::PASSWORD),
            ("next", next),
        ];
        assert_eq!(browser.post("/sign-in", &fields).await.path, "/", "{next}");
    }
    let page = browser
        .once("GET", "//evil.example?lang=en", None, Vec::new())
        .await;
    assert_ne!(
        page.headers.get("location").map(|l| l.to_str().unwrap()),
        Some("//evil.example")
    );
}

#[tokio::test]
async fn the_desk_shows_what_waits_with_its_reason_and_is_empty_for_others() {
    let county = County::new();
    county.matter("厂区道路被占，运料车进不去");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let desk = clerk.get("/").await;
    assert!(
        desk.has("有 1 件事等您办理") && desk.has("厂区道路被占") && desk.has("责任单位报告"),
        "{}",
        desk.text
    );
    assert!(desk.has("剩24小时"), "{}", desk.text);
    let mut leader = Browser::signed_in(&county, "county.leader").await;
    let desk = leader.get("/").await;
    assert!(
        desk.has("全部办完了") && desk.has("/ledgers"),
        "an empty desk says what to do"
    );
}

#[tokio::test]
async fn a_long_week_is_folded_after_its_next_lines_and_what_is_late_never_is() {
    let county = County::new();
    for n in 0..15 {
        county.matter(&format!("第{n}件"));
    }
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let desk = clerk.get("/").await;
    let (seen, folded) = desk.text.split_once("展开其余 3 件").unwrap();
    let lines = |text: &str| text.matches("class=\"duty\"").count();
    assert_eq!((lines(seen), lines(folded)), (12, 3), "{}", desk.text);

    county.time.set(instant(date(2026, 3, 3).at(15, 0, 0, 0)));
    apart(|| county.engine.catch_up().unwrap());
    let desk = clerk.get("/").await;
    let late = desk.text.split("desk-group is-late").nth(1).unwrap();
    let late = late.split("</section>").next().unwrap();
    assert!(lines(late) > 12 && !late.contains("<details"), "{}", desk.text);
}

#[tokio::test]
async fn a_long_desk_lists_the_most_pressing_and_says_what_it_leaves_out() {
    let county = County::new();
    for n in 0..60 {
        county.matter(&format!("第{n}件"));
    }
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let lines = |page: &Page| page.text.matches("class=\"duty\"").count();
    let desk = clerk.get("/").await;
    assert_eq!(lines(&desk), 50);
    for said in [
        "有 60 件事等您办理",
        "七天内到期 <span class=\"num quiet\">60<",
        "另有 10 件没有列出",
        "href=\"/?all=yes\">再列出 10 件",
    ] {
        assert!(desk.has(said), "{said}: {}", desk.text);
    }
    let whole = clerk.get("/?all=yes").await;
    assert_eq!(lines(&whole), 60);
    assert!(!whole.has("没有列出"), "{}", whole.text);

    // What is late is all there and counted as such.
    county.time.set(instant(date(2026, 3, 3).at(15, 0, 0, 0)));
    apart(|| county.engine.catch_up().unwrap());
    let desk = clerk.get("/").await;
    assert_eq!(lines(&desk), 60);
    assert!(desk.has("60 件已经超期"), "{}", desk.text);
}

/// Fills the form of an act of the case page and sends it.
async fn act(browser: &mut Browser, case: &str, act: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(case).await;
    let form = page.form(&format!("act-{}", act.replace([':', '_', '/'], "-")));
    let (csrf, key, seq) = (page.hidden("csrf"), form.hidden("key"), form.hidden("seq"));
    let mut all = vec![
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("seq", &seq),
        ("act", act),
    ];
    all.extend(fields);
    browser.post(&format!("{case}/act"), &all).await
}

#[tokio::test]
async fn a_matter_is_carried_to_its_closing_by_four_people_through_the_page() {
    let county = County::new();
    let case = format!("/cases/{}", county.matter("厂区道路被占"));
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let mut leader = Browser::signed_in(&county, "county.leader").await;
    let mut supervisor = Browser::signed_in(&county, "office.supervisor").await;
    assert!(
        leader.get(&case).await.has("现在等住房和城乡建设局承办岗办理"),
        "it is not the leader's move yet"
    );
    let page = act(
        &mut clerk,
        &case,
        "step:report",
        &[("f.report", "路口被占用"), ("note", "附照片")],
    )
    .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.has("已办理并记入日志") && page.has("提出意见") && page.has("附照片"));
    act(&mut leader, &case, "step:opine", &[("f.opinion", "两天内清障")]).await;
    act(&mut clerk, &case, "step:reply", &[("f.reply", "已清障")]).await;
    act(&mut leader, &case, "step:accept", &[("f.accepted", "true")]).await;
    let page = act(
        &mut supervisor,
        &case,
        "verify",
        &[("pass", "yes"), ("note", "现场通车")],
    )
    .await;
    assert!(
        page.has("按时办结") && page.has("核查通过，销号"),
        "{}",
        page.text
    );
    let seq = page
        .text
        .split("href=\"/log/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let receipt = supervisor.get(&format!("/log/{seq}")).await;
    assert!(
        receipt.has("验证通过") && receipt.has("case.closed"),
        "{}",
        receipt.text
    );
    assert!(!receipt.has("现场通车"), "the log holds no text");
}

#[tokio::test]
async fn a_refused_form_comes_back_with_the_rule_and_everything_that_was_typed() {
    let county = County::new();
    let case = format!("/cases/{}", county.matter("厂区道路被占"));
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = act(
        &mut clerk,
        &case,
        "step:report",
        &[("f.report", ""), ("note", "写了很久的说明")],
    )
    .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.has("请填写“报告内容”") && page.has("href=\"#step-report-report\""),
        "{}",
        page.text
    );
    assert!(page.has("写了很久的说明"), "nothing typed is lost");
    // The rule of the kernel, not only of the form.
    let page = act(
        &mut clerk,
        &case,
        "request:extension",
        &[("until", "2026-12-31"), ("note", "材料未到"), ("reason", "x")],
    )
    .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.has("材料未到") && page.has("2026-12-31"), "{}", page.text);
}

#[tokio::test]
async fn pressing_twice_has_one_effect() {
    let county = County::new();
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get("/ledgers/three-plus-24/new").await;
    let (csrf, key) = (page.hidden("csrf"), page.hidden("key"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("f.matter", "双击的事项"),
        ("f.leader", "county.leader"),
        ("owner", "housing"),
        ("source", "person"),
    ];
    let first = clerk.post("/ledgers/three-plus-24/new", &fields).await;
    let second = clerk.post("/ledgers/three-plus-24/new", &fields).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(first.path, second.path);
    let case = first.path.split('?').next().unwrap().to_owned();
    let page = clerk.get(&case).await;
    let form = page.form("act-step-report");
    let (key, seq) = (form.hidden("key"), form.hidden("seq"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("seq", &seq),
        ("act", "step:report"),
        ("f.report", "已报告"),
    ];
    for _ in 0..2 {
        let page = clerk.post(&format!("{case}/act"), &fields).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert_eq!(
            page.text.matches("class=\"event-words\"").count(),
            2,
            "opened and moved, once each"
        );
    }
}

#[tokio::test]
async fn two_people_on_one_case_the_slower_is_told_and_keeps_what_was_typed() {
    let county = County::new();
    let id = county.matter("厂区道路被占");
    let case = format!("/cases/{id}");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let stale = clerk.get(&case).await;
    let form = stale.form("act-step-report");
    county.order(
        "housing.head",
        "n1",
        serde_json::json!({ "type": "note", "case": id, "note": "已通知施工方" }),
    );
    let (csrf, key, seq) = (stale.hidden("csrf"), form.hidden("key"), form.hidden("seq"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("seq", &seq),
        ("act", "step:report"),
        ("f.report", "打了一半的报告"),
    ];
    let page = clerk.post(&format!("{case}/act"), &fields).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(
        page.has("别人已经办理了这件事") && page.has("打了一半的报告") && page.has("已通知施工方"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn a_form_without_the_sessions_token_or_from_elsewhere_changes_nothing() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let before = county.engine.beacon();
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let fields = [("key", "k"), ("act", "step:report"), ("f.report", "伪造")];
    let page = clerk.post(&format!("/cases/{case}/act"), &fields).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.has("不是从您当前的会话发出的"));
    clerk.headers.push(("origin", "https://evil.example".into()));
    clerk.headers.push(("host", "bihuan.example".into()));
    assert_eq!(clerk.post("/sign-out", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(county.engine.beacon(), before);
}

#[tokio::test]
async fn what_a_post_may_not_see_it_does_not_see() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let mut other = Browser::signed_in(&county, "water.clerk").await;
    assert_eq!(
        other.get(&format!("/cases/{case}")).await.status,
        StatusCode::FORBIDDEN
    );
    assert!(!other.get("/ledgers/three-plus-24").await.has("厂区道路被占"));
    assert_eq!(
        other.get(&format!("/api/v1/cases/{case}")).await.status,
        StatusCode::FORBIDDEN
    );
    assert!(!other.get("/api/v1/cases").await.has("厂区道路被占"));
}

#[tokio::test]
async fn evidence_is_taken_by_what_it_is_and_given_back_as_a_download() {
    let county = County::new();
    let case = format!("/cases/{}", county.matter("厂区道路被占"));
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get(&case).await;
    let form = page.form("act-note");
    let (csrf, key, seq) = (page.hidden("csrf"), form.hidden("key"), form.hidden("seq"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("seq", &seq),
        ("act", "note"),
        ("note", "附现场照片"),
    ];
    let to = format!("{case}/act");
    let refused = clerk
        .upload(
            &to,
            &fields,
            &[("files", "照片.png", b"MZ\x90\x00 renamed program")],
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.has("不接受这种文件（识别为 EXE）") && refused.has("附现场照片"),
        "{}",
        refused.text
    );
    // An archive is no evidence, whatever it is called, and is not unfolded to find that out.
    let mut bomb = b"PK\x03\x04".to_vec();
    bomb.resize(200_000, 0);
    for name in ["照片.zip", "说明.docx"] {
        let refused = clerk.upload(&to, &fields, &[("files", name, &bomb)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            refused.has("识别为 ZIP") && refused.has("附现场照片"),
            "{}",
            refused.text
        );
    }
    let png = b"\x89PNG\r\n\x1a\n and so on";
    let done = clerk
        .upload(&to, &fields, &[("files", "照\u{202E}gnp.png", png)])
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert!(
        done.has("U+202E") && !done.has("\u{202E}"),
        "a name that turns its direction is seen for what it is"
    );
    let file = clerk.get(&format!("{case}/evidence/0")).await;
    assert_eq!(file.bytes, png);
    assert_eq!(file.headers["x-content-type-options"], "nosniff");
    assert!(
        file.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment; filename*=UTF-8''")
    );
    let mut other = Browser::signed_in(&county, "water.clerk").await;
    assert_eq!(
        other.get(&format!("{case}/evidence/0")).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn what_is_too_large_is_said_to_be_and_the_words_are_kept() {
    let county = County::new();
    let case = format!("/cases/{}", county.matter("厂区道路被占"));
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get(&case).await;
    let form = page.form("act-note");
    let (csrf, key, seq) = (page.hidden("csrf"), form.hidden("key"), form.hidden("seq"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("seq", &seq),
        ("act", "note"),
        ("note", "附全部图纸"),
    ];
    let large = vec![b'x'; (50 << 20) + 1];
    let to = format!("{case}/act");
    let refused = clerk.upload(&to, &fields, &[("files", "图纸.txt", &large)]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.has("50 MB") && refused.has("附全部图纸"));
    let larger = vec![b'x'; 70 << 20];
    let refused = clerk
        .upload(&to, &fields, &[("files", "图纸.txt", &larger)])
        .await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        refused.has("<!DOCTYPE html>") && refused.has("50 MB"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn very_long_names_and_markup_stay_text() {
    let county = County::new();
    let long = format!("{}<script>alert(1)</script>", "超".repeat(4_000));
    let case = county.matter(&long);
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    for path in [
        "/".to_owned(),
        "/ledgers/three-plus-24".to_owned(),
        format!("/cases/{case}"),
    ] {
        let page = clerk.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            !page.has("<script>alert") && page.has("&lt;script&gt;alert"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_dispatcher_records_for_a_unit_without_accounts_and_the_page_says_so() {
    let county = County::new();
    let case = county.order(
        "office.dispatcher",
        "paper",
        serde_json::json!({ "type": "open", "mechanism": "three-plus-24",
        "owner": "paper", "title": "档案库房漏水", "values": { "leader": "county.leader" } }),
    );
    let case = format!("/cases/{case}");
    let mut dispatcher = Browser::signed_in(&county, "office.dispatcher").await;
    let page = dispatcher.get(&case).await;
    let form = page.form("act-step-report");
    assert!(form.has("代档案馆录入"), "{}", form.text);
    let (csrf, key) = (page.hidden("csrf"), form.hidden("key"));
    let unit = form.hidden("for");
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", &key),
        ("for", &unit),
        ("act", "step:report"),
        ("f.report", "漏水"),
    ];
    let page = dispatcher.post(&format!("{case}/act"), &fields).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.has("代档案馆录入"));
}

#[tokio::test]
async fn the_demos_clock_moves_and_what_was_due_fires() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get("/").await;
    let csrf = page.hidden("csrf");
    let desk = clerk
        .post("/demo/clock", &[("csrf", &csrf), ("by", "day"), ("next", "/")])
        .await;
    assert!(desk.has("1 件已经超期"), "{}", desk.text);
    let page = clerk.get(&format!("/cases/{case}")).await;
    assert!(
        page.has("超期（2026年3月3日 9:00到期）") && page.has("时限是怎么算出来的"),
        "{}",
        page.text
    );
}
