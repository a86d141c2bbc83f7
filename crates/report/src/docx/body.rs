//! The text: numbered headings, paragraphs, tables and key figures.

use super::run::{Ink, paragraph, paragraph_with};
use super::table;
use crate::numbering::Headings;
use crate::official::{Block, Level};
use crate::text::width;

/// The blocks in order. `keep_end` holds a short last paragraph together with the signature that follows it, so that the
/// signature does not stand on a page alone; a long one would leave half of its page empty.
pub(super) fn write(blocks: &[Block], keep_end: bool, ink: &mut Ink) -> String {
    let mut headings = Headings::default();
    let mut out = String::new();
    for (at, block) in blocks.iter().enumerate() {
        match block {
            Block::Heading { level, text } => {
                let number = ink.words(&headings.next(*level, ink.lang));
                let words = ink.spans(text, "");
                out.push_str(&paragraph(style(*level), &format!("{number}{words}")));
            }
            Block::Paragraph(spans) => {
                let short = spans.iter().map(|span| width(&span.text)).sum::<usize>() <= 4 * 56;
                let last = keep_end && short && at + 1 == blocks.len();
                let keep = if last { "<w:keepNext/>" } else { "" };
                let words = ink.spans(spans, "");
                out.push_str(&paragraph_with("Text", keep, &words));
            }
            Block::Table(content) => out.push_str(&table::write(content, ink)),
            Block::Figures(figures) => out.push_str(&table::figures(figures, ink)),
        }
    }
    out
}

fn style(level: Level) -> &'static str {
    match level {
        Level::First => "Heading1",
        Level::Second => "Heading2",
        Level::Third => "Heading3",
        Level::Fourth => "Heading4",
    }
}
