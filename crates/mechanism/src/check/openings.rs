//! Openings: in a later stage, once for each matter, and by themselves; what opens by itself must be able to open.

use std::collections::BTreeSet;

use bihuan_domain::mechanism::{Field, SourceKind, StageKind};
use bihuan_domain::value::Type;

use super::{Kin, Subject, org, steps, unknown};
use crate::read::{Sink, Sp};
use crate::syntax::mechanism::ChildrenAst;
use crate::syntax::opening::{EachAst, OwnerAst, SetAst, UnitsAst};

/// `M0168`: a later stage in which no case can be opened.
pub(super) fn opened_in_an_ended_stage(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for named in subject.ast.open.iter().flat_map(|open| &open.stages) {
        let Some(stage) = subject.stage(named.as_str()) else {
            continue;
        };
        // Verification begins with somebody's word that it is done.
        let kind = stage.kind.value;
        if !kind.is_open() || kind == StageKind::Verify {
            sink.error("M0168", named.span, |m| m.with("stage", named.as_str()));
        }
    }
}

/// `M0177`: cases told apart by something that nobody can compare.
pub(super) fn unique_by_sealed_text(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for named in subject.ast.open.iter().flat_map(|open| &open.unique) {
        let field = subject.field(named.as_str());
        if field.is_some_and(|field| matches!(field.ty, Type::Text | Type::File)) {
            sink.error("M0177", named.span, |m| m.with("field", named.as_str()));
        }
    }
}

/// `M0169`: something opens cases by itself, but no case may come from it.
pub(super) fn source_not_allowed(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let report = |span, what: &str, source: &str, sink: &mut Sink<'_>| {
        sink.error("M0169", span, |m| m.with("what", what).with("source", source));
    };
    if let Some(open) = &subject.ast.open {
        let from = |kind: SourceKind| open.from.iter().any(|source| source.value == kind);
        if let Some(schedule) = open.schedule.as_ref().filter(|_| !from(SourceKind::Schedule)) {
            report(schedule.span, "[open.schedule]", "schedule", sink);
        }
        let told = from(SourceKind::Warning) || from(SourceKind::Finding);
        if let Some(on) = open.on.as_ref().filter(|_| !told) {
            report(on.span, "[open.on]", "warning", sink);
        }
    }
    let Some(children) = &subject.ast.children else {
        return;
    };
    if let (Some(each), Some(kin)) = (&children.each, spawned(subject, children))
        && !kin.from.contains(&SourceKind::Parent)
    {
        report(each.span, "[children] each", "parent", sink);
    }
}

/// The mechanism of the children.
fn spawned<'a>(subject: &Subject<'a>, children: &ChildrenAst) -> Option<&'a Kin> {
    subject.mechanisms.get(children.mechanism.as_ref()?.as_str())
}

/// `M0113`, `M0115`, `M0116` for what openings name; `M0178`: a schedule for units that may own no such case.
pub(super) fn unknown_units(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let around = subject.around;
    let open = subject.ast.open.iter();
    for on in open.clone().filter_map(|open| open.on.as_ref()) {
        on.register
            .iter()
            .for_each(|register| steps::register_known(subject, register, sink));
    }
    let owners = subject
        .ast
        .open
        .iter()
        .filter_map(|open| open.on.as_ref()?.owner.as_ref());
    let owners = owners.chain(
        subject
            .ast
            .children
            .iter()
            .filter_map(|children| children.owner.as_ref()),
    );
    for owner in owners {
        if let OwnerAst::Function(name) = &owner.value {
            org::function_known(&Sp::new(owner.span, name.clone()), around, sink);
        }
    }
    for open in open {
        let Some(units) = open
            .schedule
            .as_ref()
            .and_then(|schedule| schedule.units.as_ref())
        else {
            continue;
        };
        let kinds: Vec<&str> = match &units.value {
            UnitsAst::Function(name) => {
                org::function_known(&Sp::new(units.span, name.clone()), around, sink);
                let function = around.functions.get(name);
                function.iter().flat_map(|f| &f.kinds).map(Sp::as_str).collect()
            }
            UnitsAst::Kind(kind) => {
                org::kind_known(&Sp::new(units.span, kind.clone()), around, sink);
                vec![kind.as_str()]
            }
        };
        let may_own = |kind: &&str| open.owners.is_empty() || open.owners.iter().any(|k| k.value == **kind);
        // Each unit of such a kind would be due; one that may not own a case would be refused every time.
        if let Some(kind) = kinds.iter().find(|kind| !may_own(kind)) {
            sink.error("M0178", units.span, |m| m.with("unit", *kind));
        }
    }
}

/// `M0110`, `M0171`, `M0172`, `M0176`: a row must be able to give what the case needs.
pub(super) fn rows_that_do_not_fit(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    if let Some(open) = &subject.ast.open {
        let title = subject.ast.title.as_ref().map(Sp::as_str);
        if open.schedule.is_some() {
            let span = open.schedule.as_ref().map_or(open.span, |schedule| schedule.span);
            let nothing = Given {
                register: None,
                sets: &[],
            };
            nothing.must_fill(subject, &subject.fields, title, span, sink);
        }
        if let Some(on) = &open.on
            && let Some(register) = &on.register
        {
            let given = Given {
                register: Some(register.as_str()),
                sets: &on.sets,
            };
            given.owner(subject, on.owner.as_ref(), sink);
            given.types(subject, &subject.fields, declared(subject), sink);
            given.must_fill(subject, &subject.fields, title, on.span, sink);
        }
    }
    let Some(children) = &subject.ast.children else {
        return;
    };
    let (Some(each), Some(kin)) = (&children.each, spawned(subject, children)) else {
        return;
    };
    let title = kin.title.as_deref();
    match &each.value {
        EachAst::Register(register) => {
            steps::register_known(subject, &Sp::new(each.span, register.clone()), sink);
            let given = Given {
                register: Some(register),
                sets: &children.sets,
            };
            given.owner(subject, children.owner.as_ref(), sink);
            let known = kin.fields.iter().map(|field| field.id.as_str().to_owned());
            given.types(subject, &kin.fields, known.collect(), sink);
            given.must_fill(subject, &kin.fields, title, each.span, sink);
        }
        EachAst::Field(name) => {
            units_of_field(subject, &Sp::new(each.span, name.clone()), sink);
            let nothing = Given {
                register: None,
                sets: &[],
            };
            nothing.must_fill(subject, &kin.fields, title, each.span, sink);
        }
    }
}

fn declared(subject: &Subject<'_>) -> BTreeSet<String> {
    let fields = subject.ast.fields.iter();
    fields.map(|field| field.id.value.clone()).collect()
}

/// `M0170`: one child for each unit of a field that holds no units.
fn units_of_field(subject: &Subject<'_>, name: &Sp<String>, sink: &mut Sink<'_>) {
    match subject.field(name.as_str()).map(|field| &field.ty) {
        Some(Type::List(item)) if **item == Type::Unit => {}
        Some(_) => sink.error("M0170", name.span, |m| m.with("field", name.as_str())),
        None if subject.declares(name.as_str()) => {}
        None => {
            let known = subject.ast.fields.iter().map(|field| field.id.as_str());
            unknown(sink, "M0110", name, known);
        }
    }
}

/// What an opening gets from a row.
struct Given<'g> {
    register: Option<&'g str>,
    sets: &'g [SetAst],
}

impl Given<'_> {
    /// The type of a field of the row, `None` for a field that is not there, which is reported.
    fn of_row(&self, subject: &Subject<'_>, name: &Sp<String>, sink: &mut Sink<'_>) -> Option<Type> {
        // An unknown register is reported; what its rows have is not known then.
        let items = subject.row(self.register?)?;
        let found = items.get(name.as_str());
        if found.is_none() {
            unknown(sink, "M0110", name, items.keys().map(String::as_str));
        }
        found.cloned()
    }

    fn owner(&self, subject: &Subject<'_>, owner: Option<&Sp<OwnerAst>>, sink: &mut Sink<'_>) {
        let Some(owner) = owner else { return };
        let OwnerAst::Row(name) = &owner.value else { return };
        let named = Sp::new(owner.span, name.clone());
        if self
            .of_row(subject, &named, sink)
            .is_some_and(|ty| ty != Type::Unit)
        {
            sink.error("M0172", owner.span, |m| m.with("field", name.as_str()));
        }
    }

    fn types(
        &self,
        subject: &Subject<'_>,
        fields: &[Field],
        declared: BTreeSet<String>,
        sink: &mut Sink<'_>,
    ) {
        for set in self.sets {
            let given = match &set.from.value {
                None => self.register.map(|register| Type::Row(register.into())),
                Some(name) => self.of_row(subject, &Sp::new(set.from.span, name.clone()), sink),
            };
            let Some(field) = fields.iter().find(|field| field.id.as_str() == set.field.value) else {
                if !declared.contains(&set.field.value) {
                    unknown(sink, "M0110", &set.field, declared.iter().map(String::as_str));
                }
                continue;
            };
            let fits = match (&given, &field.ty) {
                (None, _) => true,
                (Some(Type::Choice(given)), Type::Choice(known)) => {
                    given.iter().all(|code| known.contains(code))
                }
                (Some(given), wanted) => given == wanted,
            };
            if !fits {
                sink.error("M0171", set.from.span, |m| m.with("field", set.field.as_str()));
            }
        }
    }

    /// `M0176`: a field without which the case cannot be opened, and which the row may leave empty.
    fn must_fill(
        &self,
        subject: &Subject<'_>,
        fields: &[Field],
        title: Option<&str>,
        span: bihuan_diagnostics::Span,
        sink: &mut Sink<'_>,
    ) {
        let spec = self
            .register
            .and_then(|register| subject.around.registers.get(register));
        let always = |name: &str| {
            spec.is_some_and(|spec| {
                spec.fields
                    .iter()
                    .any(|field| field.id.as_str() == name && field.required)
            })
        };
        for field in fields.iter().filter(|field| field.required) {
            if title == Some(field.id.as_str()) {
                continue; // The title comes with every opening.
            }
            let set = self.sets.iter().find(|set| set.field.value == field.id.as_str());
            let filled = set.is_some_and(|set| set.from.value.as_deref().is_none_or(always));
            if !filled {
                let span = set.map_or(span, |set| set.from.span);
                sink.error("M0176", span, |m| m.with("field", field.id.as_str()));
            }
        }
    }
}

/// `M0174`: mechanisms that open each other without end.
pub(super) fn spawning_in_a_circle(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some(children) = &subject.ast.children else {
        return;
    };
    let (Some(_), Some(mechanism)) = (&children.each, &children.mechanism) else {
        return;
    };
    let own = subject.ast.id.as_str();
    let mut seen = BTreeSet::new();
    let mut next = Some(mechanism.as_str());
    while let Some(id) = next.filter(|id| seen.insert(*id)) {
        if id == own {
            sink.error("M0174", mechanism.span, |m| m.with("mechanism", own));
            return;
        }
        next = subject.mechanisms.get(id).and_then(|kin| kin.spawns.as_deref());
    }
}
