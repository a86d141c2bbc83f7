//! Shares of one whole, ratios and products of numbers that only stand together.

use bihuan_reader::{Options, read};

fn checks(text: &str) -> Vec<(String, bool)> {
    let all = read("page.txt", text, &Options::default()).articles;
    all.into_iter()
        .flat_map(|a| a.checks)
        .map(|check| (check.statement, check.holds))
        .collect()
}

fn says(text: &str, statement: &str, holds: bool) {
    let found = checks(text);
    assert!(
        found
            .iter()
            .any(|(said, held)| said.starts_with(statement) && *held == holds),
        "{text}: {found:?}"
    );
}

#[test]
fn each_share_of_parts_that_make_the_whole_is_held_against_it() {
    let text = "本报讯 全县养殖大户贷款2亿元。其中牛贷1.2亿元，占60%；羊贷8000万元，占45%。";
    says(text, "1.2亿/2亿=60%", true);
    says(text, "8000万/2亿(20000万)=40%≠45%", false);
}

#[test]
fn a_share_right_behind_its_part_and_whole_is_held_against_them() {
    says(
        "本报讯 全镇有河道巡查员240名，女队员180名，占70%。",
        "180/240=75%≠70%",
        false,
    );
    // The share of the second of two things beside each other is one of both.
    let both = checks("本报讯 全镇种玉米600亩，种大豆400亩，占40%。");
    assert!(both.iter().all(|(_, holds)| *holds), "{both:?}");
}

#[test]
fn two_parts_named_alike_cannot_be_more_than_their_whole() {
    says(
        "本报讯 口岸登记货车300台，其中中方170台、外方140台。",
        "170+140=310≠300",
        false,
    );
    // Who is young may be a woman as well.
    let crossed = checks("本报讯 全镇有网格员300名，其中女性170名、党员140名。");
    assert!(crossed.iter().all(|(_, holds)| *holds), "{crossed:?}");
}

#[test]
fn part_of_this_year_may_be_more_than_last_year() {
    let found = checks("本报讯 前7个月出口410万吨，同比增长28.1%，去年同期为320万吨；其中水泥350万吨。");
    assert!(found.iter().all(|(_, holds)| *holds), "{found:?}");
}

#[test]
fn a_rate_named_by_the_deed_itself_follows_from_both_values() {
    says(
        "本报讯 全市招标环节由40个精简到25个，精简37.5%。",
        "(40-25)/40=37.5%",
        true,
    );
    says(
        "本报讯 全市招标环节由40个精简到25个，精简45%。",
        "(40-25)/40=37.5%≠45%",
        false,
    );
}

#[test]
fn a_ratio_without_a_unit_follows_from_the_numbers_before_it() {
    says(
        "本报讯 全县城镇居民人均收入36400元，农村居民20222元，城乡收入比为1.8。",
        "36400/20222≈1.8",
        true,
    );
    says(
        "本报讯 全年招录教师180名，退休90名，进出之比为2:1。",
        "180/90=2",
        true,
    );
}

#[test]
fn so_many_with_so_much_each_make_a_total_told_before() {
    says(
        "本报讯 护河队清淤960吨。泥全靠车拉：运了320车，每车3吨。",
        "320×3=960",
        true,
    );
}

#[test]
fn a_row_right_behind_its_whole_cannot_be_more_than_it() {
    says(
        "本报讯 列入考核的30项指标，上升14项、持平9项、下滑8项。",
        "14+9+8=31≠30",
        false,
    );
    says(
        "本报讯 农机站把60台插秧机分成两队，东片32台、西片30台。",
        "32+30=62≠60",
        false,
    );
}

#[test]
fn what_only_stands_nearby_is_no_fault() {
    let quiet = |text: &str| {
        let found = checks(text);
        assert!(found.iter().all(|(_, holds)| *holds), "{text}: {found:?}");
    };
    // Each part has a share of its own; the whole is told nowhere.
    quiet("本报讯 其中夏粮9000吨，占60%；秋粮5400吨，占36%。");
    // What is counted is one more of the list.
    quiet("本报讯 会上，县水利局、财政局、交通局和五个乡镇作了发言。");
    // The plan that the share is of is not the product before it.
    quiet("本报讯 全县完成生产总值88.5亿元，增长7%；技改投资完成32.4亿元，占年计划的54%。");
}
