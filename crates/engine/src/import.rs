//! Import of existing ledgers (台账导入): a sheet's columns are mapped once and remembered, a dry run shows row by row what
//! would happen, and a second import changes only what changed. Not a reader of files: that is `bihuan_reader::table`.
//!
//! A program calls [`prepare`] (file to plan, nothing written), shows [`Prepared::plan`], and, unless it is a dry run,
//! [`apply`] with a progress callback and then [`remember`]. [`errors_csv`] gives the rows that could not be taken back
//! as a file, with a column that says what is wrong with each. Pages do the same in steps: [`inspect`], [`propose`],
//! [`plan`], [`apply`]. `--map` arguments are read by [`Mapping::set`]: `列名=字段`, `列名=字段@万元`, `=值=字段`.
//!
//! Every row becomes one command under a key made from the ledger's name and the row's own key, so that an import that
//! was interrupted or sent twice goes on where it was and never doubles anything. Rows that vanished from the sheet are
//! listed and never deleted; a cell that was emptied says nothing; what was changed in the system since the last import
//! stays as it is unless the sheet itself changed.

mod apply;
mod mapping;
mod matching;
mod outcome;
mod plan;
mod reading;
mod report;
mod units;
mod values;

use bihuan_domain::id::MechanismId;
use bihuan_domain::org::Actor;
use bihuan_messages::Message;
use bihuan_reader::table;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::Failure;

pub use bihuan_reader::table::Table;

pub use apply::{Progress, apply};
pub use mapping::{Assigned, Mapping, Target, digest, propose, remember, targets};
pub use plan::{Change, Outcome, Plan, RowError, RowPlan, Shown, Summary, UnitRead, Vanished, plan};
pub use report::{Did, DoneRow, Report, errors_csv};

/// A table of a file, for choosing among several.
#[derive(Clone, Debug, Serialize)]
pub struct TableInfo {
    /// Its place in the file, from 0.
    pub index: usize,
    /// Its sheet.
    pub sheet: String,
    /// Whether the sheet is hidden.
    pub hidden: bool,
    /// What stands above it.
    pub title: Option<String>,
    /// Row of its header.
    pub header_row: u32,
    /// Its columns, each with up to three samples.
    pub columns: Vec<ColumnInfo>,
    /// How many rows of data it has.
    pub rows: usize,
    /// Rows that are no data.
    pub skipped: Vec<table::Skipped>,
    /// What to know about the file.
    pub notes: Vec<Message>,
}

/// A column of a table.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnInfo {
    /// Its letter.
    pub letter: String,
    /// Its header.
    pub header: String,
    /// The first cells with content.
    pub samples: Vec<String>,
}

/// What an import from a program is asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which table: its number from 1, the name of its sheet, or its title. The first one where absent.
    pub table: Option<String>,
    /// `--map` arguments, see [`Mapping::set`].
    pub map: Vec<String>,
    /// The year of dates without one.
    pub year: Option<i16>,
    /// The ledger's name; from its title or file name where absent. The same name is the same ledger.
    pub ledger: Option<String>,
}

/// A file that was read and planned; nothing has been written.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The table.
    pub table: Table,
    /// How its columns were understood.
    pub mapping: Mapping,
    /// What would happen.
    pub plan: Plan,
}

/// Why an import did not come to a plan.
#[derive(Debug)]
pub enum Stop {
    /// The file or an argument; the message says how to mend it.
    Told(Message),
    /// A refusal or a fault.
    Failed(Failure),
}

impl Stop {
    /// What a person is told.
    pub fn text(&self, lang: bihuan_messages::Lang) -> String {
        match self {
            Stop::Told(message) => message.text(lang),
            Stop::Failed(failure) => failure.text(lang),
        }
    }
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(error.into())
    }
}

/// The tables of a file, for a person to choose from.
///
/// # Errors
///
/// One sentence that says what the file is and what to do.
pub fn inspect(bytes: &[u8]) -> Result<Vec<TableInfo>, Message> {
    let tables = read(bytes)?;
    Ok(tables
        .iter()
        .enumerate()
        .map(|(index, table)| info(index, table))
        .collect())
}

/// The tables of a file with all their rows.
///
/// # Errors
///
/// As for [`inspect`].
pub fn read(bytes: &[u8]) -> Result<Vec<Table>, Message> {
    table::read(bytes).map_err(|unreadable| unreadable.message())
}

/// A file to a plan: reads it, takes the remembered or proposed mapping, changes it as asked, and plans. Blocks.
///
/// # Errors
///
/// [`Stop::Told`] for the file and the arguments, [`Stop::Failed`] for what the engine refuses.
pub fn prepare(
    engine: &Engine,
    actor: &Actor,
    mechanism: &MechanismId,
    file_name: &str,
    bytes: &[u8],
    options: &Options,
) -> Result<Prepared, Stop> {
    let tables = read(bytes).map_err(Stop::Told)?;
    let table = choose(tables, options.table.as_deref())?;
    let mut mapping = propose(engine, mechanism, file_name, &table)?;
    for argument in &options.map {
        mapping
            .set(engine, mechanism, &table, argument)
            .map_err(Stop::Told)?;
    }
    mapping.year = options.year.or(mapping.year);
    if let Some(ledger) = &options.ledger {
        mapping.ledger = mapping::ledger_name(ledger);
    }
    let plan = plan(engine, actor, mechanism, &table, &mapping)?;
    Ok(Prepared { table, mapping, plan })
}

fn choose(tables: Vec<Table>, wanted: Option<&str>) -> Result<Table, Stop> {
    let names: Vec<String> = tables
        .iter()
        .enumerate()
        .map(|(n, table)| name_of(n, table))
        .collect();
    let place = match wanted.map(str::trim) {
        None => Some(0),
        Some(wanted) => match wanted.parse::<usize>() {
            Ok(number) => number.checked_sub(1).filter(|place| *place < tables.len()),
            Err(_) => tables
                .iter()
                .position(|table| table.sheet == wanted || table.title.as_deref() == Some(wanted)),
        },
    };
    let unknown = || {
        let message = Message::new("import.no_such_table").with("found", wanted.unwrap_or_default());
        Stop::Told(message.with("known", names.join("、")))
    };
    place
        .and_then(|place| tables.into_iter().nth(place))
        .ok_or_else(unknown)
}

fn name_of(index: usize, table: &Table) -> String {
    let title = table.title.as_deref().unwrap_or_default();
    format!("{}. {} {title}", index.saturating_add(1), table.sheet)
        .trim_end()
        .to_owned()
}

/// The information of one table.
pub fn info(index: usize, table: &Table) -> TableInfo {
    let samples = |place: usize| {
        let cells = table
            .rows
            .iter()
            .filter_map(|row| row.cells.get(place))
            .filter(|cell| !cell.is_empty());
        cells
            .take(3)
            .map(|cell| cell.text().chars().take(60).collect())
            .collect()
    };
    TableInfo {
        index,
        sheet: table.sheet.clone(),
        hidden: table.hidden,
        title: table.title.clone(),
        header_row: table.header_row,
        columns: table
            .columns
            .iter()
            .enumerate()
            .map(|(place, column)| ColumnInfo {
                letter: column.letter.clone(),
                header: column.header.clone(),
                samples: samples(place),
            })
            .collect(),
        rows: table.rows.len(),
        skipped: table.skipped.clone(),
        notes: table.notes.clone(),
    }
}
