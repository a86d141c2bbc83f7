//! What is late, with holder and cause.

use bihuan_messages::tf;
use bihuan_report::official::{Align, Block, Level, Span, Table, TableColumn};

use super::super::figures::{LateItem, LateWith};
use super::Words;
use super::labels::{cause, holder, minute_label};

/// Late matters printed in the text itself; the annex has them all.
const LATE_IN_TEXT: usize = 30;

impl Words<'_> {
    pub(super) fn late(&self, body: &mut Vec<Block>) {
        let late = &self.content.figures.late;
        body.push(Block::heading(Level::First, self.text("b_late")));
        if late.is_empty() {
            body.push(Block::paragraph(self.text("b_late_none")));
            return;
        }
        let silent = late.iter().filter(|item| item.given().is_none()).count();
        body.push(Block::Paragraph(self.say(
            "b_late_intro",
            &[
                ("n", Span::plain(late.len().to_string())),
                ("silent", Span::plain(silent.to_string())),
            ],
        )));
        let columns = [
            ("c_matter", 26),
            ("c_owner", 13),
            ("c_holder", 14),
            ("c_due", 14),
            ("c_days", 8),
            ("c_cause", 31),
        ]
        .into_iter()
        .map(|(key, width)| TableColumn {
            width,
            ..TableColumn::new(self.text(key), Align::Left)
        })
        .collect();
        let rows = late
            .iter()
            .take(LATE_IN_TEXT)
            .map(|item| self.late_row(item))
            .collect();
        let note = match late.len().saturating_sub(LATE_IN_TEXT) {
            0 => String::new(),
            more => tf(
                self.lang,
                "report.b_late_more",
                &[("shown", &LATE_IN_TEXT), ("more", &more)],
            ),
        };
        body.push(Block::Table(Table {
            caption: String::new(),
            columns,
            rows,
            note,
        }));
    }

    fn late_row(&self, item: &LateItem) -> Vec<Vec<Span>> {
        let holder = holder(self.content, item, self.lang);
        let mut due = minute_label(item.due).get(self.lang).to_owned();
        if item.late == LateWith::Step {
            due.push_str(&self.text("b_step_only"));
        }
        vec![
            self.matter(item.case, item.number.as_deref(), &item.title),
            vec![Span::plain(self.content.unit(&item.owner, self.lang))],
            vec![Span::plain(holder)],
            vec![Span::plain(due)],
            vec![Span::plain(item.days.to_string())],
            vec![Span::plain(cause(self.content, item, self.lang))],
        ]
    }
}
