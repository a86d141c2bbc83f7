//! The whole: figures, flow, what should have been closed, what is late.

use bihuan_report::official::{Block, Figure, Level, Span};

use super::super::figures::name;
use super::super::rate::percent;
use super::{Words, figure_link};

impl Words<'_> {
    pub(super) fn overall(&self, body: &mut Vec<Block>) {
        let figures = &self.content.figures;
        body.push(Block::heading(Level::First, self.text("b_overall")));
        let key_figure = |id: &str| {
            let value = Span::linked(figures.n(id).to_string(), figure_link(self.content, id));
            Figure {
                label: name(id).get(self.lang).to_owned(),
                value: vec![value],
                note: String::new(),
            }
        };
        let key_rate = |id: &str| {
            let rate = figures.rate(id);
            let percent = rate
                .percent
                .as_ref()
                .map_or("—".to_owned(), |percent| format!("{percent}%"));
            Figure {
                label: name(id).get(self.lang).to_owned(),
                value: vec![Span::linked(percent, figure_link(self.content, id))],
                note: format!("{}/{}", rate.num, rate.base),
            }
        };
        body.push(Block::Figures(vec![
            key_figure("closed"),
            key_rate("closing_rate"),
            key_rate("on_time_rate"),
            key_figure("overdue"),
        ]));
        let counts = [
            "opened",
            "closed",
            "open",
            "should_close",
            "postponed",
            "base",
            "closed_due",
            "on_time",
        ];
        let mut values: Vec<(&str, Span)> = counts.iter().map(|id| self.count(id)).collect();
        values.extend([self.linked_rate("closing_rate"), self.linked_rate("on_time_rate")]);
        body.push(Block::Paragraph(self.say("b_flow", &values)));
        let on_time = figures.rate("on_time_rate");
        if on_time.base == 0 {
            let key = if figures.n("should_close") == 0 {
                "b_nothing_due"
            } else {
                "b_all_postponed"
            };
            body.push(Block::Paragraph(self.say(key, &values)));
        } else {
            let mut spans = self.say("b_due", &values);
            if let Some((low, high)) = &on_time.interval {
                let ends = [("low", Span::plain(low)), ("high", Span::plain(high))];
                spans.extend(self.say("b_interval", &ends));
            }
            let closed_late = figures.n("closed_due").saturating_sub(figures.n("on_time"));
            if let Some(gap) = percent(closed_late, on_time.base).filter(|_| closed_late > 0) {
                let values = [
                    ("gap", Span::plain(gap)),
                    ("n", Span::plain(closed_late.to_string())),
                ];
                spans.extend(self.say("b_gap", &values));
            }
            if on_time.small {
                spans.extend(self.say("b_small_base", &[("base", Span::plain(on_time.base.to_string()))]));
            }
            body.push(Block::Paragraph(spans));
        }
        let late = ["overdue", "step_overdue", "voided"].map(|id| self.count(id));
        let mut spans = self.say("b_overdue", &late);
        for (id, key) in [("step_overdue", "b_step_overdue"), ("voided", "b_voided")] {
            if figures.n(id) > 0 {
                spans.extend(self.say(key, &late));
            }
        }
        body.push(Block::Paragraph(spans));
    }
}
