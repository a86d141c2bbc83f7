//! Texts for people stand in the catalogue: every key that is used is there, and no Chinese stands beside it.

use super::source::literals;

/// Files whose literals look like keys and are none, with the reason.
const NO_KEYS: [(&str, &str); 5] = [
    (
        "crates/domain/src/event",
        "names of events, such as `clock.warned`",
    ),
    (
        "crates/web/src/pages/admin/audit.rs",
        "names of the events that it lists",
    ),
    (
        "crates/domain/src/assessment/facts.rs",
        "names of the events that set no fact",
    ),
    (
        "crates/engine/src/views/rebuild.rs",
        "names of the events that a rebuild looks for",
    ),
    ("crates/sim/src/jiaocheng", "posts of the audit bureau"),
];

/// Where Chinese may stand outside the catalogue: file or folder, the literal (any where empty), the reason.
const CHINESE_ALLOWED: [(&str, &str, &str); 5] = [
    (
        "crates/engine/src/import/",
        "",
        "words of the sheets that are imported: recognised or given back, not said by us",
    ),
    (
        "crates/engine/src/wire/value.rs",
        "",
        "yes and no as people type them",
    ),
    (
        "crates/engine/src/bulletin/wording/labels.rs",
        "{}年",
        "a date's figures with their signs",
    ),
    (
        "crates/web/src/pages/imports/",
        "元",
        "units of money that sheets name",
    ),
    (
        "crates/web/src/show.rs",
        "月",
        "a date's figures with their signs",
    ),
];

fn looks_like_a_key(text: &str) -> bool {
    text.split_once('.').is_some_and(|(area, key)| {
        bihuan_messages::areas().any(|known| known == area)
            // A key that ends like this is completed at run time.
            && !key.is_empty()
            && !key.ends_with('_')
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && !["toml", "csv", "html", "xlsx", "docx", "json", "txt", "rs", "css", "js", "xml"].contains(&key)
    })
}

#[test]
fn every_key_used_in_the_house_is_in_the_catalogue() {
    let rooms = [
        "domain",
        "diagnostics",
        "mechanism",
        "reader",
        "process",
        "ledger",
        "report",
        "engine",
        "web",
        "sim",
        "cli",
    ];
    let mut missing = Vec::new();
    for literal in literals(&rooms) {
        let key = literal.text.as_str();
        let other = NO_KEYS.iter().any(|(file, _)| literal.file.starts_with(file));
        if looks_like_a_key(key) && !other && !bihuan_messages::has(key) {
            missing.push(format!("{}:{} {key}", literal.file, literal.line));
        }
    }
    assert!(
        missing.is_empty(),
        "not in the catalogue:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_refusal_has_its_text() {
    let mut missing = Vec::new();
    for room in ["domain", "engine", "web"] {
        for (file, code) in refusals(room) {
            if !bihuan_messages::has(&format!("refusal.{code}")) {
                missing.push(format!("{file}: {code}"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "refusals without a text:\n{}",
        missing.join("\n")
    );
}

/// Codes in `Refusal::new("…")`.
fn refusals(room: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![super::run::root().join("crates").join(room).join("src")];
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let codes = text
                    .split("Refusal::new(\"")
                    .skip(1)
                    .filter_map(|rest| rest.split_once('"'));
                found.extend(codes.map(|(code, _)| (path.display().to_string(), code.to_owned())));
            }
        }
    }
    found
}

#[test]
fn no_chinese_for_people_stands_outside_the_catalogue() {
    let mut stray = Vec::new();
    for literal in literals(&["web", "cli", "engine"]) {
        let han = literal
            .text
            .chars()
            .any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
        let allowed = CHINESE_ALLOWED
            .iter()
            .any(|(file, text, _)| literal.file.starts_with(file) && literal.text.contains(text));
        if han && !allowed {
            stray.push(format!("{}:{} {}", literal.file, literal.line, literal.text));
        }
    }
    assert!(
        stray.is_empty(),
        "Chinese outside the catalogue:\n{}",
        stray.join("\n")
    );
}
