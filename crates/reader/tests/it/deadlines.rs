//! Undertakings that a last day, a rule or a named unit shows, whatever the verb is.

use bihuan_reader::{Document, Options, read};

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
