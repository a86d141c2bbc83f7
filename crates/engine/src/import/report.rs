//! What an import did, and the rows that it could not take, given back as a file.

use std::collections::BTreeMap;

use bihuan_domain::id::{CaseId, MechanismId};
use bihuan_messages::{Lang, Message, t, tf};
use bihuan_reader::table::Table;
use bihuan_report::csv::guard;
use serde::Serialize;

use super::plan::{Change, Outcome, Plan, RowError, RowPlan, Summary, Vanished};
use crate::answer::Answer;

/// What an import did.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The mechanism.
    pub mechanism: MechanismId,
    /// The ledger's name.
    pub ledger: String,
    /// Why nothing was done, where nothing could be.
    pub blockers: Vec<Message>,
    /// The rows, in the order of the sheet.
    pub rows: Vec<DoneRow>,
    /// Cases that no row of the sheet names any more; they were left as they are.
    pub vanished: Vec<Vanished>,
    /// Counts.
    pub summary: Summary,
}

/// A row and what it did.
#[derive(Clone, Debug, Serialize)]
pub struct DoneRow {
    /// Its number in the sheet.
    pub row: u32,
    /// Its title.
    pub title: String,
    /// The case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The printed number of a case that was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What it did.
    #[serde(flatten)]
    pub did: Did,
}

/// What a row did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Did {
    /// Opened a case.
    Opened,
    /// Changed a case.
    Changed {
        /// What changed.
        changes: Vec<Change>,
    },
    /// Nothing.
    Unchanged,
    /// It could not be taken.
    Wrong {
        /// All that is wrong with it.
        errors: Vec<RowError>,
    },
}

impl DoneRow {
    pub(super) fn planned(row: &RowPlan) -> DoneRow {
        let did = match &row.outcome {
            Outcome::Wrong { errors } => Did::Wrong {
                errors: errors.clone(),
            },
            _ => Did::Unchanged,
        };
        DoneRow {
            row: row.row,
            title: row.title.clone(),
            case: row.case,
            number: None,
            did,
        }
    }

    pub(super) fn took(&mut self, answer: Option<Answer>) {
        self.did = if self.case.is_some() {
            Did::Changed { changes: Vec::new() }
        } else {
            Did::Opened
        };
        if let Some(answer) = answer {
            self.case = answer.case.or(self.case);
            self.number = answer.number;
        }
    }
}

impl Report {
    pub(super) fn new(plan: &Plan, rows: Vec<DoneRow>) -> Report {
        let mut summary = Summary {
            vanished: plan.vanished.len(),
            ..Summary::default()
        };
        for row in &rows {
            match &row.did {
                Did::Opened => summary.new += 1,
                Did::Changed { .. } => summary.changed += 1,
                Did::Unchanged => summary.unchanged += 1,
                Did::Wrong { .. } => summary.wrong += 1,
            }
        }
        Report {
            mechanism: plan.mechanism.clone(),
            ledger: plan.ledger.clone(),
            blockers: plan.blockers.clone(),
            rows,
            vanished: plan.vanished.clone(),
            summary,
        }
    }

    /// The outcome in one sentence.
    pub fn text(&self, lang: Lang) -> String {
        summary_text(&self.summary, "import.did", lang)
    }
}

impl Plan {
    /// The plan in one sentence.
    pub fn text(&self, lang: Lang) -> String {
        summary_text(&self.summary, "import.would", lang)
    }

    /// What is wrong, by row.
    pub fn errors(&self) -> Vec<(u32, &[RowError])> {
        let errors = |row: &'_ RowPlan| matches!(&row.outcome, Outcome::Wrong { .. });
        self.rows
            .iter()
            .filter(|row| errors(row))
            .map(|row| match &row.outcome {
                Outcome::Wrong { errors } => (row.row, errors.as_slice()),
                _ => (row.row, &[][..]),
            })
            .collect()
    }
}

impl Report {
    /// What is wrong, by row.
    pub fn errors(&self) -> Vec<(u32, &[RowError])> {
        self.rows
            .iter()
            .filter_map(|row| match &row.did {
                Did::Wrong { errors } => Some((row.row, errors.as_slice())),
                _ => None,
            })
            .collect()
    }
}

fn summary_text(summary: &Summary, key: &str, lang: Lang) -> String {
    tf(
        lang,
        key,
        &[
            ("new", &summary.new),
            ("changed", &summary.changed),
            ("unchanged", &summary.unchanged),
            ("wrong", &summary.wrong),
            ("vanished", &summary.vanished),
        ],
    )
}

/// The rows that could not be taken, as they stand in the sheet, with a column that says what is wrong and how to mend
/// it. UTF-8 with a byte order mark.
///
/// The file can be mended and imported as it is: the ledger's name and the unit of its amounts stand above the header, so
/// that it is the same ledger in the same unit.
///
/// # Errors
///
/// If the memory for it cannot be written, which does not happen.
pub fn errors_csv(
    table: &Table,
    ledger: &str,
    errors: &[(u32, &[RowError])],
    lang: Lang,
) -> Result<Vec<u8>, csv::Error> {
    let wrong: BTreeMap<u32, &[RowError]> = errors.iter().copied().collect();
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{FEFF}".as_bytes().to_vec());
    writer.write_record([guard(ledger)])?;
    if let Some(unit) = &table.unit {
        writer.write_record([format!("单位：{unit}")])?;
    }
    let heads = table.columns.iter().map(|column| guard(&column.header));
    writer.write_record(heads.chain([t(lang, "import.problem_column").to_owned()]))?;
    for row in &table.rows {
        let Some(errors) = wrong.get(&row.number) else {
            continue;
        };
        let said: Vec<String> = errors.iter().map(|error| error.text(lang)).collect();
        let said = format!(
            "{}{}",
            tf(lang, "import.problem_row", &[("row", &row.number)]),
            said.join(" ")
        );
        writer.write_record(
            row.cells
                .iter()
                .map(|cell| guard(&cell.text()))
                .chain([guard(&said)]),
        )?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}
