//! Pages as the bytes of a PDF: content streams, the parts of typefaces that occur, links, and what the file says of itself.

use std::io::Write;

use bihuan_messages::Lang;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{ActionType, AnnotationType, CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::flow::{Ink, Mark};
use super::glyphs::{Faces, Mils, Typeface};
use crate::Error;
use crate::form::PAGE;
use crate::official::Document;

const IDENTITY: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// Numbers of objects, one after the other.
struct Numbers(i32);

impl Numbers {
    fn next(&mut self) -> Ref {
        self.0 = self.0.saturating_add(1);
        Ref::new(self.0)
    }
}

/// The whole file.
pub(super) fn write(
    document: &Document,
    pages: &[Vec<Mark>],
    faces: &Faces<'_>,
    lang: Lang,
) -> Result<Vec<u8>, Error> {
    let (mut pdf, mut numbers) = (Pdf::new(), Numbers(0));
    let (catalog, tree, info) = (numbers.next(), numbers.next(), numbers.next());
    pdf.catalog(catalog)
        .pages(tree)
        .lang(TextStr(lang.tag()))
        .viewer_preferences()
        .display_doc_title(true);
    let author = if document.signature.is_empty() {
        &document.issuer
    } else {
        &document.signature
    };
    // No day of making: the same document gives the same bytes.
    pdf.document_info(info)
        .title(TextStr(&document.title.replace('\n', "")))
        .author(TextStr(author))
        .creator(TextStr("Bihuan"));
    let fonts: Vec<Ref> = faces.faces.iter().map(|_| numbers.next()).collect();
    let kids: Vec<Ref> = pages.iter().map(|_| numbers.next()).collect();
    let count = i32::try_from(kids.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(kids.iter().copied()).count(count);
    for (marks, id) in pages.iter().zip(&kids) {
        let stream = numbers.next();
        let links = linked(marks, faces, &mut pdf, &mut numbers);
        let mut page = pdf.page(*id);
        page.parent(tree)
            .media_box(Rect::new(0.0, 0.0, points(twips(PAGE.0)), points(twips(PAGE.1))))
            .contents(stream)
            .annotations(links);
        let mut resources = page.resources();
        let mut named = resources.fonts();
        for (at, font) in fonts.iter().enumerate() {
            named.pair(Name(name(at).as_bytes()), *font);
        }
        named.finish();
        resources.finish();
        page.finish();
        let content = packed(&drawn(marks))?;
        pdf.stream(stream, &content).filter(Filter::FlateDecode);
    }
    for (at, (typeface, id)) in faces.faces.iter().zip(&fonts).enumerate() {
        embed(typeface, at, *id, &mut pdf, &mut numbers)?;
    }
    Ok(pdf.finish())
}

fn name(at: usize) -> String {
    format!("F{at}")
}

fn twips(twips: u32) -> Mils {
    super::flow::mils(twips)
}

/// The lower edge of what lies `y` below the upper edge of the page.
fn up(y: Mils) -> f32 {
    points(twips(PAGE.1).saturating_sub(y))
}

/// Thousandths of a point as the number that stands in the file.
#[expect(
    clippy::float_arithmetic,
    reason = "the library takes places as f32; nothing is reckoned with it"
)]
fn points(mils: Mils) -> f32 {
    // Two parts that an f32 holds exactly; a page is less than 1,000 points wide and high.
    let whole = i16::try_from(mils.div_euclid(1_000)).unwrap_or(i16::MAX);
    let part = i16::try_from(mils.rem_euclid(1_000)).unwrap_or(0);
    f32::from(whole) + f32::from(part) / 1_000.0
}

fn drawn(marks: &[Mark]) -> Vec<u8> {
    let mut content = Content::new();
    for mark in marks {
        match mark {
            Mark::Text {
                x,
                y,
                size,
                spacing,
                face,
                glyphs,
                ink,
            } => {
                colour(&mut content, *ink);
                let codes: Vec<u8> = glyphs.iter().flat_map(|id| id.to_be_bytes()).collect();
                content
                    .begin_text()
                    .set_font(Name(name(*face).as_bytes()), points(*size))
                    .set_char_spacing(points(*spacing))
                    .next_line(points(*x), up(*y))
                    .show(Str(&codes))
                    .end_text();
            }
            Mark::Rule {
                x,
                y,
                width,
                height,
                ink,
            } => {
                colour(&mut content, *ink);
                content
                    .rect(
                        points(*x),
                        up(y.saturating_add(*height)),
                        points(*width),
                        points(*height),
                    )
                    .fill_nonzero();
            }
            Mark::Link { .. } => {}
        }
    }
    content.finish().into_vec()
}

fn colour(content: &mut Content, ink: Ink) {
    match ink {
        Ink::Black => content.set_fill_gray(0.0),
        Ink::Grey => content.set_fill_gray(0.5),
        Ink::Red => content.set_fill_rgb(0.902, 0.0, 0.071),
    };
}

/// The places on a page that open an address.
fn linked(marks: &[Mark], faces: &Faces<'_>, pdf: &mut Pdf, numbers: &mut Numbers) -> Vec<Ref> {
    let mut found = Vec::new();
    for mark in marks {
        let Mark::Link {
            x,
            y,
            width,
            height,
            link,
        } = mark
        else {
            continue;
        };
        let Some(address) = faces.links.get(*link) else {
            continue;
        };
        let id = numbers.next();
        let mut annotation = pdf.annotation(id);
        annotation
            .subtype(AnnotationType::Link)
            .rect(Rect::new(
                points(*x),
                up(y.saturating_add(*height)),
                points(x.saturating_add(*width)),
                up(*y),
            ))
            .border(0.0, 0.0, 0.0, None);
        annotation
            .action()
            .action_type(ActionType::Uri)
            .uri(Str(escaped(address).as_bytes()));
        annotation.finish();
        found.push(id);
    }
    found
}

/// An address in seven bits, as the format asks.
fn escaped(address: &str) -> String {
    let mut out = String::new();
    for byte in address.bytes() {
        if byte.is_ascii_graphic() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The part of a typeface that occurs, with the width and the character of every glyph.
fn embed(
    typeface: &Typeface<'_>,
    at: usize,
    id: Ref,
    pdf: &mut Pdf,
    numbers: &mut Numbers,
) -> Result<(), Error> {
    let container = |why: String| Error::Container(why);
    let part = subsetter::subset(typeface.data, typeface.index, &typeface.used)
        .map_err(|why| container(why.to_string()))?;
    let raw = ttf_parser::RawFace::parse(&part, 0).map_err(|why| container(why.to_string()))?;
    let outlines = raw.table(ttf_parser::Tag::from_bytes(b"CFF "));
    let (cid, descriptor, unicode, program) =
        (numbers.next(), numbers.next(), numbers.next(), numbers.next());
    // Six letters before the name say that it is a part; which typeface it is tells them apart.
    let letter = char::from(b'A'.saturating_add(u8::try_from(at).unwrap_or(0)));
    let called = format!("BIHUA{letter}+{}", postscript(typeface));
    let of_type0 = if outlines.is_some() {
        format!("{called}-Identity-H")
    } else {
        called.clone()
    };
    pdf.type0_font(id)
        .base_font(Name(of_type0.as_bytes()))
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(unicode);
    let face = &typeface.face;
    let em = i32::from(face.units_per_em()).max(1);
    let scaled = |units: i32| points(units.saturating_mul(1_000) / em * 1_000);
    let widths = typeface.used.remapped_gids().map(|old| {
        let advance = face.glyph_hor_advance(ttf_parser::GlyphId(old)).unwrap_or(0);
        scaled(i32::from(advance))
    });
    let mut font = pdf.cid_font(cid);
    font.subtype(if outlines.is_some() {
        CidFontType::Type0
    } else {
        CidFontType::Type2
    })
    .base_font(Name(called.as_bytes()))
    .system_info(IDENTITY)
    .font_descriptor(descriptor)
    .default_width(0.0);
    if outlines.is_none() {
        font.cid_to_gid_map_predefined(Name(b"Identity"));
    }
    font.widths().consecutive(0, widths);
    font.finish();
    let bounds = face.global_bounding_box();
    let mut described = pdf.font_descriptor(descriptor);
    described
        .name(Name(called.as_bytes()))
        .flags(FontFlags::SYMBOLIC | FontFlags::SERIF)
        .bbox(Rect::new(
            scaled(bounds.x_min.into()),
            scaled(bounds.y_min.into()),
            scaled(bounds.x_max.into()),
            scaled(bounds.y_max.into()),
        ))
        .italic_angle(0.0)
        .ascent(scaled(face.ascender().into()))
        .descent(scaled(face.descender().into()))
        .cap_height(scaled(face.capital_height().unwrap_or(face.ascender()).into()))
        .stem_v(80.0);
    if outlines.is_some() {
        described.font_file3(program);
    } else {
        described.font_file2(program);
    }
    described.finish();
    let mut map = UnicodeCmap::new(Name(b"Bihuan-UCS"), IDENTITY);
    for (glyph, ch) in &typeface.characters {
        map.pair(*glyph, *ch);
    }
    let map = packed(&map.finish().into_vec())?;
    pdf.stream(unicode, &map).filter(Filter::FlateDecode);
    let packed = packed(outlines.unwrap_or(&part))?;
    let mut stream = pdf.stream(program, &packed);
    stream.filter(Filter::FlateDecode);
    if outlines.is_some() {
        stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
    }
    Ok(())
}

fn postscript(typeface: &Typeface<'_>) -> String {
    let names = typeface.face.names().into_iter();
    let name = names
        .filter(|name| name.name_id == ttf_parser::name_id::POST_SCRIPT_NAME)
        .find_map(|name| name.to_string());
    let kept = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let name: String = name.unwrap_or_default().chars().filter(kept).take(60).collect();
    if name.is_empty() {
        "Typeface".to_owned()
    } else {
        name
    }
}

fn packed(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let container = |why: std::io::Error| Error::Container(why.to_string());
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).map_err(container)?;
    encoder.finish().map_err(container)
}
