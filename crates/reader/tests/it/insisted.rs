//! What somebody who speaks for others asks for is a row though its verb is in no table; what is merely told is none.

use bihuan_reader::{Document, Options, read};

fn page(text: &str) -> Document {
    read("page.txt", text, &Options::default())
}

fn quotes(text: &str) -> Vec<String> {
    let all = page(text).articles;
    all.into_iter()
        .flat_map(|a| a.commitments)
        .map(|row| row.quote)
        .collect()
}

#[test]
fn a_rhythm_and_a_span_are_undertakings_where_somebody_says_them() {
    assert_eq!(
        quotes("本报讯 县水务公司经理周岚说，爆管抢修人员40分钟内赶到；水质每周化验两次；营业厅中午不打烊。"),
        ["爆管抢修人员40分钟内赶到", "水质每周化验两次", "营业厅中午不打烊"]
    );
}

#[test]
fn a_rhythm_that_nobody_speaks_of_is_a_habit() {
    assert!(quotes("本报讯 老周每天骑车二十里，每周进城卖两次菜，四十年没断过。").is_empty());
}

#[test]
fn whoever_is_asked_after_the_first_is_asked_too() {
    assert_eq!(
        quotes(
            "本报讯 9月6日，全县校园安全会召开。副县长林岫要求，公安局逐校查验门卫；城管局严查占道摊点；疾控中心为食堂工人体检。"
        ),
        [
            "公安局逐校查验门卫",
            "城管局严查占道摊点",
            "疾控中心为食堂工人体检"
        ]
    );
}

#[test]
fn what_is_done_for_somebody_is_a_row_and_what_it_is_done_for_is_none() {
    let found = quotes(
        "某县2024年工作要点\n一、2024年重点工作\n为全面提升城市品位，为企业减负2亿元以上，对380栋老楼逐栋体检。",
    );
    assert_eq!(found, ["为企业减负2亿元以上", "对380栋老楼逐栋体检"]);
}

#[test]
fn what_each_gets_is_a_row_where_somebody_promises_it() {
    assert_eq!(
        quotes("本报讯 县农业农村局负责人表示，对新评上的四星级农庄各奖励8万元。"),
        ["对新评上的四星级农庄各奖励8万元"]
    );
}

#[test]
fn a_number_of_things_asked_for_is_told_in_the_paragraphs_behind() {
    let found = quotes(
        "本报讯 3月2日，全县春管会召开。县长岳峰要求，各乡镇要盯住苗情，打好“三场硬仗”。\n病虫不成灾。植保站每三天查一次苗。\n墒情有保证。水管所灌溉期间不停机。\n会前，与会人员查看了2块示范田。",
    );
    assert!(found.contains(&"植保站每三天查一次苗".to_owned()), "{found:?}");
    assert!(found.contains(&"水管所灌溉期间不停机".to_owned()), "{found:?}");
    assert!(!found.iter().any(|quote| quote.contains("示范田")), "{found:?}");
}

#[test]
fn a_single_character_with_a_number_behind_it_is_a_deed() {
    let found = quotes("本报讯 村支书田禾说，明年建1座200吨冷库，办3期剪枝班。");
    assert_eq!(found, ["建1座200吨冷库", "办3期剪枝班"]);
}

#[test]
fn a_number_or_a_whole_county_in_it_is_no_name_of_a_unit() {
    let found = quotes("某县2026年重点工作展望\n县委工作会议召开，部署2026年全县重点工作。新建公厕30座。");
    assert_eq!(found, ["新建公厕30座"]);
}
