//! The picture as SVG: presentation attributes only (a strict content policy forbids inline styles), no ids (several
//! pictures may stand on one page), no colour but that of the text around.

use std::fmt::Write;

use bihuan_messages::Lang;

use super::layout::{Drawing, Line, Shape, Stroke};
use super::sheet::Sheet;

/// Chinese fonts for Chinese; in English their quotation marks would be too wide.
const FONTS_ZH: &str = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif";
const FONTS_EN: &str = "system-ui, Noto Sans, Segoe UI, sans-serif";

/// Renders a drawing.
pub(crate) fn render(sheet: &Sheet, drawing: &Drawing) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" \
         lang=\"{2}\" class=\"mechanism-diagram\" font-family=\"{5}\" fill=\"none\" stroke=\"currentColor\">\n\
         <title>{3}</title>\n<desc>{4}</desc>\n",
        drawing.width,
        drawing.height,
        sheet.lang.tag(),
        escape(&sheet.title),
        escape(&sheet.description),
        match sheet.lang {
            Lang::Zh => FONTS_ZH,
            Lang::En => FONTS_EN,
        },
    );
    for shape in &drawing.shapes {
        self::shape(&mut out, shape);
    }
    for line in &drawing.lines {
        self::line(&mut out, line);
    }
    out.push_str("<g fill=\"currentColor\" stroke=\"none\">\n");
    for text in &drawing.texts {
        let bold = if text.bold { " font-weight=\"bold\"" } else { "" };
        push(
            &mut out,
            format_args!(
                "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{bold}>{}</text>\n",
                text.x,
                text.y,
                text.size,
                escape(&text.text)
            ),
        );
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn shape(out: &mut String, shape: &Shape) {
    let (x, y, w, h) = (shape.x, shape.y, shape.width, shape.height);
    if shape.head > 0 {
        let (r, bottom) = (shape.round, y + shape.head);
        push(
            out,
            format_args!(
                "<path d=\"M{x} {bottom}V{}Q{x} {y} {} {y}H{}Q{right} {y} {right} {}V{bottom}Z\" fill=\"currentColor\" \
                 fill-opacity=\"0.07\" stroke=\"none\"/>\n",
                y + r,
                x + r,
                x + w - r,
                y + r,
                right = x + w
            ),
        );
    }
    push(
        out,
        format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{}\"{}/>\n",
            shape.round,
            attributes(shape.stroke)
        ),
    );
    if shape.stroke == Stroke::Double {
        push(
            out,
            format_args!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                x + 2,
                y + 2,
                w - 4,
                h - 4
            ),
        );
    }
}

fn line(out: &mut String, line: &Line) {
    let mut points = line.points.clone();
    let last_two = points
        .split_last()
        .and_then(|(last, rest)| Some((*last, *rest.last()?)));
    if let (true, Some((end, before))) = (line.arrow, last_two) {
        let (dx, dy) = ((end.0 - before.0).signum(), (end.1 - before.1).signum());
        let back =
            |along: i32, aside: i32| (end.0 - dx * along + dy * aside, end.1 - dy * along + dx * aside);
        let (a, b) = (back(8, 4), back(8, -4));
        push(
            out,
            format_args!(
                "<path d=\"M{} {}L{} {}L{} {}Z\" fill=\"currentColor\" stroke=\"none\"/>\n",
                end.0, end.1, a.0, a.1, b.0, b.1
            ),
        );
        if let Some(end) = points.last_mut() {
            *end = back(7, 0);
        }
    }
    let mut path = String::new();
    for (n, (x, y)) in points.iter().enumerate() {
        push(
            &mut path,
            format_args!("{}{x} {y}", if n == 0 { 'M' } else { 'L' }),
        );
    }
    if line.stroke == Stroke::Double {
        for by in [-2, 2] {
            let mut path = String::new();
            for (n, (x, y)) in points.iter().enumerate() {
                push(
                    &mut path,
                    format_args!("{}{} {y}", if n == 0 { 'M' } else { 'L' }, x + by),
                );
            }
            push(out, format_args!("<path d=\"{path}\"/>\n"));
        }
        return;
    }
    push(
        out,
        format_args!("<path d=\"{path}\"{}/>\n", attributes(line.stroke)),
    );
}

fn attributes(stroke: Stroke) -> &'static str {
    match stroke {
        Stroke::Hair => " stroke-opacity=\"0.35\"",
        Stroke::Plain => " stroke-width=\"1.3\"",
        Stroke::Thick => " stroke-width=\"2.2\"",
        Stroke::Double => "",
        Stroke::Dashed => " stroke-width=\"1.3\" stroke-dasharray=\"7 4\"",
        Stroke::Dotted => " stroke-width=\"1.6\" stroke-dasharray=\"2 3\"",
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Characters that turn the direction of text, or that XML does not allow.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {
                out.push('\u{fffd}')
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
