//! Indicators over periods, units and time: they follow the log case by case, and give what a count from nothing gives.

use bihuan_domain::id::{Code, PackId};
use bihuan_domain::org::Actor;
use bihuan_engine::Engine;
use bihuan_engine::indicators::{Measures, by_unit, measure};
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
