//! Packs that are proposed for a data directory, told on the terminal: what would change and for whom.

use std::path::PathBuf;

use bihuan_engine::Engine;
use bihuan_engine::adoption::{Difference, Preview, Proposal, meaning};

use super::packs;
use crate::term::Term;
use crate::trouble::Trouble;

/// The packs in these folders beside those that are in force.
pub(super) fn read(folders: &[PathBuf], engine: &Engine, term: &Term) -> Result<Proposal, Trouble> {
    let given = packs::load(folders, term)?;
    let mut files = given.files;
    files.retain(|path, _| given.files_given.contains(path));
    Ok(Proposal::of(
        &engine.mechanisms(),
        &engine.world().calendars,
        files,
    ))
}

/// Tells differences and, where they were replayed, what they would mean for the cases there are.
pub(super) fn tell(differences: &[Difference], previews: &[Preview], term: &Term) {
    let lang = term.lang;
    if differences.is_empty() && previews.is_empty() {
        term.say("about.change_none", &[]);
    }
    for one in differences {
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("number", &one.number), ("label", &one.label.get(lang))];
        if one.changes.is_none() {
            let key = if one.is_new {
                "about.change_mechanism_new"
            } else {
                "about.change_mechanism_gone"
            };
            term.say(key, &values);
            continue;
        }
        term.line(format!("{} {}", one.number, one.label.get(lang)));
        for (key, changes) in one.by_weight() {
            term.say(key, &[]);
            changes
                .iter()
                .for_each(|change| term.line(format!("    {}", change.message.text(lang))));
        }
        previews
            .iter()
            .filter(|preview| preview.mechanism == one.id)
            .for_each(|preview| tell_meaning(preview, term));
    }
    // What changed only in ways that no sentence tells may still move a clock.
    let told = |preview: &&Preview| differences.iter().any(|one| one.id == preview.mechanism);
    for preview in previews
        .iter()
        .filter(|preview| !told(preview) && preview.open > 0)
    {
        term.line(format!("{} {}", preview.new.number, preview.new.label.get(lang)));
        tell_meaning(preview, term);
    }
}

fn tell_meaning(preview: &Preview, term: &Term) {
    for (key, numbers) in meaning(preview) {
        let values: Vec<(&str, &dyn std::fmt::Display)> = numbers
            .iter()
            .map(|(name, n)| (*name, n as &dyn std::fmt::Display))
            .collect();
        term.say(key, &values);
    }
}
