//! What only describes a work, a motto, a purpose, or good advice is no row; what begins on a day to come is one.

use bihuan_reader::{Commitment, Options, read};

fn rows(text: &str) -> Vec<Commitment> {
    let page = format!("南坪县新闻\n\n本报讯 {text}\n");
    let document = read("page.txt", &page, &Options::default());
    document
        .articles
        .into_iter()
        .flat_map(|a| a.commitments)
        .collect()
}

fn quotes(text: &str) -> Vec<String> {
    rows(text).into_iter().map(|row| row.quote).collect()
}

#[test]
fn what_begins_on_a_day_to_come_is_a_row_with_its_day() {
    let found = rows("2023年5月10日，记者从公交公司获悉，2条夜班公交将于5月28日正式开通。");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].quote, "2条夜班公交将于5月28日正式开通");
    assert_eq!(found[0].due.map(|d| d.to_string()).as_deref(), Some("2023-05-28"));
    // An event that will be held is nobody's task.
    assert_eq!(
        quotes("2023年5月10日，记者获悉，荷花节将于5月28日在湿地公园举行。"),
        [""; 0]
    );
}

#[test]
fn whom_a_work_serves_and_what_it_costs_says_more_of_it_and_is_no_row() {
    let found =
        quotes("2024年，全县计划改造老旧小区21个，惠及居民3862户，总建筑面积31.7万平方米，总投资9850万元。");
    assert_eq!(found, ["改造老旧小区21个"]);
}

#[test]
fn a_motto_and_a_purpose_over_what_is_asked_for_are_no_rows() {
    let found = quotes(
        "县长薛志刚要求，要倒排工期抓进度。各包联领导要逐一现场办公，7月20日前解决卡点问题，为全年稳增长打下坚实基础。",
    );
    assert!(
        found.iter().any(|quote| quote.contains("解决卡点问题")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .all(|quote| !quote.contains("抓进度") && !quote.contains("基础")),
        "{found:?}"
    );
}

#[test]
fn good_advice_to_the_public_is_nobodys_task() {
    assert_eq!(
        quotes("市疾控中心提醒，高温天每天饮水不少于1.5升，空调温度宜设定在26℃左右。"),
        [""; 0]
    );
}
