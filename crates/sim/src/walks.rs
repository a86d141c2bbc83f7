//! Guided walks: for each deep mechanism a case that has just begun, and what is left of its scenario to be done by the
//! visitor, act by act, up to the closing that the next bulletin counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_domain::case::State;
use bihuan_domain::event::{SettingSet, WorldEvent};
use bihuan_domain::id::{CaseId, Code, PostId, UnitId};
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::org::Actor;
use bihuan_domain::value::Value;
use bihuan_engine::{Engine, Failure, WorldChange};
use bihuan_mechanism::scenario::{OrgTree, Plain, Scenario, Told};
use bihuan_messages::{Label, Lang, t};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::history::Tale;
use crate::samples;
use crate::twin::{Names, Twin};

/// The copy of a scenario that a visitor walks.
pub(crate) const COPY: &str = "walk";
/// The setting that keeps where walks begin.
const SETTING: &str = "walks";

/// The deep mechanisms, the scenarios that are walked, and where.
const WALKS: [(&str, &str, &str); 12] = [
    ("M01", "contracting-normal", "jiaocheng"),
    ("M02", "pipeline-normal", "jiaocheng"),
    ("M03", "three-plus-24-in-time", "jiaocheng"),
    ("M09", "annual-target-normal", "jiaocheng"),
    ("M10", "key-task-normal", "jiaocheng"),
    ("M11", "unit-assessment-objection", "jiaocheng"),
    ("M13", "feedback-problem-normal", "jiaocheng"),
    ("M14", "device-registration-normal", "jiaocheng"),
    ("M17", "major-hazard-normal", "yuncheng"),
    ("M27", "rain-response-normal", "yuncheng"),
    ("M36", "grid-matter-normal", "jiaocheng"),
    ("M45", "charity-wednesday-normal", "yuncheng"),
];

/// Walks that run by the minute: they begin when the demo does, whatever the weekday.
const AT_ONCE: [&str; 1] = ["rain-response-normal"];

/// Walks of which only the preparations are made: their day opens its case by itself in the coming week.
const AHEAD: [&str; 1] = ["charity-wednesday-normal"];

/// Whether a scenario is one that is walked in this place.
pub(crate) fn is_walk(id: &str, slug: &str) -> bool {
    WALKS.iter().any(|(_, walk, place)| *walk == id && *place == slug)
}

/// Whether a walk begins when the demo does.
pub(crate) fn begins_at_once(id: &str) -> bool {
    AT_ONCE.contains(&id)
}

/// A walk.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The mechanism's number, such as `M14`.
    pub number: String,
    /// The mechanism.
    pub mechanism: Label,
    /// The scenario in one sentence.
    pub course: Label,
    /// The case with which it begins.
    pub case: CaseId,
    /// What is to be done, in order.
    pub steps: Vec<WalkStep>,
    /// The acts behind the steps, for whoever walks without pages.
    pub tale: Tale,
}

/// What is to be done next in a walk.
#[derive(Clone, Debug)]
pub struct WalkStep {
    /// When, by the demo's clock.
    pub at: Timestamp,
    /// The post that acts.
    pub post: Option<PostId>,
    /// What is pressed.
    pub act: Label,
    /// What is filled in.
    pub values: Vec<(Label, String)>,
    /// How many files it wants.
    pub files: u32,
    /// The case, where it is there already.
    pub case: Option<CaseId>,
    /// The stage to which it leads.
    pub lands: Option<Label>,
}

/// Keeps in the log where the walks begin: with cases of their own, or with one of history's where those are all there
/// are.
///
/// # Errors
///
/// Faults of the log.
pub(crate) fn begin(engine: &Engine, slug: &str, tales: &[Tale]) -> Result<(), Failure> {
    let mut places = serde_json::Map::new();
    for (pack, scenario) in scenarios(engine)
        .into_iter()
        .filter(|(_, one)| is_walk(&one.id, slug))
    {
        let own = format!("{}-{COPY}", scenario.id);
        let own = tales.iter().find(|tale| tale.name == own && tale.is_told());
        let place = match own {
            Some(tale) => Some(tale.place()),
            None => in_history(engine, &pack, &scenario)?,
        };
        places.extend(place.map(|place| (scenario.id.clone(), place)));
    }
    let event = WorldEvent::SettingSet(SettingSet {
        key: Code::new(SETTING),
        value: Json::Object(places),
    });
    engine.change(&Actor::system(), SETTING, vec![WorldChange::from(event)])?;
    Ok(())
}

/// Whether a walk's day is in the coming week.
pub(crate) fn is_ahead(id: &str) -> bool {
    AHEAD.contains(&id)
}

type Pack = Arc<bihuan_mechanism::Pack>;

fn scenarios(engine: &Engine) -> Vec<(Pack, Scenario)> {
    let mechanisms = engine.mechanisms();
    let packs = mechanisms.packs();
    let found = WALKS.iter().filter_map(|(_, id, _)| {
        packs.iter().find_map(|pack| {
            let scenario = pack.scenarios.iter().find(|scenario| scenario.id == *id)?;
            Some((Arc::clone(pack), scenario.clone()))
        })
    });
    found.collect()
}

/// A case of history that stands as early as possible on the scenario's way.
fn in_history(engine: &Engine, pack: &Pack, scenario: &Scenario) -> Result<Option<Json>, Failure> {
    let Some(mechanism) = pack
        .mechanisms
        .iter()
        .find(|mechanism| mechanism.id.as_str() == scenario.mechanism)
    else {
        return Ok(None);
    };
    let acts = samples::acts(scenario);
    let mut best: Option<(usize, State)> = None;
    engine
        .views()?
        .for_each_state(std::slice::from_ref(&mechanism.id), None, |state, _| {
            let free = state.is_open() && state.requests.is_empty() && state.children.is_empty();
            let Some(stage) = mechanism.stage(&state.stage).filter(|_| free) else {
                return;
            };
            let next = acts.iter().position(|act| {
                let name = act.text("step");
                name.is_some() && stage.steps.iter().any(|step| Some(step.id.as_str()) == name)
            });
            // Of those that stand equally early the youngest.
            if let Some(next) = next
                && best.as_ref().is_none_or(|(known, _)| next <= *known)
            {
                best = Some((next, state));
            }
        })?;
    let Some((next, state)) = best else {
        return Ok(None);
    };
    let now = bihuan_domain::calendar::date_of(engine.now());
    let first = acts.get(next).map(|act| bihuan_domain::calendar::date_of(act.at));
    let name = acts.first().map_or("a", |act| act.case.as_str());
    Ok(Some(json!({
        "weeks": first.map_or(0, |first| samples::weeks(first, now)),
        "next": next,
        "cases": { name: state.id.0 },
        "rows": {},
    })))
}

/// The walks of a place, as its log says where they begin.
pub(crate) fn of(engine: &Engine, names: &Names) -> Result<Vec<Walk>, Failure> {
    let world = engine.world();
    let mechanisms = engine.mechanisms();
    let orgs: Vec<&OrgTree> = mechanisms
        .packs()
        .iter()
        .flat_map(|pack| pack.orgs.values())
        .collect();
    let twin = Twin::of(orgs.iter().copied(), names);
    let mut walks = Vec::new();
    let places = world.settings.get(SETTING).cloned().unwrap_or_default();
    for (_, scenario) in scenarios(engine) {
        let (Some(place), Some(mechanism)) = (
            places.get(&scenario.id),
            mechanisms.current(&scenario.mechanism.as_str().into()),
        ) else {
            continue;
        };
        let acts = samples::acts(&scenario);
        let mut tale = Tale::new(
            format!("{}-{COPY}", scenario.id),
            mechanism.id.clone(),
            Arc::clone(&acts),
            Arc::new(twin.clone()),
            0,
            acts.len(),
        );
        tale.take_place(place);
        let main = acts
            .iter()
            .find(|act| act.text("mechanism").is_none_or(|id| id == scenario.mechanism))
            .and_then(|act| tale.cases.get(&act.case))
            .or_else(|| tale.cases.values().next())
            .copied();
        let Some(case) = main else { continue };
        if let Some(state) = engine.views()?.state(case)? {
            tale.twin = Arc::new(lend(&twin, &orgs, &acts, &mechanism, &state));
        }
        let number = WALKS.iter().find(|(_, id, _)| *id == scenario.id);
        walks.push(Walk {
            number: number.map_or(String::new(), |(number, ..)| (*number).to_owned()),
            mechanism: mechanism.label.clone(),
            course: scenario.label.clone(),
            case,
            steps: tale
                .left()
                .map(|act| step(act, &tale, &mechanisms, &mechanism))
                .collect(),
            tale,
        });
    }
    Ok(walks)
}

/// The scenario's people as this case has them: its owner, and who stands in its fields.
fn lend(twin: &Twin, orgs: &[&OrgTree], acts: &[Told], mechanism: &Mechanism, state: &State) -> Twin {
    let Some(open) = acts.iter().find(|act| act.action == "open") else {
        return twin.clone();
    };
    let mut lent = match open.text("owner").map(UnitId::from) {
        Some(owner) if twin.unit(&owner) != state.owner => twin.for_owner(orgs, &owner, &state.owner),
        _ => twin.clone(),
    };
    for (name, value) in open.table("values") {
        let field = mechanism.fields.iter().find(|field| field.id.as_str() == name);
        if let (Plain::Text(post), Some(Value::Post(here))) =
            (value, field.and_then(|field| state.values.get(&field.id)))
        {
            lent.put_post(PostId::from(post.as_str()), here.clone());
        }
    }
    lent
}

fn step(act: &Told, tale: &Tale, mechanisms: &bihuan_engine::Mechanisms, main: &Mechanism) -> WalkStep {
    let named = act.text("step");
    let has = |mechanism: &Mechanism| {
        let mut steps = mechanism.stages.iter().flat_map(|stage| &stage.steps);
        named.is_some_and(|name| steps.any(|step| step.id.as_str() == name))
    };
    // A child's step is looked for in the mechanism of the children.
    let opened = act
        .text("mechanism")
        .and_then(|id| mechanisms.current(&id.into()));
    let child = main
        .children
        .as_ref()
        .and_then(|children| mechanisms.current(&children.mechanism));
    let mechanism: &Mechanism = match (&opened, &child) {
        (Some(opened), _) => opened,
        (None, Some(child)) if named.is_some() && !has(main) && has(child) => child,
        _ => main,
    };
    let label = named.and_then(|name| {
        let mut steps = mechanism.stages.iter().flat_map(|stage| &stage.steps);
        steps
            .find(|step| step.id.as_str() == name)
            .map(|step| step.label.clone())
    });
    let mut values = Vec::new();
    let registers = mechanism.registers.values().flat_map(|register| &register.fields);
    let fields: Vec<_> = mechanism.fields.iter().chain(registers).collect();
    for key in ["values", "row"] {
        for (name, value) in act.table(key) {
            let field = fields.iter().find(|field| field.id.as_str() == name);
            values.extend(field.map(|field| (field.label.clone(), tale.shown(&value, field))));
        }
    }
    WalkStep {
        at: tale.moment(act),
        post: act
            .by
            .as_ref()
            .map(|by| tale.twin.post(&PostId::from(by.as_str()))),
        act: label.unwrap_or_else(|| both(&format!("demo.act_{}", act.action))),
        values,
        files: act.number("evidence").unwrap_or(0),
        case: tale.cases.get(&act.case).copied(),
        lands: act.stage.as_ref().and_then(|stage| {
            let stage = mechanism.stage(&stage.as_str().into())?;
            Some(stage.label.clone())
        }),
    }
}

fn both(key: &str) -> Label {
    Label::new(t(Lang::Zh, key), t(Lang::En, key))
}

/// Who acts in these walks, each once.
pub(crate) fn posts(walks: &[Walk]) -> Vec<PostId> {
    let mut posts: BTreeMap<PostId, ()> = BTreeMap::new();
    for step in walks.iter().flat_map(|walk| &walk.steps) {
        posts.extend(step.post.clone().map(|post| (post, ())));
    }
    posts.into_keys().collect()
}
