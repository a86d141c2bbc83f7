//! A small county on a real ledger with the shipped packs, driven at a settable time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bihuan_domain::calendar::instant;
use bihuan_domain::event::{Created, WorldEvent};
use bihuan_domain::id::{CaseId, Code, PackId};
use bihuan_domain::org::{Actor, Appointment, Person, Post, Unit, Validity};
use bihuan_engine::time::SetTime;
use bihuan_engine::{Answer, Engine, Failure, Order, Submission, WorldChange, views};
use bihuan_messages::Label;
use jiff::civil::{DateTime, date};

/// `(unit, kind, functions, posts)`
const UNITS: &[(&str, &str, &[&str], &[&str])] = &[
    ("county", "county", &["leadership"], &["leader"]),
    (
        "supervision",
        "office",
        &["supervision", "dispatch"],
        &["head", "supervisor", "dispatcher"],
    ),
    ("housing", "department", &["housing"], &["head", "clerk"]),
    ("water", "department", &[], &["head", "clerk"]),
    (
        "development",
        "department",
        &["development", "verification"],
        &["head", "clerk", "verifier"],
    ),
    (
        "statistics",
        "department",
        &["verification"],
        &["head", "clerk", "verifier"],
    ),
    (
        "audit",
        "department",
        &["verification"],
        &["head", "clerk", "verifier"],
    ),
];

pub(crate) struct County {
    pub(crate) engine: Engine,
    pub(crate) time: Arc<SetTime>,
    keys: u32,
}

pub(crate) fn pack_files(name: &str) -> BTreeMap<String, String> {
    fn walk(root: &Path, dir: &Path, files: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let inside = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                files.insert(inside, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../packs")
        .join(name);
    let mut files = BTreeMap::new();
    walk(&root, &root, &mut files);
    files
}

impl County {
    /// Monday 2 March 2026, 09:00.
    pub(crate) fn new(dir: &Path) -> County {
        let time = Arc::new(SetTime::at(instant(date(2026, 3, 2).at(9, 0, 0, 0))));
        let engine = Engine::create(dir, "test.example", time.clone()).unwrap();
        County::on(engine, time)
    }

    /// The same for stories of hundreds of cases: commits do not wait for the disk.
    pub(crate) fn hastily(dir: &Path) -> County {
        let time = Arc::new(SetTime::at(instant(date(2026, 3, 2).at(9, 0, 0, 0))));
        let engine = Engine::create_hastily(dir, "test.example", time.clone()).unwrap();
        County::on(engine, time)
    }

    /// One that stands in a directory already.
    pub(crate) fn opened(dir: &Path) -> County {
        let time = Arc::new(SetTime::at(instant(date(2026, 3, 2).at(9, 0, 0, 0))));
        let (engine, _) = Engine::open(dir, time.clone()).unwrap();
        let keys = u32::try_from(engine.ledger().reader().unwrap().head().unwrap().size).unwrap();
        County { engine, time, keys }
    }

    fn on(engine: Engine, time: Arc<SetTime>) -> County {
        let county = County {
            engine,
            time,
            keys: 0,
        };
        county.found();
        county
    }

    fn found(&self) {
        let since = Validity::since(date(2020, 1, 1));
        let mut changes: Vec<WorldChange> = Vec::new();
        for (id, kind, functions, posts) in UNITS {
            changes.push(
                WorldEvent::UnitPut(Unit {
                    id: (*id).into(),
                    kind: (*kind).into(),
                    name: Label::new(format!("{id}局"), *id),
                    parent: (*id != "county").then(|| "county".into()),
                    functions: functions.iter().map(Code::new).collect(),
                    valid: since,
                    successor: None,
                    has_accounts: true,
                })
                .into(),
            );
            for kind in *posts {
                let post = format!("{id}.{kind}");
                changes.push(
                    WorldEvent::PostPut(Post {
                        id: post.as_str().into(),
                        unit: (*id).into(),
                        kind: (*kind).into(),
                        name: Label::new(*kind, *kind),
                        valid: since,
                    })
                    .into(),
                );
                let person = format!("p.{post}");
                let (name, draft) = Engine::seal(&format!("样本 {post}")).unwrap();
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
                    valid: since,
                    acting_for: None,
                };
                changes.push(WorldEvent::Appointed(appointment).into());
            }
        }
        changes.insert(
            0,
            WorldEvent::Created(Created {
                root: "county".into(),
                division: "000000".into(),
                name: Label::new("样县", "Sample County"),
                last_resort: "supervision.head".into(),
            })
            .into(),
        );
        for pack in ["base", "b-plans", "a-projects"] {
            changes.push(Engine::adopt_pack(&PackId::new(pack), pack_files(pack)));
        }
        self.engine.change(&Actor::system(), "found", changes).unwrap();
    }

    pub(crate) fn at(&self, at: DateTime) {
        self.time.set(instant(at));
    }

    pub(crate) fn submit(&mut self, post: &str, order: Order) -> Result<Answer, Failure> {
        self.keys += 1;
        self.engine
            .submit_blocking(&actor(post), Submission::new(format!("k{}", self.keys), order))
    }

    pub(crate) fn order(&mut self, post: &str, json: serde_json::Value) -> Result<Answer, Failure> {
        self.submit(post, serde_json::from_value(json).unwrap())
    }

    /// After every test: read models equal their rebuild, and the log verifies.
    pub(crate) fn verify(&self) {
        let reader = self.engine.ledger().reader().unwrap();
        let differences = views::compare(&reader, &mut |_| {}).unwrap();
        assert!(differences.is_empty(), "{differences:#?}");
        let report = bihuan_ledger::verify(
            self.engine.ledger().dir(),
            &bihuan_ledger::Known::default(),
            &mut |_| {},
        )
        .unwrap();
        assert!(report.sound(), "{:?}", report.first());
    }

    pub(crate) fn stage(&self, case: CaseId) -> String {
        self.engine
            .views()
            .unwrap()
            .state(case)
            .unwrap()
            .unwrap()
            .stage
            .to_string()
    }
}

pub(crate) fn actor(post: &str) -> Actor {
    Actor {
        person: format!("p.{post}").into(),
        post: post.into(),
        on_behalf_of: None,
        session: None,
    }
}
