//! Counting the running clocks anew, because a calendar came to say something else about days to come.
//!
//! Every clock keeps its start, its rule and its pauses; only the days between are other ones. What is over stays as it
//! was: a breach is not taken back by a holiday announced later, and a day that came to be worked makes nobody late who
//! was in time a moment ago.

use std::collections::BTreeMap;

use super::Decision;
use crate::calendar::CalendarId;
use crate::case::context::Context;
use crate::case::state::{ClockState, State};
use crate::clock::{Limit, Rule};
use crate::event::{CaseEvent, Recounted};
use crate::refusal::Refusal;

pub(super) fn recount(ctx: &Context<'_>, state: &State, calendar: &CalendarId) -> Result<Decision, Refusal> {
    let digest = ctx
        .world
        .calendars
        .get(calendar)
        .map(|known| known.digest())
        .ok_or_else(|| Refusal::new("no_such_calendar").with("calendar", calendar.as_str()))?;
    let mut recounted = Recounted {
        calendar: calendar.clone(),
        digest,
        clocks: BTreeMap::new(),
        rungs: BTreeMap::new(),
        look_back: None,
    };
    for (key, clock) in &state.clocks {
        // A clock that stands still is counted anew when it runs on.
        if clock.exhausted || clock.is_paused() {
            continue;
        }
        let pauses = clock.counted_pauses();
        if clock.breached {
            if let Ok(Some(until)) = ctx.rung_until(clock, &pauses)
                && clock.rung.as_ref().is_some_and(|rung| rung.until != until)
                && until > ctx.now
            {
                recounted.rungs.insert(key.clone(), until);
            }
            continue;
        }
        if clock.rule.calendar != *calendar {
            continue;
        }
        // A clock that cannot be counted on the new calendar stays what it was; the others need not suffer for it.
        let anew = rules(ctx, key.as_str(), clock)
            .into_iter()
            .filter_map(|rule| ctx.counted_anew(state, key.as_str(), clock, rule, &pauses).ok())
            .find(|start| start.due > ctx.now);
        if let Some(start) = anew.filter(|start| start.due != clock.due) {
            recounted.clocks.insert(key.clone(), start);
        }
    }
    recounted.look_back = look_back(ctx, state, calendar);
    if recounted.clocks.is_empty() && recounted.rungs.is_empty() && recounted.look_back.is_none() {
        return Ok(Decision::default());
    }
    Ok(vec![CaseEvent::Recounted(Box::new(recounted))].into())
}

/// The rules by which a clock may be counted, the better one first. The day of a regular report is that of its recurrence on
/// the new calendar; where that day is over, it stays the day that it was.
fn rules(ctx: &Context<'_>, key: &str, clock: &ClockState) -> Vec<Rule> {
    let rule = clock.rule.clone();
    let (Limit::Until(day), Some(progress), "progress") = (rule.limit, &ctx.mechanism.progress, key) else {
        return vec![rule];
    };
    match progress.cadence.again(day, &ctx.world.calendars) {
        Ok(coming) => {
            let limit = Limit::Until(coming.date);
            vec![
                Rule {
                    limit,
                    ..rule.clone()
                },
                rule,
            ]
        }
        Err(_) => vec![rule],
    }
}

/// When the lot of a look-back is drawn now, where that is another instant.
fn look_back(ctx: &Context<'_>, state: &State, calendar: &CalendarId) -> Option<jiff::Timestamp> {
    let waiting = state.look_back.as_ref().filter(|waiting| waiting.by.is_none())?;
    let spec = ctx.mechanism.closing.look_back.as_ref()?;
    if spec.after.calendar != *calendar {
        return None;
    }
    let due = ctx.due(&spec.after, state.closed.as_ref()?.at).ok()?;
    (due != waiting.due && due > ctx.now).then_some(due)
}
