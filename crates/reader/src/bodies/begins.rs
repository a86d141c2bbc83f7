//! Whether a text behind headings begins another article, or a section of the one before.

use crate::bodies::{Sorter, list_item};
use crate::chars::cut;
use crate::pieces::{Piece, Shape};
use crate::tables::{comment_labels, notice_leads, notice_tails};

impl Sorter<'_> {
    /// A headline over a text that begins as news do (a date, 近日, 连日来) and speaks of the headline's things: another
    /// article, not a section of the one before.
    pub(super) fn begins_news(&self, i: usize) -> bool {
        const REACH: usize = 12;
        let (Some(piece), Some(head)) = (
            self.pieces.get(i),
            self.pending.last().and_then(|h| self.pieces.get(*h)),
        ) else {
            return false;
        };
        let Shape::Head { texts, .. } = &head.shape else {
            return false;
        };
        let Some(title) = texts.last() else { return false };
        let lead = crate::chars::dense(cut(self.chars, piece.start, piece.start + 24));
        let time = crate::times::time_len(&lead, 0);
        let dated = time > 0 && (0..time).any(|k| crate::chars::at(&lead, k) == '日');
        let opens = dated || crate::tables::news_leads().at(&lead, 0).is_some();
        if !opens || title.len() < 6 || list_item(title) {
            return false;
        }
        let behind = self.pieces.iter().skip(i).take(REACH);
        let text = behind.take_while(|p| !matches!(p.shape, Shape::Head { .. } | Shape::Byline(_)));
        let text: Vec<char> = text
            .flat_map(|p| cut(self.chars, p.start, p.end))
            .copied()
            .collect();
        crate::titles::shared_terms(title, &crate::chars::dense(&text)) >= 300
    }

    /// `市自来水公司` / `2022年9月5日` / `夜市火了 管理跟上了`: how many of the waiting lines sign the text before them, where a
    /// headline stands behind. What is signed has ended.
    pub(super) fn signed(&self) -> Option<usize> {
        let line = |k: usize| -> Vec<char> {
            let head = self.pending.get(k).and_then(|h| self.pieces.get(*h));
            head.map_or_else(Vec::new, |p| crate::chars::dense(cut(self.chars, p.start, p.end)))
        };
        let who = line(0);
        let named = crate::tables::owner_tails().before(&who, who.len()).is_some();
        let day = (1..=2).find(|k| crate::titles::is_day(&line(*k)))?;
        let next = line(day + 1);
        // `附件：…` still belongs to what was signed.
        (named && next.len() >= 5 && !crate::chars::has_at(&next, 0, "附")).then_some(day + 1)
    }

    /// `通告` / `因…施工需要，现将…通告如下：`, `短评：…`: a heading of its own kind of text, never of a section.
    pub(super) fn begins_notice(&self, i: usize) -> bool {
        let (Some(piece), Some(head)) = (
            self.pieces.get(i),
            self.pending.last().and_then(|h| self.pieces.get(*h)),
        ) else {
            return false;
        };
        let Shape::Head { texts, .. } = &head.shape else {
            return false;
        };
        let Some(title) = texts.last() else { return false };
        let lead = crate::chars::dense(cut(self.chars, piece.start, piece.start + 24));
        let notice =
            notice_tails().before(title, title.len()).is_some() && notice_leads().at(&lead, 0).is_some();
        let column = comment_labels()
            .at(title, 0)
            .is_some_and(|n| matches!(crate::chars::at(title, n), '：' | ':' | '|' | '｜'));
        (notice || column) && !list_item(title)
    }

    /// Several headlines gathered, of which the last speaks of the text behind it and not of the text before them:
    /// another article, not a section.
    pub(super) fn begins_other(&self, i: usize) -> bool {
        const REACH: usize = 14;
        const LEAST: usize = 250;
        // No more of either text is held against the headline, however long its lines are.
        const MOST: usize = 1500;
        let Some(Shape::Head { texts, .. }) = self
            .pending
            .last()
            .and_then(|h| self.pieces.get(*h))
            .map(|p| &p.shape)
        else {
            return false;
        };
        let Some(title) = texts.last().filter(|t| t.len() >= 6 && !list_item(t)) else {
            return false;
        };
        // `二、2025年工作总` / `体要求和主要目标`: a section's heading, broken.
        let section = self.pending.iter().rev().nth(1).is_some_and(|h| {
            let lines = match self.pieces.get(*h).map(|p| &p.shape) {
                Some(Shape::Head { texts, .. }) => texts.as_slice(),
                _ => &[],
            };
            let next = self.pending.last().is_some_and(|last| h + 1 == *last);
            next && lines.last().is_some_and(|text| list_item(text))
        });
        if self.pending.len() < 2 || section {
            return false;
        }
        let text = |pieces: &[Piece]| -> Vec<char> {
            let all = pieces.iter().flat_map(|p| cut(self.chars, p.start, p.end));
            all.filter(|c| !c.is_whitespace()).take(MOST).copied().collect()
        };
        let behind = self.pieces.get(i..).unwrap_or_default();
        let lines = behind
            .iter()
            .take(REACH)
            .take_while(|p| !matches!(p.shape, Shape::Head { .. } | Shape::Byline(_) | Shape::Dateline))
            .count();
        let own = crate::titles::shared_terms(title, &text(behind.get(..lines).unwrap_or_default()));
        let Some(now) = self.now.as_ref().filter(|_| own >= LEAST) else {
            return false;
        };
        let from = now.parts.len().saturating_sub(3 * REACH);
        let before: Vec<char> = now
            .parts
            .iter()
            .skip(from)
            .filter_map(|p| self.pieces.get(p.piece))
            .flat_map(|p| cut(self.chars, p.start, p.end))
            .take(MOST)
            .copied()
            .collect();
        own > 2 * crate::titles::shared_terms(title, &crate::chars::dense(&before))
    }
}
