//! What the people of a case do next, given where it stands.

use std::collections::{BTreeMap, VecDeque};

use bihuan_domain::calendar::{date_of, local};
use bihuan_domain::case::State;
use bihuan_domain::event::Holder;
use bihuan_domain::id::{FieldId, PostId, RoleId, StageId};
use bihuan_domain::mechanism::{Mechanism, Resolve, StageKind, Step};
use bihuan_domain::org::Actor;
use bihuan_domain::value::{Type, Value};
use bihuan_engine::{Engine, Failure, Order};
use jiff::ToSpan;
use jiff::civil::DateTime;
use serde_json::{Value as Json, json};

use super::{Act, Run, Scene};
use crate::people::{as_actor, on_post};

/// One command, and when to look at the case again.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) order: Option<(Actor, Order)>,
    pub(super) again: Option<DateTime>,
}

/// Between two acts on one case that have no time of their own.
const SOON_HOURS: i64 = 1;

pub(super) fn next(
    run: &mut Run,
    state: Option<&State>,
    scene: &Scene,
    at: DateTime,
    engine: &Engine,
) -> Result<Plan, Failure> {
    let Some(state) = state else {
        let mut open = run.script.open.clone();
        open.parent = run
            .script
            .parent
            .as_ref()
            .and_then(|name| scene.cases.borrow().get(name).copied());
        if run.script.parent.is_some() && open.parent.is_none() {
            // The whole was put off by a holiday: the part waits for it.
            return Ok(Plan {
                order: None,
                again: Some(days_on(at, 1)),
            });
        }
        let order =
            on_post(&scene.world.org, &run.script.opener, at.date()).map(|actor| (actor, Order::Open(open)));
        run.over = order.is_none();
        return Ok(Plan {
            order,
            again: run.script.acts.first().map(|(when, _)| *when).or(Some(soon(at))),
        });
    };
    let Some(mechanism) = scene.mechanisms.by_digest(&state.mechanism.digest) else {
        return Ok(Plan::default());
    };
    if !state.is_open() {
        return Ok(after_closing(run, state, scene, at));
    }
    if let Some(plan) = report(run, state, scene, at) {
        return Ok(plan);
    }
    if let Some(plan) = requests(run, state, scene, at) {
        return Ok(plan);
    }
    let Some((when, act)) = run.script.acts.get(run.next).cloned() else {
        return Ok(Plan {
            order: None,
            again: wait_for_report(run, state, scene, at),
        });
    };
    if when > at {
        return Ok(Plan {
            order: None,
            again: Some(wait_for_report(run, state, scene, at).map_or(when, |r| r.min(when))),
        });
    }
    act_on(run, state, scene, &mechanism, at, act, engine)
}

fn act_on(
    run: &mut Run,
    state: &State,
    scene: &Scene,
    mechanism: &Mechanism,
    at: DateTime,
    act: Act,
    engine: &Engine,
) -> Result<Plan, Failure> {
    let case = state.id;
    let again = Some(soon(at));
    match act {
        Act::Reach(stage) => {
            if state.stage == stage {
                run.next = run.next.saturating_add(1);
                return Ok(Plan { order: None, again });
            }
            walk(run, state, scene, mechanism, at, engine, |to| to.id == stage)
        }
        Act::Close if state.kind == StageKind::Verify => Ok(verify(run, state, scene, at)),
        Act::Close => walk(run, state, scene, mechanism, at, engine, |to| {
            to.kind == StageKind::Verify
        }),
        Act::Note(text) => {
            run.next = run.next.saturating_add(1);
            let order = Order::Note {
                case,
                values: BTreeMap::new(),
                note: Some(text),
                evidence: Vec::new(),
            };
            Ok(Plan {
                order: seated(scene, &state.holder, at).map(|actor| (actor, order)),
                again,
            })
        }
        Act::Remind(text) => {
            run.next = run.next.saturating_add(1);
            let actor = on_post(&scene.world.org, &run.script.opener, at.date());
            Ok(Plan {
                order: actor.map(|actor| {
                    (
                        actor,
                        Order::Remind {
                            case,
                            note: Some(text),
                        },
                    )
                }),
                again,
            })
        }
        Act::Ask {
            what,
            days,
            reason,
            unit,
            ..
        } => {
            run.next = run.next.saturating_add(1);
            let Some(spec) = mechanism.requests.get(&what) else {
                return Ok(Plan { order: None, again });
            };
            let until = (days > 0).then(|| at.date().saturating_add(days.days()));
            let reason = reason.or_else(|| spec.reasons.first().map(|(code, _)| code.clone()));
            let note = Some("（样例）情况属实，申请如上。".to_owned());
            let order = Order::Request {
                case,
                request: what,
                reason,
                note,
                until,
                unit,
            };
            let actor = spec
                .by
                .iter()
                .find_map(|role| in_role(scene, mechanism, state, role, at));
            Ok(Plan {
                order: actor.map(|actor| (actor, order)),
                again: Some(days_on(at, 2)),
            })
        }
    }
}

/// The next step on the shortest way to a stage for which `there` holds.
fn walk(
    run: &mut Run,
    state: &State,
    scene: &Scene,
    mechanism: &Mechanism,
    at: DateTime,
    engine: &Engine,
    there: impl Fn(&bihuan_domain::mechanism::Stage) -> bool,
) -> Result<Plan, Failure> {
    let Some(step) = first_step(mechanism, &state.stage, there) else {
        // Waits for its children, or is already past it.
        let waits = state.kind == StageKind::Wait;
        if !waits {
            run.next = run.next.saturating_add(1);
        }
        return Ok(Plan {
            order: None,
            again: Some(if waits { days_on(at, 3) } else { soon(at) }),
        });
    };
    let mut evidence = Vec::new();
    for n in 0..step.evidence {
        let ready = scene.files.borrow_mut().pop();
        evidence.push(match ready {
            Some(token) => token,
            None => sample_file(engine, &format!("{}-{}-{n}", run.script.name, run.sent))?,
        });
    }
    let mut values = BTreeMap::new();
    for id in &step.needs {
        if let Some(value) = given(run, id).or_else(|| made_up(state, scene, mechanism, id, at)) {
            values.insert(id.clone(), value);
        }
    }
    for id in &step.takes {
        values.extend(given(run, id).map(|value| (id.clone(), value)));
    }
    let actor = match step.by.is_empty() || step.by.contains(&state.holder.role) {
        true => seated(scene, &state.holder, at),
        false => step
            .by
            .iter()
            .find_map(|role| in_role(scene, mechanism, state, role, at)),
    };
    let order = Order::Step {
        row: Default::default(),
        case: state.id,
        step: step.id.clone(),
        values,
        note: None,
        evidence,
    };
    Ok(Plan {
        order: actor.map(|actor| (actor, order)),
        again: Some(soon(at)),
    })
}

/// What sample files of evidence are called.
pub(crate) const SAMPLE_FILE: &str = "佐证材料（样例）.txt";

/// A small text file as evidence.
pub(crate) fn sample_file(engine: &Engine, name: &str) -> Result<String, Failure> {
    engine.upload(SAMPLE_FILE, format!("佐证材料样例 {name}\n").as_bytes())
}

/// How many files the steps of a script will ask for.
pub(super) fn files_needed(script: &super::Script, mechanism: &Mechanism) -> usize {
    let mut stage = mechanism.open.stage.clone();
    let mut files = 0usize;
    for (_, act) in &script.acts {
        let there = |to: &bihuan_domain::mechanism::Stage| match act {
            Act::Reach(goal) => to.id == *goal,
            Act::Close => to.kind == StageKind::Verify,
            _ => false,
        };
        // As many steps as there are stages are enough for any shortest way.
        for _ in 0..mechanism.stages.len() {
            if mechanism.stage(&stage).is_some_and(there) {
                break;
            }
            let Some(step) = first_step(mechanism, &stage, there) else {
                break;
            };
            files = files.saturating_add(usize::from(step.evidence));
            stage = step.to;
        }
    }
    files
}

fn verify(run: &mut Run, state: &State, scene: &Scene, at: DateTime) -> Plan {
    let drawn_late = state
        .verification
        .as_ref()
        .is_some_and(|v| !v.pool.is_empty() && v.drawn.is_none());
    let ready = scene.session(days_on(local(state.stage_since), run.script.verify_days));
    if drawn_late || ready > at {
        return Plan {
            order: None,
            again: Some(ready.max(soon(at))),
        };
    }
    let pass = run.script.verdicts.get(run.verified).copied().unwrap_or(true);
    run.verified = run.verified.saturating_add(1);
    let note = if pass {
        "（样例）现场核查，属实。"
    } else {
        "（样例）现场与上报不符，退回返工。"
    };
    let order = Order::Verify {
        case: state.id,
        pass,
        values: BTreeMap::new(),
        note: Some(note.to_owned()),
        evidence: Vec::new(),
    };
    let person = state
        .verification
        .as_ref()
        .and_then(|v| v.drawn.as_ref())
        .map(|seat| seat.person.clone());
    let actor = match person {
        Some(person) => Some(as_actor(&person, &state.holder.post)),
        None => seated(scene, &state.holder, at),
    };
    // After a failure the work takes some days again.
    let again = if pass { soon(at) } else { days_on(at, 4) };
    Plan {
        order: actor.map(|actor| (actor, order)),
        again: Some(again),
    }
}

/// Waits for the lot of a look-back and answers it.
fn after_closing(run: &mut Run, state: &State, scene: &Scene, at: DateTime) -> Plan {
    let Some(look_back) = &state.look_back else {
        run.over = true;
        return Plan::default();
    };
    let Some(by) = &look_back.by else {
        return Plan {
            order: None,
            again: Some(days_on(local(look_back.due), 4).max(soon(at))),
        };
    };
    let relapses = scene.relapses.get();
    let pass = relapses == 0;
    scene.relapses.set(relapses.saturating_sub(1));
    let note = if pass {
        "（样例）回头看：未反弹。"
    } else {
        "（样例）回头看：问题反弹，限期回炉。"
    };
    let order = Order::LookBack {
        case: state.id,
        pass,
        note: Some(note.to_owned()),
        evidence: Vec::new(),
    };
    // The last act was to close it; where it relapsed, that is begun again.
    run.next = run.next.min(run.script.acts.len().saturating_sub(1));
    Plan {
        order: seated(scene, by, at).map(|actor| (actor, order)),
        again: Some(days_on(at, 5)),
    }
}

/// The regular report, where it is due soon and the script gives reports.
fn report(run: &Run, state: &State, scene: &Scene, at: DateTime) -> Option<Plan> {
    let by = state.progress_by.as_ref().filter(|_| run.script.reports)?;
    if report_time(state, scene)? > at {
        return None;
    }
    let order = Order::Note {
        case: state.id,
        values: BTreeMap::new(),
        note: Some("（样例）按计划推进，无新增困难。".to_owned()),
        evidence: Vec::new(),
    };
    Some(Plan {
        order: seated(scene, by, at).map(|actor| (actor, order)),
        again: Some(soon(at)),
    })
}

/// In the last session before the day on which it is due.
fn report_time(state: &State, scene: &Scene) -> Option<DateTime> {
    Some(scene.session_before(local(state.clock("progress")?.due).date()))
}

fn wait_for_report(run: &Run, state: &State, scene: &Scene, at: DateTime) -> Option<DateTime> {
    report_time(state, scene)
        .filter(|_| run.script.reports)
        .map(|time| time.max(soon(at)))
}

/// Decides what was asked for, as the script says.
fn requests(run: &Run, state: &State, scene: &Scene, at: DateTime) -> Option<Plan> {
    let (number, request) = state.requests.iter().next()?;
    let grant = run.script.acts.iter().find_map(|(_, act)| match act {
        Act::Ask { what, grant, .. } if *what == request.kind => Some(*grant),
        _ => None,
    })?;
    let Some(grant) = grant else {
        return Some(Plan {
            order: None,
            again: Some(days_on(at, 7)),
        });
    };
    let actor = seated(scene, &request.approver, at)?;
    let note = if grant {
        "（样例）情况属实，同意。"
    } else {
        "（样例）理由不足，不同意。"
    };
    let order = Order::Decide {
        case: state.id,
        number: *number,
        grant,
        note: Some(note.to_owned()),
        unit: request.unit.clone(),
    };
    Some(Plan {
        order: Some((actor, order)),
        again: Some(soon(at)),
    })
}

/// The first step of the shortest way. A wait for children is left to them.
fn first_step(
    mechanism: &Mechanism,
    from: &StageId,
    there: impl Fn(&bihuan_domain::mechanism::Stage) -> bool,
) -> Option<Step> {
    let mut seen = vec![from.clone()];
    let mut queue: VecDeque<(StageId, Option<Step>)> = VecDeque::from([(from.clone(), None)]);
    while let Some((stage, first)) = queue.pop_front() {
        let stage = mechanism.stage(&stage)?;
        if stage.kind == StageKind::Wait && first.is_none() {
            return None;
        }
        for step in &stage.steps {
            let first = first.clone().unwrap_or_else(|| step.clone());
            if mechanism.stage(&step.to).is_some_and(&there) {
                return Some(first);
            }
            if !seen.contains(&step.to) {
                seen.push(step.to.clone());
                queue.push_back((step.to.clone(), Some(first)));
            }
        }
    }
    None
}

/// Who sits on a holder's post.
fn seated(scene: &Scene, holder: &Holder, at: DateTime) -> Option<Actor> {
    on_post(&scene.world.org, &holder.post, at.date())
}

/// Somebody who fills a role of this case.
pub(super) fn in_role(
    scene: &Scene,
    mechanism: &Mechanism,
    state: &State,
    role: &RoleId,
    at: DateTime,
) -> Option<Actor> {
    if state.holder.role == *role {
        return seated(scene, &state.holder, at);
    }
    let spec = mechanism.roles.get(role)?;
    let org = &scene.world.org;
    let day = at.date();
    let post: PostId = match &spec.resolve {
        Resolve::Requester => state.opened_by.post.clone(),
        Resolve::Owner => org.posts_of(&state.owner, &spec.post, day).next()?.id.clone(),
        Resolve::Superior => {
            let parent = org.units.get(&state.owner)?.parent.as_ref()?;
            org.posts_of(parent, &spec.post, day).next()?.id.clone()
        }
        Resolve::SuperiorOf(kind) => {
            let above = org.ancestry(&state.owner);
            let unit = above
                .into_iter()
                .filter(|unit| *unit != &state.owner)
                .find(|unit| org.units.get(*unit).is_some_and(|unit| unit.kind == *kind))?;
            org.posts_of(unit, &spec.post, day).next()?.id.clone()
        }
        // History asks nobody who is found through another case or a row: whoever holds the case acts.
        Resolve::ParentOwner | Resolve::RowField(..) => return None,
        Resolve::Function(function) => {
            let unit = org.with_function(function, day).next()?;
            org.posts_of(&unit.id, &spec.post, day).next()?.id.clone()
        }
        Resolve::Field(field) => match state.values.get(field)? {
            Value::Post(post) => post.clone(),
            Value::Unit(unit) => org.posts_of(unit, &spec.post, day).next()?.id.clone(),
            _ => return None,
        },
    };
    on_post(org, &post, day)
}

fn given(run: &Run, field: &FieldId) -> Option<Json> {
    run.script.later.get(field).cloned()
}

/// A value of the field's type that says itself that it is a sample.
fn made_up(state: &State, scene: &Scene, mechanism: &Mechanism, id: &FieldId, at: DateTime) -> Option<Json> {
    if state.values.contains_key(id) {
        return None;
    }
    let field = mechanism.field(id)?;
    Some(match &field.ty {
        Type::Bool => json!(true),
        Type::Int | Type::Decimal | Type::Duration => json!("1"),
        Type::Money => json!("10000"),
        Type::Date => json!(date_of(bihuan_domain::calendar::instant(at)).to_string()),
        Type::Instant => json!(bihuan_domain::calendar::instant(at).to_string()),
        Type::Choice(codes) => json!(codes.first()?.as_str()),
        Type::Unit => json!(state.owner.as_str()),
        Type::Post => json!(state.holder.post.as_str()),
        Type::Person => json!(state.opened_by.person.as_str()),
        Type::Row(register) => json!(scene.world.registers.rows(register).next()?.0.as_str()),
        Type::Text => json!(format!("（样例）{}", field.label.zh)),
        Type::Case | Type::File | Type::List(_) => return None,
    })
}

fn soon(at: DateTime) -> DateTime {
    at.saturating_add(SOON_HOURS.hours())
}

fn days_on(at: DateTime, days: i64) -> DateTime {
    at.saturating_add(days.days())
}
