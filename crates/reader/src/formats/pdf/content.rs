//! Runs the operators of a page: each character with its place, and the lines that rule tables.

use std::rc::Rc;

use hayro_syntax::content::UntypedIter;
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream};
use hayro_syntax::page::{Page, Resources};

use super::Found;
use super::bounds::Budget;
use super::font::{Font, Fonts};
use crate::formats::Unreadable;

/// Forms inside forms that are followed.
const FORMS_MAX: usize = 12;

/// Saved states that are kept.
const STATES_MAX: usize = 512;

/// Lines of a page that are kept.
const RULES_MAX: usize = 60_000;

/// A line thinner than this, in points, rules; a thicker one paints.
const RULE_THICK_MAX: f64 = 3.0;

/// A character on its page. Places are in points from the upper left corner, `y` that of the line it stands on.
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) size: f64,
    pub(super) text: String,
    /// Written by a font that writes downwards.
    pub(super) down: bool,
}

/// A ruled line, across or down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) x0: f64,
    pub(super) y0: f64,
    pub(super) x1: f64,
    pub(super) y1: f64,
}

type Matrix = [f64; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// What `a` does after `b` was done.
fn times(b: &Matrix, a: &Matrix) -> Matrix {
    let [b0, b1, b2, b3, b4, b5] = *b;
    let [a0, a1, a2, a3, a4, a5] = *a;
    [
        b0 * a0 + b1 * a2,
        b0 * a1 + b1 * a3,
        b2 * a0 + b3 * a2,
        b2 * a1 + b3 * a3,
        b4 * a0 + b5 * a2 + a4,
        b4 * a1 + b5 * a3 + a5,
    ]
}

fn place(m: &Matrix, x: f64, y: f64) -> (f64, f64) {
    let [a, b, c, d, e, f] = *m;
    (a * x + c * y + e, b * x + d * y + f)
}

#[derive(Clone)]
struct State {
    ctm: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    char_space: f64,
    word_space: f64,
    scale: f64,
    leading: f64,
    rise: f64,
}

struct Runner<'b> {
    fonts: &'b mut Fonts,
    budget: &'b mut Budget,
    state: State,
    saved: Vec<State>,
    text: Matrix,
    line: Matrix,
    /// The path that is being drawn: its corners, and where it began.
    path: Vec<(f64, f64)>,
    drawn: Vec<Rule>,
    found: Found,
}

/// Everything that stands on a page.
pub(super) fn page(page: &Page<'_>, fonts: &mut Fonts, budget: &mut Budget) -> Result<Found, Unreadable> {
    let (_, height) = page.render_dimensions();
    let mut runner = Runner {
        fonts,
        budget,
        state: State {
            ctm: page.initial_transform(true).as_coeffs(),
            font: None,
            size: 0.0,
            char_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
        },
        saved: Vec::new(),
        text: IDENTITY,
        line: IDENTITY,
        path: Vec::new(),
        drawn: Vec::new(),
        found: Found {
            glyphs: Vec::new(),
            rules: Vec::new(),
            height: f64::from(height),
            has_image: false,
        },
    };
    let mut source = Vec::new();
    if let Some(stream) = page.raw().get::<Stream<'_>>("Contents") {
        source = runner.budget.unfold(&stream)?;
    } else if let Some(list) = page.raw().get::<Array<'_>>("Contents") {
        for object in list.iter::<Object<'_>>() {
            if let Object::Stream(stream) = object {
                source.extend(runner.budget.unfold(&stream)?);
                source.push(b' ');
            }
        }
    }
    runner.run(&source, page.resources(), 0)?;
    Ok(runner.found)
}

impl Runner<'_> {
    fn run(&mut self, source: &[u8], resources: &Resources<'_>, depth: usize) -> Result<(), Unreadable> {
        let mut instructions = UntypedIter::new(source);
        while let Some(instruction) = instructions.next() {
            self.budget.step()?;
            let operands: Vec<&Object<'_>> = instruction.operands().collect();
            let operator: &[u8] = instruction.operator;
            let n = numbers(&operands);
            match operator {
                b"q" if self.saved.len() < STATES_MAX => self.saved.push(self.state.clone()),
                b"Q" => {
                    if let Some(state) = self.saved.pop() {
                        self.state = state;
                    }
                }
                b"cm" => {
                    if let [a, b, c, d, e, f] = n.as_slice() {
                        self.state.ctm = times(&[*a, *b, *c, *d, *e, *f], &self.state.ctm);
                    }
                }
                b"Do" => {
                    if let Some(Object::Name(name)) = operands.first()
                        && let Some(form) = resources.get_x_object(name)
                    {
                        self.form(&form, resources, depth)?;
                    }
                }
                b"BI" | b"EI" => self.found.has_image = true,
                b"Tf" => {
                    if let [Object::Name(name), ..] = operands.as_slice() {
                        self.state.font = match resources.get_font(name) {
                            Some(dict) => Some(self.fonts.get(&dict, self.budget)?),
                            None => None,
                        };
                    }
                    self.state.size = n.last().copied().unwrap_or(0.0);
                }
                _ => self.path_or_text(operator, &operands, &n)?,
            }
        }
        Ok(())
    }

    fn form(&mut self, form: &Stream<'_>, around: &Resources<'_>, depth: usize) -> Result<(), Unreadable> {
        let kind = form.dict().get::<Name<'_>>("Subtype");
        if kind.is_none_or(|kind| kind.as_str() != "Form") {
            self.found.has_image = true;
            return Ok(());
        }
        if depth >= FORMS_MAX {
            return Ok(());
        }
        let source = self.budget.unfold(form)?;
        let outer = self.state.clone();
        let (saved, text, line) = (std::mem::take(&mut self.saved), self.text, self.line);
        if let Some(matrix) = form.dict().get::<Array<'_>>("Matrix") {
            let n: Vec<f64> = matrix.iter::<Number>().map(|n| n.as_f64()).collect();
            if let [a, b, c, d, e, f] = n.as_slice() {
                self.state.ctm = times(&[*a, *b, *c, *d, *e, *f], &self.state.ctm);
            }
        }
        match form.dict().get::<Dict<'_>>("Resources") {
            Some(own) => self.run(&source, &Resources::new(own), depth.saturating_add(1))?,
            None => self.run(&source, around, depth.saturating_add(1))?,
        }
        (self.saved, self.text, self.line) = (saved, text, line);
        self.state = outer;
        Ok(())
    }

    fn path_or_text(
        &mut self,
        operator: &[u8],
        operands: &[&Object<'_>],
        n: &[f64],
    ) -> Result<(), Unreadable> {
        match (operator, n) {
            (b"BT", _) => (self.text, self.line) = (IDENTITY, IDENTITY),
            (b"Tc", [value]) => self.state.char_space = *value,
            (b"Tw", [value]) => self.state.word_space = *value,
            (b"Tz", [value]) => self.state.scale = value / 100.0,
            (b"TL", [value]) => self.state.leading = *value,
            (b"Ts", [value]) => self.state.rise = *value,
            (b"Td", [x, y]) => self.move_line(*x, *y),
            (b"TD", [x, y]) => {
                self.state.leading = -y;
                self.move_line(*x, *y);
            }
            (b"Tm", [a, b, c, d, e, f]) => {
                self.line = [*a, *b, *c, *d, *e, *f];
                self.text = self.line;
            }
            (b"T*", _) => self.move_line(0.0, -self.state.leading),
            (b"Tj", _) => self.show_all(operands)?,
            (b"'", _) => {
                self.move_line(0.0, -self.state.leading);
                self.show_all(operands)?;
            }
            (b"\"", _) => {
                if let [word, character, ..] = n {
                    self.state.word_space = *word;
                    self.state.char_space = *character;
                }
                self.move_line(0.0, -self.state.leading);
                self.show_all(operands)?;
            }
            (b"TJ", _) => {
                if let Some(Object::Array(list)) = operands.first() {
                    for object in list.iter::<Object<'_>>() {
                        match object {
                            Object::String(text) => self.show(text.as_bytes())?,
                            Object::Number(number) => {
                                self.advance(-number.as_f64() / 1000.0 * self.state.size)
                            }
                            _ => {}
                        }
                    }
                }
            }
            _ => self.draw(operator, n),
        }
        Ok(())
    }

    fn move_line(&mut self, x: f64, y: f64) {
        self.line = times(&[1.0, 0.0, 0.0, 1.0, x, y], &self.line);
        self.text = self.line;
    }

    fn show_all(&mut self, operands: &[&Object<'_>]) -> Result<(), Unreadable> {
        for operand in operands {
            if let Object::String(text) = operand {
                self.show(text.as_bytes())?;
            }
        }
        Ok(())
    }

    /// Moves the pen along the line, in units of text space before scaling.
    fn advance(&mut self, by: f64) {
        let vertical = self.state.font.as_ref().is_some_and(|font| font.vertical);
        let step = if vertical {
            [1.0, 0.0, 0.0, 1.0, 0.0, by]
        } else {
            [1.0, 0.0, 0.0, 1.0, by * self.state.scale, 0.0]
        };
        self.text = times(&step, &self.text);
    }

    fn show(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        let Some(font) = self.state.font.clone() else {
            return Ok(());
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            self.budget.step()?;
            let (shown, used) = font.next(rest);
            rest = rest.get(used..).unwrap_or_default();
            let matrix = times(&self.text, &self.state.ctm);
            let [a, b, c, d, ..] = matrix;
            let wide = shown.width / 1000.0 * self.state.size;
            let (x, y) = place(&matrix, 0.0, self.state.rise);
            // Text that stands askew is a stamp or a watermark over the page.
            let upright = a.abs() > b.abs() * 8.0 && d.abs() > c.abs() * 2.0 && a > 0.0;
            let size = (c * c + d * d).sqrt() * self.state.size.abs();
            let on_page = [x, y, size].iter().all(|n| n.is_finite() && n.abs() < 100_000.0);
            if upright && on_page && size > 0.5 {
                let width = (wide * self.state.scale * a).abs();
                // Downwards the pen stands above the middle of the character.
                let (x, y) = if font.vertical {
                    (x - width / 2.0, y + size * 0.88)
                } else {
                    (x, y)
                };
                self.found.glyphs.push(Glyph {
                    x,
                    y,
                    width,
                    size,
                    text: shown.text,
                    down: font.vertical,
                });
            }
            let space = self.state.char_space
                + if shown.is_space {
                    self.state.word_space
                } else {
                    0.0
                };
            if font.vertical {
                self.advance(-(self.state.size + space));
            } else {
                self.advance(wide + space);
            }
        }
        Ok(())
    }

    fn draw(&mut self, operator: &[u8], n: &[f64]) {
        match (operator, n) {
            (b"m", [x, y]) => {
                self.path.clear();
                self.path.push(place(&self.state.ctm, *x, *y));
            }
            (b"l", [x, y]) => {
                let to = place(&self.state.ctm, *x, *y);
                if let Some(from) = self.path.last().copied() {
                    self.rule(from, to);
                }
                self.path.push(to);
            }
            (b"h", _) => {
                if let (Some(from), Some(to)) = (self.path.last().copied(), self.path.first().copied()) {
                    self.rule(from, to);
                }
            }
            (b"re", [x, y, w, h]) => {
                let from = place(&self.state.ctm, *x, *y);
                let to = place(&self.state.ctm, x + w, y + h);
                let (wide, tall) = ((from.0 - to.0).abs(), (from.1 - to.1).abs());
                if wide <= RULE_THICK_MAX || tall <= RULE_THICK_MAX {
                    let (x, y) = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
                    if wide > tall {
                        self.rule((from.0, y), (to.0, y));
                    } else {
                        self.rule((x, from.1), (x, to.1));
                    }
                } else {
                    // A frame, if it is stroked: its four sides.
                    self.rule(from, (to.0, from.1));
                    self.rule((to.0, from.1), to);
                    self.rule((from.0, to.1), to);
                    self.rule(from, (from.0, to.1));
                }
            }
            (b"S" | b"s" | b"B" | b"B*" | b"b" | b"b*", _) => {
                let room = RULES_MAX.saturating_sub(self.found.rules.len());
                self.found.rules.extend(self.drawn.drain(..).take(room));
                self.path.clear();
            }
            (b"f" | b"F" | b"f*", _) => {
                // Filled: only what is thin is a line. A filled area's sides are seldom meant as lines.
                let room = RULES_MAX.saturating_sub(self.found.rules.len());
                let thin = self.drawn.len() == 1 || self.is_thin();
                if thin {
                    self.found.rules.extend(self.drawn.drain(..).take(room));
                }
                self.drawn.clear();
                self.path.clear();
            }
            (b"n", _) => {
                self.drawn.clear();
                self.path.clear();
            }
            (b"c" | b"v" | b"y", _) => self.path.clear(),
            _ => {}
        }
    }

    /// Whether all of the drawn path lies within the thickness of a line.
    fn is_thin(&self) -> bool {
        let xs = || self.drawn.iter().flat_map(|r| [r.x0, r.x1]);
        let ys = || self.drawn.iter().flat_map(|r| [r.y0, r.y1]);
        let reach = |low: f64, high: f64| high - low;
        let wide = reach(xs().fold(f64::MAX, f64::min), xs().fold(f64::MIN, f64::max));
        let tall = reach(ys().fold(f64::MAX, f64::min), ys().fold(f64::MIN, f64::max));
        wide <= RULE_THICK_MAX
            || tall <= RULE_THICK_MAX
            || self.drawn.iter().all(|r| r.x0 == r.x1 || r.y0 == r.y1) && self.drawn.len() < 3
    }

    /// Keeps a line that goes straight across or straight down.
    fn rule(&mut self, from: (f64, f64), to: (f64, f64)) {
        let (dx, dy) = ((from.0 - to.0).abs(), (from.1 - to.1).abs());
        let straight = (dx < 1.0) != (dy < 1.0) && dx.max(dy) >= 4.0 && dx.max(dy) < 20_000.0;
        if straight && self.drawn.len() < RULES_MAX {
            self.drawn.push(Rule {
                x0: from.0.min(to.0),
                y0: from.1.min(to.1),
                x1: from.0.max(to.0),
                y1: from.1.max(to.1),
            });
        }
    }
}

fn numbers(operands: &[&Object<'_>]) -> Vec<f64> {
    operands
        .iter()
        .filter_map(|operand| match operand {
            Object::Number(number) => Some(number.as_f64()),
            _ => None,
        })
        .collect()
}
