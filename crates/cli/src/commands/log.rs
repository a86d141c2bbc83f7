//! `bihuan log`: what others need to check the log: the whole as a bundle, receipts, the list of erasures.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use bihuan_ledger::{Ledger, erasure_list, export_bundle, national_checkpoint};
use jiff::Timestamp;

use super::places;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Export {
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    Head {
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long)]
        national: bool,
    },
    Receipt {
        #[arg(value_name = "N")]
        seq: u64,
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    Erasures {
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    match &args.what {
        What::Export { data, output } => export(data, output, term)?,
        What::Head {
            data,
            national: false,
        } => {
            term.raw(open(data)?.reader()?.head()?.to_string().as_bytes());
        }
        What::Head { data, national: true } => {
            let (checkpoint, key) = national_checkpoint(&open(data)?, Timestamp::now())?;
            term.raw(checkpoint.to_string().as_bytes());
            term.remark("cli.national_key", &[("key", &key)]);
        }
        What::Receipt { seq, data } => term.json(&open(data)?.reader()?.receipt(*seq)?),
        What::Erasures { data } => term.line(erasure_list(&*open(data)?.reader()?)?),
    }
    Ok(Exit::Fine)
}

fn open(data: &Path) -> Result<Ledger, Trouble> {
    Ok(Ledger::open(&places::one_ledger(data)?)?)
}

fn export(data: &Path, output: &Path, term: &Term) -> Result<(), Trouble> {
    let ledger = open(data)?;
    let reader = ledger.reader()?;
    let file = std::fs::File::create_new(output).map_err(Trouble::file(output))?;
    let mut out = BufWriter::new(file);
    let bar = term.progress("cli.exporting_log", Some(reader.head()?.size));
    let mut done = 0;
    export_bundle(&reader, &mut out, &mut |progress| {
        done = progress.done;
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    out.flush().map_err(Trouble::file(output))?;
    term.say("cli.log_exported", &[("n", &done), ("path", &output.display())]);
    Ok(())
}
