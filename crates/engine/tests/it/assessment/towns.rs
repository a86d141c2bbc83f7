//! A year of three townships, and the three schemes by which it is scored.

use std::collections::BTreeMap;

use bihuan_domain::assessment::Named;
use bihuan_domain::event::{RowPut, WorldEvent};
use bihuan_domain::id::{CaseId, FieldId, PackId, UnitId};
use bihuan_domain::org::{Actor, Appointment, Person, Post, Unit, Validity};
use bihuan_domain::value::{RowRef, Value};
use bihuan_engine::assessment::{self, Change, Run};
use bihuan_engine::{Engine, Failure, WorldChange};
use bihuan_messages::Label;
use jiff::civil::{Date, date};
use serde_json::json;

use crate::county::{County, pack_files};

/// A third scheme, with what the shipped ones do without: a loss, a sum, tie-breaks, arithmetic, a rate by choice.
pub(super) const QUARTER: &str = include_str!("quarter.toml");

pub(super) struct Towns {
    pub(super) county: County,
    pub(super) _dir: tempfile::TempDir,
}

pub(super) fn unit(id: &str, last: Option<Date>) -> WorldEvent {
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

pub(super) fn row(register: &str, id: &str, values: &[(&str, Value)], texts: &[&str]) -> WorldChange {
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

pub(super) fn point(unit: &str, target: &str, points: &str) -> WorldChange {
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
    pub(super) fn new() -> Towns {
        let dir = tempfile::tempdir().unwrap();
        let county = County::new(&dir.path().join("data"));
        let mut towns = Towns { county, _dir: dir };
        towns.found();
        towns.year();
        towns
    }

    pub(super) fn change(&self, key: &str, changes: Vec<WorldChange>) {
        self.county.engine.change(&Actor::system(), key, changes).unwrap();
    }

    pub(super) fn found(&self) {
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
    pub(super) fn task(&mut self, town: &str, due: Date, done: Option<Date>) -> CaseId {
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

    pub(super) fn year(&mut self) {
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

    pub(super) fn of_log(&self, scheme: &str, period: &str, change: Option<Change>) -> Result<Run, Failure> {
        let log = self.county.engine.ledger().reader().unwrap();
        assessment::of_log(&log, None, Some(scheme), Some(period), change)
    }

    pub(super) fn slice(&self, run: &Run, unit: &str) -> String {
        let log = self.county.engine.ledger().reader().unwrap();
        let mut out = Vec::new();
        assessment::export(&log, run, &UnitId::new(unit), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}

pub(super) const SCHEMES: [(&str, &str, &[&str]); 3] = [
    ("annual-assessment", "2026", &["tianning", "xiying"]),
    ("contest-score", "2026-H1", &["tianning", "xiying"]),
    ("quarter", "2026-Q1", &["tianning", "xiying", "old-town"]),
];

pub(super) fn live_of(towns: &Towns, run: &Run, named: Named<'_>) -> Run {
    assessment::live(&towns.county.engine, &run.scheme, &run.span, named).unwrap()
}

pub(super) fn json_of(run: &Run, unit: &str) -> String {
    assessment::sheet_json(&run.explain(&UnitId::new(unit)).unwrap()).unwrap()
}

pub(super) fn code_of<T>(result: Result<T, Failure>) -> String {
    match result {
        Err(Failure::Refused(refusal)) => refusal.code,
        _ => String::new(),
    }
}
