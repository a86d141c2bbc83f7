//! Scheme files, once the mechanisms that they look at are compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bihuan_domain::assessment::RESULT_FIELDS;
use bihuan_messages::Label;

use crate::check::{self, Kin};
use crate::compile::scheme::Reach;
use crate::draft::Draft;
use crate::pack::Loaded;
use crate::read::{Sink, Sp};
use crate::syntax::pack::RegisterAst;
use crate::text::{filled, label};

/// Checks and compiles scheme files, once the mechanisms that they look at are there.
pub(crate) fn compile(
    drafts: &[Draft<'_>],
    files: &BTreeMap<String, String>,
    kin: &BTreeMap<String, Kin>,
    loaded: &mut Loaded,
) {
    let compiled: BTreeMap<_, _> = loaded
        .packs
        .iter()
        .flat_map(|pack| &pack.mechanisms)
        .map(|mechanism| (mechanism.id.clone(), mechanism.clone()))
        .collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for draft in drafts.iter().filter(|draft| !draft.incomplete) {
        let Some(head) = &draft.head else { continue };
        let in_reach = within_reach(drafts, head.id.as_str());
        let kin: BTreeMap<String, Kin> = kin
            .iter()
            .filter(|(id, _)| in_reach.contains(id.as_str()))
            .map(|(id, kin)| (id.clone(), kin.clone()))
            .collect();
        for (file, ast) in &draft.schemes {
            let mut sink = Sink::new(file);
            let unread = loaded
                .diagnostics
                .iter()
                .any(|f| f.file == *file && f.severity == bihuan_diagnostics::Severity::Error);
            if !seen.insert(ast.id.as_str()) {
                sink.error("M0009", ast.id.span, |m| m.with("found", ast.id.as_str()));
            }
            check::scheme(ast, &draft.around, &mut sink);
            let reach = Reach {
                raw: files.get(*file).map_or("", String::as_str),
                around: &draft.around,
                kin: &kin,
                compiled: &compiled,
            };
            let scheme = crate::compile::scheme::scheme(ast, head.id.as_str(), &reach, &mut sink);
            loaded.diagnostics.extend(sink.into_findings());
            if let Some(pack) = loaded
                .packs
                .iter_mut()
                .find(|pack| pack.id.as_str() == head.id.value)
            {
                pack.schemes.extend(scheme.filter(|_| !unread).map(Arc::new));
            }
        }
    }
}

/// `M0413`: registers that a scheme computes, without what that takes.
pub(crate) fn computed_registers(drafts: &[Draft<'_>], loaded: &mut Loaded) {
    for draft in drafts.iter().filter(|draft| !draft.incomplete) {
        for (file, parts) in &draft.parts {
            let mut sink = Sink::new(file);
            for register in &parts.registers {
                let Some(scheme) = &register.computed else {
                    continue;
                };
                for what in computed_faults(draft, register, scheme) {
                    sink.error("M0413", scheme.span, |m| {
                        m.with("register", register.id.as_str()).with("what", &what)
                    });
                }
            }
            loaded.diagnostics.extend(sink.into_findings());
        }
    }
}

fn computed_faults(draft: &Draft<'_>, register: &RegisterAst, scheme: &Sp<String>) -> Vec<Label> {
    let mut faults = Vec::new();
    let id = register.id.as_str();
    if !draft.schemes.iter().any(|(_, ast)| ast.id.value == scheme.value) {
        faults.push(filled("check.computed_scheme", &[("found", &scheme.value)]));
    }
    if register.keeper.is_none() {
        faults.push(label("check.computed_keeper"));
    }
    let known = draft.around.registers.get(id);
    for (field, fits) in RESULT_FIELDS {
        let mut fields = known.iter().flat_map(|spec| &spec.fields);
        if !fields.any(|known| known.id.as_str() == field && fits(&known.ty)) {
            faults.push(filled("check.computed_field", &[("field", &field)]));
        }
    }
    let stages = draft.mechanisms.iter().flat_map(|(_, ast)| &ast.stages);
    for step in stages.flat_map(|stage| &stage.steps) {
        if step.adds.as_ref().is_some_and(|adds| adds.value == id) {
            faults.push(filled("check.computed_adds", &[("step", &step.id.value)]));
        }
    }
    faults
}

/// The mechanisms of a pack and of those that it requires, directly or by another.
fn within_reach<'a>(drafts: &'a [Draft<'_>], pack: &'a str) -> BTreeSet<&'a str> {
    let (mut packs, mut found) = (vec![pack], BTreeSet::new());
    let mut met = BTreeSet::new();
    while let Some(next) = packs.pop() {
        if !met.insert(next) {
            continue;
        }
        let own = drafts
            .iter()
            .filter(|draft| draft.head.as_ref().is_some_and(|head| head.id.value == next));
        for draft in own {
            found.extend(draft.mechanisms.iter().map(|(_, ast)| ast.id.as_str()));
            let heads = draft.head.iter().flat_map(|head| &head.requires);
            packs.extend(heads.map(Sp::as_str));
        }
    }
    found
}
