//! Corrections of earlier bulletins, and reasons that were printed before.

use std::collections::BTreeMap;

use bihuan_domain::id::{BulletinId, CaseId, Code};

use super::figures::{Corrected, CorrectedRate, Correction, FalseClosing, Figures, LateItem, Scope};
use super::rate::Rate;

/// A bulletin that was issued before.
pub(crate) struct Earlier {
    pub(crate) id: BulletinId,
    pub(crate) number: String,
    /// The log entry by which it was issued.
    pub(crate) issued: u64,
    pub(crate) figures: Figures,
}

/// The counts of closings, which a failed look-back takes back.
const CLOSINGS: [&str; 3] = ["closed", "closed_due", "on_time"];

/// What must be set right now: closings that an issued bulletin of this scope counted, whose look-back failed after that
/// bulletin's log ended, and that no bulletin issued since has set right.
pub(crate) fn corrections(
    scope: &Scope,
    size: u64,
    false_closings: &[FalseClosing],
    earlier: &[Earlier],
) -> Vec<Correction> {
    let mut corrections = Vec::new();
    for printed in earlier
        .iter()
        .filter(|printed| covers(scope, &printed.figures.scope))
    {
        let taken_back: Vec<&FalseClosing> = false_closings
            .iter()
            .filter(|closing| printed.figures.log.size <= closing.seq && closing.seq < size)
            .filter(|closing| counted(&printed.figures, closing))
            .collect();
        let said = |closing: &FalseClosing| {
            earlier.iter().any(|later| {
                let log = later.figures.log.size;
                covers(&later.figures.scope, &printed.figures.scope)
                    && printed.issued < log
                    && closing.seq < log
            })
        };
        let fresh: Vec<FalseClosing> = taken_back
            .iter()
            .filter(|closing| !said(closing))
            .map(|closing| (*closing).clone())
            .collect();
        if fresh.is_empty() {
            continue;
        }
        let false_cases = taken_back.iter().map(|closing| closing.case).collect();
        corrections.push(correction(printed, fresh, &false_cases));
    }
    corrections
}

fn correction(printed: &Earlier, cases: Vec<FalseClosing>, false_cases: &super::rate::CaseSet) -> Correction {
    let now = |id: &str| {
        let count = printed.figures.count(id);
        let lost = if CLOSINGS.contains(&id) {
            count.map_or(0, |c| c.cases.common(false_cases).len())
        } else {
            0
        };
        count.map_or(0, |count| count.n).saturating_sub(lost)
    };
    let counts = CLOSINGS
        .iter()
        .map(|id| Corrected {
            id: Code::new(id),
            printed: printed.figures.n(id),
            now: now(id),
        })
        .filter(|count| count.printed != count.now)
        .collect();
    let rates = printed
        .figures
        .rates
        .iter()
        .map(|named| CorrectedRate {
            id: named.id.clone(),
            printed: named.rate.clone(),
            now: Rate::of(now(named.num.as_str()), now(named.base.as_str())),
        })
        .filter(|rate| rate.printed != rate.now)
        .collect();
    Correction {
        bulletin: printed.id.clone(),
        number: printed.number.clone(),
        cases,
        counts,
        rates,
    }
}

/// Whether the bulletin counted this closing; the look-back failed later, so its own log had only the closing.
fn counted(figures: &Figures, closing: &FalseClosing) -> bool {
    closing.closed <= figures.as_of
        && CLOSINGS.iter().any(|id| {
            figures
                .count(id)
                .is_some_and(|count| count.cases.has(closing.case))
        })
}

/// Whether a bulletin of `scope` speaks for everything that one of `other` speaks for.
fn covers(scope: &Scope, other: &Scope) -> bool {
    scope.mechanisms.is_empty()
        || !other.mechanisms.is_empty() && other.mechanisms.iter().all(|id| scope.mechanisms.contains(id))
}

/// Marks late matters whose reason, or want of one, the last issued bulletin already printed.
pub(crate) fn repeated(late: &mut [LateItem], earlier: &[Earlier]) {
    let Some(last) = earlier.last() else { return };
    let printed: BTreeMap<CaseId, &LateItem> =
        last.figures.late.iter().map(|item| (item.case, item)).collect();
    for item in late {
        let same = |former: &&LateItem| former.due == item.due && former.cause == item.cause;
        item.repeated = printed.get(&item.case).is_some_and(same);
    }
}
