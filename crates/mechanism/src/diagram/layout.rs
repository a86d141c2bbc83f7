//! Where everything stands: one column of boxes, the ways forward at the right, the ways back at the left.
//!
//! One column, because a page is read on telephones and printed upright. A step to the next box is an arrow straight
//! down with its label beside it; every other way begins at a row of its box that names it, so that no label floats.

use super::lanes::{Port, Side, route};
use super::measure::{width_of, wrap};
use super::sheet::{Block, Look, Out, Path, Sheet};

/// Width of a box.
const BOX: i32 = 300;
const PAD: i32 = 10;
const LINE: i32 = 19;
const TITLE_LINE: i32 = 22;
/// Half-widths of the three sizes of type.
const UNIT: i32 = 7;
const TITLE_UNIT: i32 = 8;
const TAG_UNIT: i32 = 6;
/// Where the arrow to the next box stands, from the left of the box.
const ARROW: i32 = 18;
/// Room at the head of a box for lines that come in.
const HEAD_MIN: i32 = 50;
/// How far each rung stands further to the right, and all of them at most.
const RUNG: i32 = 14;
const RUNGS_AT_MOST: i32 = 84;
const MARGIN: i32 = 8;

/// The picture as shapes. Coordinates are whole numbers, y grows downwards.
#[derive(Clone, Debug, Default)]
pub struct Drawing {
    /// Width of the whole.
    pub width: i32,
    /// Height of the whole.
    pub height: i32,
    /// Boxes.
    pub shapes: Vec<Shape>,
    /// Texts.
    pub texts: Vec<Text>,
    /// Lines and arrows.
    pub lines: Vec<Line>,
}

/// A box.
#[derive(Clone, Debug)]
pub struct Shape {
    /// What it stands for, such as `stage:report`; empty for a part of another box.
    pub id: String,
    /// Left.
    pub x: i32,
    /// Top.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
    /// Radius of its corners.
    pub round: i32,
    /// Its outline.
    pub stroke: Stroke,
    /// Height of the shaded head; 0 for none.
    pub head: i32,
}

/// How a line is drawn; all can be told apart in black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Very thin: between rows.
    Hair,
    /// Plain.
    Plain,
    /// Thick.
    Thick,
    /// Two lines.
    Double,
    /// Dashed.
    Dashed,
    /// Dotted.
    Dotted,
}

/// A line of text.
#[derive(Clone, Debug)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// Left end of the text.
    pub x: i32,
    /// Base line.
    pub y: i32,
    /// Width as reckoned.
    pub width: i32,
    /// Size of the type.
    pub size: i32,
    /// Bold.
    pub bold: bool,
    /// The shape in which it stands, by its place in the list.
    pub inside: Option<usize>,
}

/// A line of one or more stretches.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its points.
    pub points: Vec<(i32, i32)>,
    /// How it is drawn.
    pub stroke: Stroke,
    /// Whether it ends in an arrow.
    pub arrow: bool,
}

/// Gives everything its place.
pub(crate) fn draw(sheet: &Sheet) -> Drawing {
    let mut pen = Pen::default();
    for (n, block) in sheet.blocks.iter().enumerate() {
        let next = sheet.blocks.get(n.saturating_add(1));
        match block.look {
            Look::Heading => pen.heading(block),
            Look::Note if block.id == "legend" => pen.legend(sheet),
            Look::Note => pen.note(block),
            _ => pen.boxed(sheet, n, block, next),
        }
    }
    let height = pen.y + MARGIN;
    let mut drawing = pen.drawing;
    let (left, right) = route(&mut drawing, &pen.ports, &pen.tops, BOX);
    drawing.width = left + BOX + right + MARGIN * 2;
    drawing.height = height;
    shift(&mut drawing, left + MARGIN);
    drawing
}

fn shift(drawing: &mut Drawing, by: i32) {
    drawing.shapes.iter_mut().for_each(|shape| shape.x += by);
    drawing.texts.iter_mut().for_each(|text| text.x += by);
    for line in &mut drawing.lines {
        line.points.iter_mut().for_each(|point| point.0 += by);
    }
}

/// Goes down the page; x = 0 is the left of the column until the lanes are known.
#[derive(Default)]
struct Pen {
    y: i32,
    drawing: Drawing,
    ports: Vec<Port>,
    /// Top of each box, by block.
    tops: Vec<(usize, i32)>,
}

impl Pen {
    fn write(&mut self, text: &str, x: i32, (size, unit, bold): (i32, i32, bool), inside: Option<usize>) {
        self.drawing.texts.push(Text {
            text: text.to_owned(),
            x,
            y: self.y + size + 1,
            width: pixels(text, unit),
            size,
            bold,
            inside,
        });
    }

    /// Lines of plain type below each other.
    fn lines(&mut self, text: &str, x: i32, width: i32, inside: Option<usize>) {
        for line in wrap(text, columns(width, UNIT)) {
            self.write(&line, x, (13, UNIT, false), inside);
            self.y += LINE;
        }
    }

    fn heading(&mut self, block: &Block) {
        self.y += if self.y == 0 { MARGIN } else { 14 };
        for line in wrap(&block.title, columns(BOX, TITLE_UNIT)) {
            self.write(&line, 0, (15, TITLE_UNIT, true), None);
            self.y += TITLE_LINE;
        }
        self.y += 2;
    }

    fn note(&mut self, block: &Block) {
        for line in &block.lines {
            self.lines(line, 0, BOX, None);
        }
        self.y += 10;
    }

    fn legend(&mut self, sheet: &Sheet) {
        let used = |path: Path| {
            sheet
                .blocks
                .iter()
                .flat_map(|block| &block.outs)
                .any(|out| out.path == path)
        };
        self.y += 8;
        for (path, key) in [
            (Path::Step, "about.legend_step"),
            (Path::Exit, "about.legend_exit"),
            (Path::Rework, "about.legend_rework"),
        ] {
            if used(path) {
                self.drawing.lines.push(Line {
                    points: vec![(0, self.y + 9), (36, self.y + 9)],
                    stroke: stroke(path),
                    arrow: true,
                });
                self.lines(bihuan_messages::t(sheet.lang, key), 44, BOX - 44, None);
            }
        }
    }

    fn boxed(&mut self, sheet: &Sheet, place: usize, block: &Block, next: Option<&Block>) {
        let indent = i32::try_from(block.indent)
            .unwrap_or(RUNGS_AT_MOST)
            .saturating_mul(RUNG);
        let x = indent.min(RUNGS_AT_MOST);
        let (top, width, shape) = (self.y, BOX - x, self.drawing.shapes.len());
        let (round, stroke) = frame(block.look);
        self.drawing.shapes.push(Shape {
            id: block.id.clone(),
            x,
            y: top,
            width,
            height: 0,
            round,
            stroke,
            head: 0,
        });
        self.tops.push((place, top));
        self.y += 5;
        self.title(block, x, width, shape);
        let head = self.y + 1 - top;
        self.y += 3;
        for line in &block.lines {
            self.lines(line, x + PAD, width - PAD * 2, Some(shape));
        }
        if block.look != Look::Rung {
            self.y = self.y.max(top + HEAD_MIN);
        }
        self.inset(block, x, width);
        let mut below: Vec<&Out> = Vec::new();
        for out in &block.outs {
            let leads = |next: &Block| out.path == Path::Step && out.to.as_ref() == Some(&next.id);
            if next.is_some_and(leads) {
                below.push(out);
            } else {
                self.row(sheet, place, out, x, width, shape);
            }
        }
        self.y += 5;
        if let Some(shape) = self.drawing.shapes.get_mut(shape) {
            shape.height = self.y - top;
            shape.head = if matches!(block.look, Look::Stage(_) | Look::Entry) {
                head
            } else {
                0
            };
        }
        self.gap(&below, next, x);
    }

    fn title(&mut self, block: &Block, x: i32, width: i32, shape: usize) {
        let tag = pixels(&block.tag, TAG_UNIT);
        let inner = width - PAD * 2;
        if !block.tag.is_empty() {
            self.y += 2;
            self.write(
                &block.tag,
                x + width - PAD - tag,
                (11, TAG_UNIT, false),
                Some(shape),
            );
            self.y -= 2;
        }
        for line in wrap(&block.title, columns(inner - tag - 10, TITLE_UNIT)) {
            self.write(&line, x + PAD, (15, TITLE_UNIT, true), Some(shape));
            self.y += TITLE_LINE;
        }
    }

    /// The part that says into what a waiting stage is broken down, with its two lines that lead into it.
    fn inset(&mut self, block: &Block, x: i32, width: i32) {
        if block.inset.is_empty() {
            return;
        }
        self.y += 16;
        let (top, shape) = (self.y, self.drawing.shapes.len());
        self.drawing.lines.push(Line {
            points: vec![(x + 30, top - 14), (x + 30, top)],
            stroke: Stroke::Double,
            arrow: true,
        });
        self.drawing.shapes.push(Shape {
            id: String::new(),
            x: x + PAD,
            y: top,
            width: width - PAD * 2,
            height: 0,
            round: 0,
            stroke: Stroke::Double,
            head: 0,
        });
        self.y += 5;
        for line in &block.inset {
            self.lines(line, x + PAD * 2, width - PAD * 4, Some(shape));
        }
        self.y += 4;
        if let Some(shape) = self.drawing.shapes.get_mut(shape) {
            shape.height = self.y - top;
        }
        self.y += 6;
    }

    /// A way out that does not lead to the next box: a row of its own, with a port where its line begins.
    fn row(&mut self, sheet: &Sheet, place: usize, out: &Out, x: i32, width: i32, shape: usize) {
        self.y += 3;
        self.drawing.lines.push(Line {
            points: vec![(x, self.y), (x + width, self.y)],
            stroke: Stroke::Hair,
            arrow: false,
        });
        self.y += 3;
        if let Some(target) = out.to.as_ref().and_then(|to| sheet.position(to)) {
            self.ports.push(Port {
                y: self.y + 9,
                side: if target < place { Side::Left } else { Side::Right },
                target,
                path: out.path,
            });
        }
        self.lines(&out.text, x + PAD, width - PAD * 2, Some(shape));
    }

    /// The room below a box: the arrow to the next one and the labels of the steps that take it.
    fn gap(&mut self, below: &[&Out], next: Option<&Block>, x: i32) {
        if below.is_empty() {
            self.y += match next.map(|next| next.look) {
                Some(Look::Heading | Look::Note) | None => 8,
                _ => 20,
            };
            return;
        }
        let rung = next.is_some_and(|next| next.look == Look::Rung);
        let (from, at) = (self.y, x + ARROW + if rung { RUNG } else { 0 });
        self.y += 5;
        for out in below {
            self.lines(&out.short, at + 12, BOX - at - 12, None);
        }
        self.y += 9;
        self.drawing.lines.push(Line {
            points: vec![(at, from), (at, self.y)],
            stroke: Stroke::Thick,
            arrow: true,
        });
    }
}

fn frame(look: Look) -> (i32, Stroke) {
    use bihuan_domain::mechanism::StageKind;
    match look {
        Look::Entry => (16, Stroke::Plain),
        Look::Stage(StageKind::Work | StageKind::Wait) => (0, Stroke::Plain),
        Look::Stage(StageKind::Decide) => (10, Stroke::Plain),
        Look::Stage(StageKind::Verify) => (0, Stroke::Thick),
        Look::Stage(StageKind::Parked) => (0, Stroke::Dashed),
        Look::Stage(StageKind::Closed) => (16, Stroke::Thick),
        Look::Stage(StageKind::Void) => (16, Stroke::Dotted),
        _ => (3, Stroke::Plain),
    }
}

/// How the line of a way is drawn.
pub(crate) fn stroke(path: Path) -> Stroke {
    match path {
        Path::Step => Stroke::Plain,
        Path::Exit => Stroke::Dashed,
        Path::Rework => Stroke::Dotted,
    }
}

fn pixels(text: &str, unit: i32) -> i32 {
    i32::try_from(width_of(text))
        .unwrap_or(i32::MAX / 16)
        .saturating_mul(unit)
}

fn columns(width: i32, unit: i32) -> usize {
    usize::try_from(width.max(unit * 6).div_euclid(unit)).unwrap_or(6)
}
