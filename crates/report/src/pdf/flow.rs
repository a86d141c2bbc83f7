//! Pages as they fill: marks at places, measured from the upper left corner of the page.

use super::Use;
use super::glyphs::{Faces, Glyph, Mils};
use super::lines::{Line, Measure, lines};
use crate::form::{BOTTOM, LEFT, LINE, PAGE, TOP, WIDTH};
use crate::official::Span;
use crate::text::safe_link;

/// Twips as thousandths of a point.
pub(super) fn mils(twips: u32) -> Mils {
    Mils::try_from(twips.saturating_mul(50)).unwrap_or(Mils::MAX)
}

/// Half-points as thousandths of a point.
pub(super) fn size(half_points: u32) -> Mils {
    mils(half_points.saturating_mul(10))
}

/// What is drawn.
#[derive(Clone, Debug)]
pub(super) enum Mark {
    /// Glyphs of one typeface from `x` on, their baseline at `y`.
    Text {
        x: Mils,
        y: Mils,
        size: Mils,
        spacing: Mils,
        face: usize,
        glyphs: Vec<u16>,
        ink: Ink,
    },
    /// A filled bar.
    Rule {
        x: Mils,
        y: Mils,
        width: Mils,
        height: Mils,
        ink: Ink,
    },
    /// A place that opens an address.
    Link {
        x: Mils,
        y: Mils,
        width: Mils,
        height: Mils,
        link: usize,
    },
}

/// The colour of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Black,
    Red,
    Grey,
}

/// How a line stands between its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Both edges, but for the last line.
    Both,
    Left,
    Center,
    Right,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) uses: Use,
    pub(super) measure: Measure,
    /// From line to line.
    pub(super) pitch: Mils,
    /// The first line is set in by so much.
    pub(super) indent: Mils,
    /// The other lines are.
    pub(super) hanging: Mils,
    pub(super) stand: Stand,
    pub(super) ink: Ink,
}

impl Look {
    /// The text of the form: 16 pt, 28 of them in a line, 22 lines on a page.
    pub(super) fn text() -> Look {
        let size = size(crate::form::SIZE_3);
        let spacing = (mils(WIDTH) - 28 * size).div_euclid(28);
        Look {
            uses: Use::Text,
            measure: Measure { size, spacing },
            pitch: mils(LINE),
            indent: 0,
            hanging: 0,
            stand: Stand::Both,
            ink: Ink::Black,
        }
    }

    /// Another size on another pitch, its letters not drawn together.
    pub(super) fn sized(half_points: u32, pitch_twips: u32) -> Look {
        Look {
            measure: Measure {
                size: size(half_points),
                spacing: 0,
            },
            pitch: mils(pitch_twips),
            ..Look::text()
        }
    }

    /// In the typeface of another use.
    pub(super) fn in_face(self, uses: Use) -> Look {
        Look { uses, ..self }
    }

    /// Standing otherwise.
    pub(super) fn standing(self, stand: Stand) -> Look {
        Look { stand, ..self }
    }
}

/// The pages so far.
pub(super) struct Flow<'a, 'f> {
    pub(super) faces: &'a mut Faces<'f>,
    pub(super) pages: Vec<Vec<Mark>>,
    /// How much of the text block of the last page is used.
    pub(super) used: Mils,
    link_base: Option<&'a str>,
}

/// The height of the text block.
pub(super) fn height() -> Mils {
    mils(PAGE.1 - TOP - BOTTOM)
}

impl<'a, 'f> Flow<'a, 'f> {
    pub(super) fn new(faces: &'a mut Faces<'f>, link_base: Option<&'a str>) -> Self {
        Flow {
            faces,
            pages: vec![Vec::new()],
            used: 0,
            link_base,
        }
    }

    /// Begins a new page unless so much is left on this one; what is higher than a page begins where it stands.
    pub(super) fn room(&mut self, needed: Mils) {
        if self.used > 0 && needed <= height() && self.used.saturating_add(needed) > height() {
            self.turn();
        }
    }

    /// Begins a new page.
    pub(super) fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.used = 0;
    }

    /// Leaves so much empty; nothing is left empty at the head of a page.
    pub(super) fn skip(&mut self, by: Mils) {
        if self.used.saturating_add(by) > height() {
            self.turn();
        } else {
            self.used = self.used.saturating_add(by);
        }
    }

    /// Draws on the last page.
    pub(super) fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// The lines of a text in so much width.
    pub(super) fn broken(&mut self, text: &str, look: Look, width: Mils) -> Vec<Line> {
        let glyphs = self.faces.glyphs(text, look.uses, None);
        lines(&glyphs, look.measure, width - look.indent, width - look.hanging)
    }

    /// The lines of spans; bold ones stand in the typeface of headings.
    pub(super) fn broken_spans(&mut self, lead: &str, spans: &[Span], look: Look, width: Mils) -> Vec<Line> {
        let glyphs = self.spans(lead, spans, look);
        lines(&glyphs, look.measure, width - look.indent, width - look.hanging)
    }

    fn spans(&mut self, lead: &str, spans: &[Span], look: Look) -> Vec<Glyph> {
        let mut glyphs = self.faces.glyphs(lead, look.uses, None);
        for span in spans {
            let uses = if span.bold { Use::Heading } else { look.uses };
            let link = span
                .link
                .as_deref()
                .and_then(|link| safe_link(link, self.link_base));
            let link = link.map(|link| {
                self.faces.links.push(link);
                self.faces.links.len().saturating_sub(1)
            });
            glyphs.extend(self.faces.glyphs(&span.text, uses, link));
        }
        glyphs
    }

    /// Sets lines one below the other over the whole text block, page after page.
    pub(super) fn set(&mut self, lines: &[Line], look: Look) {
        for (at, line) in lines.iter().enumerate() {
            self.room(look.pitch);
            let top = mils(TOP).saturating_add(self.used);
            self.line(line, at == 0, look, mils(LEFT), top, mils(WIDTH));
            self.used = self.used.saturating_add(look.pitch);
        }
    }

    /// One line in a box: from `x` on, `width` wide, its upper edge at `top`.
    pub(super) fn line(&mut self, line: &Line, first: bool, look: Look, x: Mils, top: Mils, width: Mils) {
        let indent = if first { look.indent } else { look.hanging };
        let (x, width) = (x.saturating_add(indent), width.saturating_sub(indent));
        let mut measure = look.measure;
        let free = width.saturating_sub(measure.length(&line.glyphs));
        // What stands after the last letter does not count.
        let gaps = Mils::try_from(line.glyphs.len().saturating_sub(1)).unwrap_or(Mils::MAX);
        let latin = line.glyphs.iter().filter(|glyph| glyph.ch.is_ascii()).count() * 2 > line.glyphs.len();
        let from = match look.stand {
            Stand::Both if line.goes_on && !latin && gaps > 0 && free < 4 * measure.size => {
                measure.spacing = measure.spacing.saturating_add(free / gaps);
                x
            }
            Stand::Both | Stand::Left => x,
            Stand::Center => x.saturating_add((free + measure.spacing) / 2),
            Stand::Right => x.saturating_add(free + measure.spacing),
        };
        // The square of a Chinese character reaches from 0.88 above the baseline to 0.12 below it.
        let baseline = top
            .saturating_add((look.pitch - measure.size) / 2)
            .saturating_add(measure.size / 100 * 88);
        self.draw(&line.glyphs, measure, from, baseline, look.ink);
    }

    /// Draws glyphs from left to right, a mark for each change of typeface or link.
    fn draw(&mut self, glyphs: &[Glyph], measure: Measure, from: Mils, baseline: Mils, ink: Ink) {
        let mut x = from;
        for run in glyphs.chunk_by(|a, b| a.face == b.face && a.link == b.link) {
            let Some(first) = run.first() else { continue };
            let width = measure.length(run);
            self.mark(Mark::Text {
                x,
                y: baseline,
                size: measure.size,
                spacing: measure.spacing,
                face: first.face,
                glyphs: run.iter().map(|glyph| glyph.id).collect(),
                ink,
            });
            if let Some(link) = first.link {
                self.mark(Mark::Link {
                    x,
                    y: baseline - measure.size,
                    width,
                    height: measure.size / 100 * 125,
                    link,
                });
            }
            x = x.saturating_add(width);
        }
    }
}
