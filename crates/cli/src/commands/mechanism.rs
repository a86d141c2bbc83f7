//! `bihuan mechanism`: what a mechanism says, in words.

use std::path::PathBuf;

use bihuan_domain::mechanism::{ClockSpec, Mechanism, Risk};
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
    },
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let (What::List { packs } | What::Show { packs, .. }) = &args.what;
    let loaded = match packs.is_empty() {
        true => bihuan_mechanism::load(&bihuan_sim::packs::as_one()),
        false => packs::load(packs, term)?.loaded,
    };
    let mechanisms: Vec<_> = loaded.packs.iter().flat_map(|pack| &pack.mechanisms).collect();
    match &args.what {
        What::List { .. } => {
            for m in mechanisms {
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
        What::Show { mechanism, .. } => {
            let found = mechanisms
                .iter()
                .find(|m| m.id.as_str() == mechanism || m.number == *mechanism);
            let Some(found) = found else {
                let known: Vec<&str> = mechanisms.iter().map(|m| m.id.as_str()).collect();
                return Err(Trouble::new("cli.no_mechanism")
                    .with("found", mechanism)
                    .with("known", known.join(" ")));
            };
            show(found, term);
        }
    }
    Ok(Exit::Fine)
}

fn show(m: &Mechanism, term: &Term) {
    let lang = term.lang;
    term.say(
        "cli.mechanism_head",
        &[
            ("number", &m.number),
            ("label", &m.label.get(lang)),
            ("id", &m.id),
            ("pack", &m.pack),
        ],
    );
    term.line(m.purpose.get(lang));
    term.say("cli.mechanism_source", &[("source", &m.source.get(lang))]);
    if let Some(clock) = &m.clock {
        term.say("cli.mechanism_case_clock", &[("limit", &limit(m, clock, term))]);
    }
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
    term.say("cli.mechanism_stages", &[]);
    for stage in &m.stages {
        let role = stage.holder.as_ref().and_then(|role| m.roles.get(role));
        let holder = role.map(|role| tf(lang, "cli.mechanism_holder", &[("role", &role.label.get(lang))]));
        let clock = stage.clock.as_ref().map(|clock| {
            let ladder = m
                .ladders
                .get(&clock.ladder)
                .map_or(clock.ladder.as_str(), |l| l.label.get(lang));
            tf(
                lang,
                "cli.mechanism_clock",
                &[("limit", &limit(m, clock, term)), ("ladder", &ladder)],
            )
        });
        let (holder, clock) = (holder.unwrap_or_default(), clock.unwrap_or_default());
        term.say(
            "cli.mechanism_stage",
            &[
                ("label", &stage.label.get(lang)),
                ("id", &stage.id),
                ("holder", &holder),
                ("clock", &clock),
            ],
        );
        for step in &stage.steps {
            let guard = step
                .when_text
                .as_ref()
                .map(|when| tf(lang, "cli.mechanism_guard", &[("when", when)]));
            let to = m
                .stage(&step.to)
                .map_or(step.to.as_str(), |stage| stage.label.get(lang));
            term.say(
                "cli.mechanism_step",
                &[
                    ("label", &step.label.get(lang)),
                    ("id", &step.id),
                    ("to", &to),
                    ("guard", &guard.unwrap_or_default()),
                ],
            );
        }
    }
    term.say("cli.mechanism_closing", &[("says", &m.closing.says.get(lang))]);
    for (risk, way) in &m.closing.verify {
        let risk = match risk {
            Risk::Ordinary => "ordinary",
            Risk::Major => "major",
        };
        term.say("cli.mechanism_way", &[("risk", &risk), ("way", &way.name())]);
    }
    if let Some(look) = &m.closing.look_back {
        let after = look.after.limit.label();
        term.say(
            "cli.mechanism_look_back",
            &[
                ("num", &look.num),
                ("den", &look.den),
                ("after", &after.get(lang)),
            ],
        );
    }
    for ladder in m.ladders.values() {
        term.say(
            "cli.mechanism_ladder",
            &[("label", &ladder.label.get(lang)), ("id", &ladder.id)],
        );
        for (n, rung) in ladder.rungs.iter().enumerate() {
            let role = m
                .roles
                .get(&rung.to)
                .map_or(rung.to.as_str(), |role| role.label.get(lang));
            let label = rung.limit.limit.label();
            term.say(
                "cli.mechanism_rung",
                &[
                    ("n", &n.saturating_add(1)),
                    ("label", &rung.label.get(lang)),
                    ("role", &role),
                    ("limit", &label.get(lang)),
                ],
            );
        }
    }
}

fn limit(m: &Mechanism, clock: &ClockSpec, term: &Term) -> String {
    m.limit_label(clock).get(term.lang).to_owned()
}
