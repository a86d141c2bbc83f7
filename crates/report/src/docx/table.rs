//! Tables of the text and the row of key figures.

use bihuan_messages::t;

use super::form::{SIZE_5, SIZE_SMALL_4, WIDTH};
use super::run::{Ink, paragraph, paragraph_with};
use crate::official::{Align, Figure, Span, Table};
use crate::text::width;

/// Room at the left and right of a cell's text, in twips.
const PADDING: u32 = 85;
/// Key figures side by side.
const FIGURES_IN_A_ROW: usize = 4;

/// A table with its caption above and its note below. The head is repeated on every page.
pub(super) fn write(table: &Table, ink: &mut Ink) -> String {
    write_in(table, WIDTH, ink)
}

/// As [`write`], in a text block of another width.
pub(super) fn write_in(table: &Table, total: u32, ink: &mut Ink) -> String {
    let count = table
        .rows
        .iter()
        .map(Vec::len)
        .max()
        .unwrap_or(0)
        .max(table.columns.len());
    let mut out = String::new();
    if !table.caption.is_empty() {
        out.push_str(&paragraph("Caption", &ink.words(&table.caption)));
    }
    if count == 0 {
        return out;
    }
    let natural: Vec<u32> = (0..count).map(|at| natural_half_widths(table, at)).collect();
    let size = size_for(&natural, table, total);
    let widths = widths(table, &natural, size, total);
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

/// The widest line of a column in half-width letters, its head included.
fn natural_half_widths(table: &Table, at: usize) -> u32 {
    let head = table.columns.get(at).map_or(0, |c| spaced_width(&c.label));
    cells_half_widths(table, at).max(head.min(400))
}

fn cells_half_widths(table: &Table, at: usize) -> u32 {
    let cells = table
        .rows
        .iter()
        .filter_map(|row| row.get(at))
        .map(|cell| spaced_width(&text_of(cell)));
    cells.max().unwrap_or(0).clamp(2, 400)
}

/// Word processors put a quarter of a character between a figure and a Chinese character, whether told to or not.
fn spaced_width(text: &str) -> u32 {
    u32::try_from(width(text) + seams(text).div_ceil(2)).unwrap_or(u32::MAX)
}

/// Where a figure or Latin letter meets a Chinese character.
fn seams(text: &str) -> usize {
    let seam = |(a, b): (char, char)| {
        a.is_ascii_alphanumeric() != b.is_ascii_alphanumeric() && !(a.is_ascii() && b.is_ascii())
    };
    text.chars()
        .zip(text.chars().skip(1))
        .filter(|pair| seam(*pair))
        .count()
}

fn text_of(cell: &[Span]) -> String {
    cell.iter().map(|span| span.text.as_str()).collect()
}

/// A half-width letter of `size` half-points is a quarter of that wide in points, five times as many twips.
fn twips(halves: u32, size: u32) -> u32 {
    halves * size * 5
}

/// The normal size if the columns that must not wrap leave room for the others, else the smaller one.
fn size_for(natural: &[u32], table: &Table, block: u32) -> u32 {
    let fixed: u32 = natural
        .iter()
        .enumerate()
        .map(|(at, halves)| {
            let wraps = table.columns.get(at).is_none_or(|c| c.align == Align::Left);
            twips(if wraps { (*halves).min(16) } else { *halves }, SIZE_SMALL_4) + 2 * PADDING
        })
        .sum();
    if fixed > block { SIZE_5 } else { SIZE_SMALL_4 }
}

/// The widths of the columns: wished shares if there are any; else figures get what they need and words the rest.
fn widths(table: &Table, natural: &[u32], size: u32, block: u32) -> Vec<u32> {
    let wished: Vec<u32> = (0..natural.len())
        .map(|at| table.columns.get(at).map_or(0, |c| c.width))
        .collect();
    if wished.iter().any(|w| *w > 0) {
        let given: Vec<u32> = wished.iter().filter(|w| **w > 0).copied().collect();
        let count = u32::try_from(given.len()).unwrap_or(1).max(1);
        let mean = given.iter().map(|w| (*w).min(10_000)).sum::<u32>() / count;
        return share(
            &wished
                .iter()
                .map(|w| if *w > 0 { (*w).min(10_000) } else { mean })
                .collect::<Vec<_>>(),
            block,
        );
    }
    let needs: Vec<u32> = natural
        .iter()
        .map(|halves| twips(*halves, size) + 2 * PADDING + 20)
        .collect();
    let total: u32 = needs.iter().sum();
    if total <= block {
        return share(&needs, block);
    }
    let words = |at: usize| table.columns.get(at).is_none_or(|c| c.align == Align::Left);
    // A head over figures may take two lines.
    let needs: Vec<u32> = needs
        .iter()
        .enumerate()
        .map(|(at, need)| {
            let head = u32::try_from(table.columns.get(at).map_or(0, |c| width(&c.label)))
                .unwrap_or(u32::MAX)
                .min(400);
            let halved = cells_half_widths(table, at)
                .max(head.div_ceil(4) * 2)
                .max(head.min(4));
            if words(at) {
                *need
            } else {
                twips(halved, size) + 2 * PADDING + 20
            }
        })
        .collect();
    let fixed: u32 = needs
        .iter()
        .enumerate()
        .filter(|(at, _)| !words(*at))
        .map(|(_, w)| *w)
        .sum();
    if fixed * 10 > block * 7 || (0..needs.len()).all(|at| !words(at)) {
        return share(
            &needs.iter().map(|w| (*w).min(block / 3)).collect::<Vec<_>>(),
            block,
        );
    }
    // Long sentences get more than short names, but no column of words is starved.
    let weights: Vec<u32> = natural.iter().map(|halves| (*halves).clamp(6, 52)).collect();
    let sum: u32 = weights
        .iter()
        .enumerate()
        .filter(|(at, _)| words(*at))
        .map(|(_, w)| *w)
        .sum();
    let room = block - fixed;
    let width_of = |(at, (need, weight)): (usize, (&u32, &u32))| {
        if words(at) {
            room * weight / sum.max(1)
        } else {
            *need
        }
    };
    needs.iter().zip(&weights).enumerate().map(width_of).collect()
}

/// Divides `total` by weight; the last share takes what rounding leaves.
fn share(weights: &[u32], total: u32) -> Vec<u32> {
    let sum: u64 = weights.iter().copied().map(u64::from).sum::<u64>().max(1);
    let mut out: Vec<u32> = weights
        .iter()
        .map(|w| u32::try_from(u64::from(*w) * u64::from(total) / sum).unwrap_or(total))
        .collect();
    let rest = total.saturating_sub(out.iter().sum());
    if let Some(last) = out.last_mut() {
        *last += rest;
    }
    out
}

fn lines_of(cell: &[Span], width_twips: u32, size: u32) -> u32 {
    let room = width_twips.saturating_sub(2 * PADDING).max(1);
    let text = text_of(cell);
    text.lines()
        .map(|line| {
            let halves = u32::try_from(width(line)).unwrap_or(u32::MAX).min(1_000_000);
            twips(halves, size).div_ceil(room).max(1)
        })
        .sum()
}
