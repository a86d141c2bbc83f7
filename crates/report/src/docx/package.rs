//! The container: every part of the file, in a fixed order and with fixed times.

use std::io::{Cursor, Write};

use bihuan_messages::{Lang, t};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::run::{Ink, paragraph, paragraph_with};
use super::{body, head, styles, table, tail};
use crate::Error;
use crate::form::{
    BOTTOM, CHAR, FACES, FOOTER, HEADER, LEFT, LINE, PAGE, RIGHT, TOP, WIDE, WIDE_FOOTER, WIDE_SIDE,
};
use crate::official::{Document, Table};
use crate::text::{break_title, escape};

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const R: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// The whole file.
pub(super) fn write(document: &Document, lang: Lang) -> Result<Vec<u8>, Error> {
    let mut ink = Ink::new(lang, document.link_base.as_deref());
    let main = main_part(document, &mut ink);
    pack(document, main, &ink, lang)
}

/// A file that is one wide table under a title, on A4 across: a breakdown of tasks (任务分解表).
pub(super) fn write_wide(
    title: &str,
    notes: &[String],
    content: &Table,
    lang: Lang,
) -> Result<Vec<u8>, Error> {
    let mut ink = Ink::new(lang, None);
    let mut main = format!("{XML}<w:document xmlns:w=\"{W}\" xmlns:r=\"{R}\"><w:body>\n");
    // Across, a line of the title holds half as much again.
    main.push_str(&paragraph(
        "Title",
        &ink.words(&break_title(title, 32).join("\n")),
    ));
    for note in notes {
        main.push_str(&paragraph("TableNote", &ink.words(note)));
    }
    main.push_str(&table::write_in(content, WIDE, &mut ink));
    main.push_str(&format!(
        "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"footer1\"/><w:footerReference w:type=\"even\" r:id=\"footer2\"/>\
         <w:pgSz w:w=\"{}\" w:h=\"{}\" w:orient=\"landscape\"/><w:pgMar w:top=\"{LEFT}\" w:right=\"{WIDE_SIDE}\" w:bottom=\"{RIGHT}\" \
         w:left=\"{WIDE_SIDE}\" w:header=\"{HEADER}\" w:footer=\"{WIDE_FOOTER}\" w:gutter=\"0\"/><w:pgNumType w:start=\"1\"/></w:sectPr>\n\
         </w:body></w:document>\n",
        PAGE.1, PAGE.0
    ));
    let document = Document {
        title: title.to_owned(),
        ..Document::default()
    };
    pack(&document, main, &ink, lang)
}

fn pack(document: &Document, main: String, ink: &Ink, lang: Lang) -> Result<Vec<u8>, Error> {
    let mut parts = vec![
        ("[Content_Types].xml", content_types(document.draft)),
        ("_rels/.rels", package_relations()),
        ("docProps/core.xml", core(document, lang)),
        ("docProps/app.xml", format!("{XML}{APP}")),
        ("word/document.xml", main),
        ("word/styles.xml", styles::write()),
        ("word/fontTable.xml", font_table()),
        (
            "word/settings.xml",
            format!("{XML}{}", SETTINGS.replace("{W}", W)),
        ),
        ("word/footer1.xml", footer("right", ink)),
        ("word/footer2.xml", footer("left", ink)),
    ];
    if document.draft {
        parts.push(("word/header1.xml", header(ink)));
    }
    parts.push((
        "word/_rels/document.xml.rels",
        relations(document.draft, &ink.links),
    ));
    zip(&parts)
}

fn zip(parts: &[(&str, String)]) -> Result<Vec<u8>, Error> {
    let container = |why: &dyn std::fmt::Display| Error::Container(why.to_string());
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        // 1 January 1980, the first day a ZIP file knows: the same text gives the same bytes on any day.
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, options).map_err(|e| container(&e))?;
        zip.write_all(text.as_bytes()).map_err(|e| container(&e))?;
    }
    Ok(zip.finish().map_err(|e| container(&e))?.into_inner())
}

fn main_part(document: &Document, ink: &mut Ink) -> String {
    let mut out = format!("{XML}<w:document xmlns:w=\"{W}\" xmlns:r=\"{R}\"><w:body>\n");
    out.push_str(&head::write(document, ink));
    let signed = !document.signature.is_empty() || document.date.is_some();
    out.push_str(&body::write(
        &document.body,
        signed && document.annexes.is_empty(),
        ink,
    ));
    out.push_str(&tail::write(document, ink));
    let headers = if document.draft {
        "<w:headerReference w:type=\"default\" r:id=\"header1\"/><w:headerReference w:type=\"even\" r:id=\"header1\"/>"
    } else {
        ""
    };
    out.push_str(&format!(
        "<w:sectPr>{headers}<w:footerReference w:type=\"default\" r:id=\"footer1\"/><w:footerReference w:type=\"even\" \
         r:id=\"footer2\"/><w:pgSz w:w=\"{}\" w:h=\"{}\"/><w:pgMar w:top=\"{TOP}\" w:right=\"{RIGHT}\" w:bottom=\"{BOTTOM}\" \
         w:left=\"{LEFT}\" w:header=\"{HEADER}\" w:footer=\"{FOOTER}\" w:gutter=\"0\"/><w:pgNumType w:start=\"1\"/><w:docGrid \
         w:type=\"lines\" w:linePitch=\"{LINE}\"/></w:sectPr>\n</w:body></w:document>\n",
        PAGE.0, PAGE.1
    ));
    out
}

/// — 1 — in 4-hao Songti, one character in from the outer side.
fn footer(side: &str, ink: &Ink) -> String {
    let place = format!("<w:ind w:{side}=\"{CHAR}\"/><w:jc w:val=\"{side}\"/>");
    let field = |kind: &str| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    let runs = format!(
        "{}{}<w:r><w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r>{}<w:r><w:t>1</w:t></w:r>{}{}",
        ink.words("— "),
        field("begin"),
        field("separate"),
        field("end"),
        ink.words(" —")
    );
    format!(
        "{XML}<w:ftr xmlns:w=\"{W}\">{}</w:ftr>\n",
        paragraph_with("Footer", &place, &runs)
    )
}

fn header(ink: &Ink) -> String {
    let words = ink.words(t(ink.lang, "report.draft"));
    format!(
        "{XML}<w:hdr xmlns:w=\"{W}\">{}</w:hdr>\n",
        paragraph_with("Header", "", &words)
    )
}

fn relations(draft: bool, links: &[String]) -> String {
    let mut out = format!(
        "{XML}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\n"
    );
    let mut parts = vec![
        ("styles", "styles", "styles.xml"),
        ("fontTable", "fontTable", "fontTable.xml"),
        ("settings", "settings", "settings.xml"),
        ("footer1", "footer", "footer1.xml"),
        ("footer2", "footer", "footer2.xml"),
    ];
    if draft {
        parts.push(("header1", "header", "header1.xml"));
    }
    for (id, kind, target) in parts {
        out.push_str(&format!(
            "<Relationship Id=\"{id}\" Type=\"{R}/{kind}\" Target=\"{target}\"/>\n"
        ));
    }
    for (at, link) in links.iter().enumerate() {
        out.push_str(&format!(
            "<Relationship Id=\"link{}\" Type=\"{R}/hyperlink\" Target=\"{}\" TargetMode=\"External\"/>\n",
            at + 1,
            escape(link)
        ));
    }
    out.push_str("</Relationships>\n");
    out
}

fn package_relations() -> String {
    format!(
        "{XML}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\n<Relationship Id=\"main\" \
         Type=\"{R}/officeDocument\" Target=\"word/document.xml\"/>\n<Relationship Id=\"core\" \
         Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" \
         Target=\"docProps/core.xml\"/>\n<Relationship Id=\"app\" Type=\"{R}/extended-properties\" \
         Target=\"docProps/app.xml\"/>\n</Relationships>\n"
    )
}

fn content_types(draft: bool) -> String {
    let main = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    let mut parts = vec![
        ("/word/document.xml", format!("{main}.document.main+xml")),
        ("/word/styles.xml", format!("{main}.styles+xml")),
        ("/word/fontTable.xml", format!("{main}.fontTable+xml")),
        ("/word/settings.xml", format!("{main}.settings+xml")),
        ("/word/footer1.xml", format!("{main}.footer+xml")),
        ("/word/footer2.xml", format!("{main}.footer+xml")),
        (
            "/docProps/core.xml",
            "application/vnd.openxmlformats-package.core-properties+xml".to_owned(),
        ),
        (
            "/docProps/app.xml",
            "application/vnd.openxmlformats-officedocument.extended-properties+xml".to_owned(),
        ),
    ];
    if draft {
        parts.push(("/word/header1.xml", format!("{main}.header+xml")));
    }
    let mut out = format!(
        "{XML}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\n<Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\n<Default Extension=\"xml\" \
         ContentType=\"application/xml\"/>\n"
    );
    for (part, kind) in parts {
        out.push_str(&format!(
            "<Override PartName=\"{part}\" ContentType=\"{kind}\"/>\n"
        ));
    }
    out.push_str("</Types>\n");
    out
}

/// Title, issuer and the day of signature; a draft has no day, and none is made up.
fn core(document: &Document, lang: Lang) -> String {
    let author = if document.signature.is_empty() {
        &document.issuer
    } else {
        &document.signature
    };
    let created = document.date.map(|date| {
        ["created", "modified"].map(|what| {
            format!("<dcterms:{what} xsi:type=\"dcterms:W3CDTF\">{date}T00:00:00Z</dcterms:{what}>")
        })
    });
    format!(
        "{XML}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{}</dc:title><dc:creator>{}</dc:creator>\
         <dc:language>{}</dc:language>{}</cp:coreProperties>\n",
        escape(&document.title.replace('\n', "")),
        escape(author),
        lang.tag(),
        created.map(|both| both.concat()).unwrap_or_default()
    )
}

fn font_table() -> String {
    let mut out = format!("{XML}<w:fonts xmlns:w=\"{W}\">\n");
    for face in FACES {
        let charset = if face.name.is_ascii() { "00" } else { "86" };
        out.push_str(&format!(
            "<w:font w:name=\"{}\"><w:altName w:val=\"{}\"/><w:charset w:val=\"{charset}\"/><w:family w:val=\"{}\"/><w:pitch \
             w:val=\"variable\"/></w:font>\n",
            face.name, face.alternatives, face.family
        ));
    }
    out.push_str("</w:fonts>\n");
    out
}

const APP: &str = "<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\">\
                   <Application>Bihuan</Application></Properties>\n";

const SETTINGS: &str = "<w:settings xmlns:w=\"{W}\"><w:zoom w:percent=\"100\"/><w:defaultTabStop w:val=\"420\"/>\
                        <w:evenAndOddHeaders/><w:drawingGridHorizontalSpacing w:val=\"158\"/>\
                        <w:drawingGridVerticalSpacing w:val=\"289\"/><w:characterSpacingControl \
                        w:val=\"doNotCompress\"/><w:compat><w:doNotExpandShiftReturn/><w:useFELayout/><w:compatSetting \
                        w:name=\"compatibilityMode\" w:uri=\"http://schemas.microsoft.com/office/word\" \
                        w:val=\"15\"/></w:compat><w:themeFontLang w:val=\"en-US\" w:eastAsia=\"zh-CN\"/></w:settings>\n";
