//! Finding what one looks for: by any part of its name, by the day on which it is due, in the list of registers.

use crate::browser::{Browser, escape};
use crate::county::County;

async fn search(browser: &mut Browser, q: &str) -> crate::browser::Page {
    browser.get(&format!("/search?q={}", escape(q))).await
}

#[tokio::test]
async fn any_part_of_a_name_finds_cases_mechanisms_units_and_posts_marked() {
    let county = County::new();
    let case = county.matter("厂区道路被占，运料车进不去");
    let mut supervisor = Browser::signed_in(&county, "office.supervisor").await;
    let page = search(&mut supervisor, "路").await;
    assert!(
        page.has(&format!("/cases/{case}")) && page.has("厂区道<mark>路</mark>被占"),
        "one character is enough: {}",
        page.text
    );
    let page = search(&mut supervisor, "道路 运料车").await;
    assert!(
        page.has("<mark>道路</mark>被占，<mark>运料车</mark>"),
        "each word is marked"
    );
    assert!(
        !search(&mut supervisor, "道路 船").await.has("/cases/"),
        "all words must be there"
    );
    let page = search(&mut supervisor, "3+24").await;
    assert!(page.has("/mechanisms/three-plus-24"), "{}", page.text);
    let page = search(&mut supervisor, "住房").await;
    assert!(
        page.has("/org#unit-housing") && page.has("承办岗"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn what_documents_say_is_found_by_sentence_down_to_one_character() {
    let county = County::new();
    let mut office = Browser::signed_in(&county, "office.dispatcher").await;
    let csrf = office.get("/").await.hidden("csrf");
    office.headers.push(("x-csrf-token", csrf));
    let long = "全县要".to_owned() + &"继续".repeat(80) + "加固堤防，" + &"不松劲".repeat(30) + "。";
    let text =
        format!("清河县要点\n\n今年新建公厕１２００座，6月底前完成。改造老旧小区18个；修桥3座。{long}");
    let file = [("file", "展望.txt", text.as_bytes())];
    let sent = office.upload("/api/v1/documents", &[], &file).await;
    assert!(sent.status.is_success(), "{}", sent.text);
    let page = search(&mut office, "厕").await;
    assert!(
        page.has("今年新建公<mark>厕</mark>１２００座，6月底前完成。</a>"),
        "{}",
        page.text
    );
    assert!(page.has("#:~:text=%E4%BB%8A"), "the link leads to the words");
    let page = search(&mut office, "1200座 公厕").await;
    assert!(
        page.has("<mark>公厕１２００座</mark>") || page.has("<mark>公厕</mark><mark>１２００座</mark>"),
        "{}",
        page.text
    );
    assert!(
        search(&mut office, "公厕 修桥").await.has("没有找到"),
        "all words in one sentence"
    );
    let page = search(&mut office, "修桥").await;
    assert!(
        page.has("<mark>修桥</mark>3座。</a>") && !page.has("公厕"),
        "the sentence alone"
    );
    let page = search(&mut office, "堤防").await;
    assert!(
        page.has("…") && page.has("加固<mark>堤防</mark>") && !page.has("全县要继续"),
        "{}",
        page.text
    );
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    assert!(
        !search(&mut clerk, "公厕").await.has("公<mark>厕"),
        "documents are read by the office"
    );
    assert!(search(&mut clerk, "公厕").await.has("没有找到"));
}

#[tokio::test]
async fn nobody_finds_what_he_may_not_see() {
    let county = County::new();
    county.matter("厂区道路被占");
    let mut stranger = Browser::signed_in(&county, "water.clerk").await;
    let page = search(&mut stranger, "道路").await;
    assert!(
        !page.has("/cases/") && page.has("没有找到“道路”"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn a_question_of_nothing_says_how_to_ask_and_a_hostile_one_stays_text() {
    let county = County::new();
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    for q in ["", "   "] {
        let page = search(&mut clerk, q).await;
        assert!(page.has("一个字也可以") && !page.has("没有找到"), "{}", page.text);
    }
    let page = search(&mut clerk, &"<script>".repeat(500)).await;
    assert!(
        page.has("没有找到") && !page.has("<script><script>"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn the_calendar_shows_deadlines_on_their_day_over_the_working_calendar() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get("/calendar").await;
    let days: Vec<&str> = page.text.split("class=\"month-day").skip(1).collect();
    assert_eq!(days.len(), 31, "March");
    assert!(days[0].starts_with(" col-7"), "1 March is a Sunday: {}", days[0]);
    let mine: Vec<usize> = (0..31)
        .filter(|n| days[*n].contains(&format!("/cases/{case}")))
        .collect();
    assert_eq!(mine, [2], "24 hours after Monday the 2nd, 9:00, is on the 3rd");
    assert!(page.has("本月到期 1 件"), "{}", page.text);
    let mut stranger = Browser::signed_in(&county, "water.clerk").await;
    for of in ["", "?of=all"] {
        let page = stranger.get(&format!("/calendar{of}")).await;
        assert!(
            page.has("这个月没有到期的事项") && !page.has("/cases/"),
            "{}",
            page.text
        );
    }
    let october = clerk.get("/calendar?month=2026-10").await;
    let days: Vec<&str> = october.text.split("class=\"month-day").skip(1).collect();
    assert!(
        days[0].contains("is-off") && days[0].contains("国庆"),
        "{}",
        days[0]
    );
    assert!(days[9].contains(">班<"), "10 October is worked: {}", days[9]);
    let later = clerk.get("/calendar?month=2031-01").await;
    assert!(later.has("2031年的放假安排尚未公布"), "{}", later.text);
    let nonsense = clerk.get("/calendar?month=abc").await;
    assert!(nonsense.has("2026年3月"), "what is no month is this one");
}

#[tokio::test]
async fn the_calendar_says_what_comes_about_by_itself_and_who_is_on_duty() {
    const FILES: &[(&str, &str)] = &[
        (
            "pack.toml",
            r#"language = 1
[pack]
id = "watch"
label = { zh = "值守", en = "Watch" }
requires = ["base"]

[[register]]
id = "roster"
label = { zh = "值班表", en = "Roster" }
title = "day"
keeper = "supervision"
[[register.field]]
id = "day"
datum = "watch-day"
required = true
[[register.field]]
id = "unit"
datum = "watch-unit"
required = true
[[register.field]]
id = "officer"
datum = "watch-officer"
required = true
"#,
        ),
        (
            "dictionary.toml",
            r#"language = 1
[[datum]]
id = "watch-day"
label = { zh = "日期", en = "Day" }
type = "date"
owner = "supervision"
of = "watch"
valid = "always"
[[datum]]
id = "watch-unit"
label = { zh = "单位", en = "Unit" }
type = "unit"
owner = "supervision"
of = "watch"
valid = "always"
[[datum]]
id = "watch-officer"
label = { zh = "值班员", en = "Officer" }
type = "post"
owner = "supervision"
of = "watch"
valid = "always"
"#,
        ),
    ];
    let county = County::of_own_pack("watch", FILES);
    for (row, unit) in [("2026-03-05", "water"), ("2026-03-06", "housing")] {
        let values = serde_json::json!({ "day": row, "unit": unit, "officer": format!("{unit}.clerk") });
        let order = serde_json::json!({ "type": "row", "register": "roster", "row": row, "values": values });
        county.order("office.supervisor", &format!("roster-{row}"), order);
    }
    let mut clerk = Browser::signed_in(&county, "water.clerk").await;
    let day = |page: &crate::browser::Page, n: usize| {
        page.text.split("class=\"month-day").nth(n).unwrap().to_owned()
    };
    let mine = clerk.get("/calendar").await;
    assert!(
        day(&mine, 5).contains("值班") && day(&mine, 5).contains("水利局承办岗"),
        "{}",
        day(&mine, 5)
    );
    assert!(
        !day(&mine, 6).contains("值班"),
        "the duty of others: {}",
        day(&mine, 6)
    );
    let all = clerk.get("/calendar?of=all").await;
    assert!(
        day(&all, 6).contains("住房和城乡建设局承办岗"),
        "{}",
        day(&all, 6)
    );
    assert!(
        !clerk
            .get("/calendar?month=2026-04")
            .await
            .has("/registers/roster"),
        "another month"
    );

    // The half-month bulletin is opened and drafted by the office of projects; what should have been on days that are over is
    // not told again.
    let county = County::new();
    let mut unit = county
        .engine
        .world()
        .org
        .units
        .get(&bihuan_domain::id::UnitId::from("reform"))
        .unwrap()
        .clone();
    unit.functions.insert("project-dispatch".into());
    let change = vec![bihuan_domain::event::WorldEvent::UnitPut(unit).into()];
    crate::county::apart(|| {
        let system = bihuan_domain::org::Actor::system();
        county.engine.change(&system, "projects", change).unwrap()
    });
    county.time.set("2026-03-20T03:00:00Z".parse().unwrap());
    let days = async |login: &str, of: &str| {
        let page = Browser::signed_in(&county, login)
            .await
            .get(&format!("/calendar{of}"))
            .await;
        let comes = |n: &usize| {
            let day = day(&page, *n);
            day.contains("/mechanisms/half-month-bulletin") && day.contains("系统立项、起草")
        };
        (1..=31).filter(comes).collect::<Vec<_>>()
    };
    assert_eq!(days("reform.clerk", "").await, [31], "the 13th is over");
    assert_eq!(days("water.clerk", "").await, [0; 0]);
    assert_eq!(days("water.clerk", "?of=all").await, [31]);
}

#[tokio::test]
async fn deadlines_go_into_a_calendar_program() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let feed = clerk.get("/calendar.ics").await;
    assert_eq!(feed.headers["content-type"], "text/calendar; charset=utf-8");
    let text = feed.text.replace("\r\n ", "");
    assert!(text.contains("DTSTART:20260303T010000Z"), "{text}");
    assert!(
        text.contains("厂区道路被占") && text.contains(&format!("/cases/{case}")),
        "{text}"
    );
    // Two things that are due with one case are two events.
    county.order(
        "office.dispatcher",
        "task",
        serde_json::json!({ "type": "open", "mechanism": "key-task", "owner": "housing", "title": "老旧小区改造" }),
    );
    let feed = clerk.get("/calendar.ics").await;
    let text = feed.text.replace("\r\n ", "");
    let mut uids: Vec<&str> = text.lines().filter(|line| line.starts_with("UID:")).collect();
    assert!(
        text.contains("报进展 · 老旧小区改造") && uids.len() == 3,
        "{text}"
    );
    uids.sort_unstable();
    uids.dedup();
    assert_eq!(uids.len(), 3, "{text}");
    let mut stranger = Browser::signed_in(&county, "water.clerk").await;
    assert!(!stranger.get("/calendar.ics").await.has("VEVENT"));
}

#[tokio::test]
async fn a_list_can_be_had_of_what_is_due_on_a_day() {
    let county = County::new();
    county.matter("厂区道路被占");
    let mut supervisor = Browser::signed_in(&county, "office.supervisor").await;
    let due = supervisor
        .get("/ledgers/all?due_from=2026-03-03&due_to=2026-03-03")
        .await;
    assert!(due.has("厂区道路被占"), "{}", due.text);
    let other = supervisor
        .get("/ledgers/all?due_from=2026-03-04&due_to=2026-03-04")
        .await;
    assert!(!other.has("厂区道路被占"), "{}", other.text);
}

#[tokio::test]
async fn the_registers_are_listed_with_who_keeps_them() {
    let county = County::of_every_pack();
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get("/registers").await;
    assert!(
        page.has("/registers/projects") && page.has("由办理步骤写入"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn the_units_stand_with_their_posts_and_who_is_on_them() {
    let county = County::new();
    let mut clerk = Browser::signed_in(&county, "housing.clerk").await;
    let page = clerk.get("/org").await;
    assert!(
        page.has("id=\"unit-housing\"") && page.has("id=\"post-housing.clerk\""),
        "{}",
        page.text
    );
    assert!(
        page.has("8 个单位") && page.has("其中 0 个岗位空缺"),
        "{}",
        page.text
    );
    assert!(
        page.has("档案馆 <span class=\"tag\">无账号"),
        "who records for it is said: {}",
        page.text
    );
}

#[tokio::test]
async fn the_screen_on_the_wall_says_what_is_late_and_renews_itself_in_part() {
    let county = County::new();
    let case = county.matter("厂区道路被占");
    let mut supervisor = Browser::signed_in(&county, "office.supervisor").await;
    let page = supervisor.get("/board").await;
    assert!(
        page.has("没有超期事项") && page.has("data-live=\"/board?part=true\""),
        "{}",
        page.text
    );
    county.time.set("2026-03-03T03:00:00Z".parse().unwrap());
    crate::county::apart(|| county.engine.catch_up().unwrap());
    let part = supervisor.get("/board?part=true").await;
    assert!(
        !part.has("<html") && part.has(&format!("/cases/{case}")),
        "{}",
        part.text
    );
    assert!(part.has("住房和城乡建设局"), "the owner is named: {}", part.text);
    let mut stranger = Browser::signed_in(&county, "water.clerk").await;
    assert!(
        !stranger.get("/board").await.has("厂区道路被占"),
        "nobody sees on the wall what he may not see"
    );
}
