//! Whole pages and what must come out of them.

use bihuan_reader::{Article, ArticleKind, Commitment, CommitmentKind, Document, Options, Value, read};

const REPORT: &str = include_str!("../pages/report.txt");
const TORN: &str = include_str!("../pages/torn.txt");
const WORK_REPORT: &str = include_str!("../pages/work_report.txt");
const NEWS: &str = include_str!("../pages/news.txt");
const NOTICE: &str = include_str!("../pages/notice.txt");
const NONSENSE: &str = include_str!("../pages/nonsense.txt");

fn page(text: &str) -> Document {
    read("page.txt", text, &Options::default())
}

fn titles(document: &Document) -> Vec<String> {
    let news = document
        .articles
        .iter()
        .filter(|a| a.kind != ArticleKind::Caption);
    news.map(|a| a.title.clone().unwrap_or_default()).collect()
}

fn figures(article: &Article) -> Vec<String> {
    let number = |v: &Value| match v {
        Value::One(n) => n.normalize().to_string(),
        Value::Range(a, b) => format!("{}~{}", a.normalize(), b.normalize()),
    };
    article
        .figures
        .iter()
        .map(|f| format!("{} {}", number(&f.value), f.unit))
        .collect()
}

fn rows(article: &Article) -> Vec<String> {
    article.commitments.iter().map(|c| c.quote.clone()).collect()
}

fn row<'a>(article: &'a Article, words: &str) -> &'a Commitment {
    article
        .commitments
        .iter()
        .find(|c| c.quote.contains(words))
        .unwrap_or_else(|| panic!("no row with {words}"))
}

#[test]
fn an_outlook_becomes_rows_with_numbers_and_due_dates() {
    let document = page(REPORT);
    assert_eq!(titles(&document), ["2021年清河县经济工作要点"]);
    let article = &document.articles[0];
    assert_eq!(article.authors, ["王清河"]);
    assert_eq!(article.date.unwrap().to_string(), "2021-02-03");
    assert_eq!(
        rows(article),
        [
            "年内引进装备制造企业6家",
            "培育规上企业12户",
            "力争工业投资突破15亿元",
            "完成总投资3.2亿元的万丰铸造园等5个续建项目",
            "推进年产8万吨再生铝生产线建设",
            "清河经济开发区标准化厂房6月底前建成投产",
            "新建改建农村公路86公里",
            "桥梁4座",
            "完成东关小学",
            "柳湾幼儿园",
            "石桥卫生院改扩建工程",
            "实施老城区雨污分流、集中供热、道路硬化三项工程",
            "严禁焚烧秸秆",
            "健全县乡村三级养老服务制度",
            "全县农村自来水普及率达到96%以上",
            "培训技能人才1500人次",
        ]
    );
    assert_eq!(row(article, "标准化厂房").due.unwrap().to_string(), "2021-06-30");
    assert_eq!(row(article, "桥梁").due.unwrap().to_string(), "2021-12-31");
    let works = row(article, "万丰铸造园");
    assert_eq!(
        (works.value, works.unit.as_deref()),
        (Some(Value::One(5.into())), Some("个"))
    );
    assert_eq!(row(article, "严禁").kind, CommitmentKind::Rule);
    assert_eq!(row(article, "15亿元").kind, CommitmentKind::Target);
    assert_eq!(
        row(article, "15亿元").value,
        Some(Value::One(1_500_000_000.into()))
    );
}

#[test]
fn a_torn_page_gives_every_body_its_own_headline() {
    let document = page(TORN);
    assert_eq!(
        titles(&document),
        [
            "青山县：杏花为媒迎客来 农旅融合促增收",
            "青山县防汛抗旱工作会议",
            "“一件事一次办”便民又高效",
        ]
    );
    let captions: Vec<_> = document
        .articles
        .iter()
        .filter(|a| a.kind == ArticleKind::Caption)
        .collect();
    let words: Vec<_> = captions.iter().map(|a| a.title.clone().unwrap()).collect();
    assert_eq!(words, ["青山县防汛抗旱工作会议现场", "办事大厅2022年启用"]);
    let [flowers, flood, desk] = &document.articles[..3] else {
        panic!("three articles")
    };
    assert_eq!(flowers.photographers, ["赵大雪", "田野"]);
    assert_eq!(flood.authors, ["张立春"]);
    assert_eq!(desk.authors, ["吴桐"]);
    assert!(
        flowers.text.contains("建成乡村客栈120家"),
        "spaced-out letters are drawn together"
    );
}

#[test]
fn counts_are_found_and_dates_ordinals_and_names_are_not() {
    let document = page(TORN);
    let [flowers, flood, desk] = &document.articles[..3] else {
        panic!("three articles")
    };
    assert_eq!(figures(flowers), ["32 支", "1800 名", "3 个", "120 家", "10 天"]);
    assert_eq!(figures(flood), ["18 座", "200000 条", "24 小时"]);
    assert_eq!(
        figures(desk),
        ["45 项", "60 %", "12000 件", "8000 件", "4000 件", "15 台"]
    );
}

#[test]
fn instructions_carry_the_unit_that_is_called_on() {
    let document = page(TORN);
    let flood = &document.articles[1];
    let reservoirs = row(flood, "除险加固");
    assert_eq!(reservoirs.owner.as_deref(), Some("县水利局"));
    assert_eq!(reservoirs.due.unwrap().to_string(), "2022-05-31");
    assert!(
        rows(flood)
            .iter()
            .all(|r| !r.contains("政治站位") && !r.contains("责任意识")),
        "exhortation is no row"
    );
    let desk = &document.articles[2];
    assert_eq!(rows(desk), ["推行延时服务", "增设自助终端15台"]);
    assert!(
        document.articles[0].commitments.is_empty(),
        "what has happened is no undertaking"
    );
}

#[test]
fn a_work_report_looks_back_without_rows_and_ahead_with_them() {
    let document = page(WORK_REPORT);
    assert_eq!(titles(&document), ["政府工作报告"]);
    let report = &document.articles[0];
    assert_eq!(report.date.unwrap().to_string(), "2024-01-18");
    let found = rows(report);
    assert!(
        found
            .iter()
            .all(|r| !r.contains("96个") && !r.contains("112公里")),
        "what was done is no row"
    );
    assert_eq!(found[0], "地区生产总值增长6%左右");
    assert!(
        report.commitments.iter().all(|c| c.due.is_some()),
        "a plan's rows are due at the end of its year"
    );
    assert_eq!(row(report, "标准化厂房").due.unwrap().to_string(), "2024-06-30");
    let split = [
        "完成滨河公园二期",
        "文化路打通",
        "城东客运站建设",
        "新建冷库3座",
        "烘干塔8座",
    ];
    assert!(
        split.iter().all(|r| found.iter().any(|f| f == r)),
        "one row a deliverable: {found:?}"
    );
    assert_eq!(
        row(report, "等15个重点项目").value,
        Some(Value::One(15.into())),
        "a counted list stays one row"
    );
    assert_eq!(row(report, "县管校聘").owner.as_deref(), Some("县教育局"));
}

#[test]
fn news_with_bylines_in_the_lead_keep_their_names_and_headlines_of_two_lines() {
    let document = page(NEWS);
    assert_eq!(
        titles(&document),
        [
            "市政府召开常务会议 研究部署安全生产和稳就业工作",
            "“小积分”兑出文明新风",
            "全市“三夏”生产进入尾声 截至7月14日 收获小麦412万亩",
        ]
    );
    let news: Vec<_> = document
        .articles
        .iter()
        .filter(|a| a.kind == ArticleKind::News)
        .collect();
    assert_eq!(news[0].authors, ["高原", "陆明"]);
    assert_eq!(news[1].authors, ["许婷"]);
    assert_eq!(rows(news[1]), ["再建2个便民服务点"]);
    assert!(news[2].commitments.is_empty());
    assert!(
        document
            .articles
            .iter()
            .any(|a| a.kind == ArticleKind::Caption && a.photographers == ["许婷"])
    );
}

#[test]
fn a_task_list_gives_each_item_its_responsible_unit() {
    let document = page(NOTICE);
    let notice = &document.articles[0];
    assert_eq!(row(notice, "网上可办率").owner.as_deref(), Some("县行政审批局"));
    assert_eq!(row(notice, "网上可办率").due.unwrap().to_string(), "2022-06-30");
    assert_eq!(
        row(notice, "0.5个工作日").owner.as_deref(),
        Some("县行政审批局、县住建局")
    );
    assert_eq!(row(notice, "严禁").kind, CommitmentKind::Rule);
    assert_eq!(row(notice, "严禁").owner, None);
    assert_eq!(row(notice, "减负").value, Some(Value::One(50_000_000.into())));
}

/// What is said about the arithmetic of a sentence: statement and whether it holds.
fn checks(text: &str) -> Vec<(String, bool)> {
    let document = page(&format!("本报讯 {text}"));
    document.articles[0]
        .checks
        .iter()
        .map(|c| (c.statement.clone(), c.holds))
        .collect()
}

#[test]
fn sums_shares_and_counted_lists_are_checked() {
    let cases: &[(&str, &str, bool)] = &[
        (
            "全县共实施项目87个，其中工业32个、基础设施34个、社会事业21个。",
            "32+34+21=87",
            true,
        ),
        (
            "全县共实施项目87个，其中工业32个、基础设施35个、社会事业21个。",
            "32+35+21=88≠87",
            false,
        ),
        (
            "总投资248亿元，开发区投资151.3亿元，占总投资的61%。",
            "151.3亿/248亿=61.01%≈61%",
            true,
        ),
        (
            "总投资248亿元，开发区投资151.3亿元，占总投资的71%。",
            "151.3亿/248亿=61.01%≈61%≠71%",
            false,
        ),
        ("合作社从200家增加到260家，增长30%。", "(260-200)/200=30%", true),
        (
            "合作社从200家增加到260家，增长60%。",
            "(260-200)/200=30%≠60%",
            false,
        ),
        (
            "落实教育、医疗、住房三项政策。",
            "列名3（教育、医疗、住房）=3项",
            true,
        ),
        (
            "会议强调三点意见：一要修路，二要架桥。",
            "一要至二要，列出2≠3点",
            false,
        ),
        (
            "成立“一办两组”（综合办、宣传组、督导组）。",
            "“一办两组”=1办+2组，列名为1办+2组（共3项）",
            true,
        ),
        (
            "成立“一办两组”（综合办、宣传办、督导组）。",
            "“一办两组”=1办+2组，列名为2办+1组（共3项）",
            false,
        ),
        (
            "提出“1+3+12”思路：“1”是一个平台，“3”是3个中心，“12”是12个驿站。",
            "“1+3+12”：1、3、12各项在下文逐一列出",
            true,
        ),
    ];
    for (text, statement, holds) in cases {
        assert!(
            checks(text).contains(&((*statement).to_owned(), *holds)),
            "{text}: {:?}",
            checks(text)
        );
    }
}

#[test]
fn no_fault_is_invented_where_the_text_leaves_room() {
    let sound = [
        "全县有企业120家，其中规上企业18家、限上企业22家。",
        "健全会商、通报、督办等八项机制。",
        "新建、改建3个停车场。",
        "完成公路86公里、桥梁4座。",
        "投入资金约3亿元，其中财政1亿元、社会1.5亿元。",
        "走访企业52家，解决问题38个，满意率95%。",
    ];
    for text in sound {
        assert!(
            checks(text).iter().all(|(_, holds)| *holds),
            "{text}: {:?}",
            checks(text)
        );
    }
}

#[test]
fn a_deadline_before_the_document_is_pointed_out() {
    let options = Options {
        plan_year: Some(2021),
        document_date: Some(jiff::civil::date(2021, 1, 8)),
    };
    let text = "清河县2021年重点工作计划\n2020年6月底前完成东大街改造工程。年内新建公厕20座。";
    let document = read("plan.txt", text, &options);
    let faults: Vec<_> = document.articles[0].checks.iter().filter(|c| !c.holds).collect();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].quote.contains("东大街"));
}

#[test]
fn lines_may_be_broken_elsewhere_and_blank_lines_dropped() {
    let expected = page(REPORT);
    let quotes = |d: &Document| -> Vec<Vec<String>> { d.articles.iter().map(rows).collect() };
    let dropped: String = REPORT
        .lines()
        .filter(|l| !l.is_empty())
        .map(|l| format!("{l}\n"))
        .collect();
    assert_eq!(titles(&page(&dropped)), titles(&expected));
    assert_eq!(quotes(&page(&dropped)), quotes(&expected));
    for width in [16, 22, 31] {
        let broken = rebreak(REPORT, width);
        let found = page(&broken);
        assert_eq!(titles(&found), titles(&expected), "width {width}");
        assert_eq!(quotes(&found), quotes(&expected), "width {width}");
    }
    let torn: String = TORN
        .lines()
        .filter(|l| !l.is_empty())
        .map(|l| format!("{l}\n"))
        .collect();
    assert_eq!(titles(&page(&torn)), titles(&page(TORN)));
}

/// Breaks the running text at the width of `width` Han characters; headlines stay lines of their own.
fn rebreak(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.lines().filter(|l| !l.is_empty()) {
        let chars: Vec<char> = line.chars().collect();
        if chars.len() < 30 {
            out.push_str(line);
            out.push_str("\n\n");
            continue;
        }
        let mut cells = 0;
        for c in chars {
            out.push(c);
            cells += if c.is_ascii() { 1 } else { 2 };
            if cells >= width * 2 {
                out.push_str("\n\n");
                cells = 0;
            }
        }
        if cells > 0 {
            out.push_str("\n\n");
        }
    }
    out
}

#[test]
fn nonsense_invents_no_tasks() {
    let document = page(NONSENSE);
    assert!(
        document
            .articles
            .iter()
            .all(|a| a.commitments.is_empty() && a.figures.is_empty())
    );
    assert!(!document.leftover.is_empty());
}

#[test]
fn the_json_has_the_shape_of_the_contract() {
    let document = page("清河县2021年计划\n年内投资1.5亿元新建公厕20—30座，绿化率达到12.5%。");
    let json = serde_json::to_string(&document).unwrap();
    for part in [
        r#""source":"page.txt""#,
        r#""value":150000000,"#,
        r#""value":[20,30]"#,
        r#""value":12.5,"#,
        r#""due":"2021-12-31""#,
        r#""leftover":[]"#,
    ] {
        assert!(json.contains(part), "{part} in {json}");
    }
}
