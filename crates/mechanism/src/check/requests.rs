//! Side moves: another post decides, and there is a cap.

use bihuan_domain::mechanism::RequestKind;

use super::Subject;
use crate::read::{Sink, Sp};
use crate::surroundings::Surroundings;
use crate::syntax::mechanism::{Reasons, RequestAst};
use crate::syntax::pack::PartsAst;

/// `M0142`: who asks would decide.
pub(super) fn approver_is_the_asker(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for request in &subject.ast.requests {
        let Some(approver) = &request.approver else {
            continue;
        };
        if request
            .by
            .iter()
            .any(|by| subject.same_post(by.as_str(), approver.as_str()))
        {
            sink.error("M0142", approver.span, |m| m.with("role", approver.as_str()));
        }
    }
}

/// `M0143`: a side move that may be granted never, or without a cap; `M0163`: one that nobody may ask for.
pub(super) fn cap_of_none(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    subject.ast.requests.iter().for_each(|request| cap(request, sink));
}

fn cap(request: &RequestAst, sink: &mut Sink<'_>) {
    match &request.cap {
        Some(cap) if cap.value > 0 => {}
        Some(cap) => sink.error("M0143", cap.span, |m| m.with("request", request.kind.name())),
        None => sink.error("M0143", request.span, |m| m.with("request", request.kind.name())),
    }
    if request.by.is_empty() {
        sink.error("M0163", request.span, |m| m.with("request", request.kind.name()));
    }
}

/// `M0146`: an extension or suspension without a longest time.
pub(super) fn no_longest_time(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    subject
        .ast
        .requests
        .iter()
        .for_each(|request| longest(request, sink));
}

fn longest(request: &RequestAst, sink: &mut Sink<'_>) {
    let needs = matches!(request.kind, RequestKind::Extension | RequestKind::Suspension);
    if needs && request.at_most.is_none() {
        sink.error("M0146", request.span, |m| m.with("request", request.kind.name()));
    }
}

/// `M0164`: a list of reasons that no pack has.
pub(super) fn unknown_reasons(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let requests = subject.ast.requests.iter();
    requests.for_each(|request| reasons(request, subject.around, sink));
}

fn reasons(request: &RequestAst, around: &Surroundings, sink: &mut Sink<'_>) {
    if let Reasons::Named(name) = &request.reasons
        && !around.reasons.contains_key(name.as_str())
    {
        super::unknown(sink, "M0164", name, around.reasons.keys().map(String::as_str));
    }
}

/// The same rules for the side moves that a pack shares, and `M0109`, `M0112`, `M0144` for what they name.
pub(crate) fn shared(parts: &PartsAst, around: &Surroundings, sink: &mut Sink<'_>) {
    for request in parts.requests.iter().map(|common| &common.request) {
        cap(request, sink);
        longest(request, sink);
        reasons(request, around, sink);
        for role in request.by.iter().chain(&request.approver) {
            if !around.roles.contains_key(role.as_str()) {
                super::unknown(sink, "M0109", role, around.roles.keys().map(String::as_str));
            }
        }
        if let Some(ladder) = &request.ladder
            && !around.ladders.contains_key(ladder.as_str())
        {
            super::unknown(sink, "M0112", ladder, around.ladders.keys().map(String::as_str));
        }
        for rule in request.limit.iter().chain(&request.at_most) {
            super::clocks::limit_sound(&Sp::new(rule.span, &rule.value), &around.calendars, sink);
        }
    }
}
