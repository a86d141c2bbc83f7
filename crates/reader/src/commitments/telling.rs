//! What the clauses that give no row are told as: grounds, attitudes, what is done, and what belongs to the rows beside them.

use crate::chars::cut;
use crate::clauses::Clause;
use crate::commitments::Reader;
use crate::coverage::{Told, Why};
use crate::rows::{Verb, effort, figures_within};
use crate::tables::{adverbs, context_words};
use crate::times::time_len;

impl Reader<'_> {
    pub(super) fn tell(&mut self, start: usize, why: Why) {
        self.told.push(Told {
            start,
            why,
            row: None,
        });
    }

    pub(super) fn tell_of_last(&mut self, start: usize, why: Why) {
        let row = self.rows.len().checked_sub(1);
        self.told.push(Told { start, why, row });
    }

    /// What a clause is that gives no row.
    pub(super) fn why_not(
        &self,
        clause: &Clause,
        end: usize,
        done: bool,
        asks: bool,
        dated: bool,
        field: bool,
    ) -> Why {
        let s = &self.stream.chars;
        let (a, b) = (clause.start, end);
        if field {
            return Why::Field;
        }
        if figures_within(self.figures, a, b).next().is_some() {
            return if done { Why::DoneFigure } else { Why::StatedFigure };
        }
        if done {
            return Why::Told;
        }
        if time_len(s, a) > 0 && time_len(s, a) >= b - a && dated {
            return Why::Due;
        }
        if !asks {
            return Why::Told;
        }
        match effort(cut(s, 0, b), a, b) {
            Some(Verb::Slogan) => Why::Attitude,
            Some(_) => Why::NoObject,
            None if context_words().at(s, a).is_some() => Why::Ground,
            // `努力将矛盾化解在小`
            None if adverbs().at(s, a).is_some_and(|n| n > 1) => Why::NoObject,
            None => Why::Told,
        }
    }

    /// Gives the clauses of a sentence that lead up to a row to that row; without a row they are context.
    pub(super) fn settle(&mut self, first_told: usize, first_row: usize) {
        let mut row = first_row;
        for i in first_told..self.told.len() {
            let next = self.told.get(i + 1).map_or(usize::MAX, |told| told.start);
            let Some(told) = self.told.get_mut(i) else { break };
            // The first row that ends behind the clause's beginning: the one in it, else the one behind it.
            while self.places.get(row).is_some_and(|(_, end)| *end <= told.start) {
                row += 1;
            }
            if !matches!(told.why, Why::Beside | Why::Owner | Why::Due | Why::Field) || told.row.is_some() {
                continue;
            }
            let behind = self.places.get(row).map(|_| row);
            let before = row.checked_sub(1).filter(|row| *row >= first_row);
            told.row = if told.why == Why::Owner || told.why == Why::Due || next != usize::MAX {
                behind.or(before)
            } else {
                behind
            };
            if told.row.is_none() {
                told.why = if told.why == Why::Due {
                    Why::Told
                } else {
                    Why::Ground
                };
            }
        }
    }
}
