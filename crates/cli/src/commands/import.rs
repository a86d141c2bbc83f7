//! `bihuan import`: an existing ledger, once with a mapping, afterwards only what changed.

use std::path::PathBuf;

use bihuan_engine::access::Task;
use bihuan_engine::import::{self, Options, RowError};
use bihuan_ledger::BLOB_BYTES_MAX;

use super::office;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[arg(long, value_name = "MECHANISM")]
    mechanism: String,
    #[arg(long = "as", value_name = "LOGIN")]
    login: String,
    #[arg(long, value_name = "COLUMN=FIELD")]
    map: Vec<String>,
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    #[arg(long, value_name = "NAME")]
    ledger: Option<String>,
    #[arg(long, value_name = "Y")]
    year: Option<i16>,
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let meta = std::fs::metadata(&args.file).map_err(Trouble::file(&args.file))?;
    if usize::try_from(meta.len()).unwrap_or(usize::MAX) > BLOB_BYTES_MAX {
        let mib = |bytes: u64| bytes / (1024 * 1024);
        let limit = u64::try_from(BLOB_BYTES_MAX).unwrap_or(0);
        return Err(Trouble::new("cli.import_too_large")
            .with("path", args.file.display())
            .with("found", mib(meta.len()))
            .with("limit", mib(limit)));
    }
    let bytes = std::fs::read(&args.file).map_err(Trouble::file(&args.file))?;
    let engine = office::open(&args.data)?;
    let actor = office::acting_as(&engine, &args.login, Task::Run)?;
    let mechanism = office::mechanism(&engine, &args.mechanism)?;
    let name = args
        .file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let options = Options {
        table: args.table.clone(),
        map: args.map.clone(),
        year: args.year,
        ledger: args.ledger.clone(),
    };
    let prepared = import::prepare(&engine, &actor, &mechanism, &name, &bytes, &options)
        .map_err(|stop| Trouble::new("cli.plain").with("what", stop.text(term.lang)))?;
    if let Some(path) = &args.errors {
        let plan = &prepared.plan;
        let csv = import::errors_csv(&prepared.table, &plan.ledger, &plan.errors(), term.lang)
            .map_err(|error| Trouble::new("cli.plain").with("what", error))?;
        std::fs::write(path, csv).map_err(Trouble::file(path))?;
    }
    let wrong = prepared.plan.summary.wrong > 0 || !prepared.plan.blockers.is_empty();
    let exit = if wrong { Exit::Faults } else { Exit::Fine };
    if args.dry_run || !prepared.plan.blockers.is_empty() {
        if args.json {
            term.json(&prepared.plan);
        } else {
            prepared
                .plan
                .blockers
                .iter()
                .for_each(|blocker| term.line(term.text(blocker)));
            wrong_rows(&prepared.plan.errors(), term);
            term.line(prepared.plan.text(term.lang));
        }
        return Ok(exit);
    }
    let bar = term.progress("cli.importing", u64::try_from(prepared.plan.rows.len()).ok());
    let report = import::apply(&engine, &actor, &prepared.plan, &mut |progress| {
        bar.set_position(u64::try_from(progress.done).unwrap_or(0));
    });
    bar.finish_and_clear();
    import::remember(&engine, &actor, &mechanism, &prepared.table, &prepared.mapping)?;
    if args.json {
        term.json(&report);
    } else {
        wrong_rows(&report.errors(), term);
        term.line(report.text(term.lang));
    }
    Ok(if report.errors().is_empty() {
        exit
    } else {
        Exit::Faults
    })
}

/// What is wrong, row by row as the file numbers them.
fn wrong_rows(errors: &[(u32, &[RowError])], term: &Term) {
    for (row, errors) in errors {
        for error in *errors {
            term.say(
                "cli.import_row",
                &[("row", row), ("what", &error.text(term.lang))],
            );
        }
    }
}
