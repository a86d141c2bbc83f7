//! An assessment on the command line: every point with its entries, the sheet made again offline from a slice to the same bytes,
//! what one changed entry moves; and what cannot be scored, in words.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bihuan_domain::event::{RowPut, WorldEvent};
use bihuan_domain::id::FieldId;
use bihuan_domain::org::{Actor, Unit, Validity};
use bihuan_domain::value::{RowRef, Value};
use bihuan_engine::time::SystemTime;
use bihuan_engine::{Engine, WorldChange};
use bihuan_messages::Label;
use jiff::civil::date;
use serde_json::Value as Json;

use super::data::init;
use super::report::{refused, report};
use super::run::bihuan;

fn row(register: &str, id: &str, values: &[(&str, Value)], texts: &[&str]) -> WorldChange {
    let mut row: std::collections::BTreeMap<FieldId, Value> = values
        .iter()
        .map(|(field, value)| (FieldId::new(field), value.clone()))
        .collect();
    let mut drafts = Vec::new();
    for field in texts {
        let (sealed, draft) = Engine::seal("样例").unwrap();
        row.insert(FieldId::new(field), Value::Sealed(sealed));
        drafts.push((format!("register/{register}"), draft));
    }
    WorldChange {
        event: WorldEvent::RowPut(RowPut {
            register: register.into(),
            row: id.into(),
            values: row,
        }),
        texts: drafts,
        files: Vec::new(),
    }
}

/// Two townships with the points that departments gave them for 2026. Gives the number of the entry with `east-t03`.
fn assessed(data: &str) -> u64 {
    let (engine, _) = Engine::open(Path::new(data), Arc::new(SystemTime)).unwrap();
    let mut changes: Vec<WorldChange> = Vec::new();
    for town in ["east", "west"] {
        let unit = Unit {
            id: town.into(),
            kind: "township".into(),
            name: Label::new(town, town),
            parent: None,
            functions: Default::default(),
            valid: Validity::since(date(2020, 1, 1)),
            successor: None,
            has_accounts: false,
        };
        changes.push(WorldEvent::UnitPut(unit).into());
        let scored = [
            ("unit", Value::Unit(town.into())),
            ("class", Value::Code("township".into())),
            ("year", Value::Int(2026)),
            ("now", Value::Bool(true)),
        ];
        changes.push(row("scored_units", town, &scored, &["name"]));
        for (target, points) in [("t03", "9"), ("t04", "12.5"), ("t05", "17")] {
            let target_row = RowRef {
                register: "assessed_targets".into(),
                row: target.into(),
            };
            let values = [
                ("unit", Value::Unit(town.into())),
                ("year", Value::Int(2026)),
                ("target", Value::Row(target_row)),
                ("points", Value::Dec(points.parse().unwrap())),
            ];
            let id = format!("{town}-{target}");
            changes.push(row("verified_points", &id, &values, &["document", "quote"]));
        }
    }
    let place = changes.iter().position(
        |change| matches!(&change.event, WorldEvent::RowPut(put) if put.row.as_str() == "east-t03"),
    );
    let answer = engine.change(&Actor::system(), "assessed", changes).unwrap();
    answer.events[place.unwrap()].seq
}

#[test]
fn every_point_is_explained_made_again_offline_and_moves_with_its_entry_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    let entry = assessed(&data);
    let assess = |words: &[&str]| {
        let run = report(&data, &[&["assess", "--period", "2026"], words].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run.out
    };
    let table = assess(&[]);
    assert!(table.contains("east") && table.contains("west"), "{table}");

    // Behind each point stand the row and its entry.
    let explained = assess(&["--explain", "east"]);
    let behind = explained
        .lines()
        .find(|line| line.contains("verified_points/east-t03"))
        .unwrap();
    assert!(
        behind.split_whitespace().any(|word| word == entry.to_string()),
        "{behind}"
    );

    // Offline, from the slice alone: the same sheet to the same bytes.
    let slice = dir.path().join("east.slice").display().to_string();
    assess(&["--explain", "east", "--export", &slice]);
    let offline = |words: &[&str]| bihuan(["report", "assess", "--slice", &slice].iter().chain(words));
    let json = assess(&["--explain", "east", "--json"]);
    let again = offline(&["--json"]);
    assert_eq!(
        (again.code, again.out.as_str()),
        (0, json.as_str()),
        "{}",
        again.err
    );
    let said = offline(&[]);
    assert!(said.out.contains(behind), "{}", said.out);

    // One entry changed: its own points and the total move, by as much, for its own unit; the places follow.
    let change = format!("{entry}:/values/points/dec=7");
    let moves = |words: &[&str]| {
        let out = assess(&[&["--what-if", &change, "--json"], words].concat());
        let json: Json = serde_json::from_str(&out).unwrap();
        let moves = json["moves"].as_array().unwrap().iter();
        moves
            .map(|one| {
                let text = |name: &str| one[name].as_str().unwrap_or("-").to_owned();
                format!(
                    "{} {} {} -> {}",
                    text("unit"),
                    text("item"),
                    text("before"),
                    text("after")
                )
            })
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(moves(&[]), @r"
    east environment 10.91 -> 8.48
    east total 82.73 -> 80.30
    east place 1 -> 2
    ");
    insta::assert_snapshot!(moves(&["--explain", "west"]), @"");
    let offline_moves = offline(&["--what-if", &change]);
    assert_eq!(offline_moves.code, 0, "{}", offline_moves.err);
    insta::assert_snapshot!(offline_moves.out, @r"
    east  environment  10.91 → 8.48
    east  total  82.73 → 80.30
    ");

    // What cannot stand there is said, and nothing is computed from it.
    let unfit = format!("{entry}:/values/points/dec=many");
    refused(
        &report(&data, &["assess", "--period", "2026", "--what-if", &unfit]),
        "dec=many",
    );

    // A slice that was touched is refused at its line.
    let text = fs::read_to_string(&slice).unwrap();
    fs::write(&slice, text.replace("east-t03", "east-t99")).unwrap();
    let touched = offline(&[]);
    assert_eq!(touched.code, 2, "{}", touched.out);
}

#[test]
fn an_assessment_says_what_it_lacks_instead_of_a_nought() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    let assess = |words: &[&str]| report(&data, &[&["assess"], words].concat());
    refused(&assess(&[]), "没有任何可计事项");
    refused(&assess(&["--period", "2026-13"]), "2026-13");
    refused(&assess(&["--scheme", "none"]), "annual-assessment");
    refused(&assess(&["--what-if", "x"]), "x");
    let slice = dir.path().join("a.slice");
    fs::write(&slice, "{}\n").unwrap();
    let run = bihuan([
        Path::new("report"),
        Path::new("assess"),
        Path::new("--slice"),
        &slice,
    ]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(run.err.contains('1'), "{}", run.err);
}

#[test]
fn where_nothing_has_happened_no_report_prints_a_rate_of_nought_or_what_is_no_number() {
    let dir = tempfile::tempdir().unwrap();
    let data = init(dir.path());
    let days = ["--from", "2026-03-01", "--to", "2026-03-31"];
    let with_days = |word: &'static str| [&[word][..], &days].concat();
    let draft = [&with_days("draft")[..], &["--as", "ducha"]].concat();
    assert_eq!(report(&data, &draft).code, 0);
    let number = report(&data, &["list"])
        .out
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    let mut said = Vec::new();
    for words in [
        with_days("burden"),
        with_days("audit"),
        vec!["process"],
        vec!["list"],
    ] {
        for json in [false, true] {
            let words = [&words[..], if json { &["--json"] } else { &[] }].concat();
            let run = report(&data, &words);
            assert_eq!(run.code, 0, "{words:?} {}", run.err);
            said.push((words.join(" "), run.out));
        }
    }
    for format in ["html", "json"] {
        let file = dir.path().join(format!("1.{format}")).display().to_string();
        let run = report(
            &data,
            &["bulletin", &number, "--format", format, "--output", &file],
        );
        assert_eq!(run.code, 0, "{}", run.err);
        said.push((format!("bulletin {format}"), fs::read_to_string(&file).unwrap()));
    }
    for (words, out) in said {
        for odd in ["NaN", "Infinity", "∞", "null%"] {
            assert!(!out.contains(odd), "{words} says {odd}: {out}");
        }
        let nought = out.match_indices('%').find(|(at, _)| {
            let rate = out[..*at].trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            let rate = &out[rate.len()..*at];
            !rate.is_empty() && rate.chars().all(|c| c == '0' || c == '.')
        });
        assert!(nought.is_none(), "{words} prints a rate of nought: {out}");
    }
}
