//! What a new version of a mechanism changes, in words of an official.
//!
//! Both versions are put into sentences by the same hand (`facts`); what reads otherwise afterwards has changed.

mod facts;

use std::collections::BTreeMap;

use bihuan_domain::mechanism::Mechanism;
use bihuan_messages::{Label, Message};

use crate::names::Names;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where, such as `stage/report/clock`; stable, for programs.
    pub place: String,
    /// What the difference is for a case that is open.
    pub weight: Weight,
    /// In words.
    pub message: Message,
}

/// What a difference is for a case that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It changes what somebody must do or by when, once the case is taken over.
    Open,
    /// It concerns new cases only.
    New,
    /// Words and figures.
    Words,
}

/// One thing that a mechanism says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) weight: Weight,
    pub(crate) subject: Label,
    pub(crate) value: Label,
}

/// What `new` changes of `old`, in the order of the file; nothing where both say the same.
pub fn compare(old: (&Mechanism, &Names), new: (&Mechanism, &Names)) -> Vec<Change> {
    let (before, after) = (facts::of(old.0, old.1), facts::of(new.0, new.1));
    let known = |list: &[(String, Fact)]| -> BTreeMap<String, Fact> { list.iter().cloned().collect() };
    let (was, is) = (known(&before), known(&after));
    let change = |key: &str, place: &str, fact: &Fact| Change {
        place: place.to_owned(),
        weight: fact.weight,
        message: Message::new(key)
            .with("subject", &fact.subject)
            .with("value", &fact.value),
    };
    let mut changes = Vec::new();
    for (place, fact) in &before {
        if !is.contains_key(place)
            && !inside_another(place, |outer| was.contains_key(outer) && !is.contains_key(outer))
        {
            let key = if is_stage(place) {
                "about.change_stage_gone"
            } else {
                "about.change_gone"
            };
            changes.push(change(key, place, fact));
        }
    }
    for (place, fact) in &after {
        match was.get(place) {
            None if inside_another(place, |outer| is.contains_key(outer) && !was.contains_key(outer)) => {}
            None => changes.push(change("about.change_new", place, fact)),
            Some(old) if old.value != fact.value => changes.push(Change {
                place: place.clone(),
                weight: fact.weight,
                message: Message::new("about.change")
                    .with("subject", &fact.subject)
                    .with("old", &old.value)
                    .with("new", &fact.value),
            }),
            Some(_) => {}
        }
    }
    changes.sort_by_key(|change| change.weight);
    changes
}

fn is_stage(place: &str) -> bool {
    place
        .strip_prefix("stage/")
        .is_some_and(|rest| !rest.contains('/'))
}

/// Whether a place belongs to a larger one that came or went as a whole.
fn inside_another(place: &str, whole: impl Fn(&str) -> bool) -> bool {
    place
        .rmatch_indices('/')
        .any(|(at, _)| place.get(..at).is_some_and(&whole))
}
