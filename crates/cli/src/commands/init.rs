//! `bihuan init`: a new jurisdiction with its government, its supervision office and a first account.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use bihuan_domain::calendar::date_of;
use bihuan_domain::event::{Created, SettingSet, WorldEvent};
use bihuan_domain::id::{Code, PostId, UnitId};
use bihuan_domain::org::{Actor, Appointment, Person, Post, Unit, Validity};
use bihuan_engine::{Accounts, Engine, WorldChange};
use bihuan_engine::time::SystemTime;
use bihuan_messages::{Label, Lang, t, tf};
use jiff::civil::Date;

use crate::term::{Exit, Term};
use crate::trouble::Trouble;

/// Letters of a generated password: none that are mistaken for one another.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// The person, post and unit that a new log begins with.
const ADMIN: &str = "p1";
const CLERK: &str = "supervision.clerk";
const SUPERVISION: &str = "supervision";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long, value_name = "CODE", value_parser = division)]
    division: String,
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "NAME")]
    name_en: Option<String>,
    #[arg(long, value_name = "LOGIN", value_parser = login)]
    admin: String,
    #[arg(long)]
    password_stdin: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let (password, generated) = if args.password_stdin { (from_stdin()?, false) } else { (generate()?, true) };
    if password.chars().count() < 8 {
        return Err(Trouble::new("cli.password_short"));
    }
    let engine = Engine::create(&args.data, &format!("{}.bihuan", args.division), Arc::new(SystemTime))?;
    engine.change(&Actor::system(), "init", founding(args, date_of(engine.now()))?)?;
    Accounts::open(&args.data)?.put(&args.admin, &ADMIN.into(), &password)?;
    let data = args.data.display();
    term.say("cli.init_done", &[("name", &args.name), ("data", &data)]);
    term.say("cli.init_key", &[("key", engine.ledger().public_key())]);
    term.say("cli.init_account", &[("login", &args.admin)]);
    if generated {
        term.say("cli.init_password", &[("password", &password)]);
    }
    term.say("cli.init_next", &[("data", &data)]);
    Ok(Exit::Fine)
}

/// The first events: what no case can do without. Everything else is added through pages and imports.
fn founding(args: &Args, today: Date) -> Result<Vec<WorldChange>, Trouble> {
    let label = |key: &str| Label::new(t(Lang::Zh, key), t(Lang::En, key));
    let english = args.name_en.clone().unwrap_or_else(|| args.name.clone());
    let name = Label::new(args.name.clone(), english);
    let valid = Validity::since(today);
    let kind = if args.division.ends_with("00") { "city" } else { "county" };
    let root = UnitId::from(args.division.clone());
    let government = Label::new(
        tf(Lang::Zh, "cli.unit_government", &[("name", &name.zh)]),
        tf(Lang::En, "cli.unit_government", &[("name", &name.en)]),
    );
    let unit = |id: UnitId, kind: &str, name: Label, parent: Option<UnitId>, functions: &[&str]| Unit {
        id,
        kind: Code::new(kind),
        name,
        parent,
        functions: functions.iter().map(Code::new).collect(),
        valid,
        successor: None,
        has_accounts: true,
    };
    let post = |id: PostId, unit: UnitId, kind: &str, key: &str| Post {
        id,
        unit,
        kind: Code::new(kind),
        name: label(key),
        valid,
    };
    let (sealed, draft) = Engine::seal(&args.admin)?;
    let person = WorldChange {
        event: WorldEvent::PersonPut(Person { id: ADMIN.into(), name: sealed }),
        texts: vec![(format!("person/{ADMIN}"), draft)],
        files: Vec::new(),
    };
    let appointed =
        Appointment { person: ADMIN.into(), post: CLERK.into(), valid, acting_for: None };
    let created = Created {
        root: root.clone(),
        division: Code::new(&args.division),
        name: name.clone(),
        last_resort: CLERK.into(),
    };
    let leader = PostId::from(format!("{}.leader", args.division));
    let office = label("cli.unit_supervision");
    Ok(vec![
        WorldEvent::Created(created).into(),
        WorldEvent::UnitPut(unit(root.clone(), kind, government, None, &["leadership"])).into(),
        WorldEvent::UnitPut(unit(
            SUPERVISION.into(),
            "department",
            office,
            Some(root.clone()),
            &["supervision", "dispatch"],
        ))
        .into(),
        WorldEvent::PostPut(post(leader, root, "leader", "cli.post_leader")).into(),
        WorldEvent::PostPut(post("supervision.head".into(), SUPERVISION.into(), "head", "cli.post_head")).into(),
        WorldEvent::PostPut(post(CLERK.into(), SUPERVISION.into(), "clerk", "cli.post_clerk")).into(),
        person,
        WorldEvent::Appointed(appointed).into(),
        WorldEvent::SettingSet(SettingSet { key: Code::new("demo"), value: false.into() }).into(),
    ])
}

fn generate() -> Result<String, Trouble> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| Trouble::new("verify.no_randomness"))?;
    let letters = bytes.iter().filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()));
    Ok(letters.map(|letter| char::from(*letter)).collect())
}

fn from_stdin() -> Result<String, Trouble> {
    let mut text = String::new();
    // A password is short; a file given by mistake is not read to its end.
    std::io::stdin().take(4096).read_to_string(&mut text).map_err(Trouble::file("-".as_ref()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// A division code of GB/T 2260: six digits.
fn division(text: &str) -> Result<String, String> {
    if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err(text.to_owned())
    }
}

/// A sign-in name: what can be typed anywhere.
fn login(text: &str) -> Result<String, String> {
    let fits = (1..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if fits { Ok(text.to_owned()) } else { Err(text.to_owned()) }
}
