//! The body of an entry to be appended: a tree of JSON, or its canonical text already.

use serde::Serialize;
use serde_json::Value;

use super::{references, strict};
use crate::Error;
use crate::canonical::{canonical_of, write_value};

/// What can be the body of a [`NewEntry`](super::NewEntry): an object without free text. A text `sealed:sha256:…` or
/// `blob:sha256:…` anywhere in it is a reference, and what it names must be stored before.
pub trait Body: private::Sealed {
    /// Appends its canonical text, one level deep in the entry.
    #[doc(hidden)]
    fn write(&self, out: &mut String) -> Result<(), Error>;

    /// Calls `found` with every reference in it, in order of writing.
    #[doc(hidden)]
    fn references(&self, found: &mut dyn FnMut(&str));
}

mod private {
    /// Nobody else knows what a body must be.
    pub trait Sealed {}
    impl Sealed for serde_json::Value {}
    impl Sealed for super::BodyText {}
}

impl Body for Value {
    fn write(&self, out: &mut String) -> Result<(), Error> {
        if !self.is_object() {
            return Err(Error::BodyNotObject);
        }
        write_value(out, self, 1)
    }

    fn references(&self, mut found: &mut dyn FnMut(&str)) {
        references(self, &mut found);
    }
}

/// A body in its canonical text, made with no tree in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyText {
    text: String,
    references: Vec<String>,
}

impl BodyText {
    /// Name and body of an event that is told as `{"type": …, "body": …}`.
    ///
    /// # Errors
    ///
    /// As [`canonical_of`]; [`Error::NotCanonical`] for what is not told so, [`Error::BodyNotObject`].
    ///
    /// # Example
    ///
    /// ```
    /// #[derive(serde::Serialize)]
    /// #[serde(tag = "type", content = "body")]
    /// enum Event { #[serde(rename = "gate.opened")] Opened { width: u32 } }
    /// let (name, body) = bihuan_ledger::BodyText::of_event(&Event::Opened { width: 3 }).unwrap();
    /// assert_eq!((name.as_str(), body.as_str()), ("gate.opened", r#"{"width":3}"#));
    /// ```
    pub fn of_event<T: Serialize + ?Sized>(event: &T) -> Result<(String, BodyText), Error> {
        let mut text = canonical_of(event)?;
        // In canonical order the body comes first, and a quotation mark inside a text is escaped.
        let (body, name) = text
            .strip_prefix(BEFORE)
            .and_then(|rest| rest.strip_suffix(r#""}"#))
            .and_then(|rest| rest.rsplit_once(r#","type":""#))
            .filter(|(_, name)| !name.contains(['"', '\\']))
            .ok_or_else(|| not_told(&text))?;
        if !body.starts_with('{') {
            return Err(Error::BodyNotObject);
        }
        let mut heard = Vec::new();
        match strict::references(body) {
            Some(found) => heard.extend(found.into_iter().map(str::to_owned)),
            // Rare things are read the long way, which also says whether this is one object and nothing behind it.
            None => match serde_json::from_str(body) {
                Ok(body) => references(&body, &mut |reference| heard.push(reference.to_owned())),
                Err(_) => return Err(not_told(&text)),
            },
        }
        let (name, until) = (name.to_owned(), BEFORE.len().saturating_add(body.len()));
        text.truncate(until);
        text.replace_range(..BEFORE.len(), "");
        let references = heard;
        Ok((name, BodyText { text, references }))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn not_told(text: &str) -> Error {
    Error::NotCanonical {
        found: text.chars().take(100).collect(),
    }
}

/// What stands before the body of an event.
const BEFORE: &str = r#"{"body":"#;

impl Body for BodyText {
    fn write(&self, out: &mut String) -> Result<(), Error> {
        out.push_str(&self.text);
        Ok(())
    }

    fn references(&self, found: &mut dyn FnMut(&str)) {
        self.references.iter().for_each(|reference| found(reference));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;
    use crate::canonical::DEPTH_MAX;
    use crate::canonical::tests::value;
    use crate::digest::Digest;

    fn told(name: &str, body: &Value) -> Result<(String, BodyText), Error> {
        BodyText::of_event(&json!({ "type": name, "body": body }))
    }

    fn heard(body: &impl Body) -> Vec<String> {
        let mut heard = Vec::new();
        body.references(&mut |reference| heard.push(reference.to_owned()));
        heard
    }

    fn written(body: &impl Body) -> String {
        let mut out = String::new();
        body.write(&mut out).unwrap();
        out
    }

    proptest! {
        #[test]
        fn a_body_told_as_text_is_written_and_names_what_the_same_body_as_a_tree_does(
            name in "[a-z]{1,8}\\.[a-z]{1,8}",
            members in prop::collection::btree_map("[a-z\"\\\\:縣]{1,6}", prop_oneof![
                value(),
                any::<[u8; 32]>().prop_map(|hash| format!("sealed:{}", Digest(hash)).into()),
                any::<[u8; 32]>().prop_map(|hash| json!([{ "blob:": format!("blob:{}", Digest(hash)) }, "sealed:\"\\", "\"sealed:"])),
                Just(json!("\",\"type\":\"other\"}")),
            ], 0..6),
        ) {
            let body = Value::Object(members.into_iter().collect::<Map<_, _>>());
            let (found, text) = told(&name, &body).unwrap();
            prop_assert_eq!(found, name);
            prop_assert_eq!(written(&text), written(&body));
            prop_assert_eq!(heard(&text), heard(&body));
        }
    }

    #[test]
    fn what_is_no_event_is_no_body() {
        assert!(matches!(told("a.b", &json!([1])), Err(Error::BodyNotObject)));
        assert!(matches!(
            told("a.b", &json!({ "a": 0.5 })),
            Err(Error::NotCanonical { .. })
        ));
        assert!(matches!(
            told("a\"b", &json!({})),
            Err(Error::NotCanonical { .. })
        ));
        let untold = [
            json!({ "body": {} }),
            json!({ "type": "a", "body": {}, "more": 1 }),
            json!(7),
        ];
        for untold in untold {
            assert!(
                matches!(BodyText::of_event(&untold), Err(Error::NotCanonical { .. })),
                "{untold}"
            );
        }
    }

    #[test]
    fn a_body_lies_as_deep_as_it_may_as_a_tree() {
        for depth in [DEPTH_MAX - 2, DEPTH_MAX - 1, DEPTH_MAX] {
            let deep = (0..depth).fold(json!(1), |inner, _| json!([inner]));
            let body = json!({ "a": deep });
            let mut out = String::new();
            assert_eq!(
                told("a.b", &body).is_ok(),
                Body::write(&body, &mut out).is_ok(),
                "{depth}"
            );
        }
    }
}
