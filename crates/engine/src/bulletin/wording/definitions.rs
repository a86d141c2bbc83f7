//! The annex that says what each figure counts.

use bihuan_report::official::{Align, Block, Span, Table, TableColumn};

use super::super::figures::{FIGURES, RATES};
use super::Words;

impl Words<'_> {
    pub(super) fn definitions(&self) -> Vec<Block> {
        let columns = vec![
            TableColumn {
                width: 25,
                ..TableColumn::new(self.text("c_figure"), Align::Left)
            },
            TableColumn {
                width: 75,
                ..TableColumn::new(self.text("c_definition"), Align::Left)
            },
        ];
        let ids = FIGURES.iter().chain(RATES.iter().map(|(id, _, _)| id));
        let rows = ids
            .filter_map(|id| self.content.definitions.get(*id))
            .map(|known| {
                [&known.name, &known.counts]
                    .map(|label| vec![Span::plain(label.get(self.lang))])
                    .to_vec()
            })
            .collect();
        vec![Block::Table(Table {
            columns,
            rows,
            ..Table::default()
        })]
    }
}
