//! `bihuan report process`: the real course of a mechanism's cases, and what it has in common with `bihuan mine`.

use std::path::PathBuf;

use bihuan_domain::id::MechanismId;
use bihuan_engine::Engine;
use bihuan_engine::access::Sight;
use bihuan_engine::process::{Held, Labels, Process};
use bihuan_messages::{t, tf};
use bihuan_process::{EventLog, Figures, Told, lasting, share};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::office;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

/// Lines of each list; the rest is summed up, or told in JSON.
const SHOWN: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long, value_name = "MECHANISM")]
    mechanism: Option<String>,
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let engine = office::open(&args.data)?;
    let views = engine.views()?;
    let wanted = match &args.mechanism {
        Some(name) => vec![office::mechanism(&engine, name)?],
        None => {
            let counts = views.counts_by_mechanism(&bihuan_engine::views::Filter::default())?;
            counts.into_iter().map(|(id, _)| id).collect()
        }
    };
    let bar = term.progress("process.counting", u64::try_from(wanted.len()).ok());
    let mut told = Vec::new();
    for id in wanted {
        let process = Process::of(&views, &id, &Sight::All)?;
        if args.json {
            told.push(as_json(&engine, &id, &process, term));
        } else {
            bar.suspend(|| lines(&engine, &id, &process, term));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if args.json {
        let head = views.log().head()?;
        term.json(&json!({
            "as_of": engine.now(),
            "log": { "size": head.size, "root": head.root.hex() },
            "mechanisms": told,
        }));
    }
    Ok(Exit::Fine)
}

fn as_json(engine: &Engine, id: &MechanismId, process: &Process, term: &Term) -> Value {
    fn held<Id: std::fmt::Display>(key: &str, list: &[Held<Id>], as_of: Timestamp) -> Vec<Value> {
        list.iter()
            .map(|one| {
                json!({
                    key: one.id.to_string(), "of": one.unit, "cases": one.cases, "wait": one.wait,
                    "now": one.now, "oldest_seconds": one.oldest(as_of),
                })
            })
            .collect()
    }
    let mechanisms = engine.mechanisms();
    let labels = Labels::new(&mechanisms, &[], term.lang);
    let stages: serde_json::Map<String, Value> = process
        .log
        .activity_names()
        .iter()
        .map(|stage| (stage.to_owned(), json!(labels.stage(id, &stage.into()))))
        .collect();
    json!({
        "mechanism": id,
        "stages": stages,
        "figures": Told::new(&process.log, &process.figures).without_holders(),
        "posts": held("post", &process.posts, engine.now()),
        "units": held("unit", &process.units, engine.now()),
    })
}

fn lines(engine: &Engine, id: &MechanismId, process: &Process, term: &Term) {
    let (mechanisms, world) = (engine.mechanisms(), engine.world());
    let labels = Labels::new(&mechanisms, &[], term.lang);
    let name = mechanisms
        .current(id)
        .map_or_else(|| id.to_string(), |known| known.label.get(term.lang).to_owned());
    term.line("");
    term.line(format!("■ {name}"));
    let stage = |code: &str| labels.stage(id, &code.into());
    let figures = &process.figures;
    head(figures, ("process.head", "process.throughput"), term);
    told(&process.log, figures, &stage, term);
    if !process.units.is_empty() {
        term.say("process.by_unit", &[]);
    }
    for one in &process.units {
        let unit = world.org.units.get(&one.id);
        let name = unit.map_or_else(|| one.id.to_string(), |unit| unit.name.get(term.lang).to_owned());
        let oldest = lasting(one.oldest(engine.now()), term.lang);
        let now = if one.now > 0 {
            tf(term.lang, "process.now", &[("n", &one.now), ("oldest", &oldest)])
        } else {
            String::new()
        };
        let wait = &one.wait;
        term.line(holder_line(&name, one.cases, wait, term) + &now);
    }
}

/// The figures of a log, the wait by holder included.
pub(super) fn show(log: &EventLog, figures: &Figures, term: &Term) {
    // Which of another system's cases go on nobody says.
    head(
        figures,
        ("process.head_foreign", "process.throughput_foreign"),
        term,
    );
    told(log, figures, &str::to_owned, term);
    let any = figures.holders.iter().any(|one| one.holder.is_some());
    if !any {
        return;
    }
    term.say("process.by_holder", &[]);
    for one in figures.holders.iter().take(SHOWN) {
        let name = match one.holder {
            Some(holder) => log.holder_names().text(holder),
            None => t(term.lang, "process.nobody"),
        };
        term.line(holder_line(name, one.cases, &one.wait, term));
    }
    rest(figures.holders.len(), term);
}

fn holder_line(name: &str, cases: u64, wait: &bihuan_process::Spread, term: &Term) -> String {
    let time = |seconds| lasting(seconds, term.lang);
    tf(
        term.lang,
        "process.holder",
        &[
            ("holder", &name),
            ("cases", &cases),
            ("median", &time(wait.median)),
            ("p90", &time(wait.p90)),
            ("sum", &time(wait.sum)),
        ],
    )
}

/// How many there are and how long they took, in the words of these keys.
fn head(figures: &Figures, (head, throughput): (&str, &str), term: &Term) {
    let time = |seconds| lasting(seconds, term.lang);
    term.say(
        head,
        &[
            ("events", &figures.events),
            ("cases", &figures.cases),
            ("open", &figures.open),
        ],
    );
    let all = figures.throughput;
    if all.n > 0 {
        term.say(
            throughput,
            &[
                ("n", &all.n),
                ("median", &time(all.median)),
                ("mean", &time(all.mean)),
                ("p90", &time(all.p90)),
            ],
        );
    }
}

fn told(log: &EventLog, figures: &Figures, name: &dyn Fn(&str) -> String, term: &Term) {
    let lang = term.lang;
    let time = |seconds| lasting(seconds, lang);
    let one = |activity: u32| name(log.activity_names().text(activity));
    let way = |activities: &[u32]| {
        activities
            .iter()
            .map(|activity| one(*activity))
            .collect::<Vec<_>>()
            .join(" → ")
    };
    term.say("process.variants", &[("n", &figures.variants.len())]);
    for variant in figures.variants.iter().take(SHOWN) {
        let n = variant.count();
        term.line(format!(
            "  {n:>7}  {:>6}  {}",
            share(n, figures.cases),
            way(&variant.activities)
        ));
    }
    rest(figures.variants.len(), term);
    if !figures.follows.is_empty() {
        term.say("process.follows", &[]);
    }
    for follow in figures.follows.iter().take(SHOWN) {
        let wait = &follow.wait;
        term.say(
            "process.follow",
            &[
                ("n", &format!("{:>7}", wait.n)),
                ("from", &one(follow.from)),
                ("to", &one(follow.to)),
                ("median", &time(wait.median)),
                ("mean", &time(wait.mean)),
                ("p90", &time(wait.p90)),
            ],
        );
    }
    rest(figures.follows.len(), term);
    if figures.loops.is_empty() {
        term.say("process.no_loops", &[]);
    } else {
        term.say("process.loops", &[]);
    }
    for back in figures.loops.iter().take(SHOWN) {
        let mut activities = back.activities.clone();
        activities.extend(back.activities.first());
        term.say(
            "process.loop",
            &[
                ("way", &way(&activities)),
                ("times", &back.times),
                ("cases", &back.count()),
                ("sum", &time(back.seconds)),
            ],
        );
    }
    rest(figures.loops.len(), term);
}

fn rest(all: usize, term: &Term) {
    if let Some(more) = all.checked_sub(SHOWN).filter(|more| *more > 0) {
        term.say("process.more", &[("n", &more)]);
    }
}
