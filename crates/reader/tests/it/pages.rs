//! Whole pages and what must come out of them.

use bihuan_reader::{Article, ArticleKind, Commitment, CommitmentKind, Document, Options, Value, read};

const REPORT: &str = include_str!("../pages/report.txt");
const TORN: &str = include_str!("../pages/torn.txt");
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
