//! Ledgers as offices keep them: built here as real files, read from their bytes.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests"
)]

use bihuan_reader::table::{BYTES_MAX, Cell, Skip, Table, Unreadable, read};
use encoding_rs::GB18030;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use std::io::Write;

fn xlsx(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().unwrap()
}

/// A ledger with everything: merged title, unit line, header of two rows, merged owner, dates, sums, remarks.
fn office_ledger() -> Vec<u8> {
    xlsx(|book| {
        let sheet = book.add_worksheet().set_name("重点项目").unwrap();
        let (plain, date) = (
            Format::new(),
            Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\""),
        );
        sheet
            .merge_range(0, 0, 0, 6, "清河县2026年重点项目台账", &plain)
            .unwrap();
        sheet.write(1, 0, "填报单位：县发改局").unwrap();
        sheet.write(1, 5, "单位：万元").unwrap();
        for (column, text) in [
            (0, "序号"),
            (1, "项目名称"),
            (4, "责任单位"),
            (5, "完成时限"),
            (6, "备注"),
        ] {
            sheet.merge_range(2, column, 3, column, text, &plain).unwrap();
        }
        sheet.merge_range(2, 2, 2, 3, "投资", &plain).unwrap();
        sheet.write(3, 2, "总投资").unwrap();
        sheet.write(3, 3, "本年投资").unwrap();
        sheet.write(4, 0, "一、工业项目").unwrap();
        sheet.write(5, 0, 1).unwrap();
        sheet.write(5, 1, "精铸件改造\n（二期）").unwrap();
        sheet.write(5, 2, 1234.56).unwrap();
        sheet.write(5, 3, 0.30000000000000004).unwrap();
        sheet.merge_range(5, 4, 6, 4, "县工信局", &plain).unwrap();
        sheet
            .write_with_format(5, 5, ExcelDateTime::from_ymd(2026, 3, 1).unwrap(), &date)
            .unwrap();
        sheet.write(6, 0, 2).unwrap();
        sheet.write(6, 1, "玻璃器皿园区").unwrap();
        sheet.write(6, 2, "3.2亿元").unwrap();
        sheet
            .write_with_format(6, 3, 0.35, &Format::new().set_num_format("0.0%"))
            .unwrap();
        sheet.write(6, 5, "2026.3.1").unwrap();
        sheet.write(7, 0, "序号").unwrap();
        for (column, text) in [
            (1, "项目名称"),
            (2, "投资"),
            (4, "责任单位"),
            (5, "完成时限"),
            (6, "备注"),
        ] {
            sheet.write(7, column, text).unwrap();
        }
        sheet.write(8, 0, 3).unwrap();
        sheet.write(9, 0, "合 计").unwrap();
        sheet.write(9, 2, 99999).unwrap();
        sheet.write(11, 0, "注：投资按年初计划填报").unwrap();
    })
}

fn only(bytes: &[u8]) -> Table {
    let mut tables = read(bytes).unwrap();
    assert_eq!(tables.len(), 1, "{tables:#?}");
    tables.remove(0)
}

fn headers(table: &Table) -> Vec<&str> {
    table
        .columns
        .iter()
        .map(|column| column.header.as_str())
        .collect()
}

#[test]
fn an_office_ledger_is_read_under_its_title_and_two_row_header() {
    let table = only(&office_ledger());
    assert_eq!(table.title.as_deref(), Some("清河县2026年重点项目台账"));
    assert_eq!(
        (table.unit.as_deref(), table.year, table.header_row),
        (Some("万元"), Some(2026), 4)
    );
    assert_eq!(
        headers(&table),
        [
            "序号",
            "项目名称",
            "投资/总投资",
            "投资/本年投资",
            "责任单位",
            "完成时限",
            "备注"
        ]
    );
    let rows: Vec<(u32, Vec<String>)> = table
        .rows
        .iter()
        .map(|row| (row.number, row.cells.iter().map(Cell::text).collect()))
        .collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].0, 6);
    assert_eq!(
        rows[0].1,
        [
            "1",
            "精铸件改造\n（二期）",
            "1234.56",
            "0.3",
            "县工信局",
            "2026-03-01",
            ""
        ]
    );
    assert_eq!(
        rows[1].1,
        ["2", "玻璃器皿园区", "3.2亿元", "35%", "县工信局", "2026.3.1", ""]
    );
    let skipped: Vec<(u32, Skip)> = table
        .skipped
        .iter()
        .map(|skipped| (skipped.row, skipped.why))
        .collect();
    assert_eq!(
        skipped,
        [
            (5, Skip::Section),
            (8, Skip::Header),
            (9, Skip::Blank),
            (10, Skip::Total),
            (12, Skip::Foot)
        ]
    );
}

#[test]
fn the_same_ledger_is_read_from_csv_in_every_encoding_and_with_every_delimiter() {
    let text = "清河县2026年任务台账,,,\n序号,任务,责任单位,完成时限\n1,\"改造，含\n管网\",住建局,2026年3月1日\n2,建公厕,城管局,3月底\n合计,2,,\n";
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let files = [
        text.as_bytes().to_vec(),
        GB18030.encode(text).0.into_owned(),
        utf16,
        text.replace(',', "\t").into_bytes(),
        text.replace(',', ";").into_bytes(),
        format!("sep=;\n{}", text.replace(',', ";")).into_bytes(),
    ];
    for (n, file) in files.iter().enumerate() {
        let table = only(file);
        assert_eq!(
            headers(&table),
            ["序号", "任务", "责任单位", "完成时限"],
            "file {n}"
        );
        assert_eq!(table.title.as_deref(), Some("清河县2026年任务台账"), "file {n}");
        let shift = u32::from(n == 5);
        let numbers: Vec<u32> = table.rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, [3 + shift, 4 + shift], "file {n}");
        assert_eq!(table.skipped.len(), 1, "file {n}");
    }
}

#[test]
fn two_tables_of_a_sheet_and_two_sheets_are_kept_apart() {
    let file = xlsx(|book| {
        let sheet = book.add_worksheet().set_name("一季度").unwrap();
        for (row, line) in [
            &["一、在建"][..],
            &["序号", "任务", "责任单位"],
            &["1", "修路", "交通局"],
            &["2", "修桥", "交通局"],
            &[],
            &["二、拟建项目"],
            &["序号", "事项", "牵头单位", "配合单位"],
            &["1", "建园", "园林局", "住建局"],
        ]
        .iter()
        .enumerate()
        {
            for (column, text) in line.iter().enumerate() {
                sheet.write(row as u32, column as u16, *text).unwrap();
            }
        }
        let hidden = book.add_worksheet().set_name("字典").unwrap();
        hidden.set_hidden(true);
        for (row, line) in [["单位", "任务"], ["a", "b"]].iter().enumerate() {
            for (column, text) in line.iter().enumerate() {
                hidden.write(row as u32, column as u16, *text).unwrap();
            }
        }
    });
    let tables = read(&file).unwrap();
    let shape: Vec<_> = tables
        .iter()
        .map(|t| (t.sheet.as_str(), t.title.as_deref(), t.rows.len(), t.hidden))
        .collect();
    assert_eq!(
        shape,
        [
            ("一季度", Some("一、在建"), 2, false),
            ("一季度", Some("二、拟建项目"), 1, false),
            ("字典", None, 1, true)
        ]
    );
}

#[test]
fn hidden_columns_are_read_and_named() {
    let file = xlsx(|book| {
        let sheet = book.add_worksheet();
        for (row, line) in [
            ["序号", "任务", "上年欠账", "责任单位"],
            ["1", "修路", "三件", "交通局"],
            ["2", "改水", "一件", "水利局"],
        ]
        .iter()
        .enumerate()
        {
            for (column, text) in line.iter().enumerate() {
                sheet.write(row as u32, column as u16, *text).unwrap();
            }
        }
        sheet.set_column_hidden(2).unwrap();
        // To the end of the sheet, where nothing stands.
        sheet.set_column_range_hidden(5, 16_383).unwrap();
    });
    let tables = read(&file).unwrap();
    assert_eq!(tables[0].columns.len(), 4);
    let notes: Vec<String> = tables[0]
        .notes
        .iter()
        .map(|note| note.text(bihuan_messages::Lang::Zh))
        .collect();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("有 1 列是隐藏的（上年欠账）"), "{notes:?}");
}

#[test]
fn hidden_columns_of_an_ods_are_named_too() {
    let row = |cells: [&str; 3]| {
        let cells = cells.map(|text| format!("<table:table-cell><text:p>{text}</text:p></table:table-cell>"));
        format!("<table:table-row>{}</table:table-row>", cells.concat())
    };
    let table = only(&ods(&format!(
        "<table:table table:name=\"台账\"><table:table-column table:number-columns-repeated=\"2\"/>\
         <table:table-column table:visibility=\"collapse\"/>{}{}</table:table>",
        row(["任务", "责任单位", "备注"]),
        row(["修路", "交通局", "待核"]),
    )));
    let notes: Vec<String> = table
        .notes
        .iter()
        .map(|note| note.text(bihuan_messages::Lang::Zh))
        .collect();
    assert!(notes.iter().any(|note| note.contains("（备注）")), "{notes:?}");
}

#[test]
fn a_two_row_header_is_joined_without_merged_cells_too() {
    let table = only(
        "序号,任务,投资,,责任单位\n,,总投资（万元）,到位资金（万元）,\n1,修路,100,50,交通局\n".as_bytes(),
    );
    assert_eq!(
        headers(&table),
        [
            "序号",
            "任务",
            "投资/总投资（万元）",
            "投资/到位资金（万元）",
            "责任单位"
        ]
    );
    assert_eq!(table.rows.len(), 1);
}

#[test]
fn headers_without_known_words_are_found_by_their_shape() {
    let table = only("alpha,beta,gamma\nx,1,2\ny,3,4\n".as_bytes());
    assert_eq!(headers(&table), ["alpha", "beta", "gamma"]);
    assert_eq!(table.rows.len(), 2);
}

#[test]
fn dates_of_1904_workbooks_are_right() {
    // What the library for writing cannot make, the archive can: the workbook's own flag.
    let file = xlsx(|book| {
        let sheet = book.add_worksheet();
        for (column, text) in ["任务", "责任单位", "完成时限"].iter().enumerate() {
            sheet.write(0, column as u16, *text).unwrap();
        }
        sheet.write(1, 0, "修路").unwrap();
        sheet.write(1, 1, "交通局").unwrap();
        sheet
            .write_with_format(1, 2, 44620, &Format::new().set_num_format("yyyy-mm-dd"))
            .unwrap();
    });
    let file = rezip(&file, |name, bytes| {
        if name != "xl/workbook.xml" {
            return bytes;
        }
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("<workbookPr "));
        text.replace("<workbookPr ", "<workbookPr date1904=\"1\" ")
            .into_bytes()
    });
    let table = only(&file);
    assert!(table.epoch_1904);
    assert_eq!(table.rows[0].cells[2].text(), "2026-03-01");
}

#[test]
fn an_opendocument_ledger_is_read_with_its_merged_cells() {
    let table = only(&ods(
        "<table:table table:name=\"台账\"><table:table-row><table:table-cell office:value-type=\"string\" table:number-columns-spanned=\"3\"><text:p>2026年任务</text:p></table:table-cell><table:covered-table-cell table:number-columns-repeated=\"2\"/></table:table-row>\
         <table:table-row><table:table-cell office:value-type=\"string\"><text:p>任务</text:p></table:table-cell><table:table-cell office:value-type=\"string\"><text:p>责任单位</text:p></table:table-cell><table:table-cell office:value-type=\"string\"><text:p>时限</text:p></table:table-cell></table:table-row>\
         <table:table-row><table:table-cell office:value-type=\"string\"><text:p>修路&amp;修桥</text:p></table:table-cell><table:table-cell office:value-type=\"string\" table:number-rows-spanned=\"2\"><text:p>交通局</text:p></table:table-cell><table:table-cell office:value-type=\"date\" office:date-value=\"2026-03-01T00:00:00\"><text:p>x</text:p></table:table-cell></table:table-row>\
         <table:table-row><table:table-cell office:value-type=\"string\"><text:p>建园</text:p></table:table-cell><table:covered-table-cell/><table:table-cell office:value-type=\"float\" office:value=\"46082\"><text:p>46082</text:p></table:table-cell></table:table-row>\
         <table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row></table:table>",
    ));
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| row.cells.iter().map(Cell::text).collect())
        .collect();
    assert_eq!(
        rows,
        [["修路&修桥", "交通局", "2026-03-01"], ["建园", "交通局", "46082"]]
    );
}

#[test]
fn hostile_files_get_one_clear_message() {
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0u8; 300]].concat();
    let good = office_ledger();
    let bomb = bomb();
    assert!(bomb.len() < 1024 * 1024);
    let wide = format!("{}\n{}\n", "列,".repeat(100_000), "1,".repeat(100_000));
    let docx = zip_of(&[
        ("[Content_Types].xml", b"x".to_vec()),
        ("word/document.xml", b"x".to_vec()),
    ]);
    let quote = format!("任务,责任单位\n\"修路,交通局\n{}", "建园,园林局\n".repeat(500));
    type Expected = fn(&Unreadable) -> bool;
    let cases: Vec<(&str, Vec<u8>, Expected)> = vec![
        ("empty", Vec::new(), |e| matches!(e, Unreadable::Text(_))),
        ("png", png, |e| matches!(e, Unreadable::Text(_))),
        ("truncated", good[..good.len() / 2].to_vec(), |e| {
            matches!(e, Unreadable::Damaged { .. })
        }),
        ("bomb", bomb, |e| *e == Unreadable::Bomb),
        ("wide", wide.into_bytes(), |e| {
            matches!(e, Unreadable::TooManyColumns { .. })
        }),
        ("large", vec![b'a'; BYTES_MAX + 1], |e| {
            matches!(e, Unreadable::TooLarge { .. })
        }),
        ("docx", docx, |e| matches!(e, Unreadable::Other { .. })),
        (
            "html",
            "<html><table><tr><td>任务</td></tr></table>".into(),
            |e| matches!(e, Unreadable::Other { .. }),
        ),
        (
            "ole",
            [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &[0u8; 2000]].concat(),
            |e| matches!(e, Unreadable::Damaged { .. }),
        ),
        ("quote", quote.into_bytes(), |e| {
            matches!(e, Unreadable::OpenQuote { row: 2 })
        }),
        (
            "prose",
            "今年，全县将新建农村公厕一千座。\n".into(),
            |e| *e == Unreadable::NoTable,
        ),
        (
            "rows",
            format!("任务,责任单位\n{}", "修路,交通局\n".repeat(102_000)).into_bytes(),
            |e| matches!(e, Unreadable::TooManyRows { .. }),
        ),
        (
            "cut ods",
            ods("<table:table table:name=\"x\"><table:table-row><table:table-cell>"),
            |e| matches!(e, Unreadable::Damaged { .. }),
        ),
    ];
    for (name, bytes, expected) in cases {
        let error = read(&bytes).unwrap_err();
        assert!(expected(&error), "{name}: {error:?}");
        for lang in [bihuan_messages::Lang::Zh, bihuan_messages::Lang::En] {
            let text = error.message().text(lang);
            assert!(!text.contains(['⟦', '{']) && !text.is_empty(), "{name}: {text}");
        }
    }
}

#[test]
fn cells_far_apart_do_not_ask_for_what_lies_between() {
    let file = xlsx(|book| {
        let sheet = book.add_worksheet();
        sheet.write(0, 0, "任务").unwrap();
        sheet.write(0, 1, "责任单位").unwrap();
        sheet.write(1, 0, "修路").unwrap();
        sheet.merge_range(1, 1, 2, 1, "交通局", &Format::new()).unwrap();
        sheet.write(1_048_575, 0, "建园").unwrap();
    });
    let file = rezip(&file, |_, bytes| match String::from_utf8(bytes) {
        Ok(text) => text.replace("B2:B3", "B2:ZZ1048576").into_bytes(),
        Err(error) => error.into_bytes(),
    });
    let table = only(&file);
    assert_eq!(table.rows.len(), 2);
    assert_eq!(table.rows[1].number, 1_048_576);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), magic in 0usize..4) {
        let head: &[u8] = [b"".as_slice(), b"PK\x03\x04", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", b"\xFF\xFE"][magic];
        let _ = read(&[head, &bytes].concat());
    }

    #[test]
    fn no_change_of_a_good_workbook_makes_it_panic(at in 0usize..6000, value in any::<u8>()) {
        let mut file = office_ledger();
        let at = at % file.len();
        file[at] = value;
        let _ = read(&file);
    }

    #[test]
    fn every_amount_with_two_places_is_read_exactly(fen in -9_000_000_000_000i64..9_000_000_000_000) {
        let typed = rust_decimal::Decimal::new(fen, 2);
        let number: f64 = typed.to_string().parse().unwrap();
        let file = xlsx(|book| {
            let sheet = book.add_worksheet();
            sheet.write(0, 0, "任务").unwrap();
            sheet.write(0, 1, "投资额").unwrap();
            sheet.write(1, 0, "修路").unwrap();
            sheet.write(1, 1, number).unwrap();
        });
        prop_assert_eq!(only(&file).rows[0].cells[1].text(), typed.normalize().to_string());
    }
}

/// 240 MB of blanks in a few hundred kilobytes: one packed part, put in sixty times.
fn bomb() -> Vec<u8> {
    let one = zip_of(&[("xl/workbook.xml", vec![b' '; 4 * 1024 * 1024])]);
    let mut source = zip::ZipArchive::new(std::io::Cursor::new(one)).unwrap();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.raw_copy_file(source.by_index(0).unwrap()).unwrap();
    for n in 1..60 {
        writer
            .raw_copy_file_rename(source.by_index(0).unwrap(), format!("xl/worksheets/sheet{n}.xml"))
            .unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn ods(tables: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    );
    zip_of(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet".to_vec(),
        ),
        ("META-INF/manifest.xml", b"<manifest/>".to_vec()),
        ("content.xml", content.into_bytes()),
    ])
}

fn zip_of(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn rezip(file: &[u8], change: impl Fn(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
    let mut parts = Vec::new();
    for n in 0..archive.len() {
        let mut part = archive.by_index(n).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut part, &mut bytes).unwrap();
        parts.push((name.clone(), change(&name, bytes)));
    }
    let parts: Vec<(&str, Vec<u8>)> = parts
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    zip_of(&parts)
}

#[test]
fn a_title_and_a_unit_line_stand_above_a_csv_header_of_any_width() {
    let table = only("\u{FEFF}样县2026年重点任务台账\r\n单位：万元\r\n序号,重点任务,责任单位,配合单位,投资额,完成时限,备注,导入问题\r\n1,修路,交通局,,500,2026.2.2,,原第 4 行：“责任单位”填的是“甲、乙”\r\n".as_bytes());
    assert_eq!(table.title.as_deref(), Some("样县2026年重点任务台账"));
    assert_eq!(table.unit.as_deref(), Some("万元"));
}
