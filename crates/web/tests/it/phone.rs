//! The phone: what the code on an object opens, what its forms ask for and what they are told, and that a form is
//! carried out once, whoever sends it how often.

use axum::http::StatusCode;
use bihuan_domain::id::CaseId;
use serde_json::{Value as Json, json};

use crate::browser::{Browser, Page};
use crate::county::County;

mod spots;

use spots::{PACK, PATROL, ROUND};

/// Spots that are patrolled; water is the housing bureau's neighbour and has no part in it.
fn county() -> County {
    let county = County::of_own_pack(
        "spots",
        &[
            ("pack.toml", PACK),
            ("patrol.toml", PATROL),
            ("round.toml", ROUND),
        ],
    );
    for (row, name) in [("s1", "东闸口"), ("s2", "西闸口")] {
        let order = json!({ "type": "row", "register": "spots", "row": row, "values": { "name": name, "unit": "housing" } });
        county.order("office.supervisor", row, order);
    }
    county
}

fn patrol(county: &County, spot: &str) -> CaseId {
    let order = json!({ "type": "open", "mechanism": "patrol", "owner": "housing", "title": format!("巡查{spot}"),
        "values": { "spot": spot } });
    county.order("housing.clerk", &format!("patrol-{spot}"), order)
}

/// The fields of the form on a page, with others in their place or besides.
fn filled(page: &Page, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for part in page.text.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = part.split_once('"').unwrap();
        let value = rest.split_once("value=\"").unwrap().1.split('"').next().unwrap();
        if !fields.iter().any(|(known, _)| known == name) {
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

async fn sent(browser: &mut Browser, page: &Page, more: &[(&str, &str)]) -> Page {
    let fields = filled(page, more);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    browser.post("/q/send", &fields).await
}

/// As the scripts of the page send it.
async fn by_script(browser: &mut Browser, page: &Page, more: &[(&str, &str)]) -> (StatusCode, Json) {
    browser.headers.push(("accept", "application/json".to_owned()));
    let answer = sent(browser, page, more).await;
    browser.headers.pop();
    let said = serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{}", answer.text));
    (answer.status, said)
}

#[tokio::test]
async fn the_code_on_an_object_opens_what_may_be_done_there() {
    let county = county();
    let case = patrol(&county, "s1");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get("/q/sample/r/spots/s1").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.has("东闸口") && page.has("点位名册"), "{}", page.text);
    let act = format!("/q/cases/{case}/act/step:find?at=spots%2Fs1");
    assert!(page.has(&act), "what waits here is one touch away: {}", page.text);
    assert!(
        page.has("/q/open/patrol?at=spots%2Fs1"),
        "what may be reported here"
    );
    let elsewhere = clerk.get("/q/sample/r/spots/s2").await;
    assert!(
        elsewhere.has("这里没有在办的事项") && !elsewhere.has(&act),
        "{}",
        elsewhere.text
    );
    // Whom the case does not concern sees the object and not the case, and is offered nothing that he may not do.
    let mut other = Browser::signed_in(&county, "water.clerk").await;
    let page = other.get("/q/sample/r/spots/s1").await;
    assert!(
        page.has("东闸口") && !page.has("巡查s1") && !page.has("/q/open/"),
        "{}",
        page.text
    );
    for missing in [
        "/q/sample/r/spots/none",
        "/q/sample/r/none/s1",
        "/q/nowhere/r/spots/s1",
        "/q/sample/u/none",
    ] {
        assert_eq!(
            other.get(missing).await.status,
            StatusCode::NOT_FOUND,
            "{missing}"
        );
    }
    let unit = clerk.get("/q/sample/u/housing").await;
    assert!(
        unit.has(&format!("/q/cases/{case}")) && unit.has("/q/open/patrol?owner=housing"),
        "{}",
        unit.text
    );
}

#[tokio::test]
async fn whoever_scans_a_code_unsigned_signs_in_where_it_belongs_and_comes_to_it() {
    let county = county();
    let mut nobody = Browser::new(&county);
    let page = nobody.get("/q/sample/r/spots/s1").await;
    assert!(
        page.path
            .starts_with("/sign-in?next=%2Fq%2Fsample%2Fr%2Fspots%2Fs1"),
        "{}",
        page.path
    );
    let fields = [
        ("jurisdiction", "sample"),
        ("login", "housing.clerk"),
        ("password", crate::county::PASSWORD),
        ("next", "/q/sample/r/spots/s1"),
    ];
    assert_eq!(
        nobody.post("/sign-in", &fields).await.path,
        "/q/sample/r/spots/s1"
    );
}

#[tokio::test]
async fn the_form_is_told_the_place_and_the_day_and_asks_for_the_rest() {
    let county = county();
    let case = patrol(&county, "s1");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let form = clerk
        .get(&format!("/q/cases/{case}/act/step:find?at=spots%2Fs1"))
        .await;
    assert_eq!(form.hidden("r.where"), "s1", "{}", form.text);
    assert!(
        !form.has("<select id=\"step-find-row-where\""),
        "the place is not asked for"
    );
    assert!(
        form.has("value=\"2026-03-02\""),
        "the day of what is done is today: {}",
        form.text
    );
    assert!(
        form.has("的名义送出") && form.has("张样本") | form.has("样本"),
        "{}",
        form.text
    );
    // From the desk, without a place, the same form asks for it.
    let plain = clerk.get(&format!("/q/cases/{case}/act/step:find")).await;
    assert!(plain.has("<select id=\"step-find-row-where\""), "{}", plain.text);
    let open = clerk.get("/q/open/patrol?at=spots%2Fs2").await;
    assert_eq!(open.hidden("f.spot"), "s2", "{}", open.text);
    assert_eq!(
        open.hidden("owner"),
        "housing",
        "the unit of the row owns what is reported there"
    );
    let done = sent(&mut clerk, &open, &[("f.matter", "闸门漏水")]).await;
    assert!(done.path.starts_with("/q/sent/"), "{} {}", done.path, done.text);
    let page = clerk.get("/q/sample/r/spots/s2").await;
    assert!(page.has("闸门漏水"), "{}", page.text);
}

#[tokio::test]
async fn a_photo_is_asked_for_where_risk_gives_the_reason_and_nowhere_else() {
    let county = county();
    let case = patrol(&county, "s1");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let find = clerk
        .get(&format!("/q/cases/{case}/act/step:find?at=spots%2Fs1"))
        .await;
    assert!(
        !find.has("capture=") && find.has("附材料（自愿）"),
        "{}",
        find.text
    );
    let done = clerk.get(&format!("/q/cases/{case}/act/step:walked")).await;
    assert!(
        done.has("capture=\"environment\"") && done.has("位置信息不会上传"),
        "{}",
        done.text
    );
    assert!(
        done.has("data-sign=\"请在此处签名\""),
        "who was there signs with the finger: {}",
        done.text
    );
    assert!(!done.has("geolocation"), "no track");
    assert!(
        done.headers["permissions-policy"]
            .to_str()
            .unwrap()
            .contains("geolocation=()")
    );
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_done_once_and_says_its_receipt_both_times() {
    let county = county();
    let case = patrol(&county, "s1");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let form = clerk
        .get(&format!("/q/cases/{case}/act/step:find?at=spots%2Fs1"))
        .await;
    let typed = [("r.what", "栏杆松动"), ("r.found_on", "2026-03-02")];
    let (status, first) = by_script(&mut clerk, &form, &typed).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    let (_, second) = by_script(&mut clerk, &form, &typed).await;
    assert_eq!(first["receipt"], second["receipt"]);
    assert_eq!(
        (&first["duplicate"], &second["duplicate"]),
        (&json!(false), &json!(true))
    );
    // The next finding was written before the first one had arrived: with its receipt in place it is no stranger's.
    let (status, said) = by_script(
        &mut clerk,
        &form,
        &[("key", "second"), typed[1], ("r.what", "警示牌缺失")],
    )
    .await;
    assert_eq!(
        status,
        StatusCode::CONFLICT,
        "a stale tab is told that somebody has acted: {said}"
    );
    let seq = first["receipt"].to_string();
    let (status, said) = by_script(
        &mut clerk,
        &form,
        &[
            ("key", "second"),
            ("seq", &seq),
            typed[1],
            ("r.what", "警示牌缺失"),
        ],
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let found = clerk.get(&format!("/cases/{case}")).await;
    assert_eq!(
        found.text.matches("<td data-label=\"问题\">").count(),
        2,
        "{}",
        found.text
    );
}

#[tokio::test]
async fn a_refused_form_says_what_to_mend_and_where() {
    let county = county();
    let case = patrol(&county, "s1");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let form = clerk
        .get(&format!("/q/cases/{case}/act/step:find?at=spots%2Fs1"))
        .await;
    let (status, said) = by_script(&mut clerk, &form, &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(said["problems"][0]["text"], "请填写“问题”。", "{said}");
    // Without scripts the page comes back with what was typed.
    let again = sent(&mut clerk, &form, &[("note", "风很大")]).await;
    assert!(
        again.has("请填写“问题”。") && again.has("风很大"),
        "{}",
        again.text
    );
    assert_eq!(again.hidden("r.where"), "s1", "and the place is still told");
    // What no form can mend is told as well: a case that may not be seen, a kind that there is none.
    let mut other = Browser::signed_in(&county, "water.clerk").await;
    let csrf = other.get("/q").await.hidden("csrf");
    let (status, said) = by_script(&mut other, &form, &[("csrf", &csrf)]).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{said}");
    assert!(
        said["problems"][0]["text"].as_str().unwrap().contains("看不到"),
        "{said}"
    );
    let (status, said) = by_script(&mut other, &form, &[("csrf", &csrf), ("kind", "other")]).await;
    assert_eq!(
        (status, &said["code"]),
        (StatusCode::BAD_REQUEST, &json!("bad_request"))
    );
    // A session that ended is told as such, and a form of another session is not taken.
    let (status, said) = by_script(&mut other, &form, &[("csrf", "none")]).await;
    assert_eq!((status, &said["code"]), (StatusCode::FORBIDDEN, &json!("forged")));
    let mut nobody = Browser::new(&county);
    let (status, _) = by_script(&mut nobody, &form, &[]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_keeper_writes_a_row_where_he_stands() {
    let county = county();
    let mut keeper = Browser::signed_in(&county, "office.supervisor").await;
    let page = keeper.get("/q/sample/r/spots/s1").await;
    assert!(page.has("/q/row/spot_checks?at=spots%2Fs1"), "{}", page.text);
    let form = keeper.get("/q/row/spot_checks?at=spots%2Fs1").await;
    assert_eq!(form.hidden("r.where"), "s1");
    let done = sent(
        &mut keeper,
        &form,
        &[("r.what", "排水畅通"), ("r.found_on", "2026-03-02")],
    )
    .await;
    assert!(done.path.starts_with("/q/sent/"), "{} {}", done.path, done.text);
    let page = keeper.get("/q/sample/r/spots/s1").await;
    assert!(
        page.has("排水畅通"),
        "the object shows what was written about it: {}",
        page.text
    );
    let mut other = Browser::signed_in(&county, "housing.clerk").await;
    assert_eq!(
        other.get("/q/row/spot_checks").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn codes_are_printed_for_the_rows_of_a_register_and_for_units() {
    let county = county();
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    clerk.headers.push(("host", "bihuan.sample.example".to_owned()));
    clerk.headers.push(("x-forwarded-proto", "https".to_owned()));
    let sheet = clerk.get("/codes/spots").await;
    assert_eq!(sheet.text.matches("class=\"qr\"").count(), 2, "{}", sheet.text);
    assert!(
        sheet.has("https://bihuan.sample.example/q/sample/r/spots/s1"),
        "{}",
        sheet.text
    );
    let units = clerk.get("/codes/units/county").await;
    assert!(units.text.matches("class=\"qr\"").count() >= 8 && units.has("住房和城乡建设局"));
    assert_eq!(clerk.get("/codes/none").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_worker_serves_the_phone_alone_and_knows_its_version() {
    let county = county();
    let mut browser = Browser::new(&county);
    let worker = browser.get("/q/sw.js").await;
    assert_eq!(worker.headers["service-worker-allowed"], "/q");
    assert!(worker.has("/assets/phone.js?v=") && !worker.has("@VERSION@") && !worker.has("@FILES@"));
}

#[tokio::test]
async fn a_campaign_says_how_many_are_inspected_and_which_are_left_and_every_number_opens_its_rows() {
    let county = county();
    let round = json!({ "type": "open", "mechanism": "round", "owner": "office", "title": "春季大检查", "values": {} });
    let round = county.order("office.dispatcher", "round", round);
    let step =
        json!({ "type": "step", "case": round, "step": "start", "values": {}, "note": null, "evidence": [] });
    county.order("office.dispatcher", "start", step);
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let address = format!("/campaigns/{round}");
    assert!(office.get("/campaigns").await.has(&address), "it is listed");
    let page = office.get(&address).await;
    let figures = page.form("rows").text.len();
    assert!(figures > 0 && page.has("覆盖率 0%"), "{}", page.text);
    assert!(page.has("已派出，未查"), "each row has its case: {}", page.text);
    let inspected = CaseId(round.0 + 1);
    let png: &[u8] = b"\x89PNG\r\n\x1a\n and so on";
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let form = clerk
        .get(&format!("/q/cases/{inspected}/act/step:walked?at=spots%2Fs1"))
        .await;
    let fields = filled(&form, &[("f.measure", "已清理")]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let done = clerk
        .upload("/q/send", &fields, &[("f.shot", "点位.png", png)])
        .await;
    assert!(done.path.starts_with("/q/sent/"), "{} {}", done.path, done.text);
    let page = office.get(&address).await;
    assert!(page.has("覆盖率 50%"), "{}", page.text);
    let left = office.get(&format!("{address}?show=left")).await;
    assert!(
        left.has("西闸口") && !left.form("rows").has("东闸口"),
        "{}",
        left.text
    );
    let seen = office.get(&format!("{address}?show=seen")).await;
    assert!(
        seen.form("rows").has("东闸口") && seen.has(&format!("/cases/{inspected}")),
        "{}",
        seen.text
    );
    // The door to a campaign is the door to its case.
    let mut other = Browser::signed_in(&county, "water.clerk").await;
    assert_eq!(other.get(&address).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        office.get(&format!("/campaigns/{inspected}")).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_form_that_outlives_its_session_comes_back_after_the_sign_in_and_is_sent_by_a_press() {
    let county = county();
    let case = patrol(&county, "s1");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let form = clerk.get(&format!("/cases/{case}")).await.form("act-note");
    let fields = filled(&form, &[("note", "写了半个小时的情况 <b>")]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let csrf = form.hidden("csrf");
    clerk.post("/sign-out", &[("csrf", &csrf)]).await;
    let to = format!("/cases/{case}/act");
    let held = clerk
        .upload(&to, &fields, &[("files", "现场.png", b"\x89PNG\r\n\x1a\n")])
        .await;
    assert_eq!(held.status, StatusCode::UNAUTHORIZED);
    assert!(
        held.has("您刚才写的内容还在") && held.has("写了半个小时的情况"),
        "{}",
        held.text
    );
    let carried = unescape(&held.hidden("held"));
    let mut sign_in = vec![
        ("jurisdiction", "sample"),
        ("login", "housing.clerk"),
        ("password", "wrong"),
        ("held", carried.as_str()),
    ];
    let wrong = clerk.post("/sign-in", &sign_in).await;
    assert_eq!(
        unescape(&wrong.hidden("held")),
        carried,
        "a mistyped password loses nothing either"
    );
    sign_in[2] = ("password", crate::county::PASSWORD);
    let back = clerk.post("/sign-in", &sign_in).await;
    assert!(
        back.has("写了半个小时的情况 &lt;b&gt;") && back.has("现场.png"),
        "{}",
        back.text
    );
    assert!(
        back.has("p.housing.clerk") || back.has("样本"),
        "in whose name is said: {}",
        back.text
    );
    let again: Vec<(String, String)> = filled(&back, &[])
        .into_iter()
        .map(|(k, v)| (k, unescape(&v)))
        .collect();
    let again: Vec<(&str, &str)> = again.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let shown = clerk.post(&to, &again).await;
    assert_eq!(shown.status, StatusCode::OK);
    let form = shown.form("act-note");
    assert!(
        form.has("写了半个小时的情况 &lt;b&gt;"),
        "the form is back: {}",
        shown.text
    );
    let fields: Vec<(String, String)> = filled(&form, &[("note", "写了半个小时的情况")]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let done = clerk.post(&to, &fields).await;
    assert!(done.path.contains("done=note"), "{} {}", done.path, done.text);
}

#[tokio::test]
async fn secrets_and_what_leads_elsewhere_are_never_carried_through_a_sign_in() {
    let county = county();
    let mut nobody = Browser::new(&county);
    let page = nobody
        .post("/account/password", &[("old", "geheim-2026"), ("new", "x")])
        .await;
    assert!(
        page.path.starts_with("/sign-in") && !page.has("geheim-2026") && !page.has("name=\"held\""),
        "{}",
        page.text
    );
    let evil =
        json!({ "to": "//evil.example/cases/1/act", "from": "/", "fields": [["note", "x"]], "files": [] })
            .to_string();
    let fields = [
        ("jurisdiction", "sample"),
        ("login", "housing.clerk"),
        ("password", crate::county::PASSWORD),
        ("held", &evil),
    ];
    let page = nobody.post("/sign-in", &fields).await;
    assert!(
        page.path == "/" && !page.has("evil.example"),
        "{} {}",
        page.path,
        page.text
    );
}

/// Archives and programs by any other name, empty and oversized files: each is refused with what it is, none is unpacked.
#[tokio::test]
async fn what_is_no_evidence_is_refused_by_what_it_is_and_nothing_typed_is_lost() {
    let county = county();
    let case = patrol(&county, "s1");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let form = clerk.get(&format!("/q/cases/{case}/act/note")).await;
    let fields = filled(&form, &[("note", "附材料")]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    // A bomb: a small archive that says it holds 4 GB. It is not opened to find out.
    let mut bomb = b"PK\x03\x04\x14\x00\x00\x00\x08\x00".to_vec();
    bomb.extend([0; 8]);
    bomb.extend([0x10, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 5, 0, 0, 0]);
    bomb.extend(b"0.bin");
    bomb.extend([0; 16]);
    let big = vec![0x25; 51 << 20];
    for (name, bytes, says) in [
        ("照片.jpg", &b"MZ\x90\x00"[..], "EXE"),
        ("说明.pdf", b"\x7FELF\x02", "ELF"),
        ("清单.txt", b"#!/bin/sh\nrm -rf /", "script"),
        ("台账.xlsx", &bomb, "ZIP"),
        ("空.png", b"", "空"),
        ("录像.bin", b"\x00\x01\x02\xFF", "binary"),
        ("超大.txt", &big, "50"),
    ] {
        let refused = clerk.upload("/q/send", &fields, &[("files", name, bytes)]).await;
        assert!(refused.status.is_client_error(), "{name}: {}", refused.status);
        assert!(
            refused.has(says) && refused.has("附材料"),
            "{name} is refused as {says}: {}",
            refused.text
        );
    }
    // An office document is kept as it came, whatever it would unpack to.
    let mut document = bomb.clone();
    document.extend(b"word/document.xml");
    let done = clerk
        .upload("/q/send", &fields, &[("files", "情况.docx", &document)])
        .await;
    assert!(done.path.starts_with("/q/sent/"), "{} {}", done.path, done.text);
    assert_eq!(
        clerk.get(&format!("/cases/{case}/evidence/0")).await.bytes,
        document
    );
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
