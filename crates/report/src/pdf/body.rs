//! The text: numbered headings, paragraphs, tables and key figures.

use bihuan_messages::Lang;

use super::flow::{Flow, Look, height, mils};
use super::frame::first_of;
use super::glyphs::Mils;
use super::{Use, table};
use crate::form::{CHAR, LINE, WIDTH};
use crate::numbering::Headings;
use crate::official::{Block, Level};

/// The blocks in order. A short last paragraph is kept on one page with the `kept` that follows.
pub(super) fn write(blocks: &[Block], kept: Mils, flow: &mut Flow<'_, '_>, lang: Lang) {
    let mut headings = Headings::default();
    let look = Look {
        indent: mils(CHAR) * 2,
        ..Look::text()
    };
    for (at, block) in blocks.iter().enumerate() {
        match block {
            Block::Heading { level, text } => {
                let look = look.in_face(face(*level));
                let lines = flow.broken_spans(&headings.next(*level, lang), text, look, mils(WIDTH));
                let own = Mils::try_from(lines.len()).unwrap_or(Mils::MAX);
                let own = look.pitch.saturating_mul(own);
                // A heading does not stand alone at the foot of a page, nor two of them.
                let mut needed = own.saturating_add(first_of(blocks.get(at.saturating_add(1))));
                if let Some(Block::Heading { .. }) = blocks.get(at.saturating_add(1)) {
                    needed = needed.saturating_add(first_of(blocks.get(at.saturating_add(2))));
                }
                flow.room(needed);
                flow.set(&lines, look);
            }
            Block::Paragraph(spans) => {
                let lines = flow.broken_spans("", spans, look, mils(WIDTH));
                if kept > 0 && lines.len() <= 4 && at.saturating_add(1) == blocks.len() {
                    let own = Mils::try_from(lines.len()).unwrap_or(4) * mils(LINE);
                    flow.room(own.saturating_add(kept).min(height()));
                }
                flow.set(&lines, look);
            }
            Block::Table(content) => table::write(content, flow, lang),
            Block::Figures(figures) => table::figures(figures, flow),
        }
    }
}

fn face(level: Level) -> Use {
    match level {
        Level::First => Use::Heading,
        Level::Second => Use::Second,
        Level::Third | Level::Fourth => Use::Text,
    }
}
