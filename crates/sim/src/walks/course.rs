//! What is done in a walk, in order: the acts of a scenario that nobody refuses, begun at the matter's source.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_domain::mechanism::Mechanism;
use bihuan_engine::Mechanisms;
use bihuan_mechanism::scenario::{Plain, Scenario, Told};
use bihuan_messages::Label;
use jiff::SignedDuration;

use super::COPY;
use crate::history::Tale;
use crate::samples;
use crate::twin::Twin;

/// Where a walk begins.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// With the scenario's own first act: a row is written, a case opened.
    AsTold,
    /// A document is read, and the sentence with these words accepted into the ledger.
    Document(&'static str, &'static str),
    /// At the demo's own hour, whatever the weekday, because it runs by the minute.
    AtOnce,
    /// With the scenario's first act, too; but its parts are so many that the demo does most of them, and the whole is
    /// summed up after that.
    Campaign,
}

/// The deep mechanisms, the scenarios that are walked, where, and where they begin.
const WALKS: [(&str, &str, &str, Source); 12] = [
    ("M01", "contracting-normal", "jiaocheng", Source::AsTold),
    ("M02", "pipeline-normal", "jiaocheng", Source::AsTold),
    ("M03", "three-plus-24-in-time", "jiaocheng", Source::AsTold),
    (
        "M09",
        "annual-target-normal",
        "jiaocheng",
        Source::Document(include_str!("../../texts/outlook.txt"), "机柜"),
    ),
    (
        "M10",
        "conference-instruction-breakdown",
        "jiaocheng",
        Source::Document(include_str!("../../texts/minutes.txt"), "入库"),
    ),
    ("M11", "unit-assessment-objection", "jiaocheng", Source::AsTold),
    ("M13", "feedback-problem-normal", "jiaocheng", Source::AsTold),
    ("M14", "device-campaign-register", "jiaocheng", Source::Campaign),
    ("M17", "major-hazard-normal", "yuncheng", Source::AsTold),
    ("M27", "rain-response-normal", "yuncheng", Source::AtOnce),
    ("M36", "grid-matter-normal", "jiaocheng", Source::AsTold),
    ("M45", "charity-wednesday-normal", "yuncheng", Source::AsTold),
];

/// A document is read this long before its sentence is accepted.
const READ_BEFORE: SignedDuration = SignedDuration::from_mins(30);

/// A walk before anything of it has been done.
pub(super) struct Course {
    pub(super) number: &'static str,
    pub(super) mechanism: Arc<Mechanism>,
    pub(super) label: Label,
    /// The name of the case that the bulletin is to count.
    pub(super) main: String,
    /// Whether it begins at the demo's own hour.
    pub(super) at_once: bool,
    pub(super) tale: Tale,
}

/// The walks of a place.
pub(super) fn all(mechanisms: &Mechanisms, twin: &Arc<Twin>, slug: &str) -> Vec<Course> {
    let scenarios = || mechanisms.packs().iter().flat_map(|pack| &pack.scenarios);
    WALKS
        .iter()
        .filter(|(.., place, _)| *place == slug)
        .filter_map(|(number, id, _, source)| {
            let scenario = scenarios().find(|scenario| scenario.id == *id)?;
            let mechanism = mechanisms.current(&scenario.mechanism.as_str().into())?;
            Some(course(number, scenario, mechanism, *source, twin))
        })
        .collect()
}

fn course(
    number: &'static str,
    scenario: &Scenario,
    mechanism: Arc<Mechanism>,
    source: Source,
    twin: &Arc<Twin>,
) -> Course {
    let acts = samples::acts(scenario);
    let scheduled = mechanism.open.schedule.is_some();
    // Time passes by itself; only a day that opens a case is worth waiting for.
    let acts = acts.iter().filter(|act| act.action != "wait" || scheduled);
    let acts: Vec<Told> = match source {
        Source::AsTold | Source::AtOnce => acts.cloned().collect(),
        Source::Document(text, words) => acts.flat_map(|act| read_first(act, text, words)).collect(),
        Source::Campaign => with_the_end(acts.cloned().collect()),
    };
    let opens = |act: &&Told| {
        matches!(act.action.as_str(), "open" | "accept" | "wait") && act.text("mechanism").is_none()
    };
    let main = acts
        .iter()
        .find(opens)
        .or_else(|| acts.iter().find(|act| act.case_said))
        .map_or_else(String::new, |act| act.case.clone());
    let acts: Arc<[Told]> = acts.into();
    let stop = acts.len();
    Course {
        number,
        label: scenario.label.clone(),
        main,
        at_once: matches!(source, Source::AtOnce),
        tale: Tale::new(
            format!("{}-{COPY}", scenario.id),
            mechanism.id.clone(),
            acts,
            Arc::clone(twin),
            0,
            stop,
        ),
        mechanism,
    }
}

/// An opening from a document: the document is read, then its sentence is accepted.
fn read_first(act: &Told, text: &str, words: &str) -> Vec<Told> {
    if act.action != "open" || act.text("from") != Some("document") && act.text("from") != Some("meeting") {
        return vec![act.clone()];
    }
    let mut read = act.clone();
    read.action = "document".to_owned();
    read.at = act.at.saturating_sub(READ_BEFORE).unwrap_or(act.at);
    read.case_said = false;
    read.stage = None;
    read.keys = BTreeMap::from([("text".to_owned(), Plain::Text(text.to_owned()))]);
    let mut accept = act.clone();
    accept.action = "accept".to_owned();
    accept
        .keys
        .insert("text".to_owned(), Plain::Text(text.to_owned()));
    accept
        .keys
        .insert("words".to_owned(), Plain::Text(words.to_owned()));
    vec![read, accept]
}

/// The acts with which a campaign ends: the other parts are done alike, then it is summed up and verified.
fn with_the_end(mut acts: Vec<Told>) -> Vec<Told> {
    let Some(open) = acts.iter().find(|act| act.action == "open").cloned() else {
        return acts;
    };
    let mut last = acts.last().map_or(open.at, |act| act.at);
    let text = |text: &str| Plain::Text(text.to_owned());
    let values = BTreeMap::from([("summary".to_owned(), text(SUMMARY))]);
    let mut then = |action: &str, by: Option<&str>, stage: &str, keys: Vec<(&str, Plain)>| {
        let mut act = open.clone();
        last = last
            .saturating_add(SignedDuration::from_hours(24))
            .unwrap_or(last);
        act.at = last;
        act.action = action.to_owned();
        act.by = by.map(str::to_owned);
        act.stage = Some(stage.to_owned());
        act.keys = keys
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        acts.push(act);
    };
    then("others", None, "summing", Vec::new());
    let report = vec![
        ("step", text("report")),
        ("values", Plain::Table(values)),
        ("evidence", text("1")),
    ];
    then("step", open.by.as_deref(), "verification", report);
    let by = Some("supervision-office-supervisor");
    then("verify", by, "closed", vec![("note", text(VERIFIED))]);
    acts
}

/// What the campaign of the device register reports, and what supervision found.
const SUMMARY: &str = "28户612台逐户排查，查出的隐患全部复查销号，监管建议均已答复（样例）";
const VERIFIED: &str = "抽看两户，与清单一致（样例）";

impl Course {
    /// The mechanism of a case by its name in the course.
    pub(super) fn mechanism_of(&self, name: &str, mechanisms: &Mechanisms) -> Option<Arc<Mechanism>> {
        if name == self.main {
            return Some(Arc::clone(&self.mechanism));
        }
        let acts = &self.tale.acts;
        let opened = acts
            .iter()
            .find(|act| act.case == name && matches!(act.action.as_str(), "open" | "accept"));
        if let Some(id) = opened.and_then(|act| act.text("mechanism")) {
            return mechanisms.current(&id.into());
        }
        let by_row = acts
            .iter()
            .find(|act| act.action == "row" && act.case_said && act.case == name);
        if let Some(register) = by_row.and_then(|act| act.text("register")) {
            let opens = |mechanism: &&Arc<Mechanism>| {
                let on = mechanism.open.on.as_ref();
                on.is_some_and(|on| on.register.as_str() == register)
            };
            return mechanisms.all().find(opens).cloned();
        }
        let parent = acts
            .iter()
            .find(|act| act.action == "step" && act.texts("children").contains(&name))?;
        let parent = self.mechanism_of(&parent.case, mechanisms)?;
        mechanisms.current(&parent.children.as_ref()?.mechanism)
    }
}
