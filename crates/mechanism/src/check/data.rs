//! Data: each field a datum, each datum asked once.

use std::collections::BTreeMap;

use bihuan_diagnostics::{Diagnostic, Span};
use bihuan_domain::value::Type;
use bihuan_messages::Message;

use super::Subject;
use crate::read::{Sink, Sp, described};
use crate::surroundings::Surroundings;
use crate::syntax::pack::PartsAst;
use crate::syntax::types::TypeName;

/// `M0138`: two fields of one file that are the same datum.
pub(super) fn datum_named_twice(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let mut seen: BTreeMap<&str, &Sp<String>> = BTreeMap::new();
    for datum in subject.ast.fields.iter().map(|field| &field.datum) {
        match seen.get(datum.as_str()) {
            Some(first) => {
                let file = sink.file();
                let finding = described("M0138", file, datum.span, |m| m.with("datum", datum.as_str()));
                sink.push(finding.relate(file, first.span, Message::new("check.first_here")));
            }
            None => {
                seen.insert(datum.as_str(), datum);
            }
        }
    }
}

/// `M0118` for the datum of a regular report; those of fields are found when the fields are made.
pub(super) fn unknown_datum_of_report(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some(datum) = subject
        .ast
        .progress
        .as_ref()
        .and_then(|progress| progress.datum.as_ref())
    else {
        return;
    };
    if !subject.around.data.contains_key(datum.as_str()) {
        super::unknown(
            sink,
            "M0118",
            datum,
            subject.around.data.keys().map(String::as_str),
        );
    }
}

/// `M0152`: the title is no text field.
pub(super) fn title_is_no_text(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some(title) = &subject.ast.title else { return };
    let field = subject
        .fields
        .iter()
        .find(|field| field.id.as_str() == title.as_str());
    if field.is_some_and(|field| field.ty != Type::Text) {
        sink.error("M0152", title.span, |m| m.with("field", title.as_str()));
    }
}

/// `M0150`: a number template without the number.
pub(super) fn numbering_without_number(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    if let Some((_, template)) = &subject.ast.numbering
        && (!template.value.contains("{n}") || !template.value.contains("{year}"))
    {
        sink.error("M0150", template.span, |m| m.with("found", template.as_str()));
    }
}

/// `M0154`: a printed rate whose base is not stated.
pub(super) fn rate_without_base(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for figure in &subject.ast.figures {
        if figure.unit == "%" && figure.value.is_some() && figure.base.is_none() {
            sink.error("M0154", figure.id.span, |m| m.with("figure", figure.id.as_str()));
        }
    }
    for indicator in &subject.ast.indicators {
        if indicator.unit == "%" && indicator.base.is_none() {
            sink.error("M0154", indicator.id.span, |m| {
                m.with("figure", indicator.id.as_str())
            });
        }
    }
}

/// `M0173`: a datum sealed to one body that is no text; `M0113`: sealed to a body that no unit is.
pub(super) fn sealed_to_nobody(parts: &PartsAst, around: &Surroundings, sink: &mut Sink<'_>) {
    for datum in &parts.data {
        let Some(sealed_to) = &datum.sealed_to else {
            continue;
        };
        super::org::function_known(sealed_to, around, sink);
        let text = matches!(
            datum.field.ty.as_ref().map(|ty| &ty.value),
            None | Some(TypeName::Plain("text"))
        );
        if !text {
            sink.error("M0173", sealed_to.span, |m| {
                m.with("datum", datum.field.id.as_str())
            });
        }
    }
}

/// `M0179`: a title or column that only one body can read.
pub(super) fn sealed_where_all_read(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for named in subject.ast.title.iter().chain(&subject.ast.columns) {
        let field = subject.field(named.as_str());
        if field.is_some_and(|field| field.sealed_to.is_some()) {
            sink.error("M0179", named.span, |m| m.with("field", named.as_str()));
        }
    }
}

/// `M0180`: a sensitive title. Titles stand in lists and are sought in; what is sensitive must be masked and found by
/// nobody.
pub(super) fn sensitive_title(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let Some(title) = &subject.ast.title else { return };
    if subject.field(title.as_str()).is_some_and(|field| field.sensitive) {
        sink.error("M0180", title.span, |m| m.with("field", title.as_str()));
    }
}

/// `M0190`: a register whose rows are called by what only one body can read.
pub(super) fn rows_sealed_by_name(parts: &PartsAst, around: &Surroundings, sink: &mut Sink<'_>) {
    for register in &parts.registers {
        let Some(title) = &register.title else { continue };
        let spec = around.registers.get(register.id.as_str());
        let mut fields = spec.into_iter().flat_map(|spec| &spec.fields);
        if fields.any(|field| field.id.as_str() == title.as_str() && field.sealed_to.is_some()) {
            sink.error("M0190", title.span, |m| {
                m.with("field", title.as_str())
                    .with("register", register.id.as_str())
            });
        }
    }
}

/// Who asks for a datum: a mechanism or a register, at a place of a file.
pub(crate) struct Asked<'a> {
    pub(crate) file: &'a str,
    pub(crate) span: Span,
    pub(crate) datum: &'a str,
    pub(crate) by: &'a str,
}

/// `M0140`: a datum of a lasting thing (not of the case alone) that two mechanisms or registers would ask for.
///
/// A field that must be typed into two ledgers is the second form of the same fact; it belongs in one register, to
/// which the others point.
pub(crate) fn asked_twice(asked: &[Asked<'_>], around: &Surroundings) -> Vec<Diagnostic> {
    let mut first: BTreeMap<&str, &Asked<'_>> = BTreeMap::new();
    let mut found = Vec::new();
    for one in asked {
        let lasting = around
            .data
            .get(one.datum)
            .and_then(|datum| datum.of.as_ref())
            .is_some_and(|of| of.value != "case");
        if !lasting {
            continue;
        }
        match first.get(one.datum) {
            Some(before) if before.by != one.by => {
                let finding = described("M0140", one.file, one.span, |m| {
                    m.with("datum", one.datum).with("by", before.by)
                });
                found.push(finding.relate(before.file, before.span, Message::new("check.first_here")));
            }
            Some(_) => {}
            None => {
                first.insert(one.datum, one);
            }
        }
    }
    found
}
