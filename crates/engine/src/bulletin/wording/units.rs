//! The table of units, with places where the figures tell units apart.

use bihuan_messages::tf;
use bihuan_report::official::{Align, Block, Level, Span, Table, TableColumn};

use super::super::figures::UnitLine;
use super::super::rate::Rate;
use super::labels::place;
use super::{Words, figure_link};

impl Words<'_> {
    pub(super) fn units(&self, body: &mut Vec<Block>) {
        let lines = &self.content.figures.units;
        if lines.is_empty() {
            return;
        }
        body.push(Block::heading(Level::First, self.text("b_units")));
        let ranked = lines.iter().any(|line| line.place.is_some());
        let mut columns = vec![TableColumn {
            width: 28,
            ..TableColumn::new(self.text("b_unit"), Align::Left)
        }];
        for (key, width) in [
            ("c_opened", 10),
            ("c_base", 12),
            ("c_closed_due", 12),
            ("c_on_time", 10),
            ("c_closing_rate", 18),
            ("c_on_time_rate", 18),
            ("c_overdue", 10),
        ] {
            columns.push(TableColumn {
                width,
                ..TableColumn::new(self.text(key), Align::Right)
            });
        }
        if ranked {
            columns.push(TableColumn {
                width: 10,
                ..TableColumn::new(self.text("c_place"), Align::Center)
            });
        }
        // Units that only carry on what is not due yet would make the table long and say nothing.
        let busy = lines
            .iter()
            .filter(|line| ["opened", "base", "overdue"].iter().any(|id| line.n(id) > 0));
        let rows: Vec<_> = busy.clone().map(|line| self.unit_row(line, ranked)).collect();
        let mut note = self.text(if ranked {
            "b_ranked_note"
        } else {
            "b_not_ranked_note"
        });
        if busy
            .clone()
            .any(|line| line.on_time.base > 0 && line.on_time.small)
        {
            note.push_str(&self.text("b_small_note"));
        }
        let quiet = lines.len().saturating_sub(rows.len());
        if quiet > 0 {
            note.push_str(&tf(self.lang, "report.b_quiet_units", &[("n", &quiet)]));
        }
        body.push(Block::Table(Table {
            caption: String::new(),
            columns,
            rows,
            note,
        }));
    }

    fn unit_row(&self, line: &UnitLine, ranked: bool) -> Vec<Vec<Span>> {
        let count = |id: &str| {
            let link = figure_link(self.content, &format!("unit/{}/{id}", line.unit));
            match line.n(id) {
                0 => vec![Span::plain("0")],
                n => vec![Span::linked(n.to_string(), link)],
            }
        };
        let rate = |rate: &Rate| {
            let mark = if rate.small { "*" } else { "" };
            vec![Span::plain(
                rate.percent
                    .as_ref()
                    .map_or("—".to_owned(), |percent| format!("{percent}%{mark}")),
            )]
        };
        let mut row = vec![
            vec![Span::plain(self.content.unit(&line.unit, self.lang))],
            count("opened"),
            count("base"),
            count("closed_due"),
            count("on_time"),
            rate(&line.closing),
            rate(&line.on_time),
            count("overdue"),
        ];
        if ranked {
            row.push(vec![Span::plain(place(line.place))]);
        }
        row
    }
}
