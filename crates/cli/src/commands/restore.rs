//! `bihuan restore`: a data directory from a backup, as a new epoch of the log; what was erased since does not come back.

use std::path::PathBuf;
use std::sync::Arc;

use bihuan_engine::erase::REAPPLIED;
use bihuan_engine::time::SystemTime;
use bihuan_engine::{Accounts, Engine};
use bihuan_ledger::{Checkpoint, Erasure, RestorePlan, read_erasures, restore};
use jiff::Timestamp;

use super::{kept, office};
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long, value_name = "FILE|DIR")]
    erasures: Vec<PathBuf>,
    #[arg(long, value_name = "FILE")]
    kept: Vec<PathBuf>,
    #[arg(long)]
    with_faults: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let origin = bihuan_ledger::read_manifest(&args.from)?
        .public_key
        .name()
        .to_owned();
    // Read before anything is made: a list that cannot be read must not be found out about afterwards.
    let mut lists = Vec::new();
    for place in &args.erasures {
        lists.extend(read_erasures(place, &origin)?);
    }
    let mut kept_checkpoints: Vec<Checkpoint> = Vec::new();
    for file in &args.kept {
        kept_checkpoints.extend(kept::read(file)?.checkpoint().cloned());
    }
    let plan = RestorePlan {
        backup: &args.from,
        keys: &args.keys,
        to: &args.data,
        kept: kept_checkpoints,
        faults: args.with_faults,
    };
    let bar = term.progress("cli.restoring", None);
    let restored = restore(&plan, Timestamp::now(), &mut |progress| {
        bar.set_position(progress.done);
    })?;
    let accounts = Accounts::back_up(&args.keys, restored.dir())?;
    // Opening makes the read models anew from the log.
    let (engine, _) = Engine::open(restored.dir(), Arc::new(SystemTime))?;
    let known = engine.ledger().reader()?.erasures()?;
    let again = |erasure: &&Erasure| {
        !known
            .iter()
            .any(|done| done.subject == erasure.subject && done.at == erasure.at)
    };
    let mut subjects: Vec<&str> = lists
        .iter()
        .filter(again)
        .map(|one| one.subject.as_str())
        .collect();
    subjects.sort_unstable();
    subjects.dedup();
    for subject in &subjects {
        engine.erase(&office::at_the_machine(), subject, REAPPLIED)?;
    }
    let head = engine.ledger().reader()?.head()?;
    let (from, lost) = (restored.from.clone(), restored.lost.clone());
    drop(engine);
    restored.finish()?;
    bar.finish_and_clear();
    term.say(
        "cli.restore_done",
        &[
            ("data", &args.data.display()),
            ("entries", &from.size),
            ("at", &from.at),
            ("epoch", &head.epoch),
        ],
    );
    match lost {
        Some(lost) => {
            let n = lost.size.saturating_sub(from.size);
            term.say("cli.restore_lost", &[("n", &n), ("from", &from.size)]);
        }
        None => term.say("cli.restore_later", &[]),
    }
    if args.erasures.is_empty() {
        term.remark("cli.restore_no_list", &[("at", &from.at)]);
    } else {
        term.say("cli.restore_erased", &[("n", &subjects.len())]);
    }
    if !accounts {
        term.remark("cli.restore_no_accounts", &[]);
    }
    term.say("cli.restore_next", &[("data", &args.data.display())]);
    Ok(Exit::Fine)
}
