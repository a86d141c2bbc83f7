//! `bihuan witness`: two Bihuan confirm to each other that their logs only grow. Requests and answers are texts that travel by
//! file, by pipe or with curl.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use bihuan_ledger::{Ledger, NotCosigned, PublicKey, WITNESS_REQUEST_BYTES_MAX, Witness};
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
    Trust {
        #[arg(value_name = "KEY")]
        key: String,
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    Request {
        #[arg(value_name = "KEY")]
        witness: String,
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        #[arg(long, value_name = "N")]
        since: Option<u64>,
    },
    Cosign {
        #[arg(value_name = "FILE")]
        request: PathBuf,
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    Keep {
        #[arg(value_name = "FILE")]
        answer: PathBuf,
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    List {
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    match &args.what {
        What::Trust { key, data } => {
            let key: PublicKey = key.parse()?;
            desk(data)?.1.trust(&key)?;
            term.say("cli.witness_trusted", &[("origin", &key.name())]);
        }
        What::Request { witness, data, since } => {
            let (ledger, desk) = desk(data)?;
            let request = desk.request(&*ledger.reader()?, &witness.parse()?, *since)?;
            term.raw(request.to_string().as_bytes());
        }
        What::Cosign { request, data } => {
            let request = text(request)?.parse()?;
            match desk(data)?.1.cosign(&request, Timestamp::now()) {
                Ok(cosignature) => term.line(cosignature),
                Err(NotCosigned::Fault(error)) => return Err(error.into()),
                Err(refused) => {
                    term.aside(term.text(&refused.message()));
                    return Ok(Exit::Faults);
                }
            }
        }
        What::Keep { answer, data } => {
            let kept = desk(data)?.1.keep(&text(answer)?)?;
            let at = kept.at;
            term.say(
                "cli.witness_kept",
                &[
                    ("witness", &kept.witness),
                    ("size", &kept.checkpoint.size),
                    ("at", &at),
                ],
            );
        }
        What::List { data } => return list(data, term),
    }
    Ok(Exit::Fine)
}

fn list(data: &Path, term: &Term) -> Result<Exit, Trouble> {
    let mut exit = Exit::Fine;
    for log in desk(data)?.1.witnessed()? {
        term.say(
            "cli.witness_log",
            &[("key", &log.public_key), ("size", &log.size)],
        );
        for (seen, shown) in log.refused {
            exit = Exit::Faults;
            term.say(
                "cli.witness_refused",
                &[("seen", &seen.size), ("shown", &shown.size)],
            );
            term.line(seen);
            term.line(shown);
        }
    }
    Ok(exit)
}

fn desk(data: &Path) -> Result<(Ledger, Witness), Trouble> {
    let ledger = Ledger::open(&places::one_ledger(data)?)?;
    let desk = Witness::open(&ledger)?;
    Ok((ledger, desk))
}

/// The text of a file, or of standard input for `-`.
fn text(file: &Path) -> Result<String, Trouble> {
    let limit = u64::try_from(WITNESS_REQUEST_BYTES_MAX).unwrap_or(u64::MAX);
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|source| source.take(limit).read_to_string(&mut text))
    };
    read.map_err(Trouble::file(file))?;
    Ok(text)
}
