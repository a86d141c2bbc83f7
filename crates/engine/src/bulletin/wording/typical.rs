//! Typical cases, good and bad.

use bihuan_report::official::{Block, Level, Span};

use super::super::typical::{TypicalCase, Why};
use super::Words;
use super::labels::minute_label;

impl Words<'_> {
    /// Typical cases, with the rule by which they were chosen.
    pub(super) fn typical(&self, body: &mut Vec<Block>) {
        let typical = &self.content.figures.typical;
        body.push(Block::heading(Level::First, self.text("b_typical")));
        if typical.is_empty() {
            body.push(Block::paragraph(self.text("b_typical_none")));
            return;
        }
        for (cases, key) in [(&typical.good, "b_typical_good"), (&typical.bad, "b_typical_bad")] {
            if cases.is_empty() {
                continue;
            }
            body.push(Block::heading(Level::Second, self.text(key)));
            body.extend(cases.iter().map(|case| Block::Paragraph(self.typical_case(case))));
        }
    }

    fn typical_case(&self, told: &TypicalCase) -> Vec<Span> {
        let owner = Span::plain(self.content.unit(&told.owner, self.lang));
        let mut spans = self.matter(told.case, told.number.as_deref(), &told.title);
        let at = |at| Span::plain(minute_label(at).get(self.lang));
        let n = |n: &u64| Span::plain(n.to_string());
        spans.extend(match &told.why {
            Why::Early { done, percent } => self.say(
                "b_why_early",
                &[("owner", owner), ("done", at(*done)), ("percent", n(percent))],
            ),
            Why::False { failed } => self.say("b_why_false", &[("owner", owner), ("failed", at(*failed))]),
            Why::Reworked { times } => self.say("b_why_reworked", &[("owner", owner), ("times", n(times))]),
            Why::Late { days } => self.say("b_why_late", &[("owner", owner), ("days", n(days))]),
        });
        spans
    }
}
