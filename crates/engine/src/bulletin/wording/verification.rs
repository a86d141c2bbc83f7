//! Verification and look-backs.

use bihuan_report::official::{Block, Level, Span};

use super::Words;

impl Words<'_> {
    pub(super) fn verification(&self, body: &mut Vec<Block>) {
        let figures = &self.content.figures;
        body.push(Block::heading(Level::First, self.text("b_verification")));
        let times = |id: &str| Span::plain(figures.count(id).and_then(|c| c.times).unwrap_or(0).to_string());
        let mut values: Vec<(&str, Span)> = ["verified", "reworked", "looked_back", "look_back_failed"]
            .iter()
            .map(|id| self.count(id))
            .collect();
        values.extend([
            self.linked_rate("rework_rate"),
            self.linked_rate("false_closing_rate"),
        ]);
        values.push(("times", times("reworked")));
        let mut spans = self.say(
            if figures.n("verified") == 0 {
                "b_verified_none"
            } else {
                "b_verified"
            },
            &values,
        );
        let looked = figures.rate("false_closing_rate");
        spans.extend(self.say(
            if looked.base == 0 {
                "b_looked_back_none"
            } else {
                "b_looked_back"
            },
            &values,
        ));
        if let Some((low, high)) = &looked.interval {
            let ends = [("low", Span::plain(low)), ("high", Span::plain(high))];
            spans.extend(self.say("b_false_interval", &ends));
        }
        body.push(Block::Paragraph(spans));
    }
}
