//! The receipt (回执) of an acknowledged command: whoever holds it can show later that the log had the entry.

use serde::{Deserialize, Serialize};

use crate::checkpoint::{Checkpoint, PublicKey};
use crate::digest::Digest;
use crate::tree;

/// A promise of the log, signed with the checkpoint inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Place of the entry in the log.
    pub seq: u64,
    /// Hash of the entry's leaf.
    pub leaf: Digest,
    /// The path from the leaf to the root of the checkpoint; without it the receipt names the entry but proves nothing alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Vec<Digest>>,
    /// The first checkpoint that covers the entry, or a later one.
    pub checkpoint: Checkpoint,
}

/// What a receipt shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptVerdict {
    /// The log signed that it has this entry at this place.
    Holds,
    /// Signed, but there is no path from the entry to the root.
    NoPath,
    /// The entry does not lead to the signed root.
    NotIncluded,
    /// The checkpoint is not signed by this key.
    NotSigned,
}

/// Checks a receipt offline.
pub fn verify_receipt(receipt: &Receipt, key: &PublicKey) -> ReceiptVerdict {
    let Receipt {
        seq,
        leaf,
        path,
        checkpoint,
    } = receipt;
    if !checkpoint.signed_by(key) {
        return ReceiptVerdict::NotSigned;
    }
    match path {
        None if checkpoint.size == seq + 1 && *seq == 0 && checkpoint.root == *leaf => ReceiptVerdict::Holds,
        None => ReceiptVerdict::NoPath,
        Some(path) if tree::inclusion_holds(leaf, *seq, checkpoint.size, path, &checkpoint.root) => {
            ReceiptVerdict::Holds
        }
        Some(_) => ReceiptVerdict::NotIncluded,
    }
}
