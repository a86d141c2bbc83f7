//! Scheme files, once the mechanisms that they look at are compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::{self, Kin};
use crate::compile::scheme::Reach;
use crate::draft::Draft;
use crate::pack::Loaded;
use crate::read::{Sink, Sp};

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
