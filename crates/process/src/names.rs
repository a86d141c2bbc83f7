//! Names kept once each: a name becomes a small number, in the order in which names are first met.

/// Marks a row without the name (no holder was written down).
pub const NONE: u32 = u32::MAX;

/// Distinct names, numbered from 0 as they come.
///
/// The table of a hash map with a fixed hash: the same file gives the same numbers everywhere.
#[derive(Clone, Debug, Default)]
pub struct Names {
    bytes: Vec<u8>,
    /// Where each name ends in `bytes`.
    ends: Vec<usize>,
    /// Open addressing: the upper half of the hash and the number plus one; 0 is a free place.
    table: Vec<u64>,
}

impl Names {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The name with this number; empty where there is none such.
    pub fn text(&self, number: u32) -> &str {
        std::str::from_utf8(self.name(number)).unwrap_or_default()
    }

    /// All names in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|number| self.text(narrow(number)))
    }

    /// The number of a name that is known.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.place(name.as_bytes(), hash(name.as_bytes())).ok()
    }

    /// The number of a name; a new one gets the next.
    pub fn number(&mut self, name: &[u8]) -> u32 {
        if self.ends.len() * 2 >= self.table.len() {
            self.grow();
        }
        let hash = hash(name);
        match self.place(name, hash) {
            Ok(number) => number,
            Err(free) => {
                let number = narrow(self.ends.len());
                self.bytes.extend_from_slice(name);
                self.ends.push(self.bytes.len());
                if let Some(place) = self.table.get_mut(free) {
                    *place = entry(hash, number);
                }
                number
            }
        }
    }

    pub(crate) fn name(&self, number: u32) -> &[u8] {
        let at = wide(number);
        let end = self.ends.get(at).copied().unwrap_or_default();
        let start = match at.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or_default(),
            None => 0,
        };
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// The number of the name, or the free place where it belongs.
    fn place(&self, name: &[u8], hash: u64) -> Result<u32, usize> {
        let mask = self.table.len().wrapping_sub(1);
        let mut at = usize::try_from(hash >> 7).unwrap_or(0) & mask;
        loop {
            let Some(&found) = self.table.get(at) else {
                return Err(at);
            };
            if found == 0 {
                return Err(at);
            }
            if (found ^ hash) >> 32 == 0 {
                let number =
                    narrow(usize::try_from(found & u64::from(u32::MAX)).unwrap_or(0)).wrapping_sub(1);
                if self.name(number) == name {
                    return Ok(number);
                }
            }
            at = at.wrapping_add(1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(64);
        let mut table = vec![0u64; size];
        for number in 0..self.ends.len() {
            let number = narrow(number);
            let hash = hash(self.name(number));
            let mut at = usize::try_from(hash >> 7).unwrap_or(0) & (size - 1);
            while table.get(at).is_some_and(|place| *place != 0) {
                at = at.wrapping_add(1) & (size - 1);
            }
            if let Some(place) = table.get_mut(at) {
                *place = entry(hash, number);
            }
        }
        self.table = table;
    }
}

fn entry(hash: u64, number: u32) -> u64 {
    hash & !u64::from(u32::MAX) | u64::from(number.wrapping_add(1))
}

/// Multiply and fold, eight bytes at a time. Not proof against names made to collide: they would only be slow.
fn hash(name: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let fold = |h: u64| {
        let product = h.wrapping_mul(ODD);
        product ^ (product >> 29)
    };
    let mut h = u64::try_from(name.len()).unwrap_or(0);
    let (eights, rest) = name.as_chunks::<8>();
    for eight in eights {
        h = fold(h.rotate_left(23) ^ u64::from_le_bytes(*eight));
    }
    let mut last = [0u8; 8];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    fold(fold(h.rotate_left(23) ^ u64::from_le_bytes(last)))
}

/// A count as a number of a name; more names than numbers cannot be, since files are limited.
pub(crate) fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NONE)
}

/// Each value with the one behind it.
pub(crate) fn pairs<T: Copy>(all: &[T]) -> impl Iterator<Item = (T, T)> + '_ {
    all.iter().copied().zip(all.iter().copied().skip(1))
}

pub(crate) fn wide(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_number_however_many_there_are() {
        let mut names = Names::default();
        let texts: Vec<String> = (0..10_000).map(|n| format!("件-{n:05}")).collect();
        for text in &texts {
            names.number(text.as_bytes());
        }
        for (n, text) in texts.iter().enumerate() {
            assert_eq!(names.number(text.as_bytes()), narrow(n));
            assert_eq!(
                (names.find(text), names.text(narrow(n))),
                (Some(narrow(n)), text.as_str())
            );
        }
        assert_eq!((names.len(), names.find("无")), (10_000, None));
        assert_eq!(Names::default().find(""), None);
    }
}
