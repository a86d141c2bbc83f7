//! A flat event log as CSV, with the column names of XES, which process-mining programs open without being told anything.

use std::io::Write;

use serde::Serialize;

use crate::stamp::written;

/// A row: a case comes to an activity and into somebody's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The case.
    pub case: String,
    /// The activity.
    pub activity: String,
    /// When, in microseconds since 1970, UTC.
    pub time: i64,
    /// The post that has it from then on.
    pub post: String,
    /// That post's unit.
    pub unit: String,
    /// The unit that answers for the case.
    pub owner: String,
    /// The mechanism.
    pub mechanism: String,
    /// The stage by its code.
    pub stage: String,
    /// Whether the case goes on.
    pub open: bool,
}

#[derive(Serialize)]
struct Record<'a> {
    #[serde(rename = "case:concept:name")]
    case: &'a str,
    #[serde(rename = "concept:name")]
    activity: &'a str,
    #[serde(rename = "time:timestamp")]
    time: String,
    #[serde(rename = "org:resource")]
    post: &'a str,
    #[serde(rename = "org:group")]
    unit: &'a str,
    stage: &'a str,
    #[serde(rename = "case:mechanism")]
    mechanism: &'a str,
    #[serde(rename = "case:owner")]
    owner: &'a str,
    #[serde(rename = "case:open")]
    open: bool,
}

/// Writes the rows with a heading; UTF-8 with a byte order mark, so that spreadsheets show Chinese.
///
/// # Errors
///
/// If `out` cannot be written.
pub fn write<'a>(rows: impl IntoIterator<Item = &'a Row>, mut out: impl Write) -> std::io::Result<()> {
    out.write_all(b"\xEF\xBB\xBF")?;
    let mut writer = ::csv::Writer::from_writer(out);
    for row in rows {
        let record = Record {
            case: &row.case,
            activity: &row.activity,
            time: written(row.time),
            post: &row.post,
            unit: &row.unit,
            stage: &row.stage,
            mechanism: &row.mechanism,
            owner: &row.owner,
            open: row.open,
        };
        writer.serialize(record).map_err(std::io::Error::other)?;
    }
    writer.flush()
}
