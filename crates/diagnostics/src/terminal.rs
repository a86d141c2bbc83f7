//! Findings as a good compiler shows them: message, place, the line with carets, why and how to mend.

use bihuan_messages::{Lang, t, tf};

use crate::place::{Lines, visible, width};
use crate::{Diagnostic, Files, Severity, Span};

/// Lines longer than this are cut around the carets.
const COLUMNS_MAX: usize = 160;

/// Renders findings in `lang`; with `colour`, in ANSI colours.
pub fn render(findings: &[Diagnostic], files: &Files, lang: Lang, colour: bool) -> String {
    let mut out = String::new();
    for (n, finding) in findings.iter().enumerate() {
        if n > 0 {
            out.push('\n');
        }
        one(&mut out, finding, files, lang, Paint { on: colour });
    }
    out
}

/// The last line of a run: how many errors and warnings there are.
pub fn summary(findings: &[Diagnostic], lang: Lang) -> String {
    let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
    let warnings = findings.len().saturating_sub(errors);
    match (errors, warnings) {
        (0, 0) => t(lang, "check.summary_sound").to_owned(),
        _ => tf(
            lang,
            "check.summary",
            &[("errors", &errors), ("warnings", &warnings)],
        ),
    }
}

fn one(out: &mut String, finding: &Diagnostic, files: &Files, lang: Lang, paint: Paint) {
    let (word, hue) = match finding.severity {
        Severity::Error => (t(lang, "check.word_error"), "31;1"),
        Severity::Warning => (t(lang, "check.word_warning"), "33;1"),
    };
    let head = paint.in_hue(hue, &format!("{word}[{}]", finding.code));
    let colon = if lang == Lang::Zh { "：" } else { ": " };
    let message = paint.in_hue("1", &visible(&finding.message.text(lang)));
    out.push_str(&format!("{head}{colon}{message}\n"));
    let label = finding.label.as_ref().map(|l| l.text(lang)).unwrap_or_default();
    excerpt(out, &finding.file, finding.span, &label, files, &paint, hue);
    for related in &finding.related {
        let label = related.message.text(lang);
        excerpt(out, &related.file, related.span, &label, files, &paint, "36");
    }
    for (key, text) in [
        ("check.word_why", &finding.why),
        ("check.word_mend", &finding.mend),
    ] {
        if let Some(text) = text {
            out.push_str(&format!(
                "   = {}{colon}{}\n",
                t(lang, key),
                visible(&text.text(lang))
            ));
        }
    }
}

fn excerpt(out: &mut String, file: &str, span: Span, label: &str, files: &Files, paint: &Paint, hue: &str) {
    let Some(text) = files.get(file) else {
        out.push_str(&format!("  --> {}\n", visible(file)));
        return;
    };
    let lines = Lines::of(text);
    let place = lines.place(span.start);
    let (number, before, under) = lines.first_line_of(span);
    let gutter = number.to_string();
    let blank = " ".repeat(gutter.len());
    out.push_str(&format!(
        "{blank} --> {}:{}:{}\n",
        visible(file),
        place.line,
        place.column
    ));
    let (before, under) = (visible(before), visible(under));
    let line = visible(lines.line(number));
    let (line, before, under) = cut(line, before, under);
    let carets = "^".repeat(width(&under).max(1));
    let label = if label.is_empty() {
        String::new()
    } else {
        format!(" {}", visible(label))
    };
    out.push_str(&format!("{gutter} | {line}\n"));
    let carets = paint.in_hue(hue, &format!("{carets}{label}"));
    out.push_str(&format!("{blank} | {}{carets}\n", " ".repeat(width(&before))));
}

/// Cuts an overlong line so that what the carets mark stays in sight.
fn cut(line: String, before: String, under: String) -> (String, String, String) {
    if width(&line) <= COLUMNS_MAX {
        return (line, before, under);
    }
    let lead: Vec<char> = before.chars().collect();
    let kept = lead.len().saturating_sub(40);
    let short: String = lead.iter().skip(kept).collect();
    let short = if kept > 0 { format!("… {short}") } else { short };
    let under: String = under.chars().take(COLUMNS_MAX / 2).collect();
    let rest: String = line.chars().skip(lead.len()).take(COLUMNS_MAX / 2).collect();
    (format!("{short}{rest} …"), short, under)
}

#[derive(Clone, Copy)]
struct Paint {
    on: bool,
}

impl Paint {
    fn in_hue(&self, hue: &str, text: &str) -> String {
        if self.on {
            format!("\u{1b}[{hue}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
