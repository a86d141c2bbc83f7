//! Charts (图表) that are read before they are looked at: a table whose numbers open what they count, with drawings beside or
//! above it. Everything is in the page, so it prints and needs no script; why not a library: `docs/adr/23-charts-are-tables-first.md`.
//!
//! Accessibility: a drawing is a group with a name, every mark that opens something has its own words; nothing is said by
//! colour alone. Drawings that are wider than the screen scroll in a region that takes the focus.

use bihuan_messages::{Lang, t};
use bihuan_report::table::{Cell as Plain, Column, Kind, Sheet};
use jiff::civil::DateTime;
use maud::{Markup, html};

use crate::show;

/// Bars are drawn in thousandths of their place.
const WHOLE: u64 = 1000;

/// A cell: what it says, what it counts, where that is listed.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    n: Option<u64>,
    href: Option<String>,
    late: bool,
    /// Parts of a bar in thousandths, each with its class.
    bar: Option<Vec<(u64, &'static str)>>,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell {
            text: text.into(),
            ..Cell::default()
        }
    }

    /// A number that opens the cases it counts.
    pub fn count(n: u64, href: String) -> Cell {
        Cell {
            text: show::count(n),
            n: Some(n),
            href: (n > 0).then_some(href),
            ..Cell::default()
        }
    }

    /// The same, in vermilion where there are any.
    pub fn late(n: u64, href: String) -> Cell {
        Cell {
            late: n > 0,
            ..Cell::count(n, href)
        }
    }

    /// A bar; it says nothing that the numbers beside it do not say.
    pub fn bar(parts: Vec<(u64, &'static str)>) -> Cell {
        Cell {
            bar: Some(parts),
            ..Cell::default()
        }
    }

    fn view(&self) -> Markup {
        html! {
            @match (&self.bar, &self.href) {
                (Some(parts), _) => (bar(parts)),
                (None, Some(href)) => { a .late[self.late] href=(href) { (self.text) } },
                (None, None) => { @if self.n == Some(0) { span .quiet { "0" } } @else { (self.text) } },
            }
        }
    }
}

/// A heading of a column, and whether numbers stand in it. A bar's column has no heading and no place in the CSV.
#[derive(Clone, Debug)]
pub struct Head {
    label: &'static str,
    number: bool,
}

impl Head {
    /// Of words.
    pub fn words(label: &'static str) -> Head {
        Head { label, number: false }
    }

    /// Of numbers.
    pub fn number(label: &'static str) -> Head {
        Head { label, number: true }
    }

    /// Of bars.
    pub fn bar() -> Head {
        Head::words("")
    }
}

/// The figures of a chart.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Headings.
    pub heads: Vec<Head>,
    /// Rows, the name of each in its first cell.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The table on the page.
    pub fn view(&self) -> Markup {
        html! {
            table .ledger .chart-table {
                thead { tr { @for head in &self.heads {
                    @if head.label.is_empty() { td .bar-cell {} } @else { th .amount[head.number] scope="col" { (head.label) } }
                } } }
                tbody { @for row in &self.rows {
                    tr { @for (nth, (cell, head)) in row.iter().zip(&self.heads).enumerate() {
                        @if nth == 0 { th scope="row" { (cell.view()) } }
                        @else if cell.bar.is_some() { td .bar-cell { (cell.view()) } }
                        @else { td .amount[head.number] data-label=(head.label) { (cell.view()) } }
                    } }
                } }
            }
        }
    }

    /// The same for a spreadsheet.
    pub fn sheet(&self, title: &str, notes: Vec<String>, as_of: DateTime) -> Sheet {
        let told = |head: &Head| !head.label.is_empty();
        let kind = |head: &Head, nth: usize| {
            let mut cells = self.rows.iter().filter_map(|row| row.get(nth));
            let counted = head.number && cells.all(|cell| cell.n.is_some());
            if counted { Kind::Integer } else { Kind::Text }
        };
        let heads = self.heads.iter().enumerate();
        let columns = heads
            .filter(|(_, head)| told(head))
            .map(|(nth, head)| Column::new(head.label, kind(head, nth)))
            .collect();
        let plain = |cell: &Cell| match cell.n.map(i64::try_from) {
            Some(Ok(n)) => Plain::Integer(n),
            _ => Plain::Text(cell.text.clone()),
        };
        let row = |row: &Vec<Cell>| {
            let cells = row.iter().zip(&self.heads);
            cells
                .filter(|(_, head)| told(head))
                .map(|(cell, _)| plain(cell))
                .collect()
        };
        Sheet {
            title: title.to_owned(),
            notes,
            as_of: Some(as_of),
            columns,
            rows: self.rows.iter().map(row).collect(),
        }
    }
}

/// How much of `most` this is, in thousandths; what is not nothing can be seen.
pub fn thousandths(n: u64, most: u64) -> u64 {
    let part = n.saturating_mul(WHOLE).checked_div(most).unwrap_or(0);
    if n > 0 { part.clamp(4, WHOLE) } else { 0 }
}

fn bar(parts: &[(u64, &'static str)]) -> Markup {
    let mut x = 0;
    let placed: Vec<(u64, u64, &str)> = parts
        .iter()
        .map(|(width, class)| {
            let at = x;
            x += width;
            (at, *width, *class)
        })
        .collect();
    html! {
        svg .bar viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            line .bar-base x1="0" y1="0" x2="0" y2="20" {}
            @for (x, width, class) in &placed { rect class=(class) x=(x) y="3" width=(width) height="14" {} }
        }
    }
}

/// A chart with its heading, how it is counted, its drawing, its figures and their CSV.
pub struct Figure<'a> {
    /// The id of its section, and the name of its CSV.
    pub id: &'static str,
    /// What it shows.
    pub title: &'static str,
    /// How it is counted.
    pub how: &'static str,
    /// The drawing; empty where the table is the chart.
    pub drawing: Markup,
    /// Its figures.
    pub table: &'a Table,
    /// The address of the CSV.
    pub csv: String,
}

impl Figure<'_> {
    /// The section of the page. Beside a drawing the table is folded, and unfolded in print.
    pub fn view(&self, lang: Lang) -> Markup {
        let alone = self.drawing.0.is_empty();
        html! {
            section .chart id=(self.id) {
                h2 { (self.title) }
                @if alone { (self.table.view()) } @else {
                    (self.drawing)
                    details .fold { summary { (t(lang, "chart.table")) } div { (self.table.view()) } }
                }
                p .chart-how { strong { (t(lang, "chart.how")) } " " (self.how) " " a href=(self.csv) { (t(lang, "chart.csv")) } }
            }
        }
    }
}

/// What is wider than a small screen: scrolls by itself, by keyboard as well.
pub fn scrolled(name: &str, inside: &Markup) -> Markup {
    html! { div .scroll tabindex="0" role="region" aria-label=(name) { (inside) } }
}
