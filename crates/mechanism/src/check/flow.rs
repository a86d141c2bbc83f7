//! The stages as a graph: everything can be reached, everything can end, nobody is left waiting on goodwill.

use std::collections::BTreeSet;

use bihuan_domain::mechanism::{RequestKind, StageKind};

use super::Subject;
use crate::read::Sink;
use crate::syntax::mechanism::StageAst;

/// `M0101`: a stage that no case ever comes to.
pub(super) fn unreachable_stage(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some(first) = subject.ast.open.as_ref().and_then(|open| open.stage.as_ref()) else {
        return;
    };
    if subject.stage(first.as_str()).is_none() {
        return; // The unknown first stage is reported; everything would follow from it.
    }
    let mut reached = closure(subject, first.as_str(), true);
    for other in subject.ast.open.iter().flat_map(|open| &open.stages) {
        reached.extend(closure(subject, other.as_str(), true));
    }
    for stage in &subject.ast.stages {
        if !reached.contains(stage.id.as_str()) {
            sink.error("M0101", stage.id.span, |m| m.with("stage", stage.id.as_str()));
        }
    }
}

/// `M0102`: an open stage from which no path leads to closing.
pub(super) fn stage_that_cannot_close(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let ends = |kind: StageKind| kind == StageKind::Closed;
    if !subject.ast.stages.iter().any(|stage| ends(stage.kind.value)) {
        return; // Reported as a missing kind.
    }
    for stage in subject.open_stages() {
        let reached = closure(subject, stage.id.as_str(), false);
        let closes = subject
            .ast
            .stages
            .iter()
            .any(|s| ends(s.kind.value) && reached.contains(s.id.as_str()));
        if !closes {
            sink.error("M0102", stage.id.span, |m| m.with("stage", stage.id.as_str()));
        }
    }
}

/// All stages that can follow `from`, itself included. Side moves count only where asked for: that somebody might
/// return a case is no way to close it.
fn closure<'a>(subject: &Subject<'a>, from: &str, side_moves: bool) -> BTreeSet<&'a str> {
    let mut reached: BTreeSet<&'a str> = BTreeSet::new();
    let mut todo: Vec<&'a StageAst> = subject.stage(from).into_iter().collect();
    while let Some(stage) = todo.pop() {
        if reached.insert(stage.id.as_str()) {
            todo.extend(
                next(subject, stage, side_moves)
                    .into_iter()
                    .filter_map(|id| subject.stage(id)),
            );
        }
    }
    reached
}

/// The stages into which a case can move from `stage`.
fn next<'a>(subject: &Subject<'a>, stage: &'a StageAst, side_moves: bool) -> Vec<&'a str> {
    let ast = subject.ast;
    let mut next: Vec<&'a str> = stage
        .steps
        .iter()
        .flat_map(|step| &step.to)
        .map(|to| to.as_str())
        .collect();
    next.extend(subject.exit(stage).map(|exit| exit.as_str()));
    let kind = stage.kind.value;
    if kind == StageKind::Verify {
        next.extend(stage.rework.as_ref().map(|stage| stage.as_str()));
        next.extend(
            ast.stages
                .iter()
                .filter(|s| s.kind.value == StageKind::Closed)
                .map(|s| s.id.as_str()),
        );
    }
    if kind == StageKind::Closed {
        let redo = ast
            .closing
            .iter()
            .flat_map(|c| &c.look_back)
            .flat_map(|l| &l.redo);
        next.extend(redo.map(|stage| stage.as_str()));
    }
    if side_moves && kind.is_open() && kind != StageKind::Verify {
        for request in &ast.requests {
            match request.kind {
                RequestKind::Return | RequestKind::HandUp => {
                    let first = ast.open.as_ref().and_then(|open| open.stage.as_ref());
                    next.extend(request.to.as_ref().or(first).map(|stage| stage.as_str()));
                }
                RequestKind::Void => {
                    let void = ast.stages.iter().find(|s| s.kind.value == StageKind::Void);
                    next.extend(
                        request
                            .to
                            .as_ref()
                            .map(|s| s.as_str())
                            .or(void.map(|s| s.id.as_str())),
                    );
                }
                RequestKind::Extension | RequestKind::Suspension => {}
            }
        }
    }
    next
}

/// `M0107`: an open stage that is left only if somebody acts; `M0108`-`M0129` judge the exits that there are.
pub(super) fn no_unguarded_exit(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for stage in subject.open_stages() {
        if stage.kind.value == StageKind::Parked {
            continue; // Parked with a review date is itself the honest exit.
        }
        let Some(exit) = subject.exit(stage) else {
            sink.error("M0107", stage.id.span, |m| m.with("stage", stage.id.as_str()));
            continue;
        };
        let Some(target) = subject.stage(exit.as_str()) else {
            continue;
        };
        let same_holder = match (&stage.holder, &target.holder) {
            (Some(a), Some(b)) => subject.same_post(a.as_str(), b.as_str()),
            _ => false,
        };
        if target.kind.value.is_open() && target.kind.value != StageKind::Parked && same_holder {
            sink.error("M0129", exit.span, |m| {
                m.with("stage", stage.id.as_str()).with("exit", exit.as_str())
            });
        }
    }
}

/// `M0108`: exits that lead back to where they came from, so that escalation never ends.
pub(super) fn exits_in_a_circle(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for stage in subject.open_stages() {
        let mut seen = BTreeSet::new();
        let mut current = stage;
        while let Some(next) = subject
            .exit(current)
            .and_then(|exit| subject.stage(exit.as_str()))
        {
            if next.id.value == stage.id.value {
                let span = subject.exit(stage).map_or(stage.id.span, |exit| exit.span);
                sink.error("M0108", span, |m| m.with("stage", stage.id.as_str()));
                break;
            }
            if !seen.insert(next.id.as_str()) {
                break; // A circle that this stage is not part of; it is reported at its own stages.
            }
            current = next;
        }
    }
}

/// `M0126`: a step, exit or rework that closes a case without verification.
pub(super) fn step_to_closed(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    leads_to(subject, StageKind::Closed, "M0126", sink);
}

/// `M0127`: a step or exit that voids a case without the approval that a request asks for.
pub(super) fn step_to_void(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    leads_to(subject, StageKind::Void, "M0127", sink);
}

fn leads_to(subject: &Subject<'_>, kind: StageKind, code: &str, sink: &mut Sink<'_>) {
    let is = |id: &str| subject.stage(id).is_some_and(|stage| stage.kind.value == kind);
    for stage in &subject.ast.stages {
        let targets = stage
            .steps
            .iter()
            .flat_map(|step| &step.to)
            .chain(&stage.rework)
            .chain(&stage.exit);
        for to in targets.filter(|to| is(to.as_str())) {
            sink.error(code, to.span, |m| m.with("stage", to.as_str()));
        }
    }
    let common = subject.ast.exit.iter();
    let moved = subject
        .ast
        .requests
        .iter()
        .filter(|r| r.kind != RequestKind::Void)
        .flat_map(|r| &r.to);
    let redo = subject
        .ast
        .closing
        .iter()
        .flat_map(|c| &c.look_back)
        .flat_map(|l| &l.redo);
    let opened = subject.ast.open.iter().flat_map(|open| &open.stage);
    for to in common
        .chain(moved)
        .chain(redo)
        .chain(opened)
        .filter(|to| is(to.as_str()))
    {
        sink.error(code, to.span, |m| m.with("stage", to.as_str()));
    }
}

/// `M0128`: no stage that closes, none that verifies, or none for what is void; two that close.
pub(super) fn missing_kind(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let ast = subject.ast;
    let count = |kind: StageKind| ast.stages.iter().filter(|stage| stage.kind.value == kind).count();
    let mut report = |kind: &str| sink.error("M0128", ast.span, |m| m.with("kind", kind));
    if count(StageKind::Closed) != 1 {
        report("closed");
    }
    if count(StageKind::Verify) == 0 {
        report("verify");
    }
    if ast.requests.iter().any(|r| r.kind == RequestKind::Void) && count(StageKind::Void) != 1 {
        report("void");
    }
    for stage in ast
        .stages
        .iter()
        .filter(|stage| stage.kind.value == StageKind::Verify && stage.rework.is_none())
    {
        sink.error("M0136", stage.id.span, |m| m.with("stage", stage.id.as_str()));
    }
}

/// `M0139`: an open stage that nobody holds; a closed one with steps, clock or holder.
pub(super) fn holder_missing_or_idle(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for stage in &subject.ast.stages {
        let kind = stage.kind.value;
        // `self` is verified by the role that the stage names; every other way finds its own holder.
        let own = kind == StageKind::Verify && super::closing::verifies_itself(subject);
        if kind.is_open() && (kind != StageKind::Verify || own) && stage.holder.is_none() {
            sink.error("M0139", stage.id.span, |m| m.with("stage", stage.id.as_str()));
        }
        let idle = stage.holder.is_some()
            || stage.clock.is_some()
            || !stage.steps.is_empty()
            || stage.exit.is_some();
        if !kind.is_open() && idle {
            sink.error("M0160", stage.id.span, |m| m.with("stage", stage.id.as_str()));
        }
        if kind == StageKind::Verify && !stage.steps.is_empty() {
            sink.error("M0161", stage.id.span, |m| m.with("stage", stage.id.as_str()));
        }
    }
}

/// `M0148`: nobody may open a case, or from nothing.
pub(super) fn nobody_may_open(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some(open) = &subject.ast.open else { return };
    if open.by.is_empty() {
        sink.error("M0148", open.span, |m| m.with("key", "by"));
    }
    if open.from.is_empty() {
        sink.error("M0148", open.span, |m| m.with("key", "from"));
    }
}

/// `M0147`: a stage that waits for children where there are none, or children for which no stage waits.
pub(super) fn wait_without_children(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let children = subject.ast.children.as_ref();
    for stage in subject
        .open_stages()
        .filter(|stage| stage.kind.value == StageKind::Wait)
    {
        let waits = children
            .and_then(|c| c.stage.as_ref())
            .is_some_and(|id| id.value == stage.id.value);
        if !waits {
            sink.error("M0147", stage.id.span, |m| m.with("stage", stage.id.as_str()));
        }
    }
    let Some(children) = children else { return };
    let Some(stage) = children.stage.as_ref().and_then(|id| subject.stage(id.as_str())) else {
        return;
    };
    if stage.kind.value != StageKind::Wait {
        let span = children.stage.as_ref().map_or(children.span, |id| id.span);
        sink.error("M0147", span, |m| m.with("stage", stage.id.as_str()));
    }
    if let Some(then) = &children.then
        && !stage.steps.iter().any(|step| step.id.value == then.value)
    {
        super::unknown(
            sink,
            "M0162",
            then,
            stage.steps.iter().map(|step| step.id.as_str()),
        );
    }
}
