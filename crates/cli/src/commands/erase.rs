//! `bihuan erase`: a case, a person or one row of a register, for good.
//!
//! With `--as` it follows the access policy of the pages, a second person included; without, it is carried out by whoever
//! has the machine, whose account of the operating system is recorded as it states itself.

use std::path::PathBuf;

use bihuan_engine::Engine;
use bihuan_engine::access::Task;
use bihuan_engine::erase::{Outcome, REASONS, Subject};

use super::office;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "SUBJECT")]
    subject: String,
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long, value_name = "REASON", value_parser = REASONS)]
    reason: String,
    #[arg(long = "as", value_name = "LOGIN")]
    login: Option<String>,
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let engine = office::open(&args.data)?;
    let subject = Subject::find(&engine, &args.subject)?.to_string();
    if !args.yes {
        return Err(Trouble::new("cli.erase_yes").with("subject", &subject));
    }
    match &args.login {
        Some(login) => as_account(&engine, login, &subject, &args.reason, term),
        None => {
            engine.erase(&office::at_the_machine(), &subject, &args.reason)?;
            term.say("cli.erase_done", &[("subject", &subject)]);
            Ok(Exit::Fine)
        }
    }
}

/// Asks in the name of an account; where somebody else has asked already, confirms.
fn as_account(
    engine: &Engine,
    login: &str,
    subject: &str,
    reason: &str,
    term: &Term,
) -> Result<Exit, Trouble> {
    let actor = office::acting_as(engine, login, Task::ConfirmErasure)?;
    let world = engine.world();
    let waiting = world.erasures.iter().find(|(_, erasure)| {
        let others = erasure.asked.0.person != actor.person;
        erasure.ended.is_none() && erasure.subject.as_str() == subject && others
    });
    if let Some((n, _)) = waiting {
        engine.confirm_erasure(&actor, *n)?;
        term.say("cli.erase_done", &[("subject", &subject)]);
        return Ok(Exit::Fine);
    }
    match engine.ask_erasure(&actor, subject, reason)? {
        Outcome::Done(_) => term.say("cli.erase_done", &[("subject", &subject)]),
        Outcome::Waits(n) => term.say("cli.erase_waits", &[("subject", &subject), ("n", &n)]),
    }
    Ok(Exit::Fine)
}
