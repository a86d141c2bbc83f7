//! How findings look: in the terminal in both languages, and for programs.

use bihuan_diagnostics::{html, json};
use bihuan_mechanism::load;
use bihuan_messages::Lang;

use crate::suites::{apply, only_m03};
use crate::support::{Files, packs, shown};

fn broken() -> Files {
    let mut files = only_m03(&packs(&["base", "a-projects"]));
    apply("-rework = \"reply\"\n+rework = \"repyl\"", &mut files, "x");
    apply(
        " label = { zh = \"答复\", en = \"Reply\" }\n-needs = [\"reply\"]\n+needs = [\"答复\"]",
        &mut files,
        "x",
    );
    apply(" [[stage]]\n-id = \"void\"\n+id = \"parked\"", &mut files, "x");
    apply(
        "-when = \"accepted\"\n+when = \"accepted && reply == '已办'\"",
        &mut files,
        "x",
    );
    files
}

#[test]
fn findings_are_shown_in_chinese() {
    let files = broken();
    insta::assert_snapshot!(shown(&load(&files), &files, Lang::Zh));
}

#[test]
fn findings_are_shown_in_english() {
    let files = broken();
    insta::assert_snapshot!(shown(&load(&files), &files, Lang::En));
}

#[test]
fn findings_for_programs_name_place_and_both_languages() {
    let files = broken();
    let loaded = load(&files);
    let value = json::render(&loaded.diagnostics, &files);
    assert_eq!(value["errors"], loaded.diagnostics.len());
    let first = &value["findings"][0];
    assert!(first["place"]["line"].as_u64().unwrap() > 1);
    assert!(!first["message"]["zh"].as_str().unwrap().is_empty());
    let page = html::render(&loaded.diagnostics, &files, Lang::Zh);
    assert_eq!(page.matches("<article").count(), loaded.diagnostics.len());
}

#[test]
fn the_same_files_give_the_same_findings_and_digests() {
    let files = packs(&["base", "a-projects"]);
    let (a, b) = (load(&files), load(&files));
    assert_eq!(a.diagnostics, b.diagnostics);
    let digests = |loaded: &bihuan_mechanism::Loaded| -> Vec<String> {
        loaded
            .packs
            .iter()
            .flat_map(|p| &p.mechanisms)
            .map(|m| m.digest.as_str().to_owned())
            .collect()
    };
    assert_eq!(digests(&a), digests(&b));
    assert!(
        digests(&a)
            .iter()
            .all(|digest| digest.starts_with("sha256:") && digest.len() == 71)
    );
}

#[test]
fn a_mechanism_whose_shared_ladder_changes_is_another_definition() {
    let files = only_m03(&packs(&["base", "a-projects"]));
    let digest = |files: &Files| {
        load(files)
            .mechanism(&"three-plus-24".into())
            .unwrap()
            .digest
            .clone()
    };
    let mut changed = files.clone();
    let roles = changed["packs/base/roles.toml"].replace("limit = \"4 hours\"", "limit = \"5 hours\"");
    changed.insert("packs/base/roles.toml".to_owned(), roles);
    assert_ne!(digest(&files), digest(&changed));
    let mut untouched = files.clone();
    untouched.insert(
        "packs/base/more.toml".to_owned(),
        "language = 1\n[[post_kind]]\nid = \"cook\"\nlabel = { zh = \"厨师\", en = \"cook\" }\n".to_owned(),
    );
    assert_eq!(
        digest(&files),
        digest(&untouched),
        "what the mechanism does not use does not touch it"
    );
}
