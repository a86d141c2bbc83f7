//! Doing an act of a walk for the visitor: through the engine, as the people would whose act it is.

use std::collections::BTreeMap;

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::id::{FieldId, PostId};
use bihuan_domain::org::Actor;
use bihuan_domain::value::Value;
use bihuan_engine::documents::{self, Accepted};
use bihuan_engine::views::Views;
use bihuan_engine::{Engine, Error, Failure, Order, Submission};
use bihuan_mechanism::scenario::{Plain, Told};
use bihuan_messages::Lang;
use serde_json::{Value as Json, json};

use super::standing::{self, Standing};
use crate::history;
use crate::people::on_post;

/// What came of an act: nothing to say, or why a rule refused it.
pub(super) type Done = Result<(), String>;

/// Does one act of the course.
pub(super) fn act(engine: &Engine, standing: &mut Standing, index: usize) -> Result<Done, Failure> {
    let tale = &mut standing.tale;
    let acts = std::sync::Arc::clone(&tale.acts);
    let Some(act) = acts.get(index) else {
        return Ok(Ok(()));
    };
    let outcome = match act.action.as_str() {
        "document" => read(engine, &seat(engine, standing, act)?, act),
        "accept" => accept(engine, &seat(engine, standing, act)?, standing, act),
        "others" => others(engine, standing, act),
        // The day comes by itself; so does what it opens.
        "wait" => engine.catch_up().map(|_| ()),
        _ => {
            tale.next = index;
            return history::tell(engine, tale);
        }
    };
    said(outcome)
}

/// Tells a refusal from a fault.
pub(super) fn said(outcome: Result<(), Failure>) -> Result<Done, Failure> {
    match outcome {
        Ok(()) => Ok(Ok(())),
        Err(Failure::Refused(refusal)) => Ok(Err(refusal.text(Lang::Zh))),
        Err(fault) => Err(fault),
    }
}

fn seat(engine: &Engine, standing: &Standing, act: &Told) -> Result<Actor, Failure> {
    let post = standing
        .tale
        .twin
        .post(&act.by.as_deref().unwrap_or_default().into());
    seated(engine, &post)
}

/// Who sits on a post now.
pub(super) fn seated(engine: &Engine, post: &PostId) -> Result<Actor, Failure> {
    on_post(&engine.world().org, post, date_of(engine.now())).ok_or(Failure::Fault(Error::Stopped))
}

/// The name under which a text is read: its first line.
pub(super) fn name_of(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn read(engine: &Engine, actor: &Actor, act: &Told) -> Result<(), Failure> {
    let text = act.text("text").unwrap_or_default();
    documents::receive(engine, actor, name_of(text), text.as_bytes()).map(|_| ())
}

fn accept(engine: &Engine, actor: &Actor, standing: &Standing, act: &Told) -> Result<(), Failure> {
    let views = engine.views()?;
    let Some(row) = proposed(engine, &views, standing, act)? else {
        return Err(Failure::Fault(Error::Stopped));
    };
    let id = standing::document(act.text("text").unwrap_or_default());
    let reading = documents::reading(engine, &views, &id, &Default::default())?;
    drop(views);
    let mechanism = &standing.tale.mechanism;
    for answer in documents::accept(engine, actor, &reading, mechanism, &[row])? {
        answer?;
    }
    Ok(())
}

/// The row that is accepted, with the owner and the day that the course gives it; `None` before the document is read.
pub(super) fn proposed(
    engine: &Engine,
    views: &Views,
    standing: &Standing,
    act: &Told,
) -> Result<Option<Accepted>, Failure> {
    let id = standing::document(act.text("text").unwrap_or_default());
    if !engine.world().documents.contains_key(&id) {
        return Ok(None);
    }
    let tale = &standing.tale;
    let reading = documents::reading(engine, views, &id, &Default::default())?;
    let rows = documents::proposals(engine, views, &reading, &tale.mechanism)?;
    let words = act.text("words").unwrap_or_default();
    let row = rows.into_iter().find(|row| row.quote.contains(words));
    let values = act.table("values");
    let text = |name: &str| match values.get(name) {
        Some(Plain::Text(text)) => Some(text.clone()),
        _ => None,
    };
    Ok(row.map(|row| Accepted {
        row: row.key,
        supporting: Vec::new(),
        title: row.title,
        owner: tale.twin.unit(&act.text("owner").unwrap_or_default().into()),
        due: text("due")
            .and_then(|day| day.parse().ok())
            .map(|day| tale.moved_day(day)),
        value: text("value").or(row.value),
        unit: text("unit").or(row.unit),
    }))
}

/// Brings every other part of a campaign to its end, step by step, all parts at once.
fn others(engine: &Engine, standing: &Standing, act: &Told) -> Result<(), Failure> {
    let Some(case) = standing.tale.cases.get(&act.case) else {
        return Ok(());
    };
    // No part takes more steps than this; one that stands still is left.
    for round in 0..ROUNDS {
        let views = engine.views()?;
        let children = views
            .state(*case)?
            .map(|state| state.children)
            .unwrap_or_default();
        let mut waiting = Vec::new();
        for child in children.into_keys() {
            let Some(state) = views.state(child)?.filter(State::is_open) else {
                continue;
            };
            let Some(order) = visit(engine, &state)? else {
                continue;
            };
            let key = format!("{}/others-{child}-{round}", standing.tale.name);
            let actor = seated(engine, &state.holder.post)?;
            waiting.push(engine.send(&actor, Submission::new(key, order)));
        }
        drop(views);
        if waiting.is_empty() {
            return Ok(());
        }
        for answer in waiting {
            answer
                .blocking_recv()
                .map_err(|_| Failure::Fault(Error::Stopped))??;
        }
    }
    Ok(())
}

const ROUNDS: usize = 8;

/// What is done next with a visit at which nothing is found.
fn visit(engine: &Engine, state: &State) -> Result<Option<Order>, Failure> {
    let case = state.id;
    let step = |step: &str, values: BTreeMap<FieldId, Json>| Order::Step {
        case,
        step: step.into(),
        values,
        row: BTreeMap::new(),
        note: None,
        evidence: Vec::new(),
    };
    Ok(Some(match state.stage.as_str() {
        "visiting" => {
            let Some(Value::Row(enterprise)) = state.values.get("enterprise") else {
                return Ok(None);
            };
            let row = json!({
                "enterprise": enterprise.row.as_str(),
                "visited_on": date_of(engine.now()).to_string(),
                "experts": "3",
                "devices": devices(engine, state).to_string(),
            });
            let row = row.as_object().into_iter().flatten();
            Order::Step {
                case,
                step: "feed-back".into(),
                values: BTreeMap::new(),
                row: row
                    .map(|(name, value)| (name.as_str().into(), value.clone()))
                    .collect(),
                note: None,
                evidence: vec![history::sample_file(engine, &format!("visit-{case}"))?],
            }
        }
        "exchange" => step(
            "agree",
            BTreeMap::from([("opinion".into(), json!("无异议（样例）"))]),
        ),
        "measures" => step("nothing-found", BTreeMap::new()),
        "verification" => Order::Verify {
            case,
            pass: true,
            values: BTreeMap::new(),
            note: Some("与清单一致（样例）".to_owned()),
            evidence: Vec::new(),
        },
        _ => return Ok(None),
    }))
}

/// How many devices of the register the enterprise of a visit uses.
fn devices(engine: &Engine, state: &State) -> usize {
    let world = engine.world();
    let enterprise = state.values.get("enterprise");
    let user = FieldId::from("user");
    let equipment = "equipment".into();
    let rows = world.registers.rows(&equipment);
    rows.filter(|(_, row)| row.get(&user) == enterprise).count()
}
