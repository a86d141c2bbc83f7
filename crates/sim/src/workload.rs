//! Work for benchmarks: an office with any number of cases, and a stream of transitions over them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bihuan_domain::id::CaseId;
use bihuan_domain::mechanism::SourceKind;
use bihuan_domain::org::Actor;
use bihuan_engine::time::{SystemTime, TimeSource};
use bihuan_engine::{Accounts, Engine, Failure, OpenOrder, Order, SourceOrder, Submission, views};
use bihuan_messages::Label;
use serde_json::json;

use crate::founding::Founding;
use crate::packs;
use crate::people::{on_post, sample_name};
use crate::rng::Rng;

/// Departments that share the work.
pub const UNITS: usize = 20;
/// Fits no account that a person uses: benchmarks run in directories of their own.
const PASSWORD: &str = "workload-password";
/// What titles are made of.
const PLACES: [&str; 8] = [
    "东关镇",
    "西河乡",
    "北山镇",
    "南川乡",
    "开发区",
    "城关镇",
    "柳林乡",
    "石门镇",
];
const THINGS: [&str; 8] = [
    "村道硬化",
    "供水管网改造",
    "河堤加固",
    "排污管线",
    "绿化带补植",
    "通信光缆入地",
    "供热管网延伸",
    "步道修复",
];
/// What may be sought in the titles: in all of them, by one character, in every fourth, in few, in none.
pub const SOUGHT: [&str; 5] = ["公里", "水", "管网", "东关镇 供水 17公里", "没有这个"];

/// An office with its supervision clerk and twenty departments.
pub struct Office {
    /// Its engine.
    pub engine: Engine,
    /// Its accounts: `clerk` is the supervision clerk, `unit-0` the clerk of the first department.
    pub accounts: Arc<Accounts>,
    /// Who opens cases.
    pub clerk: Actor,
    handlers: Vec<Actor>,
    rng: Rng,
    sent: u64,
}

impl Office {
    /// Founds an office in an empty directory.
    ///
    /// # Errors
    ///
    /// If the directory cannot be written or the built-in packs do not load.
    pub fn found(dir: &Path, seed: u64) -> Result<Office, Failure> {
        let engine = Engine::create(dir, "workload.bihuan", Arc::new(SystemTime))?;
        Office::furnish(engine, dir, seed, UNITS)
    }

    /// As [`Office::found`], with so many departments, and filled fast: what is written need not survive a failure of power.
    ///
    /// # Errors
    ///
    /// As for [`Office::found`].
    pub fn of_units_hastily(dir: &Path, seed: u64, units: usize) -> Result<Office, Failure> {
        let engine = Engine::create_hastily(dir, "workload.bihuan", Arc::new(SystemTime))?;
        Office::furnish(engine, dir, seed, units)
    }

    /// As [`Office::found`], with another clock, and filled fast: what is written need not survive a failure of power.
    ///
    /// # Errors
    ///
    /// As for [`Office::found`].
    pub fn found_hastily(dir: &Path, seed: u64, time: Arc<dyn TimeSource>) -> Result<Office, Failure> {
        let engine = Engine::create_hastily(dir, "workload.bihuan", time)?;
        Office::furnish(engine, dir, seed, UNITS)
    }

    /// The office that [`Office::found`] founded in this directory, as it was left, with its cases and the department that
    /// owns each. `seed` must be another one, and never used here before.
    ///
    /// # Errors
    ///
    /// If there is no such office, or it cannot be read.
    pub fn again(dir: &Path, seed: u64) -> Result<(Office, Vec<(CaseId, usize)>), Failure> {
        let (engine, _) = Engine::open(dir, Arc::new(SystemTime))?;
        let (clerk, handlers) = seated(&engine, UNITS)?;
        let mut cases = Vec::new();
        for n in 0..UNITS {
            let filter = views::Filter {
                owners: vec![unit(n).as_str().into()],
                ..views::Filter::default()
            };
            let own = engine.views()?.ids(&filter)?;
            cases.extend(own.into_iter().map(|case| (case, n)));
        }
        cases.sort_unstable();
        // What was sent before has keys of its own.
        let sent = engine.beacon().size.saturating_mul(1_000);
        let office = Office {
            engine,
            accounts: Arc::new(Accounts::open(dir)?),
            clerk,
            handlers,
            rng: Rng::new(seed),
            sent,
        };
        Ok((office, cases))
    }

    fn furnish(engine: Engine, dir: &Path, seed: u64, units: usize) -> Result<Office, Failure> {
        let today = bihuan_domain::calendar::date_of(engine.now());
        let mut f = Founding::new(
            "root",
            "141122",
            Label::new("样例县", "Sample county"),
            "supervision.supervisor",
            today,
        );
        f.unit(
            "root",
            "county",
            Label::new("样例县", "Sample county"),
            None,
            &["leadership"],
        );
        let post = f.post("root", "leader-01", "leader", Label::new("县长", "Head"));
        let person = f.person(&sample_name(0))?;
        f.appoint(&person, &post);
        f.unit(
            "supervision",
            "office",
            Label::new("督查室", "Supervision"),
            Some("root"),
            &["supervision", "dispatch"],
        );
        let person = f.person(&sample_name(1))?;
        for kind in ["supervisor", "dispatcher", "head"] {
            let post = f.post("supervision", kind, kind, Label::new("督查室", "Supervision"));
            f.appoint(&person, &post);
        }
        for n in 0..units {
            let unit = unit(n);
            f.unit(
                &unit,
                "department",
                Label::new(format!("样例局{n}"), format!("Bureau {n}")),
                Some("root"),
                &[],
            );
            for kind in ["clerk", "head"] {
                let post = f.post(&unit, kind, kind, Label::new("岗位", "Post"));
                let person = f.person(&sample_name(n.saturating_add(2)))?;
                f.appoint(&person, &post);
            }
        }
        let chosen: BTreeMap<_, _> = packs::all()
            .into_iter()
            .filter(|(id, _)| matches!(id.as_str(), "base" | "b-plans"))
            .collect();
        f.also(packs::adoptions(&chosen));
        engine.change(&Actor::system(), "founding", f.finish())?;
        let (clerk, handlers) = seated(&engine, units)?;
        let accounts = Arc::new(Accounts::open(dir)?);
        // Only the first department's clerk signs in: a password is slow to hash, as it should be.
        accounts.put("clerk", &clerk.person, PASSWORD)?;
        if let Some(handler) = handlers.first() {
            accounts.put("unit-0", &handler.person, PASSWORD)?;
        }
        Ok(Office {
            engine,
            accounts,
            clerk,
            handlers,
            rng: Rng::new(seed),
            sent: 0,
        })
    }

    /// A session of the supervision clerk (`clerk`) or of a department's (`unit-0`): what its cookie would hold.
    ///
    /// # Errors
    ///
    /// If the accounts cannot be read.
    pub fn sign_in(&self, login: &str) -> Result<String, Failure> {
        let now = jiff::Timestamp::now();
        self.accounts
            .sign_in(login, PASSWORD, "", now)
            .map_err(|_| Failure::Fault(bihuan_engine::Error::Other("sign-in".to_owned())))
    }

    /// As [`Office::sign_in`], for the clerk of any department, who gets an account where he has none.
    ///
    /// # Errors
    ///
    /// If the accounts cannot be read or written.
    pub fn sign_in_of(&self, department: usize) -> Result<String, Failure> {
        let login = unit(department);
        if let Some(handler) = self.handlers.get(department)
            && !self.accounts.all()?.iter().any(|known| known.login == login)
        {
            self.accounts.put(&login, &handler.person, PASSWORD)?;
        }
        self.sign_in(&login)
    }

    /// The next opening: a task of a department, drawn by the seed.
    pub fn opening(&mut self) -> (Actor, Submission) {
        let n = usize::try_from(self.rng.below(u64::try_from(self.handlers.len()).unwrap_or(1))).unwrap_or(0);
        let km = self.rng.between(1, 40);
        let place = self.rng.pick(&PLACES).unwrap_or(&"");
        let thing = self.rng.pick(&THINGS).unwrap_or(&"");
        let open = OpenOrder {
            stage: None,
            papers: Vec::new(),
            mechanism: "key-task".into(),
            owner: unit(n).into(),
            supporting: Default::default(),
            title: format!("{place}{thing}{km}公里（样例）"),
            risk: None,
            values: [
                ("value".into(), json!(km.to_string())),
                ("unit".into(), json!("公里")),
            ]
            .into(),
            source: Some(SourceOrder {
                kind: SourceKind::Meeting,
                document: None,
                at: Vec::new(),
                quote: None,
                key: None,
            }),
            parent: None,
        };
        (self.clerk.clone(), self.submission(Order::Open(open)))
    }

    /// A transition of a case that [`Office::opening`] opened for `owner`: first its plan, afterwards feedback.
    pub fn transition(&mut self, case: CaseId, owner: usize, planned: bool) -> (Actor, Submission) {
        let actor = self
            .handlers
            .get(owner)
            .cloned()
            .unwrap_or_else(|| self.clerk.clone());
        let order = if planned {
            let note = Some(format!("样例反馈：完成{}%", self.rng.between(1, 99)));
            Order::Note {
                case,
                values: BTreeMap::new(),
                note,
                evidence: Vec::new(),
            }
        } else {
            let measure = json!("样例措施：倒排工期，逐段验收");
            Order::Step {
                row: Default::default(),
                case,
                step: "plan".into(),
                values: [("measure".into(), measure)].into(),
                note: None,
                evidence: Vec::new(),
            }
        };
        (actor, self.submission(order))
    }

    /// Which department owns what this opening opens.
    pub fn owner_of(submission: &Submission) -> usize {
        match &submission.order {
            Order::Open(open) => open
                .owner
                .as_str()
                .trim_start_matches("unit-")
                .parse()
                .unwrap_or(0),
            _ => 0,
        }
    }

    fn submission(&mut self, order: Order) -> Submission {
        self.sent = self.sent.saturating_add(1);
        Submission::new(format!("w{}", self.sent), order)
    }
}

/// The supervision clerk and the clerks of the departments.
fn seated(engine: &Engine, units: usize) -> Result<(Actor, Vec<Actor>), Failure> {
    let today = bihuan_domain::calendar::date_of(engine.now());
    let world = engine.world();
    let seated = |post: String| {
        on_post(&world.org, &post.into(), today).ok_or(Failure::Fault(bihuan_engine::Error::Stopped))
    };
    let clerk = seated("supervision.supervisor".to_owned())?;
    let handlers: Result<_, _> = (0..units).map(|n| seated(format!("{}.clerk", unit(n)))).collect();
    Ok((clerk, handlers?))
}

fn unit(n: usize) -> String {
    format!("unit-{n}")
}

/// A page of text in the shape of a county's outlook, of about `characters` characters.
pub fn page(seed: u64, characters: usize) -> String {
    let mut rng = Rng::new(seed);
    let places = ["东关镇", "西河乡", "北山镇", "南川乡", "开发区"];
    let things = [
        "农村公厕",
        "标准化厂房",
        "高标准农田",
        "村级卫生室",
        "充电桩",
        "文化广场",
    ];
    let mut text = String::from("清河县2021年工作展望\n\n");
    while text.chars().count() < characters {
        let (place, thing) = (rng.pick(&places).unwrap_or(&""), rng.pick(&things).unwrap_or(&""));
        let (n, money, month) = (rng.between(2, 900), rng.between(1, 90), rng.between(3, 12));
        text.push_str(&format!(
            "今年，{place}将新建{thing}{n}处，总投资{money}.{}亿元，{month}月底前完成主体工程。去年全县完成投资{}万元，增长{}%。责任单位为住建局和{place}政府。\n",
            rng.below(10),
            rng.between(100, 90_000),
            rng.between(1, 30),
        ));
        if rng.chance(1, 4) {
            text.push_str("会议强调，各级各部门要压实责任，倒排工期，确保各项任务按时完成。\n\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_seed_gives_the_same_page() {
        assert_eq!(super::page(3, 2_000), super::page(3, 2_000));
        assert_ne!(super::page(3, 2_000), super::page(4, 2_000));
    }
}
