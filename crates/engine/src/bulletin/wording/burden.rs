//! What filling in took, by who asks for it.

use bihuan_messages::{t, tf};
use bihuan_report::official::{Align, Block, Level, Span, Table, TableColumn};

use super::Words;
use crate::burden::{Asked, Burden, spoken};

impl Words<'_> {
    pub(super) fn burden(&self, body: &mut Vec<Block>) {
        let Some(burden) = &self.content.figures.burden else {
            return;
        };
        body.push(Block::heading(Level::First, t(self.lang, "burden.b_head")));
        if burden.whole.occasions == 0 {
            body.push(Block::paragraph(t(self.lang, "burden.b_none")));
            return;
        }
        let whole = &burden.whole;
        let mut text = tf(
            self.lang,
            "burden.b_text",
            &[
                ("occasions", &whole.occasions),
                ("typed", &whole.typed),
                ("confirmed", &whole.confirmed),
                ("filled", &whole.filled),
                ("files", &whole.files),
                ("time", &spoken(whole, self.lang)),
            ],
        );
        if !burden.shared.is_empty() {
            text.push_str(&tf(self.lang, "burden.b_shared", &[("n", &burden.shared.len())]));
        }
        let scope = &self.content.figures.scope;
        let pages = format!("/burden?from={}&to={}", scope.from, scope.to);
        body.push(Block::Paragraph(vec![Span::linked(text, pages)]));
        body.push(Block::Table(self.askers(burden)));
    }

    /// Who asks, the most first.
    fn askers(&self, burden: &Burden) -> Table {
        let column = |key: &str, width, align| TableColumn {
            width,
            ..TableColumn::new(t(self.lang, key), align)
        };
        let columns = vec![
            column("burden.p_mechanism", 40, Align::Left),
            column("burden.c_occasions", 12, Align::Right),
            column("burden.c_typed", 12, Align::Right),
            column("burden.c_filled", 16, Align::Right),
            column("burden.c_minutes", 20, Align::Right),
        ];
        let mut askers: Vec<_> = burden.mechanisms.iter().collect();
        askers.sort_by_key(|(_, asked)| std::cmp::Reverse(asked.tenths));
        let row = |name: String, asked: &Asked| -> Vec<Vec<Span>> {
            let cells = [
                name,
                asked.occasions.to_string(),
                asked.typed.to_string(),
                asked.filled.saturating_add(asked.confirmed).to_string(),
                spoken(asked, self.lang),
            ];
            cells.into_iter().map(|cell| vec![Span::plain(cell)]).collect()
        };
        let named =
            |id: &bihuan_domain::id::MechanismId| self.content.named("mechanism", id.as_str(), self.lang);
        Table {
            columns,
            rows: askers
                .into_iter()
                .map(|(id, asked)| row(named(id), asked))
                .collect(),
            ..Table::default()
        }
    }
}
