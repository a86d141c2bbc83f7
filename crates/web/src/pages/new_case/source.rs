//! Where a case came from, as a person states it: the kind of source, and its words where no field of the mechanism takes them.

use bihuan_domain::mechanism::{Mechanism, SourceKind};
use bihuan_messages::{Lang, t};
use maud::{Markup, html};

use crate::body::Sent;

/// The sources that a person may state; the others come from the engine itself.
const STATED: [SourceKind; 8] = [
    SourceKind::Person,
    SourceKind::Instruction,
    SourceKind::Meeting,
    SourceKind::Superior,
    SourceKind::Document,
    SourceKind::Finding,
    SourceKind::Warning,
    SourceKind::Parent,
];

/// What people bring on paper.
pub(super) const OF_PAPER: [SourceKind; 4] = [
    SourceKind::Instruction,
    SourceKind::Meeting,
    SourceKind::Superior,
    SourceKind::Document,
];

/// The data whose fields take the words of the paper themselves; beside one of them nothing asks for the words again.
const OF_WORDS: [&str; 2] = ["requirement", "original-wording"];

/// What may be stated, in the order of the file. That it is part of another case is said by opening it from there alone.
fn offered(mechanism: &Mechanism, sent: Option<&Sent>) -> Vec<SourceKind> {
    let is_part = sent.and_then(|sent| sent.filled("parent")).is_some();
    let from = mechanism.open.from.iter().copied();
    from.filter(|kind| STATED.contains(kind) && (is_part || *kind != SourceKind::Parent))
        .collect()
}

/// What is taken to be the source unless something else is stated: the whole of a part, the paper that the file names
/// first, else a person's word.
fn usual(mechanism: &Mechanism, offered: &[SourceKind]) -> SourceKind {
    if offered.contains(&SourceKind::Parent) {
        return SourceKind::Parent;
    }
    let first = mechanism.open.from.first();
    match first.filter(|kind| OF_PAPER.contains(kind)) {
        Some(kind) => *kind,
        None if offered.contains(&SourceKind::Person) => SourceKind::Person,
        None => offered.first().copied().unwrap_or(SourceKind::Person),
    }
}

/// What was stated, where the mechanism knows it; else the usual.
pub(super) fn stated(mechanism: &Mechanism, sent: &Sent) -> SourceKind {
    let offered = offered(mechanism, Some(sent));
    let code = sent.filled("source").unwrap_or_default();
    let stated = offered.iter().find(|kind| source_code(**kind) == code);
    stated.copied().unwrap_or_else(|| usual(mechanism, &offered))
}

/// The choice of the source, where there is one.
pub(super) fn field(lang: Lang, mechanism: &Mechanism, sent: Option<&Sent>) -> Markup {
    let offered = offered(mechanism, sent);
    let chosen = sent.map_or_else(|| usual(mechanism, &offered), |sent| stated(mechanism, sent));
    html! {
        @if offered.len() > 1 {
            fieldset .field {
                legend { (t(lang, "web.source")) }
                div .choices {
                    @for kind in &offered {
                        label .choice {
                            input type="radio" name="source" value=(source_code(*kind)) checked[*kind == chosen];
                            span { (t(lang, source_key(*kind))) }
                        }
                    }
                }
            }
        }
    }
}

/// The words of the paper, asked for where cases come from one and the mechanism has no field for them.
pub(super) fn words(lang: Lang, mechanism: &Mechanism, sent: Option<&Sent>) -> Markup {
    let from_paper = mechanism.open.from.iter().any(|kind| OF_PAPER.contains(kind));
    let fields = &mechanism.fields;
    let in_a_field = fields
        .iter()
        .any(|field| OF_WORDS.contains(&field.datum.as_str()));
    let asked = from_paper && !in_a_field;
    let was = sent.and_then(|sent| sent.filled("quote")).unwrap_or_default();
    html! {
        // What an older page sent is shown, so that nothing typed is lost.
        @if asked || !was.is_empty() {
            div .field {
                label for="quote" { (t(lang, "web.quote")) " " span .optional { (t(lang, "web.optional")) } }
                p .help { (t(lang, "web.quote_help")) }
                textarea #quote name="quote" rows="2" { (was) }
            }
        }
    }
}

/// A source's name in forms.
pub(crate) fn source_code(kind: SourceKind) -> &'static str {
    source_key(kind).strip_prefix("web.source_").unwrap_or_default()
}

/// The key of a source's name.
pub(crate) fn source_key(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Person => "web.source_person",
        SourceKind::Document => "web.source_document",
        SourceKind::Instruction => "web.source_instruction",
        SourceKind::Meeting => "web.source_meeting",
        SourceKind::Superior => "web.source_superior",
        SourceKind::Import => "web.source_import",
        SourceKind::Schedule => "web.source_schedule",
        SourceKind::Finding => "web.source_finding",
        SourceKind::Warning => "web.source_warning",
        SourceKind::Parent => "web.source_parent",
    }
}
