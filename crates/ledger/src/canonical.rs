//! Canonical JSON: the one byte form of a value (RFC 8785), so that a hash of it means something.
//!
//! Only the values that the log allows: texts, whole numbers within ±(2^53 − 1), true, false, null, arrays, objects.
//! A number with a fraction or an exponent is refused, because money and quantities travel as text or whole units.

mod serialize;

use serde_json::Value;

use crate::Error;

pub use serialize::canonical_of;

/// Deepest nesting of arrays and objects that an entry may have.
pub const DEPTH_MAX: usize = 64;

/// The largest whole number that every JSON reader keeps exactly: 2^53 − 1.
pub const INTEGER_MAX: i64 = 9_007_199_254_740_991;

/// The canonical text of `value`.
///
/// # Errors
///
/// [`Error::NotCanonical`] for a number that is not whole or lies beyond ±(2^53 − 1), and for nesting deeper than
/// [`DEPTH_MAX`].
///
/// # Example
///
/// ```
/// let value = serde_json::json!({ "县": "交城", "b": [1, null, true], "a": "x\ny" });
/// assert_eq!(bihuan_ledger::canonical_json(&value).unwrap(), r#"{"a":"x\ny","b":[1,null,true],"县":"交城"}"#);
/// assert!(bihuan_ledger::canonical_json(&serde_json::json!(0.5)).is_err());
/// ```
pub fn canonical_json(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    write_value(&mut out, value, 0)?;
    Ok(out)
}

/// Appends the canonical text of `value` to `out`.
pub(crate) fn write_value(out: &mut String, value: &Value, depth: usize) -> Result<(), Error> {
    if depth > DEPTH_MAX {
        return Err(Error::NotCanonical {
            found: format!("[[…]] × {depth}"),
        });
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => match number.as_i64() {
            Some(n) if (-INTEGER_MAX..=INTEGER_MAX).contains(&n) => write_integer(out, n),
            _ => {
                return Err(Error::NotCanonical {
                    found: number.to_string(),
                });
            }
        },
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(out, item, depth + 1)?;
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            if map.keys().all(|key| key.is_ascii()) && map.keys().is_sorted() {
                write_members(out, map, depth)?;
            } else {
                let mut members: Vec<_> = map.iter().collect();
                // RFC 8785 sorts by UTF-16 code units, which differs from UTF-8 order beyond U+FFFF.
                members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
                write_members(out, members, depth)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// Appends the members of an object in the order given.
fn write_members<'a>(
    out: &mut String,
    members: impl IntoIterator<Item = (&'a String, &'a Value)>,
    depth: usize,
) -> Result<(), Error> {
    for (i, (key, item)) in members.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_text(out, key);
        out.push(':');
        write_value(out, item, depth + 1)?;
    }
    Ok(())
}

/// Appends a quoted JSON text with the escapes of RFC 8785, 3.2.2.2.
pub(crate) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    if text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
        out.push_str(text);
    } else {
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\u{8}' => out.push_str("\\b"),
                '\t' => out.push_str("\\t"),
                '\n' => out.push_str("\\n"),
                '\u{c}' => out.push_str("\\f"),
                '\r' => out.push_str("\\r"),
                c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => out.push(c),
            }
        }
    }
    out.push('"');
}

/// Appends a whole number.
pub(crate) fn write_integer(out: &mut String, n: impl std::fmt::Display) {
    use std::fmt::Write as _;
    // Writing into a String cannot fail.
    let _ = write!(out, "{n}");
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_by_utf16_units_as_in_rfc_8785() {
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis"
        });
        let text = canonical_json(&value).unwrap();
        let order = [
            "Carriage Return",
            "One",
            "Control",
            "Diaeresis",
            "Euro Sign",
            "Emoji",
            "Hebrew",
        ];
        let places: Vec<_> = order.iter().map(|name| text.find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn chinese_keys_sort_by_code_unit_and_stay_unescaped() {
        let value = json!({ "责任单位": "住建局", "承办": "㐂𠮷", "A": "é\u{7f}" });
        assert_eq!(
            canonical_json(&value).unwrap(),
            "{\"A\":\"é\u{7f}\",\"承办\":\"㐂𠮷\",\"责任单位\":\"住建局\"}"
        );
        // U+20BB7 is written as a surrogate pair and so sorts before U+FF08, though its UTF-8 bytes sort after.
        let value = json!({ "（": 1, "𠮷": 2 });
        assert_eq!(canonical_json(&value).unwrap(), "{\"𠮷\":2,\"（\":1}");
    }

    #[test]
    fn texts_are_escaped_as_in_rfc_8785() {
        let value = json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{8}\t\u{c}\r");
        assert_eq!(
            canonical_json(&value).unwrap(),
            "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\t\\f\\r\""
        );
    }

    #[test]
    fn numbers_that_readers_would_disagree_on_are_refused() {
        for text in [
            "0.5",
            "1e3",
            "-0",
            "-0.0",
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551615",
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert!(canonical_json(&value).is_err(), "{text}");
        }
        assert_eq!(
            canonical_json(&json!([INTEGER_MAX, -INTEGER_MAX, 0])).unwrap(),
            "[9007199254740991,-9007199254740991,0]"
        );
    }

    #[test]
    fn bottomless_nesting_is_refused() {
        let deep = (0..100).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        assert!(matches!(canonical_json(&deep), Err(Error::NotCanonical { .. })));
    }

    pub(crate) fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-INTEGER_MAX..=INTEGER_MAX).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reading_the_canonical_form_gives_the_value_back(value in value()) {
            let text = canonical_json(&value).unwrap();
            let again: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&again, &value);
            prop_assert_eq!(canonical_json(&again).unwrap(), text);
        }
    }
}
