//! Courses (办理路径): cases with the same activities in the same order are of one course.

use super::way;
use crate::log::EventLog;
use crate::names::{Names, wide};

/// A course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its activities by number.
    pub activities: Vec<u32>,
    /// The cases that went this way, by number, ascending.
    pub cases: Vec<u32>,
    /// How many of them go on: they have come this far.
    pub open: u64,
}

pub(super) fn variants(log: &EventLog) -> Vec<Variant> {
    // A course is a name like any other: its activities, four bytes each.
    let mut courses = Names::default();
    let mut found: Vec<Variant> = Vec::new();
    let mut bytes = Vec::new();
    for case in log.cases() {
        bytes.clear();
        bytes.extend(case.activities.iter().flat_map(|activity| activity.to_le_bytes()));
        let number = wide(courses.number(&bytes));
        if number == found.len() {
            found.push(Variant {
                activities: case.activities.to_vec(),
                cases: Vec::new(),
                open: 0,
            });
        }
        if let Some(variant) = found.get_mut(number) {
            variant.cases.push(case.number);
            variant.open += u64::from(case.open);
        }
    }
    let names = log.activity_names();
    found.sort_by(|a, b| {
        let by_name = || way(names, &a.activities).cmp(&way(names, &b.activities));
        b.cases.len().cmp(&a.cases.len()).then_with(by_name)
    });
    found
}
