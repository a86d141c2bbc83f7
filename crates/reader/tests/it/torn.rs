//! Headlines, pictures and senders that the layout left in the middle of other articles, on pages written for these tests.

use bihuan_reader::{ArticleKind, Document, Options, read};

fn page(lines: &[&str]) -> Document {
    read("page.txt", &lines.join("\n"), &Options::default())
}

fn article<'a>(document: &'a Document, words: &str) -> &'a bihuan_reader::Article {
    let found = document.articles.iter().find(|a| a.text.contains(words));
    found.unwrap_or_else(|| panic!("no article with {words}"))
}

fn title_of<'a>(document: &'a Document, words: &str) -> Option<&'a str> {
    article(document, words).title.as_deref()
}

const PLUMS: [&str; 6] = [
    "本报讯 6月3日，南坪县召开李子产销推进会，各乡",
    "镇和种植大户代表参加会议，实地看了三处分拣中心",
    "和一座冷库。会议要求，本月底前再建产地冷库四座，",
    "每座库容不少于300吨，组织客商对接会不少于五场，",
    "把今年的李子卖个好价钱。县农业农村局介绍，今年全",
    "县李子挂果面积4.6万亩，预计产量3.2万吨。",
];

const ROADS: [&str; 6] = [
    "本报讯 青石乡到县城的公路昨日贯通，全长18.6公",
    "里，乡亲们进城由两个小时缩短到四十分钟。公路沿",
    "线有九个行政村，过去赶集要翻两座山，货车进不来，",
    "山货出不去。县交通运输局介绍，公路投资1.2亿元，",
    "架桥三座，年内还将开通城乡公交线路两条，设停靠",
    "站22个。（文/石磊）",
];

#[test]
fn the_frame_of_a_web_page_is_neither_headline_nor_text() {
    let document = page(&[
        "首页 > 信息公开 > 规划计划",
        "南坪县政府工作报告",
        "发布日期：2024-02-01 09:00 来源：县政府办 浏览次数：88 字体：大 中 小",
        "2024年，全县将新修公路60公里，改造老旧小区8个，确保年底前全部完成，让群众出行更加方便，住得更加安心。",
        "打印本页 关闭窗口",
    ]);
    assert_eq!(title_of(&document, "新修公路"), Some("南坪县政府工作报告"));
    let text = &article(&document, "新修公路").text;
    assert!(!text.contains("浏览") && !text.contains("打印"), "{text}");
    assert!(
        document
            .articles
            .iter()
            .all(|a| a.commitments.iter().all(|row| !row.quote.contains("发布")))
    );
}

#[test]
fn a_papers_own_dateline_opens_an_article_and_a_sender_on_a_line_of_its_own_ends_one() {
    let mut lines = PLUMS.to_vec();
    lines.push("（县农业局）");
    lines.push("青山青山路通路通 青石乡青石乡迎来首条公路迎来首条公路");
    lines.extend([
        "天刚亮，老杨就把竹筐搬上了车。青石乡的山货头一",
        "回当天进城，三轮车沿着新铺的柏油路一路下坡，四十",
        "分钟就到了菜市场。从前走山路，他要在半夜动身。",
        "青石乡有九个村，公路修通后，乡里办起了收购点。",
    ]);
    let document = page(&lines);
    assert_eq!(article(&document, "4.6万亩").authors, ["县农业局"]);
    assert!(!article(&document, "4.6万亩").text.contains("竹筐"));
    let document = page(&[
        "“路通了，山货当天就能进城。”种植户老杨说，从前",
        "走山路，要在半夜动身，如今四十分钟就到菜市场。",
        "南坪晚报讯（记者 石磊）昨日，全县李子产销推进会",
        "召开，会议要求本月底前再建产地冷库四座，每座库容",
        "不少于300吨，组织客商对接会不少于五场。",
    ]);
    assert!(!article(&document, "半夜动身").text.contains("冷库"));
    assert_eq!(article(&document, "冷库四座").kind, ArticleKind::News);
    assert_eq!(article(&document, "冷库四座").authors, ["石磊"]);
}

#[test]
fn a_picture_with_words_of_its_own_takes_no_paragraph_of_the_article_above() {
    let mut lines = PLUMS.to_vec();
    lines.push("　　会上，四家合作社签了购销合同，金额860万元。");
    lines.push("签约现场签约现场 柏松 摄");
    lines.push("　　会前，与会人员看了两处冷库建设工地。");
    let document = page(&lines);
    let text = &article(&document, "4.6万亩").text;
    assert!(text.contains("860万元") && text.contains("会前"), "{text}");
    assert!(!text.contains("签约现场"));
}

#[test]
fn a_headline_in_a_column_that_breaks_off_goes_to_its_own_article() {
    let document = page(&[
        "本报讯 青石乡到县城的公路昨日贯通，全",
        "长18.6公里，乡亲们进城由两个小时缩短到",
        "四十分钟。公路沿线有九个行政村，过去赶",
        "集要翻两座山，货车进不来，山货出不去，",
        "新设的城乡公",
        "果香满山！南坪县4.6万亩李子陆续开园采摘上市",
        "交站点。",
        "县交通运输局介绍，公路投资1.2亿元，架桥三座，年内",
        "还将开通公交线路两条，设停靠站22个。（文/石磊）",
        "本报讯 六月的山坡，李子压弯了枝头。笔者从县",
        "农业农村局获悉，全县李子挂果面积4.6万亩，预计",
        "产量3.2万吨，已有六成开园采摘。（江小雨）",
        "青石乡修通首条出山公路",
    ]);
    assert_eq!(
        title_of(&document, "3.2万吨"),
        Some("果香满山！南坪县4.6万亩李子陆续开园采摘上市")
    );
    assert!(article(&document, "18.6公里").text.contains("新设的城乡公交站点"));
}

#[test]
fn a_figure_of_speech_torn_into_a_news_item_goes_to_the_body_that_has_its_rarer_characters() {
    let mut lines = PLUMS.to_vec();
    lines.insert(3, "调解员上门来 邻里墙拆了");
    if let Some(above) = lines.get_mut(2) {
        *above = "和一座冷库。会议要求本月底前再建产地冷库四座。";
    }
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let mut text: Vec<String> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        text.push(if i == 0 || i == 4 {
            format!("　　{line}")
        } else {
            line.clone()
        });
    }
    for line in [
        "　　本报讯 一堵院墙让两户人家十年不说话。5月20日",
        "上午，镇上的调解员走进院子，量了地界，翻出旧契",
        "约，把道理一条条讲给双方听。不到两个小时，墙拆",
        "了，两家人一起种上了一排桂花。今年以来，调解员",
        "已经调解邻里纠纷43起。（江小雨）",
        "南坪县召开李子产销推进会",
    ] {
        text.push(line.to_owned());
    }
    let document = page(&text.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(title_of(&document, "桂花"), Some("调解员上门来 邻里墙拆了"));
    assert_eq!(title_of(&document, "4.6万亩"), Some("南坪县召开李子产销推进会"));
    assert!(
        article(&document, "桂花")
            .title_confidence
            .is_some_and(|sure| sure < 60)
    );
}

#[test]
fn the_two_texts_of_a_line_that_is_printed_twice_are_one_headline() {
    let mut lines = PLUMS.to_vec();
    lines.push("（江小雨）");
    lines.extend(ROADS);
    lines.push("南坪县召开李子产销推进会");
    lines.push("青石乡青石乡公路公路贯通贯通 进城 进城只要四十分钟只要四十分钟");
    let document = page(&lines);
    assert_eq!(
        title_of(&document, "18.6公里"),
        Some("青石乡公路贯通 进城只要四十分钟")
    );
}

#[test]
fn the_first_section_of_a_report_is_not_its_title() {
    let document = page(&[
        "南坪区政府工作报告（摘要）",
        "　　（2023年2月8日在南坪区第五届人民代表大会",
        "第三次会议上）",
        "　　区长 石小棠",
        "　　过去五年的工作",
        "　　过去五年，全区新修公路60公里，改造老旧小区8个，",
        "办成了一批大家盼着的实事，各项工作都有新的起色。",
    ]);
    assert_eq!(
        title_of(&document, "新修公路"),
        Some("南坪区政府工作报告（摘要）")
    );
}

#[test]
fn the_numbers_of_pages_between_the_lines_of_a_report_are_no_part_of_it() {
    let document = page(&[
        "南坪县政府工作报告",
        "　　过去一年，全县新修公路60公里，改造老旧小区8个，办成了",
        "3",
        "一批大家盼着的实事，各项工作都有新的起色。",
        "　　2024年，要新建幼儿园3所，改造供水管网20公里，把没有办",
        "4",
        "完的事接着办好。",
    ]);
    assert_eq!(document.articles.len(), 1, "{:#?}", document.articles);
    let text = &article(&document, "新修公路").text;
    assert!(
        text.contains("办成了一批") && text.contains("没有办完的事"),
        "{text}"
    );
}
