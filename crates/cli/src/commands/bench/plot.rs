//! The sheet of `growth`: two curves over the same lengths of the log, as SVG without any library.

use std::fmt::Write as _;

use bihuan_messages::{Lang, t};

use super::growth::Point;

/// Width and height of the sheet, and of it the field of one curve.
const SHEET: (usize, usize) = (640, 460);
const FIELD: (usize, usize) = (480, 130);

/// Where the fields begin from the left, and each from the top.
const LEFT: usize = 90;
const TOPS: [usize; 2] = [50, 260];

/// Two curves over the same sizes, each from nought to a little over its largest value. Sizes stand at equal distances.
pub(super) fn drawn(points: &[Point], lang: Lang) -> String {
    let (width, height) = SHEET;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\" role=\"img\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
    );
    let rates = points
        .iter()
        .map(|point| (point.per_second.to_string(), point.per_second));
    let pages = points
        .iter()
        .map(|point| (point.p99.clone(), hundredths_of(&point.p99)));
    let curves: [(&str, Vec<(String, u128)>); 2] = [
        ("cli.bench_plot_rate", rates.collect()),
        ("cli.bench_plot_page", pages.collect()),
    ];
    for ((title, values), top) in curves.into_iter().zip(TOPS) {
        curve(&mut svg, t(lang, title), &values, top);
        for (n, point) in points.iter().enumerate() {
            let (x, y) = (across(n, points.len()), top + FIELD.1 + 18);
            let _ = write!(
                svg,
                "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{}</text>",
                point.entries
            );
        }
    }
    let (x, y) = (LEFT + FIELD.0 / 2, height - 14);
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{}</text></svg>",
        t(lang, "cli.bench_plot_entries")
    );
    svg
}

fn curve(svg: &mut String, title: &str, values: &[(String, u128)], top: usize) {
    let (bottom, right) = (top + FIELD.1, LEFT + FIELD.0);
    let most = values.iter().map(|(_, value)| *value).max().unwrap_or(0).max(1);
    let _ = write!(
        svg,
        "<text x=\"{LEFT}\" y=\"{}\" font-weight=\"bold\">{title}</text>\
         <path d=\"M{LEFT} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#888\"/>\
         <text x=\"{}\" y=\"{bottom}\" text-anchor=\"end\">0</text>",
        top - 22,
        LEFT - 8,
    );
    let mut line = String::new();
    let mut marks = String::new();
    for (n, (text, value)) in values.iter().enumerate() {
        let x = across(n, values.len());
        let up = u128::try_from(FIELD.1).unwrap_or(0) * 9 / 10 * value / most;
        let y = bottom.saturating_sub(usize::try_from(up).unwrap_or(0));
        let _ = write!(line, "{x},{y} ");
        let _ = write!(
            marks,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"4\" fill=\"#1d5fa8\"/><text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{text}</text>",
            y - 9
        );
    }
    let _ = write!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#1d5fa8\" stroke-width=\"2\"/>{marks}",
        line.trim_end()
    );
}

/// Where the `n`-th of so many sizes stands.
fn across(n: usize, of: usize) -> usize {
    LEFT + FIELD.0 * (2 * n + 1) / (2 * of.max(1))
}

/// A number with two decimals in hundredths.
fn hundredths_of(number: &str) -> u128 {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheet_shows_each_size_and_both_of_its_values_inside_its_frame() {
        let point = |entries: u64, per_second: u128, p99: &str| Point {
            entries,
            per_second,
            p99: p99.to_owned(),
            ..Point::default()
        };
        let points = [point(10_000, 9_500, "4.10"), point(100_000, 9_100, "7.70")];
        let svg = drawn(&points, Lang::En);
        for text in ["10000", "100000", "9500", "9100", "4.10", "7.70"] {
            assert!(svg.contains(&format!(">{text}</text>")), "{text}");
        }
        // The largest values stand at nine tenths of their fields.
        assert!(svg.contains("cy=\"63\"") && svg.contains("cy=\"273\""), "{svg}");
        assert!(drawn(&[], Lang::Zh).ends_with("</svg>\n"));
    }
}
