//! Types of fields in words: `money`, `row:projects`, `list of unit`.

/// A type as a file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TypeName {
    Plain(&'static str),
    /// `row:projects`.
    Row(String),
    /// `list of unit`.
    List(Box<TypeName>),
}

/// The plain types, for suggestions.
pub(crate) const PLAIN: &[&str] = &[
    "bool", "int", "decimal", "money", "date", "instant", "duration", "choice", "unit", "post", "person",
    "case", "file", "text",
];

/// Reads a type; `None` where the word is not known.
pub(crate) fn type_name(text: &str) -> Option<TypeName> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix("list of ") {
        // A list of lists has no use in an office and none in the log.
        return match type_name(inner)? {
            TypeName::List(_) => None,
            inner => Some(TypeName::List(Box::new(inner))),
        };
    }
    if let Some(register) = text.strip_prefix("row:") {
        return Some(TypeName::Row(register.trim().to_owned()));
    }
    PLAIN
        .iter()
        .find(|plain| **plain == text)
        .map(|plain| TypeName::Plain(plain))
}
