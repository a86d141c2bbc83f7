//! Lines over time: a large one with an axis, and the small ones that stand side by side on one scale. Inline SVG; the marks are links.

use bihuan_messages::{Lang, t, tf};
use jiff::civil::Date;
use maud::{Markup, html};

use crate::show;

/// The drawing's place, in its own units: left, right, top, bottom.
const LEFT: u64 = 44;
const RIGHT: u64 = 820;
const TOP: u64 = 30;
const BOTTOM: u64 = 210;

/// A point of a line.
#[derive(Clone, Debug)]
pub struct Point {
    /// The last day of its stretch.
    pub day: Date,
    /// The number.
    pub n: u64,
    /// Where its cases are listed.
    pub href: String,
}

/// A step of the axis so that two to five of them hold everything: 1, 2, 5, 10, 20, 50 …
fn step(most: u64) -> u64 {
    let mut size = 1_u64;
    loop {
        for step in [1, 2, 5] {
            let step = size.saturating_mul(step);
            if step.saturating_mul(4) >= most {
                return step;
            }
        }
        size = size.saturating_mul(10);
    }
}

fn path(points: &[(u64, u64)]) -> String {
    let mut path = String::new();
    for (nth, (x, y)) in points.iter().enumerate() {
        path.push_str(&format!("{}{x} {y}", if nth == 0 { "M" } else { "L" }));
    }
    path
}

/// What was open until today (`past`, which ends today), and what would be left if all were closed in time (`ahead`).
pub fn burn_down(lang: Lang, past: &[Point], ahead: &[Point]) -> Markup {
    let most = past.iter().chain(ahead).map(|point| point.n).max().unwrap_or(0);
    let step = step(most.max(1));
    let top = most.max(1).div_ceil(step).saturating_mul(step);
    let count = |n: usize| u64::try_from(n).unwrap_or(0);
    let places = count(past.len() + ahead.len()).saturating_sub(1).max(1);
    let x = |nth: u64| LEFT + (RIGHT - LEFT).saturating_mul(nth) / places;
    let y = |n: u64| BOTTOM - (BOTTOM - TOP).saturating_mul(n.min(top)) / top;
    let at = |points: &[Point], from: u64| -> Vec<(u64, u64)> {
        let nth = (from..).zip(points);
        nth.map(|(nth, point)| (x(nth), y(point.n))).collect()
    };
    let line = at(past, 0);
    let plan = at(ahead, count(past.len()));
    let now = count(past.len()).saturating_sub(1);
    let area = line
        .first()
        .zip(line.last())
        .map(|(first, last)| format!("{}L{} {BOTTOM}L{} {BOTTOM}Z", path(&line), last.0, first.0));
    let ticks = (0..=top / step).map(|nth| nth.saturating_mul(step));
    let mark = |point: &Point, (x, y): &(u64, u64), what: &str, class: &str| {
        let words = tf(
            lang,
            "chart.point",
            &[
                ("day", &show::date(point.day, lang)),
                ("what", &what),
                ("n", &show::count(point.n)),
            ],
        );
        html! {
            a href=(point.href) aria-label=(words) {
                title { (words) }
                rect .hit x=(x.saturating_sub(12)) y=(TOP) width="24" height=(BOTTOM - TOP) {}
                circle class=(class) cx=(x) cy=(y) r="4.5" {}
            }
        }
    };
    let (open, left) = (t(lang, "chart.open"), t(lang, "chart.due_after"));
    // Dates stand below every fourth point, so that they do not run into each other.
    let dated = (0_u64..).zip(past.iter().chain(ahead));
    html! {
        svg .burn viewBox="0 0 860 250" width="860" height="250" role="group" aria-label=(t(lang, "chart.burn")) {
            @for n in ticks {
                line .grid x1=(LEFT) x2=(RIGHT) y1=(y(n)) y2=(y(n)) {}
                text x=(LEFT - 8) y=(y(n) + 4) text-anchor="end" { (show::count(n)) }
            }
            @for (nth, point) in dated {
                @if nth % 4 == now % 4 { text x=(x(nth)) y=(BOTTOM + 20) text-anchor="middle" {
                    @if nth == now { (t(lang, "chart.today")) } @else { (point.day.month()) "-" (format!("{:02}", point.day.day())) }
                } }
            }
            line .now x1=(x(now)) x2=(x(now)) y1=(TOP - 12) y2=(BOTTOM) {}
            @if let Some(area) = area { path .area d=(area) {} }
            path .line d=(path(&line)) {}
            path .plan d=(path(&plan)) {}
            @for (point, place) in past.iter().zip(&line) { (mark(point, place, open, "dot")) }
            @for (point, place) in ahead.iter().zip(&plan) { (mark(point, place, left, "dot is-plan")) }
            @if let (Some(point), Some((x, y))) = (past.last(), line.last()) {
                text .named x=(x - 8) y=(y - 10) text-anchor="end" { (open) " " (show::count(point.n)) }
            }
            @if let (Some(point), Some((x, y))) = (ahead.first(), plan.first()) {
                text .named x=(x + 8) y=(y - 8) { (left) " " (show::count(point.n)) }
            }
        }
    }
}

/// A small line on the scale of its neighbours.
pub fn spark(name: &str, numbers: &[u64], most: u64) -> Markup {
    let places = u64::try_from(numbers.len()).unwrap_or(1).saturating_sub(1).max(1);
    let points: Vec<(u64, u64)> = (0..)
        .zip(numbers)
        .map(|(nth, n): (u64, _)| {
            (
                3 + nth.saturating_mul(194) / places,
                46 - n.saturating_mul(40) / most.max(1),
            )
        })
        .collect();
    html! {
        svg .spark viewBox="0 0 200 50" role="img" aria-label=(name) {
            line .grid x1="0" x2="200" y1="46" y2="46" {}
            path .line d=(path(&points)) {}
            @if let Some((x, y)) = points.last() { circle .dot cx=(x) cy=(y) r="3" {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_steps_and_few_of_them() {
        for (most, wanted) in [
            (1, 1),
            (4, 1),
            (5, 2),
            (9, 5),
            (20, 5),
            (21, 10),
            (643, 200),
            (1_000_000, 500_000),
        ] {
            assert_eq!(step(most), wanted, "{most}");
        }
        assert!(step(u64::MAX) > 0);
    }
}
