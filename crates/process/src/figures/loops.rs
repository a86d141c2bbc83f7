//! Coming back (返工): the ways on which a case came to an activity where it had been before.
//!
//! Each case is walked along; where it meets an activity that lies on its way, the piece since then is a loop and is taken
//! out. So every row belongs to one loop at most, and one that was walked twice counts twice.

use super::{count, way};
use crate::log::EventLog;
use crate::names::{NONE, Names, wide};
use crate::stamp::SECOND;

/// A way that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    /// The activities from where it began; it ended at the first of them again. One alone followed upon itself.
    pub activities: Vec<u32>,
    /// How often it was walked.
    pub times: u64,
    /// The cases that walked it, by number, ascending.
    pub cases: Vec<u32>,
    /// Seconds from leaving the first activity until coming back, all together, fractions cut off.
    pub seconds: i64,
}

pub(super) fn loops(log: &EventLog) -> Vec<Loop> {
    let names = log.activity_names();
    let mut ways = Names::default();
    let mut found: Vec<(Loop, i128)> = Vec::new();
    // Where on the way an activity lies; the way itself with the instant of each.
    let mut places = vec![NONE; names.len()];
    let mut walked: Vec<(u32, i64)> = Vec::new();
    let mut bytes = Vec::new();
    for case in log.cases() {
        for (activity, time) in case.activities.iter().zip(case.times) {
            let place = places.get(wide(*activity)).copied().unwrap_or(NONE);
            if place == NONE {
                put(&mut places, *activity, walked.len());
                walked.push((*activity, *time));
                continue;
            }
            let back = walked.get(wide(place)..).unwrap_or_default();
            bytes.clear();
            bytes.extend(back.iter().flat_map(|(activity, _)| activity.to_le_bytes()));
            let number = wide(ways.number(&bytes));
            if number == found.len() {
                let activities = back.iter().map(|(activity, _)| *activity).collect();
                let new = Loop {
                    activities,
                    times: 0,
                    cases: Vec::new(),
                    seconds: 0,
                };
                found.push((new, 0));
            }
            let left = back.first().map_or(*time, |(_, left)| *left);
            if let Some((one, micros)) = found.get_mut(number) {
                one.times += 1;
                *micros += i128::from(time.saturating_sub(left));
                if one.cases.last() != Some(&case.number) {
                    one.cases.push(case.number);
                }
            }
            for (gone, _) in walked.drain(wide(place) + 1..) {
                put(&mut places, gone, wide(NONE));
            }
            if let Some((_, since)) = walked.last_mut() {
                *since = *time;
            }
        }
        for (gone, _) in walked.drain(..) {
            put(&mut places, gone, wide(NONE));
        }
    }
    let seconds = |micros: i128| i64::try_from(micros.div_euclid(i128::from(SECOND))).unwrap_or(i64::MAX);
    let mut loops: Vec<Loop> = found
        .into_iter()
        .map(|(one, micros)| Loop {
            seconds: seconds(micros),
            ..one
        })
        .collect();
    loops.sort_by(|a, b| {
        let by_name = || way(names, &a.activities).cmp(&way(names, &b.activities));
        (b.times, count(b.cases.len()))
            .cmp(&(a.times, count(a.cases.len())))
            .then_with(by_name)
    });
    loops
}

fn put(places: &mut [u32], activity: u32, place: usize) {
    if let Some(known) = places.get_mut(wide(activity)) {
        *known = crate::names::narrow(place);
    }
}
