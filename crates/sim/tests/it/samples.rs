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
fn most_courses_of_the_packs_are_told_as_far_as_they_were_to_be() {
    for place in &built().1 {
        let (told, strayed) = (place.outcome.tales.len(), &place.outcome.strayed);
        // Some lean on rows that a place has otherwise; their cases stay where they got to.
        assert!(strayed.len() * 4 < told, "{} of {told}: {strayed:#?}", place.slug);
    }
}

/// Every walk to its end, all on one clock, each act when it is due.
#[test]
fn every_walk_can_be_walked_to_its_closing() {
    let dir = tempfile::tempdir().unwrap();
    let now: jiff::Timestamp = "2026-11-22T06:00:00Z".parse().unwrap();
    let built = bihuan_sim::demo::both(dir.path(), "no password fits this", now).unwrap();
    let (mut numbers, mut stuck) = (Vec::new(), Vec::new());
    for place in &built {
        let engine = &place.engine;
        let mut walks = place.walks.clone();
        loop {
            let next = walks
                .iter_mut()
                .filter_map(|walk| Some((walk.tale.next_at()?, walk)))
                .min_by_key(|(at, _)| *at);
            let Some((at, walk)) = next else { break };
            if at > engine.now() {
                engine.advance(at.duration_since(engine.now())).unwrap();
            }
            let was = walk.tale.clone();
            if let Err(why) = bihuan_sim::history::tell(engine, &mut walk.tale).unwrap() {
                stuck.push(format!("{} {}: {:?} {why}", place.slug, was.name, was.next_act()));
                walk.tale.stop = 0;
            }
        }
        for walk in &walks {
            let state = engine.views().unwrap().state(walk.case).unwrap().unwrap();
            if state.is_open() && walk.tale.stop > 0 {
                stuck.push(format!(
                    "{} {} stays open in {}",
                    place.slug, walk.tale.name, state.stage
                ));
            }
            numbers.push(walk.number.clone());
        }
    }
    numbers.sort();
    numbers.dedup();
    assert_eq!(stuck, Vec::<String>::new());
    assert_eq!(numbers.len(), 12, "{numbers:?}");
}
