//! The binary `bihuan`: parses the command line, runs one command, answers with an exit code. Not the work itself.
//!
//! 0: done, nothing wrong. 1: faults were found. 2: could not run. One command, one file under `commands/`.

mod args;
mod commands;
mod help;
mod term;
mod trouble;

use std::process::ExitCode;

use term::Term;

fn main() -> ExitCode {
    let words: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let lang = help::language(&words, std::env::var("BIHUAN_LANG").ok().as_deref());
    let term = Term::new(lang);
    let cli = match help::parse(words, lang) {
        Ok(cli) => cli,
        Err(answer) => return answer.give(&term),
    };
    match commands::run(cli.command, &term) {
        Ok(exit) => exit.into(),
        Err(trouble) => {
            term.trouble(&trouble);
            term::Exit::CouldNot.into()
        }
    }
}
