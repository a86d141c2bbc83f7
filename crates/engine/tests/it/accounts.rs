//! What was asked of people, and the signs of the gaming audit, over the month that can be counted by hand.

use bihuan_domain::mechanism::Section;
use bihuan_engine::audit::{self, Detector};
use bihuan_engine::burden::{self, Burden, Part};
use bihuan_engine::{Failure, bulletin};
use jiff::civil::{Date, date};
use serde_json::json;

use crate::bulletins::{March, drafting};
use crate::county::actor;

fn asked(story: &March, from: Date, to: Date, part: &Part) -> Burden {
    let engine = &story.county.engine;
    let views = engine.views().unwrap();
    let size = views.log().head().unwrap().size;
    burden::count(
        views.log(),
        &engine.world(),
        &engine.mechanisms(),
        (from, to),
        size,
        part,
    )
    .unwrap()
}

#[test]
fn a_days_burden_is_what_was_typed_that_day_by_the_published_constants() {
    let story = March::new();
    let day = date(2026, 3, 16);
    let found = asked(&story, day, day, &Part::default());
    // B is reported (a text, a file), approved and accepted (yes or no); about C the clerk says why it is late.
    assert_eq!(
        (found.whole.occasions, found.whole.typed, found.whole.files),
        (4, 3, 1)
    );
    assert_eq!(found.whole.tenths, (10 + 30 + 30) + 10 + (10 + 2) + (10 + 30));
    assert_eq!(found.whole.cases.len(), 2);
    assert_eq!(found.weeks.len(), 1);
    assert_eq!(found.weeks[&burden::monday(day)], found.whole);
}

#[test]
fn the_weeks_and_the_askers_add_up_to_the_whole() {
    let story = March::new();
    let (from, to) = (date(2026, 3, 1), date(2026, 3, 31));
    let found = asked(&story, from, to, &Part::default());
    let sum = |parts: &mut dyn Iterator<Item = u64>| parts.sum::<u64>();
    assert_eq!(
        sum(&mut found.weeks.values().map(|a| a.tenths)),
        found.whole.tenths
    );
    assert_eq!(
        sum(&mut found.mechanisms.values().map(|a| a.tenths)),
        found.whole.tenths
    );
    let units = sum(&mut found.units.values().map(|a| a.tenths));
    assert_eq!(units + found.small.1.tenths, found.whole.tenths);
    let kinds = sum(&mut found.kinds.values().map(|a| a.tenths));
    assert_eq!(kinds + found.rare.tenths, found.whole.tenths);
    let by_week: u64 = found
        .weeks
        .keys()
        .map(|week| {
            let part = Part {
                week: Some(*week),
                ..Part::default()
            };
            asked(&story, from, to, &part).whole.tenths
        })
        .sum();
    assert_eq!(by_week, found.whole.tenths);
}

#[test]
fn a_datum_that_two_mechanisms_asked_one_unit_for_is_named_with_both() {
    let mut story = March::new();
    let (from, to) = (date(2026, 3, 1), date(2026, 5, 31));
    let shared = |story: &March, part: &Part| asked(story, from, to, part).shared;
    assert!(
        shared(&story, &Part::default()).is_empty(),
        "one mechanism alone asked"
    );
    // The unit whose clerk reported the result of an instruction reports that of a key task as well.
    let county = &mut story.county;
    let open = json!({ "type": "open", "mechanism": "key-task", "owner": "housing", "title": "任务", "stage": "carrying-out",
        "values": { "due": "2026-04-30" } });
    let case = county.order("supervision.dispatcher", open).unwrap().case;
    let photo = county.engine.upload("现场.txt", "记录".as_bytes()).unwrap();
    let step = json!({ "type": "step", "case": case, "step": "report-done", "values": { "result": "已办" }, "evidence": [photo] });
    county.order("housing.clerk", step).unwrap();
    let both = shared(&story, &Part::default());
    let told: Vec<String> = both
        .iter()
        .map(|(datum, askers)| format!("{datum} {askers:?}"))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    due {"instruction", "key-task"}
    result {"instruction", "key-task"}
    "#);
    // Two units that are asked once each are not asked twice.
    let part = Part {
        unit: Some("water".into()),
        ..Part::default()
    };
    assert!(shared(&story, &part).is_empty());
}

#[test]
fn a_unit_of_one_or_two_persons_has_no_line_of_its_own() {
    let story = March::new();
    let world = story.county.engine.world();
    let found = asked(&story, date(2026, 3, 1), date(2026, 3, 31), &Part::default());
    for unit in found.units.keys() {
        assert!(
            !burden::is_few(&world, Some(unit), None, date(2026, 3, 31)),
            "{unit}"
        );
    }
    assert!(found.small.0 > 0 && found.small.1.occasions > 0);
}

#[test]
fn a_bulletin_tells_the_burden_and_recomputes_with_it() {
    let story = March::new();
    let mut drafting = drafting(date(2026, 3, 1), date(2026, 3, 31));
    drafting.scope.sections = vec![Section::Totals, Section::Burden];
    let engine = &story.county.engine;
    let id = bulletin::draft(engine, &actor("supervision.dispatcher"), "burden", drafting).unwrap();
    let recheck = bulletin::verify(engine, &id).unwrap();
    assert!(recheck.holds(), "{recheck:#?}");
    let (drafted, content) = bulletin::load(engine, &id).unwrap();
    let page = bulletin::html(&drafted, &content.unwrap(), bihuan_messages::Lang::Zh);
    assert!(
        page.contains("填报负担") && page.contains("/burden?from=2026-03-01"),
        "{page}"
    );
}

#[test]
fn the_audit_counts_shares_and_says_nothing_where_there_is_nothing_to_compare_with() {
    let story = March::new();
    let found = audit::audit(&story.county.engine, date(2026, 3, 1), date(2026, 3, 31)).unwrap();
    // A, B and E are closed; every report brought the same file, E two of them.
    assert_eq!(found.judged.whole[&Detector::SameEvidence], (4, 4));
    assert_eq!(found.judged.whole[&Detector::Unchecked], (0, 3));
    // A was done on the tenth for the thirteenth, E on the seventeenth for the twentieth; B was late.
    assert_eq!(found.judged.whole[&Detector::JustBefore].1, 2);
    // The closing of J was undone inside the period.
    assert_eq!(found.judged.whole[&Detector::AfterPeriod].0, 0);
    assert!(found.judged.signs.is_empty());
    assert!(found.judged.without_base > 0);
    let to_the_nineteenth = audit::audit(&story.county.engine, date(2026, 3, 1), date(2026, 3, 19)).unwrap();
    assert_eq!(
        to_the_nineteenth.judged.whole[&Detector::AfterPeriod].0,
        1,
        "found false on the twentieth, after the period"
    );
}

#[test]
fn a_period_that_is_none_is_refused_by_the_audit() {
    let story = March::new();
    let refused = audit::audit(&story.county.engine, date(2026, 3, 31), date(2026, 3, 1));
    assert!(matches!(refused, Err(Failure::Refused(_))));
}
