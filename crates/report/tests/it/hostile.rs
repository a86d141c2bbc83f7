//! Texts as they really come: endless names, emoji, marks of direction, markup, control characters.

use std::io::Cursor;

use bihuan_messages::Lang;
use bihuan_report::official::{
    Align, Annex, Block, Document, Figure, Level, PrintedBy, Span, Table, TableColumn,
};
use bihuan_report::{docx, html};
use jiff::civil::date;
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::documents::part;

/// A document with `text` in every place that takes one.
pub(crate) fn everywhere(text: &str) -> Document {
    let span = || {
        vec![Span {
            text: text.into(),
            bold: true,
            link: Some(text.into()),
        }]
    };
    let blocks = || {
        vec![
            Block::Heading {
                level: Level::First,
                text: span(),
            },
            Block::Heading {
                level: Level::Fourth,
                text: span(),
            },
            Block::Paragraph(span()),
            Block::Figures(vec![
                Figure {
                    label: text.into(),
                    value: span(),
                    note: text.into()
                };
                5
            ]),
            Block::Table(Table {
                caption: text.into(),
                columns: vec![
                    TableColumn::new(text, Align::Left),
                    TableColumn::new(text, Align::Right),
                ],
                rows: vec![vec![span(), span(), span()], vec![], vec![span()]],
                note: text.into(),
            }),
        ]
    };
    Document {
        issuer: text.into(),
        number: Some(text.into()),
        secrecy: Some(text.into()),
        urgency: Some(text.into()),
        signer: Some(text.into()),
        title: text.into(),
        addressee: text.into(),
        body: blocks(),
        annexes: vec![
            Annex {
                title: text.into(),
                body: blocks()
            };
            2
        ],
        signature: text.into(),
        date: Some(date(2026, 11, 22)),
        copies_to: vec![text.into(); 3],
        printed_by: Some(PrintedBy {
            office: text.into(),
            date: date(2026, 11, 22),
        }),
        draft: true,
        provenance: Some(text.into()),
        link_base: Some(text.into()),
    }
}

fn assert_well_formed(xml: &str) {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return,
            Ok(_) => {}
            Err(error) => panic!("{error} in {xml}"),
        }
    }
}

fn assert_opens(document: &Document, lang: Lang) {
    let bytes = docx::render(document, lang).unwrap();
    let zip = zip::ZipArchive::new(Cursor::new(bytes.clone())).unwrap();
    for name in zip
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect::<Vec<_>>()
    {
        assert_well_formed(&part(&bytes, &name));
    }
}

#[test]
fn markup_in_a_name_stays_text() {
    let text = "<script>alert('1')</script>&amp;\" w:val=\"]]>";
    assert_opens(&everywhere(text), Lang::Zh);
    let page = html::page(&everywhere(text), Lang::Zh);
    assert!(!page.contains("<script") && !page.contains("alert('"));
    assert!(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;"));
}

#[test]
fn a_dangerous_link_is_plain_text() {
    let page = html::render(&everywhere("javascript:alert(1)"), Lang::Zh);
    assert!(!page.contains("href"));
    let bytes = docx::render(&everywhere("file:///etc/passwd"), Lang::Zh).unwrap();
    assert!(!part(&bytes, "word/_rels/document.xml.rels").contains("External"));
}

#[test]
fn characters_that_xml_forbids_are_removed_visibly() {
    let document = everywhere("甲\u{0}乙\u{B}丙\u{FFFF}丁\u{1B}");
    assert_opens(&document, Lang::Zh);
    let bytes = docx::render(&document, Lang::Zh).unwrap();
    assert!(part(&bytes, "word/document.xml").contains("甲\u{FFFD}乙\u{FFFD}丙\u{FFFD}丁\u{FFFD}"));
    assert!(html::render(&document, Lang::Zh).contains("甲\u{FFFD}乙\u{FFFD}丙\u{FFFD}丁\u{FFFD}"));
}

#[test]
fn a_direction_mark_stays_and_an_override_does_not() {
    let bytes = docx::render(&everywhere("شركة\u{200F}甲\u{202E}乙"), Lang::Zh).unwrap();
    assert!(part(&bytes, "word/document.xml").contains("شركة\u{200F}甲\u{FFFD}乙"));
}

#[test]
fn emoji_and_rare_characters_survive() {
    let bytes = docx::render(&everywhere("🚧👨‍👩‍👧𠮷㐀"), Lang::Zh).unwrap();
    assert!(part(&bytes, "word/document.xml").contains("🚧👨‍👩‍👧𠮷㐀"));
}

#[test]
fn a_name_of_four_thousand_characters_is_kept_whole() {
    let name = "闭".repeat(4_000);
    let document = everywhere(&name);
    assert_opens(&document, Lang::Zh);
    assert!(part(&docx::render(&document, Lang::Zh).unwrap(), "word/document.xml").contains(&name));
    assert!(html::render(&document, Lang::Zh).contains(&name));
}

#[test]
fn an_empty_document_is_still_a_document() {
    assert_opens(&Document::default(), Lang::Zh);
    assert_opens(&everywhere(""), Lang::En);
    assert_opens(&everywhere("\n\r\n\t"), Lang::En);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_anywhere_gives_a_file_that_opens(text in any::<String>(), zh in any::<bool>()) {
        let lang = if zh { Lang::Zh } else { Lang::En };
        assert_opens(&everywhere(&text), lang);
        html::page(&everywhere(&text), lang);
    }
}
