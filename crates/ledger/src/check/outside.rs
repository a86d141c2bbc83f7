//! What somebody kept outside of the log, and the epochs by which a restored log tells what it lost.
//!
//! A log that was rewritten as a whole agrees with itself; a checkpoint or receipt from elsewhere shows it. A log that was
//! restored from a backup says so, in the first entry of a new epoch: what the old epoch had signed beyond it is lost, not forged.

use bihuan_messages::Message;

use super::Checker;
use crate::checkpoint::{Checkpoint, PublicKey};
use crate::digest::Digest;
use crate::entry::Entry;
use crate::receipt::{Receipt, ReceiptVerdict, verify_receipt};
use crate::record::RestoredRecord;
use crate::report::FaultKind;
use crate::tree::empty_root;

/// What the verifier knows from elsewhere. A log that was rewritten as a whole is whole in itself; only what somebody
/// kept outside of it shows that.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The key that the log must be signed with; otherwise the key that the log itself names.
    pub public_key: Option<PublicKey>,
    /// Checkpoints seen earlier.
    pub checkpoints: Vec<Checkpoint>,
    /// Receipts given earlier.
    pub receipts: Vec<Receipt>,
}

/// What is still to be compared, the last place first.
#[derive(Debug)]
pub(super) struct Outside {
    checkpoints: Vec<Promise>,
    receipts: Vec<Receipt>,
}

#[derive(Debug)]
struct Promise {
    checkpoint: Checkpoint,
    /// It came inside a receipt, which speaks for one entry only.
    of_receipt: bool,
}

/// How far the log is with its epochs.
#[derive(Debug, Default)]
pub(super) struct Epochs {
    /// The epoch of the last checkpoint.
    now: u64,
    /// An announced epoch that no checkpoint has begun yet, and whether its announcement fits.
    announced: Option<(u64, bool)>,
    /// Every restoration: the epoch that began and how many entries were kept.
    restored: Vec<(u64, u64)>,
}

impl Epochs {
    /// How many entries of `epoch` were kept, if it has ended.
    fn kept_of(&self, epoch: u64) -> Option<u64> {
        let later = self.restored.iter().filter(|(begun, _)| *begun > epoch);
        later.map(|(_, kept)| *kept).min()
    }
}

impl Outside {
    pub(super) fn new(known: &Known) -> Outside {
        let promise = |checkpoint: &Checkpoint, of_receipt| Promise {
            checkpoint: checkpoint.clone(),
            of_receipt,
        };
        let given = known.checkpoints.iter().map(|one| promise(one, false));
        let inside = known.receipts.iter().map(|one| promise(&one.checkpoint, true));
        let mut checkpoints: Vec<Promise> = given.chain(inside).collect();
        checkpoints.sort_by_key(|promise| std::cmp::Reverse(promise.checkpoint.size));
        let mut receipts = known.receipts.clone();
        receipts.sort_by_key(|receipt| std::cmp::Reverse(receipt.seq));
        Outside {
            checkpoints,
            receipts,
        }
    }
}

impl Checker {
    /// Reports receipts that do not hold in themselves: they say nothing of the log.
    pub(super) fn sift_receipts(&mut self) {
        let (receipts, key) = (std::mem::take(&mut self.outside.receipts), self.key.clone());
        for receipt in receipts {
            if verify_receipt(&receipt, &key) == ReceiptVerdict::NotIncluded {
                let message = Message::new("verify.fault_receipt_itself");
                self.fault(FaultKind::Receipt, receipt.seq, receipt.seq, message);
            } else {
                self.outside.receipts.push(receipt);
            }
        }
    }

    /// Compares the log so far with the checkpoints from outside that stand at this size.
    pub(super) fn compare_checkpoints(&mut self) {
        let next = self.next;
        while let Some(promise) = self
            .outside
            .checkpoints
            .pop_if(|promise| promise.checkpoint.size <= next)
        {
            self.compare_checkpoint(promise);
        }
    }

    fn compare_checkpoint(
        &mut self,
        Promise {
            checkpoint,
            of_receipt,
        }: Promise,
    ) {
        let last = checkpoint.size.saturating_sub(1);
        if !checkpoint.signed_by(&self.key) {
            let message = Message::new("verify.fault_known_signature").show("size", checkpoint.size);
            return self.fault(FaultKind::Signature, last, last, message);
        }
        if self.lost(&checkpoint, of_receipt) {
            return;
        }
        if checkpoint.size > self.next {
            let message = Message::new("verify.fault_shorter")
                .show("found", self.next)
                .show("expected", checkpoint.size);
            return self.fault(FaultKind::Forked, self.next, last, message);
        }
        let root = if checkpoint.size == 0 {
            empty_root()
        } else {
            self.edge.root()
        };
        let comparable = checkpoint.size == 0 || (checkpoint.size == self.next && !self.root_lost);
        if comparable && root != checkpoint.root {
            let message = Message::new("verify.fault_forked")
                .show("size", checkpoint.size)
                .show("found", root)
                .show("expected", checkpoint.root);
            self.fault(FaultKind::Forked, 0, last, message);
        }
    }

    /// Whether what a checkpoint signed went beyond the backup that the log was restored from.
    fn lost(&mut self, checkpoint: &Checkpoint, of_receipt: bool) -> bool {
        let Some(kept) = self.epochs.kept_of(checkpoint.epoch) else {
            return false;
        };
        if checkpoint.size <= kept {
            return false;
        }
        if !of_receipt {
            let message = Message::new("verify.fault_lost")
                .show("size", checkpoint.size)
                .show("epoch", checkpoint.epoch)
                .show("kept", kept);
            self.fault(FaultKind::Lost, kept, checkpoint.size.saturating_sub(1), message);
        }
        true
    }

    /// Compares the entry at `seq` with the receipts for it.
    pub(super) fn compare_receipts(&mut self, seq: u64, leaf: &Digest) {
        while let Some(receipt) = self.outside.receipts.pop_if(|receipt| receipt.seq <= seq) {
            if receipt.seq == seq && !self.lost_receipt(&receipt) && receipt.leaf != *leaf {
                let message = Message::new("verify.fault_receipt")
                    .show("found", leaf)
                    .show("expected", receipt.leaf);
                self.fault(FaultKind::Forked, seq, seq, message);
            }
        }
    }

    fn lost_receipt(&mut self, receipt: &Receipt) -> bool {
        let epoch = receipt.checkpoint.epoch;
        let Some(kept) = self.epochs.kept_of(epoch).filter(|kept| *kept <= receipt.seq) else {
            return false;
        };
        let message = Message::new("verify.fault_lost_receipt")
            .show("epoch", epoch)
            .show("kept", kept);
        self.fault(FaultKind::Lost, receipt.seq, receipt.seq, message);
        true
    }

    /// Compares what was promised beyond the end of the log.
    pub(super) fn compare_rest(&mut self) {
        self.compare_checkpoints();
        for promise in std::mem::take(&mut self.outside.checkpoints) {
            self.compare_checkpoint(promise);
        }
        for receipt in std::mem::take(&mut self.outside.receipts) {
            // If it was not lost, its checkpoint has been reported already.
            self.lost_receipt(&receipt);
        }
    }

    /// Hears an entry before it joins the tree: an announcement of a new epoch must name exactly what stands before it.
    pub(super) fn announcement(&mut self, entry: &Entry) {
        let Some(said) = RestoredRecord::read(entry) else {
            return;
        };
        let fits = entry.seq == self.covered
            && said.from.size == entry.seq
            && said.from.epoch == self.epochs.now
            && said.epoch > self.epochs.now
            && (self.root_lost || said.from.root == self.edge.root());
        self.epochs.announced = Some((said.epoch, fits));
        if fits {
            self.epochs.restored.push((said.epoch, entry.seq));
        }
    }

    /// Sees that a checkpoint is of the epoch that goes on, or of one that was announced.
    pub(super) fn epoch(&mut self, checkpoint: &Checkpoint) {
        let (announced, now) = (self.epochs.announced.take(), self.epochs.now);
        let fits = match announced {
            None => checkpoint.epoch == now,
            Some((epoch, fits)) => fits && checkpoint.epoch == epoch,
        };
        if !fits {
            let last = checkpoint.size.saturating_sub(1);
            let message = Message::new("verify.fault_epoch")
                .show("size", checkpoint.size)
                .show("found", checkpoint.epoch)
                .show("expected", now);
            self.fault(FaultKind::Epoch, last, last, message);
        }
        self.epochs.now = now.max(checkpoint.epoch);
    }
}
