//! Steps and feedback: the handler's own moves.

use bihuan_messages::{Label, Message};

use super::{Decision, Effect, check_fields, check_needed, check_values, holds_with, merged, open_only};
use crate::case::context::{Context, Subject};
use crate::case::decide::closing;
use crate::case::state::State;
use crate::command::{Note, Step};
use crate::event::{CaseEvent, Moved, Noted, RowPut, Values};
use crate::mechanism::{StageKind, Step as StepSpec};
use crate::refusal::Refusal;
use crate::register::CASE;
use crate::value::Value;

pub(super) fn step(ctx: &Context<'_>, state: &State, command: &Step) -> Result<Decision, Refusal> {
    open_only(state)?;
    if state.suspended_until.is_some() {
        return Err(Refusal::new("suspended").allow(Message::new("refusal.allowed_resume")));
    }
    if state.requests.values().any(|request| request.holds) {
        return Err(Refusal::new("in_dispute").with("who", ctx.post_name(&state.holder.post)));
    }
    let stage = ctx
        .mechanism
        .stage(&state.stage)
        .ok_or_else(|| Refusal::new("no_such_stage"))?;
    let Some(step) = stage.steps.iter().find(|step| step.id == command.step) else {
        return Err(unknown_step(stage, &command.step));
    };
    check_values(ctx, &command.values)?;
    if let Some(stray) = command
        .values
        .keys()
        .find(|id| !step.needs.contains(id) && !step.takes.contains(id))
    {
        return Err(Refusal::new("field_not_here")
            .with("field", stray.as_str())
            .with("step", &step.label));
    }
    let values = merged(state, &command.values);
    let subject = Subject::of(state, &values);
    if step.by.is_empty() {
        if !ctx.acts_as(&state.holder) {
            return Err(ctx.not_yours(std::slice::from_ref(&state.holder)));
        }
    } else if !ctx.acts_as(&state.holder) || !step.by.contains(&state.holder.role) {
        ctx.one_of(&step.by, &subject)?;
    }
    check_needed(ctx, &step.needs, &values)?;
    let added = added_row(ctx, state, step, &command.row)?;
    if command.evidence.len() < usize::from(step.evidence) {
        return Err(Refusal::new("evidence_missing").with("n", step.evidence.to_string()));
    }
    if let Some(guard) = &step.when
        && !holds_with(
            ctx,
            guard,
            subject,
            added.as_ref().map(|put| (&put.register, &put.values)),
        )?
    {
        let text = step.when_text.clone().unwrap_or_default();
        let says = step
            .says
            .clone()
            .unwrap_or_else(|| Label::new(text.clone(), text));
        return Err(Refusal::new("guard")
            .with("step", &step.label)
            .with("condition", says));
    }
    let target = ctx
        .mechanism
        .stage(&step.to)
        .ok_or_else(|| Refusal::new("no_such_stage"))?;
    if target.kind == StageKind::Verify {
        // Saying “done” needs the fact: what the verifier could only send back is refused at once.
        closing::condition_with(
            ctx,
            subject,
            added.as_ref().map(|put| (&put.register, &put.values)),
        )?;
    }
    let placement = ctx.place(&step.to, &subject, ctx.now)?;
    let moved = Moved {
        step: step.id.clone(),
        from: state.stage.clone(),
        placement,
        values: command.values.clone(),
        note: command.note.clone(),
        evidence: command.evidence.clone(),
        due: None,
    };
    let mut decision = Decision::from(vec![CaseEvent::Moved(Box::new(moved))]);
    decision.effects.extend(added.map(Effect::RowAdded));
    closing::after_move(ctx, state, subject, target, &mut decision)?;
    Ok(decision)
}

/// The row that the step adds, with the case it belongs to.
fn added_row(
    ctx: &Context<'_>,
    state: &State,
    step: &StepSpec,
    given: &Values,
) -> Result<Option<RowPut>, Refusal> {
    let Some(register) = &step.adds else {
        return match given.keys().next() {
            Some(stray) => Err(Refusal::new("field_not_here")
                .with("field", stray.as_str())
                .with("step", &step.label)),
            None => Ok(None),
        };
    };
    let spec = ctx
        .mechanism
        .registers
        .get(register)
        .ok_or_else(|| Refusal::new("no_such_reference").with("field", register.as_str()))?;
    check_fields(ctx, &spec.fields, given)?;
    if let Some(field) = spec
        .fields
        .iter()
        .find(|field| field.required && !given.contains_key(&field.id))
    {
        return Err(Refusal::new("missing_field").with("field", &field.label));
    }
    let mut values = given.clone();
    values.insert(CASE.into(), Value::Case(state.id));
    Ok(Some(RowPut {
        register: register.clone(),
        row: ctx.world.registers.next_of_case(register, state.id),
        values,
    }))
}

pub(super) fn note(ctx: &Context<'_>, state: &State, note: &Note) -> Result<Decision, Refusal> {
    open_only(state)?;
    check_values(ctx, &note.values)?;
    let reports = state.progress_by.as_ref().is_some_and(|by| ctx.acts_as(by));
    let mine = ctx.world.org.unit_of(&ctx.actor.post).map(|unit| &unit.id);
    let takes_part = mine.is_some_and(|unit| {
        *unit == state.owner || *unit == state.holder.unit || state.supporting.contains(unit)
    });
    if !ctx.acts_as(&state.holder) && !reports && !takes_part {
        return Err(ctx.not_yours(std::slice::from_ref(&state.holder)));
    }
    if note.values.is_empty() && note.note.is_none() && note.evidence.is_empty() {
        return Err(Refusal::new("empty_note"));
    }
    let values = merged(state, &note.values);
    let progress = if reports {
        ctx.progress_answered(state, &Subject::of(state, &values))?
    } else {
        None
    };
    let noted = Noted {
        values: note.values.clone(),
        note: note.note.clone(),
        evidence: note.evidence.clone(),
        progress,
    };
    Ok(vec![CaseEvent::Noted(noted)].into())
}

fn unknown_step(stage: &crate::mechanism::Stage, step: &crate::id::StepId) -> Refusal {
    let refusal = Refusal::new("unknown_step")
        .with("step", step.as_str())
        .with("stage", &stage.label);
    if stage.steps.is_empty() {
        return refusal.allow(Message::new("refusal.allowed_none"));
    }
    let join = |lang| {
        let labels: Vec<&str> = stage.steps.iter().map(|step| step.label.get(lang)).collect();
        labels
    };
    let steps = Label::new(
        join(bihuan_messages::Lang::Zh).join("、"),
        join(bihuan_messages::Lang::En).join(", "),
    );
    refusal.allow(Message::new("refusal.allowed_steps").with("steps", steps))
}
