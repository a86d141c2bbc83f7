//! Which line is whose headline, on pages written for these tests: broken lines, captions, rules between articles.

use bihuan_reader::{ArticleKind, Document, Options, read};

fn page(lines: &[&str]) -> Document {
    read("page.txt", &lines.join("\n"), &Options::default())
}

/// The headline of the article whose body has the words.
fn title_of<'a>(document: &'a Document, words: &str) -> Option<&'a str> {
    let article = document.articles.iter().find(|a| a.text.contains(words));
    article
        .unwrap_or_else(|| panic!("no article with {words}"))
        .title
        .as_deref()
}

const READING: [&str; 6] = [
    "本报讯 4月9日，全市农家书屋建设现场推进会",
    "在柳河县召开，各县分管负责人实地看了三个书屋",
    "的借阅、管理和活动情况。会议要求，年底前全市",
    "再建成农家书屋120个，每个书屋藏书不少于1500",
    "册，每月组织读书活动不少于两次，让农民有书可",
    "读、有地方读书。（文/江小雨）",
];

const FISH: [&str; 6] = [
    "本报讯 清晨的白杨水库波光粼粼，首批投放的鱼",
    "苗在网箱里跃动。白杨水库管理处引进大水面生态",
    "养殖，投放花鲢、白鲢鱼苗36万尾，预计明年秋天",
    "起捕，可增收240万元。管理处还将建一座垂钓平台",
    "和两处观景台，把水库的好生态变成好收成，让库",
    "区的120户移民吃上生态饭。（文/石磊）",
];

#[test]
fn a_headline_broken_in_the_middle_of_a_word_is_one_headline() {
    let mut lines = READING.to_vec();
    lines.extend(FISH);
    lines.extend([
        "白杨水库：养好一库水 富了一方人",
        "全市农家书屋建设现场",
        "推进会在柳河召开",
    ]);
    let document = page(&lines);
    assert_eq!(
        title_of(&document, "农家书屋120个"),
        Some("全市农家书屋建设现场 推进会在柳河召开")
    );
    assert_eq!(
        title_of(&document, "花鲢"),
        Some("白杨水库：养好一库水 富了一方人")
    );
}

#[test]
fn a_line_printed_twice_over_a_body_yields_to_the_plain_headline_that_speaks_of_it() {
    let mut lines = vec!["柳河县书屋借阅现场柳河县书屋借阅现场"];
    lines.extend(READING);
    lines.extend(FISH);
    lines.extend(["全市农家书屋建设推进会召开", "白杨水库首批生态鱼苗入库"]);
    let document = page(&lines);
    assert_eq!(
        title_of(&document, "农家书屋120个"),
        Some("全市农家书屋建设推进会召开")
    );
    assert_eq!(title_of(&document, "花鲢"), Some("白杨水库首批生态鱼苗入库"));
}

#[test]
fn a_line_of_dashes_parts_two_articles_and_a_reporters_name_opens_one() {
    let document = page(&[
        "        白杨水库迎来首批生态鱼苗",
        "　　本报记者 濮阳明 报道 清晨的白杨水库波光粼粼，首批投放",
        "的鱼苗在网箱里跃动。白杨水库投放花鲢、白鲢鱼苗36万尾，预",
        "计明年秋天起捕，可增收240万元。",
        "————————————",
        "        柳河县农家书屋办到家门口",
        "柳河县把农家书屋办到村民家门口，全县建成书屋86个，藏书",
        "12.9万册。今年农闲时节，各书屋举办读书活动310场，参加的",
        "村民有1.4万人次。下一步，县里将为每个书屋配备一台电脑。",
    ]);
    assert_eq!(document.articles.len(), 2, "{:#?}", document.articles);
    assert_eq!(title_of(&document, "花鲢"), Some("白杨水库迎来首批生态鱼苗"));
    assert_eq!(document.articles[0].authors, ["濮阳明"]);
    assert_eq!(title_of(&document, "86个"), Some("柳河县农家书屋办到家门口"));
}

#[test]
fn a_picture_and_a_headline_inside_an_article_are_taken_out_of_it() {
    let document = page(&[
        "白杨水库的清晨，从一声汽笛开始。管理员老孟把船",
        "靠上码头，清点网箱里的鱼苗，记下水温和溶氧，再",
        "把数据报给岸上的实验室。",
        "三年前，这里还是网箱密布、水质发黑的旧库区，群",
        "众意见很大。县里下决心拆除网箱1200口，补偿农户",
        "86户，种下水生植物300亩。",
        "4月9日，柳河县中小学生在书屋里读",
        "书，度过阅读日。　格桑 摄",
        "一库碧水 半城鱼香",
        "——白杨水库生态养殖见闻",
        "水清了，鱼也好了。水库生态养殖花鲢、白鲢，既",
        "不投饵、不施药，一尾鱼的价钱是原来的两倍。今年",
        "水库计划投放鱼苗36万尾，建垂钓平台一座。",
        "□ 石磊",
    ]);
    assert_eq!(
        title_of(&document, "网箱1200口"),
        Some("一库碧水 半城鱼香 ——白杨水库生态养殖见闻")
    );
    let whole = document.articles.iter().find(|a| a.text.contains("网箱1200口"));
    assert!(whole.is_some_and(|a| a.text.contains("鱼苗36万尾") && !a.text.contains("阅读日")));
    let caption = document.articles.iter().find(|a| a.text.contains("阅读日"));
    assert!(caption.is_some_and(|a| a.kind == ArticleKind::Caption));
}

#[test]
fn the_foot_of_a_paper_and_a_lost_licence_are_no_headline_and_no_article() {
    let document = page(&[
        "柳河县农家书屋管理办法",
        "第一条 全县农家书屋由县文旅局管理，每个书屋确定管理员一名，每周开放不少于五天，年底前全部联网。",
        "第二条 县财政每年为每个书屋安排经费三千元。",
        "柳河县人民政府办公室 2024年4月9日印发",
    ]);
    assert_eq!(title_of(&document, "第一条"), Some("柳河县农家书屋管理办法"));
    let mut lines = vec!["白杨水库首批生态鱼苗入库"];
    lines.extend(FISH);
    lines.push("遗失声明：孟小川丢失身份证一张，声明作废。");
    let document = page(&lines);
    assert_eq!(document.articles.len(), 1);
    assert!(document.leftover.iter().any(|l| l.text.contains("遗失声明")));
}

#[test]
fn two_short_lines_of_one_length_are_one_headline_and_a_year_belongs_to_the_name_below_it() {
    let mut lines = vec!["水库放鱼苗", "山民添新饭"];
    lines.extend(FISH);
    lines.extend(["2024年", "农家书屋建设现场推进会召开"]);
    lines.extend(READING);
    let document = page(&lines);
    assert_eq!(title_of(&document, "花鲢"), Some("水库放鱼苗 山民添新饭"));
    assert_eq!(
        title_of(&document, "农家书屋120个"),
        Some("2024年 农家书屋建设现场推进会召开")
    );
}

#[test]
fn the_head_of_a_gazette_is_no_part_of_the_title() {
    let document = page(&[
        "柳河县人民政府公报 2024年第3期",
        "政府工作报告",
        "各位代表：",
        "现在，我代表县人民政府向大会报告工作，请予审议。今年，改造农村公路120公里。",
    ]);
    assert_eq!(title_of(&document, "各位代表"), Some("政府工作报告"));
}

#[test]
fn the_line_over_a_signed_picture_is_the_pictures() {
    let document = page(&[
        "麦 浪 滚 滚 夏 收 忙 一 线",
        "",
        "本报讯 6月3日，记者在柳林镇看到，收割机正在麦田里来回穿梭，夏收",
        "进度已经过半，全镇投入农机120台，雇用短工300人，晴天抢收、雨天",
        "",
        "柳林老街换新颜柳林老街换新颜",
        "",
        "6月2日，游人走在柳林老街上。",
        "",
        "周远 摄",
        "",
        "抢烘，预计月中全部归仓。",
    ]);
    let news = document
        .articles
        .iter()
        .find(|a| a.text.contains("收割机"))
        .unwrap();
    assert_ne!(news.title.as_deref(), Some("柳林老街换新颜"));
}

#[test]
fn a_short_column_label_gives_way_to_the_line_that_speaks_of_the_body() {
    let document = page(&[
        "平安柳河",
        "",
        "□ 本报记者 周远 文/图",
        "",
        "柳河县的流动警务车开进了集市。民警一边登记，一边教老人辨认骗局。",
        "这辆流动警务车每天跑三个集市，一个月登记了420人。",
        "",
        "集市里的“流动警务车”集市里的“流动警务车”",
        "",
        "柳河县农机服务队下乡检修",
        "",
        "本报讯 5月6日，柳河县农机服务队到各村检修农机，一天检修了38台，还送去配件。",
    ]);
    let found = document
        .articles
        .iter()
        .find(|a| a.text.contains("警务车"))
        .unwrap();
    assert_eq!(found.title.as_deref(), Some("集市里的“流动警务车”"));
}

#[test]
fn a_headline_broken_within_a_quotation_or_a_number_is_one_headline() {
    let mut lines = READING.to_vec();
    lines.extend(FISH);
    lines.extend(["柳河县建成“农家书", "屋”惠民点", "白杨水库放养鱼苗3", "6万尾"]);
    let document = page(&lines);
    assert_eq!(
        title_of(&document, "农家书屋120个"),
        Some("柳河县建成“农家书 屋”惠民点")
    );
    assert_eq!(title_of(&document, "花鲢"), Some("白杨水库放养鱼苗3 6万尾"));
}

#[test]
fn a_headline_behind_a_byline_is_known_by_what_follows_it() {
    let mut lines = READING.to_vec();
    lines.extend([
        "山谷里的“鱼水情”",
        "——白杨水库移民致富侧记",
        "“鱼苗下水了！”一大早，白杨水库边围满了人。管",
        "理处引进大水面生态养殖，投放花鲢、白鲢鱼苗36",
        "万尾，预计明年秋天起捕，可增收240万元，库区的",
        "移民吃上了生态饭。（文/石磊）",
    ]);
    let document = page(&lines);
    assert_eq!(
        title_of(&document, "花鲢"),
        Some("山谷里的“鱼水情” ——白杨水库移民致富侧记")
    );
}

#[test]
fn a_line_that_shows_somebody_yields_to_the_headline_of_the_same_body() {
    let mut lines = READING.to_vec();
    lines.extend(FISH);
    lines.extend([
        "库区村民给白杨水库投放花鲢鱼苗",
        "全市农家书屋建设现场推进会召开",
        "白杨水库养出生态鱼",
    ]);
    let document = page(&lines);
    assert_eq!(title_of(&document, "大水面"), Some("白杨水库养出生态鱼"));
}

#[test]
fn two_figures_of_speech_left_over_go_to_the_bodies_that_share_their_characters() {
    let mut lines = READING.to_vec();
    lines.extend(FISH);
    lines.extend([
        "本报讯 3月2日夜里，青石镇环卫工人何秀芳在路边",
        "捡到一个黑色提包，里面装着现金和证件。她在寒风",
        "里守了两个小时，把提包原样交还给失主，失主激动",
        "得连声道谢，说这是春天里最暖的一件事，周围居民",
        "也纷纷为她点赞。（林溪）",
        "全市农家书屋建设现场推进会召开",
        "白杨水库养出生态鱼",
        "寒夜守候暖失主",
    ]);
    let document = page(&lines);
    assert_eq!(title_of(&document, "提包"), Some("寒夜守候暖失主"));
}

#[test]
fn a_notice_and_a_comment_are_articles_of_their_own() {
    let mut lines = READING.to_vec();
    if let Some(last) = lines.last_mut() {
        *last = "读、有地方读书。";
    }
    lines.extend([
        "招租公告",
        "受县国有资产公司委托，对下列房屋公开招租，",
        "面积共计860平方米，租期三年，报名截止本月底。",
    ]);
    let document = page(&lines);
    assert_eq!(title_of(&document, "860平方米"), Some("招租公告"));
    let library = document
        .articles
        .iter()
        .find(|a| a.text.contains("农家书屋120个"));
    assert!(!library.unwrap().text.contains("招租"));
}

#[test]
fn of_two_headings_on_a_line_one_may_be_printed_twice() {
    let mut lines = READING.to_vec();
    lines.extend(FISH);
    lines.push("库区鱼苗游出致富路 全市农家书屋推进会召开全市农家书屋推进会召开");
    let document = page(&lines);
    assert_eq!(title_of(&document, "花鲢"), Some("库区鱼苗游出致富路"));
    assert_eq!(
        title_of(&document, "农家书屋120个"),
        Some("全市农家书屋推进会召开")
    );
}

#[test]
fn a_line_that_opens_with_a_day_is_a_text_whatever_blanks_its_numbers_have_got() {
    let mut lines = READING.to_vec();
    lines.extend(["□ 江小雨", "6 月12日,天还没亮透,白杨镇的"]);
    lines.extend([
        "渔民老秦已经解开了缆绳。他的网箱里有鱼苗",
        "两万尾，一天要投三遍料。",
    ]);
    let document = page(&lines);
    assert!(
        document
            .articles
            .iter()
            .any(|a| a.text.starts_with("6 月12日") || a.text.starts_with("6月12日"))
    );
}

#[test]
fn a_title_may_name_its_edition_and_a_hotline_is_no_headline() {
    let document = page(&[
        "柳河区政府工作报告（摘要）",
        "　　2022年，全区生产总值增长5%，新修道路12公里，改造老旧小区8个，办成了一批大家盼着的实事，各项工作都有新的起色，成绩来之不易。",
        "新闻热线：8123456",
        "　　2023年，要新建幼儿园3所，改造供水管网20公里，把没有办完的事接着办好。",
    ]);
    assert_eq!(
        title_of(&document, "新修道路"),
        Some("柳河区政府工作报告（摘要）")
    );
    assert!(document.articles.iter().all(|a| !a.text.contains("热线")));
}

#[test]
fn a_headline_with_words_of_the_pages_own_line_stays_one() {
    let mut lines = READING.to_vec();
    lines.extend([
        "热线电话通了 老人心里暖了",
        "“水管坏了，打一个电话就有人来修。”住在东关的",
        "秦桂兰老人说。去年十月，社区开通为老服务热线，",
        "十八名志愿者轮流值守，半年来接听来电860个，上",
        "门服务312次。（王小曼）",
        "责任编辑 吕青 校对 何苗",
    ]);
    let document = page(&lines);
    assert_eq!(title_of(&document, "水管坏了"), Some("热线电话通了 老人心里暖了"));
    assert!(document.articles.iter().all(|a| !a.text.contains("校对")));
}

#[test]
fn what_is_signed_and_dated_has_ended_before_the_next_headline() {
    let document = page(&[
        "停水公告",
        "因供水管道检修，定于9月8日8时",
        "至18时对城东片区停水，影响用户约",
        "5200户。请广大用户提前储水。",
        "梅岭市自来水公司",
        "2022年9月5日",
        "夜市火了 管理跟上了",
        "桥头夜市一开张，每晚客流超过2万",
        "人次。摊位从60个增加到95个。",
        "城管部门说，将在9月底前增设垃圾",
        "桶80个，新建公厕2座，并安排人员巡",
        "查。",
        "本报记者 何苗",
    ]);
    assert_eq!(title_of(&document, "提前储水"), Some("停水公告"));
    assert_eq!(title_of(&document, "桥头夜市"), Some("夜市火了 管理跟上了"));
    let rows = document.articles.iter().flat_map(|a| &a.commitments);
    // Who begins to speak stands in no headline.
    assert!(rows.into_iter().any(|row| row.quote.contains("增设垃圾")));
}

#[test]
fn a_headline_on_two_lines_that_say_the_same_is_said_once() {
    let mut lines = READING.to_vec();
    lines.extend(FISH);
    lines.extend([
        "白杨水库放鱼苗36万尾",
        "白杨水库放鱼苗36万尾",
        "全市推进农家书屋建设",
        "全市推进农家书屋建设",
    ]);
    let document = page(&lines);
    assert_eq!(title_of(&document, "花鲢"), Some("白杨水库放鱼苗36万尾"));
    assert_eq!(title_of(&document, "藏书"), Some("全市推进农家书屋建设"));
}
