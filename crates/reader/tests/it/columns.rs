//! Articles and headlines that only the columns, the page's own lines and the bylines part.

use bihuan_reader::{ArticleKind, Document, Options, read};

fn page(lines: &[&str]) -> Document {
    read("page.txt", &lines.join("\n"), &Options::default())
}

fn title_of<'a>(document: &'a Document, words: &str) -> Option<&'a str> {
    let article = document.articles.iter().find(|a| a.text.contains(words));
    article
        .unwrap_or_else(|| panic!("no article with {words}"))
        .title
        .as_deref()
}

const MILL: [&str; 7] = [
    "　　本报讯 6月3日，青岭县的老磨坊里水",
    "声不断。新修的水渠把河水引到轮下，石磨",
    "转得又稳又快，一个小时能磨六十斤荞麦。",
    "　　县文物所的人说，磨坊建于清末，这次",
    "换了四根梁，补了三百片瓦，花去九万元。",
    "村里请来老磨工当师傅，带出五个徒弟，一",
    "到周末，磨坊前总排着长队。",
];

#[test]
fn a_line_behind_a_full_stop_that_leaves_its_column_unfilled_was_torn_in() {
    let mut lines = MILL.to_vec();
    lines.insert(3, "青岭县夏粮收购今日开秤");
    lines.insert(4, "师傅们说，磨盘每年要錾两回，不然就打滑。");
    lines.extend([
        "　　本报讯 6月5日，青岭县夏粮收购开秤",
        "，全县12个库点同时敞开收购，当天收进小",
        "麦460吨。县粮食局在每个库点设了休息棚，",
        "卖粮的农民不用在太阳底下等。",
        "青岭县老磨坊转起来",
    ]);
    let document = page(&lines);
    assert_eq!(title_of(&document, "小麦460吨"), Some("青岭县夏粮收购今日开秤"));
    assert!(document.articles.iter().all(|a| !a.text.contains("今日开秤")));
}

#[test]
fn the_pages_own_line_and_another_column_part_two_articles() {
    let mut lines = MILL.to_vec();
    lines.extend([
        "天气：多云转晴 18℃—29℃",
        "“您看这针脚。”七十岁的绣娘梁阿婆举起刚绣完的背带，上面",
        "的鸟儿像要飞出来。她绣了五十年，眼睛花了，手却不抖，一天",
        "还能绣四个钟头，村里的姑娘都来跟她学配色和走线。",
        "今年她收了八个徒弟，最小的十六岁，最大的已经当了外婆。",
    ]);
    let document = page(&lines);
    let bodies = document
        .articles
        .iter()
        .filter(|a| a.kind != ArticleKind::Caption)
        .count();
    assert_eq!(bodies, 2);
    assert!(
        document
            .articles
            .iter()
            .any(|a| a.text.starts_with("“您看这针脚"))
    );
}

#[test]
fn whoever_has_a_byline_did_not_write_what_another_opens() {
    let document = page(&[
        "□ 本报记者 苏禾",
        "　　6月1日，县城北环路的路灯全部换成新灯。新灯一年省电七万度，",
        "坏了会自己报修，维修队两小时内就能赶到。沿线住户说，晚上走路踏",
        "实多了，孩子放学也不用再打手电。",
        "□ 杜若",
        "　　我家门前有棵皂角树，树干两人合抱不过来。小时候，奶奶用皂角洗",
        "衣裳，泡沫又细又香。如今村里修路，让出三米，把树留在了路中间，",
        "来往的人都绕着它走，没有谁抱怨。",
    ]);
    let names: Vec<&[String]> = document.articles.iter().map(|a| a.authors.as_slice()).collect();
    assert_eq!(
        names,
        [["苏禾".to_owned()].as_slice(), ["杜若".to_owned()].as_slice()]
    );
}
