//! DOCX: paragraphs with their numbers, tables, text boxes and notes. Tracked changes are read as accepted, what was
//! struck out is left out; headers and footers of the page are no text.

mod numbering;
mod parts;

use bihuan_messages::Message;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::flow::Flow;
use super::{Kind, Opened, Unreadable, finish};
use numbering::{Numbering, Styles};
pub(super) use parts::package;
use parts::{Parts, attribute};

/// Elements whose whole content is left out: what was deleted or moved away, the older form of a drawing, the reading
/// aid over a character, and text that only a field or the page's machinery uses.
const LEFT_OUT: &[&str] = &[
    "w:del",
    "w:moveFrom",
    "mc:Fallback",
    "w:rt",
    "w:instrText",
    "w:delText",
    "w:fldData",
    "w:pPrChange",
    "w:rPrChange",
    "w:tblPrChange",
    "w:tcPrChange",
    "w:trPrChange",
    "w:sectPrChange",
    "m:oMathPara",
];

/// Text boxes inside text boxes that are followed.
const BOXES_MAX: usize = 4;

pub(super) fn open(bytes: &[u8]) -> Result<Opened, Unreadable> {
    let mut parts = Parts::of(bytes)?;
    let document = parts.text("word/document.xml")?.ok_or(damaged())?;
    let numbering = match parts.text("word/numbering.xml")? {
        Some(xml) => Numbering::read(&xml),
        None => Numbering::default(),
    };
    let styles = match parts.text("word/styles.xml")? {
        Some(xml) => Styles::read(&xml),
        None => Styles::default(),
    };
    let mut writer = Writer {
        flow: Flow::default(),
        numbering,
        styles,
        paragraph: Paragraph::default(),
        boxes: Vec::new(),
        tracked: false,
    };
    writer.body(&document)?;
    for (part, label) in [
        ("word/footnotes.xml", "reader.footnote"),
        ("word/endnotes.xml", "reader.endnote"),
    ] {
        if let Some(xml) = parts.text(part)? {
            writer.notes(&xml, label)?;
        }
    }
    let mut warnings = Vec::new();
    if writer.tracked {
        warnings.push(Message::new("reader.docx_tracked"));
    }
    finish(Kind::Docx, writer.flow.done()?, warnings)
}

fn damaged() -> Unreadable {
    Unreadable::Damaged { kind: "DOCX" }
}

struct Writer {
    flow: Flow,
    numbering: Numbering,
    styles: Styles,
    paragraph: Paragraph,
    /// Paragraphs around the text boxes that are open, and the texts of the boxes.
    boxes: Vec<(Paragraph, Vec<String>)>,
    /// Whether there were tracked changes.
    tracked: bool,
}

/// The paragraph that is being read.
#[derive(Default)]
struct Paragraph {
    text: String,
    style: Option<String>,
    list: Option<(String, usize)>,
    /// Texts of the boxes anchored in it; they follow it.
    boxes: Vec<String>,
    hidden: bool,
}

impl Writer {
    /// Reads the text of the document part.
    fn body(&mut self, xml: &str) -> Result<(), Unreadable> {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().check_end_names = false;
        let mut in_text = false;
        let mut skipped = 0usize;
        loop {
            match reader.read_event().map_err(|_| damaged())? {
                Event::Start(start) if skipped > 0 => {
                    let _ = start;
                    skipped = skipped.saturating_add(1);
                }
                Event::End(_) if skipped > 0 => skipped = skipped.saturating_sub(1),
                Event::Eof => return self.end(),
                _ if skipped > 0 => {}
                Event::Start(start) => {
                    let name = start.name();
                    let name = name.as_ref();
                    if LEFT_OUT.contains(&name) {
                        self.tracked |= matches!(name, "w:del" | "w:moveFrom");
                        skipped = 1;
                    } else if name == "w:t" {
                        in_text = true;
                    } else {
                        self.open(name, &start)?;
                    }
                }
                Event::End(end) => {
                    let name = end.name();
                    let name = name.as_ref();
                    if name == "w:t" {
                        in_text = false;
                    } else {
                        self.close(name)?;
                    }
                }
                Event::Text(text) if in_text && !self.paragraph.hidden => {
                    let text = text.xml_content(quick_xml::XmlVersion::Implicit1_0);
                    self.paragraph.text.push_str(&text);
                }
                Event::GeneralRef(name) if in_text && !self.paragraph.hidden => {
                    let name: &str = &name;
                    self.paragraph.text.push_str(&super::html::entity(name));
                }
                Event::CData(text) if in_text => {
                    let text: &str = &text;
                    self.paragraph.text.push_str(text);
                }
                _ => {}
            }
        }
    }

    /// What is never closed ends with the part.
    fn end(&mut self) -> Result<(), Unreadable> {
        self.end_paragraph()?;
        while let Some((around, texts)) = self.boxes.pop() {
            self.paragraph = around;
            self.paragraph.boxes.extend(texts);
            self.end_paragraph()?;
        }
        Ok(())
    }

    fn open(&mut self, name: &str, start: &BytesStart<'_>) -> Result<(), Unreadable> {
        let value = || attribute(start, "w:val");
        let number = || value().and_then(|value| value.parse::<u32>().ok());
        match name {
            "w:p" => {
                self.paragraph = Paragraph {
                    boxes: std::mem::take(&mut self.paragraph.boxes),
                    ..Paragraph::default()
                }
            }
            "w:pStyle" => self.paragraph.style = value(),
            "w:ilvl" => {
                let level = number().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
                let list = self.paragraph.list.get_or_insert_default();
                list.1 = level;
            }
            "w:numId" => {
                let list = self.paragraph.list.get_or_insert_default();
                list.0 = value().unwrap_or_default();
            }
            "w:r" => self.paragraph.hidden = false,
            "w:vanish" => self.paragraph.hidden = !matches!(value().as_deref(), Some("0" | "false")),
            "w:tab" | "w:ptab" if self.boxes.is_empty() || !self.paragraph.text.is_empty() => {
                self.paragraph.text.push(' ');
            }
            "w:br" | "w:cr" => self.paragraph.text.push('\n'),
            "w:noBreakHyphen" => self.paragraph.text.push('-'),
            "w:ins" | "w:moveTo" => self.tracked = true,
            "w:tbl" if self.boxes.is_empty() => self.flow.open_table()?,
            "w:tr" if self.boxes.is_empty() => self.flow.open_row()?,
            "w:tc" if self.boxes.is_empty() => self.flow.open_cell(1, 1, false)?,
            "w:gridSpan" if self.boxes.is_empty() => self.flow.shape_cell(number(), None),
            "w:vMerge" if self.boxes.is_empty() => {
                self.flow
                    .shape_cell(None, Some(value().as_deref() != Some("restart")));
            }
            "w:txbxContent" if self.boxes.len() < BOXES_MAX => {
                let around = std::mem::take(&mut self.paragraph);
                self.boxes.push((around, Vec::new()));
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), Unreadable> {
        match name {
            "w:p" => self.end_paragraph(),
            "w:r" => {
                self.paragraph.hidden = false;
                Ok(())
            }
            "w:tc" if self.boxes.is_empty() => self.flow.close_cell(),
            "w:tbl" if self.boxes.is_empty() => self.flow.close_table(),
            "w:txbxContent" => {
                if let Some((around, texts)) = self.boxes.pop() {
                    self.paragraph = around;
                    self.paragraph.boxes.extend(texts);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end_paragraph(&mut self) -> Result<(), Unreadable> {
        let paragraph = std::mem::take(&mut self.paragraph);
        let mut text = self.number(&paragraph);
        text.push_str(&paragraph.text);
        if let Some((_, texts)) = self.boxes.last_mut() {
            texts.push(text);
            texts.extend(paragraph.boxes);
            return Ok(());
        }
        let whole = std::iter::once(&text).chain(&paragraph.boxes);
        for line in whole.flat_map(|text| text.split('\n')) {
            self.flow.text(line);
            self.flow.end_line()?;
        }
        Ok(())
    }

    /// The number that Word prints before a paragraph, such as `一、` or `（三）`.
    fn number(&mut self, paragraph: &Paragraph) -> String {
        if paragraph.text.trim().is_empty() {
            return String::new();
        }
        let styled = paragraph
            .style
            .as_deref()
            .and_then(|style| self.styles.list(style));
        match paragraph.list.clone().or(styled) {
            Some((list, level)) if !list.is_empty() => self.numbering.next(&list, level),
            _ => String::new(),
        }
    }

    /// Notes stand at the end, each with its number.
    fn notes(&mut self, xml: &str, label: &str) -> Result<(), Unreadable> {
        let mut n = 0u32;
        for note in split_notes(xml) {
            let mut inner = Writer {
                flow: Flow::default(),
                numbering: Numbering::default(),
                styles: Styles::default(),
                paragraph: Paragraph::default(),
                boxes: Vec::new(),
                tracked: false,
            };
            inner.body(note)?;
            self.tracked |= inner.tracked;
            let (text, _) = inner.flow.done()?.done();
            let text: Vec<&str> = text.split_whitespace().collect();
            if text.is_empty() {
                continue;
            }
            n = n.saturating_add(1);
            if n == 1 {
                self.flow.gap()?;
            }
            let label = Message::new(label).show("n", n).text(bihuan_messages::Lang::Zh);
            self.flow.text(&label);
            self.flow.text(&text.join(" "));
            self.flow.end_line()?;
        }
        Ok(())
    }
}

/// The notes of a part, one piece of XML each.
fn split_notes(xml: &str) -> Vec<&str> {
    let mut notes = Vec::new();
    for name in ["<w:footnote ", "<w:endnote "] {
        for piece in xml.split(name).skip(1) {
            // The separator lines are notes too, of a type of their own.
            let head = piece.split('>').next().unwrap_or_default();
            if head.contains("w:type=\"separator\"") || head.contains("w:type=\"continuation") {
                continue;
            }
            let inner = piece.split_once('>').map_or("", |(_, rest)| rest);
            let end = if name.contains("footnote") {
                "</w:footnote>"
            } else {
                "</w:endnote>"
            };
            notes.push(inner.split(end).next().unwrap_or_default());
        }
    }
    notes
}
