//! What an office's files look like beside the plain ones: tables without lines, rows cut by the end of a page, text set
//! downwards, what is hidden or struck out, headers over headers.

use bihuan_messages::Lang;
use bihuan_reader::formats::{Opened, Unreadable, open, read};
use bihuan_reader::{Commitment, Options};
use jiff::civil::date;

use crate::formats::{docx, docx_with, opened, p, zipped};
use crate::paper::{Paper, Sheet};

fn rows(found: &Opened) -> Vec<Commitment> {
    let document = read("x", found, &Options::default());
    document
        .articles
        .into_iter()
        .flat_map(|article| article.commitments)
        .collect()
}

fn paper(sheets: Vec<Sheet>) -> Opened {
    let paper = sheets.into_iter().fold(Paper::default(), Paper::sheet);
    opened(&paper.bytes())
}

/// Columns of the tables below.
const AT: [u32; 5] = [60, 100, 260, 380, 470];

fn line(sheet: &mut Sheet, y: u32, cells: [&str; 5]) {
    for (x, cell) in AT.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        sheet.text(*x, y, 10, cell);
    }
}

#[test]
fn a_table_without_lines_in_a_pdf_is_read_by_the_places_of_its_words() {
    let mut sheet = Sheet::default();
    sheet.text(200, 60, 16, "2026年重点任务分解表");
    line(
        &mut sheet,
        100,
        ["序号", "任务", "牵头单位", "责任人", "完成时限"],
    );
    line(
        &mut sheet,
        130,
        ["1", "新建农村公厕120座，改造", "农业农村局", "王某", "6月底前"],
    );
    line(&mut sheet, 144, ["", "户厕2000户", "", "", ""]);
    line(
        &mut sheet,
        174,
        ["2", "改造老旧小区12个", "住建局", "李某", "10月底前"],
    );
    line(&mut sheet, 204, ["3", "新增学位600个", "教育局", "", "8月底前"]);
    sheet.text(
        60,
        260,
        12,
        "各单位要提高站位，压实责任，倒排工期，确保按期完成各项任务。",
    );
    let found = paper(vec![sheet]);
    insta::assert_snapshot!(found.text, @r"
    2026年重点任务分解表
    序号	任务	牵头单位	责任人	完成时限
    1	新建农村公厕120座，改造户厕2000户	农业农村局	王某	6月底前
    2	改造老旧小区12个	住建局	李某	10月底前
    3	新增学位600个	教育局	8月底前

    各单位要提高站位，压实责任，倒排工期，确保按期完成各项任务。
    ");
    let mut rows = rows(&found);
    rows.retain(|row| row.why.contains(&"reader.why_table"));
    assert_eq!(rows.len(), 3, "{rows:#?}");
    assert_eq!(rows[2].owner.as_deref(), Some("教育局"));
    assert_eq!(rows[1].due, Some(date(2026, 10, 31)));
}

#[test]
fn a_number_in_the_middle_of_its_row_keeps_the_lines_above_and_below_it() {
    let mut sheet = Sheet::default();
    line(
        &mut sheet,
        100,
        ["序号", "任务", "牵头单位", "责任人", "完成时限"],
    );
    for (n, y) in [(1u32, 140u32), (2, 180), (3, 220)] {
        line(&mut sheet, y - 7, ["", "改造老旧小区", "", "", ""]);
        line(&mut sheet, y, [&n.to_string(), "", "住建局", "李某", "10月底前"]);
        line(&mut sheet, y + 7, ["", &format!("共计1{n}个"), "", "", ""]);
    }
    let rows = rows(&paper(vec![sheet]));
    let quotes: Vec<&str> = rows.iter().map(|row| row.quote.as_str()).collect();
    assert_eq!(
        quotes,
        [
            "改造老旧小区共计11个",
            "改造老旧小区共计12个",
            "改造老旧小区共计13个"
        ]
    );
}

#[test]
fn words_in_columns_that_name_no_task_are_no_table() {
    let mut sheet = Sheet::default();
    line(
        &mut sheet,
        100,
        ["东关镇", "西河乡", "北山镇", "南川乡", "开发区"],
    );
    line(&mut sheet, 130, ["120", "80", "60", "40", "20"]);
    line(&mut sheet, 160, ["121", "81", "61", "41", "21"]);
    assert!(!paper(vec![sheet]).text.contains('\t'));
}

const WIDTHS: [u32; 6] = [40, 100, 100, 100, 80, 80];
const HEAD: [&str; 6] = ["序号", "任务", "目标", "牵头单位", "配合单位", "完成时限"];

#[test]
fn a_row_that_the_end_of_a_page_cuts_in_two_is_one_row() {
    let mut first = Sheet::default();
    first.table(
        50,
        700,
        &WIDTHS,
        30,
        &[
            HEAD,
            [
                "1",
                "农村公厕建设",
                "新建公厕120座",
                "农业农村局",
                "各乡镇",
                "12月底前",
            ],
            ["2", "东大街改造", "道路2.4公里，", "住建局", "", "6月底前"],
        ],
    );
    let mut second = Sheet::default();
    second.table(
        50,
        60,
        &WIDTHS,
        30,
        &[
            ["", "工程（续建）", "管网3公里", "", "财政局", ""],
            ["3", "老旧小区改造", "改造12个小区", "住建局", "", "10月底前"],
        ],
    );
    let found = paper(vec![first, second]);
    assert!(
        found
            .text
            .contains("2\t东大街改造工程（续建）\t道路2.4公里，管网3公里\t住建局\t财政局\t6月底前"),
        "{}",
        found.text
    );
    assert_eq!(rows(&found).len(), 3);
}

#[test]
fn text_that_is_stacked_downwards_is_read_and_said() {
    let mut sheet = Sheet::default();
    sheet.text(60, 80, 12, "全县要新建农村公厕120座，改造老旧小区12个。");
    for (n, c) in "重点工作推进".chars().enumerate() {
        sheet.text(540, 200 + 14 * u32::try_from(n).unwrap(), 12, &c.to_string());
    }
    let found = paper(vec![sheet]);
    assert_eq!(
        found.text.trim(),
        "全县要新建农村公厕120座，改造老旧小区12个。\n\n重点工作推进"
    );
    assert!(found.warnings[0].text(Lang::Zh).contains("竖排"));
}

#[test]
fn a_font_that_writes_downwards_is_read_column_by_column_from_the_right() {
    let mut sheet = Sheet::default();
    sheet.text(500, 100, 14, "清河县水利局要于六月底前");
    sheet.text(470, 100, 14, "完成十二座水库除险加固。");
    let found = opened(&Paper::default().encoding("UniGB-UCS2-V").sheet(sheet).bytes());
    assert_eq!(
        found.text.trim(),
        "清河县水利局要于六月底前完成十二座水库除险加固。"
    );
    assert_eq!(found.warnings.len(), 1);
}

#[test]
fn a_file_whose_parts_stand_too_deep_in_one_another_is_refused_with_the_limit() {
    let mut sheet = Sheet::default();
    sheet.text(90, 80, 16, "关于2026年重点工作的通知");
    let whole = String::from_utf8_lossy(&Paper::default().plain().sheet(sheet).bytes()).into_owned();
    for (open_mark, close) in [("<</A ", ">>"), ("[", "]")] {
        let deep = format!(
            "/X {}{} /Resources",
            open_mark.repeat(200_000),
            close.repeat(200_000)
        );
        let why = open(whole.replace("/Resources", &deep).as_bytes()).unwrap_err();
        assert_eq!(why, Unreadable::Deep { limit: 500 });
        assert!(why.message().text(Lang::Zh).contains("500"));
    }
    // What the reader itself follows is followed without going down.
    let nested = format!("{}{}", "<w:tbl><w:tr><w:tc>".repeat(50_000), p("新建公厕12座。"));
    assert!(opened(&docx(&nested)).text.contains("公厕"));
    let boxes = format!(
        "{}<w:r><w:t>新建公厕12座。</w:t></w:r>",
        "<w:p><w:txbxContent>".repeat(9)
    );
    assert!(opened(&docx(&boxes)).text.contains("公厕"));
}

#[test]
fn entities_that_multiply_are_not_unfolded() {
    let entities: String = (1..12)
        .map(|n| format!("<!ENTITY a{n} '{}'>", format!("&a{};", n - 1).repeat(10)))
        .collect();
    let document = format!(
        "<!DOCTYPE l [<!ENTITY a0 'aaaaaaaaaa'>{entities}]><w:document><w:body>{}{}</w:body></w:document>",
        p("新建公厕12座。"),
        p("&a11;")
    );
    let found = opened(&zipped(&[("word/document.xml", &document)]));
    assert!(found.text.chars().count() < 40, "{}", found.text);
}

#[test]
fn rows_struck_out_in_word_are_not_read_and_headers_over_headers_are() {
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", p(text));
    let wide = |text: &str, n: u32| {
        format!(
            "<w:tc><w:tcPr><w:gridSpan w:val=\"{n}\"/></w:tcPr>{}</w:tc>",
            p(text)
        )
    };
    let tall = |text: &str, first: bool| {
        let merge = if first {
            "<w:vMerge w:val=\"restart\"/>"
        } else {
            "<w:vMerge/>"
        };
        format!("<w:tc><w:tcPr>{merge}</w:tcPr>{}</w:tc>", p(text))
    };
    let struck = |text: &str| {
        format!("<w:tc><w:p><w:del><w:r><w:delText>{text}</w:delText></w:r></w:del></w:p></w:tc>")
    };
    let table = format!(
        "<w:tbl><w:tr>{}{}{}{}</w:tr><w:tr>{}{}{}{}{}</w:tr><w:tr>{}{}{}{}{}</w:tr><w:tr><w:trPr><w:del w:id=\"1\"/></w:trPr>{}{}{}{}{}</w:tr></w:tbl>",
        tall("序号", true),
        tall("重点任务", true),
        wide("责任分工", 2),
        tall("完成时限", true),
        tall("", false),
        tall("", false),
        cell("牵头单位"),
        cell("配合单位"),
        tall("", false),
        cell("1"),
        cell("新建公厕12座"),
        cell("农业农村局"),
        cell("各乡镇"),
        cell("2026年9月底前"),
        struck("2"),
        struck("改造管网3公里"),
        struck("住建局"),
        struck(""),
        struck("6月底前"),
    );
    let note = format!(
        "<w:footnotes><w:footnote w:id=\"2\">{}</w:footnote></w:footnotes>",
        p("不含改建。")
    );
    let found = opened(&docx_with(
        &format!("{}{table}", p("任务分解表")),
        &[("word/footnotes.xml", &note)],
    ));
    let rows = rows(&found);
    assert_eq!(rows.len(), 1, "{}", found.text);
    assert_eq!(rows[0].owner.as_deref(), Some("农业农村局"));
    assert_eq!(found.tables[0].rows[0].supporting, ["各乡镇"]);
    assert_eq!(rows[0].due, Some(date(2026, 9, 30)));
    assert!(!found.text.contains("管网") && found.text.contains("脚注1：不含改建。"));
}

#[test]
fn rows_and_sheets_that_were_hidden_are_left_out_and_said() {
    use rust_xlsxwriter::{Format, Workbook};
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("任务").unwrap();
    sheet.merge_range(0, 0, 1, 0, "任务", &Format::new()).unwrap();
    sheet.merge_range(0, 1, 0, 2, "责任单位", &Format::new()).unwrap();
    sheet.merge_range(0, 3, 1, 3, "完成时限", &Format::new()).unwrap();
    sheet.write(1, 1, "牵头单位").unwrap();
    sheet.write(1, 2, "配合单位").unwrap();
    for (row, task) in [(2, "新建公厕12座"), (3, "改造管网3公里"), (4, "新增学位600个")] {
        sheet.write(row, 0, task).unwrap();
        sheet.write(row, 1, "住建局").unwrap();
        sheet.write(row, 3, 46_295).unwrap();
    }
    sheet.set_row_hidden(3).unwrap();
    let day = Format::new().set_num_format("yyyy/m/d");
    sheet.write_with_format(2, 3, 46_295, &day).unwrap();
    let secret = book.add_worksheet().set_name("底稿").unwrap();
    secret.write(0, 0, "不上报的内容").unwrap();
    secret.set_hidden(true);
    let found = opened(&book.save_to_buffer().unwrap());
    let rows = rows(&found);
    let quotes: Vec<&str> = rows.iter().map(|row| row.quote.as_str()).collect();
    assert_eq!(quotes, ["新建公厕12座", "新增学位600个"]);
    // A day shown as a date, and one that lost its format.
    assert_eq!(rows[0].due, Some(date(2026, 9, 30)));
    assert_eq!(rows[1].due, Some(date(2026, 9, 30)));
    assert!(!found.text.contains("底稿") && !found.text.contains("管网"));
    let said: Vec<String> = found
        .warnings
        .iter()
        .map(|warning| warning.text(Lang::Zh))
        .collect();
    assert!(said.iter().any(|text| text.contains("隐藏的 1 行")), "{said:?}");
}
