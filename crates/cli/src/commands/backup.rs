//! `bihuan backup`: a verified copy of a data directory, also while the server runs; the keys apart.

use std::path::{Path, PathBuf};

use bihuan_engine::Accounts;
use bihuan_ledger::{BackupPlan, backup};
use jiff::Timestamp;

use super::places;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    #[arg(long, value_name = "DIR")]
    previous: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let ledgers = places::ledgers(&args.data)?;
    let mut exit = Exit::Fine;
    for dir in &ledgers {
        // Several side by side are backed up side by side.
        let beside = |place: &Path| match dir.file_name() {
            Some(name) if *dir != args.data => place.join(name),
            _ => place.to_owned(),
        };
        let to = beside(&args.to);
        let (keys, previous) = (
            args.keys.as_deref().map(beside),
            args.previous.as_deref().map(beside),
        );
        let plan = BackupPlan {
            from: dir,
            to: &to,
            keys: keys.as_deref(),
            previous: previous.as_deref(),
        };
        let bar = term.progress("cli.backing_up", None);
        let made = backup(&plan, Timestamp::now(), &mut |progress| {
            bar.set_position(progress.done);
        })?;
        let accounts = match &keys {
            Some(keys) => Accounts::back_up(dir, keys)?,
            None => false,
        };
        bar.finish_and_clear();
        term.say(
            "cli.backup_done",
            &[
                ("data", &dir.display()),
                ("to", &to.display()),
                ("entries", &made.manifest.checkpoint.size),
                ("files", &made.manifest.files),
                ("bytes", &made.manifest.bytes),
            ],
        );
        if made.report.sound() {
            term.say("cli.backup_verified", &[]);
        } else {
            // What can be saved is saved, and what is wrong is told.
            for line in made.report.lines() {
                term.line(term.text(&line));
            }
            exit = Exit::Faults;
        }
        match &keys {
            Some(keys) => {
                term.say("cli.backup_keys", &[("keys", &keys.display())]);
                if accounts {
                    term.say("cli.backup_accounts", &[]);
                }
                term.remark("cli.backup_keys_apart", &[]);
            }
            None => term.remark("cli.backup_no_keys", &[]),
        }
    }
    Ok(exit)
}
