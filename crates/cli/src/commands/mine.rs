//! `bihuan mine`: another system's event log in, its real course of work out.

use std::path::PathBuf;

use bihuan_process::{Charged, Columns, DateOrder, Figures, LIMIT_BYTES, Options, Read, Told, Unreadable};
use clap::ValueEnum;
use serde_json::json;

use super::process::show;
use crate::term::{Exit, Term};
use crate::trouble::{Trouble, file_message};

/// Rows that were left out and are named one by one.
const FAULTS_SHOWN: usize = 20;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Dates {
    Ymd,
    Dmy,
    Mdy,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[arg(long, value_name = "COLUMN")]
    case: Option<String>,
    #[arg(long, value_name = "COLUMN")]
    activity: Option<String>,
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    #[arg(long, value_name = "COLUMN")]
    resource: Option<String>,
    #[arg(
        long,
        value_enum,
        default_value = "ymd",
        value_name = "ymd|dmy|mdy",
        hide_possible_values = true
    )]
    dates: Dates,
    #[arg(long)]
    keeper: bool,
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let bytes = load(args)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        columns: Columns {
            case: args.case.clone(),
            activity: args.activity.clone(),
            time: args.time.clone(),
            holder: args.resource.clone(),
        },
        dates: match args.dates {
            Dates::Ymd => DateOrder::YearFirst,
            Dates::Dmy => DateOrder::DayFirst,
            Dates::Mdy => DateOrder::MonthFirst,
        },
        threads,
    };
    let charged = if args.keeper {
        Charged::Keeper
    } else {
        Charged::Doer
    };
    let bar = term.progress("process.reading", None);
    let read = bihuan_process::read(&bytes, &options)
        .map_err(|unreadable| Trouble::about(&args.file, &unreadable.message()));
    let counted = read.map(|read| {
        let figures = Figures::of(&read.log, charged, threads);
        (read, figures)
    });
    bar.finish_and_clear();
    let (read, figures) = counted?;
    if args.json {
        let faults: Vec<_> = read
            .faults
            .first
            .iter()
            .map(|fault| json!({ "row": fault.row, "column": fault.column.option().trim_start_matches('-'), "found": fault.found }))
            .collect();
        let columns: serde_json::Map<String, serde_json::Value> = read
            .columns
            .iter()
            .map(|(sort, name)| (sort.option().trim_start_matches('-').to_owned(), json!(name)))
            .collect();
        term.json(&json!({
            "columns": columns,
            "encoding": read.encoding,
            "charged_to": charged,
            "figures": Told::new(&read.log, &figures),
            "left_out": { "rows": read.faults.total, "first": faults },
        }));
    } else {
        let names: Vec<&str> = read.columns.iter().map(|(_, name)| name.as_str()).collect();
        term.say(
            "process.read_as",
            &[("encoding", &read.encoding), ("columns", &names.join(" | "))],
        );
        show(&read.log, &figures, term);
    }
    Ok(left_out(&read, term))
}

/// Names rows that were left out; that is a fault of the file.
fn left_out(read: &Read, term: &Term) -> Exit {
    if read.faults.total == 0 {
        return Exit::Fine;
    }
    term.remark("process.left_out", &[("n", &read.faults.total)]);
    for fault in read.faults.first.iter().take(FAULTS_SHOWN) {
        term.aside(format!("  {}", term.text(&fault.message())));
    }
    Exit::Faults
}

/// The bytes of the file; its size is looked at before it is loaded.
fn load(args: &Args) -> Result<Vec<u8>, Trouble> {
    let path = &args.file;
    let meta = std::fs::metadata(path).map_err(Trouble::file(path))?;
    if meta.is_dir() {
        let error = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(Trouble(file_message(path, &error)));
    }
    let bytes = usize::try_from(meta.len()).unwrap_or(usize::MAX);
    if bytes > LIMIT_BYTES {
        return Err(Trouble::about(path, &Unreadable::TooLarge { bytes }.message()));
    }
    std::fs::read(path).map_err(Trouble::file(path))
}
