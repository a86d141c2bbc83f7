//! Side moves: return, extension, suspension, hand-up, void. Asked by one post, decided by another, capped.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Decision, open_only};
use crate::calendar::midnight;
use crate::case::context::{Context, Subject};
use crate::case::state::{ClockState, RequestState, State};
use crate::clock::{self, Limit, Pause, Rule};
use crate::command::Request;
use crate::event::{CaseEvent, ClockStart, Decided, Holder, Requested, Resumed};
use crate::id::{Sealed, UnitId};
use crate::mechanism::{ClockSpec, RequestKind, RequestSpec, StageKind, Warning};
use crate::refusal::Refusal;

pub(super) fn ask(ctx: &Context<'_>, state: &State, request: &Request) -> Result<Decision, Refusal> {
    open_only(state)?;
    let spec = spec(ctx, request.kind)?;
    if state.kind == StageKind::Verify {
        return Err(Refusal::new("in_verification"));
    }
    if let Some((number, _)) = state
        .requests
        .iter()
        .find(|(_, r)| r.kind == request.kind || r.holds)
    {
        return Err(Refusal::new("already_asked").with("n", number.to_string()));
    }
    if state.suspended_until.is_some() {
        return Err(Refusal::new("suspended"));
    }
    let granted = state.granted.get(&request.kind).copied().unwrap_or(0);
    if granted >= spec.cap {
        return Err(Refusal::new("cap_reached")
            .with(
                "kind",
                bihuan_messages::Label::new(name(request.kind, true), name(request.kind, false)),
            )
            .with("n", spec.cap.to_string()));
    }
    let subject = Subject::of(state, &state.values);
    ctx.one_of(&spec.by, &subject)?;
    if !spec.reasons.is_empty() {
        let known = request
            .reason
            .as_ref()
            .is_some_and(|r| spec.reasons.iter().any(|(code, _)| code == r));
        if !known {
            let join = |lang| spec.reasons.iter().map(|(_, l)| l.get(lang)).collect::<Vec<_>>();
            let reasons = bihuan_messages::Label::new(
                join(bihuan_messages::Lang::Zh).join("、"),
                join(bihuan_messages::Lang::En).join(", "),
            );
            return Err(Refusal::new("reason_needed").with("reasons", reasons));
        }
    } else if request.note.is_none() {
        return Err(Refusal::new("reason_in_words"));
    }
    if matches!(request.kind, RequestKind::Extension | RequestKind::Suspension) {
        until(ctx, state, spec, request.until, request.kind)?;
    }
    let approver = approver(ctx, state, spec, &subject);
    let requested = Requested {
        request: state.asked.saturating_add(1),
        kind: request.kind,
        reason: request.reason.clone(),
        note: request.note.clone(),
        until: request.until,
        unit: request.unit.clone(),
        approver,
        clock: ctx.start_rule(spec.limit.clone(), &spec.ladder, &[], ctx.now)?,
        holds: request.kind == RequestKind::Return,
    };
    Ok(vec![CaseEvent::Requested(requested)].into())
}

/// Who decides: another post than who asks; the post of last resort where the role would lead back to the asker.
fn approver(ctx: &Context<'_>, state: &State, spec: &RequestSpec, subject: &Subject<'_>) -> Holder {
    let found = ctx.holder(&spec.approver, subject);
    if found.post == ctx.actor.post || found.post == state.holder.post {
        ctx.last_resort()
    } else {
        found
    }
}

pub(super) fn decide(
    ctx: &Context<'_>,
    state: &State,
    number: u32,
    grant: bool,
    note: Option<&Sealed>,
    unit: Option<&UnitId>,
) -> Result<Decision, Refusal> {
    let Some(request) = state.requests.get(&number) else {
        return Err(Refusal::new("no_such_request").with("n", number.to_string()));
    };
    if !ctx.acts_as(&request.approver) {
        return Err(ctx.not_yours(std::slice::from_ref(&request.approver)));
    }
    if request.by.person == ctx.actor.person {
        return Err(Refusal::new("own_request"));
    }
    if grant && state.suspended_until.is_some() {
        // Whatever moves the case needs running clocks; a refusal may be given at any time.
        return Err(Refusal::new("suspended").allow(bihuan_messages::Message::new("refusal.allowed_resume")));
    }
    let spec = spec(ctx, request.kind)?;
    let mut decided = Decided {
        request: number,
        kind: request.kind,
        granted: grant,
        note: note.cloned(),
        owner: None,
        progress_by: None,
        placement: None,
        holder: None,
        stage_clock: None,
        case_clock: None,
        review: None,
    };
    if grant {
        granted(ctx, state, request, spec, unit, &mut decided)?;
    } else if request.holds {
        // The dispute is over: the owner holds the case again, on the clock that never stopped.
        let subject = Subject::of(state, &state.values);
        decided.holder = ctx
            .mechanism
            .stage(&state.stage)
            .map(|stage| ctx.stage_holder(stage, &subject));
    }
    let void = decided
        .placement
        .as_ref()
        .is_some_and(|p| p.kind == StageKind::Void);
    let mut decision = Decision::from(vec![CaseEvent::Decided(Box::new(decided))]);
    if void {
        super::closing::tell_parent(state, StageKind::Void, &mut decision);
    }
    Ok(decision)
}

fn granted(
    ctx: &Context<'_>,
    state: &State,
    request: &RequestState,
    spec: &RequestSpec,
    unit: Option<&UnitId>,
    decided: &mut Decided,
) -> Result<(), Refusal> {
    let subject = Subject::of(state, &state.values);
    match request.kind {
        RequestKind::Return | RequestKind::HandUp => {
            let to = match request.kind {
                RequestKind::HandUp => request.approver.unit.clone(),
                _ => unit
                    .or(request.unit.as_ref())
                    .cloned()
                    .ok_or_else(|| Refusal::new("name_the_unit"))?,
            };
            let Some(owner) = ctx.world.org.unit_on(&to, ctx.today()) else {
                return Err(Refusal::new("no_such_unit").with("unit", to.as_str()));
            };
            if owner.id == state.owner && request.kind == RequestKind::Return {
                return Err(Refusal::new("same_owner").with("unit", &owner.name));
            }
            let subject = Subject {
                owner: &owner.id,
                ..subject
            };
            let stage = spec.to.as_ref().unwrap_or(&ctx.mechanism.open.stage);
            decided.placement = Some(ctx.place(stage, &subject, ctx.now)?);
            decided.progress_by = ctx.reporter(state, &subject);
            decided.owner = Some(owner.id.clone());
        }
        RequestKind::Void => {
            let stage = spec.to.clone().or_else(|| {
                ctx.mechanism
                    .stage_of_kind(StageKind::Void)
                    .map(|stage| stage.id.clone())
            });
            let stage = stage.ok_or_else(|| Refusal::new("no_such_stage"))?;
            decided.placement = Some(ctx.place(&stage, &subject, ctx.now)?);
        }
        RequestKind::Extension => {
            let day = until(ctx, state, spec, request.until, request.kind)?;
            let stage = ctx
                .mechanism
                .stage(&state.stage)
                .and_then(|stage| stage.clock.as_ref());
            decided.stage_clock = extended(ctx, state.clock("stage"), stage, day)?;
            decided.case_clock = extended(ctx, state.clock("case"), ctx.mechanism.clock.as_ref(), day)?;
        }
        RequestKind::Suspension => {
            let day = until(ctx, state, spec, request.until, request.kind)?;
            decided.review = Some(midnight(day));
        }
    }
    Ok(())
}

/// A clock with a later end; `None` where it already ends later.
fn extended(
    ctx: &Context<'_>,
    clock: Option<&ClockState>,
    spec: Option<&ClockSpec>,
    day: Date,
) -> Result<Option<ClockStart>, Refusal> {
    let Some(clock) = clock else { return Ok(None) };
    let rule = Rule {
        limit: Limit::Until(day),
        ..clock.rule.clone()
    };
    let warnings: &[Warning] = spec.map_or(&[], |spec| &spec.warnings);
    let mut start = ctx.start_rule(rule, &clock.ladder, warnings, clock.start)?;
    start.day_named = Some(ctx.now);
    Ok((start.due > clock.due).then_some(start))
}

/// Refuses a day that is missing, past or beyond what the mechanism allows.
fn until(
    ctx: &Context<'_>,
    state: &State,
    spec: &RequestSpec,
    day: Option<Date>,
    kind: RequestKind,
) -> Result<Date, Refusal> {
    let day = day.ok_or_else(|| Refusal::new("until_when"))?;
    if day <= ctx.today() {
        return Err(Refusal::new("until_past").with("day", clock::date_label(day)));
    }
    if let Some(limit) = &spec.at_most {
        // A longer limit is longer than the one there is; a standstill is counted from the day it begins.
        let from = match (kind, state.due()) {
            (RequestKind::Extension, Some(due)) => due.max(ctx.now),
            _ => ctx.now,
        };
        let last = ctx.due(limit, from)?;
        let last = crate::calendar::date_of(last);
        if day > last {
            return Err(Refusal::new("until_too_far")
                .with("day", clock::date_label(day))
                .with("last", clock::date_label(last)));
        }
    }
    Ok(day)
}

pub(super) fn resume(ctx: &Context<'_>, state: &State) -> Result<Decision, Refusal> {
    if state.suspended_until.is_none() {
        return Err(Refusal::new("not_suspended"));
    }
    if !ctx.acts_as(&state.holder) && !ctx.is_dispatcher() {
        return Err(ctx.not_yours(std::slice::from_ref(&state.holder)));
    }
    Ok(vec![CaseEvent::Resumed(resumed(ctx, state, ctx.now)?)].into())
}

/// The clocks as they run on from `at`.
pub(in crate::case) fn resumed(
    ctx: &Context<'_>,
    state: &State,
    at: jiff::Timestamp,
) -> Result<Resumed, Refusal> {
    let ended = |clock: &ClockState| -> Vec<Pause> {
        let mut pauses = clock.counted_pauses();
        for pause in &mut pauses {
            pause.to = Some(pause.to.unwrap_or(at));
        }
        pauses
    };
    let run_on = |key: &str| -> Option<ClockStart> {
        // One that was late before it stood still stays late: nothing takes that back.
        let clock = state.clock(key).filter(|clock| !clock.breached)?;
        // One that cannot be counted any more keeps its due time: nobody is left standing still by it.
        ctx.counted_anew(state, key, clock, clock.rule.clone(), &ended(clock))
            .ok()
    };
    let mut rungs = BTreeMap::new();
    for key in ["stage", "case"] {
        if let Some(clock) = state.clock(key)
            && let Ok(Some(until)) = ctx.rung_until(clock, &ended(clock))
            && clock.rung.as_ref().is_some_and(|rung| rung.until != until)
        {
            rungs.insert(key.into(), until);
        }
    }
    // Under verification nobody works: the report is owed again when work is sent back.
    let progress = match state.kind {
        StageKind::Verify => None,
        _ => ctx.progress(&Subject::of(state, &state.values), at)?,
    };
    Ok(Resumed {
        at,
        stage_clock: run_on("stage"),
        case_clock: run_on("case"),
        progress,
        rungs,
    })
}

fn spec<'a>(ctx: &Context<'a>, kind: RequestKind) -> Result<&'a RequestSpec, Refusal> {
    ctx.mechanism.requests.get(&kind).ok_or_else(|| {
        Refusal::new("request_not_allowed")
            .with(
                "kind",
                bihuan_messages::Label::new(name(kind, true), name(kind, false)),
            )
            .with("mechanism", &ctx.mechanism.label)
    })
}

fn name(kind: RequestKind, zh: bool) -> &'static str {
    let lang = if zh {
        bihuan_messages::Lang::Zh
    } else {
        bihuan_messages::Lang::En
    };
    bihuan_messages::t(
        lang,
        match kind {
            RequestKind::Return => "refusal.kind_return",
            RequestKind::Extension => "refusal.kind_extension",
            RequestKind::Suspension => "refusal.kind_suspension",
            RequestKind::HandUp => "refusal.kind_hand_up",
            RequestKind::Void => "refusal.kind_void",
        },
    )
}
