//! Side moves: another post decides, and there is a cap.

use bihuan_domain::mechanism::RequestKind;

use super::Subject;
use crate::read::Sink;
use crate::syntax::mechanism::Reasons;

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
    for request in &subject.ast.requests {
        match &request.cap {
            Some(cap) if cap.value > 0 => {}
            Some(cap) => sink.error("M0143", cap.span, |m| m.with("request", request.kind.name())),
            None => sink.error("M0143", request.span, |m| m.with("request", request.kind.name())),
        }
        if request.by.is_empty() {
            sink.error("M0163", request.span, |m| m.with("request", request.kind.name()));
        }
    }
}

/// `M0146`: an extension or suspension without a longest time.
pub(super) fn no_longest_time(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for request in &subject.ast.requests {
        let needs = matches!(request.kind, RequestKind::Extension | RequestKind::Suspension);
        if needs && request.at_most.is_none() {
            sink.error("M0146", request.span, |m| m.with("request", request.kind.name()));
        }
    }
}

/// `M0164`: a list of reasons that no pack has.
pub(super) fn unknown_reasons(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for request in &subject.ast.requests {
        if let Reasons::Named(name) = &request.reasons
            && !subject.around.reasons.contains_key(name.as_str())
        {
            super::unknown(
                sink,
                "M0164",
                name,
                subject.around.reasons.keys().map(String::as_str),
            );
        }
    }
}
