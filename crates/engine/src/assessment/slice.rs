//! The slice: what concerns one unit, each entry with its proof to one signed head, for computing the score offline.
//!
//! Lines of text. The first names log, key, checkpoint, scheme, period and unit; each further one is an entry byte for
//! byte as it was hashed, with its inclusion path. It proves that everything in it stands in the log, and that no case
//! in it lacks a middle. It cannot prove that no other case of the unit exists: that the unit knows itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use bihuan_domain::id::{PackId, UnitId};
use bihuan_ledger::{Checkpoint, Digest, Entry, PublicKey, Reader, leaf_hash, tree};
use serde::{Deserialize, Serialize};

use super::change::{Change, refusal};
use super::run::{Head, Run, of_told};
use super::told::Told;
use crate::error::{Error, Failure};

/// The version of the slice's form.
const VERSION: u32 = 1;

/// Longest slice, in bytes: a unit's year with its packs is some megabytes.
const BYTES_MAX: usize = 512 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadLine {
    bihuan_slice: u32,
    origin: String,
    public_key: PublicKey,
    checkpoint: Checkpoint,
    scheme: String,
    period: String,
    unit: UnitId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryLine {
    entry: String,
    path: Vec<Digest>,
}

/// A slice that was read, proved and computed.
pub struct Slice {
    /// The unit that it is about.
    pub unit: UnitId,
    /// The key that signed the head; compare it with one from elsewhere.
    pub public_key: PublicKey,
    /// How many entries it holds.
    pub entries: u64,
    /// The computation.
    pub run: Run,
}

/// Writes the slice of a unit. `run` must be a run of this log at a signed size, without a change.
///
/// # Errors
///
/// If the unit is not scored, the log cannot be read, or `out` not be written.
pub fn export(log: &Reader, run: &Run, unit: &UnitId, out: &mut dyn Write) -> Result<u64, Failure> {
    let sheet = run.sheet(unit)?;
    let told = run.told.as_ref();
    let told = told.ok_or_else(|| Error::Other("a slice is cut from a run of the log".to_owned()))?;
    let size = run.head.size;
    let checkpoint = log
        .checkpoint_from(size)?
        .filter(|checkpoint| checkpoint.size == size);
    let checkpoint = checkpoint.ok_or_else(|| refusal("assess.unsigned", &[("size", &size.to_string())]))?;
    let mut wanted: BTreeSet<u64> = BTreeSet::new();
    for thing in run.things(sheet) {
        wanted.extend(told.events_behind(&thing)?.iter().map(|event| event.seq));
    }
    // The unit itself, those that it absorbed, and all between them.
    let mut units: BTreeSet<&UnitId> = std::iter::once(unit).chain(&sheet.absorbed).collect();
    let chain: Vec<&UnitId> = units.iter().flat_map(|unit| successors(told, unit)).collect();
    units.extend(chain);
    let unit_events = units.into_iter().filter_map(|unit| told.unit_events.get(unit));
    wanted.extend(unit_events.flatten().map(|event| event.seq));
    wanted.extend(
        packs_of(told, &run.scheme.pack)
            .iter()
            .filter_map(|pack| told.pack_events.get(pack)),
    );
    // Packs name calendars: without them they would not be sound.
    wanted.extend(told.calendar_events.values());
    let head = HeadLine {
        bihuan_slice: VERSION,
        origin: run.head.origin.clone(),
        public_key: log.ledger().public_key().clone(),
        checkpoint,
        scheme: run.scheme.id.to_string(),
        period: run.span.name.clone(),
        unit: unit.clone(),
    };
    put(out, &head)?;
    let mut written = 0;
    for seq in wanted {
        let Some(entry) = log.entry(seq)? else { continue };
        let line = EntryLine {
            entry: entry.canonical()?,
            path: log.inclusion_proof(seq, size)?,
        };
        put(out, &line)?;
        written += 1;
    }
    Ok(written)
}

fn put(out: &mut dyn Write, line: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(line).map_err(Error::from)?;
    writeln!(out, "{text}").map_err(|error| Error::Other(error.to_string()).into())
}

fn successors<'t>(told: &'t Told, unit: &UnitId) -> Vec<&'t UnitId> {
    let units = &told.world.org.units;
    let mut chain = Vec::new();
    let mut next = units.get(unit).and_then(|unit| unit.successor.as_ref());
    while let Some(id) = next.filter(|id| !chain.contains(id)) {
        chain.push(id);
        next = units.get(id).and_then(|unit| unit.successor.as_ref());
    }
    chain
}

/// The pack of the scheme and all that it requires.
fn packs_of(told: &Told, pack: &PackId) -> BTreeSet<PackId> {
    let (mut waiting, mut found) = (vec![pack.clone()], BTreeSet::new());
    let requires: BTreeMap<PackId, Vec<PackId>> = bihuan_mechanism::load_all_on(
        told.world
            .packs
            .iter()
            .map(|(id, (_, files))| (id.as_str(), files.as_ref())),
        &told.world.calendars,
    )
    .packs
    .into_iter()
    .map(|pack| (pack.id.clone(), pack.requires))
    .collect();
    while let Some(next) = waiting.pop() {
        if found.insert(next.clone()) {
            waiting.extend(requires.get(&next).into_iter().flatten().cloned());
        }
    }
    found
}

/// Reads a slice, proves every entry against the signed head, and computes the score.
///
/// # Errors
///
/// A refusal that names the line and what is wrong with it.
pub fn read_slice(text: &str, change: Option<Change>) -> Result<Slice, Failure> {
    let fault = |line: usize, what: &str| -> Failure {
        let what = bihuan_messages::Label::new(
            bihuan_messages::t(bihuan_messages::Lang::Zh, what),
            bihuan_messages::t(bihuan_messages::Lang::En, what),
        );
        let mut refused = refusal("assess.bad_slice", &[("line", &line.to_string())]);
        refused.rule = refused.rule.with("what", what);
        refused.into()
    };
    if text.len() > BYTES_MAX {
        return Err(fault(1, "assess.slice_too_long"));
    }
    let mut lines = text.lines().enumerate();
    let (_, first) = lines.next().ok_or_else(|| fault(1, "assess.slice_head"))?;
    let head: HeadLine = serde_json::from_str(first).map_err(|_| fault(1, "assess.slice_head"))?;
    if head.bihuan_slice != VERSION {
        return Err(fault(1, "assess.slice_version"));
    }
    if !head.checkpoint.signed_by(&head.public_key) || head.public_key.name() != head.origin {
        return Err(fault(1, "assess.slice_signature"));
    }
    let mut told = Told::new(change);
    let mut before: Option<u64> = None;
    let mut streams: BTreeMap<String, u64> = BTreeMap::new();
    let mut entries = 0;
    for (n, line) in lines {
        let n = n.saturating_add(1);
        let line: EntryLine = serde_json::from_str(line).map_err(|_| fault(n, "assess.slice_line"))?;
        let entry = Entry::from_canonical(&line.entry).map_err(|_| fault(n, "assess.slice_line"))?;
        if before.is_some_and(|before| entry.seq <= before) {
            return Err(fault(n, "assess.slice_order"));
        }
        before = Some(entry.seq);
        let leaf = leaf_hash(line.entry.as_bytes());
        let (size, root) = (head.checkpoint.size, &head.checkpoint.root);
        if !tree::inclusion_holds(&leaf, entry.seq, size, &line.path, root) {
            return Err(fault(n, "assess.slice_proof"));
        }
        if entry.stream.starts_with("case/") {
            let next = streams.entry(entry.stream.clone()).or_default();
            if entry.stream_seq != *next {
                return Err(fault(n, "assess.slice_gap"));
            }
            *next = next.saturating_add(1);
        }
        told.take(entry)?;
        entries += 1;
    }
    told.finish()?;
    let log = Head {
        origin: head.origin,
        size: head.checkpoint.size,
        root: head.checkpoint.root.to_string(),
    };
    let run = of_told(told, log, Some(&head.scheme), Some(&head.period))?;
    Ok(Slice {
        unit: head.unit,
        public_key: head.public_key,
        entries,
        run,
    })
}
