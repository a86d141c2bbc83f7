//! Org kinds, functions and post kinds that a mechanism counts on.

use std::collections::BTreeSet;

use bihuan_domain::mechanism::Risk;
use bihuan_domain::org::Unit;
use bihuan_domain::value::Type;

use super::{Subject, unknown};
use crate::read::{Sink, Sp};
use crate::surroundings::Surroundings;
use crate::syntax::mechanism::WayAst;
use crate::syntax::org::OrgUnitAst;
use crate::syntax::pack::PartsAst;
use crate::syntax::parts::{Finder, RoleAst};

/// `M0113` function, `M0114` post kind, `M0115` unit kind that no pack declares.
pub(super) fn unknown_kinds(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for kind in subject.ast.open.iter().flat_map(|open| &open.owners) {
        kind_known(kind, subject.around, sink);
    }
    for role in &subject.ast.roles {
        role_kinds(role, subject.around, sink);
    }
    for (_, way) in subject.ast.closing.iter().flat_map(|closing| &closing.verify) {
        if let WayAst::Drawn { function, post } = &way.value {
            function_known(function, subject.around, sink);
            post_known(post, subject.around, sink);
        }
    }
}

/// The same for one role, also of a pack file.
pub(crate) fn role_kinds(role: &RoleAst, around: &Surroundings, sink: &mut Sink<'_>) {
    match &role.unit.value {
        Finder::Function(name) => function_known(&Sp::new(role.unit.span, name.clone()), around, sink),
        Finder::SuperiorOf(kind) => kind_known(&Sp::new(role.unit.span, kind.clone()), around, sink),
        _ => {}
    }
    post_known(&role.post, around, sink);
}

/// `M0115` for one kind of unit.
pub(super) fn kind_known(found: &Sp<String>, around: &Surroundings, sink: &mut Sink<'_>) {
    if !around.unit_kinds.contains_key(found.as_str()) {
        unknown(sink, "M0115", found, around.unit_kinds.keys().map(String::as_str));
    }
}

/// `M0113` for one function.
pub(super) fn function_known(found: &Sp<String>, around: &Surroundings, sink: &mut Sink<'_>) {
    if !around.functions.contains_key(found.as_str()) {
        unknown(sink, "M0113", found, around.functions.keys().map(String::as_str));
    }
}

fn post_known(found: &Sp<String>, around: &Surroundings, sink: &mut Sink<'_>) {
    if !around.post_kinds.contains_key(found.as_str()) {
        unknown(sink, "M0114", found, around.post_kinds.keys().map(String::as_str));
    }
}

/// Kinds that the org lists of a pack name themselves.
pub(crate) fn kinds_known(parts: &PartsAst, around: &Surroundings, sink: &mut Sink<'_>) {
    for post in parts.unit_kinds.iter().flat_map(|kind| &kind.posts) {
        post_known(post, around, sink);
    }
    for kind in parts.functions.iter().flat_map(|function| &function.kinds) {
        kind_known(kind, around, sink);
    }
}

/// `M0119`: a role for a post that its units do not have.
pub(super) fn role_that_nobody_can_fill(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let around = subject.around;
    let owners: Vec<&str> = subject
        .ast
        .open
        .iter()
        .flat_map(|open| &open.owners)
        .map(Sp::as_str)
        .collect();
    for role in &subject.ast.roles {
        match &role.unit.value {
            Finder::Owner => {
                // Every kind of unit that may own a case must have the post.
                for kind in &owners {
                    let lacks = around
                        .unit_kinds
                        .get(*kind)
                        .is_some_and(|kind| !kind.posts.iter().any(|post| post.value == role.post.value));
                    if lacks {
                        report(role, kind, sink);
                    }
                }
            }
            Finder::Function(name) => function_has_post(role, name, around, sink),
            Finder::Field(name) => field_of_units(subject, role, name, sink),
            Finder::SuperiorOf(kind) => kind_has_post(role, kind, around, sink),
            Finder::RowField(field, inner) => row_field(subject, role, field, inner, sink),
            Finder::Superior | Finder::ParentOwner | Finder::Requester => {}
        }
    }
    shared_roles(subject, &owners, sink);
    for (risk, way) in subject.ast.closing.iter().flat_map(|closing| &closing.verify) {
        let WayAst::Drawn { function, post } = &way.value else {
            continue;
        };
        if *risk <= Risk::Major && !served(function.as_str(), post.as_str(), around) {
            sink.error("M0119", way.span, |m| {
                m.with("role", "drawn")
                    .with("post", post.as_str())
                    .with("unit", function.as_str())
            });
        }
    }
}

/// `M0165`: a role that is found by a field which nobody has to fill in, so that its cases fall to the post of last
/// resort.
pub(super) fn role_by_an_empty_field(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let filled = |name: &str| {
        let required = subject
            .ast
            .fields
            .iter()
            .any(|field| field.id.value == name && field.required);
        let steps = subject.ast.stages.iter().flat_map(|stage| &stage.steps);
        required || steps.flat_map(|step| &step.needs).any(|need| need.value == name)
    };
    let mut seen = BTreeSet::new();
    for used in super::names::roles_named(subject) {
        let Some(role) = subject
            .roles
            .get(used.as_str())
            .filter(|_| seen.insert(used.as_str()))
        else {
            continue;
        };
        if let Finder::Field(name) | Finder::RowField(name, _) = &role.unit.value
            && subject.ast.fields.iter().any(|field| field.id.value == *name)
            && !filled(name)
        {
            sink.error("M0165", used.span, |m| {
                m.with("role", used.as_str()).with("field", name.as_str())
            });
        }
    }
}

/// The same for shared roles, at the first place where the file uses one: its owners must have the post, its fields
/// the field.
fn shared_roles(subject: &Subject<'_>, owners: &[&str], sink: &mut Sink<'_>) {
    let mut seen = BTreeSet::new();
    for used in super::names::roles_named(subject) {
        let own = subject.ast.roles.iter().any(|role| role.id.value == used.value);
        let Some(role) = subject
            .roles
            .get(used.as_str())
            .filter(|_| !own && seen.insert(used.as_str()))
        else {
            continue;
        };
        match &role.unit.value {
            Finder::Owner => {
                for kind in owners {
                    let lacks = subject
                        .around
                        .unit_kinds
                        .get(*kind)
                        .is_some_and(|kind| !kind.posts.iter().any(|post| post.value == role.post.value));
                    if lacks {
                        sink.error("M0119", used.span, |m| {
                            m.with("role", used.as_str())
                                .with("post", role.post.as_str())
                                .with("unit", *kind)
                        });
                    }
                }
            }
            Finder::Field(name) | Finder::RowField(name, _) if !subject.declares(name) => {
                let found = Sp::new(used.span, name.clone());
                unknown(
                    sink,
                    "M0110",
                    &found,
                    subject.ast.fields.iter().map(|field| field.id.as_str()),
                );
            }
            _ => {}
        }
    }
}

/// The same for a role of a pack file that names a function.
pub(crate) fn function_has_post(role: &RoleAst, function: &str, around: &Surroundings, sink: &mut Sink<'_>) {
    if !served(function, role.post.as_str(), around) {
        report(role, function, sink);
    }
}

/// The same for a role that names a kind of unit.
pub(crate) fn kind_has_post(role: &RoleAst, kind: &str, around: &Surroundings, sink: &mut Sink<'_>) {
    let lacks = around
        .unit_kinds
        .get(kind)
        .is_some_and(|kind| !kind.posts.iter().any(|post| post.value == role.post.value));
    if lacks {
        report(role, kind, sink);
    }
}

/// A role by a field of the row to which a field of the case points: the first points at a row, the second holds a
/// unit or post.
fn row_field(subject: &Subject<'_>, role: &RoleAst, name: &str, inner: &str, sink: &mut Sink<'_>) {
    let span = role.unit.span;
    let Some(field) = subject.field(name) else {
        if !subject.declares(name) {
            let known = subject.ast.fields.iter().map(|field| field.id.as_str());
            unknown(sink, "M0110", &Sp::new(span, name.to_owned()), known);
        }
        return;
    };
    let Type::Row(register) = &field.ty else {
        sink.error("M0153", span, |m| {
            m.with("field", name).with("role", role.id.as_str())
        });
        return;
    };
    let Some(items) = subject.row(register.as_str()) else {
        return;
    };
    match items.get(inner) {
        Some(Type::Unit | Type::Post) => {}
        Some(_) => {
            let path = format!("{name}.{inner}");
            sink.error("M0153", span, |m| {
                m.with("field", path.as_str()).with("role", role.id.as_str())
            });
        }
        None => unknown(
            sink,
            "M0110",
            &Sp::new(span, inner.to_owned()),
            items.keys().map(String::as_str),
        ),
    }
}

/// Whether some kind of unit that serves the function has the post; unknown names are reported elsewhere.
fn served(function: &str, post: &str, around: &Surroundings) -> bool {
    let Some(function) = around.functions.get(function) else {
        return true;
    };
    function.kinds.iter().any(|kind| {
        around
            .unit_kinds
            .get(kind.as_str())
            .is_some_and(|kind| kind.posts.iter().any(|p| p.value == post))
    })
}

fn field_of_units(subject: &Subject<'_>, role: &RoleAst, name: &str, sink: &mut Sink<'_>) {
    let Some(field) = subject.fields.iter().find(|field| field.id.as_str() == name) else {
        if !subject.ast.fields.iter().any(|field| field.id.value == name) {
            let found = Sp::new(role.unit.span, name.to_owned());
            unknown(
                sink,
                "M0110",
                &found,
                subject.ast.fields.iter().map(|field| field.id.as_str()),
            );
        }
        return;
    };
    if !matches!(field.ty, Type::Unit | Type::Post) {
        sink.error("M0153", role.unit.span, |m| {
            m.with("field", name).with("role", role.id.as_str())
        });
    }
}

fn report(role: &RoleAst, unit: &str, sink: &mut Sink<'_>) {
    sink.error("M0119", role.post.span, |m| {
        m.with("role", role.id.as_str())
            .with("post", role.post.as_str())
            .with("unit", unit)
    });
}

/// Kinds, functions, posts and superiors that the units of an org file name; a unit may serve a function only if its
/// kind may, and have only the posts of its kind.
pub(crate) fn org_units(units: &[OrgUnitAst], known: &[Unit], around: &Surroundings, sink: &mut Sink<'_>) {
    for unit in units {
        let Some(kind) = around.unit_kinds.get(unit.kind.as_str()) else {
            unknown(
                sink,
                "M0115",
                &unit.kind,
                around.unit_kinds.keys().map(String::as_str),
            );
            continue;
        };
        for post in &unit.posts {
            if !kind.posts.iter().any(|p| p.value == post.value) {
                unknown(sink, "M0114", post, kind.posts.iter().map(Sp::as_str));
            }
        }
        for function in &unit.functions {
            let serves = |id: &str| {
                around
                    .functions
                    .get(id)
                    .is_some_and(|f| f.kinds.iter().any(|k| k.value == unit.kind.value))
            };
            if !serves(function.as_str()) {
                unknown(
                    sink,
                    "M0113",
                    function,
                    around
                        .functions
                        .keys()
                        .map(String::as_str)
                        .filter(|id| serves(id)),
                );
            }
        }
        if let Some(parent) = &unit.parent
            && !known.iter().any(|unit| unit.id.as_str() == parent.value)
        {
            unknown(sink, "M0307", parent, known.iter().map(|unit| unit.id.as_str()));
        }
    }
}
