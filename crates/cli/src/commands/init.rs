//! `bihuan init`: a new jurisdiction with its government, its supervision office and a first account.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use bihuan_domain::calendar::date_of;
use bihuan_domain::org::Actor;
use bihuan_engine::time::SystemTime;
use bihuan_engine::{Accounts, Engine, WorldChange};
use bihuan_messages::{Label, Lang, t};
use bihuan_sim::founding::Founding;
use bihuan_sim::packs;
use jiff::civil::Date;

use crate::term::{Exit, Term};
use crate::trouble::Trouble;

/// The first person, and the unit of the first account.
const ADMIN: &str = "p001";
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
    let (password, generated) = if args.password_stdin {
        (from_stdin()?, false)
    } else {
        (bihuan_engine::password()?, true)
    };
    if password.chars().count() < 8 {
        return Err(Trouble::new("cli.password_short"));
    }
    let engine = Engine::create(
        &args.data,
        &format!("{}.bihuan", args.division),
        Arc::new(SystemTime),
    )?;
    engine.change(&Actor::system(), "init", founding(args, date_of(engine.now()))?)?;
    let accounts = Accounts::open(&args.data)?;
    if generated {
        // It has stood on a screen: good for the first sign-in only.
        accounts.put_handed(&args.admin, &ADMIN.into(), &password)?;
    } else {
        accounts.put(&args.admin, &ADMIN.into(), &password)?;
    }
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

/// The first events: what no case can do without. Everything else is added through commands, pages and imports.
fn founding(args: &Args, today: Date) -> Result<Vec<WorldChange>, Trouble> {
    let label = |key: &str| Label::new(t(Lang::Zh, key), t(Lang::En, key));
    let english = args.name_en.clone().unwrap_or_else(|| args.name.clone());
    let name = Label::new(args.name.clone(), english);
    let root = args.division.as_str();
    let last_resort = format!("{SUPERVISION}.supervisor");
    let mut f = Founding::new(root, &args.division, name.clone(), &last_resort, today);
    f.unit(root, "county", name, None, &["leadership"]);
    f.post(root, "leader-01", "leader", label("cli.post_leader"));
    f.unit(
        SUPERVISION,
        "office",
        label("cli.unit_supervision"),
        Some(root),
        &["supervision", "dispatch"],
    );
    f.post(SUPERVISION, "head", "head", label("cli.post_head"));
    let admin = f.person(&args.admin)?;
    for (code, key) in [
        ("supervisor", "cli.post_supervisor"),
        ("dispatcher", "cli.post_dispatcher"),
        ("clerk", "cli.post_clerk"),
    ] {
        let post = f.post(SUPERVISION, code, code, label(key));
        f.appoint(&admin, &post);
    }
    f.also(packs::adoptions(&packs::all()));
    Ok(f.finish())
}

/// The first line of standard input.
pub(crate) fn from_stdin() -> Result<String, Trouble> {
    let mut text = String::new();
    // A password is short; a file given by mistake is not read to its end.
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .map_err(Trouble::file("-".as_ref()))?;
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
pub(crate) fn login(text: &str) -> Result<String, String> {
    let fits = (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if fits {
        Ok(text.to_owned())
    } else {
        Err(text.to_owned())
    }
}
