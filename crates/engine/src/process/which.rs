//! Which cases a figure of the process counts, in words that stand in an address.

use std::collections::BTreeSet;
use std::fmt;

use bihuan_domain::id::{CaseId, PostId, StageId, UnitId};
use bihuan_process::{EventLog, Figures};

use super::Course;

/// A figure whose cases are asked for. Written and read as `way:a,b,c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Cases with exactly this course: `way:a,b,c`.
    Way(Vec<StageId>),
    /// Cases that went from one stage directly to another: `step:a,b`.
    Step(StageId, StageId),
    /// Cases that came back on this way: `back:a,b`.
    Back(Vec<StageId>),
    /// Cases that came to a stage more than once: `again:a`.
    Again(StageId),
    /// Cases that ever came to one of these stages: `came:a,b`.
    Came(Vec<StageId>),
    /// Cases that came to a stage and left it: `left:a`.
    Left(StageId),
    /// Cases that lay with a post and went on: `post:p`.
    Post(PostId),
    /// Cases that lie with a post now: `post-now:p`.
    PostNow(PostId),
    /// Cases that lay with a unit and went on: `unit:u`.
    Unit(UnitId),
    /// Cases that lie with a unit now: `unit-now:u`.
    UnitNow(UnitId),
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |stages: &[StageId]| stages.iter().map(StageId::as_str).collect::<Vec<_>>().join(",");
        match self {
            Which::Way(stages) => write!(f, "way:{}", listed(stages)),
            Which::Step(from, to) => write!(f, "step:{from},{to}"),
            Which::Back(stages) => write!(f, "back:{}", listed(stages)),
            Which::Again(stage) => write!(f, "again:{stage}"),
            Which::Came(stages) => write!(f, "came:{}", listed(stages)),
            Which::Left(stage) => write!(f, "left:{stage}"),
            Which::Post(post) => write!(f, "post:{post}"),
            Which::PostNow(post) => write!(f, "post-now:{post}"),
            Which::Unit(unit) => write!(f, "unit:{unit}"),
            Which::UnitNow(unit) => write!(f, "unit-now:{unit}"),
        }
    }
}

impl Which {
    /// Reads what [`Which`] writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Which> {
        let (kind, rest) = text.split_once(':')?;
        let stages = || rest.split(',').map(StageId::from).collect::<Vec<_>>();
        Some(match kind {
            "way" => Which::Way(stages()),
            "back" => Which::Back(stages()),
            "step" => {
                let (from, to) = rest.split_once(',')?;
                Which::Step(from.into(), to.into())
            }
            "again" => Which::Again(rest.into()),
            "came" => Which::Came(stages()),
            "left" => Which::Left(rest.into()),
            "post" => Which::Post(rest.into()),
            "post-now" => Which::PostNow(rest.into()),
            "unit" => Which::Unit(rest.into()),
            "unit-now" => Which::UnitNow(rest.into()),
            _ => return None,
        })
    }

    pub(super) fn cases(&self, log: &EventLog, figures: &Figures, courses: &[Course]) -> BTreeSet<CaseId> {
        let named = |cases: &[u32]| -> BTreeSet<CaseId> {
            let names = cases.iter().map(|case| log.case_names().text(*case));
            names.filter_map(|name| name.parse().ok().map(CaseId)).collect()
        };
        let same = |activities: &[u32], stages: &[StageId]| {
            let names = activities
                .iter()
                .map(|activity| log.activity_names().text(*activity));
            names.eq(stages.iter().map(StageId::as_str))
        };
        let those = |test: &dyn Fn(&Course) -> bool| {
            let found = courses.iter().filter(|course| test(course));
            found.map(|course| course.case).collect()
        };
        let lay = |now: bool, with: &dyn Fn(&super::Stay) -> bool| {
            those(&|course| {
                let mut stays = course.stays.iter().filter(|stay| stay.to.is_none() == now);
                stays.any(with)
            })
        };
        match self {
            Which::Way(stages) => {
                let found = figures.variants.iter().find(|one| same(&one.activities, stages));
                found.map(|one| named(&one.cases)).unwrap_or_default()
            }
            Which::Back(stages) => {
                let found = figures.loops.iter().find(|one| same(&one.activities, stages));
                found.map(|one| named(&one.cases)).unwrap_or_default()
            }
            Which::Step(from, to) => those(&|course| {
                let next = course.arrivals().skip(1);
                course
                    .arrivals()
                    .zip(next)
                    .any(|(a, b)| a.stage == *from && b.stage == *to)
            }),
            Which::Again(stage) => {
                those(&|course| course.arrivals().filter(|stay| stay.stage == *stage).count() > 1)
            }
            Which::Came(stages) => those(&|course| course.came_to(stages)),
            Which::Left(stage) => {
                those(&|course| course.in_stages().any(|(id, _, to)| id == stage && to.is_some()))
            }
            Which::Post(post) | Which::PostNow(post) => lay(matches!(self, Which::PostNow(_)), &|stay| {
                stay.holder.as_ref().is_some_and(|holder| holder.post == *post)
            }),
            Which::Unit(unit) | Which::UnitNow(unit) => lay(matches!(self, Which::UnitNow(_)), &|stay| {
                stay.holder.as_ref().is_some_and(|holder| holder.unit == *unit)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_as_it_was_written() {
        for text in [
            "way:a,b,c",
            "step:a,b",
            "back:a",
            "again:a",
            "came:a,b",
            "left:a",
            "post:x.y",
            "post-now:x",
            "unit:u",
            "unit-now:u",
        ] {
            assert_eq!(Which::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            (
                Which::parse("way"),
                Which::parse("step:a"),
                Which::parse("person:p")
            ),
            (None, None, None)
        );
    }
}
