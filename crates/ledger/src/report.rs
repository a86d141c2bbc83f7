//! What a verification found: counts, and every fault with its place, the first one first.

use std::collections::BTreeMap;

use bihuan_messages::Message;
use serde::Serialize;

use crate::checkpoint::Checkpoint;
use crate::digest::Digest;

/// Faults kept in full; further ones are only counted.
pub const FAULTS_KEPT: usize = 100;

/// The result of a verification.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The name of the log.
    pub origin: String,
    /// The key that its signatures were checked with.
    pub public_key: String,
    /// Number of entries found.
    pub size: u64,
    /// Root over what was found.
    pub root: Digest,
    /// The last checkpoint that is signed and fits the entries.
    pub head: Option<Checkpoint>,
    /// How much was checked.
    pub counts: Counts,
    /// How far each witness has cosigned the log, as noted beside it.
    pub cosigned: BTreeMap<String, u64>,
    /// The faults found, by place in the log; at most [`FAULTS_KEPT`].
    pub faults: Vec<Fault>,
    /// How many faults there are in all.
    pub fault_count: u64,
}

/// How much was checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Entries.
    pub entries: u64,
    /// Streams.
    pub streams: u64,
    /// Checkpoints.
    pub checkpoints: u64,
    /// Sealed values that were opened and match their commitment.
    pub sealed_opened: u64,
    /// Sealed values that were erased.
    pub sealed_erased: u64,
    /// Sealed values that could not be opened here because the keys are elsewhere.
    pub sealed_closed: u64,
    /// Blobs whose file matches its name.
    pub blobs_whole: u64,
    /// Blobs that were erased.
    pub blobs_erased: u64,
}

/// Something that is not as the log says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What kind.
    pub kind: FaultKind,
    /// The entry, or the first of the entries, or where it would be.
    pub seq: u64,
    /// The last of the entries if the fault cannot be narrowed to one.
    pub until: u64,
    /// Stream of the entry, if known.
    pub stream: Option<String>,
    /// Type of the entry, if known.
    pub event: Option<String>,
    /// What was found and what was expected.
    pub message: Message,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The entry is not JSON of our form.
    Unreadable,
    /// The entry is not in canonical form.
    NotCanonical,
    /// The entry is not what its stored leaf hash says.
    Changed,
    /// The entry stands at another place than it says.
    Misplaced,
    /// Entries are missing.
    Missing,
    /// The order within a stream is broken.
    StreamOrder,
    /// The entries do not lead to the signed root.
    Root,
    /// A checkpoint is not signed by the log.
    Signature,
    /// A checkpoint covers entries that are not there.
    Truncated,
    /// Entries that no checkpoint covers.
    Uncovered,
    /// What was promised before (a checkpoint or receipt from outside) does not fit this log.
    Forked,
    /// What was promised before stood beyond the backup from which the log was restored: lost, not forged.
    Lost,
    /// A checkpoint is of an epoch that no restoration has begun, or a restoration does not name what stands before it.
    Epoch,
    /// A receipt from outside does not hold in itself, whatever the log says.
    Receipt,
    /// A cosignature noted beside the log is not that of the witness.
    Cosignature,
    /// The list of erasures and the log do not say the same.
    Erasure,
    /// A stored inner hash is wrong: the log itself may be whole, its proofs are not.
    Node,
    /// A sealed value is not stored and was not erased.
    SealedMissing,
    /// A sealed value does not match its commitment.
    SealedChanged,
    /// A blob is not stored and was not erased.
    BlobMissing,
    /// A blob does not match its name.
    BlobChanged,
    /// The file cannot be read from here on.
    File,
}

impl Report {
    /// Whether nothing was found wrong.
    pub fn sound(&self) -> bool {
        self.fault_count == 0
    }

    /// The first fault by place in the log.
    pub fn first(&self) -> Option<&Fault> {
        self.faults.first()
    }

    /// The report for a person, one line each: the verdict, the counts, then the faults.
    pub fn lines(&self) -> Vec<Message> {
        let verdict = if self.sound() {
            "verify.sound"
        } else {
            "verify.unsound"
        };
        let counts = &self.counts;
        let mut lines = vec![
            Message::new(verdict)
                .show("origin", &self.origin)
                .show("size", self.size)
                .show("root", self.root)
                .show("faults", self.fault_count),
            Message::new("verify.counted")
                .show("entries", counts.entries)
                .show("streams", counts.streams)
                .show("checkpoints", counts.checkpoints)
                .show("opened", counts.sealed_opened)
                .show("erased", counts.sealed_erased)
                .show("closed", counts.sealed_closed)
                .show("blobs", counts.blobs_whole)
                .show("blobs_erased", counts.blobs_erased),
        ];
        lines.extend(self.cosigned.iter().map(|(witness, size)| {
            Message::new("verify.cosigned")
                .show("witness", witness)
                .show("size", size)
        }));
        lines.extend(self.faults.iter().map(Fault::line));
        let unnamed = self.fault_count.saturating_sub(self.faults.len() as u64);
        if unnamed > 0 {
            lines.push(Message::new("verify.more_faults").show("count", unnamed));
        }
        lines
    }
}

impl Fault {
    /// The fault with its place, for a person.
    pub fn line(&self) -> Message {
        use bihuan_messages::{Label, Lang};
        let what = Label::new(self.message.text(Lang::Zh), self.message.text(Lang::En));
        if self.until > self.seq {
            return Message::new("verify.fault_range")
                .show("from", self.seq)
                .show("until", self.until)
                .with("what", what);
        }
        match (&self.stream, &self.event) {
            (Some(stream), Some(event)) => Message::new("verify.fault_entry")
                .show("seq", self.seq)
                .show("stream", stream)
                .show("event", event)
                .with("what", what),
            _ => Message::new("verify.fault_place")
                .show("seq", self.seq)
                .with("what", what),
        }
    }
}
