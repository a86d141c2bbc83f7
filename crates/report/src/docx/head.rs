//! The upper part of the first page (版头): secrecy, urgency, the red head, the number, the red line; then the title.

use bihuan_messages::t;

use super::run::{Ink, blank, paragraph, paragraph_with};
use crate::form::{CHAR, HEAD_DROP, KAITI, LINE, WIDTH};
use crate::html::addressee;
use crate::official::Document;
use crate::text::{break_title, width};

/// Everything above the text.
pub(super) fn write(document: &Document, ink: &Ink) -> String {
    let mut out = marks(document, ink);
    out.push_str(&red_head(&document.issuer, ink));
    out.push_str(&number_line(document, ink));
    // The title stands two lines below the red line, the addressee one line below the title.
    out.push_str(&blank());
    out.push_str(&blank());
    out.push_str(&title(&document.title, "Title", ink));
    out.push_str(&blank());
    if !document.addressee.trim().is_empty() {
        out.push_str(&paragraph(
            "Plain",
            &ink.words(&addressee(&document.addressee, ink.lang)),
        ));
    }
    out
}

/// A title, broken into balanced lines.
pub(super) fn title(text: &str, style: &str, ink: &Ink) -> String {
    // 156 mm hold twenty characters of 22 pt.
    paragraph(style, &ink.words(&break_title(text, 20).join("\n")))
}

/// Secrecy and urgency take the first lines; what is left of 35 mm is kept empty, so that the red head never moves.
fn marks(document: &Document, ink: &Ink) -> String {
    let marks: Vec<&String> = [&document.secrecy, &document.urgency]
        .into_iter()
        .flatten()
        .collect();
    let mut out = String::new();
    for mark in &marks {
        out.push_str(&paragraph("Mark", &ink.words(mark)));
    }
    let used = LINE * u32::try_from(marks.len()).unwrap_or(0);
    let rest = HEAD_DROP.saturating_sub(used);
    let height = format!("<w:spacing w:line=\"{rest}\" w:lineRule=\"exact\"/>");
    out.push_str(&paragraph_with("Plain", &height, ""));
    out
}

/// The red head on one line if it can: as large as 62 pt, as small as 24 pt; a short one is spaced out.
fn red_head(issuer: &str, ink: &Ink) -> String {
    if issuer.trim().is_empty() {
        return String::new();
    }
    let issuer = issuer.trim();
    let halves = u32::try_from(width(issuer)).unwrap_or(u32::MAX).max(1);
    let points = (WIDTH / 10 / halves).clamp(24, 62);
    let letters = issuer.chars().count();
    // A masthead of few characters (督查通报) fills about two thirds of the line.
    let spread = if letters > 1 && letters <= 8 {
        let free = (WIDTH * 7 / 10).saturating_sub(halves * points * 10);
        (free / u32::try_from(letters - 1).unwrap_or(1)).min(points * 10)
    } else {
        0
    };
    let size = format!("<w:sz w:val=\"{0}\"/><w:szCs w:val=\"{0}\"/>", points * 2);
    let line = format!("<w:spacing w:line=\"{}\" w:lineRule=\"exact\"/>", points * 26);
    let mut chars = issuer.chars();
    let last = chars.next_back().map(String::from).unwrap_or_default();
    // The last character is not followed by a space, or the line would stand off centre.
    let runs = if spread > 0 {
        let spaced = format!("<w:spacing w:val=\"{spread}\"/>{size}");
        ink.run(chars.as_str(), &spaced) + &ink.run(&last, &size)
    } else {
        ink.run(issuer, &size)
    };
    paragraph_with("RedHead", &line, &runs)
}

/// The number two lines below the head, the signer on the same line; the red line 4 mm below it.
fn number_line(document: &Document, ink: &Ink) -> String {
    let number = document.number.as_deref().unwrap_or_default();
    let mut out = blank();
    out.push_str(&blank());
    out.push_str(&match &document.signer {
        None => paragraph("Number", &ink.words(number)),
        Some(signer) => {
            // One character in from the left and from the right, the name in Kaiti. Not by indents: the red line
            // below would become as narrow as they are.
            let tab = WIDTH - CHAR;
            let place =
                format!("<w:tabs><w:tab w:val=\"right\" w:pos=\"{tab}\"/></w:tabs><w:jc w:val=\"left\"/>");
            let name = ink.run_in(KAITI.name, signer, "");
            let words = ink.words(&format!("\u{3000}{number}\t{}", t(ink.lang, "report.signer")));
            paragraph_with("Number", &place, &format!("{words}{name}"))
        }
    });
    out
}
