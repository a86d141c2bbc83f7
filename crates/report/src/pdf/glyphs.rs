//! Characters as glyphs of the typefaces, and which of these occur.

use std::collections::BTreeMap;

use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

use super::Use;
use crate::Error;

/// Stands for a character that no typeface has, as on a type-setter's proof (〓).
const MISSING: char = '\u{3013}';
/// A character that a typeface for Chinese texts has.
const HAN: char = '县';

/// A length in thousandths of a point.
pub(super) type Mils = i32;

/// One character as it will be drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    /// The character it was asked for.
    pub(super) ch: char,
    /// Which typeface.
    pub(super) face: usize,
    /// Its number in the embedded part of that typeface.
    pub(super) id: u16,
    /// How far it moves on at size 1, in thousandths.
    pub(super) advance: i32,
    /// The link it belongs to.
    pub(super) link: Option<usize>,
}

/// A typeface with what is used of it.
pub(super) struct Typeface<'f> {
    pub(super) face: Face<'f>,
    pub(super) data: &'f [u8],
    pub(super) index: u32,
    pub(super) used: GlyphRemapper,
    /// The character of every glyph that is used, by its number in the embedded part; where two characters share a glyph,
    /// the first that occurred.
    pub(super) characters: BTreeMap<u16, char>,
    uses: Use,
}

/// The typefaces of a document.
pub(super) struct Faces<'f> {
    pub(super) faces: Vec<Typeface<'f>>,
    /// The addresses that glyphs are linked to.
    pub(super) links: Vec<String>,
}

impl<'f> Faces<'f> {
    /// Reads the files; what cannot be read, has no Chinese characters or forbids embedding is left out.
    pub(super) fn of(files: &[(Use, &'f [u8])]) -> Result<Faces<'f>, Error> {
        let mut faces: Vec<Typeface<'f>> = Vec::new();
        for (uses, data) in files {
            if let Some((face, index)) = simplified(data) {
                faces.push(Typeface {
                    face,
                    data,
                    index,
                    used: GlyphRemapper::new(),
                    characters: BTreeMap::new(),
                    uses: *uses,
                });
            }
        }
        if faces.is_empty() {
            return Err(Error::NoTypeface);
        }
        Ok(Faces {
            faces,
            links: Vec::new(),
        })
    }

    /// The glyphs of a text.
    pub(super) fn glyphs(&mut self, text: &str, uses: Use, link: Option<usize>) -> Vec<Glyph> {
        let clean = crate::text::clean(text);
        let drawn = clean.chars().map(|c| if c == '\t' { ' ' } else { c });
        drawn.filter_map(|c| self.glyph(c, uses, link)).collect()
    }

    /// `None` for what has no width and no glyph: joiners, marks of direction.
    fn glyph(&mut self, ch: char, uses: Use, link: Option<usize>) -> Option<Glyph> {
        if ch == '\n' {
            let glyph = Glyph {
                ch,
                face: 0,
                id: 0,
                advance: 0,
                link: None,
            };
            return Some(glyph);
        }
        let found = self.find(ch, uses);
        if found.is_none() && crate::text::width(ch.encode_utf8(&mut [0; 4])) == 0 {
            return None;
        }
        let (shown, (at, old)) = match found {
            Some(found) => (ch, found),
            None => (MISSING, self.find(MISSING, uses).unwrap_or((0, GlyphId(0)))),
        };
        let typeface = self.faces.get_mut(at)?;
        let id = typeface.used.remap(old.0);
        typeface.characters.entry(id).or_insert(shown);
        let em = i32::from(typeface.face.units_per_em()).max(1);
        let advance = i32::from(typeface.face.glyph_hor_advance(old).unwrap_or(0));
        Some(Glyph {
            ch,
            face: at,
            id,
            advance: advance.saturating_mul(1_000) / em,
            link,
        })
    }

    /// In the typeface for this use, else in any other.
    fn find(&self, ch: char, uses: Use) -> Option<(usize, GlyphId)> {
        let own = self.faces.iter().position(|face| face.uses == uses);
        let others = 0..self.faces.len();
        own.into_iter()
            .chain(others)
            .find_map(|at| Some((at, self.faces.get(at)?.face.glyph_index(ch)?)))
    }
}

/// The typeface for simplified Chinese in a file; a collection may hold one for each country.
fn simplified(data: &[u8]) -> Option<(Face<'_>, u32)> {
    let count = ttf_parser::fonts_in_collection(data).unwrap_or(1).min(64);
    let usable = |index: u32| {
        let face = Face::parse(data, index).ok()?;
        let may = !matches!(face.permissions(), Some(ttf_parser::Permissions::Restricted));
        (may && face.glyph_index(HAN).is_some()).then_some((face, index))
    };
    let named = |face: &Face<'_>| {
        let mut names = face.names().into_iter().filter_map(|name| name.to_string());
        names.any(|name| name.split(' ').any(|word| word == "SC" || word == "CN"))
    };
    let mut first = None;
    for index in 0..count {
        let Some((face, index)) = usable(index) else {
            continue;
        };
        if named(&face) {
            return Some((face, index));
        }
        first = first.or(Some(index));
    }
    usable(first?)
}
