//! Sample cases of every mechanism that has no history of its own: the scenarios of its pack, played to their end, half
//! way, and just begun.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bihuan_domain::calendar::local;
use bihuan_domain::id::MechanismId;
use bihuan_domain::mechanism::Each;
use bihuan_mechanism::Loaded;
use bihuan_mechanism::scenario::{Plain, Scenario, Told};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use crate::history::Tale;
use crate::twin::Twin;

/// Until when the rows of a pack tell, in the reports' own time: its sample rows and the courses that lean on them are
/// moved together, so that this day falls into the last week.
const TOLD_UNTIL: [(&str, &str, Date); 9] = [
    ("c-safety", "device", Date::constant(2023, 8, 4)),
    ("c-safety", "equipment", Date::constant(2023, 8, 4)),
    ("c-safety", "", Date::constant(2024, 6, 25)),
    ("d-environment", "", Date::constant(2024, 7, 9)),
    ("e-emergency", "", Date::constant(2024, 7, 18)),
    ("f-rural", "", Date::constant(2024, 10, 18)),
    ("g-communities", "", Date::constant(2024, 8, 27)),
    ("h-party", "", Date::constant(2020, 9, 15)),
    ("i-services", "", Date::constant(2024, 7, 24)),
];

/// Lists that are law: their days are those of the law.
const LAW: [&str; 2] = ["major_criteria", "warning_rules"];

/// Mechanisms whose cases take from the stock, the points, the quota or the lists of a walk: others of them are only
/// opened.
const SCARCE: [(&str, &str); 12] = [
    ("jiaocheng", "culture-week"),
    ("yuncheng", "culture-week"),
    ("yuncheng", "device-campaign"),
    ("jiaocheng", "charity-wednesday"),
    ("jiaocheng", "charity-pickup"),
    ("jiaocheng", "charity-lot"),
    ("yuncheng", "charity-wednesday"),
    ("yuncheng", "charity-pickup"),
    ("yuncheng", "charity-lot"),
    ("jiaocheng", "unit-assessment"),
    ("jiaocheng", "assessment-year"),
    ("jiaocheng", "device-campaign"),
];

/// Scenarios that come out only where and when the packs tell them, each with the reason: no place of the demo tells them.
pub const TOLD_NOWHERE: [(&str, &str); 10] = [
    (
        "air-response-colours",
        "turns on the day on which the rule of the colours changed",
    ),
    (
        "major-hazard-criteria-version",
        "turns on the days on which criteria came into force",
    ),
    (
        "standard-review-normal",
        "scores by the edition that was in force until 31 October 2025",
    ),
    (
        "self-check-overdue",
        "turns on the end of a quarter, which whole weeks do not move",
    ),
    (
        "orienteering-objection",
        "is a race of three teams, the places have the whole list of teams",
    ),
    (
        "root-cause-list-task-added",
        "needs a list of one task, the places have the whole list",
    ),
    (
        "inspection-round-none-due",
        "needs a register of which no device falls due",
    ),
    (
        "device-visit-unregistered-device",
        "needs a list of findings without those that the places have",
    ),
    (
        "net-round-not-patrolled",
        "needs a round that its schedule opened weeks before it is first looked at",
    ),
    (
        "flooded-segment-not-passable",
        "needs a spot that no dispatch of the place has in hand",
    ),
];

/// Actions that end on a day of their own: the days until which their matters are given lie no later.
const ENDS: [(&str, Date); 1] = [("root-cause", Date::constant(2026, 12, 31))];

/// Scenarios that count rows of the packs' samples by their days: they are told beside these rows.
const BESIDE_ROWS: [&str; 2] = ["net-finding-missed-by-plant", "waste-settlement-normal"];

/// Scenarios that are told before the normal course of their mechanism: they leave the registers as they are.
const RATHER: [&str; 1] = ["device-campaign-register"];

/// Mechanisms that hand out dozens of parts: one campaign that has just gone out is enough, an old one would fill desks.
const WIDE: [&str; 2] = ["water-campaign", "five-grips"];

/// Which course is told half way where it is not the second of a mechanism.
const HALF_TOLD: [&str; 2] = ["feedback-problem-one-to-all", "cleanup-dispatch-slow"];

/// By how many weeks the days in a register's sample rows are moved; none where they are what was printed.
pub(crate) fn weeks_of_rows(pack: &str, register: &str, now: Date) -> i64 {
    let told = TOLD_UNTIL
        .iter()
        .filter(|_| !LAW.contains(&register))
        .find(|(of, begins, _)| *of == pack && register.starts_with(begins));
    told.map_or(0, |(.., day)| weeks(*day, yesterday(now)))
}

/// Whole weeks from one day to another, rounded down.
pub(crate) fn weeks(from: Date, to: Date) -> i64 {
    i64::from(from.until(to).map(|span| span.get_days()).unwrap_or(0)).div_euclid(7)
}

/// Mechanisms whose parts are seen only in a course that is told to its end.
const WHOLE: [&str; 4] = ["warning-call", "call-answer", "rain-response", "relics-patrol"];

/// Of how many mechanisms one has a sample that is told to its end.
const TOLD_TO_ITS_END: usize = 3;

/// What a place has once to its end, and once just opened, although it takes from the lists: the result of a year is out, with
/// what follows from it, and the walk goes through the next year's.
const TOLD_OUT: [(&str, &str); 1] = [("jiaocheng", "assessment-year")];

/// Weeks over which the ends of finished tales are spread.
const SPREAD_WEEKS: i64 = 4;

/// The tales of a place that begin after `first` and are told up to `now`, of the mechanisms that are `wanted`.
pub(crate) fn tales(
    loaded: &Loaded,
    twin: &Arc<Twin>,
    (first, now): (DateTime, DateTime),
    (slug, wanted): (&str, fn(&str) -> bool),
) -> Vec<Tale> {
    let mut all = Vec::new();
    let mut of: BTreeMap<&str, (&str, Vec<&Scenario>)> = BTreeMap::new();
    for pack in &loaded.packs {
        for scenario in &pack.scenarios {
            let (_, scenarios) = of
                .entry(scenario.mechanism.as_str())
                .or_insert((pack.id.as_str(), Vec::new()));
            scenarios.push(scenario);
        }
    }
    for (n, (mechanism, (pack, mut scenarios))) in of.into_iter().enumerate() {
        if !wanted(mechanism) {
            continue;
        }
        scenarios.sort_by_key(|scenario| {
            let rather = RATHER.contains(&scenario.id.as_str());
            (!rather, !scenario.id.ends_with("normal"))
        });
        let told: Vec<(&Scenario, Arc<[Told]>)> = scenarios
            .into_iter()
            .filter(|scenario| TOLD_NOWHERE.iter().all(|(id, _)| *id != scenario.id))
            .map(|scenario| (scenario, acts(scenario)))
            .filter(|(_, acts)| begun(acts) < acts.len())
            .collect();
        let back = i64::try_from(n).unwrap_or(0).rem_euclid(SPREAD_WEEKS);
        let Some((normal, whole)) = told.first() else {
            continue;
        };
        let (other, course) = told
            .iter()
            .find(|(scenario, _)| HALF_TOLD.contains(&scenario.id.as_str()))
            .or_else(|| told.get(1))
            .map_or((*normal, whole), |(other, course)| (*other, course));
        let half = begun(course).max(course.len().saturating_mul(3) / 5);
        let today = now.date();
        let mut place = |scenario: &Scenario, acts: &Arc<[Told]>, copy: &str, stop: usize, until: Date| {
            let (mut stop, mut weeks) = fit(acts, stop, first.date(), until);
            if let Some((_, end)) = ENDS.iter().find(|(begins, _)| mechanism.starts_with(begins)) {
                match within(acts, *end, first.date()) {
                    Some(last) => weeks = weeks.min(last),
                    // Too late for any of it: it is opened, and stays where it is.
                    None => stop = stop.min(opened(acts)),
                }
            }
            if BESIDE_ROWS.contains(&scenario.id.as_str()) {
                weeks = weeks_of_rows(pack, "", today);
            }
            let name = format!("{}-{copy}", scenario.id);
            let id = MechanismId::from(mechanism);
            all.push(Tale::new(
                name,
                id,
                Arc::clone(acts),
                Arc::clone(twin),
                weeks,
                stop,
            ));
        };
        let past = today.saturating_sub(back.saturating_add(1).weeks());
        // Beside the rows that it leans on, where that is in the past; else where it fits.
        let beside = whole.last().map_or(past, |act| {
            let moved = weeks_of_rows(pack, "", today).weeks();
            local(act.at).date().saturating_add(moved)
        });
        let end = if beside > first.date() && beside < today {
            beside
        } else {
            past
        };
        if SCARCE.contains(&(slug, mechanism)) {
            place(normal, whole, "new", opened(whole), yesterday(today));
            if TOLD_OUT.contains(&(slug, mechanism)) {
                place(normal, whole, "done", whole.len(), end);
            }
            continue;
        }
        if WIDE.contains(&mechanism) {
            place(normal, whole, "half", half.min(whole.len()), yesterday(today));
            continue;
        }
        // One in three is told to its end: enough to see what an end looks like, and no more to wait for.
        if n.rem_euclid(TOLD_TO_ITS_END) == 0 || WHOLE.contains(&mechanism) {
            place(normal, whole, "done", whole.len(), end);
        }
        place(other, course, "half", half, yesterday(today));
        // What goes out over a whole register is there twice already.
        let wide = loaded.mechanism(&mechanism.into()).is_some_and(|mechanism| {
            let children = mechanism.children.as_ref();
            children.is_some_and(|children| matches!(children.each, Some(Each::Register { .. })))
        });
        if !wide {
            place(normal, whole, "new", begun(whole), yesterday(today));
        }
    }
    all
}

fn yesterday(day: Date) -> Date {
    day.saturating_sub(1.day())
}

/// The acts that do something and are not refused.
pub(crate) fn acts(scenario: &Scenario) -> Arc<[Told]> {
    let mut named = BTreeSet::new();
    scenario
        .told()
        .into_iter()
        .filter(|act| !act.refused)
        .filter(|act| act.action != "wait" || named.insert(act.case.clone()))
        .collect()
}

/// How many acts open the case.
fn opened(acts: &[Told]) -> usize {
    let opens = |act: &Told| matches!(act.action.as_str(), "open" | "wait" | "row");
    acts.iter().position(|act| !opens(act)).unwrap_or(acts.len())
}

/// How many acts open the case and take one step.
fn begun(acts: &[Told]) -> usize {
    opened(acts).saturating_add(1)
}

/// By how many weeks the acts may be moved at most, so that no day that they give lies past `end`; none where they would
/// then begin before `first`.
fn within(acts: &[Told], end: Date, first: Date) -> Option<i64> {
    let days = acts
        .iter()
        .flat_map(|act| ["values", "row"].map(|key| act.table(key)));
    let days = days
        .flat_map(BTreeMap::into_values)
        .filter_map(|value| match value {
            Plain::Text(text) => text.parse::<Date>().ok(),
            _ => None,
        });
    let weeks = weeks(days.max()?, end);
    let begins = acts
        .first()
        .map(|act| local(act.at).date().saturating_add(weeks.weeks()))?;
    (begins > first).then_some(weeks)
}

/// By how many weeks the acts are moved so that the last of them is told by `until`, and how many can be told where
/// they would begin before `first`.
fn fit(acts: &[Told], stop: usize, first: Date, until: Date) -> (usize, i64) {
    let day = |act: &Told| local(act.at).date();
    let Some(start) = acts.first().map(day) else {
        return (0, 0);
    };
    let mut stop = stop.min(acts.len());
    loop {
        let last = stop.checked_sub(1).and_then(|n| acts.get(n)).map_or(start, day);
        let weeks = weeks(last, until);
        if stop <= 1 || start.saturating_add(weeks.weeks()) > first {
            return (stop, weeks);
        }
        stop = stop.saturating_sub(1);
    }
}
