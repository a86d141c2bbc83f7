//! The table of `docs/coverage.md` is made from the packs by running their scenarios, and every mechanism is played.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::Code;
use bihuan_domain::mechanism::Mechanism;
use bihuan_mechanism::load;
use bihuan_mechanism::scenario::{Outcome, run_all};

use crate::suites::kept;
use crate::support::{Files, every_pack, packs, root};

/// Mechanisms that are worked out in full, with a walk in the demo.
const DEEP: [&str; 12] = [
    "M01", "M02", "M03", "M09", "M10", "M11", "M13", "M14", "M17", "M27", "M36", "M45",
];

/// The place in the page between which the table stands.
const BEGIN: &str =
    "<!-- made by `cargo xtask coverage` from the packs; what stands outside is written by hand -->\n";
const END: &str = "<!-- end of what is made -->\n";

/// The file of each mechanism, by its code.
fn paths(files: &Files) -> BTreeMap<String, String> {
    let mechanisms = files
        .iter()
        .filter(|(path, text)| path.ends_with(".toml") && text.lines().any(|line| line == "[mechanism]"));
    mechanisms
        .filter_map(|(path, text)| {
            let id = text.lines().find_map(|line| line.strip_prefix("id = \""))?;
            Some((id.trim_end_matches('"').to_owned(), path.clone()))
        })
        .collect()
}

/// What became of a mechanism's printed figures: those that its scenarios reproduce, those whose difference is
/// explained, those that nothing could add up to.
fn figures(mechanism: &Mechanism, outcomes: &[&Outcome]) -> String {
    let all = &mechanism.figures;
    if all.is_empty() {
        return "–".to_owned();
    }
    let told = |wanted: bool| -> BTreeSet<&str> {
        let figures = outcomes.iter().flat_map(|outcome| &outcome.figures);
        figures
            .filter(|(id, _, agreed)| *agreed == wanted && all.iter().any(|f| f.id.as_str() == id))
            .map(|(id, _, _)| id.as_str())
            .collect()
    };
    let computed = all.iter().filter(|figure| figure.value.is_some()).count();
    let differ = told(false)
        .iter()
        .filter(|id| all.iter().any(|f| f.id == Code::new(**id) && f.anomaly.is_some()))
        .count();
    let mut text = if computed > 0 {
        format!("{} of {computed}", told(true).len())
    } else {
        String::new()
    };
    let mut also = |count: usize, what: &str| {
        if count > 0 {
            let gap = if text.is_empty() { "" } else { "; " };
            text.push_str(&format!("{gap}{count} {what}"));
        }
    };
    also(differ, "⚠ differ, with the reason");
    also(all.len() - computed, "printed only");
    text
}

#[test]
fn every_mechanism_is_played_and_the_page_of_coverage_says_how() {
    let files = packs(&every_pack());
    let loaded = load(&files);
    let outcomes = run_all(&loaded);
    let paths = paths(&files);
    let mut lines: Vec<(String, String)> = Vec::new();
    let mut played: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for mechanism in loaded.packs.iter().flat_map(|pack| &pack.mechanisms) {
        let own: Vec<&Outcome> = outcomes
            .iter()
            .filter(|outcome| outcome.mechanism == mechanism.id.as_str())
            .collect();
        let path = &paths[mechanism.id.as_str()];
        let stem = path.rsplit('/').next().unwrap().trim_end_matches(".toml");
        let names: Vec<&str> = own
            .iter()
            .map(|outcome| {
                let name = outcome.file.rsplit('/').next().unwrap();
                let name = name.trim_end_matches(".scenario.toml");
                name.strip_prefix(stem)
                    .map_or(name, |name| name.trim_start_matches('.'))
            })
            .collect();
        let parents: Vec<&str> = loaded
            .packs
            .iter()
            .flat_map(|pack| &pack.mechanisms)
            .filter(|other| {
                other
                    .children
                    .as_ref()
                    .is_some_and(|parts| parts.mechanism == mechanism.id)
            })
            .map(|other| other.id.as_str())
            .collect();
        let shown = match (own.is_empty(), parents.is_empty()) {
            (false, _) => names.join(" · "),
            (true, false) => format!("as a part, in those of {}", parents.join(", ")),
            (true, true) => {
                wrong.push(format!("{path}: nothing plays it"));
                String::new()
            }
        };
        let number = mechanism.number.as_str();
        played
            .entry(number)
            .or_default()
            .extend(own.iter().map(|outcome| outcome.file.as_str()));
        let deep = if DEEP.contains(&number) { " ★" } else { "" };
        let line = format!(
            "| {number}{deep} | {} · {} | `{path}` | {} | {} | `/mechanisms/{}` |\n",
            mechanism.label.zh,
            mechanism.label.en,
            shown,
            figures(mechanism, &own),
            mechanism.id
        );
        lines.push((format!("{number}{}", mechanism.id), line));
    }
    lines.sort();
    for n in 1..=50 {
        let number = format!("M{n:02}");
        let count = played.get(number.as_str()).map_or(0, BTreeSet::len);
        if count < 3 {
            wrong.push(format!("{number}: {count} scenarios; the normal course, one that goes wrong and the hard part or figures are wanted"));
        }
    }
    let mut table = format!(
        "{} mechanism files, {} scenarios.\n\n| No. | Mechanism | File | Scenarios | Printed figures reproduced | Page |\n|---|---|---|---|---|---|\n",
        lines.len(),
        outcomes.len()
    );
    lines.iter().for_each(|(_, line)| table.push_str(line));
    #[allow(clippy::disallowed_methods, reason = "a test reads the page")]
    let page = std::fs::read_to_string(root().join("docs/coverage.md")).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    if !kept(
        "docs/coverage.md",
        &format!("{before}{BEGIN}\n{table}\n{END}{after}"),
    ) {
        wrong.push("docs/coverage.md is out of date: cargo xtask coverage".to_owned());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
