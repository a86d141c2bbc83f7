//! The ledger (台账): an append-only log that can prove what it says, on SQLite; not what the events mean.
//!
//! An entry is opaque canonical JSON here. Streams, cases and read models are made of entries elsewhere; they may write
//! their tables in the same file and the same transaction through [`Batch::connection`]. The format is described in
//! `docs/log-format.md`; anyone can check it with `bihuan verify` or with `docs/verify_log.py`.
//!
//! # Example
//!
//! ```
//! use bihuan_ledger::{Actor, Ledger, NewEntry, verify_receipt, ReceiptVerdict};
//! # fn main() -> Result<(), bihuan_ledger::Error> {
//! # let place = tempfile::tempdir().unwrap();
//! # let dir = place.path().join("data");
//! # let now = jiff::Timestamp::UNIX_EPOCH;
//! let ledger = Ledger::create(&dir, "jiaocheng.example")?;
//! let mut writer = ledger.writer()?;
//! let mut batch = writer.begin(now)?;
//! let title = batch.seal("case/1", "水泉滩村道路硬化")?;
//! let opened = batch.append(&NewEntry {
//!     at: now,
//!     stream: "case/1".into(),
//!     kind: "case.opened".into(),
//!     version: 1,
//!     actor: Actor { person: Some("p3".into()), ..Actor::default() },
//!     definition: None,
//!     cause: None,
//!     body: serde_json::json!({ "title": title }),
//! })?;
//! batch.commit()?;
//!
//! let reader = ledger.reader()?;
//! let receipt = reader.receipt(opened.seq)?;
//! assert_eq!(verify_receipt(&receipt, ledger.public_key()), ReceiptVerdict::Holds);
//! assert_eq!(reader.unseal(&title)?.as_deref(), Some("水泉滩村道路硬化"));
//! # Ok(())
//! # }
//! ```

mod backup;
mod batch;
mod blobs;
mod bundle;
mod canonical;
mod check;
mod checkpoint;
mod copier;
pub mod custody;
mod digest;
mod entry;
mod error;
mod files;
mod keys;
mod lease;
mod ledger;
mod national;
mod randomness;
mod reader;
mod receipt;
mod record;
mod report;
mod restore;
mod schema;
mod sealed;
#[cfg(feature = "simulation")]
pub mod simulation;
mod start;
mod time;
pub mod tree;
mod verify;
mod witness;
mod writer;

pub use backup::{BackupMade, BackupPlan, Manifest, backup, erasure_list, read_erasures, read_manifest};
pub use batch::{Appended, Batch, Committed, Erased};
pub use blobs::{BLOB_BYTES_MAX, ORPHAN_AGE, StagedBlob};
pub use bundle::{export_bundle, verify_bundle};
pub use canonical::{DEPTH_MAX, INTEGER_MAX, canonical_json, canonical_of};
pub use check::{Known, Progress};
pub use checkpoint::{Checkpoint, ORIGIN_MAX, PublicKey, is_origin};
pub use digest::{Digest, leaf_hash, node_hash};
pub use entry::{
    Actor, Body, BodyText, Cause, ENTRY_BYTES_MAX, Entry, EntryText, NAME_MAX, NewEntry, is_name,
};
pub use error::Error;
pub use ledger::Ledger;
pub use national::{NationalCheckpoint, NationalKey, NationalVerdict, national_checkpoint, verify_national};
pub use reader::{Erasure, PooledReader, Reader};
pub use receipt::{Receipt, ReceiptVerdict, verify_receipt};
pub use report::{Counts, FAULTS_KEPT, Fault, FaultKind, Report};
pub use restore::{RestorePlan, Restored, restore};
pub use schema::{FORMAT_VERSION, keep_plans};
pub use sealed::{BlobId, Commitment, PlacedDraft, SEALED_BYTES_MAX, SealDraft, SealedRow};
pub use verify::verify;
pub use witness::{
    Cosignature, Cosigned, NotCosigned, WITNESS_REQUEST_BYTES_MAX, Witness, WitnessRequest, Witnessed,
};
pub use writer::Writer;
