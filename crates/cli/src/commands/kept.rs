//! What somebody kept of a log: a checkpoint or a receipt, as a file.

use std::path::Path;

use bihuan_ledger::{Checkpoint, NationalCheckpoint, Receipt};

use crate::trouble::Trouble;

/// A promise of the log.
pub(crate) enum Kept {
    /// Of one entry.
    Receipt(Box<Receipt>),
    /// Of the whole log at one size.
    Checkpoint(Checkpoint),
    /// The same in the national suite.
    National(NationalCheckpoint),
}

impl Kept {
    /// The checkpoint of the log's own suite, also of a receipt.
    pub(crate) fn checkpoint(&self) -> Option<&Checkpoint> {
        match self {
            Kept::Receipt(receipt) => Some(&receipt.checkpoint),
            Kept::Checkpoint(checkpoint) => Some(checkpoint),
            Kept::National(_) => None,
        }
    }
}

/// Reads one: JSON is a receipt or holds a checkpoint under that name, anything else is the text of a checkpoint.
///
/// # Errors
///
/// A file that is neither.
pub(crate) fn read(file: &Path) -> Result<Kept, Trouble> {
    #[derive(serde::Deserialize)]
    struct Head {
        checkpoint: Checkpoint,
    }
    let text = std::fs::read_to_string(file).map_err(Trouble::file(file))?;
    let no_receipt = |why: &dyn std::fmt::Display| {
        Trouble::new("cli.no_receipt")
            .with("file", file.display())
            .with("why", why)
    };
    if !text.trim_start().starts_with('{') {
        if let Ok(national) = text.parse() {
            return Ok(Kept::National(national));
        }
        let checkpoint = text.parse().map_err(|error| no_receipt(&error))?;
        return Ok(Kept::Checkpoint(checkpoint));
    }
    match serde_json::from_str::<Receipt>(&text) {
        Ok(receipt) => Ok(Kept::Receipt(Box::new(receipt))),
        // As `GET /api/v1/log/head` answers, and as a backup says of itself.
        Err(error) => match serde_json::from_str::<Head>(&text) {
            Ok(head) => Ok(Kept::Checkpoint(head.checkpoint)),
            Err(_) => Err(no_receipt(&error)),
        },
    }
}
