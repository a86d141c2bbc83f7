//! `bihuan mechanism`: what a mechanism says, in words and as a picture, and what it asks of people.

mod burden;
mod diff;

use std::path::PathBuf;

use bihuan_domain::mechanism::Mechanism;
use bihuan_mechanism::{Names, diagram};
use bihuan_messages::tf;

use super::packs;
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
        #[arg(long, value_name = "PACK")]
        packs: Vec<PathBuf>,
    },
    Show {
        #[arg(value_name = "MECHANISM")]
        mechanism: String,
        #[arg(long, value_name = "PACK")]
        packs: Vec<PathBuf>,
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        #[arg(long, conflicts_with = "svg")]
        text: bool,
    },
    Burden {
        #[arg(value_name = "MECHANISM")]
        mechanism: Option<String>,
        #[arg(long, value_name = "PACK")]
        packs: Vec<PathBuf>,
        #[arg(long, value_name = "N")]
        cases: Option<u32>,
        #[arg(long)]
        json: bool,
    },
    Diff {
        #[arg(value_name = "OLD")]
        old: PathBuf,
        #[arg(value_name = "NEW")]
        new: PathBuf,
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let packs = match &args.what {
        What::List { packs } | What::Show { packs, .. } | What::Burden { packs, .. } => packs,
        What::Diff { old, new, data, json } => return diff::run(old, new, data.as_deref(), *json, term),
    };
    let loaded = match packs.is_empty() {
        true => bihuan_mechanism::load(&bihuan_sim::packs::as_one()),
        false => packs::load(packs, term)?.loaded,
    };
    let mechanisms: Vec<_> = loaded.packs.iter().flat_map(|pack| &pack.mechanisms).collect();
    let found = |name: &String| {
        let found = mechanisms
            .iter()
            .find(|m| m.id.as_str() == name || m.number == *name);
        found.ok_or_else(|| {
            let known: Vec<&str> = mechanisms.iter().map(|m| m.id.as_str()).collect();
            Trouble::new("cli.no_mechanism")
                .with("found", name)
                .with("known", known.join(" "))
        })
    };
    match &args.what {
        What::List { .. } => {
            for m in &mechanisms {
                term.say(
                    "cli.mechanism_row",
                    &[
                        ("number", &m.number),
                        ("id", &m.id),
                        ("label", &m.label.get(term.lang)),
                    ],
                );
            }
        }
        What::Show { mechanism, svg, .. } => {
            let (found, names) = (found(mechanism)?, Names::of(&loaded.packs));
            match svg {
                Some(path) => std::fs::write(path, diagram::svg(found, &names, term.lang))
                    .map_err(Trouble::file(path))?,
                None => show(found, &names, term),
            }
        }
        What::Burden {
            mechanism,
            cases,
            json,
            ..
        } => {
            let one = mechanism.as_ref().map(found).transpose()?;
            burden::show(&loaded, one.map(|m| m.as_ref()), *cases, *json, term);
        }
        // Answered above: it has packs of its own.
        What::Diff { .. } => {}
    }
    Ok(Exit::Fine)
}

/// The picture in words, then what a case is asked for.
fn show(m: &Mechanism, names: &Names, term: &Term) {
    let lang = term.lang;
    term.raw(diagram::text(m, names, lang).as_bytes());
    term.say("cli.mechanism_source", &[("source", &m.source.get(lang))]);
    term.say("cli.mechanism_fields", &[]);
    for field in &m.fields {
        let needed = if field.required {
            tf(lang, "cli.mechanism_needed", &[])
        } else {
            String::new()
        };
        term.say(
            "cli.mechanism_field",
            &[
                ("label", &field.label.get(lang)),
                ("id", &field.id),
                ("needed", &needed),
            ],
        );
    }
}
