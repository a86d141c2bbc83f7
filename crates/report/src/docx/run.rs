//! Runs and paragraphs: the only place where a text of the document becomes WordprocessingML.

use bihuan_messages::Lang;

use crate::official::Span;
use crate::text::{escape, safe_link};

/// What the whole document shares while its parts are written: the language and the links met so far.
pub(super) struct Ink<'a> {
    pub(super) lang: Lang,
    base: Option<&'a str>,
    /// Link targets in order of first use; the target at index `n` has the relationship id `link{n + 1}`.
    pub(super) links: Vec<String>,
}

impl<'a> Ink<'a> {
    pub(super) fn new(lang: Lang, base: Option<&'a str>) -> Self {
        Ink {
            lang,
            base,
            links: Vec::new(),
        }
    }

    /// The runs of `spans`, with run properties of their own (see [`Ink::run`]).
    pub(super) fn spans(&mut self, spans: &[Span], properties: &str) -> String {
        spans.iter().map(|span| self.span(span, properties)).collect()
    }

    /// One run of plain words in the look of its paragraph.
    pub(super) fn words(&self, text: &str) -> String {
        self.run(text, "")
    }

    /// One run with run properties of its own, in the order that the schema asks for after `w:rFonts`.
    pub(super) fn run(&self, text: &str, properties: &str) -> String {
        self.run_in("", text, properties)
    }

    /// One run in a typeface that its paragraph does not have; an empty name keeps the paragraph's.
    pub(super) fn run_in(&self, face: &str, text: &str, properties: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        // Without the hint Word takes “ ” … — for Latin and sets them half-width.
        let hint = match self.lang {
            Lang::Zh => " w:hint=\"eastAsia\"",
            Lang::En => "",
        };
        let face = if face.is_empty() {
            String::new()
        } else {
            format!(" w:eastAsia=\"{face}\"")
        };
        let fonts = format!("{hint}{face}");
        let fonts = if fonts.is_empty() {
            fonts
        } else {
            format!("<w:rFonts{fonts}/>")
        };
        let look = format!("{fonts}{properties}");
        let look = if look.is_empty() {
            look
        } else {
            format!("<w:rPr>{look}</w:rPr>")
        };
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut out = format!("<w:r>{look}");
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                out.push_str("<w:br/>");
            }
            for (at, piece) in line.split('\t').enumerate() {
                if at > 0 {
                    out.push_str("<w:tab/>");
                }
                if !piece.is_empty() {
                    out.push_str(&format!("<w:t xml:space=\"preserve\">{}</w:t>", escape(piece)));
                }
            }
        }
        out.push_str("</w:r>");
        out
    }

    fn span(&mut self, span: &Span, properties: &str) -> String {
        let bold = if span.bold { "<w:b/>" } else { "" };
        let run = self.run(&span.text, &format!("{bold}{properties}"));
        let Some(target) = span.link.as_deref().and_then(|link| safe_link(link, self.base)) else {
            return run;
        };
        if run.is_empty() {
            return run;
        }
        let at = match self.links.iter().position(|known| *known == target) {
            Some(at) => at,
            None => {
                self.links.push(target);
                self.links.len() - 1
            }
        };
        format!(
            "<w:hyperlink r:id=\"link{}\" w:history=\"1\">{run}</w:hyperlink>",
            at + 1
        )
    }
}

/// A paragraph of `style` with its runs.
pub(super) fn paragraph(style: &str, runs: &str) -> String {
    paragraph_with(style, "", runs)
}

/// A paragraph of `style` with paragraph properties of its own, in the order that the schema asks for after `w:pStyle`.
pub(super) fn paragraph_with(style: &str, properties: &str, runs: &str) -> String {
    format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/>{properties}</w:pPr>{runs}</w:p>\n")
}

/// An empty line of the text.
pub(super) fn blank() -> String {
    paragraph("Plain", "")
}
