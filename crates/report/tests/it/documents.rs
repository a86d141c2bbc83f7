//! The DOCX and HTML of a small bulletin.

use std::io::{Cursor, Read};

use bihuan_messages::Lang;
use bihuan_report::official::{
    Align, Annex, Block, Document, Figure, Level, PrintedBy, Span, Table, TableColumn,
};
use bihuan_report::{docx, html};
use jiff::civil::date;

pub(crate) fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_date_is_never_torn_in_a_title_or_a_cell() {
    let mut document = small();
    document.title = "关于2026年11月1日至22日12件事项的通报".into();
    let page = html::render(&document, Lang::Zh);
    let whole = |date: &str| format!("<span class=\"doc-day\">{date}</span>");
    let title = format!("关于{}至{}12件事项的通报", whole("2026年11月1日"), whole("22日"));
    assert!(page.contains(&title), "{page}");
}

pub(crate) fn small() -> Document {
    Document {
        issuer: "督查通报".into(),
        number: Some("交督通〔2026〕3号".into()),
        title: "关于重点事项办理情况的通报".into(),
        addressee: "各有关单位：".into(),
        body: vec![
            Block::heading(Level::First, "总体情况"),
            Block::Paragraph(vec![
                "在办".into(),
                Span::linked("87件", "/cases?open&late"),
                Span::bold("，超期5件。"),
            ]),
            Block::Figures(vec![Figure {
                label: "按时率".into(),
                value: vec!["91.2%".into()],
                note: "52/57".into(),
            }]),
            Block::Table(Table {
                caption: "分类".into(),
                columns: vec![
                    TableColumn::new("类别", Align::Left),
                    TableColumn::new("件", Align::Right),
                ],
                rows: vec![
                    vec![vec!["产业".into()], vec!["32".into()]],
                    vec![vec!["合计".into()]],
                ],
                note: "截至本月。".into(),
            }),
        ],
        annexes: vec![Annex {
            title: "明细".into(),
            body: Vec::new(),
        }],
        signature: "县政府督查室".into(),
        date: Some(date(2026, 3, 2)),
        copies_to: vec!["县委办".into(), "县纪委监委".into()],
        printed_by: Some(PrintedBy {
            office: "县政府办".into(),
            date: date(2026, 3, 2),
        }),
        provenance: Some("（据台账第18342条计算）".into()),
        link_base: Some("https://bihuan.example".into()),
        ..Document::default()
    }
}

#[test]
fn a_small_bulletin_has_the_form_of_gb_t_9704() {
    insta::assert_snapshot!(part(
        &docx::render(&small(), Lang::Zh).unwrap(),
        "word/document.xml"
    ));
}

#[test]
fn a_small_bulletin_reads_as_a_page() {
    insta::assert_snapshot!(html::render(&small(), Lang::Zh));
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    assert_eq!(
        docx::render(&small(), Lang::Zh).unwrap(),
        docx::render(&small(), Lang::Zh).unwrap()
    );
    let again: Document = serde_json::from_str(&serde_json::to_string(&small()).unwrap()).unwrap();
    assert_eq!(
        docx::render(&again, Lang::Zh).unwrap(),
        docx::render(&small(), Lang::Zh).unwrap()
    );
}

#[test]
fn a_file_carries_the_day_of_signature_and_no_other() {
    let bytes = docx::render(&small(), Lang::Zh).unwrap();
    assert!(part(&bytes, "docProps/core.xml").contains("2026-03-02T00:00:00Z"));
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    for at in 0..zip.len() {
        let time = zip.by_index(at).unwrap().last_modified().unwrap();
        assert_eq!((time.year(), time.month(), time.day()), (1980, 1, 1));
    }
    let draft = Document {
        date: None,
        draft: true,
        ..small()
    };
    assert!(!part(&docx::render(&draft, Lang::Zh).unwrap(), "docProps/core.xml").contains("dcterms:created"));
}

#[test]
fn the_page_holds_22_lines_of_28_characters() {
    let xml = part(&docx::render(&small(), Lang::Zh).unwrap(), "word/document.xml");
    assert!(xml.contains(r#"<w:pgSz w:w="11906" w:h="16838"/>"#));
    assert!(xml.contains(r#"w:top="2098" w:right="1474" w:bottom="1984" w:left="1587""#));
    let (width, height) = (11_906 - 1_587 - 1_474, 16_838 - 2_098 - 1_984);
    assert_eq!(height / 579, 22);
    // 16 pt drawn together by 0.3 pt.
    assert_eq!(width / (320 - 6), 28);
    let styles = part(&docx::render(&small(), Lang::Zh).unwrap(), "word/styles.xml");
    assert!(
        styles.contains(r#"w:line="579" w:lineRule="exact""#)
            && styles.contains(r#"<w:spacing w:val="-6"/>"#)
    );
}

#[test]
fn a_draft_says_so_on_every_page_and_an_issued_document_does_not() {
    let draft = docx::render(
        &Document {
            draft: true,
            ..small()
        },
        Lang::Zh,
    )
    .unwrap();
    assert!(part(&draft, "word/header1.xml").contains("草稿　未签发"));
    let main = part(&draft, "word/document.xml");
    assert!(
        main.contains(r#"w:type="default" r:id="header1""#)
            && main.contains(r#"w:type="even" r:id="header1""#)
    );
    assert!(!part(&docx::render(&small(), Lang::Zh).unwrap(), "word/document.xml").contains("header1"));
    assert!(
        html::render(
            &Document {
                draft: true,
                ..small()
            },
            Lang::En
        )
        .contains("DRAFT")
    );
    assert!(!html::render(&small(), Lang::Zh).contains("doc-draft"));
}

#[test]
fn a_figure_opens_its_cases() {
    let bytes = docx::render(&small(), Lang::Zh).unwrap();
    assert!(
        part(&bytes, "word/_rels/document.xml.rels")
            .contains(r#"Target="https://bihuan.example/cases?open&amp;late" TargetMode="External""#)
    );
    assert!(
        html::render(&small(), Lang::Zh)
            .contains(r#"<a class="doc-link" href="/cases?open&amp;late">87件</a>"#)
    );
    let offline = docx::render(
        &Document {
            link_base: None,
            ..small()
        },
        Lang::Zh,
    )
    .unwrap();
    assert!(!part(&offline, "word/document.xml").contains("hyperlink"));
}

#[test]
fn headings_are_numbered_to_eleven_and_beyond() {
    let body = (0..11).map(|_| Block::heading(Level::First, "题")).collect();
    let page = html::render(
        &Document {
            body,
            ..Document::default()
        },
        Lang::Zh,
    );
    assert!(page.contains("一、</span>题") && page.contains("十一、</span>题"));
}

#[test]
fn every_face_of_the_form_names_a_free_one() {
    let fonts = part(&docx::render(&small(), Lang::Zh).unwrap(), "word/fontTable.xml");
    assert_eq!(fonts.matches("<w:font ").count(), 6);
    assert_eq!(
        fonts.matches("Noto S").count(),
        5,
        "every Chinese face falls back on Noto Serif or Sans CJK"
    );
}

#[cfg(not(feature = "pdf"))]
#[test]
fn a_program_without_pdf_says_so_and_how_to_get_it() {
    let refused = bihuan_report::pdf::render(&small(), &Default::default(), Lang::En).unwrap_err();
    assert!(refused.message().text(Lang::En).contains("--features pdf"));
}
