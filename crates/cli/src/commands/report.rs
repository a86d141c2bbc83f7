//! `bihuan report`: bulletins of a data directory.

use std::path::{Path, PathBuf};

use bihuan_domain::id::BulletinId;
use bihuan_engine::Engine;
use bihuan_engine::access::Task;
use bihuan_engine::bulletin::{self, Drafting, Scope, UnitOrder};
use jiff::civil::Date;
use serde_json::json;

use super::office;
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
    Draft {
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Date,
        #[arg(long, value_name = "YYYY-MM-DD")]
        to: Date,
        #[arg(long = "as", value_name = "LOGIN")]
        login: String,
    },
    Verify {
        #[arg(value_name = "NUMBER|FILE")]
        which: Option<String>,
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long)]
        json: bool,
    },
    Assess(super::assess::Args),
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    match &args.what {
        What::List { data, json } => {
            let world = office::open(data)?.world();
            if *json {
                let list: Vec<_> = world.bulletins.values().collect();
                term.json(&json!({ "bulletins": list }));
            } else if world.bulletins.is_empty() {
                term.say("cli.report_none", &[]);
            }
            for bulletin in world.bulletins.values().filter(|_| !json) {
                let state = match (&bulletin.signed, &bulletin.issued) {
                    (_, Some(_)) => "cli.report_issued",
                    (Some(_), None) => "cli.report_signed",
                    (None, None) => "cli.report_drafted",
                };
                let state = bihuan_messages::t(term.lang, state);
                let draft = &bulletin.draft;
                let number = draft
                    .number
                    .as_ref()
                    .map_or(draft.bulletin.as_str(), |number| number.text.as_str());
                term.say(
                    "cli.report_row",
                    &[
                        ("id", &number),
                        ("from", &draft.from),
                        ("to", &draft.to),
                        ("state", &state),
                    ],
                );
            }
            Ok(Exit::Fine)
        }
        What::Draft {
            data,
            from,
            to,
            login,
        } => {
            let engine = office::open(data)?;
            let actor = office::acting_as(&engine, login, Task::Run)?;
            let scope = Scope {
                from: *from,
                to: *to,
                mechanisms: Vec::new(),
                order: UnitOrder::default(),
                sections: Vec::new(),
            };
            let drafting = Drafting {
                scope,
                signer: None,
                remarks: Vec::new(),
            };
            let key = format!("cli/{from}/{to}/{}", engine.now().as_second());
            let id = bulletin::draft(&engine, &actor, &key, drafting)?;
            let world = engine.world();
            let signer = world
                .bulletins
                .get(&id)
                .and_then(|b| world.org.posts.get(&b.draft.signer));
            let signer = signer
                .map(|post| post.name.get(term.lang).to_owned())
                .unwrap_or_default();
            term.say("cli.report_draft_done", &[("id", &id), ("signer", &signer)]);
            Ok(Exit::Fine)
        }
        What::Assess(args) => super::assess::run(args, term),
        What::Verify { which, data, json } => {
            let engine = office::open(data)?;
            let ids = match which {
                None => engine.world().bulletins.keys().cloned().collect(),
                Some(which) => match meant(&engine, which)? {
                    Some(id) => vec![id],
                    None => {
                        if *json {
                            term.json(&json!({ "bulletins": [], "unknown": which }));
                        } else {
                            term.say("cli.report_unknown", &[("what", which)]);
                        }
                        return Ok(Exit::Faults);
                    }
                },
            };
            let (mut exit, mut all) = (Exit::Fine, Vec::new());
            for id in ids {
                let found = bulletin::verify(&engine, &id)?;
                if !found.holds() {
                    exit = Exit::Faults;
                }
                if *json {
                    all.push(json!({ "bulletin": id, "holds": found.holds(), "recheck": found }));
                } else if found.holds() {
                    term.say("cli.report_holds", &[("id", &id)]);
                } else {
                    let first = found
                        .differences
                        .first()
                        .map(|d| format!("{}: {} ≠ {}", d.at, d.stored, d.recomputed));
                    let what = first.unwrap_or_else(|| found.root.clone());
                    term.say("cli.report_fails", &[("id", &id), ("what", &what)]);
                }
            }
            if *json {
                term.json(&json!({ "bulletins": all }));
            }
            Ok(exit)
        }
    }
}

/// The bulletin that a number, a code or a file means: a file only where it is byte for byte what the ledger gives out.
fn meant(engine: &Engine, which: &str) -> Result<Option<BulletinId>, Trouble> {
    let world = engine.world();
    let named = world.bulletins.values().find(|bulletin| {
        let number = bulletin.draft.number.as_ref();
        bulletin.draft.bulletin.as_str() == which || number.is_some_and(|number| number.text == which)
    });
    if let Some(bulletin) = named {
        return Ok(Some(bulletin.draft.bulletin.clone()));
    }
    let path = Path::new(which);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(Trouble::file(path))?;
    Ok(bulletin::of_file(engine, &bytes)?)
}
