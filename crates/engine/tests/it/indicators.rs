//! Indicators over periods, units and time: they follow the log case by case, and give what a count from nothing gives.

use bihuan_domain::id::{CaseId, Code, PackId};
use bihuan_domain::mechanism::Section;
use bihuan_domain::org::Actor;
use bihuan_engine::Engine;
use bihuan_engine::bulletin;
use bihuan_engine::indicators::{Half, Measures, by_unit, counted_cases, measure};
use jiff::civil::date;
use rust_decimal::Decimal;

use crate::bulletins::March;
use crate::county::{County, pack_files};

fn measured(county: &County) -> Measures {
    let engine = &county.engine;
    let mechanism = engine.mechanisms().current(&"instruction".into()).unwrap();
    measure(
        &engine.views().unwrap(),
        &engine.world(),
        &mechanism,
        engine.now(),
    )
    .unwrap()
}

fn said(measures: &Measures, id: &str) -> String {
    let found = measures
        .indicators
        .iter()
        .find(|i| i.id == Code::new(id))
        .unwrap();
    let reading = found.reading.as_ref().unwrap();
    let half = |value: &Decimal| value.normalize().to_string();
    let base = reading.base.as_ref().unwrap().as_ref().unwrap();
    format!("{}/{}", half(reading.value.as_ref().unwrap()), half(base))
}

#[test]
fn what_fell_due_in_the_month_and_was_closed_in_it_can_be_counted_by_hand() {
    let march = March::new();
    march.county.at(date(2026, 3, 31).at(18, 0, 0, 0));
    let measures = measured(&march.county);
    // A, B, C, E and G fell due; D was put off in time, F is not due, H is void. J is done again, and its new limit is
    // in April. A, B and E are closed, B late.
    assert_eq!(said(&measures, "closing-rate"), "3/5");
    assert_eq!(said(&measures, "on-time-closing-rate"), "2/5");
    let closing = measures
        .indicators
        .iter()
        .find(|i| i.id == Code::new("closing-rate"))
        .unwrap();
    let course = closing.course.as_ref().unwrap();
    assert_eq!(course.period, (date(2026, 3, 1), date(2026, 3, 31)));
    assert_eq!(course.elapsed, (31, 31));
    assert_eq!(
        course.before.reading, None,
        "February is before the log: no data is no zero"
    );
    assert_eq!(course.year_ago.reading, None);
}

#[test]
fn a_month_in_which_nothing_fell_due_has_no_base_and_no_zero() {
    let march = March::new();
    march.county.at(date(2026, 6, 2).at(9, 0, 0, 0));
    let measures = measured(&march.county);
    let closing = measures
        .indicators
        .iter()
        .find(|i| i.id == Code::new("closing-rate"))
        .unwrap();
    let reading = closing.reading.as_ref().unwrap();
    assert!(reading.result.is_err(), "{reading:?}");
}

#[test]
fn units_add_up_to_the_county_above_them() {
    let march = March::new();
    march.county.at(date(2026, 3, 31).at(18, 0, 0, 0));
    let engine = &march.county.engine;
    let mechanism = engine.mechanisms().current(&"instruction".into()).unwrap();
    let units = by_unit(
        &engine.views().unwrap(),
        &engine.world(),
        &mechanism,
        &Code::new("closing-rate"),
        engine.now(),
    )
    .unwrap()
    .unwrap();
    let county = &units[0];
    assert_eq!((county.unit.as_str(), county.depth), ("county", 0));
    let halves = |reading: &bihuan_engine::indicators::Reading| {
        (
            reading.value.clone().unwrap(),
            reading.base.clone().unwrap().unwrap(),
        )
    };
    let whole = halves(county.whole.as_ref().unwrap());
    assert_eq!(whole, (Decimal::from(3), Decimal::from(5)));
    let below = units
        .iter()
        .skip(1)
        .fold((Decimal::ZERO, Decimal::ZERO), |sum, part| {
            assert_eq!(part.depth, 1);
            let (value, base) = halves(&part.own);
            (sum.0 + value, sum.1 + base)
        });
    assert_eq!(below, whole);
}

#[test]
fn what_followed_the_log_equals_a_count_from_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let pack = Engine::adopt_pack(&PackId::new("intake"), pack_files("intake"));
    county
        .engine
        .change(&Actor::system(), "intake", vec![pack])
        .unwrap();
    let first = measured(&county);
    assert!(!first.indicators.is_empty());
    for (nth, owner) in ["housing", "water", "housing", "statistics"].iter().enumerate() {
        county
            .order(
                "supervision.dispatcher",
                serde_json::json!({ "type": "open", "mechanism": "instruction", "owner": owner, "title": format!("事项{nth}"),
                    "values": { "leader": "county.leader", "instructed_on": "2026-03-02", "due": "2026-03-13", "matter": "事项" } }),
            )
            .unwrap();
        let clerk = format!("{owner}.clerk");
        let case = nth as u64 + 1;
        if nth % 2 == 0 {
            county
                .order(
                    &clerk,
                    serde_json::json!({ "type": "step", "case": case, "step": "sign" }),
                )
                .unwrap();
        }
        measured(&county);
    }
    let followed = measured(&county);
    let time = county.time.clone();
    drop(county);
    let (engine, _) = Engine::open(&dir.path().join("data"), time).unwrap();
    let mechanism = engine.mechanisms().current(&"instruction".into()).unwrap();
    let anew = measure(
        &engine.views().unwrap(),
        &engine.world(),
        &mechanism,
        engine.now(),
    )
    .unwrap();
    assert_eq!(followed.versions, anew.versions);
    for (kept, anew) in followed.indicators.iter().zip(&anew.indicators) {
        assert_eq!(kept.reading, anew.reading, "{}", kept.id);
        assert_eq!(kept.course, anew.course, "{}", kept.id);
    }
}

/// So many that a pass over them is shared among the processors.
const MANY: u64 = 260;

#[test]
fn a_long_ledger_is_counted_by_several_hands_and_nothing_is_counted_twice_or_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let pack = Engine::adopt_pack(&PackId::new("intake"), pack_files("intake"));
    county
        .engine
        .change(&Actor::system(), "intake", vec![pack])
        .unwrap();
    let owners = ["housing", "water", "statistics"];
    for nth in 0..MANY {
        instructed(&mut county, owners[(nth % 3) as usize], "2026-03-13");
    }
    county.at(date(2026, 3, 20).at(9, 0, 0, 0));
    county.engine.catch_up().unwrap();
    let measures = measured(&county);
    let found = measures
        .indicators
        .iter()
        .find(|i| i.id.as_str() == "overdue")
        .unwrap();
    assert_eq!(found.reading.as_ref().unwrap().value, Ok(Decimal::from(MANY)));
    let engine = &county.engine;
    let views = engine.views().unwrap();
    let mechanism = engine.mechanisms().current(&"instruction".into()).unwrap();
    let (world, now) = (engine.world(), engine.now());
    let overdue = Code::new("overdue");
    let cases = counted_cases(&views, &world, &mechanism, &overdue, Half::Value, now)
        .unwrap()
        .unwrap();
    assert_eq!(
        cases,
        (1..=MANY).map(CaseId).collect(),
        "each case behind the number"
    );
    let parts = by_unit(&views, &world, &mechanism, &overdue, now)
        .unwrap()
        .unwrap();
    for (place, owner) in owners.iter().enumerate() {
        let part = parts.iter().find(|part| part.unit.as_str() == *owner).unwrap();
        let own = (MANY + 2 - place as u64) / 3;
        assert_eq!(part.own.value, Ok(Decimal::from(own)), "{owner}");
    }
    // The bulletin of the month: the same from the read models as from the log, with a line for each late matter.
    let mut scope = crate::bulletins::drafting(date(2026, 3, 1), date(2026, 3, 31)).scope;
    scope.sections = Section::ALL.iter().map(|(_, section)| *section).collect();
    let mechanisms = engine.mechanisms();
    let live = bulletin::compute(&views, &mechanisms, &scope, now).unwrap();
    assert_eq!(live.late.len(), usize::try_from(MANY).unwrap());
    assert_eq!(live.typical.bad.len(), 3);
    let replayed = bulletin::recompute(views.log(), &mechanisms, &scope, live.as_of, live.log.size).unwrap();
    assert_eq!(live, replayed);
}

/// An instruction of a unit with its limit.
fn instructed(county: &mut County, owner: &str, due: &str) {
    let order = serde_json::json!({ "type": "open", "mechanism": "instruction", "owner": owner, "title": "事项",
        "values": { "leader": "county.leader", "instructed_on": "2026-03-02", "due": due, "matter": "事项" } });
    county.order("supervision.dispatcher", order).unwrap();
}

fn with_instructions(dir: &std::path::Path) -> County {
    let county = County::new(dir);
    let pack = Engine::adopt_pack(&PackId::new("intake"), pack_files("intake"));
    county
        .engine
        .change(&Actor::system(), "intake", vec![pack])
        .unwrap();
    county
}

#[test]
fn this_month_stands_beside_the_one_before_and_the_same_days_a_year_ago() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = with_instructions(&dir.path().join("data"));
    for due in ["2026-03-13", "2026-03-16", "2026-03-30"] {
        instructed(&mut county, "housing", due);
    }
    county.at(date(2027, 3, 2).at(9, 0, 0, 0));
    instructed(&mut county, "water", "2027-03-15");
    county.at(date(2027, 3, 20).at(9, 0, 0, 0));
    let measures = measured(&county);
    let closing = measures
        .indicators
        .iter()
        .find(|i| i.id == Code::new("closing-rate"))
        .unwrap();
    let course = closing.course.as_ref().unwrap();
    let base = |window: &bihuan_engine::indicators::Window| {
        let reading = window.reading.as_ref().unwrap();
        reading.base.clone().unwrap().unwrap()
    };
    assert_eq!(base(&course.now), Decimal::ONE);
    assert_eq!(course.elapsed, (20, 31));
    // A year ago up to the same day: what fell due on the 30th is not yet in it.
    assert_eq!(
        (course.year_ago.from, course.year_ago.to),
        (date(2026, 3, 1), date(2026, 3, 20))
    );
    assert_eq!(base(&course.year_ago), Decimal::TWO);
    // In February there was a log and nothing fell due: a base of nought is no rate of nought.
    let before = course.before.reading.as_ref().unwrap();
    assert_eq!(before.base, Some(Ok(Decimal::ZERO)));
    assert!(before.result.is_err(), "{before:?}");
}

#[test]
fn what_a_unit_left_that_was_merged_in_mid_month_counts_for_its_successor() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = with_instructions(&dir.path().join("data"));
    for owner in ["housing", "housing", "water"] {
        instructed(&mut county, owner, "2026-03-13");
    }
    county.at(date(2026, 3, 20).at(9, 0, 0, 0));
    let bases = |county: &County| {
        let engine = &county.engine;
        let mechanism = engine.mechanisms().current(&"instruction".into()).unwrap();
        let rate = Code::new("closing-rate");
        let (views, world) = (engine.views().unwrap(), engine.world());
        let parts = by_unit(&views, &world, &mechanism, &rate, engine.now());
        let parts = parts.unwrap().unwrap().into_iter().filter(|part| part.depth > 0);
        parts
            .map(|part| format!("{} {}", part.unit, part.own.base.unwrap().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(bases(&county), ["housing 2", "water 1"]);
    let mut merged = county.engine.world().org.units.get("housing").unwrap().clone();
    merged.valid.to = Some(date(2026, 3, 18));
    merged.successor = Some("water".into());
    let event = bihuan_domain::event::WorldEvent::UnitPut(merged).into();
    county
        .engine
        .change(&Actor::system(), "merged", vec![event])
        .unwrap();
    assert_eq!(
        bases(&county),
        ["water 3"],
        "nothing is lost, nothing is counted twice"
    );
}
