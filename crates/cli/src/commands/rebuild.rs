//! `bihuan rebuild`: makes the read models anew from the log.

use std::path::PathBuf;

use bihuan_engine::views;
use bihuan_ledger::Ledger;
use jiff::Timestamp;

use super::places;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    for dir in places::ledgers(&args.data)? {
        let ledger = Ledger::open(&dir)?;
        // The lease: a running server would go on from read models that are being emptied.
        let mut writer = ledger.writer()?;
        let reader = ledger.reader()?;
        let entries = reader.head()?.size;
        let bar = term.progress("cli.rebuilding", Some(entries));
        let batch = writer.begin(Timestamp::now())?;
        views::rebuild(batch.connection(), &reader, &mut |done| bar.set_position(done))?;
        batch.commit()?;
        bar.finish_and_clear();
        term.say("cli.rebuilt", &[("entries", &entries), ("data", &dir.display())]);
    }
    Ok(Exit::Fine)
}
