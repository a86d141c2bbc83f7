//! Tables of the text and the row of key figures.

use bihuan_messages::t;

use super::run::{Ink, paragraph, paragraph_with};
use crate::columns::{Columns, lines_of};
use crate::form::{SIZE_SMALL_4, WIDTH};
use crate::official::{Align, Figure, Table};

/// Key figures side by side.
const FIGURES_IN_A_ROW: usize = 4;

/// A table with its caption above and its note below. The head is repeated on every page.
pub(super) fn write(table: &Table, ink: &mut Ink) -> String {
    write_in(table, WIDTH, ink)
}

/// As [`write`], in a text block of another width.
pub(super) fn write_in(table: &Table, total: u32, ink: &mut Ink) -> String {
    let mut out = String::new();
    if !table.caption.is_empty() {
        out.push_str(&paragraph("Caption", &ink.words(&table.caption)));
    }
    let Columns { widths, size } = Columns::of(table, total);
    if widths.is_empty() {
        return out;
    }
    out.push_str(&open(&widths, "TableGrid"));
    if !table.columns.is_empty() {
        out.push_str("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
        for (at, width) in widths.iter().enumerate() {
            let label = table.columns.get(at).map_or("", |c| c.label.as_str());
            let words = ink.run(label, &size_of(size));
            out.push_str(&cell(
                *width,
                "center",
                &paragraph_with("CellHead", &pitch(size), &words),
            ));
        }
        out.push_str("</w:tr>\n");
    }
    for (at, row) in table.rows.iter().enumerate() {
        // The note stays with the last row.
        let keep = if at + 1 == table.rows.len() && !table.note.is_empty() {
            "<w:keepNext/>"
        } else {
            ""
        };
        // A row higher than a page must be allowed to break, or its end would be cut off.
        let tall = row
            .iter()
            .zip(&widths)
            .any(|(cell, width)| lines_of(cell, *width, size) > 12);
        out.push_str(if tall {
            "<w:tr>"
        } else {
            "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
        });
        for (at, width) in widths.iter().enumerate() {
            let words = ink.spans(row.get(at).map_or(&[][..], Vec::as_slice), &size_of(size));
            let align = alignment(table.columns.get(at).map(|c| c.align).unwrap_or_default());
            let look = format!("{keep}{}<w:jc w:val=\"{align}\"/>", pitch(size));
            out.push_str(&cell(*width, "center", &paragraph_with("Cell", &look, &words)));
        }
        out.push_str("</w:tr>\n");
    }
    out.push_str("</w:tbl>\n");
    let note = if table.note.is_empty() {
        String::new()
    } else {
        format!("{}{}", t(ink.lang, "report.note"), table.note)
    };
    out.push_str(&paragraph("TableNote", &ink.words(&note)));
    out
}

/// Key figures side by side, the number large, its name and base below.
pub(super) fn figures(figures: &[Figure], ink: &mut Ink) -> String {
    let mut out = String::new();
    let in_a_row = figures.len().clamp(1, FIGURES_IN_A_ROW);
    let Ok(columns) = u32::try_from(in_a_row) else {
        return out;
    };
    if figures.is_empty() {
        return out;
    }
    let widths = vec![WIDTH / columns; in_a_row];
    out.push_str(&paragraph_with("TableNote", "<w:keepNext/>", ""));
    out.push_str(&open(&widths, "Figures"));
    for row in figures.chunks(in_a_row) {
        out.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        for (at, width) in widths.iter().enumerate() {
            let content = row.get(at).map_or_else(
                || paragraph("FigureName", ""),
                |figure| {
                    let value = ink.spans(&figure.value, "");
                    let mut content = paragraph("FigureValue", &value);
                    content.push_str(&paragraph("FigureName", &ink.words(&figure.label)));
                    if !figure.note.is_empty() {
                        content.push_str(&paragraph("FigureNote", &ink.words(&figure.note)));
                    }
                    content
                },
            );
            out.push_str(&cell(*width, "top", &content));
        }
        out.push_str("</w:tr>\n");
    }
    out.push_str("</w:tbl>\n");
    out.push_str(&paragraph("TableNote", ""));
    out
}

fn open(widths: &[u32], style: &str) -> String {
    let grid: String = widths
        .iter()
        .map(|w| format!("<w:gridCol w:w=\"{w}\"/>"))
        .collect();
    let total: u32 = widths.iter().sum();
    format!(
        "<w:tbl><w:tblPr><w:tblStyle w:val=\"{style}\"/><w:tblW w:w=\"{total}\" w:type=\"dxa\"/><w:jc \
         w:val=\"center\"/><w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>\n"
    )
}

fn cell(width: u32, vertical: &str, content: &str) -> String {
    format!(
        "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/><w:vAlign w:val=\"{vertical}\"/></w:tcPr>{content}</w:tc>"
    )
}

fn size_of(size: u32) -> String {
    if size == SIZE_SMALL_4 {
        return String::new();
    }
    format!("<w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/>")
}

fn pitch(size: u32) -> String {
    if size == SIZE_SMALL_4 {
        return String::new();
    }
    // A line of a table is one and two thirds of its letters high.
    format!("<w:spacing w:line=\"{}\" w:lineRule=\"exact\"/>", size * 50 / 3)
}

fn alignment(align: Align) -> &'static str {
    match align {
        Align::Left => "left",
        Align::Center => "center",
        Align::Right => "right",
    }
}
