//! The packs that ship with the project are sound.

use bihuan_mechanism::load;
use bihuan_messages::Lang;

use crate::support::{packs, shown};

#[test]
fn the_shipped_packs_are_sound() {
    let files = packs(&["base", "a-projects"]);
    let loaded = load(&files);
    assert!(loaded.is_sound(), "{}", shown(&loaded, &files, Lang::En));
    assert!(loaded.mechanism(&"three-plus-24".into()).is_some());
}

#[test]
fn the_shipped_scenarios_come_out_as_they_say() {
    let files = packs(&["base", "a-projects"]);
    let loaded = load(&files);
    let outcomes = bihuan_mechanism::scenario::run_all(&loaded);
    assert!(!outcomes.is_empty());
    for outcome in outcomes {
        let text = bihuan_diagnostics::terminal::render(&outcome.findings, &files, Lang::En, false);
        assert!(outcome.passed(), "{}\n{text}\n{:#?}", outcome.id, outcome.story);
    }
}
