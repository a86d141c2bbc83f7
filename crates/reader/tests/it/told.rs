//! What stories reckon in passing, on sentences written for these tests: stated where it holds, and nothing else.

use bihuan_reader::{Options, read};

fn checks(text: &str) -> Vec<(String, bool)> {
    let page = format!("南坪县工作情况\n　　{text}\n");
    let document = read("page.txt", &page, &Options::default());
    let all = document.articles.into_iter().flat_map(|a| a.checks);
    all.map(|c| (c.statement, c.holds)).collect()
}

fn holds(text: &str, statement: &str) {
    let found = checks(text);
    assert!(found.contains(&(statement.to_owned(), true)), "{text}\n{found:?}");
}

fn no_fault(text: &str) {
    let found = checks(text);
    assert!(found.iter().all(|(_, holds)| *holds), "{text}\n{found:?}");
}

#[test]
fn how_far_a_work_has_come_is_held_against_what_there_is() {
    holds(
        "全县46.2万亩油菜已收割43.6万亩，收割进度达94.4%。",
        "43.6万/46.2万=94.37%≈94.4%",
    );
    holds("全县240个村已通水180个，进度75%。", "180/240=75%");
    no_fault("全县240个村已通水180个，进度快于去年同期3%。");
}

#[test]
fn a_rate_may_be_of_two_kinds_together() {
    let text = "今年安排项目90个，其中续建项目37个、新建项目34个、前期项目19个。截至5月底，已开工58个，开复工率达到81.7%。";
    holds(text, "58/(37+34)=81.69%≈81.7%");
}

#[test]
fn a_saving_is_the_difference_of_two_prices_for_so_many() {
    holds(
        "过去雇人采一亩要320元，如今机采每亩只要90元，他家的120亩茶园光这一项就省下2.76万元。",
        "120×(320-90)=2.76万",
    );
    assert_eq!(
        checks("过去雇人采一亩要320元，如今机采每亩只要90元，他家的120亩茶园一年省下3万元。"),
        []
    );
}

#[test]
fn a_limit_raised_once_more_and_a_months_part_of_a_year() {
    holds(
        "最高贷款额度由50万元提高到60万元，提高10万元；高层次人才再上浮20%，达到72万元。",
        "60万×(1+20%)=72万",
    );
    holds("街道每年补贴房租3000元，一个月250元。", "3000/12=250");
    holds(
        "合作社盈利的60%分给社员，去年85万元盈利中51万元分到了户。",
        "85万×60%=51万",
    );
    holds(
        "发放贷款1.5亿元，惠及农户920户，户均约16万元。",
        "1.5亿/920=16.3万≈16万",
    );
    holds("住房公积金贷款的村74个，占全县296个行政村的25%。", "74/296=25%");
    holds(
        "城乡居民人均可支配收入分别达到52300元和27900元，城乡收入比缩小至1.87。",
        "52300/27900≈1.87",
    );
}

#[test]
fn a_row_ends_where_what_was_done_begins_and_a_daily_mean_is_no_part() {
    let wrong = |text: &str, statement: &str| {
        let found = checks(text);
        assert!(
            found.contains(&(statement.to_owned(), false)),
            "{text}\n{found:?}"
        );
    };
    wrong(
        "实施水毁修复项目152个，其中水利设施66个、公路58个、农田灌溉设施31个，年底前已完工128个。",
        "66+58+31=155≠152",
    );
    wrong(
        "热线受理诉求24.6万件，日均1367件，其中咨询类15.9万件、求助类5.2万件、投诉类2.8万件、其他0.9万件。",
        "15.9万+5.2万+2.8万+0.9万=24.8万≠24.6万",
    );
    wrong(
        "总投资8650万元，资金来源为中央资金3200万元、省级补助1450万元、县级配套2700万元、居民出资1200万元。",
        "3200万+1450万+2700万+1200万=8550万≠8650万",
    );
    // Of 152 some may be none of these, and a list may go on.
    no_fault("实施水毁修复项目152个，其中水利设施66个、公路38个、农田灌溉设施21个，已完工98个。");
    // Five of the last one: nothing counts the three names.
    no_fault("加快光伏产业园三期、新能源产业园、创业园5个建设。");
}
