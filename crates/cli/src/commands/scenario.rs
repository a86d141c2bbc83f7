//! `bihuan scenario`: runs the scenarios of packs over a simulated clock.

use std::path::PathBuf;

use bihuan_diagnostics::{json, terminal};
use bihuan_mechanism::scenario;
use serde_json::json;

use super::packs;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(required = true, value_name = "PACK")]
    packs: Vec<PathBuf>,
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let given = packs::load(&args.packs, term)?;
    let wanted: Vec<_> = given
        .loaded
        .packs
        .iter()
        .flat_map(|pack| &pack.scenarios)
        .filter(|scenario| given.files_given.contains(&scenario.file))
        .collect();
    if wanted.is_empty() {
        return Err(Trouble::new("cli.scenario_none"));
    }
    let bar = term.progress("cli.scenario_running", u64::try_from(wanted.len()).ok());
    let mut outcomes = Vec::new();
    for scenario in wanted {
        let outcome = scenario::run(scenario, &given.loaded);
        bar.inc(1);
        let named = |text: &String| {
            [
                &outcome.id,
                &outcome.file,
                &outcome.mechanism,
                &outcome.label.zh,
                &outcome.label.en,
            ]
            .iter()
            .any(|name| name.contains(text.as_str()))
        };
        if args.filter.as_ref().is_none_or(named) {
            outcomes.push(outcome);
        }
    }
    bar.finish_and_clear();
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    if args.json {
        let outcomes: Vec<_> = outcomes
            .iter()
            .map(|outcome| {
                let story: Vec<_> = outcome
                    .story
                    .iter()
                    .map(|h| json!({ "at": h.at.to_string(), "case": h.case, "event": h.event, "stage": h.stage, "holder": h.holder }))
                    .collect();
                json!({
                    "id": outcome.id,
                    "label": outcome.label,
                    "file": outcome.file,
                    "mechanism": outcome.mechanism,
                    "passed": outcome.passed(),
                    "findings": json::render(&outcome.findings, &given.files),
                    "story": story,
                    "figures": outcome.figures.iter().map(|(id, value, holds)| json!({ "id": id, "value": value, "holds": holds })).collect::<Vec<_>>(),
                })
            })
            .collect();
        term.json(&json!({ "failed": failed, "scenarios": outcomes }));
    } else {
        for outcome in &outcomes {
            let name = format!("{} ({})", outcome.label.get(term.lang), outcome.id);
            if outcome.passed() {
                term.say(
                    "cli.scenario_passed",
                    &[("name", &name), ("steps", &outcome.story.len())],
                );
            } else {
                term.say("cli.scenario_failed", &[("name", &name)]);
                let text =
                    terminal::render(&outcome.findings, &given.files, term.lang, term.out_is_terminal());
                term.raw(text.as_bytes());
            }
        }
        term.say(
            "cli.scenario_summary",
            &[("n", &outcomes.len()), ("failed", &failed)],
        );
    }
    Ok(if failed == 0 { Exit::Fine } else { Exit::Faults })
}
