//! The process view (过程视图): the real course of cases, from the read models, and how long they lay with whom.
//!
//! An activity is a stage that a case comes to; who has the case changes oftener than its stage. Time is charged to posts and
//! units as the kernel charges it (law 1), never to persons, and nobody is ranked: lists stand in the order of names.

mod course;
mod given;
mod kept;
mod which;

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::{CaseId, MechanismId, PostId, StageId, UnitId};
use bihuan_process::{Charged, EventLog, Figures, HolderWait, Rows, Spread, holder_waits};
use jiff::Timestamp;

use crate::access::Sight;
use crate::error::Error;
use crate::views::Views;

pub use course::{Course, Stay, courses};
pub use given::{Labels, flat, ocel};
pub(crate) use kept::Kept;
pub use kept::process;
pub use which::Which;

/// The process of one mechanism, over the cases that somebody may see. It holds until the log grows; how long something has
/// lain where it lies now is reckoned when it is told.
#[derive(Clone, Debug)]
pub struct Process {
    /// The log of stages; cases by their ids, holders by post.
    pub log: EventLog,
    /// Its figures; the wait by holder stands in `posts` and `units` instead.
    pub figures: Figures,
    /// With whom cases lay, by post.
    pub posts: Vec<Held<PostId>>,
    /// The same by unit.
    pub units: Vec<Held<UnitId>>,
    courses: Vec<Course>,
}

/// How long cases stayed in a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dwell {
    /// Cases that came to it and left it.
    pub left: u64,
    /// How long they stayed, each time, until they left.
    pub wait: Spread,
}

/// What lay with a post or unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<Id> {
    /// Which.
    pub id: Id,
    /// The post's unit as of its last case, or the unit itself.
    pub unit: UnitId,
    /// Cases that lay there and went on.
    pub cases: u64,
    /// How long, each time, until they went on.
    pub wait: Spread,
    /// Cases that lie there now.
    pub now: u64,
    /// Since when the oldest of these lies there.
    pub since: Option<Timestamp>,
}

impl<Id> Held<Id> {
    /// How long the oldest that lies there now has lain there, in seconds.
    pub fn oldest(&self, as_of: Timestamp) -> i64 {
        self.since.map_or(0, |since| {
            as_of.as_second().saturating_sub(since.as_second()).max(0)
        })
    }
}

impl Process {
    /// The process of `mechanism` over what `sight` may see.
    ///
    /// # Errors
    ///
    /// If the read models or the log cannot be read.
    pub fn of(views: &Views, mechanism: &MechanismId, sight: &Sight) -> Result<Process, Error> {
        let courses = courses(views, std::slice::from_ref(mechanism), sight)?;
        let log = stages(&courses, |_, stay| stay.stage.as_str());
        let figures = Figures::of(&log, Charged::Keeper, 1);
        let posts = held(&courses, |stay| stay.holder.as_ref().map(|holder| &holder.post));
        let units = units(&courses);
        Ok(Process {
            log,
            figures,
            posts,
            units,
            courses,
        })
    }

    /// The cases that a figure counts.
    pub fn cases_of(&self, which: &Which) -> BTreeSet<CaseId> {
        which.cases(&self.log, &self.figures, &self.courses)
    }

    /// The stage codes of a way.
    pub fn stages(&self, activities: &[u32]) -> Vec<&str> {
        activities
            .iter()
            .map(|activity| self.log.activity_names().text(*activity))
            .collect()
    }
}

/// Each stage that any of these cases came to: how many left it again, and how long they stayed until then.
pub fn dwells(courses: &[Course]) -> BTreeMap<StageId, Dwell> {
    let mut stages: BTreeMap<&StageId, (BTreeSet<CaseId>, Vec<i64>)> = BTreeMap::new();
    for course in courses {
        for (stage, from, to) in course.in_stages() {
            let (left, stays) = stages.entry(stage).or_default();
            if let Some(to) = to {
                left.insert(course.case);
                stays.push(to.as_microsecond().saturating_sub(from.as_microsecond()));
            }
        }
    }
    let dwell = |(left, mut stays): (BTreeSet<CaseId>, Vec<i64>)| Dwell {
        left: u64::try_from(left.len()).unwrap_or(u64::MAX),
        wait: Spread::of(&mut stays),
    };
    stages
        .into_iter()
        .map(|(stage, found)| (stage.clone(), dwell(found)))
        .collect()
}

/// With which units these cases lay, and lie.
pub fn units(courses: &[Course]) -> Vec<Held<UnitId>> {
    held(courses, |stay| stay.holder.as_ref().map(|holder| &holder.unit))
}

/// The log of stages: a row for each stage that a case comes to, in the words of `name`.
fn stages<'a>(courses: &'a [Course], name: impl Fn(&'a Course, &'a Stay) -> &'a str) -> EventLog {
    let mut rows = Rows::default();
    for course in courses {
        let case = course.case.to_string();
        for stay in course.arrivals() {
            let post = stay.holder.as_ref().map(|holder| holder.post.as_str());
            rows.add(&case, name(course, stay), stay.from.as_microsecond(), post);
        }
    }
    let mut log = rows.into_log();
    for course in courses.iter().filter(|course| course.open) {
        log.goes_on(&course.case.to_string());
    }
    log
}

/// How long cases lay with each post or unit, and what lies there now.
fn held<Id: Clone + Ord + Borrow<str> + From<String>>(
    courses: &[Course],
    id: impl Fn(&Stay) -> Option<&Id>,
) -> Vec<Held<Id>> {
    let mut rows = Rows::default();
    let mut units: BTreeMap<Id, UnitId> = BTreeMap::new();
    let mut now: BTreeMap<Id, (u64, Timestamp)> = BTreeMap::new();
    for course in courses {
        let case = course.case.to_string();
        for stay in &course.stays {
            let who = id(stay);
            let at = stay.from.as_microsecond();
            rows.add(&case, stay.stage.as_str(), at, who.map(Borrow::borrow));
            let Some((who, holder)) = who.zip(stay.holder.as_ref()) else {
                continue;
            };
            units.insert(who.clone(), holder.unit.clone());
            if stay.to.is_none() {
                let (n, since) = now.entry(who.clone()).or_insert((0, stay.from));
                *n = n.saturating_add(1);
                *since = (*since).min(stay.from);
            }
        }
    }
    let log = rows.into_log();
    let mut waits: BTreeMap<Id, HolderWait> = BTreeMap::new();
    for wait in holder_waits(&log, Charged::Keeper) {
        if let Some(holder) = wait.holder {
            let name = log.holder_names().text(holder).to_owned();
            waits.insert(Id::from(name), wait);
        }
    }
    units
        .into_iter()
        .map(|(id, unit)| {
            let wait = waits.get(id.borrow());
            let lying = now.get(id.borrow()).copied();
            Held {
                unit,
                cases: wait.map_or(0, |wait| wait.cases),
                wait: wait.map(|wait| wait.wait).unwrap_or_default(),
                now: lying.map_or(0, |(n, _)| n),
                since: lying.map(|(_, since)| since),
                id,
            }
        })
        .collect()
}
