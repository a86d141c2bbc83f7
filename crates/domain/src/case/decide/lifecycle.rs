//! The dispatcher's moves and what other streams tell a case.

use super::{Decision, check_values, open_only};
use crate::case::context::{Context, Subject};
use crate::case::state::State;
use crate::clock::Limit;
use crate::event::{
    Amended, Answered, CaseEvent, ChildAdded, ChildEnded, ClockKey, ClockStart, Corrected, Moved, Reassigned,
    Reminded, Values,
};
use crate::id::{CaseId, Code, Sealed, UnitId};
use crate::mechanism::{ClockSpec, Join, LimitSpec, Stage, StageKind};
use crate::refusal::Refusal;

pub(super) fn amend(
    ctx: &Context<'_>,
    state: &State,
    values: &Values,
    title: Option<&Sealed>,
    reason: &Code,
) -> Result<Decision, Refusal> {
    dispatcher(ctx)?;
    check_values(ctx, values)?;
    let changed: Values = values
        .iter()
        .filter(|(field, value)| state.values.get(*field) != Some(*value))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    if changed.is_empty() && title.is_none() {
        return Ok(Decision::default());
    }
    let after = super::merged(state, &changed);
    let subject = Subject::of(state, &after);
    let stage = ctx
        .mechanism
        .stage(&state.stage)
        .and_then(|stage| stage.clock.as_ref());
    let amended = Amended {
        stage_clock: moved_day(ctx, state, "stage", stage, &changed, &subject)?,
        case_clock: moved_day(
            ctx,
            state,
            "case",
            ctx.mechanism.clock.as_ref(),
            &changed,
            &subject,
        )?,
        values: changed,
        title: title.cloned(),
        reason: reason.clone(),
    };
    Ok(vec![CaseEvent::Amended(amended)].into())
}

/// A clock whose last day stands in a field that changed: who set the day may set another. It counts from where it
/// began; a clock that was breached stays what it was, because lateness is not amended away.
fn moved_day(
    ctx: &Context<'_>,
    state: &State,
    key: &str,
    spec: Option<&ClockSpec>,
    changed: &Values,
    subject: &Subject<'_>,
) -> Result<Option<ClockStart>, Refusal> {
    let (Some(spec), Some(clock)) = (spec, state.clock(key)) else {
        return Ok(None);
    };
    let (LimitSpec::Field { field, .. } | LimitSpec::Choice { field, .. }) = &spec.limit else {
        return Ok(None);
    };
    if !changed.contains_key(field)
        || clock.breached
        || clock.held.is_some()
        || state.suspended_until.is_some()
    {
        return Ok(None);
    }
    let rule = ctx.rule(spec, subject, clock.start);
    let start = if matches!(rule.limit, Limit::Until(_)) {
        let start = ctx.start_rule(rule, &spec.ladder, &spec.warnings, clock.start)?;
        ClockStart {
            day_named: Some(ctx.now),
            ..start
        }
    } else {
        ctx.start_paused(rule, &spec.ladder, &spec.warnings, clock.start, &clock.pauses)?
    };
    Ok((start.due != clock.due).then_some(start))
}

pub(super) fn remind(ctx: &Context<'_>, state: &State, note: Option<&Sealed>) -> Result<Decision, Refusal> {
    open_only(state)?;
    dispatcher(ctx)?;
    Ok(vec![CaseEvent::Reminded(Reminded { note: note.cloned() })].into())
}

pub(super) fn reassign(
    ctx: &Context<'_>,
    state: &State,
    owner: &UnitId,
    reason: Option<&Sealed>,
) -> Result<Decision, Refusal> {
    open_only(state)?;
    dispatcher(ctx)?;
    let reassigned = handed_to(ctx, state, owner, reason)?;
    Ok(vec![CaseEvent::Reassigned(reassigned)].into())
}

fn handed_to(
    ctx: &Context<'_>,
    state: &State,
    owner: &UnitId,
    reason: Option<&Sealed>,
) -> Result<Reassigned, Refusal> {
    let Some(unit) = ctx.world.org.unit_on(owner, ctx.today()) else {
        return Err(Refusal::new("no_such_unit").with("unit", owner.as_str()));
    };
    if unit.id == state.owner {
        return Err(Refusal::new("same_owner").with("unit", &unit.name));
    }
    if state.kind == StageKind::Verify {
        return Err(Refusal::new("in_verification"));
    }
    let owners = &ctx.mechanism.open.owners;
    if !owners.is_empty() && !owners.contains(&unit.kind) {
        return Err(Refusal::new("owner_kind").with("unit", &unit.name));
    }
    let subject = Subject {
        owner: &unit.id,
        ..Subject::of(state, &state.values)
    };
    let holder = match ctx.mechanism.stage(&state.stage) {
        Some(stage) => ctx.stage_holder(stage, &subject),
        None => ctx.last_resort(),
    };
    Ok(Reassigned {
        owner: unit.id.clone(),
        reason: reason.cloned(),
        holder,
        progress_by: ctx.reporter(state, &subject),
    })
}

pub(super) fn answer(
    ctx: &Context<'_>,
    state: &State,
    clock: &ClockKey,
    note: Option<&Sealed>,
) -> Result<Decision, Refusal> {
    let rung = state
        .clocks
        .get(clock)
        .and_then(|clock| clock.rung.as_ref())
        .filter(|rung| !rung.answered);
    let Some(rung) = rung else {
        return Err(Refusal::new("nothing_to_answer"));
    };
    if !ctx.acts_as(&rung.to) {
        return Err(ctx.not_yours(std::slice::from_ref(&rung.to)));
    }
    let answered = Answered {
        clock: clock.clone(),
        rung: rung.index,
        note: note.cloned(),
    };
    Ok(vec![CaseEvent::Answered(answered)].into())
}

pub(super) fn correct(
    ctx: &Context<'_>,
    state: &State,
    entry: u64,
    note: &Sealed,
    values: &Values,
) -> Result<Decision, Refusal> {
    dispatcher(ctx)?;
    check_values(ctx, values)?;
    if entry > state.seq {
        return Err(Refusal::new("no_such_entry").with("entry", entry.to_string()));
    }
    let corrected = Corrected {
        entry,
        note: note.clone(),
        values: values.clone(),
    };
    Ok(vec![CaseEvent::Corrected(corrected)].into())
}

pub(super) fn add_child(state: &State, child: CaseId) -> Result<Decision, Refusal> {
    open_only(state)?;
    Ok(vec![CaseEvent::ChildAdded(ChildAdded { child })].into())
}

pub(super) fn end_child(
    ctx: &Context<'_>,
    state: &State,
    child: CaseId,
    kind: StageKind,
) -> Result<Decision, Refusal> {
    let mut decision = Decision::from(vec![CaseEvent::ChildEnded(ChildEnded { child, kind })]);
    // What follows is judged as things stand once the child has ended.
    let mut after = state.clone();
    after.children.insert(child, kind);
    if let Some((moved, target)) = joined(ctx, &after)? {
        decision.events.push(CaseEvent::Moved(Box::new(moved)));
        let subject = Subject::of(&after, &after.values);
        super::closing::after_move(ctx, &after, subject, target, &mut decision)?;
    }
    Ok(decision)
}

/// The step that a waiting parent takes by itself once enough children have closed.
fn joined<'a>(ctx: &Context<'a>, state: &State) -> Result<Option<(Moved, &'a Stage)>, Refusal> {
    let Some(children) = ctx
        .mechanism
        .children
        .as_ref()
        .filter(|spec| spec.stage == state.stage)
    else {
        return Ok(None);
    };
    let kinds = &state.children;
    let count = |wanted: StageKind| kinds.values().filter(|kind| **kind == wanted).count();
    let (closed, void) = (count(StageKind::Closed), count(StageKind::Void));
    let met = match children.join {
        // A void child asks for nothing any more; but a parent whose children are all void has achieved nothing.
        Join::All => closed > 0 && closed + void == kinds.len(),
        Join::Any => closed > 0,
        Join::Quorum(n) => closed >= usize::try_from(n).unwrap_or(usize::MAX),
    };
    let step = ctx
        .mechanism
        .stage(&state.stage)
        .and_then(|stage| stage.steps.iter().find(|step| step.id == children.then));
    // A suspended parent goes on when it is resumed: the lead unit takes the step then.
    let Some(step) = step.filter(|_| met && state.suspended_until.is_none()) else {
        return Ok(None);
    };
    let subject = Subject::of(state, &state.values);
    if let Some(guard) = &step.when
        && !matches!(super::holds_with(ctx, guard, subject, None), Ok(true))
    {
        // The join is met and the guard is not: the holder takes the step once it is.
        return Ok(None);
    }
    let target = ctx
        .mechanism
        .stage(&step.to)
        .ok_or_else(|| Refusal::new("no_such_stage"))?;
    if target.kind == StageKind::Verify && super::closing::condition(ctx, subject).is_err() {
        // The lead unit still owes a field: it takes the step itself once the fact is there.
        return Ok(None);
    }
    let moved = Moved {
        step: step.id.clone(),
        from: state.stage.clone(),
        placement: ctx.place(&step.to, &subject, ctx.now)?,
        values: Values::new(),
        note: None,
        evidence: Vec::new(),
        due: None,
    };
    Ok(Some((moved, target)))
}

fn dispatcher(ctx: &Context<'_>) -> Result<(), Refusal> {
    if ctx.actor.is_system() || ctx.is_dispatcher() {
        Ok(())
    } else {
        Err(Refusal::new("dispatcher_only"))
    }
}
