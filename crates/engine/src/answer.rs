//! What a carried-out submission is answered with.

use bihuan_domain::id::CaseId;
use bihuan_ledger::Receipt;
use serde::Serialize;

/// The answer to a submission.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The case that it was about, or that it opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The printed number of that case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What was recorded, in order.
    pub events: Vec<Recorded>,
    /// The receipt of the last of them: sequence number, leaf hash, signed checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Whether the key had been used: this is the former answer, and nothing was done again.
    pub duplicate: bool,
}

/// A recorded event.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// Its place in the log.
    pub seq: u64,
    /// Its stable name.
    #[serde(rename = "type")]
    pub name: String,
}
