//! What a mechanism borrows from packs: registers by their form, and the words on which its meaning rests.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::expr::Expr;
use bihuan_domain::id::{LadderId, RegisterId};
use bihuan_domain::mechanism::{Each, Field, Mechanism, RegisterSpec, Resolve};
use bihuan_domain::value::Type;

use crate::check::Subject;
use crate::expr::each_part;
use crate::read::Sp;
use crate::syntax::opening::EachAst;

/// The registers into which steps write, over which children are opened, whose rows open cases, or to whose rows a
/// field points.
pub(super) fn registers(subject: &Subject<'_>) -> BTreeMap<RegisterId, RegisterSpec> {
    let mut used = worked_with(subject);
    used.extend(subject.fields.iter().filter_map(pointed_at));
    used.into_iter()
        .filter_map(|id| {
            let spec = subject.around.registers.get(id)?;
            Some((spec.id.clone(), spec.clone()))
        })
        .collect()
}

/// The registers by whose form the file itself works.
fn worked_with<'s>(subject: &'s Subject<'_>) -> BTreeSet<&'s str> {
    let ast = subject.ast;
    let steps = ast.stages.iter().flat_map(|stage| &stage.steps);
    let mut used: BTreeSet<&str> = steps
        .filter_map(|step| step.adds.as_ref())
        .map(Sp::as_str)
        .collect();
    let on = ast.open.iter().filter_map(|open| open.on.as_ref());
    used.extend(on.filter_map(|on| on.register.as_ref()).map(Sp::as_str));
    let each = ast.children.iter().filter_map(|children| children.each.as_ref());
    used.extend(each.filter_map(|each| match &each.value {
        EachAst::Register(register) => Some(register.as_str()),
        EachAst::Field(_) => None,
    }));
    used
}

fn pointed_at(field: &Field) -> Option<&str> {
    match &field.ty {
        Type::Row(register) => Some(register.as_str()),
        Type::List(item) => match &**item {
            Type::Row(register) => Some(register.as_str()),
            _ => None,
        },
        _ => None,
    }
}

/// What the meaning of a mechanism rests on: its own bytes, and the words of every shared role, ladder, side move and
/// register form it uses.
pub(super) fn words<'a>(subject: &Subject<'a>, mechanism: &Mechanism) -> Vec<&'a str> {
    let own_role = |id: &str| subject.ast.roles.iter().any(|role| role.id.value == id);
    let own_ladder = |id: &str| subject.ast.ladders.iter().any(|ladder| ladder.id.value == id);
    let mut parts = vec![subject.raw];
    for (id, role) in &subject.around.roles {
        if mechanism.roles.contains_key(id.as_str()) && !own_role(id) {
            parts.push(&role.words);
        }
    }
    let mut joined: BTreeSet<&str> = mechanism.ladders.keys().map(LadderId::as_str).collect();
    for id in mechanism.ladders.keys() {
        let mut next = subject
            .ladders
            .get(id.as_str())
            .and_then(|ladder| ladder.then.as_ref());
        while let Some(then) = next.filter(|then| joined.insert(then.as_str())) {
            next = subject
                .ladders
                .get(then.as_str())
                .and_then(|ladder| ladder.then.as_ref());
        }
    }
    for (id, ladder) in &subject.around.ladders {
        if joined.contains(id.as_str()) && !own_ladder(id) {
            parts.push(&ladder.words);
        }
    }
    let named: BTreeSet<&str> = subject
        .ast
        .requests_named
        .iter()
        .map(|(_, name)| name.as_str())
        .collect();
    for (id, request) in &subject.around.requests {
        if named.contains(id.as_str()) {
            parts.push(&request.words);
        }
    }
    for common in mechanism.indicators.iter().filter_map(|i| i.common.as_ref()) {
        let shared = subject.around.indicators.get(common.as_str());
        parts.extend(shared.map(|shared| shared.words.as_str()));
    }
    let mut forms: BTreeSet<&str> = worked_with(subject);
    forms.extend(read_through(mechanism));
    for (id, words) in &subject.around.register_words {
        if forms.contains(id.as_str()) {
            parts.push(words);
        }
    }
    parts
}

/// Registers whose fields are read through a field of the case. One to whose rows a field merely points may grow
/// without making a new definition.
fn read_through(mechanism: &Mechanism) -> BTreeSet<&str> {
    let mut fields = BTreeSet::new();
    for role in mechanism.roles.values() {
        if let Resolve::RowField(field, _) = &role.resolve {
            fields.insert(field);
        }
    }
    let guards = mechanism.stages.iter().flat_map(|stage| &stage.steps);
    let guards = guards.filter_map(|step| step.when.as_ref());
    let figures = mechanism
        .figures
        .iter()
        .flat_map(|f| f.value.iter().chain(&f.base));
    let indicators = mechanism.indicators.iter();
    let indicators = indicators.flat_map(|i| std::iter::once(&i.value).chain(&i.base));
    let filters = mechanism
        .children
        .iter()
        .filter_map(|children| match &children.each {
            Some(Each::Register { filter, .. }) => filter.as_ref(),
            _ => None,
        });
    let all = guards
        .chain(filters)
        .chain(figures)
        .chain(indicators)
        .chain(std::iter::once(&mechanism.closing.when));
    for expr in all {
        each_part(expr, &mut |part, _| {
            if let Expr::Through(field, _) | Expr::ThroughHas(field, _) = part {
                fields.insert(field);
            }
        });
    }
    let of = |field: &Field| fields.contains(&field.id);
    mechanism
        .fields
        .iter()
        .filter(|field| of(field))
        .filter_map(pointed_at)
        .collect()
}
