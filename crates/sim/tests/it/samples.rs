//! Every installed mechanism can be seen at work: cases of it are there, open ones too.

use std::collections::BTreeMap;

use crate::county::built;

#[test]
fn every_installed_mechanism_has_sample_cases_and_open_ones() {
    let mut bare = Vec::new();
    for place in &built().1 {
        let mut cases: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for mechanism in place.engine.mechanisms().all() {
            cases.insert(mechanism.id.to_string(), (0, 0));
        }
        let views = place.engine.views().unwrap();
        views
            .for_each_state(&[], None, |state, _| {
                let (all, open) = cases.entry(state.mechanism.id.to_string()).or_default();
                *all += 1;
                *open += usize::from(state.is_open());
            })
            .unwrap();
        let none = cases.iter().filter(|(_, (_, open))| *open == 0);
        bare.extend(none.map(|(mechanism, _)| format!("{} {mechanism}", place.slug)));
    }
    assert_eq!(bare, Vec::<String>::new());
}

#[test]
fn every_course_that_is_told_comes_out_as_far_as_it_was_to_be() {
    let mut strayed = Vec::new();
    for place in &built().1 {
        strayed.extend(
            place
                .outcome
                .strayed
                .iter()
                .map(|stray| format!("{} {stray:?}", place.slug)),
        );
    }
    assert_eq!(strayed, Vec::<String>::new());
}

#[test]
fn what_is_told_nowhere_is_named_with_its_reason() {
    let county = &built().1[0];
    let mechanisms = county.engine.mechanisms();
    let packs = mechanisms.packs();
    for (id, reason) in bihuan_sim::samples::TOLD_NOWHERE {
        let known = packs
            .iter()
            .flat_map(|pack| &pack.scenarios)
            .any(|scenario| scenario.id == id);
        assert!(known && !reason.is_empty(), "{id}");
        for place in &built().1 {
            let begins = format!("{id}-");
            let told = place
                .outcome
                .tales
                .iter()
                .any(|tale| tale.name.starts_with(&begins));
            assert!(!told, "{id}");
        }
    }
}

/// Every walk from its source to its issued bulletin, all on one clock, each step when it is due.
#[test]
fn every_walk_ends_with_an_issued_bulletin_that_counts_its_case() {
    let dir = tempfile::tempdir().unwrap();
    let now: jiff::Timestamp = "2026-11-22T06:00:00Z".parse().unwrap();
    let built = bihuan_sim::demo::both(dir.path(), "no password fits this", now).unwrap();
    let (mut numbers, mut stuck) = (Vec::new(), Vec::new());
    for place in &built {
        let walks = place.guide.walks().unwrap();
        for walk in &walks {
            assert_eq!(walk.next(), Some(0), "{} begins at its source", walk.number);
            numbers.push(walk.number.clone());
        }
        let mut left: Vec<(jiff::Timestamp, usize, String)> = walks
            .iter()
            .map(|walk| (walk.steps[0].at, 0, walk.number.clone()))
            .collect();
        while let Some((_, n, number)) = {
            left.sort();
            left.first().cloned()
        } {
            left.remove(0);
            let told = place.guide.play(&number, n).unwrap();
            let walk = place.guide.walk(&number).unwrap().unwrap();
            let step = &walk.steps[n];
            match (told, step.done, walk.next()) {
                (Err(why), ..) => stuck.push(format!("{number} {}: {why}", step.act.zh)),
                (Ok(()), false, _) => stuck.push(format!("{number} {}: done and not seen", step.act.zh)),
                (_, _, Some(next)) => left.push((walk.steps[next].at, next, number)),
                (_, _, None) => {}
            }
        }
        for number in &numbers {
            let Some(walk) = place.guide.walk(number).unwrap() else {
                continue;
            };
            if walk.next().is_none() {
                counted(&place.engine, &walk);
            }
        }
        let ledger = place.engine.ledger();
        let report =
            bihuan_ledger::verify(ledger.dir(), &bihuan_ledger::Known::default(), &mut |_| {}).unwrap();
        assert!(report.sound(), "{:?}", report.first());
    }
    numbers.sort();
    numbers.dedup();
    assert_eq!(stuck, Vec::<String>::new());
    assert_eq!(numbers.len(), 12, "{numbers:?}");
}

/// The walk's case is closed; its bulletin was signed by somebody else than who drafted it, is issued, holds against the
/// log, and its figure of closings opens the case.
fn counted(engine: &bihuan_engine::Engine, walk: &bihuan_sim::walks::Walk) {
    let case = walk.case.unwrap();
    let state = engine.views().unwrap().state(case).unwrap().unwrap();
    assert!(!state.is_open(), "{} stays open in {}", walk.number, state.stage);
    let Some(bihuan_sim::walks::Place::Figure(id)) =
        walk.steps.iter().rev().nth(1).map(|step| step.place.clone())
    else {
        panic!("{} has no bulletin", walk.number);
    };
    let (bulletin, content) = bihuan_engine::bulletin::load(engine, &id).unwrap();
    assert!(bulletin.issued.is_some(), "{}", walk.number);
    let closed = content.unwrap().figures.counts.into_iter();
    let closed = closed
        .into_iter()
        .find(|count| count.id.as_str() == "closed")
        .unwrap();
    assert!(closed.n >= 1 && closed.cases.has(case), "{}", walk.number);
    assert!(bihuan_engine::bulletin::verify(engine, &id).unwrap().holds());
}
