//! Clocks, ladders and recurrences: nothing waits without a clock, nothing breaches without a ladder that ends.

use std::collections::BTreeSet;

use bihuan_diagnostics::Span;
use bihuan_domain::calendar::{CalendarId, Calendars};
use bihuan_domain::clock::{Cadence, Rule};
use bihuan_domain::mechanism::StageKind;
use bihuan_domain::value::Type;
use bihuan_messages::{Label, Lang};

use super::Subject;
use crate::limits::{LADDERS_JOINED_MAX, RUNGS_MAX};
use crate::read::{Sink, Sp};
use crate::syntax::limit::Said;
use crate::syntax::parts::{ClockAst, LadderAst};

/// `M0103`: an open stage without a clock; `M0141` for a parked one, whose clock is its review date.
pub(super) fn wait_without_clock(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for stage in subject.open_stages().filter(|stage| stage.clock.is_none()) {
        let code = if stage.kind.value == StageKind::Parked {
            "M0141"
        } else {
            "M0103"
        };
        sink.error(code, stage.id.span, |m| m.with("stage", stage.id.as_str()));
    }
}

/// `M0104`: something that can be late, and nobody who would be told.
pub(super) fn breach_without_ladder(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let ast = subject.ast;
    if ast.ladder.is_some() {
        return;
    }
    let mut bare: Vec<Span> = Vec::new();
    bare.extend(
        clocks(subject)
            .filter(|clock| clock.ladder.is_none())
            .map(|clock| clock.span),
    );
    bare.extend(
        ast.requests
            .iter()
            .filter(|request| request.ladder.is_none())
            .map(|request| request.span),
    );
    bare.extend(
        ast.progress
            .iter()
            .filter(|progress| progress.ladder.is_none())
            .map(|progress| progress.span),
    );
    let look_back = ast.closing.iter().flat_map(|closing| &closing.look_back);
    bare.extend(
        look_back
            .filter(|look_back| look_back.ladder.is_none())
            .map(|look_back| look_back.span),
    );
    for span in bare {
        sink.error("M0104", span, |m| m);
    }
}

fn clocks<'s>(subject: &'s Subject<'_>) -> impl Iterator<Item = &'s ClockAst> {
    subject
        .ast
        .clock
        .iter()
        .chain(subject.ast.stages.iter().flat_map(|stage| &stage.clock))
}

/// `M0105` a ladder without a rung; `M0106` ladders joined in a circle or without end.
pub(super) fn ladder_without_end(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for ladder in &subject.ast.ladders {
        ladder_sound(ladder, |id| subject.ladders.get(id).copied(), sink);
    }
}

/// The same for a ladder of a pack file.
pub(crate) fn ladder_sound<'a>(
    ladder: &'a LadderAst,
    find: impl Fn(&str) -> Option<&'a LadderAst>,
    sink: &mut Sink<'_>,
) {
    let mut seen = BTreeSet::from([ladder.id.as_str()]);
    let mut rungs = ladder.rungs.len();
    let mut current = ladder;
    while let Some(then) = &current.then {
        let Some(next) = find(then.as_str()) else { break };
        if !seen.insert(next.id.as_str()) || seen.len() > LADDERS_JOINED_MAX {
            let span = ladder.then.as_ref().map_or(ladder.span, |then| then.span);
            sink.error("M0106", span, |m| {
                m.with("ladder", ladder.id.as_str())
                    .show("max", LADDERS_JOINED_MAX)
            });
            return;
        }
        rungs += next.rungs.len();
        current = next;
    }
    if rungs == 0 {
        sink.error("M0105", ladder.id.span, |m| m.with("ladder", ladder.id.as_str()));
    }
    if rungs > RUNGS_MAX {
        sink.error("M0002", ladder.id.span, |m| {
            m.show("found", rungs)
                .show("max", RUNGS_MAX)
                .with("what", crate::text::label("check.limit_rungs"))
        });
    }
}

/// `M0151`: a ladder whose top rung drafts no bulletin item, so that a matter can end in silence.
pub(super) fn ladder_that_ends_in_silence(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for ladder in &subject.ast.ladders {
        top_rung(ladder, sink);
    }
}

/// The same for a ladder of a pack file.
pub(crate) fn top_rung(ladder: &LadderAst, sink: &mut Sink<'_>) {
    if let Some(top) = ladder
        .rungs
        .last()
        .filter(|top| !top.bulletin && ladder.then.is_none())
    {
        sink.error("M0151", top.span, |m| m.with("ladder", ladder.id.as_str()));
    }
}

/// `M0144`: a limit of nothing or of more than a century; `M0189` on a calendar that nobody knows.
pub(super) fn absurd_limit(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let ast = subject.ast;
    let mut rules: Vec<Sp<&Rule>> = Vec::new();
    for limit in clocks(subject).flat_map(|clock| &clock.limit) {
        let (Said::Rule(rule) | Said::Field { or: rule, .. }) = &limit.value;
        rules.push(Sp::new(limit.span, rule));
    }
    let mut plain: Vec<&Sp<Rule>> = Vec::new();
    plain.extend(
        clocks(subject)
            .flat_map(|clock| &clock.limits)
            .map(|(_, rule)| rule),
    );
    plain.extend(
        ast.ladders
            .iter()
            .flat_map(|ladder| &ladder.rungs)
            .flat_map(|rung| &rung.limit),
    );
    plain.extend(
        ast.requests
            .iter()
            .flat_map(|request| request.limit.iter().chain(&request.at_most)),
    );
    for look_back in ast.closing.iter().flat_map(|closing| &closing.look_back) {
        plain.extend(look_back.after.iter().chain(&look_back.limit));
    }
    rules.extend(plain.into_iter().map(|rule| Sp::new(rule.span, &rule.value)));
    for rule in rules {
        limit_sound(&rule, &subject.around.calendars, sink);
    }
}

/// The same for one limit.
pub(crate) fn limit_sound(rule: &Sp<&Rule>, calendars: &Calendars, sink: &mut Sink<'_>) {
    if !calendar_known(&rule.value.calendar, rule.span, calendars, sink) {
        return;
    }
    if let Err(fault) = rule.value.check(calendars) {
        let message = fault.message();
        let why = Label::new(message.text(Lang::Zh), message.text(Lang::En));
        sink.error("M0144", rule.span, |m| m.with("what", &why));
    }
}

/// `M0189`: a calendar that is neither in force nor declared.
fn calendar_known(id: &CalendarId, span: Span, calendars: &Calendars, sink: &mut Sink<'_>) -> bool {
    let known = calendars.get(id).is_some();
    if !known {
        let all = super::joined(calendars.0.keys().map(CalendarId::as_str));
        sink.error("M0189", span, |m| {
            m.with("found", id.as_str()).with("known", &all)
        });
    }
    known
}

/// `M0145`: a recurrence that never comes.
pub(super) fn absurd_cadence(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let progress = subject
        .ast
        .progress
        .iter()
        .filter_map(|progress| progress.every.as_ref());
    let schedules = subject.ast.open.iter().filter_map(|open| open.schedule.as_ref());
    for every in progress.chain(schedules.filter_map(|schedule| schedule.every.as_ref())) {
        cadence_sound(every, &subject.around.calendars, sink);
    }
}

/// The same for one recurrence.
pub(super) fn cadence_sound(every: &Sp<Cadence>, calendars: &Calendars, sink: &mut Sink<'_>) {
    if !calendar_known(&every.value.calendar, every.span, calendars, sink) {
        return;
    }
    if let Err(fault) = every.value.check(calendars) {
        let message = fault.message();
        let why = Label::new(message.text(Lang::Zh), message.text(Lang::En));
        sink.error("M0145", every.span, |m| m.with("what", &why));
    }
}

/// `M0149`: warnings that are no share of the time, or do not grow graver with it.
pub(super) fn warnings_out_of_order(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for clock in clocks(subject) {
        let mut before: Option<&Sp<(u32, u32, bihuan_domain::mechanism::Colour)>> = None;
        for warning in &clock.warn {
            let (num, den, colour) = warning.value;
            let share = den > 0 && num > 0 && num < den;
            let later = before.is_none_or(|before| {
                let (n, d, c) = before.value;
                u64::from(n) * u64::from(den) < u64::from(num) * u64::from(d) && c <= colour
            });
            if !share || !later {
                sink.error("M0149", warning.span, |m| m.show("num", num).show("den", den));
            }
            before = Some(warning);
        }
    }
}

/// `M0153`: a clock that reads its end from a field that holds no date.
pub(super) fn field_is_no_date(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for limit in clocks(subject).flat_map(|clock| &clock.limit) {
        let Said::Field { field, .. } = &limit.value else {
            continue;
        };
        match subject.fields.iter().find(|known| known.id.as_str() == field) {
            Some(found) if found.ty == Type::Date => {}
            Some(_) => sink.error("M0153", limit.span, |m| {
                m.with("field", field.as_str()).with("role", "clock")
            }),
            None if subject.ast.fields.iter().any(|known| known.id.value == *field) => {}
            None => {
                let found = Sp::new(limit.span, field.clone());
                super::unknown(
                    sink,
                    "M0110",
                    &found,
                    subject.ast.fields.iter().map(|field| field.id.as_str()),
                );
            }
        }
    }
}

/// `M0153`: a clock by a field that is no choice; `M0133`: a limit for something that is none of its choices.
pub(super) fn clock_by_no_choice(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for clock in clocks(subject) {
        if let Some(by) = &clock.by {
            one_of_its_choices(
                subject,
                "clock",
                by,
                clock.limits.iter().map(|(code, _)| code),
                sink,
            );
        }
    }
}

/// The same for the cases that are emergencies.
pub(super) fn emergency_by_no_choice(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    if let Some(emergencies) = &subject.ast.emergencies {
        let codes = emergencies.codes.iter();
        one_of_its_choices(subject, "emergency_by", &emergencies.by, codes, sink);
    }
}

/// Whether a field is a choice, and these are of its codes.
fn one_of_its_choices<'c>(
    subject: &Subject<'_>,
    role: &str,
    by: &Sp<String>,
    named: impl Iterator<Item = &'c Sp<String>>,
    sink: &mut Sink<'_>,
) {
    let Some(field) = subject.field(by.as_str()) else {
        if !subject.declares(by.as_str()) {
            let known = subject.ast.fields.iter().map(|field| field.id.as_str());
            super::unknown(sink, "M0110", by, known);
        }
        return;
    };
    let Type::Choice(codes) = &field.ty else {
        sink.error("M0153", by.span, |m| {
            m.with("field", by.as_str()).with("role", role)
        });
        return;
    };
    for code in named.filter(|code| !codes.iter().any(|known| known.as_str() == code.value)) {
        let known = codes.iter().map(bihuan_domain::id::Code::as_str);
        super::unknown(sink, "M0133", code, known);
    }
}
