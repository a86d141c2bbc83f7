//! Logs given to others.

use std::collections::BTreeMap;

use bihuan_process::flat::{self, Row};
use bihuan_process::ocel::{Event, Object, Ocel, Relation};
use bihuan_process::{Options, read};

#[test]
fn a_flat_log_that_was_written_is_read_again_as_it_was() {
    let row = |activity: &str, time| Row {
        case: "7".to_owned(),
        activity: activity.to_owned(),
        time,
        post: "housing.clerk".to_owned(),
        unit: "housing".to_owned(),
        owner: "housing".to_owned(),
        mechanism: "key-task".to_owned(),
        stage: "handle".to_owned(),
        open: true,
    };
    let rows = [
        row("办理, “甲”", 1_772_323_509_000_001),
        row("核查", 1_772_323_510_000_000),
    ];
    let mut bytes = Vec::new();
    flat::write(&rows, &mut bytes).unwrap();
    let read = read(&bytes, &Options::default()).unwrap();
    assert_eq!(read.faults.total, 0);
    let case = read.log.cases().next().unwrap();
    assert_eq!(case.times, [1_772_323_509_000_001, 1_772_323_510_000_000]);
    assert_eq!(read.log.activity_names().text(0), "办理, “甲”");
    assert_eq!(read.log.holder_names().iter().collect::<Vec<_>>(), ["housing"]);
}

#[test]
fn an_object_centric_log_names_its_types_and_no_object_that_is_not_there() {
    let event = Event {
        id: "e1".to_owned(),
        kind: "办理".to_owned(),
        time: 1_772_323_509_000_000,
        attributes: BTreeMap::from([("stage", "handle".to_owned())]),
        relationships: vec![Relation::new("case/7", "case"), Relation::new("case/8", "part")],
    };
    let object = |id: &str, kind: &str| Object {
        id: id.to_owned(),
        kind: kind.to_owned(),
        attributes: BTreeMap::from([("risk", "high".to_owned())]),
        relationships: Vec::new(),
    };
    let objects = vec![
        object("unit/housing", "unit"),
        object("case/7", "case"),
        object("case/7", "case"),
    ];
    let mut bytes = Vec::new();
    Ocel::new(vec![event], objects).write(&mut bytes).unwrap();
    let wanted = concat!(
        r#"{"eventTypes":[{"name":"办理","attributes":[{"name":"stage","type":"string"}]}],"#,
        r#""objectTypes":[{"name":"case","attributes":[{"name":"risk","type":"string"}]},"#,
        r#"{"name":"unit","attributes":[{"name":"risk","type":"string"}]}],"#,
        r#""events":[{"id":"e1","type":"办理","time":"2026-03-01T08:05:09+08:00","#,
        r#""attributes":[{"name":"stage","value":"handle"}],"relationships":[{"objectId":"case/7","qualifier":"case"}]}],"#,
        r#""objects":[{"id":"case/7","type":"case","attributes":[{"name":"risk","value":"high","time":"1970-01-01T00:00:00Z"}],"relationships":[]},"#,
        r#"{"id":"unit/housing","type":"unit","attributes":[{"name":"risk","value":"high","time":"1970-01-01T00:00:00Z"}],"relationships":[]}]}"#,
    );
    assert_eq!(String::from_utf8(bytes).unwrap(), wanted);
}
