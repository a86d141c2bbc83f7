//! The packs that come with the program, so that the binary needs no other file.

use std::collections::BTreeMap;

use bihuan_domain::id::PackId;
use bihuan_engine::{Engine, WorldChange};

/// Path under `packs/` and text, sorted by path.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// The files of a pack by their path inside it.
pub type Files = BTreeMap<String, String>;

/// Every pack by its folder, which bears the pack's code.
pub fn all() -> BTreeMap<String, Files> {
    let mut packs: BTreeMap<String, Files> = BTreeMap::new();
    for (path, text) in FILES {
        if let Some((pack, inside)) = path.split_once('/') {
            packs
                .entry(pack.to_owned())
                .or_default()
                .insert(inside.to_owned(), (*text).to_owned());
        }
    }
    packs.retain(|_, files| files.contains_key("pack.toml"));
    packs
}

/// The changes that adopt these packs; those that others require come first by the order of codes in one transaction.
pub fn adoptions(packs: &BTreeMap<String, Files>) -> Vec<WorldChange> {
    packs
        .iter()
        .map(|(id, files)| Engine::adopt_pack(&PackId::new(id), files.clone()))
        .collect()
}

/// Every file by its path from `packs/` on: what the checker is given.
pub fn as_one() -> Files {
    FILES
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}
