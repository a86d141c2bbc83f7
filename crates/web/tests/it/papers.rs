//! A leader's written instruction is taken in with its scan in one go: kept with the case or not at all.

use axum::http::StatusCode;

use crate::browser::{Browser, Page};
use crate::county::County;

const FORM: &str = "/ledgers/instruction/new";
const PDF: &[u8] = b"%PDF-1.4 the instruction as it was written";
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0 its second page";

/// What the form sends, typed in under a minute.
fn typed(page: &Page) -> Vec<(&'static str, String)> {
    vec![
        ("csrf", page.hidden("csrf")),
        ("key", page.hidden("key")),
        ("source", "instruction".into()),
        ("owner", "housing".into()),
        ("f.matter", "查清城西污水直排".into()),
        ("f.leader", "county.leader".into()),
        ("f.instructed_on", "2026-03-02".into()),
        ("f.wording", "请住建局一周内查清，报我。".into()),
    ]
}

fn as_text<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

async fn office(county: &County) -> (Browser, Page) {
    let mut office = Browser::signed_in(county, "office.dispatcher").await;
    let page = office.get(FORM).await;
    (office, page)
}

#[tokio::test]
async fn a_leaders_instruction_is_opened_with_its_scan_and_its_page_gives_it_back() {
    let county = County::new();
    let (mut office, page) = office(&county).await;
    assert!(
        page.has("来件扫描件") && page.has("涉密文件不得上传") && page.has("enctype=\"multipart/form-data\""),
        "{}",
        page.text
    );
    let fields = typed(&page);
    let files = [
        ("papers", "批示.pdf", PDF),
        ("papers", "批示\u{202E}gpj.第2页", JPEG),
    ];
    let done = office.upload(FORM, &as_text(&fields), &files).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let case = done.path.split('?').next().unwrap().to_owned();
    assert!(
        done.has("批示.pdf") && done.has("U+202E") && !done.has("\u{202E}"),
        "{}",
        done.text
    );
    assert!(
        !done.has("id=\"evidence\""),
        "what a case came from is no evidence of what was done"
    );
    for (n, (_, _, bytes)) in files.iter().enumerate() {
        let file = office.get(&format!("{case}/papers/{n}")).await;
        assert_eq!(file.bytes, *bytes);
        let file = office.get(&format!("/api/v1{case}/papers/{n}")).await;
        assert_eq!(file.bytes, *bytes);
        let kept = file.headers["content-disposition"].to_str().unwrap().to_owned();
        assert!(kept.starts_with("attachment; filename*=UTF-8''"), "{kept}");
    }
    assert_eq!(
        office.get(&format!("{case}/papers/2")).await.status,
        StatusCode::NOT_FOUND
    );
    let mut stranger = Browser::signed_in(&county, "water.clerk").await;
    let refused = stranger.get(&format!("{case}/papers/0")).await;
    assert_eq!(
        refused.status,
        StatusCode::FORBIDDEN,
        "who may not see the case, not its papers"
    );
}

#[tokio::test]
async fn a_scan_that_is_none_opens_nothing_and_nothing_typed_or_chosen_is_lost() {
    let county = County::new();
    let (mut office, page) = office(&county).await;
    let fields = typed(&page);
    let before = county.engine.beacon().size;
    for (name, bytes, said) in [
        ("批示.pdf", &b"MZ\x90\x00 a program"[..], "识别为 EXE"),
        ("批示.pdf", &b"just words"[..], "识别为 text/plain"),
        ("批示.jpg", &b""[..], "文件是空的"),
    ] {
        let files = [("papers", "第1页.jpg", JPEG), ("papers", name, bytes)];
        let refused = office.upload(FORM, &as_text(&fields), &files).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        assert!(
            refused.has(said)
                && refused.has("href=\"#papers\"")
                && refused.has("请住建局一周内查清")
                && refused.has("第1页.jpg"),
            "{said}: {}",
            refused.text
        );
    }
    assert_eq!(
        county.engine.beacon().size,
        before,
        "no case without the scan that was given with it"
    );

    // The good one was kept over the refusal: it goes in with the next try, the other is left out.
    let refused = office
        .upload(
            FORM,
            &as_text(&fields),
            &[("papers", "第1页.jpg", JPEG), ("papers", "x", b"MZ")],
        )
        .await;
    let mut again = typed(&page);
    again.push(("evidence", refused.boxed("evidence")));
    let done = office.upload(FORM, &as_text(&again), &[]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert!(done.has("第1页.jpg"), "{}", done.text);
}

#[tokio::test]
async fn a_double_click_opens_one_case_with_one_scan() {
    let county = County::new();
    let (mut office, page) = office(&county).await;
    let fields = typed(&page);
    let files = [("papers", "批示.pdf", PDF)];
    let first = office.upload(FORM, &as_text(&fields), &files).await;
    let size = county.engine.beacon().size;
    let second = office.upload(FORM, &as_text(&fields), &files).await;
    assert_eq!((first.status, second.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(first.path, second.path);
    assert_eq!(
        county.engine.beacon().size,
        size,
        "nothing was written a second time"
    );
    assert_eq!(second.text.matches("批示.pdf").count(), 1);
}

#[tokio::test]
async fn a_scan_that_is_too_large_is_said_to_be_and_the_words_are_kept() {
    let county = County::new();
    let (mut office, page) = office(&county).await;
    let fields = typed(&page);
    let mut large = PDF.to_vec();
    large.resize((50 << 20) + 1, 0);
    let refused = office
        .upload(FORM, &as_text(&fields), &[("papers", "批示.pdf", &large)])
        .await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        refused.has("请住建局一周内查清") && refused.has("50 MB"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn no_scan_is_asked_for_where_nobody_brings_a_paper() {
    let county = County::of_every_pack();
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let mechanisms = county.engine.mechanisms();
    let mut asked = 0;
    for mechanism in mechanisms.all() {
        let page = office.get(&format!("/ledgers/{}/new", mechanism.id)).await;
        let asks = page.has("name=\"papers\"");
        asked += usize::from(asks);
        assert!(
            !(asks && mechanism.fields.iter().any(|field| field.sealed_to.is_some())),
            "{}: a scan would keep in the clear what is promised to a custodian",
            mechanism.id
        );
    }
    assert!(asked > 5, "{asked}");
}

#[tokio::test]
async fn the_form_asks_for_the_words_once_and_proposes_the_paper_that_they_stand_on() {
    let county = County::of_every_pack();
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let ticked = |source: &str| format!("name=\"source\" value=\"{source}\" checked");
    for (mechanism, source, words) in [
        ("instruction", "instruction", "f.wording"),
        ("superior-assignment", "superior", "f.wording"),
        ("meeting-decision", "meeting", "f.wording"),
        ("key-task", "person", "f.requirement"),
        ("feedback-problem", "superior", "f.wording"),
        ("three-plus-24", "person", "quote"),
        ("grid-matter", "person", "f.matter"),
    ] {
        let page = office.get(&format!("/ledgers/{mechanism}/new")).await;
        assert!(page.has(&ticked(source)), "{mechanism}: {}", page.text);
        assert!(page.has(&format!("name=\"{words}\"")), "{mechanism}");
        assert_eq!(
            page.has("name=\"quote\""),
            words == "quote",
            "{mechanism} asks for the words twice"
        );
        assert!(
            !page.has("value=\"parent\""),
            "{mechanism}: a part is opened from its whole"
        );
    }
}

#[tokio::test]
async fn an_instruction_sent_without_a_source_comes_from_the_leader() {
    let county = County::new();
    let (mut office, page) = office(&county).await;
    let mut fields = typed(&page);
    fields.retain(|(name, _)| *name != "source");
    let done = office.upload(FORM, &as_text(&fields), &[]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let source = done.text.split("<h2>来源</h2>").nth(1).unwrap();
    assert!(source.starts_with("<p>领导批示"), "{source}");
}
