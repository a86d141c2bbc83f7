//! The dispatch meeting in the browser: an instruction without a task is marked, a decision becomes a task with owner
//! and limit in one form, the minutes come as a document; and a unit says once why it is late.

use axum::http::StatusCode;
use bihuan_domain::id::CaseId;
use jiff::civil::date;
use serde_json::json;

use crate::browser::Browser;
use crate::county::{County, apart};
use crate::orders::words;

/// The words of the minutes of a meeting.
async fn written(office: &mut Browser, instruction: CaseId) -> String {
    let minutes = office.get(&format!("/meetings/{instruction}/minutes.docx")).await;
    assert_eq!(minutes.status, StatusCode::OK);
    words(&minutes)
}

#[tokio::test]
async fn a_decision_becomes_a_task_with_owner_and_limit_in_one_form() {
    let county = County::new();
    let instruction = county.order(
        "office.dispatcher",
        "conference",
        json!({ "type": "open", "mechanism": "conference-instruction", "owner": "reform", "title": "抓紧项目前期",
            "values": { "instruction": "抓紧项目前期" }, "source": { "kind": "meeting" } }),
    );
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let list = office.get("/meetings").await;
    assert!(
        list.has("抓紧项目前期") && list.has("还没有任务"),
        "{}",
        list.text
    );
    assert!(list.has("已分解出任务的0项，共1项"));
    let nothing = written(&mut office, instruction).await;
    assert!(
        nothing.contains("没有议定事项交办") && !nothing.contains("共交办"),
        "minutes of a meeting that decided nothing say no more than that: {nothing}"
    );
    let refused = [("what", "办手续"), ("owner", "nobody"), ("due", "2026-03-31")];
    let page = office.get(&format!("/meetings/{instruction}")).await;
    let own = (
        page.form("decide").hidden("csrf"),
        page.form("decide").hidden("key"),
    );
    let mut sent = vec![("csrf", own.0.as_str()), ("key", own.1.as_str())];
    sent.extend(refused);
    let again = office
        .post(&format!("/meetings/{instruction}/decide"), &sent)
        .await;
    assert!(!again.status.is_success(), "{}", again.text);
    assert!(
        again.has(">办手续</textarea>") && again.has("value=\"2026-03-31\""),
        "what was typed stays: {}",
        again.text
    );
    let page = office.get(&format!("/meetings/{instruction}")).await;
    let (csrf, key) = (
        page.form("decide").hidden("csrf"),
        page.form("decide").hidden("key"),
    );
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", key.as_str()),
        ("what", "三月底前办完用地手续"),
        ("owner", "housing"),
        ("due", "2026-03-31"),
    ];
    let address = format!("/meetings/{instruction}/decide");
    office.post(&address, &fields).await;
    let twice = office.post(&address, &fields).await;
    assert!(
        twice.has("三月底前办完用地手续") && twice.has("住房和城乡建设局"),
        "{}",
        twice.text
    );
    let views = county.engine.views().unwrap();
    let whole = views.case(instruction).unwrap().unwrap();
    assert_eq!(whole.children.len(), 1, "a double click hands out once");
    assert_eq!(whole.children[0].owner.as_str(), "housing");
    let task = views.state(whole.children[0].id).unwrap().unwrap();
    assert_eq!(task.parent, Some(instruction));
    let due = bihuan_domain::calendar::date_of(task.clock("case").unwrap().due);
    assert!(due >= date(2026, 3, 31) && due <= date(2026, 4, 1), "{due}");
    let minutes = written(&mut office, instruction).await;
    for told in [
        "抓紧项目前期",
        "三月底前办完用地手续",
        "住房和城乡建设局",
        "共交办1项任务",
    ] {
        assert!(minutes.contains(told), "{told}: {minutes}");
    }
    let list = office.get("/meetings").await;
    assert!(list.has("已分解出任务的1项，共1项") && !list.has("还没有任务"));
    let mut housing = Browser::signed_in(&county, "housing.clerk").await;
    let refused = housing.post(&address, &[("csrf", "x")]).await;
    assert_ne!(refused.status, StatusCode::OK, "units do not decide");
}

#[tokio::test]
async fn a_late_matter_begins_a_decision_and_what_has_no_task_stands_first() {
    let county = County::new();
    let late = county.matter("厂区道路被占");
    let open = |title: &str| {
        json!({ "type": "open", "mechanism": "conference-instruction", "owner": "reform", "title": title,
            "values": { "instruction": title }, "source": { "kind": "meeting" } })
    };
    let first = county.order("office.dispatcher", "first", open("已分解的要求"));
    county.order("office.dispatcher", "second", open("没分解的要求"));
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let page = office.get(&format!("/meetings/{first}")).await;
    let (csrf, key) = (
        page.form("decide").hidden("csrf"),
        page.form("decide").hidden("key"),
    );
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", key.as_str()),
        ("what", "办一件"),
        ("owner", "housing"),
        ("due", "2026-03-31"),
    ];
    office.post(&format!("/meetings/{first}/decide"), &fields).await;
    let list = office.get("/meetings").await;
    let at = |title: &str| list.text.find(title).unwrap();
    assert!(at("没分解的要求") < at("已分解的要求"));
    county
        .time
        .set(bihuan_domain::calendar::instant(date(2026, 3, 4).at(10, 0, 0, 0)));
    apart(|| county.engine.catch_up().unwrap());
    let page = office.get(&format!("/meetings/{first}")).await;
    let link = format!("/meetings/{first}?about={late}#decide");
    assert!(page.has(&link), "{}", page.text);
    let page = office.get(&format!("/meetings/{first}?about={late}")).await;
    let form = page.form("decide");
    assert!(form.text.contains("“厂区道路被占”已超期"), "{}", form.text);
    assert!(
        form.text.contains(" selected"),
        "its owner is chosen: {}",
        form.text
    );
}

#[tokio::test]
async fn a_unit_says_once_why_it_is_late() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    county
        .time
        .set(bihuan_domain::calendar::instant(date(2026, 3, 4).at(10, 0, 0, 0)));
    apart(|| county.engine.catch_up().unwrap());
    let mut housing = Browser::signed_in(&county, "housing.clerk").await;
    let page = housing.get("/bulletins/reasons").await;
    assert!(page.has("厂区道路被占"), "{}", page.text);
    let name = format!("why-{case}");
    let id = case.to_string();
    let (csrf, key) = (page.hidden("csrf"), page.hidden("key"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", key.as_str()),
        ("case", id.as_str()),
        (name.as_str(), "占道物料未清运"),
    ];
    let after = housing.post("/bulletins/reasons", &fields).await;
    assert!(
        after.has("没有要补充的") && after.has("占道物料未清运"),
        "{}",
        after.text
    );
}
