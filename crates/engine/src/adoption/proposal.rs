//! Packs that are proposed beside those in force: what is wrong with them, what would change, in words.

use std::collections::BTreeMap;

use bihuan_diagnostics::{Diagnostic, Severity, any_error};
use bihuan_domain::calendar::Calendars;
use bihuan_domain::id::{Digest, MechanismId};
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::refusal::Refusal;
use bihuan_mechanism::compare::{Change, Weight, compare};
use bihuan_mechanism::{Loaded, Names, Pack};
use bihuan_messages::{Label, Lang};
use serde_json::{Value, json};

use super::{Files, Preview};
use crate::mechanisms::Mechanisms;

/// Where the packs in force stand among the files; no path on a disk and none in an archive begins like this.
const IN_FORCE: &str = "installed:";

/// Packs as they would be in force.
pub struct Proposal {
    /// What would be adopted.
    pub packs: Files,
    /// All files, for the places that findings name.
    pub files: bihuan_diagnostics::Files,
    /// Everything that is wrong, and what is worth a look.
    pub findings: Vec<Diagnostic>,
    /// All packs together.
    pub loaded: Loaded,
}

impl Proposal {
    /// The packs in these files beside those that are in force; one of the same code takes the place of the old.
    /// Their limits are counted on the calendars in force and on those that they declare.
    pub fn of(mechanisms: &Mechanisms, calendars: &Calendars, given: bihuan_diagnostics::Files) -> Proposal {
        let own: Vec<String> = bihuan_mechanism::load(&given)
            .packs
            .iter()
            .map(|pack| pack.id.to_string())
            .collect();
        let is_own = |pack: &Pack| own.iter().any(|id| id == pack.id.as_str());
        let mut files = given;
        for pack in mechanisms.packs().iter().filter(|pack| !is_own(pack)) {
            let inside = pack.files.iter();
            files.extend(inside.map(|(path, text)| (format!("{IN_FORCE}{}/{path}", pack.id), text.clone())));
        }
        let loaded = bihuan_mechanism::load_on(&files, calendars);
        let packs = loaded.packs.iter().filter(|pack| is_own(pack));
        let packs = packs.map(|pack| (pack.id.clone(), pack.files.clone())).collect();
        // A fault that shows in a pack in force is the proposal's, too: warnings there are not.
        let concerns = |d: &&Diagnostic| d.severity == Severity::Error || !d.file.starts_with(IN_FORCE);
        let findings = loaded.diagnostics.iter().filter(concerns).cloned().collect();
        Proposal {
            packs,
            files,
            findings,
            loaded,
        }
    }

    /// Whether it may be adopted.
    pub fn is_sound(&self) -> bool {
        !any_error(&self.findings) && !self.packs.is_empty()
    }

    /// How it differs from what is in force.
    pub fn differences(&self, mechanisms: &Mechanisms) -> Vec<Difference> {
        differences(
            mechanisms.all().map(AsRef::as_ref),
            &Names::of(mechanisms.packs().iter().map(AsRef::as_ref)),
            self.loaded
                .packs
                .iter()
                .flat_map(|pack| &pack.mechanisms)
                .map(AsRef::as_ref),
            &Names::of(&self.loaded.packs),
        )
    }

    /// The mechanisms that it states.
    pub fn mechanisms(&self) -> impl Iterator<Item = &MechanismId> {
        let own = self
            .loaded
            .packs
            .iter()
            .filter(|pack| self.packs.contains_key(&pack.id));
        own.flat_map(|pack| &pack.mechanisms).map(|m| &m.id)
    }
}

/// The packs in force as one digest: whoever confirms a proposal confirms it beside exactly these.
pub fn ground(mechanisms: &Mechanisms) -> Digest {
    let packs = mechanisms.packs().iter();
    let digests: Vec<String> = packs.map(|pack| format!("{} {}", pack.id, pack.digest)).collect();
    bihuan_mechanism::digest(&digests.join("\n"))
}

/// Refuses a proposal whose ground has changed since it was looked at.
///
/// # Errors
///
/// Where other packs are in force now than those of `seen`.
pub fn same_ground(mechanisms: &Mechanisms, seen: &str) -> Result<(), Refusal> {
    if ground(mechanisms).as_str() == seen {
        Ok(())
    } else {
        Err(Refusal::new("pack_ground_moved"))
    }
}

/// How one mechanism differs.
pub struct Difference {
    /// The mechanism.
    pub id: MechanismId,
    /// Its number.
    pub number: String,
    /// Its name.
    pub label: Label,
    /// What changes; `None` where the mechanism comes or goes as a whole.
    pub changes: Option<Vec<Change>>,
    /// Whether it comes.
    pub is_new: bool,
}

impl Difference {
    /// The changes in the order in which they matter: for open cases, for new ones, in words only; with the key of what
    /// the kind is called.
    pub fn by_weight(&self) -> impl Iterator<Item = (&'static str, Vec<&Change>)> {
        let kinds = [
            (Weight::Open, "about.change_open"),
            (Weight::New, "about.change_new_cases"),
            (Weight::Words, "about.change_words"),
        ];
        kinds.into_iter().filter_map(|(weight, key)| {
            let changes = self.changes.iter().flatten();
            let of: Vec<&Change> = changes.filter(|change| change.weight == weight).collect();
            (!of.is_empty()).then_some((key, of))
        })
    }
}

/// How these mechanisms differ; only those that do.
pub fn differences<'a>(
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

/// What a preview says, line by line: the key of each text with its numbers. Nothing for a new mechanism, which has no cases.
pub fn meaning(preview: &Preview) -> Vec<(&'static str, Vec<(&'static str, u64)>)> {
    if preview.old.is_none() {
        return Vec::new();
    }
    let count = |list: &[bihuan_domain::id::CaseId]| u64::try_from(list.len()).unwrap_or(u64::MAX);
    let mut lines = vec![("about.replay_head", vec![("open", preview.open)])];
    for (key, n) in [
        ("about.replay_overdue", count(&preview.overdue)),
        ("about.replay_earlier", preview.earlier),
        ("about.replay_later", preview.later),
        ("about.replay_holder", preview.other_holder),
        ("about.replay_stuck", count(&preview.stuck)),
    ] {
        if n > 0 || key == "about.replay_overdue" {
            lines.push((key, vec![("n", n)]));
        }
    }
    if preview.past > 0 {
        let numbers = vec![
            ("n", preview.past),
            ("late", preview.past_late),
            ("new", preview.past_late_new),
        ];
        lines.push(("about.replay_past", numbers));
    }
    lines
}

/// Differences and previews for programs.
pub fn as_json(differences: &[Difference], previews: &[Preview]) -> Value {
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
