//! A mechanism as a picture (流程图): stages, who holds them for how long, where steps lead, how a silence climbs.
//!
//! Two renderers of one sheet: SVG for pages and print, text for terminals and screen readers. The same mechanism gives
//! the same picture to the byte: all coordinates are whole numbers, nothing is measured but by counting characters.

mod lanes;
mod layout;
mod measure;
mod sheet;
mod stages;
mod svg;
mod text;
mod words;

use bihuan_domain::mechanism::Mechanism;
use bihuan_messages::Lang;

use crate::names::Names;

pub use layout::{Drawing, Line, Shape, Stroke, Text};
pub use measure::width_of;
pub(crate) use words::Words;

/// The picture as a self-contained SVG element that takes its colour from the page (`currentColor`) and can be put
/// inside HTML as it is. It has `role="img"`, a title and a description; all text is escaped.
pub fn svg(mechanism: &Mechanism, names: &Names, lang: Lang) -> String {
    let sheet = sheet::Sheet::of(mechanism, names, lang);
    svg::render(&sheet, &layout::draw(&sheet))
}

/// The same in lines of text.
pub fn text(mechanism: &Mechanism, names: &Names, lang: Lang) -> String {
    text::render(&sheet::Sheet::of(mechanism, names, lang))
}

/// The picture as shapes, for tests and other renderers.
pub fn drawing(mechanism: &Mechanism, names: &Names, lang: Lang) -> Drawing {
    layout::draw(&sheet::Sheet::of(mechanism, names, lang))
}
