//! Files of other systems: encodings, delimiters, columns, instants, and rows that cannot be read.

use bihuan_messages::Lang;
use bihuan_process::{Columns, DateOrder, Options, Sort, Unreadable, read};

use super::{told, way};

const TABLE: &str = "工单编号,环节名称,办理时间,承办单位,经办人\n\
    G1,受理,2026-03-01 08:00:00,热线中心,甲\n\
    G1,转办,2026-03-01 09:00:00,热线中心,甲\n\
    G2,受理,2026-03-01 08:30:00,热线中心,乙\n\
    G1,办结,2026-03-03 09:00:00,住建局,丙\n";

#[test]
fn a_table_of_another_system_is_read_without_being_told_anything() {
    let read = told(TABLE);
    assert_eq!(
        (read.log.events(), read.log.case_count(), read.faults.total),
        (4, 2, 0)
    );
    let columns: Vec<&str> = read.columns.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(columns, ["工单编号", "环节名称", "办理时间", "承办单位"]);
    let first = read.log.cases().next().unwrap();
    assert_eq!(way(&read.log, first.activities), "受理 转办 办结");
    // Whoever handled it in person is not looked at by itself.
    assert!(
        read.log
            .holder_names()
            .iter()
            .all(|name| ["热线中心", "住建局"].contains(&name))
    );
}

#[test]
fn the_same_table_in_every_encoding_and_with_every_delimiter_is_the_same_log() {
    let figures = |bytes: &[u8]| {
        let read = read(bytes, &Options::default()).unwrap();
        (super::figures(&read.log), read.encoding)
    };
    let wanted = figures(TABLE.as_bytes()).0;
    let (gbk, _, _) = encoding_rs::GB18030.encode(TABLE);
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend(TABLE.encode_utf16().flat_map(u16::to_le_bytes));
    let marked = [b"\xEF\xBB\xBF", TABLE.as_bytes()].concat();
    let quoted = TABLE.replace(',', "\",\"").replace('\n', "\"\r\n\"");
    let quoted = format!("\"{}", quoted.strip_suffix('"').unwrap());
    for (bytes, encoding) in [
        (gbk.as_ref(), "gb18030"),
        (&utf16, "UTF-16LE"),
        (&marked, "UTF-8"),
        (TABLE.replace(',', "\t").as_bytes(), "UTF-8"),
        (TABLE.replace(',', ";").as_bytes(), "UTF-8"),
        (TABLE.replace('\n', "\r\n").as_bytes(), "UTF-8"),
        (quoted.as_bytes(), "UTF-8"),
        (TABLE.trim_end().as_bytes(), "UTF-8"),
    ] {
        let (found, name) = figures(bytes);
        assert_eq!((found, name), (wanted.clone(), encoding));
    }
}

#[test]
fn quoted_cells_hold_delimiters_lines_and_marks() {
    let read =
        told("case,activity,time\n\"a,1\",\"say \"\"go\"\"\nnow\",2026-03-01\n\"a,1\",\"\",2026-03-01\n");
    assert_eq!(read.log.case_names().text(0), "a,1");
    assert_eq!(read.log.activity_names().text(0), "say \"go\"\nnow");
    assert_eq!((read.faults.total, read.faults.first[0].row), (1, 3));
}

#[test]
fn rows_that_cannot_be_read_are_named_and_the_rest_is_read() {
    let table = "案件编号,环节,时间\nA,受理,2026-03-01\n,受理,2026-03-01\n\nA,,2026-03-01\nA,办结,前天\nA,办结\nA,办结,2026-02-30\nA,办结,2026-03-02\n";
    let read = told(table);
    assert_eq!((read.log.events(), read.faults.total), (2, 5));
    let said: Vec<String> = read
        .faults
        .first
        .iter()
        .map(|fault| fault.message().text(Lang::Zh))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    第 3 行没有填“案件编号”
    第 5 行没有填“环节”
    第 6 行的“时间”读不懂：“前天”；应形如 2026-03-01 08:05:00（日期以年打头；日或月在前的，用 --dates dmy 或 mdy 说明）
    第 7 行没有填“时间”
    第 8 行的“时间”读不懂：“2026-02-30”；应形如 2026-03-01 08:05:00（日期以年打头；日或月在前的，用 --dates dmy 或 mdy 说明）
    "#);
}

#[test]
fn columns_that_are_not_recognised_can_be_named() {
    let table = "k,what,when,who\n1,a,03/04/2026 10:00,u\n";
    let error = read(table.as_bytes(), &Options::default()).unwrap_err();
    insta::assert_snapshot!(error.message().text(Lang::En), @"no column was recognised as `case`; name it with --case COLUMN. The columns are: k | what | when | who");
    let some = |name: &str| Some(name.to_owned());
    let mut options = Options {
        columns: Columns {
            case: some("K"),
            activity: some("what"),
            time: some(" when "),
            holder: some("who"),
        },
        dates: DateOrder::DayFirst,
        threads: 1,
    };
    assert_eq!(read(table.as_bytes(), &options).unwrap().log.events(), 1);
    options.columns.holder = some("unit");
    let error = read(table.as_bytes(), &options).unwrap_err();
    insta::assert_snapshot!(error.message().text(Lang::Zh), @"没有“unit”这一列，--resource 要指向“承办单位（岗位）”所在的列。现有各列：k | what | when | who");
    options.columns.holder = some("what");
    assert_eq!(
        read(table.as_bytes(), &options).unwrap_err(),
        Unreadable::Twice {
            column: "what".to_owned()
        }
    );
}

#[test]
fn what_is_no_event_log_is_refused_with_the_reason() {
    let mut said = Vec::new();
    for bytes in [
        b"".as_slice(),
        b" \n ",
        b"PK\x03\x04....",
        b"\x1F\x8B\x08",
        b"a\0b\0c\0",
        "case,activity,time\n".as_bytes(),
        "case,activity,time\n1,x,yesterday\n".as_bytes(),
        b"<html><body/></html>",
        b"<log><trace><event>",
        b"<log/>",
    ] {
        said.push(
            read(bytes, &Options::default())
                .unwrap_err()
                .message()
                .text(Lang::En),
        );
    }
    insta::assert_snapshot!(said.join("\n"), @r"
    the file is empty
    the file is empty
    this is a ZIP, XLSX file, neither CSV nor XES; unpack it or save it as CSV first
    this is a gzip file, neither CSV nor XES; unpack it or save it as CSV first
    this is no text file; save it as CSV or XES first
    there is a heading and not one row
    not one of 1 rows could be read. The first: row 2: `time` cannot be read: `yesterday`; it should look like 2026-03-01 08:05:00 (year first; where day or month comes first, say --dates dmy or mdy)
    the outermost element is <html>; an event log in XES has <log>
    the XML breaks off or is not well formed at byte 19: EOF
    there is a heading and not one row
    ");
}

const XES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <global scope="event"><string key="concept:name" value="none"/></global>
  <classifier name="Activity" keys="concept:name"/>
  <trace>
    <string key="concept:name" value="A &amp; B"><string key="concept:name" value="inner"/></string>
    <event><string key="concept:name" value="受理"/><date key="time:timestamp" value="2026-03-01T08:00:00.000+08:00"/><string key="org:resource" value="窗口"/></event>
    <event>
      <string key="concept:name" value="办结"><string key="concept:name" value="inner"/></string>
      <date key="time:timestamp" value="2026-03-02T08:00:00Z"/>
      <list key="more"><values><string key="concept:name" value="inner"/></values></list>
    </event>
    <event/>
  </trace>
  <trace><event><string key="concept:name" value="受理"/><date key="time:timestamp" value="soon"/></event></trace>
  <trace><event><string key="concept:name" value="受理"/><date key="time:timestamp" value="2026-03-03T08:00:00Z"/></event></trace>
</log>"#;

#[test]
fn xes_is_read_with_its_traces_and_only_their_own_attributes() {
    let read = told(XES);
    assert_eq!(
        (read.log.events(), read.log.case_count(), read.faults.total),
        (3, 2, 2)
    );
    let told: Vec<(&str, String)> = read
        .log
        .cases()
        .map(|case| {
            (
                read.log.case_names().text(case.number),
                way(&read.log, case.activities),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("A & B", "受理 办结".to_owned()), ("#3", "受理".to_owned())]
    );
    let used: Vec<(Sort, &str)> = read
        .columns
        .iter()
        .map(|(sort, name)| (*sort, name.as_str()))
        .collect();
    assert_eq!(used.last(), Some(&(Sort::Holder, "org:resource")));
    let (gbk, _, _) = encoding_rs::GB18030.encode(XES);
    let again = bihuan_process::read(&gbk, &Options::default()).unwrap();
    assert_eq!(super::figures(&again.log), super::figures(&read.log));
}
