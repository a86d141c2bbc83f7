//! `bihuan verify`: proves a data directory offline, beside a running server or without one.

use std::path::{Path, PathBuf};

use bihuan_engine::views;
use bihuan_ledger::{Known, Ledger, PublicKey, Receipt};
use serde_json::json;

use super::places;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long)]
    views: bool,
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[arg(long, value_name = "FILE")]
    receipt: Vec<PathBuf>,
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let mut exit = Exit::Fine;
    let mut reports = Vec::new();
    for dir in places::ledgers(&args.data)? {
        let (sound, report) = one(&dir, args, term)?;
        if !sound {
            exit = Exit::Faults;
        }
        reports.push(report);
    }
    if args.json {
        term.json(&json!({ "ledgers": reports }));
    }
    Ok(exit)
}

/// A receipt that somebody kept.
fn receipt(file: &Path) -> Result<Receipt, Trouble> {
    let text = std::fs::read_to_string(file).map_err(Trouble::file(file))?;
    serde_json::from_str(&text).map_err(|error| {
        Trouble::new("cli.no_receipt")
            .with("file", file.display())
            .with("why", error)
    })
}

fn one(dir: &Path, args: &Args, term: &Term) -> Result<(bool, serde_json::Value), Trouble> {
    let mut known = Known::default();
    if let Some(key) = &args.key {
        let ledger = Ledger::open(dir)?;
        // The key that a third party noted down is compared with the one that signs here.
        if ledger.public_key().to_string() != *key {
            return Err(Trouble::new("cli.other_key")
                .with("found", ledger.public_key())
                .with("expected", key));
        }
        known.public_key = Some(PublicKey::clone(ledger.public_key()));
    }
    for file in &args.receipt {
        known.receipts.push(receipt(file)?);
    }
    let bar = term.progress("cli.verifying", Some(0));
    let report = bihuan_ledger::verify(dir, &known, &mut |progress| {
        if let Some(total) = progress.total {
            bar.set_length(total);
        }
        bar.set_position(progress.done);
    })?;
    bar.finish_and_clear();
    if !args.json {
        term.line(dir.display());
        for line in report.lines() {
            term.line(term.text(&line));
        }
    }
    let mut sound = report.sound();
    let mut value = json!({ "data": dir.display().to_string(), "sound": sound, "report": report });
    // A log that does not hold is nothing to rebuild read models from.
    if args.views && sound {
        let bar = term.progress("cli.comparing_views", Some(report.size));
        let reader = Ledger::open(dir)?.reader()?;
        let differences = views::compare(&reader, &mut |done| bar.set_position(done))?;
        bar.finish_and_clear();
        sound = differences.is_empty();
        if !args.json {
            match differences.first() {
                None => term.say("cli.views_equal", &[]),
                Some(first) => term.say(
                    "cli.views_differ",
                    &[("table", &first.table), ("n", &differences.len())],
                ),
            }
        }
        if let Some(map) = value.as_object_mut() {
            map.insert("views_equal".to_owned(), json!(sound));
            map.insert("differences".to_owned(), json!(differences));
        }
    }
    Ok((sound, value))
}
