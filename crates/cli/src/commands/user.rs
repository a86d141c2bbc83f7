//! `bihuan user`: accounts of a data directory, and the posts of their people.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bihuan_domain::calendar::date_of;
use bihuan_domain::event::WorldEvent;
use bihuan_domain::id::{Code, PostId, UnitId};
use bihuan_domain::org::{Actor, Appointment, Post, Unit, Validity};
use bihuan_engine::time::SystemTime;
use bihuan_engine::{Accounts, Engine, WorldChange, people};
use bihuan_messages::{Label, Lang, t};
use serde_json::json;

use super::init::{from_stdin, login};
use super::places;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    List {
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long)]
        json: bool,
    },
    Add(Add),
    Password {
        #[arg(value_name = "LOGIN")]
        login: String,
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long)]
        password_stdin: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    #[arg(value_name = "LOGIN", value_parser = login)]
    login: String,
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "CODE")]
    unit: String,
    #[arg(long, value_name = "NAME")]
    unit_name: Option<String>,
    #[arg(long, value_name = "CODE", default_value = "department")]
    kind: String,
    #[arg(long, value_name = "CODE", default_value = "clerk")]
    post: String,
    #[arg(long)]
    password_stdin: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    match &args.what {
        What::List { data, json } => list(data, *json, term),
        What::Add(add) => self::add(add, term),
        What::Password {
            login,
            data,
            password_stdin,
        } => {
            let dir = places::one_ledger(data)?;
            let accounts = Accounts::open(&dir)?;
            let known = accounts
                .all()?
                .into_iter()
                .find(|account| account.login == *login);
            let Some(account) = known else {
                return Err(Trouble::new("cli.user_unknown").with("login", login));
            };
            let password = password(*password_stdin)?;
            accounts.put(login, &account.person, &password)?;
            tell(term, login, &password, *password_stdin);
            Ok(Exit::Fine)
        }
    }
}

fn list(data: &Path, as_json: bool, term: &Term) -> Result<Exit, Trouble> {
    let mut rows = Vec::new();
    for dir in places::ledgers(data)? {
        let world = read_world(&dir)?;
        for account in Accounts::open(&dir)?.all()? {
            let posts: Vec<String> = world
                .iter()
                .filter(|a| a.person == account.person)
                .map(|a| a.post.to_string())
                .collect();
            if !as_json {
                let shown = format!("{:<16}", account.login);
                term.say("cli.user_row", &[("login", &shown), ("posts", &posts.join(", "))]);
            }
            rows.push(json!({ "data": dir.display().to_string(), "login": account.login, "person": account.person, "posts": posts }));
        }
    }
    if as_json {
        term.json(&json!({ "accounts": rows }));
    }
    Ok(Exit::Fine)
}

/// The appointments in a log, read beside a running server.
fn read_world(dir: &Path) -> Result<Vec<Appointment>, Trouble> {
    let ledger = bihuan_ledger::Ledger::open(dir)?;
    let mut appointments = Vec::new();
    for entry in ledger.reader()?.stream("jurisdiction", 0)? {
        if entry.kind == "person.appointed"
            && let Ok(WorldEvent::Appointed(appointment)) =
                WorldEvent::read(&entry.kind, entry.version, entry.body)
        {
            appointments.push(appointment);
        }
    }
    Ok(appointments)
}

fn add(args: &Add, term: &Term) -> Result<Exit, Trouble> {
    let dir = places::one_ledger(&args.data)?;
    let accounts = Accounts::open(&dir)?;
    if accounts.all()?.iter().any(|account| account.login == args.login) {
        return Err(Trouble::new("cli.user_exists").with("login", &args.login));
    }
    let password = password(args.password_stdin)?;
    let (engine, _) = Engine::open(&dir, Arc::new(SystemTime))?;
    let world = engine.world();
    let valid = Validity::since(date_of(engine.now()));
    let mut changes: Vec<WorldChange> = Vec::new();
    let unit = UnitId::from(args.unit.as_str());
    match (world.org.units.contains_key(&unit), &args.unit_name) {
        (true, _) => {}
        (false, Some(name)) => changes.push(
            WorldEvent::UnitPut(Unit {
                id: unit.clone(),
                kind: Code::new(&args.kind),
                name: Label::new(name, name),
                parent: world.root.clone(),
                functions: Default::default(),
                valid,
                successor: None,
                has_accounts: true,
            })
            .into(),
        ),
        (false, None) => return Err(Trouble::new("cli.user_no_unit").with("unit", &args.unit)),
    }
    let post = PostId::from(format!("{}.{}", args.unit, args.post));
    if !world.org.posts.contains_key(&post) {
        let name = post_name(&engine, &args.post);
        let post = Post {
            id: post.clone(),
            unit,
            kind: Code::new(&args.post),
            name,
            valid,
        };
        changes.push(WorldEvent::PostPut(post).into());
    }
    let person = people::next_person(&world);
    changes.extend(people::appointing(&person, &args.name, &post, valid)?);
    engine.change(&Actor::system(), &format!("user-add/{person}"), changes)?;
    accounts.put(&args.login, &person, &password)?;
    term.say("cli.user_added", &[("login", &args.login), ("post", &post)]);
    tell(term, &args.login, &password, args.password_stdin);
    Ok(Exit::Fine)
}

/// The label that the packs give to a kind of post; the code where none does.
fn post_name(engine: &Engine, kind: &str) -> Label {
    let mechanisms = engine.mechanisms();
    let named = mechanisms
        .packs()
        .iter()
        .flat_map(|pack| &pack.post_kinds)
        .find(|(code, _)| code.as_str() == kind);
    match (named, kind) {
        (Some((_, label)), _) => label.clone(),
        (None, "clerk") => Label::new(t(Lang::Zh, "cli.post_clerk"), t(Lang::En, "cli.post_clerk")),
        _ => Label::new(kind, kind),
    }
}

fn password(stdin: bool) -> Result<String, Trouble> {
    let password = if stdin {
        from_stdin()?
    } else {
        bihuan_engine::password()?
    };
    if password.chars().count() < 8 {
        return Err(Trouble::new("cli.password_short"));
    }
    Ok(password)
}

fn tell(term: &Term, login: &str, password: &str, stdin: bool) {
    if stdin {
        term.say("cli.user_password_set", &[("login", &login)]);
    } else {
        term.say(
            "cli.user_password_done",
            &[("login", &login), ("password", &password)],
        );
    }
}
