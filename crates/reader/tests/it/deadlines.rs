//! Undertakings that a last day, a rule or a named unit shows, whatever the verb is.

use bihuan_reader::{Commitment, Document, Options, read};

fn page(text: &str) -> Document {
    read("page.txt", text, &Options::default())
}

fn rows(text: &str) -> Vec<(String, Option<String>)> {
    let all = page(text).articles;
    all.into_iter()
        .flat_map(|a| a.commitments)
        .map(|row| (row.quote, row.due.map(|day| day.to_string())))
        .collect()
}

fn rows_of(text: &str) -> Vec<Commitment> {
    page(text)
        .articles
        .into_iter()
        .flat_map(|a| a.commitments)
        .collect()
}

fn quotes(text: &str) -> Vec<String> {
    rows(text).into_iter().map(|(quote, _)| quote).collect()
}

#[test]
fn what_is_due_by_a_day_is_a_row_whatever_its_verb() {
    assert_eq!(
        quotes("本报讯 县交通局局长李明说，3座危桥的改造图纸月底前报批，剩下的48户国庆前全部回迁。"),
        ["3座危桥的改造图纸月底前报批", "剩下的48户国庆前全部回迁"]
    );
}

#[test]
fn a_day_without_its_month_is_read_from_the_day_of_the_text() {
    let found = rows(
        "本报讯 2024年5月6日，全县防汛会议召开。会议要求，20日前清空3处河道垃圾；下月10日前补齐沙袋2万条。",
    );
    assert_eq!(
        found,
        [
            ("20日前清空3处河道垃圾".to_owned(), Some("2024-05-20".to_owned())),
            (
                "下月10日前补齐沙袋2万条".to_owned(),
                Some("2024-06-10".to_owned())
            ),
        ]
    );
}

#[test]
fn a_rule_is_a_row_with_what_it_is_for() {
    let found = quotes(
        "关于规范集市经营的通告\n现就有关事项通告如下：\n一、摊位每天收费不得超过8元。\n二、出入口两侧严禁停放车辆。",
    );
    assert_eq!(found, ["摊位每天收费不得超过8元", "出入口两侧严禁停放车辆"]);
}

#[test]
fn units_that_are_told_what_to_do_in_turn_have_a_row_each() {
    let found = quotes(
        "本报讯 会议要求，县水利局10日前检查6座水库；乡镇每3天上报一次进度；县财政局对提前完工的每处奖补2万元。",
    );
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn what_lies_behind_a_day_that_is_over_is_no_row() {
    for told in [
        "本报讯 该县日前召开会议，3年前的旧账已经还清。",
        "本报讯 截至6月底前，全县累计整改120处。",
        "本报讯 节前，记者在市场看到，摊位前人来人往。",
    ] {
        assert_eq!(quotes(told), [""; 0], "{told}");
    }
}

#[test]
fn the_bracket_behind_an_item_says_by_when_it_is_due() {
    let text = "柳河县供水三年行动方案\n一、重点任务\n1.新建水厂2座，铺设管网86公里。（牵头单位：县水务局；完成时限：2025年6月底）\n\
                2.改造入户管网1.2万户。（牵头单位：县水投公司；完成时限：2026年10月底）\n";
    let rows = rows_of(text);
    let due = |words: &str| rows.iter().find(|row| row.quote.contains(words)).unwrap().due;
    assert_eq!(due("水厂2座"), Some(jiff::civil::date(2025, 6, 30)));
    assert_eq!(due("管网86公里"), Some(jiff::civil::date(2025, 6, 30)));
    assert_eq!(due("1.2万户"), Some(jiff::civil::date(2026, 10, 31)));
}

#[test]
fn weather_to_come_and_shortcomings_are_nobodys_task() {
    let weather = "本报讯 县气象台发布寒潮预警，预计3日夜间到5日，我县气温将下降8℃，阵风将达到7级。";
    assert!(rows_of(weather).is_empty());
    let report = "柳河县2024年政府工作报告\n二、2024年工作安排\n同时也看到存在的差距：一是工业不强，研发投入占比只有1.1%；二是中心城区带动力不强，\
                  城镇化率48.6%。今年要新建标准厂房6万平方米。\n";
    let rows = rows_of(report);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].quote.contains("标准厂房6万平方米"));
}

#[test]
fn a_bulletin_on_what_was_done_asks_only_for_what_it_announces_at_its_end() {
    let text = "柳政办发〔2024〕3号\n关于2023年度督查事项办理情况的通报\n一、总体情况\n全年立项督办事项320件，其中县长批示120件、群众来信200件。\n\
                乡镇承办130件，县直部门承办190件，计划改造公路50公里、实际完成56公里。\n二、下步要求\n县住建局要在3月底前完成剩余80套住房开工。\n";
    let rows = rows_of(text);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].due, Some(jiff::civil::date(2024, 3, 31)));
}

#[test]
fn a_thing_that_is_to_reach_a_number_is_a_target_and_how_often_is_not_how_much() {
    let text = "本报讯 3月4日，柳河县召开经济工作会议。会议要求，全年固定资产投资增速不低于9%，县住建局对在建的19个项目每月巡查1次。";
    let rows = rows_of(text);
    let row = |words: &str| rows.iter().find(|row| row.quote.contains(words)).unwrap();
    assert_eq!(row("增速").unit.as_deref(), Some("%"));
    assert_eq!(row("巡查").unit.as_deref(), Some("个"));
}

#[test]
fn tonight_and_tomorrow_are_last_days_too() {
    let found = rows(
        "本报讯 2024年7月3日，全市防汛会商会召开。会议要求，今晚21时前低洼处住户全部转移；明早8点前泵站值班人员到岗；明天中午前腾空3座水闸。",
    );
    let due: Vec<Option<&str>> = found.iter().map(|(_, day)| day.as_deref()).collect();
    assert_eq!(
        due,
        [Some("2024-07-03"), Some("2024-07-04"), Some("2024-07-04")],
        "{found:?}"
    );
}
