//! Another system's event log on the command line, and our own given to others.

use std::fs;

use serde_json::Value;

use super::data::init;
use super::run::bihuan;

#[test]
fn a_foreign_log_is_told_in_words_and_in_json_and_its_bad_rows_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("工单.csv");
    let good = "工单编号,环节,办理时间,承办单位\nG1,受理,2026-03-01 08:00,热线\nG1,转办,2026-03-01 09:00,热线\nG1,退回,2026-03-02 09:00,住建\nG1,转办,2026-03-02 10:00,热线\nG1,办结,2026-03-04 10:00,城管\nG2,受理,2026-03-01 08:00,热线\n";
    fs::write(&file, good).unwrap();
    let run = bihuan(["mine", file.to_str().unwrap()]);
    insta::assert_snapshot!("mine_zh", run.shown(dir.path()));
    let run = bihuan(["mine", file.to_str().unwrap(), "--lang", "en"]);
    insta::assert_snapshot!("mine_en", run.shown(dir.path()));
    let run = bihuan(["mine", file.to_str().unwrap(), "--json"]);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (run.code, &json["figures"]["events"], &json["columns"]["activity"]),
        (0, &6.into(), &"环节".into())
    );
    fs::write(&file, format!("{good}G3,受理,不详,热线\n,受理,2026-03-01,热线\n")).unwrap();
    let run = bihuan(["mine", file.to_str().unwrap(), "--json"]);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (run.code, &json["left_out"]["rows"], &json["figures"]["events"]),
        (1, &2.into(), &6.into())
    );
    assert!(
        run.err.contains("第 8 行") && run.err.contains("“不详”"),
        "{}",
        run.err
    );
}

#[test]
fn what_cannot_be_mined_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("表.csv");
    let mut said = String::new();
    for text in [
        "",
        "甲,乙,丙\n1,2,3\n",
        "编号,环节,时间\n",
        "编号,环节,时间\n1,受理,昨天\n",
        "<html></html>",
        "PK\u{3}\u{4}",
    ] {
        fs::write(&file, text).unwrap();
        let run = bihuan(["mine", file.to_str().unwrap()]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{text}");
        said.push_str(&run.err.replace(&dir.path().display().to_string(), "PLACE"));
    }
    for path in [dir.path().join("没有.csv"), dir.path().to_owned()] {
        let run = bihuan(["mine", path.to_str().unwrap()]);
        assert_eq!(run.code, 2);
        said.push_str(&run.err.replace(&dir.path().display().to_string(), "PLACE"));
    }
    insta::assert_snapshot!("mine_refused", said);
}

#[test]
fn a_ledger_without_cases_has_no_process_and_exports_logs_that_are_whole() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    let run = bihuan(["report", "process", "--data", &data, "--json"]);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (run.code, json["mechanisms"].as_array().unwrap().len()),
        (0, 0),
        "{}",
        run.err
    );
    let run = bihuan(["report", "process", "--data", &data, "--mechanism", "key-task"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let run = bihuan(["report", "process", "--data", &data, "--mechanism", "none"]);
    assert_eq!(run.code, 2);
    let run = bihuan(["export", "all", "--data", &data, "--format", "ocel"]);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(json["events"].as_array().unwrap().len(), 0);
    let file = dir.path().join("events.csv");
    let run = bihuan([
        "export",
        "key-task",
        "--data",
        &data,
        "--format",
        "csv-events",
        "-o",
        file.to_str().unwrap(),
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
}
