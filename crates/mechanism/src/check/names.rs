//! Names that are used but nowhere declared, and names declared twice.

use std::collections::BTreeMap;

use bihuan_diagnostics::Span;
use bihuan_messages::Message;

use super::{Subject, unknown};
use crate::read::{Sink, Sp, described};

/// Words that expressions keep for themselves.
const RESERVED: &[&str] = &[
    "case", "row", "own", "today", "true", "false", "in", "children", "cases", "has", "size",
];

/// `M0009`: a code declared twice; `M0018`: a field under a word that expressions keep for themselves.
pub(super) fn reserved_or_doubled(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let ast = subject.ast;
    doubled(ast.stages.iter().map(|s| &s.id), sink);
    doubled(ast.fields.iter().map(|f| &f.id), sink);
    doubled(ast.roles.iter().map(|r| &r.id), sink);
    doubled(ast.ladders.iter().map(|l| &l.id), sink);
    doubled(ast.figures.iter().map(|f| &f.id), sink);
    doubled(ast.indicators.iter().map(|i| &i.id), sink);
    for stage in &ast.stages {
        doubled(stage.steps.iter().map(|s| &s.id), sink);
    }
    for field in &ast.fields {
        doubled(field.choices.iter().map(|(code, _)| code), sink);
        reserved(&field.id, sink);
    }
}

/// `M0018` for fields and registers, whose codes stand in expressions.
pub(crate) fn reserved(id: &Sp<String>, sink: &mut Sink<'_>) {
    let plain = id
        .value
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let first = id.value.starts_with(|c: char| c.is_ascii_lowercase());
    if RESERVED.contains(&id.as_str()) || !plain || !first {
        sink.error("M0018", id.span, |m| m.with("found", id.as_str()));
    }
}

/// `M0009` for one list.
pub(crate) fn doubled<'i>(ids: impl Iterator<Item = &'i Sp<String>>, sink: &mut Sink<'_>) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for id in ids {
        match seen.get(id.as_str()) {
            Some(first) => {
                let finding = described("M0009", sink.file(), id.span, |m| m.with("found", id.as_str()));
                let file = sink.file();
                sink.push(finding.relate(file, *first, Message::new("check.first_here")));
            }
            None => {
                seen.insert(id.as_str(), id.span);
            }
        }
    }
}

/// Every place where a role is named.
pub(super) fn roles_named<'a>(subject: &Subject<'a>) -> Vec<&'a Sp<String>> {
    let ast = subject.ast;
    let mut used: Vec<&Sp<String>> = Vec::new();
    used.extend(ast.open.iter().flat_map(|open| &open.by));
    for stage in &ast.stages {
        used.extend(&stage.holder);
        used.extend(stage.steps.iter().flat_map(|step| &step.by));
    }
    for request in &ast.requests {
        used.extend(&request.by);
        used.extend(&request.approver);
    }
    used.extend(ast.progress.iter().flat_map(|progress| &progress.by));
    if let Some(closing) = &ast.closing {
        for (_, way) in &closing.verify {
            if let crate::syntax::mechanism::WayAst::Office(role) = &way.value {
                used.push(role);
            }
        }
        used.extend(closing.look_back.iter().flat_map(|look_back| &look_back.by));
    }
    // Rungs of the file's own ladders; those of a pack are examined with the pack.
    used.extend(
        ast.ladders
            .iter()
            .flat_map(|ladder| ladder.rungs.iter().map(|rung| &rung.to)),
    );
    used
}

/// `M0109`.
pub(super) fn unknown_role(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for role in roles_named(subject) {
        if !subject.roles.contains_key(role.as_str()) {
            unknown(sink, "M0109", role, subject.roles.keys().copied());
        }
    }
}

/// `M0110` outside expressions.
pub(super) fn unknown_field(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let ast = subject.ast;
    let declared = || ast.fields.iter().map(|field| field.id.as_str());
    let mut used: Vec<&Sp<String>> = Vec::new();
    used.extend(&ast.title);
    used.extend(&ast.columns);
    used.extend(ast.open.iter().flat_map(|open| &open.unique));
    used.extend(ast.renamed.fields.iter().map(|(_, is)| is));
    for step in ast.stages.iter().flat_map(|stage| &stage.steps) {
        used.extend(&step.needs);
        used.extend(&step.takes);
    }
    for field in used {
        if !declared().any(|known| known == field.as_str()) {
            unknown(sink, "M0110", field, declared());
        }
    }
}

/// `M0111`.
pub(super) fn unknown_stage(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let ast = subject.ast;
    let mut used: Vec<&Sp<String>> = Vec::new();
    used.extend(&ast.exit);
    used.extend(ast.open.iter().flat_map(|open| &open.stage));
    used.extend(ast.open.iter().flat_map(|open| &open.stages));
    for stage in &ast.stages {
        used.extend(&stage.exit);
        used.extend(&stage.rework);
        used.extend(stage.steps.iter().flat_map(|step| &step.to));
    }
    used.extend(ast.requests.iter().flat_map(|request| &request.to));
    used.extend(
        ast.closing
            .iter()
            .flat_map(|c| &c.look_back)
            .flat_map(|l| &l.redo),
    );
    used.extend(ast.children.iter().flat_map(|children| &children.stage));
    used.extend(ast.renamed.stages.iter().map(|(_, is)| is));
    for stage in used {
        if subject.stage(stage.as_str()).is_none() {
            unknown(
                sink,
                "M0111",
                stage,
                ast.stages.iter().map(|stage| stage.id.as_str()),
            );
        }
    }
}

/// `M0112`.
pub(super) fn unknown_ladder(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let ast = subject.ast;
    let mut used: Vec<&Sp<String>> = Vec::new();
    used.extend(&ast.ladder);
    used.extend(ast.clock.iter().flat_map(|clock| &clock.ladder));
    used.extend(
        ast.stages
            .iter()
            .flat_map(|stage| &stage.clock)
            .flat_map(|clock| &clock.ladder),
    );
    used.extend(ast.requests.iter().flat_map(|request| &request.ladder));
    used.extend(ast.progress.iter().flat_map(|progress| &progress.ladder));
    used.extend(
        ast.closing
            .iter()
            .flat_map(|c| &c.look_back)
            .flat_map(|l| &l.ladder),
    );
    used.extend(ast.ladders.iter().flat_map(|ladder| &ladder.then));
    for ladder in used {
        if !subject.ladders.contains_key(ladder.as_str()) {
            unknown(sink, "M0112", ladder, subject.ladders.keys().copied());
        }
    }
}

/// `M0159`: children under a mechanism that no given pack has.
pub(super) fn unknown_mechanism(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some(found) = subject
        .ast
        .children
        .as_ref()
        .and_then(|children| children.mechanism.as_ref())
    else {
        return;
    };
    if !subject.mechanisms.contains_key(&found.value) {
        unknown(
            sink,
            "M0159",
            found,
            subject.mechanisms.keys().map(String::as_str),
        );
    }
}
