//! Documents of the usual kinds give the text that a person sees, and their tables of tasks give rows.

use std::io::{Cursor, Write};

use bihuan_messages::Lang;
use bihuan_reader::formats::{FILE_BYTES_MAX, Kind, Opened, Unreadable, open, read};
use bihuan_reader::{CoverageClass, Document, Options};
use jiff::civil::date;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use crate::paper::{Paper, Sheet};

pub(crate) fn opened(bytes: &[u8]) -> Opened {
    open(bytes).unwrap_or_else(|why| panic!("{}", why.message().text(Lang::En)))
}

pub(crate) fn zipped(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

pub(crate) fn docx(body: &str) -> Vec<u8> {
    docx_with(body, &[])
}

pub(crate) fn docx_with(body: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let document = format!(
        "<?xml version=\"1.0\"?><w:document xmlns:w=\"w\" xmlns:mc=\"mc\"><w:body>{body}</w:body></w:document>"
    );
    let mut parts = vec![
        ("[Content_Types].xml", "<Types/>"),
        ("word/document.xml", document.as_str()),
    ];
    parts.extend(more);
    zipped(&parts)
}

pub(crate) fn p(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

/// Quotes are exact runs of the decoded text, and every visible character is covered once.
fn is_whole(opened: &Opened, document: &Document) {
    let chars: Vec<char> = opened.text.chars().collect();
    let dense = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    for commitment in document.articles.iter().flat_map(|article| &article.commitments) {
        let runs: String = commitment.at.iter().flat_map(|[a, b]| &chars[*a..*b]).collect();
        assert_eq!(dense(&commitment.quote), dense(&runs));
    }
    for figure in document.articles.iter().flat_map(|article| &article.figures) {
        let runs: String = figure.at.iter().flat_map(|[a, b]| &chars[*a..*b]).collect();
        assert_eq!(dense(&figure.quote), dense(&runs));
    }
    let rows = document
        .articles
        .iter()
        .map(|article| article.commitments.len())
        .sum::<usize>();
    let mut covered = vec![0u8; chars.len()];
    for stretch in &document.coverage {
        assert!(stretch.row.is_none_or(|row| row < rows));
        for [a, b] in &stretch.at {
            covered[*a..*b].iter_mut().for_each(|n| *n += 1);
        }
    }
    for (n, c) in chars.iter().enumerate() {
        assert!(covered[n] <= 1, "`{c}` at {n} is covered twice");
        assert!(
            c.is_whitespace() || covered[n] == 1,
            "`{c}` at {n} is not covered"
        );
    }
}

#[test]
fn a_word_document_keeps_numbers_boxes_notes_and_accepted_changes() {
    let body = format!(
        "{}<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>城乡建设</w:t></w:r></w:p>\
         <w:p><w:r><w:t xml:space=\"preserve\">年底前</w:t></w:r><w:del><w:r><w:delText>改建</w:delText></w:r></w:del>\
         <w:ins><w:r><w:t>新建</w:t></w:r></w:ins><w:r><w:t>公厕120座。</w:t></w:r>\
         <w:r><mc:AlternateContent><mc:Choice><w:txbxContent>{}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>{}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>\
         <w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>民生 &amp; 保障</w:t></w:r></w:p>",
        p("2026年工作要点"),
        p("框内文字"),
        p("框内文字"),
    );
    let numbering = "<w:numbering><w:abstractNum w:abstractNumId=\"7\"><w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/>\
        <w:numFmt w:val=\"chineseCountingThousand\"/><w:lvlText w:val=\"%1、\"/></w:lvl></w:abstractNum>\
        <w:num w:numId=\"1\"><w:abstractNumId w:val=\"7\"/></w:num></w:numbering>";
    let notes = format!(
        "<w:footnotes><w:footnote w:type=\"separator\" w:id=\"-1\">{}</w:footnote><w:footnote w:id=\"2\">{}</w:footnote></w:footnotes>",
        p("———"),
        p("不含改建。")
    );
    let found = opened(&docx_with(
        &body,
        &[("word/numbering.xml", numbering), ("word/footnotes.xml", &notes)],
    ));
    insta::assert_snapshot!(found.text, @"
    2026年工作要点
    一、城乡建设
    年底前新建公厕120座。
    框内文字
    二、民生 & 保障

    脚注1：不含改建。
    ");
    assert_eq!(found.warnings.len(), 1, "tracked changes are mentioned");
    is_whole(&found, &read("x", &found, &Options::default()));
}

#[test]
fn a_word_document_that_ends_within_a_deletion_ends() {
    let document = format!("<w:document><w:body>{}<w:del><w:p>", p("新建公厕12座。"));
    let cut = zipped(&[("word/document.xml", &document)]);
    assert_eq!(opened(&cut).text.trim(), "新建公厕12座。");
}

const CELLS: [[&str; 6]; 4] = [
    ["序号", "任务", "目标", "牵头单位", "配合单位", "完成时限"],
    [
        "1",
        "农村公厕建设",
        "新建公厕120座",
        "农业农村局",
        "各乡镇",
        "12月底前",
    ],
    ["2", "东大街改造", "道路2.4公里", "住建局、财政局", "", "6月30日"],
    [
        "3",
        "老旧小区改造",
        "改造12个小区",
        "住建局",
        "各社区",
        "2026年10月底",
    ],
];

fn shows_the_tasks(found: &Opened) {
    let document = read("x", found, &Options::default());
    is_whole(found, &document);
    let rows: Vec<_> = document
        .articles
        .iter()
        .flat_map(|article| &article.commitments)
        .collect();
    let table: Vec<_> = rows
        .iter()
        .filter(|row| row.why.contains(&"reader.why_table"))
        .collect();
    assert_eq!(table.len(), 3, "{rows:#?}");
    assert_eq!(table[0].owner.as_deref(), Some("农业农村局"));
    assert_eq!(table[0].unit.as_deref(), Some("座"));
    assert_eq!(table[0].due, Some(date(2026, 12, 31)));
    assert_eq!(table[1].owner.as_deref(), Some("住建局"));
    assert_eq!(table[1].due, Some(date(2026, 6, 30)));
    assert_eq!(table[2].due, Some(date(2026, 10, 31)));
    assert_eq!(found.tables[0].rows[1].supporting, ["财政局"]);
    assert_eq!(found.tables[0].rows[2].supporting, ["各社区"]);
    assert!(
        document
            .coverage
            .iter()
            .any(|stretch| stretch.class == CoverageClass::Part)
    );
}

#[test]
fn rows_of_a_table_in_a_word_document_are_proposed_as_rows() {
    let table: String = CELLS
        .iter()
        .map(|row| {
            format!(
                "<w:tr>{}</w:tr>",
                row.iter()
                    .map(|cell| format!("<w:tc>{}</w:tc>", p(cell)))
                    .collect::<String>()
            )
        })
        .collect();
    let body = format!(
        "{}<w:tbl>{table}</w:tbl>{}",
        p("2026年重点任务分解表"),
        p("各单位要提高站位，压实责任。")
    );
    shows_the_tasks(&opened(&docx(&body)));
}

#[test]
fn rows_of_a_table_on_a_web_page_are_proposed_as_rows() {
    let table: String = CELLS
        .iter()
        .map(|row| {
            format!(
                "<tr>{}",
                row.iter().map(|cell| format!("<td>{cell}")).collect::<String>()
            )
        })
        .collect();
    // Nothing is closed, as on many old pages.
    let page = format!(
        "<html><head><title>题</title><style>p{{}}</style><body><p>2026年重点任务分解表<table>{table}</table><p>完"
    );
    shows_the_tasks(&opened(page.as_bytes()));
}

#[test]
fn rows_of_a_ruled_table_in_a_pdf_are_proposed_as_rows() {
    let mut sheet = Sheet::default();
    sheet.text(200, 60, 14, "2026年重点任务分解表");
    sheet.table(50, 80, &[40, 100, 100, 100, 80, 80], 30, &CELLS);
    sheet.text(50, 400, 12, "各单位要提高站位，压实责任。");
    shows_the_tasks(&opened(&Paper::default().sheet(sheet).bytes()));
}

#[test]
fn a_table_goes_on_over_the_page_of_a_pdf() {
    let mut first = Sheet::default();
    first.text(200, 60, 14, "2026年重点任务分解表");
    first.table(50, 700, &[40, 100, 100, 100, 80, 80], 30, &CELLS[..3]);
    let mut second = Sheet::default();
    second.table(50, 60, &[40, 100, 100, 100, 80, 80], 30, &CELLS[3..]);
    second.text(50, 400, 12, "各单位要提高站位，压实责任。");
    // A table of one row is ruled like any other, but is one only as the rest of the one before.
    let found = opened(&Paper::default().sheet(first).sheet(second).bytes());
    assert!(
        found.text.contains("老旧小区改造\t改造12个小区"),
        "{}",
        found.text
    );
}

#[test]
fn a_ledger_in_columns_is_read_as_a_document() {
    let csv: String = CELLS.iter().map(|row| format!("{}\n", row.join(","))).collect();
    let found = opened(format!("2026年重点任务台账\n{csv}").as_bytes());
    assert_eq!(found.kind, Kind::Csv);
    shows_the_tasks(&found);
}

#[test]
fn a_workbook_with_several_tables_days_and_amounts_is_read_as_a_document() {
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("2026年项目").unwrap();
    sheet
        .merge_range(0, 0, 0, 3, "2026年重点项目", &Format::new())
        .unwrap();
    for (n, head) in ["项目名称", "总投资（万元）", "责任单位", "完成时限"]
        .iter()
        .enumerate()
    {
        sheet.write(1, u16::try_from(n).unwrap(), *head).unwrap();
    }
    sheet.write(2, 0, "污水处理厂扩建").unwrap();
    sheet.write(2, 1, 3600).unwrap();
    sheet.merge_range(2, 2, 3, 2, "住建局", &Format::new()).unwrap();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    sheet
        .write_with_format(2, 3, ExcelDateTime::from_ymd(2026, 9, 30).unwrap(), &day)
        .unwrap();
    sheet.write(3, 0, "供水管网改造").unwrap();
    sheet.write(3, 1, 820.5).unwrap();
    sheet.write(3, 3, "10月底").unwrap();
    sheet.write(4, 0, "合计").unwrap();
    sheet.write(4, 1, 4420.5).unwrap();
    for (n, head) in ["问题", "整改措施", "整改责任单位", "整改时限"]
        .iter()
        .enumerate()
    {
        sheet.write(7, u16::try_from(n).unwrap(), *head).unwrap();
    }
    for (n, cell) in ["河道垃圾", "清理河道3公里", "水务局", "5月底"]
        .iter()
        .enumerate()
    {
        sheet.write(8, u16::try_from(n).unwrap(), *cell).unwrap();
    }
    let found = opened(&book.save_to_buffer().unwrap());
    let document = read("x", &found, &Options::default());
    is_whole(&found, &document);
    let rows: Vec<_> = document
        .articles
        .iter()
        .flat_map(|article| &article.commitments)
        .collect();
    assert_eq!(rows.len(), 3, "{rows:#?}");
    assert_eq!(
        rows[0].value.as_ref().map(|v| format!("{v:?}")),
        Some("One(36000000)".to_owned())
    );
    assert_eq!(rows[0].due, Some(date(2026, 9, 30)));
    assert_eq!(
        rows[1].owner.as_deref(),
        Some("住建局"),
        "the merged cell holds for both rows"
    );
    assert_eq!(rows[1].due, Some(date(2026, 10, 31)));
    assert_eq!(rows[2].unit.as_deref(), Some("公里"));
}

#[test]
fn a_web_page_in_gbk_is_read_without_its_scripts() {
    let page = "<html><head><meta charset=gb2312><title>通知</title><script>if (a<b) document.write('<p>假</p>')</script></head>\
        <body><h1>通&nbsp;知</h1><p>一是新建公厕<b>12</b>座；<br>二是改造管网3公里&ldquo;样板&rdquo;。</p><p style='display:none'>隐藏</p><!-- 注 --><p>3 < 5";
    let (bytes, _, _) = encoding_rs::GB18030.encode(page);
    let found = opened(&bytes);
    assert_eq!(found.kind, Kind::Html);
    insta::assert_snapshot!(found.text, @"
    通 知
    一是新建公厕12座；
    二是改造管网3公里“样板”。
    3 < 5
    ");
}

#[test]
fn predefined_maps_of_chinese_fonts_are_read() {
    for encoding in ["UniGB-UCS2-H", "UniGB-UTF16-H", "GBK-EUC-H", "GBKp-EUC-H"] {
        let mut sheet = Sheet::default();
        sheet.text(90, 80, 16, "关于2026年重点工作的通知");
        sheet.text(
            90,
            120,
            16,
            "年底前新建农村公厕120座，6月底前完成东大街改造工程。",
        );
        let found = opened(&Paper::default().encoding(encoding).sheet(sheet).bytes());
        assert_eq!(
            found.text.trim(),
            "关于2026年重点工作的通知\n年底前新建农村公厕120座，6月底前完成东大街改造工程。",
            "{encoding}"
        );
    }
}

#[test]
fn columns_are_read_one_after_the_other_and_page_numbers_are_no_text() {
    let mut paper = Paper::default();
    for page in 1..=3 {
        let mut sheet = Sheet::default();
        sheet.text(120, 70, 20, "清河县召开重点工作推进会议");
        for line in 0..20 {
            // Left and right stand on the same lines, as they do on a printed page.
            sheet.text(
                60,
                120 + line * 18,
                10,
                &format!("左{:0>2}新建公厕十二座改造管网三公里并按期投入使用", line),
            );
            sheet.text(
                320,
                120 + line * 18,
                10,
                &format!("右{:0>2}培训农民六千人次发放补贴三千万元并公开公示", line),
            );
        }
        sheet.text(290, 815, 10, &format!("— {page} —"));
        paper = paper.sheet(sheet);
    }
    let found = opened(&paper.bytes());
    let place = |word: &str| {
        found
            .text
            .find(word)
            .unwrap_or_else(|| panic!("{word} is missing: {}", found.text))
    };
    assert!(place("左00") < place("左19") && place("左19") < place("右00") && place("右00") < place("右19"));
    assert!(!found.text.contains('—'), "{}", found.text);
    assert_eq!(found.warnings.len(), 1);
}

#[test]
fn files_that_cannot_be_read_say_what_to_do() {
    let scan = Paper::default().sheet(Sheet::picture()).bytes();
    let whole = Paper::default().sheet({
        let mut sheet = Sheet::default();
        sheet.text(90, 80, 16, "关于2026年重点工作的通知");
        sheet
    });
    let unknown = Paper::default().encoding("Identity-H").sheet({
        let mut sheet = Sheet::default();
        sheet.text(90, 80, 16, "关于2026年重点工作的通知通知");
        sheet
    });
    let wide: Vec<u8> = "WordDocument".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let locked: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let ole = |name: &[u8]| {
        [
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(),
            &[0; 64],
            name,
            &[0; 64],
        ]
        .concat()
    };
    let good = docx(&p("新建公厕12座。"));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a scanned PDF", scan),
        ("an encrypted PDF", whole.clone().locked().bytes()),
        ("a PDF cut in its first bytes", whole.bytes()[..60].to_vec()),
        ("a PDF without a map of its characters", unknown.bytes()),
        ("a Word document cut in half", good[..good.len() / 2].to_vec()),
        ("a Word document of old", ole(&wide)),
        ("an encrypted Word document", ole(&locked)),
        ("an archive", zipped(&[("a.txt", "新建公厕12座。")])),
        (
            "a layout document",
            zipped(&[("OFD.xml", "<ofd/>"), ("Doc_0/Document.xml", "<a/>")]),
        ),
        (
            "a picture called report.docx",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
        ),
        ("RTF", b"{\\rtf1\\ansi hello}".to_vec()),
        (
            "a mail",
            b"MIME-Version: 1.0\nContent-Type: multipart/related\n\n".to_vec(),
        ),
        ("an empty document", docx(&p(""))),
    ];
    let mut said = String::new();
    for (what, bytes) in &cases {
        let why = open(bytes).expect_err(what);
        said.push_str(&format!("{what}: {}\n", why.message().text(Lang::En)));
        assert!(!why.message().text(Lang::Zh).contains('⟦'), "{what}");
    }
    insta::assert_snapshot!(said);
}

#[test]
fn what_unfolds_without_end_is_refused_before_it_fills_the_memory() {
    // 201 MB of blanks, packed to less than half a megabyte.
    let blanks = format!(
        "<w:document><w:t>{}</w:t></w:document>",
        " ".repeat(201 * 1024 * 1024)
    );
    let bomb = zipped(&[
        ("[Content_Types].xml", "<Types/>"),
        ("word/document.xml", &blanks),
    ]);
    assert!(bomb.len() < 1_000_000);
    assert_eq!(open(&bomb).unwrap_err(), Unreadable::Bomb);
    let pdf = Paper::default().sheet(Sheet::blanks(201 * 1024 * 1024)).bytes();
    assert_eq!(open(&pdf).unwrap_err(), Unreadable::Bomb);
    let mut large = b"%PDF-1.4\n".to_vec();
    large.resize(FILE_BYTES_MAX + 1, b' ');
    assert!(matches!(open(&large).unwrap_err(), Unreadable::TooLarge { .. }));
}

#[test]
fn a_page_laid_out_with_a_table_is_running_text() {
    let long = "全县要新建公厕12座，改造管网3公里，年底前全部完工并投入使用。".repeat(12);
    let page =
        format!("<table><tr><td>导航<td><p>标题<p>{long}<p>{long}<p>{long}<tr><td>页脚<td>版权</table>");
    let found = opened(page.as_bytes());
    assert!(found.tables.is_empty());
    assert!(!found.text.contains('\t'));
}

#[test]
fn a_text_of_prose_is_no_ledger() {
    let text = "2026年工作要点\n全县要新建公厕12座, 改造管网3公里。\n负责人, 责任人都要到位。\n";
    assert_eq!(opened(text.as_bytes()).kind, Kind::Text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever happens to a file on its way, opening it ends with a text or a reason, and never with a panic.
    #[test]
    fn a_file_changed_on_its_way_is_read_or_refused(
        kind in 0usize..4,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut sheet = Sheet::default();
        sheet.text(90, 80, 16, "关于2026年重点工作的通知");
        sheet.table(50, 100, &[40, 100, 100, 100, 80, 80], 30, &CELLS);
        let mut bytes = match kind {
            0 => Paper::default().sheet(sheet).bytes(),
            1 => Paper::default().plain().sheet(sheet).bytes(),
            2 => docx(&format!("{}<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>", p("新建公厕12座。"), p("任务"))),
            _ => "<table><tr><td rowspan=3 colspan='2'>任务<td>时限</table><p>新建&hellip;<script>x</script>".into(),
        };
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if cut {
            bytes.truncate(end.index(bytes.len()));
        }
        if let Ok(found) = open(&bytes) {
            is_whole(&found, &read("x", &found, &Options::default()));
        }
    }
}
