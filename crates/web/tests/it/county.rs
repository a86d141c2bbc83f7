//! A small county with an account for every post; the password is the same for all.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use bihuan_domain::calendar::instant;
use bihuan_domain::event::{Created, WorldEvent};
use bihuan_domain::id::{CaseId, Code, PackId};
use bihuan_domain::org::{Actor, Appointment, Person, Post, Unit, Validity};
use bihuan_engine::time::SetTime;
use bihuan_engine::{Accounts, Engine, Notices, Submission, WorldChange, hash_password};
use bihuan_messages::Label;
use bihuan_web::{App, DemoAccount, DemoInfo, Jurisdiction};
use jiff::civil::date;
use serde_json::Value as Json;

pub(crate) const PASSWORD: &str = "bihuan-2026";

static HASH: LazyLock<String> = LazyLock::new(|| hash_password(PASSWORD).unwrap());

/// `(unit, kind, zh, en, functions, posts)`
type UnitRow = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [PostRow],
);
type PostRow = (&'static str, &'static str, &'static str);

const HEAD: PostRow = ("head", "负责人", "head");
const CLERK: PostRow = ("clerk", "承办岗", "clerk");
const VERIFIER: PostRow = ("verifier", "核查岗", "verifier");

const UNITS: &[UnitRow] = &[
    (
        "county",
        "county",
        "样县人民政府",
        "Sample County",
        &["leadership"],
        &[("leader", "副县长", "deputy head")],
    ),
    (
        "office",
        "office",
        "县政府督查室",
        "Supervision Office",
        &["supervision", "dispatch"],
        &[
            HEAD,
            ("supervisor", "督查岗", "supervisor"),
            ("dispatcher", "交办岗", "dispatcher"),
        ],
    ),
    (
        "housing",
        "department",
        "住房和城乡建设局",
        "Housing Bureau",
        &[],
        &[HEAD, CLERK],
    ),
    (
        "water",
        "department",
        "水利局",
        "Water Bureau",
        &[],
        &[HEAD, CLERK],
    ),
    (
        "statistics",
        "department",
        "统计局",
        "Statistics Bureau",
        &["verification"],
        &[HEAD, CLERK, VERIFIER],
    ),
    (
        "audit",
        "department",
        "审计局",
        "Audit Bureau",
        &["verification"],
        &[HEAD, CLERK, VERIFIER],
    ),
    (
        "reform",
        "department",
        "发展和改革局",
        "Reform Bureau",
        &["verification"],
        &[HEAD, CLERK, VERIFIER],
    ),
    ("paper", "department", "档案馆", "Archive", &[], &[HEAD, CLERK]),
];

pub(crate) struct County {
    pub(crate) engine: Engine,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) notices: Arc<Notices>,
    pub(crate) time: Arc<SetTime>,
    _dir: tempfile::TempDir,
}

impl County {
    /// Monday 2 March 2026, 09:00.
    pub(crate) fn new() -> County {
        County::with(
            ["base", "a-projects", "b-plans", "intake"]
                .into_iter()
                .map(|pack| (pack.to_owned(), pack_files(pack)))
                .collect(),
        )
    }

    /// With every pack that is shipped.
    pub(crate) fn of_every_pack() -> County {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
        let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap());
        let names = folders.map(|folder| folder.file_name().to_string_lossy().into_owned());
        County::with(names.map(|name| (name.clone(), pack_files(&name))).collect())
    }

    /// With the base pack and one of a single file, written for a test.
    pub(crate) fn of_own_pack(id: &str, files: &[(&str, &str)]) -> County {
        let files = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let base = ("base".to_owned(), pack_files("base"));
        County::with(BTreeMap::from([base, (id.to_owned(), files)]))
    }

    /// The file of the log, for tests that put a case where no course would bring it quickly.
    pub(crate) fn database(&self) -> std::path::PathBuf {
        self._dir.path().join("data/ledger.sqlite")
    }

    fn with(packs: BTreeMap<String, BTreeMap<String, String>>) -> County {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let time = Arc::new(SetTime::at(instant(date(2026, 3, 2).at(9, 0, 0, 0))));
        let engine = Engine::create(&data, "sample.example", time.clone()).unwrap();
        apart(|| engine.change(&Actor::system(), "found", changes(packs)).unwrap());
        let accounts = Arc::new(Accounts::open(&data).unwrap());
        for (unit, .., posts) in UNITS {
            for (post, ..) in *posts {
                let login = format!("{unit}.{post}");
                accounts
                    .put_hashed(&login, &format!("p.{login}").as_str().into(), &HASH)
                    .unwrap();
            }
        }
        County {
            engine,
            accounts,
            notices: Arc::new(Notices::open(&data).unwrap()),
            time,
            _dir: dir,
        }
    }

    pub(crate) fn app(&self) -> App {
        let account = |login: &str, zh: &str, en: &str| DemoAccount {
            login: login.into(),
            what: Label::new(zh, en),
        };
        App {
            jurisdictions: vec![Jurisdiction {
                slug: "sample".into(),
                engine: self.engine.clone(),
                accounts: self.accounts.clone(),
                notices: self.notices.clone(),
                demo: Some(DemoInfo {
                    accounts: vec![
                        account("office.dispatcher", "交办：立项、改派", "dispatches"),
                        account("housing.clerk", "住建局承办", "handles for the housing bureau"),
                        account("county.leader", "县领导：提出意见", "county leader"),
                        account("office.supervisor", "督查：核查销号", "supervises and verifies"),
                    ],
                    password: PASSWORD.into(),
                    guide: None,
                    notes: Label::new("样县，数据为样例。", "A sample county; the data are samples."),
                }),
            }],
        }
    }

    /// Carries an order out as the person on `post`.
    pub(crate) fn order(&self, post: &str, key: &str, order: Json) -> CaseId {
        let actor = Actor {
            person: format!("p.{post}").as_str().into(),
            post: post.into(),
            on_behalf_of: None,
            session: None,
        };
        let order = serde_json::from_value(order).unwrap();
        let answer = apart(|| {
            self.engine
                .submit_blocking(&actor, Submission::new(key, order))
                .unwrap()
        });
        answer.case.unwrap_or(CaseId(0))
    }

    /// A matter of the housing bureau that waits for its report.
    pub(crate) fn matter(&self, title: &str) -> CaseId {
        let key = format!(
            "open-{}",
            title
                .chars()
                .take(8)
                .map(|c| format!("{:x}", u32::from(c)))
                .collect::<String>()
        );
        self.order(
            "housing.clerk",
            &key,
            serde_json::json!({ "type": "open", "mechanism": "three-plus-24",
            "owner": "housing", "title": title, "values": { "leader": "county.leader" } }),
        )
    }
}

/// Runs what blocks in a thread of its own: the tests themselves run on an asynchronous one.
pub(crate) fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

fn changes(packs: BTreeMap<String, BTreeMap<String, String>>) -> Vec<WorldChange> {
    let since = Validity::since(date(2020, 1, 1));
    let mut changes: Vec<WorldChange> = vec![
        WorldEvent::Created(Created {
            root: "county".into(),
            division: "000000".into(),
            name: Label::new("样县", "Sample County"),
            last_resort: "office.head".into(),
        })
        .into(),
    ];
    for (id, kind, zh, en, functions, posts) in UNITS {
        let unit = Unit {
            id: (*id).into(),
            kind: (*kind).into(),
            name: Label::new(*zh, *en),
            parent: (*id != "county").then(|| "county".into()),
            functions: functions.iter().map(Code::new).collect(),
            valid: since,
            successor: None,
            has_accounts: *id != "paper",
        };
        changes.push(WorldEvent::UnitPut(unit).into());
        for (n, (kind, zh, en)) in posts.iter().enumerate() {
            let post = format!("{id}.{kind}");
            let person = format!("p.{post}");
            changes.push(
                WorldEvent::PostPut(Post {
                    id: post.as_str().into(),
                    unit: (*id).into(),
                    kind: (*kind).into(),
                    name: Label::new(*zh, *en),
                    valid: since,
                })
                .into(),
            );
            let surname = ["张", "王", "李", "赵"][(id.len() + n) % 4];
            let (name, draft) = Engine::seal(&format!("{surname}样本")).unwrap();
            changes.push(WorldChange {
                event: WorldEvent::PersonPut(Person {
                    id: person.as_str().into(),
                    name,
                }),
                texts: vec![(format!("person/{person}"), draft)],
                files: Vec::new(),
            });
            let appointment = Appointment {
                person: person.as_str().into(),
                post: post.as_str().into(),
                valid: since,
                acting_for: None,
            };
            changes.push(WorldEvent::Appointed(appointment).into());
        }
    }
    for (pack, files) in packs {
        changes.push(Engine::adopt_pack(&PackId::new(&pack), files));
    }
    changes
}

fn pack_files(name: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../packs")
        .join(name);
    let files = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file());
    files
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect()
}
