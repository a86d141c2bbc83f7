//! Packs that are proposed for a data directory: beside those in force there, with what would change and for whom.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bihuan_diagnostics::{Diagnostic, Files, Severity};
use bihuan_domain::id::MechanismId;
use bihuan_domain::mechanism::Mechanism;
use bihuan_engine::Engine;
use bihuan_engine::adoption::{self, Preview};
use bihuan_mechanism::compare::{Change, Weight, compare};
use bihuan_mechanism::{Loaded, Names, Pack};
use bihuan_messages::{Label, Lang};
use serde_json::{Value, json};

use super::packs;
use crate::term::Term;
use crate::trouble::Trouble;

/// Where the packs in force stand among the files; no path on a disk begins like this.
const IN_FORCE: &str = "installed:";

/// Packs as they would be in force.
pub(super) struct Proposal {
    /// What would be adopted.
    pub(super) packs: adoption::Files,
    /// All files, for places.
    pub(super) files: Files,
    /// Everything that is wrong.
    pub(super) findings: Vec<Diagnostic>,
    /// All packs together.
    pub(super) loaded: Loaded,
}

impl Proposal {
    /// The packs in these folders beside those that are in force.
    pub(super) fn read(folders: &[PathBuf], engine: &Engine, term: &Term) -> Result<Self, Trouble> {
        let given = packs::load(folders, term)?;
        let own = |pack: &&Pack| given.own.contains(&pack.id.to_string());
        let packs: adoption::Files = given
            .loaded
            .packs
            .iter()
            .filter(own)
            .map(|pack| (pack.id.clone(), pack.files.clone()))
            .collect();
        let mut files: Files = given.files.clone();
        files.retain(|path, _| given.files_given.contains(path));
        for pack in engine.mechanisms().packs() {
            if !packs.contains_key(&pack.id) {
                let inside = pack.files.iter();
                files.extend(
                    inside.map(|(path, text)| (format!("{IN_FORCE}{}/{path}", pack.id), text.clone())),
                );
            }
        }
        let loaded = bihuan_mechanism::load(&files);
        // A fault that shows in a pack in force is the proposal's, too: warnings there are not.
        let concerns = |d: &&Diagnostic| d.severity == Severity::Error || !d.file.starts_with(IN_FORCE);
        let findings = loaded.diagnostics.iter().filter(concerns).cloned().collect();
        Ok(Proposal {
            packs,
            files,
            findings,
            loaded,
        })
    }
}

/// How one mechanism differs.
pub(super) struct Difference {
    id: MechanismId,
    number: String,
    label: Label,
    /// `None` where the mechanism came or went as a whole.
    changes: Option<Vec<Change>>,
    is_new: bool,
}

/// How these mechanisms differ; only those that do.
pub(super) fn differences<'a>(
    old: impl IntoIterator<Item = &'a Mechanism>,
    old_names: &Names,
    new: impl IntoIterator<Item = &'a Mechanism>,
    new_names: &Names,
) -> Vec<Difference> {
    let mut was: BTreeMap<&MechanismId, &Mechanism> = old.into_iter().map(|m| (&m.id, m)).collect();
    let mut found = Vec::new();
    let mut push = |m: &Mechanism, changes: Option<Vec<Change>>, is_new: bool| {
        found.push(Difference {
            id: m.id.clone(),
            number: m.number.clone(),
            label: m.label.clone(),
            changes,
            is_new,
        });
    };
    for mechanism in new {
        match was.remove(&mechanism.id) {
            None => push(mechanism, None, true),
            Some(old) => {
                let changes = compare((old, old_names), (mechanism, new_names));
                if !changes.is_empty() {
                    push(mechanism, Some(changes), false);
                }
            }
        }
    }
    for mechanism in was.values() {
        push(mechanism, None, false);
    }
    found
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
        let Some(changes) = &one.changes else {
            let key = if one.is_new {
                "about.change_mechanism_new"
            } else {
                "about.change_mechanism_gone"
            };
            term.say(key, &values);
            continue;
        };
        term.line(format!("{} {}", one.number, one.label.get(lang)));
        for (weight, key) in [
            (Weight::Open, "about.change_open"),
            (Weight::New, "about.change_new_cases"),
            (Weight::Words, "about.change_words"),
        ] {
            let of_weight: Vec<&Change> = changes.iter().filter(|change| change.weight == weight).collect();
            if !of_weight.is_empty() {
                term.say(key, &[]);
                of_weight
                    .iter()
                    .for_each(|change| term.line(format!("    {}", change.message.text(lang))));
            }
        }
        previews
            .iter()
            .filter(|preview| preview.mechanism == one.id)
            .for_each(|preview| meaning(preview, term));
    }
    // What changed only in ways that no sentence tells may still move a clock.
    let told = |preview: &&Preview| differences.iter().any(|one| one.id == preview.mechanism);
    for preview in previews
        .iter()
        .filter(|preview| !told(preview) && preview.open > 0)
    {
        term.line(format!("{} {}", preview.new.number, preview.new.label.get(lang)));
        meaning(preview, term);
    }
}

fn meaning(preview: &Preview, term: &Term) {
    if preview.old.is_none() {
        return;
    }
    let count = |list: &[bihuan_domain::id::CaseId]| u64::try_from(list.len()).unwrap_or(u64::MAX);
    term.say("about.replay_head", &[("open", &preview.open)]);
    for (key, n) in [
        ("about.replay_overdue", count(&preview.overdue)),
        ("about.replay_earlier", preview.earlier),
        ("about.replay_later", preview.later),
        ("about.replay_holder", preview.other_holder),
        ("about.replay_stuck", count(&preview.stuck)),
    ] {
        if n > 0 || key == "about.replay_overdue" {
            term.say(key, &[("n", &n)]);
        }
    }
    if preview.past > 0 {
        term.say(
            "about.replay_past",
            &[
                ("n", &preview.past),
                ("late", &preview.past_late),
                ("new", &preview.past_late_new),
            ],
        );
    }
}

/// The same for programs.
pub(super) fn as_json(differences: &[Difference], previews: &[Preview]) -> Value {
    let one = |one: &Difference| {
        let changes = one.changes.iter().flatten().map(|change| {
            let weight = match change.weight {
                Weight::Open => "open_cases",
                Weight::New => "new_cases",
                Weight::Words => "words",
            };
            let text = Label::new(change.message.text(Lang::Zh), change.message.text(Lang::En));
            json!({ "place": change.place, "concerns": weight, "text": text })
        });
        let kind = match (&one.changes, one.is_new) {
            (Some(_), _) => "changed",
            (None, true) => "new",
            (None, false) => "gone",
        };
        json!({
            "mechanism": one.id, "number": one.number, "label": one.label, "kind": kind,
            "changes": changes.collect::<Vec<_>>(),
        })
    };
    json!({ "mechanisms": differences.iter().map(one).collect::<Vec<_>>(), "replay": previews })
}
