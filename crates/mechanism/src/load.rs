//! From files to packs: read all, resolve what packs declare, check every mechanism, compile what is sound.

mod across;

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_diagnostics::{Diagnostic, Span};
use bihuan_domain::calendar::Calendars;
use bihuan_domain::id::{Code, DatumId, FieldId, PackId, RegisterId};
use bihuan_domain::mechanism::RegisterSpec;
use bihuan_domain::org::Unit;
use bihuan_messages::Label;

use self::across::across;
use crate::check::{self, Kin, Subject};
use crate::digest::digest_of_parts;
use crate::draft::{Draft, drafts};
use crate::expr::{Items, case_items};
use crate::limits::FILES_MAX;
use crate::pack::{Datum, Function, Loaded, Pack, UnitKind};
use crate::read::{Sink, Sp, described};
use crate::rows;
use crate::surroundings::Surroundings;
use crate::syntax::mechanism::MechanismAst;
use crate::syntax::pack::PartsAst;

/// Loads files by path. Each folder with a `pack.toml` is a pack; a pack may require others among the files.
///
/// Never fails: what is wrong is in [`Loaded::diagnostics`], and what is sound is loaded beside it.
pub fn load(files: &BTreeMap<String, String>) -> Loaded {
    load_on(files, &Calendars::statutory())
}

/// As [`load`], where these calendars are in force: packs may name them without declaring them.
pub fn load_on(files: &BTreeMap<String, String>, calendars: &Calendars) -> Loaded {
    let mut loaded = Loaded::default();
    if files.len() > FILES_MAX {
        let finding = described("M0002", "", Span::default(), |m| {
            m.show("found", files.len())
                .show("max", FILES_MAX)
                .with("what", crate::text::label("check.limit_files"))
        });
        loaded.diagnostics.push(finding);
        return loaded;
    }
    let mut drafts = drafts(files, &mut loaded.diagnostics);
    resolve(&mut drafts, files, calendars, &mut loaded.diagnostics);
    for draft in &mut drafts {
        for (file, ast) in &mut draft.mechanisms {
            let mut sink = Sink::new(file);
            crate::implied::complete(ast, &draft.around, &mut sink);
            loaded
                .diagnostics
                .extend(sink.into_findings().into_iter().filter(|_| !draft.incomplete));
        }
    }
    let mechanisms = kin(&drafts);
    // A pack's org file adds units to the common tree, so a parent may stand in another file.
    let units: Vec<Unit> = drafts
        .iter()
        .flat_map(|draft| draft.orgs.values())
        .flat_map(|tree| tree.units.iter().cloned())
        .collect();
    for draft in &drafts {
        let pack = finish(draft, files, &mechanisms, &units, &mut loaded.diagnostics);
        loaded.packs.extend(pack);
    }
    crate::schemes::compile(&drafts, files, &mechanisms, &mut loaded);
    crate::schemes::computed_registers(&drafts, &mut loaded);
    loaded.diagnostics.extend(across(&drafts));
    bihuan_diagnostics::sort(&mut loaded.diagnostics);
    loaded.packs.sort_by(|a, b| a.id.cmp(&b.id));
    loaded
}

/// Loads several packs together, each given by the folder that findings name and its files by their path inside it.
pub fn load_all<'a>(packs: impl IntoIterator<Item = (&'a str, &'a BTreeMap<String, String>)>) -> Loaded {
    load_all_on(packs, &Calendars::statutory())
}

/// As [`load_all`], where these calendars are in force.
pub fn load_all_on<'a>(
    packs: impl IntoIterator<Item = (&'a str, &'a BTreeMap<String, String>)>,
    calendars: &Calendars,
) -> Loaded {
    let mut files = BTreeMap::new();
    for (folder, inside) in packs {
        let folder = folder.trim_end_matches('/');
        for (path, text) in inside {
            let path = if folder.is_empty() {
                path.clone()
            } else {
                format!("{folder}/{path}")
            };
            files.insert(path, text.clone());
        }
    }
    load_on(&files, calendars)
}

/// What mechanisms must know of each other.
fn kin(drafts: &[Draft<'_>]) -> BTreeMap<String, Kin> {
    let mut found = BTreeMap::new();
    for draft in drafts {
        for (_, ast) in &draft.mechanisms {
            let mut silent = Sink::new("");
            let fields: Vec<_> = ast
                .fields
                .iter()
                .filter_map(|field| draft.around.field(field, &mut silent))
                .collect();
            let items: Items = fields
                .iter()
                .map(|field| (field.id.as_str().to_owned(), field.ty.clone()))
                .collect();
            let spawned = ast.children.as_ref().filter(|children| children.each.is_some());
            let steps = ast.stages.iter().flat_map(|stage| &stage.steps);
            let kin = Kin {
                items: case_items(&items, ast.stages.iter().map(|stage| stage.id.as_str())),
                fields,
                title: ast.title.as_ref().map(|title| title.value.clone()),
                from: ast
                    .open
                    .iter()
                    .flat_map(|open| open.from.iter().map(|from| from.value))
                    .collect(),
                spawns: spawned
                    .and_then(|children| children.mechanism.as_ref())
                    .map(|mechanism| mechanism.value.clone()),
                adds: steps
                    .filter_map(|step| step.adds.as_ref())
                    .map(|register| register.value.clone())
                    .collect(),
            };
            found.insert(ast.id.value.clone(), kin);
        }
    }
    found
}

/// Puts packs into the order of what they require and lets each see what the required ones declare.
fn resolve(
    drafts: &mut Vec<Draft<'_>>,
    files: &BTreeMap<String, String>,
    calendars: &Calendars,
    found: &mut Vec<Diagnostic>,
) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for draft in drafts.iter() {
        let Some(head) = &draft.head else { continue };
        if seen.insert(head.id.value.clone(), draft.head_file).is_some() {
            found.push(described("M0009", draft.head_file, head.id.span, |m| {
                m.with("found", head.id.as_str())
            }));
        }
        for required in head.requires.iter() {
            let known = drafts
                .iter()
                .filter_map(|d| d.head.as_ref())
                .any(|h| h.id.value == required.value);
            if !known {
                found.push(described("M0020", draft.head_file, required.span, |m| {
                    m.with("found", required.as_str()).with("pack", head.id.as_str())
                }));
            }
        }
    }
    let mut done: BTreeMap<String, Surroundings> = BTreeMap::new();
    let mut waiting: Vec<Draft<'_>> = std::mem::take(drafts);
    while !waiting.is_empty() {
        let ready = |draft: &Draft<'_>, done: &BTreeMap<String, Surroundings>, waiting: &[Draft<'_>]| {
            draft.head.iter().flat_map(|head| &head.requires).all(|required| {
                done.contains_key(&required.value)
                    || !waiting
                        .iter()
                        .filter_map(|d| d.head.as_ref())
                        .any(|h| h.id.value == required.value)
            })
        };
        let position = waiting.iter().position(|draft| ready(draft, &done, &waiting));
        let mut draft = match position {
            Some(at) => waiting.remove(at),
            None => {
                // Packs that require each other: each is taken without the rest, once that is reported.
                let mut draft = waiting.remove(0);
                draft.incomplete = true;
                if let Some(head) = &draft.head {
                    let span = head.requires.first().map_or(head.id.span, |r| r.span);
                    found.push(described("M0024", draft.head_file, span, |m| {
                        m.with("pack", head.id.as_str())
                    }));
                }
                draft
            }
        };
        // A pack whose own ground is not there is not judged: all that one found would follow from that.
        let grounded = draft.head.as_ref().is_some_and(|head| {
            head.requires
                .iter()
                .all(|required| done.contains_key(&required.value))
        });
        draft.incomplete |= !grounded;
        let mut aside = Vec::new();
        let findings = if draft.incomplete { &mut aside } else { &mut *found };
        declare(&mut draft, files, calendars, &done, findings);
        if let Some(head) = draft.head.as_ref().filter(|_| !draft.incomplete) {
            done.insert(head.id.value.clone(), draft.around.clone());
        }
        drafts.push(draft);
    }
}

/// Gathers what a pack declares and checks it.
fn declare(
    draft: &mut Draft<'_>,
    files: &BTreeMap<String, String>,
    calendars: &Calendars,
    done: &BTreeMap<String, Surroundings>,
    found: &mut Vec<Diagnostic>,
) {
    let mut around = Surroundings {
        calendars: calendars.clone(),
        ..Surroundings::default()
    };
    for required in draft.head.iter().flat_map(|head| &head.requires) {
        if let Some(other) = done.get(&required.value) {
            around.absorb(other);
        }
    }
    for (file, parts) in &draft.parts {
        let mut sink = Sink::new(file);
        doubled_across(parts, &around, &mut sink);
        found.extend(sink.into_findings());
        around.add(parts, files.get(*file).map_or("", String::as_str));
        // Registers by name first, because rows may point at rows of another register.
        for register in &parts.registers {
            let id = register.id.value.clone();
            let spec = RegisterSpec {
                id: RegisterId::new(&id),
                label: register.label.clone(),
                fields: Vec::new(),
                title: FieldId::new(register.title.as_ref().map_or("", |title| title.as_str())),
                keeper: register.keeper.as_ref().map(|keeper| Code::new(keeper.as_str())),
                computed: register
                    .computed
                    .as_ref()
                    .map(|scheme| Code::new(scheme.as_str())),
            };
            around.registers.insert(id, spec);
        }
    }
    for (file, parts) in &draft.parts {
        let mut sink = Sink::new(file);
        draft
            .own_calendars
            .extend(check::calendars(parts, calendars, &mut around, &mut sink));
        found.extend(sink.into_findings());
    }
    for (file, parts) in &draft.parts {
        let mut sink = Sink::new(file);
        for register in &parts.registers {
            check::reserved(&register.id, &mut sink);
            check::doubled(register.fields.iter().map(|f| &f.id), &mut sink);
            let mut fields = Vec::new();
            for field in &register.fields {
                check::reserved(&field.id, &mut sink);
                fields.extend(around.field(field, &mut sink));
            }
            if let Some(title) = &register.title
                && !register.fields.iter().any(|field| field.id.value == title.value)
            {
                check::unknown(
                    &mut sink,
                    "M0110",
                    title,
                    register.fields.iter().map(|f| f.id.as_str()),
                );
            }
            let items: Items = fields
                .iter()
                .map(|f| (f.id.as_str().to_owned(), f.ty.clone()))
                .collect();
            around.items.insert(register.id.value.clone(), items);
            if let Some(spec) = around.registers.get_mut(register.id.as_str()) {
                spec.fields = fields;
                draft.own_registers.push(spec.clone());
            }
        }
        check::parts(parts, &around, &mut sink);
        found.extend(sink.into_findings());
    }
    draft.around = around;
}

/// `M0009` for declarations that a required pack has made already.
fn doubled_across(parts: &PartsAst, around: &Surroundings, sink: &mut Sink<'_>) {
    let mut one = |known: bool, id: &Sp<String>| {
        if known {
            sink.error("M0009", id.span, |m| m.with("found", id.as_str()));
        }
    };
    parts
        .unit_kinds
        .iter()
        .for_each(|k| one(around.unit_kinds.contains_key(k.id.as_str()), &k.id));
    parts
        .functions
        .iter()
        .for_each(|k| one(around.functions.contains_key(k.id.as_str()), &k.id));
    parts
        .post_kinds
        .iter()
        .for_each(|k| one(around.post_kinds.contains_key(k.id.as_str()), &k.id));
    parts
        .data
        .iter()
        .for_each(|k| one(around.data.contains_key(k.field.id.as_str()), &k.field.id));
    parts
        .reasons
        .iter()
        .for_each(|k| one(around.reasons.contains_key(k.id.as_str()), &k.id));
    parts
        .roles
        .iter()
        .for_each(|k| one(around.roles.contains_key(k.id.as_str()), &k.id));
    parts
        .ladders
        .iter()
        .for_each(|k| one(around.ladders.contains_key(k.id.as_str()), &k.id));
    parts
        .requests
        .iter()
        .for_each(|k| one(around.requests.contains_key(k.id.as_str()), &k.id));
    parts
        .registers
        .iter()
        .for_each(|k| one(around.registers.contains_key(k.id.as_str()), &k.id));
}

/// Checks and compiles the mechanisms of a pack and makes the pack.
fn finish(
    draft: &Draft<'_>,
    files: &BTreeMap<String, String>,
    mechanisms: &BTreeMap<String, Kin>,
    known_units: &[Unit],
    found: &mut Vec<Diagnostic>,
) -> Option<Pack> {
    let pack_id = draft.head.as_ref().map_or("", |head| head.id.as_str());
    let mut compiled = Vec::new();
    for (file, ast) in draft.mechanisms.iter().filter(|_| !draft.incomplete) {
        let raw = files.get(*file).map_or("", String::as_str);
        let mut sink = Sink::new(file);
        // What reading found is already in `found`; a file that was not read whole is not compiled.
        let read_whole = !found
            .iter()
            .any(|f| f.file == *file && f.severity == bihuan_diagnostics::Severity::Error);
        let fields: Vec<_> = ast
            .fields
            .iter()
            .filter_map(|field| draft.around.field(field, &mut sink))
            .collect();
        let subject = subject(ast, raw, &draft.around, mechanisms, fields);
        check::mechanism(&subject, &mut sink);
        let mechanism = crate::compile::mechanism(&subject, pack_id, &mut sink);
        found.extend(sink.into_findings());
        compiled.extend(mechanism.filter(|_| read_whole).map(Arc::new));
    }
    for (file, units) in draft.org_units.iter().filter(|_| !draft.incomplete) {
        let mut sink = Sink::new(file);
        check::org_units(units, known_units, &draft.around, &mut sink);
        found.extend(sink.into_findings());
    }
    let mut rows = Vec::new();
    for (file, parts) in draft.parts.iter().filter(|_| !draft.incomplete) {
        let mut sink = Sink::new(file);
        check::registers_of_proof(parts, &draft.around, mechanisms, &mut sink);
        check::bulletins(parts, &draft.around, mechanisms, &mut sink);
        found.extend(sink.into_findings());
        for register in &parts.registers {
            let Some(spec) = draft
                .own_registers
                .iter()
                .find(|spec| spec.id.as_str() == register.id.value)
            else {
                continue;
            };
            let Some(name) = &register.rows else { continue };
            let path = format!("{}{}", draft.folder, name.value);
            match files.get(&path) {
                Some(text) => rows.extend(rows::read(spec, &path, text, found)),
                None => found.push(described("M0025", file, name.span, |m| {
                    m.with("file", name.as_str())
                })),
            }
        }
    }
    let head = draft.head.as_ref()?;
    let inside: BTreeMap<String, String> = draft
        .files
        .iter()
        .filter_map(|path| {
            let text = files.get(*path)?;
            Some((
                path.strip_prefix(draft.folder).unwrap_or(path).to_owned(),
                text.clone(),
            ))
        })
        .collect();
    let all: Vec<&str> = inside
        .iter()
        .flat_map(|(path, text)| [path.as_str(), text.as_str()])
        .collect();
    let parts = || draft.parts.iter().map(|(_, parts)| parts);
    let codes = |list: &[Sp<String>]| list.iter().map(|code| Code::new(code.as_str())).collect();
    let choices = |list: &[(Sp<String>, Label)]| {
        list.iter()
            .map(|(code, label)| (Code::new(code.as_str()), label.clone()))
            .collect()
    };
    Some(Pack {
        id: PackId::new(head.id.as_str()),
        label: head.label.clone(),
        requires: head
            .requires
            .iter()
            .map(|pack| PackId::new(pack.as_str()))
            .collect(),
        digest: digest_of_parts(&all),
        registers: draft.own_registers.clone(),
        rows,
        mechanisms: compiled,
        schemes: Vec::new(),
        dictionary: parts()
            .flat_map(|p| &p.data)
            .filter_map(|d| datum(d, &draft.around))
            .collect(),
        unit_kinds: parts()
            .flat_map(|p| &p.unit_kinds)
            .map(|k| UnitKind {
                id: Code::new(k.id.as_str()),
                label: k.label.clone(),
                posts: codes(&k.posts),
                grass_roots: k.grass_roots,
            })
            .collect(),
        functions: parts()
            .flat_map(|p| &p.functions)
            .map(|f| Function {
                id: Code::new(f.id.as_str()),
                label: f.label.clone(),
                kinds: codes(&f.kinds),
            })
            .collect(),
        post_kinds: parts()
            .flat_map(|p| &p.post_kinds)
            .map(|k| (Code::new(k.id.as_str()), k.label.clone()))
            .collect(),
        reasons: parts()
            .flat_map(|p| &p.reasons)
            .map(|r| (Code::new(r.id.as_str()), choices(&r.list)))
            .collect(),
        bulletins: parts()
            .flat_map(|p| &p.bulletins)
            .filter_map(|b| check::template(b, &draft.around))
            .collect(),
        calendars: draft.own_calendars.clone(),
        scenarios: draft.scenarios.clone(),
        orgs: draft.orgs.clone(),
        files: inside,
    })
}

fn subject<'a>(
    ast: &'a MechanismAst,
    raw: &'a str,
    around: &'a Surroundings,
    mechanisms: &'a BTreeMap<String, Kin>,
    fields: Vec<bihuan_domain::mechanism::Field>,
) -> Subject<'a> {
    // What the file declares itself goes before what a pack shares.
    let shared = around.roles.iter().map(|(id, role)| (id.as_str(), &role.ast));
    let own = ast.roles.iter().map(|role| (role.id.as_str(), role));
    let roles = shared.chain(own).collect();
    let shared = around
        .ladders
        .iter()
        .map(|(id, ladder)| (id.as_str(), &ladder.ast));
    let own = ast.ladders.iter().map(|ladder| (ladder.id.as_str(), ladder));
    let ladders = shared.chain(own).collect();
    Subject {
        ast,
        raw,
        around,
        mechanisms,
        roles,
        ladders,
        fields,
    }
}

fn datum(ast: &crate::syntax::pack::DatumAst, around: &Surroundings) -> Option<Datum> {
    let mut silent = Sink::new("");
    let mut field = ast.field.clone();
    field.datum = field.id.clone();
    Some(Datum {
        id: DatumId::new(ast.field.id.as_str()),
        field: around.field(&field, &mut silent)?,
        owner: Code::new(ast.owner.as_ref()?.as_str()),
        of: Code::new(ast.of.as_ref()?.as_str()),
        valid: ast.valid.as_ref()?.value.clone(),
        proof: ast.proof.as_ref().map(|proof| proof.value),
    })
}
