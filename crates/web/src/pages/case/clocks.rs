//! The clocks of a case: what runs, until when, how much is used, and how the due time was worked out (law 3).

use bihuan_domain::case::{ClockState, PastClock, State};
use bihuan_domain::clock::{Rule, counted_seconds, due};
use bihuan_domain::id::StageId;
use bihuan_domain::mechanism::{Colour, Mechanism};
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use crate::pages::desk::request_key;
use crate::show::{self, Show};

/// Running clocks, then those that ended.
pub(super) fn clocks(show: &Show<'_>, mechanism: &Mechanism, state: &State) -> Markup {
    let lang = show.visitor.lang;
    html! {
        @let kept_back = state.is_open() && show.visitor.sight.keeps_back(&state.holder.unit);
        @if kept_back || !state.clocks.is_empty() || !state.past.is_empty() {
            section .card #clocks {
                h2 { (t(lang, "web.clocks")) }
                @if kept_back { p .quiet { (t(lang, "web.clock_kept_back")) } }
                @for (key, clock) in &state.clocks { (running(show, mechanism, state, key.as_str(), clock)) }
                @if !state.past.is_empty() { (past(show, mechanism, &state.past)) }
            }
        }
    }
}

fn running(show: &Show<'_>, mechanism: &Mechanism, state: &State, key: &str, clock: &ClockState) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let colour = if clock.breached { Colour::Red } else { clock.colour };
    html! {
        div .clock {
            p .clock-head {
                strong { (clock_name(key, &state.stage, state, mechanism, lang)) }
                (show::colour(colour, lang))
            }
            p .clock-due {
                @if clock.held.is_some() { span .tag { (t(lang, "web.clock_held")) } " " }
                @else if clock.is_paused() { span .tag { (t(lang, "web.clock_paused")) } " " }
                @else { (show::remaining(clock.due, visitor.now, lang)) " " }
                span .quiet { (tf(lang, "web.due_at", &[("when", &show::moment_text(clock.due, lang))])) }
            }
            (meter(show, clock))
            @if let Some(rung) = &clock.rung {
                p .rung {
                    (rung_name(mechanism, clock, rung.index, lang)) " → " (show.post(&rung.to.post)) " "
                    @if rung.answered { span .tag { (t(lang, "web.rung_answered")) } }
                    @else { span .quiet { (tf(lang, "web.rung_until", &[("when", &show::moment_text(rung.until, lang))])) } }
                }
            }
            (derivation(show, mechanism, clock))
        }
    }
}

/// How the due time came about, recomputed now from the rule, the start and the pauses.
fn derivation(show: &Show<'_>, mechanism: &Mechanism, clock: &ClockState) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let reasons = |code: &str| {
        let specs = mechanism.requests.values().flat_map(|spec| &spec.reasons);
        let label = specs
            .into_iter()
            .find(|(known, _)| known.as_str() == code)
            .map(|(_, label)| label.clone());
        label.unwrap_or_else(|| bihuan_messages::Label::new(code, code))
    };
    html! {
        details .derivation {
            summary { (t(lang, "web.derivation")) }
            @match due(&clock.rule, clock.start, &clock.counted_pauses(), &visitor.world.calendars) {
                Ok(due) => {
                    ol { @for line in due.derivation.lines_with(reasons) { li { (line.text(lang)) } } }
                    @if due.at.is_some_and(|at| at != clock.due) {
                        p .quiet { (tf(lang, "web.due_recorded", &[("when", &show::moment_text(clock.due, lang))])) }
                    }
                },
                Err(error) => { p { (error.message().text(lang)) } },
            }
        }
    }
}

/// The used share of the counted time, as a bar with its text.
fn meter(show: &Show<'_>, clock: &ClockState) -> Markup {
    let visitor = show.visitor;
    let until = clock.held.unwrap_or(visitor.now);
    let calendars = &visitor.world.calendars;
    let pauses = clock.counted_pauses();
    let counted = |at| counted_seconds(&clock.rule, clock.start, at, &pauses, calendars).ok();
    let (Some(used), Some(whole)) = (counted(until), counted(clock.due)) else {
        return html! {};
    };
    let used_share = used
        .saturating_mul(1000)
        .checked_div(whole)
        .unwrap_or(1000)
        .min(1000);
    let words = tf(visitor.lang, "web.clock_used", &[("percent", &(used_share / 10))]);
    html! {
        svg .meter .is-late[clock.breached] viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label=(words) {
            rect .meter-whole x="0" y="0" width="1000" height="12" {}
            rect .meter-used x="0" y="0" width=(used_share) height="12" {}
            @for warning in &clock.warnings {
                @if let Some(at) = counted(warning.at) {
                    @let x = at.saturating_mul(1000).checked_div(whole).unwrap_or(0);
                    rect .meter-mark x=(x) y="0" width="4" height="12" {}
                }
            }
        }
    }
}

fn past(show: &Show<'_>, mechanism: &Mechanism, past: &[PastClock]) -> Markup {
    let lang = show.visitor.lang;
    html! {
        details {
            summary { (tf(lang, "web.past_clocks", &[("n", &past.len())])) }
            ul .past-clocks {
                @for clock in past {
                    li {
                        (show::stage_name(Some(mechanism), &clock.stage, lang)) " · " (show.post(&clock.holder.post)) br;
                        span .quiet {
                            (show::moment(clock.start, lang)) " – " (show::moment(clock.stopped, lang)) " "
                            @if clock.late { span .late { (tf(lang, "web.past_late", &[("when", &show::moment_text(clock.due, lang))])) } }
                            @else { (t(lang, "web.past_on_time")) }
                        }
                    }
                }
            }
        }
    }
}

/// What a clock is called; `stage` is where the case stood when it ran.
pub(super) fn clock_name(
    key: &str,
    stage: &StageId,
    state: &State,
    mechanism: &Mechanism,
    lang: Lang,
) -> String {
    match key {
        "case" => t(lang, "web.clock_case").to_owned(),
        "stage" => {
            let stage = show::stage_name(Some(mechanism), stage, lang);
            tf(lang, "web.clock_stage", &[("stage", &stage)])
        }
        "progress" => {
            let label = mechanism
                .progress
                .as_ref()
                .map(|progress| progress.label.get(lang));
            label.unwrap_or(t(lang, "web.clock_progress")).to_owned()
        }
        "lookback" => t(lang, "web.duty_look_back").to_owned(),
        other => {
            let number = other.strip_prefix("request/").and_then(|n| n.parse::<u32>().ok());
            let kind = number
                .and_then(|n| state.requests.get(&n))
                .map(|request| request.kind);
            match kind {
                Some(kind) => tf(
                    lang,
                    "web.clock_request",
                    &[("what", &t(lang, request_key(kind)))],
                ),
                None => other.to_owned(),
            }
        }
    }
}

/// What the rung of a clock's ladder is called.
fn rung_name(mechanism: &Mechanism, clock: &ClockState, index: u32, lang: Lang) -> String {
    let ladder = mechanism.ladders.get(&clock.ladder);
    let rung = usize::try_from(index).ok().and_then(|n| ladder?.rungs.get(n));
    rung.map_or_else(
        || format!("{}", index + 1),
        |rung| rung.label.get(lang).to_owned(),
    )
}

/// A rule in words: the limit, what happens on days off, and a calendar of its own.
pub(crate) fn rule(rule: &Rule, lang: Lang) -> String {
    rule.label().get(lang).to_owned()
}
