//! `bihuan erase`: a case, a person or one row of a register, for good.

use std::path::PathBuf;

use bihuan_domain::id::{CaseId, PersonId, RegisterId, RowId};
use bihuan_engine::{Engine, custody};

use super::office;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "SUBJECT")]
    subject: String,
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let engine = office::open(&args.data)?;
    exists(&engine, &args.subject)?;
    if !args.yes {
        return Err(Trouble::new("cli.erase_yes").with("subject", &args.subject));
    }
    engine.erase(&args.subject)?;
    term.say("cli.erase_done", &[("subject", &args.subject)]);
    Ok(Exit::Fine)
}

/// Refuses what is not there: an erasure that hits nothing would look like one that was done.
fn exists(engine: &Engine, subject: &str) -> Result<(), Trouble> {
    let bad = || Trouble::new("cli.erase_bad").with("subject", subject);
    let (kind, code) = subject.split_once('/').ok_or_else(bad)?;
    let world = engine.world();
    let found = match (kind, code.split_once('/')) {
        ("case", None) => {
            let id = code.parse().map(CaseId).map_err(|_| bad())?;
            engine.views()?.state(id)?.is_some()
        }
        ("person", None) => world.org.persons.contains_key(&PersonId::from(code)),
        ("register", None) => world.registers.count(&RegisterId::from(code)) > 0,
        ("register", Some((register, row))) => {
            let (register, row) = (RegisterId::from(register), RowId::from(row));
            let own = custody::row_subject(engine.mechanisms().register(&register), &register, &row);
            let known = world.registers.row(&register, &row).is_some();
            if known && own != subject {
                return Err(Trouble::new("cli.erase_shared").with("register", register));
            }
            known
        }
        _ => false,
    };
    if found { Ok(()) } else { Err(bad()) }
}
