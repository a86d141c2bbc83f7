//! The breakdown of a document in the form that offices use (任务分解表): 序号, 任务, 目标, 牵头单位, 配合单位, 责任人, 时限, 来源.

use bihuan_domain::clock::date_label;
use bihuan_domain::id::UnitId;
use bihuan_domain::world::World;
use bihuan_messages::{Lang, t, tf};
use bihuan_report::official::{Align, Span, Table, TableColumn};
use bihuan_report::table::{Cell, Column, Kind, Sheet};
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

use super::Reading;
use super::rows::{Proposal, Standing};
use crate::error::Failure;
use crate::export::unrendered;

/// The columns: catalogue key, share of the width of the page.
const COLUMNS: [(&str, u32); 8] = [
    ("number", 5),
    ("task", 21),
    ("goal", 16),
    ("lead", 12),
    ("support", 14),
    ("person", 8),
    ("due", 10),
    ("source", 22),
];

/// The breakdown as texts: title, notes and one line for each row that is not rejected.
pub struct Breakdown {
    title: String,
    notes: Vec<String>,
    lines: Vec<[String; 8]>,
    as_of: DateTime,
    lang: Lang,
}

/// Makes the breakdown of the rows of a reading.
pub fn of(world: &World, reading: &Reading, rows: &[Proposal], as_of: DateTime, lang: Lang) -> Breakdown {
    let name = reading
        .name
        .clone()
        .unwrap_or_else(|| t(lang, "web.erased").to_owned());
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let unit = |id: &UnitId| {
        world
            .org
            .units
            .get(id)
            .map_or_else(|| id.to_string(), |unit| unit.name.get(lang).to_owned())
    };
    let kept = rows.iter().filter(|row| row.standing == Standing::Open);
    let lines = kept
        .enumerate()
        .map(|(n, row)| {
            let mut supporting: Vec<String> = row.supporting.iter().map(unit).collect();
            supporting.extend(row.supporting_unknown.iter().cloned());
            [
                n.saturating_add(1).to_string(),
                row.title.clone(),
                goal(row, lang),
                row.owner.as_ref().map(|(id, _)| unit(id)).unwrap_or_default(),
                supporting.join("、"),
                row.person.clone().unwrap_or_default(),
                row.due.map(|due| due.to_string()).unwrap_or_default(),
                match &row.article {
                    Some(article) => tf(
                        lang,
                        "breakdown.source_of",
                        &[("article", article), ("quote", &row.quote)],
                    ),
                    None => tf(lang, "breakdown.source_quote", &[("quote", &row.quote)]),
                },
            ]
        })
        .collect();
    let left_out = rows.iter().filter(|row| row.standing != Standing::Open).count();
    let mut notes = vec![tf(
        lang,
        if reading.revision == 0 {
            "breakdown.note_unrevised"
        } else {
            "breakdown.note"
        },
        &[
            ("name", &name),
            ("sha", &reading.received.text_sha256),
            ("revision", &reading.revision),
        ],
    )];
    if left_out > 0 {
        notes.push(tf(lang, "breakdown.left_out", &[("n", &left_out)]));
    }
    Breakdown {
        title: tf(lang, "breakdown.title", &[("name", &stem)]),
        notes,
        lines,
        as_of,
        lang,
    }
}

/// The goal in words, or the number with its unit.
fn goal(row: &Proposal, lang: Lang) -> String {
    let number = row.value.as_ref().map(|value| {
        let unit = row.unit.as_deref().unwrap_or_default();
        format!("{}{unit}", in_words(value, lang))
    });
    row.goal.clone().or(number).unwrap_or_default()
}

/// A number as offices write it: 15万, 20亿; one that would need more than two decimals stays as it is.
fn in_words(value: &str, lang: Lang) -> String {
    let Ok(number) = value.parse::<Decimal>() else {
        return value.to_owned();
    };
    // In English the unit stands behind a plain number.
    if lang == Lang::En {
        return value.to_owned();
    }
    for (power, word) in [(8, "breakdown.hundred_million"), (4, "breakdown.ten_thousand")] {
        let unit = Decimal::from(10u64.pow(power));
        let short = number.checked_div(unit).unwrap_or_default().normalize();
        if number >= unit && short.scale() <= 2 {
            return tf(lang, word, &[("n", &short)]);
        }
    }
    value.to_owned()
}

impl Breakdown {
    /// Its title; a name for the file.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// As a workbook.
    ///
    /// # Errors
    ///
    /// A refusal for more rows than a spreadsheet opens.
    pub fn xlsx(&self) -> Result<Vec<u8>, Failure> {
        let sheet = Sheet {
            title: self.title.clone(),
            notes: self.notes.clone(),
            as_of: Some(self.as_of),
            columns: COLUMNS
                .iter()
                .map(|(key, _)| {
                    let kind = match *key {
                        "number" => Kind::Integer,
                        "due" => Kind::Date,
                        _ => Kind::Text,
                    };
                    Column::new(self.label(key), kind)
                })
                .collect(),
            rows: self
                .lines
                .iter()
                .map(|line| {
                    line.iter()
                        .zip(COLUMNS)
                        .map(|(text, (key, _))| match key {
                            "number" => text.parse().map_or(Cell::Empty, Cell::Integer),
                            "due" => text.parse().map_or(Cell::Empty, Cell::Date),
                            _ if text.is_empty() => Cell::Empty,
                            _ => Cell::Text(text.clone()),
                        })
                        .collect()
                })
                .collect(),
        };
        bihuan_report::xlsx::render(&[sheet], self.lang).map_err(unrendered)
    }

    /// As a Word document, A4 across, its head repeated on every page.
    ///
    /// # Errors
    ///
    /// Faults of the container.
    pub fn docx(&self) -> Result<Vec<u8>, Failure> {
        let table = Table {
            columns: COLUMNS
                .iter()
                .map(|(key, width)| TableColumn {
                    label: self.label(key),
                    align: match *key {
                        "number" | "person" | "due" | "lead" => Align::Center,
                        _ => Align::Left,
                    },
                    width: *width,
                })
                .collect(),
            rows: self
                .lines
                .iter()
                .map(|line| {
                    line.iter()
                        .zip(COLUMNS)
                        .map(|(text, (key, _))| match text.parse::<Date>() {
                            Ok(day) if key == "due" => vec![Span::plain(date_label(day).get(self.lang))],
                            _ => vec![Span::plain(text.as_str())],
                        })
                        .collect()
                })
                .collect(),
            ..Table::default()
        };
        bihuan_report::docx::render_wide(&self.title, &self.notes, &table, self.lang).map_err(unrendered)
    }

    fn label(&self, key: &str) -> String {
        t(self.lang, &format!("breakdown.{key}")).to_owned()
    }
}
