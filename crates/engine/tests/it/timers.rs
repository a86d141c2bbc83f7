//! Timers against a plain schedule in memory: whatever is opened, moved on, slept through and restarted, and wherever the
//! wall clock jumps, each instant fires once, with its own due time, never early, the earliest first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::CaseId;
use bihuan_engine::{Engine, views};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use crate::county::County;

/// What happens to the office.
#[derive(Clone, Debug)]
enum Happening {
    Open,
    /// The holder of one of the cases does what its stage asks for.
    Step(usize),
    /// The clock goes on by minutes.
    Pass(i64),
    /// Somebody puts it back.
    Back(i64),
    Sweep,
    /// The engine ends and is started again, with or without having swept.
    Restart,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        4 => Just(Happening::Open),
        4 => (0usize..16).prop_map(Happening::Step),
        6 => (1i64..900).prop_map(Happening::Pass),
        1 => (7_000i64..12_000).prop_map(Happening::Pass),
        1 => (1i64..3_000).prop_map(Happening::Back),
        5 => Just(Happening::Sweep),
        1 => Just(Happening::Restart),
    ];
    prop::collection::vec(one, 1..40)
}

/// What a clock will still say, and when.
type Coming = Vec<(Timestamp, &'static str)>;

/// The schedule as one would keep it by hand: of each case what its stage's clock of 24 hours will say.
#[derive(Default)]
struct Plain {
    /// Stage and what is still to come, in order.
    cases: BTreeMap<CaseId, (usize, Coming)>,
}

/// The stages with a clock of 24 hours that warns after a half and after five sixths, and who does what in them.
const STAGES: [(&str, &str, &str); 3] = [
    ("report", "housing.clerk", "report"),
    ("opine", "county.leader", "opinion"),
    ("reply", "housing.clerk", "reply"),
];

fn clock(start: Timestamp) -> Coming {
    let at = |hours| start + SignedDuration::from_hours(hours);
    vec![(at(12), "warned"), (at(20), "warned"), (at(24), "breached")]
}

/// A county in a directory that is made once and copied for each history.
fn county(place: &Path) -> County {
    static FOUNDED: OnceLock<tempfile::TempDir> = OnceLock::new();
    let founded = FOUNDED.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        drop(County::hastily(&dir.path().join("data")));
        dir
    });
    std::fs::create_dir(place).unwrap();
    for entry in std::fs::read_dir(founded.path().join("data")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            std::fs::copy(entry.path(), place.join(entry.file_name())).unwrap();
        } else {
            std::fs::create_dir(place.join(entry.file_name())).unwrap();
        }
    }
    County::opened(place)
}

/// What the log says since an entry: of each case the instants that fired, in the order of the log. What a case does after
/// its clocks have taken it to another stage is left to other tests.
fn fired(engine: &Engine, since: u64) -> Vec<(CaseId, Timestamp, &'static str, Timestamp)> {
    let reader = engine.ledger().reader().unwrap();
    let mut fired = Vec::new();
    let mut gone = BTreeSet::new();
    let read = reader.for_each_entry(since, |entry| -> Result<(), bihuan_engine::Error> {
        let Some(case) = entry.stream.strip_prefix("case/") else {
            return Ok(());
        };
        let case = CaseId(case.parse().unwrap());
        match CaseEvent::read(&entry.kind, entry.version, entry.body)? {
            CaseEvent::Warned(e) if !gone.contains(&case) => fired.push((case, e.due, "warned", entry.at)),
            CaseEvent::Breached(e) if !gone.contains(&case) => {
                fired.push((case, e.due, "breached", entry.at));
            }
            CaseEvent::Moved(e) if e.step.as_str() == "@exit" => {
                gone.insert(case);
            }
            _ => {}
        }
        Ok(())
    });
    read.unwrap();
    fired
}

/// The history, checked after every happening.
struct History {
    county: Option<County>,
    place: std::path::PathBuf,
    plain: Plain,
    seen: u64,
}

impl History {
    fn county(&mut self) -> &mut County {
        self.county.as_mut().unwrap()
    }

    fn now(&mut self) -> Timestamp {
        self.county().engine.now()
    }

    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::Open => {
                let now = self.now();
                let order = json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": "停电三日",
                    "values": { "leader": "county.leader" } });
                let case = self.county().order("housing.clerk", order).unwrap().case.unwrap();
                self.plain.cases.insert(case, (0, clock(now)));
            }
            Happening::Step(nth) => {
                let Some((case, (stage, _))) = self.plain.cases.iter().nth(*nth) else {
                    return;
                };
                let (case, stage) = (*case, *stage);
                // What was due before the step fires before it.
                self.sweep();
                if !self.plain.cases.contains_key(&case) {
                    return;
                }
                let (step, post, field) = STAGES[stage];
                let now = self.now();
                let order =
                    json!({ "type": "step", "case": case, "step": step, "values": { field: "已办" } });
                if self.county().order(post, order).is_ok() && stage + 1 < STAGES.len() {
                    self.plain.cases.insert(case, (stage + 1, clock(now)));
                } else {
                    // Parked meanwhile, or done with its hours.
                    self.plain.cases.remove(&case);
                }
            }
            Happening::Pass(minutes) | Happening::Back(minutes) => {
                let sign = if matches!(happening, Happening::Back(_)) {
                    -1
                } else {
                    1
                };
                let to = self.now() + SignedDuration::from_mins(sign * minutes);
                self.county().time.set(to);
            }
            Happening::Sweep => self.sweep(),
            Happening::Restart => {
                let now = self.now();
                drop(self.county.take());
                self.county = Some(County::opened(&self.place));
                self.county().time.set(now);
            }
        }
    }

    fn sweep(&mut self) {
        let now = self.now();
        self.county().engine.catch_up().unwrap();
        let seen = self.seen;
        let fired = fired(&self.county().engine, seen);
        let mut expected = Vec::new();
        for (case, (_, coming)) in &mut self.plain.cases {
            let due = coming.partition_point(|(at, _)| *at <= now);
            expected.extend(coming.drain(..due).map(|(at, what)| (*case, at, what)));
        }
        let tracked: Vec<_> = fired
            .iter()
            .filter(|(case, ..)| self.plain.cases.contains_key(case))
            .collect();
        let mut found: Vec<_> = tracked
            .iter()
            .map(|(case, at, what, _)| (*case, *at, *what))
            .collect();
        found.sort_by_key(|(case, at, _)| (*case, *at));
        assert_eq!(found, expected, "each instant once and none forgotten");
        for (case, due, what, recorded) in &tracked {
            assert!(
                due <= recorded,
                "{case:?} {what} {due} before its time, at {recorded}"
            );
        }
        // Of several cases the one that was due first comes first, and each in its own order.
        let mut firsts: BTreeMap<CaseId, Timestamp> = BTreeMap::new();
        let mut order = Vec::new();
        for (case, due, ..) in &tracked {
            match firsts.get(case) {
                None => order.push((*due, *case)),
                Some(before) => assert!(before <= due, "{case:?}"),
            }
            firsts.insert(*case, *due);
        }
        assert!(order.is_sorted(), "{order:?}");
        self.seen = self
            .county()
            .engine
            .ledger()
            .reader()
            .unwrap()
            .head()
            .unwrap()
            .size;
        // What moved on to another stage by itself is no longer on the plain schedule.
        let views = self.county().engine.views().unwrap();
        self.plain.cases.retain(|case, (stage, _)| {
            let state = views.state(*case).unwrap().unwrap();
            assert!(state.wake().is_none_or(|at| at > now), "{case:?} still waits");
            state.stage.as_str() == ["report", "opinion", "reply"][*stage]
        });
    }
}

fn play(happenings: &[Happening]) {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("data");
    let mut history = History {
        county: Some(county(&place)),
        place,
        plain: Plain::default(),
        seen: 0,
    };
    for happening in happenings {
        history.happen(happening);
    }
    history.sweep();
    let reader = history.county().engine.ledger().reader().unwrap();
    let differences = views::compare(&reader, &mut |_| {}).unwrap();
    assert!(differences.is_empty(), "{differences:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn timers_fire_as_a_plain_schedule_says(happenings in happenings()) {
        play(&happenings);
    }
}

#[test]
fn a_week_asleep_is_caught_up_in_order_and_a_second_start_fires_nothing_again() {
    let mut week = vec![
        Happening::Open,
        Happening::Pass(7),
        Happening::Open,
        Happening::Pass(3),
        Happening::Step(0),
    ];
    week.extend([
        Happening::Pass(10_080),
        Happening::Restart,
        Happening::Sweep,
        Happening::Restart,
        Happening::Sweep,
    ]);
    play(&week);
}

#[test]
fn a_clock_put_back_and_forth_fires_nothing_twice() {
    let mut jumps = vec![
        Happening::Open,
        Happening::Pass(800),
        Happening::Sweep,
        Happening::Back(700),
        Happening::Sweep,
    ];
    jumps.extend([
        Happening::Open,
        Happening::Restart,
        Happening::Pass(1_000),
        Happening::Sweep,
        Happening::Pass(900),
    ]);
    play(&jumps);
}
