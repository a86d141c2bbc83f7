//! From the keys of a step to the command of the kernel.

use bihuan_domain::command::{self, Command};
use bihuan_domain::event::Values;
use bihuan_domain::id::{Code, StepId, UnitId};
use bihuan_domain::mechanism::{Field, Mechanism, RequestKind, SourceKind};
use bihuan_domain::value::Attachment;

use super::When;
use super::run::Stopped;
use crate::check::unknown;
use crate::input::{attachment, from_node, seal, sealed};
use crate::read::{Kind, Node, Sink, Sp};

/// The command that a step asks for.
pub(super) fn command(step: &When, mechanism: &Mechanism, sink: &mut Sink<'_>) -> Result<Command, Stopped> {
    let note = text(step, "note").map(|note| seal(&note.value));
    let evidence = evidence(step);
    let verdict = |sink: &mut Sink<'_>| -> Result<command::Verdict, Stopped> {
        Ok(command::Verdict {
            pass: flag(step, "pass").unwrap_or(true),
            values: read_values(step, "values", &mechanism.fields, sink)?,
            note: note.clone(),
            evidence: evidence.clone(),
        })
    };
    Ok(match step.action.as_str() {
        "step" => {
            let Some(name) = text(step, "step") else {
                sink.error("M0004", step.span, |m| {
                    m.with("key", "step").with("table", "[[when]]")
                });
                return Err(Stopped::Unclear);
            };
            Command::Step(command::Step {
                step: StepId::new(name.as_str()),
                values: read_values(step, "values", &mechanism.fields, sink)?,
                row: read_row(step, mechanism, name.as_str(), sink)?,
                note,
                evidence,
            })
        }
        "note" => Command::Note(command::Note {
            values: read_values(step, "values", &mechanism.fields, sink)?,
            note,
            evidence,
        }),
        "amend" => Command::Amend {
            values: read_values(step, "values", &mechanism.fields, sink)?,
            title: text(step, "title").map(|title| seal(&title.value)),
            reason: Code::new("correction"),
        },
        "remind" => Command::Remind { note },
        "reassign" => Command::Reassign {
            owner: UnitId::new(text(step, "owner").map(|owner| owner.value).unwrap_or_default()),
            reason: note,
        },
        "request" => Command::Request(command::Request {
            kind: request_kind(step, sink)?,
            reason: text(step, "reason").map(|reason| Code::new(reason.as_str())),
            note,
            until: text(step, "until").and_then(|day| crate::syntax::limit::date(day.as_str())),
            unit: text(step, "unit").map(|unit| UnitId::new(unit.as_str())),
        }),
        "decide" => Command::Decide {
            request: number(step, "request").unwrap_or(1),
            grant: flag(step, "grant").unwrap_or(true),
            note,
            unit: text(step, "unit").map(|unit| UnitId::new(unit.as_str())),
        },
        "resume" => Command::Resume,
        "verify" => Command::Verify(verdict(sink)?),
        "look_back" => Command::LookBack(verdict(sink)?),
        "answer" => Command::Answer {
            clock: Code::new(text(step, "clock").map_or("stage".to_owned(), |clock| clock.value)),
            note,
        },
        _ => {
            unknown(sink, "M0307", &step.action, ACTIONS.iter().copied());
            return Err(Stopped::Unclear);
        }
    })
}

const ACTIONS: &[&str] = &[
    "open",
    "step",
    "note",
    "request",
    "decide",
    "verify",
    "look_back",
    "answer",
    "reassign",
    "amend",
    "remind",
    "resume",
    "wait",
    "row",
    "compute",
];

pub(super) fn source(name: &str) -> SourceKind {
    match name {
        "document" => SourceKind::Document,
        "instruction" => SourceKind::Instruction,
        "meeting" => SourceKind::Meeting,
        "superior" => SourceKind::Superior,
        "import" => SourceKind::Import,
        "schedule" => SourceKind::Schedule,
        "finding" => SourceKind::Finding,
        "warning" => SourceKind::Warning,
        "parent" => SourceKind::Parent,
        _ => SourceKind::Person,
    }
}

fn request_kind(step: &When, sink: &mut Sink<'_>) -> Result<RequestKind, Stopped> {
    let kinds = [
        RequestKind::Return,
        RequestKind::Extension,
        RequestKind::Suspension,
        RequestKind::HandUp,
        RequestKind::Void,
    ];
    let found = text(step, "kind").unwrap_or_else(|| Sp::new(step.span, String::new()));
    match kinds.into_iter().find(|kind| kind.name() == found.value) {
        Some(kind) => Ok(kind),
        None => {
            unknown(sink, "M0307", &found, kinds.iter().map(|kind| kind.name()));
            Err(Stopped::Unclear)
        }
    }
}

/// The row that comes with a step, by the form of the register into which it writes.
fn read_row(step: &When, mechanism: &Mechanism, taken: &str, sink: &mut Sink<'_>) -> Result<Values, Stopped> {
    let mut steps = mechanism.stages.iter().flat_map(|stage| &stage.steps);
    // Steps of several stages may share a name; those that add a row say so in each.
    let adds = steps
        .by_ref()
        .filter(|one| one.id.as_str() == taken)
        .find_map(|one| one.adds.as_ref());
    let spec = adds.and_then(|register| mechanism.registers.get(register));
    read_values(step, "row", spec.map_or(&[], |spec| spec.fields.as_slice()), sink)
}

/// The values under a key of a step by the types of their fields.
pub(super) fn read_values(
    step: &When,
    key: &str,
    fields: &[Field],
    sink: &mut Sink<'_>,
) -> Result<Values, Stopped> {
    let mut values = Values::new();
    let Some(Node {
        kind: Kind::Table(entries),
        ..
    }) = step.keys.get(key)
    else {
        return Ok(values);
    };
    let mut unclear = false;
    for (name, span, node) in entries {
        let Some(field) = fields.iter().find(|field| field.id.as_str() == name) else {
            let found = Sp::new(*span, name.clone());
            unknown(
                sink,
                "M0110",
                &found,
                fields.iter().map(|field| field.id.as_str()),
            );
            unclear = true;
            continue;
        };
        match from_node(node, &field.ty) {
            Ok(input) => {
                values.insert(field.id.clone(), sealed(input));
            }
            Err(what) => {
                sink.error("M0308", node.span, |m| {
                    m.with("field", name.as_str()).with("what", &what)
                });
                unclear = true;
            }
        }
    }
    if unclear {
        Err(Stopped::Unclear)
    } else {
        Ok(values)
    }
}

fn evidence(step: &When) -> Vec<Attachment> {
    (0..number(step, "evidence").unwrap_or(0).min(20))
        .map(|n| attachment(&format!("evidence-{n}")))
        .collect()
}

pub(super) fn text(step: &When, key: &str) -> Option<Sp<String>> {
    let node = step.keys.get(key)?;
    match &node.kind {
        Kind::Text(text) | Kind::Time(text) => Some(Sp::new(node.span, text.clone())),
        _ => None,
    }
}

pub(super) fn texts(step: &When, key: &str) -> Vec<String> {
    match step.keys.get(key).map(|node| &node.kind) {
        Some(Kind::List(items)) => items
            .iter()
            .filter_map(|item| match &item.kind {
                Kind::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        Some(Kind::Text(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

fn flag(step: &When, key: &str) -> Option<bool> {
    match step.keys.get(key)?.kind {
        Kind::Bool(value) => Some(value),
        _ => None,
    }
}

pub(super) fn number(step: &When, key: &str) -> Option<u32> {
    match &step.keys.get(key)?.kind {
        Kind::Int(digits) => digits.parse().ok(),
        _ => None,
    }
}
