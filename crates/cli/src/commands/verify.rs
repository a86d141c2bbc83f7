//! `bihuan verify`: proves a data directory, a backup or an exported log offline, beside a running server or without one.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use bihuan_engine::views;
use bihuan_ledger::{Known, Ledger, NationalVerdict, Progress, Report, verify_bundle, verify_national};
use serde_json::json;

use super::kept::{self, Kept};
use super::places;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR", required_unless_present = "bundle")]
    data: Option<PathBuf>,
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "views"])]
    bundle: Option<PathBuf>,
    #[arg(long)]
    views: bool,
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[arg(long, value_name = "KEY")]
    national_key: Option<String>,
    #[arg(long, value_name = "FILE", alias = "receipt")]
    kept: Vec<PathBuf>,
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let mut exit = Exit::Fine;
    let mut reports = Vec::new();
    if let Some(file) = &args.bundle {
        let source = std::fs::File::open(file).map_err(Trouble::file(file))?;
        let bar = term.progress("cli.verifying", None);
        let mut progress = |progress: Progress| bar.set_position(progress.done);
        let report = verify_bundle(&mut BufReader::new(source), &known(args)?, &mut progress)?;
        bar.finish_and_clear();
        say(file, &report, args, term);
        if !report.sound() {
            exit = Exit::Faults;
        }
        reports
            .push(json!({ "bundle": file.display().to_string(), "sound": report.sound(), "report": report }));
    }
    let ledgers = args.data.as_deref().map(places::ledgers).transpose()?;
    for dir in ledgers.unwrap_or_default() {
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

/// What is known from elsewhere: the key that a third party noted down, and what somebody kept.
fn known(args: &Args) -> Result<Known, Trouble> {
    let mut known = Known::default();
    if let Some(key) = &args.key {
        known.public_key = Some(key.parse()?);
    }
    for file in &args.kept {
        match kept::read(file)? {
            Kept::Receipt(receipt) => known.receipts.push(*receipt),
            Kept::Checkpoint(checkpoint) => known.checkpoints.push(checkpoint),
            // Held against the entries themselves, see `national`.
            Kept::National(_) => {}
        }
    }
    Ok(known)
}

/// Says what was found, for a person.
fn say(place: &Path, report: &Report, args: &Args, term: &Term) {
    if !args.json {
        term.line(place.display());
        for line in report.lines() {
            term.line(term.text(&line));
        }
    }
}

/// Holds the log against the checkpoints of the national suite that were given, with the key that was noted down.
fn national(dir: &Path, args: &Args, term: &Term) -> Result<bool, Trouble> {
    let mut sound = true;
    for file in &args.kept {
        let Kept::National(checkpoint) = kept::read(file)? else {
            continue;
        };
        let key = args.national_key.as_deref();
        let key = key
            .ok_or_else(|| Trouble::new("cli.national_needs_key"))?
            .parse()?;
        let verdict = verify_national(&*Ledger::open(dir)?.reader()?, &checkpoint, &key)?;
        let key = match verdict {
            NationalVerdict::Holds => "cli.national_holds",
            NationalVerdict::NotSigned => "cli.national_not_signed",
            NationalVerdict::Shorter => "cli.national_shorter",
            NationalVerdict::Other => "cli.national_other",
        };
        sound &= verdict == NationalVerdict::Holds;
        term.remark(key, &[("size", &checkpoint.size)]);
    }
    Ok(sound)
}

fn one(dir: &Path, args: &Args, term: &Term) -> Result<(bool, serde_json::Value), Trouble> {
    let known = known(args)?;
    let bar = term.progress("cli.verifying", Some(0));
    let report = bihuan_ledger::verify(dir, &known, &mut |progress| {
        if let Some(total) = progress.total {
            bar.set_length(total);
        }
        bar.set_position(progress.done);
    })?;
    bar.finish_and_clear();
    say(dir, &report, args, term);
    let mut sound = report.sound();
    sound &= national(dir, args, term)?;
    let mut value = json!({ "data": dir.display().to_string(), "sound": sound, "report": report });
    // A log that does not hold is nothing to rebuild read models from.
    if args.views && sound {
        let bar = term.progress("cli.comparing_views", Some(report.size));
        let reader = Ledger::open(dir)?.reader()?;
        let filling = views::filling(reader.connection())?;
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
            for one in &filling {
                let far: [(&str, &dyn std::fmt::Display); 3] = [
                    ("mechanism", &one.mechanism),
                    ("done", &one.done),
                    ("of", &one.of),
                ];
                term.say("cli.views_filling", &far);
            }
        }
        if let Some(map) = value.as_object_mut() {
            map.insert("views_equal".to_owned(), json!(sound));
            map.insert("differences".to_owned(), json!(differences));
            map.insert("filling".to_owned(), json!(filling));
        }
    }
    Ok((sound, value))
}
