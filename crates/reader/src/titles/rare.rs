//! How much the bodies of a page know of a headline's characters, those that few of them have counting more: headlines in
//! figures of speech (`法官进果园 纠纷就地解`) share characters with their body, but hardly a term.

use crate::bodies::Body;
use crate::chars::is_han;
use crate::pieces::Piece;
use crate::titles::body_text;

/// Which characters each body has.
pub(super) struct Characters {
    of_body: Vec<Vec<char>>,
}

impl Characters {
    /// Of the running text of the bodies, without the headings inside them.
    pub(super) fn of(chars: &[char], pieces: &[Piece], bodies: &[Body]) -> Characters {
        let sorted = |body: &Body| {
            let running: Vec<_> = body.parts.iter().filter(|p| !p.heading).copied().collect();
            let mut own = body_text(chars, pieces, &running);
            own.retain(|c| is_han(*c));
            own.sort_unstable();
            own.dedup();
            own.shrink_to_fit();
            own
        };
        Characters {
            of_body: bodies.iter().map(sorted).collect(),
        }
    }

    /// How much of the heading's characters body `b` has, in thousandths, weighed by how few of the bodies in reach have them.
    pub(super) fn known(&self, heading: &[char], b: usize) -> u64 {
        const WHOLE: u64 = 60;
        let mut own: Vec<char> = heading.iter().filter(|c| is_han(**c)).copied().collect();
        own.sort_unstable();
        own.dedup();
        let near = self
            .of_body
            .get(b.saturating_sub(super::REACH)..self.of_body.len().min(b + super::REACH))
            .unwrap_or_default();
        let (mut hit, mut all) = (0u64, 0u64);
        for c in own {
            let many = near.iter().filter(|text| text.binary_search(&c).is_ok()).count();
            let weight = WHOLE / u64::try_from(many.max(1)).unwrap_or(u64::MAX);
            all += weight;
            if self
                .of_body
                .get(b)
                .is_some_and(|text| text.binary_search(&c).is_ok())
            {
                hit += weight;
            }
        }
        (hit * 1000).checked_div(all).unwrap_or(0)
    }
}
