//! A year of three townships: scored from the read models, from the log, from slices, and by a program that shares no code.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use bihuan_domain::assessment::Named;
use bihuan_domain::event::{RowPut, WorldEvent};
use bihuan_domain::id::{CaseId, FieldId, PackId, UnitId};
use bihuan_domain::org::{Actor, Appointment, Person, Post, Unit, Validity};
use bihuan_domain::value::{RowRef, Value};
use bihuan_engine::assessment::{self, Change, Run};
use bihuan_engine::{Engine, Failure, WorldChange};
use bihuan_messages::{Label, Lang};
use jiff::civil::{Date, date};
use serde_json::{Value as Json, json};

use crate::county::{County, pack_files};

/// A third scheme, with what the shipped ones do without: a loss, a sum, tie-breaks, arithmetic, a rate by choice.
const QUARTER: &str = r#"language = 1

[scheme]
id = "quarter"
number = "M10"
label = { zh = "季度评比", en = "Quarter" }
purpose = { zh = "样例", en = "sample" }
source = { zh = "样例", en = "sample" }
subject = "unit"
period = "quarter"
full = "100"
digits = 3
merged = "apart"
ties = ["calm"]
at_quota = "in"
places = "nearest"

[[class]]
id = "town"
label = { zh = "乡镇", en = "townships" }
kinds = ["township"]

[[item]]
id = "quick"
label = { zh = "办得快", en = "Quick" }
weights = { town = "60" }
of = "cases:key-task"
unit = "row.owner"
when = "row.opened_on"
measure = "rate"
counts = "!row.void && row.round in [1, 2]"
hit = "row.closed ? row.days * 2 < 61 : false"
target = "90"
empty = "spread"

[[item]]
id = "calm"
label = { zh = "不超期", en = "Calm" }
weights = { town = "30.5" }
of = "cases:key-task"
unit = "row.owner"
when = "row.opened_on"
measure = "loss"
value = "row.reworks > 0 || !has(row.closed_on) ? 7.125 / 2 : 0.25"

[[item]]
id = "given"
label = { zh = "核定", en = "Given" }
weights = { town = "9.5" }
of = "register:verified_points"
unit = "row.unit"
when = "row.year"
counts = "has(row.points) && row.target != \"t05\""
measure = "sum"
value = "row.points / 8 - 1"
empty = "zero"

[[grade]]
id = "first"
label = { zh = "一等", en = "first" }
at_least = "50"
quota = "34"

[[grade]]
id = "second"
label = { zh = "二等", en = "second" }
"#;

struct Towns {
    county: County,
    _dir: tempfile::TempDir,
}

fn unit(id: &str, last: Option<Date>) -> WorldEvent {
    WorldEvent::UnitPut(Unit {
        id: id.into(),
        kind: "township".into(),
        name: Label::new(id, id),
        parent: Some("county".into()),
        functions: std::collections::BTreeSet::new(),
        valid: Validity {
            from: date(2020, 1, 1),
            to: last,
        },
        successor: last.map(|_| "tianning".into()),
        has_accounts: true,
    })
}

fn row(register: &str, id: &str, values: &[(&str, Value)], texts: &[&str]) -> WorldChange {
    let mut row: BTreeMap<FieldId, Value> = values
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

fn point(unit: &str, target: &str, points: &str) -> WorldChange {
    let target_row = RowRef {
        register: "assessed_targets".into(),
        row: target.into(),
    };
    let values = [
        ("unit", Value::Unit(unit.into())),
        ("year", Value::Int(2026)),
        ("target", Value::Row(target_row)),
        ("points", Value::Dec(points.parse().unwrap())),
    ];
    row(
        "verified_points",
        &format!("{unit}-{target}"),
        &values,
        &["document", "quote"],
    )
}

impl Towns {
    fn new() -> Towns {
        let dir = tempfile::tempdir().unwrap();
        let county = County::new(&dir.path().join("data"));
        let mut towns = Towns { county, _dir: dir };
        towns.found();
        towns.year();
        towns
    }

    fn change(&self, key: &str, changes: Vec<WorldChange>) {
        self.county.engine.change(&Actor::system(), key, changes).unwrap();
    }

    fn found(&self) {
        let mut changes: Vec<WorldChange> = Vec::new();
        for town in ["tianning", "xiying", "old-town", "assessing"] {
            let mut of = unit(town, None);
            if let WorldEvent::UnitPut(office) = &mut of
                && town == "assessing"
            {
                office.kind = "office".into();
                office.functions.insert("assessment".into());
            }
            changes.push(of.into());
            let post = format!("{town}.clerk");
            let person = format!("p.{post}");
            let valid = Validity::since(date(2020, 1, 1));
            let (name, draft) = Engine::seal(&person).unwrap();
            changes.push(
                WorldEvent::PostPut(Post {
                    id: post.as_str().into(),
                    unit: town.into(),
                    kind: "clerk".into(),
                    name: Label::new("承办岗", "clerk"),
                    valid,
                })
                .into(),
            );
            changes.push(WorldChange {
                event: WorldEvent::PersonPut(Person {
                    id: person.as_str().into(),
                    name,
                }),
                texts: vec![(format!("person/{person}"), draft)],
                files: Vec::new(),
            });
            let appointment = Appointment {
                person: person.into(),
                post: post.into(),
                valid,
                acting_for: None,
            };
            changes.push(WorldEvent::Appointed(appointment).into());
        }
        let quarter = BTreeMap::from([
            (
                "pack.toml".to_owned(),
                "language = 1\n[pack]\nid = \"t\"\nlabel = { zh = \"样例\", en = \"sample\" }\nrequires = [\"base\", \"b-plans\"]\n"
                    .to_owned(),
            ),
            ("quarter.toml".to_owned(), QUARTER.to_owned()),
        ]);
        changes.push(Engine::adopt_pack(&PackId::new("t"), quarter));
        changes.push(Engine::adopt_pack(&PackId::new("f-rural"), pack_files("f-rural")));
        self.change("towns", changes);
        let mechanisms = self.county.engine.mechanisms();
        let rows = Engine::sample_rows(mechanisms.pack(&PackId::new("b-plans")).unwrap()).unwrap();
        self.change("rows", rows);
    }

    /// Opens a task for a town; closes it on `done`, where there is such a day.
    fn task(&mut self, town: &str, due: Date, done: Option<Date>) -> CaseId {
        let order = json!({ "type": "open", "mechanism": "key-task", "owner": town, "title": "任务（样例）", "stage": "carrying-out",
            "values": { "due": due } });
        let case = self
            .county
            .order("supervision.dispatcher", order)
            .unwrap()
            .case
            .unwrap();
        if let Some(done) = done {
            let before = self.county.engine.now();
            self.county.at(done.at(9, 0, 0, 0));
            let token = self
                .county
                .engine
                .upload("现场.txt", "现场记录".as_bytes())
                .unwrap();
            let step = json!({ "type": "step", "case": case, "step": "report-done", "values": { "result": "已办" }, "evidence": [token] });
            self.county.order(&format!("{town}.clerk"), step).unwrap();
            let verify = json!({ "type": "verify", "case": case, "pass": true });
            self.county.order("supervision.dispatcher", verify).unwrap();
            assert!(before <= self.county.engine.now());
        }
        case
    }

    fn year(&mut self) {
        let case = self.task("tianning", date(2026, 4, 30), Some(date(2026, 4, 2)));
        self.task("old-town", date(2026, 5, 15), Some(date(2026, 6, 1)));
        self.task("xiying", date(2026, 6, 30), Some(date(2026, 6, 30)));
        self.task("tianning", date(2026, 8, 1), None);
        self.task("xiying", date(2026, 7, 10), Some(date(2026, 7, 6)));
        self.task("tianning", date(2027, 1, 10), None);
        self.change("merger", vec![unit("old-town", Some(date(2026, 6, 30))).into()]);
        let adjustment = |id: &str, item: &str, points: &str| {
            let item = RowRef {
                register: "adjustment_items".into(),
                row: item.into(),
            };
            let values = [
                ("item", Value::Row(item)),
                ("year", Value::Int(2026)),
                ("points", Value::Dec(points.parse().unwrap())),
                ("case", Value::Case(case)),
            ];
            row("score_adjustments", id, &values, &["ground"])
        };
        let sheet = |town: &str, part: &str, points: &str, correction: bool| {
            let mut values = vec![
                ("unit", Value::Unit(town.into())),
                ("part", Value::Code(part.into())),
                ("points", Value::Dec(points.parse().unwrap())),
                ("case", Value::Case(case)),
            ];
            if correction {
                values.push(("correction", Value::Bool(true)));
            }
            row(
                "contest_scores",
                &format!("{town}-{part}-{correction}"),
                &values,
                &[],
            )
        };
        let mut changes = vec![
            point("tianning", "t03", "13"),
            point("tianning", "t04", "14.5"),
            point("tianning", "t05", "17.35"),
            point("xiying", "t03", "11.1"),
            point("xiying", "t04", "15"),
            point("xiying", "t05", "18"),
            adjustment("a", "a1", "1.5"),
            adjustment("b", "d2", "-0.5"),
        ];
        for (town, points) in [
            ("tianning", ["25", "23.5", "22", "25"]),
            ("xiying", ["24", "25", "25", "23"]),
        ] {
            for (part, points) in ["look", "speak", "check", "rate"].iter().zip(points) {
                changes.push(sheet(town, part, points, false));
            }
        }
        changes.push(sheet("tianning", "check", "1.5", true));
        self.county.at(date(2026, 12, 31).at(18, 0, 0, 0));
        self.county.engine.catch_up().unwrap();
        self.change("points", changes);
    }

    fn of_log(&self, scheme: &str, period: &str, change: Option<Change>) -> Result<Run, Failure> {
        let log = self.county.engine.ledger().reader().unwrap();
        assessment::of_log(&log, None, Some(scheme), Some(period), change)
    }

    fn slice(&self, run: &Run, unit: &str) -> String {
        let log = self.county.engine.ledger().reader().unwrap();
        let mut out = Vec::new();
        assessment::export(&log, run, &UnitId::new(unit), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}

const SCHEMES: [(&str, &str, &[&str]); 3] = [
    ("annual-assessment", "2026", &["tianning", "xiying"]),
    ("contest-score", "2026-H1", &["tianning", "xiying"]),
    ("quarter", "2026-Q1", &["tianning", "xiying", "old-town"]),
];

fn live_of(towns: &Towns, run: &Run, named: Named<'_>) -> Run {
    assessment::live(&towns.county.engine, &run.scheme, &run.span, named).unwrap()
}

fn json_of(run: &Run, unit: &str) -> String {
    assessment::sheet_json(&run.explain(&UnitId::new(unit)).unwrap()).unwrap()
}

#[test]
fn read_models_log_slice_and_an_independent_program_give_one_score() {
    let towns = Towns::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/assess_slice.py");
    let python = Command::new("python3").arg("--version").output().is_ok();
    assert!(
        python || std::env::var("CI").is_err(),
        "the independent computation needs Python"
    );
    let mut scores = Vec::new();
    for (scheme, period, units) in SCHEMES {
        let run = towns.of_log(scheme, period, None).unwrap();
        let live = live_of(&towns, &run, Named::Everybody);
        assert_eq!(live.assessment, run.assessment, "{scheme}");
        assert_eq!(live.head, run.head);
        let totals = live_of(&towns, &run, Named::Nobody);
        assert_eq!(totals.assessment.classes, run.assessment.classes, "{scheme}");
        assert!(
            totals
                .assessment
                .sheets
                .iter()
                .all(|sheet| sheet.lines.iter().all(|line| line.counted.is_empty()))
        );
        for unit in units {
            let slice = towns.slice(&run, unit);
            let read = assessment::read_slice(&slice, None).unwrap();
            assert_eq!(json_of(&read.run, unit), json_of(&run, unit), "{scheme} {unit}");
            let sheet = run.sheet(&UnitId::new(*unit)).unwrap();
            let own = live_of(&towns, &run, Named::Unit(&UnitId::new(*unit)));
            assert_eq!(own.sheet(&UnitId::new(*unit)).unwrap(), sheet, "{scheme} {unit}");
            scores.push(format!(
                "{scheme} {unit} {:?}",
                sheet.total.map(|total| total.to_string())
            ));
            if python {
                let file = towns._dir.path().join("slice.jsonl");
                std::fs::write(&file, &slice).unwrap();
                let out = Command::new("python3").arg(&script).arg(&file).output().unwrap();
                let said = String::from_utf8_lossy(&out.stdout);
                let found: Json = serde_json::from_str(&said).unwrap_or_else(|_| {
                    panic!("{scheme} {unit}: {said}{}", String::from_utf8_lossy(&out.stderr))
                });
                let text =
                    |number: Option<rust_decimal::Decimal>| json!(number.map(|number| number.to_string()));
                let adjusted = sheet.additions.iter().chain(&sheet.deductions);
                let points: BTreeMap<String, Json> = sheet
                    .lines
                    .iter()
                    .map(|line| (line.item.to_string(), text(line.points)))
                    .chain(adjusted.map(|line| (line.item.to_string(), text(line.points))))
                    .collect();
                assert_eq!(found["points"], json!(points), "{scheme} {unit}");
                assert_eq!(found["total"], text(sheet.total), "{scheme} {unit}");
            }
        }
    }
    insta::assert_snapshot!(scores.join("\n"), @r#"
    annual-assessment tianning Some("77.71")
    annual-assessment xiying Some("93.87")
    contest-score tianning Some("97.00")
    contest-score xiying Some("97.00")
    quarter tianning Some("31.688")
    quarter xiying Some("79.406")
    quarter old-town Some("76.250")
    "#);
    towns.county.verify();
}

#[test]
fn a_scheme_that_comes_late_or_changes_is_scored_from_the_cases_there_are() {
    let towns = Towns::new();
    let pack = |scheme: &str| {
        let pack = "language = 1\n[pack]\nid = \"late\"\nlabel = { zh = \"样例\", en = \"sample\" }\nrequires = [\"base\", \"b-plans\"]\n";
        BTreeMap::from([
            ("pack.toml".to_owned(), pack.to_owned()),
            ("late.toml".to_owned(), scheme.to_owned()),
        ])
    };
    let late = QUARTER.replace("id = \"quarter\"", "id = \"late\"");
    // Other weights keep what is counted; a question about today is answered from the fields of the cases.
    let weighed = late.replace("\"60\"", "\"50\"").replace("\"30.5\"", "\"40.5\"");
    let today = late.replace(
        "row.days * 2 < 61 : false",
        "row.days * 2 < 61 : row.due_on >= today",
    );
    for (n, scheme) in [late, weighed, today].into_iter().enumerate() {
        let adoption = Engine::adopt_pack(&PackId::new("late"), pack(&scheme));
        towns.change(&format!("late-{n}"), vec![adoption]);
        for period in ["2026-Q1", "2026-Q2"] {
            let run = towns.of_log("late", period, None).unwrap();
            let live = live_of(&towns, &run, Named::Everybody);
            assert_eq!(live.assessment, run.assessment, "{n} {period}");
        }
        towns.county.verify();
    }
}

#[test]
fn every_point_names_the_entries_behind_it() {
    let towns = Towns::new();
    let run = towns.of_log("annual-assessment", "2026", None).unwrap();
    let unit = UnitId::new("tianning");
    let traced = run.explain(&unit).unwrap();
    let log = towns.county.engine.ledger().reader().unwrap();
    for (thing, events) in &traced.events {
        assert!(!events.is_empty(), "{thing:?}");
        for event in events {
            assert_eq!(log.entry(event.seq).unwrap().unwrap().kind, event.kind);
        }
    }
    let sheet = run.sheet(&unit).unwrap();
    assert_eq!(sheet.absorbed, [UnitId::new("old-town")]);
    let counted = sheet.lines.iter().flat_map(|line| &line.counted);
    for one in counted {
        assert!(
            traced.events.iter().any(|(thing, _)| *thing == one.thing),
            "{one:?}"
        );
    }
}

#[test]
fn a_slice_that_was_touched_is_refused_at_the_line() {
    let towns = Towns::new();
    let run = towns.of_log("annual-assessment", "2026", None).unwrap();
    let slice = towns.slice(&run, "tianning");
    let lines: Vec<&str> = slice.lines().collect();
    let refused = |text: &str| match assessment::read_slice(text, None) {
        Ok(_) => "taken".to_owned(),
        Err(failure) => failure.text(Lang::En),
    };
    let of_case: Vec<usize> = (0..lines.len())
        .filter(|n| lines[*n].contains("\\\"case/"))
        .collect();
    let without = |n: usize| {
        let mut kept = lines.clone();
        kept.remove(n);
        kept.join("\n")
    };
    // The first entry of a case that has others after it.
    assert!(
        refused(&without(of_case[0])).contains("missing in the middle"),
        "{}",
        refused(&without(of_case[0]))
    );
    let changed = slice.replacen("14.5", "15.5", 1);
    assert_ne!(changed, slice);
    assert!(
        refused(&changed).contains("not in the signed log"),
        "{}",
        refused(&changed)
    );
    let mut turned = lines.clone();
    turned.swap(1, 2);
    assert!(refused(&turned.join("\n")).contains("order"));
    let renamed = slice.replacen("test.example", "best.example", 1);
    assert!(refused(&renamed).contains("line 1"), "{}", refused(&renamed));
    assert!(refused("").contains("head of a slice"));
    assert!(refused(&slice.replacen("\"path\":[", "\"path\":[7,", 1)).contains("no entry with its proof"));
}

#[test]
fn one_changed_entry_moves_exactly_its_own_points() {
    let towns = Towns::new();
    let run = towns.of_log("annual-assessment", "2026", None).unwrap();
    let log = towns.county.engine.ledger().reader().unwrap();
    let closed = log.entries(0, 100_000).unwrap();
    let closing = closed.iter().find(|entry| entry.kind == "case.closed").unwrap();
    let moved = |change: &str| -> Vec<String> {
        let after = towns
            .of_log("annual-assessment", "2026", Some(Change::parse(change).unwrap()))
            .unwrap();
        assessment::moves(&run.assessment, &after.assessment, false)
            .into_iter()
            .map(|one| {
                let text = |side: Option<String>| side.unwrap_or_else(|| "–".to_owned());
                format!(
                    "{} {} {} → {}",
                    one.unit,
                    one.item,
                    text(one.before),
                    text(one.after)
                )
            })
            .collect()
    };
    insta::assert_snapshot!(moved(&format!("{}:/on_time=false", closing.seq)).join("\n"), @r"
    tianning key-tasks 9.36 → 0.00
    tianning total 77.71 → 68.35
    ");
    insta::assert_snapshot!(moved(&closing.seq.to_string()).join("\n"), @r"
    tianning key-tasks 9.36 → 0.00
    tianning total 77.71 → 68.35
    ");
    let wrong = towns.of_log(
        "annual-assessment",
        "2026",
        Some(Change::parse("99999999").unwrap()),
    );
    assert!(wrong.is_err());
    assert!(Change::parse("seventeen").is_err());
    assert!(Change::parse("17:on_time=false").is_err());
}

#[test]
fn what_cannot_be_scored_is_said_and_never_nought() {
    let towns = Towns::new();
    let refused = |result: Result<Run, Failure>| result.err().map(|failure| failure.text(Lang::En)).unwrap();
    let empty = refused(towns.of_log("annual-assessment", "2019", None));
    assert!(
        empty.contains("nothing counts") && empty.contains("the log runs from 2026-03-02"),
        "{empty}"
    );
    assert!(refused(towns.of_log("annual-assessment", "2026-H1", None)).contains("wants the form 2026"));
    assert!(refused(towns.of_log("anual", "2026", None)).contains("annual-assessment"));
    let run = towns.of_log("annual-assessment", "2026", None).unwrap();
    let why = |unit: &str| {
        run.sheet(&UnitId::new(unit))
            .err()
            .map(|failure| failure.text(Lang::En))
            .unwrap()
    };
    assert!(why("water").contains("not scored"), "{}", why("water"));
    // A department that verified no points of its own has no total, not nought.
    let housing = run.sheet(&UnitId::new("housing")).unwrap();
    assert_eq!(housing.total, None);
    let contest = towns.of_log("contest-score", "2026-H2", None);
    assert!(refused(contest).contains("nothing counts"));
    let quarter = towns.of_log("quarter", "2025-Q3", None);
    assert!(refused(quarter).contains("nothing counts"));
}

/// What a refusal's code is; empty where nothing was refused.
fn code_of<T>(result: Result<T, Failure>) -> String {
    match result {
        Err(Failure::Refused(refusal)) => refusal.code,
        _ => String::new(),
    }
}

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
fn notice_and_decision_print_what_was_computed_and_awarded_and_no_scores() {
    let mut towns = Towns::new();
    let open = json!({ "type": "open", "mechanism": "assessment-year", "owner": "assessing", "title": "2026年度考核（样例）",
        "values": { "year": 2026 }, "source": { "kind": "document" } });
    let year = towns
        .county
        .order("supervision.dispatcher", open)
        .unwrap()
        .case
        .unwrap();
    let compute = json!({ "type": "compute", "register": "assessment_sheets", "period": "2026" });
    towns.county.order("assessing.clerk", compute).unwrap();
    let award = |n: u32, kind: &str, name: &str| {
        let (sealed, draft) = Engine::seal(name).unwrap();
        let values = [
            ("kind", Value::Code(kind.into())),
            ("recipient", Value::Sealed(sealed)),
            ("case", Value::Case(year)),
        ];
        let mut put = row(
            "assessment_awards",
            &format!("case-{:012}-{n:06}", year.0),
            &values,
            &[],
        );
        put.texts.push(("register/assessment_awards".to_owned(), draft));
        put
    };
    towns.change(
        "awards",
        vec![
            award(1, "advanced", "西营镇"),
            award(2, "enterprise", "突出贡献企业01（样例）"),
        ],
    );
    let engine = &towns.county.engine;
    let (world, mechanisms, views) = (engine.world(), engine.mechanisms(), engine.views().unwrap());
    let scheme = assessment::scheme_named(&mechanisms, Some("annual-assessment")).unwrap();
    let span = assessment::period_of(&scheme, Some("2026"), engine.now()).unwrap();
    let mut course = assessment::Course::of(&views, &world, &mechanisms, &scheme, &span).unwrap();
    course.whole = views.state(year).unwrap();
    let said = |course: &assessment::Course, paper| {
        let papers = assessment::Papers {
            views: &views,
            world: &world,
            mechanisms: &mechanisms,
            scheme: &scheme,
            span: &span,
            course,
            today: date(2026, 12, 31),
            lang: Lang::Zh,
        };
        let document = papers.paper(paper).unwrap().unwrap();
        assert!(
            assessment::paper_docx(&document, Lang::Zh)
                .unwrap()
                .starts_with(b"PK")
        );
        let text = serde_json::to_string(&document.body).unwrap();
        (document, text)
    };
    let (notice, text) = said(&course, assessment::Paper::Grades);
    assert!(notice.draft && notice.date.is_none() && notice.number.is_none());
    assert!(
        text.contains("tianning") && text.contains("合格（1个）"),
        "{text}"
    );
    // The award classes in the order of the dictionary; grades are named, scores are not.
    let total = course.announced[&UnitId::new("tianning")]
        .total
        .unwrap()
        .to_string();
    assert!(!text.contains(&total), "{text}");
    assert!(notice.provenance.unwrap().contains("考核得分"));
    let (decision, text) = said(&course, assessment::Paper::Commendation);
    assert!(
        text.contains("先进单位（1个）")
            && text.contains("西营镇。")
            && text.contains("突出贡献企业01（样例）。"),
        "{text}"
    );
    assert!(decision.title.contains("关于表彰2026年度"), "{}", decision.title);
    // Announced: no draft any more, with its day.
    let whole = course.whole.as_mut().unwrap();
    whole
        .values
        .insert("announced_on".into(), Value::Date(date(2027, 7, 30)));
    let (notice, _) = said(&course, assessment::Paper::Grades);
    assert!(!notice.draft && notice.date == Some(date(2027, 7, 30)));
    if let Ok(to) = std::env::var("BIHUAN_LOOK") {
        for (name, paper) in [
            ("grades", assessment::Paper::Grades),
            ("commendation", assessment::Paper::Commendation),
        ] {
            let (document, _) = said(&course, paper);
            std::fs::write(
                format!("{to}/{name}.docx"),
                assessment::paper_docx(&document, Lang::Zh).unwrap(),
            )
            .unwrap();
        }
    }
}

#[test]
fn a_paper_that_went_out_stays_as_it_is_and_is_made_again_from_the_log() {
    let mut towns = Towns::new();
    let open = json!({ "type": "open", "mechanism": "assessment-year", "owner": "assessing", "title": "2026年度考核（样例）",
        "values": { "year": 2026 }, "source": { "kind": "document" } });
    let year = towns
        .county
        .order("supervision.dispatcher", open)
        .unwrap()
        .case
        .unwrap();
    let subject = [
        ("unit", Value::Unit("tianning".into())),
        ("class", Value::Code("township".into())),
        ("year", Value::Int(2026)),
        ("now", Value::Bool(false)),
    ];
    towns.change("subject", vec![row("scored_units", "u-t", &subject, &[])]);
    let open = json!({ "type": "open", "mechanism": "unit-assessment", "owner": "tianning", "title": "天宁镇2026年度考核（样例）",
        "values": { "subject": "u-t", "class": "township" }, "parent": year, "source": { "kind": "document" } });
    towns.county.order("supervision.dispatcher", open).unwrap();
    let compute = json!({ "type": "compute", "register": "assessment_sheets", "period": "2026" });
    towns.county.order("assessing.clerk", compute.clone()).unwrap();

    let paper = assessment::Paper::Grades;
    let issue = |towns: &Towns, login: &str, key: &str| {
        let engine = &towns.county.engine;
        let scheme = assessment::scheme_named(&engine.mechanisms(), Some("annual-assessment")).unwrap();
        let span = assessment::period_of(&scheme, Some("2026"), engine.now()).unwrap();
        assessment::issue(engine, &crate::county::actor(login), key, &scheme, &span, paper)
    };
    let kept = |towns: &Towns, nth: usize| {
        let engine = &towns.county.engine;
        let (event, _, at) = engine.world().papers[nth].clone();
        let issued = assessment::Issued::load(&engine.views().unwrap(), &event)
            .unwrap()
            .unwrap();
        let again = assessment::recheck(engine, &event, bihuan_domain::calendar::date_of(at)).unwrap();
        (event, issued, again)
    };
    // Before the day of announcement nothing goes out, and only who keeps the result sends it.
    assert_eq!(code_of(issue(&towns, "assessing.clerk", "i1")), "not_announced");
    let announced = json!({ "type": "amend", "case": year, "values": { "announced_on": "2026-12-31" }, "reason": "correction" });
    towns.county.order("supervision.dispatcher", announced).unwrap();
    assert_eq!(code_of(issue(&towns, "tianning.clerk", "i2")), "not_keeper");
    issue(&towns, "assessing.clerk", "i3").unwrap();
    issue(&towns, "assessing.clerk", "i3").unwrap();
    assert_eq!(code_of(issue(&towns, "assessing.clerk", "i4")), "paper_same");
    assert_eq!(towns.county.engine.world().papers.len(), 1);
    let (first, issued, again) = kept(&towns, 0);
    assert!(again.holds(), "{again:?}");
    assert!(!issued.document(Lang::Zh).draft && issued.document(Lang::En).date == Some(date(2026, 12, 31)));

    // A result that is corrected changes no paper that went out; it is issued again and both are kept.
    towns.change(
        "corrected",
        vec![point("tianning", "t03", "15"), point("xiying", "t05", "0")],
    );
    towns.county.order("assessing.clerk", compute).unwrap();
    issue(&towns, "assessing.clerk", "i5").unwrap();
    let (second, _, again) = kept(&towns, 1);
    assert!(again.holds() && second.content != first.content, "{again:?}");
    let (_, same, again) = kept(&towns, 0);
    assert!(again.holds() && same == issued);

    // The file in somebody's hand is known again; one that was touched is not.
    let engine = &towns.county.engine;
    let docx = assessment::paper_docx(issued.document(Lang::Zh), Lang::Zh).unwrap();
    assert_eq!(assessment::paper_of_file(engine, &docx).unwrap(), Some(0));
    let mut touched = docx;
    if let Some(byte) = touched.last_mut() {
        *byte ^= 1;
    }
    assert_eq!(assessment::paper_of_file(engine, &touched).unwrap(), None);
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
