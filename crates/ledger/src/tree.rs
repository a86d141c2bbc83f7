//! The Merkle tree of RFC 6962: its right edge in memory, proofs from stored subtrees, and the checks of proofs.

use crate::digest::{Digest, node_hash};

/// The root of a tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Digest {
    Digest::of(b"")
}

/// The right edge of the tree: the roots of the complete subtrees that cover all leaves, largest first.
///
/// Enough to append a leaf and to know the root, in at most 64 hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    peaks: Vec<Digest>,
}

impl Edge {
    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf and tells `completed(level, index, hash)` of each inner node that it completes.
    pub fn push(&mut self, leaf: Digest, mut completed: impl FnMut(u32, u64, Digest)) {
        let (mut hash, mut index, mut level) = (leaf, self.size, 0);
        while index & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            index >>= 1;
            level += 1;
            completed(level, index, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Digest {
        fold(&self.peaks).unwrap_or_else(empty_root)
    }

    /// Reads the right edge of a stored tree of `size` leaves.
    ///
    /// # Errors
    ///
    /// Those of the source.
    pub fn load<N: Nodes>(nodes: &N, size: u64) -> Result<Edge, N::Error> {
        let peaks = subtrees(0, size)
            .map(|(level, index)| nodes.subtree(level, index))
            .collect::<Result<_, _>>()?;
        Ok(Edge { size, peaks })
    }
}

/// Where proofs get the hashes of complete subtrees from.
pub trait Nodes {
    /// What can go wrong in reading.
    type Error;

    /// The hash over the leaves `index·2^level .. (index+1)·2^level`, all of which exist.
    ///
    /// # Errors
    ///
    /// If the source cannot be read.
    fn subtree(&self, level: u32, index: u64) -> Result<Digest, Self::Error>;
}

/// The root over the leaves `0..size`.
///
/// # Errors
///
/// Those of the source.
pub fn root_at<N: Nodes>(nodes: &N, size: u64) -> Result<Digest, N::Error> {
    range_root(nodes, 0, size)
}

/// The path that leads from leaf `seq` to the root of the tree of `size` leaves (RFC 6962, 2.1.1); empty if there is no such leaf.
///
/// # Errors
///
/// Those of the source.
pub fn inclusion_path<N: Nodes>(nodes: &N, seq: u64, size: u64) -> Result<Vec<Digest>, N::Error> {
    let (mut low, mut high, mut path) = (0, size, Vec::new());
    while seq < size && high - low > 1 {
        let middle = low + split(high - low);
        if seq < middle {
            path.push(range_root(nodes, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(nodes, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The path that shows the tree of `old` leaves to be the beginning of the tree of `new` leaves (RFC 6962, 2.1.2); empty if there is
/// nothing to show.
///
/// # Errors
///
/// Those of the source.
pub fn consistency_path<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Digest>, N::Error> {
    let (mut low, mut high, mut path, mut whole) = (0, new, Vec::new(), true);
    if old == 0 || old >= new {
        return Ok(path);
    }
    while old != high {
        let middle = low + split(high - low);
        if old <= middle {
            path.push(range_root(nodes, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(nodes, low, middle)?);
            low = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range_root(nodes, low, high)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether `path` leads from the leaf hash at `seq` to `root` over `size` leaves (RFC 9162, 2.1.3.2).
pub fn inclusion_holds(leaf: &Digest, seq: u64, size: u64, path: &[Digest], root: &Digest) -> bool {
    if seq >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (seq, size - 1, *leaf);
    for step in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `path` shows that the tree (`old`, `old_root`) is the beginning of (`new`, `new_root`) (RFC 9162, 2.1.4.2).
///
/// An empty tree is the beginning of every tree and needs no path.
pub fn consistency_holds(old: u64, old_root: &Digest, new: u64, new_root: &Digest, path: &[Digest]) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return path.is_empty() && *old_root == empty_root();
    }
    let mut steps = path.iter();
    let (mut place, mut last) = (old - 1, new - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    // A complete old tree is itself the first step.
    let first = if old.is_power_of_two() {
        Some(old_root)
    } else {
        steps.next()
    };
    let Some(first) = first else { return false };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(step, &old_hash);
            new_hash = node_hash(step, &new_hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// The hash over hashes that stand for complete subtrees in falling size.
pub(crate) fn fold(peaks: &[Digest]) -> Option<Digest> {
    peaks
        .iter()
        .rev()
        .copied()
        .reduce(|right, left| node_hash(&left, &right))
}

/// The hash over a power of two of equal subtrees.
pub(crate) fn fold_equal(mut hashes: Vec<Digest>) -> Option<Digest> {
    while hashes.len() > 1 {
        hashes = hashes.chunks(2).filter_map(fold).collect();
    }
    hashes.first().copied()
}

fn range_root<N: Nodes>(nodes: &N, low: u64, high: u64) -> Result<Digest, N::Error> {
    let peaks: Vec<Digest> = subtrees(low, high)
        .map(|(level, index)| nodes.subtree(level, index))
        .collect::<Result<_, _>>()?;
    Ok(fold(&peaks).unwrap_or_else(empty_root))
}

/// The complete subtrees `(level, index)` that cover `low..high`, where `low` is where RFC 6962 would split.
fn subtrees(mut low: u64, high: u64) -> impl Iterator<Item = (u32, u64)> {
    std::iter::from_fn(move || {
        let rest = high.checked_sub(low).filter(|rest| *rest > 0)?;
        let level = rest.ilog2();
        let index = low >> level;
        low += 1 << level;
        Some((level, index))
    })
}

/// The largest power of two smaller than `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}
