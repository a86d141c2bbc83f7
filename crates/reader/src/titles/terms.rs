//! The terms of a headline: pairs of neighbouring characters, and which bodies know them.

use crate::chars::{at, is_punct};
use crate::tables::words;
use crate::titles::heads::Head;

/// A pair of neighbouring characters: exact within the basic plane; beyond it two pairs may, hardly ever, be one.
pub(crate) type Gram = u32;

fn gram(one: char, two: char) -> Gram {
    (u32::from(one) << 16) | (u32::from(two) & 0xFFFF)
}

/// Pairs of neighbouring characters as sorted numbers, without punctuation.
pub(crate) fn grams_of(text: &[char]) -> Vec<Gram> {
    let stop = words("headline stop words");
    let mut grams: Vec<Gram> = text
        .windows(2)
        .filter(|w| w.iter().all(|c| !c.is_whitespace() && !is_punct(*c)))
        .filter(|w| !(stop.at(w, 0) == Some(1) && stop.at(w, 1) == Some(1)))
        .map(|w| gram(at(w, 0), at(w, 1)))
        .collect();
    grams.sort_unstable();
    grams.dedup();
    grams.shrink_to_fit();
    grams
}

/// The terms that some headline has: what else a text says need not be sorted. Now and then it lets another one pass.
pub(crate) struct Wanted {
    bits: Vec<u64>,
}

impl Wanted {
    const SLOTS: u32 = 1 << 10;

    pub(crate) fn of<'a>(lists: impl Iterator<Item = &'a [Gram]>) -> Wanted {
        let mut wanted = Wanted {
            bits: vec![0; 1 << 10],
        };
        lists.flatten().for_each(|term| wanted.add(*term));
        wanted
    }

    fn add(&mut self, term: Gram) {
        let (slot, bit) = Wanted::place(term);
        if let Some(bits) = self.bits.get_mut(slot) {
            *bits |= bit;
        }
    }

    fn place(term: Gram) -> (usize, u64) {
        let hash = term.wrapping_mul(0x9E37_79B1) >> 16;
        let slot = usize::try_from((hash >> 6) % Wanted::SLOTS).unwrap_or(0);
        (slot, 1 << (hash % 64))
    }

    fn has(&self, term: Gram) -> bool {
        let (slot, bit) = Wanted::place(term);
        self.bits.get(slot).is_some_and(|bits| bits & bit != 0)
    }
}

/// The same as [`grams_of`], of the wanted terms only.
pub(crate) fn grams_among(text: &[char], wanted: &Wanted) -> Vec<Gram> {
    let stop = words("headline stop words");
    let mut grams: Vec<Gram> = text
        .windows(2)
        .filter(|w| wanted.has(gram(at(w, 0), at(w, 1))))
        .filter(|w| w.iter().all(|c| !c.is_whitespace() && !is_punct(*c)))
        .filter(|w| !(stop.at(w, 0) == Some(1) && stop.at(w, 1) == Some(1)))
        .map(|w| gram(at(w, 0), at(w, 1)))
        .collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// How many of the heading's terms the text knows, in thousandths.
pub(crate) fn shared_terms(heading: &[char], text: &[char]) -> usize {
    let heading = grams_of(heading);
    let text = grams_among(text, &Wanted::of(std::iter::once(heading.as_slice())));
    heading.iter().filter(|g| text.binary_search(g).is_ok()).count() * 1000 / heading.len().max(1)
}

/// Which bodies know which terms: sorted once, so that a headline is compared with the bodies that share a term only.
pub(crate) struct Index {
    /// Term and body, sorted.
    known: Vec<(Gram, u32)>,
}

impl Index {
    pub(crate) fn of(grams: &[Vec<Gram>]) -> Index {
        let all = grams.iter().map(Vec::len).sum();
        let mut known: Vec<(Gram, u32)> = Vec::with_capacity(all);
        for (b, list) in (0u32..).zip(grams) {
            known.extend(list.iter().map(|g| (*g, b)));
        }
        known.sort_unstable();
        Index { known }
    }

    /// How much of the headline the bodies from `from` to `to` know, in thousandths, where they know any; terms that few
    /// bodies share weigh more.
    pub(crate) fn lexical(&self, head: &Head, from: usize, to: usize) -> Vec<(usize, u64)> {
        let mut hits = vec![0u64; to.saturating_sub(from)];
        let mut all = 0u64;
        for gram in &head.grams {
            let start = self.known.partition_point(|pair| *pair < (*gram, 0));
            let rest = self.known.get(start..).unwrap_or(&[]);
            let seen = rest.partition_point(|(g, _)| g == gram);
            let weight = 1000 / u64::try_from(seen).unwrap_or(u64::MAX).max(1);
            all += weight;
            let list = rest.get(..seen).unwrap_or(&[]);
            let body = |b: &u32| usize::try_from(*b).unwrap_or(usize::MAX);
            let near = list.partition_point(|(_, b)| body(b) < from);
            for (_, b) in list.iter().skip(near).take_while(|(_, b)| body(b) < to) {
                if let Some(hit) = body(b).checked_sub(from).and_then(|k| hits.get_mut(k)) {
                    *hit += weight;
                }
            }
        }
        let found = hits.into_iter().enumerate().filter(|(_, hit)| *hit > 0);
        found
            .map(|(k, hit)| (from + k, (hit * 1000).checked_div(all).unwrap_or(0)))
            .collect()
    }
}
