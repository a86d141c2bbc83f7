//! Steps: a guard that can be read by who is refused, rows that have a register, and no way to wait for ever.

use super::{Subject, unknown};
use crate::read::Sink;

/// `M0166`: a guard without words.
pub(super) fn guard_without_words(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for step in subject.ast.stages.iter().flat_map(|stage| &stage.steps) {
        if let Some(when) = step.when.as_ref().filter(|_| step.says.is_none()) {
            sink.error("M0166", when.span, |m| m.with("step", step.id.as_str()));
        }
    }
}

/// `M0116`: a step that writes rows into a register that no pack has.
pub(super) fn adds_to_nothing(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for register in subject.steps().filter_map(|step| step.adds.as_ref()) {
        register_known(subject, register, sink);
    }
}

/// `M0116` for one register.
pub(super) fn register_known(subject: &Subject<'_>, register: &crate::read::Sp<String>, sink: &mut Sink<'_>) {
    let known = &subject.around.registers;
    if !known.contains_key(register.as_str()) {
        unknown(sink, "M0116", register, known.keys().map(String::as_str));
    }
}

/// `M0175`: a step back to its own stage that asks for nothing: whoever takes it in time is never late. Where it adds
/// a row the work is on the record, and where the whole case has a clock that one runs on.
pub(super) fn clock_wound_up_for_nothing(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    if subject.ast.clock.is_some() {
        return;
    }
    for stage in &subject.ast.stages {
        for step in stage
            .steps
            .iter()
            .filter(|step| step.when.is_none() && step.adds.is_none())
        {
            if let Some(to) = step.to.as_ref().filter(|to| to.value == stage.id.value) {
                sink.error("M0175", to.span, |m| {
                    m.with("step", step.id.as_str()).with("stage", stage.id.as_str())
                });
            }
        }
    }
}
