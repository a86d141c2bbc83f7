//! One score by every way: from the read models, from the log, from slices, and by a program that shares no code.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use bihuan_domain::assessment::Named;
use bihuan_domain::id::{PackId, UnitId};
use bihuan_engine::assessment::{self, Run};
use bihuan_engine::{Engine, Failure};
use bihuan_messages::Lang;
use serde_json::{Value as Json, json};

use super::towns::{QUARTER, SCHEMES, Towns, json_of, live_of};

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
