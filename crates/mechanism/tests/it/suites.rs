//! The Markdown suites in `tests/checks/`: the checker's specification, its mutation test, and the examples of its pages.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_mechanism::{load, scenario};
use bihuan_messages::{Lang, all, t};

use crate::support::{Files, packs, root, shown, works};

/// A section of a suite: a code, prose, changes to the shipped files, and what else is found.
pub(crate) struct Section {
    pub(crate) code: String,
    pub(crate) prose: String,
    pub(crate) diffs: Vec<String>,
    pub(crate) also: BTreeSet<String>,
}

const MECHANISM: &str = "packs/a-projects/three-plus-24.toml";

/// The pack that uses every construct.
const WORKS: &str = "crates/mechanism/tests/works/";

/// The head of the pack in which the suites' mechanism stands alone, with the register to which it points.
const HEAD: &str = r#"language = 1

[pack]
id = "a-projects"
label = { zh = "重点项目", en = "Key projects" }
requires = ["base"]

[[datum]]
id = "project"
label = { zh = "项目", en = "Project" }
type = "row:projects"
owner = "development"
of = "project"
valid = "always"

[[datum]]
id = "project-name"
label = { zh = "项目名称", en = "Name of the project" }
type = "text"
owner = "development"
of = "project"
valid = "always"

[[register]]
id = "projects"
label = { zh = "重点项目名册", en = "Key projects" }
title = "name"

[[register.field]]
id = "name"
datum = "project-name"
"#;

#[test]
fn every_change_of_the_suites_is_found_under_its_code() {
    let sound = packs(&["base", "a-projects"]);
    let mut wrong = String::new();
    for section in sections() {
        let mut files = only_m03(&sound);
        if section.diffs.iter().any(|diff| diff.contains(WORKS)) {
            files.extend(works());
        }
        for diff in &section.diffs {
            apply(diff, &mut files, &section.code);
        }
        let loaded = load(&files);
        let mut findings = loaded.diagnostics.clone();
        if section.code.starts_with("M03") {
            findings.extend(
                scenario::run_all(&loaded)
                    .into_iter()
                    .flat_map(|outcome| outcome.findings),
            );
        }
        let found: BTreeSet<String> = findings.iter().map(|f| f.code.clone()).collect();
        let mut wanted = section.also.clone();
        wanted.insert(section.code.clone());
        // What is named as also found may be found; the code itself must be.
        let fits = found.contains(&section.code) && found.is_subset(&wanted);
        if !fits {
            let text: String = shown(&loaded, &files, Lang::En).chars().take(1_500).collect();
            wrong.push_str(&format!(
                "{}: found {found:?}, wanted {wanted:?}\n{text}\n",
                section.code
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_code_of_the_catalogue_has_a_section_and_a_page() {
    // Laws of the kernel, which no file can break, and what shows only beside a county's log: nothing but their texts.
    let kernel = ["M0191", "M0303", "M0304"];
    let sections: BTreeMap<String, Section> = sections().into_iter().map(|s| (s.code.clone(), s)).collect();
    let mut wrong = Vec::new();
    for code in codes() {
        let section = sections.get(&code);
        if section.is_none() && !kernel.contains(&code.as_str()) {
            wrong.push(format!("{code}: no section in tests/checks"));
        }
        let page = page(&code, section);
        if !kept(&format!("docs/checks/{code}.md"), &page) {
            wrong.push(format!(
                "{code}: docs/checks/{code}.md is not what the catalogue and the suite say"
            ));
        }
    }
    for code in sections.keys() {
        if !codes().contains(code) {
            wrong.push(format!("{code}: a section, but no text in the catalogue"));
        }
    }
    let mut index = String::from(
        "# Codes of the checker\n\nGenerated from the message catalogue and `crates/mechanism/tests/checks/`.\n\n",
    );
    for code in codes() {
        let key = format!("check.{}", code.to_lowercase());
        index.push_str(&format!(
            "- [{code}]({code}.md) {} — {}\n",
            t(Lang::Zh, &key),
            t(Lang::En, &key)
        ));
    }
    if !kept("docs/checks/README.md", &index) {
        wrong.push("docs/checks/README.md is out of date".to_owned());
    }
    assert!(
        wrong.is_empty(),
        "{}\nTo write the pages anew: BIHUAN_WRITE_DOCS=1 cargo test -p bihuan-mechanism suites",
        wrong.join("\n")
    );
}

/// Every code that has a text.
pub(crate) fn codes() -> Vec<String> {
    all()
        .filter_map(|(key, _)| key.strip_prefix("check.m"))
        .filter(|rest| rest.len() == 4 && rest.chars().all(|c| c.is_ascii_digit()))
        .map(|digits| format!("M{digits}"))
        .collect()
}

fn page(code: &str, section: Option<&Section>) -> String {
    let key = |suffix: &str| format!("check.{}{suffix}", code.to_lowercase());
    let mut page = format!("# {code}\n\n");
    for (lang, what, why, mend) in [
        (Lang::Zh, "发现", "原因", "建议"),
        (Lang::En, "Found", "Why", "Mend"),
    ] {
        page.push_str(&format!(
            "**{what}** {}\n\n**{why}** {}\n\n**{mend}** {}\n\n",
            t(lang, &key("")),
            t(lang, &key("_why")),
            t(lang, &key("_mend"))
        ));
    }
    if let Some(section) = section {
        page.push_str("## Example\n\n");
        if !section.prose.is_empty() {
            page.push_str(&format!("{}\n\n", section.prose));
        }
        for diff in &section.diffs {
            let diff = if diff.starts_with("@@") {
                diff.clone()
            } else {
                format!("@@ {MECHANISM}\n{diff}")
            };
            page.push_str(&format!("```diff\n{diff}\n```\n\n"));
        }
    }
    format!("{}\n", page.trim_end())
}

/// Whether the file of the project says so; with `BIHUAN_WRITE_DOCS` set it is written first.
#[allow(clippy::disallowed_methods, reason = "a test that keeps generated pages")]
pub(crate) fn kept(path: &str, text: &str) -> bool {
    let path = root().join(path);
    if std::env::var("BIHUAN_WRITE_DOCS").is_ok() {
        std::fs::write(&path, text).unwrap();
    }
    std::fs::read_to_string(&path).is_ok_and(|found| found == text)
}

/// The sections of all suites.
#[allow(clippy::disallowed_methods, reason = "tests read their suites")]
pub(crate) fn sections() -> Vec<Section> {
    let folder = root().join("crates/mechanism/tests/checks");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .flat_map(|path| read(&std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn read(suite: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    for part in suite.split("\n## ").skip(1) {
        let (code, body) = part.split_once('\n').unwrap();
        let mut section = Section {
            code: code.trim().to_owned(),
            prose: String::new(),
            diffs: Vec::new(),
            also: BTreeSet::new(),
        };
        let mut prose = Vec::new();
        let mut diff: Option<Vec<&str>> = None;
        for line in body.lines() {
            match (&mut diff, line) {
                (None, "```diff") => diff = Some(Vec::new()),
                (Some(lines), "```") => {
                    section.diffs.push(lines.join("\n"));
                    diff = None;
                }
                (Some(lines), line) => lines.push(line),
                (None, line) => match line.strip_prefix("Also found: ") {
                    Some(also) => section.also.extend(also.split_whitespace().map(str::to_owned)),
                    None => prose.push(line),
                },
            }
        }
        section.prose = prose.join("\n").trim().to_owned();
        sections.push(section);
    }
    sections
}

/// The base pack and M03 with its scenarios: the other packs may grow without touching the suites.
pub(crate) fn only_m03(files: &Files) -> Files {
    let wanted = |path: &str| path.starts_with("packs/base/") || path.contains("three-plus-24");
    let mut files: Files = files
        .iter()
        .filter(|(path, _)| wanted(path))
        .map(|(path, text)| (path.clone(), text.clone()))
        .collect();
    files.insert("packs/a-projects/pack.toml".to_owned(), HEAD.to_owned());
    files
}

/// Applies a change. `@@ path` names the file (M03 where absent), `@@ path = other` begins it as a copy; lines
/// with `-` and a blank stand there now, lines with `+` and a blank afterwards. A file that is not there is made.
pub(crate) fn apply(diff: &str, files: &mut Files, code: &str) {
    let mut path = MECHANISM.to_owned();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for line in diff.lines() {
        if let Some(named) = line.strip_prefix("@@ ") {
            match named.split_once(" = ") {
                Some((copy, original)) => {
                    files.insert(copy.to_owned(), files[original].clone());
                    path = copy.to_owned();
                }
                None => path = named.to_owned(),
            }
            continue;
        }
        let (sign, text) = line.split_at_checked(1).unwrap_or((" ", ""));
        if sign != "+" {
            before.push(text);
        }
        if sign != "-" {
            after.push(text);
        }
    }
    if before.is_empty() {
        files.insert(path, format!("{}\n", after.join("\n")));
        return;
    }
    let (before, after) = (
        format!("\n{}\n", before.join("\n")),
        format!("\n{}\n", after.join("\n")),
    );
    let text = files
        .get_mut(&path)
        .unwrap_or_else(|| panic!("{code}: no file {path}"));
    let count = format!("\n{text}").matches(&before).count();
    assert_eq!(
        count, 1,
        "{code}: the lines to change must stand once in {path}, not {count} times:\n{before}"
    );
    *text = format!("\n{text}")
        .replace(&before, &after)
        .trim_start_matches('\n')
        .to_owned();
}
