//! Fonts as far as reading needs them: which character a code is, and how far it moves the pen.

use std::collections::BTreeMap;
use std::rc::Rc;

use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream};

use super::bounds::Budget;
use super::characters::{Characters, Codes};
use crate::formats::Unreadable;

/// Fonts kept at once; more than any document has.
const FONTS_MAX: usize = 4_000;

/// Widths that one entry of a width array may give.
const SPAN_MAX: u32 = 70_000;

/// A font.
pub(super) struct Font {
    codes: Codes,
    to_unicode: Characters,
    /// For simple fonts: the character of each code.
    simple: BTreeMap<u32, String>,
    is_simple: bool,
    widths: BTreeMap<u32, f64>,
    default_width: f64,
    pub(super) vertical: bool,
}

/// A code of a shown string, with its character and its width in thousandths of the font's size.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) width: f64,
    pub(super) is_space: bool,
}

/// The fonts that were met, by the number of their object.
#[derive(Default)]
pub(super) struct Fonts(BTreeMap<(u32, i32), Rc<Font>>);

impl Fonts {
    pub(super) fn get(&mut self, dict: &Dict<'_>, budget: &mut Budget) -> Result<Rc<Font>, Unreadable> {
        let key = dict.obj_id().map(|id| (id.obj_number, id.gen_number));
        if let Some(font) = key.and_then(|key| self.0.get(&key)) {
            return Ok(font.clone());
        }
        let font = Rc::new(Font::read(dict, budget)?);
        if let Some(key) = key.filter(|_| self.0.len() < FONTS_MAX) {
            self.0.insert(key, font.clone());
        }
        Ok(font)
    }
}

impl Font {
    fn read(dict: &Dict<'_>, budget: &mut Budget) -> Result<Font, Unreadable> {
        let to_unicode = match dict.get::<Stream<'_>>("ToUnicode") {
            Some(stream) => Characters::read(&budget.unfold(&stream)?),
            None => Characters::default(),
        };
        let subtype = dict.get::<Name<'_>>("Subtype");
        if subtype.as_ref().is_some_and(|name| name.as_str() == "Type0") {
            return Font::composite(dict, to_unicode, budget);
        }
        let scale = dict
            .get::<Array<'_>>("FontMatrix")
            .and_then(|matrix| matrix.iter::<Number>().next())
            .map_or(1.0, |first| first.as_f64() * 1000.0);
        let first = dict
            .get::<i32>("FirstChar")
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0);
        let mut widths = BTreeMap::new();
        if let Some(list) = dict.get::<Array<'_>>("Widths") {
            for (code, width) in (first..first.saturating_add(256)).zip(list.iter::<Number>()) {
                widths.insert(code, width.as_f64() * scale);
            }
        }
        Ok(Font {
            codes: Codes::Single,
            to_unicode,
            simple: simple(dict),
            is_simple: true,
            widths,
            default_width: 500.0,
            vertical: false,
        })
    }

    fn composite(dict: &Dict<'_>, to_unicode: Characters, budget: &mut Budget) -> Result<Font, Unreadable> {
        let mut vertical = false;
        let codes = if let Some(name) = dict.get::<Name<'_>>("Encoding") {
            vertical = name.as_str().ends_with("-V");
            Codes::predefined(name.as_str()).unwrap_or(Codes::Double)
        } else if let Some(stream) = dict.get::<Stream<'_>>("Encoding") {
            let map = Characters::read(&budget.unfold(&stream)?);
            vertical = stream.dict().get::<i32>("WMode") == Some(1);
            let base = stream.dict().get::<Name<'_>>("UseCMap");
            match base.and_then(|name| Codes::predefined(name.as_str())) {
                Some(codes) if map.space.is_empty() => codes,
                _ if map.space.is_empty() => Codes::Double,
                _ => Codes::Ranges(map.space),
            }
        } else {
            Codes::Double
        };
        let below = dict
            .get::<Array<'_>>("DescendantFonts")
            .and_then(|fonts| fonts.iter::<Dict<'_>>().next())
            .unwrap_or_default();
        let default_width = below.get::<Number>("DW").map_or(1000.0, |n| n.as_f64());
        let mut widths = BTreeMap::new();
        if let Some(list) = below.get::<Array<'_>>("W") {
            read_widths(&list, &mut widths, budget)?;
        }
        Ok(Font {
            codes,
            to_unicode,
            simple: BTreeMap::new(),
            is_simple: false,
            widths,
            default_width,
            vertical,
        })
    }

    /// The next code of a shown string, and how many bytes it takes.
    pub(super) fn next(&self, bytes: &[u8]) -> (Shown, usize) {
        let code = self.codes.next(bytes);
        // What the file itself says of its codes goes before what their encoding usually means.
        let mapped = self
            .to_unicode
            .text(code.value)
            .filter(|text| !text.is_empty() && text != "\0");
        let own = || {
            if self.is_simple {
                self.simple.get(&code.value).cloned()
            } else {
                code.text.clone()
            }
        };
        let text = mapped.or_else(own).unwrap_or_else(|| "\u{FFFD}".to_owned());
        let narrow = code.text.as_deref().is_some_and(|text| text.is_ascii());
        let width = self.widths.get(&code.value).copied().unwrap_or(if narrow {
            self.default_width / 2.0
        } else {
            self.default_width
        });
        let shown = Shown {
            is_space: code.length == 1 && code.value == 32,
            text: plain(&text),
            width,
        };
        (shown, code.length)
    }
}

/// Fonts of office programs map some characters to their look-alikes among the radicals; ligatures are two letters.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2E80}'..='\u{2FDF}' => out.push(radical(c)),
            '\u{FB00}' => out.push_str("ff"),
            '\u{FB01}' => out.push_str("fi"),
            '\u{FB02}' => out.push_str("fl"),
            '\u{A0}' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// The character that looks like a radical and is meant by it.
fn radical(c: char) -> char {
    let mut chars = include_str!("../../../data/radicals.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::chars);
    while let (Some(radical), Some(meant)) = (chars.next(), chars.next()) {
        if radical == c {
            return meant;
        }
    }
    c
}

/// `W`: `first [w w w]` or `first last w`.
fn read_widths(
    list: &Array<'_>,
    widths: &mut BTreeMap<u32, f64>,
    budget: &mut Budget,
) -> Result<(), Unreadable> {
    let mut numbers: Vec<f64> = Vec::new();
    for object in list.iter::<Object<'_>>() {
        budget.step()?;
        match object {
            Object::Number(number) => {
                numbers.push(number.as_f64());
                if let [first, last, width] = numbers.as_slice() {
                    let (first, last) = (
                        code(*first),
                        code(*last).min(code(*first).saturating_add(SPAN_MAX)),
                    );
                    for n in first..=last {
                        budget.step()?;
                        widths.insert(n, *width);
                    }
                    numbers.clear();
                }
            }
            Object::Array(inner) => {
                let first = numbers.last().map_or(0, |n| code(*n));
                for (n, width) in (first..first.saturating_add(SPAN_MAX)).zip(inner.iter::<Number>()) {
                    budget.step()?;
                    widths.insert(n, width.as_f64());
                }
                numbers.clear();
            }
            _ => {}
        }
    }
    Ok(())
}

fn code(n: f64) -> u32 {
    if n.is_finite() && (0.0..=16_777_215.0).contains(&n) {
        // In range by the check above.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked right above"
        )]
        let code = n as u32;
        code
    } else {
        0
    }
}

/// The characters of a simple font: its base encoding, changed by `Differences`.
fn simple(dict: &Dict<'_>) -> BTreeMap<u32, String> {
    let mut map = BTreeMap::new();
    let encoding = dict.get::<Dict<'_>>("Encoding");
    let named = dict
        .get::<Name<'_>>("Encoding")
        .or_else(|| encoding.as_ref().and_then(|e| e.get::<Name<'_>>("BaseEncoding")));
    let base: &'static encoding_rs::Encoding = match named.as_ref().map(|name| name.as_str()) {
        Some("MacRomanEncoding") => encoding_rs::MACINTOSH,
        _ => encoding_rs::WINDOWS_1252,
    };
    for byte in 0x20..=0xFFu8 {
        let (text, _) = base.decode_without_bom_handling(std::slice::from_ref(&byte));
        map.insert(u32::from(byte), text.into_owned());
    }
    let Some(differences) = encoding.and_then(|e| e.get::<Array<'_>>("Differences")) else {
        return map;
    };
    let mut code = 0u32;
    for object in differences.iter::<Object<'_>>().take(1_000) {
        match object {
            Object::Number(number) => code = self::code(number.as_f64()),
            Object::Name(name) => {
                match glyph(name.as_str()) {
                    Some(text) => map.insert(code, text),
                    None => map.remove(&code),
                };
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    map
}

/// The character of a glyph's name, for the names that stand in Chinese documents: letters, figures, punctuation.
fn glyph(name: &str) -> Option<String> {
    let name = name.split('.').next().unwrap_or(name);
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Some(c.to_string());
    }
    let hex = name.strip_prefix("uni").or(name.strip_prefix('u'));
    if let Some(c) = hex
        .and_then(|hex| u32::from_str_radix(hex, 16).ok())
        .and_then(char::from_u32)
    {
        return Some(c.to_string());
    }
    const NAMES: &[(&str, &str)] = &[
        ("space", " "),
        ("zero", "0"),
        ("one", "1"),
        ("two", "2"),
        ("three", "3"),
        ("four", "4"),
        ("five", "5"),
        ("six", "6"),
        ("seven", "7"),
        ("eight", "8"),
        ("nine", "9"),
        ("period", "."),
        ("comma", ","),
        ("colon", ":"),
        ("semicolon", ";"),
        ("hyphen", "-"),
        ("minus", "−"),
        ("plus", "+"),
        ("slash", "/"),
        ("parenleft", "("),
        ("parenright", ")"),
        ("percent", "%"),
        ("endash", "–"),
        ("emdash", "—"),
        ("quotedblleft", "“"),
        ("quotedblright", "”"),
        ("quoteleft", "‘"),
        ("quoteright", "’"),
        ("equal", "="),
        ("less", "<"),
        ("greater", ">"),
        ("bullet", "•"),
        ("multiply", "×"),
        ("degree", "°"),
        ("underscore", "_"),
        ("at", "@"),
        ("ampersand", "&"),
        ("asterisk", "*"),
        ("quotedbl", "\""),
        ("quotesingle", "'"),
        ("bracketleft", "["),
        ("bracketright", "]"),
        ("exclam", "!"),
        ("question", "?"),
        ("ellipsis", "…"),
        ("periodcentered", "·"),
        ("fi", "fi"),
        ("fl", "fl"),
    ];
    NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| (*text).to_owned())
}
