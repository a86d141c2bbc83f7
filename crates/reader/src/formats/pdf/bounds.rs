//! Bounds on what a PDF may unfold to. Its streams are packed; a few kilobytes may unfold to terabytes.

use std::io::Read;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro_syntax::Filter;
use hayro_syntax::object::Stream;

use super::super::{UNPACKED_MAX, Unreadable};

/// The most that one stream of the file's own structure may unfold to, in bytes.
const STRUCTURE_MAX: u64 = 96 * 1024 * 1024;

/// Deflate makes a stream at most so many times smaller.
const RATIO_MAX: usize = 1_032;

/// How much before `stream` is looked at for what the stream is.
const DICTIONARY: usize = 2_048;

/// How deep dictionaries and lists of a file may stand in one another. The parser goes down into each, and starts again
/// at every one that it cannot end.
pub(super) const DEPTH_MAX: usize = 500;

/// Looks at how deep the objects of a file stand in one another; what is packed in streams is not looked at.
fn depth(bytes: &[u8]) -> Result<(), Unreadable> {
    let mut depth = 0usize;
    let mut at = 0usize;
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        match byte {
            b'[' => depth = depth.saturating_add(1),
            b']' => depth = depth.saturating_sub(1),
            b'<' if rest.starts_with(b"<<") => {
                depth = depth.saturating_add(1);
                at = at.saturating_add(1);
            }
            b'>' if rest.starts_with(b">>") => {
                depth = depth.saturating_sub(1);
                at = at.saturating_add(1);
            }
            b's' if rest.starts_with(b"stream") => {
                // Packed bytes hold brackets of no meaning.
                depth = 0;
                at = find(bytes, b"endstream", at).map_or(bytes.len(), |end| end.saturating_add(8));
            }
            b'e' if rest.starts_with(b"endobj") => depth = 0,
            _ => {}
        }
        if depth > DEPTH_MAX {
            return Err(Unreadable::Deep { limit: DEPTH_MAX });
        }
        at = at.saturating_add(1);
    }
    Ok(())
}

/// Looks at every stream that the parser itself will unfold (tables of objects) before it is let near them.
pub(super) fn check(bytes: &[u8]) -> Result<(), Unreadable> {
    depth(bytes)?;
    let encrypted = bytes.windows(8).any(|window| window == b"/Encrypt");
    let mut left = UNPACKED_MAX;
    let mut at = 0usize;
    while let Some(found) = find(bytes, b"stream", at) {
        at = found.saturating_add(6);
        let before = bytes
            .get(found.saturating_sub(DICTIONARY)..found)
            .unwrap_or_default();
        let start = before.windows(4).rposition(|w| w == b" obj").map_or(0, |n| n);
        let dictionary = before.get(start..).unwrap_or_default();
        if before.ends_with(b"end") {
            continue;
        }
        let has = |name: &[u8]| dictionary.windows(name.len()).any(|window| window == name);
        if !(has(b"ObjStm") || has(b"XRef") || has(b"#")) {
            continue;
        }
        let data = bytes.get(at..).unwrap_or_default();
        let data = data.strip_prefix(b"\r").unwrap_or(data);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        let length = find(data, b"endstream", 0).unwrap_or(data.len());
        let data = data.get(..length).unwrap_or_default();
        // Two filters in a row could multiply; no program writes them for its tables.
        let filters = dictionary
            .windows(6)
            .filter(|window| *window == b"Decode")
            .count();
        if filters > 2 || (encrypted && length > 1_000_000) {
            return Err(Unreadable::Bomb);
        }
        let unfolded = measure(ZlibDecoder::new(data)).max(measure(DeflateDecoder::new(data)));
        left = left.checked_sub(unfolded).ok_or(Unreadable::Bomb)?;
        if unfolded > STRUCTURE_MAX {
            return Err(Unreadable::Bomb);
        }
    }
    Ok(())
}

/// How many bytes come out, counted up to just beyond the bound.
fn measure(mut unpacked: impl Read) -> u64 {
    let mut buffer = [0u8; 16 * 1024];
    let mut total = 0u64;
    while total <= STRUCTURE_MAX {
        match unpacked.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => total = total.saturating_add(u64::try_from(n).unwrap_or(0)),
        }
    }
    total
}

fn find(bytes: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let first = *wanted.first()?;
    let mut at = 0usize;
    while let Some(n) = rest.get(at..)?.iter().position(|b| *b == first) {
        at = at.saturating_add(n);
        if rest.get(at..)?.starts_with(wanted) {
            return Some(from.saturating_add(at));
        }
        at = at.saturating_add(1);
    }
    None
}

/// What is left of the bytes that the pages may unfold to and of the work that they may ask for.
pub(super) struct Budget {
    bytes: u64,
    /// Operators, glyphs and objects.
    steps: u64,
}

impl Budget {
    pub(super) fn new() -> Budget {
        Budget {
            bytes: UNPACKED_MAX,
            steps: 60_000_000,
        }
    }

    /// Takes one step; `false` where there is none left.
    pub(super) fn step(&mut self) -> Result<(), Unreadable> {
        self.steps = self.steps.checked_sub(1).ok_or(Unreadable::Bomb)?;
        Ok(())
    }

    /// Unfolds a stream within the budget; nothing where it cannot be unfolded.
    pub(super) fn unfold(&mut self, stream: &Stream<'_>) -> Result<Vec<u8>, Unreadable> {
        let raw = stream.raw_data();
        let filters = stream.filters();
        let plain_flate = filters.as_slice() == [Filter::FlateDecode]
            && !stream.dict().contains_key("DecodeParms".as_bytes());
        let data = if plain_flate {
            let limit = self.bytes.saturating_add(1);
            let mut data = Vec::new();
            // What comes before a fault is still text: many files are cut off by a byte.
            let _ = ZlibDecoder::new(raw.as_ref()).take(limit).read_to_end(&mut data);
            data
        } else {
            let most = filters.iter().fold(raw.len(), |most, filter| match filter {
                Filter::FlateDecode | Filter::LzwDecode => most.saturating_mul(RATIO_MAX),
                Filter::RunLengthDecode => most.saturating_mul(64),
                _ => most,
            });
            if u64::try_from(most).unwrap_or(u64::MAX) > self.bytes.saturating_mul(4) {
                return Err(Unreadable::Bomb);
            }
            stream
                .decoded_data()
                .map(|data| data.into_owned())
                .unwrap_or_default()
        };
        self.bytes = self
            .bytes
            .checked_sub(u64::try_from(data.len()).unwrap_or(u64::MAX))
            .ok_or(Unreadable::Bomb)?;
        Ok(data)
    }
}
