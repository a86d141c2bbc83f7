//! What the top rungs of ladders drafted and waits for a signature.

use bihuan_domain::id::PostId;
use bihuan_report::official::{Align, Block, Level, Span, Table, TableColumn};

use super::Words;
use super::labels::minute_label;

impl Words<'_> {
    /// The items that this signature covers are named; those that wait for another post are counted only (law 4).
    pub(super) fn items(&self, body: &mut Vec<Block>, signer: &PostId) {
        let items = &self.content.figures.items;
        if items.is_empty() {
            return;
        }
        body.push(Block::heading(Level::First, self.text("b_items")));
        let mine = items.iter().filter(|item| item.post == *signer);
        let (n, all) = (mine.clone().count(), items.len());
        let values = [
            ("n", Span::plain(n.to_string())),
            ("others", Span::plain(all.saturating_sub(n).to_string())),
        ];
        let mut intro = if n > 0 {
            self.say("b_items_intro", &values)
        } else {
            Vec::new()
        };
        if all > n {
            intro.extend(self.say("b_items_others", &values));
        }
        body.push(Block::Paragraph(intro));
        if n == 0 {
            return;
        }
        let columns = [
            ("c_matter", 44),
            ("c_owner", 20),
            ("c_charged", 18),
            ("c_due", 18),
        ]
        .into_iter()
        .map(|(key, width)| TableColumn {
            width,
            ..TableColumn::new(self.text(key), Align::Left)
        })
        .collect();
        let rows = mine
            .map(|item| {
                vec![
                    self.matter(item.case, item.number.as_deref(), &item.title),
                    vec![Span::plain(self.content.unit(&item.owner, self.lang))],
                    vec![Span::plain(self.content.unit(&item.charged, self.lang))],
                    vec![Span::plain(minute_label(item.due).get(self.lang))],
                ]
            })
            .collect();
        body.push(Block::Table(Table {
            columns,
            rows,
            ..Table::default()
        }));
    }
}
