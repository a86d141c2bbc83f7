//! Findings as a piece of HTML for the pages: one article each, nothing that a page must load.

use bihuan_messages::{Lang, Message, t};

use crate::place::Lines;
use crate::{Diagnostic, Files, Severity, Span};

/// Renders findings in `lang` as a list of `<article class="finding error|warning">`.
///
/// All text is escaped. The marked stretch of the source line stands in `<mark>`.
pub fn render(findings: &[Diagnostic], files: &Files, lang: Lang) -> String {
    let mut out = String::from("<div class=\"findings\">\n");
    for finding in findings {
        one(&mut out, finding, files, lang);
    }
    out.push_str("</div>\n");
    out
}

fn one(out: &mut String, finding: &Diagnostic, files: &Files, lang: Lang) {
    let (class, word) = match finding.severity {
        Severity::Error => ("error", t(lang, "check.word_error")),
        Severity::Warning => ("warning", t(lang, "check.word_warning")),
    };
    out.push_str(&format!(
        "<article class=\"finding {class}\" lang=\"{}\">\n",
        lang.tag()
    ));
    out.push_str(&format!(
        "<h3><span class=\"severity\">{word}</span> <code>{}</code> {}</h3>\n",
        escape(&finding.code),
        escape(&finding.message.text(lang))
    ));
    let label = finding.label.as_ref();
    excerpt(out, &finding.file, finding.span, label, files, lang);
    for related in &finding.related {
        excerpt(
            out,
            &related.file,
            related.span,
            Some(&related.message),
            files,
            lang,
        );
    }
    for (class, key, text) in [
        ("why", "check.word_why", &finding.why),
        ("mend", "check.word_mend", &finding.mend),
    ] {
        if let Some(text) = text {
            out.push_str(&format!(
                "<p class=\"{class}\"><b>{}</b> {}</p>\n",
                t(lang, key),
                escape(&text.text(lang))
            ));
        }
    }
    out.push_str("</article>\n");
}

fn excerpt(out: &mut String, file: &str, span: Span, label: Option<&Message>, files: &Files, lang: Lang) {
    let Some(text) = files.get(file) else {
        out.push_str(&format!("<p class=\"place\">{}</p>\n", escape(file)));
        return;
    };
    let lines = Lines::of(text);
    let place = lines.place(span.start);
    let (number, before, under) = lines.first_line_of(span);
    let line = lines.line(number);
    let after = line.get(before.len().saturating_add(under.len())..).unwrap_or("");
    out.push_str(&format!(
        "<p class=\"place\">{}:{}:{}</p>\n<pre><code>{}<mark>{}</mark>{}</code></pre>\n",
        escape(file),
        place.line,
        place.column,
        escape(before),
        escape(under),
        escape(after)
    ));
    if let Some(label) = label {
        out.push_str(&format!("<p class=\"label\">{}</p>\n", escape(&label.text(lang))));
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Characters that turn the direction of text would let a file disguise its own line.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_file_cannot_become_markup() {
        let files = Files::from([("<b>.toml".to_owned(), "x = \"<script>\"".to_owned())]);
        let finding = Diagnostic::error("M0001", "<b>.toml", Span::new(4, 14), Message::new("x.<i>"));
        let html = render(&[finding], &files, Lang::En);
        assert!(!html.contains("<script>") && !html.contains("<b>.toml") && !html.contains("<i>"));
        assert!(html.contains("<mark>&quot;&lt;script&gt;&quot;</mark>"), "{html}");
    }
}
