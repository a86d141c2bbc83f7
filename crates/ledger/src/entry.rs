//! What stands in a leaf of the log, and how it becomes canonical bytes.

mod body;
mod strict;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical::{write_integer, write_text};
use crate::digest::{Digest, leaf_hash};
use crate::{Error, time};

pub use body::{Body, BodyText};
pub(crate) use strict::recognise;

/// Largest entry, in bytes of its canonical form. Texts and documents are sealed values and blobs, not parts of it.
pub const ENTRY_BYTES_MAX: usize = 1 << 20;

/// Longest name of a stream, event type or subject, in bytes.
pub const NAME_MAX: usize = 200;

/// Who acted (law: every event carries its actor). A timer has neither person nor session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The person (人员), by id.
    pub person: Option<String>,
    /// The post (岗位) in whose name.
    pub post: Option<String>,
    /// The person or unit on whose behalf (代).
    #[serde(rename = "for")]
    pub on_behalf_of: Option<String>,
    /// The session, by id.
    pub session: Option<String>,
}

/// What brought an event about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// An earlier entry, by its sequence number.
    Entry(u64),
    /// A command, by the hash of its idempotency key.
    Command(Digest),
}

/// An event to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry<B = Value> {
    /// When it happened; kept to the microsecond.
    pub at: Timestamp,
    /// The stream that it belongs to, such as `case/17` or `org`.
    pub stream: String,
    /// The stable name of the event, such as `case.opened`.
    pub kind: String,
    /// Version of the event's form.
    pub version: u32,
    /// Who acted.
    pub actor: Actor,
    /// The definition under which it was decided.
    pub definition: Option<Digest>,
    /// What brought it about.
    pub cause: Option<Cause>,
    /// The event itself: an object without free text, as a tree or as text already; see [`Body`].
    pub body: B,
}

/// An event as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Place in the log, from 0.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The stream that it belongs to.
    pub stream: String,
    /// Place in the stream, from 0.
    pub stream_seq: u64,
    /// The stable name of the event (`type` in the leaf).
    pub kind: String,
    /// Version of the event's form.
    pub version: u32,
    /// Who acted.
    pub actor: Actor,
    /// The definition under which it was decided.
    pub definition: Option<Digest>,
    /// What brought it about.
    pub cause: Option<Cause>,
    /// The event itself.
    pub body: Value,
}

impl Entry {
    /// Reads an entry from its canonical text.
    ///
    /// # Errors
    ///
    /// A text that says what does not belong.
    pub fn from_canonical(text: &str) -> Result<Entry, String> {
        let leaf: Leaf = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let at = time::parse(&leaf.at).ok_or_else(|| format!("at: {}", leaf.at))?;
        let Leaf {
            seq,
            stream,
            stream_seq,
            kind,
            version,
            actor,
            definition,
            cause,
            body,
            ..
        } = leaf;
        Ok(Entry {
            seq,
            at,
            stream,
            stream_seq,
            kind,
            version,
            actor,
            definition,
            cause,
            body,
        })
    }

    /// The canonical text, whose hash is the leaf.
    ///
    /// # Errors
    ///
    /// As [`crate::canonical_json`], or [`Error::BodyNotObject`], [`Error::TooLarge`].
    pub fn canonical(&self) -> Result<String, Error> {
        let mut out = String::new();
        self.parts().write(&mut out, self.seq, self.stream_seq)?;
        Ok(out)
    }

    /// Hash of the leaf.
    ///
    /// # Errors
    ///
    /// As [`Entry::canonical`].
    pub fn leaf(&self) -> Result<Digest, Error> {
        Ok(leaf_hash(self.canonical()?.as_bytes()))
    }

    fn parts(&self) -> Parts<'_, Value> {
        Parts {
            at: self.at,
            stream: &self.stream,
            kind: &self.kind,
            version: self.version,
            actor: &self.actor,
            definition: self.definition.as_ref(),
            cause: self.cause.as_ref(),
            body: &self.body,
        }
    }
}

impl<B: Body> NewEntry<B> {
    /// Replaces `out` by the canonical text of this entry at its two places.
    pub(crate) fn write(&self, out: &mut String, seq: u64, stream_seq: u64) -> Result<(), Error> {
        out.clear();
        for name in [&self.stream, &self.kind] {
            if !is_name(name) {
                return Err(Error::BadName {
                    found: name.chars().take(NAME_MAX).collect(),
                });
            }
        }
        let parts = Parts {
            at: self.at,
            stream: &self.stream,
            kind: &self.kind,
            version: self.version,
            actor: &self.actor,
            definition: self.definition.as_ref(),
            cause: self.cause.as_ref(),
            body: &self.body,
        };
        parts.write(out, seq, stream_seq)
    }
}

/// Whether `name` can name a stream, an event type or a subject: 1 to [`NAME_MAX`] bytes without spaces or control characters.
pub fn is_name(name: &str) -> bool {
    (1..=NAME_MAX).contains(&name.len()) && !name.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Every reference to a sealed value or blob in `body`, in order of writing.
pub(crate) fn references(body: &Value, found: &mut impl FnMut(&str)) {
    match body {
        Value::String(text) if text.starts_with("sealed:") || text.starts_with("blob:") => found(text),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(map) => map.values().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// What a fast reader needs of an entry, found in its canonical text without parsing what lies between.
///
/// The members of a leaf stand in canonical order, and a quotation mark inside a text is escaped, so the marks between
/// the members cannot stand anywhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryText<'t> {
    actor: &'t str,
    at: &'t str,
    /// The event itself, as JSON.
    pub body: &'t str,
    /// Its stable name.
    pub kind: &'t str,
    /// Version of its form.
    pub version: u32,
}

impl<'t> EntryText<'t> {
    /// Takes a canonical text apart; `None` where it is none.
    pub fn of(text: &'t str) -> Option<EntryText<'t>> {
        let rest = text.strip_prefix(r#"{"actor":"#)?.strip_suffix('}')?;
        let (actor, rest) = rest.split_once(r#","at":""#)?;
        let (at, rest) = rest.split_once('"')?;
        let rest = rest.strip_prefix(r#","body":"#)?;
        // The members after the body are names, numbers and hashes: each is found by one mark from the end.
        let (rest, version) = rest.rsplit_once(':')?;
        let rest = rest.strip_suffix(r#"","version""#)?;
        let (rest, kind) = rest.rsplit_once('"')?;
        let rest = rest.strip_suffix(r#","type":"#)?;
        let (rest, _) = digits_off(rest)
            .strip_suffix(r#"","stream_seq":"#)?
            .rsplit_once('"')?;
        let rest = digits_off(rest.strip_suffix(r#","stream":"#)?).strip_suffix(r#","seq":"#)?;
        let rest = match rest.strip_suffix("null") {
            Some(rest) => rest,
            None => rest.strip_suffix('"')?.rsplit_once('"')?.0,
        };
        let rest = rest.strip_suffix(r#","definition":"#)?;
        let rest = match rest.strip_suffix("null") {
            Some(rest) => rest,
            None => rest.strip_suffix('}')?.rsplit_once('{')?.0,
        };
        let body = rest.strip_suffix(r#","cause":"#)?;
        Some(EntryText {
            actor,
            at,
            body,
            kind,
            version: version.parse().ok()?,
        })
    }

    /// When it happened.
    pub fn at(&self) -> Option<Timestamp> {
        instant(self.at).or_else(|| self.at.parse().ok())
    }

    /// Who acted.
    pub fn actor(&self) -> Option<Actor> {
        EntryText::read_actor(self.actor)
    }

    /// Who acted, as the text has it.
    pub fn actor_text(&self) -> &'t str {
        self.actor
    }

    /// Who acted, from the text of [`EntryText::actor_text`].
    pub fn read_actor(text: &str) -> Option<Actor> {
        serde_json::from_str(text).ok()
    }
}

/// An instant as entries have it, `2026-11-23T01:02:03.5Z`, read by place: in a long log this is done for every entry.
/// `None` for any other form.
fn instant(text: &str) -> Option<Timestamp> {
    let bytes = text.strip_suffix('Z')?.as_bytes();
    let (day, rest) = bytes.split_at_checked(10)?;
    let (time, fraction) = rest.split_at_checked(9)?;
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0i32, |n, digit| {
            let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
            n.checked_mul(10)?.checked_add(i32::from(digit))
        })
    };
    let small = |digits: &[u8]| number(digits).and_then(|n| i8::try_from(n).ok());
    let [y @ .., b'-', m1, m2, b'-', d1, d2] = day else {
        return None;
    };
    let [b'T', h1, h2, b':', n1, n2, b':', s1, s2] = time else {
        return None;
    };
    let nanos = match fraction {
        [] => 0,
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
            let missing = u32::try_from(digits.len())
                .ok()
                .and_then(|known| 9u32.checked_sub(known))?;
            number(digits)?.checked_mul(10i32.checked_pow(missing)?)?
        }
        _ => return None,
    };
    let date = Date::new(
        i16::try_from(number(y)?).ok()?,
        small(&[*m1, *m2])?,
        small(&[*d1, *d2])?,
    )
    .ok()?;
    let time = Time::new(
        small(&[*h1, *h2])?,
        small(&[*n1, *n2])?,
        small(&[*s1, *s2])?,
        nanos,
    )
    .ok()?;
    Offset::UTC.to_timestamp(date.to_datetime(time)).ok()
}

/// A text without the number at its end.
fn digits_off(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// The leaf as JSON; its members stand in canonical order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaf {
    actor: Actor,
    at: String,
    body: Value,
    cause: Option<Cause>,
    definition: Option<Digest>,
    seq: u64,
    stream: String,
    stream_seq: u64,
    #[serde(rename = "type")]
    kind: String,
    version: u32,
}

struct Parts<'a, B> {
    at: Timestamp,
    stream: &'a str,
    kind: &'a str,
    version: u32,
    actor: &'a Actor,
    definition: Option<&'a Digest>,
    cause: Option<&'a Cause>,
    body: &'a B,
}

impl<B: Body> Parts<'_, B> {
    /// Written by hand in the order of RFC 8785, because this is the hot path of every command.
    fn write(&self, out: &mut String, seq: u64, stream_seq: u64) -> Result<(), Error> {
        out.push_str(r#"{"actor":{"for":"#);
        optional(out, self.actor.on_behalf_of.as_deref());
        out.push_str(r#","person":"#);
        optional(out, self.actor.person.as_deref());
        out.push_str(r#","post":"#);
        optional(out, self.actor.post.as_deref());
        out.push_str(r#","session":"#);
        optional(out, self.actor.session.as_deref());
        out.push_str(r#"},"at":"#);
        write_text(out, &time::text(self.at));
        out.push_str(r#","body":"#);
        self.body.write(out)?;
        out.push_str(r#","cause":"#);
        match self.cause {
            None => out.push_str("null"),
            Some(Cause::Entry(cause)) => {
                out.push_str(r#"{"entry":"#);
                write_integer(out, cause);
                out.push('}');
            }
            Some(Cause::Command(digest)) => {
                out.push_str(r#"{"command":"#);
                write_text(out, &digest.to_string());
                out.push('}');
            }
        }
        out.push_str(r#","definition":"#);
        optional(out, self.definition.map(Digest::to_string).as_deref());
        out.push_str(r#","seq":"#);
        write_integer(out, seq);
        out.push_str(r#","stream":"#);
        write_text(out, self.stream);
        out.push_str(r#","stream_seq":"#);
        write_integer(out, stream_seq);
        out.push_str(r#","type":"#);
        write_text(out, self.kind);
        out.push_str(r#","version":"#);
        write_integer(out, self.version);
        out.push('}');
        if out.len() > ENTRY_BYTES_MAX {
            return Err(Error::TooLarge {
                found: out.len() as u64,
                allowed: ENTRY_BYTES_MAX as u64,
            });
        }
        Ok(())
    }
}

fn optional(out: &mut String, text: Option<&str>) {
    match text {
        Some(text) => write_text(out, text),
        None => out.push_str("null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    proptest! {
        #[test]
        fn an_instant_read_by_place_is_the_one_that_is_parsed(
            seconds in -62_135_596_800i64..253_402_300_800, nanos in prop_oneof![Just(0i32), 0..1_000_000_000i32, (0..1000i32).prop_map(|n| n * 1_000_000)],
            cut in 0usize..30, other in any::<char>(),
        ) {
            let at = Timestamp::new(seconds, nanos).unwrap();
            let text = at.to_string();
            prop_assert_eq!(text.parse().ok(), Some(at));
            prop_assert!(instant(&text) == Some(at));
            // Whatever else is read by place is also what the parser reads.
            let changed: String = text.chars().enumerate().map(|(n, c)| if n == cut { other } else { c }).collect();
            if let Some(read) = instant(&changed) {
                prop_assert_eq!(changed.parse().ok(), Some(read));
            }
        }
    }

    #[test]
    fn a_text_taken_apart_gives_the_parts_of_the_entry() {
        let mut entry = sample();
        entry.body = json!({ "cause": { "type": "x" }, "note": "a \",\"cause\":1,\"type\":\"y\",\"version\":9", "z": [{ "type": "b", "version": 3 }] });
        let causes = [
            None,
            Some(Cause::Entry(6)),
            Some(Cause::Command(Digest::of(b"k"))),
        ];
        let definitions = [None, Some(Digest::of(b"M01"))];
        for (cause, definition) in causes
            .iter()
            .flat_map(|c| definitions.iter().map(move |d| (c, d)))
        {
            let entry = Entry {
                cause: cause.clone(),
                definition: *definition,
                ..entry.clone()
            };
            let text = entry.canonical().unwrap();
            let parts = EntryText::of(&text).unwrap();
            assert_eq!(parts.at(), Some(entry.at));
            assert_eq!(parts.actor(), Some(entry.actor.clone()));
            assert_eq!((parts.kind, parts.version), (entry.kind.as_str(), entry.version));
            assert_eq!(serde_json::from_str::<Value>(parts.body).unwrap(), entry.body);
        }
        assert_eq!(EntryText::of("{}"), None);
    }

    fn sample() -> Entry {
        Entry {
            seq: 7,
            at: Timestamp::from_microsecond(1_600_000_000_000_001).unwrap(),
            stream: "case/17".into(),
            stream_seq: 2,
            kind: "case.opened".into(),
            version: 1,
            actor: Actor {
                person: Some("p3".into()),
                post: Some("督查室/1".into()),
                ..Actor::default()
            },
            definition: Some(Digest::of(b"M01")),
            cause: Some(Cause::Entry(6)),
            body: json!({ "owner": "u4", "amount": 3_000 }),
        }
    }

    #[test]
    fn an_entry_is_written_in_canonical_order() {
        insta::assert_snapshot!(sample().canonical().unwrap(), @r#"{"actor":{"for":null,"person":"p3","post":"督查室/1","session":null},"at":"2020-09-13T12:26:40.000001Z","body":{"amount":3000,"owner":"u4"},"cause":{"entry":6},"definition":"sha256:d968fce424f6218db2d2f8e1f407ff35150aebc0ecb10b29718d0db4359b05e3","seq":7,"stream":"case/17","stream_seq":2,"type":"case.opened","version":1}"#);
    }

    #[test]
    fn the_hand_written_form_is_the_canonical_form_of_its_own_value() {
        for cause in [
            None,
            Some(Cause::Entry(1)),
            Some(Cause::Command(Digest::of(b"k"))),
        ] {
            let entry = Entry { cause, ..sample() };
            let text = entry.canonical().unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(crate::canonical_json(&value).unwrap(), text);
            assert_eq!(Entry::from_canonical(&text).unwrap(), entry);
        }
    }

    #[test]
    fn references_are_found_wherever_they_stand() {
        let body = json!({ "a": ["sealed:sha256:00", { "b": "blob:sha256:11" }], "c": "sealed", "d": 1 });
        let mut found = Vec::new();
        references(&body, &mut |text| found.push(text.to_owned()));
        assert_eq!(found, ["sealed:sha256:00", "blob:sha256:11"]);
    }
}
