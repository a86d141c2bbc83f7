//! What stands around the text: head and title, signature and imprint, page numbers, the mark of a draft.

use bihuan_messages::{Lang, t, tf};

use super::flow::{Flow, Ink, Look, Mark, Stand, height, mils, size};
use super::glyphs::{Faces, Mils};
use super::{Use, body};
use crate::form::{
    BOTTOM, CHAR, HEAD_DROP, HEADER, LEFT, LINE, PAGE, SIZE_2, SIZE_3, SIZE_4, SIZE_SMALL_4, TOP, WIDTH,
};
use crate::html::{addressee, annex_label, copies};
use crate::official::{Annex, Block, Document};
use crate::text::{break_title, day, width};

/// The pages of a document.
pub(super) fn lay_out(document: &Document, faces: &mut Faces<'_>, lang: Lang) -> Vec<Vec<Mark>> {
    let mut flow = Flow::new(faces, document.link_base.as_deref());
    head(document, &mut flow, lang);
    let signed = !document.signature.is_empty() || document.date.is_some();
    // A short last paragraph stays with the signature, so that the signature does not stand on a page alone.
    let kept = if signed && document.annexes.is_empty() {
        4 * mils(LINE)
    } else {
        0
    };
    body::write(&document.body, kept, &mut flow, lang);
    annex_list(&document.annexes, &mut flow, lang);
    signature(document, &mut flow, lang);
    if let Some(provenance) = &document.provenance {
        let look = Look {
            indent: size(SIZE_SMALL_4) * 2,
            ..Look::sized(SIZE_SMALL_4, 360)
        };
        let lines = flow.broken(provenance, look, mils(WIDTH));
        flow.set(&lines, look);
    }
    let annexes = document.annexes.iter().enumerate();
    for (at, annex) in annexes.filter(|(_, annex)| !annex.body.is_empty()) {
        flow.turn();
        let label = annex_label(at.saturating_add(1), document.annexes.len(), lang);
        say(
            &label,
            Look::text().in_face(Use::Heading).standing(Stand::Left),
            &mut flow,
        );
        flow.skip(mils(LINE));
        title(&annex.title, &mut flow);
        flow.skip(mils(LINE));
        body::write(&annex.body, 0, &mut flow, lang);
    }
    imprint(document, &mut flow, lang);
    number_pages(document, &mut flow, lang);
    flow.pages
}

fn say(text: &str, look: Look, flow: &mut Flow<'_, '_>) {
    let lines = flow.broken(text, look, mils(WIDTH));
    flow.set(&lines, look);
}

/// Secrecy and urgency, the red head 35 mm down, the number, the red line, the title and to whom it goes.
fn head(document: &Document, flow: &mut Flow<'_, '_>, lang: Lang) {
    let plain = Look::text();
    let mark = plain.in_face(Use::Heading).standing(Stand::Left);
    for text in [&document.secrecy, &document.urgency].into_iter().flatten() {
        say(text, mark, flow);
    }
    flow.used = flow.used.max(mils(HEAD_DROP).min(height()));
    red_head(document.issuer.trim(), flow);
    number_line(document, flow, lang);
    // The title stands two lines below the red line, the addressee one line below the title.
    flow.skip(2 * mils(LINE));
    title(&document.title, flow);
    flow.skip(mils(LINE));
    if !document.addressee.trim().is_empty() {
        say(&addressee(&document.addressee, lang), plain, flow);
    }
}

/// As large as 62 pt, as small as 24 pt, on one line if it can; a short one is spaced out.
fn red_head(issuer: &str, flow: &mut Flow<'_, '_>) {
    if issuer.is_empty() {
        return;
    }
    let halves = u32::try_from(width(issuer)).unwrap_or(u32::MAX).max(1);
    let points = (WIDTH / 10 / halves).clamp(24, 62);
    let letters = u32::try_from(issuer.chars().count()).unwrap_or(u32::MAX);
    let spread = if letters > 1 && letters <= 8 {
        let free = (WIDTH * 7 / 10).saturating_sub(halves * points * 10);
        (free / (letters - 1)).min(points * 10)
    } else {
        0
    };
    let mut look = Look::sized(points * 2, points * 26)
        .in_face(Use::Title)
        .standing(Stand::Center);
    look.measure.spacing = mils(spread);
    look.ink = Ink::Red;
    say(issuer, look, flow);
}

/// The number two lines below the head, the signer on the same line; the red line 4 mm below it.
fn number_line(document: &Document, flow: &mut Flow<'_, '_>, lang: Lang) {
    let number = document.number.as_deref().unwrap_or_default();
    let plain = Look::text();
    flow.skip(2 * mils(LINE));
    flow.room(plain.pitch);
    let top = mils(TOP).saturating_add(flow.used);
    let (left, block) = (mils(LEFT), mils(WIDTH));
    let whole = flow.broken(number, plain, block);
    match (&document.signer, whole.as_slice()) {
        // One character in from the left and from the right, the name in Kaiti.
        (Some(signer), [line]) => {
            let inner = block - 2 * mils(CHAR);
            let from = left + mils(CHAR);
            flow.line(line, true, plain.standing(Stand::Left), from, top, inner);
            let script = plain.in_face(Use::Second).standing(Stand::Right);
            let name = flow.broken(signer, script, inner);
            let label = flow.broken(t(lang, "report.signer"), plain, inner);
            if let ([name], [label]) = (name.as_slice(), label.as_slice()) {
                flow.line(name, true, script, from, top, inner);
                let before = inner - script.measure.length(&name.glyphs);
                flow.line(label, true, plain.standing(Stand::Right), from, top, before);
            }
            flow.used = flow.used.saturating_add(plain.pitch);
        }
        _ => flow.set(&whole, plain.standing(Stand::Center)),
    }
    // 11 pt are 4 mm; the line is 1.5 pt thick.
    flow.used = flow.used.saturating_add(11_000);
    let y = mils(TOP).saturating_add(flow.used);
    flow.mark(Mark::Rule {
        x: left,
        y,
        width: block,
        height: 1_500,
        ink: Ink::Red,
    });
}

fn title(text: &str, flow: &mut Flow<'_, '_>) {
    let look = Look::sized(SIZE_2, 680)
        .in_face(Use::Title)
        .standing(Stand::Center);
    // 156 mm hold twenty characters of 22 pt.
    say(&break_title(text, 20).join("\n"), look, flow);
}

/// The names of the annexes one line below the text, two characters in, hanging behind their numbers.
fn annex_list(annexes: &[Annex], flow: &mut Flow<'_, '_>, lang: Lang) {
    if annexes.is_empty() {
        return;
    }
    // The list stays with the signature below it.
    let lines = Mils::try_from(annexes.len()).unwrap_or(Mils::MAX);
    flow.room(mils(LINE).saturating_mul(lines.saturating_add(5)));
    flow.skip(mils(LINE));
    let label = format!("{}{}", t(lang, "report.annex"), t(lang, "report.colon"));
    for (at, annex) in annexes.iter().enumerate() {
        let number = if annexes.len() > 1 {
            format!("{}. ", at.saturating_add(1))
        } else {
            String::new()
        };
        let lead = if at == 0 { label.as_str() } else { "" };
        let name = format!("{lead}{number}{}", annex.title);
        let own = Look::text();
        let of_label = {
            let glyphs = flow.faces.glyphs(&label, Use::Text, None);
            own.measure.length(&glyphs)
        };
        let of_number = {
            let glyphs = flow.faces.glyphs(&number, Use::Text, None);
            own.measure.length(&glyphs)
        };
        let from = mils(CHAR) * 2;
        let look = Look {
            indent: if at == 0 { from } else { from + of_label },
            hanging: from + of_label + of_number,
            ..own
        };
        say(&name, look, flow);
    }
}

/// The date four characters from the right, the unit centred above it, both on one page, two lines left free for the seal.
fn signature(document: &Document, flow: &mut Flow<'_, '_>, lang: Lang) {
    let date = document.date.map(|date| day(date, lang)).unwrap_or_default();
    let said = [document.signature.as_str(), date.as_str()];
    let said: Vec<&str> = said.into_iter().filter(|line| !line.is_empty()).collect();
    if said.is_empty() {
        return;
    }
    let look = Look::text().standing(Stand::Center);
    let block = mils(WIDTH);
    let measured = |flow: &mut Flow<'_, '_>, text: &str| -> Mils {
        let glyphs = flow.faces.glyphs(text, look.uses, None);
        look.measure.length(&glyphs).min(block)
    };
    let widest = said.iter().map(|text| measured(flow, text)).max().unwrap_or(0);
    let own = if date.is_empty() {
        widest
    } else {
        measured(flow, &date)
    };
    // The middle of the date lies four characters and half of it from the right; a long name pushes it in from the edge.
    let middle = (mils(CHAR) * 4 + own / 2).max(widest / 2 + mils(CHAR));
    let wide = (2 * middle).min(block);
    let left = mils(LEFT) + block - wide;
    flow.room(look.pitch * 4);
    flow.used = flow.used.saturating_add(2 * look.pitch);
    for text in said {
        for line in flow.broken(text, look, wide) {
            flow.room(look.pitch);
            let top = mils(TOP).saturating_add(flow.used);
            flow.line(&line, true, look, left, top, wide);
            flow.used = flow.used.saturating_add(look.pitch);
        }
    }
}

/// Copies and print between their lines, the last one on the lower edge of the text block of the last page.
fn imprint(document: &Document, flow: &mut Flow<'_, '_>, lang: Lang) {
    let look = Look::sized(SIZE_4, 480).standing(Stand::Left);
    let letter = look.measure.size;
    let inner = mils(WIDTH) - 2 * letter;
    let lead = flow.faces.glyphs(t(lang, "report.copies_to"), look.uses, None);
    let hanging = look.measure.length(&lead);
    let to = Look { hanging, ..look };
    let copied = if document.copies_to.is_empty() {
        Vec::new()
    } else {
        flow.broken(&copies(&document.copies_to, lang), to, inner)
    };
    let printed = document.printed_by.as_ref().map(|printed| {
        let date = tf(lang, "report.printed", &[("date", &day(printed.date, lang))]);
        (
            flow.broken(&printed.office, look, inner),
            flow.broken(&date, look, inner),
        )
    });
    if copied.is_empty() && printed.is_none() {
        return;
    }
    let offices = printed.as_ref().map_or(0, |(office, _)| office.len());
    let lines = copied.len().saturating_add(offices);
    let needed = look
        .pitch
        .saturating_mul(Mils::try_from(lines).unwrap_or(Mils::MAX));
    flow.room(needed.saturating_add(mils(LINE)));
    // A list of copies that fills a page cannot stand at a page's foot: it simply follows.
    if needed < height() {
        flow.used = flow.used.max(height() - needed);
    }
    let edges = |flow: &mut Flow<'_, '_>, thick: Mils| {
        let y = mils(TOP).saturating_add(flow.used);
        flow.mark(Mark::Rule {
            x: mils(LEFT),
            y,
            width: mils(WIDTH),
            height: thick,
            ink: Ink::Black,
        });
    };
    edges(flow, 1_000);
    let left = mils(LEFT) + letter;
    for (at, line) in copied.iter().enumerate() {
        flow.room(look.pitch);
        let top = mils(TOP).saturating_add(flow.used);
        flow.line(line, at == 0, to, left, top, inner);
        flow.used = flow.used.saturating_add(look.pitch);
    }
    if let Some((office, date)) = printed {
        if !copied.is_empty() {
            edges(flow, 700);
        }
        for (at, line) in office.iter().enumerate() {
            let top = mils(TOP).saturating_add(flow.used);
            flow.line(line, true, look, left, top, inner);
            if let (0, Some(date)) = (at, date.first()) {
                flow.line(date, true, look.standing(Stand::Right), left, top, inner);
            }
            flow.used = flow.used.saturating_add(look.pitch);
        }
    }
    edges(flow, 1_000);
}

/// — 1 — 7 mm below the text block, one character in from the outer side; above it on every page that it is a draft.
fn number_pages(document: &Document, flow: &mut Flow<'_, '_>, lang: Lang) {
    let look = Look::sized(SIZE_4, 320);
    let pages = std::mem::take(&mut flow.pages);
    for (at, marks) in pages.into_iter().enumerate() {
        flow.pages.push(marks);
        let outside = if at % 2 == 0 { Stand::Right } else { Stand::Left };
        let inner = mils(WIDTH) - 2 * mils(CHAR);
        let number = format!("— {} —", at.saturating_add(1));
        let top = mils(PAGE.1 - BOTTOM).saturating_add(19_800);
        for line in flow.broken(&number, look, inner) {
            flow.line(&line, true, look.standing(outside), mils(LEFT + CHAR), top, inner);
        }
        if document.draft {
            draft_mark(flow, lang);
        }
    }
}

fn draft_mark(flow: &mut Flow<'_, '_>, lang: Lang) {
    let mut look = Look::sized(SIZE_4, 400)
        .in_face(Use::Heading)
        .standing(Stand::Center);
    look.measure.spacing = 4_000;
    look.ink = Ink::Grey;
    let top = mils(HEADER);
    for line in flow.broken(t(lang, "report.draft"), look, mils(WIDTH)) {
        flow.line(&line, true, look, mils(LEFT), top, mils(WIDTH));
    }
    for y in [top - 3_000, top.saturating_add(look.pitch).saturating_add(2_500)] {
        flow.mark(Mark::Rule {
            x: mils(LEFT),
            y,
            width: mils(WIDTH),
            height: 500,
            ink: Ink::Grey,
        });
    }
}

/// How high the first line of a block is, so that a heading can be kept with it.
pub(super) fn first_of(block: Option<&Block>) -> Mils {
    match block {
        None => 0,
        Some(Block::Heading { .. } | Block::Paragraph(_)) => size(SIZE_3) * 2,
        Some(Block::Table(_)) => mils(LINE) * 4,
        Some(Block::Figures(_)) => mils(LINE) * 3,
    }
}
