//! The checks of a log, entry by entry: the same for a data directory and for an exported bundle.

mod outside;

use std::collections::{BTreeMap, HashMap};

use bihuan_messages::Message;

use crate::checkpoint::{Checkpoint, PublicKey};
use crate::digest::{Digest, leaf_hash};
use crate::entry::Entry;
use crate::report::{Counts, FAULTS_KEPT, Fault, FaultKind, Report};
use crate::tree::Edge;

pub use outside::Known;
use outside::{Epochs, Outside};

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Entries done.
    pub done: u64,
    /// Entries in all, if known beforehand.
    pub total: Option<u64>,
}

/// An entry as it was found.
pub(crate) struct Found<'a> {
    pub(crate) text: &'a str,
    /// What the row says beside the text; a bundle has no rows.
    pub(crate) row: Option<FoundRow<'a>>,
}

pub(crate) struct FoundRow<'a> {
    pub(crate) stream: &'a str,
    pub(crate) stream_seq: u64,
    pub(crate) leaf: Option<Digest>,
}

/// The state of a verification under way. Entries come in order; a checkpoint comes after the last entry it covers.
pub(crate) struct Checker {
    key: PublicKey,
    outside: Outside,
    epochs: Epochs,
    next: u64,
    /// The tree over the stored leaf hashes.
    edge: Edge,
    /// The tree over the hashes of what is really there, once that differs.
    real: Option<Edge>,
    /// Size of the last checkpoint that was looked at.
    covered: u64,
    /// From the first wrong root or gap on, every later root is wrong too and says nothing new.
    root_lost: bool,
    /// The most entries that a signed checkpoint covers, if there are fewer.
    promised: Option<u64>,
    /// Next place in every stream.
    streams: HashMap<String, u64>,
    head: Option<Checkpoint>,
    counts: Counts,
    faults: Vec<Fault>,
}

impl Checker {
    pub(crate) fn new(key: PublicKey, known: &Known) -> Checker {
        let mut checker = Checker {
            key: known.public_key.clone().unwrap_or_else(|| key.clone()),
            outside: Outside::new(known),
            epochs: Epochs::default(),
            next: 0,
            edge: Edge::default(),
            real: None,
            covered: 0,
            root_lost: false,
            promised: None,
            streams: HashMap::new(),
            head: None,
            counts: Counts::default(),
            faults: Vec::new(),
        };
        if checker.key != key {
            let message = Message::new("verify.other_key")
                .show("found", key)
                .show("expected", &checker.key);
            checker.fault(FaultKind::Signature, 0, 0, message);
        }
        checker.sift_receipts();
        checker
    }

    pub(crate) fn counts(&mut self) -> &mut Counts {
        &mut self.counts
    }

    /// Number of entries seen.
    pub(crate) fn size(&self) -> u64 {
        self.next
    }

    /// Hears that the next entry stands at `seq`: what lies between is missing.
    pub(crate) fn reach(&mut self, seq: u64) {
        if seq > self.next {
            let message = Message::new("verify.fault_missing")
                .show("found", seq)
                .show("expected", self.next);
            self.fault(FaultKind::Missing, self.next, seq - 1, message);
            self.root_lost = true;
            self.next = seq;
        }
    }

    /// Checks the next entry; `node(level, place, hash)` hears of each inner node that it completes.
    pub(crate) fn entry(&mut self, found: &Found<'_>, node: impl FnMut(u32, u64, Digest)) -> Option<Entry> {
        self.compare_checkpoints();
        let seq = self.next;
        let real = leaf_hash(found.text.as_bytes());
        let stored = found.row.as_ref().and_then(|row| row.leaf);
        let entry = Entry::from_canonical(found.text);
        let wrong = self.wrong_with(found, real, &entry);
        let entry = entry.ok();
        if let Some(entry) = &entry {
            self.announcement(entry);
        }
        if let Some((kind, message)) = wrong {
            let (stream, event) = match (&entry, &found.row) {
                (Some(entry), _) => (Some(entry.stream.clone()), Some(entry.kind.clone())),
                (None, Some(row)) => (Some(row.stream.to_owned()), None),
                (None, None) => (None, None),
            };
            self.faults.push(Fault {
                kind,
                seq,
                until: seq,
                stream,
                event,
                message,
            });
        }
        self.join(stored.unwrap_or(real), real, node);
        if let Some(entry) = &entry {
            self.place(&entry.stream, entry.stream_seq);
        }
        entry
    }

    /// Takes in the next entry, which was found to be canonical, at its place, with its hash beside it, and free of records.
    /// `false` where it does not stand where the log and its stream go on: then nothing was taken in.
    pub(crate) fn whole(
        &mut self,
        seq: u64,
        (stream, stream_seq): (&str, u64),
        leaf: Digest,
        node: impl FnMut(u32, u64, Digest),
    ) -> bool {
        if seq != self.next || !self.goes_on(stream, stream_seq) {
            return false;
        }
        self.compare_checkpoints();
        self.join(leaf, leaf, node);
        true
    }

    /// Lets a leaf join the tree: the hash that is stored, and the one of what is really there.
    fn join(&mut self, leaf: Digest, real: Digest, mut node: impl FnMut(u32, u64, Digest)) {
        if leaf != real && self.real.is_none() {
            self.real = Some(self.edge.clone());
        }
        if let Some(edge) = &mut self.real {
            edge.push(real, |_, _, _| {});
        }
        let trusted = !self.root_lost;
        self.edge.push(leaf, |level, place, hash| {
            if trusted {
                node(level, place, hash);
            }
        });
        self.compare_receipts(self.next, &leaf);
        self.next = self.next.saturating_add(1);
        self.counts.entries += 1;
    }

    /// Whether a stream goes on with this place; if so, it is remembered. One look for both: millions of streams lie far apart.
    fn goes_on(&mut self, stream: &str, stream_seq: u64) -> bool {
        match self.streams.get_mut(stream) {
            Some(next) if *next == stream_seq => *next = stream_seq.saturating_add(1),
            None if stream_seq == 0 => drop(self.streams.insert(stream.to_owned(), 1)),
            _ => return false,
        }
        true
    }

    /// Remembers how far a stream is.
    fn place(&mut self, stream: &str, stream_seq: u64) {
        let next = stream_seq.saturating_add(1);
        match self.streams.get_mut(stream) {
            Some(known) => *known = next,
            None => drop(self.streams.insert(stream.to_owned(), next)),
        }
    }

    /// The key that the log must be signed with.
    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Checks a checkpoint; `None` stands for one that cannot be read.
    pub(crate) fn checkpoint(&mut self, size: u64, checkpoint: Option<Checkpoint>) {
        let holds = checkpoint
            .as_ref()
            .is_some_and(|checkpoint| checkpoint.signed_by(&self.key));
        self.signed(size, checkpoint, holds);
    }

    /// As [`Checker::checkpoint`], where somebody has seen whether its signature `holds`.
    pub(crate) fn signed(&mut self, size: u64, checkpoint: Option<Checkpoint>, holds: bool) {
        self.counts.checkpoints += 1;
        let (first, last) = (self.covered.min(size), size.saturating_sub(1));
        self.covered = self.covered.max(size);
        let Some(checkpoint) = checkpoint else {
            let message = Message::new("verify.fault_checkpoint_unreadable").show("size", size);
            return self.fault(FaultKind::Signature, last, last, message);
        };
        if !holds {
            let message = Message::new("verify.fault_signature").show("size", size);
            return self.fault(FaultKind::Signature, last, last, message);
        }
        self.epoch(&checkpoint);
        if size > self.next {
            // Later checkpoints say the same; it is reported once, with the last of them.
            self.promised = Some(size);
            return;
        }
        if self.root_lost {
            return;
        }
        if self.edge.root() == checkpoint.root {
            self.head = Some(checkpoint);
        } else if self
            .real
            .as_ref()
            .is_some_and(|real| real.root() == checkpoint.root)
        {
            // The entries are as signed and only stored hashes were altered, which has been reported at the entry.
            self.edge = self.real.take().unwrap_or_default();
            self.head = Some(checkpoint);
        } else {
            self.root_lost = true;
            // A fault named inside the group explains the root already.
            if !self
                .faults
                .iter()
                .any(|fault| fault.seq >= first && fault.seq <= last)
            {
                let message = Message::new("verify.fault_root")
                    .show("size", size)
                    .show("found", self.edge.root())
                    .show("expected", checkpoint.root);
                self.fault(FaultKind::Root, first, last, message);
            }
        }
    }

    /// Reports a fault at a place.
    pub(crate) fn fault(&mut self, kind: FaultKind, seq: u64, until: u64, message: Message) {
        let until = until.max(seq);
        self.faults.push(Fault {
            kind,
            seq,
            until,
            stream: None,
            event: None,
            message,
        });
    }

    /// Reports a fault of an entry.
    pub(crate) fn fault_in(&mut self, kind: FaultKind, entry: &Entry, message: Message) {
        let (stream, event) = (Some(entry.stream.clone()), Some(entry.kind.clone()));
        self.faults.push(Fault {
            kind,
            seq: entry.seq,
            until: entry.seq,
            stream,
            event,
            message,
        });
    }

    /// Ends the verification.
    pub(crate) fn finish(mut self) -> Report {
        if let Some(promised) = self.promised {
            let message = Message::new("verify.fault_truncated")
                .show("found", self.next)
                .show("expected", promised);
            self.fault(
                FaultKind::Truncated,
                self.next,
                promised.saturating_sub(1),
                message,
            );
        }
        if self.covered < self.next {
            let message = Message::new("verify.fault_uncovered").show("covered", self.covered);
            self.fault(FaultKind::Uncovered, self.covered, self.next - 1, message);
        }
        self.compare_rest();
        self.counts.streams = self.streams.len() as u64;
        self.faults.sort_by_key(|fault| fault.seq);
        let fault_count = self.faults.len() as u64;
        self.faults.truncate(FAULTS_KEPT);
        Report {
            origin: self.key.name().to_owned(),
            public_key: self.key.to_string(),
            size: self.next,
            root: self.edge.root(),
            head: self.head,
            counts: self.counts,
            cosigned: BTreeMap::new(),
            faults: self.faults,
            fault_count,
        }
    }

    /// The first thing wrong with an entry by itself.
    fn wrong_with(
        &self,
        found: &Found<'_>,
        real: Digest,
        entry: &Result<Entry, String>,
    ) -> Option<(FaultKind, Message)> {
        let seq = self.next;
        let entry = match entry {
            Ok(entry) => entry,
            Err(said) => {
                return Some((
                    FaultKind::Unreadable,
                    Message::new("verify.fault_unreadable").show("said", said),
                ));
            }
        };
        if entry.seq != seq {
            let message = Message::new("verify.fault_misplaced")
                .show("found", entry.seq)
                .show("expected", seq);
            return Some((FaultKind::Misplaced, message));
        }
        if let Some(row) = &found.row {
            if row.leaf != Some(real) {
                let stored = row.leaf.map_or_else(|| "?".to_owned(), |leaf| leaf.to_string());
                let message = Message::new("verify.fault_changed")
                    .show("found", real)
                    .show("expected", stored);
                return Some((FaultKind::Changed, message));
            }
            if row.stream != entry.stream || row.stream_seq != entry.stream_seq {
                let message = Message::new("verify.fault_row")
                    .show("found", format_args!("{} {}", row.stream, row.stream_seq))
                    .show("expected", format_args!("{} {}", entry.stream, entry.stream_seq));
                return Some((FaultKind::Misplaced, message));
            }
        }
        if !entry.canonical().is_ok_and(|text| text == found.text) {
            return Some((
                FaultKind::NotCanonical,
                Message::new("verify.fault_not_canonical"),
            ));
        }
        let expected = self.streams.get(&entry.stream).copied().unwrap_or(0);
        if entry.stream_seq != expected {
            let message = Message::new("verify.fault_stream")
                .show("found", entry.stream_seq)
                .show("expected", expected);
            return Some((FaultKind::StreamOrder, message));
        }
        None
    }
}
