//! What near numbers come to, on sentences of many topics written for these tests: parts whose whole stands sentences
//! back, what one number is more than another, rates beside a difference, so much for each.

use bihuan_reader::{Options, read};

fn holds(text: &str) -> Vec<String> {
    let document = read("page.txt", &format!("本报讯 {text}"), &Options::default());
    let checks = document.articles.into_iter().flat_map(|a| a.checks);
    checks.filter(|c| c.holds).map(|c| c.statement).collect()
}

#[test]
fn numbers_that_stand_together_are_held_against_their_whole_wherever_it_stands() {
    for (text, statement) in [
        (
            "市场设摊位236个，首日客流1.2万人次。市场分三个区，其中蔬菜区118个、水产区64个、熟食区54个。",
            "118+64+54=236",
        ),
        (
            "办法对73万亩公益林和148万亩商品林分别作出规定，覆盖林地221万亩。",
            "73万+148万=221万",
        ),
        ("每趟走5.7公里，来回11.4公里。", "5.7×2=11.4"),
        ("大坝由12.4米加高到15.1米，加高了2.7米。", "12.4+2.7=15.1"),
        ("过去进城要走46公里，如今只要31公里，少走15公里。", "31+15=46"),
        ("三年累计完成造林18.6万亩，年均6.2万亩。", "18.6万/3=6.2万"),
        (
            "合作社流转土地1600亩，施有机肥72吨，平均每亩45公斤。",
            "72吨(72000公斤)/1600=45",
        ),
        (
            "每台补贴12万元，旧楼加装电梯27台，共发放补贴324万元。",
            "27×12万(120000)=324万(3240000)元",
        ),
    ] {
        let found = holds(text);
        assert!(found.contains(&statement.to_owned()), "{text}\n{found:?}");
    }
}

#[test]
fn a_rate_follows_from_the_difference_told_beside_it() {
    for (text, statement) in [
        (
            "上月发电5320万千瓦时，同比增发640万千瓦时，增长13.7%。",
            "640万/(5320万-640万)=13.68%≈13.7%",
        ),
        ("野鸭由80只增长到280只，增长2.5倍。", "(280-80)/80=2.5倍"),
        (
            "每亩用水90立方米，比漫灌节水60立方米，节水率40%。",
            "60/(90+60)=40%",
        ),
        ("48个行业中有36个实现增长，增长面75%。", "36/48=75%"),
    ] {
        let found = holds(text);
        assert!(found.contains(&statement.to_owned()), "{text}\n{found:?}");
    }
}

#[test]
fn items_of_one_list_and_numbers_of_other_things_claim_nothing() {
    for text in [
        "排查滑坡112处、崩塌46处、泥石流27处，新发现11处，核销8处。",
        "134个村公开账目，村民3秒钟就能查到，核实402笔。",
    ] {
        assert_eq!(holds(text), Vec::<String>::new(), "{text}");
    }
}
