//! JSON Schemas for editors: up to date, true to the reader, and every shipped file passes.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_mechanism::load;
use bihuan_mechanism::schema::{File, schema, tables};
use bihuan_messages::{Arg, Lang};
use serde_json::{Value, json};

use crate::suites::kept;
use crate::support::{Files, every_pack, packs, works};

fn kind_of(path: &str, text: &str) -> Option<File> {
    if path.ends_with(".scenario.toml") {
        Some(File::Scenario)
    } else if path.ends_with("-org.toml") {
        Some(File::Org)
    } else if !path.ends_with(".toml") {
        None
    } else if text.lines().any(|line| line.trim() == "[mechanism]") {
        Some(File::Mechanism)
    } else if text.lines().any(|line| line.trim() == "[scheme]") {
        Some(File::Scheme)
    } else {
        Some(File::Pack)
    }
}

/// What JSON Schema says about a value, for the part of the language that our schemas use.
fn faults(at: &str, value: &Value, rule: &Value, root: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (key, rule_value) in rule.as_object().unwrap() {
        let wrong = match key.as_str() {
            "$ref" => {
                let name = rule_value
                    .as_str()
                    .unwrap()
                    .strip_prefix("#/$defs/")
                    .unwrap()
                    .replace("%20", " ");
                found.extend(faults(at, value, &root["$defs"][&name], root));
                false
            }
            "const" => value != rule_value,
            "enum" => !rule_value.as_array().unwrap().contains(value),
            "anyOf" => rule_value
                .as_array()
                .unwrap()
                .iter()
                .all(|one| !faults(at, value, one, root).is_empty()),
            "type" => match rule_value.as_str().unwrap() {
                "object" => !value.is_object(),
                "array" => !value.is_array(),
                "string" => !value.is_string(),
                "boolean" => !value.is_boolean(),
                "integer" => !value.is_i64(),
                other => panic!("type {other}"),
            },
            "minLength" => value.as_str().is_some_and(str::is_empty),
            "minimum" => value.as_i64() < rule_value.as_i64(),
            "maximum" => value.as_i64() > rule_value.as_i64(),
            "pattern" => {
                assert_eq!(rule_value, "^[a-z0-9_-]+$");
                let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
                value
                    .as_str()
                    .is_some_and(|text| text.is_empty() || !text.chars().all(fits))
            }
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(faults(&format!("{at}[{n}]"), item, rule_value, root));
                }
                false
            }
            "required" => {
                let needed = rule_value
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|key| key.as_str().unwrap());
                value.is_object() && needed.into_iter().any(|key| value.get(key).is_none())
            }
            "additionalProperties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    if rule
                        .get("properties")
                        .is_some_and(|known| known.get(name).is_some())
                    {
                        continue;
                    }
                    match rule_value {
                        Value::Bool(false) => found.push(format!("{at}.{name} is unknown")),
                        rule_value => found.extend(faults(&format!("{at}.{name}"), inner, rule_value, root)),
                    }
                }
                false
            }
            "properties" => {
                for (name, rule_value) in rule_value.as_object().unwrap() {
                    if let Some(inner) = value.get(name) {
                        found.extend(faults(&format!("{at}.{name}"), inner, rule_value, root));
                    }
                }
                false
            }
            "$schema" | "title" | "$defs" => false,
            other => panic!("the schemas use `{other}`, which this test does not know"),
        };
        if wrong {
            found.push(format!("{at}: {key} {rule_value} but {value}"));
        }
    }
    found
}

fn json_of(text: &str) -> Option<Value> {
    let table: toml::Table = text.parse().ok()?;
    Some(plain(toml::Value::Table(table)))
}

fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(n) => json!(n),
        toml::Value::Float(n) => json!(n),
        toml::Value::Boolean(b) => json!(b),
        toml::Value::Datetime(at) => json!(at.to_string()),
        toml::Value::Array(items) => items.into_iter().map(plain).collect(),
        toml::Value::Table(table) => Value::Object(
            table
                .into_iter()
                .map(|(key, value)| (key, plain(value)))
                .collect(),
        ),
    }
}

fn all_files() -> Files {
    let mut files = packs(&every_pack());
    files.extend(works());
    files
}

#[test]
fn every_shipped_file_passes_its_schema() {
    let schemas: BTreeMap<&str, Value> = File::ALL
        .iter()
        .map(|file| (file.name(), schema(*file)))
        .collect();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, text) in all_files() {
        let Some(kind) = kind_of(&path, &text) else {
            continue;
        };
        let rule = &schemas[kind.name()];
        let found = faults("", &json_of(&text).unwrap(), rule, rule);
        assert!(found.is_empty(), "{path}: {found:#?}");
        *seen.entry(kind.name()).or_insert(0) += 1;
    }
    let enough =
        |(kind, count): (&&str, &usize)| *count > if ["scheme", "org"].contains(kind) { 2 } else { 20 };
    assert!(seen.iter().all(enough), "{seen:?}");
}

#[test]
fn a_mistyped_key_of_any_shipped_file_fails_its_schema() {
    let schemas: BTreeMap<&str, Value> = File::ALL
        .iter()
        .map(|file| (file.name(), schema(*file)))
        .collect();
    let mut tried = BTreeSet::new();
    for (path, text) in all_files() {
        let Some(kind) = kind_of(&path, &text) else {
            continue;
        };
        for line in text.lines() {
            let Some((key, _)) = line.trim_start().split_once(" = ") else {
                continue;
            };
            // One of each key and kind of file is enough.
            if !key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                || !tried.insert((kind.name(), key.to_owned()))
            {
                continue;
            }
            let wrong = text.replacen(line, &line.replacen(key, &format!("{key}x"), 1), 1);
            let Some(value) = json_of(&wrong) else { continue };
            let rule = &schemas[kind.name()];
            let free = text.contains(&format!("sets]\n{line}")) || text.contains(&format!("values]\n{line}"));
            assert!(
                free || !faults("", &value, rule, rule).is_empty(),
                "{path}: {line}"
            );
        }
    }
    assert!(tried.len() > 60, "{}", tried.len());
}

/// The reader says which keys a table may have when it meets one that it does not know: the table of keys must agree.
#[test]
fn the_table_of_keys_is_what_the_reader_asks_for() {
    let mut files = all_files();
    for text in files.values_mut() {
        let lines: Vec<String> = text
            .lines()
            .map(|line| match line.trim() {
                header if header.starts_with('[') => format!("{line}\nzzqqzzqqzz = 1"),
                _ => [
                    "clock",
                    "closing",
                    "verify",
                    "look_back",
                    "ordinary",
                    "major",
                    "then",
                ]
                .iter()
                .fold(line.to_owned(), |line, key| {
                    line.replace(&format!("{key} = {{ "), &format!("{key} = {{ zzqqzzqqzz = 1, "))
                }),
            })
            .collect();
        *text = lines.join("\n");
    }
    let heads = all_files();
    // One file at a time beside the head of its pack: findings of one run are limited.
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in files {
        let head = format!("{}/pack.toml", path.rsplit_once('/').unwrap().0);
        let mut given = Files::from([(head.clone(), heads[&head].clone())]);
        given.insert(path, text);
        let loaded = load(&given);
        for finding in loaded
            .diagnostics
            .iter()
            .filter(|finding| finding.code == "M0003")
        {
            let table = match &finding.message.args["table"] {
                Arg::Text(text) => text.clone(),
                Arg::Label(label) => label.get(Lang::En).to_owned(),
            };
            let Some(Arg::Label(known)) = finding.mend.as_ref().and_then(|mend| mend.args.get("known"))
            else {
                continue;
            };
            asked
                .entry(table)
                .or_default()
                .extend(known.en.split(", ").map(str::to_owned));
        }
    }
    // Tables that several keys share stand under one name.
    let alias = |name: &str| match name {
        "ordinary" | "major" => "way".to_owned(),
        "return" | "extension" | "suspension" | "hand_up" | "void" => "side move".to_owned(),
        other => other.to_owned(),
    };
    let mut compared = 0;
    let mut asked_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, keys) in asked {
        asked_of.entry(alias(&table)).or_default().extend(keys);
    }
    for (table, keys) in tables() {
        let Some(asked) = asked_of.get(table) else {
            continue;
        };
        let keys: BTreeSet<String> = keys.into_iter().map(str::to_owned).collect();
        assert_eq!(asked, &keys, "{table}");
        compared += 1;
    }
    assert!(compared > 20, "{compared}: {:?}", asked_of.keys());
}

#[test]
fn the_schemas_in_the_docs_are_up_to_date() {
    for file in File::ALL {
        let made = format!("{}\n", serde_json::to_string_pretty(&schema(file)).unwrap());
        let name = file.name();
        assert!(
            kept(&format!("docs/schema/{name}.schema.json"), &made),
            "write it anew: BIHUAN_WRITE_DOCS=1 cargo test -p bihuan-mechanism schemas"
        );
    }
}
