//! Running an open case under a newer definition of its mechanism.
//!
//! A case never changes rules by itself: it is taken over by an event of its own, or it ends under the rules it began
//! with. Clocks that run go on as they are, unless whoever adopts the new version wants them counted anew.

use std::collections::BTreeMap;

use bihuan_messages::Message;
use jiff::Timestamp;

use super::{Decision, open_only};
use crate::case::context::{Context, Subject};
use crate::case::state::State;
use crate::event::{CaseEvent, ClockStart, Migrated, Values};
use crate::id::StageId;
use crate::mechanism::{ClockSpec, RequestKind, StageKind};
use crate::refusal::Refusal;

pub(super) fn migrate(ctx: &Context<'_>, state: &State, recount: bool) -> Result<Decision, Refusal> {
    open_only(state)?;
    let new = ctx.mechanism;
    if state.mechanism == new.reference() {
        return Err(Refusal::new("already_under").with("mechanism", &new.label));
    }
    if state.mechanism.id != new.id {
        return Err(Refusal::new("other_mechanism").with("mechanism", &new.label));
    }
    let values = renamed(ctx, &state.values);
    let subject = Subject::of(state, &values);
    let target = new.renamed.stages.get(&state.stage).unwrap_or(&state.stage);
    let Some(stage) = new.stage(target) else {
        return Err(Refusal::new("stage_gone").with("stage", state.stage.as_str()));
    };
    let mut migrated = Migrated {
        from: state.mechanism.clone(),
        mechanism: new.reference(),
        fields: new
            .renamed
            .fields
            .iter()
            .filter(|(was, _)| state.values.contains_key(*was))
            .map(|(was, is)| (was.clone(), is.clone()))
            .collect::<BTreeMap<_, _>>(),
        placement: None,
        holder: None,
        stage_clock: None,
        case_clock: None,
    };
    if *target != state.stage || stage.kind != state.kind {
        if stage.kind == StageKind::Verify || state.kind == StageKind::Verify {
            // Who verifies was drawn or named for this claim; a stage of another nature would take that away.
            return Err(Refusal::new("stage_gone").with("stage", state.stage.as_str()));
        }
        if state.suspended_until.is_some() {
            // Its clock would begin to run while the others stand still: it is taken over once it is resumed.
            return Err(Refusal::new("suspended").allow(Message::new("refusal.allowed_resume")));
        }
        let start = state
            .clock("stage")
            .filter(|_| recount)
            .map_or(ctx.now, |clock| clock.start);
        migrated.placement = Some(ctx.place(target, &subject, start)?);
    } else {
        let disputed = state.requests.values().any(|request| request.holds);
        if stage.kind != StageKind::Verify && !disputed {
            let holder = ctx.stage_holder(stage, &subject);
            migrated.holder = (holder.post != state.holder.post).then_some(holder);
        }
        if recount {
            migrated.stage_clock = recounted(ctx, state, "stage", stage.clock.as_ref(), &subject)?;
        }
    }
    if recount {
        migrated.case_clock = recounted(ctx, state, "case", new.clock.as_ref(), &subject)?;
    }
    Ok(vec![CaseEvent::Migrated(Box::new(migrated))].into())
}

/// The values under the codes that the new version gives them.
fn renamed(ctx: &Context<'_>, values: &Values) -> Values {
    values
        .iter()
        .map(|(field, value)| {
            let field = ctx.mechanism.renamed.fields.get(field).unwrap_or(field);
            (field.clone(), value.clone())
        })
        .collect()
}

/// A running clock by its new limit, less what it stood still. One that was breached, stands still or is held stays
/// what it was: lateness is not taken back by a new rule, nor brought about while nobody could act. A later day that was
/// granted stays granted.
fn recounted(
    ctx: &Context<'_>,
    state: &State,
    key: &str,
    spec: Option<&ClockSpec>,
    subject: &Subject<'_>,
) -> Result<Option<ClockStart>, Refusal> {
    let (Some(spec), Some(clock)) = (spec, state.clock(key)) else {
        return Ok(None);
    };
    if clock.breached || clock.held.is_some() || state.suspended_until.is_some() {
        return Ok(None);
    }
    let rule = ctx.rule(spec, subject, clock.start);
    let start = ctx.start_paused(rule, &spec.ladder, &spec.warnings, clock.start, &clock.pauses)?;
    let granted = state.granted.contains_key(&RequestKind::Extension) && clock.day_named.is_some();
    if granted && start.due < clock.due {
        return Ok(None);
    }
    Ok((start.due != clock.due).then_some(start))
}

/// When a clock that began at `start` would have been due under the definition of `ctx`; `None` where that has no such
/// clock. For telling, before a new version is adopted, what it would have meant.
pub fn due_under(
    ctx: &Context<'_>,
    state: &State,
    key: &str,
    stage: &StageId,
    start: Timestamp,
) -> Option<Timestamp> {
    let values = renamed(ctx, &state.values);
    let subject = Subject::of(state, &values);
    let spec = match key {
        "case" => ctx.mechanism.clock.as_ref(),
        "stage" => {
            let stage = ctx.mechanism.renamed.stages.get(stage).unwrap_or(stage);
            ctx.mechanism.stage(stage)?.clock.as_ref()
        }
        _ => None,
    }?;
    ctx.start(spec, &subject, start).ok().map(|clock| clock.due)
}
