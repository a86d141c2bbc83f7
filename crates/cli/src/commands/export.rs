//! `bihuan export`: a mechanism's ledger as CSV or XLSX, or its course as an event log.

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use bihuan_engine::Engine;
use bihuan_engine::access::Task;
use bihuan_engine::access::{self, Sight};
use bihuan_engine::export::{self, Asked};
use bihuan_engine::process::{self, Labels};
use bihuan_process::flat;
use clap::ValueEnum;

use super::office;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

/// The name that stands for every mechanism in an event log.
const ALL: &str = "all";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Csv,
    Xlsx,
    Ocel,
    CsvEvents,
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
    // Whoever may read the data directory may see all of it; with --as, what that person sees.
    let sight = match &args.login {
        Some(login) => access::sight(
            &engine.world(),
            &office::acting_as(&engine, login, Task::Run)?.person,
            engine.now(),
        ),
        None => Sight::All,
    };
    if matches!(args.format, Format::Ocel | Format::CsvEvents) {
        return events(args, &engine, &sight, term);
    }
    let mechanism = office::mechanism(&engine, &args.mechanism)?;
    let asked = Asked {
        mechanism: Some(mechanism),
        ..Asked::default()
    };
    let sheet = export::ledger(&engine, &sight, &asked, term.lang)?;
    let rows = sheet.rows.len();
    let bytes = match args.format {
        Format::Csv => bihuan_report::csv::render(&sheet),
        _ => bihuan_report::xlsx::render(&[sheet], term.lang),
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

/// The course of a mechanism's cases, or of all, as an event log.
fn events(args: &Args, engine: &Engine, sight: &Sight, term: &Term) -> Result<Exit, Trouble> {
    let wanted = match args.mechanism.as_str() {
        ALL => Vec::new(),
        name => vec![office::mechanism(engine, name)?],
    };
    let bar = term.progress("process.counting", None);
    let courses = process::courses(&engine.views()?, &wanted, sight)?;
    let mechanisms = engine.mechanisms();
    let labels = Labels::new(&mechanisms, &courses, term.lang);
    let written = |out: &mut dyn Write| -> std::io::Result<usize> {
        if matches!(args.format, Format::Ocel) {
            let ocel = process::ocel(&courses, &engine.world(), &labels);
            ocel.write(&mut *out)?;
            out.flush()?;
            Ok(ocel.events().len())
        } else {
            let rows = process::flat(&courses, &labels);
            flat::write(&rows, &mut *out)?;
            Ok(rows.len())
        }
    };
    let done = match &args.output {
        Some(path) => {
            let file = File::create(path).map_err(Trouble::file(path))?;
            let n = written(&mut BufWriter::new(file)).map_err(Trouble::file(path))?;
            Some((n, path))
        }
        // A reader that went away (`| head`) is not a fault.
        None => {
            let _ = written(&mut BufWriter::new(std::io::stdout().lock()));
            None
        }
    };
    bar.finish_and_clear();
    if let Some((n, path)) = done {
        term.say(
            "process.exported",
            &[("n", &n), ("cases", &courses.len()), ("path", &path.display())],
        );
    }
    Ok(Exit::Fine)
}
