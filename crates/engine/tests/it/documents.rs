//! A document becomes a breakdown: each case keeps the sentence it came from, and nothing is opened twice.

use bihuan_domain::mechanism::SourceKind;
use bihuan_engine::documents;
use bihuan_engine::{Failure, SourceOrder};
use serde_json::json;

use crate::county::{County, actor};

const REPORT: &str = "2026年样县工作要点\n\n本报讯 今年，全县要完成石桥村等12个村的饮水管网改造，年底前新建公厕30座。\
各单位要提高站位，压实责任。6月底前完成县医院门诊楼搬迁。\n";

#[test]
fn a_report_is_received_once_and_its_sentences_are_proposed() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(&dir.path().join("data"));
    let by = actor("supervision.dispatcher");
    let id = documents::receive(&county.engine, &by, "工作要点.txt", REPORT.as_bytes()).unwrap();
    assert_eq!(
        documents::receive(&county.engine, &by, "再传一次.txt", REPORT.as_bytes()).unwrap(),
        id
    );
    let views = county.engine.views().unwrap();
    let reading = documents::reading(&county.engine, &views, &id, &Default::default()).unwrap();
    assert_eq!(reading.name.as_deref(), Some("工作要点.txt"));
    let rows = documents::proposals(&county.engine, &views, &reading, &"three-plus-24".into()).unwrap();
    assert!(
        rows.iter()
            .any(|row| row.quote.contains("公厕30座") && row.value.as_deref() == Some("30")),
        "{rows:#?}"
    );
    assert!(
        !rows.iter().any(|row| row.quote.contains("提高站位")),
        "exhortation is no task"
    );
    drop(views);
    county.verify();
}

#[test]
fn who_may_not_administer_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(&dir.path().join("data"));
    let refused = documents::receive(
        &county.engine,
        &actor("housing.clerk"),
        "x.txt",
        REPORT.as_bytes(),
    )
    .unwrap_err();
    assert!(matches!(refused, Failure::Refused(r) if r.code == "dispatcher_only"));
}

#[test]
fn bad_files_are_refused_in_one_clear_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(&dir.path().join("data"));
    let by = actor("supervision.dispatcher");
    for bytes in [
        &b""[..],
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0",
        &[0u8; 4096],
    ] {
        let refused = documents::receive(&county.engine, &by, "bad", bytes).unwrap_err();
        let text = refused.text(bihuan_messages::Lang::Zh);
        assert!(
            text.starts_with("文件无法读取：") && !text.contains('⟦'),
            "{text}"
        );
    }
}

#[test]
fn the_same_source_is_never_opened_twice() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let source = SourceOrder {
        kind: SourceKind::Document,
        document: Some("d-1".into()),
        at: vec![(3, 9)],
        quote: Some("新建公厕30座".into()),
        key: Some("d-1#3-9".into()),
    };
    let order = |source: &SourceOrder| {
        json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": "新建公厕30座",
            "values": { "leader": "county.leader" }, "source": source })
    };
    let first = county.order("supervision.dispatcher", order(&source)).unwrap();
    let refused = county
        .order("supervision.dispatcher", order(&source))
        .unwrap_err();
    assert!(matches!(refused, Failure::Refused(r) if r.code == "already_opened"));
    let view = county
        .engine
        .views()
        .unwrap()
        .case(first.case.unwrap())
        .unwrap()
        .unwrap();
    let quote = view.state.source.quote.unwrap();
    assert_eq!(
        county.engine.views().unwrap().unseal(&quote).unwrap().as_deref(),
        Some("新建公厕30座")
    );
    county.verify();
}
