//! What a spreadsheet program finds in an exported table.

use std::io::Cursor;

use bihuan_messages::Lang;
use bihuan_report::table::{Cell, Column, Kind, Sheet};
use bihuan_report::{Error, csv, xlsx};
use calamine::{Data, DataType, Reader, Xlsx};
use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::documents::part;

fn ledger(rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet {
        title: "项目台账".into(),
        notes: vec!["截至：2026-11-22".into()],
        columns: vec![
            Column::new("名称", Kind::Text),
            Column::new("总投资（元）", Kind::Money),
            Column::new("完成率（%）", Kind::Decimal(1)),
            Column::new("件数", Kind::Integer),
            Column::new("应办结", Kind::Date),
        ],
        rows,
        ..Sheet::default()
    }
}

fn row(name: &str, fen: i64) -> Vec<Cell> {
    vec![
        name.into(),
        Cell::Money(fen),
        Cell::Decimal(Decimal::new(531, 1)),
        Cell::Integer(87),
        date(2026, 3, 2).into(),
    ]
}

/// The cells below the header, as calamine reads them: title, one note and an empty line stand above.
fn read(bytes: &[u8]) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range.rows().skip(4).map(<[Data]>::to_vec).collect()
}

#[test]
fn twenty_four_point_eight_billion_yuan_is_exact() {
    let sheet = ledger(vec![
        row("全县", 2_480_000_000_000),
        row("差一分", 2_480_000_000_001),
    ]);
    let rows = read(&xlsx::render(std::slice::from_ref(&sheet), Lang::Zh).unwrap());
    assert_eq!(rows[0][1], Data::Float(24_800_000_000.0));
    assert_eq!(rows[1][1], Data::Float(24_800_000_000.01));
    let text = String::from_utf8(csv::render(&sheet).unwrap()).unwrap();
    assert!(text.contains("全县,24800000000.00,53.1,87,2026-03-02\r\n差一分,24800000000.01,"));
}

#[test]
fn an_amount_that_excel_would_round_is_text() {
    let rows = read(
        &xlsx::render(
            &[ledger(vec![
                row("巨额", i64::MAX),
                row("十五位", 999_999_999_999_999),
            ])],
            Lang::Zh,
        )
        .unwrap(),
    );
    assert_eq!(rows[0][1], Data::String("92233720368547758.07".into()));
    assert_eq!(rows[1][1], Data::Float(9_999_999_999_999.99));
}

#[test]
fn a_day_is_a_real_date_and_a_day_before_excel_is_text() {
    let mut old = row("旧事", 0);
    old[4] = date(1899, 12, 31).into();
    let rows = read(&xlsx::render(&[ledger(vec![row("新事", 0), old])], Lang::Zh).unwrap());
    assert!(rows[0][4].is_datetime(), "{:?}", rows[0][4]);
    assert_eq!(rows[1][4], Data::String("1899-12-31".into()));
}

#[test]
fn a_formula_typed_by_a_citizen_is_never_computed() {
    for bait in [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "@SUM(A1)",
        "+1",
        "-1",
        "https://evil.example",
        "\t=1",
    ] {
        let bytes = xlsx::render(&[ledger(vec![row(bait, 0)])], Lang::Zh).unwrap();
        let xml = part(&bytes, "xl/worksheets/sheet1.xml");
        assert!(
            !xml.contains("<f>") && !xml.contains("<hyperlink"),
            "{bait}: {xml}"
        );
        assert_eq!(read(&bytes)[0][0], Data::String(bait.into()));
    }
    let bytes = xlsx::render(&[ledger(vec![row("=1+1", 0)])], Lang::Zh).unwrap();
    assert!(part(&bytes, "xl/styles.xml").contains("quotePrefix=\"1\""));
}

#[test]
fn the_header_is_frozen_and_filtered() {
    let xml = part(
        &xlsx::render(&[ledger(vec![row("甲", 1)])], Lang::Zh).unwrap(),
        "xl/worksheets/sheet1.xml",
    );
    assert!(xml.contains(r#"<autoFilter ref="A4:E5"/>"#), "{xml}");
    assert!(xml.contains(r#"ySplit="4""#) && xml.contains(r#"state="frozen""#));
}

#[test]
fn the_same_sheet_gives_the_same_bytes_without_asking_the_clock() {
    let sheet = Sheet {
        as_of: Some(date(2026, 11, 22).at(8, 0, 0, 0)),
        ..ledger(vec![row("甲", 1)])
    };
    let bytes = xlsx::render(std::slice::from_ref(&sheet), Lang::Zh).unwrap();
    assert_eq!(bytes, xlsx::render(&[sheet], Lang::Zh).unwrap());
    assert!(part(&bytes, "docProps/core.xml").contains("2026-11-22T08:00:00Z"));
    let undated = xlsx::render(&[ledger(Vec::new())], Lang::Zh).unwrap();
    assert!(part(&undated, "docProps/core.xml").contains("2000-01-01T00:00:00Z"));
}

#[test]
fn a_text_longer_than_a_cell_is_cut_and_says_so() {
    let rows = read(&xlsx::render(&[ledger(vec![row(&"🚧".repeat(20_000), 0)])], Lang::Zh).unwrap());
    let text = rows[0][0].get_string().unwrap();
    assert!(text.ends_with("……〔本格共 20000 字，其余见 CSV〕"));
    assert!(text.encode_utf16().count() < 32_767);
    let kept = read(&xlsx::render(&[ledger(vec![row(&"名".repeat(4_000), 0)])], Lang::Zh).unwrap());
    assert_eq!(kept[0][0].get_string().unwrap().chars().count(), 4_000);
}

#[test]
fn tabs_have_names_that_excel_takes() {
    let named = |title: &str| Sheet {
        title: title.into(),
        ..ledger(Vec::new())
    };
    let long = "关于全县重点项目推进情况的督查通报附表之一进展缓慢项目明细".repeat(2);
    let sheets = [
        named("甲/乙:丙*?[]"),
        named("甲/乙:丙*?[]"),
        named(""),
        named("'History'"),
        named(&long),
        named(&long),
    ];
    let book: Xlsx<_> =
        calamine::open_workbook_from_rs(Cursor::new(xlsx::render(&sheets, Lang::Zh).unwrap())).unwrap();
    let names = book.sheet_names();
    insta::assert_snapshot!(names.join("\n"), @r"
    甲 乙 丙
    甲 乙 丙 (2)
    表3
    表4
    关于全县重点项目推进情况的督查通报附表之一进展缓慢项目明细关于
    关于全县重点项目推进情况的督查通报附表之一进展缓慢项目 (2)
    ");
}

#[test]
fn what_does_not_fit_is_said_in_plain_words() {
    assert_eq!(xlsx::render(&[], Lang::Zh), Err(Error::NoSheet));
    let short = Sheet {
        rows: vec![vec![Cell::Empty]],
        ..ledger(Vec::new())
    };
    assert_eq!(
        xlsx::render(&[short], Lang::Zh)
            .unwrap_err()
            .message()
            .text(Lang::En),
        "row 1 of the table “项目台账” has 1 cells; expected 5, one per column"
    );
    let tall = Sheet {
        columns: Vec::new(),
        rows: vec![Vec::new(); 1_048_576],
        ..ledger(Vec::new())
    };
    assert!(matches!(
        xlsx::render(&[tall], Lang::Zh),
        Err(Error::TooManyRows { limit: 1_048_572, .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_comes_back_as_the_text_it_was(text in any::<String>(), title in any::<String>()) {
        let sheet = Sheet { title: format!("台账{title}"), ..ledger(vec![row(&text, 1)]) };
        let rows = read(&xlsx::render(&[sheet], Lang::Zh).unwrap());
        let found = rows[0][0].get_string().unwrap_or_default().to_owned();
        prop_assert_eq!(found, bihuan_report::text::clean(&text).into_owned());
    }

    #[test]
    fn any_amount_is_exact(fen in any::<i64>()) {
        let rows = read(&xlsx::render(&[ledger(vec![row("甲", fen)])], Lang::Zh).unwrap());
        let shown = match &rows[0][1] {
            Data::Float(yuan) => format!("{yuan:.2}"),
            other => other.get_string().unwrap().to_owned(),
        };
        prop_assert_eq!(shown, bihuan_report::table::yuan_text(fen));
    }
}
