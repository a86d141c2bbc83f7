//! What earlier bulletins counted and a look-back found false.

use bihuan_report::official::{Block, Level, Span};

use super::super::figures::Correction;
use super::Words;
use super::labels::minute_label;

impl Words<'_> {
    pub(super) fn corrections(&self, body: &mut Vec<Block>) {
        let corrections = &self.content.figures.corrections;
        if corrections.is_empty() {
            return;
        }
        body.push(Block::heading(Level::First, self.text("b_corrections")));
        body.extend(
            corrections
                .iter()
                .map(|correction| Block::Paragraph(self.correction(correction))),
        );
    }

    fn correction(&self, correction: &Correction) -> Vec<Span> {
        let number = Span::linked(
            correction.number.clone(),
            format!("/bulletins/{}", correction.bulletin),
        );
        let mut spans = self.say("b_correction", &[("number", number)]);
        for (at, case) in correction.cases.iter().enumerate() {
            if at > 0 {
                spans.push(Span::plain(self.text("b_enumeration")));
            }
            spans.extend(self.matter(case.case, case.number.as_deref(), &case.title));
            spans.extend(self.say(
                "b_correction_case",
                &[
                    ("owner", Span::plain(self.content.unit(&case.owner, self.lang))),
                    ("closed", Span::plain(minute_label(case.closed).get(self.lang))),
                    ("failed", Span::plain(minute_label(case.failed).get(self.lang))),
                ],
            ));
        }
        let changed = correction
            .counts
            .iter()
            .map(|c| (c.id.as_str(), c.printed.to_string(), c.now.to_string()))
            .chain(
                correction
                    .rates
                    .iter()
                    .map(|r| (r.id.as_str(), self.rate(&r.printed), self.rate(&r.now))),
            );
        for (at, (id, printed, now)) in changed.enumerate() {
            spans.push(Span::plain(self.text(if at == 0 {
                "b_corrected_first"
            } else {
                "b_corrected_next"
            })));
            let name = self
                .content
                .definitions
                .get(id)
                .map_or(id, |known| known.name.get(self.lang));
            let values = [
                ("name", Span::plain(name)),
                ("printed", Span::plain(printed)),
                ("now", Span::plain(now)),
            ];
            spans.extend(self.say("b_corrected", &values));
        }
        spans.push(Span::plain(self.text("b_stop")));
        spans
    }
}
