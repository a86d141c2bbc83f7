//! The rules that protect the grass roots (DOMAIN: cutting formalism). They look at constructs, not at words.

use std::collections::BTreeSet;

use bihuan_domain::mechanism::Risk;
use bihuan_messages::Label;

use super::Subject;
use crate::read::Sink;
use crate::syntax::limit::times_in_four_weeks;
use crate::syntax::mechanism::Scene;
use crate::syntax::pack::Proof;
use crate::syntax::parts::{Finder, RoleAst};

/// Whether a role can fall to a unit below the township: a village, a community, a grid.
fn grass_roots(subject: &Subject<'_>, role: &RoleAst) -> bool {
    let kinds: BTreeSet<&str> = match &role.unit.value {
        Finder::Owner => subject
            .ast
            .open
            .iter()
            .flat_map(|open| &open.owners)
            .map(|kind| kind.as_str())
            .collect(),
        Finder::Function(name) => subject
            .around
            .functions
            .get(name)
            .into_iter()
            .flat_map(|function| &function.kinds)
            .map(|kind| kind.as_str())
            .collect(),
        Finder::SuperiorOf(kind) => BTreeSet::from([kind.as_str()]),
        Finder::Superior
        | Finder::ParentOwner
        | Finder::Requester
        | Finder::Field(_)
        | Finder::RowField(..) => BTreeSet::new(),
    };
    kinds.iter().any(|kind| {
        subject
            .around
            .unit_kinds
            .get(*kind)
            .is_some_and(|kind| kind.grass_roots)
    })
}

/// Whether the file claims an exception and cites its ground.
fn excepted(subject: &Subject<'_>) -> bool {
    subject.ast.scene != Scene::Ordinary
        && subject
            .ast
            .cites
            .as_ref()
            .is_some_and(|cites| *cites != Label::default())
}

/// `M0201`: a report that a village or grid owes more often than weekly.
pub(super) fn too_frequent_reports(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some(progress) = &subject.ast.progress else {
        return;
    };
    let (Some(by), Some(every)) = (&progress.by, &progress.every) else {
        return;
    };
    let Some(role) = subject.roles.get(by.as_str()) else {
        return;
    };
    let times = times_in_four_weeks(&every.value.every);
    if times > 4 && grass_roots(subject, role) && !excepted(subject) {
        sink.error("M0201", every.span, |m| {
            m.with("role", by.as_str()).show("times", times)
        });
    }
}

/// `M0202`: a photo, a track, a presence or online time demanded of a person where no major risk asks for it.
pub(super) fn proof_without_risk(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    if subject.ast.risk == Risk::Major || excepted(subject) {
        return;
    }
    let demanded: BTreeSet<&str> = subject
        .ast
        .stages
        .iter()
        .flat_map(|s| &s.steps)
        .flat_map(|s| &s.needs)
        .map(|n| n.as_str())
        .collect();
    for field in &subject.ast.fields {
        let datum = &field.datum;
        let Some(proof) = subject
            .around
            .data
            .get(datum.as_str())
            .and_then(|datum| datum.proof.as_ref())
        else {
            continue;
        };
        // Presence and online time are no evidence of work at all; a photo or track may be offered, not demanded.
        let demanded = field.required || demanded.contains(field.id.as_str());
        if demanded || matches!(proof.value, Proof::Presence | Proof::OnlineTime) {
            sink.error("M0202", datum.span, |m| m.with("field", field.id.as_str()));
        }
    }
}

/// `M0156`: an exception is claimed without naming the rule that grants it.
pub(super) fn exception_without_citation(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    if subject.ast.scene != Scene::Ordinary && subject.ast.cites.is_none() {
        sink.error("M0156", subject.ast.span, |m| m);
    }
}
