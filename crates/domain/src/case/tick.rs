//! Time has passed: warnings, breaches, rungs, exits, reviews and draws, in the order in which they were due.
//!
//! A late engine fires everything it missed with the original due times; nothing fires twice, because the state
//! knows what has fired.

use jiff::Timestamp;

use super::context::{Context, Subject};
use super::decide::{Decision, resumed};
use super::state::{Meta, State};
use crate::event::{
    Breached, CaseEvent, ClockKey, Drawn, Escalated, Exhausted, Holder, LookBackDrawn, Moved, Values, Warned,
};
use crate::id::StepId;
use crate::mechanism::{Ladder, RequestKind};
use crate::refusal::Refusal;
use crate::verification::{Beacon, draw};

/// The step under which the kernel uses a stage's exit.
const EXIT: &str = "@exit";

/// More than any sound mechanism can make due in one case at once; stops a circle of exits with instant limits.
const FIRED_MAX: usize = 1_000;

pub(super) fn tick(ctx: &Context<'_>, state: &State, beacon: Option<&Beacon>) -> Result<Decision, Refusal> {
    let mut now = state.clone();
    let mut decision = Decision::default();
    while decision.events.len() < FIRED_MAX {
        let Some(event) = next(ctx, &now, beacon)? else {
            break;
        };
        let meta = Meta {
            seq: now.seq,
            at: ctx.now,
            actor: ctx.actor.clone(),
        };
        now.evolve(&event, &meta);
        decision.events.push(event);
    }
    Ok(decision)
}

/// The earliest thing that is due and has not happened.
fn next(ctx: &Context<'_>, state: &State, beacon: Option<&Beacon>) -> Result<Option<CaseEvent>, Refusal> {
    if let Some(drawn) = beacon
        .map(|beacon| verifier(ctx, state, beacon))
        .transpose()?
        .flatten()
    {
        return Ok(Some(drawn));
    }
    let standing = state.suspended_until.is_some();
    let clock = state
        .clocks
        .iter()
        .filter_map(|(key, clock)| clock.next(standing).map(|at| (at, key)))
        .filter(|(at, _)| *at <= ctx.now)
        .min();
    let review = state.suspended_until.filter(|at| *at <= ctx.now);
    let look_back = state
        .look_back
        .as_ref()
        .filter(|l| l.by.is_none())
        .map(|l| l.due)
        .filter(|at| *at <= ctx.now);
    let first = [clock.map(|(at, _)| at), review, look_back]
        .into_iter()
        .flatten()
        .min();
    let Some(first) = first else { return Ok(None) };
    if review == Some(first) {
        return resumed(ctx, state, first).map(|resumed| Some(CaseEvent::Resumed(resumed)));
    }
    if let Some((at, key)) = clock.filter(|(at, _)| *at == first) {
        return fire(ctx, state, key, at).map(Some);
    }
    match beacon {
        Some(beacon) => look_back_draw(ctx, state, first, beacon).map(Some),
        // Without a checkpoint there is no lot; the case stays awake until there is one.
        None => Ok(None),
    }
}

fn fire(ctx: &Context<'_>, state: &State, key: &ClockKey, at: Timestamp) -> Result<CaseEvent, Refusal> {
    let Some(clock) = state.clocks.get(key) else {
        return Err(Refusal::new("no_such_case"));
    };
    if !clock.breached {
        if let Some(warning) = clock
            .warnings
            .first()
            .filter(|warning| warning.at <= at && warning.at < clock.due)
        {
            let warned = Warned {
                clock: key.clone(),
                colour: warning.colour,
                due: warning.at,
            };
            return Ok(CaseEvent::Warned(warned));
        }
        let charged = match key.as_str() {
            "progress" => state.progress_by.clone(),
            "lookback" => state.look_back.as_ref().and_then(|l| l.by.clone()),
            other => request_of(state, other),
        };
        let charged = charged.unwrap_or_else(|| state.holder.clone());
        return Ok(CaseEvent::Breached(Breached {
            clock: key.clone(),
            due: clock.due,
            charged,
        }));
    }
    let ladder = ctx.mechanism.ladders.get(&clock.ladder);
    let index = clock.rung.as_ref().map_or(0, |rung| rung.index.saturating_add(1));
    match ladder.and_then(|ladder| rung(ladder, index)) {
        Some(rung) => {
            let subject = Subject::of(state, &state.values);
            Ok(CaseEvent::Escalated(Escalated {
                clock: key.clone(),
                rung: index,
                due: at,
                to: ctx.holder(&rung.to, &subject),
                until: ctx.due(&rung.limit, at)?,
                bulletin: rung.bulletin,
            }))
        }
        None => exhausted(ctx, state, key, at),
    }
}

fn rung(ladder: &Ladder, index: u32) -> Option<&crate::mechanism::Rung> {
    ladder.rungs.get(usize::try_from(index).ok()?)
}

/// The ladder has ended: the stage is left by its exit, or the clock is put to rest and stays red.
fn exhausted(ctx: &Context<'_>, state: &State, key: &ClockKey, at: Timestamp) -> Result<CaseEvent, Refusal> {
    let exit = ctx
        .mechanism
        .stage(&state.stage)
        .filter(|_| key.as_str() == "stage")
        .and_then(|stage| stage.exit.as_ref());
    let Some(exit) = exit else {
        return Ok(CaseEvent::Exhausted(Exhausted {
            clock: key.clone(),
            due: at,
        }));
    };
    let subject = Subject::of(state, &state.values);
    Ok(CaseEvent::Moved(Box::new(Moved {
        step: StepId::new(EXIT),
        from: state.stage.clone(),
        // The next clock counts from the original due time: a stopped engine gives nobody free days.
        placement: ctx.place(&exit.to, &subject, at)?,
        values: Values::new(),
        note: None,
        evidence: Vec::new(),
        due: Some(at),
    })))
}

fn request_of(state: &State, key: &str) -> Option<Holder> {
    let number = key.strip_prefix("request/")?.parse::<u32>().ok()?;
    let request = state.requests.get(&number)?;
    // A dispute is charged to its adjudicator; other requests to who has to decide them.
    debug_assert!(request.kind != RequestKind::Return || request.holds);
    Some(request.approver.clone())
}

/// Draws the verifier from the first checkpoint beyond the request.
fn verifier(ctx: &Context<'_>, state: &State, beacon: &Beacon) -> Result<Option<CaseEvent>, Refusal> {
    let Some(verification) = &state.verification else {
        return Ok(None);
    };
    if verification.drawn.is_some() || verification.pool.is_empty() || beacon.size <= verification.asked_seq {
        return Ok(None);
    }
    if state.suspended_until.is_some() {
        // Granted since the claim: who is drawn would begin on a clock that stands still with the others.
        return Ok(None);
    }
    let n = u32::try_from(verification.pool.len()).unwrap_or(u32::MAX);
    let Some(index) = draw("verifier", beacon, state.id, verification.asked_seq, n) else {
        return Ok(None);
    };
    let Some(seat) = usize::try_from(index).ok().and_then(|i| verification.pool.get(i)) else {
        return Ok(None);
    };
    let subject = Subject::of(state, &state.values);
    let spec = ctx
        .mechanism
        .stage(&state.stage)
        .and_then(|stage| stage.clock.as_ref());
    let clock = match spec {
        Some(spec) => Some(ctx.start(spec, &subject, ctx.now)?),
        None => None,
    };
    Ok(Some(CaseEvent::Drawn(Drawn {
        beacon: beacon.clone(),
        index,
        holder: Holder {
            role: "verifier".into(),
            unit: seat.unit.clone(),
            post: seat.post.clone(),
        },
        clock,
    })))
}

fn look_back_draw(
    ctx: &Context<'_>,
    state: &State,
    due: Timestamp,
    beacon: &Beacon,
) -> Result<CaseEvent, Refusal> {
    let spec = ctx.mechanism.closing.look_back.as_ref();
    let selected = spec.is_some_and(|spec| {
        draw("look-back", beacon, state.id, u64::from(state.round), spec.den)
            .is_some_and(|lot| lot < spec.num)
    });
    let (by, clock) = match spec.filter(|_| selected) {
        Some(spec) => {
            let subject = Subject::of(state, &state.values);
            let by = ctx.holder(&spec.by, &subject);
            (
                Some(by),
                Some(ctx.start_rule(spec.limit.clone(), &spec.ladder, &[], ctx.now)?),
            )
        }
        None => (None, None),
    };
    Ok(CaseEvent::LookBackDrawn(LookBackDrawn {
        due,
        beacon: beacon.clone(),
        selected,
        by,
        clock,
    }))
}
