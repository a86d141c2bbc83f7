//! PDF with a text layer: where each character stands on its page is used to put columns, paragraphs and the cells of
//! ruled tables in order. Pages that were scanned hold no text, and the file is refused with what to do.

#![allow(
    clippy::float_arithmetic,
    reason = "places on a page are no figures: they only decide the order of the text"
)]

mod blocks;
mod bounds;
mod characters;
mod content;
mod down;
mod font;
mod furniture;
mod grids;
mod loose;
mod order;

use bihuan_messages::Message;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use super::{Kind, Opened, Unreadable, finish};
use bounds::Budget;
use content::{Glyph, Rule};

/// Most pages of a document.
const PAGES_MAX: usize = 3_000;

/// Characters whose meaning is unknown, in percent, beyond which a document is refused rather than shown with holes.
const UNKNOWN_MAX: usize = 30;

/// Fewer characters than this on all pages together are stamps on a scan, no text layer.
const CHARACTERS_MIN: usize = 12;

/// A page as it was found: its characters and lines, in points from its upper left corner.
struct Found {
    glyphs: Vec<Glyph>,
    rules: Vec<Rule>,
    height: f64,
    has_image: bool,
}

pub(super) fn open(bytes: &[u8]) -> Result<Opened, Unreadable> {
    bounds::check(bytes)?;
    // A foreign parser that ends in a defect of its own leaves a damaged file, not a dead server. The closure owns what
    // it touches, so nothing half-made is seen afterwards.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(bytes))).unwrap_or(Err(damaged()))
}

fn damaged() -> Unreadable {
    Unreadable::Damaged { kind: "PDF" }
}

fn read(bytes: &[u8]) -> Result<Opened, Unreadable> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(
            DecryptionError::PasswordProtected | DecryptionError::UnsupportedAlgorithm,
        ) => Unreadable::Locked,
        _ => damaged(),
    })?;
    let pages = pdf.pages();
    if pages.is_empty() {
        return Err(damaged());
    }
    let mut budget = Budget::new();
    let mut fonts = font::Fonts::default();
    let mut found = Vec::new();
    for page in pages.iter().take(PAGES_MAX) {
        found.push(content::page(page, &mut fonts, &mut budget)?);
    }
    let all: usize = found.iter().map(|page| page.glyphs.len()).sum();
    let unknown = found
        .iter()
        .flat_map(|page| &page.glyphs)
        .filter(|glyph| glyph.text.contains('\u{FFFD}'))
        .count();
    let scans = found
        .iter()
        .filter(|page| page.glyphs.len() < CHARACTERS_MIN && page.has_image)
        .count();
    if all < CHARACTERS_MIN {
        return Err(if scans > 0 || all == 0 {
            Unreadable::NoTextLayer { pages: pages.len() }
        } else {
            damaged()
        });
    }
    if unknown * 100 > all * UNKNOWN_MAX {
        return Err(Unreadable::NoCharacters { found: all, unknown });
    }
    let mut warnings = Vec::new();
    if scans > 0 {
        warnings.push(
            Message::new("reader.pdf_some_scanned")
                .show("n", scans)
                .show("pages", pages.len()),
        );
    }
    if unknown > 0 {
        warnings.push(Message::new("reader.pdf_unknown").show("n", unknown));
    }
    if pages.len() > PAGES_MAX {
        warnings.push(Message::new("reader.pdf_many_pages").show("limit", PAGES_MAX));
    }
    let left_out = furniture::remove(&mut found);
    if left_out > 0 {
        warnings.push(Message::new("reader.pdf_furniture").show("n", left_out));
    }
    let mut writer = order::Writer::default();
    for page in found {
        writer.page(page)?;
    }
    if writer.downwards > 0 {
        warnings.push(Message::new("reader.pdf_downwards").show("n", writer.downwards));
    }
    finish(Kind::Pdf, writer.done()?, warnings)
}
