//! The rules that protect the grass roots (DOMAIN: cutting formalism). They look at constructs, not at words.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::expr::{Expr, Over};
use bihuan_domain::mechanism::Risk;
use bihuan_domain::value::Type;
use bihuan_messages::Label;

use super::{Kin, Subject};
use crate::expr::{Ty, compile, each_part};
use crate::pack::Proof;
use crate::read::{Sink, Sp};
use crate::surroundings::Surroundings;
use crate::syntax::mechanism::Scene;
use crate::syntax::opening::{ScheduleAst, UnitsAst};
use crate::syntax::pack::PartsAst;
use crate::syntax::parts::{Finder, RoleAst};
use crate::syntax::recurrence::times_in_four_weeks;

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

/// The kinds of units below the township for which a schedule opens cases.
pub(crate) fn kinds_of_schedule<'s>(schedule: &'s ScheduleAst, around: &'s Surroundings) -> Vec<&'s str> {
    let kinds: Vec<&str> = match schedule.units.as_ref().map(|units| &units.value) {
        Some(UnitsAst::Kind(kind)) => vec![kind],
        Some(UnitsAst::Function(name)) => {
            let function = around.functions.get(name);
            function.iter().flat_map(|f| &f.kinds).map(Sp::as_str).collect()
        }
        None => Vec::new(),
    };
    let low = |kind: &&str| around.unit_kinds.get(*kind).is_some_and(|kind| kind.grass_roots);
    kinds.into_iter().filter(low).collect()
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
    if let Some(schedule) = subject.ast.open.iter().find_map(|open| open.schedule.as_ref())
        && let Some(every) = &schedule.every
    {
        let times = times_in_four_weeks(&every.value.every);
        let low = kinds_of_schedule(schedule, subject.around);
        if let Some(kind) = low.first().filter(|_| times > 4 && !excepted(subject)) {
            sink.error("M0201", every.span, |m| {
                m.with("role", *kind).show("times", times)
            });
        }
    }
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
        if asks_too_much(
            proof.value,
            field.required || demanded.contains(field.id.as_str()),
        ) {
            sink.error("M0202", datum.span, |m| m.with("field", field.id.as_str()));
        }
    }
    for register in subject.steps().filter_map(|step| step.adds.as_ref()) {
        let Some(spec) = subject.around.registers.get(register.as_str()) else {
            continue;
        };
        for field in &spec.fields {
            let datum = subject.around.data.get(field.datum.as_str());
            let proof = datum.and_then(|datum| datum.proof.as_ref());
            if proof.is_some_and(|proof| asks_too_much(proof.value, field.required)) {
                let path = format!("{}.{}", register.value, field.id);
                sink.error("M0202", register.span, |m| m.with("field", path.as_str()));
            }
        }
    }
}

/// Presence and online time are no evidence of work at all; a photo or track may be offered, not demanded. Who receives
/// something or is heard may be asked to sign for it.
fn asks_too_much(proof: Proof, demanded: bool) -> bool {
    match proof {
        Proof::Presence | Proof::OnlineTime => true,
        Proof::Photo | Proof::Track => demanded,
        Proof::Signature => false,
    }
}

/// `M0202` for registers into which no mechanism writes, so that none can name a ground for an exception.
pub(crate) fn registers_of_proof(
    parts: &PartsAst,
    around: &Surroundings,
    mechanisms: &BTreeMap<String, Kin>,
    sink: &mut Sink<'_>,
) {
    for register in &parts.registers {
        if mechanisms
            .values()
            .any(|kin| kin.adds.contains(&register.id.value))
        {
            continue;
        }
        for field in &register.fields {
            let datum = around.data.get(field.datum.as_str());
            let proof = datum.and_then(|datum| datum.proof.as_ref());
            if proof.is_some_and(|proof| asks_too_much(proof.value, field.required)) {
                sink.error("M0202", field.datum.span, |m| m.with("field", field.id.as_str()));
            }
        }
    }
}

/// `M0204`: an indicator that looks at persons. What is measured is a mechanism, a unit or a place.
pub(super) fn indicator_about_persons(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let names = subject.names(true);
    for indicator in &subject.ast.indicators {
        for source in indicator.value.iter().chain(&indicator.base) {
            let mut silent = Sink::new("");
            let wanted = [Ty::Number, Ty::Money, Ty::Duration];
            let Some(expr) = compile(source, subject.raw, &names, &wanted, &mut silent) else {
                continue;
            };
            let mut person = None;
            each_part(&expr, &mut |part, over| {
                let ty = match (part, over) {
                    (Expr::Item(field) | Expr::ItemHas(field), Some(over)) => names
                        .items(&over_name(over))
                        .and_then(|items| items.get(field.as_str()).cloned()),
                    (Expr::Field(field) | Expr::Has(field), _) => names.fields.get(field.as_str()).cloned(),
                    (Expr::Through(field, inner) | Expr::ThroughHas(field, inner), _) => {
                        match names.fields.get(field.as_str()) {
                            Some(Type::Row(register)) => names
                                .register(register.as_str())
                                .and_then(|items| items.get(inner.as_str()).cloned()),
                            _ => None,
                        }
                    }
                    _ => None,
                };
                let is = match &ty {
                    Some(Type::List(item)) => **item == Type::Person,
                    other => *other == Some(Type::Person),
                };
                if let (
                    true,
                    Expr::Item(field)
                    | Expr::ItemHas(field)
                    | Expr::Field(field)
                    | Expr::Has(field)
                    | Expr::Through(_, field)
                    | Expr::ThroughHas(_, field),
                ) = (is, part)
                {
                    person = Some(field.as_str().to_owned());
                }
            });
            if let Some(field) = person {
                sink.error("M0204", source.span, |m| {
                    m.with("indicator", indicator.id.as_str())
                        .with("field", field.as_str())
                });
            }
        }
    }
}

/// What an aggregate runs over, as expressions write it.
fn over_name(over: &Over) -> String {
    match over {
        Over::Register(register) => register.as_str().to_owned(),
        Over::Own(register) => format!("own.{register}"),
        Over::Children => "children".to_owned(),
        Over::Cases => "cases".to_owned(),
    }
}

/// `M0156`: an exception, or a night's rest to be broken, is claimed without naming the rule that grants it.
pub(super) fn exception_without_citation(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let claims = subject.ast.scene != Scene::Ordinary || subject.ast.emergencies.is_some();
    if claims && subject.ast.cites.is_none() {
        sink.error("M0156", subject.ast.span, |m| m);
    }
}
