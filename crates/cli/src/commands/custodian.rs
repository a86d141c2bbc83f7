//! `bihuan custodian`: a custodian's key, its registration, and the opening of what was encrypted to it.
//!
//! Making a key and opening run on the custodian's own computer and need no data directory.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use bihuan_domain::id::{CaseId, Code};
use bihuan_engine::access::Task;
use bihuan_engine::custody::{self, Parcel};
use bihuan_ledger::custody::{Error, Locked, Private, Public};
use serde_json::json;

use super::init::from_stdin;
use super::office;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

/// Fewer characters are guessed by trying.
const PASSPHRASE_CHARS_MIN: usize = 12;

/// A downloaded file has a few values of at most some 200 KB each.
const PARCEL_BYTES_MAX: u64 = 16 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Key {
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[arg(long)]
        passphrase_stdin: bool,
    },
    Register {
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long, value_name = "CODE")]
        function: String,
        #[arg(long, value_name = "KEY")]
        public: String,
        #[arg(long = "as", value_name = "LOGIN")]
        login: Option<String>,
    },
    Open(Open),
}

#[derive(Debug, clap::Args)]
struct Open {
    #[arg(value_name = "FILE", conflicts_with_all = ["data", "case"])]
    parcel: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[arg(long, value_name = "N")]
    case: Option<u64>,
    #[arg(long)]
    passphrase_stdin: bool,
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    match &args.what {
        What::Key {
            out,
            passphrase_stdin,
        } => key(out, *passphrase_stdin, term),
        What::Register {
            data,
            function,
            public,
            login,
        } => register(data, &Code::new(function), public, login.as_deref(), term),
        What::Open(args) => open(args, term),
    }
}

fn key(out: &Path, passphrase_stdin: bool, term: &Term) -> Result<Exit, Trouble> {
    let passphrase = passphrase_stdin.then(from_stdin).transpose()?;
    if passphrase
        .as_ref()
        .is_some_and(|text| text.chars().count() < PASSPHRASE_CHARS_MIN)
    {
        return Err(Trouble::new("cli.custodian_short"));
    }
    let key = Private::generate().map_err(unfit)?;
    key.write_file(out, passphrase.as_deref())?;
    let (public, fingerprint) = (key.public(), key.public().fingerprint());
    term.say("cli.custodian_public", &[("public", &public)]);
    term.say("cli.custodian_fingerprint", &[("fingerprint", &fingerprint)]);
    term.say("cli.custodian_written", &[("path", &out.display())]);
    if passphrase.is_none() {
        term.remark("cli.custodian_plain", &[]);
    }
    Ok(Exit::Fine)
}

fn register(
    data: &Path,
    function: &Code,
    public: &str,
    login: Option<&str>,
    term: &Term,
) -> Result<Exit, Trouble> {
    let public = Public::from_str(public).map_err(unfit)?;
    let engine = office::open(data)?;
    let actor = match login {
        Some(login) => office::acting_as(&engine, login, Task::RegisterKey(function))?,
        None => office::at_the_machine(),
    };
    custody::register(&engine, &actor, function, &public)?;
    let custodian = custody::custodian(&engine.world(), function, engine.now());
    let (who, fingerprint) = (custodian.name.get(term.lang), public.fingerprint());
    term.say(
        "cli.custodian_registered",
        &[("who", &who), ("fingerprint", &fingerprint)],
    );
    Ok(Exit::Fine)
}

fn open(args: &Open, term: &Term) -> Result<Exit, Trouble> {
    let parcel = match (&args.parcel, &args.data, args.case) {
        (Some(path), _, _) => read(path)?,
        (None, Some(data), Some(case)) => from_data(data, CaseId(case))?,
        _ => return Err(Trouble::new("cli.custodian_which")),
    };
    if parcel.values.is_empty() {
        return Err(Trouble::new("cli.custodian_nothing"));
    }
    let text = std::fs::read_to_string(&args.key).map_err(Trouble::file(&args.key))?;
    let passphrase = args.passphrase_stdin.then(from_stdin).transpose()?;
    let key = Private::from_file(&text, passphrase.as_deref()).map_err(unfit)?;
    let mut opened = serde_json::Map::new();
    for (field, locked) in &parcel.values {
        let text = Locked::from_str(locked)
            .and_then(|locked| key.open(&locked))
            .map_err(unfit)?;
        if !args.json {
            term.say("cli.custodian_value", &[("field", field), ("text", &text)]);
        }
        opened.insert(field.to_string(), text.into());
    }
    if args.json {
        term.json(&json!({ "case": parcel.case, "values": opened }));
    }
    Ok(Exit::Fine)
}

/// A file that was downloaded from a case page.
fn read(path: &Path) -> Result<Parcel, Trouble> {
    let not_one = || Trouble::new("cli.custodian_not_parcel").with("path", path.display());
    let bytes = std::fs::metadata(path).map_err(Trouble::file(path))?.len();
    if bytes > PARCEL_BYTES_MAX {
        return Err(not_one());
    }
    let text = std::fs::read(path).map_err(Trouble::file(path))?;
    let parcel: Parcel = serde_json::from_slice(&text).map_err(|_| not_one())?;
    if parcel.what == Parcel::WHAT {
        Ok(parcel)
    } else {
        Err(not_one())
    }
}

/// The values of one case in a data directory, such as a copy of the server's.
fn from_data(data: &Path, case: CaseId) -> Result<Parcel, Trouble> {
    let engine = office::open(data)?;
    let views = engine.views()?;
    let state = views.state(case)?;
    let state = state.ok_or_else(|| Trouble::new("cli.custodian_no_case").with("case", case))?;
    Ok(Parcel::of(&views, &state, None)?)
}

fn unfit(error: Error) -> Trouble {
    Trouble(error.message())
}
