//! Indicators that count rows: readings by month, registers, and the three rates of a hotline; with the bases that are empty.

use std::collections::BTreeMap;

use bihuan_domain::event::{RowPut, WorldEvent};
use bihuan_domain::id::{Code, FieldId, PackId};
use bihuan_domain::org::Actor;
use bihuan_domain::value::Value;
use bihuan_engine::indicators::{Measured, Reading, Window, measure};
use bihuan_engine::{Engine, WorldChange};
use jiff::civil::date;

use crate::county::{County, pack_files};

/// A county that has a pack, whose files are changed as `change` says.
fn with(dir: &std::path::Path, pack: &str, change: impl Fn(&str) -> String) -> County {
    let county = County::new(&dir.join("data"));
    let files: BTreeMap<String, String> = pack_files(pack)
        .into_iter()
        .map(|(path, text)| (path, change(&text)))
        .collect();
    let adoption = Engine::adopt_pack(&PackId::new(pack), files);
    county
        .engine
        .change(&Actor::system(), pack, vec![adoption])
        .unwrap();
    county
}

fn put(county: &County, register: &str, row: &str, values: &[(&str, Value)]) {
    let values = values
        .iter()
        .map(|(field, value)| (FieldId::new(field), value.clone()))
        .collect();
    let event = WorldEvent::RowPut(RowPut {
        register: register.into(),
        row: row.into(),
        values,
    });
    let key = format!("{register}-{row}-{}", county.engine.beacon().size);
    county
        .engine
        .change(&Actor::system(), &key, vec![WorldChange::from(event)])
        .unwrap();
}

fn measured(county: &County, mechanism: &str, indicator: &str) -> Measured {
    let engine = &county.engine;
    let mechanism = engine.mechanisms().current(&mechanism.into()).unwrap();
    let measures = measure(
        &engine.views().unwrap(),
        &engine.world(),
        &mechanism,
        engine.now(),
    )
    .unwrap();
    let mut all = measures.indicators.into_iter();
    all.find(|one| one.id == Code::new(indicator)).unwrap()
}

/// `2/3 = 66.67`, or why there is no value.
fn said(reading: &Reading) -> String {
    let number = |number: &Result<rust_decimal::Decimal, _>| match number {
        Ok(number) => number.normalize().to_string(),
        Err(fault) => format!("{fault:?}"),
    };
    let base = reading.base.as_ref().map(number).unwrap_or_default();
    let result = match &reading.result {
        Ok(result) => result.round_dp(2).normalize().to_string(),
        Err(_) => "no value".to_owned(),
    };
    format!("{}/{base} = {result}", number(&reading.value))
}

fn window(window: &Window) -> String {
    window.reading.as_ref().map_or("no data".to_owned(), said)
}

fn now(county: &County, mechanism: &str, indicator: &str) -> String {
    said(measured(county, mechanism, indicator).reading.as_ref().unwrap())
}

#[test]
fn readings_are_counted_by_the_month_in_which_they_were_taken() {
    let dir = tempfile::tempdir().unwrap();
    // The year's rate as a monthly one, by the day of each reading.
    let county = with(dir.path(), "d-environment", |text| {
        let by_year =
            "base = \"count(section_readings)\"\nunit = \"%\"\ndirection = \"up\"\nperiod = \"year\"";
        text.replace(
            by_year,
            &by_year.replace("period = \"year\"", "period = \"month\"\ndated = \"measured_on\""),
        )
    });
    let course = |county: &County| {
        let course = measured(county, "water-campaign", "section-meets")
            .course
            .unwrap();
        [course.now, course.before, course.year_ago].map(|one| window(&one))
    };
    // Not a single row: nothing is known of any month, and no month has a rate of nought.
    assert_eq!(course(&county), ["no data"; 3]);
    let reading = |row: &str, day, meets| {
        let values = [("measured_on", Value::Date(day)), ("meets", Value::Bool(meets))];
        put(&county, "section_readings", row, &values);
    };
    reading("a", date(2025, 3, 1), true);
    reading("b", date(2025, 3, 20), false);
    reading("c", date(2026, 3, 1), false);
    reading("d", date(2026, 3, 2), true);
    reading("e", date(2026, 3, 2), true);
    // On 2 March: three of March, none of February, and of last year's March only what was taken by the second.
    assert_eq!(course(&county), ["2/3 = 66.67", "0/0 = no value", "1/1 = 100"]);
    // A row that is corrected moves by itself, and the sum with it.
    reading("c", date(2026, 3, 1), true);
    assert_eq!(course(&county), ["3/3 = 100", "0/0 = no value", "1/1 = 100"]);
    reading("c", date(2026, 2, 27), false);
    assert_eq!(course(&county), ["2/2 = 100", "0/1 = 0", "1/1 = 100"]);
    county.verify();
}

#[test]
fn an_amount_stands_beside_its_target_and_the_time_that_has_passed() {
    let dir = tempfile::tempdir().unwrap();
    // What was taken away this year, out of the year's target of 400 t.
    let county = with(dir.path(), "d-environment", |text| {
        let Some((before, rest)) = text.split_once("[[indicator]]\nid = \"carried-away\"") else {
            return text.to_owned();
        };
        let (of, after) = rest.split_once("\n\n").unwrap();
        let amount = of
            .lines()
            .filter(|line| {
                !line.starts_with("base") && !line.starts_with("period") && !line.starts_with("unit")
            })
            .collect::<Vec<_>>()
            .join("\n");
        format!(
            "{before}[[indicator]]\nid = \"carried-away\"{amount}\nunit = \"吨\"\ntarget = \"400\"\nperiod = \"year\"\ndated = \"moved_on\"\n\n{after}"
        )
    });
    let trip = |row: &str, day, tonnes: &str| {
        let values = [
            ("moved_on", Value::Date(day)),
            ("direction", Value::Code("out".into())),
            ("tonnes", Value::Dec(tonnes.parse().unwrap())),
        ];
        put(&county, "waste_trips", row, &values);
    };
    trip("last", date(2025, 2, 3), "80.5");
    trip("a", date(2026, 1, 10), "40.25");
    trip("b", date(2026, 2, 28), "9.75");
    let course = measured(&county, "waste-backlog", "carried-away").course.unwrap();
    // 2 March is the 61st day: 16.7 % of the time, 12.5 % of the target, 50 t against 80.5 t a year before.
    assert_eq!(course.elapsed, (61, 365));
    assert_eq!(
        course.done.map(|done| done.normalize().to_string()),
        Some("12.5".to_owned())
    );
    let amounts = [&course.now, &course.before, &course.year_ago].map(window);
    assert_eq!(amounts, ["50/ = 50", "80.5/ = 80.5", "80.5/ = 80.5"]);
}

#[test]
fn a_rate_over_a_register_follows_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let county = with(dir.path(), "c-safety", str::to_owned);
    let online = |county: &County| {
        let mechanisms = county.engine.mechanisms();
        let mechanism = mechanisms.current(&"alarm-disposal".into()).unwrap();
        let of_points = |one: &&bihuan_domain::mechanism::Indicator| {
            format!("{:?}", one.value).contains("monitoring_points")
        };
        let id = mechanism.indicators.iter().find(of_points).unwrap().id.clone();
        now(county, "alarm-disposal", id.as_str())
    };
    assert_eq!(online(&county), "0/0 = no value");
    for (row, is_online) in [("p1", true), ("p2", true), ("p3", false), ("p4", true)] {
        put(
            &county,
            "monitoring_points",
            row,
            &[("online", Value::Bool(is_online))],
        );
    }
    assert_eq!(online(&county), "3/4 = 75");
    put(
        &county,
        "monitoring_points",
        "p3",
        &[("online", Value::Bool(true))],
    );
    assert_eq!(online(&county), "4/4 = 100");
}

#[test]
fn the_three_rates_of_a_hotline_have_each_its_own_base() {
    let dir = tempfile::tempdir().unwrap();
    let county = with(dir.path(), "g-communities", str::to_owned);
    let rates = |county: &County| {
        ["response-rate", "solved-rate", "satisfied-rate"].map(|rate| now(county, "tourism-call", rate))
    };
    assert_eq!(rates(&county), ["0/0 = no value"; 3]);
    let back = |row: &str, reached: bool, solved: Option<bool>, satisfied: Option<&str>| {
        let mut values = vec![("reached", Value::Bool(reached))];
        values.extend(solved.map(|solved| ("solved", Value::Bool(solved))));
        values.extend(satisfied.map(|satisfied| ("satisfied", Value::Code(satisfied.into()))));
        put(&county, "visit_backs", row, &values);
    };
    // Nobody was reached: of calls there is a base, of who was reached and of who said anything there is none.
    back("1", false, None, None);
    assert_eq!(rates(&county), ["0/1 = 0", "0/0 = no value", "0/0 = no value"]);
    back("2", true, Some(true), Some("yes"));
    back("3", true, Some(true), Some("fair"));
    back("4", true, Some(false), Some("no"));
    back("5", true, Some(false), None);
    assert_eq!(rates(&county), ["4/5 = 80", "2/4 = 50", "2/3 = 66.67"]);
}
