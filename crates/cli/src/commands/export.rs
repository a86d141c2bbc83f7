//! `bihuan export`: a mechanism's ledger as CSV or XLSX.

use std::io::IsTerminal;
use std::path::PathBuf;

use bihuan_engine::access::Task;
use bihuan_engine::access::{self, Sight};
use bihuan_engine::export::{self, Asked};
use clap::ValueEnum;

use super::office;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Csv,
    Xlsx,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "MECHANISM")]
    mechanism: String,
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long, value_enum, default_value = "csv", hide_possible_values = true)]
    format: Format,
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[arg(long = "as", value_name = "LOGIN")]
    login: Option<String>,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    if args.output.is_none() && matches!(args.format, Format::Xlsx) && std::io::stdout().is_terminal() {
        return Err(Trouble::new("cli.export_needs_file"));
    }
    let engine = office::open(&args.data)?;
    let mechanism = office::mechanism(&engine, &args.mechanism)?;
    // Whoever may read the data directory may see all of it; with --as, what that person sees.
    let sight = match &args.login {
        Some(login) => access::sight(
            &engine.world(),
            &office::acting_as(&engine, login, Task::Run)?.person,
            engine.now(),
        ),
        None => Sight::All,
    };
    let asked = Asked {
        mechanism: Some(mechanism),
        ..Asked::default()
    };
    let sheet = export::ledger(&engine, &sight, &asked, term.lang)?;
    let rows = sheet.rows.len();
    let bytes = match args.format {
        Format::Csv => bihuan_report::csv::render(&sheet),
        Format::Xlsx => bihuan_report::xlsx::render(&[sheet], term.lang),
    }
    .map_err(|error| Trouble::new("cli.plain").with("what", error))?;
    match &args.output {
        Some(path) => {
            std::fs::write(path, bytes).map_err(Trouble::file(path))?;
            term.say("cli.export_done", &[("n", &rows), ("path", &path.display())]);
        }
        None => term.raw(&bytes),
    }
    Ok(Exit::Fine)
}
