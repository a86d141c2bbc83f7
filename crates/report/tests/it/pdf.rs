//! A PDF read back with poppler’s tools, as a recipient’s program reads it.

use std::io::Write;
use std::process::{Command, Stdio};

use bihuan_messages::Lang;
use bihuan_report::Error;
use bihuan_report::official::{Align, Block, Document, Span, Table, TableColumn};
use bihuan_report::pdf::{self, Typefaces, Use};
use proptest::prelude::*;

use crate::documents::small;
use crate::hostile::everywhere;
use crate::typefaces::typefaces;

fn rendered(document: &Document) -> Vec<u8> {
    pdf::render(document, typefaces(), Lang::Zh).unwrap()
}

fn told(tool: &str, options: &[&str], pdf: &[u8]) -> String {
    let mut child = Command::new(tool)
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|_| panic!("{tool} is missing; `./test` installs poppler-utils"));
    let mut stdin = child.stdin.take().unwrap();
    let bytes = pdf.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaints.is_empty(),
        "{tool}: {complaints}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The text as it stands on the pages, without spaces and line ends.
fn text(pdf: &[u8]) -> String {
    let text = told("pdftotext", &["-", "-"], pdf);
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The lines of the first pages, page by page.
fn lines(pdf: &[u8]) -> Vec<Vec<String>> {
    let text = told("pdftotext", &["-layout", "-", "-"], pdf);
    let pages = text.split('\u{c}');
    let whole = |page: &str| {
        let lines = page.lines().map(|line| line.replace(' ', ""));
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>()
    };
    pages.map(whole).collect()
}

fn paragraph(text: &str) -> Document {
    Document {
        body: vec![Block::paragraph(text)],
        ..Document::default()
    }
}

#[test]
fn all_that_a_bulletin_says_can_be_read_and_copied_from_its_pdf() {
    let text = text(&rendered(&small()));
    for said in [
        "督查通报",
        "交督通〔2026〕3号",
        "关于重点事项办理情况的通报",
        "各有关单位：",
        "一、总体情况",
        "在办87件，超期5件。",
        "91.2%按时率52/57",
        "产业",
        "合计",
        "注：截至本月。",
        "附件：明细",
        "县政府督查室2026年3月2日",
        "（据台账第18342条计算）",
        "抄送：县委办，县纪委监委。",
        "县政府办",
        "2026年3月2日印发",
        "—1—",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
}

#[test]
fn a_full_page_holds_22_lines_of_28_characters() {
    let line = "督查事项逐条登记逐级交办逐项核实逐月通报有始有终件件落实";
    assert_eq!(line.chars().count(), 28);
    let pages = lines(&rendered(&paragraph(&line.repeat(60))));
    let second = &pages[1];
    assert_eq!(
        second.len(),
        23,
        "22 lines and the number of the page: {second:#?}"
    );
    assert!(second[..22].iter().all(|line| line.chars().count() == 28));
    assert_eq!(second[22], "—2—");
}

#[test]
fn no_line_begins_with_a_stop_and_no_number_is_torn() {
    let sentence = "县水利局已于汛前完成河道清障工作共计12345.67万立方米，（其中）新增9.8%。";
    let pages = lines(&rendered(&paragraph(&sentence.repeat(40))));
    let lines: Vec<&String> = pages.iter().flatten().collect();
    assert!(lines.len() > 50);
    for pair in lines.windows(2) {
        let (end, begin) = (pair[0].chars().last().unwrap(), pair[1].chars().next().unwrap());
        assert!(!"，。）%".contains(begin), "{}", pair[1]);
        assert!(end != '（', "{}", pair[0]);
        assert!(
            !(end.is_ascii_digit() && (begin.is_ascii_digit() || begin == '.')),
            "{pair:?}"
        );
    }
}

#[test]
fn the_same_document_gives_the_same_pdf() {
    assert_eq!(rendered(&small()), rendered(&small()));
}

#[test]
fn only_what_occurs_of_a_typeface_is_embedded_and_every_glyph_knows_its_character() {
    let pdf = rendered(&small());
    assert!(pdf.len() < 200_000, "{}", pdf.len());
    let fonts = told("pdffonts", &["-"], &pdf);
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(!rows.is_empty());
    for row in rows {
        // Embedded, a subset, with a map to Unicode.
        assert!(row.contains("yes yes yes"), "{row}");
    }
}

#[test]
fn a_draft_says_so_on_every_page_of_its_pdf() {
    let mut document = paragraph(&"督".repeat(2_000));
    assert!(!text(&rendered(&document)).contains("草稿"));
    document.draft = true;
    let pages = lines(&rendered(&document));
    let pages: Vec<_> = pages.iter().filter(|page| !page.is_empty()).collect();
    assert!(pages.len() > 2);
    for page in pages {
        let first: String = page[0].chars().filter(|c| !c.is_whitespace()).collect();
        assert_eq!(first, "草稿未签发");
    }
}

#[test]
fn a_table_longer_than_a_page_repeats_its_head_and_loses_no_row() {
    let rows = (1..=120).map(|n| vec![vec![Span::plain(format!("第{n}行"))], vec!["在办".into()]]);
    let table = Table {
        caption: "明细".into(),
        columns: vec![
            TableColumn::new("名称", Align::Left),
            TableColumn::new("状态", Align::Center),
        ],
        rows: rows.collect(),
        note: String::new(),
    };
    let document = Document {
        body: vec![Block::Table(table)],
        ..Document::default()
    };
    let pdf = rendered(&document);
    let pages = lines(&pdf);
    let pages: Vec<String> = pages
        .iter()
        .filter(|page| !page.is_empty())
        .map(|page| page.concat())
        .collect();
    assert!(pages.len() > 2);
    assert!(pages.iter().all(|page| page.contains("名称")), "{pages:#?}");
    let all = text(&pdf);
    assert!((1..=120).all(|n| all.contains(&format!("第{n}行"))));
}

#[test]
fn a_figure_opens_its_cases_from_the_pdf_where_the_server_is_named() {
    let found = |pdf: &[u8]| {
        let text = String::from_utf8_lossy(pdf).into_owned();
        text.contains("(https://bihuan.example/cases?open&late)")
    };
    assert!(found(&rendered(&small())));
    let alone = Document {
        link_base: None,
        ..small()
    };
    assert!(!found(&rendered(&alone)));
}

#[test]
fn a_character_that_no_typeface_has_is_seen_to_be_missing() {
    assert!(text(&rendered(&paragraph("甲\u{10FFFD}乙"))).contains("甲〓乙"));
}

#[test]
fn whatever_stands_in_a_document_its_pdf_opens() {
    let long = "闭".repeat(4_000);
    for words in [
        "",
        "\n\r\n\t",
        "🚧👨‍👩‍👧𠮷㐀",
        "شركة\u{200F}甲\u{202E}乙",
        "((\\)endstream",
        &long,
    ] {
        assert!(told("pdfinfo", &["-"], &rendered(&everywhere(words))).contains("Pages:"));
    }
    told("pdfinfo", &["-"], &rendered(&Document::default()));
}

#[test]
fn a_file_that_is_no_typeface_is_told_with_what_to_install() {
    for files in [
        vec![],
        vec![(Use::Text, std::sync::Arc::new(b"not a font".to_vec()))],
    ] {
        let refused = pdf::render(&small(), &Typefaces::of(files), Lang::En).unwrap_err();
        assert_eq!(refused, Error::NoTypeface);
        assert!(refused.message().text(Lang::En).contains("fonts-noto-cjk"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_text_anywhere_gives_a_pdf(words in any::<String>()) {
        rendered(&everywhere(&words));
    }
}
