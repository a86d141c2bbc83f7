//! JSON Schemas of the kinds of files, for editors: they complete keys, colour what is mistyped, show help.
//!
//! One table of keys (`keys`) makes all of them. The checker knows far more than a schema can say; what passes here may
//! still be unsound. Tests hold the table to what the reader asks for.

mod keys;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use keys::{KEYS, Key, Kind};

/// Which file a schema is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// A file with `[mechanism]`.
    Mechanism,
    /// `pack.toml` and the parts beside it.
    Pack,
    /// `*.scenario.toml`.
    Scenario,
    /// A file with `[scheme]`.
    Scheme,
    /// `*-org.toml`: the units in which scenarios play.
    Org,
}

impl File {
    /// All of them.
    pub const ALL: [File; 5] = [
        File::Mechanism,
        File::Pack,
        File::Scenario,
        File::Scheme,
        File::Org,
    ];

    /// Its name, under which its schema lies in `docs/schema/`.
    pub fn name(self) -> &'static str {
        match self {
            File::Mechanism => "mechanism",
            File::Pack => "pack",
            File::Scenario => "scenario",
            File::Scheme => "scheme",
            File::Org => "org",
        }
    }
}

/// The schema (JSON Schema 2020-12) of a kind of file.
pub fn schema(file: File) -> Value {
    let root = match file {
        File::Mechanism => "mechanism file",
        File::Pack => "pack file",
        File::Scenario => "scenario file",
        File::Scheme => "scheme file",
        File::Org => "org file",
    };
    let mut names = BTreeSet::from([root]);
    // Tables name each other; a handful of rounds reach them all.
    loop {
        let before = names.len();
        let inner: Vec<&str> = names.iter().flat_map(|name| tables_in(name)).collect();
        names.extend(inner);
        if names.len() == before {
            break;
        }
    }
    let mut defs = Map::new();
    defs.insert("label".to_owned(), label());
    for name in names.into_iter().filter(|name| *name != root) {
        defs.insert(name.to_owned(), table(name));
    }
    let mut schema = table(root);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(
            "$schema".to_owned(),
            "https://json-schema.org/draft/2020-12/schema".into(),
        );
        schema.insert("title".to_owned(), format!("bihuan {}", file.name()).into());
        schema.insert("$defs".to_owned(), defs.into());
    }
    schema
}

/// The keys of a table, for tests: the name of the table as messages call it, and its keys.
pub fn tables() -> Vec<(&'static str, Vec<&'static str>)> {
    KEYS.iter()
        .map(|(name, keys)| (*name, keys.iter().map(|key| key.0).collect()))
        .collect()
}

fn keys_of(name: &str) -> &'static [Key] {
    KEYS.iter()
        .find(|(known, _)| *known == name)
        .map_or(&[], |(_, keys)| keys)
}

fn tables_in(name: &str) -> Vec<&'static str> {
    fn of(kind: &Kind) -> Option<&'static str> {
        match kind {
            Kind::Table(name) | Kind::Tables(name) | Kind::NameOr(name) | Kind::NameOrTables(name) => {
                Some(name)
            }
            _ => None,
        }
    }
    keys_of(name).iter().filter_map(|(_, kind, _)| of(kind)).collect()
}

fn table(name: &str) -> Value {
    let keys = keys_of(name);
    let properties: Map<String, Value> = keys
        .iter()
        .map(|(key, kind, _)| ((*key).to_owned(), kind.schema()))
        .collect();
    let needed: Vec<&str> = keys
        .iter()
        .filter(|(_, _, needed)| *needed)
        .map(|(key, _, _)| *key)
        .collect();
    json!({ "type": "object", "properties": properties, "required": needed, "additionalProperties": false })
}

fn label() -> Value {
    let text = json!({ "type": "string", "minLength": 1 });
    json!({
        "type": "object", "properties": { "zh": text, "en": text }, "required": ["zh", "en"],
        "additionalProperties": false,
    })
}

fn code() -> Value {
    json!({ "type": "string", "pattern": "^[a-z0-9_-]+$" })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{}", name.replace(' ', "%20")) })
}

impl Kind {
    fn schema(&self) -> Value {
        match self {
            Kind::One => json!({ "const": 1 }),
            Kind::Text => json!({ "type": "string" }),
            Kind::Code => code(),
            Kind::Flag => json!({ "type": "boolean" }),
            Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Kind::Label => reference("label"),
            Kind::Words(words) => json!({ "enum": words }),
            Kind::WordList(words) => {
                json!({ "anyOf": [{ "enum": words }, { "type": "array", "items": { "enum": words } }] })
            }
            Kind::Codes => json!({ "anyOf": [code(), { "type": "array", "items": code() }] }),
            Kind::Texts => {
                json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
            }
            Kind::Table(name) => reference(name),
            Kind::Tables(name) => json!({ "type": "array", "items": reference(name) }),
            Kind::NameOr(name) => json!({ "anyOf": [code(), reference(name)] }),
            Kind::NameOrTables(name) => {
                json!({ "anyOf": [code(), { "type": "array", "items": reference(name) }] })
            }
            Kind::TextMap => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            Kind::ValueMap => json!({ "type": "object" }),
            Kind::Any => json!({}),
        }
    }
}
