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

#[test]
fn circles_end_and_are_named() {
    let found = codes_after(|text| {
        format!("{text}\n[[ladder]]\nid = \"round\"\nlabel = {{ zh = \"转\", en = \"round\" }}\nthen = \"round\"\n[[ladder.rung]]\nto = \"leader\"\nlabel = {{ zh = \"催\", en = \"remind\" }}\nlimit = \"1 day\"\nbulletin = true\n")
            .replacen("ladder = \"urgent\"", "ladder = \"round\"", 1)
    });
    assert!(!found.is_empty(), "a ladder that goes on with itself");
    let mut files = sound();
    let head = files["packs/base/pack.toml"].replacen("[pack]", "[pack]\nrequires = [\"a-projects\"]", 1);
    files.insert("packs/base/pack.toml".to_owned(), head);
    let loaded = load(&files);
    assert!(!loaded.is_sound(), "packs that require each other");
    let found = codes_after(|text| {
        format!(
            "{text}\n[children]\nmechanism = \"three-plus-24\"\neach = \"register:projects\"\njoin = \"all\"\nstage = \"report\"\nthen = \"report\"\n"
        )
    });
    assert!(!found.is_empty(), "a mechanism that opens itself as its own part");
}

#[test]
fn a_hundred_thousand_stages_and_deep_nesting_are_refused_and_not_endured() {
    let stages = |text: &str| {
        let mut text = text.to_owned();
        for n in 0..100_000 {
            text.push_str(&format!("[[stage]]\nid = \"s{n}\"\n"));
        }
        text
    };
    let found = codes_after(stages);
    assert!(found.contains("M0002"), "{found:?}");
    for deep in [
        format!("\nx = {}{}\n", "[".repeat(20_000), "]".repeat(20_000)),
        format!("\nx = {}1{}\n", "{ a = ".repeat(20_000), " }".repeat(20_000)),
        format!("\n[{}x]\n", "a.".repeat(20_000)),
    ] {
        let found = codes_after(|text| format!("{text}{deep}"));
        assert!(!found.is_empty());
    }
}

#[test]
fn line_ends_of_windows_a_mark_at_the_beginning_and_a_nul_are_taken_or_refused_but_never_a_panic() {
    let sound_before = codes_after(str::to_owned);
    assert!(sound_before.is_empty(), "{sound_before:?}");
    let windows = codes_after(|text| text.replace('\n', "\r\n"));
    assert!(windows.is_empty(), "line ends of Windows: {windows:?}");
    let nul = codes_after(|text| text.replacen("[mechanism]", "[mechanism]\n\0", 1));
    assert!(!nul.is_empty(), "a NUL is no TOML");
    let _ = codes_after(|text| format!("\u{feff}{text}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any shipped file of mechanisms, cut, doubled or overwritten anywhere, through the door for several packs.
    #[test]
    fn whatever_happens_to_a_shipped_file_nothing_panics(which in any::<prop::sample::Index>(), hits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..80, ".{0,12}"), 1..6)) {
        let base = packs(&["base", "intake"]);
        let mut files: Files = base.into_iter().filter(|(path, _)| !path.ends_with(".scenario.toml")).collect();
        let paths: Vec<String> = files.keys().cloned().collect();
        let path = which.get(&paths);
        let mut text: Vec<char> = files[path].chars().collect();
        for (at, length, put) in &hits {
            let from = at.index(text.len() + 1);
            let to = (from + length).min(text.len());
            text.splice(from..to, put.chars());
        }
        files.insert(path.clone(), text.into_iter().collect());
        let loaded = bihuan_mechanism::load_all([("here", &files)]);
        let _ = shown(&loaded, &files, Lang::Zh);
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
