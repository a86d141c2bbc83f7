//! Canonical JSON straight from a value: the text is written as the value is walked, with no tree of it in between. The
//! members of an object are put in order afterwards where they were not walked in order.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::ops::Range;

use serde::Serialize;
use serde::ser::{
    self, Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{DEPTH_MAX, INTEGER_MAX, write_integer, write_text};
use crate::Error;

/// The canonical text of whatever can be serialised: what [`crate::canonical_json`] makes of its tree, without the tree.
///
/// # Errors
///
/// As [`crate::canonical_json`], for a number that is not whole as well; and where the value itself cannot be serialised.
///
/// # Example
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Task { title: &'static str, days: u8 }
/// let task = Task { title: "清淤", days: 3 };
/// assert_eq!(bihuan_ledger::canonical_of(&task).unwrap(), r#"{"days":3,"title":"清淤"}"#);
/// ```
pub fn canonical_of<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut out = String::new();
    let told = value.serialize(Walk {
        out: &mut out,
        depth: 0,
    });
    told.map(|()| out)
        .map_err(|Fault(found)| Error::NotCanonical { found })
}

/// What canonical JSON cannot carry.
#[derive(Debug)]
struct Fault(String);

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl ser::Error for Fault {
    fn custom<T: Display>(why: T) -> Self {
        Fault(why.to_string())
    }
}

/// Where a value is written, and how deep it lies.
struct Walk<'o> {
    out: &'o mut String,
    depth: usize,
}

impl<'o> Walk<'o> {
    fn integer<N: Display + Copy + TryInto<i64>>(self, n: N) -> Result<(), Fault> {
        let held = n
            .try_into()
            .ok()
            .filter(|n| (-INTEGER_MAX..=INTEGER_MAX).contains(n));
        let n = held.ok_or_else(|| Fault(n.to_string()))?;
        write_integer(self.out, n);
        Ok(())
    }

    /// A value one level deeper.
    fn inner(&mut self) -> Result<Walk<'_>, Fault> {
        let depth = self.depth.saturating_add(1);
        if depth > DEPTH_MAX {
            return Err(Fault(format!("[[…]] × {depth}")));
        }
        let out = &mut *self.out;
        Ok(Walk { out, depth })
    }

    fn list(self) -> List<'o> {
        self.out.push('[');
        List {
            around: self,
            first: true,
            close: "]",
        }
    }

    fn object(self) -> Members<'o> {
        self.out.push('{');
        Members {
            start: self.out.len(),
            around: self,
            members: Vec::new(),
            key: None,
            close: "}",
        }
    }

    /// `{"variant":` and what follows, one level down.
    fn variant(mut self, variant: &str) -> Result<Walk<'o>, Fault> {
        self.out.push('{');
        write_text(self.out, variant);
        self.out.push(':');
        let depth = self.inner()?.depth;
        Ok(Walk { out: self.out, depth })
    }
}

impl<'o> Serializer for Walk<'o> {
    type Ok = ();
    type Error = Fault;
    type SerializeSeq = List<'o>;
    type SerializeTuple = List<'o>;
    type SerializeTupleStruct = List<'o>;
    type SerializeTupleVariant = List<'o>;
    type SerializeMap = Members<'o>;
    type SerializeStruct = Members<'o>;
    type SerializeStructVariant = Members<'o>;

    fn serialize_bool(self, yes: bool) -> Result<(), Fault> {
        self.out.push_str(if yes { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, n: i8) -> Result<(), Fault> {
        self.integer(n)
    }

    fn serialize_i16(self, n: i16) -> Result<(), Fault> {
        self.integer(n)
    }

    fn serialize_i32(self, n: i32) -> Result<(), Fault> {
        self.integer(n)
    }

    fn serialize_i64(self, n: i64) -> Result<(), Fault> {
        self.integer(n)
    }

    fn serialize_i128(self, n: i128) -> Result<(), Fault> {
        self.integer(n)
    }

    fn serialize_u8(self, n: u8) -> Result<(), Fault> {
        self.integer(n)
    }

    fn serialize_u16(self, n: u16) -> Result<(), Fault> {
        self.integer(n)
    }

    fn serialize_u32(self, n: u32) -> Result<(), Fault> {
        self.integer(n)
    }

    fn serialize_u64(self, n: u64) -> Result<(), Fault> {
        self.integer(n)
    }

    fn serialize_u128(self, n: u128) -> Result<(), Fault> {
        self.integer(n)
    }

    fn serialize_f32(self, n: f32) -> Result<(), Fault> {
        Err(Fault(n.to_string()))
    }

    fn serialize_f64(self, n: f64) -> Result<(), Fault> {
        Err(Fault(n.to_string()))
    }

    fn serialize_char(self, c: char) -> Result<(), Fault> {
        self.serialize_str(c.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Fault> {
        write_text(self.out, text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Fault> {
        bytes.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Fault> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Fault> {
        self.out.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Fault> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Fault> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        let Walk { out, depth } = self.variant(variant)?;
        value.serialize(Walk { out, depth })?;
        out.push('}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'o>, Fault> {
        Ok(self.list())
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'o>, Fault> {
        Ok(self.list())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'o>, Fault> {
        Ok(self.list())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'o>, Fault> {
        let list = self.variant(variant)?.list();
        Ok(List { close: "]}", ..list })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'o>, Fault> {
        Ok(self.object())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'o>, Fault> {
        Ok(self.object())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'o>, Fault> {
        let members = self.variant(variant)?.object();
        Ok(Members {
            close: "}}",
            ..members
        })
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Fault> {
        self.serialize_str(&value.to_string())
    }
}

/// An array that is being written.
struct List<'o> {
    around: Walk<'o>,
    first: bool,
    close: &'static str,
}

impl List<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Fault> {
        if !std::mem::take(&mut self.first) {
            self.around.out.push(',');
        }
        item.serialize(self.around.inner()?)
    }

    fn close(self) -> Result<(), Fault> {
        self.around.out.push_str(self.close);
        Ok(())
    }
}

impl SerializeSeq for List<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Fault> {
        self.item(item)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

impl SerializeTuple for List<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Fault> {
        self.item(item)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

impl SerializeTupleStruct for List<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Fault> {
        self.item(item)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

impl SerializeTupleVariant for List<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Fault> {
        self.item(item)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

/// An object that is being written: its members in the order in which they came.
struct Members<'o> {
    around: Walk<'o>,
    /// Where the first member begins.
    start: usize,
    /// Name and place of each, without the comma before it.
    members: Vec<(Cow<'static, str>, Range<usize>)>,
    key: Option<Cow<'static, str>>,
    close: &'static str,
}

impl Members<'_> {
    fn member<T: Serialize + ?Sized>(&mut self, name: Cow<'static, str>, value: &T) -> Result<(), Fault> {
        let out = &mut *self.around.out;
        if !self.members.is_empty() {
            out.push(',');
        }
        let from = out.len();
        write_text(out, &name);
        out.push(':');
        value.serialize(self.around.inner()?)?;
        let until = self.around.out.len();
        self.members.push((name, from..until));
        Ok(())
    }

    fn close(mut self) -> Result<(), Fault> {
        let out = self.around.out;
        // RFC 8785 sorts by UTF-16 code units, which differs from UTF-8 order beyond U+FFFF.
        let before = |a: &str, b: &str| {
            if a.is_ascii() || b.is_ascii() {
                a.cmp(b)
            } else {
                a.encode_utf16().cmp(b.encode_utf16())
            }
        };
        if !self.members.is_sorted_by(|(a, _), (b, _)| before(a, b).is_lt()) {
            self.members.sort_by(|(a, _), (b, _)| before(a, b));
            if let Some(twice) = self
                .members
                .windows(2)
                .find(|two| matches!(two, [(a, _), (b, _)] if a == b))
            {
                let name = twice.first().map(|(name, _)| name.as_ref()).unwrap_or_default();
                return Err(Fault(format!("{name:?} × 2")));
            }
            let mut sorted = String::with_capacity(out.len().saturating_sub(self.start));
            for (_, place) in self.members {
                if !sorted.is_empty() {
                    sorted.push(',');
                }
                sorted.push_str(out.get(place).unwrap_or_default());
            }
            out.truncate(self.start);
            out.push_str(&sorted);
        }
        out.push_str(self.close);
        Ok(())
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Fault> {
        self.member(Cow::Borrowed(name), value)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

impl SerializeStructVariant for Members<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Fault> {
        self.member(Cow::Borrowed(name), value)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        // Names may be numbers, which JSON writes as texts: the rules for that are serde_json's.
        let named = serde_json::to_value(Named(key)).map_err(Fault::custom)?;
        let name = named.as_object().and_then(|named| named.keys().next());
        self.key = Some(Cow::Owned(name.cloned().unwrap_or_default()));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let name = self.key.take().unwrap_or_default();
        self.member(name, value)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

/// A map of one name.
struct Named<'k, K: ?Sized>(&'k K);

impl<K: Serialize + ?Sized> Serialize for Named<'_, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &())?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::canonical_json;
    use super::super::tests::value;
    use super::*;

    /// One of everything that our data has.
    #[derive(Debug, Clone, Serialize)]
    struct Thing {
        zeta: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<String>,
        by_number: BTreeMap<u64, Kind>,
        by_name: BTreeMap<String, i64>,
        pair: (bool, char),
        #[serde(flatten)]
        more: BTreeMap<String, Value>,
        kinds: Vec<Kind>,
        #[serde(rename = "承办")]
        chinese: (),
    }

    #[derive(Debug, Clone, Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Wrapped(String),
        Two(i64, String),
        Named { to: String, from: u32 },
        Deep(Box<Kind>),
    }

    fn kind() -> impl Strategy<Value = Kind> {
        let leaf = prop_oneof![
            Just(Kind::Plain),
            any::<String>().prop_map(Kind::Wrapped),
            (-INTEGER_MAX..=INTEGER_MAX, any::<String>()).prop_map(|(n, text)| Kind::Two(n, text)),
            (any::<String>(), any::<u32>()).prop_map(|(to, from)| Kind::Named { to, from }),
        ];
        leaf.prop_recursive(3, 8, 1, |inner| inner.prop_map(|kind| Kind::Deep(Box::new(kind))))
    }

    prop_compose! {
        fn thing()(
            zeta in any::<Option<u8>>(),
            absent in any::<Option<String>>(),
            by_number in prop::collection::btree_map(any::<u64>(), kind(), 0..12),
            by_name in prop::collection::btree_map(any::<String>(), -INTEGER_MAX..=INTEGER_MAX, 0..5),
            pair in any::<(bool, char)>(),
            more in prop::collection::btree_map("[a-z]{0,2}[\\u{ff00}-\\u{10ffff}]", value(), 0..4),
            kinds in prop::collection::vec(kind(), 0..4),
        ) -> Thing {
            Thing { zeta, absent, by_number, by_name, pair, more, kinds, chinese: () }
        }
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_the_tree(value in value(), thing in thing()) {
            prop_assert_eq!(canonical_of(&value).unwrap(), canonical_json(&value).unwrap());
            let tree = serde_json::to_value(&thing).unwrap();
            prop_assert_eq!(canonical_of(&thing).unwrap(), canonical_json(&tree).unwrap());
        }
    }

    #[test]
    fn what_the_tree_may_not_hold_is_refused_here_as_well() {
        for text in [
            "0.5",
            "1e3",
            "-0",
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551615",
        ] {
            let number: Value = serde_json::from_str(text).unwrap();
            assert!(canonical_of(&json!({ "n": number })).is_err(), "{text}");
        }
        assert!(canonical_of(&u128::MAX).is_err());
        for levels in DEPTH_MAX.saturating_sub(1)..=DEPTH_MAX.saturating_add(2) {
            for innermost in [json!([]), json!(1)] {
                let deep = (0..levels).fold(innermost, |inner, level| match level % 2 {
                    0 => json!([inner]),
                    _ => json!({ "a": inner }),
                });
                let ok = [canonical_of(&deep).is_ok(), canonical_json(&deep).is_ok()];
                assert_eq!(ok, [levels <= DEPTH_MAX; 2], "{levels} {deep}");
            }
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        struct Twice;
        impl Serialize for Twice {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("a", &1)?;
                map.serialize_entry("a", &2)?;
                map.end()
            }
        }
        assert!(canonical_of(&Twice).is_err());
    }
}
