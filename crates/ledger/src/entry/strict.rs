//! Recognising a canonical entry in one walk over its text, without building anything.
//!
//! What is recognised here is exactly what [`Entry::canonical`](super::Entry::canonical) writes, and its parts are those that
//! [`Entry::from_canonical`](super::Entry::from_canonical) reads. Rare things (escapes, keys beyond ASCII) are not recognised, though they may be canonical: then
//! the entry is read the long way, which also says what is wrong with it.

use super::{ENTRY_BYTES_MAX, instant};
use crate::canonical::{DEPTH_MAX, INTEGER_MAX};

/// What a verification needs of an entry that was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recognised<'t> {
    pub(crate) seq: u64,
    pub(crate) stream: &'t str,
    pub(crate) stream_seq: u64,
    pub(crate) kind: &'t str,
}

/// Recognises an entry; `reference` hears of every reference to a sealed value or blob in it, in order of writing. `None` says
/// nothing of the text, and then what was heard is worth nothing either.
pub(crate) fn recognise<'t>(text: &'t str, reference: &mut impl FnMut(&'t str)) -> Option<Recognised<'t>> {
    if text.len() > ENTRY_BYTES_MAX {
        return None;
    }
    let mut walk = Walk { text, at: 0 };
    walk.literal(r#"{"actor":{"for":"#)?;
    walk.optional()?;
    walk.literal(r#","person":"#)?;
    walk.optional()?;
    walk.literal(r#","post":"#)?;
    walk.optional()?;
    walk.literal(r#","session":"#)?;
    walk.optional()?;
    walk.literal(r#"},"at":"#)?;
    let at = walk.string()?;
    if at.len() != INSTANT_BYTES || instant(at).is_none() {
        return None;
    }
    walk.literal(r#","body":"#)?;
    if walk.peek()? != b'{' {
        return None;
    }
    walk.value(1, reference)?;
    walk.literal(r#","cause":"#)?;
    if walk.literal("null").is_none() {
        if walk.literal(r#"{"entry":"#).is_some() {
            walk.natural()?;
        } else {
            walk.literal(r#"{"command":"#)?;
            walk.digest()?;
        }
        walk.literal("}")?;
    }
    walk.literal(r#","definition":"#)?;
    if walk.literal("null").is_none() {
        walk.digest()?;
    }
    walk.literal(r#","seq":"#)?;
    let seq = walk.natural()?;
    walk.literal(r#","stream":"#)?;
    let stream = walk.string()?;
    walk.literal(r#","stream_seq":"#)?;
    let stream_seq = walk.natural()?;
    walk.literal(r#","type":"#)?;
    let kind = walk.string()?;
    walk.literal(r#","version":"#)?;
    u32::try_from(walk.natural()?).ok()?;
    walk.literal("}")?;
    (walk.at == text.len()).then_some(Recognised {
        seq,
        stream,
        stream_seq,
        kind,
    })
}

/// Every reference to a sealed value or blob in the canonical text of a body, in order of writing; `None` where it is not
/// recognised.
pub(super) fn references(body: &str) -> Option<Vec<&str>> {
    let (mut walk, mut heard) = (Walk { text: body, at: 0 }, Vec::new());
    walk.value(1, &mut |reference| heard.push(reference))?;
    (walk.at == body.len()).then_some(heard)
}

/// `2020-09-13T12:26:40.000001Z`: always six digits.
const INSTANT_BYTES: usize = 27;

struct Walk<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Walk<'t> {
    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn step(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn literal(&mut self, literal: &str) -> Option<()> {
        self.rest()
            .starts_with(literal.as_bytes())
            .then(|| self.step(literal.len()))
    }

    /// A text without escapes.
    fn string(&mut self) -> Option<&'t str> {
        self.literal("\"")?;
        let plain = |byte: &u8| *byte != b'"' && *byte != b'\\' && *byte >= 0x20;
        let length = self.rest().iter().position(|byte| !plain(byte))?;
        let from = self.at;
        self.step(length);
        let text = self.text.get(from..self.at)?;
        self.literal("\"")?;
        Some(text)
    }

    fn optional(&mut self) -> Option<()> {
        match self.literal("null") {
            Some(()) => Some(()),
            None => self.string().map(|_| ()),
        }
    }

    /// `sha256:` and 64 hexadecimal digits.
    fn digest(&mut self) -> Option<()> {
        let digits = self.string()?.strip_prefix("sha256:")?;
        let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (digits.len() == 64 && digits.bytes().all(lower)).then_some(())
    }

    /// A whole number from 0 on that every reader keeps exactly.
    fn natural(&mut self) -> Option<u64> {
        let digits = self.rest();
        let length = digits
            .iter()
            .position(|byte| !byte.is_ascii_digit())
            .unwrap_or(digits.len());
        let digits = digits.get(..length)?;
        if digits.is_empty() || digits.len() > 16 || (digits.len() > 1 && digits.first() == Some(&b'0')) {
            return None;
        }
        self.step(length);
        let add = |n: u64, digit: &u8| {
            n.wrapping_mul(10)
                .wrapping_add(u64::from(digit.wrapping_sub(b'0')))
        };
        let n = digits.iter().fold(0, add);
        (n <= INTEGER_MAX.unsigned_abs()).then_some(n)
    }

    fn value(&mut self, depth: usize, reference: &mut impl FnMut(&'t str)) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        let deeper = depth.saturating_add(1);
        match self.peek()? {
            b'"' => {
                let text = self.string()?;
                if text.starts_with("sealed:") || text.starts_with("blob:") {
                    reference(text);
                }
                Some(())
            }
            b'{' => {
                self.step(1);
                if self.literal("}").is_some() {
                    return Some(());
                }
                let mut before: Option<&str> = None;
                loop {
                    let name = self.string()?;
                    // Beyond ASCII the order is another one.
                    if !name.is_ascii() || before.is_some_and(|before| before >= name) {
                        return None;
                    }
                    before = Some(name);
                    self.literal(":")?;
                    self.value(deeper, reference)?;
                    if self.literal(",").is_none() {
                        return self.literal("}");
                    }
                }
            }
            b'[' => {
                self.step(1);
                if self.literal("]").is_some() {
                    return Some(());
                }
                loop {
                    self.value(deeper, reference)?;
                    if self.literal(",").is_none() {
                        return self.literal("]");
                    }
                }
            }
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' => {
                self.step(1);
                // There is no other nought than 0.
                self.natural().filter(|n| *n > 0).map(|_| ())
            }
            _ => self.natural().map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Actor, Cause, Entry, references};
    use super::*;
    use crate::canonical::tests::value;
    use crate::digest::Digest;

    prop_compose! {
        fn entry()(
            seq in 0..1u64 << 53, stream_seq in 0..1u64 << 40, version in any::<u32>(), micros in -62_000_000_000_000_000i64..253_000_000_000_000_000,
            person in prop::option::of("[a-z0-9.]{0,8}"), session in prop::option::of(any::<String>()),
            cause in prop::option::of(prop_oneof![
                any::<u32>().prop_map(|n| Cause::Entry(n.into())),
                any::<[u8; 32]>().prop_map(|hash| Cause::Command(Digest(hash))),
            ]),
            definition in prop::option::of(any::<[u8; 32]>().prop_map(Digest)),
            stream in "[a-z]{1,5}/[0-9]{1,3}", kind in "[a-z.]{1,9}",
            body in prop::collection::btree_map("[a-z]{1,6}", prop_oneof![
                value(),
                any::<[u8; 32]>().prop_map(|hash| format!("sealed:{}", Digest(hash)).into()),
                any::<[u8; 32]>().prop_map(|hash| serde_json::json!({ "a": [format!("blob:{}", Digest(hash))] })),
            ], 0..5),
        ) -> Entry {
            let actor = Actor { person, post: None, on_behalf_of: None, session };
            let at = crate::time::from_micros(micros);
            Entry { seq, at, stream, stream_seq, kind, version, actor, definition, cause, body: body.into_iter().collect() }
        }
    }

    /// What the long way makes of a text: its parts and references, if it is canonical.
    fn the_long_way(text: &str) -> Option<(Entry, Vec<String>)> {
        let entry = Entry::from_canonical(text).ok()?;
        if !entry.canonical().is_ok_and(|canonical| canonical == text) {
            return None;
        }
        let mut heard = Vec::new();
        references(&entry.body, &mut |reference| heard.push(reference.to_owned()));
        Some((entry, heard))
    }

    fn agree(text: &str) -> bool {
        let mut heard = Vec::new();
        let Some(found) = recognise(text, &mut |reference| heard.push(reference.to_owned())) else {
            return false;
        };
        let (entry, references) = the_long_way(text).unwrap();
        let parts = (found.seq, found.stream, found.stream_seq, found.kind);
        assert_eq!(
            parts,
            (
                entry.seq,
                entry.stream.as_str(),
                entry.stream_seq,
                entry.kind.as_str()
            )
        );
        assert_eq!(heard, references);
        true
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn what_is_recognised_is_what_the_long_way_reads(entry in entry(), place in any::<prop::sample::Index>(), other in any::<char>(), cut in any::<bool>()) {
            let text = entry.canonical().unwrap();
            let recognised = agree(&text);
            // Whatever has no escape and no key beyond ASCII is recognised.
            let plain = !text.contains('\\') && text.is_ascii();
            prop_assert!(recognised || !plain, "{text}");
            // A character put, changed or taken away anywhere.
            let chars: Vec<char> = text.chars().collect();
            let at = place.index(chars.len());
            let mut put = chars.clone();
            put.insert(at, other);
            let mut changed = chars.clone();
            changed[at] = other;
            let mut gone = chars.clone();
            gone.remove(at);
            let cut = chars.into_iter().take(if cut { at } else { 0 }).collect::<Vec<_>>();
            for chars in [put, changed, gone, cut] {
                agree(&chars.into_iter().collect::<String>());
            }
        }
    }

    #[test]
    fn what_another_writer_might_write_is_not_recognised() {
        let entry = |body: &str| {
            format!(
                r#"{{"actor":{{"for":null,"person":null,"post":null,"session":null}},"at":"2026-11-23T01:02:03.000004Z","body":{body},"cause":null,"definition":null,"seq":7,"stream":"case/1","stream_seq":2,"type":"case.noted","version":1}}"#
            )
        };
        for body in [
            "{}",
            r#"{"a":1,"b":[-3,{"c":null}]}"#,
            r#"{"n":9007199254740991}"#,
        ] {
            assert!(agree(&entry(body)), "{body}");
        }
        for body in [
            r#"{ "a":1}"#,
            r#"{"b":1,"a":1}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":01}"#,
            r#"{"a":-0}"#,
            r#"{"a":1.0}"#,
            r#"{"a":1e3}"#,
            r#"{"a":9007199254740992}"#,
            r#"{"a":99999999999999999999}"#,
            r#"{"a":"\u0041"}"#,
            r#"{"a":1,}"#,
            "[1]",
            "7",
            "{",
            "\"\"",
        ] {
            assert!(!agree(&entry(body)), "{body}");
        }
        let text = entry("{}");
        for (from, to) in [
            ("01:02:03.000004Z", "01:02:03.00004Z"),
            ("01:02:03.000004Z", "25:02:03.000004Z"),
            ("11-23", "02-30"),
            (r#""cause":null"#, r#""cause":{"entry":-1}"#),
            (r#""definition":null"#, r#""definition":"sha256:AB""#),
            (r#""version":1}"#, r#""version":4294967296}"#),
            (r#""version":1}"#, r#""version":1} "#),
        ] {
            let changed = text.replace(from, to);
            assert!(changed != text && !agree(&changed), "{changed}");
        }
    }
}
