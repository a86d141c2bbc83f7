//! For which year a text speaks: plans named after a year, pages that print their day, seasons over two years, next year.

use bihuan_reader::{Document, Options, Value, read};

fn rows(text: &str) -> Vec<(String, Option<String>)> {
    let document: Document = read("page.txt", text, &Options::default());
    let articles = document.articles.into_iter();
    articles
        .flat_map(|a| a.commitments)
        .map(|row| (row.quote, row.due.map(|day| day.to_string())))
        .collect()
}

fn due(text: &str, quote: &str) -> Option<String> {
    let found = rows(text);
    let row = found.iter().find(|(own, _)| own.contains(quote));
    row.unwrap_or_else(|| panic!("no row with {quote} in {found:?}"))
        .1
        .clone()
}

const TASKS: &str = "清河县2026年政府工作报告任务\n\n一、经济发展\n\
1.地区生产总值增长6%以上，规上工业增加值增长8%以上，万元地区生产总值能耗下降3%。\n\
2.上半年完成投资45亿元，全年完成投资110亿元，10月底前项目全部开工。\n\
二、民生改善\n\
3.新建改建农村公路120公里、桥梁6座，改造老旧小区18个，新增幼儿园学位900个。\n\
4.建成县医院新院区、城北净水厂，开工建设南环路、会展中心。\n";

#[test]
fn the_tasks_of_a_report_are_a_plan_for_the_year_in_their_title() {
    assert_eq!(due(TASKS, "地区生产总值增长6%以上").unwrap(), "2026-12-31");
    assert_eq!(due(TASKS, "能耗下降3%").unwrap(), "2026-12-31");
    assert_eq!(due(TASKS, "上半年完成投资45亿元").unwrap(), "2026-06-30");
    assert_eq!(due(TASKS, "全年完成投资110亿元").unwrap(), "2026-12-31");
    assert_eq!(due(TASKS, "桥梁6座").unwrap(), "2026-12-31");
    assert_eq!(due(TASKS, "会展中心").unwrap(), "2026-12-31");
    let document = read("page.txt", TASKS, &Options::default());
    assert_eq!(
        document.articles[0].title.as_deref(),
        Some("清河县2026年政府工作报告任务")
    );
    assert!(document.articles[0].text.starts_with("一、经济发展"));
}

#[test]
fn the_page_says_its_year_in_its_head_in_a_season_or_by_an_event() {
    let body = "本报讯 全县项目调度会要求，年底前完成12处水毁道路修复。";
    assert_eq!(
        due(&format!("清河日报 2025年3月19日 星期三\n{body}"), "12处").unwrap(),
        "2025-12-31"
    );
    assert_eq!(
        due(
            &format!("清河县2023—2024年度今冬明春水利建设动员会召开\n{body}"),
            "12处"
        )
        .unwrap(),
        "2023-12-31"
    );
    let ending = "今年是“十三五”收官之年。2017年，镇里办起合作社，一家五口从此有了活干。";
    assert_eq!(due(&format!("{body}{ending}"), "12处").unwrap(), "2020-12-31");
}

#[test]
fn next_year_is_added_once_and_only_where_it_says_when() {
    let page = |words: &str| format!("清河日报 2025年11月19日 星期三\n本报讯 会议要求，{words}");
    assert_eq!(
        due(&page("明年4月底前要完成收购任务140万吨。"), "140万吨").unwrap(),
        "2026-04-30"
    );
    assert_eq!(
        due(&page("明年上半年要建成智能献血屋2座。"), "2座").unwrap(),
        "2026-06-30"
    );
    let text = page("要谋划明年重大项目300个。年底前要交付安置房6300套。");
    assert_eq!(due(&text, "6300套").unwrap(), "2025-12-31");
}

#[test]
fn how_often_something_is_done_is_a_number() {
    let text = "本报讯 会议要求，各乡镇要每月开展一次实战演练，每年外出招商不少于一次，在一周内制定方案。一时间，群众拍手称快。";
    let document = read("page.txt", text, &Options::default());
    let figures = &document.articles[0].figures;
    let found: Vec<(&str, Value)> = figures.iter().map(|f| (f.unit.as_str(), f.value)).collect();
    let one = Value::One(1.into());
    assert_eq!(found, [("次", one), ("次", one), ("周", one)]);
}

#[test]
fn work_that_is_going_on_and_what_it_came_to_so_far_are_no_rows() {
    let text = "清河县2026年政府工作报告任务\n一、经济发展\n城南水厂正在加快建设，完成投资260万元。\n新建桥梁6座。\n";
    let rows = rows(text);
    assert!(
        rows.iter().all(|(quote, _)| !quote.contains("260万元")),
        "{rows:?}"
    );
    assert!(
        rows.iter().any(|(quote, _)| quote.contains("桥梁6座")),
        "{rows:?}"
    );
}

#[test]
fn a_page_is_dated_by_numbered_feasts_rows_of_years_and_results_of_a_year() {
    let body = "本报讯 9月9日，县里召开大会，会议要求，年底前完成12处水毁道路修复。";
    let cases = [
        ("在第38个教师节来临之际，大会表彰了百名教师。", "2022-12-31"),
        ("“十三五”即将圆满收官。", "2020-12-31"),
        (
            "人均收入3.1万元，是2015年1.6万元的近两倍。今年是建党100周年。",
            "2021-12-31",
        ),
        (
            "精品率2020年只有两成，2021年达到三成；今年预计四成。",
            "2022-12-31",
        ),
        ("会议通报了2023年度营商环境评价结果。", "2024-12-31"),
        (
            "到2030年，水库全部除险。会上宣读了2024年6月3日的通报。",
            "2024-12-31",
        ),
    ];
    for (words, day) in cases {
        assert_eq!(due(&format!("{body}{words}"), "12处").unwrap(), day, "{words}");
    }
    // What is named for next year, or for years ahead, leaves this year's last days as they are.
    let page = "清河日报 2021年6月2日 星期三\n本报讯 会议要求，年底前建成泵站4座；明年改造渠道30公里。10月底前配齐巡查员。";
    assert_eq!(due(page, "泵站4座").unwrap(), "2021-12-31");
    assert_eq!(due(page, "渠道30公里").unwrap(), "2022-12-31");
    assert_eq!(due(page, "配齐巡查员").unwrap(), "2021-10-31");
}

#[test]
fn the_day_on_which_a_web_page_was_published_gives_its_year() {
    let page = |day: &str| {
        format!(
            "当前位置：首页 > 工作动态\n青川区推进老旧小区改造\n发布时间：{day} 来源：区住建局 浏览次数：213\n\
             本网讯 5月17日，记者从区住建局获悉，剩余7个小区将于6月底前全部开工。\n"
        )
    };
    for day in ["2023-05-18 09:12", "2023/5/18", "2023.05.18", "2023年5月18日"] {
        assert_eq!(
            due(&page(day), "全部开工").as_deref(),
            Some("2023-06-30"),
            "{day}"
        );
    }
    // Neither a telephone nor a month alone is a day.
    assert_eq!(due(&page("2023-5180"), "全部开工"), None);
}
