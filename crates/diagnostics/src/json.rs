//! Findings for programs: both languages, byte spans, and lines and columns beside them.

use bihuan_messages::{Lang, Message};
use serde_json::{Value, json};

use crate::place::Lines;
use crate::{Diagnostic, Files, Severity, Span};

/// All findings as one JSON value: `{"errors", "warnings", "findings": [...]}`.
///
/// Texts are `{"zh", "en"}`; a place has `start` and `end` in bytes, and `line` and `column` (characters) from 1.
pub fn render(findings: &[Diagnostic], files: &Files) -> Value {
    let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
    json!({
        "errors": errors,
        "warnings": findings.len().saturating_sub(errors),
        "findings": findings.iter().map(|finding| one(finding, files)).collect::<Vec<_>>(),
    })
}

fn one(finding: &Diagnostic, files: &Files) -> Value {
    let optional = |message: &Option<Message>| message.as_ref().map_or(Value::Null, text);
    json!({
        "code": finding.code,
        "severity": finding.severity,
        "place": place(&finding.file, finding.span, files),
        "message": text(&finding.message),
        "label": optional(&finding.label),
        "why": optional(&finding.why),
        "mend": optional(&finding.mend),
        "page": format!("docs/checks/{}.md", finding.code),
        "related": finding.related.iter().map(|related| json!({
            "place": place(&related.file, related.span, files),
            "message": text(&related.message),
        })).collect::<Vec<_>>(),
    })
}

fn text(message: &Message) -> Value {
    json!({ "zh": message.text(Lang::Zh), "en": message.text(Lang::En) })
}

fn place(file: &str, span: Span, files: &Files) -> Value {
    match files.get(file) {
        Some(content) => {
            let at = Lines::of(content).place(span.start);
            json!({ "file": file, "start": span.start, "end": span.end, "line": at.line, "column": at.column })
        }
        None => json!({ "file": file, "start": span.start, "end": span.end }),
    }
}
