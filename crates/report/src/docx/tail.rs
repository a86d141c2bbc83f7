//! What follows the text: list of annexes, signature and date, note, annexes, and the imprint (版记) at the foot of the last page.

use bihuan_messages::{t, tf};

use super::body;
use super::head;
use super::run::{Ink, blank, paragraph, paragraph_with};
use crate::form::{CHAR, LEFT, LINE, SIZE_4, WIDTH};
use crate::html::{annex_label, copies};
use crate::official::{Annex, Document, PrintedBy};
use crate::text::{day, width};

/// Everything below the text.
pub(super) fn write(document: &Document, ink: &mut Ink) -> String {
    let mut out = annex_list(&document.annexes, ink);
    out.push_str(&signature(document, ink));
    if let Some(provenance) = &document.provenance {
        out.push_str(&paragraph("Provenance", &ink.words(provenance)));
    }
    for (at, annex) in document
        .annexes
        .iter()
        .enumerate()
        .filter(|(_, annex)| !annex.body.is_empty())
    {
        let label = annex_label(at + 1, document.annexes.len(), ink.lang);
        out.push_str(&paragraph_with(
            "Mark",
            "<w:pageBreakBefore/>",
            &ink.words(&label),
        ));
        out.push_str(&blank());
        out.push_str(&head::title(&annex.title, "AnnexTitle", ink));
        out.push_str(&blank());
        out.push_str(&body::write(&annex.body, false, ink));
    }
    out.push_str(&imprint(document, ink));
    out
}

/// 附件：1. … one line below the text, two characters in; names hang behind their numbers.
fn annex_list(annexes: &[Annex], ink: &Ink) -> String {
    let Some(first) = annexes.first() else {
        return String::new();
    };
    let mut out = paragraph_with("Plain", "<w:keepNext/>", "");
    let label = format!("{}{}", t(ink.lang, "report.annex"), t(ink.lang, "report.colon"));
    if annexes.len() == 1 {
        let place = format!(
            "<w:keepNext/><w:ind w:left=\"{}\" w:hanging=\"{}\"/>",
            CHAR * 5,
            CHAR * 3
        );
        out.push_str(&paragraph_with(
            "Plain",
            &place,
            &ink.words(&format!("{label}{}", first.title)),
        ));
        return out;
    }
    let names = CHAR * 6;
    for (at, annex) in annexes.iter().enumerate() {
        let (lead, hanging) = if at == 0 {
            (label.as_str(), CHAR * 4)
        } else {
            ("", CHAR)
        };
        let place = format!(
            "<w:keepNext/><w:tabs><w:tab w:val=\"left\" w:pos=\"{names}\"/></w:tabs><w:ind w:left=\"{names}\" w:hanging=\"{hanging}\"/>"
        );
        let words = ink.words(&format!("{lead}{}.\t{}", at + 1, annex.title));
        out.push_str(&paragraph_with("Plain", &place, &words));
    }
    out
}

/// The date four characters from the right, the unit centred above it, as for a document that is sealed.
///
/// One paragraph, so that no page break can come between the two.
fn signature(document: &Document, ink: &Ink) -> String {
    let date = document.date.map(|date| day(date, ink.lang)).unwrap_or_default();
    let lines: Vec<&str> = [document.signature.as_str(), &date]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    // Widths in half characters; the longest line of the form has 56.
    let halves = |text: &str| u32::try_from(width(text).min(44)).unwrap_or(44);
    let (unit, date_width) = (halves(&document.signature), halves(&date));
    let middle = 8 + date_width.max(unit.min(8)) / 2;
    // Half of the block in which both are centred; a long name pushes the block in from the edge. Word processors put
    // a quarter of a character between figures and Chinese characters, which a date has five times.
    let half = unit.max(date_width + 3) / 2 + 1;
    let middle = middle.max(half);
    let right = (middle - half) * CHAR / 2;
    let left = WIDTH.saturating_sub((middle + half) * CHAR / 2);
    // Two lines are left free above, where the seal will stand.
    let look = format!(
        "<w:keepLines/><w:spacing w:before=\"{}\"/><w:ind w:left=\"{left}\" w:right=\"{right}\"/><w:jc w:val=\"center\"/>",
        LINE * 2
    );
    paragraph_with("Plain", &look, &ink.words(&lines.join("\n")))
}

/// Copies and print between their lines, the last one on the lower edge of the text block of the last page.
///
/// A table that floats. It is placed from the edge of the *page*: LibreOffice lets a table as wide as the text block
/// float only then.
fn imprint(document: &Document, ink: &Ink) -> String {
    let copies = (!document.copies_to.is_empty()).then(|| copies_line(&document.copies_to, ink));
    let printed = document
        .printed_by
        .as_ref()
        .map(|printed| printed_line(printed, ink));
    let rows: Vec<String> = [copies, printed].into_iter().flatten().collect();
    if rows.is_empty() {
        return String::new();
    }
    let names: usize = document.copies_to.iter().map(|name| width(name) + 2).sum();
    // A list of copies that fills a page cannot stand at a page's foot: it simply follows.
    let place = if names < 800 {
        format!(
            "<w:tblpPr w:leftFromText=\"0\" w:rightFromText=\"0\" w:vertAnchor=\"margin\" w:horzAnchor=\"page\" \
             w:tblpX=\"{LEFT}\" w:tblpYSpec=\"bottom\"/><w:tblOverlap w:val=\"never\"/>"
        )
    } else {
        String::new()
    };
    let mut out = format!(
        "<w:tbl><w:tblPr><w:tblStyle w:val=\"Imprint\"/>{place}<w:tblW w:w=\"{WIDTH}\" w:type=\"dxa\"/><w:tblLayout \
         w:type=\"fixed\"/></w:tblPr><w:tblGrid><w:gridCol w:w=\"{WIDTH}\"/></w:tblGrid>\n"
    );
    for row in rows {
        out.push_str(&format!(
            "<w:tr><w:tc><w:tcPr><w:tcW w:w=\"{WIDTH}\" w:type=\"dxa\"/></w:tcPr>{row}</w:tc></w:tr>\n"
        ));
    }
    out.push_str("</w:tbl>\n");
    // The file format wants a paragraph after the last table.
    out.push_str(&paragraph("End", ""));
    out
}

/// One character in from both sides; further lines begin below the first name.
fn copies_line(to: &[String], ink: &Ink) -> String {
    let letter = SIZE_4 * 10;
    let lead = u32::try_from(width(t(ink.lang, "report.copies_to"))).unwrap_or(6) * letter / 2;
    let place = format!(
        "<w:ind w:left=\"{}\" w:right=\"{letter}\" w:hanging=\"{lead}\"/>",
        letter + lead
    );
    paragraph_with("ImprintLine", &place, &ink.words(&copies(to, ink.lang)))
}

fn printed_line(printed: &PrintedBy, ink: &Ink) -> String {
    let letter = SIZE_4 * 10;
    let place = format!(
        "<w:tabs><w:tab w:val=\"right\" w:pos=\"{}\"/></w:tabs><w:ind w:left=\"{letter}\" w:right=\"{letter}\"/>",
        WIDTH - letter
    );
    let date = tf(
        ink.lang,
        "report.printed",
        &[("date", &day(printed.date, ink.lang))],
    );
    paragraph_with(
        "ImprintLine",
        &place,
        &ink.words(&format!("{}\t{date}", printed.office)),
    )
}
