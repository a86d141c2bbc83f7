//! What can be seen only over all packs: the same code given twice, the same datum asked for twice, the same report owed twice.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_diagnostics::{Diagnostic, Span};
use bihuan_domain::value::Type;
use bihuan_messages::Message;

use crate::check::{self, Asked};
use crate::draft::Draft;
use crate::read::{Sink, Sp, described};
use crate::surroundings::Surroundings;
use crate::syntax::mechanism::MechanismAst;
use crate::syntax::parts::FieldAst;

/// What can be seen only over all packs: mechanisms and calendars under one code, data asked for twice.
pub(super) fn across(drafts: &[Draft<'_>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mechanisms = drafts.iter().flat_map(|draft| &draft.mechanisms);
    found.extend(doubled(mechanisms.map(|(file, ast)| (*file, &ast.id))));
    let parts = || drafts.iter().flat_map(|draft| &draft.parts);
    let calendars = parts().flat_map(|(file, parts)| parts.calendars.iter().map(move |it| (*file, &it.id)));
    found.extend(doubled(calendars));
    let mut around = Surroundings::default();
    drafts.iter().for_each(|draft| around.absorb(&draft.around));
    let mut asked = Vec::new();
    // Registers first: the lasting thing's own register is where its data belong.
    for (file, parts) in parts() {
        for register in &parts.registers {
            for field in &register.fields {
                asked.extend(asked_for(file, register.id.as_str(), field, &around));
            }
        }
    }
    for (file, ast) in drafts.iter().flat_map(|draft| &draft.mechanisms) {
        for field in &ast.fields {
            asked.extend(asked_for(file, ast.id.as_str(), field, &around));
        }
    }
    found.extend(check::asked_twice(&asked, &around));
    found.extend(reported_twice(drafts));
    found
}

/// `M0009`: codes that were given before.
fn doubled<'a>(codes: impl Iterator<Item = (&'a str, &'a Sp<String>)>) -> Vec<Diagnostic> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    codes
        .filter(|(_, code)| !seen.insert(code.as_str()))
        .map(|(file, code)| described("M0009", file, code.span, |m| m.with("found", code.as_str())))
        .collect()
}

/// `M0203`: the same regular report owed under two mechanisms.
fn reported_twice(drafts: &[Draft<'_>]) -> Vec<Diagnostic> {
    let mut first: BTreeMap<&str, (&str, &MechanismAst, Span)> = BTreeMap::new();
    let mut found = Vec::new();
    for draft in drafts {
        for (file, ast) in &draft.mechanisms {
            for datum in reports(ast, &draft.around) {
                match first.get(datum.as_str()) {
                    Some((other, before, span)) => {
                        let finding = described("M0203", file, datum.span, |m| {
                            m.with("datum", datum.as_str()).with("by", before.id.as_str())
                        });
                        found.push(finding.relate(other, *span, Message::new("check.first_here")));
                    }
                    None => {
                        first.insert(datum.as_str(), (file, ast, datum.span));
                    }
                }
            }
        }
    }
    found
}

/// What a mechanism has reported regularly: the datum of its regular report, and the figures of cases that a schedule
/// opens for villages and grids. Words about the matter of one case are no figure.
fn reports<'a>(ast: &'a MechanismAst, around: &Surroundings) -> Vec<&'a Sp<String>> {
    let progress = ast.progress.as_ref().and_then(|progress| progress.datum.as_ref());
    let mut found: Vec<&Sp<String>> = progress.into_iter().collect();
    let schedule = ast.open.as_ref().and_then(|open| open.schedule.as_ref());
    if schedule.is_some_and(|schedule| !check::kinds_of_schedule(schedule, around).is_empty()) {
        let steps = || ast.stages.iter().flat_map(|stage| &stage.steps);
        let asked = |id: &str| steps().flat_map(|step| &step.needs).any(|need| need.value == id);
        let mut silent = Sink::new("");
        for field in ast
            .fields
            .iter()
            .filter(|field| field.required || asked(field.id.as_str()))
        {
            let model = around.field(field, &mut silent);
            let figure =
                model.is_some_and(|model| matches!(model.ty, Type::Int | Type::Decimal | Type::Money));
            if figure && progress.is_none_or(|datum| datum.value != field.datum.value) {
                found.push(&field.datum);
            }
        }
    }
    found
}

fn asked_for<'a>(
    file: &'a str,
    by: &'a str,
    field: &'a FieldAst,
    around: &Surroundings,
) -> Option<Asked<'a>> {
    let datum = &field.datum;
    // A pointer to a row is how one avoids asking twice.
    let mut silent = Sink::new("");
    let model = around.field(field, &mut silent)?;
    let points = match &model.ty {
        Type::List(item) => matches!(**item, Type::Row(_)),
        ty => matches!(ty, Type::Row(_)),
    };
    (!points).then_some(Asked {
        file,
        span: datum.span,
        datum: datum.as_str(),
        by,
    })
}
