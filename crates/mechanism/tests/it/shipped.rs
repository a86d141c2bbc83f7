//! The packs that ship with the project are sound.

use bihuan_domain::assessment::Of;
use bihuan_domain::value::Type;
use bihuan_mechanism::load;
use bihuan_messages::Lang;

use crate::support::{every_pack, packs, root, shown};

#[test]
fn the_shipped_packs_are_sound() {
    let files = packs(&every_pack());
    let loaded = load(&files);
    assert!(loaded.is_sound(), "{}", shown(&loaded, &files, Lang::En));
    assert!(loaded.mechanism(&"three-plus-24".into()).is_some());
}

#[test]
fn the_shipped_scenarios_come_out_as_they_say() {
    let files = packs(&every_pack());
    let loaded = load(&files);
    let outcomes = bihuan_mechanism::scenario::run_all(&loaded);
    assert!(!outcomes.is_empty());
    for outcome in outcomes {
        let text = bihuan_diagnostics::terminal::render(&outcome.findings, &files, Lang::En, false);
        assert!(outcome.passed(), "{}\n{text}\n{:#?}", outcome.id, outcome.story);
    }
}

/// The reference shows each construct once; what it shows must be the language.
#[test]
#[allow(clippy::disallowed_methods, reason = "a test reads the reference")]
fn the_reference_of_the_language_shows_what_the_reader_reads() {
    let page = std::fs::read_to_string(root().join("docs/mechanism-language.md")).unwrap();
    let mut mechanism = String::new();
    let mut files = packs(&["base"]);
    for block in page
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(block, _)| block)
    {
        let block: String = block
            .replace("{ … }", "{ zh = \"某\", en = \"some\" }")
            .lines()
            .filter(|line| !line.contains("]] …"))
            .map(|line| format!("{line}\n"))
            .collect();
        if block.contains("[scenario]") {
            files.insert("p/x.scenario.toml".to_owned(), block);
        } else if block.contains("[scheme]") || block.contains("[[addition]]") {
            files
                .entry("p/scheme.toml".to_owned())
                .or_default()
                .push_str(&block);
        } else if block.contains("[pack]") || block.contains("[[datum]]") {
            files
                .entry("p/pack.toml".to_owned())
                .or_default()
                .push_str(&block);
        } else {
            mechanism.push_str(&block);
        }
    }
    files.insert("p/three.toml".to_owned(), mechanism);
    // What is not declared is no matter here: the blocks are examples and not one mechanism.
    let form = |code: &str| code < "M0018" && code != "M0009";
    let loaded = load(&files);
    let text = shown(&loaded, &files, Lang::En);
    let wrong: Vec<_> = loaded
        .diagnostics
        .iter()
        .filter(|finding| form(&finding.code))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{text}");
    assert!(
        text.contains("p/three.toml") && text.contains("p/pack.toml"),
        "both files were read:\n{text}"
    );
    let codes = crate::suites::codes();
    assert!(codes.len() > 80, "{}", codes.len());
}

/// Units are scored and compared, persons never; what M07 hands over holds no number by which anybody could be ranked.
#[test]
fn no_scheme_scores_a_person_and_the_evidence_of_m07_ranks_nobody() {
    let files = packs(&every_pack());
    let loaded = load(&files);
    let schemes: Vec<_> = loaded.packs.iter().flat_map(|pack| &pack.schemes).collect();
    assert!(schemes.len() >= 2);
    let evidence = loaded.mechanism(&"appraisal-evidence".into()).unwrap();
    assert_eq!(evidence.number, "M07");
    let written = evidence.registers.values().flat_map(|register| &register.fields);
    for field in evidence.fields.iter().chain(written) {
        let ranks = matches!(
            field.ty,
            Type::Person | Type::Post | Type::Decimal | Type::Int | Type::Money
        );
        assert!(
            !ranks || field.id.as_str() == "year",
            "{}: {:?}",
            field.id,
            field.ty
        );
    }
    for scheme in schemes {
        let cases = Of::Cases(evidence.id.clone());
        assert!(
            !scheme.looks_at().contains(&cases),
            "{} scores by the evidence of M07",
            scheme.id
        );
    }
    for register in loaded.packs.iter().flat_map(|pack| &pack.registers) {
        let persons = register.fields.iter().any(|field| field.ty == Type::Person);
        assert!(register.computed.is_none() || !persons, "{}", register.id);
    }
}
