//! Laws over arbitrary texts.

use bihuan_reader::{CoverageClass, Document, Options, Run, decode, read};
use proptest::prelude::*;

/// White space removed: the form in which quote and runs are compared.
fn dense(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn at_runs(chars: &[char], runs: &[Run]) -> String {
    runs.iter()
        .flat_map(|[a, b]| &chars[*a..*b])
        .filter(|c| !c.is_whitespace())
        .collect()
}

fn quotes_are_exact(text: &str, document: &Document) {
    let chars: Vec<char> = text.chars().collect();
    for article in &document.articles {
        for f in &article.figures {
            assert_eq!(dense(&f.quote), at_runs(&chars, &f.at), "figure");
        }
        for c in &article.commitments {
            assert_eq!(dense(&c.quote), at_runs(&chars, &c.at), "commitment");
        }
        for c in &article.checks {
            assert_eq!(dense(&c.quote), at_runs(&chars, &c.at), "check");
        }
        for runs in article
            .figures
            .iter()
            .map(|f| &f.at)
            .chain(article.commitments.iter().map(|c| &c.at))
        {
            assert!(runs.windows(2).all(|w| w[0][1] <= w[1][0]), "runs are in order");
        }
    }
    for line in &document.leftover {
        assert_eq!(dense(&line.text), at_runs(&chars, &line.at), "leftover");
    }
}

/// Every visible character stands in exactly one stretch, and a row's stretch holds its words.
fn coverage_is_whole(text: &str, document: &Document) {
    let chars: Vec<char> = text.chars().collect();
    let mut times = vec![0u8; chars.len()];
    for [a, b] in document.coverage.iter().flat_map(|covered| &covered.at) {
        for (i, c) in chars[*a..*b].iter().enumerate() {
            times[a + i] += u8::from(!c.is_whitespace());
        }
    }
    for (c, n) in chars.iter().zip(&times) {
        assert_eq!(
            *n,
            u8::from(!c.is_whitespace()),
            "{c:?} is covered {n} times in {text:?}"
        );
    }
    let rows: Vec<_> = document.articles.iter().flat_map(|a| &a.commitments).collect();
    let mut named = vec![0usize; rows.len()];
    for covered in &document.coverage {
        let belongs = matches!(covered.class, CoverageClass::Row | CoverageClass::Part);
        assert_eq!(covered.row.is_some(), belongs, "{covered:?} in {text:?}");
        if let (CoverageClass::Row, Some(row)) = (covered.class, covered.row) {
            named[row] += 1;
            let words = at_runs(&chars, &covered.at);
            assert!(
                words.starts_with(&dense(&rows[row].quote)),
                "{words} is no {}",
                rows[row].quote
            );
        }
    }
    assert!(
        named.iter().all(|n| *n == 1),
        "each row has one stretch in {text:?}"
    );
}

/// Texts made of the things that pages are made of.
fn page_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("本报讯 "),
        Just("（文/张三 图/李四）"),
        Just("□ 王五"),
        Just("赵六 摄"),
        Just("\n"),
        Just("\n\n"),
        Just("\n\n\n\n"),
        Just("完成"),
        Just("新建"),
        Just("要"),
        Just("将"),
        Just("力争"),
        Just("3.5亿元"),
        Just("20—30个"),
        Just("二十余场"),
        Just("60%"),
        Just("，"),
        Just("。"),
        Just("、"),
        Just("；"),
        Just("“"),
        Just("”"),
        Just("（"),
        Just("）"),
        Just("一是"),
        Just("二要"),
        Just("清河县"),
        Just("公路工程"),
        Just("县水利局"),
        Just("东关小学"),
        Just("2021年"),
        Just("6月底前"),
        Just("其中"),
        Just("占"),
        Just("会议现场会议现场"),
        Just("健 身 需 求"),
        Just("1+2+4"),
        Just("百分之三十"),
        Just("千亿"),
        Just("零下6摄氏度"),
        Just("\u{3000}"),
        Just("𠮷"),
        Just("é"),
        Just("\u{feff}"),
        Just("三项"),
        Just("等八项机制"),
        Just("分别为32、34、21个"),
        Just("9999999999999999999999999999999999亿元"),
        Just("《"),
        Just("》"),
        Just(".")
    ];
    prop::collection::vec(word, 0..80).prop_map(|words| words.concat())
}

#[test]
fn every_sentence_of_the_sample_pages_is_accounted_for() {
    for text in [
        include_str!("../pages/report.txt"),
        include_str!("../pages/torn.txt"),
        include_str!("../pages/work_report.txt"),
        include_str!("../pages/news.txt"),
        include_str!("../pages/notice.txt"),
        include_str!("../pages/nonsense.txt"),
    ] {
        coverage_is_whole(text, &read("page", text, &Options::default()));
    }
}

#[test]
fn numbers_too_large_to_reckon_with_do_not_overflow() {
    let big = "9".repeat(24);
    let text = format!(
        "本报讯 总投资{big}亿元，其中{big}亿元、3亿元，占总投资的{big}%，从{big}户增加到{big}户，增长{big}.{big}%。"
    );
    quotes_are_exact(&text, &read("page", &text, &Options::default()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn quotes_are_exact_runs_of_any_page(text in page_text()) {
        quotes_are_exact(&text, &read("page", &text, &Options::default()));
    }

    #[test]
    fn arbitrary_text_is_read_without_panic(text in "\\PC{0,200}") {
        let document = read("page", &text, &Options::default());
        quotes_are_exact(&text, &document);
        coverage_is_whole(&text, &document);
    }

    #[test]
    fn every_visible_character_is_accounted_for_once(text in page_text()) {
        coverage_is_whole(&text, &read("page", &text, &Options::default()));
    }

    #[test]
    fn arbitrary_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(decoded) = decode(&bytes) {
            let _ = read("page", &decoded.text, &Options::default());
        }
    }

    #[test]
    fn decoding_gives_back_what_was_encoded(text in "[一-龥a-z0-9，。\n]{4,120}") {
        prop_assume!(!text.trim().is_empty());
        prop_assert_eq!(&decode(text.as_bytes()).unwrap().text, &text);
        let marked: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        prop_assert_eq!(&decode(&marked).unwrap().text, &text);
    }

    #[test]
    fn the_same_text_gives_the_same_reading(text in page_text()) {
        let one = read("page", &text, &Options::default());
        prop_assert_eq!(one, read("page", &text, &Options::default()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Looking up what may be alike finds the best earlier row that comparing every pair finds.
    #[test]
    fn the_index_of_threads_finds_what_all_pairs_find(
        texts in prop::collection::vec(
            (0usize..4, any::<bool>(), prop::collection::vec(
                prop::sample::select(vec!["柳泉河", "引水工程", "东大街", "改造", "完成", "新建", "公厕", "的", "12座", "，", "县医院", "搬迁", "建成投用", "和"]),
                1..7,
            )),
            2..24,
        )
    ) {
        use bihuan_reader::threads::{Index, PROPOSED_FROM, Saying};
        let mut all: Vec<(usize, bool, String)> = texts.into_iter().map(|(document, row, words)| (document, row, words.concat())).collect();
        all.sort_by_key(|(document, ..)| *document);
        let index = Index::of(all.iter().map(|(document, row, text)| {
            (*document, *row, Saying { text: text.clone(), ..Saying::default() })
        }));
        for later in 0..all.len() {
            let best = |rows: &mut dyn Iterator<Item = usize>| {
                rows.filter_map(|row| index.likeness(row, later)).map(|found| found.points).filter(|points| *points >= PROPOSED_FROM).max()
            };
            let mut pairs = (0..later).filter(|row| all[*row].1 && all[*row].0 < all[later].0);
            prop_assert_eq!(best(&mut index.candidates(later).into_iter()), best(&mut pairs));
        }
    }
}
