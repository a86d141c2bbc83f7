//! What a case and the lists around it say at a glance: each thing once, in the words of who has to act.

use bihuan_domain::id::CaseId;
use serde_json::json;

use crate::browser::{Browser, Page};
use crate::county::{County, apart};

fn task(county: &County, title: &str) -> CaseId {
    county.order(
        "office.dispatcher",
        "task",
        json!({ "type": "open", "mechanism": "key-task", "owner": "housing", "title": title,
            "stage": "carrying-out", "values": { "due": "2026-06-30" } }),
    )
}

fn on(county: &County, at: &str) {
    county.time.set(at.parse().unwrap());
    apart(|| county.engine.catch_up().unwrap());
}

/// What stands beside the title of a case.
fn standing(page: &Page) -> &str {
    let from = page.text.split("class=\"heading-aside\"").nth(1).unwrap();
    from.split("</div>").next().unwrap()
}

#[tokio::test]
async fn a_late_case_says_once_what_is_late_with_it() {
    let county = County::new();
    let report = task(&county, "老旧小区改造");
    let matter = county.matter("厂区道路被占");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get(&format!("/cases/{report}")).await;
    let words = standing(&page);
    assert!(words.contains("按期") && words.contains("剩"), "{words}");

    on(&county, "2026-04-07T03:00:00Z");
    let page = clerk.get(&format!("/cases/{matter}")).await;
    let words = standing(&page);
    // To read it stands there once; the mark has its word for who points at it and for who hears it.
    assert_eq!(words.matches("超期").count(), 3, "{words}");
    assert!(words.contains("天</span>") && !words.contains("剩"), "{words}");
    // Its limit has not come, a report is late: then that is said, and not how much time is left.
    let page = clerk.get(&format!("/cases/{report}")).await;
    let words = standing(&page);
    assert!(
        words.contains("任务月度反馈") && words.contains(">超期7天<") && !words.contains("剩"),
        "{words}"
    );
}

#[tokio::test]
async fn a_report_that_is_owed_stands_open_on_the_case_to_which_the_desk_leads() {
    let county = County::new();
    let case = task(&county, "老旧小区改造");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    on(&county, "2026-04-07T03:00:00Z");
    assert!(clerk.get("/").await.has("报进展"));
    let page = clerk.get(&format!("/cases/{case}")).await;
    let first = page.text.split("<details class=\"act").nth(1).unwrap();
    assert!(first.starts_with(" is-awaited\" id=\"act-note\" open"), "{first}");
    // Who owes no report has it beside.
    let mut head = Browser::signed_in(&county, "housing.head").await;
    let page = head.get(&format!("/cases/{case}")).await;
    assert!(
        page.has("<details class=\"act\" id=\"act-note\">"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn evidence_is_called_optional_only_where_it_is() {
    let county = County::new();
    let case = task(&county, "老旧小区改造");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get(&format!("/cases/{case}")).await;
    let label = |form: &str| {
        let from = page.text.split(&format!("for=\"{form}-files\"")).nth(1).unwrap();
        from.split("</label>").next().unwrap().contains("选填")
    };
    assert!(page.has("这一步至少要附 1 份佐证材料"), "{}", page.text);
    assert_eq!((label("step-report-done"), label("note")), (false, true));
}

#[tokio::test]
async fn two_ladders_of_one_case_are_told_apart_and_a_single_one_needs_no_name() {
    let county = County::new();
    let (both, one) = (task(&county, "老旧小区改造"), county.matter("厂区道路被占"));
    let mut office = Browser::signed_in(&county, "office.supervisor").await;
    on(&county, "2026-07-10T03:00:00Z");
    let page = office.get(&format!("/cases/{both}")).await;
    assert!(
        page.has("任务月度反馈，升级到第 1 级") && page.has("全件时限，升级到第 1 级"),
        "{}",
        page.text
    );
    let page = office.get(&format!("/cases/{one}")).await;
    assert!(page.has(">升级到第 1 级"), "{}", page.text);
}

#[tokio::test]
async fn what_programs_know_an_opening_by_is_not_shown_to_people() {
    let county = County::new();
    let case = county.order(
        "office.dispatcher",
        "task",
        json!({ "type": "open", "mechanism": "key-task", "owner": "housing", "title": "老旧小区改造",
            "values": {}, "source": { "kind": "person", "key": "robot-17" } }),
    );
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let page = office.get(&format!("/cases/{case}")).await;
    assert!(page.has("直接交办") && !page.has("robot-17"), "{}", page.text);
}

#[tokio::test]
async fn whoever_sees_few_ledgers_finds_them_before_the_others() {
    let county = County::new();
    county.matter("厂区道路被占");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get("/ledgers").await;
    let (used, folded) = page.text.split_once("<details>").unwrap();
    let stands = |part: &str, ledger: &str| part.contains(&format!("href=\"/ledgers/{ledger}\""));
    assert!(
        stands(used, "three-plus-24") && !stands(used, "key-task"),
        "{used}"
    );
    assert!(
        stands(folded, "key-task") && folded.contains("没有您能看到的事项"),
        "{folded}"
    );
    // Where there is nothing else, nothing is folded.
    let mut stranger = Browser::signed_in(&county, "water.clerk").await;
    assert!(stranger.get("/ledgers").await.has("<details open>"));
}

#[tokio::test]
async fn the_log_says_in_words_what_each_entry_is() {
    let county = County::new();
    county.matter("厂区道路被占");
    on(&county, "2026-04-07T03:00:00Z");
    let mut office = Browser::signed_in(&county, "office.supervisor").await;
    let page = office.get("/log").await;
    let kinds: Vec<&str> = page.text.split("data-label=\"事件\">").skip(1).collect();
    assert!(kinds.len() > 10, "{}", page.text);
    for cell in kinds {
        assert!(!cell.starts_with("<code"), "an entry without a name: {cell}");
    }
    assert!(
        page.has("超期 <code class=\"quiet\">clock.breached</code>"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn a_case_names_its_whole_and_what_else_there_is_about_the_same_object_as_far_as_one_may_see_it() {
    let county = crate::known::county();
    let check = |unit: &str, title: &str| {
        county.order(
            &format!("{unit}.clerk"),
            title,
            json!({ "type": "open", "mechanism": "device-check", "owner": unit, "title": title,
                "values": { "device": "d1", "capacity": "12.5", "pressure": "0.8", "tender": "王师傅" } }),
        )
    };
    let (first, second, other) = (
        check("water", "春季检查"),
        check("water", "夏季检查"),
        check("housing", "抽查"),
    );
    let mut clerk = Browser::signed_in(&county, "water.clerk").await;
    let page = clerk.get(&format!("/cases/{first}")).await;
    let card = page
        .text
        .split("id=\"related\"")
        .nth(1)
        .unwrap()
        .split("</section>")
        .next()
        .unwrap();
    assert!(
        card.contains(&format!("/cases/{second}\"")) && card.contains("夏季检查"),
        "{card}"
    );
    assert!(
        !card.contains(&format!("/cases/{other}\"")) && !card.contains(&format!("/cases/{first}\"")),
        "{card}"
    );
    let mut office = Browser::signed_in(&county, "office.supervisor").await;
    assert!(
        office
            .get(&format!("/cases/{first}"))
            .await
            .has(&format!("/cases/{other}\""))
    );

    let county = County::new();
    let whole = county.order(
        "office.dispatcher",
        "conference",
        json!({ "type": "open", "mechanism": "conference-instruction", "owner": "reform", "title": "抓紧项目前期",
            "values": { "instruction": "抓紧项目前期" }, "source": { "kind": "meeting" } }),
    );
    let part = county.order(
        "office.dispatcher",
        "part",
        json!({ "type": "open", "mechanism": "key-task", "owner": "housing", "title": "办手续", "parent": whole,
            "values": {}, "source": { "kind": "parent" } }),
    );
    let mut office = Browser::signed_in(&county, "office.supervisor").await;
    let page = office.get(&format!("/cases/{part}")).await;
    assert!(
        page.has(&format!("<a href=\"/cases/{whole}\">抓紧项目前期</a>")),
        "{}",
        page.text
    );
    // Who may not see the whole knows its number alone.
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get(&format!("/cases/{part}")).await;
    assert!(
        page.has(&format!("<a href=\"/cases/{whole}\">事项 {whole}</a>")) && !page.has("抓紧项目前期"),
        "{}",
        page.text
    );
}
