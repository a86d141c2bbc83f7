//! Every shipped mechanism, broken in each general way, is found out. `histories` is the converse.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_mechanism::{Loaded, load};

use crate::support::{Files, every_pack, packs};

/// A way to break a line, and the codes of which one must be found.
type Break = (&'static str, fn(&str) -> Option<String>, &'static [&'static str]);

/// Replaces the first quoted word of a line that begins with `key =`.
fn requote(line: &str, key: &str, with: &str) -> Option<String> {
    let rest = line
        .trim_start()
        .strip_prefix(key)?
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let inner = rest.strip_prefix('"')?;
    let (word, tail) = inner.split_once('"')?;
    let _ = word;
    Some(format!("{key} = \"{with}\"{tail}"))
}

const BREAKS: &[Break] = &[
    (
        "a stage without a clock",
        |l| l.starts_with("clock = {").then(String::new),
        &["M0103", "M0141"],
    ),
    (
        "an unreadable limit",
        |l| {
            l.starts_with("clock = { limit = \"")
                .then(|| l.replace("limit = \"", "limit = \"about "))
        },
        &["M0011"],
    ),
    (
        "a step to nowhere",
        |l| requote(l, "to", "no-such-stage"),
        &["M0111", "M0109"],
    ),
    (
        "a step that closes",
        |l| requote(l, "to", "closed"),
        &["M0126", "M0109"],
    ),
    (
        "a holder that nobody declared",
        |l| requote(l, "holder", "nobody"),
        &["M0109"],
    ),
    (
        "no common exit",
        |l| requote(l, "exit", "").map(|_| String::new()),
        &["M0107", "M0101", "M0108"],
    ),
    (
        "no rework",
        |l| requote(l, "rework", "").map(|_| String::new()),
        &["M0136"],
    ),
    (
        "a cap of none",
        |l| l.starts_with("cap = ").then(|| "cap = 0".to_owned()),
        &["M0143"],
    ),
    (
        "a datum that is not in the dictionary",
        |l| requote(l, "datum", "no_such_datum"),
        &["M0118"],
    ),
    (
        "an approver that nobody declared",
        |l| requote(l, "approver", "nobody"),
        &["M0109"],
    ),
    ("an unknown kind", |l| requote(l, "kind", "wrok"), &["M0010"]),
    (
        "a ladder that is not there",
        |l| requote(l, "ladder", "no-such-ladder"),
        &["M0112"],
    ),
    (
        "a first stage that is not there",
        |l| requote(l, "stage", "no-such-stage"),
        &["M0111"],
    ),
    (
        "a mistyped key",
        |l| l.starts_with("needs = ").then(|| l.replace("needs", "nedds")),
        &["M0003"],
    ),
    (
        "a title that is no field",
        |l| requote(l, "title", "no_such_field"),
        &["M0110"],
    ),
    (
        "a register that is not there",
        |l| requote(l, "register", "no_such_register"),
        &["M0116"],
    ),
    (
        "a role of no unit",
        |l| {
            let role = ["owner", "superior", "function:", "field:", "parent-owner"];
            requote(l, "unit", "nowhere").filter(|_| role.iter().any(|r| l.contains(&format!("= \"{r}"))))
        },
        &["M0010", "M0114", "M0115", "M0116"],
    ),
    (
        "a guard over a field that is not there",
        |l| requote(l, "when", "no_such_field == 1"),
        &["M0130", "M0110", "M0131", "M0132"],
    ),
    (
        "an empty label",
        |l| {
            l.starts_with("label = {")
                .then(|| "label = { zh = \"\", en = \"x\" }".to_owned())
        },
        &["M0007"],
    ),
    (
        "a label in one language",
        |l| {
            l.starts_with("label = {")
                .then(|| "label = { zh = \"某\" }".to_owned())
        },
        &["M0007"],
    ),
];

/// Files with `[mechanism]`, and the packs around them.
fn shipped() -> (Files, Loaded, Vec<String>) {
    let files = packs(&every_pack());
    let loaded = load(&files);
    let faulty: BTreeSet<&str> = loaded
        .diagnostics
        .iter()
        .map(|finding| finding.file.as_str())
        .collect();
    let mechanisms = files
        .iter()
        .filter(|(path, text)| path.ends_with(".toml") && text.lines().any(|line| line == "[mechanism]"))
        .map(|(path, _)| path.clone())
        .filter(|path| !faulty.contains(path.as_str()))
        .collect();
    (files, loaded, mechanisms)
}

/// What a mechanism stands on: the lists of its pack and of those that its pack requires, and the mechanisms that it
/// names. Scenarios, rows and other mechanisms have no part in its check; without them it is quicker.
fn ground(files: &Files, loaded: &Loaded, path: &str) -> Files {
    let (home, _) = path.rsplit_once('/').unwrap();
    let mut near = BTreeSet::new();
    let mut todo = vec![home.trim_start_matches("packs/").to_owned()];
    while let Some(name) = todo.pop() {
        let requires = loaded
            .pack(&name)
            .map(|pack| pack.requires.clone())
            .unwrap_or_default();
        todo.extend(requires.iter().map(|required| required.as_str().to_owned()));
        near.insert(format!("packs/{name}"));
    }
    let names = |text: &str| {
        let id = text
            .lines()
            .find(|line| line.starts_with("id = "))
            .unwrap_or("id = ");
        files[path].contains(&id.replacen("id", "mechanism", 1))
    };
    let wanted = |other: &str, text: &str| {
        let folder = other.rsplit_once('/').map_or("", |(folder, _)| folder);
        let part =
            other.ends_with(".toml") && !other.ends_with(".scenario.toml") && !other.ends_with("-org.toml");
        let mechanism = text.lines().any(|line| line == "[mechanism]");
        part && near.contains(folder) && (!mechanism || other == path || names(text))
    };
    let chosen = files.iter().filter(|(other, text)| wanted(other, text));
    chosen.map(|(path, text)| (path.clone(), text.clone())).collect()
}

/// Every which break is tried in the ordinary run.
const SHARE: usize = 5;

/// So many mechanisms must meet each way of breaking.
const MEETS_AT_LEAST: usize = 5;

/// Whether the environment asks for all of them: `BIHUAN_MUTATIONS=all`, as `cargo xtask proof` does.
#[allow(clippy::disallowed_methods, reason = "a longer run is asked for by hand")]
fn every_break() -> bool {
    std::env::var_os("BIHUAN_MUTATIONS").is_some()
}

#[test]
fn every_shipped_mechanism_broken_in_each_way_is_found_out() {
    let (files, loaded, mechanisms) = shipped();
    assert!(!mechanisms.is_empty());
    let mut wrong = Vec::new();
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    for (which, path) in mechanisms.iter().enumerate() {
        let mut lean = ground(&files, &loaded, path);
        let lines: Vec<&str> = files[path].lines().collect();
        let mut here = 0;
        for (rule, (what, change, codes)) in BREAKS.iter().enumerate() {
            // One line of each kind, not always the first: the length of the name chooses.
            let hits: Vec<(usize, String)> = lines
                .iter()
                .enumerate()
                .filter_map(|(n, line)| change(line).map(|new| (n, new)))
                .collect();
            let Some((at, new)) = hits.get((path.len() + what.len()) % hits.len().max(1)) else {
                continue;
            };
            // Each mechanism is broken in a fifth of the ways and each way meets a fifth of the mechanisms, five at least
            // where there are so many; the long run takes all of them.
            let tried = met.get(what).copied().unwrap_or(0);
            if !every_break() && tried >= MEETS_AT_LEAST && !(which + rule).is_multiple_of(SHARE) {
                continue;
            }
            *met.entry(what).or_default() += 1;
            here += 1;
            let mut broken: Vec<&str> = lines.clone();
            broken[*at] = new;
            lean.insert(path.clone(), broken.join("\n"));
            let found: BTreeSet<String> = load(&lean)
                .diagnostics
                .into_iter()
                .filter(|f| f.file == *path)
                .map(|f| f.code)
                .collect();
            if !codes.iter().any(|code| found.contains(*code)) {
                wrong.push(format!(
                    "{path}:{}: {what}: wanted one of {codes:?}, found {found:?}\n  {}",
                    at + 1,
                    lines[*at]
                ));
            }
        }
        if here == 0 {
            wrong.push(format!("{path}: no rule was put to it"));
        }
    }
    for (what, ..) in BREAKS {
        let count = met.get(what).copied().unwrap_or(0);
        println!("{count:>4} mechanisms with {what}");
        if count < MEETS_AT_LEAST {
            wrong.push(format!("{what}: only {count} mechanisms"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
