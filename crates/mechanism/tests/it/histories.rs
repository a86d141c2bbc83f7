//! The converse of the mutations: a mechanism that passes the checker never meets, under random histories in a random
//! county, an undefined step, an unowned moment, a wait without clock, an endless escalation or an open end.
//!
//! `BIHUAN_HISTORIES=200 cargo test --release -p bihuan-mechanism histories` plays more of them.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use bihuan_domain::calendar::instant;
use bihuan_domain::mechanism::{Exit, Mechanism};
use bihuan_mechanism::scenario::{Rehearsal, Scenario};
use bihuan_mechanism::{Loaded, Pack, load};
use jiff::civil::date;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::county::{self, Plan, plans};
use crate::history::{History, Met, Outcome};
use crate::support::{every_pack, packs};
use crate::turns::{Turn, turns};

/// Histories of each mechanism where the environment asks for no other number.
const HISTORIES: u32 = 3;

/// All shipped packs, without what histories have no use for.
pub(crate) fn shipped() -> &'static Loaded {
    static SHIPPED: OnceLock<Loaded> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let mut files = packs(&every_pack());
        files.retain(|path, _| !path.ends_with(".scenario.toml"));
        load(&files)
    })
}

/// Plays random histories of one mechanism; each mechanism has a seed of its own, so that the same histories come
/// every time and everywhere.
fn rehearse(
    loaded: &Loaded,
    pack: &Pack,
    mechanism: &Arc<Mechanism>,
    histories: u32,
    met: &RefCell<Met>,
) -> Outcome {
    let config = ProptestConfig {
        cases: histories,
        max_shrink_iters: 300,
        max_shrink_time: 5_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut seed = [7u8; 32];
    for (n, byte) in mechanism.id.as_str().bytes().enumerate() {
        seed[n % 32] = seed[n % 32].wrapping_mul(31).wrapping_add(byte);
    }
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let outcome = runner.run(&(plans(), turns()), |(plan, turns): (Plan, Vec<Turn>)| {
        let scenario = Scenario::bare(mechanism.id.as_str(), mechanism);
        let world = county::world(loaded, pack, &plan);
        let play = Rehearsal::begin(&scenario, loaded, world, instant(date(2020, 9, 7).at(9, 0, 0, 0)));
        let mut met = met.borrow_mut();
        let mut history = History {
            play,
            mechanism,
            met: &mut met,
        };
        history.whole(loaded, &turns).map_err(TestCaseError::fail)
    });
    outcome.map_err(|error| format!("{}: {error}", mechanism.id))
}

/// How many histories the environment asks for.
#[allow(clippy::disallowed_methods, reason = "a longer run is asked for by hand")]
fn asked() -> Option<u32> {
    std::env::var("BIHUAN_HISTORIES")
        .ok()
        .and_then(|n| n.parse().ok())
}

/// The one mechanism that the environment asks for, to look for what a longer run found: `BIHUAN_ONLY=call-answer`.
#[allow(clippy::disallowed_methods, reason = "asked for by hand")]
fn only() -> Option<String> {
    std::env::var("BIHUAN_ONLY").ok()
}

/// The law that is found broken, and what breaks it.
type Sabotage = (&'static str, fn(&mut Mechanism));

#[test]
fn what_passes_the_checker_keeps_the_laws_under_random_histories_in_random_counties() {
    let loaded = shipped();
    assert!(loaded.is_sound());
    let asked = asked();
    let met = RefCell::new(Met::default());
    let mut wrong = Vec::new();
    for pack in &loaded.packs {
        let chosen = |mechanism: &&Arc<Mechanism>| only().is_none_or(|only| only == mechanism.id.as_str());
        for mechanism in pack.mechanisms.iter().filter(chosen) {
            wrong.extend(rehearse(loaded, pack, mechanism, asked.unwrap_or(HISTORIES), &met).err());
        }
    }
    assert!(
        wrong.is_empty(),
        "{} mechanisms\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    if only().is_some() {
        return;
    }
    let met = met.into_inner();
    // What no history met is not proven.
    let mut events = vec![
        "case.opened",
        "case.moved",
        "case.noted",
        "case.amended",
        "case.reminded",
        "case.reassigned",
        "case.requested",
        "case.decided",
        "case.resumed",
        "case.child_added",
        "case.child_ended",
        "case.closed",
        "clock.warned",
        "clock.breached",
        "clock.escalated",
        "clock.exhausted",
        "clock.answered",
        "verification.drawn",
        "verification.failed",
        "lookback.drawn",
    ];
    if asked.is_some_and(|n| n >= 20) {
        events.extend(["lookback.passed", "case.reopened"]);
    }
    let missing: Vec<_> = events
        .iter()
        .filter(|name| !met.events.contains_key(**name))
        .collect();
    assert!(missing.is_empty(), "no history met {missing:?}: {met:#?}");
    assert!(met.refusals.len() >= 20 && met.ends.len() == 3, "{met:#?}");
    if asked.is_some() {
        eprintln!("{met:#?}");
    }
}

/// The histories themselves are put to the proof: a mechanism that the checker would never let pass is found out.
#[test]
fn an_unsound_mechanism_does_not_survive_random_histories() {
    let loaded = shipped();
    let pack = loaded.pack("a-projects").unwrap();
    let sound = loaded.mechanism(&"three-plus-24".into()).unwrap();
    let sabotages: [Sabotage; 4] = [
        ("no clock", |m| m.stages[0].clock = None),
        ("undefined", |m| {
            m.stages
                .iter_mut()
                .flat_map(|s| &mut s.steps)
                .for_each(|step| step.to = "nowhere".into())
        }),
        ("in which nobody acted", |m| {
            // Two stages that send each other what nobody answers.
            let (a, b) = (m.stages[0].id.clone(), m.stages[1].id.clone());
            m.stages[0].exit = Some(Exit { to: b });
            m.stages[1].exit = Some(Exit { to: a });
        }),
        ("no signature is asked for", |m| {
            m.stages.iter_mut().for_each(|stage| stage.exit = None);
            m.ladders
                .values_mut()
                .flat_map(|ladder| &mut ladder.rungs)
                .for_each(|rung| rung.bulletin = false);
        }),
    ];
    for (law, sabotage) in sabotages {
        let mut broken = Mechanism::clone(sound);
        sabotage(&mut broken);
        let broken = Arc::new(broken);
        let mut loaded = loaded.clone();
        for pack in &mut loaded.packs {
            for mechanism in pack
                .mechanisms
                .iter_mut()
                .filter(|mechanism| mechanism.id == broken.id)
            {
                *mechanism = Arc::clone(&broken);
            }
        }
        let found = rehearse(&loaded, pack, &broken, 20, &RefCell::default()).unwrap_err();
        assert!(found.contains(law), "{law}: {found}");
    }
}
