//! `bihuan pack adopt`: a new version of a pack is checked, replayed, confirmed, adopted as an event, and open cases are
//! taken over by events.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::PathBuf;

use bihuan_diagnostics::{json, terminal};
use bihuan_domain::id::MechanismId;
use bihuan_engine::access::{self, Task};
use bihuan_engine::adoption::{Preview, as_json};
use bihuan_messages::{Lang, t};
use serde_json::json;

use super::office;
use super::proposal::{self, tell};
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Adopt(Adopt),
}

#[derive(Debug, clap::Args)]
struct Adopt {
    #[arg(required = true, value_name = "PACK")]
    folders: Vec<PathBuf>,
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long = "as", value_name = "LOGIN")]
    login: String,
    #[arg(long, value_name = "keep|recount", value_parser = ["keep", "recount"], hide_possible_values = true)]
    migrate: Option<String>,
    #[arg(long)]
    yes: bool,
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let What::Adopt(args) = &args.what;
    let engine = office::open(&args.data)?;
    let actor = office::acting_as(&engine, &args.login, Task::AdoptPacks)?;
    if !access::may(&engine.world(), &actor.post, Task::AdoptPacks) {
        return Err(Trouble::new("cli.pack_not_allowed").with("login", &args.login));
    }
    let proposal = proposal::read(&args.folders, &engine, term)?;
    if !proposal.is_sound() {
        if args.json {
            term.json(
                &json!({ "adopted": false, "findings": json::render(&proposal.findings, &proposal.files) }),
            );
        } else {
            let text = terminal::render(
                &proposal.findings,
                &proposal.files,
                term.lang,
                term.out_is_terminal(),
            );
            term.raw(text.as_bytes());
            term.line(terminal::summary(&proposal.findings, term.lang));
            term.say("cli.pack_refused", &[]);
        }
        return Ok(Exit::Faults);
    }
    let previews = engine.preview(&proposal.packs)?;
    let found = proposal.differences(&engine.mechanisms());
    if !args.json {
        tell(&found, &previews, term);
    }
    if !args.yes && !confirmed(term, "cli.pack_confirm") {
        return Err(Trouble::new("cli.pack_not_confirmed"));
    }
    let key = format!("pack-adopt/{}", engine.now().as_millisecond());
    engine.adopt(&actor, &key, &proposal.packs)?;
    let taken = match args.migrate.as_deref() {
        Some(way) => {
            // Also those of a version that was adopted before, without its cases.
            let mut mechanisms: BTreeSet<MechanismId> = proposal.mechanisms().cloned().collect();
            mechanisms.extend(with_cases(&previews));
            engine.migrate(&actor, &mechanisms, way == "recount")?
        }
        None => 0,
    };
    let names: Vec<String> = proposal.packs.keys().map(ToString::to_string).collect();
    if args.json {
        let mut answer = as_json(&found, &previews);
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("adopted".to_owned(), true.into());
            answer.insert("packs".to_owned(), json!(names));
            answer.insert("migrated".to_owned(), taken.into());
        }
        term.json(&answer);
    } else {
        term.say("cli.pack_adopted", &[("packs", &names.join(" "))]);
        if args.migrate.is_some() {
            term.say("cli.pack_migrated", &[("n", &taken)]);
        } else if !with_cases(&previews).is_empty() {
            term.say("cli.pack_not_migrated", &[]);
        }
    }
    Ok(Exit::Fine)
}

/// Mechanisms that change while cases run under them.
fn with_cases(previews: &[Preview]) -> BTreeSet<MechanismId> {
    let open = previews.iter().filter(|preview| preview.open > 0);
    open.map(|preview| preview.mechanism.clone()).collect()
}

/// Asks on standard error; anything but a yes is a no.
pub(super) fn confirmed(term: &Term, question: &str) -> bool {
    term.remark(question, &[]);
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line).is_err() {
        return false;
    }
    let answer = line.trim().to_lowercase();
    [Lang::Zh, Lang::En]
        .iter()
        .any(|lang| answer == t(*lang, "cli.word_yes"))
}
