//! The rooms: the workspace, the map in ARCHITECTURE.md and the imports agree.

use std::collections::BTreeMap;
use std::fs;

use super::run::root;

/// The rooms of the map, in its order: each imports only from those before it.
fn map() -> Vec<String> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    text.lines()
        .filter_map(|line| {
            line.strip_prefix("| `")?
                .split_once('`')
                .map(|(room, _)| room.trim_end_matches('/').to_owned())
        })
        .collect()
}

/// Every member of the workspace with its manifest.
fn members() -> BTreeMap<String, toml::Table> {
    let root = root();
    let manifest: toml::Table = fs::read_to_string(root.join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let mut members = BTreeMap::new();
    for member in manifest["workspace"]["members"].as_array().unwrap() {
        let member = member.as_str().unwrap();
        let folders = match member.strip_suffix("/*") {
            Some(parent) => fs::read_dir(root.join(parent))
                .unwrap()
                .map(|entry| format!("{parent}/{}", entry.unwrap().file_name().to_string_lossy()))
                .collect(),
            None => vec![member.to_owned()],
        };
        for folder in folders {
            if let Ok(text) = fs::read_to_string(root.join(&folder).join("Cargo.toml")) {
                members.insert(folder, text.parse().unwrap());
            }
        }
    }
    members
}

#[test]
fn every_room_stands_in_the_map_and_every_room_of_the_map_is_there() {
    let map = map();
    for member in members().keys() {
        assert!(
            map.contains(member),
            "`{member}` is not in the table of ARCHITECTURE.md"
        );
    }
    for room in map.iter().filter(|room| room.starts_with("crates/")) {
        assert!(
            members().contains_key(room),
            "the map names `{room}`, which is no crate"
        );
    }
}

#[test]
fn a_room_imports_only_from_those_above_it() {
    let map = map();
    let place = |room: &str| map.iter().position(|name| name == room);
    for (member, manifest) in members() {
        let Some(own) = place(&member) else { continue };
        // What tests need may come from anywhere: it is not in the binary.
        for section in ["dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(section).and_then(|table| table.as_table()) else {
                continue;
            };
            for name in dependencies.keys() {
                let Some(other) = name.strip_prefix("bihuan-") else {
                    continue;
                };
                let above = place(&format!("crates/{other}")).is_some_and(|place| place < own);
                assert!(
                    above,
                    "`{member}` imports `{name}`, which does not stand above it in ARCHITECTURE.md"
                );
            }
        }
    }
}

#[test]
fn the_pure_rooms_touch_nothing_of_the_world() {
    for room in ["domain", "diagnostics", "mechanism", "reader", "process"] {
        let text =
            fs::read_to_string(root().join("crates").join(room).join("clippy.toml")).unwrap_or_default();
        for forbidden in ["SystemTime::now", "std::env::var", "std::fs::read", "HashMap"] {
            assert!(
                text.contains(forbidden),
                "crates/{room}/clippy.toml does not forbid {forbidden}"
            );
        }
        let manifest = &members()[&format!("crates/{room}")];
        for (name, _) in manifest["dependencies"].as_table().unwrap() {
            for worldly in ["tokio", "rusqlite", "axum", "getrandom", "tempfile"] {
                assert_ne!(name, worldly, "crates/{room} is pure");
            }
        }
    }
}

#[test]
fn every_room_obeys_the_lints_of_the_house() {
    for (member, manifest) in members() {
        let obeys = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(|w| w.as_bool());
        assert_eq!(
            obeys,
            Some(true),
            "{member}/Cargo.toml has no `[lints] workspace = true`"
        );
    }
}
