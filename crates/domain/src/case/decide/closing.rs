//! Closing: a checked fact and an independent verifier; and the look-back after it.

use bihuan_messages::Message;

use super::{Decision, Effect, check_values, holds_with, merged};
use crate::case::bring;
use crate::case::context::{Context, Subject};
use crate::case::state::State;
use crate::command::Verdict;
use crate::event::{CaseEvent, Closed, Failed, LookBackPassed, Reopened, Values};
use crate::expr::Row;
use crate::id::{Code, RegisterId};
use crate::mechanism::{Stage, StageKind};
use crate::refusal::Refusal;

/// Refuses where the closing condition does not hold.
pub(super) fn condition(ctx: &Context<'_>, subject: Subject<'_>) -> Result<(), Refusal> {
    condition_with(ctx, subject, None)
}

/// Refuses where the closing condition would not hold with `added` as a row of the case.
pub(super) fn condition_with(
    ctx: &Context<'_>,
    subject: Subject<'_>,
    added: Option<(&RegisterId, &Row)>,
) -> Result<(), Refusal> {
    if holds_with(ctx, &ctx.mechanism.closing.when, subject, added)? {
        return Ok(());
    }
    Err(Refusal::new("closing_condition").with("condition", &ctx.mechanism.closing.says))
}

/// What follows from having moved into `target`: closing by record, telling the parent of a void child.
pub(super) fn after_move(
    ctx: &Context<'_>,
    state: &State,
    subject: Subject<'_>,
    target: &Stage,
    decision: &mut Decision,
) -> Result<(), Refusal> {
    decision.effects.extend(
        bring::children(ctx, subject, state.id, &state.title, &target.id)
            .into_iter()
            .map(|brought| Effect::Opens(Box::new(brought))),
    );
    match target.kind {
        StageKind::Verify
            if ctx
                .mechanism
                .way(state.risk)
                .is_some_and(|way| way.name() == "record") =>
        {
            // A register or reading proves it; the condition was checked when “done” was said.
            let closed = close(ctx, state, ctx.now, Code::new("record"))?;
            decision.events.push(CaseEvent::Closed(Box::new(closed)));
            tell_parent(state, StageKind::Closed, decision);
        }
        StageKind::Void => tell_parent(state, StageKind::Void, decision),
        // The checker lets no step lead to a closed stage; were there one, nothing would be closed unverified.
        StageKind::Closed => return Err(Refusal::new("not_in_verification")),
        _ => {}
    }
    Ok(())
}

pub(super) fn verify(ctx: &Context<'_>, state: &State, verdict: &Verdict) -> Result<Decision, Refusal> {
    let Some(verification) = state
        .verification
        .as_ref()
        .filter(|_| state.kind == StageKind::Verify)
    else {
        return Err(Refusal::new("not_in_verification"));
    };
    if state.suspended_until.is_some() {
        // Asked for before the work was done, granted since: a verdict would start clocks while all of them stand still.
        return Err(Refusal::new("suspended").allow(Message::new("refusal.allowed_resume")));
    }
    if !verification.pool.is_empty() && verification.drawn.is_none() {
        return Err(Refusal::new("not_drawn_yet"));
    }
    if !ctx.acts_as(&state.holder) {
        return Err(ctx.not_yours(std::slice::from_ref(&state.holder)));
    }
    if let Some(seat) = &verification.drawn
        && seat.person != ctx.actor.person
    {
        return Err(Refusal::new("other_was_drawn"));
    }
    // Persons are compared as well as posts: who worked on it does not verify it from another chair.
    if state.handlers.contains(&ctx.actor.person) {
        return Err(Refusal::new("handler_verifies"));
    }
    check_values(ctx, &verdict.values)?;
    let values = merged(state, &verdict.values);
    let subject = Subject::of(state, &values);
    if verdict.pass {
        condition(ctx, subject)?;
        let done = state.done_at.unwrap_or(ctx.now);
        let closed = Closed {
            values: verdict.values.clone(),
            note: verdict.note.clone(),
            evidence: verdict.evidence.clone(),
            ..close(ctx, state, done, verification.way.clone())?
        };
        let mut decision = Decision::from(vec![CaseEvent::Closed(Box::new(closed))]);
        tell_parent(state, StageKind::Closed, &mut decision);
        return Ok(decision);
    }
    if verdict.note.is_none() {
        return Err(Refusal::new("failure_needs_finding"));
    }
    let stage = ctx
        .mechanism
        .stage(&state.stage)
        .and_then(|stage| stage.rework.clone());
    let back = stage.unwrap_or_else(|| ctx.mechanism.open.stage.clone());
    let failed = Failed {
        placement: ctx.place(&back, &subject, ctx.now)?,
        note: verdict.note.clone(),
        evidence: verdict.evidence.clone(),
        values: verdict.values.clone(),
        progress: ctx.progress(&subject, ctx.now)?,
    };
    Ok(vec![CaseEvent::Failed(Box::new(failed))].into())
}

pub(super) fn look_back(ctx: &Context<'_>, state: &State, verdict: &Verdict) -> Result<Decision, Refusal> {
    let Some(by) = state
        .look_back
        .as_ref()
        .and_then(|look_back| look_back.by.as_ref())
    else {
        return Err(Refusal::new("no_look_back"));
    };
    if !ctx.acts_as(by) {
        return Err(ctx.not_yours(std::slice::from_ref(by)));
    }
    if state.handlers.contains(&ctx.actor.person) {
        return Err(Refusal::new("handler_verifies"));
    }
    if verdict.pass {
        let passed = LookBackPassed {
            note: verdict.note.clone(),
            evidence: verdict.evidence.clone(),
        };
        return Ok(vec![CaseEvent::LookBackPassed(passed)].into());
    }
    if verdict.note.is_none() {
        return Err(Refusal::new("failure_needs_finding"));
    }
    let spec = ctx.mechanism.closing.look_back.as_ref();
    let stage = spec.map_or(&ctx.mechanism.open.stage, |look_back| &look_back.redo);
    let subject = Subject::of(state, &state.values);
    let clock = match &ctx.mechanism.clock {
        Some(clock) => Some(ctx.start(clock, &subject, ctx.now)?),
        None => None,
    };
    let reopened = Reopened {
        round: state.round.saturating_add(1),
        closed_at: state.closed.as_ref().map_or(ctx.now, |closed| closed.at),
        placement: ctx.place(stage, &subject, ctx.now)?,
        clock,
        progress: ctx.progress(&subject, ctx.now)?,
        note: verdict.note.clone(),
        evidence: verdict.evidence.clone(),
    };
    let kind = reopened.placement.kind;
    let mut decision = Decision::from(vec![CaseEvent::Reopened(Box::new(reopened))]);
    tell_parent(state, kind, &mut decision);
    Ok(decision)
}

fn close(ctx: &Context<'_>, state: &State, done: jiff::Timestamp, way: Code) -> Result<Closed, Refusal> {
    let closed = ctx
        .mechanism
        .stage_of_kind(StageKind::Closed)
        .ok_or_else(|| Refusal::new("no_such_stage"))?;
    // In time is judged by the case's own clock; where it has none, by whether any step was late.
    let on_time = match state.clock("case") {
        Some(clock) => Some(done < clock.due),
        None if state.past.is_empty() && state.clocks.is_empty() => None,
        None => Some(!state.was_late && state.clock("stage").is_none_or(|clock| done < clock.due)),
    };
    let look_back = match &ctx.mechanism.closing.look_back {
        Some(look_back) => Some(ctx.due(&look_back.after, ctx.now)?),
        None => None,
    };
    Ok(Closed {
        stage: closed.id.clone(),
        way,
        condition: ctx.mechanism.closing.when_text.clone(),
        done,
        on_time,
        values: Values::new(),
        note: None,
        evidence: Vec::new(),
        look_back,
    })
}

pub(super) fn tell_parent(state: &State, kind: StageKind, decision: &mut Decision) {
    if let Some(parent) = state.parent {
        decision.effects.push(Effect::ChildEnded {
            parent,
            child: state.id,
            kind,
        });
    }
}
