//! The result put down: its rows name the sheet and the log from which anyone finds it again.

use bihuan_domain::id::{FieldId, UnitId};
use bihuan_domain::value::Value;
use bihuan_engine::assessment::{self};
use serde_json::json;

use super::towns::{Towns, code_of, point};

#[test]
fn an_announced_result_names_its_sheet_and_the_log_from_which_anyone_finds_it_again() {
    let mut towns = Towns::new();
    let compute = json!({ "type": "compute", "register": "assessment_sheets", "period": "2026" });
    let value = |towns: &Towns, field: &str| {
        let world = towns.county.engine.world();
        let found = world.registers.value(
            &"assessment_sheets".into(),
            &"2026-tianning".into(),
            &field.into(),
        );
        found.cloned()
    };
    let number = |towns: &Towns, field: &str| match value(towns, field) {
        Some(Value::Int(n)) => Some(u64::try_from(n).unwrap()),
        _ => None,
    };
    // Only who keeps the result has it computed, and nobody writes it.
    assert_eq!(
        code_of(towns.county.order("tianning.clerk", compute.clone())),
        "not_keeper"
    );
    let by_hand = json!({ "type": "row", "register": "assessment_sheets", "row": "2026-tianning", "values": { "total": "100" } });
    assert_eq!(
        code_of(towns.county.order("assessing.clerk", by_hand)),
        "computed_register"
    );
    let other = json!({ "type": "compute", "register": "scored_units", "period": "2026" });
    assert_eq!(
        code_of(towns.county.order("assessing.clerk", other)),
        "not_computed"
    );
    let empty = json!({ "type": "compute", "register": "assessment_sheets", "period": "2019" });
    assert_eq!(code_of(towns.county.order("assessing.clerk", empty)), "no_data");
    let half = json!({ "type": "compute", "register": "assessment_sheets", "period": "2026-H1" });
    assert_eq!(code_of(towns.county.order("assessing.clerk", half)), "bad_period");

    towns.county.order("assessing.clerk", compute.clone()).unwrap();
    let unit = UnitId::new("tianning");
    let found_again = |towns: &Towns, entries: u64| {
        let log = towns.county.engine.ledger().reader().unwrap();
        let run =
            assessment::of_log(&log, Some(entries), Some("annual-assessment"), Some("2026"), None).unwrap();
        let sheet = run.sheet(&unit).unwrap();
        (
            assessment::sheet_hash(&run.scheme, &run.span, sheet).unwrap(),
            sheet.total,
        )
    };
    let first = number(&towns, "entries").unwrap();
    let (hash, total) = found_again(&towns, first);
    assert_eq!(value(&towns, "sheet"), Some(Value::Code(hash.as_str().into())));
    assert_eq!(value(&towns, "total"), total.map(Value::Dec));
    assert_eq!(number(&towns, "entries_before"), None);

    // The same facts give the same hash, whatever else was recorded.
    towns.county.order("assessing.clerk", compute.clone()).unwrap();
    assert_eq!(value(&towns, "sheet"), Some(Value::Code(hash.as_str().into())));
    assert_eq!(number(&towns, "entries_before"), None);

    // An input is corrected: the row leads to the result before and after.
    let before = number(&towns, "entries").unwrap();
    towns.change("corrected", vec![point("tianning", "t03", "15")]);
    towns.county.order("assessing.clerk", compute).unwrap();
    assert_eq!(number(&towns, "entries_before"), Some(before));
    assert_eq!(found_again(&towns, before).1, total);
    let (after, higher) = found_again(&towns, number(&towns, "entries").unwrap());
    assert_ne!(after, hash);
    assert!(higher > total);
    assert_eq!(value(&towns, "sheet"), Some(Value::Code(after.as_str().into())));

    // What moved between the two is computed once; who asks again gets the same, and another pair another answer.
    let engine = &towns.county.engine;
    let scheme = assessment::scheme_named(&engine.mechanisms(), Some("annual-assessment")).unwrap();
    let span = assessment::period_of(&scheme, Some("2026"), engine.now()).unwrap();
    let sizes = (before, number(&towns, "entries").unwrap());
    let moved = assessment::compared(engine, &scheme, &span, sizes).unwrap();
    let of_total = moved
        .iter()
        .find(|one| one.unit == unit && one.item.as_str() == "total")
        .unwrap();
    let text = |total: Option<rust_decimal::Decimal>| total.map(|total| total.to_string());
    assert_eq!((&of_total.before, &of_total.after), (&text(total), &text(higher)));
    let again = assessment::compared(engine, &scheme, &span, sizes).unwrap();
    assert!(std::sync::Arc::ptr_eq(&moved, &again));
    let none = assessment::compared(engine, &scheme, &span, (before, before)).unwrap();
    assert!(none.is_empty(), "{none:?}");
    towns.county.verify();
}

#[test]
fn a_result_computed_while_others_write_follows_from_the_entries_it_names() {
    let towns = Towns::new();
    let engine = &towns.county.engine;
    let unit = UnitId::new("tianning");
    let order = |n: u32| {
        let order = json!({ "type": "compute", "register": "assessment_sheets", "period": "2026" });
        bihuan_engine::Submission::new(format!("race-{n}"), serde_json::from_value(order).unwrap())
    };
    let field = |name: &str| {
        let world = engine.world();
        let row = world
            .registers
            .row(&"assessment_sheets".into(), &"2026-tianning".into());
        row.and_then(|row| row.get(&FieldId::new(name)).cloned())
    };
    for n in 0..6 {
        let asked = engine.send(&crate::county::actor("assessing.clerk"), order(n));
        for change in 0..4 {
            let points = format!("{}.{change}", 5 + n);
            towns.change(
                &format!("race-{n}-{change}"),
                vec![point("tianning", "t03", &points)],
            );
        }
        asked.blocking_recv().unwrap().unwrap();
        let Some(Value::Int(entries)) = field("entries") else {
            panic!("no entries")
        };
        let log = engine.ledger().reader().unwrap();
        let entries = u64::try_from(entries).unwrap();
        let run =
            assessment::of_log(&log, Some(entries), Some("annual-assessment"), Some("2026"), None).unwrap();
        let hash = assessment::sheet_hash(&run.scheme, &run.span, run.sheet(&unit).unwrap()).unwrap();
        assert_eq!(field("sheet"), Some(Value::Code(hash.as_str().into())), "{n}");
    }
    // Two at once: the later one stands, whichever is written first, or the earlier is refused.
    let two =
        [order(98), order(99)].map(|order| engine.send(&crate::county::actor("assessing.clerk"), order));
    let codes = two.map(|asked| code_of(asked.blocking_recv().unwrap()));
    assert!(
        codes.iter().all(|code| code.is_empty() || code == "overtaken"),
        "{codes:?}"
    );
    assert!(codes.iter().any(String::is_empty), "{codes:?}");
    towns.county.verify();
}
