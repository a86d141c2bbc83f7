//! Typical cases of a period, chosen by a stated rule and never by a person's name: good ones were done well before their
//! limit and stood every check, bad ones were found false, sent back again and again, or are late.

use bihuan_domain::case::State;
use bihuan_domain::id::{CaseId, MechanismId, Sealed, UnitId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::compute::Look;
use super::figures::LateWith;
use crate::error::Error;
use crate::views::Course;

/// Cases of each side that are told.
const TOLD: usize = 3;
/// Candidates kept while counting.
const KEPT_MAX: usize = 64;
/// A matter that took less than this many days from opening to limit is no example.
const DAYS_MIN: i64 = 5;
/// Sent back so often in the period, a matter is an example.
const REWORKS_MIN: u64 = 2;

/// The typical cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typical {
    /// Done early and found true.
    pub good: Vec<TypicalCase>,
    /// Found false, sent back, or late.
    pub bad: Vec<TypicalCase>,
}

/// A typical case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypicalCase {
    /// The case.
    pub case: CaseId,
    /// Its mechanism.
    pub mechanism: MechanismId,
    /// Its printed number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its title, sealed.
    pub title: Sealed,
    /// The owner.
    pub owner: UnitId,
    /// Why it is told.
    pub why: Why,
}

/// Why a case is told. Among the bad, a false closing weighs most, then rework, then lateness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    /// Done with this share of the time left, in whole percent.
    Early {
        /// When it was said to be done.
        done: Timestamp,
        /// Of the time from opening to the limit.
        percent: u64,
    },
    /// A look-back found the closing false.
    False {
        /// When.
        failed: Timestamp,
    },
    /// Verification sent it back.
    Reworked {
        /// How often in the period.
        times: u64,
    },
    /// The limit has passed.
    Late {
        /// Days, begun ones counted.
        days: u64,
    },
}

impl Typical {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.good.is_empty() && self.bad.is_empty()
    }
}

/// Looks for them while cases are counted.
#[derive(Default)]
pub(super) struct Search {
    good: Vec<(Rank, Why)>,
    bad: Vec<(Rank, Why)>,
}

/// The smaller, the sooner it is told.
type Rank = (u8, std::cmp::Reverse<u64>, CaseId);

impl Search {
    /// Looks at a case; `inside` says whether an instant lies in the period, `as_of` is when the figures hold.
    pub(super) fn look(
        &mut self,
        id: CaseId,
        course: &Course,
        inside: &dyn Fn(Timestamp) -> bool,
        as_of: Timestamp,
    ) {
        if let Some((done, percent)) = early(course, inside) {
            let class = u8::from(!course.major);
            let rank = (class, std::cmp::Reverse(percent), id);
            keep(&mut self.good, rank, Why::Early { done, percent });
        }
        let failed = course.more.undone.iter().map(|undone| undone.failed);
        let failed = failed.filter(|at| inside(*at)).max();
        let sent_back = course.more.sent_back.iter().filter(|at| inside(**at));
        let reworked = u64::try_from(sent_back.count()).unwrap_or(0);
        let (class, weight, why) = if let Some(failed) = failed {
            (0, 0, Why::False { failed })
        } else if reworked >= REWORKS_MIN {
            (1, reworked, Why::Reworked { times: reworked })
        } else if let Some((LateWith::Matter, limit)) = course.late(as_of) {
            let seconds = u64::try_from(as_of.as_second().saturating_sub(limit.as_second())).unwrap_or(0);
            let days = seconds.div_ceil(86_400).max(1);
            (2, days, Why::Late { days })
        } else {
            return;
        };
        keep(&mut self.bad, (class, std::cmp::Reverse(weight), id), why);
    }

    /// Takes in what another search found among other cases.
    pub(super) fn join(&mut self, more: Search) {
        let good = more.good.into_iter();
        good.for_each(|(rank, why)| keep(&mut self.good, rank, why));
        let bad = more.bad.into_iter();
        bad.for_each(|(rank, why)| keep(&mut self.bad, rank, why));
    }

    /// What was found; `look` looks at a case whole.
    pub(super) fn found(mut self, look: &impl Look) -> Result<Typical, Error> {
        let first = |list: &mut Vec<(Rank, Why)>| {
            list.sort_by_key(|(rank, _)| *rank);
            list.truncate(TOLD);
            look.told_of(
                list,
                |((.., id), _)| *id,
                |(_, why), state| told(state, why.clone()),
            )
        };
        Ok(Typical {
            good: first(&mut self.good)?,
            bad: first(&mut self.bad)?,
        })
    }
}

/// When it was done and how much of the time was left, for a matter that was closed in the period, stood every check and
/// had time to be late.
fn early(course: &Course, inside: &dyn Fn(Timestamp) -> bool) -> Option<(Timestamp, u64)> {
    let checked = course.more.undone.is_empty() && course.more.sent_back.is_empty();
    let in_time = course.on_time == Some(true) && course.ended.is_some_and(inside);
    if course.open || !in_time || !checked {
        return None;
    }
    let (limit, done) = (course.limit?.as_second(), course.done?);
    let whole = limit.saturating_sub(course.opened_at.as_second());
    let left = limit.saturating_sub(done.as_second());
    if whole < DAYS_MIN.saturating_mul(86_400) || left <= 0 {
        return None;
    }
    let percent = left.saturating_mul(100).checked_div(whole)?;
    Some((done, u64::try_from(percent).ok()?))
}

fn told(state: &State, why: Why) -> TypicalCase {
    TypicalCase {
        case: state.id,
        mechanism: state.mechanism.id.clone(),
        number: state.number.as_ref().map(|number| number.text.clone()),
        title: state.title.clone(),
        owner: state.owner.clone(),
        why,
    }
}

fn keep(list: &mut Vec<(Rank, Why)>, rank: Rank, why: Why) {
    list.push((rank, why));
    if list.len() > KEPT_MAX {
        list.sort_by_key(|(rank, _)| *rank);
        list.truncate(TOLD);
    }
}
