//! A pack while it is being loaded: its files read, nothing resolved yet.

use std::collections::BTreeMap;

use bihuan_diagnostics::{Diagnostic, Span};
use bihuan_domain::calendar::Calendar;
use bihuan_domain::mechanism::RegisterSpec;

use crate::read::{Kind, Node, Sink, described, parse};
use crate::scenario::{OrgTree, Scenario};
use crate::surroundings::Surroundings;
use crate::syntax::mechanism::MechanismAst;
use crate::syntax::org::OrgUnitAst;
use crate::syntax::pack::{HeadAst, PartsAst};
use crate::syntax::scheme::SchemeAst;
use crate::syntax::{mechanism, pack, scheme};

/// A pack that is being loaded.
pub(crate) struct Draft<'a> {
    pub(crate) folder: &'a str,
    /// A pack that it requires is not there, or requires it in turn: all else that one could find would follow from that.
    pub(crate) incomplete: bool,
    pub(crate) head: Option<HeadAst>,
    pub(crate) head_file: &'a str,
    /// Files with lists, `pack.toml` first.
    pub(crate) parts: Vec<(&'a str, PartsAst)>,
    pub(crate) mechanisms: Vec<(&'a str, MechanismAst)>,
    pub(crate) schemes: Vec<(&'a str, SchemeAst)>,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) orgs: BTreeMap<String, OrgTree>,
    pub(crate) org_units: Vec<(&'a str, Vec<OrgUnitAst>)>,
    pub(crate) files: Vec<&'a str>,
    pub(crate) around: Surroundings,
    pub(crate) own_registers: Vec<RegisterSpec>,
    pub(crate) own_calendars: Vec<Calendar>,
}

/// Reads the files, each into the pack whose folder holds it.
pub(crate) fn drafts<'a>(files: &'a BTreeMap<String, String>, found: &mut Vec<Diagnostic>) -> Vec<Draft<'a>> {
    let mut drafts: Vec<Draft<'a>> = files
        .keys()
        .filter_map(|path| path.strip_suffix("pack.toml").map(|folder| (path, folder)))
        .filter(|(_, folder)| folder.is_empty() || folder.ends_with('/'))
        .map(|(path, folder)| Draft {
            folder,
            incomplete: false,
            head: None,
            head_file: path,
            parts: Vec::new(),
            mechanisms: Vec::new(),
            schemes: Vec::new(),
            scenarios: Vec::new(),
            orgs: BTreeMap::new(),
            org_units: Vec::new(),
            files: Vec::new(),
            around: Surroundings::default(),
            own_registers: Vec::new(),
            own_calendars: Vec::new(),
        })
        .collect();
    for (path, text) in files {
        // The innermost folder with a pack has the file.
        let home = drafts
            .iter_mut()
            .filter(|draft| path.starts_with(draft.folder))
            .max_by_key(|d| d.folder.len());
        let Some(draft) = home else {
            if path.ends_with(".toml") {
                found.push(described("M0023", path, Span::default(), |m| {
                    m.with("file", path.as_str())
                }));
            }
            continue;
        };
        draft.files.push(path);
        if path.ends_with(".toml") {
            let mut sink = Sink::new(path);
            read(draft, path, text, &mut sink);
            found.extend(sink.into_findings());
        }
    }
    drafts
}

fn read<'a>(draft: &mut Draft<'a>, path: &'a str, text: &str, sink: &mut Sink<'_>) {
    let node = parse(text, sink);
    if is_org(path) {
        let (tree, units) = crate::syntax::org::read(&node, sink);
        draft.orgs.insert(path.to_owned(), tree);
        draft.org_units.push((path, units));
        return;
    }
    if path.ends_with(".scenario.toml") {
        draft
            .scenarios
            .extend(crate::syntax::scenario::read(&node, path, text, sink));
    } else if has_key(&node, "mechanism") && path != draft.head_file {
        draft
            .mechanisms
            .extend(mechanism::read(&node, sink).map(|ast| (path, ast)));
    } else if has_key(&node, "scheme") && path != draft.head_file {
        draft
            .schemes
            .extend(scheme::read(&node, sink).map(|ast| (path, ast)));
    } else if path == draft.head_file {
        let (head, parts) = pack::read(&node, true, sink);
        draft.head = head;
        draft.parts.insert(0, (path, parts));
    } else if !(sink.has_errors() && matches!(&node.kind, Kind::Table(entries) if entries.is_empty())) {
        draft.parts.push((path, pack::read(&node, false, sink).1));
    }
}

/// Whether a file describes an org tree.
pub(crate) fn is_org(path: &str) -> bool {
    path.ends_with("-org.toml") || path.ends_with("/org.toml") || path == "org.toml"
}

fn has_key(node: &Node, key: &str) -> bool {
    matches!(&node.kind, Kind::Table(entries) if entries.iter().any(|(name, _, _)| name == key))
}
