//! Hostile and broken input: every fault is found, every limit is named, nothing panics.

use std::collections::BTreeSet;

use bihuan_mechanism::{limits, load, scenario};
use bihuan_messages::Lang;
use proptest::prelude::*;

use crate::suites::only_m03;
use crate::support::{Files, packs, shown};

const MECHANISM: &str = "packs/a-projects/three-plus-24.toml";

fn sound() -> Files {
    only_m03(&packs(&["base", "a-projects"]))
}

/// Loads M03 with its text changed and gives the codes that are found.
fn codes_after(change: impl Fn(&str) -> String) -> BTreeSet<String> {
    let mut files = sound();
    let text = change(&files[MECHANISM]);
    files.insert(MECHANISM.to_owned(), text);
    load(&files)
        .diagnostics
        .into_iter()
        .map(|finding| finding.code)
        .collect()
}

#[test]
fn a_file_with_a_hundred_faults_gives_a_hundred_findings() {
    let mut files = sound();
    let mut text = files[MECHANISM].clone();
    for n in 0..100 {
        text.push_str(&format!(
            "\n[[stage]]\nid = \"extra-{n}\"\nlabel = {{ zh = \"多余\", en = \"extra\" }}\nkind = \"work\"\nholder = \"nobody-{n}\"\n\
             clock = {{ limit = \"3 days\" }}\n[[stage.step]]\nid = \"go\"\nlabel = {{ zh = \"办\", en = \"Go\" }}\nto = \"reply\"\n"
        ));
    }
    files.insert(MECHANISM.to_owned(), text);
    let loaded = load(&files);
    let count = |code: &str| {
        loaded
            .diagnostics
            .iter()
            .filter(|finding| finding.code == code)
            .count()
    };
    assert_eq!(
        count("M0109"),
        100,
        "each of the hundred roles that nobody declared"
    );
    assert_eq!(
        count("M0101"),
        100,
        "each of the hundred stages that nothing leads to"
    );
    assert!(
        loaded.packs.iter().all(|pack| pack.mechanisms.is_empty()),
        "an unsound mechanism is not loaded"
    );
}

#[test]
fn a_file_of_fifty_megabytes_is_refused_with_the_limit_named() {
    let mut files = sound();
    files.insert(
        MECHANISM.to_owned(),
        format!("language = 1\n#{}", "x".repeat(50_000_000)),
    );
    let loaded = load(&files);
    let text = shown(&loaded, &files, Lang::En);
    assert!(
        text.contains(&limits::FILE_BYTES_MAX.to_string()),
        "{}",
        text.chars().take(500).collect::<String>()
    );
}

#[test]
fn endless_and_huge_things_are_refused_with_the_limit_named() {
    let long = "a".repeat(limits::TEXT_CHARS_MAX + 1);
    let deep = format!("{}accepted{}", "(".repeat(300), ")".repeat(300));
    let nots = format!("{}accepted", "!".repeat(500));
    let minus = format!("{}1 == 1", "-".repeat(500));
    let wide = vec!["accepted"; 150].join(" && ");
    let sums = ["count(cases)"; 9].join(" + ");
    let hundred = vec!["\"matter\""; limits::ITEMS_MAX + 1].join(", ");
    for (what, from, to) in [
        ("a long text", "number = \"M03\"", format!("number = \"{long}\"")),
        (
            "a deep expression",
            "when = \"accepted\"",
            format!("when = \"{deep}\""),
        ),
        ("many nots", "when = \"accepted\"", format!("when = \"{nots}\"")),
        (
            "many minus signs",
            "when = \"accepted\"",
            format!("when = \"{minus}\""),
        ),
        (
            "a wide expression",
            "when = \"accepted\"",
            format!("when = \"{wide}\""),
        ),
        (
            "many aggregates",
            "when = \"accepted\"",
            format!("when = \"{sums} > 3\""),
        ),
        (
            "many items",
            "columns = [\"matter\", \"leader\", \"accepted\"]",
            format!("columns = [{hundred}]"),
        ),
    ] {
        let found = codes_after(|text| text.replace(from, &to));
        assert!(
            found.contains("M0002") || found.contains("M0134"),
            "{what}: {found:?}"
        );
    }
}

#[test]
fn huge_numbers_are_refused_where_they_stand() {
    for (from, to, code) in [
        ("cap = 2", "cap = 99999999999999999999999999999", "M0012"),
        ("cap = 2", "cap = 0xff", "M0005"),
        ("cap = 2", "cap = 1.5", "M0005"),
        (
            "limit = \"15 days\"",
            "limit = \"99999999999999999999 days\"",
            "M0011",
        ),
        (
            "when = \"accepted\"",
            "when = \"99999999999999999999999999999999999999 > 1\"",
            "M0131",
        ),
        (
            "when = \"accepted\"",
            "when = \"99999999999999亿元 > 1元\"",
            "M0131",
        ),
    ] {
        let found = codes_after(|text| text.replace(from, to));
        assert!(found.contains(code), "{to}: {found:?}");
    }
}

#[test]
fn an_empty_folder_an_empty_file_and_a_binary_one_are_no_panic() {
    assert!(load(&Files::new()).packs.is_empty());
    for text in [
        "",
        "\u{feff}",
        "\0\0\0",
        "language = 1",
        "[mechanism]",
        "[[when]]",
        "= = =",
        "a.b.c.d = 1",
    ] {
        for path in [
            "p/pack.toml",
            "p/x.toml",
            "p/x.scenario.toml",
            "p/x-org.toml",
            "p/rows.csv",
        ] {
            let mut files = sound();
            files.insert(path.to_owned(), text.to_owned());
            files
                .entry("p/pack.toml".to_owned())
                .or_insert_with(|| "language = 1".to_owned());
            let loaded = load(&files);
            let _ = scenario::run_all(&loaded);
            let _ = shown(&loaded, &files, Lang::Zh);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_stands_in_a_file_nothing_panics(text in ".{0,400}") {
        let files = Files::from([("p/pack.toml".to_owned(), text.clone()), ("p/m.toml".to_owned(), format!("[mechanism]\n{text}"))]);
        let loaded = load(&files);
        let _ = shown(&loaded, &files, Lang::Zh);
        let _ = bihuan_diagnostics::html::render(&loaded.diagnostics, &files, Lang::En);
        let _ = bihuan_diagnostics::json::render(&loaded.diagnostics, &files);
    }

    #[test]
    fn whatever_is_cut_out_of_a_mechanism_nothing_panics(from in 0usize..9_000, length in 1usize..200, put in "[\\[\\]{}=\"a-z0-9\\n号]{0,6}") {
        let mut files = sound();
        let text: Vec<char> = files[MECHANISM].chars().collect();
        let from = from.min(text.len());
        let to = (from + length).min(text.len());
        let cut: String = text[..from].iter().chain(put.chars().collect::<Vec<_>>().iter()).chain(&text[to..]).collect();
        files.insert(MECHANISM.to_owned(), cut);
        let loaded = load(&files);
        let _ = scenario::run_all(&loaded);
        let _ = shown(&loaded, &files, Lang::En);
    }

    #[test]
    fn whatever_an_expression_says_nothing_panics(source in "[ a-z0-9().,!&|<>=+*/?:\\[\\]'-]{0,120}") {
        let found = codes_after(|text| text.replace("when = \"accepted\"", &format!("when = \"{source}\"")));
        prop_assert!(found.len() < 100);
    }
}
